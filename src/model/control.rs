//! What happens at moments known beforehand.

use std::collections::VecDeque;

use crate::engine::Probe;
use crate::model::account::Account;
use crate::model::concurrency::Concurrency;
use crate::model::consumer::Consumer;
use crate::model::events::{ActionKind, ActionPlan, Condition, FaultPlan};
use crate::model::observation::{Asker, Observation};
use crate::model::on_demand::Watch;
use crate::model::plan::{MappingChange, OnDemandPlan, Plan, ReaderPlan, StreamMode};
use crate::model::reshard::{Operation, Refusal, Reshard, ReshardCall};
use crate::model::scaler::Scaler;
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
    scalers: Vec<Scaler>,
    /// Over each stream that is in on-demand mode, or may come to be.
    watches: Vec<Option<(Watch, OnDemandPlan)>>,
    /// When the next minute ends; never where nobody counts them.
    minute: Instant,
}

const MINUTE: Span = Span::from_s(60);

/// What a moment's turns change, beside the control itself.
pub struct Scene<'a> {
    /// All streams.
    pub streams: &'a mut [Stream],
    /// All consumers.
    pub consumers: &'a mut [Consumer],
    /// What their functions share.
    pub concurrency: &'a mut Concurrency,
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
    /// An event source mapping is changed.
    Mapping(usize, MappingChange),
    /// A function has another concurrency to itself, or none.
    Reserve(usize, Option<u32>),
}

impl Control {
    /// The turns of `plan`, for the streams of `account`.
    #[must_use]
    pub fn new(plan: &Plan, account: Account, streams: &mut [Stream], replicate: u64) -> Self {
        let mut turns = Vec::new();
        if !plan.warm_up.is_zero() {
            turns.push((Instant::ZERO + plan.warm_up, Turn::EndWarmUp));
        }
        let turn = |action: &ActionPlan| match action.kind {
            ActionKind::RetentionPeriod { stream, to, holds_from, .. } => {
                Some((holds_from, Turn::Retention(stream, to)))
            }
            ActionKind::Reshard { stream, call } => Some((action.at, Turn::Reshard(stream, call))),
            ActionKind::UpdateMapping { reader, change } => {
                Some((action.at, Turn::Mapping(reader, change)))
            }
            ActionKind::Reserve { reader, to } => Some((action.at, Turn::Reserve(reader, to))),
            ActionKind::RateChange { .. } => None,
        };
        turns.extend(plan.actions.iter().filter_map(turn));
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
        let watches: Vec<Option<(Watch, OnDemandPlan)>> = (0..)
            .zip(&plan.streams)
            .map(|(number, stream)| {
                let watch = Watch::new(&stream.name, plan.seed, replicate);
                may_be_on_demand(plan, number).then_some((watch, stream.on_demand))
            })
            .collect();
        let scalers: Vec<Scaler> = plan.scalers.iter().map(Scaler::new).collect();
        let mut counted = false;
        for (number, stream) in streams.iter_mut().enumerate() {
            if watches[number].is_some() || scalers.iter().any(|it| it.stream() == number) {
                stream.start_meter();
                counted = true;
            }
        }
        Self {
            turns: turns.into(),
            faults: plan.faults.clone(),
            reshards: plan.streams.iter().map(|stream| Reshard::new(stream.reshard)).collect(),
            account,
            scalers,
            watches,
            minute: if counted { Instant::ZERO + MINUTE } else { Instant::NEVER },
        }
    }

