//! Direct PUT: limits by hand, growth, channels, and the books.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::finding::{Evidence, Finding, find, foresee};
use kinesim::experiment::forecast::Forecast;
use kinesim::experiment::outcome::{FirehoseOutcome, Outcome};
use kinesim::model::observation::ObjectCause;
use kinesim::scenario::Scenario;
use kinesim::time::Instant;

use crate::play::play;
use crate::text::scenario;

const MIB: u64 = 1 << 20;
const MINUTE: &str = "buffering_hints = { size = \"128 MiB\", interval = \"60 s\" }\n";
const BATCHES: &str = "api = \"PutRecords\"\nlinger = \"10 ms\"\nresend = false\n";

/// Records put to `archive` for so many seconds.
fn text(seconds: u64, producer: &str, firehose: &str) -> String {
    format!(
        "[scenario]\nduration = \"{seconds} s\"\nresolution = \"exact\"\n\
         [[producer]]\ntarget = \"firehose.archive\"\n{producer}\
         [[firehose]]\nname = \"archive\"\ndelivery_stream_type = \"DirectPut\"\n{firehose}"
    )
}

fn even(rate: u64, size: &str) -> String {
    format!("rate = {{ constant = \"{rate}/s\", arrivals = \"even\" }}\nrecord_size = \"{size}\"\n")
}

