//! A deterministic discrete-event simulator of Amazon Kinesis capacity.

pub mod experiment;
pub mod model;
pub mod report;
pub mod scenario;
pub mod time;
pub mod units;
