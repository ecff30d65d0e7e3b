//! Sweeps: the throughput of two threads beside two programs, and what points cost in memory.
//!
//! Both sides play the same runs, journal and tables included: `kinesim sweep` with `-j 2`, and two
//! of it with `-j 1` and half of the points each, at the same time. They take turns.

#![expect(clippy::unwrap_used, reason = "a bench that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "a bench prints its table")]
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SCENARIO: &str = "\
scenario.duration = \"60 s\"
stream.shard_count = 1
[[producer]]
name = \"web\"
rate = \"300/s\"
record_size = { median = \"900 B\", p99 = \"4 KiB\" }
[[reader]]
name = \"fraud\"
";

/// Twenty shard counts and ten rates.
const RATES: [&str; 2] = [
    "producer.web.rate=200/s,225/s,250/s,275/s,300/s",
    "producer.web.rate=210/s,235/s,260/s,285/s,290/s",
];
const SHARDS: &str = "stream.shard_count=1..20";

fn main() {
    let turns = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(3);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-sweep");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.toml"), SCENARIO).unwrap();
    let all = [RATES[0], &RATES[1]["producer.web.rate=".len()..]].join(",");
    let mut ratios = Vec::new();
    println!(
        "| turn | one program, 2 threads [s] | two programs [s] | ratio |\n|---|---:|---:|---:|"
    );
    for turn in 1..=turns {
        let alone = timed(|| vec![sweep(&folder, "one", &all, "2")]);
        let two =
            timed(|| vec![sweep(&folder, "a", RATES[0], "1"), sweep(&folder, "b", RATES[1], "1")]);
        // How much of the two programs' throughput the one has.
        let ratio = two / alone;
        ratios.push(ratio);
        println!("| {turn} | {alone:.2} | {two:.2} | {ratio:.3} |");
    }
    ratios.sort_by(f64::total_cmp);
    println!("\nmedian ratio {:.3}; target at least 0.95\n", ratios[ratios.len() / 2]);
    println!("| points of 1 s | peak memory [MiB] | with charts [MiB] |\n|---:|---:|---:|");
    for points in [20, 200, 2_000, 20_000] {
        let [bare, drawn] = ["none", "svg,png"].map(|charts| peak_mib(&folder, points, charts));
        println!("| {points} | {bare:.1} | {drawn:.1} |");
    }
    let _ = fs::remove_dir_all(&folder);
}

fn timed(start: impl FnOnce() -> Vec<Child>) -> f64 {
    let begin = Instant::now();
    for mut child in start() {
        assert!(child.wait().unwrap().success());
    }
    begin.elapsed().as_secs_f64()
}

fn command(folder: &Path, name: &str, threads: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinesim"));
    command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.args(["sweep", "a.toml", "--name", name, "-j", threads, "-q"]);
    command
}

fn sweep(folder: &Path, name: &str, rates: &str, threads: &str) -> Child {
    let mut command = command(folder, name, threads);
    command.args(["--vary", rates, "--vary", SHARDS, "--repeat", "5", "--charts", "none"]);
    command.spawn().unwrap()
}

/// The most memory that a sweep of so many short points takes, as the system tells it: ten rates,
/// close to one another so that no run takes more than another, and seeds.
fn peak_mib(folder: &Path, points: u64, charts: &str) -> f64 {
    let mut command = command(folder, "memory", "2");
    command.args(["--set", "scenario.duration=1 s", "--charts", charts]);
    command.args(["--vary", "producer.web.rate=291/s..300/s:1/s"]);
    command.args(["--vary", &format!("scenario.seed=1..{}", points / 10)]);
    let mut child = command.spawn().unwrap();
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kib.unwrap_or(0.0) / 1024.0);
        thread::sleep(Duration::from_millis(2));
    }
    peak
}
