//! What the terminal shows of a sweep, and the same for a page.

use std::io::{self, Write};

use crate::experiment::stats::Estimate;
use crate::report::number;
use crate::report::study::drawn;
use crate::report::study::sweep::brief::Ending;
use crate::report::study::sweep::{
    COST, JournalError, LAG, PointRow, State, Sweep, THROTTLED, name,
};
use crate::report::study::value;
use crate::report::summary::Style;
use crate::report::summary::layout::{Screen, WIDTH};
use crate::scenario::metric::Unit;

/// Points shown at most.
const ROWS: usize = 20;
/// Widest cell [characters].
const CELL: usize = 24;
/// Before each line [characters].
const LABEL: usize = 2;
/// A heading wider than this is broken [characters].
const HEADING: usize = 10;
/// Widest list of objectives missed [characters].
const MISSED: usize = 17;
/// Gap between columns [characters].
const GAP: usize = 2;

/// A table as text: headings, and cells in rows.
pub(super) struct Cells {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Places of the measures shown.
    shown: Vec<usize>,
}

impl Sweep<'_> {
    /// What the terminal shows. `place` is where the rest stands: `output/hot-sweep`.
    ///
    /// # Errors
    /// Where a run cannot be read.
    pub fn screen(&self, style: Style, place: &str) -> Result<String, JournalError> {
        let mut screen = Screen::new(style);
        screen.wrapped("", 2, &self.heading());
        let mut cells = self.cells();
        for row in self.ordered().take(ROWS) {
            cells.rows.push(self.line(&row?, &cells.shown, CELL));
        }
        // What is measured beside the objectives goes where there is no room.
        while width(&cells) + LABEL > WIDTH && self.drop_one(&mut cells) {}
        self.draw(&cells, &mut screen);
        if self.count() > ROWS {
            let more = number::count((self.count() - ROWS) as u64);
            screen.wrapped("   ", 5, &format!("… {more} more in {place}/sweep.csv"));
        }
        for note in self.notes(&cells.shown) {
            screen.wrapped("  ", 4, &note);
        }
        Ok(screen.into_text())
    }

    /// `sweep.md`: every point.
    ///
    /// # Errors
    /// Where it cannot be written, or a run not be read.
    pub fn markdown(&self, to: &mut dyn Write) -> io::Result<()> {
        let cells = self.cells();
        let line = |cells: &[String]| {
            let escaped: Vec<String> = cells.iter().map(|it| it.replace('|', "\\|")).collect();
            format!("| {} |\n", escaped.join(" | "))
        };
        write!(to, "## {}\n\n{}\n\n", self.frame.name, self.heading())?;
        to.write_all(line(&cells.head).as_bytes())?;
        to.write_all(line(&vec!["---".to_owned(); cells.head.len()]).as_bytes())?;
        for row in self.ordered() {
            to.write_all(line(&self.line(&row?, &cells.shown, usize::MAX)).as_bytes())?;
        }
        for note in self.notes(&cells.shown) {
            write!(to, "\n{}\n", note.replacen("* ", "`*` ", 1))?;
        }
        Ok(())
    }

    /// `15 points of hot-tenants.toml, 5 runs each, 3 combinations left out by --where`.
    fn heading(&self) -> String {
        let points = number::counted(self.count() as u64, "point");
        let mut parts = vec![format!("{points} of {}", self.frame.file)];
        let percent = number::significant(self.frame.asked.share() * 100.0, 2);
        if let Some(draws) = self.frame.draws {
            let keys = if self.frame.with_other_keys { ", keys that fall elsewhere" } else { "" };
            parts.push(format!("{}{keys}", drawn::heading(draws)));
            parts.push(format!("means with intervals of {percent} %"));
        } else if self.frame.replicates > 1 {
            let keys = if self.frame.with_other_keys { "keys that fall elsewhere, " } else { "" };
            parts.push(format!(
                "{} runs each, {keys}means with intervals of {percent} %",
                number::count(self.frame.replicates)
            ));
        } else {
            parts.push("one run each".to_owned());
        }
        if self.frame.points.left_out > 0 {
            let left_out = number::counted(self.frame.points.left_out, "combination");
            parts.push(format!("{left_out} left out by --where"));
        }
        parts.join(", ")
    }

    /// Places of the measures that are shown: those of objectives, refusals and lags.
    pub(super) fn shown(&self) -> Vec<usize> {
        let is_shown = |path: &str| path == THROTTLED || path.ends_with(LAG);
        let all = self.frame.measures.iter().enumerate();
        all.filter(|(_, it)| (it.is_judged || is_shown(&it.path)) && it.path != COST)
            .map(|(place, _)| place)
            .collect()
    }

    /// The headings, without rows.
    fn cells(&self) -> Cells {
        let shown = self.shown();
        let paths: Vec<&str> = self.frame.points.paths.iter().map(String::as_str).collect();
        let all: Vec<&str> = paths
            .iter()
            .copied()
            .chain(shown.iter().map(|&place| self.frame.measures[place].path.as_str()))
            .collect();
        let mut head = name::short(&all);
        head.push("$/mo".to_owned());
        let more: &[&str] = match (self.frame.draws, self.frame.objectives.is_empty()) {
            (_, true) => &["rel."],
            (None, false) => &["rel.", "missed"],
            (Some(_), false) => &["chance", "regret", "most", "missed"],
        };
        head.extend(more.iter().map(|it| (*it).to_owned()));
        head.push(String::new());
        Cells { head, rows: Vec::new(), shown }
    }

    fn line(&self, row: &PointRow, shown: &[usize], widest: usize) -> Vec<String> {
        let mut cells: Vec<String> =
            self.values(row).iter().map(|value| cut(value, widest)).collect();
        if let State::Failed(reason) = &row.state {
            cells.push(format!("failed: {reason}"));
            return cells;
        }
        for &place in shown {
            let (unit, told) = (self.frame.measures[place].unit, &row.told[place]);
            cells.push(match &told.estimate {
                None if told.missing < row.rows.len() => "partly".to_owned(),
                None => "-".to_owned(),
                Some(it) => estimate(unit, it),
            });
        }
        let cost = self.frame.measures.iter().position(|it| it.path == COST);
        let cost = cost.and_then(|place| {
            let estimate = row.told[place].estimate.as_ref()?;
            Some(value::value(self.frame.measures[place].unit, estimate.mean).replace('$', ""))
        });
        cells.push(cost.unwrap_or_else(|| "-".to_owned()));
        if self.is_chance() {
            let dollars =
                |it: Option<f64>| it.map_or_else(|| "-".to_owned(), |it| format!("{it:.2}"));
            cells.push(drawn::chance(&row.all_met));
            cells.push(dollars(row.regret.and_then(|it| it.extra)));
            cells.push(dollars(row.regret.and_then(|it| it.extra_most)));
        } else {
            cells.push(row.relative.map_or_else(|| "-".to_owned(), |it| format!("{it:.2}")));
        }
        if !self.frame.objectives.is_empty() {
            cells.push(cut(&self.missed(row), if widest == CELL { MISSED } else { widest }));
        }
        cells.push(match &row.state {
            State::Partial(_) => "partial".to_owned(),
            _ if row.is_unbeaten => "*".to_owned(),
            _ => String::new(),
        });
        cells
    }

    /// Whether chances are told: inputs are drawn, and something must hold.
    fn is_chance(&self) -> bool {
        self.frame.draws.is_some() && !self.frame.objectives.is_empty()
    }

    /// The objectives that a point misses, by their short names; in how many runs where not in all.
    pub(in crate::report) fn missed(&self, row: &PointRow) -> String {
        let paths: Vec<&str> =
            self.frame.objectives.iter().map(|(path, _)| path.as_str()).collect();
        let names = name::short(&paths);
        let each = names.iter().zip(&row.met).filter(|(_, met)| !met.always());
        let each = each.map(|(name, met)| match met.of - met.hits {
            all if all == met.of => name.clone(),
            some => format!("{name} {some}/{}", met.of),
        });
        let mut all: Vec<String> = each.collect();
        all.dedup();
        if all.is_empty() { "-".to_owned() } else { all.join(", ") }
    }

    /// Takes the last measure out that no objective is about.
    fn drop_one(&self, cells: &mut Cells) -> bool {
        let idle = cells.shown.iter().rposition(|&place| !self.frame.measures[place].is_judged);
        let Some(place) = idle.or(cells.shown.len().checked_sub(1)) else { return false };
        cells.shown.remove(place);
        let column = self.frame.points.paths.len() + place;
        cells.head.remove(column);
        for row in cells.rows.iter_mut().filter(|row| row.len() > cells.head.len()) {
            row.remove(column);
        }
        true
    }

    fn draw(&self, cells: &Cells, screen: &mut Screen) {
        let widths = widths(cells);
        let last = cells.head.len() - usize::from(!self.frame.objectives.is_empty()) - 1;
        let line = |row: &[String]| {
            let mut text = String::new();
            for (place, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let gap = if place == 0 { 0 } else { GAP };
                let is_open = row.len() < cells.head.len() && place + 1 == row.len();
                text += &" ".repeat(gap);
                let padded = match place {
                    _ if is_open => cell.clone(),
                    place if place >= last => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                };
                text.push_str(&padded);
            }
            text
        };
        for head in headings(&cells.head) {
            screen.table_line("  ", 4, &line(&head));
        }
        for row in &cells.rows {
            let text = line(row);
            let is_open = row.len() < cells.head.len();
            let text = if is_open { cut(&text, WIDTH - LABEL) } else { text };
            screen.table_line("  ", 4, &text);
        }
    }

    fn notes(&self, shown: &[usize]) -> Vec<String> {
        let mut notes = Vec::new();
        let lag = if self.lags().next().is_some() { "cost, lag and" } else { "cost and" };
        if self.briefs.iter().any(|it| it.is_unbeaten) {
            notes.push(format!("* no other point is better on {lag} throttling together"));
        }
        if self.is_chance() {
            self.tell_chance(&mut notes);
        } else if self.together.cheapest.is_some() {
            let cheapest = match self.frame.objectives.len() {
                0 => "the cheapest point",
                _ => "the cheapest point that misses nothing",
            };
            notes.push(format!("rel.: cost relative to {cheapest}"));
        } else if self.briefs.iter().any(|it| it.ending == Ending::Whole) {
            notes.push("rel.: no point meets every objective".to_owned());
        }
        let count = |ending| self.briefs.iter().filter(|it| it.ending == ending).count() as u64;
        let failed = count(Ending::Failed);
        if failed > 0 {
            notes.push(format!("{} failed; sweep.csv says why", number::counted(failed, "point")));
        }
        let partial = count(Ending::Partial);
        if partial > 0 {
            notes.push(format!("partial: a limit ended {partial} early; they are not compared"));
        }
        if let (count @ 1.., first) = &self.together.left_out {
            let count = number::counted(*count as u64, "draw");
            notes.push(format!("{count} left out, whose values make no scenario: {first}"));
        }
        let paths: Vec<&str> = self.frame.measures.iter().map(|it| it.path.as_str()).collect();
        let names = name::short(&paths);
        let more = if self.frame.draws.is_some() { "--draws" } else { "--repeat and --within" };
        for it in self.spread.iter().filter(|it| shown.contains(&it.measure)) {
            let name = &names[it.measure];
            let pairs = match it.clear_in_pairs {
                0 => format!("more runs would tell; see {more}"),
                clear => format!("{clear} of these are clear replicate by replicate"),
            };
            notes.push(format!(
                "{name}: the spread is wider than the step between neighbours at {} of {}; {pairs}",
                it.hidden,
                number::counted(it.steps, "step")
            ));
        }
        notes
    }

    /// What chances and regrets are.
    fn tell_chance(&self, notes: &mut Vec<String>) {
        let percent = number::significant(self.frame.asked.share() * 100.0, 2);
        notes.push(format!(
            "chance: draws in which every objective holds, and the interval of {percent} %"
        ));
        notes.push(
            "regret: $ a month above the cheapest point that holds in the same draw, mean and most"
                .to_owned(),
        );
        let hopeless = self.together.best.hopeless();
        if hopeless > 0 {
            notes.push(format!("in {hopeless} of {} draws no point holds", self.frame.replicates));
        }
    }
}

