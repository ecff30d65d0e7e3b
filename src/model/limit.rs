//! The limits of one shard: what it takes in (KDS-W01, KDS-W02) and gives out (KDS-R01, KDS-R02).
//!
//! Levels are whole numbers of unit x nanoseconds, so that refilling is one multiplication and
//! never rounds.

use crate::model::facts;
use crate::model::plan::{Enforcer, ReadPlan, WritePlan};
use crate::time::{Instant, NS_PER_S, Span};

/// The write limits of every shard of a stream: records and bytes, whichever is hit first.
#[derive(Clone, Debug)]
pub struct WriteLimit {
    records: Bucket,
    bytes: Bucket,
    /// No record needs more than this of the bucket of bytes (D8).
    need_max: i64,
    windowed: bool,
}

/// How much of its limits one shard has left.
///
/// Twenty-four bytes: thousands of shards stay in the cache.
#[derive(Clone, Copy, Debug)]
pub struct WriteLevel {
    /// Moment of the levels; for windows, when the window began.
    at: Instant,
    records: i64,
    bytes: i64,
}

/// What a shard can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Records.
    pub records: f64,
    /// Bytes as they are charged.
    pub bytes: f64,
}

/// What a full level takes in, and is full again after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plenty {
    /// Records at most.
    records: f64,
    /// Bytes at most, as they are charged.
    bytes: f64,
    /// A record for so many squares of bytes at least [bytes^2].
    bytes_each: f64,
    /// So many records, or bytes, are more than comes in, by a millionth and more.
    over: (f64, f64),
}

/// A path of so many random steps, each of the same size, hardly ever goes down by all that is
/// there at first: where that is m of them, n do it with a chance of e^(-2 m^2 / n).
const STEEP: f64 = 15.0;

impl Plenty {
    /// Whether so many records that are charged so many bytes all get in, and no more than comes in
    /// meanwhile.
    #[inline]
    #[must_use]
    pub fn covers(&self, (records, charged): (f64, f64)) -> bool {
        // All at once: many are looked at side by side.
        let (few, small) = (records < self.records, charged <= self.bytes);
        let steep = records * self.bytes_each > charged * charged;
        few & small & steep
    }

    /// Whether so many records and bytes are more than comes in, by a millionth and more.
    #[inline]
    #[must_use]
    pub fn is_passed(&self, (records, bytes): (f64, f64)) -> bool {
        records >= self.over.0 || bytes >= self.over.1
    }
}

/// The longest quantum there is, and a bit.
const QUANTUM_MAX: Span = Span::from_s(61);

impl WriteLevel {
    /// Something of it, whatever it means.
    #[inline(always)]
    #[must_use]
    pub fn glance(&self) -> u64 {
        self.at.as_ns()
    }
}

impl WriteLimit {
    /// The limits a plan asks for.
    #[must_use]
    pub fn new(plan: &WritePlan) -> Self {
        let (records, bytes, windowed) = match plan.enforcer {
            Enforcer::TokenBucket { records, bytes } => (records, bytes, false),
            Enforcer::FixedWindow => (plan.records_per_s, plan.bytes_per_s, true),
        };
        let need_max = tokens(facts::RECORD_BYTES_DEFAULT.0.min(bytes));
        Self {
            records: Bucket::new(plan.records_per_s, records),
            bytes: Bucket::new(plan.bytes_per_s, bytes),
            need_max,
            windowed,
        }
    }

    /// The level of a shard that has just opened: full (D8).
    #[must_use]
    pub fn full(&self, at: Instant) -> WriteLevel {
        WriteLevel { at, records: self.records.capacity, bytes: self.bytes.capacity }
    }

    /// How many of `n` records offered at `now` get in, in their order; `cost_of(k)` is what the
    /// first `k` are charged together (bytes).
    ///
    /// A record needs one record and its cost, at most 1 MiB, of bytes; it pays all or nothing and
    /// may leave a debt (D8). What is refused pays nothing (KDS-W22).
    #[inline(always)]
    pub fn admit(
        &self,
        level: &mut WriteLevel,
        now: Instant,
        n: u32,
        cost_of: impl Fn(u32) -> u64,
    ) -> u32 {
        self.refill(level, now);
        if n == 1 {
            // The same as below, without the search.
            let cost = tokens(cost_of(1));
            let fits = level.records >= tokens(1) && level.bytes >= self.need(cost);
            level.records -= if fits { tokens(1) } else { 0 };
            level.bytes -= if fits { cost } else { 0 };
            return u32::from(fits);
        }
        self.admit_some(level, n, cost_of)
    }

