//! Amazon Data Firehose: it polls a stream, collects, and delivers objects.

mod buffer;
mod deal;
mod delivery;
mod intake;
mod piece;
mod transform;

use std::collections::VecDeque;

use self::buffer::Buffer;
use self::deal::Partitions;
use self::piece::Piece;
use self::transform::{Stage, Transform};
use super::caller::{Caller, Chances};
use super::lane::{Beside, Lanes};
use crate::engine::Probe;
use crate::engine::timers::Timers;
use crate::model::concurrency::Concurrency;
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
///
/// Records that are transformed, or parted, are taken out of the log instead: it holds them itself.
/// With dynamic partitioning each partition has a buffer of all shards (FH-41, FH-64).
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
    /// Buffers: of each shard, or of each partition.
    slots: Vec<Outgoing>,
    /// What transforms records, and what parts them.
    transform: Option<Transform>,
    partitions: Option<Partitions>,
    /// What has just been taken out of the log, each with the head of its key's hash.
    fresh: Vec<(Piece, u64)>,
    /// Records that it holds itself.
    held: u64,
    /// Bytes of all closed buffers, where shards share them.
    pending: u64,
    /// Whether a shard waits for room.
    holds_back: bool,
    timers: Timers<Due>,
    chances: Chances,
    /// When in a second a shard is asked first after an outage.
    phases_again: random::Stream,
    /// Channels to take records of, where it is put to.
    touched: Vec<u32>,
}

/// What it knows of a shard.
#[derive(Clone, Debug, Default)]
struct Shard {
    call: Caller,
    /// When the last call was made.
    asked: Instant,
    /// What is to be transformed.
    stage: Stage,
}

