//! Calls that carry a list of records, and all calls of a producer with a [`Link`]: they leave
//! when they may, and their answers come when they come.

use super::{EMPTY, Flush, Producer, Retry, Tries};
use crate::engine::Probe;
use crate::model::cohort::Cohort;
use crate::model::entries::NONE;
use crate::model::facts;
use crate::model::observation::{Failed, LossCause, Observation, Put};
use crate::model::plan::Api;
use crate::model::retry::Failure;
use crate::model::stream::{Call, Offer, Stream};
use crate::time::{Instant, Span};

#[cfg(doc)]
use crate::model::link::Link;

/// Records that go in one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    /// The first of their list.
    pub(super) first: u32,
    pub(super) tries: Tries,
}

/// The answer to a call, on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// What was not stored.
    pub(super) left: Batch,
    /// Why not; `None` for a call that nobody makes again, because KMS throttled it (KDS-L08).
    failure: Option<Failure>,
    /// What was stored.
    records: u32,
    /// At most what a call holds.
    bytes: u32,
}

/// A probe that is told of each put how long its answer takes (D7).
struct Answered<'a, P> {
    probe: &'a mut P,
    latency: Span,
}

impl<P: Probe<Observation>> Probe<Observation> for Answered<'_, P> {
    fn observe(&mut self, at: Instant, what: Observation) {
        let what = match what {
            Observation::Put(put) => Observation::Put(Put { answer: self.latency, ..put }),
            other => other,
        };
        self.probe.observe(at, what);
    }
}

