//! The consumer that shards push to: enhanced fan-out.

use std::collections::VecDeque;

use super::lane::Lanes;
use super::pipes::{Pipes, Pushed, every};
use crate::engine::Probe;
use crate::engine::timers::Timers;
use crate::model::events::Condition;
use crate::model::observation::{Observation, Positioning, Read};
use crate::model::plan::{FanOutPlan, ReaderPlan};
use crate::model::stream::Stream;
use crate::random;
use crate::time::Instant;

/// A registered consumer with a subscription to every shard (D18).
///
/// An event takes its time from a shard to the consumer. So it is enough to look at the shards as
/// often as that time passes: every push of the stretch before can still be found, at its exact
/// moment, before its event arrives. Neither arriving records nor idle subscriptions wake anybody.
#[derive(Clone, Debug)]
pub struct FanOut {
    stream: usize,
    starts: Instant,
    down: bool,
    pub(super) lanes: Lanes,
    pipes: Pipes,
    desks: Vec<Desk>,
    timers: Timers<Due>,
    threads: u32,
    /// Whether each shard has a thread of its own.
    thread_each: bool,
    threads_free: u32,
    /// Shards with an event that waits for a thread.
    queue: VecDeque<u32>,
}

/// The work on the events of one shard.
#[derive(Clone, Copy, Debug, Default)]
struct Desk {
    /// When the event that is being processed was begun.
    working: Option<Instant>,
    queued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The oldest event in hand of this shard is processed.
    Done(u32),
    /// The next event of a shard arrives.
    Arrive(Pushed),
    /// All shards are looked at.
    Look,
}

impl FanOut {
    /// Consumer number `number` of a world, the `slot`-th of `stream`.
    #[must_use]
    pub fn new(
        plan: &ReaderPlan,
        fan_out: &FanOutPlan,
        number: u32,
        slot: usize,
        stream: &Stream,
        seed: u64,
        replicate: u64,
    ) -> Self {
        let name = format!("reader/{}/phases", plan.name);
        let mut phases = random::Stream::named(seed, replicate, &name);
        let count = stream.shards.len();
        let mut timers = Timers::with_capacity(2 * count + 1);
        timers.set(plan.starts, Due::Look);
        Self {
            stream: plan.stream,
            starts: plan.starts,
            down: false,
            lanes: Lanes::new(plan, (number, slot), stream, (seed, replicate)),
            pipes: Pipes::new(plan, fan_out, stream, &mut phases),
            desks: vec![Desk::default(); count],
            timers,
            threads: plan.threads.unwrap_or(count as u32),
            thread_each: plan.threads.is_none(),
            threads_free: plan.threads.unwrap_or(count as u32),
            queue: VecDeque::with_capacity(count),
        }
    }

    /// Takes notice of shards that have been opened: it subscribes to them when it has finished
    /// with what they came of.
    pub fn extend(&mut self, stream: &Stream) {
        let more = self.lanes.extend(stream);
        self.pipes.extend(more);
        self.desks.resize(self.lanes.len(), Desk::default());
        if self.thread_each {
            self.threads += more as u32;
            self.threads_free += more as u32;
        }
    }

    /// It subscribes to shard `i` at `from`.
    fn subscribe(&mut self, i: usize, from: Instant) {
        self.pipes.subscribe(i, from);
        self.desks[i] = Desk::default();
    }

    /// If all of a closed shard is processed, it subscribes to what became of it, unless that came
    /// of another one too which is not (KDS-S06).
    fn go_on_from(&mut self, now: Instant, i: usize, stream: &Stream) {
        if !self.lanes.finishes(i, stream) {
            return;
        }
        for &child in &stream.shards[i].rest.lineage.children {
            if self.lanes.is_ready(child as usize, stream) {
                self.subscribe(child as usize, now.max(self.starts));
            }
        }
    }

    /// From `now` on it suffers from `condition`. It makes no calls that could fail.
    pub fn meet<P: Probe<Observation>>(
        &mut self,
        condition: Condition,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        self.lanes.slow_down(&condition);
        let before = std::mem::replace(&mut self.down, condition.down);
        if condition.down && !before {
            self.go_down(now, stream, probe);
        } else if before && !condition.down {
            self.come_back((now.max(self.starts), now), stream, probe);
        }
    }

