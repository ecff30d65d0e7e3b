//! What Firehose states.

use crate::time::{Instant, Span};

/// An object that Firehose delivered, or gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// Which consumer's.
    pub reader: u32,
    /// Of this shard.
    pub shard: u32,
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
