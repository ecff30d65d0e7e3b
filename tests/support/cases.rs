//! Small random plans for property tests: everything a plan can say, in a few virtual seconds.

use std::sync::Arc;

use kinesim::model::plan::{
    Api, ArrivalsPlan, Between, BufferPlan, ClientPlan, EncryptionPlan, Enforcer, FanOutPlan,
    HotSpell, InitialPlan, IntakePlan, Jitter, KeyDrift, KeyNames, KeyPlan, KeyWeights,
    LatencyPlan, Plan, PollOrder, PollPlan, ProducerPlan, ProfilePlan, ReadPlan, ReaderPlan,
    Rounding, SizePlan, SourcePlan, StartingPosition, StreamPlan, WritePlan,
};
use kinesim::model::retry::{QuotaPlan, RetryPlan, RetryProfile, Wait};
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;
use proptest::prelude::*;

use crate::hand;

fn span_ms(ms: std::ops::Range<u64>) -> impl Strategy<Value = Span> {
    ms.prop_map(Span::from_ms)
}

/// Limits that these loads reach.
fn writes() -> impl Strategy<Value = WritePlan> {
    let enforcer = prop_oneof![
        (1_u64..80, 1_024_u64..40_000)
            .prop_map(|(records, bytes)| Enforcer::TokenBucket { records, bytes }),
        Just(Enforcer::FixedWindow),
    ];
    let rounding = prop_oneof![Just(Rounding::Kib), Just(Rounding::None)];
    (5_u64..200, 2_048_u64..80_000, enforcer, rounding).prop_map(
        |(records_per_s, bytes_per_s, enforcer, rounding)| WritePlan {
            records_per_s,
            bytes_per_s,
            enforcer,
            rounding,
        },
    )
}

fn keys() -> impl Strategy<Value = KeyPlan> {
    let numbered = (1_u32..20, 0.0..2.0_f64).prop_map(|(count, exponent)| {
        let names = KeyNames::Numbered {
            count,
            prefix: "key-".to_owned(),
            width: 2,
            suffix: String::new(),
        };
        (names, KeyWeights::Zipf { exponent })
    });
    let random = Just((KeyNames::Random { bytes: 36 }, KeyWeights::Uniform));
    let listed = vec!["a".to_owned(), "bb".to_owned(), "c c".to_owned()];
    let listed = Just((
        KeyNames::Listed(Arc::new(listed)),
        KeyWeights::Listed(Arc::new(vec![5.0, 0.0, 1.0])),
    ));
    let names = prop_oneof![numbered, random, listed];
    (names, drift()).prop_map(|((names, weights), drift)| {
        // Where each record has a key of its own, there is none whose weight could move.
        let fresh = matches!(names, KeyNames::Random { .. });
        let drift = if fresh { KeyDrift::None } else { drift };
        KeyPlan { names, weights, drift, explicit: None, placement: 0 }
    })
}

/// The first key turns hot for a while, or the weights move from key to key.
fn drift() -> impl Strategy<Value = KeyDrift> {
    let hot = (0_u64..5, 1_u64..3).prop_map(|(from, lasts)| {
        let spell = |s, shares| HotSpell { from: Instant::from_s(s), shares };
        let spells = vec![spell(from, vec![(0, 1.0)]), spell(from + lasts, Vec::new())];
        KeyDrift::Hot { others: Arc::default(), spells: Arc::new(spells) }
    });
    let rotate =
        (span_ms(1..900), 1_u32..30).prop_map(|(every, by)| KeyDrift::Rotate { every, by });
    prop_oneof![Just(KeyDrift::None), hot, rotate]
}

fn sizes() -> impl Strategy<Value = SizePlan> {
    prop_oneof![
        (0_u64..6_000).prop_map(|bytes| SizePlan::Constant(Bytes(bytes))),
        (0_u64..500, 0_u64..5_000)
            .prop_map(|(min, more)| SizePlan::Uniform { min: Bytes(min), max: Bytes(min + more) }),
        (100_u64..900).prop_map(|median| SizePlan::LogNormal {
            median: Bytes(median),
            p99: Bytes(median * 5),
            max: Bytes(10_000),
        }),
    ]
}

fn client() -> impl Strategy<Value = ClientPlan> {
    let api = prop_oneof![
        Just(Api::PutRecord),
        span_ms(0..400).prop_map(|linger| Api::PutRecords { linger }),
    ];
    let jitter = prop_oneof![Just(Jitter::Full), Just(Jitter::Equal), Just(Jitter::None)];
    let wait = (span_ms(1..400), span_ms(300..1_500), jitter)
        .prop_map(|(base, max, jitter)| Wait { base, max, jitter });
    let quota =
        proptest::option::of((0_u32..60, 0_u32..9).prop_map(|(tokens, throttled)| QuotaPlan {
            tokens,
            throttled,
            failed: 7,
            timed_out: 7,
        }));
    let retry = (1_u32..5, wait, quota).prop_map(|(max_attempts, wait, quota)| RetryPlan {
        max_attempts,
        throttled: wait,
        failed: wait,
        quota,
    });
    let latency = prop_oneof![
        2 => Just(LatencyPlan::Constant(Span::ZERO)),
        1 => span_ms(1..300).prop_map(LatencyPlan::Constant),
        1 => (1_u64..50, 1_u64..20).prop_map(|(ms, times)| LatencyPlan::LogNormal {
            median: Span::from_ms(ms),
            p99: Span::from_ms(ms * times),
        }),
    ];
    let buffer = prop_oneof![
        2 => Just(BufferPlan::Unlimited),
        1 => (1_u64..200).prop_map(BufferPlan::Records),
        1 => (1_u64..100_000).prop_map(|bytes| BufferPlan::Bytes(Bytes(bytes))),
    ];
    let internal_failure = prop_oneof![2 => Just(0.0), 1 => 0.0..0.5_f64];
    (api, retry, latency, proptest::option::of(1_u32..4), buffer, internal_failure).prop_map(
        |(api, retry, latency, max_in_flight, buffer, internal_failure)| ClientPlan {
            latency,
            max_in_flight,
            buffer,
            internal_failure,
            ..ClientPlan::direct(api, retry)
        },
    )
}

