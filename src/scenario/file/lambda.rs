//! `[[lambda]]`: a function and its event source mapping.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{BoolDeserializer, F64Deserializer, I64Deserializer, StrDeserializer};
use serde::de::{Deserializer, Error, Visitor};

use super::{StartWord, count_range};
use crate::scenario::leaf::{Count, CountRange, Leaf, Word, Words};
use crate::scenario::or_table::{OrTable, Table};
use crate::time::Span;
use crate::units::{Bytes, Share};

count_range!(
    /// `BatchSize` (ESM-30).
    BatchSize, 1, 10_000, "Lambda takes at most 10,000 records in one invocation (ESM-30)"
);
count_range!(
    /// `ParallelizationFactor` (ESM-50).
    Lanes, 1, 10, "a shard has at most 10 batches in work at a time (ESM-50)"
);
count_range!(
    /// `ReservedConcurrentExecutions` (ESM-59).
    Reserved, 0, 10_000_000, "reserved concurrency is a part of the account's (ESM-59)"
);
count_range!(
    /// `ConcurrentExecutions` (ESM-58).
    Executions, 1, 10_000_000, "1,000 unless the quota was raised (ESM-58)"
);
count_range!(
    /// Records of a lane.
    LaneRecords, 1, 10_000_000, "a call brings at most 10,000 records (KDS-R03)"
);

/// `[[lambda]]`: a Lambda function with an event source mapping on a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct LambdaTable {
    /// Unique among producers and consumers. Default "lambda", "lambda-2", …
    pub(in crate::scenario) name: Option<String>,
    /// `StreamName` of the stream it reads. Must be given where there are several.
    pub(in crate::scenario) stream: Option<String>,
    /// When the mapping is created. Default "0 s": it is there and polls when the run begins;
    /// later, it polls `model.lambda.start_delay` after it was created (ESM-24).
    pub(in crate::scenario) starts: Option<Leaf<Span>>,
    /// `StartingPosition` (ESM-20). Default "TRIM_HORIZON".
    pub(in crate::scenario) starting_position: Option<Word<StartWord>>,
    /// `StartingPositionTimestamp` of "AT_TIMESTAMP", a moment of the run up to `starts`.
    pub(in crate::scenario) timestamp: Option<Leaf<Span>>,
    /// Whether `EventSourceArn` is a registered consumer's, which shards push to (ESM-07). Default
    /// false.
    pub(in crate::scenario) enhanced_fan_out: Option<bool>,
    /// `BatchSize`, 1 to 10,000 records (ESM-30). Default 100.
    pub(in crate::scenario) batch_size: Option<Count<BatchSize>>,
    /// `MaximumBatchingWindowInSeconds`, up to 300 s in whole seconds (ESM-31). Default "0 s".
    pub(in crate::scenario) maximum_batching_window: Option<Leaf<Span>>,
    /// `ParallelizationFactor`, 1 to 10 lanes a shard (ESM-50). Default 1.
    pub(in crate::scenario) parallelization_factor: Option<Count<Lanes>>,
    /// `MaximumRetryAttempts`, 0 to 10,000, or -1, which is until the records expire (ESM-70).
    /// Default -1.
    pub(in crate::scenario) maximum_retry_attempts: Option<i64>,
    /// `MaximumRecordAgeInSeconds`, 60 s to 7 d (ESM-71). Default: any age.
    pub(in crate::scenario) maximum_record_age: Option<Leaf<Span>>,
    /// `BisectBatchOnFunctionError` (ESM-81). Default false.
    pub(in crate::scenario) bisect_batch_on_function_error: Option<bool>,
    /// `FunctionResponseTypes`: a list with "ReportBatchItemFailures", or empty (ESM-88). Default
    /// empty.
    pub(in crate::scenario) function_response_types: Option<Vec<Word<ResponseWord>>>,
    /// Whether `DestinationConfig.OnFailure` is set (ESM-94). Default false.
    pub(in crate::scenario) on_failure: Option<bool>,
    /// `FilterCriteria`: which part of the records passes (ESM-112). Default all.
    pub(in crate::scenario) filter_criteria: Option<Table<FilterTable>>,
    /// `TumblingWindowInSeconds`, up to 900 s in whole seconds (ESM-115). Default: none.
    pub(in crate::scenario) tumbling_window: Option<Leaf<Span>>,
    /// The state of a tumbling window (ESM-117). Default: empty.
    pub(in crate::scenario) window_state: Option<Table<StateTable>>,
    /// How long an invocation takes. Must be given.
    pub(in crate::scenario) invocation_duration: Option<Table<InvocationTable>>,
    /// How often invocations fail. Default: never.
    pub(in crate::scenario) errors: Option<Table<ErrorsTable>>,
    /// How long a new environment takes to start (ESM-64): "350 ms", or a table. Default "200 ms".
    pub(in crate::scenario) cold_start: Option<OrTable<Leaf<Span>, DurationTable>>,
    /// `Timeout`, 1 s to 900 s in whole seconds (ESM-62). Default "3 s".
    pub(in crate::scenario) timeout: Option<Leaf<Span>>,
    /// `MemorySize`, 128 MiB to 10,240 MiB (ESM-63). Default "128 MiB".
    pub(in crate::scenario) memory_size: Option<Leaf<Bytes>>,
    /// `Architectures`: "x86_64" (default) or "arm64", which is billed for less (ESM-142).
    pub(in crate::scenario) architecture: Option<Word<ArchitectureWord>>,
    /// `ReservedConcurrentExecutions`: invocations at a time, taken from the account's (ESM-59).
    /// Default: none, it shares what is not reserved.
    pub(in crate::scenario) reserved_concurrent_executions: Option<Count<Reserved>>,
}

