//! Replicates of one scenario: a part of the screen, two tables and JSON.

use serde_json::{Value, json};

use crate::experiment::stats::Confidence;
use crate::experiment::study::{Measure, Met, Row, Told};
use crate::report::number;
use crate::report::study::{StudyTable, value};
use crate::report::summary::Style;
use crate::report::summary::layout::Screen;
use crate::report::table::{Column, Rows};
use crate::scenario::Scenario;

/// All replicates of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Replicates<'s> {
    /// What was played.
    pub scenario: &'s Scenario,
    /// What was measured.
    pub measures: &'s [Measure],
    /// An entry a replicate, in order.
    pub rows: &'s [Row],
    /// What the intervals are to have, all looks together.
    pub asked: Confidence,
    /// What each has: more than that where several looks were taken.
    pub confidence: Confidence,
    /// Whether the keys fell elsewhere in each.
    pub with_other_keys: bool,
}

/// `replicates.csv`.
pub const REPLICATES: StudyTable = StudyTable {
    name: "replicates",
    command: "run --repeat",
    row: "one metric of one replicate",
    columns: &[
        Column {
            name: "replicate",
            meaning: "number of the run, from 0; 0 is that of the other files",
        },
        Column { name: "metric", meaning: "path of the metric, as in `[slo]`" },
        Column {
            name: "value",
            meaning: "its value after the warm-up; empty where there was none",
        },
        Column { name: "unit", meaning: "s, share, records, records/s, count, bytes or usd" },
        Column { name: "partial", meaning: "1 where a limit ended the run early" },
    ],
};

/// `intervals.csv`.
pub const INTERVALS: StudyTable = StudyTable {
    name: "intervals",
    command: "run --repeat",
    row: "one metric over all replicates",
    columns: &[
        Column { name: "metric", meaning: "path of the metric, as in `[slo]`" },
        Column { name: "unit", meaning: "s, share, records, records/s, count, bytes or usd" },
        Column { name: "replicates", meaning: "runs that have a value" },
        Column { name: "mean", meaning: "their mean; empty where some run has no value" },
        Column { name: "half_width", meaning: "half the interval around it (Student's t, D36)" },
        Column { name: "least", meaning: "the smallest value" },
        Column { name: "most", meaning: "the largest value" },
        Column {
            name: "met",
            meaning: "runs in which its objective held; empty where it has none",
        },
        Column { name: "met_low", meaning: "lower end of the interval of their share (Wilson)" },
        Column { name: "met_high", meaning: "upper end of that interval" },
    ],
};

