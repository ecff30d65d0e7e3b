//! The partition keys that make shards hot.

use crate::experiment::key_shares::keys_of;
use crate::experiment::load::{Cell, StreamLoad};
use crate::experiment::outcome::{KeyShare, Outcome, StreamOutcome};
use crate::model::hashing::HashKey;
use crate::scenario::Scenario;

/// A partition key on a hot shard.
#[derive(Clone, Debug, PartialEq)]
pub struct HotKey {
    /// The key as written.
    pub key: String,
    /// Its part of all records offered to the stream.
    pub share: f64,
    /// What it is offered over what its shard may take: of records or bytes, whichever is nearer
    /// to the limit. More than 1 fits no shard, however many there are (KDS-F13).
    pub load: f64,
}

/// A key's part of what a stream was offered in the whole run.
pub(super) struct KeyPart {
    pub(super) key: String,
    shard: usize,
    pub(super) records: f64,
    bytes: f64,
}

/// The most used keys that land on `shards`, which ascend, over all producers of the stream with
/// this index; most used first.
pub(super) fn keys_on(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    shards: &[usize],
) -> Vec<KeyPart> {
    let Some(stream) = outcome.streams.get(index) else { return Vec::new() };
    let writers = || {
        let pairs = outcome.producers.iter().zip(&scenario.plan.producers);
        pairs.filter(|(_, plan)| plan.stream == index)
    };
    let records: u64 = writers().map(|(producer, _)| producer.write.offered_records).sum();
    let bytes: u64 = writers().map(|(producer, _)| producer.write.offered_bytes).sum();
    let part = |of: u64, whole: u64| of as f64 / (whole as f64).max(1.0);
    let mut keys: Vec<KeyPart> = Vec::new();
    for (producer, plan) in writers() {
        let explicit = keys_of(&plan.source).explicit.is_some();
        let by_records = part(producer.write.offered_records, records);
        let by_bytes = part(producer.write.offered_bytes, bytes);
        for top in &producer.top_keys {
            let Some(shard) = place_of(stream, explicit, top, shards) else { continue };
            let (records, bytes) = (top.share * by_records, top.share * by_bytes);
            match keys.iter_mut().find(|known| known.key == top.key) {
                Some(known) => {
                    known.records += records;
                    known.bytes += bytes;
                }
                None => keys.push(KeyPart { key: top.key.clone(), shard, records, bytes }),
            }
        }
    }
    keys.sort_by(|a, b| b.records.total_cmp(&a.records));
    keys
}

/// Which of `shards`, which ascend, a key lands on, if on one of them.
fn place_of(
    stream: &StreamOutcome,
    explicit: bool,
    key: &KeyShare,
    shards: &[usize],
) -> Option<usize> {
    let first = key.shard as usize;
    if !stream.changes() || shards.binary_search(&first).is_ok() {
        return shards.binary_search(&first).is_ok().then_some(first);
    }
    // It landed there when the run began; since then the shard may have become another.
    let hash = if explicit { HashKey::from_decimal(&key.key).ok()? } else { HashKey::of(&key.key) };
    let holds = |shard: &&usize| {
        let range = stream.shards.get(**shard).map(|shard| shard.range);
        range.is_some_and(|(start, end)| (start..=end).contains(&hash.0))
    };
    shards.iter().find(holds).copied()
}

impl KeyPart {
    /// The key as part of a time in which its stream was offered `all`, and each shard what `of`
    /// says.
    pub(super) fn within(
        self,
        load: &StreamLoad,
        all: &Cell,
        of: impl Fn(usize) -> Cell,
    ) -> HotKey {
        let cell = &of(self.shard);
        let by_records = self.records * load.by_records(all);
        let by_bytes = self.bytes * load.by_bytes(all);
        // Its parts are those of the whole run: here it has no more than all of its shard.
        let mut of_limit = by_records.max(by_bytes).min(load.load(cell));
        if load.rounds_sizes() && cell.refused_share() > 0.0 {
            // What a full shard stored shows what it takes once sizes are rounded up.
            let offered =
                (self.records * all.offered_records as f64).min(cell.offered_records as f64);
            of_limit = of_limit.max(offered / (cell.accepted_records as f64).max(1.0));
        }
        HotKey { key: self.key, share: self.records, load: of_limit }
    }
}
