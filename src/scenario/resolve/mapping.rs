//! `[model.lambda]`: what is not published of event source mappings.

use super::Context;
use crate::model::events::{ActionKind, ActionPlan};
use crate::model::facts;
use crate::model::plan::{Jitter, MappingChange, MappingPlan, Plan};
use crate::model::retry::Wait;
use crate::scenario::file::{LambdaTable, ModelLambdaTable};
use crate::scenario::leaf::Leaf;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, span};
use crate::time::{Instant, Span};
use crate::units::Bytes;

/// A line of the resolved text: its field, its value, and where that comes from.
type Line = (&'static str, String, Option<Origin>);

/// What all event source mappings have in common, and what was given of it.
pub(super) struct Mappings {
    pub(super) plan: MappingPlan,
    pub(super) start_delay: Span,
    pub(super) idle_reclaim: Span,
    pub(super) payload: Bytes,
    pub(super) window_close: Span,
    /// Lines of the resolved text.
    lines: Vec<Line>,
}

/// Reads the fields of the table one by one.
struct Fields<'a, 'c> {
    path: Path,
    lines: Vec<Line>,
    cx: &'a mut Context<'c>,
}

impl Fields<'_, '_> {
    /// A time within a range, or the default that stands for an unpublished one.
    fn time(
        &mut self,
        field: &'static str,
        given: Option<Leaf<Span>>,
        (default, fact): (Span, &'static str),
        range: (Span, Span),
    ) -> Span {
        let value = given.map_or(default, |leaf| leaf.0);
        if !(range.0..=range.1).contains(&value) {
            let message = format!("`{field}` must be from {} to {}", range.0, range.1);
            self.cx.problem(Problem::new(Code::OutOfRange, &self.path.key(field), message));
        }
        let origin = given.is_none().then_some(Origin::Assumed(fact));
        self.lines.push((field, span(value), origin));
        value
    }

    /// A pause that doubles: its first and its longest.
    fn wait(
        &mut self,
        fields: [&'static str; 2],
        given: [Option<Leaf<Span>>; 2],
        fact: &'static str,
    ) -> Wait {
        let range = (Span::from_ms(1), HOUR);
        let base = self.time(fields[0], given[0], (facts::MAPPING_PAUSE, fact), range);
        let max = self.time(fields[1], given[1], (facts::MAPPING_PAUSE_MAX, fact), range);
        if max < base {
            let [first, longest] = fields;
            let message = format!("`{longest}` is {max}, less than `{first}`, which is {base}");
            let path = self.path.key(longest);
            self.cx.problem(Problem::new(Code::Contradiction, &path, message));
        }
        Wait { base, max, jitter: Jitter::None }
    }

    fn payload(&mut self, given: Option<Leaf<Bytes>>) -> Bytes {
        let payload = given.map_or(facts::INVOCATION_BYTES_MAX, |leaf| leaf.0);
        if !(Bytes::mib(1)..=Bytes::mib(6)).contains(&payload) {
            let message = "`payload` must be from 1 MiB to 6 MiB";
            let problem = Problem::new(Code::OutOfRange, &self.path.key("payload"), message);
            self.cx.problem(problem.note("an event has at most 6 MB (fact ESM-36, documented)"));
        }
        let origin = given.is_none().then_some(Origin::Fact("ESM-36"));
        self.lines.push(("payload", bytes(payload), origin));
        payload
    }
}

const HOUR: Span = Span::from_s(3_600);
const TEN_MINUTES: Span = Span::from_s(600);

impl Mappings {
    /// Reads `[model.lambda]`, and writes of the account what is of Lambda alone.
    pub(super) fn new(
        table: &ModelLambdaTable,
        lambdas: &[LambdaTable],
        plan: &Plan,
        cx: &mut Context<'_>,
    ) -> Self {
        let path = Path::of("model").key("lambda");
        let mut fields = Fields { path, lines: Vec::new(), cx };
        let (soon, second) = ((Span::ZERO, TEN_MINUTES), Span::from_s(1));
        let start = (facts::MAPPING_START, "ESM-24");
        let start_delay = fields.time("start_delay", table.start_delay, start, soon);
        let (every, field) = (table.catch_up_poll_interval, "catch_up_poll_interval");
        let range = (Span::from_ms(200), second);
        let catch_up_every =
            fields.time(field, every, (facts::MAPPING_POLL_EVERY, "ESM-03"), range);
        let known = (facts::MAPPING_DISCOVERY, "ESM-14");
        let discovery = fields.time("discovery", table.discovery, known, soon);
        let given = [table.retry_backoff, table.retry_backoff_max];
        let retry = fields.wait(["retry_backoff", "retry_backoff_max"], given, "ESM-79");
        let given = [table.throttle_backoff, table.throttle_backoff_max];
        let throttle = fields.wait(["throttle_backoff", "throttle_backoff_max"], given, "ESM-80");
        let (idle, range) = ((facts::ENVIRONMENT_IDLE, "ESM-65"), (second, HOUR.times(24)));
        let idle_reclaim = fields.time("idle_reclaim", table.idle_reclaim, idle, range);
        let close = (facts::TUMBLING_CLOSE, "ESM-120");
        let window_close = fields.time("window_close", table.window_close, close, soon);
        let pause = (facts::MAPPING_UPDATE_PAUSE, "ESM-22");
        let range = (Span::ZERO, facts::MAPPING_UPDATE_PAUSE_MAX);
        let update_pause = fields.time("update_pause", table.update_pause, pause, range);
        let payload = fields.payload(table.payload);
        let buffer = table.buffer.as_ref().map_or(facts::LANE_RECORDS, |count| count.0);
        let origin = table.buffer.is_none().then_some(Origin::Assumed("ESM-03"));
        let Fields { mut lines, cx, .. } = fields;
        lines.push(("buffer", buffer.to_string(), origin));
        if lambdas.is_empty() {
            lines.clear();
        } else {
            let concurrent = plan.account.concurrent_executions;
            cx.resolved.comment(&format!("account.concurrent_executions: {concurrent} (ESM-58)"));
        }
        let plan = MappingPlan { catch_up_every, buffer, discovery, retry, throttle, update_pause };
        Self { plan, start_delay, idle_reclaim, payload, window_close, lines }
    }

    /// Writes `[model.lambda]` into the resolved text, where it matters.
    pub(super) fn write_down(&self, plan: &Plan, cx: &mut Context<'_>) {
        let lambdas = || plan.readers.iter().filter_map(|reader| reader.lambda());
        let change = |action: &ActionPlan| match action.kind {
            ActionKind::UpdateMapping { change, .. } => Some(change),
            _ => None,
        };
        let changes: Vec<MappingChange> = plan.actions.iter().filter_map(change).collect();
        for (field, value, origin) in &self.lines {
            // What never happens in the run does not carry its result.
            if *field == "update_pause" && origin.is_some() && changes.is_empty() {
                continue;
            }
            let matters = match *field {
                "start_delay" => {
                    plan.readers.iter().any(|it| it.lambda().is_some() && it.starts > Instant::ZERO)
                }
                "window_close" => {
                    lambdas().any(|it| it.tumbling.is_some())
                        || changes.iter().any(|it| it.tumbling.is_some_and(|it| it.is_some()))
                }
                "update_pause" => !changes.is_empty(),
                "discovery" => plan.may_reshard(),
                _ => true,
            };
            let origin = match *origin {
                Some(Origin::Assumed(fact)) if !matters => Some(Origin::Aside(fact)),
                origin => origin,
            };
            cx.resolved.line(&format!("lambda.{field}"), value, origin);
        }
    }
}
