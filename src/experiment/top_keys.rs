//! The keys that carry most of a producer's load.

use crate::experiment::outcome::KeyShare;
use crate::model::key_weights;
use crate::model::keys::{hash_of, name_of};
use crate::model::plan::{ExplicitPlan, KeyDrift, KeyPlan, SourcePlan};
use crate::model::profile::Profile;
use crate::model::stream::Stream;
use crate::time::Instant;

/// Keys told of one producer.
const KEYS_MAX: usize = 20;

/// A producer's most used keys in [0, `end`), most used first; of equals, the first declared.
///
/// Shares are expected ones: the keys' weights, and where these change over time, their mean over
/// the records the rate brings. Where explicit hash keys decide the shard, those. None where every
/// record has a key of its own.
#[must_use]
pub fn top_keys(source: &SourcePlan, end: Instant, stream: &Stream) -> Vec<KeyShare> {
    let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) = source;
    match &keys.explicit {
        Some(ExplicitPlan::Random) => Vec::new(),
        Some(ExplicitPlan::Weighted(values)) => {
            let weights: Vec<f64> = values.iter().map(|value| value.1).collect();
            let total = weights.iter().sum();
            rank(&weights, total, |i| (values[i].0.to_string(), values[i].0), stream)
        }
        None => {
            let weights = weights(keys, source, end);
            let total = if keys.drift == KeyDrift::None { weights.iter().sum() } else { 1.0 };
            let key_of = |i: usize| {
                let i = i as u32;
                (name_of(keys, i), hash_of(keys, i))
            };
            rank(&weights, total, key_of, stream)
        }
    }
}

fn weights(keys: &KeyPlan, source: &SourcePlan, end: Instant) -> Vec<f64> {
    match source {
        SourcePlan::Synthetic { rate, .. } if keys.drift != KeyDrift::None => {
            let profile = Profile::new(rate);
            key_weights::average(keys, end, |at| profile.offered_by(at))
        }
        SourcePlan::Synthetic { .. } | SourcePlan::Trace { .. } => key_weights::initial(keys),
    }
}

fn rank(
    weights: &[f64],
    total: f64,
    key_of: impl Fn(usize) -> (String, u128),
    stream: &Stream,
) -> Vec<KeyShare> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    let heavier = |&a: &usize, &b: &usize| weights[b].total_cmp(&weights[a]).then(a.cmp(&b));
    if order.len() > KEYS_MAX {
        order.select_nth_unstable_by(KEYS_MAX, heavier);
        order.truncate(KEYS_MAX);
    }
    order.sort_by(heavier);
    let share = |i: usize| {
        let (key, hash) = key_of(i);
        KeyShare { key, share: weights[i] / total, shard: stream.route(hash) }
    };
    order.into_iter().map(share).collect()
}
