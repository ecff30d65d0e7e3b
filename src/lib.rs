//! A deterministic discrete-event simulator of Amazon Kinesis capacity.

pub mod calendar;
pub mod cli;
pub mod engine;
pub mod experiment;
pub mod model;
pub mod quantity;
pub mod random;
pub mod report;
pub mod rounding;
pub mod scenario;
pub mod time;
pub mod units;
