//! How long a reader needs after a fault until it is current again.
//!
//! A reader is current when its oldest waiting record is no older than it was before the fault, and
//! stays about so. All is seen at the ends of intervals: a time is up to one interval too long.

use crate::experiment::outcome::{Outcome, ReadFlow};
use crate::model::events::{FaultKind, FaultPlan};
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// What became of a reader after one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUp {
    /// Which fault of the plan.
    pub fault: usize,
    /// The age of the oldest waiting record to come back to.
    pub level: Span,
    /// When it was current again; `None` where it was not within the run.
    pub current_at: Option<Instant>,
    /// From the fault's end until then.
    pub time: Option<Span>,
}

/// Interval ends before a fault among which the oldest age is the level to come back to; and as
/// many for which a reader has to stay there.
const LOOK_BACK: usize = 30;

/// The faults that concern a reader and began in the run, in order of their beginnings.
///
/// The level is the largest age of the 30 interval ends before, since the reader was last current,
/// and at least one interval: below that nothing is resolved. Where a reader is not current yet
/// when the next fault begins, the level stays. After a producer's outage the reader cannot be
/// current before all that piled up has been offered.
#[must_use]
pub fn catch_ups(scenario: &Scenario, outcome: &Outcome, reader: usize) -> Vec<CatchUp> {
    let plan = &scenario.plan;
    let mut faults: Vec<usize> = (0..plan.faults.len())
        .filter(|&number| {
            let fault = &plan.faults[number];
            fault.concerns(reader, plan) && fault.from < outcome.until
        })
        .collect();
    faults.sort_by_key(|&number| plan.faults[number].from);
    let ends = ends(outcome, reader);
    let (mut level, mut current_from) = (outcome.interval, Some(Instant::ZERO));
    let mut found: Vec<CatchUp> = Vec::new();
    for number in faults {
        let fault = &plan.faults[number];
        if let Some(since) = current_from.filter(|&at| at <= fault.from) {
            let before = ends.iter().filter(|(at, _)| since < *at && *at < fault.from);
            let ages = before.rev().take(LOOK_BACK).map(|(_, read)| read.backlog_age);
            level = ages.fold(outcome.interval, Span::max);
        }
        let until = end_of(number, fault, outcome);
        let offered_by = match fault.kind {
            FaultKind::ProducerOutage { catch_up: Some(over), .. } => until + over,
            _ => until,
        };
        // A run's end within a fault shows nothing of what follows it.
        let over = until < outcome.until;
        let current_at = (0..ends.len()).filter(|_| over).find(|&end| {
            let (at, read) = &ends[end];
            *at >= offered_by
                && read.backlog_age <= level
                && stays_current(&ends[end + 1..], level, next_fault(scenario, reader, *at))
        });
        let current_at = current_at.map(|end| ends[end].0);
        let time = current_at.map(|at| at.since(until));
        found.push(CatchUp { fault: number, level, current_at, time });
        current_from = current_at;
    }
    found
}

/// When a fault ends: of a record that cannot be digested, when it was out of the way.
pub(super) fn end_of(number: usize, fault: &FaultPlan, outcome: &Outcome) -> Instant {
    let block = outcome.blocks.iter().find(|block| block.fault == number);
    let freed = block.and_then(|block| block.freed);
    freed.map_or(fault.until, |(at, _)| at.min(fault.until))
}

/// When the next fault that concerns the reader begins, `at` or later.
fn next_fault(scenario: &Scenario, reader: usize, at: Instant) -> Instant {
    let plan = &scenario.plan;
    let later = plan.faults.iter().filter(|fault| fault.concerns(reader, plan) && fault.from >= at);
    later.map(|fault| fault.from).min().unwrap_or(Instant::NEVER)
}

/// Whether no age of the next 30 interval ends up to `until` is more than twice the level. A reader
/// that takes much at a call has nothing waiting for a moment, long before it has done its work.
fn stays_current(ends: &[(Instant, ReadFlow)], level: Span, until: Instant) -> bool {
    let soon = ends.iter().take(LOOK_BACK).take_while(|(at, _)| *at <= until);
    soon.into_iter().all(|(_, read)| read.backlog_age <= level.times(2))
}

/// Of those that count for objectives: the ones that end after the warm-up.
#[must_use]
pub fn judged(scenario: &Scenario, outcome: &Outcome, reader: usize) -> Vec<CatchUp> {
    let warm = Instant::ZERO + scenario.plan.warm_up;
    let mut all = catch_ups(scenario, outcome, reader);
    let end = |it: &CatchUp| end_of(it.fault, &scenario.plan.faults[it.fault], outcome);
    all.retain(|it| end(it) > warm);
    all
}

