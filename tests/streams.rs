//! Several streams in one file: each does what it does alone, and the account is theirs together.

#![expect(clippy::unwrap_used, reason = "a test reports a broken run by failing")]

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::objective::judge;
use kinesim::experiment::outcome::Outcome;
use kinesim::experiment::{finding, objective};
use kinesim::model::events::ActionKind;
use kinesim::report::chart::charts;
use kinesim::report::summary::{Style, Summary};
use kinesim::report::table;
use kinesim::scenario::Scenario;
use kinesim::time::Span;

use crate::play::play;
use crate::text::scenario;

const HEAD: &str = "[scenario]\nduration = \"2 min\"\nseed = 11\n";
/// Too small for what is written to it, and read slowly.
const ORDERS: &str = "name = \"orders\"\nshard_count = 2\n";
const ORDERS_TABLES: &str = "[[producer]]\nname = \"checkout\"\nSTREAM\nrate = \"1.9k/s\"\n\
    record_size = { median = \"400 B\", p99 = \"3 KiB\" }\n\
    partition_key = { dist = \"zipf\", count = 50, exponent = 0.8 }\n\
    [[reader]]\nname = \"fraud\"\nSTREAM\n\
    get_records = { every = \"500 ms\", limit = 300 }\nprocessing.per_record = \"0.7 ms\"\n";
/// Wide enough, with batches and two kinds of consumers.
const CLICKS: &str = "name = \"clicks\"\nshard_count = 3\n";
const CLICKS_TABLES: &str = "[[producer]]\nname = \"web\"\nSTREAM\ninstances = 3\n\
    rate = \"900/s\"\n\
    record_size = \"700 B\"\napi = \"PutRecords\"\n\
    [[reader]]\nname = \"archive\"\nSTREAM\n[[reader]]\nname = \"live\"\nSTREAM\n\
    enhanced_fan_out = true\n";

fn alone(stream: &str, tables: &str) -> (Scenario, Outcome) {
    played(&format!("{HEAD}[stream]\n{stream}{}", tables.replace("STREAM", "")))
}

fn together(more: &str) -> (Scenario, Outcome) {
    let of = |tables: &str, name: &str| tables.replace("STREAM", &format!("stream = \"{name}\""));
    let (orders, clicks) = (of(ORDERS_TABLES, "orders"), of(CLICKS_TABLES, "clicks"));
    // Not in the order of the streams: places of producers and readers are others than alone.
    played(&format!("{HEAD}[[stream]]\n{ORDERS}[[stream]]\n{CLICKS}{clicks}{orders}{more}"))
}

fn played(text: &str) -> (Scenario, Outcome) {
    let scenario = scenario(text);
    let outcome = play(&scenario, None, false);
    (scenario, outcome)
}

/// The rows of a table for which `column` is `value`, without the columns in `without`.
fn rows(
    run: &(Scenario, Outcome),
    name: &str,
    keep: (&str, &str),
    without: &[&str],
) -> Vec<String> {
    let bytes = (table::find(name).unwrap().write)(&run.0, &run.1);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().unwrap().clone();
    let place = |column: &str| header.iter().position(|it| it == column);
    let kept = place(keep.0);
    let row = |row: csv::StringRecord| {
        if kept.is_some_and(|kept| &row[kept] != keep.1) {
            return None;
        }
        let cells = row.iter().zip(&header).filter(|(_, column)| !without.contains(column));
        Some(cells.map(|(cell, _)| cell.to_owned()).collect::<Vec<_>>().join(","))
    };
    reader.records().filter_map(|it| row(it.unwrap())).collect()
}

/// Every table that tells of one stream, row by row and to the byte.
#[test]
fn two_streams_give_what_each_gives_alone() {
    let both = together("");
    for (stream, text, tables) in
        [("orders", ORDERS, ORDERS_TABLES), ("clicks", CLICKS, CLICKS_TABLES)]
    {
        let one = alone(text, tables);
        for table in ["timeline", "shards", "consumers", "keys"] {
            // `timeline.csv` names the stream only where there are several.
            let compared = |run| rows(run, table, ("StreamName", stream), &["StreamName"]);
            // With a new key for each record there are no most used ones.
            assert!(table == "keys" || !compared(&one).is_empty(), "{table} of {stream}");
            assert_eq!(compared(&both), compared(&one), "{table} of {stream}");
        }
        for producer in &one.1.producers {
            let of = |table, column| rows(&both, table, (column, &producer.name), &[]);
            let alone = |table, column| rows(&one, table, (column, &producer.name), &[]);
            assert_eq!(of("losses", "name"), alone("losses", "name"));
        }
        for consumer in &one.1.consumers {
            let latency = |run| rows(run, "latency", ("subject", &consumer.name), &[]);
            assert_eq!(latency(&both), latency(&one), "{}", consumer.name);
        }
        let place = both.1.streams.iter().position(|it| it.name == stream).unwrap();
        let (of, one) = (&both.1.streams[place], &one.1);
        assert_eq!((of.write, of.write_judged), (one.write, one.write_judged));
        assert_eq!(format!("{:?}", of.write_latency), format!("{:?}", one.write_latency));
    }
}

