//! The same scenario gives the same outcome, whoever looks, and whatever else exists.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::engine::{self, ActorId, Probe};
use kinesim::experiment::fingerprint::Recorder;
use kinesim::experiment::ledger;
use kinesim::experiment::metrics::Metrics;
use kinesim::experiment::outcome::{Ended, Fingerprint, Outcome};
use kinesim::experiment::parallel;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::model::observation::{Observation, Offered, Put};
use kinesim::model::plan::Resolution;
use kinesim::model::world::World;
use kinesim::random;
use kinesim::scenario::Scenario;
use kinesim::time::{Instant, Span};

use crate::play::play;
use crate::text::scenario;

/// Two producers, retries, a hot shard, and a reader that is late.
const BUSY: &str = r#"
    [scenario]
    duration = "60 s"
    warm_up = "7 s"
    interval = "5 s"
    seed = 11
    [stream]
    shard_count = 3
    [[producer]]
    name = "web"
    instances = 3
    rate = "1500/s"
    record_size = { median = "400 B", p99 = "2 KiB" }
    partition_key = { dist = "zipf", count = 50, exponent = 1.0 }
    api = "PutRecords"
    linger = "150 ms"
    resend = { max_attempts = 4, backoff = "100 ms" }
    [[producer]]
    name = "app"
    rate = { shape = "ramp", points = [["0 s", "200/s"], ["30 s", "900/s"]] }
    record_size = { min = "10 B", max = "900 B" }
    partition_key = { dist = "uniform", count = 7 }
    retry = { max_attempts = 3, backoff = "200 ms" }
    [[reader]]
    name = "first"
    get_records = { every = "500 ms", limit = 900 }
    processing = { per_call = "20 ms", per_record = "0.9 ms" }
    threads = 2
"#;

const LATER: &str = "[[reader]]\nname = \"second\"\nstarting_position = \"LATEST\"\n";

/// An outcome in parts, so that a difference is told by name and not by a page.
fn parts(outcome: &Outcome) -> [(&'static str, String); 9] {
    [
        ("end", format!("{:?} {:?}", outcome.ended, outcome.until)),
        ("wakes", format!("{}", outcome.wakes)),
        ("writes", format!("{:?} {:?}", outcome.write, outcome.write_judged)),
        ("write latency", format!("{:?}", outcome.write_latency)),
        ("producers", format!("{:?}", outcome.producers)),
        ("streams", format!("{:?}", outcome.streams)),
        ("consumers", format!("{:?}", outcome.consumers)),
        ("losses", format!("{:?}", outcome.losses)),
        ("timeline", format!("{:?} {:?}", outcome.interval, outcome.timeline)),
    ]
}

fn assert_same(a: &Outcome, b: &Outcome) {
    for ((name, a), (_, b)) in parts(a).into_iter().zip(parts(b)) {
        let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b);
        let from = at.unwrap_or(0).saturating_sub(80);
        let near = |text: &str| text.chars().skip(from).take(160).collect::<String>();
        assert!(a == b, "{name} differ:\n{}\n{}", near(&a), near(&b));
    }
}

#[test]
fn two_runs_are_one() {
    let scenario = scenario(&format!("{BUSY}{LATER}"));
    let (a, b) = (play(&scenario, None, true), play(&scenario, None, true));
    assert_same(&a, &b);
    assert_eq!(a.fingerprint, b.fingerprint);
    assert!(a.fingerprint.is_some() && a.write.throttled > 1_000 && a.write.lost_records > 100);
}

/// In quanta as well; and what comes out is the same in every profile and on every machine.
#[test]
fn two_runs_in_quanta_are_one() {
    for (ms, kept) in [(20, QUANTA[0]), (1_000, QUANTA[1])] {
        let mut scenario = scenario(BUSY);
        scenario.plan.resolution = Resolution::Quantum(Span::from_ms(ms));
        let (a, b) = (play(&scenario, None, true), play(&scenario, None, true));
        assert_same(&a, &b);
        let print = a.fingerprint.unwrap();
        assert_eq!(Some(print), b.fingerprint);
        assert!(a.write.throttled > 1_000 && a.write.lost_records > 100);
        assert_eq!((print.observations, print.metrics), kept, "{ms} ms");
    }
}

/// What was stated, and the totals, at 20 ms and at 1 s.
const QUANTA: [(u64, u64); 2] = [
    (18_305_155_448_337_390_142, 6_961_104_367_926_145_766),
    (10_042_585_718_822_261_849, 5_816_150_202_104_658_408),
];

