//! The client: how a producer's records become put calls, and what it does when refused.

use std::collections::VecDeque;

use crate::engine::Probe;
use crate::engine::wheel::Wheel;
use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::model::facts;
use crate::model::observation::{Observation, Offered};
use crate::model::plan::{Api, Backoff, Jitter, ProducerPlan};
use crate::model::source::{Arrival, Source};
use crate::model::stream::{Call, Offer, Stream};
use crate::random;
use crate::time::{Instant, Span};

/// One producer with all its instances.
#[derive(Clone, Debug)]
pub struct Producer {
    number: u32,
    source: Source,
    api: Api,
    backoff: Option<Backoff>,
    backoff_chance: random::Stream,
    entries: Entries,
    /// What each instance has collected for its next PutRecords call.
    buffers: Vec<List>,
    /// When buffers fall due, in order: the time to fill is the same for all.
    flushes: VecDeque<Flush>,
    /// Refused entries waiting for their next attempt, as the calls they failed in.
    retries: Wheel<Retry>,
    /// When the first of them is due: asked at every turn.
    next_retry: Instant,
    /// The ingress step: what is offered at one moment, and each offer's place in `entries`.
    offers: Vec<Offer>,
    places: Vec<u32>,
}

/// Records of one producer that wait in the client: linked lists in one table.
#[derive(Clone, Debug)]
struct Entries {
    table: Vec<(Cohort, u32)>,
    free: u32,
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

/// Refused records and the attempts made so far. A plain single record is kept in place.
#[derive(Clone, Copy, Debug)]
enum Retry {
    Single { born: Instant, key: KeyGroup, bytes: u32, attempts: u16 },
    List { first: u32, attempts: u16 },
}

const NONE: u32 = u32::MAX;
const EMPTY: List = List { first: NONE, last: NONE, records: 0, bytes: 0, number: 0 };

impl Producer {
    /// Producer number `number` of a world, writing to `stream`.
    #[must_use]
    pub fn new(
        plan: &ProducerPlan,
        number: u32,
        stream: &Stream,
        seed: u64,
        replicate: u64,
    ) -> Self {
        let buffers = match plan.client.api {
            Api::PutRecord => 0,
            Api::PutRecords { .. } => plan.instances as usize,
        };
        let name = format!("producer/{}/backoff", plan.name);
        Self {
            number,
            source: Source::new(plan, stream, seed, replicate),
            api: plan.client.api,
            backoff: plan.client.backoff,
            backoff_chance: random::Stream::named(seed, replicate, &name),
            entries: Entries { table: Vec::new(), free: NONE },
            buffers: vec![EMPTY; buffers],
            flushes: VecDeque::with_capacity(buffers),
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

    /// Records its client holds: buffered, or awaiting a retry.
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
            Retry::List { first, .. } => count(first),
        });
        buffered.chain(waiting).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }

