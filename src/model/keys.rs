//! Partition keys: which there are, how often each is drawn, where each belongs.

use crate::model::cohort::KeyGroup;
use crate::model::hashing::HashKey;
use crate::model::plan::{ExplicitPlan, KeyNames, KeyPlan, KeyWeights};
use crate::model::source::Arrival;
use crate::model::stream::Stream;
use crate::random::{self, Choice};

/// A producer's keys, with the shard of each as long as the routing does not change.
#[derive(Clone, Debug)]
pub struct Keys {
    /// What is hashed: keys, or explicit hash keys in their place.
    rows: Vec<Row>,
    hashes: Vec<u128>,
    pick: Pick,
    /// Where explicit hash keys decide the shard: the lengths of the partition keys beside them.
    lengths: Option<(Pick, Vec<u32>)>,
    epoch: u64,
}

/// What a draw needs of a key.
#[derive(Clone, Copy, Debug)]
struct Row {
    hash_tail: u32,
    shard: u32,
    bytes: u16,
}

#[derive(Clone, Debug)]
enum Pick {
    /// A new key each time, this long (bytes).
    Fresh(u32),
    /// Among so many, all alike.
    Even(u64),
    /// By weight.
    Weighted(Choice),
}

impl Keys {
    /// The keys of `plan`, hashed once (KDS-H02) and routed in `stream`.
    #[must_use]
    pub fn new(plan: &KeyPlan, stream: &Stream) -> Self {
        let pick = Pick::new(&plan.names, &plan.weights);
        let count = name_count(&plan.names);
        let (hashes, rows, pick, lengths) = match &plan.explicit {
            None => {
                let (hashes, rows) = (0..count).map(|i| keyed(&name(&plan.names, i))).unzip();
                (hashes, rows, pick, None)
            }
            Some(explicit) => {
                let lengths = (0..count).map(|i| name(&plan.names, i).len() as u32).collect();
                let (hashes, rows, chosen) = explicit_rows(explicit);
                (hashes, rows, chosen, Some((pick, lengths)))
            }
        };
        let mut keys = Self { rows, hashes, pick, lengths, epoch: u64::MAX };
        keys.follow(stream);
        keys
    }

    /// Brings the shards of all keys up to date with the stream's routing; whether that changed.
    #[inline]
    pub fn follow(&mut self, stream: &Stream) -> bool {
        let changed = self.epoch != stream.epoch();
        if changed {
            self.epoch = stream.epoch();
            for (row, &hash) in self.rows.iter_mut().zip(&self.hashes) {
                row.shard = stream.route(hash);
            }
        }
        changed
    }

    /// Draws a key for each of `arrivals`: which one, and how many bytes it is charged (KDS-W05: of
    /// UTF-8).
    pub fn draw_all(&self, arrivals: &mut [Arrival], chance: &mut random::Stream) {
        // The plain way to choose is settled once for all of them.
        match (&self.lengths, &self.pick) {
            (None, Pick::Fresh(bytes)) => {
                for arrival in arrivals {
                    arrival.key = KeyGroup::fresh(chance.next_u64());
                    arrival.bytes = *bytes;
                }
            }
            (None, Pick::Weighted(choice)) => {
                for arrival in arrivals {
                    (arrival.key, arrival.bytes) = self.row(choice.draw(chance));
                }
            }
            _ => {
                for arrival in arrivals {
                    (arrival.key, arrival.bytes) = self.draw(chance);
                }
            }
        }
    }

    #[inline]
    fn draw(&self, chance: &mut random::Stream) -> (KeyGroup, u32) {
        let (key, bytes) = self.hashed(chance);
        match &self.lengths {
            None => (key, bytes),
            Some((Pick::Fresh(bytes), _)) => (key, *bytes),
            Some((Pick::Even(count), lengths)) => (key, lengths[chance.below(*count) as usize]),
            Some((Pick::Weighted(choice), lengths)) => (key, lengths[choice.draw(chance) as usize]),
        }
    }

    /// Name number `index`, as a trace gives it, and its length (bytes). An explicit hash key
    /// beside it is drawn.
    #[inline]
    pub fn named(&self, index: u32, chance: &mut random::Stream) -> (KeyGroup, u32) {
        match &self.lengths {
            None => self.row(index),
            Some((_, lengths)) => (self.hashed(chance).0, lengths[index as usize]),
        }
    }