#[test]
fn objectives_are_of_one_stream_or_of_all() {
    let slo = "[slo]\nwrite.throttled = \"<= 1 %\"\nstream.orders.write.throttled = \"<= 1 %\"\n\
               stream.clicks.write.throttled = \"<= 1 %\"\n\
               stream.clicks.write.offered = \">= 1/s\"\n\
               stream.clicks.write.utilization = \">= 1 %\"\n\
               stream.orders.records.lost = \"<= 1 %\"\n";
    let (scenario, outcome) = together(slo);
    let measured: Vec<f64> =
        judge(&scenario, &outcome).iter().map(|verdict| verdict.measured.unwrap()).collect();
    let (orders, clicks) =
        (alone(ORDERS, ORDERS_TABLES).1.write, alone(CLICKS, CLICKS_TABLES).1.write);
    let refused = (orders.throttled + clicks.throttled) as f64;
    let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-12, "{value}");
    near(measured[0], refused / (orders.attempts + clicks.attempts) as f64);
    near(measured[1], orders.throttled as f64 / orders.attempts as f64);
    near(measured[2], 0.0);
    near(measured[3], clicks.offered_records as f64 / 120.0);
    // Of 3 shards of 1,000 records/s; of bytes they are sent less.
    near(measured[4], clicks.accepted_records as f64 / (3.0 * 120.0 * 1_000.0));
    near(measured[5], orders.lost_records as f64 / orders.offered_records as f64);
    assert!(measured[1] > 0.05, "the run shows something");
}

/// What all streams did is the sum of what each did, in each interval.
#[test]
fn streams_add_up_to_all_of_them() {
    let (_, outcome) = together("");
    for (interval, all) in outcome.timeline.iter().enumerate() {
        let flows: Vec<_> = outcome.streams.iter().map(|it| it.timeline[interval]).collect();
        assert_eq!(flows[0].write.plus(&flows[1].write), all.write);
        assert_eq!(flows.iter().map(|flow| flow.open_shards).sum::<u32>(), all.open_shards);
        let busiest = flows.iter().map(|flow| flow.busiest_second_ppm).max().unwrap();
        assert_eq!(busiest, all.busiest_second_ppm);
    }
}

#[test]
fn each_stream_has_its_line_its_finding_and_its_map() {
    let (scenario, outcome) = together("");
    let (verdicts, findings) =
        (objective::judge(&scenario, &outcome), finding::find(&scenario, &outcome));
    let summary = Summary::new(&scenario, &outcome, &verdicts, &findings);
    let screen = summary.screen(Style { colour: false, unicode: true }, "two.toml");
    assert!(screen.contains("orders: offered 1.8"), "{screen}");
    assert!(screen.contains("clicks: offered 90"), "{screen}");
    let of_orders: Vec<_> = summary.findings.iter().filter(|it| it.subject == "orders").collect();
    assert!(of_orders.iter().any(|finding| finding.text.contains("orders")), "{screen}");
    let next = of_orders.iter().filter_map(|finding| finding.next.as_ref());
    let mut options = next.map(|next| next.options.as_str());
    assert!(options.all(|it| it.starts_with("--set stream.orders.shard_count=")), "{screen}");
    let stems: Vec<_> = charts(&scenario, &outcome).into_iter().map(|it| it.file_stem).collect();
    assert_eq!(stems[..3], ["overview", "shard-heatmap-orders", "shard-heatmap-clicks"]);
    assert!(!stems.contains(&"shard-heatmap".to_owned()));
    let chart = |stem: &str| {
        let named = charts(&scenario, &outcome).into_iter().find(|it| it.file_stem == stem);
        named.unwrap_or_else(|| panic!("{stem}: {stems:?}")).chart
    };
    for name in ["orders", "clicks"] {
        let budget = chart(&format!("read-budget-{name}"));
        assert!(budget.subtitle.starts_with(&format!("Stream {name}. ")), "{}", budget.subtitle);
    }
    // Every record of clicks has a key of its own.
    let skew: Vec<_> = stems.iter().filter(|stem| stem.starts_with("key-skew")).collect();
    assert_eq!(skew, ["key-skew-orders"]);
    let refused = chart("throttled-heatmap").title;
    assert!(refused.contains("orders "), "{refused}");
}

/// Each call starts from what the one before left of its own stream.
#[test]
fn retention_calls_change_the_stream_they_name() {
    let call = |at: u32, call: &str, stream: &str, period: &str| {
        format!(
            "[[action]]\nat = \"{at} s\"\ncall = \"{call}StreamRetentionPeriod\"\n\
             target = \"stream.{stream}\"\nretention_period = \"{period}\"\n"
        )
    };
    let longer = call(10, "Increase", "clicks", "48 h");
    let (scenario, _) = together(&(longer + &call(20, "Increase", "orders", "72 h")));
    let changed: Vec<_> = scenario
        .plan
        .actions
        .iter()
        .map(|action| match action.kind {
            ActionKind::RetentionPeriod { stream, from, to, .. } => (stream, from, to),
            _ => panic!("{action:?}"),
        })
        .collect();
    let hours = |n: u64| Span::from_s(n * 3_600);
    assert_eq!(changed, [(1, hours(24), hours(48)), (0, hours(24), hours(72))]);
    let of = |stream: usize| scenario.plan.streams[stream].name.as_str();
    assert_eq!((of(0), of(1)), ("orders", "clicks"));
}
