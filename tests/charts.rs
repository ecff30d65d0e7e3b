//! Charts of made-up runs: their SVG, their PNG, and that none fails to draw.

mod support;
#[path = "support/text.rs"]
mod text;

use std::fs;
use std::sync::Arc;

use expect_test::{ExpectFile, expect_file};
use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::outcome::{
    AlarmOutcome, AlarmPoint, Answer, Attempt, Block, FedOutcome, LambdaCounts, LambdaFlow,
    LambdaOutcome, Outcome, ProducerOutcome, ShardSeries,
};
use kinesim::model::alarm::{Alarm, Ratio};
use kinesim::model::hashing::HashKey;
use kinesim::model::plan::{
    Api, ArrivalsPlan, Between, ClientPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, Plan,
    ProducerPlan, ProfilePlan, SizePlan, SourcePlan,
};
use kinesim::model::retry::RetryPlan;
use kinesim::report::chart::{
    Body, Bridge, BridgeBar, Chart, Format, Frontier, FrontierPoint, GridCell, NamedChart,
    Quantity, Spread, SpreadRow, SweepGrid, charts, render,
};
use kinesim::scenario::Scenario;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;
use proptest::prelude::*;
use support::Run;

/// Two of four shards too hot by bytes; one consumer falls behind.
fn overloaded() -> (Scenario, Outcome) {
    Run::new(4, 120, 10)
        .record_bytes(2000)
        .load(|shard, _| [200, 700, 300, 800][shard as usize])
        .burst(1.5)
        .warm_up(20)
        .consumer("fraud", |at| Some(0.5 + at as f64 * 0.25))
        .consumer("archive", |_| Some(0.8))
        .build()
}

/// A day below every limit, and nobody reads.
fn calm() -> (Scenario, Outcome) {
    Run::new(2, 86_400, 7200).load(|_, at| 100 + at / 200).build()
}

/// Two pollers of a shard's five calls, one of them behind for the first 80 s, and a consumer with
/// a pipe of its own.
fn shared_reads() -> (Scenario, Outcome) {
    let (scenario, mut outcome) = Run::new(2, 240, 10)
        .load(|_, _| 300)
        .consumer("dashboard", |_| Some(0.4))
        .consumer("search", |at| Some(if at < 80 { 160.0 - 2.0 * at as f64 } else { 0.5 }))
        .consumer("alerts", |_| Some(0.08))
        .build();
    for (interval, flow) in outcome.timeline.iter_mut().enumerate() {
        let late = 8_u64.saturating_sub(interval as u64);
        let bytes = [3_000_000, if late > 0 { 14_000_000 } else { 3_000_000 }, 3_000_000];
        for (place, read) in flow.reads.iter_mut().enumerate() {
            (read.bytes, read.records) = (bytes[place] * 2, bytes[place] / 250);
            if place < 2 {
                (read.busiest_calls, read.busiest_bytes) = (20 + 5 * place as u64, bytes[place]);
            }
        }
        flow.reads[1].backlog_records = late * 11_000;
        flow.reads[1].backlog_age = Span::from_s(late * 20);
    }
    for (place, consumer) in outcome.consumers.iter_mut().enumerate() {
        let fan_out = place == 2;
        let (low, step) = if fan_out { (72, 1) } else { (5 + 200 * place as u64, 40) };
        consumer.fan_out = fan_out;
        (consumer.calls, consumer.throttled_calls) = if fan_out { (0, 0) } else { (1_000, 250) };
        consumer.backlog_max = if place == 1 { 88_000 } else { 0 };
        consumer.latency = Histogram::new();
        for k in 0..2_000_u64 {
            // The later, the fewer: a value and how often.
            let ms = low + step * (k * k / 160_000);
            consumer.latency.add(ms * 1_000_000, 2_001 - k);
        }
    }
    (scenario, outcome)
}

/// A reader that feeds a second stream, where another one is faster for most and slower for some.
fn chained() -> (Scenario, Outcome) {
    let (mut scenario, mut outcome) = Run::new(2, 240, 10)
        .load(|_, _| 300)
        .consumer("enrich", |_| Some(0.4))
        .consumer("fraud", |_| Some(0.4))
        .build();
    let told = text::scenario(
        "scenario.duration = \"4 min\"\n[[stream]]\nname = \"orders\"\nshard_count = 2\n\
         [[stream]]\nname = \"enriched\"\nshard_count = 2\n[[producer]]\nname = \"web\"\n\
         stream = \"orders\"\nrate = \"600/s\"\nrecord_size = \"500 B\"\n[[producer]]\n\
         name = \"next\"\nstream = \"enriched\"\nsource = \"reader.enrich\"\n[[reader]]\n\
         name = \"enrich\"\nstream = \"orders\"\n[[reader]]\nname = \"fraud\"\n\
         stream = \"enriched\"\n",
    );
    let ages = |half: u64, most: u64| {
        let mut ages = Histogram::new();
        ages.add(half * 1_000_000, 600);
        ages.add(most * 1_000_000, 400);
        ages
    };
    let mut second = outcome.streams[0].clone();
    "orders".clone_into(&mut outcome.streams[0].name);
    "enriched".clone_into(&mut second.name);
    outcome.streams[0].write_latency = ages(15, 100);
    outcome.streams.push(second);
    outcome.consumers[0].latency = ages(300, 4_000);
    outcome.consumers[1].latency = ages(700, 3_500);
    outcome.consumers[1].stream = 1;
    let producer = |name: &str, fed| ProducerOutcome {
        name: name.to_owned(),
        write: outcome.write,
        calls: 0,
        held_records: 0,
        key_count: None,
        top_keys: Vec::new(),
        fed,
    };
    let stored = ages(380, 4_100);
    let fed = FedOutcome { consumer: 0, taken_records: 1_000, made_records: 1_000, stored };
    outcome.producers = vec![producer("web", None), producer("next", Some(fed))];
    scenario.plan = told.plan;
    (scenario, outcome)
}

