//! What the exact placement of the keys says of hot shards: which key, where to split, how many
//! shards would do.

use super::hot::{Enough, HotShards, MainKey, Split};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::model::hashing::HashRange;
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

/// A shard that is open, and what it is offered over its limit.
pub(super) struct Parted {
    pub(super) id: String,
    pub(super) range: HashRange,
    pub(super) load: f64,
}

/// Adds to each hot shard its main key and its best split, and how many shards would be enough.
/// `open` are the shards that own every hash key.
pub(super) fn add(
    found: &mut HotShards,
    plan: &Plan,
    placement: &KeyMap,
    binding: Binding,
    open: &[Parted],
) {
    let weigh = |offer: &Offer| binding.weigh(offer);
    let load_of = |id: &str| open.iter().find(|it| it.id == id).map_or(0.0, |it| it.load);
    let hottest = found.shards.first().map_or(0.0, |shard| load_of(&shard.id));
    let mut busiest = 0.0_f64;
    for Parted { id, range, load } in open {
        let (range, load) = (*range, *load);
        let whole = weigh(&placement.on(range));
        busiest = busiest.max(whole);
        let Some(shard) = found.shards.iter_mut().find(|shard| shard.id == *id) else { continue };
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
    let total = weigh(&placement.total());
    let share_now = if total > 0.0 { busiest / total } else { 0.0 };
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
