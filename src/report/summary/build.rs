//! The summary's numbers, taken from a run.

use std::collections::BTreeMap;

use super::shards;
use super::{
    CatchUpPart, ConsumerPart, CostPart, EndedPart, FindingPart, FirehosePart, LossPart, NextPart,
    RecordByRecordPart, SCHEMA_VERSION, ScenarioPart, SloPart, StreamPart, StreamWritePart,
    Summary, VerdictPart, WriteLedgerPart, WritePart, alarm, chain, lambda,
};
use crate::experiment::catch_up::{CatchUp, catch_ups};
use crate::experiment::finding::{Finding, Severity};
use crate::experiment::histogram::Histogram;
use crate::experiment::load;
use crate::experiment::objective::Verdict;
use crate::experiment::outcome::{
    ConsumerOutcome, Ended, FirehoseOutcome, Outcome, Reason, StreamOutcome, Writes,
};
use crate::model::observation::ObjectCause;
use crate::model::plan::Resolution;
use crate::report::event::fault_name;
use crate::report::explanation::{self, explain};
use crate::report::table::losses;
use crate::scenario::metric::Unit;
use crate::scenario::{Scenario, because};
use crate::time::{Instant, Span};

impl Summary {
    /// The summary of a run.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        outcome: &Outcome,
        verdicts: &[Verdict],
        findings: &[Finding],
    ) -> Self {
        let findings = findings.iter().map(|it| FindingPart::new(scenario, it)).collect();
        let mut summary = Self {
            schema_version: SCHEMA_VERSION,
            kinesim_version: env!("CARGO_PKG_VERSION"),
            scenario: scenario_part(scenario, outcome),
            ended: ended_part(outcome),
            slo: slo_part(verdicts),
            findings,
            write: write_part(scenario, outcome),
            write_ledger: WriteLedgerPart {
                offered_records: outcome.write.offered_records,
                offered_bytes: outcome.write.offered_bytes,
                stored_records: outcome.write.accepted_records,
                lost_records: outcome.write.lost_records,
                held_records: outcome.producers.iter().map(|p| p.held_records).sum(),
            },
            streams: stream_parts(scenario, outcome),
            consumers: outcome
                .consumers
                .iter()
                .enumerate()
                .map(|(index, consumer)| consumer_part(scenario, outcome, index, consumer))
                .collect(),
            chains: chain::parts(scenario, outcome),
            alarms: alarm::parts(scenario, outcome),
            losses: outcome
                .losses
                .iter()
                .map(|loss| LossPart {
                    producer: loss.producer.clone(),
                    cause: losses::cause(loss.cause),
                    records: loss.records,
                    bytes: loss.bytes,
                })
                .collect(),
            cost: CostPart::new(scenario, outcome),
            next: Vec::new(),
            verdicts: verdicts.to_vec(),
            asked_quantum_s: match scenario.plan.resolution {
                Resolution::Exact => None,
                Resolution::Quantum(quantum) => Some(quantum.as_s()),
            },
        };
        summary.next = next_parts(scenario, &summary);
        summary
    }
}

fn scenario_part(scenario: &Scenario, outcome: &Outcome) -> ScenarioPart {
    let plan = &scenario.plan;
    let keys = match outcome.producers.as_slice() {
        [only] => only.key_count,
        _ => None,
    };
    ScenarioPart {
        name: scenario.name.clone(),
        description: scenario.description.clone(),
        sha256: scenario.hash.clone(),
        seed: plan.seed,
        region: plan.account.region.clone(),
        start: scenario.start.map(|start| start.to_string()),
        duration_s: plan.duration.as_s(),
        warm_up_s: plan.warm_up.as_s(),
        interval_s: scenario.interval.as_s(),
        shards: plan.streams.iter().map(|stream| u64::from(stream.kinesis_shards())).sum(),
        shard_turns: shards::turns(&shards::open_counts(outcome)),
        producers: plan.producers.len() as u64,
        keys,
        quantum_s: outcome.streams.iter().find_map(|stream| stream.quantum).map(Span::as_s),
        quantum_for_records: scenario.chosen_for,
    }
}

fn ended_part(outcome: &Outcome) -> EndedPart {
    let (how, limit_bytes, limit_events) = match outcome.ended {
        Ended::Completed => ("completed", None, None),
        Ended::Interrupted => ("interrupted", None, None),
        Ended::MemoryLimit { limit } => ("memory_limit", Some(limit.0), None),
        Ended::EventLimit { limit } => ("event_limit", None, Some(limit)),
    };
    let partial = outcome.ended != Ended::Completed;
    EndedPart { how, partial, at_s: outcome.until.as_s(), limit_bytes, limit_events }
}

