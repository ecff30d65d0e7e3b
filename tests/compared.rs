//! Alternatives: common random numbers, and what is told of differences.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/text.rs"]
mod text;

use kinesim::experiment::run::Continue;
use kinesim::experiment::stats::Confidence;
use kinesim::experiment::study::compared::{Alternative, Change, is_paired};
use kinesim::experiment::study::{self, Job, Measure, Row};
use kinesim::report::study::compare::Comparison;
use kinesim::report::summary::Style;
use kinesim::scenario::{self, Files, Scenario};

use crate::text::scenario;

struct Beside;

impl Files for Beside {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(path))
    }
}

fn rows(scenario: &Scenario, measures: &[Measure], count: u64) -> Vec<Row> {
    let job = |replicate| Job {
        scenario,
        measures,
        replicate,
        with_other_keys: false,
        until: None,
        max_events: None,
    };
    let jobs: Vec<Job<'_>> = (0..count).map(job).collect();
    study::play(Some(2), &jobs, &|_| Continue::Yes).unwrap()
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (n - 1.0)
}

/// Mean iterator age of hot-tenants on 8 shards, batches of 200 against 250: what the difference
/// varies by from run to run is at least five times less where both have the same random numbers.
#[test]
fn the_same_random_numbers_make_differences_narrow() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/hot-tenants.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let of = |batch: &str| {
        let set = |path: &str, value: &str| (path.to_owned(), value.to_owned());
        let overrides = [
            set("stream.shard_count", "8"),
            set("scenario.duration", "2 min"),
            set("lambda.fraud.batch_size", batch),
        ];
        scenario::load("hot-tenants", "hot-tenants.toml", &text, &overrides, &Beside).unwrap()
    };
    let (a, b) = (of("200"), of("250"));
    let measure = |scenario: &Scenario| {
        study::measure::measure_at(scenario, "lambda.fraud.iterator_age.mean").unwrap()
    };
    let (of_a, of_b) = ([measure(&a)], [measure(&b)]);
    let values =
        |rows: &[Row]| -> Vec<f64> { rows.iter().map(|it| it.values[0].unwrap()).collect() };
    let (x, y) = (values(&rows(&a, &of_a, 10)), values(&rows(&b, &of_b, 10)));
    let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - x).collect();
    let (paired, unpaired) = (variance(&differences), variance(&x) + variance(&y));
    assert!(unpaired >= 5.0 * paired, "{unpaired} against {paired}");
}

const PLAIN: &str = r#"
    [scenario]
    duration = "20 s"
    [stream]
    shard_count = 1
    [[producer]]
    rate = "900/s"
    record_size = "1 KiB"
"#;

#[test]
fn twice_the_shards_cost_twice_the_shard_hours_and_refuse_less() {
    let a = scenario(&PLAIN.replace("900/s", "1500/s"));
    let b = scenario(&PLAIN.replace("900/s", "1500/s").replace("= 1", "= 2"));
    let (of_a, of_b) = (study::measures(&a), study::measures(&b));
    let (x, y) = (rows(&a, &of_a, 4), rows(&b, &of_b, 4));
    let base = Alternative { scenario: &a, measures: &of_a, rows: &x };
    let other = Alternative { scenario: &b, measures: &of_b, rows: &y };
    assert!(is_paired(&a, &b));
    let throttled = other.difference(&base, "write.throttled", Confidence::USUAL).unwrap();
    assert_eq!(throttled.change, Change::Better);
    let cost = other.difference(&base, "cost.month", Confidence::USUAL).unwrap();
    assert_eq!(cost.change, Change::Worse);
    let hours = kinesim::experiment::bill::Item::ShardHours;
    // KDS-P01: 730 h x $0.015.
    assert!((base.cost(Some(hours)).unwrap() - 10.95).abs() < 1e-9);
    assert!((other.cost(Some(hours)).unwrap() - 21.90).abs() < 1e-9);
    assert!(other.difference(&base, "no.such", Confidence::USUAL).is_none());
    let same = base.difference(&base, "records.lost", Confidence::USUAL).unwrap();
    assert_eq!((same.estimate.mean, same.estimate.half_width), (0.0, Some(0.0)));
    assert_eq!(same.change, Change::None);
}

