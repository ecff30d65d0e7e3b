//! What runs cost whose usage can be counted out.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::bill::{Bill, Item, Mode, Usage};
use kinesim::experiment::finding::{Evidence, find};
use kinesim::experiment::objective::judge;
use kinesim::experiment::outcome::Outcome;
use kinesim::report::chart::charts;
use kinesim::report::table;
use kinesim::scenario::Scenario;
use kinesim::units::Money;

use crate::play::play;
use crate::text::scenario;

const S: u128 = 1_000_000_000;
const HOUR: u128 = 3_600;

fn played(text: &str) -> (Scenario, Outcome) {
    let scenario = scenario(text);
    let outcome = play(&scenario, None, false);
    (scenario, outcome)
}

fn used(outcome: &Outcome) -> Usage {
    outcome.streams[0].used.run
}

/// 10 records/s, each 30 KiB of blob and key, on 2 shards for a minute.
fn steady(more: &str) -> String {
    format!(
        "scenario.duration = \"1 min\"\n{more}\n[stream]\nshard_count = 2\n[[producer]]\n\
         rate = {{ constant = \"10/s\", arrivals = \"even\" }}\nrecord_size = \"30719 B\"\n\
         partition_key = \"k\"\n"
    )
}

/// 600 records of 30 KiB are two units and 30 KiB each; two shards are open for a minute.
#[test]
fn single_records_are_metered_one_by_one() {
    let (_, outcome) = played(&steady("scenario.resolution = \"exact\""));
    let usage = used(&outcome);
    assert_eq!(outcome.write.accepted_records, 600);
    assert_eq!(usage.payload_units, 1_200);
    assert_eq!(usage.metered_bytes, 600 * 30_720);
    assert_eq!((usage.stream_ns, usage.shard_ns), (60 * S, 120 * S));
    assert_eq!((usage.extended_shard_ns, usage.fan_out_shard_ns), (0, 0));
    // A unit of 10 KiB: three each.
    let (_, outcome) = played(&(steady("scenario.resolution = \"exact\"") + TEN_KIB));
    assert_eq!(used(&outcome).payload_units, 1_800);
}

const TEN_KIB: &str = "[prices]\npayload_unit = \"10 KiB\"\n";

/// In quanta nothing is known of a record but its producer: equal records are exact all the same.
#[test]
fn equal_records_are_metered_alike_in_quanta() {
    for unit in ["", TEN_KIB] {
        let text = |grain: &str| steady(&format!("scenario.resolution = \"{grain}\"")) + unit;
        let [exact, quanta] = ["exact", "500 ms"].map(|grain| played(&text(grain)).1);
        assert!(quanta.streams[0].quantum.is_some());
        assert_eq!(quanta.write.accepted_records, 600);
        assert_eq!(used(&quanta), used(&exact));
    }
}

/// Sizes from 1 B to 60 KiB, keys of 36 B: a record has one unit up to 25,564 B of blob, two up to
/// 51,164, three beyond: (25,564 + 2 x 25,600 + 3 x 10,276) / 61,440 units on average.
#[test]
fn sizes_that_differ_are_metered_by_their_distribution_in_quanta() {
    let text = |grain: &str| {
        format!(
            "scenario.duration = \"5 min\"\nscenario.resolution = \"{grain}\"\n[stream]\n\
             shard_count = 20\n[[producer]]\nrate = \"200/s\"\n\
             record_size = {{ min = \"1 B\", max = \"60 KiB\" }}\n"
        )
    };
    let mean = f64::from(25_564 + 2 * 25_600 + 3 * 10_276) / 61_440.0;
    let [exact, quanta] = ["exact", "100 ms"].map(|grain| played(&text(grain)).1);
    let per_record = |outcome: &Outcome| {
        used(outcome).payload_units as f64 / outcome.write.accepted_records as f64
    };
    assert!((per_record(&quanta) / mean - 1.0).abs() < 1e-4, "{}", per_record(&quanta));
    // Some 60,000 draws: a standard error of 0.3 %.
    assert!((per_record(&exact) / mean - 1.0).abs() < 0.01, "{}", per_record(&exact));
    let kib = |outcome: &Outcome| {
        used(outcome).metered_bytes as f64 / outcome.write.accepted_records as f64 / 1_024.0
    };
    assert!((kib(&quanta) / kib(&exact) - 1.0).abs() < 0.01, "{} {}", kib(&quanta), kib(&exact));
}

