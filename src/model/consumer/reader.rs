//! The consumer that polls: a loop over GetRecords on every shard.

mod follow;
mod shards;
mod work;

use std::collections::VecDeque;

use self::follow::Followed;
use super::caller::{Answer, Caller, Chances, Due, Refused};
use super::lane::Lanes;
use super::place::Batch;
use super::poison::Poison;
use super::rounds::Rounds;
use crate::engine::Probe;
use crate::model::events::Condition;
use crate::model::facts;
use crate::model::observation::{Observation, Read};
use crate::model::plan::{PollOrder, PollPlan, ReaderPlan};
use crate::model::retry::{Failure, Quota};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// A reader with all its shards (D23).
#[derive(Clone, Debug)]
pub struct Reader {
    stream: usize,
    plan: PollPlan,
    starts: Instant,
    read_ahead: usize,
    condition: Condition,
    pub(super) lanes: Lanes,
    calls: Vec<Caller>,
    /// How long an answer takes (KDS-K04).
    latency: Span,
    /// By shard, the answer on its way; empty where answers take no time.
    answers: Vec<Option<Answer>>,
    timers: Rounds,
    threads: u32,
    /// Whether each shard has a thread of its own.
    thread_each: bool,
    threads_free: u32,
    /// Shards whose turn has come and that wait for a thread.
    queue: VecDeque<u32>,
    /// When the present round of a loop over all shards began.
    round: Instant,
    /// Since it began, or began anew, every shard has been asked by then.
    all_asked: Instant,
    /// Tokens of its client: one object for all shards (SDK-17).
    quota: Quota,
    backoff: random::Stream,
    jitter: random::Stream,
    /// When in its period a shard is asked first after an outage.
    phases_again: random::Stream,
    /// Which calls faults make fail.
    chances: Chances,
    /// The shard that is followed, if one is.
    followed: Followed,
}

impl Reader {
    /// Consumer number `number` of a world, the `slot`-th of `stream`.
    #[must_use]
    pub fn new(
        plan: &ReaderPlan,
        poll: &PollPlan,
        number: u32,
        slot: usize,
        stream: &Stream,
        seed: u64,
        replicate: u64,
    ) -> Self {
        let chance = |what: &str| {
            let name = format!("reader/{}/{what}", plan.name);
            random::Stream::named(seed, replicate, &name)
        };
        let (count, latency) = (stream.shards.len(), stream.answer_delay());
        let threads = match poll.order {
            PollOrder::SideBySide => plan.threads.unwrap_or(count as u32),
            PollOrder::InTurn => 1,
        };
        let mut reader = Self {
            stream: plan.stream,
            plan: poll.clone(),
            starts: plan.starts,
            read_ahead: plan.read_ahead as usize,
            condition: Condition::SOUND,
            lanes: Lanes::new(plan, (number, slot), stream, (seed, replicate)),
            calls: vec![Caller::default(); count],
            latency,
            answers: if latency.is_zero() { Vec::new() } else { vec![None; count] },
            timers: Rounds::with_capacity(2 * count),
            threads,
            thread_each: poll.order == PollOrder::SideBySide && plan.threads.is_none(),
            threads_free: threads,
            queue: VecDeque::with_capacity(count),
            round: Instant::ZERO,
            all_asked: Instant::ZERO,
            quota: poll.retry.full_quota(),
            backoff: chance("backoff"),
            jitter: chance("jitter"),
            phases_again: chance("phases-after-outages"),
            chances: Chances::new(chance),
            followed: Followed::new(),
        };
        reader.begin_at(plan.starts, &mut chance("phases"), stream);
        reader
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
        self.lanes.slow_down(&condition);
        if condition.down && !before.down {
            self.go_down(now, stream, probe);
        } else if before.down && !condition.down {
            let mut phases = self.phases_again.clone();
            self.begin_at(now.max(self.starts), &mut phases, stream);
            self.phases_again = phases;
        }
    }

    /// All it knows is gone, but for how far it has come; an answer on its way reaches nobody.
    fn go_down<P: Probe<Observation>>(&mut self, now: Instant, stream: &mut Stream, probe: &mut P) {
        for i in 0..self.lanes.len() {
            self.lanes.drop_hand(now, i, self.arrived(i), stream, probe);
        }
        self.calls.fill(Caller::default());
        self.answers.fill(None);
        self.timers.clear();
        self.queue.clear();
        self.threads_free = self.threads;
        self.quota = self.plan.retry.full_quota();
    }

