//! A sweep: a row a point, as screen, tables, JSON and Markdown.

mod files;
mod journal;
mod json;
mod name;
mod plan;
mod screen;
mod sort;
mod spread;
mod table;

pub use files::{Asked, files};
pub use journal::{Journal, JournalError};
pub use plan::{FILE as PLAN_FILE, Plan, PlanFile, Stored};
pub use sort::Sort;
pub use table::{REPLICATES, SWEEP};

use crate::experiment::stats::Confidence;
use crate::experiment::study::points::Points;
use crate::experiment::study::sweep::{Done, Limit};
use crate::experiment::study::{Draws, Measure, Met, Regret, Row, Shown, Told, frontier, regret};
use crate::report::manifest::sha256;
use crate::report::study::drawn::Chance;

/// Path of what a month costs.
const COST: &str = "cost.month";
/// Path of the refused attempts.
const THROTTLED: &str = "write.throttled";
/// Letters of a SHA-256.
const HASH: usize = 64;
/// What the age of a consumer's records is called.
const LAG: &str = ".iterator_age.p99";

/// An objective: its path and its condition, as written.
pub type Objective = (String, String);

/// All that a sweep showed.
#[derive(Clone, Debug)]
pub struct Sweep<'s> {
    /// What it was, apart from its runs.
    pub frame: Frame<'s>,
    /// A row a point, in the points' order.
    rows: Vec<PointRow>,
    /// The points in the order in which they are told.
    order: Vec<usize>,
}

/// What the runs of a point showed.
#[derive(Clone, Debug)]
pub struct PointRow {
    /// Place of the point, from 0.
    pub point: usize,
    /// SHA-256 of its resolved scenario, or of those of all its draws; empty where it has none.
    pub hash: String,
    /// How it ended.
    pub state: State,
    /// The runs that have numbers.
    pub rows: Vec<Row>,
    /// Each measure over all runs.
    pub told: Vec<Told>,
    /// Each objective over all runs.
    pub met: Vec<Met>,
    /// All objectives over all runs.
    pub all_met: Met,
    /// Draws whose values make no scenario, and what is wrong with the first of them.
    pub left_out: (usize, String),
    /// What not knowing the draw costs; none where nothing is drawn.
    pub regret: Option<Regret>,
    /// Objectives that did not hold in each run.
    pub missed: usize,
    /// What a month costs (USD).
    pub cost: Option<f64>,
    /// Whether no other point is as good and better in something: cost, lag, throttling.
    pub is_unbeaten: bool,
    /// Cost relative to the cheapest point that misses nothing.
    pub relative: Option<f64>,
}

