//! From the first put to the last sink: how old records are at the end of each stage of a chain.

use crate::experiment::outcome::Outcome;
use crate::experiment::stages::{Chain, Stage, StageKind, chains};
use crate::report::chart::timeline::{footer, span_s};
use crate::report::chart::{Body, Chart, Waterfall, WaterfallColumn, WaterfallStage, text};
use crate::scenario::Scenario;

/// Chains that have a chart each.
const CHAINS: usize = 12;

/// A chart a chain, by the name of its end where there are several.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let chains = chains(&scenario.plan, outcome);
    let only = chains.len() == 1;
    let of = |chain: &Chain<'_>| {
        let stem =
            if only { "end-to-end".to_owned() } else { format!("end-to-end-{}", chain.name) };
        (stem, chart(scenario, outcome, chain))
    };
    chains.iter().take(CHAINS).map(of).collect()
}

fn chart(scenario: &Scenario, outcome: &Outcome, chain: &Chain<'_>) -> Chart {
    let column = |title: &str, percent: f64| WaterfallColumn {
        title: title.to_owned(),
        ends_s: chain.ages(percent),
    };
    let columns = vec![column("half of the records", 50.0), column("99 % of the records", 99.0)];
    let last = |column: &WaterfallColumn| {
        text::duration(column.ends_s.last().copied().unwrap_or_default())
    };
    let labels: Vec<String> = chain.stages.iter().map(label).collect();
    let most = most(&columns[1]).and_then(|place| labels.get(place));
    let where_most = most.map(|label| format!("; most of that is “{label}”")).unwrap_or_default();
    let title = format!(
        "Half of the records are through after {}, 99 % after {}{where_most}",
        last(&columns[0]),
        last(&columns[1])
    );
    let told = |(place, label): (usize, &String)| {
        let at = |column: &WaterfallColumn| text::duration(column.ends_s[place]);
        format!("{label}: half by {}, 99 % by {}", at(&columns[0]), at(&columns[1]))
    };
    let told: Vec<String> = labels.iter().enumerate().map(told).collect();
    let stages = chain.stages.iter().zip(&labels).map(|(stage, label)| WaterfallStage {
        label: label.clone(),
        stores: stage.kind == StageKind::Stored,
    });
    Chart {
        alt: format!("{title}. {}", told.join("; ")),
        title,
        subtitle: "How old are records, from the first put, at the end of each stage?".to_owned(),
        footer: footer(scenario, outcome),
        span_s: span_s(outcome),
        marks: Vec::new(),
        body: Body::Waterfall(Waterfall { stages: stages.collect(), columns }),
    }
}

fn label(stage: &Stage<'_>) -> String {
    match stage.kind {
        StageKind::Stored => format!("stored in {}", stage.name),
        StageKind::Processed => format!("processed by {}", stage.name),
    }
}

/// The stage that adds most.
fn most(column: &WaterfallColumn) -> Option<usize> {
    let before = std::iter::once(0.0).chain(column.ends_s.iter().copied());
    let added: Vec<f64> = column.ends_s.iter().zip(before).map(|(end, from)| end - from).collect();
    (0..added.len()).rev().max_by(|&a, &b| added[a].total_cmp(&added[b]))
}
