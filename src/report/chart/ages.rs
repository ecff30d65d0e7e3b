//! The age of what consumers read: who lags, and when data is lost.

use std::fmt::Write as _;

use crate::experiment::outcome::{ConsumerOutcome, Outcome, ReadFlow};
use crate::model::events::ActionKind;
use crate::report::chart::frame::SMALL;
use crate::report::chart::label::shorten;
use crate::report::chart::timeline::{footer, highest, span_s, steps, vertical_marks};
use crate::report::chart::{Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, text};
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// Consumers shown; the oldest ages first where there are more.
const SHOWN: usize = 12;
/// A retention period is drawn when ages come this near to it.
const RETENTION_IN_VIEW: f64 = 0.02;
/// A name's part of a label; its age stands behind it [px].
const WIDEST_NAME: f64 = 120.0;

/// Iterator age of each consumer against its stream's retention period.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    let ages = consumer_ages(outcome);
    let panel = panel(scenario, &ages, SHOWN)?;
    let title = capitalised(&finding(&ages)?);
    let mut alt = title.clone();
    for age in &ages {
        let end = text::duration(age.consumer.age_end.as_s());
        let oldest = text::duration(highest(&age.steps));
        write!(alt, ". {}: {oldest} at most, {end} at the end", age.consumer.name)
            .expect("writing to a string cannot fail");
    }
    Some(Chart {
        title,
        subtitle: "Who lags, and when would data be lost?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: vertical_marks(scenario, outcome),
        body: Body::Panels(vec![panel]),
    })
}

/// One consumer and its age over time.
pub(super) struct ConsumerAge<'a> {
    consumer: &'a ConsumerOutcome,
    /// Age in seconds.
    steps: Vec<Step>,
    /// Its place among the consumers: its dash pattern.
    place: usize,
    /// By how much the age grew lately, in seconds a second, where it still does.
    growth: Option<f64>,
}

/// The ages of all consumers that have one, the oldest first.
pub(super) fn consumer_ages(outcome: &Outcome) -> Vec<ConsumerAge<'_>> {
    let mut ages: Vec<_> = outcome
        .consumers
        .iter()
        .enumerate()
        .map(|(place, consumer)| {
            let steps = steps(outcome, |flow, _| age_of(flow.reads.get(place)?));
            let growth = growth(&steps);
            ConsumerAge { consumer, steps, place, growth }
        })
        .filter(|age| age.steps.iter().any(|step| step.value.is_some()))
        .collect();
    ages.sort_by(|a, b| highest(&b.steps).total_cmp(&highest(&a.steps)));
    ages
}

/// The oldest age of a call; where none returned a record, that of the oldest waiting record.
fn age_of(read: &ReadFlow) -> Option<f64> {
    let waiting = (read.backlog_records > 0).then_some(read.backlog_age);
    read.age_max.or(waiting).map(Span::as_s)
}

