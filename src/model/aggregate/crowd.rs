//! Records that a shard is offered together.

use crate::model::aggregate::pressure::Load;
use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::time::{Instant, Span};

/// Records of one producer, for one shard, at the same attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crowd {
    /// How many.
    pub(super) records: u32,
    /// Data and keys (bytes).
    pub(super) bytes: u64,
    /// What they are charged (bytes).
    pub(super) charged: u64,
    /// Calls that bring them: each some of them.
    pub(super) calls: f64,
    /// How long they have waited since they were born.
    pub(super) waited: Waited,
}

/// Times that records have waited: as evenly spread as their mean and variance say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Waited {
    /// Mean (ns).
    pub(super) mean: f64,
    /// Variance (ns^2).
    pub(super) variance: f64,
}

impl Crowd {
    /// Nobody.
    pub(super) const NONE: Self = Self {
        records: 0,
        bytes: 0,
        charged: 0,
        calls: 0.0,
        waited: Waited { mean: 0.0, variance: 0.0 },
    };

    /// The first `k` records and the rest, each with its part of the bytes.
    pub(super) fn split(self, k: u32) -> (Self, Self) {
        let part = |total: u64| {
            if k >= self.records {
                return total;
            }
            (u128::from(total) * u128::from(k) / u128::from(self.records.max(1))) as u64
        };
        let k = k.min(self.records);
        let calls = self.calls * f64::from(k) / f64::from(self.records.max(1));
        let (bytes, charged) = (part(self.bytes), part(self.charged));
        let first = Self { records: k, bytes, charged, calls, ..self };
        let rest = Self {
            records: self.records - k,
            calls: self.calls - calls,
            bytes: self.bytes - first.bytes,
            charged: self.charged - first.charged,
            ..self
        };
        (first, rest)
    }

    /// Others join: totals add up, and so do the moments of what they have waited.
    pub(super) fn join(&mut self, other: &Self) {
        let (n, m) = (f64::from(self.records), f64::from(other.records));
        if m == 0.0 {
            return;
        }
        let (a, b) = (self.waited, other.waited);
        let mean = (n * a.mean + m * b.mean) / (n + m);
        let apart = |it: Waited| it.variance + (it.mean - mean) * (it.mean - mean);
        self.waited = Waited { mean, variance: (n * apart(a) + m * apart(b)) / (n + m) };
        self.records += other.records;
        self.bytes += other.bytes;
        self.charged += other.charged;
        self.calls += other.calls;
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.join(&other);
        self
    }

    /// What it presses on a shard's limits with: bytes as they are charged, or records.
    pub(super) fn load(&self, by_bytes: bool) -> Load {
        let amount = if by_bytes { self.charged as f64 } else { f64::from(self.records) };
        Load { amount, calls: self.calls }
    }

    /// The same in so many calls, at least one and at most one a record.
    pub(super) fn in_calls(self, calls: f64) -> Self {
        Self { calls: calls.min(f64::from(self.records)).max(1.0), ..self }
    }

    /// The same after waiting some more.
    pub(super) fn after(self, more: Waited) -> Self {
        let Waited { mean, variance } = self.waited;
        let waited = Waited { mean: mean + more.mean, variance: variance + more.variance };
        Self { waited, ..self }
    }

    /// As they are stored, numbers `place` and following of `all` that a shard stores in `window`.
    pub(super) fn stored(&self, window: Window, place: u32, all: u32) -> Cohort {
        let (length, all) = (window.length.as_ns() as f64, f64::from(all));
        // Each in the middle of its part of the window.
        let start = window.start.as_ns() + (length * (f64::from(place) + 0.5) / all) as u64;
        let span = (length * f64::from(self.records) / all) as u64;
        let span = if self.records == 1 { 0 } else { span };
        let (shortest, longest) = self.waited.bounds();
        let born = start.saturating_sub(longest);
        let end = (start + span).saturating_sub(if span == 0 { longest } else { shortest });
        let window = |start, end: u64| Window {
            start: Instant::from_ns(start),
            length: Span::from_ns(end.saturating_sub(start)),
        };
        Cohort {
            records: self.records,
            key: KeyGroup::UNKNOWN,
            user_records: u64::from(self.records),
            bytes: self.bytes,
            born: window(born, end),
            visible: window(start, start + span),
        }
    }
}

impl Waited {
    /// The shortest and the longest of an even spread with these moments (ns).
    pub(super) fn bounds(self) -> (u64, u64) {
        let half = (3.0 * self.variance).sqrt();
        ((self.mean - half).max(0.0) as u64, (self.mean + half) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(records: u32, mean: f64, variance: f64) -> Crowd {
        let bytes = u64::from(records) * 100 + 7;
        let waited = Waited { mean, variance };
        Crowd { records, bytes, charged: 3 * bytes, calls: 4.0, waited }
    }

    #[test]
    fn parts_and_joins_keep_totals() {
        let whole = crowd(10, 5.0, 1.0);
        for k in [0, 1, 3, 10, 12] {
            let (first, rest) = whole.split(k);
            let mut again = first;
            again.join(&rest);
            assert_eq!((again.records, again.bytes, again.charged), (10, 1_007, 3_021));
        }
    }

    /// One in four waited 8, the others 0: mean 2, variance 12.
    #[test]
    fn moments_of_a_join_are_those_of_all() {
        let mut both = crowd(3, 0.0, 0.0);
        both.join(&crowd(1, 8.0, 0.0));
        assert!((both.waited.mean - 2.0).abs() < 1e-12);
        assert!((both.waited.variance - 12.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_stored_lies_in_its_part_of_the_window() {
        let window = Window { start: Instant::from_ns(1_000), length: Span::from_ns(1_000) };
        let cohort = crowd(4, 0.0, 0.0).stored(window, 6, 10);
        let moments: Vec<u64> = (0..4).map(|k| cohort.visible.time_of(k, 4).as_ns()).collect();
        assert_eq!(moments, [1_650, 1_750, 1_850, 1_950]);
        assert_eq!(cohort.born, cohort.visible);
        // Waits from 100 to 300: mean 200, variance 200^2 / 12.
        let cohort = crowd(4, 200.0, 40_000.0 / 12.0).stored(window, 6, 10);
        assert_eq!(cohort.born.start.as_ns(), 1_350);
        assert_eq!((cohort.born.start + cohort.born.length).as_ns(), 1_950);
        let one = crowd(1, 0.0, 0.0).stored(window, 0, 1);
        assert_eq!((one.visible, one.born), (Window::at(Instant::from_ns(1_500)), one.visible));
    }
}
