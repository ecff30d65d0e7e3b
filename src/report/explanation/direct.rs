//! K502 in words: more is put to Firehose than its limits let in.

use std::collections::BTreeMap;

use super::{Explanation, Step, quoted};
use crate::experiment::finding::{Binding, DirectOver};
use crate::report::number;

/// K502 in words.
pub(super) fn over(firehose: &str, it: &DirectOver) -> Explanation {
    let refused = it.refused_share.map(|share| {
        format!("{} of what is put to {} is refused: ", number::share(share), quoted(firehose))
    });
    let start = refused.unwrap_or_default();
    let whom = if start.is_empty() {
        format!("{} is put", quoted(firehose))
    } else {
        "it is put".to_owned()
    };
    let grown = match (it.doubled, it.refused_share) {
        (0, None) => " The limit grows by itself in a while, if clients keep trying.".to_owned(),
        (0, Some(_)) => String::new(),
        (1, _) => " The limit was doubled, and the number of objects with it.".to_owned(),
        (times, _) => format!(
            " The limit was doubled {}, and the number of objects with it.",
            number::counted(u64::from(times), "time")
        ),
    };
    let what_helps = match (&it.single, it.enough_bytes_per_s) {
        (Some(_), _) => " PutRecordBatch carries 500 records in a request.".to_owned(),
        (None, Some(enough)) => {
            format!(" A limit of {} holds it.", number::byte_rate(enough as f64))
        }
        (None, None) => String::new(),
    };
    let text = format!(
        "{start}{whom} up to {} and takes {}.{grown}{what_helps}",
        amount(it.binding, it.peak_per_s),
        amount(it.binding, it.limit_per_s),
    );
    let mut measured = BTreeMap::from([(peak_name(it.binding), it.peak_per_s)]);
    measured.extend(it.refused_share.map(|share| ("refused_share", share)));
    measured.insert("limit_doubled_times", f64::from(it.doubled));
    let next = match (&it.single, it.enough_bytes_per_s) {
        (Some(producer), _) => Some(Step {
            set: format!("producer.{producer}.api=PutRecords"),
            why: "do batches fit under the limit of requests?".to_owned(),
        }),
        (None, Some(enough)) => Some(Step {
            set: format!("firehose.{firehose}.throughput_limit={}MiB/s", enough >> 20),
            why: "does a higher limit, asked for beforehand, hold it?".to_owned(),
        }),
        (None, None) => None,
    };
    Explanation {
        title: "Direct PUT quota",
        text,
        cause: "a delivery stream that is put to has limits of its own (FH-01, FH-02, FH-03)"
            .to_owned(),
        measured,
        limit: BTreeMap::from([(limit_name(it.binding), it.limit_per_s)]),
        next,
    }
}

/// K502 in one line.
pub(super) fn headline(name: &str, it: &DirectOver) -> String {
    format!(
        "{name} is put {}, and takes {}",
        amount(it.binding, it.peak_per_s),
        amount(it.binding, it.limit_per_s)
    )
}

fn amount(binding: Binding, per_s: f64) -> String {
    match binding {
        Binding::Bytes => number::byte_rate(per_s),
        Binding::Records => number::rate(per_s),
        Binding::Requests => format!("{} requests/s", number::significant(per_s, 3)),
    }
}

fn peak_name(binding: Binding) -> &'static str {
    match binding {
        Binding::Bytes => "peak_bytes_per_s",
        Binding::Records => "peak_records_per_s",
        Binding::Requests => "peak_requests_per_s",
    }
}

fn limit_name(binding: Binding) -> &'static str {
    match binding {
        Binding::Bytes => "bytes_per_s",
        Binding::Records => "records_per_s",
        Binding::Requests => "requests_per_s",
    }
}
