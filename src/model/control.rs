//! What happens at moments known beforehand.

use std::collections::VecDeque;

use crate::engine::Probe;
use crate::model::observation::Observation;
use crate::model::plan::Plan;
use crate::time::Instant;

/// Acts first at its moment, so that everything else of that moment already sees the change.
#[derive(Clone, Debug)]
pub struct Control {
    /// In order of time.
    actions: VecDeque<(Instant, Action)>,
}

/// Something that happens at its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    EndWarmUp,
}

impl Control {
    /// The actions of `plan`.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut actions = VecDeque::new();
        if !plan.warm_up.is_zero() {
            actions.push_back((Instant::ZERO + plan.warm_up, Action::EndWarmUp));
        }
        Self { actions }
    }

    /// When the next action is due. Nothing that spans time may reach across it.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.actions.front().map_or(Instant::NEVER, |action| action.0)
    }

    /// Does what is due at `now`.
    pub fn act<P: Probe<Observation>>(&mut self, now: Instant, probe: &mut P) {
        while let Some(&(at, action)) = self.actions.front()
            && at <= now
        {
            self.actions.pop_front();
            match action {
                Action::EndWarmUp => probe.observe(now, Observation::WarmedUp),
            }
        }
    }
}
