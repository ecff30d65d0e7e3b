//! One producer in quanta: what it offers each shard, and what its clients do about refusals.

use std::collections::VecDeque;

use crate::model::aggregate::answers::{Answers, Prospect};
use crate::model::aggregate::calls::{Charge, Filling};
use crate::model::aggregate::crowd::Crowd;
use crate::model::aggregate::delay::Delays;
use crate::model::aggregate::failures::Failures;
use crate::model::aggregate::heirs::deal;
use crate::model::aggregate::losses::Losses;
use crate::model::aggregate::supply::{Lot, Share, Supply};
use crate::model::aggregate::tokens::Tokens;
use crate::model::consumer::QUANTA_MAX;
use crate::model::events::{BILLION, PutCondition};
use crate::model::hashing::HashRange;
use crate::model::link::Latency;
use crate::model::plan::{Api, Plan, Rounding};
use crate::model::profile::offered_of;
use crate::model::retry::Failure;
use crate::model::stream::Stream;
use crate::random;
use crate::rounding::LARGEST;
use crate::time::{Instant, Span};

/// One producer with all its instances.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) number: u32,
    pub(super) api: Api,
    pub(super) instances: f64,
    /// Its rate at present, an instance.
    per_ns: f64,
    supply: Supply,
    charge: Charge,
    pub(super) delays: Delays,
    pub(super) tokens: Tokens,
    pub(super) answers: Answers,
    /// Part of its calls or entries that fail within the service as a rule, 0 to 1.
    internal_failure: f64,
    pub(super) failures: Failures,
    pub(super) losses: Losses,
    /// As full as calls are at present.
    pub(super) filling: Filling,
    /// Offered and not sent yet, oldest first.
    lots: VecDeque<Lot>,
    /// What is sent in this quantum.
    pub(super) lot: Lot,
    /// Records that it offers in the whole run, about.
    pub(super) offers: f64,
    /// Attempts of this quantum, by number.
    pub(super) attempts: Vec<u64>,
    /// Fractions of calls.
    begun_calls: f64,
    counts: random::Stream,
    sizes: random::Stream,
}

/// Attempts told apart.
const ATTEMPTS_MAX: usize = 64;

impl Writer {
    /// Producer number `number` of `plan`, writing to `stream` in quanta of `cell`.
    pub(super) fn new(
        plan: &Plan,
        number: u32,
        stream: &Stream,
        cell: Span,
        replicate: u64,
    ) -> Self {
        let (prospect, seed) = (Prospect::of(plan, number as usize), plan.seed);
        let end = Instant::ZERO + plan.duration;
        let plan = &plan.producers[number as usize];
        let chance = |what: &str| {
            random::Stream::named(seed, replicate, &format!("producer/{}/{what}", plan.name))
        };
        let (supply, sizes) = Supply::new(plan, stream);
        let retry = &plan.client.retry;
        let (latency, added) = (Latency::new(&plan.client.latency), stream.answer_delay());
        let delays = Delays::new(retry, cell, prospect);
        let mut writer = Self {
            number,
            api: plan.client.api,
            instances: f64::from(plan.instances),
            per_ns: 0.0,
            supply,
            charge: Charge::new(sizes, plan.client.api, stream.rounding()),
            tokens: Tokens::new(retry, plan.instances),
            answers: Answers::new(latency, added, stream.shards.len(), chance("latency")),
            internal_failure: plan.client.internal_failure,
            failures: Failures::new(chance("kms"), chance("internal-failure")),
            losses: Losses::new(delays.answers_reach()),
            delays,
            filling: Filling::new(plan.client.api, 0.0, 1.0),
            lots: VecDeque::new(),
            lot: Lot::new(stream.open().len()),
            offers: offered_of(plan, end),
            attempts: Vec::new(),
            begun_calls: 0.0,
            counts: chance("counts"),
            sizes: chance("cohort-sizes"),
        };
        writer.meet(PutCondition::SOUND);
        writer
    }

    /// Its calls suffer from this from now on; what is on its way comes as it was to.
    pub(super) fn meet(&mut self, condition: PutCondition) {
        let part = |chance: u64| chance as f64 / BILLION as f64;
        let through = (1.0 - self.internal_failure) * (1.0 - part(condition.errors));
        self.failures.meet(part(condition.kms), 1.0 - through);
        self.answers.meet(condition);
        self.delays.meet(self.answers.slices());
        self.tokens.unsettle();
    }

