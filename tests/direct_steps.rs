//! Direct PUT with what may come before delivery: transformation, partitions, a backup.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::bill::{Bill, Item};
use kinesim::experiment::objective::judge;
use kinesim::experiment::outcome::{ConsumerOutcome, FirehoseOutcome, Outcome};
use kinesim::model::observation::ObjectCause;

use crate::play::play;
use crate::text::scenario;

const MINUTE: &str = "buffering_hints = { size = \"128 MiB\", interval = \"60 s\" }\n";
const FUNCTION: &str = "invocation_duration = { fixed = \"100 ms\" }, cold_start = \"0 s\"";

/// So many records of 1 KiB a second, evenly, put for so many seconds.
fn text((seconds, rate): (u64, u64), firehose: &str) -> String {
    format!(
        "[scenario]\nduration = \"{seconds} s\"\nresolution = \"exact\"\n\
         [[producer]]\ntarget = \"firehose.archive\"\nretry = false\n\
         rate = {{ constant = \"{rate}/s\", arrivals = \"even\" }}\nrecord_size = \"1 KiB\"\n\
         [[firehose]]\nname = \"archive\"\ndelivery_stream_type = \"DirectPut\"\n{firehose}"
    )
}

fn transformed(traffic: (u64, u64), more: &str, firehose: &str) -> Outcome {
    let more = format!("processing_configuration = {{ {FUNCTION}{more} }}\n{MINUTE}{firehose}");
    played(&text(traffic, &more))
}

