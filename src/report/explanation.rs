//! Findings in words: one or two plain sentences, their cause, and what to try next.

#![expect(clippy::format_push_string, reason = "a handful of sentences a run")]

use std::collections::BTreeMap;

use crate::experiment::finding::{
    Burst, Evidence, Finding, HotKey, HotShard, HotShards, SlowReader, StreamFull,
};
use crate::report::{lateness, number};
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
    /// For `--set`: `stream.shard_count=8`.
    pub set: String,
    /// What it does, or asks.
    pub why: String,
}

/// Puts a finding in words.
#[must_use]
pub fn explain(scenario: &Scenario, finding: &Finding) -> Explanation {
    let subject = finding.subject.as_str();
    match &finding.evidence {
        Evidence::HotShards(hot) => hot_shards(scenario, subject, hot),
        Evidence::StreamFull(full) => stream_full(scenario, subject, full),
        Evidence::Burst(burst) => bursts(scenario, subject, burst),
        Evidence::SlowReader(slow) => slow_reader(scenario, subject, slow),
        Evidence::Expired { records, stored, first_s, retention_s } => {
            expired(subject, (*records, *stored), *first_s, *retention_s)
        }
        Evidence::LateReader(late) => lateness::explain(scenario, subject, late),
        Evidence::Assumed { ids } => assumed(ids),
    }
}

fn hot_shards(scenario: &Scenario, stream: &str, hot: &HotShards) -> Explanation {
    let what = if hot.by_bytes { "bytes" } else { "records" };
    let mut text = period(hot.over_s, hot.judged_s);
    text += &named_shards(&hot.shards, what);
    text += &format!(" (even share {}): ", number::share(hot.even_share));
    let shown = &hot.shards[..hot.shards.len().min(2)];
    let rates: Vec<String> = shown.iter().map(|shard| flow(shard.per_s, hot.by_bytes)).collect();
    text += &format!("{} against {}", rates.join(" and "), flow(hot.limit_per_s, hot.by_bytes));
    if hot.metered {
        text += " before sizes are rounded up to whole KiB";
    }
    text += &format!(", {} of attempts refused.", number::share(hot.refused_share));
    if let Some((least, most)) = hot.others {
        let others = match hot.others_count {
            1 => "The other one runs".to_owned(),
            n => format!("The other {} run", number::count(n as u64)),
        };
        text += &format!(" {others} at {}.", range(least, most));
    }
    text += &key_sentence(hot);
    let cause = match &hot.key_alone {
        Some(key) => {
            text += &alone(key);
            KEY_ALONE
        }
        None => "where the keys' hashes fall decides what a shard is offered",
    };
    let hottest = hot.shards.first();
    Explanation {
        title: "hot shards",
        text,
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("hot_shards", hot.shards.len() as f64),
            ("busiest_shard_offered_share", hottest.map_or(0.0, |shard| shard.share)),
            ("busiest_shard_load_share", hottest.map_or(0.0, |shard| shard.load)),
            ("refused_share", hot.refused_share),
            ("over_s", hot.over_s),
        ]),
        limit: BTreeMap::from([
            ("even_share", hot.even_share),
            (unit_name(hot.by_bytes), hot.limit_per_s),
        ]),
        next: if hot.key_alone.is_some() {
            None
        } else {
            let why = "splits every shard's keys in two: does the load part?";
            more_shards(scenario, stream, hot.shard_count as u64 * 2, why)
        },
    }
}

/// `shardId-000000000005 is offered 25.2 % of all records, ...0001 24.3 %`.
fn named_shards(shards: &[HotShard], what: &str) -> String {
    let mut text = String::new();
    for (place, shard) in shards.iter().take(2).enumerate() {
        let share = number::share(shard.share);
        text += &match place {
            0 => format!("{} is offered {share} of all {what}", shard.id),
            _ => format!(", {} {share}", short(&shard.id)),
        };
    }
    if shards.len() > 2 {
        let rest: f64 = shards[2..].iter().map(|shard| shard.share).sum();
        let more = number::count(shards.len() as u64 - 2);
        text += &format!(", {more} more {}", number::share(rest));
    }
    text
}

const KEY_ALONE: &str = "one key is more than one shard may take, and a key has one shard";

