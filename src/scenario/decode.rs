//! From the document's tables to the structs of [`file`](super::file), collecting every problem.
//!
//! Each table is decoded by itself. A fault is recorded, its key removed, and the table decoded
//! again, until nothing is left to find.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::de::{DeValue, ValueDeserializer};

use crate::quantity::shown;
use crate::scenario::document::{Document, Node};
use crate::scenario::file::{
    AccountTable, ModelTable, ProducerTable, ReaderTable, ScenarioTable, StreamTable,
};
use crate::scenario::leaf::Complaint;
use crate::scenario::problem::{Code, Path, Problem, Step, listed, nearest};
use crate::scenario::unbuilt;

/// Problems after which looking for more is no help to anybody.
pub(super) const PROBLEMS_MAX: usize = 100;

/// Every table that could be read; what was faulty in them is left out.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) scenario: ScenarioTable,
    pub(super) account: AccountTable,
    pub(super) stream: Option<StreamTable>,
    pub(super) producers: Vec<ProducerTable>,
    pub(super) readers: Vec<ReaderTable>,
    pub(super) model: ModelTable,
    /// Whether a top-level table was not recognised: what is missing may stand there.
    pub(super) unknown_table: bool,
}

/// The tables a scenario may have.
const TABLES: [&str; 7] = ["scenario", "account", "stream", "producer", "reader", "slo", "model"];

/// Decodes all tables but `[slo]`.
pub(super) fn decode(document: &Document<'_>, problems: &mut Vec<Problem>) -> Tables {
    let mut tables = Tables::default();
    for (name, node) in document.tables() {
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
        let path = Path::of(name);
        match name {
            "scenario" => tables.scenario = single(node, &path, problems),
            "account" => tables.account = single(node, &path, problems),
            "model" => tables.model = single(node, &path, problems),
            "stream" => tables.stream = Some(single(node, &path, problems)),
            "producer" => tables.producers = several(node, &path, problems),
            "reader" => tables.readers = several(node, &path, problems),
            "slo" => {}
            _ => {
                tables.unknown_table = true;
                problems.push(unknown_table(name, node, &path));
            }
        }
    }
    tables
}

fn unknown_table(name: &str, node: &Node<'_>, path: &Path) -> Problem {
    if let Some(what) = unbuilt::table(name) {
        let message = format!("{} is not built yet: this version has no {what}", table_name(path));
        return Problem::new(Code::NotBuilt, path, message).at_key().help("leave it out for now");
    }
    let kind =
        if node.get_ref().is_table() || node.get_ref().is_array() { "table" } else { "field" };
    let near = nearest(name, TABLES);
    let problem =
        Problem::new(Code::UnknownTable, path, format!("unknown {kind} {}", shown(name))).at_key();
    let problem = match near.first() {
        Some(near) => problem.label(format!("did you mean `{near}`?")),
        None => problem,
    };
    problem.help(format!("a scenario has the tables {}", listed(&TABLES)))
}

/// A table that stands once: `[stream]`.
fn single<T: DeserializeOwned + Default>(
    node: &Node<'_>,
    path: &Path,
    problems: &mut Vec<Problem>,
) -> T {
    if node.get_ref().is_table() {
        return table(node, path, problems);
    }
    let name = path.to_string();
    problems.push(match (node.get_ref(), name.as_str()) {
        (DeValue::Array(_), "stream") => {
            Problem::new(Code::NotBuilt, path, "several streams in one file are not built yet")
                .at_key()
                .help("write one `[stream]`; simulate the streams one by one")
        }
        _ => Problem::new(Code::WrongType, path, format!("`{name}` must be one table"))
            .at_key()
            .help(format!("write `[{name}]` on a line of its own, then its fields")),
    });
    T::default()
}

/// A table that stands any number of times: `[[producer]]`.
fn several<T: DeserializeOwned + Default>(
    node: &Node<'_>,
    path: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut list = Vec::new();
    let elements = match node.get_ref() {
        DeValue::Array(array) if array.iter().all(|child| child.get_ref().is_table()) => array,
        _ => {
            let problem =
                Problem::new(Code::WrongType, path, format!("`{path}` must be a list of tables"));
            problems.push(problem.at_key().help(format!("write `[[{path}]]` in double brackets")));
            // One element stands for what was meant: nothing is then reported missing.
            return vec![T::default()];
        }
    };
    for (i, child) in elements.iter().enumerate() {
        if problems.len() < PROBLEMS_MAX {
            list.push(table(child, &path.index(i), problems));
        }
    }
    list
}

