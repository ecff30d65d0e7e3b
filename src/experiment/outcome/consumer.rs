//! What one consumer did.

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{FirehoseOutcome, LambdaOutcome};
use crate::time::{Instant, Span};

/// One consumer's totals.
#[derive(Clone, Debug)]
pub struct ConsumerOutcome {
    /// Its name.
    pub name: String,
    /// Its kind as written in the scenario: `reader`, `lambda`, `firehose`.
    pub kind: &'static str,
    /// Whether shards push to it (enhanced fan-out) instead of being polled.
    pub fan_out: bool,
    /// Index of the stream it reads.
    pub stream: usize,
    /// What its function did, if it is one.
    pub lambda: Option<Box<LambdaOutcome>>,
    /// What it delivered, if it is a delivery stream.
    pub firehose: Option<Box<FirehoseOutcome>>,
    /// Where every stored record went. Whole run.
    pub ledger: ReadLedger,
    /// Bytes handed over and processed.
    pub delivered_bytes: u64,
    /// GetRecords calls answered, empty ones included.
    pub calls: u64,
    /// Calls answered without a record.
    pub empty_calls: u64,
    /// Calls refused by a limit.
    pub throttled_calls: u64,
    /// Calls that failed with an error of the service or of KMS.
    pub failed_calls: u64,
    /// Attempts to process a batch that failed.
    pub failed_attempts: u64,
    /// Records handed over again, because an earlier hand-over was lost with their reader: beside
    /// the ledger, which counts each record once (D10).
    pub redelivered: u64,
    /// Events pushed and handed over.
    pub events: u64,
    /// GetShardIterator and SubscribeToShard calls, and iterators that expired.
    pub positioning: Positionings,
    /// When the first record expired unread.
    pub first_expired: Option<Instant>,
    /// `MillisBehindLatest` of answers and events after the warm-up, a value each (ns).
    pub behind: Histogram,
    /// Age of the last record of a call or event at hand-over, a value a record (D12), after the
    /// warm-up; records waiting at the end count with their age then (ns).
    pub iterator_age: Histogram,
    /// Time from a record's birth to the end of its processing, after the warm-up (ns).
    pub latency: Histogram,
    /// Age of the oldest waiting record at the end; zero where none waits.
    pub age_end: Span,
    /// Most records waiting at the end of any interval.
    pub backlog_max: u64,
}

/// How often a consumer asked for its places in shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Positionings {
    /// GetShardIterator calls answered.
    pub iterators: u64,
    /// Of them refused (KDS-R11).
    pub iterators_refused: u64,
    /// GetRecords calls that raised `ExpiredIteratorException` (KDS-R12).
    pub iterators_expired: u64,
    /// SubscribeToShard calls answered.
    pub subscriptions: u64,
}

/// Where the records stored in a consumer's stream went (D10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadLedger {
    /// Records in the stream when the run began.
    pub initial: u64,
    /// Records stored in the run.
    pub stored: u64,
    /// Handed over and processed.
    pub delivered: u64,
    /// In the log, not handed over.
    pub waiting: u64,
    /// Handed over, being processed when the run ended.
    pub in_hand: u64,
    /// Older than the retention period before they were handed over.
    pub expired: u64,
    /// Stored before the consumer's starting position.
    pub before_start: u64,
    /// Not matched by an event source mapping's filters.
    pub filtered: u64,
    /// Given up by an event source mapping, or in the error output of a delivery stream.
    pub discarded: u64,
}
