//! What a run comes to: its outcome, from what was counted and from what is left in its world.

use crate::experiment::bill::{Usage, Used};
use crate::experiment::ledger;
use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::{
    ConsumerOutcome, FedOutcome, Joined, LambdaOutcome, Loss, LossCause, ProducerOutcome,
    ShardOutcome, StreamOutcome,
};
use crate::experiment::top_keys::top_keys;
use crate::model::aggregate;
use crate::model::hashing::shard_id;
use crate::model::keys;
use crate::model::plan::{IntakePlan, Plan, ReaderPlan, SourcePlan, StreamPlan};
use crate::model::shard::Shard;
use crate::model::source::Fed;
use crate::model::stream::Stream;
use crate::model::world::World;
use crate::time::{Instant, Span};

/// What each producer did up to `until`.
pub(super) fn producers(
    world: &World,
    plan: &Plan,
    metrics: &Metrics,
    until: Instant,
) -> Vec<ProducerOutcome> {
    let all = plan.producers.iter().zip(&metrics.producers).enumerate();
    all.map(|(number, (producer, counts))| {
        let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) =
            &producer.source;
        let count = u64::from(keys::name_count(&keys.names));
        ProducerOutcome {
            name: producer.name.clone(),
            write: counts.writes(),
            calls: counts.calls,
            held_records: world.held(number as u32).0,
            key_count: (count > 0).then_some(count),
            top_keys: top_keys(&producer.source, until, &world.streams()[producer.stream]),
            fed: fed(world, metrics, number),
        }
    })
    .collect()
}

/// What its consumer brought to producer number `number`, if it is fed by one.
fn fed(world: &World, metrics: &Metrics, number: usize) -> Option<FedOutcome> {
    let Fed { consumer, taken, made, ratio: _ } = world.fed(number as u32)?;
    let stored = metrics.stored.of(number)?.clone();
    Some(FedOutcome { consumer, taken_records: taken, made_records: made, stored })
}

/// What producers gave up, an entry a producer and cause.
pub(super) fn losses(plan: &Plan, metrics: &Metrics) -> Vec<Loss> {
    let of_each = |(producer, cause): (usize, LossCause)| {
        let (records, bytes) = metrics.producers[producer].lost(cause);
        let producer = plan.producers[producer].name.clone();
        (records > 0).then_some(Loss { producer, cause, records, bytes })
    };
    let causes = (0..plan.producers.len()).flat_map(|it| LossCause::ALL.map(|cause| (it, cause)));
    causes.filter_map(of_each).collect()
}

/// What each consumer did.
pub(super) fn consumers(world: &World, plan: &Plan, metrics: &Metrics) -> Vec<ConsumerOutcome> {
    (0..plan.readers.len()).map(|number| consumer(world, plan, metrics, number)).collect()
}

fn consumer(world: &World, plan: &Plan, metrics: &Metrics, number: usize) -> ConsumerOutcome {
    let (reader, counts) = (&plan.readers[number], &metrics.consumers[number]);
    let flows = || metrics.timeline.iter().map(|flow| flow.reads[number]);
    ConsumerOutcome {
        name: reader.name.clone(),
        kind: reader.kind().name(),
        firehose: metrics.firehoses[number]
            .as_ref()
            .map(|it| Box::new(it.outcome(metrics.timeline.len()))),
        lambda: lambda(world, reader, metrics, number),
        fan_out: matches!(reader.intake, IntakePlan::FanOut(_)),
        stream: reader.stream,
        ledger: ledger::ledger(world, metrics, number),
        delivered_bytes: counts.delivered_bytes,
        calls: counts.calls,
        empty_calls: counts.empty_calls,
        throttled_calls: counts.throttled_calls,
        failed_calls: counts.failed_calls,
        failed_attempts: counts.failed_attempts,
        redelivered: counts.redelivered,
        events: counts.events,
        positioning: counts.positioning,
        first_expired: counts.first_expired,
        behind: counts.behind.clone(),
        iterator_age: counts.iterator_age.clone(),
        latency: counts.latency.clone(),
        age_end: flows().next_back().map_or(Span::ZERO, |flow| flow.backlog_age),
        backlog_max: flows().map(|flow| flow.backlog_records).max().unwrap_or(0),
    }
}

/// What a consumer's function did, if it is one.
fn lambda(
    world: &World,
    reader: &ReaderPlan,
    metrics: &Metrics,
    number: usize,
) -> Option<Box<LambdaOutcome>> {
    let plan = reader.lambda()?;
    let flows = &metrics.stream_timelines[reader.stream];
    let open = flows.iter().map(|flow| flow.open_shards).max();
    let open = open.unwrap_or(0).max(world.streams()[reader.stream].open_shards());
    // ESM-51.
    let lanes = u64::from(open) * u64::from(plan.factor_max);
    Some(Box::new(metrics.lambdas[number].as_ref()?.outcome(lanes)))
}

/// What Kinesis bills: nothing of what is put to Firehose.
fn used_of(stream: &StreamPlan, used: &Used) -> Used {
    match stream.direct {
        None => *used,
        Some(_) => Used { run: Usage::default(), month: used.month.map(|_| Usage::default()) },
    }
}

/// What each stream took in.
pub(super) fn streams(
    world: &World,
    plan: &Plan,
    (metrics, used): (&Metrics, &[Used]),
    until: Instant,
) -> Vec<StreamOutcome> {
    let judged = until.since(Instant::ZERO + plan.warm_up);
    let quanta = (0..).map(|number| aggregate::quantum(plan, number));
    let streams = plan.streams.iter().zip(world.streams()).zip(&metrics.streams).zip(quanta);
    streams
        .enumerate()
        .map(|(number, (((plan, stream), series), quantum))| StreamOutcome {
            name: plan.name.clone(),
            direct: plan.direct.is_some(),
            quantum: quantum.unwrap_or_default(),
            unfit: quantum.err(),
            joined_shards: joined(stream).filter(|it| it.cohorts > 0).count() as u64,
            joined: joined(stream).fold(Joined::default(), Joined::and),
            limit_records_per_s: plan.write.records_per_s,
            limit_bytes_per_s: plan.write.bytes_per_s,
            write: metrics.written_to(number).0,
            write_judged: metrics.written_to(number).1,
            used: used_of(plan, &used[number]),
            kms_calls: plan.encryption.map(|it| it.kms_calls(judged)),
            write_latency: series.write_latency.clone(),
            timeline: metrics.stream_timelines[number].clone(),
            shards: stream
                .shards
                .iter()
                .zip(&series.totals)
                .map(|(shard, totals)| ShardOutcome {
                    id: match plan.direct {
                        None => shard_id(shard.rest.number),
                        Some(_) => format!("channel-{}", shard.rest.number),
                    },
                    range: (shard.rest.range.start, shard.rest.range.end),
                    opened: shard.rest.lineage.opened,
                    closed: shard.rest.lineage.closed,
                    came_of: shard.rest.lineage.came_of.clone(),
                    write: totals.write,
                    busiest_second_ppm: totals.busiest_second_ppm,
                    seconds_over: totals.seconds_over,
                })
                .collect(),
            series: series.rows.clone(),
        })
        .collect()
}

/// What was joined in the log of each shard.
fn joined(stream: &Stream) -> impl Iterator<Item = Joined> + '_ {
    stream.shards.iter().map(Shard::joined)
}