/// Another seed has other random numbers: nothing is paired, and the interval is the wider one of
/// Welch.
#[test]
fn other_seeds_are_not_paired() {
    let a = scenario(PLAIN);
    let b = scenario(&PLAIN.replace("[scenario]", "[scenario]\n    seed = 9"));
    let (of_a, of_b) = (study::measures(&a), study::measures(&b));
    let (x, y) = (rows(&a, &of_a, 4), rows(&b, &of_b, 4));
    let base = Alternative { scenario: &a, measures: &of_a, rows: &x };
    let other = Alternative { scenario: &b, measures: &of_b, rows: &y };
    assert!(!is_paired(&a, &b));
    assert!(other.differences(&base, "write.utilization").is_empty());
    let found = other.difference(&base, "write.utilization", Confidence::USUAL).unwrap();
    assert_eq!(found.estimate.count, 8);
    assert!(found.estimate.half_width.is_some());
}

/// What `compare` tells of both, and its table of money.
fn told(texts: [&str; 2]) -> (String, String, String) {
    let scenarios = texts.map(scenario);
    let measures = scenarios.each_ref().map(study::measures);
    let rows = [0, 1].map(|it| rows(&scenarios[it], &measures[it], 2));
    let alternatives = [0, 1].map(|it| Alternative {
        scenario: &scenarios[it],
        measures: &measures[it],
        rows: &rows[it],
    });
    let comparison = Comparison {
        alternatives: &alternatives,
        asked: Confidence::USUAL,
        confidence: Confidence::USUAL,
        only_cost: false,
    };
    let table = String::from_utf8(comparison.cost_csv()).unwrap();
    let data = comparison.json();
    // KDS-P01: 730 h of two shards.
    let shards = &data["alternatives"][1]["cost"][0];
    assert_eq!((&shards["item"], &shards["quantity"]), (&"shard_hours".into(), &1460.0.into()));
    (comparison.screen(Style::FILE), comparison.markdown(), table)
}

#[test]
fn money_is_told_with_what_it_buys_and_whose_prices() {
    let twice = PLAIN.replace("shard_count = 1", "shard_count = 2");
    let kept = twice.replace("[[producer]]", "retention_period = \"48 h\"\n[[producer]]");
    let (screen, markdown, table) = told([PLAIN, &kept]);
    for part in [
        "  ~ shard_hours ",
        "730 to 1,460 shard-hour ",
        "$10.95 to $21.90 ",
        "+$10.95\n",
        "  + extended_retention ",
        "0 to 1,460 shard-hour ",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(screen.lines().last().unwrap().starts_with("  prices us-east-1, 20"), "{screen}");
    assert!(screen.lines().all(|line| line.chars().count() <= 88), "{screen}");
    let row = "| shard_hours | 730 to 1,460 shard-hour | $10.95 | $21.90 | +$10.95 |";
    assert!(markdown.contains(row), "{markdown}");
    assert!(table.contains("test,shard_hours,10.95,21.9,10.95,730,1460,shard-hour\n"), "{table}");
    assert!(table.contains("test,extended_retention,0,"), "{table}");

    let dearer = twice.clone() + "[prices]\ndiscount = \"8 %\"\n";
    let (screen, ..) = told([PLAIN, &dearer]);
    assert!(screen.ends_with("less 8 %\n") && screen.contains("  test: prices"), "{screen}");
}

#[test]
fn the_heading_says_whose_random_numbers_have_no_partner() {
    let twice = PLAIN.replace("shard_count = 1", "shard_count = 2");
    let (same, ..) = told([PLAIN, &twice]);
    assert!(!same.contains(" but for "), "{same}");
    let renamed = twice.replace("[[producer]]", "[[producer]]\nname = \"web\"");
    let quanta = renamed.replace("[scenario]", "[scenario]\nresolution = \"100 ms\"");
    let (screen, ..) = told([PLAIN, &quanta]);
    let head: Vec<&str> = screen.lines().take_while(|line| !line.is_empty()).collect();
    let head = head.join(" ");
    assert!(head.contains("that only one has (producer, web)"), "{head}");
    assert!(head.ends_with("and those of writing, as resolutions differ"), "{head}");
}
