//! Lambda consumers: closed forms, order by key, conservation.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use std::collections::BTreeMap;

use kinesim::engine::{self, Probe};
use kinesim::experiment::outcome::{ConsumerOutcome, LambdaOutcome, Outcome};
use kinesim::model::observation::{Answer, Invoked, Observation, Returned};
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};
use proptest::prelude::*;

use crate::play::play;
use crate::text::scenario;

fn played(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn function(outcome: &Outcome) -> (&ConsumerOutcome, &LambdaOutcome) {
    let consumer = &outcome.consumers[0];
    (consumer, consumer.lambda.as_ref().expect("a function"))
}

/// Batches that a window alone completes, and the moments at which they went.
#[derive(Default)]
struct Batches(Vec<(Instant, Invoked)>);

impl Probe<Observation> for Batches {
    fn observe(&mut self, at: Instant, what: Observation) {
        if let Observation::Invoked(invoked) = what {
            self.0.push((at, invoked));
        }
    }
}

fn observed<P: Probe<Observation>>(text: &str, probe: &mut P) {
    let plan = scenario(text).plan;
    let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(10));
    let end = Instant::ZERO + plan.duration;
    engine::run(&mut world, &mut agenda, end, probe);
    world.close(end, probe);
}

/// "N or W" with a large N: a window of 10 s has ten calls, each with what came in a second, so
/// that a batch is a Poisson number of mean 10 times the rate; a cycle is the window and the
/// invocation.
#[test]
fn batches_of_a_window_are_poisson_numbers() {
    let text = |batch: u32| {
        format!(
            r#"
            scenario.duration = "6 h"
            scenario.seed = 3
            scenario.resolution = "exact"
            stream.shard_count = 1
            [[producer]]
            rate = "5/s"
            record_size = "100 B"
            [[lambda]]
            batch_size = {batch}
            maximum_batching_window = "10 s"
            cold_start = "0 s"
            invocation_duration = {{ fixed = "1 ms" }}
            "#
        )
    };
    let mut seen = Batches::default();
    observed(&text(10_000), &mut seen);
    let sizes: Vec<f64> = seen.0.iter().map(|it| f64::from(it.1.records)).collect();
    let n = sizes.len() as f64;
    let mean = sizes.iter().sum::<f64>() / n;
    let variance = sizes.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / n;
    // 2,160 windows; four standard errors: of the mean 0.61, of the variance 6 (3 %).
    assert!((n - 2_160.0).abs() < 3.0, "{n} batches");
    assert!((mean - 50.0).abs() < 0.7, "mean {mean}");
    assert!((variance / 50.0 - 1.0).abs() < 0.13, "variance {variance}");
    // With N = 45 a batch is full at the first call after which 45 are there. Of cycles that begin
    // with nothing left behind, those are not full in which ten calls bring 44 or less: 22.1 % of
    // Poisson numbers of mean 50. What a full batch leaves behind makes that rarer.
    let mut seen = Batches::default();
    observed(&text(45), &mut seen);
    assert!(seen.0.iter().all(|it| it.1.records <= 45));
    let full = seen.0.iter().filter(|it| it.1.records == 45).count() as f64;
    let share = full / seen.0.len() as f64;
    assert!((0.779..0.95).contains(&share), "{share} of batches are full");
}

