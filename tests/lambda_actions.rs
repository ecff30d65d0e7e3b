//! Mappings and functions that change in a run, against what can be worked out by hand.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::engine::{self, Probe};
use kinesim::experiment::outcome::Outcome;
use kinesim::model::observation::{Invoked, Observation};
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};
use proptest::prelude::*;

use crate::play::play;
use crate::text::scenario;

fn played(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

/// Invocations, and the records of each.
#[derive(Default)]
struct Invocations(Vec<(f64, u32)>);

impl Probe<Observation> for Invocations {
    fn observe(&mut self, at: Instant, what: Observation) {
        if let Observation::Invoked(Invoked { records, .. }) = what {
            self.0.push((at.as_s(), records));
        }
    }
}

fn invocations(text: &str) -> Vec<(f64, u32)> {
    let plan = scenario(text).plan;
    let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(10));
    let end = Instant::ZERO + plan.duration;
    let mut seen = Invocations::default();
    engine::run(&mut world, &mut agenda, end, &mut seen);
    world.close(end, &mut seen);
    seen.0
}

/// How fast the age of the oldest record that waits grows from one moment to another [s/s].
fn slope(outcome: &Outcome, from_s: f64, to_s: f64) -> f64 {
    let age = |at: f64| {
        let flow = outcome.timeline.iter().rfind(|flow| flow.start.as_s() < at).expect("a flow");
        flow.reads[0].backlog_age.as_s()
    };
    (age(to_s) - age(from_s)) / (to_s - from_s)
}

const RESOLUTIONS: [&str; 2] = ["exact", "1 s"];

/// A lane takes 200 records in 40 ms + 200 x 1.2 ms = 280 ms: 714 a second, of 900 that come. Its
/// age grows by 1 - 714 / 900 = 0.206 s a second, until it is about 62 s at 300 s. Two lanes take
/// 1,428: the age falls by 1,428 / 900 - 1 = 0.587 s a second while both have work. For the 30 s in
/// which nothing is read they work on what they hold.
#[test]
fn an_age_that_grows_falls_when_there_are_more_lanes() {
    for resolution in RESOLUTIONS {
        let text = format!(
            r#"
            scenario.duration = "8 min"
            scenario.interval = "5 s"
            scenario.resolution = "{resolution}"
            stream.shard_count = 1
            model.lambda.update_pause = "0 s"
            [[producer]]
            rate = "900/s"
            record_size = "900 B"
            [[lambda]]
            name = "f"
            batch_size = 200
            cold_start = "0 s"
            invocation_duration = {{ fixed = "40 ms", per_record = "1.2 ms" }}
            [[action]]
            at = "5 min"
            call = "UpdateEventSourceMapping"
            target = "lambda.f"
            parallelization_factor = 2
            "#
        );
        let outcome = played(&text);
        let (grows, falls) = (slope(&outcome, 100.0, 300.0), slope(&outcome, 310.0, 370.0));
        assert!((grows - 0.206).abs() < 0.01, "{resolution}: grows by {grows}");
        assert!((falls + 0.587).abs() < 0.03, "{resolution}: falls by {falls}");
        let consumer = &outcome.consumers[0];
        assert!(consumer.age_end < Span::from_s(3), "{resolution}: {:?}", consumer.age_end);
        let most = consumer.lambda.as_ref().expect("a function").counts.concurrency_max;
        assert_eq!(most, 2, "{resolution}");
    }
}

/// Each second 100 records are read: one batch of all, or from 100 s on ten of ten. Nothing is read
/// for the 20 s after the call.
#[test]
fn batches_have_the_new_size() {
    for resolution in RESOLUTIONS {
        let text = format!(
            r#"
            scenario.duration = "200 s"
            scenario.resolution = "{resolution}"
            stream.shard_count = 1
            model.lambda.update_pause = "20 s"
            [[producer]]
            rate = {{ constant = "100/s", arrivals = "even" }}
            record_size = "900 B"
            [[lambda]]
            name = "f"
            batch_size = 1000
            invocation_duration = {{ fixed = "1 ms" }}
            [[action]]
            at = "100 s"
            call = "UpdateEventSourceMapping"
            target = "lambda.f"
            batch_size = 10
            "#
        );
        let seen = invocations(&text);
        let after = seen.iter().position(|it| it.0 >= 100.0).expect("one after the call");
        let (before, after) = seen.split_at(after);
        assert!((98..=100).contains(&before.len()), "{resolution}: {}", before.len());
        assert!(after.iter().all(|it| it.1 <= 10), "{resolution}");
        let first = after.first().expect("one after the pause");
        assert!((120.0..121.5).contains(&first.0), "{resolution}: at {}", first.0);
        // 9,900 to 10,000 records of the second half, ten at a time.
        assert!((985..=1_005).contains(&after.len()), "{resolution}: {}", after.len());
    }
}

/// ESM-59: with nothing reserved nothing runs, and all that came meanwhile is delivered after it. A
/// try comes at most a minute after the call.
#[test]
fn nothing_runs_while_nothing_is_reserved() {
    for resolution in RESOLUTIONS {
        for restore in [
            "call = \"DeleteFunctionConcurrency\"",
            "call = \"PutFunctionConcurrency\"\nreserved_concurrent_executions = 3",
        ] {
            let text = format!(
                r#"
                scenario.duration = "10 min"
                scenario.resolution = "{resolution}"
                stream.shard_count = 2
                [[producer]]
                rate = {{ shape = "steps", points = [["0 s", "200/s"], ["5 min", "0/s"]] }}
                record_size = "900 B"
                [[lambda]]
                name = "f"
                batch_size = 500
                parallelization_factor = 2
                invocation_duration = {{ fixed = "300 ms" }}
                [[action]]
                at = "60 s"
                call = "PutFunctionConcurrency"
                target = "lambda.f"
                reserved_concurrent_executions = 0
                [[action]]
                at = "180 s"
                target = "lambda.f"
                {restore}
                "#
            );
            let seen = invocations(&text);
            let between = seen.iter().filter(|it| (60.0..180.0).contains(&it.0)).count();
            assert_eq!(between, 0, "{resolution}");
            assert!(seen.iter().any(|it| (180.0..=240.0).contains(&it.0)), "{resolution}");
            let outcome = played(&text);
            let ledger = &outcome.consumers[0].ledger;
            assert_eq!((ledger.delivered, ledger.waiting), (ledger.stored, 0), "{resolution}");
        }
    }
}

