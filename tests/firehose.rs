//! Firehose against what AWS documents of it, traces worked out by hand, and the books.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::outcome::{FirehoseOutcome, Outcome};
use kinesim::model::observation::ObjectCause;
use kinesim::time::Span;

use crate::play::play;
use crate::text::scenario;

const MIB: u64 = 1 << 20;

/// Records of 1 KiB at even distances, all with the key `k`, for so many seconds.
fn text(seconds: u64, (shards, rate): (u32, u64), firehose: &str) -> String {
    format!(
        "[scenario]\nduration = \"{seconds} s\"\nresolution = \"exact\"\n\
         [stream]\nshard_count = {shards}\n\
         [[producer]]\nrate = {{ constant = \"{rate}/s\", arrivals = \"even\" }}\n\
         record_size = \"1 KiB\"\npartition_key = {{ dist = \"constant\", value = \"k\" }}\n\
         [[firehose]]\n{firehose}"
    )
}

fn played(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn of(outcome: &Outcome) -> &FirehoseOutcome {
    let firehose = outcome.consumers.iter().find_map(|consumer| consumer.firehose.as_ref());
    firehose.expect("there is one")
}

/// Objects and their causes, records and bytes.
fn objects(outcome: &Outcome) -> Vec<(ObjectCause, u64, u64)> {
    of(outcome).objects.iter().map(|(_, it)| (it.cause, it.records, it.bytes)).collect()
}

const MINUTE: &str = "buffering_hints = { size = \"128 MiB\", interval = \"60 s\" }\n";

/// FH-40, FH-41, FH-46: with 100 records a second the interval ends long before 128 MiB are there.
/// A call a second (FH-20), so each object has what 60 calls brought, 6,000 records, and the next
/// begins with the call at which its interval ends. The first call comes within a second and
/// brings what is there then: 19 objects are over in 20 minutes.
#[test]
fn a_slow_stream_makes_an_object_an_interval() {
    let outcome = played(&text(1_200, (1, 100), MINUTE));
    let found = objects(&outcome);
    assert_eq!(found.len(), 19);
    for object in &found[1..] {
        assert_eq!(*object, (ObjectCause::Interval, 6_000, 6_000 << 10));
    }
    let first = found[0];
    assert!(first.1 <= 6_000 && first.1 > 5_900, "{first:?}");
    // FH-97: the oldest waited up to a second to be read, then a minute, then for its delivery:
    // 200 ms and 5.86 MiB at 50 MiB/s.
    for (_, object) in &of(&outcome).objects[1..] {
        let least = Span::from_ms(60_000 + 200 + 117).as_ns();
        let age = object.age.as_ns();
        assert!((least..=least + 1_001_000_000).contains(&age), "{}", object.age);
    }
    let ledger = outcome.consumers[0].ledger;
    let delivered: u64 = found.iter().map(|it| it.1).sum();
    assert_eq!(ledger.delivered, delivered);
    assert_eq!(ledger.stored, ledger.delivered + ledger.in_hand + ledger.waiting);
    // FH-110: each record of 1 KiB is billed as 5.
    assert_eq!(of(&outcome).counts.billed_bytes, delivered * 5_120);
}

/// Hints hold for each shard (FH-41): as many objects as shards each interval, whichever of them
/// has the records; those that have none make no objects.
#[test]
fn shards_that_have_records_make_objects_of_their_own() {
    let one_key = text(1_200, (4, 100), MINUTE);
    assert_eq!(objects(&played(&one_key)).len(), 19);
    let any_key =
        one_key.replace("{ dist = \"constant\", value = \"k\" }", "{ dist = \"random\" }");
    let outcome = played(&any_key);
    let found = of(&outcome);
    assert_eq!(found.counts.all_objects(), 4 * 19);
    let mean = found.counts.bytes / found.counts.all_objects();
    assert!((1_400 << 10..=1_600 << 10).contains(&mean), "{mean}");
}

/// 500 records of 1 KiB a second fill 5 MiB in 10.24 s: 58 times in 600 s. The size is that of
/// data without their keys, and exact, as 5 MiB are whole records.
#[test]
fn a_fast_stream_makes_objects_of_the_hinted_size() {
    let outcome = played(&text(600, (1, 500), ""));
    let found = objects(&outcome);
    assert_eq!(found.len(), 58);
    assert!(found.iter().all(|it| *it == (ObjectCause::Size, 5 << 10, 5 * MIB)), "{found:?}");
    // FH-59, FH-44: compression changes what is written, not when.
    let more = "compression_format = \"GZIP\"\ncompression_ratio = 8\n";
    let gzip = played(&text(600, (1, 500), more));
    assert_eq!(objects(&gzip), found);
    assert_eq!(of(&gzip).counts.stored_bytes * 8, of(&outcome).counts.stored_bytes);
    // FH-110 does not know of compression.
    assert_eq!(of(&gzip).counts.billed_bytes, of(&outcome).counts.billed_bytes);
}

/// Records that do not divide the hint: a buffer is closed where the next would not fit.
#[test]
fn objects_fall_short_of_the_hint_by_less_than_a_record() {
    let uneven = text(600, (1, 100), "").replace("\"1 KiB\"", "\"7000 B\"");
    let outcome = played(&uneven);
    let found = objects(&outcome);
    let whole = 5 * MIB / 7_000;
    assert!(found.len() > 70);
    assert!(found.iter().all(|it| *it == (ObjectCause::Size, whole, whole * 7_000)), "{found:?}");
}

/// FH-48: without an interval objects come within about 5 s, in three requests each.
#[test]
fn no_interval_is_a_few_seconds() {
    let hints = "buffering_hints = { size = \"5 MiB\", interval = \"0 s\" }\n";
    let outcome = played(&text(600, (1, 100), hints));
    let found = of(&outcome);
    // An object every 4 s.
    assert_eq!(found.counts.all_objects(), 149);
    assert_eq!(found.counts.requests, 3 * 149);
    assert!(found.freshness.max() < 6_000_000_000, "{}", found.freshness.max());
}

/// A shard that closes ends its object (KDS-R16), and what becomes of it is read a minute after it
/// opened (FH-30), in order: 60 s are 6,000 records of the parent, the rest is of one child.
#[test]
fn a_closed_shard_ends_its_object() {
    let split = "[[action]]\nat = \"60 s\"\ncall = \"SplitShard\"\nshard_to_split = 0\n";
    let hints = "buffering_hints = { size = \"128 MiB\", interval = \"300 s\" }\n";
    let outcome = played(&text(900, (1, 100), &format!("{hints}{split}")));
    let found = of(&outcome);
    let (_, first) = found.objects[0];
    assert_eq!((first.cause, first.shard), (ObjectCause::End, 0));
    let parent = outcome.streams[0].shards[0].write.accepted_records;
    assert_eq!(first.records, parent);
    assert!(found.objects[1..].iter().all(|(_, it)| it.shard > 0));
    // The child opens when the parent closes, is known 60 s later, and its object takes 300 s.
    let opened = outcome.streams[0].shards[1].opened;
    let (at, second) = found.objects[1];
    assert_eq!(second.opened, opened + Span::from_s(60));
    assert_eq!(second.closed, opened + Span::from_s(360));
    assert!(at > second.closed);
}

// Destinations that take nothing.

const AWAY: &str = "[[fault]]\nat = \"5 min\"\nfor = \"10 min\"\nkind = \"destination-outage\"\n\
                    target = \"firehose.firehose\"\n";

/// FH-90, FH-26: S3 is tried until it takes an object, nothing is lost, and those of the outage
/// follow one after the other as soon as it is over.
#[test]
fn an_outage_of_s3_delays_and_loses_nothing() {
    let outcome = played(&text(1_800, (1, 100), &format!("{MINUTE}{AWAY}")));
    let found = of(&outcome);
    assert_eq!(found.counts.all_objects(), 29);
    assert_eq!((found.counts.error_records, outcome.consumers[0].ledger.discarded), (0, 0));
    let moments: Vec<f64> = found.objects.iter().map(|(at, _)| at.as_s()).collect();
    assert!(moments.iter().all(|at| !(300.0..900.0).contains(at)), "{moments:?}");
    let after = moments.iter().filter(|at| (900.0..930.0).contains(*at)).count();
    assert!((10..=11).contains(&after), "{moments:?}");
    // The object closed first in the outage is about 11 min old.
    let oldest = found.freshness.max() / 1_000_000_000;
    assert!((600..=680).contains(&oldest), "{oldest}");
}

/// FH-92: another destination is tried for a time, here not at all, and what it does not take is in
/// the error output: the objects closed in ten minutes.
#[test]
fn what_a_destination_does_not_take_in_time_is_in_the_error_output() {
    let more = "destination = \"OpenSearch\"\nretry_options = { duration = \"0 s\" }\n";
    let hints = "buffering_hints = { size = \"100 MiB\", interval = \"60 s\" }\n";
    let outcome = played(&text(1_800, (1, 100), &format!("{more}{hints}{AWAY}")));
    let found = of(&outcome);
    assert_eq!(found.counts.all_objects(), 29);
    assert_eq!((found.counts.error_objects, found.counts.error_records), (10, 60_000));
    assert_eq!(outcome.consumers[0].ledger.discarded, 60_000);
    // Tried for longer than the outage lasts, it takes them all.
    let patient = more.replace("\"0 s\"", "\"7200 s\"");
    let outcome = played(&text(1_800, (1, 100), &format!("{patient}{hints}{AWAY}")));
    assert_eq!(of(&outcome).counts.error_records, 0);
}

/// FH-45, FH-26: 1 MiB buffers that fill in 2 s. While nothing is delivered they are raised, here
/// to 8 MiB, and once 128 MiB wait no more is read; all of it is delivered in the end.
#[test]
fn buffers_are_raised_while_delivery_lags() {
    let hints = "buffering_hints = { size = \"1 MiB\", interval = \"60 s\" }\n";
    let long = AWAY.replace("10 min", "30 min");
    let model = "[model.firehose]\nsize_raised = \"8 MiB\"\n";
    let outcome = played(&text(3_600, (1, 500), &format!("{hints}{long}{model}")));
    let found = of(&outcome);
    let raised = found.counts.objects[ObjectCause::Raised as usize];
    assert!(raised > 0, "{:?}", found.counts);
    let largest = found.objects.iter().map(|(_, it)| it.bytes).max();
    assert_eq!(largest, Some(8 * MIB));
    let (last, _) = found
        .objects
        .iter()
        .rev()
        .find(|(_, it)| it.cause == ObjectCause::Raised)
        .copied()
        .expect("some are");
    let later: Vec<u64> =
        found.objects.iter().filter(|(at, _)| *at > last).map(|(_, it)| it.bytes).collect();
    // One more may have been raised when its interval was over.
    assert!(later.len() > 100 && later.iter().skip(1).all(|bytes| *bytes == MIB));
    let ledger = outcome.consumers[0].ledger;
    assert_eq!(ledger.delivered + ledger.in_hand + ledger.waiting, ledger.stored);
    assert!(ledger.waiting < 1_000, "{ledger:?}");
}

/// Firehose itself is down: what it held is read again, and nothing is delivered twice.
#[test]
fn what_was_held_is_read_again() {
    let down = AWAY.replace("destination-outage", "outage");
    let outcome = played(&text(1_800, (1, 100), &format!("{MINUTE}{down}")));
    let reader = &outcome.consumers[0];
    assert!(reader.redelivered > 0, "{}", reader.redelivered);
    let delivered: u64 = objects(&outcome).iter().map(|it| it.1).sum();
    assert_eq!(reader.ledger.delivered, delivered);
}

/// In quanta the same stream makes objects of the same sizes.
#[test]
fn quanta_make_the_same_objects() {
    let exact = text(1_200, (1, 100), MINUTE);
    let quanta = exact.replace("\"exact\"", "\"20 ms\"");
    let (exact, quanta) = (played(&exact), played(&quanta));
    let (a, b) = (of(&exact), of(&quanta));
    assert_eq!(a.counts.objects, b.counts.objects);
    let off = a.counts.bytes.abs_diff(b.counts.bytes);
    assert!(off * 1_000 <= a.counts.bytes, "{} and {}", a.counts.bytes, b.counts.bytes);
    let sizes = |it: &FirehoseOutcome| it.object_sizes().percentile(50.0);
    let (a, b) = (sizes(a).expect("some"), sizes(b).expect("some"));
    assert!(a.abs_diff(b) * 100 <= a, "{a} and {b}");
}
