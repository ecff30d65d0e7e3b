//! One producer in quanta: what it offers each shard, and what its clients do about refusals.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::aggregate::calls::{Charge, Filling};
use crate::model::aggregate::cells::Cells;
use crate::model::aggregate::crowd::{Crowd, Waited};
use crate::model::aggregate::delay::Delays;
use crate::model::aggregate::tokens::Tokens;
use crate::model::facts;
use crate::model::hashing::HashKey;
use crate::model::keys::{key_count, name_bytes, name_of};
use crate::model::plan::{
    Api, ArrivalsPlan, KeyPlan, ProducerPlan, Rounding, SizePlan, SourcePlan, TraceRow,
};
use crate::model::profile::Profile;
use crate::model::stream::Stream;
use crate::random::{self, Poisson};
use crate::time::{Instant, NS_PER_S, Span};

/// One producer with all its instances.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) number: u32,
    pub(super) api: Api,
    instances: f64,
    /// Its rate at present, an instance.
    per_ns: f64,
    supply: Supply,
    charge: Charge,
    pub(super) delays: Delays,
    pub(super) tokens: Tokens,
    /// As full as calls are at present.
    pub(super) filling: Filling,
    /// Offered and not sent yet, oldest first.
    lots: VecDeque<Lot>,
    /// What is sent in this quantum.
    pub(super) lot: Lot,
    /// Attempts of this quantum, by number.
    pub(super) attempts: Vec<u64>,
    /// Fractions of calls.
    begun_calls: f64,
    counts: random::Stream,
    sizes: random::Stream,
}

/// What is offered in a quantum, shard by shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Lot {
    /// Records.
    pub(super) records: Vec<u32>,
    /// Data and keys (bytes).
    pub(super) bytes: Vec<u64>,
    /// What they are charged (bytes).
    charged: Vec<u64>,
    /// Records of all shards.
    total: f64,
    /// How long they have waited when they are sent.
    waited: Waited,
}

/// Attempts told apart.
const ATTEMPTS_MAX: usize = 64;

/// Where records come from.
#[derive(Clone, Debug)]
enum Supply {
    Drawn(Box<Drawn>),
    Trace { rows: Arc<Vec<TraceRow>>, next: usize, keys: Vec<(u32, u32)> },
}

#[derive(Clone, Debug)]
struct Drawn {
    profile: Profile,
    /// Poisson, or else as many as the rate brings.
    poisson: bool,
    cells: Cells,
    /// Of each shard: its part of all records, and the mean length of their keys (bytes).
    each: Vec<(f64, f64)>,
    /// What the laws were made for (records).
    exposure: f64,
    laws: Vec<Poisson>,
    /// What a record is charged, and the filling that was made for (bytes).
    charges: (f64, Vec<f64>),
}

impl Writer {
    /// Producer number `number` of a world, writing to `stream` in quanta of `cell`.
    pub(super) fn new(
        plan: &ProducerPlan,
        number: u32,
        stream: &Stream,
        cell: Span,
        (seed, replicate): (u64, u64),
    ) -> Self {
        let chance = |what: &str| {
            random::Stream::named(seed, replicate, &format!("producer/{}/{what}", plan.name))
        };
        let (supply, sizes) = Supply::new(plan, stream);
        let retry = &plan.client.retry;
        Self {
            number,
            api: plan.client.api,
            instances: f64::from(plan.instances),
            per_ns: 0.0,
            supply,
            charge: Charge::new(sizes, plan.client.api, stream.rounding()),
            delays: Delays::new(retry, cell),
            tokens: Tokens::new(retry, plan.instances),
            filling: Filling::new(plan.client.api, 0.0, 1.0),
            lots: VecDeque::new(),
            lot: Lot::new(stream.shards.len()),
            attempts: Vec::new(),
            begun_calls: 0.0,
            counts: chance("counts"),
            sizes: chance("cohort-sizes"),
        }
    }

    /// Brings its weights up to date with `now`; returns when they, or its rates, change next: a
    /// quantum ends there.
    pub(super) fn follow(&mut self, now: Instant, stream: &Stream) -> Instant {
        match &mut self.supply {
            Supply::Drawn(drawn) => {
                if drawn.cells.changes <= now {
                    drawn.cells.weigh(now);
                    drawn.route(stream);
                }
                drawn.profile.next_step(now).min(drawn.cells.changes)
            }
            Supply::Trace { .. } => Instant::NEVER,
        }
    }

