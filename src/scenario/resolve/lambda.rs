//! `[[lambda]]` and `[model.lambda]`.

use super::Context;
use super::duration::duration;
use super::mapping::Mappings;
use super::reader::{Crowd, check_time, start};
use crate::model::events::BILLION;
use crate::model::facts;
use crate::model::keys;
use crate::model::plan::{
    DurationPlan, FunctionPlan, IntakePlan, KeyNames, LambdaPlan, PayloadPlan, Plan, PollPlan,
    ReaderPlan, SourcePlan, TumblingPlan, WorkPlan,
};
use crate::scenario::file::{ArchitectureWord, FilterTable, LambdaTable, StateTable};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::Table;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, float, quoted, span};
use crate::time::{Instant, Span};
use crate::units::{Bytes, Share};

/// Keys whose lengths are looked at, about.
const KEYS_LOOKED_AT: u32 = 1_000;
/// Events that a shard may have pushed and that wait for room in their lanes (KDS-R24).
const EVENTS_AHEAD: u32 = 4;

impl Mappings {
    /// One `[[lambda]]`.
    pub(super) fn lambda(
        &self,
        mut table: LambdaTable,
        name: String,
        (stream, path): (usize, &Path),
        crowd: &Crowd,
        plan: &Plan,
        cx: &mut Context<'_>,
    ) -> ReaderPlan {
        cx.resolved.table("[[lambda]]");
        let origin = if table.name.is_some() { None } else { Some(Origin::Default) };
        cx.resolved.line("name", &quoted(&name), origin);
        if let Some(stream) = &table.stream {
            cx.resolved.line("stream", &quoted(stream), None);
        }
        let starts = table.starts.map(|leaf| leaf.0);
        let default = (Span::ZERO, Origin::Default);
        let starts = cx.resolved.pick("starts", starts, default, |v| span(*v));
        check_time(starts, &path.key("starts"), cx);
        let position = (table.starting_position, table.timestamp);
        let start = start(position, starts, path, cx);
        let given = table.enhanced_fan_out;
        let default = (false, Origin::Default);
        let pushed = cx.resolved.pick("enhanced_fan_out", given, default, bool::to_string);
        let intake = if pushed {
            cx.resolved.assume("KDS-R33");
            IntakePlan::FanOut(crowd.fan_out())
        } else {
            cx.resolved.assume("KDS-R08");
            IntakePlan::Poll(PollPlan::every(facts::MAPPING_POLL_EVERY))
        };
        // A mapping that is there when the run begins has begun before. With LATEST a new one skips
        // what comes until its first call (ESM-23).
        let delay = if starts.is_zero() { Span::ZERO } else { self.start_delay };
        let work = self.work(&mut table, stream, path, plan, cx);
        let read_ahead = if pushed { EVENTS_AHEAD } else { 0 };
        let work = WorkPlan::Lambda(Box::new(work));
        ReaderPlan {
            stream,
            starts: Instant::ZERO + starts + delay,
            start,
            read_ahead,
            ..ReaderPlan::plain(name, intake, work)
        }
    }

