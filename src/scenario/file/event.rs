//! `[[fault]]` and `[[action]]`: what happens at stated moments.

use serde::Deserialize;

use super::lambda::{AgeLimit, BatchSize, FilterTable, Lanes, Reserved, ResponseWord, StateTable};
use super::{count_range, factor_range};
use crate::scenario::file::{Shards, StreamMode};
use crate::scenario::leaf::{
    Count, CountRange, Factor, FactorRange, HashKey, Leaf, ShardId, Word, Words,
};
use crate::scenario::or_table::Table;
use crate::time::Span;
use crate::units::{ByteRate, Rate, Share};

factor_range!(
    /// How many times as long, or as many.
    Times, 0.001, 1_000.0
);

count_range!(
    /// The number in a shard's id (KDS-H07).
    ShardNumber, 0, 999_999_999_999, "a ShardId has twelve digits (KDS-H07)"
);

count_range!(
    /// Invocations at a time.
    Left, 0, 10_000_000, "an account's quota is 1,000 unless it was raised (ESM-58)"
);

/// `[[fault]]`: something that goes wrong for a time.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct FaultTable {
    /// When it begins, before the run's end. Must be given.
    pub(in crate::scenario) at: Option<Leaf<Span>>,
    /// How long it lasts; may outlast the run. Must be given.
    #[serde(rename = "for")]
    pub(in crate::scenario) lasts: Option<Leaf<Span>>,
    /// What goes wrong. Must be given.
    pub(in crate::scenario) kind: Option<Word<FaultWord>>,
    /// Whom it hits: "reader.NAME", "lambda.NAME", "firehose.NAME", "producer.NAME", or "stream"
    /// with all its clients. Must be given.
    pub(in crate::scenario) target: Option<String>,
    /// How many times as long, 0.001 to 1,000: of "slowdown", processing; of "put-latency", each
    /// answer.
    pub(in crate::scenario) factor: Option<Factor<Times>>,
    /// Of "put-latency": how much longer each answer takes. It or `factor` must be given.
    pub(in crate::scenario) latency: Option<Leaf<Span>>,
    /// Of "api-errors": the chance of each call, or entry of a PutRecords call, to fail. Of
    /// "kms-throttle": that of each call; of "error-rate": that of each invocation.
    pub(in crate::scenario) probability: Option<Leaf<Share>>,
    /// Of "concurrency-squeeze": invocations of the function at a time that are left.
    pub(in crate::scenario) concurrent_executions: Option<Count<Left>>,
    /// Of "poison-record": the number in the `ShardId` of the shard that it blocks. Default: the
    /// first shard whose records the reader begins to process from `at` on.
    pub(in crate::scenario) shard: Option<Count<ShardNumber>>,
    /// Of "producer-outage": "skip" (default), its records of that time are never offered, or
    /// "catch-up", they are offered afterwards.
    pub(in crate::scenario) then: Option<Word<ThenWord>>,
    /// Of "catch-up": the time they are spread over, on top of the usual rate. Default: as long as
    /// the outage.
    pub(in crate::scenario) over: Option<Leaf<Span>>,
}

/// `fault.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum FaultWord {
    /// A reader makes no calls.
    Outage,
    /// Its processing takes longer.
    Slowdown,
    /// A record that its processing cannot digest.
    PoisonRecord,
    /// A producer offers nothing.
    ProducerOutage,
    /// Calls fail.
    ApiErrors,
    /// Answers to puts take longer.
    PutLatency,
    /// KMS throttles the calls on a stream.
    KmsThrottle,
    /// Invocations of a function fail.
    ErrorRate,
    /// Fewer invocations of it run at a time.
    ConcurrencySqueeze,
    /// A delivery stream's destination takes nothing.
    DestinationOutage,
}

impl Words for FaultWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("outage", Self::Outage),
        ("slowdown", Self::Slowdown),
        ("poison-record", Self::PoisonRecord),
        ("producer-outage", Self::ProducerOutage),
        ("api-errors", Self::ApiErrors),
        ("put-latency", Self::PutLatency),
        ("kms-throttle", Self::KmsThrottle),
        ("error-rate", Self::ErrorRate),
        ("concurrency-squeeze", Self::ConcurrencySqueeze),
        ("destination-outage", Self::DestinationOutage),
    ];
    const LATER: &'static [&'static str] = &["worker-crash", "lease-table-throttle"];
}

