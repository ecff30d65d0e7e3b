//! The way from text to [`Scenario`].

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::scenario::decode::{self, PROBLEMS_MAX};
use crate::scenario::document::{self, Document, Place, TEXT_MAX};
use crate::scenario::metric::Names;
use crate::scenario::objective::{self, Known};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::problems::Problems;
use crate::scenario::resolve;
use crate::scenario::resolved::Finished;
use crate::scenario::sweep;
use crate::scenario::uncertain::{self, Found, UncertainInput};
use crate::scenario::{Scenario, resolve::Context};
use crate::units::Bytes;

/// Reads the files a scenario names; the scenario itself opens none.
pub trait Files {
    /// The content of the file that the scenario calls `path`.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>>;
}

/// A folder without files, for texts that name none.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Turns a scenario's text into a [`Scenario`].
///
/// `name` is the run's name and `label` what messages call the text; `overrides` are the `--set`
/// options as path and value, in order.
///
/// What is uncertain has its middle value.
///
/// # Errors
/// All that is wrong with the text, the overrides and the files named.
pub fn load(
    name: &str,
    label: &str,
    text: &str,
    overrides: &[(String, String)],
    files: &dyn Files,
) -> Result<Scenario, Problems> {
    load_drawn(name, label, text, overrides, files, &[])
}

/// The same with other values of what is uncertain: for each input, in the order of
/// [`uncertain::inputs`], the share of all its values that are smaller, 0 to 1. Those without one
/// have their middle value.
///
/// # Errors
/// All that is wrong with the text, the overrides and the files named.
pub fn load_drawn(
    name: &str,
    label: &str,
    text: &str,
    overrides: &[(String, String)],
    files: &dyn Files,
    shares: &[f64],
) -> Result<Scenario, Problems> {
    let options: Vec<String> = overrides.iter().map(document::option_text).collect();
    let fail = |list: Vec<Placed>| {
        let sources = std::iter::once(text.to_owned()).chain(options.iter().cloned()).collect();
        Err(Problems::new(label, sources, list))
    };
    // Outlives the document, which will hold these texts.
    #[expect(clippy::needless_late_init, reason = "the document borrows from it")]
    let drawn: Vec<String>;
    let (mut document, mut problems) = match open(text, overrides, &options) {
        Ok(opened) => opened,
        Err(problems) => return fail(problems),
    };
    let (found, faults) = uncertain::find(&document);
    let share = |place: usize| shares.get(place).copied().unwrap_or(uncertain::CENTRE);
    drawn = found.iter().enumerate().map(|(place, it)| it.at(share(place))).collect();
    for (it, value) in found.iter().zip(&drawn) {
        document.replace(it.path(), value);
    }
    let tables = decode::decode(&document, &mut problems);
    let names = resolve::names(&tables, &mut problems);
    let known = Names {
        streams: &names.streams.names,
        readers: &names.readers,
        kinds: &names.kinds,
        alarms: &names.alarms,
    };
    let complete = names.complete && names.alarms_complete && names.streams.known();
    let known = Known { names: known, complete };
    let objectives = objective::read(&document, &known, &mut problems);
    sweep::read(&document, text, &mut problems);
    let mut context = Context::new(files, problems);
    let parts = resolve::resolve(tables, names, &objectives, &mut context);
    let Context { problems, resolved, .. } = context;
    let Some((head, plan)) = parts.filter(|_| problems.is_empty() && faults.is_empty()) else {
        let own = problems.into_iter().filter(|it| !faults.iter().any(|fault| fault.hides(it)));
        let own = own.map(|it| (document.locate(&it), of_drawn(it, &found, &drawn)));
        let faults = faults.iter().map(|it| (it.place.clone(), it.problem.clone()));
        return fail(faults.chain(own).collect());
    };
    let uncertain: Vec<UncertainInput> =
        found.iter().zip(&drawn).map(|(it, value)| it.input(value)).collect();
    let Finished { text: mut resolved, assumptions, overrides, assumed } = resolved.finish();
    for (place, it) in uncertain.iter().enumerate() {
        let head = if place == 0 { "\n# uncertain, and the values taken here\n" } else { "" };
        let _ = writeln!(resolved, "{head}# {}: {}, here {}", it.path, it.text, it.value());
    }
    Ok(Scenario {
        name: name.to_owned(),
        description: head.description,
        interval: head.interval,
        start: head.start,
        objectives,
        alarms: head.alarms,
        plan,
        prices: head.prices,
        chosen_for: head.chosen_for,
        hash: sha256(resolved.as_bytes()),
        resolved,
        assumptions,
        uncertain,
        assumed,
        overrides,
    })
}

/// A problem and where it lies.
pub(super) type Placed = (Option<Place>, Problem);

/// A text's document with the overrides laid over it, whose `options` are their texts, and what is
/// wrong with them; or all that is wrong with the text.
pub(super) fn open<'t>(
    text: &'t str,
    overrides: &[(String, String)],
    options: &'t [String],
) -> Result<(Document<'t>, Vec<Problem>), Vec<Placed>> {
    if text.len() > TEXT_MAX {
        let (is, most) = (Bytes(text.len() as u64), Bytes(TEXT_MAX as u64));
        let message = format!("a scenario of {is} is too large; at most {most} are read");
        let problem = Problem::new(Code::TextTooLarge, &Path::default(), message)
            .help("put keys, sizes and traces into files of their own and name them");
        return Err(vec![(None, problem)]);
    }
    let mut document = document::parse(text).map_err(|mut problems| {
        problems.truncate(PROBLEMS_MAX);
        let place = |problem: &Problem| {
            problem.span.as_ref().map(|s| Place { source: 0, start: s.start, end: s.end })
        };
        problems.into_iter().map(|problem| (place(&problem), problem)).collect::<Vec<_>>()
    })?;
    let mut problems = Vec::new();
    for (i, ((target, _), option)) in overrides.iter().zip(options).enumerate() {
        if let Err(problem) = document.set(i, target, option) {
            problems.push(*problem);
        }
    }
    Ok((document, problems))
}

/// The problem, and the value it is about where that was taken from an uncertain one.
fn of_drawn(problem: Problem, found: &[Found], drawn: &[String]) -> Problem {
    let of = found.iter().zip(drawn).find(|(it, _)| problem.path.0.starts_with(&it.path().0));
    match of {
        Some((_, value)) if problem.note.is_none() => {
            problem.note(format!("the value taken of the uncertain one is {value}"))
        }
        _ => problem,
    }
}

/// SHA-256 of `bytes`, hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
