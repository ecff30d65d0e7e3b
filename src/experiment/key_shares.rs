//! How a producer's records are shared by its keys, over a run.

use crate::model::key_weights;
use crate::model::plan::{KeyDrift, KeyNames, KeyPlan, Plan, SourcePlan};
use crate::model::profile::Profile;
use crate::time::Instant;

/// The keys that the records of `source` have.
pub(super) fn keys_of(source: &SourcePlan) -> &KeyPlan {
    match source {
        SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. } => keys,
    }
}

/// The part of a producer's records that each of its keys has.
#[derive(Clone, Debug)]
pub(crate) struct Shares(pub(crate) Vec<f64>);

impl Shares {
    /// The part of records that have a new key each.
    pub(super) fn fresh(&self) -> f64 {
        let taken: f64 = self.0.iter().sum();
        // What is lost to rounding is no new key.
        if taken > 1.0 - 1e-9 { 0.0 } else { 1.0 - taken }
    }
}

/// How often each key of `source` is used until `end`, on average over the records it brings.
pub(super) fn shares(source: &SourcePlan, end: Instant) -> Shares {
    Shares(match source {
        SourcePlan::Synthetic { rate, keys, .. } => {
            let profile = Profile::new(rate);
            key_weights::average(keys, end, |at| profile.offered_by(at))
        }
        SourcePlan::Trace { keys, .. } => key_weights::average(keys, end, Instant::as_s),
    })
}

/// Length of a new key (bytes).
pub(super) fn new_key_bytes(plan: &KeyPlan) -> u64 {
    match plan.names {
        KeyNames::Random { bytes } => bytes,
        KeyNames::Numbered { .. } | KeyNames::Listed(_) => 0,
    }
}

/// Whether the weights of keys that are written to a stream change in the course of a run.
pub(super) fn drifts(plan: &Plan, stream: usize) -> bool {
    plan.producers.iter().filter(|producer| producer.stream == stream).any(|producer| {
        let keys = keys_of(&producer.source);
        keys.explicit.is_none() && keys.drift != KeyDrift::None
    })
}
