//! Put calls in the mean: how full they are, how long records wait for them, what they are charged.

use std::collections::BTreeMap;

use crate::model::aggregate::crowd::Waited;
use crate::model::facts;
use crate::model::plan::{Api, Rounding, SizePlan};
use crate::model::record_size::{below, mean, mean_square, rounded};

/// The first attempts of a producer's calls, at some rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Filling {
    /// Entries of a call.
    pub(super) entries: f64,
    /// From birth to the call.
    pub(super) waited: Waited,
}

impl Filling {
    /// Of calls by an instance that offers `per_ns` records, each of `bytes` in the mean.
    pub(super) fn new(api: Api, per_ns: f64, bytes: f64) -> Self {
        let Api::PutRecords { linger } = api else {
            return Self { entries: 1.0, waited: Waited::default() };
        };
        let most = facts::PUT_RECORDS_ENTRIES_MAX as f64;
        let most = most.min(facts::PUT_RECORDS_BYTES_MAX.0 as f64 / bytes.max(1.0)).max(1.0);
        let others = (per_ns * linger.as_ns() as f64).min(most - 1.0);
        // It leaves when its time is up, or as soon as it is full.
        let open = if others < most - 1.0 { linger.as_ns() as f64 } else { others / per_ns };
        // The first record waits all that time, the others come at any moment of it alike.
        let entries = 1.0 + others;
        let wait = open * (1.0 + others / 2.0) / entries;
        let square = open * open * (1.0 + others / 3.0) / entries;
        // An even spread as wide as their variance asks for would reach beyond that time.
        let room = open - wait;
        let variance = (square - wait * wait).min(room * room / 3.0);
        Self { entries, waited: Waited { mean: wait, variance } }
    }
}

/// What a producer's records are charged in the mean.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    sizes: SizePlan,
    rounds: Rounds,
    /// Of data blobs (bytes).
    pub(super) mean: f64,
    /// Deviation of that (bytes).
    pub(super) deviation: f64,
}

#[derive(Clone, Debug)]
enum Rounds {
    Nothing,
    /// Each record (KDS-W06): charges by length of the key.
    Records(BTreeMap<u64, f64>),
    /// What a call stores in a shard (KDS-W07): charges by how many other entries are there in the
    /// mean, see [`STEPS`]; none yet.
    Calls(Vec<f64>),
}

/// Steps of the table in a doubling of the number of others, from [`FEWEST`] on.
const STEPS: f64 = 4.0;
const FEWEST: f64 = 1.0 / 256.0;
/// Entries of the table: up to 500 others.
const ENTRIES: usize = 70;

impl Charge {
    /// Of records of these sizes.
    pub(super) fn new(sizes: SizePlan, api: Api, rounding: Rounding) -> Self {
        let (mean, square) = (mean(&sizes), mean_square(&sizes));
        let rounds = match (rounding, api) {
            (Rounding::None, _) => Rounds::Nothing,
            (Rounding::Kib, Api::PutRecord) => Rounds::Records(BTreeMap::new()),
            (Rounding::Kib, Api::PutRecords { .. }) => Rounds::Calls(Vec::new()),
        };
        Self { sizes, rounds, mean, deviation: (square - mean * mean).max(0.0).sqrt() }
    }

    /// What a record is charged, with a key of `key_bytes` in the mean and with `others` of its
    /// call in its shard, in the mean (bytes).
    pub(super) fn of(&mut self, key_bytes: f64, others: f64) -> f64 {
        let Self { sizes, rounds, mean, deviation } = self;
        match rounds {
            Rounds::Nothing => *mean + key_bytes,
            Rounds::Records(charges) => {
                // Keys of one shard have few lengths, next to one another: between them in a line.
                let (short, part) = (key_bytes as u64, key_bytes - (key_bytes as u64) as f64);
                let mut charge =
                    |length| *charges.entry(length).or_insert_with(|| rounded(sizes, length));
                if part < 1e-9 {
                    return charge(short);
                }
                charge(short) * (1.0 - part) + charge(short + 1) * part
            }
            Rounds::Calls(charges) => {
                if charges.is_empty() {
                    let alone = rounded(sizes, key_bytes as u64);
                    let each = (*mean + key_bytes, *deviation);
                    charges.extend((0..ENTRIES).map(|i| in_company(alone, each, others_of(i))));
                }
                let place =
                    (libm::log2(others.max(FEWEST) / FEWEST) * STEPS).min((ENTRIES - 2) as f64);
                let part = place - (place as usize) as f64;
                charges[place as usize] * (1.0 - part) + charges[place as usize + 1] * part
            }
        }
    }
}