    /// Serves its shards one after the other, a cell of time at a time, if they do not wait for one
    /// another's threads: returns whether. Nobody else may poll them.
    pub fn go_apart(&mut self, cell: Span) -> bool {
        // Which shard is worked on first decides where a record is that may be in any.
        let apart = !self.lanes.poisons.iter().any(Poison::is_anywhere);
        let own = self.plan.order == PollOrder::SideBySide;
        let goes = apart && own && self.threads as usize >= self.lanes.len();
        if goes {
            self.timers.go_apart(cell, self.lanes.len());
        }
        goes
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
        let streams = [&self.backoff, &self.jitter, &self.phases_again, errors, kms];
        streams.into_iter().map(random::Stream::position).filter(|&position| position > 0)
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Instant {
        while let Some((at, due)) = self.timers.pop(until) {
            match due {
                Due::Poll(shard) => self.turn(at, shard, stream, probe),
                Due::Again(shard) => {
                    self.threads_free += u32::from(self.read_ahead == 0);
                    self.poll(at, shard, stream, probe);
                    self.use_threads(at, stream, probe);
                }
                Due::Answered(shard) => {
                    self.threads_free += u32::from(self.read_ahead == 0);
                    if let Some(answer) = self.answers[shard as usize].take() {
                        self.answered(at, shard, &answer, None, stream, probe);
                    }
                    self.use_threads(at, stream, probe);
                }
                Due::Done(shard) => {
                    self.done(at, shard, stream, probe);
                    self.threads_free += 1;
                    self.use_threads(at, stream, probe);
                }
            }
        }
        self.timers.next_at()
    }

    /// A shard's time to be asked has come: it is, if there is a thread and room for the answer.
    fn turn<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if self.read_ahead > 0 {
            if self.lanes.in_hand_of(shard as usize) > self.read_ahead {
                self.calls[shard as usize].held_back = true;
            } else {
                self.poll(now, shard, stream, probe);
            }
        } else if self.threads_free == 0 {
            self.queue.push_back(shard);
        } else {
            self.poll(now, shard, stream, probe);
        }
    }

