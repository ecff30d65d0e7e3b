//! A mapping that is changed in the course of a run: whether it works, and its lanes.

use super::held::Held;
use super::intake::Sorter;
use super::lane::State;
use super::{Due, Lambda};
use crate::engine::Probe;
use crate::model::concurrency::Concurrency;
use crate::model::facts;
use crate::model::observation::Observation;
use crate::model::plan::MappingChange;
use crate::model::slices::common;
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// Whether a mapping works.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    /// Nothing is read before; never where it is disabled.
    reads_from: Instant,
    /// Whether it is disabled, or not yet enabled again.
    off: bool,
    /// Shards whose time to be asked came while it was disabled, and when.
    shards: Vec<(Instant, u32)>,
}

impl Rest {
    /// It does.
    pub(super) const WORKS: Self =
        Self { reads_from: Instant::ZERO, off: false, shards: Vec::new() };

    /// Whether it reads and invokes; what runs goes on where it does not.
    #[inline]
    pub(super) fn works(&self) -> bool {
        !self.off
    }
}

/// Records of a lane that are to go to another.
struct Moved {
    /// Where they stand among all: those from before the run first, then by arrival; in order
    /// within a lane.
    order: (bool, u64),
    /// The lane they come from, among those of the shard.
    from: usize,
    held: Held,
    /// Which of the records that cannot be digested it is, where it is one: it is alone then.
    bad: Option<usize>,
}

impl Lambda {
    /// It has other settings from `now` on, and reads nothing for a while (ESM-22). What runs goes
    /// on. A mapping that is disabled keeps its place (ESM-25).
    pub fn update(&mut self, change: &MappingChange, now: Instant) {
        change.apply(&mut self.plan);
        let was_off = self.rest.off;
        let enabled = change.enabled.unwrap_or(self.rest.reads_from != Instant::NEVER);
        let from = now + self.plan.mapping.update_pause;
        (self.rest.off, self.rest.reads_from) = (!enabled, Instant::NEVER);
        if enabled {
            self.rest.reads_from = from;
            self.rest.off = was_off;
            if was_off {
                self.timers.set(from, Due::Resume);
            }
            for (at, shard) in std::mem::take(&mut self.rest.shards) {
                self.polls.set(next(at, from), shard);
            }
            if let Some(pipes) = &mut self.intake.pushed {
                pipes.halt(from);
            }
        }
        for i in 0..self.factors.len() {
            if self.is_changing(i) {
                self.timers.set(now, Due::Regroup(i as u32));
            }
            self.look(now, i);
        }
    }

    /// The function has so many executions to itself from now on, or none (ESM-59).
    pub fn reserve(&mut self, to: Option<u32>, account: &mut Concurrency) {
        self.function.reserve(to, account);
    }

    /// Whether a shard that is to be asked now is not to be, as nothing is read: then its turn
    /// comes later, at the same point of a second.
    #[inline]
    pub(super) fn rests(&mut self, now: Instant, shard: u32) -> bool {
        let from = self.rest.reads_from;
        if now >= from {
            return false;
        }
        if from == Instant::NEVER {
            self.rest.shards.push((now, shard));
        } else {
            self.polls.set(next(now, from), shard);
        }
        true
    }

