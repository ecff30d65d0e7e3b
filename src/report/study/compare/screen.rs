//! A comparison for a terminal, and as Markdown.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::{Comparison, Line};
use crate::experiment::study::Met;
use crate::experiment::study::compared::{Alternative, Difference, is_paired, producers_of_one};
use crate::report::number;
use crate::report::study::value;
use crate::report::summary::Style;
use crate::report::summary::layout::Screen;
use crate::scenario::metric::Unit;

/// Widest name of an alternative, and room for a value with its interval.
const NAME_MOST: usize = 26;
const VALUE: usize = 24;

impl Comparison<'_> {
    /// The comparison as text.
    #[must_use]
    pub fn screen(&self, style: Style) -> String {
        let mut screen = Screen::new(style);
        screen.wrapped("", 0, &self.heading());
        screen.blank();
        if !self.only_cost {
            self.objectives(&mut screen);
            for path in self.paths() {
                self.measure(&path, &mut screen);
            }
            screen.blank();
        }
        self.cost_screen(&mut screen);
        screen.into_text()
    }

    /// What was done, in a sentence or two.
    fn heading(&self) -> String {
        let base = &self.base().scenario.name;
        let names: Vec<&str> = self.others().iter().map(|it| it.scenario.name.as_str()).collect();
        let runs = number::counted(self.base().rows.len() as u64, "run");
        let percent = number::significant(self.asked.share() * 100.0, 2);
        let apart: Vec<&str> = self
            .others()
            .iter()
            .filter(|it| !is_paired(self.base().scenario, it.scenario))
            .map(|it| it.scenario.name.as_str())
            .collect();
        let pairing = if apart.is_empty() {
            format!("paired by their random numbers{}", self.without_partner())
        } else {
            format!("not paired, as seed or duration differ: {}", apart.join(", "))
        };
        let intervals = match self.base().rows.len() {
            1 => "one run has no interval: `--repeat 5`".to_owned(),
            _ => format!("{percent} % intervals, differences {pairing}"),
        };
        format!("{base} against {}; {runs} each, {intervals}", names.join(", "))
    }

    /// Whose random numbers are in no pair although the runs are: random streams bear the names
    /// of producers, and quanta draw other numbers than single records.
    fn without_partner(&self) -> String {
        let base = self.base().scenario;
        let mut alone: Vec<&str> = Vec::new();
        for other in self.others() {
            for name in producers_of_one(base, other.scenario) {
                if !alone.contains(&name) {
                    alone.push(name);
                }
            }
        }
        let resolution = |it: &Alternative<'_>| it.scenario.plan.resolution;
        let mut parts = Vec::new();
        if !alone.is_empty() {
            parts.push(format!("those of producers that only one has ({})", alone.join(", ")));
        }
        if self.others().iter().any(|it| resolution(it) != resolution(self.base())) {
            parts.push("those of writing, as resolutions differ".to_owned());
        }
        if parts.is_empty() { String::new() } else { format!(" but for {}", parts.join(" and ")) }
    }

    fn name_width(&self) -> usize {
        let names = self.alternatives.iter().map(|it| it.scenario.name.chars().count());
        names.max().unwrap_or(0).min(NAME_MOST)
    }

    fn row(&self, name: &str, text: &str, rest: &str, screen: &mut Screen) {
        let width = self.name_width();
        let name = short(name, width);
        let line = format!("{name:<width$}  {text:>VALUE$}   {rest}");
        screen.table_line("    ", 4, line.trim_end());
    }

    fn objectives(&self, screen: &mut Screen) {
        if self.alternatives.iter().all(|it| it.scenario.objectives.is_empty()) {
            return;
        }
        screen.line("  objectives met");
        for alternative in self.alternatives {
            let met = self.met(alternative);
            if met.is_empty() {
                self.row(&alternative.scenario.name, "none asked for", "", screen);
                continue;
            }
            let always = met.iter().filter(|met| met.always()).count();
            let of = format!("{always} of {}", met.len());
            let all = Met::all(alternative.rows, self.confidence);
            let change = self.change_of_met(alternative, always);
            let rest = format!("all in {} of {} runs{change}", all.hits, all.of);
            self.row(&alternative.scenario.name, &of, &rest, screen);
        }
    }

    /// Whether more or fewer of the base's objectives always hold, where both ask for the same.
    fn change_of_met(&self, alternative: &Alternative<'_>, always: usize) -> &'static str {
        let asked = |it: &Alternative<'_>| -> Vec<(String, String)> {
            let objectives = it.scenario.objectives.iter();
            objectives.map(|it| (it.path.clone(), it.text.clone())).collect()
        };
        if asked(alternative) != asked(self.base()) {
            return "";
        }
        let before = self.met(self.base()).iter().filter(|met| met.always()).count();
        match always.cmp(&before) {
            Ordering::Greater => "   better",
            Ordering::Less => "   worse",
            Ordering::Equal => "",
        }
    }

    fn measure(&self, path: &str, screen: &mut Screen) {
        screen.wrapped("  ", 6, &format!("{path}   {}", self.bounds(path)));
        for alternative in self.alternatives {
            let name = &alternative.scenario.name;
            match self.line(alternative, path) {
                None => self.row(name, "not measured", "", screen),
                Some(line) => {
                    let text = value::told(line.unit, &line.told, alternative.rows.len());
                    let rest = line.difference.map(|it| told(line.unit, &it));
                    self.row(name, &text, &rest.unwrap_or_default(), screen);
                }
            }
        }
    }

    /// In how many runs each met what it asks of the metric at `path`: `<= 5 s in 0, 5 of 5 runs`.
    fn bounds(&self, path: &str) -> String {
        let asked = |alternative: &Alternative<'_>| {
            let objectives = alternative.scenario.objectives.iter().enumerate();
            let mut own = objectives.filter(|(_, it)| it.path == path);
            let (place, objective) = own.next()?;
            let met = Met::objective(alternative.rows, place, self.confidence);
            Some((objective.text.clone(), met))
        };
        let all: Vec<(String, Met)> = self.alternatives.iter().filter_map(asked).collect();
        let Some((first, met)) = all.first() else { return String::new() };
        if all.len() < self.alternatives.len() || all.iter().any(|(text, _)| text != first) {
            return String::new();
        }
        let hits: Vec<String> = all.iter().map(|(_, met)| met.hits.to_string()).collect();
        format!("{first} in {} of {} runs", hits.join(", "), met.of)
    }

    /// The comparison as Markdown: a table a measure has a row in.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("{}\n\n| metric |", self.heading());
        for alternative in self.alternatives {
            let _ = write!(text, " {} |", alternative.scenario.name);
        }
        for other in self.others() {
            let _ = write!(text, " {} less {} |", other.scenario.name, self.base().scenario.name);
        }
        let columns = 1 + self.alternatives.len() + self.others().len();
        let _ = write!(text, "\n{}|\n", "|---".repeat(columns));
        for path in self.paths() {
            let _ = write!(text, "| `{path}` |");
            let lines: Vec<Option<Line>> =
                self.alternatives.iter().map(|it| self.line(it, &path)).collect();
            for (line, alternative) in lines.iter().zip(self.alternatives) {
                let _ = write!(text, " {} |", cell(line.as_ref(), alternative));
            }
            for line in &lines[1..] {
                let rest = line.as_ref().and_then(|it| Some(told(it.unit, &it.difference?)));
                let _ = write!(text, " {} |", rest.unwrap_or_default());
            }
            text.push('\n');
        }
        text + &self.cost_markdown()
    }
}

/// A name of at most `width` letters: what tells alternatives apart stands at the end.
fn short(name: &str, width: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= width {
        return name.to_owned();
    }
    let (first, last) =
        (&letters[..width / 3], &letters[letters.len() - (width - width / 3 - 2)..]);
    first.iter().chain(&['.', '.']).chain(last).collect()
}

fn cell(line: Option<&Line>, alternative: &Alternative<'_>) -> String {
    line.map_or_else(
        || "not measured".to_owned(),
        |line| value::told(line.unit, &line.told, alternative.rows.len()),
    )
}

/// `-7.67 % ± 0.041 %   better`.
fn told(unit: Unit, difference: &Difference) -> String {
    let estimate = &difference.estimate;
    let sign = if estimate.mean > 0.0 { "+" } else { "" };
    format!("{sign}{}   {}", value::estimate(unit, estimate), difference.change.name())
}
