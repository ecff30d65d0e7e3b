//! What a stream is offered over time, all its producers together: mean, peak, time above a level.

use crate::model::plan::{Between, Plan, ProducerPlan, ProfilePlan, SourcePlan};
use crate::time::Instant;

/// What changes faster is taken as its mean over this time, as CloudWatch shows it (s).
const LEAST_S: f64 = 60.0;

/// A rate from one moment to the next, in a straight line [records/s].
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from_s: f64,
    to_s: f64,
    first: f64,
    last: f64,
}

/// The rates of some producers over the judged time.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    from_s: f64,
    to_s: f64,
    /// One list a producer, in order of time.
    rates: Vec<Vec<Stretch>>,
}

/// A weighted sum of rates between two moments at which none of them bends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) seconds: f64,
    /// At its beginning and its end: records and charged bytes.
    pub(crate) first: (f64, f64),
    pub(crate) last: (f64, f64),
    from_s: f64,
    to_s: f64,
    /// Whether it stands for the mean of rates that bend within it.
    is_mean: bool,
}

impl Course {
    /// The course of all producers from the end of the warm-up to the end of the run.
    pub(crate) fn new(plan: &Plan) -> Self {
        let (from_s, to_s) = (plan.warm_up.as_s(), plan.duration.as_s());
        let rates = plan.producers.iter().map(|producer| stretches(producer, from_s, to_s));
        Self { from_s, to_s, rates: rates.collect() }
    }

    /// Seconds judged.
    pub(crate) fn seconds(&self) -> f64 {
        self.to_s - self.from_s
    }

    /// Mean rate of a producer [records/s].
    pub(crate) fn mean(&self, producer: usize) -> f64 {
        let area = |s: &Stretch| f64::midpoint(s.first, s.last) * (s.to_s - s.from_s);
        self.rates[producer].iter().map(area).sum::<f64>() / self.seconds()
    }

    /// Highest rate of a producer [records/s].
    pub(crate) fn peak(&self, producer: usize) -> f64 {
        self.rates[producer].iter().fold(0.0, |most, s| most.max(s.first).max(s.last))
    }

    /// The rate of each producer at a moment of `piece`, its beginning or its end; its mean over a
    /// piece that is one.
    pub(crate) fn rates_at(&self, piece: &Piece, at_end: bool) -> Vec<f64> {
        let middle = f64::midpoint(piece.from_s, piece.to_s);
        let at = if at_end { piece.to_s } else { piece.from_s };
        let rate = |stretches: &Vec<Stretch>| {
            if piece.is_mean {
                let records: f64 =
                    stretches.iter().map(|s| s.records(piece.from_s, piece.to_s)).sum();
                return records / piece.seconds;
            }
            let place = stretches.partition_point(|s| s.to_s <= middle);
            stretches.get(place).map_or(0.0, |s| s.at(at))
        };
        self.rates.iter().map(rate).collect()
    }

    /// The sums over all producers, each weighted with `weights`: one for its records and one for
    /// the bytes of a record. Pieces of less than a minute are joined to their mean.
    pub(crate) fn pieces(&self, weights: &[(f64, f64)]) -> Vec<Piece> {
        // What changes when: the step of each sum and of its slope.
        let mut bends: Vec<(f64, [f64; 4])> = Vec::new();
        for (stretches, &(records, bytes)) in self.rates.iter().zip(weights) {
            if records == 0.0 && bytes == 0.0 {
                continue;
            }
            for s in stretches {
                let slope = (s.last - s.first) / (s.to_s - s.from_s);
                let begin = [s.first * records, slope * records, s.first * bytes, slope * bytes];
                let end = [s.last * records, slope * records, s.last * bytes, slope * bytes];
                bends.push((s.from_s, begin));
                bends.push((s.to_s, end.map(|value| -value)));
            }
        }
        bends.push((self.from_s, [0.0; 4]));
        bends.push((self.to_s, [0.0; 4]));
        bends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut pieces = Vec::new();
        let mut now = [0.0; 4];
        let mut at = self.from_s;
        for (moment, change) in bends {
            let seconds = moment - at;
            if seconds > 0.0 {
                let last = (now[0] + now[1] * seconds, now[2] + now[3] * seconds);
                let first = (now[0], now[2]);
                let is_mean = false;
                pieces.push(Piece { seconds, first, last, from_s: at, to_s: moment, is_mean });
                (now[0], now[2]) = last;
                at = moment;
            }
            now.iter_mut().zip(change).for_each(|(sum, step)| *sum += step);
        }
        joined(&pieces)
    }
}

