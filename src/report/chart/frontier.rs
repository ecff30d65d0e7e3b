//! What buys what: cost against a measure, the points that none beats joined and named.

use std::collections::BTreeMap;

use crate::experiment::study::frontier::unbeaten;
use crate::report::chart::{Body, Chart, Quantity};
use crate::report::number;
use crate::report::study::drawn;
use crate::report::study::sweep::{JournalError, PointRow, State, Sweep};
use crate::report::study::value;
use crate::scenario::{self, metric::Unit};

/// Points of a sweep by their cost and something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Frontier {
    /// What the vertical axis measures, with its path.
    pub title: String,
    /// Its quantity.
    pub quantity: Quantity,
    /// What an objective asks of it, and how the objective is written; unit as the quantity.
    pub bound: Option<(f64, String)>,
    /// The points.
    pub points: Vec<FrontierPoint>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontierPoint {
    /// Its values.
    pub label: String,
    /// What a month costs, and half its interval (USD).
    pub cost: (f64, f64),
    /// The measure and half its interval; unit as the quantity.
    pub value: (f64, f64),
    /// Whether it meets every objective.
    pub holds: bool,
    /// Whether no other is as cheap and as good.
    pub is_unbeaten: bool,
}

/// Labels that fit a line of text.
const NAMED_IN_WORDS: usize = 6;

/// The chart; none of fewer than two points with numbers.
pub(super) fn chart(
    sweep: &Sweep<'_>,
    place: usize,
    seed: u64,
) -> Result<Option<Chart>, JournalError> {
    let unit = sweep.frame.measures[place].unit;
    let factor = if unit == Unit::Share { 100.0 } else { 1.0 };
    let points = points(sweep, place, factor)?;
    Ok(points.and_then(|points| picture(sweep, place, factor, points, seed)))
}

fn picture(
    sweep: &Sweep<'_>,
    place: usize,
    factor: f64,
    points: Vec<FrontierPoint>,
    seed: u64,
) -> Option<Chart> {
    let measure = &sweep.frame.measures[place];
    let names = sweep.short_paths().join(" / ");
    let title = title(sweep, &points)?;
    let mut best: Vec<&FrontierPoint> = points.iter().filter(|it| it.is_unbeaten).collect();
    best.sort_by(|a, b| a.cost.0.total_cmp(&b.cost.0));
    let count = best.len();
    let bound = bound(sweep, place).map(|(bound, text)| (bound * factor, text));
    let listed: Vec<String> = best
        .iter()
        .take(NAMED_IN_WORDS)
        .map(|it| {
            let value = value::value(measure.unit, it.value.0 / factor);
            format!("{} {} at {value}", it.label, number::usd(it.cost.0))
        })
        .collect();
    Some(Chart {
        alt: format!(
            "{title}. {}{} against cost, {} points of {names}; {count} that none beats: {}",
            measure.path,
            bound.as_ref().map_or_else(String::new, |(_, text)| format!(" (asked for: {text})")),
            points.len(),
            listed.join(", ")
        ),
        title,
        subtitle: format!(
            "What buys what? {} points of {names}; joined are those that none beats on both",
            points.len()
        ),
        footer: footer(sweep, seed),
        span_s: 0.0,
        marks: Vec::new(),
        body: Body::Frontier(Frontier {
            title: measure.path.clone(),
            quantity: quantity(measure.unit),
            bound,
            points,
        }),
    })
}

/// What the objective on the measure at `place` asks, where it asks the same of every point.
fn bound(sweep: &Sweep<'_>, place: usize) -> Option<(f64, String)> {
    let measure = &sweep.frame.measures[place];
    let (path, condition) = sweep.frame.objectives.iter().find(|it| it.0 == measure.path)?;
    let varied = format!("slo.{path}");
    if sweep.frame.points.paths.contains(&varied) {
        return None;
    }
    Some((scenario::bound(condition, measure.unit)?, condition.clone()))
}

