//! Records that a lane of an event source mapping holds.

use crate::model::cohort::Cohort;
use crate::model::consumer::outlet::Outlet;
use crate::model::initial::Initial;
use crate::model::observation::{Ages, Delivered, Observation};
use crate::model::plan::PayloadPlan;
use crate::time::{Instant, Span};

/// Records that came together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// Of the log.
    New(Cohort),
    /// From before the run.
    Old {
        /// Number of the first.
        first: u64,
        /// How many.
        records: u32,
    },
}

impl Held {
    /// How many.
    #[inline]
    pub(super) fn records(&self) -> u32 {
        match self {
            Self::New(cohort) => cohort.records,
            Self::Old { records, .. } => *records,
        }
    }

    /// Bytes of the first `k`.
    #[inline]
    pub(super) fn bytes_of_first(&self, k: u32, initial: &Initial) -> u64 {
        match self {
            Self::New(cohort) => cohort.bytes_of_first(k),
            Self::Old { .. } => u64::from(k) * initial.bytes_each,
        }
    }

    /// The first `k` and the rest; `None` for a side without records.
    pub(super) fn split(mut self, k: u32) -> (Option<Self>, Option<Self>) {
        if k == 0 || k >= self.records() {
            return if k == 0 { (None, Some(self)) } else { (Some(self), None) };
        }
        (Some(self.cut(k)), Some(self))
    }

    /// Takes the first `k` off: some, but not all.
    #[inline]
    pub(super) fn cut(&mut self, k: u32) -> Self {
        match self {
            Self::New(cohort) => Self::New(cohort.cut(k)),
            Self::Old { first, records } => {
                let taken = Self::Old { first: *first, records: k };
                (*first, *records) = (*first + u64::from(k), *records - k);
                taken
            }
        }
    }

    /// Age at `now` of record `k`.
    #[inline]
    pub(super) fn age_of(&self, k: u32, now: Instant, initial: &Initial) -> Span {
        match self {
            Self::New(cohort) => now.since(cohort.visible.time_of(k, cohort.records).min(now)),
            Self::Old { first, .. } => initial.age_of(first + u64::from(k), now),
        }
    }

    /// Age at `now` of the last record.
    #[inline]
    pub(super) fn age_of_last(&self, now: Instant, initial: &Initial) -> Span {
        match self {
            Self::New(cohort) => now.since(cohort.visible.last_of(cohort.records).min(now)),
            Self::Old { first, records } => initial.age_of(first + u64::from(*records) - 1, now),
        }
    }

    /// How many of the first are older than `age` at `now`, or as old.
    pub(super) fn older(&self, age: Span, now: Instant, initial: &Initial) -> u32 {
        match self {
            Self::New(cohort) if age.as_ns() > now.as_ns() => {
                debug_assert!(cohort.records > 0);
                0
            }
            Self::New(cohort) => {
                let horizon = Instant::from_ns(now.as_ns() - age.as_ns() + 1);
                cohort.part_before(horizon)
            }
            Self::Old { first, records } => {
                let is_old = |k: u32| initial.age_of(first + u64::from(k), now) >= age;
                (0..*records).take_while(|&k| is_old(k)).count() as u32
            }
        }
    }

    /// How many of the first arrived before `moment`.
    pub(super) fn before(&self, moment: Instant) -> u32 {
        match self {
            Self::New(cohort) => cohort.part_before(moment),
            Self::Old { records, .. } => *records,
        }
    }

    /// When the first arrived; at the beginning where that was before.
    pub(super) fn arrived(&self) -> Instant {
        match self {
            Self::New(cohort) => cohort.visible.start,
            Self::Old { .. } => Instant::ZERO,
        }
    }

    /// What is to be stated of them when they are processed.
    pub(super) fn delivered(&self, reader: u32, now: Instant, initial: &Initial) -> Observation {
        match self {
            Self::New(Cohort { records, bytes, born, .. }) => Observation::Delivered(Delivered {
                reader,
                records: *records,
                bytes: *bytes,
                born: *born,
                first_done: now,
                step: Span::ZERO,
            }),
            Self::Old { records, .. } => {
                let bytes = u64::from(*records) * initial.bytes_each;
                Observation::Caught { reader, bytes, ages: self.ages(now, initial) }
            }
        }
    }

    /// Passes them on when they are processed.
    pub(super) fn pass_on(&self, initial: &Initial, outlet: &mut Outlet) {
        match self {
            Self::New(cohort) => outlet.pass(cohort),
            Self::Old { records, .. } => {
                outlet.pass_old(*records, u64::from(*records) * initial.bytes_each);
            }
        }
    }

    /// What is to be stated of them where they still wait at the end.
    pub(super) fn waiting(&self, reader: u32, now: Instant, initial: &Initial) -> Observation {
        match self {
            Self::New(Cohort { records, visible, .. }) => {
                Observation::Waiting { reader, records: *records, visible: *visible }
            }
            Self::Old { .. } => Observation::WaitingSince { reader, ages: self.ages(now, initial) },
        }
    }

    fn ages(&self, now: Instant, initial: &Initial) -> Ages {
        let records = self.records();
        Ages {
            records: u64::from(records),
            first: self.age_of(0, now, initial),
            last: self.age_of(records.saturating_sub(1), now, initial),
        }
    }
}

/// Bytes that `records` of `bytes` in all take in an event: base64 of the data (ESM-37), each as
/// large as the mean, and what is beside it (ESM-38).
#[inline]
pub(super) fn encoded(plan: &PayloadPlan, records: u32, bytes: u64) -> u64 {
    let n = u64::from(records.max(1));
    let data = (bytes / n).saturating_sub(plan.key);
    n * (4 * data.div_ceil(3) + plan.overhead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    /// ESM-39: how many records of a size fit an event of 6 MiB where each takes 554 bytes beside
    /// its data.
    #[test]
    fn as_many_records_fit_an_event_as_are_known_to() {
        let plan = PayloadPlan { max: Bytes::mib(6), envelope: 13, overhead: 554, key: 0 };
        for (bytes, records) in [
            (100, 9_118),
            (200, 7_653),
            (500, 5_148),
            (1 << 10, 3_273),
            (5 << 10, 852),
            (10 << 10, 442),
            (25 << 10, 181),
            (100 << 10, 45),
            (1 << 20, 4),
        ] {
            let fits =
                |n: u32| plan.envelope + encoded(&plan, n, u64::from(n) * bytes) <= plan.max.0;
            assert!(fits(records) && !fits(records + 1), "{bytes}");
        }
        // ESM-40: about 4.5 MiB of data are too many for any event.
        let alone = |bytes: u64| plan.envelope + encoded(&plan, 1, bytes) <= plan.max.0;
        assert!(alone(4_717_500) && !alone(4_719_000));
    }
}
