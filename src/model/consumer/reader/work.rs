//! A reader's work on what it was handed. What fails stays in hand, and is tried again.

use super::{Due, Reader};
use crate::engine::Probe;
use crate::model::observation::Observation;
use crate::model::plan::PollOrder;
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

impl Reader {
    /// Processes the oldest batch in hand of a shard, which takes `work`.
    pub(super) fn process<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        work: Span,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        if work.is_zero() {
            return self.lanes.settle(now, now, i, stream, probe);
        }
        self.calls[i].working = Some(now);
        self.lanes.begin_work(i);
        self.threads_free -= 1;
        self.timers.set(now + work, Due::Done(index));
    }

    /// Work on the oldest batch in hand of a shard is over.
    pub(super) fn done<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        let began = self.calls[i].working.take().unwrap_or(now);
        if self.lanes.has_failed(now, began, i, probe) {
            return self.put_off(now, index);
        }
        self.lanes.settle(now, began, i, stream, probe);
        self.go_on_from(now, index, stream);
        if self.plan.order == PollOrder::InTurn {
            self.next_in_turn(now, index);
        } else if self.read_ahead > 0 {
            if std::mem::take(&mut self.calls[i].held_back) {
                self.timers.set(now, Due::Poll(index));
            }
            if self.arrived(i) > 0 {
                self.enqueue(index);
            }
        }
    }

    /// Whether a shard's turn goes to a batch in hand: nothing behind it is asked for.
    #[inline]
    pub(super) fn is_stuck(&self, i: usize) -> bool {
        self.read_ahead == 0 && !self.lanes.poisons.is_empty() && self.lanes.in_hand_of(i) > 0
    }

    /// Work on a shard's oldest batch has failed. Its thread serves those who wait first, and a
    /// loop over all shards goes on to the next one.
    fn put_off(&mut self, now: Instant, index: u32) {
        match self.plan.order {
            PollOrder::InTurn => self.next_in_turn(now, index),
            PollOrder::SideBySide if self.read_ahead > 0 => self.enqueue(index),
            PollOrder::SideBySide => self.timers.set(now, Due::Poll(index)),
        }
    }

    /// Works on the batch in hand again. If it goes through, the shard is asked on, no sooner than
    /// it would have been without the failure.
    pub(super) fn try_again<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        let records = self.lanes.front(i).map_or(0, |batch| batch.records);
        let work = self.lanes.work_at(i, records, now);
        let fails = self.lanes.fails(i, now).is_some();
        let answered = self.calls[i].iterator.unwrap_or(now);
        self.process(now, index, work, stream, probe);
        self.ask_on(now, index, answered, (work, fails), stream);
    }
}
