//! What consumers brought to the producers that they feed.

use crate::experiment::histogram::Histogram;

/// What a consumer that feeds a producer brought to it. Whole run, but for the times.
#[derive(Clone, Debug)]
pub struct FedOutcome {
    /// Index of the consumer.
    pub consumer: usize,
    /// Records it processed.
    pub taken_records: u64,
    /// Records made of them.
    pub made_records: u64,
    /// Time from the first birth of a record to its client's knowledge that what was made of it is
    /// stored, after the warm-up (ns).
    pub stored: Histogram,
}
