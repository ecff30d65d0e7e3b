//! A run's timeline as steps of rates, shares, and ages.

use crate::experiment::outcome::{Ended, Flow, Outcome, StreamOutcome, Writes};
use crate::report::chart::{Step, VerticalMark, text};
use crate::report::event::events;
use crate::scenario::Scenario;

/// Simulated time shown: what the run covered (s).
pub(super) fn span_s(outcome: &Outcome) -> f64 {
    outcome.until.as_s()
}

/// A step an interval; `value` is given the flow and the interval's length (s).
pub(super) fn steps(outcome: &Outcome, value: impl Fn(&Flow, f64) -> Option<f64>) -> Vec<Step> {
    steps_by_place(outcome, |place, seconds| value(outcome.timeline.get(place)?, seconds))
}

/// The same, where `value` is given the interval's place in the timeline.
pub(super) fn steps_by_place(
    outcome: &Outcome,
    value: impl Fn(usize, f64) -> Option<f64>,
) -> Vec<Step> {
    let starts = outcome.timeline.iter().map(|flow| flow.start);
    let ends = starts.skip(1).chain([outcome.until]);
    outcome
        .timeline
        .iter()
        .zip(ends)
        .enumerate()
        .filter_map(|(place, (flow, end))| {
            let seconds = end.since(flow.start).as_s();
            let (from_s, to_s) = (flow.start.as_s(), end.as_s());
            (seconds > 0.0).then(|| Step { from_s, to_s, value: value(place, seconds) })
        })
        .collect()
}

/// The largest value of some steps; zero where there is none.
pub(super) fn highest(steps: &[Step]) -> f64 {
    steps.iter().filter_map(|step| step.value).fold(0.0, f64::max)
}

/// What one shard of the run takes on average over all streams: records/s and bytes/s.
pub(super) fn shard_limits(outcome: &Outcome) -> (f64, f64) {
    let count = |stream: &StreamOutcome| stream.shards.len() as f64;
    let shards: f64 = outcome.streams.iter().map(count).sum();
    let mean = |limit: fn(&StreamOutcome) -> u64| {
        let sum: f64 = outcome.streams.iter().map(|s| count(s) * limit(s) as f64).sum();
        if shards > 0.0 { sum / shards } else { 0.0 }
    };
    (mean(|stream| stream.limit_records_per_s), mean(|stream| stream.limit_bytes_per_s))
}

/// The larger of two shares of a limit, in percent: records and bytes over what could be taken.
pub(super) fn percent_of(records: f64, bytes: f64, limits: (f64, f64)) -> f64 {
    let share = |amount: f64, limit: f64| if limit > 0.0 { amount / limit * 100.0 } else { 0.0 };
    share(records, limits.0).max(share(bytes, limits.1))
}

/// Records and bytes of all attempts that came to a shard, refused ones included: what failed
/// within the service before took nothing of a limit.
pub(super) fn brought(write: &Writes) -> (f64, f64) {
    let records = write.attempts.saturating_sub(write.failed);
    (records as f64, write.accepted_bytes as f64 + write.throttled_bytes as f64)
}

/// The writes a title speaks of: those that are judged, or all where the warm-up never ended.
pub(super) fn judged(outcome: &Outcome) -> &Writes {
    if outcome.write_judged.attempts == 0 { &outcome.write } else { &outcome.write_judged }
}

/// What a title says where no judged write was refused.
pub(super) fn unthrottled(outcome: &Outcome) -> &'static str {
    match outcome.write.throttled {
        0 => "nothing was throttled",
        _ => "nothing was throttled after the warm-up",
    }
}

/// What all streams take in an interval, by its place: records/s and bytes/s.
pub(super) fn capacity(outcome: &Outcome, place: usize) -> (f64, f64) {
    outcome.streams.iter().fold((0.0, 0.0), |sum, stream| {
        let open = stream.timeline.get(place).map_or(0.0, |flow| f64::from(flow.open_shards));
        let (records, bytes) = (stream.limit_records_per_s, stream.limit_bytes_per_s);
        (sum.0 + open * records as f64, sum.1 + open * bytes as f64)
    })
}

/// What the whole run offered, in percent of what its shards could have taken.
pub(super) fn offered_percent(outcome: &Outcome) -> f64 {
    let sum = |pick: fn((f64, f64)) -> f64| -> f64 {
        let steps = steps_by_place(outcome, |place, seconds| {
            Some(pick(capacity(outcome, place)) * seconds)
        });
        steps.iter().filter_map(|step| step.value).sum()
    };
    let limits = (sum(|it| it.0), sum(|it| it.1));
    percent_of(outcome.write.offered_records as f64, outcome.write.offered_bytes as f64, limits)
}

/// Refused attempts in percent of all attempts (D2).
pub(super) fn throttled_percent(write: &Writes) -> f64 {
    if write.attempts == 0 { 0.0 } else { write.throttled as f64 / write.attempts as f64 * 100.0 }
}

/// Scenario, seed, version; how far a run came that did not end by itself.
pub(super) fn footer(scenario: &Scenario, outcome: &Outcome) -> String {
    let name = &scenario.name;
    let seed = scenario.plan.seed;
    let hash: String = scenario.hash.chars().take(8).collect();
    let version = env!("CARGO_PKG_VERSION");
    let stopped = match outcome.ended {
        Ended::Completed => String::new(),
        Ended::Interrupted => format!(" · interrupted at {}", text::duration(span_s(outcome))),
        Ended::MemoryLimit { .. } => {
            format!(" · out of memory at {}", text::duration(span_s(outcome)))
        }
        Ended::EventLimit { .. } => {
            format!(" · event limit reached at {}", text::duration(span_s(outcome)))
        }
    };
    format!("{name} · seed {seed} · scenario {hash} · kinesim {version}{stopped}")
}

/// Moments that change how the lines are read.
pub(super) fn vertical_marks(scenario: &Scenario, outcome: &Outcome) -> Vec<VerticalMark> {
    let at_s = scenario.plan.warm_up.as_s();
    let mut marks = Vec::new();
    if at_s > 0.0 && at_s < span_s(outcome) {
        marks.push(VerticalMark { at_s, label: "warm-up ends".to_owned(), ends: true });
    }
    marks.extend(event_marks(scenario, outcome));
    marks.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    marks
}

/// More would hide what they explain.
const EVENTS_MARKED: usize = 40;

/// Faults and actions; what happens at one moment shares a mark.
pub(super) fn event_marks(scenario: &Scenario, outcome: &Outcome) -> Vec<VerticalMark> {
    let mut marks: Vec<VerticalMark> = Vec::new();
    for event in events(scenario, outcome).into_iter().filter(|event| !event.label.is_empty()) {
        let at_s = event.at.as_s();
        let ends = matches!(event.what, "fault_ends" | "alarm_ends");
        if let Some(last) = marks.last_mut().filter(|last| last.at_s.total_cmp(&at_s).is_eq()) {
            last.label = format!("{}, {}", last.label, event.label);
            last.ends &= ends;
        } else {
            marks.push(VerticalMark { at_s, label: event.label, ends });
        }
    }
    marks.truncate(EVENTS_MARKED);
    marks
}

/// The same for those who cannot see them: `. At 20 min: fraud down`.
pub(super) fn events_in_words(marks: &[VerticalMark]) -> String {
    let told = marks.iter().map(|it| format!(". At {}: {}", text::duration(it.at_s), it.label));
    told.collect()
}
