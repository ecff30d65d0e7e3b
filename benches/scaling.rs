//! How the time of a run grows with each thing that it can have more of, in quanta of a second.
//!
//! One thing at a time grows; the others stay where a reference has them. Each point runs in a
//! process of its own, so that its memory is its own, as often as a clock good to 4 ms needs.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/busy.rs"]
mod busy;
#[path = "support/log_log.rs"]
mod log_log;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/play.rs"]
mod play;
#[path = "support/quanta.rs"]
mod quanta;
#[path = "support/spread.rs"]
mod spread;
#[path = "support/mod.rs"]
mod support;
#[path = "../tests/support/text.rs"]
mod text;

use std::fs;
use std::process::{ExitCode, Stdio};

use kinesim::time::Span;

use crate::busy::busy_time;
use crate::log_log::{Line, Panel, Picture};
use crate::memory::peak_memory_mib;
use crate::play::Play;
use crate::quanta::Load;
use crate::spread::Spread;
use crate::support::Arguments;

const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images/scaling.png");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/README.md");
/// Building that takes less is not drawn: the clock may tell none at all [s].
const CLOCK_S: f64 = 0.001;
/// Around the tables on that page.
const TABLES: [&str; 2] = ["<!-- scaling -->\n", "<!-- end of scaling -->\n"];

/// What a point has where nothing else is said. Eight readers stay within the limits of reading.
const REFERENCE: Load = Load {
    seconds: 600,
    shards: 1_000,
    per_s: 900_000,
    record_bytes: 200,
    keys: Some(100_000),
    readers: 1,
    poll_s: 2,
};
const REFERENCE_IN_WORDS: &str =
    "1,000 shards, 900 records/s and shard, 100,000 keys by Zipf, 10 min, 1 polling reader";

/// Something that grows.
struct Dimension {
    name: &'static str,
    unit: &'static str,
    values: [u64; 5],
    load: fn(u64) -> Load,
    in_words: fn(u64) -> String,
}

const DIMENSIONS: [Dimension; 5] = [
    Dimension {
        name: "shards",
        unit: "shards, 900 records/s each",
        values: [10, 100, 1_000, 5_000, 20_000],
        load: |shards| Load { shards: shards as u32, per_s: 900 * shards, ..REFERENCE },
        in_words: number,
    },
    // On many shards, so that even the most is but ten times what they take.
    Dimension {
        name: "rate",
        unit: "records/s, on 10,000 shards for 1 min",
        values: [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000],
        load: |per_s| Load { per_s, shards: 10_000, seconds: 60, ..REFERENCE },
        in_words: number,
    },
    Dimension {
        name: "keys",
        unit: "keys",
        values: [1_000, 10_000, 100_000, 1_000_000, 10_000_000],
        load: |keys| Load { keys: Some(keys as u32), ..REFERENCE },
        in_words: number,
    },
    Dimension {
        name: "horizon",
        unit: "virtual time",
        values: [60, 300, 1_200, 3_600, 14_400],
        load: |seconds| Load { seconds, ..REFERENCE },
        in_words: |seconds| Span::from_s(seconds).to_string(),
    },
    Dimension {
        name: "readers",
        unit: "polling readers",
        values: [1, 2, 3, 5, 8],
        load: |readers| Load { readers: readers as u32, ..REFERENCE },
        in_words: number,
    },
];

/// What a point came to.
struct Point {
    value: u64,
    played_s: f64,
    built_s: f64,
    memory_mib: f64,
}

fn main() -> ExitCode {
    let arguments = Arguments::read(1);
    if let Some(case) = apart::case() {
        measure(&case, &arguments);
        return ExitCode::SUCCESS;
    }
    let head = format!(
        "{}\n\n| what grows | to | played [s] | shard-second [ns] | built [s] | memory [MiB] |\n\
         |---|---:|---:|---:|---:|---:|\n",
        support::machine()
    );
    print!("{head}");
    let mut tables = head;
    let mut measured = Vec::new();
    for dimension in &DIMENSIONS {
        let mut points = Vec::new();
        for value in dimension.values {
            let Some(point) = measure_apart(dimension, value) else {
                println!("\n{} {value} failed", dimension.name);
                return ExitCode::FAILURE;
            };
            let row = row(dimension, &point, &arguments);
            print!("{row}");
            tables += &row;
            points.push(point);
        }
        measured.push(points);
    }
    let slopes = slopes_in_words(&measured);
    println!("{slopes}");
    if std::env::args().any(|argument| argument == "--bless") && !arguments.quick {
        keep(&(tables + &slopes), &measured);
    }
    ExitCode::SUCCESS
}

/// The load of a point, a tenth as long where all is to be quick.
fn load(dimension: &Dimension, value: u64, quick: bool) -> Load {
    let load = (dimension.load)(value);
    Load { seconds: load.seconds / if quick { 10 } else { 1 }, ..load }
}

/// Starts this program again for one point; none when it fails.
fn measure_apart(dimension: &Dimension, value: u64) -> Option<Point> {
    let case = format!("{} {value}", dimension.name);
    let output = apart::again(&case, &[]).stderr(Stdio::inherit()).output().ok()?;
    let told = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let mut numbers = told.split_whitespace().map(|number| number.parse::<f64>().ok());
    let mut next = || numbers.next().flatten();
    Some(Point { value, played_s: next()?, built_s: next()?, memory_mib: next()? })
}

