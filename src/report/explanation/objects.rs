//! K501 and K503 in words: small objects, and records that are billed for more than they are.

use std::collections::BTreeMap;

use super::{Explanation, quoted};
use crate::experiment::finding::{Rounded, SmallObjects};
use crate::report::number;

/// K501 in words.
pub(super) fn small(firehose: &str, small: &SmallObjects) -> Explanation {
    let median = number::bytes(small.median_bytes);
    let hint = number::bytes(small.hint_bytes);
    let closed = match small.by_interval {
        Some(share) => format!("{} of {}'s objects were", number::share(share), quoted(firehose)),
        None => format!("{}'s objects are", quoted(firehose)),
    };
    let (each, fewer) = if small.direct {
        ("channel", "a lower limit")
    } else if small.partitions.is_some() {
        ("partition", "fewer partitions")
    } else {
        ("shard", "fewer shards")
    };
    let cause = if small.direct {
        "a limit above the traffic makes more buffers, each with its hints (FH-42, FH-43)"
    } else if small.partitions.is_some() {
        "hints hold for each partition, and the first that is reached closes a buffer (FH-40, \
         FH-41, FH-64)"
    } else {
        "hints hold for each shard of the source, and the first that is reached closes a buffer \
         (FH-40, FH-41)"
    }
    .to_owned();
    let text = format!(
        "{closed} closed by the interval of {} and not by the size hint: the median object has \
         {median} of {hint}, and there are {} an hour, one an interval and {each}. A longer \
         interval or {fewer} make them larger.",
        number::duration(small.interval.as_s()),
        number::significant(small.per_hour, 3),
    );
    let mut measured = BTreeMap::from([
        ("object_size_p50_bytes", small.median_bytes),
        ("objects_per_hour", small.per_hour),
        match small.partitions {
            Some(partitions) => ("partitions", f64::from(partitions)),
            None => ("shards", small.shards as f64),
        },
    ]);
    measured.extend(small.by_interval.map(|share| ("closed_by_interval_share", share)));
    Explanation {
        title: "small objects",
        text,
        cause,
        measured,
        limit: BTreeMap::from([
            ("size_hint_bytes", small.hint_bytes),
            ("interval_s", small.interval.as_s()),
        ]),
        next: None,
    }
}

/// K503 in words.
pub(super) fn rounded(firehose: &str, rounded: &Rounded) -> Explanation {
    Explanation {
        title: "rounded up",
        text: format!(
            "{} is billed for {} times the bytes of its records: each counts in whole steps of \
             {}, and they have {} in the mean. Records joined before they are written cost less.",
            quoted(firehose),
            number::significant(rounded.times, 3),
            number::bytes(rounded.step_bytes),
            number::bytes(rounded.mean_bytes),
        ),
        cause: "ingest is billed by the record, rounded up to 5 KB (FH-110, FH-111)".to_owned(),
        measured: BTreeMap::from([
            ("billed_times", rounded.times),
            ("mean_record_bytes", rounded.mean_bytes),
        ]),
        limit: BTreeMap::from([("billing_step_bytes", rounded.step_bytes)]),
        next: None,
    }
}
