//! Records that a reader cannot digest, against traces worked out by hand, and the books.

#[path = "support/hand.rs"]
mod hand;
#[path = "support/play.rs"]
mod play;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/text.rs"]
mod text;

use kinesim::engine::{self, Probe};
use kinesim::experiment::catch_up::catch_ups;
use kinesim::experiment::finding::{Blocked, Evidence, find};
use kinesim::experiment::outcome::Outcome;
use kinesim::model::events::{FaultKind, FaultPlan};
use kinesim::model::observation::{FailedAttempt, Observation};
use kinesim::model::plan::{
    FanOutPlan, IntakePlan, Plan, PollOrder, PollPlan, ReaderPlan, TraceRow,
};
use kinesim::model::world::World;
use kinesim::report::table::{consumers, events};
use kinesim::scenario::Scenario;
use kinesim::time::{Instant, Span};

use crate::play::play;
use crate::text::scenario;

const SECOND: Span = Span::from_s(1);

fn at_ms(n: u64) -> Instant {
    Instant::ZERO + Span::from_ms(n)
}

fn poison(from_ms: u64, until_ms: u64, shard: Option<u32>) -> FaultPlan {
    let kind = FaultKind::PoisonRecord { reader: 0, shard };
    FaultPlan { from: at_ms(from_ms), until: at_ms(until_ms), kind }
}

/// Records of 99 B every half second, up to `seconds`, on one shard.
fn plan(seconds: u64, reader: ReaderPlan, faults: Vec<FaultPlan>) -> Plan {
    let rows = (0..2 * seconds).map(|k| TraceRow { at: at_ms(500 * k), key: 0, bytes: 99 });
    let producer = replay::replayed(rows.collect(), vec!["k".to_owned()]);
    let stream = hand::stream(1, 1 << 20);
    Plan { faults, ..hand::plan(Span::from_s(seconds), stream, vec![producer], vec![reader]) }
}

fn pushed() -> ReaderPlan {
    let fan_out = FanOutPlan {
        bytes_per_s: 2 << 20,
        pace: Span::from_ms(20),
        delay: Span::from_ms(70),
        // No subscription ends within a run.
        lifetime: Span::from_s(1_000_000_000),
        renewal: Span::from_ms(100),
        registration: Span::ZERO,
    };
    ReaderPlan { intake: IntakePlan::FanOut(fan_out), read_ahead: 4, ..hand::reader(SECOND) }
}

/// What a reader does, as it is stated.
#[derive(Default)]
struct Log {
    reads: Vec<Instant>,
    failed: Vec<(Instant, FailedAttempt)>,
    /// When each record was born and done.
    done: Vec<(Instant, Instant)>,
    again: u32,
}

impl Probe<Observation> for Log {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Read(_) => self.reads.push(at),
            Observation::ProcessingFailed(failed) => self.failed.push((at, failed)),
            Observation::Delivered(it) => {
                for k in 0..u64::from(it.records) {
                    let done = it.first_done + it.step.times(k);
                    self.done.push((it.born.start, done));
                }
            }
            Observation::Redelivered { records, .. } => self.again += records,
            _ => {}
        }
    }
}

fn log(plan: &Plan) -> Log {
    let (mut world, mut agenda) = World::new(plan, 0, SECOND);
    let mut log = Log::default();
    engine::run(&mut world, &mut agenda, Instant::ZERO + plan.duration, &mut log);
    log
}

fn outcome(plan: Plan) -> (Scenario, Outcome) {
    let any = "[stream]\nshard_count = 1\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 B\"\n";
    let scenario = Scenario { plan, interval: SECOND, ..scenario(any) };
    let outcome = play(&scenario, None, false);
    (scenario, outcome)
}

fn blocked(scenario: &Scenario, outcome: &Outcome) -> Option<(String, Blocked)> {
    find(scenario, outcome).into_iter().find_map(|finding| match finding.evidence {
        Evidence::Blocked(blocked) => Some((finding.subject, blocked)),
        _ => None,
    })
}

fn text_of(table: &[u8]) -> String {
    String::from_utf8(table.to_vec()).expect("tables are text")
}

