//! `[[fault]]` and `[[action]]`: what happens at stated moments.

use serde::Deserialize;

use super::{count_range, factor_range};
use crate::scenario::leaf::{Count, CountRange, Factor, FactorRange, Leaf, Word, Words};
use crate::time::Span;
use crate::units::{Rate, Share};

factor_range!(
    /// How many times as long, or as many.
    Times, 0.001, 1_000.0
);

count_range!(
    /// The number in a shard's id (KDS-H07).
    ShardNumber, 0, 999_999_999_999, "a ShardId has twelve digits (KDS-H07)"
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
    /// Whom it hits: "reader.NAME", "producer.NAME", or "stream" with all its clients. Must be
    /// given.
    pub(in crate::scenario) target: Option<String>,
    /// How many times as long, 0.001 to 1,000: of "slowdown", processing; of "put-latency", each
    /// answer.
    pub(in crate::scenario) factor: Option<Factor<Times>>,
    /// Of "put-latency": how much longer each answer takes. It or `factor` must be given.
    pub(in crate::scenario) latency: Option<Leaf<Span>>,
    /// Of "api-errors": the chance of each call, or entry of a PutRecords call, to fail. Of
    /// "kms-throttle": that of each call.
    pub(in crate::scenario) probability: Option<Leaf<Share>>,
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
    ];
    const LATER: &'static [&'static str] = &[
        "error-rate",
        "worker-crash",
        "concurrency-squeeze",
        "lease-table-throttle",
        "destination-outage",
    ];
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
    /// "producer.NAME"; of a call the stream, which need not be named.
    pub(in crate::scenario) target: Option<String>,
    /// `RetentionPeriodHours` of both calls: 24 h to 8,760 h in whole hours.
    pub(in crate::scenario) retention_period: Option<Leaf<Span>>,
    /// Of "rate-change": how many times the rate it would be, 0.001 to 1,000.
    pub(in crate::scenario) factor: Option<Factor<Times>>,
    /// Of "rate-change": the rate it becomes, whatever it would be.
    pub(in crate::scenario) rate: Option<Leaf<Rate>>,
}

/// `action.call`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum CallWord {
    /// Records are kept longer.
    IncreaseStreamRetentionPeriod,
    /// Records are kept for less time.
    DecreaseStreamRetentionPeriod,
}

impl Words for CallWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("IncreaseStreamRetentionPeriod", Self::IncreaseStreamRetentionPeriod),
        ("DecreaseStreamRetentionPeriod", Self::DecreaseStreamRetentionPeriod),
    ];
    const LATER: &'static [&'static str] = &[
        "SplitShard",
        "MergeShards",
        "UpdateShardCount",
        "UpdateStreamMode",
        "UpdateStreamWarmThroughput",
        "UpdateMaxRecordSize",
        "RegisterStreamConsumer",
        "DeregisterStreamConsumer",
        "UpdateEventSourceMapping",
        "PutFunctionConcurrency",
    ];
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

/// `[model.retention]`: how fast a change of retention takes effect.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ModelRetentionTable {
    /// Time from IncreaseStreamRetentionPeriod to its effect, at most 1 h. Default "5 min".
    pub(in crate::scenario) increase: Option<Leaf<Span>>,
}
