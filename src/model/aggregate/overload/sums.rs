//! What came to shards that were followed.

use super::lanes::{Lanes, Waits, larger, sum};
use crate::model::aggregate::crowd::{Crowd, Waited};
use crate::model::consumer::ROWS_MAX;
use crate::rounding::whole;

/// What came to shards in a quantum.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::aggregate) struct Sums {
    /// Records and bytes.
    pub(in crate::model::aggregate) offered: (f64, f64),
    pub(in crate::model::aggregate) lost: (f64, f64),
    /// By attempt.
    pub(in crate::model::aggregate) attempts: [f64; ROWS_MAX],
    pub(in crate::model::aggregate) attempted_bytes: f64,
    /// By attempt.
    pub(in crate::model::aggregate) stored: [Kept; ROWS_MAX],
    pub(in crate::model::aggregate) stored_bytes: f64,
    /// Retries that need tokens, and those that find some.
    pub(in crate::model::aggregate) asked: f64,
    pub(in crate::model::aggregate) granted: f64,
}

/// Records that were stored at some attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::model::aggregate) struct Kept {
    pub(in crate::model::aggregate) records: f64,
    /// Sums of what they had waited (ns) and of its square (ns^2).
    waited: f64,
    squares: f64,
}

/// What shards came to in all their quanta: records and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) offered: (Lanes, Lanes),
    pub(super) attempted: (Lanes, Lanes),
    pub(super) stored: (Lanes, Lanes),
    /// Attempts in the quantum with the most of them, and their bytes.
    pub(super) most: (Lanes, Lanes),
}

impl Tally {
    /// Records and bytes of one quantum more.
    #[inline]
    pub(super) fn add(
        &mut self,
        offered: (Lanes, Lanes),
        attempted: (Lanes, Lanes),
        stored: (Lanes, Lanes),
    ) {
        let sum = |a: (Lanes, Lanes), b: (Lanes, Lanes)| (a.0 + b.0, a.1 + b.1);
        self.offered = sum(self.offered, offered);
        self.attempted = sum(self.attempted, attempted);
        self.stored = sum(self.stored, stored);
        self.most = (larger(self.most.0, attempted.0), larger(self.most.1, attempted.1));
    }
}

impl Kept {
    /// So many more, which have waited so long.
    #[inline]
    pub(super) fn add(&mut self, records: Lanes, Waits { mean, variance }: Waits) {
        self.records += sum(records);
        self.waited += sum(records * mean);
        self.squares += sum(records * (variance + mean * mean));
    }

    /// How long they have waited.
    pub(in crate::model::aggregate) fn law(&self) -> Waited {
        let mean = self.waited / self.records;
        Waited { mean, variance: (self.squares / self.records - mean * mean).max(0.0) }
    }
}

impl Sums {
    pub(super) const NONE: Self = Self {
        offered: (0.0, 0.0),
        lost: (0.0, 0.0),
        attempts: [0.0; ROWS_MAX],
        attempted_bytes: 0.0,
        stored: [Kept { records: 0.0, waited: 0.0, squares: 0.0 }; ROWS_MAX],
        stored_bytes: 0.0,
        asked: 0.0,
        granted: 0.0,
    };

    /// So many records and bytes are given up.
    #[inline]
    pub(super) fn lose(&mut self, records: Lanes, bytes: Lanes) {
        self.lost = (self.lost.0 + sum(records), self.lost.1 + sum(bytes));
    }

    /// Records that were stored, but not at the first attempt.
    pub(in crate::model::aggregate) fn again(&self) -> f64 {
        self.stored[1..].iter().map(|kept| kept.records).sum()
    }

    /// Records and bytes that were given up.
    pub(in crate::model::aggregate) fn given_up(&self) -> Crowd {
        let (records, bytes) = self.lost;
        let (records, bytes) = (whole(records) as u32, whole(bytes));
        Crowd { records, bytes, ..Crowd::NONE }
    }
}
