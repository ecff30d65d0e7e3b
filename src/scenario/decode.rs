//! From the document's tables to the structs of [`file`](super::file), collecting every problem.
//!
//! Each table is decoded by itself. A fault is recorded, its key removed, and the table decoded
//! again, until nothing is left to find.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::de::{DeValue, ValueDeserializer};

use crate::quantity::shown;
use crate::scenario::document::{Document, Node, descend};
use crate::scenario::field;
use crate::scenario::file::{
    AccountTable, ActionTable, AlarmTable, AutoscalerTable, FaultTable, FirehoseTable, LambdaTable,
    ModelTable, PricesTable, ProducerTable, ReaderTable, ScenarioTable, StreamTable,
};
use crate::scenario::home;
use crate::scenario::leaf::Complaint;
use crate::scenario::problem::{Code, Path, Problem, Step, listed, nearest, with_commas};
use crate::scenario::unbuilt;

/// Problems after which looking for more is no help to anybody.
pub(super) const PROBLEMS_MAX: usize = 100;

/// Streams, producers, and readers, that a scenario may have: each needs memory of its own.
const TABLES_MAX: usize = 1_000;

/// Every table that could be read; what was faulty in them is left out.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) scenario: ScenarioTable,
    pub(super) account: AccountTable,
    pub(super) streams: Vec<StreamTable>,
    /// Whether streams are written as a list, `[[stream]]`.
    pub(super) streams_listed: bool,
    pub(super) producers: Vec<ProducerTable>,
    pub(super) readers: Vec<ReaderTable>,
    pub(super) lambdas: Vec<LambdaTable>,
    pub(super) firehoses: Vec<FirehoseTable>,
    pub(super) faults: Vec<FaultTable>,
    pub(super) actions: Vec<ActionTable>,
    pub(super) scalers: Vec<AutoscalerTable>,
    /// Whether autoscalers are written as a list, `[[autoscaler]]`.
    pub(super) scalers_listed: bool,
    pub(super) alarms: Vec<AlarmTable>,
    pub(super) model: ModelTable,
    pub(super) prices: PricesTable,
    /// Whether a top-level table was not recognised: what is missing may stand there.
    pub(super) unknown_table: bool,
}

/// The tables a scenario may have.
pub(super) const TABLES: [&str; 15] = [
    "scenario",
    "account",
    "stream",
    "producer",
    "reader",
    "lambda",
    "firehose",
    "fault",
    "action",
    "autoscaler",
    "alarm",
    "slo",
    "prices",
    "model",
    "sweep",
];

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
            "prices" => tables.prices = single(node, &path, problems),
            "stream" if node.get_ref().is_array() => {
                tables.streams = several(node, &path, problems);
                tables.streams_listed = true;
            }
            "stream" => tables.streams = vec![single(node, &path, problems)],
            // Only its inner tables are left where its own heading is misspelt; that is said once.
            "producer" | "reader" | "lambda" | "firehose"
                if node.get_ref().is_table() && document.has_misspelt(name) => {}
            "producer" => tables.producers = several(node, &path, problems),
            "reader" => tables.readers = several(node, &path, problems),
            "lambda" => tables.lambdas = several(node, &path, problems),
            "firehose" => tables.firehoses = several(node, &path, problems),
            "fault" => tables.faults = several(node, &path, problems),
            "action" => tables.actions = several(node, &path, problems),
            "autoscaler" if node.get_ref().is_array() => {
                tables.scalers = several(node, &path, problems);
                tables.scalers_listed = true;
            }
            "autoscaler" => tables.scalers = vec![single(node, &path, problems)],
            "alarm" => tables.alarms = several(node, &path, problems),
            // Both are read where the whole document is known.
            "slo" | "sweep" => {}
            _ => {
                tables.unknown_table = true;
                problems.push(unknown_table(name, node, &path));
            }
        }
    }
    tables
}

/// A top-level table or field that no scenario has, or none has yet.
pub(super) fn unknown_table(name: &str, node: &Node<'_>, path: &Path) -> Problem {
    if let Some(what) = unbuilt::table(name) {
        let message = format!("{} is not built yet: this version has no {what}", table_name(path));
        let help = match name {
            "kcl" | "flink" => {
                "leave it out for now; `[[reader]]` can stand for a consumer that polls"
            }
            _ => "leave it out for now",
        };
        return Problem::new(Code::NotBuilt, path, message).at_key().help(help);
    }
    let kind =
        if node.get_ref().is_table() || node.get_ref().is_array() { "table" } else { "field" };
    let near = nearest(name, TABLES);
    let problem =
        Problem::new(Code::UnknownTable, path, format!("unknown {kind} {}", shown(name))).at_key();
    let homes = home::of(name);
    if kind == "field" && !homes.is_empty() {
        return problem.help(format!("write it below {}", listed(&homes)));
    }
    let problem = match near.first() {
        Some(near) => problem.label(format!("did you mean `{near}`?")),
        None => problem,
    };
    problem.help(format!("a scenario has the tables {}", listed(&TABLES)))
}

