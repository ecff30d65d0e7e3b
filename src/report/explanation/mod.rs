//! Findings in words: one or two plain sentences, their cause, and what to try next.

#![expect(clippy::format_push_string, reason = "a handful of sentences a run")]

mod blind;
mod blocked;
mod direct;
mod function;
mod hot;
mod lane;
mod late;
mod mode;
mod objects;
mod reads;
mod scaling;
mod writes;

use std::collections::BTreeMap;

use crate::experiment::finding::{Evidence, Finding, is_scaled};
use crate::experiment::outcome::LossCause;
use crate::report::number;
use crate::scenario::Scenario;

/// A finding as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Two words or so: `hot shards`.
    pub title: &'static str,
    /// What was found, where, and by how much, in whole sentences.
    pub text: String,
    /// Why it is so.
    pub cause: String,
    /// What was measured; every name ends in its unit.
    pub measured: BTreeMap<&'static str, f64>,
    /// What it is held against.
    pub limit: BTreeMap<&'static str, f64>,
    /// A change worth a run.
    pub next: Option<Step>,
}

/// One change to a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// For `--set`: `stream.shard_count=8`. Of several, ` --set ` stands between two.
    pub set: String,
    /// What it does, or asks.
    pub why: String,
}

/// Puts a finding in words.
#[must_use]
pub fn explain(scenario: &Scenario, finding: &Finding) -> Explanation {
    let subject = finding.subject.as_str();
    match &finding.evidence {
        Evidence::HotShards(hot) => hot::hot_shards(scenario, subject, hot),
        Evidence::StreamFull(full) => hot::stream_full(scenario, subject, full),
        Evidence::RecordsBound(bound) => writes::records_bound(subject, bound),
        Evidence::Burst(burst) => writes::bursts(scenario, subject, burst),
        Evidence::LargeRecords { share } => writes::large_records(subject, *share),
        Evidence::Retries(retries) => writes::retries(subject, retries),
        Evidence::FewKeys(few) => writes::few_keys(scenario, subject, few),
        Evidence::Flat(flat) => writes::flat(subject, flat),
        Evidence::Spare(spare) => writes::spare(scenario, subject, spare),
        Evidence::LaneBound(it) => lane::lane_bound(scenario, subject, it),
        Evidence::KeyBound(it) => lane::key_bound(subject, it),
        Evidence::IdleLanes(it) => lane::idle_lanes(subject, it),
        Evidence::ConcurrencyShort(it) => function::concurrency(subject, it),
        Evidence::SmallBatches(it) => function::small_batches(subject, it),
        Evidence::Discarded(it) => function::discarded(subject, it),
        Evidence::ReadCalls(calls) => reads::calls(scenario, subject, calls),
        Evidence::ReadBytes(bytes) => reads::bytes(scenario, subject, bytes),
        Evidence::SlowReader(slow) => reads::slow_reader(scenario, subject, slow),
        Evidence::Expired { records, stored, first_s, retention_s } => {
            expired(subject, (*records, *stored), *first_s, *retention_s)
        }
        Evidence::Lost { records, bytes, offered, cause, attempts } => {
            lost(subject, (*records, *bytes, *offered), *cause, *attempts)
        }
        Evidence::RefusedCalls(calls) => scaling::refused(scenario, subject, calls),
        Evidence::Overshoot(it) => scaling::overshoot(scenario, subject, it),
        Evidence::TooLate(late) => scaling::too_late(scenario, subject, late),
        Evidence::Unabsorbed(it) => scaling::unabsorbed(subject, it),
        Evidence::Unseen(it) => scaling::unseen(scenario, subject, it),
        Evidence::BlindAlarm(it) => blind::explain(scenario, subject, it),
        Evidence::Blocked(it) => blocked::explain(scenario, subject, it),
        Evidence::LateReader(reader) => late::explain(scenario, subject, reader),
        Evidence::SmallObjects(small) => objects::small(subject, small),
        Evidence::DirectOver(it) => direct::over(subject, it),
        Evidence::Rounded(rounded) => objects::rounded(subject, rounded),
        Evidence::CheaperMode(it) => mode::explain(it),
        Evidence::Assumed { ids } => assumed(ids),
        Evidence::Uncertain { inputs, .. } => uncertain(inputs),
        Evidence::Joined { shards, of, longest_s, age_share } => {
            joined(subject, (*shards, *of), *longest_s, *age_share)
        }
    }
}

