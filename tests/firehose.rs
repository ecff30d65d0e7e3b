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

/// FH-22: a shard answers five calls a second (KDS-R01). Its own call and four of a reader are as
/// many; five of the reader are, without it, and are too many beside it.
#[test]
fn it_shares_the_calls_of_a_shard_with_those_who_poll() {
    let refused = |every: &str, is_alone: bool| {
        let both = text(60, (1, 10), MINUTE);
        let stream = both.split("[[firehose]]").next().filter(|_| is_alone).unwrap_or(&both);
        let reader = format!("[[reader]]\nget_records = {{ every = \"{every}\" }}\n");
        let outcome = played(&format!("{stream}{reader}"));
        outcome.consumers.iter().map(|it| it.throttled_calls).sum::<u64>()
    };
    assert_eq!((refused("250 ms", false), refused("200 ms", true)), (0, 0));
    assert!(refused("200 ms", false) > 20);
}

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

// Transformation by Lambda.

/// A transformation that takes 100 ms and starts at once, and more.
fn transformed(seconds: u64, traffic: (u32, u64), more: &str, firehose: &str) -> Outcome {
    let function = "invocation_duration = { fixed = \"100 ms\" }, cold_start = \"0 s\"";
    let more = format!("processing_configuration = {{ {function}{more} }}\n{firehose}");
    played(&text(seconds, traffic, &more))
}

fn books(outcome: &Outcome) {
    let ledger = outcome.consumers[0].ledger;
    let placed = ledger.delivered + ledger.in_hand + ledger.waiting + ledger.discarded;
    assert_eq!(ledger.stored, placed + ledger.filtered, "{ledger:?}");
}

/// FH-80, FH-46: 100 records of 1 KiB a second are 1 MiB after 10.24 s, so a call that brings the
/// 1,025th closes a batch of 1,024; it takes 100 ms, and the delivery buffer opens then. The
/// interval of 60 s of delivery begins there: six batches in each object, at least five.
#[test]
fn a_transformation_comes_before_the_buffer() {
    let outcome = transformed(1_200, (1, 100), "", MINUTE);
    let found = of(&outcome);
    // 1,200 s x 100 / 1,024 = 117 batches, one of which may not be over.
    assert!((116..=117).contains(&found.counts.tries), "{:?}", found.counts);
    assert_eq!(found.counts.failed_tries, 0);
    for (_, object) in &found.objects {
        assert_eq!(object.cause, ObjectCause::Interval);
        assert!(object.records % 1_024 == 0 && (5..=6).contains(&(object.records / 1_024)));
        assert_eq!(object.closed, object.opened + Span::from_s(60));
        // The first of the oldest batch was 10.24 s old when it was closed, at least.
        assert!(object.age >= Span::from_ms(70_000), "{}", object.age);
    }
    // The first batch: calls come a second apart at some phase, the one after 10.24 s closes it.
    let opened = found.objects[0].1.opened.as_s();
    assert!((10.34..11.35).contains(&opened), "{opened}");
    books(&outcome);
}

/// FH-80: where traffic is slow the interval closes a batch: 10 records a second for 60 s.
#[test]
fn the_interval_closes_a_batch() {
    let outcome = transformed(600, (1, 10), "", MINUTE);
    let tries = of(&outcome).counts.tries;
    assert_eq!(tries, 9);
    books(&outcome);
}

/// FH-83, FH-86: what fails four times is in the error output, all of it, and nothing is delivered;
/// with one retry it is tried twice.
#[test]
fn what_fails_four_times_is_in_the_error_output() {
    for (more, tries) in [("", 4), (", number_of_retries = 1", 2)] {
        let always = format!(", errors = {{ per_invocation = \"100 %\" }}{more}");
        let outcome = transformed(600, (1, 100), &always, MINUTE);
        let found = of(&outcome);
        assert_eq!(found.counts.all_objects(), 0);
        assert_eq!(found.counts.failed_tries, found.counts.tries);
        let batches = found.counts.untransformed / 1_024;
        assert_eq!(found.counts.untransformed % 1_024, 0);
        assert!((57..=58).contains(&batches), "{batches}");
        let left = found.counts.tries - batches * tries;
        assert!(left < tries, "{left}");
        assert_eq!(outcome.consumers[0].ledger.discarded, found.counts.error_records);
        books(&outcome);
    }
}

/// FH-85: a part is dropped, a part has failed, and what is left is half as large.
#[test]
fn a_function_drops_fails_and_shrinks() {
    let more = ", drops = \"25 %\", errors = { per_record = \"20 %\" }, output_ratio = 0.5";
    let outcome = transformed(1_200, (2, 400), more, MINUTE);
    let found = of(&outcome);
    let all = found.counts.dropped + found.counts.records + found.counts.error_records;
    let share = |n: u64| n as f64 / all as f64;
    // The last minute is dropped already and not delivered yet.
    assert!((share(found.counts.dropped) - 0.25).abs() < 0.03, "{:?}", found.counts);
    let failed = found.counts.untransformed as f64;
    let kept = (outcome.consumers[0].ledger.stored - found.counts.dropped) as f64;
    assert!((failed / kept - 0.2).abs() < 0.01, "{failed} of {kept}");
    assert_eq!(found.counts.bytes, found.counts.records * 512);
    assert_eq!(outcome.consumers[0].ledger.filtered, found.counts.dropped);
    books(&outcome);
}