impl Replicates<'_> {
    /// A part of the summary.
    #[must_use]
    pub fn screen(&self, style: Style) -> String {
        let mut screen = Screen::new(style);
        screen.blank();
        screen.wrapped("REPEATED ", 9, &self.heading());
        let told: Vec<Told> = self.told();
        let width = |text: &str| text.chars().count();
        let cells: Vec<(&str, String, String)> = self
            .measures
            .iter()
            .zip(&told)
            .map(|(measure, told)| {
                let text = value::told(measure.unit, told, self.rows.len());
                (measure.path.as_str(), text, self.met_text(measure))
            })
            .collect();
        let paths = cells.iter().map(|cell| width(cell.0)).max().unwrap_or(0).min(44);
        let values = cells.iter().map(|cell| width(&cell.1)).max().unwrap_or(0).min(30);
        for (path, text, met) in &cells {
            screen.table_line("  ", 4, &format!("{path:<paths$}   {text:<values$}   {met}"));
        }
        let partial = self.rows.iter().filter(|row| row.is_partial).count() as u64;
        if partial > 0 {
            screen.wrapped("  ", 2, &format!("a limit ended {partial} of them early"));
        }
        screen.into_text()
    }

    /// `10 runs with other random numbers and the same keys; means with intervals of 95 %`.
    fn heading(&self) -> String {
        let runs = number::counted(self.rows.len() as u64, "run");
        let keys = if self.with_other_keys { "keys that fall elsewhere" } else { "the same keys" };
        let percent = number::significant(self.asked.share() * 100.0, 2);
        let intervals = match self.rows.len() {
            1 => "one run has no interval".to_owned(),
            _ => format!("means with {percent} % intervals"),
        };
        format!("{runs} with other random numbers and {keys}; {intervals}")
    }

    fn told(&self) -> Vec<Told> {
        (0..self.measures.len()).map(|i| Told::new(self.rows, i, self.confidence)).collect()
    }

    /// The objectives about a measure, by their places.
    fn objectives<'m>(&'m self, measure: &'m Measure) -> impl Iterator<Item = usize> + 'm {
        let all = self.scenario.objectives.iter().enumerate();
        all.filter(|(_, it)| it.path == measure.path).map(|(place, _)| place)
    }

    fn met(&self, measure: &Measure) -> Option<Met> {
        let place = self.objectives(measure).next()?;
        Some(Met::objective(self.rows, place, self.confidence))
    }

    fn met_text(&self, measure: &Measure) -> String {
        let each = self.objectives(measure).map(|place| {
            let met = Met::objective(self.rows, place, self.confidence);
            let text = self.scenario.objectives.get(place).map_or("", |it| it.text.as_str());
            format!("{text} in {} of {}", met.hits, met.of)
        });
        each.collect::<Vec<_>>().join(", ")
    }

    /// `replicates.csv`.
    #[must_use]
    pub fn replicates_csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(REPLICATES.columns);
        for row in self.rows {
            for (measure, value) in self.measures.iter().zip(&row.values) {
                rows.whole(row.replicate).text(&measure.path);
                match value {
                    Some(value) => rows.float(*value),
                    None => rows.empty(),
                };
                rows.text(value::csv_unit(measure.unit)).whole(u64::from(row.is_partial)).end();
            }
        }
        rows.into_bytes()
    }

    /// `intervals.csv`.
    #[must_use]
    pub fn intervals_csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(INTERVALS.columns);
        for (measure, told) in self.measures.iter().zip(self.told()) {
            let count = (self.rows.len() - told.missing) as u64;
            rows.text(&measure.path).text(value::csv_unit(measure.unit)).whole(count);
            let half = told.estimate.and_then(|it| it.half_width);
            let mut numbers = vec![told.estimate.map(|it| it.mean), half];
            numbers.extend([told.range.map(|it| it.0), told.range.map(|it| it.1)]);
            let met = self.met(measure);
            numbers.push(met.map(|it| it.hits as f64));
            let interval = met.and_then(|it| it.interval);
            numbers.extend([interval.map(|it| it.0), interval.map(|it| it.1)]);
            for number in numbers {
                match number {
                    Some(number) => rows.float(number),
                    None => rows.empty(),
                };
            }
            rows.end();
        }
        rows.into_bytes()
    }

    /// What a program reads.
    #[must_use]
    pub fn json(&self) -> Value {
        let told = self.told();
        let metrics: Vec<Value> = self
            .measures
            .iter()
            .zip(&told)
            .map(|(measure, told)| {
                let met = self.met(measure);
                json!({
                    "metric": measure.path,
                    "unit": value::csv_unit(measure.unit),
                    "mean": told.estimate.map(|it| it.mean),
                    "half_width": told.estimate.and_then(|it| it.half_width),
                    "least": told.range.map(|it| it.0),
                    "most": told.range.map(|it| it.1),
                    "missing": told.missing,
                    "met": met.map(|it| it.hits),
                    "met_interval": met.and_then(|it| it.interval),
                })
            })
            .collect();
        json!({
            "replicates": self.rows.len(),
            "confidence": self.asked.share(),
            "keys": if self.with_other_keys { "resampled" } else { "the same" },
            "all_objectives_met": Met::all(self.rows, self.confidence).hits,
            "metrics": metrics,
        })
    }
}
