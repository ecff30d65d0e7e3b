//! Findings of functions whose answer can be counted out, before a run and after one.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::finding::{
    DiscardCause, Ender, Evidence, Finding, Severity, find, foresee, place,
};
use kinesim::experiment::forecast::Forecast;
use kinesim::report::check;
use kinesim::report::explanation::explain;
use kinesim::scenario::Scenario;

use crate::play::play;
use crate::text::scenario;

fn before(scenario: &Scenario) -> Vec<Finding> {
    foresee(&scenario.plan, &Forecast::new(&scenario.plan))
}

fn after(scenario: &Scenario) -> Vec<Finding> {
    find(scenario, &play(scenario, None, false))
}

fn codes(found: &[Finding]) -> Vec<&'static str> {
    found.iter().map(|it| it.evidence.code()).filter(|code| *code != "K901").collect()
}

/// What both find, before and after.
fn both(text: &str) -> (Scenario, [Vec<Finding>; 2]) {
    let scenario = scenario(text);
    let found = [before(&scenario), after(&scenario)];
    (scenario, found)
}

macro_rules! only {
    ($found:expr, $kind:ident) => {{
        let found = $found;
        let it = found.iter().find_map(|finding| match &finding.evidence {
            Evidence::$kind(it) => Some((finding, it.clone())),
            _ => None,
        });
        it.unwrap_or_else(|| panic!("{found:?}"))
    }};
}

/// One shard, records of 900 B that come evenly, and a function that takes 200 records in 40 ms +
/// 200 x 1.2 ms = 280 ms: 714.3 a second in a lane.
fn fraud(rate: u32, producer: &str, lambda: &str) -> String {
    format!(
        "scenario.duration = \"4 min\"\nscenario.warm_up = \"1 min\"\n\
         scenario.resolution = \"exact\"\nmodel.write.rounding = \"none\"\n[stream]\n\
         shard_count = 1\n[[producer]]\n\
         rate = {{ constant = \"{rate}/s\", arrivals = \"even\" }}\nrecord_size = \"900 B\"\n\
         {producer}\n[[lambda]]\nname = \"fraud\"\n\
         invocation_duration = {{ fixed = \"40 ms\", per_record = \"1.2 ms\" }}\n{lambda}\n"
    )
}

/// Of two halves of a shard's hash keys.
const TWO_KEYS: &str = "explicit_hash_key = { values = [\"10\", \
                        \"170141183460469231731687303715884105999\"], weights = [";

/// 942 a second: the age grows by 1 - 714.3 / 942 = 0.2417 s a second, 14.5 s a minute. Records of
/// 1.2 ms are too slow for any batch; two lanes have 471 each. At 600 a second one lane is enough.
#[test]
fn a_lane_takes_less_than_its_shard_delivers() {
    let (scenario, found) = both(&fraud(942, "", "batch_size = 200"));
    for (found, tolerance) in found.iter().zip([1e-9, 2e-3]) {
        assert_eq!(codes(found), ["K301"], "{found:?}");
        let (finding, it) = only!(found, LaneBound);
        assert!((it.capacity_per_s - 200.0 / 0.28).abs() < 1e-9);
        assert!((it.shards[0].1 / 942.0 - 1.0).abs() < tolerance, "{it:?}");
        assert!((it.age_growth / 0.241_735 - 1.0).abs() < 10.0 * tolerance + 1e-5, "{it:?}");
        assert_eq!((it.enough.batch, it.enough.factor), (None, Some(2)));
        assert_eq!((it.lanes_over, it.lanes), (1, 1));
        assert_eq!(place(&scenario.plan, finding).field(), "batch_size");
    }
    let told = explain(&scenario, &found[0][0]);
    assert_eq!(
        told.text,
        "fraud takes at most 714 records/s from a shard (one lane, 200 in 280 ms); shard ...0000 \
         delivers 942. Age grows 14.5 s a minute. parallelization_factor 2 would do."
    );
    assert_eq!(told.next.map(|it| it.set), Some("lambda.fraud.parallelization_factor=2".into()));
    for lambda in ["batch_size = 200", "batch_size = 200\nparallelization_factor = 2"] {
        let rate = if lambda.contains("factor") { 942 } else { 600 };
        let (_, found) = both(&fraud(rate, "", lambda));
        assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2]);
    }
}

