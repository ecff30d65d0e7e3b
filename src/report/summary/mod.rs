//! The summary of a run: one set of numbers, told as a screen, as Markdown and as JSON.

mod alarm;
mod build;
mod chain;
mod cost;
mod firehose;
mod lambda;
pub(in crate::report) mod layout;
mod markdown;
mod screen;
mod shards;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::experiment::objective::Verdict;
use crate::report::study::replicates::Replicates;

pub use chain::{ChainPart, StagePart};
pub(in crate::report) use cost::prices;
pub use cost::{CostLinePart, CostPart};
pub use lambda::{BatchesPart, DiscardedPart, LambdaPart};
pub use layout::Style;
pub use screen::command;

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
    /// From the first put to the last consumer, where consumers feed producers; left out where none
    /// does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<ChainPart>,
    /// The alarms, in order of declaration; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmPart>,
    /// Records lost, over the whole run.
    pub losses: Vec<LossPart>,
    /// What it costs.
    pub cost: CostPart,
    /// Changes worth a run.
    pub next: Vec<NextPart>,
    #[serde(skip)]
    verdicts: Vec<Verdict>,
    /// Length of a quantum, where quanta were asked for.
    #[serde(skip)]
    asked_quantum_s: Option<f64>,
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
    /// When on the calendar the run begins; absent where that is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    pub duration_s: f64,
    pub warm_up_s: f64,
    pub interval_s: f64,
    pub shards: u64,
    /// How many were open, of all streams: at first, at most or at least, and at the end.
    #[serde(skip)]
    pub shard_turns: Vec<u64>,
    pub producers: u64,
    /// Different keys of the only producer; `null` with several, or where each record has its own.
    pub keys: Option<u64>,
    /// Length of a quantum, where the writing of any stream was played in quanta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantum_s: Option<f64>,
    /// The records expected, where `resolution = "auto"` chose quanta because of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantum_for_records: Option<u64>,
}

/// How the run ended.
#[derive(Clone, Debug, Serialize)]
pub struct EndedPart {
    /// `completed`, `interrupted`, `memory_limit` or `event_limit`.
    pub how: &'static str,
    /// Whether the scenario's duration was not reached for another reason than being asked to.
    pub partial: bool,
    /// Virtual time reached.
    pub at_s: f64,
    /// The memory limit, where it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
    /// The limit of events, where it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_events: Option<u64>,
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
    /// Whether nothing was measured because it did not end within the run; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_within_run: bool,
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
    /// Failed within the service, before a limit judged them.
    pub failed_records: u64,
    pub lost_records: u64,
    pub lost_bytes: u64,
    pub offered_records_per_s: Option<f64>,
    pub attempted_records_per_s: Option<f64>,
    pub accepted_records_per_s: Option<f64>,
    pub throttled_share: Option<f64>,
    pub failed_share: Option<f64>,
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
    /// Whether it is no stream but what is put to Firehose: its shards are channels then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub direct_put: bool,
    /// How the service scales it, where it is not `PROVISIONED` all the time.
    #[serde(rename = "StreamMode", skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// The mode at the end, where it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode_at_end: Option<&'static str>,
    /// Open when the run began.
    pub shards: usize,
    /// The fewest and most that were open, and those at the end; absent where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards_fewest: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards_most: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards_at_end: Option<usize>,
    pub limit_records_per_s_per_shard: u64,
    pub limit_bytes_per_s_per_shard: u64,
    pub accepted_share: Option<f64>,
    pub busiest_shard_offered_share: Option<f64>,
    #[serde(rename = "busiest_ShardId")]
    pub busiest_shard: Option<String>,
    pub busiest_second_share: Option<f64>,
    /// Seconds over a limit, added up over all shards and the whole run.
    pub over_limit_shard_s: u64,
    /// Calls to KMS after the warm-up, about; absent where it is not encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_calls: Option<u64>,
    /// Why it was played record by record; absent where no quanta were asked for, or it was played
    /// in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_by_record: Option<RecordByRecordPart>,
    /// What was written to it, after the warm-up; absent where it is the only stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<StreamWritePart>,
}

/// Why a stream was not played in quanta although they were asked for.
#[derive(Clone, Debug, Serialize)]
pub struct RecordByRecordPart {
    /// The producer that cannot be played in quanta.
    pub producer: String,
    /// What stands in the way, in a word.
    pub reason: &'static str,
    /// Both in a sentence without an end.
    pub because: String,
}

/// What was written to one of several streams, after the warm-up.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct StreamWritePart {
    pub offered_records: u64,
    pub offered_bytes: u64,
    pub attempted_records: u64,
    pub accepted_records: u64,
    pub accepted_bytes: u64,
    pub throttled_records: u64,
    pub lost_records: u64,
    pub offered_records_per_s: Option<f64>,
    pub throttled_share: Option<f64>,
}

