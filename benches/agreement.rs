//! How well quanta agree with records one by one: accuracy, not time.
//!
//! Every load is played record by record and in quanta of three lengths, a number of replicates
//! each. A replicate gives one value of each quantity; told is the difference of the means, with
//! its interval of 95 % (Welch's, with quantiles of Student's t).

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/mod.rs"]
mod support;
#[path = "../tests/support/text.rs"]
mod text;

use std::fmt::Write;

use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::outcome::Outcome;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::model::plan::Resolution;
use kinesim::time::Span;

use crate::support::{Arguments, machine, time};
use crate::text::scenario;

const SHARDS: u32 = 8;
const REPLICATES: usize = 40;
const QUANTA: [Span; 3] = [Span::from_ms(20), Span::from_ms(100), Span::from_s(1)];

/// Those who write, and the loads they are played with, as parts of the stream's limit.
struct Case {
    name: &'static str,
    /// Records a second and shard that are the limit.
    limit: f64,
    /// Lines of the scenario: how writing is metered, what the producer is like.
    metering: &'static str,
    producer: &'static str,
    loads: &'static [f64],
}

const LOADS: &[f64] = &[0.5, 0.8, 0.95, 1.0, 1.2, 2.0];
const SMALL: &str = "[model.write]\nrounding = \"none\"";
/// From 1,024 to 3,072 bytes, all alike, and 36 of the key, in whole KiB: the mean is 2,595.7.
const KIB: f64 = 1_048_576.0 / 2_595.7;

const CASES: [Case; 7] = [
    Case {
        name: "PutRecord, default retries",
        limit: 1_000.0,
        metering: SMALL,
        producer: r#"record_size = "100 B""#,
        loads: LOADS,
    },
    Case {
        name: "PutRecord, four attempts from 100 ms on, no quota",
        limit: 1_000.0,
        metering: SMALL,
        producer: r#"
            record_size = "100 B"
            retry = { max_attempts = 4, backoff = "100 ms", quota = false }"#,
        loads: LOADS,
    },
    Case {
        name: "PutRecords, linger 100 ms, resend",
        limit: 1_000.0,
        metering: SMALL,
        producer: r#"
            record_size = "100 B"
            api = "PutRecords"
            linger = "100 ms""#,
        // At the least calls are of one or two records.
        loads: &[0.01, 0.5, 0.8, 0.95, 1.0, 1.2, 2.0],
    },
    Case {
        name: "PutRecord, default retries, limit of bytes",
        limit: 512.0,
        metering: "",
        producer: r#"record_size = "1.5 KiB""#,
        loads: LOADS,
    },
    Case {
        name: "PutRecord, default retries, limit of bytes, sizes from 1 to 3 KiB",
        limit: KIB,
        metering: "",
        producer: r#"record_size = { min = "1 KiB", max = "3 KiB" }"#,
        loads: &[0.95, 1.2, 2.0],
    },
    Case {
        name: "PutRecord, default retries, 1,000 keys by Zipf 1.0",
        limit: 1_000.0,
        metering: SMALL,
        producer: r#"
            record_size = "100 B"
            partition_key = { dist = "zipf", count = 1_000, exponent = 1.0 }"#,
        loads: &[0.7],
    },
    Case {
        name: "PutRecords, linger 100 ms, resend, 1,000 keys by Zipf 1.0",
        limit: 1_000.0,
        metering: SMALL,
        producer: r#"
            record_size = "100 B"
            partition_key = { dist = "zipf", count = 1_000, exponent = 1.0 }
            api = "PutRecords"
            linger = "100 ms""#,
        loads: &[0.7],
    },
];

/// What a quantity is told in.
#[derive(Clone, Copy)]
enum Unit {
    /// Percent; differences in percentage points.
    Share,
    /// Records; differences in percent.
    Count,
    /// Milliseconds; differences in milliseconds and percent.
    Ms,
}

const QUANTITIES: [(&str, Unit); 10] = [
    ("throttled", Unit::Share),
    ("lost", Unit::Share),
    ("put mean", Unit::Ms),
    ("put p99", Unit::Ms),
    ("delivered", Unit::Count),
    ("latency mean", Unit::Ms),
    ("latency p50", Unit::Ms),
    ("latency p99", Unit::Ms),
    ("age mean", Unit::Ms),
    ("age p99", Unit::Ms),
];

/// One value of each quantity.
type Values = [f64; QUANTITIES.len()];

fn main() {
    let arguments = Arguments::read(REPLICATES);
    let quick = arguments.quick;
    let replicates = if quick { arguments.rounds.max(3) } else { arguments.rounds.max(2) };
    let (duration, warm_up) = if quick { (20, 5) } else { (130, 10) };
    println!("{}", machine());
    println!(
        "\n{SHARDS} shards, {} s after {warm_up} s of warm-up, {replicates} replicates.",
        duration - warm_up
    );
    let (taken, ()) = time(|| {
        for case in &CASES {
            head(case);
            for &load in case.loads {
                compare(case, load, (duration, warm_up), replicates);
            }
        }
    });
    println!("\nTook {:.0} s.", taken.as_secs_f64());
}

fn head(case: &Case) {
    println!("\n### {}\n", case.name);
    let names = QUANTITIES.map(|(name, unit)| match unit {
        Unit::Share => format!("{name} [%]"),
        Unit::Count => name.to_owned(),
        Unit::Ms => format!("{name} [ms]"),
    });
    println!("| load | played | {} |", names.join(" | "));
    println!("|---:|---|{}", "---:|".repeat(names.len()));
}

