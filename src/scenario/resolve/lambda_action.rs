//! Calls that change an event source mapping, or what a function has reserved.

use super::Context;
use super::event::{Target, Targets, required, target};
use super::lambda::{check_retries, passes, whole_seconds, windows_and_lanes};
use super::mapping::Mappings;
use crate::model::events::{ActionKind, ActionPlan};
use crate::model::facts;
use crate::model::plan::{MappingChange, Plan, WorkPlan};
use crate::scenario::file::{ActionTable, AgeLimit, CallWord};
use crate::scenario::leaf::Leaf;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::span;
use crate::time::{Instant, Span};

/// Such calls: where each stands, and what it does.
#[derive(Default)]
pub(super) struct Updates(Vec<(Path, ActionPlan)>);

/// Whether it is a call to Lambda.
pub(super) fn is_of_lambda(call: CallWord) -> bool {
    use CallWord::{DeleteFunctionConcurrency, PutFunctionConcurrency, UpdateEventSourceMapping};
    matches!(call, UpdateEventSourceMapping | PutFunctionConcurrency | DeleteFunctionConcurrency)
}

/// What such a call does.
pub(super) fn call(
    (table, call): (&mut ActionTable, CallWord),
    path: &Path,
    at: Option<Instant>,
    (targets, mappings): (&Targets, &Mappings),
    updates: &mut Updates,
    cx: &mut Context<'_>,
) {
    let found = target(table.target.as_deref(), &["lambda"], path, targets, cx);
    let reader = match found {
        Some(Target::Reader(reader)) => Some(reader),
        _ => None,
    };
    let kind = match call {
        CallWord::UpdateEventSourceMapping => change(table, path, mappings, cx)
            .zip(reader)
            .map(|(change, reader)| ActionKind::UpdateMapping { reader, change }),
        CallWord::PutFunctionConcurrency => {
            let (field, example) =
                ("reserved_concurrent_executions", "`reserved_concurrent_executions = 50`");
            let given = table.reserved_concurrent_executions.as_ref();
            let to = required(given, field, example, path, cx).map(|count| count.0 as u32);
            if let Some(to) = to {
                cx.resolved.line(field, &to.to_string(), None);
            }
            to.zip(reader).map(|(to, reader)| ActionKind::Reserve { reader, to: Some(to) })
        }
        _ => reader.map(|reader| ActionKind::Reserve { reader, to: None }),
    };
    if let Some((kind, at)) = kind.zip(at) {
        updates.0.push((path.clone(), ActionPlan { at, kind }));
    }
}

/// What UpdateEventSourceMapping sets; something at least.
fn change(
    table: &mut ActionTable,
    path: &Path,
    mappings: &Mappings,
    cx: &mut Context<'_>,
) -> Option<MappingChange> {
    let batch_size = table.batch_size.as_ref().map(|count| count.0 as u32);
    let factor = table.parallelization_factor.as_ref().map(|count| count.0 as u32);
    let mut line = |field: &str, value: Option<String>| {
        if let Some(value) = value {
            cx.resolved.line(field, &value, None);
        }
    };
    let flag = |value: Option<bool>| value.map(|value| value.to_string());
    line("enabled", flag(table.enabled));
    line("batch_size", batch_size.map(|it| it.to_string()));
    line("parallelization_factor", factor.map(|it| it.to_string()));
    line("bisect_batch_on_function_error", flag(table.bisect_batch_on_function_error));
    line("on_failure", flag(table.on_failure));
    let partial = table.function_response_types.as_ref().map(|types| !types.is_empty());
    let text = |partial| if partial { "[\"ReportBatchItemFailures\"]" } else { "[]" };
    line("function_response_types", partial.map(|it| text(it).to_owned()));
    if factor.is_some_and(|factor| factor > 1) {
        cx.resolved.assume("ESM-53");
        cx.resolved.assume("ESM-57");
    }
    let retries = table.maximum_retry_attempts.map(|attempts| {
        cx.resolved.line("maximum_retry_attempts", &attempts.to_string(), None);
        check_retries(attempts, path, cx)
    });
    let tumbling = table.tumbling_window;
    let windows = (tumbling, table.window_state.take());
    let windows = mappings.tumbling(windows, path, cx);
    let filter = table.filter_criteria.take();
    let passes = filter.map(|filter| passes(Some(filter), path, cx));
    let change = MappingChange {
        enabled: table.enabled,
        batch_size,
        batching_window: time("maximum_batching_window", table.maximum_batching_window, path, cx),
        factor,
        retries,
        record_age: table.maximum_record_age.map(|limit| age(limit, path, cx)),
        bisect: table.bisect_batch_on_function_error,
        partial,
        on_failure: table.on_failure,
        tumbling: tumbling.map(|_| windows),
        passes,
    };
    if change == MappingChange::default() {
        if cx.sound(path) {
            let message = "UpdateEventSourceMapping changes nothing";
            let problem = Problem::new(Code::MissingField, path, message);
            cx.problem(problem.help("write what is to change, such as `batch_size = 500`"));
        }
        return None;
    }
    Some(change)
}

