//! What a plan alone shows, before anything is played. Nothing is said that chance could undo: the
//! figures are means and peaks of what is asked for, and the keys' exact placement.

use super::hot::{FULL, HEADROOM, HotShard, HotShards, KEY_SHARE_LEAST, StreamFull};
use super::key::HotKey;
use super::parting::{self, Binding};
use super::{Evidence, Finding, Severity, reads, slow, small, spread};
use crate::experiment::forecast::{Forecast, StreamForecast};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::model::hashing::{HashRange, shard_id, uniform_ranges};
use crate::model::plan::Plan;

/// More than a limit for a shorter time may fit into a full bucket (s).
const OVER_LEAST_S: f64 = 60.0;
/// Keys named.
const KEYS: usize = 20;

/// The findings of a plan: worst first, then by code, then in order of declaration.
#[must_use]
pub fn foresee(plan: &Plan, forecast: &Forecast) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, stream) in forecast.streams.iter().enumerate() {
        let mut add = |evidence: Evidence| {
            let subject = plan.streams[index].name.clone();
            let severity = super::severity(&evidence);
            findings.push(Finding { severity, subject, evidence });
        };
        of_writes(plan, index, forecast, stream).into_iter().for_each(&mut add);
        let of = |what: fn(&crate::experiment::forecast::ReaderForecast) -> f64| -> Vec<f64> {
            forecast.readers.iter().map(what).collect()
        };
        reads::calls(plan, index, &of(|reader| reader.polls_per_s), None)
            .map(Evidence::ReadCalls)
            .into_iter()
            .for_each(&mut add);
        reads::bytes(plan, index, &of(|reader| reader.demand_bytes_per_s), None)
            .map(Evidence::ReadBytes)
            .into_iter()
            .for_each(&mut add);
        let stored = stream.stored();
        for reader in plan.readers.iter().filter(|reader| reader.stream == index) {
            findings.extend(slow::judge(reader, &stored).map(|slow| Finding {
                severity: Severity::Warning,
                subject: reader.name.clone(),
                evidence: Evidence::SlowReader(slow),
            }));
        }
    }
    findings.sort_by_key(|finding| (finding.severity, finding.evidence.code()));
    findings
}

fn of_writes(
    plan: &Plan,
    index: usize,
    forecast: &Forecast,
    stream: &StreamForecast,
) -> Vec<Evidence> {
    let write = &plan.streams[index].write;
    let busiest = stream.busiest();
    let offer = stream.shards[busiest];
    let load = stream.load(&offer);
    let mut found = Vec::new();
    let over_s = stream.seconds_over(load);
    // Without a placement the busiest shard has at least an even share.
    if load > 1.0 && over_s >= OVER_LEAST_S.min(forecast.judged_s) {
        found.push(too_full(plan, index, forecast, over_s));
    }
    if let Some(placement) = &stream.placement {
        let shards = plan.streams[index].shard_count;
        found.extend(spread::few_keys(placement, shards).map(Evidence::FewKeys));
    }
    // A shard that is nearly full for a shorter time is nothing to speak of.
    let nearly_s = stream.seconds_over(load / spread::LOAD_LEAST * (1.0 + 1e-9));
    if nearly_s < OVER_LEAST_S.min(forecast.judged_s) {
        return found;
    }
    let limits = (write.records_per_s, write.bytes_per_s);
    found.extend(small::find(offer.records, offer.bytes, limits).map(Evidence::RecordsBound));
    if let Some(placement) = &stream.placement {
        let weigh = |offer: &Offer| stream.load(offer);
        found.extend(spread::flat(placement, plan, index, load, weigh).map(Evidence::Flat));
    }
    found
}

