//! What readers ask of a shard, and what they can take from it.

use crate::experiment::forecast::StreamForecast;
use crate::experiment::forecast::lanes::{self, Lane};
use crate::experiment::key_map::Offer;
use crate::model::events::BILLION;
use crate::model::plan::{IntakePlan, Plan, PollOrder, ReaderPlan};

/// What one reader will ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct ReaderForecast {
    /// Calls on the shard on which least arrives: it is asked most often; none with enhanced
    /// fan-out [calls/s].
    pub polls_per_s: f64,
    /// What it can take from a shard, limits that pollers share left aside [records/s].
    pub capacity_per_s: f64,
    /// What is stored on the busiest shard on average, at most [records/s].
    pub arrival_per_s: f64,
    /// Bytes that are stored on a shard and that it can take of what pollers share, where they are
    /// most; none with enhanced fan-out [bytes/s].
    pub demand_bytes_per_s: f64,
    /// What follows of its function, if it is one.
    pub function: Option<FunctionForecast>,
}

/// What a function will do.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionForecast {
    /// How each of its lanes works.
    pub lane: Lane,
    /// What comes to each lane on average, those of the first shard first [records/s].
    pub lanes: Vec<f64>,
    /// What comes to the busiest lane [records/s].
    pub busiest_per_s: f64,
    /// Invocations a second, of all lanes together, about.
    pub invocations_per_s: f64,
    /// Invocations at a time on average, about.
    pub concurrency: f64,
}

impl FunctionForecast {
    fn new(reader: &ReaderPlan, stream: &StreamForecast) -> Option<Self> {
        let lambda = reader.lambda()?;
        let lane = Lane::new(reader, lambda, stream.record_bytes());
        let map = stream.placement_mean.as_ref();
        let lanes = lanes::arrivals(map, lambda, lambda.factor, &stream.stored());
        let each = lanes.iter().map(|&arrival| (arrival, lane.invocations_per_s(arrival)));
        let busy = |(arrival, invocations): (f64, f64)| {
            (invocations * lane.fixed_s + arrival * lane.per_record_s).min(1.0)
        };
        Some(Self {
            invocations_per_s: each.clone().map(|it| it.1).sum(),
            concurrency: each.map(busy).sum(),
            busiest_per_s: lanes.iter().copied().fold(0.0, f64::max),
            lane,
            lanes,
        })
    }
}

/// One entry a reader.
pub(super) fn forecast(plan: &Plan, streams: &[StreamForecast]) -> Vec<ReaderForecast> {
    let one = |reader: &ReaderPlan| {
        let forecast = &streams[reader.stream];
        let stored = forecast.stored();
        let arrival_per_s = stored.iter().copied().fold(0.0, f64::max);
        let idlest = stored.iter().copied().fold(f64::INFINITY, f64::min);
        let record = forecast.record_bytes();
        let capacity_per_s = match &reader.intake {
            IntakePlan::Poll(_) => capacity(reader),
            // KDS-R26: a pipe of its own.
            IntakePlan::FanOut(pipe) => {
                capacity(reader).min(pipe.bytes_per_s as f64 / record.max(1.0))
            }
        };
        let demand = |(offer, stored): (&Offer, &f64)| {
            stored.min(capacity_per_s) * offer.bytes / offer.records.max(f64::MIN_POSITIVE)
        };
        let demands = forecast.shards_mean.iter().zip(&stored).map(demand);
        ReaderForecast {
            polls_per_s: polls(reader, plan.streams[reader.stream].shard_count, idlest),
            capacity_per_s,
            arrival_per_s,
            demand_bytes_per_s: match reader.intake {
                IntakePlan::Poll(_) => demands.fold(0.0, f64::max),
                IntakePlan::FanOut(_) => 0.0,
            },
            function: FunctionForecast::new(reader, forecast),
        }
    };
    plan.readers.iter().map(one).collect()
}

