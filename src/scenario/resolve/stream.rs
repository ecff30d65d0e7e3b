//! `[scenario]`, `[account]`, `[stream]` and `[model]`.

use std::sync::Arc;

use super::encryption::encryption;
use super::model::Model;
use super::on_demand::OnDemand;
use super::{Context, Head, resolution};
use crate::model::facts;
use crate::model::plan::StreamMode as Mode;
use crate::model::plan::{
    AccountPlan, InitialPlan, Plan, ReadPlan, ReshardPlan, Resolution, ShardPlan, StreamPlan,
    WritePlan,
};
use crate::model::prices::Prices;
use crate::quantity::shown;
use crate::scenario::file::{
    AccountTable, DistributionWord, Grain, InitialTable, ScenarioTable, StreamMode, StreamTable,
};
use crate::scenario::inputs::{ShardList, read_shards};
use crate::scenario::leaf::Word;
use crate::scenario::problem::{Code, Path, Problem, with_commas};
use crate::scenario::resolved::{Origin, bytes, quoted, span};
use crate::time::{NS_PER_S, Span};
use crate::units::Bytes;

const DURATION_MAX: Span = Span::from_s(400 * 86_400);
const INTERVALS_MAX: u64 = 100_000;
const MEMORY_LIMIT: Bytes = Bytes::mib(8 << 10);

/// `[scenario]`, and a plan that has nothing else yet.
pub(super) fn scenario(table: ScenarioTable, cx: &mut Context<'_>) -> (Head, Plan) {
    let path = Path::of("scenario");
    cx.resolved.table("[scenario]");
    if let Some(text) = &table.description {
        cx.resolved.line("description", &quoted(text), None);
    }
    let start = table.start.map(|start| start.0);
    if let Some(start) = start {
        cx.resolved.line("start", &quoted(&start.to_string()), None);
    }
    let given = table.duration.map(|leaf| leaf.0);
    let duration = cx.resolved.pick("duration", given, ours(Span::from_s(600)), |v| span(*v));
    if duration.is_zero() || duration > DURATION_MAX {
        let message = "`duration` must be more than zero and at most 400 d";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("duration"), message));
    }
    let given = table.warm_up.map(|leaf| leaf.0);
    let warm_up = cx.resolved.pick("warm_up", given, ours(Span::ZERO), |v| span(*v));
    if warm_up >= duration && !warm_up.is_zero() && cx.sound(&path) {
        let problem = Problem::new(
            Code::OutOfRange,
            &path.key("warm_up"),
            format!("`warm_up` must be shorter than the duration of {duration}"),
        );
        cx.problem(problem.help("nothing would be left to measure"));
    }
    // No interval is shorter than a quantum: what it holds lies at its beginning.
    let quantum = match table.resolution {
        Some(Grain::Quantum(quantum)) if resolution::is_played(quantum) => {
            quantum.max(Span::from_s(1))
        }
        _ => Span::from_s(1),
    };
    let given = table.interval.map(|leaf| leaf.0);
    let default = ours(default_interval(duration, quantum));
    let interval = cx.resolved.pick("interval", given, default, |v| span(*v));
    check_interval(interval, (duration, quantum), &path, cx);
    let seed = table.seed.map(|count| count.0);
    let seed = cx.resolved.pick("seed", seed, ours(1), u64::to_string);
    resolution::ask(table.resolution, &path, cx);
    let given = table.memory_limit.map(|leaf| leaf.0);
    let memory_limit = cx.resolved.pick("memory_limit", given, ours(MEMORY_LIMIT), |v| bytes(*v));
    if memory_limit < Bytes::mib(1) {
        let message = "`memory_limit` must be at least 1 MiB";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("memory_limit"), message));
    }
    // A faulty duration must not let what follows from it grow.
    (cx.seed, cx.duration, cx.start) = (seed, duration.min(DURATION_MAX), start);
    let plan = Plan { duration, warm_up, seed, memory_limit, ..nothing() };
    // Those of the Region are known later.
    let prices = Prices::of_region("");
    let head = Head {
        description: table.description,
        interval,
        start,
        chosen_for: None,
        alarms: Vec::new(),
        prices,
    };
    (head, plan)
}

