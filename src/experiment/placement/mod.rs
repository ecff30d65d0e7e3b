//! Where the keys of a sample fall: exact shares of shards for any number of shards, nothing
//! simulated.

pub mod study;

use crate::model::facts::{METERING_STEP, WRITE_BYTES_PER_S, WRITE_RECORDS_PER_S};
use crate::model::hashing::{HashKey, uniform_ranges};
use crate::model::router::Router;
use crate::scenario::inputs::{KeySample, SampleKey};
use crate::units::{Bytes, Rate};

/// Keys named of one shard.
const KEYS_OF_A_SHARD: usize = 3;

/// A busiest share within this part of another is taken for no change.
pub const SAME: f64 = 0.05;

/// The traffic all keys share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Records of all keys together.
    pub rate: Rate,
    /// Blob of each record, where known.
    pub record_size: Option<Bytes>,
}

/// A part of all records, and what its keys cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// Part of all records (0 to 1).
    pub share: f64,
    /// Mean bytes of one of all records, as far as they belong to this part: blob and key
    /// (KDS-W04).
    bytes: f64,
    /// The same with each record rounded up to whole KiB (KDS-W06).
    rounded: f64,
}

/// A part as traffic, against the limits of one shard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Records a second.
    pub records_per_s: f64,
    /// Bytes a second, blobs and keys, where the size of a record is known.
    pub bytes_per_s: Option<f64>,
    /// Part of the limit that is nearer (KDS-W01, KDS-W02); more than 1 is over it.
    pub load: f64,
    /// The same where each record is a PutRecord of its own, rounded up to whole KiB.
    pub put_record_load: f64,
}

/// How near the shards of a placement are to their limits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// [`Flow::load`] of the shard where it is largest.
    pub load: f64,
    /// Shards where it is more than 1.
    pub over: usize,
    /// [`Flow::put_record_load`] of the shard where that is largest.
    pub put_record_load: f64,
    /// Shards where that is more than 1.
    pub put_record_over: usize,
}

/// What falls on one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Its part of all records.
    pub part: Part,
    /// How many keys fall there, those of weight zero left out.
    pub keys: u64,
}

/// The keys of a sample on uniform shards.
#[derive(Clone, Debug)]
pub struct Placement {
    cells: Vec<Cell>,
    router: Router,
}

/// One of the largest keys.
#[derive(Clone, Debug, PartialEq)]
pub struct LargeKey {
    /// Its name as written.
    pub name: String,
    /// Where it falls.
    pub hash: u128,
    /// Its part of all records.
    pub part: Part,
}

/// Keys, with what each record of theirs costs.
#[derive(Clone, Copy, Debug)]
pub struct Weighed<'s> {
    sample: &'s KeySample,
    total: f64,
    record_size: Bytes,
}

/// Large keys replaced by several each.
#[derive(Clone, Debug, PartialEq)]
pub struct Salt {
    /// How many keys take the place of one.
    pub parts: u32,
    /// Indices of the keys that are split, ascending.
    keys: Vec<usize>,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.share += other.share;
        self.bytes += other.bytes;
        self.rounded += other.rounded;
    }

    fn divided(self, by: f64) -> Self {
        Self { share: self.share / by, bytes: self.bytes / by, rounded: self.rounded / by }
    }

    /// This part of `traffic`.
    #[must_use]
    pub fn of(self, traffic: Traffic) -> Flow {
        let per_s = traffic.rate.0;
        let records_per_s = self.share * per_s;
        let by_records = records_per_s / WRITE_RECORDS_PER_S as f64;
        let by_bytes = |bytes: f64| match traffic.record_size {
            Some(_) => by_records.max(bytes * per_s / WRITE_BYTES_PER_S as f64),
            None => by_records,
        };
        Flow {
            records_per_s,
            bytes_per_s: traffic.record_size.map(|_| self.bytes * per_s),
            load: by_bytes(self.bytes),
            put_record_load: by_bytes(self.rounded),
        }
    }
}

impl Flow {
    /// How many keys this must at least be spread over for each to fit a shard (KDS-F13).
    #[must_use]
    pub fn parts_needed(&self) -> u64 {
        self.load.ceil().max(1.0) as u64
    }
}

