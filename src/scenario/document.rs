//! The user's text as a tree of tables, with the place of everything in it.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::quantity::shown;
use crate::scenario::decode::{self, TABLES};
use crate::scenario::home;
use crate::scenario::problem::{Code, Part, Path, Problem, Step, listed, nearest};

/// A node of the tree.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// Text that is larger is no scenario (bytes).
pub(super) const TEXT_MAX: usize = 1 << 20;

/// A parsed text with the overrides of the command line laid over it.
pub(super) struct Document<'t> {
    root: DeTable<'t>,
    overrides: Vec<Override<'t>>,
}

/// One `--set PATH=VALUE`.
struct Override<'t> {
    /// Where the value was put.
    path: Path,
    /// Where the path stands in the option's text.
    target: Range<usize>,
    /// The value, with spans into the option's text.
    value: Node<'t>,
    /// Place of the option on the command line, from 0.
    option: usize,
}

/// Bytes of one of the texts problems are found in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// 0 is the file; n is the n-th override.
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

const SET: &str = "--set ";

/// Steps an override's path may have.
const STEPS_MAX: usize = 16;

/// The text of an override as messages show it.
pub(super) fn option_text((path, value): &(String, String)) -> String {
    format!("{SET}{path}={value}")
}

/// Reads `text` as TOML, or says everything that keeps it from being TOML.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Vec<Problem>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let root = root.into_inner();
    if errors.is_empty() {
        return Ok(Document { root, overrides: Vec::new() });
    }
    // A misspelt `[[producer]]` leaves its `[producer.rate]` to stand for a table of that name,
    // and the next `[[producer]]` is then called a duplicate.
    let misspelt = misspelt_tables(&root);
    let is_duplicate = |error: &toml::de::Error| error.message().starts_with("duplicate key");
    if !misspelt.is_empty() && errors.iter().all(is_duplicate) {
        return Err(misspelt);
    }
    Err(errors
        .iter()
        .map(|error| {
            let message = format!("this is not TOML: {}", error.message());
            let problem = Problem::new(Code::Syntax, &Path::default(), message);
            Problem { span: error.span(), ..problem }
        })
        .collect())
}

/// The tables whose names are near those there are.
fn misspelt_tables(root: &DeTable<'_>) -> Vec<Problem> {
    let is_misspelt = |name: &str| !TABLES.contains(&name) && !nearest(name, TABLES).is_empty();
    root.iter()
        .filter(|(key, _)| is_misspelt(key.get_ref()))
        .map(|(key, node)| {
            let name = key.get_ref().as_ref();
            let problem = decode::unknown_table(name, node, &Path::of(name));
            Problem { span: Some(key.span()), ..problem }
        })
        .collect()
}

impl<'t> Document<'t> {
    /// Whether a table that does not exist has a name near `name`.
    pub(super) fn has_misspelt(&self, name: &str) -> bool {
        let is_misspelt =
            |known: &str| !TABLES.contains(&known) && nearest(known, TABLES).first() == Some(&name);
        self.root.iter().any(|(key, _)| is_misspelt(key.get_ref()))
    }

