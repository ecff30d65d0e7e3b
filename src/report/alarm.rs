//! Alarms in words: what they watch, what their datapoints read, how a threshold is crossed.

use crate::experiment::outcome::AlarmOutcome;
use crate::model::alarm::{Operator, Ratio, State};
use crate::model::plan::StreamPlan;
use crate::report::event::Event;
use crate::report::number;
use crate::scenario::Scenario;
use crate::scenario::alarm::{Alarm, AlarmUnit};
use crate::time::Instant;

/// A datapoint or threshold with its unit: `61.2 MiB`, `80,000`, `2.5 min`.
pub(super) fn value(alarm: &Alarm, value: Ratio) -> String {
    let shown = alarm.shown_value(value);
    match alarm.unit() {
        AlarmUnit::Bytes => number::bytes(shown),
        AlarmUnit::Milliseconds => number::duration(shown),
        AlarmUnit::Share => number::share(shown),
        AlarmUnit::RecordsPerSecond => number::rate(shown),
        AlarmUnit::Count if value.whole == 1 => number::count(value.part),
        AlarmUnit::Count => number::significant(shown, 3),
    }
}

/// The unit of the numbers in tables and JSON: bytes, a count, milliseconds, a part of one, or
/// records a second.
pub(super) fn unit_name(alarm: &Alarm) -> &'static str {
    match alarm.unit() {
        AlarmUnit::Bytes => "bytes",
        AlarmUnit::Count => "count",
        AlarmUnit::Milliseconds => "ms",
        AlarmUnit::Share => "share",
        AlarmUnit::RecordsPerSecond => "records_per_s",
    }
}

/// What is watched: `IncomingRecords, Sum of 1 min`.
pub(super) fn watched(scenario: &Scenario, alarm: &Alarm) -> String {
    let period = number::duration(alarm.period.as_s());
    let how = match alarm.statistic_name() {
        "" => format!("of {period}"),
        statistic => format!("{statistic} of {period}"),
    };
    let plan = &scenario.plan;
    let reader = alarm.reader.and_then(|index| plan.readers.get(index));
    let stream = plan.streams.get(alarm.stream).filter(|_| plan.streams.len() > 1);
    let shards = plan.streams.get(alarm.stream).map(StreamPlan::open_shards);
    let shard = alarm.shard.and_then(|index| shards?.get(index).map(|shard| shard.number));
    let mut whose = String::new();
    for name in [stream.map(|it| it.name.as_str()), reader.map(|it| it.name.as_str())] {
        whose.extend(name.into_iter().flat_map(|name| [" of ", name]));
    }
    let shard = shard.map_or_else(String::new, |number| format!(" of shard {number}"));
    format!("{}{shard}{whose}, {how}", alarm.metric.name())
}

/// What breaches: `80,000 or more`.
pub(super) fn bound(alarm: &Alarm) -> String {
    let threshold = value(alarm, alarm.rule.threshold);
    match alarm.rule.operator {
        Operator::GreaterThanOrEqualToThreshold => format!("{threshold} or more"),
        Operator::GreaterThanThreshold => format!("more than {threshold}"),
        Operator::LessThanThreshold => format!("less than {threshold}"),
        Operator::LessThanOrEqualToThreshold => format!("{threshold} or less"),
    }
}

/// The datapoint nearest to being raised, or farthest beyond it; `None` where there is none.
pub(super) fn extreme(alarm: &Alarm, outcome: &AlarmOutcome) -> Option<Ratio> {
    let values = outcome.points.iter().filter_map(|point| point.value);
    if alarm.rule.operator.is_upper() {
        values.max_by(|a, b| a.order(*b))
    } else {
        values.min_by(|a, b| a.order(*b))
    }
}

/// Raises of one alarm that charts mark; more would hide what they explain.
const MARKED: usize = 5;

/// Changes of state, in order of declaration and time.
pub(super) fn events(scenario: &Scenario, alarms: &[AlarmOutcome]) -> Vec<Event> {
    let mut events = Vec::new();
    for (alarm, outcome) in scenario.alarms.iter().zip(alarms) {
        let mut raised = 0;
        for change in outcome.changes() {
            let what = match (change.from, change.to) {
                (_, State::Alarm) => "alarm_fires",
                (State::Alarm, _) => "alarm_ends",
                _ => "alarm_state",
            };
            raised += usize::from(change.to == State::Alarm);
            let is_marked = what != "alarm_state" && raised <= MARKED;
            let name = &alarm.name;
            let seen = match change.value {
                Some(it) => format!("{} {}", alarm.metric.name(), value(alarm, it)),
                None => format!("no datapoint of {}", alarm.metric.name()),
            };
            let (from, to) = (change.from.name(), change.to.name());
            events.push(Event {
                at: change.at,
                what,
                target: format!("alarm.{name}"),
                details: format!("{from} to {to}: {seen}, ALARM is {}", bound(alarm)),
                label: if is_marked { format!("{name} {to}") } else { String::new() },
            });
        }
    }
    events
}

/// What began last before `at`: the fault or action, and when.
pub(super) fn occasion(events: &[Event], at: Instant) -> Option<(String, Instant)> {
    let begins = |event: &&Event| matches!(event.what, "fault_begins" | "action") && event.at <= at;
    let last = events.iter().filter(begins).max_by_key(|event| event.at)?;
    let name = last.details.split(' ').next().unwrap_or_default();
    Some((name.to_owned(), last.at))
}
