//! `trace.json`: what the viewer is told is what the run counted.

#[path = "support/text.rs"]
mod text;

use std::collections::BTreeMap;

use kinesim::experiment::run::{Continue, Options, run};
use kinesim::report::trace;
use serde_json::Value;

use crate::text::scenario;

const TEXT: &str = r#"
    scenario.duration = "1 min"
    scenario.resolution = "exact"
    stream.shard_count = 2
    [[producer]]
    rate = "300/s"
    record_size = "100 B"
    [[lambda]]
    name = "f"
    batch_size = 20
    parallelization_factor = 3
    maximum_retry_attempts = 1
    errors = { per_invocation = "5 %" }
    invocation_duration = { fixed = { mean = "50 ms" } }
    [[fault]]
    at = "20 s"
    for = "5 s"
    kind = "outage"
    target = "lambda.f"
"#;

#[test]
fn slices_of_a_lane_do_not_overlap_and_add_up_to_the_run() {
    let scenario = scenario(TEXT);
    let on_progress = &mut |_: kinesim::experiment::run::Progress| Continue::Yes;
    let outcome = run(&scenario, Options { trace: true, ..Options::new(on_progress) });
    let text = trace::write(&scenario, &outcome).expect("it was asked for");
    let json: Value = serde_json::from_slice(&text).expect("JSON");
    let events = json["traceEvents"].as_array().expect("a list");
    let mut lanes: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let (mut count, mut done) = (0, 0);
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let number = |key: &str| event[key].as_f64().expect(key);
        // Microseconds with decimals, which viewers count as whole nanoseconds.
        let ns = |key: &str| (number(key) * 1e3).round() as u64;
        let lane = (number("pid") as u64, number("tid") as u64);
        lanes.entry(lane).or_default().push((ns("ts"), ns("ts") + ns("dur")));
        count += 1;
        done += event["args"]["records_done"].as_u64().expect("records");
    }
    let lambda = outcome.consumers[0].lambda.as_ref().expect("a function");
    assert_eq!(count, lambda.counts.invocations);
    assert_eq!(done, outcome.consumers[0].ledger.delivered);
    assert_eq!(lanes.len(), 6);
    for slices in lanes.values_mut() {
        slices.sort_unstable();
        assert!(slices.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{slices:?}");
    }
    let named = events.iter().filter(|event| event["name"] == "thread_name").count();
    assert_eq!(named, 6);
    // Both ends of the outage stand there as marks.
    let marks = events.iter().filter(|event| event["ph"] == "i");
    assert!(marks.filter(|event| event["name"].to_string().contains("fault_")).count() == 2);
}
