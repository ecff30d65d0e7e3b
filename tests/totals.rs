//! What is told twice is told alike: intervals, shards, producers and consumers add up to totals.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::outcome::{Ended, Outcome, ShardFlow, Writes};
use kinesim::model::plan::{ProducerPlan, ReaderPlan};
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;

use crate::play::play;
use crate::text::scenario;

const BUSY: &str = r#"
    [scenario]
    duration = "62500 ms"
    warm_up = "7 s"
    interval = "1 s"
    [stream]
    shard_count = 2
    [[producer]]
    rate = "1800/s"
    record_size = { median = "400 B", p99 = "2 KiB" }
    partition_key = { dist = "zipf", count = 50, exponent = 1.0 }
    retry = { max_attempts = 3, backoff = "200 ms" }
    [[producer]]
    rate = "900/s"
    record_size = "100 B"
    api = "PutRecords"
    linger = "150 ms"
    resend = { max_attempts = 2, backoff = "100 ms" }
    [[reader]]
    get_records = { every = "500 ms", limit = 900 }
    processing = { per_call = "20 ms", per_record = "0.9 ms" }
    threads = 2
    [[reader]]
    starting_position = "LATEST"
"#;

fn sum<'a>(writes: impl IntoIterator<Item = &'a Writes>) -> Writes {
    writes.into_iter().fold(Writes::default(), |sum, writes| sum.plus(writes))
}

/// Losses are told by producer, not by shard.
fn without_losses(writes: Writes) -> Writes {
    Writes { lost_records: 0, lost_bytes: 0, ..writes }
}

#[test]
fn writes_add_up() {
    let outcome = play(&scenario(BUSY), None, false);
    let all = outcome.write;
    assert!(all.throttled > 1_000 && all.lost_records > 1_000, "{all:?}");
    assert_eq!(sum(outcome.timeline.iter().map(|flow| &flow.write)), all);
    assert_eq!(sum(outcome.producers.iter().map(|producer| &producer.write)), all);
    let judged = outcome.timeline.iter().filter(|flow| flow.start >= Instant::from_s(7));
    assert_eq!(sum(judged.map(|flow| &flow.write)), outcome.write_judged);
    let lost: u64 = outcome.losses.iter().map(|loss| loss.records).sum();
    assert_eq!(lost, all.lost_records);
    assert_eq!(outcome.write_latency.total(), outcome.write_judged.accepted_records);

    let stream = &outcome.streams[0];
    assert_eq!(sum(stream.shards.iter().map(|shard| &shard.write)), without_losses(all));
    for (place, shard) in stream.shards.iter().enumerate() {
        let rows = || stream.series.flows.iter().skip(place).step_by(stream.shards.len());
        let write = shard.write;
        let records = |of: fn(&ShardFlow) -> u64| rows().map(of).sum::<u64>();
        assert_eq!(records(|row| row.offered_records), write.offered_records);
        assert_eq!(records(|row| row.attempts), write.attempts);
        assert_eq!(records(|row| row.accepted_records), write.accepted_records);
        let bytes = (
            rows().map(|row| row.offered_bytes).sum::<u64>(),
            rows().map(|row| row.attempted_bytes).sum::<u64>(),
            rows().map(|row| row.accepted_bytes).sum::<u64>(),
        );
        let attempted = write.accepted_bytes + write.throttled_bytes;
        assert_eq!(bytes, (write.offered_bytes, attempted, write.accepted_bytes));
        let busiest = rows().map(|row| row.busiest_second_ppm).max();
        assert_eq!(busiest, Some(shard.busiest_second_ppm));
    }
}

#[test]
fn reads_add_up() {
    let outcome = play(&scenario(BUSY), None, false);
    let Outcome { consumers, timeline, .. } = &outcome;
    assert_eq!(timeline.len(), 63);
    let mut read = 0;
    for (number, consumer) in consumers.iter().enumerate() {
        let flows = || timeline.iter().map(|flow| &flow.reads[number]);
        assert_eq!(flows().map(|flow| flow.calls).sum::<u64>(), consumer.calls);
        assert_eq!(flows().map(|flow| flow.throttled_calls).sum::<u64>(), consumer.throttled_calls);
        let handed = flows().map(|flow| flow.records).sum::<u64>();
        let ledger = consumer.ledger;
        assert_eq!(handed, ledger.delivered + ledger.in_hand);
        assert_eq!(ledger.stored, outcome.write.accepted_records);
        // The second reader begins at its first polls, within the first second.
        assert_eq!(ledger.before_start > 0, number == 1);
        let last = timeline.last().map(|flow| flow.reads[number].backlog_records);
        assert_eq!(last, Some(ledger.waiting));
        read += handed;
    }
    let rows = &outcome.streams[0].series.flows;
    assert_eq!(rows.iter().map(|row| row.read_records).sum::<u64>(), read);
}

/// Two streams share nothing: together they are what each is alone.
#[test]
fn streams_do_not_touch_each_other() {
    let one = scenario(BUSY);
    let text = BUSY.replace("shard_count = 2", "shard_count = 3").replace("1800/s", "700/s");
    let text = text.replace("[[producer]]", "[[producer]]\nname = \"other-NUMBER\"");
    let text = text.replacen("NUMBER", "a", 1).replacen("NUMBER", "b", 1);
    let text = text.replace("[[reader]]", "[[reader]]\nname = \"reader-NUMBER\"");
    let other = scenario(&text.replacen("NUMBER", "a", 1).replacen("NUMBER", "b", 1));
    let mut both = one.clone();
    both.plan.streams.extend(other.plan.streams.iter().cloned());
    for producer in &other.plan.producers {
        let producer = producer.clone();
        both.plan.producers.push(ProducerPlan { stream: 1, ..producer });
    }
    for reader in &other.plan.readers {
        let reader = reader.clone();
        both.plan.readers.push(ReaderPlan { stream: 1, ..reader });
    }
    let both = play(&both, None, false);
    for (number, alone) in [one, other].iter().enumerate() {
        let alone = play(alone, None, false);
        let stream = |of: &Outcome, number: usize| format!("{:?}", of.streams[number]);
        assert!(stream(&both, number) == stream(&alone, 0), "stream {number}");
        for consumer in &alone.consumers {
            let found = both.consumers.iter().find(|it| it.name == consumer.name);
            let found = found.map(|it| (it.ledger, it.calls, &it.iterator_age, &it.latency));
            let wanted =
                (consumer.ledger, consumer.calls, &consumer.iterator_age, &consumer.latency);
            assert!(found == Some(wanted), "{}", consumer.name);
        }
    }
    assert_eq!(both.timeline.last().map(|flow| flow.open_shards), Some(5));
}

#[test]
fn a_run_without_time_and_one_without_memory_balance_too() {
    let mut scenario = scenario(BUSY);
    let outcome = play(&scenario, Some(Instant::ZERO), false);
    assert_eq!((outcome.until, outcome.timeline.len()), (Instant::ZERO, 0));
    assert_eq!(outcome.write, Writes::default());
    scenario.plan.readers[0].per_record = Span::from_s(1);
    scenario.plan.memory_limit = Bytes::mib(1);
    let outcome = play(&scenario, None, false);
    assert_eq!(outcome.ended, Ended::MemoryLimit { limit: Bytes::mib(1) });
    assert!(outcome.until < Instant::from_s(60) && outcome.consumers[0].ledger.waiting > 20_000);
}
