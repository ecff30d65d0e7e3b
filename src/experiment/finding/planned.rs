//! What a plan alone shows, before anything is played. Nothing is said that chance could undo: the
//! figures are means and peaks of what is asked for, and the keys' exact placement.

use super::hot::{FULL, HEADROOM, HotShard, HotShards, KEY_SHARE_LEAST, StreamFull};
use super::key::HotKey;
use super::parting::{self, Binding, Parted};
use super::{
    Evidence, Finding, Severity, direct, function, is_scaled, objects, reads, refused, slow, small,
    spread,
};
use crate::experiment::forecast::{Forecast, StreamForecast};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::key_shares::drifts;
use crate::model::hashing::{HashRange, shard_id};
use crate::model::plan::{Plan, ShardPlan};

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
        if plan.streams[index].direct.is_some() {
            direct::foresee(plan, index, forecast, stream).into_iter().for_each(&mut add);
            findings.extend(of_objects(plan, index, stream));
            continue;
        }
        refused::foresee(plan, index).map(Evidence::RefusedCalls).into_iter().for_each(&mut add);
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
        findings.extend(of_objects(plan, index, stream));
        let of_functions = function::foresee(plan, index, forecast, stream);
        findings.extend(of_functions.into_iter().filter(|it| super::is_steady(plan, it)));
    }
    findings.sort_by_key(|finding| (finding.severity, finding.evidence.code()));
    findings
}

/// What is to be said of the objects made of a stream.
fn of_objects(plan: &Plan, index: usize, stream: &StreamForecast) -> Vec<Finding> {
    let mut findings = Vec::new();
    for reader in plan.readers.iter().filter(|reader| reader.stream == index) {
        let small = objects::small_ahead(reader, stream).map(Evidence::SmallObjects);
        let rounded = objects::rounded_ahead(reader, stream).map(Evidence::Rounded);
        findings.extend(small.into_iter().chain(rounded).map(|evidence| Finding {
            severity: super::severity(&evidence),
            subject: reader.name.clone(),
            evidence,
        }));
    }
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
    // Where their number changes, nobody knows how many shards there are when the peak comes.
    let is_fixed = !is_scaled(plan, index);
    if is_fixed && load > 1.0 && over_s >= OVER_LEAST_S.min(forecast.judged_s) {
        found.push(too_full(plan, index, forecast, over_s));
    }
    if let Some(placement) = stream.placement.as_ref().filter(|_| is_fixed) {
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
    if let Some(placement) = stream.placement.as_ref().filter(|_| is_fixed) {
        let weigh = |offer: &Offer| stream.load(offer);
        found.extend(spread::flat(placement, plan, index, load, weigh).map(Evidence::Flat));
    }
    found
}

/// A stream at its peak, and what binds its fullest shard.
struct Peak<'f> {
    stream: &'f StreamForecast,
    /// Its shards, in the same order.
    open: &'f [ShardPlan],
    over_s: f64,
    judged_s: f64,
    /// Records and bytes a second a shard takes.
    limits: (f64, f64),
    /// Whether only the rounding of sizes fills the fullest shard.
    metered: bool,
    by_bytes: bool,
}

impl Peak<'_> {
    /// What is offered over a limit, before sizes are rounded up.
    fn plain(&self, offer: &Offer) -> f64 {
        (offer.records / self.limits.0).max(offer.bytes / self.limits.1)
    }

    fn amount(&self, offer: &Offer) -> f64 {
        if self.by_bytes { offer.bytes } else { offer.records }
    }

    fn limit(&self) -> f64 {
        if self.by_bytes { self.limits.1 } else { self.limits.0 }
    }
}