/// A lane takes 200 records in 40 ms + 200 x 1.2 ms = 280 ms: 714 a second. Two lanes of a shard
/// that is offered 900 a second have 450 each; one lane has too much, and its age grows by
/// 1 - 714 / 900 = 0.206 s a second.
#[test]
fn lanes_are_servers_side_by_side() {
    let text = |factor: u32| {
        format!(
            r#"
            scenario.duration = "10 min"
            scenario.warm_up = "1 min"
            scenario.resolution = "exact"
            stream.shard_count = 1
            [[producer]]
            rate = "900/s"
            record_size = "900 B"
            [[lambda]]
            batch_size = 200
            parallelization_factor = {factor}
            cold_start = "0 s"
            invocation_duration = {{ fixed = "40 ms", per_record = "1.2 ms" }}
            "#
        )
    };
    let outcome = played(&text(1));
    let (consumer, lambda) = function(&outcome);
    let ages: Vec<f64> = outcome.timeline.iter().map(|it| it.reads[0].backlog_age.as_s()).collect();
    let (half, end) = (ages[ages.len() / 2 - 1], ages[ages.len() - 1]);
    let slope = (end - half) / 300.0;
    assert!((slope - 0.206).abs() < 0.005, "age grows by {slope} s a second");
    let busy = lambda.judged.busy_ns as f64 / 540e9;
    assert!((busy - 1.0).abs() < 0.002, "{busy} lanes busy");
    assert!((consumer.ledger.delivered as f64 / 600.0 / 714.3 - 1.0).abs() < 0.01);
    let outcome = played(&text(2));
    let (consumer, lambda) = function(&outcome);
    // Each lane is busy 450 x 1.2 ms and 40 ms for each of its batches, three a second: what a call
    // brings is 450 records, 200 + 200 + 50.
    let busy = lambda.judged.busy_ns as f64 / 540e9;
    assert!((busy - 2.0 * (0.54 + 0.12)).abs() < 0.05, "{busy} lanes busy");
    assert!(consumer.iterator_age.percentile(99.0).expect("ages") < 2_000_000_000);
    assert!(consumer.age_end < Span::from_s(2), "{:?}", consumer.age_end);
    assert_eq!(lambda.judged.concurrency_max, 2);
}

/// What each lane does in order, and what is done of each key.
#[derive(Default)]
struct Watch {
    running: BTreeMap<(u32, u32), u32>,
    returned: u64,
    wrong: Vec<String>,
    /// Birth of the last record done that is known to be of this shard's lane.
    last: BTreeMap<(u32, u32), Instant>,
    lane: Option<(u32, u32)>,
}