fn slo_part(verdicts: &[Verdict]) -> SloPart {
    let met = verdicts.iter().filter(|verdict| verdict.met).count();
    let part = |verdict: &Verdict| {
        let unit = match verdict.unit {
            Unit::RecordsPerSecond => "records_per_s",
            Unit::Share => "share",
            Unit::Count | Unit::Given => "records",
            Unit::Calls => "calls",
            Unit::Times => "times",
            Unit::Invocations => "invocations",
            Unit::Time => "s",
            Unit::Money => "usd",
            Unit::Bytes => "bytes",
        };
        VerdictPart {
            path: verdict.path.clone(),
            condition: verdict.condition.clone(),
            met: verdict.met,
            still_growing: verdict.growing,
            not_within_run: verdict.unreached,
            measured: verdict.measured.map(|value| (unit, value)).into_iter().collect(),
            bound: BTreeMap::from([(unit, verdict.bound)]),
        }
    };
    SloPart {
        objectives: verdicts.len(),
        met,
        missed: verdicts.len() - met,
        verdicts: verdicts.iter().map(part).collect(),
    }
}

impl FindingPart {
    /// A finding as it is told.
    #[must_use]
    pub fn new(scenario: &Scenario, finding: &Finding) -> Self {
        let told = explain(scenario, finding);
        Self {
            code: finding.evidence.code(),
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            title: told.title,
            subject: finding.subject.clone(),
            text: told.text,
            cause: told.cause,
            measured: told.measured,
            limit: told.limit,
            next: told
                .next
                .map(|step| NextPart { options: format!("--set {}", step.set), why: step.why }),
        }
    }
}

fn write_part(scenario: &Scenario, outcome: &Outcome) -> WritePart {
    let write = &outcome.write_judged;
    let judged_s = outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s();
    let per_s = |count: u64| (judged_s > 0.0).then(|| count as f64 / judged_s);
    let over = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let latency = &outcome.write_latency;
    let percentile = |percent| latency.percentile(percent).map(seconds);
    WritePart {
        judged_s,
        offered_records: write.offered_records,
        offered_bytes: write.offered_bytes,
        attempted_records: write.attempts,
        accepted_records: write.accepted_records,
        accepted_bytes: write.accepted_bytes,
        throttled_records: write.throttled,
        throttled_bytes: write.throttled_bytes,
        failed_records: write.failed,
        lost_records: write.lost_records,
        lost_bytes: write.lost_bytes,
        offered_records_per_s: per_s(write.offered_records),
        attempted_records_per_s: per_s(write.attempts),
        accepted_records_per_s: per_s(write.accepted_records),
        throttled_share: over(write.throttled, write.attempts),
        failed_share: over(write.failed, write.attempts),
        lost_share: over(write.lost_records, write.offered_records),
        mean_record_bytes: over(write.offered_bytes, write.offered_records),
        latency_p50_s: percentile(50.0),
        latency_p99_s: percentile(99.0),
        latency_max_s: max_of(latency),
    }
}

fn stream_parts(scenario: &Scenario, outcome: &Outcome) -> Vec<StreamPart> {
    let streams = outcome.streams.iter().enumerate();
    let several = outcome.streams.len() > 1;
    streams
        .map(|(index, stream)| {
            let fullness = load::fullness(scenario, outcome, index);
            let counts = stream.open_counts();
            let change = |count: Option<usize>| count.filter(|_| stream.changes());
            let (mode, mode_at_end) = shards::modes(scenario, outcome, index);
            StreamPart {
                name: stream.name.clone(),
                direct_put: stream.direct,
                mode,
                mode_at_end,
                shards: stream.open_at_first(),
                shards_fewest: change(counts.iter().map(|it| it.1).min()),
                shards_most: change(counts.iter().map(|it| it.1).max()),
                shards_at_end: change(counts.last().map(|it| it.1)),
                limit_records_per_s_per_shard: stream.limit_records_per_s,
                limit_bytes_per_s_per_shard: stream.limit_bytes_per_s,
                accepted_share: fullness.as_ref().map(|f| f.accepted_share),
                busiest_shard_offered_share: fullness
                    .as_ref()
                    .map(|f| f.busiest_shard_offered_share),
                busiest_second_share: fullness
                    .as_ref()
                    .filter(|_| stream.has_seconds())
                    .map(|f| f.busiest_second_share),
                busiest_shard: fullness.map(|f| f.busiest_shard),
                kms_calls: stream.kms_calls,
                over_limit_shard_s: stream.shards.iter().map(|shard| shard.seconds_over).sum(),
                record_by_record: record_by_record(scenario, stream),
                write: several.then(|| stream_write_part(scenario, outcome, &stream.write_judged)),
            }
        })
        .collect()
}

