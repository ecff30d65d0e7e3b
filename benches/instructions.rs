//! How many instructions runs take, beside how many they took: a machine may be as busy as it will.
//!
//! Each case is played once under callgrind, which counts while `Play::play_out` is on the stack:
//! neither what builds the run nor what ends the process. The counts stand in `instructions.csv`.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/compiler.rs"]
mod compiler;
#[path = "support/days.rs"]
mod days;
#[path = "support/play.rs"]
mod play;
#[path = "support/quanta.rs"]
mod quanta;
#[path = "support/records.rs"]
mod records;
#[path = "../tests/support/text.rs"]
mod text;

use std::fmt::Write;
use std::fs;
use std::process::{Command, ExitCode};

use kinesim::model::plan::Plan;
use kinesim::time::Span;

use crate::compiler::compiler;
use crate::days::DAYS;
use crate::play::Play;
use crate::quanta::Load;
use crate::records::{overload, typical, unthrottled, wide};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.csv");
const BLESS: &str = "cargo bench --bench instructions -- --bless";
/// Growth beyond this fails [%].
const GROWTH_MAX: f64 = 2.0;
const CALLGRIND: [&str; 5] = [
    "valgrind",
    "--tool=callgrind",
    "--callgrind-out-file=/dev/null",
    "--collect-atstart=no",
    // Matches the name in either way to mangle it.
    "--toggle-collect=*Play*play_out*",
];

const CASES: [&str; 6] = ["overload", "unthrottled", "typical", "wide", "zipf", "near"];

/// What a case came to.
struct Count {
    case: String,
    /// Records offered, or in quanta seconds of single shards.
    units: u64,
    instructions: u64,
}

impl Count {
    fn per_unit(&self) -> f64 {
        self.instructions as f64 / self.units as f64
    }
}

fn main() -> ExitCode {
    if let Some(case) = apart::case() {
        println!("{}", play(&case));
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind counts the instructions and is not here: apt install valgrind");
        return ExitCode::FAILURE;
    }
    let (used, kept) = read_kept();
    if used.as_deref().is_some_and(|used| used != compiler()) {
        println!("the counts kept are of {}, these of {}\n", used.unwrap_or_default(), compiler());
    }
    println!("| case | units | instructions | a unit | a unit, kept | change |");
    println!("|---|---:|---:|---:|---:|---:|");
    let (mut counts, mut grown) = (Vec::new(), Vec::new());
    for case in CASES {
        let Some(count) = count(case) else {
            println!("\nthe case {case} failed");
            return ExitCode::FAILURE;
        };
        let before = kept.iter().find(|kept| kept.case == case).map(Count::per_unit);
        let growth = before.map(|before| 100.0 * (count.per_unit() / before - 1.0));
        println!(
            "| {case} | {} | {} | {:.2} | {} | {} |",
            count.units,
            count.instructions,
            count.per_unit(),
            before.map_or_else(String::new, |before| format!("{before:.2}")),
            growth.map_or_else(String::new, |growth| format!("{growth:+.2} %")),
        );
        grown.extend(growth.filter(|growth| *growth > GROWTH_MAX).map(|growth| (case, growth)));
        counts.push(count);
    }
    if std::env::args().any(|argument| argument == "--bless") {
        keep(&counts);
        return ExitCode::SUCCESS;
    }
    for (case, growth) in &grown {
        println!("\n{case} takes {growth:.1} % more instructions, {GROWTH_MAX} % may be");
    }
    if kept.len() < CASES.len() || !grown.is_empty() {
        println!("\nto keep these counts: {BLESS}");
    }
    if grown.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a case: how many units it has.
fn play(case: &str) -> u64 {
    let day = DAYS.into_iter().find(|day| day.0 == case).map(|day| Load { seconds: 60, ..day.1 });
    let plan = day.as_ref().map_or_else(|| plan(case), Load::plan);
    let mut play = Play::new(&plan, Span::from_s(60));
    play.play_out();
    day.map_or_else(|| play.metrics.written().offered_records, |day| day.shard_seconds())
}

/// The loads of `throughput`, shortened.
fn plan(case: &str) -> Plan {
    match case {
        "overload" => overload(6).plan(),
        "unthrottled" => unthrottled(30).plan(),
        "typical" => typical(6),
        "wide" => wide(2),
        _ => panic!("{case} is no case of ours"),
    }
}

/// Plays a case under callgrind; none when that fails.
fn count(case: &str) -> Option<Count> {
    let output = apart::again(case, &CALLGRIND).output().ok()?;
    let (told, log) =
        (String::from_utf8(output.stdout).ok()?, String::from_utf8_lossy(&output.stderr));
    // `==PID== Collected : N`
    let collected = log.lines().find_map(|line| line.split_once("Collected : "));
    let (units, instructions) = (told.trim().parse().ok(), collected.map(|(_, count)| count));
    let count = units.zip(instructions.and_then(|count| count.trim().parse().ok()));
    if !output.status.success() || count.is_none() {
        println!("{told}{log}");
    }
    let (units, instructions) = count.filter(|_| output.status.success())?;
    Some(Count { case: case.to_owned(), units, instructions })
}

/// What compiled the counts that are kept, and they.
fn read_kept() -> (Option<String>, Vec<Count>) {
    let text = fs::read_to_string(KEPT).unwrap_or_default();
    let compiler = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let counts = text.lines().skip(2).filter_map(|line| {
        let mut fields = line.split(',');
        let case = fields.next()?.to_owned();
        let units = fields.next()?.parse().ok()?;
        let instructions = fields.nth(1)?.parse().ok()?;
        Some(Count { case, units, instructions })
    });
    (compiler.map(str::to_owned), counts.collect())
}

fn keep(counts: &[Count]) {
    let mut text =
        format!("# {}\ncase,units,unit,instructions,instructions_per_unit\n", compiler());
    for count in counts {
        let is_day = DAYS.iter().any(|day| day.0 == count.case);
        let unit = if is_day { "shard-second" } else { "record" };
        let Count { case, units, instructions } = count;
        let per_unit = count.per_unit();
        writeln!(text, "{case},{units},{unit},{instructions},{per_unit:.2}")
            .expect("a string takes all");
    }
    fs::write(KEPT, text).unwrap_or_else(|error| panic!("{KEPT}: {error}"));
}
