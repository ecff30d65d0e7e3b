//! What a producer could do: other keys for its largest ones, several records a call.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::experiment::bill::Item;
use crate::experiment::forecast::Forecast;
use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::key_shares::shares;
use crate::experiment::placement::salted_name;
use crate::experiment::size::knob::{self, Setting};
use crate::experiment::size::scan::Method;
use crate::experiment::size::search::{Bench, Search};
use crate::experiment::size::workload::{Workload, has_keys};
use crate::model::facts::PARTITION_KEY_CHARS_MAX;
use crate::model::keys;
use crate::model::plan::{Api, KeyDrift, KeyNames, KeyWeights, Plan, ProducerPlan, SourcePlan};
use crate::time::Instant;

/// A change of the producers that makes a cheaper setting hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What they do.
    pub kind: Kind,
    /// The setting, by its place among the scores.
    pub score: usize,
}

/// What producers do.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The largest keys of one are written as several each, in turn.
    Salt {
        /// The producer.
        producer: String,
        /// The keys, largest first.
        keys: Vec<String>,
        /// Keys in the place of each.
        parts: u32,
    },
    /// PutRecords in place of PutRecord.
    Batch {
        /// The producers.
        producers: Vec<String>,
        /// How long a record waits for company at most (ms).
        linger_ms: u64,
    },
}

/// Whether an item is billed to consumers.
pub(super) const fn is_of_consumers(item: Item) -> bool {
    matches!(
        item,
        Item::LambdaRequests
            | Item::LambdaDuration
            | Item::FirehoseIngest
            | Item::FirehoseConversion
            | Item::S3Requests
    )
}

/// How many of the largest keys are split, and into how many each.
const SPLIT: [usize; 4] = [1, 2, 4, 8];
const PARTS: [u32; 3] = [2, 4, 8];
/// Numbers of shards that are played with keys split.
const TRIES: usize = 4;
/// A producer with more keys gets no list of them (its text would be too long).
const KEYS_MAX: usize = 100_000;
/// How long a call is filled.
const LINGER_MS: u64 = 100;
/// A change that needs as many shards is told if it saves such a part of the cost.
const SAVED_LEAST: f64 = 0.01;

/// Changes that make a better setting hold than `best`.
pub(super) fn find<B: Bench>(
    search: &mut Search<'_, B>,
    work: &Workload,
    (stream, range): (usize, (u32, u32)),
    best: Option<usize>,
) -> Result<Vec<Change>, B::Error> {
    // As few shards as the best has may still be better: calls that hold more cost less.
    let most = best.map_or(range.1, |best| search.scores[best].shards);
    let range = (range.0.min(most), most);
    let mut changes = Vec::new();
    if let Some((kind, score)) = salt(search, work, (stream, range))? {
        changes.push(Change { kind, score });
    }
    if let Some((kind, score)) = batch(search, work, (stream, range))? {
        changes.push(Change { kind, score });
    }
    changes.retain(|it| best.is_none_or(|best| pays(search, best, it.score)));
    Ok(changes)
}

/// Whether a changed producer is better by enough to speak of: nobody gives up an order of records
/// for a few cents.
fn pays<B: Bench>(search: &Search<'_, B>, best: usize, changed: usize) -> bool {
    let [before, after] = [best, changed].map(|place| &search.scores[place]);
    let is_enough =
        after.shards < before.shards || after.dollars() <= (1.0 - SAVED_LEAST) * before.dollars();
    is_enough && search.choose(&[best, changed]) == Some(changed)
}

/// A way to split keys, and where they would fall.
struct Salted {
    producer: usize,
    keys: Vec<String>,
    parts: u32,
    file: (String, Arc<str>),
    /// Numbers of shards of which none would be offered more than the busiest is today.
    counts: Vec<u32>,
}

fn salt<B: Bench>(
    search: &mut Search<'_, B>,
    work: &Workload,
    (stream, range): (usize, (u32, u32)),
) -> Result<Option<(Kind, usize)>, B::Error> {
    let plan = &search.scenario.plan;
    let fewer = (range.0, range.1.saturating_sub(1));
    let mut ways: Vec<Salted> = Vec::new();
    for (producer, it) in plan.producers.iter().enumerate() {
        if it.stream != stream || !can_salt(it) {
            continue;
        }
        for split in SPLIT {
            let all = PARTS.into_iter();
            ways.extend(
                all.filter_map(|parts| salted(plan, work, producer, (split, parts), fewer)),
            );
        }
    }
    let fewest = |it: &&Salted| (it.counts[0], it.keys.len() as u32 * it.parts);
    let Some(way) = ways.iter().filter(|it| !it.counts.is_empty()).min_by_key(fewest) else {
        return Ok(None);
    };
    let name = plan.producers[way.producer].name.clone();
    let mut base = Setting::default().with(
        &format!("producer.{name}.partition_key"),
        format!("{{ file = \"{}\" }}", way.file.0),
    );
    base.files.push(way.file.clone());
    if !search.is_sound(&base) {
        return Ok(None);
    }
    let combinations = knob::combinations(&search.demand.knobs);
    let counts = &way.counts[..way.counts.len().min(TRIES)];
    let found = search.refine(&base, counts, &combinations)?;
    let kind = Kind::Salt { producer: name, keys: way.keys.clone(), parts: way.parts };
    Ok(found.map(|place| (kind, place)))
}

