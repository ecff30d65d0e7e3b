//! The summary of a run: one set of numbers, told as a screen, as Markdown and as JSON.

mod markdown;
mod screen;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::experiment::finding::{Finding, Severity};
use crate::experiment::histogram::Histogram;
use crate::experiment::load;
use crate::experiment::objective::Verdict;
use crate::experiment::outcome::{ConsumerOutcome, Ended, Outcome};
use crate::report::explanation::{self, explain};
use crate::report::table::losses;
use crate::scenario::Scenario;
use crate::scenario::metric::Unit;
use crate::time::Instant;

pub use screen::Style;

/// Version of the JSON's names and meanings.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything the summary tells. Its JSON names are stable and end in their units.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of this program.
    pub kinesim_version: &'static str,
    /// What was simulated.
    pub scenario: ScenarioPart,
    /// How the run ended.
    pub ended: EndedPart,
    /// The objectives.
    pub slo: SloPart,
    /// What explains the outcome, worst first.
    pub findings: Vec<FindingPart>,
    /// Writes after the warm-up.
    pub write: WritePart,
    /// Where every record offered went, over the whole run.
    pub write_ledger: WriteLedgerPart,
    /// The streams, in order of declaration.
    pub streams: Vec<StreamPart>,
    /// The consumers, in order of declaration.
    pub consumers: Vec<ConsumerPart>,
    /// Records lost, over the whole run.
    pub losses: Vec<LossPart>,
    /// Changes worth a run.
    pub next: Vec<NextPart>,
    #[serde(skip)]
    verdicts: Vec<Verdict>,
}

/// What was simulated.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct ScenarioPart {
    pub name: String,
    pub description: Option<String>,
    pub sha256: String,
    pub seed: u64,
    pub region: String,
    pub duration_s: f64,
    pub warm_up_s: f64,
    pub interval_s: f64,
    pub shards: u64,
    pub producers: u64,
    /// Different keys of the only producer; `null` with several, or where each record has its own.
    pub keys: Option<u64>,
}

/// How the run ended.
#[derive(Clone, Debug, Serialize)]
pub struct EndedPart {
    /// `completed`, `interrupted` or `memory_limit`.
    pub how: &'static str,
    /// Whether the scenario's duration was not reached for another reason than being asked to.
    pub partial: bool,
    /// Virtual time reached.
    pub at_s: f64,
    /// The memory limit, where it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
}

/// The objectives.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct SloPart {
    pub objectives: usize,
    pub met: usize,
    pub missed: usize,
    pub verdicts: Vec<VerdictPart>,
}

/// One objective. `measured` and `bound` hold one number under a name that says its unit; an
/// empty `measured` means that there was nothing to measure.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct VerdictPart {
    pub path: String,
    pub condition: String,
    pub met: bool,
    pub still_growing: bool,
    pub measured: BTreeMap<&'static str, f64>,
    pub bound: BTreeMap<&'static str, f64>,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct FindingPart {
    pub code: &'static str,
    pub severity: &'static str,
    pub title: &'static str,
    /// The stream or consumer it is about; empty for the whole run.
    pub subject: String,
    pub text: String,
    pub cause: String,
    pub measured: BTreeMap<&'static str, f64>,
    pub limit: BTreeMap<&'static str, f64>,
    pub next: Option<NextPart>,
}

/// A change worth a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextPart {
    /// Options for `kinesim run`.
    pub options: String,
    /// What it asks.
    pub why: String,
}

/// Writes after the warm-up. Shares and means are `null` where nothing was written.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct WritePart {
    pub judged_s: f64,
    pub offered_records: u64,
    pub offered_bytes: u64,
    pub attempted_records: u64,
    pub accepted_records: u64,
    pub accepted_bytes: u64,
    pub throttled_records: u64,
    pub throttled_bytes: u64,
    pub lost_records: u64,
    pub lost_bytes: u64,
    pub offered_records_per_s: Option<f64>,
    pub attempted_records_per_s: Option<f64>,
    pub accepted_records_per_s: Option<f64>,
    pub throttled_share: Option<f64>,
    pub lost_share: Option<f64>,
    pub mean_record_bytes: Option<f64>,
    pub latency_p50_s: Option<f64>,
    pub latency_p99_s: Option<f64>,
    pub latency_max_s: Option<f64>,
}

