//! Lambda: a function, and the event source mapping that invokes it.

use crate::model::retry::Wait;
use crate::time::Span;
use crate::units::Bytes;

/// An event source mapping and its function.
#[derive(Clone, Debug, PartialEq)]
pub struct LambdaPlan {
    /// `BatchSize`, 1 to 10,000 records (ESM-30).
    pub batch_size: u32,
    /// `MaximumBatchingWindowInSeconds`, up to 300 s (ESM-31).
    pub batching_window: Span,
    /// `ParallelizationFactor`, 1 to 10: lanes of a shard (ESM-50).
    pub factor: u32,
    /// `MaximumRetryAttempts`; `None` is until the records expire (ESM-70).
    pub retries: Option<u32>,
    /// `MaximumRecordAgeInSeconds`; `None` is any age (ESM-71).
    pub record_age: Option<Span>,
    /// `BisectBatchOnFunctionError` (ESM-81).
    pub bisect: bool,
    /// `FunctionResponseTypes` has `ReportBatchItemFailures` (ESM-88).
    pub partial: bool,
    /// `DestinationConfig.OnFailure` is set (ESM-94).
    pub on_failure: bool,
    /// Tumbling windows, where there are any (ESM-115).
    pub tumbling: Option<TumblingPlan>,
    /// Part of the records that `FilterCriteria` let pass (thousand-millionths).
    pub passes: u64,
    /// What is invoked.
    pub function: FunctionPlan,
    /// How large an event may be, and what a record adds to it.
    pub payload: PayloadPlan,
    /// What is not published of mappings.
    pub mapping: MappingPlan,
}

/// Tumbling windows and their state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TumblingPlan {
    /// `TumblingWindowInSeconds`, up to 900 s (ESM-115).
    pub length: Span,
    /// From a window's end to its final invocation where no record comes (ESM-120).
    pub close_after: Span,
    /// Bytes of a window's state, whatever it has seen.
    pub state: u64,
    /// Bytes more for each record that it has seen.
    pub state_per_record: u64,
}

/// A Lambda function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FunctionPlan {
    /// `MemorySize` (ESM-63).
    pub memory: Bytes,
    /// Whether it runs on arm64, which is billed for less (ESM-142).
    pub arm: bool,
    /// `Timeout` (ESM-62).
    pub timeout: Span,
    /// How long a new environment takes to start (ESM-64).
    pub cold_start: DurationPlan,
    /// How long an invocation takes, whatever it is given.
    pub fixed: DurationPlan,
    /// How much longer for each record.
    pub per_record: DurationPlan,
    /// Chance that an invocation fails (thousand-millionths).
    pub errors: u64,
    /// Chance that a record fails (thousand-millionths).
    pub record_errors: u64,
    /// `ReservedConcurrentExecutions` (ESM-59).
    pub reserved: Option<u32>,
    /// An environment that was idle for so long is gone (ESM-65).
    pub idle_reclaim: Span,
}

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DurationPlan {
    /// Always as long.
    Constant(Span),
    /// Every time from `min` to `max` alike.
    Uniform {
        /// Shortest.
        min: Span,
        /// Longest.
        max: Span,
    },
    /// Log-normal.
    LogNormal {
        /// Half of all are shorter.
        median: Span,
        /// All but one in a hundred are shorter.
        p99: Span,
    },
    /// Exponential.
    Exponential {
        /// Mean.
        mean: Span,
    },
}

/// How large an event may be, and what a record adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadPlan {
    /// Bytes of an event at most (ESM-36).
    pub max: Bytes,
    /// Bytes of an event without records (ESM-38).
    pub envelope: u64,
    /// Bytes of a record beside its data (ESM-38).
    pub overhead: u64,
    /// Of the bytes of a record as they are metered, those of its key: they are part of what is
    /// beside its data.
    pub key: u64,
}

/// What is not published of event source mappings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MappingPlan {
    /// Time between two calls on a shard while more waits than one brought (ESM-03, KDS-R34).
    pub catch_up_every: Span,
    /// Records a lane holds before its shard is polled no more.
    pub buffer: u64,
    /// From the opening of a shard until it is known (ESM-14).
    pub discovery: Span,
    /// Pause after an invocation that failed (ESM-79).
    pub retry: Wait,
    /// Pause after one that was throttled (ESM-80).
    pub throttle: Wait,
}
