//! `[[action]]`, and `[model.retention]`.

use super::event::{Known, Target, moment, required, target};
use super::lambda_action::{Updates, is_of_lambda};
use super::{Context, fed, lambda_action, reshard};
use crate::model::events::{ActionKind, ActionPlan, NewRate};
use crate::model::facts;
use crate::model::plan::{Plan, SourcePlan};
use crate::scenario::file::{ActionTable, CallWord, ModelRetentionTable};
use crate::scenario::leaf::Word;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, float, quoted, span};
use crate::time::{Instant, Span};

/// Longest time an increased retention may take to hold.
const INCREASE_MAX: Span = Span::from_s(3_600);

/// Calls whose effect hangs on those before.
#[derive(Default)]
pub(super) struct Calls {
    /// Of retention: where they stand, when, and what they ask for.
    retention: Vec<(Path, Instant, usize, CallWord, Span)>,
    /// To Lambda.
    updates: Updates,
}

/// `at`, `call` or `kind`, and what these have.
pub(super) fn action(
    table: &mut ActionTable,
    path: &Path,
    known: &Known<'_>,
    plan: &Plan,
    calls: &mut Calls,
    cx: &mut Context<'_>,
) -> Option<ActionPlan> {
    let sound = cx.sound(path);
    let at = moment(table.at.map(|leaf| leaf.0), path, cx);
    match (table.call, table.kind) {
        (None, None) => {
            if sound {
                let example =
                    "`call = \"IncreaseStreamRetentionPeriod\"` or `kind = \"rate-change\"`";
                cx.missing(path, "call", example);
            }
            None
        }
        (Some(_), Some(_)) => {
            let message = "`call` and `kind` exclude each other";
            let problem = Problem::new(Code::Contradiction, &path.key("kind"), message).at_key();
            cx.problem(problem.help("write two actions"));
            None
        }
        (Some(call), None) => {
            cx.resolved.line("call", &quoted(call.name()), None);
            check_pointless(table, Some(call.0), path, sound, cx);
            if is_of_lambda(call.0) {
                let (table, known) = ((table, call.0), (known.targets, known.mappings));
                lambda_action::call(table, path, at, known, &mut calls.updates, cx);
                return None;
            }
            of_stream(table, call.0, (path, at), known, calls, cx)
        }
        (None, Some(kind)) => {
            cx.resolved.line("kind", &quoted(kind.name()), None);
            check_pointless(table, None, path, sound, cx);
            let target = target(table.target.as_deref(), &["producer"], path, known.targets, cx);
            let to = new_rate(table, path, cx)?;
            let Some(Target::Producer(producer)) = target else { return None };
            let source = plan.producers.get(producer).map(|it| &it.source);
            let known = cx.sound(&Path::of("producer"));
            let target_of = plan.producers.get(producer).filter(|_| sound && known);
            fed::check_target(target_of, path, plan, cx);
            if matches!(source, Some(SourcePlan::Trace { .. })) && sound && known {
                let message = "a trace has no rate that could change";
                let problem = Problem::new(Code::Contradiction, &path.key("target"), message);
                cx.problem(problem.help("write another trace, or give the producer a `rate`"));
            }
            Some(ActionPlan { at: at?, kind: ActionKind::RateChange { producer, to } })
        }
    }
}

/// A call that changes a stream.
fn of_stream(
    table: &ActionTable,
    call: CallWord,
    (path, at): (&Path, Option<Instant>),
    known: &Known<'_>,
    calls: &mut Calls,
    cx: &mut Context<'_>,
) -> Option<ActionPlan> {
    let targets = known.targets;
    // The only stream needs no name, and one that has faults may be the only one.
    let alone = targets.streams.len() == 1 || !cx.sound(&Path::of("stream"));
    let stream = if table.target.is_none() && (alone || targets.streams.is_empty()) {
        Some(0)
    } else {
        match target(table.target.as_deref(), &["stream"], path, targets, cx) {
            Some(Target::Stream(index)) => Some(index),
            _ => None,
        }
    };
    if let Some(call) = reshard::call(table, call, known.on_demand, path, cx) {
        let kind = ActionKind::Reshard { stream: stream?, call };
        return Some(ActionPlan { at: at?, kind });
    }
    if !is_of_retention(call) {
        return None;
    }
    let example = "`retention_period = \"48 h\"`";
    let given = table.retention_period.map(|leaf| leaf.0);
    let to = required(given, "retention_period", example, path, cx)?;
    cx.resolved.line("retention_period", &span(to), None);
    calls.retention.push((path.clone(), at?, stream?, call, to));
    None
}

