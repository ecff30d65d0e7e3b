//! `lambda.csv`: each function over time.

use super::{Column, Rows, Table, ms_rounded_up};
use crate::experiment::outcome::{LambdaFlow, Outcome};
use crate::scenario::Scenario;
use crate::time::{Instant, NS_PER_S};

/// The table.
pub const TABLE: Table = Table {
    name: "lambda",
    row: "one interval of one Lambda function; written only where the scenario has any",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "t_s", meaning: "start of the interval [s]" },
    Column { name: "consumer", meaning: "name of the function in the scenario" },
    Column { name: "StreamName", meaning: "stream its event source mapping reads" },
    Column { name: "Invocations", meaning: "invocations begun (ESM-134, sum)" },
    Column {
        name: "Errors",
        meaning: "invocations that ended in the interval and failed, timed out or were lost \
                  (ESM-134, sum)",
    },
    Column { name: "Throttles", meaning: "tries to invoke it that were throttled (ESM-134, sum)" },
    Column {
        name: "IteratorAge",
        meaning: "largest age of a batch's last record at hand-over [ms], rounded up; empty \
                  where no batch was handed over (ESM-130, ESM-132, maximum)",
    },
    Column {
        name: "ConcurrentExecutions",
        meaning: "most invocations at a time (ESM-134, maximum)",
    },
    Column { name: "mean_concurrency", meaning: "mean number of invocations at a time" },
    Column {
        name: "batches",
        meaning: "batches handed over for the first time: invocations without retries and parts \
                  of split batches",
    },
    Column { name: "batch_records_mean", meaning: "records in one of them; empty without any" },
    Column { name: "cold_starts", meaning: "invocations that needed a new environment" },
    Column { name: "invoked_records", meaning: "records handed over, each time they were" },
    Column { name: "discarded_records", meaning: "records its event source mapping gave up" },
];

/// The table as CSV, interval by interval.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    let ends = outcome.timeline.iter().map(|flow| flow.start).skip(1).chain([outcome.until]);
    for (place, (flow, end)) in outcome.timeline.iter().zip(ends).enumerate() {
        for consumer in &outcome.consumers {
            let lambda = consumer.lambda.as_deref();
            let Some(of) = lambda.and_then(|it| it.timeline.get(place)) else { continue };
            let stream = outcome.streams.get(consumer.stream).map_or("", |s| s.name.as_str());
            rows.float(flow.start.as_s()).text(&consumer.name).text(stream);
            row(&mut rows, of, (flow.start, end));
        }
    }
    rows.into_bytes()
}

fn row(rows: &mut Rows, of: &LambdaFlow, (start, end): (Instant, Instant)) {
    rows.whole(of.invocations).whole(of.errors).whole(of.throttles);
    match of.age_max {
        Some(age) => rows.whole(ms_rounded_up(age.as_ns())),
        None => rows.empty(),
    };
    rows.whole(of.concurrency_max);
    let seconds = end.since(start).as_s();
    if seconds > 0.0 {
        rows.float(of.busy_ns as f64 / NS_PER_S as f64 / seconds);
    } else {
        rows.empty();
    }
    rows.whole(of.batches);
    match of.batches {
        0 => rows.empty(),
        batches => rows.float(of.batch_records as f64 / batches as f64),
    };
    rows.whole(of.cold_starts).whole(of.invoked).whole(of.discarded).end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    /// The sample: 80 invocations of 100 ms in 10 s, 72 of them with a batch of 200 of its own.
    #[test]
    fn a_row_is_an_interval_of_a_function() {
        let (scenario, outcome) = sample::function();
        let text = String::from_utf8(write(&scenario, &outcome)).expect("UTF-8");
        assert_eq!(text.lines().count(), 1 + 6);
        let row = "10,fraud,orders,80,8,1,1500,3,0.8,72,200,0,16000,200";
        assert_eq!(text.lines().nth(2), Some(row));
        assert!(TABLE.is_written(&scenario));
        let (scenario, outcome) = sample::hot_shard();
        assert!(!TABLE.is_written(&scenario));
        assert_eq!(write(&scenario, &outcome).split(|byte| *byte == b'\n').count(), 2);
    }
}
