//! `producer.source`: records made of what a consumer has processed.

use super::event::{Target, Targets};
use super::size::Room;
use super::{Context, direct, key, size};
use crate::model::plan::{
    ArrivalsPlan, Between, ConsumerKind, FedPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, Plan,
    ProducerPlan, ProfilePlan, SizePlan, SourcePlan,
};
use crate::quantity::shown;
use crate::scenario::file::{ProducerTable, SizeWord};
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem, listed, nearest};
use crate::scenario::resolved::{Origin, float, quoted};
use crate::time::Instant;
use crate::units::Bytes;

/// Consumers that a message lists at most.
const LISTED_MAX: usize = 8;

/// What stands for the record that another is made of.
pub(super) const SAME: &str = "same";

/// Whom producers can be fed by.
pub(super) struct Feeders<'a> {
    pub(super) targets: &'a Targets,
    /// The stream that each consumer reads.
    pub(super) streams: Vec<usize>,
}

/// Resolves what feeds a producer of stream `stream`, whose records hold `largest` at most; what is
/// expected to come is known only later.
pub(super) fn fed(
    table: &mut ProducerTable,
    (stream, largest): (usize, Bytes),
    path: &Path,
    feeders: &Feeders<'_>,
    cx: &mut Context<'_>,
) -> Option<(FedPlan, SourcePlan)> {
    let source = table.source.take()?;
    cx.resolved.line("source", &quoted(&source), None);
    for (field, given) in [("rate", table.rate.is_some()), ("trace", table.trace.is_some())] {
        if given {
            let message = format!("`source` and `{field}` exclude each other");
            let problem = Problem::new(Code::Contradiction, &path.key(field), message).at_key();
            let note = "a record is offered when the one it is made of is processed";
            cx.problem(problem.note(note).help("keep one of the two"));
        }
    }
    let ratio = table.records_per_record.take().map(|factor| factor.0);
    let default = (1.0, Origin::Default);
    let ratio = cx.resolved.pick("records_per_record", ratio, default, |v| float(*v));
    let consumer = consumer(&source, stream, path, feeders, cx);
    let keys = keys(table, path, cx);
    let room = match &keys {
        Some(Some(keys)) => key::longest(keys),
        _ => key::KEY_CHARS_MAX as u64,
    };
    let sizes = sizes(table, Room { largest, keys: room }, path, cx);
    let (consumer, keys, sizes) = (consumer?, keys?, sizes?);
    let fed = FedPlan {
        consumer,
        records_per_record: ratio,
        same_size: sizes.is_none(),
        same_key: keys.is_none().then_some(0),
    };
    let source = SourcePlan::Synthetic {
        rate: ProfilePlan { points: vec![(Instant::ZERO, 0.0)], between: Between::Steps },
        arrivals: ArrivalsPlan::Poisson,
        sizes: sizes.unwrap_or(SizePlan::Constant(Bytes(0))),
        keys: keys.unwrap_or(KeyPlan {
            names: KeyNames::Random { bytes: key::RANDOM_KEY_BYTES },
            weights: KeyWeights::Uniform,
            drift: KeyDrift::None,
            explicit: None,
            placement: 0,
        }),
    };
    Some((fed, source))
}

/// What only a producer that is fed can have.
pub(super) fn check_unfed(table: &ProducerTable, path: &Path, cx: &mut Context<'_>) -> bool {
    let size = matches!(table.record_size, Some(OrTable::Plain(SizeWord::Same)));
    let given = [("records_per_record", table.records_per_record.is_some()), ("record_size", size)];
    for (field, _) in given.into_iter().filter(|(_, given)| *given) {
        let what = if field == "record_size" { "`record_size = \"same\"`" } else { "it" };
        let message = format!("`{field}` says what is made of a record, and there is no `source`");
        let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
        let help = format!("write `source = \"reader.NAME\"`, or leave {what} out");
        cx.problem(problem.help(help));
    }
    given.iter().all(|(_, given)| !given)
}

/// What a producer that is fed offers, and when, is its consumer's affair.
pub(super) fn check_target(
    producer: Option<&ProducerPlan>,
    path: &Path,
    plan: &Plan,
    cx: &mut Context<'_>,
) {
    let Some(fed) = producer.and_then(|it| it.fed) else { return };
    let message = "what is fed by a consumer has no rate of its own";
    let problem = Problem::new(Code::Contradiction, &path.key("target"), message);
    let consumer = plan.readers.get(fed.consumer);
    let name = consumer.map_or_else(String::new, |it| format!("{}.{}", it.kind().name(), it.name));
    cx.problem(problem.help(format!("name the consumer, `{name}`, or a producer it reads from")));
}

