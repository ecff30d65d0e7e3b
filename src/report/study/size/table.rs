//! `formulas.csv` and `settings.csv`.

use crate::experiment::size::Score;
use crate::experiment::stats::Estimate;
use crate::report::study::drawn::{self, DRAWN};
use crate::report::study::size::{Told, cells, words};
use crate::report::table::{Column, Rows};

/// The tables that can be asked for.
pub const TABLES: [&str; 2] = ["formulas", "settings"];

/// Columns of `formulas.csv`; behind them those of [`DRAWN`] where inputs are drawn.
pub const FORMULAS: &[Column] = &[
    Column { name: "fact", meaning: "the fact it is, or follows from" },
    Column { name: "formula", meaning: "what it is called" },
    Column { name: "rule", meaning: "what it computes" },
    Column {
        name: "statistic",
        meaning: "mean or peak: the second it is fed with; empty of others",
    },
    Column { name: "value", meaning: "before it is made whole; empty where it has no answer" },
    Column { name: "binding", meaning: "the term that decided" },
    Column { name: "shards", meaning: "what it asks for; empty where it yields no count" },
    Column { name: "replicates", meaning: "runs with so many shards" },
    Column { name: "cost_month_usd", meaning: "a month, mean of the runs" },
    Column { name: "throttled_share", meaning: "refused attempts over attempts, mean" },
    Column { name: "throttled_half_width", meaning: "half its interval; empty of one run" },
    Column { name: "lost_share", meaning: "records given up over records offered, mean" },
    Column { name: "lost_half_width", meaning: "half its interval; empty of one run" },
    Column { name: "met", meaning: "runs that meet every objective" },
    Column { name: "holds", meaning: "1 where enough runs do" },
    Column { name: "missed", meaning: "the objectives that some run missed, with commas" },
    Column {
        name: "overspend_usd",
        meaning: "a month above the best setting; zero where it costs less",
    },
    Column {
        name: "regret_shards",
        meaning: "shards more than the fewest that hold; negative: too few",
    },
    Column { name: "note", meaning: "why it fails, or what a rule without a count says" },
];

/// Columns of `settings.csv`; behind them those of [`DRAWN`] where inputs are drawn.
pub const SETTINGS: &[Column] = &[
    Column { name: "setting", meaning: "number of the setting, in the order they were asked for" },
    Column { name: "shards", meaning: "of the stream that is sized" },
    Column { name: "values", meaning: "what is laid over the file, as with --set" },
    Column { name: "replicates", meaning: "runs; fewer where it could not hold any more" },
    Column { name: "cost_month_usd", meaning: "a month, mean of the runs" },
    Column { name: "throttled_share", meaning: "refused attempts over attempts, mean" },
    Column { name: "lost_share", meaning: "records given up over records offered, mean" },
    Column {
        name: "worst_ratio",
        meaning: "worst objective's value over its bound, mean: above 1 is missed",
    },
    Column { name: "met", meaning: "runs that meet every objective" },
    Column { name: "met_low", meaning: "lower end of the interval of their share (Wilson)" },
    Column { name: "met_high", meaning: "upper end of it" },
    Column { name: "holds", meaning: "1 where enough runs do" },
    Column { name: "missed", meaning: "the objectives that some run missed, with commas" },
    Column { name: "role", meaning: "best, change, file, or empty" },
];

/// `formulas.csv`.
#[must_use]
pub fn formulas(told: &Told<'_>) -> Vec<u8> {
    let mut rows = headed(told, FORMULAS);
    let confidence = told.demand.confidence;
    for formula in &told.sizing.formulas {
        rows.text(formula.fact).text(formula.name).text(formula.rule);
        rows.text(formula.statistic.name());
        number(&mut rows, Some(formula.value));
        rows.text(formula.binding);
        let score = formula.shards.and_then(|it| told.sizing.with_shards(it));
        match formula.shards {
            Some(shards) => rows.whole(shards),
            None => rows.empty(),
        };
        let Some(score) = score else {
            (0..11).for_each(|_| {
                rows.empty();
            });
            rows.text(&words::no_answer(told, formula));
            end(told, &mut rows, None);
            continue;
        };
        rows.whole(score.rows.len() as u64);
        number(&mut rows, score.month(confidence).map(|it| it.mean));
        estimate(&mut rows, cells::throttled(told, score));
        estimate(&mut rows, cells::lost(told, score));
        rows.whole(score.met(confidence).hits).whole(u64::from(told.holds(score)));
        rows.text(&cells::missed(told, score).join(","));
        number(&mut rows, told.overspend(score));
        let least = told.least_shards().map(|it| i64::from(score.shards) - i64::from(it));
        rows.text(&least.map_or_else(String::new, |it| it.to_string()));
        rows.text(&words::why(told, formula, score));
        end(told, &mut rows, Some(score));
    }
    for note in &told.sizing.notes {
        rows.text(note.fact).text(note.name);
        (0..16).for_each(|_| {
            rows.empty();
        });
        rows.text(&words::says(&note.says));
        end(told, &mut rows, None);
    }
    rows.into_bytes()
}

/// `settings.csv`.
#[must_use]
pub fn settings(told: &Told<'_>) -> Vec<u8> {
    let mut rows = headed(told, SETTINGS);
    let confidence = told.demand.confidence;
    for (place, score) in told.sizing.scores.iter().enumerate() {
        rows.whole(place as u64).whole(score.shards).text(&cells::values(score));
        rows.whole(score.rows.len() as u64);
        number(&mut rows, score.month(confidence).map(|it| it.mean));
        number(&mut rows, cells::throttled(told, score).map(|it| it.mean));
        number(&mut rows, cells::lost(told, score).map(|it| it.mean));
        number(&mut rows, Some(cells::worst(told, score)));
        let met = score.met(confidence);
        rows.whole(met.hits);
        number(&mut rows, met.interval.map(|it| it.0));
        number(&mut rows, met.interval.map(|it| it.1));
        rows.whole(u64::from(told.holds(score))).text(&cells::missed(told, score).join(","));
        rows.text(role(told, place, score));
        end(told, &mut rows, Some(score));
    }
    rows.into_bytes()
}

fn headed(told: &Told<'_>, columns: &[Column]) -> Rows {
    let drawn = if told.drawn.is_some() { DRAWN } else { &[] };
    Rows::headed(columns.iter().chain(drawn).map(|column| column.name))
}

/// Ends a row with what is told of draws.
fn end(told: &Told<'_>, rows: &mut Rows, score: Option<&Score>) {
    if told.drawn.is_some() {
        drawn::cells(rows, score.map_or((None, None), |score| told.chance(score)));
    }
    rows.end();
}

fn role(told: &Told<'_>, place: usize, score: &Score) -> &'static str {
    let is_file = told.sizing.with_shards(told.sizing.workload.shards) == Some(score);
    if told.sizing.best == Some(place) {
        "best"
    } else if told.sizing.changes.iter().any(|it| it.score == place) {
        "change"
    } else if is_file {
        "file"
    } else {
        ""
    }
}

fn number(rows: &mut Rows, value: Option<f64>) {
    match value.filter(|it| it.is_finite()) {
        Some(value) => rows.float(value),
        None => rows.empty(),
    };
}

fn estimate(rows: &mut Rows, estimate: Option<Estimate>) {
    number(rows, estimate.map(|it| it.mean));
    number(rows, estimate.and_then(|it| it.half_width));
}