/// What shared reads are, with all that a provisioned stream can be billed for.
fn paid() -> (Scenario, Outcome) {
    let (mut scenario, mut outcome) = shared_reads();
    let month = outcome.streams[0].used.month.as_mut().expect("a month");
    month.extended_shard_ns = month.shard_ns;
    month.fan_out_shard_ns = month.shard_ns;
    month.fan_out_bytes = 400 << 30;
    month.extended_byte_s = 900 << 50;
    month.long_term_byte_s = 900 << 50;
    month.long_term_read_bytes = 20 << 30;
    scenario.prices.discount = "8 %".parse().expect("a share");
    (scenario, outcome)
}

/// What shared reads are, with outages, a slowdown and a new rate.
fn troubled() -> (Scenario, Outcome) {
    let (mut scenario, outcome) = shared_reads();
    let fault = |at, lasts, kind, target| {
        format!(
            "[[fault]]\nat = \"{at}\"\nfor = \"{lasts}\"\nkind = \"{kind}\"\n\
             target = \"{target}\"\n"
        )
    };
    let told = text::scenario(&format!(
        "scenario.duration = \"4 min\"\nstream.shard_count = 2\n[[producer]]\nname = \"web\"\n\
         rate = \"600/s\"\nrecord_size = \"500 B\"\n[[reader]]\nname = \"dashboard\"\n\
         processing = {{ per_record = \"1 ms\" }}\n[[reader]]\nname = \"search\"\n[[reader]]\n\
         name = \"alerts\"\n[[action]]\nat = \"200 s\"\nkind = \"rate-change\"\n\
         target = \"producer.web\"\nfactor = 2\n{}{}factor = 3\n{}then = \"catch-up\"\n",
        fault("20 s", "20 s", "outage", "reader.search"),
        fault("40 s", "20 s", "slowdown", "reader.dashboard"),
        fault("150 s", "20 s", "producer-outage", "producer.web"),
    ));
    let Plan { producers, readers, faults, actions, .. } = told.plan;
    scenario.plan = Plan { producers, readers, faults, actions, ..scenario.plan };
    (scenario, outcome)
}

/// A function with two lanes a shard that is squeezed from 100 s to 160 s and fails at times, and a
/// record of it that its mapping halves its way to and gives up.
fn functional() -> (Scenario, Outcome) {
    let (mut scenario, mut outcome) =
        Run::new(4, 240, 10).load(|_, _| 300).consumer("fraud", |at| Some(at as f64)).build();
    let told = text::scenario(
        "scenario.duration = \"4 min\"\nstream.shard_count = 4\n[[producer]]\nrate = \"600/s\"\n\
         record_size = \"500 B\"\n[[lambda]]\nname = \"fraud\"\nbatch_size = 200\n\
         parallelization_factor = 2\nreserved_concurrent_executions = 10\n\
         invocation_duration = { fixed = \"100 ms\" }\n[[fault]]\nat = \"100 s\"\n\
         for = \"60 s\"\nkind = \"concurrency-squeeze\"\ntarget = \"lambda.fraud\"\n\
         concurrent_executions = 3\n[[fault]]\nat = \"30 s\"\nfor = \"90 s\"\n\
         kind = \"poison-record\"\ntarget = \"lambda.fraud\"\n",
    );
    let Plan { readers, faults, .. } = told.plan;
    scenario.plan = Plan { readers, faults, ..scenario.plan };
    let squeezed = |interval: u64| (10..16).contains(&interval);
    let flow = |interval: u64| LambdaFlow {
        invocations: 60,
        errors: if interval % 5 == 3 { 12 } else { 0 },
        throttles: if squeezed(interval) { 40 } else { 0 },
        batches: 50,
        batch_records: if squeezed(interval) { 10_000 } else { 50 * (120 + interval) },
        busy_ns: if squeezed(interval) { 29 } else { 42 } * 1_000_000_000,
        concurrency_max: if squeezed(interval) { 3 } else { 7 },
        ..LambdaFlow::default()
    };
    let mut batch_records = Histogram::new();
    batch_records.add(150, 1_200);
    let counts = LambdaCounts {
        invocations: 1_440,
        errors: 60,
        throttles: 240,
        busy_ns: 930_000_000_000,
        concurrency_max: 7,
        ..LambdaCounts::default()
    };
    let consumer = &mut outcome.consumers[0];
    consumer.kind = "lambda";
    consumer.lambda = Some(Box::new(LambdaOutcome {
        counts,
        judged: counts,
        batch_records,
        duration: Histogram::new(),
        timeline: (0..24).map(flow).collect(),
        lanes: 8,
    }));
    outcome.blocks = vec![halved()];
    (scenario, outcome)
}

