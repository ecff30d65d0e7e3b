//! Where a stream's keys fall, exactly, on its own shards and on any number of equal ones: from
//! their own hashes.

use std::collections::BTreeMap;

use crate::experiment::forecast::charge::Charge;
use crate::experiment::key_shares::{keys_of, new_key_bytes, shares};
use crate::model::hashing::{HashRange, uniform_ranges};
use crate::model::keys;
use crate::model::plan::{ExplicitPlan, KeyPlan, Plan};
use crate::time::Instant;

/// A stream with more keys is not placed: it would take too much memory and time.
pub const KEYS_MAX: u64 = 1_000_000;

/// What is offered in a second, or in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Offer {
    /// Records.
    pub records: f64,
    /// Data and keys (bytes).
    pub bytes: f64,
    /// What of it is charged at least, once sizes are rounded up (bytes).
    pub charged: f64,
}

/// A stream's keys in the order of their hashes, each with what it is offered.
#[derive(Clone, Debug)]
pub struct KeyMap {
    keys: Vec<Placed>,
    /// Sums over the keys before each, and over all.
    sums: Vec<Offer>,
    /// What every record's own new key spreads evenly.
    even: Offer,
    /// The hash keys of each of the stream's own shards, in order of id.
    own: Vec<HashRange>,
}

/// One key; its name is that of a producer's key, by number.
#[derive(Clone, Copy, Debug)]
struct Placed {
    hash: u128,
    producer: u32,
    number: u32,
}

/// A key and what it is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyOffer {
    /// As written; an explicit hash key in decimal.
    pub key: String,
    /// What it is offered.
    pub offer: Offer,
}

/// Where to split a shard, and what its children are offered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parting {
    /// `NewStartingHashKey`: the first hash of the upper child (KDS-S02).
    pub at: u128,
    /// What the lower child is offered.
    pub lower: Offer,
    /// What the upper child is offered.
    pub upper: Offer,
}

impl KeyMap {
    /// The keys of all who write to the stream with this index. `records` says how many each
    /// producer offers. Where weights change, their mean over the run counts. `None` where there
    /// are too many keys.
    #[must_use]
    pub fn new(plan: &Plan, stream: usize, records: &[f64]) -> Option<Self> {
        let writers = || plan.producers.iter().enumerate().filter(|(_, p)| p.stream == stream);
        let count: u64 = writers().map(|(_, producer)| key_count(keys_of(&producer.source))).sum();
        if count > KEYS_MAX {
            return None;
        }
        let written = plan.streams.get(stream)?;
        let rounding = written.write.rounding;
        let end = Instant::ZERO + plan.duration;
        let mut found: Vec<(Placed, Offer)> = Vec::new();
        let mut even = Offer::default();
        for (number, producer) in writers() {
            let offered = records.get(number).copied().unwrap_or(0.0);
            let shares = shares(&producer.source, end);
            let charge = Charge::new(producer, rounding, &shares);
            let plan = keys_of(&producer.source);
            match &plan.explicit {
                Some(ExplicitPlan::Random) => {
                    even = even.and(&charge.mean().times(offered));
                }
                Some(ExplicitPlan::Weighted(values)) => {
                    let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
                    for (place, &(hash, weight)) in (0..).zip(values) {
                        let offer = charge.mean().times(offered * weight / sum);
                        let key = Placed { hash, producer: number as u32, number: place };
                        found.push((key, offer));
                    }
                }
                None => {
                    let fresh = charge.of_key(new_key_bytes(plan)).times(shares.fresh());
                    even = even.and(&fresh.times(offered));
                    let mut seen: BTreeMap<u64, Offer> = BTreeMap::new();
                    for (place, &share) in (0..).zip(&shares.0) {
                        let hash = keys::hash_of(plan, place);
                        let key = Placed { hash, producer: number as u32, number: place };
                        let length = keys::name_bytes(plan, place);
                        let one = *seen.entry(length).or_insert_with(|| charge.of_key(length));
                        let offer = charge.measured(place);
                        let offer = offer.unwrap_or_else(|| one.times(share));
                        found.push((key, offer.times(offered)));
                    }
                }
            }
        }
        let own = written.open_shards().iter().map(|shard| shard.range).collect();
        Some(Self::sorted(found, even, own))
    }

    fn sorted(mut found: Vec<(Placed, Offer)>, even: Offer, own: Vec<HashRange>) -> Self {
        found.retain(|(_, offer)| offer.records > 0.0);
        found.sort_by_key(|(key, _)| (key.hash, key.producer, key.number));
        let (mut keys, mut sums) = (Vec::with_capacity(found.len()), vec![Offer::default()]);
        let mut sum = Offer::default();
        for (key, offer) in found {
            sum = sum.and(&offer);
            // The same key of two producers is one key.
            if keys.last().is_some_and(|last: &Placed| last.hash == key.hash) {
                sums.pop();
            } else {
                keys.push(key);
            }
            sums.push(sum);
        }
        Self { keys, sums, even, own }
    }

