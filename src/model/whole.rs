//! A log of cohorts in full: few of them, each of many records.

use std::collections::VecDeque;
use std::ops::Range;

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::model::cold::{self, AGE_LEAST, COHORTS_LEAST, Joined};
use crate::model::log::{Log, Position};
use crate::time::Instant;

/// Cohorts in order of arrival; those that nobody will ask for are gone.
///
/// A place in it is a record's number, from 0: cohorts that are joined lose theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole {
    entries: VecDeque<Entry>,
    joined: Joined,
}

/// A cohort without its key, which stands for all keys of the shard.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Number of its first record.
    first: u64,
    user_records: u64,
    bytes: u64,
    born: Window,
    visible: Window,
    records: u32,
    moments: u32,
}

/// Room that is made before it is needed: for so many cohorts of one quantum.
const ROOM: usize = 32;

/// Who does not stand at the front stands among so many at the end, most of the time.
const NEAR: usize = 4;

impl Whole {
    /// Adds `cohort` at the end, its first record numbered `first`.
    #[inline]
    pub(super) fn push(&mut self, first: u64, cohort: &Cohort) {
        self.entries.push_back(Entry::new(first, cohort));
    }

    /// The records from number `from` on.
    pub(super) fn from(&self, from: u64) -> impl Iterator<Item = Cohort> + '_ {
        let (cohorts, mut past) = self.at(from);
        cohorts.filter_map(move |cohort| cohort.after(std::mem::take(&mut past)))
    }

    /// The cohorts from that of record `number` on, and how many records of it come before.
    #[inline]
    pub(super) fn at(&self, number: u64) -> (impl Iterator<Item = Cohort> + '_, u32) {
        let place = self.place_of(number);
        let past = self.entries.get(place).map_or(0, |entry| entry.past(number));
        (self.entries.range(place..).map(Entry::cohort), past)
    }

    /// Gives `each` the records from `from` to `to`, which is not included.
    #[inline]
    pub(super) fn between(&self, from: u64, to: u64, mut each: impl FnMut(&Cohort)) {
        for entry in self.entries.range(self.place_of(from)..) {
            if entry.first >= to {
                return;
            }
            entry.cohort().range(entry.past(from)..entry.past(to)).iter().for_each(&mut each);
        }
    }

    /// When record number `number` became visible, if it has arrived and is kept.
    #[inline]
    pub(super) fn visible_at(&self, number: u64) -> Option<Instant> {
        let entry = self.entries.get(self.place_of(number))?;
        Some(entry.visible.time_of(entry.past(number), entry.records))
    }

    /// Drops those that lie wholly before record number `before`.
    #[inline]
    pub(super) fn trim(&mut self, before: u64) {
        while self.entries.front().is_some_and(|entry| entry.end() <= before) {
            self.entries.pop_front();
        }
    }

    /// Joins what has waited long at `present`, if the log is about to need more memory. Nothing
    /// is joined where `is_parted` says of a range of records that somebody stands within it.
    #[inline]
    pub(super) fn join_cold(&mut self, present: Instant, is_parted: impl Fn(&Range<u64>) -> bool) {
        if self.entries.len() + ROOM > self.entries.capacity().max(COHORTS_LEAST) {
            self.join_slowly(present, is_parted);
        }
    }

    /// What was joined so far.
    pub(super) fn joined(&self) -> Joined {
        self.joined
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    #[cold]
    #[inline(never)]
    fn join_slowly(&mut self, present: Instant, is_parted: impl Fn(&Range<u64>) -> bool) {
        let horizon = present.as_ns().saturating_sub(AGE_LEAST.as_ns());
        let is_cold = |entry: &Entry| entry.visible.start.as_ns() < horizon;
        if !self.entries.front().is_some_and(is_cold) {
            return;
        }
        let mut last = 0;
        for next in 1..self.entries.len() {
            let (one, other) = (self.entries[last], self.entries[next]);
            let both = one.join(&other, present).filter(|both| !is_parted(&both.numbers()));
            if let Some(both) = both {
                self.joined = self.joined.and(both.as_joined());
            } else {
                last += 1;
            }
            self.entries[last] = both.unwrap_or(other);
        }
        self.entries.truncate(last + 1);
        // Where little was gained memory grows by a part of itself, so that the next time is as far
        // away as this one took.
        let (kept, capacity) = (self.entries.len(), self.entries.capacity());
        if kept + capacity / 4 > capacity {
            self.entries.reserve_exact(capacity + capacity / 2 - kept);
        }
    }

    /// The place of the cohort with record `number`; behind the last one where it has not arrived.
    #[inline]
    fn place_of(&self, number: u64) -> usize {
        let is_before = |entry: &Entry| entry.end() <= number;
        if !self.entries.front().is_some_and(is_before) {
            return 0;
        }
        let near = self.entries.len().saturating_sub(NEAR);
        match self.entries.get(near) {
            Some(entry) if entry.first <= number => {
                near + self.entries.range(near..).take_while(|entry| is_before(entry)).count()
            }
            _ => self.entries.partition_point(is_before),
        }
    }
}

impl Log {
    /// `position` moved on by `k` records of a cohort of `n`.
    #[inline]
    #[must_use]
    pub fn moved(&self, position: Position, k: u32, n: u32) -> Position {
        match self.whole() {
            Some(_) => Position { cohort: position.cohort + u64::from(k), past: 0 },
            None => position.past(k, n),
        }
    }
}

impl Entry {
    #[inline]
    fn new(first: u64, cohort: &Cohort) -> Self {
        let Cohort { records, moments, key: _, user_records, bytes, born, visible } = *cohort;
        Self { first, user_records, bytes, born, visible, records, moments }
    }

    #[inline]
    fn cohort(&self) -> Cohort {
        let Self { first: _, user_records, bytes, born, visible, records, moments } = *self;
        Cohort { records, moments, key: KeyGroup::UNKNOWN, user_records, bytes, born, visible }
    }

    /// Number of the record behind its last one.
    #[inline]
    fn end(&self) -> u64 {
        self.first + u64::from(self.records)
    }

    fn numbers(&self) -> Range<u64> {
        self.first..self.end()
    }

    /// How many of its records come before record `number`.
    #[inline]
    fn past(&self, number: u64) -> u32 {
        number.saturating_sub(self.first).min(u64::from(self.records)) as u32
    }

    fn join(&self, other: &Self, present: Instant) -> Option<Self> {
        let both = cold::join(&self.cohort(), &other.cohort(), present)?;
        Some(Self::new(self.first, &both))
    }

    /// What a join that made it adds to what was joined.
    fn as_joined(&self) -> Joined {
        Joined { cohorts: 1, longest: self.born.length.max(self.visible.length) }
    }
}
