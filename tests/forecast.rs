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

/// Each of two instances has a burst of 40 a second, and a call takes no more than one tick.
#[test]
fn a_call_takes_a_burst() {
    let text = "scenario.duration = \"1 min\"\n[stream]\nshard_count = 2\n[[producer]]\n\
                instances = 2\nrate = { constant = \"80/s\", arrivals = \"bursty\", burst = { \
                size = 40, every = \"1 s\" } }\nrecord_size = \"900 B\"\napi = \"PutRecords\"\n";
    let scenario = load("bursts", "bursts", text, &[], &Beside(PathBuf::new())).unwrap();
    let wanted = Forecast::new(&scenario.plan).producers[0].records_per_call;
    assert!((wanted - 40.0).abs() < 1e-9, "{wanted}");
    let outcome = play(&scenario, None, false);
    let producer = &outcome.producers[0];
    assert_eq!(producer.write.offered_records, 40 * producer.calls);
}

/// MD5 of "a" begins with 0x0c, of "abc" with 0x90 (RFC 1321, A.5): the lower and the upper of two
/// shards. Half of the time one has everything, then the other.
#[test]
fn keys_that_change_count_with_their_mean() {
    let forecast = |keys: &str| {
        let text = format!(
            "scenario.duration = \"2 min\"\n[stream]\nshard_count = 2\n[[producer]]\n\
             rate = \"100/s\"\nrecord_size = \"900 B\"\npartition_key = {{ {keys} }}\n"
        );
        let scenario = load("keys", "keys", &text, &[], &Beside(PathBuf::new()))
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let forecast = Forecast::new(&scenario.plan);
        let shards = forecast.streams[0].shards_mean.iter().map(|offer| offer.records);
        (shards.collect::<Vec<_>>(), forecast.producers[0].key_bytes)
    };
    let close = |got: (Vec<f64>, f64), shards: [f64; 2], bytes: f64| {
        let near = |a: &f64, b: &f64| (a - b).abs() < 1e-9;
        assert!(got.0.iter().zip(&shards).all(|(a, b)| near(a, b)), "{got:?}");
        assert!(near(&got.1, &bytes), "{got:?}");
    };
    let hot = "changes = [{ at = \"1 min\", key = \"abc\", share = \"100 %\" }]";
    close(forecast(&format!("values = [\"a\"], {hot}")), [50.0, 50.0], 2.0);
    let values = "values = [\"a\", \"abc\"], weights = [3, 1]";
    close(forecast(values), [75.0, 25.0], 1.5);
    let rotate = "rotate = { every = \"1 min\" }";
    close(forecast(&format!("{values}, {rotate}")), [50.0, 50.0], 2.0);
    // New keys, 36 bytes long, spread over both.
    let hot = "changes = [{ at = \"0 s\", key = \"a\", share = \"50 %\" }]";
    close(forecast(&format!("dist = \"random\", {hot}")), [75.0, 25.0], 18.5);
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
