//! One data stream: routing, the ingress of records, and its shards.

use crate::engine::Probe;
use crate::model::account::Account;
use crate::model::cohort::{Cohort, Window};
use crate::model::facts;
use crate::model::hashing::uniform_ranges;
use crate::model::initial::Initial;
use crate::model::limit::{ReadLimit, WriteLimit};
use crate::model::log::Chunks;
use crate::model::observation::{Observation, Put};
use crate::model::plan::{Rounding, StreamPlan};
use crate::model::router::Router;
use crate::model::shard::Shard;
use crate::time::{Instant, Span};

/// A stream and everything in it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// In order of id; closed ones keep their place.
    pub shards: Vec<Shard>,
    /// Freed memory of the logs.
    pub chunks: Chunks,
    /// How long records are kept (KDS-T01).
    pub retention: Span,
    number: u32,
    router: Router,
    /// Changes whenever the router does, so that others know when theirs is out of date.
    epoch: u64,
    limit: WriteLimit,
    rounding: Rounding,
    calls: u64,
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
    /// The stream of `plan`, number `number` of its account, read by `consumers`.
    #[must_use]
    pub fn new(plan: &StreamPlan, number: u32, consumers: usize, account: &mut Account) -> Self {
        let ranges = uniform_ranges(account.take_shards(plan.shard_count));
        let limit = WriteLimit::new(&plan.write);
        let open: Vec<_> = ranges.iter().copied().zip(0..).collect();
        let count = ranges.len() as u64;
        let shards = (0..)
            .zip(&ranges)
            .map(|(index, &range)| {
                let read = ReadLimit::new(&plan.read);
                let mut shard = Shard::new(range, limit.full(Instant::ZERO), read, consumers);
                if let Some(initial) = &plan.initial {
                    shard.initial = Initial::of_shard(initial, index, count);
                }
                shard
            })
            .collect();
        Self {
            shards,
            chunks: Chunks::default(),
            retention: plan.retention,
            number,
            router: Router::new(&open).expect("uniform ranges tile the space of hash keys"),
            epoch: 0,
            limit,
            rounding: plan.write.rounding,
            calls: 0,
        }
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

    /// Which state of the routing this is.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Shards that take records.
    #[must_use]
    pub fn open_shards(&self) -> u32 {
        self.shards.iter().filter(|shard| shard.lineage.closed.is_none()).count() as u32
    }

    /// Judges `offers` of `producer` at `now`, stores what gets in, and notes in each offer how
    /// much that was.
    ///
    /// Every offer is tried in its order: a later, smaller one may get in where an earlier one did
    /// not (KDS-W15, KDS-W21).
    #[inline(always)]
    pub fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        call: Call,
        producer: u32,
        offers: &mut [Offer],
        probe: &mut P,
    ) {
        if call == Call::PutRecords {
            self.calls += 1;
        }
        for offer in offers {
            self.judge(now, call, producer, offer, probe);
        }
    }

    /// Judges one offer of `call`, as [`Stream::settle`] does for several.
    // Inlined, as what calls it: a record's way in is one straight piece of code.
    #[inline(always)]
    pub fn judge<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        call: Call,
        producer: u32,
        offer: &mut Offer,
        probe: &mut P,
    ) {
        let shard = &mut self.shards[offer.shard as usize];
        // A put is stored the moment it is sent, and readable at once (D7, KDS-W32).
        offer.cohort.visible = Window::at(now);
        let cohort = &offer.cohort;
        let n = cohort.records;
        // KDS-W07: what this call has stored in this shard so far is rounded up together.
        let summed = (self.rounding, call) == (Rounding::Kib, Call::PutRecords);
        let before = if summed && shard.call.0 == self.calls { shard.call.1 } else { 0 };
        let cost = |k| match (self.rounding, call) {
            (Rounding::None, _) => cohort.bytes_of_first(k),
            // KDS-W06: each record of its own; those of a cohort count as its mean.
            (Rounding::Kib, Call::PutRecord) => {
                u64::from(k) * whole_kib(cohort.bytes.div_ceil(u64::from(n)))
            }
            (Rounding::Kib, Call::PutRecords) => {
                whole_kib(before + cohort.bytes_of_first(k)) - whole_kib(before)
            }
        };
        offer.admitted = self.limit.admit(&mut shard.write, now, n, cost);
        let admitted_bytes = cohort.bytes_of_first(offer.admitted);
        if summed {
            shard.call = (self.calls, before + admitted_bytes);
        }
        if offer.admitted == n {
            shard.append(cohort, &mut self.chunks);
        } else if let Some(stored) = cohort.first(offer.admitted) {
            shard.append(&stored, &mut self.chunks);
        }
        probe.observe(
            now,
            Observation::Put(Put {
                producer,
                stream: self.number,
                shard: offer.shard,
                records: n,
                admitted: offer.admitted,
                bytes: cohort.bytes,
                admitted_bytes,
                waited: now.since(cohort.born.start),
            }),
        );
    }

    /// Bytes of memory its logs take.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.shards.iter().map(Shard::memory).sum()
    }
}

/// `bytes` rounded up to whole KiB.
#[inline]
fn whole_kib(bytes: u64) -> u64 {
    bytes.next_multiple_of(facts::METERING_STEP.0)
}
