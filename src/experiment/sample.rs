//! A run made up by hand, whose every total can be checked in the head.
//!
//! Four shards, 60 s in six intervals. Shard 0 is offered 1,200 records/s of 500 B, the others 200
//! each; 1,000/s fit, nothing is sent twice. The reader takes 1,500/s of the 1,600 stored.

mod function;

pub(crate) use function::function;

use crate::experiment::bill::{Usage, Used};
use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{
    ConsumerOutcome, Ended, Flow, Joined, KeyShare, Loss, LossCause, Outcome, Positionings,
    ProducerOutcome, ReadFlow, ReadLedger, ShardFlow, ShardOutcome, ShardSeries, StreamFlow,
    StreamOutcome, Writes,
};
use crate::model::plan::{
    AccountPlan, Api, ArrivalsPlan, Between, ClientPlan, IntakePlan, KeyDrift, KeyNames, KeyPlan,
    KeyWeights, Plan, PollPlan, ProducerPlan, ProfilePlan, ReaderPlan, Resolution, SizePlan,
    SourcePlan, StreamPlan, WorkPlan,
};
use crate::model::prices::Prices;
use crate::model::retry::RetryPlan;
use crate::scenario::metric::{Metric, Statistic};
use crate::scenario::{Comparison, Objective, Scenario};
use crate::time::{Instant, Span};
use crate::units::Bytes;

const SHARDS: u64 = 4;
const INTERVALS: u64 = 6;
/// A second [ns].
const NS: u128 = 1_000_000_000;
const SIZE: u64 = 500;
/// Records a second offered to and accepted by each shard.
const OFFERED: [u64; 4] = [1_200, 200, 200, 200];
const ACCEPTED: [u64; 4] = [1_000, 200, 200, 200];

/// The scenario with two objectives, both missed, and what its run produced.
pub(crate) fn hot_shard() -> (Scenario, Outcome) {
    (scenario(), outcome())
}

/// How a reader of such a run polls.
pub(crate) fn poll(reader: &mut ReaderPlan) -> &mut PollPlan {
    match &mut reader.intake {
        IntakePlan::Poll(poll) => poll,
        IntakePlan::FanOut(_) => panic!("it polls"),
    }
}

fn scenario() -> Scenario {
    Scenario {
        name: "hot-shard".to_owned(),
        description: None,
        start: None,
        interval: Span::from_s(10),
        objectives: vec![
            Objective {
                path: "write.throttled".to_owned(),
                metric: Metric::WriteThrottled,
                comparison: Comparison::AtMost,
                bound: 0.001,
                bound_is_share: false,
                text: "<= 0.1 %".to_owned(),
            },
            Objective {
                path: "reader.fraud.iterator_age.p99".to_owned(),
                metric: Metric::IteratorAge(0, Statistic::Percentile(99.0)),
                comparison: Comparison::AtMost,
                bound: 2.0,
                bound_is_share: false,
                text: "<= 2 s".to_owned(),
            },
        ],
        alarms: Vec::new(),
        plan: plan(),
        prices: Prices::of_region("us-east-1"),
        chosen_for: None,
        resolved: "[stream]\nshard_count = 4 # given\n".to_owned(),
        hash: "5f".repeat(32),
        assumptions: vec!["KDS-W07", "KDS-W30"],
        uncertain: Vec::new(),
        assumed: Vec::new(),
        overrides: Vec::new(),
    }
}

fn account() -> AccountPlan {
    AccountPlan { shard_quota: 500, ..AccountPlan::of("us-east-1") }
}

fn stream_plan() -> StreamPlan {
    StreamPlan::provisioned("orders", 4)
}

