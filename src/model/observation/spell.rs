//! Shards to which nothing happens for several quanta.

use crate::time::Span;

/// So many records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amount {
    /// How many.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Several quanta of a shard that was followed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spell {
    /// To this stream.
    pub stream: u32,
    /// And this shard.
    pub shard: u32,
    /// Offered for the first time.
    pub offered: Amount,
    /// Attempts to store something.
    pub attempted: Amount,
    /// Those that did.
    pub stored: Amount,
    /// Attempts of the quantum with the most records, and of that with the most bytes.
    pub most: Amount,
    /// Quanta in which more came than the shard's limits bring in their time, by a millionth and
    /// more.
    pub over: u32,
    /// What was read there meanwhile.
    pub polled: Polled,
}

impl Amount {
    /// Nothing.
    pub const NONE: Self = Self { records: 0, bytes: 0 };
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

/// What came to all shards in spells in one quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InSpells {
    /// Who sent it.
    pub producer: u32,
    /// To this stream.
    pub stream: u32,
    /// Offered for the first time.
    pub offered: Amount,
    /// Attempts to store something.
    pub attempted: Amount,
    /// Those that did.
    pub stored: Amount,
}

/// Records that were stored in spells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoredSince {
    /// Whose.
    pub producer: u32,
    /// In this stream.
    pub stream: u32,
    /// How many.
    pub records: u64,
    /// From the birth of the first to the answer that told of storage, and from that of the last,
    /// evenly in between.
    pub first: Span,
    /// See `first`.
    pub last: Span,
}
