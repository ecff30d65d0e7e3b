//! Derived quantities of readers: what they ask, what a shard gives, what is left to catch up.

use super::derived::Group;
use crate::experiment::forecast::Forecast;
use crate::model::plan::{ConsumerKind, IntakePlan, Plan, PollPlan, ReaderPlan};
use crate::report::number;
use crate::time::Span;

/// What all who poll a stream ask of one shard.
pub(super) fn shared(group: &mut Group, plan: &Plan, forecast: &Forecast, index: usize) {
    let read = &plan.streams[index].read;
    let readers = plan.readers.iter().zip(&forecast.readers);
    let is_poller = |reader: &ReaderPlan| matches!(reader.intake, IntakePlan::Poll(_));
    let readers: Vec<_> =
        readers.filter(|(reader, _)| reader.stream == index && is_poller(reader)).collect();
    if readers.is_empty() {
        return;
    }
    let all_readers = readers.iter().all(|(reader, _)| reader.kind() == ConsumerKind::Reader);
    let noun = if all_readers { "reader" } else { "consumer" };
    let count = number::counted(readers.len() as u64, noun);
    let polls: f64 = readers.iter().map(|(_, it)| it.polls_per_s).sum();
    let limit = read.calls_per_s as f64;
    group.add(
        ("polls_per_s_per_shard", "polls a shard"),
        (polls, number::rate(polls)),
        format!("{count}: {} of {}/s (KDS-R01)", number::fullness(polls / limit), read.calls_per_s),
    );
    let demand: f64 = readers.iter().map(|(_, it)| it.demand_bytes_per_s).sum();
    let limit = read.bytes_per_s as f64;
    group.add(
        ("read_bytes_per_s_busiest_shard", "reads, busiest shard"),
        (demand, number::byte_rate(demand)),
        format!(
            "{count}, each reads all it can: {} of {} (KDS-R02)",
            number::fullness(demand / limit),
            number::byte_rate(limit)
        ),
    );
}

/// What follows of the reader with this index.
pub(super) fn reader(plan: &Plan, forecast: &Forecast, index: usize) -> Group {
    let (of, it) = (&plan.readers[index], &forecast.readers[index]);
    if let Some((lambda, function)) = of.lambda().zip(it.function.as_ref()) {
        return super::function::derive(plan, of, lambda, function);
    }
    let mut group = Group::new("reader", &of.name);
    if let IntakePlan::Poll(poll) = &of.intake {
        let jitter = if poll.jitter == Span::ZERO { "" } else { ", half of its jitter later" };
        group.add(
            ("polls_per_s_per_shard", "polls a shard"),
            (it.polls_per_s, number::rate(it.polls_per_s)),
            format!("every {}{jitter}, or as its work allows", poll.every),
        );
    }
    group.add(
        ("capacity_records_per_s_per_shard", "takes from a shard"),
        (it.capacity_per_s, number::rate(it.capacity_per_s)),
        taken(of),
    );
    group.add(
        ("arrival_records_per_s_busiest_shard", "arrives, busiest shard"),
        (it.arrival_per_s, number::rate(it.arrival_per_s)),
        format!(
            "mean of what is stored: {} of what it takes",
            share(it.arrival_per_s, it.capacity_per_s)
        ),
    );
    catch_up(&mut group, plan, forecast, index);
    group
}

/// What bounds what a reader can take from a shard.
fn taken(of: &ReaderPlan) -> String {
    match &of.intake {
        IntakePlan::Poll(PollPlan { limit, every, .. }) => {
            let work = of.per_call.as_s() + f64::from(*limit) * of.per_record.as_s();
            format!(
                "= {} / the larger of {} and {every}",
                number::counted(u64::from(*limit), "record"),
                number::duration(work)
            )
        }
        IntakePlan::FanOut(pipe) => {
            let pipe = number::byte_rate(pipe.bytes_per_s as f64);
            match of.per_record {
                Span::ZERO => format!("{pipe} a shard of its own (KDS-R26)"),
                each => format!("the less of {pipe} of its own (KDS-R26) and 1 / {each}"),
            }
        }
    }
}

/// How fast a backlog shrinks on the busiest shard (KDS-F15).
fn catch_up(group: &mut Group, plan: &Plan, forecast: &Forecast, index: usize) {
    let (of, it) = (&plan.readers[index], &forecast.readers[index]);
    let stream = &forecast.streams[of.stream];
    let record = stream.mean.bytes / stream.mean.records.max(f64::MIN_POSITIVE);
    let others: f64 = plan
        .readers
        .iter()
        .zip(&forecast.readers)
        .enumerate()
        .filter(|(other, (reader, _))| *other != index && reader.stream == of.stream)
        .map(|(_, (_, it))| it.demand_bytes_per_s)
        .sum();
    let left = match &of.intake {
        IntakePlan::Poll(_) => (plan.streams[of.stream].read.bytes_per_s as f64 - others).max(0.0),
        IntakePlan::FanOut(pipe) => pipe.bytes_per_s as f64,
    };
    let by_bytes = left / record.max(f64::MIN_POSITIVE);
    let most = it.capacity_per_s.min(by_bytes);
    let headroom = most - it.arrival_per_s;
    let bound = if by_bytes < it.capacity_per_s { bound_of(of) } else { "its work" };
    let time = if headroom > 0.0 {
        format!("an hour's backlog in {}", number::duration(3_600.0 * it.arrival_per_s / headroom))
    } else {
        "it never catches up".to_owned()
    };
    group.add(
        ("catch_up_records_per_s_per_shard", "left to catch up"),
        (headroom.max(0.0), number::rate(headroom.max(0.0))),
        format!(
            "= {} by {bound} - {}: {time} (KDS-F15)",
            number::rate(most),
            number::rate(it.arrival_per_s)
        ),
    );
}

fn bound_of(of: &ReaderPlan) -> &'static str {
    match of.intake {
        IntakePlan::Poll(_) => "what the shard gives out",
        IntakePlan::FanOut(_) => "its pipe",
    }
}

fn share(part: f64, whole: f64) -> String {
    if whole > 0.0 { number::fullness(part / whole) } else { "more".to_owned() }
}
