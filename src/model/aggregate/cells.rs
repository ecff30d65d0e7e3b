//! How a producer's records fall on shards.

use crate::model::hashing::HashRange;
use crate::model::key_weights;
use crate::model::keys::{hash_of, key_count, name_bytes};
use crate::model::plan::{ExplicitPlan, KeyDrift, KeyNames, KeyPlan};
use crate::time::{Instant, Span};

/// A producer's keys in order of their hashes, with sums over those before each: what a range of
/// hashes has is a difference of two sums.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    plan: KeyPlan,
    /// Of all keys, ascending, and which key each is of.
    hashes: Vec<u128>,
    numbers: Vec<u32>,
    /// Before each key, and in all: the part of all records, and of their keys' bytes a record.
    sums: Vec<Cell>,
    /// What new keys, spread evenly over all hashes, have in all.
    even: Cell,
    /// Where hashes are drawn apart from keys: mean length of a key (bytes).
    length: Option<f64>,
    /// When the weights change next.
    pub(super) changes: Instant,
}

/// What falls on some hashes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    /// Part of all records, 0 to 1.
    pub(super) share: f64,
    /// Bytes of keys, over all records (bytes a record).
    pub(super) key_bytes: f64,
}

impl Cells {
    /// The keys of `plan` at the beginning.
    pub(super) fn new(plan: &KeyPlan) -> Self {
        let mut order: Vec<(u128, u32)> = match &plan.explicit {
            Some(ExplicitPlan::Random) => Vec::new(),
            Some(ExplicitPlan::Weighted(values)) => {
                values.iter().map(|value| value.0).zip(0..).collect()
            }
            None => (0..key_count(plan)).map(|i| (hash_of(plan, i), i)).collect(),
        };
        order.sort_unstable();
        let length = plan.explicit.as_ref().map(|_| mean_length(plan));
        let (hashes, numbers) = order.into_iter().unzip();
        let (sums, even) = (Vec::new(), Cell::default());
        let changes = Instant::ZERO;
        let mut cells = Self { plan: plan.clone(), hashes, numbers, sums, even, length, changes };
        cells.weigh(Instant::ZERO);
        cells
    }

    /// Brings the weights up to date with `now`, where they change.
    pub(super) fn weigh(&mut self, now: Instant) {
        let (weights, fresh) = weights(&self.plan, now);
        let bytes = |key: u32| self.length.unwrap_or_else(|| name_bytes(&self.plan, key) as f64);
        let mut sum = Cell::default();
        self.sums.clear();
        self.sums.push(sum);
        for &number in &self.numbers {
            let share = weights[number as usize];
            sum = sum.and(Cell { share, key_bytes: share * bytes(number) });
            self.sums.push(sum);
        }
        let key_bytes = match self.plan.names {
            KeyNames::Random { bytes } => bytes as f64,
            _ => self.length.unwrap_or(0.0),
        };
        self.even = Cell { share: fresh, key_bytes: fresh * key_bytes };
        self.changes =
            if self.length.is_some() { Instant::NEVER } else { next_change(&self.plan.drift, now) };
    }

    /// What falls on these hashes.
    pub(super) fn on(&self, range: HashRange) -> Cell {
        let first = self.hashes.partition_point(|&hash| hash < range.start);
        let last = self.hashes.partition_point(|&hash| hash <= range.end);
        let width = (range.end - range.start) as f64 / u128::MAX as f64;
        self.sums[last].less(self.sums[first]).and(self.even.times(width))
    }
}

impl Cell {
    fn and(self, other: Self) -> Self {
        Self { share: self.share + other.share, key_bytes: self.key_bytes + other.key_bytes }
    }

    fn less(self, other: Self) -> Self {
        Self { share: self.share - other.share, key_bytes: self.key_bytes - other.key_bytes }
    }

    fn times(self, factor: f64) -> Self {
        Self { share: self.share * factor, key_bytes: self.key_bytes * factor }
    }
}

