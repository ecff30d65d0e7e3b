//! A shard that is asked once in every quantum, at the same place of it.
//!
//! Each call brings what was left of the quantum before, and what has come of the present one. How
//! old either is hardly differs from call to call: the first of them by less than records are
//! apart, and so the last.

use super::{Handed, Passing, from};
use crate::model::consumer::row::{Column, QUANTA_MAX, Rows};
use crate::random;
use crate::time::Instant;

/// Calls once in every quantum, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::consumer) struct Steady {
    /// From the beginning of a quantum to the call in it.
    at: f64,
    /// The same as a part of a quantum.
    place: f64,
    /// Length of a quantum.
    cell: f64,
}

/// Records, quantum by quantum, and how old the first and the last of them are when they are taken
/// (ns).
#[derive(Clone, Copy, Debug)]
struct Part {
    records: Column,
    bytes: Column,
    first: Column,
    last: Column,
}

/// What a call brings.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::consumer) struct Brought {
    pub(in crate::model::consumer) records: u32,
    pub(in crate::model::consumer) bytes: u64,
    /// How old the last record is (ns).
    pub(in crate::model::consumer) age: u64,
}

const NONE: Column = [0.0; QUANTA_MAX];

impl Steady {
    /// The calls at `first`, and as late in every other quantum, if each finds some of what comes
    /// in its quantum but not all, and before that no more than what is left of one like these.
    #[inline]
    pub(in crate::model::consumer) fn of(
        passing: &Passing,
        rows: &Rows,
        first: Instant,
    ) -> Option<Self> {
        let [waits] = &passing.pieces[passing.first..] else { return None };
        let (at, cell) = (from(passing.begun, first), rows.quanta.cell.as_ns() as i64 as f64);
        let steady = Self { at, place: at / cell, cell };
        let least = f64::from(rows.least);
        let some = least * steady.place.min(1.0 - steady.place) > 1.0;
        if !some || rows.quanta.count == 0 {
            return None;
        }
        // What is left of one like these is as old as they are who come when a call does, at the
        // next, down to the last of the quantum.
        let (first, last) = waits.ages(at, waits.records);
        let (longest, spread) = (rows.longest[0], rows.spread[0]);
        let apart = 2.0 * waits.born.1.max((cell + spread) / least);
        let is_like = |age: f64, like: f64| (age - like).abs() < apart;
        let alike = is_like(first, cell + longest - spread * steady.place)
            && is_like(last, at + longest - spread);
        alike.then_some(steady)
    }

    /// What the call in each quantum brings of it, and what is left for the next call.
    #[inline]
    fn parts(&self, rows: &Rows) -> (Part, Part) {
        let (mut new, mut old) = (Part::NONE, Part::NONE);
        for quantum in 0..QUANTA_MAX {
            let (n, phase) = (rows.records[quantum], rows.phase[quantum]);
            let part = 1.0 / n;
            let come = nearest(n * self.place - phase + 0.5);
            let bytes = nearest(rows.bytes[quantum] * (come * part));
            // Each is so much younger than the one before.
            let apart = (self.cell + rows.spread[quantum]) * part;
            let first = self.at + rows.longest[quantum] - apart * phase;
            new.set(quantum, (come, bytes), (first, first - apart * (come - 1.0)));
            let left = (n - come, rows.bytes[quantum] - bytes);
            let (next, last) = (first - apart * come, first - apart * (n - 1.0));
            old.set(quantum, left, (next + self.cell, last + self.cell));
        }
        (new, old)
    }

    /// How old the newest record is that the call in each quantum brings (ns).
    #[inline]
    fn ages(&self, rows: &Rows, gaps: &mut random::Exponentials) -> Column {
        let mut ages = NONE;
        for age in &mut ages[..rows.quanta.count] {
            *age = gaps.draw();
        }
        for (quantum, age) in ages.iter_mut().enumerate() {
            let gap = self.cell * random::part_within(*age / rows.moments[quantum]);
            // As in `place::age_of_newest`: it is no older than the first of the quantum.
            let ahead = self.at - self.cell * rows.phase[quantum] / rows.records[quantum];
            *age = if gap < ahead { gap } else { ahead };
        }
        ages
    }
}

