//! `[[reader]]`.

use super::Context;
use super::retry::retry;
use crate::model::facts;
use crate::model::plan::{
    FanOutPlan, IntakePlan, PollOrder, PollPlan, ReaderPlan, StartingPosition, WorkPlan,
};
use crate::model::retry::{RetryPlan, RetryProfile};
use crate::scenario::file::{GetRecordsTable, ModelFanOutTable, ReaderTable, StartWord};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::{Instant, NS_PER_S, Span};

/// Shortest time between two calls: no client calls more often.
const EVERY_MIN: Span = Span::from_ms(1);
/// Longest time any of a reader's fields may name.
const TIME_MAX: Span = Span::from_s(400 * 86_400);
/// Answers kept while an earlier one is processed: none, as a plain loop does.
const AHEAD_POLL: u64 = 0;
/// Events kept likewise: enough for as many as are under way at the default pace and delay, and
/// what AWS's own client keeps (KDS-R24).
const AHEAD_FAN_OUT: u64 = 4;

/// What all readers have in common.
pub(super) struct Crowd {
    /// Streams whose pollers together call more often than a shard answers, or so many at once.
    over: Vec<usize>,
    fan_out: FanOutPlan,
    /// What `[model.fan_out]` gives.
    given: [bool; 4],
    any_fan_out: bool,
}

/// How a consumer comes by its records, as far as others on its stream are concerned.
pub(super) struct Asks {
    /// Index of the stream.
    pub(super) stream: usize,
    /// Its table.
    pub(super) path: Path,
    /// Whether shards push to it.
    pub(super) pushed: bool,
    /// Time between two calls on a shard, where they do not.
    pub(super) every: Span,
}

impl Asks {
    /// What a `[[reader]]` does.
    pub(super) fn of_reader(table: &ReaderTable, index: usize, stream: usize) -> Self {
        let every = table.get_records.as_ref().and_then(|get| get.0.every.as_ref());
        Self {
            stream,
            path: Path::of("reader").index(index),
            pushed: table.enhanced_fan_out == Some(true),
            every: every.map_or(facts::POLL_EVERY, |leaf| leaf.0),
        }
    }
}

/// Looks at all consumers and at `[model.fan_out]`.
pub(super) fn crowd(all: &[Asks], model: &ModelFanOutTable, cx: &mut Context<'_>) -> Crowd {
    let pushed = |asks: &&Asks| asks.pushed;
    let of = |stream: usize| all.iter().filter(move |asks| asks.stream == stream);
    // Calls in a thousand million seconds, rounded down.
    let calls = |asks: &Asks| {
        u128::from(NS_PER_S) * u128::from(NS_PER_S) / u128::from(asks.every.as_ns().max(1))
    };
    let most = u128::from(facts::READ_CALLS_PER_S) * u128::from(NS_PER_S);
    let is_over = |stream: &usize| {
        let pollers = of(*stream).filter(|asks| !pushed(asks));
        let total: u128 = pollers.clone().map(calls).sum();
        total > most || pollers.count() as u64 > facts::READ_CALLS_PER_S
    };
    let known = 0..all.iter().map(|asks| asks.stream + 1).max().unwrap_or(0);
    let over = known.clone().filter(is_over).collect();
    for stream in known {
        let registered = of(stream).filter(pushed).count();
        let last = of(stream).rfind(pushed);
        if let Some(last) = last.filter(|_| registered > facts::FAN_OUT_CONSUMERS_MAX) {
            let path = last.path.key("enhanced_fan_out");
            let message = format!("{registered} consumers with enhanced fan-out are more than 20");
            let problem = Problem::new(Code::OverQuota, &path, message);
            let note = "a provisioned stream can register 20 (fact KDS-R27, documented)";
            cx.problem(problem.note(note));
        }
    }
    let given = [
        model.delay.is_some(),
        model.pace.is_some(),
        model.renewal.is_some(),
        model.registration.is_some(),
    ];
    let path = Path::of("model").key("fan_out");
    let mut time = |field: &str, given: Option<Span>, default: Span, range: (Span, Span)| {
        let value = given.unwrap_or(default);
        if !(range.0..=range.1).contains(&value) {
            let message = format!("`{field}` must be from {} to {}", range.0, range.1);
            let nearest = value.clamp(range.0, range.1);
            let help = format!("write \"{nearest}\", or leave it out for \"{default}\"");
            cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message).help(help));
        }
        value
    };
    let (ms, minute) = (Span::from_ms(1), Span::from_s(60));
    let fan_out = FanOutPlan {
        bytes_per_s: facts::FAN_OUT_BYTES_PER_S,
        delay: time("delay", model.delay.map(|leaf| leaf.0), facts::FAN_OUT_DELAY, (ms, minute)),
        pace: time("pace", model.pace.map(|leaf| leaf.0), facts::FAN_OUT_PACE, (ms, minute)),
        lifetime: facts::SUBSCRIPTION_LIFETIME,
        renewal: time(
            "renewal",
            model.renewal.map(|leaf| leaf.0),
            facts::FAN_OUT_RENEWAL,
            (Span::ZERO, minute),
        ),
        registration: time(
            "registration",
            model.registration.map(|leaf| leaf.0),
            Span::ZERO,
            (Span::ZERO, minute),
        ),
    };
    Crowd { over, fan_out, given, any_fan_out: all.iter().any(|asks| asks.pushed) }
}