/// 20 records in 40 ms + 20 x 0.2 ms = 44 ms: 454.5 a second of 600. A tenth more than 600 takes n
/// records in 40 ms + n x 0.2 ms with n = 660 x 0.04 / (1 - 660 x 0.0002) = 30.4. Half of the
/// records match: then 300 come, and a lane is enough.
#[test]
fn a_larger_batch_is_named_where_one_would_do() {
    let text = |more: &str| {
        fraud(600, "", &format!("batch_size = 20\n{more}")).replace("1.2 ms", "0.2 ms")
    };
    let (_, found) = both(&text(""));
    for found in &found {
        let (_, it) = only!(found, LaneBound);
        assert_eq!((it.enough.batch, it.enough.factor), (Some(31), Some(2)));
    }
    let (_, found) = both(&text("filter_criteria = { matches = \"50 %\" }"));
    assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2]);
}

/// 200 records of 20 ms take 4 s, and the function may take 3 s: of 300 a second no batch is done
/// any more. 6 s are half more than 4, but a lane would take 50 a second then.
#[test]
fn a_function_that_times_out_with_what_gathers_does_nothing_more() {
    let slow = |rate| fraud(rate, "", "batch_size = 200").replace("1.2 ms", "20 ms");
    let scenario_of = scenario(&slow(300));
    let found = before(&scenario_of);
    let (finding, it) = only!(&found, LaneBound);
    assert!(it.capacity_per_s.abs() < 1e-9 && it.enough.timeout_s.is_none(), "{it:?}");
    let told = explain(&scenario_of, finding).text;
    let start = "fraud does nothing more: a batch of 200 takes 4.04 s, and its timeout is 3 s";
    assert!(told.starts_with(start), "{told}");
    assert!(told.contains("Age grows 1 min a minute."), "{told}");
    // 40 gather in a second, which takes 0.84 s.
    assert_eq!(codes(&before(&scenario(&slow(40)))), [""; 0]);
}

/// Of 900 a second 800 are one key's: its lane takes 714.3 however many there are; in two lanes
/// with a half each, all is well. Two keys are fewer than four lanes, all the same.
#[test]
fn a_key_that_is_too_much_for_a_lane_is_too_much_for_any() {
    let keys = |weights: &str| format!("{TWO_KEYS}{weights}] }}");
    let lambda = "batch_size = 200\nparallelization_factor = 4";
    let (scenario, found) = both(&fraud(900, &keys("8, 1"), lambda));
    for (found, tolerance) in found.iter().zip([1e-9, 0.01]) {
        assert_eq!(codes(found), ["K302", "K303"], "{found:?}");
        let (_, it) = only!(found, KeyBound);
        assert_eq!((it.key.as_str(), it.lanes_over, it.keys_needed), ("10", 1, Some(2)));
        assert!((it.key_per_s / 800.0 - 1.0).abs() < tolerance, "{it:?}");
        assert_eq!(it.enough.factor, None);
    }
    let text = explain(&scenario, &found[0][0]).text;
    assert_eq!(
        text,
        "10 alone brings fraud 800 records/s, on ...0000; the lane it has takes at most 714 (200 \
         in 280 ms), and no parallelization_factor parts a key. Age grows 6.43 s a minute. Spread \
         over 2 keys it would part."
    );
    let (_, found) = both(&fraud(900, &keys("1, 1"), lambda));
    assert_eq!(found.map(|it| codes(&it)), [["K303"]; 2]);
}

/// Two keys in four lanes: two lanes are empty for ever, and two do as well. With as many keys as
/// records, 100 a second are 14 % of what one lane takes: four are far more than are needed, three
/// are not.
#[test]
fn lanes_beyond_the_keys_or_the_load_are_idle() {
    let lanes = |factor| format!("batch_size = 200\nparallelization_factor = {factor}");
    let keys = format!("{TWO_KEYS}1, 1] }}");
    let (_, found) = both(&fraud(900, &keys, &lanes(4)));
    for found in &found {
        let (finding, it) = only!(found, IdleLanes);
        assert_eq!((it.keys, it.empty, it.lanes, it.enough), (Some(2), 2, 4, Some(2)));
        assert_eq!(finding.severity, Severity::Note);
    }
    let (scenario, found) = both(&fraud(100, "", &lanes(4)));
    for found in &found {
        let (finding, it) = only!(found, IdleLanes);
        assert_eq!((it.keys, it.empty, it.enough), (None, 0, Some(1)));
        assert!((it.busiest_load / (25.0 * 0.28 / 200.0) - 1.0).abs() < 0.02, "{it:?}");
        let step = explain(&scenario, finding).next.expect("a step");
        assert_eq!(step.set, "lambda.fraud.parallelization_factor=1");
    }
    let (_, found) = both(&fraud(100, "", &lanes(3)));
    assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2]);
    let (_, found) = both(&fraud(900, &keys, &lanes(2)));
    assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2]);
}