fn table<T: DeserializeOwned + Default>(
    node: &Node<'_>,
    path: &Path,
    problems: &mut Vec<Problem>,
) -> T {
    let mut node = node.clone();
    for (field, what) in unbuilt::fields(path) {
        if remove(&mut node, field) {
            let path = field.iter().fold(path.clone(), |path, key| path.key(key));
            let message =
                format!("`{}` is not built yet: this version has no {what}", path.field());
            let problem = Problem::new(Code::NotBuilt, &path, message);
            problems.push(problem.at_key().help("leave it out for now"));
        }
    }
    loop {
        let result: Result<T, _> =
            serde_path_to_error::deserialize(ValueDeserializer::from(node.clone()));
        let error = match result {
            Ok(table) => return table,
            Err(error) => error,
        };
        let mut steps = Vec::new();
        for segment in error.path() {
            match segment {
                Segment::Map { key } => steps.push(Step::Key(key.clone())),
                Segment::Seq { index } => steps.push(Step::Index(*index)),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        let keys: Vec<&str> = steps
            .iter()
            .map_while(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                Step::Index(_) => None,
            })
            .collect();
        let whole = Path(path.0.iter().cloned().chain(steps.iter().cloned()).collect());
        problems.push(describe(error.inner().message(), &whole));
        // A faulty element of a list takes the list with it: the others would move.
        if problems.len() >= PROBLEMS_MAX || !remove(&mut node, &keys) {
            return T::default();
        }
    }
}

/// Removes the key that `keys` lead to; whether there was one.
fn remove(node: &mut Node<'_>, keys: &[&str]) -> bool {
    let Some((key, rest)) = keys.split_first() else { return false };
    let DeValue::Table(table) = node.get_mut() else { return false };
    match (rest, table.get_mut(*key)) {
        (_, None) => false,
        ([], Some(_)) => table.remove(*key).is_some(),
        (_, Some(child)) => remove(child, rest),
    }
}

/// Puts serde's or a leaf's message into our words.
fn describe(message: &str, path: &Path) -> Problem {
    let field = path.field();
    if let Some(complaint) = Complaint::read(message) {
        let problem =
            Problem::new(complaint.code, path, format!("`{field}` {}", complaint.problem))
                .label(complaint.label);
        return match complaint.help {
            help if help.is_empty() => problem,
            help => problem.help(help),
        };
    }
    if message.starts_with("unknown field ") {
        return unknown_field(message, path);
    }
    let clean: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let Some((found, expected)) = clean.rsplit_once(", expected ") else {
        return Problem::new(Code::WrongType, path, format!("`{field}` cannot be read: {clean}"));
    };
    let expected = match expected {
        "a borrowed string" | "str" => "a string",
        "a sequence" => "a list in square brackets",
        other if other.starts_with("struct ") => "a table",
        "a tuple of size 2" => "a pair: [time, rate]",
        "a boolean" => "`false` or a table",
        other => other,
    };
    Problem::new(Code::WrongType, path, format!("`{field}` must be {expected}"))
        .label(found_label(found))
}

/// "invalid type: string "x"" in words for people.
fn found_label(found: &str) -> String {
    let short: String = found.chars().take(60).collect();
    if let Some(length) = found.strip_prefix("invalid length ") {
        return format!("this has {length}");
    }
    let Some(kind) = short.strip_prefix("invalid type: ") else { return short };
    let (first, rest) = kind.split_once(' ').unwrap_or((kind, ""));
    match first {
        "map" => "this is a table".to_owned(),
        "sequence" => "this is a list".to_owned(),
        "string" => "this is text".to_owned(),
        "integer" => format!("this is the number {rest}"),
        "floating" => format!("this is the number {}", rest.trim_start_matches("point ")),
        _ => format!("this is {rest}"),
    }
}

fn unknown_field(message: &str, path: &Path) -> Problem {
    let (key, parent) = match path.0.split_last() {
        Some((Step::Key(key), parent)) => (key.clone(), Path(parent.to_vec())),
        _ => (path.field(), path.clone()),
    };
    if key.starts_with("$__toml") {
        // A date is a table to serde.
        let message = format!("`{}` must not be a date or a time of day", parent.field());
        return Problem::new(Code::WrongType, &parent, message);
    }
    let candidates: Vec<&str> = message
        .rsplit_once(", expected ")
        .map(|(_, list)| list.split('`').skip(1).step_by(2).collect())
        .unwrap_or_default();
    let message = format!("unknown field {} in {}", shown(&key), table_name(&parent));
    let problem = Problem::new(Code::UnknownField, path, message).at_key();
    let near = nearest(&key, candidates.iter().copied());
    let problem = match near.as_slice() {
        [] => problem,
        near => problem.label(format!("did you mean {}?", listed(near))),
    };
    problem.help(format!("the fields of {} are {}", table_name(&parent), listed(&candidates)))
}

/// What a message calls the table at `path`.
fn table_name(path: &Path) -> String {
    match path.0.as_slice() {
        [Step::Key(name)] => match name.as_str() {
            "lambda" | "kcl" | "firehose" | "flink" | "action" | "fault" | "alarm" => {
                format!("`[[{name}]]`")
            }
            _ => format!("`[{name}]`"),
        },
        [Step::Key(name), Step::Index(_)] => format!("`[[{name}]]`"),
        _ => format!("`{}`", path.field()),
    }
}
