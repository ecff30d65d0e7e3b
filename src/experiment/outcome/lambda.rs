//! What a Lambda function and its event source mapping did.

use crate::experiment::histogram::Histogram;
use crate::model::observation::SkipCause;
use crate::time::Span;

/// One function's totals over the whole run, and what happened interval by interval.
#[derive(Clone, Debug, Default)]
pub struct LambdaOutcome {
    /// Whole run.
    pub counts: LambdaCounts,
    /// After the warm-up.
    pub judged: LambdaCounts,
    /// Records a batch holds when it is handed over first, a value a batch, after the warm-up.
    pub batch_records: Histogram,
    /// From the start of an invocation in its environment to its answer (ESM-134), a value each,
    /// after the warm-up (ns).
    pub duration: Histogram,
    /// An entry an interval of the outcome's timeline.
    pub timeline: Vec<LambdaFlow>,
    /// Lanes there are at most: shards that are open at once, times `ParallelizationFactor`.
    pub lanes: u64,
}

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LambdaCounts {
    /// Invocations begun (ESM-134).
    pub invocations: u64,
    /// Of them, those that failed, timed out, or were lost with what they ran on.
    pub errors: u64,
    /// Of these, those that timed out.
    pub timeouts: u64,
    /// Invocations that did a part of their records.
    pub partial: u64,
    /// Of all, those that needed a new environment.
    pub cold_starts: u64,
    /// Tries to invoke the function that were throttled.
    pub throttles: u64,
    /// Time that is billed, each rounded up to a millisecond in ms (ESM-144, ESM-145).
    pub billed_ms: u64,
    /// Time that invocations ran, starts included, all together (ns).
    pub busy_ns: u128,
    /// Records the mapping read: `PolledEventCount` (ESM-135).
    pub polled: u64,
    /// Records its filters did not match: `FilteredOutEventCount`.
    pub filtered: u64,
    /// Records handed over, each time they were: `InvokedEventCount`.
    pub invoked: u64,
    /// Records of invocations that failed: `FailedInvokeEventCount` (ESM-137).
    pub failed: u64,
    /// Records given up after the last retry allowed (ESM-72).
    pub retries_exhausted: u64,
    /// Records given up for their age (ESM-76).
    pub too_old: u64,
    /// Records given up because no event has room for them (ESM-40).
    pub too_large: u64,
    /// Batches handed over first, by what made them complete: size, payload, window, the end of a
    /// tumbling window.
    pub batches: [u64; 4],
    /// Most invocations at a time.
    pub concurrency_max: u32,
}

impl LambdaCounts {
    /// Records given up, for whatever cause: without an on-failure destination `DroppedEventCount`
    /// (ESM-136), with one `OnFailureDestinationDeliveredEventCount`.
    #[must_use]
    pub fn discarded(&self) -> u64 {
        self.retries_exhausted + self.too_old + self.too_large
    }

    /// Records given up for `cause`; none for a cause that is no reason to.
    #[must_use]
    pub fn discarded_for(&self, cause: SkipCause) -> u64 {
        match cause {
            SkipCause::RetriesExhausted => self.retries_exhausted,
            SkipCause::TooOld => self.too_old,
            SkipCause::TooLarge => self.too_large,
            SkipCause::Filtered
            | SkipCause::Expired
            | SkipCause::BeforeStart
            | SkipCause::Undelivered => 0,
        }
    }

    /// What `self` has beyond `other`, an earlier state of the same counts.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut batches = self.batches;
        batches.iter_mut().zip(other.batches).for_each(|(now, before)| *now -= before);
        Self {
            invocations: self.invocations - other.invocations,
            errors: self.errors - other.errors,
            timeouts: self.timeouts - other.timeouts,
            partial: self.partial - other.partial,
            cold_starts: self.cold_starts - other.cold_starts,
            throttles: self.throttles - other.throttles,
            billed_ms: self.billed_ms - other.billed_ms,
            busy_ns: self.busy_ns - other.busy_ns,
            polled: self.polled - other.polled,
            filtered: self.filtered - other.filtered,
            invoked: self.invoked - other.invoked,
            failed: self.failed - other.failed,
            retries_exhausted: self.retries_exhausted - other.retries_exhausted,
            too_old: self.too_old - other.too_old,
            too_large: self.too_large - other.too_large,
            batches,
            concurrency_max: self.concurrency_max,
        }
    }
}

/// What one function did in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LambdaFlow {
    /// Invocations begun.
    pub invocations: u64,
    /// Invocations that ended as errors.
    pub errors: u64,
    /// Tries to invoke it that were throttled.
    pub throttles: u64,
    /// Records handed over.
    pub invoked: u64,
    /// Records given up.
    pub discarded: u64,
    /// Of the batches handed over first, how many.
    pub batches: u64,
    /// Records in them.
    pub batch_records: u64,
    /// Invocations that needed a new environment.
    pub cold_starts: u64,
    /// Time that invocations ran in the interval, all together (ns): over its length, the mean
    /// number at a time.
    pub busy_ns: u64,
    /// Most at a time.
    pub concurrency_max: u32,
    /// Largest age of a batch's last record at hand-over (ESM-130); none where none was.
    pub age_max: Option<Span>,
}