/// A poll a second at phase p, work in no time, the fault from 10 s to 16 s. The call at p + 10 s
/// brings two records; the six attempts begun at p + 10 to p + 15 s fail, each over a second after
/// it began. That of p + 16 s goes through, at once, and so do the twelve records that came behind.
#[test]
fn a_batch_is_tried_again_every_second_and_nothing_passes_it() {
    let plan = plan(20, hand::reader(SECOND), vec![poison(10_000, 16_000, None)]);
    let log = log(&plan);
    let second = |k: u64| log.reads[0] + Span::from_s(k);
    let attempts: Vec<(Instant, Instant)> =
        log.failed.iter().map(|(over, it)| (it.began, *over)).collect();
    let wanted: Vec<(Instant, Instant)> = (10..16).map(|k| (second(k), second(k + 1))).collect();
    assert_eq!(attempts, wanted);
    assert!(log.failed.iter().all(|(_, it)| (it.records, it.shard, it.fault) == (2, 0, 0)));
    let calls: Vec<Instant> = (0..=10).chain(16..20).map(second).collect();
    assert_eq!(log.reads, calls);
    // A record is done at the first call after it; those of the fault at its end.
    for (born, done) in &log.done {
        let call = *calls.iter().find(|call| *call >= born).expect("a call");
        assert_eq!(*done, if call == second(10) { second(16) } else { call });
    }
    assert!(log.done.iter().all(|(_, done)| !(second(9) < *done && *done < second(16))));
}

/// A call takes 2 s to work on, so that batches begin at p, p + 2 s, …; what fails takes as long.
/// Four attempts begin from 10 s up to 17 s, and the last is over at p + 18 s; two seconds later
/// the batch is done, and the next call comes then, no sooner.
#[test]
fn an_attempt_takes_as_long_as_its_work() {
    let reader = ReaderPlan { per_call: Span::from_s(2), ..hand::reader(SECOND) };
    let log = log(&plan(30, reader, vec![poison(10_000, 17_000, Some(0))]));
    let second = |k: u64| log.reads[0] + Span::from_s(k);
    let attempts: Vec<(Instant, Instant)> =
        log.failed.iter().map(|(over, it)| (it.began, *over)).collect();
    let wanted: Vec<(Instant, Instant)> =
        [10, 12, 14, 16].map(|k| (second(k), second(k + 2))).into();
    assert_eq!(attempts, wanted);
    let calls: Vec<Instant> = [0, 2, 4, 6, 8, 10, 20, 22, 24, 26, 28].map(second).into();
    assert_eq!(log.reads, calls);
    let done_in_it = |it: &&(Instant, Instant)| second(10) < it.1 && it.1 < second(20);
    assert_eq!(log.done.iter().filter(done_in_it).count(), 0);
    assert_eq!(log.done.iter().filter(|it| it.1 == second(20)).count(), 4);
}

/// Every half second an event, 70 ms later at the consumer. That of 10 s is tried at 10.07, 11.07
/// and 12.07 s, and goes through at 13.07 s with the four that stand behind it. Then there is room
/// for what came at 12.5 and 13 s: pushed at once, it is there at 13.14 s.
#[test]
fn enhanced_fan_out_stands_still_likewise() {
    let log = log(&plan(15, pushed(), vec![poison(10_000, 12_500, None)]));
    let attempts: Vec<(Instant, Instant)> =
        log.failed.iter().map(|(over, it)| (it.began, *over)).collect();
    let wanted: Vec<(Instant, Instant)> =
        [10_070, 11_070, 12_070].map(|ms| (at_ms(ms), at_ms(ms + 1_000))).into();
    assert_eq!(attempts, wanted);
    for (born, done) in &log.done {
        let wanted = match born.as_ns() / 1_000_000 {
            10_000..=12_000 => at_ms(13_070),
            12_500..=13_000 => at_ms(13_140),
            _ => *born + Span::from_ms(70),
        };
        assert_eq!(*done, wanted, "born at {} s", born.as_s());
    }
    assert_eq!(log.done.len(), 30);
}

/// Kept for 5 s, blocked from 10 s to 30 s: the batch is in hand and stays; behind it all that
/// came from p + 10 s to p + 25 s is gone when the call at p + 30 s comes: 15 s, two a second.
#[test]
fn what_waits_behind_can_expire() {
    let mut plan = plan(40, hand::reader(SECOND), vec![poison(10_000, 30_000, None)]);
    plan.streams[0].retention = Span::from_s(5);
    let (scenario, outcome) = outcome(plan);
    let reader = &outcome.consumers[0];
    assert_eq!((reader.ledger.expired, reader.failed_attempts), (30, 20));
    // What came after the last call waits.
    assert!((49..=50).contains(&reader.ledger.delivered), "{:?}", reader.ledger);
    let codes: Vec<&str> =
        find(&scenario, &outcome).iter().map(|finding| finding.evidence.code()).collect();
    assert_eq!(codes[..2], ["K801", "K802"]);
}

