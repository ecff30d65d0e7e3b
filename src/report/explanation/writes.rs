//! What limits writes, in words: K102 to K106, K203.

use std::collections::BTreeMap;

use super::{Explanation, Step, more_shards, of_stream, period, quoted, shard_count_path, short};
use crate::experiment::finding::{Burst, FewKeys, Flat, RecordsBound, Retries, Spare};
use crate::model::facts;
use crate::report::number;
use crate::scenario::Scenario;

pub(super) fn bursts(scenario: &Scenario, stream: &str, burst: &Burst) -> Explanation {
    let window = number::duration(burst.window_s);
    let mut text = format!(
        "{}{}the busiest second of {} is sent {} of a limit, the {window} around it {} on average. \
         On {} such bursts have {} of attempts refused.",
        of_stream(scenario, stream),
        period(burst.burst_s, burst.judged_s),
        burst.worst,
        number::fullness(burst.busiest_second),
        number::fullness(burst.mean),
        number::counted(burst.shards as u64, "shard"),
        number::share(burst.refused_share)
    );
    if let Some(key) = &burst.key_alone {
        text += &format!(
            " By weight, {} alone is sent {} of it in that second: no number of shards makes room \
             for it.",
            quoted(&key.key),
            number::fullness(key.load)
        );
    }
    if burst.large_records {
        text += " A record above 1 MiB is more than any shard takes in a second.";
    }
    let shards = (burst.shard_count as f64 * burst.busiest_second).ceil() as u64;
    let why = "room for the busiest second, if spread evenly";
    Explanation {
        title: "burst-bound",
        text,
        cause: "limits hold for each second; a mean over a minute hides what a second is sent"
            .to_owned(),
        measured: BTreeMap::from([
            ("busiest_second_share", burst.busiest_second),
            ("mean_share", burst.mean),
            ("refused_share", burst.refused_share),
            ("burst_s", burst.burst_s),
        ]),
        limit: BTreeMap::from([("load_share", 1.0)]),
        next: match burst.key_alone {
            None if !burst.large_records && !burst.no_number => {
                more_shards(scenario, stream, shards, why)
            }
            _ => None,
        },
    }
}

pub(super) fn large_records(stream: &str, share: f64) -> Explanation {
    let advised = facts::LARGE_RECORDS_ADVISED;
    Explanation {
        title: "large records",
        text: format!(
            "{} of the records of {} are larger than 1 MiB; AWS advises less than {}. A shard pays \
             for each at 1 MiB/s, and small records wait meanwhile.",
            number::share(share),
            quoted(stream),
            number::share(advised)
        ),
        cause: "large and small records draw on the same tank".to_owned(),
        measured: BTreeMap::from([("large_record_share", share)]),
        limit: BTreeMap::from([("large_record_share", advised)]),
        next: None,
    }
}

pub(super) fn records_bound(stream: &str, bound: &RecordsBound) -> Explanation {
    Explanation {
        title: "record rate",
        text: format!(
            "the fullest shard of {} is offered {} records/s, {} of its limit, but only {} of its \
             bytes: a record has {}. Aggregated into records of 50 KiB the same bytes are {}.",
            quoted(stream),
            number::count(bound.records_per_s.round() as u64),
            number::fullness(bound.records_load),
            number::fullness(bound.bytes_load),
            number::bytes(bound.mean_bytes),
            number::rate(bound.aggregated_per_s)
        ),
        cause: "a shard takes 1,000 records/s however small they are; several in one count once"
            .to_owned(),
        measured: BTreeMap::from([
            ("records_per_s", bound.records_per_s),
            ("records_load_share", bound.records_load),
            ("bytes_load_share", bound.bytes_load),
            ("mean_record_bytes", bound.mean_bytes),
            ("aggregated_records_per_s", bound.aggregated_per_s),
        ]),
        limit: BTreeMap::from([("records_per_s", bound.limit_per_s)]),
        next: None,
    }
}