    fn work(
        &self,
        table: &mut LambdaTable,
        stream: usize,
        path: &Path,
        plan: &Plan,
        cx: &mut Context<'_>,
    ) -> LambdaPlan {
        let given = table.batch_size.as_ref().map(|count| count.0);
        let default = (u64::from(facts::BATCH_SIZE), Origin::Fact("ESM-30"));
        let batch_size = cx.resolved.pick("batch_size", given, default, u64::to_string) as u32;
        let window = table.maximum_batching_window.map(|leaf| leaf.0);
        let field = "maximum_batching_window";
        let default = (Span::ZERO, Origin::Fact("ESM-31"));
        let batching_window = cx.resolved.pick(field, window, default, |v| span(*v));
        whole_seconds(batching_window, (field, "ESM-31"), (0, 300), path, cx);
        let given = table.parallelization_factor.as_ref().map(|count| count.0);
        let default = (1, Origin::Fact("ESM-50"));
        let factor = cx.resolved.pick("parallelization_factor", given, default, u64::to_string);
        if factor > 1 {
            cx.resolved.assume("ESM-53");
            cx.resolved.assume("ESM-57");
        }
        let retries = retries(table.maximum_retry_attempts, path, cx);
        let record_age = table.maximum_record_age.map(|leaf| leaf.0);
        match record_age {
            Some(age) => {
                cx.resolved.line("maximum_record_age", &span(age), None);
                let field = "maximum_record_age";
                whole_seconds(age, (field, "ESM-71"), (60, 604_800), path, cx);
            }
            None => cx.resolved.comment("maximum_record_age: any (ESM-71)"),
        }
        let mut flag = |field: &str, given: Option<bool>| {
            cx.resolved.pick(field, given, (false, Origin::Default), bool::to_string)
        };
        let bisect = flag("bisect_batch_on_function_error", table.bisect_batch_on_function_error);
        let on_failure = flag("on_failure", table.on_failure);
        let types = table.function_response_types.take();
        let partial = types.as_ref().is_some_and(|types| !types.is_empty());
        let text = if partial { "[\"ReportBatchItemFailures\"]" } else { "[]" };
        let origin = if types.is_some() { None } else { Some(Origin::Default) };
        cx.resolved.line("function_response_types", text, origin);
        let windows = (table.tumbling_window, table.window_state.take());
        let tumbling = self.tumbling(windows, path, cx);
        if tumbling.is_some() && factor > 1 && cx.sound(path) {
            cx.problem(windows_and_lanes(path));
        }
        let passes = passes(table.filter_criteria.take(), path, cx);
        let function = self.function(table, path, cx);
        LambdaPlan {
            batch_size,
            batching_window,
            factor: factor as u32,
            factor_max: factor as u32,
            retries,
            record_age,
            bisect,
            partial,
            on_failure,
            tumbling,
            passes,
            function,
            payload: self.payload(stream, plan),
            mapping: self.plan,
        }
    }

    /// `tumbling_window` and `window_state`.
    pub(super) fn tumbling(
        &self,
        (window, state): (Option<Leaf<Span>>, Option<Table<StateTable>>),
        path: &Path,
        cx: &mut Context<'_>,
    ) -> Option<TumblingPlan> {
        let length = window.map_or(Span::ZERO, |leaf| leaf.0);
        if let Some(leaf) = window {
            cx.resolved.line("tumbling_window", &span(leaf.0), None);
            whole_seconds(leaf.0, ("tumbling_window", "ESM-115"), (0, 900), path, cx);
        }
        if length.is_zero() {
            if state.is_some() && cx.sound(path) {
                let message = "`window_state` means nothing without `tumbling_window`";
                let problem = Problem::new(Code::Pointless, &path.key("window_state"), message);
                cx.problem(problem.at_key().help("write `tumbling_window = \"60 s\"`"));
            }
            return None;
        }
        cx.resolved.assume("ESM-116");
        let StateTable { fixed, per_record } = state.unwrap_or_default().0;
        let mut size = |key: &str, given: Option<Leaf<Bytes>>| {
            let given = given.map(|leaf| leaf.0);
            cx.resolved.pick(key, given, (Bytes(0), Origin::Default), |v| bytes(*v)).0
        };
        let state = size("window_state.fixed", fixed);
        let state_per_record = size("window_state.per_record", per_record);
        if state > facts::WINDOW_STATE_MAX.0 {
            let message = "`fixed` must be at most 1 MiB";
            let field = path.key("window_state").key("fixed");
            let problem = Problem::new(Code::OutOfRange, &field, message);
            cx.problem(problem.note("a window's state has at most 1 MB (fact ESM-117)"));
        }
        Some(TumblingPlan { length, close_after: self.window_close, state, state_per_record })
    }