/// A warm-up of 20 s of the minute: the month is 65,700 times the other 40 s. Shards:
/// 2 x 730 h x 0.015 = 21.90. Units: 400 records of two, 52,560,000 a month, x 0.014 a million =
/// 0.73584. The run has 2 shard-minutes, 0.0005, and 1,200 units, 0.0000168.
#[test]
fn the_month_is_like_what_comes_after_the_warm_up() {
    let text = steady("scenario.resolution = \"exact\"\nscenario.warm_up = \"20 s\"")
        + "[slo]\ncost.month = \"<= $22.63\"\ncost.shard_hours = \"== $21.9\"\n\
           cost.payload_units = \"== $0.73584\"\ncost.run = \"<= $0.000517\"\n\
           stream.stream.cost.month = \"<= $22.63584\"\n";
    let (scenario, outcome) = played(&text);
    let bill = Bill::new(&scenario, &outcome);
    assert_eq!(bill.month.map(|month| month.decimal(6)), Some("22.635840".to_owned()));
    assert_eq!(bill.run, Money(516_800_000));
    let met: Vec<bool> = judge(&scenario, &outcome).iter().map(|verdict| verdict.met).collect();
    assert_eq!(met, [false, true, true, true, true]);
    assert_eq!(judge(&scenario, &outcome)[0].measured, Some(22.635_84));
}

/// Two consumers with enhanced fan-out on three shards for an hour; one is registered when its
/// reader starts, at 30 min, and is there 10 s later. A poller reads beside them.
#[test]
fn consumers_are_metered_for_the_time_they_are_there() {
    let text = "scenario.duration = \"1 h\"\nmodel.fan_out.registration = \"10 s\"\n[stream]\n\
        shard_count = 3\n[[producer]]\nrate = { constant = \"30/s\", arrivals = \"even\" }\n\
        record_size = \"1000 B\"\n\
        partition_key = { dist = \"uniform\", count = 9, format = \"key-{}\" }\n\
        [[reader]]\nname = \"early\"\nenhanced_fan_out = true\n\
        [[reader]]\nname = \"late\"\nenhanced_fan_out = true\nstarts = \"30 min\"\n\
        [[reader]]\nname = \"poller\"\n";
    let (_, outcome) = played(text);
    let usage = used(&outcome);
    let (early, late) = (3_600 - 10, 1_800 - 10);
    assert_eq!(usage.fan_out_shard_ns, 3 * (early + late) * S);
    let read = |number: usize| -> u128 {
        outcome.timeline.iter().map(|flow| u128::from(flow.reads[number].bytes)).sum()
    };
    assert_eq!(usage.fan_out_bytes, read(0) + read(1));
    assert_eq!(usage.polled_bytes, read(2));
    assert!(usage.polled_bytes > 30 * 1_000 * 3_500);
}

/// 48 h of 1,000 B/s with a retention of 48 h: 24 h are included. Without a change the second day
/// keeps on average 12 h of bytes beyond the first day. The shards pay for all of it.
#[test]
fn what_waits_longer_than_a_day_is_metered() {
    let text = |more: &str| {
        format!(
            "scenario.duration = \"48 h\"\nscenario.resolution = \"1 s\"\n[stream]\n\
             shard_count = 1\nretention_period = \"48 h\"\n[[producer]]\n\
             rate = {{ constant = \"1/s\", arrivals = \"even\" }}\nrecord_size = \"999 B\"\n\
             partition_key = \"k\"\n{more}"
        )
    };
    let (_, outcome) = played(&text(""));
    let usage = used(&outcome);
    assert_eq!(outcome.write.accepted_bytes, 48 * 3_600 * 1_000);
    assert_eq!(usage.extended_shard_ns, 48 * HOUR * S);
    assert_eq!(usage.extended_byte_s, 12 * HOUR * 1_000 * 24 * HOUR);
    assert_eq!(usage.long_term_byte_s, 0);
    // A month like this always has 24 h of bytes beyond the first day: 730 h of 86,400,000 B.
    let month = outcome.streams[0].used.month.expect("nothing is warm-up");
    assert_eq!(month.extended_byte_s, 86_400_000 * 730 * HOUR);
    // Decreased to 24 h after 36 h: a quarter of it was there by then, and nothing is extended.
    let (_, outcome) = played(&text(
        "[[action]]\nat = \"36 h\"\ncall = \"DecreaseStreamRetentionPeriod\"\n\
         retention_period = \"24 h\"\n",
    ));
    let usage = used(&outcome);
    assert_eq!(usage.extended_shard_ns, 36 * HOUR * S);
    assert_eq!(usage.extended_byte_s, 6 * HOUR * 1_000 * 12 * HOUR);
    assert_eq!(outcome.streams[0].used.month.expect("as above").extended_byte_s, 0);
}

