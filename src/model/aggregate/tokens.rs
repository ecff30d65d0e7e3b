//! The retry tokens of all clients of a producer together (KDS-L09).

use crate::model::retry::{Failure, RetryPlan};
use crate::time::{NS_PER_S, Span};

/// A pool of what its instances have, who are alike.
///
/// Within a quantum tokens come and go in turn, so that every retry has the same chance of finding
/// some: what comes in over what is asked for. The pool may owe a little on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    left: f64,
    most: f64,
    /// Of retries after throttling and after failures.
    kinds: [Kind; 2],
    /// Tokens that came in this quantum, and in a second of late.
    gained: f64,
    gaining: f64,
    /// What a retry has cost of late, in the mean: that is what comes back.
    returned: f64,
}

/// Retries of one kind.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// Of each; zero where they are free.
    cost: f64,
    /// Chance of one to find tokens.
    granted: f64,
    carry: f64,
    /// Tokens that were asked for in this quantum, and in a second of late.
    asked: f64,
    asking: f64,
}

impl Kind {
    fn new(cost: f64) -> Self {
        Self { cost, granted: 1.0, carry: 0.0, asked: 0.0, asking: 0.0 }
    }

    /// The chance where `there` is for all of this kind.
    fn share(&mut self, there: f64) {
        self.granted = if self.asking > there { there / self.asking } else { 1.0 };
    }
}

impl Tokens {
    /// The full tokens of `instances` clients.
    pub(super) fn new(plan: &RetryPlan, instances: u32) -> Self {
        let each = plan.quota.map_or(0.0, |quota| f64::from(quota.tokens));
        let most = each * f64::from(instances);
        let cost = |of: u32| f64::from(of);
        let (throttled, failed) =
            plan.quota.map_or((0.0, 0.0), |quota| (cost(quota.throttled), cost(quota.failed)));
        Self {
            left: most,
            most,
            kinds: [Kind::new(throttled), Kind::new(failed)],
            gained: 0.0,
            gaining: 0.0,
            returned: throttled,
        }
    }

    /// The chance of a retry to find tokens in this quantum, after such a failure.
    pub(super) fn granted(&self, failure: Failure) -> f64 {
        self.kinds[kind(failure)].granted
    }

    /// How many of so many retries find tokens: those are taken.
    pub(super) fn take(&mut self, retries: u32, failure: Failure) -> u32 {
        let kind = &mut self.kinds[kind(failure)];
        if kind.cost <= 0.0 || retries == 0 {
            return retries;
        }
        let wanted = f64::from(retries) * kind.granted + kind.carry;
        let granted = (wanted as u32).min(retries);
        kind.carry = (wanted - f64::from(granted)).min(1.0);
        kind.asked += f64::from(retries) * kind.cost;
        self.left -= f64::from(granted) * kind.cost;
        granted
    }

    /// Records were stored at this attempt, counted from 0.
    pub(super) fn give_back(&mut self, attempt: u32, records: u32) {
        let each = if attempt == 0 { 1.0 } else { self.returned };
        self.gained += f64::from(records) * each;
    }

    /// A quantum of this length is over.
    pub(super) fn close(&mut self, length: Span) {
        let [throttled, failed] = &mut self.kinds;
        if throttled.cost.max(failed.cost) <= 0.0 {
            return;
        }
        self.left = (self.left + self.gained).min(self.most);
        let seconds = length.as_ns() as f64 / NS_PER_S as f64;
        let weight = seconds.min(1.0);
        self.gaining += (self.gained / seconds - self.gaining) * weight;
        for kind in [&mut *throttled, &mut *failed] {
            kind.asking += (kind.asked / seconds - kind.asking) * weight;
            kind.asked = 0.0;
        }
        self.gained = 0.0;
        // What is there is spent in a second.
        let there = (self.left + self.gaining).max(0.0);
        throttled.share(there);
        if failed.asking <= 0.0 {
            return;
        }
        // Where tokens are scarce, those who need fewer do not leave enough for the others.
        let left = (there - throttled.asking).max(0.0);
        if failed.cost > throttled.cost {
            failed.share(left);
        } else {
            let all = throttled.asking + failed.asking;
            throttled.share(there * throttled.asking / all);
            failed.share(there * failed.asking / all);
        }
        let retries = |kind: &Kind| kind.asking * kind.granted / kind.cost.max(1.0);
        let (some, others) = (retries(throttled), retries(failed));
        if some + others > 0.0 {
            self.returned = (some * throttled.cost + others * failed.cost) / (some + others);
        }
    }
}

/// Where retries after this failure are kept.
fn kind(failure: Failure) -> usize {
    match failure {
        Failure::Throttled => 0,
        Failure::Failed | Failure::TimedOut => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::retry::RetryProfile;

    /// Ten records stored for each retry asked for, at a cost of c tokens: one in c/10 is granted
    /// in the long run, once what was there at first is gone.
    #[test]
    fn retries_get_what_comes_in() {
        let plan = RetryProfile::Sdk2026.plan();
        let cost = f64::from(plan.quota.unwrap().throttled);
        let mut tokens = Tokens::new(&plan, 3);
        let (mut granted, mut asked) = (0, 0);
        for quantum in 0..2_000 {
            tokens.give_back(0, 20);
            let got = tokens.take(30, Failure::Throttled);
            if quantum >= 1_000 {
                (granted, asked) = (granted + got, asked + 30);
            }
            tokens.close(Span::from_ms(100));
        }
        let part = f64::from(granted) / f64::from(asked);
        let wanted = (20.0 / 30.0 / cost).min(1.0);
        assert!((part / wanted - 1.0).abs() < 0.01, "{part} {wanted}");
    }

    #[test]
    fn free_retries_are_all_granted() {
        let mut tokens = Tokens::new(&RetryPlan::NONE, 1);
        assert_eq!(tokens.take(1_000_000, Failure::Throttled), 1_000_000);
    }
}
