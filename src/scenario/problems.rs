//! All that is wrong with one scenario, and its rendering for people and machines.

use std::fmt::Write as _;

use annotate_snippets::{Level, Renderer};
use serde::Serialize;

use crate::scenario::decode::PROBLEMS_MAX;
use crate::scenario::document::Place;
use crate::scenario::problem::{Code, Problem};
use crate::scenario::sources::{Said, Sources, Spot};

/// Problems shown; of the rest only the number is said.
const SHOWN_MAX: usize = 50;

/// All problems of one scenario, in the order of the file and then of the overrides.
#[derive(Clone, Debug)]
pub struct Problems {
    sources: Sources,
    list: Vec<(Option<Place>, Problem)>,
}

/// One problem as data.
#[derive(Debug, Serialize)]
struct Entry<'p> {
    code: &'static str,
    path: String,
    /// From 1; none where the problem has no place in the text.
    line: Option<usize>,
    /// In characters, from 1.
    column: Option<usize>,
    /// The option of the command line the problem lies in, where it is not the file.
    option: Option<String>,
    message: &'p str,
    label: &'p str,
    note: Option<&'p str>,
    help: Option<&'p str>,
}

impl Problems {
    pub(super) fn new(
        label: &str,
        sources: Vec<String>,
        mut list: Vec<(Option<Place>, Problem)>,
    ) -> Self {
        let rank = |place: &Option<Place>| match place {
            Some(place) => (place.source, place.start, place.end),
            // What has no place comes after what has one in the file.
            None => (0, usize::MAX, usize::MAX),
        };
        list.sort_by(|(a, p), (b, q)| rank(a).cmp(&rank(b)).then(p.code.cmp(&q.code)));
        // A parser that recovers may stumble over one place more than once.
        list.dedup_by(|(a, p), (b, q)| a == b && p.message == q.message);
        list.truncate(PROBLEMS_MAX);
        Self { sources: Sources::new(label, sources), list }
    }

    /// The problems in order.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter().map(|(_, problem)| problem)
    }

    /// The problems in order, with their places.
    pub fn placed(&self) -> impl Iterator<Item = (&Problem, Spot)> {
        self.list.iter().map(|(place, problem)| (problem, self.sources.spot(place.as_ref())))
    }

    /// Whether files that cannot be read are all that is wrong.
    #[must_use]
    pub fn only_unreadable(&self) -> bool {
        self.iter().all(|problem| problem.code == Code::Unreadable)
    }

    /// Frames for a terminal, with a closing line: `3 errors in a.toml; nothing was simulated`.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for (place, problem) in self.list.iter().take(SHOWN_MAX) {
            text.push_str(&self.sources.frame(&renderer, place.as_ref(), &Self::said(problem)));
            text.push_str("\n\n");
        }
        let count = self.list.len();
        let more = if count >= PROBLEMS_MAX { " or more" } else { "" };
        if count > SHOWN_MAX {
            let _ = writeln!(text, "and {}{more} others\n", count - SHOWN_MAX);
        }
        let errors = if count == 1 { "error" } else { "errors" };
        let _ = writeln!(
            text,
            "{count}{more} {errors} in {}; nothing was simulated",
            self.sources.label()
        );
        text
    }

    /// The problems as data: code, path, line, column, message, label, note, help.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let entries: Vec<Entry<'_>> = self
            .list
            .iter()
            .map(|(place, problem)| {
                let spot = self.sources.spot(place.as_ref());
                let line_column = place.as_ref().map(|place| self.sources.line_column(place));
                let (line, column) = line_column.unzip();
                Entry {
                    code: problem.code.id(),
                    path: problem.path.to_string(),
                    line,
                    column,
                    option: spot.option,
                    message: &problem.message,
                    label: &problem.label,
                    note: problem.note.as_deref(),
                    help: problem.help.as_deref(),
                }
            })
            .collect();
        serde_json::to_value(entries).expect("strings and numbers are always JSON")
    }

    /// What one problem says.
    fn said(problem: &Problem) -> Said<'_> {
        Said {
            level: Level::ERROR,
            code: problem.code.id(),
            message: &problem.message,
            label: &problem.label,
            note: problem.note.as_deref(),
            help: problem.help.as_deref(),
        }
    }
}
