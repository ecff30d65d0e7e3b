//! `[[alarm]]`.

use super::event::required;
use super::fault::shard;
use super::target::Streams;
use super::{Context, is_name, no_name};
use crate::model::alarm::{MissingData, Ratio, Rule};
use crate::model::facts;
use crate::model::plan::{IntakePlan, Plan};
use crate::quantity::shown;
use crate::scenario::alarm::{Alarm, AlarmUnit, Measured, Source, Statistic};
use crate::scenario::decode::describe;
use crate::scenario::document::default_name;
use crate::scenario::file::{AlarmTable, Amount, Tally};
use crate::scenario::leaf::Word;
use crate::scenario::problem::{Code, Path, Problem, listed, nearest, with_commas};
use crate::scenario::resolved::{Origin, bytes, float, quoted, span};
use crate::time::Span;
use crate::units::{Bytes, Rate, Share};

/// Datapoints of all alarms of a run: what `alarms.csv` may hold.
const DATAPOINTS_MAX: u64 = 1_000_000;
/// Longest time until a datapoint is evaluated.
const DELAY_MAX: Span = Span::from_s(3_600);

/// What alarms may watch.
pub(super) struct Watched<'a> {
    pub(super) streams: &'a Streams,
    pub(super) readers: &'a [String],
    pub(super) plan: &'a Plan,
}

/// The names in force; those that cannot be names or are taken are problems.
pub(super) fn names(tables: &[AlarmTable], problems: &mut Vec<Problem>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (i, table) in tables.iter().enumerate() {
        let name = table.name.clone().unwrap_or_else(|| default_name("alarm", i));
        let path = Path::of("alarm").index(i).key("name");
        if !is_name(&name) {
            problems.push(no_name(&name, &path));
        } else if names.contains(&name) {
            let message = format!("the name {} is taken", shown(&name));
            let problem = Problem::new(Code::BadName, &path, message);
            problems.push(problem.help("names are unique among alarms"));
        }
        names.push(name);
    }
    names
}

/// Resolves all alarms.
pub(super) fn alarms(
    tables: Vec<AlarmTable>,
    names: Vec<String>,
    watched: &Watched<'_>,
    cx: &mut Context<'_>,
) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let count = tables.len();
    for (i, (table, name)) in tables.into_iter().zip(names).enumerate() {
        alarms.extend(alarm(&table, name, &Path::of("alarm").index(i), watched, cx));
    }
    let datapoints = |alarm: &Alarm| cx.duration.as_ns() / alarm.period.as_ns().max(1);
    let all: u64 = alarms.iter().map(datapoints).sum();
    if all > DATAPOINTS_MAX && alarms.len() == count {
        let message = format!("the alarms would have {} datapoints", with_commas(all));
        let problem = Problem::new(Code::TooMany, &Path::of("alarm"), message).at_key();
        let most = format!("at most {} are kept", with_commas(DATAPOINTS_MAX));
        cx.problem(problem.note(most).help("take longer periods, fewer alarms or a shorter run"));
    }
    alarms
}

/// One alarm; `None` where a problem keeps it from being.
fn alarm(
    table: &AlarmTable,
    name: String,
    path: &Path,
    watched: &Watched<'_>,
    cx: &mut Context<'_>,
) -> Option<Alarm> {
    cx.resolved.table("[[alarm]]");
    let origin = if table.name.is_some() { None } else { Some(Origin::Default) };
    cx.resolved.line("name", &quoted(&name), origin);
    let sound = cx.sound(path);
    let example = "`metric = \"IncomingRecords\"`";
    let metric = required(table.metric, "metric", example, path, cx).map(|word| word.0);
    if let Some(metric) = metric {
        cx.resolved.line("metric", &quoted(metric.name()), None);
    }
    let reader = reader(table, path, watched, cx);
    let stream = stream(table, reader, path, watched, cx);
    let statistic = metric.and_then(|metric| statistic(table, metric, path, cx));
    let number = table.shard.as_ref().map(|count| count.0);
    if let Some(number) = number {
        cx.resolved.line("shard", &number.to_string(), None);
    }
    let of = watched.plan.streams.get(stream).filter(|_| watched.streams.known());
    let shard = number.and_then(|number| shard(number, of?, path, cx));
    if let Some(metric) = metric.filter(|_| sound) {
        check_shard(metric, number, path, cx);
        check_reader(metric, reader, stream, path, watched, cx);
    }
    let (period, delay) = times(table, path, cx);
    let unit = metric.zip(statistic).map(|(metric, statistic)| metric.unit(statistic));
    let rule = rule(table, unit, (period, sound), path, cx);
    (cx.sound(path)).then_some(())?;
    let (metric, statistic, rule) = (metric?, statistic?, rule?);
    let shard = shard.map(|index| index as usize);
    Some(Alarm { name, metric, statistic, stream, reader, shard, period, delay, rule })
}

