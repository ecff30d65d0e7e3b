//! How far a consumer has come in each shard, and what it has in hand.

mod bounds;
mod objects;
mod straight;
mod waiting;

pub(super) use self::waiting::Beside;

use std::collections::VecDeque;

use super::outlet::Outlet;
use super::poison::Poison;
use crate::engine::Probe;
use crate::model::cohort::Cohort;
use crate::model::consumer::place::{Batch, Place, read};
use crate::model::events::Condition;
use crate::model::facts;
use crate::model::observation::{Ages, Delivered, Observation, Read, SkipCause};
use crate::model::plan::{ReaderPlan, StartingPosition};
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// The shards of one consumer, however records come to it.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    /// The consumer's number in its world.
    pub(super) number: u32,
    /// Its place among the consumers of its stream.
    slot: usize,
    /// Where it begins in the shards that are there then, and when that is.
    start: (StartingPosition, Instant),
    /// Batches in hand of a lane at most.
    depth: usize,
    per_call: Span,
    per_record: Span,
    /// Both of them as things are.
    pace: Pace,
    each: Vec<Lane>,
    /// What has been processed, where producers make records of it.
    pub(super) outlet: Outlet,
    /// Records that it cannot digest for a time.
    pub(super) poisons: Vec<Poison>,
    /// How long ago the newest of many records came.
    gaps: random::Exponentials,
}

/// Records that are handed on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handed<'a> {
    /// Of the log.
    New(&'a Cohort),
    /// From before the run.
    Old {
        /// Number of the first.
        first: u64,
        /// How many.
        records: u32,
    },
}

/// How fast something is processed.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    per_call: Span,
    per_record: Span,
}

#[derive(Clone, Debug)]
struct Lane {
    /// Behind the last record taken.
    fetched: Place,
    /// Records taken or passed over, since the beginning.
    passed: u64,
    /// Of them, those before this one have been handed over at least once, where that is more than
    /// `passed`.
    handed: u64,
    /// Of what is being processed: it keeps the pace it was begun at.
    pace: Pace,
    begun: bool,
    /// Where it begins; at the beginning of what became of a shard that it read before (KDS-S06).
    start: StartingPosition,
    /// Whether it has processed all of a closed shard.
    finished: bool,
    /// Taken and not processed, in order.
    hand: VecDeque<Batch>,
}

impl Lanes {
    /// The lanes of consumer number `number`, the `slot`-th of `stream`.
    pub(super) fn new(
        plan: &ReaderPlan,
        (number, slot): (u32, usize),
        stream: &Stream,
        (seed, replicate): (u64, u64),
    ) -> Self {
        let gaps = format!("reader/{}/gaps", plan.name);
        let gaps = random::Stream::named(seed, replicate, &gaps);
        let mut lanes = Self {
            number,
            slot,
            start: (plan.start, plan.starts),
            depth: plan.read_ahead as usize + 1,
            per_call: plan.per_call,
            per_record: plan.per_record,
            pace: Pace { per_call: plan.per_call, per_record: plan.per_record },
            each: Vec::with_capacity(stream.shards.len()),
            outlet: Outlet::default(),
            poisons: Vec::new(),
            gaps: random::Exponentials::new(gaps),
        };
        lanes.extend(stream);
        lanes
    }

    /// Takes notice of shards that have been opened since; returns how many. A consumer that begins
    /// at the oldest record walks through closed ones as well (KDS-T07).
    pub(super) fn extend(&mut self, stream: &Stream) -> usize {
        let before = self.each.len();
        for shard in &stream.shards[before..] {
            let lineage = &shard.rest.lineage;
            // Those there before it begins are no different from those at the beginning.
            let inherits = !lineage.came_of.is_empty() && lineage.opened >= self.start.1;
            let start = if inherits { StartingPosition::TrimHorizon } else { self.start.0 };
            self.each.push(Lane {
                fetched: Place::default(),
                passed: 0,
                handed: 0,
                pace: self.pace,
                begun: false,
                start,
                finished: false,
                hand: VecDeque::with_capacity(self.depth),
            });
        }
        self.each.len() - before
    }

    /// Whether it may read shard `i`: it has finished with what that came of (KDS-S06), and not
    /// with the shard itself.
    #[inline]
    pub(super) fn is_ready(&self, i: usize, stream: &Stream) -> bool {
        let lineage = &stream.shards[i].rest.lineage;
        let over = |&parent: &u32| self.each.get(parent as usize).is_none_or(|it| it.finished);
        !self.each[i].finished && lineage.came_of.iter().all(over)
    }

