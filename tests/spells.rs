//! Shards that are followed through several quanta at a time. A sample of every second leaves no
//! two quanta in a row, so that each is played by itself: it must come to the same.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::outcome::{ConsumerOutcome, Outcome, ShardOutcome, Writes};
use kinesim::model::plan::Resolution;
use kinesim::scenario::Scenario;
use kinesim::time::Span;

use crate::play::play;
use crate::text::scenario;

/// Keys by Zipf's law: some shards are overloaded, some near the limit, most are calm.
fn load(shards: u32, every: &str, client: &str) -> String {
    let (rate, keys) = (750 * shards, 33 * shards);
    format!(
        r#"
        [scenario]
        duration = "2 min"
        resolution = "1 s"
        [stream]
        shard_count = {shards}
        [[producer]]
        rate = "{rate}/s"
        record_size = "300 B"
        partition_key = {{ dist = "zipf", count = {keys}, exponent = 0.8 }}
        instances = 40
        {client}
        [[reader]]
        get_records = {{ every = "{every}" }}
        "#
    )
}

/// One by one, and as many in a row as there may be.
fn both(text: &str) -> [Outcome; 2] {
    [1, 120].map(|interval| {
        let scenario = Scenario { interval: Span::from_s(interval), ..scenario(text) };
        play(&scenario, None, false)
    })
}

fn near(what: &str, (one, other): (f64, f64), percent: f64) {
    assert!((other / one - 1.0).abs() < percent / 100.0, "{what}: {one} and {other}");
}

/// What is offered is the same; what becomes of it is, to so much of that.
fn writes_are_near(what: &str, (one, other): (&Writes, &Writes), percent: f64) {
    let offered = |it: &Writes| (it.offered_records, it.offered_bytes);
    assert_eq!(offered(one), offered(other), "{what}");
    let of = |it: &Writes| [it.attempts, it.accepted_records, it.throttled, it.lost_records];
    let most = one.offered_records as f64 * percent / 100.0;
    for (one, other) in of(one).into_iter().zip(of(other)) {
        assert!(one.abs_diff(other) as f64 <= most, "{what}: {one} and {other}");
    }
}

/// Ages that are alike are stated together: off by no more than two records are apart, or 2 %.
fn ages_are_near(what: &str, (one, other): (&Histogram, &Histogram)) {
    let of = |it: &Histogram, part| it.percentile(part).unwrap() as f64;
    let close = |one: f64, other: f64, percent| {
        let off = (one - other).abs();
        let most = f64::max(2e9 / 750.0, percent / 100.0 * one);
        assert!(off < most, "{what}: {one} and {other}");
    };
    close(one.mean().unwrap(), other.mean().unwrap(), 0.2);
    for part in [10.0, 50.0, 90.0, 99.0] {
        close(of(one, part), of(other, part), 2.0);
    }
}

/// The same calls, the same records but for a few at the end, and ages that are near.
fn reads_are_near(what: &str, (one, other): (&Outcome, &Outcome)) {
    let (first, second) = (&one.consumers[0], &other.consumers[0]);
    let calls = |it: &ConsumerOutcome| (it.calls, it.throttled_calls);
    assert_eq!(calls(first), calls(second), "{what}");
    let delivered = (first.ledger.delivered as f64, second.ledger.delivered as f64);
    near(&format!("{what} delivered"), delivered, 0.01);
    ages_are_near(what, (&first.latency, &second.latency));
    ages_are_near(what, (&one.write_latency, &other.write_latency));
}

#[test]
fn many_quanta_in_a_row_come_to_the_same() {
    let batched = "api = \"PutRecords\"\nlinger = \"100 ms\"";
    for (every, client) in [("1 s", ""), ("300 ms", ""), ("2500 ms", ""), ("1 s", batched)] {
        let [one, other] = both(&load(60, every, client));
        let what = format!("{every} {client}");
        // Who is played by itself draws what he would otherwise.
        assert!(one.write.throttled > 100_000, "{what}");
        writes_are_near(&what, (&one.write, &other.write), 0.1);
        assert!(other.wakes * 4 < one.wakes, "{what}: {} {}", one.wakes, other.wakes);
        for (one, other) in one.streams[0].shards.iter().zip(&other.streams[0].shards) {
            let what = format!("{what} {}", one.id);
            // Shards that refuse are followed as well, but for calls of several records: these are
            // seen to the record.
            let followed = client.is_empty() && one.write.throttled > 0;
            if followed {
                writes_are_near(&what, (&one.write, &other.write), 1.0);
            } else {
                assert_eq!(one.write, other.write, "{what}");
            }
            let busiest = |it: &ShardOutcome| {
                (f64::from(it.busiest_second_ppm), it.seconds_over.max(1) as f64)
            };
            let (one, other) = (busiest(one), busiest(other));
            let percent = if followed { 5.0 } else { 1e-9 };
            near(&what, (one.0, other.0), percent);
            near(&what, (one.1, other.1), percent);
        }
        reads_are_near(&what, (&one, &other));
        let age = |it: &Outcome| it.consumers[0].iterator_age.mean().unwrap();
        near("age", (age(&one), age(&other)), 8.0);
    }
}

