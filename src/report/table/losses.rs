//! `losses.csv`: records given up or expired, over the whole run.

use super::{Column, Rows, Table};
use crate::experiment::outcome::{LossCause, Outcome, SkipCause};
use crate::scenario::Scenario;
use crate::time::Instant;

/// The table.
pub const TABLE: Table = Table {
    name: "losses",
    row: "what was lost at one place for one cause; without a loss there is none",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "place", meaning: "`producer` or `consumer`" },
    Column { name: "name", meaning: "whose records they were" },
    Column {
        name: "cause",
        meaning: "`throttled`: refused by a limit at the last attempt allowed; \
                  `internal-failure`: failed within the service then; `buffer-full`: never sent, \
                  the producer's memory was full; `kms-throttled`: in a call that KMS throttled, \
                  which nobody makes again; `expired`: past retention before this consumer \
                  was handed them; `error-output`: not taken in time by the destination of this \
                  delivery stream (FH-92); of an event source mapping also `retries-exhausted`: \
                  its function failed as often as it may (ESM-72), `too-old`: older than it takes \
                  (ESM-76), and `too-large`: no event has room for it (ESM-40)",
    },
    Column { name: "records", meaning: "records lost" },
    Column { name: "bytes", meaning: "their bytes; empty where they are not known" },
    Column {
        name: "on_failure",
        meaning: "whether an on-failure destination was told of them (ESM-95, ESM-96): `true` or \
                  `false` where an event source mapping gave them up, else empty",
    },
];

/// The table as CSV.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for loss in &outcome.losses {
        rows.text("producer").text(&loss.producer).text(cause(loss.cause));
        rows.whole(loss.records).whole(loss.bytes).empty().end();
    }
    for (place, consumer) in outcome.consumers.iter().enumerate() {
        if consumer.ledger.expired > 0 {
            rows.text("consumer").text(&consumer.name).text("expired");
            rows.whole(consumer.ledger.expired).empty().empty().end();
        }
        let Some(lambda) = &consumer.lambda else { continue };
        let told_at = |at| scenario.plan.lambda_at(place, at).is_some_and(|it| it.on_failure);
        let on_failure = told_at(Instant::ZERO);
        // Where that changes in the run, some were told of and some not.
        let is_steady = on_failure == told_at(outcome.until);
        let on_failure = if is_steady { on_failure.to_string() } else { String::new() };
        for cause in SkipCause::DISCARDS {
            let records = lambda.counts.discarded_for(cause);
            if records > 0 {
                rows.text("consumer").text(&consumer.name).text(discard(cause));
                rows.whole(records).empty().text(&on_failure).end();
            }
        }
    }
    for consumer in &outcome.consumers {
        let Some(firehose) = &consumer.firehose else { continue };
        if firehose.counts.error_records > 0 {
            rows.text("consumer").text(&consumer.name).text("error-output");
            rows.whole(firehose.counts.error_records).empty().empty().end();
        }
    }
    rows.into_bytes()
}

/// What a cause is called for which an event source mapping gives records up.
fn discard(cause: SkipCause) -> &'static str {
    match cause {
        SkipCause::RetriesExhausted => "retries-exhausted",
        SkipCause::TooOld => "too-old",
        SkipCause::TooLarge => "too-large",
        SkipCause::Filtered => "filtered",
        SkipCause::Expired => "expired",
        SkipCause::BeforeStart => "before-start",
        SkipCause::Undelivered => "undelivered",
    }
}

/// The name of a cause in tables and JSON.
#[must_use]
pub fn cause(cause: LossCause) -> &'static str {
    match cause {
        LossCause::Throttled => "throttled",
        LossCause::Failed => "internal-failure",
        LossCause::BufferFull => "buffer-full",
        LossCause::KmsThrottled => "kms-throttled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    #[test]
    fn what_a_mapping_gave_up_is_told_by_cause_and_with_whether_somebody_was_told() {
        let (mut scenario, outcome) = sample::function();
        let rows = |scenario: &Scenario| {
            let text = String::from_utf8(write(scenario, &outcome)).expect("UTF-8");
            text.lines().filter(|line| line.starts_with("consumer")).collect::<Vec<_>>().join("; ")
        };
        let told = "consumer,fraud,retries-exhausted,1000,,true; consumer,fraud,too-old,200,,true";
        assert_eq!(rows(&scenario), told);
        let plan = &mut scenario.plan.readers[0];
        if let crate::model::plan::WorkPlan::Lambda(lambda) = &mut plan.work {
            lambda.on_failure = false;
        }
        assert_eq!(rows(&scenario), told.replace("true", "false"));
    }
}
