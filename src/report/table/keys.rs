//! `keys.csv`: the most used partition keys and where they land.

use super::{Column, Rows, Table};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;

/// The table.
pub const TABLE: Table = Table {
    name: "keys",
    row: "one of the most used keys of one producer, most used first",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "producer", meaning: "name of the producer in the scenario" },
    Column { name: "rank", meaning: "1 for the producer's most used key" },
    Column { name: "PartitionKey", meaning: "the key as written" },
    Column {
        name: "expected_share",
        meaning: "its expected part of the producer's records in the whole run, by its weight; the \
                  mean over the records where weights change (0 to 1)",
    },
    Column {
        name: "expected_records",
        meaning: "that part of the records the producer offered, rounded to a whole number",
    },
    Column { name: "StreamName", meaning: "stream the producer writes to" },
    Column { name: "ShardId", meaning: "shard the key lands on" },
];

/// The table as CSV, in order of the producers' declaration.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for (producer, plan) in outcome.producers.iter().zip(&scenario.plan.producers) {
        let stream = outcome.streams.get(plan.stream);
        for (place, key) in producer.top_keys.iter().enumerate() {
            let shard = stream.and_then(|stream| stream.shards.get(key.shard as usize));
            let records = key.share * producer.write.offered_records as f64;
            rows.text(&producer.name)
                .whole(place as u64 + 1)
                .text(&key.key)
                .float(key.share)
                .whole(records.round() as u64)
                .text(stream.map_or("", |stream| stream.name.as_str()))
                .text(shard.map_or("", |shard| shard.id.as_str()))
                .end();
        }
    }
    rows.into_bytes()
}
