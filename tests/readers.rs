//! Readers against what AWS documents of them, and against closed forms.

#[path = "support/hand.rs"]
mod hand;
#[path = "support/play.rs"]
mod play;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/text.rs"]
mod text;

use kinesim::engine::{self, Probe};
use kinesim::experiment::outcome::{ConsumerOutcome, Outcome, ReadLedger};
use kinesim::model::observation::{Observation, Positioning, Read};
use kinesim::model::plan::{
    FanOutPlan, InitialPlan, IntakePlan, Plan, PollOrder, PollPlan, ReaderPlan, StartingPosition,
    TraceRow,
};
use kinesim::model::registration::registrations;
use kinesim::model::retry::RetryProfile;
use kinesim::model::world::World;
use kinesim::report::table::events;
use kinesim::scenario::Scenario;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

use crate::play::play;
use crate::replay::replayed;
use crate::text::scenario;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

fn ms(n: u64) -> Span {
    Span::from_ms(n)
}

fn at_ms(n: u64) -> Instant {
    Instant::ZERO + ms(n)
}

/// One shard that takes anything, records at these moments [ms] of `bytes`, and these readers.
fn plan(seconds: u64, moments: &[u64], bytes: u32, readers: Vec<ReaderPlan>) -> Plan {
    let row = |&at: &u64| TraceRow { at: at_ms(at), key: 0, bytes: bytes - 1 };
    let rows = moments.iter().map(row).collect();
    let producer = replayed(rows, vec!["k".to_owned()]);
    hand::plan(Span::from_s(seconds), hand::stream(1, 1 << 20), vec![producer], readers)
}

fn played(plan: Plan) -> Outcome {
    let any = "[stream]\nshard_count = 1\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 B\"\n";
    play(&Scenario { plan, interval: Span::from_s(1), ..scenario(any) }, None, false)
}

fn polling(poll: PollPlan) -> ReaderPlan {
    ReaderPlan { intake: IntakePlan::Poll(poll), ..hand::reader(Span::from_s(1)) }
}

/// The constants of enhanced fan-out that scenarios have by default.
const FAN_OUT: FanOutPlan = FanOutPlan {
    bytes_per_s: 2 * MIB,
    pace: Span::from_ms(20),
    delay: Span::from_ms(70),
    lifetime: Span::from_s(300),
    renewal: Span::from_ms(100),
    registration: Span::ZERO,
};

fn pushed(fan_out: FanOutPlan) -> ReaderPlan {
    let reader = hand::reader(Span::from_s(1));
    ReaderPlan { intake: IntakePlan::FanOut(fan_out), read_ahead: 4, ..reader }
}

/// What readers do, as it is stated.
#[derive(Default)]
struct Log {
    reads: Vec<(Instant, Read)>,
    refused: Vec<Instant>,
    events: Vec<(Instant, Read)>,
    positioned: Vec<(Instant, Positioning)>,
}

impl Probe<Observation> for Log {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Read(read) => self.reads.push((at, read)),
            Observation::ReadRefused { .. } => self.refused.push(at),
            Observation::Event(event) => self.events.push((at, event)),
            Observation::Positioned { by, .. } => self.positioned.push((at, by)),
            _ => {}
        }
    }
}

fn log(plan: &Plan) -> Log {
    let (mut world, mut agenda) = World::new(plan, 0, Span::from_s(1));
    let mut log = Log::default();
    engine::run(&mut world, &mut agenda, Instant::ZERO + plan.duration, &mut log);
    log
}

/// Pollers of one shard that store next to nothing, from a scenario's text.
fn pollers(readers: &str, seconds: u64) -> Outcome {
    let text = format!(
        "[scenario]\nduration = \"{seconds} s\"\n[stream]\nshard_count = 1\n[[producer]]\n\
         rate = \"20/s\"\nrecord_size = \"100 B\"\n{readers}"
    );
    play(&scenario(&text), None, false)
}

fn poller(every: &str, more: &str) -> String {
    format!("[[reader]]\nget_records = {{ every = \"{every}\"{more} }}\n")
}