/// FH-84: five batches of a shard are with the function at a time. One takes 20 s, so that a shard
/// comes to 5 MiB in 20 s at most, of the 9.8 MiB that are written in that time.
#[test]
fn five_batches_of_a_shard_are_with_the_function() {
    let slow = "processing_configuration = { invocation_duration = { fixed = \"20 s\" }, \
                cold_start = \"0 s\", timeout = \"60 s\" }\n";
    let outcome = played(&text(600, (1, 500), &format!("{slow}{MINUTE}")));
    let found = of(&outcome);
    let most = 5 * 30;
    assert!((most - 8..=most).contains(&found.counts.tries), "{:?}", found.counts);
    books(&outcome);
    // FH-82, ESM-58: where the account has room for two, the others are throttled.
    let text = text(600, (1, 500), &format!("{slow}{MINUTE}"));
    let tight = format!("[account]\nconcurrent_executions = 2\n{text}");
    let outcome = played(&tight);
    let counts = of(&outcome).counts;
    assert!(counts.tries - counts.failed_tries <= 2 * 30, "{counts:?}");
    assert!(counts.untransformed > 0);
    books(&outcome);
}

// Dynamic partitioning.

/// Dynamic partitioning by hints of 64 MiB and 60 s, objects leave at once.
fn parted(partitions: &str) -> String {
    format!(
        "buffering_hints = {{ size = \"64 MiB\", interval = \"60 s\" }}\n\
         dynamic_partitioning = {{ {partitions} }}\n[model.firehose]\nsecond_stage = 0\n"
    )
}

/// FH-41, FH-64: buffers are of the stream: an object for each partition and interval, however many
/// shards there are; and each partition has its records in order of arrival.
#[test]
fn a_partition_makes_an_object_an_interval() {
    for shards in [1, 4] {
        let all = parted("partitions = { count = 20 }");
        let random = text(1_200, (shards, 400), &all)
            .replace("{ dist = \"constant\", value = \"k\" }", "{ dist = \"random\" }");
        let outcome = played(&random);
        let found = of(&outcome);
        // 20 records a second of each: the next buffer opens within a second or two of the call
        // at which the last was closed.
        let objects = found.counts.all_objects();
        assert!((20 * 19..=20 * 20).contains(&objects), "{objects}");
        assert_eq!(found.counts.error_records, 0);
        for partition in 0..20 {
            let of: Vec<_> =
                found.objects.iter().filter(|it| it.1.partition == Some(partition)).collect();
            assert!((18..=20).contains(&of.len()), "{}", of.len());
            assert!(of.windows(2).all(|pair| pair[0].1.closed <= pair[1].1.opened));
        }
        books(&outcome);
    }
}

/// FH-66: with 600 partitions, of which 500 may be active, a sixth of the records is in the error
/// output; with 500 none, and with a larger quota none.
#[test]
fn the_501st_partition_goes_to_the_error_output() {
    let outcome = played(&text(1_200, (1, 600), &parted("partitions = { count = 600 }")));
    let found = of(&outcome);
    let share = found.counts.unparted as f64 / outcome.consumers[0].ledger.stored as f64;
    assert!((share - 1.0 / 6.0).abs() < 0.02, "{share}");
    let mut seen: Vec<Option<u32>> = found.objects.iter().map(|it| it.1.partition).collect();
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() >= 500, "{}", seen.len());
    books(&outcome);
    for partitions in
        ["partitions = { count = 500 }", "partitions = { count = 600 }, active_partitions = 600"]
    {
        let outcome = played(&text(300, (1, 600), &parted(partitions)));
        assert_eq!(of(&outcome).counts.error_records, 0);
        books(&outcome);
    }
}

/// FH-69: an object waits up to half an interval in the second stage, a quarter in the mean.
#[test]
fn the_second_stage_delays_by_half_an_interval_at_most() {
    let all =
        parted("partitions = { count = 50 }").replace("second_stage = 0", "pending = \"1 GiB\"");
    let outcome = played(&text(1_200, (1, 200), &all));
    let found = of(&outcome);
    let waits: Vec<f64> = found.objects.iter().map(|(at, it)| at.since(it.closed).as_s()).collect();
    assert!(waits.iter().all(|wait| (0.2..30.3).contains(wait)), "{waits:?}");
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    assert!((mean - 15.2).abs() < 1.5, "{mean}");
    books(&outcome);
}

