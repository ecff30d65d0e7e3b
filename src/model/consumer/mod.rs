//! Who reads: one variant a kind.

mod caller;
pub(in crate::model) mod column;
pub mod fan_out;
pub mod firehose;
pub mod lambda;
mod lane;
mod outlet;
mod passing;
mod pipes;
mod place;
mod poison;
pub mod reader;
mod rounds;
mod row;

pub(in crate::model) use self::column::{Column, QUANTA_MAX};
pub(in crate::model) use self::passing::ROWS_MAX;
pub(in crate::model) use self::row::{Came, Quanta, Rows};

use crate::engine::Probe;
use crate::model::cohort::Cohort;
use crate::model::concurrency::Concurrency;
use crate::model::consumer::fan_out::FanOut;
use crate::model::consumer::firehose::Firehose;
use crate::model::consumer::lambda::Lambda;
use crate::model::consumer::lane::{Beside, Lanes};
use crate::model::consumer::poison::Poison;
use crate::model::consumer::reader::Reader;
use crate::model::events::{Condition, FaultPlan};
use crate::model::observation::Observation;
use crate::model::plan::{IntakePlan, MappingChange, ReaderPlan, WorkPlan};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// A consumer with all its shards: one actor.
#[derive(Clone, Debug)]
pub enum Consumer {
    /// A loop over GetRecords.
    Reader(Box<Reader>),
    /// Enhanced fan-out.
    FanOut(Box<FanOut>),
    /// A Lambda function with its event source mapping.
    Lambda(Box<Lambda>),
    /// A delivery stream of Firehose.
    Firehose(Box<Firehose>),
}

