//! Lanes of functions in words: K301, K302, K303.

use std::collections::BTreeMap;

use super::{Explanation, Step, more_shards, quoted, short};
use crate::experiment::finding::{Evidence, IdleLanes, KeyBound, LaneBound, LaneEnough};
use crate::experiment::forecast::Lane;
use crate::report::number;
use crate::scenario::Scenario;

/// Shards named.
const NAMED: usize = 3;

/// What is found of functions in one line.
pub(super) fn headline(name: &str, evidence: &Evidence) -> String {
    match evidence {
        Evidence::LaneBound(it) => format!(
            "{} of {} of {name} {} brought more than {}",
            number::count(it.lanes_over as u64),
            number::counted(it.lanes as u64, "lane"),
            if it.lanes_over == 1 { "is" } else { "are" },
            number::rate(it.capacity_per_s)
        ),
        Evidence::KeyBound(it) => format!(
            "`{}` alone brings a lane of {name} {}, of {}",
            quoted(&it.key),
            number::rate(it.key_per_s),
            number::rate(it.capacity_per_s)
        ),
        Evidence::ConcurrencyShort(it) => format!(
            "{name} has {}, and {} at a time",
            number::counted(it.lanes, "lane"),
            number::counted(u64::from(it.limit), "invocation")
        ),
        Evidence::SmallBatches(_) => format!("batches of {name} never fill"),
        _ => format!("{name} has more lanes than it needs"),
    }
}

pub(super) fn lane_bound(scenario: &Scenario, name: &str, it: &LaneBound) -> Explanation {
    let who = quoted(name);
    let takes = match (it.capacity_per_s > 0.0, it.factor) {
        (false, _) => format!("{who} does nothing more: {}", timed_out(&it.lane)),
        (true, 1) => format!(
            "{who} takes at most {} from a shard (one lane, {})",
            records(it.capacity_per_s),
            batch(&it.lane)
        ),
        (true, factor) => format!(
            "{who} takes at most {} in a lane ({}), of which a shard has {}",
            records(it.capacity_per_s),
            batch(&it.lane),
            number::count(u64::from(factor))
        ),
    };
    let growth = number::duration(it.age_growth * 60.0);
    Explanation {
        title: "lane-bound",
        text: format!("{takes}; {}. Age grows {growth} a minute.{}", come(it), would(&it.enough)),
        cause: "a lane works on one batch at a time, in order".to_owned(),
        measured: BTreeMap::from([
            ("arrival_records_per_s", it.shards.first().map_or(0.0, |shard| shard.1)),
            ("lanes_over", it.lanes_over as f64),
            ("age_growth_s_per_s", it.age_growth),
        ]),
        limit: BTreeMap::from([("capacity_records_per_s", it.capacity_per_s)]),
        next: step(name, &it.enough).or_else(|| {
            let stream = stream_of(scenario, name)?;
            let most = it.shards.first().map_or(0.0, |shard| shard.1);
            let times = most / it.capacity_per_s.max(f64::MIN_POSITIVE) * 1.25;
            let shards = (f64::from(stream.1) * times).ceil() as u64;
            more_shards(scenario, stream.0, shards, "less in each lane, if the keys part")
        }),
    }
}

/// Which shards have too much.
fn come(it: &LaneBound) -> String {
    let names: Vec<String> = it.shards.iter().take(NAMED).map(|(id, _)| short(id)).collect();
    let rest = it.shards.len() - names.len();
    let names = match (names.as_slice(), rest) {
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, rest) => format!("{} and {}", all.join(", "), number::counted(rest as u64, "other")),
    };
    let rates = it.shards.iter().map(|shard| shard.1);
    let (most, least) = (rates.clone().fold(0.0, f64::max), rates.fold(f64::INFINITY, f64::min));
    let (high, low) = (plain(most), plain(least));
    let one = it.shards.len() == 1;
    // Rates of which chance or the odd key makes the difference read alike.
    let rates = match (one, most - least < 0.01 * most) {
        (true, _) => high,
        (false, true) => format!("each {high}"),
        (false, false) => format!("{low} to {high}"),
    };
    if it.factor == 1 {
        let (noun, verb) = if one { ("shard", "delivers") } else { ("shards", "deliver") };
        return match rates.strip_prefix("each ") {
            Some(rate) => format!("{noun} {names} each {verb} {rate}"),
            None => format!("{noun} {names} {verb} {rates}"),
        };
    }
    let lanes = it.lanes as u64;
    format!(
        "{} of {}, of {} {names}, {} {}",
        number::count(it.lanes_over as u64),
        number::counted(lanes, "lane"),
        if one { "shard" } else { "shards" },
        if it.lanes_over == 1 { "is brought" } else { "are brought" },
        rates
    )
}