    /// Draws what is offered from `from` to `to`, and tells `state` of each shard's records and
    /// bytes. What is to be sent in that time is in `lot` then.
    pub(super) fn offer(
        &mut self,
        from: Instant,
        to: Instant,
        cell: Span,
        stream: &Stream,
        mut state: impl FnMut(u32, u32, u64),
    ) {
        let length = to.since(from);
        let mut lot = if self.lots.is_empty() {
            std::mem::take(&mut self.lot)
        } else {
            Lot::new(stream.shards.len())
        };
        lot.clear();
        let Self { supply, charge, counts, sizes, .. } = self;
        let total = match supply {
            Supply::Drawn(drawn) => drawn.count(from, to, &mut lot, counts),
            Supply::Trace { rows, next, keys } => {
                let rounds = stream.rounding() == Rounding::Kib && self.api == Api::PutRecord;
                take_rows((rows, next), keys, to, rounds, &mut lot)
            }
        };
        let per_ns = total / self.instances / length.as_ns().max(1) as f64;
        // A rate that is counted and not given is one over a second, about.
        let weight = match supply {
            Supply::Drawn(_) => 1.0,
            Supply::Trace { .. } => (length.as_ns() as f64 / NS_PER_S as f64).min(1.0),
        };
        self.per_ns += (per_ns - self.per_ns) * weight;
        let per_ns = self.per_ns;
        self.filling = Filling::new(self.api, per_ns, charge.mean);
        (lot.total, lot.waited) = (total, self.filling.waited);
        match supply {
            Supply::Drawn(drawn) => drawn.weigh(charge, self.filling.entries, &mut lot, sizes),
            Supply::Trace { .. } if self.api != Api::PutRecord => {
                charge_rows(charge, self.filling.entries, &mut lot);
            }
            Supply::Trace { .. } => {}
        }
        for (shard, (&records, &bytes)) in (0_u32..).zip(lot.records.iter().zip(&lot.bytes)) {
            if records > 0 {
                state(shard, records, bytes);
            }
        }
        self.lots.push_back(lot);
        // Sent as many quanta later as records wait in the mean.
        let late = (self.filling.waited.mean / cell.as_ns() as f64 + 0.5) as usize;
        let mut due = if self.lots.len() > late { self.lots.pop_front() } else { None };
        while self.lots.len() > late {
            let more = self.lots.pop_front();
            due = due.into_iter().chain(more).reduce(|sum, lot| sum.and(&lot));
        }
        self.lot = due.unwrap_or_else(|| Lot::new(stream.shards.len()));
    }

    /// What it sends shard number `shard` for the first time.
    #[inline]
    pub(super) fn fresh(&self, shard: usize) -> Crowd {
        let records = self.lot.records[shard];
        // Of a call's other entries each belongs to a shard with the shard's share: those that a
        // call has for it are one more than the others, in the mean.
        let others = (self.filling.entries - 1.0) * f64::from(records) / self.lot.total.max(1.0);
        Crowd {
            records,
            bytes: self.lot.bytes[shard],
            charged: self.lot.charged[shard],
            calls: f64::from(records) / (1.0 + others),
            waited: self.lot.waited,
        }
    }

    /// For each attempt, what part of the refused comes again within the quantum.
    pub(super) fn again_at_once(&self, again: &mut Vec<f64>) {
        let granted = self.tokens.granted();
        let after = (0..).map_while(|attempt| self.delays.after(attempt));
        again.extend(after.take(ATTEMPTS_MAX).map(|back| back.same.part * granted));
    }

    /// Records and bytes offered and not sent yet.
    pub(super) fn held(&self) -> (u64, u64) {
        self.lots.iter().fold((0, 0), |sum, lot| {
            let records: u64 = lot.records.iter().map(|&n| u64::from(n)).sum();
            (sum.0 + records, sum.1 + lot.bytes.iter().sum::<u64>())
        })
    }

    /// Bytes of memory taken by what is not sent yet.
    pub(super) fn memory(&self) -> u64 {
        let of = |lot: &Lot| lot.records.len() * (size_of::<u32>() + 2 * size_of::<u64>());
        self.lots.iter().map(of).sum::<usize>() as u64
    }

