//! The manual: whatever a user meets by name, looked up where it is defined.
//!
//! No text is written here. Fields, units, findings, errors, words of the summary and old notes
//! come from the pages in `docs`, which the program carries with it; metrics from their registry,
//! columns from the tables, facts from the facts.

mod code;
mod column;
mod fact;
mod field;
mod page;
mod screen;
mod word;

use serde::Serialize;

use crate::scenario::unbuilt;

pub use screen::{json, overview, screen};

/// One thing that has a name.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its name in full: `reader.get_records.limit`.
    pub name: String,
    /// What it says, in a sentence or two.
    pub meaning: String,
    /// More about it, each with what is said: default, unit, cause.
    pub details: Vec<(String, String)>,
    /// Paragraphs that belong to it.
    pub text: Vec<String>,
    /// What it is made of: name and meaning.
    pub members: Vec<(String, String)>,
    /// The words it is found by.
    #[serde(skip)]
    keys: Vec<String>,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A table of a scenario.
    Table,
    /// A field of a scenario.
    Field,
    /// A unit of quantities.
    Unit,
    /// How scenarios and data files are written.
    Rule,
    /// A metric for objectives.
    Metric,
    /// A word of the summary.
    Word,
    /// A CSV file of a run or a study.
    File,
    /// A column of such a file.
    Column,
    /// A finding of a run.
    Finding,
    /// An error in a scenario.
    Error,
    /// A fact about Kinesis or a client of it.
    Fact,
    /// What older notes say.
    Note,
    /// A feature that is not built.
    Missing,
}

impl Kind {
    /// Every kind that can be listed, with an example of each.
    pub const LISTED: [(Self, &'static str); 12] = [
        (Self::Table, "reader"),
        (Self::Field, "shard_count"),
        (Self::Unit, "KiB"),
        (Self::Rule, "data files"),
        (Self::Metric, "iterator_age"),
        (Self::Word, "busiest second"),
        (Self::File, "shards.csv"),
        (Self::Column, "IncomingRecords"),
        (Self::Finding, "K101"),
        (Self::Error, "E110"),
        (Self::Fact, "KDS-W01"),
        (Self::Note, "7 days"),
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Field => "field",
            Self::Unit => "unit",
            Self::Rule => "rule",
            Self::Metric => "metric",
            Self::Word => "word",
            Self::File => "file",
            Self::Column => "column",
            Self::Finding => "finding",
            Self::Error => "error",
            Self::Fact => "fact",
            Self::Note => "note",
            Self::Missing => "not built",
        }
    }

    /// What it is, in some words.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Table => "a table of a scenario",
            Self::Field => "a field of a scenario",
            Self::Unit => "a unit",
            Self::Rule => "how a file is written",
            Self::Metric => "a metric for objectives",
            Self::Word => "a word of the summary",
            Self::File => "a CSV file of a run or study",
            Self::Column => "a column of it",
            Self::Finding => "a finding",
            Self::Error => "an error in a scenario",
            Self::Fact => "a limit or default of AWS",
            Self::Note => "a limit that old notes quote",
            Self::Missing => "a feature that is not built",
        }
    }
}

/// What is known about a topic.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked.
    pub topic: String,
    /// What there is, in the order of kinds.
    pub entries: Vec<Entry>,
    /// Whether there is so much that a line each must do.
    pub is_list: bool,
}

/// Entries told in full; of more there is a line each.
const FULL_MAX: usize = 4;

/// Names proposed for a topic nobody knows.
const PROPOSED: usize = 3;