pub(super) fn key_bound(name: &str, it: &KeyBound) -> Explanation {
    let who = quoted(name);
    let takes = if it.capacity_per_s > 0.0 {
        format!("the lane it has takes at most {} ({})", plain(it.capacity_per_s), batch(&it.lane))
    } else {
        format!("its lane does nothing more: {}", timed_out(&it.lane))
    };
    let others = match it.lanes_over {
        1 => String::new(),
        n => format!(" So it is on {}.", number::counted(n as u64, "lane")),
    };
    let spread = it
        .keys_needed
        .map(|keys| format!(" Spread over {} keys it would part.", number::count(keys.max(2))));
    let growth = number::duration(it.age_growth * 60.0);
    Explanation {
        title: "key-bound",
        text: format!(
            "{} alone brings {who} {}, on {}; {takes}, and no parallelization_factor parts a \
             key. Age grows {growth} a minute.{others}{}{}",
            quoted(&it.key),
            records(it.key_per_s),
            short(&it.shard),
            would(&it.enough),
            spread.unwrap_or_default()
        ),
        cause: "records of a key are worked on in order, in one lane (ESM-52)".to_owned(),
        measured: BTreeMap::from([
            ("key_records_per_s", it.key_per_s),
            ("lanes_over", it.lanes_over as f64),
            ("age_growth_s_per_s", it.age_growth),
        ]),
        limit: BTreeMap::from([("capacity_records_per_s", it.capacity_per_s)]),
        next: step(name, &it.enough),
    }
}

pub(super) fn idle_lanes(name: &str, it: &IdleLanes) -> Explanation {
    let lanes = number::counted(it.lanes as u64, "lane");
    let busiest = number::fullness(it.busiest_load);
    let text = match it.keys {
        Some(keys) => format!(
            "{} has {lanes} for {}: {} can never receive a record.",
            quoted(name),
            number::counted(keys as u64, "key"),
            number::count(it.empty as u64)
        ),
        None => format!(
            "{} has {lanes}, {} for each shard; the busiest is brought {busiest} of what it takes.",
            quoted(name),
            number::count(u64::from(it.factor))
        ),
    };
    let cause = match it.keys {
        Some(_) => "records of a key share a lane, so that lanes beyond the keys stay empty",
        None => "more lanes than the load asks for: batches are smaller, and invocations more",
    };
    Explanation {
        title: "idle lanes",
        text,
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("busiest_lane_load_share", it.busiest_load),
            ("empty_lanes", it.empty as f64),
        ]),
        limit: BTreeMap::from([("lanes", it.lanes as f64)]),
        next: it.enough.map(|enough| Step {
            set: format!("lambda.{name}.parallelization_factor={enough}"),
            why: "as many lanes as do as well, or leave half of the busiest free".to_owned(),
        }),
    }
}

/// What would let a lane keep up, in a sentence.
fn would(enough: &LaneEnough) -> String {
    let mut ways = Vec::new();
    ways.extend(enough.timeout_s.map(|s| format!("timeout {s} s")));
    ways.extend(enough.batch.map(|n| format!("batch_size {}", number::count(u64::from(n)))));
    ways.extend(enough.factor.map(|n| format!("parallelization_factor {n}")));
    match ways.as_slice() {
        [] => String::new(),
        ways => format!(" {} would do.", ways.join(" or ")),
    }
}

fn step(name: &str, enough: &LaneEnough) -> Option<Step> {
    let set = |field: &str, value: String, why: &str| Step {
        set: format!("lambda.{name}.{field}={value}"),
        why: why.to_owned(),
    };
    if let Some(seconds) = enough.timeout_s {
        return Some(set("timeout", format!("{seconds}s"), "time for a full batch"));
    }
    if let Some(batch) = enough.batch {
        let why = "other batches, so that the fixed time of an invocation weighs less";
        return Some(set("batch_size", batch.to_string(), why));
    }
    let why = "more lanes, which keep order by key alone (ESM-52)";
    enough.factor.map(|factor| set("parallelization_factor", factor.to_string(), why))
}

/// `200 in 280 ms`.
fn batch(lane: &Lane) -> String {
    let shown = if lane.times_out() { lane.in_time() } else { lane.batch };
    format!("{} in {}", number::count(u64::from(shown)), number::duration(lane.invocation_s(shown)))
}

fn timed_out(lane: &Lane) -> String {
    format!(
        "a batch of {} takes {}, and its timeout is {}",
        number::count(u64::from(lane.batch)),
        number::duration(lane.invocation_s(lane.batch)),
        number::duration(lane.timeout_s)
    )
}

fn records(per_s: f64) -> String {
    if per_s < 100.0 {
        return format!("{} records/s", number::significant(per_s, 3));
    }
    format!("{} records/s", number::count(per_s.round() as u64))
}

fn plain(per_s: f64) -> String {
    records(per_s).trim_end_matches(" records/s").to_owned()
}

fn stream_of<'s>(scenario: &'s Scenario, name: &str) -> Option<(&'s str, u32)> {
    let reader = scenario.plan.readers.iter().find(|plan| plan.name == name)?;
    let stream = scenario.plan.streams.get(reader.stream)?;
    Some((&stream.name, stream.shard_count))
}