fn is_of_retention(call: CallWord) -> bool {
    use CallWord::{DecreaseStreamRetentionPeriod, IncreaseStreamRetentionPeriod};
    matches!(call, IncreaseStreamRetentionPeriod | DecreaseStreamRetentionPeriod)
}

/// The fields that only some actions have: whether they are given, and the calls that take them;
/// "rate-change" where there is none.
fn fields(table: &ActionTable) -> [(&'static str, bool, &'static [CallWord]); 23] {
    use CallWord as Call;
    const MAPPING: &[Call] = &[Call::UpdateEventSourceMapping];
    const RETENTION: &[Call] =
        &[Call::IncreaseStreamRetentionPeriod, Call::DecreaseStreamRetentionPeriod];
    const SPLIT: &[Call] = &[Call::SplitShard];
    const MERGE: &[Call] = &[Call::MergeShards];
    let it = table;
    [
        ("factor", it.factor.is_some(), &[]),
        ("rate", it.rate.is_some(), &[]),
        ("retention_period", it.retention_period.is_some(), RETENTION),
        ("target_shard_count", it.target_shard_count.is_some(), &[Call::UpdateShardCount]),
        ("stream_mode", it.stream_mode.is_some(), &[Call::UpdateStreamMode]),
        ("warm_throughput", it.warm_throughput.is_some(), &[Call::UpdateStreamWarmThroughput]),
        ("shard_to_split", it.shard_to_split.is_some(), SPLIT),
        ("new_starting_hash_key", it.new_starting_hash_key.is_some(), SPLIT),
        ("shard_to_merge", it.shard_to_merge.is_some(), MERGE),
        ("adjacent_shard_to_merge", it.adjacent_shard_to_merge.is_some(), MERGE),
        ("enabled", it.enabled.is_some(), MAPPING),
        ("batch_size", it.batch_size.is_some(), MAPPING),
        ("maximum_batching_window", it.maximum_batching_window.is_some(), MAPPING),
        ("parallelization_factor", it.parallelization_factor.is_some(), MAPPING),
        ("maximum_retry_attempts", it.maximum_retry_attempts.is_some(), MAPPING),
        ("maximum_record_age", it.maximum_record_age.is_some(), MAPPING),
        ("bisect_batch_on_function_error", it.bisect_batch_on_function_error.is_some(), MAPPING),
        ("function_response_types", it.function_response_types.is_some(), MAPPING),
        ("on_failure", it.on_failure.is_some(), MAPPING),
        ("filter_criteria", it.filter_criteria.is_some(), MAPPING),
        ("tumbling_window", it.tumbling_window.is_some(), MAPPING),
        ("window_state", it.window_state.is_some(), MAPPING),
        (
            "reserved_concurrent_executions",
            it.reserved_concurrent_executions.is_some(),
            &[Call::PutFunctionConcurrency],
        ),
    ]
}

/// Fields that mean nothing to `call`, or to `rate-change` where that is none.
fn check_pointless(
    table: &ActionTable,
    call: Option<CallWord>,
    path: &Path,
    sound: bool,
    cx: &mut Context<'_>,
) {
    for (field, given, calls) in fields(table) {
        let belongs = call.map_or(calls.is_empty(), |call| calls.contains(&call));
        if !given || belongs || !sound {
            continue;
        }
        let (name, help) = match (call, field) {
            (Some(call), "factor" | "rate") => {
                (Word(call).name(), "leave it out, or write `kind = \"rate-change\"`")
            }
            (Some(call), _) => (Word(call).name(), "leave it out"),
            (None, _) => ("`rate-change`", "leave it out"),
        };
        let message = format!("`{field}` means nothing to {name}");
        let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
        cx.problem(problem.help(help));
    }
}

