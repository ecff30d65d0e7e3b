//! The scenario as the user wrote it, one struct a table. What a field means, its unit, its
//! default and AWS's name for it are said here once.

mod alarm;
mod event;
mod firehose;
mod grain;
mod lambda;
mod prices;
mod producer;
mod rate;
mod reader;
mod retry;
mod scaler;
mod sweep;

use serde::Deserialize;

use crate::scenario::leaf::{Count, CountRange, Leaf, Word, Words};
use crate::scenario::moment::Start;
use crate::scenario::or_table::{OrTable, Table};
use crate::time::Span;
use crate::units::{ByteRate, Bytes, Rate};

pub(super) use alarm::{AlarmTable, Amount, Tally};
pub(super) use event::{
    ActionTable, CallWord, FaultTable, FaultWord, ModelOnDemandTable, ModelReshardTable,
    ModelRetentionTable, ThenWord,
};
pub(super) use firehose::{
    BackupWord, FirehoseTable, FormatWord, HintsTable, ModelFirehoseTable, PartitionWord,
    PartitioningTable, PartitionsTable, RetryOptionsTable, TransformTable,
};
pub(super) use grain::Grain;
pub(super) use lambda::{
    AgeLimit, ArchitectureWord, DurationTable, ErrorsTable, FilterTable, InvocationTable,
    LambdaTable, ModelLambdaTable, StateTable,
};
pub(super) use prices::{
    AdvantagePricesTable, FirehosePricesTable, LambdaPricesTable, OnDemandPricesTable, PricesTable,
};
pub(super) use producer::{
    ApiWord, BufferWord, ChangeTable, Dist, HashKeyTable, KeyTable, LatencyTable, ProducerTable,
    RotateTable, SizeTable, SizeWord, TraceTable,
};
pub(super) use rate::{
    ArrivalsWord, BurstTable, CountUnit, RateTable, SeriesTable, Shape, ThrottledTable,
};
pub(super) use reader::{GetRecordsTable, ProcessingTable, ReaderTable, StartWord};
pub(super) use retry::{ResendTable, RetryTable, RetryWord};
pub(super) use scaler::{AutoscalerTable, By, MeasureWord, OperationWord, PolicyWord, ScaleTable};
pub(super) use sweep::SweepTable;

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
    /// Records a bucket may hold.
    BurstRecords, 1, 1_000_000, "a shard's sustained limit is 1,000 records/s (KDS-W02)"
);

count_range!(
    /// Credentials that call a stream.
    Credentials, 1, 1_000_000, "each caller of a stream has credentials (KDS-K03)"
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
    /// How finely writing is played: "exact", "auto", or in quanta of 1 ms to 1 min. Default
    /// "auto".
    pub(super) resolution: Option<Grain>,
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
    /// `MinimumThroughputBillingCommitment`: on-demand Advantage (KDS-O16). Default `false`.
    pub(super) minimum_throughput_billing_commitment: Option<bool>,
    /// `ConcurrentExecutions`: invocations of all Lambda functions at a time (ESM-58). Default
    /// 1,000.
    pub(super) concurrent_executions: Option<Count<lambda::Executions>>,
}

/// `[stream]`, or `[[stream]]` where there are several: one Kinesis data stream.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StreamTable {
    /// `StreamName`. Default "stream", "stream-2", …
    pub(super) name: Option<String>,
    /// `StreamModeDetails.StreamMode`. Default "PROVISIONED".
    pub(super) stream_mode: Option<Word<StreamMode>>,
    /// `ShardCount`, 1 to 20,000. Must be given, unless `shards_from` is.
    pub(super) shard_count: Option<Count<Shards>>,
    /// Of "ON_DEMAND": what was written in the 30 days before the run (KDS-O02). Default: nothing,
    /// the stream is new.
    pub(super) history: Option<Table<HistoryTable>>,
    /// `WarmThroughputMiBps` of "ON_DEMAND", 1 MiB/s to 10 GiB/s: capacity from the beginning on
    /// (KDS-O18). Default: none.
    pub(super) warm_throughput: Option<Leaf<ByteRate>>,
    /// `RecordDistributionStrategy`: "USER_PARTITION_KEY" (default), or "AUTO" of "ON_DEMAND",
    /// where keys are ignored and records spread evenly (KDS-H14).
    pub(super) record_distribution_strategy: Option<Word<DistributionWord>>,
    /// A file with the shards it begins with, as ListShards or DescribeStream lists them.
    pub(super) shards_from: Option<String>,
    /// `RetentionPeriodHours`: 24 h to 8,760 h in whole hours. Default "24 h".
    pub(super) retention_period: Option<Leaf<Span>>,
    /// `MaxRecordSizeInKiB`: largest data and key of a record, 1 MiB to 10 MiB in whole KiB
    /// (KDS-W08). Default "1 MiB".
    pub(super) max_record_size: Option<Leaf<Bytes>>,
    /// Records the stream holds when the run begins. Default: none.
    pub(super) initial_backlog: Option<Table<InitialTable>>,
    /// Whether it is encrypted at rest: `true`, `false` or a table. Default `false`.
    pub(super) encryption: Option<OrTable<bool, EncryptionTable>>,
}

