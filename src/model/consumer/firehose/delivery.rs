//! How objects come to their destination.

use super::buffer::Closed;
use super::{Due, Firehose};
use crate::engine::Probe;
use crate::model::facts;
use crate::model::observation::{Object, Observation, SkipCause};
use crate::model::stream::Stream;
use crate::time::{Instant, NS_PER_S, Span};

impl Firehose {
    /// Sends a shard's first object off, where objects have just been closed and none was on its
    /// way.
    pub(super) fn send(&mut self, now: Instant, i: usize) {
        let shard = &mut self.shards[i];
        if !shard.buffer.closed.is_empty() && !shard.sending {
            shard.sending = true;
            self.deliver(now, i);
        }
    }

    /// An attempt to deliver a shard's first object begins.
    pub(super) fn deliver(&mut self, now: Instant, i: usize) {
        let Some(object) = self.shards[i].buffer.closed.front() else { return };
        let stored = self.plan.format.stored(object.what.bytes);
        let ns = u128::from(stored) * u128::from(NS_PER_S);
        let ns = ns / u128::from(self.plan.delivery.bytes_per_s.max(1));
        let transfer = Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX));
        let takes = self.condition.slowed(self.plan.delivery.fixed + transfer);
        self.timers.set(now + takes, Due::Delivered(i as u32));
    }

    /// An attempt to deliver a shard's first object is over.
    pub(super) fn delivered<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let delivery = &self.plan.delivery;
        if self.condition.away
            && let Some(object) = self.shards[i].buffer.closed.front_mut()
        {
            object.failed += 1;
            let since = *object.failing_since.get_or_insert(now);
            let again = now + delivery.retry_every;
            let age = object.what.age_at(again);
            let kept = delivery.kept.is_none_or(|most| age <= most);
            if kept && delivery.retry_for.is_none_or(|most| again <= since + most) {
                return self.timers.set(again, Due::Again(i as u32));
            }
        }
        if let Some(object) = self.shards[i].buffer.shift() {
            self.settle(now, i, &object, stream, probe);
        }
        self.shards[i].sending = false;
        self.send(now, i);
        let shard = &mut self.shards[i];
        if shard.call.held_back && shard.buffer.pending < self.plan.pending {
            shard.call.held_back = false;
            let next = now.max(shard.asked + facts::FIREHOSE_POLL_EVERY);
            self.timers.set(next, Due::Poll(i as u32));
        }
        self.go_on_from(now, i, stream);
    }

    /// A shard's first object is at its destination, or in the error output.
    fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        object: &Closed,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let delivered = !self.condition.away;
        // Direct PUT without an error output loses what it has kept for so long (FH-12, FH-90).
        let lost = !delivered && self.plan.delivery.retry_for.is_none();
        let cause = if lost { SkipCause::Expired } else { SkipCause::Undelivered };
        for _ in 0..object.what.batches {
            if delivered {
                self.lanes.settle(now, now, i, stream, probe);
            } else {
                self.lanes.give_up(now, i, cause, stream, probe);
            }
        }
        if lost {
            return;
        }
        let what = &object.what;
        let object = Object {
            reader: self.lanes.number,
            shard: i as u32,
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
}
