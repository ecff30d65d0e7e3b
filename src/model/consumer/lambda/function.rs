//! A Lambda function: its environments, how long invocations take, and which fail.

use std::collections::VecDeque;

use crate::model::concurrency::{Concurrency, Pace};
use crate::model::events::{BILLION, Condition};
use crate::model::facts;
use crate::model::observation::Answer;
use crate::model::plan::{DurationPlan, FunctionPlan};
use crate::random::{self, LogNormal};
use crate::time::{Instant, Span};

/// A function with its environments.
#[derive(Clone, Debug)]
pub(in crate::model::consumer) struct Function {
    plan: FunctionPlan,
    /// Since when each idle environment has been idle, the longest first.
    idle: VecDeque<Instant>,
    running: u32,
    /// New environments (ESM-60).
    scaling: Pace,
    cold_start: Law,
    fixed: Law,
    per_record: Law,
    /// Where neither chance nor a failure has a say: what an invocation takes, and each record in
    /// it (ns).
    constant: Option<(u64, u64)>,
    /// How long invocations and starts take.
    durations: random::Stream,
    /// Which invocations and records fail.
    errors: random::Stream,
}

/// How an invocation will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model::consumer) struct Course {
    /// What a new environment takes to start.
    pub(in crate::model::consumer) start: Span,
    /// From then to the answer.
    pub(in crate::model::consumer) work: Span,
    pub(in crate::model::consumer) answer: Answer,
}

impl Function {
    pub(in crate::model::consumer) fn new(
        plan: &FunctionPlan,
        chance: impl Fn(&str) -> random::Stream,
    ) -> Self {
        let (fixed, per_record) = (Law::new(&plan.fixed), Law::new(&plan.per_record));
        let constant = match (fixed, per_record) {
            (Law::Constant(fixed), Law::Constant(each))
                if plan.errors == 0 && plan.record_errors == 0 =>
            {
                Some((fixed, each))
            }
            _ => None,
        };
        Self {
            plan: *plan,
            constant,
            idle: VecDeque::new(),
            running: 0,
            scaling: Pace::new(facts::SCALING_ENVIRONMENTS, facts::SCALING_TIME),
            cold_start: Law::new(&plan.cold_start),
            fixed,
            per_record,
            durations: chance("durations"),
            errors: chance("errors-of-the-function"),
        }
    }

    /// How far its random streams have been used, those that have been.
    pub(in crate::model::consumer) fn draws(&self) -> impl Iterator<Item = u128> + use<> {
        let positions = [self.durations.position(), self.errors.position()];
        positions.into_iter().filter(|&position| position > 0)
    }

    /// Takes an environment for an invocation: what it needs to start, or `None` where there is
    /// none to be had (ESM-73).
    pub(in crate::model::consumer) fn take(
        &mut self,
        now: Instant,
        condition: &Condition,
        account: &mut Concurrency,
    ) -> Option<Span> {
        let squeezed = condition.concurrency.is_some_and(|most| self.running >= most);
        if condition.down || squeezed {
            return None;
        }
        while let Some(&since) = self.idle.front()
            && now.since(since) >= self.plan.idle_reclaim
        {
            self.idle.pop_front();
        }
        let is_new = self.idle.is_empty();
        // What is taken of one is not given back where the other refuses: both are rates of
        // requests, refused ones among them.
        if is_new && !self.scaling.take(now) {
            return None;
        }
        if !account.take(now, self.running, self.plan.reserved) {
            return None;
        }
        self.running += 1;
        if self.idle.pop_back().is_some() {
            return Some(Span::ZERO);
        }
        Some(self.cold_start.draw(&mut self.durations))
    }

    /// An invocation is over; its environment is idle, or was lost.
    pub(in crate::model::consumer) fn give_back(
        &mut self,
        now: Instant,
        is_lost: bool,
        account: &mut Concurrency,
    ) {
        self.running -= 1;
        if self.plan.reserved.is_none() {
            account.give_back();
        }
        if !is_lost {
            self.idle.push_back(now);
        }
    }

    /// It has so many executions to itself from now on, or shares with others where there is none.
    pub(super) fn reserve(&mut self, to: Option<u32>, account: &mut Concurrency) {
        account.reserve(self.running, (self.plan.reserved, to));
        self.plan.reserved = to;
    }