/// Prints a row of exact values, and one of differences for each quantum.
fn compare(case: &Case, load: f64, (duration, warm_up): (u32, u32), replicates: usize) {
    let rate = load * case.limit * f64::from(SHARDS);
    let text = format!(
        r#"
        [scenario]
        duration = "{duration} s"
        warm_up = "{warm_up} s"
        resolution = "exact"
        [stream]
        shard_count = {SHARDS}
        {}
        [[producer]]
        rate = "{rate:.1}/s"
        instances = 20
        {}
        [[reader]]
        "#,
        case.metering, case.producer
    );
    let mut scenario = scenario(&text);
    // So that shards to which nothing happens may be followed through several quanta.
    scenario.interval = Span::from_s(60);
    let mut sample = |resolution| -> Vec<Values> {
        scenario.plan.resolution = resolution;
        let play = |replicate| {
            let on_progress = &mut |_| Continue::Yes;
            run(&scenario, Options { replicate, ..Options::new(on_progress) })
        };
        (0..replicates as u64).map(|replicate| values(&play(replicate))).collect()
    };
    let exact = sample(Resolution::Exact);
    row(load, "exact", |index, unit| level(unit, Sample::of(&exact, index).mean));
    for quantum in QUANTA {
        let quanta = sample(Resolution::Quantum(quantum));
        row(load, &quantum.to_string(), |index, unit| {
            let (exact, quanta) = (Sample::of(&exact, index), Sample::of(&quanta, index));
            difference(unit, exact.mean, quanta.less(&exact))
        });
    }
}

fn values(outcome: &Outcome) -> Values {
    let (write, reader) = (&outcome.write_judged, &outcome.consumers[0]);
    let part = |count: u64, of: u64| 100.0 * count as f64 / of as f64;
    let mean = |values: &Histogram| values.mean().unwrap_or(f64::NAN) / 1e6;
    let percentile = |values: &Histogram, percent| {
        values.percentile(percent).map_or(f64::NAN, |value| value as f64 / 1e6)
    };
    [
        part(write.throttled, write.attempts),
        part(write.lost_records, write.offered_records),
        mean(&outcome.write_latency),
        percentile(&outcome.write_latency, 99.0),
        reader.ledger.delivered as f64,
        mean(&reader.latency),
        percentile(&reader.latency, 50.0),
        percentile(&reader.latency, 99.0),
        mean(&reader.iterator_age),
        percentile(&reader.iterator_age, 99.0),
    ]
}

fn row(load: f64, played: &str, cell: impl Fn(usize, Unit) -> String) {
    let cells = (0..).zip(QUANTITIES).map(|(index, (_, unit))| cell(index, unit));
    let cells = cells.fold(String::new(), |mut row, cell| {
        let _ = write!(row, " {cell} |");
        row
    });
    println!("| {load} | {played} |{cells}");
}

fn level(unit: Unit, mean: f64) -> String {
    match unit {
        Unit::Share => format!("{mean:.2}"),
        Unit::Count => format!("{mean:.0}"),
        Unit::Ms => format!("{mean:.1}"),
    }
}

/// A difference to `exact`, and half the width of its interval.
fn difference(unit: Unit, exact: f64, (difference, half): (f64, f64)) -> String {
    let percent = |value: f64| 100.0 * value / exact;
    match unit {
        Unit::Share => format!("{difference:+.2} ± {half:.2}"),
        Unit::Count => format!("{:+.2} ± {:.2} %", percent(difference), percent(half)),
        // Below this everything is stored at its first attempt.
        Unit::Ms if exact < 0.05 => format!("{difference:+.1} ± {half:.1}"),
        Unit::Ms => format!("{difference:+.1} ± {half:.1} ({:+.1} %)", percent(difference)),
    }
}

/// Values of one quantity, one a replicate.
struct Sample {
    mean: f64,
    /// Of the mean.
    variance: f64,
    freedom: f64,
}

impl Sample {
    fn of(values: &[Values], index: usize) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().map(|it| it[index]).sum::<f64>() / count;
        let square = |it: &Values| (it[index] - mean) * (it[index] - mean);
        let variance = values.iter().map(square).sum::<f64>() / (count - 1.0) / count;
        Self { mean, variance, freedom: count - 1.0 }
    }

    /// The difference to `other`, and half the width of its interval of 95 %.
    fn less(&self, other: &Self) -> (f64, f64) {
        let variance = self.variance + other.variance;
        let half = if variance > 0.0 {
            let part = |it: &Self| it.variance * it.variance / it.freedom;
            let freedom = variance * variance / (part(self) + part(other));
            student(freedom) * variance.sqrt()
        } else {
            0.0
        };
        (self.mean - other.mean, half)
    }
}

/// The quantile of 97.5 % of Student's t, from 2 degrees of freedom on good to 0.01: a table, then
/// the expansion by Cornish and Fisher.
fn student(freedom: f64) -> f64 {
    const FEW: [f64; 4] = [12.706, 4.303, 3.182, 2.776];
    if freedom < 5.0 {
        return FEW[(freedom as usize).clamp(1, 4) - 1];
    }
    let z = 1.959_964_f64;
    let (square, per) = (z * z, 1.0 / (4.0 * freedom));
    let first = square + 1.0;
    let second = (5.0 * square + 16.0) * square + 3.0;
    let third = ((3.0 * square + 19.0) * square + 17.0) * square - 15.0;
    z * (1.0 + per * (first + per * (second / 6.0 + per * third / 6.0)))
}
