//! Partition keys: which there are, how often each is drawn, where each belongs.

use std::fmt::Write as _;

use crate::model::cohort::KeyGroup;
use crate::model::hashing::HashKey;
use crate::model::key_weights;
use crate::model::plan::{ExplicitPlan, HotSpell, KeyDrift, KeyNames, KeyPlan, KeyWeights};
use crate::model::source::Arrival;
use crate::model::stream::Stream;
use crate::random::{self, Choice};
use crate::time::{Instant, Span};

/// A producer's keys, with the shard of each as long as the routing does not change.
#[derive(Clone, Debug)]
pub struct Keys {
    /// What is hashed: keys, or explicit hash keys in their place.
    rows: Vec<Row>,
    hashes: Vec<u128>,
    pick: Pick,
    /// Where explicit hash keys decide the shard: the lengths of the partition keys beside them.
    lengths: Option<(Pick, Vec<u32>)>,
    drift: Drift,
    epoch: u64,
}

/// What changes about the pick.
#[derive(Clone, Debug)]
enum Drift {
    None,
    /// When each pick takes over, in order; those before `next` have.
    Spells {
        spells: Vec<(Instant, Pick)>,
        next: usize,
    },
    Rotate {
        every: Span,
        by: u32,
        count: u64,
        /// By how much a pick is moved on now, and when that changes.
        shift: u64,
        until: Instant,
    },
}

/// What a draw needs of a key.
#[derive(Clone, Copy, Debug)]
struct Row {
    hash_head: u32,
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
    /// A key of the table for words below its bound, in order of the bounds; a new key, this long
    /// (bytes), for the rest.
    HotOrFresh { hot: Vec<(u128, u32)>, bytes: u32 },
}

