//! `[autoscaler]`.

use super::Context;
use super::event::required;
use super::target::Streams;
use crate::model::facts;
use crate::model::plan::{Plan, StreamMode};
use crate::model::scaler::{
    Amount, Measure, Policy, Rule, SampleRule, ScalerPlan, Schedule, UtilsAmount, UtilsPlan,
    UtilsRule,
};
use crate::scenario::file::{
    AutoscalerTable, By, MeasureWord, OperationWord, PolicyWord, ScaleTable,
};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::Table;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::Span;
use crate::units::Share;

const DAY: Span = Span::from_s(86_400);
const HOUR: Span = Span::from_s(3_600);
const MINUTE: Span = Span::from_s(60);
/// A share of 1.
const MILLION: f64 = 1e6;

/// Two directions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// All autoscalers.
pub(super) fn scalers(
    tables: Vec<AutoscalerTable>,
    listed: bool,
    streams: &Streams,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) {
    for (i, table) in tables.into_iter().enumerate() {
        let list = Path::of("autoscaler");
        let path = if listed { list.index(i) } else { list };
        cx.resolved.table(if listed { "[[autoscaler]]" } else { "[autoscaler]" });
        if let Some(name) = &table.stream {
            cx.resolved.line("stream", &quoted(name), None);
        }
        let stream = streams.index(table.stream.as_deref(), &path, cx);
        if plan.scalers.iter().any(|other| other.stream == stream) && cx.sound(&path) {
            let message = "the stream has an autoscaler already";
            let problem = Problem::new(Code::Contradiction, &path, message);
            cx.problem(problem.help("two that ask for different numbers fight: write one of them"));
        }
        if plan.streams.get(stream).is_some_and(|it| it.mode == StreamMode::OnDemand) {
            let message = "a stream in on-demand mode cannot be scaled by others";
            let problem = Problem::new(Code::Contradiction, &path, message)
                .note("UpdateShardCount works only in provisioned mode (fact KDS-S10, documented)");
            cx.problem(problem.help("leave the autoscaler out, or `stream_mode = \"ON_DEMAND\"`"));
        }
        let sound = cx.sound(&path);
        let scaler = scaler(&table, stream, &path, cx);
        plan.scalers.extend(scaler.filter(|_| sound));
    }
}

fn scaler(
    table: &AutoscalerTable,
    stream: usize,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<ScalerPlan> {
    if table.policy.is_none() && !cx.sound(path) {
        // What the fields mean is not known.
        return None;
    }
    let default = (Word(PolicyWord::Threshold), Origin::Default);
    let word = cx.resolved.pick("policy", table.policy, default, |v| quoted(v.name())).0;
    pointless(table, word, path, cx);
    let measure = measure(table, word, cx);
    let default = match word {
        PolicyWord::ScalingUtils => (Span::from_s(45), Origin::Fact("SCL-01")),
        PolicyWord::CloudwatchLambda => (Span::from_s(300), Origin::Fact("SCL-13")),
        _ => (MINUTE, Origin::Default),
    };
    let given = table.check_every.map(|leaf| leaf.0);
    let check_every = cx.resolved.pick("check_every", given, default, |v| span(*v));
    if !(Span::from_s(1)..=DAY).contains(&check_every) {
        let message = "`check_every` must be between 1 s and 1 d";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("check_every"), message));
    }
    let delay = if word == PolicyWord::Schedule {
        Span::ZERO
    } else {
        cx.resolved.assume("SCL-20");
        let given = table.metric_delay.map(|leaf| leaf.0);
        let default = (facts::METRIC_DELAY, Origin::Assumed("SCL-20"));
        cx.resolved.pick("metric_delay", given, default, |v| span(*v))
    };
    if delay > HOUR {
        let message = "`metric_delay` must be at most 1 h";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("metric_delay"), message));
    }
    let policy = policy(table, word, measure, path, cx);
    let (min_shards, max_shards) = bounds(table, path, cx);
    let check_every = check_every.max(Span::from_s(1));
    let delay = delay.min(HOUR);
    Some(ScalerPlan { stream, check_every, delay, min_shards, max_shards, policy: policy? })
}

