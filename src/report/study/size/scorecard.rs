//! `size --scorecard`: a table, a screen and a picture.

use std::fmt::Write as _;

use crate::experiment::size::formula::EXACT;
use crate::experiment::size::scorecard::{Case, OBJECTIVE};
use crate::experiment::size::{Formula, Statistic};
use crate::report::chart::{Body, Chart, NamedChart, SizeGrid, SizePanel};
use crate::report::number;
use crate::report::summary::Style;
use crate::report::summary::layout::Screen;
use crate::report::table::{Column, Rows};

/// Columns of `scorecard.csv`.
pub const SCORECARD: &[Column] = &[
    Column { name: "rate_per_s", meaning: "records a second" },
    Column { name: "record_bytes", meaning: "data of a record" },
    Column { name: "keys", meaning: "how keys are used" },
    Column { name: "fact", meaning: "the fact a rule is, or follows from" },
    Column { name: "formula", meaning: "what it is called" },
    Column { name: "statistic", meaning: "mean or peak: the second it is fed with" },
    Column { name: "shards", meaning: "what it asks for; empty where it has no answer" },
    Column { name: "fewest", meaning: "the fewest shards that hold; empty where none does" },
    Column { name: "error_share", meaning: "shards too many over the fewest; negative: too few" },
];

/// All workloads.
#[derive(Clone, Debug)]
pub struct Scorecard<'c> {
    /// In order of skew, size, rate.
    pub cases: &'c [Case],
    /// Of the random numbers.
    pub seed: u64,
    /// The study's directory.
    pub directory: String,
}

/// How often a rule erred.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tally {
    few: u64,
    right: u64,
    many: u64,
    /// The largest error on each side.
    least: f64,
    most: f64,
    /// Too few, by skew: so many of so many.
    by_skew: Vec<(&'static str, u64, u64)>,
    /// Sizes among those with too few, and with too many.
    few_sizes: Option<(u32, u32)>,
    many_sizes: Option<(u32, u32)>,
}

