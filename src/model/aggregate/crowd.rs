//! Records that a shard is offered together.

use crate::model::aggregate::pressure::Load;
use crate::model::cohort::{Cohort, KeyGroup, Window, part};
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
    /// Calls that bring them, as a record sees them: all over the number in a record's call.
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
    #[inline]
    pub(super) fn split(self, k: u32) -> (Self, Self) {
        if k == 0 || k >= self.records {
            let none = Self { waited: self.waited, ..Self::NONE };
            return if k == 0 { (none, self) } else { (self, none) };
        }
        let of = |total| part(total, k, self.records);
        let calls = self.calls * (f64::from(k) / f64::from(self.records));
        let bytes = of(self.bytes);
        // Where nothing is rounded up, a division is saved.
        let charged = if self.charged == self.bytes { bytes } else { of(self.charged) };
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
    #[inline]
    pub(super) fn join(&mut self, other: &Self) {
        if other.records == 0 {
            return;
        }
        if self.records == 0 {
            *self = *other;
            return;
        }
        let (n, m) = (f64::from(self.records), f64::from(other.records));
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

    /// At how many moments they come. Records see large calls more often than small ones: with
    /// Poisson numbers in a call, m in the mean, a record has m others and there are 1 - e^-m calls
    /// that have any for m records.
    pub(super) fn arrivals(&self) -> f64 {
        let records = f64::from(self.records);
        if self.calls >= records {
            return records;
        }
        let others = records / self.calls - 1.0;
        if others < 1e-6 {
            return records;
        }
        records * -libm::expm1(-others) / others
    }

    /// The same in so many calls, at least one and at most one a record.
    pub(super) fn in_calls(self, calls: f64) -> Self {
        Self { calls: calls.min(f64::from(self.records)).max(1.0), ..self }
    }

    /// The same after waiting some more.
    pub(super) fn after(self, more: Waited) -> Self {
        Self { waited: self.waited.and(more), ..self }
    }

    /// As they are stored, spread evenly over `window`. `phase` (0 to 1) is where within its part
    /// of the window, and of the waits, each of them stands.
    #[inline]
    pub(super) fn stored(&self, window: Window, phase: f64) -> Cohort {
        let (start, length) = (window.start.as_ns(), window.length.as_ns());
        let part = phase / f64::from(self.records);
        let step = |whole: u64| (whole as i64 as f64 * part) as i64 as u64;
        // A single record stands at one moment, and so has waited a single time.
        let single = self.records == 1;
        let window = |start, length| Window {
            start: Instant::from_ns(start),
            length: Span::from_ns(if single { 0 } else { length }),
        };
        let visible = start + step(length);
        let born = if self.waited.mean <= 0.0 {
            window(visible, length)
        } else {
            let (shortest, longest) = self.waited.bounds();
            let born = (visible + step(longest - shortest)).saturating_sub(longest);
            window(born, length + longest - shortest)
        };
        Cohort {
            records: self.records,
            moments: 0,
            key: KeyGroup::UNKNOWN,
            user_records: u64::from(self.records),
            bytes: self.bytes,
            born,
            visible: window(visible, length),
        }
    }

    /// How long the first and the last of them have waited, with the same `phase`.
    #[inline]
    pub(super) fn waits(&self, phase: f64) -> (Span, Span) {
        if self.waited.mean <= 0.0 {
            return (Span::ZERO, Span::ZERO);
        }
        let (shortest, longest) = self.waited.bounds();
        let step = (longest - shortest) as f64 / f64::from(self.records.max(1));
        let after = |steps: f64| Span::from_ns(longest - (step * steps) as u64);
        (after(phase), after(phase + f64::from(self.records.saturating_sub(1))))
    }
}

impl Waited {
    /// The same, and some more.
    #[inline]
    pub(super) fn and(self, more: Self) -> Self {
        Self { mean: self.mean + more.mean, variance: self.variance + more.variance }
    }

    /// The shortest and the longest of an even spread with these moments (ns).
    #[inline]
    pub(super) fn spread(self) -> (f64, f64) {
        if self.mean <= 0.0 {
            return (0.0, 0.0);
        }
        // Few that came together may spread wider than their mean: the mean is what must hold.
        let half = (3.0 * self.variance).sqrt();
        let half = if half < self.mean { half } else { self.mean };
        (self.mean - half, self.mean + half)
    }

    /// The same in whole nanoseconds.
    pub(super) fn bounds(self) -> (u64, u64) {
        let (shortest, longest) = self.spread();
        (shortest as u64, longest as u64)
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

    /// Four in a window of 400: each in the middle of its hundred. Waits from 100 to 300, of mean
    /// 200 and variance 200^2 / 12, fall from 275 to 125.
    #[test]
    fn what_is_stored_is_spread_over_its_window() {
        let window = Window { start: Instant::from_ns(1_600), length: Span::from_ns(400) };
        let moments = |cohort: &Cohort| -> Vec<(u64, u64)> {
            let moment = |k| (cohort.visible.time_of(k, 4).as_ns(), cohort.time_of(k).as_ns());
            (0..4).map(moment).map(|(visible, born)| (visible, visible - born)).collect()
        };
        let cohort = crowd(4, 0.0, 0.0).stored(window, 0.5);
        assert_eq!(moments(&cohort), [(1_650, 0), (1_750, 0), (1_850, 0), (1_950, 0)]);
        let waiting = crowd(4, 200.0, 40_000.0 / 12.0);
        let cohort = waiting.stored(window, 0.5);
        assert_eq!(moments(&cohort), [(1_650, 275), (1_750, 225), (1_850, 175), (1_950, 125)]);
        assert_eq!(waiting.waits(0.5), (Span::from_ns(275), Span::from_ns(125)));
        let one = crowd(1, 200.0, 40_000.0 / 12.0).stored(window, 0.25);
        assert_eq!(one.visible, Window::at(Instant::from_ns(1_700)));
        assert_eq!(one.born, Window::at(Instant::from_ns(1_450)));
    }
}
