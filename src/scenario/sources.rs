//! The texts a scenario came from, and frames that show a place in them.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::scenario::document::Place;

/// A line longer than this is not shown: only its place is (bytes).
const LINE_MAX: usize = 400;

/// What the file is called, its text, and after it the options of the command line.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    label: String,
    texts: Vec<String>,
}

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Line of the file, from 1; none where it lies in an option of the command line.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    /// The option of the command line it lies in, where it is not the file.
    pub option: Option<String>,
}

/// What a frame says.
pub(super) struct Said<'s> {
    pub(super) level: Level<'static>,
    pub(super) code: &'s str,
    /// The first line, complete in itself.
    pub(super) message: &'s str,
    /// Beside the place.
    pub(super) label: &'s str,
    pub(super) note: Option<&'s str>,
    pub(super) help: Option<&'s str>,
}

impl Sources {
    pub(super) fn new(label: &str, texts: Vec<String>) -> Self {
        Self { label: label.to_owned(), texts }
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// The option of the command line that a place lies in; `None` for the file.
    pub(super) fn option(&self, place: &Place) -> Option<&str> {
        (place.source > 0).then(|| self.texts[place.source].as_str())
    }

    /// Line and column of a place, both from 1; the column counts characters.
    pub(super) fn line_column(&self, place: &Place) -> (usize, usize) {
        let before = &self.texts[place.source][..place.start];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// A place as people name it.
    pub(super) fn spot(&self, place: Option<&Place>) -> Spot {
        let Some(place) = place else { return Spot::default() };
        let (line, column) = self.line_column(place);
        match self.option(place) {
            Some(option) => Spot { option: Some(option.to_owned()), ..Spot::default() },
            None => Spot { line: Some(line), column: Some(column), option: None },
        }
    }

    /// What is said, with the line it is about.
    pub(super) fn frame(
        &self,
        renderer: &Renderer,
        place: Option<&Place>,
        said: &Said<'_>,
    ) -> String {
        let title = said.level.clone().primary_title(said.message).id(said.code);
        let mut group = match place.map(|place| self.snippet(place, said.label)) {
            Some(Ok(snippet)) => title.element(snippet),
            Some(Err(origin)) => title.element(origin),
            None => title.element(Origin::path(&self.label)),
        };
        if let Some(note) = said.note {
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(help) = said.help {
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
        let source = &self.texts[place.source];
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