/// How the runs of a point ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// All came to their end.
    Whole,
    /// A limit ended some of them.
    Partial(Limit),
    /// Some have no numbers, for this reason.
    Failed(String),
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
    /// What these runs show together, in any order. Points are told by objectives missed, where
    /// inputs are drawn by their chance to hold, then by cost; or as `sort` says.
    #[must_use]
    pub fn new(frame: Frame<'s>, mut done: Vec<Done>, sort: Option<&Sort>) -> Self {
        done.sort_by_key(|it| it.run);
        let mut rows: Vec<PointRow> = Vec::with_capacity(frame.points.values.len());
        let mut done = done.into_iter().peekable();
        for point in 0..frame.points.values.len() {
            let mut own = Vec::new();
            while let Some(it) = done.next_if(|it| it.run.point <= point) {
                own.push(it);
            }
            rows.push(PointRow::new(point, own, &frame));
        }
        let mut sweep = Self { frame, rows, order: Vec::new() };
        sweep.weigh();
        sweep.order = sort::order(&sweep, sort);
        sweep
    }

    /// What depends on all points.
    fn weigh(&mut self) {
        let criteria: Vec<Vec<Option<f64>>> =
            self.rows.iter().map(|row| self.criteria(row)).collect();
        let cheapest = self
            .rows
            .iter()
            .filter(|row| row.holds())
            .filter_map(|row| row.cost)
            .min_by(f64::total_cmp)
            .filter(|cost| *cost > 0.0);
        for (row, is_unbeaten) in self.rows.iter_mut().zip(frontier::unbeaten(&criteria)) {
            row.is_unbeaten = is_unbeaten;
            row.relative = row.cost.zip(cheapest).map(|(own, least)| own / least);
        }
        if self.frame.draws.is_some() {
            let all: Vec<Vec<Option<Shown>>> =
                self.rows.iter().map(|row| self.in_draws(row)).collect();
            for (row, regret) in self.rows.iter_mut().zip(regret(&all)) {
                row.regret = Some(regret);
            }
        }
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
    fn criteria(&self, row: &PointRow) -> Vec<Option<f64>> {
        if row.state != State::Whole {
            return vec![None];
        }
        let mut criteria = vec![row.cost, self.mean(row, THROTTLED)];
        if self.lags().next().is_some() {
            criteria.push(self.lag(row));
        }
        criteria
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

    /// A row a point, in the points' order.
    #[must_use]
    pub fn rows(&self) -> &[PointRow] {
        &self.rows
    }

    /// The rows in the order in which they are told.
    pub(in crate::report) fn ordered(&self) -> impl Iterator<Item = &PointRow> {
        self.order.iter().map(|&place| &self.rows[place])
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

impl PointRow {
    fn new(point: usize, done: Vec<Done>, frame: &Frame<'_>) -> Self {
        let mut hash = String::new();
        let mut rows = Vec::with_capacity(done.len());
        let (mut limit, mut failure) = (None, None);
        let mut left_out = (0, String::new());
        let count = done.len() as u64;
        for it in done {
            // Of draws there is a scenario each.
            let is_new = hash.is_empty() || frame.draws.is_some();
            if !it.hash.is_empty() && is_new {
                hash.push_str(&it.hash);
            }
            match it.result {
                Ok(kept) => {
                    limit = limit.or(kept.limit);
                    rows.push(kept.row);
                }
                Err(reason) if frame.draws.is_some() && it.hash.is_empty() => {
                    left_out.0 += 1;
                    if left_out.0 == 1 {
                        left_out.1 = reason;
                    }
                }
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        if hash.len() > HASH {
            hash = sha256(hash.as_bytes());
        }
        if rows.is_empty() && left_out.0 > 0 {
            failure = failure.or_else(|| Some(left_out.1.clone()));
        }
        if count < frame.replicates && failure.is_none() {
            failure = Some("it was not played to its end".to_owned());
        }
        let state = match (failure, limit) {
            (Some(reason), _) => State::Failed(reason),
            (None, Some(limit)) => State::Partial(limit),
            (None, None) => State::Whole,
        };
        let told: Vec<Told> = (0..frame.measures.len())
            .map(|place| Told::new(&rows, place, frame.confidence))
            .collect();
        let met: Vec<Met> = (0..frame.objectives.len())
            .map(|place| Met::objective(&rows, place, frame.confidence))
            .collect();
        let cost = frame.measures.iter().position(|it| it.path == COST);
        let cost = cost.and_then(|place| told[place].estimate).map(|it| it.mean);
        let missed = met.iter().filter(|it| !it.always()).count();
        Self {
            point,
            hash,
            state,
            all_met: Met::all(&rows, frame.confidence),
            left_out,
            regret: None,
            rows,
            told,
            met,
            missed,
            cost,
            is_unbeaten: false,
            relative: None,
        }
    }

    /// How likely it holds, and what not knowing costs; nothing of a point that failed.
    pub(in crate::report) fn chance(&self) -> Chance {
        let has_numbers = !matches!(self.state, State::Failed(_));
        (Some(self.all_met).filter(|_| has_numbers), self.regret.filter(|_| has_numbers))
    }

    /// Whether every run came to its end and met every objective.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state == State::Whole && self.missed == 0
    }
}

impl State {
    /// As tables have it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Partial(_) => "partial",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it is not whole; empty where it is.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Whole => "",
            Self::Partial(limit) => limit.name(),
            Self::Failed(reason) => reason,
        }
    }
}

#[cfg(test)]
pub(in crate::report) mod tests;
