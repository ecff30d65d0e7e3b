//! Quanta against records where answers take time and calls fail before a shard sees them.
//!
//! Each case says how far the means of all replicates may differ: what was measured with these
//! seeds, and some room. Most of it is chance: there are few replicates.

#![expect(clippy::print_stdout, reason = "with --nocapture it prints what docs/quanta.md quotes")]

#[path = "support/text.rs"]
mod text;

use std::fmt::Write as _;

use kinesim::experiment::outcome::{LossCause, Outcome};
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::model::plan::Resolution;
use kinesim::time::Span;

use crate::text::scenario;

const REPLICATES: u64 = 6;
const QUANTA_MS: [u64; 3] = [20, 100, 1_000];

/// What is compared: shares in percent, times in milliseconds, and numbers of records or calls.
const NAMES: [&str; 11] = [
    "throttled [%]",
    "lost to throttling [%]",
    "lost to failures [%]",
    "lost to KMS [%]",
    "put latency, mean [ms]",
    "put latency, p50 [ms]",
    "put latency, p99 [ms]",
    "attempts",
    "failed",
    "calls",
    "delivered",
];

/// How far each of these may be off: points of shares, percent of the rest.
type Tolerances = [f64; 11];

/// A minute of four shards that take 1,000 records a second each.
fn text(resolution: &str, stream: &str, producer: &str, faults: &str) -> String {
    format!(
        "[scenario]\nduration = \"60 s\"\nwarm_up = \"5 s\"\nresolution = \"{resolution}\"\n\
         [stream]\nshard_count = 4\n{stream}\n[model.write]\nrounding = \"none\"\n\
         [[producer]]\nname = \"web\"\ninstances = 20\nrecord_size = \"100 B\"\n{producer}\n\
         [[reader]]\nname = \"reader\"\n{faults}"
    )
}

fn measures(outcome: &Outcome) -> [f64; 11] {
    let (all, judged) = (&outcome.write, &outcome.write_judged);
    let share = |part: u64, of: u64| 100.0 * part as f64 / of.max(1) as f64;
    let lost = |cause: LossCause| {
        let of = outcome.losses.iter().filter(|loss| loss.cause == cause);
        share(of.map(|loss| loss.records).sum(), all.offered_records)
    };
    let latency = &outcome.write_latency;
    let percentile = |p| latency.percentile(p).unwrap_or(0) as f64 / 1e6;
    [
        share(judged.throttled, judged.attempts),
        lost(LossCause::Throttled),
        lost(LossCause::Failed),
        lost(LossCause::KmsThrottled),
        latency.mean().unwrap_or(0.0) / 1e6,
        percentile(50.0),
        percentile(99.0),
        all.attempts as f64,
        all.failed as f64,
        outcome.producers[0].calls as f64,
        outcome.consumers[0].ledger.delivered as f64,
    ]
}

/// The means of all replicates.
fn means(text: &str, resolution: Resolution) -> [f64; 11] {
    let mut scenario = scenario(text);
    scenario.plan.resolution = resolution;
    scenario.interval = Span::from_s(60);
    let mut means = [0.0; 11];
    for replicate in 0..REPLICATES {
        let on_progress = &mut |_| Continue::Yes;
        let outcome = run(&scenario, Options { replicate, ..Options::new(on_progress) });
        assert_eq!(outcome.streams[0].quantum.is_some(), resolution != Resolution::Exact);
        for (mean, one) in means.iter_mut().zip(measures(&outcome)) {
            *mean += one / REPLICATES as f64;
        }
    }
    means
}

fn compare(stream: &str, producer: &str, faults: &str, tolerances: &Tolerances) {
    let text = text("exact", stream, producer, faults);
    let exact = means(&text, Resolution::Exact);
    let (mut told, mut breaches) = (String::new(), 0);
    for ms in QUANTA_MS {
        let quanta = means(&text, Resolution::Quantum(Span::from_ms(ms)));
        for ((name, tolerance), (right, found)) in
            NAMES.iter().zip(tolerances).zip(exact.iter().zip(quanta))
        {
            let whole = if name.ends_with("[%]") { 100.0 } else { *right };
            let off = 100.0 * (found - right) / whole.max(1e-9);
            let breach = (found - right).abs() > tolerance / 100.0 * whole;
            breaches += u32::from(breach);
            let mark = if breach { "beyond" } else { "within" };
            let line = format!("{ms:4} ms, {name}: {found:.3} for {right:.3}, {off:+.3}, ");
            writeln!(told, "{line}{mark} {tolerance}").expect("a text takes all");
        }
    }
    println!("{stream} {producer} {faults}\n{told}");
    assert!(breaches == 0, "{breaches} breaches\n{told}");
}

const OVER: &str = "rate = \"4800/s\"";
const UNDER: &str = "rate = \"3200/s\"";

