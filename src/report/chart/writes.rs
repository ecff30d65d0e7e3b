//! Offered, accepted, and throttled against the stream's capacity.

use crate::experiment::outcome::{Outcome, StreamOutcome, Writes};
use crate::report::chart::ages::capitalised;
use crate::report::chart::timeline::{
    capacity, footer, highest, judged, offered_percent, percent_of, shard_limits, span_s, steps,
    steps_by_place, throttled_percent, unthrottled, vertical_marks,
};
use crate::report::chart::{Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, text};
use crate::scenario::Scenario;

/// A capacity further above the lines than this is named, not drawn.
const CAPACITY_IN_VIEW: f64 = 4.0;

/// Writes over time, and what an interval's mean hides.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    if outcome.write.attempts == 0 && outcome.write.offered_records == 0 {
        return None;
    }
    let mut panels = vec![capacity_panel(outcome)];
    panels.extend(busiest_second_panel(outcome));
    let title = finding(outcome);
    let seconds = span_s(outcome).max(f64::MIN_POSITIVE);
    let rate = |records: u64| text::number(records as f64 / seconds);
    let alt = format!(
        "{title}. Offered {} records/s, accepted {}, refused attempts {}; {} records lost",
        rate(outcome.write.offered_records),
        rate(outcome.write.accepted_records),
        rate(outcome.write.throttled),
        text::number(outcome.write.lost_records as f64),
    );
    Some(Chart {
        title,
        subtitle: "Was I over the limit, and by how much?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: vertical_marks(scenario, outcome),
        body: Body::Panels(panels),
    })
}

fn finding(outcome: &Outcome) -> String {
    let offered = text::percent(offered_percent(outcome));
    let write = judged(outcome);
    let lost = match write.lost_records {
        0 => String::new(),
        lost => format!("; {} records lost", text::number(lost as f64)),
    };
    let throttled = match write.throttled {
        0 => capitalised(unthrottled(outcome)),
        _ => format!("{} of attempts throttled", text::percent(throttled_percent(write))),
    };
    format!("{throttled}; {offered} of the capacity was asked for{lost}")
}

/// Offered, accepted, throttled in records/s: the panel that the overview shows too.
pub(super) fn records_panel(outcome: &Outcome) -> Panel {
    Panel {
        title: "Records/s".to_owned(),
        weight: 1.3,
        quantity: Quantity::RecordsPerSecond,
        series: write_series(outcome, |records, _| records),
        limits: Vec::new(),
        band: None,
        stacked: false,
        shades: Vec::new(),
    }
}

/// The same against the capacity, in the unit that fills up first.
fn capacity_panel(outcome: &Outcome) -> Panel {
    let limits = shard_limits(outcome);
    let write = &outcome.write;
    let by_records = percent_of(write.offered_records as f64, 0.0, limits);
    let by_bytes = percent_of(0.0, write.offered_bytes as f64, limits);
    let (quantity, unit, other) = if by_bytes > by_records {
        (Quantity::BytesPerSecond, "Bytes/s", "records/s")
    } else {
        (Quantity::RecordsPerSecond, "Records/s", "bytes/s")
    };
    let in_bytes = quantity == Quantity::BytesPerSecond;
    let series = write_series(outcome, |records, bytes| if in_bytes { bytes } else { records });
    let capacity = steps_by_place(outcome, |place, _| {
        let all = capacity(outcome, place);
        Some(if in_bytes { all.1 } else { all.0 })
    });
    let top = series.iter().map(|series| highest(&series.steps)).fold(0.0, f64::max);
    let capacity_top = highest(&capacity);
    let amount = if in_bytes { text::byte_rate(capacity_top) } else { text::number(capacity_top) };
    let in_view = capacity_top <= top * CAPACITY_IN_VIEW;
    let title = if in_view {
        format!("{unit}, nearer to the capacity than {other}")
    } else {
        format!("{unit}; the capacity of {amount} is far above")
    };
    let limits = vec![Limit { label: format!("capacity {amount}"), steps: capacity }];
    let limits = if in_view { limits } else { Vec::new() };
    Panel {
        title,
        weight: 1.4,
        quantity,
        series,
        limits,
        band: None,
        stacked: false,
        shades: Vec::new(),
    }
}

/// Accepted below offered below throttled, so that equal lines show through each other's gaps.
fn write_series(outcome: &Outcome, pick: impl Fn(f64, f64) -> f64) -> Vec<Series> {
    let line = |label: &str, role, dash, of: fn(&Writes) -> (u64, u64)| {
        let steps = steps(outcome, |flow, seconds| {
            let (records, bytes) = of(&flow.write);
            Some(pick(records as f64, bytes as f64) / seconds)
        });
        Series { label: label.to_owned(), steps, role, dash }
    };
    let mut series = vec![
        line("accepted", Role::Accepted, Dash::Solid, |w| (w.accepted_records, w.accepted_bytes)),
        line("offered", Role::Offered, Dash::Dotted, |w| (w.offered_records, w.offered_bytes)),
    ];
    if outcome.write.throttled > 0 {
        let throttled = |w: &Writes| (w.throttled, w.throttled_bytes);
        series.push(line("throttled", Role::Throttled, Dash::Long, throttled));
    }
    series
}

/// The busiest second of each interval against the interval's mean; none where an interval is no
/// longer than a second.
fn busiest_second_panel(outcome: &Outcome) -> Option<Panel> {
    if !outcome.streams.iter().all(StreamOutcome::has_seconds) {
        return None;
    }
    if outcome.interval.as_s() <= 1.0 {
        return None;
    }
    let mean = steps(outcome, |flow, seconds| Some(flow.write.offered_records as f64 / seconds));
    let peak = steps(outcome, |flow, _| Some(flow.peak_offered_records as f64));
    let ratio = ratio(&peak, &mean);
    let length = text::duration(outcome.interval.as_s());
    let title = match ratio {
        Some(ratio) if ratio >= 1.005 => format!(
            "Records/s offered: the busiest second of each {length} is up to {} times its mean",
            text::significant(ratio)
        ),
        _ => format!("Records/s offered: the busiest second of each {length} is like its mean"),
    };
    let line = |label: &str, steps: Vec<Step>, role, dash| Series {
        label: label.to_owned(),
        steps,
        role,
        dash,
    };
    Some(Panel {
        title,
        weight: 1.0,
        quantity: Quantity::RecordsPerSecond,
        series: vec![
            line("mean", mean, Role::Offered, Dash::Dotted),
            line("busiest second", peak, Role::Offered, Dash::Solid),
        ],
        limits: Vec::new(),
        band: Some((0, 1)),
        stacked: false,
        shades: Vec::new(),
    })
}

fn ratio(peak: &[Step], mean: &[Step]) -> Option<f64> {
    let pairs = peak.iter().zip(mean).filter_map(|(peak, mean)| Some((peak.value?, mean.value?)));
    pairs.filter(|(_, mean)| *mean > 0.0).map(|(peak, mean)| peak / mean).reduce(f64::max)
}
