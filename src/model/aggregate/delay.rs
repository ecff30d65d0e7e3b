//! When refused records come again, counted in quanta.

use crate::model::aggregate::answers::{Prospect, Slice};
use crate::model::aggregate::crowd::Waited;
use crate::model::plan::Jitter;
use crate::model::retry::{Failure, RetryPlan, Wait};
use crate::time::Span;

/// For each attempt of a producer where its records go from there, if they are refused at any
/// moment of a quantum alike.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    plan: RetryPlan,
    /// Whether attempts fail without being throttled.
    fails: bool,
    /// How long it takes until a refusal is known: back-off begins then.
    answers: Vec<Slice>,
    /// The longest of that in the whole run (ns).
    longest_answer: f64,
    cell: f64,
    /// Length of the quantum, and from its beginning to the end of its cell (ns).
    shape: (f64, f64),
    /// After the first attempt, the second, …; what follows the last of them is like it.
    throttled: Vec<Return>,
    failed: Vec<Return>,
    /// Until the answer; `None` where that comes at once.
    answer: Option<Return>,
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

impl Landing {
    /// How much longer what lands here has waited.
    #[inline]
    pub(super) fn waited(&self) -> Waited {
        Waited { mean: self.mean, variance: self.variance }
    }
}

/// Attempts told apart: delays that double have long reached their limit.
const ATTEMPTS_MAX: u32 = 64;

impl Delays {
    /// Of `plan`'s retries, in quanta of `cell` where nothing cuts them short, by calls that may
    /// meet what `prospect` says.
    pub(super) fn new(plan: &RetryPlan, cell: Span, prospect: Prospect) -> Self {
        let mut delays = Self {
            plan: *plan,
            fails: prospect.fails,
            answers: vec![Slice { part: 1.0, mean: 0.0, variance: 0.0 }],
            longest_answer: prospect.longest,
            cell: cell.as_ns() as f64,
            shape: (0.0, 0.0),
            throttled: Vec::new(),
            failed: Vec::new(),
            answer: None,
        };
        delays.follow(cell, cell);
        delays
    }

    /// From now on answers take so long.
    pub(super) fn meet(&mut self, answers: Vec<Slice>) {
        if self.answers != answers {
            self.answers = answers;
            self.shape = (0.0, 0.0);
        }
    }

    /// For a quantum of this length, whose cell ends `rest` after its beginning.
    pub(super) fn follow(&mut self, length: Span, rest: Span) {
        let shape = (length.as_ns() as f64, rest.as_ns() as f64);
        if self.shape == shape {
            return;
        }
        self.shape = shape;
        let count = self.plan.max_attempts.saturating_sub(1).min(ATTEMPTS_MAX);
        let after = |wait: &Wait| (1..=count).map(|retry| self.back(range(wait, retry))).collect();
        let throttled = after(&self.plan.throttled);
        let failed = if self.fails { after(&self.plan.failed) } else { Vec::new() };
        let answer = (self.longest() > 0.0).then(|| self.back((0.0, 0.0)));
        (self.throttled, self.failed, self.answer) = (throttled, failed, answer);
    }

    /// What follows attempt number `attempt`, counted from 0, which ended so; `None` if it was the
    /// last.
    pub(super) fn after(&self, attempt: u32, failure: Failure) -> Option<&Return> {
        let place = attempt.min(ATTEMPTS_MAX - 1) as usize;
        let after = match failure {
            Failure::Throttled => &self.throttled,
            Failure::Failed | Failure::TimedOut => &self.failed,
        };
        (attempt + 1 < self.plan.max_attempts).then(|| after.get(place)).flatten()
    }

    /// Attempts that a record has at most.
    pub(super) fn attempts(&self) -> u32 {
        self.plan.max_attempts.max(1)
    }

    /// When it is known that an attempt was refused; `None` where that is at once.
    pub(super) fn answer(&self) -> Option<&Return> {
        self.answer.as_ref()
    }

    /// Cells ahead in which something can land at most.
    pub(super) fn reach(&self) -> usize {
        if self.plan.max_attempts <= 1 {
            return 2;
        }
        let retry = self.plan.max_attempts - 1;
        let failed = if self.fails { self.plan.failed.longest(retry) } else { Span::ZERO };
        let longest = self.plan.throttled.longest(retry).max(failed);
        ((longest.as_ns() as f64 + self.longest_answer) / self.cell) as usize + 2
    }

    /// Cells ahead in which an answer can come at most; none where it comes at once.
    pub(super) fn answers_reach(&self) -> usize {
        let cells = (self.longest_answer / self.cell) as usize + 2;
        if self.longest_answer > 0.0 { cells } else { 0 }
    }

    /// The longest that an answer takes at present (ns).
    fn longest(&self) -> f64 {
        self.answers.iter().map(|it| it.mean).fold(0.0, f64::max)
    }

    /// Where that goes which waits in this range (ns) after its answer.
    fn back(&self, wait: (f64, f64)) -> Return {
        let (length, rest) = self.shape;
        let longest = wait.1 + self.longest();
        let mut same = self.landing(wait, (0.0, length));
        let beyond = 1.0 - same.part;
        let (mut later, mut sum) = (Vec::new(), 0.0);
        let (mut ahead, mut from, mut to) = (0, length, rest);
        while from < longest + length {
            let there = self.landing(wait, (from, to));
            if there.part > 0.0 {
                sum += there.part;
                later.push((ahead, sum / beyond, there));
            }
            (ahead, from, to) = (ahead + 1, to, to + self.cell);
        }
        if later.is_empty() {
            same.part = 1.0;
        }
        Return { same, later }
    }

