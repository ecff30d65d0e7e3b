//! Records that travel together.

use std::ops::Range;

use crate::time::{Instant, Span};

/// `records` stream records that share producer, key group and a narrow interval of birth.
///
/// With one record it is that record: one key, one birth. With more, the key group is all keys
/// that go the same way, and births and visibility are spread evenly over their intervals. Every
/// operation accepts a part and conserves records, user records and bytes to the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cohort {
    /// Stream records, at least one.
    pub records: u32,
    /// At how many moments they arrived, if these were as random as those of a Poisson process;
    /// zero where they are known, or lay at even distances.
    pub moments: u32,
    /// Which keys.
    pub key: KeyGroup,
    /// Records of the application: more than `records` where the producer aggregates.
    pub user_records: u64,
    /// Data blobs and partition keys together (KDS-W04) (bytes).
    pub bytes: u64,
    /// When the application offered them.
    pub born: Window,
    /// When readers may see them: their arrival in the log.
    pub visible: Window,
}

/// The keys of a cohort, as far as routing and lanes need them: a key of the producer's table, or
/// a fresh one that is used only once.
///
/// One word, because every record in memory has one: the top bit marks a fresh key, whose other
/// bits are the head of its hash; otherwise 31 bits of index and 32 of the hash's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyGroup(u64);

const FRESH: u64 = 1 << 63;

impl KeyGroup {
    /// Stands for the key where nobody asks for it.
    pub const UNKNOWN: Self = Self::fresh(0);

    /// A key that stands in no table; the low 63 bits of `bits` are the head of its hash.
    #[inline]
    #[must_use]
    pub const fn fresh(bits: u64) -> Self {
        Self(bits | FRESH)
    }

    /// Number `index` (below 2^31) of its producer's table; `hash_head` is the beginning of its
    /// hash.
    #[inline]
    #[must_use]
    pub const fn listed(index: u32, hash_head: u32) -> Self {
        Self(((index as u64) << 32) & !FRESH | hash_head as u64)
    }

    /// Its number in the producer's table; `None` for a fresh key.
    #[inline]
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        if self.0 & FRESH == 0 { Some((self.0 >> 32) as u32) } else { None }
    }

    /// The hash of a fresh key, known to 63 bits: a shard has to end within 2^-63 of the whole
    /// space of it before the rest could matter.
    #[inline]
    #[must_use]
    pub const fn fresh_hash(self) -> u128 {
        ((self.0 << 1) as u128) << 64
    }

    /// The word it is kept as.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The group kept as `bits`.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The first half of its hash, as far as it is known: to 63 bits, or to 32 and the middle of
    /// what they leave open. What lanes are chosen by.
    #[inline]
    #[must_use]
    pub const fn hash_head(self) -> u64 {
        if self.0 & FRESH == 0 { self.0 << 32 | 1 << 31 } else { self.0 << 1 }
    }
}

/// An interval of time over which records are spread evenly: [start, start + length).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Its first moment.
    pub start: Instant,
    /// Its length; zero for a point.
    pub length: Span,
}

impl Window {
    /// The window that is one moment.
    #[must_use]
    pub const fn at(moment: Instant) -> Self {
        Self { start: moment, length: Span::ZERO }
    }

    /// The moment behind it.
    #[inline]
    #[must_use]
    pub fn end(self) -> Instant {
        self.start + self.length
    }

    /// The moment of record `k` of `n`, `k` from 0.
    #[inline]
    #[must_use]
    pub fn time_of(self, k: u32, n: u32) -> Instant {
        if self.length.is_zero() {
            return self.start;
        }
        self.start + Span::from_ns(part(self.length.as_ns(), k, n.max(1)))
    }

    /// The moment of the last of `n` records, as [`Window::time_of`] has it.
    #[inline]
    #[must_use]
    pub fn last_of(self, n: u32) -> Instant {
        // What lies after it is the n-th part, rounded up: a division of one word.
        let after = self.length.as_ns().div_ceil(u64::from(n.max(1)));
        self.start + Span::from_ns(self.length.as_ns() - after)
    }

