//! K204: a reader cannot process as fast as records arrive.

use super::{Evidence, Finding, Severity};
use crate::experiment::forecast::{capacity, work_s};
use crate::experiment::load::StreamLoad;
use crate::experiment::outcome::Outcome;
use crate::model::facts;
use crate::model::plan::{ConsumerKind, IntakePlan, Plan, PollOrder, PollPlan, ReaderPlan};
use crate::scenario::Scenario;

/// A change is suggested where it gives at least this much more than what arrives.
const HEADROOM: f64 = 1.1;

/// A reader cannot process as fast as records arrive.
///
/// Stated where the mean stored on some shard after the warm-up exceeds what one thread can take
/// from a shard, or the mean stored on all exceeds what all threads can process.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowReader {
    /// Records a call returns at most.
    pub limit: u32,
    /// Time from one full call on a shard to the next (s).
    pub cycle_s: f64,
    /// Threads, where they are what binds; `None` where one shard's thread is.
    pub threads: Option<u32>,
    /// Whether one loop works all shards in turn.
    pub in_turn: bool,
    /// What can be taken from a shard, or by all threads together [records/s].
    pub capacity_per_s: f64,
    /// What arrives there: on the fullest shard, or on all together [records/s].
    pub arrival_per_s: f64,
    /// Shards on which more arrives than can be taken.
    pub shards_over: usize,
    /// How fast the age grows [s/s].
    pub age_growth: f64,
    /// A `Limit` with which the reader would keep up, where there is one.
    pub limit_needed: Option<u32>,
    /// A number of threads with which it would, where threads bind.
    pub threads_needed: Option<u64>,
}

