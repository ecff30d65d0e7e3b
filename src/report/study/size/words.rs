//! Why a rule fails, and what those without a count say: all of it from the workload.

use crate::experiment::key_map::Offer;
use crate::experiment::size::formula::Says;
use crate::experiment::size::{Formula, Score, Workload};
use crate::report::explanation::quoted;
use crate::report::number;
use crate::report::study::size::{Told, cells};

/// A part of a shard's limit: `1.20`.
fn times(load: f64) -> String {
    format!("{load:.2}")
}

/// Why a setting fails, or what it costs too much; empty where there is nothing to say.
pub(super) fn why(told: &Told<'_>, formula: &Formula, score: &Score) -> String {
    if told.holds(score) {
        return match told.overspend(score) {
            Some(dollars) if dollars >= 0.5 => {
                format!("holds; {} a month above the best", cells::dollars(dollars))
            }
            _ => String::new(),
        };
    }
    let missed = cells::missed(told, score);
    let is_of_writes = missed.iter().any(|path| path.contains("write.") || path.contains("lost"));
    if !is_of_writes {
        return format!("writing holds, {} does not", missed.join(" and "));
    }
    // What fails in some draws alone is told by its chance, not by the middle.
    if told.drawn.is_some() && score.met(told.demand.confidence).hits > 0 {
        return String::new();
    }
    let lead = if formula.binding == "records" { "decided by records; " } else { "" };
    format!("{lead}{}", cause(told, score.shards))
}

/// What of the workload makes so few shards refuse records.
pub(super) fn cause(told: &Told<'_>, shards: u32) -> String {
    let work = &told.sizing.workload;
    let count = number::counted(u64::from(shards), "shard");
    let filled = work.filled();
    let by_records = work.mean.records / work.limits.0 >= work.charged / work.limits.1;
    if let Some((key, load)) = work.largest_key.as_ref().filter(|it| it.1 > 1.0) {
        return format!("key {} alone fills {} shards", quoted(key), times(*load));
    }
    if filled > f64::from(shards) {
        let what = if by_records {
            format!("{} a second", number::counted(work.mean.records.round() as u64, "record"))
        } else {
            format!("{} a second with what is charged", number::bytes(work.charged))
        };
        return format!("{what} fill {} shards on average, {count} are too few", times(filled));
    }
    if let Some(load) = work.busiest_load(shards).filter(|load| *load > 1.0) {
        let keys = busiest_keys(told, work, shards);
        return format!(
            "the keys put {} times a shard's limit on the busiest of {shards}{keys}",
            times(load)
        );
    }
    let peak = work.filled_at_peak();
    if peak > f64::from(shards) {
        return format!("the busiest second fills {} shards, {count} are too few", times(peak));
    }
    let load = work.busiest_load(shards).unwrap_or(filled / f64::from(shards.max(1)));
    format!(
        "the busiest shard is {} full on average: chance fills it now and then",
        number::share(load)
    )
}

/// The two largest keys of the busiest of so many shards.
fn busiest_keys(told: &Told<'_>, work: &Workload, shards: u32) -> String {
    let Some(map) = &work.map else { return String::new() };
    let ranges = crate::model::hashing::uniform_ranges(shards);
    let load = |offer: &Offer| work.load_of(offer);
    let busiest = ranges.into_iter().max_by(|a, b| load(&map.on(*a)).total_cmp(&load(&map.on(*b))));
    let Some(range) = busiest else { return String::new() };
    let keys = map.largest(&told.scenario.plan, range, 2);
    let names: Vec<String> = keys.iter().map(|it| quoted(&it.key)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!(", with {one}"),
        [one, two, ..] => format!(", with {one} and {two}"),
    }
}

/// Why a rule has no number of shards.
pub(super) fn no_answer(told: &Told<'_>, formula: &Formula) -> String {
    match &told.sizing.workload.largest_key {
        Some((key, load)) if *load > 1.0 => {
            format!("no number of shards: key {} alone fills {}", quoted(key), times(*load))
        }
        _ if formula.shards.is_some() => "more shards than are played".to_owned(),
        _ => "no number of shards looked at".to_owned(),
    }
}

/// Whether more shards can be worse, from what was played; empty where they were not.
pub(super) fn monotone(told: &Told<'_>) -> Vec<String> {
    let scan = &told.sizing.scan;
    let mut said = Vec::new();
    let list = |counts: &[u32]| match counts {
        [] => String::new(),
        [one] => one.to_string(),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(u32::to_string).collect();
            format!("{} and {last}", most.join(", "))
        }
    };
    let (holding, turns) = (scan.holding(), scan.turns());
    let what = if scan.of_writes { " for writing" } else { "" };
    if !turns.is_empty() {
        let does_not = if turns.len() == 1 { "does not" } else { "do not" };
        said.push(format!(
            "Not monotone: {} shards hold{what}, {} {does_not}.",
            list(&holding),
            list(&turns)
        ));
        let turn = turns[0];
        said.push(format!("With {turn}, {}.", cause(told, turn)));
    }
    if let Some((fewer, more)) = scan.worst_step() {
        said.push(format!(
            "{} shards refuse less ({}) than {} ({}).",
            fewer.0,
            number::share(fewer.1),
            more.0,
            number::share(more.1)
        ));
    }
    said
}

/// What a rule without a count says.
pub(super) fn says(says: &Says) -> String {
    match says {
        Says::Polls { per_s, .. } if *per_s <= 0.0 => "nobody polls".to_owned(),
        Says::Polls { per_s, limit } if *per_s > *limit => format!(
            "pollers ask a shard {per_s:.1} times a second, it answers {limit:.0}: no number of \
             shards helps"
        ),
        Says::Polls { per_s, limit } => {
            format!("pollers ask a shard {per_s:.1} times a second of {limit:.0}: that holds")
        }
        Says::Usage { share, shards } => {
            let full = number::share(*share);
            let does = match share {
                it if *it >= 0.75 => "it would double them",
                it if *it < 0.25 => "it would halve them",
                _ => "it would leave them",
            };
            format!("{} {full} full: {does}", number::counted(u64::from(*shards), "shard"))
        }
        Says::Burst { records, bytes } => format!(
            "if this is the peak of 30 days, {} and {} are taken at once",
            number::rate(*records),
            number::byte_rate(*bytes)
        ),
        Says::Salt { key, load, parts: 1 } => {
            format!("{} fills {} of a shard: one shard holds it", quoted(key), number::share(*load))
        }
        Says::Salt { key, load, parts } => format!(
            "{} fills {} shards: {parts} keys in its place at least",
            quoted(key),
            times(*load)
        ),
        Says::NoKeys => "no key comes again, or there are too many: none is hot".to_owned(),
        Says::CatchUp { per_shard, seconds: Some(seconds) } => format!(
            "at {} a shard an outage of 1 h takes {}",
            number::byte_rate(*per_shard),
            number::duration(*seconds)
        ),
        Says::CatchUp { per_shard, seconds: None } => {
            format!("at {} a shard it never ends", number::byte_rate(*per_shard))
        }
        Says::Unknown => "not published, so not imitated".to_owned(),
    }
}
