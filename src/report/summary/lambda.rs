//! What a function did, in the summary.

use serde::Serialize;

use crate::experiment::outcome::{LambdaOutcome, Outcome};
use crate::model::plan::LambdaPlan;
use crate::report::number;
use crate::scenario::Scenario;
use crate::time::{Instant, NS_PER_S};

/// What the function of a consumer did after the warm-up.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct LambdaPart {
    /// Most invocations there could be at a time: shards times `ParallelizationFactor`.
    pub lanes: u64,
    /// Records handed over a second, each counted once; `null` in a run that ended within its
    /// warm-up, as the next.
    pub handed_over_records_per_s: Option<f64>,
    pub mean_concurrency: Option<f64>,
    pub max_concurrency: u32,
    pub invocations: u64,
    /// Invocations that failed, timed out or were lost.
    pub errors: u64,
    /// Of them, those that timed out.
    pub timeouts: u64,
    /// Invocations that did a part of their records.
    pub partial_failures: u64,
    /// Tries to invoke it that were throttled.
    pub throttles: u64,
    /// Invocations that needed a new environment.
    pub cold_starts: u64,
    pub error_share: Option<f64>,
    pub duration_p50_s: Option<f64>,
    pub duration_p99_s: Option<f64>,
    pub duration_max_s: Option<f64>,
    /// What is billed, each invocation rounded up to a millisecond.
    pub billed_s: f64,
    pub batch_size_records: u32,
    /// Records of a batch when it was handed over first.
    pub batch_mean_records: Option<f64>,
    /// What made batches complete.
    pub batches_by: BatchesPart,
    /// Read by the mapping.
    pub polled_records: u64,
    /// Handed over, each time they were.
    pub invoked_records: u64,
    /// Of invocations that failed.
    pub failed_records: u64,
    /// Given up, by cause.
    pub discarded: DiscardedPart,
    /// Whether an on-failure destination is told of what is given up.
    pub on_failure: bool,
}

/// Batches by what made them complete.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct BatchesPart {
    pub size: u64,
    pub payload: u64,
    pub window: u64,
    pub tumbling_window: u64,
}

/// Records given up, by cause.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct DiscardedPart {
    pub retries_exhausted_records: u64,
    pub too_old_records: u64,
    pub too_large_records: u64,
}

/// What consumer number `consumer` did as a function; `None` where it is none.
pub(super) fn part(scenario: &Scenario, outcome: &Outcome, consumer: usize) -> Option<LambdaPart> {
    // As it was set last.
    let plan = scenario.plan.lambda_at(consumer, outcome.until)?;
    let lambda = outcome.consumers.get(consumer)?.lambda.as_deref()?;
    let judged_s = outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s();
    Some(of(&plan, lambda, judged_s, handed_over(scenario, outcome, lambda)))
}

/// Records handed over first a second, in the intervals that begin after the warm-up.
fn handed_over(scenario: &Scenario, outcome: &Outcome, lambda: &LambdaOutcome) -> Option<f64> {
    let warm = Instant::ZERO + scenario.plan.warm_up;
    let first = outcome.timeline.iter().position(|flow| flow.start >= warm)?;
    let seconds = outcome.until.since(outcome.timeline[first].start).as_s();
    let records: u64 = lambda.timeline.iter().skip(first).map(|flow| flow.batch_records).sum();
    (seconds > 0.0).then(|| records as f64 / seconds)
}

fn of(
    plan: &LambdaPlan,
    lambda: &LambdaOutcome,
    judged_s: f64,
    handed_over: Option<f64>,
) -> LambdaPart {
    let judged = &lambda.judged;
    let duration = |percent| lambda.duration.percentile(percent).map(|ns| ns as f64 / 1e9);
    let most = (lambda.duration.total() > 0).then(|| lambda.duration.max() as f64 / 1e9);
    let [size, payload, window, tumbling_window] = judged.batches;
    let all = judged.invocations.max(judged.errors);
    LambdaPart {
        lanes: lambda.lanes,
        handed_over_records_per_s: handed_over,
        mean_concurrency: (judged_s > 0.0)
            .then(|| judged.busy_ns as f64 / NS_PER_S as f64 / judged_s),
        max_concurrency: judged.concurrency_max,
        invocations: judged.invocations,
        errors: judged.errors,
        timeouts: judged.timeouts,
        partial_failures: judged.partial,
        throttles: judged.throttles,
        cold_starts: judged.cold_starts,
        error_share: (all > 0).then(|| judged.errors as f64 / all as f64),
        duration_p50_s: duration(50.0),
        duration_p99_s: duration(99.0),
        duration_max_s: most,
        billed_s: judged.billed_ms as f64 / 1e3,
        batch_size_records: plan.batch_size,
        batch_mean_records: lambda.batch_records.mean(),
        batches_by: BatchesPart { size, payload, window, tumbling_window },
        polled_records: judged.polled,
        invoked_records: judged.invoked,
        failed_records: judged.failed,
        discarded: DiscardedPart {
            retries_exhausted_records: judged.retries_exhausted,
            too_old_records: judged.too_old,
            too_large_records: judged.too_large,
        },
        on_failure: plan.on_failure,
    }
}

/// What is said of a function: how much of its lanes it uses, how full batches are, and what went
/// wrong, where anything did.
pub(super) fn told(lambda: &LambdaPart) -> Vec<String> {
    let mean = lambda.mean_concurrency.map_or_else(|| "-".to_owned(), few);
    let mut parts = vec![format!("lanes {mean} of {}", number::count(lambda.lanes))];
    if let Some(mean) = lambda.batch_mean_records {
        let size = number::count(u64::from(lambda.batch_size_records));
        parts.push(format!("batch {} of {size}", few(mean)));
    }
    if let Some(share) = lambda.error_share.filter(|share| *share > 0.0) {
        parts.push(format!("errors {}", number::share(share)));
    }
    if lambda.throttles > 0 {
        parts.push(format!("{} throttled", number::count(lambda.throttles)));
    }
    let discarded = &lambda.discarded;
    let discarded = discarded.retries_exhausted_records
        + discarded.too_old_records
        + discarded.too_large_records;
    if discarded > 0 {
        parts.push(format!("{} discarded", number::count(discarded)));
    }
    parts
}

/// A mean of whole things: `5.2`, `187`.
fn few(mean: f64) -> String {
    match mean {
        mean if mean >= 99.95 => number::count(mean.round() as u64),
        mean if mean >= 0.95 || mean == 0.0 => format!("{mean:.1}"),
        mean => number::significant(mean, 2),
    }
}
