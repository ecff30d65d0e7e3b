//! `[[fault]]` and `[[action]]`.

use super::upset::{Outage, change_rate, interrupt, interrupt_rows};
use super::{Context, rate};
use crate::model::events::{
    ActionKind, ActionPlan, BILLION, FaultKind, FaultPlan, MILLION, NewRate,
};
use crate::model::facts;
use crate::model::plan::{IntakePlan, Plan, SourcePlan};
use crate::quantity::shown;
use crate::scenario::Objective;
use crate::scenario::file::{
    ActionTable, CallWord, FaultTable, FaultWord, ModelRetentionTable, ThenWord,
};
use crate::scenario::leaf::Word;
use crate::scenario::metric::Metric;
use crate::scenario::problem::{Code, Path, Problem, listed, nearest};
use crate::scenario::resolved::{Origin, float, quoted, span};
use crate::time::{Instant, Span};

/// Longest fault, and longest time to catch up.
const LENGTH_MAX: Span = Span::from_s(400 * 86_400);
/// Longest time an increased retention may take to hold.
const INCREASE_MAX: Span = Span::from_s(3_600);
/// Targets that a message lists at most.
const LISTED_MAX: usize = 20;

/// Who can be hit.
pub(super) struct Targets {
    pub(super) producers: Vec<String>,
    pub(super) readers: Vec<String>,
    pub(super) stream: String,
    /// Whether faulty tables may hide others.
    pub(super) complete: bool,
}

/// What a `target` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Producer(usize),
    Reader(usize),
    Stream,
}

impl Targets {
    fn find(&self, text: &str) -> Option<Target> {
        let place = |names: &[String], name: &str| names.iter().position(|known| known == name);
        match text.split_once('.') {
            Some(("producer", name)) => place(&self.producers, name).map(Target::Producer),
            Some(("reader", name)) => place(&self.readers, name).map(Target::Reader),
            Some(("stream", name)) => (name == self.stream).then_some(Target::Stream),
            _ => (text == "stream").then_some(Target::Stream),
        }
    }

    /// Everything there is of the tables called so.
    fn all(&self, tables: &[&str]) -> Vec<String> {
        let named = |table: &str, names: &[String]| -> Vec<String> {
            let wanted = tables.contains(&table);
            let names = names.iter().filter(|_| wanted);
            names.map(|name| format!("{table}.{name}")).collect()
        };
        let mut all = named("reader", &self.readers);
        all.extend(named("producer", &self.producers));
        all.extend(tables.contains(&"stream").then(|| "stream".to_owned()));
        all
    }
}

/// Resolves all faults and actions, and lets producers' records follow them.
pub(super) fn events(
    (faults, actions): (Vec<FaultTable>, Vec<ActionTable>),
    retention: &ModelRetentionTable,
    targets: &Targets,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) {
    for (i, table) in faults.into_iter().enumerate() {
        let path = Path::of("fault").index(i);
        let sound = cx.sound(&path);
        cx.resolved.table("[[fault]]");
        let fault = fault(table, &path, targets, plan, cx);
        plan.faults.extend(fault.filter(|_| sound));
    }
    let mut calls = Calls::default();
    for (i, table) in actions.into_iter().enumerate() {
        let path = Path::of("action").index(i);
        let sound = cx.sound(&path);
        cx.resolved.table("[[action]]");
        let action = action(table, &path, targets, plan, &mut calls, cx);
        plan.actions.extend(action.filter(|_| sound));
    }
    settle_retention(calls, retention, plan, cx);
    follow(plan, cx);
}

