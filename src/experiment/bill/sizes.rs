//! In how many steps the records of a producer are metered on average: for quanta, whose records
//! have no size of their own each.

use crate::experiment::forecast::charge::key_lengths;
use crate::experiment::key_shares::shares;
use crate::model::plan::{ProducerPlan, SourcePlan};
use crate::model::{keys, record_size};
use crate::time::Instant;
use crate::units::Bytes;

/// Steps a record is rounded up to, on average, as a part of 2^32: a whole number of steps where
/// all records are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps(u64);

/// One step.
const ONE: u64 = 1 << 32;

impl Steps {
    /// Of `producer` in a run up to `end`, in steps of `step`, data and key together (KDS-P03).
    /// Rows of a trace are counted one by one; drawn sizes by their distribution, for each length
    /// of a key.
    pub(crate) fn of(producer: &ProducerPlan, step: Bytes, end: Instant) -> Self {
        match &producer.source {
            SourcePlan::Synthetic { sizes, keys, .. } => {
                let lengths = key_lengths(keys, &shares(&producer.source, end));
                let rounded = |(length, part): (u64, f64)| {
                    record_size::rounded_to(sizes, length, step.0) / step.0 as f64 * part
                };
                let mean: f64 = lengths.into_iter().map(rounded).sum();
                Self((mean * ONE as f64).round() as u64)
            }
            SourcePlan::Trace { rows, keys } => {
                let steps = |row: &crate::model::plan::TraceRow| {
                    let bytes = u64::from(row.bytes) + keys::name_bytes(keys, row.key);
                    u128::from(bytes.div_ceil(step.0))
                };
                let all: u128 = rows.iter().map(steps).sum();
                let count = (rows.len() as u128).max(1);
                Self(((all * u128::from(ONE) + count / 2) / count) as u64)
            }
        }
    }

    /// The steps of so many records.
    pub(crate) fn times(self, records: u64) -> u128 {
        let parts = u128::from(records) * u128::from(self.0);
        (parts + u128::from(ONE / 2)) >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::model::plan::SizePlan;

    fn steps(sizes: SizePlan, step: u64) -> Steps {
        let (mut scenario, _) = sample::hot_shard();
        let producer = &mut scenario.plan.producers[0];
        if let SourcePlan::Synthetic { sizes: of, .. } = &mut producer.source {
            *of = sizes;
        }
        Steps::of(producer, Bytes(step), Instant::from_s(60))
    }

    /// Keys of the sample have 36 B.
    #[test]
    fn equal_records_have_whole_steps() {
        let units = |blob: u64| steps(SizePlan::Constant(Bytes(blob)), 25_600).times(1_000);
        assert_eq!(units(500), 1_000);
        assert_eq!(units(25_600 - 36), 1_000);
        assert_eq!(units(25_600 - 35), 2_000);
        assert_eq!(units(1 << 20), 41_000);
        // 464 B and the key are 500 B: a KiB each.
        assert_eq!(steps(SizePlan::Constant(Bytes(464)), 1_024).times(u64::MAX), u64::MAX.into());
    }

    /// A quarter of the records takes 41 units, the others one: 11 on average.
    #[test]
    fn lists_of_sizes_are_weighed() {
        let sizes = vec![(Bytes(500), 3.0), (Bytes(1 << 20), 1.0)];
        assert_eq!(steps(SizePlan::Weighted(sizes), 25_600).times(1_000_000), 11_000_000);
    }
}
