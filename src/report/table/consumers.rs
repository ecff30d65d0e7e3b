//! `consumers.csv`: each consumer over time.

use super::{Column, Rows, Table, ms_rounded_up};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;

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
    Column { name: "kind", meaning: "its table in the scenario: `reader`" },
    Column { name: "StreamName", meaning: "stream it reads" },
    Column { name: "GetRecords.Records", meaning: "records handed over (KDS-M09, sum)" },
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
        name: "backlog_records",
        meaning: "records stored and not handed over at the interval's end",
    },
    Column {
        name: "backlog_age_ms",
        meaning: "age of the oldest of them [ms], rounded up; 0 where none waits",
    },
];

/// The table as CSV, interval by interval.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for flow in &outcome.timeline {
        for (consumer, read) in outcome.consumers.iter().zip(&flow.reads) {
            let stream = outcome.streams.get(consumer.stream).map_or("", |s| s.name.as_str());
            rows.float(flow.start.as_s())
                .text(&consumer.name)
                .text(consumer.kind)
                .text(stream)
                .whole(read.records)
                .whole(read.bytes)
                .whole(read.calls)
                .whole(read.throttled_calls);
            match read.age_max {
                Some(age) => rows.whole(ms_rounded_up(age.as_ns())),
                None => rows.empty(),
            };
            rows.whole(read.backlog_records).whole(ms_rounded_up(read.backlog_age.as_ns())).end();
        }
    }
    rows.into_bytes()
}
