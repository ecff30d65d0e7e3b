//! From tables that could be decoded to a plan that can be simulated: defaults, checks across
//! fields, and the resolved text.

mod action;
mod alarm;
mod budget;
mod client;
mod direct;
mod duration;
mod encryption;
mod event;
mod expected;
mod fault;
mod fed;
mod firehose;
mod key;
mod key_drift;
mod lambda;
mod lambda_action;
mod mapping;
mod model;
mod on_demand;
mod prices;
mod producer;
mod rate;
mod rate_shape;
mod rate_trace;
mod reader;
mod reshard;
mod resolution;
mod retry;
mod scaler;
mod size;
mod stream;
mod target;
mod transform;
mod upset;
mod window;

use target::{Streams, asks, report_missing, users};

use crate::calendar::Moment;
use crate::model::facts;
use crate::model::plan::{ConsumerKind, Plan, ReshardPlan};
use crate::model::prices::Prices;
use crate::quantity::shown;
use crate::scenario::Objective;
use crate::scenario::alarm::Alarm;
use crate::scenario::decode::Tables;
use crate::scenario::document::default_name;
use crate::scenario::file::ProducerTable;
use crate::scenario::inputs::InputProblem;
use crate::scenario::load::{Files, sha256};
use crate::scenario::problem::{Code, Path, Problem, Step};
use crate::scenario::resolved::{Resolved, quoted};
use crate::time::Span;
use crate::units::Bytes;

/// What resolving works on.
pub(super) struct Context<'a> {
    files: &'a dyn Files,
    pub(super) problems: Vec<Problem>,
    pub(super) resolved: Resolved,
    seed: u64,
    duration: Span,
    /// When on the calendar the run begins.
    start: Option<Moment>,
    /// Whether a table was not recognised: what seems missing may stand there.
    unknown_table: bool,
    /// The name of the producer that is being resolved.
    producer: String,
    /// Expected records of all producers so far.
    expected_records: f64,
    budget: budget::Budget,
    resolution: resolution::Asked,
}

/// What of a scenario is not part of the plan.
pub(super) struct Head {
    pub(super) description: Option<String>,
    pub(super) interval: Span,
    pub(super) start: Option<Moment>,
    pub(super) chosen_for: Option<u64>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) prices: Prices,
}

/// Names of streams, producers, readers and alarms, given or by default.
pub(super) struct Names {
    pub(super) streams: Streams,
    pub(super) producers: Vec<String>,
    /// Of all consumers, in the order of a plan.
    pub(super) readers: Vec<String>,
    /// Of which kind each is.
    pub(super) kinds: Vec<ConsumerKind>,
    pub(super) alarms: Vec<String>,
    /// Whether no fault hides another reader.
    pub(super) complete: bool,
    /// Whether none hides another alarm.
    pub(super) alarms_complete: bool,
    /// Whether none hides another producer.
    producers_complete: bool,
}

/// Longest name of a producer or reader [characters].
const NAME_MAX: usize = 100;

/// The names in force; those that cannot be names or are taken are problems.
pub(super) fn names(tables: &Tables, problems: &mut Vec<Problem>) -> Names {
    let hidden = ConsumerKind::ALL.iter().any(|kind| hides_names(kind.name(), tables, problems));
    let complete = !tables.unknown_table && !hidden;
    let producers_complete = !hides_names("producer", tables, problems);
    let alarms_complete = !tables.unknown_table && !hides_names("alarm", tables, problems);
    let mut taken: Vec<String> = Vec::new();
    let mut name = |kind: &str, i: usize, given: Option<&String>, problems: &mut Vec<Problem>| {
        let name = given.cloned().unwrap_or_else(|| default_name(kind, i));
        let path = Path::of(kind).index(i).key("name");
        if !is_name(&name) {
            problems.push(no_name(&name, &path));
        } else if taken.contains(&name) {
            let message = format!("the name {} is taken", shown(&name));
            let problem = Problem::new(Code::BadName, &path, message);
            problems.push(problem.help("names are unique among producers and consumers"));
        }
        taken.push(name.clone());
        name
    };
    let producers = tables.producers.iter().enumerate();
    let producers =
        producers.map(|(i, table)| name("producer", i, table.name.as_ref(), problems)).collect();
    let (mut readers, mut kinds) = (Vec::new(), Vec::new());
    for kind in ConsumerKind::ALL {
        for (i, given) in given_names(kind, tables).into_iter().enumerate() {
            readers.push(name(kind.name(), i, given, problems));
            kinds.push(kind);
        }
    }
    Names {
        streams: Streams::new(tables, problems),
        producers,
        readers,
        kinds,
        alarms: alarm::names(&tables.alarms, problems),
        complete,
        alarms_complete,
        producers_complete,
    }
}

