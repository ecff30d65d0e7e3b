//! The keys that carry most of a producer's load.

use crate::experiment::outcome::KeyShare;
use crate::model::hashing::HashKey;
use crate::model::keys::{name, name_count};
use crate::model::plan::{ExplicitPlan, KeyPlan, KeyWeights};
use crate::model::stream::Stream;
use crate::random::zipf_weights;

/// Keys told of one producer.
const KEYS_MAX: usize = 20;

/// A producer's most used keys, most used first; of equals, the first declared. Where explicit
/// hash keys decide the shard, those. None where every record has a key of its own.
#[must_use]
pub fn top_keys(plan: &KeyPlan, stream: &Stream) -> Vec<KeyShare> {
    match &plan.explicit {
        Some(ExplicitPlan::Random) => Vec::new(),
        Some(ExplicitPlan::Weighted(values)) => {
            let weights: Vec<f64> = values.iter().map(|value| value.1).collect();
            rank(&weights, |i| (values[i].0.to_string(), values[i].0), stream)
        }
        None => {
            let count = name_count(&plan.names);
            let weights = match &plan.weights {
                KeyWeights::Uniform => vec![1.0; count as usize],
                KeyWeights::Zipf { exponent } => zipf_weights(count, *exponent),
                KeyWeights::Listed(weights) => weights.to_vec(),
            };
            let key_of = |i: usize| {
                let key = name(&plan.names, i as u32);
                let hash = HashKey::of(&key).0;
                (key, hash)
            };
            rank(&weights, key_of, stream)
        }
    }
}

fn rank(
    weights: &[f64],
    key_of: impl Fn(usize) -> (String, u128),
    stream: &Stream,
) -> Vec<KeyShare> {
    let total: f64 = weights.iter().sum();
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
