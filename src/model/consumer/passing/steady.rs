//! A shard that is asked once in every quantum, at the same place of it.
//!
//! Each call brings what was left of the quantum before, and what has come of the present one. Of
//! each kind how old either is hardly differs from call to call: the first of them by less than
//! records are apart, and so the last.

use super::{Handed, Passing, from};
use crate::model::consumer::column::{Column, NONE, QUANTA_MAX, add, most, sum};
use crate::model::consumer::passing::Piece;
use crate::model::consumer::row::{Came, Rows};
use crate::random;
use crate::rounding::{nearest, whole};
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

/// What calls bring of the records of their quanta, quantum by quantum.
#[derive(Clone, Copy, Debug)]
struct New {
    records: Column,
    bytes: Column,
}

/// What a call brings.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::consumer) struct Brought {
    pub(in crate::model::consumer) records: u32,
    pub(in crate::model::consumer) bytes: u64,
    /// How old the last record is (ns).
    pub(in crate::model::consumer) age: u64,
}

impl Steady {
    /// The calls at `first`, and as late in every other quantum, if each finds some of what comes
    /// in its quantum but not all, and the first all that has come before.
    #[inline]
    pub(in crate::model::consumer) fn of(
        passing: &Passing,
        came: &Came<'_>,
        first: Instant,
    ) -> Option<Self> {
        let (at, cell) = (from(passing.begun, first), came.quanta.cell.as_ns() as i64 as f64);
        let steady = Self { at, place: at / cell, cell };
        let some = came.least * steady.place.min(1.0 - steady.place) > 1.0;
        let last = passing.pieces[passing.first..].last();
        let seen = last.is_none_or(|piece| piece.visible_at(at) == piece.records);
        (some && seen).then_some(steady)
    }

    /// What the call in each quantum brings of it; and what calls bring in all: what they leave for
    /// the next, of all quanta but the last, and what they do not.
    #[inline]
    fn split(&self, rows: &Rows, last: usize) -> (New, [Handed; 2]) {
        let (mut new, mut left) = (New { records: NONE, bytes: NONE }, rows.records);
        let mut sums = [NONE; 4];
        // What they leave is a quantum older at the next.
        left[last] = 0.0;
        for quantum in 0..QUANTA_MAX {
            let (n, phase) = (rows.records[quantum], rows.phase[quantum]);
            let part = if n > 0.0 { 1.0 / n } else { 0.0 };
            let come = nearest(n * self.place - phase + 0.5);
            // Each is so much younger than the one before.
            let apart = (self.cell + rows.spread[quantum]) * part;
            let first = self.at + rows.longest[quantum] - apart * phase;
            let (next, stays) = (first + self.cell, (left[quantum] - come).max(0.0));
            new.records[quantum] = come;
            new.bytes[quantum] = nearest(rows.bytes[quantum] * (come * part));
            left[quantum] = stays;
            sums[0][quantum] = stays * (next - apart * come);
            sums[1][quantum] = stays * (next - apart * (n - 1.0));
            sums[2][quantum] = come * first;
            sums[3][quantum] = come * (first - apart * (come - 1.0));
        }
        let [old_first, old_last, new_first, new_last] = sums.map(|column| sum(&column));
        let bytes = sum(&new.bytes);
        let left_bytes = sum(&rows.bytes) - bytes - (rows.bytes[last] - new.bytes[last]);
        let handed = |records, bytes, first, last| Handed {
            records: whole(records),
            bytes: whole(bytes),
            first,
            last,
            ..Handed::NONE
        };
        let old = handed(sum(&left), left_bytes, old_first, old_last);
        (new, [old, handed(sum(&new.records), bytes, new_first, new_last)])
    }