    /// How far its random streams have been used.
    pub(super) fn draws(&self) -> [u128; 2] {
        [self.counts.position(), self.sizes.position()]
    }

    /// Counts attempts of this quantum.
    #[inline]
    pub(super) fn attempted(&mut self, attempt: u32, records: u32) {
        let place = (attempt as usize).min(ATTEMPTS_MAX - 1);
        if self.attempts.len() <= place {
            self.attempts.resize(place + 1, 0);
        }
        self.attempts[place] += u64::from(records);
    }

    /// The quantum is over: the put calls made in it.
    pub(super) fn close(&mut self, length: Span) -> u64 {
        self.tokens.close(length);
        let all: u64 = self.attempts.iter().sum();
        let first = self.attempts.first().copied().unwrap_or(0) as f64 / self.filling.entries;
        // What a call leaves refused goes again in one call, if other shards are full as well.
        let calls: f64 = self.attempts.iter().map(|&n| (n as f64).min(first)).sum();
        self.attempts.iter_mut().for_each(|count| *count = 0);
        match self.api {
            Api::PutRecord => all,
            Api::PutRecords { .. } => {
                self.begun_calls += calls;
                let whole = self.begun_calls as u64;
                self.begun_calls -= whole as f64;
                whole
            }
        }
    }
}

impl Supply {
    /// Of `plan`, and the sizes of its records.
    fn new(plan: &ProducerPlan, stream: &Stream) -> (Self, SizePlan) {
        match &plan.source {
            SourcePlan::Synthetic { rate, arrivals, sizes, keys } => {
                let mut drawn = Drawn {
                    profile: Profile::new(rate),
                    poisson: *arrivals == ArrivalsPlan::Poisson,
                    cells: Cells::new(keys),
                    each: Vec::new(),
                    exposure: f64::NAN,
                    laws: Vec::new(),
                    charges: (f64::NAN, Vec::new()),
                };
                drawn.route(stream);
                (Self::Drawn(Box::new(drawn)), sizes.clone())
            }
            SourcePlan::Trace { rows, keys } => {
                let places = shards_of_keys(keys, stream);
                let sizes = rows.iter().map(|row| (u64::from(row.bytes), 1.0));
                let sizes = sizes.map(|(bytes, weight)| (crate::units::Bytes(bytes), weight));
                let sizes = SizePlan::Weighted(sizes.collect());
                (Self::Trace { rows: rows.clone(), next: 0, keys: places }, sizes)
            }
        }
    }
}

impl Drawn {
    /// What falls on each shard as the stream routes now.
    fn route(&mut self, stream: &Stream) {
        self.each.clear();
        for shard in &stream.shards {
            let cell = self.cells.on(shard.rest.range);
            let length = if cell.share > 0.0 { cell.key_bytes / cell.share } else { 0.0 };
            self.each.push((cell.share, length));
        }
        (self.exposure, self.charges.0) = (f64::NAN, f64::NAN);
    }

    /// Draws how many records come to each shard; returns how many are expected in all.
    fn count(
        &mut self,
        from: Instant,
        to: Instant,
        lot: &mut Lot,
        chance: &mut random::Stream,
    ) -> f64 {
        let (before, after) = (self.profile.offered_by(from), self.profile.offered_by(to));
        let exposure = after - before;
        if !self.poisson {
            self.deal(after as u64 - before as u64, lot, chance);
            return exposure;
        }
        // The same rate again makes the same sum but for its last bits.
        if (exposure - self.exposure).abs() > 1e-9 * exposure || self.exposure.is_nan() {
            self.exposure = exposure;
            self.laws.clear();
            self.laws.extend(self.each.iter().map(|(share, _)| Poisson::new(exposure * share)));
        }
        if exposure > 0.0 {
            for (records, law) in lot.records.iter_mut().zip(&self.laws) {
                *records = law.draw(chance) as u32;
            }
        }
        exposure
    }

