//! Encrypted streams: answers that come later, KMS that throttles, and what it is asked. Traces are
//! written by hand.

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
use kinesim::experiment::objective::judge;
use kinesim::experiment::outcome::{LossCause, Outcome};
use kinesim::model::events::{BILLION, FaultKind, FaultPlan, MILLION};
use kinesim::model::observation::Observation;
use kinesim::model::plan::{
    Api, ClientPlan, EncryptionPlan, IntakePlan, Jitter, LatencyPlan, Plan, PollOrder, PollPlan,
    ReaderPlan, StreamPlan, TraceRow,
};
use kinesim::model::retry::{RetryPlan, RetryProfile, Wait};
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};

use crate::play::play;
use crate::text::scenario;

/// Writes down what producers and readers do: a line each.
#[derive(Default)]
struct Diary {
    puts: String,
    reads: Vec<Reading>,
    again: u32,
}

/// An answer, or a record that is processed; in the last column its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Read { at: Instant, records: u32, bytes: u64, age: Span, behind: Span },
    Delivered { at: Instant, records: u32 },
    Failed { at: Instant },
}

impl Probe<Observation> for Diary {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Read(it) => {
                let (records, bytes, age, behind) = (it.records, it.bytes, it.age, it.behind);
                self.reads.push(Reading::Read { at, records, bytes, age, behind });
            }
            Observation::Delivered(it) => {
                let (at, records) = (it.first_done, it.records);
                self.reads.push(Reading::Delivered { at, records });
            }
            Observation::ReadFailed { .. } => self.reads.push(Reading::Failed { at }),
            Observation::Redelivered { records, .. } => self.again += records,
            what => {
                if let Some(line) = words::of_producer(&what) {
                    writeln!(self.puts, "{:3} {line}", at.as_s() * 1e3).expect("a text takes all");
                }
            }
        }
    }
}

fn ms(ms: u64) -> Span {
    Span::from_ms(ms)
}

fn at(moment: u64) -> Instant {
    Instant::ZERO + ms(moment)
}

fn fault(from: u64, until: u64, kind: FaultKind) -> FaultPlan {
    FaultPlan { from: at(from), until: at(until), kind }
}

/// KMS throttles every call.
const ALWAYS: FaultKind = FaultKind::KmsThrottle { stream: 0, chance: BILLION };

/// A stream that takes all, and answers `latency` later than others.
fn encrypted(latency: Span) -> StreamPlan {
    let encryption = Some(EncryptionPlan { latency, credentials: 1 });
    StreamPlan { encryption, ..hand::stream(1, 1_000) }
}

/// What is done with records of 103 bytes at these moments [ms], and what the producer holds then.
fn diary(
    stream: StreamPlan,
    client: ClientPlan,
    moments: impl Iterator<Item = u64>,
    reader: ReaderPlan,
    faults: Vec<FaultPlan>,
) -> (Diary, (u64, u64)) {
    let row = |moment| TraceRow { at: at(moment), key: 0, bytes: 100 };
    let mut producer = replay::replayed(moments.map(row).collect(), vec!["key".to_owned()]);
    producer.client = client;
    let plan = hand::plan(Span::from_s(12), stream, vec![producer], vec![reader]);
    let plan = Plan { faults, ..plan };
    let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(1));
    let mut diary = Diary::default();
    engine::run(&mut world, &mut agenda, Instant::ZERO + plan.duration, &mut diary);
    let held = world.held(0);
    (diary, held)
}

/// What a producer of an encrypted stream does with records at `moments` [ms].
fn puts(latency: Span, client: ClientPlan, moments: &[u64], faults: Vec<FaultPlan>) -> String {
    let reader = hand::reader(Span::from_s(1));
    let (diary, held) = diary(encrypted(latency), client, moments.iter().copied(), reader, faults);
    assert_eq!(held, (0, 0));
    diary.puts
}

fn reads(latency: Option<Span>, reader: ReaderPlan, faults: Vec<FaultPlan>) -> Diary {
    let stream = latency.map_or_else(|| hand::stream(1, 1_000), encrypted);
    let client = ClientPlan::direct(Api::PutRecord, RetryPlan::NONE);
    diary(stream, client, (0..80).map(|n| n * 100), reader, faults).0
}