/// A finding in one line that stands alone: what `kinesim check` puts first.
#[must_use]
pub fn headline(finding: &Finding) -> String {
    let name = format!("`{}`", quoted(&finding.subject));
    match &finding.evidence {
        Evidence::HotShards(hot) => hot::headline(&name, hot),
        Evidence::StreamFull(full) if full.metered => {
            format!("{name} is offered more than it takes once sizes are rounded up")
        }
        Evidence::StreamFull(full) => {
            format!("{name} is offered {} of what its shards take", number::fullness(full.load))
        }
        Evidence::RecordsBound(bound) => format!(
            "{name} fills by number: records {} of a limit, bytes {}",
            number::fullness(bound.records_load),
            number::fullness(bound.bytes_load)
        ),
        Evidence::FewKeys(few) => format!(
            "{} of {name} can never receive a record",
            number::counted(u64::from(few.empty), "shard")
        ),
        Evidence::Flat(flat) => {
            format!("more shards, up to {}, do not help {name}", number::count(flat.flat_to.into()))
        }
        Evidence::ReadCalls(calls) => format!(
            "{name} is polled {} times a second and shard, of {}",
            number::significant(calls.asked_per_s, 3),
            number::count(calls.limit_per_s as u64)
        ),
        Evidence::ReadBytes(bytes) => format!(
            "a shard of {name} is asked for {}, of {}",
            number::byte_rate(bytes.demand_per_s),
            number::byte_rate(bytes.limit_per_s)
        ),
        Evidence::SlowReader(slow) => format!(
            "{name} takes at most {} and {} arrive",
            number::rate(slow.capacity_per_s),
            number::rate(slow.arrival_per_s)
        ),
        Evidence::LaneBound(_)
        | Evidence::KeyBound(_)
        | Evidence::IdleLanes(_)
        | Evidence::ConcurrencyShort(_)
        | Evidence::SmallBatches(_) => lane::headline(&name, &finding.evidence),
        Evidence::Burst(_) => format!("single seconds exceed a limit of {name}"),
        Evidence::LargeRecords { .. } => format!("{name} has many large records"),
        Evidence::Retries(_) => format!("{name} is sent more than it is offered"),
        Evidence::Spare(_) => format!("{name} has more shards than it ever needs"),
        Evidence::Expired { .. } => format!("{name} lost records to the retention period"),
        Evidence::RefusedCalls(calls) => scaling::headline(&name, calls),
        Evidence::Overshoot(_) => format!("the autoscaler of {name} does not wait"),
        Evidence::TooLate(_) => format!("more shards of {name} came too late"),
        Evidence::Unabsorbed(_) => format!("{name} is throttled in on-demand mode"),
        Evidence::Unseen(_) => format!("the autoscaler of {name} does not see what is refused"),
        Evidence::BlindAlarm(_) => format!("{name} was not raised although it should have been"),
        Evidence::Blocked(it) => format!("{name} was blocked by a record on {}", it.shard),
        Evidence::LateReader(_) => format!("{name} is not current soon enough after a fault"),
        Evidence::Lost { .. } | Evidence::Discarded(_) => format!("{name} gave records up"),
        Evidence::DirectOver(it) => direct::headline(&name, it),
        Evidence::SmallObjects(small) => format!(
            "{name} makes objects of {}, of {}",
            number::bytes(small.median_bytes),
            number::bytes(small.hint_bytes)
        ),
        Evidence::Rounded(rounded) => format!(
            "{name} is billed for {} times the bytes of its records",
            number::significant(rounded.times, 3)
        ),
        Evidence::CheaperMode(it) => format!("a month costs less {}", it.other.name()),
        Evidence::Assumed { .. } => "the result rests on assumed constants".to_owned(),
        Evidence::Uncertain { inputs, .. } => middle(inputs.len()),
        Evidence::Joined { .. } => format!("what waited long on {name} was joined"),
    }
}