fn plan() -> Plan {
    Plan {
        duration: Span::from_s(60),
        warm_up: Span::ZERO,
        seed: 7,
        account: account(),
        streams: vec![stream_plan()],
        producers: vec![ProducerPlan {
            name: "checkout".to_owned(),
            stream: 0,
            instances: 1,
            source: SourcePlan::Synthetic {
                rate: ProfilePlan {
                    points: vec![(Instant::ZERO, 1_800.0)],
                    between: Between::Steps,
                },
                arrivals: ArrivalsPlan::Even,
                sizes: SizePlan::Constant(Bytes(SIZE)),
                keys: KeyPlan {
                    names: KeyNames::Random { bytes: 36 },
                    weights: KeyWeights::Uniform,
                    drift: KeyDrift::None,
                    explicit: None,
                    placement: 0,
                },
            },
            fed: None,
            client: ClientPlan::direct(Api::PutRecord, RetryPlan::NONE),
        }],
        readers: vec![ReaderPlan {
            per_call: Span::from_ms(40),
            ..ReaderPlan::plain(
                "fraud",
                IntakePlan::Poll(PollPlan::every(Span::from_s(1))),
                WorkPlan::Loop,
            )
        }],
        faults: Vec::new(),
        actions: Vec::new(),
        scalers: Vec::new(),
        resolution: Resolution::Exact,
        memory_limit: Bytes::mib(8 << 10),
    }
}

fn outcome() -> Outcome {
    let total = writes(OFFERED.iter().sum(), ACCEPTED.iter().sum(), 60);
    let mut ages = Histogram::new();
    ages.add(1_000_000_000, 90_000);
    ages.add(4_000_000_000, 6_000);
    let (mut behind, mut latency) = (Histogram::new(), Histogram::new());
    behind.add(0, 180);
    behind.add(1_000_000_000, 60);
    latency.add(1_040_000_000, 89_000);
    let mut stored_after = Histogram::new();
    stored_after.add(0, 96_000);
    Outcome {
        ended: Ended::Completed,
        until: Instant::from_s(60),
        wakes: 240,
        write: total,
        write_judged: total,
        write_latency: stored_after.clone(),
        producers: vec![ProducerOutcome {
            name: "checkout".to_owned(),
            write: total,
            calls: 108_000,
            held_records: 0,
            key_count: Some(200),
            top_keys: vec![
                KeyShare { key: "acme".to_owned(), share: 0.5, shard: 0 },
                KeyShare { key: "b,\"c\"".to_owned(), share: 0.125, shard: 0 },
                KeyShare { key: "delta".to_owned(), share: 0.0625, shard: 2 },
            ],
            fed: None,
        }],
        streams: vec![stream(total, stored_after)],
        consumers: vec![ConsumerOutcome {
            name: "fraud".to_owned(),
            kind: "reader",
            lambda: None,
            firehose: None,
            fan_out: false,
            stream: 0,
            ledger: ReadLedger {
                stored: 96_000,
                delivered: 89_000,
                waiting: 6_000,
                in_hand: 1_000,
                ..ReadLedger::default()
            },
            delivered_bytes: 44_500_000,
            calls: 240,
            empty_calls: 0,
            throttled_calls: 6,
            failed_calls: 0,
            failed_attempts: 0,
            redelivered: 0,
            events: 0,
            positioning: Positionings { iterators: 4, ..Positionings::default() },
            first_expired: None,
            behind,
            iterator_age: ages,
            latency,
            age_end: Span::from_s(4),
            backlog_max: 6_000,
        }],
        blocks: Vec::new(),
        changes: Vec::new(),
        losses: vec![loss()],
        alarms: Vec::new(),
        interval: Span::from_s(10),
        timeline: (0..INTERVALS).map(flow).collect(),
        fingerprint: None,
        trace: None,
    }
}

fn loss() -> Loss {
    Loss {
        producer: "checkout".to_owned(),
        cause: LossCause::Throttled,
        records: 12_000,
        bytes: 6_000_000,
    }
}

