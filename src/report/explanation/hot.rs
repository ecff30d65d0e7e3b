//! K101 and K108 in words: more is offered than fits.

use std::collections::BTreeMap;

use super::{
    Explanation, Step, during, flow, more_shards, of_stream, quoted, range, short, unit_name,
};
use crate::experiment::finding::{HotKey, HotShard, HotShards, StreamFull};
use crate::report::number;
use crate::scenario::Scenario;

pub(super) fn hot_shards(scenario: &Scenario, stream: &str, hot: &HotShards) -> Explanation {
    let what = if hot.by_bytes { "bytes" } else { "records" };
    let mut text = of_stream(scenario, stream) + &during((hot.over_s, hot.judged_s), hot.from_s);
    text += &named_shards(&hot.shards, what);
    text += &format!(" (even share {}): ", number::share(hot.even_share));
    let shown = &hot.shards[..hot.shards.len().min(2)];
    let rates: Vec<String> = shown.iter().map(|shard| flow(shard.per_s, hot.by_bytes)).collect();
    text += &format!("{} against {}", rates.join(" and "), flow(hot.limit_per_s, hot.by_bytes));
    if hot.metered {
        text += " before sizes are rounded up to whole KiB";
    }
    text += &refusals(hot.refused_share);
    if let Some((least, most)) = hot.others {
        let others = match hot.others_count {
            1 => "The other one runs".to_owned(),
            n => format!("The other {} run", number::count(n as u64)),
        };
        text += &format!(" {others} at {}.", range(least, most));
    }
    text += &key_sentence(hot);
    for shard in shown {
        text += &split_sentence(shard, hot.key_alone.as_ref());
    }
    let cause = match &hot.key_alone {
        Some(key) => {
            text += &alone(key);
            KEY_ALONE
        }
        None if hot.shards.iter().any(is_one_keys) => {
            "one key is half of a shard's load or more: hashing keeps a key in one place"
        }
        None => "where the keys' hashes fall decides what a shard is offered",
    };
    let hottest = hot.shards.first();
    let mut measured = BTreeMap::from([
        ("hot_shards", hot.shards.len() as f64),
        ("busiest_shard_offered_share", hottest.map_or(0.0, |shard| shard.share)),
        ("busiest_shard_load_share", hottest.map_or(0.0, |shard| shard.load)),
        ("over_s", hot.over_s),
    ]);
    measured.extend(hot.refused_share.map(|share| ("refused_share", share)));
    let key = hottest.and_then(|shard| shard.main_key.as_ref());
    measured.extend(key.map(|key| ("busiest_shard_main_key_share", key.share)));
    if let Some(split) = hottest.and_then(|shard| shard.split) {
        measured.insert("split_lower_load_share", split.lower);
        measured.insert("split_upper_load_share", split.upper);
    }
    Explanation {
        title: "hot shards",
        text,
        cause: cause.to_owned(),
        measured,
        limit: BTreeMap::from([
            ("even_share", hot.even_share),
            (unit_name(hot.by_bytes), hot.limit_per_s),
        ]),
        next: next(scenario, stream, hot),
    }
}

/// More shards, where they help: as many as these keys need, or twice as many where nobody knows.
fn next(scenario: &Scenario, stream: &str, hot: &HotShards) -> Option<Step> {
    if hot.key_alone.is_some() {
        return None;
    }
    if let Some(enough) = hot.enough {
        let load = number::fullness(enough.load);
        let why = format!("fewest on which these keys fit: the busiest shard at {load}");
        return more_shards(scenario, stream, u64::from(enough.shards), &why);
    }
    let why = "splits every shard's keys in two: does the load part?";
    let doubled = hot.shard_count as u64 * 2;
    if hot.placed { None } else { more_shards(scenario, stream, doubled, why) }
}

/// The finding in a line.
pub(super) fn headline(name: &str, hot: &HotShards) -> String {
    let load = |shard: &HotShard| {
        if hot.metered {
            "too much once rounded up".to_owned()
        } else {
            format!("{} of its limit", number::fullness(shard.load))
        }
    };
    match hot.shards.as_slice() {
        [only] => format!("{} of {name} is offered {}", short(&only.id), load(only)),
        [first, ..] => format!(
            "{} shards of {name} are hot: {} is offered {}",
            number::count(hot.shards.len() as u64),
            short(&first.id),
            load(first)
        ),
        [] => format!("{name} has hot shards"),
    }
}

/// What was refused; before a run, when it will be so.
fn refusals(share: Option<f64>) -> String {
    share.map_or_else(
        || " at the peak.".to_owned(),
        |share| format!(", {} of attempts refused.", number::share(share)),
    )
}

