//! What a placement means, in sentences.

#![expect(clippy::format_push_string, reason = "a handful of sentences a placement")]

use std::fmt::Write as _;

use crate::experiment::placement::study::{Study, Trial};
use crate::experiment::placement::{Flow, LargeKey, Limits, Traffic};
use crate::report::explanation::quoted;
use crate::report::number;

/// Keys, shards or numbers named in one sentence.
const NAMED_MAX: usize = 3;
/// Shards of a suggestion where nothing speaks for another number.
const SHARDS_SUGGESTED: u32 = 8;
/// Parts of a key beyond which a suggestion does not go.
const PARTS_SUGGESTED_MAX: u32 = 16;

/// A sentence, with the finding's code where it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) code: Option<&'static str>,
    pub(super) text: String,
}

impl Note {
    fn plain(text: String) -> Self {
        Self { code: None, text }
    }

    /// The sentence with its code inside.
    pub(super) fn sentence(&self) -> String {
        match self.code {
            Some(code) => format!("{} ({code}).", self.text.trim_end_matches('.')),
            None => self.text.clone(),
        }
    }
}

/// What holds of all numbers of shards: keys too large for a shard, and shards that do not help.
pub(super) fn notes(study: &Study<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(traffic) = study.question.traffic {
        notes.extend(too_large(study, traffic));
    }
    notes.extend(steps_back(study));
    notes.extend(flat(study));
    notes
}

/// Keys that no shard can take (KDS-F13).
fn too_large(study: &Study<'_>, traffic: Traffic) -> Vec<Note> {
    let over: Vec<(&LargeKey, Flow)> = study
        .largest
        .iter()
        .map(|key| (key, key.part.of(traffic)))
        .filter(|(_, flow)| flow.load > 1.0)
        .collect();
    let mut notes: Vec<Note> = over
        .iter()
        .take(NAMED_MAX)
        .map(|(key, flow)| {
            let needed = number::count(flow.parts_needed());
            Note::plain(format!(
                "Key {} alone is {}, {} of what a shard takes: no number of shards helps. At least \
                 {needed} keys in its place would, if no two share a shard.",
                quoted(&key.name),
                rates(flow),
                number::fullness(flow.load),
            ))
        })
        .collect();
    if over.len() > NAMED_MAX {
        let more = (over.len() - NAMED_MAX) as u64;
        let are = if more == 1 { "is" } else { "are" };
        notes.push(Note::plain(format!(
            "{} among the largest {are} too large for a shard as well.",
            number::counted(more, "more key"),
        )));
    }
    notes
}

/// K106: the next number tried has a busier shard.
fn steps_back(study: &Study<'_>) -> Option<Note> {
    let steps = study.steps_back();
    let told: Vec<String> = steps
        .iter()
        .take(NAMED_MAX)
        .map(|(less, more)| {
            format!(
                "{} than {} ({} against {})",
                number::count(u64::from(more.shard_count)),
                number::count(u64::from(less.shard_count)),
                number::share(more.plain.busiest_share),
                number::share(less.plain.busiest_share),
            )
        })
        .collect();
    let more = match steps.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(", and so on {}", number::counted(more as u64, "more time")),
    };
    (!told.is_empty()).then(|| Note {
        code: Some("K106"),
        text: format!(
            "More shards are not always better: the busiest share is larger with {}{more}.",
            told.join(", with ")
        ),
    })
}

/// K106: beyond some number nothing changes.
fn flat(study: &Study<'_>) -> Option<Note> {
    let from = study.flat_from()?;
    let last = study.trials.last().filter(|last| last.shard_count > from.shard_count)?;
    let mut text = format!(
        "More than {} do not help, tried up to {}: the busiest shard keeps {} of all records",
        number::counted(u64::from(from.shard_count), "shard"),
        number::count(u64::from(last.shard_count)),
        number::share(last.plain.busiest_share),
    );
    if let Some(key) = study.largest.first().filter(|key| is_most_of(key, last)) {
        let _ = write!(
            text,
            ". Key {} alone is {} of them: no number of shards gives the use of more than {}",
            quoted(&key.name),
            number::share(key.part.share),
            usable(1.0 / key.part.share),
        );
    }
    Some(Note { code: Some("K106"), text: text + "." })
}