    /// A mapping that was disabled goes on, unless it was disabled again.
    pub(super) fn resume<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        if !self.rest.off || now < self.rest.reads_from {
            return;
        }
        self.rest.off = false;
        for i in 0..self.factors.len() {
            self.release(now, i as u32, stream, probe);
            for lane in self.lanes_of(i) {
                self.advance(now, lane, stream, account, probe);
            }
        }
    }

    /// Lets the lanes of shard `i` that do nothing look at what they hold.
    fn look(&mut self, now: Instant, i: usize) {
        for lane in self.lanes_of(i) {
            let of = &mut self.work[lane];
            if of.state == State::Idle {
                of.looks = now;
                self.timers.set(now, Due::Look(lane as u32));
            }
        }
    }

    /// Whether shard `i` is to have another number of lanes.
    #[inline]
    pub(super) fn is_changing(&self, i: usize) -> bool {
        self.factors[i] != self.plan.factor
    }

    /// A shard that is to have other lanes gets them as soon as nothing of it runs and no tumbling
    /// window is open, so that no two batches have records of one key.
    pub(super) fn regroup<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: u32,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let i = shard as usize;
        let lanes = &self.work[self.lanes_of(i)];
        let waits =
            |lane: &super::Lane| matches!(lane.state, State::Running(_)) || lane.window.is_some();
        if !self.is_changing(i) || lanes.iter().any(waits) {
            return;
        }
        self.deal_anew(now, i, stream, probe);
        self.release(now, shard, stream, probe);
        for lane in self.lanes_of(i) {
            self.advance(now, lane, stream, account, probe);
        }
    }

    /// Puts all that the lanes of shard `i` hold into those that it is to have.
    fn deal_anew<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &Stream,
        probe: &mut P,
    ) {
        let (from, to) = (self.factors[i], self.plan.factor);
        let mut moved = self.take_all(now, i, probe);
        moved.sort_by_key(|it| (it.order, it.from));
        let shard = &stream.shards[i].rest;
        self.factors[i] = to;
        self.intake.cut(i, shard.range, &self.plan);
        for lane in self.lanes_of(i) {
            self.work[lane].opened = now;
        }
        let parts = if self.intake.deals { overlaps(stream, i, from, to) } else { Vec::new() };
        let lanes = self.lanes_of(i);
        let Self { plan, intake, work, bad, .. } = self;
        let of = &mut work[lanes.clone()];
        let mut sorter = Sorter::new((plan, shard.initial), i, intake, of);
        for it in moved {
            let asked = if it.bad.is_some() { &*sorter.lanes } else { &[] };
            let held: Vec<u64> = asked.iter().map(|lane| lane.records).collect();
            sorter.parts = parts.get(it.from).map(Vec::as_slice);
            sorter.again(it.held);
            let Some(which) = it.bad else { continue };
            let mut lanes = lanes.clone().zip(sorter.lanes.iter()).zip(held);
            let place = lanes.find(|((_, lane), held)| lane.records > *held);
            bad[which].place = place.map(|((of, lane), held)| (of, lane.first + held));
        }
    }

    /// Takes all that the lanes of shard `i` hold. What had been handed over will be so again.
    fn take_all<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        probe: &mut P,
    ) -> Vec<Moved> {
        let mut moved = Vec::new();
        let mut again = 0;
        for (from, lane) in self.lanes_of(i).enumerate() {
            let (held, mut number, seen) = self.work[lane].clear(now);
            again += seen;
            let mut order = (false, 0);
            for held in held {
                order = order.max(match held {
                    Held::Old { first, .. } => (false, first),
                    Held::New(cohort) => (true, cohort.visible.start.as_ns()),
                });
                let mut rest = Some(held);
                while let Some(held) = rest {
                    let (part, bad) = self.up_to_bad(lane, number, &held);
                    let (part, left) = held.split(part);
                    number += u64::from(part.as_ref().map_or(0, Held::records));
                    moved.extend(part.map(|held| Moved { order, from, held, bad }));
                    rest = left;
                }
            }
        }
        let (reader, records) = (self.lanes.number, again);
        if records > 0 {
            probe.observe(now, Observation::Redelivered { reader, records });
        }
        moved
    }

    /// How many of `held`, which begins with this number of a lane, come before the first that
    /// cannot be digested; where it is the first, that one alone, and which it is.
    fn up_to_bad(&self, lane: usize, number: u64, held: &Held) -> (u32, Option<usize>) {
        let all = u64::from(held.records());
        let mut before = all;
        for (which, bad) in self.bad.iter().enumerate() {
            match bad.place {
                Some((of, at)) if of == lane && at == number => return (1, Some(which)),
                Some((of, at)) if of == lane && at > number => before = before.min(at - number),
                _ => {}
            }
        }
        (before as u32, None)
    }
}

/// The first moment from `from` on that lies whole polls after `at`.
fn next(at: Instant, from: Instant) -> Instant {
    let every = facts::MAPPING_POLL_EVERY.as_ns();
    at + Span::from_ns(from.since(at.min(from)).as_ns().div_ceil(every) * every)
}

/// Of each of so many lanes of shard `i`, the part of its records that goes to each of so many
/// others.
fn overlaps(stream: &Stream, i: usize, from: u32, to: u32) -> Vec<Vec<f64>> {
    let all = common(from, to);
    let (old, new) = ((all / from) as usize, (all / to) as usize);
    let mut fine = stream.slices.of(i, all).to_vec();
    fine.resize(all as usize, 1.0 / f64::from(all));
    let of = |pieces: &[f64], first: usize| {
        let mut parts = vec![0.0; to as usize];
        let whole: f64 = pieces.iter().sum();
        for (place, piece) in (first..).zip(pieces) {
            let even = 1.0 / pieces.len() as f64;
            parts[place / new] += if whole > 0.0 { piece / whole } else { even };
        }
        parts
    };
    fine.chunks(old).enumerate().map(|(lane, pieces)| of(pieces, lane * old)).collect()
}
