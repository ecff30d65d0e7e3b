//! What clients' retries do under overload: the table of docs/retries.md, made from the scenario on
//! that page, and the closed forms its numbers come near.

#![expect(clippy::unwrap_used, reason = "a test reports a broken page by failing")]

#[path = "support/play.rs"]
mod play;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kinesim::experiment::outcome::Writes;
use kinesim::model::retry::{RetryPlan, RetryProfile};
use kinesim::scenario::load;

use crate::play::play;

const PAGE: &str = "docs/retries.md";
/// The shard's limit (records/s).
const LIMIT: f64 = 1_000.0;
/// Offered over the limit.
const LOADS: [f64; 3] = [1.2, 2.0, 4.0];

struct NoFiles;

impl kinesim::scenario::Files for NoFiles {
    fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::other(name.to_owned()))
    }
}

/// The writes of the page's scenario with another profile and load, after the warm-up.
fn writes(text: &str, profile: &str, load_factor: f64) -> Writes {
    let rate = format!("{}/s", load_factor * LIMIT);
    let overrides = [
        ("producer.producer.retry".to_owned(), profile.to_owned()),
        ("producer.producer.rate".to_owned(), rate),
    ];
    let scenario = load("retries", PAGE, text, &overrides, &NoFiles).unwrap();
    play(&scenario, None, false).write_judged
}

fn calls(write: &Writes) -> f64 {
    write.attempts as f64 / write.offered_records as f64
}

fn lost(write: &Writes) -> f64 {
    write.lost_records as f64 / write.offered_records as f64
}

/// Calls for each record where every call is stored with the same chance s, whatever came before.
///
/// Of a record 1 - q^m is stored in m attempts, with q = 1 - s. The shard is full: of load L, 1 is
/// stored, so that q^m = 1 - 1/L is lost, and (1 - q^m) / (1 - q) calls are made. With a quota of
/// cost c the retries R that tokens allow are fewer than the attempts: first tries bring L s
/// tokens, a retry that fails takes c, so R = L s / (c q); and the shard is full: s (L + R) = 1.
fn expected_calls(plan: &RetryPlan, load: f64) -> f64 {
    let attempts = f64::from(plan.max_attempts);
    let q = libm::pow(1.0 - 1.0 / load, 1.0 / attempts);
    let unlimited = 1.0 / load / (1.0 - q);
    let Some(cost) = plan.quota.map(|quota| f64::from(quota.throttled)).filter(|cost| *cost > 0.0)
    else {
        return unlimited;
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let s = f64::midpoint(low, high);
        let stored = s * (load + load * s / (cost * (1.0 - s)));
        if stored < 1.0 { low = s } else { high = s }
    }
    (1.0 / (load * low)).min(unlimited)
}

/// `UPDATE_EXPECT=1` writes the table anew.
#[test]
fn the_page_says_what_a_run_shows_and_theory_expects() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let scenario = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut table = "| profile | calls at 1.2 | lost | calls at 2 | lost | calls at 4 | lost |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for (name, profile) in RetryProfile::ALL {
        write!(table, "| `\"{name}\"` |").unwrap();
        for load in LOADS {
            let write = writes(scenario, name, load);
            let (calls, lost) = (calls(&write), lost(&write));
            write!(table, " {calls:.2} | {:.1} % |", lost * 100.0).unwrap();
            let expected = expected_calls(&profile.plan(), load);
            let off = calls / expected - 1.0;
            // Without jitter calls are not independent of one another.
            let mixed = profile != RetryProfile::CppOld;
            assert!(!mixed || off.abs() < 0.03, "{name} at {load}: {calls}, {expected} expected");
            // 288,000 Poisson arrivals vary by 0.2 %, and with them the share that is too many.
            assert!((lost - (1.0 - 1.0 / load)).abs() < 0.012, "{name} at {load}: {lost} lost");
        }
        table.push('\n');
    }
    let (before, rest) = page.split_once("| profile |").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let renewed = format!("{before}{table}\n{after}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, renewed).unwrap();
    } else {
        assert_eq!(
            page, renewed,
            "UPDATE_EXPECT=1 cargo test --test retries writes the table anew"
        );
    }
}
