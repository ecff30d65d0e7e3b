//! Clients whose answers take time, whose memory is limited, and whose service fails: traces
//! written by hand, and the closed forms of loss and delay systems.

#[path = "support/hand.rs"]
mod hand;
#[path = "support/play.rs"]
mod play;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/text.rs"]
mod text;
#[path = "support/words.rs"]
mod words;

use std::fmt::Write as _;

use kinesim::engine::{self, Probe};
use kinesim::experiment::outcome::{Flow, LossCause, Outcome};
use kinesim::model::events::{BILLION, FaultKind, FaultPlan, MILLION};
use kinesim::model::observation::Observation;
use kinesim::model::plan::{Api, BufferPlan, ClientPlan, Jitter, LatencyPlan, Plan, TraceRow};
use kinesim::model::retry::{RetryPlan, Wait};
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

/// Writes down what producers do: a line each.
#[derive(Default)]
struct Diary(String);

impl Probe<Observation> for Diary {
    fn observe(&mut self, at: Instant, what: Observation) {
        if let Some(line) = words::of_producer(&what) {
            writeln!(self.0, "{:4} {line}", at.as_s() * 1e3).expect("a text takes anything");
        }
    }
}

fn ms(ms: u64) -> Span {
    Span::from_ms(ms)
}

/// `attempts` attempts, 300 ms after the answer to the first and doubling, without jitter or quota.
fn retry(attempts: u32) -> RetryPlan {
    let wait = Wait { base: ms(300), max: Span::from_s(20), jitter: Jitter::None };
    RetryPlan { max_attempts: attempts, throttled: wait, failed: wait, quota: None }
}

/// PutRecord, answered after 50 ms, given up at once.
fn late() -> ClientPlan {
    let latency = LatencyPlan::Constant(ms(50));
    ClientPlan { latency, ..ClientPlan::direct(Api::PutRecord, RetryPlan::NONE) }
}

/// What `client` does with records of 103 bytes at these moments [ms], for two seconds, on a shard
/// of `per_s` records a second; and what it holds then.
fn trace(client: ClientPlan, moments: &[u64], per_s: u64) -> (String, (u64, u64)) {
    upset(client, moments, per_s, Vec::new())
}

/// The same while faults come and go.
fn upset(
    client: ClientPlan,
    moments: &[u64],
    per_s: u64,
    faults: Vec<FaultPlan>,
) -> (String, (u64, u64)) {
    let row = |at: &u64| TraceRow { at: Instant::ZERO + ms(*at), key: 0, bytes: 100 };
    let rows = moments.iter().map(row).collect();
    let mut producer = replay::replayed(rows, vec!["key".to_owned()]);
    producer.client = client;
    let readers = vec![hand::reader(Span::from_s(1))];
    let plan = hand::plan(Span::from_s(2), hand::stream(1, per_s), vec![producer], readers);
    let plan = Plan { faults, ..plan };
    let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(1));
    let mut diary = Diary::default();
    engine::run(&mut world, &mut agenda, Instant::ZERO + plan.duration, &mut diary);
    (diary.0, world.held(0))
}

