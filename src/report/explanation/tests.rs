//! Findings made up by hand, as they are told.

use super::*;
use crate::experiment::finding::{Burst, HotKey, HotShard, HotShards, StreamFull};
use crate::experiment::outcome::LossCause;
use crate::experiment::sample;

/// The figures of two hot shards of eight, one key too large for any shard.
fn hot() -> HotShards {
    let shard = |id: &str, share: f64, load: f64| HotShard {
        id: id.to_owned(),
        share,
        load,
        per_s: load * 1_048_576.0,
        main_key: None,
        split: None,
    };
    let key = |key: &str, share, load| HotKey { key: key.to_owned(), share, load };
    HotShards {
        over_s: 720.0,
        judged_s: 1_800.0,
        from_s: None,
        by_bytes: true,
        limit_per_s: 1_048_576.0,
        even_share: 0.125,
        shards: vec![
            shard("shardId-000000000005", 0.252, 1.2),
            shard("shardId-000000000001", 0.243, 1.16),
        ],
        others: Some((0.27, 0.62)),
        others_count: 6,
        refused_share: Some(0.153),
        metered: false,
        keys: vec![key("tenant-0001", 0.17, 1.07), key("tenant\n2", 0.085, 0.4)],
        key_alone: Some(key("tenant-0001", 0.17, 1.07)),
        shard_count: 8,
        placed: false,
        enough: None,
    }
}

fn told(evidence: Evidence) -> Explanation {
    let severity = crate::experiment::finding::Severity::Warning;
    let finding = Finding { severity, subject: "orders".to_owned(), evidence };
    explain(&sample::hot_shard().0, &finding)
}

#[test]
fn hot_shards_are_told_with_time_rates_neighbours_and_keys() {
    let with_key = told(Evidence::HotShards(hot()));
    assert_eq!(
        with_key.text,
        "for 12 min of 30 min, shardId-000000000005 is offered 25.2 % of all bytes, ...0001 \
         24.3 % (even share 12.5 %): 1.20 MiB/s and 1.16 MiB/s against 1.00 MiB/s, 15.3 % of \
         attempts refused. The other 6 run at 27 to 62 %. By weight, keys tenant-0001 and \
         tenant\\n2 carry 25.5 % of all records. tenant-0001 alone is offered 107 % of what a \
         shard may take: no number of shards holds it, at least 2 keys in its place would."
    );
    assert_eq!(with_key.next, None, "more shards would not help");
    let spread = told(Evidence::HotShards(HotShards { key_alone: None, ..hot() }));
    assert_eq!(spread.next.expect("a step").set, "stream.shard_count=16");
}

#[test]
fn a_full_stream_or_a_burst_of_one_key_is_not_told_to_add_shards() {
    let key_alone = hot().key_alone;
    let full = StreamFull {
        over_s: 60.0,
        judged_s: 60.0,
        from_s: None,
        by_bytes: false,
        offered_per_s: 3_000.0,
        capacity_per_s: 1_000.0,
        load: 3.0,
        accepted_load: 1.0,
        refused_share: Some(0.6),
        metered: false,
        shard_count: 1,
        shards_needed: 4,
        key_alone: key_alone.clone(),
    };
    let spread = told(Evidence::StreamFull(StreamFull { key_alone: None, ..full.clone() }));
    assert_eq!(spread.next.expect("a step").set, "stream.shard_count=4");
    let one = told(Evidence::StreamFull(full));
    assert!(one.text.contains("no number of shards holds it"), "{}", one.text);
    assert_eq!(one.next, None);
    let burst = Burst {
        burst_s: 60.0,
        judged_s: 60.0,
        shards: 1,
        worst: "shardId-000000000000".to_owned(),
        busiest_second: 2.5,
        mean: 0.5,
        refused_share: 0.1,
        window_s: 60.0,
        shard_count: 4,
        key_alone,
        large_records: false,
        no_number: false,
    };
    let spread = told(Evidence::Burst(Burst { key_alone: None, ..burst.clone() }));
    assert_eq!(spread.next.expect("a step").set, "stream.shard_count=10");
    let beside = Burst { key_alone: None, no_number: true, ..burst.clone() };
    assert_eq!(told(Evidence::Burst(beside)).next, None, "K101 says that no number helps");
    let large = Burst { key_alone: None, large_records: true, ..burst.clone() };
    let large = told(Evidence::Burst(large));
    assert!(large.text.ends_with("above 1 MiB is more than any shard takes in a second."));
    assert_eq!(large.next, None);
    let one = told(Evidence::Burst(burst));
    assert!(one.text.contains("no number of shards makes room"), "{}", one.text);
    assert_eq!(one.next, None);
}

#[test]
fn one_record_was_and_two_were_given_up() {
    let lost = |records| {
        let cause = LossCause::Throttled;
        told(Evidence::Lost { records, bytes: 100, offered: 1_000, cause, attempts: 3 }).text
    };
    assert!(lost(1).starts_with("1 record of orders was given up, "), "{}", lost(1));
    assert!(lost(2).starts_with("2 records of orders were given up, "), "{}", lost(2));
}

#[test]
fn no_step_leads_beyond_what_the_account_may_hold() {
    let full = HotShards { key_alone: None, shard_count: 251, ..hot() };
    assert_eq!(told(Evidence::HotShards(full)).next, None, "the sample's quota is 500");
}

#[test]
fn text_from_files_stays_short_and_on_one_line() {
    assert_eq!(quoted("a\tb\u{1b}[31m"), "a\\tb\\u{1b}[31m");
    assert_eq!(quoted(&"x".repeat(300)).chars().count(), 24);
    assert_eq!(quoted("it's \"so\""), "it's \"so\"");
}
