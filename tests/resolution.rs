//! Quanta against records: every shipped scenario, played both ways.
//!
//! How far they may differ stands in the scenario's file, in a line such as
//! `# In quanta: throttled 2 %, put 5 %, latency 5 %, age 3 % + 100 ms`: shares in percentage
//! points, the rest in percent of what it is record by record, times in ms beside. What a file does
//! not name may differ by one percent.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/play.rs"]
mod play;
#[path = "support/shipped.rs"]
mod shipped;

use std::fs;
use std::path::Path;

use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::outcome::Outcome;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::model::plan::Resolution;
use kinesim::scenario::{Files, Scenario, load};
use kinesim::time::{Instant, Span};

use crate::play::play;
use crate::shipped::shipped;

/// Runs of each scenario and resolution, and how long they are at most.
const REPLICATES: u64 = 4;
const LONGEST: Instant = Instant::from_s(300);
const QUANTA_MS: [u64; 3] = [20, 100, 1_000];

/// Something that is measured: the mean of all replicates.
struct Measure {
    /// What its tolerance is called.
    kind: &'static str,
    name: String,
    value: f64,
}

/// How far something may be off.
#[derive(Clone, Copy, Debug)]
struct Tolerance {
    percent: f64,
    ms: f64,
}

impl Tolerance {
    /// Of something that is `right`; shares are in percent themselves.
    fn of(self, kind: &str, right: f64) -> f64 {
        let whole = if matches!(kind, "throttled" | "lost") { 100.0 } else { right.abs() };
        whole * self.percent / 100.0 + self.ms
    }
}