#[test]
fn another_seed_or_replicate_is_another_run() {
    let scenario = scenario(BUSY);
    let print = |seed, replicate| {
        let mut scenario = scenario.clone();
        scenario.plan.seed = seed;
        let on_progress = &mut |_| Continue::Yes;
        let options = Options { replicate, fingerprint: true, ..Options::new(on_progress) };
        run(&scenario, options).fingerprint.unwrap().observations
    };
    let prints = [print(11, 0), print(12, 0), print(11, 1)];
    assert!(prints[0] != prints[1] && prints[0] != prints[2] && prints[1] != prints[2]);
}

/// Runs beside one another, on as many threads as may be: each is what it is alone.
#[test]
fn threads_change_nothing() {
    let seeds: Vec<u64> = (1..=6).collect();
    let print = |&seed: &u64| {
        let mut scenario = scenario(BUSY);
        (scenario.plan.seed, scenario.plan.duration) = (seed, Span::from_s(10));
        play(&scenario, None, true).fingerprint
    };
    let alone: Vec<_> = seeds.iter().map(print).collect();
    for threads in [Some(1), Some(2), Some(8), None] {
        assert_eq!(parallel::map(threads, &seeds, print), alone);
    }
}

#[test]
fn a_fingerprint_changes_nothing() {
    let scenario = scenario(BUSY);
    assert_same(&play(&scenario, None, false), &play(&scenario, None, true));
}

#[test]
fn progress_changes_nothing_and_a_stop_leaves_what_is_finished() {
    let scenario = scenario(BUSY);
    let mut told = 0;
    let mut stop = |progress: kinesim::experiment::run::Progress| {
        told += 1;
        if progress.now >= Instant::from_s(20) { Continue::Stop } else { Continue::Yes }
    };
    let options = Options::new(&mut stop);
    let stopped = run(&scenario, options);
    assert!(told > 10 && stopped.ended == Ended::Interrupted);
    let played = play(&scenario, Some(stopped.until), false);
    assert_same(&Outcome { ended: Ended::Completed, ..stopped }, &played);
}

#[test]
fn a_shorter_run_is_the_beginning_of_a_longer_one() {
    let scenario = scenario(&format!("{BUSY}{LATER}"));
    let long = play(&scenario, None, false);
    for s in [5, 20, 35] {
        let short = play(&scenario, Some(Instant::from_s(s)), false);
        assert_eq!(short.until, Instant::from_s(s));
        assert_eq!(short.timeline.len() as u64, s / 5);
        assert_eq!(short.timeline, long.timeline[..short.timeline.len()]);
        let (of_short, of_long) = (&short.streams[0].series.flows, &long.streams[0].series.flows);
        assert_eq!(of_short[..], of_long[..of_short.len()]);
    }
    // A run that ends within an interval has that interval's beginning.
    let cut = play(&scenario, Some(Instant::from_ns(22_500_000_000)), false);
    assert_eq!(cut.timeline.len(), 5);
    assert_eq!(cut.timeline[..4], long.timeline[..4]);
}

#[test]
fn a_run_never_goes_beyond_its_duration() {
    let scenario = scenario(BUSY);
    let long = play(&scenario, None, true);
    let longer = play(&scenario, Some(Instant::from_s(3_600)), true);
    assert_same(&long, &longer);
    assert_eq!(long.fingerprint, longer.fingerprint);
    assert_eq!(longer.until, Instant::from_s(60));
}

/// What a producer offers, and what becomes of it.
#[derive(Default)]
struct Writes(Vec<(Instant, Offered)>, Vec<(Instant, Put)>);

impl Probe<Observation> for Writes {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Offered(offered) if offered.producer == 0 => self.0.push((at, offered)),
            Observation::Put(put) if put.producer == 0 => self.1.push((at, put)),
            _ => {}
        }
    }
}

fn writes(scenario: &Scenario) -> Writes {
    let mut writes = Writes::default();
    let (mut world, mut agenda) = World::new(&scenario.plan, 0, scenario.interval);
    let end = Instant::ZERO + scenario.plan.duration;
    engine::run(&mut world, &mut agenda, end, &mut writes);
    writes
}

#[test]
fn a_reader_more_changes_no_write_and_no_other_reader() {
    let (one, two) = (scenario(BUSY), scenario(&format!("{BUSY}{LATER}")));
    let (a, b) = (writes(&one), writes(&two));
    assert!(a.0.len() > 50_000);
    assert!(a.0 == b.0 && a.1 == b.1);
    // Three calls a second and 1.2 MiB/s together: the two do not meet at a limit.
    let (a, b) = (play(&one, None, false), play(&two, None, false));
    assert_eq!(b.consumers[1].throttled_calls, 0);
    assert_eq!(format!("{:?}", a.consumers[0]), format!("{:?}", b.consumers[0]));
}

