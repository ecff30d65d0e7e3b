//! What the exact placement of the keys says of hot shards: which key, where to split, how many
//! shards would do.

use super::hot::{Enough, HotShards, MainKey, Split};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::model::hashing::shard_id;
use crate::model::plan::Plan;

/// A number of shards is enough where the busiest is offered at most this part of its limit: a
/// mean any nearer leaves nothing for a busy second.
const ENOUGH: f64 = 0.95;

/// What binds a shard: the weight by which its keys are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Records,
    Bytes,
    /// Bytes once sizes are rounded up.
    Charged,
}

impl Binding {
    pub(super) fn weigh(self, offer: &Offer) -> f64 {
        match self {
            Self::Records => offer.records,
            Self::Bytes => offer.bytes,
            Self::Charged => offer.charged,
        }
    }
}

/// Adds to each hot shard its main key and its best split, and how many shards would be enough.
/// `load_of` says what a shard is offered over its limit.
pub(super) fn add(
    found: &mut HotShards,
    plan: &Plan,
    index: usize,
    placement: &KeyMap,
    binding: Binding,
    load_of: impl Fn(&str) -> f64,
) {
    let weigh = |offer: &Offer| binding.weigh(offer);
    let hottest = found.shards.first().map_or(0.0, |shard| load_of(&shard.id));
    for open in plan.streams[index].open_shards() {
        let (range, id) = (open.range, shard_id(open.number));
        let Some(shard) = found.shards.iter_mut().find(|shard| shard.id == id) else { continue };
        let (whole, load) = (weigh(&placement.on(range)), load_of(&id));
        if whole <= 0.0 {
            continue;
        }
        let part = |offer: &Offer| weigh(offer) / whole;
        shard.main_key = placement
            .heaviest(plan, range, weigh)
            .map(|key| MainKey { share: part(&key.offer), key: key.key });
        shard.split = placement.parting(range, weigh).map(|parting| Split {
            at: parting.at,
            lower: load * part(&parting.lower),
            upper: load * part(&parting.upper),
        });
    }
    found.placed = true;
    let now = found.shard_count as u32;
    let share_now = placement.busiest_share_now(weigh);
    let loads = counts_above(now, plan.account.shard_quota).into_iter().map(|shards| {
        let share = placement.busiest_share(shards, weigh);
        Enough { shards, load: hottest * share / share_now.max(f64::MIN_POSITIVE) }
    });
    found.enough = loads.into_iter().find(|enough| enough.load <= ENOUGH);
}

/// Numbers of shards above `now` that are looked at: each up to four times as many, or sixteenths
/// of `now` where those would be too many; none beyond `quota`.
pub(super) fn counts_above(now: u32, quota: u32) -> Vec<u32> {
    const EACH: u32 = 64;
    let (now, quota) = (u64::from(now), u64::from(quota));
    let step = if now <= u64::from(EACH) { 1 } else { now / 16 };
    let counts = (1..).map(|steps| now + steps * step);
    let within = counts.take_while(|count| *count <= (4 * now).min(quota));
    within.map(|count| count as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_to_four_times_as_many_and_never_beyond_the_quota() {
        assert_eq!(counts_above(2, 20_000), [3, 4, 5, 6, 7, 8]);
        assert_eq!(counts_above(2, 4), [3, 4]);
        assert!(counts_above(5, 5).is_empty());
        let many = counts_above(1_000, 20_000);
        assert_eq!((many[0], many.last(), many.len()), (1_062, Some(&3_976), 48));
    }
}
