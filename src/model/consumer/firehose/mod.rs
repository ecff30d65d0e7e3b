//! Amazon Data Firehose: it polls a stream, collects, and delivers objects.

mod buffer;
mod delivery;
mod intake;

use self::buffer::Buffer;
use super::caller::{Caller, Chances};
use super::lane::{Beside, Lanes};
use crate::engine::Probe;
use crate::engine::timers::Timers;
use crate::model::events::Condition;
use crate::model::facts;
use crate::model::observation::{ObjectCause, Observation};
use crate::model::plan::{FirehosePlan, ReaderPlan};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// A delivery stream with all shards of its source.
///
/// Hints hold for each shard (FH-41). Records stay in hand, as places in the log, until the object
/// they are in is delivered. Objects of a shard are delivered one after the other.
#[derive(Clone, Debug)]
pub struct Firehose {
    stream: usize,
    plan: Box<FirehosePlan>,
    starts: Instant,
    condition: Condition,
    pub(super) lanes: Lanes,
    /// How long an answer takes (KDS-K04).
    latency: Span,
    shards: Vec<Shard>,
    timers: Timers<Due>,
    chances: Chances,
    /// When in a second a shard is asked first after an outage.
    phases_again: random::Stream,
    /// Channels to take records of, where it is put to: room to be used again.
    touched: Vec<u32>,
}

/// What it knows of a shard.
#[derive(Clone, Debug, Default)]
struct Shard {
    call: Caller,
    /// When the last call was made.
    asked: Instant,
    buffer: Buffer,
    /// Whether an object is on its way, or waits to be tried again.
    sending: bool,
}

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An attempt to deliver this shard's first object is over.
    Delivered(u32),
    /// It is to be tried again.
    Again(u32),
    /// The interval of this shard's buffer is over, if it is the one opened then.
    Interval(u32, Instant),
    /// The answer to the call on this shard is there.
    Answered(u32),
    /// This shard is to be asked.
    Poll(u32),
    /// Records have come by Direct PUT.
    Come,
}

impl Firehose {
    /// Consumer number `number` of a world, the `slot`-th of `stream`.
    #[must_use]
    pub fn new(
        (plan, firehose): (&ReaderPlan, &FirehosePlan),
        (number, slot): (u32, usize),
        stream: &Stream,
        (seed, replicate): (u64, u64),
    ) -> Self {
        let chance = |what: &str| {
            random::Stream::named(seed, replicate, &format!("firehose/{}/{what}", plan.name))
        };
        let count = stream.shards.len();
        let mut made = Self {
            stream: plan.stream,
            plan: Box::new(firehose.clone()),
            starts: plan.starts,
            condition: Condition::SOUND,
            lanes: Lanes::new(plan, (number, slot), stream, (seed, replicate)),
            latency: stream.answer_delay(),
            shards: vec![Shard::default(); count],
            timers: Timers::with_capacity(4 * count),
            chances: Chances::new(chance),
            phases_again: chance("phases-after-outages"),
            touched: Vec::new(),
        };
        made.begin_at(plan.starts, &mut chance("phases"), stream);
        made
    }

    /// From `from` on it asks every shard once a second, each at its own phase.
    fn begin_at(&mut self, from: Instant, phases: &mut random::Stream, stream: &Stream) {
        // What is put to it comes by itself.
        let polled = if stream.is_direct() { 0 } else { self.lanes.len() };
        for shard in 0..polled {
            if self.lanes.is_ready(shard, stream) {
                let phase = Span::from_ns(phases.below(facts::FIREHOSE_POLL_EVERY.as_ns()));
                let known = self.known_at(shard, stream);
                self.timers.set((from + phase).max(known), Due::Poll(shard as u32));
            }
        }
    }

    /// When it comes to know of a shard (FH-30); those that were there before it, at once.
    fn known_at(&self, shard: usize, stream: &Stream) -> Instant {
        let lineage = &stream.shards[shard].rest.lineage;
        if lineage.came_of.is_empty() || lineage.opened < self.starts {
            return self.starts;
        }
        lineage.opened + self.plan.discovery
    }

    /// Which stream it reads.
    #[must_use]
    pub fn stream(&self) -> usize {
        self.stream
    }

    /// When it next has something to do.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.timers.next_at()
    }

    /// How far its random streams have been used; those that never were leave no trace.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let Chances { errors, kms } = &self.chances;
        let streams = [&self.phases_again, errors, kms];
        streams.into_iter().map(random::Stream::position).filter(|&position| position > 0)
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Instant {
        while self.timers.next_at() <= until
            && let Some((at, due)) = self.timers.pop()
        {
            match due {
                Due::Poll(shard) => self.poll(at, shard as usize, stream, probe),
                Due::Answered(shard) => self.answered(at, shard as usize, stream, probe),
                Due::Interval(shard, opened) => self.time_is_up(at, shard as usize, opened),
                Due::Delivered(shard) => self.delivered(at, shard as usize, stream, probe),
                Due::Again(shard) => self.deliver(at, shard as usize),
                Due::Come => self.take_all(at, stream, probe),
            }
        }
        self.timers.next_at()
    }

    /// Records have come by Direct PUT.
    pub fn has_come(&mut self, now: Instant) {
        self.timers.set(now, Due::Come);
    }

    /// The interval of a buffer is over.
    fn time_is_up(&mut self, now: Instant, i: usize, opened: Instant) {
        let buffer = &mut self.shards[i].buffer;
        if buffer.open.records > 0 && buffer.open.opened == opened {
            buffer.close(now, ObjectCause::Interval);
            self.send(now, i);
        }
    }

    /// Takes notice of shards that have been opened: it reads them when it has delivered what they
    /// came of.
    pub fn extend(&mut self, stream: &Stream) {
        self.lanes.extend(stream);
        self.shards.resize(self.lanes.len(), Shard::default());
    }

    /// From `now` on it suffers from `condition`.
    pub fn meet<P: Probe<Observation>>(
        &mut self,
        condition: Condition,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let before = std::mem::replace(&mut self.condition, condition);
        if condition.down && !before.down {
            for i in 0..self.lanes.len() {
                let handed = self.lanes.in_hand_of(i);
                self.lanes.drop_hand(now, i, handed, stream, probe);
                self.shards[i].call = Caller::default();
                self.shards[i].buffer.clear();
                self.shards[i].sending = false;
            }
            self.timers.clear();
        } else if before.down && !condition.down {
            let mut phases = self.phases_again.clone();
            self.begin_at(now.max(self.starts), &mut phases, stream);
            self.phases_again = phases;
        }
    }

    /// States what waits for it in every shard: objects that are not delivered wait as well.
    pub fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let shards = &self.shards;
        let beside = |i: usize| {
            let closed = &shards[i].buffer.closed;
            Beside {
                records: closed.iter().map(|object| object.what.records).sum(),
                age: closed.front().map(|object| object.what.age_at(now)),
            }
        };
        self.lanes.sample(now, stream, beside, probe);
    }

    /// The run is over: states every record that still waits to be read, and how old the oldest
    /// is of each shard that waits to be delivered.
    pub fn close<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        self.lanes.close(now, stream, probe);
        let reader = self.lanes.number;
        for shard in &self.shards {
            for object in &shard.buffer.closed {
                let age = object.what.age_at(now);
                probe.observe(now, Observation::Undelivered { reader, age });
            }
        }
    }
}
