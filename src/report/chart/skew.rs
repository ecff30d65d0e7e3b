//! Whether it is the key: the exact placement of the keys, now and with other numbers of shards.

use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::outcome::Outcome;
use crate::report::chart::ages::capitalised;
use crate::report::chart::timeline::{footer, span_s};
use crate::report::chart::{Body, Chart, Skew, SkewBar, of_each, text};
use crate::report::explanation::quoted;
use crate::scenario::Scenario;

/// Bars shown; with more shards the others are told as one.
const BARS: usize = 24;
/// Keys named in a bar.
const KEYS: usize = 3;
/// A title names a key that is this part of its shard or more.
const KEY_LEAST: f64 = 0.25;
/// Numbers of shards looked at.
const COUNTS: u32 = 64;

/// A chart of the only stream, of each of several, or of the one that is offered most.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let written = |index: usize| outcome.streams[index].write.offered_records;
    let busiest = (0..outcome.streams.len()).rev().max_by_key(|&index| written(index));
    of_each(outcome, "key-skew", busiest, |index| chart(scenario, outcome, index))
}

/// Shares of shards and keys; none where every record has a key of its own, or where there are too
/// many keys.
fn chart(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Chart> {
    let plan = &scenario.plan;
    let records: Vec<f64> =
        outcome.producers.iter().map(|it| it.write.offered_records as f64).collect();
    let map = KeyMap::new(plan, index, &records)?;
    let total = map.total().records;
    if total <= 0.0 || map.is_even() {
        return None;
    }
    let open = plan.streams[index].open_shards();
    let shards = open.len() as u32;
    let percent = |offer: &Offer| offer.records / total * 100.0;
    let mut places: Vec<(usize, f64)> = map.on_each().iter().map(percent).enumerate().collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let shown = if places.len() > BARS { BARS - 1 } else { places.len() };
    let bar = |&(shard, share): &(usize, f64)| SkewBar {
        label: format!("shard {}", open[shard].number),
        share,
        keys: map
            .largest(plan, open[shard].range, KEYS)
            .into_iter()
            .map(|key| (key.key, percent(&key.offer)))
            .collect(),
    };
    let mut bars: Vec<SkewBar> = places[..shown].iter().map(bar).collect();
    if let Some(&(_, share)) = places.get(shown) {
        let label = format!("{} others", text::whole(places.len() - shown));
        bars.push(SkewBar { label, share, keys: Vec::new() });
    }
    let busiest: Vec<f64> = (1..=COUNTS.max(shards.min(4 * COUNTS)))
        .map(|count| map.busiest_share(count, |offer| offer.records) * 100.0)
        .collect();
    let title = finding(&bars, shards, &busiest);
    Some(Chart {
        alt: format!("{title}. Even share {}", text::percent(100.0 / f64::from(shards))),
        title,
        subtitle: "Is it the key?".to_owned(),
        footer: footer(scenario, outcome),
        span_s: span_s(outcome),
        marks: Vec::new(),
        body: Body::Skew(Skew {
            title: "Part of all records, % a shard, largest keys inside".to_owned(),
            bars,
            even: 100.0 / f64::from(shards),
            counts_title: "Busiest shard by number of shards; thin: even share".to_owned(),
            busiest,
            now: places.first().map_or(0.0, |place| place.1),
            shards,
        }),
    })
}

/// The busiest shard's part, and what of it is one key.
fn finding(bars: &[SkewBar], shards: u32, busiest: &[f64]) -> String {
    let Some(first) = bars.first() else { return String::new() };
    let even = 100.0 / f64::from(shards);
    let main = first.keys.first().filter(|(_, share)| *share >= KEY_LEAST * first.share);
    let key = main.map_or_else(String::new, |(key, share)| {
        let part = text::percent(share / first.share * 100.0);
        format!(", {part} of it by {}", quoted(key))
    });
    let doubled = busiest.get(2 * shards as usize - 1);
    let doubled = doubled.map_or_else(String::new, |share| {
        format!(
            "; with {} shards it is {}",
            text::whole(2 * shards as usize),
            text::percent(*share)
        )
    });
    let even = match shards {
        1 => String::new(),
        _ => format!(", {} times an even share", text::significant(first.share / even)),
    };
    let share = text::percent(first.share);
    capitalised(&format!("{} has {share} of all records{even}{key}{doubled}", first.label))
}