/// How many others entry number `i` of the table stands for.
fn others_of(i: usize) -> f64 {
    FEWEST * libm::exp2(i as f64 / STEPS)
}

/// What a record is charged whose call has `others` more for its shard, in the mean: a Poisson
/// number of them. `alone` is its charge without any; sizes have a mean and a deviation.
fn in_company(alone: f64, (mean, deviation): (f64, f64), others: f64) -> f64 {
    let mut chance = libm::exp(-others);
    let (mut charge, mut number) = (chance * alone, 0.0);
    while number < others + 12.0 * others.sqrt() + 12.0 {
        number += 1.0;
        chance *= others / number;
        let together = number + 1.0;
        let whole = rounded_sum(mean * together, deviation * together.sqrt());
        charge += chance * whole / together;
    }
    charge
}

/// Mean of a normal sum rounded up to whole KiB (bytes).
fn rounded_sum(mean: f64, deviation: f64) -> f64 {
    let step = facts::METERING_STEP.0 as f64;
    if deviation > step / 2.0 {
        // Any part of a step is as likely as any other.
        return mean + step / 2.0;
    }
    // One step for each multiple that the sum exceeds.
    let sure = ((mean - 6.0 * deviation) / step).max(0.0).ceil();
    let (mut steps, mut exceeded) = (sure, sure);
    while exceeded * step < mean + 6.0 * deviation {
        let edge = exceeded * step;
        steps += if deviation > 0.0 { below((mean - edge) / deviation) } else { 1.0 };
        exceeded += 1.0;
    }
    steps * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use crate::units::Bytes;

    const PUT_RECORDS: Api = Api::PutRecords { linger: Span::from_ms(100) };

    /// 90 records in 100 ms after the first: the first waits 100 ms, each other 50 ms.
    #[test]
    fn a_call_fills_until_its_time_is_up_or_it_is_full() {
        let filling = Filling::new(PUT_RECORDS, 90.0 / 1e8, 500.0);
        assert!((filling.entries - 91.0).abs() < 1e-9);
        let wait = (100e6 + 90.0 * 50e6) / 91.0;
        assert!((filling.waited.mean / wait - 1.0).abs() < 1e-9);
        // 10,000 in 100 ms: 499 more are there after 4.99 ms.
        let filling = Filling::new(PUT_RECORDS, 10_000.0 / 1e8, 500.0);
        assert!((filling.entries - 500.0).abs() < 1e-9);
        assert!((filling.waited.mean - 4.99e6 * (1.0 + 499.0 / 2.0) / 500.0).abs() < 1.0);
        assert!((Filling::new(Api::PutRecord, 1.0, 500.0).entries - 1.0).abs() < 1e-12);
    }

    /// Without others as alone; with many, half a step is shared by all of them.
    #[test]
    fn company_makes_rounding_cheap() {
        let sizes = SizePlan::Constant(Bytes(460));
        let mut charge = Charge::new(sizes.clone(), PUT_RECORDS, Rounding::Kib);
        assert!((charge.of(40.0, 0.0) - 1_024.0).abs() < 6.0);
        // Three more of 500 bytes: a Poisson number, each sum rounded up.
        let mut wanted = 0.0;
        let mut chance = (-3.0_f64).exp_m1() + 1.0;
        for k in 1..60_u32 {
            let sum = u64::from(k * 500).div_ceil(1_024) * 1_024;
            wanted += chance * sum as f64 / f64::from(k);
            chance *= 3.0 / f64::from(k);
        }
        // The table's points are a fifth apart.
        assert!((charge.of(40.0, 3.0) / wanted - 1.0).abs() < 0.005);
        assert!((charge.of(40.0, 250.0) - 500.0).abs() < 4.0);
        let mut each = Charge::new(sizes.clone(), Api::PutRecord, Rounding::Kib);
        assert!((each.of(40.0, 0.0) - 1_024.0).abs() < 1e-9);
        let mut plain = Charge::new(sizes, Api::PutRecord, Rounding::None);
        assert!((plain.of(40.5, 0.0) - 500.5).abs() < 1e-9);
    }
}
