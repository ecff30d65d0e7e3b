//! What a program reads of a sweep.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::report::study::drawn;
use crate::report::study::sweep::{PointRow, State, Sweep};
use crate::report::study::value::csv_unit;
use crate::report::summary::SCHEMA_VERSION;
use crate::scenario::sweep::plain;

impl Sweep<'_> {
    /// `sweep.json`.
    ///
    /// # Errors
    /// Where it cannot be written, or a run not be read.
    pub fn json(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut head = json!({
            "schema_version": SCHEMA_VERSION,
            "sweep": self.frame.name,
            "file": self.frame.file,
            "varied": self.frame.points.paths,
            "left_out": self.frame.points.left_out,
            "replicates": self.frame.replicates,
            "confidence": self.frame.asked.share(),
            "keys": if self.frame.with_other_keys { "resampled" } else { "the same" },
        });
        if let Some(draws) = self.frame.draws {
            head["draws"] = drawn::draws_json(draws);
        }
        // Points are written one by one: a tree of all of them would be the largest thing there is.
        let mut text = format!("{head:#}");
        text.truncate(text.trim_end_matches('}').trim_end().len());
        write!(to, "{text},\n  \"points\": [")?;
        for (place, row) in self.ordered().enumerate() {
            to.write_all(if place == 0 { b"\n    " } else { b",\n    " })?;
            let point = format!("{:#}", self.point(&row?));
            to.write_all(point.replace('\n', "\n    ").as_bytes())?;
        }
        to.write_all(b"\n  ]\n}\n")
    }

    fn point(&self, row: &PointRow) -> Value {
        let has_numbers = !matches!(row.state, State::Failed(_));
        let values: Map<String, Value> = self
            .frame
            .points
            .paths
            .iter()
            .zip(&self.frame.points.values[row.point])
            .map(|(path, value)| (path.clone(), Value::String(plain(value))))
            .collect();
        let objectives = self.frame.objectives.iter().zip(&row.met).map(|((path, text), met)| {
            json!({
                "path": path,
                "condition": text,
                "met": met.hits,
                "of": met.of,
                "met_interval": met.interval,
            })
        });
        let metrics = self.frame.measures.iter().zip(&row.told).map(|(measure, told)| {
            json!({
                "metric": measure.path,
                "unit": csv_unit(measure.unit),
                "mean": told.estimate.map(|it| it.mean),
                "half_width": told.estimate.and_then(|it| it.half_width),
                "least": told.range.map(|it| it.0),
                "most": told.range.map(|it| it.1),
                "missing": told.missing,
            })
        });
        let mut point = json!({
            "point": row.point + 1,
            "values": values,
            "state": row.state.name(),
            "reason": Some(row.state.reason()).filter(|it| !it.is_empty()),
            "replicates": row.rows.len(),
            "holds": row.holds(),
            "unbeaten": row.is_unbeaten,
            "relative_cost": row.relative.filter(|_| has_numbers),
            "objectives": objectives.collect::<Vec<_>>(),
            "metrics": metrics.collect::<Vec<_>>(),
            "scenario_sha256": row.hash,
        });
        if self.frame.draws.is_some() {
            point["drawn"] = drawn::json(row.chance());
            point["drawn"]["left_out"] = json!(row.left_out.0);
        }
        point
    }
}
