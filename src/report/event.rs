//! What happened in a run at stated moments, in words: faults, actions, and who was current again.

use crate::experiment::catch_up::catch_ups;
use crate::experiment::outcome::Outcome;
use crate::model::events::{ActionKind, BILLION, FaultKind, MILLION, NewRate};
use crate::model::plan::Plan;
use crate::model::registration::registrations;
use crate::report::change::change_events;
use crate::report::{alarm, number, update};
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// When.
    pub(super) at: Instant,
    /// `fault_begins`, `current_again`, `action` and the like: the columns of `events.csv` say all.
    pub(super) what: &'static str,
    /// Whom it concerns: `reader.fraud`.
    pub(super) target: String,
    /// The rest in words.
    pub(super) details: String,
    /// A few words for a chart; empty where it is not marked.
    pub(super) label: String,
}

/// Everything that happened before the run's end, in order of time.
pub(super) fn events(scenario: &Scenario, outcome: &Outcome) -> Vec<Event> {
    let mut events = fault_events(scenario, outcome);
    events.extend(action_events(scenario));
    events.extend(change_events(outcome));
    events.extend(registration_events(scenario));
    events.extend(alarm::events(scenario, &outcome.alarms));
    for (number, consumer) in outcome.consumers.iter().enumerate() {
        for it in catch_ups(scenario, outcome, number) {
            let (Some(at), Some(time)) = (it.current_at, it.time) else { continue };
            let fault = fault_name(&scenario.plan.faults[it.fault].kind);
            let after = number::duration(time.as_s());
            events.push(Event {
                at,
                what: "current_again",
                target: format!("{}.{}", consumer.kind, consumer.name),
                details: format!("{after} after the end of the {fault}"),
                label: String::new(),
            });
        }
    }
    // What is current at the run's end was seen there, and so was an alarm's last datapoint.
    let seen = |what: &str| what == "current_again" || what.starts_with("alarm_");
    events.retain(|event| event.at < outcome.until || seen(event.what));
    events.sort_by_key(|event| event.at);
    events
}

/// What a fault is called in a sentence.
pub(super) fn fault_name(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::ReaderOutage { .. } => "outage",
        FaultKind::Slowdown { .. } => "slowdown",
        FaultKind::PoisonRecord { .. } => "poison-record",
        FaultKind::ReadErrors { .. }
        | FaultKind::PutErrors { .. }
        | FaultKind::StreamErrors { .. } => "api-errors",
        FaultKind::KmsThrottle { .. } => "kms-throttle",
        FaultKind::PutLatency { .. } => "put-latency",
        FaultKind::FunctionErrors { .. } => "error-rate",
        FaultKind::Squeeze { .. } => "concurrency-squeeze",
        FaultKind::DestinationOutage { .. } => "destination-outage",
        FaultKind::ProducerOutage { .. } => "producer-outage",
    }
}

/// How much longer answers to puts take.
fn put_latency(factor: u64, more: Span) -> String {
    let times = number::significant(factor as f64 / MILLION as f64, 3);
    let extra = number::duration(more.as_s());
    match (factor == MILLION, more.is_zero()) {
        (true, _) => format!(", answers take {extra} more"),
        (false, true) => format!(", answers take {times} times as long"),
        (false, false) => format!(", answers take {times} times as long and {extra} more"),
    }
}

/// A few words for a chart: what begins, and that it is over.
fn labels(kind: &FaultKind) -> (&'static str, &'static str) {
    match kind {
        FaultKind::ReaderOutage { .. } | FaultKind::ProducerOutage { .. } => ("down", "back"),
        FaultKind::Slowdown { .. } => ("slow", "as before"),
        FaultKind::PoisonRecord { .. } => ("blocked", "free"),
        FaultKind::PutLatency { .. } => ("slow puts", "as before"),
        FaultKind::Squeeze { .. } => ("squeezed", "as before"),
        FaultKind::DestinationOutage { .. } => ("destination down", "back"),
        FaultKind::FunctionErrors { .. } => ("fails", "as before"),
        FaultKind::KmsThrottle { .. } => ("KMS throttles", "as before"),
        FaultKind::ReadErrors { .. }
        | FaultKind::PutErrors { .. }
        | FaultKind::StreamErrors { .. } => ("errors", "as before"),
    }
}

/// Which shard a record blocked that was not digested.
fn poisoned(outcome: &Outcome, fault: usize) -> String {
    let block = outcome.blocks.iter().find(|block| block.fault == fault);
    let id = block.and_then(|block| {
        let stream = outcome.streams.get(outcome.consumers.get(block.reader)?.stream)?;
        Some(&stream.shards.get(block.shard)?.id)
    });
    id.map_or_else(|| ", no batch failed".to_owned(), |id| format!(", blocks {id}"))
}

