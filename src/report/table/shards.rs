//! `shards.csv`: each shard over time.

use super::{Column, Rows, Table};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;
use crate::time::Instant;

/// The table.
pub const TABLE: Table = Table {
    name: "shards",
    row: "one interval of one shard; the manifest says how wide an interval is",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "t_s", meaning: "start of the interval [s]" },
    Column { name: "StreamName", meaning: "stream of the shard" },
    Column { name: "ShardId", meaning: "the shard: `shardId-` and twelve digits" },
    Column { name: "offered_records", meaning: "records the applications offered first" },
    Column { name: "offered_bytes", meaning: "their bytes: data blob and partition key" },
    Column {
        name: "attempted_records",
        meaning: "records sent, each retry counted again; without what failed within the service",
    },
    Column {
        name: "attempted_bytes",
        meaning: "bytes sent, each retry counted again; without what failed within the service",
    },
    Column { name: "IncomingRecords", meaning: "records stored (KDS-M02, sum)" },
    Column { name: "IncomingBytes", meaning: "bytes stored (KDS-M01, sum)" },
    Column {
        name: "WriteProvisionedThroughputExceeded",
        meaning: "records refused by a limit, each refusal counted (KDS-M03, sum)",
    },
    Column {
        name: "busiest_second_share",
        meaning: "largest part of a write limit sent in a whole second (1 is full)",
    },
    Column { name: "OutgoingRecords", meaning: "records handed to consumers (KDS-M09, sum)" },
    Column {
        name: "backlog_records",
        meaning: "records the slowest consumer has not been handed at the interval's end",
    },
    Column {
        name: "IteratorAgeMilliseconds",
        meaning: "largest age of the last record of a GetRecords call [ms] (KDS-M10, maximum)",
    },
];

/// The table as CSV, stream by stream, interval by interval.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for stream in &outcome.streams {
        let cells = stream.series.rows().flat_map(|row| {
            let cells = row.shards.iter().zip(row.flows);
            cells.map(move |(&shard, flow)| (row.start, shard, flow))
        });
        for (start, shard, flow) in cells {
            let shard = &stream.shards[shard as usize];
            rows.float(start.since(Instant::ZERO).as_s())
                .text(&stream.name)
                .text(&shard.id)
                .whole(flow.offered_records)
                .whole(flow.offered_bytes)
                .whole(flow.attempts)
                .whole(flow.attempted_bytes)
                .whole(flow.accepted_records)
                .whole(flow.accepted_bytes)
                .whole(flow.attempts.saturating_sub(flow.accepted_records))
                .float(f64::from(flow.busiest_second_ppm) / 1e6)
                .whole(flow.read_records)
                .whole(flow.backlog_records)
                .whole(flow.age_ms)
                .end();
        }
    }
    rows.into_bytes()
}