/// Offered = stored + lost + held.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct WriteLedgerPart {
    pub offered_records: u64,
    pub offered_bytes: u64,
    pub stored_records: u64,
    pub lost_records: u64,
    pub held_records: u64,
}

/// One stream. Shares are of its limits, and `null` in a run that ended within its warm-up.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct StreamPart {
    #[serde(rename = "StreamName")]
    pub name: String,
    pub shards: usize,
    pub limit_records_per_s_per_shard: u64,
    pub limit_bytes_per_s_per_shard: u64,
    pub accepted_share: Option<f64>,
    pub busiest_shard_offered_share: Option<f64>,
    #[serde(rename = "busiest_ShardId")]
    pub busiest_shard: Option<String>,
    pub busiest_second_share: Option<f64>,
    /// Seconds over a limit, added up over all shards and the whole run.
    pub over_limit_shard_s: u64,
}

/// One consumer. Ages and latencies are those after the warm-up, the ledger is of the whole run:
/// stored = delivered + waiting + in hand + expired + before start.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct ConsumerPart {
    pub name: String,
    pub kind: &'static str,
    #[serde(rename = "StreamName")]
    pub stream: String,
    pub read_records_per_s: Option<f64>,
    pub iterator_age_p50_s: Option<f64>,
    pub iterator_age_p99_s: Option<f64>,
    pub iterator_age_max_s: Option<f64>,
    pub iterator_age_end_s: f64,
    pub latency_p50_s: Option<f64>,
    pub latency_p99_s: Option<f64>,
    pub backlog_max_records: u64,
    pub answered_calls: u64,
    pub empty_calls: u64,
    pub throttled_calls: u64,
    pub stored_records: u64,
    pub delivered_records: u64,
    pub delivered_bytes: u64,
    pub waiting_records: u64,
    pub in_hand_records: u64,
    pub expired_records: u64,
    pub before_start_records: u64,
}

/// Records lost at one place for one cause.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct LossPart {
    pub producer: String,
    pub cause: &'static str,
    pub records: u64,
    pub bytes: u64,
}

impl Summary {
    /// The summary of a run.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        outcome: &Outcome,
        verdicts: &[Verdict],
        findings: &[Finding],
    ) -> Self {
        let findings = finding_parts(scenario, findings);
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
            next: Vec::new(),
            verdicts: verdicts.to_vec(),
        };
        summary.next = next_parts(scenario, &summary);
        summary
    }

    /// The summary as JSON: one object, indented, with a line feed at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("keys are text, numbers are finite");
        text + "\n"
    }

    /// The findings as JSON, for `findings.json`.
    #[must_use]
    pub fn findings_json(&self) -> String {
        #[derive(Serialize)]
        struct File<'s> {
            schema_version: u32,
            findings: &'s [FindingPart],
        }
        let file = File { schema_version: SCHEMA_VERSION, findings: &self.findings };
        serde_json::to_string_pretty(&file).expect("keys are text, numbers are finite") + "\n"
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
        duration_s: plan.duration.as_s(),
        warm_up_s: plan.warm_up.as_s(),
        interval_s: scenario.interval.as_s(),
        shards: plan.streams.iter().map(|stream| u64::from(stream.shard_count)).sum(),
        producers: plan.producers.len() as u64,
        keys,
    }
}

fn ended_part(outcome: &Outcome) -> EndedPart {
    let (how, limit_bytes) = match outcome.ended {
        Ended::Completed => ("completed", None),
        Ended::Interrupted => ("interrupted", None),
        Ended::MemoryLimit { limit } => ("memory_limit", Some(limit.0)),
    };
    let partial = outcome.ended != Ended::Completed;
    EndedPart { how, partial, at_s: outcome.until.as_s(), limit_bytes }
}

