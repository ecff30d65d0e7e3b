//! The stages that records pass through in chains, and how old they are at the end of each.

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{FedOutcome, Outcome};
use crate::model::plan::Plan;

/// The way of a record from its first put to the last consumer.
#[derive(Clone, Debug)]
pub struct Chain<'o> {
    /// What it ends with: a consumer, or a producer whose stream nobody reads.
    pub name: &'o str,
    /// In the order in which it passes them.
    pub stages: Vec<Stage<'o>>,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage<'o> {
    /// What happens there.
    pub kind: StageKind,
    /// The stream, or the consumer.
    pub name: &'o str,
    /// Age of records at its end, from the first put on (ns).
    pub age: &'o Histogram,
}

/// What happens at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageKind {
    /// Records are stored in a stream.
    Stored,
    /// Records are processed by a consumer.
    Processed,
}

impl Chain<'_> {
    /// The age (s) that `percent` of the records have at most at the end of each stage.
    #[must_use]
    pub fn ages(&self, percent: f64) -> Vec<f64> {
        let age = |stage: &Stage<'_>| stage.age.percentile(percent).unwrap_or(0) as f64 / 1e9;
        self.stages.iter().map(age).collect()
    }
}

/// All chains: one for each consumer that feeds nobody and reads a stream that is fed, and for each
/// stream that is fed and nobody reads. Where several feed a stream, the one who brings most.
#[must_use]
pub fn chains<'o>(plan: &Plan, outcome: &'o Outcome) -> Vec<Chain<'o>> {
    let feeds = |consumer: usize| {
        plan.producers.iter().any(|it| it.fed.is_some_and(|fed| fed.consumer == consumer))
    };
    let read = |stream: usize| outcome.consumers.iter().any(|it| it.stream == stream);
    let mut chains = Vec::new();
    for (number, consumer) in outcome.consumers.iter().enumerate() {
        if feeds(number) {
            continue;
        }
        if let Some(mut stages) = stages_to(plan, outcome, consumer.stream) {
            let (kind, name, age) =
                (StageKind::Processed, consumer.name.as_str(), &consumer.latency);
            stages.push(Stage { kind, name, age });
            chains.push(Chain { name, stages });
        }
    }
    for (number, stream) in outcome.streams.iter().enumerate().filter(|(it, _)| !read(*it)) {
        chains.extend(
            stages_to(plan, outcome, number).map(|stages| Chain { name: &stream.name, stages }),
        );
    }
    chains.retain(|chain| chain.stages.iter().all(|stage| stage.age.total() > 0));
    chains
}

/// The stages up to the storage in stream number `stream`; `None` where nobody feeds it.
fn stages_to<'o>(plan: &Plan, outcome: &'o Outcome, stream: usize) -> Option<Vec<Stage<'o>>> {
    let stored = StageKind::Stored;
    let (mut stream, mut stages) = (stream, Vec::new());
    let mut left = outcome.streams.len();
    while let Some(fed) = feeder(plan, outcome, stream)
        && left > 0
    {
        left -= 1;
        stages.push(Stage { kind: stored, name: &outcome.streams[stream].name, age: &fed.stored });
        let consumer = outcome.consumers.get(fed.consumer)?;
        let (kind, name) = (StageKind::Processed, consumer.name.as_str());
        stages.push(Stage { kind, name, age: &consumer.latency });
        stream = consumer.stream;
    }
    if stages.is_empty() {
        return None;
    }
    let first = outcome.streams.get(stream)?;
    stages.push(Stage { kind: stored, name: &first.name, age: &first.write_latency });
    stages.reverse();
    Some(stages)
}

/// Who brings most to stream number `stream` of what is fed to it.
fn feeder<'o>(plan: &Plan, outcome: &'o Outcome, stream: usize) -> Option<&'o FedOutcome> {
    let writers = plan.producers.iter().zip(&outcome.producers);
    let fed = writers.filter(|(it, _)| it.stream == stream).filter_map(|(_, it)| it.fed.as_ref());
    // Of equals the first: `max_by_key` alone would keep the last.
    fed.rev().max_by_key(|fed| fed.made_records)
}
