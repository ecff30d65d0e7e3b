//! K101 and K108: more is offered than fits, on some shards or on all of them.

use super::Evidence;
use super::key::{HotKey, keys_on};
use super::parting::{self, Binding, Parted};
use crate::experiment::key_map::KeyMap;
use crate::experiment::key_shares::drifts;
use crate::experiment::load::{Cell, StreamLoad, Window};
use crate::experiment::outcome::Outcome;
use crate::model::hashing::HashRange;
use crate::scenario::Scenario;

/// A stream counts as full from this part of all its shards' limits on: no placement of the keys
/// then leaves room to speak of.
pub(super) const FULL: f64 = 0.9;
/// Below this share of refused attempts nothing is said.
const REFUSED_LEAST: f64 = 0.001;
/// Capacity is suggested with this much above what was offered.
pub(super) const HEADROOM: f64 = 1.25;
/// A key is named from this part of an even share on.
pub(super) const KEY_SHARE_LEAST: f64 = 0.25;

/// Some shards are offered more than their limit while others have room.
///
/// Stated where the shards that are over, taken together over the minutes in which the worst one
/// is, refuse at least 0.1 % of attempts, and the stream as a whole is offered at most 90 % of
/// what all its shards may take.
#[derive(Clone, Debug, PartialEq)]
pub struct HotShards {
    /// Time in which the hottest shard was over its limit, in whole windows (s); where shards
    /// opened or closed, any shard.
    pub over_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
    /// When it was worst, where shards opened or closed in the run (s): all other figures are of
    /// that time, in which the same shards were open.
    pub from_s: Option<f64>,
    /// Whether bytes bind, not records.
    pub by_bytes: bool,
    /// The limit that binds [records/s or bytes/s].
    pub limit_per_s: f64,
    /// One over the number of shards.
    pub even_share: f64,
    /// The hot shards, hottest first.
    pub shards: Vec<HotShard>,
    /// Least and largest load of the others, as parts of their limit; `None` if there are none.
    pub others: Option<(f64, f64)>,
    /// How many others there are.
    pub others_count: usize,
    /// Refused attempts over attempts of the hot shards in that time; `None` where nothing was
    /// played and the figures are those of the peak to come.
    pub refused_share: Option<f64>,
    /// Whether only the rounding of sizes can explain the refusals.
    pub metered: bool,
    /// The most used keys on the hot shards, most used first.
    pub keys: Vec<HotKey>,
    /// The key that is offered more than a whole shard may take, where there is one: no number
    /// of shards can hold it (KDS-F13).
    pub key_alone: Option<HotKey>,
    /// Shards of the stream.
    pub shard_count: usize,
    /// Whether the keys' exact placement is known: there are not too many.
    pub placed: bool,
    /// The fewest shards on which these keys fit with a little room, where there are any at up
    /// to four times as many.
    pub enough: Option<Enough>,
}

/// A number of shards that is enough, were only the keys' placement to change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enough {
    /// How many.
    pub shards: u32,
    /// What the busiest of them would be offered, as a part of its limit.
    pub load: f64,
}

/// One hot shard.
#[derive(Clone, Debug, PartialEq)]
pub struct HotShard {
    /// `shardId-` and twelve digits.
    pub id: String,
    /// Its part of all records, or of all bytes where they bind.
    pub share: f64,
    /// What it was offered, as a part of the limit that binds it.
    pub load: f64,
    /// What it was offered [records/s or bytes/s].
    pub per_s: f64,
    /// The key it is offered most of; `None` where the keys are not known.
    pub main_key: Option<MainKey>,
    /// Where a split would part its load best; `None` where the keys are not known.
    pub split: Option<Split>,
}

/// A shard's most used key. It makes the shard a hot key's where it is half of the load or more:
/// a split then moves the others away from it and does no more.
#[derive(Clone, Debug, PartialEq)]
pub struct MainKey {
    /// As written.
    pub key: String,
    /// Its part of what the shard is offered.
    pub share: f64,
}