    /// How old the newest record is that the call in each quantum brings (ns), where so many `come`
    /// in all quanta, and it brings so many of them, the last of them at `phase`.
    #[inline]
    fn ages(
        &self,
        (came, all, new): (&Came<'_>, &Column, &Column),
        phase: &Column,
        gaps: &mut random::Exponentials,
    ) -> Column {
        let (mut ages, mut waits) = (NONE, NONE);
        if most(came.moments) > 0.0 {
            waits[..came.quanta.count].iter_mut().for_each(|wait| *wait = gaps.draw());
        }
        for (quantum, age) in ages.iter_mut().enumerate() {
            let (moments, apart) = (came.moments[quantum], self.cell / all[quantum]);
            // As in `place::age_of_newest`: it is no older than the first of the quantum.
            let ahead = self.at - apart * phase[quantum];
            let regular = ahead - apart * (new[quantum] - 1.0);
            let (some, least) = (moments > 0.0, if moments > 1.0 { moments } else { 1.0 });
            let wait = waits[quantum] / least;
            let random = self.cell * random::small_part_within(wait);
            let gap = if some { random } else { regular };
            waits[quantum] = if some { wait } else { 0.0 };
            *age = if gap < ahead { gap } else { ahead }.max(0.0);
        }
        if most(&waits) >= random::SMALL_PART {
            for (quantum, (age, wait)) in ages.iter_mut().zip(waits).enumerate() {
                if wait >= random::SMALL_PART {
                    let ahead = self.at - self.cell / all[quantum] * phase[quantum];
                    *age = (self.cell * random::part_within(wait)).min(ahead).max(0.0);
                }
            }
        }
        ages
    }

    /// What is left of the last quantum after its call, in pieces one after the other, of which the
    /// call has taken so many records and bytes of each row.
    #[inline]
    fn each_left(&self, came: &Came<'_>, taken: &[(f64, f64)], mut each: impl FnMut(Piece)) {
        let last = came.quanta.count - 1;
        if let ([row], [(taken, _)]) = (came.rows, taken) {
            let start = self.cell * last as f64;
            let mut piece = row.piece(last, (start, self.cell), came.moments[last]);
            piece.cut(*taken as i64 as u32);
            return each(piece);
        }
        let rows = || came.rows.iter().zip(taken);
        let all: f64 = rows().map(|(row, taken)| row.records[last] - taken.0).sum();
        let mut start = self.cell * (last as f64 + self.place);
        for (row, &(records, bytes)) in rows() {
            let left = row.records[last] - records;
            let length = self.cell * (1.0 - self.place) * (left / all);
            if left > 0.0 {
                let part = left / row.records[last];
                let mut rest = *row;
                (rest.records[last], rest.bytes[last]) = (left, row.bytes[last] - bytes);
                rest.longest[last] -= row.spread[last] * (1.0 - part);
                rest.spread[last] *= part;
                each(rest.piece(last, (start, length), came.moments[last] * (left / all)));
            }
            start += length;
        }
    }
}

impl Passing {
    /// Takes what calls find that are as `steady` says, and tells `each` what they bring, and
    /// `full` of what has been processed where there is too much to be kept.
    #[inline]
    pub(in crate::model::consumer) fn take_steadily(
        &mut self,
        steady: &Steady,
        came: &Came<'_>,
        gaps: &mut random::Exponentials,
        mut each: impl FnMut(Brought),
        mut full: impl FnMut(&Handed),
    ) {
        let (count, last) = (came.quanta.count, came.quanta.count - 1);
        let before = (self.waits.0 as i64 as f64, self.waits.1 as i64 as f64);
        for piece in std::mem::take(&mut self.first)..self.pieces.len() {
            let Piece { records, bytes, born, .. } = self.pieces[piece];
            self.hand_over((records, bytes), (steady.at - born.0, born.1), &mut full);
        }
        self.pieces.clear();
        let Some(newest) = came.rows.last() else { return };
        let mut taken = [(0.0, 0.0); ROWS_MAX];
        let mut split = |rows: &Rows, taken: &mut (f64, f64)| {
            let (come, handed) = steady.split(rows, last);
            *taken = (come.records[last], come.bytes[last]);
            let apart = 2.0 * (steady.cell + rows.spread[0]) / came.least;
            for handed in &handed {
                self.join(handed, apart, &mut full);
            }
            come
        };
        let mut new = split(&came.rows[0], &mut taken[0]);
        let sums;
        let (all, bytes) = if let [only] = came.rows {
            (&only.records, &only.bytes)
        } else {
            let mut both = (came.rows[0].records, came.rows[0].bytes);
            for (rows, taken) in came.rows.iter().zip(&mut taken).skip(1) {
                let come = split(rows, taken);
                add(&mut both.0, &rows.records);
                add(&mut both.1, &rows.bytes);
                add(&mut new.records, &come.records);
                add(&mut new.bytes, &come.bytes);
            }
            sums = both;
            (&sums.0, &sums.1)
        };
        let ages = steady.ages((came, all, &new.records), &newest.phase, gaps).map(whole);
        let records = brought((before.0, all), &new.records).map(whole);
        let bytes = brought((before.1, bytes), &new.bytes).map(whole);
        for quantum in 0..count {
            self.taken += records[quantum];
            each(Brought {
                records: records[quantum] as u32,
                bytes: bytes[quantum],
                age: ages[quantum],
            });
        }
        self.waits = (0, 0);
        steady.each_left(came, &taken[..came.rows.len()], |piece| self.take_in(piece));
    }