    /// How an invocation with `records` will go whose environment takes `start`; of a record that
    /// cannot be digested `bad` is the first.
    pub(in crate::model::consumer) fn course(
        &mut self,
        records: u32,
        (start, bad): (Span, Option<u32>),
        partial: bool,
        condition: &Condition,
    ) -> Course {
        // Most functions that are asked about capacity are so plain.
        if let Some((fixed, each)) = self.constant.filter(|_| condition.leaves_functions_alone())
            && bad.is_none()
        {
            let work = Span::from_ns(fixed) + Span::from_ns(each).times(u64::from(records));
            if work <= self.plan.timeout {
                return Course { start, work, answer: Answer::Done };
            }
        }
        let fixed = self.fixed.draw(&mut self.durations);
        let each = self.per_record.sum(records, &mut self.durations);
        let work = condition.slowed(fixed + each);
        if work > self.plan.timeout {
            return Course { start, work: self.plan.timeout, answer: Answer::TimedOut };
        }
        let chance = condition.either_error(self.plan.errors);
        let fails = chance > 0 && self.errors.below(BILLION) < chance;
        let first = self.first_failing(records).into_iter().chain(bad).min();
        let answer = match first {
            _ if fails => Answer::Failed,
            None => Answer::Done,
            Some(done) if partial => Answer::Partly(done),
            Some(_) => Answer::Failed,
        };
        Course { start, work, answer }
    }

    /// The first of `records` that fails by chance, if one does.
    #[inline]
    fn first_failing(&mut self, records: u32) -> Option<u32> {
        let chance = self.plan.record_errors;
        if chance == 0 || records == 0 {
            return None;
        }
        if chance >= BILLION {
            return Some(0);
        }
        // Records until the first failure: geometric, from an exponential number.
        let each = -libm::log1p(-(chance as f64) / BILLION as f64);
        let first = self.errors.exponential() / each;
        (first < f64::from(records)).then_some(first as u32)
    }
}

/// A law of durations (ns).
#[derive(Clone, Copy, Debug)]
enum Law {
    Constant(u64),
    Uniform { min: u64, span: u64 },
    LogNormal(LogNormal),
    Exponential(f64),
}

/// From so many on, a sum of independent durations is drawn as a normal number.
const NORMAL_FROM: u32 = 64;

impl Law {
    fn new(plan: &DurationPlan) -> Self {
        match *plan {
            DurationPlan::Constant(span) => Self::Constant(span.as_ns()),
            DurationPlan::Uniform { min, max } => {
                Self::Uniform { min: min.as_ns(), span: max.as_ns() - min.as_ns() + 1 }
            }
            DurationPlan::LogNormal { median, p99 } => {
                Self::LogNormal(LogNormal::new(median.as_ns() as f64, p99.as_ns() as f64))
            }
            DurationPlan::Exponential { mean } => Self::Exponential(mean.as_ns() as f64),
        }
    }

    #[inline]
    fn draw(&self, chance: &mut random::Stream) -> Span {
        Span::from_ns(match self {
            Self::Constant(ns) => *ns,
            Self::Uniform { min, span } => min + chance.below(*span),
            Self::LogNormal(law) => law.draw(chance) as u64,
            Self::Exponential(mean) => (chance.exponential() * mean) as u64,
        })
    }

    /// The sum of so many, each drawn by itself.
    #[inline]
    fn sum(&self, count: u32, chance: &mut random::Stream) -> Span {
        if let Self::Constant(ns) = self {
            return Span::from_ns(*ns).times(u64::from(count));
        }
        if count < NORMAL_FROM {
            return (0..count).fold(Span::ZERO, |sum, _| sum + self.draw(chance));
        }
        let (mean, variance) = self.moments();
        let n = f64::from(count);
        let sum = n * mean + libm::sqrt(n * variance) * chance.normal();
        Span::from_ns(sum.max(0.0) as u64)
    }

    /// Mean and variance (ns, ns^2).
    fn moments(&self) -> (f64, f64) {
        match self {
            Self::Constant(ns) => (*ns as f64, 0.0),
            Self::Uniform { min, span } => {
                let width = (span - 1) as f64;
                (*min as f64 + width / 2.0, width * width / 12.0)
            }
            Self::LogNormal(law) => {
                let (mean, sigma) = (law.mean(), law.sigma());
                (mean, mean * mean * libm::expm1(sigma * sigma))
            }
            Self::Exponential(mean) => (*mean, mean * mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of 10 and of 1,000 log-normal durations have the law's mean and variance; the second
    /// are drawn at once.
    #[test]
    fn sums_have_the_moments_of_their_parts() {
        let plan = DurationPlan::LogNormal { median: Span::from_ms(2), p99: Span::from_ms(8) };
        let law = Law::new(&plan);
        let sigma = libm::log(4.0) / 2.326_347_874;
        let mean = 2e6 * libm::exp(sigma * sigma / 2.0);
        let variance = mean * mean * (libm::exp(sigma * sigma) - 1.0);
        let mut chance = random::Stream::named(1, 0, "sums");
        for n in [10_u32, 1_000] {
            let sums: Vec<f64> =
                (0..20_000).map(|_| law.sum(n, &mut chance).as_ns() as f64).collect();
            let average = sums.iter().sum::<f64>() / 20_000.0;
            let spread =
                sums.iter().map(|it| (it - average) * (it - average)).sum::<f64>() / 20_000.0;
            assert!((average / (f64::from(n) * mean) - 1.0).abs() < 0.01, "{n}: {average}");
            assert!((spread / (f64::from(n) * variance) - 1.0).abs() < 0.1, "{n}: {spread}");
        }
    }
}
