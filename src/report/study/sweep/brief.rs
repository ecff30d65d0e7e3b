//! What stays of a point in memory: numbers by which points are compared.

use crate::report::study::drawn::share;
use crate::report::study::sweep::{PointRow, State};

/// What stays of a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brief {
    /// What a month costs (USD).
    pub cost: Option<f64>,
    /// The share of its runs in which every objective held.
    pub chance: f64,
    /// Objectives that did not hold in each run.
    pub missed: u32,
    /// How its runs ended.
    pub ending: Ending,
    /// As [`PointRow`] has it.
    pub is_unbeaten: bool,
}

/// A [`State`] without its reason, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    Whole,
    Partial,
    Failed,
}

impl Brief {
    /// What stays of `row`; of whether it is unbeaten others decide.
    pub(super) fn new(row: &PointRow) -> Self {
        let ending = match row.state {
            State::Whole => Ending::Whole,
            State::Partial(_) => Ending::Partial,
            State::Failed(_) => Ending::Failed,
        };
        let missed = u32::try_from(row.missed).unwrap_or(u32::MAX);
        let (cost, chance) = (row.cost, share(&row.all_met));
        Self { cost, chance, missed, ending, is_unbeaten: false }
    }

    /// As [`PointRow::holds`].
    pub(super) fn holds(&self) -> bool {
        self.ending == Ending::Whole && self.missed == 0
    }
}
