//! Actors and when they act next. Nothing here knows what is simulated.
//!
//! Whatever has its own next moment is an [`ActorId`] on the [`Agenda`]; what flows between actors
//! is their own affair. At equal times the order is phase, then declaration: a rule one can say
//! aloud, independent of who scheduled first.

mod agenda;
pub mod timers;
pub mod wheel;

pub use agenda::{ActorId, Agenda};

use crate::time::Instant;

/// Something made of actors that can be run.
pub trait Model {
    /// The facts it states while running.
    type Observation;

    /// Lets `who` act at `cx.now`, and on until [`Cx::may_act`] says no; returns when it wants to
    /// act again, [`Instant::NEVER`] when idle. Being woken too early must be harmless.
    fn wake<P: Probe<Self::Observation>>(&mut self, who: ActorId, cx: &mut Cx<'_, P>) -> Instant;
}

/// Listens to what a model states. The model cannot tell whether anyone does.
pub trait Probe<O> {
    /// The model states `what` at `at`; moments never decrease.
    fn observe(&mut self, at: Instant, what: O);

    /// The engine wakes `who` at `at`.
    fn woken(&mut self, _at: Instant, _who: ActorId) {}
}

/// Nobody listens.
impl<O> Probe<O> for () {
    fn observe(&mut self, _: Instant, _: O) {}
}

/// Two listen.
impl<O: Copy, A: Probe<O>, B: Probe<O>> Probe<O> for (A, B) {
    // So that each sees at the place where something is stated what it is.
    #[inline(always)]
    fn observe(&mut self, at: Instant, what: O) {
        self.0.observe(at, what);
        self.1.observe(at, what);
    }

    fn woken(&mut self, at: Instant, who: ActorId) {
        self.0.woken(at, who);
        self.1.woken(at, who);
    }
}

impl<O, P: Probe<O>> Probe<O> for &mut P {
    #[inline]
    fn observe(&mut self, at: Instant, what: O) {
        (**self).observe(at, what);
    }

    fn woken(&mut self, at: Instant, who: ActorId) {
        (**self).woken(at, who);
    }
}

/// What an actor sees of its surroundings while it acts.
#[derive(Debug)]
pub struct Cx<'a, P> {
    /// The present.
    pub now: Instant,
    /// Who acts next; others may be woken sooner through it.
    pub agenda: &'a mut Agenda,
    /// Who listens.
    pub probe: &'a mut P,
    who: ActorId,
    until: Instant,
}

impl<P> Cx<'_, P> {
    /// Whether this actor may act at `at` without anyone else having to act first, so that it
    /// need not go back to the agenda in between.
    #[inline]
    #[must_use]
    pub fn may_act(&mut self, at: Instant) -> bool {
        at < self.until && self.agenda.peek().is_none_or(|next| (at, self.who) < next)
    }

    /// The latest moment at which [`Cx::may_act`] holds, and [`Instant::NEVER`] never.
    ///
    /// Valid until this actor changes the agenda.
    #[must_use]
    pub fn horizon(&mut self) -> Instant {
        let last = Instant::from_ns(self.until.as_ns().saturating_sub(1));
        match self.agenda.peek() {
            Some((at, who)) if self.who < who => at.min(last),
            Some((at, _)) => Instant::from_ns(at.as_ns().saturating_sub(1)).min(last),
            None => last,
        }
    }
}

/// Times two actors may wake each other at one instant before the model is held to be broken.
const TURNS_PER_INSTANT_MAX: u64 = 100_000_000;

/// Runs `model` from where the agenda stands to `until`, which is excluded. Returns the number of
/// wakes.
pub fn run<M: Model, P: Probe<M::Observation>>(
    model: &mut M,
    agenda: &mut Agenda,
    until: Instant,
    probe: &mut P,
) -> u64 {
    let (mut wakes, mut turns, mut last) = (0, 0, Instant::ZERO);
    while let Some((now, who)) = agenda.pop_before(until) {
        assert!(now >= last, "time went back from {last:?} to {now:?}");
        turns = if now == last { turns + 1 } else { 0 };
        assert!(turns < TURNS_PER_INSTANT_MAX, "actors wake each other for ever at {now:?}");
        last = now;
        wakes += 1;
        probe.woken(now, who);
        let next = model.wake(who, &mut Cx { now, agenda, probe, who, until });
        debug_assert!(next > now || next == Instant::NEVER, "an actor must move on from {now:?}");
        agenda.sooner(who, next);
    }
    wakes
}
