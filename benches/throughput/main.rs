//! How fast whole simulations are, beside the plain way to write them.
//!
//! Each case runs in a process of its own, which this program starts with the case's name in an
//! environment variable. There the simulator and the baseline take turns, so that what disturbs
//! one disturbs the other; the ratio of each turn is what counts. Timed is the run with all its
//! metrics: neither building it nor output.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "../support/apart.rs"]
mod apart;
mod baseline;
#[path = "../support/busy.rs"]
mod busy;
mod cases;
#[path = "../support/memory.rs"]
mod memory;
#[path = "../support/play.rs"]
mod play;
#[path = "../support/records.rs"]
mod records;
#[path = "../support/spread.rs"]
mod spread;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::Duration;

use kinesim::model::plan::Plan;
use kinesim::time::Span;

use crate::baseline::{Baseline, Counts};
use crate::busy::busy_time;
use crate::cases::{Case, OVERLOAD_MIB_MAX, Target};
use crate::memory::peak_memory_mib;
use crate::play::Play;
use crate::spread::Spread;
use crate::support::Arguments;

const SEED: u64 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::read(7);
    let cases = cases::all(arguments.quick);
    if let Some(name) = apart::case() {
        let case = cases.into_iter().find(|case| case.name == name).expect("a case of ours");
        measure(&case, arguments.rounds);
        return ExitCode::SUCCESS;
    }
    println!("{}\n", support::machine());
    println!("| case | offered | simulator [ns] | baseline [ns] | ratio | × real time | target |");
    println!("|---|---:|---:|---:|---:|---:|---|");
    for case in &cases {
        let status = apart::again(case.name, &[]).status();
        if !status.is_ok_and(|status| status.success()) {
            println!("\nthe case {} failed", case.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Plays a case `rounds` times and prints its row of the table.
fn measure(case: &Case, rounds: usize) {
    // The first turn is not timed: it warms up, compares, and shows the simulator's memory before
    // the baseline takes any.
    let (_, counts) = simulate(&case.plan);
    let memory = peak_memory_mib();
    if let Some(load) = &case.load {
        assert_eq!(Baseline::new(load, SEED).play(), counts, "{}: counts differ", case.name);
    }
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let our = simulate(&case.plan).0.as_nanos() as f64;
        ours.push(our / counts.offered as f64);
        if let Some(load) = &case.load {
            let baseline = Baseline::new(load, SEED);
            let their = busy_time(|| baseline.play()).0.as_nanos() as f64;
            theirs.push(their / counts.offered as f64);
            ratios.push(their / our);
        }
    }
    print_row(case, &counts, Spread::of(ours), &theirs, &ratios);
    if case.name == "overload" {
        let peak = memory.map_or_else(|| "n/a".to_owned(), |mib| format!("{mib:.1} MiB"));
        println!("| overload, peak memory | | {peak} | | | | < {OVERLOAD_MIB_MAX} MiB |");
    }
}

fn print_row(case: &Case, counts: &Counts, ours: Spread, theirs: &[f64], ratios: &[f64]) {
    let theirs = spread(theirs, 1);
    let ratio = spread(ratios, 2);
    // Virtual nanoseconds a record over real ones.
    let real = case.plan.duration.as_ns() as f64 / counts.offered as f64 / ours.median;
    let target = match case.target {
        Target::TimesBaseline(times) => format!("ratio ≥ {times}"),
        Target::TimesRealTime(times) => format!("real time ≥ {times}"),
        Target::None => "none".to_owned(),
    };
    let (name, offered) = (case.name, counts.offered);
    println!("| {name} | {offered} | {ours:.1} | {theirs} | {ratio} | {real:.1} | {target} |");
}

fn spread(values: &[f64], digits: usize) -> String {
    if values.is_empty() {
        String::new()
    } else {
        format!("{:.digits$}", Spread::of(values.into()))
    }
}

/// Plays `plan` with all metrics: how long that takes, and what comes out.
fn simulate(plan: &Plan) -> (Duration, Counts) {
    let mut play = Play::new(plan, Span::from_s(1));
    let (taken, ()) = busy_time(|| play.play_out());
    let written = play.metrics.written();
    let counts = Counts {
        offered: written.offered_records,
        attempts: written.attempts,
        stored: written.accepted_records,
        lost: written.lost_records,
        delivered: play.metrics.consumers[0].delivered,
    };
    (taken, counts)
}