impl Part {
    const NONE: Self = Self { records: NONE, bytes: NONE, first: NONE, last: NONE };

    #[inline]
    fn set(&mut self, quantum: usize, (records, bytes): (f64, f64), (first, last): (f64, f64)) {
        (self.records[quantum], self.bytes[quantum]) = (records, bytes);
        (self.first[quantum], self.last[quantum]) = (first, last);
    }

    /// All of so many quanta together.
    #[inline]
    fn handed(&self, quanta: usize) -> Handed {
        let sum = |column: &Column| column[..quanta].iter().sum::<f64>();
        let weighed = |column: &Column| {
            self.records[..quanta].iter().zip(column).map(|(records, age)| records * age).sum()
        };
        Handed {
            records: sum(&self.records) as i64 as u64,
            bytes: sum(&self.bytes) as i64 as u64,
            first: weighed(&self.first),
            last: weighed(&self.last),
            ..Handed::NONE
        }
    }
}

impl Passing {
    /// Takes what calls find that are as `steady` says, and tells `each` what they bring.
    #[inline]
    pub(in crate::model::consumer) fn take_steadily(
        &mut self,
        steady: &Steady,
        rows: &Rows,
        gaps: &mut random::Exponentials,
        mut each: impl FnMut(Brought),
    ) {
        let last = rows.quanta.count - 1;
        let waits = &mut self.pieces[self.first];
        let (mut left, mut left_bytes) = (f64::from(waits.records), waits.bytes as i64 as f64);
        let mut old = Handed::NONE;
        old.count((waits.records, waits.bytes), waits.ages(steady.at, waits.records));
        let ((new, next), ages) = (steady.parts(rows), steady.ages(rows, gaps));
        for (quantum, age) in ages[..=last].iter().enumerate() {
            each(Brought {
                records: (left + new.records[quantum]) as i64 as u32,
                bytes: (left_bytes + new.bytes[quantum]) as i64 as u64,
                age: *age as i64 as u64,
            });
            (left, left_bytes) = (next.records[quantum], next.bytes[quantum]);
        }
        let (new, next) = (new.handed(last + 1), next.handed(last));
        self.handed[..2].copy_from_slice(&[old.and(&next), new]);
        self.kinds = 2;
        self.taken = self.handed[0].records + new.records;
        if let Some(mut piece) = rows.piece(last) {
            piece.cut(piece.records - left as i64 as u32);
            self.waits = (u64::from(piece.records), piece.bytes);
            *waits = piece;
        }
    }
}

impl Handed {
    /// Both together.
    #[inline]
    fn and(&self, other: &Self) -> Self {
        Self {
            records: self.records + other.records,
            bytes: self.bytes + other.bytes,
            like: self.like,
            first: self.first + other.first,
            last: self.last + other.last,
        }
    }
}