    /// Gives free threads to the shards that wait for one. A call that brings no work, or is given
    /// up, leaves the thread to the next.
    fn use_threads<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        while self.threads_free > 0
            && let Some(next) = self.queue.pop_front()
        {
            if self.read_ahead > 0 {
                self.calls[next as usize].queued = false;
                self.work_on(now, next, stream, probe);
            } else {
                self.poll(now, next, stream, probe);
            }
        }
    }

    /// Calls GetRecords on a shard, which judges the call now and answers after its latency.
    fn poll<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        if self.is_stuck(i) {
            return self.try_again(now, index, stream, probe);
        }
        if self.plan.order == PollOrder::InTurn && !self.lanes.is_ready(i, stream) {
            return self.next_in_turn(now, index);
        }
        let (who, shard) = ((self.lanes.number, &self.condition), &mut stream.shards[i]);
        match self.calls[i].ask(now, who, shard, &mut self.chances, probe) {
            Ok(()) => {}
            Err(Refused::Failed(failure)) => return self.failed(now, index, failure),
            Err(Refused::ForGood) => return self.given_up(now, index),
        }
        let at_once = self.latency.is_zero();
        let straight = at_once && self.read_ahead == 0 && self.lanes.takes_no_time();
        let limit = self.plan.limit;
        if straight && let Some(read) = self.lanes.pass_through(now, i, limit, stream, probe) {
            let again = self.lanes.again(i, read.records);
            self.note_answer(now, index, &read, again, probe);
            let open = stream.shards[i].rest.lineage.is_open();
            if !open || self.plan.order == PollOrder::InTurn {
                return self.ask_on(now, index, now, (Span::ZERO, false), stream);
            }
            let every = self.plan.every + self.drawn_jitter();
            return self.timers.set(now + every, Due::Poll(index));
        }
        let (read, batch) = self.lanes.answer(now, i, self.plan.limit, self.latency, stream, probe);
        let in_hand = self.read_ahead == 0 || batch.records > 0;
        let answer = Answer { asked: now, read, again: self.lanes.again(i, read.records), in_hand };
        if straight {
            return self.answered(now, index, &answer, Some(&batch), stream, probe);
        }
        if in_hand {
            self.lanes.hold(i, batch);
        }
        if at_once {
            return self.answered(now, index, &answer, None, stream, probe);
        }
        self.answers[i] = Some(answer);
        // The thread that called waits.
        self.threads_free -= u32::from(self.read_ahead == 0);
        self.timers.set(now + self.latency, Due::Answered(index));
    }

    /// The answer to a call is there: what it brings is processed, and the next call is planned.
    /// It is in hand, or `straight` where it takes no time at all.
    fn answered<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        answer: &Answer,
        straight: Option<&Batch>,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (i, ahead) = (index as usize, self.read_ahead > 0);
        self.note_answer(now, index, &answer.read, answer.again, probe);
        let records = answer.read.records;
        let (mut work, mut fails) = (self.lanes.work(records), false);
        if let Some(batch) = straight {
            self.lanes.deliver(now, now, i, batch, stream, probe);
        } else if ahead {
            self.work_on(now, index, stream, probe);
        } else {
            work = self.lanes.work_at(i, records, now);
            fails = self.lanes.fails(i, now).is_some();
            self.process(now, index, work, stream, probe);
        }
        self.ask_on(now, index, answer.asked, (work, fails), stream);
    }

    /// A call succeeded, and brought what `read` says, `again` records of it not for the first
    /// time.
    #[inline(always)]
    fn note_answer<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        read: &Read,
        again: u32,
        probe: &mut P,
    ) {
        let call = &mut self.calls[index as usize];
        call.iterator = Some(now);
        call.attempts = 0;
        self.quota.succeeded(call.retry.take());
        if again > 0 {
            let (reader, records) = (self.lanes.number, again);
            probe.observe(now, Observation::Redelivered { reader, records });
        }
        probe.observe(now, Observation::Read(*read));
    }

    /// Plans the call after one made at `asked`, whose answer takes `work` from now on; where that
    /// `fails`, there is none before it has not.
    fn ask_on(
        &mut self,
        now: Instant,
        index: u32,
        asked: Instant,
        (work, fails): (Span, bool),
        stream: &Stream,
    ) {
        self.go_on_from(now, index, stream);
        match self.plan.order {
            PollOrder::InTurn if work.is_zero() => self.next_in_turn(now, index),
            PollOrder::SideBySide if !fails && !self.lanes.ended(index as usize, stream) => {
                let every = self.plan.every + self.drawn_jitter();
                let free = if self.read_ahead > 0 { now } else { now + work };
                self.timers.set(free.max(asked + every), Due::Poll(index));
            }
            _ => {}
        }
    }

    /// A call was refused, or failed, and brought nothing (KDS-R07): its client tries again, or the
    /// reader does after a pause (KDS-R06).
    fn failed(&mut self, now: Instant, index: u32, failure: Failure) {
        let call = &mut self.calls[index as usize];
        call.attempts += 1;
        let retry = &self.plan.retry;
        let next = retry.next(call.attempts, failure, &mut self.quota, &mut self.backoff);
        call.retry = next;
        if let Some(retry) = next {
            // The thread that called sleeps within its client.
            self.threads_free -= u32::from(self.read_ahead == 0);
            self.timers.set(now + retry.wait, Due::Again(index));
            return;
        }
        self.given_up(now, index);
    }

    /// No client makes a call again (KDS-L08): the reader asks anew after a pause.
    fn given_up(&mut self, now: Instant, index: u32) {
        let call = &mut self.calls[index as usize];
        (call.attempts, call.retry) = (0, None);
        match self.plan.order {
            PollOrder::InTurn => self.next_in_turn(now, index),
            PollOrder::SideBySide => {
                let pause = self.plan.every.max(facts::READ_PAUSE) + self.drawn_jitter();
                self.timers.set(now + pause, Due::Poll(index));
            }
        }
    }

    /// Begins to process the oldest batch in hand of a shard, unless one is being processed: a
    /// shard is worked by one at a time (KDS-R25).
    fn work_on<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        index: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = index as usize;
        while self.calls[i].working.is_none()
            && self.arrived(i) > 0
            && let Some(batch) = self.lanes.front(i)
        {
            let records = batch.records;
            let work = self.lanes.work_at(i, records, now);
            if !work.is_zero() && self.threads_free == 0 {
                return self.enqueue(index);
            }
            self.process(now, index, work, stream, probe);
        }
    }

    /// Batches in hand of shard `i`, but for one whose answer is on its way.
    #[inline]
    fn arrived(&self, i: usize) -> usize {
        let on_its_way = self.answers.get(i).is_some_and(|it| it.is_some_and(|it| it.in_hand));
        self.lanes.in_hand_of(i) - usize::from(on_its_way)
    }

    fn enqueue(&mut self, index: u32) {
        if !std::mem::replace(&mut self.calls[index as usize].queued, true) {
            self.queue.push_back(index);
        }
    }

    /// The loop over all shards goes on to the next one, or to its next round.
    fn next_in_turn(&mut self, now: Instant, index: u32) {
        let next = index as usize + 1;
        if next < self.lanes.len() {
            self.timers.set(now, Due::Poll(next as u32));
            return;
        }
        self.round = (self.round + self.plan.every + self.drawn_jitter()).max(now);
        self.timers.set(self.round, Due::Poll(0));
    }

    #[inline]
    fn drawn_jitter(&mut self) -> Span {
        let jitter = self.plan.jitter.as_ns();
        if jitter == 0 {
            return Span::ZERO;
        }
        Span::from_ns(self.jitter.below(jitter.saturating_add(1)))
    }
}