#[test]
fn an_encrypted_stream_below_its_limit() {
    compare(
        "encryption = true",
        UNDER,
        "",
        &[0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1, 0.3, 0.0, 0.3, 0.3],
    );
}

#[test]
fn an_encrypted_stream_beyond_its_limit() {
    compare(
        "encryption = true",
        OVER,
        "",
        &[0.1, 0.2, 0.0, 0.0, 1.0, 0.1, 5.0, 0.2, 0.0, 0.2, 0.1],
    );
}

/// In forty replicates the mean of put latency is 0.4 to 0.6 % off.
#[test]
fn log_normal_answers_beyond_the_limit() {
    let latency = format!("{OVER}\nlatency = {{ median = \"20 ms\", p99 = \"200 ms\" }}");
    compare("", &latency, "", &[0.1, 0.2, 0.0, 0.0, 1.3, 1.5, 5.0, 0.2, 0.0, 0.2, 0.1]);
}

#[test]
fn log_normal_answers_and_retries_that_come_soon() {
    let latency = format!(
        "{OVER}\nlatency = {{ median = \"20 ms\", p99 = \"200 ms\" }}\n\
         retry = {{ max_attempts = 4, backoff = \"100 ms\", quota = false }}"
    );
    compare("", &latency, "", &[0.2, 0.2, 0.0, 0.0, 0.5, 2.0, 2.0, 0.4, 0.0, 0.4, 0.1]);
}

/// Two in a hundred have waited at all, 25 ms in the mean: the 99th percentile is the median of so
/// few.
#[test]
fn calls_that_fail_below_the_limit() {
    compare(
        "",
        &format!("{UNDER}\ninternal_failure = \"2 %\""),
        "",
        &[0.0, 0.0, 0.1, 0.0, 1.5, 0.0, 7.0, 0.2, 1.0, 0.2, 0.2],
    );
}

#[test]
fn calls_that_fail_beyond_the_limit() {
    compare(
        "",
        &format!("{OVER}\ninternal_failure = \"2 %\""),
        "",
        &[0.1, 0.2, 0.1, 0.0, 1.5, 0.0, 6.0, 0.2, 1.2, 0.2, 0.1],
    );
}

/// Just under half of what is stored is stored at once: the median is that of nothing and of a wait
/// that may be up to seconds, and says nothing.
#[test]
fn calls_that_fail_beyond_the_limit_without_a_quota() {
    let client = "internal_failure = \"5 %\"\nretry = { max_attempts = 4, quota = false }";
    compare(
        "",
        &format!("{OVER}\n{client}"),
        "",
        &[0.2, 0.2, 0.1, 0.0, 0.5, 120.0, 3.0, 0.4, 0.6, 0.4, 0.1],
    );
}

/// The service fails for twenty seconds, and KMS for ten; both for five of them.
const FAULTS: &str = "[[fault]]\nat = \"20 s\"\nfor = \"20 s\"\nkind = \"api-errors\"\n\
                      target = \"producer.web\"\nprobability = 0.3\n\
                      [[fault]]\nat = \"35.05 s\"\nfor = \"10 s\"\nkind = \"kms-throttle\"\n\
                      target = \"stream.stream\"\nprobability = 0.2\n";

#[test]
fn faults_below_the_limit() {
    compare(
        "encryption = true",
        UNDER,
        FAULTS,
        &[0.0, 0.0, 0.2, 0.1, 6.0, 0.1, 3.5, 0.2, 0.3, 0.2, 0.2],
    );
}

#[test]
fn faults_beyond_the_limit() {
    compare(
        "encryption = true",
        OVER,
        FAULTS,
        &[0.6, 0.2, 0.4, 0.1, 5.0, 0.1, 3.0, 0.2, 1.2, 0.2, 0.8],
    );
}

/// Where half of the records lie, few do: that is between those stored at once and those that came
/// again.
#[test]
fn answers_that_slow_down() {
    let fault = "[[fault]]\nat = \"20 s\"\nfor = \"20 s\"\nkind = \"put-latency\"\n\
                 target = \"producer.web\"\nfactor = 3\nlatency = \"300 ms\"\n";
    compare(
        "",
        &format!("{OVER}\nlatency = \"15 ms\""),
        fault,
        &[0.1, 0.2, 0.0, 0.0, 1.0, 8.0, 1.5, 0.2, 0.0, 0.2, 0.1],
    );
}

#[test]
fn calls_of_many_records_that_fail() {
    let client = "api = \"PutRecords\"\nlinger = \"100 ms\"\n\
                  latency = { median = \"20 ms\", p99 = \"60 ms\" }\ninternal_failure = \"1 %\"";
    compare(
        "encryption = true",
        &format!("{UNDER}\n{client}"),
        FAULTS,
        &[0.0, 0.0, 0.1, 0.2, 0.5, 1.0, 1.0, 0.3, 1.0, 3.0, 0.3],
    );
}
