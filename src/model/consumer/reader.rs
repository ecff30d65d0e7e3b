//! The plain reader: a loop over GetRecords on every shard.

use std::collections::VecDeque;

use crate::engine::Probe;
use crate::engine::timers::Timers;
use crate::model::facts;
use crate::model::log::Position;
use crate::model::observation::{Backlog, Delivered, Observation, Read, SkipCause};
use crate::model::plan::{ReaderPlan, StartingPosition};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// A reader with all its shards (D23).
#[derive(Clone, Debug)]
pub struct Reader {
    number: u32,
    plan: ReaderPlan,
    /// Its place among the consumers of its stream.
    slot: usize,
    lanes: Vec<Lane>,
    timers: Timers<Due>,
    threads_free: u32,
    /// Shards whose turn has come and that wait for a thread.
    queue: VecDeque<u32>,
}

/// How far it has come in one shard.
#[derive(Clone, Debug, Default)]
struct Lane {
    /// Behind the last record handed over.
    fetched: Position,
    /// Behind the last record processed.
    settled: Position,
    /// Records handed over or skipped, since the beginning.
    passed: u64,
    hand: Hand,
    started: bool,
}

/// Records handed over and being processed.
#[derive(Clone, Copy, Debug, Default)]
struct Hand {
    records: u64,
    /// When the first will be done.
    first_done: Instant,
    /// Behind the last of them: what lies between here and `fetched` was passed over.
    to: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The records in hand of this shard are processed.
    Done(u32),
    /// This shard is to be asked.
    Poll(u32),
}

impl Reader {
    /// Consumer number `number` of a world, the `slot`-th of `stream`.
    #[must_use]
    pub fn new(
        plan: &ReaderPlan,
        number: u32,
        slot: usize,
        stream: &Stream,
        seed: u64,
        replicate: u64,
    ) -> Self {
        let name = format!("reader/{}/phases", plan.name);
        let mut phases = random::Stream::named(seed, replicate, &name);
        let count = stream.shards.len();
        let mut first: Vec<(Instant, u32)> = (0..count as u32)
            .map(|shard| (Instant::from_ns(phases.below(plan.every.as_ns())), shard))
            .collect();
        first.sort_unstable();
        let mut timers = Timers::with_capacity(2 * count);
        for (at, shard) in first {
            timers.set(at, Due::Poll(shard));
        }
        Self {
            number,
            plan: plan.clone(),
            slot,
            lanes: vec![Lane::default(); count],
            timers,
            threads_free: plan.threads.unwrap_or(count as u32),
            queue: VecDeque::with_capacity(count),
        }
    }

    /// Which stream it reads.
    #[must_use]
    pub fn stream(&self) -> usize {
        self.plan.stream
    }

    /// When it next has something to do.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.timers.next_at()
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Instant {
        loop {
            let at = self.timers.next_at();
            if at > until || at == Instant::NEVER {
                return at;
            }
            match self.timers.pop() {
                Some((_, Due::Poll(shard))) if self.threads_free == 0 => {
                    self.queue.push_back(shard);
                }
                Some((_, Due::Poll(shard))) => self.poll(at, shard, stream, probe),
                Some((_, Due::Done(shard))) => {
                    self.settle(at, shard, stream, probe);
                    self.threads_free += 1;
                    // A call that brings no work, or is refused, leaves the thread to the next.
                    while self.threads_free > 0
                        && let Some(next) = self.queue.pop_front()
                    {
                        self.poll(at, next, stream, probe);
                    }
                }
                None => {}
            }
        }
    }