    /// Deals `total` records to the shards: each has its part of those that are left.
    fn deal(&self, total: u64, lot: &mut Lot, chance: &mut random::Stream) {
        let (mut left, mut share_left) = (total, 1.0);
        for (records, (share, _)) in lot.records.iter_mut().zip(&self.each) {
            let part = if share_left > 0.0 { (share / share_left).min(1.0) } else { 1.0 };
            let drawn = chance.binomial(left, part);
            *records = drawn as u32;
            left -= drawn;
            share_left -= share;
        }
        // What rounding of shares has left over belongs to the last shard that has a share.
        if left > 0
            && let Some(last) = self.each.iter().rposition(|(share, _)| *share > 0.0)
        {
            lot.records[last] += left as u32;
        }
    }

    /// What the records of each shard weigh and are charged.
    fn weigh(
        &mut self,
        charge: &mut Charge,
        entries: f64,
        lot: &mut Lot,
        chance: &mut random::Stream,
    ) {
        if (self.charges.0 - entries).abs() > 0.01 * entries || self.charges.0.is_nan() {
            self.charges.0 = entries;
            self.charges.1.clear();
            for &(share, length) in &self.each {
                self.charges.1.push(charge.of(length, (entries - 1.0) * share));
            }
        }
        let (mean, deviation) = (charge.mean, charge.deviation);
        let sums = lot.records.iter().zip(&mut lot.bytes).zip(&mut lot.charged);
        let cells = self.each.iter().zip(&self.charges.1);
        for (((&records, bytes), charged), ((_, length), each)) in sums.zip(cells) {
            if records == 0 {
                (*bytes, *charged) = (0, 0);
                continue;
            }
            let n = f64::from(records);
            let drawn = if deviation > 0.0 { deviation * n.sqrt() * chance.normal() } else { 0.0 };
            let sum = (n * (mean + length) + drawn).max(n);
            *bytes = (sum + 0.5) as u64;
            *charged = (n * each + drawn + 0.5).max(sum) as u64;
        }
    }
}

/// Takes the rows before `to` off; returns how many there are. `rounds` if each record is rounded
/// up for itself (KDS-W06).
fn take_rows(
    (rows, next): (&[TraceRow], &mut usize),
    keys: &[(u32, u32)],
    to: Instant,
    rounds: bool,
    lot: &mut Lot,
) -> f64 {
    let (first, step) = (*next, facts::METERING_STEP.0);
    while let Some(row) = rows.get(*next)
        && row.at < to
    {
        let (shard, length) = keys[row.key as usize];
        let bytes = u64::from(row.bytes + length);
        lot.records[shard as usize] += 1;
        lot.bytes[shard as usize] += bytes;
        lot.charged[shard as usize] += if rounds { bytes.next_multiple_of(step) } else { bytes };
        *next += 1;
    }
    (*next - first) as f64
}

/// What the rows of a quantum are charged where calls are rounded up: in the mean of all rows.
fn charge_rows(charge: &mut Charge, entries: f64, lot: &mut Lot) {
    let Lot { records, bytes, charged, total, .. } = lot;
    for ((&records, &bytes), charged) in records.iter().zip(&*bytes).zip(charged) {
        if records > 0 {
            let others = (entries - 1.0) * f64::from(records) / total.max(1.0);
            let more = charge.of(0.0, others) / charge.mean;
            *charged = (bytes as f64 * more.max(1.0) + 0.5) as u64;
        }
    }
}

/// Where each key belongs, and its length (bytes).
fn shards_of_keys(plan: &KeyPlan, stream: &Stream) -> Vec<(u32, u32)> {
    let shard = |key| stream.route(HashKey::of(&name_of(plan, key)).0);
    (0..key_count(plan)).map(|key| (shard(key), name_bytes(plan, key) as u32)).collect()
}

impl Lot {
    fn new(shards: usize) -> Self {
        Self {
            records: vec![0; shards],
            bytes: vec![0; shards],
            charged: vec![0; shards],
            total: 0.0,
            waited: Waited::default(),
        }
    }

    fn clear(&mut self) {
        self.records.fill(0);
        self.bytes.fill(0);
        self.charged.fill(0);
    }

    /// Both together, as they come when a rate rises and calls fill sooner.
    fn and(mut self, later: &Self) -> Self {
        self.records.iter_mut().zip(&later.records).for_each(|(sum, n)| *sum += n);
        self.bytes.iter_mut().zip(&later.bytes).for_each(|(sum, n)| *sum += n);
        self.charged.iter_mut().zip(&later.charged).for_each(|(sum, n)| *sum += n);
        (self.total, self.waited) = (self.total + later.total, later.waited);
        self
    }
}
