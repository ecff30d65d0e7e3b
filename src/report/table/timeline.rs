//! `timeline.csv`: what was offered, accepted and refused over time.

use super::{Column, Rows, Table};
use crate::experiment::outcome::{Outcome, StreamFlow, StreamOutcome};
use crate::scenario::Scenario;
use crate::time::Instant;

/// The table.
pub const TABLE: Table = Table {
    name: "timeline",
    row: "one interval, all streams together; where there are several, one interval of one stream",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "t_s", meaning: "start of the interval [s]" },
    Column { name: "offered_records", meaning: "records the applications offered first" },
    Column { name: "offered_bytes", meaning: "their bytes: data blob and partition key" },
    Column {
        name: "attempted_records",
        meaning: "stored, refused and failed together, each retry counted (KDS-M15)",
    },
    Column { name: "IncomingRecords", meaning: "records stored (KDS-M02, sum)" },
    Column { name: "IncomingBytes", meaning: "bytes stored (KDS-M01, sum)" },
    Column {
        name: "WriteProvisionedThroughputExceeded",
        meaning: "records refused by a limit, each refusal counted (KDS-M03, sum)",
    },
    Column { name: "throttled_bytes", meaning: "bytes refused by a limit" },
    Column { name: "lost_records", meaning: "records their producers gave up" },
    Column { name: "lost_bytes", meaning: "bytes their producers gave up" },
    Column { name: "open_shards", meaning: "open shards at the interval's end" },
    Column {
        name: "busiest_second_share",
        meaning: "largest part of a write limit sent to one shard in a whole second (1 is full)",
    },
    Column { name: "busiest_StreamName", meaning: "stream of that shard" },
    Column { name: "busiest_ShardId", meaning: "its shard id; empty where nothing was sent" },
    Column {
        name: "peak_offered_records_per_s",
        meaning: "most records offered in a whole second",
    },
    Column {
        name: "peak_attempted_records_per_s",
        meaning: "most records sent in a whole second, retries included",
    },
    Column {
        name: "peak_accepted_records_per_s",
        meaning: "most records stored in a whole second",
    },
    Column {
        name: "failed_records",
        meaning: "entries that failed within the service (`InternalFailure`), or that KMS \
                  throttled, before a limit judged them; with PutRecords and without KMS \
                  `PutRecords.FailedRecords` (KDS-M07, sum)",
    },
];

/// A column behind the others where a scenario has several streams.
pub const STREAM: Column = Column {
    name: "StreamName",
    meaning: "the stream of the row; only where the scenario has several",
};

/// The last column where `scenario.start` says when on the calendar the run begins.
pub const TIME: Column = Column {
    name: "time",
    meaning: "start of the interval on the calendar; only where `scenario.start` is given",
};

/// The table as CSV.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let time = scenario.start.map(|_| TIME);
    let several = outcome.streams.len() > 1;
    let stream = several.then_some(STREAM);
    let columns: Vec<Column> = COLUMNS.iter().copied().chain(stream).chain(time).collect();
    let mut rows = Rows::new(&columns);
    for (interval, all) in outcome.timeline.iter().enumerate() {
        for stream in &outcome.streams {
            let Some(flow) = stream.timeline.get(interval) else { continue };
            row(&mut rows, all.start, flow, stream);
            if several {
                rows.text(&stream.name);
            }
            if let Some(start) = scenario.start {
                rows.text(&start.after(all.start.as_ns()).to_string());
            }
            rows.end();
        }
    }
    rows.into_bytes()
}

/// What a stream saw in an interval that began at `start`.
fn row(rows: &mut Rows, start: Instant, flow: &StreamFlow, stream: &StreamOutcome) {
    let write = &flow.write;
    let shard = stream.shards.get(flow.busiest as usize);
    rows.float(start.as_s())
        .whole(write.offered_records)
        .whole(write.offered_bytes)
        .whole(write.attempts)
        .whole(write.accepted_records)
        .whole(write.accepted_bytes)
        .whole(write.throttled)
        .whole(write.throttled_bytes)
        .whole(write.lost_records)
        .whole(write.lost_bytes)
        .whole(flow.open_shards)
        .float(f64::from(flow.busiest_second_ppm) / 1e6);
    // In an interval without writes no shard is the busiest.
    if let (Some(shard), true) = (shard, flow.busiest_second_ppm > 0) {
        rows.text(&stream.name).text(&shard.id);
    } else {
        rows.empty().empty();
    }
    rows.whole(flow.peak_offered_records)
        .whole(flow.peak_attempts)
        .whole(flow.peak_accepted_records)
        .whole(write.failed);
}
