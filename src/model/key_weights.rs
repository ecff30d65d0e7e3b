//! How often each partition key is used, at a moment and over a time.

use crate::model::keys::name_count;
use crate::model::plan::{HotSpell, KeyDrift, KeyPlan, KeyWeights};
use crate::random::zipf_weights;
use crate::time::{Instant, Span};

/// The weights of all names before anything changes; none where every record has a new key.
#[must_use]
pub fn initial(plan: &KeyPlan) -> Vec<f64> {
    let count = name_count(&plan.names);
    match &plan.weights {
        _ if count == 0 => Vec::new(),
        KeyWeights::Uniform => vec![1.0; count as usize],
        KeyWeights::Zipf { exponent } => zipf_weights(count, *exponent),
        KeyWeights::Listed(weights) => weights.to_vec(),
    }
}

/// The weights while a spell lasts, of all names and the `others` after them; the sum is 1, less
/// what goes to new keys where there are no names.
#[must_use]
pub fn in_spell(initial: &[f64], others: usize, spell: &HotSpell) -> Vec<f64> {
    let mut weights = initial.to_vec();
    weights.resize(initial.len() + others, 0.0);
    for &(key, _) in &spell.shares {
        weights[key as usize] = 0.0;
    }
    let sum: f64 = weights.iter().sum();
    let rest = (1.0 - taken(spell)).max(0.0);
    if sum > 0.0 {
        for weight in &mut weights {
            *weight *= rest / sum;
        }
    }
    for &(key, share) in &spell.shares {
        weights[key as usize] = share;
    }
    weights
}

/// The part of all records that the hot keys of a spell take together.
#[must_use]
pub fn taken(spell: &HotSpell) -> f64 {
    spell.shares.iter().map(|(_, share)| share).sum()
}

/// Where key number `index` of the names stands in the weights as they have moved by `at`.
#[must_use]
pub fn shift(every: Span, by: u32, count: u64, at: Instant) -> u64 {
    // Both factors are below 2^64 and 2^32: the product needs 96 bits.
    let moved = u128::from(at.as_ns() / every.as_ns().max(1)) * u128::from(by);
    (moved % u128::from(count.max(1))) as u64
}

/// The part each name, and each other key after them, has of the records offered until `end`;
/// `offered_by` says how many those are at a moment. The sum is 1, less what goes to new keys.
#[must_use]
pub fn average(plan: &KeyPlan, end: Instant, offered_by: impl Fn(Instant) -> f64) -> Vec<f64> {
    let mut initial = initial(plan);
    let sum: f64 = initial.iter().sum();
    for weight in &mut initial {
        *weight /= sum;
    }
    let total = offered_by(end);
    let part = |from: Instant, to: Instant| {
        if total > 0.0 {
            (offered_by(to.min(end)) - offered_by(from.min(end))) / total
        } else {
            0.0
        }
    };
    match &plan.drift {
        KeyDrift::None => initial,
        KeyDrift::Hot { others, spells } => {
            let first = spells.first().map_or(Instant::NEVER, |spell| spell.from);
            let mut average = initial.clone();
            average.resize(initial.len() + others.len(), 0.0);
            let before = part(Instant::ZERO, first);
            for share in &mut average {
                *share *= before;
            }
            for (i, spell) in spells.iter().enumerate() {
                let until = spells.get(i + 1).map_or(Instant::NEVER, |next| next.from);
                let part = part(spell.from, until);
                for (sum, share) in average.iter_mut().zip(in_spell(&initial, others.len(), spell))
                {
                    *sum += part * share;
                }
            }
            average
        }
        KeyDrift::Rotate { every, by } => {
            let count = initial.len();
            let mut average = vec![0.0; count];
            let mut from = Instant::ZERO;
            while from < end {
                let shift = shift(*every, *by, count as u64, from) as usize;
                let part = part(from, from + *every);
                for (i, share) in initial.iter().enumerate() {
                    average[(i + shift) % count] += part * share;
                }
                from = from + *every;
            }
            average
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::plan::KeyNames;

    fn plan(drift: KeyDrift) -> KeyPlan {
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let weights = KeyWeights::Listed(Arc::new(vec![4.0, 3.0, 2.0, 1.0]));
        KeyPlan {
            names: KeyNames::Listed(Arc::new(names)),
            weights,
            drift,
            explicit: None,
            placement: 0,
        }
    }

    fn close(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?} {want:?}");
    }

    #[test]
    fn a_hot_key_has_its_share_and_the_others_the_rest_as_before() {
        let spell = HotSpell { from: Instant::ZERO, shares: vec![(0, 0.1), (4, 0.3)] };
        // 60 % are left for b, c and d, as 3 to 2 to 1.
        let got = in_spell(&[4.0, 3.0, 2.0, 1.0], 1, &spell);
        close(&got, &[0.1, 0.3, 0.2, 0.1, 0.3]);
    }

    #[test]
    fn an_average_weighs_each_time_by_its_records() {
        let spells = vec![
            HotSpell { from: Instant::from_s(10), shares: vec![(3, 1.0)] },
            HotSpell { from: Instant::from_s(30), shares: vec![] },
        ];
        let drift = KeyDrift::Hot { others: Arc::default(), spells: Arc::new(spells) };
        // 1/s until 20 s, then 3/s: by 40 s 80 records, of which 10 + 30 are d's alone.
        let offered = |at: Instant| at.as_s().min(20.0) + 3.0 * (at.as_s() - 20.0).max(0.0);
        let got = average(&plan(drift), Instant::from_s(40), offered);
        close(&got, &[0.2, 0.15, 0.1, 0.55]);
    }

    #[test]
    fn weights_move_on_each_period() {
        let drift = KeyDrift::Rotate { every: Span::from_s(10), by: 3 };
        // a has 4, then (by 3) b's 3, then c's 2; the third period is a half.
        let got = average(&plan(drift), Instant::from_s(25), Instant::as_s);
        let at =
            |weights: [f64; 3]| (weights[0] * 10.0 + weights[1] * 10.0 + weights[2] * 5.0) / 250.0;
        close(
            &got,
            &[at([4.0, 3.0, 2.0]), at([3.0, 2.0, 1.0]), at([2.0, 1.0, 4.0]), at([1.0, 4.0, 3.0])],
        );
    }
}