fn expired(
    consumer: &str,
    (records, stored): (u64, u64),
    first_s: Option<f64>,
    retention_s: f64,
) -> Explanation {
    let share = records as f64 / (stored as f64).max(1.0);
    let first = first_s.map(|at| format!(", the first at {}", number::duration(at)));
    let mut measured =
        BTreeMap::from([("expired_records", records as f64), ("expired_share", share)]);
    measured.extend(first_s.map(|at| ("first_expired_s", at)));
    Explanation {
        title: "data loss",
        text: format!(
            "{} passed the retention of {} before {} was handed them{}: {} of all stored.",
            number::counted(records, "record"),
            number::duration(retention_s),
            quoted(consumer),
            first.unwrap_or_default(),
            number::share(share)
        ),
        cause: "the consumer's age reached the retention period".to_owned(),
        measured,
        limit: BTreeMap::from([("retention_s", retention_s)]),
        next: None,
    }
}

fn lost(
    producer: &str,
    (records, bytes, offered): (u64, u64, u64),
    cause: LossCause,
    attempts: u32,
) -> Explanation {
    let share = records as f64 / (offered as f64).max(1.0);
    let (why, cause) = match cause {
        LossCause::Throttled => (
            match attempts {
                1 => "refused once and not sent again".to_owned(),
                // A client's quota can end a call before its attempts are used up (KDS-L09).
                n => format!("refused after up to {} attempts", number::count(u64::from(n))),
            },
            "a shard's limit refused them for longer than the producer tries",
        ),
        LossCause::Failed => (
            format!(
                "failed within the service after up to {}",
                number::counted(u64::from(attempts), "attempt")
            ),
            "the service answered InternalFailure (KDS-L04)",
        ),
        LossCause::KmsThrottled => (
            "sent in calls that KMS throttled".to_owned(),
            "no SDK repeats KMSThrottlingException (KDS-L08), and a loop over failed entries of an \
             answer does not see it",
        ),
        LossCause::BufferFull => (
            "never sent for want of room in the producer's memory".to_owned(),
            "records came faster than the answers to earlier calls made room in `buffer`",
        ),
    };
    Explanation {
        title: "given up",
        text: format!(
            "{} of {} {} given up, {why}: {} of what it offered.",
            number::counted(records, "record"),
            quoted(producer),
            if records == 1 { "was" } else { "were" },
            number::share(share)
        ),
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("lost_records", records as f64),
            ("lost_bytes", bytes as f64),
            ("lost_share", share),
        ]),
        limit: BTreeMap::from([("attempts", f64::from(attempts))]),
        next: None,
    }
}

fn middle(inputs: usize) -> String {
    format!("{}: the middle is taken", number::counted(inputs as u64, "uncertain input"))
}

fn uncertain(inputs: &[(String, String, String)]) -> Explanation {
    /// More are counted.
    const NAMED: usize = 5;
    let named = inputs.iter().take(NAMED);
    let named: Vec<String> =
        named.map(|(path, known, taken)| format!("{path} {known}, here {taken}")).collect();
    let more = match inputs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Explanation {
        title: "uncertain",
        text: format!(
            "{} in the middle: {}{more}. `kinesim uncertain` draws them all.",
            number::counted(inputs.len() as u64, "uncertain input"),
            named.join("; ")
        ),
        cause: "the scenario gives a range or a distribution".to_owned(),
        measured: BTreeMap::from([("uncertain_inputs", inputs.len() as f64)]),
        limit: BTreeMap::new(),
        next: None,
    }
}