/// `factor` or `rate`.
fn new_rate(table: &ActionTable, path: &Path, cx: &mut Context<'_>) -> Option<NewRate> {
    let (factor, rate) = (table.factor.as_ref().map(|it| it.0), table.rate.map(|leaf| leaf.0.0));
    match (factor, rate) {
        (Some(factor), None) => {
            cx.resolved.line("factor", &float(factor), None);
            Some(NewRate::Times(factor))
        }
        (None, Some(rate)) => {
            cx.resolved.line("rate", &quoted(&format!("{rate}/s")), None);
            Some(NewRate::Constant(rate))
        }
        (Some(_), Some(_)) => {
            let message = "`factor` and `rate` exclude each other";
            let problem = Problem::new(Code::Contradiction, &path.key("rate"), message).at_key();
            cx.problem(problem.help("keep one of the two"));
            None
        }
        (None, None) => {
            if cx.sound(path) {
                cx.missing(path, "factor", "`factor = 2` or `rate = \"5k/s\"`");
            }
            None
        }
    }
}

/// The calls in order of time: each starts from what the one before left.
pub(super) fn settle(
    calls: Calls,
    table: &ModelRetentionTable,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) {
    settle_retention(calls.retention, table, plan, cx);
    lambda_action::settle(calls.updates, plan, cx);
}

fn settle_retention(
    mut calls: Vec<(Path, Instant, usize, CallWord, Span)>,
    table: &ModelRetentionTable,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) {
    let given = table.increase.map(|leaf| leaf.0);
    let delay = given.unwrap_or(facts::RETENTION_INCREASE);
    if delay > INCREASE_MAX {
        let at = Path::of("model").key("retention").key("increase");
        let message = format!("`increase` must be at most {INCREASE_MAX}");
        cx.problem(Problem::new(Code::OutOfRange, &at, message));
    }
    calls.sort_by_key(|call| call.1);
    if ["stream", "action"].iter().any(|table| !cx.sound(&Path::of(table))) {
        // What a period is changed from is not known.
        return;
    }
    let retentions = plan.streams.iter().map(|stream| (stream.retention, Instant::ZERO));
    let mut states: Vec<(Span, Instant)> = retentions.collect();
    for (path, at, stream, call, to) in calls {
        let Some(&(current, free_from)) = states.get(stream) else { continue };
        let field = path.key("retention_period");
        let hour = Span::from_s(3_600);
        let range = facts::RETENTION_DEFAULT..=facts::RETENTION_MAX;
        let increases = call == CallWord::IncreaseStreamRetentionPeriod;
        if !range.contains(&to) || !to.as_ns().is_multiple_of(hour.as_ns()) {
            let message = "`retention_period` must be whole hours from 24 h to 8,760 h (365 d)";
            cx.problem(Problem::new(Code::OutOfRange, &field, message));
        } else if to == current || increases != (to > current) {
            let than = if increases { "longer" } else { "shorter" };
            let message = format!("{} needs a period {than} than {current}", Word(call).name());
            let problem = Problem::new(Code::Contradiction, &field, message);
            let help = format!("write a {than} one, or the other call");
            cx.problem(problem.note("that is the retention period by then").help(help));
        } else if at < free_from {
            let message = "the stream is still changing its retention period";
            let problem = Problem::new(Code::Contradiction, &path.key("at"), message);
            let help = format!("write {} or later", Span::from_ns(free_from.as_ns()));
            cx.problem(problem.note("a stream that is UPDATING takes no other change").help(help));
        }
        let holds_from = if increases { at + delay } else { at };
        let kind = ActionKind::RetentionPeriod { stream, from: current, to, holds_from };
        plan.actions.push(ActionPlan { at, kind });
        if increases {
            // "Several minutes" is all that is published.
            cx.resolved.assume("KDS-T03");
        }
        states[stream] = (to, holds_from);
    }
    plan.actions.sort_by_key(|action| action.at);
}

/// Writes `[model.retention]` into the resolved text, where it matters.
pub(super) fn write_down(table: &ModelRetentionTable, plan: &Plan, cx: &mut Context<'_>) {
    let increases = |action: &ActionPlan| match action.kind {
        ActionKind::RetentionPeriod { from, to, .. } => to > from,
        _ => false,
    };
    let given = table.increase.map(|leaf| leaf.0);
    if given.is_some() || plan.actions.iter().any(increases) {
        let default = (facts::RETENTION_INCREASE, Origin::Assumed("KDS-T03"));
        cx.resolved.pick("retention.increase", given, default, |v| span(*v));
    }
}
