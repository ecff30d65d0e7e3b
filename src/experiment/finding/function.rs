//! What is to be said of the functions of a stream: their lanes (`lane`), K304 and K305.

use super::lane::{self, View};
use super::slow::arrivals;
use super::{Evidence, Finding, severity};
use crate::experiment::forecast::lanes;
use crate::experiment::forecast::{Forecast, Lane, StreamForecast};
use crate::experiment::key_map::KeyMap;
use crate::experiment::load::StreamLoad;
use crate::experiment::outcome::{LambdaOutcome, Outcome};
use crate::model::facts;
use crate::model::hashing::shard_id;
use crate::model::plan::{LambdaPlan, Plan, ReaderPlan};
use crate::scenario::Scenario;

/// Below this share of throttled tries nothing is said of concurrency.
const THROTTLED_LEAST: f64 = 0.001;
/// A batch is small where it has at most this part of `batch_size`.
const SMALL_MOST: f64 = 0.5;
/// Batches never fill where at least this part of them is ended by something else.
const ENDED_LEAST: f64 = 0.9;

/// K304: fewer invocations at a time than lanes that want them.
///
/// Before a run: where the lanes of those that share a limit are more than it. After one: where
/// tries to invoke the function were throttled besides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConcurrencyShort {
    /// Lanes of a shard.
    pub factor: u32,
    /// Lanes of all shards.
    pub lanes: u64,
    /// Lanes of all functions that share the limit.
    pub sharing: u64,
    /// Invocations at a time.
    pub limit: u32,
    /// Whether the function has reserved them; else they are what no function has.
    pub reserved: bool,
    /// Invocations at a time that those who share it need at the peak, at least; before a run.
    pub needed: Option<f64>,
    /// Tries that were throttled, and their part of all; after a run.
    pub throttled: Option<(u64, f64)>,
    /// The least that would be enough for every lane, where an account can have it.
    pub enough: Option<u64>,
}

impl ConcurrencyShort {
    /// Whether the limit surely binds: it did, or even full batches need more.
    #[must_use]
    pub fn binds(&self) -> bool {
        self.throttled.is_some() || self.needed.is_some_and(|it| it > f64::from(self.limit))
    }
}

/// K305: batches that never come near `batch_size`.
///
/// Stated where they have half of it or less, and nine tenths are ended by a window that is meant
/// to fill them, or by an event that has no room for more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmallBatches {
    /// `batch_size`.
    pub batch_size: u32,
    /// Records of a batch: the mean, or before a run what comes to the busiest lane at its peak.
    pub records: f64,
    /// What ends them.
    pub ended_by: Ender,
    /// Part of the batches that it ends; after a run.
    pub share: Option<f64>,
    /// A window in which they would fill (s), where Lambda takes one as long.
    pub window_needed_s: Option<u64>,
}

/// What ends a batch that is not full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ender {
    /// `maximum_batching_window`, of so long (s).
    Window(f64),
    /// The event has no room for more: for so many bytes (ESM-36).
    Payload(u64),
}