    /// Whether it counts anew in every second.
    #[must_use]
    pub fn is_windowed(&self) -> bool {
        self.windowed
    }

    /// What there is for a quantum that begins at `from`, and what comes on top in its course.
    #[inline]
    pub fn room(&self, level: &mut WriteLevel, from: Instant, length: Span) -> (Room, Room) {
        self.refill(level, from);
        let part = |units: i64| units as f64 / NS_PER_S as f64;
        let there = Room { records: part(level.records), bytes: part(level.bytes) };
        if self.windowed {
            return (there, Room { records: 0.0, bytes: 0.0 });
        }
        let rate = |bucket: &Bucket| part(bucket.rate) * length.as_ns() as f64;
        (there, Room { records: rate(&self.records), bytes: rate(&self.bytes) })
    }

    /// Whether a level that nothing is taken from is full at `at`. One that counts anew in every
    /// second is never called so.
    #[inline]
    #[must_use]
    pub fn is_full(&self, level: &WriteLevel, at: Instant) -> bool {
        let elapsed = at.since(level.at).as_ns();
        let is_full = |bucket: &Bucket, left| bucket.refilled(left, elapsed) == bucket.capacity;
        !self.windowed && is_full(&self.records, level.records) && is_full(&self.bytes, level.bytes)
    }

    /// What limits that are full take in as a matter of course, in a quantum of that length.
    #[must_use]
    pub fn plenty(&self, length: Span) -> Plenty {
        let seconds = (length.as_ns() / NS_PER_S) as i64;
        let there = |bucket: &Bucket| (bucket.capacity / NS_PER_S as i64) as f64;
        let coming = |bucket: &Bucket| (bucket.rate * seconds) as f64;
        let over = |bucket: &Bucket| bucket.rate as f64 * seconds as f64 * 1_000_001.0 / 1e6;
        let (records, bytes) = (there(&self.records), there(&self.bytes));
        Plenty {
            records: (records * records / STEEP).min(coming(&self.records)),
            bytes: coming(&self.bytes),
            bytes_each: bytes * bytes / STEEP,
            over: (over(&self.records), over(&self.bytes)),
        }
    }

    /// So much was stored in the course of that quantum.
    #[inline]
    pub fn pay(&self, level: &mut WriteLevel, length: Span, records: u64, bytes: u64) {
        let elapsed = length.as_ns();
        level.records -= tokens(records);
        level.bytes -= tokens(bytes);
        if !self.windowed {
            level.records = self.records.refilled(level.records, elapsed);
            level.bytes = self.bytes.refilled(level.bytes, elapsed);
            level.at = level.at + length;
        }
    }

    #[inline(never)]
    fn admit_some(&self, level: &mut WriteLevel, n: u32, cost_of: impl Fn(u32) -> u64) -> u32 {
        let k = most(n, |k| {
            level.records >= tokens(u64::from(k)) && self.lets_in(level.bytes, k, &cost_of)
        });
        level.records -= tokens(u64::from(k));
        level.bytes -= tokens(cost_of(k));
        k
    }

    #[inline]
    fn refill(&self, level: &mut WriteLevel, now: Instant) {
        if self.windowed {
            // KDS-W30, the alternative: windows start on whole seconds and forget what came before.
            if now.as_ns() / NS_PER_S != level.at.as_ns() / NS_PER_S {
                *level = self.full(now);
            }
        } else {
            let elapsed = now.since(level.at).as_ns();
            level.records = self.records.refilled(level.records, elapsed);
            level.bytes = self.bytes.refilled(level.bytes, elapsed);
            level.at = now;
        }
    }

    /// Whether the `k`-th record gets in after the `k` - 1 before it have paid.
    #[inline]
    fn lets_in(&self, level: i64, k: u32, cost_of: &impl Fn(u32) -> u64) -> bool {
        if k == 0 {
            return true;
        }
        let before = cost_of(k - 1);
        level >= tokens(before) + self.need(tokens(cost_of(k) - before))
    }

    /// What has to be there for a record of this cost.
    #[inline]
    fn need(&self, cost: i64) -> i64 {
        if self.windowed { cost } else { cost.min(self.need_max) }
    }
}