fn played(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn of(consumer: &ConsumerOutcome) -> &FirehoseOutcome {
    consumer.firehose.as_ref().expect("it is a delivery stream")
}

/// All that got in is somewhere.
fn books(outcome: &Outcome) {
    for consumer in &outcome.consumers {
        let it = consumer.ledger;
        assert_eq!(it.stored, outcome.streams[0].write.accepted_records);
        let gone = it.filtered + it.discarded + it.expired;
        assert_eq!(it.stored, it.delivered + it.in_hand + it.waiting + gone, "{it:?}");
        assert_eq!(it.waiting, 0, "what is put is taken at once");
    }
}

/// FH-80: 1 MiB is 1,024 records, which come in 10.24 s; the function takes 100 ms, and only then
/// does the buffer of delivery open, for a minute.
#[test]
fn a_batch_is_full_with_its_last_record() {
    let outcome = transformed((1_200, 100), "", "");
    let found = of(&outcome.consumers[0]);
    assert!((116..=117).contains(&found.counts.tries), "{:?}", found.counts);
    let opened = found.objects[0].1.opened.as_s();
    assert!((10.32..=10.36).contains(&opened), "{opened}");
    for (_, object) in &found.objects {
        assert_eq!(object.cause, ObjectCause::Interval);
        assert_eq!(object.records % 1_024, 0);
        assert!((5..=6).contains(&(object.records / 1_024)), "{object:?}");
    }
    books(&outcome);
}

/// FH-83: four tries, then the error output; FH-85: what the function drops and shrinks.
#[test]
fn a_function_fails_drops_and_shrinks() {
    let outcome = transformed((600, 100), ", errors = { per_invocation = \"100 %\" }", "");
    let counts = of(&outcome.consumers[0]).counts;
    assert_eq!((counts.all_objects(), counts.failed_tries), (0, counts.tries));
    assert!((57..=58).contains(&(counts.untransformed / 1_024)), "{counts:?}");
    assert_eq!(outcome.consumers[0].ledger.discarded, counts.error_records);
    books(&outcome);
    let outcome = transformed((1_200, 400), ", drops = \"25 %\", output_ratio = 0.5", "");
    let (counts, ledger) = (of(&outcome.consumers[0]).counts, outcome.consumers[0].ledger);
    assert_eq!(ledger.filtered, counts.dropped);
    // 480,000 records in batches of 1,024, of which 469 came to an end at most.
    let share = counts.dropped as f64 / (468.0 * 1_024.0);
    assert!((share - 0.25).abs() < 0.01, "{share}");
    assert_eq!(counts.bytes, counts.records * 512);
    books(&outcome);
}

/// FH-41, FH-64: partitions have buffers of the stream, whatever channels there are: an object for
/// each partition and interval.
#[test]
fn partitions_do_not_ask_for_channels() {
    for limit in ["", "throughput_limit = \"20 MiB/s\"\n"] {
        let parts = "dynamic_partitioning = { partitions = { count = 20 } }\n";
        let zero = "[model.firehose]\nsecond_stage = 0\n";
        let outcome = played(&text((1_200, 100), &format!("{MINUTE}{limit}{parts}{zero}")));
        let found = of(&outcome.consumers[0]);
        for partition in 0..20 {
            let own = found.objects.iter().filter(|it| it.1.partition == Some(partition));
            let own: Vec<_> = own.collect();
            assert!((18..=19).contains(&own.len()), "{} {limit}", own.len());
            assert!(own.iter().all(|it| it.1.cause == ObjectCause::Interval));
        }
        books(&outcome);
    }
}

/// FH-87: the backup has all records as they came, whatever the function makes of them.
#[test]
fn a_backup_has_everything_as_it_came() {
    let more = ", output_ratio = 0.5";
    let outcome = transformed((1_200, 100), more, "s3_backup_mode = \"Enabled\"\n");
    let [archive, backup] = &outcome.consumers[..] else { panic!("two of them") };
    assert_eq!(backup.name, "archive-backup");
    let (made, kept) = (of(archive).counts, of(backup).counts);
    assert_eq!((made.bytes, kept.bytes), (made.records * 512, kept.records * 1_024));
    // FH-21: its hints are 5 MiB and 300 s; 5,120 records come in 51 s.
    assert_eq!(kept.objects[ObjectCause::Size as usize], 120_000 / 5_120);
    books(&outcome);
}

/// FH-12, FH-90: as without a transformation, what waits for a day is lost and not in the error
/// output: of an outage from 1 h to 41 h, some 66 objects of 900 s.
#[test]
fn what_was_taken_over_is_kept_for_a_day_too() {
    let away = "[[fault]]\nat = \"1 h\"\nfor = \"40 h\"\nkind = \"destination-outage\"\n\
                target = \"firehose.archive\"\n";
    let hints = "buffering_hints = { size = \"128 MiB\", interval = \"900 s\" }\n";
    let function = format!("processing_configuration = {{ {FUNCTION} }}\n");
    let outcome = played(&text((50 * 3_600, 1), &format!("{hints}{function}{away}")));
    let (ledger, counts) = (outcome.consumers[0].ledger, of(&outcome.consumers[0]).counts);
    assert!(ledger.expired.abs_diff(66 * 900) <= 900, "{}", ledger.expired);
    assert_eq!((counts.error_objects, counts.error_records), (0, 0));
    books(&outcome);
}

/// FH-94: what is parted and cannot be delivered goes to the error output after its retries.
#[test]
fn what_is_parted_goes_to_the_error_output() {
    let hints = "buffering_hints = { size = \"128 MiB\", interval = \"60 s\" }\n";
    let away = "[[fault]]\nat = \"10 min\"\nfor = \"5 h\"\nkind = \"destination-outage\"\n\
                target = \"firehose.archive\"\n";
    let parts = "dynamic_partitioning = { partitions = { count = 1 } }\n";
    let outcome = played(&text((6 * 3_600, 1), &format!("{hints}{parts}{away}")));
    let (ledger, counts) = (outcome.consumers[0].ledger, of(&outcome.consumers[0]).counts);
    assert!(counts.error_records > 0 && ledger.expired == 0, "{counts:?}");
    assert_eq!(ledger.discarded, counts.error_records);
    books(&outcome);
}

/// ESM-140, ESM-141, ESM-144: each try runs 100 ms with 128 MiB and costs a request and 12.5 MB-s;
/// what is throttled costs nothing. In `[slo]` stand the records that the function dropped.
#[test]
fn tries_are_billed_and_what_is_dropped_can_be_judged() {
    let more = ", drops = \"25 %\", errors = { per_invocation = \"20 %\" }";
    let slo = "[slo]\nfirehose.archive.dropped = \"<= 26 %\"\n\
               firehose.archive.error_output = \"<= 1 %\"\n\
               firehose.archive.transform_errors = \"<= 30 %\"\n";
    let more = format!("processing_configuration = {{ {FUNCTION}{more} }}\n{MINUTE}{slo}");
    let scenario = scenario(&text((3_600, 400), &more));
    let outcome = play(&scenario, None, false);
    let counts = of(&outcome.consumers[0]).counts;
    assert_eq!((counts.invocations, counts.billed_ms), (counts.tries, counts.tries * 100));
    assert!(counts.failed_tries > 0);
    let bill = Bill::new(&scenario, &outcome);
    let of_item = |item: Item| {
        let lines = bill.lines.iter().filter(move |line| line.run.item == item);
        lines.map(|line| line.run.amount.dollars()).sum::<f64>()
    };
    let tries = counts.tries as f64;
    assert!((of_item(Item::LambdaRequests) - tries * 0.2e-6).abs() < 1e-6);
    assert!((of_item(Item::LambdaDuration) - tries * 0.1 * 0.125 * 0.000_016_666_7).abs() < 1e-6);
    let verdicts = judge(&scenario, &outcome);
    assert!(verdicts.iter().all(|it| it.met), "{verdicts:?}");
    let dropped = verdicts[0].measured.expect("some were");
    assert!((dropped - 0.25).abs() < 0.01, "{dropped}");
}
