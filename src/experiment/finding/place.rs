//! Where in a scenario's file a finding is at home.

use super::{Evidence, Finding};
use crate::model::plan::{Plan, SourcePlan};
use crate::scenario::problem::Path;

/// The value a finding is about, or the table that would hold it.
#[must_use]
pub fn place(plan: &Plan, finding: &Finding) -> Path {
    let shards = || Path::of("stream").key("shard_count");
    let reader = |name: &str| {
        let index = plan.readers.iter().position(|reader| reader.name == name).unwrap_or(0);
        Path::of("reader").index(index)
    };
    match &finding.evidence {
        Evidence::RecordsBound(_) => {
            let stream = plan.streams.iter().position(|stream| stream.name == finding.subject);
            let writes =
                |producer: &&crate::model::plan::ProducerPlan| Some(producer.stream) == stream;
            let index = plan.producers.iter().position(|it| writes(&it)).unwrap_or(0);
            let field = match plan.producers.get(index).map(|producer| &producer.source) {
                Some(SourcePlan::Trace { .. }) => "trace",
                _ => "record_size",
            };
            Path::of("producer").index(index).key(field)
        }
        Evidence::ReadCalls(calls) => reader(&calls.most).key("get_records").key("every"),
        Evidence::SlowReader(_) => reader(&finding.subject).key("processing"),
        Evidence::ReadBytes(_) => {
            let last = plan.readers.len().saturating_sub(1);
            Path::of("reader").index(last)
        }
        Evidence::Lost { .. } => {
            let index = plan.producers.iter().position(|it| it.name == finding.subject);
            Path::of("producer").index(index.unwrap_or(0))
        }
        Evidence::Expired { .. } => Path::of("stream").key("retention_period"),
        Evidence::Assumed { .. } => Path::of("model"),
        Evidence::HotShards(_)
        | Evidence::StreamFull(_)
        | Evidence::Burst(_)
        | Evidence::Retries(_)
        | Evidence::FewKeys(_)
        | Evidence::Flat(_)
        | Evidence::Spare(_) => shards(),
    }
}