// Pollers that share a shard.

/// Alone, a poller at 200 ms is answered every time (KDS-R01); two more than a shard answers are
/// refused by as much: five calls a second and what the bucket held at first.
#[test]
fn five_pollers_of_a_fifth_of_a_second_get_five_calls_a_second_between_them() {
    let alone = pollers(&poller("200 ms", ""), 600);
    let reader = &alone.consumers[0];
    assert_eq!((reader.calls, reader.throttled_calls), (3_000, 0));
    for count in [2, 3, 5] {
        let outcome = pollers(&poller("200 ms", "").repeat(count), 600);
        let answered: u64 = outcome.consumers.iter().map(|it| it.calls).sum();
        assert!((2_700..=3_005).contains(&answered), "{count}: {answered}");
        // Nobody goes without: each gets at least two thirds of an even part.
        for reader in &outcome.consumers {
            assert!(reader.throttled_calls > 0);
            assert!(reader.calls * count as u64 * 3 > answered * 2, "{count}: {}", reader.calls);
        }
    }
}

/// The bucket refills as fast as the first poller empties it: on exact clocks a second one gets
/// what was there at first, and nothing ever after. Clocks that drift share.
#[test]
fn a_poller_on_an_exact_clock_keeps_the_others_out_and_jitter_lets_them_in() {
    let exact = ", jitter = \"0 s\"";
    let two = |jitter: &str| pollers(&(poller("200 ms", jitter) + &poller("1 s", jitter)), 600);
    let locked = two(exact);
    assert_eq!(locked.consumers[0].throttled_calls, 0);
    assert!(locked.consumers[1].calls <= 5, "{}", locked.consumers[1].calls);
    let shared = two("");
    assert!(shared.consumers[1].calls > 300, "{}", shared.consumers[1].calls);
    assert!(shared.consumers[0].calls > 1_500, "{}", shared.consumers[0].calls);
}

/// KDS-R01, KDS-R02, KDS-R20: 0.8 MiB/s on one shard, and pollers that ask once a second. Two are
/// within 5 calls and 2 MiB/s, are never refused and wait half a second. Three ask for 2.4 MiB/s
/// and five for 4: they get 2 together, and fall behind by what is left. Five are still within
/// the calls. Enhanced fan-out does not care (KDS-R19, KDS-R26).
#[test]
fn two_pollers_of_a_shard_fit_and_three_or_five_share_its_bytes() {
    const SECONDS: u64 = 180;
    let run = |count: usize| {
        let readers = poller("1 s", "").repeat(count);
        let text = format!(
            "model.write.rounding = \"none\"\n[scenario]\nduration = \"{SECONDS} s\"\n\
             [stream]\nshard_count = 1\n[[producer]]\n\
             rate = {{ constant = \"800/s\", arrivals = \"even\" }}\n\
             record_size = \"1048 B\"\npartition_key = \"k\"\n{readers}[[reader]]\n\
             name = \"pushed\"\nenhanced_fan_out = true\n"
        );
        play(&scenario(&text), None, false)
    };
    for count in [2, 3, 5] {
        let outcome = run(count);
        let (pollers, pushed) = outcome.consumers.split_at(count);
        let sum = |of: fn(&ConsumerOutcome) -> u64| pollers.iter().map(of).sum::<u64>();
        let reads = outcome.timeline.iter().flat_map(|flow| &flow.reads[..count]);
        let bytes = reads.map(|read| read.bytes).sum::<u64>() as f64;
        let asked = (count as u64 * 800 * 1_049 * SECONDS) as f64;
        let given = (2 * MIB * SECONDS) as f64;
        let mean = |reader: &ConsumerOutcome| reader.latency.mean().unwrap() / 1e9;
        let waited = pollers.iter().map(mean).sum::<f64>() / count as f64;
        if count == 2 {
            assert_eq!(sum(|it| it.throttled_calls), 0);
            assert!(bytes <= asked && bytes > 0.99 * asked, "{bytes} of {asked}");
            assert!((waited - 0.5).abs() < 0.02, "{waited}");
        } else {
            assert!(sum(|it| it.throttled_calls) > 0, "{count}");
            // What the bucket holds at first, and the debt of the last answer.
            let most = given + (12 * MIB) as f64;
            assert!(bytes <= most && bytes > 0.97 * given, "{count}: {bytes} of {given}");
            // What is left is what they are behind by, all together: 90 s and 450 s.
            let behind_s = sum(|it| it.ledger.waiting) as f64 / 800.0;
            let left_s = (asked - given) / (800.0 * 1_049.0);
            assert!((behind_s - left_s).abs() < 16.0, "{count}: {behind_s} {left_s}");
        }
        assert!(sum(|it| it.calls) <= 5 * (SECONDS + 1), "{count}");
        assert_eq!(pushed[0].throttled_calls, 0);
        assert!((mean(&pushed[0]) - 0.08).abs() < 0.005, "{count}: {}", mean(&pushed[0]));
    }
}

