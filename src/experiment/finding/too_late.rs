//! K603: more shards that came after a limit had been reached.

use crate::experiment::load::{StreamLoad, Window};
use crate::experiment::outcome::{Asker, Change, ChangeKind, Outcome, ReshardCall};
use crate::time::Instant;

/// Below this share of refused attempts a minute is not counted.
const REFUSED_LEAST: f64 = 0.001;
/// Capacity that came sooner than this was not late (s).
const LATE_LEAST_S: f64 = 60.0;

/// K603: a stream, or a shard of it, was over its limit before more capacity came.
///
/// Told of the call for more before whose first new shards most was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct TooLate {
    /// Who asked.
    pub by: Asker,
    /// For what.
    pub call: ReshardCall,
    /// When a limit was reached (s), in whole minutes.
    pub over_from_s: f64,
    /// When it was asked for more (s).
    pub asked_s: f64,
    /// When the first new shards opened (s).
    pub first_open_s: f64,
    /// When all were open, if they were in the run (s).
    pub all_open_s: Option<f64>,
    /// Shards that were open before.
    pub open: usize,
    /// Records refused from the limit on, each refusal counted.
    pub refused: u64,
    /// The same over attempts.
    pub refused_share: f64,
}

/// K603 of the stream with this index.
pub(super) fn find(outcome: &Outcome, index: usize, load: &StreamLoad) -> Option<TooLate> {
    let changes: Vec<&Change> =
        outcome.changes.iter().filter(|change| change.stream == index).collect();
    let counts = load.stream.open_counts();
    let mut worst: Option<TooLate> = None;
    // Before that other shards came, which are told by themselves.
    let mut since = Instant::ZERO;
    for (place, change) in changes.iter().enumerate() {
        let ChangeKind::Asked { by, call, refused: None } = change.kind else { continue };
        let rest = &changes[place..];
        let active = rest.iter().find(|it| it.kind == ChangeKind::Active).map(|it| it.at);
        let until = active.unwrap_or(outcome.until);
        let open = counts.iter().rev().find(|it| it.0 <= change.at).map_or(0, |it| it.1);
        let more = |it: &&(Instant, usize)| it.0 > change.at && it.0 <= until && it.1 > open;
        let Some(&(came, _)) = counts.iter().find(more) else { continue };
        let over = over_before(load, since, came);
        since = until;
        let Some((from, refused, attempts)) = over else { continue };
        let late = TooLate {
            by,
            call,
            over_from_s: from.as_s(),
            asked_s: change.at.as_s(),
            first_open_s: came.as_s(),
            all_open_s: active.map(Instant::as_s),
            open,
            refused,
            refused_share: refused as f64 / (attempts as f64).max(1.0),
        };
        let is_late = late.first_open_s - late.over_from_s >= LATE_LEAST_S;
        if is_late && worst.as_ref().is_none_or(|worst| refused > worst.refused) {
            worst = Some(late);
        }
    }
    worst
}

/// The minutes from `since` to `came` in which the stream or a shard was over its limit without a
/// break: when the first began, records refused, and attempts.
fn over_before(load: &StreamLoad, since: Instant, came: Instant) -> Option<(Instant, u64, u64)> {
    let before = load.windows.iter().rev().skip_while(|window| window.from >= came);
    let before = before.take_while(|window| window.from >= since);
    let mut found = None;
    let (mut refused, mut attempts) = (0, 0);
    for window in before {
        let (of_window, tried) = refusals(load, window);
        let share = of_window as f64 / (tried as f64).max(1.0);
        let is_over = load.open_in(window).any(|(_, cell)| load.is_over(cell));
        if share < REFUSED_LEAST || !is_over {
            // The minute in which shards open may be within its limits as a whole.
            if found.is_none() && window.until > came {
                continue;
            }
            break;
        }
        (refused, attempts) = (refused + of_window, attempts + tried);
        found = Some(window.from);
    }
    found.map(|from| (from, refused, attempts))
}

/// Records a window refused, and attempts in it.
pub(super) fn refusals(load: &StreamLoad, window: &Window) -> (u64, u64) {
    let cells = load.open_in(window);
    let (attempts, accepted) = cells.fold((0, 0), |sum: (u64, u64), (_, cell)| {
        (sum.0 + cell.attempts, sum.1 + cell.accepted_records)
    });
    (attempts.saturating_sub(accepted), attempts)
}