/// What a reader can take from a shard: full calls, one after another, or what it can process of
/// the events that are pushed to it, which grow with what waits [records/s]. Of a function: what
/// its lanes take, if all have as much.
pub(crate) fn capacity(reader: &ReaderPlan) -> f64 {
    let by_lanes = reader.lambda().map_or(f64::INFINITY, |lambda| {
        let lane = Lane::new(reader, lambda, 0.0);
        let passes = lambda.passes as f64 / BILLION as f64;
        f64::from(lambda.factor) * lane.rate_of(lane.batch) / passes.max(f64::MIN_POSITIVE)
    });
    by_lanes.min(by_calls(reader))
}

fn by_calls(reader: &ReaderPlan) -> f64 {
    match &reader.intake {
        IntakePlan::Poll(poll) => {
            f64::from(poll.limit) / work_s(reader, poll.limit).max(poll.every.as_s())
        }
        IntakePlan::FanOut(_) => 1.0 / reader.per_record.as_s(),
    }
}

/// Time to process a call of so many records (s).
pub(crate) fn work_s(reader: &ReaderPlan, records: u32) -> f64 {
    reader.per_call.as_s() + f64::from(records) * reader.per_record.as_s()
}

/// Calls a second on a shard on which `arrival_per_s` records arrive; none where shards push, which
/// takes no part in what pollers share (KDS-F06). A call waits until the one before it is
/// processed, for `every` and half of the jitter at least; threads that are too few share the
/// shards.
pub(crate) fn polls(reader: &ReaderPlan, shards: u32, arrival_per_s: f64) -> f64 {
    let IntakePlan::Poll(poll) = &reader.intake else { return 0.0 };
    let busy = arrival_per_s * reader.per_record.as_s();
    let least = poll.every.as_s() + poll.jitter.as_s() / 2.0;
    // Where it keeps up, a cycle c has c x arrival records: c = per_call + c x busy, or `every`.
    let cycle = if busy < 1.0 { reader.per_call.as_s() / (1.0 - busy) } else { f64::INFINITY };
    let cycle = cycle.max(least).min(work_s(reader, poll.limit).max(least));
    let alone = 1.0 / cycle;
    let threads = if poll.order == PollOrder::InTurn { Some(1) } else { reader.threads };
    match threads {
        Some(threads) if threads < shards && reader.per_call.as_s() > 0.0 => {
            let by_threads = f64::from(threads) / f64::from(shards) / reader.per_call.as_s();
            alone.min(by_threads)
        }
        _ => alone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::time::Span;

    fn reader() -> ReaderPlan {
        sample::hot_shard().0.plan.readers.remove(0)
    }

    #[test]
    fn a_reader_asks_as_often_as_it_may_and_its_work_allows() {
        let mut reader = reader();
        sample::poll(&mut reader).every = Span::from_ms(250);
        reader.per_call = Span::ZERO;
        assert!((polls(&reader, 4, 0.0) - 4.0).abs() < 1e-9);
        // 300 ms a call, and half of the time for records: a cycle of 600 ms.
        reader.per_call = Span::from_ms(300);
        reader.per_record = Span::from_ms(1);
        assert!((polls(&reader, 4, 500.0) - 1.0 / 0.6).abs() < 1e-9);
        assert!((polls(&reader, 4, 0.0) - 1.0 / 0.3).abs() < 1e-9);
        // One thread for four shards: 300 ms a call, 1.2 s a round; and so in turn.
        reader.threads = Some(1);
        assert!((polls(&reader, 4, 0.0) - 1.0 / 1.2).abs() < 1e-9);
        reader.threads = None;
        sample::poll(&mut reader).order = PollOrder::InTurn;
        assert!((polls(&reader, 4, 0.0) - 1.0 / 1.2).abs() < 1e-9);
        // Up to 100 ms later, so 50 ms on average.
        (reader.per_call, reader.per_record) = (Span::ZERO, Span::ZERO);
        sample::poll(&mut reader).jitter = Span::from_ms(100);
        assert!((polls(&reader, 4, 0.0) - 1.0 / 0.3).abs() < 1e-9);
    }

    #[test]
    fn a_full_call_takes_its_time() {
        let mut reader = reader();
        sample::poll(&mut reader).limit = 200;
        sample::poll(&mut reader).every = Span::from_ms(200);
        (reader.per_call, reader.per_record) = (Span::from_ms(40), Span::from_ns(1_200_000));
        assert!((capacity(&reader) - 200.0 / 0.28).abs() < 1e-9);
    }
}
