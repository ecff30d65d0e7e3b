//! Lambda: an event source mapping that reads a stream, and the function it invokes.

mod change;
mod function;
mod held;
mod intake;
mod lane;
mod poison;
#[cfg(test)]
mod tests;
mod window;
mod work;

use self::change::Rest;
pub(super) use self::function::{Course, Function};
use self::intake::Intake;
pub(super) use self::intake::draw_part;
use self::lane::{Lane, State};
use self::poison::Bad;
use super::lane::{Beside, Lanes};
use crate::engine::Probe;
use crate::engine::timers::Timers;
use crate::model::concurrency::Concurrency;
use crate::model::events::{Condition, FaultPlan};
use crate::model::initial::Initial;
use crate::model::observation::{Answer, Observation, Returned, SkipCause};
use crate::model::plan::{LambdaPlan, ReaderPlan};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// A function with its mapping on all shards of a stream.
///
/// Batches never mix shards (ESM-09). An invocation is awaited (ESM-11), and what it did not finish
/// is handed over again: at least once (ESM-10).
#[derive(Clone, Debug)]
pub struct Lambda {
    stream: usize,
    plan: Box<LambdaPlan>,
    starts: Instant,
    condition: Condition,
    /// How far the mapping has read.
    pub(super) lanes: Lanes,
    intake: Intake,
    /// The lanes of all shards: as many as one ever has of the first, then those of the second,
    /// and so on.
    work: Vec<Lane>,
    /// How many of them each shard has at present.
    factors: Vec<u32>,
    /// Whether it works, and from when on it reads.
    rest: Rest,
    /// Of each shard, the records from before the run, where there were any.
    initials: Vec<Initial>,
    function: Function,
    timers: Timers<Due>,
    /// When each shard is asked: in order, as the time between two calls is the same for all.
    polls: Timers<u32>,
    bad: Vec<Bad>,
    /// Pauses, where they are drawn.
    pauses: random::Stream,
    /// Where in a batch a record is that cannot be digested.
    places: random::Stream,
}

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An invocation of this lane is over, if it is this one.
    Returned { lane: u32, serial: u32 },
    /// A pause of this lane is over, if it is this one.
    Again { lane: u32, serial: u32 },
    /// What this shard answered is there.
    Answered(u32),
    /// What a shard has pushed arrives.
    Arrive(u32),
    /// All shards are looked at for what they push.
    LookAtShards,
    /// A window of this lane may be over.
    Look(u32),
    /// The lanes of this shard are to be others.
    Regroup(u32),
    /// A mapping that was disabled goes on.
    Resume,
}

impl Lambda {
    /// Consumer number `number` of a world, the `slot`-th of `stream`.
    #[must_use]
    pub fn new(
        (plan, lambda): (&ReaderPlan, &LambdaPlan),
        (number, slot): (u32, usize),
        stream: &Stream,
        (seed, replicate): (u64, u64),
    ) -> Self {
        let chance = |what: &str| {
            random::Stream::named(seed, replicate, &format!("lambda/{}/{what}", plan.name))
        };
        let mut mapping = Self {
            stream: plan.stream,
            plan: Box::new(lambda.clone()),
            starts: plan.starts,
            condition: Condition::SOUND,
            lanes: Lanes::new(plan, (number, slot), stream, (seed, replicate)),
            intake: Intake::new(plan, stream, chance),
            work: Vec::new(),
            factors: Vec::new(),
            rest: Rest::WORKS,
            initials: stream.shards.iter().map(|shard| shard.rest.initial).collect(),
            polls: Timers::with_capacity(stream.shards.len()),
            function: Function::new(&lambda.function, chance),
            timers: Timers::with_capacity(2 * stream.shards.len()),
            bad: Vec::new(),
            pauses: chance("pauses"),
            places: chance("places"),
        };
        if mapping.initials.iter().all(|it| it.records == 0) {
            mapping.initials.clear();
        }
        mapping.add_lanes(stream);
        mapping.begin(stream);
        mapping
    }