/// `reader`: which one; `None` where none is named, or none has the name.
fn reader(
    table: &AlarmTable,
    path: &Path,
    watched: &Watched<'_>,
    cx: &mut Context<'_>,
) -> Option<usize> {
    let name = table.reader.as_ref()?;
    cx.resolved.line("reader", &quoted(name), None);
    let found = watched.readers.iter().position(|known| known == name);
    if found.is_none() && cx.sound(&Path::of("reader")) && !cx.unknown_table {
        let message = format!("no reader is called {}", shown(name));
        let problem = Problem::new(Code::UnknownWord, &path.key("reader"), message);
        let names: Vec<&str> = watched.readers.iter().map(String::as_str).collect();
        let near = nearest(name, names.iter().copied());
        let few = if near.is_empty() { &names[..names.len().min(6)] } else { &near[..] };
        cx.problem(problem.help(match few {
            [] => "the scenario has no `[[reader]]`".to_owned(),
            few => format!("write {}", listed(few)),
        }));
    }
    found
}

/// `stream`: which one; that of the reader where one is named.
fn stream(
    table: &AlarmTable,
    reader: Option<usize>,
    path: &Path,
    watched: &Watched<'_>,
    cx: &mut Context<'_>,
) -> usize {
    if let Some(name) = &table.stream {
        cx.resolved.line("stream", &quoted(name), None);
    }
    let read = reader.and_then(|index| watched.plan.readers.get(index)).map(|it| it.stream);
    let (None, Some(read)) = (&table.stream, read) else {
        let stream = if table.reader.is_some() && table.stream.is_none() {
            return 0;
        } else {
            watched.streams.index(table.stream.as_deref(), path, cx)
        };
        if read.is_some_and(|read| read != stream) && cx.sound(path) {
            let message = "the reader reads another stream than `stream`";
            let problem = Problem::new(Code::Contradiction, &path.key("stream"), message);
            cx.problem(problem.help("leave `stream` out: the reader has one"));
        }
        return stream;
    };
    let direct = watched.plan.streams.get(read).is_some_and(|it| it.direct.is_some());
    if direct && cx.sound(path) {
        let message = "a delivery stream that is put to has no metric of a stream to watch";
        let problem = Problem::new(Code::Contradiction, &path.key("reader"), message);
        let help = "name a consumer of a stream, or set an objective such as \
                    `firehose.NAME.freshness.p99`";
        cx.problem(problem.note("nobody reads a stream for it").help(help));
    }
    read
}

