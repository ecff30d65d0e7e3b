//! Running scenarios and measuring what happens.

pub mod finding;
pub mod histogram;
pub mod load;
pub mod objective;
pub mod outcome;
#[cfg(test)]
pub(crate) mod sample;
