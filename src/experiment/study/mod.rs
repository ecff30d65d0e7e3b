//! Studies: many runs, of each of which a row of numbers is kept.
//!
//! A *replicate* is a run of the same scenario with other random numbers and the same keys (D24).
//! Runs of different scenarios with the same replicate number use the same random streams, so that
//! their differences are paired.

pub mod compared;
pub mod design;
pub mod draws;
pub mod frontier;
pub mod measure;
pub mod played;
pub mod points;
pub mod regret;
pub mod row;
pub mod steady;
pub mod sweep;
pub mod told;
pub mod uncertain;

pub use draws::Draws;
pub use measure::{Better, Measure, measures};
pub use played::{Job, Pace, Stopped, each, play};
pub use regret::{Best, Regret, Shown, regret};
pub use row::{BillLine, Row};
pub use told::{Met, Told};
