//! What is said of a plan before it is played, against what its run shows.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/play.rs"]
mod play;

use std::fs;
use std::path::{Path, PathBuf};

use kinesim::experiment::finding::{self, foresee};
use kinesim::experiment::forecast::Forecast;
use kinesim::experiment::outcome::Outcome;
use kinesim::scenario::{Files, Scenario, load};
use kinesim::time::Span;

use crate::play::play;

struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        fs::read(self.0.join(path))
    }
}

fn shipped(name: &str) -> (Scenario, Outcome) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let text = fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
    let scenario = load(name, name, &text, &[], &Beside(folder)).unwrap_or_else(|problems| {
        panic!("{}", problems.render(false));
    });
    let outcome = play(&scenario, None, false);
    (scenario, outcome)
}

const SHIPPED: [&str; 9] = [
    "hello",
    "hot-tenants",
    "launch-ramp",
    "llm-requests",
    "load-balancer-day",
    "orders-minutes",
    "shared-reads",
    "tickers",
    "web-clients",
];

/// Counts are Poisson or exact, so five standard deviations of the count; means of sizes within
/// 1 %, by far more than five standard errors of any of these.
#[test]
fn rates_sizes_and_shares_are_those_of_the_run() {
    for name in SHIPPED {
        let (mut scenario, outcome) = shipped(name);
        // Totals are those of the whole run.
        scenario.plan.warm_up = Span::ZERO;
        let forecast = Forecast::new(&scenario.plan);
        for (it, producer) in forecast.producers.iter().zip(&outcome.producers) {
            let (wanted, got) =
                (it.mean_per_s * forecast.judged_s, producer.write.offered_records as f64);
            assert!((wanted - got).abs() <= 5.0 * wanted.sqrt() + 1.0, "{name}: {wanted} {got}");
            let mean = producer.write.offered_bytes as f64 / got;
            assert!((it.record.bytes / mean - 1.0).abs() < 0.01, "{name}: {mean} {it:?}");
        }
        let (stream, run) = (&forecast.streams[0], &outcome.streams[0]);
        assert!(stream.placement.is_some(), "{name}");
        for (offer, shard) in stream.shards_mean.iter().zip(&run.shards) {
            let wanted = offer.records * forecast.judged_s;
            let got = shard.write.offered_records as f64;
            assert!((wanted - got).abs() <= 5.0 * wanted.sqrt() + 1.0, "{name}: {wanted} {got}");
        }
    }
}

/// Records in a call, where the rate does not change: 1 % of 451.
#[test]
fn calls_are_as_full_as_foretold() {
    let calm = "[stream]\nshard_count = 20\n[[producer]]\nrate = \"4.5k/s\"\n\
                record_size = \"900 B\"\n\
                api = \"PutRecords\"\nlinger = \"100 ms\"\n";
    let scenario = load("calm", "calm", calm, &[], &Beside(PathBuf::new())).unwrap();
    let wanted = Forecast::new(&scenario.plan).producers[0].records_per_call;
    let calm = play(&scenario, None, false);
    let got = calm.producers[0].write.offered_records as f64 / calm.producers[0].calls as f64;
    assert!((wanted / got - 1.0).abs() < 0.01, "{wanted} {got}");
}

/// What is foretold comes true: a hot shard, a full stream, few keys, a slow reader.
#[test]
fn every_warning_of_a_plan_is_found_in_its_run() {
    for name in SHIPPED {
        let (scenario, outcome) = shipped(name);
        let codes = |found: Vec<finding::Finding>| -> Vec<&'static str> {
            found.iter().map(|finding| finding.evidence.code()).collect()
        };
        let foretold = codes(foresee(&scenario.plan, &Forecast::new(&scenario.plan)));
        let found = codes(finding::find(&scenario, &outcome));
        let missing: Vec<_> = foretold.iter().filter(|code| !found.contains(code)).collect();
        assert!(missing.is_empty(), "{name}: {missing:?} of {foretold:?}, found {found:?}");
    }
}
