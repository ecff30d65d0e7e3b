//! Where the spread of a measure is wider than the step to a neighbour, and pairs tell them apart
//! nevertheless.

use std::collections::BTreeMap;

use crate::experiment::stats::Confidence;
use crate::experiment::study::Told;
use crate::report::study::sweep::brief::Ending;
use crate::report::study::sweep::{JournalError, PointRow, Sweep};

/// What is said of one measure.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Spread {
    /// Place of the measure.
    pub(super) measure: usize,
    /// Steps between neighbours that are smaller than the spread.
    pub(super) hidden: u64,
    /// Steps at which the means differ at all.
    pub(super) steps: u64,
    /// Hidden ones that are clear once compared replicate by replicate.
    pub(super) clear_in_pairs: u64,
}

/// For each of these measures where some step is hidden in the spread. Neighbours differ in one
/// path alone, in values that follow one another.
pub(super) fn of(sweep: &Sweep<'_>, measures: &[usize]) -> Result<Vec<Spread>, JournalError> {
    let blank = |&measure: &usize| Spread { measure, hidden: 0, steps: 0, clear_in_pairs: 0 };
    let mut all: Vec<Spread> = measures.iter().map(blank).collect();
    // What is played once, is drawn, or moves together, has no spread or no neighbours.
    let points = sweep.frame.points;
    let combinations: usize =
        (0..points.paths.len()).map(|path| points.distinct(path).len()).product();
    let is_grid = combinations as u64 == points.values.len() as u64 + points.left_out;
    if sweep.frame.replicates < 2 || !is_grid {
        return Ok(Vec::new());
    }
    for path in 0..points.paths.len() {
        for line in lines(sweep, path) {
            let mut last = None;
            for point in line {
                let row = sweep.row(point)?;
                if let Some(last) = &last {
                    for spread in &mut all {
                        spread.step(last, &row, sweep.frame.confidence);
                    }
                }
                last = Some(row);
            }
        }
    }
    all.retain(|it| it.hidden > 0);
    Ok(all)
}

impl Spread {
    /// Counts the step between two neighbours.
    fn step(&mut self, a: &PointRow, b: &PointRow, confidence: Confidence) {
        let of = |row: &PointRow| row.told[self.measure].estimate;
        let (Some(x), Some(y)) = (of(a), of(b)) else { return };
        let step = (x.mean - y.mean).abs();
        let Some(wide) = x.half_width.zip(y.half_width).map(|(x, y)| x.max(y)) else { return };
        if step == 0.0 {
            return;
        }
        self.steps += 1;
        if wide > step {
            self.hidden += 1;
            let (a, b) = ((a.rows.as_slice(), self.measure), (b.rows.as_slice(), self.measure));
            let pair = Told::difference(a, b, confidence);
            self.clear_in_pairs += u64::from(pair.is_some_and(|it| it.excludes_zero()));
        }
    }
}

/// Whole points that are alike but for this path, in the order of the list.
fn lines(sweep: &Sweep<'_>, path: usize) -> Vec<Vec<usize>> {
    let values = &sweep.frame.points.values;
    let mut lines: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for (point, own) in values.iter().enumerate() {
        if sweep.briefs[point].ending == Ending::Whole {
            let others = own.iter().enumerate().filter(|(i, _)| *i != path);
            let others = others.map(|(_, value)| value.as_str()).collect();
            lines.entry(others).or_default().push(point);
        }
    }
    lines.into_values().collect()
}