/// A plan in which nothing is played.
fn nothing() -> Plan {
    Plan {
        duration: Span::ZERO,
        warm_up: Span::ZERO,
        seed: 1,
        account: AccountPlan::of(""),
        streams: Vec::new(),
        producers: Vec::new(),
        readers: Vec::new(),
        faults: Vec::new(),
        actions: Vec::new(),
        scalers: Vec::new(),
        // Chosen once all that is written is known.
        resolution: Resolution::Exact,
        memory_limit: MEMORY_LIMIT,
    }
}

fn ours<T>(value: T) -> (T, Origin) {
    (value, Origin::Default)
}

/// The smallest round width that makes at most 360 intervals of `duration` (D16) and is a multiple
/// of `quantum`.
fn default_interval(duration: Span, quantum: Span) -> Span {
    let widths = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400];
    let fits = |s: &u64| {
        duration.as_ns().div_ceil(s * NS_PER_S) <= 360
            && (s * NS_PER_S).is_multiple_of(quantum.as_ns().max(1))
    };
    Span::from_s(widths.into_iter().find(fits).unwrap_or(86_400))
}

fn check_interval(
    interval: Span,
    (duration, quantum): (Span, Span),
    path: &Path,
    cx: &mut Context<'_>,
) {
    let known = cx.sound(&path.key("duration"));
    let path = path.key("interval");
    if interval.is_zero() || !interval.as_ns().is_multiple_of(NS_PER_S) {
        let problem = Problem::new(Code::OutOfRange, &path, "`interval` must be whole seconds");
        cx.problem(problem.help("limits are per second: write \"1 s\" or more"));
    } else if known && duration.as_ns().div_ceil(interval.as_ns()) > INTERVALS_MAX {
        let message =
            format!("`interval` would make more than {} rows", with_commas(INTERVALS_MAX));
        let wide = default_interval(duration, quantum);
        let problem = Problem::new(Code::TooMany, &path, message);
        cx.problem(problem.help(format!("write \"{wide}\" or leave it out")));
    } else if !interval.as_ns().is_multiple_of(quantum.as_ns().max(1)) {
        let message = format!("`interval` must be a multiple of the `resolution` of {quantum}");
        let wide = default_interval(duration, quantum);
        let problem = Problem::new(Code::Contradiction, &path, message);
        cx.problem(problem.help(format!("write \"{wide}\" or leave it out")));
    }
}

/// `[account]`.
pub(super) fn account(table: AccountTable, cx: &mut Context<'_>) -> AccountPlan {
    cx.resolved.table("[account]");
    let default = ("us-east-1".to_owned(), Origin::Default);
    let region = cx.resolved.pick("region", table.region, default, |v| quoted(v));
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if region.split('-').count() < 3 || !region.split('-').all(part) {
        let message = format!("{} is not the code of an AWS Region", shown(&region));
        let problem = Problem::new(Code::BadName, &Path::of("account").key("region"), message);
        cx.problem(problem.help("write a code such as \"us-east-1\" or \"eu-central-1\""));
    }
    let default = (u64::from(facts::shard_quota(&region)), Origin::Fact("KDS-S24"));
    let given = table.shard_quota.map(|count| count.0);
    let quota = cx.resolved.pick("shard_quota", given, default, u64::to_string);
    let given = table.minimum_throughput_billing_commitment;
    let key = "minimum_throughput_billing_commitment";
    let commitment = cx.resolved.pick(key, given, (false, Origin::Default), bool::to_string);
    let concurrent = table.concurrent_executions.map(|count| count.0 as u32);
    let concurrent_executions = concurrent.unwrap_or(facts::CONCURRENT_EXECUTIONS);
    AccountPlan { region, shard_quota: quota as u32, commitment, concurrent_executions }
}

