//! Chains: how old records are at the end of each stage.

use serde::Serialize;

use crate::experiment::outcome::Outcome;
use crate::experiment::stages::{StageKind, chains};
use crate::report::explanation::quoted;
use crate::report::number;
use crate::scenario::Scenario;

/// A chain of streams and consumers.
#[derive(Clone, Debug, Serialize)]
pub struct ChainPart {
    /// In the order in which records pass them.
    pub stages: Vec<StagePart>,
}

/// One stage. Ages count from a record's first put.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct StagePart {
    /// `stored` or `processed`.
    pub stage: &'static str,
    /// The stream, or the consumer.
    pub name: String,
    pub age_p50_s: f64,
    pub age_p99_s: f64,
}

/// All chains of a run.
pub(super) fn parts(scenario: &Scenario, outcome: &Outcome) -> Vec<ChainPart> {
    let chains = chains(&scenario.plan, outcome);
    let part = |chain: &crate::experiment::stages::Chain<'_>| {
        let ages = chain.ages(50.0).into_iter().zip(chain.ages(99.0));
        let stages = chain.stages.iter().zip(ages).map(|(stage, (age_p50_s, age_p99_s))| {
            let stage_name = match stage.kind {
                StageKind::Stored => "stored",
                StageKind::Processed => "processed",
            };
            StagePart { stage: stage_name, name: stage.name.to_owned(), age_p50_s, age_p99_s }
        });
        ChainPart { stages: stages.collect() }
    };
    chains.iter().map(part).collect()
}

/// A chain in words.
pub(super) fn told(chain: &ChainPart) -> Vec<String> {
    let names: Vec<String> = chain.stages.iter().map(|stage| quoted(&stage.name)).collect();
    let mut told = vec![names.join(" → ")];
    if let Some(last) = chain.stages.last() {
        let (p50, p99) = (number::duration(last.age_p50_s), number::duration(last.age_p99_s));
        told.push(format!("from the first put p50 {p50}, p99 {p99}"));
    }
    told
}
