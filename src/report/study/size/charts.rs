//! The charts of a sizing.

use crate::experiment::size::{Score, Statistic};
use crate::report::chart::{
    Body, Chart, NamedChart, SizeFormulas, SizeFrontier, SizePoint, SizeRule,
};
use crate::report::number;
use crate::report::study::size::{Told, cells, words};

/// All of them.
#[must_use]
pub fn charts(told: &Told<'_>) -> Vec<NamedChart> {
    let named = |stem: &str, chart| NamedChart { file_stem: stem.to_owned(), chart };
    vec![named("frontier", frontier(told)), named("formulas", formulas(told))]
}

fn footer(told: &Told<'_>) -> String {
    format!(
        "{}   seed {}   {}   kinesim {}",
        told.scenario.name,
        told.scenario.plan.seed,
        number::counted(
            told.demand.replicates,
            if told.drawn.is_some() { "draw" } else { "replicate" }
        ),
        env!("CARGO_PKG_VERSION")
    )
}

fn chart(told: &Told<'_>, title: String, subtitle: &str, more: &str, body: Body) -> Chart {
    Chart {
        alt: format!("{title}. {more}"),
        title,
        subtitle: subtitle.to_owned(),
        footer: footer(told),
        span_s: 0.0,
        marks: Vec::new(),
        body,
    }
}

/// Cost against the worst objective.
fn frontier(told: &Told<'_>) -> Chart {
    let sizing = told.sizing;
    let file = sizing.with_shards(sizing.workload.shards);
    let point = |(place, score): (usize, &Score)| {
        let is_best = sizing.best == Some(place);
        let change = sizing.changes.iter().any(|it| it.score == place);
        let label = if is_best || change {
            let more = if change { ", producer changed" } else { "" };
            format!("{}{more}", cells::setting(told, score))
        } else if file == Some(score) {
            format!("the file: {}", cells::setting(told, score))
        } else if score.setting.values.len() == 1 {
            score.shards.to_string()
        } else {
            String::new()
        };
        SizePoint {
            dollars: score.dollars(),
            ratio: cells::deciding(told, score),
            holds: told.holds(score),
            label,
            is_best,
        }
    };
    // A few draws say little of what all of them would cost.
    let is_told = |(_, score): &(usize, &Score)| told.drawn.is_none() || told.is_whole(score);
    let told_of = sizing.scores.iter().enumerate().filter(is_told);
    let points: Vec<SizePoint> = told_of.map(point).collect();
    let held = points.iter().filter(|it| it.holds).count() as u64;
    let title = match told.best() {
        Some(best) => format!(
            "{} is the cheapest that holds, {} a month",
            cells::setting(told, best),
            cells::dollars(best.dollars())
        ),
        None => format!("None of {} settings holds", points.len()),
    };
    let more = format!("{held} of {} settings hold", points.len());
    let body = Body::SizeFrontier(SizeFrontier { points });
    chart(
        told,
        title,
        "What does it cost to meet the objectives? A number alone: shards",
        &more,
        body,
    )
}

/// What the rules ask for.
fn formulas(told: &Told<'_>) -> Chart {
    let sizing = told.sizing;
    let gate = |score: &Score| {
        sizing.scan.points.iter().find(|it| it.shards == score.shards).map(|it| it.holds)
    };
    let holds = |score: &Score| gate(score).unwrap_or_else(|| told.holds(score));
    let of = |shards: Option<u32>| {
        let shards = shards?;
        Some((shards, sizing.with_shards(shards).is_some_and(holds)))
    };
    let means = sizing.formulas.iter().filter(|it| it.statistic == Statistic::Mean);
    let rules: Vec<SizeRule> = means
        .map(|it| {
            let peak = sizing.formulas.iter().rev().find(|other| other.name == it.name);
            SizeRule {
                label: it.name.to_owned(),
                mean: of(it.shards),
                peak: of(peak.and_then(|it| it.shards)),
            }
        })
        .collect();
    let alone = sizing.scores.iter().filter(|it| it.setting.values.len() == 1);
    let mut played: Vec<(u32, f64, bool)> = alone
        .filter_map(|it| Some((it.shards, cells::throttled(told, it)?.mean * 100.0, holds(it))))
        .collect();
    played.sort_by_key(|it| it.0);
    let best = told.best().map(|it| it.shards);
    let count = |it: &&SizeRule| it.mean.is_some_and(|it| it.1);
    let held = rules.iter().filter(count).count();
    let what = if sizing.scan.of_writes { "for writing" } else { "" };
    let ask = if held == 1 { "asks" } else { "ask" };
    let title = format!("{held} of {} rules {ask} for shards that hold {what}", rules.len());
    let more = words::monotone(told).join(" ");
    let body = Body::SizeFormulas(SizeFormulas { played, rules, best });
    let title = title.trim_end().to_owned();
    chart(told, title, "What happens when you follow a rule of thumb?", &more, body)
}
