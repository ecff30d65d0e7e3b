//! The screen and Markdown.

use std::fmt::Write as _;

use crate::experiment::key_map::KeyMap;
use crate::experiment::size::change::Kind;
use crate::experiment::size::{Formula, Method, Score, Statistic};
use crate::experiment::stats::Estimate;
use crate::experiment::study::Regret;
use crate::report::number;
use crate::report::study::drawn;
use crate::report::study::size::{Drawn, Told, cells, words};
use crate::report::summary::Style;
use crate::report::summary::layout::Screen;
use crate::scenario::UncertainInput;

/// Widest name of a rule.
const NAME: usize = 35;
/// Widest name of an objective beside a rule.
const WIDEST: usize = 9;
/// Numbers of shards whose failure is explained.
const CAUSES: usize = 6;

impl Told<'_> {
    /// What the terminal shows.
    #[must_use]
    pub fn screen(&self, style: Style) -> String {
        let mut screen = Screen::new(style);
        self.heading(&mut screen);
        self.rules(&mut screen);
        self.causes(&mut screen);
        self.apart(&mut screen);
        self.answer(&mut screen);
        screen.into_text()
    }

    fn heading(&self, screen: &mut Screen) {
        let work = &self.sizing.workload;
        let name = match self.scenario.plan.streams.len() {
            1 => self.scenario.name.clone(),
            _ => format!("{}, stream {}", self.scenario.name, work.stream),
        };
        let mut text = format!(
            "{}, busiest second {}, records of {}",
            number::rate(work.mean.records),
            number::rate(work.peak.records),
            number::bytes(work.record_bytes),
        );
        if let Some(map) = work.map.as_ref().and_then(KeyMap::key_count) {
            let _ = write!(text, ", {}", number::counted(map as u64, "key"));
        }
        let _ = write!(text, "; {}", number::counted(u64::from(work.pollers), "poller"));
        if work.fan_outs > 0 {
            let _ = write!(text, ", {} with fan-out", work.fan_outs);
        }
        if let Some(part) = self.headroom {
            let _ = write!(text, "; rates {} up, and costs with them", number::share(part));
        }
        screen.wrapped("", 2, &format!("{name}: {text}"));
        if let Some(usual) = self.scenario.objectives.first().filter(|_| self.is_usual) {
            let text = format!("no [slo] is given: judged by {} {}", usual.path, usual.text);
            screen.wrapped("  ", 2, &text);
        }
        if let Some(drawn) = self.drawn {
            drawn.tell(screen);
        }
        screen.blank();
    }

    fn rules(&self, screen: &mut Screen) {
        screen.line("What the rules of thumb say, and what happens when you follow them");
        let columns = match self.drawn {
            None => format!("{:>9} {:>7}  objectives", "throttled", "lost"),
            Some(_) => format!("{:>17} {:>7} {:>7}", "chance", "regret", "most"),
        };
        screen.line(&format!("  {:<NAME$} {:>6} {:>7} {columns}", "rule", "shards", "$/mo"));
        let means = self.sizing.formulas.iter().filter(|it| it.statistic == Statistic::Mean);
        for formula in means {
            screen.line(&self.rule(formula, formula.name));
        }
        let of_mean = |formula: &&Formula| {
            let mean = self.sizing.formulas.iter().find(|it| it.name == formula.name);
            mean.is_some_and(|mean| mean.shards != formula.shards)
        };
        let peaks = self.sizing.formulas.iter().filter(|it| it.statistic == Statistic::Peak);
        let peaks: Vec<&Formula> = peaks.filter(of_mean).collect();
        if !peaks.is_empty() {
            screen.line("  with the busiest second instead of the mean");
        }
        for formula in peaks {
            screen.line(&self.rule(formula, &format!("  {}", formula.name)));
        }
        screen.wrapped("  ", 2, &self.notes());
        screen.blank();
    }

    /// How the numbers came about.
    fn notes(&self) -> String {
        let mut notes = format!(
            "{} of each number of shards with {}",
            number::counted(
                self.demand.replicates,
                if self.drawn.is_some() { "draw" } else { "run" }
            ),
            if self.with_other_keys { "keys that fall elsewhere" } else { "the same keys" },
        );
        let percent = number::significant(self.demand.confidence.share() * 100.0, 2);
        if self.drawn.is_some() {
            let _ = write!(
                notes,
                "; chance: draws in which every objective holds, and the interval of {percent} %; \
                 regret: $ a month above the cheapest that holds in the same draw, mean and most"
            );
        } else if let Some((throttled, lost)) = self.widest() {
            let half = |it: f64| number::significant(it * 100.0, 2);
            let _ = write!(
                notes,
                "; intervals of {percent} %: throttled within {} %, lost within {} % of it",
                half(throttled),
                half(lost)
            );
        }
        if !self.demand.knobs.is_empty() {
            notes.push_str("; all else as in the file");
        }
        notes
    }

    fn rule(&self, formula: &Formula, name: &str) -> String {
        let score = formula.shards.and_then(|it| self.sizing.with_shards(it));
        let shards = formula.shards.map_or_else(|| "none".to_owned(), |it| it.to_string());
        let Some(score) = score else {
            return format!("  {name:<NAME$} {shards:>6}   not played");
        };
        let start = format!("  {name:<NAME$} {shards:>6} {:>7}", cells::dollars(score.dollars()));
        if self.drawn.is_some() {
            let (chance, regret, most) = cells::chance(self, score);
            return format!("{start} {chance:>17} {regret:>7} {most:>7}");
        }
        let share =
            |it: Option<Estimate>| it.map_or_else(|| "-".to_owned(), |it| number::share(it.mean));
        format!(
            "{start} {:>9} {:>7}  {}",
            share(cells::throttled(self, score)),
            share(cells::lost(self, score)),
            self.verdict(score),
        )
    }

    /// `met`, `throttled missed`, `2 missed`.
    fn verdict(&self, score: &Score) -> String {
        let missed = cells::missed(self, score);
        let met = score.met(self.demand.confidence);
        let count = match (missed.as_slice(), met.hits) {
            ([], _) => return "met".to_owned(),
            (_, hits) if hits > 0 => return format!("met {hits} of {}", met.of),
            // The only objective needs no name.
            _ if self.scenario.objectives.len() == 1 => return "missed".to_owned(),
            ([one], _) => {
                let name = cells::short(one).split('.').next().unwrap_or(one);
                let name = if name == "iterator_age" { "age" } else { name };
                if name.chars().count() > WIDEST { "1".to_owned() } else { name.to_owned() }
            }
            (several, _) => several.len().to_string(),
        };
        format!("{count} missed")
    }

    /// The widest half intervals of the shares refused and lost.
    fn widest(&self) -> Option<(f64, f64)> {
        let scores = self.sizing.scores.iter().filter(|it| {
            it.setting.values.len() == 1 && it.rows.len() as u64 == self.demand.replicates
        });
        let half = |it: Option<Estimate>| it.and_then(|it| it.half_width);
        let pairs = scores.filter_map(|score| {
            half(cells::throttled(self, score)).zip(half(cells::lost(self, score)))
        });
        pairs.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
    }

    /// Why the numbers of shards that the rules ask for fail.
    fn causes(&self, screen: &mut Screen) {
        let mut told: Vec<(u32, String)> = Vec::new();
        let mut formulas: Vec<&Formula> = self.sizing.formulas.iter().collect();
        formulas.sort_by_key(|it| it.shards);
        for formula in formulas {
            let Some(shards) = formula.shards.filter(|it| told.iter().all(|known| known.0 != *it))
            else {
                continue;
            };
            let Some(score) = self.sizing.with_shards(shards) else { continue };
            let why = words::why(self, &Formula { binding: "", ..formula.clone() }, score);
            if !self.holds(score) && !why.is_empty() {
                told.push((shards, why));
            }
        }
        for (shards, why) in told.iter().take(CAUSES) {
            screen.wrapped(&format!("  {shards:>4}  "), 8, why);
        }
        let unmonotone = words::monotone(self);
        if !told.is_empty() && !unmonotone.is_empty() {
            screen.blank();
        }
        for line in &unmonotone {
            screen.wrapped("", 0, line);
        }
        if !told.is_empty() || !unmonotone.is_empty() {
            screen.blank();
        }
    }

    /// The rules without a count.
    fn apart(&self, screen: &mut Screen) {
        screen.line("Rules that give no number of shards");
        for note in &self.sizing.notes {
            screen.wrapped(
                &format!("  {}  ", note.fact),
                11,
                &format!("{}: {}", note.name, words::says(&note.says)),
            );
        }
        screen.blank();
    }

    fn answer(&self, screen: &mut Screen) {
        let (from, to) = self.sizing.scan.range;
        let how = match self.sizing.scan.method {
            Method::Bisection => "by halving: more shards are never worse",
            Method::Exhaustive => "one by one: where the keys fall decides",
        };
        let played = format!("{from} to {to} shards, {how}");
        let mut letters = 'a'..='z';
        if let Some(best) = self.best() {
            screen.line("RECOMMENDED");
            self.option(screen, letters.next().unwrap_or('a'), best);
        } else {
            screen.wrapped("", 0, &format!("NOTHING HOLDS in {played}"));
            self.nearest(screen);
        }
        if !self.sizing.changes.is_empty() {
            let cheaper = if self.best().is_some() { "CHEAPER" } else { "HOLDS" };
            screen.line(&format!("{cheaper}, BUT CHANGES THE PRODUCER"));
        }
        for change in &self.sizing.changes {
            let score = &self.sizing.scores[change.score];
            self.option(screen, letters.next().unwrap_or('z'), score);
            for line in change_words(&change.kind) {
                screen.wrapped("     ", 5, &line);
            }
        }
        if self.best().is_some() {
            screen.wrapped("  ", 2, &format!("looked at {played}"));
        }
        let count = usize::from(self.best().is_some()) + self.sizing.changes.len();
        let names: Vec<String> = ('a'..='z').take(count).map(|it| format!("{it}.toml")).collect();
        if !names.is_empty() {
            screen.blank();
            let text = format!("{} in {}", names.join(", "), self.directory);
            screen.wrapped("Wrote ", 6, &text);
        }
        screen.blank();
        let next = match (&self.file, names.first()) {
            (_, Some(name)) => {
                let command = if self.drawn.is_some() { "uncertain" } else { "run" };
                format!("kinesim {command} {}/{name}", self.directory)
            }
            (Some(file), None) => format!("kinesim check {file} --derived"),
            (None, None) => "kinesim explain K101".to_owned(),
        };
        screen.command("NEXT     ", 9, &next);
    }

    /// Where nothing holds, what comes nearest.
    fn nearest(&self, screen: &mut Screen) {
        let worst = |score: &&Score| cells::worst(self, score);
        let nearest = self.sizing.scores.iter().min_by(|a, b| worst(a).total_cmp(&worst(b)));
        if let Some(score) = nearest {
            let missed = cells::missed(self, score).join(", ");
            let text = format!("nearest: {}; missed: {missed}", cells::setting(self, score));
            screen.wrapped("  ", 2, &text);
        }
    }

    fn option(&self, screen: &mut Screen, letter: char, score: &Score) {
        let met = score.met(self.demand.confidence);
        let draws = if self.drawn.is_some() { " draws" } else { "" };
        let mut held = format!("all met in {} of {}{draws}", met.hits, met.of);
        if let Some((low, high)) = met.interval {
            let percent = |it: f64| number::significant(it * 100.0, 2);
            let _ = write!(held, " ({} to {} %)", percent(low), percent(high));
        }
        screen.wrapped(&format!("  {letter}  "), 5, &cells::setting(self, score));
        let cost = cells::dollars(score.dollars());
        screen.wrapped("     ", 5, &format!("{cost}/month, {held}"));
        if let Some(regret) = &score.regret {
            screen.wrapped("     ", 5, &regret_words(regret));
        }
    }

    /// The same for a page.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("## Sizing {}\n\n", self.scenario.name);
        text.push_str("| rule | statistic | shards | $/month | throttled | lost | objectives |");
        text.push_str(if self.drawn.is_some() { " chance | regret | most |\n" } else { "\n" });
        text.push_str("|---|---|---|---|---|---|---|");
        text.push_str(if self.drawn.is_some() { "---|---|---|\n" } else { "\n" });
        for formula in &self.sizing.formulas {
            let score = formula.shards.and_then(|it| self.sizing.with_shards(it));
            let share = |it: Option<Estimate>| {
                it.map_or_else(|| "-".to_owned(), |it| number::share(it.mean))
            };
            let more = match (self.drawn, score) {
                (None, _) => String::new(),
                (Some(_), None) => " - | - | - |".to_owned(),
                (Some(_), Some(score)) => {
                    let (chance, regret, most) = cells::chance(self, score);
                    format!(" {chance} | {regret} | {most} |")
                }
            };
            let _ = writeln!(
                text,
                "| {} ({}) | {} | {} | {} | {} | {} | {} |{more}",
                formula.name,
                formula.fact,
                formula.statistic.name(),
                formula.shards.map_or_else(|| "none".to_owned(), |it| it.to_string()),
                score.map_or_else(|| "-".to_owned(), |it| cells::dollars(it.dollars())),
                share(score.and_then(|it| cells::throttled(self, it))),
                share(score.and_then(|it| cells::lost(self, it))),
                score.map_or_else(|| "-".to_owned(), |it| self.verdict(it)),
            );
        }
        let told = self.screen(Style::FILE);
        let answer = told.find("RECOMMENDED").or_else(|| told.find("NOTHING HOLDS"));
        let answer = answer.map_or("", |at| &told[at..]);
        let _ = write!(text, "\n```text\n{answer}```\n");
        text
    }
}

