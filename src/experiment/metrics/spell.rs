//! Shards that were followed through several quanta.

use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::Writes;
use crate::model::observation::{InSpells, Observation, Polled, Read, Spell, StoredSince};
use crate::time::Span;

impl Metrics {
    /// The shard's part of it: producers and streams learn of it quantum by quantum.
    #[inline]
    pub(super) fn spell(&mut self, spell: &Spell) {
        let stream = spell.stream as usize;
        let ppm = self.streams[stream].spell(spell);
        let flow = &mut self.now_of[stream];
        if ppm > flow.busiest_second_ppm {
            (flow.busiest_second_ppm, flow.busiest) = (ppm, spell.shard);
        }
        if ppm > self.now.busiest_second_ppm {
            self.now.busiest_second_ppm = ppm;
            self.now.busiest = (spell.shard, spell.stream);
        }
        if spell.polled.calls > 0 {
            self.polled(&spell.polled);
            self.read_loads[stream].polled(spell);
        }
    }

    fn polled(&mut self, polled: &Polled) {
        let counts = &mut self.consumers[polled.reader as usize];
        counts.calls += polled.calls;
        counts.empty_calls += polled.empty;
        counts.behind.add(0, polled.calls);
        let flow = &mut self.now.reads[polled.reader as usize];
        flow.calls += polled.calls;
        flow.records += polled.records;
        flow.bytes += polled.bytes;
        flow.behind_max = Some(flow.behind_max.unwrap_or(Span::ZERO));
        if polled.records > 0 {
            flow.age_max = Some(flow.age_max.unwrap_or(Span::ZERO).max(polled.age_max));
        }
    }

    /// One of the calls.
    #[inline(always)]
    pub(super) fn passed(&mut self, read: &Read) {
        let counts = &mut self.consumers[read.reader as usize];
        counts.iterator_age.add(read.age.as_ns(), u64::from(read.records));
        self.watch.read(read);
    }

    /// What was stated of all shards in spells.
    pub(super) fn spells(&mut self, what: &Observation) {
        match what {
            Observation::InSpells(all) => self.in_spells(all),
            Observation::StoredSince(since) => self.stored_since(since),
            _ => {}
        }
    }

    fn in_spells(&mut self, all: &InSpells) {
        let writes = Writes::of(all.offered, all.attempted, all.stored);
        let counts = &mut self.producers[all.producer as usize];
        counts.write.offered_records += writes.offered_records;
        counts.write.offered_bytes += writes.offered_bytes;
        counts.write.attempts += writes.attempts;
        counts.attempted_bytes += all.attempted.bytes;
        counts.write.throttled += writes.throttled;
        counts.write.throttled_bytes += writes.throttled_bytes;
        let sum = &mut self.in_spells[all.stream as usize];
        *sum = sum.plus(&writes);
    }

    fn stored_since(&mut self, since: &StoredSince) {
        let own = &mut self.streams[since.stream as usize].write_latency;
        self.stored.since(since, own);
    }
}
