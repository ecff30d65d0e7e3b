//! A placement on a terminal: bars, a table by number of shards, what it means.

#![expect(clippy::format_push_string, reason = "a handful of lines a placement")]

use super::Answer;
use super::note::{Note, next, notes, of_count, usable};
use crate::experiment::placement::salted_name;
use crate::experiment::placement::study::{BusyShard, Detail, Trial};
use crate::experiment::placement::{LargeKey, Part, Traffic};
use crate::model::hashing::shard_id;
use crate::report::explanation::quoted;
use crate::report::number;
use crate::report::summary::Style;
use crate::report::summary::layout::{INDENT, Screen, WIDTH};
use crate::scenario::inputs::HashForm;

/// Width of the longest bar.
const BAR: usize = 26;
/// The same beside figures of traffic.
const BAR_BESIDE_TRAFFIC: usize = 8;

/// Letters of a long name that are worth showing.
const NAME_MIN: usize = 4;

/// What the columns of traffic mean.
const LEGEND: &str =
    "nearest: load of the shard nearest to its limit, or furthest over; over: shards over";

impl Answer<'_> {
    /// The answer as text.
    #[must_use]
    pub fn screen(&self, style: Style) -> String {
        let mut screen = Screen::new(style);
        let study = self.study;
        if study.question.shard_counts.is_empty() {
            self.overview(&mut screen);
        } else {
            for detail in &study.details {
                self.busiest(&mut screen, detail);
            }
        }
        self.counts(&mut screen);
        self.salting(&mut screen);
        let notes = notes(study);
        if !notes.is_empty() {
            screen.blank();
        }
        for note in notes {
            tell(&mut screen, 0, &note);
        }
        self.next(&mut screen);
        screen.into_text()
    }

    /// What is placed: `4 keys`, `200 keys in 9,000 rows`.
    fn subject(&self) -> String {
        let sample = self.study.keys.sample();
        let keys = match sample.form() {
            None => number::counted(sample.len() as u64, "key"),
            Some(form) => {
                let read = match form {
                    HashForm::Decimal => "decimal",
                    HashForm::Hex => "hexadecimal",
                };
                format!("{} ({read})", number::counted(sample.len() as u64, "hash key"))
            }
        };
        if sample.rows() == sample.len() as u64 {
            return keys;
        }
        format!("{keys} in {}", number::counted(sample.rows(), "row"))
    }

    /// `, 4.50k/s of 1.09 KiB`.
    fn load(&self) -> String {
        let Some(traffic) = self.study.question.traffic else { return String::new() };
        let size = traffic.record_size.map(|size| format!(" of {size}")).unwrap_or_default();
        format!(", {}{size}", number::rate(traffic.rate.0))
    }

    /// The largest keys, where no number of shards was asked for.
    fn overview(&self, screen: &mut Screen) {
        screen.wrapped("", 0, &format!("{}{}; the largest:", self.subject(), self.load()));
        let name = |key: &LargeKey| quoted(&key.name);
        let largest = &self.study.largest;
        let width = largest.iter().map(|key| name(key).chars().count()).max().unwrap_or(0);
        let full = largest.first().map_or(0.0, |key| key.part.share);
        for key in largest {
            let label = format!("  {:<width$}", name(key));
            screen.line(&self.row(&label, key.part, full, ""));
        }
        screen.blank();
    }

    /// The busiest shards of one number of shards.
    fn busiest(&self, screen: &mut Screen, detail: &Detail) {
        let count = detail.placement.cells().len() as u64;
        let even = number::share(1.0 / count as f64);
        let head = format!(
            "{}{}, {}, even share {even}",
            self.subject(),
            self.load(),
            number::counted(count, "shard")
        );
        screen.wrapped("", 0, &head);
        let full = detail.placement.busiest_share();
        for busy in &detail.busiest {
            let label = format!("  {:<20}", shard_id(busy.shard));
            let row = self.row(&label, busy.cell.part, full, "");
            let room = WIDTH.saturating_sub(row.chars().count() + 2);
            screen.line(&format!("{row}  {}", keys_within(busy, room)));
        }
        let named = detail.busiest.len() + detail.placement.unused();
        if let Some(rest @ 1..) = (count as usize).checked_sub(named) {
            let share = number::share(self.largest_beyond(detail));
            let more = number::counted(rest as u64, "more shard");
            screen.line(&format!("  {more}, at most {share} each"));
        }
        let trial = self.study.trials.iter().find(|trial| u64::from(trial.shard_count) == count);
        for note in trial.iter().flat_map(|trial| of_count(self.study, trial)) {
            tell(screen, 2, &note);
        }
        screen.blank();
    }

    /// The share of the busiest shard that is not named.
    fn largest_beyond(&self, detail: &Detail) -> f64 {
        let next = detail.placement.busiest(self.study.question.top + 1);
        next.last().map_or(0.0, |&shard| detail.placement.cells()[shard as usize].part.share)
    }

    /// A label, a share, its traffic, and a bar: `full` fills the bar.
    fn row(&self, label: &str, part: Part, full: f64, rest: &str) -> String {
        let mut row = format!("{label} {:>8}", number::share(part.share));
        let mut width = BAR;
        if let Some(traffic) = self.study.question.traffic {
            row += &figures(part, traffic);
            width = BAR_BESIDE_TRAFFIC;
        }
        let bar = if part.share > 0.0 {
            (part.share / full * width as f64).round().max(1.0)
        } else {
            0.0
        };
        format!("{row}  {:<width$}{rest}", "#".repeat(bar as usize))
    }

    /// A line a number of shards.
    fn counts(&self, screen: &mut Screen) {
        let trials = &self.study.trials;
        let mut head = format!("  {:>7}{:>10}{:>9}{:>8}", "shards", "busiest", "can use", "no key");
        let has_traffic = self.study.question.traffic.is_some();
        let has_salt = self.study.salt.is_some();
        if has_traffic {
            head += &format!("{:>10}{:>7}", "nearest", "over");
        }
        if has_salt {
            head += &format!("{:>17}{:>9}", "salted: busiest", "can use");
            if has_traffic {
                head += &format!("{:>7}", "over");
            }
        }
        screen.line(&head);
        for trial in trials {
            screen.line(&line(trial));
        }
        if has_traffic {
            screen.wrapped("  ", 2, LEGEND);
        }
    }

    /// How keys were split, and what that costs.
    fn salting(&self, screen: &mut Screen) {
        let Some(salt) = &self.study.salt else { return };
        let Some(largest) = self.study.largest.first() else { return };
        let keys = match salt.keys() {
            1 => "the largest key becomes".to_owned(),
            n => format!("each of the {} largest keys becomes", number::count(n as u64)),
        };
        screen.blank();
        screen.wrapped(
            "",
            0,
            &format!(
                "Salted: {} {}, written in turn: {} becomes {} to {}. Records of one key are \
                 then in order only within each part, and who reads the key reads all parts.",
                keys,
                number::count(u64::from(salt.parts)),
                quoted(&largest.name),
                quoted(&salted_name(&largest.name, 0)),
                quoted(&salted_name(&largest.name, salt.parts - 1)),
            ),
        );
    }

    /// Commands worth a try. Stdin cannot be read again.
    fn next(&self, screen: &mut Screen) {
        let commands = next(self.study);
        if self.file == "-" || commands.is_empty() {
            return;
        }
        screen.blank();
        for (place, (options, why)) in commands.iter().enumerate() {
            let label = if place == 0 { "NEXT" } else { "" };
            screen.command(
                &format!("{label:<INDENT$}"),
                INDENT,
                &format!("{} {options}", self.command),
            );
            screen.wrapped(&" ".repeat(INDENT + 2), INDENT + 2, why);
        }
    }
}

