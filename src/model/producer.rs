//! The client: how a producer's records become put calls, and what it does when refused.

mod batch;

use std::collections::VecDeque;

use self::batch::{Answer, Batch};
use crate::engine::Probe;
use crate::engine::wheel::Wheel;
use crate::model::clients::Clients;
use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::model::entries::{Entries, NONE};
use crate::model::events::PutCondition;
use crate::model::facts;
use crate::model::link::Link;
use crate::model::observation::{LossCause, Observation, Offered};
use crate::model::plan::{Api, ProducerPlan};
use crate::model::retry::Failure;
use crate::model::source::{Arrival, Fed, Source};
use crate::model::stream::{Offer, Stream};
use crate::random;
use crate::time::{Instant, Span};

/// One producer with all its instances.
#[derive(Clone, Debug)]
pub struct Producer {
    number: u32,
    stream: usize,
    source: Source,
    api: Api,
    clients: Clients,
    entries: Entries,
    /// What each instance has collected for its next PutRecords call.
    buffers: Vec<List>,
    /// Bytes that such a call carries at most.
    call_bytes_max: u64,
    /// When buffers fall due, in order: the time to fill is the same for all.
    flushes: VecDeque<Flush>,
    /// What lies between the instances and the stream, where anything does.
    link: Option<Box<Link<Batch>>>,
    /// Refused entries waiting for their next attempt, as the calls they failed in, and answers on
    /// their way.
    retries: Wheel<Retry>,
    /// When the first of them is due: asked at every turn.
    next_retry: Instant,
    /// The ingress step: what is offered at one moment, and each offer's place in `entries`.
    offers: Vec<Offer>,
    places: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    records: u64,
    bytes: u64,
    /// Counts the lists an instance has begun, so that a flush knows its own.
    number: u64,
}

#[derive(Clone, Copy, Debug)]
struct Flush {
    at: Instant,
    instance: u32,
    number: u64,
}

/// What falls due in a client: records that were refused go again, or an answer comes. A plain
/// single record is kept in place.
#[derive(Clone, Copy, Debug)]
enum Retry {
    Single { born: Instant, key: KeyGroup, bytes: u32, tries: Tries },
    Batch(Batch),
    Answer(Answer),
}

/// Who has tried to send something, and how often so far.
#[derive(Clone, Copy, Debug)]
struct Tries {
    instance: u32,
    attempts: u16,
    /// Tokens that the attempt to come has taken.
    cost: u16,
}

const EMPTY: List = List { first: NONE, last: NONE, records: 0, bytes: 0, number: 0 };

impl Producer {
    /// Producer number `number` of a world, writing to `stream`; `upset` if faults of its calls may
    /// come. The seed and the replicate are its random numbers'.
    #[must_use]
    pub fn new(
        plan: &ProducerPlan,
        number: u32,
        stream: &Stream,
        upset: bool,
        (seed, replicate): (u64, u64),
    ) -> Self {
        let buffers = match plan.client.api {
            Api::PutRecord => 0,
            Api::PutRecords { .. } => plan.instances as usize,
        };
        let name = format!("producer/{}/backoff", plan.name);
        let chance = random::Stream::named(seed, replicate, &name);
        let added = stream.answer_delay();
        // Direct PUT has no way around calls.
        let bare = plan.client.is_direct() && added.is_zero() && !stream.is_direct();
        let link = (upset || !bare)
            .then(|| Link::new(&plan.client, added, plan.instances, &plan.name, seed, replicate));
        Self {
            number,
            stream: plan.stream,
            source: Source::new(plan, stream, seed, replicate),
            api: plan.client.api,
            clients: Clients::new(&plan.client.retry, plan.instances, chance),
            entries: Entries::new(),
            buffers: vec![EMPTY; buffers],
            call_bytes_max: facts::call_bytes_max(stream.is_direct()).0,
            flushes: VecDeque::with_capacity(buffers),
            link: link.map(Box::new),
            retries: Wheel::new(),
            next_retry: Instant::NEVER,
            offers: Vec::with_capacity(facts::PUT_RECORDS_ENTRIES_MAX),
            places: Vec::with_capacity(facts::PUT_RECORDS_ENTRIES_MAX),
        }
    }

    /// Its place in order of declaration.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Which stream it writes to.
    #[must_use]
    pub fn stream(&self) -> usize {
        self.stream
    }

    /// Number of the consumer whose work its records are made of.
    #[must_use]
    pub fn consumer(&self) -> Option<usize> {
        self.source.consumer()
    }

    /// What came of its consumer, if one feeds it.
    #[must_use]
    pub fn fed(&self) -> Option<Fed> {
        self.source.fed()
    }

    /// Its consumer has processed `done`: what is made of it is offered `now`.
    pub fn take_in(&mut self, now: Instant, done: &[Cohort], stream: &Stream) {
        self.source.take_in(now, done, stream);
    }

