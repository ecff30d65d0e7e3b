//! Where and when records were refused.

use crate::experiment::outcome::Outcome;
use crate::report::chart::shards::{REFUSED, ShardView, grid, rows};
use crate::report::chart::timeline::{event_marks, footer, span_s};
use crate::report::chart::{Body, Chart, HeatMap, HeatUnit, text};
use crate::scenario::Scenario;

/// Shard by time, coloured by refused records a second; none where none was refused.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    if outcome.write.throttled == 0 {
        return None;
    }
    let streams: Vec<_> = outcome.streams.iter().filter(|it| !it.direct).collect();
    if streams.iter().all(|stream| stream.write.throttled == 0) {
        return None;
    }
    let (shards, time) = grid(outcome, &streams)?;
    let (rows, grouped) = rows(streams.len() > 1, &shards, &time, &REFUSED);
    let most = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.mean).fold(0.0, f64::max);
    let title = finding(outcome, &shards);
    Some(Chart {
        alt: format!("{title}. The highest mean of any cell is {}/s", text::number(most)),
        title,
        subtitle: "Where were records refused?".to_owned(),
        footer: footer(scenario, outcome),
        span_s: span_s(outcome),
        marks: event_marks(scenario, outcome),
        body: Body::HeatMap(HeatMap {
            unit: HeatUnit::PerSecond { most },
            title: if grouped {
                format!(
                    "Refused records/s over simulated time, most first, of {} shards",
                    text::whole(shards.len())
                )
            } else {
                "Refused records/s over simulated time, each refusal of a record counted".to_owned()
            },
            bar_title: "Whole run".to_owned(),
            column_s: time.width_s,
            rows,
        }),
    })
}

/// How many shards refused records, and which of them most.
fn finding(outcome: &Outcome, shards: &[ShardView<'_>]) -> String {
    let refused = |shard: &ShardView<'_>| shard.outcome().write.throttled;
    let all: u64 = shards.iter().map(refused).sum();
    let count = shards.iter().filter(|shard| refused(shard) > 0).count();
    // Of equals the first: `max_by_key` alone would keep the last.
    let most = shards.iter().rev().max_by_key(|shard| refused(shard));
    let per_s = |records: u64| {
        let seconds = span_s(outcome);
        let rate = if seconds > 0.0 { records as f64 / seconds } else { 0.0 };
        text::number(rate)
    };
    let (total, of_all) = (per_s(outcome.write.throttled), text::whole(shards.len()));
    let several = outcome.streams.len() > 1;
    match most {
        Some(most) if count > 1 => {
            let part = refused(most) as f64 / (all as f64).max(1.0) * 100.0;
            format!(
                "{} of {of_all} shards refused {total} records/s; {} {} of them",
                text::whole(count),
                most.name(several),
                text::percent(part)
            )
        }
        Some(most) if count == 1 && shards.len() > 1 => {
            let name = most.name(several);
            format!("Only {name} of {of_all} refused records: {total}/s")
        }
        _ => format!("{total} records/s were refused"),
    }
}
