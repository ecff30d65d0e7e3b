//! How late records are: the distribution of each consumer's latency.

use std::fmt::Write as _;

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{ConsumerOutcome, Outcome};
use crate::report::chart::timeline::{footer, span_s};
use crate::report::chart::{Body, Chart, Curve, Dash, Role, text};
use crate::scenario::Scenario;

/// Consumers shown, the latest first.
const SHOWN: usize = 10;
/// Marked on every curve.
const MARKED: [f64; 4] = [50.0, 90.0, 99.0, 99.9];

/// Birth to the end of processing, as the share of records that are no later; none where no record
/// was processed.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    let mut read: Vec<(usize, &ConsumerOutcome)> = outcome
        .consumers
        .iter()
        .enumerate()
        .filter(|(_, consumer)| consumer.latency.total() > 0)
        .collect();
    let at = |consumer: &ConsumerOutcome, percent| {
        consumer.latency.percentile(percent).map_or(0.0, |ns| ns as f64 / 1e9)
    };
    read.sort_by(|a, b| at(b.1, 50.0).total_cmp(&at(a.1, 50.0)));
    let (last, first) = (read.first()?.1, read.last()?.1);
    let half = |consumer: &ConsumerOutcome| text::duration(at(consumer, 50.0));
    let title = if read.len() == 1 {
        let most = text::duration(at(last, 99.0));
        format!("Half of the records are done after {}, 99 % after {most}", half(last))
    } else {
        format!(
            "Half of the records are done after {} by {}, after {} by {}",
            half(first),
            first.name,
            half(last),
            last.name
        )
    };
    let mut alt = title.clone();
    for (_, consumer) in &read {
        let _ = write!(alt, ". {}: {}", consumer.name, quantiles(consumer));
    }
    let curves = read.iter().take(SHOWN).map(|(place, consumer)| Curve {
        label: consumer.name.clone(),
        note: quantiles(consumer),
        points: points(&consumer.latency),
        marked: MARKED.map(|percent| (at(consumer, percent), percent / 100.0)).to_vec(),
        role: Role::of_consumer(consumer.kind),
        dash: Dash::of_place(*place),
    });
    Some(Chart {
        title,
        subtitle: "How late is a record, from its birth to the end of its processing?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: Vec::new(),
        body: Body::Curves(curves.collect()),
    })
}

fn quantiles(consumer: &ConsumerOutcome) -> String {
    let at = |percent| {
        let ns = consumer.latency.percentile(percent).unwrap_or(0);
        text::duration(ns as f64 / 1e9)
    };
    format!("p50 {}, p99 {}, p99.9 {}", at(50.0), at(99.0), at(99.9))
}

/// Latencies (s) and the share of records that are no later, ascending.
fn points(latency: &Histogram) -> Vec<(f64, f64)> {
    let total = latency.total().max(1) as f64;
    let mut seen = 0_u64;
    let mut points = Vec::new();
    for (low, high, count) in latency.buckets() {
        if points.is_empty() {
            points.push((low as f64 / 1e9, 0.0));
        }
        seen += count;
        points.push((high as f64 / 1e9, seen as f64 / total));
    }
    points
}