/// A backlog of 30 d, read from its beginning: what is older than 7 d is retrieval, and what is
/// kept beyond 7 d and 24 h is metered from the first moment.
#[test]
fn old_records_are_retrieved_at_a_price() {
    let text = "scenario.duration = \"10 min\"\n[stream]\nshard_count = 1\n\
        retention_period = \"30 d\"\n\
        initial_backlog = { age = \"30 d\", rate = \"1/s\", record_size = \"100 B\" }\n\
        [[producer]]\nrate = \"1/s\"\nrecord_size = \"999 B\"\npartition_key = \"k\"\n\
        [[reader]]\nstarting_position = \"TRIM_HORIZON\"\n";
    let (scenario, outcome) = played(text);
    let usage = used(&outcome);
    let expired = outcome.consumers[0].ledger.expired as f64;
    let old = 23.0 * 86_400.0 * 100.0;
    // Within an answer of 10 MiB, which the last record's age decides.
    let read = usage.long_term_read_bytes as f64;
    assert!((read - old).abs() < 1.1 * f64::from(10 << 20) + expired * 100.0, "{read} {old}");
    let minutes = 600.0;
    let (extended, long) = (usage.extended_byte_s as f64, usage.long_term_byte_s as f64);
    assert!((extended / (6.0 * 86_400.0 * 100.0 * minutes) - 1.0).abs() < 1e-6, "{extended}");
    assert!((long / (23.0 * 86_400.0 * 100.0 * minutes) - 1.0).abs() < 1e-6, "{long}");
    let bill = Bill::new(&scenario, &outcome);
    let has = |item: Item| bill.lines.iter().any(|line| line.run.item == item);
    assert!(has(Item::LongTermRetrieval) && has(Item::LongTermRetention));
    assert!(has(Item::ExtendedRetention) && !has(Item::FanOutData));
}

/// 100 shards with hardly anything on them: 1,095 dollars a month, where the stream alone is 29.20.
#[test]
fn idle_shards_are_cheaper_by_the_gb() {
    let text = "scenario.duration = \"10 min\"\n[stream]\nshard_count = 100\n[[producer]]\n\
        rate = { constant = \"10/s\", arrivals = \"even\" }\nrecord_size = \"988 B\"\n";
    let (scenario, outcome) = played(text);
    let found = find(&scenario, &outcome).into_iter().find_map(|finding| match finding.evidence {
        Evidence::CheaperMode(it) => Some(it),
        _ => None,
    });
    let found = found.expect("it is cheaper");
    assert_eq!((found.billed, found.other), (Mode::Provisioned, Mode::OnDemandStandard));
    // 10 KiB/s for 2,628,000 s are 25.0626 GiB, x 0.08 = 2.005.
    assert_eq!(found.other_month.decimal(2), "31.21");
    assert_eq!(found.month.decimal(2), "1095.37");
}

