//! What producers offer over time: bursts, days, counts from CloudWatch, keys that turn hot.

#![expect(clippy::format_collect, reason = "a test's text need not be made fast")]

#[path = "support/play.rs"]
mod play;

use std::fs;
use std::path::Path;

use kinesim::experiment::outcome::Outcome;
use kinesim::model::plan::{ProfilePlan, SizePlan, SourcePlan};
use kinesim::model::profile::Profile;
use kinesim::scenario::{Files, Scenario, load};
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

use crate::play::play;

/// Files of `tests/data/cloudwatch`, and one trace.
struct Data;

impl Files for Data {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        if path == "trace.csv" {
            let rows: String = (0..1_000).map(|i| format!("{},k{},100\n", i / 10, i % 7)).collect();
            return Ok(format!("t_s,key,bytes\n{rows}").into_bytes());
        }
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cloudwatch").join(path))
    }
}

/// A scenario that lasts `scenario` (fields) on `shards` with one producer (fields).
fn scenario(fields: &str, shards: u32, producer: &str) -> Scenario {
    let text = format!(
        "[scenario]\n{fields}\n[stream]\nshard_count = {shards}\n[[producer]]\nretry = false\n\
         {producer}\n"
    );
    match load("test", "test.toml", &text, &[], &Data) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

fn outcome(fields: &str, shards: u32, producer: &str) -> Outcome {
    play(&scenario(fields, shards, producer), None, true)
}

fn rate(scenario: &Scenario) -> &ProfilePlan {
    match &scenario.plan.producers[0].source {
        SourcePlan::Synthetic { rate, .. } => rate,
        SourcePlan::Trace { .. } => panic!("a rate"),
    }
}

/// Records offered by so many seconds.
fn offered_by(scenario: &Scenario, s: u64) -> f64 {
    Profile::new(rate(scenario)).offered_by(Instant::from_s(s))
}

/// Records each shard was offered in each interval.
fn by_shard(outcome: &Outcome) -> Vec<Vec<u64>> {
    let stream = &outcome.streams[0];
    let row = |row: &[_]| -> Vec<u64> {
        row.iter()
            .map(|flow: &kinesim::experiment::outcome::ShardFlow| flow.offered_records)
            .collect()
    };
    stream.series.flows.chunks(stream.shards.len()).map(row).collect()
}

/// 10 instances release 40 records each second: 400/s. Each burst comes at one moment, so that one
/// shard with a bucket of 30 keeps 30 of each 40, as instances' phases lie further apart than the
/// 30 ms the bucket needs to fill again, but for neighbours.
#[test]
fn bursts_keep_the_rate_and_overflow_what_the_rate_would_not() {
    let burst = "rate = { constant = \"400/s\", arrivals = \"bursty\", burst = { size = 40, \
                 every = \"1 s\" } }\nrecord_size = \"100 B\"\ninstances = 10";
    let even = burst.replace("bursty\", burst = { size = 40, every = \"1 s\" }", "even\"");
    let model = "[model]\nwrite.burst_records = 30\n";
    let bursty = outcome("duration = \"100 s\"", 1, &format!("{burst}\n{model}"));
    let steady = outcome("duration = \"100 s\"", 1, &format!("{even}\n{model}"));
    assert!(bursty.write.offered_records.abs_diff(40_000) <= 400);
    assert_eq!(bursty.write.offered_records % 40, 0, "whole bursts");
    assert!(steady.write.accepted_records >= 39_990);
    let kept = bursty.write.accepted_records as f64 / bursty.write.offered_records as f64;
    assert!(kept <= 0.751, "{kept}: at most 30 of 40");
    assert!(kept >= 0.5, "{kept}: instances at one moment would keep 30 of 400");
    // A second holds one burst of each: the busiest has 400 records, as the quietest.
    assert!(bursty.timeline[2..98].iter().all(|flow| flow.peak_offered_records == 400));
}

/// The same load three times as fast has three bursts a tick, a third of it one each third tick.
#[test]
fn a_rate_that_does_not_fit_its_bursts_is_kept_all_the_same() {
    for (rate, instances) in [("1200/s", 10), ("133/s", 10), ("37/s", 3), ("1/s", 1)] {
        let producer = format!(
            "rate = {{ constant = \"{rate}\", arrivals = \"bursty\", burst = {{ size = 40, every = \
             \"1 s\" }} }}\nrecord_size = \"100 B\"\ninstances = {instances}"
        );
        let offered = outcome("duration = \"400 s\"", 2, &producer).write.offered_records;
        let per_s: f64 = rate.trim_end_matches("/s").parse().unwrap();
        let (want, burst) = (per_s * 400.0, 40.0 * f64::from(instances));
        // Within a burst, and a period, of each instance.
        assert!((offered as f64 - want).abs() <= burst + per_s, "{rate}: {offered}");
    }
}

/// On for 2 s of 10 at 100/s, evenly: 200 records in each period, all in its first two seconds.
#[test]
fn on_and_off_in_turn() {
    for rate in ["peak = \"100/s\"", "mean = \"20/s\""] {
        let producer = format!(
            "rate = {{ shape = \"on-off\", on = \"2 s\", off = \"8 s\", {rate}, arrivals = \
             \"even\" }}\nrecord_size = \"100 B\""
        );
        let rows = by_shard(&outcome("duration = \"60 s\"\ninterval = \"2 s\"", 1, &producer));
        for (i, row) in rows.iter().enumerate() {
            let want = if i % 5 == 0 { 200 } else { 0 };
            assert!(row[0].abs_diff(want) <= 1, "{i}: {row:?}");
        }
    }
}

/// Evenly spaced records follow the closed form of the day: in each hour
/// mean (1 h + a day / 2 pi (sin b - sin a)), to one record.
#[test]
fn a_day_brings_its_curve_hour_by_hour() {
    let producer = "rate = { shape = \"daily\", mean = \"5/s\", peak_to_mean = 1.8, peak_at = \
                    \"14:00\", arrivals = \"even\" }\nrecord_size = \"100 B\"";
    // Begins at 06:00 on its own clock, whatever UTC says.
    let fields = "start = \"2026-11-02T06:00:00+02:00\"\nduration = \"1 d\"\ninterval = \"1 h\"";
    let outcome = outcome(fields, 1, producer);
    let wave = 2.0 * std::f64::consts::PI / 24.0;
    for (i, flow) in (0_u32..).zip(&outcome.timeline) {
        let hour = f64::from(i) + 6.0 - 14.0;
        let swing = libm::sin(wave * (hour + 1.0)) - libm::sin(wave * hour);
        let want = 5.0 * 3_600.0 * (1.0 + 0.8 * swing / wave);
        let got = flow.write.offered_records as f64;
        assert!((got - want).abs() <= 1.5, "hour {i}: {got} {want}");
    }
    assert!(outcome.write.offered_records.abs_diff(432_000) <= 1);
}

/// What CloudWatch answered in any form plays as the plain table does, record by record.
#[test]
fn an_answer_of_cloudwatch_plays_as_the_table_of_the_same_numbers() {
    let fields = "duration = \"3 min\"";
    let play = |file: &str, series: &str| {
        let producer =
            format!("rate = {{ trace = \"{file}\", {series} }}\nrecord_size = \"1 KiB\"");
        outcome(fields, 2, &producer).fingerprint.unwrap()
    };
    let table = play("wide_iso.csv", "column = \"IncomingRecords\"");
    for file in ["get-metric-data_1min.json", "get-metric-data_1min_iso.json"] {
        assert_eq!(play(file, "metric = \"m2\""), table);
    }
    let file = "get-metric-statistics_1min_IncomingRecords_iso.json";
    assert_eq!(play(file, "metric = \"IncomingRecords\""), table);
}

/// The totals as the samples' README gives them; 3,468 refused records (summed by hand).
#[test]
fn the_whole_file_is_offered_with_what_was_refused_as_far_as_that_is_said() {
    let whole = |more: &str| {
        let producer = format!(
            "rate = {{ trace = \"get-metric-data_1min.json\", metric = \"IncomingRecords\"{more} \
             }}\nrecord_size = \"1 KiB\""
        );
        offered_by(&scenario("duration = \"3 h\"", 2, &producer), 3 * 3_600)
    };
    for (more, want) in [
        ("", 7_805_217.0),
        (", throttled = \"upper-bound\"", 7_805_217.0 + 3_468.0),
        (", throttled = \"25 %\"", 7_805_217.0 + 867.0),
        (", throttled = { share = 0.5, metric = \"m3\" }", 7_805_217.0 + 1_734.0),
        (", scale = 2.0", 15_610_434.0),
        (", peak_to_mean = 4.0, peak_width = \"3 s\"", 7_805_217.0),
    ] {
        assert!((whole(more) - want).abs() < 1e-3, "{more}: {}", whole(more));
    }
}

/// 3,286,716,591 bytes of 7,805,217 records are 421.09 B each; a random key has 36 of them.
#[test]
fn the_mean_size_follows_from_the_bytes() {
    let size = |rate: &str| {
        let producer = format!("rate = {{ trace = {rate} }}");
        let scenario = scenario("duration = \"3 h\"", 2, &producer);
        match &scenario.plan.producers[0].source {
            SourcePlan::Synthetic { sizes, .. } => sizes.clone(),
            SourcePlan::Trace { .. } => panic!("a rate"),
        }
    };
    let json = "\"get-metric-data_1min.json\", metric = \"m2\"";
    let csv = "\"wide_iso.csv\", column = \"IncomingRecords\"";
    let file = "get-metric-statistics_1min_IncomingBytes.json";
    for rate in [
        format!("{json}, bytes = \"IncomingBytes\""),
        format!("{json}, bytes = {{ metric = \"m1\" }}"),
        format!("{json}, bytes = {{ trace = \"{file}\" }}"),
        format!("{csv}, bytes = \"IncomingBytes\""),
    ] {
        assert_eq!(size(&rate), SizePlan::Constant(Bytes(385)), "{rate}");
    }
}

/// The file's minute 09:35 has 129,590 records, 09:36 has 128,977.
#[test]
fn the_start_on_the_calendar_says_which_part_of_a_file_is_played() {
    let json = "rate = { trace = \"get-metric-data_1min_iso.json\", metric = \"m2\"";
    let two_minutes = |fields: &str, more: &str| {
        let producer = format!("{json}{more} }}\nrecord_size = \"1 KiB\"");
        let scenario = scenario(&format!("{fields}\nduration = \"2 min\""), 2, &producer);
        (offered_by(&scenario, 60), offered_by(&scenario, 120))
    };
    let start = "start = \"2025-03-03T10:35:00+01:00\"";
    let close = |got: (f64, f64), first: f64, second: f64| {
        assert!((got.0 - first).abs() < 1e-6 && (got.1 - first - second).abs() < 1e-6, "{got:?}");
    };
    close(two_minutes(start, ""), 129_590.0, 128_977.0);
    close(two_minutes("", ", from = \"2025-03-03T09:35:00Z\""), 129_590.0, 128_977.0);
    // Half of 09:35 and half of 09:36, then the other half of it and half of 128,367.
    let halves = two_minutes("", ", from = \"2025-03-03T09:35:30Z\"");
    close(halves, 129_590_f64.midpoint(128_977.0), 128_977_f64.midpoint(128_367.0));
    close(two_minutes(start, ", from = \"first-row\""), 42_000.0, 42_621.0);
    // Twice as fast, a minute plays two of the file.
    close(two_minutes(start, ", speed = 2"), 258_567.0, 128_367.0 + 127_761.0);
}

/// Two keys on two shards; from 30 s on, for 20 s, all records have the other one. 1,000/s evenly:
/// not one record is on the wrong side, although records are drawn in blocks.
#[test]
fn a_key_turns_hot_at_its_moment_and_not_before() {
    let producer = "rate = { constant = \"1k/s\", arrivals = \"even\" }\nrecord_size = \"100 B\"\n\
                    partition_key = { values = [\"a\", \"b\"], weights = [1, 0], changes = [{ at = \
                    \"30500 ms\", for = \"20 s\", key = \"b\", share = \"100 %\" }] }";
    let outcome = outcome("duration = \"60 s\"\ninterval = \"1 s\"", 2, producer);
    let rows = by_shard(&outcome);
    let (a, b) = (usize::from(rows[0][0] == 0), usize::from(rows[0][0] > 0));
    for (s, row) in rows.iter().enumerate() {
        // An instance's phase is below one record.
        let want = match s {
            30 | 50 => 500,
            31..=49 => 1_000,
            _ => 0,
        };
        assert!(row[b].abs_diff(want) <= 1, "second {s}: {row:?}");
        assert_eq!(row[a] + row[b], 1_000);
    }
    // b has 20 of 60 s: what keys.csv and the findings say.
    let keys = &outcome.producers[0].top_keys;
    assert_eq!(keys[0].key, "a");
    assert!((keys[1].share - 1.0 / 3.0).abs() < 1e-9);
    let counted: u64 = rows.iter().map(|row| row[b]).sum();
    assert!(counted.abs_diff(20_000) <= 2);
}

/// Weights change which key a record has, and nothing else: moments and sizes stay the same.
#[test]
fn a_change_of_weights_moves_no_record() {
    let producer = |keys: &str| {
        format!(
            "rate = \"500/s\"\nrecord_size = {{ median = \"900 B\", p99 = \"4 KiB\" }}\n\
             partition_key = {{ dist = \"zipf\", count = 9, exponent = 1.0{keys} }}"
        )
    };
    let plain = outcome("", 4, &producer(""));
    for keys in [
        ", changes = [{ at = \"5 min\", key = \"key-9\", share = \"90 %\" }]",
        ", rotate = { every = \"1 min\" }",
    ] {
        let other = outcome("", 4, &producer(keys));
        assert_eq!(other.write.offered_records, plain.write.offered_records);
        assert_eq!(other.write.offered_bytes, plain.write.offered_bytes);
        let [before, after] = [&plain, &other].map(by_shard);
        let half = before.len() / 2;
        if keys.contains("changes") {
            assert_eq!(before[..half], after[..half], "the same keys until then");
        }
        assert_ne!(before[half..], after[half..]);
    }
}

/// 30 % of records with new keys have one key instead; the rest stays spread over all hashes.
#[test]
fn among_new_keys_one_may_turn_hot() {
    let producer = "rate = { constant = \"4k/s\", arrivals = \"even\" }\nrecord_size = \"100 B\"\n\
                    partition_key = { dist = \"random\", changes = [{ at = \"10 s\", key = \
                    \"hot\", share = 0.3 }] }";
    let outcome = outcome("duration = \"110 s\"\ninterval = \"10 s\"", 4, producer);
    let rows = by_shard(&outcome);
    let after: Vec<u64> =
        (0..4).map(|shard| rows[1..].iter().map(|row| row[shard]).sum()).collect();
    let hot = outcome.producers[0].top_keys[0].shard as usize;
    assert!((outcome.producers[0].top_keys[0].share - 0.3 * 100.0 / 110.0).abs() < 1e-9);
    for (shard, records) in after.iter().enumerate() {
        // 400,000 records: standard deviations below 320.
        let want = if shard == hot { 0.3 + 0.7 / 4.0 } else { 0.7 / 4.0 } * 400_000.0;
        assert!((*records as f64 - want).abs() < 1_600.0, "{shard}: {records}");
    }
    for records in &rows[0] {
        assert!(records.abs_diff(10_000) < 450, "{records}");
    }
}

/// Three keys of which one alone is used; each 10 s the next one. What keys.csv expects is what
/// was counted.
#[test]
fn popularity_moves_from_key_to_key() {
    let producer = "rate = { constant = \"100/s\", arrivals = \"even\" }\nrecord_size = \"100 B\"\n\
                    partition_key = { values = [\"a\", \"b\", \"c\"], weights = [1, 0, 0], \
                    rotate = { every = \"10 s\", by = 2 } }";
    let outcome = outcome("duration = \"50 s\"\ninterval = \"10 s\"", 64, producer);
    let shard_of = |key: &str| {
        let found = outcome.producers[0].top_keys.iter().find(|top| top.key == key).unwrap();
        found.shard as usize
    };
    // By two of three: a, c, b, a, c.
    for (row, key) in by_shard(&outcome).iter().zip(["a", "c", "b", "a", "c"]) {
        assert!(row[shard_of(key)].abs_diff(1_000) <= 1, "{key}");
        assert!(row.iter().sum::<u64>() <= 1_001);
    }
    let share =
        |key: &str| outcome.producers[0].top_keys.iter().find(|top| top.key == key).unwrap().share;
    for (key, want) in [("a", 0.4), ("b", 0.2), ("c", 0.4)] {
        assert!((share(key) - want).abs() < 1e-9, "{key}");
    }
}

/// Beside a trace too, the explicit hash key decides and the key's length is what is charged.
#[test]
fn explicit_hash_keys_decide_beside_a_trace() {
    let trace = "trace = { file = \"trace.csv\", time = \"t_s\", key = \"key\", size = \"bytes\" }";
    let play = |hash: &str| {
        let outcome = outcome("duration = \"100 s\"", 4, &format!("{trace}\n{hash}"));
        // Ten records a second of 100 bytes and a key of 2.
        assert_eq!((outcome.write.offered_records, outcome.write.offered_bytes), (1_000, 102_000));
        let rows = by_shard(&outcome);
        let total = |shard: usize| rows.iter().map(|row| row[shard]).sum::<u64>();
        [total(0), total(1), total(2), total(3)]
    };
    let half = "\"170141183460469231731687303715884105728\"";
    assert_eq!(play(&format!("explicit_hash_key = {half}")), [0, 0, 1_000, 0]);
    let last = "\"340282366920938463463374607431768211455\"";
    let two =
        play(&format!("explicit_hash_key = {{ values = [\"0\", {last}], weights = [3, 1] }}"));
    // Standard deviation 13.7.
    assert!(two[0].abs_diff(750) < 70 && two[0] + two[3] == 1_000, "{two:?}");
    let random = play("explicit_hash_key = { dist = \"random\" }");
    assert!(random.iter().all(|records| records.abs_diff(250) < 70), "{random:?}");
    // Seven keys and nothing else: some shard of four has two of them or more.
    assert_ne!(play(""), random);
}

/// A window of a trace plays the rows in it, at their moments.
#[test]
fn a_window_of_a_trace() {
    struct Dated;
    impl Files for Dated {
        fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
            let rows: String = (0..60).map(|i| format!("2026-11-02 10:{i:02}:30,k\n")).collect();
            Ok(format!("time,key\n{rows}").into_bytes())
        }
    }
    let rows = |fields: &str, more: &str| {
        let text = format!(
            "[scenario]\n{fields}\nduration = \"5 min\"\n[stream]\nshard_count = 1\n[[producer]]\n\
             record_size = \"1 KiB\"\ntrace = {{ file = \"x.csv\", time = \"time\", key = \"key\"\
             {more} }}\n"
        );
        let scenario = load("test", "test.toml", &text, &[], &Dated).ok().unwrap();
        match &scenario.plan.producers[0].source {
            SourcePlan::Trace { rows, .. } => {
                rows.iter().map(|row| row.at.since(Instant::ZERO)).collect::<Vec<_>>()
            }
            SourcePlan::Synthetic { .. } => panic!("a trace"),
        }
    };
    let each_minute = |from: u64, count: u64| -> Vec<Span> {
        (0..count).map(|i| Span::from_s(from + 60 * i)).collect()
    };
    assert_eq!(rows("start = \"2026-11-02T11:20:00+01:00\"", ""), each_minute(30, 5));
    assert_eq!(rows("", ", from = \"2026-11-02T09:58:00Z\""), each_minute(150, 3));
    assert_eq!(rows("start = \"2026-11-02T10:57:00Z\"", ""), each_minute(30, 3));
    assert_eq!(rows("", "").len(), 60, "all of it");
}
