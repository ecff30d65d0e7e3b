//! How long a producer's calls take to be answered, in quanta.

use crate::engine::Probe;
use crate::model::aggregate::crowd::Crowd;
use crate::model::events::{MILLION, PutCondition};
use crate::model::link::{LATENCY_MAX, Latency};
use crate::model::observation::{Observation, Put};
use crate::model::plan::Plan;
use crate::model::record_size::below;
use crate::random::{self, LogNormal};
use crate::time::{Instant, Span};

/// The answers of one producer.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    latency: Latency,
    /// What the stream's encryption adds to it (KDS-K04).
    added: Span,
    condition: PutCondition,
    /// Of every answer, where all take the same time at present.
    same: Option<Span>,
    /// Puts of a crowd that are told apart by how long their answers take.
    pieces: u32,
    chance: random::Stream,
}

/// Some of all answers, which take about the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    /// Which part of all they are, 0 to 1.
    pub(super) part: f64,
    /// Mean of the time they take (ns).
    pub(super) mean: f64,
    /// Variance of it (ns^2).
    pub(super) variance: f64,
}

/// What a producer's calls may meet in the course of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prospect {
    /// The time an answer takes in the mean, where it takes longest (ns).
    pub(super) mean: f64,
    /// The longest that the slices know of (ns).
    pub(super) longest: f64,
    /// Whether some may fail that are tried again.
    pub(super) fails: bool,
}

/// Slices of a log-normal law: so many standard deviations of its logarithm are told apart, in
/// steps of a quarter.
const STEPS: i32 = 12;

/// Puts that are told apart in a quantum, on all shards together, and those of one shard at most.
const PIECES: usize = 64;
const PIECES_MAX: usize = 16;

impl Prospect {
    /// Of producer number `number` of `plan`.
    pub(super) fn of(plan: &Plan, number: usize) -> Self {
        let producer = &plan.producers[number];
        let stream = plan.streams.get(producer.stream);
        let added = stream.and_then(|it| it.encryption).map_or(Span::ZERO, |it| it.latency);
        let latency = Latency::new(&producer.client.latency);
        // What is wrong changes where a fault begins, and where one ends that makes answers faster.
        let faults = plan.faults.iter().filter(|it| it.kind.upsets(number, producer.stream));
        let moments = faults.flat_map(|it| [it.from, it.until]);
        let met = moments.map(|at| PutCondition::of(number, producer.stream, at, &plan.faults));
        let fails = producer.client.internal_failure > 0.0;
        let mut prospect = Self { mean: 0.0, longest: 0.0, fails };
        for condition in std::iter::once(PutCondition::SOUND).chain(met) {
            let slices = slices(&latency, added, &condition);
            let mean = slices.iter().map(|it| it.part * it.mean).sum();
            prospect.mean = prospect.mean.max(mean);
            prospect.longest = slices.iter().map(|it| it.mean).fold(prospect.longest, f64::max);
            prospect.fails |= condition.errors > 0;
        }
        prospect
    }
}

impl Answers {
    /// Of calls with this latency to a stream of so many shards that answers `added` later than
    /// others.
    pub(super) fn new(
        latency: Latency,
        added: Span,
        shards: usize,
        chance: random::Stream,
    ) -> Self {
        let pieces = (PIECES / shards.max(1)).clamp(1, PIECES_MAX) as u32;
        let (condition, same) = (PutCondition::SOUND, None);
        let mut answers = Self { latency, added, condition, same, pieces, chance };
        answers.meet(condition);
        answers
    }

    /// From now on this goes wrong.
    pub(super) fn meet(&mut self, condition: PutCondition) {
        self.condition = condition;
        self.same = match &self.latency {
            Latency::Constant(span) => Some(condition.slowed(*span + self.added)),
            Latency::LogNormal(_) => None,
        };
    }

    /// What every answer takes, where all take the same time at present.
    pub(super) fn same(&self) -> Option<Span> {
        self.same
    }

    /// All answers at present, in slices.
    pub(super) fn slices(&self) -> Vec<Slice> {
        slices(&self.latency, self.added, &self.condition)
    }

    /// How many random numbers were drawn.
    pub(super) fn position(&self) -> u128 {
        self.chance.position()
    }

    /// States `put`, of which `stored` got in; see [`Crowd::waits`] for `phase`.
    #[inline(always)]
    pub(super) fn state<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        put: Put,
        (stored, phase): (&Crowd, f64),
        probe: &mut P,
    ) {
        match (self.same, &self.latency) {
            (Some(answer), _) => probe.observe(now, Observation::Put(Put { answer, ..put })),
            (None, Latency::LogNormal(law)) => {
                let law = *law;
                self.in_pieces(now, put, (*stored, phase), &law, probe);
            }
            (None, Latency::Constant(_)) => {}
        }
    }

    /// States it in pieces, each with another time to the answer: one out of every equal part of
    /// the law, all by the same chance.
    #[cold]
    fn in_pieces<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        put: Put,
        (stored, mut phase): (Crowd, f64),
        law: &LogNormal,
        probe: &mut P,
    ) {
        let (count, place) = (self.pieces.min(stored.records).max(1), self.chance.unit());
        let (condition, added) = (self.condition, self.added);
        let answer = |piece: u32| {
            let below = (f64::from(piece) + place) / f64::from(count);
            let usual = law.quantile(below.clamp(1e-12, 1.0 - 1e-12)) + 0.5;
            let usual = Span::from_ns(usual as u64).min(LATENCY_MAX);
            condition.slowed(usual + added)
        };
        if count == 1 {
            probe.observe(now, Observation::Put(Put { answer: answer(0), ..put }));
            return;
        }
        // The last pieces have a record more than the first where it does not come out even: which
        // part of the law they stand for is left to chance.
        let (mut left, first) = (stored, self.chance.below(u64::from(count)) as u32);
        for piece in 0..count {
            let (part, rest) = left.split(left.records / (count - piece));
            let piece = (piece + first) % count;
            let Crowd { records, bytes, .. } = part;
            let (waited, waited_last) = part.waits(phase);
            let judged = Put { records, admitted: records, bytes, admitted_bytes: bytes, ..put };
            let put = Put { waited, waited_last, answer: answer(piece), ..judged };
            probe.observe(now, Observation::Put(put));
            (left, phase) = (rest, (phase + place) % 1.0);
        }
        if put.records > put.admitted {
            let (records, bytes) = (put.records - put.admitted, put.bytes - put.admitted_bytes);
            let refused = Put { records, admitted: 0, bytes, admitted_bytes: 0, ..put };
            let put = Put { waited_last: put.waited, answer: answer(0), ..refused };
            probe.observe(now, Observation::Put(put));
        }
    }
}

