//! A log of cohorts in full: few of them, each of many records.

use std::collections::VecDeque;

use crate::model::cohort::Cohort;
use crate::model::log::Position;

/// Cohorts in order of arrival, numbered from 0; those that nobody will ask for are gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole {
    cohorts: VecDeque<Cohort>,
    /// Number of the first that is kept.
    first: u64,
}

impl Whole {
    /// Adds `cohort` at the end.
    #[inline]
    pub(super) fn push(&mut self, cohort: Cohort) {
        self.cohorts.push_back(cohort);
    }

    /// Cohort number `number`, if it has arrived and is kept.
    #[inline]
    pub(super) fn get(&self, number: u64) -> Option<&Cohort> {
        self.cohorts.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Those from number `from` on.
    pub(super) fn from(&self, from: u64) -> impl Iterator<Item = Cohort> + '_ {
        let skipped = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.cohorts.iter().skip(skipped).copied()
    }

    /// Gives `each` the records from `from` to `to`, which is not included.
    #[inline]
    pub(super) fn between(&self, from: Position, to: Position, mut each: impl FnMut(&Cohort)) {
        let mut past = from.past;
        for number in from.cohort..to.cohort {
            let cohort = self.get(number);
            cohort.and_then(|cohort| cohort.range(past..u32::MAX)).iter().for_each(&mut each);
            past = 0;
        }
        if to.past > past {
            let cohort = self.get(to.cohort);
            cohort.and_then(|cohort| cohort.range(past..to.past)).iter().for_each(&mut each);
        }
    }

    /// Drops those before number `before`.
    #[inline]
    pub(super) fn trim(&mut self, before: u64) {
        while self.first < before && self.cohorts.pop_front().is_some() {
            self.first += 1;
        }
        self.first = self.first.max(before);
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> usize {
        self.cohorts.capacity() * size_of::<Cohort>()
    }
}