/// The part of all records that each hashed key has at `now`, and that new keys have.
fn weights(plan: &KeyPlan, now: Instant) -> (Vec<f64>, f64) {
    match &plan.explicit {
        Some(ExplicitPlan::Random) => return (Vec::new(), 1.0),
        Some(ExplicitPlan::Weighted(values)) => {
            return (normal(values.iter().map(|value| value.1).collect()), 0.0);
        }
        None => {}
    }
    let initial = normal(key_weights::initial(plan));
    match &plan.drift {
        KeyDrift::Hot { others, spells } => {
            let begun = spells.partition_point(|spell| spell.from <= now);
            let mut weights = match begun.checked_sub(1).map(|last| &spells[last]) {
                Some(spell) => key_weights::in_spell(&initial, others.len(), spell),
                None => initial,
            };
            weights.resize(key_count(plan) as usize, 0.0);
            let named: f64 = weights.iter().sum();
            let is_random = matches!(plan.names, KeyNames::Random { .. });
            (weights, if is_random { (1.0 - named).max(0.0) } else { 0.0 })
        }
        KeyDrift::Rotate { every, by } => {
            let mut weights = initial;
            let shift = key_weights::shift(*every, *by, weights.len() as u64, now);
            weights.rotate_right(shift as usize);
            (weights, 0.0)
        }
        KeyDrift::None => {
            let fresh = if initial.is_empty() { 1.0 } else { 0.0 };
            (initial, fresh)
        }
    }
}

fn normal(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    weights
}

fn next_change(drift: &KeyDrift, now: Instant) -> Instant {
    match drift {
        KeyDrift::None => Instant::NEVER,
        KeyDrift::Hot { spells, .. } => {
            let begun = spells.partition_point(|spell| spell.from <= now);
            spells.get(begun).map_or(Instant::NEVER, |spell| spell.from)
        }
        KeyDrift::Rotate { every, .. } => {
            let periods = now.as_ns() / every.as_ns().max(1) + 1;
            Instant::ZERO + Span::from_ns(every.as_ns().saturating_mul(periods))
        }
    }
}

/// Mean length of the partition keys beside explicit hash keys (bytes).
fn mean_length(plan: &KeyPlan) -> f64 {
    if let KeyNames::Random { bytes } = plan.names {
        return bytes as f64;
    }
    let weights = normal(key_weights::initial(plan));
    (0..).zip(&weights).map(|(key, weight)| name_bytes(plan, key) as f64 * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hashing::HashKey;
    use crate::model::hashing::uniform_ranges;
    use crate::model::plan::KeyWeights;

    /// Each key counted by itself: what a shard has is the sum over its keys.
    #[test]
    fn a_shard_has_what_its_keys_have() {
        let names = KeyNames::Numbered {
            count: 1_000,
            prefix: "user-".into(),
            width: 0,
            suffix: String::new(),
        };
        let weights = KeyWeights::Zipf { exponent: 1.0 };
        let plan = KeyPlan { names, weights, drift: KeyDrift::None, explicit: None, placement: 0 };
        let cells = Cells::new(&plan);
        let harmonic: f64 = (1..=1_000).map(|k| 1.0 / f64::from(k)).sum();
        for range in uniform_ranges(7) {
            let (mut share, mut bytes) = (0.0, 0.0);
            for k in 1..=1_000 {
                let name = format!("user-{k}");
                if range.contains(HashKey::of(&name).0) {
                    share += 1.0 / f64::from(k) / harmonic;
                    bytes += name.len() as f64 / f64::from(k) / harmonic;
                }
            }
            let cell = cells.on(range);
            assert!((cell.share - share).abs() < 1e-12, "{range:?}");
            assert!((cell.key_bytes - bytes).abs() < 1e-9, "{range:?}");
        }
        assert!((cells.on(HashRange::ALL).share - 1.0).abs() < 1e-12);
    }

    #[test]
    fn new_keys_fall_evenly() {
        let plan = KeyPlan {
            names: KeyNames::Random { bytes: 36 },
            weights: KeyWeights::Uniform,
            drift: KeyDrift::None,
            explicit: None,
            placement: 0,
        };
        let cells = Cells::new(&plan);
        for range in uniform_ranges(8) {
            let cell = cells.on(range);
            assert!((cell.share - 0.125).abs() < 1e-12);
            assert!((cell.key_bytes - 4.5).abs() < 1e-9);
        }
    }
}
