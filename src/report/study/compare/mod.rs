//! Alternatives side by side: a screen, tables, JSON.

mod cost;
mod screen;
mod table;

pub use self::table::{COMPARE, COMPARE_COST};

use serde_json::{Value, json};

use crate::experiment::stats::Confidence;
use crate::experiment::study::compared::{Alternative, Difference, paths};
use crate::experiment::study::{Met, Told};
use crate::report::study::value;
use crate::report::summary::prices;
use crate::scenario::metric::Unit;

/// What was compared, the base first.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'s> {
    /// At least two.
    pub alternatives: &'s [Alternative<'s>],
    /// What intervals are to have.
    pub asked: Confidence,
    /// What each has: more where several looks were taken.
    pub confidence: Confidence,
    /// Whether only money is told.
    pub only_cost: bool,
}

/// One measure of one alternative.
struct Line {
    path: String,
    unit: Unit,
    told: Told,
    /// From the base; none of the base itself, or where there is none.
    difference: Option<Difference>,
}

impl<'s> Comparison<'s> {
    fn base(&self) -> &'s Alternative<'s> {
        &self.alternatives[0]
    }

    fn others(&self) -> &'s [Alternative<'s>] {
        &self.alternatives[1..]
    }

    /// All paths; of money alone those of costs.
    fn paths(&self) -> Vec<String> {
        let mut paths = paths(self.alternatives);
        if self.only_cost {
            paths.retain(|path| path.starts_with("cost."));
        }
        paths
    }

    fn line(&self, alternative: &Alternative<'_>, path: &str) -> Option<Line> {
        let (measure, told) = alternative.told(path, self.confidence)?;
        let is_base = std::ptr::eq(alternative.rows, self.base().rows);
        let difference =
            if is_base { None } else { alternative.difference(self.base(), path, self.confidence) };
        Some(Line { path: path.to_owned(), unit: measure.unit, told, difference })
    }

    fn met(&self, alternative: &Alternative<'_>) -> Vec<Met> {
        let objectives = 0..alternative.scenario.objectives.len();
        objectives.map(|it| Met::objective(alternative.rows, it, self.confidence)).collect()
    }

    /// What a program reads.
    #[must_use]
    pub fn json(&self) -> Value {
        let of = |alternative: &Alternative<'_>| {
            let metrics: Vec<Value> = self
                .paths()
                .iter()
                .filter_map(|path| self.line(alternative, path))
                .map(|line| {
                    let difference = line.difference;
                    json!({
                        "metric": line.path,
                        "unit": value::csv_unit(line.unit),
                        "mean": line.told.estimate.map(|it| it.mean),
                        "half_width": line.told.estimate.and_then(|it| it.half_width),
                        "missing": line.told.missing,
                        "difference": difference.map(|it| it.estimate.mean),
                        "difference_half_width": difference.and_then(|it| it.estimate.half_width),
                        "change": difference.map(|it| it.change.name()),
                    })
                })
                .collect();
            let met = Met::all(alternative.rows, self.confidence);
            json!({
                "name": alternative.scenario.name,
                "sha256": alternative.scenario.hash,
                "seed": alternative.scenario.plan.seed,
                "replicates": alternative.rows.len(),
                "objectives": alternative.scenario.objectives.len(),
                "all_objectives_met": met.hits,
                "metrics": metrics,
                "cost_month_usd": alternative.cost(None),
                "cost": self.cost_json(alternative),
                "prices": prices(alternative.scenario).join(", "),
            })
        };
        json!({
            "schema_version": 1,
            "confidence": self.asked.share(),
            "alternatives": self.alternatives.iter().map(of).collect::<Vec<_>>(),
        })
    }
}
