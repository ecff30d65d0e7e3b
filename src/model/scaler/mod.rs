//! Autoscalers: they look at what a stream took in, as CloudWatch shows it, and ask for other
//! shards. None of them sees a single hot shard, unless it is told to.

mod plan;
mod rules;
mod utils;
mod walk;

use std::collections::VecDeque;

pub use self::plan::{
    Amount, Measure, Policy, Rule, SampleRule, ScalerPlan, Schedule, UtilsAmount, UtilsPlan,
    UtilsRule,
};
use self::walk::Walk;
use crate::model::meter::Minute;
use crate::model::reshard::{Refusal, ReshardCall};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// An autoscaler at work.
#[derive(Clone, Debug)]
pub struct Scaler {
    plan: ScalerPlan,
    /// The last minutes, oldest first.
    minutes: VecDeque<Minute>,
    /// When the newest of them ended.
    seen_to: Instant,
    next: Instant,
    /// When it last asked for more, and for less.
    asked: [Option<Instant>; 2],
    /// Shards it believes the stream has, and since when (SCL-06).
    known: Option<(u32, Instant)>,
    /// Shards it is on its way to, over more than one call.
    goal: Option<u32>,
    walk: Option<Walk>,
    /// It waits until its stream is ACTIVE (SCL-10).
    waits: bool,
}

/// What an autoscaler wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    More(u32),
    Less(u32),
}

const MINUTE: Span = Span::from_s(60);

impl Scaler {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(plan: &ScalerPlan) -> Self {
        let room = plan.minutes();
        Self {
            minutes: VecDeque::with_capacity(room + 1),
            seen_to: Instant::ZERO,
            next: plan.first_look(),
            asked: [None; 2],
            known: None,
            goal: None,
            walk: None,
            waits: false,
            plan: plan.clone(),
        }
    }

    /// Which stream it scales.
    #[must_use]
    pub fn stream(&self) -> usize {
        self.plan.stream
    }

    /// When it looks next.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.next
    }

    /// A minute has ended.
    pub fn note(&mut self, now: Instant, minute: Minute) {
        self.seen_to = now;
        if self.minutes.len() == self.plan.minutes() {
            self.minutes.pop_front();
        }
        self.minutes.push_back(minute);
    }

    /// Looks at `stream` at `now`, and says what it asks for, if anything.
    pub fn look(&mut self, now: Instant, stream: &Stream, updating: bool) -> Option<ReshardCall> {
        self.next = self.plan.next_look(now);
        if self.waits && updating {
            self.next = self.next.min(now + Span::from_s(1));
            return None;
        }
        let open = stream.open_shards();
        if std::mem::take(&mut self.waits) {
            self.known = Some((open, now));
        }
        if let Some(walk) = &self.walk {
            if let Some(call) = walk.next(stream) {
                self.waits = true;
                self.next = now + Span::from_s(1);
                return Some(call);
            }
            self.walk = None;
        }
        let wish = self.wish(now, open)?;
        let (Wish::More(to) | Wish::Less(to)) = wish;
        let bounded = to.clamp(self.plan.min_shards.max(1), self.plan.max_shards.max(1));
        // UpdateShardCount goes no further at once (KDS-S12).
        let target = bounded.clamp(open.div_ceil(2), open.saturating_mul(2));
        if target == open || (target > open) != matches!(wish, Wish::More(_)) {
            self.goal = None;
            return None;
        }
        let direction = usize::from(matches!(wish, Wish::Less(_)));
        let rests = matches!(self.plan.policy, Policy::ScalingUtils(_));
        self.asked[direction] = Some(now);
        self.waits = rests;
        Some(ReshardCall::UpdateShardCount { target })
    }

    /// What came of its call.
    pub fn answered(&mut self, now: Instant, call: ReshardCall, refused: Option<Refusal>) {
        let Some(refusal) = refused else {
            if let (Policy::Sample(_), ReshardCall::UpdateShardCount { target }) =
                (&self.plan.policy, call)
            {
                // Its alarms are rewritten at once (SCL-18).
                self.known = Some((target, now));
            }
            return;
        };
        self.waits = false;
        match (&self.plan.policy, call) {
            // SCL-11.
            (Policy::ScalingUtils(_), ReshardCall::UpdateShardCount { target })
                if refusal.error() != "ResourceInUseException" =>
            {
                self.walk = Some(Walk::to(target));
                self.next = now + Span::from_s(1);
            }
            (Policy::ScalingUtils(_), ReshardCall::UpdateShardCount { .. }) => {
                self.next = now + Span::from_s(1);
            }
            (Policy::ScalingUtils(_), _) => self.walk = None,
            _ => {}
        }
        if let ReshardCall::UpdateShardCount { .. } = call {
            // What was refused began no cool-off.
            self.asked = self.asked.map(|at| at.filter(|&at| at < now));
        }
    }

    fn wish(&mut self, now: Instant, open: u32) -> Option<Wish> {
        let to = |n: u32| if n > open { Wish::More(n) } else { Wish::Less(n) };
        match &self.plan.policy {
            Policy::Threshold { measure, up, down } => {
                let seen = self.visible(now);
                let up = up.as_ref().filter(|rule| self.is_free(now, 0, rule.cool_off));
                let down = down.as_ref().filter(|rule| self.is_free(now, 1, rule.cool_off));
                rules::threshold(&seen, *measure, (up, down), open)
            }
            Policy::TargetTracking { measure, target, cool_off } => {
                let seen = self.visible(now);
                let wish = rules::track(&seen, *measure, *target, open)?;
                let direction = usize::from(matches!(wish, Wish::Less(_)));
                self.is_free(now, direction, cool_off[direction]).then_some(wish)
            }
            Policy::Schedule(schedule) => {
                let goal = schedule.wanted_at(now, self.plan.check_every).or(self.goal);
                self.goal = goal.filter(|&goal| goal != open);
                self.goal.map(to)
            }
            Policy::ScalingUtils(utils) => {
                let fresh = self.known.filter(|it| now.since(it.1) < utils.refresh_after);
                let (known, since) = fresh.unwrap_or((open, now));
                self.known = Some((known, since));
                let wish = utils::decide(&self.visible(now), utils, known, open)?;
                let (direction, rule) = match wish {
                    Wish::More(_) => (0, &utils.up),
                    Wish::Less(_) => (1, &utils.down),
                };
                let cool_off = rule.as_ref().map_or(Span::ZERO, |rule| rule.cool_off);
                self.is_free(now, direction, cool_off).then_some(wish)
            }
            Policy::Sample(sample) => {
                let known = self.known.map_or(open, |it| it.0);
                rules::sample(&self.visible(now), sample, (known, open))
            }
        }
    }

    /// The minutes that CloudWatch shows by now, oldest first.
    fn visible(&self, now: Instant) -> Vec<&Minute> {
        let behind = (self.seen_to + self.plan.delay).as_ns().saturating_sub(now.as_ns());
        let hidden = behind.div_ceil(MINUTE.as_ns()) as usize;
        self.minutes.iter().take(self.minutes.len().saturating_sub(hidden)).collect()
    }

    fn is_free(&self, now: Instant, direction: usize, cool_off: Span) -> bool {
        self.asked[direction].is_none_or(|at| now.since(at) >= cool_off)
    }
}
