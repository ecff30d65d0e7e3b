//! `producer.rate` from a file of counts.

use super::{Context, window};
use crate::model::plan::{Between, ProfilePlan};
use crate::random::Stream;
use crate::scenario::file::{CountUnit, RateTable, SeriesTable, ThrottledTable};
use crate::scenario::inputs::{Counts, Points, SeriesName, read_points};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, float, list, quoted, span};
use crate::scenario::series::{Names, ThrottledPart};
use crate::time::{Instant, Span};

/// CloudWatch's count of refused records (KDS-M03).
const REFUSED: &str = "WriteProvisionedThroughputExceeded";

/// A series in a file.
struct Series {
    file: String,
    name: Name,
}

/// What a file calls a series.
enum Name {
    /// The column of a CSV file.
    Column(String),
    /// Series of an answer of CloudWatch.
    Metric(Vec<String>),
}

/// Resolves counts from a file: the rate, and the mean size of a record with its key (bytes) where
/// the file says it.
pub(super) fn trace(
    table: RateTable,
    mean_bytes: impl FnOnce() -> f64,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<(ProfilePlan, Option<f64>)> {
    let Some(file) = table.trace else {
        cx.missing(path, "trace", "`trace = \"incoming-records.csv\"`");
        return None;
    };
    let given = SeriesTable { trace: None, column: table.column, metric: table.metric };
    let main = series(given, &file, None, path, cx)?;
    cx.resolved.line("rate.trace", &quoted(&file), None);
    write_down("rate", &main, cx);
    let per = per(table.per, path, cx)?;
    let unit = if main.name.counts_bytes() { CountUnit::Bytes } else { CountUnit::Records };
    let unit = cx
        .resolved
        .pick("rate.unit", table.unit, (Word(unit), Origin::Default), |v| quoted(v.name()));
    let mut factor = |key: &str, given: Option<f64>| {
        cx.resolved.pick(key, given, (1.0, Origin::Default), |v| float(*v))
    };
    let speed = factor("rate.speed", table.speed.as_ref().map(|factor| factor.0));
    let scale = factor("rate.scale", table.scale.as_ref().map(|factor| factor.0));
    let at = path.key("trace");
    let mut points = read(&main, &at, cx)?;
    let from = window::from(table.from, points.is_dated(), "rate.from", path, cx);
    let bytes = bytes(table.bytes, unit.0, &main, path, cx);
    let refused = throttled(table.throttled, &main, path, cx);
    let ratio = table.peak_to_mean.map(|ratio| ratio.0);
    let peak = peak(ratio, table.peak_width.map(|leaf| leaf.0), path, cx);
    let (from, bytes, refused, peak) = (from?, bytes?, refused?, peak?);
    let origin = from.unwrap_or(points.begin());
    let played = (cx.duration.as_ns() as f64 * speed).min(1e19) as i128;
    let record_bytes = match bytes {
        Some(bytes) => {
            let records = points.sum_within(origin, origin + played);
            let mean = bytes.sum_within(origin, origin + played) / records;
            Some(mean_size(mean, path, cx)?)
        }
        None => None,
    };
    if unit.0 == CountUnit::Bytes {
        points.scale(1.0 / mean_bytes());
    }
    if let Some((refused, share)) = refused {
        check_step(&points, &refused, per, path, cx)?;
        points.add(&refused, share);
    }
    let counts = match points.counts(per) {
        Ok(counts) => counts,
        Err(problem) => {
            cx.input_problem(&at, &file, problem);
            return None;
        }
    };
    let end = points.begin() + i128::from(end_of(&counts).as_ns());
    let window = (origin, origin + played);
    window::check((points.begin(), end), window, &file, &at, cx)?;
    let mut peaks = match peak {
        Some((ratio, width)) => Some(Peaks::new(ratio, width, counts.per, path, cx)?),
        None => None,
    };
    let replay = Replay { begin: origin - points.begin(), played, speed, scale };
    let profile = replay.profile(&counts, peaks.as_mut());
    if profile.is_none() {
        let message = format!("`{file}` has no counts that could be replayed");
        cx.problem(Problem::new(Code::BadContent, &at, message));
    }
    Some((profile?, record_bytes))
}

/// `rate.per`. The inner `None` where the file's rows say it.
#[expect(clippy::option_option, reason = "not given, and given with a problem, are two things")]
fn per(given: Option<Leaf<Span>>, path: &Path, cx: &mut Context<'_>) -> Option<Option<Span>> {
    let per = given.map(|leaf| leaf.0);
    match per {
        Some(Span::ZERO) => {
            let message = "`per` must be more than zero";
            cx.problem(Problem::new(Code::OutOfRange, &path.key("per"), message));
            return None;
        }
        Some(per) => cx.resolved.line("rate.per", &span(per), None),
        None => cx.resolved.comment("rate.per: the step between the file's rows (default)"),
    }
    Some(per)
}

impl Name {
    fn counts_bytes(&self) -> bool {
        let first = match self {
            Self::Column(column) => Some(column),
            Self::Metric(names) => names.first(),
        };
        let name = first.map(|name| name.trim_end_matches('*').to_ascii_lowercase());
        name.is_some_and(|name| name.ends_with("bytes"))
    }

    /// Another series of the same kind of file.
    fn like(&self, name: &str) -> Self {
        match self {
            Self::Column(_) => Self::Column(name.to_owned()),
            Self::Metric(_) => Self::Metric(vec![name.to_owned()]),
        }
    }
}

/// The series a table names: one of `column` and `metric`, or `default`.
fn series(
    table: SeriesTable,
    file: &str,
    default: Option<Name>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Series> {
    let file = table.trace.unwrap_or_else(|| file.to_owned());
    let name = match (table.column, table.metric, default) {
        (Some(column), None, _) => Name::Column(column),
        (None, Some(Names(names)), _) => Name::Metric(names),
        (None, None, Some(default)) => default,
        (None, None, None) => {
            cx.missing(
                path,
                "column",
                "`column = \"IncomingRecords\"` for a CSV file, or `metric` for what CloudWatch \
                 answered",
            );
            return None;
        }
        (Some(_), Some(_), _) => {
            let message = "`column` and `metric` exclude each other";
            let problem = Problem::new(Code::Contradiction, &path.key("metric"), message).at_key();
            cx.problem(
                problem.help("`column` is for CSV files, `metric` for CloudWatch's answers"),
            );
            return None;
        }
    };
    Some(Series { file, name })
}

fn write_down(key: &str, series: &Series, cx: &mut Context<'_>) {
    match &series.name {
        Name::Column(column) => cx.resolved.line(&format!("{key}.column"), &quoted(column), None),
        Name::Metric(names) => {
            cx.resolved.line(&format!("{key}.metric"), &list(names, |v| quoted(v)), None);
        }
    }
}

fn read(series: &Series, path: &Path, cx: &mut Context<'_>) -> Option<Points> {
    let name = match &series.name {
        Name::Column(column) => SeriesName::Column(column),
        Name::Metric(names) => SeriesName::Metric(names),
    };
    cx.read(path, &series.file, |bytes| read_points(bytes, name))
}

/// `rate.bytes`: the bytes of the same records. The inner `None` where it is not given.
#[expect(clippy::option_option, reason = "not given, and given with a problem, are two things")]
fn bytes(
    given: Option<OrTable<String, SeriesTable>>,
    unit: CountUnit,
    main: &Series,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<Points>> {
    let path = path.key("bytes");
    let table = match given {
        None => return Some(None),
        Some(_) if unit == CountUnit::Bytes => {
            let message = "`bytes` means nothing where the counts are bytes themselves";
            let problem = Problem::new(Code::Pointless, &path, message).at_key();
            cx.problem(problem.help("name the series of records with `column` or `metric`"));
            return None;
        }
        Some(OrTable::Plain(name)) => match main.name {
            Name::Column(_) => SeriesTable { column: Some(name), ..SeriesTable::default() },
            Name::Metric(_) => {
                SeriesTable { metric: Some(Names(vec![name])), ..SeriesTable::default() }
            }
        },
        Some(OrTable::Table(table)) => table,
    };
    let series = series(table, &main.file, Some(main.name.like("IncomingBytes")), &path, cx)?;
    cx.resolved.line("rate.bytes.trace", &quoted(&series.file), None);
    write_down("rate.bytes", &series, cx);
    read(&series, &path, cx).map(Some)
}

/// `rate.throttled`: refused records and which part of them is added.
#[expect(clippy::option_option, reason = "not given, and given with a problem, are two things")]
fn throttled(
    given: Option<OrTable<ThrottledPart, ThrottledTable>>,
    main: &Series,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<(Points, f64)>> {
    let path = path.key("throttled");
    let table = match given {
        None => return Some(None),
        Some(OrTable::Plain(part)) => {
            ThrottledTable { share: Some(part), ..ThrottledTable::default() }
        }
        Some(OrTable::Table(table)) => table,
    };
    let Some(ThrottledPart(share)) = table.share else {
        cx.missing(&path, "share", "`share = \"30 %\"`, or \"upper-bound\" for all of them");
        return None;
    };
    let given = SeriesTable { trace: table.trace, column: table.column, metric: table.metric };
    let series = series(given, &main.file, Some(main.name.like(REFUSED)), &path, cx)?;
    cx.resolved.line("rate.throttled.share", &float(share), None);
    cx.resolved.line("rate.throttled.trace", &quoted(&series.file), None);
    write_down("rate.throttled", &series, cx);
    cx.resolved.comment("a record refused n times counts n times: 1.0 is an upper bound (KDS-M03)");
    Some(Some((read(&series, &path, cx)?, share)))
}

/// Counts of different widths cannot be added up.
fn check_step(
    main: &Points,
    other: &Points,
    per: Option<Span>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<()> {
    let (Some(width), Some(step)) = (per.or(main.step()), other.step()) else { return Some(()) };
    if step == width {
        return Some(());
    }
    let message = format!("refused records are counted each {step}, the others each {width}");
    let problem = Problem::new(Code::BadContent, &path.key("throttled"), message);
    cx.problem(problem.help("fetch both with the same period"));
    None
}

/// The mean size as it can be: more than nothing.
fn mean_size(mean: f64, path: &Path, cx: &mut Context<'_>) -> Option<f64> {
    if mean.is_finite() && mean > 0.0 {
        return Some(mean);
    }
    let message = "the time played has no bytes, or no records";
    let problem = Problem::new(Code::BadContent, &path.key("bytes"), message);
    cx.problem(problem.help("leave `bytes` out and write `record_size`"));
    None
}

/// `rate.peak_to_mean` and `rate.peak_width`. The inner `None` where there are no peaks.
#[expect(clippy::option_option, reason = "not given, and given with a problem, are two things")]
fn peak(
    ratio: Option<f64>,
    width: Option<Span>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Option<(f64, Span)>> {
    let Some(ratio) = ratio else {
        if width.is_none() {
            return Some(None);
        }
        let message = "`peak_width` means nothing without `peak_to_mean`";
        let problem = Problem::new(Code::Pointless, &path.key("peak_width"), message).at_key();
        cx.problem(problem.help("write `peak_to_mean = 1.8` beside it, or leave it out"));
        return None;
    };
    cx.resolved.line("rate.peak_to_mean", &float(ratio), None);
    let default = (Span::from_s(1), Origin::Default);
    let width = cx.resolved.pick("rate.peak_width", width, default, |v| span(*v));
    if width < Span::from_ms(1) {
        let message = "`peak_width` must be at least 1 ms";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("peak_width"), message));
        return None;
    }
    Some(Some((ratio, width)))
}

/// A peak in each interval, at a place of its own; the rest of the interval has the rest.
struct Peaks {
    ratio: f64,
    width: u64,
    per: u64,
    chance: Stream,
}

impl Peaks {
    fn new(ratio: f64, width: Span, per: Span, path: &Path, cx: &mut Context<'_>) -> Option<Self> {
        if width.as_ns() as f64 * ratio > per.as_ns() as f64 || width >= per {
            let message = format!(
                "a peak of {ratio} times the mean that lasts {width} holds more than its interval \
                 of {per}"
            );
            let problem = Problem::new(Code::OutOfRange, &path.key("peak_to_mean"), message);
            cx.problem(problem.help("lower `peak_to_mean` or `peak_width`"));
            return None;
        }
        // As for traces that are spread: one for the experiment, not for each replicate.
        let chance = Stream::named(cx.seed, 0, &format!("producer/{}/peaks", cx.producer));
        Some(Self { ratio, width: width.as_ns(), per: per.as_ns(), chance })
    }

    /// The parts of an interval: where each begins and ends (ns), and its rate over the mean.
    fn parts(&mut self) -> [(u64, u64, f64); 3] {
        let begin = self.chance.below(self.per - self.width + 1);
        let end = begin + self.width;
        // Peak and rest together have exactly the interval's count, but for rounding of floats.
        let rest =
            (self.per as f64 - self.ratio * self.width as f64) / (self.per - self.width) as f64;
        [(0, begin, rest), (begin, end, self.ratio), (end, self.per, rest)]
    }
}

/// How a file's counts become a rate.
struct Replay {
    /// The moment of the file that is played first, after its own first row (ns).
    begin: i128,
    /// How much of the file is played (ns).
    played: i128,
    /// Times faster.
    speed: f64,
    /// Times larger.
    scale: f64,
}

impl Replay {
    /// Nothing between intervals and after the last. `None` where there is nothing to replay.
    fn profile(&self, counts: &Counts, mut peaks: Option<&mut Peaks>) -> Option<ProfilePlan> {
        let seconds = counts.per.as_s() / self.speed;
        let mut steps = Steps { points: Vec::new(), end: 0, speed: self.speed };
        for (&start, &value) in counts.starts.iter().zip(&counts.values) {
            let whole = [(0, counts.per.as_ns(), 1.0)];
            // Drawn for every interval, so that a window does not move the peaks.
            let parts = peaks.as_mut().map(|peaks| peaks.parts());
            let begin = i128::from(start.as_ns()) - self.begin;
            if begin > self.played {
                break;
            }
            for &(from, to, over_mean) in parts.as_ref().map_or(&whole[..], |parts| &parts[..]) {
                let rate = value * self.scale / seconds * over_mean;
                steps.add(begin + i128::from(from), begin + i128::from(to), rate);
            }
        }
        let end = steps.end;
        steps.point(end, 0.0);
        let points = steps.points;
        let usable = !counts.values.is_empty()
            && points.iter().all(|(_, rate)| rate.is_finite() && *rate >= 0.0);
        let ordered = points.is_sorted_by(|a, b| a.0 < b.0);
        (usable && ordered).then_some(ProfilePlan { points, between: Between::Steps })
    }
}

/// Rates one after the other.
struct Steps {
    points: Vec<(Instant, f64)>,
    /// Where the last one ends, in the file's time (ns).
    end: u64,
    speed: f64,
}

impl Steps {
    /// A rate from `begin` to `end`, as far as the run has begun.
    fn add(&mut self, begin: i128, end: i128, rate: f64) {
        let (Ok(begin), Ok(end)) = (u64::try_from(begin.max(0)), u64::try_from(end)) else {
            return;
        };
        if begin >= end {
            return;
        }
        if begin > self.end {
            self.point(self.end, 0.0);
        }
        self.point(begin, rate);
        self.end = end;
    }

    /// At great speed neighbours may fall on one nanosecond: the last of them holds. A rate that
    /// stays needs no point of its own.
    fn point(&mut self, at: u64, rate: f64) {
        let at = Instant::from_ns((at as f64 / self.speed).round() as u64);
        self.points.pop_if(|last| last.0 == at);
        if self.points.last().is_none_or(|last| last.1.to_bits() != rate.to_bits()) {
            self.points.push((at, rate));
        }
    }
}

/// Where the last interval ends.
fn end_of(counts: &Counts) -> Span {
    let last = counts.starts.last().copied().unwrap_or_default();
    (last + counts.per).since(Instant::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::Profile;

    const MINUTE: i128 = 60_000_000_000;

    fn at(s: u64) -> Instant {
        Instant::from_s(s)
    }

    fn counts() -> Counts {
        Counts {
            per: Span::from_s(60),
            starts: vec![at(0), at(120), at(180)],
            values: vec![600.0, 1_200.0, 1_200.0],
            skipped_gaps: 0,
        }
    }

    fn whole(speed: f64, scale: f64) -> Replay {
        Replay { begin: 0, played: i128::MAX, speed, scale }
    }

    #[test]
    fn gaps_and_the_end_of_a_trace_are_silent() {
        let plan = whole(1.0, 1.0).profile(&counts(), None).unwrap();
        assert_eq!(plan.points, [(at(0), 10.0), (at(60), 0.0), (at(120), 20.0), (at(240), 0.0)]);
        let plan = whole(2.0, 3.0).profile(&counts(), None).unwrap();
        assert_eq!(plan.points, [(at(0), 60.0), (at(30), 0.0), (at(60), 120.0), (at(120), 0.0)]);
    }

    #[test]
    fn a_window_begins_within_an_interval_or_before_the_file() {
        // From half a minute on, for two minutes: half an interval, a gap, and half of the next.
        let window = Replay { begin: MINUTE / 2, played: 2 * MINUTE, speed: 1.0, scale: 1.0 };
        let plan = window.profile(&counts(), None).unwrap();
        assert_eq!(plan.points, [(at(0), 10.0), (at(30), 0.0), (at(90), 20.0), (at(150), 0.0)]);
        // The file begins a minute into the run.
        let early = Replay { begin: -MINUTE, played: 2 * MINUTE, speed: 1.0, scale: 1.0 };
        let plan = early.profile(&counts(), None).unwrap();
        assert_eq!(plan.points, [(at(0), 0.0), (at(60), 10.0), (at(120), 0.0)]);
        // It is over before the run begins.
        let late = Replay { begin: 4 * MINUTE, played: MINUTE, speed: 1.0, scale: 1.0 };
        assert_eq!(late.profile(&counts(), None).unwrap().points, [(at(0), 0.0)]);
    }

    /// Each minute keeps its count; within it one stretch of two seconds has three times the mean.
    #[test]
    fn a_peak_within_an_interval_keeps_its_count() {
        let chance = Stream::named(1, 0, "test");
        let mut peaks = Peaks { ratio: 3.0, width: 2_000_000_000, per: 60_000_000_000, chance };
        let plan = whole(1.0, 1.0).profile(&counts(), Some(&mut peaks)).unwrap();
        let profile = Profile::new(&plan);
        for (s, want) in [(60, 600.0), (120, 600.0), (180, 1_800.0), (240, 3_000.0)] {
            assert!((profile.offered_by(at(s)) - want).abs() < 1e-9, "{s}");
        }
        let high: Vec<_> = plan.points.windows(2).filter(|pair| pair[0].1 > 45.0).collect();
        assert_eq!(high.len(), 2, "60/s in each minute but the first, which has 30/s");
        for pair in high {
            assert!((pair[0].1 - 60.0).abs() < 1e-9);
            assert_eq!(pair[1].0.since(pair[0].0), Span::from_s(2));
        }
        let lowest = plan.points.iter().map(|point| point.1).filter(|rate| *rate > 0.0);
        // (60 - 3 x 2) / 58 of 10/s.
        assert!((lowest.fold(f64::MAX, f64::min) - 540.0 / 58.0).abs() < 1e-9);
    }
}
