//! Which part of a file is played: from `scenario.start` on, or from a moment the file names.

use super::Context;
use crate::calendar::Moment;
use crate::scenario::moment::Begin;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted};

/// The moment of a file that is played at the run's beginning [ns since 1970]; the inner `None`
/// stands for its first row. `dated` says whether the file's times are dates.
#[expect(clippy::option_option, reason = "the first row, and a problem, are two things")]
pub(super) fn from(
    given: Option<Begin>,
    dated: bool,
    key: &str,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<i128>> {
    if let (Some(Begin::At(_)), false) = (given, dated) {
        let message = "`from` names a moment, but the file's times are no dates";
        let problem = Problem::new(Code::Contradiction, &path.key("from"), message);
        cx.problem(problem.help("leave it out, or write \"first-row\""));
        return None;
    }
    let default = cx.start.filter(|_| dated).map(Begin::At);
    let origin = if given.is_some() { None } else { Some(Origin::Default) };
    let begin = given.or(default);
    if let Some(begin) = begin {
        cx.resolved.line(key, &quoted(&begin.to_string()), origin);
    }
    match begin {
        Some(Begin::At(moment)) => Some(Some(moment.unix_ns)),
        Some(Begin::FirstRow) | None => Some(None),
    }
}

/// Checks that a file and what is played of it have something in common [ns since 1970].
pub(super) fn check(
    (first, end): (i128, i128),
    (from, until): (i128, i128),
    file: &str,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<()> {
    if from < end && first < until {
        return Some(());
    }
    let utc = |ns: i128| Moment { unix_ns: ns, offset_s: 0, zoned: true };
    let message = format!(
        "`{file}` has nothing of the time played: it goes from {} to {}, the run begins at {}",
        utc(first),
        utc(end),
        utc(from)
    );
    let problem = Problem::new(Code::BadContent, path, message);
    cx.problem(problem.help("move `scenario.start`, or write `from = \"first-row\"` beside it"));
    None
}