    /// What comes back in this window, of all that waits in this range after its answer.
    fn landing(&self, (least, most): (f64, f64), window: (f64, f64)) -> Landing {
        let (length, _) = self.shape;
        let of = |slice: &Slice| {
            let (least, most) = (least + slice.mean, most + slice.mean);
            if window.1 < least || window.0 > most + length {
                return Landing::default();
            }
            let there = landing((least, most), length, window);
            Landing { variance: there.variance + slice.variance, ..there }
        };
        if let [only] = self.answers.as_slice() {
            return of(only);
        }
        let (mut part, mut first, mut second) = (0.0, 0.0, 0.0);
        for slice in &self.answers {
            let there = of(slice);
            let mass = slice.part * there.part;
            part += mass;
            first += mass * there.mean;
            second += mass * (there.mean * there.mean + there.variance);
        }
        if part <= 1e-12 {
            return Landing::default();
        }
        let mean = first / part;
        Landing { part, mean, variance: (second / part - mean * mean).max(0.0) }
    }
}

/// The shortest and the longest wait before retry number `retry` (ns).
fn range(wait: &Wait, retry: u32) -> (f64, f64) {
    let longest = wait.longest(retry).as_ns() as f64;
    match wait.jitter {
        Jitter::None => (longest, longest),
        Jitter::Full => (0.0, longest),
        Jitter::Equal => (longest / 2.0, longest),
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

    const AT_ONCE: Prospect = Prospect { mean: 0.0, longest: 0.0, fails: false };

    fn law(base_ms: u64, jitter: Jitter) -> Delays {
        let wait = Wait { base: Span::from_ms(base_ms), max: Span::from_s(20), jitter };
        let plan = RetryPlan { max_attempts: 4, throttled: wait, ..RetryPlan::NONE };
        Delays::new(&plan, Span::from_ms(100), AT_ONCE)
    }

    /// A fixed delay of 130 ms from a moment of the first 100 ms: 70 % land in the next cell, the
    /// rest in the one after.
    #[test]
    fn a_fixed_delay_lands_in_two_cells() {
        let delays = law(130, Jitter::None);
        let after = delays.after(0, Failure::Throttled).unwrap();
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
        let same = delays.after(0, Failure::Throttled).unwrap().same;
        assert!((same.part - 0.5).abs() < 1e-9, "{same:?}");
        assert!((same.mean - 1e8 / 3.0).abs() < 1.0);
        assert!((same.variance / (1e16 / 18.0) - 1.0).abs() < 1e-9);
        // The second wait is up to 200 ms: all parts and all means add up to the whole.
        let after = delays.after(1, Failure::Throttled).unwrap();
        let all = || std::iter::once(after.same).chain(after.later.iter().map(|it| it.2));
        assert!((all().map(|it| it.part).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((all().map(|it| it.part * it.mean).sum::<f64>() - 1e8).abs() < 1.0);
        assert!(delays.after(3, Failure::Throttled).is_none());
        assert!(delays.reach() >= 4);
    }

    /// A quantum cut in the middle of its cell has the rest of the cell ahead.
    #[test]
    fn what_is_refused_before_a_cut_may_land_behind_it() {
        let mut delays = law(30, Jitter::None);
        delays.follow(Span::from_ms(40), Span::from_ms(100));
        let after = delays.after(0, Failure::Throttled).unwrap();
        assert!((after.same.part - 0.25).abs() < 1e-9);
        assert_eq!(after.later.len(), 1);
        assert_eq!(after.later[0].0, 0);
    }

    /// Answers of 30 ms, half of them and another half of 90 ms, before a back-off of 100 ms: what
    /// is refused comes again after 130 or 190 ms. What fails is back 50 ms after its answer.
    #[test]
    fn back_off_begins_with_the_answer() {
        let fixed = |ms| Wait { base: Span::from_ms(ms), max: Span::MAX, jitter: Jitter::None };
        let plan = RetryPlan { max_attempts: 2, failed: fixed(50), ..RetryPlan::NONE };
        let plan = RetryPlan { throttled: fixed(100), ..plan };
        let prospect = Prospect { mean: 60e6, longest: 90e6, fails: true };
        let mut delays = Delays::new(&plan, Span::from_ms(100), prospect);
        assert!(delays.answer().is_none());
        let half = |mean| Slice { part: 0.5, mean, variance: 1e12 };
        delays.meet(vec![half(30e6), half(90e6)]);
        delays.follow(Span::from_ms(100), Span::from_ms(100));
        let parts = |back: &Return| {
            let all = std::iter::once(back.same).chain(back.later.iter().map(|it| it.2));
            all.map(|it| it.part).collect::<Vec<f64>>()
        };
        let close = |found: &[f64], wanted: &[f64]| {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9)
        };
        let throttled = delays.after(0, Failure::Throttled).unwrap();
        assert!(close(&parts(throttled), &[0.0, 0.4, 0.6]), "{throttled:?}");
        let mean = (0.35 * 130.0 + 0.05 * 190.0) / 0.4 * 1e6;
        assert!((throttled.later[0].2.mean - mean).abs() < 1.0);
        let failed = delays.after(0, Failure::Failed).unwrap();
        assert!(close(&parts(failed), &[0.1, 0.7, 0.2]), "{failed:?}");
        assert!(close(&parts(delays.answer().unwrap()), &[0.4, 0.6]));
        assert_eq!((delays.reach(), delays.answers_reach()), (3, 2));
    }
}
