//! What is told of a setting that was played.

use crate::experiment::size::knob::Setting;
use crate::experiment::stats::{self, Confidence, Estimate};
use crate::experiment::study::{Measure, Met, Regret, Row, Told};
use crate::scenario::{Comparison, Objective};
use crate::units::Money;

/// A setting and its runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// What was played.
    pub setting: Setting,
    /// Shards of the stream that is sized.
    pub shards: u32,
    /// Its replicates, in order. Fewer than all where it could not hold any more.
    pub rows: Vec<Row>,
    /// What not knowing the draw costs with it; none where nothing is drawn, or where it was not
    /// played with all draws.
    pub regret: Option<Regret>,
}

impl Score {
    /// Dollars of a month; none where a run ended within its warm-up.
    #[must_use]
    pub fn month(&self, confidence: Confidence) -> Option<Estimate> {
        let months: Option<Vec<f64>> =
            self.rows.iter().map(|row| row.month().map(Money::dollars)).collect();
        stats::mean(&months?, confidence)
    }

    /// Mean dollars of a month, for comparison; what has none is dearer than all.
    #[must_use]
    pub fn dollars(&self) -> f64 {
        self.month(Confidence::USUAL).map_or(f64::INFINITY, |it| it.mean)
    }

    /// Dollars of a month in its first run, which every setting has: to compare those that are not
    /// played to the end.
    #[must_use]
    pub fn first_dollars(&self) -> f64 {
        self.rows.first().and_then(Row::month).map_or(f64::INFINITY, Money::dollars)
    }

    /// The measure with this path.
    #[must_use]
    pub fn told(&self, measures: &[Measure], path: &str, confidence: Confidence) -> Option<Told> {
        let place = measures.iter().position(|it| it.path == path)?;
        Some(Told::new(&self.rows, place, confidence))
    }

    /// Part of the records that are given up for good.
    #[must_use]
    pub fn lost(&self, confidence: Confidence) -> Option<Estimate> {
        let share = |row: &Row| row.lost.0 as f64 / row.lost.1.max(row.lost.0).max(1) as f64;
        let shares: Vec<f64> = self.rows.iter().map(share).collect();
        stats::mean(&shares, confidence)
    }

    /// In how many replicates every objective held.
    #[must_use]
    pub fn met(&self, confidence: Confidence) -> Met {
        Met::all(&self.rows, confidence)
    }

    /// Objectives that some replicate missed, by their places, and in how many.
    #[must_use]
    pub fn missed(&self) -> Vec<(usize, u64)> {
        let count = self.rows.first().map_or(0, |row| row.met.len());
        let missed = |place: usize| self.rows.iter().filter(|row| !row.met[place]).count() as u64;
        (0..count).map(|place| (place, missed(place))).filter(|it| it.1 > 0).collect()
    }

    /// Whether a limit ended any run early.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.rows.iter().any(|row| row.is_partial)
    }

    /// Whether enough of `replicates` runs hold the objectives at these places.
    #[must_use]
    pub fn holds(&self, places: &[usize], replicates: u64, probability: f64) -> bool {
        let misses = self.misses(places);
        self.rows.len() as u64 >= replicates && misses <= allowed(replicates, probability)
    }

    /// Runs that miss one of the objectives at these places.
    #[must_use]
    pub fn misses(&self, places: &[usize]) -> u64 {
        let held = |row: &Row| {
            !row.is_partial && places.iter().all(|&place| row.met.get(place) == Some(&true))
        };
        self.rows.iter().filter(|row| !held(row)).count() as u64
    }

    /// How near the objective that is nearest to its bound, or farthest beyond it, comes: 1 is at
    /// the bound, more is missed. The mean of all replicates, each with its worst; a value that is
    /// not there is infinitely bad.
    #[must_use]
    pub fn worst(&self, measures: &[Measure], objectives: &[Objective]) -> f64 {
        let all = self.ratios(measures, objectives);
        all.iter().sum::<f64>() / all.len().max(1) as f64
    }

    /// The same of the replicate that decides: so many may be worse.
    #[must_use]
    pub fn worst_but(&self, spare: u64, measures: &[Measure], objectives: &[Objective]) -> f64 {
        let mut all = self.ratios(measures, objectives);
        all.sort_by(|a, b| b.total_cmp(a));
        all.get(spare as usize).or(all.last()).copied().unwrap_or(0.0)
    }

    /// Of each replicate the worst objective's value over its bound.
    fn ratios(&self, measures: &[Measure], objectives: &[Objective]) -> Vec<f64> {
        let of_row = |row: &Row| {
            let ratio = |objective: &Objective| {
                let place = measures.iter().position(|it| it.path == objective.path);
                let value = place.and_then(|place| row.values.get(place).copied().flatten());
                value.map_or(f64::INFINITY, |it| ratio(it, objective))
            };
            objectives.iter().map(ratio).fold(0.0, f64::max)
        };
        self.rows.iter().map(of_row).collect()
    }
}