/// One consumer. Ages and latencies are those after the warm-up, the ledger is of the whole run:
/// initial + stored = delivered + waiting + in hand + expired + before start + filtered +
/// discarded.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct ConsumerPart {
    pub name: String,
    pub kind: &'static str,
    pub enhanced_fan_out: bool,
    #[serde(rename = "StreamName")]
    pub stream: String,
    pub read_records_per_s: Option<f64>,
    pub iterator_age_p50_s: Option<f64>,
    pub iterator_age_p99_s: Option<f64>,
    pub iterator_age_max_s: Option<f64>,
    pub iterator_age_end_s: f64,
    pub latency_p50_s: Option<f64>,
    pub latency_p99_s: Option<f64>,
    pub millis_behind_latest_p99_s: Option<f64>,
    pub backlog_max_records: u64,
    pub answered_calls: u64,
    pub empty_calls: u64,
    pub throttled_calls: u64,
    pub failed_calls: u64,
    pub failed_attempts: u64,
    pub pushed_events: u64,
    pub iterators: u64,
    pub refused_iterators: u64,
    pub expired_iterators: u64,
    pub subscriptions: u64,
    pub initial_records: u64,
    pub stored_records: u64,
    pub delivered_records: u64,
    pub delivered_bytes: u64,
    pub waiting_records: u64,
    pub in_hand_records: u64,
    pub expired_records: u64,
    pub first_expired_s: Option<f64>,
    pub before_start_records: u64,
    /// Not matched by the filters of its event source mapping; left out where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered_records: Option<u64>,
    /// Given up by its event source mapping; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discarded_records: Option<u64>,
    /// Handed over again after an outage; beside the ledger.
    pub redelivered_records: u64,
    /// What it delivered; left out where it is no delivery stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firehose: Option<FirehosePart>,
    /// The faults that concern it; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub catch_ups: Vec<CatchUpPart>,
    /// What its function did; left out where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<LambdaPart>,
}

/// What a delivery stream delivered, after the warm-up. Sizes are before compression.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct FirehosePart {
    pub objects: u64,
    pub objects_per_hour: Option<f64>,
    /// By what closed them.
    pub objects_by_cause: BTreeMap<&'static str, u64>,
    pub size_hint_bytes: u64,
    pub object_size_p50_bytes: Option<u64>,
    pub object_size_max_bytes: Option<u64>,
    pub freshness_p50_s: Option<f64>,
    pub freshness_p99_s: Option<f64>,
    pub freshness_max_s: Option<f64>,
    pub bytes: u64,
    /// Each record rounded up to whole steps of 5 KiB (FH-110).
    pub billed_bytes: u64,
    pub stored_bytes: u64,
    pub s3_requests: u64,
    pub failed_attempts: u64,
    pub error_output_records: u64,
    /// Tries to have a batch transformed, and those that failed.
    pub transform_tries: u64,
    pub transform_failed_tries: u64,
    /// Records that the transformation dropped.
    pub dropped_records: u64,
    /// Of the error output, what could not be transformed, and what had no partition.
    pub untransformed_records: u64,
    pub unparted_records: u64,
}

/// How long a consumer needed after a fault until it was where it was before.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct CatchUpPart {
    pub fault: &'static str,
    pub began_s: f64,
    pub ended_s: f64,
    /// Age of the oldest waiting record to come back to.
    pub level_s: f64,
    /// `null` where it was not current again within the run.
    pub catch_up_s: Option<f64>,
}

/// One alarm, after the warm-up. `threshold` and `extreme` are in `unit`.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct AlarmPart {
    pub name: String,
    #[serde(rename = "StreamName")]
    pub stream: String,
    pub metric: &'static str,
    pub statistic: Option<&'static str>,
    pub comparison_operator: &'static str,
    pub threshold: f64,
    pub unit: &'static str,
    /// The highest datapoint, or the lowest where low ones breach; `null` where there was none.
    pub extreme: Option<f64>,
    pub fired: usize,
    pub first_s: Option<f64>,
    /// The fault or action that began last before it was first raised.
    pub first_after: Option<String>,
    pub first_after_s: Option<f64>,
    pub in_alarm_s: f64,
    pub state_at_end: &'static str,
    #[serde(skip)]
    seen: Option<String>,
    #[serde(skip)]
    is_upper: bool,
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
    /// The summary as JSON: one object, indented, with a line feed at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("keys are text, numbers are finite");
        text + "\n"
    }

    /// The same with what its replicates tell together, where there are any.
    #[must_use]
    pub fn json_with(&self, repeated: Option<&Replicates<'_>>) -> String {
        #[derive(Serialize)]
        struct Whole<'s> {
            #[serde(flatten)]
            summary: &'s Summary,
            replicates: serde_json::Value,
        }
        let Some(replicates) = repeated.map(Replicates::json) else { return self.json() };
        let whole = Whole { summary: self, replicates };
        serde_json::to_string_pretty(&whole).expect("keys are text, numbers are finite") + "\n"
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
