//! The tables of a placement, as CSV.

use crate::experiment::placement::study::{Outlook, Study};
use crate::experiment::placement::{Part, Traffic};
use crate::model::hashing::shard_id;
use crate::report::table::{Column, Rows};

/// One table that a placement can be written as.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// Its CSV text.
    pub write: fn(&Study<'_>) -> Vec<u8>,
}

/// Every table there is.
pub const TABLES: &[Table] = &[
    Table { name: "shards", columns: SHARDS, write: shards },
    Table { name: "keys", columns: KEYS, write: keys },
    Table { name: "counts", columns: COUNTS, write: counts },
];

/// The table of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

// Columns that several tables have.
const SHARD_COUNT: Column =
    Column { name: "shard_count", meaning: "number of shards of the stream" };
const SHARE: Column = Column { name: "share", meaning: "its part of all records (0 to 1)" };
const RECORDS_PER_S: Column =
    Column { name: "records_per_s", meaning: "records a second; empty without `--rate`" };
const BYTES_PER_S: Column =
    Column { name: "bytes_per_s", meaning: "bytes a second; empty without `--record-size`" };
const PUT_RECORD_LOAD_SHARE: Column = Column {
    name: "put_record_load_share",
    meaning: "the same where each record is a PutRecord, rounded up to whole KiB (KDS-W06)",
};

const SHARDS: &[Column] = &[
    SHARD_COUNT,
    Column { name: "ShardId", meaning: "the shard: `shardId-` and twelve digits" },
    Column { name: "keys", meaning: "keys that fall on it, those of weight zero left out" },
    SHARE,
    RECORDS_PER_S,
    BYTES_PER_S,
    Column { name: "load_share", meaning: "part of the nearer limit of the shard (1 is full)" },
    PUT_RECORD_LOAD_SHARE,
];

const KEYS: &[Column] = &[
    SHARD_COUNT,
    Column { name: "PartitionKey", meaning: "the key as written, or its hash as written" },
    Column { name: "hash_key", meaning: "its place in the hash space, in decimal (KDS-H02)" },
    Column { name: "weight", meaning: "how often it occurs, or what its weights add up to" },
    SHARE,
    Column { name: "ShardId", meaning: "the shard it falls on" },
    RECORDS_PER_S,
    BYTES_PER_S,
    Column { name: "load_share", meaning: "part of the nearer limit of one shard (1 is full)" },
    PUT_RECORD_LOAD_SHARE,
];

const COUNTS: &[Column] = &[
    SHARD_COUNT,
    Column { name: "busiest_share", meaning: "part of all records on the busiest shard (0 to 1)" },
    Column { name: "usable_shards", meaning: "1 over that: how many shards can be used" },
    Column { name: "unused_shards", meaning: "shards on which no key falls" },
    Column {
        name: "nearest_load_share",
        meaning: "load of the shard nearest to its limit (1 is full); empty without `--rate`",
    },
    Column { name: "over_shards", meaning: "shards over a limit; empty without `--rate`" },
    Column {
        name: "put_record_over_shards",
        meaning: "the same where each record is a PutRecord, rounded up to whole KiB (KDS-W06)",
    },
    Column { name: "salted_busiest_share", meaning: "with the largest keys split by `--salt`" },
    Column { name: "salted_usable_shards", meaning: "with the largest keys split by `--salt`" },
    Column { name: "salted_unused_shards", meaning: "with the largest keys split by `--salt`" },
    Column { name: "salted_nearest_load_share", meaning: "with the largest keys split" },
    Column { name: "salted_over_shards", meaning: "with the largest keys split by `--salt`" },
    Column { name: "salted_put_record_over_shards", meaning: "with the largest keys split" },
];

/// Each shard of each number of shards asked for.
fn shards(study: &Study<'_>) -> Vec<u8> {
    let mut rows = Rows::new(SHARDS);
    for detail in &study.details {
        let cells = detail.placement.cells();
        for (shard, cell) in (0..).zip(cells) {
            rows.whole(cells.len() as u64)
                .text(&shard_id(shard))
                .whole(cell.keys)
                .float(cell.part.share);
            flow(&mut rows, cell.part, study.question.traffic);
            rows.end();
        }
    }
    rows.into_bytes()
}

/// Each key with its shard, for each number of shards asked for.
fn keys(study: &Study<'_>) -> Vec<u8> {
    let mut rows = Rows::new(KEYS);
    for detail in &study.details {
        let count = detail.placement.cells().len() as u64;
        for key in study.keys.sample().iter() {
            let part = study.keys.part(&key);
            rows.whole(count)
                .text(key.name)
                .text(&key.hash.to_string())
                .float(key.weight)
                .float(part.share)
                .text(&shard_id(detail.placement.shard_of(key.hash)));
            flow(&mut rows, part, study.question.traffic);
            rows.end();
        }
    }
    rows.into_bytes()
}

/// Each number of shards tried.
fn counts(study: &Study<'_>) -> Vec<u8> {
    let mut rows = Rows::new(COUNTS);
    for trial in &study.trials {
        rows.whole(trial.shard_count);
        for outlook in [Some(&trial.plain), trial.salted.as_ref()] {
            match outlook {
                Some(outlook) => one_count(&mut rows, outlook),
                None => {
                    rows.empty().empty().empty().empty().empty().empty();
                }
            }
        }
        rows.end();
    }
    rows.into_bytes()
}

fn one_count(rows: &mut Rows, outlook: &Outlook) {
    rows.float(outlook.busiest_share).float(outlook.usable).whole(outlook.unused as u64);
    match outlook.limits {
        Some(limits) => {
            rows.float(limits.load).whole(limits.over as u64).whole(limits.put_record_over as u64)
        }
        None => rows.empty().empty().empty(),
    };
}

fn flow(rows: &mut Rows, part: Part, traffic: Option<Traffic>) {
    let Some(flow) = traffic.map(|traffic| part.of(traffic)) else {
        rows.empty().empty().empty().empty();
        return;
    };
    rows.float(flow.records_per_s);
    match flow.bytes_per_s {
        Some(bytes) => rows.float(bytes),
        None => rows.empty(),
    };
    rows.float(flow.load).float(flow.put_record_load);
}
