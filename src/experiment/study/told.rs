//! What the replicates of one scenario tell together.

use crate::experiment::stats::{self, Confidence, Estimate};
use crate::experiment::study::row::Row;

/// One measure over all replicates.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its mean with its interval; none where some replicate has no value.
    pub estimate: Option<Estimate>,
    /// The least and the largest value.
    pub range: Option<(f64, f64)>,
    /// Replicates in which there was nothing to measure.
    pub missing: usize,
}

/// In how many replicates something held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Met {
    /// In so many.
    pub hits: u64,
    /// Of so many.
    pub of: u64,
    /// The interval of the share (Wilson, D36).
    pub interval: Option<(f64, f64)>,
}

impl Told {
    /// Measure number `place` of these rows. What some replicate does not have has no mean: it
    /// would be the mean of the better ones.
    #[must_use]
    pub fn new(rows: &[Row], place: usize, confidence: Confidence) -> Self {
        let values: Vec<f64> =
            rows.iter().filter_map(|row| row.values.get(place).copied().flatten()).collect();
        let missing = rows.len() - values.len();
        let whole = missing == 0;
        let least = values.iter().copied().min_by(f64::total_cmp);
        let most = values.iter().copied().max_by(f64::total_cmp);
        Self {
            estimate: whole.then(|| stats::mean(&values, confidence)).flatten(),
            range: least.zip(most),
            missing,
        }
    }

    /// The difference of a measure between two alternatives, replicate by replicate: `to` less
    /// `from`, each a place in its own rows. Only replicates that both have count.
    #[must_use]
    pub fn difference(
        from: (&[Row], usize),
        to: (&[Row], usize),
        confidence: Confidence,
    ) -> Option<Estimate> {
        let value = |row: &Row, place: usize| row.values.get(place).copied().flatten();
        let mut pairs = (Vec::new(), Vec::new());
        for row in from.0 {
            let Some(other) = to.0.iter().find(|it| it.replicate == row.replicate) else {
                continue;
            };
            pairs.0.push(value(row, from.1)?);
            pairs.1.push(value(other, to.1)?);
        }
        stats::paired(&pairs.0, &pairs.1, confidence)
    }
}

impl Met {
    /// How often objective number `place` held.
    #[must_use]
    pub fn objective(rows: &[Row], place: usize, confidence: Confidence) -> Self {
        Self::of(rows, confidence, |row| row.met.get(place) == Some(&true))
    }

    /// How often every objective held.
    #[must_use]
    pub fn all(rows: &[Row], confidence: Confidence) -> Self {
        Self::of(rows, confidence, Row::is_met)
    }

    fn of(rows: &[Row], confidence: Confidence, held: impl Fn(&Row) -> bool) -> Self {
        let (hits, of) = (rows.iter().filter(|row| held(row)).count() as u64, rows.len() as u64);
        Self { hits, of, interval: stats::share(hits, of, confidence) }
    }

    /// Held in each of them.
    #[must_use]
    pub fn always(&self) -> bool {
        self.hits == self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(replicate: u64, value: Option<f64>, met: bool) -> Row {
        let (values, met) = (vec![value], vec![met]);
        Row { replicate, is_partial: false, values, met, lost: (0, 1), bill: Vec::new() }
    }

    #[test]
    fn what_some_replicate_lacks_has_no_mean() {
        let rows = [row(0, Some(2.0), true), row(1, None, false), row(2, Some(4.0), true)];
        let told = Told::new(&rows, 0, Confidence::USUAL);
        assert_eq!((told.estimate, told.range, told.missing), (None, Some((2.0, 4.0)), 1));
        let told = Told::new(&rows[..1], 0, Confidence::USUAL);
        assert_eq!(told.estimate.map(|it| (it.mean, it.half_width)), Some((2.0, None)));
        let met = Met::all(&rows, Confidence::USUAL);
        assert_eq!((met.hits, met.of, met.always()), (2, 3, false));
    }

    #[test]
    fn pairs_are_found_by_replicate_not_by_place() {
        let from = [row(0, Some(1.0), true), row(1, Some(10.0), true), row(2, Some(5.0), true)];
        let to = [row(2, Some(6.0), true), row(1, Some(11.0), true)];
        let difference = Told::difference((&from, 0), (&to, 0), Confidence::USUAL).expect("pairs");
        assert_eq!((difference.count, difference.mean), (2, 1.0));
        assert_eq!(difference.half_width, Some(0.0));
    }
}