/// KDS-R20: arrivals at any time wait half a polling interval on average, n x 100 ms where n
/// pollers of n x 200 ms share a shard.
#[test]
fn pollers_wait_half_an_interval() {
    for n in [1, 2, 5] {
        let outcome =
            pollers(&poller(&format!("{} ms", 200 * n), ", jitter = \"0 s\"").repeat(n), 600);
        for reader in &outcome.consumers {
            let mean = reader.latency.mean().unwrap() / 1e6;
            let wanted = 100.0 * n as f64;
            assert!((mean / wanted - 1.0).abs() < 0.03, "{n}: {mean} ms, {wanted} ms");
            assert_eq!(reader.throttled_calls, 0);
        }
    }
}

/// SDK-26, worked out from SDK-11: after a refusal the Java client calls again in 0.25 to 0.5 s,
/// 0.5 to 1 s and 1 to 2 s; then the reader pauses for a second (KDS-R06). An answer of 10 MiB
/// makes the next 5 s refusals (KDS-R05).
#[test]
fn a_client_retries_as_its_sdk_does_and_then_the_reader_waits() {
    let retry = RetryProfile::Java2Legacy.plan();
    let mut retried =
        plan(30, &[], 1, vec![polling(PollPlan { retry, ..PollPlan::every(ms(200)) })]);
    retried.streams[0].initial =
        Some(InitialPlan { records: 40, bytes_each: Bytes(MIB), age: Span::from_s(1) });
    let log = log(&retried);
    let first = log.reads[0].0;
    assert_eq!((log.reads[0].1.records, log.reads[0].1.bytes), (10, 10 * MIB));
    let refused: Vec<Instant> =
        log.refused.iter().copied().filter(|&at| at < log.reads[1].0).collect();
    let gaps: Vec<u64> = [first]
        .iter()
        .chain(&refused)
        .chain(&[log.reads[1].0])
        .copied()
        .collect::<Vec<_>>()
        .windows(2)
        .map(|pair| pair[1].since(pair[0]).as_ns() / 1_000_000)
        .collect();
    let ranges = [(200, 200), (250, 500), (500, 1_000), (1_000, 2_000), (1_000, 1_000)];
    for (gap, (low, high)) in gaps.iter().zip(ranges) {
        assert!((low..=high).contains(gap), "{gaps:?}");
    }
    // Refused until 5 s have passed, and answered by the first call after that.
    let last = refused.last().unwrap().since(first);
    assert!(last <= Span::from_s(5) && log.reads[1].0.since(first) > Span::from_s(5));
}

// Places in a shard.

