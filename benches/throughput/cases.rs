//! The cases: plans of the loads that are measured.

use kinesim::model::facts;
use kinesim::model::plan::{
    AccountPlan, Api, ArrivalsPlan, Between, ClientPlan, Enforcer, IntakePlan, Jitter, KeyDrift,
    KeyNames, KeyPlan, KeyWeights, Plan, PollOrder, PollPlan, ProducerPlan, ProfilePlan, ReadPlan,
    ReaderPlan, Resolution, Rounding, SizePlan, SourcePlan, StartingPosition, StreamPlan,
    WritePlan,
};
use kinesim::model::retry::{RetryPlan, Wait};
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

use crate::baseline::Load;

/// A load, and how fast it is to be played.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) plan: Plan,
    /// The same for the baseline, where there is one.
    pub(crate) load: Option<Load>,
    pub(crate) target: Target,
}

/// What the simulator must reach.
pub(crate) enum Target {
    /// So many times as fast as the baseline.
    TimesBaseline(f64),
    /// So many times as fast as the real thing.
    TimesRealTime(f64),
    /// Nothing: it is only told.
    None,
}

/// Peak resident memory of the overload must stay below this [MiB].
pub(crate) const OVERLOAD_MIB_MAX: f64 = 60.0;

/// Every case, in the order of the table; short ones where `quick`.
pub(crate) fn all(quick: bool) -> [Case; 4] {
    let seconds = |full: u64| if quick { full / 10 } else { full };
    let overload = skewed(120_000.0, seconds(60));
    let unthrottled = skewed(10_000.0, seconds(300));
    [
        Case {
            name: "overload",
            plan: plan_of(&overload),
            load: Some(overload),
            target: Target::TimesBaseline(2.5),
        },
        Case {
            name: "unthrottled",
            plan: plan_of(&unthrottled),
            load: Some(unthrottled),
            target: Target::TimesBaseline(2.0),
        },
        Case { name: "typical", plan: typical(seconds(60)), load: None, target: Target::None },
        Case {
            name: "wide",
            plan: wide(seconds(60)),
            load: None,
            target: Target::TimesRealTime(4.0),
        },
    ]
}

/// 100,000 keys by Zipf's law on 100 shards.
fn skewed(per_s: f64, seconds: u64) -> Load {
    Load {
        shards: 100,
        per_s,
        keys: 100_000,
        exponent: 1.0,
        key_bytes: 10,
        blob_bytes: 500,
        seconds,
        attempts_max: 4,
        backoff_ns: 100_000_000,
    }
}

/// What the baseline plays, as a plan.
fn plan_of(load: &Load) -> Plan {
    let keys = numbered(load.keys, load.exponent);
    let sizes = SizePlan::Constant(Bytes(load.blob_bytes));
    plan(load.seconds, load.shards, Rounding::None, producer(load.per_s, keys, sizes))
}

/// PutRecords from 40 instances, metered as a stream is by default; two readers.
fn typical(seconds: u64) -> Plan {
    let max = Bytes((1 << 20) - 10);
    let sizes = SizePlan::LogNormal { median: Bytes(500), p99: Bytes(4_000), max };
    let mut producer = producer(80_000.0, numbered(100_000, 0.5), sizes);
    producer.instances = 40;
    producer.client.api = Api::PutRecords { linger: Span::from_ms(100) };
    let mut plan = plan(seconds, 100, Rounding::Kib, producer);
    plan.readers.push(ReaderPlan { name: "second".into(), ..plan.readers[0].clone() });
    plan
}

/// A new key for every record, 5,000,000 a second, on 5,000 shards.
fn wide(seconds: u64) -> Plan {
    let keys = KeyPlan {
        names: KeyNames::Random { bytes: 36 },
        weights: KeyWeights::Uniform,
        drift: KeyDrift::None,
        explicit: None,
    };
    let sizes = SizePlan::Constant(Bytes(500));
    plan(seconds, 5_000, Rounding::None, producer(5_000_000.0, keys, sizes))
}

fn numbered(count: u32, exponent: f64) -> KeyPlan {
    let names =
        KeyNames::Numbered { count, prefix: "key-".into(), width: 6, suffix: String::new() };
    KeyPlan { names, weights: KeyWeights::Zipf { exponent }, drift: KeyDrift::None, explicit: None }
}

fn plan(seconds: u64, shard_count: u32, rounding: Rounding, producer: ProducerPlan) -> Plan {
    Plan {
        duration: Span::from_s(seconds),
        warm_up: Span::ZERO,
        seed: 1,
        account: AccountPlan { region: "us-east-1".into(), shard_quota: 20_000 },
        streams: vec![StreamPlan {
            name: "stream".into(),
            shard_count,
            shards: None,
            record_max: facts::RECORD_BYTES_DEFAULT,
            retention: Span::from_s(86_400),
            write: WritePlan {
                records_per_s: 1_000,
                bytes_per_s: 1 << 20,
                enforcer: Enforcer::TokenBucket { records: 1_000, bytes: 1 << 20 },
                rounding,
            },
            read: ReadPlan { calls_per_s: 5, bytes_per_s: 2 << 20 },
            initial: None,
            encryption: None,
        }],
        producers: vec![producer],
        readers: vec![ReaderPlan {
            name: "reader".into(),
            stream: 0,
            starts: Instant::ZERO,
            start: StartingPosition::TrimHorizon,
            intake: IntakePlan::Poll(PollPlan {
                every: Span::from_s(1),
                jitter: Span::ZERO,
                limit: 10_000,
                order: PollOrder::SideBySide,
                retry: RetryPlan::NONE,
            }),
            read_ahead: 0,
            per_call: Span::ZERO,
            per_record: Span::ZERO,
            threads: None,
        }],
        faults: Vec::new(),
        actions: Vec::new(),
        resolution: Resolution::Exact,
        memory_limit: Bytes(8 << 30),
    }
}

/// Poisson arrivals, one PutRecord each, up to three retries.
fn producer(per_s: f64, keys: KeyPlan, sizes: SizePlan) -> ProducerPlan {
    let points = vec![(Instant::ZERO, per_s)];
    let wait = Wait { base: Span::from_ms(100), max: Span::from_s(20), jitter: Jitter::Full };
    ProducerPlan {
        name: "load".into(),
        stream: 0,
        instances: 1,
        source: SourcePlan::Synthetic {
            rate: ProfilePlan { points, between: Between::Steps },
            arrivals: ArrivalsPlan::Poisson,
            sizes,
            keys,
        },
        client: ClientPlan::direct(
            Api::PutRecord,
            RetryPlan { max_attempts: 4, throttled: wait, failed: wait, quota: None },
        ),
    }
}
