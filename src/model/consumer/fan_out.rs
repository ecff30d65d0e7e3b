//! The consumer that shards push to: enhanced fan-out.

use std::collections::VecDeque;

use super::lane::Lanes;
use crate::engine::Probe;
use crate::engine::timers::Timers;
use crate::model::events::Condition;
use crate::model::observation::{Observation, Positioning, Read};
use crate::model::plan::{FanOutPlan, ReaderPlan};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, NS_PER_S, Span};

/// A registered consumer with a subscription to every shard (D18).
///
/// An event takes its time from a shard to the consumer. So it is enough to look at the shards as
/// often as that time passes: every push of the stretch before can still be found, at its exact
/// moment, before its event arrives. Neither arriving records nor idle subscriptions wake anybody.
#[derive(Clone, Debug)]
pub struct FanOut {
    stream: usize,
    plan: FanOutPlan,
    starts: Instant,
    down: bool,
    pub(super) lanes: Lanes,
    pipes: Vec<Pipe>,
    /// Events a shard may have pushed that are not processed.
    places: usize,
    timers: Timers<Due>,
    threads: u32,
    /// Whether each shard has a thread of its own.
    thread_each: bool,
    threads_free: u32,
    /// Shards with an event that waits for a thread.
    queue: VecDeque<u32>,
}

/// The subscription to one shard.
#[derive(Clone, Debug)]
struct Pipe {
    /// When the next event can be pushed: by pace, by what the pipe still carries, and by the
    /// subscription's beginning.
    free_at: Instant,
    /// When the subscription ends.
    until: Instant,
    /// Since when each free place for an event at the consumer has been free.
    places: VecDeque<Instant>,
    /// Events that have arrived and are not processed.
    arrived: u32,
    /// When the event that is being processed was begun.
    working: Option<Instant>,
    queued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The oldest event in hand of this shard is processed.
    Done(u32),
    /// The next event of this shard arrives: age of its last record when it was pushed.
    Arrive { shard: u32, records: u32, bytes: u64, age: Span },
    /// All shards are looked at.
    Look,
}

/// Least time between two looks.
const LOOK_MIN: Span = Span::from_ms(1);