/// A batch of 200, whose record 120 fails: half by half, then alone four times, 1, 2 and 4 s apart.
fn halved() -> Block {
    let parts = [
        (200, Answer::Failed),
        (100, Answer::Done),
        (100, Answer::Failed),
        (50, Answer::Failed),
        (25, Answer::Done),
        (25, Answer::Failed),
        (12, Answer::Failed),
        (6, Answer::Done),
        (6, Answer::Failed),
        (3, Answer::Failed),
        (1, Answer::Failed),
        (1, Answer::Failed),
        (1, Answer::Failed),
        (1, Answer::Failed),
        (2, Answer::Done),
        (200, Answer::Done),
    ];
    let mut now = Instant::from_s(31);
    let mut tried = Vec::new();
    let (mut pause, mut until) = (1, now);
    for (records, answer) in parts {
        let began = now;
        now = now + Span::from_ms(100 + 2 * u64::from(records));
        tried.push(Attempt { began, ended: now, records, answer });
        if answer == Answer::Failed {
            until = now;
        }
        if records == 1 {
            now = now + Span::from_s(if pause < 8 { pause } else { 0 });
            pause *= 2;
        }
    }
    let attempts = tried.iter().filter(|it| it.answer == Answer::Failed).count() as u64;
    Block {
        fault: 1,
        reader: 0,
        shard: 2,
        lane: Some(1),
        from: Instant::from_s(31),
        until,
        attempts,
        records: 200,
        freed: Some((until, true)),
        tried,
    }
}

/// A run written by one producer with three keys of a quarter, a sixth and a twelfth of all
/// records, and 60 small ones.
fn keyed(mut run: (Scenario, Outcome)) -> (Scenario, Outcome) {
    let mut keys: Vec<String> = (1..=60).map(|n| format!("small-{n}")).collect();
    let mut weights = vec![1.0; 60];
    for (key, weight) in [("tenant-a", 30.0), ("tenant-b", 20.0), ("tenant-c", 10.0)] {
        keys.push(key.to_owned());
        weights.push(weight);
    }
    let plan = KeyPlan {
        names: KeyNames::Listed(Arc::new(keys)),
        weights: KeyWeights::Listed(Arc::new(weights)),
        drift: KeyDrift::None,
        explicit: None,
        placement: 0,
    };
    let rate = ProfilePlan { points: vec![(Instant::ZERO, 2_000.0)], between: Between::Steps };
    run.0.plan.producers = vec![ProducerPlan {
        name: "web".to_owned(),
        stream: 0,
        instances: 1,
        source: SourcePlan::Synthetic {
            rate,
            arrivals: ArrivalsPlan::Even,
            sizes: SizePlan::Constant(Bytes(2_000)),
            keys: plan,
        },
        fed: None,
        client: ClientPlan::direct(Api::PutRecord, RetryPlan::NONE),
    }];
    run.1.producers = vec![ProducerOutcome {
        name: "web".to_owned(),
        write: run.1.write,
        calls: 0,
        held_records: 0,
        key_count: Some(63),
        top_keys: Vec::new(),
        fed: None,
    }];
    run
}

fn chart_of(run: &(Scenario, Outcome), file_stem: &str) -> Chart {
    let named = charts(&run.0, &run.1).into_iter().find(|named| named.file_stem == file_stem);
    named.unwrap_or_else(|| panic!("a chart {file_stem}")).chart
}

