//! `sweep.csv`, a row a point, and `replicates.csv`, a row a run and measure.

use std::io::{self, Write};

use crate::report::study::drawn::{self, DRAWN};
use crate::report::study::sweep::{PointRow, State, Sweep};
use crate::report::study::value::csv_unit;
use crate::report::table::{Column, Rows};
use crate::scenario::metric::Unit;
use crate::scenario::sweep::plain;

/// Columns of `sweep.csv`; after the first, a column a path that is varied; before the last, those
/// of [`DRAWN`] where inputs are drawn, and two a measure: its path with its unit, and
/// `half_width` between them.
pub const SWEEP: &[Column] = &[
    Column { name: "point", meaning: "number of the point, from 1" },
    Column { name: "state", meaning: "whole, partial or failed" },
    Column { name: "reason", meaning: "why it is not whole; empty where it is" },
    Column { name: "replicates", meaning: "runs that have numbers" },
    Column { name: "objectives", meaning: "objectives there are" },
    Column { name: "objectives_met", meaning: "those that held in every run" },
    Column {
        name: "unbeaten",
        meaning: "1 where no other point is better on cost, lag and throttling together",
    },
    Column {
        name: "relative_cost",
        meaning: "cost relative to the cheapest point that misses nothing",
    },
    Column {
        name: "scenario_sha256",
        meaning: "SHA-256 of the point's resolved scenario; with draws, of those of all of them",
    },
];

/// Columns of a sweep's `replicates.csv`.
pub const REPLICATES: &[Column] = &[
    Column { name: "point", meaning: "number of the point, from 1" },
    Column { name: "replicate", meaning: "number of the run, from 0; with draws that of the draw" },
    Column { name: "metric", meaning: "path of the metric, as in `[slo]`" },
    Column { name: "value", meaning: "its value after the warm-up; empty where there was none" },
    Column { name: "unit", meaning: "s, share, records, records/s, count, bytes or usd" },
    Column { name: "partial", meaning: "1 where a limit ended the run early" },
];

impl Sweep<'_> {
    /// `sweep.csv`.
    ///
    /// # Errors
    /// Where it cannot be written, or a run not be read.
    pub fn csv(&self, to: &mut dyn Write) -> io::Result<()> {
        let (first, rest) = (SWEEP[0].name, &SWEEP[1..SWEEP.len() - 1]);
        let mut names: Vec<String> = vec![first.to_owned()];
        names.extend(self.frame.points.paths.iter().cloned());
        names.extend(rest.iter().map(|column| column.name.to_owned()));
        if self.frame.draws.is_some() {
            names.extend(DRAWN.iter().map(|column| column.name.to_owned()));
        }
        for measure in self.frame.measures {
            let unit = suffix(measure.unit);
            names.push(format!("{}_{unit}", measure.path));
            names.push(format!("{}_half_width_{unit}", measure.path));
        }
        names.push(SWEEP[SWEEP.len() - 1].name.to_owned());
        let mut rows = Rows::onto(to, names.iter().map(String::as_str));
        for row in self.ordered() {
            self.line_of(&row?, &mut rows);
        }
        rows.finish()
    }

    fn line_of<W: Write>(&self, row: &PointRow, rows: &mut Rows<W>) {
        rows.whole(row.point as u64 + 1);
        for value in &self.frame.points.values[row.point] {
            rows.text(&plain(value));
        }
        rows.text(row.state.name()).text(row.state.reason()).whole(row.rows.len() as u64);
        let met = self.frame.objectives.len() - row.missed.min(self.frame.objectives.len());
        rows.whole(self.frame.objectives.len() as u64);
        let has_numbers = !matches!(row.state, State::Failed(_));
        if has_numbers {
            rows.whole(met as u64)
        } else {
            rows.empty()
        };
        rows.whole(u64::from(row.is_unbeaten));
        number(rows, row.relative.filter(|_| has_numbers));
        if self.frame.draws.is_some() {
            drawn::cells(rows, row.chance());
        }
        for told in &row.told {
            let estimate = told.estimate.filter(|_| has_numbers);
            number(rows, estimate.map(|it| it.mean));
            number(rows, estimate.and_then(|it| it.half_width));
        }
        rows.text(&row.hash).end();
    }

    /// `replicates.csv`.
    ///
    /// # Errors
    /// Where it cannot be written, or a run not be read.
    pub fn replicates_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::onto(to, REPLICATES.iter().map(|column| column.name));
        for point in 0..self.count() {
            let done = self.over.point(point, self.frame.replicates)?;
            for row in done.iter().filter_map(|it| it.result.as_ref().ok()).map(|it| &it.row) {
                for (measure, value) in self.frame.measures.iter().zip(&row.values) {
                    rows.whole(point as u64 + 1).whole(row.replicate).text(&measure.path);
                    number(&mut rows, *value);
                    rows.text(csv_unit(measure.unit)).whole(u64::from(row.is_partial)).end();
                }
            }
        }
        rows.finish()
    }
}

fn number<W: Write>(rows: &mut Rows<W>, value: Option<f64>) {
    match value {
        Some(value) => rows.float(value),
        None => rows.empty(),
    };
}

/// A unit as the end of a column's name.
fn suffix(unit: Unit) -> String {
    csv_unit(unit).replace('/', "_per_")
}