/// What there is to say about `topic`.
///
/// # Errors
/// The three names nearest to it, where there is nothing.
pub fn find(topic: &str) -> Result<Answer, Vec<String>> {
    let entries = all();
    let asked = fold(topic);
    // A metric of CloudWatch is called `Errors`: that is no list.
    let is_plain = !topic.starts_with(char::is_uppercase);
    let is_listed = |kind: Kind| is_plain && asked == format!("{}s", kind.name());
    let listed = Kind::LISTED.iter().find(|(kind, _)| is_listed(*kind));
    if let Some((kind, _)) = listed {
        let entries = entries.into_iter().filter(|entry| entry.kind == *kind).collect();
        return Ok(Answer { topic: topic.to_owned(), entries, is_list: true });
    }
    if asked == "limits" {
        let entries = entries.into_iter().filter(fact::is_limit).collect();
        return Ok(Answer { topic: topic.to_owned(), entries, is_list: true });
    }
    let path = without_places(topic);
    let found = by_name(&entries, &asked)
        .or_else(|| by_name(&entries, &fold(&path)))
        .or_else(|| by_name(&entries, &fold(&without_name(&path))))
        .or_else(|| field::metric(topic).map(|entry| vec![entry]))
        .or_else(|| unbuilt::topic(topic).map(|what| vec![missing(topic, what)]))
        .or_else(|| field::taking(&entries, topic))
        .or_else(|| fact::mentioning(&entries, topic));
    match found {
        Some(entries) => {
            let is_list = entries.len() > FULL_MAX;
            Ok(Answer { topic: topic.to_owned(), entries, is_list })
        }
        None => Err(nearest(&entries, &asked)),
    }
}

/// Every entry there is, in the order of kinds.
#[must_use]
pub fn all() -> Vec<Entry> {
    let mut entries = field::entries();
    entries.extend(word::entries());
    entries.extend(column::entries());
    entries.extend(code::entries());
    entries.extend(fact::entries());
    entries
}

fn by_name(entries: &[Entry], asked: &str) -> Option<Vec<Entry>> {
    let is_called = |entry: &&Entry| entry.keys.iter().any(|key| fold(key) == asked);
    let is_named = |entry: &Entry| fold(&entry.name) == asked;
    let mut found: Vec<Entry> = entries.iter().filter(is_called).cloned().collect();
    // `write.offered` is a metric, and the end of another's name; so are fields.
    for kind in [Kind::Metric, Kind::Field] {
        if found.iter().any(|entry| entry.kind == kind && is_named(entry)) {
            found.retain(|entry| entry.kind != kind || is_named(entry));
        }
    }
    (!asked.is_empty() && !found.is_empty()).then_some(found)
}

/// A path without places in lists: `rate.points[1]` is `rate.points`.
fn without_places(topic: &str) -> String {
    topic.split('[').map(|part| part.rsplit(']').next().unwrap_or_default()).collect()
}

/// A path without its second step, which is the name of a producer or reader in most:
/// `producer.web.rate` is `producer.rate`.
fn without_name(path: &str) -> String {
    let mut steps: Vec<&str> = path.split('.').collect();
    if steps.len() > 2 {
        steps.remove(1);
    }
    steps.join(".")
}

fn missing(topic: &str, what: &str) -> Entry {
    Entry {
        kind: Kind::Missing,
        name: topic.to_owned(),
        meaning: format!("this version has no {what} yet"),
        details: Vec::new(),
        text: Vec::new(),
        members: Vec::new(),
        keys: Vec::new(),
    }
}

/// The names nearest to what was asked, one of each entry.
fn nearest(entries: &[Entry], asked: &str) -> Vec<String> {
    let likeness = |key: &str| strsim::normalized_damerau_levenshtein(&fold(key), asked);
    let best = |entry: &Entry| {
        let ranked = entry.keys.iter().map(|key| (likeness(key), key.clone()));
        // Of keys that are as near, the one that is looked for first.
        ranked.reduce(|one, other| if other.0 > one.0 { other } else { one })
    };
    let mut ranked: Vec<(f64, String)> = entries.iter().filter_map(best).collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut names: Vec<String> = Vec::new();
    for (_, name) in ranked {
        if names.len() < PROPOSED && !names.iter().any(|known| fold(known) == fold(&name)) {
            names.push(name);
        }
    }
    names
}

/// What is compared of a name: `ShardCount`, `shard_count` and `shard count` are the same.
fn fold(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric() || *c == '.' || *c == '/' || *c == '%');
    kept.collect::<String>().to_lowercase()
}

/// Every end of a path that begins with a whole step: `a.b.c`, `b.c`, `c`.
fn ends(path: &str) -> Vec<String> {
    let points = path.match_indices('.').map(|(at, _)| path[at + 1..].to_owned());
    std::iter::once(path.to_owned()).chain(points).collect()
}

#[cfg(test)]
mod tests;