fn check_svg(run: &(Scenario, Outcome), file_stem: &str, expected: &ExpectFile) {
    let svg = render(&chart_of(run, file_stem), Format::Svg);
    let svg = String::from_utf8(svg).expect("SVG is text");
    expected.assert_eq(&svg.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn an_overloaded_run_is_drawn_as_before() {
    let run = overloaded();
    check_svg(&run, "overview", &expect_file!["charts/overloaded-overview.svg"]);
    check_svg(&run, "shard-heatmap", &expect_file!["charts/overloaded-shard-heatmap.svg"]);
    check_svg(&run, "iterator-age", &expect_file!["charts/overloaded-iterator-age.svg"]);
    check_svg(&run, "throttled-heatmap", &expect_file!["charts/overloaded-throttled-heatmap.svg"]);
}

#[test]
fn skewed_keys_are_drawn_as_before() {
    let run = keyed(overloaded());
    check_svg(&run, "key-skew", &expect_file!["charts/overloaded-key-skew.svg"]);
    let Body::Skew(skew) = chart_of(&run, "key-skew").body else { panic!("bars") };
    let sum: f64 = skew.bars.iter().map(|bar| bar.share).sum();
    assert!((sum - 100.0).abs() < 1e-9, "{sum}");
    assert!((skew.busiest[0] - 100.0).abs() < 1e-9, "one shard has all");
    assert!((skew.busiest[3] - skew.bars[0].share).abs() < 1e-9, "there are four");
    // The largest key, a quarter of all, is on the shard its MD5 begins with: two bits of four.
    let quarter = HashKey::of("tenant-a").0 >> 126;
    let bar = skew.bars.iter().find(|bar| bar.label == format!("shard {quarter}")).unwrap();
    assert_eq!(bar.keys[0], ("tenant-a".to_owned(), 25.0));
}

/// Shards 1 and 3 of `overloaded` refuse 176 and 276 of 700 and 800 records/s: a shard takes 524.
#[test]
fn refused_records_are_counted_by_shard() {
    let chart = chart_of(&overloaded(), "throttled-heatmap");
    assert_eq!(chart.title, "2 of 4 shards refused 452 records/s; shard 3 61.1 % of them");
    let Body::HeatMap(map) = chart.body else { panic!("a heat map") };
    let totals: Vec<f64> = map.rows.iter().map(|row| row.total).collect();
    assert_eq!(totals, [0.0, 176.0, 0.0, 276.0]);
    assert!(map.rows[3].cells.iter().all(|cell| (cell.mean - 276.0).abs() < 1e-9));
}

#[test]
fn a_calm_run_is_drawn_as_before() {
    check_svg(&calm(), "writes", &expect_file!["charts/calm-writes.svg"]);
}

/// What is drawn faintly ends earlier than the stage before: other records count there.
#[test]
fn stages_of_a_chain() {
    check_svg(&chained(), "end-to-end", &expect_file!["charts/chain-end-to-end.svg"]);
}

#[test]
fn shared_reads_are_drawn_as_before() {
    let run = shared_reads();
    check_svg(&run, "backlog", &expect_file!["charts/shared-backlog.svg"]);
    check_svg(&run, "latency-cdf", &expect_file!["charts/shared-latency-cdf.svg"]);
    check_svg(&run, "read-budget", &expect_file!["charts/shared-read-budget.svg"]);
}

#[test]
fn functions_are_drawn_with_their_lanes_and_limits() {
    let run = functional();
    check_svg(&run, "lambda-concurrency", &expect_file!["charts/functional-concurrency.svg"]);
    check_svg(&run, "blocked-shard", &expect_file!["charts/functional-blocked.svg"]);
    let title = |file_stem: &str| chart_of(&run, file_stem).title;
    // 930 s of invocations in 240 s; 60 of 1,440 failed.
    let used = "Function fraud uses 3.88 of 8 lanes on average; 4.17 % of invocations failed; \
                throttled 240 times";
    assert_eq!(title("lambda-concurrency"), used);
    // 14 attempts of 100 ms and 532 records, 2 ms each, and pauses of 7 s.
    let blocked = "A record blocked lane 2 of shard 2 of fraud for 9.46 s: 11 attempts failed";
    assert_eq!(title("blocked-shard"), blocked);
    let Body::Panels(panels) = chart_of(&run, "lambda-concurrency").body else { panic!("panels") };
    let limits: Vec<&str> = panels[0].limits.iter().map(|limit| limit.label.as_str()).collect();
    assert_eq!(limits, ["8 lanes", "reserved 10"]);
    let steps: Vec<_> = panels[0].limits[1].steps.iter().map(|it| it.value).collect();
    assert_eq!(steps, [Some(10.0), Some(3.0), Some(10.0)]);
}

/// Several have a chart each, by their name; blocks by their fault.
#[test]
fn several_functions_have_a_chart_each() {
    let (mut scenario, mut outcome) = functional();
    scenario.plan.readers.push(scenario.plan.readers[0].clone());
    outcome.consumers.push(outcome.consumers[0].clone());
    outcome.consumers[1].name = "audit".to_owned();
    for flow in &mut outcome.timeline {
        flow.reads.push(flow.reads[0]);
    }
    outcome.blocks.push(Block { fault: 0, reader: 1, ..halved() });
    let stems: Vec<String> =
        charts(&scenario, &outcome).into_iter().map(|named| named.file_stem).collect();
    for stem in [
        "lambda-concurrency-fraud",
        "lambda-concurrency-audit",
        "blocked-shard-fault",
        "blocked-shard-fault-2",
    ] {
        assert!(stems.iter().any(|it| it == stem), "{stem}: {stems:?}");
    }
    draw_all(&scenario, &outcome);
}

#[test]
fn a_bill_is_one_bar_and_its_lines() {
    check_svg(&paid(), "cost", &expect_file!["charts/paid-cost.svg"]);
}

#[test]
fn faults_and_actions_are_marked_as_before() {
    let run = troubled();
    check_svg(&run, "overview", &expect_file!["charts/troubled-overview.svg"]);
    check_svg(&run, "shard-heatmap", &expect_file!["charts/troubled-shard-heatmap.svg"]);
    let alt = chart_of(&run, "overview").alt;
    assert!(
        alt.contains(". At 20 s: search down. At 40 s: search back, dashboard slow. "),
        "{alt}"
    );
    for named in charts(&run.0, &run.1) {
        let has_no_time = matches!(named.chart.body, Body::Curves(_) | Body::Cost(_));
        assert_eq!(named.chart.marks.is_empty(), has_no_time, "{}", named.file_stem);
    }
}

/// Bytes a period of an hour, which rise, are missing and fall; and a share that stays low.
#[test]
fn alarms_are_drawn_with_their_thresholds_and_their_time() {
    let (mut scenario, mut outcome) = calm();
    let alarm = |name: &str, metric: &str, threshold: &str| {
        format!(
            "[[alarm]]\nname = \"{name}\"\nmetric = \"{metric}\"\nthreshold = \"{threshold}\"\n\
             period = \"1 h\"\nevaluation_periods = 2\ntreat_missing_data = \"breaching\"\n\
             comparison_operator = \"GreaterThanThreshold\"\n"
        )
    };
    let told = text::scenario(&format!(
        "stream.shard_count = 2\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"500 B\"\n{}{}",
        alarm("volume", "IncomingBytes", "2 GiB"),
        alarm("full", "write.utilization", "80 %"),
    ));
    let values = [
        |hour: u64| (!(9..14).contains(&hour)).then(|| Ratio::of((hour % 20) << 28)),
        |hour: u64| Some(Ratio { part: 2 + hour % 3, whole: 10 }),
    ];
    for (alarm, value) in told.alarms.iter().zip(values) {
        let mut evaluator = Alarm::new(alarm.rule);
        let point = |hour| {
            evaluator.next(value(hour));
            AlarmPoint { value: value(hour), state: evaluator.state() }
        };
        outcome.alarms.push(AlarmOutcome {
            name: alarm.name.clone(),
            period: alarm.period,
            delay: alarm.delay,
            until: outcome.until,
            points: (0..24).map(point).collect(),
        });
    }
    scenario.alarms = told.alarms;
    let run = (scenario, outcome);
    check_svg(&run, "alarms", &expect_file!["charts/alarms.svg"]);
    // Missing from hour 9 to 13: the last datapoints there are serve until hour 12, in whose range
    // is none. Above 2 GiB from hour 14 to 19; one of two is low in hour 20.
    let title = "volume was in ALARM for 8 h from 13 h 1 min on";
    assert_eq!(chart_of(&run, "alarms").title, title);
}

/// What begins at 86 s is named, and not what ended two seconds before.
#[test]
fn where_room_is_short_beginnings_are_named() {
    let (mut scenario, outcome) = shared_reads();
    let told = text::scenario(
        "scenario.duration = \"4 min\"\nstream.shard_count = 2\n[[producer]]\nrate = \"600/s\"\n\
         record_size = \"500 B\"\n[[reader]]\nname = \"dashboard\"\n\
         processing = { per_record = \"1 ms\" }\n[[reader]]\nname = \"search\"\n[[fault]]\n\
         at = \"50 s\"\nfor = \"34 s\"\nkind = \"outage\"\ntarget = \"reader.search\"\n[[fault]]\n\
         at = \"86 s\"\nfor = \"100 s\"\nkind = \"slowdown\"\ntarget = \"reader.dashboard\"\n\
         factor = 2\n",
    );
    let Plan { readers, faults, .. } = told.plan;
    scenario.plan = Plan { readers, faults, ..scenario.plan };
    let run = (scenario, outcome);
    for stem in ["overview", "shard-heatmap", "backlog"] {
        let svg = render(&chart_of(&run, stem), Format::Svg);
        let svg = String::from_utf8(svg).expect("SVG is text");
        let is_named = |name: &str| svg.lines().any(|line| line.trim() == name);
        let named = ["search down", "dashboard slow", "dashboard as before"].map(is_named);
        assert_eq!((named, is_named("search back")), ([true; 3], false), "{stem}");
    }
}

#[test]
fn titles_of_reads_state_what_the_numbers_say() {
    let run = shared_reads();
    let title = |file_stem: &str| chart_of(&run, file_stem).title;
    // The age is below 10 s from the interval that ends at 90 s on.
    let behind = "Consumer search was up to 88k records behind and is current at 1 min 30 s";
    assert_eq!(title("backlog"), behind);
    // 2 x 250 of 2 x 1,250 calls; 4.5 of 5 calls/s, and 1.7 MB/s of 2.1.
    let budget = "20 % of GetRecords calls refused: 2 pollers share a shard's calls and bytes";
    assert_eq!(title("read-budget"), budget);
    // Half the weight of 2,001 - k lies below k = 586, whose square makes 2 steps of 160,000:
    // 74 ms, and 205 ms and 80 ms; a bucket of the histogram is 0.8 % wide.
    let late = "Half of the records are done after 74.2 ms by alerts, after 284 ms by search";
    assert_eq!(title("latency-cdf"), late);
}

#[test]
fn titles_state_what_the_numbers_say() {
    // 700 and 800 records/s of 2,000 bytes are 133.5 % and 152.6 % of 1,048,576 bytes/s. A shard
    // takes 524 such records: 2,000 offered a second, 200 + 524 + 300 + 524 accepted.
    let run = overloaded();
    let title = |file_stem: &str| chart_of(&run, file_stem).title;
    let hot = "2 of 4 shards were offered more than they can take; the busiest 153 %";
    assert_eq!(title("shard-heatmap"), hot);
    assert!(title("writes").starts_with("22.6 % of attempts throttled; 95.4 % of the capacity"));
    assert_eq!(title("iterator-age"), "Consumer fraud ends 30.2 s behind, still growing");
    assert!(chart_of(&calm(), "writes").title.starts_with("Nothing was throttled"));
}

/// Two in three calls fail within the service: they come to no shard, and are lost.
#[test]
fn what_failed_before_a_shard_saw_it_is_no_load_of_it() {
    let (scenario, mut outcome) = calm();
    let overview = |outcome: &Outcome| chart_of(&(scenario.clone(), outcome.clone()), "overview");
    let mean = |chart: &Chart| -> Vec<Option<f64>> {
        let Body::Panels(panels) = &chart.body else { panic!("an overview is panels") };
        let series = panels.iter().flat_map(|panel| &panel.series);
        let mean = series.filter(|series| series.label == "mean of all shards");
        mean.flat_map(|series| &series.steps).map(|step| step.value).collect()
    };
    let sound = mean(&overview(&outcome));
    let timeline = outcome.timeline.iter_mut().map(|flow| &mut flow.write);
    for write in timeline.chain([&mut outcome.write, &mut outcome.write_judged]) {
        (write.failed, write.failed_bytes) = (2 * write.attempts, 2 * write.accepted_bytes);
        write.attempts += write.failed;
        write.lost_records = 5_000;
    }
    let failing = overview(&outcome);
    assert_eq!(mean(&failing), sound);
    assert!(sound.iter().any(|value| value.is_some_and(|percent| percent > 0.0)));
    assert_eq!(failing.title, "Nothing was throttled, 5k records lost");
}

#[test]
fn a_chart_with_nothing_to_show_is_left_out() {
    let stems = |run: &(Scenario, Outcome)| -> Vec<_> {
        charts(&run.0, &run.1).iter().map(|named| named.file_stem.clone()).collect()
    };
    let all = ["overview", "shard-heatmap", "throttled-heatmap", "writes", "iterator-age", "cost"];
    assert_eq!(stems(&overloaded()), all);
    assert_eq!(stems(&keyed(calm())), ["overview", "shard-heatmap", "key-skew", "writes", "cost"]);
    let shared = ["overview", "shard-heatmap", "writes", "iterator-age", "backlog", "latency-cdf"];
    assert_eq!(stems(&shared_reads())[..6], shared);
    assert_eq!(stems(&shared_reads())[6..], ["read-budget", "cost"]);
    assert_eq!(stems(&calm()), ["overview", "shard-heatmap", "writes", "cost"]);
    assert_eq!(stems(&Run::new(3, 60, 1).build()), ["overview", "cost"]);
}

#[test]
fn a_png_has_its_header_its_size_and_equal_bytes_twice() {
    let run = overloaded();
    let function = functional();
    let all = [charts(&run.0, &run.1), charts(&function.0, &function.1)];
    for NamedChart { file_stem, chart } in all.into_iter().flatten() {
        let png = render(&chart, Format::Png);
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n", "{file_stem}");
        assert_eq!(png[16..24], [0, 0, 4, 176, 0, 0, 2, 163], "1200 x 675: {file_stem}");
        assert!(png.len() > 10_000, "{file_stem} shows something");
        assert_eq!(png, render(&chart, Format::Png), "{file_stem}");
    }
}

#[test]
fn text_that_xml_could_not_hold_is_replaced() {
    let run = Run::new(1, 10, 1).load(|_, _| 5).consumer("<a>&\u{1}\"b\"", |_| Some(1.0)).build();
    let svg = String::from_utf8(render(&chart_of(&run, "iterator-age"), Format::Svg));
    let svg = svg.expect("SVG is text");
    assert!(svg.contains("&lt;a&gt;&amp; "), "markup is escaped");
    assert!(!svg.contains('\u{1}') && !svg.contains("<a>"), "nothing breaks out");
}

#[test]
fn every_text_stays_inside_the_picture() {
    let long = "a-name-that-is-much-longer-than-any-label-beside-a-line-could-ever-be".repeat(3);
    let (scenario, outcome) = Run::new(70, 600, 2)
        .load(|shard, at| 900 + u64::from(shard) * 3 + at % 50)
        .consumer(&long, |at| Some(at as f64))
        .consumer("b", |_| None)
        .build();
    let (mut scenario, outcome) = keyed((scenario, outcome));
    if let SourcePlan::Synthetic { keys, .. } = &mut scenario.plan.producers[0].source {
        let names = (0..63).map(|n| format!("{n}-{long}")).collect();
        keys.names = KeyNames::Listed(Arc::new(names));
    }
    scenario.name = long;
    for named in charts(&scenario, &outcome) {
        let svg = String::from_utf8(render(&named.chart, Format::Svg)).expect("SVG is text");
        for text in svg.split("<text ").skip(1) {
            let place = |name: &str| attribute(text, name).map(str::parse::<f64>);
            let (Some(Ok(x)), Some(Ok(width))) = (place("x"), place("textLength")) else {
                panic!("a place and a width: {text}");
            };
            let left = match attribute(text, "text-anchor") {
                Some("start") => x,
                Some("middle") => x - width / 2.0,
                _ => x - width,
            };
            assert!(left >= 0.0 && left + width <= 12_000.0, "{}: {text}", named.file_stem);
        }
    }
}

/// An attribute of the element a text begins with.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let open = element.split('>').next()?;
    open.split_once(&format!("{name}=\""))?.1.split('"').next()
}

#[test]
fn twenty_thousand_shards_are_drawn() {
    let run = Run::new(20_000, 40, 10).load(|shard, _| u64::from(shard) % 1100).build();
    let chart = chart_of(&run, "shard-heatmap");
    let Body::HeatMap(map) = &chart.body else { panic!("a heat map") };
    assert!(map.rows.len() == 64 && map.rows[0].label == "shard 1099");
    assert!(render(&chart, Format::Svg).len() < 1_000_000);
}

#[test]
fn an_empty_outcome_and_a_run_that_stopped_at_once_are_drawn() {
    for (scenario, outcome) in [overloaded(), functional()] {
        stop_at_once(&scenario, outcome);
    }
}

fn stop_at_once(scenario: &Scenario, mut outcome: Outcome) {
    outcome.until = Instant::ZERO;
    draw_all(scenario, &outcome);
    outcome.timeline.clear();
    outcome.streams[0].series = ShardSeries::default();
    draw_all(scenario, &outcome);
    outcome.streams[0].series.interval = Span::ZERO;
    outcome.streams[0].shards.clear();
    draw_all(scenario, &outcome);
    outcome.streams.clear();
    outcome.consumers.clear();
    draw_all(scenario, &outcome);
}

fn draw_all(scenario: &Scenario, outcome: &Outcome) {
    for named in charts(scenario, outcome) {
        let svg = render(&named.chart, Format::Svg);
        assert!(svg.ends_with(b"</svg>\n"), "{}", named.file_stem);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_run_can_be_drawn(
        shards in prop_oneof![Just(1_u32), 1_u32..=130],
        seconds in 1_u64..=400,
        interval in 1_u64..=100,
        load in prop_oneof![Just(0_u64), 0_u64..=3000, Just(u64::from(u32::MAX) / 400)],
        bytes in prop_oneof![Just(1_u64), 1_u64..=1_000_000],
        age in prop_oneof![Just(0.0), 0.0..10.0, 0.0..1e9],
    ) {
        let (scenario, outcome) = Run::new(shards, seconds, interval.max(seconds / 360 + 1))
            .load(move |shard, at| load / (1 + u64::from(shard) % 7) * (at % 3))
            .record_bytes(bytes)
            .consumer("one", move |at| (at % 5 > 0).then_some(age * at as f64 / 400.0))
            .build();
        draw_all(&scenario, &outcome);
    }

    #[test]
    fn any_numbers_can_be_drawn(values in prop::collection::vec(any::<u64>(), 12)) {
        let (mut scenario, mut outcome) = overloaded();
        outcome.until = Instant::from_ns(values[0]);
        outcome.interval = Span::from_ns(values[1]);
        outcome.write.offered_records = values[2];
        outcome.write.attempts = values[3];
        outcome.write.throttled = values[4];
        outcome.streams[0].series.interval = Span::from_ns(values[5]);
        outcome.streams[0].limit_bytes_per_s = values[6];
        scenario.plan.streams[0].retention = Span::from_ns(values[7]);
        for flow in &mut outcome.timeline {
            flow.write.accepted_bytes = values[8];
            flow.write.throttled_bytes = values[9];
            flow.peak_offered_records = values[10];
            flow.reads[0].age_max = Some(Span::from_ns(values[11]));
        }
        draw_all(&scenario, &outcome);
    }

    #[test]
    fn any_attempts_can_be_drawn(
        times in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u32>()), 0..40),
        (from, until, given_up) in (any::<u64>(), any::<u64>(), any::<bool>()),
    ) {
        let (scenario, mut outcome) = functional();
        let tried = times.into_iter().map(|(began, ended, records)| Attempt {
            began: Instant::from_ns(began),
            ended: Instant::from_ns(ended),
            records,
            answer: if ended % 2 == 0 { Answer::Done } else { Answer::Failed },
        });
        let (from, until) = (Instant::from_ns(from), Instant::from_ns(until));
        let tried = tried.collect();
        let freed = given_up.then_some((until, given_up));
        outcome.blocks = vec![Block { from, until, freed, tried, ..halved() }];
        draw_all(&scenario, &outcome);
    }
}

