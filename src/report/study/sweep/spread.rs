//! Where the spread of a measure is wider than the step to a neighbour, and pairs tell them apart
//! nevertheless.

use std::collections::BTreeMap;

use crate::experiment::study::Told;
use crate::report::study::sweep::{PointRow, State, Sweep};

/// What is said of one measure.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
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
pub(super) fn of(sweep: &Sweep<'_>, measures: &[usize]) -> Vec<Spread> {
    let pairs = neighbours(sweep);
    let each = measures.iter().filter_map(|&measure| {
        let mut spread = Spread { measure, hidden: 0, steps: 0, clear_in_pairs: 0 };
        for (a, b) in &pairs {
            let (Some(x), Some(y)) = (a.told[measure].estimate, b.told[measure].estimate) else {
                continue;
            };
            let step = (x.mean - y.mean).abs();
            let Some(wide) = x.half_width.zip(y.half_width).map(|(x, y)| x.max(y)) else {
                continue;
            };
            if step == 0.0 {
                continue;
            }
            spread.steps += 1;
            if wide > step {
                spread.hidden += 1;
                let pair = Told::difference(
                    (&a.rows, measure),
                    (&b.rows, measure),
                    sweep.frame.confidence,
                );
                spread.clear_in_pairs += u64::from(pair.is_some_and(|it| it.excludes_zero()));
            }
        }
        (spread.hidden > 0).then_some(spread)
    });
    each.collect()
}

fn neighbours<'r>(sweep: &'r Sweep<'_>) -> Vec<(&'r PointRow, &'r PointRow)> {
    let values = &sweep.frame.points.values;
    let mut pairs = Vec::new();
    // What is drawn, or moves together, has no neighbours.
    let combinations: usize = (0..sweep.frame.points.paths.len())
        .map(|path| sweep.frame.points.distinct(path).len())
        .product();
    if combinations as u64 != values.len() as u64 + sweep.frame.points.left_out {
        return pairs;
    }
    for path in 0..sweep.frame.points.paths.len() {
        // Points alike but for this path stand in one line, in the order of the list.
        let mut lines: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for row in sweep.rows.iter().filter(|row| row.state == State::Whole) {
            let others = values[row.point].iter().enumerate().filter(|(i, _)| *i != path);
            let others = others.map(|(_, value)| value.as_str()).collect();
            lines.entry(others).or_default().push(row.point);
        }
        for line in lines.values() {
            for pair in line.windows(2) {
                pairs.push((&sweep.rows[pair[0]], &sweep.rows[pair[1]]));
            }
        }
    }
    pairs
}
