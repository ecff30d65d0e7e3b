//! `[[fault]]`.

use super::event::{Target, Targets, moment, required, target};
use super::{Context, fed};
use crate::model::events::{BILLION, FaultKind, FaultPlan, MILLION};
use crate::model::plan::{
    ConsumerKind, IntakePlan, LatencyPlan, Plan, ProducerPlan, ReaderPlan, StreamPlan,
};
use crate::quantity::shown;
use crate::scenario::file::{FaultTable, FaultWord, ThenWord};
use crate::scenario::leaf::Word;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, float, quoted, span};
use crate::time::Span;

/// Longest fault, and longest time to catch up.
const LENGTH_MAX: Span = Span::from_s(400 * 86_400);

/// `at`, `for`, `kind`, `target` and what its kind has.
pub(super) fn fault(
    table: &FaultTable,
    path: &Path,
    targets: &Targets,
    plan: &Plan,
    cx: &mut Context<'_>,
) -> Option<FaultPlan> {
    let sound = cx.sound(path);
    let from = moment(table.at.map(|leaf| leaf.0), path, cx);
    let lasts = required(table.lasts.map(|leaf| leaf.0), "for", "`for = \"5 min\"`", path, cx);
    if let Some(lasts) = lasts {
        cx.resolved.line("for", &span(lasts), None);
        check_length(lasts, "for", path, cx);
    }
    let word = word(table, sound, path, cx);
    let tables: &[&str] = match word.map(|word| word.0) {
        None => &["reader", "lambda", "firehose", "producer", "stream"],
        Some(FaultWord::ApiErrors) => &["producer", "reader", "lambda", "firehose", "stream"],
        Some(FaultWord::ErrorRate | FaultWord::ConcurrencySqueeze) => &["lambda"],
        Some(FaultWord::KmsThrottle) => &["stream"],
        Some(FaultWord::ProducerOutage | FaultWord::PutLatency) => &["producer"],
        Some(FaultWord::Outage | FaultWord::Slowdown) => &["reader", "lambda", "firehose"],
        Some(FaultWord::PoisonRecord) => &["reader", "lambda"],
        Some(FaultWord::DestinationOutage) => &["firehose"],
    };
    let target = target(table.target.as_deref(), tables, path, targets, cx);
    check_direct((word?.0, target), sound, path, plan, cx);
    let kind = match (word?.0, target) {
        (FaultWord::Outage, Some(Target::Reader(reader))) => FaultKind::ReaderOutage { reader },
        (FaultWord::Slowdown, target) => {
            let factor = required(factor(table, cx), "factor", "`factor = 3`", path, cx)?;
            let Some(Target::Reader(reader)) = target else { return None };
            check_slowdown(plan.readers.get(reader).filter(|_| sound), path, cx);
            FaultKind::Slowdown { reader, factor }
        }
        (FaultWord::PoisonRecord, target) => {
            let number = table.shard.as_ref().map(|count| count.0);
            if let Some(number) = number {
                cx.resolved.line("shard", &number.to_string(), None);
            }
            let Some(Target::Reader(reader)) = target else { return None };
            let shard = number.and_then(|number| shard(number, read(reader, plan)?, path, cx));
            FaultKind::PoisonRecord { reader, shard }
        }
        (FaultWord::DestinationOutage, Some(Target::Reader(reader))) => {
            FaultKind::DestinationOutage { reader }
        }
        (word @ (FaultWord::ErrorRate | FaultWord::ConcurrencySqueeze), target) => {
            of_function(word, target, table, path, cx)?
        }
        (FaultWord::PutLatency, target) => {
            let (factor, more) = slower_puts(table, path, cx)?;
            let Some(Target::Producer(producer)) = target else { return None };
            let of = plan.producers.get(producer).filter(|_| sound && table.latency.is_none());
            check_latency(of, plan, path, cx);
            FaultKind::PutLatency { producer, factor, more }
        }
        (FaultWord::ApiErrors, target) => api_errors(target, table, (path, sound), plan, cx)?,
        (FaultWord::KmsThrottle, target) => {
            let chance = chance(table, path, cx);
            let Some(Target::Stream(stream)) = target else { return None };
            check_encrypted(plan.streams.get(stream).filter(|_| sound), path, cx);
            let chance = chance?;
            // How often an account is throttled, and for how long, is its own affair.
            cx.resolved.assume("KDS-K08");
            FaultKind::KmsThrottle { stream, chance }
        }
        (FaultWord::ProducerOutage, target) => {
            let catch_up = then(table.then, table.over.map(|leaf| leaf.0), lasts, path, cx);
            let Some(Target::Producer(producer)) = target else { return None };
            fed::check_target(plan.producers.get(producer).filter(|_| sound), path, plan, cx);
            FaultKind::ProducerOutage { producer, catch_up }
        }
        (FaultWord::Outage | FaultWord::DestinationOutage, _) => return None,
    };
    let from = from?;
    Some(FaultPlan { from, until: from + lasts?, kind })
}