/// With hundreds of shards that refuse, tokens come in as steadily as rain, and each of these is
/// followed by itself as well: it hardly changes what becomes of all, or any.
#[test]
fn shards_that_refuse_are_followed_too() {
    for (every, tokens) in [("1 s", ""), ("700 ms", ""), ("1 s", "retry = { profile = \"none\" }")]
    {
        let [one, other] = both(&load(600, every, tokens));
        let what = format!("{every} {tokens}");
        assert!(one.write.throttled > 1_000_000, "{what}");
        assert_ne!(one.write, other.write, "{what}: nothing is followed");
        writes_are_near(&what, (&one.write, &other.write), 0.02);
        for (one, other) in one.streams[0].shards.iter().zip(&other.streams[0].shards) {
            writes_are_near(&format!("{what} {}", one.id), (&one.write, &other.write), 1.0);
        }
        reads_are_near(&what, (&one, &other));
    }
}

/// The same, against a run record by record: what is refused and lost, in points of what is sent,
/// and how long records take, from birth to storage and to the end of their processing.
#[test]
fn shards_that_refuse_do_as_record_by_record() {
    let text = load(300, "1 s", "");
    let [single, quanta] = both(&text);
    assert_ne!(single.write, quanta.write, "nothing is followed");
    let mut scenario = scenario(&text);
    scenario.plan.resolution = Resolution::Exact;
    let exact = play(&scenario, None, false);
    let shares = |it: &Outcome| {
        let of = |part: u64, all: u64| 100.0 * part as f64 / all as f64;
        let write = &it.write;
        [of(write.throttled, write.attempts), of(write.lost_records, write.offered_records)]
    };
    for (right, found) in shares(&exact).into_iter().zip(shares(&quanta)) {
        assert!(right > 5.0 && (found - right).abs() < 0.1, "{found} % for {right} %");
    }
    let delivered = |it: &Outcome| it.consumers[0].ledger.delivered as f64;
    near("delivered", (delivered(&exact), delivered(&quanta)), 0.1);
    let mean = |it: &Histogram| it.mean().unwrap();
    near("stored after", (mean(&exact.write_latency), mean(&quanta.write_latency)), 1.0);
    let latency = |it: &Outcome| mean(&it.consumers[0].latency);
    near("done after", (latency(&exact), latency(&quanta)), 0.5);
}

/// What intervals tell adds up to the same, and the busiest second is the busiest second.
#[test]
fn intervals_tell_the_same() {
    let [one, other] = both(&load(60, "1 s", ""));
    let sum = |outcome: &Outcome| {
        outcome.timeline.iter().fold(Writes::default(), |sum, flow| sum.plus(&flow.write))
    };
    writes_are_near("sum", (&sum(&one), &sum(&other)), 0.1);
    assert_eq!(sum(&other), other.write);
    let peaks = |outcome: &Outcome| {
        outcome.timeline.iter().fold([0; 4], |most, flow| {
            [
                most[0].max(flow.peak_offered_records),
                most[1].max(flow.peak_accepted_records),
                most[2].max(flow.peak_attempts),
                most[3].max(u64::from(flow.busiest_second_ppm)),
            ]
        })
    };
    for (one, other) in peaks(&one).into_iter().zip(peaks(&other)) {
        near("peak", (one as f64, other as f64), 2.0);
    }
    let reads = |outcome: &Outcome| {
        outcome
            .timeline
            .iter()
            .fold((0, 0), |sum, flow| (sum.0 + flow.reads[0].calls, sum.1 + flow.reads[0].records))
    };
    let (one, other) = (reads(&one), reads(&other));
    assert_eq!(one.0, other.0);
    near("read", (one.1 as f64, other.1 as f64), 0.01);
}
