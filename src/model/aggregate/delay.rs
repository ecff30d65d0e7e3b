//! When refused records come again, counted in quanta.

use crate::model::plan::Jitter;
use crate::model::retry::{RetryPlan, Wait};
use crate::time::Span;

/// For each attempt of a producer where its records go from there, if they are refused at any
/// moment of a quantum alike.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    wait: Wait,
    max_attempts: u32,
    cell: f64,
    /// Length of the quantum, and from its beginning to the end of its cell (ns).
    shape: (f64, f64),
    /// After the first attempt, the second, …; what follows the last of them is like it.
    after: Vec<Return>,
}

/// After one attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Return {
    /// Into the same quantum.
    pub(super) same: Landing,
    /// Into a later one: cells of the grid ahead, and the part of all that come later which lands
    /// up to there.
    pub(super) later: Vec<(u32, f64, Landing)>,
}

/// What comes back within some time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Landing {
    /// Part of what was refused, 0 to 1.
    pub(super) part: f64,
    /// How long that waited (ns).
    pub(super) mean: f64,
    /// Variance of that (ns^2).
    pub(super) variance: f64,
}

/// Attempts told apart: delays that double have long reached their limit.
const ATTEMPTS_MAX: u32 = 64;

impl Delays {
    /// Of `plan`'s retries, in quanta of `cell` where nothing cuts them short.
    pub(super) fn new(plan: &RetryPlan, cell: Span) -> Self {
        let cell = cell.as_ns() as f64;
        let (wait, max_attempts) = (plan.throttled, plan.max_attempts);
        let mut delays = Self { wait, max_attempts, cell, shape: (0.0, 0.0), after: Vec::new() };
        delays.follow(Span::from_ns(cell as u64), Span::from_ns(cell as u64));
        delays
    }

    /// For a quantum of this length, whose cell ends `rest` after its beginning.
    pub(super) fn follow(&mut self, length: Span, rest: Span) {
        let shape = (length.as_ns() as f64, rest.as_ns() as f64);
        if self.shape == shape {
            return;
        }
        self.shape = shape;
        let count = self.max_attempts.saturating_sub(1).min(ATTEMPTS_MAX);
        self.after = (1..=count).map(|retry| self.after_attempt(retry)).collect();
    }

    /// What follows attempt number `attempt`, counted from 0; `None` if it was the last.
    pub(super) fn after(&self, attempt: u32) -> Option<&Return> {
        let place = attempt.min(ATTEMPTS_MAX - 1) as usize;
        (attempt + 1 < self.max_attempts).then(|| self.after.get(place)).flatten()
    }

    /// Cells ahead in which something can land at most.
    pub(super) fn reach(&self) -> usize {
        if self.max_attempts <= 1 {
            return 2;
        }
        let longest = self.wait.longest(self.max_attempts - 1);
        (longest.as_ns() as f64 / self.cell) as usize + 2
    }

    fn after_attempt(&self, retry: u32) -> Return {
        let (length, rest) = self.shape;
        let longest = self.wait.longest(retry).as_ns() as f64;
        let delay = match self.wait.jitter {
            Jitter::None => (longest, longest),
            Jitter::Full => (0.0, longest),
            Jitter::Equal => (longest / 2.0, longest),
        };
        let same = landing(delay, length, (0.0, length));
        let beyond = 1.0 - same.part;
        let (mut later, mut sum) = (Vec::new(), 0.0);
        let (mut ahead, mut from, mut to) = (0, length, rest);
        while from < longest + length {
            let there = landing(delay, length, (from, to));
            if there.part > 0.0 {
                sum += there.part;
                later.push((ahead, sum / beyond, there));
            }
            (ahead, from, to) = (ahead + 1, to, to + self.cell);
        }
        Return { same, later }
    }
}