/// The points with their numbers; none where there are fewer than two.
fn points(
    sweep: &Sweep<'_>,
    place: usize,
    factor: f64,
) -> Result<Option<Vec<FrontierPoint>>, JournalError> {
    let cost = sweep.frame.measures.iter().position(|it| it.path == "cost.month");
    let Some(cost) = cost else { return Ok(None) };
    let of = |row: &PointRow, place: usize| {
        let estimate = row.told[place].estimate?;
        Some((estimate.mean, estimate.half_width.unwrap_or(0.0)))
    };
    let mut points: Vec<FrontierPoint> = Vec::new();
    for row in sweep.rows() {
        let row = row?;
        let (Some(cost), Some(value)) = (of(&row, cost), of(&row, place)) else { continue };
        if row.state != State::Whole {
            continue;
        }
        points.push(FrontierPoint {
            label: sweep.values(&row).join(" / "),
            cost,
            value: (value.0 * factor, value.1 * factor),
            holds: row.missed == 0,
            is_unbeaten: false,
        });
    }
    let pairs: Vec<[Option<f64>; 2]> =
        points.iter().map(|it| [Some(it.cost.0), Some(it.value.0)]).collect();
    for (point, is_unbeaten) in points.iter_mut().zip(unbeaten(&pairs)) {
        point.is_unbeaten = is_unbeaten;
    }
    Ok((points.len() > 1).then_some(points))
}

/// The cheapest point, of those that meet every objective.
fn title(sweep: &Sweep<'_>, points: &[FrontierPoint]) -> Option<String> {
    let cheapest = |holds: bool| {
        let fit = points.iter().filter(|it| it.holds || !holds);
        fit.min_by(|a, b| a.cost.0.total_cmp(&b.cost.0))
    };
    let in_words = |it: &FrontierPoint| {
        let values = it.label.split(" / ");
        let each = sweep.short_paths().into_iter().zip(values);
        each.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    };
    Some(match (sweep.frame.objectives.is_empty(), cheapest(true)) {
        (false, Some(it)) => format!(
            "The cheapest point that meets every objective costs {}: {}",
            number::usd(it.cost.0),
            in_words(it)
        ),
        (false, None) => "No point meets every objective".to_owned(),
        (true, _) => {
            let it = cheapest(false)?;
            format!("The cheapest point costs {} a month: {}", number::usd(it.cost.0), in_words(it))
        }
    })
}

/// The measure that is drawn: of those that objectives are about, the one with the most different
/// values; else lag, else refusals.
pub(super) fn told_measure(sweep: &Sweep<'_>) -> Result<Option<usize>, JournalError> {
    let all = sweep.frame.measures.iter().enumerate();
    let judged = all.filter(|(_, it)| it.is_judged && it.unit != Unit::Money);
    let judged: Vec<usize> = judged.map(|(place, _)| place).collect();
    let lags: Vec<usize> = sweep.lags().collect();
    let mut means: BTreeMap<usize, Vec<u64>> =
        judged.iter().chain(&lags).map(|&place| (place, Vec::new())).collect();
    for row in sweep.rows() {
        let row = row?;
        for (&place, means) in &mut means {
            means.extend(row.told[place].estimate.map(|it| it.mean.to_bits()));
        }
    }
    for means in means.values_mut() {
        means.sort_unstable();
        means.dedup();
    }
    let different = |place: usize| means.get(&place).map_or(0, Vec::len);
    let throttled = sweep.frame.measures.iter().position(|it| it.path == "write.throttled");
    let most = |places: &[usize]| {
        // Of equals the first: `max_by_key` alone would keep the last.
        places.iter().rev().copied().max_by_key(|&place| different(place))
    };
    let telling = |place: &usize| different(*place) > 1;
    let found = most(&judged).filter(telling).or_else(|| most(&lags).filter(telling));
    Ok(found.or(judged.first().copied()).or(throttled))
}

pub(super) fn quantity(unit: Unit) -> Quantity {
    match unit {
        Unit::Share => Quantity::Percent,
        Unit::Time => Quantity::Age,
        Unit::Bytes => Quantity::Bytes,
        Unit::RecordsPerSecond => Quantity::RecordsPerSecond,
        _ => Quantity::Count,
    }
}

/// Where the numbers come from.
pub(super) fn footer(sweep: &Sweep<'_>, seed: u64) -> String {
    let runs = match (sweep.frame.draws, sweep.frame.replicates) {
        (Some(draws), _) => format!(", {}", drawn::heading(draws)),
        (None, 1) => String::new(),
        (None, runs) => format!(", {} of each point", number::counted(runs, "run")),
    };
    let version = env!("CARGO_PKG_VERSION");
    format!("{}, seed {seed}{runs}, kinesim {version}", sweep.frame.file)
}
