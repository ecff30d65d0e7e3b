//! Records that are processed the moment they are taken.

use super::Lanes;
use crate::engine::Probe;
use crate::model::consumer::place::age_of_last;
use crate::model::facts;
use crate::model::log::Position;
use crate::model::observation::{Delivered, Observation, Read};
use crate::model::shard::Shard;
use crate::model::stream::Stream;
use crate::model::taken::Most;
use crate::random;
use crate::time::{Instant, Span};

impl Lanes {
    /// The number of the record that is next in shard `i`, if all before it have been processed and
    /// none is to be handed over again.
    #[inline]
    pub(in crate::model::consumer) fn plainly_at(
        &self,
        i: usize,
        shard: &Shard,
    ) -> Option<Position> {
        let lane = &self.each[i];
        let plain = lane.begun && lane.hand.is_empty() && lane.handed <= lane.passed;
        let new = lane.fetched.initial == shard.rest.initial.records;
        (plain && new).then_some(lane.fetched.log)
    }

    /// So many records more have been taken from shard `i` and processed.
    #[inline]
    pub(in crate::model::consumer) fn went_on(&mut self, i: usize, records: u64) {
        let lane = &mut self.each[i];
        lane.fetched.log.cohort += records;
        lane.passed += records;
    }

    /// What tells how long ago the newest of many records came.
    #[inline]
    pub(in crate::model::consumer) fn gaps(&mut self) -> &mut random::Exponentials {
        &mut self.gaps
    }

    /// Takes what a GetRecords call on shard `i` made and answered now brings, at most `limit`
    /// records, and processes it, which takes no time: [`Lanes::answer`] and [`Lanes::deliver`] in
    /// one. `None`, and nothing done, where that is not so simple.
    #[inline]
    pub(in crate::model::consumer) fn pass_through<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        limit: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Option<Read> {
        self.begin(now, i, stream, probe);
        self.expire(now, now, i, stream, probe);
        let (lane, shard) = (&mut self.each[i], &mut stream.shards[i]);
        if lane.fetched.initial < shard.rest.initial.records || !lane.hand.is_empty() {
            return None;
        }
        let most = Most { records: limit, bytes: facts::GET_RECORDS_BYTES_MAX.0 };
        let (reader, outlet) = (self.number, &mut self.outlet);
        let drained = shard.drain(lane.fetched.log, now, most, |cohort| {
            let (records, bytes, born) = (cohort.records, cohort.bytes, cohort.born);
            let step = Span::ZERO;
            let delivered = Delivered { reader, records, bytes, born, first_done: now, step };
            probe.observe(now, Observation::Delivered(delivered));
            outlet.pass(cohort);
        })?;
        lane.fetched.log.cohort = drained.to;
        lane.passed += u64::from(drained.records);
        shard.rest.read.pay(drained.bytes);
        let age = age_of_last(now, &drained, &mut self.gaps);
        stream.note_read(drained.records, drained.bytes, age);
        let behind = if drained.left { age } else { Span::ZERO };
        let (records, bytes, shard) = (drained.records, drained.bytes, i as u32);
        Some(Read { reader, stream: stream.number(), shard, records, bytes, age, behind })
    }
}