/// What comes back from `window.0` to `window.1` after the beginning of a quantum of this `length`
/// in which it was refused, after a uniform `delay` (ns).
fn landing((least, most): (f64, f64), length: f64, (from, to): (f64, f64)) -> Landing {
    // The part of the quantum from which a delay leads into the window.
    let part = |delay: f64| ((delay + length).min(to) - delay.max(from)).max(0.0) / length;
    if most <= least {
        return Landing { part: part(least), mean: least, variance: 0.0 };
    }
    let mut edges = [least, from - length, from, to - length, to, most];
    for edge in &mut edges {
        *edge = edge.clamp(least, most);
    }
    edges.sort_by(f64::total_cmp);
    let mut moments = [0.0; 3];
    for pair in edges.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        // Straight between two edges: Simpson's rule is exact up to cubes.
        for (at, weight) in [(a, 1.0), (f64::midpoint(a, b), 4.0), (b, 1.0)] {
            let mass = part(at) * weight * (b - a) / 6.0 / (most - least);
            for (power, moment) in (0..).zip(&mut moments) {
                *moment += mass * [1.0, at, at * at][power];
            }
        }
    }
    let [part, first, second] = moments;
    if part <= 1e-12 {
        return Landing::default();
    }
    let mean = first / part;
    Landing { part, mean, variance: (second / part - mean * mean).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(base_ms: u64, jitter: Jitter) -> Delays {
        let wait = Wait { base: Span::from_ms(base_ms), max: Span::from_s(20), jitter };
        let plan = RetryPlan { max_attempts: 4, throttled: wait, ..RetryPlan::NONE };
        Delays::new(&plan, Span::from_ms(100))
    }

    /// A fixed delay of 130 ms from a moment of the first 100 ms: 70 % land in the next cell, the
    /// rest in the one after.
    #[test]
    fn a_fixed_delay_lands_in_two_cells() {
        let delays = law(130, Jitter::None);
        let after = delays.after(0).unwrap();
        assert!(after.same.part.abs() < 1e-12);
        let cells: Vec<u32> = after.later.iter().map(|it| it.0).collect();
        assert_eq!(cells, [1, 2]);
        assert!((after.later[0].1 - 0.7).abs() < 1e-9);
        assert!((after.later[1].1 - 1.0).abs() < 1e-9);
        assert!((after.later[0].2.mean - 130e6).abs() < 1.0);
    }

    /// Full jitter up to 100 ms in a quantum of 100 ms: u + d < 1 for half of all pairs, whose
    /// delay has a density falling to nothing, of mean 1/3 and variance 1/18.
    #[test]
    fn full_jitter_as_long_as_the_quantum_is_a_triangle() {
        let delays = law(100, Jitter::Full);
        let same = delays.after(0).unwrap().same;
        assert!((same.part - 0.5).abs() < 1e-9, "{same:?}");
        assert!((same.mean - 1e8 / 3.0).abs() < 1.0);
        assert!((same.variance / (1e16 / 18.0) - 1.0).abs() < 1e-9);
        // The second wait is up to 200 ms: all parts and all means add up to the whole.
        let after = delays.after(1).unwrap();
        let all = || std::iter::once(after.same).chain(after.later.iter().map(|it| it.2));
        assert!((all().map(|it| it.part).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((all().map(|it| it.part * it.mean).sum::<f64>() - 1e8).abs() < 1.0);
        assert!(delays.after(3).is_none());
        assert!(delays.reach() >= 4);
    }

    /// A quantum cut in the middle of its cell has the rest of the cell ahead.
    #[test]
    fn what_is_refused_before_a_cut_may_land_behind_it() {
        let mut delays = law(30, Jitter::None);
        delays.follow(Span::from_ms(40), Span::from_ms(100));
        let after = delays.after(0).unwrap();
        assert!((after.same.part - 0.25).abs() < 1e-9);
        assert_eq!(after.later.len(), 1);
        assert_eq!(after.later[0].0, 0);
    }
}
