//! Records that pass through a shard as evenly as a river: stored and taken again and again.
//!
//! Everything is counted from one moment on, the beginning of a few quanta, in floats: nanoseconds
//! of so short a time are exact in them.

mod steady;

pub(in crate::model) use self::steady::ROWS_MAX;
pub(super) use self::steady::{Brought, Steady};

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::model::observation::{Ages, Observation};
use crate::random;
use crate::time::{Instant, Span};

/// What waits in a shard, and what has been taken.
#[derive(Clone, Debug)]
pub(super) struct Passing {
    /// From when on times are counted.
    begun: Instant,
    /// What has come, of which those before `first` are gone.
    pieces: Vec<Piece>,
    first: usize,
    /// Records and bytes that wait, and records that have been taken.
    waits: (u64, u64),
    taken: u64,
    handed: [Handed; KINDS],
    kinds: usize,
}

/// Records in a row: the first of them, and how far they are apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) records: u32,
    /// As [`Cohort::moments`], as is what follows.
    pub(super) moments: u32,
    pub(super) bytes: u64,
    /// When the first was born and became visible, and how much later each next one (ns).
    pub(super) born: (f64, f64),
    pub(super) visible: (f64, f64),
    /// How many become visible in a nanosecond.
    pub(super) per_ns: f64,
}

/// Records that were processed at ages that hardly differ from call to call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handed {
    records: u64,
    bytes: u64,
    /// Ages of the first and of the last (ns), where they were counted first, and how far they may
    /// be from these.
    like: (f64, f64, f64),
    /// Sums of those ages over all records.
    first: f64,
    last: f64,
}

/// Ages within this part of one another are told apart by no histogram.
const NARROW: f64 = 1.0 / 256.0;

/// Cohorts of before that are followed at most.
const OLD_MAX: usize = 100;

/// Ages that are told apart. A call brings what is left of an older quantum and a part of the
/// present one, again and again.
const KINDS: usize = 16;