    /// Bytes of memory its waiting records take.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let lists = self.entries.table.capacity() * size_of::<(Cohort, u32)>();
        let flushes = self.flushes.capacity() * size_of::<Flush>();
        (lists + flushes) as u64 + self.retries.memory()
    }

    /// How far each of its random streams has been used.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        self.source.draws().chain([self.backoff_chance.position()])
    }

    /// The application offers its next records, up to `until`, which is included.
    ///
    /// In PutRecord mode the run ends with the first record that is refused.
    #[inline(always)]
    fn offer<P: Probe<Observation>>(&mut self, until: Instant, stream: &mut Stream, probe: &mut P) {
        match self.api {
            Api::PutRecord => self.put_run(until, stream, probe),
            Api::PutRecords { linger } => {
                let Some(&arrival) = self.source.ready(until, stream).next() else { return };
                self.source.pass(1, stream);
                let offer = arrival.sent();
                probe.observe(arrival.at, offered(self.number, stream.number(), &offer));
                self.collect(arrival.at, offer.cohort, arrival.instance, linger, stream, probe);
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
        let run = self.source.ready(until, stream).map(Arrival::sent);
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
        self.source.pass(count, stream);
        if let Some(offer) = last
            && offer.admitted < offer.cohort.records
        {
            self.refused_call(offer.cohort.visible.start, &offer, 0, probe);
        }
    }

    /// Sends records again in a call of their own, after `attempts` earlier ones.
    #[inline(always)]
    fn send_again<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        mut offer: Offer,
        attempts: u16,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        offer.cohort.visible = Window::at(now);
        let (_, admitted) = stream.put_each(std::iter::once(offer));
        offer.admitted = admitted;
        probe.observe(now, Observation::Called { producer: self.number });
        probe.observe(now, Observation::Put(stream.put_of(self.number, &offer)));
        if admitted < offer.cohort.records {
            self.refused_call(now, &offer, attempts, probe);
        }
    }

    /// What a PutRecord call did not get in after `attempts` earlier ones waits for the next one,
    /// or is given up.
    #[inline(always)]
    fn refused_call<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        offer: &Offer,
        attempts: u16,
        probe: &mut P,
    ) {
        let (cohort, attempts) = (&offer.cohort, attempts + 1);
        let Some(delay) = self.backoff_after(attempts) else {
            let bytes = cohort.bytes - cohort.bytes_of_first(offer.admitted);
            self.lose(now, cohort.records - offer.admitted, bytes, probe);
            return;
        };
        let retry = match u32::try_from(cohort.bytes) {
            Ok(bytes) if cohort.records == 1 && cohort.user_records == 1 => {
                Retry::Single { born: cohort.born.start, key: cohort.key, bytes, attempts }
            }
            _ => match cohort.after(offer.admitted) {
                Some(rest) => Retry::List { first: self.entries.insert(rest), attempts },
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
            Some((_, Retry::Single { born, key, bytes, attempts })) => {
                let shard = self.source.shard(key, stream);
                let cohort = Cohort::single(key, u64::from(bytes), born);
                let offer = Offer { cohort, shard, admitted: 0 };
                self.send_again(now, offer, attempts, stream, probe);
            }
            Some((_, Retry::List { first, attempts })) => {
                self.send_list(now, first, attempts, stream, probe);
            }
            None => {}
        }
    }

    /// Puts a record in its instance's buffer, which leaves when it is full (KDS-W11, KDS-W12) or
    /// `linger` after its first record came.
    fn collect<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        cohort: Cohort,
        instance: u32,
        linger: Span,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let buffer = &mut self.buffers[instance as usize];
        let over = buffer.bytes + cohort.bytes > facts::PUT_RECORDS_BYTES_MAX.0;
        if over && buffer.first != NONE {
            self.flush(now, instance, stream, probe);
        }
        let place = self.entries.insert(cohort);
        let buffer = &mut self.buffers[instance as usize];
        if buffer.first == NONE {
            buffer.first = place;
            let (at, number) = (now + linger, buffer.number);
            self.flushes.push_back(Flush { at, instance, number });
        } else {
            self.entries.table[buffer.last as usize].1 = place;
        }
        buffer.last = place;
        buffer.records += u64::from(cohort.records);
        buffer.bytes += cohort.bytes;
        if buffer.records >= facts::PUT_RECORDS_ENTRIES_MAX as u64 {
            self.flush(now, instance, stream, probe);
        }
    }

    fn flush_due<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if let Some(flush) = self.flushes.pop_front()
            && self.buffers[flush.instance as usize].number == flush.number
        {
            self.flush(now, flush.instance, stream, probe);
        }
    }

    fn flush<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        instance: u32,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let buffer = &mut self.buffers[instance as usize];
        let first = buffer.first;
        *buffer = List { number: buffer.number + 1, ..EMPTY };
        self.send_list(now, first, 0, stream, probe);
    }

    /// Sends the waiting records of a list as one call, after `attempts` earlier ones.
    fn send_list<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        first: u32,
        attempts: u16,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        self.offers.clear();
        self.places.clear();
        let mut place = first;
        while place != NONE {
            let (cohort, next) = self.entries.table[place as usize];
            let shard = self.source.shard(cohort.key, stream);
            self.offers.push(Offer { cohort, shard, admitted: 0 });
            self.places.push(place);
            place = next;
        }
        let call = match self.api {
            Api::PutRecord => Call::PutRecord,
            Api::PutRecords { .. } => Call::PutRecords,
        };
        probe.observe(now, Observation::Called { producer: self.number });
        stream.settle(now, call, self.number, &mut self.offers, probe);
        let mut left = EMPTY;
        for i in 0..self.offers.len() {
            let (offer, place) = (self.offers[i], self.places[i]);
            match offer.cohort.split(offer.admitted).1 {
                None => self.entries.remove(place),
                Some(rest) => {
                    self.entries.table[place as usize] = (rest, NONE);
                    if left.first == NONE {
                        left.first = place;
                    } else {
                        self.entries.table[left.last as usize].1 = place;
                    }
                    left.last = place;
                }
            }
        }
        if left.first != NONE {
            self.refused(now, left.first, attempts + 1, probe);
        }
    }

    /// What was refused at attempt `attempts` waits for the next one, or is given up.
    fn refused<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        first: u32,
        attempts: u16,
        probe: &mut P,
    ) {
        if let Some(delay) = self.backoff_after(attempts) {
            self.set_retry(now + delay, Retry::List { first, attempts });
            return;
        }
        let mut place = first;
        while place != NONE {
            let (cohort, next) = self.entries.table[place as usize];
            self.lose(now, cohort.records, cohort.bytes, probe);
            self.entries.remove(place);
            place = next;
        }
    }

    /// How long to wait after `attempts` attempts; `None` to give up.
    #[inline]
    fn backoff_after(&mut self, attempts: u16) -> Option<Span> {
        let backoff = self.backoff.filter(|it| u32::from(attempts) < it.max_attempts)?;
        let longest = backoff.delay(u32::from(attempts));
        Some(match backoff.jitter {
            Jitter::None => longest,
            // From nothing to the whole delay, both included (KDS-L07, SDK-05).
            Jitter::Full => {
                Span::from_ns(self.backoff_chance.below(longest.as_ns().saturating_add(1)))
            }
        })
    }

    fn lose<P: Probe<Observation>>(&self, now: Instant, records: u32, bytes: u64, probe: &mut P) {
        probe.observe(now, Observation::Lost { producer: self.number, records, bytes });
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

impl Backoff {
    /// The longest delay before the retry that follows `attempts` attempts: doubling, up to a
    /// ceiling.
    #[must_use]
    pub fn delay(&self, attempts: u32) -> Span {
        let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
        self.base.times(doubled).min(self.max)
    }
}

impl Entries {
    #[inline]
    fn insert(&mut self, cohort: Cohort) -> u32 {
        if self.free == NONE {
            self.table.push((cohort, NONE));
            return (self.table.len() - 1) as u32;
        }
        let place = self.free;
        self.free = self.table[place as usize].1;
        self.table[place as usize] = (cohort, NONE);
        place
    }

    #[inline]
    fn remove(&mut self, place: u32) {
        self.table[place as usize].1 = self.free;
        self.free = place;
    }

    fn walk(&self, first: u32) -> impl Iterator<Item = &Cohort> {
        let mut place = first;
        std::iter::from_fn(move || {
            let (cohort, next) = self.table.get(place as usize)?;
            place = *next;
            Some(cohort)
        })
    }
}
