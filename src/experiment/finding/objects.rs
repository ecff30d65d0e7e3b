//! K501 and K503: objects of Firehose that are small, and records that are billed for more than
//! they are.

use super::{Evidence, Finding, severity};
use crate::experiment::forecast::StreamForecast;
use crate::experiment::key_map::Offer;
use crate::experiment::outcome::{FirehoseOutcome, Outcome};
use crate::model::events::BILLION;
use crate::model::facts;
use crate::model::observation::ObjectCause;
use crate::model::plan::{FirehosePlan, PartitionBy, PartitionsPlan, ReaderPlan};
use crate::random::zipf_weights;
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// Part of its objects that intervals closed, at least.
const BY_INTERVAL: f64 = 0.9;
/// Part of the hint that the median object has, at most.
const OF_HINT: f64 = 0.5;
/// How many times the bytes is billed, at least.
const BILLED_LEAST: f64 = 2.0;

/// K501: the interval closes buffers long before their size hint is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmallObjects {
    /// The median object, before compression (bytes).
    pub median_bytes: f64,
    /// The hint (bytes).
    pub hint_bytes: f64,
    /// How long a buffer is filled.
    pub interval: Span,
    /// Objects an hour.
    pub per_hour: f64,
    /// Shards whose records go to buffers of their own.
    pub shards: usize,
    /// Whether these are channels of Direct PUT (FH-42).
    pub direct: bool,
    /// Partitions of the data, which have buffers of their own instead, with dynamic partitioning.
    pub partitions: Option<u32>,
    /// Part of the objects that the interval closed; `None` where nothing was played.
    pub by_interval: Option<f64>,
}

/// K503: so many times the bytes of its records is billed, as each is rounded up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounded {
    /// Billed over real bytes, at least.
    pub times: f64,
    /// Mean record, without its key (bytes).
    pub mean_bytes: f64,
    /// Steps that a record is rounded up to (bytes).
    pub step_bytes: f64,
}

/// What is to be said of the objects of delivery streams.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let warm = Instant::ZERO + scenario.plan.warm_up;
    let judged_s = outcome.until.since(warm).as_s();
    let mut findings = Vec::new();
    for (reader, consumer) in scenario.plan.readers.iter().zip(&outcome.consumers) {
        let (Some(plan), Some(firehose)) = (reader.firehose(), &consumer.firehose) else {
            continue;
        };
        let small = small(plan, outcome, firehose, (reader.stream, judged_s));
        let rounded = rounded(firehose).map(Evidence::Rounded);
        let all = small.map(Evidence::SmallObjects).into_iter().chain(rounded);
        findings.extend(all.map(|evidence| Finding {
            severity: severity(&evidence),
            subject: reader.name.clone(),
            evidence,
        }));
    }
    findings
}

/// K501 of a run.
fn small(
    plan: &FirehosePlan,
    outcome: &Outcome,
    firehose: &FirehoseOutcome,
    (stream, judged_s): (usize, f64),
) -> Option<SmallObjects> {
    let all = firehose.judged.all_objects() as f64;
    let timed = firehose.judged.objects[ObjectCause::Interval as usize] as f64;
    let median = firehose.object_sizes().percentile(50.0)? as f64;
    let hint = plan.hints.size as f64;
    let is_small = timed >= BY_INTERVAL * all && median <= OF_HINT * hint && judged_s > 0.0;
    is_small.then(|| SmallObjects {
        median_bytes: median,
        hint_bytes: hint,
        interval: plan.hints.interval,
        per_hour: all * 3_600.0 / judged_s,
        shards: outcome.streams.get(stream).map_or(0, |it| it.shards.len()),
        direct: outcome.streams.get(stream).is_some_and(|it| it.direct),
        partitions: plan.partitions.map(|it| it.count),
        by_interval: Some(timed / all),
    })
}

