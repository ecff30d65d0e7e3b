//! How a Lambda function transforms records, batch by batch, before they are collected.

use std::collections::VecDeque;

use super::piece::Piece;
use super::{Due, Firehose};
use crate::engine::Probe;
use crate::model::concurrency::Concurrency;
use crate::model::consumer::lambda::{Course, Function, draw_part};
use crate::model::events::{BILLION, Condition};
use crate::model::facts;
use crate::model::observation::{
    Answer, Observation, RejectCause, Rejected, SkipCause, Transformed,
};
use crate::model::plan::TransformPlan;
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// The function, and what it decides by chance.
#[derive(Clone, Debug)]
pub(super) struct Transform {
    pub(super) plan: TransformPlan,
    function: Function,
    /// Which records are dropped, and which fail.
    fates: random::Stream,
}

/// Records of a shard that are to be transformed.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    open: Load,
    /// Closed, not yet with the function, in order.
    ready: VecDeque<Load>,
    /// With the function, or to be tried again; places that are free are empty.
    runs: Vec<Option<Run>>,
    /// Bytes to deliver of all of them, untransformed.
    pub(super) bytes: u64,
}

/// A batch, or what will be one.
#[derive(Clone, Debug, Default)]
struct Load {
    /// Each with the hash of its key, where that is needed.
    pieces: Vec<(Piece, u64)>,
    records: u32,
    bytes: u64,
    opened: Instant,
}

/// A batch that is being tried.
#[derive(Clone, Debug)]
struct Run {
    load: Load,
    /// Tries that failed.
    failed: u32,
    /// How the present one will go; `None` in a pause.
    course: Option<Course>,
    /// When the present one began.
    began: Instant,
}

impl Transform {
    pub(super) fn new(plan: &TransformPlan, chance: impl Fn(&str) -> random::Stream) -> Self {
        let fates = chance("transformed");
        Self { plan: *plan, function: Function::new(&plan.function, chance), fates }
    }

    pub(super) fn draws(&self) -> impl Iterator<Item = u128> + use<> {
        let own = Some(self.fates.position()).filter(|&position| position > 0);
        own.into_iter().chain(self.function.draws())
    }
}

impl Stage {
    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0 && self.loads().all(|load| load.records == 0)
    }

    fn loads(&self) -> impl Iterator<Item = &Load> {
        let runs = self.runs.iter().flatten().map(|run| &run.load);
        runs.chain(&self.ready).chain(std::iter::once(&self.open))
    }

    /// Records that wait for the function, and how old the oldest is.
    pub(super) fn waiting(&self, now: Instant) -> (u64, Option<Span>) {
        let paused = self.runs.iter().flatten().filter(|run| run.course.is_none());
        let loads = paused.map(|run| &run.load).chain(&self.ready);
        let records = loads.clone().map(|load| u64::from(load.records)).sum();
        let pieces = loads.flat_map(|load| &load.pieces);
        (records, pieces.map(|(piece, _)| piece.age_at(now)).max())
    }

    fn close(&mut self) {
        let load = std::mem::take(&mut self.open);
        if load.records > 0 {
            self.ready.push_back(load);
        }
    }

    /// Puts records into what fills, which is a batch each time it is full; whether it begins to
    /// be filled anew. Records are joined where nobody asks for their keys.
    fn put(
        &mut self,
        now: Instant,
        (mut piece, hash): (Piece, u64),
        size: u64,
        joins: bool,
    ) -> bool {
        let mut begins = false;
        self.bytes += piece.out;
        loop {
            let empty = self.open.records == 0;
            let mut k = piece.fitting(size.saturating_sub(self.open.bytes));
            if k == 0 && !empty {
                self.close();
                continue;
            }
            // A record that is larger than the buffer is a batch of its own.
            k = k.max(1);
            if empty {
                (self.open.opened, begins) = (now, true);
            }
            let whole = k >= piece.records;
            let part = if whole { piece } else { piece.split_off(k) };
            self.open.add(part, hash, joins);
            if self.open.bytes >= size {
                self.close();
                begins = false;
            }
            if whole {
                return begins;
            }
        }
    }
}

impl Load {
    /// Age of its oldest record at `now`.
    fn age_at(&self, now: Instant) -> Span {
        let ages = self.pieces.iter().map(|(piece, _)| piece.age_at(now));
        ages.max().unwrap_or(Span::ZERO)
    }

    fn add(&mut self, piece: Piece, hash: u64, joins: bool) {
        self.records += piece.records;
        self.bytes += piece.out;
        match self.pieces.last_mut() {
            Some((last, _)) if joins && last.takes(&piece) => last.join(&piece),
            _ => self.pieces.push((piece, hash)),
        }
    }
}

