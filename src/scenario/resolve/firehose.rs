//! `[[firehose]]` and `[model.firehose]`.

use super::Context;
use super::direct::write_limit;
use super::reader::{Asks, check_time};
use super::size::mean_key;
use super::transform::{backs_up, backup, partitions, second_stage, transform};
use crate::model::facts;
use crate::model::plan::{
    Compression, DeliveryPlan, Destination, FirehosePlan, FormatPlan, HintsPlan, IntakePlan, Plan,
    PollPlan, ReaderPlan, StartingPosition, WorkPlan,
};
use crate::scenario::file::{FirehoseTable, FormatWord, ModelFirehoseTable};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, float, quoted, span};
use crate::time::{Instant, Span};
use crate::units::{ByteRate, Bytes};

/// What all delivery streams have in common, and what was given of it.
pub(super) struct Deliveries {
    fixed: Span,
    bytes_per_s: u64,
    retry_every: Option<Span>,
    discovery: Span,
    no_interval: Span,
    size_raised: u64,
    pending: u64,
    transform_retry: Span,
    /// A part of the interval.
    second_stage: f64,
    /// Lines of the resolved text.
    lines: Vec<(&'static str, String, Option<Origin>)>,
}

/// What the hints of a destination may be.
struct Range {
    size: Bytes,
    size_max: u64,
    interval: u64,
    interval_max: u64,
    fact: &'static str,
}

impl Range {
    fn of(destination: Destination) -> Self {
        let (size_max, interval, interval_max, fact) = match destination {
            Destination::S3 => (128, 300, 900, "FH-47"),
            Destination::Redshift => (128, 300, 900, "FH-49"),
            Destination::OpenSearch => (100, 300, 900, "FH-50"),
            Destination::Splunk => (5, 60, 60, "FH-51"),
            Destination::HttpEndpoint => (64, 60, 900, "FH-52"),
        };
        Self { size: Bytes::mib(5), size_max, interval, interval_max, fact }
    }
}

/// Resolves all delivery streams, which have these names and read these streams.
pub(super) fn firehoses<'a>(
    (model, tables): (&ModelFirehoseTable, Vec<FirehoseTable>),
    left: impl Iterator<Item = (String, &'a Asks)>,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) -> Deliveries {
    let deliveries = Deliveries::new(model, &tables, cx);
    let mut backed_up = Vec::new();
    for ((i, table), (name, asks)) in tables.into_iter().enumerate().zip(left) {
        let path = Path::of("firehose").index(i);
        let of = (asks.stream, &path);
        let (reader, all) = deliveries.firehose(table, name, of, plan, cx);
        plan.readers.push(reader);
        if all {
            backed_up.push((plan.readers.len() - 1, path));
        }
    }
    for (number, path) in backed_up {
        let of = plan.readers[number].clone();
        plan.readers.extend(backup(&of, &path, plan, cx));
    }
    deliveries
}

impl Deliveries {
    /// Reads `[model.firehose]`.
    fn new(table: &ModelFirehoseTable, firehoses: &[FirehoseTable], cx: &mut Context<'_>) -> Self {
        let path = Path::of("model").key("firehose");
        let mut lines = Vec::new();
        let mut time = |field: &'static str,
                        given: &Option<Leaf<Span>>,
                        (default, fact): (Span, &'static str),
                        range: (u64, u64)| {
            let value = given.map_or(default, |leaf| leaf.0);
            let (least, most) = (Span::from_s(range.0), Span::from_s(range.1));
            if !(least..=most).contains(&value) {
                let message = format!("`{field}` must be from {least} to {most}");
                cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
            }
            let origin = given.is_none().then_some(Origin::Assumed(fact));
            lines.push((field, span(value), origin));
            value
        };
        let default = (facts::DELIVERY_TIME, "FH-90");
        let fixed = time("delivery_time", &table.delivery_time, default, (0, 3_600));
        let default = (facts::FIREHOSE_DISCOVERY, "FH-30");
        let discovery = time("discovery", &table.discovery, default, (0, 600));
        let default = (facts::FIREHOSE_NO_INTERVAL, "FH-48");
        let no_interval = time("no_interval", &table.no_interval, default, (1, 60));
        let (mut retry_every, mut transform_retry) = (None, facts::TRANSFORM_RETRY_EVERY);
        if firehoses.iter().any(|it| it.processing_configuration.is_some())
            || table.transform_retry_every.is_some()
        {
            let default = (transform_retry, "FH-83");
            let given = &table.transform_retry_every;
            transform_retry = time("transform_retry_every", given, default, (0, 3_600));
        }
        if table.retry_every.is_some() {
            let default = (facts::DELIVERY_RETRY_EVERY, "FH-93");
            retry_every = Some(time("retry_every", &table.retry_every, default, (1, 3_600)));
        }
        let any_direct = firehoses.iter().any(FirehoseTable::is_direct);
        if any_direct || table.limit_growth.is_some() {
            let default = (facts::DIRECT_PUT_GROWTH, "FH-04");
            time("limit_growth", &table.limit_growth, default, (1, 400 * 86_400));
        }
        let default = (facts::FIREHOSE_SIZE_RAISED, "FH-45");
        let size_raised =
            size(("size_raised", &table.size_raised, default, (1, 1 << 10)), &path, &mut lines, cx);
        let default = (facts::FIREHOSE_PENDING, "FH-26");
        let pending =
            size(("pending", &table.pending, default, (1, 16 << 10)), &path, &mut lines, cx);
        let bytes_per_s = throughput(table, &path, &mut lines, cx);
        let parts = firehoses.iter().any(|it| it.dynamic_partitioning.is_some());
        let second_stage = second_stage((table, parts), &path, &mut lines, cx);
        if firehoses.is_empty() {
            lines.clear();
        } else if firehoses.iter().all(FirehoseTable::is_direct) {
            // Those of polling, unless they were given.
            let polls = |field: &str| matches!(field, "discovery" | "pending");
            lines.retain(|(field, _, origin)| origin.is_none() || !polls(field));
        }
        Self {
            fixed,
            bytes_per_s,
            retry_every,
            discovery,
            no_interval,
            size_raised,
            pending,
            transform_retry,
            second_stage,
            lines,
        }
    }

    /// Writes `[model.firehose]` into the resolved text, where it matters.
    pub(super) fn write_down(&self, cx: &mut Context<'_>) {
        for (field, value, origin) in &self.lines {
            cx.resolved.line(&format!("firehose.{field}"), value, *origin);
        }
    }

    /// One `[[firehose]]`.
    fn firehose(
        &self,
        mut table: FirehoseTable,
        name: String,
        (stream, path): (usize, &Path),
        plan: &Plan,
        cx: &mut Context<'_>,
    ) -> (ReaderPlan, bool) {
        cx.resolved.table("[[firehose]]");
        let origin = if table.name.is_some() { None } else { Some(Origin::Default) };
        cx.resolved.line("name", &quoted(&name), origin);
        if let Some(stream) = &table.stream {
            cx.resolved.line("stream", &quoted(stream), None);
        }
        let direct = table.is_direct();
        let (starts, start) = if direct {
            (Span::ZERO, StartingPosition::TrimHorizon)
        } else {
            begin(&table, path, cx)
        };
        if let Some(word) = table.delivery_stream_type {
            cx.resolved.line("delivery_stream_type", &quoted(word.name()), None);
        }
        if direct {
            write_limit(&table, plan.streams.get(stream), cx);
        } else {
            cx.resolved.assume("KDS-R08");
        }
        let key = mean_key(stream, plan);
        let work = FirehosePlan { key, ..self.work(&mut table, path, cx) };
        let all = backs_up(table.s3_backup_mode, work.destination, path, cx);
        let intake = IntakePlan::Poll(PollPlan::every(facts::FIREHOSE_POLL_EVERY));
        let work = WorkPlan::Firehose(Box::new(work));
        let reader = ReaderPlan {
            stream,
            starts: Instant::ZERO + starts,
            start,
            ..ReaderPlan::plain(name, intake, work)
        };
        (reader, all)
    }

    fn work(&self, table: &mut FirehoseTable, path: &Path, cx: &mut Context<'_>) -> FirehosePlan {
        let default = (Word(Destination::S3), Origin::Default);
        let given = table.destination;
        let destination = cx.resolved.pick("destination", given, default, |v| quoted(v.name())).0;
        let hints = self.hints(table, destination, path, cx);
        let format = format(table, destination, path, cx);
        let delivery = self.delivery(table, destination, path, cx);
        let given = table.processing_configuration.take();
        let transform = transform(given, (destination, self.transform_retry), path, cx);
        let given = table.dynamic_partitioning.take();
        let of = (destination, &hints, self.second_stage);
        FirehosePlan {
            destination,
            hints,
            format,
            delivery,
            discovery: self.discovery,
            pending: self.pending,
            key: 0,
            transform,
            partitions: partitions(given, of, path, cx),
            is_backup: false,
        }
    }

    fn hints(
        &self,
        table: &mut FirehoseTable,
        destination: Destination,
        path: &Path,
        cx: &mut Context<'_>,
    ) -> HintsPlan {
        let range = Range::of(destination);
        let converts = table.data_format_conversion.is_some();
        let parts = table.dynamic_partitioning.is_some();
        let given = table.buffering_hints.take().map(|given| given.0);
        let at = path.key("buffering_hints");
        if let Some(given) = &given {
            let fields = [("size", given.size.is_none()), ("interval", given.interval.is_none())];
            for (field, missing) in fields {
                // FH-40: neither without the other.
                if missing && cx.sound(&at) {
                    let example = "`buffering_hints = { size = \"64 MiB\", interval = \"300 s\" }`";
                    cx.missing(&at, field, example);
                }
            }
        }
        let given = given.unwrap_or_default();
        let own = (range.size, range.fact);
        let own = if parts { (facts::PARTITIONED_SIZE_MIN, "FH-65") } else { own };
        let (default, fact) = if converts { (facts::CONVERSION_SIZE, "FH-61") } else { own };
        let default = (default, Origin::Fact(fact));
        let size = given.size.map(|leaf| leaf.0);
        let size = cx.resolved.pick("buffering_hints.size", size, default, |v| bytes(*v));
        check_size(size, (&range, converts, parts), &at.key("size"), cx);
        let default = (Span::from_s(range.interval), Origin::Fact(range.fact));
        let interval = given.interval.map(|leaf| leaf.0);
        let hinted = cx.resolved.pick("buffering_hints.interval", interval, default, |v| span(*v));
        let most = Span::from_s(range.interval_max);
        if !hinted.as_ns().is_multiple_of(Span::from_s(1).as_ns()) || hinted > most {
            let message = format!("`interval` must be whole seconds up to {most}");
            let problem = Problem::new(Code::OutOfRange, &at.key("interval"), message);
            let note = format!("its destination takes no other (fact {}, documented)", range.fact);
            cx.problem(problem.note(note));
        }
        let interval = if hinted.is_zero() { self.no_interval } else { hinted };
        HintsPlan { size: size.0, interval, hinted, size_max: self.size_raised.max(size.0) }
    }

    fn delivery(
        &self,
        table: &mut FirehoseTable,
        destination: Destination,
        path: &Path,
        cx: &mut Context<'_>,
    ) -> DeliveryPlan {
        let given = table.delivery_time.map(|leaf| leaf.0);
        let fixed = given.unwrap_or(self.fixed);
        if given.is_some() {
            cx.resolved.line("delivery_time", &span(fixed), None);
        }
        if given.is_some_and(|given| given > Span::from_s(3_600)) {
            let message = "`delivery_time` must be at most 1 h";
            cx.problem(Problem::new(Code::OutOfRange, &path.key("delivery_time"), message));
        }
        let slowly = matches!(destination, Destination::Redshift | Destination::OpenSearch);
        let every = if slowly { facts::DELIVERY_RETRY_SLOWLY } else { facts::DELIVERY_RETRY_EVERY };
        // FH-26: a stream keeps what it has by its own rule.
        let kept = table.is_direct().then_some(facts::DIRECT_PUT_RETENTION);
        DeliveryPlan {
            kept,
            fixed,
            bytes_per_s: self.bytes_per_s,
            retry_every: self.retry_every.unwrap_or(every),
            retry_for: retry_for(table, destination, path, cx),
        }
    }
}

/// When one that reads a stream begins, and where.
fn begin(table: &FirehoseTable, path: &Path, cx: &mut Context<'_>) -> (Span, StartingPosition) {
    let starts = table.starts.map(|leaf| leaf.0);
    let default = (Span::ZERO, Origin::Default);
    let starts = cx.resolved.pick("starts", starts, default, |v| span(*v));
    check_time(starts, &path.key("starts"), cx);
    let start = if starts.is_zero() {
        // It has begun before, and has kept up.
        StartingPosition::TrimHorizon
    } else {
        cx.resolved.comment("starting position: LATEST (fact FH-23)");
        StartingPosition::Latest
    };
    (starts, start)
}

/// A size of `[model.firehose]`: its field, what was given of it, its default, and what it is at
/// least and at most (MiB).
type Size<'a> = (&'static str, &'a Option<Leaf<Bytes>>, (Bytes, &'static str), (u64, u64));

