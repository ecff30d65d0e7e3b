//! What the Lambda functions of an account share: their concurrency.

use crate::model::facts;
use crate::model::plan::Plan;
use crate::time::{Instant, NS_PER_S, Span};

/// Concurrent executions of an account and Region (ESM-58).
#[derive(Clone, Debug)]
pub struct Concurrency {
    /// All of them.
    all: u32,
    /// Those that functions have reserved.
    reserved: u64,
    /// Of the others, those running.
    running: u32,
    /// Synchronous invocations a second (ESM-61).
    requests: Pace,
}

/// So many steps in a time, refilled without pause: what is not used does not pile up further.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When all of it will be there again, if nothing is taken.
    full_at: Instant,
    /// Time in which one step comes back.
    step: Span,
    /// Time in which all of it does.
    window: Span,
}

impl Pace {
    /// `steps` in `window`, all of them there.
    #[must_use]
    pub fn new(steps: u64, window: Span) -> Self {
        let step = Span::from_ns((window.as_ns() / steps.max(1)).max(1));
        Self { full_at: Instant::ZERO, step, window }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + self.step;
        let there = full_at.since(now) <= self.window;
        if there {
            self.full_at = full_at;
        }
        there
    }
}

impl Concurrency {
    /// That of `plan`'s account: what its functions have reserved is theirs alone (ESM-59).
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let all = plan.account.concurrent_executions;
        let reserved = plan.readers.iter().filter_map(|it| it.lambda()?.function.reserved);
        let reserved = reserved.map(u64::from).sum();
        let per_s = facts::REQUESTS_PER_EXECUTION * u64::from(all);
        Self { all, reserved, running: 0, requests: Pace::new(per_s, Span::from_ns(NS_PER_S)) }
    }

    /// Whether a function may be invoked now that has so many `running`, and may have `most` of
    /// its own, or shares with others where there is none; if so it counts as running.
    pub fn take(&mut self, now: Instant, running: u32, most: Option<u32>) -> bool {
        let room = match most {
            Some(most) => running < most,
            None => u64::from(self.running) + self.reserved < u64::from(self.all),
        };
        let may = room && self.requests.take(now);
        self.running += u32::from(may && most.is_none());
        may
    }

    /// A function that has so many `running` has another number to itself from now on, or shares
    /// with others where there is none. What runs goes on.
    pub fn reserve(&mut self, running: u32, (from, to): (Option<u32>, Option<u32>)) {
        let own = |of: Option<u32>| of.map_or(0, u64::from);
        self.reserved = (self.reserved + own(to)).saturating_sub(own(from));
        match (from, to) {
            (None, Some(_)) => self.running = self.running.saturating_sub(running),
            (Some(_), None) => self.running = self.running.saturating_add(running),
            _ => {}
        }
    }

    /// An invocation of a function that shares is over.
    pub fn give_back(&mut self) {
        self.running = self.running.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ESM-60: a thousand at once, then one each 10 ms.
    #[test]
    fn a_pace_gives_all_at_once_and_then_one_a_step() {
        let mut pace = Pace::new(1_000, Span::from_s(10));
        let now = Instant::from_s(100);
        assert_eq!((0..2_000).filter(|_| pace.take(now)).count(), 1_000);
        let ms = |ms| now + Span::from_ms(ms);
        assert!(!pace.take(ms(9)) && pace.take(ms(10)) && !pace.take(ms(19)));
        assert_eq!((0..2_000).filter(|_| pace.take(ms(1_020))).count(), 101);
        assert_eq!((0..2_000).filter(|_| pace.take(ms(999_000))).count(), 1_000);
    }
}
