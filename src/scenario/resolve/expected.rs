//! What is expected of producers that a consumer feeds: what its stream is offered, times what is
//! made of a record.

use super::{Context, fed, key, rate};
use crate::model::facts;
use crate::model::keys::{name_bytes, name_count, name_of};
use crate::model::plan::{
    Between, ExplicitPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, Plan, ProducerPlan,
    ProfilePlan, SizePlan, SourcePlan, StreamMode,
};
use crate::model::profile::offered_of;
use crate::model::record_size;
use crate::scenario::problem::{Code, Path, Problem};
use crate::time::{Instant, Span};
use crate::units::Bytes;

/// Moments at which a rate that is made of several may change.
const POINTS_MAX: usize = 10_000;
/// Keys of several producers that are told apart.
const KEYS_MAX: u32 = 10_000;

/// Puts what is expected of every producer that is fed into the plan, stream by stream along the
/// chains, which have no cycle.
pub(super) fn settle(plan: &mut Plan, cx: &mut Context<'_>) {
    if !fed::is_known(cx) {
        return;
    }
    let fed_from = |plan: &Plan, number: usize| {
        let fed = plan.producers[number].fed?;
        plan.readers.get(fed.consumer).map(|reader| reader.stream)
    };
    let mut left: Vec<usize> =
        (0..plan.producers.len()).filter(|&it| plan.producers[it].fed.is_some()).collect();
    while !left.is_empty() {
        let waits = |number: usize| {
            let from = fed_from(plan, number);
            left.iter().any(|&other| Some(plan.producers[other].stream) == from)
        };
        let (later, ready): (Vec<usize>, Vec<usize>) = left.iter().partition(|&&it| waits(it));
        if ready.is_empty() {
            return;
        }
        for number in ready {
            if let Some(from) = fed_from(plan, number) {
                settle_one(number, from, plan, cx);
            }
        }
        left = later;
    }
}

fn settle_one(number: usize, from: usize, plan: &mut Plan, cx: &mut Context<'_>) {
    let writers: Vec<ProducerPlan> =
        plan.producers.iter().filter(|it| it.stream == from).cloned().collect();
    let end = Instant::ZERO + plan.duration;
    let offered: Vec<f64> = writers.iter().map(|it| offered_of(it, end)).collect();
    let mut expected = profile(&writers, most(plan, from), plan.duration);
    let producer = &mut plan.producers[number];
    let Some(mut fed) = producer.fed else { return };
    for point in &mut expected.points {
        point.1 *= fed.records_per_record;
    }
    cx.expected_records += rate::expected_records(&expected, plan.duration);
    let path = Path::of("producer").index(number);
    let SourcePlan::Synthetic { rate, sizes, keys, .. } = &mut producer.source else { return };
    *rate = expected;
    let whole = mean(&writers, &offered, |it| mean_record(it, plan.duration));
    if fed.same_key.is_some() {
        check_keys(&writers, &path, cx);
        let explicit = keys.explicit.take();
        *keys = KeyPlan { explicit, ..keys_of(&writers, &offered) };
        let length = mean(&writers, &offered, |it| key::mean(keys_in(it), plan.duration));
        fed.same_key = Some(length.round() as u32);
    }
    if fed.same_size {
        let room = plan.streams[producer.stream].record_max;
        if plan.streams[from].record_max > room {
            check_sizes(&writers, room, &path, cx);
        }
        *sizes = match writers.as_slice() {
            [ProducerPlan { source: SourcePlan::Synthetic { sizes, .. }, .. }]
                if fed.same_key.is_some() =>
            {
                sizes.clone()
            }
            _ => {
                let data = whole - key::mean(keys, plan.duration);
                SizePlan::Constant(Bytes(data.round().max(0.0) as u64))
            }
        };
    }
    producer.fed = Some(fed);
}

fn keys_in(producer: &ProducerPlan) -> &KeyPlan {
    let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) = &producer.source;
    keys
}

/// The mean of something over all records of `writers`.
fn mean(writers: &[ProducerPlan], offered: &[f64], of: impl Fn(&ProducerPlan) -> f64) -> f64 {
    let total: f64 = offered.iter().sum();
    let sum = writers.iter().zip(offered).map(|(it, count)| of(it) * count).sum::<f64>();
    if total > 0.0 { sum / total } else { writers.first().map_or(0.0, of) }
}

/// Mean size of a record with its key (bytes).
fn mean_record(producer: &ProducerPlan, duration: Span) -> f64 {
    match &producer.source {
        SourcePlan::Synthetic { sizes, keys, .. } => {
            record_size::mean(sizes) + key::mean(keys, duration)
        }
        SourcePlan::Trace { rows, keys } => {
            let bytes = rows.iter().map(|it| u64::from(it.bytes) + name_bytes(keys, it.key));
            bytes.sum::<u64>() as f64 / (rows.len() as f64).max(1.0)
        }
    }
}

/// The largest record of a producer, its key not counted (bytes).
fn largest(producer: &ProducerPlan) -> u64 {
    match &producer.source {
        SourcePlan::Synthetic { sizes, .. } => record_size::largest(sizes),
        SourcePlan::Trace { rows, .. } => {
            rows.iter().map(|it| u64::from(it.bytes)).max().unwrap_or(0)
        }
    }
}

/// The most records a second that stream number `stream` stores, where its shards stay what they
/// are [records/s].
fn most(plan: &Plan, stream: usize) -> f64 {
    let it = &plan.streams[stream];
    let stays = plan.scalers.is_empty() && plan.actions.is_empty();
    if stays && it.mode == StreamMode::Provisioned {
        f64::from(it.shard_count) * it.write.records_per_s as f64
    } else {
        f64::INFINITY
    }
}

