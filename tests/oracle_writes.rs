//! The fixed-window enforcer against bursts of PutRecords recorded from ferrokinesis.
//!
//! A window of that tool opens with the first record after the last window ended; ours start on
//! whole seconds. Each recorded call is therefore sent at its recorded distance from the start of
//! its window, and each window begins on a whole second: both see the same records in it.
//! The tool meters data without keys, so records are offered without one, and nothing is rounded.

use kinesim::model::account::Account;
use kinesim::model::cohort::{Cohort, KeyGroup};
use kinesim::model::hashing::HashKey;
use kinesim::model::log::Kept;
use kinesim::model::plan::{AccountPlan, Enforcer, StreamPlan};
use kinesim::model::stream::{Call, Offer, Stream};
use kinesim::time::{Instant, Span};
use serde_json::Value;

const RECORDED: &str = include_str!("data/oracles/write_limits_ferrokinesis.json");

/// What the calls of a case hold: the key and the length of each entry, from the descriptions.
fn entries(case: &str, call: usize, sent: usize) -> Vec<(String, u64)> {
    let alike = |bytes| vec![("user-0".to_owned(), bytes); sent];
    match (case, call) {
        ("bytes_500x4096", _) => alike(4_096),
        ("bytes_1MiB_then_1", 0) => alike(1 << 20),
        ("small_after_rejected", _) => [300_000, 300_000, 300_000, 300_000, 100_000, 50_000]
            .map(|bytes| ("user-0".to_owned(), bytes))
            .to_vec(),
        ("two_shards", _) => (0..sent).map(|i| (format!("user-{i}"), 1)).collect(),
        _ => alike(1),
    }
}

fn stream(shards: u32) -> Stream {
    let mut plan = StreamPlan::provisioned("recorded", shards);
    plan.write.enforcer = Enforcer::FixedWindow;
    let account = AccountPlan::of("us-east-1");
    Stream::new(&plan, 0, (0, Kept::Nothing), &mut Account::new(&account))
}

/// One call; whether each entry got in, in the order sent (KDS-W16).
fn put(stream: &mut Stream, now: Instant, entries: &[(String, u64)]) -> Vec<bool> {
    let mut offers: Vec<Offer> = entries
        .iter()
        .map(|(key, bytes)| Offer {
            cohort: Cohort::single(KeyGroup::fresh(0), *bytes, now),
            shard: stream.route(HashKey::of(key).0),
            admitted: 0,
        })
        .collect();
    stream.settle(now, Call::PutRecords, 0, &mut offers, &mut ());
    offers.iter().map(|offer| offer.admitted == 1).collect()
}

/// The places in a call where entries fared as `accepted` says.
fn places(answers: &[bool], accepted: bool) -> Vec<usize> {
    (0..answers.len()).filter(|&i| answers[i] == accepted).collect()
}

#[test]
fn fixed_windows_let_in_what_ferrokinesis_lets_in() {
    // Two limits a shard (KDS-W01 to KDS-W03), every entry tried (KDS-W15), a smaller one after a
    // refusal (KDS-W21), refused ones free (KDS-W22), no limit on calls (KDS-W14).
    let recorded: Value = serde_json::from_str(RECORDED).expect("the file is JSON");
    let mut judged = 0;
    for case in recorded["cases"].as_array().expect("cases") {
        let id = case["id"].as_str().expect("an id");
        let mut stream = stream(case["shards"].as_u64().expect("a shard count") as u32);
        let (mut window, mut number) = (Instant::ZERO, 0);
        for call in case["calls"].as_array().expect("calls") {
            if call.get("sleep_s").is_some() {
                window = window + Span::from_s(2);
                continue;
            }
            let count = |field: &str| call[field].as_u64().expect("a number") as usize;
            let now = window + Span::from_ms(count("ms_since_window") as u64);
            let entries = entries(id, number, count("sent"));
            let place = format!("{id}, call {number}");
            assert_eq!(entries.iter().map(|entry| entry.1).sum::<u64>(), count("bytes") as u64);
            let answers = put(&mut stream, now, &entries);
            let (accepted, refused) = (places(&answers, true), places(&answers, false));
            assert_eq!(answers.len(), count("sent"), "{place}");
            assert_eq!(refused.len(), count("failed"), "{place}");
            assert_eq!(call["accepted_first"].as_u64(), first(&accepted), "{place}");
            assert_eq!(call["rejected_first"].as_u64(), first(&refused), "{place}");
            if let Some(listed) = call["accepted_index"].as_array() {
                assert_eq!(*listed, accepted.iter().map(|&i| i.into()).collect::<Vec<Value>>());
            }
            // Throttling is the only cause (KDS-W17).
            let throttled: &[&str] = match refused.len() {
                0 => &[],
                _ => &["ProvisionedThroughputExceededException"],
            };
            assert_eq!(call["codes"], Value::from(throttled.to_vec()), "{place}");
            (number, judged) = (number + 1, judged + 1);
        }
    }
    assert_eq!(judged, 3 + 1 + 2 + 1 + 6 + 6);
}

#[test]
fn put_record_is_limited_in_calls_as_in_records() {
    // KDS-W13: a call is a record, so a shard takes 1,000 calls a second.
    let mut stream = stream(1);
    let cohort = Cohort::single(KeyGroup::fresh(0), 1, Instant::ZERO);
    let calls = (0..1_200).filter(|ms| {
        let mut offer = [Offer { cohort, shard: 0, admitted: 0 }];
        let now = Instant::ZERO + Span::from_ms(ms / 2);
        stream.settle(now, Call::PutRecord, 0, &mut offer, &mut ());
        offer[0].admitted == 1
    });
    assert_eq!(calls.count(), 1_000);
}

fn first(places: &[usize]) -> Option<u64> {
    places.first().map(|&place| place as u64)
}