impl Producer {
    /// Puts a record in its instance's buffer, which leaves when it is full (KDS-W11, KDS-W12) or
    /// `linger` after its first record came.
    pub(super) fn collect<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        cohort: Cohort,
        instance: u32,
        linger: Span,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let buffer = &mut self.buffers[instance as usize];
        let over = buffer.bytes + cohort.bytes > self.call_bytes_max;
        if over && buffer.first != NONE {
            self.flush(now, instance, stream, probe);
        }
        let place = self.entries.insert(cohort);
        let buffer = &mut self.buffers[instance as usize];
        if buffer.first == NONE {
            buffer.first = place;
            let (at, number) = (now + linger, buffer.number);
            self.flushes.push_back(Flush { at, instance, number });
        } else {
            self.entries.table[buffer.last as usize].next = place;
        }
        buffer.last = place;
        buffer.records += u64::from(cohort.records);
        buffer.bytes += cohort.bytes;
        if buffer.records >= facts::PUT_RECORDS_ENTRIES_MAX as u64 {
            self.flush(now, instance, stream, probe);
        }
    }

    pub(super) fn flush_due<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if let Some(flush) = self.flushes.pop_front()
            && self.buffers[flush.instance as usize].number == flush.number
        {
            self.flush(now, flush.instance, stream, probe);
        }
    }

    fn flush<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        instance: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let buffer = &mut self.buffers[instance as usize];
        let first = buffer.first;
        *buffer = super::List { number: buffer.number + 1, ..EMPTY };
        self.send(now, Batch { first, tries: Tries::none(instance) }, stream, probe);
    }

    /// Sends records in one call, or lets them wait until one may leave.
    pub(super) fn send<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        batch: Batch,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let link = self.link.as_mut();
        if link.is_none_or(|link| link.may_leave(batch.tries.instance, batch)) {
            self.put(now, batch, stream, probe);
        }
    }

    /// One call leaves: it is judged now (D7), and answered after its latency.
    fn put<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        batch: Batch,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        self.offers.clear();
        self.places.clear();
        let producer = self.number;
        let instance = batch.tries.instance;
        let latency = self.link.as_mut().map_or(Span::ZERO, |link| link.leave(instance));
        probe.observe(now, Observation::Called { producer });
        // KMS refuses a call as a whole (KDS-K05).
        let refused = self.link.as_mut().is_some_and(|link| link.is_throttled_by_kms());
        let mut place = batch.first;
        while place != NONE {
            let entry = &mut self.entries.table[place as usize];
            let shard = self.source.shard(entry.cohort.key, stream);
            // What fails within the service has not come to a shard, and takes nothing of it.
            entry.failed = refused || self.link.as_mut().is_some_and(|link| link.fails());
            let Cohort { records, bytes, .. } = entry.cohort;
            if entry.failed {
                let (stream, failed) = (stream.number(), (records, bytes));
                let (records, bytes) = failed;
                let failed = Failed { producer, stream, shard, records, bytes };
                probe.observe(now, Observation::Failed(failed));
            } else {
                self.offers.push(Offer { cohort: entry.cohort, shard, admitted: 0 });
            }
            self.places.push(place);
            place = entry.next;
        }
        let call = match self.api {
            Api::PutRecord => Call::PutRecord,
            Api::PutRecords { .. } => Call::PutRecords,
        };
        stream.settle(now, call, producer, &mut self.offers, &mut Answered { probe, latency });
        let mut answer = self.answer(batch.tries);
        if refused {
            answer.failure = None;
        }
        if latency.is_zero() {
            self.answered(now, answer, stream, probe);
        } else {
            self.set_retry(now + latency, Retry::Answer(answer));
        }
    }

    /// What a call's judged offers come to: the list of what is left, in its old order.
    fn answer(&mut self, tries: Tries) -> Answer {
        let (mut left, mut failure) = (EMPTY, Failure::Failed);
        let (mut records, mut bytes) = (0, 0);
        let mut judged = self.offers.iter();
        for &place in &self.places {
            let entry = &mut self.entries.table[place as usize];
            if !entry.failed
                && let Some(offer) = judged.next()
            {
                let (stored, rest) = offer.cohort.split(offer.admitted);
                records += stored.map_or(0, |stored| stored.records);
                bytes += stored.map_or(0, |stored| stored.bytes);
                let Some(rest) = rest else {
                    self.entries.remove(place);
                    continue;
                };
                failure = Failure::Throttled;
                entry.cohort = rest;
            }
            entry.next = NONE;
            if left.first == NONE {
                left.first = place;
            } else {
                self.entries.table[left.last as usize].next = place;
            }
            left.last = place;
        }
        let left = Batch { first: left.first, tries };
        Answer { left, failure: Some(failure), records, bytes: bytes as u32 }
    }

    /// A client has the answer to its call.
    pub(super) fn answered<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        answer: Answer,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let Answer { left, failure, records, bytes } = answer;
        let Tries { instance, attempts, cost } = left.tries;
        let next = self.link.as_mut().and_then(|link| {
            link.let_go(instance, u64::from(records), u64::from(bytes));
            link.answered(instance)
        });
        if left.first != NONE {
            self.refused(now, left, failure, probe);
        } else if attempts == 0 {
            self.clients.first_tries_succeeded(1, std::iter::once(instance));
        } else {
            self.clients.retry_succeeded(instance, u32::from(cost));
        }
        // Where answers take no time, no call has waited for one.
        if let Some(batch) = next {
            self.put(now, batch, stream, probe);
        }
    }

    /// What was refused waits for the next attempt, or is given up.
    fn refused<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        batch: Batch,
        failure: Option<Failure>,
        probe: &mut P,
    ) {
        let next = failure.and_then(|failure| self.next_try(batch.tries, failure));
        if let Some((delay, tries)) = next {
            self.set_retry(now + delay, Retry::Batch(Batch { tries, ..batch }));
            return;
        }
        let mut place = batch.first;
        while place != NONE {
            let entry = self.entries.table[place as usize];
            let Cohort { records, bytes, .. } = entry.cohort;
            let cause = match (failure, entry.failed) {
                (None, _) => LossCause::KmsThrottled,
                (_, true) => LossCause::Failed,
                (_, false) => LossCause::Throttled,
            };
            self.lose(now, records, bytes, cause, probe);
            if let Some(link) = &mut self.link {
                link.let_go(batch.tries.instance, u64::from(records), bytes);
            }
            self.entries.remove(place);
            place = entry.next;
        }
    }
}