    /// How many of `n` records lie before `t`.
    #[inline]
    #[must_use]
    pub fn part_before(self, t: Instant, n: u32) -> u32 {
        if t <= self.start {
            return 0;
        }
        if self.length.is_zero() || t >= self.end() {
            return n;
        }
        // Record k lies before t when floor(length * k / n) < t - start, that is when
        // k < (t - start) * n / length, rounded up.
        let (ahead, length) = (t.since(self.start).as_ns(), self.length.as_ns());
        let before = match ahead.checked_mul(u64::from(n)) {
            Some(ahead) => ahead.div_ceil(length),
            None => (u128::from(ahead) * u128::from(n)).div_ceil(u128::from(length)) as u64,
        };
        (before as u32).min(n)
    }

    /// Those of the first `k` of `n` records and of the rest; `k` is between.
    #[inline]
    fn split(self, k: u32, n: u32) -> (Self, Self) {
        let ns = part(self.length.as_ns(), k, n);
        let first = Self { start: self.start, length: Span::from_ns(ns) };
        let length = Span::from_ns(self.length.as_ns() - ns);
        (first, Self { start: first.end(), length })
    }

    /// That of the records with these numbers, of `n`: ranges that meet have windows that meet.
    #[inline]
    #[must_use]
    fn range(self, numbers: &Range<u32>, n: u32) -> Self {
        let ns = self.length.as_ns();
        let (start, end) = (part(ns, numbers.start, n), part(ns, numbers.end, n));
        Self { start: self.start + Span::from_ns(start), length: Span::from_ns(end - start) }
    }
}

impl Cohort {
    /// One record born at `born`, not yet in a log.
    #[inline]
    #[must_use]
    pub fn single(key: KeyGroup, bytes: u64, born: Instant) -> Self {
        Self {
            records: 1,
            moments: 0,
            key,
            user_records: 1,
            bytes,
            born: Window::at(born),
            visible: Window::at(Instant::NEVER),
        }
    }

    /// Bytes of the first `k` records: an even part, rounded down.
    #[inline]
    #[must_use]
    pub fn bytes_of_first(&self, k: u32) -> u64 {
        part(self.bytes, k, self.records)
    }

    /// When record `k` (from 0) was born.
    #[inline]
    #[must_use]
    pub fn time_of(&self, k: u32) -> Instant {
        self.born.time_of(k, self.records)
    }

    /// How many records are visible before `t`.
    #[inline]
    #[must_use]
    pub fn part_before(&self, t: Instant) -> u32 {
        self.visible.part_before(t, self.records)
    }

    /// How many records are visible at `now`.
    #[inline]
    #[must_use]
    pub fn visible_at(&self, now: Instant) -> u32 {
        self.part_before(Instant::from_ns(now.as_ns().saturating_add(1)))
    }

    /// What is left after the first `k` records; `None` where nothing is.
    #[inline]
    #[must_use]
    pub fn after(&self, k: u32) -> Option<Self> {
        self.range(k..self.records)
    }

    /// The first `k` records and the rest; `None` for a side without records.
    #[must_use]
    pub fn split(&self, k: u32) -> (Option<Self>, Option<Self>) {
        if k == 0 || k >= self.records {
            return if k == 0 { (None, Some(*self)) } else { (Some(*self), None) };
        }
        let mut rest = *self;
        (Some(rest.cut(k)), Some(rest))
    }

    /// Takes the first `k` records off: some, but not all.
    #[inline(always)]
    #[must_use]
    pub fn cut(&mut self, k: u32) -> Self {
        // The first part takes the divisions, the rest is what it leaves.
        let n = self.records;
        let of = |total: u64| if total == u64::from(n) { u64::from(k) } else { part(total, k, n) };
        let born = self.born.split(k, n);
        let visible = if self.visible == self.born { born } else { self.visible.split(k, n) };
        let first = Self {
            records: k,
            moments: of(u64::from(self.moments)) as u32,
            key: self.key,
            user_records: of(self.user_records),
            bytes: of(self.bytes),
            born: born.0,
            visible: visible.0,
        };
        self.records -= k;
        self.moments -= first.moments;
        self.user_records -= first.user_records;
        self.bytes -= first.bytes;
        (self.born, self.visible) = (born.1, visible.1);
        first
    }