/// `maximum_batching_window`.
fn time(field: &str, given: Option<Leaf<Span>>, path: &Path, cx: &mut Context<'_>) -> Option<Span> {
    let time = given?.0;
    cx.resolved.line(field, &span(time), None);
    whole_seconds(time, (field, "ESM-31"), (0, 300), path, cx);
    Some(time)
}

/// `maximum_record_age`.
fn age(limit: AgeLimit, path: &Path, cx: &mut Context<'_>) -> Option<Span> {
    let field = "maximum_record_age";
    match limit {
        AgeLimit::Any => {
            cx.resolved.line(field, "-1", None);
            None
        }
        AgeLimit::Of(age) => {
            cx.resolved.line(field, &span(age), None);
            whole_seconds(age, (field, "ESM-71"), (60, 604_800), path, cx);
            Some(age)
        }
    }
}

/// The calls in order of time, each upon what the ones before left: they are put into the plan.
pub(super) fn settle(mut updates: Updates, plan: &mut Plan, cx: &mut Context<'_>) {
    if updates.0.is_empty()
        || ["lambda", "action", "account"].iter().any(|table| !cx.sound(&Path::of(table)))
    {
        // What is changed is not known.
        return;
    }
    updates.0.sort_by_key(|(_, action)| action.at);
    for (path, action) in updates.0 {
        let at = action.at;
        plan.actions.push(action);
        match action.kind {
            ActionKind::UpdateMapping { reader, change } => {
                check_begun(plan, reader, &path, at, cx);
                let most = plan.factors(reader).max().unwrap_or(1);
                if let Some(WorkPlan::Lambda(lambda)) =
                    plan.readers.get_mut(reader).map(|it| &mut it.work)
                {
                    lambda.factor_max = most.max(1);
                }
                let after = plan.lambda_at(reader, at);
                if after.is_some_and(|it| it.tumbling.is_some() && it.factor > 1) {
                    let at = if change.factor.is_some() {
                        "parallelization_factor"
                    } else {
                        "tumbling_window"
                    };
                    let problem = windows_and_lanes(&path);
                    cx.problem(Problem { path: path.key(at), ..problem });
                }
            }
            ActionKind::Reserve { .. } => check_reserved(plan, &path, at, cx),
            _ => {}
        }
    }
    plan.actions.sort_by_key(|action| action.at);
}

/// A mapping has to be there to be changed.
fn check_begun(plan: &Plan, reader: usize, path: &Path, at: Instant, cx: &mut Context<'_>) {
    let Some(of) = plan.readers.get(reader).filter(|it| at < it.starts) else { return };
    let begins = Span::from_ns(of.starts.as_ns());
    let message = format!("the mapping of `lambda.{}` works from {begins} on", of.name);
    let problem = Problem::new(Code::Contradiction, &path.key("at"), message);
    cx.problem(problem.help(format!("write {begins} or later, or set it in `[[lambda]]`")));
}

/// What is reserved leaves enough for functions that share (ESM-59).
fn check_reserved(plan: &Plan, path: &Path, at: Instant, cx: &mut Context<'_>) {
    let most = u64::from(plan.account.concurrent_executions);
    let most = most.saturating_sub(u64::from(facts::UNRESERVED_MIN));
    let sum = u64::from(plan.reserved_at(at));
    if sum > most {
        let message = format!("{sum} reserved executions are more than {most}");
        let field = path.key("reserved_concurrent_executions");
        let problem = Problem::new(Code::OverQuota, &field, message);
        let note = "100 of the account's must stay unreserved (fact ESM-59, documented)";
        let help = "reserve less, or write a larger `account.concurrent_executions`";
        cx.problem(problem.note(note).help(help));
    }
}
