//! Tables and fields that scenarios will have and this version does not.

use crate::scenario::problem::{Path, Step};

const TABLES: [(&str, &str); 2] = [("kcl", "KCL consumers"), ("flink", "Flink consumers")];

/// Table, the way to the field, and what is missing.
const FIELDS: [(&str, &[&str], &str); 5] = [
    ("stream", &["stream_mode_details"], "nested mode: write `stream_mode`"),
    ("producer", &["kpl"], "Kinesis Producer Library"),
    ("reader", &["consumer_arn"], "consumers named by their ARN"),
    ("fault", &["workers"], "KCL consumers"),
    ("model", &["read"], "choice of the read limits' enforcer"),
];

/// First steps of metric paths, and what is missing.
const METRICS: [(&str, &str); 3] =
    [("kcl", "KCL consumers"), ("flink", "Flink consumers"), ("records.duplicated", "duplicates")];

/// Names of fields below the tables that are not built, in our spelling, and what is missing.
const NAMES: [(&str, &[&str]); 3] = [
    (
        "KCL consumers",
        &["workers", "failover_time", "checkpoint_every", "lease_table", "idle_time_between_reads"],
    ),
    (
        "Kinesis Producer Library",
        &[
            "aggregation_enabled",
            "aggregation_max_size",
            "record_max_buffered_time",
            "record_ttl",
            "rate_limit",
        ],
    ),
    ("faults of leases and workers", &["worker-crash", "lease-table-throttle"]),
];

/// What a table, field or metric of this name waits for, in our spelling or in AWS's. A field is
/// known by its last step.
#[must_use]
pub fn topic(name: &str) -> Option<&'static str> {
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let asked = plain(name);
    let first = asked.split('.').next().unwrap_or_default();
    let last = asked.rsplit('.').next().unwrap_or_default();
    let of_table = TABLES.iter().find(|(table, _)| *table == first).map(|(_, what)| *what);
    let of_field = || {
        let is_field = |field: &&(&str, &[&str], &str)| {
            let steps = field.1.join(".");
            plain(&steps) == asked
                || field.1.last().is_some_and(|step| plain(step) == last)
                    && (!asked.contains('.') || first == field.0)
        };
        FIELDS.iter().find(is_field).map(|(.., what)| *what)
    };
    let of_name = || {
        let has = |names: &[&str]| names.iter().any(|name| plain(name) == asked);
        NAMES.iter().find(|(_, names)| has(names)).map(|(what, _)| *what)
    };
    of_table.or_else(of_field).or_else(of_name).or_else(|| metric(name))
}

/// What the top-level table `name` waits for.
pub(super) fn table(name: &str) -> Option<&'static str> {
    TABLES.iter().find(|(table, _)| *table == name).map(|(_, what)| *what)
}

/// The fields that the table at `path` will have, and what each waits for.
pub(super) fn fields(
    path: &Path,
) -> impl Iterator<Item = (&'static [&'static str], &'static str)> + use<> {
    let name = match path.0.first() {
        Some(Step::Key(name)) => name.clone(),
        _ => String::new(),
    };
    FIELDS.iter().filter(move |(table, ..)| *table == name).map(|(_, field, what)| (*field, *what))
}

/// What the metric `path` waits for.
pub(super) fn metric(path: &str) -> Option<&'static str> {
    let first = path.split('.').next().unwrap_or_default();
    let found = |name: &str| first == name || path == name || path.ends_with(&format!(".{name}"));
    METRICS.iter().find(|(name, _)| found(name)).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::field;

    #[test]
    fn a_name_is_known_in_either_spelling_and_at_any_depth() {
        for name in [
            "stream_mode_details",
            "StreamModeDetails",
            "kcl",
            "producer.kpl",
            "consumer_arn",
            "reader.consumer_arn",
        ] {
            assert!(topic(name).is_some(), "{name}");
        }
        assert_eq!(topic("shard_count"), None);
        assert_eq!(topic("producer.web.rate"), None);
        assert_eq!(topic(""), None);
    }

    #[test]
    fn nothing_that_exists_is_said_to_be_missing() {
        for path in field::paths() {
            let (table, below) = path.split_once('.').expect("a table and a field");
            let steps: Vec<&str> = below.split('.').collect();
            let is_missing = |field: &&(&str, &[&str], &str)| field.0 == table && field.1 == steps;
            assert!(!FIELDS.iter().any(|field| is_missing(&field)), "{path}");
            let last = steps.last().expect("a step");
            assert!(!NAMES.iter().any(|(_, names)| names.contains(last)), "{path}");
        }
    }
}
