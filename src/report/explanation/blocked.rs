//! K802 in words: a shard that was blocked by a record its reader could not digest.

use std::collections::BTreeMap;

use super::{Explanation, of_stream, quoted};
use crate::experiment::finding::{Blocked, BlockedFunction};
use crate::report::number;
use crate::scenario::Scenario;

/// Puts the finding in words.
pub(super) fn explain(scenario: &Scenario, reader: &str, blocked: &Blocked) -> Explanation {
    let (from, lasted) = (number::duration(blocked.from_s), number::duration(blocked.blocked_s));
    let end = if blocked.is_over { "" } else { ", and is so when the run ends" };
    let text = format!(
        "{}{} was blocked for {lasted} from {from} on{end}: {} failed on {} by a record that {} \
         could not digest; up to {} waited meanwhile. {}",
        of_stream(scenario, &blocked.stream),
        blocked.shard,
        number::counted(
            blocked.attempts,
            if blocked.function.is_some() { "invocation" } else { "attempt" },
        ),
        match blocked.batch_records {
            1 => "1 record".to_owned(),
            n => format!(
                "a batch of {} records{}",
                number::count(u64::from(n)),
                if blocked.function.is_some_and(|it| it.bisect) { " and halves of it" } else { "" }
            ),
        },
        quoted(reader),
        number::counted(blocked.waiting_most, "record"),
        advice(blocked),
    );
    let cause = "a shard is processed in order: a batch that fails stays before all that comes \
                 after it, until it goes through or is skipped";
    Explanation {
        title: "blocked shard",
        text,
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("blocked_from_s", blocked.from_s),
            ("blocked_s", blocked.blocked_s),
            ("failed_attempts", blocked.attempts as f64),
            ("batch_records", f64::from(blocked.batch_records)),
            ("waiting_most_records", blocked.waiting_most as f64),
        ]),
        limit: BTreeMap::from([("retention_s", blocked.retention_s)]),
        next: None,
    }
}

/// What became of the record, and what to do about such ones.
fn advice(blocked: &Blocked) -> String {
    let Some(it) = &blocked.function else {
        return "Let it skip such a record after a few tries and keep it elsewhere (a dead-letter \
                queue)."
            .to_owned();
    };
    let then = match (blocked.given_up, it.given_up) {
        (false, _) => String::new(),
        (true, 0 | 1) => "Then it was given up. ".to_owned(),
        (true, n) => {
            format!("Then it was given up; in the run {} were. ", number::counted(n, "record"))
        }
    };
    let advice = match it {
        BlockedFunction { gives_up: false, .. } => {
            "Without maximum_retry_attempts or maximum_record_age it tries until the record \
             expires: set one, and on_failure to learn of what it gives up."
        }
        BlockedFunction { bisect: false, partial: false, .. } => {
            "With bisect_batch_on_function_error, or ReportBatchItemFailures, only that record \
             would be given up."
        }
        _ => "Fewer retries let the others go on sooner; parse what may be malformed first.",
    };
    then + advice
}