/// Four shards with two lanes each are eight; 1,600 a second are 200 in each, busy 28 % of the time
/// at least: 2.24 invocations on average, of 2. With as many as lanes nothing is throttled, and at
/// 40 a second it is not sure before the run.
#[test]
fn fewer_invocations_at_a_time_than_lanes_are_short() {
    let text = |rate, reserved: u32| {
        let lambda = format!(
            "batch_size = 200\nparallelization_factor = 2\n\
             reserved_concurrent_executions = {reserved}"
        );
        fraud(rate, "", &lambda).replace("shard_count = 1", "shard_count = 4")
    };
    let (scenario, [planned, measured]) = both(&text(1_600, 2));
    let (finding, it) = only!(&planned, ConcurrencyShort);
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!((it.lanes, it.sharing, it.limit, it.enough), (8, 8, 2, Some(8)));
    assert!((it.needed.expect("planned") - 2.24).abs() < 1e-6, "{it:?}");
    let field = place(&scenario.plan, finding);
    assert_eq!(field.field(), "reserved_concurrent_executions");
    let (finding, it) = only!(&measured, ConcurrencyShort);
    let (throttles, share) = it.throttled.expect("played");
    assert!(throttles > 0 && share > 0.01, "{it:?}");
    let step = explain(&scenario, finding).next.expect("a step");
    assert_eq!(step.set, "lambda.fraud.reserved_concurrent_executions=8");
    let (_, found) = both(&text(1_600, 8));
    assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2]);
    let planned = before(&self::scenario(&text(40, 2)));
    assert_eq!(only!(&planned, ConcurrencyShort).0.severity, Severity::Note);
}

/// 20 a second in a window of 10 s are 200 of 1,000; in 50 s they would be all. A window of 40 s
/// has 800, and one that was not asked for is no fault.
#[test]
fn batches_that_a_window_ends_are_small() {
    let lambda =
        |window: &str| format!("batch_size = 1000\nmaximum_batching_window = \"{window}\"");
    let (scenario, found) = both(&fraud(20, "", &lambda("10 s")));
    for (found, tolerance) in found.iter().zip([1e-9, 0.11]) {
        let (finding, it) = only!(found, SmallBatches);
        assert!((it.records / 200.0 - 1.0).abs() < tolerance, "{it:?}");
        assert_eq!(it.ended_by, Ender::Window(10.0));
        let needed = it.window_needed_s.expect("it is below 300 s");
        assert!((45..=55).contains(&needed), "{it:?}");
        assert_eq!(finding.severity, Severity::Note);
    }
    let step = explain(&scenario, &found[0][0]).next.expect("a step");
    assert_eq!(step.set, "lambda.fraud.maximum_batching_window=50s");
    for window in ["40 s", "0 s"] {
        let (_, found) = both(&fraud(20, "", &lambda(window)));
        assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2], "{window}");
    }
}

/// An event has room for 45 records of 100 KiB (ESM-39): at 8 a second, 80 gather in 10 s, and a
/// batch of 100 never fills. One of 60 has three quarters.
#[test]
fn batches_that_an_event_has_no_room_for_are_small() {
    let text = |batch: u32| {
        let lambda = format!("batch_size = {batch}\nmaximum_batching_window = \"10 s\"");
        fraud(8, "", &lambda).replace("\"900 B\"", "\"100 KiB\"")
    };
    let (scenario, found) = both(&text(100));
    for found in &found {
        let (_, it) = only!(found, SmallBatches);
        assert_eq!(it.ended_by, Ender::Payload(6 << 20));
        assert!((it.records - 45.0).abs() < 1e-9, "{it:?}");
    }
    let step = explain(&scenario, &found[0][0]).next.expect("a step");
    assert_eq!(step.set, "lambda.fraud.batch_size=45");
    let (_, found) = both(&text(60));
    assert_eq!(found.map(|it| codes(&it)), [[""; 0]; 2]);
}

