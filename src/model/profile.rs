//! A rate over time, and the moment at which a given number of records has been offered.

use crate::model::plan::{Between, Plan, ProducerPlan, ProfilePlan, SourcePlan};
use crate::time::{Instant, NS_PER_S};

/// A rate over time, seen as how many records it has offered by when.
///
/// Arrivals are proposed as exposures (numbers of records since the beginning, with fractions) and
/// turned into moments here; the moment is rounded to a nanosecond before anything is decided.
#[derive(Clone, Debug)]
pub struct Profile {
    segments: Vec<Segment>,
    current: usize,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    /// When it starts (ns).
    start: u64,
    /// Records offered before it.
    exposure: f64,
    /// Rate at its start [records/ns].
    rate: f64,
    /// 1 / rate, for segments of constant rate [ns/record].
    gap: f64,
    /// Change of the rate [records/ns^2]; zero where it is constant.
    slope: f64,
}

impl Profile {
    /// The profile of `plan`.
    #[must_use]
    pub fn new(plan: &ProfilePlan) -> Self {
        let mut segments: Vec<Segment> = Vec::with_capacity(plan.points.len());
        let mut exposure = 0.0;
        for (i, &(start, per_s)) in plan.points.iter().enumerate() {
            let rate = per_s / NS_PER_S as f64;
            let next = plan.points.get(i + 1);
            let length = next.map_or(0.0, |next| next.0.since(start).as_ns() as f64);
            let slope = match (plan.between, next) {
                (Between::Ramps, Some(next)) => (next.1 / NS_PER_S as f64 - rate) / length,
                _ => 0.0,
            };
            let gap = NS_PER_S as f64 / per_s;
            segments.push(Segment { start: start.as_ns(), exposure, rate, gap, slope });
            exposure += (rate + slope * length / 2.0) * length;
        }
        Self { segments, current: 0 }
    }

    /// When `exposure` records have been offered; exposures must not decrease from call to call.
    /// [`Instant::NEVER`] when the rate ends before.
    #[inline]
    pub fn time_of(&mut self, exposure: f64) -> Instant {
        while let Some(next) = self.segments.get(self.current + 1)
            && next.exposure <= exposure
        {
            self.current += 1;
        }
        let segment = &self.segments[self.current];
        let ahead = exposure - segment.exposure;
        let ns = if segment.slope == 0.0 {
            ahead * segment.gap
        } else {
            // The root of slope/2 t^2 + rate t = ahead, in the form that does not cancel.
            let root = (segment.rate * segment.rate + 2.0 * segment.slope * ahead).max(0.0).sqrt();
            if ahead > 0.0 { 2.0 * ahead / (segment.rate + root) } else { 0.0 }
        };
        // A rate of zero that lasts gives infinity, or no number at its very start.
        if ns < 1e19 {
            Instant::from_ns(segment.start.saturating_add((ns + 0.5) as u64))
        } else {
            Instant::NEVER
        }
    }
}

impl Profile {
    /// When the rate takes its next step, or bend; [`Instant::NEVER`] when it does no more.
    #[must_use]
    pub fn next_step(&self, after: Instant) -> Instant {
        let begun = self.segments.partition_point(|segment| segment.start <= after.as_ns());
        self.segments.get(begun).map_or(Instant::NEVER, |next| Instant::from_ns(next.start))
    }

    /// Records offered before `at`, with a fraction.
    #[must_use]
    pub fn offered_by(&self, at: Instant) -> f64 {
        let begun = self.segments.partition_point(|segment| segment.start <= at.as_ns());
        let Some(segment) = begun.checked_sub(1).map(|last| &self.segments[last]) else {
            return 0.0;
        };
        let ns = (at.as_ns() - segment.start) as f64;
        segment.exposure + (segment.rate + segment.slope * ns / 2.0) * ns
    }
}

/// Records all producers of `plan` are expected to offer before `until`, with a fraction.
#[must_use]
pub fn offered(plan: &Plan, until: Instant) -> f64 {
    plan.producers.iter().map(|producer| offered_of(producer, until)).sum()
}

/// Records this producer is expected to offer before `until`, with a fraction.
#[must_use]
pub fn offered_of(producer: &ProducerPlan, until: Instant) -> f64 {
    match &producer.source {
        SourcePlan::Synthetic { rate, .. } => Profile::new(rate).offered_by(until),
        SourcePlan::Trace { rows, .. } => rows.partition_point(|row| row.at < until) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(between: Between, points: &[(u64, f64)]) -> Profile {
        let points = points.iter().map(|&(s, rate)| (Instant::from_s(s), rate)).collect();
        Profile::new(&ProfilePlan { points, between })
    }

    #[test]
    fn a_constant_rate_is_exact() {
        let mut steady = profile(Between::Steps, &[(0, 1_000.0)]);
        for k in [0_u32, 1, 999, 1_000_000] {
            assert_eq!(steady.time_of(f64::from(k)).as_ns(), u64::from(k) * 1_000_000);
        }
    }

    #[test]
    fn a_ramp_has_offered_the_area_below_it() {
        // From 0 to 100/s in 10 s: 5 t^2 records by t, 500 in all; then 100/s.
        let mut ramp = profile(Between::Ramps, &[(0, 0.0), (10, 100.0)]);
        for (records, s) in [(0.0, 0.0), (5.0, 1.0), (125.0, 5.0), (500.0, 10.0), (600.0, 11.0)] {
            assert!((ramp.time_of(records).as_s() - s).abs() < 1e-8);
        }
    }

    #[test]
    fn steps_pause_and_end() {
        let mut steps = profile(Between::Steps, &[(0, 10.0), (2, 0.0), (5, 20.0), (6, 0.0)]);
        assert_eq!(steps.time_of(19.0), Instant::from_ns(1_900_000_000));
        assert_eq!(steps.time_of(21.0), Instant::from_ns(5_050_000_000));
        assert_eq!(steps.time_of(39.0), Instant::from_ns(5_950_000_000));
        assert_eq!(steps.time_of(41.0), Instant::NEVER);
    }
}
