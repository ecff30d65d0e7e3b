//! Loads that are played record by record.

use kinesim::model::plan::{
    AccountPlan, Api, ArrivalsPlan, Between, ClientPlan, IntakePlan, Jitter, KeyDrift, KeyNames,
    KeyPlan, KeyWeights, Plan, PollPlan, ProducerPlan, ProfilePlan, ReaderPlan, Resolution,
    Rounding, SizePlan, SourcePlan, StreamPlan, WorkPlan, WritePlan,
};
use kinesim::model::retry::{RetryPlan, Wait};
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

/// Attempts at a record, and what it waits at most before the second; then twice as long each time.
pub(crate) const ATTEMPTS_MAX: u32 = 4;
pub(crate) const BACKOFF: Span = Span::from_ms(100);

/// 100,000 keys by Zipf's law on 100 shards, PutRecord: what the baseline can play too.
pub(crate) struct Load {
    pub(crate) shards: u32,
    pub(crate) per_s: f64,
    pub(crate) keys: u32,
    pub(crate) exponent: f64,
    pub(crate) blob_bytes: u64,
    pub(crate) seconds: u64,
}

impl Load {
    /// The load as a plan.
    pub(crate) fn plan(&self) -> Plan {
        let keys = numbered(self.keys, self.exponent);
        let sizes = SizePlan::Constant(Bytes(self.blob_bytes));
        plan(self.seconds, self.shards, Rounding::None, producer(self.per_s, keys, sizes))
    }
}

/// A fifth more than the shards take together.
pub(crate) fn overload(seconds: u64) -> Load {
    skewed(120_000.0, seconds)
}

/// What the shards take easily.
pub(crate) fn unthrottled(seconds: u64) -> Load {
    skewed(10_000.0, seconds)
}

fn skewed(per_s: f64, seconds: u64) -> Load {
    Load { shards: 100, per_s, keys: 100_000, exponent: 1.0, blob_bytes: 500, seconds }
}

/// PutRecords from 40 instances, metered as a stream is by default; two readers.
pub(crate) fn typical(seconds: u64) -> Plan {
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
pub(crate) fn wide(seconds: u64) -> Plan {
    let keys = KeyPlan {
        names: KeyNames::Random { bytes: 36 },
        weights: KeyWeights::Uniform,
        drift: KeyDrift::None,
        explicit: None,
        placement: 0,
    };
    let sizes = SizePlan::Constant(Bytes(500));
    plan(seconds, 5_000, Rounding::None, producer(5_000_000.0, keys, sizes))
}

fn numbered(count: u32, exponent: f64) -> KeyPlan {
    let names =
        KeyNames::Numbered { count, prefix: "key-".into(), width: 6, suffix: String::new() };
    KeyPlan {
        names,
        weights: KeyWeights::Zipf { exponent },
        drift: KeyDrift::None,
        explicit: None,
        placement: 0,
    }
}

fn plan(seconds: u64, shard_count: u32, rounding: Rounding, producer: ProducerPlan) -> Plan {
    Plan {
        duration: Span::from_s(seconds),
        warm_up: Span::ZERO,
        seed: 1,
        account: AccountPlan::of("us-east-1"),
        streams: vec![StreamPlan {
            write: WritePlan { rounding, ..WritePlan::bucket(1_000, 1 << 20) },
            ..StreamPlan::provisioned("stream", shard_count)
        }],
        producers: vec![producer],
        readers: vec![ReaderPlan::plain(
            "reader",
            IntakePlan::Poll(PollPlan::every(Span::from_s(1))),
            WorkPlan::Loop,
        )],
        faults: Vec::new(),
        actions: Vec::new(),
        scalers: Vec::new(),
        resolution: Resolution::Exact,
        memory_limit: Bytes(8 << 30),
    }
}

/// Poisson arrivals, one PutRecord each, up to three retries.
fn producer(per_s: f64, keys: KeyPlan, sizes: SizePlan) -> ProducerPlan {
    let points = vec![(Instant::ZERO, per_s)];
    let wait = Wait { base: BACKOFF, max: Span::from_s(20), jitter: Jitter::Full };
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
        fed: None,
        client: ClientPlan::direct(
            Api::PutRecord,
            RetryPlan { max_attempts: ATTEMPTS_MAX, throttled: wait, failed: wait, quota: None },
        ),
    }
}