/// More shards than the account holds, in all its streams, could not be created.
pub(super) fn check_quota(
    streams: &[(Path, &StreamPlan)],
    account: &AccountPlan,
    cx: &mut Context<'_>,
) {
    let quota = u64::from(account.shard_quota);
    // Those in on-demand mode do not count (KDS-S24).
    let counted = |stream: &&StreamPlan| stream.mode == Mode::Provisioned;
    let counted = streams.iter().map(|(_, stream)| *stream).filter(counted);
    let shards: u64 = counted.map(|stream| u64::from(stream.shard_count)).sum();
    if shards <= quota || !cx.sound(&Path::of("account")) {
        return;
    }
    let who = if streams.len() > 1 { "in all streams " } else { "" };
    let message = format!(
        "{} shards {who}are more than the account's quota of {} in {}",
        with_commas(shards),
        with_commas(quota),
        account.region
    );
    // The first of the largest: `max_by_key` alone would take the last.
    let largest = streams.iter().rev().max_by_key(|(_, stream)| stream.shard_count);
    let Some((path, stream)) = largest else { return };
    let field = if stream.shards.is_some() { "shards_from" } else { "shard_count" };
    let problem = Problem::new(Code::OverQuota, &path.key(field), message)
        .note("default quota of shards per account and Region (fact KDS-S24, documented)");
    let lower = if stream.shards.is_some() { "" } else { "lower `shard_count`, or " };
    cx.problem(
        problem
            .help(format!("{lower}set `shard_quota = {shards}` in `[account]` if AWS raised it")),
    );
}

/// One stream, called `name` unless its table says so itself; `users` producers and readers name
/// it.
pub(super) fn stream(
    table: StreamTable,
    name: &str,
    path: &Path,
    (model, reshard, on_demand, users): (&Model, ReshardPlan, &OnDemand, usize),
    cx: &mut Context<'_>,
) -> Option<StreamPlan> {
    let default = (name.to_owned(), Origin::Default);
    let name = cx.resolved.pick("name", table.name.clone(), default, |v| quoted(v));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 128 || !name.chars().all(fits) {
        let message = format!("{} cannot be the name of a stream", shown(&name));
        let problem = Problem::new(Code::BadName, &path.key("name"), message);
        cx.problem(problem.help("letters from a to z, digits, `_`, `-` and `.`, at most 128"));
    }
    let default = (Word(StreamMode::Provisioned), Origin::Default);
    let mode = cx.resolved.pick("stream_mode", table.stream_mode, default, |v| quoted(v.name()));
    let mode = mode.0.plan();
    let spreads = distribution(table.record_distribution_strategy, mode, path, cx);
    let (count, list) = if mode == Mode::OnDemand {
        (super::on_demand::shard_count(&table, on_demand, path, cx), None)
    } else {
        for (field, given) in [
            ("history", table.history.is_some()),
            ("warm_throughput", table.warm_throughput.is_some()),
        ] {
            if given && cx.sound(path) {
                let message = format!("`{field}` has no meaning in provisioned mode");
                let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
                cx.problem(problem.help("leave it out, or write `stream_mode = \"ON_DEMAND\"`"));
            }
        }
        shards(table.shard_count.map(|it| it.0), table.shards_from, path, cx)?
    };
    let default = (Span::from_s(86_400), Origin::Default);
    let given = table.retention_period.map(|leaf| leaf.0);
    let retention = cx.resolved.pick("retention_period", given, default, |v| span(*v));
    let hour = Span::from_s(3_600);
    let range = hour.times(24)..=hour.times(8_760);
    if !range.contains(&retention) || !retention.as_ns().is_multiple_of(hour.as_ns()) {
        let message = "`retention_period` must be whole hours from 24 h to 8,760 h (365 d)";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("retention_period"), message));
    }
    let record_max = record_max(table.max_record_size.map(|leaf| leaf.0), path, cx);
    let initial = table.initial_backlog.map(|table| table.0);
    let initial = initial.and_then(|table| {
        initial_backlog(&table, (count, retention, record_max), &path.key("initial_backlog"), cx)
    });
    let encryption = encryption(table.encryption, users, &path.key("encryption"), cx);
    cx.resolved.comment("a shard takes 1 MiB/s (fact KDS-W01) and 1,000 records/s (fact KDS-W02)");
    cx.resolved.comment("its pollers share 5 calls/s (fact KDS-R01) and 2 MiB/s (fact KDS-R02)");
    Some(StreamPlan {
        name,
        shard_count: count as u32,
        shards: list,
        retention,
        record_max,
        write: WritePlan {
            records_per_s: facts::WRITE_RECORDS_PER_S,
            bytes_per_s: facts::WRITE_BYTES_PER_S,
            enforcer: model.enforcer(record_max),
            rounding: model.rounding,
        },
        read: ReadPlan {
            calls_per_s: facts::READ_CALLS_PER_S,
            bytes_per_s: facts::READ_BYTES_PER_S,
        },
        initial,
        encryption,
        mode,
        spreads,
        on_demand: on_demand.plan,
        reshard,
        direct: None,
    })
}

