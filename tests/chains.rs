//! Chains: what a consumer has processed becomes records of another stream.

#[path = "support/play.rs"]
mod play;

use kinesim::experiment::outcome::{FedOutcome, Outcome, ProducerOutcome};
use kinesim::scenario::{Files, Scenario, load};

use crate::play::play;

/// Every file is this text.
struct One(&'static str);

impl Files for One {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn with(file: &'static str, text: &str) -> Scenario {
    load("test", "test.toml", text, &[], &One(file))
        .unwrap_or_else(|it| panic!("{}", it.render(false)))
}

fn fed(producer: &ProducerOutcome) -> &FedOutcome {
    producer.fed.as_ref().expect("a consumer feeds it")
}

/// Three streams in a row; what the first reader makes of a record, and the second.
fn chain(first: &str, second: &str, more: &str) -> Scenario {
    let text = format!(
        r#"
        scenario.duration = "40 s"
        scenario.seed = 3
        {more}
        [[stream]]
        name = "a"
        shard_count = 2
        [[stream]]
        name = "b"
        shard_count = 2
        [[stream]]
        name = "c"
        shard_count = 2
        [[producer]]
        name = "web"
        stream = "a"
        rate = "300/s"
        record_size = {{ median = "700 B", p99 = "4 KiB" }}
        partition_key = {{ dist = "zipf", count = 50, exponent = 1.0 }}
        [[producer]]
        name = "second"
        stream = "b"
        source = "reader.one"
        records_per_record = {first}
        [[producer]]
        name = "third"
        stream = "c"
        source = "reader.two"
        records_per_record = {second}
        [[reader]]
        name = "one"
        stream = "a"
        processing = {{ per_record = "1 ms" }}
        [[reader]]
        name = "two"
        stream = "b"
        enhanced_fan_out = true
        [[reader]]
        name = "three"
        stream = "c"
        "#
    );
    with("", &text)
}

/// Every record that one stage has delivered is offered by the next, as often as it is to be; the
/// ledger of every run checks the rest.
#[test]
fn records_are_conserved_through_three_streams() {
    for (first, second) in
        [("0", "1"), ("0.5", "1"), ("1", "0.5"), ("1", "3"), ("3", "1"), ("2.25", "0")]
    {
        let outcome = play(&chain(first, second, ""), None, false);
        let ratios = [first, second].map(|ratio| ratio.parse::<f64>().expect("a ratio"));
        for (number, ratio) in ratios.into_iter().enumerate() {
            let (consumer, producer) = (&outcome.consumers[number], &outcome.producers[number + 1]);
            let fed = fed(producer);
            assert_eq!((fed.consumer, fed.taken_records), (number, consumer.ledger.delivered));
            assert_eq!(fed.made_records, producer.write.offered_records);
            let (made, taken) = (fed.made_records as f64, fed.taken_records as f64);
            // Five standard deviations of so many throws.
            let part = ratio - ratio.floor();
            let room = 5.0 * (taken * part * (1.0 - part)).sqrt();
            assert!((made - taken * ratio).abs() <= room, "{first} {second}: {made} of {taken}");
            let write = &producer.write;
            let kept = write.accepted_records + write.lost_records + producer.held_records;
            assert_eq!(write.offered_records, kept);
        }
        assert!(outcome.consumers[0].ledger.delivered > 10_000);
    }
}

/// A record of 1,000 B is offered at 0 s. The first reader asks at its phase p, works for 300 ms,
/// and what it makes is stored at once; the second works for 200 ms.
#[test]
fn end_to_end_is_the_sum_of_all_stages() {
    let text = r#"
        scenario.duration = "10 s"
        [[stream]]
        name = "a"
        shard_count = 1
        [[stream]]
        name = "b"
        shard_count = 1
        [[producer]]
        name = "web"
        stream = "a"
        trace = { file = "t.csv", time = "t", key = "k", size = "n" }
        [[producer]]
        name = "next"
        stream = "b"
        source = "reader.one"
        latency = "20 ms"
        [[reader]]
        name = "one"
        stream = "a"
        enhanced_fan_out = true
        processing = { per_call = "300 ms" }
        [[reader]]
        name = "two"
        stream = "b"
        enhanced_fan_out = true
        processing = { per_call = "100 ms", per_record = "50 ms" }
        "#;
    let outcome = play(&with("t,k,n\n0,a,1000\n0,b,1000\n", text), None, false);
    // Pushed at 0 s, an event arrives after 70 ms; both records are in it. Stored at 370 ms, pushed
    // then, at hand at 440 ms, and done after 100 ms and 50 ms each.
    let ms = |ms: u64| ms * 1_000_000;
    let [one, two] = outcome.consumers.as_slice() else { panic!("two") };
    assert_eq!((one.latency.max(), two.latency.max()), (ms(370), ms(640)));
    assert_eq!(two.latency.percentile(50.0), two.latency.percentile(1.0));
    assert_eq!(two.ledger.delivered, 2);
    // The client learns 20 ms later that it is stored.
    assert_eq!(fed(&outcome.producers[1]).stored.max(), ms(390));
    // Of `write.latency` this is no part.
    assert_eq!((outcome.write_latency.max(), outcome.streams[1].write_latency.total()), (ms(0), 0));
}

/// One key and one shard a stream: whoever reads the last one gets what was put first, first. Ages
/// of what is done at one moment would otherwise not fall.
#[test]
fn order_per_key_is_kept() {
    let file = "t,k,n\n0,a,10\n0.1,b,20\n0.2,a,30\n0.3,a,40\n1.1,b,50\n1.2,a,60\n";
    let text = |keys: &str| {
        format!(
            r#"
            scenario.duration = "20 s"
            [[stream]]
            name = "a"
            shard_count = 1
            [[stream]]
            name = "b"
            shard_count = 4
            [[producer]]
            name = "web"
            stream = "a"
            trace = {{ file = "t.csv", time = "t", key = "k", size = "n" }}
            [[producer]]
            name = "next"
            stream = "b"
            source = "reader.one"
            {keys}
            [[reader]]
            name = "one"
            stream = "a"
            "#
        )
    };
    // Only what is known of a key's hash goes on; it finds the same shard as the key itself.
    let shards = |text: &str| -> Vec<(u64, u64)> {
        let outcome = play(&with(file, text), None, false);
        let of = outcome.streams[1].shards.iter();
        of.map(|it| (it.write.accepted_records, it.write.accepted_bytes)).collect()
    };
    let direct = text("").replace(
        "source = \"reader.one\"",
        "trace = { file = \"t.csv\", time = \"t\", key = \"k\", size = \"n\" }",
    );
    assert_eq!(shards(&text("")), shards(&direct));
    assert_eq!(shards(&text("partition_key = \"same\"\nrecord_size = \"same\"")), shards(&direct));
    // A key of its own takes its room from the data.
    let own = shards(&text("partition_key = \"k\""));
    assert_eq!(own.iter().map(|shard| shard.1).sum::<u64>(), 216);
    assert_eq!(own.iter().filter(|shard| shard.0 > 0).count(), 1);
    // And a size of its own is beside the key, as long as keys are in the mean.
    let sized = shards(&text("record_size = \"100 B\""));
    assert_eq!(sized.iter().map(|shard| shard.1).sum::<u64>(), 606);
}

#[test]
fn a_chain_does_the_same_twice() {
    let scenario = chain("0.7", "1.5", "");
    let [one, two] = [0, 1].map(|_| play(&scenario, None, true).fingerprint);
    assert_eq!(one, two);
    assert!(one.is_some());
}

/// Whether a chain hangs on a reader changes nothing for the first stream.
#[test]
fn what_hangs_on_a_reader_does_not_change_what_it_reads() {
    let with = play(&chain("1", "1", ""), None, false);
    let without = play(&chain("0", "1", ""), None, false);
    let told = |outcome: &Outcome| (outcome.streams[0].write, outcome.consumers[0].ledger);
    assert_eq!(told(&with), told(&without));
    assert_eq!(with.consumers[0].latency, without.consumers[0].latency);
}