    /// Brings its weights up to date with `now`; returns when they, or its rates, change next: a
    /// quantum ends there.
    pub(super) fn follow(&mut self, now: Instant, stream: &Stream) -> Instant {
        self.supply.follow(now, stream)
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
        let mut lot = if self.lots.is_empty() {
            std::mem::take(&mut self.lot)
        } else {
            Lot::new(stream.open().len())
        };
        self.draw((from, to), stream, &mut lot);
        for (&shard, share) in stream.open().iter().zip(&lot.each) {
            let (records, bytes, _) = share.counts();
            if records > 0 {
                state(shard, records, bytes);
            }
        }
        self.lots.push_back(lot);
        // Sent as many quanta later as records wait in the mean.
        let late = self.late(cell);
        let mut due = if self.lots.len() > late { self.lots.pop_front() } else { None };
        while self.lots.len() > late {
            let more = self.lots.pop_front();
            due = due.into_iter().chain(more).reduce(|sum, lot| sum.and(&lot));
        }
        self.lot = due.unwrap_or_else(|| Lot::new(stream.open().len()));
    }

    /// Draws what is offered from `from` to `to` into `lot`.
    pub(super) fn draw(&mut self, (from, to): (Instant, Instant), stream: &Stream, lot: &mut Lot) {
        let length = to.since(from);
        // Where each record is rounded up for itself (KDS-W06), rows of a trace are as well.
        let rounds = stream.rounding() == Rounding::Kib && self.api == Api::PutRecord;
        let total = self.supply.count((from, to), rounds, lot, &mut self.counts);
        let per_ns = total / self.instances / length.as_ns().max(1) as f64;
        // A rate that is counted and not given is one over a second, about.
        let weight = if self.supply.is_counted() { length.as_s().min(1.0) } else { 1.0 };
        self.per_ns += (per_ns - self.per_ns) * weight;
        self.filling = Filling::new(self.api, self.per_ns, self.charge.mean);
        (lot.total, lot.waited) = (total, self.filling.waited);
        let charge = (!rounds || !self.supply.is_counted()).then_some(&mut self.charge);
        if let Some(charge) = charge {
            self.supply.weigh(charge, self.filling.entries, lot, &mut self.sizes);
        }
    }

    /// Quanta of `cell` from when records are offered to when they are sent.
    fn late(&self, cell: Span) -> usize {
        (self.filling.waited.mean / cell.as_ns() as f64 + 0.5) as usize
    }

    /// Whether all that is offered is sent in the same quantum, does not fail, and is answered
    /// after the same time: that, if so. And its bytes are few enough to be counted in floats.
    pub(super) fn is_plain(&self, cell: Span) -> Option<Span> {
        let bytes = self.per_ns * self.instances * cell.as_ns() as f64 * self.charge.mean;
        let countable = bytes * (QUANTA_MAX as f64) < LARGEST / 4.0;
        let sent_at_once = self.lots.is_empty() && self.late(cell) == 0;
        let plain = countable && sent_at_once && !self.failures.any();
        self.answers.same().filter(|_| plain)
    }

    /// How long the shortest and the longest of what it sends for the first time have waited.
    pub(super) fn waits(&self) -> (Span, Span) {
        let (shortest, longest) = self.filling.waited.bounds();
        (Span::from_ns(shortest), Span::from_ns(longest))
    }

    /// Other shards are open than those of `before`.
    pub(super) fn reroute(&mut self, before: &[u32], stream: &Stream, chance: &mut random::Stream) {
        self.tokens.unsettle();
        self.supply.route(stream);
        let supply = &self.supply;
        for lot in &mut self.lots {
            let mut moved = Lot::new(stream.open().len());
            (moved.total, moved.waited) = (lot.total, lot.waited);
            for (place, &shard) in before.iter().enumerate() {
                let mut left = lot.each[place].counts();
                let share = |range| supply.share_of(range);
                deal(stream, shard, left.0, &share, chance, &mut |heir, k| {
                    let part =
                        |all: u64| (u128::from(all) * u128::from(k) / u128::from(left.0)) as u64;
                    let (bytes, charged) = (part(left.1), part(left.2));
                    if let Ok(to) = stream.open().binary_search(&heir) {
                        let to = &mut moved.each[to];
                        to.records += f64::from(k);
                        to.bytes += bytes as f64;
                        to.charged += charged as f64;
                    }
                    left = (left.0 - k, left.1 - bytes, left.2 - charged);
                });
            }
            *lot = moved;
        }
        self.lot = Lot::new(stream.open().len());
    }

