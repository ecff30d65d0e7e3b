//! What is to be said of a sound scenario, each remark at its place in the file.

use annotate_snippets::{Level, Renderer};

use crate::scenario::document::{self, Place};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::sources::{Said, Sources, Spot};

/// One thing to be said of a sound scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// A code that can be looked up: `K101`.
    pub code: &'static str,
    /// The value it is about, or the table that would hold it.
    pub path: Path,
    /// The first line, complete in itself.
    pub message: String,
    /// What explains it.
    pub note: Option<String>,
    /// What to try.
    pub help: Option<String>,
}

/// How much a remark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Something will not hold.
    Warning,
    /// Something to bear in mind.
    Note,
}

/// Remarks on one scenario.
#[derive(Clone, Debug)]
pub struct Remarks {
    sources: Sources,
    list: Vec<(Option<Place>, Remark)>,
}

impl Remarks {
    /// Finds the place of each remark in a text that was loaded with these overrides; `label` is
    /// what the text is called.
    #[must_use]
    pub fn new(
        label: &str,
        text: &str,
        overrides: &[(String, String)],
        remarks: Vec<Remark>,
    ) -> Self {
        let options: Vec<String> = overrides.iter().map(document::option_text).collect();
        let texts = std::iter::once(text.to_owned()).chain(options.iter().cloned()).collect();
        let mut document = document::parse(text).ok();
        for (i, ((target, _), option)) in overrides.iter().zip(&options).enumerate() {
            if let Some(document) = &mut document {
                // They were laid over the text when it was loaded: none of them fails.
                let _ = document.set(i, target, option);
            }
        }
        let place = |remark: &Remark| {
            let at = Problem::new(Code::Pointless, &remark.path, "");
            document.as_ref().and_then(|document| document.locate(&at))
        };
        let list = remarks.into_iter().map(|remark| (place(&remark), remark)).collect();
        Self { sources: Sources::new(label, texts), list }
    }

    /// The remarks in their order, with their places.
    pub fn iter(&self) -> impl Iterator<Item = (&Remark, Spot)> {
        self.list.iter().map(|(place, remark)| (remark, self.sources.spot(place.as_ref())))
    }

    /// How many are warnings, and how many notes.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let warnings = self.list.iter().filter(|(_, it)| it.weight == Weight::Warning).count();
        (warnings, self.list.len() - warnings)
    }

    /// Frames for a terminal.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let frame = |(place, remark): &(Option<Place>, Remark)| {
            let said = Said {
                level: match remark.weight {
                    Weight::Warning => Level::WARNING,
                    Weight::Note => Level::NOTE,
                },
                code: remark.code,
                message: &remark.message,
                label: "",
                note: remark.note.as_deref(),
                help: remark.help.as_deref(),
            };
            self.sources.frame(&renderer, place.as_ref(), &said) + "\n\n"
        };
        self.list.iter().map(frame).collect()
    }
}
