//! Records above 1 MiB: what one costs its shard, and who waits for it.

use std::fmt::Write as _;

use kinesim::experiment::outcome::Outcome;
use kinesim::scenario::{Files, load};

#[path = "support/play.rs"]
mod play;

use crate::play::play;

/// One file, whatever it is called.
struct OneFile(String);

impl Files for OneFile {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

/// A shard that takes records of up to 10 MiB, is sent the rows of a trace, and is read.
fn played(more: &str, client: &str, trace: &str) -> Outcome {
    let text = format!(
        "[scenario]\nduration = \"40 s\"\n[stream]\nshard_count = 1\n\
         max_record_size = \"10 MiB\"\n[[producer]]\n{client}\n\
         trace = {{ file = \"t.csv\", time = \"t\", key = \"k\", size = \"n\" }}\n\
         [[reader]]\n{more}"
    );
    match load("test", "test.toml", &text, &[], &OneFile(trace.to_owned())) {
        Ok(scenario) => play(&scenario, None, false),
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

/// Records of 10 MiB with their key at these seconds, and one of 1 KiB each tenth of a second
/// after the last of them.
fn trace(large: &[u64]) -> String {
    let mut rows = "t,k,n\n".to_owned();
    for at in large {
        writeln!(rows, "{at},k,{}", (10 << 20) - 1).expect("memory takes it");
    }
    let last = large.last().map_or(0, |at| at * 10);
    for tenth in last + 1..=300 {
        writeln!(rows, "{}.{},k,1023", tenth / 10, tenth % 10).expect("memory takes it");
    }
    rows
}

/// KDS-W26: the bucket of 10 MiB is full, so the first record empties it. A second later 1 MiB is
/// back, the second record gets in and leaves a debt of 9 MiB: nothing else gets in until that is
/// paid at 1 MiB/s, nine seconds later.
#[test]
fn small_records_wait_nine_seconds_behind_two_large_ones() {
    let outcome = played("", "retry = false", &trace(&[0, 1]));
    // From 1.1 s to 10.0 s, a tenth of a second apart.
    assert_eq!((outcome.write.throttled, outcome.write.lost_records), (90, 90));
    assert_eq!(outcome.write.accepted_records, 2 + 290 - 90);
    // KDS-R03: an answer holds 10 MiB, and so a record of that size.
    let reader = &outcome.consumers[0];
    assert_eq!(reader.ledger.delivered, outcome.write.accepted_records);
    assert_eq!(reader.delivered_bytes, outcome.write.accepted_bytes);
}

/// KDS-W25: a bucket of 1 MiB is 9 MiB in debt after the first one.
#[test]
fn small_records_wait_nine_seconds_where_the_bucket_is_not_deeper() {
    let shallow = "[model]\nwrite.burst_bytes = \"1 MiB\"\n";
    let outcome = played(shallow, "retry = false", &trace(&[0]));
    // From 0.1 s to 9.0 s.
    assert_eq!(outcome.write.throttled, 90);
    // The deep bucket is just empty: a tenth of a second brings a hundred times what is needed.
    assert_eq!(played("", "retry = false", &trace(&[0])).write.throttled, 0);
}

/// KDS-W12: two records of 6 MiB do not fit one call of PutRecords, one of 10 MiB does.
#[test]
fn calls_of_put_records_hold_ten_mebibytes() {
    let client = "api = \"PutRecords\"\nlinger = \"1 s\"\nresend = false";
    let six = (6 << 20) - 1;
    let outcome = played("", client, &format!("t,k,n\n0,k,{six}\n0,k,{six}\n"));
    assert_eq!((outcome.producers[0].calls, outcome.write.accepted_records), (2, 2));
    let outcome = played("", client, &format!("t,k,n\n0,k,{}\n", (10 << 20) - 1));
    assert_eq!((outcome.producers[0].calls, outcome.write.accepted_bytes), (1, 10 << 20));
}
