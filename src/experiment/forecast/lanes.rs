//! What a lane of a function takes, and what comes to each lane.

use crate::experiment::key_map::KeyMap;
use crate::model::events::BILLION;
use crate::model::hashing::HashRange;
use crate::model::plan::{DurationPlan, IntakePlan, LambdaPlan, ReaderPlan};
use crate::random::LogNormal;
use crate::time::Span;

/// How a lane of a function works: batch after batch, each as long as its mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lane {
    /// Records of a full batch.
    pub batch: u32,
    /// Records that an event has room for, by their mean size.
    pub room: u32,
    /// Time an invocation takes, whatever it is given (s).
    pub fixed_s: f64,
    /// How much longer for each record (s).
    pub per_record_s: f64,
    /// `Timeout` (s).
    pub timeout_s: f64,
    /// For how long records gather before they are handed over where a lane keeps up (s).
    pub gather_s: f64,
}

impl Lane {
    /// A lane of this function where a record has `bytes` on average, its key among them.
    pub(crate) fn new(reader: &ReaderPlan, lambda: &LambdaPlan, bytes: f64) -> Self {
        let payload = &lambda.payload;
        let data = (bytes as u64).saturating_sub(payload.key);
        let each = 4 * data.div_ceil(3) + payload.overhead;
        let room = payload.max.0.saturating_sub(payload.envelope) / each.max(1);
        let room = u32::try_from(room).unwrap_or(u32::MAX).max(1);
        let between = match &reader.intake {
            IntakePlan::Poll(poll) => poll.every,
            IntakePlan::FanOut(fan_out) => fan_out.pace,
        };
        Self {
            batch: lambda.batch_size.min(room),
            room,
            fixed_s: mean_s(&lambda.function.fixed),
            per_record_s: mean_s(&lambda.function.per_record),
            timeout_s: lambda.function.timeout.as_s(),
            gather_s: between.max(lambda.batching_window).as_s(),
        }
    }

    /// How long an invocation with so many records takes (s).
    pub(crate) fn invocation_s(&self, records: u32) -> f64 {
        self.fixed_s + f64::from(records) * self.per_record_s
    }

    /// Records a second with batches of so many.
    pub(crate) fn rate_of(&self, records: u32) -> f64 {
        f64::from(records) / self.invocation_s(records).max(f64::MIN_POSITIVE)
    }

    /// Whether an invocation with a full batch times out, as long as the mean is.
    pub(crate) fn times_out(&self) -> bool {
        self.invocation_s(self.batch) > self.timeout_s
    }

    /// Records of the largest batch that does not time out.
    pub(crate) fn in_time(&self) -> u32 {
        let most = (self.timeout_s - self.fixed_s) / self.per_record_s.max(f64::MIN_POSITIVE);
        most.clamp(0.0, f64::from(self.batch)) as u32
    }

    /// What the lane takes at most where so many records a second come to it: full batches, one
    /// after the other. Nothing, where those that gather take longer than the function may.
    pub(crate) fn capacity(&self, arrival_per_s: f64) -> f64 {
        if !self.times_out() {
            return self.rate_of(self.batch);
        }
        let usual = (arrival_per_s * self.gather_s).min(f64::from(self.batch));
        let in_time = self.in_time();
        if usual > f64::from(in_time) { 0.0 } else { self.rate_of(in_time) }
    }

    /// Invocations a second where so many records a second come, about: what gathers is handed over
    /// in batches; a lane that is behind works without a pause.
    pub(crate) fn invocations_per_s(&self, arrival_per_s: f64) -> f64 {
        let gathered = arrival_per_s * self.gather_s;
        if gathered <= 0.0 {
            return 0.0;
        }
        let full = self.rate_of(self.batch) / f64::from(self.batch);
        let batches = (gathered / f64::from(self.batch)).ceil();
        // Of times in which few records come, some bring none.
        let some = 1.0 - libm::exp(-gathered);
        (batches * some / self.gather_s).min(full)
    }

    /// Part of the time in which a lane is busy where so many records a second come, at least:
    /// with full batches.
    pub(crate) fn busy_least(&self, arrival_per_s: f64) -> f64 {
        (arrival_per_s / self.rate_of(self.batch)).min(1.0)
    }
}