/// A record that fails from 90 s on is given up after two retries, with its batch or, in halves,
/// alone; its shard is free again long before the fault is over. Without a limit it stays.
#[test]
fn a_record_that_fails_is_told_of_as_functions_do() {
    let text = |lambda: &str| {
        fraud(100, "", &format!("batch_size = 100\n{lambda}"))
            + "[[fault]]\nkind = \"poison-record\"\ntarget = \"lambda.fraud\"\nat = \"90 s\"\n\
               for = \"10 min\"\n"
    };
    let halves = scenario(&text(
        "maximum_retry_attempts = 2\nbisect_batch_on_function_error = true\non_failure = true",
    ));
    let found = after(&halves);
    assert_eq!(codes(&found), ["K802", "K803"], "{found:?}");
    let (finding, it) = only!(&found, Blocked);
    let function = it.function.expect("it is one");
    assert!(function.bisect && function.gives_up && it.is_over, "{it:?}");
    assert_eq!(function.given_up, 1);
    let told = explain(&halves, finding).text;
    assert!(
        told.contains("invocations failed on a batch of 100 records and halves of it"),
        "{told}"
    );
    assert!(told.contains("Then it was given up."), "{told}");
    let (finding, it) = only!(&found, Discarded);
    assert_eq!((it.records, it.cause, it.on_failure), (1, DiscardCause::Retries(2), true));
    assert_eq!(finding.severity, Severity::Warning, "a destination knows");
    let whole = scenario(&text("maximum_retry_attempts = 2"));
    let found = after(&whole);
    let (finding, it) = only!(&found, Discarded);
    assert_eq!((it.records, finding.severity), (100, Severity::Error));
    let told = explain(&whole, finding);
    assert!(told.text.starts_with("fraud gave up 100 records: they failed after 2 retries: "));
    let step = told.next.expect("a step");
    assert_eq!(step.set, "lambda.fraud.bisect_batch_on_function_error=true");
    let endless = scenario(&text(""));
    let found = after(&endless);
    assert_eq!(codes(&found), ["K802"], "{found:?}");
    let (finding, it) = only!(&found, Blocked);
    assert!(!it.is_over && !it.function.expect("it is one").gives_up, "{it:?}");
    let told = explain(&endless, finding).text;
    assert!(told.contains("Without maximum_retry_attempts"), "{told}");
}

/// What is derived before a run: 2 shards with 3 lanes each; 900 a second are 150 in each lane, in
/// one batch a second of 40 ms + 150 x 1.2 ms = 220 ms: 6 invocations a second, 1.32 at a time.
#[test]
fn what_follows_of_a_function_is_derived() {
    let lambda = "batch_size = 200\nparallelization_factor = 3";
    let text = fraud(900, "", lambda).replace("shard_count = 1", "shard_count = 2");
    let scenario = scenario(&text);
    let groups = check::derive(&scenario, &Forecast::new(&scenario.plan));
    let group = groups.iter().find(|group| group.kind == "lambda").expect("a function");
    let values = [
        ("lanes", 6.0),
        ("lane_capacity_records_per_s", 200.0 / 0.28),
        ("busiest_lane_records_per_s", 150.0),
        ("invocations_per_s", 6.0),
        ("concurrency_invocations", 1.32),
    ];
    for (name, value) in values {
        assert!((group.values[name] / value - 1.0).abs() < 1e-6, "{name}: {:?}", group.values);
    }
    assert!(groups.iter().all(|group| group.kind != "reader"));
}

/// Six functions poll a shard once a second each: more than five calls, and nothing can be set.
#[test]
fn pollers_that_cannot_wait_are_not_told_to() {
    let mut text = fraud(100, "", "batch_size = 200");
    for _ in 0..5 {
        text += "[[lambda]]\ninvocation_duration = { fixed = \"1 ms\" }\n";
    }
    let functions = scenario(&text);
    let found = before(&functions);
    let (finding, it) = only!(&found, ReadCalls);
    assert_eq!((it.readers, it.slower.len()), (6, 0));
    let told = explain(&functions, finding);
    assert!(told.text.starts_with("6 consumers poll "), "{}", told.text);
    assert_eq!(told.next, None);
    // One reader beside four functions: what they leave is one call a second.
    let text = fraud(100, "", "batch_size = 200")
        + &"[[lambda]]\ninvocation_duration = { fixed = \"1 ms\" }\n".repeat(3)
        + "[[reader]]\nname = \"tail\"\nget_records.every = \"200 ms\"\n";
    let mixed = scenario(&text);
    let found = before(&mixed);
    let (finding, _) = only!(&found, ReadCalls);
    let step = explain(&mixed, finding).next.expect("a step");
    assert_eq!(step.set, "reader.tail.get_records.every=1s");
}