/// Replicates that may miss, where this part of them must hold.
#[must_use]
pub fn allowed(replicates: u64, probability: f64) -> u64 {
    // What is less than a thousand-millionth of a run is rounding.
    (replicates as f64 * (1.0 - probability) + 1e-9).floor() as u64
}

/// A value over its bound, or the bound over the value where more is better.
fn ratio(value: f64, objective: &Objective) -> f64 {
    let bound = objective.bound;
    let (over, under) = match objective.comparison {
        Comparison::AtMost | Comparison::Below => (value, bound),
        Comparison::AtLeast | Comparison::Above => (bound, value),
        Comparison::Equal if (value - bound).abs() <= f64::EPSILON => return 1.0,
        Comparison::Equal => return f64::INFINITY,
    };
    if over <= 0.0 {
        0.0
    } else if under <= 0.0 {
        f64::INFINITY
    } else {
        over / under
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::metric::Metric;

    fn objective(comparison: Comparison, bound: f64) -> Objective {
        Objective {
            path: "write.throttled".to_owned(),
            metric: Metric::WriteThrottled,
            comparison,
            bound,
            bound_is_share: false,
            text: String::new(),
        }
    }

    fn row(replicate: u64, met: &[bool]) -> Row {
        let met = met.to_vec();
        Row {
            replicate,
            is_partial: false,
            values: Vec::new(),
            met,
            lost: (1, 4),
            bill: Vec::new(),
        }
    }

    #[test]
    fn ratios_are_more_than_one_where_an_objective_is_missed() {
        assert!((ratio(0.02, &objective(Comparison::AtMost, 0.001)) - 20.0).abs() < 1e-9);
        assert!((ratio(5.0, &objective(Comparison::AtLeast, 10.0)) - 2.0).abs() < 1e-9);
        assert!(ratio(0.0, &objective(Comparison::AtMost, 0.0)) < 1e-12);
        assert!(ratio(1.0, &objective(Comparison::AtMost, 0.0)).is_infinite());
    }

    #[test]
    fn so_many_may_miss_and_no_more() {
        assert_eq!([5, 19, 20, 40, 100].map(|n| allowed(n, 0.95)), [0, 0, 1, 2, 5]);
        assert_eq!(allowed(10, 0.9), 1);
        let rows = vec![row(0, &[true, true]), row(1, &[true, false]), row(2, &[true, true])];
        let score = Score { setting: Setting::default(), shards: 1, rows, regret: None };
        assert_eq!(score.missed(), [(1, 1)]);
        assert!(score.holds(&[0], 3, 1.0) && !score.holds(&[0, 1], 3, 0.95));
        assert!(score.holds(&[0, 1], 3, 0.6) && !score.holds(&[0], 4, 0.6));
        assert_eq!(score.lost(Confidence::USUAL).map(|it| it.mean), Some(0.25));
        assert_eq!(score.month(Confidence::USUAL), None);
    }
}