    /// The top-level tables, in alphabetical order.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&str, &Node<'t>)> {
        self.root.iter().map(|(key, node)| (key.get_ref().as_ref(), node))
    }

    /// What `path` leads to.
    pub(super) fn get(&self, path: &Path) -> Option<&Node<'t>> {
        let (first, rest) = path.0.split_first()?;
        let Step::Key(table) = first else { return None };
        rest.iter().try_fold(self.root.get(table.as_str())?, descend)
    }

    /// Lays an override over the document. `option` is its place on the command line; `text` is
    /// what [`option_text`] made of it.
    pub(super) fn set(
        &mut self,
        option: usize,
        target: &str,
        text: &'t str,
    ) -> Result<(), Box<Problem>> {
        let value = override_value(target, text);
        let path = self.override_path(target).and_then(|path| {
            put(&mut self.root, &path.0, &value)
                .map(|()| path)
                .map_err(|reason| bad_override(reason, "replace the whole value instead"))
        });
        // A faulty path leads nowhere: its place is the option itself.
        let (path, problem) = match path {
            Ok(path) => (path, None),
            Err(problem) => (Path::of(&format!("{SET}{target}")), Some(problem)),
        };
        let start = SET.len();
        let target = start..start + target.len();
        self.overrides.push(Override { path: path.clone(), target, value, option });
        match problem {
            None => Ok(()),
            Some(problem) => Err(Box::new(Problem { path, ..*problem })),
        }
    }

    /// `producer.checkout.rate` as steps: names of streams, producers and consumers become indexes.
    pub(super) fn override_path(&self, target: &str) -> Result<Path, Box<Problem>> {
        let keys: Vec<&str> = target.split('.').map(str::trim).collect();
        if !(2..=STEPS_MAX).contains(&keys.len()) || keys.iter().any(|key| key.is_empty()) {
            let message = format!("{} is not a path to a value", shown(target));
            let home = keys.first().filter(|key| keys.len() == 1 && **key != "stream");
            let home = home.and_then(|key| home::path(key));
            let help = match home {
                Some(path) => format!("write `{path}`"),
                None => "a path is a table and a field, such as `stream.shard_count`".to_owned(),
            };
            return Err(bad_override(message, &help));
        }
        let Some(DeValue::Array(elements)) = self.root.get(keys[0]).map(Spanned::get_ref) else {
            if matches!(keys[0], "producer" | "reader" | "lambda" | "firehose" | "alarm") {
                let message = format!("the scenario has no `[[{}]]` to override", keys[0]);
                return Err(bad_override(message, "write one into the file first"));
            }
            return Ok(Path(keys.iter().map(|key| Step::Key((*key).to_owned())).collect()));
        };
        let names: Vec<String> = elements
            .iter()
            .enumerate()
            .map(|(i, node)| {
                let given = node.get_ref().get("name").and_then(|name| name.get_ref().as_str());
                given.map_or_else(|| default_name(keys[0], i), str::to_owned)
            })
            .collect();
        let Some((index, steps)) = named(&names, &keys) else {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let near = nearest(keys[1], names.iter().copied());
            let help = listed(if near.is_empty() { &names } else { &near });
            let message = format!("no `[[{}]]` is called {}", keys[0], shown(keys[1]));
            return Err(bad_override(message, &format!("write {help} after `{}.`", keys[0])));
        };
        let mut path = Path::of(keys[0]).index(index);
        for key in &keys[steps..] {
            path = path.key(key);
        }
        if keys.len() <= steps {
            let message = format!("{} is a whole table", shown(target));
            return Err(bad_override(message, "name one of its fields after another point"));
        }
        Ok(path)
    }

    /// Where a problem lies.
    pub(super) fn locate(&self, problem: &Problem) -> Option<Place> {
        if let Some(span) = &problem.span {
            return Some(Place { source: 0, start: span.start, end: span.end });
        }
        let steps = &problem.path.0;
        let over = self.overrides.iter().rev().find(|over| steps.starts_with(&over.path.0));
        if let Some(over) = over {
            let rest = &steps[over.path.0.len()..];
            let whole =
                rest.is_empty() && (problem.part == Part::Key || problem.code == Code::BadOverride);
            let span = match deepest(&over.value, rest, problem.part) {
                Some(span) if !whole => span,
                _ => over.target.clone(),
            };
            return Some(Place { source: over.option + 1, start: span.start, end: span.end });
        }
        let (Step::Key(table), rest) = steps.split_first()? else { return None };
        let (key, node) = self.root.get_key_value(table.as_str())?;
        let span = match (rest, problem.part) {
            ([], Part::Key) => key.span(),
            _ => deepest(node, rest, problem.part)?,
        };
        // What an override put there has no place in the file.
        let below = |over: &&Override<'_>| over.path.0.starts_with(steps);
        match self.overrides.iter().rev().find(below).filter(|_| span.is_empty()) {
            Some(Override { target, option, .. }) => {
                Some(Place { source: option + 1, start: target.start, end: target.end })
            }
            None => Some(Place { source: 0, start: span.start, end: span.end }),
        }
    }
}

/// Which of a list's tables `keys` name, and the number of steps that lead to it.
///
/// Names of streams may have points in them: the longest that fits is meant. One stream alone need
/// not be named.
fn named(names: &[String], keys: &[&str]) -> Option<(usize, usize)> {
    let steps = |name: &String| {
        let parts: Vec<&str> = name.split('.').collect();
        keys[1..].starts_with(&parts).then_some(1 + parts.len())
    };
    let fits = names.iter().enumerate().filter_map(|(i, name)| Some((i, steps(name)?)));
    let only = (keys[0] == "stream" && names.len() == 1).then_some((0, 1));
    fits.rev().max_by_key(|(_, steps)| *steps).or(only)
}