impl Passing {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::ZERO,
            pieces: Vec::new(),
            first: 0,
            waits: (0, 0),
            taken: 0,
            handed: [Handed::NONE; KINDS],
            kinds: 0,
        }
    }

    /// Nothing, from `begun` on.
    #[inline]
    pub(super) fn begin(&mut self, begun: Instant) {
        self.pieces.clear();
        (self.begun, self.first, self.kinds) = (begun, 0, 0);
        (self.waits, self.taken) = ((0, 0), 0);
    }

    /// Records have come.
    #[inline]
    pub(super) fn take_in(&mut self, piece: Piece) {
        self.waits = (self.waits.0 + u64::from(piece.records), self.waits.1 + piece.bytes);
        self.pieces.push(piece);
    }

    /// Takes in what waits since before, if it is little and a piece can be it.
    #[inline]
    pub(super) fn take_in_cohort(&mut self, cohort: &Cohort) -> bool {
        let single = cohort.user_records == u64::from(cohort.records);
        let goes = single && self.pieces.len() < OLD_MAX;
        if goes {
            self.take_in(Piece::of(cohort, self.begun));
        }
        goes
    }

    /// Whether all that is visible at `now` is no more than this.
    #[inline]
    pub(super) fn fits(&self, now: Instant, (records, bytes): (u32, u64)) -> bool {
        let within = |all: (u64, u64)| all.0 <= u64::from(records) && all.1 <= bytes;
        within(self.waits) || within(self.visible(now))
    }

    /// As many records and bytes as a call brings at most that finds what waits, or no more than
    /// this from each of two quanta.
    #[inline]
    pub(super) fn at_most(&self, (records, bytes): (f64, f64)) -> (f64, f64) {
        let (all, all_bytes) = (self.waits.0 as i64 as f64, self.waits.1 as i64 as f64);
        (all.max(records) + records, all_bytes.max(bytes) + bytes)
    }

    /// Records that are visible at `now`, and bytes of the pieces that they are of.
    #[cold]
    fn visible(&self, now: Instant) -> (u64, u64) {
        let at = from(self.begun, now);
        let pieces = self.pieces[self.first..].iter().map(|piece| (piece.visible_at(at), piece));
        let visible = pieces.take_while(|(k, _)| *k > 0);
        visible.fold((0, 0), |sum, (k, piece)| (sum.0 + u64::from(k), sum.1 + piece.bytes))
    }

    /// Takes what is visible at `now`: returns how many records and bytes, and the age of the last.
    #[inline(never)]
    pub(super) fn take(
        &mut self,
        now: Instant,
        gaps: &mut random::Exponentials,
        mut full: impl FnMut(&Handed),
    ) -> (u32, u64, Span) {
        let at = from(self.begun, now);
        let (mut records, mut bytes, mut newest) = (0, 0, Newest::NONE);
        while let Some(piece) = self.pieces.get_mut(self.first) {
            let k = piece.visible_at(at);
            if k == 0 {
                break;
            }
            newest = Newest::of(piece, k);
            let whole = k == piece.records;
            let (first, step) = (at - piece.born.0, piece.born.1);
            let taken = if whole { (k, piece.bytes) } else { piece.cut(k) };
            self.first += usize::from(whole);
            records += k;
            bytes += taken.1;
            self.hand_over(taken, (first, step), &mut full);
            if !whole {
                break;
            }
        }
        self.waits = (self.waits.0 - u64::from(records), self.waits.1 - bytes);
        self.taken += u64::from(records);
        let age = if records > 0 { newest.age(at, gaps) } else { 0.0 };
        (records, bytes, Span::from_ns(age as i64 as u64))
    }

    /// Counts records and bytes that are processed, the first at this age and each next one so much
    /// younger, together with others of about the same ages.
    #[inline]
    fn hand_over(
        &mut self,
        (records, bytes): (u32, u64),
        (first, step): (f64, f64),
        full: &mut impl FnMut(&Handed),
    ) {
        let ages = (first, first - step * (f64::from(records) - 1.0));
        let is_like = |it: &Handed| it.is_like(ages);
        let place = match self.handed[..self.kinds].iter().position(is_like) {
            Some(place) => place,
            None => self.another((ages.0, ages.1, 2.0 * step + first * NARROW), full),
        };
        self.handed[place].count((records, bytes), ages);
    }

    /// A place for records of other ages: one of those that there are, if need be.
    #[cold]
    fn another(&mut self, like: (f64, f64, f64), full: &mut impl FnMut(&Handed)) -> usize {
        if self.kinds == KINDS {
            full(&self.handed[0]);
            self.handed.rotate_left(1);
            self.kinds -= 1;
        }
        self.handed[self.kinds] = Handed { like, ..Handed::NONE };
        self.kinds += 1;
        self.kinds - 1
    }

    /// Records that have been taken.
    #[inline]
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// What has been processed and not stated yet.
    #[inline]
    pub(super) fn handed(&self) -> &[Handed] {
        &self.handed[..self.kinds]
    }

    /// What is left.
    #[inline]
    pub(super) fn left(&self) -> impl Iterator<Item = Cohort> + Clone + '_ {
        self.pieces[self.first..].iter().map(|piece| piece.cohort(self.begun))
    }
}

impl Piece {
    #[inline]
    fn of(cohort: &Cohort, begun: Instant) -> Self {
        let n = f64::from(cohort.records);
        let row =
            |window: Window| (from(begun, window.start), window.length.as_ns() as i64 as f64 / n);
        let visible = row(cohort.visible);
        Self {
            records: cohort.records,
            moments: cohort.moments,
            bytes: cohort.bytes,
            born: row(cohort.born),
            visible,
            per_ns: if visible.1 > 0.0 { 1.0 / visible.1 } else { 0.0 },
        }
    }

    #[inline]
    fn cohort(&self, begun: Instant) -> Cohort {
        let n = f64::from(self.records);
        let window = |(start, step): (f64, f64)| {
            let ns = begun.as_ns() as i64 + start as i64;
            Window {
                start: Instant::from_ns(ns.max(0) as u64),
                length: Span::from_ns((step * n) as u64),
            }
        };
        Cohort {
            records: self.records,
            moments: self.moments,
            key: KeyGroup::UNKNOWN,
            user_records: u64::from(self.records),
            bytes: self.bytes,
            born: window(self.born),
            visible: window(self.visible),
        }
    }

