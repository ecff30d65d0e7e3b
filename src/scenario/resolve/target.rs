//! Which stream a producer writes to, or a reader reads.

use super::Context;
use super::reader::Asks;
use crate::model::facts;
use crate::quantity::shown;
use crate::scenario::decode::Tables;
use crate::scenario::document::default_name;
use crate::scenario::file::{FirehoseTable, ProducerTable};
use crate::scenario::problem::{Code, Path, Problem, listed, nearest};

/// The streams of a scenario by name.
pub(in crate::scenario) struct Streams {
    /// Given or by default, in order of declaration.
    pub(in crate::scenario) names: Vec<String>,
    /// Whether no fault hides a name.
    known: bool,
    /// Delivery streams: their names, and whether producers put to them.
    firehoses: Vec<(String, bool)>,
    /// Whether no fault hides one.
    firehoses_known: bool,
}

impl Streams {
    /// The names of the streams; one that is taken is a problem. AWS's rules for names are checked
    /// where a stream is resolved.
    pub(super) fn new(tables: &Tables, problems: &mut Vec<Problem>) -> Self {
        let list = Path::of("stream");
        let known = !problems.iter().any(|problem| problem.path.0.starts_with(&list.0));
        let mut names: Vec<String> = Vec::new();
        for (i, table) in tables.streams.iter().enumerate() {
            let name = table.name.clone().unwrap_or_else(|| default_name("stream", i));
            if names.contains(&name) {
                let message = format!("the name {} is taken", shown(&name));
                let problem = Problem::new(Code::BadName, &list.index(i).key("name"), message);
                problems.push(problem.help("an account's streams have names of their own"));
            }
            names.push(name);
        }
        let all = tables.firehoses.iter().enumerate();
        let named = |(i, table): (usize, &FirehoseTable)| {
            let name = table.name.clone().unwrap_or_else(|| default_name("firehose", i));
            (name, table.is_direct())
        };
        let list = Path::of("firehose");
        let whole = !problems.iter().any(|problem| problem.path.0.starts_with(&list.0));
        Self {
            names,
            known: known && !tables.unknown_table,
            firehoses: all.map(named).collect(),
            firehoses_known: whole && !tables.unknown_table,
        }
    }

    /// The stream that stands for what `[[firehose]]` number `index` is put, where it is: they come
    /// after all Kinesis streams.
    pub(super) fn of_firehose(&self, index: usize) -> Option<usize> {
        let (_, direct) = self.firehoses.get(index)?;
        let before = self.firehoses[..index].iter().filter(|it| it.1).count();
        direct.then_some(self.names.len() + before)
    }

    /// The name of `[[firehose]]` number `index`.
    pub(super) fn firehose_name(&self, index: usize) -> &str {
        self.firehoses.get(index).map_or("", |it| it.0.as_str())
    }

    /// The index of what the producer at `path` writes to: a stream, or a delivery stream.
    pub(super) fn written(
        &self,
        table: &ProducerTable,
        path: &Path,
        cx: &mut Context<'_>,
    ) -> usize {
        let direct = self.direct_targets();
        let Some(target) = &table.target else {
            if let (Some(first), None, []) = (direct.first(), &table.stream, &self.names[..]) {
                if cx.sound(path) {
                    cx.missing(path, "target", &format!("`target = \"{first}\"`"));
                }
                return 0;
            }
            return self.index(table.stream.as_deref(), path, cx);
        };
        let at = path.key("target");
        if table.stream.is_some() && cx.sound(path) {
            let message = "`stream` and `target` exclude each other";
            let problem = Problem::new(Code::Contradiction, &at, message).at_key();
            cx.problem(problem.help("write two producers, or keep one of the two"));
        }
        let name = target.strip_prefix("firehose.");
        let found = name.and_then(|name| self.firehoses.iter().position(|it| it.0 == name));
        if let Some(stream) = found.and_then(|index| self.of_firehose(index)) {
            return stream;
        }
        if self.firehoses_known && cx.sound(path) {
            cx.problem(no_target(target, (found.is_some(), &direct), &at));
        }
        self.names.len()
    }

    /// What can be put to.
    fn direct_targets(&self) -> Vec<String> {
        let direct = self.firehoses.iter().filter(|it| it.1);
        direct.map(|it| format!("firehose.{}", it.0)).collect()
    }

    /// Whether no fault hides a name.
    pub(in crate::scenario) fn known(&self) -> bool {
        self.known
    }

    /// The index of the stream called `given`, the value of `stream` in the table at `path`. One
    /// stream alone need not be named. What cannot be told is a problem, and the first stream
    /// stands for it.
    pub(super) fn index(&self, given: Option<&str>, path: &Path, cx: &mut Context<'_>) -> usize {
        let Some(name) = given else {
            if self.names.len() > 1 && cx.sound(path) {
                let table = Path(path.0[..1].to_vec());
                let message = format!("`[[{table}]]` needs `stream`: the scenario has several");
                let problem = Problem::new(Code::MissingField, path, message);
                cx.problem(problem.help(format!("write {}", self.choices(None))));
            }
            return 0;
        };
        let found = self.names.iter().position(|it| it == name);
        if found.is_none() && self.known {
            let message = format!("no stream is called {}", shown(name));
            let problem = Problem::new(Code::UnknownWord, &path.key("stream"), message);
            let help = match self.names.len() {
                0 => "the scenario has no stream".to_owned(),
                _ => format!("write {}", self.choices(Some(name))),
            };
            cx.problem(problem.help(help));
        }
        found.unwrap_or(0)
    }