fn is_one_keys(shard: &HotShard) -> bool {
    shard.main_key.as_ref().is_some_and(|key| key.share >= 0.5)
}

/// Whether one key makes the shard hot, and what a split of it would leave.
fn split_sentence(shard: &HotShard, alone: Option<&HotKey>) -> String {
    let (Some(key), Some(split)) = (&shard.main_key, &shard.split) else { return String::new() };
    if alone.is_some_and(|alone| alone.key == key.key) {
        return String::new();
    }
    let id = short(&shard.id);
    let share = number::fullness(key.share);
    let by = if is_one_keys(shard) {
        format!("one key: {} is {share} of it;", quoted(&key.key))
    } else {
        format!("many keys, the largest {share};")
    };
    let verdict = if split.lower.max(split.upper) > 1.0 { ", which is not enough" } else { "" };
    format!(
        " {id} is hot by {by} a split at hash key {} leaves {} and {} of a limit{verdict}.",
        split.at,
        number::fullness(split.lower),
        number::fullness(split.upper)
    )
}

/// `shardId-000000000005 is offered 25.2 % of all records, ...0001 24.3 %`.
fn named_shards(shards: &[HotShard], what: &str) -> String {
    let mut text = String::new();
    for (place, shard) in shards.iter().take(2).enumerate() {
        let share = number::share(shard.share);
        text += &match place {
            0 => format!("{} is offered {share} of all {what}", shard.id),
            _ => format!(", {} {share}", short(&shard.id)),
        };
    }
    if shards.len() > 2 {
        let rest: f64 = shards[2..].iter().map(|shard| shard.share).sum();
        let more = number::count(shards.len() as u64 - 2);
        text += &format!(", {more} more {}", number::share(rest));
    }
    text
}

const KEY_ALONE: &str = "one key is more than one shard may take, and a key has one shard";

/// What is to be said of a key that no number of shards can hold (KDS-F13).
fn alone(key: &HotKey) -> String {
    format!(
        " {} alone is offered {} of what a shard may take: no number of shards holds it, at least \
         {} keys in its place would.",
        quoted(&key.key),
        number::fullness(key.load),
        number::count(key.load.ceil() as u64)
    )
}

fn key_sentence(hot: &HotShards) -> String {
    // Shares of keys are those they are drawn with, not counts of this run.
    let named: Vec<String> = hot.keys.iter().take(3).map(|key| quoted(&key.key)).collect();
    let sum: f64 = hot.keys.iter().take(3).map(|key| key.share).sum();
    let share = number::share(sum);
    match named.as_slice() {
        [] => String::new(),
        [one] => format!(" By weight, key {one} carries {share} of all records."),
        [one, two] => format!(" By weight, keys {one} and {two} carry {share} of all records."),
        [one, two, three, ..] => {
            format!(" By weight, keys {one}, {two} and {three} carry {share} of all records.")
        }
    }
}

pub(super) fn stream_full(scenario: &Scenario, stream: &str, full: &StreamFull) -> Explanation {
    let mut text = during((full.over_s, full.judged_s), full.from_s);
    text += &format!(
        "{} is offered {} against {} on {}{}",
        quoted(stream),
        flow(full.offered_per_s, full.by_bytes),
        flow(full.capacity_per_s, full.by_bytes),
        number::counted(full.shard_count as u64, "shard"),
        refusals(full.refused_share)
    );
    let mut cause = if full.metered {
        text += &format!(
            " It is full at {}: sizes are rounded up to whole KiB.",
            number::fullness(full.accepted_load)
        );
        "metering rounds sizes up to whole KiB, for each PutRecord or each shard of a PutRecords"
    } else if full.load < 1.0 {
        text += &format!(
            " That is {} of all: too near for shards that are never loaded alike.",
            number::fullness(full.load)
        );
        "the room that is left is less than the shards differ"
    } else {
        "more is offered than the shards may take together"
    };
    if let Some(key) = &full.key_alone {
        text += &alone(key);
        cause = KEY_ALONE;
    }
    let why = "what was offered and a quarter more, if spread evenly";
    let mut measured = BTreeMap::from([
        (unit_name(full.by_bytes), full.offered_per_s),
        ("load_share", full.load),
        ("over_s", full.over_s),
    ]);
    measured.extend(full.refused_share.map(|share| ("refused_share", share)));
    Explanation {
        title: "stream full",
        text,
        cause: cause.to_owned(),
        measured,
        limit: BTreeMap::from([(unit_name(full.by_bytes), full.capacity_per_s)]),
        next: match full.key_alone {
            Some(_) => None,
            None => more_shards(scenario, stream, full.shards_needed, why),
        },
    }
}