/// What `writers` offer together, at most `most` [records/s].
fn profile(writers: &[ProducerPlan], most: f64, duration: Span) -> ProfilePlan {
    let rates: Vec<&ProfilePlan> = writers
        .iter()
        .filter_map(|it| match &it.source {
            SourcePlan::Synthetic { rate, .. } => Some(rate),
            SourcePlan::Trace { .. } => None,
        })
        .collect();
    let count: usize = rates.iter().map(|rate| rate.points.len()).sum();
    let mut sum = if rates.len() < writers.len() || count > POINTS_MAX {
        let end = Instant::ZERO + duration;
        let records: f64 = writers.iter().map(|it| offered_of(it, end)).sum();
        let points = vec![(Instant::ZERO, records / duration.as_s().max(1e-9))];
        ProfilePlan { points, between: Between::Steps }
    } else {
        together(&rates)
    };
    for point in &mut sum.points {
        point.1 = point.1.min(most);
    }
    sum
}

/// The sum of rates.
fn together(rates: &[&ProfilePlan]) -> ProfilePlan {
    if let [only] = rates {
        return (*only).clone();
    }
    let steps = rates.iter().all(|rate| rate.between == Between::Steps);
    let mut moments: Vec<Instant> = vec![Instant::ZERO];
    for rate in rates {
        for &(at, _) in &rate.points {
            moments.push(at);
            if !steps && rate.between == Between::Steps {
                // Just before a step, so that a straight line leads there.
                moments.push(Instant::from_ns(at.as_ns().saturating_sub(1)));
            }
        }
    }
    moments.sort_unstable();
    moments.dedup();
    let sum = |at: Instant| rates.iter().map(|rate| value(rate, at)).sum::<f64>();
    let points = moments.into_iter().map(|at| (at, sum(at))).collect();
    ProfilePlan { points, between: if steps { Between::Steps } else { Between::Ramps } }
}

/// A rate at a moment [records/s].
fn value(rate: &ProfilePlan, at: Instant) -> f64 {
    let next = rate.points.partition_point(|point| point.0 <= at);
    let Some(&(from, first)) = next.checked_sub(1).and_then(|it| rate.points.get(it)) else {
        return 0.0;
    };
    match rate.points.get(next) {
        Some(&(to, last)) if rate.between == Between::Ramps => {
            first + (last - first) * (at.since(from).as_s() / to.since(from).as_s())
        }
        _ => first,
    }
}

/// The keys that records of `writers` have: of one producer its own; of several, where they can be
/// listed, all of them; else new ones, about as long.
fn keys_of(writers: &[ProducerPlan], offered: &[f64]) -> KeyPlan {
    if let [only] = writers {
        return KeyPlan { explicit: None, ..keys_in(only).clone() };
    }
    let plain = |it: &ProducerPlan| {
        let keys = keys_in(it);
        keys.drift == KeyDrift::None && name_count(&keys.names) > 0
    };
    let count: u32 = writers.iter().map(|it| name_count(&keys_in(it).names)).sum();
    let (names, weights) = if writers.iter().all(plain) && count <= KEYS_MAX {
        let (mut names, mut weights) = (Vec::new(), Vec::new());
        for (writer, part) in writers.iter().zip(offered) {
            let keys = keys_in(writer);
            let own = crate::model::key_weights::initial(keys);
            let sum: f64 = own.iter().sum();
            for (index, weight) in (0..).zip(own) {
                names.push(name_of(keys, index));
                weights.push(weight / sum * part.max(f64::MIN_POSITIVE));
            }
        }
        (KeyNames::Listed(names.into()), KeyWeights::Listed(weights.into()))
    } else {
        let bytes = mean(writers, offered, |it| key::mean(keys_in(it), Span::from_s(1)));
        (KeyNames::Random { bytes: bytes.round() as u64 }, KeyWeights::Uniform)
    };
    KeyPlan { names, weights, drift: KeyDrift::None, explicit: None, placement: 0 }
}

/// Where explicit hash keys, or chance, decide the shard, a log knows nothing of partition keys.
fn check_keys(writers: &[ProducerPlan], path: &Path, cx: &mut Context<'_>) {
    let Some(hashed) = writers.iter().find(|it| keys_in(it).explicit.is_some()) else { return };
    let what = match keys_in(hashed).explicit {
        Some(ExplicitPlan::Random) => "chance decides its shards",
        _ => "it sets explicit hash keys",
    };
    let message = "the keys of the records read are not known here";
    let problem = Problem::new(Code::Contradiction, &path.key("source"), message);
    let problem = problem.note(format!("producer {} writes them, and {what}", hashed.name));
    cx.problem(problem.help("write a `partition_key` for what is made of them"));
}

/// As large as the record read may be too large (KDS-W08).
fn check_sizes(writers: &[ProducerPlan], room: Bytes, path: &Path, cx: &mut Context<'_>) {
    let Some(large) = writers.iter().find(|it| largest(it) > room.0) else { return };
    let message = format!("records of producer {} may be larger than {room}", large.name);
    let problem = Problem::new(Code::RecordTooLarge, &path.key("source"), message);
    let problem = problem.note(format!(
        "a stream takes {} unless `max_record_size` says more (fact KDS-W08)",
        facts::RECORD_BYTES_DEFAULT
    ));
    cx.problem(problem.help("write a `record_size` for what is made of them"));
}