/// By their keys: one key is one partition. By Zipf's law the first of four partitions has 12/25.
#[test]
fn partitions_go_by_keys_or_by_zipf() {
    let keyed = "partitions = { count = 100, dist = \"partition_key\" }";
    let outcome = played(&text(600, (1, 100), &parted(keyed)));
    let first = of(&outcome).objects[0].1.partition;
    assert!(of(&outcome).objects.iter().all(|it| it.1.partition == first));
    books(&outcome);
    let zipf = "partitions = { count = 4, dist = \"zipf\", exponent = 1.0 }";
    let outcome = played(&text(1_200, (1, 500), &parted(zipf)));
    let objects = &of(&outcome).objects;
    let of_first = objects.iter().filter(|it| it.1.partition == Some(0));
    let part = of_first.map(|it| it.1.records).sum::<u64>() as f64;
    let all = objects.iter().map(|it| it.1.records).sum::<u64>() as f64;
    assert!((part / all - 0.48).abs() < 0.01, "{}", part / all);
    books(&outcome);
}

/// Objects of a partition have the size of the hint, to the record: 64 MiB of 1 KiB each.
#[test]
fn a_partition_fills_up_to_the_hint() {
    let one = parted("partitions = { count = 1 }").replace("60 s", "900 s");
    let outcome = played(&text(600, (1, 500), &one));
    let found = objects(&outcome);
    // Four times 131 s.
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|it| *it == (ObjectCause::Size, 64 << 10, 64 * MIB)), "{found:?}");
    books(&outcome);
}

/// FH-70, FH-94: a partition that cannot be delivered stays active, and what is not delivered in
/// 300 s is in the error output.
#[test]
fn partitions_that_are_not_delivered_are_given_up() {
    let outcome =
        played(&text(1_800, (1, 100), &format!("{}{AWAY}", parted("partitions = { count = 5 }"))));
    let found = of(&outcome);
    assert!(found.counts.error_objects >= 5, "{:?}", found.counts);
    books(&outcome);
}

/// What is transformed and parted, in quanta as record by record.
#[test]
fn quanta_transform_and_part_alike() {
    let function = "processing_configuration = { invocation_duration = { fixed = \"100 ms\" }, \
                    drops = \"10 %\" }\n";
    let exact =
        text(1_200, (2, 800), &format!("{function}{}", parted("partitions = { count = 30 }")))
            .replace("{ dist = \"constant\", value = \"k\" }", "{ dist = \"random\" }");
    let quanta = exact.replace("\"exact\"", "\"20 ms\"");
    let (exact, quanta) = (played(&exact), played(&quanta));
    books(&exact);
    books(&quanta);
    let (a, b) = (of(&exact), of(&quanta));
    let near = |a: u64, b: u64, part: u64| assert!(a.abs_diff(b) * part <= a, "{a} and {b}");
    near(a.counts.all_objects(), b.counts.all_objects(), 50);
    near(a.counts.bytes, b.counts.bytes, 50);
    near(a.counts.dropped, b.counts.dropped, 50);
}

/// An outage of Firehose: what it held itself it delivers afterwards.
#[test]
fn what_is_transformed_outlives_an_outage() {
    let down = AWAY.replace("destination-outage", "outage");
    let outcome = transformed(1_800, (1, 100), "", &format!("{MINUTE}{down}"));
    books(&outcome);
    assert_eq!(outcome.consumers[0].ledger.discarded, 0);
    let late = of(&outcome).objects.iter().filter(|(at, _)| at.as_s() > 900.0).count();
    assert!(late > 10, "{late}");
}

/// A shard that closes ends what is transformed of it, and its children are read after that.
#[test]
fn a_closed_shard_is_transformed_to_its_end() {
    let split = "[[action]]\nat = \"60 s\"\ncall = \"SplitShard\"\nshard_to_split = 0\n";
    let outcome = transformed(900, (1, 100), "", &format!("{MINUTE}{split}"));
    let found = of(&outcome);
    let of_parent = found.objects.iter().filter(|it| it.1.shard == 0);
    let records: u64 = of_parent.clone().map(|it| it.1.records).sum();
    assert_eq!(records, outcome.streams[0].shards[0].write.accepted_records);
    assert_eq!(of_parent.max_by_key(|it| it.0).map(|it| it.1.cause), Some(ObjectCause::End));
    books(&outcome);
}

// Backup of the source.

/// FH-21, FH-87, FH-96: a second reader a shard, two calls a second in all, with objects of its own
/// of what was read, and no second bill.
#[test]
fn a_backup_reads_and_delivers_by_itself() {
    let more = "s3_backup_mode = \"Enabled\"\n";
    let plain = played(&text(1_200, (2, 100), MINUTE));
    let outcome = played(&text(1_200, (2, 100), &format!("{more}{MINUTE}")));
    assert_eq!(outcome.consumers.len(), 2);
    let (first, second) = (&outcome.consumers[0], &outcome.consumers[1]);
    assert_eq!(second.name, "firehose-backup");
    assert_eq!((first.calls, second.calls), (2 * 1_200, 2 * 1_200));
    assert_eq!(of(&outcome).counts, of(&plain).counts);
    let backup = second.firehose.as_ref().expect("one");
    // 5 MiB are there after 51.2 s.
    assert_eq!(backup.counts.all_objects(), 23);
    assert_eq!(backup.counts.billed_bytes, 0);
}
