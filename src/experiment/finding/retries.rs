//! K104: what is refused is sent again, on top of what is new.

use crate::experiment::load::StreamLoad;

/// Stated where attempts exceed offered records by this part at least.
const EXTRA_LEAST: f64 = 0.1;

/// What is refused is sent again, on top of what is new.
///
/// Stated where a stream is sent at least a tenth more records than it is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Retries {
    /// Records offered once [records/s].
    pub offered_per_s: f64,
    /// Records sent, retries included [records/s].
    pub sent_per_s: f64,
    /// Attempts that repeat an earlier one, over records offered.
    pub extra_share: f64,
    /// The shard that is sent most beyond what it is offered.
    pub worst: String,
    /// How many times as many records it is sent as it is offered.
    pub worst_factor: f64,
    /// Its part of all repeated attempts.
    pub worst_part: f64,
}

/// K104 of a stream.
pub(super) fn find(load: &StreamLoad) -> Option<Retries> {
    let cells: Vec<_> = (0..load.shards()).map(|shard| load.total(shard)).collect();
    let offered: u64 = cells.iter().map(|cell| cell.offered_records).sum();
    let sent: u64 = cells.iter().map(|cell| cell.attempts).sum();
    let extra = sent.saturating_sub(offered);
    if offered == 0 || (extra as f64) < EXTRA_LEAST * offered as f64 {
        return None;
    }
    let beyond = |shard: usize| cells[shard].attempts.saturating_sub(cells[shard].offered_records);
    // Of equals the first: `max_by_key` alone would keep the last.
    let worst = (0..cells.len()).rev().max_by_key(|shard| beyond(*shard))?;
    Some(Retries {
        offered_per_s: offered as f64 / load.seconds(),
        sent_per_s: sent as f64 / load.seconds(),
        extra_share: extra as f64 / offered as f64,
        worst: load.stream.shards[worst].id.clone(),
        worst_factor: cells[worst].attempts as f64 / (cells[worst].offered_records as f64).max(1.0),
        worst_part: beyond(worst) as f64 / extra as f64,
    })
}
