//! Records made of what a consumer has processed.

use std::collections::VecDeque;

use super::{Arrival, Sizes};
use crate::model::cohort::{Cohort, KeyGroup};
use crate::model::keys::Keys;
use crate::model::plan::{FedPlan, ProducerPlan, SizePlan, SourcePlan};
use crate::random;
use crate::time::Instant;
use crate::units::Bytes;

/// A producer's part of what its consumer has processed, and what it makes of it.
///
/// Causes wait as they came, and records are made of them one by one as a block is filled: memory
/// does not grow with the number of records that a cause becomes.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    consumer: usize,
    causes: VecDeque<Cause>,
    /// How many records of the first cause are past.
    place: u32,
    /// How many are still to be made of the one before.
    left: u32,
    maker: Maker,
    /// When what stands in the block was born.
    births: Vec<Instant>,
    /// Records that came, and records made of them.
    counts: (u64, u64),
}

/// What came to a producer that a consumer feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Number of the consumer.
    pub consumer: usize,
    /// Records that it has processed.
    pub taken: u64,
    /// Records made of them.
    pub made: u64,
    /// How many are made of one at least, and at most.
    pub ratio: (u32, u32),
}

/// Records that were processed together, and when.
#[derive(Clone, Copy, Debug)]
struct Cause {
    cohort: Cohort,
    at: Instant,
}

/// What becomes of a record.
#[derive(Clone, Debug)]
struct Maker {
    /// So many records, and one more for words below the bound.
    whole: u32,
    more: u64,
    /// The record's own size, its key with it; else a drawn one.
    sizes: Option<Sizes>,
    /// The record's own key, of so many bytes; else a drawn one.
    key_bytes: Option<u32>,
    /// Whether a key is drawn, or what is hashed in its place.
    draws_keys: bool,
    instances: u32,
    ratio_chance: random::Stream,
    key_chance: random::Stream,
    size_chance: random::Stream,
}

impl Feed {
    /// Of `plan`, which is fed as `fed` says.
    pub(super) fn new(
        plan: &ProducerPlan,
        fed: &FedPlan,
        block: usize,
        chance: impl Fn(&str) -> random::Stream,
    ) -> Self {
        let (sizes, keys) = match &plan.source {
            SourcePlan::Synthetic { sizes, keys, .. } => (Sizes::new(sizes), keys),
            SourcePlan::Trace { keys, .. } => (Sizes::new(&SizePlan::Constant(Bytes(0))), keys),
        };
        let (whole, more) = parts(fed.records_per_record);
        let maker = Maker {
            whole,
            more,
            sizes: (!fed.same_size).then_some(sizes),
            key_bytes: fed.same_key,
            draws_keys: fed.same_key.is_none() || keys.explicit.is_some(),
            instances: plan.instances,
            ratio_chance: chance("records-per-record"),
            key_chance: chance("keys"),
            size_chance: chance("sizes"),
        };
        Self {
            consumer: fed.consumer,
            causes: VecDeque::new(),
            place: 0,
            left: 0,
            maker,
            births: vec![Instant::ZERO; block],
            counts: (0, 0),
        }
    }

    /// Number of the consumer it is fed by.
    pub(super) fn consumer(&self) -> usize {
        self.consumer
    }

    /// What came so far.
    pub(super) fn fed(&self) -> Fed {
        let (taken, made) = self.counts;
        let Maker { whole, more, .. } = self.maker;
        let ratio = (whole, whole + u32::from(more > 0));
        Fed { consumer: self.consumer, taken, made, ratio }
    }

    /// How far its random streams have been used; those that never were leave no trace.
    pub(super) fn draws(&self) -> Vec<&random::Stream> {
        let Maker { ratio_chance, key_chance, size_chance, .. } = &self.maker;
        let mut used = vec![ratio_chance, key_chance, size_chance];
        used.retain(|stream| stream.position() > 0);
        used
    }