/// `lambda.invocation_duration`: each a duration, or a table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct InvocationTable {
    /// Whatever the batch. Default "0 s".
    pub(in crate::scenario) fixed: Option<OrTable<Leaf<Span>, DurationTable>>,
    /// On top for each record, drawn for each by itself. Default "0 s".
    pub(in crate::scenario) per_record: Option<OrTable<Leaf<Span>, DurationTable>>,
}

/// A duration: `median` and `p99` (log-normal), `min` and `max` (uniform), or `mean` (exponential).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct DurationTable {
    /// Half of all are shorter.
    pub(in crate::scenario) median: Option<Leaf<Span>>,
    /// All but one in a hundred are shorter.
    pub(in crate::scenario) p99: Option<Leaf<Span>>,
    /// Shortest; all up to `max` are alike.
    pub(in crate::scenario) min: Option<Leaf<Span>>,
    /// Longest.
    pub(in crate::scenario) max: Option<Leaf<Span>>,
    /// Mean of exponential durations.
    pub(in crate::scenario) mean: Option<Leaf<Span>>,
}

/// `lambda.errors`: chances, each by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ErrorsTable {
    /// Part of the invocations that fail as a whole. Default 0.
    pub(in crate::scenario) per_invocation: Option<Leaf<Share>>,
    /// Part of the records that fail: their invocation, or with "ReportBatchItemFailures" they and
    /// what follows them. Drawn anew at each try. Default 0.
    pub(in crate::scenario) per_record: Option<Leaf<Share>>,
}

/// `lambda.filter_criteria`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct FilterTable {
    /// Part of the records that match, drawn for each by itself. Must be given.
    pub(in crate::scenario) matches: Option<Leaf<Share>>,
}

/// `lambda.window_state`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct StateTable {
    /// Size of a window's state, whatever it has seen. Default "0 B".
    pub(in crate::scenario) fixed: Option<Leaf<Bytes>>,
    /// On top for each record that it has seen. Default "0 B".
    pub(in crate::scenario) per_record: Option<Leaf<Bytes>>,
}

