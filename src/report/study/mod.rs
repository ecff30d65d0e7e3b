//! What studies of many runs are told as: text, tables and charts.

pub mod compare;
pub mod drawn;
pub mod replicates;
pub mod size;
pub mod sweep;
pub mod uncertain;
pub mod value;

use crate::report::study::drawn::DRAWN;
use crate::report::study::size::table::{FORMULAS, SETTINGS};
use crate::report::table::Column;

/// A table that a study writes.
#[derive(Clone, Copy, Debug)]
pub struct StudyTable {
    /// The file is `NAME.csv`.
    pub name: &'static str,
    /// The command that writes it.
    pub command: &'static str,
    /// What a row is.
    pub row: &'static str,
    /// Its columns, in order; where names of others depend on the scenario, `row` says which.
    pub columns: &'static [Column],
}

/// Every table that a study writes. Two commands may write tables of one name.
pub const TABLES: &[StudyTable] = &[
    replicates::REPLICATES,
    replicates::INTERVALS,
    compare::COMPARE,
    compare::COMPARE_COST,
    StudyTable {
        name: "sweep",
        command: "sweep",
        row: "one point. After `point` stands a column for each path that is varied; before \
              `scenario_sha256` two for each metric, `METRIC_UNIT` and `METRIC_half_width_UNIT`, \
              mean and half the interval. Where inputs are uncertain the last columns stand before \
              those of metrics, else not at all",
        columns: &DRAWN_SWEEP,
    },
    StudyTable {
        name: "draws",
        command: "sweep",
        row: "one value of one draw, of an input that is uncertain; `size` writes it too",
        columns: drawn::DRAWS,
    },
    StudyTable {
        name: "replicates",
        command: "sweep",
        row: "one metric of one run of a point",
        columns: sweep::REPLICATES,
    },
    StudyTable {
        name: "formulas",
        command: "size",
        row: "one rule of thumb. The last columns are there where inputs are uncertain",
        columns: &DRAWN_FORMULAS,
    },
    StudyTable {
        name: "settings",
        command: "size",
        row: "one setting that was played. The last columns are there where inputs are uncertain",
        columns: &DRAWN_SETTINGS,
    },
    StudyTable {
        name: "scorecard",
        command: "size --scorecard",
        row: "what one rule says of one workload",
        columns: size::scorecard::SCORECARD,
    },
    StudyTable {
        name: "uncertain",
        command: "uncertain",
        row: "one value of one draw: an input, a metric or an objective",
        columns: uncertain::UNCERTAIN,
    },
    StudyTable {
        name: "tornado",
        command: "uncertain",
        row: "one value tried of one thing that is not known, and one metric then",
        columns: uncertain::TORNADO,
    },
];

const DRAWN_SWEEP: [Column; sweep::SWEEP.len() + DRAWN.len()] = with_drawn(sweep::SWEEP);
const DRAWN_FORMULAS: [Column; FORMULAS.len() + DRAWN.len()] = with_drawn(FORMULAS);
const DRAWN_SETTINGS: [Column; SETTINGS.len() + DRAWN.len()] = with_drawn(SETTINGS);

/// `columns`, and behind them what there is more of where inputs are uncertain.
const fn with_drawn<const N: usize>(columns: &[Column]) -> [Column; N] {
    let mut all = [DRAWN[0]; N];
    let mut place = 0;
    while place < N {
        let is_own = place < columns.len();
        all[place] = if is_own { columns[place] } else { DRAWN[place - columns.len()] };
        place += 1;
    }
    all
}
