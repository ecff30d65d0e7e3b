//! `[[reader]]`: one consumer.

use serde::Deserialize;

use super::count_range;
use super::retry::{RetryTable, RetryWord};
use crate::model::plan::PollOrder;
use crate::scenario::leaf::{Count, CountRange, Leaf, Word, Words};
use crate::scenario::or_table::{OrTable, Table};
use crate::time::Span;

count_range!(
    /// `Limit` of GetRecords (KDS-R03).
    ReadLimit, 1, 10_000, "GetRecords returns at most 10,000 records (KDS-R03)"
);
count_range!(
    /// Threads of one reader.
    Threads, 1, 1_000_000, "each shard is worked by one thread at a time"
);
count_range!(
    /// Answers or events a reader keeps for a shard.
    ReadAhead, 0, 1_000, "an answer can hold 10 MiB (KDS-R03)"
);

/// `[[reader]]`: a consumer that loops over GetRecords, or that shards push to.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ReaderTable {
    /// Unique among producers and consumers. Default "reader", "reader-2", …
    pub(in crate::scenario) name: Option<String>,
    /// `StreamName` of the stream it reads. Must be given where there are several.
    pub(in crate::scenario) stream: Option<String>,
    /// When it begins to read. Default "0 s".
    pub(in crate::scenario) starts: Option<Leaf<Span>>,
    /// `ShardIteratorType` it begins with. Default "TRIM_HORIZON".
    pub(in crate::scenario) starting_position: Option<Word<StartWord>>,
    /// `Timestamp` of "AT_TIMESTAMP", a moment of the run up to `starts`.
    pub(in crate::scenario) timestamp: Option<Leaf<Span>>,
    /// Whether it is a registered consumer that shards push to. Default false.
    pub(in crate::scenario) enhanced_fan_out: Option<bool>,
    /// How it calls GetRecords.
    pub(in crate::scenario) get_records: Option<Table<GetRecordsTable>>,
    /// What its client does about a refused call: a profile's name, a table, or `false`. Default
    /// `false`: the reader itself asks again after a second (KDS-R06).
    pub(in crate::scenario) retry: Option<OrTable<RetryWord, RetryTable>>,
    /// Answers kept for each shard while an earlier one is processed, 0 to 1,000. Default 0; with
    /// enhanced fan-out events, default 4.
    pub(in crate::scenario) read_ahead: Option<Count<ReadAhead>>,
    /// How long it works on what it read.
    pub(in crate::scenario) processing: Option<Table<ProcessingTable>>,
    /// Shards worked on at the same time. Default: as many as the stream has.
    pub(in crate::scenario) threads: Option<Count<Threads>>,
}

/// `reader.get_records`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct GetRecordsTable {
    /// Least time between two calls on a shard. Default "1 s".
    pub(in crate::scenario) every: Option<Leaf<Span>>,
    /// A call comes up to this much later than that, drawn anew each time. Default: a tenth of
    /// `every` where a shard's pollers together call more often than it answers, else "0 s".
    pub(in crate::scenario) jitter: Option<Leaf<Span>>,
    /// `Limit`: records a call, 1 to 10,000 (KDS-R03). Default 10,000.
    pub(in crate::scenario) limit: Option<Count<ReadLimit>>,
    /// "side-by-side" (default): each shard at its own times; "in-turn": one loop, a shard after
    /// the other, each answer processed before the next call.
    pub(in crate::scenario) order: Option<Word<OrderWord>>,
}

/// `reader.processing`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ProcessingTable {
    /// Time an answer or event takes, whatever it holds. Default "0 s".
    pub(in crate::scenario) per_call: Option<Leaf<Span>>,
    /// Time each record takes on top. Default "0 s".
    pub(in crate::scenario) per_record: Option<Leaf<Span>>,
}

/// `starting_position` (KDS-R13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum StartWord {
    /// The oldest record kept.
    TrimHorizon,
    /// What arrives after the first call.
    Latest,
    /// `timestamp` says where.
    AtTimestamp,
}

/// Why no position can be given as a sequence number.
const SEQUENCE: &str = "sequence numbers are made when records are stored (KDS-H09), so a scenario \
                        cannot name one: write \"AT_TIMESTAMP\" and `timestamp`";

impl Words for StartWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("TRIM_HORIZON", Self::TrimHorizon),
        ("LATEST", Self::Latest),
        ("AT_TIMESTAMP", Self::AtTimestamp),
    ];
    const MEANINGLESS: &'static [(&'static str, &'static str)] =
        &[("AT_SEQUENCE_NUMBER", SEQUENCE), ("AFTER_SEQUENCE_NUMBER", SEQUENCE)];
}

/// `get_records.order`.
pub(in crate::scenario) type OrderWord = PollOrder;

impl Words for PollOrder {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("side-by-side", Self::SideBySide), ("in-turn", Self::InTurn)];
}
