//! The scenario as the user wrote it, one struct a table. What a field means, its unit, its
//! default and AWS's name for it are said here once.

mod producer;
mod rate;

use serde::Deserialize;

use crate::model::plan::StartingPosition;
use crate::scenario::leaf::{Count, CountRange, Leaf, Word, Words};
use crate::scenario::moment::Start;
use crate::scenario::or_table::Table;
use crate::time::Span;
use crate::units::Bytes;

pub(super) use producer::{
    ApiWord, BackoffTable, ChangeTable, Dist, HashKeyTable, KeyTable, ProducerTable, RotateTable,
    SizeTable, TraceTable,
};
pub(super) use rate::{
    ArrivalsWord, BurstTable, CountUnit, RateTable, SeriesTable, Shape, ThrottledTable,
};

/// A type that only names a range.
macro_rules! count_range {
    ($(#[$doc:meta])* $name:ident, $min:expr, $max:expr, $why:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(in crate::scenario) struct $name;
        impl CountRange for $name {
            const MIN: u64 = $min;
            const MAX: u64 = $max;
            const WHY: &'static str = $why;
        }
    };
}
use count_range;

/// A type that only names a range.
macro_rules! factor_range {
    ($(#[$doc:meta])* $name:ident, $min:expr, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(in crate::scenario) struct $name;
        impl FactorRange for $name {
            const MIN: f64 = $min;
            const MAX: f64 = $max;
        }
    };
}

use factor_range;

count_range!(
    /// Shards of one stream (KDS-S24).
    Shards, 1, 20_000, "a default account holds at most 20,000 shards (KDS-S24)"
);
count_range!(
    /// Any seed TOML can hold.
    Seed, 0, i64::MAX as u64, "a seed is a whole number that TOML can hold"
);
count_range!(
    /// `Limit` of GetRecords (KDS-R03).
    ReadLimit, 1, 10_000, "GetRecords returns at most 10,000 records (KDS-R03)"
);
count_range!(
    /// Threads of one reader.
    Threads, 1, 1_000_000, "each shard is worked by one thread at a time"
);
count_range!(
    /// Records a bucket may hold.
    BurstRecords, 1, 1_000_000, "a shard's sustained limit is 1,000 records/s (KDS-W02)"
);

/// `[scenario]`: what is simulated, and for how long.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ScenarioTable {
    /// A sentence for the reader.
    pub(super) description: Option<String>,
    /// When on the calendar the run begins: "2026-11-02T00:00:00Z", or with another offset.
    pub(super) start: Option<Start>,
    /// Virtual time simulated, at most 400 d. Default "10 min".
    pub(super) duration: Option<Leaf<Span>>,
    /// Time at the start that percentiles, shares and objectives leave out. Default "0 s".
    pub(super) warm_up: Option<Leaf<Span>>,
    /// Width of a CSV row and of a heat map's column, whole seconds. By default the smallest
    /// round width that makes at most 360 of them.
    pub(super) interval: Option<Leaf<Span>>,
    /// Names the experiment: all chance follows from it. Default 1.
    pub(super) seed: Option<Count<Seed>>,
    /// Memory that waiting records may take before the run ends early. Default "8 GiB".
    pub(super) memory_limit: Option<Leaf<Bytes>>,
}

/// `[account]`: what all streams share.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccountTable {
    /// AWS Region. Default "us-east-1".
    pub(super) region: Option<String>,
    /// Shards the account may hold in the Region: its default quota (KDS-S24) where not given.
    pub(super) shard_quota: Option<Count<Shards>>,
}

/// `[stream]`: one Kinesis data stream.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StreamTable {
    /// `StreamName`. Default "stream".
    pub(super) name: Option<String>,
    /// `StreamModeDetails.StreamMode`. Default "PROVISIONED".
    pub(super) stream_mode: Option<Word<StreamMode>>,
    /// `ShardCount`, 1 to 20,000. Must be given.
    pub(super) shard_count: Option<Count<Shards>>,
    /// `RetentionPeriodHours`: 24 h to 8,760 h in whole hours. Default "24 h".
    pub(super) retention_period: Option<Leaf<Span>>,
}

/// `StreamMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamMode {
    /// A fixed number of shards.
    Provisioned,
}

impl Words for StreamMode {
    const TAKEN: &'static [(&'static str, Self)] = &[("PROVISIONED", Self::Provisioned)];
    const LATER: &'static [&'static str] = &["ON_DEMAND"];
}

/// `[[reader]]`: a consumer that loops over GetRecords.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ReaderTable {
    /// Unique among producers and consumers. Default "reader", "reader-2", …
    pub(super) name: Option<String>,
    /// `ShardIteratorType` it begins with. Default "TRIM_HORIZON".
    pub(super) starting_position: Option<Word<StartingPosition>>,
    /// How it calls GetRecords.
    pub(super) get_records: Option<Table<GetRecordsTable>>,
    /// How long it works on what it read.
    pub(super) processing: Option<Table<ProcessingTable>>,
    /// Shards worked on at the same time. Default: as many as the stream has.
    pub(super) threads: Option<Count<Threads>>,
}

/// `reader.get_records`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GetRecordsTable {
    /// Least time between two calls on a shard. Default "1 s".
    pub(super) every: Option<Leaf<Span>>,
    /// `Limit`: records a call, 1 to 10,000 (KDS-R03). Default 10,000.
    pub(super) limit: Option<Count<ReadLimit>>,
}

/// `reader.processing`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ProcessingTable {
    /// Time a call's answer takes, whatever it holds. Default "0 s".
    pub(super) per_call: Option<Leaf<Span>>,
    /// Time each record takes on top. Default "0 s".
    pub(super) per_record: Option<Leaf<Span>>,
}

impl Words for StartingPosition {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("TRIM_HORIZON", Self::TrimHorizon), ("LATEST", Self::Latest)];
    const LATER: &'static [&'static str] =
        &["AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"];
}

/// `[model]`: constants AWS does not publish.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelTable {
    /// The write side of a shard.
    pub(super) write: Option<Table<ModelWriteTable>>,
}

/// `model.write`: how a shard enforces its write limits (KDS-W29, KDS-W30).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelWriteTable {
    /// "token-bucket" (default), "fixed-window", or "tank": a bucket of 10 MiB.
    pub(super) enforcer: Option<Word<EnforcerWord>>,
    /// Records the full token bucket holds. Default 1,000.
    pub(super) burst_records: Option<Count<BurstRecords>>,
    /// Bytes the full token bucket holds, at most 1 GiB. Default "1 MiB".
    pub(super) burst_bytes: Option<Leaf<Bytes>>,
    /// Whether sizes are metered in whole KiB ("kib", default; KDS-W06) or as they are ("none").
    pub(super) rounding: Option<Word<crate::model::plan::Rounding>>,
}

/// `model.write.enforcer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnforcerWord {
    /// Buckets that refill steadily.
    TokenBucket,
    /// Counters that restart each second.
    FixedWindow,
    /// A bucket of 10 MiB.
    Tank,
}

impl Words for EnforcerWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("token-bucket", Self::TokenBucket),
        ("fixed-window", Self::FixedWindow),
        ("tank", Self::Tank),
    ];
}

impl Words for crate::model::plan::Rounding {
    const TAKEN: &'static [(&'static str, Self)] = &[("kib", Self::Kib), ("none", Self::None)];
}