/// KDS-R14: records from a moment on, that moment's included; before the run is the horizon.
#[test]
fn a_reader_begins_where_its_iterator_says() {
    let moments: Vec<u64> = (0..20).map(|k| k * 500).collect();
    let begin = |start, starts| {
        let reader = hand::reader(Span::from_s(1));
        let reader = ReaderPlan { start, starts: at_ms(starts), ..reader };
        let outcome = played(plan(20, &moments, 10, vec![reader]));
        let ReadLedger { delivered, before_start, .. } = outcome.consumers[0].ledger;
        assert_eq!(delivered + before_start, 20);
        delivered
    };
    // Stored at 0, 0.5, ... 9.5 s.
    assert_eq!(begin(StartingPosition::TrimHorizon, 12_000), 20);
    assert_eq!(begin(StartingPosition::Latest, 12_000), 0);
    assert_eq!(begin(StartingPosition::AtTimestamp(at_ms(4_500)), 12_000), 11);
    assert_eq!(begin(StartingPosition::AtTimestamp(at_ms(4_501)), 12_000), 10);
    assert_eq!(begin(StartingPosition::AtTimestamp(Instant::ZERO), 12_000), 20);
    // The first call comes within a second of 5 s: two records at most are stored in between.
    assert!((8..=10).contains(&begin(StartingPosition::Latest, 5_000)));
}

/// What is past retention when a reader begins lies before its horizon; it has lost nothing.
#[test]
fn the_horizon_moves_while_nobody_reads() {
    let moments: Vec<u64> = (0..100).map(|k| k * 1_000).collect();
    let late = ReaderPlan { starts: at_ms(90_500), ..hand::reader(ms(1)) };
    let mut late = plan(100, &moments, 10, vec![late]);
    late.streams[0].retention = Span::from_s(30);
    let ledger = played(late).consumers[0].ledger;
    // At 90.5 s, those of 61 s and later are kept.
    assert_eq!((ledger.before_start, ledger.expired, ledger.delivered), (61, 0, 39));
}

/// KDS-R12: an iterator lives for five minutes. A reader that calls every six finds it expired each
/// time; one that calls every five does not.
#[test]
fn iterators_expire_after_five_minutes() {
    for (minutes, expired) in [(5, 0), (6, 9)] {
        let mut reader = hand::reader(Span::from_s(60 * minutes));
        reader.starts = Instant::ZERO;
        let outcome = played(plan(3_600, &[0], 10, vec![reader]));
        let reader = &outcome.consumers[0];
        assert_eq!(reader.calls, 60 / minutes);
        let positioning = reader.positioning;
        assert_eq!(positioning.iterators_expired, expired, "{minutes} min");
        assert_eq!(positioning.iterators, 1 + expired);
    }
    // Held by processing just as well: 1,000 records of 400 ms are 400 s.
    let slow = ReaderPlan {
        per_record: ms(400),
        ..polling(PollPlan { limit: 1_000, ..PollPlan::every(ms(200)) })
    };
    let at_once: Vec<u64> = std::iter::repeat_n(0, 3_000).collect();
    let slow = played(plan(1_000, &at_once, 10, vec![slow]));
    assert_eq!(slow.consumers[0].positioning.iterators_expired, 2);
}

/// KDS-R11: five iterators a second and shard. Of eight readers that begin at once three are
/// refused, and have one a second later.
#[test]
fn iterators_are_handed_out_five_a_second() {
    let reader = |i: u32| ReaderPlan { name: format!("reader-{i}"), ..hand::reader(ms(1_000)) };
    let mut many: Vec<ReaderPlan> = (0..8).map(reader).collect();
    for reader in &mut many {
        // Phases are drawn within `every`: as good as none.
        reader.intake = IntakePlan::Poll(PollPlan::every(Span::from_ns(1)));
    }
    let log = log(&plan(0, &[], 1, many.clone()));
    assert!(log.positioned.is_empty());
    let mut short = plan(1, &[], 1, many);
    short.duration = ms(1);
    let log = self::log(&short);
    let count = |what| log.positioned.iter().filter(|(_, by)| *by == what).count();
    assert_eq!((count(Positioning::Iterator), count(Positioning::IteratorRefused)), (5, 3));
}

/// KDS-R15: zero at the tip, else how far behind the answer ends; never negative.
#[test]
fn an_answer_says_how_far_behind_it_is() {
    let slow = polling(PollPlan { limit: 10, ..PollPlan::every(Span::from_s(1)) });
    let log = log(&plan(20, &[0; 95], 10, vec![slow]));
    let behind: Vec<Span> = log.reads.iter().map(|(_, read)| read.behind).collect();
    for (k, (at, read)) in log.reads.iter().enumerate() {
        let waits = k < 9;
        assert_eq!(read.behind, if waits { at.since(Instant::ZERO) } else { Span::ZERO });
    }
    assert!(behind.len() >= 19);
}

