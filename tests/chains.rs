//! Chains: what a consumer has processed becomes records of another stream.

#[path = "support/play.rs"]
mod play;

use kinesim::engine::{self, Probe};
use kinesim::experiment::outcome::{FedOutcome, Outcome, ProducerOutcome};
use kinesim::model::aggregate::{Reason, Unfit, quantum};
use kinesim::model::observation::{Delivered, Observation};
use kinesim::model::world::World;
use kinesim::scenario::{Files, Scenario, load};
use kinesim::time::{Instant, Span};

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

/// Three streams in a row.
const CHAIN: &str = r#"
        scenario.duration = "40 s"
        scenario.seed = 3
        MORE
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
        record_size = { median = "700 B", p99 = "4 KiB" }
        partition_key = { dist = "zipf", count = 50, exponent = 1.0 }
        [[producer]]
        name = "second"
        stream = "b"
        source = "reader.one"
        records_per_record = FIRST
        [[producer]]
        name = "third"
        stream = "c"
        source = "reader.two"
        records_per_record = SECOND
        [[reader]]
        name = "one"
        stream = "a"
        processing = { per_record = "1 ms" }
        [[reader]]
        name = "two"
        stream = "b"
        enhanced_fan_out = true
        [[reader]]
        name = "three"
        stream = "c"
        "#;