    /// How many are visible at `at`.
    #[inline]
    fn visible_at(&self, at: f64) -> u32 {
        let ahead = at - self.visible.0;
        if ahead < 0.0 {
            return 0;
        }
        let (all, k) = (f64::from(self.records), ahead * self.per_ns + 1.0);
        if k >= all || self.visible.1 <= 0.0 { self.records } else { k as i64 as u32 }
    }

    /// Takes the first `k` records off: some, but not all. Returns how many, and their bytes.
    #[inline]
    fn cut(&mut self, k: u32) -> (u32, u64) {
        let part = f64::from(k) / f64::from(self.records);
        let bytes = (self.bytes as i64 as f64 * part) as i64 as u64;
        self.records -= k;
        self.moments -= (f64::from(self.moments) * part) as i64 as u32;
        self.bytes -= bytes;
        self.born.0 += self.born.1 * f64::from(k);
        self.visible.0 += self.visible.1 * f64::from(k);
        (k, bytes)
    }
}

/// What is known of when the newest record came that was taken.
#[derive(Clone, Copy)]
struct Newest {
    /// When those came that it was among, and for how long (ns).
    start: f64,
    length: f64,
    moments: u32,
    /// From the first of them to it, where moments are known (ns).
    later: f64,
}

impl Newest {
    const NONE: Self = Self { start: 0.0, length: 0.0, moments: 0, later: 0.0 };

    /// The last of the first `k` records of `piece`.
    #[inline]
    fn of(piece: &Piece, k: u32) -> Self {
        let (start, step) = piece.visible;
        let length = step * f64::from(piece.records);
        Self { start, length, moments: piece.moments, later: step * f64::from(k - 1) }
    }

    /// Its age at `at` (ns).
    #[inline]
    fn age(&self, at: f64, gaps: &mut random::Exponentials) -> f64 {
        let ahead = at - self.start;
        if self.moments == 0 {
            return ahead - self.later;
        }
        // As in `place::age_of_newest`.
        let part = random::part_within(gaps.draw() / f64::from(self.moments));
        let gap = self.length * part;
        let age = if ahead > self.length { ahead - self.length + gap } else { gap };
        if age < ahead { age } else { ahead }
    }
}

impl Handed {
    const NONE: Self = Self { records: 0, bytes: 0, like: (0.0, 0.0, 0.0), first: 0.0, last: 0.0 };

    #[inline]
    fn is_like(&self, (first, last): (f64, f64)) -> bool {
        let (one, other, apart) = self.like;
        (first - one).abs() <= apart && (last - other).abs() <= apart
    }

    /// Counts so many records and bytes, the first and the last of them at these ages.
    #[inline]
    fn count(&mut self, (records, bytes): (u32, u64), (first, last): (f64, f64)) {
        let n = f64::from(records);
        self.records += u64::from(records);
        self.bytes += bytes;
        self.first += n * first;
        self.last += n * last;
    }

    /// That they were processed, by this reader.
    #[inline]
    pub(super) fn stated(&self, reader: u32) -> Observation {
        let mean = |sum: f64| Span::from_ns((sum / self.records as f64).max(0.0) as u64);
        let ages = Ages { records: self.records, first: mean(self.first), last: mean(self.last) };
        Observation::Caught { reader, bytes: self.bytes, ages }
    }
}