fn record_by_record(scenario: &Scenario, stream: &StreamOutcome) -> Option<RecordByRecordPart> {
    let unfit = stream.unfit?;
    let producer = scenario.plan.producers.get(unfit.producer);
    Some(RecordByRecordPart {
        producer: producer.map_or_else(String::new, |producer| producer.name.clone()),
        reason: match unfit.reason {
            Reason::Bursts => "bursts",
            Reason::ExplicitHashKeys => "explicit_hash_keys",
            Reason::InFlight => "in_flight",
            Reason::Buffer => "buffer",
            Reason::Linger => "linger",
            Reason::Backoff => "backoff",
            Reason::Crowd => "records_in_a_quantum",
            Reason::RecordSize => "record_size",
            Reason::Fed => "fed",
            Reason::DirectPut => "direct_put",
            Reason::KeysGoOn => "keys_go_on",
            Reason::KeysPart => "keys_part",
        },
        because: because(&scenario.plan, &unfit),
    })
}

fn stream_write_part(scenario: &Scenario, outcome: &Outcome, write: &Writes) -> StreamWritePart {
    let judged_s = outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s();
    let (refused, attempts) = (write.throttled as f64, write.attempts as f64);
    StreamWritePart {
        offered_records: write.offered_records,
        offered_bytes: write.offered_bytes,
        attempted_records: write.attempts,
        accepted_records: write.accepted_records,
        accepted_bytes: write.accepted_bytes,
        throttled_records: write.throttled,
        lost_records: write.lost_records,
        offered_records_per_s: (judged_s > 0.0).then(|| write.offered_records as f64 / judged_s),
        throttled_share: (write.attempts > 0).then(|| refused / attempts),
    }
}

fn consumer_part(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    consumer: &ConsumerOutcome,
) -> ConsumerPart {
    let age = |percent| consumer.iterator_age.percentile(percent).map(seconds);
    let latency = |percent| consumer.latency.percentile(percent).map(seconds);
    let mapped = |records: u64| consumer.lambda.is_some().then_some(records);
    ConsumerPart {
        name: consumer.name.clone(),
        kind: consumer.kind,
        enhanced_fan_out: consumer.fan_out,
        stream: outcome.streams.get(consumer.stream).map_or_else(String::new, |s| s.name.clone()),
        read_records_per_s: read_rate(scenario, outcome, index),
        iterator_age_p50_s: age(50.0),
        iterator_age_p99_s: age(99.0),
        iterator_age_max_s: max_of(&consumer.iterator_age),
        iterator_age_end_s: consumer.age_end.as_s(),
        latency_p50_s: latency(50.0),
        latency_p99_s: latency(99.0),
        millis_behind_latest_p99_s: consumer.behind.percentile(99.0).map(seconds),
        backlog_max_records: consumer.backlog_max,
        answered_calls: consumer.calls,
        empty_calls: consumer.empty_calls,
        throttled_calls: consumer.throttled_calls,
        failed_calls: consumer.failed_calls,
        failed_attempts: consumer.failed_attempts,
        pushed_events: consumer.events,
        iterators: consumer.positioning.iterators,
        refused_iterators: consumer.positioning.iterators_refused,
        expired_iterators: consumer.positioning.iterators_expired,
        subscriptions: consumer.positioning.subscriptions,
        initial_records: consumer.ledger.initial,
        stored_records: consumer.ledger.stored,
        delivered_records: consumer.ledger.delivered,
        delivered_bytes: consumer.delivered_bytes,
        waiting_records: consumer.ledger.waiting,
        in_hand_records: consumer.ledger.in_hand,
        expired_records: consumer.ledger.expired,
        first_expired_s: consumer.first_expired.map(Instant::as_s),
        before_start_records: consumer.ledger.before_start,
        filtered_records: mapped(consumer.ledger.filtered),
        discarded_records: mapped(consumer.ledger.discarded),
        redelivered_records: consumer.redelivered,
        firehose: consumer.firehose.as_ref().map(|it| firehose_part(scenario, outcome, it)),
        catch_ups: catch_up_parts(scenario, outcome, index),
        lambda: lambda::part(scenario, outcome, index),
    }
}

