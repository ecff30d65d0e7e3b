//! Replicates: the same whatever is played beside them, and what is told of them.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/text.rs"]
mod text;

use kinesim::experiment::run::{Continue, Options, run};
use kinesim::experiment::study::{self, Job, Measure, Pace, Row, Stopped, steady};
use kinesim::model::hashing::{HashKey, uniform_ranges};
use kinesim::model::keys::{hash_of, name_bytes, name_of};
use kinesim::model::plan::SourcePlan;
use kinesim::scenario::Scenario;
use kinesim::time::Span;

use crate::text::scenario;

const HOT: &str = r#"
    [scenario]
    duration = "30 s"
    seed = 5
    [stream]
    shard_count = 4
    [[producer]]
    rate = "3k/s"
    record_size = { min = "100 B", max = "900 B" }
    partition_key = { dist = "zipf", count = 40, exponent = 1.1 }
    [[reader]]
    name = "all"
    processing = { per_record = "1.2 ms" }
    [slo]
    "write.throttled" = "<= 1 %"
    "reader.all.iterator_age.p99" = "<= 5 s"
"#;

fn job<'s>(scenario: &'s Scenario, measures: &'s [Measure], replicate: u64) -> Job<'s> {
    Job { scenario, measures, replicate, with_other_keys: false, until: None, max_events: None }
}

