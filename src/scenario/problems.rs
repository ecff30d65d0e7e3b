//! All that is wrong with one scenario, and its rendering for people and machines.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::scenario::decode::PROBLEMS_MAX;
use crate::scenario::document::Place;
use crate::scenario::problem::{Code, Problem};

/// Problems shown; of the rest only the number is said.
const SHOWN_MAX: usize = 50;

/// A line longer than this is not shown: only its place is (bytes).
const LINE_MAX: usize = 400;

/// All problems of one scenario, in the order of the file and then of the overrides.
#[derive(Clone, Debug)]
pub struct Problems {
    label: String,
    /// What the file is called, its text, and after it the options of the command line.
    sources: Vec<String>,
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
    option: Option<&'p str>,
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
        Self { label: label.to_owned(), sources, list }
    }

    /// The problems in order.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter().map(|(_, problem)| problem)
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
            text.push_str(&self.frame(&renderer, place.as_ref(), problem));
            text.push_str("\n\n");
        }
        let count = self.list.len();
        let more = if count >= PROBLEMS_MAX { " or more" } else { "" };
        if count > SHOWN_MAX {
            let _ = writeln!(text, "and {}{more} others\n", count - SHOWN_MAX);
        }
        let errors = if count == 1 { "error" } else { "errors" };
        let _ = writeln!(text, "{count}{more} {errors} in {}; nothing was simulated", self.label);
        text
    }

    /// The problems as data: code, path, line, column, message, label, note, help.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let entries: Vec<Entry<'_>> = self
            .list
            .iter()
            .map(|(place, problem)| {
                let (line, column) = place.as_ref().map(|place| self.line_column(place)).unzip();
                let option = place.as_ref().filter(|place| place.source > 0);
                Entry {
                    code: problem.code.id(),
                    path: problem.path.to_string(),
                    line,
                    column,
                    option: option.map(|place| self.sources[place.source].as_str()),
                    message: &problem.message,
                    label: &problem.label,
                    note: problem.note.as_deref(),
                    help: problem.help.as_deref(),
                }
            })
            .collect();
        serde_json::to_value(entries).expect("strings and numbers are always JSON")
    }

    fn line_column(&self, place: &Place) -> (usize, usize) {
        let before = &self.sources[place.source][..place.start];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn frame(&self, renderer: &Renderer, place: Option<&Place>, problem: &Problem) -> String {
        let title = Level::ERROR.primary_title(&problem.message).id(problem.code.id());
        let mut group = match place.map(|place| self.snippet(place, &problem.label)) {
            Some(Ok(snippet)) => title.element(snippet),
            Some(Err(origin)) => title.element(origin),
            None => title.element(Origin::path(&self.label)),
        };
        if let Some(note) = &problem.note {
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }

    /// The first line of `place` with its mark, or only where it is if that line is very long.
    fn snippet<'s>(
        &'s self,
        place: &Place,
        label: &'s str,
    ) -> Result<Snippet<'s, annotate_snippets::Annotation<'s>>, Origin<'s>> {
        let source = &self.sources[place.source];
        let name = if place.source == 0 { self.label.as_str() } else { "command line" };
        let (line, column) = self.line_column(place);
        let start = source[..place.start].rfind('\n').map_or(0, |end| end + 1);
        let end = source[place.start..].find('\n').map_or(source.len(), |at| place.start + at);
        let text = source[start..end].trim_end_matches('\r');
        if text.len() > LINE_MAX {
            return Err(Origin::path(name).line(line).char_column(column));
        }
        let last = (place.end.max(place.start) - start).min(text.len());
        let span = (place.start - start).min(text.len())..last;
        let mark = AnnotationKind::Primary.span(span);
        let mark = if label.is_empty() { mark } else { mark.label(label) };
        Ok(Snippet::source(text).line_start(line).path(name).annotation(mark))
    }
}