// Records from before the run.

/// KDS-F15: after an outage D at write rate w a poller, which can read twice what is written
/// (KDS-R35), is current after D w / (2 - w).
///
/// The outage's records stand in the stream when the run begins. 4 KiB records, 110 a call: far
/// below 2 MiB a call, so that the limit is used evenly; the first 2 MiB come at once.
#[test]
fn an_outage_is_worked_off_as_the_closed_form_says() {
    for (w, d) in [(0.25, 600_u64), (0.5, 600), (0.9, 300)] {
        let per_s = w * 256.0;
        let text = format!(
            "[scenario]\nduration = \"1200 s\"\ninterval = \"1 s\"\n[stream]\nshard_count = 1\n\
             [stream.initial_backlog]\nage = \"{d} s\"\nrate = \"{per_s}/s\"\n\
             record_size = \"4 KiB\"\n\
             [[producer]]\nrate = {{ constant = \"{per_s}/s\", arrivals = \"even\" }}\n\
             record_size = \"4088 B\"\npartition_key = \"one-key!\"\n\
             [[reader]]\nget_records = {{ every = \"200 ms\", limit = 110 }}\n"
        );
        let outcome = play(&scenario(&text), None, false);
        let ledger = outcome.consumers[0].ledger;
        assert_eq!(ledger.initial, (per_s * d as f64).round() as u64);
        let rows = outcome.timeline.iter();
        let mut late = rows.filter(|row| row.reads[0].backlog_age > ms(1_200));
        let current = late.next_back().unwrap().start.as_s() + 1.0;
        let wanted = (w * d as f64 - 2.0) / (2.0 - w);
        assert!((current - wanted).abs() < 4.0, "{w} MiB/s: {current} s, {wanted} s");
        // The books: what was there and what came is what was read and what waits.
        assert_eq!(outcome.write.offered_records, ledger.stored);
        let known = ledger.delivered + ledger.waiting + ledger.in_hand;
        assert_eq!(ledger.initial + ledger.stored, known);
        // The oldest was d old when it was read; the last of that answer up to 110 / 64 s younger.
        let oldest = outcome.consumers[0].iterator_age.max() as f64 / 1e9;
        assert!((oldest - d as f64).abs() < 2.0, "{oldest}");
    }
}

/// KDS-R05: an answer of 10 MiB is followed by 5 s of refusals, so a backlog of large records comes
/// in at 10 MiB in 5 s and the step of the next call, 5.2 s.
#[test]
fn a_backlog_of_large_records_comes_in_answers_of_ten_mebibytes() {
    let mut plan = plan(60, &[], 1, vec![hand::reader(ms(200))]);
    plan.streams[0].initial =
        Some(InitialPlan { records: 1_000, bytes_each: Bytes(MIB), age: Span::from_s(3_600) });
    if let IntakePlan::Poll(poll) = &mut plan.readers[0].intake {
        // Refusals wait for a second: these find the first moment at which a call is answered.
        poll.retry = RetryProfile::Sdk2026.plan();
        poll.retry.max_attempts = 10_000;
        poll.retry.throttled.base = ms(10);
        poll.retry.throttled.max = ms(10);
        poll.retry.quota = None;
    }
    let log = log(&plan);
    let gaps = log.reads.windows(2).map(|pair| pair[1].0.since(pair[0].0));
    let gaps: Vec<Span> = gaps.collect();
    assert_eq!(gaps.len(), 11);
    for gap in gaps {
        assert!(gap > Span::from_s(5) && gap <= Span::from_s(5) + ms(10), "{gap}");
    }
    assert!(log.reads.iter().all(|(_, read)| read.bytes == 10 * MIB));
}