pub(super) fn retries(stream: &str, retries: &Retries) -> Explanation {
    Explanation {
        title: "retries",
        text: format!(
            "{} is sent {} for {} offered: attempts exceed records by {}. {} is sent {} times \
             what it is offered, {} of all repeats.",
            quoted(stream),
            number::rate(retries.sent_per_s),
            number::rate(retries.offered_per_s),
            number::share(retries.extra_share),
            retries.worst,
            number::significant(retries.worst_factor, 3),
            number::share(retries.worst_part)
        ),
        cause:
            "what is refused is sent again, on top of what is new; a full shard cannot take both"
                .to_owned(),
        measured: BTreeMap::from([
            ("sent_records_per_s", retries.sent_per_s),
            ("extra_attempts_share", retries.extra_share),
            ("worst_shard_factor", retries.worst_factor),
            ("worst_shard_share", retries.worst_part),
        ]),
        limit: BTreeMap::from([("offered_records_per_s", retries.offered_per_s)]),
        next: None,
    }
}

pub(super) fn few_keys(scenario: &Scenario, stream: &str, few: &FewKeys) -> Explanation {
    let shards = u64::from(few.shards);
    let path = shard_count_path(scenario, stream);
    let step = few.as_good.zip(path).map(|(count, path)| Step {
        set: format!("{path}={count}"),
        why: "fewest shards of which the busiest has no more than now".to_owned(),
    });
    Explanation {
        title: "few keys",
        text: format!(
            "no key of {} falls on {} of its {}: {} in all. The busiest shard has {} of all \
             records.",
            quoted(stream),
            number::count(u64::from(few.empty)),
            number::counted(shards, "shard"),
            number::counted(few.keys as u64, "key"),
            number::share(few.busiest_share)
        ),
        cause: "a key has one shard, by its hash; shards without a key are paid for and not used"
            .to_owned(),
        measured: BTreeMap::from([
            ("keys", few.keys as f64),
            ("empty_shards", f64::from(few.empty)),
            ("busiest_shard_offered_share", few.busiest_share),
        ]),
        limit: BTreeMap::from([("shards", shards as f64)]),
        next: step,
    }
}

pub(super) fn flat(stream: &str, flat: &Flat) -> Explanation {
    let mut text = format!(
        "from {} to {} the busiest shard of {} keeps {} of all, {} of its limit now.",
        number::count(u64::from(flat.shards)),
        number::counted(u64::from(flat.flat_to), "shard"),
        quoted(stream),
        kept(flat),
        number::fullness(flat.load)
    );
    if let Some(key) = &flat.key {
        let (key, share) = (quoted(&key.key), number::share(key.share));
        text += &format!(" {key} alone has {share}.");
    }
    Explanation {
        title: "no help",
        text,
        cause: "the keys decide, by the shard they fall on; more shards do not part one key"
            .to_owned(),
        measured: BTreeMap::from([
            ("busiest_shard_offered_share", flat.share),
            ("least_busiest_shard_offered_share", flat.least_share),
            ("busiest_shard_load_share", flat.load),
            ("flat_to_shards", f64::from(flat.flat_to)),
        ]),
        limit: BTreeMap::from([("shards", f64::from(flat.shards))]),
        next: None,
    }
}

/// `25.2 %`, or `24.0 to 25.2 %`.
fn kept(flat: &Flat) -> String {
    let (least, most) = (number::share(flat.least_share), number::share(flat.share));
    if least == most { most } else { format!("{} to {most}", least.trim_end_matches(" %")) }
}

pub(super) fn spare(scenario: &Scenario, stream: &str, spare: &Spare) -> Explanation {
    let path = shard_count_path(scenario, stream);
    let next = spare.enough.zip(path).map(|(count, path)| Step {
        set: format!("{path}={count}"),
        why: "fewest shards that leave half of each minute free".to_owned(),
    });
    Explanation {
        title: "idle shards",
        text: format!(
            "the busiest of {} shards of {}, {}, is never offered more than {} of its limit in a \
             minute, {} in a second.",
            number::count(u64::from(spare.shards)),
            quoted(stream),
            short(&spare.busiest),
            number::fullness(spare.busiest_load),
            number::fullness(spare.busiest_second)
        ),
        cause: "there are more shards than the load needs".to_owned(),
        measured: BTreeMap::from([
            ("busiest_shard_load_share", spare.busiest_load),
            ("busiest_second_share", spare.busiest_second),
        ]),
        limit: BTreeMap::from([("load_share", 0.2)]),
        next,
    }
}