    /// Number of different keys; `None` where some records have a new one each.
    #[must_use]
    pub fn key_count(&self) -> Option<usize> {
        (self.even.records == 0.0).then_some(self.keys.len())
    }

    /// All that is offered.
    #[must_use]
    pub fn total(&self) -> Offer {
        self.even.and(&self.sums[self.keys.len()])
    }

    /// What the shard with this range is offered.
    #[must_use]
    pub fn on(&self, range: HashRange) -> Offer {
        let (first, last) = self.within(range);
        self.sums[last].less(&self.sums[first]).and(&self.even.times(width(range)))
    }

    /// The hash keys of each of the stream's own shards, in order of id.
    #[must_use]
    pub fn ranges(&self) -> &[HashRange] {
        &self.own
    }

    /// What each of the stream's own shards is offered, in order of id.
    #[must_use]
    pub fn on_each(&self) -> Vec<Offer> {
        self.own.iter().map(|range| self.on(*range)).collect()
    }

    /// What each of `shards` shards of equal width would be offered (KDS-H05).
    #[must_use]
    pub fn spread(&self, shards: u32) -> Vec<Offer> {
        uniform_ranges(shards).into_iter().map(|range| self.on(range)).collect()
    }

    /// The largest part of all that one of the own shards is offered, as `weigh` weighs it.
    #[must_use]
    pub fn busiest_share_now(&self, weigh: impl Fn(&Offer) -> f64) -> f64 {
        self.largest_part(&self.on_each(), weigh)
    }

    /// The largest part of all that one of `shards` equal shards would be offered.
    #[must_use]
    pub fn busiest_share(&self, shards: u32, weigh: impl Fn(&Offer) -> f64) -> f64 {
        self.largest_part(&self.spread(shards), weigh)
    }

    fn largest_part(&self, offers: &[Offer], weigh: impl Fn(&Offer) -> f64) -> f64 {
        let busiest = offers.iter().map(&weigh).fold(0.0, f64::max);
        let total = weigh(&self.total());
        if total > 0.0 { busiest / total } else { 0.0 }
    }

    /// How many of the stream's own shards no key falls on; none where new keys come all the time.
    #[must_use]
    pub fn empty(&self) -> u32 {
        if self.even.records > 0.0 {
            return 0;
        }
        let is_empty = |range: &HashRange| {
            let (first, last) = self.within(*range);
            first == last
        };
        self.own.iter().filter(|range| is_empty(range)).count() as u32
    }

    /// The key in a range that is offered most, as `weigh` weighs it.
    #[must_use]
    pub fn heaviest(
        &self,
        plan: &Plan,
        range: HashRange,
        weigh: impl Fn(&Offer) -> f64,
    ) -> Option<KeyOffer> {
        let (first, last) = self.within(range);
        let offer = |key: usize| self.sums[key + 1].less(&self.sums[key]);
        // Of equals the first: `max_by` alone would keep the last.
        let heaviest =
            (first..last).rev().max_by(|&a, &b| weigh(&offer(a)).total_cmp(&weigh(&offer(b))))?;
        Some(KeyOffer { key: self.name(plan, heaviest), offer: offer(heaviest) })
    }

