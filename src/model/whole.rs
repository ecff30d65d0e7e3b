//! A log of cohorts in full: few of them, each of many records.

use std::ops::Range;

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::model::cold::{self, AGE_LEAST, COHORTS_LEAST, Joined};
use crate::model::limit;
use crate::model::log::{Log, Position};
use crate::model::queue::Queue;
use crate::model::taken::Most;
use crate::time::Instant;

/// Cohorts in order of arrival; those that nobody will ask for are gone.
///
/// A place in it is a record's number, from 0: cohorts that are joined lose theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole {
    /// Whether anybody will ask for them.
    keeps: bool,
    entries: Queue<Entry>,
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

/// Records that were taken off the front of a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drained {
    /// Number of the record behind them.
    pub(super) to: u64,
    /// How many.
    pub(super) records: u32,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Whether more is visible and had to stay.
    pub(super) left: bool,
    /// [`Cohort::moments`] of the cohort of the last, and when that became visible.
    pub(super) moments: u32,
    pub(super) window: Window,
    /// So many of so many records of that cohort.
    last: (u32, u32),
}

/// Room that is made before it is needed: for so many cohorts of one quantum.
const ROOM: usize = 32;

/// Who does not stand at the front stands among so many at the end, most of the time.
const NEAR: usize = 4;

impl Whole {
    /// An empty log, which keeps what it is given if it `keeps` anything.
    pub(super) fn new(keeps: bool) -> Self {
        Self { keeps, ..Self::default() }
    }

    /// Adds `cohort` at the end, its first record numbered `first`.
    #[inline]
    pub(super) fn push(&mut self, first: u64, cohort: &Cohort) {
        if self.keeps {
            self.entries.push_back(Entry::new(first, cohort));
        }
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
        let entries = &self.entries.as_slice()[place..];
        let past = entries.first().map_or(0, |entry| entry.past(number));
        (entries.iter().map(Entry::cohort), past)
    }

    /// Gives `each` the records from `from` to `to`, which is not included.
    #[inline]
    pub(super) fn between(&self, from: u64, to: u64, mut each: impl FnMut(&Cohort)) {
        for entry in &self.entries.as_slice()[self.place_of(from)..] {
            if entry.first >= to {
                return;
            }
            entry.cohort().range(entry.past(from)..entry.past(to)).iter().for_each(&mut each);
        }
    }

