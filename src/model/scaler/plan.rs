//! What an autoscaler goes by.

use crate::time::{Instant, Span};

/// An autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalerPlan {
    /// Index of the stream it scales.
    pub stream: usize,
    /// How often it looks.
    pub check_every: Span,
    /// How long after its end CloudWatch shows a minute (SCL-20).
    pub delay: Span,
    /// Shards at least.
    pub min_shards: u32,
    /// Shards at most.
    pub max_shards: u32,
    /// What it does.
    pub policy: Policy,
}

/// What an autoscaler does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// More above a threshold, less below another.
    Threshold {
        /// What is compared.
        measure: Measure,
        /// When there are to be more.
        up: Option<Rule>,
        /// When there are to be less.
        down: Option<Rule>,
    },
    /// As many as bring a measure to a target.
    TargetTracking {
        /// What is compared.
        measure: Measure,
        /// What it is to be (millionths).
        target: u64,
        /// Least time between two calls for more, and for less.
        cool_off: [Span; 2],
    },
    /// So many at stated times.
    Schedule(Schedule),
    /// amazon-kinesis-scaling-utils (KDS-F10, SCL-01 to SCL-12).
    ScalingUtils(UtilsPlan),
    /// AWS's sample with CloudWatch and Lambda (KDS-F09, SCL-13 to SCL-20).
    Sample(SampleRule),
}

/// Whose utilization of the write limits counts: of bytes or of records, whichever is larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The stream's, over all its shards.
    Mean,
    /// That of the shard that took in the most in a minute.
    Busiest,
}

/// A rule of a threshold policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Utilization at which it applies (millionths).
    pub threshold: u64,
    /// Whole minutes for which that has to be so.
    pub minutes: u32,
    /// How many more, or less.
    pub by: Amount,
    /// Least time between two calls by this rule.
    pub cool_off: Span,
}

/// How many more, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(u32),
    /// Of those that are open (millionths).
    Share(u64),
}

/// Shards at stated times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Times since the beginning of the run, or of the period, and how many from then on.
    pub points: Vec<(Span, u32)>,
    /// After so long it begins anew.
    pub every: Option<Span>,
}

/// amazon-kinesis-scaling-utils.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UtilsPlan {
    /// When there are to be more.
    pub up: Option<UtilsRule>,
    /// When there are to be less.
    pub down: Option<UtilsRule>,
    /// Whether what is put, and what is got, counts (SCL-03).
    pub operations: [bool; 2],
    /// For how long it believes what it read of the number of shards (SCL-06).
    pub refresh_after: Span,
}

/// One of its directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UtilsRule {
    /// In percent of the capacity.
    pub threshold: u32,
    /// Minutes for which that has to be so.
    pub minutes: u32,
    /// By how many, or by how many percent (SCL-07 to SCL-09).
    pub by: UtilsAmount,
    /// Least time between two calls in this direction.
    pub cool_off: Span,
}

/// By how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UtilsAmount {
    /// `scaleCount`.
    Count(u32),
    /// `scalePct`.
    Percent(u32),
}

/// AWS's sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRule {
    /// Usage from which on it doubles (millionths; SCL-14).
    pub up: u64,
    /// Usage below which it halves (millionths; SCL-15).
    pub down: u64,
    /// Age of the iterator from which on nothing is halved (SCL-16).
    pub age_guard: Option<Span>,
}

/// Minutes of a datapoint of AWS's sample (SCL-13).
pub(super) const SAMPLE_MINUTES: usize = 5;
/// Its datapoints for more: all of them (SCL-14).
pub(super) const SAMPLE_UP: usize = 5;
/// Its datapoints for less, and how many of them have to be low (SCL-15).
pub(super) const SAMPLE_DOWN: (usize, usize) = (57, 60);

impl ScalerPlan {
    /// Minutes that it looks back over, at most, with those that CloudWatch does not show yet.
    pub(super) fn minutes(&self) -> usize {
        let back = match &self.policy {
            Policy::Threshold { up, down, .. } => {
                up.iter().chain(down).map(|rule| rule.minutes as usize).max().unwrap_or(0)
            }
            Policy::TargetTracking { .. } => super::rules::TRACK_LOW,
            Policy::Schedule(_) => 0,
            Policy::ScalingUtils(utils) => {
                let rules = utils.up.iter().chain(&utils.down);
                rules.map(|rule| rule.minutes as usize).max().unwrap_or(0)
            }
            Policy::Sample(_) => SAMPLE_MINUTES * SAMPLE_DOWN.1,
        };
        let hidden = self.delay.as_ns().div_ceil(super::MINUTE.as_ns()) as usize;
        back + hidden + SAMPLE_MINUTES + 1
    }

    /// When it looks first.
    pub(super) fn first_look(&self) -> Instant {
        match &self.policy {
            Policy::Schedule(schedule) if schedule.starts_at_once() => Instant::ZERO,
            Policy::Schedule(schedule) => schedule
                .next_after(Instant::ZERO)
                .map_or(Instant::NEVER, |at| at.min(Instant::ZERO + self.check_every)),
            _ => Instant::ZERO + self.check_every,
        }
    }

    /// When it looks after it has looked at `now`.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        let next = now + self.check_every;
        match &self.policy {
            Policy::Schedule(schedule) => schedule.next_after(now).map_or(next, |at| at.min(next)),
            _ => next,
        }
    }
}

impl Schedule {
    fn starts_at_once(&self) -> bool {
        self.points.first().is_some_and(|point| point.0.is_zero())
    }

    /// The first of its times after `now`.
    fn next_after(&self, now: Instant) -> Option<Instant> {
        let begins = self.begins(now);
        let later = |from: Instant| {
            self.points.iter().map(|point| from + point.0).filter(|&at| at > now).min()
        };
        later(begins).or_else(|| later(begins + self.every?))
    }

    /// How many it wants from `now` on, if it says so of a time within the last `look`.
    pub(super) fn wanted_at(&self, now: Instant, look: Span) -> Option<u32> {
        let begins = self.begins(now);
        let last = self.points.iter().rev().find(|point| begins + point.0 <= now)?;
        (now.since(begins + last.0) < look).then_some(last.1)
    }

    /// When the period of `now` began.
    fn begins(&self, now: Instant) -> Instant {
        let Some(every) = self.every else { return Instant::ZERO };
        let every = every.as_ns().max(1);
        Instant::from_ns(now.as_ns() / every * every)
    }
}
