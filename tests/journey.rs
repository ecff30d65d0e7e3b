//! One record's journey, as the model states it.

#![expect(clippy::needless_raw_string_hashes, reason = "blessing writes them")]

#[path = "support/hand.rs"]
mod hand;
#[path = "support/replay.rs"]
mod replay;

use std::fmt::Write as _;

use kinesim::engine::{self, Probe};
use kinesim::model::observation::Observation;
use kinesim::model::plan::{Jitter, Plan, ProducerPlan, TraceRow};
use kinesim::model::retry::{QuotaPlan, RetryPlan, Wait};
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};

/// Writes down what is stated: a line each.
#[derive(Default)]
struct Diary(String);

impl Probe<Observation> for Diary {
    fn observe(&mut self, at: Instant, what: Observation) {
        writeln!(self.0, "{:8.3} ms: {}", ms(at), line(&what)).expect("a text takes anything");
    }
}

fn line(what: &Observation) -> String {
    match what {
        Observation::Offered(it) => {
            format!("offered: {} of {} B to shard {}", it.records, it.bytes, it.shard)
        }
        Observation::Called { producer } => format!("called: by producer {producer}"),
        Observation::Put(it) => {
            let waited = it.waited.as_s() * 1e3;
            format!("put: {} of {} in, {waited} ms old", it.admitted, it.records)
        }
        Observation::Read(it) => {
            let age = it.age.as_s() * 1e3;
            format!("read: {} of {} B, {age:.3} ms old", it.records, it.bytes)
        }
        Observation::Delivered(it) => {
            let (born, done) = (ms(it.born.start), ms(it.first_done));
            format!("delivered: {}, born at {born} ms, done at {done:.3} ms", it.records)
        }
        Observation::Backlog(it) => format!("waiting: {}", it.records),
        other => format!("{other:?}"),
    }
}

fn ms(at: Instant) -> f64 {
    at.as_s() * 1e3
}

fn diary(plan: &Plan) -> String {
    let mut diary = Diary::default();
    let (mut world, mut agenda) = World::new(plan, 0, Span::from_s(1));
    let end = Instant::ZERO + plan.duration;
    engine::run(&mut world, &mut agenda, end, &mut diary);
    world.close(end, &mut diary);
    diary.0
}

fn rows(moments_ms: &[u64]) -> Vec<TraceRow> {
    let row = |&ms| TraceRow { at: Instant::ZERO + Span::from_ms(ms), key: 0, bytes: 100 };
    moments_ms.iter().map(row).collect()
}

/// No jitter and no quota.
fn retry(max_attempts: u32, base: Span, max: Span) -> RetryPlan {
    let wait = Wait { base, max, jitter: Jitter::None };
    RetryPlan { max_attempts, throttled: wait, failed: wait, quota: None }
}

