//! What cannot be played in quanta, and why.

use crate::model::aggregate::answers::Prospect;
use crate::model::aggregate::calls::Filling;
use crate::model::facts;
use crate::model::plan::{
    Api, ArrivalsPlan, BufferPlan, ClientPlan, Enforcer, FirehosePlan, KeyPlan, Plan, ProducerPlan,
    ProfilePlan, ReaderPlan, Resolution, SourcePlan, StreamPlan, TraceRow,
};
use crate::model::record_size::{largest, mean};
use crate::model::retry::RetryPlan;
use crate::time::Span;

/// Why a stream is played record by record where quanta were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The producer that cannot be played in quanta, by number.
    pub producer: usize,
    /// What stands in the way.
    pub reason: Reason,
}

/// What a quantum does not play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Many of its records come at one moment.
    Bursts,
    /// It sets explicit hash keys beside the keys of a trace.
    ExplicitHashKeys,
    /// Its calls take time to be answered, and may come to be as many at once as it may have.
    InFlight,
    /// Its memory is limited.
    Buffer,
    /// Its calls wait for company for more than [`LINGER_MAX`] quanta.
    Linger,
    /// What is refused waits for more than [`BACKOFF_MAX`] quanta to be sent again.
    Backoff,
    /// It offers more than [`RECORDS_MAX`] records in a quantum.
    Crowd,
    /// Its records may be larger than all that a shard takes in a window.
    RecordSize,
    /// Its records are made of what a consumer has processed.
    Fed,
    /// It puts to Firehose, whose limits are not those of shards.
    DirectPut,
    /// It is fed from the stream, and its records have the keys of those they are made of.
    KeysGoOn,
    /// A delivery stream parts its records by their keys.
    KeysPart,
}

/// Quanta that a call may wait for company: what waits is kept shard by shard.
pub const LINGER_MAX: u64 = 1_000;
/// Quanta that a refused record may wait: there is a place for each.
pub const BACKOFF_MAX: u64 = 30_000;
/// Records a producer may offer in a quantum: they are counted in 32 bits, retries included.
pub const RECORDS_MAX: f64 = 1e9;

/// Whether stream number `stream` of `plan` is played in quanta, and of what length. One that
/// nobody writes to is not.
///
/// # Errors
/// What stands in the way, where quanta were asked for.
pub fn quantum(plan: &Plan, stream: usize) -> Result<Option<Span>, Unfit> {
    match plan.resolution {
        Resolution::Exact => Ok(None),
        Resolution::Quantum(cell) => quantum_of(plan, stream, cell),
    }
}

/// The same where quanta of `cell` are asked for, whatever `plan` says.
///
/// # Errors
/// What stands in the way.
pub fn quantum_of(plan: &Plan, stream: usize, cell: Span) -> Result<Option<Span>, Unfit> {
    let mut writers = plan.producers.iter().enumerate().filter(|(_, it)| it.stream == stream);
    let mut found = None;
    writers.try_for_each(|(number, producer)| {
        found = Some(cell);
        let reason = reason(plan, number, producer, cell);
        reason.map_or(Ok(()), |reason| Err(Unfit { producer: number, reason }))
    })?;
    let parts = |it: &ReaderPlan| it.firehose().is_some_and(FirehosePlan::parts_by_key);
    let mut readers = plan.readers.iter().filter(|it| it.stream == stream);
    let writer = plan.producers.iter().position(|it| it.stream == stream);
    if let Some(producer) = writer.filter(|_| readers.any(parts)) {
        return Err(Unfit { producer, reason: Reason::KeysPart });
    }
    match keys_go_to(plan, stream).filter(|_| found.is_some()) {
        Some(producer) => Err(Unfit { producer, reason: Reason::KeysGoOn }),
        None => Ok(found),
    }
}

/// Whether the keys of stream number `stream` go on with what is made of its records.
#[must_use]
pub fn keys_go_on(plan: &Plan, stream: usize) -> bool {
    keys_go_to(plan, stream).is_some()
}

/// The first producer whose records have the keys of those of stream number `stream` that they are
/// made of: a quantum knows of no record's key.
fn keys_go_to(plan: &Plan, stream: usize) -> Option<usize> {
    plan.producers.iter().position(|producer| {
        let by = producer.fed.filter(|fed| fed.same_key.is_some());
        by.and_then(|fed| plan.readers.get(fed.consumer)).is_some_and(|it| it.stream == stream)
    })
}

/// Whether any stream of `plan` is played in quanta.
#[must_use]
pub fn has_quanta(plan: &Plan) -> bool {
    (0..plan.streams.len()).any(|stream| matches!(quantum(plan, stream), Ok(Some(_))))
}

/// What is counted together as a second is: a second, or a quantum where those are longer.
#[must_use]
pub fn second(plan: &Plan) -> Span {
    let second = Span::from_s(1);
    match plan.resolution {
        Resolution::Quantum(cell) if has_quanta(plan) => cell.max(second),
        _ => second,
    }
}