impl Consumer {
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
        if let WorkPlan::Lambda(lambda) = &plan.work {
            let place = (number, slot);
            let lambda = Lambda::new((plan, lambda), place, stream, (seed, replicate));
            return Self::Lambda(Box::new(lambda));
        }
        if let WorkPlan::Firehose(firehose) = &plan.work {
            let place = (number, slot);
            let firehose = Firehose::new((plan, firehose), place, stream, (seed, replicate));
            return Self::Firehose(Box::new(firehose));
        }
        match &plan.intake {
            IntakePlan::Poll(poll) => {
                let reader = Reader::new(plan, poll, number, slot, stream, seed, replicate);
                Self::Reader(Box::new(reader))
            }
            IntakePlan::FanOut(fan_out) => {
                let pushed = FanOut::new(plan, fan_out, number, slot, stream, seed, replicate);
                Self::FanOut(Box::new(pushed))
            }
        }
    }

    /// In the course of the run it meets records that it cannot digest, as `faults` say.
    pub fn expect(&mut self, faults: &[FaultPlan]) {
        if let Self::Lambda(lambda) = self {
            return lambda.expect(faults);
        }
        let lanes = self.lanes_mut();
        lanes.poisons = Poison::of(lanes.number as usize, faults);
    }

    /// Producers make records of what it has processed.
    pub fn open_outlet(&mut self) {
        self.lanes_mut().outlet.open();
    }

    /// Whether producers make records of what it has processed. It must not act beyond the present
    /// then: what it has done is offered at that moment.
    #[inline]
    #[must_use]
    pub fn feeds(&self) -> bool {
        self.lanes().outlet.is_open()
    }

    /// What it has processed since this was cleared, where it feeds producers.
    #[inline]
    pub fn done(&mut self) -> &mut Vec<Cohort> {
        self.lanes_mut().outlet.done()
    }

    /// Serves its shards one after the other, a cell of time at a time, where that changes nothing
    /// but the order in which things are stated; returns whether it does. Nobody else may read from
    /// them.
    pub fn go_apart(&mut self, cell: Span) -> bool {
        match self {
            Self::Reader(reader) => reader.go_apart(cell),
            _ => false,
        }
    }

    /// It, if it polls and works off what it is handed.
    pub(super) fn reader(&mut self) -> Option<&mut Reader> {
        match self {
            Self::Reader(reader) => Some(reader),
            _ => None,
        }
    }

    /// How far its random streams have been used; those that never were leave no trace.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let own: Vec<u128> = match self {
            Self::Reader(reader) => reader.draws().collect(),
            Self::FanOut(_) => Vec::new(),
            Self::Lambda(lambda) => lambda.draws().collect(),
            Self::Firehose(firehose) => firehose.draws().collect(),
        };
        own.into_iter().chain(self.lanes().draws())
    }

    /// Which stream it reads.
    #[must_use]
    pub fn stream(&self) -> usize {
        match self {
            Self::Reader(reader) => reader.stream(),
            Self::FanOut(fan_out) => fan_out.stream(),
            Self::Lambda(lambda) => lambda.stream(),
            Self::Firehose(firehose) => firehose.stream(),
        }
    }

    /// When it next has something to do.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        match self {
            Self::Reader(reader) => reader.next_at(),
            Self::FanOut(fan_out) => fan_out.next_at(),
            Self::Lambda(lambda) => lambda.next_at(),
            Self::Firehose(firehose) => firehose.next_at(),
        }
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) -> Instant {
        match self {
            Self::Reader(reader) => reader.act(until, stream, probe),
            Self::FanOut(fan_out) => fan_out.act(until, stream, probe),
            Self::Lambda(lambda) => lambda.act(until, stream, account, probe),
            Self::Firehose(firehose) => firehose.act(until, stream, account, probe),
        }
    }

    /// Takes notice of shards that have been opened in its stream.
    pub fn extend(&mut self, stream: &Stream) {
        match self {
            Self::Reader(reader) => reader.extend(stream),
            Self::FanOut(fan_out) => fan_out.extend(stream),
            Self::Lambda(lambda) => lambda.extend(stream),
            Self::Firehose(firehose) => firehose.extend(stream),
        }
    }

    /// Records have come to its stream `now`, of which it takes notice at once: a delivery stream
    /// that is put to. It is to be woken.
    pub fn has_come(&mut self, now: Instant, channels: &[u32]) {
        if let Self::Firehose(firehose) = self {
            firehose.has_come(now, channels);
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
        match self {
            Self::Reader(reader) => reader.meet(condition, now, stream, probe),
            Self::FanOut(fan_out) => fan_out.meet(condition, now, stream, probe),
            Self::Lambda(lambda) => lambda.meet(condition, now, account, probe),
            Self::Firehose(firehose) => {
                firehose.meet(condition, now, (stream, account), probe);
            }
        }
    }

    /// Its event source mapping, if it has one, is changed `now`. It is to be woken.
    pub fn update(&mut self, change: &MappingChange, now: Instant) {
        if let Self::Lambda(lambda) = self {
            lambda.update(change, now);
        }
    }

    /// Its function, if it is one, has so many executions to itself from now on, or none.
    pub fn reserve(&mut self, to: Option<u32>, account: &mut Concurrency) {
        if let Self::Lambda(lambda) = self {
            lambda.reserve(to, account);
        }
    }

    /// States what waits for it in every shard; what is past retention waits no longer.
    pub fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        match self {
            Self::Lambda(lambda) => lambda.sample(now, stream, probe),
            Self::Firehose(firehose) => firehose.sample(now, stream, probe),
            _ => self.lanes_mut().sample(now, stream, |_| Beside::default(), probe),
        }
    }

    /// The run is over: states every record that still waits.
    pub fn close<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        match self {
            Self::Lambda(lambda) => lambda.close(now, stream, probe),
            Self::Firehose(firehose) => firehose.close(now, stream, probe),
            _ => self.lanes_mut().close(now, stream, probe),
        }
    }

    /// Records handed over and not yet processed.
    #[must_use]
    pub fn in_hand(&self) -> u64 {
        match self {
            Self::Lambda(lambda) => lambda.in_hand(),
            Self::Firehose(firehose) => firehose.in_hand(),
            _ => self.lanes().in_hand(),
        }
    }

    /// Bytes of memory taken by what it holds beside its stream.
    #[must_use]
    pub fn memory(&self) -> u64 {
        match self {
            Self::Lambda(lambda) => lambda.memory(),
            Self::Firehose(firehose) => firehose.memory(),
            _ => 0,
        }
    }

    /// How long ago what it does not know of yet may have happened: shards pushed to it since.
    #[must_use]
    pub fn looks_back(plan: &ReaderPlan) -> Span {
        match &plan.intake {
            IntakePlan::Poll(_) => Span::ZERO,
            IntakePlan::FanOut(fan_out) => pipes::every(fan_out),
        }
    }

    /// How far it has come in each shard.
    fn lanes(&self) -> &Lanes {
        match self {
            Self::Reader(reader) => &reader.lanes,
            Self::FanOut(fan_out) => &fan_out.lanes,
            Self::Lambda(lambda) => &lambda.lanes,
            Self::Firehose(firehose) => &firehose.lanes,
        }
    }

    fn lanes_mut(&mut self) -> &mut Lanes {
        match self {
            Self::Reader(reader) => &mut reader.lanes,
            Self::FanOut(fan_out) => &mut fan_out.lanes,
            Self::Lambda(lambda) => &mut lambda.lanes,
            Self::Firehose(firehose) => &mut firehose.lanes,
        }
    }
}