#[test]
fn the_fonts_are_small_and_licensed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/font/");
    for face in ["Inter-Regular.ttf", "Inter-SemiBold.ttf"] {
        let size = fs::metadata(format!("{folder}{face}")).expect("the font is there").len();
        assert!(size < 30_000, "{face}: {size}");
    }
    let licence = fs::read_to_string(format!("{folder}OFL.txt")).expect("the licence is there");
    assert!(licence.contains("SIL Open Font License, Version 1.1"));
}

/// A sweep's chart as its drawing gets it.
fn of_sweep(title: &str, body: Body) -> Chart {
    Chart {
        title: title.to_owned(),
        subtitle: "What buys what? 5 points of shard_count / batch_size".to_owned(),
        footer: "hot-tenants.toml, seed 7, 5 runs of each point".to_owned(),
        alt: format!("{title}."),
        span_s: 0.0,
        marks: Vec::new(),
        body,
    }
}

/// Points that hold and miss, some with wide intervals, two of them nearly in one place.
#[test]
fn a_frontier_joins_and_names_what_none_beats() {
    let point = |label: &str, cost, value, holds, is_unbeaten| FrontierPoint {
        label: label.to_owned(),
        cost,
        value,
        holds,
        is_unbeaten,
    };
    let points = vec![
        point("8 / 1000", (372.0, 2.0), (900.0, 60.0), false, true),
        point("12 / 1000", (439.0, 3.0), (300.0, 40.0), false, true),
        point("14 / 1000", (475.0, 0.0), (63.0, 0.0), false, true),
        point("14 / 500", (477.0, 0.0), (117.0, 9.0), false, false),
        point("16 / 1000", (504.0, 1.0), (4.0, 0.5), true, true),
        point("16 / 800", (504.5, 1.0), (3.9, 0.5), true, true),
    ];
    let title = "lambda.fraud.iterator_age.p99".to_owned();
    let bound = Some((60.0, "<= 60 s".to_owned()));
    let body = Body::Frontier(Frontier { title, quantity: Quantity::Age, bound, points });
    let chart = of_sweep("The cheapest point that meets every objective costs $504.00", body);
    let svg = String::from_utf8(render(&chart, Format::Svg)).unwrap();
    for name in
        ["8 / 1000", "12 / 1000", "16 / 800", "meets every objective", "misses some", "&lt;= 60 s"]
    {
        assert!(svg.contains(name), "{name}");
    }
    assert!(!svg.contains("14 / 500"), "what is beaten has no name");
    expect_file!["charts/frontier.svg"].assert_eq(&svg);
}