/// K101 where others have room, else K108.
fn too_full(plan: &Plan, index: usize, forecast: &Forecast, over_s: f64) -> Evidence {
    let (stream, planned) = (&forecast.streams[index], &plan.streams[index]);
    let count = stream.shards.len();
    let over = |shard: &usize| stream.load(&stream.shards[*shard]) > 1.0;
    let mut hot: Vec<usize> = (0..count).filter(over).collect();
    hot.sort_by(|&a, &b| stream.load(&stream.shards[b]).total_cmp(&stream.load(&stream.shards[a])));
    let all = stream.load(&stream.peak) / count as f64;
    let limits = (planned.write.records_per_s as f64, planned.write.bytes_per_s as f64);
    let plain = |offer: &Offer| (offer.records / limits.0).max(offer.bytes / limits.1);
    let first = &stream.shards[hot[0]];
    let metered = plain(first) <= 1.0;
    // Rounding adds to bytes: where it alone fills the shard, bytes bind.
    let by_bytes = metered || first.bytes / limits.1 > first.records / limits.0;
    let amount = |offer: &Offer| if by_bytes { offer.bytes } else { offer.records };
    let limit_per_s = if by_bytes { limits.1 } else { limits.0 };
    let keys = keys_on(plan, index, stream, &hot);
    let key_alone = keys.iter().find(|key| key.load > 1.0).cloned();
    if hot.len() == count || all > FULL {
        return Evidence::StreamFull(StreamFull {
            over_s,
            judged_s: forecast.judged_s,
            by_bytes,
            offered_per_s: amount(&stream.peak),
            capacity_per_s: limit_per_s * count as f64,
            load: amount(&stream.peak) / limit_per_s / count as f64,
            accepted_load: amount(&stream.peak) / limit_per_s / stream.load(&stream.peak),
            refused_share: None,
            metered,
            shard_count: count,
            shards_needed: (count as f64 * all * HEADROOM).ceil() as u64,
            key_alone,
        });
    }
    let others: Vec<f64> = stream
        .shards
        .iter()
        .map(plain)
        .enumerate()
        .filter(|(n, _)| !hot.contains(n))
        .map(|(_, l)| l)
        .collect();
    let mut found = HotShards {
        over_s,
        judged_s: forecast.judged_s,
        by_bytes,
        limit_per_s,
        even_share: 1.0 / count as f64,
        shards: hot
            .iter()
            .map(|&shard| HotShard {
                id: shard_id(shard as u32),
                share: amount(&stream.shards[shard]) / amount(&stream.peak),
                load: plain(&stream.shards[shard]),
                per_s: amount(&stream.shards[shard]),
                main_key: None,
                split: None,
            })
            .collect(),
        others: others
            .iter()
            .copied()
            .reduce(f64::min)
            .zip(others.iter().copied().reduce(f64::max)),
        others_count: others.len(),
        refused_share: None,
        metered,
        keys,
        key_alone,
        shard_count: count,
        placed: false,
        enough: None,
    };
    found.keys.retain(|key| key.share >= KEY_SHARE_LEAST * found.even_share);
    if let Some(placement) = &stream.placement {
        let binding = match (metered, by_bytes) {
            (true, _) => Binding::Charged,
            (false, true) => Binding::Bytes,
            (false, false) => Binding::Records,
        };
        let loads: Vec<(String, f64)> = hot
            .iter()
            .map(|&shard| (shard_id(shard as u32), stream.load(&stream.shards[shard])))
            .collect();
        parting::add(&mut found, plan, index, placement, binding, |id| {
            loads.iter().find(|(known, _)| known == id).map_or(0.0, |(_, load)| *load)
        });
    }
    Evidence::HotShards(found)
}

/// The heaviest key of each of the `hot` shards, most used first.
fn keys_on(plan: &Plan, index: usize, stream: &StreamForecast, hot: &[usize]) -> Vec<HotKey> {
    let Some(placement) = &stream.placement else { return Vec::new() };
    let ranges: Vec<HashRange> = uniform_ranges(plan.streams[index].shard_count);
    let mut keys: Vec<HotKey> = hot
        .iter()
        .take(KEYS)
        .filter_map(|&shard| heaviest(plan, placement, stream, ranges[shard]))
        .collect();
    keys.sort_by(|a, b| b.share.total_cmp(&a.share));
    keys
}

fn heaviest(
    plan: &Plan,
    placement: &KeyMap,
    stream: &StreamForecast,
    range: HashRange,
) -> Option<HotKey> {
    let key = placement.heaviest(plan, range, |offer| stream.load(offer))?;
    let share = key.offer.records / stream.peak.records;
    Some(HotKey { share, load: stream.load(&key.offer), key: key.key })
}
