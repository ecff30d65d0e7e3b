//! A run in five hashes, so that a change of behaviour is seen and its kind is known.

use std::hash::{Hash, Hasher};

use crate::engine::{ActorId, Probe};
use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::Fingerprint;
use crate::model::consumer::Consumer;
use crate::model::observation::Observation;
use crate::model::world::World;
use crate::time::Instant;

/// Hashes everything that happens.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    times: Mixer,
    wakes: Mixer,
    observations: Mixer,
}

impl Recorder {
    /// The fingerprint of a run that has ended.
    #[must_use]
    pub fn fingerprint(&self, world: &World, metrics: &Metrics) -> Fingerprint {
        let (mut draws, mut totals) = (Mixer::default(), Mixer::default());
        for position in world.draws().chain(world.consumers().iter().flat_map(Consumer::draws)) {
            draws.write_u64(position as u64);
        }
        metrics.written().hash_into(&mut totals);
        for counts in &metrics.consumers {
            for count in [counts.delivered, counts.waiting, counts.expired, counts.calls] {
                totals.write_u64(count);
            }
            for histogram in [&counts.iterator_age, &counts.latency] {
                for (low, _, count) in histogram.buckets() {
                    totals.write_u64(low);
                    totals.write_u64(count);
                }
            }
        }
        Fingerprint {
            times: self.times.0,
            wakes: self.wakes.0,
            observations: self.observations.0,
            draws: draws.0,
            metrics: totals.0,
        }
    }
}

impl Probe<Observation> for Recorder {
    fn observe(&mut self, at: Instant, what: Observation) {
        at.hash(&mut self.observations);
        what.hash(&mut self.observations);
    }

    fn woken(&mut self, at: Instant, who: ActorId) {
        at.hash(&mut self.times);
        who.hash(&mut self.wakes);
    }
}

impl crate::experiment::outcome::Writes {
    fn hash_into(&self, mixer: &mut Mixer) {
        for count in [
            self.offered_records,
            self.offered_bytes,
            self.attempts,
            self.accepted_records,
            self.accepted_bytes,
            self.throttled,
            self.throttled_bytes,
            self.lost_records,
            self.lost_bytes,
        ] {
            mixer.write_u64(count);
        }
        // Where nothing can fail, totals have no word for it.
        if self.failed > 0 {
            mixer.write_u64(self.failed);
            mixer.write_u64(self.failed_bytes);
        }
    }
}

/// Mixes words one after the other. Every kind of integer becomes one word, so that neither the
/// width of a pointer nor the order of bytes shows.
#[derive(Clone, Debug, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, word: u64) {
        // The multiplier is 2^64 divided by the golden ratio, made odd.
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u8(&mut self, i: u8) {
        self.write_u64(u64::from(i));
    }

    fn write_u16(&mut self, i: u16) {
        self.write_u64(u64::from(i));
    }

    fn write_u32(&mut self, i: u32) {
        self.write_u64(u64::from(i));
    }

    fn write_usize(&mut self, i: usize) {
        self.write_u64(i as u64);
    }

    fn write_isize(&mut self, i: isize) {
        self.write_u64(i as u64);
    }
}
