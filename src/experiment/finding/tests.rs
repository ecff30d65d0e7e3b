//! Findings on outcomes made up by hand, and on scenarios whose answer can be counted out.

use super::*;
use crate::experiment::outcome::ShardSeries;
use crate::experiment::sample;
use crate::time::Span;

fn codes(scenario: &Scenario, outcome: &Outcome) -> Vec<&'static str> {
    find(scenario, outcome).iter().map(|finding| finding.evidence.code()).collect()
}

/// What is found first of this code.
fn found(scenario: &Scenario, outcome: &Outcome, code: &str) -> Evidence {
    let mut all = find(scenario, outcome).into_iter().map(|finding| finding.evidence);
    all.find(|evidence| evidence.code() == code).unwrap_or_else(|| panic!("{code}"))
}

#[test]
fn a_hot_shard_is_found_with_its_share_its_keys_and_the_room_elsewhere() {
    let (scenario, outcome) = sample::hot_shard();
    // 1,200 records/s of 500 B are 120 % of a shard by number and 57 % by bytes.
    assert_eq!(codes(&scenario, &outcome), ["K803", "K101", "K102", "K901"]);
    let Evidence::HotShards(hot) = found(&scenario, &outcome, "K101") else {
        panic!("K101 is about hot shards")
    };
    assert_eq!((hot.over_s, hot.judged_s), (60.0, 60.0));
    assert_eq!(hot.shards.len(), 1);
    assert!((hot.shards[0].share - 2.0 / 3.0).abs() < 1e-12, "1,200 of 1,800");
    assert!((hot.shards[0].load - 1.2).abs() < 1e-12, "1,200 of 1,000/s");
    assert_eq!(hot.others, Some((0.2, 0.2)));
    assert!((hot.refused_share.expect("played") - 1.0 / 6.0).abs() < 1e-12, "200 of 1,200");
    let keys: Vec<_> = hot.keys.iter().map(|key| key.key.as_str()).collect();
    assert_eq!(keys, ["acme", "b,\"c\""], "delta lies elsewhere");
    assert!(hot.key_alone.is_none(), "acme is offered 900/s of 1,000");
}

#[test]
fn the_same_load_on_every_shard_is_a_full_stream_and_not_a_hot_shard() {
    let (scenario, mut outcome) = sample::hot_shard();
    let hot = outcome.streams[0].series.flows[0];
    outcome.streams[0].series.flows.fill(hot);
    assert_eq!(codes(&scenario, &outcome), ["K803", "K102", "K108", "K901"]);
    let Evidence::StreamFull(full) = found(&scenario, &outcome, "K108") else {
        panic!("K108 is about the stream")
    };
    // 4,800/s over four shards of 1,000/s; with a quarter of headroom six shards.
    assert!((full.load - 1.2).abs() < 1e-12);
    assert_eq!(full.shards_needed, 6);
}

/// 750/s of 1,060 B on each shard: 0.76 MiB/s, but 2 KiB each as metered, so 512/s fit.
#[test]
fn rounding_of_sizes_fills_a_stream_that_bytes_alone_would_not() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.plan.streams[0].write.rounding = crate::model::plan::Rounding::Kib;
    for flow in &mut outcome.streams[0].series.flows {
        (flow.offered_records, flow.attempts, flow.accepted_records) = (7_500, 7_500, 5_120);
        flow.offered_bytes = 7_500 * 1_060;
        flow.accepted_bytes = 5_120 * 1_060;
    }
    let Evidence::StreamFull(full) = found(&scenario, &outcome, "K108") else {
        panic!("K108 is about the stream")
    };
    assert!(full.metered && full.by_bytes && full.load < 0.8);
    // 4 * 750 * 2 KiB = 5.86 MiB/s: six shards at least, eight with a quarter to spare.
    assert_eq!(full.shards_needed, 8);
    // Without rounding the same figures are no overload.
    scenario.plan.streams[0].write.rounding = crate::model::plan::Rounding::None;
    assert!(!codes(&scenario, &outcome).contains(&"K108"));
}

#[test]
fn seconds_over_the_limit_in_a_quiet_minute_are_a_burst() {
    let (scenario, mut outcome) = sample::hot_shard();
    for flow in &mut outcome.streams[0].series.flows {
        flow.offered_records = 3_000;
        flow.offered_bytes = 1_500_000;
        flow.attempts = 3_000;
        flow.accepted_records = 2_400;
        flow.busiest_second_ppm = 2_500_000;
    }
    assert_eq!(codes(&scenario, &outcome), ["K803", "K103", "K901"]);
    let Evidence::Burst(burst) = found(&scenario, &outcome, "K103") else {
        panic!("K103 is about bursts")
    };
    assert_eq!((burst.shards, burst.busiest_second), (4, 2.5));
    assert!((burst.mean - 0.3).abs() < 1e-12, "300 of 1,000/s");
    assert!((burst.refused_share - 0.2).abs() < 1e-12);
}

