//! Functions in words: K304, K305, and what a mapping gave up (K803).

use std::collections::BTreeMap;

use super::{Explanation, Step, quoted};
use crate::experiment::finding::{ConcurrencyShort, DiscardCause, Discarded, Ender, SmallBatches};
use crate::report::number;
use crate::units::Bytes;

pub(super) fn concurrency(name: &str, it: &ConcurrencyShort) -> Explanation {
    let lanes = number::counted(it.lanes, "lane");
    let reserved = if it.reserved { "reserved" } else { "that no function has reserved" };
    let limit = number::counted(u64::from(it.limit), "invocation");
    let limit = format!("{limit} at a time {reserved}");
    let shared = if it.sharing > it.lanes {
        format!(", shared with {} of others", number::counted(it.sharing - it.lanes, "lane"))
    } else {
        String::new()
    };
    let much = match (it.throttled, it.needed) {
        (Some((count, share)), _) => format!(
            ": {} to invoke it {} throttled, {} of all",
            if count == 1 { "1 try".to_owned() } else { format!("{} tries", number::count(count)) },
            if count == 1 { "was" } else { "were" },
            number::share(share)
        ),
        (None, Some(needed)) => format!(
            ": at the peak {} at least are needed on average",
            number::significant(needed, 2)
        ),
        (None, None) => String::new(),
    };
    let mut measured = BTreeMap::from([("lanes", it.sharing as f64)]);
    measured.extend(it.needed.map(|needed| ("needed_invocations", needed)));
    if let Some((count, share)) = it.throttled {
        measured.insert("throttles", count as f64);
        measured.insert("throttled_share", share);
    }
    Explanation {
        title: "concurrency short",
        text: format!("{} has {lanes}, and {limit}{shared}{much}.", quoted(name)),
        cause: "each lane invokes the function by itself (ESM-51); one that is throttled waits \
                1 s, then twice as long each time (ESM-80)"
            .to_owned(),
        measured,
        limit: BTreeMap::from([("invocations", f64::from(it.limit))]),
        next: it.enough.map(|enough| Step {
            set: if it.reserved {
                format!("lambda.{name}.reserved_concurrent_executions={enough}")
            } else {
                format!("account.concurrent_executions={enough}")
            },
            why: "one for each lane".to_owned(),
        }),
    }
}

pub(super) fn small_batches(name: &str, it: &SmallBatches) -> Explanation {
    let size = number::count(u64::from(it.batch_size));
    let records = if it.records < 10.0 {
        format!("{} records", number::significant(it.records, 2))
    } else {
        number::counted(it.records.round() as u64, "record")
    };
    let ender = match it.ended_by {
        Ender::Window(s) => format!("the window of {} is over", number::duration(s)),
        Ender::Payload(bytes) => {
            format!("an event has no room for more than {}", Bytes(bytes))
        }
    };
    let how = match it.share {
        Some(share) => format!("on average, {} of them because {ender}", number::fullness(share)),
        None => format!("at most, even where most comes: {ender}"),
    };
    let cause = match it.ended_by {
        Ender::Window(_) => "too little comes to a lane in its window",
        Ender::Payload(_) => {
            "records are handed over in base64, with what is beside their data, \
                              and an event has 6 MB (ESM-36, ESM-37, ESM-38)"
        }
    };
    let fitting = it.records.ceil().max(1.0) as u32;
    let next = match it.window_needed_s {
        Some(s) => Step {
            set: format!("lambda.{name}.maximum_batching_window={s}s"),
            why: "the time in which a batch fills".to_owned(),
        },
        None => Step {
            set: format!("lambda.{name}.batch_size={fitting}"),
            why: "what batches come to anyway".to_owned(),
        },
    };
    let mut measured = BTreeMap::from([("batch_records", it.records)]);
    measured.extend(it.share.map(|share| ("ended_share", share)));
    Explanation {
        title: "small batches",
        text: format!("batches of {} have {records} of {size} {how}.", quoted(name)),
        cause: cause.to_owned(),
        measured,
        limit: BTreeMap::from([("batch_size", f64::from(it.batch_size))]),
        next: Some(next),
    }
}

pub(super) fn discarded(name: &str, it: &Discarded) -> Explanation {
    let share = it.records as f64 / (it.polled as f64).max(1.0);
    let (why, cause) = match it.cause {
        DiscardCause::Retries(0) => ("failed, without a retry".to_owned(), cause_of_retries(it)),
        DiscardCause::Retries(n) => (
            format!(
                "failed after {}",
                if n == 1 {
                    "1 retry".to_owned()
                } else {
                    format!("{} retries", number::count(n.into()))
                }
            ),
            cause_of_retries(it),
        ),
        DiscardCause::TooOld(s) => (
            format!("were {} old or more", number::duration(s)),
            "what waits behind a batch that fails, or in a lane that is behind, grows older than \
             maximum_record_age",
        ),
        DiscardCause::TooLarge(bytes) => (
            format!("are too large for an event of {}", Bytes(bytes)),
            "in base64 a record above about 4.5 MiB is more than an event has room for (ESM-40): \
             keep large data elsewhere and send where it is",
        ),
    };
    let told = if it.on_failure {
        "A destination is told where they are, not what is in them (ESM-94)"
    } else {
        "Nobody is told: set on_failure"
    };
    Explanation {
        title: "given up",
        text: format!(
            "{} gave up {}: they {why}: {} of what it read. {told}.",
            quoted(name),
            number::counted(it.records, "record"),
            number::share(share)
        ),
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("discarded_records", it.records as f64),
            ("discarded_share", share),
        ]),
        limit: BTreeMap::from([match it.cause {
            DiscardCause::Retries(n) => ("retries", f64::from(n)),
            DiscardCause::TooOld(s) => ("record_age_s", s),
            DiscardCause::TooLarge(bytes) => ("event_bytes", bytes as f64),
        }]),
        next: is_coarse(it).then(|| Step {
            set: format!("lambda.{name}.bisect_batch_on_function_error=true"),
            why: "halves of a batch that fails, so that what is sound goes through".to_owned(),
        }),
    }
}

/// Whether a whole batch is given up for one record.
fn is_coarse(it: &Discarded) -> bool {
    matches!(it.cause, DiscardCause::Retries(_)) && it.whole
}

fn cause_of_retries(it: &Discarded) -> &'static str {
    if is_coarse(it) {
        "a batch fails as a whole and is given up as a whole, for one record in it (ESM-72)"
    } else {
        "a part of a batch that fails is given up after its last retry (ESM-72)"
    }
}
