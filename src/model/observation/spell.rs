//! Shards to which nothing happens for several quanta.

use crate::time::Span;

/// Several quanta of a shard in which everything that came got in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spell {
    /// To this stream.
    pub stream: u32,
    /// And this shard.
    pub shard: u32,
    /// How many records.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Most records of a quantum.
    pub most_records: u32,
    /// Most bytes of a quantum.
    pub most_bytes: u64,
    /// Quanta in which more came than the shard's limits bring in their time, by a millionth and
    /// more.
    pub over: u32,
    /// What was read there meanwhile.
    pub polled: Polled,
}

/// The GetRecords calls of one reader on a shard in a spell. None left anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Polled {
    /// Which reader.
    pub reader: u32,
    /// How many calls.
    pub calls: u64,
    /// Those that brought no record.
    pub empty: u64,
    /// Records handed over.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Largest age of a call's last record; zero where there was none.
    pub age_max: Span,
}

impl Polled {
    /// Nothing was read.
    pub const NONE: Self =
        Self { reader: 0, calls: 0, empty: 0, records: 0, bytes: 0, age_max: Span::ZERO };
}

/// What came to the shards in spells in one quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Calm {
    /// Who sent it.
    pub producer: u32,
    /// To this stream.
    pub stream: u32,
    /// How many records.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long the first and the last had waited when they were stored.
    pub waited: (Span, Span),
    /// Until the answer.
    pub answer: Span,
}
