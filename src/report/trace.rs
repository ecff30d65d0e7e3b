//! `trace.json`: a run for a trace viewer, in the format of Chrome's.
//!
//! A process a function, a thread a lane; slices on a thread never overlap. Beside them a process
//! with counters of each stream and consumer, interval by interval, and with what happened.

use serde_json::{Value, json};

use crate::experiment::outcome::Outcome;
use crate::experiment::trace::Slice;
use crate::model::observation::Answer;
use crate::report::event::events;
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// The name of the file.
pub const FILE: &str = "trace.json";

/// The process of counters and marks; those of consumers follow.
const STREAM: u64 = 1;

/// The trace as JSON, an event a line; `None` where none was taken.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Option<Vec<u8>> {
    let trace = outcome.trace.as_ref()?;
    let mut all = vec![named("process_name", STREAM, 0, "streams and consumers")];
    for (number, consumer) in outcome.consumers.iter().enumerate() {
        let Some(lambda) = scenario.plan.readers.get(number).and_then(|it| it.lambda()) else {
            continue;
        };
        let process = process(number);
        let name = format!("{} {}", consumer.kind, consumer.name);
        all.push(named("process_name", process, 0, &name));
        let shards = outcome.streams.get(consumer.stream).map_or(&[][..], |it| &it.shards);
        for (shard, of) in (0_u32..).zip(shards) {
            for lane in 0..lambda.factor_max {
                let name = match lambda.factor_max {
                    1 => of.id.clone(),
                    _ => format!("{} lane {}", of.id, lane + 1),
                };
                all.push(named("thread_name", process, thread(shard, lane), &name));
            }
        }
    }
    all.extend(trace.slices.iter().chain(&trace.running).map(invocation));
    all.extend(counters(outcome));
    for event in events(scenario, outcome) {
        let name = format!("{} {}", event.what, event.target);
        all.push(json!({
            "name": name, "ph": "i", "s": "g", "ts": us(event.at), "pid": STREAM, "tid": 0,
            "args": { "details": event.details },
        }));
    }
    let lines: Vec<String> = all.iter().map(Value::to_string).collect();
    let cut = if trace.cut { ",\"truncated\":true" } else { "" };
    let text = format!(
        "{{\"displayTimeUnit\":\"ms\"{cut},\"traceEvents\":[\n{}\n]}}\n",
        lines.join(",\n")
    );
    Some(text.into_bytes())
}

fn process(consumer: usize) -> u64 {
    STREAM + 1 + consumer as u64
}

/// Lanes are at most ten, so that each has a number of its own.
fn thread(shard: u32, lane: u32) -> u64 {
    1 + u64::from(shard) * 10 + u64::from(lane)
}

fn named(what: &str, process: u64, thread: u64, name: &str) -> Value {
    json!({ "name": what, "ph": "M", "pid": process, "tid": thread, "args": { "name": name } })
}

fn invocation(slice: &Slice) -> Value {
    let answer = match slice.answer {
        Some(Answer::Done) => "done",
        Some(Answer::Partly(_)) => "partly done",
        Some(Answer::Failed) => "failed",
        Some(Answer::TimedOut) => "timed out",
        Some(Answer::Lost) => "lost",
        None => "running",
    };
    let done = match slice.answer {
        Some(Answer::Done) => slice.records,
        Some(Answer::Partly(done)) => done,
        _ => 0,
    };
    let name = match answer {
        "done" => slice.records.to_string(),
        _ => format!("{} {answer}", slice.records),
    };
    json!({
        "name": name, "cat": answer, "ph": "X", "pid": process(slice.reader),
        "tid": thread(slice.shard, slice.lane), "ts": us(slice.began),
        "dur": micros(slice.until.since(slice.began)),
        "args": {
            "records": slice.records, "records_done": done, "bytes": slice.bytes,
            "iterator_age_ms": slice.age.as_ns() as f64 / 1e6,
            "cold_start_ms": slice.start.as_ns() as f64 / 1e6, "answer": answer,
        },
    })
}

/// What flowed, each interval at its beginning.
fn counters(outcome: &Outcome) -> Vec<Value> {
    let mut all = Vec::new();
    let counter = |name: String, at: Instant, args: Value| {
        let ts = us(at);
        json!({ "name": name, "ph": "C", "pid": STREAM, "tid": 0, "ts": ts, "args": args })
    };
    let end = outcome.until;
    for (place, flow) in outcome.timeline.iter().enumerate() {
        let seconds = (flow.start + outcome.interval).min(end).since(flow.start).as_s();
        let per_s = |records: u64| records as f64 / seconds.max(f64::MIN_POSITIVE);
        for stream in &outcome.streams {
            let Some(write) = stream.timeline.get(place).map(|it| &it.write) else { continue };
            let args = json!({
                "accepted": per_s(write.accepted_records), "throttled": per_s(write.throttled),
            });
            all.push(counter(format!("{} writes [records/s]", stream.name), flow.start, args));
        }
        for (consumer, read) in outcome.consumers.iter().zip(&flow.reads) {
            let args = json!({ "backlog": read.backlog_records });
            all.push(counter(format!("{} backlog [records]", consumer.name), flow.start, args));
        }
    }
    all
}

/// Microseconds since the beginning, as the format counts.
fn us(at: Instant) -> f64 {
    at.as_ns() as f64 / 1e3
}

fn micros(span: Span) -> f64 {
    span.as_ns() as f64 / 1e3
}
