//! The winning scenarios as files that `kinesim run` confirms.

use crate::cli::failure::Failure;
use crate::cli::size::bench::{Table, With};
use crate::experiment::size::{Setting, Sizing};
use crate::scenario::{self, edit};

/// Files above this are not copied beside the scenarios (bytes).
const COPY_MOST: usize = 256 << 20;

/// `a.toml` and so on, with the files they name beside them; the recommended one first.
pub(super) fn scenarios(
    bench: &Table<'_>,
    sizing: &Sizing,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let best = sizing.best.into_iter();
    let places = best.chain(sizing.changes.iter().map(|it| it.score));
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for (place, letter) in places.zip('a'..='z') {
        let setting = &sizing.scores[place].setting;
        let (text, beside) = written(bench, setting)?;
        all.push((format!("{letter}.toml"), text.into_bytes()));
        for (name, bytes) in beside {
            if !all.iter().any(|it| it.0 == name) {
                all.push((name, bytes));
            }
        }
    }
    Ok(all)
}

/// The user's text with the setting in it; the resolved text where that has no place for it.
type Written = (String, Vec<(String, Vec<u8>)>);

fn written(bench: &Table<'_>, setting: &Setting) -> Result<Written, Failure> {
    let files = With::new(setting, &bench.source.files);
    let overrides = bench.overrides(setting);
    let source = bench.source;
    let wrong = |problems| Failure::Scenario(Box::new(problems));
    let load = |text: &str, over: &[(String, String)]| {
        scenario::load(&source.name, &source.label, text, over, &files)
    };
    let wanted = load(&source.text, &overrides).map_err(wrong)?;
    let is_same = |text: &String| load(text, &[]).is_ok_and(|it| it.resolved == wanted.resolved);
    let edited = edit::with_overrides(&source.text, &overrides).filter(is_same);
    let mut text = edited.unwrap_or_else(|| wanted.resolved.clone());
    let mut beside = Vec::new();
    for (path, bytes) in files.read.take() {
        let is_inside =
            !path.contains("..") && !path.starts_with('/') && !path.contains(['\\', ':']);
        if path.starts_with('/') || bytes.len() > COPY_MOST {
            continue;
        }
        let name = if is_inside { path.clone() } else { format!("files/{}", stem(&path)) };
        if name != path {
            for quote in ['"', '\''] {
                let (old, new) = (format!("{quote}{path}{quote}"), format!("{quote}{name}{quote}"));
                text = text.replace(&old, &new);
            }
        }
        beside.push((name, bytes));
    }
    Ok((text, beside))
}

fn stem(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().filter(|it| !it.is_empty()).unwrap_or("file")
}
