//! `lineage.csv`: every shard there was, when it was open, and which it came of.

use super::{Column, Rows, Table};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;

/// The table.
pub const TABLE: Table = Table {
    name: "lineage",
    row: "one shard, open at first or later; the file is there where shards opened or closed in \
          the run",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "StreamName", meaning: "the stream it is one of" },
    Column { name: "ShardId", meaning: "the id of the shard" },
    Column { name: "opened_s", meaning: "when it opened [s]; 0 where it was open before the run" },
    Column { name: "closed_s", meaning: "when it closed [s]; empty where it did not" },
    Column {
        name: "ParentShardId",
        meaning: "the shard it came of in the run; of a merge the lower one (KDS-S05)",
    },
    Column { name: "AdjacentParentShardId", meaning: "of a merge the upper one (KDS-S05)" },
    Column { name: "StartingHashKey", meaning: "the first hash key it owns" },
    Column { name: "EndingHashKey", meaning: "the last hash key it owns" },
    Column { name: "stored_records", meaning: "records stored in it in the run" },
    Column { name: "stored_bytes", meaning: "their bytes: data blob and partition key" },
];

/// The table as CSV: stream by stream, in order of the shards' ids.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for stream in outcome.streams.iter().filter(|stream| !stream.direct) {
        for shard in &stream.shards {
            let parent = |place: usize| {
                let index = shard.came_of.get(place)?;
                stream.shards.get(*index as usize).map(|parent| parent.id.as_str())
            };
            rows.text(&stream.name).text(&shard.id).float(shard.opened.as_s());
            match shard.closed {
                Some(at) => rows.float(at.as_s()),
                None => rows.empty(),
            };
            rows.text(parent(0).unwrap_or(""))
                .text(parent(1).unwrap_or(""))
                .text(&shard.range.0.to_string())
                .text(&shard.range.1.to_string())
                .whole(shard.write.accepted_records)
                .whole(shard.write.accepted_bytes)
                .end();
        }
    }
    rows.into_bytes()
}

/// Whether a run has anything to tell here.
#[must_use]
pub fn is_told(outcome: &Outcome) -> bool {
    outcome.streams.iter().any(|stream| stream.changes() && !stream.direct)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::time::Instant;

    #[test]
    fn parents_are_named_and_what_did_not_happen_is_empty() {
        let (scenario, mut outcome) = sample::hot_shard();
        assert!(!is_told(&outcome));
        let shards = &mut outcome.streams[0].shards;
        let mut child = shards[0].clone();
        child.id = "shardId-000000000004".to_owned();
        (child.came_of, child.opened) = (vec![0, 1], Instant::from_s(20));
        child.range = (7, 9);
        shards[0].closed = Some(Instant::from_s(20));
        shards.push(child);
        assert!(is_told(&outcome));
        let text = String::from_utf8(write(&scenario, &outcome)).expect("UTF-8");
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[1].starts_with("orders,shardId-000000000000,0,20,,,"), "{}", rows[1]);
        let child =
            "orders,shardId-000000000004,20,,shardId-000000000000,shardId-000000000001,7,9,";
        assert!(rows[5].starts_with(child), "{}", rows[5]);
        assert_eq!(rows.len(), 6);
    }
}