impl Probe<Observation> for Watch {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Invoked(Invoked { shard, lane, records, .. }) => {
                let before = self.running.insert((shard, lane), records);
                if before.is_some() {
                    self.wrong.push(format!("two at a time in lane {lane} of shard {shard}"));
                }
            }
            Observation::Returned(Returned { shard, lane, records, answer, .. }) => {
                self.returned += 1;
                if self.running.remove(&(shard, lane)) != Some(records) {
                    self.wrong.push(format!("nothing ran in lane {lane} of shard {shard}"));
                }
                let done = matches!(answer, Answer::Done | Answer::Partly(_));
                self.lane = done.then_some((shard, lane));
            }
            Observation::Delivered(delivered) => {
                let Some(lane) = self.lane else {
                    return self.wrong.push(format!("done without an invocation at {at:?}"));
                };
                let last = self.last.insert(lane, delivered.born.start);
                if last.is_some_and(|last| last > delivered.born.start) {
                    self.wrong.push(format!("out of order in {lane:?} at {at:?}"));
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever a mapping is set to and whatever goes wrong: lanes do one thing at a time, what
    /// they do is in order of birth, and the books balance (which every run checks by itself).
    #[test]
    fn no_lane_delivers_out_of_order_and_nothing_is_lost_unseen(
        seed in 0_u64..1_000,
        batch in prop::sample::select(vec![1_u32, 3, 10, 100, 10_000]),
        window in prop::sample::select(vec![0_u64, 1, 7]),
        factor in 1_u32..=10,
        retries in prop::sample::select(vec![-1_i64, 0, 2]),
        flags in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        errors in prop::sample::select(vec!["0 %", "5 %", "60 %"]),
        fault in prop::sample::select(vec![
            "kind = \"outage\"", "kind = \"slowdown\"\nfactor = 5",
            "kind = \"error-rate\"\nprobability = \"100 %\"",
            "kind = \"concurrency-squeeze\"\nconcurrent_executions = 1", "kind = \"poison-record\"",
        ]),
    ) {
        let (bisect, partial, pushed, age) = flags;
        let types = if partial { "[\"ReportBatchItemFailures\"]" } else { "[]" };
        let age = if age { "maximum_record_age = \"60 s\"" } else { "" };
        let text = format!(
            r#"
            scenario.duration = "4 min"
            scenario.seed = {seed}
            scenario.resolution = "exact"
            stream.shard_count = 3
            [[producer]]
            rate = "60/s"
            record_size = {{ median = "900 B", p99 = "4 KiB" }}
            partition_key = {{ dist = "zipf", count = 50, exponent = 1.0, format = "t-{{}}" }}
            [[lambda]]
            name = "f"
            batch_size = {batch}
            maximum_batching_window = "{window} s"
            parallelization_factor = {factor}
            maximum_retry_attempts = {retries}
            bisect_batch_on_function_error = {bisect}
            function_response_types = {types}
            enhanced_fan_out = {pushed}
            filter_criteria = {{ matches = "80 %" }}
            {age}
            errors = {{ per_invocation = "{errors}", per_record = "0.1 %" }}
            invocation_duration.fixed = {{ mean = "60 ms" }}
            invocation_duration.per_record = {{ min = "0 ms", max = "5 ms" }}
            [[action]]
            at = "50 s"
            call = "UpdateShardCount"
            target_shard_count = 5
            [[fault]]
            at = "1 min"
            for = "40 s"
            target = "lambda.f"
            {fault}
            "#
        );
        let mut watch = Watch::default();
        observed(&text, &mut watch);
        prop_assert!(watch.wrong.is_empty(), "{:?}", watch.wrong);
        prop_assert!(watch.returned > 20);
        let outcome = played(&text);
        let ledger = &outcome.consumers[0].ledger;
        prop_assert!(ledger.delivered > 0 && ledger.filtered > 0);
    }
}

/// How many invocations run, of each function.
#[derive(Default)]
struct Running {
    now: BTreeMap<u32, i64>,
    most: BTreeMap<u32, i64>,
    /// Of the second and third function together.
    most_together: i64,
    begun: Vec<Instant>,
}

impl Probe<Observation> for Running {
    fn observe(&mut self, at: Instant, what: Observation) {
        let (reader, by) = match what {
            Observation::Invoked(it) => (it.reader, 1),
            Observation::Returned(it) => (it.reader, -1),
            _ => return,
        };
        *self.now.entry(reader).or_default() += by;
        if by > 0 {
            self.begun.push(at);
        }
        let now = |reader: u32| self.now.get(&reader).copied().unwrap_or(0);
        let most = self.most.entry(reader).or_default();
        *most = (*most).max(now(reader));
        self.most_together = self.most_together.max(now(1) + now(2));
    }
}

/// ESM-58, ESM-59: what one function has reserved is its own, up to its number; the others share
/// the rest of the account's 120.
#[test]
fn functions_share_what_none_has_reserved() {
    let function = |name: &str, reserved: &str| {
        format!(
            r#"
            [[lambda]]
            name = "{name}"
            batch_size = 1
            parallelization_factor = 10
            {reserved}
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
        {}{}{}
        "#,
        function("own", "reserved_concurrent_executions = 20"),
        function("one", ""),
        function("other", ""),
    );
    let mut running = Running::default();
    observed(&text, &mut running);
    assert_eq!(running.most[&0], 20);
    assert_eq!(running.most_together, 100);
    assert!(running.most[&1] > 30 && running.most[&2] > 30, "{:?}", running.most);
}

/// ESM-60: 1,500 lanes have work at the same time; 1,000 environments are there at once, and 100
/// more in each second after that.
#[test]
fn environments_come_at_their_rate() {
    let text = r#"
        scenario.duration = "40 s"
        scenario.resolution = "exact"
        account.concurrent_executions = 5000
        stream.shard_count = 150
        [[producer]]
        rate = { shape = "steps", points = [["0 s", "60k/s"], ["2 s", "0/s"]] }
        record_size = "10 B"
        [[lambda]]
        batch_size = 10000
        parallelization_factor = 10
        timeout = "900 s"
        cold_start = "0 s"
        invocation_duration = { fixed = "300 s" }
        "#;
    let mut running = Running::default();
    observed(text, &mut running);
    assert_eq!(running.begun.len(), 1_500);
    let first = running.begun[0];
    for (number, at) in running.begun.iter().enumerate() {
        let allowed = 1_000.0 + 100.0 * at.since(first).as_s() + 1.0;
        assert!(number as f64 <= allowed, "number {number} at {at:?}");
    }
    let in_a_second = running.begun.iter().filter(|at| at.since(first) < Span::from_s(1)).count();
    assert!((1_000..=1_100).contains(&in_a_second), "{in_a_second}");
}