fn retry(attempts: u32) -> RetryPlan {
    let wait = Wait { base: ms(300), max: Span::from_s(20), jitter: Jitter::None };
    RetryPlan { max_attempts: attempts, throttled: wait, failed: wait, quota: None }
}

/// 50 ms of the producer's own and 10 ms more (KDS-K04). From 100 ms up to 300 ms all calls fail;
/// the first moment is in the fault, the last is not. Three attempts are allowed, and none is made
/// again (KDS-L08): what a call carried is lost when its answer is there.
#[test]
fn what_kms_refuses_is_lost_with_its_answer() {
    let latency = LatencyPlan::Constant(ms(50));
    let client = ClientPlan { latency, ..ClientPlan::direct(Api::PutRecord, retry(3)) };
    let puts = puts(ms(10), client, &[99, 100, 299, 300], vec![fault(100, 300, ALWAYS)]);
    expect_test::expect![[r"
          99 offered 103 B
          99 called
          99 put 1 of 1, 0 ms old, answer in 60 ms
         100 offered 103 B
         100 called
         100 failed 1
         160 lost 1: KmsThrottled
         299 offered 103 B
         299 called
         299 failed 1
         300 offered 103 B
         300 called
         300 put 1 of 1, 0 ms old, answer in 60 ms
         359 lost 1: KmsThrottled
    "]]
    .assert_eq(&puts);
}

/// PutRecords fails as a whole too, and the loop over failed entries does not see it (D6): neither
/// of a first attempt nor of one that was resent, 300 ms after the answer to the first.
#[test]
fn a_loop_over_entries_does_not_see_a_call_that_failed() {
    let client = ClientPlan::direct(Api::PutRecords { linger: ms(20) }, retry(3));
    let puts = puts(ms(10), client, &[0, 5, 400, 410], vec![fault(400, 500, ALWAYS)]);
    expect_test::expect![[r"
           0 offered 103 B
           5 offered 103 B
          20 called
          20 put 1 of 1, 20 ms old, answer in 10 ms
          20 put 1 of 1, 15 ms old, answer in 10 ms
         400 offered 103 B
         410 offered 103 B
         420 called
         420 failed 1
         420 failed 1
         430 lost 1: KmsThrottled
         430 lost 1: KmsThrottled
    "]]
    .assert_eq(&puts);
    // The shard takes one record; the other comes again at 20 + 10 + 300 ms.
    let stream = StreamPlan { encryption: encrypted(ms(10)).encryption, ..hand::stream(1, 1) };
    let faults = vec![fault(320, 340, ALWAYS)];
    let reader = hand::reader(Span::from_s(1));
    let (diary, held) = diary(stream, client, [0, 5].into_iter(), reader, faults);
    assert!(diary.puts.ends_with("330 called\n330 failed 1\n340 lost 1: KmsThrottled\n"));
    assert_eq!(held, (0, 0));
}

/// A client that is answered at once is answered `latency` later: one call at a time makes the
/// second record wait for the first one's answer. A factor takes both latencies. Where encryption
/// adds nothing, all is as if there were none.
#[test]
fn every_producer_of_an_encrypted_stream_waits() {
    let direct = ClientPlan::direct(Api::PutRecord, RetryPlan::NONE);
    let one = ClientPlan { max_in_flight: Some(1), ..direct };
    let answers = |text: String| -> Vec<String> {
        let puts = text.lines().filter(|line| line.contains("put"));
        puts.map(|line| line.trim().to_owned()).collect()
    };
    let wanted =
        ["0 put 1 of 1, 0 ms old, answer in 10 ms", "10 put 1 of 1, 10 ms old, answer in 10 ms"];
    assert_eq!(answers(puts(ms(10), one, &[0, 0], Vec::new())), wanted);
    let slow = FaultKind::PutLatency { producer: 0, factor: 3 * MILLION, more: ms(1) };
    let late = ClientPlan { latency: LatencyPlan::Constant(ms(2)), ..direct };
    let slowed = answers(puts(ms(10), late, &[0], vec![fault(0, 9, slow)]));
    assert_eq!(slowed, ["0 put 1 of 1, 0 ms old, answer in 37 ms"]);
    assert_eq!(
        puts(Span::ZERO, one, &[0, 0], Vec::new()),
        "  0 offered 103 B\n  0 called\n  0 put 1 of 1, 0 ms old, answer in 0 ms\n".repeat(2)
    );
}

fn read_parts(diary: &Diary) -> Vec<(Instant, u32, u64, Span, Span)> {
    let part = |it: &Reading| match *it {
        Reading::Read { at, records, bytes, age, behind } => {
            Some((at, records, bytes, age, behind))
        }
        _ => None,
    };
    diary.reads.iter().filter_map(part).collect()
}

fn delivered(diary: &Diary) -> Vec<(Instant, u32)> {
    let part = |it: &Reading| match *it {
        Reading::Delivered { at, records } => Some((at, records)),
        _ => None,
    };
    diary.reads.iter().filter_map(part).collect()
}

/// A call is judged when it is made and brings what was there then; it is handed over exactly
/// `latency` later, and older by that. The calls themselves come at the same times as before.
#[test]
fn what_is_read_is_handed_over_later() {
    let later = Span::from_ns(100_000);
    let ahead = ReaderPlan { read_ahead: 2, ..hand::reader(ms(500)) };
    let limited = PollPlan { limit: 3, ..PollPlan::every(ms(500)) };
    let limited = ReaderPlan { intake: IntakePlan::Poll(limited), ..hand::reader(ms(500)) };
    let working = ReaderPlan { per_call: ms(7), per_record: ms(20), ..hand::reader(ms(500)) };
    for reader in [hand::reader(ms(500)), ahead, limited, working] {
        let plain = reads(None, reader.clone(), Vec::new());
        let secret = reads(Some(later), reader, Vec::new());
        let moved: Vec<_> = read_parts(&plain)
            .into_iter()
            .map(|(at, records, bytes, age, behind)| {
                let age = if records > 0 { age + later } else { age };
                (at + later, records, bytes, age, behind)
            })
            .collect();
        assert!(moved.len() >= 23);
        assert_eq!(read_parts(&secret), moved);
        let done: Vec<_> =
            delivered(&plain).into_iter().map(|(at, records)| (at + later, records)).collect();
        assert!(done.len() >= 70);
        assert_eq!(delivered(&secret), done);
    }
}

/// A thread that calls waits for the answer, then works for 1.5 s: a call every 1.7 s, and in a
/// loop over one shard as well. With answers ahead of the work the call of a second stays.
#[test]
fn the_thread_that_called_waits_for_the_answer() {
    let reader = |read_ahead, order| {
        let poll = PollPlan { order, ..PollPlan::every(Span::from_s(1)) };
        let intake = IntakePlan::Poll(poll);
        let plain = hand::reader(Span::from_s(1));
        ReaderPlan { per_call: ms(1_500), threads: Some(1), read_ahead, intake, ..plain }
    };
    for (read_ahead, order, period) in [
        (0, PollOrder::SideBySide, ms(1_700)),
        (0, PollOrder::InTurn, ms(1_700)),
        (10, PollOrder::SideBySide, Span::from_s(1)),
    ] {
        let diary = reads(Some(ms(200)), reader(read_ahead, order), Vec::new());
        let moments: Vec<Instant> = read_parts(&diary).iter().map(|it| it.0).collect();
        assert!(moments.len() > 5 && moments.windows(2).all(|it| it[1].since(it[0]) == period));
    }
    // An answer that takes longer than `every`: the next call waits for it.
    let diary = reads(Some(ms(1_300)), hand::reader(Span::from_s(1)), Vec::new());
    let moments: Vec<Instant> = read_parts(&diary).iter().map(|it| it.0).collect();
    assert!(moments.windows(2).all(|it| it[1].since(it[0]) == ms(1_300)));
}

/// An answer on its way when its reader goes down was never handed over: it comes once. The outage
/// begins in the middle of the third one's way.
#[test]
fn an_answer_on_its_way_reaches_nobody_in_an_outage() {
    let down = FaultKind::ReaderOutage { reader: 0 };
    for read_ahead in [0, 3] {
        let reader = ReaderPlan { read_ahead, ..hand::reader(Span::from_s(1)) };
        let moments: Vec<Instant> = {
            let diary = reads(Some(ms(900)), reader.clone(), Vec::new());
            read_parts(&diary).iter().map(|it| it.0).collect()
        };
        let middle = (moments[2].as_ns() / 1_000_000).saturating_sub(450);
        let faults = vec![fault(middle, middle + 2_000, down)];
        let diary = reads(Some(ms(900)), reader, faults);
        assert_eq!(read_parts(&diary)[..2].iter().map(|it| it.0).collect::<Vec<_>>(), moments[..2]);
        assert!(read_parts(&diary)[2].0 > at(middle + 2_000));
        assert_eq!(diary.again, 0);
        assert_eq!(delivered(&diary).iter().map(|it| it.1).sum::<u32>(), 80);
    }
}

/// While KMS throttles every call, a reader makes one each second and none is answered, however its
/// client retries; afterwards it gets what waited.
#[test]
fn a_reader_that_kms_refuses_asks_again_after_a_pause() {
    let retry = RetryProfile::Sdk2026.plan();
    let poll = PollPlan { retry, ..PollPlan::every(ms(500)) };
    let reader = ReaderPlan { intake: IntakePlan::Poll(poll), ..hand::reader(ms(500)) };
    let diary = reads(Some(ms(1)), reader, vec![fault(2_000, 7_000, ALWAYS)]);
    let failed: Vec<Instant> = diary
        .reads
        .iter()
        .filter_map(|it| match *it {
            Reading::Failed { at } => Some(at),
            _ => None,
        })
        .collect();
    assert_eq!(failed.len(), 5);
    assert!(failed.windows(2).all(|it| it[1].since(it[0]) == Span::from_s(1)));
    assert!(failed[0] >= at(2_000) && failed[4] < at(7_000));
    let within = |moment: Instant| at(2_001) < moment && moment < at(7_000);
    assert!(read_parts(&diary).iter().all(|it| !within(it.0)));
    // What was put in the fault was refused as well: 50 records, one each 100 ms.
    assert_eq!(delivered(&diary).iter().map(|it| it.1).sum::<u32>(), 30);
}

fn outcome(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn lost(outcome: &Outcome, cause: LossCause) -> u64 {
    outcome.losses.iter().filter(|loss| loss.cause == cause).map(|loss| loss.records).sum()
}

/// One put call in three fails while the fault lasts, within four standard deviations, and none
/// outside. Of PutRecords calls all 20 records share the call's fate. What was offered was stored,
/// lost, or is held.
#[test]
fn calls_fail_as_often_as_is_said() {
    let text = |client: &str| {
        format!(
            "scenario.duration = \"200 s\"\nscenario.interval = \"1 s\"\n[stream]\n\
             shard_count = 4\nencryption = true\n[[producer]]\nrecord_size = \"100 B\"\n\
             rate = {{ constant = \"1k/s\", arrivals = \"even\" }}\n{client}\n[[fault]]\n\
             at = \"50 s\"\nfor = \"100 s\"\nkind = \"kms-throttle\"\ntarget = \"stream\"\n\
             probability = 0.3\n"
        )
    };
    let batches = "api = \"PutRecords\"\nlinger = \"20 ms\"\nresend.max_attempts = 5";
    for (client, calls) in [("", 100_000.0_f64), (batches, 5_000.0)] {
        let outcome = outcome(&text(client));
        let write = outcome.write;
        let given_up = lost(&outcome, LossCause::KmsThrottled);
        let share = given_up as f64 / 100_000.0;
        // A call or two more or less lies within the fault.
        let error = 4.0 * (0.21 / calls).sqrt() + 2.0 / calls;
        assert!((share - 0.3).abs() < error, "{share}, {calls} calls");
        assert_eq!((write.failed, write.lost_records, write.throttled), (given_up, given_up, 0));
        let held: u64 = outcome.producers.iter().map(|it| it.held_records).sum();
        assert_eq!(write.offered_records, write.accepted_records + given_up + held);
        for (second, flow) in outcome.timeline.iter().enumerate() {
            assert!(flow.write.failed == 0 || (50..=150).contains(&second), "{second} s");
        }
    }
}

/// Two streams with a fault of one: only its clients suffer, those who write and those who poll;
/// what is pushed comes all the same. So it is with errors of the service that hit a stream.
#[test]
fn a_fault_of_a_stream_hits_its_own_clients() {
    for (kind, cause) in
        [("kms-throttle", LossCause::KmsThrottled), ("api-errors", LossCause::Failed)]
    {
        let outcome = outcome(&format!(
            "scenario.duration = \"60 s\"\n\
             [[stream]]\nname = \"a\"\nshard_count = 1\nencryption = true\n\
             [[stream]]\nname = \"b\"\nshard_count = 1\nencryption.latency = \"1 ms\"\n\
             [[producer]]\nname = \"one\"\nstream = \"a\"\nrate = \"50/s\"\nrecord_size = \"1 B\"\n\
             [[producer]]\nname = \"two\"\nstream = \"b\"\nrate = \"50/s\"\nrecord_size = \"1 B\"\n\
             retry = false\n\
             [[reader]]\nname = \"of-a\"\nstream = \"a\"\n[[reader]]\nname = \"of-b\"\n\
             stream = \"b\"\n[[reader]]\nname = \"pushed\"\nstream = \"b\"\n\
             enhanced_fan_out = true\n\
             [[fault]]\nat = \"0 s\"\nfor = \"1 h\"\nkind = \"{kind}\"\ntarget = \"stream.b\"\n\
             probability = \"50 %\"\n"
        ));
        assert_eq!(outcome.streams[0].write.lost_records, 0);
        assert_eq!(outcome.streams[1].write.lost_records, lost(&outcome, cause));
        let share =
            lost(&outcome, cause) as f64 / outcome.producers[1].write.offered_records as f64;
        assert!((share - 0.5).abs() < 0.04, "{share}");
        let [of_a, of_b, pushed] = outcome.consumers.as_slice() else { panic!("three readers") };
        assert_eq!((of_a.failed_calls, pushed.failed_calls), (0, 0));
        assert!(of_b.failed_calls > 10 && pushed.ledger.delivered > 1_400);
        let [a, b] = outcome.streams.as_slice() else { panic!("two streams") };
        // A minute: 12 x 60 / 300 calls for each of two callers and of three (KDS-K02, KDS-K03).
        assert_eq!((a.kms_calls, b.kms_calls), (Some(5), Some(8)));
    }
}

/// Twelve calls in five minutes are 144 in an hour, and 288 with two sets of credentials (KDS-K02,
/// KDS-K03). The warm-up is left out.
#[test]
fn kms_is_called_twelve_times_in_five_minutes_by_each() {
    let text = |more: &str, objectives: &str| {
        format!(
            "scenario.duration = \"1 h\"\n{more}stream.shard_count = 3\n[[producer]]\n\
             rate = \"1/s\"\nrecord_size = \"1 KiB\"\n[[reader]]\n[slo]\n{objectives}\n"
        )
    };
    let both = |calls: u32| {
        format!("kms.calls = \"== {calls}\"\nstream.stream.kms.calls = \"== {calls}\"")
    };
    for (more, calls) in [
        ("stream.encryption = true\n", 288),
        ("stream.encryption = { credentials = 5 }\n", 720),
        ("stream.encryption = true\nscenario.warm_up = \"30 min\"\n", 144),
    ] {
        let scenario = scenario(&text(more, &both(calls)));
        let verdicts = judge(&scenario, &play(&scenario, None, false));
        for verdict in verdicts {
            assert_eq!((verdict.measured, verdict.met), (Some(f64::from(calls)), true));
        }
    }
    assert_eq!(outcome(&text("", "")).streams[0].kms_calls, None);
}
