//! What a sweep showed, written and told.

use std::path::Path;

use crate::cli::failure::{Exit, Failure};
use crate::cli::pictures;
use crate::cli::sweep::args::ToldArgs;
use crate::cli::sweep::asked::Base;
use crate::cli::terminal::Terminal;
use crate::experiment::stats::Confidence;
use crate::experiment::study::sweep::Done;
use crate::report::chart;
use crate::report::directory::Directory;
use crate::report::number;
use crate::report::study::sweep::{
    self as report, Asked, Frame, Plan, PointRow, Sort, State, Sweep,
};

/// A sweep that was played.
pub(super) struct Shown<'a> {
    pub plan: &'a Plan,
    pub base: &'a Base,
    pub done: Vec<Done>,
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
    let Shown { plan, base, done, asked, confidence } = shown;
    let points = plan.points();
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
    let sweep = Sweep::new(frame, done, sort.as_ref());
    let drawn = draw(&sweep, base.seed, told);
    let files = report::files(&sweep, Asked { seed: base.seed }, drawn);
    let replaced = directory.write(&files).map_err(Failure::directory)?;
    let path = directory.path().display().to_string();
    if !told.talk.quiet {
        if let Some(replaced) = replaced {
            terminal.say(&format!("replaced {path} (was {replaced})"));
        }
        let charts = files.iter().filter(|(name, _)| name.starts_with("charts")).count() as u64;
        let charts = match charts {
            0 => String::new(),
            _ => format!(", {}", number::counted(charts, "chart")),
        };
        let is_table = |name: &str| Path::new(name).extension().is_some_and(|it| it == "csv");
        let tables = files.iter().filter(|(name, _)| is_table(name)).count();
        terminal.say(&format!("{path}/  {tables} tables{charts}"));
    }
    match told.export.as_deref() {
        Some("csv") => Terminal::print(&sweep.csv())?,
        Some("md") => Terminal::print(sweep.markdown().as_bytes())?,
        Some(_) => Terminal::print(sweep.json().as_bytes())?,
        None if told.json => Terminal::print(sweep.json().as_bytes())?,
        None if told.talk.quiet => {}
        None => terminal.print_styled(&sweep.screen(terminal.style, &path))?,
    }
    Ok(exit(&sweep, told))
}

fn draw(sweep: &Sweep<'_>, seed: u64, told: &ToldArgs) -> Vec<(String, Vec<u8>)> {
    if told.charts.0.is_empty() {
        return Vec::new();
    }
    pictures::draw(&chart::of_sweep(sweep, seed), &told.charts, told.talk.jobs)
}

/// Some point that meets everything is an answer.
fn exit(sweep: &Sweep<'_>, told: &ToldArgs) -> Exit {
    let rows = sweep.rows();
    if rows.iter().any(PointRow::holds) || told.no_fail {
        return Exit::Done;
    }
    if rows.iter().all(|row| matches!(row.state, State::Partial(_))) {
        return Exit::Budget;
    }
    Exit::Missed
}