/// After an outage the record is met again, in a batch that is taken anew. Where it has expired by
/// then, nothing blocks the shard any more.
#[test]
fn an_outage_does_not_digest_it_and_retention_does() {
    let down = FaultPlan {
        from: at_ms(12_000),
        until: at_ms(14_000),
        kind: FaultKind::ReaderOutage { reader: 0 },
    };
    let mut plan = plan(30, hand::reader(SECOND), vec![poison(10_000, 20_000, None), down]);
    let kept = log(&plan);
    assert!(kept.failed.iter().any(|(_, it)| it.began >= at_ms(14_000)));
    assert!(
        kept.failed.iter().all(|(_, it)| it.began < at_ms(12_000) || it.began >= at_ms(14_000))
    );
    assert!(kept.done.iter().all(|it| it.1 < at_ms(10_000) || it.1 >= at_ms(20_000)));
    assert!((2..=3).contains(&kept.again), "{}", kept.again);
    plan.streams[0].retention = SECOND;
    let expired = log(&plan);
    assert!(expired.failed.iter().all(|(_, it)| it.began < at_ms(12_000)));
    assert!(expired.done.iter().any(|it| (at_ms(14_000)..at_ms(16_000)).contains(&it.1)));
}

/// Two shards, one thread or two, in every way to read: the one that is blocked stands still and
/// the other goes on. An attempt holds a thread for a second; a shard waits for it no longer.
#[test]
fn the_other_shards_go_on() {
    let poll = |order| IntakePlan::Poll(PollPlan { order, ..PollPlan::every(SECOND) });
    let plain = |intake| ReaderPlan { intake, ..hand::reader(SECOND) };
    let readers = [
        plain(poll(PollOrder::SideBySide)),
        ReaderPlan { threads: Some(1), ..plain(poll(PollOrder::SideBySide)) },
        plain(poll(PollOrder::InTurn)),
        ReaderPlan { read_ahead: 2, ..plain(poll(PollOrder::SideBySide)) },
        ReaderPlan {
            read_ahead: 2,
            threads: Some(1),
            per_call: Span::from_ms(50),
            ..plain(poll(PollOrder::SideBySide))
        },
        pushed(),
        ReaderPlan { threads: Some(1), per_record: Span::from_ms(10), ..pushed() },
    ];
    for (number, reader) in readers.into_iter().enumerate() {
        let mut plan = plan(60, reader, vec![poison(10_000, 40_000, None)]);
        plan.streams[0].shard_count = 2;
        let keys: Vec<String> = (0..20).map(|k| format!("k{k}")).collect();
        let rows = (0..600).map(|k| TraceRow { at: at_ms(100 * k), key: k as u32 % 20, bytes: 96 });
        plan.producers = vec![replay::replayed(rows.collect(), keys)];
        let played = log(&plan);
        let shard = played.failed[0].1.shard;
        assert!(played.failed.iter().all(|(_, it)| it.shard == shard), "reader {number}");
        // An attempt a second where it has a thread of its own, else one in two or more.
        assert!((10..=30).contains(&played.failed.len()), "{number}: {}", played.failed.len());
        let within = |it: &&(Instant, Instant)| {
            (at_ms(15_000)..at_ms(35_000)).contains(&it.0) && it.1 < at_ms(40_000)
        };
        let passed = played.done.iter().filter(within).count();
        // Half of 200 or so: the keys' part of the other shard, to a record.
        assert!((40..=160).contains(&passed), "reader {number}: {passed}");
        // With the shard named it is the same.
        plan.faults = vec![poison(10_000, 40_000, Some(shard))];
        let named = log(&plan);
        assert_eq!(named.failed, played.failed, "reader {number}");
        let (scenario, outcome) = outcome(plan);
        let ledger = outcome.consumers[0].ledger;
        assert_eq!(ledger.stored, ledger.delivered + ledger.waiting + ledger.in_hand);
        let (_, found) = blocked(&scenario, &outcome).expect("K802");
        assert_eq!(found.attempts, played.failed.len() as u64);
    }
}

fn written(more: &str) -> Scenario {
    written_in("exact", more)
}

fn written_in(resolution: &str, more: &str) -> Scenario {
    scenario(&format!(
        "scenario.resolution = \"{resolution}\"\nscenario.duration = \"5 min\"\n\
         scenario.interval = \"1 s\"\nstream.shard_count = 4\n[[producer]]\nrate = \"400/s\"\n\
         record_size = \"1 KiB\"\n[[reader]]\nname = \"fraud\"\n[[fault]]\nat = \"1 min\"\n\
         for = \"1 min\"\nkind = \"poison-record\"\ntarget = \"reader.fraud\"\n{more}"
    ))
}

