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
    /// Records that were stored in this quantum at their first attempt, each of which gives a
    /// token, and as retries.
    gained: f64,
    again: f64,
    /// Tokens that came in a second of late, and those of them that retries had taken.
    gaining: f64,
    regaining: f64,
    /// What retries have taken that are still to be made, and how many they are.
    under_way: (f64, f64),
    usual: Usual,
}

/// What is asked for after throttling, and comes in, in the mean of some seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    asking: f64,
    gaining: f64,
    /// Quanta in a row that were like those before.
    alike: u32,
}

/// Weight of a second in what is usual.
const WEIGHT: f64 = 0.2;

/// How far quanta that are alike may be apart, and how many make what they do usual.
const APART: f64 = 0.03;
const ALIKE: u32 = 5;

impl Usual {
    /// So much in a second.
    fn note(&mut self, asking: f64, gaining: f64) {
        let alike = |one: f64, usual: f64| (one - usual).abs() <= APART * usual;
        let is_alike = alike(asking, self.asking) && alike(gaining, self.gaining);
        self.alike = if is_alike { self.alike + 1 } else { 0 };
        self.asking += (asking - self.asking) * WEIGHT;
        self.gaining += (gaining - self.gaining) * WEIGHT;
    }
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
            again: 0.0,
            gaining: 0.0,
            regaining: 0.0,
            under_way: (0.0, 0.0),
            usual: Usual::default(),
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
            self.under_way.1 += f64::from(retries);
            return retries;
        }
        let wanted = f64::from(retries) * kind.granted + kind.carry;
        let granted = (wanted as u32).min(retries);
        kind.carry = (wanted - f64::from(granted)).min(1.0);
        kind.asked += f64::from(retries) * kind.cost;
        let taken = f64::from(granted) * kind.cost;
        self.left -= taken;
        self.under_way = (self.under_way.0 + taken, self.under_way.1 + f64::from(granted));
        granted
    }

    /// The chance of a retry after throttling to find tokens for so long from now on, where just as
    /// many have been asked for and come in for some time.
    pub(super) fn usually_granted(&self, span: Span) -> Option<f64> {
        let [throttled, _] = &self.kinds;
        let (Usual { asking, gaining, alike }, seconds) = (self.usual, span.as_s());
        if throttled.cost <= 0.0 {
            return Some(1.0);
        }
        let there = (self.left / seconds + gaining).max(0.0);
        let granted = if asking > there { there / asking } else { 1.0 };
        (alike >= ALIKE && self.left > -gaining).then_some(granted)
    }

    /// Something changes: what was usual may be so no more.
    pub(super) fn unsettle(&mut self) {
        self.usual.alike = 0;
    }

    /// So many retries after throttling asked for tokens, and so many found some.
    pub(super) fn took(&mut self, asked: f64, granted: f64) {
        let throttled = &mut self.kinds[0];
        throttled.asked += asked * throttled.cost;
        self.left -= granted * throttled.cost;
        self.under_way.0 += granted * throttled.cost;
        self.under_way.1 += granted;
    }

    /// Records were stored at this attempt, counted from 0.
    pub(super) fn give_back(&mut self, attempt: u32, records: u64) {
        let given = if attempt == 0 { &mut self.gained } else { &mut self.again };
        *given += records as f64;
    }

    /// A quantum of this length is over, in which so many retries were made.
    pub(super) fn close(&mut self, length: Span, retries: u64) {
        let [throttled, failed] = &mut self.kinds;
        if throttled.cost.max(failed.cost) <= 0.0 {
            return;
        }
        // A retry that succeeds gives back what it took: as much as any other in the mean.
        let (tokens, count) = &mut self.under_way;
        let each = if *count > 0.0 { *tokens / *count } else { throttled.cost };
        let (regained, retries) = (self.again * each, (retries as f64).min(*count));
        (*tokens, *count) = (*tokens - retries * each, *count - retries);
        let gained = self.gained + regained;
        self.left = (self.left + gained).min(self.most);
        let seconds = length.as_ns() as f64 / NS_PER_S as f64;
        let weight = seconds.min(1.0);
        self.gaining += (gained / seconds - self.gaining) * weight;
        self.regaining += (regained / seconds - self.regaining) * weight;
        self.usual.note(throttled.asked / seconds, gained / seconds);
        (self.gained, self.again) = (0.0, 0.0);
        for kind in [&mut *throttled, &mut *failed] {
            kind.asking += (kind.asked / seconds - kind.asking) * weight;
            kind.asked = 0.0;
        }
        // What is there is spent in a second.
        let there = (self.left + self.gaining).max(0.0);
        if failed.asking <= 0.0 {
            throttled.granted =
                if throttled.asking > there { there / throttled.asking } else { 1.0 };
            return;
        }
        let part = if self.gaining > 0.0 { self.regaining / self.gaining } else { 0.0 };
        let (less, more) =
            if failed.cost < throttled.cost { (failed, throttled) } else { (throttled, failed) };
        share(there, (part.clamp(0.0, 1.0), each.max(1.0)), less, more);
    }
}

