//! What waits for each consumer, and how fast it is worked off.

use std::fmt::Write as _;

use crate::experiment::outcome::{Outcome, ReadFlow};
use crate::report::chart::frame::SMALL;
use crate::report::chart::label::shorten;
use crate::report::chart::timeline::{
    footer, highest, span_s, steps, steps_by_place, vertical_marks,
};
use crate::report::chart::{
    Body, Chart, Dash, Panel, Quantity, Role, Series, Step, VerticalMark, text,
};
use crate::scenario::Scenario;
use crate::time::Span;

/// Consumers shown, the largest backlogs first.
const SHOWN: usize = 8;
/// A name's part of a label [px].
const WIDEST_NAME: f64 = 120.0;
/// A consumer further behind than this was behind.
const BEHIND: Span = Span::from_s(60);
/// One no further behind than this is current.
const CURRENT: Span = Span::from_s(10);

/// Backlog and drain over time; none where nothing ever waited at an interval's end.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    let mut order: Vec<usize> =
        (0..outcome.consumers.len()).filter(|&it| outcome.consumers[it].backlog_max > 0).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(outcome.consumers[place].backlog_max));
    let worst = *order.first()?;
    let currents: Vec<(usize, f64)> =
        order.iter().filter_map(|&place| Some((place, current_at(outcome, place)?))).collect();
    let lines = |per_second: bool| -> Vec<Series> {
        let line = |&place: &usize| {
            let consumer = &outcome.consumers[place];
            let steps = steps_by_place(outcome, |interval, seconds| {
                if per_second {
                    return Some(handed_over(outcome, place, interval)? as f64 / seconds);
                }
                Some(read(outcome, place, interval)?.backlog_records as f64)
            });
            let last = steps.last().and_then(|step| step.value).unwrap_or(0.0);
            let name = shorten(&consumer.name, SMALL, WIDEST_NAME);
            let unit = if per_second { "/s" } else { "" };
            Series {
                label: format!("{name} {}{unit}", text::number(last)),
                steps,
                role: Role::of_consumer(consumer.kind),
                dash: Dash::of_place(place),
            }
        };
        order.iter().take(SHOWN).map(line).collect()
    };
    let panel = |title: &str, quantity, series| Panel {
        title: title.to_owned(),
        weight: 1.0,
        quantity,
        series,
        limits: Vec::new(),
        band: None,
        stacked: false,
        shades: Vec::new(),
    };
    let waiting = lines(false);
    let title = finding(outcome, worst, &waiting, &currents);
    let mut alt = title.clone();
    for &place in &order {
        let consumer = &outcome.consumers[place];
        let most = text::number(consumer.backlog_max as f64);
        let _ = write!(alt, ". {}: at most {most} records", consumer.name);
    }
    let mut marks = vertical_marks(scenario, outcome);
    marks.extend(currents.iter().map(|&(place, at_s)| VerticalMark {
        at_s,
        label: format!("{} current", shorten(&outcome.consumers[place].name, SMALL, WIDEST_NAME)),
        ends: false,
    }));
    marks.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    Some(Chart {
        title,
        subtitle: "How much waits, and when is everybody current again?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks,
        body: Body::Panels(vec![
            panel("Records waiting at each interval's end", Quantity::Count, waiting),
            panel("Records/s handed over", Quantity::RecordsPerSecond, lines(true)),
        ]),
    })
}

fn read(outcome: &Outcome, place: usize, interval: usize) -> Option<&ReadFlow> {
    outcome.timeline.get(interval)?.reads.get(place)
}

/// Records that a consumer was handed in an interval. An event source mapping reads ahead: its
/// function is handed them later, and here each of them counts once.
fn handed_over(outcome: &Outcome, place: usize, interval: usize) -> Option<u64> {
    match &outcome.consumers.get(place)?.lambda {
        Some(lambda) => Some(lambda.timeline.get(interval)?.batch_records),
        None => Some(read(outcome, place, interval)?.records),
    }
}

/// When a consumer that was behind became current for the rest of the run (s).
fn current_at(outcome: &Outcome, place: usize) -> Option<f64> {
    let ages = steps(outcome, |flow, _| Some(flow.reads.get(place)?.backlog_age.as_s()));
    if highest(&ages) < BEHIND.as_s() {
        return None;
    }
    let current = |step: &&Step| step.value.is_some_and(|age| age <= CURRENT.as_s());
    let since = ages.iter().rev().take_while(current).last()?;
    Some(since.to_s)
}

fn finding(
    outcome: &Outcome,
    worst: usize,
    waiting: &[Series],
    currents: &[(usize, f64)],
) -> String {
    let consumer = &outcome.consumers[worst];
    let name = &consumer.name;
    let most = text::number(consumer.backlog_max as f64);
    if let Some((_, at)) = currents.iter().find(|(place, _)| *place == worst) {
        let at = text::duration(*at);
        return format!("Consumer {name} was up to {most} records behind and is current at {at}");
    }
    let last = waiting.first().and_then(|line| line.steps.last()?.value).unwrap_or(0.0);
    if consumer.age_end >= BEHIND {
        let left = text::number(last);
        return format!("Consumer {name} ends with {left} records waiting, of {most} at most");
    }
    format!("At most {most} records waited for any consumer, {name}")
}
