//! What studies of many runs are told as: text, tables and charts.

pub mod compare;
pub mod drawn;
pub mod replicates;
pub mod size;
pub mod sweep;
pub mod uncertain;
pub mod value;

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
    /// Its columns, in order.
    pub columns: &'static [Column],
}

/// Every table that a study writes.
pub const TABLES: &[StudyTable] =
    &[replicates::REPLICATES, replicates::INTERVALS, compare::COMPARE, compare::COMPARE_COST];
