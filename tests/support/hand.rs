//! Plans made by hand, where a scenario's text could not say what is asked.

use kinesim::model::facts;
use kinesim::model::plan::{
    AccountPlan, Enforcer, IntakePlan, OnDemandPlan, Plan, PollOrder, PollPlan, ProducerPlan,
    ReadPlan, ReaderPlan, ReshardPlan, Resolution, Rounding, StartingPosition, StreamMode,
    StreamPlan, WorkPlan, WritePlan,
};
use kinesim::model::retry::RetryPlan;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

/// One stream whose shards take `records_per_s` of any size, whole seconds of it at once.
pub(crate) fn stream(shard_count: u32, records_per_s: u64) -> StreamPlan {
    StreamPlan {
        name: "stream".to_owned(),
        shard_count,
        shards: None,
        record_max: facts::RECORD_BYTES_DEFAULT,
        retention: Span::from_s(86_400),
        write: WritePlan {
            records_per_s,
            bytes_per_s: 1 << 30,
            enforcer: Enforcer::TokenBucket { records: records_per_s, bytes: 1 << 30 },
            rounding: Rounding::None,
        },
        read: ReadPlan { calls_per_s: 5, bytes_per_s: 2 << 20 },
        initial: None,
        encryption: None,
        mode: StreamMode::Provisioned,
        spreads: false,
        on_demand: OnDemandPlan::default(),
        reshard: ReshardPlan::default(),
        direct: None,
    }
}

/// A reader of everything that polls `every` so often and processes in no time.
pub(crate) fn reader(every: Span) -> ReaderPlan {
    ReaderPlan {
        name: "reader".to_owned(),
        stream: 0,
        starts: Instant::ZERO,
        start: StartingPosition::TrimHorizon,
        intake: IntakePlan::Poll(poll(every)),
        read_ahead: 0,
        per_call: Span::ZERO,
        per_record: Span::ZERO,
        threads: None,
        work: WorkPlan::Loop,
    }
}

/// Calls for as much as there is, `every` so often.
pub(crate) fn poll(every: Span) -> PollPlan {
    PollPlan {
        every,
        jitter: Span::ZERO,
        limit: 10_000,
        order: PollOrder::SideBySide,
        retry: RetryPlan::NONE,
    }
}

/// A plan of one stream.
pub(crate) fn plan(
    duration: Span,
    stream: StreamPlan,
    producers: Vec<ProducerPlan>,
    readers: Vec<ReaderPlan>,
) -> Plan {
    Plan {
        duration,
        warm_up: Span::ZERO,
        seed: 1,
        account: AccountPlan {
            region: "us-east-1".to_owned(),
            shard_quota: 20_000,
            commitment: false,
            concurrent_executions: 1_000,
        },
        streams: vec![stream],
        producers,
        readers,
        faults: Vec::new(),
        actions: Vec::new(),
        scalers: Vec::new(),
        resolution: Resolution::Exact,
        memory_limit: Bytes::mib(1 << 10),
    }
}
