//! What happens at stated moments: whom it hits, and what it does to records.

use super::action::{Calls, action, settle};
use super::fault::fault;
use super::mapping::Mappings;
use super::on_demand::OnDemand;
use super::upset::{Outage, change_rate, interrupt, interrupt_rows};
use super::{Context, rate};
use crate::model::events::{ActionKind, FaultKind};
use crate::model::plan::{ConsumerKind, Plan, SourcePlan, StreamPlan};
use crate::quantity::shown;
use crate::scenario::Objective;
use crate::scenario::file::{ActionTable, FaultTable, ModelRetentionTable};
use crate::scenario::metric::Metric;
use crate::scenario::problem::{Code, Path, Problem, listed, nearest};
use crate::scenario::resolved::{quoted, span};
use crate::time::{Instant, Span};

/// Targets that a message lists at most.
const LISTED_MAX: usize = 20;

/// Who can be hit.
pub(super) struct Targets {
    pub(super) producers: Vec<String>,
    pub(super) readers: Vec<String>,
    /// Of which kind each of the readers is.
    pub(super) kinds: Vec<ConsumerKind>,
    pub(super) streams: Vec<String>,
    /// Whether faulty tables may hide others.
    pub(super) complete: bool,
}

/// What actions go by.
pub(super) struct Known<'a> {
    pub(super) targets: &'a Targets,
    pub(super) on_demand: &'a OnDemand,
    pub(super) mappings: &'a Mappings,
}

/// What a `target` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Producer(usize),
    Reader(usize),
    Stream(usize),
}

impl Targets {
    pub(super) fn find(&self, text: &str) -> Option<Target> {
        let place = |names: &[String], name: &str| names.iter().position(|known| known == name);
        match text.split_once('.') {
            Some(("producer", name)) => place(&self.producers, name).map(Target::Producer),
            Some(("stream", name)) => place(&self.streams, name).map(Target::Stream),
            Some((kind, name)) if ConsumerKind::of(kind).is_some() => place(&self.readers, name)
                .filter(|&index| Some(self.kinds[index]) == ConsumerKind::of(kind))
                .map(Target::Reader),
            // The only one needs no name.
            _ => (text == "stream" && self.streams.len() == 1).then_some(Target::Stream(0)),
        }
    }

    /// Everything there is of the tables called so.
    pub(super) fn all(&self, tables: &[&str]) -> Vec<String> {
        let named = |table: &str, names: &[String]| -> Vec<String> {
            let wanted = tables.contains(&table);
            let names = names.iter().filter(|_| wanted);
            names.map(|name| format!("{table}.{name}")).collect()
        };
        let consumers = self.kinds.iter().zip(&self.readers);
        let consumers = consumers.filter(|(kind, _)| tables.contains(&kind.name()));
        let mut all: Vec<String> =
            consumers.map(|(kind, name)| format!("{}.{name}", kind.name())).collect();
        all.extend(named("producer", &self.producers));
        if self.streams.len() > 1 {
            all.extend(named("stream", &self.streams));
        } else {
            all.extend(tables.contains(&"stream").then(|| "stream".to_owned()));
        }
        all
    }
}

