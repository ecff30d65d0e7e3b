//! K103: single seconds exceed a limit that the minute around them does not.

use super::key::{HotKey, KeyPart};
use crate::experiment::load::{Cell, StreamLoad};

/// Below this share of refused attempts a minute is not counted.
const REFUSED_LEAST: f64 = 0.001;

/// Single seconds exceed a limit that the minute around them does not.
///
/// Counted are minutes of shards that are not over their limit as a whole, in which some second
/// was sent more than a limit allows and at least 0.1 % of attempts were refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    /// Time of the minutes counted, on any shard (s).
    pub burst_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
    /// Shards concerned.
    pub shards: usize,
    /// The shard with the busiest second.
    pub worst: String,
    /// What that second was sent, as a part of the limit.
    pub busiest_second: f64,
    /// What the minute around it was offered, as a part of the limit.
    pub mean: f64,
    /// Refused attempts over attempts in the minutes counted.
    pub refused_share: f64,
    /// Width of such a minute (s).
    pub window_s: f64,
    /// Shards of the stream in that minute.
    pub shard_count: usize,
    /// The key that by its weight is sent more than a limit in that second, where there is one:
    /// no number of shards makes room for it.
    pub key_alone: Option<HotKey>,
    /// Whether single records may be more than a shard takes in a second: no number of shards makes
    /// room for one.
    pub large_records: bool,
    /// Whether other shards of the stream are hot by what no number of shards holds.
    pub no_number: bool,
}

/// The bursts on shards other than `hot`, which ascend, and the shard with the busiest second.
pub(super) fn find(load: &StreamLoad, hot: &[usize]) -> Option<(Burst, usize)> {
    if !load.stream.has_seconds() {
        return None;
    }
    let mut worst = 0;
    let mut concerned = vec![false; load.shards()];
    let mut found: Option<Burst> = None;
    let (mut attempts, mut accepted) = (0, 0);
    for window in &load.windows {
        let mut any = false;
        let others = load.open_in(window).filter(|it| hot.binary_search(&it.0).is_err());
        for (shard, cell) in others {
            let is_burst = cell.busiest_second_ppm > 1_000_000
                && !load.is_over(cell)
                && cell.refused_share() >= REFUSED_LEAST;
            if !is_burst {
                continue;
            }
            concerned[shard] = true;
            any = true;
            attempts += cell.attempts;
            accepted += cell.accepted_records;
            let busiest_second = f64::from(cell.busiest_second_ppm) / 1e6;
            let burst = found.get_or_insert_with(|| Burst::empty(load));
            if busiest_second > burst.busiest_second {
                worst = shard;
                burst.worst.clone_from(&load.stream.shards[shard].id);
                burst.busiest_second = busiest_second;
                burst.mean = load.load(cell);
                burst.shard_count = load.open_in(window).count();
                burst.window_s = window.seconds;
            }
        }
        if let (true, Some(burst)) = (any, &mut found) {
            burst.burst_s += window.seconds;
        }
    }
    let mut burst = found?;
    burst.shards = concerned.iter().filter(|concerned| **concerned).count();
    burst.refused_share = attempts.saturating_sub(accepted) as f64 / (attempts as f64).max(1.0);
    Some((burst, worst))
}

/// The most used of `keys`, those of `shard`, if its part of a second that was sent `busiest` of a
/// limit is more than the limit.
pub(super) fn key_alone(
    load: &StreamLoad,
    shard: usize,
    busiest: f64,
    keys: Vec<KeyPart>,
) -> Option<HotKey> {
    let first = keys.into_iter().next()?;
    let all = (0..load.shards()).fold(Cell::default(), |sum, shard| sum.and(&load.total(shard)));
    let offered = load.total(shard).offered_records as f64;
    let part = (first.records * all.offered_records as f64 / offered.max(1.0)).min(1.0);
    let alone = HotKey { key: first.key, share: first.records, load: part * busiest };
    (alone.load > 1.0).then_some(alone)
}

impl Burst {
    fn empty(load: &StreamLoad) -> Self {
        Self {
            burst_s: 0.0,
            judged_s: load.seconds(),
            shards: 0,
            worst: String::new(),
            busiest_second: 0.0,
            mean: 0.0,
            refused_share: 0.0,
            window_s: 0.0,
            shard_count: load.shards(),
            key_alone: None,
            large_records: false,
            no_number: false,
        }
    }
}