/// What a user sees: K802, `events.csv`, `consumers.csv`, the metric, and when it is current.
#[test]
fn a_blocked_shard_is_told_everywhere() {
    let scenario = written("shard = 2\n[slo]\nreader.fraud.failed_attempts = \"== 0\"\n");
    let outcome = play(&scenario, None, false);
    let (reader, found) = blocked(&scenario, &outcome).expect("K802");
    assert_eq!((reader.as_str(), found.shard.as_str()), ("fraud", "shardId-000000000002"));
    assert!((60.0..=61.0).contains(&found.from_s) && (59.0..=61.0).contains(&found.blocked_s));
    assert!(found.is_over && (59..=61).contains(&found.attempts), "{found:?}");
    // A quarter of 400/s for a minute, and what other shards have between two calls.
    assert!((5_500..7_500).contains(&found.waiting_most), "{found:?}");
    let events = text_of(&events::write(&scenario, &outcome));
    let row =
        "60,fault_begins,reader.fraud,\"poison-record for 1 min, blocks shardId-000000000002\"";
    assert!(events.contains(row), "{events}");
    assert!(events.contains("120,fault_ends,reader.fraud,poison-record"), "{events}");
    assert!(events.contains("after the end of the poison-record"), "{events}");
    let consumers = text_of(&consumers::write(&scenario, &outcome));
    let failed =
        consumers.lines().skip(1).filter_map(|row| row.rsplit(',').next()?.parse::<u64>().ok());
    assert_eq!(failed.sum::<u64>(), found.attempts);
    let verdict = &kinesim::experiment::objective::judge(&scenario, &outcome)[0];
    assert_eq!((verdict.met, verdict.measured), (false, Some(found.attempts as f64)));
    // The call behind it brings some 6 MiB, for which the shard refuses three seconds of others.
    let back = catch_ups(&scenario, &outcome, 0)[0].time.expect("current again");
    assert!((Span::from_s(3)..=Span::from_s(6)).contains(&back), "{back}");
    let told = kinesim::report::explanation::explain(
        &scenario,
        &find(&scenario, &outcome).into_iter().find(|it| it.evidence.code() == "K802").unwrap(),
    );
    assert!(told.text.starts_with("shardId-000000000002 was blocked for 1 min"), "{}", told.text);
    assert!(told.text.contains("dead-letter"), "{}", told.text);
}

/// A fault that outlasts the run, and one that no batch meets.
#[test]
fn a_shard_can_be_blocked_to_the_end_or_never() {
    let mut open = written("");
    open.plan.faults[0].until = Instant::from_s(1_000);
    let outcome = play(&open, None, false);
    let (_, found) = blocked(&open, &outcome).expect("K802");
    assert!(!found.is_over && (found.from_s + found.blocked_s - 300.0).abs() < 1e-9, "{found:?}");
    let mut idle = written("");
    idle.plan.faults[0].from = Instant::from_s(299);
    let FaultKind::PoisonRecord { reader, .. } = idle.plan.faults[0].kind else { panic!("poison") };
    idle.plan.readers[reader].starts = Instant::from_s(400);
    let outcome = play(&idle, None, false);
    assert!(blocked(&idle, &outcome).is_none());
    let events = text_of(&events::write(&idle, &outcome));
    assert!(events.contains("no batch failed"), "{events}");
}

/// In quanta the same shard is blocked for as long, and as much waits behind.
#[test]
fn quanta_block_the_same_shard() {
    for shard in ["", "shard = 1\n"] {
        let mut found = Vec::new();
        for resolution in ["exact", "200 ms"] {
            let scenario = written_in(resolution, shard);
            let outcome = play(&scenario, None, false);
            assert_eq!(outcome.streams[0].quantum.is_some(), resolution != "exact");
            found.push(blocked(&scenario, &outcome).expect("K802").1);
        }
        assert_eq!(found[0].shard, found[1].shard);
        assert_eq!(found[0].attempts, found[1].attempts);
        assert!((found[0].from_s - found[1].from_s).abs() < 1e-9, "{found:?}");
        let waiting = found[0].waiting_most as f64 / found[1].waiting_most as f64;
        assert!((waiting - 1.0).abs() < 0.05, "{found:?}");
    }
}
