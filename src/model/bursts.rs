//! Bursts: an instance releases many records at one moment, and none in between.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::profile::Profile;
use crate::random;
use crate::time::{Instant, Span};

/// Releases bursts of a fixed size at the ticks of each instance's own clock.
///
/// The rate says when a burst is due: an instance's share of it has brought `size` more records.
/// The burst is released at the instance's first tick from then on, so that a tick releases no
/// burst, one, or several. However size, period and rate relate, what has been released follows
/// what the rate has brought, each instance by less than one burst and one period.
#[derive(Clone, Debug)]
pub struct Bursts {
    size: u64,
    every: u64,
    /// Instances in the order in which their bursts fall due, each with its share of the way to
    /// the first (0 to 1).
    ring: Vec<(f64, u32)>,
    next: usize,
    /// Bursts each instance has had due.
    round: f64,
    /// Records of all instances between two bursts of one.
    stride: f64,
    /// Of each instance: the offset of its ticks (ns), and bursts that wait for the next one.
    clocks: Vec<(u64, u64)>,
    /// Ticks that bursts wait for, at most one an instance.
    waiting: BinaryHeap<Reverse<(Instant, u32)>>,
    /// What is being released: when, by whom, and how many records are left of it.
    current: (Instant, u32, u64),
}

impl Bursts {
    /// Bursts of `size` records each `every` (more than zero) by so many instances.
    #[must_use]
    pub fn new(size: u32, every: Span, instances: u32, chance: &mut random::Stream) -> Self {
        let mut ring = Vec::with_capacity(instances as usize);
        let mut clocks = Vec::with_capacity(instances as usize);
        for instance in 0..instances {
            ring.push((chance.unit(), instance));
            clocks.push((chance.below(every.as_ns()), 0));
        }
        ring.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self {
            size: u64::from(size),
            every: every.as_ns(),
            ring,
            next: 0,
            round: 0.0,
            stride: f64::from(size) * f64::from(instances),
            clocks,
            waiting: BinaryHeap::with_capacity(instances as usize),
            current: (Instant::ZERO, 0, 0),
        }
    }

    /// When the next record is released and by which instance; [`Instant::NEVER`] when the rate
    /// ends before.
    #[inline]
    pub fn next(&mut self, profile: &mut Profile) -> (Instant, u32) {
        if self.current.2 == 0 {
            self.advance(profile);
        }
        self.current.2 -= 1;
        (self.current.0, self.current.1)
    }

    /// Finds the earliest tick at which bursts are released.
    fn advance(&mut self, profile: &mut Profile) {
        loop {
            let (phase, instance) = self.ring[self.next];
            let due = profile.time_of((self.round + phase) * self.stride);
            if let Some(&Reverse((at, waiting))) = self.waiting.peek()
                // A burst due at this very tick still joins it.
                && at < due
            {
                self.waiting.pop();
                let bursts = std::mem::take(&mut self.clocks[waiting as usize].1);
                self.current = (at, waiting, bursts * self.size);
                return;
            }
            if due == Instant::NEVER {
                self.current = (Instant::NEVER, 0, u64::MAX);
                return;
            }
            self.next += 1;
            if self.next == self.ring.len() {
                self.next = 0;
                self.round += 1.0;
            }
            let (offset, bursts) = &mut self.clocks[instance as usize];
            if *bursts == 0 {
                self.waiting.push(Reverse((tick(due, *offset, self.every), instance)));
            }
            *bursts += 1;
        }
    }
}