fn fault_events(scenario: &Scenario, outcome: &Outcome) -> Vec<Event> {
    let plan = &scenario.plan;
    let mut events = Vec::new();
    for (number, fault) in plan.faults.iter().enumerate() {
        let name = match fault.kind {
            FaultKind::ProducerOutage { producer, .. }
            | FaultKind::PutErrors { producer, .. }
            | FaultKind::PutLatency { producer, .. } => &plan.producers[producer].name,
            FaultKind::ReaderOutage { reader }
            | FaultKind::Slowdown { reader, .. }
            | FaultKind::PoisonRecord { reader, .. }
            | FaultKind::FunctionErrors { reader, .. }
            | FaultKind::Squeeze { reader, .. }
            | FaultKind::DestinationOutage { reader }
            | FaultKind::ReadErrors { reader, .. } => &plan.readers[reader].name,
            FaultKind::StreamErrors { stream, .. } | FaultKind::KmsThrottle { stream, .. } => {
                &plan.streams[stream].name
            }
        };
        let table = match (fault.kind.reader(), fault.kind.stream()) {
            (Some(reader), _) => plan.place_of_consumer(reader).0.name(),
            (_, Some(_)) => "stream",
            _ => "producer",
        };
        let target = format!("{table}.{name}");
        let lasts = number::duration(fault.until.since(fault.from).as_s());
        let more = match fault.kind {
            FaultKind::ReaderOutage { .. } | FaultKind::DestinationOutage { .. } => String::new(),
            FaultKind::PoisonRecord { .. } => poisoned(outcome, number),
            FaultKind::Slowdown { factor, .. } => {
                let factor = factor as f64 / MILLION as f64;
                format!(", processing takes {} times as long", number::significant(factor, 3))
            }
            FaultKind::PutLatency { factor, more, .. } => put_latency(factor, more),
            FaultKind::FunctionErrors { chance, .. } => {
                format!(", {} of invocations fail", number::share(chance as f64 / BILLION as f64))
            }
            FaultKind::Squeeze { most, .. } => format!(", at most {most} invocations at a time"),
            FaultKind::ReadErrors { chance, .. }
            | FaultKind::PutErrors { chance, .. }
            | FaultKind::StreamErrors { chance, .. }
            | FaultKind::KmsThrottle { chance, .. } => {
                format!(", {} of calls fail", number::share(chance as f64 / BILLION as f64))
            }
            FaultKind::ProducerOutage { catch_up: None, .. } => {
                ", its records are not offered".to_owned()
            }
            FaultKind::ProducerOutage { catch_up: Some(over), .. } => {
                let over = number::duration(over.as_s());
                format!(", its records are offered in the {over} after")
            }
        };
        let what = fault_name(&fault.kind);
        let (short, back) = labels(&fault.kind);
        events.push(Event {
            at: fault.from,
            what: "fault_begins",
            target: target.clone(),
            details: format!("{what} for {lasts}{more}"),
            label: format!("{name} {short}"),
        });
        events.push(Event {
            at: fault.until,
            what: "fault_ends",
            target,
            details: what.to_owned(),
            label: format!("{name} {back}"),
        });
    }
    events
}

/// Consumers of enhanced fan-out that came to be in the run (KDS-R32).
fn registration_events(scenario: &Scenario) -> Vec<Event> {
    let mut events = Vec::new();
    for it in registrations(&scenario.plan) {
        let Some(reader) = scenario.plan.readers.get(it.reader) else { continue };
        let event = |at, what, details| Event {
            at,
            what,
            target: format!("reader.{}", reader.name),
            details,
            label: String::new(),
        };
        if it.refused > 0 {
            let calls = number::counted(it.refused, "call");
            let details = format!("RegisterStreamConsumer: LimitExceededException, {calls}");
            events.push(event(it.asked, "registration_refused", details));
        }
        let took = number::duration(it.active.since(it.asked).as_s());
        events.push(event(it.active, "consumer_active", format!("{took} after it was asked for")));
    }
    events
}

/// A function is changed, as is said in a sentence and in a few words.
fn update_event(
    plan: &Plan,
    at: Instant,
    reader: usize,
    (details, label): (String, String),
) -> Event {
    let name = &plan.readers[reader].name;
    let (target, label) = (format!("lambda.{name}"), format!("{name} {label}"));
    Event { at, what: "action", target, details, label }
}

fn action_events(scenario: &Scenario) -> Vec<Event> {
    let plan = &scenario.plan;
    let mut events = Vec::new();
    for action in &plan.actions {
        match action.kind {
            ActionKind::RetentionPeriod { stream, from, to, holds_from } => {
                let increases = to > from;
                let call = if increases { "Increase" } else { "Decrease" };
                let (from, to) = (number::duration(from.as_s()), number::duration(to.as_s()));
                let target = format!("stream.{}", plan.streams[stream].name);
                events.push(Event {
                    at: action.at,
                    what: "action",
                    target: target.clone(),
                    details: format!("{call}StreamRetentionPeriod from {from} to {to}"),
                    label: format!("retention {to}"),
                });
                if increases {
                    events.push(Event {
                        at: holds_from,
                        what: "action_holds",
                        target,
                        details: format!("retention of {to}"),
                        label: "it holds".to_owned(),
                    });
                }
            }
            // What came of the call tells of it.
            ActionKind::Reshard { .. } => {}
            ActionKind::UpdateMapping { reader, change } => {
                let words = (update::words(&change), update::short(&change));
                events.push(update_event(plan, action.at, reader, words));
            }
            ActionKind::Reserve { reader, to } => {
                events.push(update_event(plan, action.at, reader, update::reserved(to)));
            }
            ActionKind::RateChange { producer, to } => {
                let name = &plan.producers[producer].name;
                let to = match to {
                    NewRate::Times(factor) => format!("{factor} times"),
                    NewRate::Constant(rate) => number::rate(rate),
                };
                events.push(Event {
                    at: action.at,
                    what: "action",
                    target: format!("producer.{name}"),
                    details: format!("rate-change to {to}"),
                    label: format!("{name} {to}"),
                });
            }
        }
    }
    events
}
