#[path = "../benches/throughput/baseline.rs"]
mod baseline;
use kinesim::engine;
use kinesim::model::plan::*;
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;
fn plan(
    shards: u32,
    rate: f64,
    keys: KeyPlan,
    secs: u64,
    readers: usize,
    api: Api,
    burst: u64,
) -> Plan {
    Plan {
        duration: Span::from_s(
            std::env::var("SECS").ok().and_then(|s| s.parse().ok()).unwrap_or(secs),
        ),
        warm_up: Span::ZERO,
        seed: 1,
        account: AccountPlan { region: "us-east-1".into(), shard_quota: 20000 },
        streams: vec![StreamPlan {
            name: "s".into(),
            shard_count: shards,
            retention: Span::from_s(86400),
            write: WritePlan {
                records_per_s: 1000,
                bytes_per_s: 1 << 20,
                enforcer: Enforcer::TokenBucket { records: burst, bytes: 1 << 20 },
                rounding: Rounding::None,
            },
            read: ReadPlan { calls_per_s: 5, bytes_per_s: 2 << 20 },
        }],
        producers: vec![ProducerPlan {
            name: "load".into(),
            stream: 0,
            instances: 1,
            source: SourcePlan::Synthetic {
                rate: ProfilePlan { points: vec![(Instant::ZERO, rate)], between: Between::Steps },
                arrivals: ArrivalsPlan::Poisson,
                sizes: SizePlan::Constant(Bytes(500)),
                keys,
            },
            client: ClientPlan {
                api,
                backoff: Some(Backoff {
                    max_attempts: 4,
                    base: Span::from_ms(100),
                    max: Span::from_s(20),
                    jitter: Jitter::Full,
                }),
            },
        }],
        readers: (0..readers)
            .map(|i| ReaderPlan {
                name: if i == 0 { "reader".into() } else { format!("r{i}") },
                stream: 0,
                start: StartingPosition::TrimHorizon,
                every: Span::from_s(1),
                limit: 10000,
                per_call: Span::ZERO,
                per_record: Span::ZERO,
                threads: None,
            })
            .collect(),
        memory_limit: Bytes(8 << 30),
    }
}
fn zipf(count: u32, exponent: f64) -> KeyPlan {
    KeyPlan {
        names: KeyNames::Numbered { count, prefix: "key-".into(), width: 6, suffix: String::new() },
        weights: KeyWeights::Zipf { exponent },
        explicit: None,
    }
}
fn main() {
    if std::env::args().nth(2).is_none() {
        for (name, load, records) in [
            (
                "overload",
                baseline::Load {
                    shards: 100,
                    per_s: 120_000.0,
                    keys: 100_000,
                    exponent: 1.0,
                    key_bytes: 10,
                    blob_bytes: 500,
                    seconds: 60,
                    attempts_max: 4,
                    backoff_ns: 100_000_000,
                },
                7.2e6,
            ),
            (
                "unthrottled",
                baseline::Load {
                    shards: 100,
                    per_s: 10_000.0,
                    keys: 100_000,
                    exponent: 1.0,
                    key_bytes: 10,
                    blob_bytes: 500,
                    seconds: 300,
                    attempts_max: 4,
                    backoff_ns: 100_000_000,
                },
                3.0e6,
            ),
        ] {
            if std::env::args().nth(1).as_deref().is_some_and(|o| o != name) {
                continue;
            }
            let t1 = std::time::Instant::now();
            let c = baseline::run(&load, 1);
            let d = t1.elapsed();
            println!("baseline {name}: {:.1} ns/record {c:?}", d.as_nanos() as f64 / records);
        }
    }
    let random = KeyPlan {
        names: KeyNames::Random { bytes: 36 },
        weights: KeyWeights::Uniform,
        explicit: None,
    };
    let only = std::env::args().nth(1);
    for (name, p, records) in [
        ("overload", plan(100, 120_000.0, zipf(100_000, 1.0), 60, 1, Api::PutRecord, 1000), 7.2e6),
        (
            "unthrottled",
            plan(100, 10_000.0, zipf(100_000, 1.0), 300, 1, Api::PutRecord, 1000),
            3.0e6,
        ),
        (
            "typical",
            plan(
                100,
                80_000.0,
                zipf(100_000, 0.5),
                30,
                2,
                Api::PutRecords { linger: Span::from_ms(100) },
                1000,
            ),
            2.4e6,
        ),
        ("wide", plan(5000, 5_000_000.0, random, 10, 1, Api::PutRecord, 1000), 50e6),
        (
            "wide-nolog",
            plan(
                5000,
                5_000_000.0,
                KeyPlan {
                    names: KeyNames::Random { bytes: 36 },
                    weights: KeyWeights::Uniform,
                    explicit: None,
                },
                10,
                0,
                Api::PutRecord,
                1000,
            ),
            50e6,
        ),
        (
            "overload-nolog",
            plan(100, 120_000.0, zipf(100_000, 1.0), 60, 0, Api::PutRecord, 1000),
            7.2e6,
        ),
    ] {
        if only.as_deref().is_some_and(|o| o != name) {
            continue;
        }
        let t = std::time::Instant::now();
        let interval = Span::from_s(1);
        let (mut w, mut a) = World::new(&p, 0, interval);
        let end = Instant::ZERO + p.duration;
        let mut m = kinesim::experiment::metrics::Metrics::new(&p, interval, end);
        let t1 = std::time::Instant::now();
        let wakes = engine::run(&mut w, &mut a, Instant::ZERO + p.duration, &mut m);
        let d = t1.elapsed();
        println!(
            "{name}: build {:?} run {:?} {:.1} ns/record wakes {wakes}",
            t1 - t,
            d,
            d.as_nanos() as f64 / records
        );
    }
}
