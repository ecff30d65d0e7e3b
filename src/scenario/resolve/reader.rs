//! `[[reader]]`.

use super::Context;
use crate::model::plan::{ReaderPlan, StartingPosition};
use crate::scenario::file::ReaderTable;
use crate::scenario::leaf::Word;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::Span;

/// Shortest time between two calls: no client calls more often.
const EVERY_MIN: Span = Span::from_ms(1);

pub(super) fn reader(
    table: ReaderTable,
    name: String,
    index: usize,
    cx: &mut Context<'_>,
) -> ReaderPlan {
    let path = Path::of("reader").index(index);
    cx.resolved.table("[[reader]]");
    let origin = if table.name.is_some() { None } else { Some(Origin::Default) };
    cx.resolved.line("name", &quoted(&name), origin);
    let default = (Word(StartingPosition::TrimHorizon), Origin::Default);
    let start = cx
        .resolved
        .pick("starting_position", table.starting_position, default, |v| quoted(v.name()));
    let get_records = table.get_records.unwrap_or_default().0;
    let every = get_records.every.map(|leaf| leaf.0);
    let default = (Span::from_s(1), Origin::Default);
    let every = cx.resolved.pick("get_records.every", every, default, |v| span(*v));
    if every < EVERY_MIN {
        let path = path.key("get_records").key("every");
        let problem = Problem::new(Code::OutOfRange, &path, "`every` must be at least 1 ms");
        cx.problem(problem.note("a shard answers 5 GetRecords calls a second (fact KDS-R01)"));
    }
    let limit = get_records.limit.map(|count| count.0);
    let default = (10_000, Origin::Fact("KDS-R03"));
    let limit = cx.resolved.pick("get_records.limit", limit, default, u64::to_string);
    let processing = table.processing.unwrap_or_default().0;
    let mut time = |key: &str, given: Option<Span>| {
        cx.resolved.pick(key, given, (Span::ZERO, Origin::Default), |v| span(*v))
    };
    let per_call = time("processing.per_call", processing.per_call.map(|leaf| leaf.0));
    let per_record = time("processing.per_record", processing.per_record.map(|leaf| leaf.0));
    let threads = table.threads.map(|count| count.0 as u32);
    match threads {
        Some(threads) => cx.resolved.line("threads", &threads.to_string(), None),
        None => cx.resolved.comment("threads: one a shard (default)"),
    }
    // What happens between 2 and 10 MiB, and whether refused calls count, is not published.
    cx.resolved.assume("KDS-R08");
    cx.resolved.assume("KDS-R09");
    ReaderPlan {
        name,
        stream: 0,
        start: start.0,
        every,
        limit: limit as u32,
        per_call,
        per_record,
        threads,
    }
}