fn played(threads: usize, jobs: &[Job<'_>]) -> Vec<Row> {
    study::play(Some(threads), jobs, &|_| Continue::Yes).unwrap()
}

#[test]
fn a_replicate_is_the_same_whatever_is_played_beside_it() {
    let scenario = scenario(HOT);
    let measures = study::measures(&scenario);
    let jobs: Vec<Job<'_>> = (0..6).map(|it| job(&scenario, &measures, it)).collect();
    let all = played(2, &jobs);
    assert_eq!(played(1, &jobs), all);
    assert_eq!(played(1, &jobs[..2]), all[..2]);
    assert_eq!(played(2, &jobs[3..]), all[3..]);
    // Other random numbers: no two are alike.
    for (place, row) in all.iter().enumerate() {
        assert!(all[..place].iter().all(|other| other.values != row.values), "{place}");
        assert_eq!(row.replicate, place as u64);
    }
}

#[test]
fn replicate_zero_is_the_run_itself() {
    let scenario = scenario(HOT);
    let measures = study::measures(&scenario);
    let outcome = run(&scenario, Options::new(&mut |_| Continue::Yes));
    let row = &played(1, &[job(&scenario, &measures, 0)])[0];
    let place = |path: &str| measures.iter().position(|it| it.path == path).unwrap();
    let write = &outcome.write;
    let throttled = write.throttled as f64 / write.attempts as f64;
    assert_eq!(row.values[place("write.throttled")], Some(throttled));
    assert_eq!(row.values[place("records.lost")], Some(write.lost_records as f64));
    let waiting = outcome.consumers[0].ledger.waiting as f64;
    assert_eq!(row.values[place("reader.all.backlog.end")], Some(waiting));
    // KDS-P: the month is what its items cost.
    let month = row.month().unwrap().dollars();
    assert!((row.values[place("cost.month")].unwrap() - month).abs() < 1e-9);
}

/// Keys keep their names and lengths and fall elsewhere; replicate 0 has them where they belong.
#[test]
fn other_placements_move_keys_and_nothing_else() {
    let scenario = scenario(HOT);
    let measures = study::measures(&scenario);
    let moved = |replicate| Job { with_other_keys: true, ..job(&scenario, &measures, replicate) };
    let jobs: Vec<Job<'_>> = (0..12).map(moved).collect();
    let rows = played(2, &jobs);
    assert_eq!(rows[0], played(1, &[job(&scenario, &measures, 0)])[0]);
    let same = played(2, &(0..12).map(|it| job(&scenario, &measures, it)).collect::<Vec<_>>());
    for (row, same) in rows.iter().zip(&same) {
        assert_eq!(row.lost.1, same.lost.1, "the same records are offered");
    }
    // Where 40 keys fall matters far more than when their records come.
    let spread = |rows: &[Row]| {
        let values: Vec<f64> = rows.iter().map(|row| row.values[0].unwrap()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>()
    };
    assert!(spread(&rows) > 20.0 * spread(&same), "{} {}", spread(&rows), spread(&same));
}

/// A thousand placements of one key are even over four shards: chi-square with three degrees of
/// freedom, 16.27 at one in a thousand.
#[test]
fn placements_are_even() {
    let scenario = scenario(HOT);
    let SourcePlan::Synthetic { keys, .. } = &scenario.plan.producers[0].source else {
        panic!("it is synthetic")
    };
    assert_eq!(hash_of(keys, 7), HashKey::of(&name_of(keys, 7)).0);
    let ranges = uniform_ranges(4);
    let mut counts = [0_u32; 4];
    for placement in 1..=1_000 {
        let plan = scenario.plan.clone().placed(placement);
        let SourcePlan::Synthetic { keys, .. } = &plan.producers[0].source else { continue };
        assert_eq!(name_bytes(keys, 7), name_of(keys, 7).len() as u64);
        let hash = hash_of(keys, 7);
        counts[ranges.iter().position(|range| range.contains(hash)).unwrap()] += 1;
    }
    let chi: f64 = counts
        .iter()
        .map(|&it| {
            let away = f64::from(it) - 250.0;
            away * away / 250.0
        })
        .sum();
    assert!(chi < 16.27, "{counts:?}");
}

#[test]
fn a_study_that_is_stopped_says_so() {
    let scenario = scenario(HOT);
    let measures = study::measures(&scenario);
    let jobs: Vec<Job<'_>> = (0..4).map(|it| job(&scenario, &measures, it)).collect();
    let stop = |pace: Pace| if pace.share > 0.3 { Continue::Stop } else { Continue::Yes };
    assert_eq!(study::play(Some(2), &jobs, &stop), Err(Stopped));
    // The share only grows, and ends with the last run.
    let last = std::sync::Mutex::new(0.0_f64);
    let watch = |pace: Pace| {
        let mut last = last.lock().unwrap();
        *last = last.max(pace.share);
        assert!(pace.share <= 1.0 && pace.runs == 4);
        Continue::Yes
    };
    assert_eq!(study::play(Some(2), &jobs, &watch).map(|rows| rows.len()), Ok(4));
    assert!(*last.lock().unwrap() > 0.99);
}

/// A reader that is paused for the first 20 s has to catch up; what comes after is steady.
#[test]
fn the_warm_up_ends_after_a_backlog_from_before_the_run() {
    let text = r#"
        [scenario]
        duration = "10 min"
        interval = "2 s"
        [stream]
        shard_count = 1
        [[producer]]
        rate = "500/s"
        record_size = "100 B"
        [[reader]]
        name = "slow"
        processing = { per_record = "1 ms" }
        [[fault]]
        kind = "outage"
        target = "reader.slow"
        at = "0 s"
        for = "20 s"
    "#;
    let scenario = scenario(text);
    let outcome = run(&scenario, Options::new(&mut |_| Continue::Yes));
    let cut = steady::warm_up(&outcome).unwrap();
    // 10,000 records wait at 20 s and 500 more come each second, against 1,000 done: 20 s more, and
    // as long again until its batches are small.
    assert!(cut >= Span::from_s(20) && cut <= Span::from_s(80), "{cut}");
}

/// What cannot keep up never settles.
#[test]
fn what_grows_to_the_end_has_not_settled() {
    let text = HOT.replace("1.2 ms", "12 ms").replace("30 s", "5 min");
    let scenario = scenario(&text);
    let outcome = run(&scenario, Options::new(&mut |_| Continue::Yes));
    let unsettled = steady::warm_up(&outcome).unwrap_err();
    assert!(unsettled.what.contains("waits for all"), "{}", unsettled.what);
}