#[test]
fn quanta_agree_with_records() {
    let mut breaches = Vec::new();
    for (name, scenario) in shipped() {
        let tolerances = tolerances(&text_of(&name));
        let exact = measures(&scenario, Resolution::Exact);
        for ms in QUANTA_MS {
            let quanta = measures(&scenario, Resolution::Quantum(Span::from_ms(ms)));
            for (right, found) in exact.iter().zip(&quanta) {
                let Measure { kind, name: what, .. } = right;
                let tolerance = tolerances.iter().find(|(of, _)| of == kind);
                let tolerance =
                    tolerance.map_or(Tolerance { percent: 1.0, ms: 0.0 }, |(_, it)| *it);
                let (off, most) = (found.value - right.value, tolerance.of(kind, right.value));
                if off.abs() > most {
                    breaches.push(format!(
                        "{name}, {ms} ms: {what} {:.3} instead of {:.3}, off by {off:.3}, \
                         at most {most:.3}",
                        found.value, right.value
                    ));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{} breaches\n{}", breaches.len(), breaches.join("\n"));
}

/// Keys without data, a few of them in a call that is rounded up to a KiB: 500 rows a second are
/// far from the limit of a shard, whatever part of a call each is charged.
#[test]
fn rows_without_data_get_in() {
    for resolution in ["exact", "100 ms"] {
        let write = played(&format!(
            "[scenario]\nduration = \"20 s\"\nresolution = \"{resolution}\"\n\
             [stream]\nshard_count = 1\n\
             [[producer]]\napi = \"PutRecords\"\nlinger = \"20 ms\"\nresend = false\n\
             trace = {{ file = \"t.csv\", time = \"t\", key = \"k\", size = \"n\" }}\n"
        ))
        .write;
        // Those of the last 20 ms may still wait for their call.
        assert_eq!((write.offered_records, write.throttled), (10_000, 0), "{resolution}");
        assert!(write.accepted_records >= 9_990, "{resolution}: {}", write.accepted_records);
    }
}

/// 500 rows a second for 20 seconds.
struct Rows;

impl Files for Rows {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        let rows = (0..10_000).map(|row| format!("{:.3},k{},0\n", f64::from(row) / 500.0, row % 7));
        Ok(format!("t,k,n\n{}", rows.collect::<String>()).into_bytes())
    }
}

/// A shard with few records in a quantum beside others with many: the newest record of a call is as
/// old as it is in a Poisson process of this rate, polled once a second. Of its records, the part
/// (1 - x) e^-(rate x) is in calls whose newest one is older than x.
#[test]
fn newest_records_are_as_old_as_chance_has_it() {
    for rate in [3.0, 12.0, 40.0, 700.0] {
        let age = |resolution: &str| {
            let mut played = played(&format!(
                "[scenario]\nduration = \"300 s\"\nresolution = \"{resolution}\"\n\
                 [stream]\nshard_count = 16\n\
                 [[producer]]\nrate = \"{}/s\"\nrecord_size = \"500 B\"\n[[reader]]\n",
                16.0 * rate
            ));
            played.consumers.remove(0).iterator_age
        };
        for quantum in ["1 s", "100 ms"] {
            let age = age(quantum);
            for (percent, left) in [(50.0, 0.5), (90.0, 0.1), (99.0, 0.01)] {
                let right = halved(|x| (1.0 - x) * libm::exp(-rate * x) > left);
                let found = age.percentile(percent).unwrap() as f64 / 1e9;
                assert!((found / right - 1.0).abs() < 0.1, "{rate}/s, {quantum}: {found} {right}");
            }
        }
    }
}

/// The number from 0 to 1 up to which `holds` does.
fn halved(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while high - low > 1e-9 {
        let middle = f64::midpoint(low, high);
        (low, high) = if holds(middle) { (middle, high) } else { (low, middle) };
    }
    low
}

/// Two who write alike to one shard beyond its limit of bytes, one in calls of many: what each has
/// refused and loses is what it is record by record, within the points that docs/quanta.md admits.
#[test]
fn producers_share_a_limit() {
    let shares = |resolution: &str| {
        let played = played(&format!(
            "[scenario]\nduration = \"60 s\"\nresolution = \"{resolution}\"\n\
             [stream]\nshard_count = 1\n[model.write]\nrounding = \"none\"\n\
             [[producer]]\nname = \"one\"\nrate = \"450/s\"\nrecord_size = \"1.5 KiB\"\n\
             retry = {{ max_attempts = 4, backoff = \"100 ms\" }}\n\
             [[producer]]\nname = \"many\"\nrate = \"450/s\"\nrecord_size = \"1.5 KiB\"\n\
             api = \"PutRecords\"\nlinger = \"10 ms\"\ninstances = 10\n"
        ));
        let share = |part: u64, of: u64| 100.0 * part as f64 / of as f64;
        played
            .producers
            .iter()
            .map(|it| it.write)
            .flat_map(|it| {
                [share(it.throttled, it.attempts), share(it.lost_records, it.offered_records)]
            })
            .collect::<Vec<f64>>()
    };
    let (exact, quanta) = (shares("exact"), shares("100 ms"));
    for (exact, quanta) in exact.iter().zip(&quanta) {
        assert!(*exact > 10.0 && (exact - quanta).abs() < 6.0, "{exact} {quanta}");
    }
}

/// Quanta of many seconds (D21): what is lost and delivered is within two points of what it is
/// record by record, from half to twice the limit; which part of the attempts is refused, within
/// seven.
#[test]
fn long_quanta_refuse_and_lose_as_much() {
    let mut breaches = Vec::new();
    for api in ["", "api = \"PutRecords\"\nlinger = \"100 ms\"\n"] {
        for load in [0.5, 0.9, 1.2, 2.0] {
            let shares = |resolution: &str| {
                let played = played(&format!(
                    "[scenario]\nduration = \"4 min\"\ninterval = \"1 min\"\n\
                     resolution = \"{resolution}\"\n[stream]\nshard_count = 2\n[[reader]]\n\
                     [[producer]]\nrate = \"{}/s\"\nrecord_size = \"500 B\"\ninstances = 20\n{api}",
                    2_000.0 * load
                ));
                let (write, read) = (played.write, played.consumers[0].ledger);
                let share = |part: u64, of: u64| 100.0 * part as f64 / of as f64;
                [
                    share(write.throttled, write.attempts),
                    share(write.lost_records, write.offered_records),
                    share(read.delivered, write.offered_records),
                ]
            };
            let exact = shares("exact");
            for quantum in ["10 s", "1 min"] {
                for ((right, found), most) in exact.iter().zip(shares(quantum)).zip([7.0, 2.0, 2.0])
                {
                    if (right - found).abs() > most {
                        breaches
                            .push(format!("{load} {quantum} {api}: {found:.2}, not {right:.2}"));
                    }
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

fn played(text: &str) -> Outcome {
    match load("test", "test.toml", text, &[], &Rows) {
        Ok(scenario) => play(&scenario, None, false),
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

/// The mean over all replicates of everything that is compared.
fn measures(scenario: &Scenario, resolution: Resolution) -> Vec<Measure> {
    let mut scenario = scenario.clone();
    scenario.plan.resolution = resolution;
    // So that shards to which nothing happens may be followed through several quanta.
    scenario.interval = Span::from_s(60);
    let runs = (0..REPLICATES).map(|replicate| {
        let until = Some(LONGEST);
        let on_progress = &mut |_| Continue::Yes;
        let options = Options { until, replicate, ..Options::new(on_progress) };
        measured(&run(&scenario, options))
    });
    let mut runs: Vec<Vec<Measure>> = runs.collect();
    let mut sums = runs.pop().unwrap();
    for run in runs {
        for (sum, one) in sums.iter_mut().zip(run) {
            sum.value += one.value;
        }
    }
    for sum in &mut sums {
        sum.value /= REPLICATES as f64;
    }
    sums
}

fn measured(outcome: &Outcome) -> Vec<Measure> {
    let write = &outcome.write;
    let share = |part: u64, of: u64| 100.0 * part as f64 / of.max(1) as f64;
    let mut measures = vec![
        measure("throttled", "throttled [%]", share(write.throttled, write.attempts)),
        measure("lost", "lost [%]", share(write.lost_records, write.offered_records)),
        measure("calls", "put calls", outcome.producers.iter().map(|it| it.calls as f64).sum()),
    ];
    measures.extend(times("put", "put latency", &outcome.write_latency));
    for consumer in &outcome.consumers {
        let name = &consumer.name;
        let delivered = consumer.ledger.delivered as f64;
        measures.push(measure("delivered", &format!("delivered to {name}"), delivered));
        measures.extend(times("latency", &format!("latency of {name}"), &consumer.latency));
        measures.extend(times("age", &format!("age of {name}"), &consumer.iterator_age));
    }
    measures
}

fn measure(kind: &'static str, name: &str, value: f64) -> Measure {
    Measure { kind, name: name.to_owned(), value }
}

/// Mean, median and 99th percentile (ms).
fn times<'a>(
    kind: &'static str,
    name: &'a str,
    of: &'a Histogram,
) -> impl Iterator<Item = Measure> + 'a {
    let mean = ("mean", of.mean().unwrap_or(0.0));
    let percentile = |p| of.percentile(p).unwrap_or(0) as f64;
    [mean, ("p50", percentile(50.0)), ("p99", percentile(99.0))]
        .into_iter()
        .map(move |(which, ns)| measure(kind, &format!("{name}, {which} [ms]"), ns / 1e6))
}

/// The tolerances a scenario's file states.
fn tolerances(text: &str) -> Vec<(String, Tolerance)> {
    let line = text.lines().find_map(|line| line.strip_prefix("# In quanta: "));
    let of = |part: &str| {
        let (kind, rest) = part.trim().split_once(' ').unwrap();
        let mut tolerance = Tolerance { percent: 0.0, ms: 0.0 };
        for term in rest.split(" + ") {
            let (number, unit) = term.split_once(' ').unwrap();
            let number: f64 = number.parse().unwrap();
            match unit {
                "%" => tolerance.percent = number,
                "ms" => tolerance.ms = number,
                other => panic!("{other} is no unit of a tolerance"),
            }
        }
        (kind.to_owned(), tolerance)
    };
    line.into_iter().flat_map(|line| line.split(',')).map(of).collect()
}

/// The text of a shipped scenario.
fn text_of(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    fs::read_to_string(folder.join(name).with_extension("toml")).unwrap()
}