/// K101 where others have room, else K108.
fn too_full(plan: &Plan, index: usize, forecast: &Forecast, over_s: f64) -> Evidence {
    let (stream, write) = (&forecast.streams[index], &plan.streams[index].write);
    let count = stream.shards.len();
    let load = |shard: usize| stream.load(&stream.shards[shard]);
    let mut hot: Vec<usize> = (0..count).filter(|&shard| load(shard) > 1.0).collect();
    hot.sort_by(|&a, &b| load(b).total_cmp(&load(a)));
    let first = &stream.shards[hot[0]];
    let limits = (write.records_per_s as f64, write.bytes_per_s as f64);
    let (by_records, by_bytes) = (first.records / limits.0, first.bytes / limits.1);
    let metered = by_records.max(by_bytes) <= 1.0;
    // Rounding adds to bytes: where it alone fills the shard, bytes bind.
    let by_bytes = metered || by_bytes > by_records;
    let judged_s = forecast.judged_s;
    let open = plan.streams[index].open_shards();
    let peak = Peak { stream, open: &open, over_s, judged_s, limits, metered, by_bytes };
    let keys = keys_on(plan, stream, &hot);
    if hot.len() == count || stream.load(&stream.peak) / count as f64 > FULL {
        return Evidence::StreamFull(stream_full(&peak, &keys));
    }
    let mut found = hot_shards(&peak, &hot, keys);
    // Where keys change, a split would part one time and not another.
    if let Some(map) = stream.placement.as_ref().filter(|_| !drifts(plan, index)) {
        let binding = match (metered, by_bytes) {
            (true, _) => Binding::Charged,
            (false, true) => Binding::Bytes,
            (false, false) => Binding::Records,
        };
        let parted = |shard: usize| Parted {
            id: shard_id(open[shard].number),
            range: open[shard].range,
            load: load(shard),
        };
        let parted: Vec<Parted> = (0..count).map(parted).collect();
        parting::add(&mut found, plan, map, binding, &parted);
    }
    Evidence::HotShards(found)
}

fn stream_full(peak: &Peak<'_>, keys: &[HotKey]) -> StreamFull {
    let (stream, shards) = (peak.stream, peak.stream.shards.len() as f64);
    let offered_per_s = peak.amount(&stream.peak);
    let charged = stream.load(&stream.peak);
    StreamFull {
        over_s: peak.over_s,
        judged_s: peak.judged_s,
        from_s: None,
        by_bytes: peak.by_bytes,
        offered_per_s,
        capacity_per_s: peak.limit() * shards,
        load: offered_per_s / peak.limit() / shards,
        accepted_load: offered_per_s / peak.limit() / charged,
        refused_share: None,
        metered: peak.metered,
        shard_count: stream.shards.len(),
        shards_needed: (charged * HEADROOM).ceil() as u64,
        key_alone: keys.iter().find(|key| key.load > 1.0).cloned(),
    }
}

fn hot_shards(peak: &Peak<'_>, hot: &[usize], mut keys: Vec<HotKey>) -> HotShards {
    let stream = peak.stream;
    let count = stream.shards.len();
    let even_share = 1.0 / count as f64;
    let others = (0..count).filter(|shard| !hot.contains(shard));
    let loads: Vec<f64> = others.map(|shard| peak.plain(&stream.shards[shard])).collect();
    let shard = |&shard: &usize| HotShard {
        id: shard_id(peak.open[shard].number),
        share: peak.amount(&stream.shards[shard]) / peak.amount(&stream.peak),
        load: peak.plain(&stream.shards[shard]),
        per_s: peak.amount(&stream.shards[shard]),
        main_key: None,
        split: None,
    };
    let key_alone = keys.iter().find(|key| key.load > 1.0).cloned();
    keys.retain(|key| key.share >= KEY_SHARE_LEAST * even_share);
    HotShards {
        over_s: peak.over_s,
        judged_s: peak.judged_s,
        from_s: None,
        by_bytes: peak.by_bytes,
        limit_per_s: peak.limit(),
        even_share,
        shards: hot.iter().map(shard).collect(),
        others: loads.iter().copied().reduce(f64::min).zip(loads.iter().copied().reduce(f64::max)),
        others_count: loads.len(),
        refused_share: None,
        metered: peak.metered,
        keys,
        key_alone,
        shard_count: count,
        placed: false,
        enough: None,
    }
}

/// The heaviest key of each of the `hot` shards, most used first.
fn keys_on(plan: &Plan, stream: &StreamForecast, hot: &[usize]) -> Vec<HotKey> {
    let Some(placement) = &stream.placement else { return Vec::new() };
    let mut keys: Vec<HotKey> = hot
        .iter()
        .take(KEYS)
        .filter_map(|&shard| heaviest(plan, placement, stream, placement.ranges()[shard]))
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
