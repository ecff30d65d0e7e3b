//! What limits reads, in words: K201, K202, K204.

use std::collections::BTreeMap;

use super::{Explanation, Step, more_shards, quoted};
use crate::experiment::finding::{ReadBytes, ReadCalls, SlowReader};
use crate::model::plan::{ConsumerKind, IntakePlan, ReaderPlan};
use crate::report::number;
use crate::scenario::Scenario;
use crate::time::Span;

pub(super) fn slow_reader(scenario: &Scenario, reader: &str, slow: &SlowReader) -> Explanation {
    let capacity = number::rate(slow.capacity_per_s);
    let arrival = number::rate(slow.arrival_per_s);
    let cycle = number::duration(slow.cycle_s);
    let limit = number::counted(u64::from(slow.limit), "record");
    let growth = number::duration(slow.age_growth * 60.0);
    let (place, reason) = match slow.threads {
        Some(threads) => (
            format!(
                "{} takes at most {capacity} with {} ({limit} in {cycle} each); {arrival} arrive.",
                quoted(reader),
                number::counted(u64::from(threads), "thread")
            ),
            "fewer threads than the work needs",
        ),
        None => (
            format!(
                "{} takes at most {capacity} from a shard ({limit} in {cycle}); {} more, up to \
                 {arrival}.",
                quoted(reader),
                match slow.shards_over {
                    1 => "1 shard stores".to_owned(),
                    n => format!("{} shards store", number::count(n as u64)),
                }
            ),
            "one thread works a shard, one call after another",
        ),
    };
    let stream = scenario.plan.readers.iter().find(|plan| plan.name == reader);
    let stream = stream.and_then(|plan| scenario.plan.streams.get(plan.stream));
    let next = match (slow.limit_needed, slow.threads_needed) {
        (Some(limit), _) => Some(Step {
            set: format!("reader.{reader}.get_records.limit={limit}"),
            why: "more records a call, so that a call's fixed time weighs less".to_owned(),
        }),
        (None, Some(threads)) => Some(Step {
            set: format!("reader.{reader}.threads={threads}"),
            why: "enough threads for what arrives".to_owned(),
        }),
        (None, None) if slow.in_turn => Some(Step {
            set: format!("reader.{reader}.get_records.order=side-by-side"),
            why: "a thread for each shard instead of one loop".to_owned(),
        }),
        (None, None) => stream.and_then(|stream| {
            let shards = f64::from(stream.shard_count) * slow.arrival_per_s / slow.capacity_per_s;
            let why = "less on each shard, if the keys part";
            more_shards(scenario, &stream.name, (shards * 1.25).ceil() as u64, why)
        }),
    };
    Explanation {
        title: "slow reader",
        text: format!("{place} Its age grows {growth} a minute."),
        cause: reason.to_owned(),
        measured: BTreeMap::from([
            ("arrival_records_per_s", slow.arrival_per_s),
            ("age_growth_s_per_s", slow.age_growth),
        ]),
        limit: BTreeMap::from([("capacity_records_per_s", slow.capacity_per_s)]),
        next,
    }
}

pub(super) fn calls(scenario: &Scenario, stream: &str, calls: &ReadCalls) -> Explanation {
    let (asked, most) = (calls.asked_per_s, calls.most_per_s);
    let who = match calls.readers {
        1 => format!("{} polls", quoted(&calls.most)),
        n => format!("{} {} poll", number::count(n as u64), pollers(scenario, stream)),
    };
    let who_most = match calls.readers {
        1 => String::new(),
        _ => format!(", {} of them by {}", number::significant(most, 3), quoted(&calls.most)),
    };
    let text = format!(
        "{who} {} {} times a second and shard{who_most}; {} are answered{}",
        quoted(stream),
        number::significant(asked, 3),
        number::count(calls.limit_per_s as u64),
        refused(calls.refused_share)
    );
    let mut measured = BTreeMap::from([
        ("readers", calls.readers as f64),
        ("calls_per_s_per_shard", calls.asked_per_s),
    ]);
    measured.extend(calls.refused_share.map(|share| ("refused_calls_share", share)));
    Explanation {
        title: "read calls",
        text,
        cause: "all who poll a shard share its calls; more shards do not change that".to_owned(),
        measured,
        limit: BTreeMap::from([("calls_per_s_per_shard", calls.limit_per_s)]),
        next: slower(&calls.slower),
    }
}

/// Those who poll a stream: readers, or consumers where some are of other kinds.
fn pollers(scenario: &Scenario, stream: &str) -> &'static str {
    let plan = &scenario.plan;
    let reads = |it: &&ReaderPlan| {
        plan.streams.get(it.stream).is_some_and(|it| it.name == stream)
            && matches!(it.intake, IntakePlan::Poll(_))
    };
    let mut polling = plan.readers.iter().filter(reads);
    if polling.all(|it| it.kind() == ConsumerKind::Reader) { "readers" } else { "consumers" }
}

/// All who ask too often are changed at once: one alone leaves the others refused.
fn slower(readers: &[(String, Span)]) -> Option<Step> {
    let set = |(name, every): &(String, Span)| {
        format!("reader.{name}.get_records.every={}", every.exact().replace(' ', ""))
    };
    let set: Vec<String> = readers.iter().map(set).collect();
    let why = "as often as the shard still answers everyone".to_owned();
    (!set.is_empty()).then(|| Step { set: set.join(" --set "), why })
}

pub(super) fn bytes(scenario: &Scenario, stream: &str, bytes: &ReadBytes) -> Explanation {
    let who = match bytes.readers {
        1 => format!("1 {} asks", pollers(scenario, stream).trim_end_matches('s')),
        n => format!("{} {} ask", number::count(n as u64), pollers(scenario, stream)),
    };
    let mut measured = BTreeMap::from([
        ("readers", bytes.readers as f64),
        ("demand_bytes_per_s_per_shard", bytes.demand_per_s),
    ]);
    measured.extend(bytes.refused_share.map(|share| ("refused_calls_share", share)));
    Explanation {
        title: "read bytes",
        text: format!(
            "{who} the fullest shard of {} for {} together; it gives out {}{}",
            quoted(stream),
            number::byte_rate(bytes.demand_per_s),
            number::byte_rate(bytes.limit_per_s),
            refused(bytes.refused_share)
        ),
        cause: "each reader reads everything, and all who poll a shard share what it gives out"
            .to_owned(),
        measured,
        limit: BTreeMap::from([("bytes_per_s_per_shard", bytes.limit_per_s)]),
        next: more_shards(
            scenario,
            stream,
            bytes.shards_needed,
            "less to read on each shard, if the keys part",
        ),
    }
}

/// What was refused, where something was played.
fn refused(share: Option<f64>) -> String {
    let refused = |share| format!(", {} of all calls refused.", number::share(share));
    share.map_or_else(|| ".".to_owned(), refused)
}