/// A table that stands once: `[stream]`.
pub(super) fn single<T: DeserializeOwned + Default>(
    node: &Node<'_>,
    path: &Path,
    problems: &mut Vec<Problem>,
) -> T {
    if node.get_ref().is_table() {
        return table(node, path, problems);
    }
    let name = path.to_string();
    let problem = Problem::new(Code::WrongType, path, format!("`{name}` must be one table"));
    let help = format!("write `[{name}]` on a line of its own, then its fields");
    problems.push(problem.at_key().help(help));
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
            // The table is read as the one element that was meant; of anything else, an empty
            // element stands for it.
            return match node.get_ref() {
                DeValue::Table(_) => vec![table(node, &path.index(0), problems)],
                _ => vec![T::default()],
            };
        }
    };
    if elements.len() > TABLES_MAX {
        let is = with_commas(elements.len() as u64);
        let message = format!("{is} tables `[[{path}]]` are too many; at most 1,000 are played");
        let help = match path.to_string().as_str() {
            "stream" => "simulate in one file what shares producers or the account's quota",
            _ => "let `instances` and the distributions stand for what is alike",
        };
        problems.push(Problem::new(Code::TooMany, path, message).at_key().help(help));
    }
    for (i, child) in elements.iter().take(TABLES_MAX).enumerate() {
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
        let is_date = steps.iter().try_fold(&node, |node, step| descend(node, step));
        let is_date = is_date.is_some_and(|node| matches!(node.get_ref(), DeValue::Datetime(_)));
        let problem = describe(error.inner().message(), &whole);
        problems.push(if is_date { problem.label("this is a date or a time") } else { problem });
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
pub(super) fn describe(message: &str, path: &Path) -> Problem {
    let field = path.field();
    if let Some(mut complaint) = Complaint::read(message) {
        if complaint.code == Code::NeedsUnit && field == "retention_period" {
            // The one duration that AWS takes as a number: of hours.
            let (label, help) = ("hours or days?".into(), "write \"24 h\" or \"7 d\"".into());
            complaint = Complaint { label, help, ..complaint };
        }
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
        "a boolean" if field == "resend" => "`false` or a table",
        "a boolean" if field == "encryption" => "`true`, `false` or a table",
        "a boolean" => "`true` or `false`",
        other => other,
    };
    let problem = Problem::new(Code::WrongType, path, format!("`{field}` must be {expected}"))
        .label(found_label(found));
    let plural = path.key_names().join(".") + "s";
    if found.starts_with("invalid type: sequence") && field::paths().contains(&plural) {
        let problem = problem.label(format!("did you mean `{field}s`?"));
        return problem.help(format!("`{field}s` takes a list"));
    }
    match expected {
        "a whole number" => problem.help("write digits without quotes or a point, such as 8"),
        "a number" => problem.help("write it without quotes, such as 1.5"),
        "a string" => problem.help("write it in quotes"),
        "a table" => problem.help(format!("write `{field} = {{ … }}` with its fields in braces")),
        _ => problem,
    }
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
        "integer" => format!("this is the number {}", rest.trim_end_matches(" as i128")),
        "floating" => format!("this is the number {}", rest.trim_start_matches("point ")),
        _ => format!("this is {rest}"),
    }
}

/// Why no action changes this of a mapping or a function.
fn kept(field: &str) -> Option<&'static str> {
    match field {
        "starts" | "stream" | "starting_position" | "timestamp" | "enhanced_fan_out" => {
            Some("a mapping keeps its stream and where it began: no call of AWS changes them")
        }
        "invocation_duration"
        | "errors"
        | "cold_start"
        | "timeout"
        | "memory_size"
        | "architecture" => Some("what a function does and how long that takes stays as it is"),
        _ => None,
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
    let candidates: Vec<&str> = home::expected(message).collect();
    let message = format!("unknown field {} in {}", shown(&key), table_name(&parent));
    let problem = Problem::new(Code::UnknownField, path, message).at_key();
    let near = nearest(&key, candidates.iter().copied());
    let homes = home::of(&key);
    let problem = match kept(&key).filter(|_| parent.0.first() == Path::of("action").0.first()) {
        Some(note) => problem.note(note),
        None => problem,
    };
    let problem = match (near.as_slice(), homes.as_slice()) {
        ([], []) => problem,
        ([], homes) => problem.label(format!("a field of {}", listed(homes))),
        (near, _) => problem.label(format!("did you mean {}?", listed(near))),
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