    /// What may be written, the nearest to `name` first; at most a handful.
    fn choices(&self, name: Option<&str>) -> String {
        const MOST: usize = 6;
        let mut all: Vec<&str> = Vec::new();
        for name in &self.names {
            if !all.contains(&name.as_str()) {
                all.push(name);
            }
        }
        let near = name.map_or_else(Vec::new, |name| nearest(name, all.iter().copied()));
        let chosen = if near.is_empty() { &all[..all.len().min(MOST)] } else { &near[..] };
        let written = chosen.iter().map(|name| format!("stream = \"{name}\""));
        let written: Vec<String> = written.collect();
        listed(&written.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// What is wrong with a `target`, which may be `known` as a delivery stream, where these can be put
/// to.
fn no_target(target: &str, (known, direct): (bool, &[String]), at: &Path) -> Problem {
    if known {
        let message = format!("{} reads a stream, and cannot be put to", shown(target));
        let problem = Problem::new(Code::Contradiction, at, message);
        return problem
            .note("PutRecord and PutRecordBatch are off then (fact FH-25, documented)")
            .help("write `delivery_stream_type = \"DirectPut\"` there, or put to the stream");
    }
    if let Some(stream) = target.strip_prefix("stream.") {
        let message = "a stream is not named by `target`";
        let problem = Problem::new(Code::Contradiction, at, message).at_key();
        return problem.help(format!("write `stream = \"{stream}\"`"));
    }
    let message = match target.strip_prefix("firehose.") {
        Some(name) => format!("no `[[firehose]]` is called {}", shown(name)),
        None => format!("{} cannot be put to", shown(target)),
    };
    let problem = Problem::new(Code::UnknownWord, at, message);
    let names: Vec<&str> = direct.iter().map(String::as_str).collect();
    let near = nearest(target, names.iter().copied());
    let problem = match near.as_slice() {
        [] => problem,
        near => problem.label(format!("did you mean {}?", listed(near))),
    };
    problem.help(match names.as_slice() {
        [] => "the scenario has no `[[firehose]]` of type \"DirectPut\"".to_owned(),
        names => format!("write {}", listed(names)),
    })
}

/// Whether nobody needs a stream: all consumers are put to.
fn all_direct(tables: &Tables) -> bool {
    let direct = tables.firehoses.iter().all(FirehoseTable::is_direct);
    let others = tables.readers.len() + tables.lambdas.len();
    let others = others + tables.scalers.len() + tables.alarms.len();
    let others = others + tables.actions.iter().filter(|it| it.call.is_some()).count();
    let written = tables.producers.iter().any(|it| it.stream.is_some());
    !tables.firehoses.is_empty() && direct && others == 0 && !written
}

/// How many producers and readers use the stream `name`; where it is the only one none need say so.
pub(super) fn users(tables: &Tables, name: &str) -> usize {
    let producers = tables.producers.iter().filter(|table| table.target.is_none());
    let producers = producers.map(|table| &table.stream);
    let readers = tables.readers.iter().map(|table| &table.stream);
    let lambdas = tables.lambdas.iter().map(|table| &table.stream);
    let firehoses = tables.firehoses.iter().filter(|table| !table.is_direct());
    let firehoses = firehoses.map(|table| &table.stream);
    let all = producers.chain(readers).chain(lambdas).chain(firehoses);
    all.filter(|of| of.as_ref().is_none_or(|of| of == name)).count()
}

/// How each consumer comes by its records, in the order of a plan.
pub(super) fn asks(tables: &Tables, streams: &Streams, cx: &mut Context<'_>) -> Vec<Asks> {
    let mut all = Vec::new();
    for (i, table) in tables.readers.iter().enumerate() {
        let path = Path::of("reader").index(i);
        let stream = streams.index(table.stream.as_deref(), &path, cx);
        all.push(Asks::of_reader(table, i, stream));
    }
    for (i, table) in tables.lambdas.iter().enumerate() {
        let path = Path::of("lambda").index(i);
        let stream = streams.index(table.stream.as_deref(), &path, cx);
        // Each such mapping has a registered consumer of its own (ESM-08).
        let pushed = table.enhanced_fan_out == Some(true);
        all.push(Asks { stream, path, pushed, every: facts::MAPPING_POLL_EVERY });
    }
    for (i, table) in tables.firehoses.iter().enumerate() {
        let path = Path::of("firehose").index(i);
        let direct = streams.of_firehose(i);
        let stream = direct.unwrap_or_else(|| streams.index(table.stream.as_deref(), &path, cx));
        all.push(Asks { stream, path, pushed: false, every: facts::FIREHOSE_POLL_EVERY });
    }
    all
}

pub(super) fn report_missing(tables: &Tables, cx: &mut Context<'_>) {
    let mut missing = |table: &str, header: &str, help: &str| {
        let message = format!("the scenario has no `{header}`");
        let problem = Problem::new(Code::MissingField, &Path::of(table), message);
        cx.problems.push(problem.help(help));
    };
    if tables.streams.is_empty() && !all_direct(tables) {
        missing("stream", "[stream]", "write `[stream]` and below it `shard_count = 2`");
    }
    if tables.producers.is_empty() {
        missing(
            "producer",
            "[[producer]]",
            "write `[[producer]]` and below it `rate = \"1k/s\"` and `record_size = \"1 KiB\"`",
        );
    }
}