    /// Counts what was processed together with others of about the same ages.
    #[inline]
    fn join(&mut self, more: &Handed, apart: f64, full: &mut impl FnMut(&Handed)) {
        if more.records == 0 {
            return;
        }
        let n = more.records as i64 as f64;
        let ages = (more.first / n, more.last / n);
        let is_like = |it: &Handed| it.is_like(ages);
        let place = match self.handed[..self.kinds].iter().position(is_like) {
            Some(place) => place,
            None => self.another((ages.0, ages.1, apart), full),
        };
        let handed = &mut self.handed[place];
        handed.records += more.records;
        handed.bytes += more.bytes;
        handed.first += more.first;
        handed.last += more.last;
    }
}

/// What calls bring where so many waited before, so many come in each quantum, and so many of these
/// are new: what was left of the quantum before, and what is new.
#[inline]
fn brought((before, all): (f64, &Column), new: &Column) -> Column {
    let mut brought = *new;
    brought[0] += before;
    for quantum in 1..QUANTA_MAX {
        brought[quantum] += all[quantum - 1] - new[quantum - 1];
    }
    brought
}

/// Rows of records that are told apart at most.
pub(in crate::model) const ROWS_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::cohort::Cohort;
    use crate::model::consumer::row::Quanta;
    use crate::time::Span;

    const SECOND: Span = Span::from_s(1);

    fn gaps() -> random::Exponentials {
        random::Exponentials::new(random::Stream::named(1, 0, "gaps"))
    }

    /// Ten quanta of a second; in each so many records of 7 bytes, where they stand, and between
    /// which times they have waited (ns).
    fn rows(counts: &[(u32, f64)], waits: (f64, f64)) -> Rows {
        let mut rows = Rows::NONE;
        for (quantum, &(records, phase)) in counts.iter().enumerate() {
            let records = f64::from(records);
            rows.come(quantum, (records, records * 7.0));
            rows.wait(quantum, waits);
            rows.phase[quantum] = phase;
        }
        rows
    }

    fn came<'a>(rows: &'a [Rows], moments: &'a Column) -> Came<'a> {
        let from = Instant::from_s(20);
        let all = |quantum: usize| rows.iter().map(|row| row.records[quantum]).sum::<f64>();
        let each = || (0..QUANTA_MAX).map(all);
        let most = each().fold(0.0, f64::max);
        Came {
            quanta: Quanta { from, cell: SECOND, count: QUANTA_MAX },
            at: from,
            rows,
            moments,
            least: each().fold(f64::INFINITY, f64::min),
            most: (most, most * 7.0),
        }
    }

    /// What is left of a quantum before those of `rows`, that was like the first of them, after a
    /// call at `first`.
    fn before(rows: &Rows, first: f64) -> Piece {
        let mut piece = rows.piece(0, (-1e9, 1e9), rows.records[0]);
        piece.cut(piece.visible_at(first - 1e9));
        piece
    }