/// A SplitShard call and what it would leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// `NewStartingHashKey` (KDS-S02).
    pub at: u128,
    /// What the lower child is offered, as a part of its limit.
    pub lower: f64,
    /// What the upper child is offered.
    pub upper: f64,
}

/// The stream is offered more than its shards can take, however it is spread.
///
/// Stated where at least 0.1 % of attempts are refused while every shard is over its limit, or
/// the stream is offered more than 90 % of what all its shards may take and some are over.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamFull {
    /// Time in which the fullest shard was over its limit, in whole windows (s); where shards
    /// opened or closed, any shard.
    pub over_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
    /// When it was worst, where shards opened or closed in the run (s): all other figures are of
    /// that time, in which the same shards were open.
    pub from_s: Option<f64>,
    /// Whether bytes bind, not records.
    pub by_bytes: bool,
    /// What was offered in that time [records/s or bytes/s].
    pub offered_per_s: f64,
    /// What all shards may take [records/s or bytes/s].
    pub capacity_per_s: f64,
    /// One over the other.
    pub load: f64,
    /// What was stored in that time, over the same capacity.
    pub accepted_load: f64,
    /// Refused attempts over attempts in that time; `None` where nothing was played.
    pub refused_share: Option<f64>,
    /// Whether only the rounding of sizes can explain the refusals.
    pub metered: bool,
    /// Shards of the stream.
    pub shard_count: usize,
    /// Shards that would take it with a quarter to spare, were it spread evenly.
    pub shards_needed: u64,
    /// The key that is offered more than a whole shard may take, where there is one: no number
    /// of shards can hold it (KDS-F13).
    pub key_alone: Option<HotKey>,
}

