//! Which part of a shard's records goes to each lane of a consumer, where keys are not known.

use crate::model::hashing::HashRange;
use crate::model::shard::Shard;

/// Of each shard and number of lanes that some consumer has: the part of its records whose hash
/// keys lie in each of so many equal slices of its range (ESM-53).
#[derive(Clone, Debug, Default)]
pub struct Slices {
    /// Numbers of lanes, each once.
    factors: Vec<u32>,
    /// By number of lanes: those of the first shard, then those of the second, and so on.
    parts: Vec<Vec<f64>>,
}

/// Numbers of slices that are asked for where a shard has so many lanes, one number after another:
/// these, and where one may follow another, those that both are made of.
#[must_use]
pub fn needed(factors: &[u32]) -> Vec<u32> {
    let later = |(i, &a): (usize, &u32)| factors[i..].iter().map(move |&b| common(a, b));
    factors.iter().enumerate().flat_map(later).filter(|&factor| factor > 1).collect()
}

/// The least number of equal slices of which both `a` and `b` slices are made.
#[must_use]
pub fn common(a: u32, b: u32) -> u32 {
    let (mut x, mut y) = (a.max(1), b.max(1));
    let all = x * y;
    while y > 0 {
        (x, y) = (y, x % y);
    }
    all / x
}

impl Slices {
    /// For consumers with so many lanes.
    #[must_use]
    pub fn new(mut factors: Vec<u32>) -> Self {
        factors.sort_unstable();
        factors.dedup();
        let parts = vec![Vec::new(); factors.len()];
        Self { factors, parts }
    }

    /// Whether no consumer asks for any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.factors.is_empty()
    }

    /// Weighs the slices of the open shards among `shards` by `weight`.
    pub fn weigh(&mut self, shards: &[Shard], weight: impl Fn(HashRange) -> f64) {
        for (&factor, parts) in self.factors.iter().zip(&mut self.parts) {
            let lanes = factor as usize;
            parts.resize(shards.len() * lanes, 1.0 / f64::from(factor));
            let open = shards.iter().zip(parts.chunks_mut(lanes));
            let open = open.filter(|(shard, _)| shard.rest.lineage.closed.is_none());
            for (shard, parts) in open {
                for (lane, part) in (0..factor).zip(&mut *parts) {
                    *part = weight(shard.rest.range.slice(lane, factor)).max(0.0);
                }
                let all: f64 = parts.iter().sum();
                let even = 1.0 / f64::from(factor);
                for part in &mut *parts {
                    *part = if all > 0.0 { *part / all } else { even };
                }
            }
        }
    }

    /// The parts of shard `i` for so many lanes; none where they are not known.
    #[must_use]
    pub fn of(&self, i: usize, factor: u32) -> &[f64] {
        let lanes = factor as usize;
        let place = self.factors.iter().position(|&it| it == factor);
        place.and_then(|place| self.parts[place].get(i * lanes..(i + 1) * lanes)).unwrap_or(&[])
    }
}
