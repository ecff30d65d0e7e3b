//! One data stream: routing, the ingress of records, and its shards.

mod change;
mod direct;

pub use self::direct::Direct;
use std::ops::Range;

use crate::engine::Probe;
use crate::model::account::Account;
use crate::model::cohort::{Cohort, Window};
use crate::model::facts;
use crate::model::initial::Initial;
use crate::model::limit::{Plenty, ReadLimit, WriteLimit};
use crate::model::log::{Chunks, Kept};
use crate::model::meter::{Meter, Minute, Taken};
use crate::model::observation::{Observation, Put};
use crate::model::plan::{Rounding, StreamMode, StreamPlan};
use crate::model::router::Router;
use crate::model::shard::Shard;
use crate::model::slices::Slices;
use crate::time::{Instant, Span};

/// A stream and everything in it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// In order of id; closed ones keep their place.
    pub shards: Vec<Shard>,
    /// Those that take records, in order of id, as indices.
    open: Vec<u32>,
    /// Closed ones whose logs hold something, or did when shards last changed.
    holding: Vec<u32>,
    mode: StreamMode,
    /// What a new shard begins with.
    fresh: Fresh,
    /// Counts for those who go by what the stream takes in.
    meter: Option<Box<Meter>>,
    /// How records are dealt to lanes, where their keys are not known.
    pub slices: Slices,
    /// Freed memory of the logs.
    pub chunks: Chunks,
    /// How long records are kept (KDS-T01).
    retention: Span,
    /// What was stored before is gone, however long records are kept by now (KDS-T03).
    gone_before: Instant,
    number: u32,
    router: Router,
    /// Changes whenever the router does, so that others know when theirs is out of date.
    epoch: u64,
    limit: WriteLimit,
    rounding: Rounding,
    calls: u64,
    /// How much later it answers for being encrypted (KDS-K04).
    answer_delay: Span,
    /// What takes records in its place, by Direct PUT.
    direct: Option<Box<Direct>>,
}

/// What a new shard begins with.
#[derive(Clone, Debug)]
struct Fresh {
    /// Number of the next id (KDS-H07).
    number: u32,
    read: ReadLimit,
    consumers: usize,
    /// Its log keeps cohorts in full.
    whole: bool,
}

/// The call that brings offers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Each offer is a call of its own.
    PutRecord,
    /// All offers are entries of one call.
    PutRecords,
}

/// Records offered to one shard, and the answer.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The records.
    pub cohort: Cohort,
    /// Where their keys belong.
    pub shard: u32,
    /// How many were stored.
    pub admitted: u32,
}

impl Stream {
    /// The stream of `plan`, number `number` of its account, read by `consumers` who want its logs
    /// to keep so much.
    #[must_use]
    pub fn new(
        plan: &StreamPlan,
        number: u32,
        (consumers, kept): (usize, Kept),
        account: &mut Account,
    ) -> Self {
        if plan.mode == StreamMode::Provisioned && plan.direct.is_none() {
            account.take_shards(plan.shard_count);
        }
        let begun = plan.open_shards();
        let limit = WriteLimit::new(&plan.write);
        let open: Vec<_> = begun.iter().map(|shard| shard.range).zip(0..).collect();
        let count = begun.len() as u64;
        let read = ReadLimit::new(&plan.read);
        let shards: Vec<Shard> = (0..)
            .zip(&begun)
            .map(|(index, begun)| {
                let write = limit.full(Instant::ZERO);
                let mut shard = Shard::new(*begun, write, read.clone(), consumers);
                if let Some(initial) = &plan.initial {
                    shard.rest.initial = Initial::of_shard(initial, index, count);
                }
                shard
            })
            .collect();
        let after = |shard: &Shard| shard.rest.number.saturating_add(1);
        let next = shards.iter().map(after).max().unwrap_or(0);
        Self {
            open: (0..shards.len() as u32).collect(),
            holding: Vec::new(),
            mode: plan.mode,
            meter: None,
            fresh: Fresh { number: next, read, consumers, whole: false },
            shards,
            slices: Slices::default(),
            chunks: Chunks::new(kept),
            retention: plan.retention,
            gone_before: Instant::ZERO,
            number,
            router: Router::new(&open).expect("a plan's ranges tile the space of hash keys"),
            epoch: 0,
            limit,
            rounding: plan.write.rounding,
            calls: 0,
            answer_delay: plan.encryption.map_or(Span::ZERO, |it| it.latency),
            direct: plan.direct.map(|it| Box::new(Direct::new(it, plan.shard_count))),
        }
    }

    /// From the beginning its logs keep cohorts in full, for writers that store many records at
    /// once.
    pub fn keep_whole(&mut self) {
        let kept = self.chunks.kept();
        self.shards.iter_mut().for_each(|shard| shard.keep_whole(kept));
        self.fresh.whole = true;
    }