/// `n` whole units as a bucket counts them.
#[inline]
const fn tokens(n: u64) -> i64 {
    (n * NS_PER_S) as i64
}

/// The largest k up to `n` for which `fits` holds; it holds for 0, and for k if for k + 1.
#[inline]
pub(crate) fn most(n: u32, fits: impl Fn(u32) -> bool) -> u32 {
    if fits(n) {
        return n;
    }
    let (mut low, mut high) = (0, n);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// A steady refill up to a capacity. Levels may be negative: tokens owed.
#[derive(Clone, Debug)]
struct Bucket {
    /// [unit x ns].
    capacity: i64,
    /// [unit/s]: as many unit x ns a nanosecond.
    rate: i64,
    /// Time from the deepest debt to full (ns): longer waits are the same, and do not overflow.
    fill_ns: u64,
}

impl Bucket {
    fn new(per_s: u64, capacity: u64) -> Self {
        let (rate, capacity) = (per_s.max(1) as i64, tokens(capacity));
        // The deepest debt is one call's answer or one record, at most 10 MiB (KDS-R03, KDS-W09),
        // or what a quantum brings before it is over.
        let deepest = tokens(facts::GET_RECORDS_BYTES_MAX.0);
        let fill_ns = ((capacity + deepest) / rate + 1) as u64;
        // Twice that must not overflow, however high the rate.
        let quantum = QUANTUM_MAX.as_ns().min((i64::MAX / 4 / rate) as u64);
        Self { capacity, rate, fill_ns: fill_ns.max(quantum) }
    }

    #[inline]
    fn refilled(&self, level: i64, elapsed_ns: u64) -> i64 {
        (level + elapsed_ns.min(self.fill_ns) as i64 * self.rate).min(self.capacity)
    }
}

/// The read limits of one shard, shared by all that poll it.
#[derive(Clone, Debug)]
pub struct ReadLimit {
    calls: Bucket,
    bytes: Bucket,
    at: Instant,
    calls_left: i64,
    bytes_left: i64,
    /// GetShardIterator calls left, and when that was so.
    iterators: (Instant, i64),
}

impl ReadLimit {
    /// A limit that has not been used.
    #[must_use]
    pub fn new(plan: &ReadPlan) -> Self {
        // KDS-R09: a bucket of as many calls as a second allows. KDS-R08: likewise for bytes.
        let calls = Bucket::new(plan.calls_per_s, plan.calls_per_s);
        let bytes = Bucket::new(plan.bytes_per_s, plan.bytes_per_s);
        let (calls_left, bytes_left) = (calls.capacity, bytes.capacity);
        let iterators = (Instant::ZERO, tokens(facts::SHARD_ITERATORS_PER_S));
        Self { calls, bytes, at: Instant::ZERO, calls_left, bytes_left, iterators }
    }

    /// Whether GetShardIterator at `now` is answered: five a second on a shard, whoever calls
    /// (KDS-R11). Like GetRecords, a bucket as deep as a second, and refused calls cost nothing.
    pub fn iterator(&mut self, now: Instant) -> bool {
        let per_s = facts::SHARD_ITERATORS_PER_S;
        let (at, left) = self.iterators;
        let left = Bucket::new(per_s, per_s).refilled(left, now.since(at).as_ns());
        let answered = left >= tokens(1);
        self.iterators = (now, if answered { left - tokens(1) } else { left });
        answered
    }

    /// Whether a call at `now` is answered. A refused call costs nothing (KDS-R09).
    #[inline]
    pub fn call(&mut self, now: Instant) -> bool {
        let elapsed = now.since(self.at).as_ns();
        self.at = now;
        self.calls_left = self.calls.refilled(self.calls_left, elapsed);
        self.bytes_left = self.bytes.refilled(self.bytes_left, elapsed);
        let answered = self.calls_left >= tokens(1) && self.bytes_left > 0;
        if answered {
            self.calls_left -= tokens(1);
        }
        answered
    }

    /// Whether a call at `at`, and one so long after each other, finds all there can be if none
    /// brings more `bytes`.
    #[inline]
    #[must_use]
    pub fn is_ample(&self, at: Instant, every: Span, bytes: u64) -> bool {
        let elapsed = at.since(self.at).as_ns();
        let coming = |bucket: &Bucket| bucket.refilled(0, every.as_ns());
        self.calls.refilled(self.calls_left, elapsed) == self.calls.capacity
            && self.bytes.refilled(self.bytes_left, elapsed) == self.bytes.capacity
            && tokens(1) <= coming(&self.calls)
            && tokens(bytes) <= coming(&self.bytes)
    }

    /// Charges the answer's `bytes` (KDS-R08).
    ///
    /// Small answers draw on what was saved up. One that is larger than a second's worth forfeits
    /// it and is paid from now on, which gives the documented five seconds of refusals after an
    /// answer of 10 MiB (KDS-R05) whatever came before.
    #[inline]
    pub fn pay(&mut self, bytes: u64) {
        if tokens(bytes) > self.bytes.capacity {
            self.bytes_left = self.bytes_left.min(0);
        }
        self.bytes_left -= tokens(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::Rounding;

    const MIB: u64 = 1 << 20;
    use crate::time::Span;

    fn bucket_plan(records: u64, bytes: u64) -> WritePlan {
        WritePlan {
            records_per_s: 1_000,
            bytes_per_s: MIB,
            enforcer: Enforcer::TokenBucket { records, bytes },
            rounding: Rounding::None,
        }
    }

    #[test]
    fn takes_a_second_of_records_at_once_then_one_a_millisecond() {
        let limit = WriteLimit::new(&bucket_plan(1_000, MIB));
        let mut level = limit.full(Instant::ZERO);
        let admitted =
            (0..1_500).filter(|_| limit.admit(&mut level, Instant::ZERO, 1, u64::from) == 1);
        assert_eq!(admitted.count(), 1_000);
        let ms = |n| Instant::ZERO + Span::from_ms(n);
        assert_eq!(limit.admit(&mut level, Instant::from_ns(999_999), 1, u64::from), 0);
        assert_eq!(limit.admit(&mut level, ms(1), 1, u64::from), 1);
        assert_eq!(limit.admit(&mut level, ms(1), 1, u64::from), 0);
        assert_eq!(limit.admit(&mut level, ms(101), 500, u64::from), 100);
    }

    #[test]
    fn a_large_record_needs_one_mebibyte_and_leaves_a_debt() {
        // KDS-W25, KDS-W26: with the 10 MiB tank a 10 MiB record fits, small ones then wait.
        let limit = WriteLimit::new(&bucket_plan(1_000, 10 * MIB));
        let mut level = limit.full(Instant::ZERO);
        assert_eq!(limit.admit(&mut level, Instant::ZERO, 1, |k| u64::from(k) * 10 * MIB), 1);
        assert_eq!(limit.admit(&mut level, Instant::from_s(1), 1, |k| u64::from(k) * 2 * MIB), 1);
        // Now 1 MiB in debt: a byte gets in only after the second that pays it back.
        assert_eq!(limit.admit(&mut level, Instant::from_s(2), 1, u64::from), 0);
        assert_eq!(limit.admit(&mut level, Instant::from_ns(2_000_001_000), 1, u64::from), 1);
    }

    #[test]
    fn a_year_of_rest_does_not_overflow() {
        let limit = WriteLimit::new(&bucket_plan(1_000, MIB));
        let mut level = limit.full(Instant::ZERO);
        assert_eq!(limit.admit(&mut level, Instant::from_s(31_536_000), 2_000, u64::from), 1_000);
    }

    #[test]
    fn five_calls_a_second_and_five_seconds_after_ten_mebibytes() {
        let plan = ReadPlan { calls_per_s: 5, bytes_per_s: 2 * MIB };
        let mut limit = ReadLimit::new(&plan);
        assert_eq!((0..8).filter(|_| limit.call(Instant::ZERO)).count(), 5);
        assert!(limit.call(Instant::from_s(1)));
        limit.pay(10 * MIB);
        // KDS-R11: iterators have five calls of their own.
        let iterators = (0..8).filter(|_| limit.iterator(Instant::from_s(1))).count();
        assert_eq!((iterators, limit.iterator(Instant::from_ns(1_200_000_000))), (5, true));
        // KDS-R05, to the nanosecond: refused for 5 s, answered after.
        assert!(!limit.call(Instant::from_s(6)));
        assert!(limit.call(Instant::from_ns(6_000_000_001)));
    }
}
