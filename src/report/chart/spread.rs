//! How far replicates lie apart, measure by measure, and where the bounds are.

use crate::experiment::study::{Measure, Met, Told};
use crate::report::chart::body::{Spread, SpreadRow};
use crate::report::chart::{Body, Chart, text};
use crate::report::number;
use crate::report::study::replicates::Replicates;
use crate::report::study::value;

/// Measures shown: those that objectives are about first.
const ROWS: usize = 9;

/// A row a measure; none where nothing was measured in any replicate.
pub(super) fn chart(replicates: &Replicates<'_>) -> Option<Chart> {
    let scenario = replicates.scenario;
    let all = replicates.measures.iter().enumerate();
    let rows: Vec<SpreadRow> =
        all.filter_map(|(place, measure)| row(replicates, place, measure)).take(ROWS).collect();
    if rows.is_empty() || replicates.rows.len() < 2 {
        return None;
    }
    let runs = number::counted(replicates.rows.len() as u64, "run");
    let met = Met::all(replicates.rows, replicates.confidence);
    let title = match (scenario.objectives.len(), met.hits) {
        (0, _) => format!("{runs} with other random numbers lie this far apart"),
        (_, hits) if hits == met.of => format!("All objectives hold in each of {runs}"),
        (_, 0) => format!("In none of {runs} do all objectives hold"),
        (_, hits) => format!("All objectives hold in {hits} of {runs}"),
    };
    let words: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.label, row.value)).collect();
    Some(Chart {
        alt: format!("{title}. {}", words.join(", ")),
        title,
        subtitle: "How much of this is chance? A dot a run, a bar for the mean's interval, a \
                   dashed line for the bound"
            .to_owned(),
        footer: format!(
            "{} · seed {} · replicates 0 to {} · {} intervals · kinesim {}",
            scenario.name,
            scenario.plan.seed,
            replicates.rows.len() - 1,
            text::percent(replicates.asked.share() * 100.0),
            env!("CARGO_PKG_VERSION")
        ),
        span_s: 0.0,
        marks: Vec::new(),
        body: Body::Spread(Spread { rows }),
    })
}

fn row(replicates: &Replicates<'_>, place: usize, measure: &Measure) -> Option<SpreadRow> {
    let told = Told::new(replicates.rows, place, replicates.confidence);
    let (least, most) = told.range?;
    let objective = replicates.scenario.objectives.iter().find(|it| it.path == measure.path);
    if objective.is_none() && least >= most {
        return None;
    }
    let bound = objective.map(|it| it.bound);
    let ends = |end: Option<f64>| end.into_iter().chain(bound);
    let interval = told.estimate.and_then(|it| it.low().zip(it.high()));
    let low = ends(interval.map(|it| it.0)).fold(least, f64::min);
    let high = ends(interval.map(|it| it.1)).fold(most, f64::max);
    let met = objective.map(|objective| {
        let place = replicates.scenario.objectives.iter().position(|it| it == objective);
        let met = Met::objective(replicates.rows, place?, replicates.confidence);
        Some(format!("{} in {} of {}", objective.text, met.hits, met.of))
    });
    let dots = replicates.rows.iter().filter_map(|row| row.values.get(place).copied().flatten());
    Some(SpreadRow {
        label: measure.path.clone(),
        value: value::told(measure.unit, &told, replicates.rows.len()),
        note: met.flatten().unwrap_or_default(),
        dots: dots.collect(),
        mean: told.estimate.map(|it| it.mean),
        interval,
        bound,
        range: (low, high),
        ends: (value::value(measure.unit, low), value::value(measure.unit, high)),
    })
}
