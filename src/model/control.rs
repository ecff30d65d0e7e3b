//! What happens at moments known beforehand.

use std::collections::VecDeque;

use crate::engine::Probe;
use crate::model::account::Account;
use crate::model::consumer::Consumer;
use crate::model::events::{ActionKind, Condition, FaultPlan};
use crate::model::observation::{Asker, Observation};
use crate::model::plan::{Plan, ReaderPlan};
use crate::model::reshard::{Reshard, ReshardCall};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// Acts first at its moment, so that everything else of that moment already sees the change.
#[derive(Clone, Debug)]
pub struct Control {
    /// In order of time, then as declared.
    turns: VecDeque<(Instant, Turn)>,
    faults: Vec<FaultPlan>,
    /// What each stream is UPDATING for.
    reshards: Vec<Reshard>,
    account: Account,
}

/// What a moment's turns change, beside the control itself.
pub struct Scene<'a> {
    /// All streams.
    pub streams: &'a mut [Stream],
    /// All consumers.
    pub consumers: &'a mut [Consumer],
}

/// Something that happens at its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    EndWarmUp,
    /// A fault of this reader begins or ends.
    Reader(usize),
    /// A fault of some producers' calls begins or ends.
    Producers,
    /// A stream keeps its records for another time.
    Retention(usize, Span),
    /// A stream's operators ask for other shards.
    Reshard(usize, ReshardCall),
}

impl Control {
    /// The turns of `plan`, for the streams of `account`.
    #[must_use]
    pub fn new(plan: &Plan, account: Account) -> Self {
        let mut turns = Vec::new();
        if !plan.warm_up.is_zero() {
            turns.push((Instant::ZERO + plan.warm_up, Turn::EndWarmUp));
        }
        for action in &plan.actions {
            match action.kind {
                ActionKind::RetentionPeriod { stream, to, holds_from, .. } => {
                    turns.push((holds_from, Turn::Retention(stream, to)));
                }
                ActionKind::Reshard { stream, call } => {
                    turns.push((action.at, Turn::Reshard(stream, call)));
                }
                ActionKind::RateChange { .. } => {}
            }
        }
        for fault in &plan.faults {
            let hit = |(number, reader): (usize, &ReaderPlan)| {
                let hit = fault.kind.reader() == Some(number);
                (hit || fault.kind.stream() == Some(reader.stream)).then_some(number)
            };
            for reader in plan.readers.iter().enumerate().filter_map(hit) {
                turns.push((fault.from, Turn::Reader(reader)));
                turns.push((fault.until, Turn::Reader(reader)));
            }
            if fault.kind.is_of_puts() {
                turns.push((fault.from, Turn::Producers));
                turns.push((fault.until, Turn::Producers));
            }
        }
        turns.sort_by_key(|turn| turn.0);
        let reshards = plan.streams.iter().map(|stream| Reshard::new(stream.reshard)).collect();
        Self { turns: turns.into(), faults: plan.faults.clone(), reshards, account }
    }

    /// When the next turn is due. Nothing that spans time may reach across it.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        let turn = self.turns.front().map_or(Instant::NEVER, |turn| turn.0);
        self.reshards.iter().map(Reshard::next_at).fold(turn, Instant::min)
    }

    /// Does what is due at `now`; `rouse` is told of consumers that may have to act sooner, and
    /// `upset` of the faults that producers suffer from, where that changes.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        scene: &mut Scene<'_>,
        probe: &mut P,
        mut rouse: impl FnMut(usize, Instant),
        upset: impl FnOnce(&[FaultPlan]),
    ) {
        for number in 0..self.reshards.len() {
            if self.reshards[number].next_at() <= now {
                self.go_on(now, number, scene, probe);
            }
        }
        let mut upsets = false;
        while let Some(&(at, turn)) = self.turns.front()
            && at <= now
        {
            self.turns.pop_front();
            match turn {
                Turn::EndWarmUp => probe.observe(now, Observation::WarmedUp),
                Turn::Reader(reader) => {
                    let consumer = &mut scene.consumers[reader];
                    let stream = &mut scene.streams[consumer.stream()];
                    // Of all faults: where one ends as another begins, nothing changes.
                    let condition = Condition::of(reader, consumer.stream(), now, &self.faults);
                    consumer.meet(condition, now, stream, probe);
                    rouse(reader, consumer.next_at());
                }
                Turn::Producers => upsets = true,
                Turn::Retention(stream, to) => scene.streams[stream].set_retention(now, to),
                Turn::Reshard(stream, call) => {
                    let stream = &scene.streams[stream];
                    self.ask(now, stream, Asker::Operator, call, probe);
                }
            }
        }
        if upsets {
            upset(&self.faults);
        }
    }

    /// Makes a call that changes the shards of `stream`, and states what came of it.
    fn ask<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &Stream,
        by: Asker,
        call: ReshardCall,
        probe: &mut P,
    ) {
        let number = stream.number();
        let reshard = &mut self.reshards[number as usize];
        let refused = reshard.call(now, call, stream, &mut self.account).err();
        probe.observe(now, Observation::Asked { stream: number, by, call, refused });
    }

    /// The steps that stream number `number` is UPDATING for are done.
    fn go_on<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        number: usize,
        scene: &mut Scene<'_>,
        probe: &mut P,
    ) {
        let (stream, reshard) = (&mut scene.streams[number], &mut self.reshards[number]);
        let number = stream.number();
        reshard.act(now, stream, &mut self.account, |closed, opened| {
            for &shard in closed {
                probe.observe(now, Observation::Closed { stream: number, shard });
            }
            for &shard in opened {
                probe.observe(now, Observation::Opened { stream: number, shard });
            }
        });
        let count = stream.open_shards();
        probe.observe(now, Observation::OpenShards { stream: number, count });
        if !reshard.is_at_work() {
            probe.observe(now, Observation::Active { stream: number });
        }
        let of = scene.consumers.iter_mut().filter(|it| it.stream() == number as usize);
        of.for_each(|consumer| consumer.extend(stream));
    }
}