/// What comes to each lane of each shard, in order [records/s]: what each shard stores, as the keys
/// part it, and of that what matches the filters. Without keys each lane has an equal part.
pub(crate) fn arrivals(
    map: Option<&KeyMap>,
    lambda: &LambdaPlan,
    factor: u32,
    stored: &[f64],
) -> Vec<f64> {
    let passes = lambda.passes as f64 / BILLION as f64;
    let map = map.filter(|map| map.ranges().len() == stored.len());
    let mut lanes = Vec::with_capacity(stored.len() * factor as usize);
    for (shard, stored) in stored.iter().enumerate() {
        let of_shard = map.map(|map| (map, map.ranges()[shard], map.on(map.ranges()[shard])));
        for lane in 0..factor {
            let part = match of_shard {
                Some((map, range, whole)) if whole.records > 0.0 => {
                    match slice(range, lane, factor) {
                        Some(slice) => (map.on(slice).records / whole.records).max(0.0),
                        None => 1.0 / f64::from(factor),
                    }
                }
                _ => 1.0 / f64::from(factor),
            };
            lanes.push(stored * passes * part);
        }
    }
    lanes
}

/// The hash keys of a lane (ESM-53); none where a shard has fewer of them than lanes.
pub(crate) fn slice(range: HashRange, lane: u32, factor: u32) -> Option<HashRange> {
    (range.end - range.start >= u128::from(factor)).then(|| range.slice(lane, factor))
}

/// The mean of a law (s).
pub(crate) fn mean_s(plan: &DurationPlan) -> f64 {
    match *plan {
        DurationPlan::Constant(time) | DurationPlan::Exponential { mean: time } => time.as_s(),
        DurationPlan::Uniform { min, max } => f64::midpoint(min.as_s(), max.as_s()),
        DurationPlan::LogNormal { median, p99 } => {
            let ns = |span: Span| span.as_ns() as f64;
            LogNormal::new(ns(median), ns(p99)).mean() / 1e9
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        Lane {
            batch: 200,
            room: 3_000,
            fixed_s: 0.04,
            per_record_s: 0.0012,
            timeout_s: 3.0,
            gather_s: 1.0,
        }
    }

    /// 200 in 40 ms + 200 x 1.2 ms = 280 ms: 714.3 a second.
    #[test]
    fn a_lane_takes_full_batches_one_after_the_other() {
        assert!((lane().capacity(900.0) - 200.0 / 0.28).abs() < 1e-9);
        assert!((lane().busy_least(357.142_857) - 0.5).abs() < 1e-6);
        // 450 a second are 200 + 200 + 50 a second; 1,000 keep it busy all the time.
        assert!((lane().invocations_per_s(450.0) - 3.0).abs() < 1e-9);
        assert!((lane().invocations_per_s(1_000.0) - 1.0 / 0.28).abs() < 1e-9);
        // One every 10 s: with 1 - exp(-0.1) = 0.0952 of the polls.
        assert!((lane().invocations_per_s(0.1) - 0.095_163).abs() < 1e-6);
    }

    /// 200 records of 20 ms take 4 s, more than 3 s: 148 just fit, at 49.3 a second. What comes in
    /// a second at 100/s is fewer than that; at 200/s it is not, and nothing is done any more.
    #[test]
    fn a_batch_that_takes_too_long_is_never_done() {
        let slow = Lane { per_record_s: 0.02, ..lane() };
        assert!(slow.times_out() && slow.in_time() == 148);
        assert!((slow.capacity(100.0) - 148.0 / 3.0).abs() < 1e-9);
        assert!(slow.capacity(200.0).abs() < 1e-9);
    }

    #[test]
    fn laws_have_their_means() {
        let ms = Span::from_ms;
        assert!((mean_s(&DurationPlan::Uniform { min: ms(10), max: ms(30) }) - 0.02).abs() < 1e-12);
        assert!((mean_s(&DurationPlan::Exponential { mean: ms(7) }) - 0.007).abs() < 1e-12);
        let sigma = libm::log(4.0) / 2.326_347_874;
        let law = DurationPlan::LogNormal { median: ms(20), p99: ms(80) };
        assert!((mean_s(&law) / (0.02 * libm::exp(sigma * sigma / 2.0)) - 1.0).abs() < 1e-9);
    }
}
