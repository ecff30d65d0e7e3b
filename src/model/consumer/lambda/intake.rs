//! How records come to a mapping: it asks each shard, and sorts what it is given into lanes.

use std::collections::VecDeque;

use super::held::Held;
use super::lane::Lane;
use super::{Due, Lambda};
use crate::engine::Probe;
use crate::model::cohort::Cohort;
use crate::model::concurrency::Concurrency;
use crate::model::consumer::caller::{Caller, Chances};
use crate::model::consumer::lane::Handed;
use crate::model::consumer::pipes::{Pipes, Pushed, every};
use crate::model::consumer::place::Batch;
use crate::model::events::BILLION;
use crate::model::facts;
use crate::model::hashing::HashRange;
use crate::model::initial::Initial;
use crate::model::observation::{Observation, Read, SkipCause};
use crate::model::plan::{IntakePlan, LambdaPlan, ReaderPlan};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// How records come, and of each shard which lane they go to.
#[derive(Clone, Debug)]
pub(super) struct Intake {
    /// Where shards push: the subscriptions to them (ESM-07).
    pub(super) pushed: Option<Pipes>,
    /// Of each shard, the events on their way, in order.
    events: Vec<VecDeque<Pushed>>,
    calls: Vec<Caller>,
    chances: Chances,
    /// How long an answer takes (KDS-K04).
    latency: Span,
    /// The answers on their way.
    answers: Vec<Option<(Read, Batch)>>,
    /// Of each shard, where its lanes begin in the first half of its hash keys, but the first.
    /// There is room for as many as one ever has.
    edges: Vec<u64>,
    /// Whether keys are not known: records are dealt to lanes by chance.
    pub(super) deals: bool,
    /// Those of the shard that is being sorted, for each lane.
    parts: Vec<f64>,
    phases: random::Stream,
    /// Which records match the filters.
    matches: random::Stream,
    /// Which lane records go to whose keys are not known.
    dealt: random::Stream,
}

impl Intake {
    pub(super) fn new(
        plan: &ReaderPlan,
        stream: &Stream,
        chance: impl Fn(&str) -> random::Stream,
    ) -> Self {
        let mut phases = chance("phases");
        let pushed = match &plan.intake {
            IntakePlan::Poll(_) => None,
            IntakePlan::FanOut(fan_out) => Some(Pipes::new(plan, fan_out, stream, &mut phases)),
        };
        Self {
            pushed,
            events: Vec::new(),
            calls: Vec::new(),
            latency: stream.answer_delay(),
            answers: Vec::new(),
            edges: Vec::new(),
            deals: stream.is_whole(),
            parts: Vec::new(),
            phases,
            matches: chance("matches"),
            dealt: chance("lanes"),
            chances: Chances::new(chance),
        }
    }

    pub(super) fn draws(&self) -> impl Iterator<Item = u128> + use<> {
        let Chances { errors, kms } = &self.chances;
        let all = [&self.matches, &self.dealt, errors, kms].map(random::Stream::position);
        all.into_iter().filter(|&position| position > 0)
    }

    /// Shard `i` has so many lanes from now on.
    pub(super) fn cut(&mut self, i: usize, range: HashRange, plan: &LambdaPlan) {
        let room = plan.factor_max as usize - 1;
        cut(&mut self.edges[i * room..(i + 1) * room], range, plan.factor);
    }

    /// Takes notice of the shards of `stream` that are new: each has its hash keys cut into equal
    /// parts, one a lane (ESM-53).
    pub(super) fn extend(&mut self, stream: &Stream, plan: &LambdaPlan) {
        for shard in &stream.shards[self.calls.len()..] {
            let first = self.edges.len();
            self.edges.resize(first + plan.factor_max as usize - 1, u64::MAX);
            cut(&mut self.edges[first..], shard.rest.range, plan.factor);
        }
        let more = stream.shards.len() - self.calls.len();
        if let Some(pipes) = self.pushed.as_mut().filter(|_| !self.calls.is_empty()) {
            pipes.extend(more);
        }
        if self.pushed.is_some() {
            self.events.resize(stream.shards.len(), VecDeque::new());
        }
        self.calls.resize(stream.shards.len(), Caller::default());
        self.answers.resize(stream.shards.len(), None);
    }
}

