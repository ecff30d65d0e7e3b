//! Tumbling windows: records of an interval of time share a state, and its end has an invocation of
//! its own.

use super::lane::Lane;
use crate::model::facts;
use crate::model::plan::TumblingPlan;
use crate::time::Instant;

/// A window that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// When it ends: a multiple of its length (ESM-116), which holds for it even where others come
    /// to have another.
    end: Instant,
    /// Size of its state (bytes).
    state: u64,
    /// Whether it is closed before its time: its state became too large (ESM-117).
    early: bool,
}

/// What a lane with windows does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It takes records that arrived before this moment.
    Take(Instant),
    /// It closes the window that is open, with an invocation of its own (ESM-119).
    Close,
    /// It waits: a window is open until then, at least.
    Wait(Instant),
}

impl Open {
    fn begin(plan: &TumblingPlan, arrived: Instant) -> Self {
        let length = plan.length.as_ns().max(1);
        let start = Instant::from_ns(arrived.as_ns() / length * length);
        Self { end: start + plan.length, state: plan.state, early: false }
    }

    /// So many records of it are done.
    pub(super) fn add(&mut self, plan: &TumblingPlan, records: u32) {
        self.state += plan.state_per_record * u64::from(records);
        self.early = self.state > facts::WINDOW_STATE_MAX.0;
    }
}

impl Lane {
    /// What is to be done at `now`; `ended` where no record comes any more (ESM-121). Opens the
    /// window of the next record where none is.
    pub(super) fn next_in_window(
        &mut self,
        plan: &TumblingPlan,
        now: Instant,
        ended: bool,
    ) -> Next {
        let arrived = self.next_arrived();
        let open = match (self.window, arrived) {
            (Some(open), _) => open,
            (None, Some(arrived)) => *self.window.insert(Open::begin(plan, arrived)),
            (None, None) => return Next::Wait(Instant::NEVER),
        };
        let end = open.end;
        let close = end + plan.close_after;
        match arrived {
            _ if open.early => Next::Close,
            Some(arrived) if arrived < end => Next::Take(end),
            Some(_) => Next::Close,
            None if ended || now >= close => Next::Close,
            None => Next::Wait(close),
        }
    }
}

/// No window: records are taken whenever they arrived.
pub(super) const NO_EDGE: Instant = Instant::NEVER;