    fn function(&self, table: &mut LambdaTable, path: &Path, cx: &mut Context<'_>) -> FunctionPlan {
        let given = table.invocation_duration.take();
        if given.is_none() && !has_unknown(path, cx) {
            let example = "`invocation_duration = { fixed = \"40 ms\", per_record = \"1 ms\" }`";
            cx.missing(path, "invocation_duration", example);
        }
        let given = given.unwrap_or_default().0;
        let zero = (Span::ZERO, Origin::Default);
        let at = path.key("invocation_duration");
        let fixed = duration(given.fixed, ("invocation_duration.fixed", zero), &at, cx);
        let key = "invocation_duration.per_record";
        let per_record = duration(given.per_record, (key, zero), &at, cx);
        let errors = table.errors.take().unwrap_or_default().0;
        let mut chance = |key: &str, given: Option<Leaf<Share>>| {
            let given = given.map(|leaf| leaf.0.0);
            let share = cx.resolved.pick(key, given, (0.0, Origin::Default), |v| float(*v));
            (share * BILLION as f64 + 0.5) as u64
        };
        let per_invocation = chance("errors.per_invocation", errors.per_invocation);
        let record_errors = chance("errors.per_record", errors.per_record);
        let cold = (facts::COLD_START, Origin::Assumed("ESM-64"));
        let cold_start = duration(table.cold_start.take(), ("cold_start", cold), path, cx);
        let timeout = table.timeout.map(|leaf| leaf.0);
        let default = (facts::FUNCTION_TIMEOUT, Origin::Fact("ESM-62"));
        let timeout = cx.resolved.pick("timeout", timeout, default, |v| span(*v));
        whole_seconds(timeout, ("timeout", "ESM-62"), (1, 900), path, cx);
        if let DurationPlan::Constant(fixed) = fixed
            && fixed > timeout
            && cx.sound(path)
        {
            let message = format!("`fixed` is {fixed}, but the function times out at {timeout}");
            let problem = Problem::new(Code::Contradiction, &at.key("fixed"), message);
            cx.problem(problem.help("every invocation would fail: write a longer `timeout`"));
        }
        let memory = table.memory_size.map(|leaf| leaf.0);
        let default = (facts::FUNCTION_MEMORY, Origin::Fact("ESM-63"));
        let memory = cx.resolved.pick("memory_size", memory, default, |v| bytes(*v));
        check_memory(memory, &path.key("memory_size"), cx);
        let default = (Word(ArchitectureWord::X86), Origin::Default);
        let word =
            cx.resolved.pick("architecture", table.architecture, default, |v| quoted(v.name()));
        let reserved = table.reserved_concurrent_executions.as_ref().map(|count| count.0 as u32);
        if let Some(reserved) = reserved {
            cx.resolved.line("reserved_concurrent_executions", &reserved.to_string(), None);
        }
        FunctionPlan {
            memory,
            arm: word.0 == ArchitectureWord::Arm,
            timeout,
            cold_start,
            fixed,
            per_record,
            errors: per_invocation,
            record_errors,
            reserved,
            idle_reclaim: self.idle_reclaim,
        }
    }

    /// What a record of the stream adds to an event: all that is beside its data (ESM-38), its key
    /// among it, as long as the keys of the stream's producers are in the mean.
    fn payload(&self, stream: usize, plan: &Plan) -> PayloadPlan {
        let of = plan.producers.iter().filter(|it| it.stream == stream);
        let mean = |source: &SourcePlan| {
            let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) = source;
            let count = keys::key_count(keys);
            if let KeyNames::Random { bytes } = keys.names {
                return bytes;
            }
            let step = count.div_ceil(KEYS_LOOKED_AT).max(1) as usize;
            let some = (0..count).step_by(step).map(|index| keys::name_bytes(keys, index));
            let (sum, n) = some.fold((0, 0), |(sum, n), bytes| (sum + bytes, n + 1));
            sum / n.max(1)
        };
        let keys: Vec<u64> = of.map(|producer| mean(&producer.source)).collect();
        let key = keys.iter().sum::<u64>() / (keys.len() as u64).max(1);
        let name = plan.streams.get(stream).map_or(0, |it| it.name.len());
        let fixed = facts::EVENT_RECORD_BYTES + facts::ROLE_NAME_BYTES;
        let names = (2 * plan.account.region.len() + name) as u64;
        let overhead = fixed + key + names;
        PayloadPlan { max: self.payload, envelope: facts::EVENT_BYTES, overhead, key }
    }

    /// Together, functions may reserve so much that enough is left for the others (ESM-59).
    pub(super) fn check_reserved(plan: &Plan, cx: &mut Context<'_>) {
        let of = |reader: &ReaderPlan| reader.lambda().and_then(|it| it.function.reserved);
        let sum: u64 = plan.readers.iter().filter_map(of).map(u64::from).sum();
        let most = u64::from(plan.account.concurrent_executions);
        let most = most.saturating_sub(u64::from(facts::UNRESERVED_MIN));
        if sum > most && cx.sound(&Path::of("lambda")) && cx.sound(&Path::of("account")) {
            let last = plan.readers.iter().rposition(|reader| of(reader).is_some_and(|it| it > 0));
            let index = last.map_or(0, |last| plan.place_of_consumer(last).1);
            let path = Path::of("lambda").index(index).key("reserved_concurrent_executions");
            let message = format!("{sum} reserved executions are more than {most}");
            let problem = Problem::new(Code::OverQuota, &path, message);
            let note = "100 of the account's must stay unreserved (fact ESM-59, documented)";
            let help = "reserve less, or write a larger `account.concurrent_executions`";
            cx.problem(problem.note(note).help(help));
        }
    }
}

