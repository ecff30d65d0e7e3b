//! The whole run on one page: writes, shards, ages, shard count on one time axis.

use crate::experiment::outcome::Outcome;
use crate::report::chart::ages::{self, ConsumerAge, capitalised, consumer_ages};
use crate::report::chart::timeline::{
    brought, capacity, event_marks, events_in_words, footer, highest, judged, offered_percent,
    percent_of, span_s, steps, steps_by_place, throttled_percent, unthrottled, vertical_marks,
};
use crate::report::chart::writes::records_panel;
use crate::report::chart::{Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, text};
use crate::scenario::Scenario;

/// Consumers whose labels fit beside their strip.
const SHOWN: usize = 5;

/// Four aligned strips; none for a run without an interval.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    if outcome.timeline.is_empty() {
        return None;
    }
    let ages = consumer_ages(outcome);
    let busiest = shards_panel(outcome);
    let top = busiest.series.first().map_or(0.0, |series| highest(&series.steps));
    let mut panels = vec![records_panel(outcome), busiest];
    panels.extend(ages::panel(scenario, &ages, SHOWN));
    if outcome.streams.iter().any(|stream| !stream.direct) {
        panels.push(open_shards_panel(outcome));
    }
    let title = finding(outcome, &ages);
    let events = event_marks(scenario, outcome);
    let alt = format!(
        "{title}. {} of the capacity was asked for; the busiest second of a shard reached {} of \
         its limit{}",
        text::percent(offered_percent(outcome)),
        text::percent(top),
        events_in_words(&events),
    );
    Some(Chart {
        title,
        subtitle: "What happened, and when?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: vertical_marks(scenario, outcome),
        body: Body::Panels(panels),
    })
}

fn finding(outcome: &Outcome, ages: &[ConsumerAge<'_>]) -> String {
    let write = judged(outcome);
    let writes = match (write.attempts, write.throttled) {
        (0, _) => "nothing was written".to_owned(),
        (_, 0) if write.lost_records > 0 => {
            let lost = text::number(write.lost_records as f64);
            format!("{}, {lost} records lost", unthrottled(outcome))
        }
        (_, 0) => unthrottled(outcome).to_owned(),
        _ => format!("{} of attempts throttled", text::percent(throttled_percent(write))),
    };
    let ages = ages::finding(ages).map_or_else(String::new, |ages| format!("; {ages}"));
    capitalised(&format!("{writes}{ages}"))
}

/// The busiest shard's busiest second and the mean of all shards, against the limit.
fn shards_panel(outcome: &Outcome) -> Panel {
    let busiest = steps(outcome, |flow, _| Some(f64::from(flow.busiest_second_ppm) / 10_000.0));
    let mean = steps_by_place(outcome, |place, seconds| {
        let (records, bytes) = capacity(outcome, place);
        let (attempts, sent) = brought(&outcome.timeline.get(place)?.write);
        Some(percent_of(attempts, sent, (records * seconds, bytes * seconds)))
    });
    let whole = Step { from_s: 0.0, to_s: span_s(outcome), value: Some(100.0) };
    let line = |label: &str, steps: Vec<Step>, role, dash| Series {
        label: label.to_owned(),
        steps,
        role,
        dash,
    };
    Panel {
        title: "Attempts a shard, % of its limit".to_owned(),
        weight: 1.1,
        quantity: Quantity::Percent,
        series: vec![
            line("busiest shard's busiest second", busiest, Role::Offered, Dash::Solid),
            line("mean of all shards", mean, Role::Neutral, Dash::Long),
        ],
        limits: vec![Limit { label: "limit".to_owned(), steps: vec![whole] }],
        band: None,
        stacked: false,
        shades: Vec::new(),
    }
}

fn open_shards_panel(outcome: &Outcome) -> Panel {
    let open = steps(outcome, |flow, _| Some(f64::from(flow.open_shards)));
    let last = outcome.timeline.last().map_or(0, |flow| flow.open_shards);
    let label = text::counted(last as usize, "shard");
    Panel {
        title: "Open shards".to_owned(),
        weight: 0.5,
        quantity: Quantity::Count,
        series: vec![Series { label, steps: open, role: Role::Neutral, dash: Dash::Solid }],
        limits: Vec::new(),
        band: None,
        stacked: false,
        shades: Vec::new(),
    }
}