fn slices(latency: &Latency, added: Span, condition: &PutCondition) -> Vec<Slice> {
    let law = match latency {
        Latency::Constant(span) => {
            let mean = condition.slowed(*span + added).as_ns() as f64;
            return vec![Slice { part: 1.0, mean, variance: 0.0 }];
        }
        Latency::LogNormal(law) => law,
    };
    let times = condition.slowness as f64 / MILLION as f64;
    let (added, more) = (added.as_ns() as f64, condition.more.as_ns() as f64);
    let edge = |step: i32| match step {
        _ if step < -STEPS => f64::NEG_INFINITY,
        _ if step > STEPS => f64::INFINITY,
        _ => f64::from(step) / 4.0,
    };
    let slice = |step: i32| {
        let (from, to) = (edge(step), edge(step + 1));
        // Moments of a log-normal law between two places are those of the normal law, shifted.
        let moment = |power: f64| {
            let shift = power * law.sigma();
            let whole = libm::pow(law.median(), power) * libm::exp(shift * shift / 2.0);
            whole * (below(to - shift) - below(from - shift))
        };
        let part = moment(0.0);
        let (mean, square) = (moment(1.0) / part, moment(2.0) / part);
        let variance = (square - mean * mean).max(0.0) * times * times;
        Slice { part, mean: (mean + added) * times + more, variance }
    };
    (-STEPS - 1..=STEPS).map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::LatencyPlan;

    const PLAN: LatencyPlan =
        LatencyPlan::LogNormal { median: Span::from_ms(20), p99: Span::from_ms(200) };

    fn answers() -> Answers {
        let chance = random::Stream::named(1, 0, "answers");
        Answers::new(Latency::new(&PLAN), Span::from_ms(10), 8, chance)
    }

    /// All slices together have the mean and the variance of the law, with ten milliseconds on top,
    /// twice over, and five more.
    #[test]
    fn slices_have_the_moments_of_the_law() {
        let mut answers = answers();
        let slow =
            PutCondition { slowness: 2 * MILLION, more: Span::from_ms(5), ..PutCondition::SOUND };
        answers.meet(slow);
        let slices = answers.slices();
        let sum = |of: &dyn Fn(&Slice) -> f64| slices.iter().map(of).sum::<f64>();
        assert!((sum(&|it| it.part) - 1.0).abs() < 1e-12);
        let sigma = libm::log(10.0) / 2.326_347_874_040_841;
        let usual = 20e6 * libm::exp(sigma * sigma / 2.0);
        let (mean, deviation) = (sum(&|it| it.part * it.mean), usual * 2.0);
        assert!((mean / (2.0 * (usual + 10e6) + 5e6) - 1.0).abs() < 1e-9);
        let square = sum(&|it| it.part * (it.variance + (it.mean - mean) * (it.mean - mean)));
        let wanted = deviation * deviation * libm::expm1(sigma * sigma);
        assert!((square / wanted - 1.0).abs() < 1e-9);
    }

    /// A hundred records of which sixty got in come to as many, in eight pieces and what is left.
    #[test]
    fn pieces_add_up() {
        struct Sum(Vec<Put>);
        impl Probe<Observation> for Sum {
            fn observe(&mut self, _: Instant, what: Observation) {
                let Observation::Put(put) = what else { panic!("{what:?}") };
                self.0.push(put);
            }
        }
        let stored = Crowd { records: 60, bytes: 6_001, ..Crowd::NONE };
        let put = Put {
            producer: 0,
            stream: 0,
            shard: 0,
            records: 100,
            admitted: 60,
            bytes: 10_000,
            admitted_bytes: 6_001,
            waited: Span::ZERO,
            waited_last: Span::ZERO,
            answer: Span::ZERO,
        };
        let mut sum = Sum(Vec::new());
        answers().state(Instant::ZERO, put, (&stored, 0.5), &mut sum);
        let total = |of: &dyn Fn(&Put) -> u64| sum.0.iter().map(of).sum::<u64>();
        assert_eq!(sum.0.len(), 9);
        assert_eq!(total(&|it| u64::from(it.records)), 100);
        assert_eq!(total(&|it| u64::from(it.admitted)), 60);
        assert_eq!((total(&|it| it.bytes), total(&|it| it.admitted_bytes)), (10_000, 6_001));
        // One out of each eighth of the law.
        let mut answers: Vec<Span> = sum.0[..8].iter().map(|it| it.answer).collect();
        answers.sort_unstable();
        assert!(answers[0] > Span::from_ms(10) && answers[3] < Span::from_ms(30), "{answers:?}");
        assert!(answers[4] > Span::from_ms(30) && answers[7] > Span::from_ms(60), "{answers:?}");
    }
}