/// Whether a key of the table at `path` is not known: what is missing may be meant by it.
pub(super) fn has_unknown(path: &Path, cx: &Context<'_>) -> bool {
    cx.problems.iter().any(|it| it.path.0.starts_with(&path.0) && it.path.0.len() > path.0.len())
}

/// `maximum_retry_attempts`; -1 and nothing are until the records expire.
fn retries(given: Option<i64>, path: &Path, cx: &mut Context<'_>) -> Option<u32> {
    let default = (-1, Origin::Fact("ESM-70"));
    let attempts = cx.resolved.pick("maximum_retry_attempts", given, default, i64::to_string);
    check_retries(attempts, path, cx)
}

/// A number of retries, or -1.
pub(super) fn check_retries(attempts: i64, path: &Path, cx: &mut Context<'_>) -> Option<u32> {
    if !(-1..=10_000).contains(&attempts) {
        let message = "`maximum_retry_attempts` must be from 0 to 10,000, or -1";
        let path = path.key("maximum_retry_attempts");
        let problem = Problem::new(Code::OutOfRange, &path, message);
        cx.problem(problem.note("-1 retries until the records expire (fact ESM-70, documented)"));
    }
    u32::try_from(attempts).ok()
}

/// A window's state is passed from batch to batch, which lanes beside it would not know of.
pub(super) fn windows_and_lanes(path: &Path) -> Problem {
    let message = "`tumbling_window` and `parallelization_factor` exclude each other";
    let field = path.key("parallelization_factor");
    let problem = Problem::new(Code::Contradiction, &field, message).at_key();
    let note = "a window's state is passed from batch to batch of a shard (fact ESM-56)";
    problem.note(note).help("leave one of the two out")
}

/// `filter_criteria`.
pub(super) fn passes(filter: Option<Table<FilterTable>>, path: &Path, cx: &mut Context<'_>) -> u64 {
    let Some(filter) = filter else { return BILLION };
    if let Some(Leaf(Share(share))) = filter.0.matches {
        cx.resolved.line("filter_criteria.matches", &float(share), None);
        return (share * BILLION as f64 + 0.5) as u64;
    }
    let path = path.key("filter_criteria");
    if !has_unknown(&path, cx) {
        cx.missing(&path, "matches", "`filter_criteria = { matches = \"40 %\" }`");
    }
    BILLION
}

/// A time that AWS takes in whole seconds, from `range.0` to `range.1`.
pub(super) fn whole_seconds(
    time: Span,
    (field, fact): (&str, &str),
    range: (u64, u64),
    path: &Path,
    cx: &mut Context<'_>,
) {
    let (least, most) = (Span::from_s(range.0), Span::from_s(range.1));
    let whole = time.as_ns().is_multiple_of(Span::from_s(1).as_ns());
    if !whole || !(least..=most).contains(&time) {
        let message = format!("`{field}` must be whole seconds from {least} to {most}");
        let problem = Problem::new(Code::OutOfRange, &path.key(field), message);
        cx.problem(problem.note(format!("Lambda takes no other (fact {fact}, documented)")));
    }
}

pub(super) fn check_memory(memory: Bytes, path: &Path, cx: &mut Context<'_>) {
    let range = facts::FUNCTION_MEMORY..=facts::FUNCTION_MEMORY_MAX;
    let whole = memory.0.is_multiple_of(Bytes::mib(1).0);
    if whole && range.contains(&memory) {
        return;
    }
    let message = "`memory_size` must be whole MiB from 128 MiB to 10,240 MiB";
    let problem = Problem::new(Code::OutOfRange, path, message);
    let mib = (memory.0 as f64 / 1e6).round() as u64;
    let decimal = memory.0.is_multiple_of(1_000_000) && (128..=10_240).contains(&mib);
    let problem = problem.note("what Lambda calls MB is MiB (fact ESM-63, documented)");
    cx.problem(if decimal { problem.help(format!("write \"{mib} MiB\"")) } else { problem });
}
