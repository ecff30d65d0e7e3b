//! Alternatives side by side: measures and money, replicate by replicate.

use crate::experiment::bill::Item;
use crate::experiment::stats::{self, Confidence, Estimate};
use crate::experiment::study::measure::{Better, Measure};
use crate::experiment::study::row::{BillLine, Row};
use crate::experiment::study::told::Told;
use crate::scenario::Scenario;

/// One of the things compared.
#[derive(Clone, Copy, Debug)]
pub struct Alternative<'s> {
    /// What was played.
    pub scenario: &'s Scenario,
    /// What was measured.
    pub measures: &'s [Measure],
    /// An entry a replicate.
    pub rows: &'s [Row],
}

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its interval lies on the better side.
    Better,
    /// Its interval lies on the worse side.
    Worse,
    /// There is a difference of which nobody says that it is good or bad.
    Other,
    /// Zero is in its interval.
    None,
    /// There are too few replicates to tell.
    Unknown,
}

/// A difference, and what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of the alternative less the base.
    pub estimate: Estimate,
    /// What it means.
    pub change: Change,
}

/// Whether replicates of the same number can be paired: they have the same seed, and as much time
/// in which it draws.
#[must_use]
pub fn is_paired(base: &Scenario, other: &Scenario) -> bool {
    base.plan.seed == other.plan.seed && base.plan.duration == other.plan.duration
}

/// Names of producers that only one of both has: random streams bear these names, so that what
/// they draw has no partner.
#[must_use]
pub fn producers_of_one<'s>(base: &'s Scenario, other: &'s Scenario) -> Vec<&'s str> {
    let names = |it: &'s Scenario| it.plan.producers.iter().map(|it| it.name.as_str());
    let has = |it: &'s Scenario, name: &str| names(it).any(|own| own == name);
    let of_base = names(base).filter(|name| !has(other, name));
    of_base.chain(names(other).filter(|name| !has(base, name))).collect()
}

/// Paths of all measures, those of the base first.
#[must_use]
pub fn paths(all: &[Alternative<'_>]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for measure in all.iter().flat_map(|it| it.measures) {
        if !paths.contains(&measure.path) {
            paths.push(measure.path.clone());
        }
    }
    paths
}

impl<'s> Alternative<'s> {
    /// The measure at `path`, and its place.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<(usize, &'s Measure)> {
        self.measures.iter().enumerate().find(|(_, it)| it.path == path)
    }

    /// What its replicates tell of the measure at `path`.
    #[must_use]
    pub fn told(&self, path: &str, confidence: Confidence) -> Option<(&'s Measure, Told)> {
        let (place, measure) = self.find(path)?;
        Some((measure, Told::new(self.rows, place, confidence)))
    }

    /// How far it is from `base` at `path`; none where one of them does not have it in each
    /// replicate, or where they measure different things.
    #[must_use]
    pub fn difference(
        &self,
        base: &Self,
        path: &str,
        confidence: Confidence,
    ) -> Option<Difference> {
        let ((from, of_base), (to, measure)) = (base.find(path)?, self.find(path)?);
        if of_base.unit != measure.unit {
            return None;
        }
        let estimate = if is_paired(base.scenario, self.scenario) {
            Told::difference((base.rows, from), (self.rows, to), confidence)?
        } else {
            let values = |rows: &[Row], place: usize| -> Option<Vec<f64>> {
                rows.iter().map(|row| row.values.get(place).copied().flatten()).collect()
            };
            stats::unpaired(&values(base.rows, from)?, &values(self.rows, to)?, confidence)?
        };
        Some(Difference { estimate, change: change(&estimate, measure.better) })
    }

    /// The difference of each replicate that both have, in order; empty where they are not paired.
    #[must_use]
    pub fn differences(&self, base: &Self, path: &str) -> Vec<f64> {
        let Some(((from, _), (to, _))) = base.find(path).zip(self.find(path)) else {
            return Vec::new();
        };
        if !is_paired(base.scenario, self.scenario) {
            return Vec::new();
        }
        let of = |row: &Row| {
            let other = base.rows.iter().find(|it| it.replicate == row.replicate)?;
            Some(row.values.get(to).copied()?? - other.values.get(from).copied()??)
        };
        self.rows.iter().filter_map(of).collect()
    }

    /// The items of its bill, in the order in which they first appear.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for line in self.rows.iter().flat_map(|row| &row.bill) {
            if !items.contains(&line.item) {
                items.push(line.item);
            }
        }
        items
    }

    /// An item's line in each replicate that has a bill.
    #[must_use]
    pub fn lines(&self, item: Item) -> Vec<Option<&'s BillLine>> {
        let billed = self.rows.iter().filter(|row| !row.bill.is_empty());
        billed.map(|row| row.bill.iter().find(|line| line.item == item)).collect()
    }

    /// What an item, or all of them, costs a month in the mean (USD).
    #[must_use]
    pub fn cost(&self, item: Option<Item>) -> Option<f64> {
        let billed: Vec<f64> = match item {
            None => self.rows.iter().filter_map(|row| Some(row.month()?.dollars())).collect(),
            Some(item) => {
                let lines = self.lines(item).into_iter();
                lines.map(|line| line.map_or(0.0, |line| line.amount.dollars())).collect()
            }
        };
        (!billed.is_empty()).then(|| billed.iter().sum::<f64>() / billed.len() as f64)
    }
}

fn change(estimate: &Estimate, better: Better) -> Change {
    let is_same = estimate.half_width.is_some() && !estimate.excludes_zero();
    match (estimate.half_width, better) {
        (None, _) if estimate.mean == 0.0 => Change::None,
        (None, _) => Change::Unknown,
        _ if is_same => Change::None,
        (_, Better::Neither) => Change::Other,
        (_, Better::Less) if estimate.mean < 0.0 => Change::Better,
        (_, Better::More) if estimate.mean > 0.0 => Change::Better,
        _ => Change::Worse,
    }
}

impl Change {
    /// In a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Other => "different",
            Self::None => "no difference",
            Self::Unknown => "one run tells nothing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_by_its_interval_and_its_side() {
        let of = |mean, half_width| Estimate { count: 5, mean, half_width };
        assert_eq!(change(&of(-2.0, Some(1.0)), Better::Less), Change::Better);
        assert_eq!(change(&of(-2.0, Some(1.0)), Better::More), Change::Worse);
        assert_eq!(change(&of(-2.0, Some(1.0)), Better::Neither), Change::Other);
        assert_eq!(change(&of(-2.0, Some(3.0)), Better::Less), Change::None);
        assert_eq!(change(&of(0.0, Some(0.0)), Better::Less), Change::None);
        assert_eq!(change(&of(2.0, Some(0.0)), Better::More), Change::Better);
        assert_eq!(change(&of(2.0, None), Better::More), Change::Unknown);
        assert_eq!(change(&of(0.0, None), Better::More), Change::None);
    }
}