fn slo_part(verdicts: &[Verdict]) -> SloPart {
    let met = verdicts.iter().filter(|verdict| verdict.met).count();
    let part = |verdict: &Verdict| {
        let unit = match verdict.unit {
            Unit::RecordsPerSecond => "records_per_s",
            Unit::Share => "share",
            Unit::Count => "records",
            Unit::Time => "s",
        };
        VerdictPart {
            path: verdict.path.clone(),
            condition: verdict.condition.clone(),
            met: verdict.met,
            still_growing: verdict.growing,
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

fn finding_parts(scenario: &Scenario, findings: &[Finding]) -> Vec<FindingPart> {
    let part = |finding: &Finding| {
        let told = explain(scenario, finding);
        FindingPart {
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
    };
    findings.iter().map(part).collect()
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
        lost_records: write.lost_records,
        lost_bytes: write.lost_bytes,
        offered_records_per_s: per_s(write.offered_records),
        attempted_records_per_s: per_s(write.attempts),
        accepted_records_per_s: per_s(write.accepted_records),
        throttled_share: over(write.throttled, write.attempts),
        lost_share: over(write.lost_records, write.offered_records),
        mean_record_bytes: over(write.offered_bytes, write.offered_records),
        latency_p50_s: percentile(50.0),
        latency_p99_s: percentile(99.0),
        latency_max_s: max_of(latency),
    }
}

fn stream_parts(scenario: &Scenario, outcome: &Outcome) -> Vec<StreamPart> {
    let streams = outcome.streams.iter().enumerate();
    streams
        .map(|(index, stream)| {
            let fullness = load::fullness(scenario, outcome, index);
            StreamPart {
                name: stream.name.clone(),
                shards: stream.shards.len(),
                limit_records_per_s_per_shard: stream.limit_records_per_s,
                limit_bytes_per_s_per_shard: stream.limit_bytes_per_s,
                accepted_share: fullness.as_ref().map(|f| f.accepted_share),
                busiest_shard_offered_share: fullness
                    .as_ref()
                    .map(|f| f.busiest_shard_offered_share),
                busiest_second_share: fullness.as_ref().map(|f| f.busiest_second_share),
                busiest_shard: fullness.map(|f| f.busiest_shard),
                over_limit_shard_s: stream.shards.iter().map(|shard| shard.seconds_over).sum(),
            }
        })
        .collect()
}

fn consumer_part(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    consumer: &ConsumerOutcome,
) -> ConsumerPart {
    let age = |percent| consumer.iterator_age.percentile(percent).map(seconds);
    let latency = |percent| consumer.latency.percentile(percent).map(seconds);
    ConsumerPart {
        name: consumer.name.clone(),
        kind: consumer.kind,
        stream: outcome.streams.get(consumer.stream).map_or_else(String::new, |s| s.name.clone()),
        read_records_per_s: read_rate(scenario, outcome, index),
        iterator_age_p50_s: age(50.0),
        iterator_age_p99_s: age(99.0),
        iterator_age_max_s: max_of(&consumer.iterator_age),
        iterator_age_end_s: consumer.age_end.as_s(),
        latency_p50_s: latency(50.0),
        latency_p99_s: latency(99.0),
        backlog_max_records: consumer.backlog_max,
        answered_calls: consumer.calls,
        empty_calls: consumer.empty_calls,
        throttled_calls: consumer.throttled_calls,
        stored_records: consumer.ledger.stored,
        delivered_records: consumer.ledger.delivered,
        delivered_bytes: consumer.delivered_bytes,
        waiting_records: consumer.ledger.waiting,
        in_hand_records: consumer.ledger.in_hand,
        expired_records: consumer.ledger.expired,
        before_start_records: consumer.ledger.before_start,
    }
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
    } else if let Some(stream) = half_idle(summary) {
        let path = explanation::shard_count_path(scenario, &stream.name);
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
        stream.shards > 1 && stream.busiest_second_share.is_some_and(|share| share < 0.5)
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
