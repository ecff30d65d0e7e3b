//! Hashing, ranges and routing against four emulators and AWS's own listings.
//!
//! Every recorded row is reproduced or matched by an exception that says exactly which rows it
//! covers; docs/oracles.md explains why AWS's side is taken in each.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::collections::BTreeMap;
use std::io::Read;

use kinesim::model::facts;
use kinesim::model::hashing::{HashKey, HashRange, shard_id, uniform_ranges};
use kinesim::model::router::Router;
use serde_json::Value;

const KEYS: &str = include_str!("data/oracles/keys.csv");
const PLACEMENT: &str = include_str!("data/oracles/placement.csv");
const EXPLICIT: &str = include_str!("data/oracles/explicit_hash_key.csv");
const RANGES: &[u8] = include_bytes!("data/oracles/uniform_ranges.csv.gz");
const PUBLISHED: &str = include_str!("data/oracles/aws_published.json");

const TOOLS: [&str; 4] = ["moto", "kinesalite", "kinesis_mock", "ferrokinesis"];

/// One line of a CSV file by column name.
type Row = BTreeMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

fn number<T: std::str::FromStr>(row: &Row, column: &str) -> T {
    row[column].parse().ok().unwrap_or_else(|| panic!("{column} of {row:?}"))
}

fn router(ranges: &[HashRange]) -> Router {
    let open: Vec<_> = ranges.iter().copied().zip(0..).collect();
    Router::new(&open).unwrap()
}

/// kinesis-mock divides 2^128 - 1 instead of 2^128: one short where n is a power of two.
fn kinesis_mock_ranges(count: u32) -> Vec<HashRange> {
    let (count, last) = (u128::from(count), u128::from(count) - 1);
    let width = u128::MAX / count;
    let end = |i| if i == last { u128::MAX } else { (i + 1) * width - 1 };
    (0..count).map(|i| HashRange { start: i * width, end: end(i) }).collect()
}

#[test]
fn uniform_ranges_are_those_three_tools_report() {
    // KDS-H05, KDS-H07.
    let mut text = String::new();
    flate2::read::GzDecoder::new(RANGES).read_to_string(&mut text).unwrap();
    let (mut reproduced, mut excepted) = (BTreeMap::new(), 0);
    for row in rows(&text) {
        let count: u32 = number(&row, "shard_count");
        let reported = HashRange {
            start: number(&row, "starting_hash_key"),
            end: number(&row, "ending_hash_key"),
        };
        let ours = uniform_ranges(count);
        let index = (0..count).find(|&i| shard_id(i) == row["shard_id"]).unwrap() as usize;
        if reported == ours[index] {
            assert!(row["reported_by"].starts_with("moto+kinesalite+"), "{row:?}");
            assert!(row["reported_by"].ends_with("ferrokinesis"), "{row:?}");
            *reproduced.entry(count).or_insert(0) += 1;
        } else {
            assert_eq!(row["reported_by"], "kinesis_mock", "{row:?}");
            assert!(count.is_power_of_two(), "{row:?}");
            assert_eq!(reported, kinesis_mock_ranges(count)[index], "{row:?}");
            excepted += 1;
        }
    }
    let counts = [1, 2, 3, 4, 5, 7, 10, 16, 33, 100, 250, 1_000];
    assert_eq!(reproduced, counts.map(|n| (n, n)).into());
    assert_eq!(excepted, 2 + 4 + 16);
}

#[test]
fn uniform_ranges_are_those_aws_lists() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    let listed = published["uniform_3_shards"]["ranges"].as_array().unwrap();
    let ours: Vec<_> = (0..).zip(uniform_ranges(3)).collect();
    assert_eq!(listed.len(), ours.len());
    for (row, (i, range)) in listed.iter().zip(ours) {
        let text = [shard_id(i), range.start.to_string(), range.end.to_string()];
        assert_eq!(row, &Value::from(text.to_vec()));
    }
    let merged = &published["merged_shard_lineage"];
    assert_eq!(merged["shard"], shard_id(874));
}

#[test]
fn keys_hash_to_their_md5() {
    // KDS-H02.
    let keys = rows(KEYS);
    assert_eq!(keys.len(), 255);
    for row in keys {
        let key: String = serde_json::from_str(&row["key_json"]).unwrap();
        assert_eq!(key.len(), number::<usize>(&row, "utf8_bytes"), "{row:?}");
        assert_eq!(key.chars().count(), number::<usize>(&row, "chars"), "{row:?}");
        assert!(key.chars().count() <= facts::PARTITION_KEY_CHARS_MAX, "{row:?}");
        assert_eq!(format!("{:032x}", HashKey::of(&key).0), row["md5_hex"], "{row:?}");
    }
}