/// Records that age out before they are read are lost, the oldest first.
#[test]
fn old_records_expire_while_they_wait() {
    let mut reader = hand::reader(Span::from_s(1));
    reader.per_call = Span::from_s(100);
    let mut plan = plan(60, &[], 1, vec![ReaderPlan { starts: at_ms(0), ..reader }]);
    plan.streams[0].retention = Span::from_s(100);
    plan.streams[0].initial =
        Some(InitialPlan { records: 20_000, bytes_each: Bytes(KIB), age: Span::from_s(100) });
    let outcome = played(plan);
    let (ledger, first) = (outcome.consumers[0].ledger, outcome.consumers[0].first_expired);
    // One answer of 10 MiB at first, less than a second into the run; those behind it are 48.8 s
    // old and younger, and never reach 100 s but for the oldest.
    assert_eq!(ledger.in_hand, 10_000);
    assert!(ledger.expired > 0 && ledger.expired + ledger.before_start + ledger.waiting == 10_000);
    assert!(first.is_some());
    // 200/s age out after 50 s, for the last 10 s.
    assert!(ledger.expired.abs_diff(2_000) <= 200, "{ledger:?}");
}

// Enhanced fan-out.

/// KDS-R19, KDS-R33: a record that comes alone is handed over after the delay; one that comes
/// sooner than the pace after another, at most a pace later.
#[test]
fn events_take_their_delay_and_at_most_a_pace_more() {
    let alone: Vec<u64> = (0..100).map(|k| 37 + k * 411).collect();
    let outcome = played(plan(60, &alone, 10, vec![pushed(FAN_OUT)]));
    let reader = &outcome.consumers[0];
    assert_eq!((reader.ledger.delivered, reader.events), (100, 100));
    assert_eq!(reader.latency.mean(), Some(70e6));
    let dense: Vec<u64> = (0..20_000).collect();
    let outcome = played(plan(30, &dense, 10, vec![pushed(FAN_OUT)]));
    let reader = &outcome.consumers[0];
    let (mean, most) = (reader.latency.mean().unwrap() / 1e6, reader.latency.max());
    // A record a millisecond, an event every 20 ms: the waits are 0 to 19 ms.
    assert!((mean - 79.5).abs() < 0.2, "{mean}");
    assert_eq!((reader.events, most), (1_000 + 1, 89_000_000));
    assert_eq!((reader.calls, reader.throttled_calls), (0, 0));
}

/// KDS-R26: 2 MiB a second for each consumer and shard, whatever is written.
#[test]
fn a_pipe_carries_two_mebibytes_a_second() {
    // 3 MiB a second for 60 s.
    let moments: Vec<u64> = (0..60 * 96).map(|k| k * 1_000 / 96).collect();
    let outcome = played(plan(60, &moments, 32 * KIB as u32, vec![pushed(FAN_OUT)]));
    let bytes: u64 = outcome.timeline.iter().map(|flow| flow.reads[0].bytes).sum();
    let most = 2.0 * 60.0 * MIB as f64;
    let part = bytes as f64 / most;
    assert!(part > 0.97 && part <= 1.02, "{part}");
    // One record larger than a second of the pipe still passes, and takes as long as it must.
    let large = log(&plan(20, &[0, 1], 6 * MIB as u32, vec![pushed(FAN_OUT)]));
    let events: Vec<Span> = large.events.iter().map(|(at, _)| at.since(Instant::ZERO)).collect();
    assert_eq!(events, [ms(70), ms(3_070)]);
}

/// Pipes are each consumer's own: what any number of pollers do changes nothing.
#[test]
fn pollers_do_not_slow_enhanced_fan_out() {
    let with = |pollers: usize| {
        let name = "name = \"pushed\"\nenhanced_fan_out = true\n";
        let readers = format!("[[reader]]\n{name}{}", poller("200 ms", "").repeat(pollers));
        self::pollers(&readers, 120)
    };
    let (alone, crowded) = (with(0), with(5));
    let (a, b): (&ConsumerOutcome, _) = (&alone.consumers[0], &crowded.consumers[0]);
    assert_eq!((&a.latency, a.ledger, a.events), (&b.latency, b.ledger, b.events));
    assert!(crowded.consumers[1].throttled_calls > 0);
    // Delay, pace, and the gap of a renewal.
    assert!(b.latency.max() <= 190_000_000);
}