    /// All it knows is gone, but for how far it has come; what is on its way reaches nobody.
    fn go_down<P: Probe<Observation>>(&mut self, now: Instant, stream: &mut Stream, probe: &mut P) {
        for i in 0..self.desks.len() {
            let handed = self.pipes.arrived(i) as usize;
            self.lanes.drop_hand(now, i, handed, stream, probe);
        }
        self.timers.clear();
        self.queue.clear();
        self.threads_free = self.threads;
    }

    /// It subscribes to every shard anew, at `from`.
    fn come_back<P: Probe<Observation>>(
        &mut self,
        (from, now): (Instant, Instant),
        stream: &Stream,
        probe: &mut P,
    ) {
        for i in 0..self.desks.len() {
            if !self.lanes.is_ready(i, stream) {
                continue;
            }
            // One that has not begun subscribes when it does.
            if self.lanes.begun(i) {
                let (reader, by) = (self.lanes.number, Positioning::Subscription);
                probe.observe(now, Observation::Positioned { reader, by });
            }
            self.subscribe(i, from);
        }
        self.timers.set(from, Due::Look);
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
                Some((_, Due::Look)) => {
                    for i in 0..self.desks.len() {
                        if self.lanes.is_ready(i, stream) {
                            let Self { pipes, lanes, timers, .. } = &mut *self;
                            pipes.push(at, i, lanes, stream, probe, |arrives, event| {
                                timers.set(arrives, Due::Arrive(event));
                            });
                            self.go_on_from(at, i, stream);
                        }
                    }
                    self.timers.set(at + every(&self.pipes.plan), Due::Look);
                }
                Some((_, Due::Arrive(event))) => {
                    let Pushed { shard, records, bytes, age: behind } = event;
                    let (reader, stream_number) = (self.lanes.number, stream.number());
                    let age = behind + self.pipes.plan.delay;
                    let event =
                        Read { reader, stream: stream_number, shard, records, bytes, age, behind };
                    probe.observe(at, Observation::Event(event));
                    self.pipes.arrives(shard as usize);
                    self.work_on(at, shard, stream, probe);
                }
                Some((_, Due::Done(shard))) => {
                    let desk = &mut self.desks[shard as usize];
                    let began = desk.working.take().unwrap_or(at);
                    self.threads_free += 1;
                    if !self.lanes.has_failed(at, began, shard as usize, probe) {
                        self.settle(at, began, shard, stream, probe);
                    }
                    if self.pipes.arrived(shard as usize) > 0 {
                        self.enqueue(shard);
                    }
                    while self.threads_free > 0
                        && let Some(next) = self.queue.pop_front()
                    {
                        self.desks[next as usize].queued = false;
                        self.work_on(at, next, stream, probe);
                    }
                }
                None => {}
            }
        }
    }

    /// Begins to process the oldest event of a shard that has arrived, unless one is being
    /// processed.
    fn work_on<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = shard as usize;
        while self.desks[i].working.is_none()
            && self.pipes.arrived(i) > 0
            && let Some(event) = self.lanes.front(i)
        {
            let records = event.records;
            let work = self.lanes.work_at(i, records, now);
            if work.is_zero() {
                self.settle(now, now, shard, stream, probe);
            } else if self.threads_free == 0 {
                return self.enqueue(shard);
            } else {
                self.desks[i].working = Some(now);
                self.lanes.begin_work(i);
                self.threads_free -= 1;
                self.timers.set(now + work, Due::Done(shard));
            }
        }
    }

    /// The oldest event of a shard is processed; its place is free.
    fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        began: Instant,
        shard: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = shard as usize;
        self.lanes.settle(now, began, i, stream, probe);
        self.pipes.settle(i, now);
        self.go_on_from(now, i, stream);
    }

    fn enqueue(&mut self, shard: u32) {
        if !std::mem::replace(&mut self.desks[shard as usize].queued, true) {
            self.queue.push_back(shard);
        }
    }
}
