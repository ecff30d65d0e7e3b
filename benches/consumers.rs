//! What consumers cost: the same load with a plain reader and with others, record by record and in
//! quanta, one after the other in the same minutes.
//!
//! 1,000 shards take 1,000,000 records a second. Told is the time on the processor of a run with
//! all its metrics, and its ratio to that of the plain reader of the same round.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/busy.rs"]
mod busy;
#[path = "support/play.rs"]
mod play;
#[path = "support/mod.rs"]
mod support;
#[path = "../tests/support/text.rs"]
mod text;

use std::time::Duration;

use kinesim::time::Span;

use crate::busy::busy_time;
use crate::play::Play;
use crate::support::Arguments;

const LAMBDA: &str = r#"
        [[lambda]]
        batch_size = 100
        invocation_duration = { fixed = "20 ms", per_record = "0.1 ms" }
        "#;
const TWO_LANES: &str = "parallelization_factor = 2\n";
const FIREHOSE: &str = r#"
        [[firehose]]
        buffering_hints = { size = "64 MiB", interval = "60 s" }
        "#;

/// Consumers of one stream, as the lines that a scenario has of them.
const CONSUMERS: [(&str, &[&str]); 5] = [
    ("plain reader", &["[[reader]]\n"]),
    ("lambda", &[LAMBDA, TWO_LANES]),
    ("lambda, one lane", &[LAMBDA]),
    ("firehose", &[FIREHOSE]),
    ("lambda and firehose", &[LAMBDA, TWO_LANES, FIREHOSE]),
];

const RESOLUTIONS: [&str; 2] = ["exact", "1 s"];

fn main() {
    let arguments = Arguments::read(3);
    let seconds = if arguments.quick { 20 } else { 300 };
    println!("{}\n", support::machine());
    println!("{seconds} s of virtual time, 1,000 shards, 1,000,000 records/s\n");
    println!("| consumer | resolution | played [s] | record [ns] | of the plain reader |");
    println!("|---|---|---:|---:|---:|");
    for _ in 0..arguments.rounds {
        let mut exact = [Duration::ZERO; CONSUMERS.len()];
        for (place, resolution) in RESOLUTIONS.into_iter().enumerate() {
            let mut plain = Duration::ZERO;
            for (number, (name, lines)) in CONSUMERS.into_iter().enumerate() {
                let (played, records) = measure(lines, resolution, seconds);
                if number == 0 {
                    plain = played;
                }
                let ratio = played.as_secs_f64() / plain.as_secs_f64();
                let faster = exact[number].as_secs_f64() / played.as_secs_f64();
                let faster =
                    if place > 0 { format!(", {faster:.0} x faster") } else { String::new() };
                println!(
                    "| {name} | {resolution} | {:.3} | {:.3} | {ratio:.2}{faster} |",
                    played.as_secs_f64(),
                    played.as_nanos() as f64 / records as f64,
                );
                if place == 0 {
                    exact[number] = played;
                }
            }
        }
    }
}

/// How long a run takes, and its records.
fn measure(consumer: &[&str], resolution: &str, seconds: u64) -> (Duration, u64) {
    let consumer = consumer.concat();
    let text = format!(
        r#"
        [scenario]
        duration = "{seconds} s"
        resolution = "{resolution}"
        [account]
        concurrent_executions = 5000
        [stream]
        shard_count = 1000
        [model.write]
        rounding = "none"
        [[producer]]
        rate = "1M/s"
        record_size = "500 B"
        {consumer}
        "#
    );
    let plan = text::scenario(&text).plan;
    let mut play = Play::new(&plan, Span::from_s(10));
    let (played, ()) = busy_time(|| play.play_out());
    (played, play.metrics.written().offered_records)
}