/// The ends of intervals, and how far the reader was then.
pub(super) fn ends(outcome: &Outcome, reader: usize) -> Vec<(Instant, ReadFlow)> {
    let ends = outcome.timeline.iter().skip(1).map(|flow| flow.start).chain([outcome.until]);
    let flows = outcome.timeline.iter().zip(ends);
    flows.filter_map(|(flow, end)| Some((end, *flow.reads.get(reader)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::outcome::Flow;
    use crate::experiment::sample;

    /// A run of an interval a second, with these ages at their ends (s).
    fn played(ages: &[u64], faults: &[(u64, u64, FaultKind)]) -> (Scenario, Outcome) {
        let (mut scenario, mut outcome) = sample::hot_shard();
        let fault = |&(from, until, kind): &(u64, u64, FaultKind)| FaultPlan {
            from: Instant::from_s(from),
            until: Instant::from_s(until),
            kind,
        };
        scenario.plan.faults = faults.iter().map(fault).collect();
        let flow = |(start, &age): (u64, &u64)| Flow {
            start: Instant::from_s(start),
            reads: vec![ReadFlow {
                backlog_records: 1 + age,
                backlog_age: Span::from_s(age),
                ..ReadFlow::default()
            }],
            ..Flow::default()
        };
        outcome.timeline = (0..).zip(ages).map(flow).collect();
        outcome.interval = Span::from_s(1);
        outcome.until = Instant::from_s(ages.len() as u64);
        (scenario, outcome)
    }

    fn times(ages: &[u64], faults: &[(u64, u64, FaultKind)]) -> Vec<(u64, Option<u64>)> {
        let (scenario, outcome) = played(ages, faults);
        let seconds = |span: Span| span.as_ns() / 1_000_000_000;
        let found = catch_ups(&scenario, &outcome, 0);
        found.iter().map(|it| (seconds(it.level), it.time.map(seconds))).collect()
    }

    const DOWN: FaultKind = FaultKind::ReaderOutage { reader: 0 };

    #[test]
    fn a_reader_is_current_when_it_is_where_it_was() {
        // Ends at 1 s, 2 s, …; the level is 2 s, reached at 9 s, three seconds after the end.
        let ages = [1, 2, 1, 2, 3, 4, 4, 3, 2, 1];
        assert_eq!(times(&ages, &[(4, 6, DOWN)]), [(2, Some(3))]);
        // It never comes back; it is over only when the run is; it begins after the run.
        assert_eq!(times(&[1, 2, 1, 2, 3, 4, 4, 3, 3, 3], &[(4, 6, DOWN)]), [(2, None)]);
        assert_eq!(times(&ages, &[(4, 10, DOWN)]), [(2, None)]);
        assert_eq!(times(&ages, &[(10, 12, DOWN)]), []);
        // It did not hurt.
        assert_eq!(times(&[1; 10], &[(4, 6, DOWN)]), [(1, Some(0))]);
    }

    #[test]
    fn a_reader_that_holds_all_for_a_moment_is_not_current() {
        let ages = [1, 1, 2, 3, 1, 4, 1, 3, 1, 2, 1, 1];
        assert_eq!(times(&ages, &[(2, 4, DOWN)]), [(1, Some(5))]);
    }

    #[test]
    fn the_level_stays_while_a_reader_is_behind() {
        let ages = [1, 1, 2, 3, 4, 5, 6, 5, 3, 1, 1];
        assert_eq!(times(&ages, &[(2, 4, DOWN), (5, 7, DOWN)]), [(1, Some(6)), (1, Some(3))]);
        // One that was current meanwhile has a level of its own.
        let ages = [1, 1, 5, 5, 1, 1, 2, 2, 2, 1, 1];
        assert_eq!(times(&ages, &[(2, 4, DOWN), (8, 9, DOWN)]), [(1, Some(1)), (2, Some(0))]);
    }

    #[test]
    fn what_a_producer_held_back_comes_before_its_readers_are_current() {
        let kind = |catch_up| FaultKind::ProducerOutage { producer: 0, catch_up };
        let ages = [1, 1, 0, 0, 1, 2, 3, 2, 1, 1];
        assert_eq!(times(&ages, &[(2, 4, kind(Some(Span::from_s(2))))]), [(1, Some(5))]);
        let ages = [1, 1, 0, 0, 1, 1, 1, 1, 1, 1];
        assert_eq!(times(&ages, &[(2, 4, kind(None))]), [(1, Some(0))]);
        assert_eq!(times(&ages, &[(2, 4, FaultKind::ReaderOutage { reader: 1 })]), []);
    }
}