/// A buffer, and what it delivers.
#[derive(Clone, Debug, Default)]
struct Outgoing {
    buffer: Buffer,
    /// Whether an object is on its way, or waits to be tried again.
    sending: bool,
    /// What is in the buffer and was taken out of the log, in order.
    held: VecDeque<Piece>,
    /// What has just come for it.
    fresh: Vec<Piece>,
    /// Whether it is a partition's that has data in it.
    active: bool,
}

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An attempt to deliver this buffer's first object is over.
    Delivered(u32),
    /// It is to be tried again.
    Again(u32),
    /// The function has answered with this batch of this shard.
    Transformed(u32, u32),
    /// This batch of this shard is to be handed to the function again.
    TryAgain(u32, u32),
    /// The interval of what is to be transformed of this shard is over, if it was opened then.
    Collected(u32, Instant),
    /// The interval of this buffer is over, if it is the one opened then.
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
        let partitions = firehose.partitions.map(|it| it.count as usize);
        let mut made = Self {
            stream: plan.stream,
            plan: Box::new(firehose.clone()),
            starts: plan.starts,
            condition: Condition::SOUND,
            lanes: Lanes::new(plan, (number, slot), stream, (seed, replicate)),
            latency: stream.answer_delay(),
            shards: vec![Shard::default(); count],
            slots: vec![Outgoing::default(); partitions.unwrap_or(count)],
            transform: firehose.transform.as_ref().map(|it| Transform::new(it, chance)),
            partitions: firehose.partitions.as_ref().map(|it| Partitions::new(it, chance)),
            fresh: Vec::new(),
            held: 0,
            pending: 0,
            holds_back: false,
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
        let own = streams.into_iter().map(random::Stream::position);
        let own = own.filter(|&position| position > 0);
        let transform = self.transform.iter().flat_map(Transform::draws);
        own.chain(transform).chain(self.partitions.iter().flat_map(Partitions::draws))
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) -> Instant {
        while self.timers.next_at() <= until
            && let Some((at, due)) = self.timers.pop()
        {
            match due {
                Due::Poll(i) => self.poll(at, i as usize, stream, account, probe),
                Due::Answered(i) => self.answered(at, i as usize, stream, account, probe),
                Due::Interval(slot, opened) => self.time_is_up(at, slot as usize, opened),
                Due::Delivered(slot) => self.delivered(at, slot as usize, stream, probe),
                Due::Again(slot) => self.deliver(at, slot as usize),
                Due::Collected(i, opened) => {
                    self.collected(i as usize, opened);
                    self.hand_over(at, i as usize, account, probe);
                }
                Due::Transformed(i, place) => {
                    let place = (i as usize, place as usize);
                    self.transformed(at, place, (stream, account), probe);
                }
                Due::TryAgain(i, place) => {
                    let place = (i as usize, place as usize);
                    self.try_again(at, place, (stream, account), probe);
                }
                Due::Come => self.take_all(at, stream, account, probe),
            }
        }
        self.timers.next_at()
    }

    /// Records have come by Direct PUT, on these channels.
    pub fn has_come(&mut self, now: Instant, channels: &[u32]) {
        if self.touched.is_empty() {
            self.timers.set(now, Due::Come);
        }
        self.touched.extend_from_slice(channels);
    }

    /// Whether it takes records out of the log, and holds them itself.
    fn takes_over(&self) -> bool {
        self.transform.is_some() || self.partitions.is_some()
    }

    /// Whether partitions go by the keys of records.
    fn by_key(&self) -> bool {
        self.plan.parts_by_key()
    }

    /// The interval of a buffer is over.
    fn time_is_up(&mut self, now: Instant, slot: usize, opened: Instant) {
        let buffer = &mut self.slots[slot].buffer;
        if buffer.open.records == 0 || buffer.open.opened != opened {
            return;
        }
        self.pending += buffer.open.bytes;
        buffer.close(now, ObjectCause::Interval);
        if let (Some(partitions), Some(last)) = (&mut self.partitions, buffer.closed.back_mut()) {
            last.ready = now + partitions.wait();
        }
        self.send(now, slot);
    }

    /// Takes notice of shards that have been opened: it reads them when it has delivered what they
    /// came of.
    pub fn extend(&mut self, stream: &Stream) {
        self.lanes.extend(stream);
        self.shards.resize(self.lanes.len(), Shard::default());
        if self.partitions.is_none() {
            self.slots.resize(self.lanes.len(), Outgoing::default());
        }
    }

    /// From `now` on it suffers from `condition`.
    pub fn meet<P: Probe<Observation>>(
        &mut self,
        condition: Condition,
        now: Instant,
        (stream, account): (&mut Stream, &mut Concurrency),
        probe: &mut P,
    ) {
        let before = std::mem::replace(&mut self.condition, condition);
        if condition.down && !before.down {
            for i in 0..self.lanes.len() {
                let handed = self.lanes.in_hand_of(i);
                self.lanes.drop_hand(now, i, handed, stream, probe);
                self.shards[i].call = Caller::default();
            }
            // What it holds itself is not read again: it goes on with that.
            for slot in &mut self.slots {
                if !slot.held.is_empty() {
                    slot.sending = false;
                    continue;
                }
                slot.buffer.clear();
                slot.sending = false;
            }
            self.call_back(now, account, probe);
            self.holds_back = false;
            self.timers.clear();
        } else if before.down && !condition.down {
            let mut phases = self.phases_again.clone();
            self.begin_at(now.max(self.starts), &mut phases, stream);
            self.phases_again = phases;
            self.go_on(now, (stream, account), probe);
        }
    }

    /// After an outage it goes on with what it holds itself.
    fn go_on<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (stream, account): (&Stream, &mut Concurrency),
        probe: &mut P,
    ) {
        if !self.takes_over() {
            return;
        }
        for slot in 0..self.slots.len() {
            let open = self.slots[slot].buffer.open;
            if open.records > 0 {
                let over = (open.opened + self.plan.hints.interval).max(now);
                self.timers.set(over, Due::Interval(slot as u32, open.opened));
            }
            self.send(now, slot);
        }
        for i in 0..self.shards.len() {
            self.hand_over(now, i, account, probe);
            self.go_on_from(now, i, stream);
        }
    }

    /// States what waits for it in every shard: objects that are not delivered wait as well.
    pub fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let closed = |slot: &Outgoing| {
            let due = slot.buffer.closed.iter().filter(|object| object.ready <= now);
            let records = due.clone().map(|object| object.what.records).sum();
            Beside { records, age: due.map(|object| object.what.age_at(now)).next() }
        };
        let (slots, shards) = (&self.slots, &self.shards);
        if !self.takes_over() {
            return self.lanes.sample(now, stream, |i| closed(&slots[i]), probe);
        }
        let mut all = vec![Beside::default(); shards.len()];
        let mut add = |i: usize, more: Beside| {
            let of = &mut all[i];
            *of = Beside { records: of.records + more.records, age: of.age.max(more.age) };
        };
        for (i, shard) in shards.iter().enumerate() {
            let (records, age) = shard.stage.waiting(now);
            add(i, Beside { records, age });
        }
        for slot in slots {
            if let Some(first) = slot.held.front() {
                add(first.shard as usize, closed(slot));
            }
        }
        self.lanes.sample(now, stream, |i| all[i], probe);
    }

    /// Records that it has taken and not delivered.
    #[must_use]
    pub fn in_hand(&self) -> u64 {
        self.lanes.in_hand() + self.held
    }

    /// Bytes of memory taken by what it holds itself.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let pieces = self.slots.iter().map(|slot| slot.held.capacity() as u64).sum::<u64>();
        pieces * size_of::<Piece>() as u64
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
        for slot in &self.slots {
            for object in &slot.buffer.closed {
                let age = object.what.age_at(now);
                probe.observe(now, Observation::Undelivered { reader, age });
            }
        }
    }
}