/// The names that the tables of consumers of a kind are given.
fn given_names(kind: ConsumerKind, tables: &Tables) -> Vec<Option<&String>> {
    match kind {
        ConsumerKind::Reader => tables.readers.iter().map(|table| table.name.as_ref()).collect(),
        ConsumerKind::Lambda => tables.lambdas.iter().map(|table| table.name.as_ref()).collect(),
        ConsumerKind::Firehose => {
            tables.firehoses.iter().map(|table| table.name.as_ref()).collect()
        }
    }
}

/// Whether a producer, a consumer or an alarm can be called so.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= NAME_MAX && name.chars().all(fits)
}

fn no_name(name: &str, path: &Path) -> Problem {
    let problem = Problem::new(Code::BadName, path, format!("{} cannot be a name", shown(name)));
    problem.help("a name has letters from a to z, digits, `_` and `-`, at most 100 of them")
}

/// Whether a problem hides what a table of this list is called: one of the list, of a whole table,
/// of a name, or of a key that may be meant to be it.
fn hides_names(list: &str, tables: &Tables, problems: &[Problem]) -> bool {
    let named = |index: usize| match list {
        "producer" => tables.producers.get(index).is_some_and(|table| table.name.is_some()),
        "alarm" => tables.alarms.get(index).is_some_and(|table| table.name.is_some()),
        consumer => ConsumerKind::of(consumer)
            .and_then(|kind| given_names(kind, tables).get(index).copied())
            .is_some_and(|name| name.is_some()),
    };
    let at = Path::of(list);
    problems.iter().any(|problem| match problem.path.0.strip_prefix(at.0.as_slice()) {
        Some([Step::Index(index), Step::Key(key)]) => {
            key == "name" || (problem.code == Code::UnknownField && !named(*index))
        }
        None | Some([Step::Index(_), _, ..]) => false,
        Some(_) => true,
    })
}

/// Resolves all tables; `None` where a problem keeps the plan from being.
pub(super) fn resolve(
    mut tables: Tables,
    names: Names,
    objectives: &[Objective],
    cx: &mut Context<'_>,
) -> Option<(Head, Plan)> {
    cx.unknown_table = tables.unknown_table;
    if !tables.unknown_table {
        report_missing(&tables, cx);
    }
    let (mut head, mut plan) = stream::scenario(std::mem::take(&mut tables.scenario), cx);
    plan.account = stream::account(std::mem::take(&mut tables.account), cx);
    let streams = names.streams;
    let mut model = std::mem::take(&mut tables.model);
    let fan_out = model.fan_out.take().unwrap_or_default().0;
    let all = asks(&tables, &streams, cx);
    let retention = model.retention.take().unwrap_or_default().0;
    let reshard = model.reshard.take().unwrap_or_default().0;
    let reshards = reshard::plan(&reshard, cx);
    let on_demand_table = model.on_demand.take().unwrap_or_default().0;
    let account = (plan.account.region.as_str(), plan.account.commitment);
    let on_demand = on_demand::model(&on_demand_table, account, cx);
    let targets = event::Targets {
        producers: names.producers.clone(),
        readers: names.readers.clone(),
        kinds: names.kinds.clone(),
        streams: streams.names.clone(),
        complete: names.complete && names.producers_complete && cx.sound(&Path::of("stream")),
    };
    let crowd = reader::crowd(&all, &fan_out, cx);
    let mappings = model.lambda.take().unwrap_or_default().0;
    let deliveries = model.firehose.take().unwrap_or_default().0;
    let model = model::model(model, &tables.producers, cx);
    let kinesis = (&model, reshards, &on_demand);
    let mut largest = all_streams(&mut tables, &streams, kinesis, &mut plan, cx);
    largest.extend(direct::streams(&tables.firehoses, &streams, &deliveries, &mut plan, cx));
    let streams_read = all.iter().map(|asks| asks.stream).collect();
    let feeders = fed::Feeders { targets: &targets, streams: streams_read };
    let producers = tables.producers.into_iter().zip(names.producers);
    all_producers(producers, (&streams, &largest), &feeders, &mut plan, cx);
    let (mut names_left, mut asks_left) = (names.readers.into_iter(), all.iter());
    for (i, table) in tables.readers.into_iter().enumerate() {
        let (Some(name), Some(asks)) = (names_left.next(), asks_left.next()) else { break };
        plan.readers.push(reader::reader(table, name, i, asks.stream, &crowd, cx));
    }
    let mappings = mapping::Mappings::new(&mappings, &tables.lambdas, &plan, cx);
    for (i, table) in tables.lambdas.into_iter().enumerate() {
        let (Some(name), Some(asks)) = (names_left.next(), asks_left.next()) else { break };
        let path = Path::of("lambda").index(i);
        plan.readers.push(mappings.lambda(table, name, (asks.stream, &path), &crowd, &plan, cx));
    }
    mapping::Mappings::check_reserved(&plan, cx);
    let (given, left) = ((&deliveries, tables.firehoses), names_left.zip(asks_left));
    let deliveries = firehose::firehoses(given, left, &mut plan, cx);
    let events = (tables.faults, tables.actions);
    let known = event::Known { targets: &targets, on_demand: &on_demand, mappings: &mappings };
    event::events(events, &retention, &known, &mut plan, cx);
    scaler::scalers(tables.scalers, tables.scalers_listed, &streams, &mut plan, cx);
    expected::settle(&mut plan, cx);
    let watched = alarm::Watched { streams: &streams, readers: &targets.readers, plan: &plan };
    head.alarms = alarm::alarms(tables.alarms, names.alarms, &watched, cx);
    event::check_objectives(objectives, &plan, cx);
    producer::check_total(&plan, cx);
    head.chosen_for = resolution::choose(&mut plan, cx);
    model.write_down(&plan.streams, cx);
    crowd.write_down(cx);
    mappings.write_down(&plan, cx);
    deliveries.write_down(cx);
    action::write_down(&retention, &plan, cx);
    reshard::write_down(&reshard, &plan, cx);
    on_demand::write_down(&on_demand_table, &plan, cx);
    head.prices = prices::prices(&tables.prices, &plan, cx);
    write_objectives(objectives, cx);
    cx.problems.is_empty().then_some((head, plan))
}