    /// Its calls suffer from this from now on; what is in flight is answered as it was to be.
    pub fn meet(&mut self, condition: PutCondition) {
        if let Some(link) = &mut self.link {
            link.meet(condition);
        }
    }

    /// When it next has something to do.
    #[inline]
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.source.next_at().min(self.next_retry).min(self.next_flush())
    }

    /// Does everything that falls due up to `until`, which is included; returns when it next has
    /// something to do. At equal moments what has waited goes first.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Instant {
        loop {
            let at = self.next_at();
            if at > until || at == Instant::NEVER {
                return at;
            }
            if at == self.next_retry {
                self.retry(at, stream, probe);
            } else if at == self.next_flush() {
                self.flush_due(at, stream, probe);
            } else {
                // At equal moments what has waited goes first.
                let before = Instant::from_ns(self.next_retry.as_ns() - 1);
                self.offer(until.min(before), stream, probe);
            }
        }
    }

    #[inline]
    fn next_flush(&self) -> Instant {
        self.flushes.front().map_or(Instant::NEVER, |flush| flush.at)
    }

    #[inline]
    fn set_retry(&mut self, at: Instant, retry: Retry) {
        self.retries.set(at, retry);
        self.next_retry = self.next_retry.min(at);
    }

    /// Records its client holds and has not stored: buffered, waiting for a call that may leave,
    /// refused with the answer on its way, or awaiting a retry.
    #[must_use]
    pub fn held(&self) -> (u64, u64) {
        let count = |first: u32| {
            self.entries.walk(first).fold((0, 0), |(records, bytes), cohort| {
                (records + u64::from(cohort.records), bytes + cohort.bytes)
            })
        };
        let buffered = self.buffers.iter().map(|buffer| (buffer.records, buffer.bytes));
        let waiting = self.retries.items().map(|retry| match retry {
            Retry::Single { bytes, .. } => (1, u64::from(bytes)),
            // What an answer on its way tells to be stored is held no longer.
            Retry::Batch(batch) | Retry::Answer(Answer { left: batch, .. }) => count(batch.first),
        });
        let queued = self.link.iter().flat_map(|link| link.waiting());
        let queued = queued.map(|batch| count(batch.first));
        buffered
            .chain(waiting)
            .chain(queued)
            .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }

    /// Bytes of memory its waiting records take.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let lists = self.entries.memory();
        let flushes = self.flushes.capacity() * size_of::<Flush>();
        let link = self.link.as_ref().map_or(0, |link| link.memory());
        lists + flushes as u64 + link + self.retries.memory()
    }

    /// How far each of its random streams has been used.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let link = self.link.iter().flat_map(|link| link.draws());
        self.source.draws().chain([self.clients.position()]).chain(link)
    }

    /// The application offers its next records, up to `until`, which is included.
    ///
    /// In PutRecord mode the run ends with the first record that is refused.
    #[inline(always)]
    fn offer<P: Probe<Observation>>(&mut self, until: Instant, stream: &mut Stream, probe: &mut P) {
        match self.api {
            Api::PutRecord if self.link.is_none() && self.consumer().is_none() => {
                self.put_run(until, stream, probe);
            }
            api => self.offer_one(api, until, stream, probe),
        }
    }

    fn offer_one<P: Probe<Observation>>(
        &mut self,
        api: Api,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let Some(&arrival) = self.source.ready(until, stream).next() else { return };
        let (now, instance, mut offer) = (arrival.at, arrival.instance, arrival.sent());
        offer.cohort.born = Window::at(self.source.next_born());
        self.source.pass(1, stream);
        let Cohort { records, bytes, .. } = offer.cohort;
        probe.observe(now, offered(self.number, stream.number(), &offer));
        let link = self.link.as_mut();
        if !link.is_none_or(|link| link.take_in(instance, records, bytes)) {
            self.lose(now, records, bytes, LossCause::BufferFull, probe);
            return;
        }
        match api {
            Api::PutRecord => {
                let first = self.entries.insert(offer.cohort);
                self.send(now, Batch { first, tries: Tries::none(instance) }, stream, probe);
            }
            Api::PutRecords { linger } => {
                self.collect(now, offer.cohort, instance, linger, stream, probe);
            }
        }
    }

    #[inline(always)]
    fn put_run<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (number, producer) = (stream.number(), self.number);
        let arrivals = self.source.ready(until, stream);
        let run = arrivals.clone().map(Arrival::sent);
        let (count, admitted) = stream.put_each(run.clone());
        let mut last = None;
        for (place, mut offer) in (1..).zip(run.take(count)) {
            let now = offer.cohort.visible.start;
            offer.admitted = if place == count { admitted } else { offer.cohort.records };
            probe.observe(now, offered(producer, number, &offer));
            probe.observe(now, Observation::Called { producer });
            probe.observe(now, Observation::Put(stream.put_of(producer, &offer)));
            last = Some(offer);
        }
        let refused = last.filter(|offer| offer.admitted < offer.cohort.records);
        let stored = count - usize::from(refused.is_some());
        let instances = arrivals.map(|arrival| arrival.instance);
        let instance = refused.and_then(|_| instances.clone().nth(stored));
        self.clients.first_tries_succeeded(stored, instances);
        self.source.pass(count, stream);
        if let (Some(offer), Some(instance)) = (refused, instance) {
            self.refused_call(offer.cohort.visible.start, &offer, Tries::none(instance), probe);
        }
    }

    /// Sends records again in a call of their own, after earlier ones.
    #[inline(always)]
    fn send_again<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        mut offer: Offer,
        tries: Tries,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        offer.cohort.visible = Window::at(now);
        let (_, admitted) = stream.put_each(std::iter::once(offer));
        offer.admitted = admitted;
        probe.observe(now, Observation::Called { producer: self.number });
        probe.observe(now, Observation::Put(stream.put_of(self.number, &offer)));
        if admitted < offer.cohort.records {
            self.refused_call(now, &offer, tries, probe);
        } else {
            self.clients.retry_succeeded(tries.instance, u32::from(tries.cost));
        }
    }

    /// What a PutRecord call did not get in waits for the next one, or is given up.
    #[inline(always)]
    fn refused_call<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        offer: &Offer,
        tries: Tries,
        probe: &mut P,
    ) {
        let cohort = &offer.cohort;
        let Some((delay, tries)) = self.next_try(tries, Failure::Throttled) else {
            let bytes = cohort.bytes - cohort.bytes_of_first(offer.admitted);
            self.lose(now, cohort.records - offer.admitted, bytes, LossCause::Throttled, probe);
            return;
        };
        let retry = match u32::try_from(cohort.bytes) {
            Ok(bytes) if cohort.records == 1 && cohort.user_records == 1 => {
                Retry::Single { born: cohort.born.start, key: cohort.key, bytes, tries }
            }
            _ => match cohort.after(offer.admitted) {
                Some(rest) => Retry::Batch(Batch { first: self.entries.insert(rest), tries }),
                None => return,
            },
        };
        self.set_retry(now + delay, retry);
    }

    #[inline]
    fn retry<P: Probe<Observation>>(&mut self, now: Instant, stream: &mut Stream, probe: &mut P) {
        let due = self.retries.pop();
        self.next_retry = self.retries.next_at();
        match due {
            Some((_, Retry::Single { born, key, bytes, tries })) => {
                let shard = self.source.shard(key, stream);
                let cohort = Cohort::single(key, u64::from(bytes), born);
                let offer = Offer { cohort, shard, admitted: 0 };
                self.send_again(now, offer, tries, stream, probe);
            }
            Some((_, Retry::Batch(batch))) => self.send(now, batch, stream, probe),
            Some((_, Retry::Answer(answer))) => self.answered(now, answer, stream, probe),
            None => {}
        }
    }

    /// One more attempt failed: how long to wait for the next; `None` to give up.
    #[inline]
    fn next_try(&mut self, tries: Tries, failure: Failure) -> Option<(Span, Tries)> {
        let attempts = tries.attempts + 1;
        let Tries { instance, .. } = tries;
        let retry = self.clients.failed(instance, u32::from(attempts), failure)?;
        Some((retry.wait, Tries { instance, attempts, cost: retry.cost as u16 }))
    }

    fn lose<P: Probe<Observation>>(
        &self,
        now: Instant,
        records: u32,
        bytes: u64,
        cause: LossCause,
        probe: &mut P,
    ) {
        let producer = self.number;
        probe.observe(now, Observation::Lost { producer, records, bytes, cause });
    }
}

/// What is to be stated of records offered for the first time.
#[inline(always)]
fn offered(producer: u32, stream: u32, offer: &Offer) -> Observation {
    let Offer { cohort, shard, .. } = *offer;
    let (records, bytes) = (cohort.records, cohort.bytes);
    Observation::Offered(Offered { producer, stream, shard, records, bytes })
}

impl Arrival {
    /// Its record on its way in, sent the moment it is born.
    #[inline(always)]
    fn sent(&self) -> Offer {
        let cohort = Cohort::single(self.key, u64::from(self.bytes), self.at);
        let cohort = Cohort { visible: Window::at(self.at), ..cohort };
        Offer { cohort, shard: self.shard, admitted: 0 }
    }
}

impl Tries {
    #[inline]
    fn none(instance: u32) -> Self {
        Self { instance, attempts: 0, cost: 0 }
    }
}
