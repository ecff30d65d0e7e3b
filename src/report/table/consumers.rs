//! `consumers.csv`: each consumer over time.

use super::{Column, Rows, Table, ms_rounded_up};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;
use crate::time::Span;

/// The table.
pub const TABLE: Table = Table {
    name: "consumers",
    row: "one interval of one consumer; CloudWatch adds up all consumers of a stream",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "t_s", meaning: "start of the interval [s]" },
    Column { name: "consumer", meaning: "name of the consumer in the scenario" },
    Column { name: "kind", meaning: "its table in the scenario: `reader`, `lambda`, `firehose`" },
    Column { name: "StreamName", meaning: "stream it reads" },
    Column {
        name: "GetRecords.Records",
        meaning: "records handed over (KDS-M09, sum); this and the next five are empty with \
                  enhanced fan-out",
    },
    Column { name: "GetRecords.Bytes", meaning: "bytes handed over (KDS-M09, sum)" },
    Column { name: "GetRecords.Success", meaning: "GetRecords calls answered (KDS-M11, sum)" },
    Column {
        name: "ReadProvisionedThroughputExceeded",
        meaning: "GetRecords calls refused by a limit (KDS-M12, sum)",
    },
    Column {
        name: "GetRecords.IteratorAgeMilliseconds",
        meaning: "largest age of the last record of a call [ms], rounded up; empty where no call \
                  returned a record (KDS-M10, maximum)",
    },
    Column {
        name: "MillisBehindLatest",
        meaning: "largest value in an answer [ms], rounded up: how far its end is behind the \
                  newest record, 0 where it reached it; empty without an answer (KDS-R15)",
    },
    Column {
        name: "SubscribeToShard.Success",
        meaning: "subscriptions opened (KDS-M13, sum); this and the next four are empty without \
                  enhanced fan-out",
    },
    Column { name: "SubscribeToShardEvent.Records", meaning: "records handed over (KDS-M14, sum)" },
    Column { name: "SubscribeToShardEvent.Bytes", meaning: "bytes handed over (KDS-M14, sum)" },
    Column { name: "SubscribeToShardEvent.Success", meaning: "events handed over (KDS-M14, sum)" },
    Column {
        name: "SubscribeToShardEvent.MillisBehindLatest",
        meaning: "largest age of an event's last record when it was pushed [ms], rounded up \
                  (KDS-M14, maximum)",
    },
    Column {
        name: "busiest_shard_calls",
        meaning: "GetRecords calls answered on the shard that gave its pollers the largest part of \
                  what it may; empty with enhanced fan-out, as the next",
    },
    Column { name: "busiest_shard_bytes", meaning: "bytes handed over there" },
    Column {
        name: "backlog_records",
        meaning: "records stored and not handed over at the interval's end",
    },
    Column {
        name: "backlog_age_ms",
        meaning: "age of the oldest of them [ms], rounded up; 0 where none waits",
    },
    Column {
        name: "failed_attempts",
        meaning: "attempts to process a batch that failed, for a record that could not be digested",
    },
];

/// The table as CSV, interval by interval.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for flow in &outcome.timeline {
        for (consumer, read) in outcome.consumers.iter().zip(&flow.reads) {
            let stream = outcome.streams.get(consumer.stream).map_or("", |s| s.name.as_str());
            rows.float(flow.start.as_s()).text(&consumer.name).text(consumer.kind).text(stream);
            if consumer.fan_out {
                for _ in 0..6 {
                    rows.empty();
                }
                rows.whole(read.subscriptions)
                    .whole(read.records)
                    .whole(read.bytes)
                    .whole(read.events);
                time(&mut rows, read.behind_max);
                rows.empty().empty();
            } else {
                rows.whole(read.records)
                    .whole(read.bytes)
                    .whole(read.calls)
                    .whole(read.throttled_calls);
                time(&mut rows, read.polled_age_max.or(read.age_max));
                time(&mut rows, read.behind_max);
                for _ in 0..5 {
                    rows.empty();
                }
                rows.whole(read.busiest_calls).whole(read.busiest_bytes);
            }
            rows.whole(read.backlog_records)
                .whole(ms_rounded_up(read.backlog_age.as_ns()))
                .whole(read.failed_attempts)
                .end();
        }
    }
    rows.into_bytes()
}

/// A time in whole milliseconds, rounded up; empty where there is none.
fn time(rows: &mut Rows, span: Option<Span>) {
    match span {
        Some(span) => rows.whole(ms_rounded_up(span.as_ns())),
        None => rows.empty(),
    };
}