/// `statistic`, where the metric has several or one.
fn statistic(
    table: &AlarmTable,
    metric: Measured,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Statistic> {
    let (there_are, given) = (metric.statistics(), table.statistic.map(|word| word.0));
    let path = path.key("statistic");
    let Some(default) = there_are.first().copied() else {
        if given.is_some() {
            let message = format!("`statistic` means nothing for `{}`", metric.name());
            let problem = Problem::new(Code::Pointless, &path, message).at_key();
            cx.problem(problem.help("leave it out: a period has one value"));
        }
        return Some(Statistic::Average);
    };
    let default = (default, Origin::Default);
    let statistic = cx.resolved.pick("statistic", given, default, |v| quoted(v.name()));
    if there_are.contains(&statistic) {
        return Some(statistic);
    }
    let message = format!("`{}` has no statistic {} here", metric.name(), shown(statistic.name()));
    let problem = Problem::new(Code::Contradiction, &path, message);
    let problem = match metric {
        Measured::IncomingBytes | Measured::IncomingRecords => {
            problem.note("AWS takes it over put calls (KDS-M01), whose sizes are not kept")
        }
        Measured::WriteProvisionedThroughputExceeded
        | Measured::ReadProvisionedThroughputExceeded => {
            problem.note("AWS does not say what its samples are (KDS-M16)")
        }
        _ => problem,
    };
    let names: Vec<&str> = there_are.iter().map(|it| it.name()).collect();
    cx.problem(problem.help(format!("write {}", listed(&names))));
    None
}

/// One shard alone, where the metric has that, and must have it.
fn check_shard(metric: Measured, number: Option<u64>, path: &Path, cx: &mut Context<'_>) {
    if number.is_some() && !metric.can_be_of_shard() {
        let message = format!("`{}` is not measured for one shard", metric.name());
        let problem = Problem::new(Code::Pointless, &path.key("shard"), message).at_key();
        let other = match metric {
            Measured::GetRecordsBytes => "; a shard has `OutgoingBytes`",
            Measured::GetRecordsRecords => "; a shard has `OutgoingRecords`",
            Measured::GetRecordsIteratorAge => "; a shard has `IteratorAgeMilliseconds`",
            _ => "",
        };
        cx.problem(problem.help(format!("leave `shard` out{other}")));
    }
    if number.is_none() && metric.is_of_shard() {
        let message = format!("`{}` is measured for one shard: it needs `shard`", metric.name());
        let problem = Problem::new(Code::MissingField, path, message);
        let other = match metric {
            Measured::OutgoingBytes => "GetRecords.Bytes",
            Measured::OutgoingRecords => "GetRecords.Records",
            _ => "GetRecords.IteratorAgeMilliseconds",
        };
        cx.problem(problem.help(format!("write `shard = 0`; a stream has `{other}`")));
    }
}

/// A reader named must be one that the metric counts, and there must be one.
fn check_reader(
    metric: Measured,
    reader: Option<usize>,
    stream: usize,
    path: &Path,
    watched: &Watched<'_>,
    cx: &mut Context<'_>,
) {
    let pushed = |index: usize| {
        let plan = watched.plan.readers.get(index);
        plan.is_some_and(|it| matches!(it.intake, IntakePlan::FanOut(_)))
    };
    let counts = |index: usize| match metric.source() {
        Source::Writes => false,
        Source::Calls => !pushed(index),
        Source::Events => pushed(index),
        Source::Both => true,
    };
    let whose = match metric.source() {
        Source::Writes if reader.is_some() => {
            let message = format!("`reader` means nothing for `{}`", metric.name());
            let problem = Problem::new(Code::Pointless, &path.key("reader"), message).at_key();
            return cx.problem(problem.help("leave it out: readers write nothing"));
        }
        Source::Writes => return,
        Source::Calls => "that polls",
        Source::Events => "with `enhanced_fan_out = true`",
        Source::Both => "of its stream",
    };
    let known = cx.sound(&Path::of("reader")) && cx.sound(&Path::of("stream"));
    if !known || cx.unknown_table {
        return;
    }
    let readers = watched.plan.readers.iter().enumerate();
    let mut of_stream = readers.filter(|(_, it)| it.stream == stream).map(|(index, _)| index);
    let (found, field) = match reader {
        Some(index) => (counts(index), "reader"),
        None => (of_stream.any(counts), "metric"),
    };
    if !found {
        let message = format!("`{}` has nothing to measure: no reader {whose}", metric.name());
        let problem = Problem::new(Code::Pointless, &path.key(field), message);
        cx.problem(problem.help("watch another metric or reader"));
    }
}

/// `period` and `delay`.
fn times(table: &AlarmTable, path: &Path, cx: &mut Context<'_>) -> (Span, Span) {
    let default = (facts::METRIC_PERIOD, Origin::Default);
    let given = table.period.map(|leaf| leaf.0);
    let period = cx.resolved.pick("period", given, default, |v| span(*v));
    let minute = facts::METRIC_PERIOD.as_ns();
    if period.is_zero() || !period.as_ns().is_multiple_of(minute) {
        let message = "`period` must be whole minutes";
        let problem = Problem::new(Code::OutOfRange, &path.key("period"), message);
        let problem = problem.note("Kinesis reports its metrics each minute (fact CWA-01)");
        let up = period.as_ns().div_ceil(minute).clamp(1, 7 * 1_440);
        cx.problem(problem.help(format!("write \"{}\"", Span::from_s(60).times(up))));
    }
    let default = (facts::METRIC_DELAY, Origin::Assumed("CWA-06"));
    let given = table.delay.map(|leaf| leaf.0);
    let delay = cx.resolved.pick("delay", given, default, |v| span(*v));
    if delay > DELAY_MAX {
        let message = format!("`delay` must be at most {DELAY_MAX}");
        cx.problem(Problem::new(Code::OutOfRange, &path.key("delay"), message));
    }
    (period, delay)
}

/// `threshold`, `comparison_operator`, and how many datapoints of how many. Where the table is not
/// `sound`, a number that is missing may be what a key was meant to be.
fn rule(
    table: &AlarmTable,
    unit: Option<AlarmUnit>,
    (period, sound): (Span, bool),
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Rule> {
    let periods = table.evaluation_periods.as_ref().map(|count| count.0);
    let default = (1, Origin::Default);
    let periods = cx.resolved.pick("evaluation_periods", periods, default, u64::to_string);
    let needed = table.datapoints_to_alarm.as_ref().map(|count| count.0);
    let default = (periods, Origin::Default);
    let needed = cx.resolved.pick("datapoints_to_alarm", needed, default, u64::to_string);
    let most = facts::alarm_window_max(period);
    let window = period.as_ns().checked_mul(periods);
    if window.is_none_or(|window| window > most.as_ns()) && cx.sound(&path.key("period")) {
        let message = format!("`evaluation_periods` of {period} are more than {most} together");
        let problem = Problem::new(Code::OutOfRange, &path.key("evaluation_periods"), message);
        let problem = problem.note("CloudWatch takes no alarm that looks further back (CWA-02)");
        let fits = (most.as_ns() / period.as_ns().max(1)).max(1);
        cx.problem(problem.help(format!("write at most {fits}, or another `period`")));
    }
    if needed > periods && sound {
        let message = format!("`datapoints_to_alarm` must be at most {periods}");
        let problem = Problem::new(Code::OutOfRange, &path.key("datapoints_to_alarm"), message);
        cx.problem(problem.note("no more datapoints than `evaluation_periods` are looked at"));
    }
    let range = table.evaluation_range.as_ref().map(|count| count.0);
    let default = (periods + facts::ALARM_RANGE_MORE, Origin::Assumed("CWA-05"));
    let range = cx.resolved.pick("evaluation_range", range, default, u64::to_string);
    if range < periods && sound {
        let message = format!("`evaluation_range` must be at least {periods}");
        let problem = Problem::new(Code::OutOfRange, &path.key("evaluation_range"), message);
        cx.problem(problem.note("so many datapoints are looked at"));
    }
    let example = match unit {
        Some(AlarmUnit::Bytes) => "`threshold = \"48 MiB\"`",
        Some(AlarmUnit::Milliseconds) => "`threshold = \"30 s\"`",
        Some(AlarmUnit::Share) => "`threshold = \"80 %\"`",
        Some(AlarmUnit::RecordsPerSecond) => "`threshold = \"2k/s\"`",
        _ => "`threshold = 1`",
    };
    let given = required(table.threshold.as_ref(), "threshold", example, path, cx);
    let threshold = given.zip(unit).and_then(|(it, unit)| threshold(it, unit, path, cx));
    let example = "`comparison_operator = \"GreaterThanThreshold\"`";
    let operator = required(table.comparison_operator, "comparison_operator", example, path, cx);
    if let Some(operator) = operator {
        cx.resolved.line("comparison_operator", &quoted(operator.name()), None);
    }
    let default = (Word(MissingData::Missing), Origin::Default);
    let missing = table.treat_missing_data;
    let missing = cx.resolved.pick("treat_missing_data", missing, default, |v| quoted(v.name()));
    Some(Rule {
        threshold: threshold?,
        operator: operator?.0,
        evaluation_periods: periods as u32,
        datapoints_to_alarm: needed as u32,
        range: range as u32,
        missing: missing.0,
    })
}

/// Parts of one that a share is counted in, and of a record in a second or a count.
const SHARE_PARTS: u64 = 1_000_000_000;
const COUNT_PARTS: u64 = 1_000_000;

/// `threshold` in the unit of the metric.
fn threshold(given: &Amount, unit: AlarmUnit, path: &Path, cx: &mut Context<'_>) -> Option<Ratio> {
    // A float proposes, a whole number decides.
    let parts = |value: f64, whole: u64| Ratio { part: (value * whole as f64 + 0.5) as u64, whole };
    let read = match unit {
        AlarmUnit::Bytes => given.read::<Bytes>().map(|it| (Ratio::of(it.0), bytes(it))),
        AlarmUnit::Milliseconds => given.read::<Span>().map(|it| {
            let ratio = Ratio { part: it.as_ns(), whole: 1_000_000 };
            (ratio, span(it))
        }),
        AlarmUnit::Share => given.read::<Share>().map(|it| (parts(it.0, SHARE_PARTS), float(it.0))),
        AlarmUnit::RecordsPerSecond => {
            given.read::<Rate>().map(|it| (parts(it.0, COUNT_PARTS), quoted(&it.to_string())))
        }
        AlarmUnit::Count => given.read::<Tally>().map(|Tally(it)| {
            if it.fract() == 0.0 && it < 1e15 {
                (Ratio::of(it as u64), (it as u64).to_string())
            } else {
                (parts(it, COUNT_PARTS), float(it))
            }
        }),
    };
    match read {
        Ok((ratio, written)) => {
            cx.resolved.line("threshold", &written, None);
            Some(ratio)
        }
        Err(message) => {
            cx.problem(describe(&message, &path.key("threshold")));
            None
        }
    }
}
