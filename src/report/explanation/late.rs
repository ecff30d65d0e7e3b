//! K804 in words: a reader that was not current again in time after a fault.

use std::collections::BTreeMap;

use super::{Explanation, Step, more_shards, quoted};
use crate::experiment::finding::{HeldBy, LateReader};
use crate::report::event::fault_name;
use crate::report::number;
use crate::scenario::Scenario;

/// Puts the finding in words.
pub(super) fn explain(scenario: &Scenario, reader: &str, late: &LateReader) -> Explanation {
    let (fault, ended) = (fault_name(&late.fault), number::duration(late.ended_s));
    let bound = number::duration(late.bound_s);
    let text = match late.time_s {
        Some(time) => format!(
            "{} is current again {} after the {fault} that ended at {ended}, where {bound} was \
             asked: up to {} waited. It took {} while {} came.",
            quoted(reader),
            number::duration(time),
            number::counted(late.waiting_most, "record"),
            number::rate(late.taken_per_s),
            number::rate(late.arrived_per_s),
        ),
        None if !late.is_over => format!(
            "{} is not current again within the run, as the {fault} lasts beyond its end, where \
             {bound} was asked: {} still wait.",
            quoted(reader),
            number::counted(late.waiting_last, "record"),
        ),
        None => format!(
            "{} is not current again within the run after the {fault} that ended at {ended}, where \
             {bound} was asked: {} still wait, of up to {}. It took {} while {} came.",
            quoted(reader),
            number::counted(late.waiting_last, "record"),
            number::count(late.waiting_most),
            number::rate(late.taken_per_s),
            number::rate(late.arrived_per_s),
        ),
    };
    let cause = match late.held_by {
        HeldBy::Bytes => "a shard gives its pollers 2 MiB/s, all together (KDS-R02)",
        HeldBy::Threads(_) => "its threads are fewer than its shards",
        HeldBy::Processing => "what it processes in a second is little more than what comes",
        HeldBy::Lanes => "what its lanes take in a second is little more than what comes",
        HeldBy::Calls => "what its calls bring in a second is little more than what comes",
    };
    let mut measured = BTreeMap::from([
        ("waiting_most_records", late.waiting_most as f64),
        ("taken_records_per_s", late.taken_per_s),
        ("arrived_records_per_s", late.arrived_per_s),
    ]);
    measured.extend(late.time_s.map(|time| ("catch_up_s", time)));
    Explanation {
        title: "slow catch-up",
        text,
        cause: cause.to_owned(),
        measured,
        limit: BTreeMap::from([("catch_up_s", late.bound_s), ("current_age_s", late.level_s)]),
        next: next(scenario, reader, late),
    }
}

fn next(scenario: &Scenario, reader: &str, late: &LateReader) -> Option<Step> {
    let stream = scenario.plan.readers.get(late.reader)?.stream;
    let stream = scenario.plan.streams.get(stream)?;
    if matches!(late.held_by, HeldBy::Threads(_)) {
        return Some(Step {
            set: format!("reader.{reader}.threads={}", stream.shard_count),
            why: "a thread for each shard".to_owned(),
        });
    }
    let factor = scenario.plan.readers[late.reader].lambda().map_or(0, |lambda| lambda.factor);
    if late.held_by == HeldBy::Lanes && factor < 10 {
        return Some(Step {
            set: format!("lambda.{reader}.parallelization_factor={}", (2 * factor).min(10)),
            why: "more lanes, if the keys part".to_owned(),
        });
    }
    let why = "half as much waits in each shard, if the keys part";
    more_shards(scenario, &stream.name, u64::from(stream.shard_count) * 2, why)
}