#[test]
fn a_record_is_offered_stored_read_and_delivered() {
    let producer = replay::replayed(rows(&[250]), vec!["key".to_owned()]);
    let mut reader = hand::reader(Span::from_s(1));
    (reader.per_call, reader.per_record) = (Span::from_ms(40), Span::from_ms(2));
    let plan = hand::plan(Span::from_s(2), hand::stream(1, 1_000), vec![producer], vec![reader]);
    expect_test::expect![[r#"
         250.000 ms: offered: 1 of 103 B to shard 0
         250.000 ms: called: by producer 0
         250.000 ms: put: 1 of 1 in, 0 ms old
         361.995 ms: Positioned { reader: 0, by: Iterator }
         361.995 ms: read: 1 of 103 B, 111.995 ms old
         403.995 ms: delivered: 1, born at 250 ms, done at 403.995 ms
        1000.000 ms: OpenShards { stream: 0, count: 1 }
        1000.000 ms: waiting: 0
        1361.995 ms: read: 0 of 0 B, 0.000 ms old
        2000.000 ms: OpenShards { stream: 0, count: 1 }
        2000.000 ms: waiting: 0
    "#]]
    .assert_eq(&diary(&plan));
}

/// The shard takes one record a second. The second record finds it empty at 100 ms and 400 ms, and
/// full again at 1,000 ms, to the nanosecond.
#[test]
fn a_record_is_refused_twice_and_stored_at_its_third_attempt() {
    let mut producer = replay::replayed(rows(&[0, 100]), vec!["key".to_owned()]);
    producer.client.retry = retry(3, Span::from_ms(300), Span::from_s(20));
    let reader = hand::reader(Span::from_s(1));
    let plan = hand::plan(Span::from_s(2), hand::stream(1, 1), vec![producer], vec![reader]);
    expect_test::expect![[r#"
           0.000 ms: offered: 1 of 103 B to shard 0
           0.000 ms: called: by producer 0
           0.000 ms: put: 1 of 1 in, 0 ms old
         100.000 ms: offered: 1 of 103 B to shard 0
         100.000 ms: called: by producer 0
         100.000 ms: put: 0 of 1 in, 0 ms old
         361.995 ms: Positioned { reader: 0, by: Iterator }
         361.995 ms: read: 1 of 103 B, 361.995 ms old
         361.995 ms: delivered: 1, born at 0 ms, done at 361.995 ms
         400.000 ms: called: by producer 0
         400.000 ms: put: 0 of 1 in, 300 ms old
        1000.000 ms: called: by producer 0
        1000.000 ms: put: 1 of 1 in, 900 ms old
        1000.000 ms: OpenShards { stream: 0, count: 1 }
        1000.000 ms: waiting: 1
        1361.995 ms: read: 1 of 103 B, 361.995 ms old
        1361.995 ms: delivered: 1, born at 100 ms, done at 1361.995 ms
        2000.000 ms: OpenShards { stream: 0, count: 1 }
        2000.000 ms: waiting: 0
    "#]]
    .assert_eq(&diary(&plan));
}

/// The shard takes one record a second, and two attempts are over before the next.
#[test]
fn a_record_is_given_up_after_its_last_attempt() {
    let mut producer = replay::replayed(rows(&[0, 100]), vec!["key".to_owned()]);
    producer.client.retry = retry(2, Span::from_ms(300), Span::from_ms(200));
    let plan = hand::plan(Span::from_s(1), hand::stream(1, 1), vec![producer], vec![]);
    expect_test::expect![[r#"
           0.000 ms: offered: 1 of 103 B to shard 0
           0.000 ms: called: by producer 0
           0.000 ms: put: 1 of 1 in, 0 ms old
         100.000 ms: offered: 1 of 103 B to shard 0
         100.000 ms: called: by producer 0
         100.000 ms: put: 0 of 1 in, 0 ms old
         300.000 ms: called: by producer 0
         300.000 ms: put: 0 of 1 in, 200 ms old
         300.000 ms: Lost { producer: 0, records: 1, bytes: 103, cause: Throttled }
        1000.000 ms: OpenShards { stream: 0, count: 1 }
    "#]]
    .assert_eq(&diary(&plan));
}

/// The shard takes one record a second. Seven tokens pay for one retry at 5; the record stored at
/// 1,100 ms, its first attempt, gives one back, and 3 are too few for another retry at 1,200 ms.
/// Had the retry at 400 ms succeeded, it would have given five.
#[test]
fn an_empty_quota_ends_a_call_before_its_attempts_do() {
    let moments = [0, 100, 1_100, 1_200];
    let mut producer = replay::replayed(rows(&moments), vec!["key".to_owned()]);
    let tokens = QuotaPlan { tokens: 7, throttled: 5, failed: 5, timed_out: 5 };
    producer.client.retry =
        RetryPlan { quota: Some(tokens), ..retry(2, Span::from_ms(300), Span::from_s(20)) };
    let plan = hand::plan(Span::from_s(2), hand::stream(1, 1), vec![producer], vec![]);
    expect_test::expect![[r#"
           0.000 ms: offered: 1 of 103 B to shard 0
           0.000 ms: called: by producer 0
           0.000 ms: put: 1 of 1 in, 0 ms old
         100.000 ms: offered: 1 of 103 B to shard 0
         100.000 ms: called: by producer 0
         100.000 ms: put: 0 of 1 in, 0 ms old
         400.000 ms: called: by producer 0
         400.000 ms: put: 0 of 1 in, 300 ms old
         400.000 ms: Lost { producer: 0, records: 1, bytes: 103, cause: Throttled }
        1000.000 ms: OpenShards { stream: 0, count: 1 }
        1100.000 ms: offered: 1 of 103 B to shard 0
        1100.000 ms: called: by producer 0
        1100.000 ms: put: 1 of 1 in, 0 ms old
        1200.000 ms: offered: 1 of 103 B to shard 0
        1200.000 ms: called: by producer 0
        1200.000 ms: put: 0 of 1 in, 0 ms old
        1200.000 ms: Lost { producer: 0, records: 1, bytes: 103, cause: Throttled }
        2000.000 ms: OpenShards { stream: 0, count: 1 }
    "#]]
    .assert_eq(&diary(&plan));
}

/// As before, but the retry at 1,100 ms finds the bucket refilled: its five tokens come back and
/// pay for the next.
#[test]
fn a_retry_that_succeeds_gives_its_tokens_back() {
    let moments = [0, 100, 1_900];
    let mut producer = replay::replayed(rows(&moments), vec!["key".to_owned()]);
    let tokens = QuotaPlan { tokens: 7, throttled: 5, failed: 5, timed_out: 5 };
    producer.client.retry =
        RetryPlan { quota: Some(tokens), ..retry(2, Span::from_s(1), Span::from_s(20)) };
    let plan = hand::plan(Span::from_s(3), hand::stream(1, 1), vec![producer], vec![]);
    let diary = diary(&plan);
    let puts: Vec<&str> = diary
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("put") || line.contains("Lost"))
        .collect();
    expect_test::expect![[r#"
        0.000 ms: put: 1 of 1 in, 0 ms old
        100.000 ms: put: 0 of 1 in, 0 ms old
        1100.000 ms: put: 1 of 1 in, 1000 ms old
        1900.000 ms: put: 0 of 1 in, 0 ms old
        2900.000 ms: put: 1 of 1 in, 1000 ms old"#]]
    .assert_eq(&puts.join("\n"));
}

/// Producers act in order of time, then of declaration, from the first nanosecond on.
#[test]
fn producers_that_begin_together_take_turns() {
    let first = replay::replayed(rows(&[0, 20]), vec!["key".to_owned()]);
    let second = replay::replayed(rows(&[0, 10, 20]), vec!["another".to_owned()]);
    let second = ProducerPlan { name: "second".to_owned(), ..second };
    let plan = hand::plan(Span::from_ms(30), hand::stream(1, 1_000), vec![first, second], vec![]);
    let diary = diary(&plan);
    let calls: Vec<&str> =
        diary.lines().map(str::trim).filter(|line| line.contains("called")).collect();
    expect_test::expect![[r#"
        0.000 ms: called: by producer 0
        0.000 ms: called: by producer 1
        10.000 ms: called: by producer 1
        20.000 ms: called: by producer 0
        20.000 ms: called: by producer 1"#]]
    .assert_eq(&calls.join("\n"));
}