/// What is to be said of a key that no number of shards can hold (KDS-F13).
fn alone(key: &HotKey) -> String {
    format!(
        " {} alone is offered {} of what a shard may take: no number of shards holds it, at least \
         {} keys in its place would.",
        quoted(&key.key),
        number::fullness(key.load),
        number::count(key.load.ceil() as u64)
    )
}

fn key_sentence(hot: &HotShards) -> String {
    // Shares of keys are those they are drawn with, not counts of this run.
    let named: Vec<String> = hot.keys.iter().take(3).map(|key| quoted(&key.key)).collect();
    let sum: f64 = hot.keys.iter().take(3).map(|key| key.share).sum();
    let share = number::share(sum);
    match named.as_slice() {
        [] => String::new(),
        [one] => format!(" By weight, key {one} carries {share} of all records."),
        [one, two] => format!(" By weight, keys {one} and {two} carry {share} of all records."),
        [one, two, three, ..] => {
            format!(" By weight, keys {one}, {two} and {three} carry {share} of all records.")
        }
    }
}

fn stream_full(scenario: &Scenario, stream: &str, full: &StreamFull) -> Explanation {
    let mut text = period(full.over_s, full.judged_s);
    text += &format!(
        "{} is offered {} against {} on {}, {} of attempts refused.",
        quoted(stream),
        flow(full.offered_per_s, full.by_bytes),
        flow(full.capacity_per_s, full.by_bytes),
        number::counted(full.shard_count as u64, "shard"),
        number::share(full.refused_share)
    );
    let mut cause = if full.metered {
        text += &format!(
            " It is full at {}: sizes are rounded up to whole KiB.",
            number::fullness(full.accepted_load)
        );
        "metering rounds sizes up to whole KiB, for each PutRecord or each shard of a PutRecords"
    } else if full.load < 1.0 {
        text += &format!(
            " That is {} of all: too near for shards that are never loaded alike.",
            number::fullness(full.load)
        );
        "the room that is left is less than the shards differ"
    } else {
        "more is offered than the shards may take together"
    };
    if let Some(key) = &full.key_alone {
        text += &alone(key);
        cause = KEY_ALONE;
    }
    let why = "what was offered and a quarter more, if spread evenly";
    Explanation {
        title: "stream full",
        text,
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            (unit_name(full.by_bytes), full.offered_per_s),
            ("load_share", full.load),
            ("refused_share", full.refused_share),
            ("over_s", full.over_s),
        ]),
        limit: BTreeMap::from([(unit_name(full.by_bytes), full.capacity_per_s)]),
        next: match full.key_alone {
            Some(_) => None,
            None => more_shards(scenario, stream, full.shards_needed, why),
        },
    }
}

fn bursts(scenario: &Scenario, stream: &str, burst: &Burst) -> Explanation {
    let window = number::duration(burst.window_s);
    let mut text = format!(
        "{}the busiest second of {} is sent {} of a limit, the {window} around it {} on average. \
         On {} such bursts have {} of attempts refused.",
        period(burst.burst_s, burst.judged_s),
        burst.worst,
        number::fullness(burst.busiest_second),
        number::fullness(burst.mean),
        number::counted(burst.shards as u64, "shard"),
        number::share(burst.refused_share)
    );
    if let Some(key) = &burst.key_alone {
        text += &format!(
            " By weight, {} alone is sent {} of it in that second: no number of shards makes room \
             for it.",
            quoted(&key.key),
            number::fullness(key.load)
        );
    }
    let shards = (burst.shard_count as f64 * burst.busiest_second).ceil() as u64;
    let why = "room for the busiest second, if spread evenly";
    Explanation {
        title: "burst-bound",
        text,
        cause: "limits hold for each second; a mean over a minute hides what a second is sent"
            .to_owned(),
        measured: BTreeMap::from([
            ("busiest_second_share", burst.busiest_second),
            ("mean_share", burst.mean),
            ("refused_share", burst.refused_share),
            ("burst_s", burst.burst_s),
        ]),
        limit: BTreeMap::from([("load_share", 1.0)]),
        next: match burst.key_alone {
            Some(_) => None,
            None => more_shards(scenario, stream, shards, why),
        },
    }
}