/// Whether keys can be listed: they are named, and used alike all the time.
fn can_salt(producer: &ProducerPlan) -> bool {
    let SourcePlan::Synthetic { keys, .. } = &producer.source else { return false };
    has_keys(producer)
        && producer.fed.is_none()
        && keys.drift == KeyDrift::None
        && (2..=KEYS_MAX).contains(&(keys::key_count(keys) as usize))
}

fn salted(
    plan: &Plan,
    work: &Workload,
    producer: usize,
    (split, parts): (usize, u32),
    (from, to): (u32, u32),
) -> Option<Salted> {
    let source = &plan.producers[producer].source;
    let SourcePlan::Synthetic { keys, .. } = source else { return None };
    let weights = shares(source, Instant::ZERO + plan.duration).0;
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    order.truncate(split);
    if order.len() < split {
        return None;
    }
    let (mut names, mut each) = (Vec::new(), Vec::new());
    for (place, weight) in weights.iter().enumerate() {
        let name = keys::name_of(keys, place as u32);
        if order.contains(&place) {
            names.extend((0..parts).map(|part| salted_name(&name, part)));
            each.extend((0..parts).map(|_| weight / f64::from(parts)));
        } else {
            names.push(name);
            each.push(*weight);
        }
    }
    if names.iter().any(|name| name.chars().count() > PARTITION_KEY_CHARS_MAX) {
        return None;
    }
    let file = (format!("keys-{split}x{parts}.csv"), key_file(&names, &each).into());
    let mut changed = plan.clone();
    if let SourcePlan::Synthetic { keys, .. } = &mut changed.producers[producer].source {
        keys.names = KeyNames::Listed(Arc::new(names));
        keys.weights = KeyWeights::Listed(Arc::new(each));
    }
    let means: Vec<f64> = Forecast::new(plan).producers.iter().map(|it| it.mean_per_s).collect();
    let map = KeyMap::new(&changed, plan.producers[producer].stream, &means)?;
    let busiest = |shards: &u32| {
        let loads = map.spread(*shards);
        loads.iter().map(|offer: &Offer| work.load_of(offer)).fold(0.0, f64::max)
    };
    let counts = (from..=to).filter(|shards| busiest(shards) <= 1.0).collect();
    let keys = order.iter().map(|&place| keys::name_of(keys, place as u32)).collect();
    Some(Salted { producer, keys, parts, file, counts })
}

/// The keys with their weights, as scenarios read them.
fn key_file(names: &[String], weights: &[f64]) -> String {
    let mut text = "key,weight\n".to_owned();
    for (name, weight) in names.iter().zip(weights) {
        let is_plain = !name.contains([',', '"', '\n', '\r']);
        let name =
            if is_plain { name.clone() } else { format!("\"{}\"", name.replace('"', "\"\"")) };
        let _ = writeln!(text, "{name},{weight}");
    }
    text
}

/// PutRecords where a producer calls PutRecord.
fn batch<B: Bench>(
    search: &mut Search<'_, B>,
    work: &Workload,
    (stream, range): (usize, (u32, u32)),
) -> Result<Option<(Kind, usize)>, B::Error> {
    let single = |it: &&ProducerPlan| it.stream == stream && it.client.api == Api::PutRecord;
    let writers = search.scenario.plan.producers.iter().filter(single);
    let producers: Vec<String> = writers.map(|it| it.name.clone()).collect();
    let base = producers.iter().fold(Setting::default(), |all, name| {
        all.with(&format!("producer.{name}.api"), "\"PutRecords\"")
            .with(&format!("producer.{name}.linger"), format!("\"{LINGER_MS} ms\""))
    });
    if producers.is_empty() || !search.is_sound(&base) {
        return Ok(None);
    }
    let turns = work.may_turn(range.0, range.1);
    let method = if turns { Method::Exhaustive } else { Method::Bisection };
    let (_, found) = search.settle(&base, range, method, work)?;
    Ok(found.map(|place| (Kind::Batch { producers, linger_ms: LINGER_MS }, place)))
}