/// A shard is polled once a second and always has ten records: an invocation of 50 ms a second, the
/// first of them with a start of 200 ms before it, and the one under way at the end is not billed
/// yet. Two GiB: a second is 2 GB-s. After a warm-up of 20 s there are 40 more, of 50 ms each: in
/// 730 h 2,628,000 requests x 0.20 a million = 0.5256, and 131,400 s or 262,800 GB-s x
/// 0.0000166667 = 4.38000876.
#[test]
fn functions_are_billed_by_invocation_and_by_memory_over_time() {
    let text = steady("scenario.resolution = \"exact\"\nscenario.warm_up = \"20 s\"")
        .replace("shard_count = 2", "shard_count = 1")
        + "[[lambda]]\nname = \"f\"\nmemory_size = \"2048 MiB\"\n\
           invocation_duration = { fixed = \"50 ms\" }\n\
           [slo]\ncost.lambda_requests = \"== $0.5256\"\ncost.lambda_duration = \"== $4.380009\"\n";
    let (scenario, outcome) = played(&text);
    let lambda = outcome.consumers[0].lambda.as_ref().expect("a function");
    assert_eq!((lambda.judged.invocations, lambda.judged.billed_ms), (40, 2_000));
    let bill = Bill::new(&scenario, &outcome);
    let met: Vec<bool> = judge(&scenario, &outcome).iter().map(|verdict| verdict.met).collect();
    assert_eq!(met, [true, true], "{bill:?}");
    let of_run: Vec<_> = bill.lines.iter().filter(|it| it.consumer == Some(0)).collect();
    let names: Vec<_> = of_run.iter().map(|it| it.run.item.name()).collect();
    assert_eq!(names, ["lambda_requests", "lambda_duration"]);
    let counts = &lambda.counts;
    assert_eq!(counts.billed_ms, 200 + 50 * counts.invocations, "each was over");
    assert_eq!(of_run[0].run.quantity, u128::from(counts.invocations));
    assert_eq!(of_run[1].run.quantity, u128::from(counts.billed_ms) * 2_048);
    // A shard, and the units of the month above: 10.95 + 0.73584, and what functions cost.
    assert_eq!(bill.streams.map(|month| month.decimal(6)), Some("11.685840".to_owned()));
    assert_eq!(bill.month.map(|month| month.decimal(6)), Some("16.591449".to_owned()));
    assert_eq!(bill.month_of(None, Some(0)).map(|it| it.decimal(6)), Some("11.685840".to_owned()));
    let csv = (table::find("cost").expect("a table").write)(&scenario, &outcome);
    let csv = String::from_utf8(csv).expect("UTF-8");
    let line = "\n,f,lambda_duration,";
    assert!(csv.contains(line), "{csv}");
    assert!(csv.contains(",262800,4.380009,\"ESM-141, us-east-1, 2026-11\"\n"), "{csv}");
}

/// A record that no invocation digests for 20 s, with retries: every try is billed. Throttled tries
/// cost nothing: a function that may never run is billed nothing at all.
#[test]
fn tries_again_are_billed_and_throttled_ones_are_not() {
    let text = |more: &str| {
        steady("scenario.resolution = \"exact\"")
            + "[[lambda]]\nname = \"f\"\nbatch_size = 10\ncold_start = \"0 s\"\n\
               invocation_duration = { fixed = \"10 ms\" }\n"
            + more
    };
    let (scenario, outcome) = played(&text(
        "bisect_batch_on_function_error = true\n[[fault]]\nkind = \"poison-record\"\n\
         target = \"lambda.f\"\nat = \"10 s\"\nfor = \"20 s\"\n",
    ));
    let counts = outcome.consumers[0].lambda.as_ref().expect("a function").counts;
    assert!(counts.errors >= 5, "the batch, its halves, and again: {counts:?}");
    assert_eq!(counts.billed_ms, 10 * counts.invocations);
    let bill = Bill::new(&scenario, &outcome);
    let requests = bill.lines.iter().find(|it| it.run.item == Item::LambdaRequests);
    assert_eq!(requests.map(|it| it.run.quantity), Some(counts.invocations.into()));
    let (scenario, outcome) = played(&text("reserved_concurrent_executions = 0\n"));
    assert!(outcome.consumers[0].lambda.as_ref().expect("a function").counts.throttles > 0);
    let bill = Bill::new(&scenario, &outcome);
    assert!(bill.lines.iter().all(|it| it.consumer.is_none()));
    assert_eq!(bill.streams_apart(), None);
}

