//! All actors of a run, and who of them is woken.

use crate::engine::{ActorId, Agenda, Cx, Model, Probe};
use crate::model::account::Account;
use crate::model::aggregate::{self, Bulk};
use crate::model::cohort::Cohort;
use crate::model::concurrency::Concurrency;
use crate::model::consumer::Consumer;
use crate::model::consumer::reader::Reader;
use crate::model::control::{Control, Scene};
use crate::model::events::{FaultPlan, PutCondition};
use crate::model::log::Kept;
use crate::model::observation::Observation;
use crate::model::plan::{FirehosePlan, Plan, ProducerPlan, ReaderPlan};
use crate::model::producer::Producer;
use crate::model::registration::registrations;
use crate::model::slices::{self, Slices};
use crate::model::source::Fed;
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// Everything that runs.
#[derive(Clone, Debug)]
pub struct World {
    control: Control,
    streams: Vec<Stream>,
    /// The writers of each stream, by stream.
    writers: Vec<Writers>,
    consumers: Vec<Consumer>,
    /// What the functions of all consumers share.
    concurrency: Concurrency,
    /// The stream whose writers and only reader are one actor, and that reader: nobody else reads
    /// anything.
    together: Option<(usize, usize)>,
    /// By consumer, the streams whose producers make records of what it has processed.
    fed: Vec<Vec<usize>>,
    interval: Span,
    /// When levels are sampled next.
    next_sample: Instant,
}

/// All producers of one stream: one actor, so that producers that take turns by the record need
/// not go through the agenda.
#[derive(Clone, Debug)]
enum Writers {
    /// Each for itself, record by record.
    Each(Vec<Producer>),
    /// All together, quantum by quantum.
    Bulk(Box<Bulk>),
}

const CONTROL: u8 = 0;
const WRITERS: u8 = 1;
const CONSUMERS: u8 = 3;
const SAMPLER: u8 = 4;

impl World {
    /// The world of `plan` in replicate `replicate`, and the agenda of its actors. Levels are
    /// sampled every `interval`.
    #[must_use]
    pub fn new(plan: &Plan, replicate: u64, interval: Span) -> (Self, Agenda) {
        let mut account = Account::new(&plan.account);
        let mut streams: Vec<Stream> = (0_u32..)
            .zip(&plan.streams)
            .map(|(number, stream)| {
                Stream::new(stream, number, wanted(plan, number as usize), &mut account)
            })
            .collect();
        let writers =
            streams.iter_mut().map(|stream| Writers::new(plan, stream, replicate)).collect();
        let made = registrations(plan);
        let mut slots = vec![0; streams.len()];
        let mut consumers: Vec<Consumer> = (0..)
            .zip(&plan.readers)
            .map(|(number, reader)| {
                let (stream, slot) = (&streams[reader.stream], slots[reader.stream]);
                slots[reader.stream] += 1;
                let mut reader = reader.clone();
                if let Some(made) = made.iter().find(|it| it.reader == number as usize) {
                    reader.starts = made.active;
                }
                let seed = (plan.seed, replicate);
                let mut consumer = Consumer::new(&reader, number, slot, stream, seed.0, seed.1);
                consumer.expect(&plan.faults);
                consumer
            })
            .collect();
        let fed = fed(plan, &mut consumers);
        // With others, the agenda would break its rounds off all the time.
        let mut together = None;
        if let ([only], [consumer]) = (plan.readers.as_slice(), consumers.as_mut_slice())
            && !consumer.feeds()
            && let Ok(Some(cell)) = aggregate::quantum(plan, only.stream)
            && consumer.go_apart(cell)
        {
            together = Some((only.stream, 0));
        }
        let next_sample = Instant::ZERO + interval;
        let control = Control::new(plan, account, &mut streams, replicate);
        let concurrency = Concurrency::new(plan);
        let world = Self {
            control,
            streams,
            writers,
            consumers,
            concurrency,
            together,
            fed,
            interval,
            next_sample,
        };
        let agenda = world.first_agenda();
        (world, agenda)
    }