    /// When the next turn is due. Nothing that spans time may reach across it.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        let turn = self.turns.front().map_or(Instant::NEVER, |turn| turn.0);
        let reshards = self.reshards.iter().map(Reshard::next_at);
        let scalers = self.scalers.iter().map(Scaler::next_at);
        // What the service does by itself waits until a stream is ACTIVE.
        let watched = self.watches.iter().zip(&self.reshards);
        let watches = watched.filter(|it| !it.1.is_at_work()).filter_map(|it| it.0.as_ref());
        let watches = watches.map(|it| it.0.next_at());
        reshards.chain(scalers).chain(watches).fold(turn.min(self.minute), Instant::min)
    }

    /// How far its random streams have been used; those that never were leave no trace.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        self.watches.iter().flatten().flat_map(|it| it.0.draws())
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
            self.halve(now, number, scene, probe);
        }
        if self.minute <= now {
            self.end_minute(now, scene.streams);
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
                    consumer.meet(condition, now, (stream, scene.concurrency), probe);
                    rouse(reader, consumer.next_at());
                }
                Turn::Mapping(reader, change) => {
                    let consumer = &mut scene.consumers[reader];
                    consumer.update(&change, now);
                    rouse(reader, consumer.next_at());
                }
                Turn::Reserve(reader, to) => {
                    scene.consumers[reader].reserve(to, scene.concurrency);
                }
                Turn::Producers => upsets = true,
                Turn::Retention(stream, to) => scene.streams[stream].set_retention(now, to),
                Turn::Reshard(stream, call) => {
                    let stream = &scene.streams[stream];
                    self.ask(now, stream, Asker::Operator, call, probe);
                }
            }
        }
        for place in 0..self.scalers.len() {
            if self.scalers[place].next_at() <= now {
                self.scale(now, place, scene.streams, probe);
            }
        }
        if upsets {
            upset(&self.faults);
        }
    }

    /// A minute is over for those who count them.
    fn end_minute(&mut self, now: Instant, streams: &mut [Stream]) {
        for (number, (stream, watch)) in streams.iter_mut().zip(&mut self.watches).enumerate() {
            if !stream.has_meter() {
                continue;
            }
            let on_demand = stream.mode() == StreamMode::OnDemand;
            let mut busy = Vec::new();
            let minute = stream.end_minute(|shard, taken| busy.push((shard, taken)));
            if let Some((watch, plan)) = watch.as_mut().filter(|_| on_demand) {
                for (shard, taken) in busy {
                    watch.note(now, plan, shard, taken);
                }
            }
            for scaler in self.scalers.iter_mut().filter(|it| it.stream() == number) {
                scaler.note(now, minute);
            }
        }
        self.minute = now + MINUTE;
    }

    /// An autoscaler looks at its stream.
    fn scale<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        place: usize,
        streams: &[Stream],
        probe: &mut P,
    ) {
        let number = self.scalers[place].stream();
        let updating = self.reshards[number].is_at_work();
        if let Some(call) = self.scalers[place].look(now, &streams[number], updating) {
            let refused = self.ask(now, &streams[number], Asker::Autoscaler, call, probe);
            self.scalers[place].answered(now, call, refused);
        }
    }

    /// Halves the shards of a stream in on-demand mode whose time has come (KDS-O04).
    fn halve<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        number: usize,
        scene: &mut Scene<'_>,
        probe: &mut P,
    ) {
        let Some((watch, plan)) = &mut self.watches[number] else { return };
        if watch.next_at() > now || self.reshards[number].is_at_work() {
            return;
        }
        let stream = &mut scene.streams[number];
        let (mut closed, mut opened) = (Vec::new(), Vec::new());
        let on_demand = stream.mode() == StreamMode::OnDemand;
        for shard in watch.take_due(now) {
            let range = stream.shards[shard as usize].rest.range;
            let open = stream.shards[shard as usize].rest.lineage.closed.is_none();
            let room = stream.open_shards() < plan.shards_max;
            if on_demand && open && room && range.end - range.start > 2 {
                let (parents, children) =
                    stream.reshard(now, Operation::Split(shard, range.middle()));
                closed.extend(parents);
                opened.extend(children);
            }
        }
        if closed.is_empty() {
            return;
        }
        stream.reroute();
        state_changes(now, scene, number, (&closed, &opened), probe);
    }

    /// Makes a call that changes the shards of `stream`, and states what came of it.
    fn ask<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &Stream,
        by: Asker,
        call: ReshardCall,
        probe: &mut P,
    ) -> Option<Refusal> {
        let number = stream.number();
        let reshard = &mut self.reshards[number as usize];
        let refused = reshard.call(now, call, stream, &mut self.account).err();
        probe.observe(now, Observation::Asked { stream: number, by, call, refused });
        refused
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
        let (mut closed, mut opened) = (Vec::new(), Vec::new());
        let mode = stream.mode();
        reshard.act(now, stream, &mut self.account, |parents, children| {
            closed.extend_from_slice(parents);
            opened.extend_from_slice(children);
        });
        let after = stream.mode();
        if after != mode {
            probe.observe(now, Observation::ModeChanged { stream: number as u32, mode: after });
        }
        state_changes(now, scene, number, (&closed, &opened), probe);
        if !self.reshards[number].is_at_work() {
            probe.observe(now, Observation::Active { stream: number as u32 });
        }
    }
}

/// States which shards of a stream closed and which opened, and tells its consumers.
fn state_changes<P: Probe<Observation>>(
    now: Instant,
    scene: &mut Scene<'_>,
    number: usize,
    (closed, opened): (&[u32], &[u32]),
    probe: &mut P,
) {
    let stream = number as u32;
    for &shard in closed {
        probe.observe(now, Observation::Closed { stream, shard });
    }
    for &shard in opened {
        probe.observe(now, Observation::Opened { stream, shard });
    }
    let of = &scene.streams[number];
    probe.observe(now, Observation::OpenShards { stream, count: of.open_shards() });
    for consumer in scene.consumers.iter_mut().filter(|it| it.stream() == number) {
        consumer.extend(of);
    }
}

/// Whether stream number `number` is in on-demand mode at any time.
fn may_be_on_demand(plan: &Plan, number: usize) -> bool {
    let changes = plan.actions.iter().any(|action| match action.kind {
        ActionKind::Reshard { stream, call: ReshardCall::UpdateStreamMode { .. } } => {
            stream == number
        }
        _ => false,
    });
    changes || plan.streams[number].mode == StreamMode::OnDemand
}
