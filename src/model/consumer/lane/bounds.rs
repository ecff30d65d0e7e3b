//! Where a consumer begins in a shard, and what is too old for it.

use super::Lanes;
use crate::engine::Probe;
use crate::model::consumer::place::{Place, before, past};
use crate::model::log::Position;
use crate::model::observation::{Observation, SkipCause};
use crate::model::plan::StartingPosition;
use crate::model::stream::Stream;
use crate::time::Instant;

impl Lanes {
    /// On the first call, takes up the starting position.
    #[inline]
    pub(in crate::model::consumer) fn begin<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if !self.each[i].begun {
            self.begin_first(now, i, stream, probe);
        }
    }

    #[cold]
    fn begin_first<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let lane = &mut self.each[i];
        lane.begun = true;
        let (retention, horizon) = (stream.retention(), stream.horizon(now));
        let shard = &mut stream.shards[i];
        let all = shard.rest.initial.records;
        let (to, records) = match lane.start {
            StartingPosition::Latest => (Place { initial: all, log: shard.end() }, shard.held()),
            // KDS-R14: no exact match gives the next later record, and too early a moment the
            // horizon. Records from before the run are earlier than any moment of it.
            StartingPosition::AtTimestamp(at) if at > Instant::ZERO => {
                let (log, records) = before(shard, Position::default(), at);
                let timed = (Place { initial: all, log }, all + records);
                timed.max(past(shard, now, horizon, retention))
            }
            // What is past retention by now lies before the horizon, wherever one begins.
            StartingPosition::TrimHorizon | StartingPosition::AtTimestamp(_) => {
                past(shard, now, horizon, retention)
            }
        };
        if lane.start == StartingPosition::Latest || records > 0 {
            let (reader, cause) = (self.number, SkipCause::BeforeStart);
            probe.observe(now, Observation::Skipped { reader, records, cause });
            lane.passed = records;
            lane.fetched = to;
            shard.settle(self.slot, to.log, &mut stream.chunks);
        }
    }

    /// Passes over what is older than the retention period at `moment`, the present or shortly
    /// before.
    #[inline(always)]
    pub(in crate::model::consumer) fn expire<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        moment: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let all = stream.shards[i].rest.initial.records;
        if stream.horizon(moment) > Instant::ZERO || self.each[i].fetched.initial < all {
            self.expire_some(now, moment, i, stream, probe);
        }
    }

    #[inline(never)]
    fn expire_some<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        moment: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (retention, horizon) = (stream.retention(), stream.horizon(moment));
        let (lane, shard) = (&mut self.each[i], &mut stream.shards[i]);
        let old = shard.rest.initial.expired(moment, retention);
        let gone = old.saturating_sub(lane.fetched.initial);
        lane.fetched.initial += gone;
        let (log, records) = before(shard, lane.fetched.log, horizon);
        lane.fetched.log = log;
        let expired = gone + records;
        if expired > 0 {
            let (reader, cause) = (self.number, SkipCause::Expired);
            probe.observe(now, Observation::Skipped { reader, records: expired, cause });
            lane.passed += expired;
            shard.note_taken(self.slot, log);
            if lane.hand.is_empty() {
                shard.settle(self.slot, log, &mut stream.chunks);
            }
        }
    }
}