/// Tells the seconds of playing and building a point, and the memory [MiB].
fn measure(case: &str, arguments: &Arguments) {
    let (name, value) = case.split_once(' ').expect("a name and a value");
    let dimension = DIMENSIONS.iter().find(|known| known.name == name).expect("one of ours");
    let plan = load(dimension, value.parse().expect("a whole number"), arguments.quick).plan();
    let (mut played, mut built) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let (mut turns, mut play_s, mut build_s) = (0.0, 0.0, 0.0);
        // 4 ms are then 1 % as a rule; where building takes most of the time, some more.
        while play_s < 0.4 && play_s + build_s < 2.0 {
            let (taken, mut play) = busy_time(|| Play::new(&plan, Span::from_s(300)));
            build_s += taken.as_secs_f64();
            play_s += busy_time(|| play.play_out()).0.as_secs_f64();
            turns += 1.0;
        }
        played.push(play_s / turns);
        built.push(build_s / turns);
    }
    let (played, built) = (Spread::of(played).median, Spread::of(built).median);
    println!("{played} {built} {}", peak_memory_mib().unwrap_or(f64::NAN));
}

fn row(dimension: &Dimension, point: &Point, arguments: &Arguments) -> String {
    let load = load(dimension, point.value, arguments.quick);
    format!(
        "| {} | {} | {:.4} | {:.1} | {:.3} | {:.0} |\n",
        dimension.name,
        (dimension.in_words)(point.value),
        point.played_s,
        point.played_s * 1e9 / load.shard_seconds() as f64,
        point.built_s,
        point.memory_mib,
    )
}

/// The slope of the last three points where both axes are logarithmic: 1 is proportion.
fn slope(points: &[Point], seconds: fn(&Point) -> f64) -> f64 {
    let last = &points[points.len() - 3..];
    let logs = |of: &dyn Fn(&Point) -> f64| -> Vec<f64> {
        let logs: Vec<_> = last.iter().map(|point| libm::log10(of(point))).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        logs.into_iter().map(|log| log - mean).collect()
    };
    let (x, y) = (logs(&|point| point.value as f64), logs(&seconds));
    let products: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
    products / x.iter().map(|x| x * x).sum::<f64>()
}

const PLAYED: fn(&Point) -> f64 = |point| point.played_s;
const BUILT: fn(&Point) -> f64 = |point| point.built_s;

fn slopes_in_words(measured: &[Vec<Point>]) -> String {
    let row = |(dimension, points): (&Dimension, &Vec<Point>)| {
        let (played, built) = (slope(points, PLAYED), slope(points, BUILT));
        format!("| {} | {played:.2} | {built:.2} |\n", dimension.name)
    };
    let rows: String = DIMENSIONS.iter().zip(measured).map(row).collect();
    format!("\n| what grows | slope of playing | slope of building |\n|---|---:|---:|\n{rows}")
}

/// Writes the tables into their page, and the picture.
fn keep(tables: &str, measured: &[Vec<Point>]) {
    let page = fs::read_to_string(PAGE).expect("the page of the benchmarks");
    let (before, rest) = page.split_once(TABLES[0]).expect("a mark before the tables");
    let (_, after) = rest.split_once(TABLES[1]).expect("a mark after the tables");
    let [begin, end] = TABLES;
    let page = format!("{before}{begin}\n{tables}\n{end}{after}");
    fs::write(PAGE, page).expect("the page can be written");
    picture(measured).write(PICTURE);
}

fn picture(measured: &[Vec<Point>]) -> Picture {
    let panels = DIMENSIONS.iter().zip(measured).map(|(dimension, points)| {
        let line = |name, of: fn(&Point) -> f64| {
            let points = points.iter().map(|point| (point.value as f64, of(point)));
            Line { name, points: points.filter(|point| point.1 > CLOCK_S).collect() }
        };
        let mut lines = vec![line("played", PLAYED)];
        if dimension.name == "keys" {
            lines.push(line("built", BUILT));
        }
        let ticks = dimension.values.map(|value| (value as f64, (dimension.in_words)(value)));
        let name = format!("{}, slope {:.2}", dimension.name, slope(points, PLAYED));
        Panel { name, unit: dimension.unit, ticks: ticks.into(), lines }
    });
    let steep: Vec<_> = DIMENSIONS
        .iter()
        .zip(measured)
        .filter(|(_, points)| slope(points, PLAYED) > 1.05)
        .map(|(dimension, _)| dimension.name)
        .collect();
    let title = if steep.is_empty() {
        "The time of a run grows in proportion to its size, or less".to_owned()
    } else {
        format!("The time of a run grows faster than in proportion only with {}", steep.join(", "))
    };
    Picture {
        title,
        subtitle: format!("Quanta of 1 s. What does not grow: {REFERENCE_IN_WORDS}"),
        footer: format!("cargo bench --bench scaling, {}", support::machine()),
        panels: panels.collect(),
    }
}

/// `20k`, `1M`.
fn number(value: u64) -> String {
    match value {
        1_000_000.. => format!("{}M", value / 1_000_000),
        1_000.. => format!("{}k", value / 1_000),
        _ => value.to_string(),
    }
}
