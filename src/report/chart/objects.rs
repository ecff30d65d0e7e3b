//! What Firehose delivered: how large objects are and why, how many, how old.

use std::fmt::Write as _;

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{ConsumerOutcome, FirehoseFlow, FirehoseOutcome, Outcome};
use crate::model::observation::ObjectCause;
use crate::report::chart::timeline::{footer, span_s};
use crate::report::chart::{Body, Chart, ObjectBin, Objects, Step, text};
use crate::scenario::Scenario;
use crate::time::Span;

/// Delivery streams that have a chart each.
const SHOWN: usize = 12;
/// Classes of size: the largest that are filled, each up to twice as large as the one before.
const CLASSES: u32 = 12;

/// What closes a buffer, in the order of [`ObjectCause::ALL`].
pub(super) const CAUSES: [&str; ObjectCause::ALL.len()] =
    ["size hint", "interval", "raised size", "shard's end"];

/// A chart for each delivery stream with objects.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let all = outcome.consumers.iter().filter_map(|it| Some((it, it.firehose.as_deref()?)));
    let several = all.clone().count() > 1;
    let chart = |(consumer, firehose): (&ConsumerOutcome, &FirehoseOutcome)| {
        let chart = chart(scenario, outcome, consumer, firehose)?;
        let stem = "firehose-objects";
        let stem = if several { format!("{stem}-{}", consumer.name) } else { stem.to_owned() };
        Some((stem, chart))
    };
    all.take(SHOWN).filter_map(chart).collect()
}

fn chart(
    scenario: &Scenario,
    outcome: &Outcome,
    consumer: &ConsumerOutcome,
    firehose: &FirehoseOutcome,
) -> Option<Chart> {
    let sizes = firehose.object_sizes();
    let median = sizes.percentile(50.0)?;
    let counts: Vec<u64> = firehose.sizes.iter().map(Histogram::total).collect();
    let all: u64 = counts.iter().sum();
    let bins = bins(firehose);
    let most = (0..counts.len()).max_by_key(|&cause| (counts[cause], counts.len() - cause))?;
    let hint = text::bytes(firehose.hint as f64);
    let title = format!(
        "Half of {}'s objects have {} or less; {} were closed by the {}",
        consumer.name,
        text::bytes(median as f64),
        text::percent(counts[most] as f64 * 100.0 / all.max(1) as f64),
        CAUSES[most],
    );
    let freshness = firehose.freshness.percentile(99.0).unwrap_or(0) as f64 / 1e9;
    let mut alt = format!("{title}. Size hint {hint}, freshness p99 {}", text::duration(freshness));
    for (cause, count) in CAUSES.iter().zip(&counts).filter(|it| *it.1 > 0) {
        let _ = write!(alt, ". Closed by the {cause}: {}", text::number(*count as f64));
    }
    let body = Objects {
        bins,
        counts,
        hint: firehose.hint as f64,
        per_hour: steps(outcome, firehose, |flow, seconds| {
            Some(flow.objects.iter().sum::<u64>() as f64 * 3_600.0 / seconds)
        }),
        freshness: steps(outcome, firehose, |flow, _| flow.freshness_max.map(Span::as_s)),
    };
    Some(Chart {
        title,
        subtitle: "How large are the objects, and how late are they?".to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: Vec::new(),
        body: Body::Objects(body),
    })
}

/// The classes of size from the smallest object to the hint, at least; each begins at a power of
/// two.
fn bins(firehose: &FirehoseOutcome) -> Vec<ObjectBin> {
    let class = |bytes: u64| bytes.max(1).ilog2();
    let all = firehose.object_sizes();
    let largest = class(all.max().max(firehose.hint));
    let smallest = all.buckets().next().map_or(largest, |bucket| class(bucket.0));
    let first = smallest.max((largest + 1).saturating_sub(CLASSES));
    let mut bins: Vec<ObjectBin> = (first..=largest)
        .map(|power| ObjectBin { from: 1 << power, counts: [0; ObjectCause::ALL.len()] })
        .collect();
    for (cause, sizes) in firehose.sizes.iter().enumerate() {
        for (low, _, count) in sizes.buckets() {
            // The first class has what is smaller as well.
            let place = class(low).saturating_sub(first) as usize;
            if let Some(bin) = bins.get_mut(place) {
                bin.counts[cause] += count;
            }
        }
    }
    bins
}

fn steps(
    outcome: &Outcome,
    firehose: &FirehoseOutcome,
    value: impl Fn(&FirehoseFlow, f64) -> Option<f64>,
) -> Vec<Step> {
    let starts = outcome.timeline.iter().map(|flow| flow.start);
    let ends = starts.clone().skip(1).chain([outcome.until]);
    let flows = starts.zip(ends).zip(&firehose.timeline);
    flows
        .filter_map(|((from, to), flow)| {
            let seconds = to.since(from).as_s();
            let (from_s, to_s) = (from.as_s(), to.as_s());
            (seconds > 0.0).then(|| Step { from_s, to_s, value: value(flow, seconds) })
        })
        .collect()
}