impl<'s> Weighed<'s> {
    /// The keys of `sample`, each record with a blob of `record_size`.
    #[must_use]
    pub fn new(sample: &'s KeySample, record_size: Option<Bytes>) -> Self {
        let total = sample.iter().map(|key| key.weight).sum();
        Self { sample, total, record_size: record_size.unwrap_or_default() }
    }

    /// The sample.
    #[must_use]
    pub const fn sample(&self) -> &'s KeySample {
        self.sample
    }

    /// What all weights add up to.
    #[must_use]
    pub const fn total(&self) -> f64 {
        self.total
    }

    /// The part of one key.
    #[must_use]
    pub fn part(&self, key: &SampleKey<'_>) -> Part {
        self.weighed(key).divided(self.total)
    }

    /// The same with its weight in place of its share: whole weights add up exactly.
    fn weighed(&self, key: &SampleKey<'_>) -> Part {
        // An explicit hash key is not metered, and the key beside it is not known.
        let key_bytes = if self.sample.form().is_some() { 0 } else { key.name.len() as u64 };
        self.weighed_as(key.weight, key_bytes)
    }

    fn weighed_as(&self, weight: f64, key_bytes: u64) -> Part {
        let bytes = self.record_size.0 + key_bytes;
        let rounded = bytes.div_ceil(METERING_STEP.0) * METERING_STEP.0;
        Part { share: weight, bytes: weight * bytes as f64, rounded: weight * rounded as f64 }
    }

    /// The largest keys, at most `most`, largest first; of equals, the first in the file.
    #[must_use]
    pub fn largest(&self, most: usize) -> Vec<LargeKey> {
        self.largest_indices(most)
            .into_iter()
            .map(|index| {
                let key = self.sample.key(index);
                LargeKey { name: key.name.to_owned(), hash: key.hash, part: self.part(&key) }
            })
            .collect()
    }

    fn largest_indices(&self, most: usize) -> Vec<usize> {
        let weight = |index: usize| self.sample.key(index).weight;
        let heavier = |a: &usize, b: &usize| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b));
        let mut order: Vec<usize> = (0..self.sample.len()).collect();
        if order.len() > most {
            order.select_nth_unstable_by(most, heavier);
            order.truncate(most);
        }
        order.sort_unstable_by(heavier);
        order
    }

    /// The largest keys on each of `shards`, at most three a shard, largest first.
    #[must_use]
    pub fn largest_on(&self, placement: &Placement, shards: &[u32]) -> Vec<Vec<LargeKey>> {
        let mut places = vec![None; placement.cells.len()];
        for (place, &shard) in shards.iter().enumerate() {
            places[shard as usize] = Some(place);
        }
        let mut found: Vec<Vec<(f64, usize)>> = vec![Vec::new(); shards.len()];
        for (index, key) in self.sample.iter().enumerate().filter(|(_, key)| key.weight > 0.0) {
            let Some(place) = places[placement.shard_of(key.hash) as usize] else { continue };
            let keys = &mut found[place];
            let rank = keys.partition_point(|(weight, _)| *weight >= key.weight);
            if rank < KEYS_OF_A_SHARD {
                keys.truncate(KEYS_OF_A_SHARD - 1);
                keys.insert(rank, (key.weight, index));
            }
        }
        let large = |(_, index): (f64, usize)| {
            let key = self.sample.key(index);
            LargeKey { name: key.name.to_owned(), hash: key.hash, part: self.part(&key) }
        };
        found.into_iter().map(|keys| keys.into_iter().map(large).collect()).collect()
    }

    /// Splits each of the `most` largest keys into `parts`; of a key's records each part gets as
    /// many. The names are those of [`salted_name`].
    #[must_use]
    pub fn salt(&self, parts: u32, most: usize) -> Salt {
        let mut keys = self.largest_indices(most);
        keys.sort_unstable();
        Salt { parts, keys }
    }
}

/// What the parts of `key` are called: the key, `#` and the number of the part from 0.
#[must_use]
pub fn salted_name(key: &str, number: u32) -> String {
    format!("{key}#{number}")
}

