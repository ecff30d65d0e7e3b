//! What stays in hand until an object that holds it is delivered.

use super::Lanes;
use crate::engine::Probe;
use crate::model::consumer::place::Batch;
use crate::model::observation::{Observation, SkipCause};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

impl Lanes {
    /// Puts a batch in hand as a part of the newest one, if it follows it without a gap; whether it
    /// does.
    pub(in crate::model::consumer) fn join(&mut self, i: usize, batch: &Batch) -> bool {
        match self.each[i].hand.back_mut() {
            Some(last) if last.to == batch.from => {
                last.to = batch.to;
                last.records += batch.records;
                last.bytes += batch.bytes;
                true
            }
            _ => false,
        }
    }

    /// Age at `now` of the oldest record of a batch.
    pub(in crate::model::consumer) fn oldest_of(
        now: Instant,
        i: usize,
        batch: &Batch,
        stream: &mut Stream,
    ) -> Span {
        let shard = &mut stream.shards[i];
        let first = batch.from;
        if first.initial < shard.rest.initial.records {
            return shard.rest.initial.age_of(first.initial, now);
        }
        shard.log().visible_at(first.log).map_or(Span::ZERO, |at| now.since(at))
    }

    /// The oldest batch in hand is given up.
    pub(in crate::model::consumer) fn give_up<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        cause: SkipCause,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let Some(batch) = self.each[i].hand.pop_front() else { return };
        let (reader, records) = (self.number, u64::from(batch.records));
        probe.observe(now, Observation::Skipped { reader, records, cause });
        let lane = &self.each[i];
        let settled = lane.hand.front().map_or(lane.fetched.log, |next| next.from.log);
        stream.shards[i].settle(self.slot, settled, &mut stream.chunks);
    }
}