fn assumed(ids: &[&'static str]) -> Explanation {
    Explanation {
        title: "assumed",
        text: format!(
            "the result rests on {} no source settles: {}. `kinesim uncertain` tries others.",
            number::counted(ids.len() as u64, "constant"),
            ids.join(", ")
        ),
        cause: "AWS does not publish them".to_owned(),
        measured: BTreeMap::from([("assumed_constants", ids.len() as f64)]),
        limit: BTreeMap::new(),
        next: None,
    }
}

fn joined(stream: &str, (shards, of): (u64, u64), longest_s: f64, age_share: f64) -> Explanation {
    Explanation {
        title: "old backlog",
        text: format!(
            "on {} of {} of {} records that waited long were joined to save memory, over at most \
             {} of their age, here up to {}: no moment of one is off by more. Counts and bytes are \
             exact.",
            number::count(shards),
            number::counted(of, "shard"),
            quoted(stream),
            number::fullness(age_share),
            number::duration(longest_s),
        ),
        cause: "in quanta a backlog would take more memory the longer it lasts".to_owned(),
        measured: BTreeMap::from([
            ("joined_shards", shards as f64),
            ("longest_joined_s", longest_s),
        ]),
        limit: BTreeMap::from([("joined_age_share", age_share)]),
        next: None,
    }
}

/// A run with `shards` shards, unless the account may not hold so many.
fn more_shards(scenario: &Scenario, stream: &str, shards: u64, why: &str) -> Option<Step> {
    let path = shard_count_path(scenario, stream)?;
    (shards <= u64::from(scenario.plan.account.shard_quota))
        .then(|| Step { set: format!("{path}={shards}"), why: why.to_owned() })
}

/// The path of a stream's shard count; the stream is named where there are several. `None` where
/// its shards come from a list, or their number is to change in the run.
#[must_use]
pub fn shard_count_path(scenario: &Scenario, stream: &str) -> Option<String> {
    let streams = &scenario.plan.streams;
    let index = streams.iter().position(|plan| plan.name == stream);
    if index
        .is_some_and(|index| streams[index].shards.is_some() || is_scaled(&scenario.plan, index))
    {
        return None;
    }
    Some(match streams.len() {
        1 => "stream.shard_count".to_owned(),
        _ => format!("stream.{stream}.shard_count"),
    })
}

/// Names a stream where there are several: shards have the same ids in each.
fn of_stream(scenario: &Scenario, stream: &str) -> String {
    match scenario.plan.streams.len() {
        1 => String::new(),
        _ => format!("{}: ", quoted(stream)),
    }
}

/// Text from a user's file, fit for one line: at most 24 characters, control characters escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    const MOST: usize = 24;
    let clean: String =
        text.escape_debug().collect::<String>().replace("\\'", "'").replace("\\\"", "\"");
    if clean.chars().count() <= MOST {
        return clean;
    }
    let head: String = clean.chars().take(MOST - 3).collect();
    format!("{head}...")
}

/// The time a finding holds for, where it is not the whole run.
fn period(held_s: f64, judged_s: f64) -> String {
    if held_s >= judged_s {
        return String::new();
    }
    format!("for {} of {}, ", number::duration(held_s), number::duration(judged_s))
}

/// The same where shards open and close: then the time is told in which it was worst.
fn during((over_s, judged_s): (f64, f64), from_s: Option<f64>) -> String {
    let Some(from) = from_s else { return period(over_s, judged_s) };
    format!(
        "over a limit for {} of {}; at worst, from {} on, ",
        number::duration(over_s),
        number::duration(judged_s),
        number::duration(from)
    )
}

fn flow(per_s: f64, by_bytes: bool) -> String {
    if by_bytes {
        return number::byte_rate(per_s);
    }
    format!("{} records/s", number::count(per_s.round() as u64))
}

fn unit_name(by_bytes: bool) -> &'static str {
    if by_bytes { "bytes_per_s" } else { "records_per_s" }
}

/// `27 to 62 %`, or one figure where both read alike.
fn range(least: f64, most: f64) -> String {
    let (low, high) = (number::fullness(least), number::fullness(most));
    if low == high { high } else { format!("{} to {high}", low.trim_end_matches(" %")) }
}

/// The last digits of a shard's id: `...0005`.
fn short(id: &str) -> String {
    let digits = id.trim_start_matches("shardId-").trim_start_matches('0');
    format!("...{digits:0>4}")
}

#[cfg(test)]
mod tests;