impl Lambda {
    /// It asks each shard from its beginning on, each at its own phase, or looks at all of them for
    /// what they push.
    pub(super) fn begin(&mut self, stream: &Stream) {
        if self.intake.pushed.is_some() {
            return self.timers.set(self.starts, Due::LookAtShards);
        }
        let every = facts::MAPPING_POLL_EVERY.as_ns();
        let shards = 0..stream.shards.len() as u32;
        let ready = shards.filter(|&shard| self.lanes.is_ready(shard as usize, stream));
        let phases = &mut self.intake.phases;
        let mut first: Vec<_> = ready.map(|shard| (phases.below(every), shard)).collect();
        first.sort_unstable();
        for (phase, shard) in first {
            self.polls.set(self.starts + Span::from_ns(phase), shard);
        }
    }

    /// A shard's time to be asked has come: it is, unless one of its lanes is full. The call spends
    /// what all pollers of the shard share (ESM-04), and asks for as much as one may (ESM-05).
    pub(super) fn poll<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let i = shard as usize;
        let every = facts::MAPPING_POLL_EVERY;
        if self.rests(now, shard) {
            return;
        }
        if self.is_full(i) {
            return self.polls.set(now + every, shard);
        }
        let (who, of) = ((self.lanes.number, &self.condition), &mut stream.shards[i]);
        // What is refused is asked anew when the next call is due (ESM-06).
        if self.intake.calls[i].ask(now, who, of, &mut self.intake.chances, probe).is_err() {
            return self.polls.set(now + every, shard);
        }
        let (limit, latency) = (facts::GET_RECORDS_LIMIT_MAX, self.intake.latency);
        let (read, batch) = self.lanes.answer(now, i, limit, latency, stream, probe);
        let next = if batch.left { self.plan.mapping.catch_up_every } else { every };
        if !self.lanes.ended(i, stream) {
            self.polls.set(now + next, shard);
        }
        self.intake.answers[i] = Some((read, batch));
        if latency.is_zero() {
            return self.answered(now, shard, stream, account, probe);
        }
        self.timers.set(now + latency, Due::Answered(shard));
    }

    /// Whether a lane of shard `i` holds as much as it may.
    fn is_full(&self, i: usize) -> bool {
        let most = self.plan.mapping.buffer;
        self.work[self.lanes_of(i)].iter().any(|lane| lane.records >= most)
    }

    /// Looks for what shards have pushed since.
    pub(super) fn look_at_shards<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        for i in 0..stream.shards.len() {
            if !self.rest.works() || !self.lanes.is_ready(i, stream) {
                continue;
            }
            let Self { intake, lanes, timers, .. } = &mut *self;
            let Intake { pushed, events, .. } = intake;
            if let Some(pipes) = pushed {
                pipes.push(now, i, lanes, stream, probe, |arrives, event| {
                    timers.set(arrives, Due::Arrive(event.shard));
                    events[i].push_back(event);
                });
            }
            self.finish(now, i as u32, stream);
        }
        if let Some(pipes) = &self.intake.pushed {
            self.timers.set(now + every(&pipes.plan), Due::LookAtShards);
        }
    }

    /// An event that a shard has pushed arrives.
    pub(super) fn arrive<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        (stream, account): (&mut Stream, &mut Concurrency),
        probe: &mut P,
    ) {
        let Some(event) = self.intake.events[shard as usize].pop_front() else { return };
        let Pushed { records, bytes, age: behind, .. } = event;
        let (reader, number) = (self.lanes.number, stream.number());
        let Some(pipes) = &mut self.intake.pushed else { return };
        let age = behind + pipes.plan.delay;
        let read = Read { reader, stream: number, shard, records, bytes, age, behind };
        probe.observe(now, Observation::Event(read));
        pipes.arrives(shard as usize);
        self.release(now, shard, stream, probe);
        for lane in self.lanes_of(shard as usize) {
            self.advance(now, lane, stream, account, probe);
        }
    }

    /// Sorts what has arrived from a shard into its lanes, as long as these have room.
    pub(super) fn release<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let i = shard as usize;
        while self.intake.pushed.as_ref().is_some_and(|pipes| pipes.arrived(i) > 0)
            && !self.is_full(i)
            && let Some(batch) = self.lanes.release(i)
        {
            self.sort(now, i, &batch, stream, probe);
            if let Some(pipes) = &mut self.intake.pushed {
                pipes.settle(i, now);
            }
        }
    }

    /// The answer of a shard is there: its records go to their lanes.
    pub(super) fn answered<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let i = shard as usize;
        let Some((read, batch)) = self.intake.answers[i].take() else { return };
        self.intake.calls[i].iterator = Some(now);
        probe.observe(now, Observation::Read(read));
        self.sort(now, i, &batch, stream, probe);
        for lane in self.lanes_of(i) {
            self.advance(now, lane, stream, account, probe);
        }
    }

    /// Puts records into their lanes, those that match the filters.
    pub(super) fn sort<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        batch: &Batch,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (factor, range) = (self.factors[i], self.lanes_of(i));
        let Self { lanes, intake, plan, work, .. } = self;
        let initial = stream.shards[i].rest.initial;
        let mut parts = std::mem::take(&mut intake.parts);
        parts.clear();
        parts.extend_from_slice(stream.slices.of(i, factor));
        parts.resize(factor as usize, 1.0 / f64::from(factor));
        let deals = intake.deals;
        let mut sorter = Sorter::new((plan, initial), i, intake, &mut work[range]);
        sorter.parts = deals.then_some(parts.as_slice());
        lanes.hand_on(i, batch, stream, |handed| match handed {
            Handed::New(cohort) => sorter.fresh(cohort),
            Handed::Old { first, records } => sorter.old(first, records),
        });
        if sorter.filtered > 0 {
            let (reader, records, cause) = (lanes.number, sorter.filtered, SkipCause::Filtered);
            probe.observe(now, Observation::Skipped { reader, records, cause });
        }
        intake.parts = parts;
    }

    /// If all of a closed shard is done, what became of it is asked once it is known (ESM-13,
    /// ESM-14).
    pub(super) fn finish(&mut self, now: Instant, shard: u32, stream: &Stream) {
        let i = shard as usize;
        // Mostly there is none.
        if stream.shards.len() == stream.open().len()
            || stream.shards[i].rest.lineage.closed.is_none()
            || self.intake.answers[i].is_some()
            || !self.work[self.lanes_of(i)].iter().all(Lane::is_done)
            || !self.lanes.finishes(i, stream)
        {
            return;
        }
        for &child in &stream.shards[i].rest.lineage.children {
            if self.lanes.is_ready(child as usize, stream) {
                let opened = stream.shards[child as usize].rest.lineage.opened;
                let known = now.max(opened + self.plan.mapping.discovery).max(self.starts);
                match &mut self.intake.pushed {
                    Some(pipes) => pipes.subscribe(child as usize, known),
                    None => self.polls.set(known, child),
                }
            }
        }
    }
}

