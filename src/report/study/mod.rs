//! What studies of many runs are told as: text, tables and charts.

pub mod replicates;
pub mod size;
pub mod value;
