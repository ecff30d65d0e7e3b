//! Derived quantities: what follows from a scenario before it is played, each with its arithmetic.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::experiment::forecast::{self, FilledBy, Forecast, ProducerForecast, StreamForecast};
use crate::experiment::key_map::{KEYS_MAX, Offer};
use crate::model::facts;
use crate::model::plan::{Api, Plan, ProducerPlan, Rounding, StreamPlan};
use crate::report::explanation::quoted;
use crate::report::number;
use crate::scenario::Scenario;
use crate::time::Instant;

/// What follows of one producer, stream or reader.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// `producer`, `stream`, `reader` or `lambda`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The figures by name; every name ends in its unit.
    pub values: BTreeMap<&'static str, f64>,
    /// How each comes about.
    pub arithmetic: BTreeMap<&'static str, String>,
    #[serde(skip)]
    rows: Vec<Row>,
}

/// One figure in words.
#[derive(Clone, Debug)]
struct Row {
    label: &'static str,
    value: String,
    how: String,
}

/// All that follows from the scenario, producers first.
#[must_use]
pub fn derive(scenario: &Scenario, forecast: &Forecast) -> Vec<Group> {
    let plan = &scenario.plan;
    let producers = plan.producers.iter().zip(&forecast.producers);
    let mut groups: Vec<Group> =
        producers.map(|(plan_of, it)| producer(plan, plan_of, it, forecast.judged_s)).collect();
    groups.extend((0..plan.streams.len()).map(|index| {
        let direct = super::direct::put(plan, forecast, index);
        direct.unwrap_or_else(|| stream(plan, forecast, index))
    }));
    let polls = |index: &usize| plan.streams[plan.readers[*index].stream].direct.is_none();
    let readers = (0..plan.readers.len()).filter(polls);
    groups.extend(readers.map(|index| super::reading::reader(plan, forecast, index)));
    groups
}

