//! Running scenarios and measuring what happens.

pub mod finding;
pub mod histogram;
pub mod load;
pub mod objective;
pub mod outcome;
pub mod parallel;
pub mod run;
#[cfg(test)]
pub(crate) mod sample;
