//! `losses.csv`: records given up or expired, over the whole run.

use super::{Column, Rows, Table};
use crate::experiment::outcome::{LossCause, Outcome};
use crate::scenario::Scenario;

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
                  delivery stream (FH-92)",
    },
    Column { name: "records", meaning: "records lost" },
    Column { name: "bytes", meaning: "their bytes; empty where they are not known" },
];

/// The table as CSV.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for loss in &outcome.losses {
        rows.text("producer").text(&loss.producer).text(cause(loss.cause));
        rows.whole(loss.records).whole(loss.bytes).end();
    }
    for consumer in outcome.consumers.iter().filter(|consumer| consumer.ledger.expired > 0) {
        rows.text("consumer").text(&consumer.name).text("expired");
        rows.whole(consumer.ledger.expired).empty().end();
    }
    for consumer in &outcome.consumers {
        let Some(firehose) = &consumer.firehose else { continue };
        if firehose.counts.error_records > 0 {
            rows.text("consumer").text(&consumer.name).text("error-output");
            rows.whole(firehose.counts.error_records).empty().end();
        }
    }
    rows.into_bytes()
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
