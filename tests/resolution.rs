//! Quanta against records: every shipped scenario, played both ways.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/play.rs"]
mod play;

use kinesim::experiment::outcome::Outcome;
use kinesim::model::plan::Resolution;
use kinesim::time::{Instant, Span};

use crate::play::{play, shipped};

fn line(what: &str, outcome: &Outcome, wall: f64) {
    let write = &outcome.write;
    let ms = |ns: Option<f64>| ns.map_or(-1.0, |ns| ns / 1e6);
    let p =
        |h: &kinesim::experiment::histogram::Histogram, p| ms(h.percentile(p).map(|v| v as f64));
    print!(
        "{what:>8} {wall:>6.2}s offered {:>9} thr {:.4}% lost {:.4}% calls {:>8} put mean {:.2} p99 {:.2}",
        write.offered_records,
        100.0 * write.throttled as f64 / write.attempts as f64,
        100.0 * write.lost_records as f64 / write.offered_records as f64,
        outcome.producers.iter().map(|it| it.calls).sum::<u64>(),
        ms(outcome.write_latency.mean()),
        p(&outcome.write_latency, 99.0),
    );
    for c in &outcome.consumers {
        print!(
            " | {} del {} lat {:.1}/{:.1}/{:.1} age {:.1}/{:.1}/{:.1}",
            c.name,
            c.ledger.delivered,
            ms(c.latency.mean()),
            p(&c.latency, 50.0),
            p(&c.latency, 99.0),
            ms(c.iterator_age.mean()),
            p(&c.iterator_age, 50.0),
            p(&c.iterator_age, 99.0),
        );
    }
    println!();
}

#[test]
fn table() {
    for (name, scenario) in shipped() {
        if let Ok(only) = std::env::var("ONLY")
            && only != name
        {
            continue;
        }
        let until = Instant::from_s(300);
        println!("== {name}");
        for (what, resolution) in [
            ("exact", Resolution::Exact),
            ("20 ms", Resolution::Quantum(Span::from_ms(20))),
            ("100 ms", Resolution::Quantum(Span::from_ms(100))),
            ("1 s", Resolution::Quantum(Span::from_ms(1000))),
        ] {
            let mut scenario = scenario.clone();
            scenario.plan.resolution = resolution;
            let begun = std::time::Instant::now();
            let outcome = play(&scenario, Some(until), false);
            line(what, &outcome, begun.elapsed().as_secs_f64());
        }
    }
}