/// The groups as lines of at most 88 columns.
#[must_use]
pub fn lines(groups: &[Group]) -> String {
    const LABEL: usize = 22;
    const VALUE: usize = 12;
    const INDENT: usize = 2 + LABEL + 1 + VALUE + 3;
    let mut text = String::new();
    for group in groups {
        text += group.kind;
        text += " `";
        text += &quoted(&group.name);
        text += "`\n";
        for row in &group.rows {
            let head = format!("  {:<LABEL$} {:>VALUE$}   ", row.label, row.value);
            let how =
                super::wrapped(&row.how, 88 - INDENT).replace('\n', &format!("\n{:INDENT$}", ""));
            text += (head + &how).trim_end();
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

impl Group {
    pub(super) fn new(kind: &'static str, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            values: BTreeMap::new(),
            arithmetic: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a figure: its name with the unit, its label, its value as a number and as text, and how
    /// it comes about.
    pub(super) fn add(
        &mut self,
        (name, label): (&'static str, &'static str),
        (value, text): (f64, String),
        how: String,
    ) {
        self.values.insert(name, value);
        self.arithmetic.insert(name, how.clone());
        self.rows.push(Row { label, value: text, how });
    }
}

fn producer(plan: &Plan, of: &ProducerPlan, it: &ProducerForecast, judged_s: f64) -> Group {
    let mut group = Group::new("producer", &of.name);
    let judged = number::duration(judged_s);
    group.add(
        ("mean_records_per_s", "mean rate"),
        (it.mean_per_s, number::rate(it.mean_per_s)),
        format!("over {judged}"),
    );
    group.add(
        ("peak_records_per_s", "peak rate"),
        (it.peak_per_s, number::rate(it.peak_per_s)),
        match of.instances {
            1 => String::new(),
            n => {
                let each = number::rate(it.peak_per_s / f64::from(n));
                format!("{each} each of {} instances", number::count(u64::from(n)))
            }
        },
    );
    let direct = plan.streams[of.stream].direct.is_some();
    let parts = if direct {
        "data alone: records of Firehose have no keys".to_owned()
    } else {
        format!(
            "= {} of data + {} of key (KDS-W04)",
            number::bytes(it.record.bytes - it.key_bytes),
            number::bytes(it.key_bytes)
        )
    };
    group.add(("record_bytes", "record"), (it.record.bytes, number::bytes(it.record.bytes)), parts);
    if direct {
        calls(&mut group, of, it);
        return group;
    }
    let rounding = plan.streams[of.stream].write.rounding;
    let how = match (rounding, of.client.api) {
        (Rounding::None, _) => "sizes are not rounded up",
        (Rounding::Kib, Api::PutRecord) => "each record rounded up to whole KiB (KDS-W06)",
        (Rounding::Kib, Api::PutRecords { .. }) => {
            "at least: a call adds less than 1 KiB on each shard it touches (KDS-W07)"
        }
    };
    let charged = it.record.charged;
    group.add(
        ("charged_record_bytes", "charged"),
        (charged, number::bytes(charged)),
        how.to_owned(),
    );
    calls(&mut group, of, it);
    group
}

fn calls(group: &mut Group, of: &ProducerPlan, it: &ProducerForecast) {
    let each = it.mean_per_s / f64::from(of.instances);
    let bursts = forecast::bursts(of).map(|(size, _)| number::count(u64::from(size)));
    let how = match (of.client.api, it.filled_by) {
        (Api::PutRecords { linger }, Some(FilledBy::Linger)) if bursts.is_some() => {
            format!("bursts of {} that come within {linger}", bursts.unwrap_or_default())
        }
        (Api::PutRecords { linger }, Some(FilledBy::Linger)) => {
            format!("= 1 + {} x {linger}: `linger` ends a call", number::rate(each))
        }
        (Api::PutRecords { linger }, Some(FilledBy::Records)) => {
            format!("a call is full before its {linger} are over (KDS-W11)")
        }
        (Api::PutRecords { linger }, Some(FilledBy::Bytes)) => {
            format!("its bytes are full before the call's {linger} are over (KDS-W12, FH-07)")
        }
        _ => "PutRecord carries one".to_owned(),
    };
    let records = it.records_per_call;
    group.add(("records_per_call", "records a put call"), (records, few(records)), how);
    let calls = it.mean_per_s / records;
    group.add(
        ("calls_per_s", "put calls"),
        (calls, number::rate(calls)),
        format!("= {} / {}", number::rate(it.mean_per_s), few(records)),
    );
}

/// A number of records, without a fraction where it has none.
fn few(records: f64) -> String {
    if records.fract() == 0.0 {
        number::count(records as u64)
    } else {
        number::significant(records, 3)
    }
}

fn stream(plan: &Plan, forecast: &Forecast, index: usize) -> Group {
    let (of, it) = (&plan.streams[index], &forecast.streams[index]);
    let mut group = Group::new("stream", &of.name);
    let shards = f64::from(of.shard_count);
    even(&mut group, of, &it.mean, false);
    if (it.load(&it.peak) / it.load(&it.mean).max(f64::MIN_POSITIVE) - 1.0).abs() > 1e-9 {
        even(&mut group, of, &it.peak, true);
    }
    let (by_records, by_bytes) = loads(of, &it.peak);
    let least = by_records.max(by_bytes).ceil();
    group.add(
        ("shards_if_even", "shards, if even"),
        (least, number::count(least as u64)),
        format!(
            "= the larger of {} and {}, rounded up, no headroom (KDS-F04)",
            number::significant(by_records, 3),
            number::significant(by_bytes, 3)
        ),
    );
    let busiest = it.busiest();
    let offer = it.shards[busiest];
    let share = it.load(&offer) / it.load(&it.peak).max(f64::MIN_POSITIVE);
    let number = of.open_shards()[busiest].number;
    let placed = match &it.placement {
        None => format!("more than {} keys are not placed", number::count(KEYS_MAX)),
        Some(placement) => match placement.key_count() {
            Some(keys) => format!(
                "shard {number}, where {} fall; even {}",
                number::counted(keys as u64, "key"),
                number::share(1.0 / shards)
            ),
            None => format!("shard {number}; records with new keys spread evenly"),
        },
    };
    group.add(
        ("busiest_shard_share", "busiest shard's part"),
        (share, number::share(share)),
        placed,
    );
    let (by_records, by_bytes) = loads(of, &offer);
    group.add(
        ("busiest_peak_records_per_s", "its records at peak"),
        (offer.records, number::rate(offer.records)),
        format!("{} of {}", number::fullness(by_records), records_limit(of)),
    );
    group.add(
        ("busiest_peak_charged_bytes_per_s", "its bytes at peak"),
        (offer.charged, number::byte_rate(offer.charged)),
        format!("{} of {}", number::fullness(by_bytes), bytes_limit(of)),
    );
    largest_key(&mut group, plan, it, busiest);
    super::reading::shared(&mut group, plan, forecast, index);
    kms_calls(&mut group, plan, of);
    group
}

/// What KMS is asked for an encrypted stream.
fn kms_calls(group: &mut Group, plan: &Plan, of: &StreamPlan) {
    let Some(encryption) = of.encryption else { return };
    let judged = (Instant::ZERO + plan.duration).since(Instant::ZERO + plan.warm_up);
    let calls = encryption.kms_calls(judged);
    group.add(
        ("kms_calls", "KMS calls, about"),
        (calls as f64, number::count(calls)),
        format!(
            "in {}: {} in {} for each of {} credentials; readers at the tip (KDS-K02, KDS-K03)",
            number::duration(judged.as_s()),
            facts::KMS_CALLS,
            facts::KMS_CALLS_PERIOD,
            number::count(u64::from(encryption.credentials))
        ),
    );
}

/// What each shard has if all have the same, on average or at the peak.
fn even(group: &mut Group, of: &StreamPlan, offer: &Offer, at_peak: bool) {
    let shards = number::counted(u64::from(of.shard_count), "shard");
    let each = offer.times(1.0 / f64::from(of.shard_count));
    let (by_records, by_bytes) = loads(of, &each);
    let (records, bytes) = if at_peak {
        (
            ("even_peak_records_per_s", "records a shard, peak"),
            ("even_peak_charged_bytes_per_s", "bytes a shard, peak"),
        )
    } else {
        (
            ("even_mean_records_per_s", "records a shard, mean"),
            ("even_mean_charged_bytes_per_s", "bytes a shard, mean"),
        )
    };
    group.add(
        records,
        (each.records, number::rate(each.records)),
        format!(
            "= {} / {shards}: {} of {}",
            number::rate(offer.records),
            number::fullness(by_records),
            records_limit(of)
        ),
    );
    group.add(
        bytes,
        (each.charged, number::byte_rate(each.charged)),
        format!(
            "= {} / {shards}: {} of {}",
            number::byte_rate(offer.charged),
            number::fullness(by_bytes),
            bytes_limit(of)
        ),
    );
}

/// The largest key of the busiest shard, and whether a shard can hold it (KDS-F13).
fn largest_key(group: &mut Group, plan: &Plan, it: &StreamForecast, busiest: usize) {
    let Some(placement) = &it.placement else { return };
    let range = placement.ranges()[busiest];
    let Some(key) = placement.heaviest(plan, range, |offer| it.load(offer)) else {
        return;
    };
    let load = it.load(&key.offer);
    let fits = match load.ceil() as u64 {
        0 | 1 => "a shard holds it (KDS-F13)".to_owned(),
        n => format!("no shard holds it: spread over {} keys at least (KDS-F13)", number::count(n)),
    };
    group.add(
        ("largest_key_load_share", "its largest key"),
        (load, number::fullness(load)),
        format!("of a shard's limit at peak: {}; {fits}", quoted(&key.key)),
    );
}

/// Parts of a shard's limits: records and charged bytes.
fn loads(of: &StreamPlan, offer: &Offer) -> (f64, f64) {
    let write = &of.write;
    (offer.records / write.records_per_s as f64, offer.charged / write.bytes_per_s as f64)
}

fn records_limit(of: &StreamPlan) -> String {
    format!("{}/s (KDS-W02)", number::count(of.write.records_per_s))
}

fn bytes_limit(of: &StreamPlan) -> String {
    format!("{} (KDS-W01)", number::byte_rate(of.write.bytes_per_s as f64))
}