impl Keys {
    /// The keys of `plan`, hashed once (KDS-H02) and routed in `stream`.
    #[must_use]
    pub fn new(plan: &KeyPlan, stream: &Stream) -> Self {
        let pick = Pick::new(&plan.names, &plan.weights);
        let count = name_count(&plan.names);
        let (hashes, rows, pick, lengths) = match &plan.explicit {
            None => {
                let keys = 0..count + others(plan).len() as u32;
                let (hashes, rows) = keys.map(|i| keyed(plan, i)).unzip();
                (hashes, rows, pick, None)
            }
            Some(explicit) => {
                let lengths = (0..count).map(|i| name(&plan.names, i).len() as u32).collect();
                let (hashes, rows, chosen) = explicit_rows(explicit);
                (hashes, rows, chosen, Some((pick, lengths)))
            }
        };
        // Explicit hash keys do not drift, and beside them the keys' weights are only lengths.
        let drift = if plan.explicit.is_some() { Drift::None } else { Drift::new(plan) };
        let mut keys = Self { rows, hashes, pick, lengths, drift, epoch: u64::MAX };
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

    /// Draws a key for each of `arrivals`, which are in order of time: which one, and how many
    /// bytes it is charged (KDS-W05: of UTF-8).
    pub fn draw_all(&mut self, arrivals: &mut [Arrival], chance: &mut random::Stream) {
        if !matches!(self.drift, Drift::None) {
            for arrival in arrivals {
                (arrival.key, arrival.bytes) = self.draw_at(arrival.at, chance);
            }
            return;
        }
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

    /// Draws a key as of `at`, which must not decrease from call to call.
    fn draw_at(&mut self, at: Instant, chance: &mut random::Stream) -> (KeyGroup, u32) {
        self.follow_drift(at);
        let Drift::Rotate { count, shift, .. } = self.drift else { return self.draw(chance) };
        let index = match &self.pick {
            Pick::Weighted(choice) => u64::from(choice.draw(chance)),
            _ => chance.below(count),
        };
        self.row(((index + shift) % count) as u32)
    }

    fn follow_drift(&mut self, at: Instant) {
        match &mut self.drift {
            Drift::None => {}
            Drift::Spells { spells, next } => {
                while let Some((from, pick)) = spells.get_mut(*next)
                    && *from <= at
                {
                    std::mem::swap(&mut self.pick, pick);
                    *next += 1;
                }
            }
            Drift::Rotate { every, by, count, shift, until } => {
                if *until <= at {
                    *shift = key_weights::shift(*every, *by, *count, at);
                    let periods = at.as_ns() / every.as_ns() + 1;
                    *until = Instant::ZERO + every.times(periods);
                }
            }
        }
    }

    #[inline]
    fn draw(&self, chance: &mut random::Stream) -> (KeyGroup, u32) {
        let (key, bytes) = self.hashed(chance);
        match &self.lengths {
            None => (key, bytes),
            Some((Pick::Fresh(bytes) | Pick::HotOrFresh { bytes, .. }, _)) => (key, *bytes),
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
            Pick::HotOrFresh { hot, bytes } => {
                let word = u128::from(chance.next_u64());
                if let Some((_, index)) = hot.iter().find(|(below, _)| word < *below) {
                    return self.row(*index);
                }
                // What is left of the words is stretched over all hashes again.
                let taken = hot.last().map_or(0, |last| last.0);
                let stretched = ((word - taken) << 64) / ((1 << 64) - taken);
                (KeyGroup::fresh(stretched as u64 >> 1), *bytes)
            }
        }
    }

    /// Key number `index` and its length (bytes).
    #[inline]
    fn row(&self, index: u32) -> (KeyGroup, u32) {
        let row = self.rows[index as usize];
        (KeyGroup::listed(index, row.hash_head), u32::from(row.bytes))
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

impl Drift {
    fn new(plan: &KeyPlan) -> Self {
        match &plan.drift {
            KeyDrift::None => Self::None,
            KeyDrift::Hot { others, spells } => {
                let initial = key_weights::initial(plan);
                let pick = |spell: &HotSpell| match plan.names {
                    KeyNames::Random { bytes } => Pick::hot_or_fresh(spell, bytes as u32),
                    _ if spell.shares.is_empty() => Pick::new(&plan.names, &plan.weights),
                    _ => {
                        let weights = key_weights::in_spell(&initial, others.len(), spell);
                        Pick::Weighted(Choice::new(&weights))
                    }
                };
                let spells = spells.iter().map(|spell| (spell.from, pick(spell))).collect();
                Self::Spells { spells, next: 0 }
            }
            KeyDrift::Rotate { every, by } => {
                let count = u64::from(name_count(&plan.names));
                let until = Instant::ZERO + *every;
                Self::Rotate { every: *every, by: *by, count, shift: 0, until }
            }
        }
    }
}

impl Pick {
    fn hot_or_fresh(spell: &HotSpell, bytes: u32) -> Self {
        let mut sum = 0.0;
        let bound = |(key, share): &(u32, f64)| {
            sum += share;
            // 2^64 words; all of them where the shares make up the whole.
            let words =
                if sum >= 1.0 { 1 << 64 } else { (sum * 18_446_744_073_709_551_616.0) as u128 };
            (words, *key)
        };
        Self::HotOrFresh { hot: spell.shares.iter().map(bound).collect(), bytes }
    }

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

/// Key number `index` as written: of the names, or of the others after them.
#[must_use]
pub fn name_of(plan: &KeyPlan, index: u32) -> String {
    match index.checked_sub(name_count(&plan.names)) {
        Some(other) => others(plan)[other as usize].clone(),
        None => name(&plan.names, index),
    }
}

/// Where key number `index` falls: the MD5 of its name (KDS-H02), or what another placement puts in
/// its stead.
#[must_use]
pub fn hash_of(plan: &KeyPlan, index: u32) -> u128 {
    let mut name = name_of(plan, index);
    if plan.placement > 0 {
        // No key of a user's ends so.
        let _ = write!(name, "\0{}", plan.placement);
    }
    HashKey::of(&name).0
}

/// Length of key number `index`, from 0, without writing it out (bytes).
#[must_use]
pub fn name_bytes(plan: &KeyPlan, index: u32) -> u64 {
    if let Some(other) = index.checked_sub(name_count(&plan.names)) {
        return others(plan)[other as usize].len() as u64;
    }
    match &plan.names {
        KeyNames::Random { bytes } => *bytes,
        KeyNames::Numbered { prefix, width, suffix, .. } => {
            let digits = (index + 1).ilog10() as usize + 1;
            (prefix.len() + suffix.len() + digits.max(*width)) as u64
        }
        KeyNames::Listed(list) => list[index as usize].len() as u64,
    }
}

/// Keys a plan names, those included that are used only while they are hot.
#[must_use]
pub fn key_count(plan: &KeyPlan) -> u32 {
    name_count(&plan.names) + others(plan).len() as u32
}

/// The keys that are used only while they are hot.
fn others(plan: &KeyPlan) -> &[String] {
    match &plan.drift {
        KeyDrift::Hot { others, .. } => others,
        KeyDrift::None | KeyDrift::Rotate { .. } => &[],
    }
}

fn keyed(plan: &KeyPlan, index: u32) -> (u128, Row) {
    let (hash, bytes) = (hash_of(plan, index), name_bytes(plan, index) as u16);
    (hash, Row { hash_head: (hash >> 96) as u32, bytes, shard: 0 })
}

fn explicit_rows(plan: &ExplicitPlan) -> (Vec<u128>, Vec<Row>, Pick) {
    match plan {
        ExplicitPlan::Random => (Vec::new(), Vec::new(), Pick::Fresh(0)),
        ExplicitPlan::Weighted(values) => {
            // KDS-W04: the explicit hash key itself is not metered.
            let row = |hash: u128| Row { hash_head: (hash >> 96) as u32, bytes: 0, shard: 0 };
            let weights: Vec<f64> = values.iter().map(|value| value.1).collect();
            (
                values.iter().map(|value| value.0).collect(),
                values.iter().map(|value| row(value.0)).collect(),
                Pick::Weighted(Choice::new(&weights)),
            )
        }
    }
}