/// `at`, `for`, `kind`, `target` and what its kind has.
fn fault(
    table: FaultTable,
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
    let word = required(table.kind, "kind", "`kind = \"outage\"`", path, cx);
    if let (Some(word), true) = (word, sound) {
        cx.resolved.line("kind", &quoted(word.name()), None);
        let own = |fields: &[FaultWord]| fields.contains(&word.0);
        pointless("factor", table.factor.is_some() && !own(&[FaultWord::Slowdown]), word, path, cx);
        let given = table.probability.is_some();
        pointless("probability", given && !own(&[FaultWord::ApiErrors]), word, path, cx);
        let outage = own(&[FaultWord::ProducerOutage]);
        pointless("then", table.then.is_some() && !outage, word, path, cx);
        pointless("over", table.over.is_some() && !outage, word, path, cx);
    }
    let tables: &[&str] = match word.map(|word| word.0) {
        None => &["reader", "producer"],
        Some(FaultWord::ProducerOutage) => &["producer"],
        Some(_) => &["reader"],
    };
    let wanted = table.target.as_deref();
    let known = wanted.and_then(|text| targets.find(text));
    let target = match (word.map(|word| word.0), known) {
        (Some(FaultWord::ApiErrors), Some(Target::Producer(_) | Target::Stream)) => {
            let message = "errors of put calls are not built yet";
            let problem = Problem::new(Code::NotBuilt, &path.key("target"), message);
            cx.problem(problem.help("name readers, one fault each: `reader.NAME`"));
            None
        }
        _ => target(wanted, tables, path, targets, cx),
    };
    let kind = match (word?.0, target) {
        (FaultWord::Outage, Some(Target::Reader(reader))) => FaultKind::ReaderOutage { reader },
        (FaultWord::Slowdown, target) => {
            let factor = table.factor.map(|factor| factor.0);
            let factor = required(factor, "factor", "`factor = 3`", path, cx)?;
            cx.resolved.line("factor", &float(factor), None);
            let Some(Target::Reader(reader)) = target else { return None };
            let idle = |plan: &Plan| {
                let reader = plan.readers.get(reader);
                reader.is_some_and(|it| it.per_call.is_zero() && it.per_record.is_zero())
            };
            if sound && cx.sound(&Path::of("reader")) && idle(plan) {
                let message = "a slowdown of a reader that processes in no time changes nothing";
                let problem = Problem::new(Code::Pointless, &path.key("kind"), message);
                let help = "give the reader `processing = { per_record = \"1 ms\" }`";
                cx.problem(problem.help(help));
            }
            FaultKind::Slowdown { reader, factor: (factor * MILLION as f64 + 0.5) as u64 }
        }
        (FaultWord::ApiErrors, target) => {
            let chance = table.probability.map(|leaf| leaf.0.0);
            let chance = required(chance, "probability", "`probability = \"5 %\"`", path, cx)?;
            cx.resolved.line("probability", &float(chance), None);
            let Some(Target::Reader(reader)) = target else { return None };
            let polls = |plan: &Plan| {
                let reader = plan.readers.get(reader);
                reader.is_none_or(|it| matches!(it.intake, IntakePlan::Poll(_)))
            };
            if sound && !polls(plan) {
                let message = "`api-errors` means nothing to a reader with enhanced fan-out";
                let problem = Problem::new(Code::Pointless, &path.key("target"), message);
                let note = "shards push to it; it makes no GetRecords calls that could fail";
                cx.problem(problem.note(note).help("write `kind = \"outage\"`, or leave it out"));
            }
            // How often calls fail, and whether they count against the limits, is not published.
            cx.resolved.assume("KDS-L04");
            FaultKind::ReadErrors { reader, chance: (chance * BILLION as f64 + 0.5) as u64 }
        }
        (FaultWord::ProducerOutage, target) => {
            let catch_up = then(table.then, table.over.map(|leaf| leaf.0), lasts, path, cx);
            let Some(Target::Producer(producer)) = target else { return None };
            FaultKind::ProducerOutage { producer, catch_up }
        }
        (FaultWord::Outage, _) => return None,
    };
    let from = from?;
    Some(FaultPlan { from, until: from + lasts?, kind })
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

/// Calls that change retention: where they stand, when, and what they ask for.
#[derive(Default)]
struct Calls(Vec<(Path, Instant, CallWord, Span)>);

/// `at`, `call` or `kind`, and what these have.
fn action(
    table: ActionTable,
    path: &Path,
    targets: &Targets,
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
            if let Some(given) = &table.target {
                target(Some(given), &["stream"], path, targets, cx);
            }
            for (field, given) in
                [("factor", table.factor.is_some()), ("rate", table.rate.is_some())]
            {
                if given && sound {
                    let message = format!("`{field}` means nothing to {}", call.name());
                    let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
                    cx.problem(problem.help("leave it out, or write `kind = \"rate-change\"`"));
                }
            }
            let example = "`retention_period = \"48 h\"`";
            let given = table.retention_period.map(|leaf| leaf.0);
            let to = required(given, "retention_period", example, path, cx)?;
            cx.resolved.line("retention_period", &span(to), None);
            calls.0.push((path.clone(), at?, call.0, to));
            None
        }
        (None, Some(kind)) => {
            cx.resolved.line("kind", &quoted(kind.name()), None);
            if table.retention_period.is_some() && sound {
                let message = "`retention_period` means nothing to `rate-change`";
                let at = path.key("retention_period");
                let problem = Problem::new(Code::Pointless, &at, message).at_key();
                cx.problem(problem.help("leave it out"));
            }
            let target = target(table.target.as_deref(), &["producer"], path, targets, cx);
            let to = new_rate(&table, path, cx)?;
            let Some(Target::Producer(producer)) = target else { return None };
            let source = plan.producers.get(producer).map(|it| &it.source);
            let known = cx.sound(&Path::of("producer"));
            if matches!(source, Some(SourcePlan::Trace { .. })) && sound && known {
                let message = "a trace has no rate that could change";
                let problem = Problem::new(Code::Contradiction, &path.key("target"), message);
                cx.problem(problem.help("write another trace, or give the producer a `rate`"));
            }
            Some(ActionPlan { at: at?, kind: ActionKind::RateChange { producer, to } })
        }
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
fn settle_retention(
    mut calls: Calls,
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
    calls.0.sort_by_key(|call| call.1);
    if ["stream", "action"].iter().any(|table| !cx.sound(&Path::of(table))) {
        // What a period is changed from is not known.
        return;
    }
    let Some(mut current) = plan.streams.first().map(|stream| stream.retention) else { return };
    let mut free_from = Instant::ZERO;
    for (path, at, call, to) in calls.0 {
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
        let kind = ActionKind::RetentionPeriod { stream: 0, from: current, to, holds_from };
        plan.actions.push(ActionPlan { at, kind });
        if increases {
            // "Several minutes" is all that is published.
            cx.resolved.assume("KDS-T03");
        }
        (current, free_from) = (to, holds_from);
    }
    plan.actions.sort_by_key(|action| action.at);
}

/// Lets the records of each producer follow what happens to it: first its rate, then its outages.
fn follow(plan: &mut Plan, cx: &mut Context<'_>) {
    let mut outages: Vec<(usize, Outage)> = Vec::new();
    for fault in &plan.faults {
        if let FaultKind::ProducerOutage { producer, catch_up } = fault.kind {
            outages.push((producer, Outage { from: fault.from, until: fault.until, catch_up }));
        }
    }
    outages.sort_by_key(|(_, outage)| outage.from);
    for (number, producer) in plan.producers.iter_mut().enumerate() {
        let own = || outages.iter().filter(|(of, _)| *of == number).map(|(_, outage)| outage);
        match &mut producer.source {
            SourcePlan::Synthetic { rate: profile, .. } => {
                let before = rate::expected_records(profile, cx.duration);
                for action in &plan.actions {
                    match action.kind {
                        ActionKind::RateChange { producer, to } if producer == number => {
                            change_rate(profile, action.at, to);
                        }
                        _ => {}
                    }
                }
                own().for_each(|outage| interrupt(profile, outage));
                cx.expected_records += rate::expected_records(profile, cx.duration) - before;
            }
            SourcePlan::Trace { rows, .. } => own().for_each(|outage| interrupt_rows(rows, outage)),
        }
    }
}

/// `at`: within the run.
fn moment(given: Option<Span>, path: &Path, cx: &mut Context<'_>) -> Option<Instant> {
    let at = required(given, "at", "`at = \"2 min\"`", path, cx)?;
    cx.resolved.line("at", &span(at), None);
    if at >= cx.duration && cx.sound(&Path::of("scenario")) {
        let message = format!("`at` is {at}, but the run ends at {}", cx.duration);
        let problem = Problem::new(Code::OutOfRange, &path.key("at"), message);
        cx.problem(problem.help("write an earlier moment, or a longer `scenario.duration`"));
    }
    Some(Instant::ZERO + at)
}

/// `target`, one of the tables named.
fn target(
    given: Option<&str>,
    tables: &[&str],
    path: &Path,
    targets: &Targets,
    cx: &mut Context<'_>,
) -> Option<Target> {
    let all = targets.all(tables);
    let example = all.first().cloned().unwrap_or_else(|| format!("{}.NAME", tables[0]));
    let text = required(given, "target", &format!("`target = \"{example}\"`"), path, cx)?;
    cx.resolved.line("target", &quoted(text), None);
    let found = targets.find(text);
    let table = match found {
        Some(Target::Producer(_)) => "producer",
        Some(Target::Reader(_)) => "reader",
        Some(Target::Stream) => "stream",
        None => "",
    };
    if tables.contains(&table) {
        return found;
    }
    let at = path.key("target");
    let kind = text.split('.').next().unwrap_or_default();
    if ["lambda", "kcl", "firehose", "flink"].contains(&kind) {
        let message = format!("`target` cannot be {} yet: `[[{kind}]]` is not built", shown(text));
        cx.problem(Problem::new(Code::NotBuilt, &at, message).help("leave it out for now"));
        return None;
    }
    if !targets.complete {
        return None;
    }
    let names: Vec<&str> = all.iter().take(LISTED_MAX).map(String::as_str).collect();
    let help = match (names.is_empty(), all.len() > LISTED_MAX) {
        (true, _) => format!("the scenario has no `[[{}]]`", tables[0]),
        (false, false) => format!("write {}", listed(&names)),
        (false, true) => format!("write one of {} …", listed(&names)),
    };
    if found.is_some() {
        let wanted: Vec<String> = tables.iter().map(|table| format!("a {table}")).collect();
        let message = format!("{} cannot be the target: it is no {}", shown(text), &wanted[0][2..]);
        let problem = Problem::new(Code::Contradiction, &at, message);
        let other = match (table, tables) {
            ("producer", ["reader"]) => "; a producer's outage is `kind = \"producer-outage\"`",
            ("reader", ["producer"]) => "; a reader's outage is `kind = \"outage\"`",
            _ => "",
        };
        cx.problem(problem.help(format!("{help}{other}")));
        return None;
    }
    let message = format!("nothing is called {}", shown(text));
    let problem = Problem::new(Code::UnknownWord, &at, message);
    let near = nearest(text, all.iter().map(String::as_str));
    let problem = match near.as_slice() {
        [] => problem,
        near => problem.label(format!("did you mean {}?", listed(near))),
    };
    cx.problem(problem.help(help));
    None
}

/// A field that must be given; not missed where something in its table could not be read.
fn required<T>(
    given: Option<T>,
    field: &str,
    example: &str,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<T> {
    // It may be what a key that was not known, or could not be read, was meant to be.
    let own = path.key(field);
    let hides = |problem: &Problem| {
        problem.path == own
            || (problem.code == Code::UnknownField && problem.path.0.starts_with(&path.0))
    };
    if given.is_none() && !cx.problems.iter().any(hides) {
        cx.missing(path, field, example);
    }
    given
}

fn pointless(field: &str, given: bool, word: Word<FaultWord>, path: &Path, cx: &mut Context<'_>) {
    if given {
        let message = format!("`{field}` means nothing with `kind = \"{}\"`", word.name());
        let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
        cx.problem(problem.help("leave it out"));
    }
}

fn check_length(length: Span, field: &str, path: &Path, cx: &mut Context<'_>) {
    if length.is_zero() || length > LENGTH_MAX {
        let message = format!("`{field}` must be more than zero and at most {LENGTH_MAX}");
        cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
    }
}

/// Writes `[model.retention]` into the resolved text, where it matters.
pub(super) fn write_down(table: &ModelRetentionTable, plan: &Plan, cx: &mut Context<'_>) {
    let increases = |action: &ActionPlan| match action.kind {
        ActionKind::RetentionPeriod { from, to, .. } => to > from,
        ActionKind::RateChange { .. } => false,
    };
    let given = table.increase.map(|leaf| leaf.0);
    if given.is_some() || plan.actions.iter().any(increases) {
        let default = (facts::RETENTION_INCREASE, Origin::Assumed("KDS-T03"));
        cx.resolved.pick("retention.increase", given, default, |v| span(*v));
    }
}

/// A time to catch up needs something to catch up after.
pub(super) fn check_objectives(objectives: &[Objective], plan: &Plan, cx: &mut Context<'_>) {
    let sound = ["fault", "producer", "reader"].iter().all(|table| cx.sound(&Path::of(table)));
    let sound = sound && !cx.unknown_table;
    for objective in objectives {
        let Metric::CatchUp(reader) = objective.metric else { continue };
        if !sound || plan.faults.iter().any(|fault| fault.concerns(reader, plan)) {
            continue;
        }
        let path = objective.path.split('.').fold(Path::of("slo"), |path, key| path.key(key));
        let message = format!("`{}` has nothing to catch up after", objective.path);
        let problem = Problem::new(Code::Pointless, &path, message).at_key();
        let problem = problem.note("it is the time after the faults that concern the reader");
        cx.problem(problem.help("write a `[[fault]]`, or leave the objective out"));
    }
}