#[test]
fn keys_land_where_every_tool_puts_them() {
    // KDS-H04.
    let keys: BTreeMap<u32, (HashKey, usize)> = rows(KEYS)
        .iter()
        .map(|row| {
            let key: String = serde_json::from_str(&row["key_json"]).unwrap();
            (number(row, "key_id"), (HashKey::of(&key), key.len()))
        })
        .collect();
    let mut routers: BTreeMap<u32, Router> = BTreeMap::new();
    let (mut cells, mut excepted) = (0, 0);
    for row in rows(PLACEMENT) {
        let count = number(&row, "shard_count");
        let router = routers.entry(count).or_insert_with(|| router(&uniform_ranges(count)));
        let (hash, bytes) = keys[&number(&row, "key_id")];
        for tool in TOOLS {
            cells += 1;
            if tool == "ferrokinesis" && bytes > facts::PARTITION_KEY_CHARS_MAX {
                // It takes the limit of 256 characters (KDS-H01) for one of bytes.
                assert_eq!(row[tool], "ERR:ValidationException", "{row:?}");
                excepted += 1;
            } else {
                assert_eq!(row[tool], router.route(hash.0).to_string(), "{tool} {row:?}");
            }
        }
    }
    assert_eq!((cells, excepted), (12 * 255 * 4, 12 * 6));
}

#[test]
fn explicit_hash_keys_land_where_every_tool_puts_them() {
    // KDS-H03, KDS-H04.
    let (mut cells, mut ends_in_moto, mut edges_in_mock) = (0, 0, 0);
    for row in rows(EXPLICIT) {
        let count = number(&row, "shard_count");
        let ranges = uniform_ranges(count);
        let hash = HashKey::from_decimal(&row["explicit_hash_key"]).unwrap().0;
        let shard = router(&ranges).route(hash);
        for tool in TOOLS {
            cells += 1;
            let found = &row[tool];
            if tool == "moto" && ranges.iter().any(|range| range.end == hash) {
                // It takes the end of a range as outside of it.
                assert_eq!(found, "ERR:500", "{row:?}");
                ends_in_moto += 1;
            } else if tool == "kinesis_mock" && *found != shard.to_string() {
                // Its edges lie a little lower where n is a power of two.
                assert!(count.is_power_of_two(), "{row:?}");
                let theirs = router(&kinesis_mock_ranges(count)).route(hash);
                assert_eq!(*found, theirs.to_string(), "{row:?}");
                edges_in_mock += 1;
            } else {
                assert_eq!(*found, shard.to_string(), "{tool} {row:?}");
            }
        }
    }
    assert_eq!((cells, ends_in_moto, edges_in_mock), (362 * 4, 51, 12));
}

#[test]
fn limits_are_those_of_the_service_model() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    let limits = &published["service_model_limits"];
    assert_eq!(limits["PartitionKey"]["max"], facts::PARTITION_KEY_CHARS_MAX);
    assert_eq!(limits["Data_max_bytes"], facts::RECORD_BYTES_MAX.0);
    assert_eq!(limits["PutRecords_max_records"], facts::PUT_RECORDS_ENTRIES_MAX);
    assert_eq!(limits["GetRecords_Limit"]["max"], facts::GET_RECORDS_LIMIT_MAX);
    assert_eq!(limits["MaxRecordSizeInKiB"]["min"], facts::RECORD_BYTES_DEFAULT.0 / 1_024);
    assert_eq!(limits["MaxRecordSizeInKiB"]["max"], facts::RECORD_BYTES_MAX.0 / 1_024);
    // After 10 MiB, 5 s: the call's limit over the shard's rate (KDS-R05).
    let pause_s = facts::GET_RECORDS_BYTES_MAX.0 / facts::READ_BYTES_PER_S;
    let text = limits["GetRecords_text"].as_str().unwrap();
    assert!(text.contains(&format!("within the next {pause_s} seconds")));
    assert!(text.contains(&format!("{} calls/s/shard; 2 MiB/s", facts::READ_CALLS_PER_S)));
    let text = limits["PutRecords_text"].as_str().unwrap();
    assert!(text.contains("up to a limit of 10 MiB for the entire request"));
    assert_eq!(facts::PUT_RECORDS_BYTES_MAX.0, 10 << 20);
    assert!(text.contains("1,000 records/s and 1 MB/s"));
    assert_eq!((facts::WRITE_RECORDS_PER_S, facts::WRITE_BYTES_PER_S), (1_000, 1 << 20));
}
