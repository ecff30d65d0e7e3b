//! Days of thousands of shards, in quanta.
//!
//! Each case runs in a process of its own, so that its memory is its own. Timed is the run with all
//! its metrics, and apart from it the making of the world.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/busy.rs"]
mod busy;
#[path = "support/mod.rs"]
mod support;

use std::io::{Error, ErrorKind};
use std::process::{Command, ExitCode, Stdio};

use kinesim::engine;
use kinesim::experiment::metrics::Metrics;
use kinesim::model::plan::{Plan, Resolution};
use kinesim::model::world::World;
use kinesim::scenario::{Files, load};
use kinesim::time::{Instant, Span};

use crate::busy::busy_time;
use crate::support::Arguments;

const CASE: &str = "KINESIM_BENCH_CASE";
const QUANTUM: Span = Span::from_s(1);

/// A load, and what each of a day's runs may take at most.
struct Case {
    name: &'static str,
    shards: u32,
    rate: &'static str,
    keys: &'static str,
}

const CASES: [Case; 2] = [
    Case {
        name: "zipf",
        shards: 10_000,
        rate: "9000k/s",
        keys: r#"partition_key = { dist = "zipf", count = 1_000_000, exponent = 0.8 }"#,
    },
    Case { name: "near", shards: 10_000, rate: "9500k/s", keys: "" },
];

fn main() -> ExitCode {
    let arguments = Arguments::read(1);
    if let Ok(name) = std::env::var(CASE) {
        let case = CASES.iter().find(|case| case.name == name).expect("a case of ours");
        (0..arguments.rounds).for_each(|_| measure(case, arguments.quick));
        return ExitCode::SUCCESS;
    }
    println!("{}\n", support::machine());
    println!(
        "| case | shards | virtual time | records | built [s] | played [s] | shard-second [ns] \
         | record [ns] | throttled | memory [MiB] |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for case in &CASES {
        let status = std::env::current_exe().and_then(|program| {
            let mut child = Command::new(program);
            child.args(std::env::args().skip(1)).env(CASE, case.name).stderr(Stdio::inherit());
            child.status()
        });
        if !status.is_ok_and(|status| status.success()) {
            println!("\nthe case {} failed", case.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure(case: &Case, quick: bool) {
    let plan = plan(case, Span::from_s(if quick { 600 } else { 86_400 }));
    let interval = Span::from_s(300);
    let end = Instant::ZERO + plan.duration;
    let (built, (mut world, mut agenda)) = busy_time(|| World::new(&plan, 0, interval));
    let mut metrics = Metrics::new(&plan, interval, end);
    let (played, ()) = busy_time(|| {
        engine::run(&mut world, &mut agenda, end, &mut metrics);
        metrics.finish(end);
        world.close(end, &mut metrics);
    });
    let written = metrics.written();
    let (seconds, records) = (plan.duration.as_s(), written.offered_records);
    let throttled = 100.0 * written.throttled as f64 / written.attempts as f64;
    println!(
        "| {} | {} | {} | {records} | {:.2} | {:.2} | {:.1} | {:.4} | {throttled:.2} % | {:.0} |",
        case.name,
        case.shards,
        plan.duration,
        built.as_secs_f64(),
        played.as_secs_f64(),
        played.as_nanos() as f64 / seconds / f64::from(case.shards),
        played.as_nanos() as f64 / records as f64,
        peak_memory_mib().unwrap_or(f64::NAN),
    );
}

fn plan(case: &Case, duration: Span) -> Plan {
    let text = format!(
        r#"
        [scenario]
        duration = "{} s"
        [account]
        shard_quota = 20_000
        [stream]
        shard_count = {}
        [model.write]
        rounding = "none"
        [[producer]]
        rate = "{}"
        record_size = "500 B"
        {}
        instances = 1000
        [[reader]]
        name = "reader"
        "#,
        duration.as_s(),
        case.shards,
        case.rate,
        case.keys,
    );
    let scenario = match load("bench", "bench.toml", &text, &[], &NoFiles) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", problems.render(false)),
    };
    Plan { resolution: Resolution::Quantum(QUANTUM), ..scenario.plan }
}

/// The most memory this process has held [MiB]; `None` where the system does not tell.
fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        Err(Error::new(ErrorKind::NotFound, path))
    }
}