/// `stream.history`: the peak of the last 30 days before the run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HistoryTable {
    /// Bytes a second. This or `peak_records` must be given.
    pub(super) peak: Option<Leaf<ByteRate>>,
    /// Records a second.
    pub(super) peak_records: Option<Leaf<Rate>>,
}

/// `stream.encryption`: what a key of KMS costs the stream.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EncryptionTable {
    /// How much longer PutRecord, PutRecords and GetRecords take to answer (KDS-K04), at most 1 h.
    /// Default "100 us".
    pub(super) latency: Option<Leaf<Span>>,
    /// Different credentials that call the stream (KDS-K03), 1 to 1,000,000. Default: one for each
    /// producer and reader of it.
    pub(super) credentials: Option<Count<Credentials>>,
}

/// `stream.initial_backlog`: what was written before the run, evenly over shards and time.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InitialTable {
    /// Age of the oldest record, at most the retention period. Must be given.
    pub(super) age: Option<Leaf<Span>>,
    /// Records a second that were written since, on all shards. Must be given.
    pub(super) rate: Option<Leaf<Rate>>,
    /// Size of each, with its key. Must be given.
    pub(super) record_size: Option<Leaf<Bytes>>,
}

/// `StreamMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamMode {
    /// Its operators say how many shards it has.
    Provisioned,
    /// The service adds shards.
    OnDemand,
}

/// `RecordDistributionStrategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DistributionWord {
    /// Keys decide.
    UserPartitionKey,
    /// Records are spread evenly.
    Auto,
}

impl Words for DistributionWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("USER_PARTITION_KEY", Self::UserPartitionKey), ("AUTO", Self::Auto)];
}

impl StreamMode {
    /// What it is in a plan.
    pub(super) fn plan(self) -> crate::model::plan::StreamMode {
        match self {
            Self::Provisioned => crate::model::plan::StreamMode::Provisioned,
            Self::OnDemand => crate::model::plan::StreamMode::OnDemand,
        }
    }
}

impl Words for StreamMode {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("PROVISIONED", Self::Provisioned), ("ON_DEMAND", Self::OnDemand)];
}

/// `[model]`: constants AWS does not publish.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelTable {
    /// The write side of a shard.
    pub(super) write: Option<Table<ModelWriteTable>>,
    /// Enhanced fan-out.
    pub(super) fan_out: Option<Table<ModelFanOutTable>>,
    /// Changes of retention.
    pub(super) retention: Option<Table<ModelRetentionTable>>,
    /// Changes of shards.
    pub(super) reshard: Option<Table<ModelReshardTable>>,
    /// On-demand mode.
    pub(super) on_demand: Option<Table<ModelOnDemandTable>>,
    /// Event source mappings of Lambda.
    pub(super) lambda: Option<Table<ModelLambdaTable>>,
    /// Amazon Data Firehose.
    pub(super) firehose: Option<Table<ModelFirehoseTable>>,
}

/// `model.fan_out`: how events reach their consumer (KDS-R33).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelFanOutTable {
    /// Time from the push of an event to its hand-over. Default "70 ms".
    pub(super) delay: Option<Leaf<Span>>,
    /// Least time between two events of a subscription. Default "20 ms".
    pub(super) pace: Option<Leaf<Span>>,
    /// Time from a subscription's end to the first push of the next. Default "100 ms".
    pub(super) renewal: Option<Leaf<Span>>,
    /// How long a consumer is CREATING once its reader starts and registers it (KDS-R32), at most
    /// 1 min. Default "0 s": it was registered before the run.
    pub(super) registration: Option<Leaf<Span>>,
}

/// `model.write`: how a shard enforces its write limits (KDS-W29, KDS-W30).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelWriteTable {
    /// "token-bucket" (default), "fixed-window", or "tank": a bucket of 10 MiB.
    pub(super) enforcer: Option<Word<EnforcerWord>>,
    /// Records the full token bucket holds. Default 1,000.
    pub(super) burst_records: Option<Count<BurstRecords>>,
    /// Bytes the full token bucket holds, at most 1 GiB. Default "1 MiB", and "10 MiB" for streams
    /// that take records above 1 MiB.
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
