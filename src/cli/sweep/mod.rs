//! `kinesim sweep`: every combination of some values, a row each.

mod answer;
pub(super) mod args;
mod asked;
mod beyond;
mod play;
mod slice;

use std::path::{Path, PathBuf};

use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::interrupt;
use crate::cli::repeat::{RepeatArgs, Replication};
use crate::cli::sweep::answer::{Shown, tell};
use crate::cli::sweep::args::{Beyond, SweepArgs, ToldArgs};
use crate::cli::sweep::asked::{Asked, asked, base, check_sort};
use crate::cli::sweep::play::{Played, Playing, broken};
use crate::cli::terminal::Terminal;
use crate::experiment::stats::Confidence;
use crate::experiment::study::Row;
use crate::report::directory::Directory;
use crate::report::number;
use crate::report::study::sweep::{Archive, Journal, JournalError, Plan};
use crate::scenario::sweep::plain;
use crate::time::Instant;

/// Does what was asked.
pub(super) fn run(args: &SweepArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match &args.command {
        Some(Beyond::Plan(args)) => beyond::plan(args, terminal),
        Some(Beyond::Run(args)) => beyond::run(args, terminal),
        Some(Beyond::Status(args)) => beyond::status(args),
        Some(Beyond::Merge(args)) => beyond::merge(args, terminal),
        None => {
            let asked = asked(&args.what, args.told.name.as_deref())?;
            if args.list {
                return list(&asked.plan, args.told.json);
            }
            here(args, asked, terminal)
        }
    }
}

/// Plays a sweep on this machine.
fn here(args: &SweepArgs, asked: Asked, terminal: Terminal) -> Result<Exit, Failure> {
    let Asked { source, mut plan, repeat } = asked;
    let told = &args.told;
    let parent = files::parent(told.out.as_deref());
    let directory =
        Directory::new(&parent, &plan.name, !told.no_clobber).map_err(Failure::directory)?;
    let until = plan.until_ns.map(Instant::from_ns);
    let (base, read) = base(&plan, &source.text, &source.files, until)?;
    plan.files.extend(read);
    check_sort(told.sort.as_deref(), &plan, &base)?;
    directory.examine().map_err(Failure::directory)?;
    let path = parent.join(format!(".{}.kinesim-part", plan.name));
    if args.fresh {
        forget(&path)?;
    }
    let key = plan.key();
    let mut journal = Journal::open(&path, &key).map_err(|it| broken(&it))?;
    let before = journal.over().count();
    if before > 0 && !told.talk.quiet {
        let runs = number::counted(before as u64, "run");
        terminal.say(&format!("going on after {runs} that were over before"));
    }
    interrupt::listen(told.talk.quiet);
    let playing = Playing {
        plan: &plan,
        text: &source.text,
        files: &source.files,
        base: &base,
        talk: &told.talk,
        terminal,
    };
    let rounds = rounds(&playing, &repeat, &mut journal)?;
    let Some((replicates, confidence)) = rounds else {
        if !told.talk.quiet {
            let runs = number::counted(journal.over().count() as u64, "run");
            terminal.say(&format!("{runs} kept; the same command goes on from there"));
        }
        return Ok(Exit::Interrupted);
    };
    plan.replicates = replicates;
    let (over, asked) = (journal.over(), repeat.confidence());
    let shown = Shown { plan, base: &base, over, asked, confidence };
    let exit = tell(shown, told, &directory, terminal)?;
    journal.remove();
    Ok(exit)
}

/// Plays all replicates, or so many that intervals are as narrow as asked for; their number and
/// confidence. None where it was interrupted.
fn rounds(
    playing: &Playing<'_>,
    repeat: &RepeatArgs,
    journal: &mut Journal,
) -> Result<Option<(u64, Confidence)>, Failure> {
    let mut replication = Replication::new(repeat);
    loop {
        let replicates = replication.size();
        let missing = journal.over().missing(playing.plan.runs(replicates));
        if let Played::Interrupted = playing.play(&missing, journal)? {
            return Ok(None);
        }
        let over = journal.over();
        let rows = (0..playing.plan.points.len()).map(|point| rows_of(over, point, replicates));
        let is_enough = replication.is_enough(&playing.base.measures, rows);
        if let Some(confidence) = is_enough.map_err(|it| broken(&it))? {
            return Ok(Some((replicates, confidence)));
        }
    }
}

/// The rows of a point; none of one that failed somewhere.
fn rows_of(over: &Archive, point: usize, replicates: u64) -> Result<Vec<Row>, JournalError> {
    let done = over.point(point, replicates)?.into_iter();
    let rows: Vec<Row> = done.filter_map(|it| it.result.ok()).map(|kept| kept.row).collect();
    Ok(if rows.len() as u64 == replicates { rows } else { Vec::new() })
}

fn forget(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::Write { label: path.display().to_string(), message: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Prints the points.
fn list(plan: &Plan, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        let points = serde_json::json!({
            "schema_version": 1,
            "varied": plan.varied,
            "points": plan.points.iter().map(|point| {
                point.iter().map(|value| plain(value)).collect::<Vec<_>>()
            }).collect::<Vec<_>>(),
            "left_out": plan.left_out,
            "replicates": plan.replicates,
        });
        return Terminal::print(format!("{points:#}\n").as_bytes()).map(|()| Exit::Done);
    }
    let head: Vec<String> =
        std::iter::once("point".to_owned()).chain(plan.varied.clone()).collect();
    let mut rows = vec![head];
    for (place, point) in plan.points.iter().enumerate() {
        let number = (place + 1).to_string();
        rows.push(std::iter::once(number).chain(point.iter().map(|it| plain(it))).collect());
    }
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}"));
        text += &cells.collect::<Vec<_>>().join("  ");
        text.push('\n');
    }
    let runs = number::counted(plan.points.len() as u64 * plan.replicates, "run");
    let left_out = match plan.left_out {
        0 => String::new(),
        some => format!("; {} left out by --where", number::counted(some, "combination")),
    };
    let points = number::counted(plan.points.len() as u64, "point");
    text.extend([points.as_str(), ", ", &runs, &left_out, "\n"]);
    Terminal::print(text.as_bytes()).map(|()| Exit::Done)
}

/// Where a sweep of this name goes.
fn directory(told: &ToldArgs, name: &str) -> Result<(PathBuf, Directory), Failure> {
    let parent = files::parent(told.out.as_deref());
    let directory = Directory::new(&parent, name, !told.no_clobber).map_err(Failure::directory)?;
    Ok((parent, directory))
}
