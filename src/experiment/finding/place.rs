//! Where in a scenario's file a finding is at home.

use super::{Evidence, Finding, RefusedCalls};
use crate::model::events::{ActionKind, ActionPlan};
use crate::model::plan::{ConsumerKind, Plan, SourcePlan, StreamPlan};
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
    let consumer = |number: usize| {
        let (kind, index) = plan.place_of_consumer(with_table(plan, number));
        (kind, Path::of(kind.name()).index(index))
    };
    let named = |name: &str| {
        consumer(plan.readers.iter().position(|reader| reader.name == name).unwrap_or(0))
    };
    let reader = |name: &str| named(name).1;
    match &finding.evidence {
        Evidence::RecordsBound(_) => size_of_records(plan, &finding.subject),
        Evidence::ReadCalls(calls) => match named(&calls.most) {
            (ConsumerKind::Reader, path) => path.key("get_records").key("every"),
            (_, path) => path,
        },
        Evidence::ConcurrencyShort(short) if !short.reserved => {
            Path::of("account").key("concurrent_executions")
        }
        Evidence::LaneBound(_)
        | Evidence::KeyBound(_)
        | Evidence::IdleLanes(_)
        | Evidence::SmallBatches(_)
        | Evidence::ConcurrencyShort(_) => {
            reader(&finding.subject).key(field_of_function(&finding.evidence))
        }
        Evidence::SlowReader(_) => reader(&finding.subject).key("processing"),
        Evidence::LateReader(_) | Evidence::Discarded(_) | Evidence::Rounded(_) => {
            reader(&finding.subject)
        }
        Evidence::BlindAlarm(blind) => Path::of("alarm").index(blind.alarm).key("threshold"),
        Evidence::DirectOver(_) => reader(&finding.subject).key("throughput_limit"),
        Evidence::SmallObjects(_) => reader(&finding.subject).key("buffering_hints"),
        Evidence::Blocked(blocked) => Path::of("fault").index(blocked.fault),
        Evidence::RefusedCalls(calls) => first_refused(plan, stream_of(&finding.subject).0, calls),
        Evidence::Overshoot(_) | Evidence::Unseen(_) => Path::of("autoscaler"),
        Evidence::Unabsorbed(_) => stream_of(&finding.subject).1.key("stream_mode"),
        Evidence::TooLate(_) => stream_of(&finding.subject).1,
        Evidence::ReadBytes(_) => consumer(plan.readers.len().saturating_sub(1)).1,
        Evidence::Lost { .. } => {
            let index = plan.producers.iter().position(|it| it.name == finding.subject);
            Path::of("producer").index(index.unwrap_or(0))
        }
        Evidence::Expired { .. } => match read_by(plan, &finding.subject) {
            Some(stream) if stream.direct.is_none() => {
                stream_of(&stream.name).1.key("retention_period")
            }
            _ => reader(&finding.subject),
        },
        Evidence::LargeRecords { .. } => stream_of(&finding.subject).1.key("max_record_size"),
        Evidence::Assumed { .. } => Path::of("model"),
        Evidence::Uncertain { place, .. } => place.clone(),
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

/// The stream that a consumer reads.
fn read_by<'p>(plan: &'p Plan, name: &str) -> Option<&'p StreamPlan> {
    let reader = plan.readers.iter().find(|reader| reader.name == name)?;
    plan.streams.get(reader.stream)
}

/// The consumer whose table stands for consumer number `number`: a backup has none but that of the
/// delivery stream whose source it backs up.
fn with_table(plan: &Plan, number: usize) -> usize {
    let backup = plan.readers.get(number).filter(|it| it.is_backup());
    let name = backup.and_then(|it| it.name.strip_suffix("-backup"));
    name.and_then(|name| plan.readers.iter().position(|of| of.name == name)).unwrap_or(number)
}

/// What says how large the records of a stream are.
fn size_of_records(plan: &Plan, stream: &str) -> Path {
    let stream = plan.streams.iter().position(|it| it.name == stream);
    let index = plan.producers.iter().position(|it| Some(it.stream) == stream).unwrap_or(0);
    let field = match plan.producers.get(index).map(|producer| &producer.source) {
        Some(SourcePlan::Trace { .. }) => "trace",
        _ => "record_size",
    };
    Path::of("producer").index(index).key(field)
}

/// The field of a `[[lambda]]` that a finding is about.
fn field_of_function(evidence: &Evidence) -> &'static str {
    match evidence {
        Evidence::IdleLanes(_) => "parallelization_factor",
        Evidence::ConcurrencyShort(_) => "reserved_concurrent_executions",
        _ => "batch_size",
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