/// KDS-R29: a subscription lives for five minutes; the next one begins a moment later, and what
/// comes in between waits. Subscriptions to one shard are minutes apart (KDS-R30, KDS-R31).
#[test]
fn subscriptions_are_renewed_every_five_minutes() {
    let moments: Vec<u64> = (0..36_000).map(|k| k * 100).collect();
    let plan = plan(3_600, &moments, 10, vec![pushed(FAN_OUT)]);
    let log = log(&plan);
    let opened: Vec<Instant> = log.positioned.iter().map(|(at, _)| *at).collect();
    // 3,600 s less the part of the first, by 300.1 s each.
    assert!((12..=13).contains(&opened.len()), "{opened:?}");
    for pair in opened[1..].windows(2) {
        let apart = pair[1].since(pair[0]);
        assert!(apart.as_s() > 299.9 && apart.as_s() < 300.3, "{apart}");
    }
    let late = log.events.iter().filter(|(_, event)| event.behind > Span::ZERO).count();
    // One record comes in each gap; the next one may meet the pace after it.
    assert!((opened.len() - 1..=2 * opened.len()).contains(&late), "{late}");
    let most = log.events.iter().map(|(_, event)| event.behind).max().unwrap();
    assert!(most <= ms(100), "{most}");
}

/// A slow consumer is pushed no more than it has places for: events become fewer and larger, and
/// nothing is lost or processed sooner.
#[test]
fn a_slow_consumer_holds_its_pipe_back() {
    let moments: Vec<u64> = (0..60_000).collect();
    let slow = ReaderPlan { per_record: ms(2), ..pushed(FAN_OUT) };
    let outcome = played(plan(60, &moments, 10, vec![slow]));
    let reader = &outcome.consumers[0];
    // 500 of 1,000 records a second.
    let ReadLedger { delivered, waiting, in_hand, .. } = reader.ledger;
    assert!(delivered <= 30_000 && delivered + waiting + in_hand == 60_000, "{:?}", reader.ledger);
    // The event in work counts when it is done; at the pace there would be 3,000.
    assert!(reader.events < 300, "{}", reader.events);
}

/// Where nothing is written an hour of ten subscriptions wakes somebody as often as an event takes
/// to arrive, not fifty times a second each.
#[test]
fn idle_subscriptions_hardly_wake() {
    let mut idle = plan(3_600, &[0], 10, vec![pushed(FAN_OUT)]);
    idle.streams[0].shard_count = 10;
    let (mut world, mut agenda) = World::new(&idle, 0, Span::from_s(3_600));
    let wakes = engine::run(&mut world, &mut agenda, Instant::from_s(3_600), &mut ());
    assert!(wakes < 3_600 * 1_000 / 70 + 20, "{wakes}");
}

// Order of work.

/// One loop over four shards: a round takes four times an answer's time, whatever `every` says.
#[test]
fn in_turn_each_shard_waits_for_the_others() {
    let poll = PollPlan { order: PollOrder::InTurn, ..PollPlan::every(ms(200)) };
    let reader = ReaderPlan { per_call: ms(100), ..polling(poll) };
    let mut in_turn = plan(60, &[], 1, vec![reader]);
    in_turn.streams[0].shard_count = 4;
    let log = log(&in_turn);
    // 10 calls a second in all; each begins when the last is done, the shards in order.
    assert!(log.reads.len().abs_diff(600) <= 4, "{}", log.reads.len());
    for (k, pair) in log.reads.windows(2).enumerate() {
        assert_eq!(pair[1].0.since(pair[0].0), ms(100));
        assert_eq!(pair[0].1.shard as usize, k % 4);
    }
    // With time to spare, rounds are `every` apart.
    if let IntakePlan::Poll(poll) = &mut in_turn.readers[0].intake {
        poll.every = Span::from_s(1);
    }
    let log = self::log(&in_turn);
    let rounds: Vec<Instant> =
        log.reads.iter().filter(|(_, read)| read.shard == 0).map(|(at, _)| *at).collect();
    assert!(rounds.windows(2).all(|pair| pair[1].since(pair[0]) == Span::from_s(1)));
}