/// Writes `[slo]` into the resolved text.
fn write_objectives(objectives: &[Objective], cx: &mut Context<'_>) {
    if !objectives.is_empty() {
        cx.resolved.table("[slo]");
    }
    for objective in objectives {
        cx.resolved.line(&objective.path, &quoted(&objective.text), None);
    }
}

/// Resolves all streams; returns the largest record that each takes.
fn all_streams(
    tables: &mut Tables,
    streams: &Streams,
    (model, reshards, on_demand): (&model::Model, ReshardPlan, &on_demand::OnDemand),
    plan: &mut Plan,
    cx: &mut Context<'_>,
) -> Vec<Bytes> {
    let one = tables.streams.len() == 1;
    let (mut paths, mut largest) = (Vec::new(), Vec::new());
    for (i, (table, name)) in
        std::mem::take(&mut tables.streams).into_iter().zip(&streams.names).enumerate()
    {
        let header = if one { "[stream]" } else { "[[stream]]" };
        cx.resolved.table(header);
        let path = Path::of("stream");
        let path = if tables.streams_listed { path.index(i) } else { path };
        let users = users(tables, name);
        let stream = stream::stream(table, name, &path, (model, reshards, on_demand, users), cx);
        // Of a stream with faults nothing is known: its producers are held to what any may take.
        largest.push(stream.as_ref().map_or(facts::RECORD_BYTES_MAX, |it| it.record_max));
        if let Some(stream) = stream {
            plan.streams.push(stream);
            paths.push(path);
        }
    }
    let resolved: Vec<_> = paths.into_iter().zip(&plan.streams).collect();
    stream::check_quota(&resolved, &plan.account, cx);
    largest
}

/// Resolves all producers, of streams that take records so large.
fn all_producers(
    producers: impl Iterator<Item = (ProducerTable, String)>,
    (streams, largest): (&Streams, &[Bytes]),
    feeders: &fed::Feeders<'_>,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) {
    for (i, (table, name)) in producers.enumerate() {
        let path = Path::of("producer").index(i);
        let stream = streams.written(&table, &path, cx);
        let largest = largest.get(stream).filter(|_| streams.known()).copied();
        let largest = largest.unwrap_or(facts::RECORD_BYTES_MAX);
        let producer = producer::producer(table, name, (stream, largest), &path, feeders, cx);
        let spreads = plan.streams.get(stream).is_some_and(|it| it.spreads);
        plan.producers.extend(producer.map(|it| if spreads { it.spread_evenly() } else { it }));
    }
    fed::check_cycles(plan, feeders, cx);
}

