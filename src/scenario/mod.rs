//! From a user's file to a [`Scenario`] that can be simulated.

pub mod alarm;
mod decode;
mod document;
pub mod edit;
pub mod field;
mod file;
mod home;
pub mod inputs;
mod leaf;
mod load;
pub mod metric;
mod moment;
mod objective;
mod or_table;
pub mod problem;
mod problems;
mod remarks;
mod resolve;
mod resolved;
mod series;
mod sources;
pub mod sweep;
pub mod template;
pub mod unbuilt;
pub mod uncertain;
mod unfit;

pub use load::{Files, NoFiles, load, load_drawn};
pub use objective::bound;
pub use problems::Problems;
pub use remarks::{Remark, Remarks, Weight};
pub use sources::Spot;
pub use uncertain::UncertainInput;
pub use unfit::because;

use crate::calendar::Moment;
use crate::model::plan::Plan;
use crate::model::prices::Prices;
use crate::scenario::alarm::Alarm;
use crate::scenario::metric::Metric;
use crate::time::Span;

/// A scenario that has been read, checked, and can be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name of the run: the file's stem.
    pub name: String,
    /// `scenario.description`, where given.
    pub description: Option<String>,
    /// Width of a CSV row and heat-map column (D16).
    pub interval: Span,
    /// When on the calendar the run begins, where given.
    pub start: Option<Moment>,
    /// What must hold, in order of appearance.
    pub objectives: Vec<Objective>,
    /// What is watched as CloudWatch would watch it, in order of declaration.
    pub alarms: Vec<Alarm>,
    /// What is simulated.
    pub plan: Plan,
    /// What it is billed at.
    pub prices: Prices,
    /// The records expected, where `resolution = "auto"` chose quanta because of them.
    pub chosen_for: Option<u64>,
    /// `scenario.resolved.toml`: every value in force, each with a comment that says whether it
    /// was given, is a default, or a fact.
    pub resolved: String,
    /// SHA-256 of the resolved text, hexadecimal: what was simulated, overrides included. The text
    /// names the SHA-256 of every file that was read.
    pub hash: String,
    /// Ids of the assumed constants (facts graded unknown) the result rests on.
    pub assumptions: Vec<&'static str>,
    /// The numbers that are not known, and the value of each that is in force.
    pub uncertain: Vec<UncertainInput>,
    /// Those of them that a field changes, with the value in force, as the resolved text has them.
    pub assumed: Vec<Assumed>,
    /// Constants that this scenario sets to another value than their fact has.
    pub overrides: Vec<Override>,
}

/// An assumed constant that a field changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// Id of the fact.
    pub fact: &'static str,
    /// Path of the field, as `--set` takes it: `model.write.burst_records`.
    pub path: String,
    /// The value assumed, as TOML.
    pub value: String,
}

/// A constant with a fact behind it that a scenario changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Path of the field: `reader.fraud.get_records.limit`.
    pub path: String,
    /// Id of the fact.
    pub fact: &'static str,
    /// The value without it, as TOML.
    pub from: String,
    /// The value given, as TOML.
    pub to: String,
}

/// One line of `[slo]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The path as written: `reader.fraud.iterator_age.p99`.
    pub path: String,
    /// What it means.
    pub metric: Metric,
    /// How the measured value must compare.
    pub comparison: Comparison,
    /// The bound: seconds, a share (0 to 1), a count, or records a second.
    pub bound: f64,
    /// For counts: whether the bound is a share of the records offered.
    pub bound_is_share: bool,
    /// The condition as written: `<= 5 s`.
    pub text: String,
}

/// How a measured value must compare with its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `==`
    Equal,
}