/// A minute in which the key is over follows five without a record: its mean over the run,
/// 180/s, would fit.
#[test]
fn a_key_too_large_for_a_shard_is_found_in_the_time_it_is_so() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    let quiet = crate::experiment::outcome::ShardFlow::default();
    let mut series = vec![quiet; 5 * 6 * 4];
    series.append(&mut outcome.streams[0].series.flows);
    outcome.streams[0].series = ShardSeries::dense(Span::from_s(10), 4, series);
    outcome.until = crate::time::Instant::from_s(360);
    scenario.plan.duration = crate::time::Span::from_s(360);
    // 1,080 of 1,800 records/s.
    outcome.producers[0].top_keys[0].share = 0.6;
    let Evidence::HotShards(hot) = found(&scenario, &outcome, "K101") else {
        panic!("K101 is about hot shards")
    };
    let alone = hot.key_alone.as_ref().expect("acme");
    assert_eq!((alone.key.as_str(), hot.over_s), ("acme", 60.0));
    assert!((alone.load - 1.08).abs() < 1e-12, "{}", alone.load);
}

/// 750/s of 1,060 B are 0.76 MiB/s, but 2 KiB each as metered: 512/s fit. The key has all of
/// its shard.
#[test]
fn rounding_of_sizes_can_make_a_key_too_large() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.plan.streams[0].write.rounding = crate::model::plan::Rounding::Kib;
    let hot = outcome.streams[0].series.flows.iter_mut().step_by(4);
    for flow in hot {
        (flow.offered_records, flow.attempts, flow.accepted_records) = (7_500, 7_500, 5_120);
        flow.offered_bytes = 7_500 * 1_060;
        flow.accepted_bytes = 5_120 * 1_060;
    }
    // Of 1,350 records/s in all.
    outcome.producers[0].top_keys[0].share = 750.0 / 1_350.0;
    let Evidence::HotShards(hot) = found(&scenario, &outcome, "K101") else {
        panic!("K101 is about hot shards")
    };
    assert!(hot.metered);
    let alone = hot.key_alone.as_ref().expect("acme");
    assert!((alone.load - 750.0 / 512.0).abs() < 1e-9, "{}", alone.load);
}

#[test]
fn a_key_too_large_for_a_shard_is_told_of_a_full_stream_and_of_a_burst_too() {
    let (scenario, mut outcome) = sample::hot_shard();
    let hot = outcome.streams[0].series.flows[0];
    outcome.streams[0].series.flows.fill(hot);
    // 1,200 of 4,800 records/s.
    outcome.producers[0].top_keys.truncate(1);
    outcome.producers[0].top_keys[0].share = 0.25;
    let Evidence::StreamFull(full) = found(&scenario, &outcome, "K108") else {
        panic!("K108 is about the stream")
    };
    let alone = full.key_alone.as_ref().expect("acme");
    assert!((alone.load - 1.2).abs() < 1e-12);

    for flow in &mut outcome.streams[0].series.flows {
        (flow.offered_records, flow.attempts, flow.accepted_records) = (3_000, 3_000, 2_400);
        flow.busiest_second_ppm = 2_500_000;
    }
    let burst = |outcome: &Outcome| match found(&scenario, outcome, "K103") {
        Evidence::Burst(burst) => burst.key_alone,
        _ => panic!("K103 is about bursts"),
    };
    let alone = burst(&outcome).expect("all of its shard");
    assert!((alone.load - 2.5).abs() < 1e-12);
    // A third of its shard is less than a limit even then.
    outcome.producers[0].top_keys[0].share = 1.0 / 12.0;
    assert_eq!(burst(&outcome), None);
}

#[test]
fn a_quiet_run_has_no_finding_and_expired_records_come_first() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.assumptions.clear();
    let quiet = outcome.streams[0].series.flows[1];
    outcome.streams[0].series.flows.fill(quiet);
    outcome.losses.clear();
    assert_eq!(codes(&scenario, &outcome), [""; 0]);
    outcome.consumers[0].ledger.expired = 10;
    let found = find(&scenario, &outcome);
    assert_eq!(found[0].severity, Severity::Error);
    assert_eq!(found[0].evidence.code(), "K801");
}

#[test]
fn a_reader_slower_than_its_shard_is_found_with_the_rate_its_age_grows_at() {
    let (mut scenario, outcome) = sample::hot_shard();
    // 200 records in 40 ms + 200 * 1.2 ms = 280 ms: 714/s, against 1,000/s on shard 0.
    let reader = &mut scenario.plan.readers[0];
    sample::poll(reader).limit = 200;
    sample::poll(reader).every = crate::time::Span::from_ms(200);
    reader.per_record = crate::time::Span::from_ns(1_200_000);
    let found = find(&scenario, &outcome);
    let slow = found.iter().find_map(|finding| match &finding.evidence {
        Evidence::SlowReader(slow) => Some(slow),
        _ => None,
    });
    let slow = slow.expect("K204");
    assert!((slow.capacity_per_s - 200.0 / 0.28).abs() < 1e-9);
    assert_eq!((slow.arrival_per_s, slow.shards_over), (1_000.0, 1));
    // The age grows by 1 - 714/1,000 of every second: 17.1 s a minute.
    assert!((slow.age_growth * 60.0 - 17.142_857).abs() < 1e-5);
}
