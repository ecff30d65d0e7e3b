//! The Kinesis pipeline: streams, producers, consumers.

pub mod plan;
