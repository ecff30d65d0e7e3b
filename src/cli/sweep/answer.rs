//! What a sweep showed, written and told.

use std::path::Path;

use crate::cli::failure::{Exit, Failure};
use crate::cli::pictures;
use crate::cli::sweep::args::ToldArgs;
use crate::cli::sweep::asked::Base;
use crate::cli::sweep::play::broken;
use crate::cli::terminal::Terminal;
use crate::experiment::stats::Confidence;
use crate::report::chart;
use crate::report::directory::Directory;
use crate::report::number;
use crate::report::study::sweep::{
    self as report, Archive, Asked, Frame, JournalError, Plan, Sort, Sweep,
};

/// A sweep that was played.
pub(super) struct Shown<'a> {
    pub plan: Plan,
    pub base: &'a Base,
    pub over: &'a Archive,
    pub asked: Confidence,
    pub confidence: Confidence,
}

/// Writes the directory and prints the answer.
pub(super) fn tell(
    shown: Shown<'_>,
    told: &ToldArgs,
    directory: &Directory,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let Shown { mut plan, base, over, asked, confidence } = shown;
    let points = plan.take_points();
    let frame = Frame {
        name: &plan.name,
        file: &plan.label,
        points: &points,
        measures: &base.measures,
        objectives: &base.objectives,
        replicates: plan.replicates,
        draws: base.draws.as_ref(),
        asked,
        confidence,
        with_other_keys: plan.other_keys,
    };
    let sort = told.sort.as_deref().map(Sort::read);
    let sweep = Sweep::new(frame, over, sort.as_ref()).map_err(|it| broken(&it))?;
    let drawn = draw(&sweep, base.seed, told).map_err(|it| broken(&it))?;
    let written = report::write(&sweep, Asked { seed: base.seed }, &drawn, directory);
    let (replaced, files) = written.map_err(Failure::directory)?;
    let path = directory.path().display().to_string();
    if !told.talk.quiet {
        if let Some(replaced) = replaced {
            terminal.say(&format!("replaced {path} (was {replaced})"));
        }
        let charts = match drawn.len() as u64 {
            0 => String::new(),
            some => format!(", {}", number::counted(some, "chart")),
        };
        let is_table = |name: &str| Path::new(name).extension().is_some_and(|it| it == "csv");
        let tables = files.iter().filter(|it| is_table(&it.path)).count();
        terminal.say(&format!("{path}/  {tables} tables{charts}"));
    }
    match told.export.as_deref() {
        Some("csv") => Terminal::print_from(|to| sweep.csv(to))?,
        Some("md") => Terminal::print_from(|to| sweep.markdown(to))?,
        Some(_) => Terminal::print_from(|to| sweep.json(to))?,
        None if told.json => Terminal::print_from(|to| sweep.json(to))?,
        None if told.talk.quiet => {}
        None => {
            let screen = sweep.screen(terminal.style, &path).map_err(|it| broken(&it))?;
            terminal.print_styled(&screen)?;
        }
    }
    Ok(exit(&sweep, told))
}

fn draw(
    sweep: &Sweep<'_>,
    seed: u64,
    told: &ToldArgs,
) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
    if told.charts.0.is_empty() {
        return Ok(Vec::new());
    }
    let charts = chart::of_sweep(sweep, seed)?;
    Ok(pictures::draw(&charts, &told.charts, told.talk.jobs))
}

/// Some point that meets everything is an answer.
fn exit(sweep: &Sweep<'_>, told: &ToldArgs) -> Exit {
    match () {
        () if sweep.holds() || told.no_fail => Exit::Done,
        () if sweep.is_partial() => Exit::Budget,
        () => Exit::Missed,
    }
}
