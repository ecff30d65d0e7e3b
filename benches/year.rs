//! A year at a minute: a stream that an autoscaler scales every day, with alarms and its bill.
//!
//! Timed is the run with all its metrics, processor time, and beside it the reading of the
//! scenario and the judging of its outcome.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/busy.rs"]
mod busy;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/mod.rs"]
mod support;
#[path = "../tests/support/text.rs"]
mod text;

use kinesim::experiment::bill::Bill;
use kinesim::experiment::finding::find;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::time::Instant;

use crate::busy::busy_time;
use crate::memory::peak_memory_mib;
use crate::support::Arguments;

const YEAR: &str = include_str!("year.toml");

fn main() {
    let arguments = Arguments::read(1);
    println!("{}\n", support::machine());
    println!(
        "| virtual time | records | shards at most | opened | read [s] | played [s] | judged [s] \
         | shard-minute [ns] | memory [MiB] |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for _ in 0..arguments.rounds {
        let (read, scenario) = busy_time(|| text::scenario(YEAR));
        let until = arguments.quick.then(|| Instant::from_s(36 * 86_400));
        let on_progress = &mut |_| Continue::Yes;
        let options = Options { until, ..Options::new(on_progress) };
        let (played, outcome) = busy_time(|| run(&scenario, options));
        let (judged, _) = busy_time(|| (find(&scenario, &outcome), Bill::new(&scenario, &outcome)));
        let stream = &outcome.streams[0];
        let open = |flow: &kinesim::experiment::outcome::Flow| u64::from(flow.open_shards);
        let most = outcome.timeline.iter().map(open).max().unwrap_or(0);
        let open_ns = stream.used.run.shard_ns as f64;
        println!(
            "| {} d | {} | {most} | {} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} |",
            outcome.until.as_s() / 86_400.0,
            outcome.write.offered_records,
            stream.shards.len(),
            read.as_secs_f64(),
            played.as_secs_f64(),
            judged.as_secs_f64(),
            played.as_nanos() as f64 / (open_ns / 60e9),
            peak_memory_mib().unwrap_or(f64::NAN),
        );
    }
}