/// `record_distribution_strategy`: whether keys are ignored.
fn distribution(
    given: Option<Word<DistributionWord>>,
    mode: Mode,
    path: &Path,
    cx: &mut Context<'_>,
) -> bool {
    let Some(word) = given else { return false };
    cx.resolved.line("record_distribution_strategy", &quoted(word.name()), None);
    let spreads = word.0 == DistributionWord::Auto;
    if spreads && mode == Mode::Provisioned && cx.sound(path) {
        let message = "records are spread by the service in on-demand mode only";
        let at = path.key("record_distribution_strategy");
        let problem = Problem::new(Code::Contradiction, &at, message);
        cx.problem(
            problem
                .note("a provisioned stream answers InvalidArgumentException (fact KDS-H14)")
                .help("leave it out, or write `stream_mode = \"ON_DEMAND\"`"),
        );
    }
    spreads
}

/// `max_record_size` (KDS-W08).
fn record_max(given: Option<Bytes>, path: &Path, cx: &mut Context<'_>) -> Bytes {
    let least = facts::RECORD_BYTES_DEFAULT;
    let default = (least, Origin::Fact("KDS-W08"));
    let most = cx.resolved.pick("max_record_size", given, default, |v| bytes(*v));
    if !(least..=facts::RECORD_BYTES_MAX).contains(&most) || !most.0.is_multiple_of(1 << 10) {
        let message = "`max_record_size` must be whole KiB from 1 MiB to 10 MiB";
        let problem = Problem::new(Code::OutOfRange, &path.key("max_record_size"), message);
        cx.problem(
            problem.note("MaxRecordSizeInKiB is 1,024 to 10,240 (fact KDS-W08, documented)"),
        );
        // What was meant is not known: records are held to what any stream may take.
        return facts::RECORD_BYTES_MAX;
    }
    if cx.sound(path) { most } else { facts::RECORD_BYTES_MAX }
}