/// From `begun` to `at` (ns); less than nothing if it lies before.
#[inline]
fn from(begun: Instant, at: Instant) -> f64 {
    (at.as_ns() as i64 - begun.as_ns() as i64) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gaps() -> random::Exponentials {
        random::Exponentials::new(random::Stream::named(1, 0, "gaps"))
    }

    /// `records` of 7 bytes that come over a second from `start` [s] on, each a moment of its own,
    /// `waited` ms after their birth.
    fn cohort(records: u32, start: u64, waited: u64) -> Cohort {
        let visible = Window { start: Instant::from_s(start), length: Span::from_s(1) };
        let born = visible.start.as_ns() - waited * 1_000_000;
        let born = Window { start: Instant::from_ns(born), ..visible };
        let single = Cohort::single(KeyGroup::UNKNOWN, u64::from(records) * 7, born.start);
        let user_records = u64::from(records);
        Cohort { records, moments: 0, user_records, born, visible, ..single }
    }

    proptest! {
        /// Records are counted one by one: those visible at a call are taken by it. What is handed
        /// over adds up, and so do ages; what is left is the rest.
        #[test]
        fn what_passes_through_is_what_came(
            counts in prop::collection::vec((1_u32..400, 0_u64..900), 1..12),
            steps in prop::collection::vec(1_u64..1_700, 1..30),
        ) {
            let begun = Instant::from_s(3);
            let mut passing = Passing::new();
            passing.begin(begun);
            let cohorts: Vec<Cohort> = counts
                .iter()
                .zip(1..)
                .map(|(&(records, waited), start)| cohort(records, start, waited))
                .collect();
            prop_assert!(cohorts.iter().all(|cohort| passing.take_in_cohort(cohort)));
            let (mut now, mut taken, mut handed) = (begun, 0, (0, 0, 0.0));
            let mut ages = 0.0;
            let mut left: Vec<(Instant, Instant)> = cohorts
                .iter()
                .flat_map(|it| {
                    let seen = |k| it.visible.time_of(k, it.records);
                    (0..it.records).map(move |k| (seen(k), it.time_of(k)))
                })
                .collect();
            let mut add = |it: &Handed| {
                handed.0 += it.records;
                handed.1 += it.bytes;
                handed.2 += f64::midpoint(it.first, it.last);
            };
            for ms in steps {
                now = now + Span::from_ms(ms);
                let (records, bytes, _) = passing.take(now, &mut gaps(), &mut add);
                taken += u64::from(records);
                let seen = left.partition_point(|it| it.0 <= now);
                // Whether one at the very moment is seen hangs on how it is rounded.
                prop_assert!(seen.abs_diff(records as usize) <= 1, "{seen} {records}");
                prop_assert!(bytes.abs_diff(u64::from(records) * 7) <= 7);
                for (_, born) in left.drain(..records as usize) {
                    ages += now.since(born).as_ns() as f64;
                }
            }
            passing.handed().iter().for_each(&mut add);
            prop_assert_eq!((taken, passing.taken()), (handed.0, handed.0));
            let all: u64 = cohorts.iter().map(|it| it.bytes).sum();
            let rest: Vec<Cohort> = passing.left().collect();
            prop_assert_eq!(rest.iter().map(|it| it.bytes).sum::<u64>() + handed.1, all);
            let waiting: usize = rest.iter().map(|it| it.records as usize).sum();
            prop_assert_eq!(waiting, left.len());
            prop_assert!((handed.2 / ages.max(1.0) - 1.0).abs() < 1e-6 || ages == 0.0);
            if let (Some(first), Some(right)) = (rest.first(), left.first()) {
                prop_assert!(first.visible.start.as_ns().abs_diff(right.0.as_ns()) < 100);
                prop_assert!(first.born.start.as_ns().abs_diff(right.1.as_ns()) < 100);
            }
        }
    }

    /// A call every second, half a second after a hundred a second began to come: half of them are
    /// half a second old and younger, the others up to a second. That is all that is ever stated.
    #[test]
    fn like_ages_are_stated_together() {
        let (mut passing, begun) = (Passing::new(), Instant::from_s(10));
        passing.begin(begun);
        let mut early = 0;
        for second in 0..10 {
            assert!(passing.take_in_cohort(&cohort(100, 10 + second, 0)));
            let now = Instant::from_s(10 + second) + Span::from_ms(500);
            passing.take(now, &mut gaps(), |_| early += 1);
        }
        assert_eq!((early, passing.kinds), (0, 2));
        let stated = passing.handed().iter().map(|it| it.stated(0));
        let ages: Vec<(u64, u64, u64)> = stated
            .filter_map(|it| match it {
                Observation::Caught { ages, .. } => {
                    let ms = |span: Span| span.as_ns() / 1_000_000;
                    Some((ages.records, ms(ages.first), ms(ages.last)))
                }
                _ => None,
            })
            .collect();
        assert_eq!(ages, [(510, 500, 0), (441, 990, 510)]);
    }
}
