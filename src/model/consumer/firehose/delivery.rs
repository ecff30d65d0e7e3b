//! How objects come to their destination.

use super::buffer::Closed;
use super::{Due, Firehose, Outgoing};
use crate::engine::Probe;
use crate::model::facts;
use crate::model::observation::{Object, Observation, SkipCause};
use crate::model::stream::Stream;
use crate::time::{Instant, NS_PER_S, Span};

impl Firehose {
    /// Sends the first object of a buffer off, where objects have just been closed and none was on
    /// its way.
    pub(super) fn send(&mut self, now: Instant, slot: usize) {
        let Outgoing { buffer, sending, .. } = &mut self.slots[slot];
        let Some(first) = buffer.closed.front() else { return };
        if *sending {
            return;
        }
        *sending = true;
        if first.ready > now {
            return self.timers.set(first.ready, Due::Again(slot as u32));
        }
        self.deliver(now, slot);
    }

    /// An attempt to deliver a buffer's first object begins.
    pub(super) fn deliver(&mut self, now: Instant, slot: usize) {
        let Some(object) = self.slots[slot].buffer.closed.front() else { return };
        let stored = self.plan.format.stored(object.what.bytes);
        let ns = u128::from(stored) * u128::from(NS_PER_S);
        let ns = ns / u128::from(self.plan.delivery.bytes_per_s.max(1));
        let transfer = Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX));
        let takes = self.condition.slowed(self.plan.delivery.fixed + transfer);
        self.timers.set(now + takes, Due::Delivered(slot as u32));
    }

    /// An attempt to deliver a buffer's first object is over.
    pub(super) fn delivered<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        slot: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let delivery = &self.plan.delivery;
        if self.condition.away
            && let Some(object) = self.slots[slot].buffer.closed.front_mut()
        {
            object.failed += 1;
            let since = *object.failing_since.get_or_insert(now);
            let again = now + delivery.retry_every;
            let age = object.what.age_at(again);
            let kept = delivery.kept.is_none_or(|most| age <= most);
            if kept && delivery.retry_for.is_none_or(|most| again <= since + most) {
                return self.timers.set(again, Due::Again(slot as u32));
            }
        }
        if let Some(object) = self.slots[slot].buffer.shift() {
            self.pending = self.pending.saturating_sub(object.what.bytes);
            self.settle(now, slot, &object, stream, probe);
        }
        self.slots[slot].sending = false;
        self.send(now, slot);
        if let Some(partitions) = &mut self.partitions {
            partitions.rest(&mut self.slots[slot]);
            return self.resume_all(now);
        }
        self.resume(now, slot);
        self.go_on_from(now, slot, stream);
    }

    /// A shard that was asked no more is asked again, if there is room.
    pub(super) fn resume(&mut self, now: Instant, i: usize) {
        if !self.shards[i].call.held_back || self.is_full(i) {
            return;
        }
        let shard = &mut self.shards[i];
        shard.call.held_back = false;
        let next = now.max(shard.asked + facts::FIREHOSE_POLL_EVERY);
        self.timers.set(next, Due::Poll(i as u32));
    }

    /// The same of all shards, where they share their buffers.
    fn resume_all(&mut self, now: Instant) {
        if !std::mem::take(&mut self.holds_back) {
            return;
        }
        for i in 0..self.shards.len() {
            self.resume(now, i);
            self.holds_back |= self.shards[i].call.held_back;
        }
    }

    /// A buffer's first object is at its destination, or in the error output.
    fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        slot: usize,
        object: &Closed,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let delivered = !self.condition.away;
        // Direct PUT without an error output loses what it has kept for so long (FH-12, FH-90).
        let lost = !delivered && self.plan.delivery.retry_for.is_none();
        let cause = if lost { SkipCause::Expired } else { SkipCause::Undelivered };
        let first = self.slots[slot].held.front().map_or(slot as u32, |piece| piece.shard);
        if self.takes_over() {
            self.settle_pieces(now, (slot, object), (!delivered).then_some(cause), probe);
        } else {
            for _ in 0..object.what.batches {
                if delivered {
                    self.lanes.settle(now, now, slot, stream, probe);
                } else {
                    self.lanes.give_up(now, slot, cause, stream, probe);
                }
            }
        }
        if lost {
            return;
        }
        let what = &object.what;
        let object = Object {
            reader: self.lanes.number,
            shard: first,
            partition: self.partitions.as_ref().map(|_| slot as u32),
            opened: what.opened,
            closed: object.at,
            records: what.records,
            bytes: what.bytes,
            stored: self.plan.format.stored(what.bytes),
            age: what.age_at(now),
            cause: object.cause,
            failed: object.failed,
            delivered,
        };
        probe.observe(now, Observation::Object(object));
    }

    /// States what became of the records of an object that Firehose held itself: delivered, or
    /// given up for this cause.
    fn settle_pieces<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (slot, object): (usize, &Closed),
        given_up: Option<SkipCause>,
        probe: &mut P,
    ) {
        let reader = self.lanes.number;
        for _ in 0..object.what.batches {
            let Some(piece) = self.slots[slot].held.pop_front() else { return };
            let records = u64::from(piece.records);
            self.held -= records;
            let what = match given_up {
                None => piece.delivered(reader, now),
                Some(cause) => Observation::Skipped { reader, records, cause },
            };
            probe.observe(now, what);
        }
    }
}
