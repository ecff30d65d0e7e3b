//! Values of a setting that more than one form tells.

use std::fmt::Write as _;

use crate::experiment::size::Score;
use crate::experiment::size::knob::metric_path;
use crate::experiment::size::score::allowed;
use crate::experiment::size::search::{LOST, THROTTLED, measures};
use crate::experiment::stats::Estimate;
use crate::experiment::study::{self, Measure};
use crate::report::number;
use crate::report::study::drawn;
use crate::report::study::size::Told;

/// Refused attempts over attempts.
#[must_use]
pub fn throttled(told: &Told<'_>, score: &Score) -> Option<Estimate> {
    let measures = measures(told.scenario);
    let path = metric_path(&told.scenario.plan, told.sizing.stream, THROTTLED);
    score.told(&measures, &path, told.demand.confidence)?.estimate
}

/// Part of the stream's records that are given up for good.
#[must_use]
pub fn lost(told: &Told<'_>, score: &Score) -> Option<Estimate> {
    let confidence = told.demand.confidence;
    let path = metric_path(&told.scenario.plan, told.sizing.stream, LOST);
    let is_share = |it: &Measure| it.path == path && it.as_share;
    match measures(told.scenario).iter().position(is_share) {
        Some(place) => study::Told::new(&score.rows, place, confidence).estimate,
        None => score.lost(confidence),
    }
}

/// The worst objective's value over its bound.
#[must_use]
pub fn worst(told: &Told<'_>, score: &Score) -> f64 {
    score.worst(&measures(told.scenario), &told.scenario.objectives)
}

/// The same as it decides whether a setting holds: with draws, that of the draw that may just miss.
#[must_use]
pub fn deciding(told: &Told<'_>, score: &Score) -> f64 {
    if told.drawn.is_none() {
        return worst(told, score);
    }
    let spare = allowed(told.demand.replicates, told.demand.probability);
    score.worst_but(spare, &measures(told.scenario), &told.scenario.objectives)
}

/// The paths of the objectives that some run missed.
#[must_use]
pub fn missed(told: &Told<'_>, score: &Score) -> Vec<String> {
    let path = |place: usize| told.scenario.objectives.get(place).map(|it| it.path.clone());
    score.missed().into_iter().filter_map(|it| path(it.0)).collect()
}

/// What is laid over the file, as it is written on a command line.
#[must_use]
pub fn values(score: &Score) -> String {
    let each = score.setting.values.iter().map(|(path, value)| format!("{path}={value}"));
    each.collect::<Vec<_>>().join(" ")
}

/// How likely a setting holds, and what not knowing the draw costs on average and at most.
#[must_use]
pub fn chance(told: &Told<'_>, score: &Score) -> (String, String, String) {
    let (met, regret) = told.chance(score);
    let or_none = |it: Option<f64>| it.map_or_else(|| "-".to_owned(), dollars);
    (
        met.map_or_else(|| "-".to_owned(), |it| drawn::chance(&it)),
        or_none(regret.and_then(|it| it.extra)),
        or_none(regret.and_then(|it| it.extra_most)),
    )
}

/// Dollars without cents: `$364`.
#[must_use]
pub fn dollars(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    number::money_to(number::usd_of(value), 0)
}

/// A setting in words: `13 shards, batch_size 1000`.
#[must_use]
pub fn setting(told: &Told<'_>, score: &Score) -> String {
    let mut words = number::counted(u64::from(score.shards), "shard");
    let path = &told.sizing.path;
    let functions = told.scenario.plan.readers.iter().filter(|it| it.lambda().is_some()).count();
    for (knob, value) in score.setting.values.iter().filter(|it| it.0 != *path) {
        let last = knob.rsplit('.').next().unwrap_or(knob);
        if matches!(last, "partition_key" | "api" | "linger") {
            continue;
        }
        // With one function its name need not be said.
        let name = if knob.starts_with("lambda.") && functions == 1 { last } else { knob };
        let _ = write!(words, ", {name} {}", value.trim_matches('"'));
    }
    words
}

/// An objective's path cut to what tells it from the others: `iterator_age.p99`.
#[must_use]
pub fn short(path: &str) -> &str {
    let kinds = ["lambda.", "reader.", "firehose.", "stream."];
    match kinds.iter().find_map(|kind| path.strip_prefix(kind)) {
        Some(rest) => rest.split_once('.').map_or(rest, |it| it.1),
        None => path.strip_prefix("write.").unwrap_or(path),
    }
}
