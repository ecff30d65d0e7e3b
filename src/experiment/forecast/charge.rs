//! What a producer's average record weighs and is charged.

use std::collections::BTreeMap;

use crate::experiment::key_map::Offer;
use crate::experiment::key_shares::{Shares, new_key_bytes};
use crate::model::facts;
use crate::model::keys;
use crate::model::plan::{Api, KeyPlan, ProducerPlan, Rounding, SizePlan, SourcePlan, TraceRow};
use crate::model::record_size;

/// What records of a producer weigh and are charged, by the length of their key.
#[derive(Clone, Debug)]
pub(crate) struct Charge<'p> {
    sizes: Option<&'p SizePlan>,
    /// Whether each record is rounded up for itself (KDS-W06).
    rounds: bool,
    mean: Offer,
    key_bytes: f64,
    /// Of a trace: each key's part of an average record.
    parts: Vec<Offer>,
}

impl<'p> Charge<'p> {
    /// `shares` says how often each of its keys is used.
    pub(crate) fn new(producer: &'p ProducerPlan, rounding: Rounding, shares: &Shares) -> Self {
        // PutRecords rounds the sum of a call, which adds less than 1 KiB a call and shard
        // (KDS-W07): the bytes themselves are what it charges at least.
        let rounds = rounding == Rounding::Kib && producer.client.api == Api::PutRecord;
        match &producer.source {
            SourcePlan::Synthetic { sizes, keys, .. } => {
                let mut mean = Offer::default();
                let mut key_bytes = 0.0;
                for (length, part) in key_lengths(keys, shares) {
                    mean = mean.and(&drawn(sizes, length, rounds).times(part));
                    key_bytes += length as f64 * part;
                }
                Self { sizes: Some(sizes), rounds, mean, key_bytes, parts: Vec::new() }
            }
            SourcePlan::Trace { rows, keys } => {
                let parts = traced(rows, keys, rounds);
                let mean = parts.iter().fold(Offer::default(), Offer::and);
                let data: f64 = rows.iter().map(|row| f64::from(row.bytes)).sum();
                let key_bytes = mean.bytes - data / (rows.len() as f64).max(1.0);
                Self { sizes: None, rounds, mean, key_bytes, parts }
            }
        }
    }

    /// An average record.
    pub(crate) fn mean(&self) -> Offer {
        self.mean
    }

    /// Mean length of its key (bytes).
    pub(crate) fn key_bytes(&self) -> f64 {
        self.key_bytes
    }

    /// An average record with a key of this length.
    pub(crate) fn of_key(&self, bytes: u64) -> Offer {
        self.sizes.map_or(self.mean, |sizes| drawn(sizes, bytes, self.rounds))
    }

    /// What of a trace's average record falls to one of its keys.
    pub(crate) fn measured(&self, key: u32) -> Option<Offer> {
        self.parts.get(key as usize).copied()
    }
}

/// Lengths of keys (bytes), and the part of records that has each: few lengths, many keys.
pub(crate) fn key_lengths(plan: &KeyPlan, shares: &Shares) -> BTreeMap<u64, f64> {
    let mut lengths = BTreeMap::new();
    for (number, share) in (0..).zip(&shares.0) {
        *lengths.entry(keys::name_bytes(plan, number)).or_default() += share;
    }
    if shares.fresh() > 0.0 {
        *lengths.entry(new_key_bytes(plan)).or_default() += shares.fresh();
    }
    lengths
}

/// An average record with a size drawn from `sizes`.
fn drawn(sizes: &SizePlan, key_bytes: u64, rounds: bool) -> Offer {
    let bytes = record_size::mean(sizes) + key_bytes as f64;
    let charged = if rounds { record_size::rounded(sizes, key_bytes) } else { bytes };
    Offer { records: 1.0, bytes, charged }
}

/// Each key's part of a trace's average record.
fn traced(rows: &[TraceRow], plan: &KeyPlan, rounds: bool) -> Vec<Offer> {
    let mut parts = vec![Offer::default(); keys::name_count(&plan.names) as usize];
    let share = 1.0 / (rows.len() as f64).max(1.0);
    for row in rows {
        let bytes = u64::from(row.bytes) + keys::name_bytes(plan, row.key);
        let step = if rounds { facts::METERING_STEP.0 } else { 1 };
        let charged = (bytes.div_ceil(step) * step) as f64;
        let part = &mut parts[row.key as usize];
        *part = part.and(&Offer { records: 1.0, bytes: bytes as f64, charged });
    }
    parts.into_iter().map(|part| part.times(share)).collect()
}
