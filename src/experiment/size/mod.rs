//! Sizing: what rules of thumb say of a workload, what becomes of those who follow them, and the
//! cheapest setting that holds.
//!
//! `workload` is what a rule is fed with, `formula` the rules, `search` finds the cheapest setting
//! by playing, `score` is what is told of a setting that was played, `change` what a producer could
//! do, and `scorecard` asks the rules about many workloads.

pub mod change;
mod foresight;
pub mod formula;
pub mod knob;
pub mod reach;
pub mod scan;
pub mod score;
pub mod scorecard;

pub mod search;
pub mod workload;

pub use change::Change;
pub use formula::{Formula, Note, Statistic};
pub use knob::{Knob, Setting};
pub use scan::{Method, Scan};
pub use score::Score;
pub use search::{Ask, Bench, Demand, Minimise, Sizing};
pub use workload::{Load, Workload};