fn firehose_part(
    scenario: &Scenario,
    outcome: &Outcome,
    firehose: &FirehoseOutcome,
) -> FirehosePart {
    let judged_s = outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s();
    let (counts, sizes) = (&firehose.judged, firehose.object_sizes());
    let objects = counts.all_objects();
    let freshness = |percent| firehose.freshness.percentile(percent).map(seconds);
    let by_cause = ObjectCause::ALL.into_iter().zip(counts.objects);
    FirehosePart {
        objects,
        objects_per_hour: (judged_s > 0.0).then(|| objects as f64 * 3_600.0 / judged_s),
        objects_by_cause: by_cause.map(|(cause, count)| (cause.name(), count)).collect(),
        size_hint_bytes: firehose.hint,
        object_size_p50_bytes: sizes.percentile(50.0),
        object_size_max_bytes: (sizes.total() > 0).then(|| sizes.max()),
        freshness_p50_s: freshness(50.0),
        freshness_p99_s: freshness(99.0),
        freshness_max_s: max_of(&firehose.freshness),
        bytes: counts.bytes,
        billed_bytes: counts.billed_bytes,
        stored_bytes: counts.stored_bytes,
        s3_requests: counts.requests,
        failed_attempts: counts.failed,
        error_output_records: counts.error_records,
        transform_tries: counts.tries,
        transform_failed_tries: counts.failed_tries,
        dropped_records: counts.dropped,
        untransformed_records: counts.untransformed,
        unparted_records: counts.unparted,
    }
}

fn catch_up_parts(scenario: &Scenario, outcome: &Outcome, consumer: usize) -> Vec<CatchUpPart> {
    let part = |it: &CatchUp| {
        let fault = &scenario.plan.faults[it.fault];
        CatchUpPart {
            fault: fault_name(&fault.kind),
            began_s: fault.from.as_s(),
            ended_s: fault.until.as_s(),
            level_s: it.level.as_s(),
            catch_up_s: it.time.map(Span::as_s),
        }
    };
    catch_ups(scenario, outcome, consumer).iter().map(part).collect()
}

/// Records handed over a second, in the intervals that begin after the warm-up.
fn read_rate(scenario: &Scenario, outcome: &Outcome, consumer: usize) -> Option<f64> {
    let warm = Instant::ZERO + scenario.plan.warm_up;
    let first = outcome.timeline.iter().position(|flow| flow.start >= warm)?;
    let flows = &outcome.timeline[first..];
    let seconds = outcome.until.since(flows[0].start).as_s();
    let records: u64 = flows.iter().filter_map(|f| f.reads.get(consumer)).map(|r| r.records).sum();
    (seconds > 0.0).then(|| records as f64 / seconds)
}

fn next_parts(scenario: &Scenario, summary: &Summary) -> Vec<NextPart> {
    let mut next: Vec<NextPart> = Vec::new();
    for step in summary.findings.iter().filter_map(|finding| finding.next.clone()) {
        // One suggestion for each setting; the worse finding's comes first.
        let path = |step: &NextPart| step.options.split('=').next().map(str::to_owned);
        if next.iter().all(|known| path(known) != path(&step)) {
            next.push(step);
        }
    }
    let explained = summary.findings.iter().any(|finding| finding.severity != "note");
    if explained {
        next.push(part("--csv shards", "every shard over time, as CSV"));
    } else if summary.slo.missed > 0 {
        next.push(part("--csv consumers", "every consumer over time, as CSV"));
    } else if let Some(stream) = half_idle(summary)
        && let Some(path) = explanation::shard_count_path(scenario, &stream.name)
        // K203 knows a number that fits.
        && !next.iter().any(|known| known.options.starts_with(&format!("--set {path}=")))
    {
        let half = stream.shards.div_ceil(2);
        next.push(part(&format!("--set {path}={half}"), "would half the shards do as well?"));
    } else {
        let seed = summary.scenario.seed.wrapping_add(1);
        next.push(part(&format!("--seed {seed}"), "does it hold with other random numbers?"));
    }
    next
}

/// A stream of several shards of which no shard was ever half as busy as it may be.
fn half_idle(summary: &Summary) -> Option<&StreamPart> {
    let idle = |stream: &&StreamPart| {
        !stream.direct_put
            && stream.shards > 1
            && stream.busiest_second_share.is_some_and(|share| share < 0.5)
    };
    summary.streams.iter().find(idle)
}

fn part(options: &str, why: &str) -> NextPart {
    NextPart { options: options.to_owned(), why: why.to_owned() }
}

/// The largest value in seconds; `None` where there is none.
fn max_of(histogram: &Histogram) -> Option<f64> {
    (histogram.total() > 0).then(|| seconds(histogram.max()))
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
