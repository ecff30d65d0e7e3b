//! What may change, and a choice of it.

use std::sync::Arc;

use crate::model::facts;
use crate::model::plan::Plan;

/// A value of the scenario that may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knob {
    /// Its path, as in `--set`.
    pub path: String,
    /// Its values as TOML, the first of them that of the file where it is not given.
    pub values: Vec<String>,
}

/// Values of some paths, laid over the scenario's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Path and value as TOML, each path once.
    pub values: Vec<(String, String)>,
    /// Files that the values name: what they are called, and what is in them.
    pub files: Vec<(String, Arc<str>)>,
}

impl Setting {
    /// The same with one more value, which takes the place of an older one.
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.values.iter_mut().find(|it| it.0 == path) {
            Some(known) => known.1 = value,
            None => self.values.push((path.to_owned(), value)),
        }
        self
    }

    /// The same with these values.
    #[must_use]
    pub fn with_all(self, values: &[(String, String)]) -> Self {
        values.iter().fold(self, |all, (path, value)| all.with(path, value.as_str()))
    }

    /// The value of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.values.iter().find(|it| it.0 == path).map(|it| it.1.as_str())
    }
}

/// Lanes of a shard at most (ESM-50).
const FACTOR_MAX: u32 = 10;

/// The path of a stream's number of shards.
#[must_use]
pub fn shards_path(plan: &Plan, stream: usize) -> String {
    // Direct PUT has no table: a single stream beside it is `[stream]`.
    let tables = plan.streams.iter().filter(|it| it.direct.is_none()).count();
    match plan.streams.get(stream) {
        Some(it) if tables > 1 => format!("stream.{}.shard_count", it.name),
        _ => "stream.shard_count".to_owned(),
    }
}

/// The path of a metric of writing to this stream alone: as it is where there is no other.
#[must_use]
pub fn metric_path(plan: &Plan, stream: usize, metric: &str) -> String {
    match plan.streams.get(stream) {
        Some(it) if plan.streams.len() > 1 => format!("stream.{}.{metric}", it.name),
        _ => metric.to_owned(),
    }
}

/// What may change where nobody says so, beside the number of shards: how each function of the
/// stream is fed.
#[must_use]
pub fn usual(plan: &Plan, stream: usize) -> Vec<Knob> {
    let mut knobs = Vec::new();
    for reader in plan.readers.iter().filter(|it| it.stream == stream && !it.is_backup()) {
        let Some(lambda) = reader.lambda() else { continue };
        let name = &reader.name;
        let factors = [lambda.factor, lambda.factor * 2, lambda.factor * 4];
        knobs.push(Knob {
            path: format!("lambda.{name}.parallelization_factor"),
            values: up_to(&factors, FACTOR_MAX),
        });
        let batches = [lambda.batch_size, lambda.batch_size.saturating_mul(5)];
        knobs.push(Knob {
            path: format!("lambda.{name}.batch_size"),
            values: up_to(&batches, facts::BATCH_SIZE_MAX),
        });
    }
    knobs
}

/// Those values, none larger than `most`, each once.
fn up_to(values: &[u32], most: u32) -> Vec<String> {
    let mut cut: Vec<u32> = values.iter().map(|value| (*value).min(most)).collect();
    cut.dedup();
    cut.iter().map(u32::to_string).collect()
}

/// Every combination of the knobs' values; that of the first values first.
#[must_use]
pub fn combinations(knobs: &[Knob]) -> Vec<Vec<(String, String)>> {
    let mut all: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for knob in knobs {
        all = all
            .iter()
            .flat_map(|begun| {
                knob.values.iter().map(move |value| {
                    let mut whole = begun.clone();
                    whole.push((knob.path.clone(), value.clone()));
                    whole
                })
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_begin_with_the_first_values_and_miss_none() {
        let knob = |path: &str, values: &[&str]| Knob {
            path: path.to_owned(),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
        };
        let all = combinations(&[knob("a", &["1", "2"]), knob("b", &["x", "y", "z"])]);
        assert_eq!(all.len(), 6);
        assert_eq!(all[0], [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x".to_owned())]);
        assert_eq!(combinations(&[]), [Vec::new()]);
        assert_eq!(up_to(&[4, 8, 16], 10), ["4", "8", "10"]);
        assert_eq!(up_to(&[10, 20, 40], 10), ["10"]);
    }

    #[test]
    fn a_path_has_one_value() {
        let setting = Setting::default().with("a", "1").with("b", "2").with("a", "3");
        assert_eq!(setting.values.len(), 2);
        assert_eq!((setting.get("a"), setting.get("c")), (Some("3"), None));
    }
}
