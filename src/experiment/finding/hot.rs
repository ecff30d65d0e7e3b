//! K101 and K108: more is offered than fits, on some shards or on all of them.

use std::collections::BTreeMap;

use super::Evidence;
use super::key::{HotKey, keys_on};
use super::parting::{self, Binding};
use crate::experiment::key_map::KeyMap;
use crate::experiment::key_shares::drifts;
use crate::experiment::load::{Cell, StreamLoad, Window};
use crate::experiment::outcome::Outcome;
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
    /// Time in which the hottest shard was over its limit, in whole windows (s).
    pub over_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
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
    /// Time in which the fullest shard was over its limit, in whole windows (s).
    pub over_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
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

/// What is too full, and the shards concerned, in ascending order.
pub(super) fn find(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Option<(Evidence, Vec<usize>)> {
    let period = windows_over(load)?;
    let sum = |shard: usize| {
        period.iter().fold(Cell::default(), |sum, window| sum.then(&load.cell(window, shard)))
    };
    let cells: Vec<Cell> = (0..load.shards()).map(sum).collect();
    let over: Vec<usize> = (0..cells.len()).filter(|&shard| load.is_over(&cells[shard])).collect();
    let first = Cell { seconds: cells.first()?.seconds, ..Cell::default() };
    let all = cells.iter().fold(first, Cell::and);
    let hot = over.iter().fold(first, |sum, &shard| sum.and(&cells[shard]));
    if over.is_empty() || hot.refused_share() < REFUSED_LEAST {
        return None;
    }
    let keys = keys_on(scenario, outcome, index, &over).into_iter();
    let keys: Vec<HotKey> = keys.map(|key| key.within(load, &all, &cells)).collect();
    let key_alone = keys.iter().find(|key| key.load > 1.0).cloned();
    if over.len() == cells.len() || load.load(&all) / cells.len() as f64 > FULL {
        let full = StreamFull { key_alone, ..stream_full(load, &cells, &all) };
        return Some((Evidence::StreamFull(full), over));
    }
    let mut found = hot_shards(load, &cells, &all, &over);
    found.refused_share = Some(hot.refused_share());
    (found.keys, found.key_alone) = (keys, key_alone);
    found.keys.retain(|key| key.share >= KEY_SHARE_LEAST * found.even_share);
    part(&mut found, scenario, outcome, index, (load, &cells));
    Some((Evidence::HotShards(found), over))
}

/// Adds what the exact placement of the keys says, where each is used alike in the whole run.
fn part(
    found: &mut HotShards,
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    (load, cells): (&StreamLoad, &[Cell]),
) {
    if drifts(&scenario.plan, index) {
        return;
    }
    let offered = outcome.producers.iter().map(|it| it.write.offered_records as f64);
    let placement = KeyMap::new(&scenario.plan, index, &offered.collect::<Vec<_>>());
    let Some(placement) = placement else { return };
    let loads: BTreeMap<&str, f64> = load
        .stream
        .shards
        .iter()
        .zip(cells)
        .map(|(shard, cell)| {
            // A full shard's refusals show what it was offered once sizes are rounded up.
            let metered = cell.offered_records as f64 / (cell.accepted_records as f64).max(1.0);
            let load = load.load(cell);
            (shard.id.as_str(), if found.metered { load.max(metered) } else { load })
        })
        .collect();
    let binding = match (found.metered, found.by_bytes) {
        (true, _) => Binding::Charged,
        (false, true) => Binding::Bytes,
        (false, false) => Binding::Records,
    };
    parting::add(found, &scenario.plan, index, &placement, binding, |id| {
        loads.get(id).copied().unwrap_or(0.0)
    });
}

/// The windows in which the shard is over that is so for longest; `None` where none is.
fn windows_over<'l>(load: &'l StreamLoad) -> Option<Vec<&'l Window>> {
    let over = |shard: usize| -> Vec<&'l Window> {
        let is_over = |window: &&Window| load.is_over(&load.cell(window, shard));
        load.windows.iter().filter(is_over).collect()
    };
    // The first of equals is kept: `max_by_key` alone would keep the last.
    let longest = (0..load.shards()).map(over).rev().max_by_key(Vec::len)?;
    (!longest.is_empty()).then_some(longest)
}

fn hot_shards(load: &StreamLoad, cells: &[Cell], all: &Cell, over: &[usize]) -> HotShards {
    let mut hottest = over.to_vec();
    hottest.sort_by(|&a, &b| load.load(&cells[b]).total_cmp(&load.load(&cells[a])));
    let first = &cells[hottest[0]];
    let metered = load.load(first) <= 1.0;
    // Rounding adds to bytes: where it explains the refusals, bytes bind.
    let by_bytes = metered || load.by_bytes(first) > load.by_records(first);
    let amount =
        |cell: &Cell| (if by_bytes { cell.offered_bytes } else { cell.offered_records }) as f64;
    let limit =
        if by_bytes { load.stream.limit_bytes_per_s } else { load.stream.limit_records_per_s };
    let shards = hottest.iter().map(|&shard| HotShard {
        id: load.stream.shards[shard].id.clone(),
        share: amount(&cells[shard]) / amount(all).max(1.0),
        load: load.load(&cells[shard]),
        per_s: amount(&cells[shard]) / cells[shard].seconds,
        main_key: None,
        split: None,
    });
    let others = (0..cells.len()).filter(|shard| over.binary_search(shard).is_err());
    let loads: Vec<f64> = others.map(|shard| load.load(&cells[shard])).collect();
    HotShards {
        over_s: all.seconds,
        judged_s: load.seconds(),
        by_bytes,
        limit_per_s: limit as f64,
        even_share: 1.0 / cells.len() as f64,
        shards: shards.collect(),
        others: loads.iter().copied().reduce(f64::min).zip(loads.iter().copied().reduce(f64::max)),
        others_count: loads.len(),
        refused_share: None,
        metered,
        keys: Vec::new(),
        key_alone: None,
        shard_count: cells.len(),
        placed: false,
        enough: None,
    }
}

fn stream_full(load: &StreamLoad, cells: &[Cell], all: &Cell) -> StreamFull {
    let shards = cells.len() as f64;
    let metered = cells.iter().all(|cell| load.load(cell) <= 1.0);
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
        over_s: all.seconds,
        judged_s: load.seconds(),
        by_bytes,
        offered_per_s,
        capacity_per_s,
        load: even,
        accepted_load: accepted as f64 / all.seconds / capacity_per_s,
        refused_share: Some(all.refused_share()),
        metered,
        shard_count: cells.len(),
        shards_needed: (shards * even.max(ratio) * HEADROOM).ceil() as u64,
        key_alone: None,
    }
}