/// The chances of retries of two kinds where `there` is for both. Of the tokens that come in,
/// `part` comes in so many as `step` at a time, the rest one by one.
///
/// What one client has left goes up by such steps, and down by what is taken. Where it is not
/// enough, this walk has a law whose tail falls by e^-theta with each token, and theta follows from
/// how often those who need `less` find what they need. To find what the others need beside is
/// rarer by the tail in between.
fn share(there: f64, (part, step): (f64, f64), less: &mut Kind, more: &mut Kind) {
    let apart = more.cost - less.cost;
    let cost = if less.cost > 0.0 { less.cost } else { more.cost };
    let chances = |theta: f64| {
        let up = (1.0 - part) * libm::expm1(theta) + part * libm::expm1(step * theta) / step;
        let found = if theta > 0.0 { -libm::expm1(-cost * theta) / (cost * up) } else { 1.0 };
        if less.cost > 0.0 { (found, found * libm::exp(-apart * theta)) } else { (1.0, found) }
    };
    let asked = |(one, other): (f64, f64)| less.asking * one + more.asking * other;
    let (mut low, mut high) = (0.0, THETA_MAX);
    if asked(chances(0.0)) > there {
        for _ in 0..HALVINGS {
            let theta = f64::midpoint(low, high);
            if asked(chances(theta)) > there { low = theta } else { high = theta }
        }
        low = high;
    }
    (less.granted, more.granted) = if there > 0.0 { chances(low) } else { (0.0, 0.0) };
}

/// Halvings of an interval that ends where next to nobody finds a token.
const HALVINGS: u32 = 40;
const THETA_MAX: f64 = 10.0;

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
            tokens.close(Span::from_ms(100), u64::from(got));
        }
        let part = f64::from(granted) / f64::from(asked);
        let wanted = (20.0 / 30.0 / cost).min(1.0);
        assert!((part / wanted - 1.0).abs() < 0.01, "{part} {wanted}");
    }

    /// Seconds like one another: 300 tokens come in each and 1,000 are asked for, so that three
    /// retries in ten find some, and more where some are left. A second with 4 % more ends it.
    #[test]
    fn a_chance_is_held_while_seconds_are_alike() {
        let mut tokens = Tokens::new(&RetryProfile::Sdk2026.plan(), 1);
        tokens.left = 0.0;
        let second = |tokens: &mut Tokens, asked: f64| {
            tokens.give_back(0, 300);
            tokens.took(asked / tokens.kinds[0].cost, 300.0 / tokens.kinds[0].cost);
            tokens.close(Span::from_s(1), 0);
            tokens.usually_granted(Span::from_s(10))
        };
        let held: Vec<Option<f64>> = (0..40).map(|_| second(&mut tokens, 1_000.0)).collect();
        assert_eq!(held[0], None);
        let chance = held[39].expect("all were alike");
        assert!((chance - 0.3).abs() < 1e-3, "{chance}");
        tokens.left = 1_000.0;
        let more = tokens.usually_granted(Span::from_s(10)).expect("nothing has changed");
        assert!((more - 0.4).abs() < 1e-3, "{more}");
        tokens.left = -301.0;
        assert_eq!(tokens.usually_granted(Span::from_s(10)), None);
        tokens.left = 0.0;
        assert_eq!(second(&mut tokens, 1_040.0), None);
        (0..30).for_each(|_| assert!(second(&mut tokens, 1_000.0).is_none_or(|it| it < 0.301)));
        assert!(tokens.usually_granted(Span::from_s(10)).is_some());
        tokens.unsettle();
        assert_eq!(tokens.usually_granted(Span::from_s(10)), None);
        assert_eq!(Tokens::new(&RetryPlan::NONE, 1).usually_granted(Span::from_s(1)), Some(1.0));
    }

    #[test]
    fn free_retries_are_all_granted() {
        let mut tokens = Tokens::new(&RetryPlan::NONE, 1);
        assert_eq!(tokens.take(1_000_000, Failure::Throttled), 1_000_000);
    }

    /// 5 tokens against 14, where tokens come one by one: both kinds together take what there is,
    /// and the tail of the walk says how much rarer 14 are. Equal costs have equal chances.
    #[test]
    fn those_who_need_more_find_it_more_rarely() {
        let kind = |cost, asking| Kind { asking, ..Kind::new(cost) };
        let (mut throttled, mut failed) = (kind(5.0, 1_000.0), kind(14.0, 500.0));
        share(700.0, (0.0, 5.0), &mut throttled, &mut failed);
        let (few, many) = (throttled.granted, failed.granted);
        assert!((few * 1_000.0 + many * 500.0 - 700.0).abs() < 1e-3, "{few} {many}");
        let theta = libm::log(few / many) / 9.0;
        let balance = 5.0 * few * theta.exp_m1() + (-5.0 * theta).exp_m1();
        assert!(balance.abs() < 1e-6, "{theta} {balance}");
        share(1_501.0, (0.0, 5.0), &mut throttled, &mut failed);
        assert_eq!((throttled.granted, failed.granted), (1.0, 1.0));
        let mut free = kind(0.0, 0.0);
        share(100.0, (0.5, 14.0), &mut free, &mut failed);
        assert!(free.granted >= 1.0 && (failed.granted - 0.2).abs() < 1e-6);
        let mut same = kind(14.0, 500.0);
        share(100.0, (0.5, 14.0), &mut same, &mut failed);
        assert!((same.granted - 0.1).abs() < 1e-6 && (failed.granted - 0.1).abs() < 1e-6);
    }

    /// Retries of both kinds under way: each that succeeds gives back the mean of what they took.
    #[test]
    fn what_comes_back_is_what_was_taken() {
        let mut tokens = Tokens::new(&RetryProfile::Sdk2026.plan(), 1);
        let taken = (tokens.take(10, Failure::Throttled), tokens.take(10, Failure::Failed));
        assert_eq!(taken, (10, 10));
        tokens.close(Span::from_ms(100), 0);
        assert!((tokens.left - 310.0).abs() < 1e-9);
        tokens.give_back(1, 10);
        tokens.close(Span::from_ms(100), 20);
        assert!((tokens.left - 405.0).abs() < 1e-9);
        assert_eq!(tokens.under_way, (0.0, 0.0));
    }
}