/// What happens to the invocations of a function.
fn of_function(
    word: FaultWord,
    target: Option<Target>,
    table: &FaultTable,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<FaultKind> {
    if word == FaultWord::ErrorRate {
        let chance = chance(table, path, cx)?;
        let Some(Target::Reader(reader)) = target else { return None };
        return Some(FaultKind::FunctionErrors { reader, chance });
    }
    let field = "concurrent_executions";
    let given = table.concurrent_executions.as_ref().map(|count| count.0 as u32);
    let most = required(given, field, "`concurrent_executions = 10`", path, cx)?;
    cx.resolved.line(field, &most.to_string(), None);
    let Some(Target::Reader(reader)) = target else { return None };
    Some(FaultKind::Squeeze { reader, most })
}

/// Calls that fail within the service.
fn api_errors(
    target: Option<Target>,
    table: &FaultTable,
    (path, sound): (&Path, bool),
    plan: &Plan,
    cx: &mut Context<'_>,
) -> Option<FaultKind> {
    let chance = chance(table, path, cx)?;
    // How often calls fail, and whether they count against the limits, is not published.
    cx.resolved.assume("KDS-L04");
    Some(match target? {
        Target::Producer(producer) => FaultKind::PutErrors { producer, chance },
        Target::Reader(reader) => {
            check_errors(plan.readers.get(reader).filter(|_| sound), path, cx);
            FaultKind::ReadErrors { reader, chance }
        }
        Target::Stream(stream) => FaultKind::StreamErrors { stream, chance },
    })
}

/// `kind`; what belongs to other kinds is a problem.
fn word(
    table: &FaultTable,
    sound: bool,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Word<FaultWord>> {
    let word = required(table.kind, "kind", "`kind = \"outage\"`", path, cx)?;
    cx.resolved.line("kind", &quoted(word.name()), None);
    let given: [(&str, bool, &[FaultWord]); 7] = [
        (
            "concurrent_executions",
            table.concurrent_executions.is_some(),
            &[FaultWord::ConcurrencySqueeze],
        ),
        ("factor", table.factor.is_some(), &[FaultWord::Slowdown, FaultWord::PutLatency]),
        ("latency", table.latency.is_some(), &[FaultWord::PutLatency]),
        (
            "probability",
            table.probability.is_some(),
            &[FaultWord::ApiErrors, FaultWord::KmsThrottle, FaultWord::ErrorRate],
        ),
        ("shard", table.shard.is_some(), &[FaultWord::PoisonRecord]),
        ("then", table.then.is_some(), &[FaultWord::ProducerOutage]),
        ("over", table.over.is_some(), &[FaultWord::ProducerOutage]),
    ];
    for (field, given, of) in given {
        if given && !of.contains(&word.0) && sound {
            let message = format!("`{field}` means nothing with `kind = \"{}\"`", word.name());
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            let kinds: Vec<&str> = of.iter().map(|of| Word(*of).name()).collect();
            let kinds = kinds.join("\"` or `\"");
            cx.problem(problem.help(format!("leave it out, or write `kind = \"{kinds}\"`")));
        }
    }
    Some(word)
}

/// A slowdown needs something to slow down.
fn check_slowdown(reader: Option<&ReaderPlan>, path: &Path, cx: &mut Context<'_>) {
    let idle = reader.is_some_and(|it| {
        it.kind() == ConsumerKind::Reader && it.per_call.is_zero() && it.per_record.is_zero()
    });
    if idle && cx.sound(&Path::of("reader")) {
        let message = "a slowdown of a reader that processes in no time changes nothing";
        let problem = Problem::new(Code::Pointless, &path.key("kind"), message);
        cx.problem(problem.help("give the reader `processing = { per_record = \"1 ms\" }`"));
    }
}

/// Errors need calls.
fn check_errors(reader: Option<&ReaderPlan>, path: &Path, cx: &mut Context<'_>) {
    if reader.is_some_and(|it| matches!(it.intake, IntakePlan::FanOut(_))) {
        let message = "`api-errors` means nothing to a reader with enhanced fan-out";
        let problem = Problem::new(Code::Pointless, &path.key("target"), message);
        let note = "shards push to it; it makes no GetRecords calls that could fail";
        cx.problem(problem.note(note).help("write `kind = \"outage\"`, or leave it out"));
    }
}

/// What is put to reads nothing that could fail.
fn check_direct(
    (word, target): (FaultWord, Option<Target>),
    sound: bool,
    path: &Path,
    plan: &Plan,
    cx: &mut Context<'_>,
) {
    let Some(Target::Reader(reader)) = target.filter(|_| sound) else { return };
    if read(reader, plan).is_none_or(|it| it.direct.is_none()) {
        return;
    }
    if !matches!(word, FaultWord::Outage | FaultWord::ApiErrors) {
        return;
    }
    let message = format!("`{}` means nothing to what is put to", Word(word).name());
    let problem = Problem::new(Code::Pointless, &path.key("target"), message);
    let help = "write `kind = \"api-errors\"` with its producer as the target, or \
                `kind = \"destination-outage\"`";
    cx.problem(problem.note("it makes no calls; its producers do").help(help));
}

/// Only what is encrypted needs KMS.
fn check_encrypted(stream: Option<&StreamPlan>, path: &Path, cx: &mut Context<'_>) {
    if stream.is_some_and(|it| it.encryption.is_none()) && cx.sound(&Path::of("stream")) {
        let message = "`kms-throttle` means nothing to a stream that is not encrypted";
        let problem = Problem::new(Code::Pointless, &path.key("target"), message);
        let help = "write `encryption = true` in the stream's table, or leave the fault out";
        cx.problem(problem.note("no call on it asks KMS for a key").help(help));
    }
}

/// The stream that a reader reads.
fn read(reader: usize, plan: &Plan) -> Option<&StreamPlan> {
    plan.streams.get(plan.readers.get(reader)?.stream)
}

/// `shard`: which open shard of the stream has this number; `None` with a problem where there is
/// none.
pub(super) fn shard(
    number: u64,
    stream: &StreamPlan,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<u32> {
    /// Numbers that a message lists at most.
    const LISTED_MAX: usize = 8;
    let open: Vec<u64> = stream.open_shards().iter().map(|it| u64::from(it.number)).collect();
    let found = open.iter().position(|it| *it == number);
    if found.is_none() && ["stream", "reader"].iter().all(|table| cx.sound(&Path::of(table))) {
        let message = format!("{} has no open shard {number}", shown(&stream.name));
        let problem = Problem::new(Code::OutOfRange, &path.key("shard"), message);
        let (first, last) = (open.first().copied()?, open.last().copied()?);
        let is_row = last - first + 1 == open.len() as u64;
        let listed = || open.iter().take(LISTED_MAX).map(u64::to_string).collect::<Vec<_>>();
        let help = match (open.len(), is_row) {
            (1, _) => format!("it has one, {first}; the field may be left out"),
            (_, true) => format!("write a number from {first} to {last}"),
            (..=LISTED_MAX, false) => format!("write one of {}", listed().join(", ")),
            (_, false) => format!("write one of {} …", listed().join(", ")),
        };
        cx.problem(problem.note("it is the number in a ShardId (KDS-H07)").help(help));
    }
    found.map(|index| index as u32)
}

/// `probability` in thousand-millionths.
fn chance(table: &FaultTable, path: &Path, cx: &mut Context<'_>) -> Option<u64> {
    let chance = table.probability.map(|leaf| leaf.0.0);
    let chance = required(chance, "probability", "`probability = \"5 %\"`", path, cx)?;
    cx.resolved.line("probability", &float(chance), None);
    Some((chance * BILLION as f64 + 0.5) as u64)
}

/// `factor` in millionths.
fn factor(table: &FaultTable, cx: &mut Context<'_>) -> Option<u64> {
    let factor = table.factor.as_ref().map(|factor| factor.0)?;
    cx.resolved.line("factor", &float(factor), None);
    Some((factor * MILLION as f64 + 0.5) as u64)
}

/// `factor`, `latency`, or both.
fn slower_puts(table: &FaultTable, path: &Path, cx: &mut Context<'_>) -> Option<(u64, Span)> {
    let factor = factor(table, cx);
    let more = table.latency.map(|leaf| leaf.0);
    if let Some(more) = more {
        cx.resolved.line("latency", &span(more), None);
        check_length(more, "latency", path, cx);
    }
    if factor.is_none() {
        required(more, "latency", "`latency = \"500 ms\"`", path, cx)?;
    }
    // Neither values nor a shape are published, of usual days or others.
    cx.resolved.assume("KDS-L03");
    Some((factor.unwrap_or(MILLION), more.unwrap_or(Span::ZERO)))
}

/// Times nothing is nothing.
fn check_latency(of: Option<&ProducerPlan>, plan: &Plan, path: &Path, cx: &mut Context<'_>) {
    let adds = |it: &ProducerPlan| {
        let encryption = plan.streams.get(it.stream).and_then(|stream| stream.encryption);
        encryption.is_some_and(|it| !it.latency.is_zero())
    };
    let at_once = |it: &ProducerPlan| it.client.latency == LatencyPlan::Constant(Span::ZERO);
    let known = ["producer", "stream"].iter().all(|table| cx.sound(&Path::of(table)));
    if of.is_some_and(|it| at_once(it) && !adds(it)) && known {
        let message = "`factor` changes nothing where answers to puts take no time";
        let problem = Problem::new(Code::Pointless, &path.key("factor"), message).at_key();
        let help = "give the producer a `latency`, or the fault one that comes on top";
        cx.problem(problem.help(help));
    }
}

/// `then` and `over`.
fn then(
    word: Option<Word<ThenWord>>,
    over: Option<Span>,
    lasts: Option<Span>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Span> {
    let default = (Word(ThenWord::Skip), Origin::Default);
    let then = cx.resolved.pick("then", word, default, |v| quoted(v.name()));
    if then.0 == ThenWord::Skip {
        if over.is_some() && cx.sound(path) {
            let message = "`over` means nothing with `then = \"skip\"`";
            let problem = Problem::new(Code::Pointless, &path.key("over"), message).at_key();
            cx.problem(problem.help("leave it out, or write `then = \"catch-up\"`"));
        }
        return None;
    }
    let default = (lasts.unwrap_or(Span::from_s(60)), Origin::Chosen);
    let over = cx.resolved.pick("over", over, default, |v| span(*v));
    check_length(over, "over", path, cx);
    Some(over)
}

fn check_length(length: Span, field: &str, path: &Path, cx: &mut Context<'_>) {
    if length.is_zero() || length > LENGTH_MAX {
        let message = format!("`{field}` must be more than zero and at most {LENGTH_MAX}");
        cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
    }
}
