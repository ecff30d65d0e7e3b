//! What Firehose states.

use super::Answer;
use crate::time::{Instant, Span};

/// An object that Firehose delivered, or gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// Which consumer's.
    pub reader: u32,
    /// Of this shard; of a partition, that of its first record.
    pub shard: u32,
    /// Of this partition, where there is dynamic partitioning.
    pub partition: Option<u32>,
    /// When its first record came into the buffer.
    pub opened: Instant,
    /// When the buffer was closed.
    pub closed: Instant,
    /// How many records.
    pub records: u64,
    /// Their bytes, before compression (FH-44).
    pub bytes: u64,
    /// Bytes as they were written.
    pub stored: u64,
    /// Age of its oldest record (FH-97).
    pub age: Span,
    /// What closed the buffer.
    pub cause: ObjectCause,
    /// Attempts to deliver it that failed.
    pub failed: u32,
    /// Whether its destination took it; where not, it is in the error output (FH-92, FH-93).
    pub delivered: bool,
}

/// What closed a buffer of Firehose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectCause {
    /// Its size hint was reached (FH-40).
    Size,
    /// Its interval was over (FH-40, FH-46).
    Interval,
    /// A size was reached that Firehose had raised (FH-45).
    Raised,
    /// Its shard is closed and was read to its end.
    End,
}

impl ObjectCause {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Size, Self::Interval, Self::Raised, Self::End];

    /// The word for it in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Interval => "interval",
            Self::Raised => "raised-size",
            Self::End => "shard-end",
        }
    }
}

/// A try of a function of Firehose to transform a batch, which is over (FH-83).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transformed {
    /// Which consumer's.
    pub reader: u32,
    /// Of this shard.
    pub shard: u32,
    /// Records in the batch.
    pub records: u32,
    /// Of them, those that the function dropped (FH-85).
    pub dropped: u32,
    /// Bytes of these with their keys.
    pub dropped_bytes: u64,
    /// How it went; `None` where the function could not be invoked.
    pub answer: Option<Answer>,
    /// How long the function ran, the start of its environment included (ESM-145).
    pub took: Span,
}

/// Records that Firehose wrote to the error output before they came into a buffer (FH-66, FH-86).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rejected {
    /// Which consumer's.
    pub reader: u32,
    /// How many.
    pub records: u64,
    /// Their bytes with their keys.
    pub bytes: u64,
    /// Why.
    pub cause: RejectCause,
}

/// Why Firehose wrote records to the error output before they came into a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectCause {
    /// They could not be transformed (FH-83, FH-85).
    Transform,
    /// As many partitions as may had data in buffers, and theirs was none of them (FH-66).
    Partitions,
}
