//! What became of a stream's shards: who came of whom, when, and by which call.

use crate::experiment::outcome::{Asker, ChangeKind, Outcome, StreamOutcome};
use crate::report::chart::shards::ShardView;
use crate::report::chart::timeline::{footer, span_s};
use crate::report::chart::{
    Body, Chart, Lineage, LineageBar, LineageFill, VerticalMark, of_each, text,
};
use crate::report::event::events;
use crate::scenario::Scenario;
use crate::time::Instant;

/// Shards open at once that can be told apart; with more, hash keys are shown in so many slices.
const ROWS: usize = 64;
/// Columns of time that slices are looked at in.
const COLUMNS: usize = 300;
/// More would hide what they explain.
const CALLS_NAMED: usize = 40;

/// A chart of each stream whose shards changed, and the names of their files.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let changed = (0..outcome.streams.len()).filter(|&index| is_told(&outcome.streams[index]));
    let most = changed.max_by_key(|&index| outcome.streams[index].shards.len());
    of_each(outcome, "reshard-lineage", most, |index| chart(scenario, outcome, index))
}

/// Channels of Firehose have no lineage.
fn is_told(stream: &StreamOutcome) -> bool {
    stream.changes() && !stream.direct
}

fn chart(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Chart> {
    let stream = outcome.streams.get(index).filter(|stream| is_told(stream))?;
    let span = span_s(outcome);
    let most = stream.open_counts().into_iter().map(|it| it.1).max()?;
    let lineage = if most > ROWS { slices(stream, span) } else { shards(stream, span) };
    let target = format!("stream.{}", stream.name);
    let calls = events(scenario, outcome).into_iter().filter(|event| event.target == target);
    let calls = calls.filter(|event| event.what == "call" || event.what == "call_refused");
    let calls: Vec<_> = calls.collect();
    let named = calls.iter().take(CALLS_NAMED);
    let marks = named.map(|event| VerticalMark {
        at_s: event.at.as_s(),
        label: event.label.clone(),
        ends: false,
    });
    let title = finding(outcome, index, stream);
    let closed = stream.shards.iter().filter(|shard| shard.closed.is_some()).count();
    let opened = stream.shards.iter().filter(|shard| !shard.came_of.is_empty()).count();
    Some(Chart {
        alt: format!(
            "{title}. {} closed, {} opened",
            text::counted(closed, "shard"),
            text::whole(opened)
        ),
        title,
        subtitle: "What did the reshard do?".to_owned(),
        footer: footer(scenario, outcome),
        span_s: span,
        marks: marks.collect(),
        body: Body::Lineage(Lineage {
            calls: calls.iter().map(|it| (it.at.as_s(), it.what == "call_refused")).collect(),
            ..lineage
        }),
    })
}

/// A bar a shard.
fn shards(stream: &StreamOutcome, span_s: f64) -> Lineage {
    let bar = |place: usize| {
        let (shard, view) = (&stream.shards[place], ShardView { stream, place });
        LineageBar {
            span_s: (shard.opened.as_s(), shard.closed.map_or(span_s, Instant::as_s)),
            keys: keys(shard.range),
            label: view.number().to_owned(),
            fill: LineageFill::Shard { over: view.offered_percent(span_s) > 100.0 },
        }
    };
    let mut links = Vec::new();
    for shard in &stream.shards {
        for &parent in &shard.came_of {
            let Some(parent) = stream.shards.get(parent as usize) else { continue };
            links.push((shard.opened.as_s(), middle(parent.range), middle(shard.range)));
        }
    }
    Lineage {
        title: "Hash keys of each shard, named by its number, over simulated time".to_owned(),
        bars: (0..stream.shards.len()).map(bar).collect(),
        links,
        calls: Vec::new(),
        most: None,
    }
}

/// How many shards own each slice of the hash keys, column by column: shards that are too many to
/// be told apart.
fn slices(stream: &StreamOutcome, span_s: f64) -> Lineage {
    let width_s = span_s / COLUMNS as f64;
    // What is added to a slice's shards from each column on.
    let mut moves = vec![[0_i64; COLUMNS + 1]; ROWS];
    let column = |at_s: f64| {
        if width_s > 0.0 { ((at_s / width_s).round() as usize).min(COLUMNS) } else { 0 }
    };
    for shard in &stream.shards {
        let (low, high) = keys(shard.range);
        let first = ((low * ROWS as f64 + 1e-9) as usize).min(ROWS - 1);
        let last = ((high * ROWS as f64 - 1e-9) as usize).clamp(first, ROWS - 1);
        let from = column(shard.opened.as_s());
        let until = shard.closed.map_or(COLUMNS, |at| column(at.as_s()));
        for slice in &mut moves[first..=last] {
            slice[from] += 1;
            slice[until] -= 1;
        }
    }
    let mut bars = Vec::new();
    let mut most = 1;
    for (row, moves) in moves.iter().enumerate() {
        let mut open = 0;
        let counts: Vec<usize> = moves[..COLUMNS]
            .iter()
            .map(|change| {
                open += change;
                usize::try_from(open).unwrap_or(0)
            })
            .collect();
        let mut at = 0;
        for run in counts.chunk_by(|a, b| a == b) {
            let (from, until) = (at, at + run.len());
            at = until;
            most = most.max(run[0]);
            bars.push(LineageBar {
                span_s: (from as f64 * width_s, until as f64 * width_s),
                keys: (row as f64 / ROWS as f64, (row + 1) as f64 / ROWS as f64),
                label: text::whole(run[0]),
                fill: LineageFill::Group(run[0]),
            });
        }
    }
    Lineage {
        title: format!("Open shards in each {ROWS}th of the hash keys, over simulated time"),
        bars,
        links: Vec::new(),
        calls: Vec::new(),
        most: Some(most),
    }
}

/// First and last hash key, as parts of all.
fn keys((start, end): (u128, u128)) -> (f64, f64) {
    let all = 2.0 * (1_u128 << 127) as f64;
    (start as f64 / all, (end as f64 / all).min(1.0))
}

fn middle(range: (u128, u128)) -> f64 {
    let (low, high) = keys(range);
    f64::midpoint(low, high)
}

/// How many shards there were, who asked, and how long a change took.
fn finding(outcome: &Outcome, index: usize, stream: &StreamOutcome) -> String {
    let (mut calls, mut refused, mut asked) = (0, 0, None);
    let mut longest = None;
    for change in outcome.changes.iter().filter(|change| change.stream == index) {
        match change.kind {
            ChangeKind::Asked {
                by: Asker::Operator | Asker::Autoscaler, refused: None, ..
            } => {
                calls += 1;
                asked = Some(change.at);
            }
            ChangeKind::Asked { refused: Some(_), .. } => refused += 1,
            ChangeKind::Active => {
                let took = asked.map(|asked| change.at.since(asked));
                longest = longest.max(took);
            }
            _ => {}
        }
    }
    let counts = stream.open_counts();
    let (first, last) = (stream.open_at_first(), counts.last().map_or(0, |it| it.1));
    let most = counts.iter().map(|it| it.1).max().unwrap_or(first);
    let least = counts.iter().map(|it| it.1).min().unwrap_or(first);
    let became = if most > first.max(last) {
        format!("{}, then {}", text::whole(most), text::whole(last))
    } else if least < first.min(last) {
        format!("{}, then {}", text::whole(least), text::whole(last))
    } else {
        text::whole(last)
    };
    let by = match (calls, refused) {
        (0, 0) => "the service split them".to_owned(),
        (n, 0) => text::counted(n, "call"),
        (n, refused) => {
            let all = text::counted(n + refused, "call");
            format!("{all}, {} of them refused", text::whole(refused))
        }
    };
    let longest = longest.filter(|_| calls > 0).map(|took| {
        let took = text::duration(took.as_s());
        if calls == 1 { format!("; it took {took}") } else { format!("; the longest took {took}") }
    });
    let first = text::counted(first, "shard");
    format!("{first} became {became}: {by}{}", longest.unwrap_or_default())
}
