//! Running scenarios and measuring what happens.

pub mod histogram;
pub mod outcome;