impl Crowd {
    /// What a consumer that shards push to lives with.
    pub(super) fn fan_out(&self) -> FanOutPlan {
        self.fan_out
    }

    /// Writes `[model.fan_out]` into the resolved text, where it matters.
    pub(super) fn write_down(&self, cx: &mut Context<'_>) {
        if !self.any_fan_out {
            return;
        }
        let values = [
            ("fan_out.delay", self.fan_out.delay, "KDS-R33"),
            ("fan_out.pace", self.fan_out.pace, "KDS-R33"),
            ("fan_out.renewal", self.fan_out.renewal, "KDS-R33"),
            ("fan_out.registration", self.fan_out.registration, "KDS-R32"),
        ];
        for ((key, value, fact), given) in values.into_iter().zip(self.given) {
            let origin = if given { None } else { Some(Origin::Assumed(fact)) };
            cx.resolved.line(key, &span(value), origin);
        }
    }
}

pub(super) fn reader(
    mut table: ReaderTable,
    name: String,
    index: usize,
    stream: usize,
    crowd: &Crowd,
    cx: &mut Context<'_>,
) -> ReaderPlan {
    let path = Path::of("reader").index(index);
    cx.resolved.table("[[reader]]");
    let origin = if table.name.is_some() { None } else { Some(Origin::Default) };
    cx.resolved.line("name", &quoted(&name), origin);
    if let Some(stream) = &table.stream {
        cx.resolved.line("stream", &quoted(stream), None);
    }
    let starts = table.starts.map(|leaf| leaf.0);
    let starts = cx.resolved.pick("starts", starts, (Span::ZERO, Origin::Default), |v| span(*v));
    check_time(starts, &path.key("starts"), cx);
    let sound = cx.sound(&path);
    let start = start((table.starting_position, table.timestamp), starts, &path, cx);
    let intake = intake(&mut table, stream, crowd, &path, cx);
    let fan_out = matches!(intake, IntakePlan::FanOut(_));
    let in_turn = matches!(&intake, IntakePlan::Poll(poll) if poll.order == PollOrder::InTurn);
    let default =
        if fan_out { (AHEAD_FAN_OUT, Origin::Chosen) } else { (AHEAD_POLL, Origin::Default) };
    let ahead = table.read_ahead.map(|count| count.0);
    for (field, given) in [("read_ahead", ahead.is_some()), ("threads", table.threads.is_some())] {
        if in_turn && given && sound {
            let message = format!("`{field}` means nothing with `order = \"in-turn\"`");
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            let problem = problem.note("one loop works all shards, one after the other");
            cx.problem(problem.help("leave it out, or write `order = \"side-by-side\"`"));
        }
    }
    let ahead = if in_turn {
        default.0
    } else {
        cx.resolved.pick("read_ahead", ahead, default, u64::to_string)
    };
    let processing = table.processing.unwrap_or_default().0;
    let mut time = |key: &str, given: Option<Span>| {
        cx.resolved.pick(key, given, (Span::ZERO, Origin::Default), |v| span(*v))
    };
    let per_call = time("processing.per_call", processing.per_call.map(|leaf| leaf.0));
    let per_record = time("processing.per_record", processing.per_record.map(|leaf| leaf.0));
    let threads = table.threads.map(|count| count.0 as u32);
    match threads {
        Some(threads) => cx.resolved.line("threads", &threads.to_string(), None),
        None if in_turn => cx.resolved.comment("threads: one for all shards, in turn"),
        None => cx.resolved.comment("threads: one a shard (default)"),
    }
    ReaderPlan {
        name,
        stream,
        starts: Instant::ZERO + starts,
        start,
        intake,
        read_ahead: ahead as u32,
        per_call,
        per_record,
        threads,
        work: WorkPlan::Loop,
    }
}

/// How records come to it: `enhanced_fan_out`, or `get_records` and `retry`.
fn intake(
    table: &mut ReaderTable,
    stream: usize,
    crowd: &Crowd,
    path: &Path,
    cx: &mut Context<'_>,
) -> IntakePlan {
    let default = (false, Origin::Default);
    let fan_out =
        cx.resolved.pick("enhanced_fan_out", table.enhanced_fan_out, default, bool::to_string);
    let (get_records, given) = (table.get_records.take(), table.retry.take());
    if !fan_out {
        let crowded = crowd.over.contains(&stream);
        let poll = poll(get_records.unwrap_or_default().0, crowded, path, cx);
        // KDS-R06: by itself a reader waits a second and asks anew.
        let default = (RetryProfile::None, Origin::Default);
        return IntakePlan::Poll(PollPlan { retry: retry(given, default, path, cx), ..poll });
    }
    let sound = cx.sound(path);
    for (field, given) in [("get_records", get_records.is_some()), ("retry", given.is_some())] {
        if given && sound {
            let message = format!("`{field}` means nothing with `enhanced_fan_out = true`");
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            let note = "shards push to such a consumer; it makes no GetRecords calls";
            cx.problem(problem.note(note).help("leave it out"));
        }
    }
    // How large events are, and how they are paced, is not published.
    cx.resolved.assume("KDS-R33");
    IntakePlan::FanOut(crowd.fan_out)
}

