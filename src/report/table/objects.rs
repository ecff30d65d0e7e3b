//! `objects.csv`: what Firehose delivered, object by object.

use super::{Column, Rows, Table, ms_rounded_up};
use crate::experiment::outcome::Outcome;
use crate::model::observation::ObjectCause;
use crate::scenario::Scenario;

/// The table.
pub const TABLE: Table = Table {
    name: "objects",
    row: "one object of a delivery stream, in order of delivery; of several delivery streams one \
          after the other, one million rows at most, in even parts",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "t_s", meaning: "when it was delivered, or given up [s]" },
    Column { name: "consumer", meaning: "name of the delivery stream in the scenario" },
    Column {
        name: "ShardId",
        meaning: "shard that its records come from; empty where it is a partition's",
    },
    Column {
        name: "partition",
        meaning: "number of its partition, from 0; empty without dynamic partitioning",
    },
    Column { name: "opened_s", meaning: "when the first record came into its buffer [s]" },
    Column { name: "closed_s", meaning: "when the buffer was closed [s]" },
    Column {
        name: "cause",
        meaning: "what closed it: `size`, `interval`, `raised-size`, which Firehose had raised \
                  while delivery lagged (FH-45), or `shard-end`",
    },
    Column { name: "records", meaning: "records in it" },
    Column { name: "bytes", meaning: "their bytes without keys, before compression (FH-44)" },
    Column { name: "stored_bytes", meaning: "bytes as they were written" },
    Column {
        name: "freshness_ms",
        meaning: "age of its oldest record then [ms], rounded up (FH-97)",
    },
    Column { name: "failed_attempts", meaning: "attempts to deliver it that failed" },
    Column {
        name: "delivered",
        meaning: "1 where its destination took it, 0 where it is in the error output",
    },
];

/// The table as CSV.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for consumer in &outcome.consumers {
        let stream = outcome.streams.get(consumer.stream);
        for (at, object) in consumer.firehose.iter().flat_map(|firehose| &firehose.objects) {
            let shard = stream.and_then(|stream| stream.shards.get(object.shard as usize));
            let shard = shard.filter(|_| object.partition.is_none());
            rows.float(at.as_s())
                .text(&consumer.name)
                .text(shard.map_or("", |shard| shard.id.as_str()))
                .text(&object.partition.map_or_else(String::new, |it| it.to_string()))
                .float(object.opened.as_s())
                .float(object.closed.as_s())
                .text(ObjectCause::name(object.cause))
                .whole(object.records)
                .whole(object.bytes)
                .whole(object.stored)
                .whole(ms_rounded_up(object.age.as_ns()))
                .whole(object.failed)
                .whole(u64::from(object.delivered))
                .end();
        }
    }
    rows.into_bytes()
}