/// Resolves all faults and actions, and lets producers' records follow them.
pub(super) fn events(
    (faults, actions): (Vec<FaultTable>, Vec<ActionTable>),
    retention: &ModelRetentionTable,
    known: &Known<'_>,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) {
    for (i, table) in faults.into_iter().enumerate() {
        let path = Path::of("fault").index(i);
        let sound = cx.sound(&path);
        cx.resolved.table("[[fault]]");
        let fault = fault(&table, &path, known.targets, plan, cx);
        plan.faults.extend(fault.filter(|_| sound));
    }
    let mut calls = Calls::default();
    for (i, mut table) in actions.into_iter().enumerate() {
        let path = Path::of("action").index(i);
        let sound = cx.sound(&path);
        cx.resolved.table("[[action]]");
        let action = action(&mut table, &path, known, plan, &mut calls, cx);
        plan.actions.extend(action.filter(|_| sound));
    }
    settle(calls, retention, plan, cx);
    follow(plan, cx);
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
pub(super) fn moment(given: Option<Span>, path: &Path, cx: &mut Context<'_>) -> Option<Instant> {
    let at = required(given, "at", "`at = \"2 min\"`", path, cx)?;
    cx.resolved.line("at", &span(at), None);
    if at >= cx.duration && cx.sound(&Path::of("scenario")) && !cx.unknown_table {
        let message = format!("`at` is {at}, but the run ends at {}", cx.duration);
        let problem = Problem::new(Code::OutOfRange, &path.key("at"), message);
        cx.problem(problem.help("write an earlier moment, or a longer `scenario.duration`"));
    }
    Some(Instant::ZERO + at)
}

/// `target`, one of the tables named.
pub(super) fn target(
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
        Some(Target::Reader(index)) => targets.kinds[index].name(),
        Some(Target::Stream(_)) => "stream",
        None => "",
    };
    if tables.contains(&table) {
        return found;
    }
    let at = path.key("target");
    let kind = text.split('.').next().unwrap_or_default();
    if ["kcl", "flink"].contains(&kind) {
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
        let wanted = tables.join(" or ");
        let message = format!("{} cannot be the target: it is no {wanted}", shown(text));
        let problem = Problem::new(Code::Contradiction, &at, message);
        let other = match (table, tables) {
            ("producer", ["reader", ..]) => "; a producer's outage is `kind = \"producer-outage\"`",
            ("reader", ["producer"]) => {
                "; readers have `\"outage\"`, `\"slowdown\"`, `\"poison-record\"`, `\"api-errors\"`"
            }
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
pub(super) fn required<T>(
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

/// A time to catch up needs something to catch up after, and KMS something to encrypt.
pub(super) fn check_objectives(objectives: &[Objective], plan: &Plan, cx: &mut Context<'_>) {
    let sound = ["fault", "producer", "reader", "lambda", "firehose"]
        .iter()
        .all(|table| cx.sound(&Path::of(table)));
    let sound = sound && !cx.unknown_table;
    check_kms_calls(objectives, plan, cx);
    for objective in objectives {
        let Metric::CatchUp(reader) = objective.metric else { continue };
        if !sound || plan.faults.iter().any(|fault| fault.concerns(reader, plan)) {
            continue;
        }
        let message = format!("`{}` has nothing to catch up after", objective.path);
        let problem = Problem::new(Code::Pointless, &path_of(objective), message).at_key();
        let problem = problem.note("it is the time after the faults that concern the reader");
        cx.problem(problem.help("write a `[[fault]]`, or leave the objective out"));
    }
}

/// Without an encrypted stream there are no calls to count.
fn check_kms_calls(objectives: &[Objective], plan: &Plan, cx: &mut Context<'_>) {
    for objective in objectives {
        let encrypted = |it: &StreamPlan| it.encryption.is_some();
        let counted = match &objective.metric {
            Metric::KmsCalls => plan.streams.iter().any(encrypted),
            Metric::OfStream(stream, of) if **of == Metric::KmsCalls => {
                plan.streams.get(*stream).is_some_and(encrypted)
            }
            _ => continue,
        };
        if counted || !cx.sound(&Path::of("stream")) || cx.unknown_table {
            continue;
        }
        let message = format!("`{}` has nothing to count: nothing is encrypted", objective.path);
        let problem = Problem::new(Code::Pointless, &path_of(objective), message).at_key();
        let help = "write `encryption = true` in the stream's table, or leave the objective out";
        cx.problem(problem.help(help));
    }
}

/// Where an objective stands.
fn path_of(objective: &Objective) -> Path {
    objective.path.split('.').fold(Path::of("slo"), |path, key| path.key(key))
}