/// A grid with a cell that failed and one that was left out.
#[test]
fn a_grid_prints_each_value_and_frames_what_holds() {
    let cell = |value: Option<f64>, text: &str, holds| {
        let cost = value.map_or(String::new(), |it| format!("${:.2}", 500.0 - it * 20.0));
        Some(GridCell { value, text: text.to_owned(), cost, holds })
    };
    let cells = vec![
        cell(Some(7.67), "7.67 %", false),
        cell(Some(3.2), "3.2 %", false),
        cell(None, "failed", false),
        cell(Some(0.05), "0.05 %", true),
        cell(Some(0.0), "0 %", true),
        None,
    ];
    let list = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect();
    let body = Body::SweepGrid(SweepGrid {
        title: "write.throttled".to_owned(),
        quantity: Quantity::Percent,
        columns: ("batch_size".to_owned(), list(&["200", "500", "20000"])),
        rows: ("shard_count".to_owned(), list(&["8", "16"])),
        cells,
        is_judged: true,
    });
    let chart = of_sweep("2 of 5 combinations meet every objective", body);
    let svg = String::from_utf8(render(&chart, Format::Svg)).unwrap();
    for text in ["7.67 %", "failed", "$499.00", "20000", "framed and bold"] {
        assert!(svg.contains(text), "{text}");
    }
    expect_file!["charts/sweep-grid.svg"].assert_eq(&svg);
}

