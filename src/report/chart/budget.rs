//! Who uses what a shard gives out to those who poll it.

use crate::experiment::outcome::{ConsumerOutcome, Outcome, ReadFlow};
use crate::model::plan::ReadPlan;
use crate::report::chart::frame::SMALL;
use crate::report::chart::label::shorten;
use crate::report::chart::timeline::{footer, highest, span_s, steps, vertical_marks};
use crate::report::chart::{
    Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, of_each, text,
};
use crate::scenario::Scenario;

/// Consumers shown apart; the others come together.
const SHOWN: usize = 8;
/// A name's part of a label [px].
const WIDEST_NAME: f64 = 130.0;
/// Part of a limit from which it is all but used up.
const NEAR: f64 = 0.95;

/// A chart of the only stream, of each of several, or of the one with the most calls.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let busiest = busiest_stream(outcome);
    of_each(outcome, "read-budget", busiest, |stream| chart(scenario, outcome, stream))
}

/// Calls and bytes of the busiest shard, poller upon poller, against what they share; none where
/// nobody polls.
fn chart(scenario: &Scenario, outcome: &Outcome, stream: usize) -> Option<Chart> {
    let limits = &scenario.plan.streams.get(stream)?.read;
    let pollers: Vec<usize> = (0..outcome.consumers.len())
        .filter(|&place| {
            let consumer = &outcome.consumers[place];
            consumer.stream == stream && !consumer.fan_out
        })
        .collect();
    if pollers.iter().all(|&place| outcome.consumers[place].calls == 0) {
        return None;
    }
    let calls = panel(outcome, &pollers, limits, Quantity::Count);
    let bytes = panel(outcome, &pollers, limits, Quantity::BytesPerSecond);
    let title = finding(outcome, &pollers, limits, (&calls, &bytes));
    let alt = format!(
        "{title}. {}, up to {} calls/s of {} and {} of {}",
        text::counted(pollers.len(), "poller"),
        text::significant(top_of(&calls)),
        limits.calls_per_s,
        text::byte_rate(top_of(&bytes)),
        text::byte_rate(limits.bytes_per_s as f64),
    );
    Some(Chart {
        title,
        subtitle: "Who uses the calls and bytes that all pollers of a shard share?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: vertical_marks(scenario, outcome),
        body: Body::Panels(vec![calls, bytes]),
    })
}

/// The stream with the most calls of pollers.
fn busiest_stream(outcome: &Outcome) -> Option<usize> {
    let calls = |stream: usize| -> u64 {
        let of = outcome.consumers.iter().filter(|consumer| consumer.stream == stream);
        of.map(|consumer| consumer.calls).sum()
    };
    let streams = (0..outcome.streams.len()).filter(|&stream| calls(stream) > 0);
    streams.max_by_key(|&stream| (calls(stream), std::cmp::Reverse(stream)))
}

fn amount(read: &ReadFlow, quantity: Quantity) -> f64 {
    match quantity {
        Quantity::BytesPerSecond => read.busiest_bytes as f64,
        _ => read.busiest_calls as f64,
    }
}

/// The pollers upon one another: each line is the sum up to its own.
fn panel(outcome: &Outcome, pollers: &[usize], limits: &ReadPlan, quantity: Quantity) -> Panel {
    let shown = if pollers.len() > SHOWN { SHOWN - 1 } else { pollers.len() };
    let upto = |count: usize| {
        steps(outcome, |flow, seconds| {
            let sum: f64 = pollers[..count]
                .iter()
                .filter_map(|&place| flow.reads.get(place))
                .map(|read| amount(read, quantity))
                .sum();
            Some(sum / seconds)
        })
    };
    let mut series: Vec<Series> = pollers[..shown]
        .iter()
        .enumerate()
        .map(|(rank, &place)| {
            let consumer = &outcome.consumers[place];
            Series {
                label: shorten(&consumer.name, SMALL, WIDEST_NAME),
                steps: upto(rank + 1),
                role: Role::of_consumer(consumer.kind),
                dash: Dash::of_place(rank),
            }
        })
        .collect();
    if shown < pollers.len() {
        series.push(Series {
            label: format!("{} others", pollers.len() - shown),
            steps: upto(pollers.len()),
            role: Role::Neutral,
            dash: Dash::Solid,
        });
    }
    let (unit, limit, label) = if quantity == Quantity::BytesPerSecond {
        let limit = limits.bytes_per_s as f64;
        ("Bytes/s", limit, format!("limit {}", text::byte_rate(limit)))
    } else {
        let limit = limits.calls_per_s as f64;
        ("GetRecords calls/s", limit, format!("limit {}/s", limits.calls_per_s))
    };
    Panel {
        title: format!("{unit} answered on the busiest shard, one consumer upon the other"),
        weight: 1.0,
        quantity,
        series,
        limits: vec![Limit { label, steps: steps(outcome, |_, _| Some(limit)) }],
        band: None,
        stacked: true,
        shades: Vec::new(),
    }
}

/// The highest sum of a panel.
fn top_of(panel: &Panel) -> f64 {
    panel.series.last().map_or(0.0, |all| highest(&all.steps))
}

/// Intervals in which the pollers together all but used up a limit.
fn full_intervals(panel: &Panel, limit: u64) -> usize {
    let full = |step: &&Step| step.value.is_some_and(|value| value >= limit as f64 * NEAR);
    panel.series.last().map_or(0, |all| all.steps.iter().filter(full).count())
}

fn finding(
    outcome: &Outcome,
    pollers: &[usize],
    limits: &ReadPlan,
    (calls, bytes): (&Panel, &Panel),
) -> String {
    let sum = |count: fn(&ConsumerOutcome) -> u64| -> u64 {
        pollers.iter().map(|&place| count(&outcome.consumers[place])).sum()
    };
    let (answered, refused) = (sum(|it| it.calls), sum(|it| it.throttled_calls));
    let (who, share) = match pollers.len() {
        1 => ("the only poller".to_owned(), "uses"),
        n => (format!("{n} pollers"), "share"),
    };
    if refused > 0 {
        let refused = refused as f64 / (refused + answered) as f64 * 100.0;
        let by_calls = full_intervals(calls, limits.calls_per_s);
        let by_bytes = full_intervals(bytes, limits.bytes_per_s);
        let what = match (by_calls, by_bytes) {
            (calls, bytes) if calls > 2 * bytes => "calls",
            (calls, bytes) if bytes > 2 * calls => "bytes",
            _ => "calls and bytes",
        };
        let refused = text::percent(refused);
        return format!("{refused} of GetRecords calls refused: {who} {share} a shard's {what}");
    }
    let used = |panel: &Panel, limit: u64| top_of(panel) / (limit as f64).max(1.0);
    let of_calls = used(calls, limits.calls_per_s);
    let of_bytes = used(bytes, limits.bytes_per_s);
    let (most, what) = if of_calls >= of_bytes { (of_calls, "calls") } else { (of_bytes, "bytes") };
    let most = text::percent(most * 100.0);
    format!("No GetRecords call was refused: {who} took up to {most} of a shard's {what}")
}
