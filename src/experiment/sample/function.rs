//! The made-up run with a function in the place of the reader.
//!
//! A mapping with two lanes a shard hands batches of 200 records to a function that takes 100 ms.
//! Of 80 invocations an interval 8 fail; once in it a try is throttled, and a batch is given up.

use super::{INTERVALS, hot_shard};
use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{LambdaCounts, LambdaFlow, LambdaOutcome, Outcome};
use crate::scenario::{Scenario, load};
use crate::time::Span;

const TEXT: &str = r#"
    stream.shard_count = 4
    [[producer]]
    rate = "1/s"
    record_size = "500 B"
    [[lambda]]
    name = "fraud"
    batch_size = 200
    parallelization_factor = 2
    maximum_retry_attempts = 3
    on_failure = true
    reserved_concurrent_executions = 10
    invocation_duration = { fixed = "100 ms" }
"#;

/// [`hot_shard`] with a function, 90,000 records of 96,000 stored read by its mapping.
pub(crate) fn function() -> (Scenario, Outcome) {
    let (mut scenario, mut outcome) = hot_shard();
    let read = load("function", "function.toml", TEXT, &[], &files::Nothing).expect("it is sound");
    scenario.plan.readers = read.plan.readers;
    scenario.objectives.truncate(1);
    let consumer = &mut outcome.consumers[0];
    consumer.kind = "lambda";
    consumer.ledger.delivered = 87_800;
    consumer.ledger.discarded = 1_200;
    consumer.delivered_bytes = 43_900_000;
    consumer.redelivered = 9_600;
    let (mut batch_records, mut duration) = (Histogram::new(), Histogram::new());
    batch_records.add(200, 432);
    duration.add(Span::from_ms(100).as_ns(), 480);
    let counts = counts();
    let flow = LambdaFlow {
        invocations: 80,
        errors: 8,
        throttles: 1,
        invoked: 16_000,
        discarded: 200,
        batches: 72,
        batch_records: 14_400,
        cold_starts: 0,
        busy_ns: 8_000_000_000,
        concurrency_max: 3,
        age_max: Some(Span::from_ms(1_500)),
    };
    consumer.lambda = Some(Box::new(LambdaOutcome {
        counts,
        judged: counts,
        batch_records,
        duration,
        timeline: vec![flow; INTERVALS as usize],
        lanes: 8,
    }));
    (scenario, outcome)
}

fn counts() -> LambdaCounts {
    LambdaCounts {
        invocations: 480,
        errors: 48,
        throttles: 6,
        billed_ms: 48_000,
        busy_ns: 48_000_000_000,
        polled: 90_000,
        invoked: 96_000,
        failed: 9_600,
        retries_exhausted: 1_000,
        too_old: 200,
        batches: [432, 0, 0, 0],
        concurrency_max: 3,
        ..LambdaCounts::default()
    }
}

#[cfg(test)]
mod files {
    use crate::scenario::Files;

    /// A scenario's folder without files.
    pub(super) struct Nothing;

    impl Files for Nothing {
        fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }
}
