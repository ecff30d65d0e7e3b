//! Cold cohorts: which neighbours in a log of whole cohorts become one, so that a long backlog
//! takes little memory.

use crate::model::cohort::{Cohort, Window};
use crate::time::{Instant, Span};

/// The moments of what is joined lie within this part of the age of the youngest of it, as a
/// divisor: 1 %, about the width of a bucket of the histograms that ages are counted in.
pub const AGE_PARTS: u64 = 100;

/// What is younger is left as it is: readers that keep up never see anything else.
pub const AGE_LEAST: Span = Span::from_s(10);

/// A log of fewer cohorts, about, is left as it is: it is small, 64 kB.
pub const COHORTS_LEAST: usize = 1_000;

/// How much of a log was joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Cohorts that went into their neighbours.
    pub cohorts: u64,
    /// The longest time over which what was joined is spread: no moment is off by more.
    pub longest: Span,
}

impl Joined {
    /// What was joined in two logs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { cohorts: self.cohorts + other.cohorts, longest: self.longest.max(other.longest) }
    }
}

/// Both as one cohort, its records spread evenly over the time that covers them, if at `present`
/// they have waited so long that this is a small part of it. Every record's moments lay within
/// that time and still do, however often cohorts are joined, and its age only grows: so the bound
/// holds whenever it is read.
pub(super) fn join(first: &Cohort, second: &Cohort, present: Instant) -> Option<Cohort> {
    let (born, visible) = (first.born.cover(second.born), first.visible.cover(second.visible));
    let age = present.as_ns().checked_sub(visible.end().as_ns())?;
    let longest = born.length.max(visible.length).as_ns();
    if age < AGE_LEAST.as_ns() || longest > age / AGE_PARTS {
        return None;
    }
    Some(Cohort {
        records: first.records.checked_add(second.records)?,
        moments: first.moments + second.moments,
        user_records: first.user_records + second.user_records,
        bytes: first.bytes + second.bytes,
        born,
        visible,
        ..*first
    })
}

impl Window {
    /// The shortest window that holds both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        let (start, end) = (self.start.min(other.start), self.end().max(other.end()));
        Self { start, length: end.since(start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cohort::KeyGroup;

    /// `records` that came from `from` to `to` [ms], each born `waited` ms before.
    fn cohort(records: u32, from: u64, to: u64, waited: u64) -> Cohort {
        let visible =
            Window { start: Instant::ZERO + Span::from_ms(from), length: Span::from_ms(to - from) };
        let start = Instant::ZERO + Span::from_ms(from - waited);
        let born = Window { start, ..visible };
        let single = Cohort::single(KeyGroup::UNKNOWN, u64::from(records) * 7 + 1, start);
        Cohort { records, user_records: u64::from(records) + 2, born, visible, ..single }
    }

    fn at(ms: u64) -> Instant {
        Instant::ZERO + Span::from_ms(ms)
    }

    #[test]
    fn what_covers_less_than_a_hundredth_of_its_age_is_joined() {
        let (one, other) = (cohort(10, 1_000, 2_000, 500), cohort(30, 2_000, 3_000, 500));
        // 2 s in all: they must have been there for 200 s, from the youngest on.
        assert_eq!(join(&one, &other, at(202_999)), None);
        let both = join(&one, &other, at(203_000)).expect("old enough");
        assert_eq!((both.records, both.user_records, both.bytes), (40, 44, 282));
        assert_eq!((both.visible.start, both.visible.end()), (at(1_000), at(3_000)));
        assert_eq!((both.born.start, both.born.end()), (at(500), at(2_500)));
    }

    #[test]
    fn births_that_lie_far_apart_keep_cohorts_apart_for_longer() {
        // Repeats come first in a quantum: these were born from 0.1 to 1.9 s.
        let (repeats, new) = (cohort(5, 1_000, 1_100, 900), cohort(5, 1_100, 1_900, 0));
        assert_eq!(join(&repeats, &new, at(181_899)), None);
        assert!(join(&repeats, &new, at(181_900)).is_some());
    }

    #[test]
    fn what_came_at_one_moment_waits_for_ten_seconds() {
        let one = cohort(1, 1_000, 1_000, 0);
        assert_eq!(join(&one, &one, at(10_999)), None);
        assert!(join(&one, &one, at(11_000)).is_some());
    }

    #[test]
    fn a_cohort_has_no_more_records_than_can_be_counted() {
        let (full, one) = (cohort(u32::MAX, 1_000, 2_000, 0), cohort(1, 2_000, 2_000, 0));
        assert_eq!(join(&full, &one, at(9_000_000)), None);
    }
}
