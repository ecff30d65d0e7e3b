//! K604: a stream in on-demand mode that is still throttled.

use super::key::{HotKey, keys_on};
use super::too_late::refusals;
use crate::experiment::load::{Cell, StreamLoad, Window};
use crate::experiment::outcome::{ChangeKind, Outcome};
use crate::model::plan::StreamMode;
use crate::scenario::Scenario;
use crate::time::Instant;

/// Below this share of refused attempts a minute is not counted.
const REFUSED_LEAST: f64 = 0.001;

/// K604: in on-demand mode more came than the shards that there were could take.
#[derive(Clone, Debug, PartialEq)]
pub struct Unabsorbed {
    /// Time in which attempts were refused, in whole minutes (s).
    pub over_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
    /// When that began first, and ended last (s).
    pub from_s: f64,
    /// See `from_s`.
    pub until_s: f64,
    /// Records refused then, each refusal counted.
    pub refused: u64,
    /// The same over attempts.
    pub refused_share: f64,
    /// When most was refused in a minute (s).
    pub worst_s: f64,
    /// Whether bytes were nearer to the limit than records then.
    pub by_bytes: bool,
    /// What was offered in that minute [records/s or bytes/s],
    pub offered_per_s: f64,
    /// what the shards could take,
    pub capacity_per_s: f64,
    /// and the most that was offered in any minute before the first refusal, if there was one.
    pub before_per_s: Option<f64>,
    /// Shards that were open in that minute.
    pub shards: usize,
    /// A key that is offered more than a shard takes: on-demand mode does not part it (KDS-O08).
    pub key_alone: Option<HotKey>,
}

/// K604 of the stream with this index.
pub(super) fn find(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Option<Unabsorbed> {
    let modes = modes(scenario, outcome, index)?;
    let by_service = |window: &&Window| {
        let mode = modes.iter().rev().find(|it| it.0 <= window.from);
        mode.is_some_and(|it| it.1 == StreamMode::OnDemand)
    };
    let share = |window: &Window| {
        let (refused, attempts) = refusals(load, window);
        refused as f64 / (attempts as f64).max(1.0)
    };
    let over: Vec<&Window> = load
        .windows
        .iter()
        .filter(by_service)
        .filter(|window| share(window) >= REFUSED_LEAST)
        .collect();
    let (first, last) = (over.first()?, over.last()?);
    // Of equals the first: `max_by_key` alone would keep the last.
    let worst = over.iter().rev().max_by_key(|window| refusals(load, window).0)?;
    let all = all_of(load, worst);
    let by_bytes = load.by_bytes(&all) > load.by_records(&all);
    let amount =
        |cell: &Cell| (if by_bytes { cell.offered_bytes } else { cell.offered_records }) as f64;
    let limit =
        if by_bytes { load.stream.limit_bytes_per_s } else { load.stream.limit_records_per_s };
    let before = load.windows.iter().take_while(|window| window.from < first.from);
    let before = before.map(|window| amount(&all_of(load, window)) / window.seconds);
    let (refused, attempts) = over.iter().fold((0, 0), |sum, window| {
        let (refused, attempts) = refusals(load, window);
        (sum.0 + refused, sum.1 + attempts)
    });
    let shard_seconds: f64 = load.open_in(worst).map(|(_, cell)| cell.seconds).sum();
    let open = shard_seconds / worst.seconds;
    Some(Unabsorbed {
        over_s: over.iter().map(|window| window.seconds).sum(),
        judged_s: load.seconds(),
        from_s: first.from.as_s(),
        until_s: last.until.as_s(),
        refused,
        refused_share: refused as f64 / (attempts as f64).max(1.0),
        worst_s: worst.from.as_s(),
        by_bytes,
        offered_per_s: amount(&all) / worst.seconds,
        capacity_per_s: limit as f64 * open,
        before_per_s: before.reduce(f64::max),
        shards: open.round() as usize,
        key_alone: key_alone(scenario, outcome, index, (load, worst), &all),
    })
}

/// From when on the stream is in which mode; `None` where it never is in on-demand mode.
fn modes(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
) -> Option<Vec<(Instant, StreamMode)>> {
    let mut modes = vec![(Instant::ZERO, scenario.plan.streams.get(index)?.mode)];
    for change in outcome.changes.iter().filter(|change| change.stream == index) {
        if let ChangeKind::Mode(mode) = change.kind {
            modes.push((change.at, mode));
        }
    }
    modes.iter().any(|it| it.1 == StreamMode::OnDemand).then_some(modes)
}

/// All shards together.
fn all_of(load: &StreamLoad, window: &Window) -> Cell {
    let none = Cell { seconds: window.seconds, ..Cell::default() };
    load.open_in(window).fold(none, |sum, (_, cell)| sum.and(cell))
}

/// The key that no shard can take in `window`.
fn key_alone(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    (load, window): (&StreamLoad, &Window),
    all: &Cell,
) -> Option<HotKey> {
    let shards: Vec<usize> = load.open_in(window).map(|it| it.0).collect();
    let keys = keys_on(scenario, outcome, index, &shards).into_iter();
    let mut keys = keys.map(|key| key.within(load, all, |shard| load.cell(window, shard)));
    keys.find(|key| key.load > 1.0)
}
