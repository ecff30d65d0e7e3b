//! What one consumer did.

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::Positionings;
use crate::time::Instant;

/// What one consumer did.
#[derive(Clone, Debug)]
pub struct ConsumerCounts {
    /// Records processed.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Records that wait at the end of the run.
    pub waiting: u64,
    /// Records too old to be handed over.
    pub expired: u64,
    /// Records before the starting position.
    pub before_start: u64,
    /// Calls answered.
    pub calls: u64,
    /// Of those, without a record.
    pub empty_calls: u64,
    /// Calls refused.
    pub throttled_calls: u64,
    /// Calls that failed with an error of the service.
    pub failed_calls: u64,
    /// Attempts to process a batch that failed.
    pub failed_attempts: u64,
    /// Records handed over again.
    pub redelivered: u64,
    /// Events pushed to it.
    pub events: u64,
    /// GetShardIterator and SubscribeToShard calls, and iterators that expired.
    pub positioning: Positionings,
    /// When the first record expired unread.
    pub first_expired: Option<Instant>,
    /// Age of a call's last record, a value a record (ns).
    pub iterator_age: Histogram,
    /// `MillisBehindLatest` of answers and events, a value each (ns).
    pub behind: Histogram,
    /// Birth to the end of processing (ns).
    pub latency: Histogram,
}

impl ConsumerCounts {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            delivered: 0,
            delivered_bytes: 0,
            waiting: 0,
            expired: 0,
            before_start: 0,
            calls: 0,
            empty_calls: 0,
            throttled_calls: 0,
            failed_calls: 0,
            failed_attempts: 0,
            redelivered: 0,
            events: 0,
            positioning: Positionings::default(),
            first_expired: None,
            iterator_age: Histogram::new(),
            behind: Histogram::new(),
            latency: Histogram::new(),
        }
    }
}