/// ESM-58, ESM-59: of 120 executions one function takes 20 for itself: the other, which had them
/// all, is left 100, those that ran going on until they are over.
#[test]
fn what_one_reserves_others_have_no_more() {
    let function = |name: &str| {
        format!(
            r#"
            [[lambda]]
            name = "{name}"
            batch_size = 1
            parallelization_factor = 10
            invocation_duration = {{ fixed = "700 ms" }}
            "#
        )
    };
    let text = format!(
        r#"
        scenario.duration = "1 min"
        scenario.resolution = "exact"
        account.concurrent_executions = 120
        stream.shard_count = 15
        [[producer]]
        rate = "600/s"
        record_size = "100 B"
        {}{}
        [[action]]
        at = "30 s"
        call = "PutFunctionConcurrency"
        target = "lambda.a"
        reserved_concurrent_executions = 20
        "#,
        function("a"),
        function("b"),
    );
    let outcome = played(&text);
    let most = |consumer: usize, from: f64, to: f64| {
        let lambda = outcome.consumers[consumer].lambda.as_ref().expect("a function");
        let flows = outcome.timeline.iter().zip(&lambda.timeline);
        let flows = flows.filter(|(flow, _)| (from..to).contains(&flow.start.as_s()));
        flows.map(|(_, flow)| flow.concurrency_max).max().expect("a flow")
    };
    assert!(most(0, 10.0, 30.0) > 20 && most(1, 10.0, 30.0) > 20);
    assert_eq!(most(0, 32.0, 60.0), 20);
    assert!(most(1, 32.0, 60.0) <= 100 && most(1, 32.0, 60.0) > 80);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is changed and whatever goes wrong, in either resolution: the books balance (which
    /// every run checks by itself), and a run is the same when it is played again.
    #[test]
    fn no_change_loses_a_record(
        seed in 0_u64..1_000,
        resolution in prop::sample::select(RESOLUTIONS.to_vec()),
        factors in (1_u32..=10, 1_u32..=10, 1_u32..=10),
        batches in (1_u32..200, 1_u32..200),
        (bisect, partial, pushed, disabled) in any::<(bool, bool, bool, bool)>(),
        reserved in 0_u32..5,
        age in prop::sample::select(vec!["-1", "\"60 s\""]),
        fault in prop::sample::select(vec![
            "kind = \"outage\"", "kind = \"poison-record\"",
            "kind = \"error-rate\"\nprobability = \"100 %\"",
        ]),
    ) {
        let (first, second, third) = factors;
        let types = if partial { "[\"ReportBatchItemFailures\"]" } else { "[]" };
        let text = format!(
            r#"
            scenario.duration = "5 min"
            scenario.seed = {seed}
            scenario.resolution = "{resolution}"
            stream.shard_count = 3
            stream.initial_backlog = {{ age = "10 s", rate = "100/s", record_size = "1 KiB" }}
            [[producer]]
            rate = "60/s"
            record_size = "900 B"
            partition_key = {{ dist = "zipf", count = 50, exponent = 1.0, format = "t-{{}}" }}
            [[lambda]]
            name = "f"
            batch_size = {}
            parallelization_factor = {first}
            maximum_retry_attempts = 2
            bisect_batch_on_function_error = {bisect}
            enhanced_fan_out = {pushed}
            errors = {{ per_invocation = "10 %", per_record = "0.1 %" }}
            invocation_duration.fixed = {{ mean = "200 ms" }}
            [[action]]
            at = "45 s"
            call = "UpdateShardCount"
            target_shard_count = 5
            [[action]]
            at = "1 min"
            call = "UpdateEventSourceMapping"
            target = "lambda.f"
            parallelization_factor = {second}
            batch_size = {}
            function_response_types = {types}
            maximum_record_age = {age}
            filter_criteria = {{ matches = "80 %" }}
            [[action]]
            at = "80 s"
            call = "PutFunctionConcurrency"
            target = "lambda.f"
            reserved_concurrent_executions = {reserved}
            [[action]]
            at = "2 min"
            call = "UpdateEventSourceMapping"
            target = "lambda.f"
            parallelization_factor = {third}
            enabled = {}
            maximum_batching_window = "3 s"
            [[action]]
            at = "3 min"
            call = "UpdateEventSourceMapping"
            target = "lambda.f"
            enabled = true
            parallelization_factor = 1
            tumbling_window = "10 s"
            [[action]]
            at = "4 min"
            call = "UpdateEventSourceMapping"
            target = "lambda.f"
            tumbling_window = "0 s"
            parallelization_factor = 3
            [[fault]]
            at = "50 s"
            for = "40 s"
            target = "lambda.f"
            {fault}
            "#,
            batches.0, batches.1, !disabled,
        );
        let of = scenario(&text);
        let (one, other) = (play(&of, None, true), play(&of, None, true));
        prop_assert_eq!(one.fingerprint, other.fingerprint);
        let ledger = &one.consumers[0].ledger;
        prop_assert!(ledger.delivered > 0);
    }
}