/// `fault.then`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum ThenWord {
    /// They are never offered.
    Skip,
    /// They are offered afterwards.
    CatchUp,
}

impl Words for ThenWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("skip", Self::Skip), ("catch-up", Self::CatchUp)];
}

/// `[[action]]`: something done at a moment, by a call to AWS or by us.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ActionTable {
    /// When, before the run's end. Must be given.
    pub(in crate::scenario) at: Option<Leaf<Span>>,
    /// The AWS call. This or `kind` must be given.
    pub(in crate::scenario) call: Option<Word<CallWord>>,
    /// "rate-change": a producer's rate is another from then on.
    pub(in crate::scenario) kind: Option<Word<ActionWord>>,
    /// "producer.NAME"; of a call the stream, which need not be named; "lambda.NAME" of those that
    /// change a mapping or a function.
    pub(in crate::scenario) target: Option<String>,
    /// `RetentionPeriodHours` of both calls: 24 h to 8,760 h in whole hours.
    pub(in crate::scenario) retention_period: Option<Leaf<Span>>,
    /// Of "rate-change": how many times the rate it would be, 0.001 to 1,000.
    pub(in crate::scenario) factor: Option<Factor<Times>>,
    /// Of "rate-change": the rate it becomes, whatever it would be.
    pub(in crate::scenario) rate: Option<Leaf<Rate>>,
    /// `TargetShardCount` of UpdateShardCount, 1 to 20,000.
    pub(in crate::scenario) target_shard_count: Option<Count<Shards>>,
    /// `StreamMode` of UpdateStreamMode.
    pub(in crate::scenario) stream_mode: Option<Word<StreamMode>>,
    /// `WarmThroughputMiBps` of UpdateStreamWarmThroughput, 1 MiB/s to 10 GiB/s.
    pub(in crate::scenario) warm_throughput: Option<Leaf<ByteRate>>,
    /// `ShardToSplit` of SplitShard: an id, or the number in it.
    pub(in crate::scenario) shard_to_split: Option<ShardId>,
    /// `NewStartingHashKey` of SplitShard. Default: the middle of the shard.
    pub(in crate::scenario) new_starting_hash_key: Option<HashKey>,
    /// `ShardToMerge` of MergeShards: the neighbour with the lower hash keys.
    pub(in crate::scenario) shard_to_merge: Option<ShardId>,
    /// `AdjacentShardToMerge` of MergeShards: the one with the higher hash keys.
    pub(in crate::scenario) adjacent_shard_to_merge: Option<ShardId>,
    /// `Enabled` of UpdateEventSourceMapping: whether the mapping works (ESM-25).
    pub(in crate::scenario) enabled: Option<bool>,
    /// `BatchSize` of UpdateEventSourceMapping, 1 to 10,000 records (ESM-30).
    pub(in crate::scenario) batch_size: Option<Count<BatchSize>>,
    /// `MaximumBatchingWindowInSeconds`, up to 300 s in whole seconds (ESM-31).
    pub(in crate::scenario) maximum_batching_window: Option<Leaf<Span>>,
    /// `ParallelizationFactor`, 1 to 10 lanes a shard (ESM-50).
    pub(in crate::scenario) parallelization_factor: Option<Count<Lanes>>,
    /// `MaximumRetryAttempts`, 0 to 10,000, or -1 (ESM-70).
    pub(in crate::scenario) maximum_retry_attempts: Option<i64>,
    /// `MaximumRecordAgeInSeconds`, 60 s to 7 d, or -1, which is any age (ESM-71).
    pub(in crate::scenario) maximum_record_age: Option<AgeLimit>,
    /// `BisectBatchOnFunctionError` (ESM-81).
    pub(in crate::scenario) bisect_batch_on_function_error: Option<bool>,
    /// `FunctionResponseTypes` (ESM-88).
    pub(in crate::scenario) function_response_types: Option<Vec<Word<ResponseWord>>>,
    /// Whether `DestinationConfig.OnFailure` is set (ESM-94).
    pub(in crate::scenario) on_failure: Option<bool>,
    /// `FilterCriteria`: which part of the records passes (ESM-112).
    pub(in crate::scenario) filter_criteria: Option<Table<FilterTable>>,
    /// `TumblingWindowInSeconds`, up to 900 s in whole seconds; "0 s" is none (ESM-115).
    pub(in crate::scenario) tumbling_window: Option<Leaf<Span>>,
    /// The state of such a window (ESM-117). Default: empty.
    pub(in crate::scenario) window_state: Option<Table<StateTable>>,
    /// `ReservedConcurrentExecutions` of PutFunctionConcurrency (ESM-59).
    pub(in crate::scenario) reserved_concurrent_executions: Option<Count<Reserved>>,
}