    /// What its shards have taken in is looked at as often as this, beside the samples.
    pub fn be_looked_at(&mut self, every: Span) {
        self.writers.iter_mut().for_each(|writers| writers.be_looked_at(every));
    }

    /// States the levels at `now` (D15: at a run's end only this remains to be done).
    pub fn sample<P: Probe<Observation>>(&mut self, now: Instant, probe: &mut P) {
        for stream in &self.streams {
            let (number, count) = (stream.number(), stream.open_shards());
            probe.observe(now, Observation::OpenShards { stream: number, count });
        }
        for consumer in &mut self.consumers {
            let stream = &mut self.streams[consumer.stream()];
            consumer.sample(now, stream, probe);
        }
    }

    /// Ends the run at `now`: takes the last sample and states what still waits.
    pub fn close<P: Probe<Observation>>(&mut self, now: Instant, probe: &mut P) {
        self.sample(now, probe);
        for consumer in &mut self.consumers {
            let stream = &mut self.streams[consumer.stream()];
            consumer.close(now, stream, probe);
        }
    }

    /// Bytes of memory taken by records that wait anywhere.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let logs: u64 = self.streams.iter().map(Stream::memory).sum();
        let held: u64 = self.consumers.iter().map(Consumer::memory).sum();
        logs + held + self.writers.iter().map(Writers::memory).sum::<u64>()
    }

    /// Records that producer number `number` holds and has not stored, and their bytes.
    #[must_use]
    pub fn held(&self, number: u32) -> (u64, u64) {
        let held = self.writers.iter().map(|writers| writers.held(number));
        held.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }

    /// What came to producer number `number` of its consumer, if one feeds it.
    #[must_use]
    pub fn fed(&self, number: u32) -> Option<Fed> {
        self.writers.iter().find_map(|writers| writers.fed(number))
    }

    /// How far each random stream of the writers has been used, stream by stream.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        self.writers
            .iter()
            .flat_map(|writers| match writers {
                Writers::Each(producers) => producers.iter().flat_map(Producer::draws).collect(),
                Writers::Bulk(bulk) => bulk.draws().collect::<Vec<_>>(),
            })
            .chain(self.control.draws())
    }

    /// All consumers, in order of declaration.
    #[must_use]
    pub fn consumers(&self) -> &[Consumer] {
        &self.consumers
    }

    /// All streams, in order of declaration.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Brings what consumer number `number` has processed to the producers that make records of
    /// it, who offer them at this moment.
    fn feed(&mut self, now: Instant, number: usize, agenda: &mut Agenda) {
        let done = self.consumers[number].done();
        if done.is_empty() {
            return;
        }
        for &stream in &self.fed[number] {
            self.writers[stream].take_in(now, number, done, &self.streams[stream]);
            agenda.sooner(ActorId::new(WRITERS, stream as u32), now);
        }
        done.clear();
    }

    /// The writers of a stream of Direct PUT act, up to the present: Firehose takes what gets in at
    /// that moment.
    fn put_directly<P: Probe<Observation>>(
        &mut self,
        number: usize,
        cx: &mut Cx<'_, P>,
    ) -> Instant {
        let (stream, cut) = (&mut self.streams[number], self.control.next_at());
        let next = self.writers[number].act(cx.now, cut, stream, None, cx.probe);
        let touched = stream.touched();
        if !touched.is_empty() {
            for (i, consumer) in (0..).zip(&mut self.consumers) {
                if consumer.stream() == number {
                    consumer.has_come(cx.now, touched);
                    cx.agenda.sooner(ActorId::new(CONSUMERS, i), cx.now);
                }
            }
            stream.touched_is_known();
        }
        next
    }

    fn first_agenda(&self) -> Agenda {
        let mut agenda = Agenda::new();
        agenda.set(ActorId::new(CONTROL, 0), self.control.next_at());
        for (i, writers) in (0..).zip(&self.writers) {
            agenda.set(ActorId::new(WRITERS, i), writers.next_at());
        }
        for (i, consumer) in (0..).zip(&self.consumers) {
            let at = consumer.next_at();
            match self.together {
                Some((stream, _)) => agenda.sooner(ActorId::new(WRITERS, stream as u32), at),
                None => agenda.set(ActorId::new(CONSUMERS, i), at),
            }
        }
        agenda.set(ActorId::new(SAMPLER, 0), self.next_sample);
        agenda
    }
}

