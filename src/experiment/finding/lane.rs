//! K301, K302 and K303: what comes to the lanes of a function, and what they take.

use super::Evidence;
use crate::experiment::forecast::Lane;
use crate::experiment::forecast::lanes::{arrivals, slice};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::model::facts;
use crate::model::plan::{LambdaPlan, Plan};

/// A change is suggested where it gives at least this much more than what arrives.
const HEADROOM: f64 = 1.1;
/// Fewer lanes are suggested where the busiest is then full to this part at most.
const FULL_MOST: f64 = 0.5;
/// Lanes are far more than are needed from so many times as many on.
const FAR: u32 = 4;
/// Lanes a shard has at most (ESM-50).
const FACTOR_MAX: u32 = 10;

/// K301: more comes to some lane than it takes, and no key alone is the reason.
///
/// Stated where the mean that comes to a lane after the warm-up is more than it takes with full
/// batches that take their mean time.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneBound {
    /// How a lane works.
    pub lane: Lane,
    /// Lanes a shard has.
    pub factor: u32,
    /// What a lane takes at most [records/s].
    pub capacity_per_s: f64,
    /// Shards with such lanes, and what comes to the busiest lane of each [records/s]; the busiest
    /// first.
    pub shards: Vec<(String, f64)>,
    /// Lanes to which more comes than they take.
    pub lanes_over: usize,
    /// Lanes of all shards.
    pub lanes: usize,
    /// How fast the age grows on the busiest [s/s].
    pub age_growth: f64,
    /// What would do.
    pub enough: Enough,
}

/// What would let a lane keep up, with a tenth to spare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enough {
    /// The smallest `batch_size`.
    pub batch: Option<u32>,
    /// The smallest `parallelization_factor`, where lanes are what there are too few of.
    pub factor: Option<u32>,
    /// Where a full batch times out: a `timeout` (s) with which it does not.
    pub timeout_s: Option<u64>,
}

/// K302: one key brings more than its lane takes, whatever number of lanes there is.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyBound {
    /// How a lane works.
    pub lane: Lane,
    /// What it takes at most [records/s].
    pub capacity_per_s: f64,
    /// The key that brings most, as written.
    pub key: String,
    /// Its shard.
    pub shard: String,
    /// What it brings, as far as it is stored and matches the filters [records/s].
    pub key_per_s: f64,
    /// Lanes on which it is so.
    pub lanes_over: usize,
    /// How fast the age grows there [s/s].
    pub age_growth: f64,
    /// What would do beside more keys.
    pub enough: Enough,
    /// So many keys in the place of that one would do.
    pub keys_needed: Option<u64>,
}

/// K303: lanes that no record comes to, or far more than are needed.
#[derive(Clone, Debug, PartialEq)]
pub struct IdleLanes {
    /// Lanes of a shard.
    pub factor: u32,
    /// Lanes of all.
    pub lanes: usize,
    /// Different keys, where they are fewer than lanes.
    pub keys: Option<usize>,
    /// Lanes that no key falls on.
    pub empty: usize,
    /// Most that comes to a lane, over what it takes.
    pub busiest_load: f64,
    /// The fewest lanes of a shard that do as well, or that leave half of the busiest free.
    pub enough: Option<u32>,
}

/// A function, and what its stream stores.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) lambda: &'a LambdaPlan,
    pub(super) lane: Lane,
    /// Where keys fall; none where they are too many, or shards open and close.
    pub(super) map: Option<&'a KeyMap>,
    /// Ids of the shards.
    pub(super) ids: &'a [String],
    /// What each stores on average [records/s].
    pub(super) stored: &'a [f64],
    /// What each stores in its fullest minute; none where it is not to be asked whether lanes are
    /// too many.
    pub(super) most: Option<&'a [f64]>,
}

/// A lane that more comes to than it takes.
struct Over {
    shard: usize,
    arrival: f64,
    /// The key that alone is too much, and what it brings.
    key: Option<(String, f64)>,
}

/// K301, K302 and K303 of a function.
pub(super) fn find(view: &View<'_>) -> Vec<Evidence> {
    let over = over(view);
    let is_bound = !over.is_empty();
    let (by_key, by_lane): (Vec<Over>, Vec<Over>) =
        over.into_iter().partition(|it| it.key.is_some());
    let lanes = lane_bound(view, &by_lane).map(Evidence::LaneBound);
    let keys = key_bound(view, &by_key).map(Evidence::KeyBound);
    let idle = idle(view, is_bound).map(Evidence::IdleLanes);
    lanes.into_iter().chain(keys).chain(idle).collect()
}

fn over(view: &View<'_>) -> Vec<Over> {
    let factor = view.lambda.factor;
    let lanes = arrivals(view.map, view.lambda, factor, view.stored);
    let is_over = |(_, arrival): &(usize, f64)| *arrival > view.lane.capacity(*arrival);
    let found = lanes.into_iter().enumerate().filter(is_over).map(|(place, arrival)| {
        let (shard, lane) = (place / factor as usize, (place % factor as usize) as u32);
        let key = heaviest(view, shard, lane, arrival);
        Over {
            shard,
            arrival,
            key: key.filter(|(_, brings)| *brings > view.lane.capacity(*brings)),
        }
    });
    found.collect()
}