impl<'a> Context<'a> {
    pub(super) fn new(files: &'a dyn Files, problems: Vec<Problem>) -> Self {
        Self {
            files,
            problems,
            resolved: Resolved::default(),
            seed: 1,
            duration: Span::ZERO,
            start: None,
            unknown_table: false,
            producer: String::new(),
            expected_records: 0.0,
            budget: budget::Budget::default(),
            resolution: resolution::Asked::NOTHING,
        }
    }

    /// Whether nothing at or below `path` is known to be wrong: checks across fields make sense.
    fn sound(&self, path: &Path) -> bool {
        !self.problems.iter().any(|problem| problem.path.0.starts_with(&path.0))
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// A field that must be given and is not.
    fn missing(&mut self, table: &Path, field: &str, example: &str) {
        let owner = match table.0.as_slice() {
            [_] => format!("`[{table}]`"),
            [_, Step::Index(_)] => format!("`[[{}]]`", Path(table.0[..1].to_vec())),
            _ => format!("`{}`", table.field()),
        };
        let problem = Problem::new(Code::MissingField, table, format!("{owner} needs `{field}`"));
        self.problem(problem.help(format!("write {example}")));
    }

    /// Reads a file and turns its content into data; what goes wrong is a problem at `path`.
    fn read<T>(
        &mut self,
        path: &Path,
        name: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, InputProblem>,
    ) -> Option<T> {
        let bytes = match self.files.read(name) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!("cannot read {}: {error}", shown(name));
                let problem = Problem::new(Code::Unreadable, path, message);
                self.problem(problem.help("file names are relative to the scenario's folder"));
                return None;
            }
        };
        match parse(&bytes) {
            Ok(data) => {
                self.resolved.input(name, sha256(&bytes));
                Some(data)
            }
            Err(problem) => {
                self.input_problem(path, name, problem);
                None
            }
        }
    }

    /// What is wrong with the content of the file `name`, at `path`.
    fn input_problem(&mut self, path: &Path, name: &str, problem: InputProblem) {
        let InputProblem { line, message, help } = problem;
        let at = line.map(|line| format!(" line {line}")).unwrap_or_default();
        let message = format!("{}{at}: {message}", shown(name));
        let problem = Problem::new(Code::BadContent, path, message);
        self.problem(Problem { help, ..problem });
    }

    /// Of forms that exclude each other, the one whose fields are present; fields of another are
    /// problems. `None` where there is none, or not only one.
    fn one_form(
        &mut self,
        path: &Path,
        present: &[(&'static str, bool)],
        forms: &[&[&'static str]],
        help: &str,
    ) -> Option<usize> {
        let mut given = present.iter().filter(|(_, present)| *present).map(|(field, _)| *field);
        let Some(first) = given.next() else {
            let message = format!("`{}` says nothing", path.field());
            let problem = Problem::new(Code::MissingField, path, message);
            self.problem(problem.help(help));
            return None;
        };
        let form = forms.iter().position(|form| form.contains(&first))?;
        let mut single = true;
        for other in given.filter(|field| !forms[form].contains(field)) {
            single = false;
            let message = format!("`{first}` and `{other}` exclude each other");
            let problem = Problem::new(Code::Contradiction, &path.key(other), message).at_key();
            self.problem(problem.help("keep one of the two"));
        }
        single.then_some(form)
    }

    /// Weights that fit their values; all alike where none are given.
    fn weights(&mut self, path: &Path, given: Option<Vec<f64>>, values: usize) -> Option<Vec<f64>> {
        if values == 0 {
            let problem = Problem::new(Code::BadList, &path.key("values"), "`values` is empty");
            self.problem(problem.help("write at least one value"));
            return None;
        }
        let Some(weights) = given else { return Some(vec![1.0; values]) };
        let path = path.key("weights");
        if weights.len() != values {
            let message = format!("`weights` has {} elements but `values` {values}", weights.len());
            self.problem(Problem::new(Code::BadList, &path, message));
            return None;
        }
        let sum: f64 = weights.iter().sum();
        if sum <= 0.0 || !sum.is_finite() {
            let message = "`weights` must have a positive and finite sum";
            self.problem(Problem::new(Code::BadList, &path, message));
            return None;
        }
        Some(weights)
    }
}