/// The first of the moments `offset`, `offset + every`, … that is not before `due`.
fn tick(due: Instant, offset: u64, every: u64) -> Instant {
    let ticks = due.as_ns().saturating_sub(offset).div_ceil(every);
    Instant::from_ns(ticks.saturating_mul(every).saturating_add(offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::{Between, ProfilePlan};

    const SECOND: u64 = 1_000_000_000;

    fn profile(points: &[(u64, f64)]) -> Profile {
        let points = points.iter().map(|&(s, rate)| (Instant::from_s(s), rate)).collect();
        Profile::new(&ProfilePlan { points, between: Between::Steps })
    }

    /// All releases before `end`: moment, instance, records.
    fn releases(bursts: &mut Bursts, rate: &[(u64, f64)], end: Instant) -> Vec<(u64, u32, u64)> {
        let mut profile = profile(rate);
        let mut found: Vec<(u64, u32, u64)> = Vec::new();
        loop {
            let (at, instance) = bursts.next(&mut profile);
            if at >= end {
                return found;
            }
            match found.last_mut() {
                Some(last) if (last.0, last.1) == (at.as_ns(), instance) => last.2 += 1,
                _ => found.push((at.as_ns(), instance, 1)),
            }
        }
    }

    fn bursts(size: u32, instances: u32) -> Bursts {
        let mut chance = random::Stream::named(7, 0, "test");
        Bursts::new(size, Span::from_s(1), instances, &mut chance)
    }

    /// 5 instances of 40 records each second are 200/s: then each tick has one burst.
    #[test]
    fn where_rate_and_bursts_agree_each_tick_has_one() {
        let found = releases(&mut bursts(40, 5), &[(0, 200.0)], Instant::from_s(60));
        assert!(found.is_sorted_by_key(|it| it.0));
        for instance in 0..5 {
            let of: Vec<_> = found.iter().filter(|it| it.1 == instance).collect();
            assert!((59..=60).contains(&of.len()), "{}", of.len());
            assert!(of.iter().all(|it| it.2 == 40));
            assert!(of.windows(2).all(|pair| pair[1].0 - pair[0].0 == SECOND));
        }
        let mut offsets: Vec<u64> = found.iter().map(|it| it.0 % SECOND).collect();
        offsets.sort_unstable();
        offsets.dedup();
        assert_eq!(offsets.len(), 5, "each instance at a phase of its own");
    }

    /// A third of that rate: a burst each third tick. Two and a half times: two or three a tick.
    #[test]
    fn a_lower_rate_skips_ticks_and_a_higher_one_doubles_them() {
        let found = releases(&mut bursts(40, 5), &[(0, 200.0 / 3.0)], Instant::from_s(90));
        assert!(found.iter().all(|it| it.2 == 40));
        for instance in 0..5 {
            let of: Vec<_> = found.iter().filter(|it| it.1 == instance).collect();
            // A due moment near a tick may round to either side of it.
            let gaps = of.windows(2).map(|pair| (pair[1].0 - pair[0].0).div_ceil(SECOND));
            assert!(gaps.clone().all(|gap| (2..=4).contains(&gap)));
            assert!((29..=30).contains(&of.len()));
        }
        let found = releases(&mut bursts(40, 5), &[(0, 500.0)], Instant::from_s(100));
        assert!(found[5..].iter().all(|it| it.2 == 80 || it.2 == 120));
        let total: u64 = found.iter().map(|it| it.2).sum();
        // Within one burst and one period an instance: 40 + 100 records each.
        assert!(total.abs_diff(50_000) <= 5 * 140, "{total}");
    }

    /// Whatever the rate does, what has been released is what has been brought, less a burst and a
    /// period each at most; averaged over phases the number of bursts due is exact.
    #[test]
    fn released_follows_brought() {
        let rate = [(0, 30.0), (50, 900.0), (60, 0.0), (80, 10.0), (100, 0.0)];
        let brought = |s: f64| {
            let part = |from: f64, to: f64, rate: f64| (s.min(to) - from).max(0.0) * rate;
            part(0.0, 50.0, 30.0) + part(50.0, 60.0, 900.0) + part(80.0, 100.0, 10.0)
        };
        let found = releases(&mut bursts(25, 4), &rate, Instant::from_s(1_000));
        assert!(found.is_sorted_by_key(|it| it.0));
        let mut released = 0;
        for &(at, _, records) in &found {
            let s = at as f64 / SECOND as f64;
            // Before the tick: at least what was brought one period ago less a burst each.
            assert!(released as f64 + 100.0 >= brought(s - 1.0));
            released += records;
            assert!(released as f64 <= brought(s) + 100.0);
        }
        assert!(released.abs_diff(10_700) < 100, "{released}");
    }
}
