//! Amazon Data Firehose: a delivery stream.

/// One delivery stream.
#[derive(Clone, Debug)]
pub struct FirehosePlan {}
