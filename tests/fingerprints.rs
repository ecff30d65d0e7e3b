//! Every shipped scenario does what it did: five hashes each, in `tests/fingerprints.csv`.
//!
//! A changed fingerprint is a decision: `KINESIM_BLESS=1 cargo test --test fingerprints` writes the
//! file anew. The same hashes hold in every profile and on every machine.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

#[path = "support/play.rs"]
mod play;
#[path = "support/shipped.rs"]
mod shipped;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use kinesim::experiment::outcome::Fingerprint;
use kinesim::model::plan::{Between, Plan, SourcePlan};
use kinesim::scenario::Scenario;
use kinesim::time::Instant;

use crate::play::play;
use crate::shipped::shipped;

const HEADER: &str = "scenario,seed,until,t,w,o,r,m";
/// What holds more records than this is not played in full, but `SHORT` long.
const RECORDS_MAX: f64 = 3e6;
const SHORT: Instant = Instant::from_s(300);

/// What a letter stands for, in the order of the columns.
const LETTERS: [(&str, &str); 5] = [
    ("t", "the moments at which actors woke"),
    ("w", "which actors woke"),
    ("o", "what the model stated"),
    ("r", "how far random streams were used"),
    ("m", "the totals"),
];

#[test]
fn shipped_scenarios_do_what_they_did() {
    let path = root().join("tests/fingerprints.csv");
    let rows: Vec<String> = shipped().iter().map(|(_, scenario)| row(scenario)).collect();
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    if std::env::var_os("KINESIM_BLESS").is_some() {
        fs::write(path, text).unwrap();
        return;
    }
    let kept = fs::read_to_string(path).unwrap();
    let mut changes = String::new();
    for new in &rows {
        let name = new.split(',').next().unwrap();
        match kept.lines().find(|old| old.split(',').next() == Some(name)) {
            None => writeln!(changes, "{name}: has no row").unwrap(),
            Some(old) if old != new => changes.push_str(&difference(old, new)),
            Some(_) => {}
        }
    }
    let help = "KINESIM_BLESS=1 cargo test --test fingerprints accepts what is now";
    assert!(changes.is_empty(), "fingerprints changed; {help}\n{changes}");
    assert_eq!(kept, text, "rows without a scenario, or out of order; {help}");
}

#[test]
fn a_difference_names_its_letters() {
    let kept = "hello,1,1 min,aa,bb,cc,dd,ee";
    let message = "hello: t, the moments at which actors woke; m, the totals\n";
    assert_eq!(difference(kept, "hello,1,1 min,a0,bb,cc,dd,e0"), message);
    let message = "hello: seed or end; t, the moments at which actors woke\n";
    assert_eq!(difference(kept, "hello,2,1 min,a0,bb,cc,dd,ee"), message);
}

/// What of a row is new, in one line.
fn difference(old: &str, new: &str) -> String {
    let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (cells(old), cells(new));
    let run = (old.get(..3) != new.get(..3)).then(|| "seed or end".to_owned());
    let letters = (3..).zip(LETTERS).filter(|(cell, _)| old.get(*cell) != new.get(*cell));
    let letters = letters.map(|(_, (letter, meaning))| format!("{letter}, {meaning}"));
    let changes: Vec<String> = run.into_iter().chain(letters).collect();
    format!("{}: {}\n", new[0], changes.join("; "))
}

/// The row of a scenario.
fn row(scenario: &Scenario) -> String {
    let until = until(&scenario.plan);
    let outcome = play(scenario, Some(until), true);
    let Fingerprint { times, wakes, observations, draws, metrics } = outcome.fingerprint.unwrap();
    let hashes = [times, wakes, observations, draws, metrics].map(|hash| format!("{hash:016x}"));
    format!("{},{},{until},{}", scenario.name, scenario.plan.seed, hashes.join(","))
}

fn until(plan: &Plan) -> Instant {
    let end = Instant::ZERO + plan.duration;
    if expected_records(plan) <= RECORDS_MAX { end } else { SHORT.min(end) }
}

/// How many records are offered in all, by the plan.
fn expected_records(plan: &Plan) -> f64 {
    let sources = plan.producers.iter().map(|producer| match &producer.source {
        SourcePlan::Trace { rows, .. } => rows.len() as f64,
        SourcePlan::Synthetic { rate, .. } => {
            let end = (Instant::ZERO + plan.duration, rate.points[rate.points.len() - 1].1);
            let ends = rate.points.iter().skip(1).copied().chain([end]);
            let parts = rate.points.iter().zip(ends).map(|(&(start, from), (end, to))| {
                let mean = if rate.between == Between::Ramps { from.midpoint(to) } else { from };
                end.since(start).as_s() * mean
            });
            parts.sum()
        }
    });
    sources.sum()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
