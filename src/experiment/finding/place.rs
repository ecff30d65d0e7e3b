//! Where in a scenario's file a finding is at home.

use super::{Evidence, Finding, RefusedCalls};
use crate::model::events::{ActionKind, ActionPlan};
use crate::model::plan::{Plan, SourcePlan};
use crate::scenario::problem::Path;

/// The value a finding is about, or the table that would hold it.
#[must_use]
pub fn place(plan: &Plan, finding: &Finding) -> Path {
    let stream_of = |name: &str| {
        let index = plan.streams.iter().position(|stream| stream.name == name).unwrap_or(0);
        let path = Path::of("stream");
        (index, if plan.streams.len() > 1 { path.index(index) } else { path })
    };
    let shards = || {
        let (index, path) = stream_of(&finding.subject);
        let listed = plan.streams.get(index).is_some_and(|stream| stream.shards.is_some());
        path.key(if listed { "shards_from" } else { "shard_count" })
    };
    let reader = |name: &str| {
        let index = plan.readers.iter().position(|reader| reader.name == name).unwrap_or(0);
        Path::of("reader").index(index)
    };
    let firehose = || {
        let number = plan.readers.iter().position(|reader| reader.name == finding.subject);
        Path::of("firehose").index(plan.place_of_consumer(number.unwrap_or(0)).1)
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
        Evidence::LateReader(_) => reader(&finding.subject),
        Evidence::BlindAlarm(blind) => Path::of("alarm").index(blind.alarm).key("threshold"),
        Evidence::SmallObjects(_) => firehose().key("buffering_hints"),
        Evidence::Rounded(_) => firehose(),
        Evidence::Blocked(blocked) => Path::of("fault").index(blocked.fault),
        Evidence::RefusedCalls(calls) => first_refused(plan, stream_of(&finding.subject).0, calls),
        Evidence::Overshoot(_) | Evidence::Unseen(_) => Path::of("autoscaler"),
        Evidence::Unabsorbed(_) => stream_of(&finding.subject).1.key("stream_mode"),
        Evidence::TooLate(_) => stream_of(&finding.subject).1,
        Evidence::ReadBytes(_) => {
            let last = plan.readers.len().saturating_sub(1);
            Path::of("reader").index(last)
        }
        Evidence::Lost { .. } => {
            let index = plan.producers.iter().position(|it| it.name == finding.subject);
            Path::of("producer").index(index.unwrap_or(0))
        }
        Evidence::Expired { .. } => {
            let reader = plan.readers.iter().find(|reader| reader.name == finding.subject);
            let stream = reader.and_then(|reader| plan.streams.get(reader.stream));
            stream_of(stream.map_or("", |it| it.name.as_str())).1.key("retention_period")
        }
        Evidence::LargeRecords { .. } => stream_of(&finding.subject).1.key("max_record_size"),
        Evidence::Assumed { .. } => Path::of("model"),
        Evidence::Joined { .. } => Path::of("scenario").key("resolution"),
        Evidence::HotShards(_)
        | Evidence::StreamFull(_)
        | Evidence::Burst(_)
        | Evidence::Retries(_)
        | Evidence::FewKeys(_)
        | Evidence::Flat(_)
        | Evidence::Spare(_)
        | Evidence::CheaperMode(_) => shards(),
    }
}

/// The action that is refused first, or who asks instead.
fn first_refused(plan: &Plan, index: usize, calls: &RefusedCalls) -> Path {
    let first = calls.groups.first().map(|group| (group.first, group.call));
    let is_first = |action: &ActionPlan| match action.kind {
        ActionKind::Reshard { stream, call } => stream == index && Some((action.at, call)) == first,
        _ => false,
    };
    match plan.actions.iter().position(is_first) {
        Some(action) => Path::of("action").index(action),
        None => Path::of("autoscaler"),
    }
}
