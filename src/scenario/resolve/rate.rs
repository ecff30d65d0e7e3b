//! `producer.rate`.

use super::Context;
use crate::model::plan::{ArrivalsPlan, Between, ProfilePlan};
use crate::scenario::file::{CountUnit, RateTable, Shape};
use crate::scenario::inputs::{Counts, read_counts};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, float, quoted, span};
use crate::time::{Instant, Span};
use crate::units::Rate;

/// Resolves a rate. `mean_bytes` is the mean size of a record with its key.
pub(super) fn rate(
    given: OrTable<Leaf<Rate>, RateTable>,
    mean_bytes: impl FnOnce() -> f64,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<(ProfilePlan, ArrivalsPlan)> {
    let mut table = match given {
        OrTable::Plain(rate) => RateTable { constant: Some(rate), ..RateTable::default() },
        OrTable::Table(table) => table,
    };
    let present = [
        ("constant", table.constant.is_some()),
        ("points", table.points.is_some()),
        ("trace", table.trace.is_some()),
        ("shape", table.shape.is_some()),
        ("column", table.column.is_some()),
        ("per", table.per.is_some()),
        ("unit", table.unit.is_some()),
        ("speed", table.speed.is_some()),
        ("scale", table.scale.is_some()),
    ];
    let forms: [&[&str]; 3] = [
        &["constant"],
        &["shape", "points"],
        &["trace", "column", "per", "unit", "speed", "scale"],
    ];
    let help = "write `constant`, `shape` with `points`, or `trace` with `column`";
    let profile = match cx.one_form(path, &present, &forms, help)? {
        0 => {
            let rate = table.constant.take()?.0;
            cx.resolved.line("rate.constant", &quoted(&rate.to_string()), None);
            ProfilePlan { points: vec![(Instant::ZERO, rate.0)], between: Between::Steps }
        }
        1 => points(&table, path, cx)?,
        _ => trace(&table, mean_bytes, path, cx)?,
    };
    let default = (Word(ArrivalsPlan::Poisson), Origin::Default);
    let arrivals = cx.resolved.pick("rate.arrivals", table.arrivals, default, |v| quoted(v.name()));
    Some((profile, arrivals.0))
}

fn points(table: &RateTable, path: &Path, cx: &mut Context<'_>) -> Option<ProfilePlan> {
    let Some(Word(shape)) = table.shape else {
        cx.missing(path, "shape", "`shape = \"steps\"` or `shape = \"ramp\"`");
        return None;
    };
    let Some(points) = &table.points else {
        cx.missing(path, "points", "`points = [[\"0 s\", \"3k/s\"], [\"1 h\", \"9k/s\"]]`");
        return None;
    };
    let path = path.key("points");
    let before = cx.problems.len();
    match points.first() {
        None => {
            let problem = Problem::new(Code::BadList, &path, "`points` is empty");
            cx.problem(problem.help("write at least one pair: [[\"0 s\", \"3k/s\"]]"));
            return None;
        }
        Some((Leaf(first), rate)) if !first.is_zero() => {
            let message = format!("the first point is at {first}, not at \"0 s\"");
            let problem = Problem::new(Code::BadList, &path.index(0), message);
            cx.problem(problem.help(format!("begin with [\"0 s\", \"{}\"]", rate.0)));
        }
        Some(_) => {}
    }
    for (i, pair) in points.windows(2).enumerate() {
        let ((Leaf(a), _), (Leaf(b), _)) = (&pair[0], &pair[1]);
        if b <= a {
            let message =
                format!("the point at {} comes after the one at {}", b.exact(), a.exact());
            let problem = Problem::new(Code::BadList, &path.index(i + 1), message);
            cx.problem(problem.help("write points in order of time, each at a time of its own"));
        }
    }
    if cx.problems.len() > before {
        return None;
    }
    cx.resolved.line("rate.shape", &quoted(Word(shape).name()), None);
    let pairs: Vec<String> = points
        .iter()
        .map(|(at, rate)| format!("[{}, {}]", span(at.0), quoted(&rate.0.to_string())))
        .collect();
    cx.resolved.line("rate.points", &format!("[{}]", pairs.join(", ")), None);
    let between = match shape {
        Shape::Steps => Between::Steps,
        Shape::Ramp => Between::Ramps,
    };
    let points = points.iter().map(|(at, rate)| (Instant::ZERO + at.0, rate.0.0)).collect();
    Some(ProfilePlan { points, between })
}

fn trace(
    table: &RateTable,
    mean_bytes: impl FnOnce() -> f64,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<ProfilePlan> {
    let Some(file) = &table.trace else {
        cx.missing(path, "trace", "`trace = \"incoming-records.csv\"`");
        return None;
    };
    let Some(column) = &table.column else {
        cx.missing(path, "column", "`column = \"IncomingRecords\"`");
        return None;
    };
    cx.resolved.line("rate.trace", &quoted(file), None);
    cx.resolved.line("rate.column", &quoted(column), None);
    let per = table.per.map(|leaf| leaf.0);
    match per {
        Some(Span::ZERO) => {
            let message = "`per` must be more than zero";
            cx.problem(Problem::new(Code::OutOfRange, &path.key("per"), message));
            return None;
        }
        Some(per) => cx.resolved.line("rate.per", &span(per), None),
        None => cx.resolved.comment("rate.per: the step between the file's rows (default)"),
    }
    let unit = if column.to_ascii_lowercase().ends_with("bytes") {
        CountUnit::Bytes
    } else {
        CountUnit::Records
    };
    let unit = cx
        .resolved
        .pick("rate.unit", table.unit, (Word(unit), Origin::Default), |v| quoted(v.name()));
    let mut factor = |key: &str, given: Option<f64>| {
        cx.resolved.pick(key, given, (1.0, Origin::Default), |v| float(*v))
    };
    let speed = factor("rate.speed", table.speed.as_ref().map(|factor| factor.0));
    let scale = factor("rate.scale", table.scale.as_ref().map(|factor| factor.0));
    let at = path.key("trace");
    let counts = cx.read(&at, file, |bytes| read_counts(bytes, column, per))?;
    let scale = match unit.0 {
        CountUnit::Records => scale,
        CountUnit::Bytes => scale / mean_bytes(),
    };
    let profile = replay(&counts, speed, scale);
    if profile.is_none() {
        let message = format!("`{file}` has no counts that could be replayed");
        cx.problem(Problem::new(Code::BadContent, &at, message));
    }
    profile
}

/// Counts as rates: `speed` times faster, `scale` times larger; nothing between intervals and
/// after the last. `None` where there is nothing to replay.
fn replay(counts: &Counts, speed: f64, scale: f64) -> Option<ProfilePlan> {
    let sped = |at: Instant| Instant::from_ns((at.as_ns() as f64 / speed).round() as u64);
    let seconds = counts.per.as_s() / speed;
    let mut points: Vec<(Instant, f64)> = Vec::new();
    // At great speed neighbours may fall on one nanosecond: the last of them holds. A rate that
    // stays needs no point of its own.
    let mut add = |at: Instant, rate: f64| {
        let at = sped(at);
        points.pop_if(|last| last.0 == at);
        if points.last().is_none_or(|last| last.1.to_bits() != rate.to_bits()) {
            points.push((at, rate));
        }
    };
    let mut end = Instant::ZERO;
    for (&start, &value) in counts.starts.iter().zip(&counts.values) {
        if start > end {
            add(end, 0.0);
        }
        add(start, value * scale / seconds);
        end = start + counts.per;
    }
    add(end, 0.0);
    let usable = !counts.values.is_empty()
        && points.iter().all(|(_, rate)| rate.is_finite() && *rate >= 0.0);
    let ordered = points.is_sorted_by(|a, b| a.0 < b.0);
    (usable && ordered).then_some(ProfilePlan { points, between: Between::Steps })
}

/// Records a profile offers within `duration`.
pub(super) fn expected_records(profile: &ProfilePlan, duration: Span) -> f64 {
    let end = Instant::ZERO + duration;
    let mut total = 0.0;
    for (i, &(start, rate)) in profile.points.iter().enumerate() {
        let next = profile.points.get(i + 1).copied();
        let until = next.map_or(end, |(at, _)| at.min(end));
        let seconds = until.since(start).as_s();
        let mean = match (profile.between, next) {
            (Between::Ramps, Some((at, after))) => {
                let part = seconds / at.since(start).as_s();
                rate + (after - rate) * part / 2.0
            }
            _ => rate,
        };
        total += mean * seconds;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_records_are_the_area_under_the_profile() {
        let at = Instant::from_s;
        let points = vec![(at(0), 100.0), (at(10), 200.0)];
        let duration = Span::from_s(20);
        let steps = ProfilePlan { points: points.clone(), between: Between::Steps };
        assert!((expected_records(&steps, duration) - 3_000.0).abs() < 1e-9);
        let ramps = ProfilePlan { points, between: Between::Ramps };
        assert!((expected_records(&ramps, duration) - 3_500.0).abs() < 1e-9);
        // Half of the ramp: from 100 to 150 in five seconds.
        assert!((expected_records(&ramps, Span::from_s(5)) - 625.0).abs() < 1e-9);
    }

    #[test]
    fn gaps_and_the_end_of_a_trace_are_silent() {
        let at = Instant::from_s;
        let counts = Counts {
            per: Span::from_s(60),
            starts: vec![at(0), at(120), at(180)],
            values: vec![600.0, 1_200.0, 1_200.0],
            skipped_gaps: 0,
        };
        let plan = replay(&counts, 1.0, 1.0).unwrap();
        assert_eq!(plan.points, [(at(0), 10.0), (at(60), 0.0), (at(120), 20.0), (at(240), 0.0)]);
        let plan = replay(&counts, 2.0, 3.0).unwrap();
        assert_eq!(plan.points, [(at(0), 60.0), (at(30), 0.0), (at(60), 120.0), (at(120), 0.0)]);
    }
}
