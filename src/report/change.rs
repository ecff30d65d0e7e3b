//! What changed the shards of streams, in words.

use crate::experiment::outcome::{
    Asker, Change, ChangeKind, Outcome, ReshardCall, StreamMode, StreamOutcome,
};
use crate::model::hashing::shard_id;
use crate::report::event::Event;
use crate::report::number;
use crate::time::Instant;

/// Shards that an event names at most.
const NAMED_MAX: usize = 3;

/// Calls, shards that closed and opened, and streams that were ACTIVE again.
pub(super) fn change_events(outcome: &Outcome) -> Vec<Event> {
    let mut events = Vec::new();
    for (number, stream) in outcome.streams.iter().enumerate() {
        let of: Vec<&Change> =
            outcome.changes.iter().filter(|change| change.stream == number).collect();
        let (mut i, mut asked, mut open) = (0, Instant::ZERO, open_at_first(stream));
        let mut before = open;
        while let Some(change) = of.get(i) {
            let at = change.at;
            let event = |what, details, label| Event {
                at,
                what,
                target: format!("stream.{}", stream.name),
                details,
                label,
            };
            match change.kind {
                ChangeKind::Asked { by, call, refused: Some(refusal) } => {
                    let details = format!(
                        "{}{}: {}, {}",
                        call_words(&call),
                        by_whom(by),
                        refusal.error(),
                        refusal.reason()
                    );
                    events.push(event("call_refused", details, format!("{} refused", name(&call))));
                }
                ChangeKind::Asked { by, call, refused: None } => {
                    (asked, before) = (at, open);
                    let details = format!("{}{}", call_words(&call), by_whom(by));
                    events.push(event("call", details, short(&call)));
                }
                ChangeKind::Opened(_) if stream.direct => {
                    let opened = of[i..].iter().take_while(|it| it.at == at).count();
                    open += opened;
                    events.push(doubled(at, stream, open));
                    i += opened - 1;
                }
                ChangeKind::Closed(_) | ChangeKind::Opened(_) => {
                    let group: Vec<ChangeKind> =
                        of[i..].iter().take_while(|it| it.at == at).map(|it| it.kind).collect();
                    let (closed, opened) = (shards(&group, false), shards(&group, true));
                    open = open + opened.len() - closed.len();
                    let details = format!(
                        "{} closed, {} opened: {} open",
                        named(&closed, stream),
                        named(&opened, stream),
                        number::count(open as u64)
                    );
                    events.push(event("shards_change", details, String::new()));
                    i += closed.len() + opened.len() - 1;
                }
                ChangeKind::Mode(mode) => {
                    let mode = mode_name(mode);
                    events.push(event("mode_changes", format!("to {mode}"), mode.to_owned()));
                }
                ChangeKind::Active => {
                    let took = number::duration(at.since(asked).as_s());
                    let (was, is) = (number::count(before as u64), number::count(open as u64));
                    let details = format!("{was} to {is} open shards, {took} after the call");
                    events.push(event("stream_active", details, format!("{is} open")));
                }
            }
            i += 1;
        }
    }
    events
}

/// The limit of Direct PUT was doubled, to that of so many channels.
fn doubled(at: Instant, stream: &StreamOutcome, open: usize) -> Event {
    let limit = number::byte_rate(open as f64 * stream.limit_bytes_per_s as f64);
    Event {
        at,
        what: "limit_doubled",
        target: format!("firehose.{}", stream.name),
        details: format!("to {limit} and {} channels", number::count(open as u64)),
        label: limit,
    }
}

/// Shards that were open when the run began.
fn open_at_first(stream: &StreamOutcome) -> usize {
    let at_first = |came_of: &Vec<u32>| came_of.is_empty();
    stream.shards.iter().filter(|shard| at_first(&shard.came_of)).count()
}

fn shards(group: &[ChangeKind], opened: bool) -> Vec<u32> {
    let of = |kind: &ChangeKind| match *kind {
        ChangeKind::Opened(shard) if opened => Some(shard),
        ChangeKind::Closed(shard) if !opened => Some(shard),
        _ => None,
    };
    group.iter().filter_map(of).collect()
}

/// A few shards by their ids, many by their number.
fn named(shards: &[u32], stream: &StreamOutcome) -> String {
    if shards.len() > NAMED_MAX {
        return number::counted(shards.len() as u64, "shard");
    }
    let ids: Vec<&str> = shards
        .iter()
        .filter_map(|&shard| stream.shards.get(shard as usize))
        .map(|shard| shard.id.as_str())
        .collect();
    ids.join(" and ")
}

/// The call's name at AWS.
#[must_use]
pub(super) fn name(call: &ReshardCall) -> &'static str {
    match call {
        ReshardCall::Split { .. } => "SplitShard",
        ReshardCall::Merge { .. } => "MergeShards",
        ReshardCall::UpdateShardCount { .. } => "UpdateShardCount",
        ReshardCall::UpdateStreamMode { .. } => "UpdateStreamMode",
        ReshardCall::UpdateStreamWarmThroughput { .. } => "UpdateStreamWarmThroughput",
    }
}

/// The call with what it asks for.
#[must_use]
pub(super) fn call_words(call: &ReshardCall) -> String {
    let name = name(call);
    match *call {
        ReshardCall::Split { shard, at: None } => format!("{name} {} in halves", shard_id(shard)),
        ReshardCall::Split { shard, at: Some(at) } => {
            format!("{name} {} at {at}", shard_id(shard))
        }
        ReshardCall::Merge { shard, adjacent } => {
            format!("{name} {} and {}", shard_id(shard), shard_id(adjacent))
        }
        ReshardCall::UpdateShardCount { target } => {
            format!("{name} to {}", number::counted(u64::from(target), "shard"))
        }
        ReshardCall::UpdateStreamMode { mode } => format!("{name} to {}", mode_name(mode)),
        ReshardCall::UpdateStreamWarmThroughput { mib_per_s } => {
            format!("{name} to {} MiB/s", number::count(u64::from(mib_per_s)))
        }
    }
}

/// A few words for a chart.
fn short(call: &ReshardCall) -> String {
    match *call {
        ReshardCall::Split { shard, .. } => format!("split {shard}"),
        ReshardCall::Merge { shard, adjacent } => format!("merge {shard} and {adjacent}"),
        ReshardCall::UpdateShardCount { target } => {
            format!("to {}", number::counted(u64::from(target), "shard"))
        }
        ReshardCall::UpdateStreamMode { mode } => format!("to {}", mode_name(mode)),
        ReshardCall::UpdateStreamWarmThroughput { mib_per_s } => {
            format!("warm for {} MiB/s", number::count(u64::from(mib_per_s)))
        }
    }
}

/// The mode as AWS writes it.
#[must_use]
pub(super) fn mode_name(mode: StreamMode) -> &'static str {
    match mode {
        StreamMode::Provisioned => "PROVISIONED",
        StreamMode::OnDemand => "ON_DEMAND",
    }
}

fn by_whom(by: Asker) -> &'static str {
    match by {
        Asker::Operator => "",
        Asker::Autoscaler => ", by the autoscaler",
        Asker::Service => ", by the service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_one_shard_as_one() {
        let to = |target| short(&ReshardCall::UpdateShardCount { target });
        assert_eq!((to(1).as_str(), to(2).as_str()), ("to 1 shard", "to 2 shards"));
    }
}