/// How many consumers read stream number `number`, and what they want its logs to keep: lanes are
/// chosen by keys, and what is made of records may have theirs.
fn wanted(plan: &Plan, number: usize) -> (usize, Kept) {
    let readers = || plan.readers.iter().filter(|reader| reader.stream == number);
    let by_key = |reader: &ReaderPlan| {
        reader.lambda().is_some_and(|it| it.factor_max > 1)
            || reader.firehose().is_some_and(FirehosePlan::parts_by_key)
    };
    let kept = match readers().count() {
        0 => Kept::Nothing,
        _ if readers().any(by_key) || aggregate::keys_go_on(plan, number) => Kept::Keys,
        _ => Kept::Records,
    };
    (readers().count(), kept)
}

impl Model for World {
    type Observation = Observation;

    fn wake<P: Probe<Observation>>(&mut self, who: ActorId, cx: &mut Cx<'_, P>) -> Instant {
        let horizon = cx.horizon().max(cx.now);
        match who.phase() {
            CONTROL => {
                let rouse = |i, at| cx.agenda.sooner(ActorId::new(CONSUMERS, i as u32), at);
                let mut scene = Scene {
                    streams: &mut self.streams,
                    consumers: &mut self.consumers,
                    concurrency: &mut self.concurrency,
                };
                let writers = &mut self.writers;
                let upset = |faults: &[FaultPlan]| {
                    for (stream, writers) in writers.iter_mut().enumerate() {
                        writers.meet(cx.now, stream, faults);
                    }
                };
                self.control.act(cx.now, &mut scene, cx.probe, rouse, upset);
                self.control.next_at()
            }
            WRITERS if self.streams[who.index()].is_direct() => self.put_directly(who.index(), cx),
            WRITERS => {
                let (stream, number) = (&mut self.streams[who.index()], who.index());
                let cut = self.control.next_at();
                let reader = match self.together {
                    Some((of, reader)) if of == number => self.consumers[reader].reader(),
                    _ => None,
                };
                self.writers[number].act(horizon, cut, stream, reader, cx.probe)
            }
            CONSUMERS if self.together.is_some() => {
                if let Some((stream, _)) = self.together {
                    cx.agenda.sooner(ActorId::new(WRITERS, stream as u32), cx.now);
                }
                Instant::NEVER
            }
            CONSUMERS => {
                let consumer = &mut self.consumers[who.index()];
                let stream = &mut self.streams[consumer.stream()];
                let account = &mut self.concurrency;
                if !consumer.feeds() {
                    return consumer.act(horizon, stream, account, cx.probe);
                }
                let next = consumer.act(cx.now, stream, account, cx.probe);
                self.feed(cx.now, who.index(), cx.agenda);
                next
            }
            _ => {
                if cx.now >= self.next_sample {
                    self.sample(cx.now, cx.probe);
                    self.next_sample = cx.now + self.interval;
                }
                self.next_sample
            }
        }
    }
}

impl Writers {
    /// Those of `plan` who write to `stream`.
    fn new(plan: &Plan, stream: &mut Stream, replicate: u64) -> Self {
        if let Ok(Some(cell)) = aggregate::quantum(plan, stream.number() as usize) {
            stream.keep_whole();
            let number = stream.number() as usize;
            let readers = (0..).zip(&plan.readers).filter(|(_, it)| it.stream == number);
            let lanes = readers.flat_map(|(reader, _)| {
                slices::needed(&plan.factors(reader).collect::<Vec<u32>>())
            });
            stream.slices = Slices::new(lanes.collect());
            return Self::Bulk(Box::new(Bulk::new(plan, stream, cell, replicate)));
        }
        let of = |(number, producer): (u32, &ProducerPlan)| {
            let upset =
                plan.faults.iter().any(|it| it.kind.upsets(number as usize, producer.stream));
            Producer::new(producer, number, stream, upset, (plan.seed, replicate))
        };
        let writers = (0..).zip(&plan.producers);
        let writers = writers.filter(|(_, it)| it.stream == stream.number() as usize);
        Self::Each(writers.map(of).collect())
    }