/// What is too full, and the shards concerned, in ascending order. Where shards open and close, the
/// time is told of in which most was refused on shards that did not change.
pub(super) fn find(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Option<(Evidence, Vec<usize>)> {
    let mut concerned = Vec::new();
    let mut worst: Option<(u64, Evidence)> = None;
    for windows in load.stretches() {
        let Some(period) = Period::over(load, windows) else { continue };
        let over = period.shards_over(load);
        let hot = over.iter().fold(period.nothing(), |sum, &place| sum.and(&period.cells[place].1));
        if over.is_empty() || hot.refused_share() < REFUSED_LEAST {
            continue;
        }
        concerned.extend(over.iter().map(|&place| period.cells[place].0));
        let refused = hot.attempts.saturating_sub(hot.accepted_records);
        if worst.as_ref().is_none_or(|(most, _)| refused > *most) {
            worst = Some((refused, judge(scenario, outcome, index, load, &period, &over)));
        }
    }
    concerned.sort_unstable();
    concerned.dedup();
    worst.map(|(_, evidence)| (evidence, concerned))
}

/// K101 where others have room, else K108.
fn judge(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
    period: &Period,
    over: &[usize],
) -> Evidence {
    let shards: Vec<usize> = over.iter().map(|&place| period.cells[place].0).collect();
    let keys = keys_on(scenario, outcome, index, &shards).into_iter();
    let keys: Vec<HotKey> =
        keys.map(|key| key.within(load, &period.all, |shard| period.of(shard))).collect();
    let key_alone = keys.iter().find(|key| key.load > 1.0).cloned();
    if over.len() == period.cells.len() || load.load(&period.all) / period.open > FULL {
        return Evidence::StreamFull(StreamFull { key_alone, ..stream_full(load, period) });
    }
    let mut found = hot_shards(load, period, over);
    (found.keys, found.key_alone) = (keys, key_alone);
    found.keys.retain(|key| key.share >= KEY_SHARE_LEAST * found.even_share);
    part(&mut found, scenario, outcome, index, (load, period));
    Evidence::HotShards(found)
}

/// The time in which the shard is over that is so for longest, and what each shard saw in it.
struct Period {
    /// Those open for half of it or more, with their indices, which ascend.
    cells: Vec<(usize, Cell)>,
    /// All together, in so much time.
    all: Cell,
    /// Shards open on average.
    open: f64,
    /// Time in which any shard of the stream is over, in the whole run (s).
    over_s: f64,
    /// When it begins, where shards open or close in the run (s).
    from_s: Option<f64>,
}

impl Period {
    /// That of some windows in which the same shards are open; `None` where none is over.
    fn over(load: &StreamLoad, windows: &[Window]) -> Option<Self> {
        let windows = windows_over(load, windows)?;
        let seconds = windows.iter().fold(0.0, |sum, window| sum + window.seconds);
        let first = windows.first()?;
        let mut cells: Vec<(usize, Cell)> =
            load.open_in(first).map(|(shard, _)| (shard, Cell::default())).collect();
        for (shard, sum) in &mut cells {
            let cells = windows.iter().map(|window| load.cell(window, *shard));
            *sum = cells.fold(Cell::default(), |sum, cell| sum.then(&cell));
        }
        let all = Cell { seconds, ..Cell::default() };
        let all = cells.iter().fold(all, |sum, (_, cell)| sum.and(cell));
        let (mut open, mut over_s, mut from_s) = (cells.len() as f64, seconds, None);
        if load.changes() {
            open = cells.iter().map(|(_, cell)| cell.seconds).sum::<f64>() / seconds;
            let is_over =
                |window: &&Window| load.open_in(window).any(|(_, cell)| load.is_over(cell));
            over_s = load.windows.iter().filter(is_over).map(|window| window.seconds).sum();
            from_s = Some(first.from.as_s());
            cells.retain(|(_, cell)| 2.0 * cell.seconds >= seconds);
        }
        Some(Self { cells, all, open, over_s, from_s })
    }

    fn nothing(&self) -> Cell {
        Cell { seconds: self.all.seconds, ..Cell::default() }
    }

    /// The places of the shards that are over.
    fn shards_over(&self, load: &StreamLoad) -> Vec<usize> {
        (0..self.cells.len()).filter(|&place| load.is_over(&self.cells[place].1)).collect()
    }

    fn of(&self, shard: usize) -> Cell {
        let place = self.cells.binary_search_by_key(&shard, |it| it.0);
        place.map_or(Cell::default(), |place| self.cells[place].1)
    }

    /// Shards open at a time.
    fn shard_count(&self) -> usize {
        self.open.round() as usize
    }
}

/// Adds what the exact placement of the keys says, where each is used alike in the whole run.
fn part(
    found: &mut HotShards,
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    (load, period): (&StreamLoad, &Period),
) {
    if drifts(&scenario.plan, index) {
        return;
    }
    let offered = outcome.producers.iter().map(|it| it.write.offered_records as f64);
    let placement = KeyMap::new(&scenario.plan, index, &offered.collect::<Vec<_>>());
    let Some(placement) = placement else { return };
    let shards: Vec<Parted> = period
        .cells
        .iter()
        .map(|(shard, cell)| {
            // A full shard's refusals show what it was offered once sizes are rounded up.
            let metered = cell.offered_records as f64 / (cell.accepted_records as f64).max(1.0);
            let plain = load.load(cell);
            let shard = &load.stream.shards[*shard];
            Parted {
                id: shard.id.clone(),
                range: HashRange { start: shard.range.0, end: shard.range.1 },
                load: if found.metered { plain.max(metered) } else { plain },
            }
        })
        .collect();
    let binding = match (found.metered, found.by_bytes) {
        (true, _) => Binding::Charged,
        (false, true) => Binding::Bytes,
        (false, false) => Binding::Records,
    };
    parting::add(found, &scenario.plan, &placement, binding, &shards);
}

/// Of `windows` those in which the shard is over that is so for longest; `None` where none is.
fn windows_over<'l>(load: &StreamLoad, windows: &'l [Window]) -> Option<Vec<&'l Window>> {
    let over = |shard: usize| -> Vec<&'l Window> {
        let is_over = |window: &&Window| load.is_over(&load.cell(window, shard));
        windows.iter().filter(is_over).collect()
    };
    let shards: Vec<usize> = load.open_in(windows.first()?).map(|it| it.0).collect();
    // The first of equals is kept: `max_by_key` alone would keep the last.
    let longest = shards.into_iter().map(over).rev().max_by_key(Vec::len)?;
    (!longest.is_empty()).then_some(longest)
}