/// A panel of at most `shown` consumers; none where no consumer met a record.
pub(super) fn panel(scenario: &Scenario, ages: &[ConsumerAge<'_>], shown: usize) -> Option<Panel> {
    if ages.is_empty() {
        return None;
    }
    let series = ages.iter().take(shown).map(|age| Series {
        label: label(age),
        steps: age.steps.clone(),
        role: Role::of_consumer(age.consumer.kind),
        dash: Dash::of_place(age.place),
    });
    let title = if ages.len() > shown {
        format!("Iterator age, the {shown} oldest of {} consumers", ages.len())
    } else {
        let functions = ages.iter().filter(|age| age.consumer.lambda.is_some()).count();
        let of = match functions {
            0 => "call",
            n if n == ages.len() => "batch",
            _ => "call or batch",
        };
        format!("Iterator age, the oldest {of} of each interval")
    };
    Some(Panel {
        title,
        weight: 1.1,
        quantity: Quantity::Age,
        series: series.collect(),
        limits: retention_limits(scenario, ages),
        band: None,
        stacked: false,
        shades: Vec::new(),
    })
}

fn label(age: &ConsumerAge<'_>) -> String {
    let name = shorten(&age.consumer.name, SMALL, WIDEST_NAME);
    let last = age.steps.iter().rev().find_map(|step| step.value).unwrap_or(0.0);
    let last = text::duration(last);
    match age.growth {
        Some(growth) => format!("{name} {last}, +{}/min", text::duration(growth * 60.0)),
        None => format!("{name} {last}"),
    }
}

/// The retention periods that some consumer comes near to, each once; a change is a step.
fn retention_limits(scenario: &Scenario, ages: &[ConsumerAge<'_>]) -> Vec<Limit> {
    let mut limits: Vec<Limit> = Vec::new();
    for age in ages {
        let (Some(first), Some(last)) = (age.steps.first(), age.steps.last()) else { continue };
        let steps = retention(scenario, age.consumer.stream, (first.from_s, last.to_s));
        let least = steps.iter().filter_map(|step| step.value).fold(f64::INFINITY, f64::min);
        let end = steps.last().and_then(|step| step.value).unwrap_or(least);
        let label = format!("retention {}", text::duration(end));
        let near = highest(&age.steps) >= least * RETENTION_IN_VIEW;
        let limit = Limit { label, steps };
        if near && !limits.contains(&limit) {
            limits.push(limit);
        }
    }
    let end = |limit: &Limit| limit.steps.last().and_then(|step| step.value).unwrap_or(0.0);
    limits.sort_by(|a, b| end(a).total_cmp(&end(b)));
    limits
}

/// A stream's retention period over time (s).
fn retention(scenario: &Scenario, stream: usize, (from_s, to_s): (f64, f64)) -> Vec<Step> {
    let plan = &scenario.plan;
    let changes = plan.actions.iter().filter_map(|action| match action.kind {
        ActionKind::RetentionPeriod { stream: of, holds_from, .. } => {
            (of == stream && holds_from.as_s() < to_s).then_some(holds_from)
        }
        _ => None,
    });
    let starts: Vec<Instant> = std::iter::once(Instant::ZERO).chain(changes).collect();
    let ends = starts.iter().skip(1).map(|at| at.as_s()).chain([to_s]);
    let step = |(start, end): (&Instant, f64)| Step {
        from_s: from_s.max(start.as_s()),
        to_s: end,
        value: plan.retention_at(stream, *start).map(Span::as_s),
    };
    starts.iter().zip(ends).map(step).collect()
}

/// What the ages say, in half a sentence; none without consumers.
pub(super) fn finding(ages: &[ConsumerAge<'_>]) -> Option<String> {
    let worst = ages
        .iter()
        .filter(|age| age.growth.is_some())
        .max_by(|a, b| a.consumer.age_end.cmp(&b.consumer.age_end));
    let expired: f64 = ages.iter().map(|age| age.consumer.ledger.expired as f64).sum();
    let lost = if expired > 0.0 {
        format!("; {} records expired unread", text::number(expired))
    } else {
        String::new()
    };
    if let Some(age) = worst {
        let last = age.steps.iter().rev().find_map(|step| step.value).unwrap_or(0.0);
        let behind = text::duration(last.max(age.consumer.age_end.as_s()));
        return Some(format!(
            "consumer {} ends {behind} behind, still growing{lost}",
            age.consumer.name
        ));
    }
    let oldest = ages.first()?;
    let age = text::duration(highest(&oldest.steps));
    let name = &oldest.consumer.name;
    if ages.len() == 1 {
        return Some(format!("consumer {name} was at most {age} behind{lost}"));
    }
    Some(format!("consumers were at most {age} behind, {name} the most{lost}"))
}

/// A sentence begins large.
pub(super) fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// How fast an age grows at the end, where each sixth of the run's second half is clearly older
/// than the one before.
fn growth(steps: &[Step]) -> Option<f64> {
    const CLEARLY: f64 = 1.05;
    let second_half = &steps[steps.len() / 2..];
    let part = second_half.len() / 3;
    if part == 0 {
        return None;
    }
    let mut means = second_half[second_half.len() - 3 * part..].chunks_exact(part).map(|part| {
        let ages = part.iter().filter_map(|step| step.value);
        let count = ages.clone().count();
        (count > 0).then(|| ages.sum::<f64>() / count as f64)
    });
    let (a, b, c) = (means.next()??, means.next()??, means.next()??);
    let seconds = steps.last()?.to_s - second_half[second_half.len() - part].from_s;
    (a > 0.0 && b > a * CLEARLY && c > b * CLEARLY && c >= 1.0).then(|| (c - b) / seconds)
}
