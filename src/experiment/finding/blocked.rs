//! K802: a record that a reader cannot digest, and what waits behind it.

use crate::experiment::outcome::{Block, Outcome};
use crate::scenario::Scenario;

/// K802: a reader failed on a record again and again, and nothing behind it on its shard was
/// processed.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocked {
    /// Number of the fault.
    pub fault: usize,
    /// The stream's name.
    pub stream: String,
    /// The shard: `shardId-` and twelve digits.
    pub shard: String,
    /// When the first attempt began that failed (s).
    pub from_s: f64,
    /// From then until the last one that failed was over, or the run was (s).
    pub blocked_s: f64,
    /// Whether it went through within the run.
    pub is_over: bool,
    /// Whether the record was given up.
    pub given_up: bool,
    /// Attempts that failed.
    pub attempts: u64,
    /// Records in the batch that failed.
    pub batch_records: u32,
    /// Most records that waited for the reader, on all its shards, at an interval's end meanwhile.
    pub waiting_most: u64,
    /// How long its stream keeps what waits (s).
    pub retention_s: f64,
    /// Where the reader is a function: what its mapping does about such a record.
    pub function: Option<BlockedFunction>,
}

/// What a mapping does about a batch that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockedFunction {
    /// It splits it (ESM-81).
    pub bisect: bool,
    /// The function says which records failed (ESM-88).
    pub partial: bool,
    /// It gives up after some tries, or at some age.
    pub gives_up: bool,
    /// Records it gave up for these reasons in the whole run.
    pub given_up: u64,
}

/// Every shard that was blocked, with the reader that could not go on.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Blocked)> {
    outcome.blocks.iter().filter_map(|block| blocked(scenario, outcome, block)).collect()
}

fn blocked(scenario: &Scenario, outcome: &Outcome, block: &Block) -> Option<(String, Blocked)> {
    let reader = outcome.consumers.get(block.reader)?;
    let stream = outcome.streams.get(reader.stream)?;
    let fault = scenario.plan.faults.get(block.fault)?;
    // What fails up to the run's end is still being tried then.
    let function = scenario.plan.readers.get(block.reader)?.lambda();
    let is_over = block.freed.is_some() || fault.until < outcome.until;
    let last = block.freed.map_or(block.until, |(at, _)| at);
    let until = if is_over { last } else { outcome.until };
    let meanwhile = outcome
        .timeline
        .iter()
        .filter(|flow| flow.start < until && flow.start + outcome.interval > block.from);
    let waiting = meanwhile.filter_map(|flow| flow.reads.get(block.reader));
    let blocked = Blocked {
        fault: block.fault,
        stream: stream.name.clone(),
        shard: stream.shards.get(block.shard)?.id.clone(),
        from_s: block.from.as_s(),
        blocked_s: until.since(block.from).as_s(),
        is_over,
        given_up: block.freed.is_some_and(|(_, given_up)| given_up),
        attempts: block.attempts,
        batch_records: block.records,
        waiting_most: waiting.map(|read| read.backlog_records).max().unwrap_or(0),
        retention_s: scenario.plan.retention_at(reader.stream, until)?.as_s(),
        function: function.zip(reader.lambda.as_ref()).map(|(lambda, did)| BlockedFunction {
            bisect: lambda.bisect,
            partial: lambda.partial,
            gives_up: lambda.retries.is_some() || lambda.record_age.is_some(),
            given_up: did.counts.retries_exhausted + did.counts.too_old,
        }),
    };
    Some((reader.name.clone(), blocked))
}
