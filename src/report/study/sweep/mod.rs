//! A sweep: a row a point, as screen, tables, JSON and Markdown.
//!
//! Of a point a few numbers stay in memory, by which points are compared. Everything else is read
//! again for each file, point by point.

mod archive;
mod brief;
mod files;
mod journal;
mod json;
mod line;
mod name;
mod plan;
mod point;
mod screen;
mod sort;
mod spread;
mod table;

pub use archive::Archive;
pub use files::{Asked, write};
pub use journal::{Journal, JournalError};
pub use plan::{FILE as PLAN_FILE, Plan, PlanFile, Stored};
pub use point::{PointRow, State};
pub use sort::Sort;
pub use table::{REPLICATES, SWEEP};

use crate::experiment::stats::Confidence;
use crate::experiment::study::points::Points;
use crate::experiment::study::{Best, Draws, Measure, Shown, frontier};
use crate::report::manifest::Joined;
use crate::report::study::sweep::brief::{Brief, Ending};
use crate::report::study::sweep::spread::Spread;

/// Path of what a month costs.
const COST: &str = "cost.month";
/// Path of the refused attempts.
const THROTTLED: &str = "write.throttled";
/// What the age of a consumer's records is called.
const LAG: &str = ".iterator_age.p99";

/// An objective: its path and its condition, as written.
pub type Objective = (String, String);

/// All that a sweep showed.
#[derive(Debug)]
pub struct Sweep<'s> {
    /// What it was, apart from its runs.
    pub frame: Frame<'s>,
    /// Its runs.
    over: &'s Archive,
    /// What stays of each point.
    briefs: Vec<Brief>,
    /// The points in the order in which they are told.
    order: Vec<usize>,
    together: Together,
    /// Where the spread hides the steps between neighbours.
    spread: Vec<Spread>,
}

/// What all points show together.
#[derive(Debug, Default)]
struct Together {
    /// What the cheapest point costs that misses nothing.
    cheapest: Option<f64>,
    /// The cheapest in each draw, where inputs are drawn.
    best: Best,
    /// The most draws that a point leaves out, and why.
    left_out: (usize, String),
    /// SHA-256 of the hashes of all points.
    sha256: String,
    /// Whether something ended some run early.
    is_partial: bool,
}

/// What a sweep showed, apart from its runs.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'s> {
    /// Its name.
    pub name: &'s str,
    /// The scenario's file, as texts call it.
    pub file: &'s str,
    /// What was played.
    pub points: &'s Points,
    /// What was measured.
    pub measures: &'s [Measure],
    /// What had to hold.
    pub objectives: &'s [Objective],
    /// Runs of each point.
    pub replicates: u64,
    /// What they are drawn from, where inputs are uncertain.
    pub draws: Option<&'s Draws>,
    /// What the intervals are to have.
    pub asked: Confidence,
    /// What each has.
    pub confidence: Confidence,
    /// Whether the keys fell elsewhere in each replicate.
    pub with_other_keys: bool,
}

impl<'s> Sweep<'s> {
    /// What these runs show together. Points are told by objectives missed, where inputs are drawn
    /// by their chance to hold, then by cost; or as `sort` says.
    ///
    /// # Errors
    /// Where a run cannot be read.
    pub fn new(
        frame: Frame<'s>,
        over: &'s Archive,
        sort: Option<&Sort>,
    ) -> Result<Self, JournalError> {
        let (briefs, order, spread) = (Vec::new(), Vec::new(), Vec::new());
        let mut sweep = Self { frame, over, briefs, order, together: Together::default(), spread };
        sweep.weigh()?;
        sweep.order = sort::order(&sweep, sort)?;
        sweep.spread = spread::of(&sweep, &sweep.shown())?;
        Ok(sweep)
    }

