//! What `kinesim size` tells: a screen, Markdown, JSON, two tables, charts.

pub mod cells;
mod charts;
mod json;
pub mod scorecard;
mod screen;
pub mod table;
mod words;

pub use charts::charts;

use crate::experiment::size::{Demand, Score, Sizing};
use crate::experiment::study::Draws;
use crate::report::study::drawn::Chance;
use crate::scenario::Scenario;

/// All that is told.
#[derive(Clone, Debug)]
pub struct Told<'s> {
    /// What was sized, its rates with headroom.
    pub scenario: &'s Scenario,
    /// What was found.
    pub sizing: &'s Sizing,
    /// What was asked.
    pub demand: &'s Demand,
    /// Part by which rates are higher, where they are.
    pub headroom: Option<f64>,
    /// Whether the only objective is the usual one, because the scenario has none.
    pub is_usual: bool,
    /// What each replicate is a draw of, where inputs are uncertain.
    pub drawn: Option<Drawn<'s>>,
    /// The scenario's file; none where there are only options.
    pub file: Option<String>,
    /// The study's directory.
    pub directory: String,
    /// Whether keys fall elsewhere in each replicate.
    pub with_other_keys: bool,
}

/// Draws of uncertain inputs.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'s> {
    /// All of them.
    pub draws: &'s Draws,
    /// Those whose values make no scenario, and what is wrong with the first of them.
    pub left_out: &'s (usize, String),
}

impl Told<'_> {
    /// How likely a setting holds, and what not knowing costs with it; nothing of one that was not
    /// played with all draws.
    pub(in crate::report) fn chance(&self, score: &Score) -> Chance {
        let met = Some(score.met(self.demand.confidence));
        (met.filter(|_| self.is_whole(score)), score.regret)
    }

    /// Whether a setting was played with all replicates.
    fn is_whole(&self, score: &Score) -> bool {
        score.rows.len() as u64 >= self.demand.replicates
    }

    /// Whether every objective holds in enough replicates.
    #[must_use]
    pub fn holds(&self, score: &Score) -> bool {
        let all: Vec<usize> = (0..self.scenario.objectives.len()).collect();
        score.holds(&all, self.demand.replicates, self.demand.probability)
    }

    /// The best of all that hold with the producers as they are.
    #[must_use]
    pub fn best(&self) -> Option<&Score> {
        self.sizing.best.map(|place| &self.sizing.scores[place])
    }

    /// Dollars a month above the best; none where there is no best.
    #[must_use]
    pub fn overspend(&self, score: &Score) -> Option<f64> {
        Some((score.dollars() - self.best()?.dollars()).max(0.0))
    }

    /// The fewest shards that hold with all else as in the file; of writes alone, where that is
    /// what was gone through.
    #[must_use]
    pub fn least_shards(&self) -> Option<u32> {
        self.sizing.scan.holding().first().copied()
    }
}