    /// Any `k` of the records, and the others: both came over all of the time. `None` for a side
    /// without records.
    #[must_use]
    pub fn deal(&self, k: u32) -> (Option<Self>, Option<Self>) {
        if k == 0 || k >= self.records {
            return if k == 0 { (None, Some(*self)) } else { (Some(*self), None) };
        }
        let of = |total: u64| part(total, k, self.records);
        let (moments, bytes) = (of(u64::from(self.moments)) as u32, of(self.bytes));
        let user_records = of(self.user_records);
        let first = Self { records: k, moments, user_records, bytes, ..*self };
        let others = Self {
            records: self.records - k,
            moments: self.moments - moments,
            user_records: self.user_records - user_records,
            bytes: self.bytes - bytes,
            ..*self
        };
        (Some(first), Some(others))
    }

    /// The records with these numbers; `None` where there are none. Ranges that meet add up to the
    /// whole, to the unit.
    #[inline]
    #[must_use]
    pub fn range(&self, numbers: Range<u32>) -> Option<Self> {
        let (numbers, n) = (numbers.start..numbers.end.min(self.records), self.records);
        if numbers.is_empty() {
            return None;
        }
        if numbers == (0..n) {
            return Some(*self);
        }
        let between = |total| part(total, numbers.end, n) - part(total, numbers.start, n);
        let born = self.born.range(&numbers, n);
        // Of many cohorts both last equally long, and divisions take time.
        let visible = if self.visible.length == self.born.length {
            let later = born.start.since(self.born.start);
            Window { start: self.visible.start + later, length: born.length }
        } else {
            self.visible.range(&numbers, n)
        };
        let of_records = u64::from(numbers.end - numbers.start);
        let users = self.user_records;
        Some(Self {
            records: numbers.end - numbers.start,
            moments: between(u64::from(self.moments)) as u32,
            user_records: if users == u64::from(n) { of_records } else { between(users) },
            bytes: between(self.bytes),
            born,
            visible,
            ..*self
        })
    }

    /// The records visible before `t`, and the rest.
    #[must_use]
    pub fn split_at(self, t: Instant) -> (Option<Self>, Option<Self>) {
        self.split(self.part_before(t))
    }
}