impl Firehose {
    /// What a shard answered is to be transformed.
    pub(super) fn collect(&mut self, now: Instant, i: usize, fresh: &[(Piece, u64)]) {
        let Some(transform) = &self.transform else { return };
        let (size, joins) = (transform.plan.size, !self.by_key());
        let stage = &mut self.shards[i].stage;
        // Records of two answers are not joined: the next one begins a piece.
        let (mut begins, mut first) = (false, true);
        for &(piece, hash) in fresh {
            begins = stage.put(now, (piece, hash), size, joins && !first) || begins;
            first = false;
        }
        if begins && stage.open.records > 0 {
            let due = Due::Collected(i as u32, stage.open.opened);
            self.timers.set(now + transform.plan.interval, due);
        }
    }

    /// The time is up for which a shard's records were collected, if they are those of then.
    pub(super) fn collected(&mut self, i: usize, opened: Instant) {
        let stage = &mut self.shards[i].stage;
        if stage.open.opened == opened {
            stage.close();
        }
    }

    /// All of a shard is read: what is collected waits for no more.
    pub(super) fn collect_no_more(&mut self, i: usize) {
        self.shards[i].stage.close();
    }

    /// Hands batches of a shard over to the function, as many as may be (FH-84).
    pub(super) fn hand_over<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let Some(most) = self.transform.as_ref().map(|it| it.plan.outstanding as usize) else {
            return;
        };
        while !self.shards[i].stage.ready.is_empty() {
            let stage = &mut self.shards[i].stage;
            let free = stage.runs.iter().position(Option::is_none);
            let Some(place) = free.or((stage.runs.len() < most).then_some(stage.runs.len())) else {
                return;
            };
            let Some(load) = stage.ready.pop_front() else { return };
            let run = Some(Run { load, failed: 0, course: None, began: now });
            match stage.runs.get_mut(place) {
                Some(at) => *at = run,
                None => stage.runs.push(run),
            }
            self.try_out(now, (i, place), account, probe);
        }
    }

    /// Tries to have a batch transformed.
    pub(super) fn try_out<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (i, place): (usize, usize),
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let (Some(transform), Some(Some(run))) =
            (&mut self.transform, self.shards[i].stage.runs.get_mut(place))
        else {
            return;
        };
        let sound = &Condition::SOUND;
        let Some(start) = transform.function.take(now, sound, account) else {
            return self.failed(now, (i, place), (None, Span::ZERO), probe);
        };
        let mut course = transform.function.course(run.load.records, (start, None), false, sound);
        // Data go there and back in base64 (FH-81).
        let answer = transform.plan.made(run.load.bytes).div_ceil(3).saturating_mul(4);
        if course.answer == Answer::Done && answer > facts::TRANSFORM_ANSWER_MAX {
            course.answer = Answer::Failed;
        }
        (run.course, run.began) = (Some(course), now);
        self.timers.set(now + start + course.work, Due::Transformed(i as u32, place as u32));
    }

    /// A batch could not be transformed: it is tried again, or goes to the error output (FH-83), or
    /// is lost where it was kept for as long as it may be.
    fn failed<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (i, place): (usize, usize),
        (answer, took): (Option<Answer>, Span),
        probe: &mut P,
    ) {
        let (Some(transform), Some(at)) =
            (&self.transform, self.shards[i].stage.runs.get_mut(place))
        else {
            return;
        };
        let Some(run) = at else { return };
        run.failed += 1;
        run.course = None;
        let (reader, records) = (self.lanes.number, run.load.records);
        let (shard, dropped, dropped_bytes) = (i as u32, 0, 0);
        let over = Transformed { reader, shard, records, dropped, dropped_bytes, answer, took };
        probe.observe(now, Observation::Transformed(over));
        let again = now + transform.plan.retry_every;
        let tried_out = run.failed >= transform.plan.tries;
        // What was put directly is kept for a day, whatever holds it up (FH-12).
        let lost =
            !tried_out && self.plan.delivery.kept.is_some_and(|most| run.load.age_at(again) > most);
        if !tried_out && !lost {
            return self.timers.set(again, Due::TryAgain(i as u32, place as u32));
        }
        let Some(run) = at.take() else { return };
        self.shards[i].stage.bytes -= run.load.bytes;
        if lost {
            let (records, cause) = (u64::from(records), SkipCause::Expired);
            self.held -= records;
            return probe.observe(now, Observation::Skipped { reader, records, cause });
        }
        let bytes = run.load.pieces.iter().map(|(piece, _)| piece.bytes).sum();
        self.reject(now, (u64::from(records), bytes), RejectCause::Transform, probe);
    }

    /// Records go to the error output before they come into a buffer.
    pub(super) fn reject<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (records, bytes): (u64, u64),
        cause: RejectCause,
        probe: &mut P,
    ) {
        if records == 0 {
            return;
        }
        let reader = self.lanes.number;
        self.held -= records;
        let skipped = Observation::Skipped { reader, records, cause: SkipCause::Undelivered };
        probe.observe(now, skipped);
        probe.observe(now, Observation::Rejected(Rejected { reader, records, bytes, cause }));
    }

    /// A batch whose try failed is tried again.
    pub(super) fn try_again<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        place: (usize, usize),
        (stream, account): (&Stream, &mut Concurrency),
        probe: &mut P,
    ) {
        self.try_out(now, place, account, probe);
        self.advance(now, place.0, (stream, account), probe);
    }

    /// Goes on where a batch of a shard may be done with.
    fn advance<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        (stream, account): (&Stream, &mut Concurrency),
        probe: &mut P,
    ) {
        self.hand_over(now, i, account, probe);
        self.end(now, i, stream);
        self.go_on_from(now, i, stream);
        self.resume(now, i);
    }

    /// The function has answered.
    pub(super) fn transformed<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (i, place): (usize, usize),
        (stream, account): (&Stream, &mut Concurrency),
        probe: &mut P,
    ) {
        let Some(transform) = &mut self.transform else { return };
        let runs = &mut self.shards[i].stage.runs;
        let Some(at) = runs.get_mut(place) else { return };
        let Some(course) = at.as_mut().and_then(|run| run.course.take()) else { return };
        transform.function.give_back(now, false, account);
        let took = course.start + course.work;
        if course.answer == Answer::Done {
            if let Some(run) = at.take() {
                self.shards[i].stage.bytes -= run.load.bytes;
                self.pass_on(now, i, (run.load, took), probe);
            }
        } else {
            self.failed(now, (i, place), (Some(course.answer), took), probe);
        }
        self.advance(now, i, (stream, account), probe);
    }

    /// What the function made of a batch goes to its buffers.
    fn pass_on<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        (mut load, took): (Load, Span),
        probe: &mut P,
    ) {
        let Some(transform) = &mut self.transform else { return };
        let (plan, fates) = (transform.plan, &mut transform.fates);
        let part = |share: u64| share as f64 / BILLION as f64;
        let (mut dropped, mut failed) = ((0, 0), (0, 0));
        for (piece, _) in &mut load.pieces {
            let gone = piece.draw_off(draw_part(piece.records, part(plan.drops), fates));
            dropped = (dropped.0 + gone.records, dropped.1 + gone.bytes);
            let gone = piece.draw_off(draw_part(piece.records, part(plan.failed), fates));
            failed = (failed.0 + u64::from(gone.records), failed.1 + gone.bytes);
            piece.out = plan.made(piece.out);
        }
        load.pieces.retain(|(piece, _)| piece.records > 0);
        let reader = self.lanes.number;
        probe.observe(
            now,
            Observation::Transformed(Transformed {
                reader,
                shard: i as u32,
                records: load.records,
                dropped: dropped.0,
                dropped_bytes: dropped.1,
                answer: Some(Answer::Done),
                took,
            }),
        );
        if dropped.0 > 0 {
            let (records, cause) = (u64::from(dropped.0), SkipCause::Filtered);
            self.held -= records;
            probe.observe(now, Observation::Skipped { reader, records, cause });
        }
        self.reject(now, failed, RejectCause::Transform, probe);
        self.deal(now, i, &load.pieces, probe);
    }

    /// Firehose is down: what is with the function is lost, and will be handed over again.
    pub(super) fn call_back<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let Some(transform) = &mut self.transform else { return };
        let reader = self.lanes.number;
        for (shard, stage) in (0..).zip(self.shards.iter_mut().map(|shard| &mut shard.stage)) {
            for run in stage.runs.drain(..).rev().flatten() {
                if let Some(course) = run.course {
                    transform.function.give_back(now, true, account);
                    let (records, answer) = (run.load.records, Some(Answer::Lost));
                    // It has run until now.
                    let took = now.since(run.began).min(course.start + course.work);
                    let (dropped, dropped_bytes) = (0, 0);
                    let over = Transformed {
                        reader,
                        shard,
                        records,
                        dropped,
                        dropped_bytes,
                        answer,
                        took,
                    };
                    probe.observe(now, Observation::Transformed(over));
                }
                stage.ready.push_front(run.load);
            }
            stage.close();
        }
    }
}
