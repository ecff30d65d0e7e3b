//! What is refused before it is metered, against four emulators.
//!
//! Each recorded case has a row: whether AWS's documents accept the request, judged with the
//! constants and parsers the scenario's checks use, and the tools that answered otherwise.
//! docs/oracles.md has the reason for each of those.

use std::collections::BTreeMap;

use kinesim::model::facts;
use kinesim::model::hashing::HashKey;
use kinesim::time::Span;
use serde_json::Value;

const ERRORS: &str = include_str!("data/oracles/errors.json");

const MIB: u64 = 1 << 20;
const ALL: &[&str] = &["ferrokinesis", "kinesalite", "kinesis_mock", "moto"];

/// A partition key (KDS-H01).
fn key(text: &str) -> bool {
    (1..=facts::PARTITION_KEY_CHARS_MAX).contains(&text.chars().count())
}

/// An explicit hash key (KDS-H03).
fn explicit(text: &str) -> bool {
    HashKey::from_decimal(text).is_ok()
}

/// A record by the length of its blob and key (KDS-W08).
fn record(blob: u64, key: u64) -> bool {
    blob + key <= facts::RECORD_BYTES_DEFAULT.0
}

/// A PutRecords call by its records (KDS-W11, KDS-W12); one record that is refused takes the call
/// with it (KDS-W24).
fn call(records: &[(u64, u64)]) -> bool {
    let total: u64 = records.iter().map(|(blob, key)| blob + key).sum();
    (1..=facts::PUT_RECORDS_ENTRIES_MAX).contains(&records.len())
        && records.iter().all(|&(blob, key)| record(blob, key))
        && total <= facts::PUT_RECORDS_BYTES_MAX.0
}

/// The number of shards of a stream in us-east-1 (KDS-S24).
fn shards(count: u32) -> bool {
    (1..=facts::shard_quota("us-east-1")).contains(&count)
}

/// A retention (KDS-T01, KDS-T02).
fn retention(hours: u64) -> bool {
    (facts::RETENTION_DEFAULT..=facts::RETENTION_MAX).contains(&Span::from_s(hours * 3_600))
}

/// Case, whether it is accepted here, the tools that judge otherwise.
fn judged() -> Vec<(&'static str, bool, &'static [&'static str])> {
    let emoji = |n| "\u{1f600}".repeat(n);
    let (ferrokinesis, kinesis_mock): (&[_], &[_]) = (&["ferrokinesis"], &["kinesis_mock"]);
    let moto: &[_] = &["moto"];
    let all_but_mock: &[_] = &["ferrokinesis", "kinesalite", "moto"];
    let all_but_moto: &[_] = &["ferrokinesis", "kinesalite", "kinesis_mock"];
    let full = (MIB - 1, 1);
    vec![
        ("pk_257_ascii", key(&"k".repeat(257)), &[]),
        ("pk_256_ascii", key(&"k".repeat(256)), &[]),
        ("pk_empty", key(""), moto),
        ("pk_256_two_byte", key(&"\u{e9}".repeat(256)), ferrokinesis),
        ("pk_129_emoji", key(&emoji(129)), all_but_moto),
        ("pk_64_emoji", key(&emoji(64)), &[]),
        ("pk_65_emoji", key(&emoji(65)), ferrokinesis),
        ("ehk_2_128", explicit("340282366920938463463374607431768211456"), &[]),
        ("ehk_max", explicit("340282366920938463463374607431768211455"), moto),
        ("ehk_39_nines", explicit(&"9".repeat(39)), &[]),
        ("ehk_40_digits", explicit(&"1".repeat(40)), &[]),
        ("ehk_negative", explicit("-1"), &[]),
        ("ehk_leading_zero", explicit("01"), all_but_mock),
        ("ehk_empty", explicit(""), moto),
        ("ehk_alpha", explicit("xyz"), &[]),
        ("data_0", record(0, 1), &[]),
        ("data_1MiB", record(MIB, 1), ALL),
        ("data_1MiB_minus_key", record(MIB - 1, 1), &[]),
        ("data_1MiB_plus_1", record(MIB + 1, 1), moto),
        ("data_5MiB", record(5 * MIB, 1), moto),
        ("puts_500", call(&[(1, 1); 500]), &[]),
        ("puts_501", call(&[(1, 1); 501]), kinesis_mock),
        ("puts_0", call(&[]), &["kinesis_mock", "moto"]),
        // kinesis-mock refuses the large record only, the others the call.
        ("puts_one_too_large", call(&[(1, 1), (MIB + 1, 1), (1, 1)]), &[]),
        ("puts_one_too_large_by_key", call(&[(1, 1), (MIB, 1), (1, 1)]), all_but_moto),
        ("puts_total_5MiB", call(&[full; 5]), &[]),
        ("puts_total_5MiB_plus_1", call(&[full, full, full, full, full, (0, 1)]), OLD_TOTAL),
        ("puts_total_6MiB", call(&[full; 6]), &["ferrokinesis", "kinesalite", "moto"]),
        ("create_0", shards(0), &[]),
        ("create_1001", shards(1_001), kinesis_mock),
        ("create_100001", shards(100_001), moto),
        ("retention_inc_23", retention(23), &[]),
        ("retention_inc_8760", retention(8_760), &["ferrokinesis", "kinesalite"]),
        ("retention_inc_8761", retention(8_761), &[]),
        ("retention_dec_below", retention(23), &[]),
    ]
}

/// Tools that still hold a call to the 5 MiB of before October 2025.
const OLD_TOTAL: &[&str] = &["ferrokinesis", "moto"];

/// Cases without a counterpart in numbers: docs/oracles.md says what becomes of each.
const APART: [&str; 9] = [
    "pk_missing",
    "puts_one_bad_key",
    "puts_one_bad_ehk",
    "stream_missing",
    "create_negative",
    "create_duplicate",
    "create_bad_name",
    "create_129_name",
    "retention_inc_lower",
];

#[test]
fn requests_are_refused_as_aws_documents() {
    let recorded: Value = serde_json::from_str(ERRORS).unwrap();
    let mut cases: BTreeMap<&str, &Value> = recorded["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| (case["id"].as_str().unwrap(), &case["tools"]))
        .collect();
    for (id, accepted, expected) in judged() {
        let tools = cases.remove(id).unwrap_or_else(|| panic!("{id} is not recorded"));
        let otherwise: Vec<_> = tools
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, answer)| accepts(answer) != accepted)
            .map(|(tool, _)| tool.as_str())
            .collect();
        assert_eq!(otherwise, expected, "{id}");
    }
    for id in APART {
        assert!(cases.remove(id).is_some(), "{id}");
    }
    assert_eq!(cases, BTreeMap::new(), "cases that nobody judges");
}

/// Whether a tool accepted the request and every record in it.
fn accepts(answer: &Value) -> bool {
    let failed = answer["ok"]["FailedRecordCount"].as_u64().unwrap_or_default();
    answer.get("ok").is_some() && failed == 0
}