/// The part of `total` that belongs to the first `k` of `n` records, rounded down.
#[inline]
pub(super) fn part(total: u64, k: u32, n: u32) -> u64 {
    // The ends need no division, and single records have nothing else.
    if k >= n {
        return total;
    }
    if k == 0 || total == 0 {
        return 0;
    }
    // Most products fit a word, which divides in a tenth of the time.
    match total.checked_mul(u64::from(k)) {
        Some(product) => product / u64::from(n),
        None => (u128::from(total) * u128::from(k) / u128::from(n)) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_cohort() -> impl Strategy<Value = Cohort> {
        (1_u32..5_000, 0_u64..5_000, 0_u64..50_000_000, 0_u64..1_000_000, 0_u64..2_000_000_000)
            .prop_map(|(records, extra, bytes, start, length)| {
                let window =
                    Window { start: Instant::from_ns(start), length: Span::from_ns(length) };
                let visible = Window { start: window.start + Span::from_ms(3), ..window };
                Cohort {
                    records,
                    moments: records / 2,
                    key: KeyGroup::listed(7, 9),
                    user_records: u64::from(records) + extra,
                    bytes,
                    born: window,
                    visible,
                }
            })
    }

    proptest! {
        #[test]
        fn splits_conserve_counts_to_the_unit(
            cohort in any_cohort(),
            cuts in prop::collection::vec(0_u32..3_000, 0..20),
        ) {
            let mut rest = Some(cohort);
            let (mut records, mut users, mut bytes) = (0_u64, 0, 0);
            let mut add = |part: Cohort| {
                records += u64::from(part.records);
                users += part.user_records;
                bytes += part.bytes;
            };
            for k in cuts {
                let Some(whole) = rest else { break };
                let (first, other) = whole.split(k);
                if let Some(first) = first {
                    prop_assert!(first.records >= 1);
                    add(first);
                }
                rest = other;
            }
            if let Some(rest) = rest {
                add(rest);
            }
            let whole = (u64::from(cohort.records), cohort.user_records, cohort.bytes);
            prop_assert_eq!((records, users, bytes), whole);
        }

        #[test]
        fn a_split_is_two_ranges_that_meet(cohort in any_cohort(), k in 0_u32..6_000) {
            prop_assert_eq!(cohort.split(k), (cohort.range(0..k), cohort.after(k)));
        }

        #[test]
        fn dealt_records_are_as_many_as_split_ones_and_keep_the_time(
            cohort in any_cohort(),
            k in 0_u32..6_000,
        ) {
            let (dealt, split) = (cohort.deal(k), cohort.split(k));
            for (dealt, split) in [(dealt.0, split.0), (dealt.1, split.1)] {
                let (born, visible) = (cohort.born, cohort.visible);
                prop_assert_eq!(dealt, split.map(|part| Cohort { born, visible, ..part }));
            }
        }

        #[test]
        fn ranges_that_meet_add_up(
            cohort in any_cohort(),
            mut cuts in prop::collection::vec(0_u32..6_000, 0..9),
        ) {
            cuts.extend([0, u32::MAX]);
            cuts.sort_unstable();
            let parts = cuts.windows(2).filter_map(|pair| cohort.range(pair[0]..pair[1]));
            let sum = parts.fold((0, 0, 0), |sum, part| {
                (sum.0 + part.records, sum.1 + part.user_records, sum.2 + part.bytes)
            });
            prop_assert_eq!(sum, (cohort.records, cohort.user_records, cohort.bytes));
        }

        #[test]
        fn time_and_part_agree(cohort in any_cohort(), k in 0_u32..5_000) {
            let k = k % cohort.records;
            let t = cohort.visible.time_of(k, cohort.records);
            // Exactly those before record k's moment are before it, moments being in order.
            let before = cohort.part_before(t);
            prop_assert!(before <= k);
            let next = cohort.visible.time_of(before, cohort.records);
            prop_assert!(before == cohort.records || next >= t);
            let after = Instant::from_ns(t.as_ns() + 1);
            prop_assert!(cohort.part_before(after) > k);
        }

        #[test]
        fn the_last_is_the_last(
            (start, length, n) in (0_u64..1 << 62, 0_u64..1 << 62, 1_u32..),
        ) {
            let window = Window { start: Instant::from_ns(start), length: Span::from_ns(length) };
            prop_assert_eq!(window.last_of(n), window.time_of(n - 1, n));
        }

        #[test]
        fn a_split_moves_no_record_by_more_than_two_nanoseconds(
            cohort in any_cohort(),
            k in 1_u32..5_000,
        ) {
            let (first, rest) = cohort.split(k % cohort.records);
            let parts = first.into_iter().chain(rest);
            let after: Vec<u64> = parts
                .flat_map(|part| (0..part.records).map(move |i| part.time_of(i).as_ns()))
                .collect();
            for (i, moved) in after.iter().enumerate() {
                prop_assert!(moved.abs_diff(cohort.time_of(i as u32).as_ns()) <= 2);
            }
        }

        #[test]
        fn split_at_parts_the_visible_from_the_rest(
            cohort in any_cohort(),
            ns in 0_u64..3_000_000_000,
        ) {
            let t = Instant::from_ns(ns);
            let (seen, unseen) = cohort.split_at(t);
            let count = |part: Option<Cohort>| part.map_or(0, |part| part.records);
            prop_assert_eq!(count(seen), cohort.part_before(t));
            prop_assert_eq!(count(seen) + count(unseen), cohort.records);
            if let Some(unseen) = unseen {
                prop_assert!(unseen.visible.start >= t);
            }
        }
    }

    #[test]
    fn a_cohort_fits_a_cache_line() {
        assert_eq!(size_of::<Cohort>(), 64);
    }

    #[test]
    fn a_key_group_gives_back_what_it_was_made_of() {
        let listed = KeyGroup::listed(i32::MAX as u32, u32::MAX);
        assert_eq!((listed.index(), listed.hash_head()), (Some(i32::MAX as u32), u64::MAX << 31));
        let fresh = KeyGroup::fresh(u64::MAX);
        assert_eq!((fresh.index(), fresh.fresh_hash() >> 65), (None, u128::from(u64::MAX >> 1)));
    }
}