/// Records and bytes a second, and the part of the limit that is nearer.
fn figures(part: Part, traffic: Traffic) -> String {
    let flow = part.of(traffic);
    let mut text = format!(" {:>7}", number::rate(flow.records_per_s));
    if let Some(bytes) = flow.bytes_per_s {
        text += &format!(" {:>11}", number::byte_rate(bytes));
    }
    text + &format!(" {:>6}", number::fullness(flow.load))
}

fn line(trial: &Trial) -> String {
    let mark = if trial.is_asked { ">" } else { " " };
    let plain = &trial.plain;
    let mut text = format!(
        "{mark} {:>7}{:>10}{:>9}{:>8}",
        number::count(u64::from(trial.shard_count)),
        number::share(plain.busiest_share),
        usable(plain.usable),
        number::count(plain.unused as u64)
    );
    if let Some(limits) = plain.limits {
        text += &format!(
            "{:>10}{:>7}",
            number::fullness(limits.load),
            number::count(limits.over as u64)
        );
    }
    if let Some(salted) = &trial.salted {
        text += &format!("{:>17}{:>9}", number::share(salted.busiest_share), usable(salted.usable));
        if let Some(limits) = salted.limits {
            text += &format!("{:>7}", number::count(limits.over as u64));
        }
    }
    text
}

/// As many of a shard's keys as fit, with their shares, and how many more there are.
fn keys_within(busy: &BusyShard, room: usize) -> String {
    let mut text = String::new();
    for (place, key) in busy.keys.iter().enumerate() {
        let share = number::share_to(key.part.share, 2);
        let more = match busy.cell.keys - place as u64 - 1 {
            0 => String::new(),
            more => format!(", +{}", number::count(more)),
        };
        let gap = if place == 0 { "" } else { ", " };
        let one = format!("{gap}{} {share}", quoted(&key.name));
        let used = text.chars().count() + one.chars().count();
        if used + more.chars().count() <= room {
            text += &one;
            continue;
        }
        if place == 0 {
            // The share matters more than the end of a long name.
            let kept = room.saturating_sub(share.len() + more.chars().count() + 4);
            if kept < NAME_MIN {
                let keys = number::counted(busy.cell.keys, "key");
                return if keys.len() <= room { keys } else { String::new() };
            }
            let name: String = quoted(&key.name).chars().take(kept).collect();
            return format!("{name}... {share}{more}");
        }
        return format!("{text}, +{}", number::count(busy.cell.keys - place as u64));
    }
    match busy.cell.keys - busy.keys.len() as u64 {
        0 => text,
        more => format!("{text}, +{}", number::count(more)),
    }
}

fn tell(screen: &mut Screen, indent: usize, note: &Note) {
    screen.wrapped(&" ".repeat(indent), indent, &note.sentence());
}