impl Drawn<'_> {
    /// What is drawn.
    fn tell(self, screen: &mut Screen) {
        let Self { draws, left_out } = self;
        let known = |it: &UncertainInput| format!("{} {}", it.path, it.text);
        let known: Vec<String> = draws.inputs.iter().map(known).collect();
        let text = format!("{}: {}", drawn::heading(draws), known.join(", "));
        screen.wrapped("  ", 2, &text);
        screen.wrapped("  ", 2, "the rates above, the rules and why they fail are of the middle");
        if left_out.0 > 0 {
            let count = number::counted(left_out.0 as u64, "draw");
            let text = format!("{count} left out, whose values make no scenario: {}", left_out.1);
            screen.wrapped("  ", 2, &text);
        }
    }
}

/// What not knowing the draw costs.
fn regret_words(regret: &Regret) -> String {
    let mut words = Vec::new();
    if let (Some(extra), Some(most)) = (regret.extra, regret.extra_most) {
        words.push(format!(
            "regret {} a month above who knew the draw, {} at most",
            cells::dollars(extra),
            cells::dollars(most)
        ));
    }
    if regret.missed > 0 {
        let count = number::counted(regret.missed as u64, "draw");
        words.push(format!("misses {count} in which another setting holds"));
    }
    if regret.hopeless > 0 {
        words.push(format!("in {} nothing holds", regret.hopeless));
    }
    words.join("; ")
}

/// What a change does, and what it gives up.
fn change_words(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Salt { producer, keys, parts } => {
            let keys: Vec<String> =
                keys.iter().map(|it| crate::report::explanation::quoted(it)).collect();
            vec![
                format!("{producer} writes {} as {parts} keys each, in turn", keys.join(", ")),
                format!("gives up the order of these keys between the {parts} parts"),
            ]
        }
        Kind::Batch { producers, linger_ms } => vec![
            format!("{}: PutRecords in place of PutRecord", producers.join(", ")),
            format!(
                "gives up to {linger_ms} ms while a call is filled, and the order of a key's \
                 records where some of a call are refused"
            ),
        ],
    }
}