/// The shard takes one record a second. Each answer comes 50 ms after its call, and the back-off of
/// 300 and 600 ms begins with it.
#[test]
fn a_retry_is_counted_from_the_answer() {
    let client = ClientPlan { retry: retry(3), ..late() };
    let (diary, held) = trace(client, &[0, 100], 1);
    expect_test::expect![[r"
           0 offered 103 B
           0 called
           0 put 1 of 1, 0 ms old, answer in 50 ms
         100 offered 103 B
         100 called
         100 put 0 of 1, 0 ms old, answer in 50 ms
         450 called
         450 put 0 of 1, 350 ms old, answer in 50 ms
        1100 called
        1100 put 1 of 1, 1000 ms old, answer in 50 ms
    "]]
    .assert_eq(&diary);
    assert_eq!(held, (0, 0));
}

/// Two attempts are over at 450 ms; the record is given up when their answer is there. Until then
/// it is held.
#[test]
fn a_record_is_given_up_when_the_last_answer_is_there() {
    let client = ClientPlan { retry: retry(2), ..late() };
    let (diary, _) = trace(client, &[0, 100], 1);
    assert!(
        diary.ends_with(" 450 put 0 of 1, 350 ms old, answer in 50 ms\n 500 lost 1: Throttled\n")
    );
    // The answer to a call at 1,990 ms is under way at the end: refused, so held.
    let (_, held) = trace(late(), &[1_500, 1_990], 1);
    assert_eq!(held, (1, 103));
    let (_, held) = trace(late(), &[1_990], 1);
    assert_eq!(held, (0, 0), "stored is not held");
}

/// One call at a time, each 50 ms long.
#[test]
fn calls_wait_for_one_that_is_in_flight() {
    let client = ClientPlan { max_in_flight: Some(1), ..late() };
    let (diary, held) = trace(client, &[0, 10, 20, 1_970, 1_990], 1_000);
    let puts: Vec<&str> = diary.lines().filter(|line| line.contains("put")).collect();
    expect_test::expect![[r"
           0 put 1 of 1, 0 ms old, answer in 50 ms
          50 put 1 of 1, 40 ms old, answer in 50 ms
         100 put 1 of 1, 80 ms old, answer in 50 ms
        1970 put 1 of 1, 0 ms old, answer in 50 ms"]]
    .assert_eq(&puts.join("\n"));
    assert_eq!(held, (1, 103), "the last one waits");
    // Without latency a limit holds nobody up.
    let direct = ClientPlan::direct(Api::PutRecord, RetryPlan::NONE);
    let client = ClientPlan { max_in_flight: Some(1), buffer: BufferPlan::Records(9), ..direct };
    let (diary, _) = trace(client, &[0, 0, 0], 1_000);
    assert_eq!(diary.matches("   0 put 1").count(), 3);
}

/// There is room for two. A record leaves when its answer is there: at 50 ms, and at 60 ms before
/// the new record comes.
#[test]
fn what_does_not_fit_in_memory_is_lost() {
    for buffer in [BufferPlan::Records(2), BufferPlan::Bytes(Bytes(308))] {
        let (diary, _) = trace(ClientPlan { buffer, ..late() }, &[0, 10, 20, 60, 70, 80], 1_000);
        let lost: Vec<&str> = diary.lines().filter(|line| line.contains("lost")).collect();
        assert_eq!(lost, ["  20 lost 1: BufferFull", "  80 lost 1: BufferFull"], "{diary}");
        assert_eq!(diary.matches("called").count(), 4);
    }
    // A refused record stays in memory until the answer that it is stored, here at 1,150 ms.
    let client = ClientPlan { buffer: BufferPlan::Records(1), retry: retry(3), ..late() };
    let (diary, _) = trace(client, &[0, 100, 900, 1_500], 1);
    let lost: Vec<&str> = diary.lines().filter(|line| line.contains("lost")).collect();
    assert_eq!(lost, [" 900 lost 1: BufferFull"], "{diary}");
}

/// Everything fails: no shard sees a record, and the record is lost for that reason after its
/// attempts. With PutRecords the application sends entries again.
#[test]
fn a_failure_of_the_service_comes_before_the_limits() {
    for api in [Api::PutRecord, Api::PutRecords { linger: Span::ZERO }] {
        let client = ClientPlan { internal_failure: 1.0, ..ClientPlan::direct(api, retry(2)) };
        let (diary, _) = trace(client, &[0], 1);
        let lines: Vec<&str> = diary.lines().map(str::trim).collect();
        let attempts = ["0 called", "0 failed 1", "300 called", "300 failed 1"];
        assert_eq!(lines[0], "0 offered 103 B");
        assert_eq!(lines[1..5], attempts);
        assert_eq!(lines[5..], ["300 lost 1: Failed"]);
    }
}

fn fault(from: u64, until: u64, kind: FaultKind) -> FaultPlan {
    let at = |moment| Instant::ZERO + ms(moment);
    FaultPlan { from: at(from), until: at(until), kind }
}

/// From 100 ms up to 300 ms an answer takes twice as long and 30 ms more, and within that all calls
/// fail from 200 ms on: the first moment of a fault is in it, the last is not.
#[test]
fn a_fault_of_puts_holds_for_what_is_sent_in_it() {
    let slow = FaultKind::PutLatency { producer: 0, factor: 2 * MILLION, more: ms(30) };
    let errors = FaultKind::PutErrors { producer: 0, chance: BILLION };
    let faults = || vec![fault(100, 300, slow), fault(200, 300, errors)];
    let (diary, held) = upset(late(), &[99, 100, 200, 300, 1_000], 1_000, faults());
    expect_test::expect![[r"
          99 offered 103 B
          99 called
          99 put 1 of 1, 0 ms old, answer in 50 ms
         100 offered 103 B
         100 called
         100 put 1 of 1, 0 ms old, answer in 130 ms
         200 offered 103 B
         200 called
         200 failed 1
         300 offered 103 B
         300 called
         300 put 1 of 1, 0 ms old, answer in 50 ms
         330 lost 1: Failed
        1000 offered 103 B
        1000 called
        1000 put 1 of 1, 0 ms old, answer in 50 ms
    "]]
    .assert_eq(&diary);
    assert_eq!(held, (0, 0));
    // A client whose answers take no time can be slowed down too.
    let direct = ClientPlan::direct(Api::PutRecord, RetryPlan::NONE);
    let (diary, _) = upset(direct, &[99, 100, 300], 1_000, vec![fault(100, 300, slow)]);
    let answers: Vec<&str> =
        diary.lines().filter_map(|line| line.split("answer in ").nth(1)).collect();
    assert_eq!(answers, ["0 ms", "30 ms", "0 ms"]);
}

/// Half of all calls fail by themselves and half by a fault: a quarter gets through while it lasts.
/// 50,000 records leave an error of 0.002.
#[test]
fn failures_by_a_fault_come_on_top() {
    let text = "scenario.duration = \"100 s\"\n[stream]\nshard_count = 10\n[[producer]]\n\
                rate = \"1k/s\"\nrecord_size = \"100 B\"\nretry = false\n\
                internal_failure = \"50 %\"\n[[fault]]\nat = \"50 s\"\nfor = \"1 h\"\n\
                kind = \"api-errors\"\ntarget = \"producer.producer\"\nprobability = \"50 %\"\n";
    let timeline = outcome(text).timeline;
    let share = |from: f64, until: f64| {
        let flows = || timeline.iter().filter(|it| (from..until).contains(&it.start.as_s()));
        let sum = |of: fn(&Flow) -> u64| flows().map(of).sum::<u64>() as f64;
        sum(|flow| flow.write.failed) / sum(|flow| flow.write.offered_records)
    };
    assert!((share(0.0, 50.0) - 0.5).abs() < 0.01, "{}", share(0.0, 50.0));
    assert!((share(50.0, 100.0) - 0.75).abs() < 0.01, "{}", share(50.0, 100.0));
}

fn outcome(text: &str) -> Outcome {
    play::play(&text::scenario(text), None, false)
}

/// One producer of small records on ten shards: nothing is throttled.
fn producer(rate: &str, duration: &str, client: &str) -> Outcome {
    outcome(&format!(
        "[scenario]\nduration = \"{duration}\"\n[stream]\nshard_count = 10\n[[producer]]\n\
         rate = \"{rate}\"\nrecord_size = \"100 B\"\n{client}"
    ))
}

fn lost(outcome: &Outcome, cause: LossCause) -> u64 {
    outcome.losses.iter().filter(|loss| loss.cause == cause).map(|loss| loss.records).sum()
}

/// Records in memory are those in flight: Erlang's loss system. With room for 5 and 5 in flight on
/// average 28.49 % are lost (Erlang B), whatever the distribution of the latency. 360,000 records
/// leave an error of about 0.2 % of all.
#[test]
fn a_full_buffer_loses_what_erlang_says() {
    let blocked = |load: f64| (1..=5).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
    assert!((blocked(5.0) - 0.2849_f64).abs() < 1e-4, "the value in tables");
    // ln(3) / 2.3263 = 0.4722: the mean is 40 ms x exp(0.4722^2 / 2) = 44.72 ms.
    let cases = [("\"50 ms\"", 5.0), ("{ median = \"40 ms\", p99 = \"120 ms\" }", 4.472)];
    for (latency, load) in cases {
        let client = format!("latency = {latency}\nbuffer = 5\n");
        let outcome = producer("100/s", "1 h", &client);
        let share =
            lost(&outcome, LossCause::BufferFull) as f64 / outcome.write.offered_records as f64;
        assert!((share - blocked(load)).abs() < 0.008, "{latency}: {share}, {}", blocked(load));
        assert_eq!(outcome.write.throttled, 0);
    }
}

/// One call at a time is an M/D/1 queue: at half load a record waits 25 ms for a call of 50 ms. Of
/// 144,000 waits, each like its neighbours, the mean is within 2 %.
#[test]
fn one_call_in_flight_is_a_queue() {
    let client = "latency = \"50 ms\"\nmax_in_flight = 1\n";
    let mean = producer("10/s", "4 h", client).write_latency.mean().unwrap() / 1e6;
    assert!((mean - 75.0).abs() < 1.5, "{mean} ms");
}

/// Without waiting and refusals, write latency is the latency asked for.
#[test]
fn write_latency_is_the_latency_of_puts() {
    let client = "latency = { median = \"15 ms\", p99 = \"100 ms\" }\n";
    let latency = producer("500/s", "200 s", client).write_latency;
    for (percent, wanted) in [(50.0, 15.0), (99.0, 100.0)] {
        let found = latency.percentile(percent).unwrap() as f64 / 1e6;
        assert!((found / wanted - 1.0).abs() < 0.03, "p{percent}: {found} ms");
    }
}

/// Three in ten calls fail: 0.3^3 of all records after three attempts, and 1 + 0.3 + 0.09 calls a
/// record. Failures are no throttling. 100,000 records leave an error of 0.0005 of all.
#[test]
fn failures_are_retried_and_counted_apart() {
    for client in ["retry.quota = false\n", "api = \"PutRecords\"\nlinger = \"20 ms\"\n"] {
        let client = format!("internal_failure = \"30 %\"\n{client}");
        let outcome = producer("500/s", "200 s", &client);
        let write = outcome.write;
        let offered = write.offered_records as f64;
        assert!((write.failed as f64 / write.attempts as f64 - 0.3).abs() < 0.005);
        assert!((write.attempts as f64 / offered - 1.39).abs() < 0.01);
        let given_up = lost(&outcome, LossCause::Failed);
        assert!((given_up as f64 / offered - 0.027).abs() < 0.002);
        assert_eq!((write.throttled, given_up), (0, write.lost_records));
        let flows = outcome.timeline.iter();
        assert_eq!(flows.map(|flow| flow.write.failed).sum::<u64>(), write.failed);
    }
}

/// A retry after a failure costs 14 tokens and gives them back when it succeeds; where all calls
/// fail, 500 tokens are 35 retries (KDS-L09).
#[test]
fn failures_empty_the_quota_faster_than_throttling() {
    let write = producer("100/s", "1 min", "internal_failure = \"100 %\"\n").write;
    assert_eq!(write.attempts - write.offered_records, 500 / 14);
    let write = producer("100/s", "1 min", "internal_failure = 1.0\ninstances = 4\n").write;
    assert_eq!(write.attempts - write.offered_records, 4 * (500 / 14));
}

/// A memory that is never full changes nothing: calls one by one do what runs of calls do.
#[test]
fn room_for_all_is_as_good_as_no_limit() {
    let text = |buffer: &str| {
        format!(
            "[scenario]\nduration = \"5 min\"\n[stream]\nshard_count = 2\n[[producer]]\n\
             rate = \"2500/s\"\ninstances = 7\nrecord_size = \"500 B\"\n\
             retry = {{ max_attempts = 4, backoff = \"100 ms\" }}\n{buffer}"
        )
    };
    let (direct, held) = (outcome(&text("")), outcome(&text("buffer = 1_000_000\n")));
    assert!(direct.write.lost_records > 50_000 && direct.write.attempts > 800_000);
    assert_eq!(direct.write, held.write);
    assert_eq!(direct.losses, held.losses);
    assert_eq!(direct.timeline, held.timeline);
    assert_eq!(direct.write_latency.mean(), held.write_latency.mean());
    assert_eq!(direct.producers[0].held_records, held.producers[0].held_records);
}

/// Calls, and those of which an entry failed.
#[derive(Default)]
struct Partial {
    calls: u32,
    failed: u32,
    counted: bool,
}

impl Probe<Observation> for Partial {
    fn observe(&mut self, _at: Instant, what: Observation) {
        match what {
            Observation::Called { .. } => (self.calls, self.counted) = (self.calls + 1, false),
            Observation::Failed(_) if !self.counted => {
                (self.failed, self.counted) = (self.failed + 1, true);
            }
            _ => {}
        }
    }
}

/// Where one entry in 1,000 fails, 39 % of all calls of 500 entries fail in part (SDK-29). 1,000
/// calls leave an error of 1.5 %.
#[test]
fn few_failing_entries_fail_many_calls_in_part() {
    let row = |n: u64| TraceRow { at: Instant::from_ns(n * 100_000), key: 0, bytes: 100 };
    let mut producer = replay::replayed((0..500_000).map(row).collect(), vec!["key".to_owned()]);
    let api = Api::PutRecords { linger: Span::from_s(1) };
    let client = ClientPlan::direct(api, RetryPlan::NONE);
    producer.client = ClientPlan { internal_failure: 0.001, ..client };
    let readers = vec![hand::reader(Span::from_s(1))];
    let plan = hand::plan(Span::from_s(51), hand::stream(1, 1 << 20), vec![producer], readers);
    let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(1));
    let mut seen = Partial::default();
    engine::run(&mut world, &mut agenda, Instant::ZERO + plan.duration, &mut seen);
    assert_eq!(seen.calls, 1_000);
    let share = f64::from(seen.failed) / f64::from(seen.calls);
    assert!((share - 0.39).abs() < 0.06, "{share}");
}
