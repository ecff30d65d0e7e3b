//! `latency.csv`: the distributions of ages and latencies after the warm-up.

use super::{Column, Rows, Table};
use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;

/// The table.
pub const TABLE: Table = Table {
    name: "latency",
    row: "one bucket of one distribution; empty buckets are left out",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "subject", meaning: "`write` for all producers, or a consumer's name" },
    Column {
        name: "quantity",
        meaning: "`write_latency` (birth to the answer that tells of storage), `iterator_age` (of \
                  a call's last record at hand-over), or `read_latency` (birth to the end of \
                  processing)",
    },
    Column { name: "from_ns", meaning: "smallest value of the bucket [ns]" },
    Column { name: "to_ns", meaning: "largest value of the bucket [ns], included" },
    Column { name: "records", meaning: "records in the bucket" },
    Column {
        name: "cumulative_share",
        meaning: "part of the distribution's records at or below the bucket's end (0 to 1)",
    },
];

/// The table as CSV.
#[must_use]
pub fn write(_: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    distribution(&mut rows, "write", "write_latency", &outcome.write_latency);
    for consumer in &outcome.consumers {
        distribution(&mut rows, &consumer.name, "iterator_age", &consumer.iterator_age);
        distribution(&mut rows, &consumer.name, "read_latency", &consumer.latency);
    }
    rows.into_bytes()
}

fn distribution(rows: &mut Rows, subject: &str, quantity: &str, histogram: &Histogram) {
    let mut seen = 0;
    for (from, to, records) in histogram.buckets() {
        seen += records;
        rows.text(subject).text(quantity).whole(from).whole(to).whole(records);
        rows.float(seen as f64 / histogram.total() as f64).end();
    }
}