/// The key that brings most to a lane, of what comes to it.
fn heaviest(view: &View<'_>, shard: usize, lane: u32, arrival: f64) -> Option<(String, f64)> {
    let map = view.map.filter(|map| map.ranges().len() == view.stored.len())?;
    let slice = slice(map.ranges()[shard], lane, view.lambda.factor)?;
    let by_records = |offer: &Offer| offer.records;
    let key = map.heaviest(view.plan, slice, by_records)?;
    let whole = map.on(slice).records.max(f64::MIN_POSITIVE);
    Some((key.key, arrival * (key.offer.records / whole).min(1.0)))
}

fn lane_bound(view: &View<'_>, over: &[Over]) -> Option<LaneBound> {
    let most = over.iter().map(|it| it.arrival).fold(0.0, f64::max);
    let capacity_per_s = view.lane.capacity(most);
    let mut shards: Vec<(usize, f64)> = Vec::new();
    for lane in over {
        match shards.iter_mut().find(|(shard, _)| *shard == lane.shard) {
            Some((_, arrival)) => *arrival = arrival.max(lane.arrival),
            None => shards.push((lane.shard, lane.arrival)),
        }
    }
    shards.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let named = |(shard, arrival): (usize, f64)| (view.ids[shard].clone(), arrival);
    (!over.is_empty()).then(|| LaneBound {
        lane: view.lane,
        factor: view.lambda.factor,
        capacity_per_s,
        shards: shards.into_iter().map(named).collect(),
        lanes_over: over.len(),
        lanes: view.stored.len() * view.lambda.factor as usize,
        age_growth: 1.0 - capacity_per_s / most,
        enough: Enough {
            factor: factor_needed(view),
            ..enough(&view.lane, view.lambda.batch_size, most)
        },
    })
}

fn key_bound(view: &View<'_>, over: &[Over]) -> Option<KeyBound> {
    let keys = over.iter().filter_map(|it| Some((it, it.key.as_ref()?)));
    // Of equals the first: `max_by` alone would keep the last.
    let (lane, (key, brings)) = keys.rev().max_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
    let capacity_per_s = view.lane.capacity(*brings);
    let needed = (HEADROOM * brings / view.lane.rate_of(view.lane.batch)).ceil() as u64;
    Some(KeyBound {
        lane: view.lane,
        capacity_per_s,
        key: key.clone(),
        shard: view.ids[lane.shard].clone(),
        key_per_s: *brings,
        lanes_over: over.len(),
        age_growth: 1.0 - capacity_per_s / lane.arrival,
        enough: enough(&view.lane, view.lambda.batch_size, *brings),
        keys_needed: (!view.lane.times_out()).then_some(needed),
    })
}

/// A batch, or a timeout, with which a lane would take so many records a second.
fn enough(lane: &Lane, batch_size: u32, arrival_per_s: f64) -> Enough {
    let wanted = HEADROOM * arrival_per_s;
    // n / (fixed + n x each) is as much as is wanted, or more.
    let left = 1.0 - wanted * lane.per_record_s;
    let needed = (wanted * lane.fixed_s / left.max(f64::MIN_POSITIVE)).ceil().max(1.0);
    let most = lane.room.min(facts::BATCH_SIZE_MAX);
    let batch = (left > 0.0 && needed <= f64::from(most)).then_some(needed as u32);
    let in_time = |batch: &u32| lane.invocation_s(*batch) <= lane.timeout_s && *batch != batch_size;
    let timeout = (1.5 * lane.invocation_s(lane.batch)).ceil();
    let would_do =
        lane.rate_of(lane.batch) >= wanted && timeout <= facts::FUNCTION_TIMEOUT_MAX.as_s();
    Enough {
        batch: batch.filter(in_time),
        factor: None,
        timeout_s: (lane.times_out() && would_do).then_some(timeout as u64),
    }
}

/// The fewest lanes of a shard, more than there are, with which each keeps up.
fn factor_needed(view: &View<'_>) -> Option<u32> {
    if view.lambda.tumbling.is_some() || view.lane.times_out() {
        return None;
    }
    let capacity = view.lane.rate_of(view.lane.batch);
    let holds = |factor: &u32| HEADROOM * busiest(view, *factor, view.stored) <= capacity;
    (view.lambda.factor + 1..=FACTOR_MAX).find(holds)
}

/// The most that comes to a lane where a shard has so many [records/s].
fn busiest(view: &View<'_>, factor: u32, stored: &[f64]) -> f64 {
    arrivals(view.map, view.lambda, factor, stored).into_iter().fold(0.0, f64::max)
}

/// K303, of a function of which some lane `is_bound` or none is.
fn idle(view: &View<'_>, is_bound: bool) -> Option<IdleLanes> {
    let (factor, most) = (view.lambda.factor, view.most?);
    let lanes = view.stored.len() * factor as usize;
    if factor < 2 || view.lane.times_out() {
        return None;
    }
    let capacity = view.lane.rate_of(view.lane.batch);
    let now = busiest(view, factor, most);
    if now <= 0.0 {
        return None;
    }
    // As many as leave half of the busiest free, or leave it what it has.
    let least = now.max(FULL_MOST * capacity) * (1.0 + 1e-9);
    let enough = (1..factor).find(|&fewer| busiest(view, fewer, most) <= least);
    let keys = view.map.and_then(KeyMap::key_count).filter(|&keys| keys < lanes);
    let is_far = !is_bound && enough.is_some_and(|enough| factor >= FAR * enough);
    (keys.is_some() || is_far).then(|| IdleLanes {
        factor,
        lanes,
        keys,
        empty: arrivals(view.map, view.lambda, factor, most)
            .iter()
            .filter(|it| **it <= 0.0)
            .count(),
        busiest_load: now / capacity,
        enough,
    })
}