    /// Part of its records whose hash keys lie in this range.
    pub(super) fn share_of(&self, range: HashRange) -> f64 {
        self.supply.share_of(range)
    }

    /// What it sends the open shard at place `shard` for the first time.
    #[inline]
    pub(super) fn fresh(&self, shard: usize) -> Crowd {
        self.crowd(&self.lot, shard)
    }

    /// Whether each of its calls has a record.
    pub(super) fn is_single(&self) -> bool {
        self.api == Api::PutRecord
    }

    /// What of `lot` it sends the open shard at place `shard`.
    #[inline]
    pub(super) fn crowd(&self, lot: &Lot, shard: usize) -> Crowd {
        let (records, bytes, charged) = lot.each[shard].counts();
        // Of a call's other entries each belongs to a shard with the shard's share: those that a
        // call has for it are one more than the others, in the mean.
        let mut calls = f64::from(records);
        if self.filling.entries > 1.0 {
            calls /= 1.0 + (self.filling.entries - 1.0) * calls / lot.total.max(1.0);
        }
        Crowd { records, bytes, charged, calls, waited: lot.waited }
    }

    /// For each attempt, what part of those that ended so comes again within the quantum.
    pub(super) fn again_at_once(&self, failure: Failure, again: &mut Vec<f64>) {
        let granted = self.tokens.granted(failure);
        let after = (0..).map_while(|attempt| self.delays.after(attempt, failure));
        again.extend(after.take(ATTEMPTS_MAX).map(|back| back.same.part * granted));
    }

    /// Records and bytes offered and not sent yet, or not known to be lost.
    pub(super) fn held(&self) -> (u64, u64) {
        self.lots.iter().fold(self.losses.held(), |sum, lot| {
            lot.each
                .iter()
                .map(Share::counts)
                .fold(sum, |sum, (records, bytes, _)| (sum.0 + u64::from(records), sum.1 + bytes))
        })
    }

    /// Bytes of memory taken by what is not sent yet.
    pub(super) fn memory(&self) -> u64 {
        self.lots.iter().map(Lot::memory).sum::<u64>() + self.losses.memory()
    }

    /// How far its random streams have been used.
    pub(super) fn draws(&self) -> impl Iterator<Item = u128> {
        let answers = Some(self.answers.position()).filter(|&position| position > 0);
        let counts = [self.counts.position(), self.sizes.position()];
        counts.into_iter().chain(answers).chain(self.failures.draws())
    }

    /// Counts attempts of this quantum.
    #[inline]
    pub(super) fn attempted(&mut self, attempt: u32, records: u64) {
        let place = (attempt as usize).min(ATTEMPTS_MAX - 1);
        if self.attempts.len() <= place {
            self.attempts.resize(place + 1, 0);
        }
        self.attempts[place] += records;
    }

    /// The quantum is over: the put calls made in it.
    pub(super) fn close(&mut self, length: Span) -> u64 {
        let all: u64 = self.attempts.iter().sum();
        self.tokens.close(length, all - self.attempts.first().copied().unwrap_or(0));
        let first = self.attempts.first().copied().unwrap_or(0) as f64 / self.filling.entries;
        // What a call leaves refused goes again in one call, if other shards are full as well.
        let calls: f64 = if self.failures.any() {
            calls_with_failures(&self.attempts, first)
        } else {
            self.attempts.iter().map(|&n| (n as f64).min(first)).sum()
        };
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

/// Calls of so many attempts, the first of them in `first` calls: what is left of a call goes again
/// in one, and each of its entries is as likely to be left as any other.
fn calls_with_failures(attempts: &[u64], first: f64) -> f64 {
    let (mut calls, mut sum) = (first, first);
    for pair in attempts.windows(2) {
        let (before, again) = (pair[0] as f64, pair[1] as f64);
        if before > 0.0 && calls > 0.0 {
            let left = (again / before).min(1.0);
            calls *= 1.0 - libm::pow(1.0 - left, before / calls);
        }
        calls = calls.min(again);
        sum += calls;
    }
    sum
}