/// The pieces, with those that are short joined to their mean.
fn joined(pieces: &[Piece]) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        let is_short = piece.seconds < LEAST_S;
        // A minute that has begun takes what is short, until it is one.
        match joined.last_mut().filter(|last| is_short && last.seconds < LEAST_S) {
            Some(last) => *last = last.with(piece),
            None => joined.push(*piece),
        }
    }
    joined
}

impl Stretch {
    /// Records between two moments.
    fn records(&self, from_s: f64, to_s: f64) -> f64 {
        let (from, to) = (self.from_s.max(from_s), self.to_s.min(to_s));
        if from < to { f64::midpoint(self.at(from), self.at(to)) * (to - from) } else { 0.0 }
    }

    fn at(&self, s: f64) -> f64 {
        let share = (s - self.from_s) / (self.to_s - self.from_s);
        self.first + (self.last - self.first) * share.clamp(0.0, 1.0)
    }
}

impl Piece {
    /// The mean of this piece and the next.
    fn with(&self, next: &Self) -> Self {
        let seconds = self.seconds + next.seconds;
        let mean = |a: (f64, f64), b: (f64, f64)| {
            (f64::midpoint(a.0, a.1) * self.seconds + f64::midpoint(b.0, b.1) * next.seconds)
                / seconds
        };
        let records = mean((self.first.0, self.last.0), (next.first.0, next.last.0));
        let bytes = mean((self.first.1, self.last.1), (next.first.1, next.last.1));
        let both = (records, bytes);
        Self {
            seconds,
            first: both,
            last: both,
            from_s: self.from_s,
            to_s: next.to_s,
            is_mean: true,
        }
    }

    /// The part of it (s) in which the larger of records over `limits.0` and bytes over `limits.1`
    /// is above `level`.
    pub(crate) fn seconds_above(&self, level: f64, limits: (f64, f64)) -> f64 {
        let by_records = above(self.first.0 / limits.0, self.last.0 / limits.0, level);
        let by_bytes = above(self.first.1 / limits.1, self.last.1 / limits.1, level);
        let (a, b) = (by_records, by_bytes);
        let overlap = (a.1.min(b.1) - a.0.max(b.0)).max(0.0);
        self.seconds * ((a.1 - a.0) + (b.1 - b.0) - overlap)
    }
}

/// From where to where, as parts of the way, a straight line is above a level.
fn above(first: f64, last: f64, level: f64) -> (f64, f64) {
    match (first > level, last > level) {
        (true, true) => (0.0, 1.0),
        (false, false) => (0.0, 0.0),
        (true, false) => (0.0, (first - level) / (first - last)),
        (false, true) => ((level - first) / (last - first), 1.0),
    }
}

fn stretches(producer: &ProducerPlan, from_s: f64, to_s: f64) -> Vec<Stretch> {
    let whole = match &producer.source {
        SourcePlan::Synthetic { rate, .. } => of_profile(rate, to_s),
        SourcePlan::Trace { rows, .. } => {
            let mut counts = vec![0.0; (to_s / LEAST_S).ceil().max(1.0) as usize];
            let end = Instant::from_ns((to_s * 1e9) as u64);
            for row in rows.iter().take_while(|row| row.at < end) {
                let step = (row.at.as_s() / LEAST_S) as usize;
                if let Some(count) = counts.get_mut(step) {
                    *count += 1.0;
                }
            }
            let step = |(place, count): (usize, f64)| {
                let start = LEAST_S * place as f64;
                let end = (start + LEAST_S).min(to_s);
                let rate = count / (end - start);
                Stretch { from_s: start, to_s: end, first: rate, last: rate }
            };
            counts.into_iter().enumerate().map(step).collect()
        }
    };
    let clipped = whole.into_iter().filter(|s| s.to_s > from_s && s.from_s < to_s).map(|s| {
        let (from, to) = (s.from_s.max(from_s), s.to_s.min(to_s));
        Stretch { from_s: from, to_s: to, first: s.at(from), last: s.at(to) }
    });
    clipped.filter(|s| s.to_s > s.from_s).collect()
}