#[test]
fn a_producer_more_changes_no_draw_of_the_first() {
    let other = "[[producer]]\nname = \"other\"\nrate = \"300/s\"\nrecord_size = \"200 B\"\n";
    let (a, b) = (writes(&scenario(BUSY)), writes(&scenario(&format!("{BUSY}{other}"))));
    assert!(a.0 == b.0, "the same records at the same moments");
    // Where there is room, they also fare the same.
    let wide = BUSY.replace("shard_count = 3", "shard_count = 64").replace("1500/s", "500/s");
    let wide = wide.replace("zipf", "uniform").replace(", exponent = 1.0", "");
    let (a, b) = (writes(&scenario(&wide)), writes(&scenario(&format!("{wide}{other}"))));
    assert!(a.1.iter().all(|(_, put)| put.admitted == 1) && a.1.len() > 25_000);
    assert!(a.0 == b.0 && a.1 == b.1);
}

/// The totals of a run in which the engine stops at every moment of `stops` and wakes everybody
/// there, whether anything is due or not.
fn disturbed(scenario: &Scenario, stops: &[Instant]) -> (Fingerprint, String) {
    let end = Instant::ZERO + scenario.plan.duration;
    let (mut world, mut agenda) = World::new(&scenario.plan, 0, scenario.interval);
    let metrics = Metrics::new(&scenario.plan, scenario.interval, end);
    let mut probes = (metrics, Recorder::default());
    for &stop in stops {
        engine::run(&mut world, &mut agenda, stop, &mut probes);
        for (phase, actors) in [(0, 1), (1, 1), (3, world.consumers().len() as u32), (4, 1)] {
            (0..actors).for_each(|index| agenda.sooner(ActorId::new(phase, index), stop));
        }
    }
    engine::run(&mut world, &mut agenda, end, &mut probes);
    probes.0.finish(end);
    world.close(end, &mut probes);
    ledger::check(&world, &probes.0).unwrap();
    (probes.1.fingerprint(&world, &probes.0), format!("{:?}", probes.0))
}

#[test]
fn to_be_woken_early_is_harmless() {
    let scenario = scenario(&format!("{BUSY}{LATER}"));
    let calm = disturbed(&scenario, &[]);
    let mut chance = random::Stream::named(1, 0, "stops");
    for count in [1, 30, 3_000] {
        let mut stops: Vec<Instant> =
            (0..count).map(|_| Instant::from_ns(chance.below(60_000_000_000))).collect();
        stops.sort_unstable();
        stops.dedup();
        let woken = disturbed(&scenario, &stops);
        assert_eq!(woken.0.observations, calm.0.observations, "{count} stops");
        assert_eq!(woken.0.draws, calm.0.draws);
        assert!(woken.1 == calm.1, "the same counts, {count} stops");
        assert_ne!(woken.0.wakes, calm.0.wakes);
    }
}

/// D15: what falls on the end of a run is not part of it.
#[test]
fn the_end_is_not_part_of_a_run() {
    let text = r#"
        [scenario]
        duration = "3 s"
        [stream]
        shard_count = 1
        [[producer]]
        trace = { file = "t.csv", time = "time_ms", size = "bytes" }
        partition_key = "key"
    "#;
    let files = Trace("time_ms,bytes\n0,10\n2999,10\n3000,10\n");
    let scenario = match kinesim::scenario::load("edge", "edge.toml", text, &[], &files) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", problems.render(false)),
    };
    assert_eq!(play(&scenario, None, false).write.offered_records, 2);
    assert_eq!(
        play(&scenario, Some(Instant::ZERO + Span::from_ms(2_999)), false).write.attempts,
        1
    );
}

struct Trace(&'static str);

impl kinesim::scenario::Files for Trace {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

/// The moment depends on counts at the ends of steps, which the plan alone decides.
#[test]
fn a_limit_of_events_ends_a_run_at_the_same_step_however_it_is_watched() {
    let scenario = scenario(BUSY);
    let limited = |max_events, fingerprint| {
        let on_progress = &mut |_| Continue::Yes;
        let max_events = Some(max_events);
        run(&scenario, Options { max_events, fingerprint, ..Options::new(on_progress) })
    };
    let whole = play(&scenario, None, false);
    let events = whole.write.attempts + whole.wakes;
    let half = limited(events / 2, false);
    assert_eq!(half.ended, Ended::EventLimit { limit: events / 2 });
    assert!(half.until < whole.until && half.write.attempts + half.wakes >= events / 2);
    assert_same(&half, &limited(events / 2, true));
    // It is the beginning of the whole run.
    let until = play(&scenario, Some(half.until), false);
    assert_eq!((until.write, until.wakes), (half.write, half.wakes));
    // At its end, a run is over: what was allowed then does not matter.
    for enough in [events, events + 1, u64::MAX] {
        let ended = limited(enough, false);
        assert_eq!(ended.ended, Ended::Completed);
        assert_same(&ended, &whole);
    }
    assert!(limited(1, false).until > Instant::ZERO);
}