/// Reads a size, and notes its line of the resolved text.
fn size(
    (field, given, (default, fact), (least, most)): Size<'_>,
    path: &Path,
    lines: &mut Vec<(&'static str, String, Option<Origin>)>,
    cx: &mut Context<'_>,
) -> u64 {
    let value = given.map_or(default, |leaf| leaf.0);
    let (least, most) = (Bytes::mib(least), Bytes::mib(most));
    if !(least..=most).contains(&value) {
        let message = format!("`{field}` must be from {least} to {most}");
        cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
    }
    let origin = given.is_none().then_some(Origin::Assumed(fact));
    lines.push((field, bytes(value), origin));
    value.0
}

fn throughput(
    table: &ModelFirehoseTable,
    path: &Path,
    lines: &mut Vec<(&'static str, String, Option<Origin>)>,
    cx: &mut Context<'_>,
) -> u64 {
    let field = "delivery_throughput";
    let value = table.delivery_throughput.map_or(facts::DELIVERY_BYTES_PER_S, |it| it.0.0 as u64);
    if !(1 << 10..=1 << 40).contains(&value) {
        let message = format!("`{field}` must be from 1 KiB/s to 1 TiB/s");
        cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
    }
    let origin = table.delivery_throughput.is_none().then_some(Origin::Assumed("FH-90"));
    lines.push((field, quoted(&ByteRate(value as f64).to_string()), origin));
    value
}

/// `SizeInMBs`: whole MiB, which AWS calls MB.
fn check_size(
    size: Bytes,
    (range, converts, parts): (&Range, bool, bool),
    path: &Path,
    cx: &mut Context<'_>,
) {
    let own = (Bytes::mib(1), range.fact);
    let own = if parts { (facts::PARTITIONED_SIZE_MIN, "FH-65") } else { own };
    let (least, fact) = if converts { (facts::CONVERSION_SIZE_MIN, "FH-61") } else { own };
    let most = Bytes::mib(range.size_max);
    let whole = size.0.is_multiple_of(Bytes::mib(1).0);
    if whole && (least..=most).contains(&size) {
        return;
    }
    let message = format!("`size` must be whole MiB from {least} to {most}");
    let problem = Problem::new(Code::OutOfRange, path, message);
    let problem = problem.note(format!("what Firehose calls MB is MiB (fact {fact}, documented)"));
    let mib = size.0 / 1_000_000;
    let decimal = size.0.is_multiple_of(1_000_000) && (1..=range.size_max).contains(&mib);
    cx.problem(if decimal { problem.help(format!("write \"{mib} MiB\"")) } else { problem });
}

/// Compression or conversion, and how much smaller objects become.
fn format(
    table: &mut FirehoseTable,
    destination: Destination,
    path: &Path,
    cx: &mut Context<'_>,
) -> FormatPlan {
    let default = (Word(Compression::None), Origin::Fact("FH-59"));
    let given = table.compression_format;
    let word = cx.resolved.pick("compression_format", given, default, |v| quoted(v.name()));
    let compression = word.0;
    let conversion = table.data_format_conversion;
    let sound = cx.sound(path);
    let mut refuse = |field: &str, message: String, note: &str, help: &str| {
        if sound {
            let problem = Problem::new(Code::Contradiction, &path.key(field), message).at_key();
            cx.problem(problem.note(note).help(help));
        }
    };
    if conversion.is_some() && destination != Destination::S3 {
        let message = format!("{} takes no converted objects", Word(destination).name());
        let note = "formats are converted for S3 only (fact FH-60, documented)";
        refuse("data_format_conversion", message, note, "leave it out, or write \"S3\"");
    } else if conversion.is_some() && compression != Compression::None {
        let message = "`compression_format` and `data_format_conversion` exclude each other";
        let note = "Parquet and ORC compress by themselves (fact FH-60, documented)";
        refuse("compression_format", message.to_owned(), note, "leave one of the two out");
    }
    let plain = matches!(compression, Compression::None | Compression::Gzip);
    if destination == Destination::Redshift && !plain {
        let message = "Redshift takes GZIP or nothing".to_owned();
        let note = "COPY reads no other format here (fact FH-59, documented)";
        refuse("compression_format", message, note, "write \"GZIP\", or leave it out");
    }
    if let Some(word) = conversion {
        cx.resolved.line("data_format_conversion", &quoted(word.name()), None);
    }
    let ratio = ratio(table, (compression, conversion), path, cx);
    let ratio = ((ratio * 1e6 + 0.5) as u64).max(1);
    FormatPlan { compression, ratio, converts: conversion.is_some() }
}

fn ratio(
    table: &FirehoseTable,
    (compression, conversion): (Compression, Option<Word<FormatWord>>),
    path: &Path,
    cx: &mut Context<'_>,
) -> f64 {
    let given = table.compression_ratio.as_ref().map(|factor| factor.0);
    let default = match (compression, conversion) {
        (Compression::None, None) => {
            if given.is_some() && cx.sound(path) {
                let message = "`compression_ratio` means nothing without compression";
                let field = path.key("compression_ratio");
                let problem = Problem::new(Code::Pointless, &field, message).at_key();
                cx.problem(problem.help("write `compression_format = \"GZIP\"`, or leave it out"));
            }
            return 1.0;
        }
        (Compression::Snappy | Compression::HadoopSnappy, None) => 2.0,
        _ => 4.0,
    };
    cx.resolved.pick("compression_ratio", given, (default, Origin::Chosen), |v| float(*v))
}

/// For how long a destination is tried again; `None` is until it takes an object.
fn retry_for(
    table: &mut FirehoseTable,
    destination: Destination,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Span> {
    let given = table.retry_options.take();
    let at = path.key("retry_options");
    let parts = table.dynamic_partitioning.is_some();
    if destination == Destination::S3 && !parts {
        if given.is_some() && cx.sound(path) {
            let message = "`retry_options` means nothing with `destination = \"S3\"`";
            let problem = Problem::new(Code::Pointless, &at, message).at_key();
            let note = "S3 is retried until it takes an object (fact FH-90, documented)";
            cx.problem(problem.note(note).help("leave it out"));
        }
        return None;
    }
    let default = match destination {
        Destination::S3 => (facts::DELIVERY_RETRY_FOR, Origin::Fact("FH-94")),
        Destination::Redshift => (facts::REDSHIFT_RETRY_FOR, Origin::Fact("FH-91")),
        Destination::OpenSearch => (facts::DELIVERY_RETRY_FOR, Origin::Fact("FH-92")),
        _ => (facts::DELIVERY_RETRY_FOR, Origin::Assumed("FH-93")),
    };
    let given = given.unwrap_or_default().0.duration.map(|leaf| leaf.0);
    let time = cx.resolved.pick("retry_options.duration", given, default, |v| span(*v));
    let whole = time.as_ns().is_multiple_of(Span::from_s(1).as_ns());
    if !whole || time > facts::DELIVERY_RETRY_FOR_MAX {
        let message = "`duration` must be whole seconds up to 7,200 s";
        let problem = Problem::new(Code::OutOfRange, &at.key("duration"), message);
        cx.problem(problem.note("Firehose takes no other (fact FH-93, documented)"));
    }
    Some(time)
}