#[test]
fn a_tornado_shows_what_turns_the_verdict() {
    use kinesim::experiment::stats::Confidence;
    use kinesim::experiment::study::uncertain::{Point, Tried, Unknown};
    use kinesim::experiment::study::{Row, measures};
    use kinesim::report::study::uncertain::Uncertain;
    let scenario = text::scenario(
        "[stream]\nshard_count = 4\n[[producer]]\nrate = \"4k/s\"\nrecord_size = \"1 KiB\"\n\
         [slo]\nwrite.throttled = \"<= 5 %\"\n",
    );
    let measures: Vec<_> = measures(&scenario).into_iter().take(1).collect();
    let row = |value: f64| Row {
        replicate: 0,
        is_partial: false,
        values: vec![Some(value)],
        met: vec![value <= 0.05],
        lost: (0, 1),
        bill: Vec::new(),
    };
    let unknown = |path: &str, fact, known: &str, tried: &[&str]| Unknown {
        path: path.to_owned(),
        fact,
        known: known.to_owned(),
        centre: "1000".to_owned(),
        tried: tried
            .iter()
            .map(|it| Tried { value: (*it).to_owned(), point: Point::default() })
            .collect(),
    };
    let unknowns = [
        unknown("model.write.enforcer", Some("KDS-W30"), "or tank", &["fixed-window", "tank"]),
        unknown("producer.producer.rate", None, "3k/s to 5k/s", &["3k/s", "5k/s"]),
        unknown("stream.retention_period", None, "1 d to 2 d", &["1 d", "2 d"]),
    ];
    let rows = [
        vec![vec![row(0.035)], vec![row(0.01)]],
        vec![vec![row(0.0)], vec![row(0.09)]],
        vec![vec![row(0.03)], vec![row(0.03)]],
    ];
    let told = Uncertain {
        scenario: &scenario,
        measures: &measures,
        asked: 0,
        unknowns: &unknowns,
        left_out: &[],
        draws: &[],
        unplayed: (0, None),
        centre: &[row(0.03)],
        rows: &rows,
        confidence: Confidence::USUAL,
    };
    let chart = kinesim::report::chart::tornado(&told).expect("something moves");
    assert_eq!(
        chart.alt,
        "producer.producer.rate moves write.throttled most: 0 % to 9.00 %. 3.00 % with everything \
         in the middle. producer.producer.rate: 0 % to 9.00 %, turns the verdict. \
         model.write.enforcer (KDS-W30): 1.00 % to 3.50 %"
    );
    let svg = String::from_utf8(render(&chart, Format::Svg)).expect("SVG is text");
    expect_file!["charts/tornado.svg"].assert_eq(&svg);
    assert!(!render(&chart, Format::Png).is_empty());

    // A bound that would leave no room for the bars is told in words.
    let close = [0, 1, 2].map(|_| vec![vec![row(0.0301)], vec![row(0.03)]]);
    let chart = kinesim::report::chart::tornado(&Uncertain { rows: &close, ..told });
    let subtitle = chart.expect("something moves").subtitle;
    assert!(subtitle.ends_with("; the objective, <= 5 %, lies far beyond"), "{subtitle}");
}

