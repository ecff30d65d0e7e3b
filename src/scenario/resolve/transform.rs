//! What `[[firehose]]` does to records on their way: it transforms, parts and backs up.

use super::Context;
use super::duration::duration;
use super::lambda::{check_memory, has_unknown, whole_seconds};
use crate::model::events::BILLION;
use crate::model::facts;
use crate::model::plan::{
    Compression, Destination, DurationPlan, FirehosePlan, FormatPlan, FunctionPlan, HintsPlan,
    PartitionBy, PartitionsPlan, Plan, ReaderPlan, TransformPlan, WorkPlan,
};
use crate::scenario::file::{
    ArchitectureWord, BackupWord, ModelFirehoseTable, PartitionWord, PartitioningTable,
    PartitionsTable, TransformTable,
};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::Table;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, float, quoted, span};
use crate::time::Span;
use crate::units::{Bytes, Share};

/// `processing_configuration`, where it is given.
pub(super) fn transform(
    given: Option<Table<TransformTable>>,
    (destination, retry_every): (Destination, Span),
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<TransformPlan> {
    let mut table = given?.0;
    let at = path.key("processing_configuration");
    let splunk = destination == Destination::Splunk;
    let own = if splunk { facts::TRANSFORM_SIZE_SPLUNK } else { facts::TRANSFORM_SIZE };
    let given = table.buffer_size.map(|leaf| leaf.0);
    let key = |field: &str| format!("processing_configuration.{field}");
    let default = (own, Origin::Fact("FH-80"));
    let size = cx.resolved.pick(&key("buffer_size"), given, default, |v| bytes(*v));
    if !(facts::TRANSFORM_SIZE_MIN..=facts::TRANSFORM_SIZE_MAX).contains(&size) {
        let message = "`buffer_size` must be from 0.2 MiB to 3 MiB";
        let problem = Problem::new(Code::OutOfRange, &at.key("buffer_size"), message);
        cx.problem(problem.note("Firehose takes no other (fact FH-80, documented)"));
    }
    let given = table.buffer_interval.map(|leaf| leaf.0);
    let default = (facts::TRANSFORM_INTERVAL, Origin::Fact("FH-80"));
    let interval = cx.resolved.pick(&key("buffer_interval"), given, default, |v| span(*v));
    whole_seconds(interval, ("buffer_interval", "FH-80"), (0, 900), &at, cx);
    let given = table.number_of_retries.as_ref().map(|count| count.0);
    let default = (u64::from(facts::TRANSFORM_RETRIES), Origin::Fact("FH-83"));
    let retries = cx.resolved.pick(&key("number_of_retries"), given, default, u64::to_string);
    let (function, failed) = function(&mut table, &at, cx);
    let drops = chance("processing_configuration.drops", table.drops, cx);
    let given = table.output_ratio.as_ref().map(|factor| factor.0);
    let default = (1.0, Origin::Default);
    let ratio = cx.resolved.pick(&key("output_ratio"), given, default, |v| float(*v));
    let outstanding =
        if splunk { facts::TRANSFORMS_OUTSTANDING_SPLUNK } else { facts::TRANSFORMS_OUTSTANDING };
    Some(TransformPlan {
        size: size.0,
        interval,
        outstanding,
        tries: retries as u32 + 1,
        retry_every,
        drops,
        failed,
        ratio: (ratio * 1e6 + 0.5) as u64,
        function,
    })
}

fn chance(key: &str, given: Option<Leaf<Share>>, cx: &mut Context<'_>) -> u64 {
    let given = given.map(|leaf| leaf.0.0);
    let share = cx.resolved.pick(key, given, (0.0, Origin::Default), |v| float(*v));
    (share * BILLION as f64 + 0.5) as u64
}

/// The function, and which part of its records it says have failed.
fn function(table: &mut TransformTable, at: &Path, cx: &mut Context<'_>) -> (FunctionPlan, u64) {
    let given = table.invocation_duration.take();
    if given.is_none() && !has_unknown(at, cx) {
        let example = "`invocation_duration = { fixed = \"40 ms\", per_record = \"1 ms\" }`";
        cx.missing(at, "invocation_duration", example);
    }
    let given = given.unwrap_or_default().0;
    let zero = (Span::ZERO, Origin::Default);
    let of = at.key("invocation_duration");
    let key = "processing_configuration.invocation_duration.fixed";
    let fixed = duration(given.fixed, (key, zero), &of, cx);
    let key = "processing_configuration.invocation_duration.per_record";
    let per_record = duration(given.per_record, (key, zero), &of, cx);
    let errors = table.errors.take().unwrap_or_default().0;
    let key = "processing_configuration.errors.per_invocation";
    let per_invocation = chance(key, errors.per_invocation, cx);
    let key = "processing_configuration.errors.per_record";
    let failed = chance(key, errors.per_record, cx);
    let cold = (facts::COLD_START, Origin::Assumed("ESM-64"));
    let key = "processing_configuration.cold_start";
    let cold_start = duration(table.cold_start.take(), (key, cold), at, cx);
    let given = table.timeout.map(|leaf| leaf.0);
    let default = (facts::FUNCTION_TIMEOUT, Origin::Fact("ESM-62"));
    let key = "processing_configuration.timeout";
    let timeout = cx.resolved.pick(key, given, default, |v| span(*v));
    let most = facts::TRANSFORM_TIME_MAX.as_ns() / Span::from_s(1).as_ns();
    whole_seconds(timeout, ("timeout", "FH-82"), (1, most), at, cx);
    if let DurationPlan::Constant(fixed) = fixed
        && fixed > timeout
        && cx.sound(at)
    {
        let message = format!("`fixed` is {fixed}, but the function times out at {timeout}");
        let problem = Problem::new(Code::Contradiction, &of.key("fixed"), message);
        cx.problem(problem.help("every invocation would fail: write a longer `timeout`"));
    }
    let memory = table.memory_size.map(|leaf| leaf.0);
    let default = (facts::FUNCTION_MEMORY, Origin::Fact("ESM-63"));
    let key = "processing_configuration.memory_size";
    let memory = cx.resolved.pick(key, memory, default, |v| bytes(*v));
    check_memory(memory, &at.key("memory_size"), cx);
    let default = (Word(ArchitectureWord::X86), Origin::Default);
    let key = "processing_configuration.architecture";
    let word = cx.resolved.pick(key, table.architecture, default, |v| quoted(v.name()));
    let function = FunctionPlan {
        memory,
        arm: word.0 == ArchitectureWord::Arm,
        timeout,
        cold_start,
        fixed,
        per_record,
        errors: per_invocation,
        record_errors: 0,
        reserved: None,
        idle_reclaim: facts::ENVIRONMENT_IDLE,
    };
    (function, failed)
}

/// `dynamic_partitioning`, where it is given. `second_stage` is a part of the interval.
pub(super) fn partitions(
    given: Option<Table<PartitioningTable>>,
    (destination, hints, second_stage): (Destination, &HintsPlan, f64),
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<PartitionsPlan> {
    let table = given?.0;
    let at = path.key("dynamic_partitioning");
    let mut refuse = |message: String, note: &str, help: &str| {
        if cx.sound(path) {
            let problem = Problem::new(Code::Contradiction, &at, message).at_key();
            cx.problem(problem.note(note).help(help));
        }
    };
    if destination != Destination::S3 {
        let message = format!("{} takes no partitions", Word(destination).name());
        let note = "dynamic partitioning is for S3 only (fact FH-71, documented)";
        refuse(message, note, "leave it out, or write \"S3\"");
    } else if hints.hinted.is_zero() {
        let message = "with dynamic partitioning there is no interval of 0 s".to_owned();
        let note = "no interval is possible for plain S3 only (fact FH-48, documented)";
        refuse(message, note, "write a longer `interval`");
    }
    let given = table.active_partitions.as_ref().map(|count| count.0);
    let default = (u64::from(facts::PARTITIONS_ACTIVE), Origin::Fact("FH-66"));
    let key = "dynamic_partitioning.active_partitions";
    let active = cx.resolved.pick(key, given, default, u64::to_string) as u32;
    let (count, by) = law(table.partitions, &at, cx);
    let jq = table.jq_per_record.map_or(Span::ZERO, |leaf| leaf.0);
    if jq > Span::from_s(1) {
        let message = "`jq_per_record` must be at most 1 s";
        let problem = Problem::new(Code::OutOfRange, &at.key("jq_per_record"), message);
        cx.problem(problem.note("it is the time JQ takes for a single record"));
    }
    let origin = table.jq_per_record.is_none().then_some(Origin::Aside("FH-114"));
    cx.resolved.line("dynamic_partitioning.jq_per_record", &span(jq), origin);
    let most = (hints.interval.as_ns() as f64 * second_stage) as u64;
    Some(PartitionsPlan { count, by, active, second_stage: Span::from_ns(most), jq })
}

fn law(
    given: Option<Table<PartitionsTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> (u32, PartitionBy) {
    let given_at_all = given.is_some();
    let table = given.unwrap_or_default().0;
    let at = path.key("partitions");
    if table.count.is_none() && !has_unknown(path, cx) && cx.sound(path) {
        let example = "`partitions = { count = 200, dist = \"zipf\", exponent = 1.0 }`";
        let (of, field) = if given_at_all { (&at, "count") } else { (path, "partitions") };
        cx.missing(of, field, example);
    }
    let count = table.count.as_ref().map_or(1, |count| count.0);
    let key = |field: &str| format!("dynamic_partitioning.partitions.{field}");
    cx.resolved.line(&key("count"), &count.to_string(), None);
    let default = (Word(PartitionWord::Uniform), Origin::Default);
    let word = cx.resolved.pick(&key("dist"), table.dist, default, |v| quoted(v.name())).0;
    let exponent = table.exponent.as_ref().map(|factor| factor.0);
    let by = match (word, exponent) {
        (PartitionWord::Zipf, Some(exponent)) => {
            cx.resolved.line(&key("exponent"), &float(exponent), None);
            PartitionBy::Zipf { exponent }
        }
        (PartitionWord::Zipf, None) => {
            if cx.sound(&at) {
                cx.missing(&at, "exponent", "`exponent = 1.0`");
            }
            PartitionBy::Uniform
        }
        (_, Some(_)) => {
            if cx.sound(&at) {
                let message = "`exponent` belongs to `dist = \"zipf\"`";
                let problem = Problem::new(Code::Pointless, &at.key("exponent"), message).at_key();
                cx.problem(problem.help("leave it out, or write \"zipf\""));
            }
            PartitionBy::Uniform
        }
        (PartitionWord::Uniform, None) => PartitionBy::Uniform,
        (PartitionWord::Key, None) => PartitionBy::Key,
    };
    (count as u32, by)
}

/// Whether `s3_backup_mode` backs up all that is read.
pub(super) fn backs_up(
    given: Option<Word<BackupWord>>,
    destination: Destination,
    path: &Path,
    cx: &mut Context<'_>,
) -> bool {
    let (no, yes) = match destination {
        Destination::S3 | Destination::Redshift => (BackupWord::Disabled, BackupWord::Enabled),
        Destination::OpenSearch => (BackupWord::FailedDocuments, BackupWord::AllDocuments),
        Destination::Splunk => (BackupWord::FailedEvents, BackupWord::AllEvents),
        Destination::HttpEndpoint => (BackupWord::FailedData, BackupWord::AllData),
    };
    let default = (Word(no), Origin::Fact("FH-96"));
    let word = cx.resolved.pick("s3_backup_mode", given, default, |v| quoted(v.name()));
    if word.0 != no && word.0 != yes && cx.sound(path) {
        let message = format!(
            "{} takes {} or {}",
            Word(destination).name(),
            quoted(Word(no).name()),
            quoted(Word(yes).name())
        );
        let problem = Problem::new(Code::Contradiction, &path.key("s3_backup_mode"), message);
        let note = "each destination has words of its own (fact FH-96, documented)";
        cx.problem(problem.note(note));
    }
    word.0 == yes
}

/// The reader that backs up what `of` reads: a delivery stream to S3 of its own, with the default
/// hints (FH-21, FH-87).
pub(super) fn backup(
    of: &ReaderPlan,
    path: &Path,
    plan: &Plan,
    cx: &mut Context<'_>,
) -> Option<ReaderPlan> {
    let name = format!("{}-backup", of.name);
    let mut taken = plan.readers.iter().map(|it| &it.name);
    if taken.any(|it| *it == name) || plan.producers.iter().any(|it| it.name == name) {
        let message = format!("the backup of {} is called {name}", quoted(&of.name));
        let problem = Problem::new(Code::Contradiction, &path.key("s3_backup_mode"), message);
        cx.problem(problem.at_key().help("another has this name: write another one there"));
    }
    cx.resolved.comment(&format!("backup: delivery stream {name} to S3 (FH-21, FH-87)"));
    let work = of.firehose()?;
    let (size, interval) = (Bytes::mib(5).0, Span::from_s(300));
    let work = FirehosePlan {
        destination: Destination::S3,
        hints: HintsPlan { size, interval, hinted: interval, size_max: work.hints.size_max },
        format: FormatPlan { compression: Compression::None, ratio: 1_000_000, converts: false },
        delivery: crate::model::plan::DeliveryPlan {
            retry_every: facts::DELIVERY_RETRY_EVERY,
            retry_for: None,
            ..work.delivery
        },
        transform: None,
        partitions: None,
        is_backup: true,
        ..work.clone()
    };
    Some(ReaderPlan { name, work: WorkPlan::Firehose(Box::new(work)), ..of.clone() })
}

/// How much of the interval objects of partitions wait in the second stage at most (FH-69).
pub(super) fn second_stage(
    (table, matters): (&ModelFirehoseTable, bool),
    path: &Path,
    lines: &mut Vec<(&'static str, String, Option<Origin>)>,
    cx: &mut Context<'_>,
) -> f64 {
    let field = "second_stage";
    let value = table.second_stage.map_or(0.5, |leaf| leaf.0.0);
    if value > 0.5 {
        let message = format!("`{field}` must be at most 50 %");
        let problem = Problem::new(Code::OutOfRange, &path.key(field), message);
        cx.problem(problem.note("data wait for 1.5 intervals at most (fact FH-69, documented)"));
    }
    if matters || table.second_stage.is_some() {
        let origin = table.second_stage.is_none().then_some(Origin::Assumed("FH-69"));
        lines.push((field, float(value), origin));
    }
    value
}