    fn next_at(&self) -> Instant {
        match self {
            Self::Each(producers) => {
                producers.iter().map(Producer::next_at).min().unwrap_or(Instant::NEVER)
            }
            Self::Bulk(bulk) => bulk.next_at(),
        }
    }

    /// What shards have taken in is looked at as often as this.
    fn be_looked_at(&mut self, every: Span) {
        if let Self::Bulk(bulk) = self {
            bulk.be_looked_at(every);
        }
    }

    /// Their calls suffer from `faults` as they are at `now`, from then on.
    fn meet(&mut self, now: Instant, stream: usize, faults: &[FaultPlan]) {
        match self {
            Self::Each(producers) => {
                for producer in producers {
                    let number = producer.number() as usize;
                    producer.meet(PutCondition::of(number, stream, now, faults));
                }
            }
            Self::Bulk(bulk) => bulk.meet(now, stream, faults),
        }
    }

    fn held(&self, number: u32) -> (u64, u64) {
        match self {
            Self::Each(producers) => {
                let of = producers.iter().find(|it| it.number() == number);
                of.map_or((0, 0), Producer::held)
            }
            Self::Bulk(bulk) => bulk.held(number),
        }
    }

    fn fed(&self, number: u32) -> Option<Fed> {
        match self {
            Self::Each(producers) => producers.iter().find(|it| it.number() == number)?.fed(),
            // Whoever is fed is played record by record.
            Self::Bulk(_) => None,
        }
    }

    /// Consumer number `consumer` has processed `done`. Whoever is fed is played record by record.
    fn take_in(&mut self, now: Instant, consumer: usize, done: &[Cohort], stream: &Stream) {
        if let Self::Each(producers) = self {
            for producer in producers.iter_mut().filter(|it| it.consumer() == Some(consumer)) {
                producer.take_in(now, done, stream);
            }
        }
    }

    fn memory(&self) -> u64 {
        match self {
            Self::Each(producers) => producers.iter().map(Producer::memory).sum(),
            Self::Bulk(bulk) => bulk.memory(),
        }
    }

    /// Lets them act up to `until`, included; what takes a time does not reach across `cut`. With
    /// them acts `reader`, if it is one actor with them.
    fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        cut: Instant,
        stream: &mut Stream,
        reader: Option<&mut Reader>,
        probe: &mut P,
    ) -> Instant {
        match self {
            Self::Each(producers) => act_in_turn(producers, until, stream, probe),
            Self::Bulk(bulk) => bulk.act(until, cut, stream, reader, probe),
        }
    }
}

/// By consumer, the streams of the producers that it feeds; it keeps for them what it processes.
fn fed(plan: &Plan, consumers: &mut [Consumer]) -> Vec<Vec<usize>> {
    let mut fed = vec![Vec::new(); consumers.len()];
    for producer in &plan.producers {
        let Some(by) = &producer.fed else { continue };
        consumers[by.consumer].open_outlet();
        if !fed[by.consumer].contains(&producer.stream) {
            fed[by.consumer].push(producer.stream);
        }
    }
    fed
}

/// Lets producers act in order of time, then of declaration, up to `until`, included.
fn act_in_turn<P: Probe<Observation>>(
    producers: &mut [Producer],
    until: Instant,
    stream: &mut Stream,
    probe: &mut P,
) -> Instant {
    if let [only] = producers {
        return only.act(until, stream, probe);
    }
    loop {
        // The first to act, and how far it may go before another one's turn comes.
        let (mut first, mut at, mut other) = (0, Instant::NEVER, Instant::NEVER);
        for (i, producer) in producers.iter().enumerate() {
            let next = producer.next_at();
            if next < at {
                (first, other, at) = (i, at.min(other), next);
            } else {
                other = other.min(next);
            }
        }
        if at > until || at == Instant::NEVER {
            return at;
        }
        // At another's own moment the order is decided anew.
        let alone = Instant::from_ns(other.as_ns().saturating_sub(1)).max(at);
        producers[first].act(until.min(alone), stream, probe);
    }
}