fn of_profile(profile: &ProfilePlan, to_s: f64) -> Vec<Stretch> {
    let stretch = |(place, &(at, rate)): (usize, &(Instant, f64))| {
        let (from_s, next) = (at.as_s(), profile.points.get(place + 1));
        // The last rate stays.
        let to_s = next.map_or(to_s.max(from_s), |next| next.0.as_s());
        let last = match (profile.between, next) {
            (Between::Ramps, Some(next)) => next.1,
            _ => rate,
        };
        Stretch { from_s, to_s, first: rate, last }
    };
    profile.points.iter().enumerate().map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::model::plan::TraceRow;
    use crate::time::Span;

    /// 1,000 s of which the first 200 are not judged: a ramp from 0 to 1,000/s in 500 s, which
    /// stays.
    fn ramp() -> Course {
        let (scenario, _) = sample::hot_shard();
        let mut plan = scenario.plan;
        (plan.duration, plan.warm_up) = (Span::from_s(1_000), Span::from_s(200));
        if let SourcePlan::Synthetic { rate, .. } = &mut plan.producers[0].source {
            rate.points = vec![(Instant::ZERO, 0.0), (Instant::from_s(500), 1_000.0)];
            rate.between = Between::Ramps;
        }
        Course::new(&plan)
    }

    #[test]
    fn means_are_areas_and_peaks_are_corners() {
        let course = ramp();
        // From 400 to 1,000/s in 300 s, then 500 s of 1,000/s.
        assert!((course.mean(0) - (700.0 * 300.0 + 1_000.0 * 500.0) / 800.0).abs() < 1e-9);
        assert!((course.peak(0) - 1_000.0).abs() < 1e-9);
        assert!((course.seconds() - 800.0).abs() < 1e-9);
    }

    #[test]
    fn time_above_a_level_begins_within_a_line() {
        let pieces = ramp().pieces(&[(1.0, 500.0)]);
        let above = |level: f64, limits: (f64, f64)| -> f64 {
            pieces.iter().map(|piece| piece.seconds_above(level, limits)).sum()
        };
        // 800/s is passed at 400 s.
        assert!((above(0.8, (1_000.0, 1e9)) - 600.0).abs() < 1e-9);
        // By bytes, 500 B each: 200,000 of 500,000 bytes/s is 400/s, passed at 200 s.
        assert!((above(0.4, (1e9, 500_000.0)) - 800.0).abs() < 1e-9);
        // Either of them: 600/s by records at 300 s, 500/s by bytes at 250 s.
        assert!((above(0.5, (1_200.0, 500_000.0)) - 750.0).abs() < 1e-9);
        assert!(above(1.0, (1_000.0, 1e9)) < 1e-9);
    }

    /// A second of 10,000/s every ten seconds is 1,000/s by the minute.
    #[test]
    fn what_bends_within_a_minute_counts_as_its_mean() {
        let (scenario, _) = sample::hot_shard();
        let mut plan = scenario.plan;
        plan.duration = Span::from_s(180);
        if let SourcePlan::Synthetic { rate, .. } = &mut plan.producers[0].source {
            let at =
                |s: u64| (Instant::from_s(s), if s.is_multiple_of(10) { 10_000.0 } else { 0.0 });
            rate.points = (0..180).map(at).collect();
        }
        let course = Course::new(&plan);
        let pieces = course.pieces(&[(1.0, 1.0)]);
        assert_eq!(pieces.len(), 3);
        assert!(pieces.iter().all(|piece| (piece.first.0 - 1_000.0).abs() < 1e-6));
        assert!((course.rates_at(&pieces[1], false)[0] - 1_000.0).abs() < 1e-6);
        assert!((course.peak(0) - 10_000.0).abs() < 1e-9, "its own peak stays what it is");
    }

    #[test]
    fn a_trace_is_counted_by_the_minute() {
        let (scenario, _) = sample::hot_shard();
        let mut plan = scenario.plan;
        plan.duration = Span::from_s(90);
        let SourcePlan::Synthetic { keys, .. } = plan.producers[0].source.clone() else {
            panic!("the sample's is synthetic")
        };
        let row = |ms| TraceRow { at: Instant::ZERO + Span::from_ms(ms), key: 0, bytes: 1 };
        let rows = (0..900).map(|n| row(n * 100)).collect();
        plan.producers[0].source = SourcePlan::Trace { rows: std::sync::Arc::new(rows), keys };
        let course = Course::new(&plan);
        assert!((course.mean(0) - 10.0).abs() < 1e-9 && (course.peak(0) - 10.0).abs() < 1e-9);
    }
}