fn slow_reader(scenario: &Scenario, reader: &str, slow: &SlowReader) -> Explanation {
    let capacity = number::rate(slow.capacity_per_s);
    let arrival = number::rate(slow.arrival_per_s);
    let cycle = number::duration(slow.cycle_s);
    let limit = number::counted(u64::from(slow.limit), "record");
    let growth = number::duration(slow.age_growth * 60.0);
    let (place, reason) = match slow.threads {
        Some(threads) => (
            format!(
                "{} takes at most {capacity} with {} ({limit} in {cycle} each); {arrival} arrive.",
                quoted(reader),
                number::counted(u64::from(threads), "thread")
            ),
            "fewer threads than the work needs",
        ),
        None => (
            format!(
                "{} takes at most {capacity} from a shard ({limit} in {cycle}); {} more, up to \
                 {arrival}.",
                quoted(reader),
                match slow.shards_over {
                    1 => "1 shard stores".to_owned(),
                    n => format!("{} shards store", number::count(n as u64)),
                }
            ),
            "one thread works a shard, one call after another",
        ),
    };
    let stream = scenario.plan.readers.iter().find(|plan| plan.name == reader);
    let stream = stream.and_then(|plan| scenario.plan.streams.get(plan.stream));
    let next = match (slow.limit_needed, slow.threads_needed) {
        (Some(limit), _) => Some(Step {
            set: format!("reader.{reader}.get_records.limit={limit}"),
            why: "more records a call, so that a call's fixed time weighs less".to_owned(),
        }),
        (None, Some(threads)) => Some(Step {
            set: format!("reader.{reader}.threads={threads}"),
            why: "enough threads for what arrives".to_owned(),
        }),
        (None, None) if slow.in_turn => Some(Step {
            set: format!("reader.{reader}.get_records.order=side-by-side"),
            why: "a thread for each shard instead of one loop".to_owned(),
        }),
        (None, None) => stream.and_then(|stream| {
            let shards = f64::from(stream.shard_count) * slow.arrival_per_s / slow.capacity_per_s;
            let why = "less on each shard, if the keys part";
            more_shards(scenario, &stream.name, (shards * 1.25).ceil() as u64, why)
        }),
    };
    Explanation {
        title: "slow reader",
        text: format!("{place} Its age grows {growth} a minute."),
        cause: reason.to_owned(),
        measured: BTreeMap::from([
            ("arrival_records_per_s", slow.arrival_per_s),
            ("age_growth_s_per_s", slow.age_growth),
        ]),
        limit: BTreeMap::from([("capacity_records_per_s", slow.capacity_per_s)]),
        next,
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

fn assumed(ids: &[&'static str]) -> Explanation {
    Explanation {
        title: "assumed",
        text: format!(
            "the result rests on {} no source settles: {}.",
            number::counted(ids.len() as u64, "constant"),
            ids.join(", ")
        ),
        cause: "AWS does not publish them".to_owned(),
        measured: BTreeMap::from([("assumed_constants", ids.len() as f64)]),
        limit: BTreeMap::new(),
        next: None,
    }
}

/// A run with `shards` shards, unless the account may not hold so many.
pub(super) fn more_shards(
    scenario: &Scenario,
    stream: &str,
    shards: u64,
    why: &str,
) -> Option<Step> {
    let path = shard_count_path(scenario, stream);
    (shards <= u64::from(scenario.plan.account.shard_quota))
        .then(|| Step { set: format!("{path}={shards}"), why: why.to_owned() })
}

/// The path of a stream's shard count; the stream is named where there are several.
#[must_use]
pub fn shard_count_path(scenario: &Scenario, stream: &str) -> String {
    match scenario.plan.streams.len() {
        1 => "stream.shard_count".to_owned(),
        _ => format!("stream.{stream}.shard_count"),
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
mod tests {
    use super::*;
    use crate::experiment::sample;

    /// The figures of two hot shards of eight, one key too large for any shard.
    fn hot() -> HotShards {
        let shard = |id: &str, share: f64, load: f64| HotShard {
            id: id.to_owned(),
            share,
            load,
            per_s: load * 1_048_576.0,
        };
        let key = |key: &str, share, load| HotKey { key: key.to_owned(), share, load };
        HotShards {
            over_s: 720.0,
            judged_s: 1_800.0,
            by_bytes: true,
            limit_per_s: 1_048_576.0,
            even_share: 0.125,
            shards: vec![
                shard("shardId-000000000005", 0.252, 1.2),
                shard("shardId-000000000001", 0.243, 1.16),
            ],
            others: Some((0.27, 0.62)),
            others_count: 6,
            refused_share: 0.153,
            metered: false,
            keys: vec![key("tenant-0001", 0.17, 1.07), key("tenant\n2", 0.085, 0.4)],
            key_alone: Some(key("tenant-0001", 0.17, 1.07)),
            shard_count: 8,
        }
    }

    fn told(evidence: Evidence) -> Explanation {
        let severity = crate::experiment::finding::Severity::Warning;
        let finding = Finding { severity, subject: "orders".to_owned(), evidence };
        explain(&sample::hot_shard().0, &finding)
    }

    #[test]
    fn hot_shards_are_told_with_time_rates_neighbours_and_keys() {
        let with_key = told(Evidence::HotShards(hot()));
        assert_eq!(
            with_key.text,
            "for 12 min of 30 min, shardId-000000000005 is offered 25.2 % of all bytes, ...0001 \
             24.3 % (even share 12.5 %): 1.20 MiB/s and 1.16 MiB/s against 1.00 MiB/s, 15.3 % of \
             attempts refused. The other 6 run at 27 to 62 %. By weight, keys tenant-0001 and \
             tenant\\n2 carry 25.5 % of all records. tenant-0001 alone is offered 107 % of what a \
             shard may take: no number of shards holds it, at least 2 keys in its place would."
        );
        assert_eq!(with_key.next, None, "more shards would not help");
        let spread = told(Evidence::HotShards(HotShards { key_alone: None, ..hot() }));
        assert_eq!(spread.next.expect("a step").set, "stream.shard_count=16");
    }

    #[test]
    fn a_full_stream_or_a_burst_of_one_key_is_not_told_to_add_shards() {
        let key_alone = hot().key_alone;
        let full = StreamFull {
            over_s: 60.0,
            judged_s: 60.0,
            by_bytes: false,
            offered_per_s: 3_000.0,
            capacity_per_s: 1_000.0,
            load: 3.0,
            accepted_load: 1.0,
            refused_share: 0.6,
            metered: false,
            shard_count: 1,
            shards_needed: 4,
            key_alone: key_alone.clone(),
        };
        let spread = told(Evidence::StreamFull(StreamFull { key_alone: None, ..full.clone() }));
        assert_eq!(spread.next.expect("a step").set, "stream.shard_count=4");
        let one = told(Evidence::StreamFull(full));
        assert!(one.text.contains("no number of shards holds it"), "{}", one.text);
        assert_eq!(one.next, None);
        let burst = Burst {
            burst_s: 60.0,
            judged_s: 60.0,
            shards: 1,
            worst: "shardId-000000000000".to_owned(),
            busiest_second: 2.5,
            mean: 0.5,
            refused_share: 0.1,
            window_s: 60.0,
            shard_count: 4,
            key_alone,
        };
        let spread = told(Evidence::Burst(Burst { key_alone: None, ..burst.clone() }));
        assert_eq!(spread.next.expect("a step").set, "stream.shard_count=10");
        let one = told(Evidence::Burst(burst));
        assert!(one.text.contains("no number of shards makes room"), "{}", one.text);
        assert_eq!(one.next, None);
    }

    #[test]
    fn no_step_leads_beyond_what_the_account_may_hold() {
        let full = HotShards { key_alone: None, shard_count: 251, ..hot() };
        assert_eq!(told(Evidence::HotShards(full)).next, None, "the sample's quota is 500");
    }

    #[test]
    fn text_from_files_stays_short_and_on_one_line() {
        assert_eq!(quoted("a\tb\u{1b}[31m"), "a\\tb\\u{1b}[31m");
        assert_eq!(quoted(&"x".repeat(300)).chars().count(), 24);
        assert_eq!(quoted("it's \"so\""), "it's \"so\"");
    }
}
