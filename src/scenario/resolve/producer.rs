//! `[[producer]]`.

use std::sync::Arc;

use super::size::Room;
use super::{Context, client, direct, fed, key, rate, size, window};
use crate::model::plan::{
    ArrivalsPlan, ExplicitPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, Plan, ProducerPlan,
    SizePlan, SourcePlan,
};
use crate::model::profile::offered_of;
use crate::model::record_size::mean;
use crate::scenario::file::{ProducerTable, SizeWord, TraceTable};
use crate::scenario::inputs::{RecordColumns, Replay, read_first_date, read_records};
use crate::scenario::moment::Begin;
use crate::scenario::or_table::{OrTable, Table};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, float, quoted};
use crate::time::Instant;
use crate::units::Bytes;

/// Records a run may offer.
const RECORDS_MAX: f64 = 1e13;
/// Bytes likewise: with retries they are counted in 64 bits.
const BYTES_MAX: f64 = 1e17;

pub(super) fn producer(
    mut table: ProducerTable,
    name: String,
    (stream, largest): (usize, Bytes),
    path: &Path,
    feeders: &fed::Feeders<'_>,
    cx: &mut Context<'_>,
) -> Option<ProducerPlan> {
    if !cx.sound(path) {
        return None;
    }
    cx.resolved.table("[[producer]]");
    cx.producer.clone_from(&name);
    let origin = if table.name.is_some() { None } else { Some(Origin::Default) };
    cx.resolved.line("name", &quoted(&name), origin);
    for (field, given) in [("stream", &table.stream), ("target", &table.target)] {
        if let Some(name) = given {
            cx.resolved.line(field, &quoted(name), None);
        }
    }
    let keys_sound = table.target.is_none() || direct::check_keys(&table, path, cx);
    let instances = table.instances.take().map(|count| count.0);
    let instances =
        cx.resolved.pick("instances", instances, (1, Origin::Default), u64::to_string) as u32;
    // All are tried before the first failure counts: each may have problems to report.
    let explicit = table.explicit_hash_key.take();
    let explicit_sound = explicit.is_some();
    let explicit =
        explicit.and_then(|given| key::explicit(given, &path.key("explicit_hash_key"), cx));
    let explicit_sound = !explicit_sound || explicit.is_some();
    let drifts = matches!(&table.partition_key, Some(OrTable::Table(keys))
        if keys.changes.is_some() || keys.rotate.is_some());
    if explicit.is_some() && drifts {
        let message = "`changes` and `rotate` mean nothing beside `explicit_hash_key`";
        let problem = Problem::new(Code::Pointless, &path.key("explicit_hash_key"), message);
        cx.problem(problem.note("it decides the shard in place of the key").help("leave it out"));
    }
    let is_fed = table.source.is_some();
    if !keys_sound {
        return None;
    }
    let unfed = is_fed || fed::check_unfed(&table, path, cx);
    let (fed, source) = if is_fed {
        fed::fed(&mut table, (stream, largest), path, feeders, cx).unzip()
    } else {
        let source = match table.trace.take() {
            Some(Table(trace)) => traced(&mut table, trace, largest, path, cx),
            None if unfed => synthetic(&mut table, instances, largest, path, cx),
            None => None,
        };
        (None, source.filter(|_| unfed))
    };
    let client = client::client(&mut table, path, cx);
    let mut source = source.filter(|_| explicit_sound)?;
    match &mut source {
        SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. } => {
            keys.explicit = explicit.or(keys.explicit.take());
        }
    }
    Some(ProducerPlan { name, stream, instances, source, fed, client })
}

