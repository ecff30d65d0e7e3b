//! K109: more large records than AWS advises.

use super::{Evidence, Finding, Severity};
use crate::experiment::outcome::Outcome;
use crate::model::facts;
use crate::model::plan::{Plan, SizePlan, SourcePlan};
use crate::scenario::Scenario;

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// Large records of the stream with this index, where they are a larger part of its records than
/// AWS advises (KDS-W26, KDS-X07). The part is that of the distributions, not a count of the run.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Finding> {
    let stream = scenario.plan.streams.get(index)?;
    if stream.record_max <= facts::RECORD_BYTES_DEFAULT {
        return None;
    }
    let pairs = scenario.plan.producers.iter().zip(&outcome.producers);
    let (mut large, mut all) = (0.0, 0.0);
    for (plan, producer) in pairs.filter(|(plan, _)| plan.stream == index) {
        let offered = producer.write.offered_records as f64;
        large += share_of(&plan.source) * offered;
        all += offered;
    }
    let share = large / all;
    (share > facts::LARGE_RECORDS_ADVISED).then(|| Finding {
        severity: Severity::Warning,
        subject: stream.name.clone(),
        evidence: Evidence::LargeRecords { share },
    })
}

/// Whether records of the stream with this index may be larger than 1 MiB.
pub(super) fn may_be(plan: &Plan, index: usize) -> bool {
    let writers = plan.producers.iter().filter(|producer| producer.stream == index);
    plan.streams[index].record_max > facts::RECORD_BYTES_DEFAULT
        && writers.map(|producer| share_of(&producer.source)).any(|share| share > 0.0)
}

/// The part of a source's records that are larger than 1 MiB.
fn share_of(source: &SourcePlan) -> f64 {
    let limit = facts::RECORD_BYTES_DEFAULT.0;
    match source {
        SourcePlan::Synthetic { sizes, .. } => above(sizes, limit as f64),
        SourcePlan::Trace { rows, .. } => {
            let large = rows.iter().filter(|row| u64::from(row.bytes) > limit).count();
            large as f64 / (rows.len() as f64).max(1.0)
        }
    }
}

/// The part of sizes above `limit` (bytes).
fn above(sizes: &SizePlan, limit: f64) -> f64 {
    let whole = |size: f64| f64::from(u8::from(size > limit));
    match sizes {
        SizePlan::Constant(size) => whole(size.0 as f64),
        SizePlan::Uniform { min, max } => {
            let (min, max) = (min.0 as f64, max.0 as f64);
            ((max - limit.max(min - 1.0)) / (max - min + 1.0)).max(0.0)
        }
        SizePlan::LogNormal { median, p99, .. } => {
            let (median, p99) = (median.0 as f64, p99.0 as f64);
            let sigma = libm::log(p99 / median) / NORMAL_P99;
            if sigma <= 0.0 {
                return whole(median);
            }
            libm::erfc(libm::log(limit / median) / sigma / std::f64::consts::SQRT_2) / 2.0
        }
        SizePlan::Exponential { mean, .. } => libm::exp(-limit / mean.0 as f64),
        SizePlan::Weighted(values) => {
            let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
            values.iter().map(|(size, weight)| whole(size.0 as f64) * weight).sum::<f64>() / sum
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{finding, sample};
    use crate::units::Bytes;

    #[test]
    fn parts_are_those_of_the_distributions() {
        let kib = Bytes::kib;
        let near = |sizes: SizePlan, expected: f64| {
            let share = above(&sizes, 1_048_576.0);
            assert!((share - expected).abs() < 1e-6, "{sizes:?}: {share}");
        };
        near(SizePlan::Constant(kib(1_024)), 0.0);
        near(SizePlan::Constant(Bytes((1 << 20) + 1)), 1.0);
        near(SizePlan::Uniform { min: Bytes(1), max: kib(4_096) }, 0.75);
        near(SizePlan::Uniform { min: kib(2_048), max: kib(4_096) }, 1.0);
        // By definition one in a hundred is above the 99th percentile, and half above the median.
        near(SizePlan::LogNormal { median: kib(4), p99: kib(1_024), max: kib(10_000) }, 0.01);
        near(SizePlan::LogNormal { median: kib(1_024), p99: kib(9_000), max: kib(10_000) }, 0.5);
        // e^-1 of an exponential distribution is above its mean.
        near(SizePlan::Exponential { mean: kib(1_024), max: kib(10_000) }, 0.367_879_441);
        near(SizePlan::Weighted(vec![(kib(1), 97.0), (kib(5_000), 3.0)]), 0.03);
    }

    #[test]
    fn more_than_two_in_a_hundred_are_found() {
        let found = |weight: f64, record_max: Bytes| {
            let (mut scenario, outcome) = sample::hot_shard();
            scenario.plan.streams[0].record_max = record_max;
            let large = (Bytes::mib(4), weight);
            match &mut scenario.plan.producers[0].source {
                SourcePlan::Synthetic { sizes, .. } => {
                    *sizes = SizePlan::Weighted(vec![(Bytes(500), 100.0 - weight), large]);
                }
                SourcePlan::Trace { .. } => panic!("the sample has no trace"),
            }
            let all = finding::find(&scenario, &outcome);
            all.iter().any(|finding| finding.evidence.code() == "K109")
        };
        assert!(found(2.1, Bytes::mib(10)));
        assert!(!found(2.0, Bytes::mib(10)));
    }

    #[test]
    fn large_records_are_known_by_what_producers_draw_from() {
        let may_be = |sizes: SizePlan, record_max: Bytes| {
            let mut plan = sample::hot_shard().0.plan;
            plan.streams[0].record_max = record_max;
            if let SourcePlan::Synthetic { sizes: drawn, .. } = &mut plan.producers[0].source {
                *drawn = sizes;
            }
            super::may_be(&plan, 0)
        };
        let rarely = || SizePlan::Weighted(vec![(Bytes(500), 999.0), (Bytes::mib(3), 1.0)]);
        assert!(may_be(rarely(), Bytes::mib(10)));
        assert!(!may_be(rarely(), Bytes::mib(1)), "it is cut");
        assert!(!may_be(SizePlan::Constant(Bytes(500)), Bytes::mib(10)));
    }
}