/// Puts where so many lanes begin in a range of hash keys into `edges`, the first left out.
fn cut(edges: &mut [u64], range: HashRange, factor: u32) {
    for (edge, lane) in edges.iter_mut().zip(1..factor) {
        *edge = (range.slice(lane, factor).start >> 64) as u64;
    }
}

/// Sorts records into the lanes of a shard.
pub(super) struct Sorter<'a> {
    plan: &'a LambdaPlan,
    initial: Initial,
    edges: &'a [u64],
    /// Where keys are not known: the part of the records that goes to each lane.
    pub(super) parts: Option<&'a [f64]>,
    pub(super) lanes: &'a mut [Lane],
    matches: &'a mut random::Stream,
    dealt: &'a mut random::Stream,
    /// Records that do not match.
    filtered: u64,
}

impl<'a> Sorter<'a> {
    /// For shard `i`, which has these lanes; where keys are not known, the parts are still to be
    /// said.
    pub(super) fn new(
        (plan, initial): (&'a LambdaPlan, Initial),
        i: usize,
        intake: &'a mut Intake,
        lanes: &'a mut [Lane],
    ) -> Self {
        let first = i * (plan.factor_max as usize - 1);
        let Intake { edges, matches, dealt, .. } = intake;
        let edges = &edges[first..first + lanes.len() - 1];
        Self { plan, initial, edges, parts: None, lanes, matches, dealt, filtered: 0 }
    }

    /// Puts records into lanes that were in others.
    pub(super) fn again(&mut self, held: Held) {
        match held {
            Held::New(cohort) => self.place(&cohort),
            Held::Old { first, records } => self.share(first, records),
        }
    }

    fn fresh(&mut self, cohort: &Cohort) {
        let kept = self.kept(cohort.records);
        if kept == cohort.records {
            return self.place(cohort);
        }
        if let Some(cohort) = cohort.deal(kept).0 {
            self.place(&cohort);
        }
    }

    fn old(&mut self, first: u64, records: u32) {
        let kept = self.kept(records);
        self.share(first, kept);
    }

    /// Gives each lane an equal part of so many records from before the run.
    fn share(&mut self, first: u64, records: u32) {
        let lanes = self.lanes.len() as u32;
        // Whose keys they have is not known: each lane has an equal part of them.
        for (lane, of) in (0..lanes).zip(&mut *self.lanes) {
            let before =
                |lane: u32| (u64::from(records) * u64::from(lane) / u64::from(lanes)) as u32;
            let (from, to) = (before(lane), before(lane + 1));
            if to > from {
                let held = Held::Old { first: first + u64::from(from), records: to - from };
                of.push(held, &self.initial);
            }
        }
    }

    /// How many of `records` match; where none does, nobody is invoked (ESM-113).
    fn kept(&mut self, records: u32) -> u32 {
        if self.plan.passes >= BILLION {
            return records;
        }
        let chance = self.plan.passes as f64 / BILLION as f64;
        let kept = draw_part(records, chance, self.matches);
        self.filtered += u64::from(records - kept);
        kept
    }

    /// All records of a key go to one lane, however many there are (ESM-55).
    #[inline]
    fn place(&mut self, cohort: &Cohort) {
        if self.edges.is_empty() {
            return self.lanes[0].push(Held::New(*cohort), &self.initial);
        }
        let Some(parts) = self.parts else {
            let head = cohort.key.hash_head();
            let lane = self.edges.iter().take_while(|&&edge| edge <= head).count();
            return self.lanes[lane].push(Held::New(*cohort), &self.initial);
        };
        let (mut rest, mut left) = (Some(*cohort), 1.0);
        for (lane, &part) in parts.iter().enumerate() {
            let Some(cohort) = rest else { return };
            let last = lane + 1 == self.lanes.len();
            let chance = if last || part >= left { 1.0 } else { part / left };
            left -= part;
            let k = draw_part(cohort.records, chance, self.dealt);
            let (part, others) = cohort.deal(k);
            if let Some(part) = part {
                self.lanes[lane].push(Held::New(part), &self.initial);
            }
            rest = others;
        }
    }
}

/// How many of `n` things that each happen with this chance do.
pub(in crate::model::consumer) fn draw_part(n: u32, chance: f64, from: &mut random::Stream) -> u32 {
    if chance >= 1.0 || n == 0 {
        return n;
    }
    if chance <= 0.0 {
        return 0;
    }
    if n == 1 {
        return u32::from(from.unit() < chance);
    }
    from.binomial(u64::from(n), chance) as u32
}
