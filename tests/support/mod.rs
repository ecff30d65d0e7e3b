//! Outcomes made up for tests of what is reported: a fluid stream whose totals add up.

use kinesim::experiment::bill::Usage;
use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::outcome::{
    ConsumerOutcome, Ended, Flow, Joined, Outcome, Positionings, ReadFlow, ReadLedger, ShardFlow,
    ShardOutcome, ShardSeries, StreamFlow, StreamOutcome, Used, Writes,
};
use kinesim::model::plan::{AccountPlan, Enforcer, Plan, Resolution, StreamPlan, WritePlan};
use kinesim::model::prices::Prices;
use kinesim::scenario::Scenario;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

/// Records a second a shard takes (KDS-W02).
pub(crate) const RECORDS_PER_S: u64 = 1000;
/// Bytes a second a shard takes (KDS-W01).
pub(crate) const BYTES_PER_S: u64 = 1 << 20;

type Load = Box<dyn Fn(u32, u64) -> u64>;
type Age = Box<dyn Fn(u64) -> Option<f64>>;

/// A run to be made up. What is above a shard's limit is refused once and lost.
pub(crate) struct Run {
    shards: u32,
    seconds: u64,
    interval_s: u64,
    record_bytes: u64,
    burst: f64,
    warm_up_s: u64,
    load: Load,
    consumers: Vec<(String, Age)>,
}

impl Run {
    /// A run of one stream in which nothing happens.
    pub(crate) fn new(shards: u32, seconds: u64, interval_s: u64) -> Self {
        Self {
            shards,
            seconds,
            interval_s,
            record_bytes: 500,
            burst: 1.0,
            warm_up_s: 0,
            load: Box::new(|_, _| 0),
            consumers: Vec::new(),
        }
    }

    /// Records a second offered to a shard, by its place and the second.
    pub(crate) fn load(mut self, load: impl Fn(u32, u64) -> u64 + 'static) -> Self {
        self.load = Box::new(load);
        self
    }

    /// Size of every record.
    pub(crate) fn record_bytes(mut self, bytes: u64) -> Self {
        self.record_bytes = bytes;
        self
    }

    /// How many times its interval's mean the busiest second is.
    pub(crate) fn burst(mut self, burst: f64) -> Self {
        self.burst = burst;
        self
    }

    /// Length of the warm-up.
    pub(crate) fn warm_up(mut self, seconds: u64) -> Self {
        self.warm_up_s = seconds;
        self
    }

    /// A reader and its iterator age [s] by the second.
    pub(crate) fn consumer(
        mut self,
        name: &str,
        age: impl Fn(u64) -> Option<f64> + 'static,
    ) -> Self {
        self.consumers.push((name.to_owned(), Box::new(age)));
        self
    }

    /// The scenario and what came of it.
    pub(crate) fn build(&self) -> (Scenario, Outcome) {
        (self.scenario(), self.outcome())
    }

    fn scenario(&self) -> Scenario {
        let stream = StreamPlan {
            write: WritePlan {
                enforcer: Enforcer::FixedWindow,
                ..WritePlan::bucket(RECORDS_PER_S, BYTES_PER_S)
            },
            ..StreamPlan::provisioned("clicks", self.shards)
        };
        let plan = Plan {
            duration: Span::from_s(self.seconds),
            warm_up: Span::from_s(self.warm_up_s),
            seed: 7,
            account: AccountPlan::of("us-east-1"),
            streams: vec![stream],
            producers: Vec::new(),
            readers: Vec::new(),
            faults: Vec::new(),
            actions: Vec::new(),
            scalers: Vec::new(),
            resolution: Resolution::Exact,
            memory_limit: Bytes::mib(8192),
        };
        Scenario {
            name: "made-up".to_owned(),
            description: None,
            start: None,
            interval: Span::from_s(self.interval_s),
            objectives: Vec::new(),
            alarms: Vec::new(),
            plan,
            prices: Prices::of_region("us-east-1"),
            chosen_for: None,
            resolved: String::new(),
            hash: "0123456789abcdef".to_owned(),
            assumptions: Vec::new(),
            uncertain: Vec::new(),
            assumed: Vec::new(),
            overrides: Vec::new(),
        }
    }