    /// Whether there is no key to speak of: every record has a new one.
    #[must_use]
    pub fn is_even(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys in a range that are offered most records, most first, at most `most` of them.
    #[must_use]
    pub fn largest(&self, plan: &Plan, range: HashRange, most: usize) -> Vec<KeyOffer> {
        let (first, last) = self.within(range);
        let offer = |key: usize| self.sums[key + 1].less(&self.sums[key]);
        let mut found: Vec<(f64, usize)> = Vec::with_capacity(most + 1);
        for key in first..last {
            let records = offer(key).records;
            let place = found.partition_point(|(known, _)| *known >= records);
            if place < most {
                found.insert(place, (records, key));
                found.truncate(most);
            }
        }
        let named =
            |(_, key): (f64, usize)| KeyOffer { key: self.name(plan, key), offer: offer(key) };
        found.into_iter().map(named).collect()
    }

    /// Where to split the shard with this range so that its children share what it is offered as
    /// evenly as they can. `None` where it is too narrow, or is offered nothing.
    #[must_use]
    pub fn parting(&self, range: HashRange, weigh: impl Fn(&Offer) -> f64) -> Option<Parting> {
        // KDS-S03: the cut lies inside, with room on both sides.
        let (least, most) = (range.start.checked_add(2)?, range.end.checked_sub(1)?);
        let whole = weigh(&self.on(range));
        if least > most || whole <= 0.0 {
            return None;
        }
        let below = |at: u128| HashRange { start: range.start, end: at - 1 };
        let (mut low, mut high) = (least, most);
        // The first cut whose lower child has half of it at least.
        while low < high {
            let middle = low + (high - low) / 2;
            if weigh(&self.on(below(middle))) >= whole / 2.0 {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let cut = |at: u128| {
            let lower = self.on(below(at));
            Parting { at, lower, upper: self.on(HashRange { start: at, end: range.end }) }
        };
        let larger = |parting: &Parting| weigh(&parting.lower).max(weigh(&parting.upper));
        let (after, before) = (cut(low), cut((low - 1).max(least)));
        Some(if larger(&before) < larger(&after) { before } else { after })
    }

    /// The keys of a range, as places in the list.
    fn within(&self, range: HashRange) -> (usize, usize) {
        let first = self.keys.partition_point(|key| key.hash < range.start);
        let last = self.keys.partition_point(|key| key.hash <= range.end);
        (first, last)
    }

    fn name(&self, plan: &Plan, key: usize) -> String {
        let Placed { hash, producer, number } = self.keys[key];
        let keys = keys_of(&plan.producers[producer as usize].source);
        if keys.explicit.is_some() { hash.to_string() } else { keys::name_of(keys, number) }
    }
}

impl Offer {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.records += other.records;
        self.bytes += other.bytes;
        self.charged += other.charged;
        self
    }

    /// So many times as much.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            records: self.records * factor,
            bytes: self.bytes * factor,
            charged: self.charged * factor,
        }
    }

    fn less(self, other: &Self) -> Self {
        self.and(&other.times(-1.0))
    }
}

/// A range's part of the hash space.
fn width(range: HashRange) -> f64 {
    const WHOLE: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
    ((range.end - range.start) as f64 + 1.0) / WHOLE
}