impl Salt {
    /// How many keys are split.
    #[must_use]
    pub const fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The longest of the names that take the place of a key.
    #[must_use]
    pub fn longest_name(&self, keys: &Weighed<'_>) -> String {
        let name = |&index: &usize| salted_name(keys.sample.key(index).name, self.parts - 1);
        self.keys.iter().map(name).max_by_key(|name| name.chars().count()).unwrap_or_default()
    }
}

impl Placement {
    /// Places all keys on a new stream of `shard_count` shards, at least one (KDS-H05).
    #[must_use]
    pub fn new(keys: &Weighed<'_>, shard_count: u32) -> Self {
        let mut placement = Self::empty(shard_count);
        for key in keys.sample.iter() {
            placement.add(key.hash, keys.weighed(&key));
        }
        placement.shared_among(keys.total)
    }

    /// The same with large keys split.
    #[must_use]
    pub fn salted(keys: &Weighed<'_>, salt: &Salt, shard_count: u32) -> Self {
        let mut placement = Self::empty(shard_count);
        let mut split = salt.keys.iter().copied().peekable();
        for (index, key) in keys.sample.iter().enumerate() {
            if split.next_if_eq(&index).is_none() {
                placement.add(key.hash, keys.weighed(&key));
                continue;
            }
            for number in 0..salt.parts {
                let name = salted_name(key.name, number);
                let part = keys.weighed_as(key.weight, name.len() as u64);
                placement.add(HashKey::of(&name).0, part.divided(f64::from(salt.parts)));
            }
        }
        placement.shared_among(keys.total)
    }

    fn empty(shard_count: u32) -> Self {
        let open: Vec<_> = uniform_ranges(shard_count).into_iter().zip(0..).collect();
        let router = Router::new(&open).expect("uniform ranges tile the hash space");
        Self { cells: vec![Cell::default(); shard_count as usize], router }
    }

    fn add(&mut self, hash: u128, part: Part) {
        let cell = &mut self.cells[self.router.route(hash) as usize];
        cell.part.add(part);
        cell.keys += u64::from(part.share > 0.0);
    }

    /// Turns weights into parts of `total`.
    fn shared_among(mut self, total: f64) -> Self {
        for cell in &mut self.cells {
            cell.part = cell.part.divided(total);
        }
        self
    }

    /// What falls on each shard, in order of shard number.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The shard on which a hash falls.
    #[must_use]
    pub fn shard_of(&self, hash: u128) -> u32 {
        self.router.route(hash)
    }

    /// The busiest shards that get anything, at most `most`, busiest first.
    #[must_use]
    pub fn busiest(&self, most: usize) -> Vec<u32> {
        let share = |shard: u32| self.cells[shard as usize].part.share;
        let mut order: Vec<u32> =
            (0..self.cells.len() as u32).filter(|&shard| share(shard) > 0.0).collect();
        order.sort_by(|&a, &b| share(b).total_cmp(&share(a)).then(a.cmp(&b)));
        order.truncate(most);
        order
    }

    /// The share of the busiest shard.
    #[must_use]
    pub fn busiest_share(&self) -> f64 {
        self.cells.iter().map(|cell| cell.part.share).fold(0.0, f64::max)
    }

    /// How many shards' worth of traffic fits before the busiest shard is full.
    #[must_use]
    pub fn usable(&self) -> f64 {
        1.0 / self.busiest_share()
    }

    /// Shards on which no key falls.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.cells.iter().filter(|cell| cell.keys == 0).count()
    }

    /// The traffic of all shards against their limits.
    #[must_use]
    pub fn limits(&self, traffic: Traffic) -> Limits {
        let mut limits = Limits::default();
        for flow in self.cells.iter().map(|cell| cell.part.of(traffic)) {
            limits.load = limits.load.max(flow.load);
            limits.over += usize::from(flow.load > 1.0);
            limits.put_record_load = limits.put_record_load.max(flow.put_record_load);
            limits.put_record_over += usize::from(flow.put_record_load > 1.0);
        }
        limits
    }
}
