//! The loop allocates nothing after warm-up: memory that is freed serves again.

#[path = "support/text.rs"]
mod text;

use kinesim::engine;
use kinesim::experiment::metrics::Metrics;
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};

/// Allocations in the second half of a run, and their bytes, with all metrics on.
fn allocations(text: &str) -> (u64, u64) {
    let scenario = text::scenario(text);
    let end = Instant::ZERO + scenario.plan.duration;
    let half = Instant::ZERO + Span::from_ns(end.as_ns() / 2);
    let (mut world, mut agenda) = World::new(&scenario.plan, 0, scenario.interval);
    let metrics = Metrics::new(&scenario.plan, scenario.interval, end);
    let mut metrics = metrics.watching(&scenario.alarms, &scenario.plan, end);
    engine::run(&mut world, &mut agenda, half, &mut metrics);
    let before = metrics.written().attempts;
    let counted = allocation_counter::measure(|| {
        engine::run(&mut world, &mut agenda, end, &mut metrics);
    });
    assert!(metrics.written().attempts > before + 10_000, "the second half is idle");
    (counted.count_total, counted.bytes_total)
}

#[test]
fn an_overload_with_retries() {
    let text = r#"
        [scenario]
        duration = "2 min"
        [stream]
        shard_count = 4
        [[producer]]
        rate = "6k/s"
        record_size = "300 B"
        partition_key = { dist = "zipf", count = 1000, exponent = 0.5 }
        retry = { max_attempts = 4, backoff = "100 ms" }
        [[reader]]
    "#;
    assert_eq!(allocations(text), (0, 0));
}

/// Alarms have all their memory before the run: on writes, on one shard, and on reads.
#[test]
fn alarms_of_every_source() {
    let alarm = |metric: &str, threshold: &str, more: &str| {
        format!(
            "[[alarm]]\nmetric = \"{metric}\"\nthreshold = {threshold}\n{more}\n\
             comparison_operator = \"GreaterThanThreshold\"\n"
        )
    };
    let text = format!(
        "scenario.duration = \"12 min\"\n[stream]\nshard_count = 4\n[[producer]]\n\
         rate = {{ shape = \"on-off\", on = \"1 min\", off = \"1 min\", peak = \"1k/s\" }}\n\
         record_size = \"300 B\"\n[[reader]]\n[[reader]]\nenhanced_fan_out = true\n{}{}{}{}",
        alarm("IncomingRecords", "10_000", "evaluation_periods = 2\ndatapoints_to_alarm = 1"),
        alarm("write.utilization", "\"50 %\"", "shard = 1"),
        alarm("GetRecords.IteratorAgeMilliseconds", "\"1 s\"", "statistic = \"Average\""),
        alarm("SubscribeToShardEvent.Bytes", "\"1 KiB\"", "statistic = \"Minimum\""),
    );
    assert_eq!(allocations(&text), (0, 0));
}

#[test]
fn answers_that_take_time_full_buffers_and_failures() {
    let text = r#"
        [scenario]
        duration = "2 min"
        [stream]
        shard_count = 4
        [[producer]]
        rate = "2k/s"
        instances = 5
        record_size = "300 B"
        latency = { median = "15 ms", p99 = "60 ms" }
        max_in_flight = 8
        buffer = 40
        internal_failure = "1 %"
        [[producer]]
        rate = "3k/s"
        instances = 3
        record_size = "300 B"
        api = "PutRecords"
        latency = "30 ms"
        max_in_flight = 2
        buffer = "1 MiB"
    "#;
    assert_eq!(allocations(text), (0, 0));
}

#[test]
fn a_light_load_and_two_producers() {
    let text = r#"
        [scenario]
        duration = "2 min"
        [stream]
        shard_count = 4
        [[producer]]
        rate = "1k/s"
        record_size = "300 B"
        [[producer]]
        rate = { constant = "500/s", arrivals = "even" }
        instances = 10
        record_size = { median = "900 B", p99 = "4 KiB" }
        [[reader]]
    "#;
    assert_eq!(allocations(text), (0, 0));
}

#[test]
fn every_kind_of_reader() {
    let text = r#"
        [scenario]
        duration = "2 min"
        [stream]
        shard_count = 4
        initial_backlog = { age = "1 min", rate = "1k/s", record_size = "400 B" }
        [[producer]]
        rate = "1k/s"
        record_size = "300 B"
        [[reader]]
        enhanced_fan_out = true
        processing.per_record = "0.1 ms"
        [[reader]]
        get_records = { every = "250 ms", order = "in-turn" }
        processing.per_call = "5 ms"
        retry = "sdk-2026"
        [[reader]]
        get_records.every = "300 ms"
        read_ahead = 3
        processing.per_record = "0.2 ms"
        retry = "java2-legacy"
    "#;
    assert_eq!(allocations(text), (0, 0));
}

#[test]
fn put_records_and_two_readers() {
    let text = r#"
        [scenario]
        duration = "2 min"
        [stream]
        shard_count = 4
        [[producer]]
        rate = "2k/s"
        instances = 5
        record_size = { median = "900 B", p99 = "4 KiB" }
        partition_key = { dist = "zipf", count = 200, exponent = 1.0 }
        api = "PutRecords"
        linger = "100 ms"
        [[reader]]
        get_records.every = "400 ms"
        processing = { per_call = "20 ms", per_record = "0.3 ms" }
        [[reader]]
        get_records.every = "500 ms"
        threads = 2
    "#;
    assert_eq!(allocations(text), (0, 0));
}

#[test]
fn bursts_and_keys_that_change() {
    let text = r#"
        [scenario]
        duration = "2 min"
        [stream]
        shard_count = 8
        [[producer]]
        instances = 20
        rate = { constant = "2k/s", arrivals = "bursty", burst = { size = 40, every = "1 s" } }
        record_size = "300 B"
        retry = false
        partition_key = { dist = "zipf", count = 1000, exponent = 0.5, rotate = { every = "1 s" } }
        [[producer]]
        rate = { shape = "on-off", on = "2 s", off = "3 s", peak = "500/s" }
        record_size = "300 B"
        retry = false
        partition_key = { dist = "random", changes = [{ at = "10 s", key = "a", share = 0.3 }] }
        [[reader]]
    "#;
    assert_eq!(allocations(text), (0, 0));
}

/// In quanta a backlog of two hours becomes one of four: each log may take more memory now and
/// then, and stays below that of 1,600 cohorts of 64 B. Unjoined, it has 14,400.
#[test]
fn a_backlog_in_quanta_that_grows() {
    let text = r#"
        [scenario]
        duration = "4 h"
        resolution = "1 s"
        [stream]
        shard_count = 4
        [[producer]]
        rate = "100/s"
        record_size = "300 B"
        [[reader]]
        [[fault]]
        kind = "outage"
        target = "reader.reader"
        at = "1 s"
        for = "4 h"
    "#;
    let (count, bytes) = allocations(text);
    assert!(count <= 8 && bytes <= 4 * 1_600 * 64, "{count} allocations, {bytes} B");
}
