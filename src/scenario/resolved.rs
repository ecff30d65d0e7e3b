//! `scenario.resolved.toml`: every value in force and where it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::scenario::{Assumed, Override};
use crate::time::Span;
use crate::units::Bytes;

/// Where a value comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// Our own default.
    Default,
    /// An AWS constant, with its fact.
    Fact(&'static str),
    /// A choice where AWS publishes nothing, with its fact.
    Assumed(&'static str),
    /// The same, where the result does not hang on it.
    Aside(&'static str),
    /// A choice of ours that no fact backs.
    Chosen,
}

/// The text under construction.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    text: String,
    /// The table under way: `stream`, `reader.fraud`.
    scope: String,
    overrides: Vec<Override>,
    assumed: Vec<Assumed>,
    assumptions: BTreeSet<&'static str>,
    inputs: BTreeMap<String, String>,
}

impl Resolved {
    /// Begins a table: `[stream]`.
    pub(super) fn table(&mut self, header: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.text, "{gap}{header}");
        header.trim_matches(['[', ']']).clone_into(&mut self.scope);
    }

    /// A line without a value of the file's.
    pub(super) fn comment(&mut self, text: &str) {
        let _ = writeln!(self.text, "# {text}");
    }

    /// Where the text stands: a place for what is known only later.
    pub(super) fn place(&self) -> usize {
        self.text.len()
    }

    /// A comment at a place the text has passed.
    pub(super) fn comment_at(&mut self, place: usize, text: &str) {
        self.text.insert_str(place.min(self.text.len()), &format!("# {text}\n"));
    }

    /// A value as TOML and its origin; `None` where the user gave it.
    pub(super) fn line(&mut self, key: &str, value: &str, origin: Option<Origin>) {
        let from = match origin {
            None => "given".to_owned(),
            Some(Origin::Default) => "default".to_owned(),
            Some(Origin::Fact(id)) => format!("fact {id}"),
            Some(Origin::Assumed(id) | Origin::Aside(id)) => format!("assumed ({id})"),
            Some(Origin::Chosen) => "assumed".to_owned(),
        };
        if let Some(Origin::Assumed(id)) = origin {
            self.assume(id);
            let (path, value) = (format!("{}.{key}", self.scope), value.to_owned());
            self.assumed.push(Assumed { fact: id, path, value });
        }
        if key == "name"
            && ["producer", "reader", "lambda", "firehose", "alarm"].contains(&self.scope.as_str())
        {
            self.scope = format!("{}.{}", self.scope, value.trim_matches('"'));
        }
        let _ = writeln!(self.text, "{:<40} # {from}", format!("{key} = {value}"));
    }

    /// The value given or its default, written as `show` says.
    pub(super) fn pick<T>(
        &mut self,
        key: &str,
        given: Option<T>,
        (default, origin): (T, Origin),
        show: impl Fn(&T) -> String,
    ) -> T {
        if let Some(value) = given {
            self.given(key, &show(&value), (&show(&default), origin));
            value
        } else {
            self.line(key, &show(&default), Some(origin));
            default
        }
    }

    /// A value of the file's, as TOML, beside the default it replaces.
    pub(super) fn given(&mut self, key: &str, value: &str, (default, origin): (&str, Origin)) {
        if let Origin::Fact(fact) | Origin::Assumed(fact) | Origin::Aside(fact) = origin
            && value != default
        {
            self.overrides.push(Override {
                path: format!("{}.{key}", self.scope),
                fact,
                from: default.to_owned(),
                to: value.to_owned(),
            });
        }
        self.line(key, value, None);
    }

    /// Notes that the result rests on an unpublished constant.
    pub(super) fn assume(&mut self, id: &'static str) {
        self.assumptions.insert(id);
    }

    /// Notes a file that was read, with its SHA-256.
    pub(super) fn input(&mut self, name: &str, sha256: String) {
        self.inputs.insert(name.to_owned(), sha256);
    }

    /// The finished text.
    pub(super) fn finish(mut self) -> Finished {
        if !self.inputs.is_empty() {
            self.text.push_str("\n# files read, with their SHA-256\n");
        }
        for (name, sha256) in std::mem::take(&mut self.inputs) {
            let line = format!("{} {sha256}", quoted(&name));
            self.comment(&line);
        }
        Finished {
            text: self.text,
            assumptions: self.assumptions.into_iter().collect(),
            overrides: self.overrides,
            assumed: self.assumed,
        }
    }
}

/// What was written down.
pub(super) struct Finished {
    pub(super) text: String,
    pub(super) assumptions: Vec<&'static str>,
    pub(super) overrides: Vec<Override>,
    pub(super) assumed: Vec<Assumed>,
}

/// A TOML string on one line.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A span as a TOML string that reads back exactly.
pub(super) fn span(span: Span) -> String {
    quoted(&span.exact())
}

/// A size as a TOML string that reads back exactly.
pub(super) fn bytes(bytes: Bytes) -> String {
    quoted(&bytes.exact())
}

/// A float as TOML: always with a point, so that it reads back as one.
pub(super) fn float(number: f64) -> String {
    format!("{number:?}")
}

/// A list as TOML.
pub(super) fn list<T>(values: &[T], show: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = values.iter().map(show).collect();
    format!("[{}]", shown.join(", "))
}