    /// Draws what is hashed, and its length as far as it is charged (bytes).
    #[inline]
    fn hashed(&self, chance: &mut random::Stream) -> (KeyGroup, u32) {
        match &self.pick {
            Pick::Fresh(bytes) => (KeyGroup::fresh(chance.next_u64()), *bytes),
            Pick::Even(count) => self.row(chance.below(*count) as u32),
            Pick::Weighted(choice) => self.row(choice.draw(chance)),
        }
    }

    /// Key number `index` and its length (bytes).
    #[inline]
    fn row(&self, index: u32) -> (KeyGroup, u32) {
        let row = self.rows[index as usize];
        (KeyGroup::listed(index, row.hash_tail), u32::from(row.bytes))
    }

    /// The shard a key belongs to now.
    #[inline]
    #[must_use]
    pub fn shard(&self, key: KeyGroup, stream: &Stream) -> u32 {
        match key.index() {
            Some(index) => self.rows[index as usize].shard,
            None => stream.route(key.fresh_hash()),
        }
    }
}

impl Pick {
    fn new(names: &KeyNames, weights: &KeyWeights) -> Self {
        let count = match names {
            KeyNames::Random { bytes } => return Self::Fresh(*bytes as u32),
            KeyNames::Numbered { count, .. } => u64::from(*count),
            KeyNames::Listed(list) => list.len() as u64,
        };
        match weights {
            KeyWeights::Uniform => Self::Even(count),
            // Even weights, and no table to look up.
            KeyWeights::Zipf { exponent } if *exponent == 0.0 => Self::Even(count),
            KeyWeights::Zipf { exponent } => {
                Self::Weighted(Choice::new(&random::zipf_weights(count as u32, *exponent)))
            }
            KeyWeights::Listed(weights) => Self::Weighted(Choice::new(weights)),
        }
    }
}

/// How many keys there are; none where every record has a new one.
#[must_use]
pub fn name_count(names: &KeyNames) -> u32 {
    match names {
        KeyNames::Random { .. } => 0,
        KeyNames::Numbered { count, .. } => *count,
        KeyNames::Listed(list) => list.len() as u32,
    }
}

/// Key number `index`, from 0, as written.
#[must_use]
pub fn name(names: &KeyNames, index: u32) -> String {
    match names {
        KeyNames::Random { .. } => String::new(),
        KeyNames::Numbered { prefix, width, suffix, .. } => {
            format!("{prefix}{:0width$}{suffix}", index + 1)
        }
        KeyNames::Listed(list) => list[index as usize].clone(),
    }
}

/// Length of key number `index`, from 0, without writing it out (bytes).
#[must_use]
pub fn name_bytes(names: &KeyNames, index: u32) -> u64 {
    match names {
        KeyNames::Random { bytes } => *bytes,
        KeyNames::Numbered { prefix, width, suffix, .. } => {
            let digits = (index + 1).ilog10() as usize + 1;
            (prefix.len() + suffix.len() + digits.max(*width)) as u64
        }
        KeyNames::Listed(list) => list[index as usize].len() as u64,
    }
}

fn keyed(name: &str) -> (u128, Row) {
    let hash = HashKey::of(name).0;
    (hash, Row { hash_tail: hash as u32, bytes: name.len() as u16, shard: 0 })
}

fn explicit_rows(plan: &ExplicitPlan) -> (Vec<u128>, Vec<Row>, Pick) {
    match plan {
        ExplicitPlan::Random => (Vec::new(), Vec::new(), Pick::Fresh(0)),
        ExplicitPlan::Weighted(values) => {
            // KDS-W04: the explicit hash key itself is not metered.
            let row = |hash: u128| Row { hash_tail: hash as u32, bytes: 0, shard: 0 };
            let weights: Vec<f64> = values.iter().map(|value| value.1).collect();
            (
                values.iter().map(|value| value.0).collect(),
                values.iter().map(|value| row(value.0)).collect(),
                Pick::Weighted(Choice::new(&weights)),
            )
        }
    }
}