fn played(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn of(outcome: &Outcome) -> &FirehoseOutcome {
    let firehose = outcome.consumers.iter().find_map(|consumer| consumer.firehose.as_ref());
    firehose.expect("there is one")
}

fn found(findings: &[Finding], code: &str) -> bool {
    findings.iter().any(|finding| finding.evidence.code() == code)
}

fn ahead(scenario: &Scenario) -> Vec<Finding> {
    foresee(&scenario.plan, &Forecast::new(&scenario.plan))
}

/// FH-01, FH-05: 6,000 records of 1 KiB at one moment. 5 MiB are 5,120 of them, whatever calls
/// carry them, and after ten seconds the bucket is full again. No key is metered.
#[test]
fn of_a_burst_five_mebibytes_get_in() {
    let rate = "rate = { constant = \"600/s\", arrivals = \"bursty\", \
                burst = { size = 6000, every = \"10 s\" } }\nrecord_size = \"1 KiB\"\n";
    let outcome = played(&text(100, &format!("{rate}{BATCHES}"), MINUTE));
    let write = outcome.streams[0].write;
    let bursts = write.offered_records / 6_000;
    assert!(bursts >= 9 && write.offered_records == bursts * 6_000, "{write:?}");
    assert_eq!(write.accepted_records, bursts * 5_120);
    assert_eq!(write.accepted_bytes, bursts * 5 * MIB);
    assert_eq!(write.lost_records, bursts * 880);
}

/// Twice the limit for ten seconds: a full bucket, and what comes in ten seconds. FH-02: a fifth of
/// that in another Region.
#[test]
fn a_second_and_what_comes_after_gets_in() {
    let of_large = text(10, &format!("{}{BATCHES}", even(10_240, "1 KiB")), MINUTE);
    let write = played(&of_large).streams[0].write;
    assert!((56_320 - 110..=56_320).contains(&write.accepted_records), "{write:?}");
    let of_small = of_large + "[account]\nregion = \"eu-central-1\"\n";
    let write = played(&of_small).streams[0].write;
    assert!((11_264 - 110..=11_264).contains(&write.accepted_records), "{write:?}");
}

/// FH-01: a PutRecord call is a request, and 2,000 a second are answered; as a batch the same
/// records take a few.
#[test]
fn single_puts_are_bound_by_requests() {
    let single = format!("{}retry = false\n", even(3_000, "100 B"));
    let scenario = scenario(&text(10, &single, MINUTE));
    let outcome = play(&scenario, None, false);
    let write = outcome.streams[0].write;
    assert!((21_990..=22_000).contains(&write.accepted_records), "{write:?}");
    for findings in [find(&scenario, &outcome), ahead(&scenario)] {
        let over = findings.iter().find_map(|finding| match &finding.evidence {
            Evidence::DirectOver(over) => Some(over),
            _ => None,
        });
        assert_eq!(over.and_then(|it| it.single.as_deref()), Some("producer"));
    }
    let batches = format!("{}{BATCHES}", even(3_000, "100 B"));
    let outcome = played(&text(10, &batches, MINUTE));
    assert_eq!(outcome.streams[0].write.throttled, 0);
    // FH-07: of 100 KiB 40 fit into 4 MiB.
    let large = format!("{}api = \"PutRecords\"\nlinger = \"10 s\"\n", even(40, "100 KiB"));
    let outcome = played(&text(60, &large, MINUTE));
    let (calls, records) = (outcome.producers[0].calls, outcome.streams[0].write.attempts);
    assert_eq!(records, calls * 40);
}

/// FH-04: 9.8 MiB/s against 5: the bucket is empty after about a second, and a minute later the
/// limit is doubled, which ends it. FH-42: there is a second channel from then on.
#[test]
fn the_limit_is_doubled_after_a_minute() {
    let put = format!("{}{BATCHES}", even(100, "100 KiB"));
    let scenario = scenario(&text(180, &put, MINUTE));
    let outcome = play(&scenario, None, false);
    let stream = &outcome.streams[0];
    assert_eq!(stream.shards.len(), 2);
    let opened = stream.shards[1].opened.as_s();
    assert!((61.0..62.5).contains(&opened), "{opened}");
    let last = stream.timeline.iter().rposition(|flow| flow.write.throttled > 0);
    let last = outcome.timeline[last.expect("some are refused")].start.as_s();
    assert!((60.0..=opened).contains(&last), "{last}");
    // Half of what comes from then on, as far as chance has it.
    let half = (180.0 - opened) * 50.0;
    let second = stream.shards[1].write.accepted_records as f64;
    assert!((second - half).abs() < 0.05 * half, "{second} of {half}");
    assert!(found(&find(&scenario, &outcome), "K502") && found(&ahead(&scenario), "K502"));
    // Kinesis has nothing to say, and bills nothing.
    assert!(!find(&scenario, &outcome).iter().any(|it| it.evidence.code().starts_with("K1")));
    assert!(outcome.timeline.iter().all(|flow| flow.open_shards == 0));
    let never = text(180, &put, MINUTE) + "[model.firehose]\nlimit_growth = \"1 h\"\n";
    assert_eq!(played(&never).streams[0].shards.len(), 1);
}

/// FH-42, FH-43: with twice the limit two buffers are filled, and twice as many objects made in an
/// interval, half as large.
#[test]
fn twice_the_limit_makes_twice_the_objects() {
    let put = format!("{}{BATCHES}", even(100, "1 KiB"));
    let one = played(&text(1_200, &put, MINUTE));
    let twice = format!("{MINUTE}throughput_limit = \"10 MiB/s\"\n");
    let two = played(&text(1_200, &put, &twice));
    let counts = |outcome: &Outcome| of(outcome).counts.objects[ObjectCause::Interval as usize];
    assert_eq!((counts(&one), counts(&two)), (19, 38));
    let median = |outcome: &Outcome| of(outcome).object_sizes().percentile(50.0).expect("some");
    let (one, two) = (median(&one), median(&two) * 2);
    assert!(one.abs_diff(two) * 20 < one, "{one} and {two}");
}

/// What was offered is stored, lost or held; what was stored is delivered or in hand, at once.
#[test]
fn nothing_is_forgotten() {
    let put = format!("{}api = \"PutRecords\"\nlatency = \"20 ms\"\n", even(700, "10 KiB"));
    let outcome = played(&text(300, &put, ""));
    let (write, ledger) = (outcome.streams[0].write, outcome.consumers[0].ledger);
    let held = outcome.producers[0].held_records;
    assert!(write.throttled > 0 && write.lost_records > 0, "{write:?}");
    assert_eq!(write.offered_records, write.accepted_records + write.lost_records + held);
    assert_eq!(ledger.stored, write.accepted_records);
    assert_eq!(ledger.stored, ledger.delivered + ledger.in_hand);
    assert_eq!(ledger.waiting, 0);
    let delivered: u64 = of(&outcome).objects.iter().map(|(_, it)| it.bytes).sum();
    assert_eq!(delivered, ledger.delivered * 10 * 1_024);
}

/// FH-12, FH-90: what cannot be delivered is kept for 24 h, and then lost: of an outage from 1 h to
/// 41 h, 66 objects: the one that was open when it began, and all that were begun before 17 h.
#[test]
fn a_day_is_all_that_is_kept() {
    let put = format!("{}retry = false\n", even(1, "1 KiB"));
    let hints = "buffering_hints = { size = \"128 MiB\", interval = \"900 s\" }\n";
    let away = "[[fault]]\nat = \"1 h\"\nfor = \"40 h\"\nkind = \"destination-outage\"\n\
                target = \"firehose.archive\"\n";
    let scenario = scenario(&text(50 * 3_600, &put, &format!("{hints}{away}")));
    let outcome = play(&scenario, None, false);
    let ledger = outcome.consumers[0].ledger;
    assert_eq!(ledger.expired, 66 * 900);
    assert_eq!(ledger.stored, ledger.delivered + ledger.in_hand + ledger.expired);
    assert_eq!(of(&outcome).counts.error_objects, 0);
    assert!(found(&find(&scenario, &outcome), "K801"));
}

/// A reader of a stream hands what it has processed to Firehose: the same records, their sizes
/// with their keys, and beside the stream's shards there are no others.
#[test]
fn what_a_reader_made_can_be_put() {
    let text = "[scenario]\nduration = \"120 s\"\n[stream]\nshard_count = 2\n\
                [[producer]]\nname = \"web\"\nrate = \"100/s\"\nrecord_size = \"1 KiB\"\n\
                partition_key = { dist = \"constant\", value = \"abcd\" }\n\
                [[reader]]\nname = \"clean\"\n\
                [[producer]]\nname = \"out\"\nsource = \"reader.clean\"\n\
                target = \"firehose.archive\"\napi = \"PutRecords\"\n\
                [[firehose]]\nname = \"archive\"\ndelivery_stream_type = \"DirectPut\"\n";
    let outcome = played(text);
    let (read, put) = (outcome.consumers[0].ledger.delivered, outcome.streams[1].write);
    assert_eq!(put.offered_records, read);
    assert_eq!(put.offered_bytes, read * 1_028);
    assert!(outcome.timeline.iter().all(|flow| flow.open_shards == 2));
    assert!(outcome.streams[1].direct && !outcome.streams[0].direct);
}

/// Errors of a producer's calls reach what it puts.
#[test]
fn puts_fail_as_a_fault_says() {
    let put = format!("{}{BATCHES}", even(100, "1 KiB"));
    let fault = "[[fault]]\nat = \"10 s\"\nfor = \"10 s\"\nkind = \"api-errors\"\n\
                 probability = \"100 %\"\ntarget = \"producer.producer\"\n";
    let outcome = played(&text(60, &put, &format!("{MINUTE}{fault}")));
    let write = outcome.streams[0].write;
    assert!((990..=1_010).contains(&write.failed), "{write:?}");
    assert_eq!(outcome.until, Instant::from_s(60));
}