fn measure(table: &AutoscalerTable, word: PolicyWord, cx: &mut Context<'_>) -> Measure {
    if !matches!(word, PolicyWord::Threshold | PolicyWord::TargetTracking) {
        return Measure::Mean;
    }
    let default = (Word(MeasureWord::Mean), Origin::Default);
    match cx.resolved.pick("metric", table.metric, default, |v| quoted(v.name())).0 {
        MeasureWord::Mean => Measure::Mean,
        MeasureWord::Busiest => Measure::Busiest,
    }
}

fn bounds(table: &AutoscalerTable, path: &Path, cx: &mut Context<'_>) -> (u32, u32) {
    let given = table.min_shards.as_ref().map(|count| count.0);
    let least = cx.resolved.pick("min_shards", given, (1, Origin::Default), u64::to_string);
    let given = table.max_shards.as_ref().map(|count| count.0);
    let default = (u64::from(facts::SHARD_COUNT_TARGET_MAX), Origin::Fact("KDS-S14"));
    let most = cx.resolved.pick("max_shards", given, default, u64::to_string);
    if least > most && cx.sound(path) {
        let message = format!("`min_shards` of {least} is more than `max_shards` of {most}");
        cx.problem(Problem::new(Code::Contradiction, &path.key("min_shards"), message));
    }
    (least as u32, most as u32)
}

/// Fields that mean nothing to this policy.
fn pointless(table: &AutoscalerTable, word: PolicyWord, path: &Path, cx: &mut Context<'_>) {
    use PolicyWord::{CloudwatchLambda, ScalingUtils, Schedule, TargetTracking, Threshold};
    let fields: [(&str, bool, &[PolicyWord]); 9] = [
        ("metric", table.metric.is_some(), &[Threshold, TargetTracking]),
        (
            "metric_delay",
            table.metric_delay.is_some(),
            &[Threshold, TargetTracking, ScalingUtils, CloudwatchLambda],
        ),
        (
            "scale_up",
            table.scale_up.is_some(),
            &[Threshold, TargetTracking, ScalingUtils, CloudwatchLambda],
        ),
        (
            "scale_down",
            table.scale_down.is_some(),
            &[Threshold, TargetTracking, ScalingUtils, CloudwatchLambda],
        ),
        ("target", table.target.is_some(), &[TargetTracking]),
        ("schedule", table.schedule.is_some(), &[Schedule]),
        ("repeat", table.repeat.is_some(), &[Schedule]),
        ("operations", table.operations.is_some(), &[ScalingUtils]),
        ("iterator_age_guard", table.iterator_age_guard.is_some(), &[CloudwatchLambda]),
    ];
    let sound = cx.sound(path);
    for (field, given, of) in fields {
        if given && !of.contains(&word) && sound {
            let message =
                format!("`{field}` means nothing with `policy = \"{}\"`", Word(word).name());
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            let other = Word(of[0]).name();
            cx.problem(problem.help(format!("leave it out, or write `policy = \"{other}\"`")));
        }
    }
}