/// How often it looks at its shards: everything pushed since is still to be found.
pub(super) fn every(plan: &FanOutPlan) -> Span {
    plan.delay.max(LOOK_MIN)
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
        let places = plan.read_ahead as usize + 1;
        // Subscriptions are found at any point of their lives, so that they do not all end at once.
        let mut pipe = || Pipe {
            free_at: plan.starts,
            until: plan.starts + Span::from_ns(1 + phases.below(fan_out.lifetime.as_ns())),
            places: std::iter::repeat_n(plan.starts, places).collect(),
            arrived: 0,
            working: None,
            queued: false,
        };
        let mut timers = Timers::with_capacity(2 * count + 1);
        timers.set(plan.starts, Due::Look);
        Self {
            stream: plan.stream,
            plan: *fan_out,
            starts: plan.starts,
            down: false,
            lanes: Lanes::new(plan, (number, slot), stream, (seed, replicate)),
            pipes: (0..count).map(|_| pipe()).collect(),
            places,
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
        for _ in 0..more {
            self.pipes.push(Pipe {
                free_at: Instant::NEVER,
                until: Instant::NEVER,
                places: VecDeque::with_capacity(self.places),
                arrived: 0,
                working: None,
                queued: false,
            });
        }
        if self.thread_each {
            self.threads += more as u32;
            self.threads_free += more as u32;
        }
    }

    /// It subscribes to shard `i` at `from`.
    fn subscribe(&mut self, i: usize, from: Instant) {
        let pipe = &mut self.pipes[i];
        pipe.places.clear();
        pipe.places.extend(std::iter::repeat_n(from, self.places));
        *pipe = Pipe {
            free_at: from,
            until: from + self.plan.lifetime,
            places: std::mem::take(&mut pipe.places),
            arrived: 0,
            working: None,
            queued: false,
        };
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
        for i in 0..self.pipes.len() {
            let handed = self.pipes[i].arrived as usize;
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
        for i in 0..self.pipes.len() {
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
                    for i in 0..self.pipes.len() {
                        if self.lanes.is_ready(i, stream) {
                            self.push(at, i, stream, probe);
                            self.go_on_from(at, i, stream);
                        }
                    }
                    self.timers.set(at + every(&self.plan), Due::Look);
                }
                Some((_, Due::Arrive { shard, records, bytes, age: behind })) => {
                    let (reader, stream_number) = (self.lanes.number, stream.number());
                    let age = behind + self.plan.delay;
                    let event =
                        Read { reader, stream: stream_number, shard, records, bytes, age, behind };
                    probe.observe(at, Observation::Event(event));
                    self.pipes[shard as usize].arrived += 1;
                    self.work_on(at, shard, stream, probe);
                }
                Some((_, Due::Done(shard))) => {
                    let pipe = &mut self.pipes[shard as usize];
                    let began = pipe.working.take().unwrap_or(at);
                    self.threads_free += 1;
                    if !self.lanes.has_failed(at, began, shard as usize, probe) {
                        self.settle(at, began, shard, stream, probe);
                    }
                    if self.pipes[shard as usize].arrived > 0 {
                        self.enqueue(shard);
                    }
                    while self.threads_free > 0
                        && let Some(next) = self.queue.pop_front()
                    {
                        self.pipes[next as usize].queued = false;
                        self.work_on(at, next, stream, probe);
                    }
                }
                None => {}
            }
        }
    }

    /// Pushes all that shard `i` has pushed by now, each event at its moment.
    ///
    /// An event leaves when a record is there, the pace since the last one has passed, the pipe has
    /// carried it (KDS-R26), the subscription is open (KDS-R29) and the consumer has a place for
    /// it. It holds at most what the pipe carries in a second (KDS-R33).
    fn push<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if !self.lanes.begun(i) {
            let (reader, by) = (self.lanes.number, Positioning::Subscription);
            probe.observe(now, Observation::Positioned { reader, by });
            self.lanes.begin(now, i, stream, probe);
        }
        loop {
            let pipe = &mut self.pipes[i];
            let visible = self.lanes.next_visible(i, stream).unwrap_or(Instant::NEVER);
            let place = pipe.places.front().copied().unwrap_or(Instant::NEVER);
            let at = pipe.free_at.max(visible).max(place);
            if at >= pipe.until && pipe.until <= now {
                let (reader, by) = (self.lanes.number, Positioning::Subscription);
                probe.observe(now, Observation::Positioned { reader, by });
                let begins = pipe.until + self.plan.renewal;
                pipe.free_at = pipe.free_at.max(begins);
                pipe.until = begins + self.plan.lifetime;
                continue;
            }
            if at > now {
                return;
            }
            self.lanes.expire(now, at, i, stream, probe);
            if self.lanes.next_visible(i, stream).is_none_or(|visible| visible > at) {
                continue;
            }
            let mut event = self.lanes.take(i, at, (u32::MAX, self.plan.bytes_per_s), stream);
            if event.records == 0 {
                // A single record may take the pipe for longer than a second.
                event = self.lanes.take(i, at, (1, u64::MAX), stream);
            }
            let pipe = &mut self.pipes[i];
            let carried = u128::from(event.bytes) * u128::from(NS_PER_S);
            let carried = carried.div_ceil(u128::from(self.plan.bytes_per_s.max(1)));
            pipe.free_at = at + self.plan.pace.max(Span::from_ns(carried as u64));
            pipe.places.pop_front();
            let due = Due::Arrive {
                shard: i as u32,
                records: event.records,
                bytes: event.bytes,
                age: event.age,
            };
            self.lanes.note_again(now, i, event.records, probe);
            self.lanes.hold(i, event);
            self.timers.set((at + self.plan.delay).max(now), due);
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
        while self.pipes[i].working.is_none()
            && self.pipes[i].arrived > 0
            && let Some(event) = self.lanes.front(i)
        {
            let records = event.records;
            let work = self.lanes.work_at(i, records, now);
            if work.is_zero() {
                self.settle(now, now, shard, stream, probe);
            } else if self.threads_free == 0 {
                return self.enqueue(shard);
            } else {
                self.pipes[i].working = Some(now);
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
        self.pipes[i].arrived -= 1;
        self.pipes[i].places.push_back(now);
        self.go_on_from(now, i, stream);
    }

    fn enqueue(&mut self, shard: u32) {
        if !std::mem::replace(&mut self.pipes[shard as usize].queued, true) {
            self.queue.push_back(shard);
        }
    }
}