/// Dots that lie apart and dots in one place, a bound within and beyond them.
#[test]
fn a_spread_shows_every_run_its_interval_and_the_bound() {
    let row = |label: &str, dots: &[f64], interval, bound, range| SpreadRow {
        label: label.to_owned(),
        value: "7.67 % ± 0.041 %".to_owned(),
        note: "<= 0.1 % in 0 of 4".to_owned(),
        dots: dots.to_vec(),
        mean: Some(dots.iter().sum::<f64>() / dots.len() as f64),
        interval,
        bound,
        range,
        ends: ("0 %".to_owned(), "10 %".to_owned()),
    };
    let rows = vec![
        row("write.throttled", &[7.0, 7.5, 8.0, 8.2], Some((7.1, 8.2)), Some(0.0), (0.0, 10.0)),
        row("records.lost", &[4.0; 4], Some((4.0, 4.0)), None, (4.0, 4.0)),
    ];
    let chart = of_sweep("In none of 4 runs do all objectives hold", Body::Spread(Spread { rows }));
    let svg = String::from_utf8(render(&chart, Format::Svg)).unwrap();
    expect_file!["charts/spread.svg"].assert_eq(&svg);
}

#[test]
fn a_bridge_leads_from_one_sum_to_the_other() {
    let bar = |label: &str, amount: &str, from: f64, to: f64, is_sum| BridgeBar {
        label: label.to_owned(),
        amount: amount.to_owned(),
        from,
        to,
        is_sum,
    };
    let bars = vec![
        bar("before", "$366.98", 0.0, 366.98, true),
        bar("shard_hours", "+$54.75", 366.98, 421.73, false),
        bar("lambda_requests", "-$3.67", 421.73, 418.06, false),
        bar("after", "$418.06", 0.0, 418.06, true),
    ];
    let title = "after costs $418.06 a month, 13.9 % more than before";
    let svg = render(&of_sweep(title, Body::Bridge(Bridge { bars })), Format::Svg);
    expect_file!["charts/bridge.svg"].assert_eq(&String::from_utf8(svg).unwrap());
}
