//! A shard that a record blocked for a function: what was tried, and when it went on.

use crate::experiment::outcome::{Answer, Attempt, Block, Outcome};
use crate::report::chart::frame::SMALL;
use crate::report::chart::label::shorten;
use crate::report::chart::timeline::footer;
use crate::report::chart::{AttemptBar, Attempts, Body, Chart, Role, VerticalMark, text};
use crate::scenario::Scenario;
use crate::time::Instant;

/// Blocks with a chart each.
const SHOWN: usize = 12;
/// A name's part of a title [px].
const WIDEST_NAME: f64 = 160.0;
/// Attempts shown after it was free.
const AFTERWARDS: usize = 3;
/// What follows the last moment is shown for this part of the time before.
const AFTER: f64 = 0.15;

/// A chart of the only block, or of each of several by its fault.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    // A reader tries all of its batch again, always alike: there is nothing to see.
    let alone = outcome.blocks.iter().filter(|block| !block.tried.is_empty()).count() == 1;
    let stem = |block: &Block| match (alone, block.fault) {
        (true, _) => "blocked-shard".to_owned(),
        (false, 0) => "blocked-shard-fault".to_owned(),
        (false, n) => format!("blocked-shard-fault-{}", n + 1),
    };
    let of = |block: &Block| Some((stem(block), chart(scenario, outcome, block)?));
    outcome.blocks.iter().filter_map(of).take(SHOWN).collect()
}

fn chart(scenario: &Scenario, outcome: &Outcome, block: &Block) -> Option<Chart> {
    let consumer = outcome.consumers.get(block.reader)?;
    let stream = outcome.streams.get(consumer.stream)?;
    let fault = scenario.plan.faults.get(block.fault)?;
    let shard = stream.shards.get(block.shard)?;
    let since = |at: Instant| at.since(block.from).as_s();
    let free = block.freed.map(|(at, _)| at);
    let goes_on = free.is_none() && fault.until >= outcome.until;
    // When it was over, and the last moment that is worth a look.
    let (end, last) = match free {
        Some(at) => (at, at),
        None if goes_on => (outcome.until, outcome.until),
        None => (block.until, fault.until.max(block.until)),
    };
    let shown_s = if goes_on { since(last) } else { since(last) * (1.0 + AFTER) };
    let bars = bars(block, end, shown_s);
    if bars.is_empty() {
        return None;
    }
    let name = shorten(&consumer.name, SMALL, WIDEST_NAME);
    let place = shard.id.trim_start_matches("shardId-").trim_start_matches('0');
    let place = if place.is_empty() { "0" } else { place };
    let lane = match lanes(scenario, block) {
        1 => format!("shard {place}"),
        _ => format!("lane {} of shard {place}", block.lane? + 1),
    };
    let (began, lasted) = (text::duration(block.from.as_s()), text::duration(since(end)));
    let still = if goes_on { ", to the run's end" } else { "" };
    let attempts = text::counted(block.attempts as usize, "attempt");
    let title = format!("A record blocked {lane} of {name} for {lasted}{still}: {attempts} failed");
    let alt = format!(
        "{title}. From {began} on. The first batch has {}, the smallest part that failed {}",
        text::counted(block.records as usize, "record"),
        bars.iter().filter(|bar| bar.failed).map(|bar| bar.records).min().unwrap_or(0),
    );
    Some(Chart {
        title,
        subtitle: format!("What was tried on it, and when did it go on? First attempt at {began}."),
        footer: footer(scenario, outcome),
        alt,
        span_s: shown_s,
        marks: moments(block, (fault.until, free), shown_s),
        body: Body::Attempts(Attempts { bars, done: Role::of_consumer(consumer.kind) }),
    })
}

/// What was tried up to `end`, and a little of what came after it.
fn bars(block: &Block, end: Instant, shown_s: f64) -> Vec<AttemptBar> {
    let since = |at: Instant| at.since(block.from).as_s();
    let past = block.tried.iter().filter(|it| it.ended > end).take(AFTERWARDS);
    let tried = block.tried.iter().filter(|it| it.ended <= end).chain(past);
    let bar = |it: &Attempt| AttemptBar {
        span_s: (since(it.began), since(it.ended)),
        records: it.records,
        failed: !matches!(it.answer, Answer::Done | Answer::Partly(_)),
    };
    tried.filter(|it| since(it.began) <= shown_s).map(bar).collect()
}

/// The end of the fault, where it is in view, and the moment at which the lane was free.
fn moments(
    block: &Block,
    (fault_ends, free): (Instant, Option<Instant>),
    shown_s: f64,
) -> Vec<VerticalMark> {
    let since = |at: Instant| at.since(block.from).as_s();
    let mark = |at: Instant, label: &str, ends: bool| VerticalMark {
        at_s: since(at),
        label: label.to_owned(),
        ends,
    };
    let in_view = fault_ends > block.from && since(fault_ends) <= shown_s;
    let ends = in_view.then(|| mark(fault_ends, "fault ends", true));
    let how = if block.freed.is_some_and(|(_, given_up)| given_up) { "given up" } else { "free" };
    let free = free.map(|at| mark(at, how, false));
    let mut marks: Vec<VerticalMark> = ends.into_iter().chain(free).collect();
    marks.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    marks
}

/// Lanes of a shard, of a function.
fn lanes(scenario: &Scenario, block: &Block) -> u32 {
    scenario.plan.lambda_at(block.reader, block.from).map_or(1, |lambda| lambda.factor)
}