/// `action.call`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum CallWord {
    /// Records are kept longer.
    IncreaseStreamRetentionPeriod,
    /// Records are kept for less time.
    DecreaseStreamRetentionPeriod,
    /// A shard becomes two.
    SplitShard,
    /// Two neighbours become one.
    MergeShards,
    /// So many equal shards.
    UpdateShardCount,
    /// Provisioned or on-demand.
    UpdateStreamMode,
    /// Capacity that can be used at once.
    UpdateStreamWarmThroughput,
    /// A mapping has other settings, works or does not.
    UpdateEventSourceMapping,
    /// A function has so many executions to itself.
    PutFunctionConcurrency,
    /// It has none.
    DeleteFunctionConcurrency,
}

impl Words for CallWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("IncreaseStreamRetentionPeriod", Self::IncreaseStreamRetentionPeriod),
        ("DecreaseStreamRetentionPeriod", Self::DecreaseStreamRetentionPeriod),
        ("SplitShard", Self::SplitShard),
        ("MergeShards", Self::MergeShards),
        ("UpdateShardCount", Self::UpdateShardCount),
        ("UpdateStreamMode", Self::UpdateStreamMode),
        ("UpdateStreamWarmThroughput", Self::UpdateStreamWarmThroughput),
        ("UpdateEventSourceMapping", Self::UpdateEventSourceMapping),
        ("PutFunctionConcurrency", Self::PutFunctionConcurrency),
        ("DeleteFunctionConcurrency", Self::DeleteFunctionConcurrency),
    ];
    const LATER: &'static [&'static str] =
        &["UpdateMaxRecordSize", "RegisterStreamConsumer", "DeregisterStreamConsumer"];
}

/// `action.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum ActionWord {
    /// A producer's rate is another.
    RateChange,
}

impl Words for ActionWord {
    const TAKEN: &'static [(&'static str, Self)] = &[("rate-change", Self::RateChange)];
}

count_range!(
    /// Splits and merges at the same time.
    Parallel, 1, 10_000, "a stream that changes by itself has at most 10,000 shards (KDS-S14)"
);

/// `[model.reshard]`: how long changes of a stream's shards take, of which nothing exact is
/// published (KDS-S20 to KDS-S23).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ModelReshardTable {
    /// Time from a call to the beginning of its first split or merge, at most 1 h. Default "10 s".
    pub(in crate::scenario) start_delay: Option<Leaf<Span>>,
    /// Time that a split or merge takes, 1 s to 1 h. Default "30 s".
    pub(in crate::scenario) per_split: Option<Leaf<Span>>,
    /// Splits and merges of UpdateShardCount done at the same time, 1 to 10,000. Default: a quarter
    /// of the open shards.
    pub(in crate::scenario) parallel: Option<Count<Parallel>>,
}

/// `[model.on_demand]`: when and how fast the service halves shards in on-demand mode.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ModelOnDemandTable {
    /// Bytes a second that a shard takes in over a minute to be halved (KDS-O04). Default
    /// "512 KiB/s".
    pub(in crate::scenario) split_bytes: Option<Leaf<ByteRate>>,
    /// Records a second, likewise (KDS-O05). Default "500/s".
    pub(in crate::scenario) split_records: Option<Leaf<Rate>>,
    /// Time from then until its halves are open, at least (KDS-O07). Default "2 min".
    pub(in crate::scenario) delay_min: Option<Leaf<Span>>,
    /// The same, at most 1 d (KDS-O04). Default "15 min".
    pub(in crate::scenario) delay_max: Option<Leaf<Span>>,
}

/// `[model.retention]`: how fast a change of retention takes effect.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ModelRetentionTable {
    /// Time from IncreaseStreamRetentionPeriod to its effect, at most 1 h. Default "5 min".
    pub(in crate::scenario) increase: Option<Leaf<Span>>,
}