fn policy(
    table: &AutoscalerTable,
    word: PolicyWord,
    measure: Measure,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Policy> {
    if matches!(word, PolicyWord::Threshold | PolicyWord::ScalingUtils)
        && table.scale_up.is_none()
        && table.scale_down.is_none()
    {
        let example = "`scale_up = { threshold = \"80 %\", after = \"5 min\", by = \"100 %\" }`";
        required(None::<()>, "scale_up", example, path, cx)?;
    }
    match word {
        PolicyWord::Threshold => {
            let up = rule(table.scale_up.as_ref(), Way::Up, path, cx);
            let down = rule(table.scale_down.as_ref(), Way::Down, path, cx);
            Some(Policy::Threshold { measure, up: up?, down: down? })
        }
        PolicyWord::TargetTracking => tracking(table, measure, path, cx),
        PolicyWord::Schedule => schedule(table, path, cx).map(Policy::Schedule),
        PolicyWord::ScalingUtils => {
            let up = utils_rule(table.scale_up.as_ref(), Way::Up, path, cx);
            let down = utils_rule(table.scale_down.as_ref(), Way::Down, path, cx);
            let operations = table.operations.as_ref().map(|words| {
                let has = |word| words.iter().any(|it| it.0 == word);
                [has(OperationWord::Put), has(OperationWord::Get)]
            });
            let shown = |v: &[bool; 2]| match v {
                [true, true] => "[\"PUT\", \"GET\"]".to_owned(),
                [false, true] => "[\"GET\"]".to_owned(),
                _ => "[\"PUT\"]".to_owned(),
            };
            let default = ([true, false], Origin::Default);
            let operations = cx.resolved.pick("operations", operations, default, shown);
            if operations == [false, false] {
                let message = "`operations` is empty";
                let problem = Problem::new(Code::BadList, &path.key("operations"), message);
                cx.problem(problem.help("write `[\"PUT\"]`, `[\"GET\"]` or both"));
            }
            let refresh_after = facts::SCALING_UTILS_REFRESH;
            Some(Policy::ScalingUtils(UtilsPlan {
                up: up?,
                down: down?,
                operations,
                refresh_after,
            }))
        }
        PolicyWord::CloudwatchLambda => Some(sample(table, path, cx)),
    }
}

fn tracking(
    table: &AutoscalerTable,
    measure: Measure,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Policy> {
    let given = table.target.map(|leaf| leaf.0);
    let target = required(given, "target", "`target = \"60 %\"`", path, cx)?;
    cx.resolved.line("target", &percent(target), None);
    if target.0 < 0.01 {
        let message = "`target` must be at least 1 %";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("target"), message));
    }
    let mut cool_off = |given: Option<&Table<ScaleTable>>, field: &str| {
        only(given, &["cool_off"], path, field, "target-tracking", cx);
        let given = given.and_then(|it| it.0.cool_off).map(|leaf| leaf.0);
        let key = format!("{field}.cool_off");
        cx.resolved.pick(&key, given, (Span::ZERO, Origin::Default), |v| span(*v))
    };
    let up = cool_off(table.scale_up.as_ref(), "scale_up");
    let down = cool_off(table.scale_down.as_ref(), "scale_down");
    let target = (target.0 * MILLION) as u64;
    Some(Policy::TargetTracking { measure, target, cool_off: [up, down] })
}

/// AWS's sample.
fn sample(table: &AutoscalerTable, path: &Path, cx: &mut Context<'_>) -> Policy {
    let mut threshold = |given: Option<&Table<ScaleTable>>, field: &str, usual, fact| {
        only(given, &["threshold"], path, field, "cloudwatch-lambda", cx);
        let given = given.and_then(|it| it.0.threshold).map(|leaf| leaf.0);
        let key = format!("{field}.threshold");
        let default = (Share(usual), Origin::Fact(fact));
        cx.resolved.pick(&key, given, default, |v| percent(*v)).0
    };
    let up = threshold(table.scale_up.as_ref(), "scale_up", 0.75, "SCL-14");
    let down = threshold(table.scale_down.as_ref(), "scale_down", 0.25, "SCL-15");
    let age_guard = table.iterator_age_guard.map(|leaf| leaf.0);
    if let Some(guard) = age_guard {
        cx.resolved.line("iterator_age_guard", &span(guard), None);
    }
    let parts = |share: f64| (share * MILLION) as u64;
    Policy::Sample(SampleRule { up: parts(up), down: parts(down), age_guard })
}

fn percent(share: Share) -> String {
    quoted(&format!("{} %", share.0 * 100.0))
}