/// A mean with its interval, where that is not nothing.
fn estimate(unit: Unit, estimate: &Estimate) -> String {
    let half_width = estimate.half_width.filter(|half| *half > 0.0);
    let text = value::estimate(unit, &Estimate { half_width, ..*estimate });
    // A unit that both have is said once: `793 ± 2.8 ms`.
    let Some((mean, half)) = text.split_once(" ± ") else { return text };
    match (mean.rsplit_once(' '), half.rsplit_once(' ')) {
        (Some((number, own)), Some((_, unit))) if own == unit => format!("{number} ± {half}"),
        _ => text,
    }
}

/// Headings in as many lines as the tallest of them takes, at the bottom of each column.
fn headings(head: &[String]) -> Vec<Vec<String>> {
    let broken: Vec<Vec<String>> = head.iter().map(|it| broken(it)).collect();
    let lines = broken.iter().map(Vec::len).max().unwrap_or(0);
    (0..lines)
        .map(|line| {
            let of = |parts: &Vec<String>| {
                let place = (line + parts.len()).checked_sub(lines);
                place.and_then(|place| parts.get(place)).cloned().unwrap_or_default()
            };
            broken.iter().map(of).collect()
        })
        .collect()
}

/// A heading in lines that end in `_` or `.` where they can.
fn broken(heading: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in heading.split_inclusive(['_', '.']) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() <= HEADING => {
                line.push_str(part);
            }
            _ => {
                // A word that is too long goes on in the next line.
                let mut letters: Vec<char> = part.chars().collect();
                while letters.len() > HEADING {
                    let rest = letters.split_off(HEADING - 1);
                    lines.push(letters.into_iter().chain(['-']).collect());
                    letters = rest;
                }
                lines.push(letters.into_iter().collect());
            }
        }
    }
    lines
}

fn widths(cells: &Cells) -> Vec<usize> {
    let letters = |text: &String| text.chars().count();
    (0..cells.head.len())
        .map(|column| {
            let whole = cells.rows.iter().filter(|row| row.len() == cells.head.len());
            let own = whole.map(|row| letters(&row[column])).max().unwrap_or(0);
            let head = broken(&cells.head[column]);
            own.max(head.iter().map(letters).max().unwrap_or(0))
        })
        .collect()
}

fn width(cells: &Cells) -> usize {
    let widths = widths(cells);
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn cut(text: &str, widest: usize) -> String {
    if text.chars().count() <= widest {
        return text.to_owned();
    }
    text.chars().take(widest - 1).chain(['…']).collect()
}
