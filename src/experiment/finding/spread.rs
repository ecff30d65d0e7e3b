//! K105 and K106: what the exact placement of the keys says of the number of shards.

use super::hot::MainKey;
use super::parting::counts_above;
use crate::experiment::key_map::{KeyMap, Offer};
use crate::model::plan::Plan;

/// K106 is about shards that are filled to this part at least: AWS's own rule of when to act
/// (KDS-F08).
pub(super) const LOAD_LEAST: f64 = 0.8;
/// The busiest shard's part counts as unchanged down to this part of what it was.
const UNCHANGED: f64 = 0.9;

/// Some shards can never receive a record: no key falls on them. There should be many more keys
/// than shards (KDS-H15).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FewKeys {
    /// Different keys.
    pub keys: usize,
    /// Shards of the stream.
    pub shards: u32,
    /// Shards on which no key falls.
    pub empty: u32,
    /// The largest part of all records that one shard has.
    pub busiest_share: f64,
    /// The fewest shards of which the busiest has no more than that, where they are fewer.
    pub as_good: Option<u32>,
}

/// More shards do not take load off the busiest one.
///
/// Stated where the busiest shard is filled to 80 % or more, and with every number of shards up to
/// twice as many, the busiest still has nine tenths of what it has now.
#[derive(Clone, Debug, PartialEq)]
pub struct Flat {
    /// Shards of the stream.
    pub shards: u32,
    /// Up to so many shards the busiest one's part stays what it is.
    pub flat_to: u32,
    /// The largest part of all that one shard has now.
    pub share: f64,
    /// The least such part with any of the numbers of shards up to `flat_to`.
    pub least_share: f64,
    /// What the busiest shard is offered, as a part of its limit.
    pub load: f64,
    /// The key it is offered most of, and its part of all records.
    pub key: Option<MainKey>,
}

/// K105.
pub(super) fn few_keys(placement: &KeyMap, shards: u32) -> Option<FewKeys> {
    let keys = placement.key_count().filter(|keys| *keys > 0)?;
    let empty = placement.empty();
    if empty == 0 {
        return None;
    }
    let records = |offer: &Offer| offer.records;
    let busiest_share = placement.busiest_share_now(records);
    let step = (shards / 64).max(1) as usize;
    let as_good = |count: &u32| placement.busiest_share(*count, records) <= busiest_share * 1.001;
    let as_good = (1..shards).step_by(step).find(as_good);
    Some(FewKeys { keys, shards, empty, busiest_share, as_good })
}

/// K106, where the busiest shard is offered `load` of its limit.
pub(super) fn flat(
    placement: &KeyMap,
    plan: &Plan,
    index: usize,
    load: f64,
    weigh: impl Fn(&Offer) -> f64 + Copy,
) -> Option<Flat> {
    if load < LOAD_LEAST {
        return None;
    }
    let shards = plan.streams[index].shard_count;
    let share = placement.busiest_share_now(weigh);
    let (mut flat_to, mut least_share) = (shards, share);
    for count in counts_above(shards, plan.account.shard_quota) {
        let busiest = placement.busiest_share(count, weigh);
        if busiest < UNCHANGED * share {
            break;
        }
        (flat_to, least_share) = (count, least_share.min(busiest));
    }
    if flat_to < 2 * shards {
        return None;
    }
    let total = weigh(&placement.total());
    let ranges = placement.ranges().iter();
    let busiest = ranges
        .map(|range| (weigh(&placement.on(*range)), *range))
        .reduce(|most, next| if next.0 > most.0 { next } else { most })?;
    let key = placement
        .heaviest(plan, busiest.1, weigh)
        .map(|key| MainKey { share: weigh(&key.offer) / total, key: key.key });
    Some(Flat { shards, flat_to, share, least_share, load, key })
}