    /// Notes that shard `i` is closed and all of it processed, if that is so and was not noted
    /// before. It is time to go on to its children then (KDS-R16).
    #[inline]
    pub(super) fn finishes(&mut self, i: usize, stream: &Stream) -> bool {
        let lane = &self.each[i];
        if lane.finished || !lane.begun || !lane.hand.is_empty() || !self.ended(i, stream) {
            return false;
        }
        self.each[i].finished = true;
        true
    }

    /// How far its random stream has been used, if it has been.
    pub(super) fn draws(&self) -> impl Iterator<Item = u128> + use<> {
        Some(self.gaps.position()).filter(|&position| position > 0).into_iter()
    }

    /// How many shards there are.
    pub(super) fn len(&self) -> usize {
        self.each.len()
    }

    /// Whether lane `i` has taken up its starting position.
    pub(super) fn begun(&self, i: usize) -> bool {
        self.each[i].begun
    }

    /// Batches in hand of lane `i`.
    pub(super) fn in_hand_of(&self, i: usize) -> usize {
        self.each[i].hand.len()
    }

    /// The oldest batch in hand.
    pub(super) fn front(&self, i: usize) -> Option<&Batch> {
        self.each[i].hand.front()
    }

    /// Time to process `records` taken together, begun now.
    pub(super) fn work(&self, records: u32) -> Span {
        self.pace.per_call + self.pace.per_record.times(u64::from(records))
    }

    /// Whether what is taken now is processed at once, and cannot fail.
    #[inline]
    pub(super) fn takes_no_time(&self) -> bool {
        self.poisons.is_empty() && self.pace.per_call.is_zero() && self.pace.per_record.is_zero()
    }

    /// The oldest batch in hand of lane `i` is begun.
    pub(super) fn begin_work(&mut self, i: usize) {
        self.each[i].pace = self.pace;
    }

    /// What is begun from now on takes as long as `condition` says.
    pub(super) fn slow_down(&mut self, condition: &Condition) {
        let per_call = condition.slowed(self.per_call);
        self.pace = Pace { per_call, per_record: condition.slowed(self.per_record) };
    }