    /// Something of its first cohort.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        // Its first field and its last: it may lie in two cache lines.
        self.entries.front().map_or(0, |entry| entry.first ^ u64::from(entry.moments))
    }

    /// When record number `number` became visible, if it has arrived and is kept.
    #[inline]
    pub(super) fn visible_at(&self, number: u64) -> Option<Instant> {
        let entry = self.entries.as_slice().get(self.place_of(number))?;
        Some(entry.visible.time_of(entry.past(number), entry.records))
    }

    /// Drops those that lie wholly before record number `before`.
    #[inline]
    pub(super) fn trim(&mut self, before: u64) {
        while self.entries.front().is_some_and(|entry| entry.end() <= before) {
            self.entries.drop_front(1);
        }
    }

    /// Takes the records from number `from` on that are visible at `now`, at most so many, and
    /// gives them to `each`: cohorts, and the first part of one that is cut. Nothing of them is
    /// kept, nor what lies before.
    #[inline]
    pub(super) fn drain(
        &mut self,
        from: u64,
        now: Instant,
        most: Most,
        mut each: impl FnMut(&Cohort),
    ) -> Drained {
        self.begin_at(from);
        let (mut drained, mut gone) = (Drained { to: from, ..Drained::NOTHING }, 0);
        for entry in self.entries.as_mut_slice() {
            let (n, visible) =
                (entry.records, entry.visible.part_before(after(now), entry.records));
            let fits = drained.fits(entry.records, entry.bytes, most);
            let k = if fits { visible } else { drained.fitting(entry, visible, most) };
            drained.left = k < visible;
            if k == 0 {
                break;
            }
            (drained.moments, drained.window, drained.last) =
                (entry.moments, entry.visible, (k, n));
            gone += usize::from(k == n);
            let part = if k == n { entry.cohort() } else { entry.cut(k) };
            drained.records += k;
            drained.bytes += part.bytes;
            drained.to += u64::from(k);
            each(&part);
            if k < n {
                break;
            }
        }
        self.entries.drop_front(gone);
        drained
    }

    /// Shows `each` all cohorts for as long as it says so; whether it did to the end, and they
    /// begin with record `from`.
    #[inline]
    pub(super) fn each_of_few(&self, from: u64, mut each: impl FnMut(&Cohort) -> bool) -> bool {
        let entries = self.entries.as_slice();
        let begins = entries.first().is_none_or(|entry| entry.first == from);
        begins && self.keeps && entries.iter().map(Entry::cohort).all(|cohort| each(&cohort))
    }

    /// Keeps just these, the first record of which has this number.
    #[inline]
    pub(super) fn replace(&mut self, mut first: u64, cohorts: impl Iterator<Item = Cohort>) {
        self.entries.clear();
        for cohort in cohorts {
            self.entries.push_back(Entry::new(first, &cohort));
            first += u64::from(cohort.records);
        }
    }

    /// Keeps nothing that lies before record number `from`.
    #[inline]
    fn begin_at(&mut self, from: u64) {
        if self.entries.front().is_some_and(|front| front.first < from) {
            self.begin_within(from);
        }
    }

    #[cold]
    fn begin_within(&mut self, from: u64) {
        self.trim(from);
        if let Some(front) = self.entries.front_mut()
            && front.first < from
        {
            front.cut(front.past(from));
        }
    }

    /// Joins what has waited long at `present`, if the log is about to need more memory. Nothing
    /// is joined where `is_parted` says of a range of records that somebody stands within it.
    #[inline]
    pub(super) fn join_cold(&mut self, present: Instant, is_parted: impl Fn(&Range<u64>) -> bool) {
        if self.entries.room() < ROOM && self.entries.capacity() + ROOM > COHORTS_LEAST {
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
        let entries = self.entries.as_vec();
        let mut last = 0;
        for next in 1..entries.len() {
            let (one, other) = (entries[last], entries[next]);
            let both = one.join(&other, present).filter(|both| !is_parted(&both.numbers()));
            if let Some(both) = both {
                self.joined = self.joined.and(both.as_joined());
            } else {
                last += 1;
            }
            entries[last] = both.unwrap_or(other);
        }
        entries.truncate(last + 1);
        // Where little was gained memory grows by a part of itself, so that the next time is as far
        // away as this one took.
        let (kept, capacity) = (entries.len(), entries.capacity());
        if kept + capacity / 4 > capacity {
            entries.reserve_exact(capacity + capacity / 2 - kept);
        }
    }

    /// The place of the cohort with record `number`; behind the last one where it has not arrived.
    #[inline]
    fn place_of(&self, number: u64) -> usize {
        let is_before = |entry: &Entry| entry.end() <= number;
        let entries = self.entries.as_slice();
        if !entries.first().is_some_and(is_before) {
            return 0;
        }
        let near = entries.len().saturating_sub(NEAR);
        match entries.get(near) {
            Some(entry) if entry.first <= number => {
                near + entries[near..].iter().take_while(|entry| is_before(entry)).count()
            }
            _ => entries.partition_point(is_before),
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

/// The moment behind `now`: what is visible at `now` lies before it.
#[inline]
fn after(now: Instant) -> Instant {
    Instant::from_ns(now.as_ns().saturating_add(1))
}

impl Drained {
    const NOTHING: Self = Self {
        to: 0,
        records: 0,
        bytes: 0,
        left: false,
        moments: 0,
        window: Window::at(Instant::ZERO),
        last: (0, 0),
    };

    /// Whether a whole cohort may be taken as well.
    #[inline]
    fn fits(&self, records: u32, bytes: u64, most: Most) -> bool {
        records <= most.records - self.records && bytes <= most.bytes - self.bytes
    }

    /// How many of the first `visible` records of a cohort may be taken as well.
    #[cold]
    fn fitting(&self, entry: &Entry, visible: u32, most: Most) -> u32 {
        let (wanted, room) = (visible.min(most.records - self.records), most.bytes - self.bytes);
        let cohort = entry.cohort();
        limit::most(wanted, |k| cohort.bytes_of_first(k) <= room)
    }

    /// When the last of them became visible.
    #[inline]
    pub(super) fn last_visible(&self) -> Instant {
        let (k, n) = self.last;
        self.window.time_of(k.saturating_sub(1), n)
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

    /// Takes its first `k` records off: some, but not all.
    #[inline(always)]
    fn cut(&mut self, k: u32) -> Cohort {
        let mut rest = self.cohort();
        let first = rest.cut(k);
        *self = Self::new(self.first + u64::from(k), &rest);
        first
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use proptest::prelude::*;

    fn log(counts: &[(u32, u64)]) -> Whole {
        let (mut log, mut first) = (Whole::new(true), 0);
        for (&(records, bytes), start) in counts.iter().zip(0..) {
            let window = Window { start: Instant::from_s(start), length: Span::from_ms(700) };
            let single = Cohort::single(KeyGroup::UNKNOWN, bytes, window.start);
            let user_records = u64::from(records) + 1;
            let cohort = Cohort { records, user_records, born: window, visible: window, ..single };
            log.push(first, &cohort);
            first += u64::from(records);
        }
        log
    }

    proptest! {
        /// What is drained is what is there, to the unit, however it is cut; and no more than asked
        /// for. A log that is only looked at says where each part ends.
        #[test]
        fn draining_takes_what_is_there(
            counts in prop::collection::vec((1_u32..300, 0_u64..90_000), 1..9),
            steps in prop::collection::vec((1_u64..2_000, 1_u32..500, 1_u64..200_000), 1..30),
        ) {
            let (mut drains, kept) = (log(&counts), log(&counts));
            let (mut now, mut from, mut sum) = (Instant::ZERO, 0, (0, 0, 0));
            for (ms, records, bytes) in steps {
                now = now + Span::from_ms(ms);
                let visible: u64 =
                    kept.from(from).map(|it| u64::from(it.visible_at(now))).sum();
                let mut given = (0, 0);
                let drained = drains.drain(from, now, Most { records, bytes }, |part| {
                    given = (given.0 + part.records, given.1 + part.bytes);
                    sum.2 += part.user_records;
                });
                prop_assert_eq!(given, (drained.records, drained.bytes));
                prop_assert!(drained.records <= records && drained.bytes <= bytes);
                // Parts are rounded to the nanosecond: a record may be visible a call sooner.
                prop_assert!(u64::from(drained.records) <= visible + 1);
                let room = u64::from(records) > visible && !drained.left;
                prop_assert!(!room || u64::from(drained.records) + 1 >= visible);
                from = drained.to;
                sum = (sum.0 + u64::from(drained.records), sum.1 + drained.bytes, sum.2);
            }
            let rest = drains.from(from).fold((0, 0, 0), |sum, it| {
                (sum.0 + u64::from(it.records), sum.1 + it.bytes, sum.2 + it.user_records)
            });
            let all = counts.iter().fold((0, 0, 0), |sum, it| {
                (sum.0 + u64::from(it.0), sum.1 + it.1, sum.2 + u64::from(it.0) + 1)
            });
            prop_assert_eq!((rest.0 + sum.0, rest.1 + sum.1, rest.2 + sum.2), all);
        }
    }
}
