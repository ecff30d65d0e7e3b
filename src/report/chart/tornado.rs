//! Which unknown matters: what one number is when one thing is other than thought.

use std::fmt::Write as _;

use crate::experiment::study::uncertain::{Bar, mean};
use crate::report::chart::scale::nice_step;
use crate::report::chart::{Body, Chart, Tornado, TornadoBar, text};
use crate::report::study::uncertain::{Uncertain, name};
use crate::report::study::value::value;
use crate::scenario::metric::Unit;

/// Bars drawn; the table has all.
const SHOWN: usize = 12;
/// How many times the width of all bars a bound may lie away from them and still be drawn.
const FARTHEST_BOUND: f64 = 3.0;
/// Distances between ticks of the axis.
const TICKS: f64 = 5.0;

/// The unknowns that move the measure asked for; no picture where nothing does, or nothing was
/// measured in the middle.
#[must_use]
pub fn chart(told: &Uncertain<'_>) -> Option<Chart> {
    let measure = told.measure();
    let centre = mean(told.centre, told.asked)?;
    let all = told.bars();
    let moved: Vec<&Bar<'_>> =
        all.iter().filter(|it| it.swing.is_some_and(|it| it > 0.0)).collect();
    let bars: Vec<TornadoBar> = moved.iter().take(SHOWN).map(|bar| of(bar)).collect();
    let objective = told.scenario.objectives.iter().find(|it| it.path == measure.path);
    let show = |it: f64| value(measure.unit, it);
    let first = moved.first()?;
    let (low, high) = ends(first, centre);
    let (low, high) = (show(low), show(high));
    let title = format!("{} moves {} most: {low} to {high}", first.unknown.path, measure.path);
    let mut alt = format!("{title}. {} with everything in the middle", show(centre));
    for bar in moved.iter().take(SHOWN) {
        let (low, high) = ends(bar, centre);
        let _ = write!(alt, ". {}: {} to {}", name(bar.unknown), show(low), show(high));
        if bar.decides {
            alt.push_str(", turns the verdict");
        }
    }
    let values = bars.iter().flat_map(|bar| bar.points.iter().map(|it| it.0));
    let (low, high) = values.fold((centre, centre), |(a, b), it| (a.min(it), b.max(it)));
    let far = FARTHEST_BOUND * (high - low);
    let (drawn, beyond): (Vec<_>, Vec<_>) =
        objective.into_iter().partition(|it| (low - far..=high + far).contains(&it.bound));
    let bound = drawn.first().map(|it| (it.bound, it.text.clone()));
    let ends = bound.iter().fold((low, high), |(a, b), it| (a.min(it.0), b.max(it.0)));
    let ticks = ticks(measure.unit, ends);
    let beyond = beyond.first().map(|it| format!("; the objective, {}, lies far beyond", it.text));
    let tried = told.unknowns.len();
    let scenario = told.scenario;
    let hash: String = scenario.hash.chars().take(8).collect();
    Some(Chart {
        subtitle: format!(
            "Which unknown matters? {} tried one at a time, the others in the middle{}",
            text::counted(tried, "unknown"),
            beyond.unwrap_or_default()
        ),
        footer: format!(
            "{} · {hash} · seed {} · kinesim {}",
            scenario.name,
            scenario.plan.seed,
            env!("CARGO_PKG_VERSION")
        ),
        title,
        alt,
        span_s: 0.0,
        marks: Vec::new(),
        body: Body::Tornado(Tornado { bars, centre, centre_label: show(centre), bound, ticks }),
    })
}

fn of(bar: &Bar<'_>) -> TornadoBar {
    let unknown = bar.unknown;
    let tried = unknown.tried.iter().zip(&bar.values);
    TornadoBar {
        label: unknown.path.clone(),
        known: match unknown.fact {
            Some(fact) => format!("{fact}: {}, assumed {}", unknown.known, unknown.centre),
            None => unknown.known.clone(),
        },
        is_assumed: unknown.fact.is_some(),
        decides: bar.decides,
        points: tried.filter_map(|(tried, it)| Some(((*it)?, tried.value.clone()))).collect(),
    }
}

/// The least and the largest value, the middle among them.
fn ends(bar: &Bar<'_>, centre: f64) -> (f64, f64) {
    let values = bar.values.iter().copied().flatten();
    values.fold((centre, centre), |(low, high), it| (low.min(it), high.max(it)))
}

/// Values that are easily read, from below the least to above the largest.
fn ticks(unit: Unit, (least, most): (f64, f64)) -> Vec<(f64, String)> {
    let width = if most > least { most - least } else { most.abs().max(1.0) };
    let step = nice_step(width / TICKS);
    let from = libm::floor(least / step);
    let to = libm::ceil(most / step).max(from + 1.0);
    let count = (to - from) as u32;
    (0..=count)
        .map(|n| {
            let at = (from + f64::from(n)) * step;
            (at, value(unit, at))
        })
        .collect()
}
