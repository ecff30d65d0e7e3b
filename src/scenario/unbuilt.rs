//! Tables and fields that scenarios will have and this version does not.

use crate::scenario::problem::{Path, Step};

const TABLES: [(&str, &str); 10] = [
    ("lambda", "Lambda consumers"),
    ("kcl", "KCL consumers"),
    ("firehose", "Firehose delivery"),
    ("flink", "Flink consumers"),
    ("action", "actions during a run"),
    ("fault", "faults"),
    ("autoscaler", "autoscaler"),
    ("prices", "costs"),
    ("sweep", "sweeps"),
    ("alarm", "alarms"),
];

/// Table, the way to the field, and what is missing.
const FIELDS: [(&str, &[&str], &str); 14] = [
    ("scenario", &["resolution"], "aggregated resolution"),
    ("account", &["concurrent_executions"], "Lambda"),
    ("account", &["minimum_throughput_billing_commitment"], "on-demand streams"),
    ("stream", &["max_record_size"], "records above 1 MiB"),
    ("stream", &["warm_throughput"], "on-demand streams"),
    ("stream", &["stream_mode_details"], "on-demand streams"),
    ("producer", &["kpl"], "Kinesis Producer Library"),
    ("producer", &["target"], "other targets than the stream"),
    ("producer", &["stream"], "second stream"),
    ("reader", &["stream"], "second stream"),
    ("reader", &["consumer_arn"], "enhanced fan-out"),
    ("model", &["reshard"], "resharding"),
    ("model", &["read"], "choice of the read limits' enforcer"),
    ("model", &["lambda"], "Lambda consumers"),
];

/// First steps of metric paths, and what is missing.
const METRICS: [(&str, &str); 8] = [
    ("lambda", "Lambda consumers"),
    ("kcl", "KCL consumers"),
    ("firehose", "Firehose delivery"),
    ("flink", "Flink consumers"),
    ("cost", "costs"),
    ("stream", "metrics of single streams"),
    ("records.duplicated", "duplicates"),
    ("catch_up", "catch-up times"),
];

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
