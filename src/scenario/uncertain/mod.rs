//! Numbers that are not known: `{ uncertain = ["4k/s", "6k/s"] }` where a number would stand.
//!
//! They are found in the document and replaced by one of their values before anything is decoded:
//! whoever reads a field sees a number as if it stood there.

mod other;
mod read;
mod spread;

pub use other::{Others, others};

use toml::de::DeValue;

use crate::scenario::document::{self, Document, Node, Place};
use crate::scenario::load;
use crate::scenario::problem::{Code, Path, Problem, Step, with_commas};
use crate::scenario::problems::Problems;
use crate::scenario::uncertain::spread::Spread;

/// The field that makes a number uncertain.
pub(super) const FIELD: &str = "uncertain";
/// The share of all values below the one that is taken where nothing is drawn: the median.
pub const CENTRE: f64 = 0.5;
/// Uncertain inputs a scenario may have.
const INPUTS_MAX: usize = 100;

/// A number of a scenario that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct UncertainInput {
    /// What it is the value of, as `--set` takes it: `producer.web.rate`.
    pub path: String,
    /// Where it stands.
    pub place: Path,
    /// What is known of it: `4k/s to 6k/s`.
    pub text: String,
    /// The value in force, as TOML.
    pub taken: String,
    /// The shares of all values below its low and its high end: 0 and 1 where it has ends.
    pub ends: (f64, f64),
}

impl UncertainInput {
    /// The value in force as people write it, without quotes.
    #[must_use]
    pub fn value(&self) -> &str {
        self.taken.trim_matches('"')
    }
}

/// An uncertain number as it was found.
pub(super) struct Found {
    path: Path,
    name: String,
    text: String,
    spread: Spread,
}

/// The uncertain inputs of a scenario's text, with these overrides laid over it, in order.
///
/// # Errors
/// Where the text is not TOML, an override leads nowhere, or an uncertain input is faulty.
pub fn inputs(
    label: &str,
    text: &str,
    overrides: &[(String, String)],
) -> Result<Vec<UncertainInput>, Problems> {
    found_in(label, text, overrides, |found| {
        found.iter().map(|it| it.input(&it.at(CENTRE))).collect()
    })
}

/// The values of the uncertain inputs at several points, as people write them: for each point, the
/// share of each input's values that are smaller.
///
/// # Errors
/// As [`inputs`].
pub fn values(
    label: &str,
    text: &str,
    overrides: &[(String, String)],
    points: &[&[f64]],
) -> Result<Vec<Vec<String>>, Problems> {
    let at = |(it, share): (&Found, &f64)| it.at(*share).trim_matches('"').to_owned();
    found_in(label, text, overrides, |found| {
        points.iter().map(|shares| found.iter().zip(*shares).map(at).collect()).collect()
    })
}

/// What `tell` makes of the uncertain numbers of a text.
fn found_in<T>(
    label: &str,
    text: &str,
    overrides: &[(String, String)],
    tell: impl FnOnce(&[Found]) -> T,
) -> Result<T, Problems> {
    let options: Vec<String> = overrides.iter().map(document::option_text).collect();
    let fail = |list: Vec<(Option<Place>, Problem)>| {
        let sources = std::iter::once(text.to_owned()).chain(options.iter().cloned()).collect();
        Err(Problems::new(label, sources, list))
    };
    let (document, problems) = match load::open(text, overrides, &options) {
        Ok(opened) => opened,
        Err(problems) => return fail(problems),
    };
    let problems = problems.into_iter().map(|problem| (document.locate(&problem), problem));
    let mut problems: Vec<_> = problems.collect();
    let (found, faults) = find(&document);
    problems.extend(faults.into_iter().map(|fault| (fault.place, fault.problem)));
    if problems.is_empty() {
        return Ok(tell(&found));
    }
    fail(problems)
}