    /// Loses what is in hand of lane `i`: it is to be taken again (KDS-H13). The `handed` oldest
    /// batches of it had been handed over.
    pub(super) fn drop_hand<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        handed: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let lane = &mut self.each[i];
        let seen: u64 = lane.hand.iter().take(handed).map(|batch| u64::from(batch.records)).sum();
        let (mut gap, mut kept) = (false, 0);
        while let Some(batch) = lane.hand.pop_back() {
            // What lay behind this one has expired since, and so has this one, which is older.
            gap |= batch.to != lane.fetched;
            if gap {
                kept += u64::from(batch.records);
            } else {
                lane.fetched = batch.from;
                lane.passed -= u64::from(batch.records);
            }
        }
        if kept > 0 {
            let (reader, cause) = (self.number, SkipCause::Expired);
            probe.observe(now, Observation::Skipped { reader, records: kept, cause });
        }
        lane.handed = lane.handed.max(lane.passed + seen.saturating_sub(kept));
        stream.shards[i].settle(self.slot, lane.fetched.log, &mut stream.chunks);
    }

    /// States how many of the `records` just taken had been handed over before.
    pub(super) fn note_again<P: Probe<Observation>>(
        &self,
        now: Instant,
        i: usize,
        records: u32,
        probe: &mut P,
    ) {
        let (reader, records) = (self.number, self.again(i, records));
        if records > 0 {
            probe.observe(now, Observation::Redelivered { reader, records });
        }
    }

    /// How many of the `records` just taken had been handed over before.
    pub(super) fn again(&self, i: usize, records: u32) -> u32 {
        let lane = &self.each[i];
        let first = lane.passed - u64::from(records);
        lane.handed.saturating_sub(first).min(u64::from(records)) as u32
    }

    /// Records taken and not yet processed.
    pub(super) fn in_hand(&self) -> u64 {
        let hands = self.each.iter().flat_map(|lane| &lane.hand);
        hands.map(|batch| u64::from(batch.records)).sum()
    }

    /// When the next record to take became readable, if it has arrived; of one from before the
    /// run, at its beginning.
    pub(super) fn next_visible(&self, i: usize, stream: &mut Stream) -> Option<Instant> {
        let (lane, shard) = (&self.each[i], &mut stream.shards[i]);
        if lane.passed == shard.held() {
            return None;
        }
        let at = lane.fetched;
        if at.initial < shard.rest.initial.records {
            return Some(Instant::ZERO);
        }
        shard.log().visible_at(at.log)
    }

    /// Whether the shard is closed and read to its end (KDS-R16).
    #[inline]
    pub(super) fn ended(&self, i: usize, stream: &Stream) -> bool {
        let shard = &stream.shards[i];
        shard.rest.lineage.closed.is_some() && self.each[i].passed == shard.held()
    }

    /// Takes at most `limit` records and `room` bytes that are readable at `moment`, the present
    /// or shortly before.
    pub(super) fn take(
        &mut self,
        i: usize,
        moment: Instant,
        (limit, room): (u32, u64),
        stream: &mut Stream,
    ) -> Batch {
        let lane = &mut self.each[i];
        let shard = &mut stream.shards[i];
        let batch = read(shard, lane.fetched, moment, (limit, room), &mut self.gaps);
        lane.fetched = batch.to;
        lane.passed += u64::from(batch.records);
        stream.shards[i].note_taken(self.slot, batch.to.log);
        batch
    }

    /// Takes what a GetRecords call on shard `i` made now brings: at most `limit` records. The
    /// answer takes `latency`.
    pub(super) fn answer<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        limit: u32,
        latency: Span,
        stream: &mut Stream,
        probe: &mut P,
    ) -> (Read, Batch) {
        self.begin(now, i, stream, probe);
        self.expire(now, now, i, stream, probe);
        // At most `Limit` records and 10 MiB a call (KDS-R03), each readable from the moment it
        // was stored (KDS-R17).
        let batch = self.take(i, now, (limit, facts::GET_RECORDS_BYTES_MAX.0), stream);
        stream.shards[i].rest.read.pay(batch.bytes);
        stream.note_read(batch.records, batch.bytes, batch.age);
        let read = Read {
            reader: self.number,
            stream: stream.number(),
            shard: i as u32,
            records: batch.records,
            bytes: batch.bytes,
            age: if batch.records > 0 { batch.age + latency } else { Span::ZERO },
            behind: if batch.left { batch.age } else { Span::ZERO },
        };
        (read, batch)
    }

    /// Hands a batch on to who keeps its records himself: all that was taken is settled then.
    pub(super) fn hand_on(
        &mut self,
        i: usize,
        batch: &Batch,
        stream: &mut Stream,
        mut each: impl FnMut(Handed<'_>),
    ) {
        let shard = &mut stream.shards[i];
        let old = batch.to.initial - batch.from.initial;
        if old > 0 {
            each(Handed::Old { first: batch.from.initial, records: old as u32 });
        }
        shard.log().between(batch.from.log, batch.to.log, |cohort| each(Handed::New(cohort)));
        shard.settle(self.slot, batch.to.log, &mut stream.chunks);
    }

    /// Puts a batch in hand, behind those already there.
    pub(super) fn hold(&mut self, i: usize, batch: Batch) {
        self.each[i].hand.push_back(batch);
    }

    /// Gives up the oldest batch in hand of lane `i` to who keeps its records himself.
    pub(super) fn release(&mut self, i: usize) -> Option<Batch> {
        self.each[i].hand.pop_front()
    }

    /// The oldest batch in hand is processed: its records one after the other from `began` on, the
    /// last one now.
    pub(super) fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        began: Instant,
        i: usize,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if let Some(batch) = self.each[i].hand.pop_front() {
            self.deliver(now, began, i, &batch, stream, probe);
        }
    }

    /// A batch is processed, the oldest of all that were taken and are not.
    #[inline]
    pub(super) fn deliver<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        began: Instant,
        i: usize,
        batch: &Batch,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (lane, shard) = (&mut self.each[i], &mut stream.shards[i]);
        let (reader, step) = (self.number, lane.pace.per_record);
        let mut done = began + lane.pace.per_call + step;
        let old = batch.to.initial - batch.from.initial;
        if old > 0 {
            let all_but_one = step.times(old - 1);
            let ages = Ages {
                records: old,
                first: shard.rest.initial.age_of(batch.from.initial, done),
                last: shard.rest.initial.age_of(batch.to.initial - 1, done + all_but_one),
            };
            let bytes = old * shard.rest.initial.bytes_each;
            probe.observe(now, Observation::Caught { reader, bytes, ages });
            self.outlet.pass_old(old as u32, bytes);
            done = done + step.times(old);
        }
        let outlet = &mut self.outlet;
        shard.log().between(batch.from.log, batch.to.log, |cohort| {
            let (records, bytes, born) = (cohort.records, cohort.bytes, cohort.born);
            let first_done = done;
            let delivered = Delivered { reader, records, bytes, born, first_done, step };
            probe.observe(now, Observation::Delivered(delivered));
            outlet.pass(cohort);
            done = done + step.times(u64::from(records));
        });
        let settled = lane.hand.front().map_or(lane.fetched.log, |next| next.from.log);
        shard.settle(self.slot, settled, &mut stream.chunks);
    }
}
