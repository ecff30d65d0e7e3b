//! The fields a scenario may have, read off the tables that decode them.

use serde::de::DeserializeOwned;

use crate::scenario::file::{
    AccountTable, ActionTable, AlarmTable, AutoscalerTable, FaultTable, FirehoseTable, LambdaTable,
    ModelTable, PricesTable, ProducerTable, ReaderTable, ScenarioTable, StreamTable, SweepTable,
};
use crate::scenario::home;

/// A top-level table, and what names the fields of the table at a path below it.
type Table = (&'static str, fn(&str) -> Vec<String>);

/// The tables with fields of their own; `[slo]` has metrics.
pub(super) const TABLES: [Table; 14] = [
    ("scenario", below::<ScenarioTable>),
    ("account", below::<AccountTable>),
    ("stream", below::<StreamTable>),
    ("producer", below::<ProducerTable>),
    ("reader", below::<ReaderTable>),
    ("lambda", below::<LambdaTable>),
    ("firehose", below::<FirehoseTable>),
    ("fault", below::<FaultTable>),
    ("action", below::<ActionTable>),
    ("autoscaler", below::<AutoscalerTable>),
    ("alarm", below::<AlarmTable>),
    ("prices", below::<PricesTable>),
    ("model", below::<ModelTable>),
    ("sweep", below::<SweepTable>),
];

/// Paths of all fields, those of a table after it: `producer.rate`, `producer.rate.points`.
#[must_use]
pub fn paths() -> Vec<String> {
    let mut found = Vec::new();
    for (table, fields) in TABLES {
        collect(table, "", fields, &mut found);
    }
    found
}

fn collect(table: &str, path: &str, fields: fn(&str) -> Vec<String>, found: &mut Vec<String>) {
    for field in fields(path) {
        let inner = format!("{path}{field}.");
        found.push(format!("{table}.{path}{field}"));
        collect(table, &inner, fields, found);
    }
}

/// The fields of what `path` leads to, which ends in a point unless it is empty, be it a table or
/// a list of tables; none where that is a plain value. A table that is given a field it cannot have
/// answers with those it has.
fn below<T: DeserializeOwned>(path: &str) -> Vec<String> {
    let table = format!("{path}\"\" = 0");
    let list = format!("{} = [{{ \"\" = 0 }}]", path.trim_end_matches('.'));
    for asked in [table, list] {
        match toml::from_str::<T>(&asked) {
            Err(error) if error.message().starts_with("unknown field") => {
                return home::expected(error.message()).map(str::to_owned).collect();
            }
            _ => {}
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::decode;

    #[test]
    fn every_table_of_a_scenario_is_walked() {
        let walked: Vec<&str> = TABLES.iter().map(|(name, _)| *name).chain(["slo"]).collect();
        assert!(decode::TABLES.iter().all(|name| walked.contains(name)));
    }

    #[test]
    fn fields_are_found_at_any_depth_and_values_have_none() {
        let paths = paths();
        let has = |path: &str| paths.iter().any(|known| known == path);
        for path in [
            "scenario.seed",
            "model.write",
            "model.write.enforcer",
            "producer.rate",
            "producer.rate.points",
            "producer.retry.jitter",
            "producer.resend.jitter",
            "producer.rate.burst.every",
            "producer.rate.throttled.share",
            "producer.partition_key.weights",
            "producer.partition_key.changes.for",
            "stream.initial_backlog.age",
            "reader.retry.profile",
            "producer.explicit_hash_key.dist",
            "reader.get_records.every",
        ] {
            assert!(has(path), "{path} in {paths:#?}");
        }
        assert!(!paths.iter().any(|path| path.starts_with("producer.api.")));
        assert!(!paths.iter().any(|path| path.starts_with("producer.rate.points.")));
    }
}