/// What is wrong with an uncertain number.
pub(super) struct Fault {
    field: Path,
    pub(super) place: Option<Place>,
    pub(super) problem: Problem,
}

impl Found {
    /// Where it stands.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its value at a share, as TOML.
    pub(super) fn at(&self, share: f64) -> String {
        self.spread.at(share)
    }

    /// What a study knows of it.
    pub(super) fn input(&self, taken: &str) -> UncertainInput {
        UncertainInput {
            path: self.name.clone(),
            place: self.path.clone(),
            text: self.text.clone(),
            taken: taken.to_owned(),
            ends: self.spread.ends(),
        }
    }
}

/// All uncertain numbers of a document, and what is wrong with them.
pub(super) fn find(document: &Document<'_>) -> (Vec<Found>, Vec<Fault>) {
    let mut nodes = Vec::new();
    for (name, node) in document.tables() {
        collect(node, &Path::of(name), &mut nodes);
    }
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (path, node) in nodes {
        if found.len() + problems.len() >= INPUTS_MAX {
            let most = with_commas(INPUTS_MAX as u64);
            let message = format!("more than {most} values are uncertain");
            let problem = Problem::new(Code::TooMany, &path, message);
            let help = "keep those the answer hangs on, and give the others";
            problems.push((path, problem.help(help)));
            break;
        }
        match forbidden(&path).map_or_else(|| read::read(node, &path), |it| Err(vec![it])) {
            Ok((text, spread)) => {
                found.push(Found { name: document.name_of(&path), path, text, spread });
            }
            Err(faults) => problems.extend(faults.into_iter().map(|it| (path.clone(), it))),
        }
    }
    let fault = |(field, problem)| Fault { field, place: document.locate(&problem), problem };
    (found, problems.into_iter().map(fault).collect())
}

impl Fault {
    /// Whether a problem comes of this one: it is about the field whose value could not be read.
    pub(super) fn hides(&self, problem: &Problem) -> bool {
        // `[producer]` is read as the only `[[producer]]`.
        let is_first = |place: usize, step: &Step| place == 1 && *step == Step::Index(0);
        let plain = |path: &Path| -> Vec<Step> {
            let steps = path.0.iter().enumerate().filter(|(place, step)| !is_first(*place, step));
            steps.map(|(_, step)| step.clone()).collect()
        };
        plain(&problem.path).starts_with(&plain(&self.field))
    }
}

/// The tables with an `uncertain` of their own, but for those in which it is a field too many.
fn collect<'n, 't>(node: &'n Node<'t>, path: &Path, nodes: &mut Vec<(Path, &'n Node<'t>)>) {
    match node.get_ref() {
        // A table of the scenario itself is no value: it has no such field.
        DeValue::Table(table)
            if is_value(path)
                && (table.contains_key(FIELD) || read::misspelt(table, path).is_some()) =>
        {
            nodes.push((path.clone(), node));
        }
        DeValue::Table(table) => {
            for (key, child) in table {
                collect(child, &path.key(key.get_ref()), nodes);
            }
        }
        DeValue::Array(array) => {
            for (i, child) in array.iter().enumerate() {
                collect(child, &path.index(i), nodes);
            }
        }
        _ => {}
    }
}

fn is_value(path: &Path) -> bool {
    !matches!(path.0.as_slice(), [Step::Key(_)] | [Step::Key(_), Step::Index(_)])
}

/// What may not be uncertain.
fn forbidden(path: &Path) -> Option<Problem> {
    let (message, help) = match path.key_names().as_slice() {
        ["slo", ..] => (
            "an objective cannot be uncertain: it is what is asked for",
            "write the condition as text, such as \"<= 0.1 %\"",
        ),
        ["scenario", "seed"] => (
            "`seed` cannot be uncertain: it names the experiment",
            "write a number; `--repeat` plays other random numbers",
        ),
        _ => return None,
    };
    Some(Problem::new(Code::Contradiction, path, message).help(help))
}