    /// Goes over all points once, and keeps what depends on all of them.
    fn weigh(&mut self) -> Result<(), JournalError> {
        let count = self.frame.points.values.len();
        let (mut briefs, mut criteria) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut together, mut hashes) = (Together::default(), Joined::default());
        for point in 0..count {
            let row = self.row(point)?;
            criteria.push(self.criteria(&row));
            hashes.add(&row.hash);
            together.is_partial |= row.rows.iter().any(|it| it.is_partial);
            if self.frame.draws.is_some() {
                together.best.note(&self.in_draws(&row));
            }
            let brief = Brief::new(&row);
            if brief.holds() {
                let both = together.cheapest.into_iter().chain(brief.cost);
                together.cheapest = both.min_by(f64::total_cmp);
            }
            if brief.ending != Ending::Failed && row.left_out.0 >= together.left_out.0 {
                together.left_out = row.left_out;
            }
            briefs.push(brief);
        }
        for (brief, is_unbeaten) in briefs.iter_mut().zip(frontier::unbeaten(&criteria)) {
            brief.is_unbeaten = is_unbeaten;
        }
        together.cheapest = together.cheapest.filter(|cost| *cost > 0.0);
        together.sha256 = hashes.hex();
        (self.briefs, self.together) = (briefs, together);
        Ok(())
    }

    /// What a point shows in each draw.
    fn in_draws(&self, row: &PointRow) -> Vec<Option<Shown>> {
        let cost = self.frame.measures.iter().position(|it| it.path == COST);
        let mut shown = vec![None; self.frame.replicates as usize];
        for own in &row.rows {
            let cost = cost.and_then(|place| own.values.get(place).copied().flatten());
            if let (Some(cost), Some(shown)) = (cost, shown.get_mut(own.replicate as usize)) {
                *shown = Some(Shown { cost, holds: own.is_met() });
            }
        }
        shown
    }

    /// Cost, refusals and the oldest consumer's lag; none of a point without all its numbers.
    fn criteria(&self, row: &PointRow) -> [Option<f64>; 3] {
        if row.state != State::Whole {
            return [None; 3];
        }
        let lag = if self.lags().next().is_some() { self.lag(row) } else { Some(0.0) };
        [row.cost, self.mean(row, THROTTLED), lag]
    }

    /// The mean of a measure at a point.
    pub(in crate::report) fn mean(&self, row: &PointRow, path: &str) -> Option<f64> {
        let place = self.frame.measures.iter().position(|it| it.path == path)?;
        row.told.get(place)?.estimate.map(|it| it.mean)
    }

    /// Places of the measures of lag.
    pub(in crate::report) fn lags(&self) -> impl Iterator<Item = usize> + '_ {
        let all = self.frame.measures.iter().enumerate();
        all.filter(|(_, it)| it.path.ends_with(LAG)).map(|(place, _)| place)
    }

    /// The largest lag of all consumers.
    pub(in crate::report) fn lag(&self, row: &PointRow) -> Option<f64> {
        let each = self.lags().map(|place| row.told.get(place)?.estimate.map(|it| it.mean));
        let all: Option<Vec<f64>> = each.collect();
        all?.into_iter().max_by(f64::total_cmp)
    }

    /// Points there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.frame.points.values.len()
    }

    /// Whether some point meets every objective.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.briefs.iter().any(Brief::holds)
    }

    /// Whether a limit ended every point early.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.briefs.iter().all(|it| it.ending == Ending::Partial)
    }

    /// What a point showed, read anew.
    ///
    /// # Errors
    /// Where one of its runs cannot be read any more.
    pub fn row(&self, point: usize) -> Result<PointRow, JournalError> {
        let done = self.over.point(point, self.frame.replicates)?;
        let mut row = PointRow::new(point, done, &self.frame);
        row.is_unbeaten = self.briefs.get(point).is_some_and(|it| it.is_unbeaten);
        row.relative = row.cost.zip(self.together.cheapest).map(|(own, least)| own / least);
        if self.frame.draws.is_some() {
            row.regret = Some(self.together.best.regret(&self.in_draws(&row)));
        }
        Ok(row)
    }

    /// The points in their own order.
    pub(in crate::report) fn rows(
        &self,
    ) -> impl Iterator<Item = Result<PointRow, JournalError>> + '_ {
        (0..self.count()).map(|point| self.row(point))
    }

    /// The points in the order in which they are told.
    pub(in crate::report) fn ordered(
        &self,
    ) -> impl Iterator<Item = Result<PointRow, JournalError>> + '_ {
        self.order.iter().map(|&point| self.row(point))
    }

    /// The short names of what is varied.
    pub(in crate::report) fn short_paths(&self) -> Vec<String> {
        name::short(&self.frame.points.paths.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The values of a point, as people read them.
    pub(in crate::report) fn values(&self, row: &PointRow) -> Vec<String> {
        self.frame.points.values[row.point]
            .iter()
            .map(|it| crate::scenario::sweep::plain(it))
            .collect()
    }
}

#[cfg(test)]
pub(in crate::report) mod tests;