/// What the first reader makes of a record, and the second.
fn chain(first: &str, second: &str, more: &str) -> Scenario {
    let text = CHAIN.replace("FIRST", first).replace("SECOND", second).replace("MORE", more);
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

/// Only what is known of a key's hash goes on: it finds the same shard as the key itself.
#[test]
fn keys_and_sizes_go_on_or_are_its_own() {
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

/// What a consumer was delivered, in order.
struct Deliveries {
    reader: u32,
    all: Vec<Delivered>,
    last: Instant,
}

impl Probe<Observation> for Deliveries {
    fn observe(&mut self, at: Instant, what: Observation) {
        assert!(at >= self.last, "moments never decrease");
        self.last = at;
        match what {
            Observation::Delivered(delivered) if delivered.reader == self.reader => {
                self.all.push(delivered);
            }
            _ => {}
        }
    }
}

fn deliveries(scenario: &Scenario, reader: u32) -> Vec<Delivered> {
    let (mut world, mut agenda) = World::new(&scenario.plan, 0, scenario.interval);
    let mut probe = Deliveries { reader, all: Vec::new(), last: Instant::ZERO };
    let end = Instant::ZERO + scenario.plan.duration;
    engine::run(&mut world, &mut agenda, end, &mut probe);
    probe.all
}

/// One key on every stream: whoever reads the last one gets what was put first, first, three times
/// each.
#[test]
fn order_per_key_is_kept() {
    let mut scenario = chain("1", "3", "");
    let zipf = "partition_key = { dist = \"zipf\", count = 50, exponent = 1.0 }";
    assert!(deliveries(&scenario, 2).windows(2).any(|two| two[1].born.start < two[0].born.start));
    let text = CHAIN.replace(zipf, "partition_key = \"k\"").replace("300/s", "50/s");
    scenario = with("", &text.replace("FIRST", "1").replace("SECOND", "3").replace("MORE", ""));
    let last = deliveries(&scenario, 2);
    assert!(last.len() > 5_000);
    assert!(last.windows(2).all(|two| two[0].born.start <= two[1].born.start));
    for three in last.chunks_exact(3).take(1_000) {
        let same = |it: &Delivered| (it.born, it.bytes) == (three[0].born, three[0].bytes);
        assert!(three.iter().all(same));
    }
}

/// Records from before the run are made into others too. They have no birth in it.
#[test]
fn what_was_there_before_goes_on() {
    let text = CHAIN.replace("FIRST", "2").replace("SECOND", "0").replace("MORE", "").replace(
        "name = \"a\"\n        shard_count = 2",
        "name = \"a\"\n        shard_count = 2\n        initial_backlog = { age = \"1 h\", \
         rate = \"6/min\", record_size = \"1 KiB\" }",
    );
    let scenario = with("", &text);
    let outcome = play(&scenario, None, false);
    assert_eq!(outcome.consumers[0].ledger.initial, 360);
    let fed = fed(&outcome.producers[1]);
    assert_eq!(fed.taken_records, outcome.consumers[0].ledger.delivered);
    assert_eq!(fed.made_records, 2 * fed.taken_records);
    let born_then =
        deliveries(&scenario, 1).iter().filter(|it| it.born.start == Instant::ZERO).count();
    assert_eq!(born_then, 2 * 360);
    assert!(Span::from_ns(outcome.consumers[1].latency.max()) <= Span::from_s(40));
}

/// What was in hand when a reader went down is handed over again, and becomes records once.
#[test]
fn what_is_handed_over_again_is_made_into_records_once() {
    let fault =
        "[[fault]]\nat = \"10.5 s\"\nfor = \"5 s\"\nkind = \"outage\"\ntarget = \"reader.one\"";
    let text = CHAIN
        .replace("FIRST", "1")
        .replace("SECOND", "1")
        .replace("MORE", "")
        .replace("1 ms", "5 ms");
    let outcome = play(&with("", &format!("{text}\n{fault}\n")), None, false);
    let one = &outcome.consumers[0];
    assert!(one.redelivered > 0);
    assert_eq!(fed(&outcome.producers[1]).made_records, one.ledger.delivered);
}

/// A stream that is fed is played record by record, the first one in quanta where nobody asks for
/// its keys.
#[test]
fn the_first_stream_may_be_played_in_quanta() {
    let text = CHAIN.replace("FIRST", "1").replace("SECOND", "0.5");
    let quanta = text.replace("MORE", "scenario.resolution = \"20 ms\"");
    let plan = with("", &quanta).plan;
    let unfit = |producer, reason| Err(Unfit { producer, reason });
    assert_eq!(quantum(&plan, 0), unfit(1, Reason::KeysGoOn));
    assert_eq!(quantum(&plan, 1), unfit(1, Reason::Fed));
    let own = quanta.replace(
        "source = \"reader.one\"",
        "source = \"reader.one\"\npartition_key = { dist = \"random\" }",
    );
    let quanta = with("", &own);
    assert_eq!(quantum(&quanta.plan, 0), Ok(Some(Span::from_ms(20))));
    let exact = with("", &own.replace("20 ms", "exact"));
    let [quanta, exact] = [quanta, exact].map(|it| play(&it, None, false));
    let (fed, ledger) = (fed(&quanta.producers[1]), quanta.consumers[0].ledger);
    assert_eq!((fed.taken_records, fed.made_records), (ledger.delivered, ledger.delivered));
    let near = |a: f64, b: f64, part: f64| assert!((a - b).abs() <= part * b, "{a} is not {b}");
    for number in 0..3 {
        let of = |outcome: &Outcome| {
            let consumer = &outcome.consumers[number];
            (consumer.ledger.delivered as f64, consumer.latency.mean().expect("records"))
        };
        let (one, other) = (of(&quanta), of(&exact));
        near(one.0, other.0, 0.03);
        near(one.1, other.1, 0.03);
    }
}

/// A function hands on what its invocations have done.
#[test]
fn a_function_feeds_a_producer() {
    let reader = "[[reader]]\n        name = \"one\"";
    let lambda = "[[lambda]]\n        name = \"one\"\n        \
                  invocation_duration = { fixed = \"40 ms\", per_record = \"1 ms\" }";
    let text = CHAIN.replace("FIRST", "1").replace("SECOND", "1").replace("MORE", "");
    let text = text.replace("processing = { per_record = \"1 ms\" }", "").replace(reader, lambda);
    let text = text.replace("reader.one", "lambda.one");
    let outcome = play(&with("", &text), None, false);
    let fed = fed(&outcome.producers[1]);
    let name = &outcome.consumers[fed.consumer].name;
    assert_eq!((name.as_str(), fed.made_records > 5_000), ("one", true));
    assert_eq!(fed.made_records, outcome.consumers[fed.consumer].ledger.delivered);
}