/// The slow readers of the stream with this index.
pub(super) fn find(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Vec<Finding> {
    let arrivals = arrivals(load);
    let readers = scenario.plan.readers.iter().filter(|reader| reader.stream == index);
    let present = |reader: &&ReaderPlan| {
        outcome.consumers.iter().any(|consumer| consumer.name == reader.name)
    };
    let slow = readers.filter(present).filter_map(|reader| {
        let evidence = Evidence::SlowReader(judge(reader, &arrivals)?);
        Some(Finding { severity: Severity::Warning, subject: reader.name.clone(), evidence })
    });
    slow.collect()
}

/// Records a second that each shard stores, while it is open. Where shards open and close, so many
/// as are open on average, all with an even part of the whole except the fullest: of those that
/// were open for half of the time or more, or of all where none was.
pub(super) fn arrivals(load: &StreamLoad) -> Vec<f64> {
    let stored = |shard: usize| {
        let sum = load.total(shard);
        if sum.seconds > 0.0 { sum.accepted_records as f64 / sum.seconds } else { 0.0 }
    };
    let each = (0..load.shards()).map(stored);
    if !load.changes() {
        return each.collect();
    }
    let longest = (0..load.shards()).map(|shard| load.total(shard).seconds).fold(0.0, f64::max);
    let least = (load.seconds() / 2.0).min(longest);
    let stays = (0..load.shards()).filter(|&shard| load.total(shard).seconds >= least);
    let fullest = stays.map(stored).fold(0.0, f64::max);
    let all: u64 = (0..load.shards()).map(|shard| load.total(shard).accepted_records).sum();
    let all = all as f64 / load.seconds();
    let count = (load.mean_open().round() as usize).max(1);
    let mut arrivals = vec![(all - fullest).max(0.0) / (count.max(2) - 1) as f64; count];
    arrivals[0] = fullest;
    arrivals
}

/// Whether all readers would keep up, with room, if the busiest shard stored `grown` times as much.
pub(super) fn keeps_up(
    plan: &Plan,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
    grown: f64,
) -> bool {
    let stored = |shard: usize| {
        let sum = load.total(shard);
        sum.accepted_records as f64 / sum.seconds.max(f64::MIN_POSITIVE)
    };
    let fullest = (0..load.shards()).map(stored).fold(0.0, f64::max);
    let present = |reader: &&ReaderPlan| {
        reader.stream == index && outcome.consumers.iter().any(|it| it.name == reader.name)
    };
    let mut readers = plan.readers.iter().filter(present);
    readers.all(|reader| capacity(reader) >= HEADROOM * fullest * grown)
}

/// What is to be said of a reader where so many records a second arrive on each shard.
///
/// Other consumers than readers have laws of their own: of functions K301 tells.
pub(super) fn judge(reader: &ReaderPlan, arrivals: &[f64]) -> Option<SlowReader> {
    if reader.kind() != ConsumerKind::Reader {
        return None;
    }
    match &reader.intake {
        IntakePlan::Poll(poll) => judge_poller(reader, poll, arrivals),
        IntakePlan::FanOut(_) => judge_pushed(reader, arrivals),
    }
}

/// An event grows with what waits, so that only the time a record takes counts.
fn judge_pushed(reader: &ReaderPlan, arrivals: &[f64]) -> Option<SlowReader> {
    let cycle_s = reader.per_record.as_s();
    let fullest = arrivals.iter().copied().fold(0.0, f64::max);
    let total: f64 = arrivals.iter().sum();
    let slow = SlowReader {
        limit: 1,
        cycle_s,
        threads: None,
        in_turn: false,
        capacity_per_s: 1.0 / cycle_s,
        arrival_per_s: fullest,
        shards_over: arrivals.iter().filter(|&&arrival| arrival * cycle_s > 1.0).count(),
        age_growth: 1.0 - 1.0 / (cycle_s * fullest),
        limit_needed: None,
        threads_needed: None,
    };
    if slow.shards_over > 0 {
        return Some(slow);
    }
    let threads = reader.threads.filter(|&threads| total * cycle_s > f64::from(threads))?;
    let capacity = f64::from(threads) / cycle_s;
    let needed = (HEADROOM * total * cycle_s).ceil() as u64;
    Some(SlowReader {
        threads: Some(threads),
        capacity_per_s: capacity,
        arrival_per_s: total,
        shards_over: 0,
        age_growth: 1.0 - capacity / total,
        threads_needed: Some(needed).filter(|&n| n <= arrivals.len() as u64),
        ..slow
    })
}

fn judge_poller(reader: &ReaderPlan, poll: &PollPlan, arrivals: &[f64]) -> Option<SlowReader> {
    let work = work_s(reader, poll.limit);
    let cycle_s = work.max(poll.every.as_s());
    let per_shard = capacity(reader);
    let fullest = arrivals.iter().copied().fold(0.0, f64::max);
    let total: f64 = arrivals.iter().sum();
    let in_turn = poll.order == PollOrder::InTurn;
    let threads = if in_turn { Some(1) } else { reader.threads };
    let threads = threads.filter(|&threads| (threads as usize) < arrivals.len());
    let by_threads = threads.map(|threads| f64::from(threads) * f64::from(poll.limit) / work);
    let slow = SlowReader {
        limit: poll.limit,
        cycle_s,
        threads: None,
        in_turn,
        capacity_per_s: per_shard,
        arrival_per_s: fullest,
        shards_over: arrivals.iter().filter(|&&arrival| arrival > per_shard).count(),
        age_growth: 1.0 - per_shard / fullest,
        limit_needed: None,
        threads_needed: None,
    };
    if fullest > per_shard {
        let enough = |limit: &u32| {
            let cycle = work_s(reader, *limit).max(poll.every.as_s());
            f64::from(*limit) / cycle >= HEADROOM * fullest
        };
        // Capacity never falls as the limit rises, so the first that is enough is the smallest.
        let limit_needed = (poll.limit + 1..=facts::GET_RECORDS_LIMIT_MAX).find(enough);
        return Some(SlowReader { limit_needed, ..slow });
    }
    let capacity = by_threads.filter(|&capacity| total > capacity)?;
    let needed = HEADROOM * total * work / f64::from(poll.limit);
    let needed = Some(needed.ceil() as u64).filter(|&n| n <= arrivals.len() as u64);
    Some(SlowReader {
        cycle_s: work,
        threads,
        capacity_per_s: capacity,
        arrival_per_s: total,
        shards_over: 0,
        age_growth: 1.0 - capacity / total,
        threads_needed: needed.filter(|_| !in_turn),
        ..slow
    })
}