fn synthetic(
    table: &mut ProducerTable,
    instances: u32,
    largest: Bytes,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<SourcePlan> {
    let keys = match table.target {
        Some(_) => Some(direct::NO_KEYS),
        None => key::keys(table.partition_key.take(), &path.key("partition_key"), cx),
    };
    let room = keys.as_ref().map_or(0, key::longest);
    let room = Room { largest, keys: room };
    let from_rate = match &table.rate {
        Some(OrTable::Table(rate)) => rate.bytes.is_some(),
        _ => false,
    };
    let mut sizes = match table.record_size.take().and_then(SizeWord::own) {
        Some(given) => size::sizes(given, room, &path.key("record_size"), cx),
        None if from_rate => None,
        None => {
            cx.missing(path, "record_size", "`record_size = \"1 KiB\"`");
            None
        }
    };
    if from_rate && sizes.is_some() {
        let message = "`record_size` and `rate.bytes` exclude each other";
        let problem = Problem::new(Code::Contradiction, &path.key("record_size"), message).at_key();
        cx.problem(
            problem.note("the mean size follows from the bytes").help("keep one of the two"),
        );
    }
    let Some(given) = table.rate.take() else {
        cx.missing(path, "rate", "`rate = \"1k/s\"`");
        return None;
    };
    let key_bytes = keys.as_ref().map(|keys| key::mean(keys, cx.duration));
    let mean_bytes = || match (key_bytes, &sizes) {
        (Some(key), Some(sizes)) => key + size::mean(sizes),
        // One of them has a problem: the rate is only checked.
        _ => 1.0,
    };
    let at = path.key("rate");
    let load = rate::rate(given, mean_bytes, &at, cx)?;
    if let (Some(mean), Some(key)) = (load.record_bytes, key_bytes) {
        sizes = size::of_mean(mean, key, room, &at.key("bytes"), cx);
    }
    let rate::Load { profile: rate, arrivals, .. } = load;
    let expected = rate::expected_records(&rate, cx.duration);
    cx.expected_records += expected;
    if let ArrivalsPlan::Bursty { size, every } = arrivals {
        let ticks = cx.duration.as_s() / every.as_s() * f64::from(instances);
        let bursts = expected / f64::from(size) / ticks;
        cx.resolved.comment(&format!("rate.burst: {bursts:.3} bursts at each tick on average"));
    }
    Some(SourcePlan::Synthetic { rate, arrivals, sizes: sizes?, keys: keys? })
}

/// The key and size that stand in for columns a trace does not have.
struct StandIn {
    key: Option<String>,
    size: Option<Bytes>,
}

fn traced(
    table: &mut ProducerTable,
    trace: TraceTable,
    largest: Bytes,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<SourcePlan> {
    let at = path.key("trace");
    if trace.file.is_none() {
        cx.missing(&at, "file", "`file = \"records.csv\"`");
    }
    if trace.time.is_none() {
        cx.missing(&at, "time", "`time = \"epoch_s\"`, the column with the time");
    }
    let room = Room { largest, keys: 0 };
    let stand_in = stand_in(table, &trace, room, path, cx)?;
    let (file, time) = (trace.file?, trace.time?);
    cx.resolved.line("trace.file", &quoted(&file), None);
    cx.resolved.line("trace.time", &quoted(&time), None);
    for (field, column) in [("trace.key", &trace.key), ("trace.size", &trace.size)] {
        if let Some(column) = column {
            cx.resolved.line(field, &quoted(column), None);
        }
    }
    let mut factor = |key: &str, given: Option<f64>| {
        cx.resolved.pick(key, given, (1.0, Origin::Default), |v| float(*v))
    };
    let speed = factor("trace.speed", trace.speed.as_ref().map(|factor| factor.0));
    let scale = factor("trace.scale", trace.scale.as_ref().map(|factor| factor.0));
    let columns = RecordColumns {
        time: &time,
        key: trace.key.as_deref(),
        size: trace.size.as_deref(),
        constant_size: stand_in.size.unwrap_or_default(),
    };
    let seed = cx.seed;
    let window = window(trace.from, (&file, &time), speed, &at, cx)?;
    let at = at.key("file");
    let replay = Replay { speed, scale, window };
    let records = cx.read(&at, &file, |bytes| read_records(bytes, &columns, replay, seed))?;
    if records.rows.is_empty() {
        let message = format!("`{file}` has no records");
        cx.problem(Problem::new(Code::BadContent, &at, message));
        return None;
    }
    cx.expected_records += records.rows.len() as f64;
    let (names, counts) = match stand_in.key {
        Some(key) => (vec![key], vec![records.rows.len() as f64]),
        None => (records.keys, records.counts.iter().map(|count| *count as f64).collect()),
    };
    let keyed = table.target.is_none();
    if keyed && !key::check_keys_of_file(&names, &file, &at, cx) {
        return None;
    }
    let length = |row: &crate::model::plan::TraceRow| {
        let key = names.get(row.key as usize).map_or(0, String::len);
        u64::from(row.bytes) + key as u64
    };
    let longest = Bytes(records.rows.iter().map(length).max().unwrap_or(0));
    let keys = KeyPlan {
        names: KeyNames::Listed(Arc::new(names)),
        weights: KeyWeights::Listed(Arc::new(counts)),
        drift: KeyDrift::None,
        // Chance decides where records without keys go.
        explicit: (!keyed).then_some(ExplicitPlan::Random),
        placement: 0,
    };
    size::fits(longest, room, &at, cx)
        .then(|| SourcePlan::Trace { rows: Arc::new(records.rows), keys })
}

/// The part of a trace that is played [ns since 1970]; the inner `None` stands for all of it.
#[expect(clippy::option_option, reason = "all of it, and a problem, are two things")]
fn window(
    from: Option<Begin>,
    (file, time): (&str, &str),
    speed: f64,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<(i128, i128)>> {
    if from.is_none() && cx.start.is_none() {
        return Some(None);
    }
    let first = cx.read(&path.key("file"), file, |bytes| read_first_date(bytes, time))?;
    let from = window::from(from, first.is_some(), "trace.from", path, cx)?;
    let played = (cx.duration.as_ns() as f64 * speed).min(1e19) as i128;
    Some(from.map(|from| (from, from + played)))
}

/// Checks that a trace and the fields it replaces do not contradict each other.
fn stand_in(
    table: &mut ProducerTable,
    trace: &TraceTable,
    room: Room,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<StandIn> {
    let mut sound = true;
    let mut exclude = |field: &str, what: &str, cx: &mut Context<'_>| {
        let message = format!("`trace` and `{field}` exclude each other");
        let problem = Problem::new(Code::Contradiction, &path.key(field), message).at_key();
        cx.problem(problem.note(format!("the trace says {what}")).help("keep one of the two"));
        sound = false;
    };
    if table.rate.is_some() {
        exclude("rate", "when each record is offered", cx);
    }
    if trace.key.is_some() && table.partition_key.is_some() {
        exclude("partition_key", "which key each record has", cx);
    }
    if trace.size.is_some() && table.record_size.is_some() {
        exclude("record_size", "how large each record is", cx);
    }
    if !sound {
        return None;
    }
    let mut stand_in = StandIn { key: None, size: None };
    if table.target.is_some() {
        stand_in.key = Some(String::new());
    } else if trace.key.is_none() {
        let at = path.key("partition_key");
        let given = table.partition_key.take();
        if given.is_none() {
            cx.missing(&path.key("trace"), "key", "`key = \"client\"`, the column with the key");
            return None;
        }
        let keys = key::keys(given, &at, cx)?;
        match keys.names {
            KeyNames::Listed(names) if names.len() == 1 && keys.drift == KeyDrift::None => {
                stand_in.key = names.first().cloned();
            }
            _ => {
                not_constant("partition_key", "key", &at, cx);
                return None;
            }
        }
    }
    if trace.size.is_none() {
        let at = path.key("record_size");
        let Some(given) = table.record_size.take().and_then(SizeWord::own) else {
            let example = "`size = \"bytes\"`, the column with the size";
            cx.missing(&path.key("trace"), "size", example);
            return None;
        };
        let plain = matches!(given, OrTable::Plain(_));
        match size::sizes(given, room, &at, cx)? {
            SizePlan::Constant(size) if plain => stand_in.size = Some(size),
            _ => {
                not_constant("record_size", "size", &at, cx);
                return None;
            }
        }
    }
    Some(stand_in)
}

fn not_constant(field: &str, column: &str, path: &Path, cx: &mut Context<'_>) {
    let message = format!("beside a trace `{field}` must be one value for all records");
    let problem = Problem::new(Code::Contradiction, path, message);
    cx.problem(problem.help(format!("name the trace's column instead: `trace.{column}`")));
}

/// More records than any machine plays are refused before the first is made.
pub(super) fn check_total(plan: &Plan, cx: &mut Context<'_>) {
    let total = cx.expected_records;
    let sound = cx.sound(&Path::of("scenario")) && cx.sound(&Path::of("producer"));
    if !sound {
        return;
    }
    let end = Instant::ZERO + plan.duration;
    let of = |producer: &ProducerPlan| match &producer.source {
        SourcePlan::Synthetic { sizes, .. } => offered_of(producer, end) * mean(sizes),
        SourcePlan::Trace { .. } => 0.0,
    };
    let bytes: f64 = plan.producers.iter().map(of).sum();
    let message = if total > RECORDS_MAX {
        format!("the scenario offers about {total:.1e} records; at most 1e13 are played")
    } else if bytes > BYTES_MAX {
        format!("the scenario offers about {bytes:.1e} bytes; at most 1e17 are played")
    } else {
        return;
    };
    let problem = Problem::new(Code::TooManyRecords, &Path::of("producer").index(0), message);
    cx.problem(problem.help("lower the rates or the duration"));
}