/// Records of 30,719 bytes without their key are billed as 30,720. Without an interval an object
/// takes 4 s and three requests: after a warm-up of 20 s there are 10 in 40 s, with 400 records. In
/// 730 h, 65,700 times that: 751.876831 GiB x 0.029 = 21.804428, x 0.018 = 13.533783, and 1,971,000
/// requests x 0.005 a thousand = 9.855. OpenSearch takes no request to S3.
#[test]
fn delivery_streams_are_billed_by_the_gb_and_by_requests_to_s3() {
    let text = steady("scenario.resolution = \"exact\"\nscenario.warm_up = \"20 s\"")
        .replace("shard_count = 2", "shard_count = 1")
        + "[[firehose]]\nname = \"files\"\ndata_format_conversion = \"PARQUET\"\n\
           buffering_hints = { size = \"64 MiB\", interval = \"0 s\" }\n\
           [[firehose]]\nname = \"search\"\ndestination = \"OpenSearch\"\n\
           buffering_hints = { size = \"5 MiB\", interval = \"0 s\" }\n\
           [slo]\ncost.firehose_conversion = \"== $13.533783\"\ncost.s3_requests = \"== $9.855\"\n\
           cost.firehose_ingest = \"== $43.608856\"\n";
    let (scenario, outcome) = played(&text);
    let of = |place: usize| outcome.consumers[place].firehose.as_ref().expect("a delivery stream");
    let judged = of(0).judged;
    assert_eq!((judged.records, judged.all_objects(), judged.requests), (400, 10, 30));
    assert_eq!(judged.billed_bytes, 400 * 30_720);
    let bill = Bill::new(&scenario, &outcome);
    let met: Vec<bool> = judge(&scenario, &outcome).iter().map(|verdict| verdict.met).collect();
    assert_eq!(met, [true; 3], "{bill:?}");
    let named = |place: usize| {
        let of = bill.lines.iter().filter(move |it| it.consumer == Some(place));
        of.map(|it| (it.run.item.name(), it.run.quantity)).collect::<Vec<_>>()
    };
    let counts = of(0).counts;
    let bytes = u128::from(counts.billed_bytes);
    let requests = u128::from(counts.all_objects()) * 3;
    assert_eq!(
        named(0),
        [("firehose_ingest", bytes), ("firehose_conversion", bytes), ("s3_requests", requests)]
    );
    assert_eq!(named(1), [("firehose_ingest", u128::from(of(1).counts.billed_bytes))]);
    // The streams alone as with functions above, and what Firehose costs.
    assert_eq!(bill.streams.map(|month| month.decimal(6)), Some("11.685840".to_owned()));
    assert_eq!(bill.month.map(|month| month.decimal(2)), Some("78.68".to_owned()));
    let csv = (table::find("cost").expect("a table").write)(&scenario, &outcome);
    let csv = String::from_utf8(csv).expect("UTF-8");
    for line in [
        "\n,files,s3_requests,",
        ",1971,9.855000,\"FH-118, us-east-1, 2026-11\"\n",
        "\n,search,firehose_ingest,",
        ",751.876831,21.804428,\"FH-110, us-east-1, 2026-11\"\n",
    ] {
        assert!(csv.contains(line), "{line}: {csv}");
    }
    let charts = charts(&scenario, &outcome);
    let chart = charts.iter().find(|chart| chart.file_stem == "cost").expect("a chart");
    let listed = "data into Firehose $43.61, conversion to columns $13.53, requests to S3 $9.86";
    assert!(chart.chart.alt.contains(listed), "{}", chart.chart.alt);
}