/// Why producer number `number` of `plan` cannot be played in quanta of `cell`; `None` if it can.
/// Every field of a plan is named, so that a new one is not forgotten.
fn reason(plan: &Plan, number: usize, producer: &ProducerPlan, cell: Span) -> Option<Reason> {
    let ProducerPlan { name: _, stream, instances: _, source, fed, client } = producer;
    if fed.is_some() {
        return Some(Reason::Fed);
    }
    let ClientPlan { api, retry, latency: _, max_in_flight, buffer, internal_failure: _ } = client;
    // Latencies and failures, those of faults as well.
    let prospect = Prospect::of(plan, number);
    let waits = backs_off(retry, prospect.fails).as_ns() as f64 + prospect.longest;
    let stream = plan.streams.get(*stream);
    if stream.is_some_and(|it| it.direct.is_some()) {
        return Some(Reason::DirectPut);
    }
    let crowds = max_in_flight.is_some_and(|most| exceeds(most, producer, prospect.mean));
    let reasons = [
        (crowds, Reason::InFlight),
        (*buffer != BufferPlan::Unlimited, Reason::Buffer),
        (lingers(*api) > cell.times(LINGER_MAX), Reason::Linger),
        (waits > cell.times(BACKOFF_MAX).as_ns() as f64, Reason::Backoff),
        (stream.is_some_and(|it| exceeds_window(source, it)), Reason::RecordSize),
    ];
    let of_client = || reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason);
    of_source(source, cell).or_else(of_client)
}

fn of_source(source: &SourcePlan, cell: Span) -> Option<Reason> {
    match source {
        SourcePlan::Synthetic { rate, arrivals, sizes: _, keys: _ } => match arrivals {
            ArrivalsPlan::Bursty { .. } => Some(Reason::Bursts),
            ArrivalsPlan::Even | ArrivalsPlan::Poisson => {
                (peak(rate) * cell.as_s() > RECORDS_MAX).then_some(Reason::Crowd)
            }
        },
        SourcePlan::Trace { rows: _, keys } => {
            let KeyPlan { names: _, weights: _, drift: _, explicit, placement: _ } = keys;
            explicit.is_some().then_some(Reason::ExplicitHashKeys)
        }
    }
}

/// Highest rate [records/s].
fn peak(rate: &ProfilePlan) -> f64 {
    rate.points.iter().map(|point| point.1).fold(0.0, f64::max)
}

/// How long a call waits for company at most.
fn lingers(api: Api) -> Span {
    match api {
        Api::PutRecord => Span::ZERO,
        Api::PutRecords { linger } => linger,
    }
}

/// How long what was refused waits at most before it is sent again.
fn backs_off(retry: &RetryPlan, fails: bool) -> Span {
    let failed = |attempts| if fails { retry.failed.longest(attempts - 1) } else { Span::ZERO };
    match retry.max_attempts {
        0 | 1 => Span::ZERO,
        attempts => retry.throttled.longest(attempts - 1).max(failed(attempts)),
    }
}

/// Whether an instance of `producer`, whose calls take `latency` in the mean (ns), may come to have
/// `most` of them in flight, so that one has to wait: at its highest rate, if every call is made as
/// often as it may be. That counts as soon as one call in a thousand may find so many.
fn exceeds(most: u32, producer: &ProducerPlan, latency: f64) -> bool {
    if latency <= 0.0 {
        return false;
    }
    let ProducerPlan { instances, source, client, .. } = producer;
    let calls = match source {
        SourcePlan::Synthetic { rate, sizes, .. } => {
            let per_ns = peak(rate) / f64::from(*instances) / 1e9;
            per_ns * latency / Filling::new(client.api, per_ns, mean(sizes)).entries
        }
        SourcePlan::Trace { rows, .. } => most_within(rows, latency) / f64::from(*instances),
    };
    let (calls, most) = (calls * f64::from(client.retry.max_attempts.max(1)), f64::from(most));
    // How many are in flight is a Poisson number, whatever the law of latency; that it reaches
    // `most` is no likelier than this bound of Chernoff's.
    calls >= most || (most - calls) + most * libm::log(calls / most) > libm::log(0.001)
}

/// The most rows that lie within so much time (ns).
fn most_within(rows: &[TraceRow], time: f64) -> f64 {
    let (mut first, mut most) = (0, 0);
    for (last, row) in rows.iter().enumerate() {
        while row.at.since(rows[first].at).as_ns() as f64 > time {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most as f64
}

/// Whether a record of `source` may be larger than what a shard takes in a whole window: it never
/// gets in (D8). A bucket lets it in and is in debt then.
fn exceeds_window(source: &SourcePlan, stream: &StreamPlan) -> bool {
    let most = stream.write.bytes_per_s;
    if stream.write.enforcer != Enforcer::FixedWindow || stream.record_max.0 <= most {
        return false;
    }
    let largest = match source {
        SourcePlan::Synthetic { sizes, .. } => largest(sizes),
        SourcePlan::Trace { rows, .. } => {
            u64::from(rows.iter().map(|row| row.bytes).max().unwrap_or(0))
        }
    };
    // A character takes up to 4 bytes.
    largest + 4 * facts::PARTITION_KEY_CHARS_MAX as u64 > most
}