/// Other fields than `fields` mean nothing in `scale_up` and `scale_down` of this policy.
fn only(
    given: Option<&Table<ScaleTable>>,
    fields: &[&str],
    path: &Path,
    field: &str,
    policy: &str,
    cx: &mut Context<'_>,
) {
    let Some(Table(table)) = given else { return };
    let path = path.key(field);
    let present = [
        ("threshold", table.threshold.is_some()),
        ("after", table.after.is_some()),
        ("by", table.by.is_some()),
        ("cool_off", table.cool_off.is_some()),
    ];
    for (name, given) in present {
        if given && !fields.contains(&name) && cx.sound(&path) {
            let message = format!("`{name}` means nothing with `policy = \"{policy}\"`");
            let problem = Problem::new(Code::Pointless, &path.key(name), message).at_key();
            cx.problem(problem.help("leave it out"));
        }
    }
}

/// What all rules have: threshold, whole minutes, how many, and the cool-off.
struct Common {
    threshold: Share,
    minutes: u32,
    by: By,
    cool_off: Span,
}

fn common(
    table: &ScaleTable,
    (threshold, after, cool_off): (Option<f64>, Option<u64>, u64),
    (field, path): (&str, &Path),
    cx: &mut Context<'_>,
) -> Option<Common> {
    let key = |name: &str| format!("{field}.{name}");
    let fact = Origin::Fact("SCL-05");
    let given = table.threshold.map(|leaf| leaf.0);
    let threshold = if let Some(usual) = threshold {
        let default = (Share(usual), fact);
        Some(cx.resolved.pick(&key("threshold"), given, default, |v| percent(*v)))
    } else {
        let given = required(given, "threshold", "`threshold = \"80 %\"`", path, cx);
        given.inspect(|it| cx.resolved.line(&key("threshold"), &percent(*it), None))
    };
    let given = table.after.map(|leaf| leaf.0);
    let after = if let Some(s) = after {
        let default = (Span::from_s(s), fact);
        Some(cx.resolved.pick(&key("after"), given, default, |v| span(*v)))
    } else {
        let given = required(given, "after", "`after = \"5 min\"`", path, cx);
        given.inspect(|it| cx.resolved.line(&key("after"), &span(*it), None))
    };
    let whole =
        |it: &Span| (MINUTE..=DAY).contains(it) && it.as_ns().is_multiple_of(MINUTE.as_ns());
    if after.as_ref().is_some_and(|it| !whole(it)) {
        let message = "`after` must be whole minutes from 1 min to 1 d";
        let problem = Problem::new(Code::OutOfRange, &path.key("after"), message);
        cx.problem(problem.note("CloudWatch has a datapoint a minute (fact KDS-M01)"));
    }
    let by = required(table.by, "by", "`by = \"100 %\"` or `by = 2`", path, cx);
    match by {
        Some(By::Count(count)) => cx.resolved.line(&key("by"), &count.to_string(), None),
        Some(By::Percent(part)) => {
            cx.resolved.line(&key("by"), &quoted(&format!("{part} %")), None);
        }
        None => {}
    }
    let origin = if cool_off == 0 { Origin::Default } else { fact };
    let default = (Span::from_s(cool_off), origin);
    let given = table.cool_off.map(|leaf| leaf.0);
    let cool_off = cx.resolved.pick(&key("cool_off"), given, default, |v| span(*v));
    let minutes = (after?.as_ns() / MINUTE.as_ns()) as u32;
    Some(Common { threshold: threshold?, minutes, by: by?, cool_off })
}