fn key_count(plan: &KeyPlan) -> u64 {
    match &plan.explicit {
        Some(ExplicitPlan::Random) => 0,
        Some(ExplicitPlan::Weighted(values)) => values.len() as u64,
        None => u64::from(keys::key_count(plan)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::sample;
    use crate::model::plan::{KeyNames, KeyWeights, ProducerPlan, ShardPlan, SourcePlan};

    const QUARTER: u128 = 1 << 126;

    /// Producers of the sample's plan, one for each list of explicit hash keys and weights.
    fn plan(producers: &[&[(u128, f64)]]) -> Plan {
        let mut plan = sample::hot_shard().0.plan;
        let first = plan.producers.remove(0);
        plan.producers = producers
            .iter()
            .map(|values| {
                let mut producer: ProducerPlan = first.clone();
                if let SourcePlan::Synthetic { keys, .. } = &mut producer.source {
                    keys.explicit = Some(ExplicitPlan::Weighted(values.to_vec()));
                }
                producer
            })
            .collect();
        plan
    }

    fn records(offers: &[Offer]) -> Vec<f64> {
        offers.iter().map(|offer| offer.records).collect()
    }

    fn by_records(offer: &Offer) -> f64 {
        offer.records
    }

    #[test]
    fn keys_of_two_producers_add_up_on_their_shards() {
        // Of 100/s: 60 at zero, 40 in the last quarter; of 20/s: 5 at zero, 15 in the second.
        let plan = plan(&[&[(0, 3.0), (u128::MAX, 2.0)], &[(0, 1.0), (QUARTER, 3.0)]]);
        let placement = KeyMap::new(&plan, 0, &[100.0, 20.0]).expect("few keys");
        assert_eq!(placement.key_count(), Some(3), "both use the key at zero");
        assert_eq!(records(&placement.spread(4)), [65.0, 15.0, 0.0, 40.0]);
        assert_eq!(records(&placement.spread(2)), [80.0, 40.0]);
        assert!((placement.busiest_share(4, by_records) - 65.0 / 120.0).abs() < 1e-12);
        let heaviest = placement.heaviest(&plan, HashRange::ALL, by_records).expect("three keys");
        assert_eq!((heaviest.key.as_str(), heaviest.offer.records), ("0", 65.0));
    }

    /// The stream's own shards need not be equal: one has three quarters of the hash keys.
    #[test]
    fn keys_fall_on_the_shards_there_are() {
        let mut plan = plan(&[&[(0, 3.0), (2 * QUARTER, 2.0), (u128::MAX, 1.0)]]);
        let own = |plan: &Plan| KeyMap::new(plan, 0, &[6.0]).expect("three keys");
        plan.streams[0].shard_count = 2;
        assert_eq!(records(&own(&plan).on_each()), [3.0, 3.0]);
        let shard = |number, start, end| {
            let range = HashRange { start, end };
            ShardPlan { number, range, parents: [None; 2] }
        };
        let uneven = vec![shard(4, 0, 3 * QUARTER - 1), shard(7, 3 * QUARTER, u128::MAX)];
        plan.streams[0].shards = Some(Arc::new(uneven));
        let placement = own(&plan);
        assert_eq!(records(&placement.on_each()), [5.0, 1.0]);
        assert!((placement.busiest_share_now(by_records) - 5.0 / 6.0).abs() < 1e-12);
        assert!((placement.busiest_share(2, by_records) - 0.5).abs() < 1e-12);
        assert_eq!(placement.empty(), 0);
        let narrow = vec![shard(4, 0, u128::MAX - 1), shard(7, u128::MAX, u128::MAX)];
        plan.streams[0].shards = Some(Arc::new(narrow));
        assert_eq!(records(&own(&plan).on_each()), [5.0, 1.0]);
        let wide = vec![shard(4, 0, 0), shard(7, 1, 1), shard(8, 2, u128::MAX)];
        plan.streams[0].shards = Some(Arc::new(wide));
        assert_eq!(own(&plan).empty(), 1);
    }

    /// Three keys of 3, 2 and 1: the cut falls between the first and the second, which halves the
    /// six. Of 1, 1 and 4 the largest stays alone, whichever way.
    #[test]
    fn a_shard_is_parted_where_its_halves_are_most_alike() {
        for (weights, lower, cut_above) in
            [([3.0, 2.0, 1.0], 3.0, 100), ([1.0, 1.0, 4.0], 2.0, 200), ([4.0, 1.0, 1.0], 4.0, 100)]
        {
            let keys: Vec<(u128, f64)> = [100, 200, 300].into_iter().zip(weights).collect();
            let plan = plan(&[&keys]);
            let placement = KeyMap::new(&plan, 0, &[6.0]).expect("three keys");
            let parting =
                placement.parting(HashRange::ALL, by_records).expect("something is there");
            assert!((parting.lower.records - lower).abs() < 1e-9, "{parting:?}");
            assert!((parting.upper.records + lower - 6.0).abs() < 1e-9, "{parting:?}");
            assert!(cut_above < parting.at && parting.at <= cut_above + 100, "{parting:?}");
        }
    }

    #[test]
    fn a_cut_leaves_room_on_both_sides_and_an_empty_shard_none() {
        let plan = plan(&[&[(0, 1.0), (u128::MAX, 1.0)]]);
        let placement = KeyMap::new(&plan, 0, &[2.0]).expect("two keys");
        let at = placement.parting(HashRange::ALL, by_records).expect("two halves").at;
        assert!(at > 1 && at < u128::MAX);
        let narrow = HashRange { start: 0, end: 2 };
        assert_eq!(placement.parting(narrow, by_records), None, "KDS-S03");
        let empty = HashRange { start: 10, end: QUARTER };
        assert_eq!(placement.parting(empty, by_records), None);
    }

    #[test]
    fn new_keys_spread_evenly_and_their_shards_part_in_the_middle() {
        let mut plan = sample::hot_shard().0.plan;
        let placement = KeyMap::new(&plan, 0, &[1_000.0]).expect("none to place");
        assert_eq!((placement.key_count(), placement.empty()), (None, 0));
        let shares = records(&placement.spread(3));
        assert!(shares.iter().all(|share| (share - 1_000.0 / 3.0).abs() < 1e-9), "{shares:?}");
        let quarter = HashRange { start: QUARTER, end: 2 * QUARTER - 1 };
        let parting = placement.parting(quarter, by_records).expect("wide");
        assert!(parting.at.abs_diff(QUARTER + QUARTER / 2) < 1 << 80, "{}", parting.at);
        // A list that is too long is not placed.
        if let SourcePlan::Synthetic { keys, .. } = &mut plan.producers[0].source {
            let count = KEYS_MAX as u32 + 1;
            let text = String::new();
            (keys.names, keys.weights) = (
                KeyNames::Numbered { count, prefix: text.clone(), width: 1, suffix: text },
                KeyWeights::Uniform,
            );
        }
        assert!(KeyMap::new(&plan, 0, &[1.0]).is_none());
    }

    /// The API's documented example keys and a published hash: MD5 of "a" begins with 0x0c, of ""
    /// with 0xd4 (RFC 1321, A.5), so of 16 shards they fall on 0 and 13.
    #[test]
    fn names_fall_where_their_md5_says() {
        let mut plan = sample::hot_shard().0.plan;
        if let SourcePlan::Synthetic { keys, .. } = &mut plan.producers[0].source {
            keys.names = KeyNames::Listed(Arc::new(vec!["a".to_owned(), String::new()]));
            keys.weights = KeyWeights::Listed(Arc::new(vec![3.0, 1.0]));
        }
        let placement = KeyMap::new(&plan, 0, &[400.0]).expect("two keys");
        let spread = records(&placement.spread(16));
        assert_eq!((spread[0], spread[13]), (300.0, 100.0));
    }
}
