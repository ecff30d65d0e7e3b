//! Plans made by hand, where a scenario's text could not say what is asked.

use kinesim::model::plan::{
    AccountPlan, IntakePlan, Plan, PollPlan, ProducerPlan, ReaderPlan, Resolution, StreamPlan,
    WorkPlan, WritePlan,
};
use kinesim::time::Span;
use kinesim::units::Bytes;

/// One stream whose shards take `records_per_s` of any size, whole seconds of it at once.
pub(crate) fn stream(shard_count: u32, records_per_s: u64) -> StreamPlan {
    StreamPlan {
        write: WritePlan::bucket(records_per_s, 1 << 30),
        ..StreamPlan::provisioned("stream", shard_count)
    }
}

/// A reader of everything that polls `every` so often and processes in no time.
pub(crate) fn reader(every: Span) -> ReaderPlan {
    ReaderPlan::plain("reader", IntakePlan::Poll(PollPlan::every(every)), WorkPlan::Loop)
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
        account: AccountPlan::of("us-east-1"),
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