/// By Direct PUT there is no stream to be billed, and no other mode: 100 records of 5 KiB a second.
#[test]
fn direct_put_is_billed_without_a_stream() {
    let text = "scenario.duration = \"2 min\"\nscenario.resolution = \"exact\"\n[[producer]]\n\
                target = \"firehose.f\"\nrate = { constant = \"100/s\", arrivals = \"even\" }\n\
                record_size = \"1 KiB\"\n[[firehose]]\nname = \"f\"\n\
                delivery_stream_type = \"DirectPut\"\n\
                buffering_hints = { size = \"5 MiB\", interval = \"0 s\" }\n";
    let (scenario, outcome) = played(text);
    let counts = outcome.consumers[0].firehose.as_ref().expect("a delivery stream").counts;
    assert!(counts.records > 11_000, "{counts:?}");
    let bill = Bill::new(&scenario, &outcome);
    let lines: Vec<_> = bill.lines.iter().map(|it| (it.consumer, it.run.quantity)).collect();
    let bytes = u128::from(counts.records) * 5_120;
    assert_eq!(lines, [(Some(0), bytes), (Some(0), counts.requests.into())]);
    assert_eq!(bill.streams_apart(), None);
}

/// What goes to the error output of another destination is in S3.
#[test]
fn the_error_output_takes_requests_to_s3() {
    let text = steady("scenario.resolution = \"exact\"")
        + "[[firehose]]\nname = \"search\"\ndestination = \"OpenSearch\"\n\
           buffering_hints = { size = \"5 MiB\", interval = \"0 s\" }\n\
           retry_options = { duration = \"0 s\" }\n\
           [[fault]]\nkind = \"destination-outage\"\ntarget = \"firehose.search\"\n\
           at = \"10 s\"\nfor = \"20 s\"\n";
    let (_, outcome) = played(&text);
    let counts = outcome.consumers[0].firehose.as_ref().expect("a delivery stream").counts;
    assert!((1..counts.all_objects()).contains(&counts.error_objects), "{counts:?}");
    assert_eq!(counts.requests, 3 * counts.error_objects);
}

/// Fifty idle shards are far cheaper by the GB, however much consumers cost beside them: they are
/// left out of both amounts.
#[test]
fn consumers_do_not_distort_the_comparison_of_modes() {
    let text = |consumer: &str| {
        format!(
            "scenario.duration = \"1 h\"\n[stream]\nshard_count = 50\n[[producer]]\n\
             rate = {{ constant = \"10/s\", arrivals = \"even\" }}\nrecord_size = \"1000 B\"\n\
             [[{consumer}\n"
        )
    };
    let cheaper = |text: &str| {
        let (scenario, outcome) = played(text);
        let found = find(&scenario, &outcome).into_iter().find_map(|it| match it.evidence {
            Evidence::CheaperMode(it) => Some(it),
            _ => None,
        });
        (found.expect("it is cheaper"), Bill::new(&scenario, &outcome))
    };
    let (alone, bill) = cheaper(&text("reader]]"));
    assert!(!alone.apart && bill.streams == bill.month);
    let slow = "lambda]]\nmemory_size = \"10240 MiB\"\n\
                invocation_duration = { fixed = \"2 s\" }";
    // 10 records of 5 KiB a second are 125 GiB a month.
    let dear = "firehose]]\n[prices.firehose]\nin_gb = \"$100\"";
    for consumer in [slow, dear] {
        let (beside, bill) = cheaper(&text(consumer));
        assert!(bill.month > bill.streams.map(|streams| streams + streams));
        assert!(beside.apart);
        assert_eq!((beside.month, beside.other), (alone.month, alone.other));
        assert!(bill.is_in(Mode::Provisioned) && !bill.is_in(Mode::OnDemandStandard));
    }
}

#[test]
fn a_run_within_its_warm_up_has_no_month() {
    let text = steady("scenario.warm_up = \"30 s\"") + "[slo]\ncost.month = \"<= $1000\"\n";
    let scenario = scenario(&text);
    let until = kinesim::time::Instant::from_s(20);
    let outcome = play(&scenario, Some(until), false);
    assert_eq!(outcome.streams[0].used.month, None);
    assert!(!judge(&scenario, &outcome)[0].met);
    assert!(charts(&scenario, &outcome).iter().all(|chart| chart.file_stem != "cost"));
    let csv = (table::find("cost").expect("a table").write)(&scenario, &outcome);
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert!(csv.ends_with("no month: the run ended within its warm-up\n"), "{csv}");
}