fn hot_shards(load: &StreamLoad, period: &Period, over: &[usize]) -> HotShards {
    let (cells, all) = (&period.cells, &period.all);
    let mut hottest = over.to_vec();
    hottest.sort_by(|&a, &b| load.load(&cells[b].1).total_cmp(&load.load(&cells[a].1)));
    let first = &cells[hottest[0]].1;
    let metered = load.load(first) <= 1.0;
    // Rounding adds to bytes: where it explains the refusals, bytes bind.
    let by_bytes = metered || load.by_bytes(first) > load.by_records(first);
    let amount =
        |cell: &Cell| (if by_bytes { cell.offered_bytes } else { cell.offered_records }) as f64;
    let limit =
        if by_bytes { load.stream.limit_bytes_per_s } else { load.stream.limit_records_per_s };
    let shards = hottest.iter().map(|&place| {
        let (shard, cell) = &cells[place];
        HotShard {
            id: load.stream.shards[*shard].id.clone(),
            // Its part while it is open.
            share: amount(cell) / amount(all).max(1.0) * (all.seconds / cell.seconds),
            load: load.load(cell),
            per_s: amount(cell) / cell.seconds,
            main_key: None,
            split: None,
        }
    });
    let others = (0..cells.len()).filter(|place| over.binary_search(place).is_err());
    let loads: Vec<f64> = others.map(|place| load.load(&cells[place].1)).collect();
    let hot = over.iter().fold(period.nothing(), |sum, &place| sum.and(&cells[place].1));
    HotShards {
        over_s: period.over_s,
        judged_s: load.seconds(),
        from_s: period.from_s,
        by_bytes,
        limit_per_s: limit as f64,
        even_share: 1.0 / period.open,
        shards: shards.collect(),
        others: loads.iter().copied().reduce(f64::min).zip(loads.iter().copied().reduce(f64::max)),
        others_count: loads.len(),
        refused_share: Some(hot.refused_share()),
        metered,
        keys: Vec::new(),
        key_alone: None,
        shard_count: period.shard_count(),
        placed: false,
        enough: None,
    }
}

fn stream_full(load: &StreamLoad, period: &Period) -> StreamFull {
    let (shards, all) = (period.open, &period.all);
    let metered = period.cells.iter().all(|(_, cell)| load.load(cell) <= 1.0);
    let by_bytes = metered || load.by_bytes(all) > load.by_records(all);
    let (limit, offered, accepted) = if by_bytes {
        (load.stream.limit_bytes_per_s, all.offered_bytes, all.accepted_bytes)
    } else {
        (load.stream.limit_records_per_s, all.offered_records, all.accepted_records)
    };
    let capacity_per_s = limit as f64 * shards;
    let offered_per_s = offered as f64 / all.seconds;
    let even = offered_per_s / capacity_per_s;
    // Where sizes are rounded up, what was stored shows what the shards take in truth.
    let ratio = all.offered_records as f64 / (all.accepted_records as f64).max(1.0);
    StreamFull {
        over_s: period.over_s,
        judged_s: load.seconds(),
        from_s: period.from_s,
        by_bytes,
        offered_per_s,
        capacity_per_s,
        load: even,
        accepted_load: accepted as f64 / all.seconds / capacity_per_s,
        refused_share: Some(all.refused_share()),
        metered,
        shard_count: period.shard_count(),
        shards_needed: (shards * even.max(ratio) * HEADROOM).ceil() as u64,
        key_alone: None,
    }
}