    /// Whether they do, so that nobody knows the keys.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.fresh.whole
    }

    /// From the beginning it counts what it takes in and gives out.
    pub fn start_meter(&mut self) {
        self.meter = Some(Box::default());
        self.end_minute(|_, _| {});
    }

    /// Whether somebody goes by what it takes in.
    #[must_use]
    pub fn has_meter(&self) -> bool {
        self.meter.is_some()
    }

    /// What it took in and gave out since the last minute's end; `each` is told of every shard that
    /// was open.
    pub fn end_minute(&mut self, each: impl FnMut(u32, Taken)) -> Minute {
        match &mut self.meter {
            Some(meter) => meter.end_minute(&self.shards, &self.open, each),
            None => Minute::default(),
        }
    }

    /// A GetRecords call was answered.
    #[inline]
    pub fn note_read(&mut self, records: u32, bytes: u64, age: Span) {
        if let Some(meter) = &mut self.meter {
            meter.read(records, bytes, age);
        }
    }

    /// Bytes were stored in a shard, not by [`Stream::settle`] or [`Stream::put_each`].
    #[inline]
    pub fn note_stored(&mut self, shard: u32, bytes: u64) {
        if let Some(meter) = &mut self.meter {
            meter.stored(shard, bytes);
        }
    }

    /// Whether its operators decide how many shards it has.
    #[must_use]
    pub fn is_provisioned(&self) -> bool {
        self.mode == StreamMode::Provisioned
    }

    /// Who decides how many shards it has.
    #[must_use]
    pub fn mode(&self) -> StreamMode {
        self.mode
    }

    /// The open shards, in order of id, as indices.
    #[inline]
    #[must_use]
    pub fn open(&self) -> &[u32] {
        &self.open
    }

    /// The open shard of a hash key (KDS-H04).
    #[inline]
    #[must_use]
    pub fn route(&self, hash: u128) -> u32 {
        self.router.route(hash)
    }

    /// Its place among the account's streams.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How much later it answers puts and GetRecords calls for being encrypted (KDS-K04).
    #[must_use]
    pub fn answer_delay(&self) -> Span {
        self.answer_delay
    }

    /// Which state of the routing this is.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When a record must have been stored to be kept at `moment`.
    #[must_use]
    pub fn horizon(&self, moment: Instant) -> Instant {
        let old = moment.as_ns().saturating_sub(self.retention.as_ns());
        Instant::from_ns(old).max(self.gone_before)
    }

    /// How long records are kept (KDS-T01).
    #[must_use]
    pub fn retention(&self) -> Span {
        self.retention
    }

    /// From `now` on records are kept for `to`. A longer time brings nothing back (KDS-T03); a
    /// shorter one takes away at once (KDS-T04).
    pub fn set_retention(&mut self, now: Instant, to: Span) {
        self.gone_before = self.horizon(now);
        for shard in &mut self.shards {
            shard.rest.initial.expire(now, self.retention);
        }
        self.retention = to;
    }

    /// How sizes are rounded up.
    #[must_use]
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// Whether its shards' limits count anew in every second.
    #[must_use]
    pub fn counts_seconds(&self) -> bool {
        self.limit.is_windowed()
    }

    /// For whoever judges a quantum at a time: the limits, the shards, the memory of their logs.
    pub fn for_quantum(&mut self) -> (&WriteLimit, &mut [Shard]) {
        (&self.limit, &mut self.shards)
    }

    /// What its shards take in as a matter of course, in a quantum of that length.
    pub(super) fn plenty(&self, length: Span) -> Plenty {
        self.limit.plenty(length)
    }

    /// Shards that take records.
    #[must_use]
    pub fn open_shards(&self) -> u32 {
        self.open.len() as u32
    }

    /// Judges `offers` of `producer` at `now`, stores what gets in, notes in each offer how much
    /// that was, and states it.
    ///
    /// Every offer is tried in its order: a later, smaller one may get in where an earlier one did
    /// not (KDS-W15, KDS-W21).
    // Three passes, here as in `put_each`: shards and the ends of their logs lie far apart in
    // memory, and many can be on their way at once where nothing else is done in between.
    pub fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        call: Call,
        producer: u32,
        offers: &mut [Offer],
        probe: &mut P,
    ) {
        if self.direct.is_some() {
            return self.settle_directly(now, producer, offers, probe);
        }
        if call == Call::PutRecords {
            self.calls += 1;
        }
        for offer in &mut *offers {
            offer.cohort.visible = Window::at(now);
            offer.admitted = self.admit(call, offer);
        }
        for offer in &*offers {
            self.store(offer);
        }
        for offer in &*offers {
            probe.observe(now, Observation::Put(self.put_of(producer, offer)));
        }
    }

    /// Puts `offers` one after the other, each in a PutRecord call of its own at the moment it says
    /// it is visible, up to and including the first that does not get in whole. Returns how many
    /// were put, and what of the last one got in (records). What was put is for the caller to
    /// state: see [`Stream::put_of`].
    #[inline(always)]
    pub fn put_each(&mut self, offers: impl Iterator<Item = Offer> + Clone) -> (usize, u32) {
        self.bring_near(offers.clone());
        let (mut count, mut admitted) = (0, 0);
        for offer in offers.clone() {
            admitted = self.admit(Call::PutRecord, &offer);
            count += 1;
            if admitted < offer.cohort.records {
                break;
            }
        }
        let mut left = count;
        for mut offer in offers.take(count) {
            left -= 1;
            offer.admitted = if left == 0 { admitted } else { offer.cohort.records };
            self.store(&offer);
        }
        (count, admitted)
    }

    /// Reads something of every shard that is about to be touched. This tight loop has many reads
    /// on their way at once; where each put waits for its own, runs on thousands of shards take
    /// longer.
    #[inline(always)]
    fn bring_near(&self, offers: impl Iterator<Item = Offer>) {
        let read = offers.fold(0, |sum, offer| sum ^ self.shards[offer.shard as usize].glance());
        // Or else nothing would be read.
        std::hint::black_box(read);
    }

    /// The same for the open shards at these places, as far as there are any.
    #[inline]
    pub(super) fn bring_open_near(&self, places: Range<usize>) {
        let open = &self.open[places.start.min(self.open.len())..places.end.min(self.open.len())];
        let read = open.iter().fold(0, |sum, &it| sum ^ self.shards[it as usize].glance_whole());
        std::hint::black_box(read);
    }

    /// How many of the offered records get in at the moment they are to be visible: a put is stored
    /// the moment it is sent, and readable at once (D7, KDS-W32).
    #[inline(always)]
    fn admit(&mut self, call: Call, offer: &Offer) -> u32 {
        let (shard, cohort) = (&mut self.shards[offer.shard as usize], offer.cohort);
        let (n, rounding) = (cohort.records, self.rounding);
        // KDS-W07: what this call has stored in this shard so far is rounded up together.
        let summed = (rounding, call) == (Rounding::Kib, Call::PutRecords);
        let before = match shard.rest.as_ref() {
            rest if summed && rest.call.0 == self.calls => rest.call.1,
            _ => 0,
        };
        let cost = move |k| match (rounding, call) {
            (Rounding::None, _) => cohort.bytes_of_first(k),
            // KDS-W06: each record of its own; those of a cohort count as its mean.
            (Rounding::Kib, Call::PutRecord) => {
                u64::from(k) * whole_kib(cohort.bytes.div_ceil(u64::from(n)))
            }
            (Rounding::Kib, Call::PutRecords) => {
                whole_kib(before + cohort.bytes_of_first(k)) - whole_kib(before)
            }
        };
        let admitted = self.limit.admit(&mut shard.write, cohort.visible.start, n, cost);
        if summed {
            shard.rest.call = (self.calls, before + cohort.bytes_of_first(admitted));
        }
        admitted
    }

    /// Stores what was admitted.
    #[inline(always)]
    fn store(&mut self, offer: &Offer) {
        if let Some(meter) = &mut self.meter
            && offer.admitted > 0
        {
            meter.stored(offer.shard, offer.cohort.bytes_of_first(offer.admitted));
        }
        let shard = &mut self.shards[offer.shard as usize];
        if offer.admitted == offer.cohort.records {
            shard.append(&offer.cohort, &mut self.chunks);
        } else if offer.admitted > 0 {
            store_part(shard, *offer, &mut self.chunks);
        }
    }

    /// What is to be stated of an offer of `producer` that was judged.
    #[inline(always)]
    #[must_use]
    pub fn put_of(&self, producer: u32, offer: &Offer) -> Put {
        let cohort = &offer.cohort;
        let waited = cohort.visible.start.since(cohort.born.start);
        // Single records are told apart where they are made.
        let waited_last = if cohort.records == 1 { waited } else { waited_last(offer) };
        Put {
            producer,
            stream: self.number,
            shard: offer.shard,
            records: cohort.records,
            admitted: offer.admitted,
            bytes: cohort.bytes,
            admitted_bytes: cohort.bytes_of_first(offer.admitted),
            waited,
            waited_last,
            answer: Span::ZERO,
        }
    }

    /// Bytes of memory its logs take.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let logs = self.open.iter().chain(&self.holding);
        logs.map(|&shard| self.shards[shard as usize].memory()).sum()
    }
}

/// How long the last of the records stored has waited; the first where none is.
#[inline(never)]
fn waited_last(offer: &Offer) -> Span {
    let (cohort, stored) = (&offer.cohort, offer.admitted.max(1));
    let (born, visible) = (cohort.born, cohort.visible);
    if stored == cohort.records {
        visible.last_of(stored).since(born.last_of(stored))
    } else {
        let last = |window: Window| window.time_of(stored - 1, cohort.records);
        last(visible).since(last(born))
    }
}

/// Stores what was admitted of a cohort that did not get in whole.
#[cold]
#[inline(never)]
fn store_part(shard: &mut Shard, offer: Offer, chunks: &mut Chunks) {
    if let Some(stored) = offer.cohort.range(0..offer.admitted) {
        shard.append(&stored, chunks);
    }
}

/// `bytes` rounded up to whole KiB.
#[inline]
fn whole_kib(bytes: u64) -> u64 {
    bytes.next_multiple_of(facts::METERING_STEP.0)
}