/// Twenty records at once, 90 ms each, five a call: processed as they come, the calls are 450 ms
/// apart; read ahead, 200 ms. All are done before the next twenty either way.
#[test]
fn reading_ahead_hands_over_sooner_and_processes_as_fast() {
    let moments: Vec<u64> = (0..600).map(|k| k / 20 * 2_000).collect();
    let run = |read_ahead| {
        let reader = polling(PollPlan { limit: 5, ..PollPlan::every(ms(200)) });
        let reader = ReaderPlan { read_ahead, per_record: ms(90), ..reader };
        let mut outcome = played(plan(62, &moments, 10, vec![reader]));
        assert_eq!(outcome.consumers[0].ledger.delivered, 600);
        outcome.consumers.remove(0)
    };
    let (plain, ahead) = (run(0), run(3));
    let mean = |reader: &ConsumerOutcome| reader.iterator_age.mean().unwrap() / 1e6;
    // On top of the wait for the first call, the same for both: 0, 450, 900, 1,350 against 0, 200,
    // 400, 600. A phase that meets the end of the work can cost a call.
    let gain = mean(&plain) - mean(&ahead);
    assert!((gain - 375.0).abs() < 60.0, "{} {}", mean(&plain), mean(&ahead));
    // One place less, and the third and fourth answer wait for one.
    assert!(mean(&run(1)) > mean(&ahead));
}

// Registration.

/// KDS-R32: of seven consumers that are asked for at once and take 3 s, five are CREATING, and two
/// ask again every second until those are ACTIVE. One that starts at 5 s finds room. What takes a
/// tenth of a second is held by the five calls a second: the two others ask a second later.
#[test]
fn an_account_creates_five_consumers_at_once() {
    let run = |registration: Span| {
        let reader = |k: u64| ReaderPlan {
            name: format!("pushed-{k}"),
            starts: if k < 8 { Instant::ZERO } else { at_ms(5_000) },
            ..pushed(FanOutPlan { registration, ..FAN_OUT })
        };
        let moments: Vec<u64> = (0..20).map(|k| k * 500).collect();
        plan(10, &moments, 10, (1..=8).map(reader).collect())
    };
    for (takes, late) in [(3_000, 3_000), (100, 1_000)] {
        let plan = run(ms(takes));
        let mut wanted: Vec<(usize, u64, Instant)> =
            (0..5).map(|reader| (reader, 0, at_ms(takes))).collect();
        wanted.extend([5, 6].map(|reader| (reader, late / 1_000, at_ms(late + takes))));
        wanted.push((7, 0, at_ms(5_000 + takes)));
        let made = registrations(&plan);
        let told: Vec<_> = made.iter().map(|it| (it.reader, it.refused, it.active)).collect();
        assert_eq!(told, wanted);
        // They subscribe when they are ACTIVE, and read from the beginning.
        let mut subscribed = log(&plan).positioned;
        subscribed.sort_unstable_by_key(|it| it.0);
        let moments: Vec<Instant> = subscribed.iter().map(|it| it.0).collect();
        assert_eq!(moments, wanted.iter().map(|it| it.2).collect::<Vec<_>>());
        let any =
            "[stream]\nshard_count = 1\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 B\"\n";
        let scenario = Scenario { plan, interval: Span::from_s(1), ..scenario(any) };
        let outcome = play(&scenario, None, false);
        assert!(outcome.consumers.iter().all(|it| it.ledger.before_start == 0));
        let events = String::from_utf8(events::write(&scenario, &outcome)).unwrap();
        let refused =
            format!("LimitExceededException, {}", if takes == 100 { "1 call" } else { "3 calls" });
        assert_eq!(events.matches(&refused).count(), 2, "{events}");
        assert_eq!(events.matches("consumer_active").count(), 8, "{events}");
    }
    // Before the run nobody has to wait.
    assert_eq!(registrations(&run(Span::ZERO)), []);
}