/// A rule of ours; `None` where it is faulty.
#[expect(clippy::option_option, reason = "faulty, or left out")]
fn rule(
    given: Option<&Table<ScaleTable>>,
    way: Way,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<Rule>> {
    let Some(Table(table)) = given else { return Some(None) };
    let field = if way == Way::Up { "scale_up" } else { "scale_down" };
    let path = path.key(field);
    let Common { threshold, minutes, by, cool_off } =
        common(table, (None, None, 0), (field, &path), cx)?;
    if let (Way::Down, By::Percent(part)) = (way, by)
        && part >= 100.0
    {
        let message = "`by` must be less than 100 %: a stream has a shard at least";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("by"), message));
    }
    let by = match by {
        By::Count(count) => Amount::Count(count),
        By::Percent(part) => Amount::Share((part * MILLION / 100.0) as u64),
    };
    Some(Some(Rule { threshold: (threshold.0 * MILLION) as u64, minutes, by, cool_off }))
}

/// A rule of amazon-kinesis-scaling-utils; `None` where it is faulty.
#[expect(clippy::option_option, reason = "faulty, or left out")]
fn utils_rule(
    given: Option<&Table<ScaleTable>>,
    way: Way,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<UtilsRule>> {
    let Some(Table(table)) = given else { return Some(None) };
    let (field, usual) = match way {
        Way::Up => ("scale_up", (Some(0.75), Some(300), 900)),
        Way::Down => ("scale_down", (Some(0.25), Some(900), 3_600)),
    };
    let path = path.key(field);
    let Common { threshold, minutes, by, cool_off } = common(table, usual, (field, &path), cx)?;
    let whole = |value: f64| (value - value.round()).abs() < 1e-9;
    if !whole(threshold.0 * 100.0) {
        let message = "`threshold` must be whole percent for amazon-kinesis-scaling-utils";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("threshold"), message));
    }
    let by = match by {
        By::Count(count) => UtilsAmount::Count(count),
        By::Percent(part) => {
            if !whole(part) {
                let message = "`by` must be whole percent for amazon-kinesis-scaling-utils";
                cx.problem(Problem::new(Code::OutOfRange, &path.key("by"), message));
            }
            if way == Way::Up && (part - 100.0).abs() < 0.5 {
                let message = "`by = \"100 %\"` changes nothing here";
                let problem = Problem::new(Code::Pointless, &path.key("by"), message)
                    .note("from 100 % on it is the part to come to (fact SCL-07)");
                cx.problem(problem.help("write \"200 %\" to double"));
            }
            UtilsAmount::Percent(part.round() as u32)
        }
    };
    let threshold = (threshold.0 * 100.0).round() as u32;
    Some(Some(UtilsRule { threshold, minutes, by, cool_off }))
}

fn schedule(table: &AutoscalerTable, path: &Path, cx: &mut Context<'_>) -> Option<Schedule> {
    let example = "`schedule = [[\"6 h\", 24], [\"20 h\", 8]]`";
    let points = required(table.schedule.as_ref(), "schedule", example, path, cx)?;
    let points: Vec<(Span, u32)> =
        points.iter().map(|(Leaf(at), count)| (*at, count.0 as u32)).collect();
    let shown: Vec<String> =
        points.iter().map(|(at, count)| format!("[{}, {count}]", span(*at))).collect();
    cx.resolved.line("schedule", &format!("[{}]", shown.join(", ")), None);
    let every = table.repeat.map(|leaf| leaf.0);
    if let Some(every) = every {
        cx.resolved.line("repeat", &span(every), None);
    }
    let own = path.key("schedule");
    if points.is_empty() || points.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        let message = "`schedule` must have times that ascend, at least one";
        cx.problem(Problem::new(Code::BadList, &own, message));
        return None;
    }
    if points.len() > 10_000 {
        let message = "`schedule` may have 10,000 times";
        cx.problem(Problem::new(Code::TooMany, &own, message));
    }
    if every.is_some_and(|every| every < MINUTE || points.iter().any(|point| point.0 >= every)) {
        let message = "`repeat` must be longer than every time in `schedule`, and at least 1 min";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("repeat"), message));
        return None;
    }
    Some(Schedule { points, every })
}
