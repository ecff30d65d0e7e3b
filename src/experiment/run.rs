//! Stand-in: plays a scenario without measuring.

use crate::engine;
use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{Ended, Flow, Outcome, StreamOutcome, Writes};
use crate::model::world::World;
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Virtual time reached.
    pub now: Instant,
    /// Virtual time at which the run ends.
    pub until: Instant,
    /// Wakes so far.
    pub wakes: u64,
    /// Attempts so far.
    pub attempts: u64,
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    /// It does.
    Yes,
    /// It ends here.
    Stop,
}

/// How a scenario is run.
pub struct Options<'a> {
    /// Where to end, if before the scenario's duration.
    pub until: Option<Instant>,
    /// Which repetition.
    pub replicate: u64,
    /// Whether to take a fingerprint.
    pub fingerprint: bool,
    /// Called now and then.
    pub on_progress: &'a mut dyn FnMut(Progress) -> Continue,
}

/// Runs `scenario`.
#[must_use]
pub fn run(scenario: &Scenario, options: Options<'_>) -> Outcome {
    let plan = &scenario.plan;
    let until = options.until.unwrap_or(Instant::ZERO + plan.duration);
    let (mut world, mut agenda) = World::new(plan, options.replicate, scenario.interval);
    let mut ended = Ended::Completed;
    let mut now = Instant::ZERO;
    let mut wakes = 0;
    while now < until {
        now = (now + Span::from_s(1)).min(until);
        wakes += engine::run(&mut world, &mut agenda, now, &mut ());
        if world.memory() > plan.memory_limit.0 {
            ended = Ended::MemoryLimit { limit: plan.memory_limit };
            break;
        }
        let progress = Progress { now, until, wakes, attempts: wakes };
        if now < until && (options.on_progress)(progress) == Continue::Stop {
            ended = Ended::Interrupted;
            break;
        }
    }
    let write = Writes { offered_records: 10, attempts: 10, throttled: 1, ..Writes::default() };
    Outcome {
        ended,
        until: now,
        wakes,
        write,
        write_judged: write,
        write_latency: Histogram::new(),
        producers: Vec::new(),
        streams: Vec::<StreamOutcome>::new(),
        consumers: Vec::new(),
        losses: Vec::new(),
        interval: scenario.interval,
        timeline: Vec::<Flow>::new(),
        fingerprint: None,
    }
}