    /// In the course of the run it meets records that it cannot digest, as `faults` say.
    pub fn expect(&mut self, faults: &[FaultPlan]) {
        self.bad = Bad::of(self.lanes.number as usize, faults);
    }

    /// Takes notice of shards that have been opened.
    pub fn extend(&mut self, stream: &Stream) {
        self.lanes.extend(stream);
        self.add_lanes(stream);
    }

    fn add_lanes(&mut self, stream: &Stream) {
        self.intake.extend(stream, &self.plan);
        self.factors.resize(stream.shards.len(), self.plan.factor);
        let all = self.plan.factor_max;
        for shard in (self.work.len() / all as usize) as u32..stream.shards.len() as u32 {
            let lanes = (0..all).map(|number| Lane::new((shard, number), self.starts));
            self.work.extend(lanes);
        }
    }

    /// From `now` on it suffers from `condition`. Where the function can no longer be invoked, what
    /// it is working on is lost, and will be handed over again.
    pub fn meet<P: Probe<Observation>>(
        &mut self,
        condition: Condition,
        now: Instant,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let before = std::mem::replace(&mut self.condition, condition);
        if !condition.down || before.down {
            return;
        }
        for lane in 0..self.work.len() {
            let State::Running(run) = self.work[lane].state else { continue };
            self.function.give_back(now, true, account);
            let (reader, (shard, of)) = (self.lanes.number, self.place(lane));
            let (start, answer) = (run.course.start, Answer::Lost);
            let (records, began) = (run.records, run.began);
            let over = Returned { reader, shard, lane: of, records, began, start, answer };
            probe.observe(now, Observation::Returned(over));
            self.pause(now, lane, self.plan.mapping.throttle, 1);
            if self.is_changing(shard as usize) {
                self.timers.set(now, Due::Regroup(shard));
            }
        }
    }

    /// Which stream it reads.
    #[must_use]
    pub fn stream(&self) -> usize {
        self.stream
    }

