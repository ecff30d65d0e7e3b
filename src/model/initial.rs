//! Records that stand in a shard when a run begins.

use crate::model::plan::InitialPlan;
use crate::time::{Instant, Span};

/// Equal records, spread evenly over a time that ended when the run began.
///
/// Moments before the run have no [`Instant`], so these records are not in the log: the first of
/// them is `age` old at the beginning, each next one an equal step younger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Initial {
    /// How many.
    pub records: u64,
    /// Size of each (bytes).
    pub bytes_each: u64,
    /// Age of the first when the run begins.
    age: Span,
    /// Of the first records, how many are gone whatever the retention.
    gone: u64,
}

impl Initial {
    /// None at all.
    pub const NONE: Self = Self { records: 0, bytes_each: 0, age: Span::ZERO, gone: 0 };

    /// The part of `plan` that shard `index` of `shards` holds.
    #[must_use]
    pub fn of_shard(plan: &InitialPlan, index: u64, shards: u64) -> Self {
        let before = |shard: u64| {
            let part = u128::from(plan.records) * u128::from(shard) / u128::from(shards.max(1));
            part as u64
        };
        Self {
            records: before(index + 1) - before(index),
            bytes_each: plan.bytes_each.0,
            age: plan.age,
            gone: 0,
        }
    }

    /// Age at `now` of record `k`, from 0.
    #[must_use]
    pub fn age_of(&self, k: u64, now: Instant) -> Span {
        let left = u128::from(self.records.saturating_sub(k));
        let before = u128::from(self.age.as_ns()) * left / u128::from(self.records.max(1));
        Span::from_ns(now.as_ns()) + Span::from_ns(before as u64)
    }

    /// What is older than `retention` at `now` is gone for good (KDS-T03).
    pub fn expire(&mut self, now: Instant, retention: Span) {
        self.gone = self.expired(now, retention);
    }

    /// How many of the first records are older than `retention` at `now`, or gone before.
    #[must_use]
    pub fn expired(&self, now: Instant, retention: Span) -> u64 {
        if self.records == 0 || self.age_of(0, now) <= retention {
            return self.gone;
        }
        let (mut low, mut high) = (0, self.records);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.age_of(middle, now) > retention {
                low = middle;
            } else {
                high = middle;
            }
        }
        high.max(self.gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn plan(records: u64) -> InitialPlan {
        InitialPlan { records, bytes_each: Bytes(100), age: Span::from_s(10) }
    }

    #[test]
    fn shards_share_to_the_record() {
        let parts = (0..3).map(|shard| Initial::of_shard(&plan(10), shard, 3).records);
        assert_eq!(parts.collect::<Vec<_>>(), [3, 3, 4]);
    }

    #[test]
    fn ten_records_of_ten_seconds_are_a_second_apart() {
        let initial = Initial::of_shard(&plan(10), 0, 1);
        let ages = [0, 1, 9].map(|k| initial.age_of(k, Instant::ZERO));
        assert_eq!(ages, [10, 9, 1].map(Span::from_s));
        assert_eq!(initial.age_of(9, Instant::from_s(5)), Span::from_s(6));
    }

    #[test]
    fn those_past_retention_are_the_oldest() {
        let initial = Initial::of_shard(&plan(10), 0, 1);
        // After 5 s they are 15 s to 6 s old.
        let expired = |s| initial.expired(Instant::from_s(5), Span::from_s(s));
        assert_eq!([15, 14, 10, 6, 5].map(expired), [0, 1, 5, 9, 10]);
        assert_eq!(Initial::default().expired(Instant::from_s(5), Span::ZERO), 0);
    }
}