    /// States what waits in every shard; what is past retention waits no longer.
    pub fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        for i in 0..self.lanes.len() {
            if self.lanes[i].started {
                self.expire(now, i, stream, probe);
            }
            let number = stream.number();
            let (lane, shard) = (&self.lanes[i], &mut stream.shards[i]);
            let waiting = shard.log().get(lane.fetched.cohort);
            let backlog = Backlog {
                reader: self.number,
                stream: number,
                shard: i as u32,
                records: shard.stored() - lane.passed,
                age: waiting.map_or(Span::ZERO, |cohort| {
                    now.since(cohort.visible.time_of(lane.fetched.past, cohort.records))
                }),
            };
            probe.observe(now, Observation::Backlog(backlog));
        }
    }

    /// The run is over: states every record that still waits.
    pub fn close<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        for i in 0..self.lanes.len() {
            self.expire(now, i, stream, probe);
            let at = self.lanes[i].fetched;
            let mut past = at.past;
            for cohort in stream.shards[i].log().from(at.cohort) {
                if let Some(rest) = cohort.after(past) {
                    let (reader, records) = (self.number, rest.records);
                    let waiting = Observation::Waiting { reader, records, visible: rest.visible };
                    probe.observe(now, waiting);
                }
                past = 0;
            }
        }
    }

    /// Records handed over and not yet processed.
    #[must_use]
    pub fn in_hand(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.hand.records).sum()
    }

    /// Calls GetRecords on a shard, and plans the next call.
    fn poll<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        if !stream.shards[i].rest.read.call(now) {
            probe.observe(now, Observation::ReadRefused { reader: self.number });
            // KDS-R06: the caller should wait a second.
            self.timers.set(now + self.plan.every.max(Span::from_s(1)), Due::Poll(index));
            return;
        }
        self.start(now, i, stream, probe);
        self.expire(now, i, stream, probe);
        let (shard, lane) = (&mut stream.shards[i], &mut self.lanes[i]);
        // At most `Limit` records and 10 MiB a call (KDS-R03), each readable from the moment it
        // was stored (KDS-R17).
        let room = facts::GET_RECORDS_BYTES_MAX.0;
        let taken = shard.log().take(lane.fetched, now, self.plan.limit, room);
        shard.rest.read.pay(taken.bytes);
        lane.fetched = taken.to;
        lane.passed += u64::from(taken.records);
        let ended = shard.ended_at(taken.to);
        let read = Read {
            reader: self.number,
            stream: stream.number(),
            shard: index,
            records: taken.records,
            bytes: taken.bytes,
            age: now.since(taken.last_visible),
        };
        probe.observe(now, Observation::Read(read));
        let work = self.plan.per_call + self.plan.per_record.times(u64::from(taken.records));
        lane.hand = Hand {
            records: u64::from(taken.records),
            first_done: now + self.plan.per_call + self.plan.per_record,
            to: taken.to,
        };
        if work.is_zero() {
            self.settle(now, index, stream, probe);
        } else {
            self.threads_free -= 1;
            self.timers.set(now + work, Due::Done(index));
        }
        if !ended {
            self.timers.set(now + work.max(self.plan.every), Due::Poll(index));
        }
    }

    /// On the first call, takes up the starting position.
    fn start<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let lane = &mut self.lanes[i];
        if lane.started {
            return;
        }
        lane.started = true;
        if self.plan.start == StartingPosition::Latest {
            let shard = &mut stream.shards[i];
            let (reader, records) = (self.number, shard.stored());
            let cause = SkipCause::BeforeStart;
            probe.observe(now, Observation::Skipped { reader, records, cause });
            lane.passed = shard.stored();
            lane.fetched = shard.end();
            lane.settled = lane.fetched;
            shard.settle(self.slot, lane.settled, &mut stream.chunks);
        }
    }

    /// Passes over what has become older than the retention period.
    fn expire<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (lane, shard) = (&mut self.lanes[i], &mut stream.shards[i]);
        let horizon = Instant::from_ns(now.as_ns().saturating_sub(stream.retention.as_ns()));
        let waits = shard.log().get(lane.fetched.cohort);
        if waits.is_none_or(|oldest| oldest.visible.start >= horizon) {
            return;
        }
        let (mut expired, mut to) = (0, lane.fetched);
        for cohort in shard.log().from(to.cohort) {
            let old = cohort.part_before(horizon).saturating_sub(to.past);
            if old == 0 {
                break;
            }
            expired += u64::from(old);
            to = to.past(old, cohort.records);
        }
        lane.fetched = to;
        if expired > 0 {
            let (reader, cause) = (self.number, SkipCause::Expired);
            probe.observe(now, Observation::Skipped { reader, records: expired, cause });
            lane.passed += expired;
            if lane.hand.records == 0 {
                lane.settled = lane.fetched;
                shard.settle(self.slot, lane.settled, &mut stream.chunks);
            }
        }
    }

    /// The records in hand are processed: one after the other, the last one now.
    fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        let (lane, shard) = (&mut self.lanes[i], &mut stream.shards[i]);
        let (mut done, step, reader) = (lane.hand.first_done, self.plan.per_record, self.number);
        shard.log().between(lane.settled, lane.hand.to, |cohort| {
            let (records, bytes, born) = (cohort.records, cohort.bytes, cohort.born);
            let first_done = done;
            let delivered = Delivered { reader, records, bytes, born, first_done, step };
            probe.observe(now, Observation::Delivered(delivered));
            done = done + step.times(u64::from(records));
        });
        lane.settled = lane.fetched;
        lane.hand.records = 0;
        shard.settle(self.slot, lane.settled, &mut stream.chunks);
    }
}
