//! Which stream a producer writes to, or a reader reads.

use super::Context;
use crate::quantity::shown;
use crate::scenario::decode::Tables;
use crate::scenario::document::default_name;
use crate::scenario::problem::{Code, Path, Problem, listed, nearest};

/// The streams of a scenario by name.
pub(in crate::scenario) struct Streams {
    /// Given or by default, in order of declaration.
    pub(in crate::scenario) names: Vec<String>,
    /// Whether no fault hides a name.
    known: bool,
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
        Self { names, known: known && !tables.unknown_table }
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
