//! K804: a reader that takes longer after a fault than an objective allows.

use crate::experiment::catch_up::{self, CatchUp};
use crate::experiment::objective::holds;
use crate::experiment::outcome::{Outcome, ReadFlow};
use crate::model::events::FaultKind;
use crate::model::plan::IntakePlan;
use crate::scenario::Scenario;
use crate::scenario::metric::Metric;
use crate::time::{Instant, Span};

/// K804: a reader was not current again in time.
#[derive(Clone, Debug, PartialEq)]
pub struct LateReader {
    /// The reader's number.
    pub reader: usize,
    /// What went wrong before.
    pub fault: FaultKind,
    /// When that was over (s); the run's end where it lasted longer.
    pub ended_s: f64,
    /// Whether it was over within the run.
    pub is_over: bool,
    /// From then until it was current (s); `None` where it was not within the run.
    pub time_s: Option<f64>,
    /// How long that may take (s).
    pub bound_s: f64,
    /// The age of the oldest waiting record that it was to come back to (s).
    pub level_s: f64,
    /// Most records that waited at an interval's end since the fault began.
    pub waiting_most: u64,
    /// Records that wait at the end of the time looked at.
    pub waiting_last: u64,
    /// Records a second it was handed in that time.
    pub taken_per_s: f64,
    /// Records a second that came in that time.
    pub arrived_per_s: f64,
    /// What held it.
    pub held_by: HeldBy,
}

/// What holds a reader that catches up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// A shard gives its pollers no more bytes (KDS-R02).
    Bytes,
    /// It has fewer threads than shards, this many.
    Threads(u32),
    /// Its processing.
    Processing,
    /// What the lanes of a function take.
    Lanes,
    /// How much a call brings, and how often it calls.
    Calls,
}

/// From this part of a limit on, the limit is what holds.
const NEAR: f64 = 0.9;

/// The worst catch-up of each reader that misses an objective.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, LateReader)> {
    let missed = scenario.objectives.iter().filter_map(|objective| {
        let Metric::CatchUp(reader) = objective.metric else { return None };
        let met = |time: Span| holds(objective.comparison, time.as_s(), objective.bound);
        let all = catch_up::judged(scenario, outcome, reader);
        let missed = all.into_iter().filter(|it| !it.time.is_some_and(met));
        // None at all is worse than any time.
        let worst = missed.max_by_key(|it| it.time.map_or(u64::MAX, Span::as_ns))?;
        let name = outcome.consumers.get(reader)?.name.clone();
        Some((name, late(scenario, outcome, reader, &worst, objective.bound)?))
    });
    missed.collect()
}

fn late(
    scenario: &Scenario,
    outcome: &Outcome,
    reader: usize,
    worst: &CatchUp,
    bound_s: f64,
) -> Option<LateReader> {
    let fault = scenario.plan.faults.get(worst.fault)?;
    let ended = catch_up::end_of(worst.fault, fault, outcome);
    let is_over = ended < outcome.until;
    let ended = ended.min(outcome.until);
    let ends = catch_up::ends(outcome, reader);
    let until = worst.current_at.unwrap_or(outcome.until);
    let since = |from: Instant| ends.iter().filter(move |(at, _)| *at > from && *at <= until);
    let first = ends.iter().rev().find(|(at, _)| *at <= ended);
    let seconds = until.since(first.map_or(Instant::ZERO, |(at, _)| *at)).as_s();
    let before = first.map_or(0, |(_, read)| read.backlog_records);
    let last = since(fault.from).next_back().map_or(0, |(_, read)| read.backlog_records);
    let taken: u64 = since(ended).map(|(_, read)| read.records).sum();
    let per_s = |records: f64| if seconds > 0.0 { records / seconds } else { 0.0 };
    Some(LateReader {
        reader,
        fault: fault.kind,
        ended_s: ended.as_s(),
        is_over,
        time_s: worst.time.map(Span::as_s),
        bound_s,
        level_s: worst.level.as_s(),
        waiting_most: since(fault.from).map(|(_, read)| read.backlog_records).max().unwrap_or(0),
        waiting_last: last,
        taken_per_s: per_s(taken as f64),
        arrived_per_s: per_s(taken as f64 + last as f64 - before as f64).max(0.0),
        held_by: held_by(scenario, outcome, reader, since(ended)),
    })
}

fn held_by<'r>(
    scenario: &Scenario,
    outcome: &Outcome,
    reader: usize,
    reads: impl Iterator<Item = &'r (Instant, ReadFlow)>,
) -> HeldBy {
    let plan = &scenario.plan.readers[reader];
    let stream = &scenario.plan.streams[plan.stream];
    let most = reads.map(|(_, read)| read.busiest_bytes).max().unwrap_or(0) as f64;
    let limit = stream.read.bytes_per_s as f64 * outcome.interval.as_s();
    let polls = matches!(plan.intake, IntakePlan::Poll(_));
    match plan.threads {
        _ if polls && most >= NEAR * limit => HeldBy::Bytes,
        _ if plan.lambda().is_some() => HeldBy::Lanes,
        _ if plan.per_call.is_zero() && plan.per_record.is_zero() => HeldBy::Calls,
        Some(threads) if threads < stream.shard_count => HeldBy::Threads(threads),
        _ => HeldBy::Processing,
    }
}