/// Whether the key is what makes the busiest shard busy.
fn is_most_of(key: &LargeKey, trial: &Trial) -> bool {
    key.part.share >= trial.plain.busiest_share * 0.5
}

/// What holds of one number of shards.
pub(super) fn of_count(study: &Study<'_>, trial: &Trial) -> Vec<Note> {
    let shards = u64::from(trial.shard_count);
    let mut notes = Vec::new();
    let unused = trial.plain.unused as u64;
    if unused > 0 {
        notes.push(Note {
            code: Some("K105"),
            text: format!(
                "{} can never receive a record: no key falls there.",
                number::counted(unused, "shard")
            ),
        });
    }
    notes.push(Note::plain(format!(
        "You pay for {} and can use {}.",
        number::counted(shards, "shard"),
        usable(trial.plain.usable)
    )));
    let has_sizes = study.question.traffic.is_some_and(|it| it.record_size.is_some());
    notes.extend(trial.plain.limits.map(|limits| Note::plain(over(&limits, has_sizes))));
    notes
}

/// How many shards are over a limit, and by how much.
fn over(limits: &Limits, has_sizes: bool) -> String {
    let load = number::fullness(limits.load);
    let mut text = match limits.over {
        0 => format!("No shard is over a limit; the busiest is at {load}"),
        1 => format!("1 shard is over its limit, at {load}"),
        n => format!(
            "{} are over their limits, the busiest at {load}",
            number::counted(n as u64, "shard")
        ),
    };
    if has_sizes && limits.put_record_load > limits.load {
        let rounded = number::fullness(limits.put_record_load);
        text += ". Sent with PutRecord, where each record counts in whole KiB, ";
        text += &match limits.put_record_over {
            0 => format!("none is either, the busiest at {rounded}"),
            1 => format!("1 is, at {rounded}"),
            n => format!("{} are, the busiest at {rounded}", number::count(n as u64)),
        };
    }
    text + "."
}

/// `1.35k/s and 1.40 MiB/s`.
pub(super) fn rates(flow: &Flow) -> String {
    let records = number::rate(flow.records_per_s);
    match flow.bytes_per_s {
        Some(bytes) => format!("{records} and {}", number::byte_rate(bytes)),
        None => records,
    }
}

/// How many shards can be used: `1.5`, `853`.
pub(super) fn usable(shards: f64) -> String {
    if shards < 99.95 { format!("{shards:.1}") } else { number::count(shards.round() as u64) }
}

/// Options worth a try, and what they ask.
pub(super) fn next(study: &Study<'_>) -> Vec<(String, &'static str)> {
    let question = &study.question;
    let mut next = Vec::new();
    let shards = match question.shard_counts.as_slice() {
        [] => study.flat_from().map_or(SHARDS_SUGGESTED, |trial| trial.shard_count.max(2)),
        counts => counts[0],
    };
    if question.shard_counts.is_empty() {
        next.push((format!("--shards {shards}"), "which keys meet on which shard"));
    }
    let can_split = question.salt.is_none() && study.keys.sample().form().is_none();
    if let Some(parts) = study.largest.first().and_then(|key| parts(study, key, shards))
        && can_split
    {
        let why = "what splitting the largest keys would gain";
        next.push((format!("--shards {shards} --salt {parts}"), why));
    }
    next
}

/// Into how many parts the largest key would have to go to be no larger than an even share, or to
/// fit a shard; `None` where it is, and does.
fn parts(study: &Study<'_>, key: &LargeKey, shards: u32) -> Option<u32> {
    let even = (key.part.share * f64::from(shards)).ceil() as u32;
    let fitting = study.question.traffic.map_or(1, |traffic| key.part.of(traffic).parts_needed());
    let parts = u64::from(even).max(fitting).min(u64::from(PARTS_SUGGESTED_MAX)) as u32;
    (parts > 1).then_some(parts)
}
