//! What comes to a shard in several quanta in a row.

use crate::model::consumer::column::{Column, NONE, QUANTA_MAX};
use crate::model::consumer::passing::Piece;
use crate::rounding::whole;
use crate::time::{Instant, Span};

/// Quanta in a row, which are counted from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::model) struct Quanta {
    pub(in crate::model) from: Instant,
    pub(in crate::model) cell: Span,
    /// How many: at most [`QUANTA_MAX`].
    pub(in crate::model) count: usize,
}

/// Records that come to a shard, quantum by quantum: in floats, as whole numbers of this size are
/// exact in them, and a processor works on several at a time.
///
/// They come as evenly as a river: the k-th of n, from 0, after `phase` + k n-ths of the quantum.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Rows {
    /// How many come.
    pub(in crate::model) records: Column,
    pub(in crate::model) bytes: Column,
    /// 0 to 1.
    pub(in crate::model) phase: Column,
    /// How long those had waited since their birth that had waited longest (ns), and by how much
    /// less those that had waited shortest: evenly from the first to the last.
    pub(in crate::model) longest: Column,
    pub(in crate::model) spread: Column,
}

/// All that comes to a shard in several quanta, and nothing in those behind: records of the same
/// kind in a row each, those that are older first.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Came<'a> {
    pub(in crate::model) quanta: Quanta,
    /// When it is stated, before all that comes later.
    pub(in crate::model) at: Instant,
    pub(in crate::model) rows: &'a [Rows],
    /// At how many moments those of a quantum come, as
    /// [`Cohort::moments`](crate::model::cohort::Cohort::moments) has it.
    pub(in crate::model) moments: &'a Column,
    /// Records of the quantum with the fewest, and of that with the most, and its bytes.
    pub(in crate::model) least: f64,
    pub(in crate::model) most: (f64, f64),
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

    /// From quantum number `quantum` on.
    pub(in crate::model) fn after(&self, quantum: usize) -> Self {
        Self { from: self.start(quantum), count: self.count - quantum, ..*self }
    }
}

impl Rows {
    /// Nothing comes.
    pub(in crate::model) const NONE: Self =
        Self { records: NONE, bytes: NONE, phase: NONE, longest: NONE, spread: NONE };

    /// Nothing comes from quantum number `quantum` on.
    #[inline]
    pub(in crate::model) fn end(&mut self, quantum: usize) {
        for quantum in quantum..QUANTA_MAX {
            self.come(quantum, (0.0, 0.0));
        }
    }

    /// How many records and bytes come in a quantum.
    #[inline]
    pub(in crate::model) fn come(&mut self, quantum: usize, (records, bytes): (f64, f64)) {
        (self.records[quantum], self.bytes[quantum]) = (records, bytes);
    }

    /// How long they have waited (ns): the shortest, and the longest.
    #[inline]
    pub(in crate::model) fn wait(&mut self, quantum: usize, (shortest, longest): (f64, f64)) {
        (self.longest[quantum], self.spread[quantum]) = (longest, longest - shortest);
    }
}

impl Came<'_> {
    /// What comes in quantum number `quantum`, one row after the other.
    pub(super) fn each_piece(&self, quantum: usize, mut each: impl FnMut(Piece)) {
        let cell = self.quanta.cell.as_ns() as i64 as f64;
        let all: f64 = self.rows.iter().map(|row| row.records[quantum]).sum();
        let mut before = 0.0;
        for row in self.rows {
            let records = row.records[quantum];
            if records > 0.0 {
                let start = cell * (quantum as f64 + before / all);
                let moments = self.moments[quantum] * (records / all);
                each(row.piece(quantum, (start, cell * (records / all)), moments));
            }
            before += records;
        }
    }
}

impl Rows {
    /// What comes in quantum number `quantum`, within this time from the first quantum on (ns).
    pub(super) fn piece(&self, quantum: usize, (start, length): (f64, f64), moments: f64) -> Piece {
        let (records, phase) = (self.records[quantum], self.phase[quantum]);
        let (part, longest) = (1.0 / records, self.longest[quantum]);
        let (step, spread) = (length * part, self.spread[quantum] * part);
        let visible = (start + step * phase, step);
        Piece {
            records: whole(records) as u32,
            moments: moments as i64 as u32,
            bytes: whole(self.bytes[quantum]),
            born: (visible.0 + spread * phase - longest, step + spread),
            visible,
            per_ns: records / length,
        }
    }
}
