//! Lambda: a function, and the event source mapping that invokes it.

use super::Plan;
use crate::model::events::ActionKind;
use crate::model::retry::Wait;
use crate::time::{Instant, Span};
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
    /// The most lanes that a shard has at any time of the run.
    pub factor_max: u32,
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
    /// For how long nothing is read after a change of the mapping (ESM-22).
    pub update_pause: Span,
}

/// What `UpdateEventSourceMapping` sets of a mapping; `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MappingChange {
    /// `Enabled` (ESM-25).
    pub enabled: Option<bool>,
    /// `BatchSize`.
    pub batch_size: Option<u32>,
    /// `MaximumBatchingWindowInSeconds`.
    pub batching_window: Option<Span>,
    /// `ParallelizationFactor`.
    pub factor: Option<u32>,
    /// `MaximumRetryAttempts`.
    pub retries: Option<Option<u32>>,
    /// `MaximumRecordAgeInSeconds`.
    pub record_age: Option<Option<Span>>,
    /// `BisectBatchOnFunctionError`.
    pub bisect: Option<bool>,
    /// `FunctionResponseTypes` has `ReportBatchItemFailures`.
    pub partial: Option<bool>,
    /// `DestinationConfig.OnFailure` is set.
    pub on_failure: Option<bool>,
    /// `TumblingWindowInSeconds`.
    pub tumbling: Option<Option<TumblingPlan>>,
    /// Part of the records that `FilterCriteria` let pass (thousand-millionths).
    pub passes: Option<u64>,
}

impl MappingChange {
    /// Makes it in `plan`; whether the mapping is enabled is not the plan's.
    pub fn apply(&self, plan: &mut LambdaPlan) {
        fn set<T: Copy>(to: &mut T, from: Option<T>) {
            *to = from.unwrap_or(*to);
        }
        set(&mut plan.batch_size, self.batch_size);
        set(&mut plan.batching_window, self.batching_window);
        // What the plan has no room for cannot be.
        set(&mut plan.factor, self.factor.map(|factor| factor.clamp(1, plan.factor_max)));
        set(&mut plan.retries, self.retries);
        set(&mut plan.record_age, self.record_age);
        set(&mut plan.bisect, self.bisect);
        set(&mut plan.partial, self.partial);
        set(&mut plan.on_failure, self.on_failure);
        set(&mut plan.tumbling, self.tumbling);
        set(&mut plan.passes, self.passes);
    }
}

impl Plan {
    /// The function that is consumer number `reader`, as its operators have set it by `at`, which
    /// is included; `None` where it is no function.
    #[must_use]
    pub fn lambda_at(&self, reader: usize, at: Instant) -> Option<LambdaPlan> {
        let mut lambda = self.readers.get(reader)?.lambda()?.clone();
        for action in self.actions.iter().filter(|action| action.at <= at) {
            match action.kind {
                ActionKind::UpdateMapping { reader: of, change } if of == reader => {
                    change.apply(&mut lambda);
                }
                ActionKind::Reserve { reader: of, to } if of == reader => {
                    lambda.function.reserved = to;
                }
                _ => {}
            }
        }
        Some(lambda)
    }

    /// What all functions together have reserved by `at`, which is included (ESM-59).
    #[must_use]
    pub fn reserved_at(&self, at: Instant) -> u32 {
        let of = |reader| self.lambda_at(reader, at)?.function.reserved;
        (0..self.readers.len()).filter_map(of).fold(0, u32::saturating_add)
    }

    /// The numbers of lanes that a shard of consumer number `reader` has in the course of the run.
    pub fn factors(&self, reader: usize) -> impl Iterator<Item = u32> + '_ {
        let first = self.readers.get(reader).and_then(|it| Some(it.lambda()?.factor));
        let later = self.actions.iter().filter_map(move |action| match action.kind {
            ActionKind::UpdateMapping { reader: of, change } if of == reader => change.factor,
            _ => None,
        });
        first.into_iter().chain(later)
    }

    /// Whether what consumer number `reader` can do is changed in the run: its mapping, its own
    /// concurrency, or that of others where it shares what they leave.
    #[must_use]
    pub fn changes_lambda(&self, reader: usize) -> bool {
        let Some(lambda) = self.readers.get(reader).and_then(|it| it.lambda()) else {
            return false;
        };
        let shares = lambda.function.reserved.is_none();
        self.actions.iter().any(|action| match action.kind {
            ActionKind::UpdateMapping { reader: of, .. } => of == reader,
            ActionKind::Reserve { reader: of, .. } => of == reader || shares,
            _ => false,
        })
    }
}
