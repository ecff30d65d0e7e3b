//! The way from text to [`Scenario`].

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::scenario::decode::{self, PROBLEMS_MAX};
use crate::scenario::document::{self, Place, TEXT_MAX};
use crate::scenario::metric::Names;
use crate::scenario::objective::{self, Known};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::problems::Problems;
use crate::scenario::resolve;
use crate::scenario::resolved::Finished;
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
/// # Errors
/// All that is wrong with the text, the overrides and the files named.
pub fn load(
    name: &str,
    label: &str,
    text: &str,
    overrides: &[(String, String)],
    files: &dyn Files,
) -> Result<Scenario, Problems> {
    let fail = |sources: Vec<String>, list: Vec<(Option<Place>, Problem)>| {
        Err(Problems::new(label, sources, list))
    };
    if text.len() > TEXT_MAX {
        let (is, most) = (Bytes(text.len() as u64), Bytes(TEXT_MAX as u64));
        let message = format!("a scenario of {is} is too large; at most {most} are read");
        let problem = Problem::new(Code::TextTooLarge, &Path::default(), message)
            .help("put keys, sizes and traces into files of their own and name them");
        return fail(vec![String::new()], vec![(None, problem)]);
    }
    let options: Vec<String> = overrides.iter().map(document::option_text).collect();
    let sources: Vec<String> =
        std::iter::once(text.to_owned()).chain(options.iter().cloned()).collect();
    let mut document = match document::parse(text) {
        Ok(document) => document,
        Err(mut problems) => {
            problems.truncate(PROBLEMS_MAX);
            let place = |problem: &Problem| {
                problem.span.as_ref().map(|s| Place { source: 0, start: s.start, end: s.end })
            };
            return fail(sources, problems.into_iter().map(|p| (place(&p), p)).collect());
        }
    };
    let mut problems = Vec::new();
    for (i, ((target, _), option)) in overrides.iter().zip(&options).enumerate() {
        if let Err(problem) = document.set(i, target, option) {
            problems.push(*problem);
        }
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
    let mut context = Context::new(files, problems);
    let parts = resolve::resolve(tables, names, &objectives, &mut context);
    let Context { problems, resolved, .. } = context;
    let Some((head, plan)) = parts.filter(|_| problems.is_empty()) else {
        let list = problems.into_iter().map(|problem| (document.locate(&problem), problem));
        return fail(sources, list.collect());
    };
    let Finished { text: resolved, assumptions, overrides } = resolved.finish();
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
        overrides,
    })
}

/// SHA-256 of `bytes`, hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
