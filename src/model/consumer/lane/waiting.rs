//! What waits for a consumer.

use super::Lanes;
use crate::engine::Probe;
use crate::model::observation::{Ages, Backlog, Observation, SkipCause};
use crate::model::plan::StartingPosition;
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// What else waits beside a shard: so many records, the oldest so old.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::model::consumer) struct Beside {
    pub(in crate::model::consumer) records: u64,
    pub(in crate::model::consumer) age: Option<Span>,
}

impl Lanes {
    /// States what waits in every shard; what is past retention waits no longer.
    pub(in crate::model::consumer) fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        beside: impl Fn(usize) -> Beside,
        probe: &mut P,
    ) {
        for i in 0..self.each.len() {
            let begun = self.each[i].begun;
            if self.each[i].finished {
                continue;
            }
            if begun {
                self.expire(now, now, i, stream, probe);
            }
            let number = stream.number();
            let (lane, shard) = (&self.each[i], &mut stream.shards[i]);
            let at = lane.fetched;
            let waiting = begun || lane.start == StartingPosition::TrimHorizon;
            let age = if at.initial < shard.rest.initial.records {
                shard.rest.initial.age_of(at.initial, now)
            } else {
                shard.log().visible_at(at.log).map_or(Span::ZERO, |visible| now.since(visible))
            };
            let beside = beside(i);
            let age = if waiting { age } else { Span::ZERO };
            let records = if waiting { shard.held() - lane.passed } else { 0 };
            let backlog = Backlog {
                reader: self.number,
                stream: number,
                shard: i as u32,
                records: records + beside.records,
                age: beside.age.unwrap_or(age),
            };
            probe.observe(now, Observation::Backlog(backlog));
        }
    }

    /// The run is over: states every record that still waits.
    pub(in crate::model::consumer) fn close<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        for i in 0..self.each.len() {
            let reader = self.number;
            if !self.each[i].begun && self.each[i].start != StartingPosition::TrimHorizon {
                // Whenever it begins, it begins later than all of these.
                let (records, cause) = (stream.shards[i].held(), SkipCause::BeforeStart);
                probe.observe(now, Observation::Skipped { reader, records, cause });
                continue;
            }
            self.expire(now, now, i, stream, probe);
            let (at, shard) = (self.each[i].fetched, &mut stream.shards[i]);
            let initial = &shard.rest.initial;
            if at.initial < initial.records {
                let ages = Ages {
                    records: initial.records - at.initial,
                    first: initial.age_of(at.initial, now),
                    last: initial.age_of(initial.records - 1, now),
                };
                probe.observe(now, Observation::WaitingSince { reader, ages });
            }
            let mut past = at.log.past;
            for cohort in shard.log().from(at.log.cohort) {
                if let Some(rest) = cohort.after(past) {
                    let (records, visible) = (rest.records, rest.visible);
                    probe.observe(now, Observation::Waiting { reader, records, visible });
                }
                past = 0;
            }
        }
    }
}