/// K501 of a plan: not even the peak fills the busiest shard's buffer to half its hint in time.
pub(super) fn small_ahead(reader: &ReaderPlan, stream: &StreamForecast) -> Option<SmallObjects> {
    let plan = reader.firehose()?;
    let interval_s = plan.hints.interval.as_s();
    // What a function makes of them, and does not drop.
    let made = plan
        .transform
        .map_or(1.0, |it| it.ratio as f64 / 1e6 * (1.0 - it.drops as f64 / BILLION as f64));
    let data =
        |bytes: f64, records: f64| (bytes - records * plan.key as f64).max(0.0) * interval_s * made;
    let hint = plan.hints.size as f64;
    if let Some(partitions) = &plan.partitions {
        let sum = |shards: &[Offer]| shards.iter().map(|it| data(it.bytes, it.records)).sum();
        return small_parts(plan, partitions, (sum(&stream.shards), sum(&stream.shards_mean)));
    }
    let most = stream.shards.iter().map(|it| data(it.bytes, it.records)).fold(0.0, f64::max);
    let mut filled: Vec<f64> =
        stream.shards_mean.iter().map(|it| data(it.bytes, it.records)).collect();
    // A shard without a record makes no objects.
    filled.retain(|bytes| *bytes >= 1.0);
    filled.sort_by(f64::total_cmp);
    let median = *filled.get(filled.len() / 2)?;
    (most <= OF_HINT * hint).then(|| SmallObjects {
        median_bytes: median,
        hint_bytes: hint,
        interval: plan.hints.interval,
        per_hour: filled.len() as f64 * 3_600.0 / interval_s.max(1.0),
        shards: filled.len(),
        direct: plan.delivery.kept.is_some(),
        partitions: None,
        by_interval: None,
    })
}

/// The same of partitions: bytes of all of them in an interval, at the peak and in the mean.
fn small_parts(
    plan: &FirehosePlan,
    partitions: &PartitionsPlan,
    (peak, mean): (f64, f64),
) -> Option<SmallObjects> {
    let exponent = match partitions.by {
        PartitionBy::Zipf { exponent } => exponent,
        PartitionBy::Uniform | PartitionBy::Key => 0.0,
    };
    let parts = zipf_weights(partitions.count, exponent);
    let total: f64 = parts.iter().sum();
    let of = |all: f64, k: usize| all * parts.get(k).copied().unwrap_or(0.0) / total;
    let filled = (0..parts.len()).filter(|&k| of(mean, k) >= 1.0).count();
    let filled = filled.min(partitions.active as usize);
    let hint = plan.hints.size as f64;
    let interval_s = plan.hints.interval.as_s().max(1.0);
    (filled > 0 && of(peak, 0) <= OF_HINT * hint).then(|| SmallObjects {
        median_bytes: of(mean, filled / 2),
        hint_bytes: hint,
        interval: plan.hints.interval,
        per_hour: filled as f64 * 3_600.0 / interval_s,
        shards: 0,
        direct: false,
        partitions: Some(partitions.count),
        by_interval: None,
    })
}

/// K503 of a run.
fn rounded(firehose: &FirehoseOutcome) -> Option<Rounded> {
    let counts = &firehose.judged;
    let (bytes, billed) = (counts.source_bytes as f64, counts.billed_bytes as f64);
    is_rounded(billed / bytes.max(1.0), bytes / counts.source_records as f64)
}

/// K503 of a plan: records that fill a step to a part in the mean are billed for a step at least,
/// whatever the size of each.
pub(super) fn rounded_ahead(reader: &ReaderPlan, stream: &StreamForecast) -> Option<Rounded> {
    let plan = reader.firehose().filter(|it| !it.is_backup)?;
    let all = stream
        .shards_mean
        .iter()
        .fold((0.0, 0.0), |sum, it| (sum.0 + it.bytes, sum.1 + it.records));
    let mean = all.0 / all.1 - plan.key as f64;
    is_rounded(facts::FIREHOSE_BILLING_STEP as f64 / mean.max(1.0), mean)
}

fn is_rounded(times: f64, mean_bytes: f64) -> Option<Rounded> {
    let step_bytes = facts::FIREHOSE_BILLING_STEP as f64;
    let holds = mean_bytes.is_finite() && mean_bytes > 0.0 && times >= BILLED_LEAST;
    holds.then_some(Rounded { times, mean_bytes, step_bytes })
}
