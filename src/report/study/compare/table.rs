//! A comparison as tables.

use super::Comparison;
use crate::report::study::{StudyTable, value};
use crate::report::table::{Column, Rows};

/// `compare.csv`.
pub const COMPARE: StudyTable = StudyTable {
    name: "compare",
    command: "compare",
    row: "one metric of one alternative",
    columns: &[
        Column { name: "alternative", meaning: "name of the alternative; the first is the base" },
        Column { name: "metric", meaning: "path of the metric, as in `[slo]`" },
        Column { name: "unit", meaning: "s, share, records, records/s, count, bytes or usd" },
        Column { name: "replicates", meaning: "runs that have a value" },
        Column { name: "mean", meaning: "their mean; empty where some run has no value" },
        Column { name: "half_width", meaning: "half the interval around it" },
        Column { name: "difference", meaning: "mean difference from the base; empty of the base" },
        Column { name: "difference_half_width", meaning: "half the interval around that" },
        Column { name: "change", meaning: "better, worse, different, or no difference" },
    ],
};

/// `compare_cost.csv`.
pub const COMPARE_COST: StudyTable = StudyTable {
    name: "compare_cost",
    command: "compare",
    row: "one item of a month's bill of one alternative",
    columns: &[
        Column { name: "alternative", meaning: "name of the alternative" },
        Column { name: "item", meaning: "what is billed, as in `cost.csv`" },
        Column {
            name: "base_usd",
            meaning: "what the base pays for it a month, in the mean [usd]",
        },
        Column { name: "month_usd", meaning: "what the alternative pays for it [usd]" },
        Column { name: "difference_usd", meaning: "the second less the first [usd]" },
        Column {
            name: "base_quantity",
            meaning: "how much of it the base uses a month, in the mean, in `unit`; empty where \
                      its parts have several units",
        },
        Column { name: "month_quantity", meaning: "how much the alternative uses" },
        Column { name: "unit", meaning: "what the price is for, as in `cost.csv`" },
    ],
};

impl Comparison<'_> {
    /// `compare.csv`.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(COMPARE.columns);
        for alternative in self.alternatives {
            for path in self.paths() {
                let Some(line) = self.line(alternative, &path) else { continue };
                let count = (alternative.rows.len() - line.told.missing) as u64;
                rows.text(&alternative.scenario.name).text(&path);
                rows.text(value::csv_unit(line.unit)).whole(count);
                let difference = line.difference.map(|it| it.estimate);
                let numbers = [
                    line.told.estimate.map(|it| it.mean),
                    line.told.estimate.and_then(|it| it.half_width),
                    difference.map(|it| it.mean),
                    difference.and_then(|it| it.half_width),
                ];
                for number in numbers {
                    match number {
                        Some(number) => rows.float(number),
                        None => rows.empty(),
                    };
                }
                rows.text(line.difference.map_or("", |it| it.change.name())).end();
            }
        }
        rows.into_bytes()
    }

    /// `compare_cost.csv`.
    #[must_use]
    pub fn cost_csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(COMPARE_COST.columns);
        for other in self.others() {
            for step in self.steps(other) {
                rows.text(&other.scenario.name).text(step.item.name());
                rows.float(step.from).float(step.to).float(step.to - step.from);
                for quantity in &step.used {
                    rows.text(quantity.as_deref().unwrap_or_default());
                }
                rows.text(step.unit).end();
            }
        }
        rows.into_bytes()
    }
}