impl Scorecard<'_> {
    /// The rules, once each, with the mean first.
    fn rules(&self) -> Vec<&Formula> {
        let mut rules: Vec<&Formula> = Vec::new();
        for formula in self.cases.iter().flat_map(|it| &it.formulas) {
            let same = |it: &&Formula| it.name == formula.name && it.statistic == formula.statistic;
            if !rules.iter().any(same) {
                rules.push(formula);
            }
        }
        rules.sort_by_key(|it| it.statistic == Statistic::Peak);
        rules
    }

    fn of<'a>(case: &'a Case, rule: &Formula) -> Option<&'a Formula> {
        let same = |it: &&Formula| it.name == rule.name && it.statistic == rule.statistic;
        case.formulas.iter().find(same)
    }

    fn tally(&self, rule: &Formula) -> Tally {
        let mut tally = Tally::default();
        let widen = |range: &mut Option<(u32, u32)>, size: u32| {
            let (low, high) = range.unwrap_or((size, size));
            *range = Some((low.min(size), high.max(size)));
        };
        for case in self.cases {
            let Some(error) = Self::of(case, rule).and_then(|it| case.error(it)) else { continue };
            let place = tally.by_skew.iter().position(|it| it.0 == case.skew.name);
            let place = place.unwrap_or_else(|| {
                tally.by_skew.push((case.skew.name, 0, 0));
                tally.by_skew.len() - 1
            });
            tally.by_skew[place].2 += 1;
            tally.least = tally.least.min(error);
            tally.most = tally.most.max(error);
            if error < 0.0 {
                tally.few += 1;
                tally.by_skew[place].1 += 1;
                widen(&mut tally.few_sizes, case.size);
            } else if error > 0.0 {
                tally.many += 1;
                widen(&mut tally.many_sizes, case.size);
            } else {
                tally.right += 1;
            }
        }
        tally
    }

    /// What the terminal shows.
    #[must_use]
    pub fn screen(&self, style: Style) -> String {
        let mut screen = Screen::new(style);
        let none = self.cases.iter().filter(|it| it.fewest.is_none()).count() as u64;
        let runs: u64 = self.cases.iter().map(|it| it.runs).sum();
        let text = format!(
            "{} workloads, {} runs: each rule against the fewest shards with {OBJECTIVE}",
            number::count(self.cases.len() as u64),
            number::count(runs)
        );
        screen.wrapped("", 2, &text);
        if none > 0 {
            let text = format!("in {none} of them no number of shards holds: one key is too much");
            screen.wrapped("  ", 2, &text);
        }
        screen.blank();
        screen.line(&format!(
            "  {:<40} {:>7} {:>7} {:>8}   {:<16}",
            "rule", "too few", "right", "too many", "error, from to"
        ));
        for statistic in Statistic::ALL {
            if statistic == Statistic::Peak {
                screen.line("  with the busiest second instead of the mean");
            }
            for rule in self.rules().into_iter().filter(|it| it.statistic == statistic) {
                let tally = self.tally(rule);
                screen.line(&format!(
                    "  {:<40} {:>7} {:>7} {:>8}   {} to {}",
                    rule.name,
                    tally.few,
                    tally.right,
                    tally.many,
                    signed(tally.least),
                    signed(tally.most)
                ));
            }
        }
        screen.blank();
        screen.line("Where they ask for too few, and for too many");
        for rule in self.rules().into_iter().filter(|it| it.statistic == Statistic::Mean) {
            screen.wrapped(&format!("  {}  ", rule.fact), 11, &self.region(rule));
        }
        screen.blank();
        screen.wrapped("Wrote ", 6, &format!("scorecard.csv and a chart in {}", self.directory));
        screen.into_text()
    }

    /// Where a rule errs, in words.
    fn region(&self, rule: &Formula) -> String {
        let tally = self.tally(rule);
        let mut text = String::new();
        let sizes = |range: Option<(u32, u32)>| match range {
            Some((low, high)) if low == high => format!("records of {low} B"),
            Some((low, high)) => format!("records of {low} to {high} B"),
            None => String::new(),
        };
        if tally.few > 0 {
            let skews: Vec<String> = tally
                .by_skew
                .iter()
                .filter(|it| it.1 > 0)
                .map(|(name, few, of)| format!("{name} {few} of {of}"))
                .collect();
            let _ = write!(text, "too few: {}; {}", skews.join(", "), sizes(tally.few_sizes));
        }
        if tally.many > 0 {
            let gap = if text.is_empty() { "" } else { ". " };
            let _ = write!(
                text,
                "{gap}{}oo many: {}, up to {}",
                if text.is_empty() { "t" } else { "T" },
                sizes(tally.many_sizes),
                signed(tally.most)
            );
        }
        if text.is_empty() { "right everywhere".to_owned() } else { text }
    }

    /// `scorecard.csv`.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(SCORECARD);
        for case in self.cases {
            for formula in &case.formulas {
                rows.whole(case.rate).whole(case.size).text(case.skew.name);
                rows.text(formula.fact).text(formula.name).text(formula.statistic.name());
                for shards in [formula.shards, case.fewest] {
                    match shards {
                        Some(shards) => rows.whole(shards),
                        None => rows.empty(),
                    };
                }
                match case.error(formula) {
                    Some(error) => rows.float(error),
                    None => rows.empty(),
                };
                rows.end();
            }
        }
        rows.into_bytes()
    }

    /// `size.json`.
    #[must_use]
    pub fn json(&self) -> String {
        let rules: Vec<serde_json::Value> = self
            .rules()
            .into_iter()
            .map(|rule| {
                let tally = self.tally(rule);
                serde_json::json!({
                    "fact": rule.fact, "name": rule.name, "statistic": rule.statistic.name(),
                    "too_few": tally.few, "right": tally.right, "too_many": tally.many,
                    "least_error": tally.least, "most_error": tally.most,
                    "region": self.region(rule),
                })
            })
            .collect();
        let cases: Vec<serde_json::Value> = self
            .cases
            .iter()
            .map(|it| {
                serde_json::json!({
                    "rate_per_s": it.rate, "record_bytes": it.size, "keys": it.skew.name,
                    "fewest": it.fewest,
                })
            })
            .collect();
        let value = serde_json::json!({
            "schema_version": crate::report::summary::SCHEMA_VERSION,
            "study": "scorecard", "seed": self.seed, "objective": OBJECTIVE,
            "formulas": rules, "workloads": cases,
        });
        format!("{value:#}\n")
    }

    /// The values of the grid, in order.
    fn unique(&self, of: fn(&Case) -> u32) -> Vec<u32> {
        let mut all: Vec<u32> = Vec::new();
        for value in self.cases.iter().map(of) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        all
    }

    /// One panel a rule.
    #[must_use]
    pub fn chart(&self) -> NamedChart {
        let rules: Vec<&Formula> =
            self.rules().into_iter().filter(|it| it.statistic == Statistic::Mean).collect();
        let panel = |rule: &&Formula| SizePanel {
            title: rule.name.to_owned(),
            cells: self
                .cases
                .iter()
                .map(|case| {
                    // Without keys that come again, it is the traffic alone that is placed.
                    let told = Self::of(case, rule)
                        .or_else(|| case.formulas.iter().find(|it| it.name == EXACT));
                    told.and_then(|it| case.error(it))
                })
                .collect(),
        };
        let mut blocks: Vec<String> = self.cases.iter().map(|it| it.skew.name.to_owned()).collect();
        blocks.dedup();
        let worst = rules.iter().map(|rule| (self.tally(rule), rule.name));
        let best = worst.max_by_key(|(tally, _)| (tally.right, std::cmp::Reverse(tally.few)));
        let title = best.map_or_else(String::new, |(tally, name)| {
            format!(
                "\"{name}\" is right most often: {} of {} workloads, too few in {}",
                tally.right,
                tally.few + tally.right + tally.many,
                tally.few
            )
        });
        let each: Vec<String> = rules
            .iter()
            .map(|rule| {
                let tally = self.tally(rule);
                format!(
                    "{}: too few {}, right {}, too many {}",
                    rule.name, tally.few, tally.right, tally.many
                )
            })
            .collect();
        let grid = SizeGrid {
            columns: self
                .unique(|it| it.rate)
                .iter()
                .map(|it| number::rate(f64::from(*it)))
                .collect(),
            columns_title: "rates".to_owned(),
            rows: self
                .unique(|it| it.size)
                .iter()
                .map(|it| number::bytes(f64::from(*it)))
                .collect(),
            rows_title: "records of".to_owned(),
            blocks,
            panels: rules.iter().map(panel).collect(),
        };
        let chart = Chart {
            alt: format!("{title}. {}", each.join(". ")),
            title,
            subtitle: format!(
                "Where do rules of thumb err? Against the fewest shards with {OBJECTIVE}"
            ),
            footer: format!(
                "scorecard   seed {}   kinesim {}",
                self.seed,
                env!("CARGO_PKG_VERSION")
            ),
            span_s: 0.0,
            marks: Vec::new(),
            body: Body::SizeGrid(grid),
        };
        NamedChart { file_stem: "scorecard".to_owned(), chart }
    }
}

/// `+40 %`, `-12 %`, `0 %`.
fn signed(share: f64) -> String {
    let percent = (share * 100.0).round();
    if percent > 0.0 { format!("+{percent} %") } else { format!("{percent} %") }
}