/// The consumer called so.
fn consumer(
    source: &str,
    stream: usize,
    path: &Path,
    feeders: &Feeders<'_>,
    cx: &mut Context<'_>,
) -> Option<usize> {
    let (at, targets) = (path.key("source"), feeders.targets);
    let kinds: Vec<&str> = ConsumerKind::ALL.map(ConsumerKind::name).to_vec();
    let all: Vec<String> = targets.all(&kinds);
    let hands_on = |name: &&String| !name.starts_with(ConsumerKind::Firehose.name());
    let names: Vec<&str> = all.iter().filter(hands_on).map(String::as_str).collect();
    let help = match names.as_slice() {
        [] => "write a `[[reader]]` whose work it is".to_owned(),
        names if names.len() > LISTED_MAX => {
            format!("write one of {} …", listed(&names[..LISTED_MAX]))
        }
        names => format!("write {}", listed(names)),
    };
    match targets.find(source) {
        Some(Target::Reader(index)) if targets.kinds[index] == ConsumerKind::Firehose => {
            let message = format!("{} hands nothing on", shown(source));
            let problem = Problem::new(Code::Contradiction, &at, message);
            let note = "what it collects is delivered to its destination";
            cx.problem(problem.note(note).help(help));
            None
        }
        Some(Target::Reader(index)) if feeders.streams.get(index) == Some(&stream) => {
            if targets.complete {
                let name = targets.streams.get(stream).map_or("", String::as_str);
                let message = format!("{} reads the stream that it would write to", shown(source));
                let problem = Problem::new(Code::Contradiction, &at, message)
                    .note(format!("what it made would come back to it: {name} → {name}"));
                cx.problem(problem.help("let it write to another stream"));
            }
            None
        }
        Some(Target::Reader(index)) => Some(index),
        other => {
            if targets.complete {
                let message = match other {
                    Some(_) => format!("{} is no consumer", shown(source)),
                    None => format!("no consumer is called {}", shown(source)),
                };
                let problem = Problem::new(Code::UnknownWord, &at, message);
                let near = nearest(source, names.iter().copied());
                let problem = match near.as_slice() {
                    [] => problem,
                    near => problem.label(format!("did you mean {}?", listed(near))),
                };
                cx.problem(problem.help(help));
            }
            None
        }
    }
}

/// Keys of its own; the inner `None` stands for those of the records it is made of.
#[expect(clippy::option_option, reason = "no keys of its own, and a problem, are two things")]
fn keys(table: &mut ProducerTable, path: &Path, cx: &mut Context<'_>) -> Option<Option<KeyPlan>> {
    let given = table.partition_key.take();
    if table.target.is_some() {
        return Some(Some(direct::NO_KEYS));
    }
    match given {
        None => {
            cx.resolved.line("partition_key", &quoted(SAME), Some(Origin::Default));
            Some(None)
        }
        Some(OrTable::Plain(word)) if word == SAME => {
            cx.resolved.line("partition_key", &quoted(SAME), None);
            Some(None)
        }
        given => key::keys(given, &path.key("partition_key"), cx).map(Some),
    }
}

/// Sizes of its own, likewise.
#[expect(clippy::option_option, reason = "no sizes of its own, and a problem, are two things")]
fn sizes(
    table: &mut ProducerTable,
    room: Room,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<SizePlan>> {
    let origin = match &table.record_size {
        None => Some(Origin::Default),
        Some(_) => None,
    };
    match table.record_size.take().and_then(SizeWord::own) {
        None => {
            cx.resolved.line("record_size", &quoted(SAME), origin);
            Some(None)
        }
        Some(given) => size::sizes(given, room, &path.key("record_size"), cx).map(Some),
    }
}

/// Whether every producer and every stream is in the plan, in its place.
pub(super) fn is_known(cx: &Context<'_>) -> bool {
    let sound = ["producer", "stream", "firehose"].iter().all(|table| cx.sound(&Path::of(table)));
    sound && !cx.unknown_table
}

/// Streams that feed each other would never come to rest.
pub(super) fn check_cycles(plan: &Plan, feeders: &Feeders<'_>, cx: &mut Context<'_>) {
    if !is_known(cx) {
        return;
    }
    let from = |producer: &ProducerPlan| {
        producer.fed.and_then(|fed| feeders.streams.get(fed.consumer).copied())
    };
    // A way through all streams from each producer's stream back to that it is fed from.
    for (number, producer) in plan.producers.iter().enumerate() {
        let Some(start) = from(producer) else { continue };
        let mut came_by: Vec<Option<usize>> = vec![None; plan.streams.len()];
        let mut open = vec![producer.stream];
        while let Some(stream) = open.pop() {
            for (next, other) in plan.producers.iter().enumerate() {
                let leads = from(other) == Some(stream) && came_by[other.stream].is_none();
                if leads && other.stream != producer.stream {
                    came_by[other.stream] = Some(next);
                    open.push(other.stream);
                }
            }
        }
        if came_by[start].is_none() {
            continue;
        }
        let mut way = vec![number];
        let mut at = start;
        while let Some(by) = came_by[at] {
            way.push(by);
            at = from(&plan.producers[by]).unwrap_or(producer.stream);
        }
        way[1..].reverse();
        let step = |&by: &usize| {
            let producer = &plan.producers[by];
            let fed = producer.fed.map_or(0, |fed| fed.consumer);
            let kind = feeders.targets.kinds.get(fed).map_or("", |kind| kind.name());
            let consumer = feeders.targets.readers.get(fed).map_or("", String::as_str);
            let stream = &plan.streams[producer.stream].name;
            format!(" → {kind}.{consumer} → producer.{} → {stream}", producer.name)
        };
        let steps: String = way.iter().map(step).collect();
        let problem = Problem::new(
            Code::Contradiction,
            &Path::of("producer").index(number).key("source"),
            "these streams feed each other",
        );
        let problem = problem.note(format!("{}{steps}", plan.streams[start].name));
        cx.problem(problem.help("let one of the producers write to a stream outside the cycle"));
        return;
    }
}
