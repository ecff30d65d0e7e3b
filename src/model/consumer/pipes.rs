//! Subscriptions: how shards push to a consumer of its own (D18).

use std::collections::VecDeque;

use super::lane::Lanes;
use crate::engine::Probe;
use crate::model::observation::{Observation, Positioning};
use crate::model::plan::{FanOutPlan, ReaderPlan};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, NS_PER_S, Span};

/// The subscriptions of a consumer to all its shards.
#[derive(Clone, Debug)]
pub(super) struct Pipes {
    pub(super) plan: FanOutPlan,
    /// Events a shard may have pushed that are not processed.
    places: usize,
    each: Vec<Pipe>,
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
}

/// An event on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pushed {
    pub(super) shard: u32,
    pub(super) records: u32,
    pub(super) bytes: u64,
    /// Age of its last record when it was pushed.
    pub(super) age: Span,
}

/// Least time between two looks.
const LOOK_MIN: Span = Span::from_ms(1);

/// How often a consumer looks at its shards: everything pushed since is still to be found.
pub(super) fn every(plan: &FanOutPlan) -> Span {
    plan.delay.max(LOOK_MIN)
}

impl Pipes {
    /// Subscriptions to the shards of `stream` that there are. They are found at any point of their
    /// lives, so that they do not all end at once.
    pub(super) fn new(
        plan: &ReaderPlan,
        fan_out: &FanOutPlan,
        stream: &Stream,
        phases: &mut random::Stream,
    ) -> Self {
        let places = plan.read_ahead as usize + 1;
        let pipe = || Pipe {
            free_at: plan.starts,
            until: plan.starts + Span::from_ns(1 + phases.below(fan_out.lifetime.as_ns())),
            places: std::iter::repeat_n(plan.starts, places).collect(),
            arrived: 0,
        };
        let count = stream.shards.len();
        Self { plan: *fan_out, places, each: std::iter::repeat_with(pipe).take(count).collect() }
    }

    /// So many shards more have been opened; there is no subscription to them yet.
    pub(super) fn extend(&mut self, more: usize) {
        for _ in 0..more {
            self.each.push(Pipe {
                free_at: Instant::NEVER,
                until: Instant::NEVER,
                places: VecDeque::with_capacity(self.places),
                arrived: 0,
            });
        }
    }

    /// A subscription to shard `i` begins at `from`.
    pub(super) fn subscribe(&mut self, i: usize, from: Instant) {
        let pipe = &mut self.each[i];
        pipe.places.clear();
        pipe.places.extend(std::iter::repeat_n(from, self.places));
        (pipe.free_at, pipe.until, pipe.arrived) = (from, from + self.plan.lifetime, 0);
    }

    /// No shard pushes before `until`, when new subscriptions begin.
    pub(super) fn halt(&mut self, until: Instant) {
        for pipe in self.each.iter_mut().filter(|pipe| pipe.free_at != Instant::NEVER) {
            pipe.free_at = pipe.free_at.max(until);
            pipe.until = pipe.until.min(until);
        }
    }

    /// Events of shard `i` that have arrived and are not processed.
    #[inline]
    pub(super) fn arrived(&self, i: usize) -> u32 {
        self.each[i].arrived
    }

    /// An event of shard `i` arrives.
    pub(super) fn arrives(&mut self, i: usize) {
        self.each[i].arrived += 1;
    }

    /// The oldest event of shard `i` is processed; its place is free.
    pub(super) fn settle(&mut self, i: usize, now: Instant) {
        self.each[i].arrived -= 1;
        self.each[i].places.push_back(now);
    }

    /// Pushes all that shard `i` has pushed by now, each event at its moment, and gives `push` when
    /// each arrives.
    ///
    /// An event leaves when a record is there, the pace since the last one has passed, the pipe has
    /// carried it (KDS-R26), the subscription is open (KDS-R29) and the consumer has a place for
    /// it. It holds at most what the pipe carries in a second (KDS-R33).
    pub(super) fn push<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        lanes: &mut Lanes,
        stream: &mut Stream,
        probe: &mut P,
        mut push: impl FnMut(Instant, Pushed),
    ) {
        let (reader, by) = (lanes.number, Positioning::Subscription);
        if !lanes.begun(i) {
            probe.observe(now, Observation::Positioned { reader, by });
            lanes.begin(now, i, stream, probe);
        }
        loop {
            let pipe = &mut self.each[i];
            let visible = lanes.next_visible(i, stream).unwrap_or(Instant::NEVER);
            let place = pipe.places.front().copied().unwrap_or(Instant::NEVER);
            let at = pipe.free_at.max(visible).max(place);
            if at >= pipe.until && pipe.until <= now {
                probe.observe(now, Observation::Positioned { reader, by });
                let begins = pipe.until + self.plan.renewal;
                pipe.free_at = pipe.free_at.max(begins);
                pipe.until = begins + self.plan.lifetime;
                continue;
            }
            if at > now {
                return;
            }
            lanes.expire(now, at, i, stream, probe);
            if lanes.next_visible(i, stream).is_none_or(|visible| visible > at) {
                continue;
            }
            let mut event = lanes.take(i, at, (u32::MAX, self.plan.bytes_per_s), stream);
            if event.records == 0 {
                // A single record may take the pipe for longer than a second.
                event = lanes.take(i, at, (1, u64::MAX), stream);
            }
            let carried = u128::from(event.bytes) * u128::from(NS_PER_S);
            let carried = carried.div_ceil(u128::from(self.plan.bytes_per_s.max(1)));
            pipe.free_at = at + self.plan.pace.max(Span::from_ns(carried as u64));
            pipe.places.pop_front();
            let (records, bytes, age) = (event.records, event.bytes, event.age);
            lanes.note_again(now, i, records, probe);
            lanes.hold(i, event);
            let pushed = Pushed { shard: i as u32, records, bytes, age };
            push((at + self.plan.delay).max(now), pushed);
        }
    }
}
