//! The alarms of a run in its summary.

use super::AlarmPart;
use crate::experiment::outcome::{AlarmOutcome, Outcome};
use crate::report::alarm::{bound, extreme, occasion, unit_name, value};
use crate::report::event::events;
use crate::report::number;
use crate::scenario::Scenario;
use crate::scenario::alarm::Alarm;
use crate::time::Instant;

/// One part an alarm, in order of declaration.
pub(super) fn parts(scenario: &Scenario, outcome: &Outcome) -> Vec<AlarmPart> {
    if scenario.alarms.is_empty() {
        return Vec::new();
    }
    let events = events(scenario, outcome);
    let pairs = scenario.alarms.iter().zip(&outcome.alarms);
    pairs.map(|(alarm, of)| part(scenario, alarm, of, &events)).collect()
}

fn part(
    scenario: &Scenario,
    alarm: &Alarm,
    of: &AlarmOutcome,
    events: &[crate::report::event::Event],
) -> AlarmPart {
    let from = Instant::ZERO + scenario.plan.warm_up;
    let first = of.raised(from).next();
    let occasion = first.and_then(|at| occasion(events, at));
    let stream = scenario.plan.streams.get(alarm.stream);
    let extreme = extreme(alarm, of);
    AlarmPart {
        name: alarm.name.clone(),
        stream: stream.map_or_else(String::new, |stream| stream.name.clone()),
        metric: alarm.metric.name(),
        statistic: Some(alarm.statistic_name()).filter(|name| !name.is_empty()),
        unit: unit_name(alarm),
        threshold: alarm.rule.threshold.as_f64(),
        comparison_operator: alarm.rule.operator.name(),
        extreme: extreme.map(crate::model::alarm::Ratio::as_f64),
        fired: of.raised(from).count(),
        first_s: first.map(Instant::as_s),
        first_after: occasion.as_ref().map(|(name, _)| name.clone()),
        first_after_s: first.zip(occasion).map(|(at, (_, began))| at.since(began).as_s()),
        in_alarm_s: of.time_in_alarm(from).as_s(),
        state_at_end: of.state_at_end().name(),
        seen: extreme.map(|it| format!("{}, ALARM is {}", value(alarm, it), bound(alarm))),
        is_upper: alarm.rule.operator.is_upper(),
    }
}

/// What became of an alarm: when it was raised, how often, for how long.
pub(super) fn told(alarm: &AlarmPart) -> Vec<String> {
    let mut parts = vec![format!("alarm on {}", alarm.metric)];
    match (alarm.first_s, alarm.in_alarm_s > 0.0) {
        (Some(first), _) => {
            let after = alarm.first_after.as_ref().zip(alarm.first_after_s);
            let after = after.map_or_else(String::new, |(name, after_s)| {
                format!(", {} after the {name}", number::duration(after_s))
            });
            parts.push(format!("first raised at {}{after}", number::duration(first)));
            parts.push(number::counted(alarm.fired as u64, "time"));
            parts.push(format!("in ALARM {}", number::duration(alarm.in_alarm_s)));
        }
        (None, true) => {
            parts.push("raised before the warm-up ended".to_owned());
            parts.push(format!("in ALARM {}", number::duration(alarm.in_alarm_s)));
        }
        (None, false) => {
            parts.push("was not raised".to_owned());
            let most = if alarm.is_upper { "highest" } else { "lowest" };
            parts.push(match &alarm.seen {
                Some(seen) => format!("{most} {seen}"),
                None => "no datapoint".to_owned(),
            });
        }
    }
    parts.push(format!("{} at the end", alarm.state_at_end));
    parts
}