    fn outcome(&self) -> Outcome {
        let mut shards: Vec<_> = (0..self.shards).map(shard).collect();
        let mut timeline = Vec::new();
        let mut series = Vec::new();
        let mut total = Writes::default();
        for start in (0..self.seconds).step_by(self.interval_s as usize) {
            let seconds = self.interval_s.min(self.seconds - start);
            let mut flow = Flow {
                start: Instant::from_s(start),
                open_shards: self.shards,
                reads: self.consumers.iter().map(|(_, age)| read(age(start))).collect(),
                ..Flow::default()
            };
            for (place, shard) in shards.iter_mut().enumerate() {
                let flowed = self.shard_flow(place as u32, start, seconds);
                add(&mut shard.write, &writes(&flowed));
                add(&mut flow.write, &writes(&flowed));
                shard.busiest_second_ppm = shard.busiest_second_ppm.max(flowed.busiest_second_ppm);
                if flowed.busiest_second_ppm >= flow.busiest_second_ppm {
                    flow.busiest_second_ppm = flowed.busiest_second_ppm;
                    flow.busiest = (place as u32, 0);
                }
                series.push(flowed);
            }
            add(&mut total, &flow.write);
            let peak = |records: u64| (records as f64 * self.burst) as u64 / seconds;
            flow.peak_offered_records = peak(flow.write.offered_records);
            flow.peak_accepted_records = peak(flow.write.accepted_records);
            flow.peak_attempts = peak(flow.write.attempts);
            timeline.push(flow);
        }
        let stream = StreamOutcome {
            name: "clicks".to_owned(),
            quantum: None,
            direct: false,
            unfit: None,
            joined_shards: 0,
            joined: Joined::default(),
            limit_records_per_s: RECORDS_PER_S,
            limit_bytes_per_s: BYTES_PER_S,
            write: total,
            write_judged: total,
            used: self.used(&total),
            kms_calls: None,
            write_latency: Histogram::default(),
            timeline: timeline.iter().map(stream_flow).collect(),
            shards,
            series: ShardSeries::dense(Span::from_s(self.interval_s), self.shards as usize, series),
        };
        Outcome {
            ended: Ended::Completed,
            until: Instant::from_s(self.seconds),
            wakes: 0,
            write: total,
            write_judged: total,
            write_latency: Histogram::default(),
            producers: Vec::new(),
            streams: vec![stream],
            consumers: self.consumers.iter().map(|(name, age)| self.reader(name, age)).collect(),
            blocks: Vec::new(),
            changes: Vec::new(),
            losses: Vec::new(),
            alarms: Vec::new(),
            interval: Span::from_s(self.interval_s),
            timeline,
            fingerprint: None,
            trace: None,
        }
    }

    /// A payload unit a record, a KiB each that it begins, and a month as long as it is.
    fn used(&self, total: &Writes) -> Used {
        let ns = u128::from(self.seconds) * 1_000_000_000;
        let kib = u128::from(self.record_bytes.div_ceil(1_024));
        let run = Usage {
            stream_ns: ns,
            shard_ns: u128::from(self.shards) * ns,
            payload_units: total.accepted_records.into(),
            metered_bytes: u128::from(total.accepted_records) * kib * 1_024,
            ..Usage::default()
        };
        let month = Span::from_s(730 * 3_600);
        Used { run, month: Some(run.scaled(Span::from_s(self.seconds), month)) }
    }

    fn shard_flow(&self, place: u32, start: u64, seconds: u64) -> ShardFlow {
        let offered: u64 = (start..start + seconds).map(|at| (self.load)(place, at)).sum();
        let taken = RECORDS_PER_S.min(BYTES_PER_S / self.record_bytes) * seconds;
        let accepted = offered.min(taken);
        let busiest = offered as f64 / taken as f64 * self.burst * 1e6;
        ShardFlow {
            offered_records: offered,
            attempts: offered,
            accepted_records: accepted,
            busiest_second_ppm: busiest as u32,
            offered_bytes: offered.saturating_mul(self.record_bytes),
            attempted_bytes: offered.saturating_mul(self.record_bytes),
            accepted_bytes: accepted * self.record_bytes,
            ..ShardFlow::default()
        }
    }

    fn reader(&self, name: &str, age: &Age) -> ConsumerOutcome {
        let end = age(self.seconds.saturating_sub(1)).unwrap_or(0.0);
        ConsumerOutcome {
            name: name.to_owned(),
            kind: "reader",
            lambda: None,
            firehose: None,
            fan_out: false,
            stream: 0,
            ledger: ReadLedger::default(),
            delivered_bytes: 0,
            calls: 0,
            empty_calls: 0,
            throttled_calls: 0,
            failed_calls: 0,
            failed_attempts: 0,
            redelivered: 0,
            events: 0,
            positioning: Positionings::default(),
            first_expired: None,
            behind: Histogram::default(),
            iterator_age: Histogram::default(),
            latency: Histogram::default(),
            age_end: span(end),
            backlog_max: 0,
        }
    }
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

fn shard(place: u32) -> ShardOutcome {
    ShardOutcome {
        id: format!("shardId-{place:012}"),
        range: (0, 0),
        opened: Instant::ZERO,
        closed: None,
        came_of: Vec::new(),
        write: Writes::default(),
        busiest_second_ppm: 0,
        seconds_over: 0,
    }
}

fn read(age: Option<f64>) -> ReadFlow {
    ReadFlow { age_max: age.map(span), ..ReadFlow::default() }
}

fn span(seconds: f64) -> Span {
    Span::from_ns((seconds * 1e9) as u64)
}

fn writes(flow: &ShardFlow) -> Writes {
    let throttled = flow.attempts - flow.accepted_records;
    let throttled_bytes = flow.attempted_bytes - flow.accepted_bytes;
    Writes {
        offered_records: flow.offered_records,
        offered_bytes: flow.offered_bytes,
        attempts: flow.attempts,
        accepted_records: flow.accepted_records,
        accepted_bytes: flow.accepted_bytes,
        throttled,
        throttled_bytes,
        failed: 0,
        failed_bytes: 0,
        lost_records: throttled,
        lost_bytes: throttled_bytes,
    }
}

fn add(total: &mut Writes, part: &Writes) {
    total.offered_records += part.offered_records;
    total.offered_bytes = total.offered_bytes.saturating_add(part.offered_bytes);
    total.attempts += part.attempts;
    total.accepted_records += part.accepted_records;
    total.accepted_bytes += part.accepted_bytes;
    total.throttled += part.throttled;
    total.throttled_bytes = total.throttled_bytes.saturating_add(part.throttled_bytes);
    total.lost_records += part.lost_records;
    total.lost_bytes = total.lost_bytes.saturating_add(part.lost_bytes);
}