fn stream(total: Writes, write_latency: Histogram) -> StreamOutcome {
    let row = |shard: usize, interval: u64| ShardFlow {
        offered_records: OFFERED[shard] * 10,
        attempts: OFFERED[shard] * 10,
        accepted_records: ACCEPTED[shard] * 10,
        busiest_second_ppm: (OFFERED[shard] * 1_000) as u32,
        offered_bytes: OFFERED[shard] * 10 * SIZE,
        attempted_bytes: OFFERED[shard] * 10 * SIZE,
        accepted_bytes: ACCEPTED[shard] * 10 * SIZE,
        read_records: if shard == 0 { 9_000 } else { 2_000 },
        backlog_records: if shard == 0 { 1_000 * (interval + 1) } else { 0 },
        age_ms: 1_000,
    };
    let shard = |shard: usize| ShardOutcome {
        id: format!("shardId-{shard:012}"),
        range: ((shard as u128) << 126, ((shard as u128 + 1) << 126).wrapping_sub(1)),
        opened: Instant::ZERO,
        closed: None,
        came_of: Vec::new(),
        write: writes(OFFERED[shard], ACCEPTED[shard], 60),
        busiest_second_ppm: (OFFERED[shard] * 1_000) as u32,
        seconds_over: if shard == 0 { 60 } else { 0 },
    };
    StreamOutcome {
        name: "orders".to_owned(),
        quantum: None,
        direct: false,
        unfit: None,
        joined_shards: 0,
        joined: Joined::default(),
        limit_records_per_s: 1_000,
        limit_bytes_per_s: 1 << 20,
        write: total,
        write_judged: total,
        used: used(),
        kms_calls: None,
        write_latency,
        timeline: (0..INTERVALS).map(|interval| stream_flow(&flow(interval))).collect(),
        shards: (0..SHARDS as usize).map(shard).collect(),
        series: ShardSeries::dense(
            Span::from_s(10),
            SHARDS as usize,
            (0..INTERVALS * SHARDS)
                .map(|cell| row((cell % SHARDS) as usize, cell / SHARDS))
                .collect(),
        ),
    }
}

/// Four shards for 60 s, 96,000 records of 500 B in a payload unit and a KiB each, 90,000 of them
/// polled. A month of 730 h is 43,800 minutes.
fn used() -> Used {
    let run = Usage {
        stream_ns: 60 * NS,
        shard_ns: 240 * NS,
        payload_units: 96_000,
        metered_bytes: 96_000 * 1_024,
        polled_bytes: 45_000_000,
        ..Usage::default()
    };
    let month = Usage {
        stream_ns: 60 * 43_800 * NS,
        shard_ns: 240 * 43_800 * NS,
        payload_units: 96_000 * 43_800,
        metered_bytes: 96_000 * 1_024 * 43_800,
        polled_bytes: 45_000_000 * 43_800,
        ..Usage::default()
    };
    Used { run, month: Some(month) }
}

/// What the only stream saw in an interval.
fn stream_flow(all: &Flow) -> StreamFlow {
    StreamFlow {
        write: all.write,
        open_shards: all.open_shards,
        busiest_second_ppm: all.busiest_second_ppm,
        busiest: all.busiest.0,
        peak_offered_records: all.peak_offered_records,
        peak_accepted_records: all.peak_accepted_records,
        peak_attempts: all.peak_attempts,
    }
}

fn flow(interval: u64) -> Flow {
    Flow {
        start: Instant::from_s(10 * interval),
        write: writes(OFFERED.iter().sum(), ACCEPTED.iter().sum(), 10),
        open_shards: SHARDS as u32,
        busiest_second_ppm: 1_200_000,
        busiest: (0, 0),
        peak_offered_records: 1_800,
        peak_accepted_records: 1_600,
        peak_attempts: 1_800,
        reads: vec![ReadFlow {
            records: 15_000,
            bytes: 15_000 * SIZE,
            calls: 40,
            throttled_calls: 1,
            failed_calls: 0,
            failed_attempts: 0,
            events: 0,
            subscriptions: 0,
            age_max: Some(Span::from_ms(1_000)),
            polled_age_max: None,
            behind_max: Some(Span::from_ms(1_000)),
            busiest_calls: 10,
            busiest_bytes: 9_000 * SIZE,
            backlog_records: 1_000 * (interval + 1),
            backlog_age: Span::from_ms(4_000 * (interval + 1) / INTERVALS),
        }],
    }
}

/// Writes of `seconds` at these rates; what is refused is lost at once.
fn writes(offered_per_s: u64, accepted_per_s: u64, seconds: u64) -> Writes {
    let (offered, accepted) = (offered_per_s * seconds, accepted_per_s * seconds);
    Writes {
        offered_records: offered,
        offered_bytes: offered * SIZE,
        attempts: offered,
        accepted_records: accepted,
        accepted_bytes: accepted * SIZE,
        throttled: offered - accepted,
        throttled_bytes: (offered - accepted) * SIZE,
        failed: 0,
        failed_bytes: 0,
        lost_records: offered - accepted,
        lost_bytes: (offered - accepted) * SIZE,
    }
}
