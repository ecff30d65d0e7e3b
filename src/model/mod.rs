//! The Kinesis pipeline: streams, producers, consumers.

pub mod facts;
pub mod hashing;
pub mod plan;
pub mod router;
