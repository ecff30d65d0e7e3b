//! What comes to a shard in several quanta in a row.

use crate::model::consumer::passing::Piece;
use crate::time::{Instant, Span};

/// Quanta in a row, which are counted from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::model) struct Quanta {
    pub(in crate::model) from: Instant,
    pub(in crate::model) cell: Span,
    /// How many: at most [`QUANTA_MAX`].
    pub(in crate::model) count: usize,
}

/// As many quanta as are ever played in a row.
pub(in crate::model) const QUANTA_MAX: usize = 10;

/// Records that come to a shard, quantum by quantum: in floats, as whole numbers of this size are
/// exact in them, and a processor works on several at a time.
///
/// They come as evenly as a river: the k-th of n, from 0, after `phase` + k n-ths of the quantum.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Rows {
    pub(in crate::model) quanta: Quanta,
    /// How many come.
    pub(super) records: Column,
    /// [`Cohort::moments`](crate::model::cohort::Cohort::moments).
    pub(super) moments: Column,
    pub(super) bytes: Column,
    /// 0 to 1.
    pub(super) phase: Column,
    /// How long those had waited since their birth that had waited longest (ns), and by how much
    /// less those that had waited shortest: evenly from the first to the last.
    pub(super) longest: Column,
    pub(super) spread: Column,
    /// Records of all quanta, of that with the fewest, and of that with the most.
    pub(in crate::model) sum: u64,
    pub(in crate::model) least: u32,
    pub(in crate::model) most: u32,
    /// Bytes of all quanta, and of that with the most.
    pub(in crate::model) sum_bytes: u64,
    pub(in crate::model) most_bytes: u64,
}

/// A number for each quantum.
pub(super) type Column = [f64; QUANTA_MAX];

/// What comes in one quantum.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Row {
    /// How many.
    pub(in crate::model) records: u32,
    pub(in crate::model) moments: u32,
    pub(in crate::model) bytes: u64,
    pub(in crate::model) phase: f64,
    /// How long those had waited that had waited shortest and longest (ns).
    pub(in crate::model) waits: (u64, u64),
}

impl Quanta {
    /// When quantum number `quantum` begins.
    #[inline]
    pub(in crate::model) fn start(&self, quantum: usize) -> Instant {
        self.from + self.cell.times(quantum as u64)
    }

    /// When the last of them is over.
    #[inline]
    pub(in crate::model) fn end(&self) -> Instant {
        self.start(self.count)
    }
}

impl Rows {
    /// No quantum yet.
    pub(in crate::model) const NONE: Self = Self {
        quanta: Quanta { from: Instant::ZERO, cell: Span::ZERO, count: 0 },
        records: [0.0; QUANTA_MAX],
        moments: [0.0; QUANTA_MAX],
        bytes: [0.0; QUANTA_MAX],
        phase: [0.0; QUANTA_MAX],
        longest: [0.0; QUANTA_MAX],
        spread: [0.0; QUANTA_MAX],
        sum: 0,
        least: u32::MAX,
        most: 0,
        sum_bytes: 0,
        most_bytes: 0,
    };

    /// Begins anew: no quantum of `cell` from `from` on yet.
    #[inline]
    pub(in crate::model) fn begin(&mut self, from: Instant, cell: Span) {
        self.quanta = Quanta { from, cell, count: 0 };
        (self.sum, self.least, self.most) = (0, u32::MAX, 0);
        (self.sum_bytes, self.most_bytes) = (0, 0);
    }

    /// Nothing comes in the next quantum.
    #[inline]
    pub(in crate::model) fn push_none(&mut self) {
        self.records[self.quanta.count] = 0.0;
        self.quanta.count += 1;
        self.least = 0;
    }

    /// What comes in the next quantum.
    #[inline]
    pub(in crate::model) fn push(&mut self, row: &Row) {
        let (quantum, float) = (self.quanta.count, |n: u64| n as i64 as f64);
        let (shortest, longest) = row.waits;
        self.records[quantum] = row.records.into();
        self.moments[quantum] = row.moments.into();
        self.bytes[quantum] = float(row.bytes);
        self.phase[quantum] = row.phase;
        self.longest[quantum] = float(longest);
        self.spread[quantum] = float(longest - shortest);
        self.quanta.count = quantum + 1;
        (self.sum, self.sum_bytes) =
            (self.sum + u64::from(row.records), self.sum_bytes + row.bytes);
        (self.least, self.most) = (self.least.min(row.records), self.most.max(row.records));
        self.most_bytes = self.most_bytes.max(row.bytes);
    }

    /// What comes in quantum number `quantum`, if anything does.
    pub(super) fn piece(&self, quantum: usize) -> Option<Piece> {
        let (records, phase) = (self.records[quantum], self.phase[quantum]);
        if records <= 0.0 {
            return None;
        }
        let (whole, cell) = (|x: f64| x as i64 as u64, self.quanta.cell.as_ns() as i64 as f64);
        let (part, longest) = (1.0 / records, self.longest[quantum]);
        let (step, spread) = (cell * part, self.spread[quantum] * part);
        let visible = (cell * quantum as f64 + step * phase, step);
        let born = (visible.0 + spread * phase - longest, step + spread);
        Some(Piece {
            records: whole(records) as u32,
            moments: whole(self.moments[quantum]) as u32,
            bytes: whole(self.bytes[quantum]),
            born,
            visible,
            per_ns: records / cell,
        })
    }
}