/// How many open shards a stream begins with, and which where they are listed.
fn shards(
    count: Option<u64>,
    from: Option<String>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<(u64, Option<Arc<Vec<ShardPlan>>>)> {
    let Some(file) = from else {
        let Some(count) = count else {
            if cx.sound(path) {
                cx.missing(path, "shard_count", "`shard_count = 2`");
            }
            return None;
        };
        cx.resolved.line("shard_count", &count.to_string(), None);
        return Some((count, None));
    };
    if count.is_some() {
        let message = "`shard_count` and `shards_from` exclude each other";
        let problem = Problem::new(Code::Contradiction, &path.key("shard_count"), message).at_key();
        cx.problem(problem.note("the list says how many there are").help("keep one of the two"));
    }
    cx.resolved.line("shards_from", &quoted(&file), None);
    let ShardList { open, closed } = cx.read(&path.key("shards_from"), &file, read_shards)?;
    let count = open.len() as u64;
    let text = match closed {
        0 => format!("{} open shards are listed", with_commas(count)),
        _ => format!(
            "{} open shards are listed, and {} closed ones, which take no records and hold none",
            with_commas(count),
            with_commas(closed as u64)
        ),
    };
    cx.resolved.comment(&text);
    Some((count, Some(open)))
}

/// Most records a stream may begin with: a year of 1,000 shards.
const INITIAL_MAX: f64 = 1e13;

/// `initial_backlog`; its stream's other fields must be sound.
fn initial_backlog(
    table: &InitialTable,
    (shards, retention, record_max): (u64, Span, Bytes),
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<InitialPlan> {
    let example =
        "all three, such as `{ age = \"2 h\", rate = \"1k/s\", record_size = \"1 KiB\" }`";
    let (Some(age), Some(rate), Some(size)) = (&table.age, &table.rate, &table.record_size) else {
        let missing = [
            ("age", table.age.is_none()),
            ("rate", table.rate.is_none()),
            ("record_size", table.record_size.is_none()),
        ];
        let sound = cx.sound(path);
        for (field, _) in missing.into_iter().filter(|(_, missing)| *missing && sound) {
            cx.missing(path, field, example);
        }
        return None;
    };
    let (age, rate, size) = (age.0, rate.0, size.0);
    cx.resolved.line("initial_backlog.age", &span(age), None);
    cx.resolved.line("initial_backlog.rate", &quoted(&rate.to_string()), None);
    cx.resolved.line("initial_backlog.record_size", &bytes(size), None);
    if age > retention {
        let message = format!("`age` is {age}, but records are kept for {retention}");
        cx.problem(Problem::new(Code::Contradiction, &path.key("age"), message));
    }
    if size.0 == 0 || size > record_max {
        let message = format!("`record_size` must be from 1 B to {record_max}, with its key");
        cx.problem(Problem::new(Code::OutOfRange, &path.key("record_size"), message));
    }
    let per_shard = rate.0 / shards as f64;
    let records = (rate.0 * age.as_s()).round();
    if records > INITIAL_MAX {
        let message = format!("`rate` over `age` makes more than {INITIAL_MAX:.0} records");
        cx.problem(Problem::new(Code::OutOfRange, &path.key("rate"), message));
        return None;
    }
    if per_shard > facts::WRITE_RECORDS_PER_S as f64
        || per_shard * size.0 as f64 > facts::WRITE_BYTES_PER_S as f64
    {
        let message = format!("{shards} shards could not have stored {rate} of {size}");
        let problem = Problem::new(Code::OutOfRange, &path.key("rate"), message);
        let note = "a shard takes 1,000 records/s (KDS-W02) and 1 MiB/s (KDS-W01)";
        cx.problem(problem.note(note).help("lower it, or give the stream more shards"));
    }
    Some(InitialPlan { records: records as u64, bytes_each: size, age })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_interval_makes_at_most_360_of_them() {
        for (duration, interval) in
            [(1, 1), (360, 1), (361, 2), (600, 2), (1_800, 5), (21_600, 60), (86_400, 300)]
        {
            let second = Span::from_s(1);
            assert_eq!(default_interval(Span::from_s(duration), second), Span::from_s(interval));
        }
        assert_eq!(default_interval(DURATION_MAX, Span::from_s(1)), Span::from_s(86_400));
        // A quantum may be longer than what would do.
        let (minute, quantum) = (Span::from_s(60), Span::from_s(30));
        assert_eq!(default_interval(minute, quantum), quantum);
        assert_eq!(default_interval(minute, Span::from_s(20)), minute);
    }
}