/// The findings of the functions of the stream with this index, of what was played.
pub(super) fn find(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Vec<Finding> {
    let plan = &scenario.plan;
    let readers = || plan.readers.iter().zip(&outcome.consumers).filter(|it| it.0.stream == index);
    if !readers().any(|(reader, _)| reader.lambda().is_some()) {
        return Vec::new();
    }
    let stored = arrivals(load);
    let offered: Vec<f64> =
        outcome.producers.iter().map(|it| it.write.offered_records as f64).collect();
    // Where shards open and close, nobody knows which keys a lane had.
    let map = if load.changes() { None } else { KeyMap::new(plan, index, &offered) };
    let most = (!load.changes()).then(|| in_fullest_minute(load));
    let ids: Vec<String> = load.stream.shards.iter().map(|shard| shard.id.clone()).collect();
    let mut findings = Vec::new();
    for (reader, consumer) in readers() {
        let Some((lambda, did)) = reader.lambda().zip(consumer.lambda.as_deref()) else { continue };
        let lane = Lane::new(reader, lambda, mean_bytes(load));
        let most = most.as_deref().filter(|_| wants_no_more(plan, index));
        let view = View { plan, lambda, lane, map: map.as_ref(), ids: &ids, stored: &stored, most };
        let mut found = lane::find(&view);
        found.extend(throttled(plan, reader, lambda, did).map(Evidence::ConcurrencyShort));
        found.extend(small(lambda, &lane, did).map(Evidence::SmallBatches));
        findings.extend(found.into_iter().map(|evidence| of(reader, evidence)));
    }
    findings
}

/// The same before anything is played.
pub(super) fn foresee(
    plan: &Plan,
    index: usize,
    forecast: &Forecast,
    stream: &StreamForecast,
) -> Vec<Finding> {
    let (stored, most) = (stream.stored(), stream.stored_at_peak());
    let ids: Vec<String> =
        plan.streams[index].open_shards().iter().map(|shard| shard_id(shard.number)).collect();
    let mut findings = Vec::new();
    for (number, reader) in plan.readers.iter().enumerate().filter(|(_, it)| it.stream == index) {
        let Some(lambda) = reader.lambda() else { continue };
        let lane = Lane::new(reader, lambda, stream.record_bytes());
        let map = stream.placement_mean.as_ref();
        let fixed = !super::is_scaled(plan, index) && wants_no_more(plan, index);
        let most_of = fixed.then_some(most.as_slice());
        let view = View { plan, lambda, lane, map, ids: &ids, stored: &stored, most: most_of };
        let mut found = lane::find(&view);
        found.extend(short(plan, number, forecast).map(Evidence::ConcurrencyShort));
        found.extend(small_at_peak(&view, &most).map(Evidence::SmallBatches));
        findings.extend(found.into_iter().map(|evidence| of(reader, evidence)));
    }
    findings
}

fn of(reader: &ReaderPlan, evidence: Evidence) -> Finding {
    Finding { severity: severity(&evidence), subject: reader.name.clone(), evidence }
}

/// Whether a stream has nothing to catch up with, for which more lanes may be meant.
fn wants_no_more(plan: &Plan, index: usize) -> bool {
    plan.faults.is_empty() && plan.streams[index].initial.is_none()
}

/// What each shard stores in the minute in which that is most [records/s].
fn in_fullest_minute(load: &StreamLoad) -> Vec<f64> {
    let mut most = vec![0.0_f64; load.shards()];
    for window in &load.windows {
        for (shard, cell) in load.open_in(window) {
            most[shard] = most[shard].max(cell.accepted_records as f64 / cell.seconds);
        }
    }
    most
}

fn mean_bytes(load: &StreamLoad) -> f64 {
    let cells = (0..load.shards()).map(|shard| load.total(shard));
    let sum = cells.fold((0, 0), |sum: (u64, u64), cell| {
        (sum.0 + cell.accepted_bytes, sum.1 + cell.accepted_records)
    });
    sum.0 as f64 / (sum.1 as f64).max(1.0)
}

/// Of a function its lanes, those of all that share its limit, and the limit. Functions that
/// transform records of Firehose share it too, with the batches that may be with them (FH-84).
fn limits(plan: &Plan, reader: &ReaderPlan, lambda: &LambdaPlan) -> (u64, u64, u32) {
    let shards = |reader: &ReaderPlan| {
        u64::from(plan.streams.get(reader.stream).map_or(0, |stream| stream.shard_count))
    };
    let lanes =
        |reader: &ReaderPlan, lambda: &LambdaPlan| shards(reader) * u64::from(lambda.factor);
    let own = lanes(reader, lambda);
    if let Some(reserved) = lambda.function.reserved {
        return (own, own, reserved);
    }
    let functions = || plan.readers.iter().filter_map(|it| Some((it, it.lambda()?)));
    let shared = functions().filter(|(_, it)| it.function.reserved.is_none());
    let reserved = functions().filter_map(|(_, it)| it.function.reserved);
    let reserved = reserved.fold(0, u32::saturating_add);
    let limit = plan.account.concurrent_executions.saturating_sub(reserved);
    let transforms = plan.readers.iter().filter_map(|reader| {
        let transform = reader.firehose()?.transform.as_ref()?;
        Some(shards(reader) * u64::from(transform.outstanding))
    });
    let sharing = shared.map(|(reader, it)| lanes(reader, it)).chain(transforms).sum();
    (own, sharing, limit)
}

fn concurrency(plan: &Plan, reader: &ReaderPlan, lambda: &LambdaPlan) -> Option<ConcurrencyShort> {
    let (lanes, sharing, limit) = limits(plan, reader, lambda);
    let all = u64::from(plan.account.concurrent_executions);
    let reserved = lambda.function.reserved.is_some();
    let others = plan.readers.iter().filter_map(|it| it.lambda()?.function.reserved);
    let others: u64 = others.map(u64::from).sum();
    // Of what is reserved 100 must be left to all (ESM-59).
    let others = others - lambda.function.reserved.map_or(0, u64::from);
    let fits = !reserved || lanes + others + u64::from(facts::UNRESERVED_MIN) <= all;
    let enough = if reserved { lanes } else { sharing + others };
    (sharing > u64::from(limit)).then_some(ConcurrencyShort {
        factor: lambda.factor,
        lanes,
        sharing,
        limit,
        reserved,
        needed: None,
        throttled: None,
        enough: fits.then_some(enough),
    })
}

/// K304 after a run.
fn throttled(
    plan: &Plan,
    reader: &ReaderPlan,
    lambda: &LambdaPlan,
    did: &LambdaOutcome,
) -> Option<ConcurrencyShort> {
    let short = concurrency(plan, reader, lambda)?;
    let (throttles, invocations) = (did.judged.throttles, did.judged.invocations);
    let share = throttles as f64 / ((throttles + invocations) as f64).max(1.0);
    let throttled = Some((throttles, share));
    (share >= THROTTLED_LEAST).then_some(ConcurrencyShort { throttled, ..short })
}

/// K304 before a run, of the function that is reader number `number`.
fn short(plan: &Plan, number: usize, forecast: &Forecast) -> Option<ConcurrencyShort> {
    let reader = &plan.readers[number];
    let short = concurrency(plan, reader, reader.lambda()?)?;
    let shares = |(other, it): &(usize, &ReaderPlan)| {
        let of = it.lambda();
        of.is_some_and(|of| *other == number || (!short.reserved && of.function.reserved.is_none()))
    };
    let busy = |(other, it): (usize, &ReaderPlan)| -> f64 {
        let (stream, lambda) = (&forecast.streams[it.stream], it.lambda());
        let Some((function, lambda)) = forecast.readers[other].function.as_ref().zip(lambda) else {
            return 0.0;
        };
        let map = stream.placement_mean.as_ref();
        let lanes = lanes::arrivals(map, lambda, lambda.factor, &stream.stored_at_peak());
        lanes.into_iter().map(|arrival| function.lane.busy_least(arrival)).sum()
    };
    let needed = plan.readers.iter().enumerate().filter(shares).map(busy).sum();
    Some(ConcurrencyShort { needed: Some(needed), ..short })
}

/// K305 after a run.
fn small(lambda: &LambdaPlan, lane: &Lane, did: &LambdaOutcome) -> Option<SmallBatches> {
    let all: u64 = did.judged.batches.iter().sum();
    let records = did.batch_records.mean()?;
    let [_, by_payload, by_window, _] = did.judged.batches;
    let window_s = lambda.batching_window.as_s();
    let (ended_by, count) = if by_payload >= by_window {
        (Ender::Payload(lambda.payload.max.0), by_payload)
    } else {
        (Ender::Window(window_s), by_window)
    };
    let share = count as f64 / (all as f64).max(1.0);
    let is_meant = !matches!(ended_by, Ender::Window(_)) || window_s > 0.0;
    let is_small = records <= SMALL_MOST * f64::from(lambda.batch_size);
    (is_meant && is_small && share >= ENDED_LEAST).then(|| SmallBatches {
        batch_size: lambda.batch_size,
        records,
        ended_by,
        share: Some(share),
        window_needed_s: window_needed(lane, lambda, ended_by, records / window_s),
    })
}

/// K305 before a run: what not even the busiest lane has at its peak.
fn small_at_peak(view: &View<'_>, most: &[f64]) -> Option<SmallBatches> {
    let (lane, lambda) = (&view.lane, view.lambda);
    let arrival = lanes::arrivals(view.map, lambda, lambda.factor, most).into_iter();
    let arrival = arrival.fold(0.0, f64::max);
    let window_s = lambda.batching_window.as_s();
    let gathered = arrival * lane.gather_s.max(lane.invocation_s(lane.batch));
    let room = f64::from(lane.room);
    let (ended_by, records) = if gathered >= room {
        (Ender::Payload(lambda.payload.max.0), room)
    } else {
        (Ender::Window(window_s), gathered)
    };
    let is_meant = !matches!(ended_by, Ender::Window(_)) || window_s > 0.0;
    let is_small = records <= SMALL_MOST * f64::from(lambda.batch_size);
    (is_meant && is_small && lambda.tumbling.is_none() && arrival > 0.0).then(|| SmallBatches {
        batch_size: lambda.batch_size,
        records,
        ended_by,
        share: None,
        window_needed_s: window_needed(lane, lambda, ended_by, arrival),
    })
}

/// A window in which so many records a second fill a batch (s), where Lambda takes one as long.
fn window_needed(lane: &Lane, lambda: &LambdaPlan, by: Ender, per_s: f64) -> Option<u64> {
    let needed = (f64::from(lambda.batch_size) / per_s.max(f64::MIN_POSITIVE)).ceil();
    let fits = lambda.batch_size <= lane.room && needed <= facts::BATCHING_WINDOW_MAX.as_s();
    (fits && matches!(by, Ender::Window(_))).then_some(needed as u64)
}
