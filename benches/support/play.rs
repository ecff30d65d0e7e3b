//! A run with all its metrics, its parts apart: what is built, and what is played.

use kinesim::engine::{self, Agenda};
use kinesim::experiment::metrics::Metrics;
use kinesim::model::plan::Plan;
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};

/// A run that is built.
pub(crate) struct Play {
    world: World,
    agenda: Agenda,
    end: Instant,
    pub(crate) metrics: Metrics,
}

impl Play {
    pub(crate) fn new(plan: &Plan, interval: Span) -> Self {
        let end = Instant::ZERO + plan.duration;
        let (world, agenda) = World::new(plan, 0, interval);
        Self { world, agenda, end, metrics: Metrics::new(plan, interval, end) }
    }

    /// Plays it. A function of its own in the program too: callgrind counts what is in it.
    #[inline(never)]
    pub(crate) fn play_out(&mut self) {
        let Self { world, agenda, end, metrics } = self;
        engine::run(world, agenda, *end, metrics);
        metrics.finish(*end);
        world.close(*end, metrics);
    }
}