/// A problem with an override's path; its place is added where it is known.
fn bad_override(message: String, help: &str) -> Box<Problem> {
    Box::new(Problem::new(Code::BadOverride, &Path::default(), message).help(help))
}

/// The name a table without one has: `producer`, `producer-2`, …
pub(super) fn default_name(kind: &str, index: usize) -> String {
    if index == 0 { kind.to_owned() } else { format!("{kind}-{}", index + 1) }
}

pub(super) fn descend<'n, 't>(node: &'n Node<'t>, step: &Step) -> Option<&'n Node<'t>> {
    match (node.get_ref(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get(key.as_str()),
        (DeValue::Array(array), Step::Index(index)) => array.get(*index),
        // `[producer]` is read as the only `[[producer]]`.
        (DeValue::Table(_), Step::Index(0)) => Some(node),
        _ => None,
    }
}

/// The span of what `steps` lead to from `node`, or of the last thing on the way that exists.
fn deepest(node: &Node<'_>, steps: &[Step], part: Part) -> Option<Range<usize>> {
    let Some((step, rest)) = steps.split_first() else { return Some(node.span()) };
    if let (DeValue::Table(table), Step::Key(key), [], Part::Key) =
        (node.get_ref(), step, rest, part)
    {
        return Some(table.get_key_value(key.as_str()).map_or(node.span(), |(key, _)| key.span()));
    }
    match descend(node, step) {
        Some(child) => deepest(child, rest, part),
        None => Some(node.span()),
    }
}

/// The value of an option: TOML where it is TOML, else the text itself. Its spans are those of
/// the option's text.
fn override_value<'t>(target: &str, text: &'t str) -> Node<'t> {
    let start = SET.len() + target.len() + 1;
    let written = &text[start..];
    match DeValue::parse(written) {
        Ok(node) => shift(node, start),
        Err(_) => Spanned::new(start..text.len(), DeValue::String(Cow::Borrowed(written.trim()))),
    }
}

fn shift(node: Node<'_>, by: usize) -> Node<'_> {
    let moved = |span: Range<usize>| span.start + by..span.end + by;
    let span = moved(node.span());
    let value = match node.into_inner() {
        DeValue::Array(array) => {
            DeValue::Array(array.into_iter().map(|child| shift(child, by)).collect())
        }
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, child)| {
                    let span = moved(key.span());
                    (Spanned::new(span, key.into_inner()), shift(child, by))
                })
                .collect(),
        ),
        leaf => leaf,
    };
    Spanned::new(span, value)
}

/// Puts `value` where `steps` lead, making the tables on the way.
fn put<'t>(table: &mut DeTable<'t>, steps: &[Step], value: &Node<'t>) -> Result<(), String> {
    let [Step::Key(key), rest @ ..] = steps else {
        return Err("a list has no fields to override".to_owned());
    };
    if rest.is_empty() {
        // The key keeps its place where the file has it.
        if let Some(old) = table.get_mut(key.as_str()) {
            *old = value.clone();
        } else {
            table.insert(Spanned::new(0..0, Cow::Owned(key.clone())), value.clone());
        }
        return Ok(());
    }
    if !table.contains_key(key.as_str()) {
        let fresh = DeValue::Table(DeTable::new());
        table.insert(Spanned::new(0..0, Cow::Owned(key.clone())), Spanned::new(0..0, fresh));
    }
    let node = table.get_mut(key.as_str()).expect("it was there or was just put there");
    put_below(node, key, rest, value)
}

fn put_below<'t>(
    node: &mut Node<'t>,
    key: &str,
    steps: &[Step],
    value: &Node<'t>,
) -> Result<(), String> {
    match (node.get_mut(), steps) {
        (DeValue::Table(inner), _) => put(inner, steps, value),
        (DeValue::Array(array), [Step::Index(index), rest @ ..]) => {
            let element = array.get_mut(*index);
            let element = element.ok_or_else(|| format!("`{key}` has no element {index}"))?;
            put_below(element, key, rest, value)
        }
        _ => Err(format!("`{key}` has no fields here: it is a plain value")),
    }
}