/// The nearest whole number, for one of moderate size: halves go to the even one.
#[inline]
fn nearest(x: f64) -> f64 {
    // From here on up floats have no fractions.
    const WHOLE: f64 = (1_u64 << 52) as f64;
    (x + WHOLE) - WHOLE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::consumer::row::Row;
    use crate::time::Span;

    const SECOND: Span = Span::from_s(1);

    fn gaps() -> random::Exponentials {
        random::Exponentials::new(random::Stream::named(1, 0, "gaps"))
    }

    /// Ten quanta of a second; in each so many records of 7 bytes, and how many ms they waited.
    fn rows(counts: &[(u32, f64)], waits: (u64, u64)) -> Rows {
        let mut rows = Rows::NONE;
        rows.begin(Instant::from_s(20), SECOND);
        for &(records, phase) in counts {
            let waits = (waits.0 * 1_000_000, waits.1 * 1_000_000);
            let (moments, bytes) = (records, u64::from(records) * 7);
            rows.push(&Row { records, moments, bytes, phase, waits });
        }
        rows
    }

    proptest! {
        /// Calls that are looked at together bring what they bring one by one, to within the record
        /// that comes at that very moment; and what is handed over and left is as old.
        #[test]
        fn calls_together_are_calls_one_by_one(
            counts in prop::collection::vec((100_u32..900, 0.0..1.0), QUANTA_MAX),
            (shortest, spread, place) in (0_u64..50, 0_u64..50, 20_u64..980),
        ) {
            let rows = rows(&counts, (shortest, shortest + spread));
            let begun = rows.quanta.from;
            let first = begun + Span::from_ms(place);
            // What is left of a quantum before these, that was like the first of them.
            let mut before = rows.piece(0).unwrap();
            (before.born.0, before.visible.0) = (before.born.0 - 1e9, before.visible.0 - 1e9);
            before.cut(before.visible_at(from(begun, first) - 1e9));
            let [mut one, mut other] = [Passing::new(), Passing::new()];
            for passing in [&mut one, &mut other] {
                passing.begin(begun);
                passing.take_in(before);
            }
            let mut together = Vec::new();
            let steady = Steady::of(&one, &rows, first).unwrap();
            one.take_steadily(&steady, &rows, &mut gaps(), |brought| together.push(brought));
            let mut chance = gaps();
            for (quantum, brought) in together.iter().enumerate() {
                other.take_in(rows.piece(quantum).unwrap());
                let now = first + SECOND.times(quantum as u64);
                let (records, bytes, age) = other.take(now, &mut chance, |_| ());
                prop_assert!(records.abs_diff(brought.records) <= 1);
                prop_assert!(bytes.abs_diff(brought.bytes) <= 20);
                prop_assert!(age.as_ns().abs_diff(brought.age) < 10);
            }
            let sums = |passing: &Passing| {
                passing.handed().iter().fold(Handed::NONE, |sum, handed| sum.and(handed))
            };
            let (left, right) = (sums(&one), sums(&other));
            prop_assert_eq!(one.taken(), left.records);
            prop_assert!(left.records.abs_diff(right.records) <= 1);
            prop_assert!(left.bytes.abs_diff(right.bytes) <= 20);
            prop_assert!((left.first / right.first - 1.0).abs() < 1e-3);
            prop_assert!((left.last / right.last - 1.0).abs() < 1e-3);
            let [one, other] = [&one, &other].map(|passing| passing.left().next().unwrap());
            prop_assert!(one.records.abs_diff(other.records) <= 1);
            let near = |one: Instant, other: Instant| one.as_ns().abs_diff(other.as_ns());
            prop_assert!(near(one.born.end(), other.born.end()) < 20);
            prop_assert!(near(one.visible.end(), other.visible.end()) < 20);
        }
    }

    /// A call that finds all of its quantum, or none, and one after a long backlog, are no such
    /// calls.
    #[test]
    fn other_calls_are_told_apart() {
        let rows = rows(&[(500, 0.5); QUANTA_MAX], (0, 0));
        let begun = rows.quanta.from;
        let is_steady = |ms: u64, waits: f64| {
            let mut passing = Passing::new();
            passing.begin(begun);
            let mut before = rows.piece(0).unwrap();
            (before.born.0, before.visible.0) = (before.born.0 - waits, before.visible.0 - waits);
            let first = begun + Span::from_ms(ms);
            before.cut(before.visible_at(from(begun, first) - 1e9).clamp(1, 499));
            passing.take_in(before);
            Steady::of(&passing, &rows, first).is_some()
        };
        assert!(is_steady(500, 1e9) && is_steady(10, 1e9) && is_steady(990, 1e9));
        assert!(!is_steady(0, 1e9) && !is_steady(999, 1e9) && !is_steady(500, 2e9));
        assert!(Steady::of(&Passing::new(), &rows, begun + Span::from_ms(500)).is_none());
    }
}