    /// Records were processed at `now`.
    pub(super) fn take_in(&mut self, now: Instant, cohort: &Cohort) {
        self.counts.0 += u64::from(cohort.records);
        self.causes.push_back(Cause { cohort: *cohort, at: now });
    }

    /// When the record in this place of the block was born.
    #[inline]
    pub(super) fn born(&self, place: usize) -> Instant {
        self.births[place]
    }

    /// Fills `block` with what there is; behind it nothing comes.
    pub(super) fn fill(&mut self, block: &mut [Arrival], keys: &mut Keys) {
        let mut filled = 0;
        while filled < block.len()
            && let Some((cohort, record, at)) = self.next_cause()
        {
            self.births[filled] = cohort.time_of(record);
            let bytes = cohort.bytes_of_first(record + 1) - cohort.bytes_of_first(record);
            let instance = (self.counts.1 % u64::from(self.maker.instances)) as u32;
            let key = self.maker.key_of(&cohort);
            let bytes = bytes as u32;
            block[filled] = Arrival { at, key, bytes, instance, shard: 0 };
            self.counts.1 += 1;
            filled += 1;
        }
        self.maker.finish(&mut block[..filled], keys);
        if let Some(behind) = block.get_mut(filled) {
            behind.at = Instant::NEVER;
        }
    }

    /// The record that the next one is made of: its cohort, its number in it, and when it was
    /// processed.
    fn next_cause(&mut self) -> Option<(Cohort, u32, Instant)> {
        loop {
            let Cause { cohort, at } = *self.causes.front()?;
            if self.left > 0 {
                self.left -= 1;
                return Some((cohort, self.place - 1, at));
            }
            if self.place == cohort.records {
                self.causes.pop_front();
                self.place = 0;
            } else {
                self.place += 1;
                self.left = self.maker.count();
            }
        }
    }
}

impl Maker {
    /// How many records are made of the next one.
    fn count(&mut self) -> u32 {
        self.whole + u32::from(self.more > 0 && self.ratio_chance.next_u64() < self.more)
    }

    /// The key of a record of `cohort`, where it is kept. Tables differ from producer to producer,
    /// so that only its hash goes on; what was there before the run has none.
    fn key_of(&mut self, cohort: &Cohort) -> KeyGroup {
        match (self.key_bytes, cohort.key) {
            (None, _) => KeyGroup::UNKNOWN,
            (Some(_), KeyGroup::UNKNOWN) => KeyGroup::fresh(self.key_chance.next_u64()),
            (Some(_), key) => KeyGroup::fresh(key.hash_head() >> 1),
        }
    }

    /// Draws what is not that of the record itself. So far `bytes` are those.
    fn finish(&mut self, made: &mut [Arrival], keys: &mut Keys) {
        for arrival in &mut *made {
            let whole = arrival.bytes;
            if self.draws_keys {
                keys.draw_all(std::slice::from_mut(arrival), &mut self.key_chance);
            }
            arrival.bytes = match (&self.sizes, self.key_bytes) {
                (Some(_), length) => length.unwrap_or(arrival.bytes),
                (None, Some(_)) => whole,
                // A key takes its room from the data.
                (None, None) => whole.max(arrival.bytes),
            };
        }
        if let Some(sizes) = &self.sizes {
            sizes.add_to(made, &mut self.size_chance);
        }
    }
}

/// The whole part of a ratio, and what is left of it as a part of all words.
fn parts(ratio: f64) -> (u32, u64) {
    let whole = libm::floor(ratio);
    (whole as u32, ((ratio - whole) * 18_446_744_073_709_551_616.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_whole_records_and_a_chance() {
        assert_eq!(parts(0.0), (0, 0));
        assert_eq!(parts(3.0), (3, 0));
        assert_eq!(parts(2.5), (2, 1 << 63));
        assert_eq!(parts(0.25), (0, 1 << 62));
    }
}