    /// When it next has something to do.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.timers.next_at().min(self.polls.next_at())
    }

    /// How far its random streams have been used; those that never were leave no trace.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let own = [self.pauses.position(), self.places.position()];
        let own = own.into_iter().filter(|&position| position > 0);
        own.chain(self.function.draws()).chain(self.intake.draws())
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) -> Instant {
        loop {
            let (due, poll) = (self.timers.next_at(), self.polls.next_at());
            let at = due.min(poll);
            if at > until || at == Instant::NEVER {
                return at;
            }
            // What frees lanes goes first.
            if poll < due {
                if let Some((_, shard)) = self.polls.pop() {
                    self.poll(at, shard, stream, account, probe);
                }
                continue;
            }
            let Some((_, due)) = self.timers.pop() else { return at };
            match due {
                Due::LookAtShards => self.look_at_shards(at, stream, probe),
                Due::Arrive(shard) => self.arrive(at, shard, (stream, account), probe),
                Due::Answered(shard) => self.answered(at, shard, stream, account, probe),
                Due::Returned { lane, serial } => {
                    if self.work[lane as usize].serial == serial {
                        self.returned(at, lane as usize, stream, account, probe);
                    }
                }
                Due::Again { lane, serial } => {
                    let of = &mut self.work[lane as usize];
                    if of.serial == serial && of.state == State::Paused {
                        of.state = State::Idle;
                        self.advance(at, lane as usize, stream, account, probe);
                    }
                }
                Due::Look(lane) => {
                    let of = &mut self.work[lane as usize];
                    if of.looks == at {
                        of.looks = Instant::NEVER;
                        self.advance(at, lane as usize, stream, account, probe);
                    }
                }
                Due::Regroup(shard) => self.regroup(at, shard, stream, account, probe),
                Due::Resume => self.resume(at, stream, account, probe),
            }
        }
    }

    /// Records of shard `i` from before the run.
    #[inline]
    fn initial(&self, i: usize) -> Initial {
        self.initials.get(i).copied().unwrap_or(Initial::NONE)
    }

    /// The shard of a lane, and its number among that shard's.
    #[inline]
    fn place(&self, lane: usize) -> (u32, u32) {
        self.work[lane].place
    }

    /// The lanes of shard `i`, as indices.
    fn lanes_of(&self, i: usize) -> std::ops::Range<usize> {
        let first = i * self.plan.factor_max as usize;
        first..first + self.factors[i] as usize
    }

    /// States what waits for it in every shard; what is past retention waits no longer.
    pub fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        (0..self.work.len()).for_each(|lane| self.expire(now, lane, stream, probe));
        let oldest = |i: usize| -> Vec<(u64, Option<Span>)> {
            let initial = &stream.shards[i].rest.initial;
            let of = |lane: &Lane| {
                let first = lane.waiting().next().map(|held| held.age_of(0, now, initial));
                (lane.records - lane.in_hand(), first)
            };
            self.work[self.lanes_of(i)].iter().map(of).collect()
        };
        let all: Vec<Beside> = (0..stream.shards.len())
            .map(|i| {
                oldest(i).into_iter().fold(Beside::default(), |sum, (records, age)| Beside {
                    records: sum.records + records,
                    age: sum.age.max(age),
                })
            })
            .collect();
        self.lanes.sample(now, stream, |i| all[i], probe);
    }

    /// The run is over: states every record that still waits.
    pub fn close<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        for lane in 0..self.work.len() {
            self.expire(now, lane, stream, probe);
            let shard = self.place(lane).0 as usize;
            let initial = &stream.shards[shard].rest.initial;
            for held in self.work[lane].waiting() {
                probe.observe(now, held.waiting(self.lanes.number, now, initial));
            }
        }
        self.lanes.close(now, stream, probe);
    }

    /// Records that were handed over, or are to be handed over again.
    #[must_use]
    pub fn in_hand(&self) -> u64 {
        let read = self.lanes.in_hand();
        read + self.work.iter().map(Lane::in_hand).sum::<u64>()
    }

    /// Bytes of memory taken by what it holds.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.work.iter().map(Lane::memory).sum()
    }

    /// Drops what a lane holds and the stream keeps no longer, unless the function works on it:
    /// nobody is told (ESM-74).
    fn expire<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        stream: &Stream,
        probe: &mut P,
    ) {
        let shard = self.place(lane).0 as usize;
        let of = &mut self.work[lane];
        if of.records == 0 || matches!(of.state, State::Running(_)) {
            return;
        }
        let horizon = stream.horizon(now);
        if of.is_kept(horizon) {
            return;
        }
        let initial = &stream.shards[shard].rest.initial;
        let gone = of.gone(horizon, initial.expired(now, stream.retention()));
        self.drop_first(now, lane, gone, SkipCause::Expired, probe);
    }

    /// Gives up the first `records` that a lane holds.
    fn drop_first<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        records: u64,
        cause: SkipCause,
        probe: &mut P,
    ) {
        if records == 0 {
            return;
        }
        let initial = self.initial(self.place(lane).0 as usize);
        let of = &mut self.work[lane];
        let first = of.first;
        of.take(records, &initial, |_| {});
        let mut left = records;
        while left > 0
            && let Some(part) = of.parts.next()
        {
            let k = u64::from(part).min(left);
            of.shorten(k as u32);
            left -= k;
            if k == u64::from(part) {
                of.tries = 0;
            }
        }
        let reader = self.lanes.number;
        probe.observe(now, Observation::Skipped { reader, records, cause });
        self.free(now, lane, (first, records), true, probe);
    }

    /// States which of the `records` from number `first` of a lane, which are out of the way now,
    /// could not be digested.
    fn free<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        (first, records): (u64, u64),
        given_up: bool,
        probe: &mut P,
    ) {
        for fault in self.bad.iter().filter_map(|bad| bad.within(lane, first..first + records)) {
            probe.observe(now, Observation::Freed { fault, given_up });
        }
    }
}
