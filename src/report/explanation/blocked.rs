//! K802 in words: a shard that was blocked by a record its reader could not digest.

use std::collections::BTreeMap;

use super::{Explanation, of_stream, quoted};
use crate::experiment::finding::Blocked;
use crate::report::number;
use crate::scenario::Scenario;

/// Puts the finding in words.
pub(super) fn explain(scenario: &Scenario, reader: &str, blocked: &Blocked) -> Explanation {
    let (from, lasted) = (number::duration(blocked.from_s), number::duration(blocked.blocked_s));
    let end = if blocked.is_over { "" } else { ", and is so when the run ends" };
    let advice = if blocked.given_up {
        "Then it was given up."
    } else {
        "Let it skip such a record after a few tries and keep it elsewhere (a dead-letter queue)."
    };
    let text = format!(
        "{}{} was blocked for {lasted} from {from} on{end}: {} failed on {} by a record that {} \
         could not digest; up to {} waited meanwhile. {advice}",
        of_stream(scenario, &blocked.stream),
        blocked.shard,
        number::counted(blocked.attempts, "attempt"),
        match blocked.batch_records {
            1 => "1 record".to_owned(),
            n => format!("a batch of {} records", number::count(u64::from(n))),
        },
        quoted(reader),
        number::counted(blocked.waiting_most, "record"),
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
