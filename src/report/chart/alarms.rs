//! What alarms saw: their datapoints, their thresholds, and when they were raised.

use crate::experiment::outcome::{AlarmOutcome, Outcome};
use crate::report::alarm::{bound, watched};
use crate::report::chart::timeline::{footer, span_s, vertical_marks};
use crate::report::chart::{
    Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, VerticalMark, text,
};
use crate::scenario::Scenario;
use crate::scenario::alarm::{Alarm, AlarmUnit, Source};

/// Alarms on one picture.
const PANELS: usize = 4;
/// Pictures at most.
const CHARTS: usize = 4;

/// A picture of up to four alarms, and more where there are more: first those that were raised.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let mut alarms: Vec<(&Alarm, &AlarmOutcome)> =
        scenario.alarms.iter().zip(&outcome.alarms).collect();
    alarms.retain(|(_, of)| !of.points.is_empty());
    alarms.sort_by_key(|(_, of)| of.stretches().is_empty());
    let marks = vertical_marks(scenario, outcome);
    let groups = alarms.chunks(PANELS).take(CHARTS).enumerate();
    groups
        .map(|(place, group)| {
            let stem =
                if place == 0 { "alarms".to_owned() } else { format!("alarms-{}", place + 1) };
            (stem, chart(scenario, outcome, group, &marks))
        })
        .collect()
}

fn chart(
    scenario: &Scenario,
    outcome: &Outcome,
    group: &[(&Alarm, &AlarmOutcome)],
    marks: &[VerticalMark],
) -> Chart {
    let told: Vec<String> = group.iter().map(|(alarm, of)| finding(alarm, of)).collect();
    let raised = group.iter().filter(|(_, of)| !of.stretches().is_empty()).count();
    let title = match (group, raised) {
        ([_], _) | (_, 1) => told.first().cloned().unwrap_or_default(),
        (_, 0) => "No alarm was raised".to_owned(),
        (all, n) => format!("{n} of {} were raised", text::counted(all.len(), "alarm")),
    };
    Chart {
        title,
        subtitle: "Who would have been told, and when?".to_owned(),
        footer: footer(scenario, outcome),
        alt: told.join(". "),
        span_s: span_s(outcome),
        marks: marks.to_vec(),
        body: Body::Panels(group.iter().map(|(alarm, of)| panel(scenario, alarm, of)).collect()),
    }
}

/// `busy was in ALARM for 7 min from 8 min on`.
fn finding(alarm: &Alarm, of: &AlarmOutcome) -> String {
    let stretches = of.stretches();
    let seconds: f64 = stretches.iter().map(|(begins, ends)| ends.since(*begins).as_s()).sum();
    let lasted = text::duration(seconds);
    match stretches.as_slice() {
        [] => format!("{} was not raised", alarm.name),
        [(begins, _)] => {
            let from = text::duration(begins.as_s());
            format!("{} was in ALARM for {lasted} from {from} on", alarm.name)
        }
        [(begins, _), ..] => format!(
            "{} was in ALARM {} for {lasted} in all, first at {}",
            alarm.name,
            text::counted(stretches.len(), "time"),
            text::duration(begins.as_s()),
        ),
    }
}

fn panel(scenario: &Scenario, alarm: &Alarm, of: &AlarmOutcome) -> Panel {
    let (quantity, factor) = match alarm.unit() {
        AlarmUnit::Bytes => (Quantity::Bytes, 1.0),
        AlarmUnit::Count => (Quantity::Count, 1.0),
        AlarmUnit::Milliseconds => (Quantity::Age, 1.0),
        AlarmUnit::Share => (Quantity::Percent, 100.0),
        AlarmUnit::RecordsPerSecond => (Quantity::RecordsPerSecond, 1.0),
    };
    let shown = |value| alarm.shown_value(value) * factor;
    let steps = of.points.iter().enumerate().map(|(index, point)| Step {
        from_s: of.start(index).as_s(),
        to_s: of.start(index + 1).as_s(),
        value: point.value.map(shown),
    });
    let role = match alarm.metric.source() {
        Source::Writes => Role::Accepted,
        Source::Calls | Source::Events | Source::Both => Role::Read,
    };
    let span =
        Step { from_s: 0.0, to_s: of.until.as_s(), value: Some(shown(alarm.rule.threshold)) };
    let label = match alarm.statistic_name() {
        "" => "value",
        statistic => statistic,
    };
    let stretches = of.stretches();
    Panel {
        title: format!("{}: {}", alarm.name, watched(scenario, alarm)),
        weight: 1.0,
        quantity,
        series: vec![Series {
            label: label.to_owned(),
            steps: steps.collect(),
            role,
            dash: Dash::Solid,
        }],
        limits: vec![Limit { label: bound(alarm), steps: vec![span] }],
        band: None,
        stacked: false,
        shades: stretches.iter().map(|(from, to)| (from.as_s(), to.as_s())).collect(),
    }
}
