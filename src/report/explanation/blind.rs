//! K605 in words: an alarm that was never raised although something went wrong.

use std::collections::BTreeMap;

use super::{Explanation, of_stream, quoted};
use crate::experiment::finding::{Blind, Harm};
use crate::report::alarm::{bound, value, watched};
use crate::report::number;
use crate::scenario::Scenario;
use crate::scenario::alarm::{Alarm, AlarmUnit, Measured};

/// Puts the finding in words.
pub(super) fn explain(scenario: &Scenario, name: &str, blind: &Blind) -> Explanation {
    let alarm = scenario.alarms.get(blind.alarm);
    let (harm, cause, mut measured) = match &blind.harm {
        Harm::Writes { throttled_share, lost, shards, shard, busiest_second_share } => {
            let harm = format!(
                "{} of attempts were refused and {} lost",
                number::share(*throttled_share),
                number::counted(*lost, "record"),
            );
            let measured = BTreeMap::from([
                ("throttled_share", *throttled_share),
                ("lost_records", *lost as f64),
                ("busiest_second_share", *busiest_second_share),
            ]);
            let busiest = number::fullness(*busiest_second_share);
            (harm, cause(alarm, *shards, shard, &busiest), measured)
        }
        Harm::Reads { expired } => {
            let verb = if *expired == 1 { "was" } else { "were" };
            let told = format!("{} {verb} never handed over", number::counted(*expired, "record"));
            let measured = BTreeMap::from([("expired_records", *expired as f64)]);
            let cause = "the threshold is not reached before the retention period is; half of it \
                         is a rule of thumb (KDS-T06)";
            (told, cause.to_owned(), measured)
        }
    };
    let seen = match (alarm, blind.highest) {
        (Some(alarm), Some(highest)) => format!(
            "the highest datapoint of {} was {}, ALARM is {}",
            watched(scenario, alarm),
            value(alarm, highest),
            bound(alarm)
        ),
        (Some(alarm), None) => format!("{} had no datapoint", watched(scenario, alarm)),
        (None, _) => String::new(),
    };
    let mut limit = BTreeMap::new();
    if let Some(alarm) = alarm {
        let (highest, threshold) = names(alarm);
        measured.extend(blind.highest.map(|it| (highest, it.as_f64())));
        limit.insert(threshold, alarm.rule.threshold.as_f64());
    }
    Explanation {
        title: "blind alarm",
        text: format!(
            "{}{} was not raised although {harm}: {seen}. {}.",
            of_stream(scenario, &blind.stream),
            quoted(name),
            capitalised(&cause),
        ),
        cause,
        measured,
        limit,
        next: None,
    }
}

/// Why an alarm on writes does not see that some are refused.
fn cause(alarm: Option<&Alarm>, shards: u64, shard: &str, busiest: &str) -> String {
    match alarm.map(|it| it.metric) {
        Some(
            Measured::WriteProvisionedThroughputExceeded
            | Measured::WriteThrottled
            | Measured::RecordsLost,
        ) => "what was refused or lost did not reach its threshold for long enough".to_owned(),
        _ => format!(
            "a limit is one shard's and one second's, and an alarm adds up a period{}: {shard} \
             reached {busiest} of its limit in its busiest second; \
             WriteProvisionedThroughputExceeded counts what is refused",
            match alarm.and_then(|it| it.shard) {
                None if shards > 1 => format!(" and {} shards", number::count(shards)),
                _ => String::new(),
            }
        ),
    }
}

/// The names of its highest datapoint and of its threshold, with their unit.
fn names(alarm: &Alarm) -> (&'static str, &'static str) {
    match alarm.unit() {
        AlarmUnit::Bytes => ("highest_bytes", "threshold_bytes"),
        AlarmUnit::Count => ("highest_count", "threshold_count"),
        AlarmUnit::Milliseconds => ("highest_ms", "threshold_ms"),
        AlarmUnit::Share => ("highest_share", "threshold_share"),
        AlarmUnit::RecordsPerSecond => ("highest_records_per_s", "threshold_records_per_s"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