    proptest! {
        /// Calls that are looked at together bring what they bring one by one, to within the record
        /// that comes at that very moment; and what is handed over and left is as old.
        #[test]
        fn calls_together_are_calls_one_by_one(
            counts in prop::collection::vec((100_u32..900, 0.0..1.0), QUANTA_MAX),
            (shortest, spread, place) in (0.0..5e7, 0.0..5e7, 20_u64..980),
        ) {
            let rows = [rows(&counts, (shortest, shortest + spread))];
            let moments = rows[0].records;
            let came = came(&rows, &moments);
            let (begun, first) = (came.quanta.from, came.quanta.from + Span::from_ms(place));
            let [mut one, mut other] = [Passing::new(), Passing::new()];
            for passing in [&mut one, &mut other] {
                passing.begin(begun);
                passing.take_in(before(&rows[0], from(begun, first)));
            }
            let mut together = Vec::new();
            let steady = Steady::of(&one, &came, first).expect("they are one like the other");
            let brought = |brought| together.push(brought);
            one.take_steadily(&steady, &came, &mut gaps(), brought, |_| unreachable!());
            let mut chance = gaps();
            for (quantum, brought) in together.iter().enumerate() {
                came.each_piece(quantum, |piece| other.take_in(piece));
                let now = first + SECOND.times(quantum as u64);
                let (records, bytes, age) = other.take(now, &mut chance, |_| ());
                prop_assert!(records.abs_diff(brought.records) <= 1);
                prop_assert!(bytes.abs_diff(brought.bytes) <= 20);
                prop_assert!(age.as_ns().abs_diff(brought.age) < 10);
            }
            let sums = |passing: &Passing| {
                passing.handed().iter().fold((0, 0, 0.0), |sum, it| {
                    (sum.0 + it.records, sum.1 + it.bytes, sum.2 + f64::midpoint(it.first, it.last))
                })
            };
            let (left, right) = (sums(&one), sums(&other));
            prop_assert_eq!(one.taken(), left.0);
            prop_assert!(left.0.abs_diff(right.0) <= 1 && left.1.abs_diff(right.1) <= 20);
            prop_assert!((left.2 / right.2 - 1.0).abs() < 1e-3);
            let [one, other] = [&one, &other].map(|it| it.left().next().expect("some are left"));
            prop_assert!(one.records.abs_diff(other.records) <= 1);
            let near = |one: Instant, other: Instant| one.as_ns().abs_diff(other.as_ns());
            prop_assert!(near(one.born.end(), other.born.end()) < 20);
            prop_assert!(near(one.visible.end(), other.visible.end()) < 20);
        }

        /// Of several kinds of records all that come are taken or left, to the byte, and none is
        /// taken younger than it was when it came.
        #[test]
        fn all_kinds_are_taken_or_left(
            counts in prop::collection::vec((0_u32..90, 0.0..1.0), QUANTA_MAX),
            others in prop::collection::vec((100_u32..900, 0.0..1.0), QUANTA_MAX),
            place in 20_u64..980,
        ) {
            let rows = [rows(&counts, (1e9, 3e9)), rows(&others, (0.0, 0.0))];
            let came = came(&rows, &[0.0; QUANTA_MAX]);
            let mut passing = Passing::new();
            passing.begin(came.quanta.from);
            let first = came.quanta.from + Span::from_ms(place);
            let steady = Steady::of(&passing, &came, first).expect("nothing waits before them");
            let (mut records, mut bytes) = (0, 0);
            let brought = |it: Brought| {
                (records, bytes) = (records + u64::from(it.records), bytes + it.bytes);
                assert!(it.age < 2_000_000_000 / 100, "{it:?}");
            };
            passing.take_steadily(&steady, &came, &mut gaps(), brought, |_| unreachable!());
            let left: Vec<Cohort> = passing.left().collect();
            let left = left.iter().fold((0, 0), |sum, it| {
                (sum.0 + u64::from(it.records), sum.1 + it.bytes)
            });
            let all: u64 = counts.iter().chain(&others).map(|it| u64::from(it.0)).sum();
            prop_assert_eq!((records + left.0, bytes + left.1), (all, all * 7));
            prop_assert_eq!(passing.taken(), records);
            let handed = passing.handed().iter().fold((0, 0), |sum, it| {
                (sum.0 + it.records, sum.1 + it.bytes)
            });
            prop_assert_eq!(handed, (records, bytes));
            for it in passing.handed() {
                let last = it.last / it.records as f64;
                // The first kind had waited up to three seconds when it came.
                prop_assert!((-1e7..4.1e9).contains(&last), "{it:?}");
            }
        }
    }

    /// A call that finds all of its quantum, or none, and one that does not find all that was
    /// before, are no such calls.
    #[test]
    fn other_calls_are_told_apart() {
        let rows = [rows(&[(500, 0.5); QUANTA_MAX], (0.0, 0.0))];
        let moments = rows[0].records;
        let came = came(&rows, &moments);
        let is_steady = |ms: u64, later: f64| {
            let mut passing = Passing::new();
            passing.begin(came.quanta.from);
            let first = came.quanta.from + Span::from_ms(ms);
            let mut piece = before(&rows[0], 5e8);
            piece.visible.0 += later;
            passing.take_in(piece);
            Steady::of(&passing, &came, first).is_some()
        };
        assert!(is_steady(500, 0.0) && is_steady(10, 0.0) && is_steady(990, 0.0));
        assert!(!is_steady(0, 0.0) && !is_steady(999, 0.0) && !is_steady(500, 1e9));
    }
}
