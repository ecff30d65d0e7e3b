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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::account::Account;
    use crate::model::cohort::{Cohort, KeyGroup};
    use crate::model::consumer::lambda::tests::{changed, lambda, plan, tumbling};
    use crate::model::events::BILLION;
    use crate::model::log::Kept;
    use crate::model::plan::{DurationPlan, LambdaPlan};
    use crate::model::stream::{Call, Offer};

    const SAME: MappingChange = MappingChange {
        enabled: None,
        batch_size: None,
        batching_window: None,
        factor: None,
        retries: None,
        record_age: None,
        bisect: None,
        partial: None,
        on_failure: None,
        tumbling: None,
        passes: None,
    };

    /// Four records wait for a window of 10 s: three are a batch as soon as three are enough, and
    /// the last one goes when its window, which opened at 3.1 s, is cut to 1 s.
    #[test]
    fn what_is_gathered_is_judged_by_the_new_rule() {
        let plan = LambdaPlan { batching_window: Span::from_s(10), ..lambda() };
        let changes = [
            (3_000, MappingChange { batch_size: Some(3), ..SAME }),
            (5_000, MappingChange { batching_window: Some(Span::from_s(1)), ..SAME }),
        ];
        let trace = changed(&plan, &[(500, 4, 100)], (&[], &changes), 60);
        assert_eq!(trace, ["3000 invoke 3", "3100 done", "5000 invoke 1", "5100 done"]);
    }

    /// ESM-22, ESM-25: what comes while it is disabled is read when it was enabled and the pause of
    /// 2 s is over, from where it stopped.
    #[test]
    fn a_disabled_mapping_keeps_its_place() {
        let mut plan = lambda();
        plan.mapping.update_pause = Span::from_s(2);
        let changes = [
            (1_900, MappingChange { enabled: Some(false), ..SAME }),
            (6_000, MappingChange { enabled: Some(true), ..SAME }),
        ];
        let arrivals = [(500, 1, 100), (1_500, 1, 100), (4_500, 1, 100)];
        let trace = changed(&plan, &arrivals, (&[], &changes), 20);
        assert_eq!(trace, ["1000 invoke 1", "1100 done", "8000 invoke 2", "8100 done"]);
        // Any other change lets it rest as well, but what it holds is worked on.
        let changes = [(1_050, MappingChange { batch_size: Some(1), ..SAME })];
        let arrivals = [(500, 2, 100), (1_500, 1, 100)];
        let trace = changed(&plan, &arrivals, (&[], &changes), 20);
        assert_eq!(trace, ["1000 invoke 2", "1100 done", "4000 invoke 1", "4100 done"]);
    }

    /// A try that is due while it is disabled comes when it is enabled again; disabling it once
    /// more before that takes the enabling back.
    #[test]
    fn a_disabled_mapping_tries_nothing() {
        let mut plan = LambdaPlan { retries: None, ..lambda() };
        plan.function.errors = BILLION;
        plan.mapping.update_pause = Span::from_s(1);
        let on = |on| MappingChange { enabled: Some(on), ..SAME };
        let changes =
            [(1_500, on(false)), (3_000, on(true)), (3_500, on(false)), (4_000, on(true))];
        let trace = changed(&plan, &[(500, 8, 100)], (&[], &changes), 8);
        let expected = [
            "1000 invoke 8",
            "1100 failed",
            "5000 invoke 8",
            "5100 failed",
            "7100 invoke 8",
            "7200 failed",
        ];
        assert_eq!(trace, expected);
    }

    /// A batch that fails for ever has failed twice when one retry becomes the most: at its third
    /// failure it is given up.
    #[test]
    fn a_batch_in_hand_is_judged_by_the_new_retries() {
        let mut plan = LambdaPlan { retries: None, ..lambda() };
        plan.function.errors = BILLION;
        let changes = [(3_000, MappingChange { retries: Some(Some(1)), ..SAME })];
        let trace = changed(&plan, &[(500, 8, 100)], (&[], &changes), 60);
        let expected = [
            "1000 invoke 8",
            "1100 failed",
            "2100 invoke 8",
            "2200 failed",
            "4200 invoke 8",
            "4300 failed",
            "4300 8 given up",
        ];
        assert_eq!(trace, expected);
    }

    /// Three records of one key and two of another wait behind an invocation with both: only when
    /// it is over does each key go to its own lane. Then one lane takes both again.
    #[test]
    fn lanes_change_when_nothing_runs() {
        let mut plan = LambdaPlan { factor_max: 2, ..lambda() };
        plan.function.fixed = DurationPlan::Constant(Span::from_ms(1_500));
        let factor = |factor| MappingChange { factor: Some(factor), ..SAME };
        let changes = [(2_200, factor(2)), (4_500, factor(1))];
        let arrivals = [
            (500, 4, 100),
            (600, 4, 100),
            (1_500, 3, 100),
            (1_600, 2, 100),
            (4_600, 1, 100),
            (4_700, 1, 100),
        ];
        let trace = changed(&plan, &arrivals, (&[], &changes), 60);
        let expected = [
            "1000 invoke 8",
            "2500 done",
            "2500 invoke 3",
            "2500 invoke 2",
            "4000 done",
            "4000 done",
            "5000 invoke 2",
            "6500 done",
        ];
        assert_eq!(trace, expected);
    }

    /// A record that cannot be digested moves with its key: it blocks one of the two lanes.
    #[test]
    fn a_bad_record_moves_with_its_lane() {
        let plan = LambdaPlan { factor_max: 2, retries: None, ..lambda() };
        let changes = [(1_500, MappingChange { factor: Some(2), ..SAME })];
        let arrivals = [(500, 4, 100), (600, 4, 100)];
        let trace = changed(&plan, &arrivals, (&[(2, 999)], &changes), 3);
        let expected = [
            "1000 invoke 8",
            "1100 failed",
            "1500 invoke 4",
            "1500 invoke 4",
            "1600 failed",
            "1600 done",
            "2600 invoke 4",
            "2700 failed",
        ];
        assert_eq!(trace, expected);
    }

    /// Where there are to be no windows any more, the one in progress is closed at once; where they
    /// are to be of another length, it keeps its end.
    #[test]
    fn a_window_in_progress_is_closed_or_keeps_its_end() {
        let plan = LambdaPlan { tumbling: Some(tumbling(60)), factor_max: 2, ..lambda() };
        let arrivals = [(500, 2, 100), (6_500, 1, 100)];
        for factor in [None, Some(2)] {
            let changes = [(5_000, MappingChange { tumbling: Some(None), factor, ..SAME })];
            let trace = changed(&plan, &arrivals, (&[], &changes), 300);
            let expected = [
                "1000 invoke 2",
                "1100 done",
                "5000 invoke 0",
                "5100 done",
                "7000 invoke 1",
                "7100 done",
            ];
            assert_eq!(trace, expected);
        }
        let changes = [(5_000, MappingChange { tumbling: Some(Some(tumbling(10))), ..SAME })];
        let arrivals = [(500, 2, 100), (50_500, 1, 100), (60_500, 1, 100), (70_500, 1, 100)];
        let trace = changed(&plan, &arrivals, (&[], &changes), 72);
        let expected = [
            "1000 invoke 2",
            "1100 done",
            "51000 invoke 1",
            "51100 done",
            "61000 invoke 0",
            "61100 done",
            "61100 invoke 1",
            "61200 done",
            "71000 invoke 0",
            "71100 done",
            "71100 invoke 1",
            "71200 done",
        ];
        assert_eq!(trace, expected);
    }

    /// What is delivered: the births, in order.
    #[derive(Default)]
    struct Delivered(Vec<Instant>);

    impl Probe<Observation> for Delivered {
        fn observe(&mut self, _: Instant, what: Observation) {
            if let Observation::Delivered(it) = what {
                self.0.push(it.born.start);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// However often the lanes change and whatever fails, each record is delivered once, and
        /// those of a key in order.
        #[test]
        fn keys_keep_their_order(
            factors in prop::collection::vec((1_u64..60_000, 1_u32..=10), 1..8),
            keys in prop::collection::vec(any::<u64>(), 1..12),
            records in prop::collection::vec((1_u64..120, any::<prop::sample::Index>()), 1..600),
            batch_size in prop::sample::select(vec![1_u32, 3, 20, 1_000]),
            (bisect, partial, off) in any::<(bool, bool, bool)>(),
            seed in any::<u64>(),
        ) {
            let mut of = LambdaPlan { factor_max: 10, retries: None, ..lambda() };
            (of.batch_size, of.bisect, of.partial) = (batch_size, bisect, partial);
            of.function.fixed = DurationPlan::Exponential { mean: Span::from_ms(400) };
            of.function.errors = BILLION / 5;
            // Large batches that are never split would hardly ever get through.
            if batch_size <= 20 || bisect || partial {
                of.function.record_errors = BILLION / 50;
            }
            let plan = plan(of.clone());
            let kept = (1, Kept::Keys);
            let mut stream =
                Stream::new(&plan.streams[0], 0, kept, &mut Account::new(&plan.account));
            let mut account = Concurrency::new(&plan);
            let chance = (seed, 0);
            let mut mapping = Lambda::new((&plan.readers[0], &of), (0, 0), &stream, chance);
            let mut seen = Delivered::default();
            let mut changes = factors;
            changes.sort_unstable();
            let mut changes = changes.into_iter().peekable();
            let mut put: Vec<(Instant, u64)> = Vec::new();
            let mut ms = 0;
            for (gap, key) in records {
                ms += gap;
                let now = Instant::ZERO + Span::from_ms(ms);
                while let Some((at, factor)) = changes.next_if(|it| it.0 <= ms) {
                    let at = Instant::ZERO + Span::from_ms(at);
                    let before = Instant::from_ns(at.as_ns() - 1);
                    mapping.act(before, &mut stream, &mut account, &mut seen);
                    let change = MappingChange { factor: Some(factor), ..SAME };
                    let enabled = off.then_some(factor % 3 > 0);
                    mapping.update(&MappingChange { enabled, ..change }, at);
                }
                mapping.act(now, &mut stream, &mut account, &mut seen);
                let key = *key.get(&keys);
                let cohort = Cohort::single(KeyGroup::fresh(key), 100, now);
                let mut offers = [Offer { cohort, shard: 0, admitted: 0 }];
                stream.settle(now, Call::PutRecord, 0, &mut offers, &mut seen);
                put.push((now, key));
            }
            let end = Instant::from_s(100);
            mapping.update(&MappingChange { enabled: Some(true), ..SAME }, end);
            mapping.act(Instant::from_s(80_000), &mut stream, &mut account, &mut seen);
            prop_assert_eq!(seen.0.len(), put.len());
            prop_assert_eq!(mapping.in_hand(), 0);
            for key in keys {
                let births = put.iter().filter(|it| it.1 == key).map(|it| it.0);
                let births: Vec<Instant> = births.collect();
                let of_key = seen.0.iter().filter(|at| births.contains(at));
                prop_assert_eq!(of_key.copied().collect::<Vec<_>>(), births);
            }
        }
    }
}