/// `starting_position` and `timestamp`.
pub(super) fn start(
    (position, timestamp): (Option<Word<StartWord>>, Option<Leaf<Span>>),
    starts: Span,
    path: &Path,
    cx: &mut Context<'_>,
) -> StartingPosition {
    let default = (Word(StartWord::TrimHorizon), Origin::Default);
    let word = cx.resolved.pick("starting_position", position, default, |v| quoted(v.name()));
    let timestamp = timestamp.map(|leaf| leaf.0);
    let sound = cx.sound(path);
    let path = path.key("timestamp");
    match (word.0, timestamp) {
        (StartWord::AtTimestamp, Some(at)) => {
            cx.resolved.line("timestamp", &span(at), None);
            if at > starts && sound {
                let message = format!("`timestamp` is {at}, but reading starts at {starts}");
                let problem = Problem::new(Code::Contradiction, &path, message);
                let problem =
                    problem.note("no record is stored so late when it asks for its place");
                cx.problem(problem.help("write an earlier moment, or a later `starts`"));
            }
            StartingPosition::AtTimestamp(Instant::ZERO + at)
        }
        (StartWord::AtTimestamp, None) if !sound => StartingPosition::TrimHorizon,
        (StartWord::AtTimestamp, None) => {
            let problem = Problem::new(
                Code::MissingField,
                &Path(path.0[..path.0.len() - 1].to_vec()),
                "`starting_position = \"AT_TIMESTAMP\"` needs `timestamp`",
            );
            cx.problem(problem.help("write a moment of the run, such as `timestamp = \"10 min\"`"));
            StartingPosition::TrimHorizon
        }
        (word, given) => {
            if given.is_some() && sound {
                let name = Word(word).name();
                let message = format!("`timestamp` means nothing with \"{name}\"");
                let problem = Problem::new(Code::Pointless, &path, message).at_key();
                let help = "leave it out, or write `starting_position = \"AT_TIMESTAMP\"`";
                cx.problem(problem.help(help));
            }
            match word {
                StartWord::Latest => StartingPosition::Latest,
                _ => StartingPosition::TrimHorizon,
            }
        }
    }
}

/// `get_records`; what a refused call leads to is left open.
fn poll(table: GetRecordsTable, crowded: bool, path: &Path, cx: &mut Context<'_>) -> PollPlan {
    let path = path.key("get_records");
    let every = table.every.map(|leaf| leaf.0);
    let default = (facts::POLL_EVERY, Origin::Default);
    let every = cx.resolved.pick("get_records.every", every, default, |v| span(*v));
    check_time(every, &path.key("every"), cx);
    if every < EVERY_MIN {
        let problem =
            Problem::new(Code::OutOfRange, &path.key("every"), "`every` must be at least 1 ms");
        cx.problem(problem.note("a shard answers 5 GetRecords calls a second (fact KDS-R01)"));
    }
    let tenth = Span::from_ns(every.as_ns() / 10);
    let default = if crowded { (tenth, Origin::Chosen) } else { (Span::ZERO, Origin::Default) };
    let jitter = table.jitter.map(|leaf| leaf.0);
    let jitter = cx.resolved.pick("get_records.jitter", jitter, default, |v| span(*v));
    check_time(jitter, &path.key("jitter"), cx);
    let limit = table.limit.map(|count| count.0);
    let default = (u64::from(facts::GET_RECORDS_LIMIT_MAX), Origin::Fact("KDS-R03"));
    let limit = cx.resolved.pick("get_records.limit", limit, default, u64::to_string);
    let default = (Word(PollOrder::SideBySide), Origin::Default);
    let order = cx.resolved.pick("get_records.order", table.order, default, |v| quoted(v.name()));
    // What happens between 2 and 10 MiB, and whether refused calls count, is not published.
    cx.resolved.assume("KDS-R08");
    cx.resolved.assume("KDS-R09");
    PollPlan { every, jitter, limit: limit as u32, order: order.0, retry: RetryPlan::NONE }
}

pub(super) fn check_time(time: Span, path: &Path, cx: &mut Context<'_>) {
    if time > TIME_MAX {
        let message = format!("`{}` must be at most {TIME_MAX}", path.field());
        cx.problem(Problem::new(Code::OutOfRange, path, message));
    }
}
