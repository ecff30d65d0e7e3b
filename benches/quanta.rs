//! Days of thousands of shards, in quanta.
//!
//! Each case runs in a process of its own, so that its memory is its own. Timed is the run with all
//! its metrics, and apart from it the making of the world.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/busy.rs"]
mod busy;
#[path = "support/days.rs"]
mod days;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/play.rs"]
mod play;
#[path = "support/quanta.rs"]
mod quanta;
#[path = "support/mod.rs"]
mod support;
#[path = "../tests/support/text.rs"]
mod text;

use std::process::ExitCode;

use kinesim::time::Span;

use crate::busy::busy_time;
use crate::days::DAYS;
use crate::memory::peak_memory_mib;
use crate::play::Play;
use crate::quanta::Load;
use crate::support::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::read(1);
    if let Some(name) = apart::case() {
        let (name, load) = DAYS.into_iter().find(|case| case.0 == name).expect("a case of ours");
        let load = if arguments.quick { Load { seconds: 600, ..load } } else { load };
        (0..arguments.rounds).for_each(|_| measure(name, &load));
        return ExitCode::SUCCESS;
    }
    println!("{}\n", support::machine());
    println!(
        "| case | shards | virtual time | records | built [s] | played [s] | shard-second [ns] \
         | record [ns] | throttled | memory [MiB] |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (name, _) in DAYS {
        let status = apart::again(name, &[]).status();
        if !status.is_ok_and(|status| status.success()) {
            println!("\nthe case {name} failed");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure(name: &str, load: &Load) {
    let plan = load.plan();
    let (built, mut play) = busy_time(|| Play::new(&plan, Span::from_s(300)));
    let (played, ()) = busy_time(|| play.play_out());
    let written = play.metrics.written();
    let records = written.offered_records;
    let throttled = 100.0 * written.throttled as f64 / written.attempts as f64;
    println!(
        "| {name} | {} | {} | {records} | {:.2} | {:.2} | {:.1} | {:.4} | {throttled:.2} % \
         | {:.0} |",
        load.shards,
        plan.duration,
        built.as_secs_f64(),
        played.as_secs_f64(),
        played.as_nanos() as f64 / load.shard_seconds() as f64,
        played.as_nanos() as f64 / records as f64,
        peak_memory_mib().unwrap_or(f64::NAN),
    );
}