/// `model.lambda`: what AWS does not publish.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ModelLambdaTable {
    /// From the creation of a mapping to its first call, up to 10 min (ESM-24). Default "30 s".
    pub(in crate::scenario) start_delay: Option<Leaf<Span>>,
    /// Time between two calls on a shard while more waits than one brought, 200 ms to 1 s (ESM-03).
    /// Default "1 s".
    pub(in crate::scenario) catch_up_poll_interval: Option<Leaf<Span>>,
    /// Records that a lane holds before its shard is asked no more. Default 10,000.
    pub(in crate::scenario) buffer: Option<Count<LaneRecords>>,
    /// From the opening of a shard until it is known, up to 10 min (ESM-14). Default "10 s".
    pub(in crate::scenario) discovery: Option<Leaf<Span>>,
    /// First pause after an invocation that failed; each is twice the one before (ESM-79). Default
    /// "1 s".
    pub(in crate::scenario) retry_backoff: Option<Leaf<Span>>,
    /// Longest such pause. Default "1 min".
    pub(in crate::scenario) retry_backoff_max: Option<Leaf<Span>>,
    /// First pause after an invocation that was throttled (ESM-80). Default "1 s".
    pub(in crate::scenario) throttle_backoff: Option<Leaf<Span>>,
    /// Longest such pause. Default "1 min".
    pub(in crate::scenario) throttle_backoff_max: Option<Leaf<Span>>,
    /// An environment that was idle for so long is gone (ESM-65). Default "10 min".
    pub(in crate::scenario) idle_reclaim: Option<Leaf<Span>>,
    /// Largest event (ESM-36), 1 MiB to 6 MiB. Default "6 MiB".
    pub(in crate::scenario) payload: Option<Leaf<Bytes>>,
    /// From a tumbling window's end until it is closed where no record comes (ESM-120). Default
    /// "2 min".
    pub(in crate::scenario) window_close: Option<Leaf<Span>>,
    /// For how long a mapping reads nothing after UpdateEventSourceMapping, up to 90 s (ESM-22).
    /// Default "30 s".
    pub(in crate::scenario) update_pause: Option<Leaf<Span>>,
}

/// `lambda.function_response_types`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum ResponseWord {
    /// It says which records failed.
    ReportBatchItemFailures,
}

impl Words for ResponseWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("ReportBatchItemFailures", Self::ReportBatchItemFailures)];
}

/// `MaximumRecordAgeInSeconds` of a call: -1 lifts the limit, as AWS has it (ESM-71).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum AgeLimit {
    /// Any age.
    Any,
    /// Older records are given up.
    Of(Span),
}

impl<'de> Deserialize<'de> for AgeLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AgeVisitor)
    }
}

struct AgeVisitor;

impl AgeVisitor {
    fn of(leaf: Leaf<Span>) -> AgeLimit {
        AgeLimit::Of(leaf.0)
    }
}

impl Visitor<'_> for AgeVisitor {
    type Value = AgeLimit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration or -1")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AgeLimit, E> {
        Leaf::deserialize(StrDeserializer::new(text)).map(Self::of)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<AgeLimit, E> {
        match number {
            -1 => Ok(AgeLimit::Any),
            _ => Leaf::deserialize(I64Deserializer::new(number)).map(Self::of),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<AgeLimit, E> {
        Leaf::deserialize(F64Deserializer::new(number)).map(Self::of)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<AgeLimit, E> {
        Leaf::deserialize(BoolDeserializer::new(value)).map(Self::of)
    }
}

/// `lambda.architecture`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum ArchitectureWord {
    /// Intel and AMD.
    X86,
    /// Graviton.
    Arm,
}

impl Words for ArchitectureWord {
    const TAKEN: &'static [(&'static str, Self)] = &[("x86_64", Self::X86), ("arm64", Self::Arm)];
}