fn producers() -> impl Strategy<Value = Vec<ProducerPlan>> {
    // Without bursts: whoever watches tells records by their moments and sizes.
    let arrivals = prop_oneof![Just(ArrivalsPlan::Poisson), Just(ArrivalsPlan::Even)];
    let one = (1_u32..5, 5.0..200.0_f64, arrivals, sizes(), keys(), client()).prop_map(
        |(instances, rate, arrivals, sizes, keys, client)| {
            let points = vec![(Instant::ZERO, rate), (Instant::from_s(4), rate / 3.0)];
            let rate = ProfilePlan { points, between: Between::Steps };
            let source = SourcePlan::Synthetic { rate, arrivals, sizes, keys };
            ProducerPlan { name: String::new(), stream: 0, instances, source, fed: None, client }
        },
    );
    proptest::collection::vec(one, 1..4).prop_map(|mut producers| {
        for (i, producer) in producers.iter_mut().enumerate() {
            producer.name = format!("producer-{i}");
        }
        producers
    })
}

fn polls() -> impl Strategy<Value = IntakePlan> {
    let order = prop_oneof![3 => Just(PollOrder::SideBySide), 1 => Just(PollOrder::InTurn)];
    let retry =
        proptest::sample::select(RetryProfile::ALL.map(|(_, profile)| profile.plan()).to_vec());
    (span_ms(50..1_500), span_ms(0..100), 1_u32..60, order, retry).prop_map(
        |(every, jitter, limit, order, retry)| {
            IntakePlan::Poll(PollPlan { every, jitter, limit, order, retry })
        },
    )
}

/// Pipes that a few records fill, and subscriptions that end within a run.
fn fan_outs() -> impl Strategy<Value = IntakePlan> {
    let (pace, delay) = (span_ms(1..300), span_ms(1..200));
    (2_000_u64..90_000, pace, delay, span_ms(200..5_000), span_ms(0..300)).prop_map(
        |(bytes_per_s, pace, delay, lifetime, renewal)| {
            let registration = Span::ZERO;
            let fan_out = FanOutPlan { bytes_per_s, pace, delay, lifetime, renewal, registration };
            IntakePlan::FanOut(fan_out)
        },
    )
}

fn readers() -> impl Strategy<Value = Vec<ReaderPlan>> {
    let start = prop_oneof![
        Just(StartingPosition::TrimHorizon),
        Just(StartingPosition::Latest),
        (0_u64..4_000)
            .prop_map(|ms| StartingPosition::AtTimestamp(Instant::ZERO + Span::from_ms(ms))),
    ];
    let starts = prop_oneof![3 => Just(0), 1 => 0_u64..10_000];
    let starts = starts.prop_map(|ms| Instant::ZERO + Span::from_ms(ms));
    let threads = proptest::option::of(1_u32..3);
    let intake = prop_oneof![2 => polls(), 1 => fan_outs()];
    let work = (span_ms(0..200), span_ms(0..15));
    let one = (intake, 0_u32..4, work, threads, start, starts).prop_map(
        |(intake, read_ahead, (per_call, per_record), threads, start, starts)| {
            let in_turn =
                matches!(&intake, IntakePlan::Poll(poll) if poll.order == PollOrder::InTurn);
            ReaderPlan {
                intake,
                read_ahead: if in_turn { 0 } else { read_ahead },
                per_call,
                per_record,
                threads,
                start,
                starts,
                ..hand::reader(Span::from_s(1))
            }
        },
    );
    proptest::collection::vec(one, 1..4).prop_map(|mut readers| {
        for (i, reader) in readers.iter_mut().enumerate() {
            reader.name = format!("reader-{i}");
        }
        readers
    })
}

/// Any small plan. Records expire on streams that keep them for a second or three only.
pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let retention = prop_oneof![Just(86_400_u64), Just(1), Just(3)];
    let initial = proptest::option::of((0_u64..3_000, 1_u64..3_000, span_ms(1..4_000)));
    let latency = prop_oneof![Just(Span::from_ns(100_000)), span_ms(0..900)];
    let encryption = proptest::option::of(latency);
    let parts = (1_u32..5, retention, writes(), 20_000_u64..3_000_000, initial, encryption);
    let stream =
        parts.prop_map(|(shard_count, retention, write, read_bytes, initial, encryption)| {
            StreamPlan {
                encryption: encryption.map(|latency| EncryptionPlan { latency, credentials: 2 }),
                retention: Span::from_s(retention),
                write,
                initial: initial.map(|(records, bytes, age)| InitialPlan {
                    records,
                    bytes_each: Bytes(bytes),
                    age,
                }),
                read: ReadPlan { calls_per_s: 5, bytes_per_s: read_bytes },
                ..hand::stream(shard_count, 1)
            }
        });
    (stream, producers(), readers(), span_ms(2_000..9_000), any::<u64>()).prop_map(
        |(stream, producers, readers, duration, seed)| Plan {
            seed,
            ..hand::plan(duration, stream, producers, readers)
        },
    )
}
