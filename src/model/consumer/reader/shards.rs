//! Which shards a reader asks, and from when on.

use super::{Caller, Due, Reader};
use crate::model::plan::PollOrder;
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

impl Reader {
    /// Takes notice of shards that have been opened: it reads them when it has finished with what
    /// they came of, of which it learns by the last answer (KDS-R16).
    pub fn extend(&mut self, stream: &Stream) {
        let more = self.lanes.extend(stream);
        let count = self.lanes.len();
        self.calls.resize(count, Caller::default());
        if !self.latency.is_zero() {
            self.answers.resize(count, None);
        }
        self.timers.extend(count);
        if self.thread_each {
            self.threads += more as u32;
            self.threads_free += more as u32;
        }
    }

    /// From `from` on it asks every shard, each at its own phase, or all in turn.
    pub(super) fn begin_at(&mut self, from: Instant, phases: &mut random::Stream, stream: &Stream) {
        self.all_asked = from + self.plan.every;
        let mut phase = || from + Span::from_ns(phases.below(self.plan.every.as_ns()));
        match self.plan.order {
            PollOrder::SideBySide => {
                let all = 0..self.lanes.len() as u32;
                let shards = all.filter(|&it| self.lanes.is_ready(it as usize, stream));
                let mut first: Vec<_> = shards.map(|shard| (phase(), shard)).collect();
                first.sort_unstable();
                for (at, shard) in first {
                    self.timers.set(at, Due::Poll(shard));
                }
            }
            PollOrder::InTurn => {
                self.round = phase();
                self.timers.set(self.round, Due::Poll(0));
            }
        }
    }

    /// If all of a closed shard is processed, what became of it is asked from now on, unless that
    /// came of another one too which is not (KDS-S06).
    pub(super) fn go_on_from(&mut self, now: Instant, index: u32, stream: &Stream) {
        if !self.lanes.finishes(index as usize, stream) || self.plan.order == PollOrder::InTurn {
            return;
        }
        for &child in &stream.shards[index as usize].rest.lineage.children {
            if self.lanes.is_ready(child as usize, stream) {
                self.timers.set(now, Due::Poll(child));
            }
        }
    }
}
