//! Numbers over time, and the intervals they count.

use super::{InputProblem, shown};
use crate::time::{Instant, Span};

/// Moments and what was counted from each on, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    points: Vec<Point>,
}

/// One moment of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The file's line, where it has lines.
    pub(super) line: Option<u64>,
    /// Since 1970 (ns).
    pub(super) at: i128,
    /// `None` where the file says nothing for it.
    pub(super) value: Option<f64>,
}

/// How much of something happened in each interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// Length of one interval.
    pub per: Span,
    /// When each interval begins: the first at zero, each later than the one before.
    ///
    /// A gap between two rows is one entry of value zero that lasts until the next. The last
    /// interval ends `per` after it began.
    pub starts: Vec<Instant>,
    /// The count of each interval, in its entirety, not a second; finite and 0 or more.
    pub values: Vec<f64>,
    /// Intervals taken as zero: without a row, or with an empty cell.
    pub skipped_gaps: u64,
}

/// Most rows of a file of counts: 19 years of minutes.
const MAX_ROWS: usize = 10_000_000;
/// Times before this one are no dates but numbers that begin with the file [ns since 1970].
pub(super) const FIRST_DATE: i128 = 100_000_000 * 1_000_000_000;

impl Points {
    /// Adds a point that must come after all others; `time` is how the file writes its moment.
    pub(super) fn push(&mut self, point: Point, time: &str) -> Result<(), InputProblem> {
        let problem = |message: String, help: &str| InputProblem {
            line: point.line,
            message,
            help: Some(help.to_owned()),
        };
        if self.points.len() == MAX_ROWS {
            let message = format!("the file has more than {MAX_ROWS} rows");
            return Err(problem(message, "keep the time range that the scenario needs"));
        }
        if let (Some(first), Some(last)) = (self.points.first(), self.points.last()) {
            if point.at == last.at {
                let message = format!("{} occurs twice", shown(time));
                return Err(problem(message, "keep one row for each time"));
            }
            if point.at < last.at {
                let message = format!("{} is earlier than the row before", shown(time));
                return Err(problem(message, "sort the rows by time"));
            }
            if u64::try_from(point.at - first.at).is_err() {
                let message = "the rows span more than 584 years".to_owned();
                return Err(problem(message, "keep the time range that the scenario needs"));
            }
        }
        self.points.push(point);
        Ok(())
    }

    /// Points without lines, in any order.
    pub(super) fn sorted(mut points: Vec<(i128, f64)>) -> Result<Self, InputProblem> {
        points.sort_by_key(|point| point.0);
        let mut sorted = Self::default();
        for (at, value) in points {
            let time = crate::calendar::Moment { unix_ns: at, offset_s: 0, zoned: true };
            sorted.push(Point { line: None, at, value: Some(value) }, &time.to_string())?;
        }
        Ok(sorted)
    }

    /// The first moment [ns since 1970]; zero where there is none.
    #[must_use]
    pub fn begin(&self) -> i128 {
        self.points.first().map_or(0, |point| point.at)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Whether the moments are dates: those before March 1973 count from the file's own zero.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.begin() >= FIRST_DATE
    }

    /// What was counted from moments in [`from`, `until`) on, added up [ns since 1970].
    #[must_use]
    pub fn sum_within(&self, from: i128, until: i128) -> f64 {
        let within = self.points.iter().filter(|point| (from..until).contains(&point.at));
        within.filter_map(|point| point.value).sum()
    }

    /// Makes every count `factor` times as large.
    pub fn scale(&mut self, factor: f64) {
        for value in self.points.iter_mut().filter_map(|point| point.value.as_mut()) {
            *value *= factor;
        }
    }

    /// Adds `other`, `factor` times, moment by moment.
    pub fn add(&mut self, other: &Self, factor: f64) {
        let mut both = Vec::with_capacity(self.points.len());
        let (mut mine, mut theirs) =
            (self.points.iter().peekable(), other.points.iter().peekable());
        loop {
            let next = match (mine.peek(), theirs.peek()) {
                (None, None) => break,
                (Some(a), Some(b)) => a.at.min(b.at),
                (Some(one), None) | (None, Some(one)) => one.at,
            };
            let a = mine.next_if(|point| point.at == next);
            let b = theirs.next_if(|point| point.at == next);
            let added = b.and_then(|b| b.value).map(|value| value * factor);
            let value = match (a.and_then(|a| a.value), added) {
                (Some(a), Some(b)) => Some(a + b),
                (one, other) => one.or(other),
            };
            both.push(Point { line: a.and_then(|a| a.line), at: next, value });
        }
        self.points = both;
    }

    /// The intervals counted, each `per` long, or as long as the smallest step between rows.
    ///
    /// # Errors
    ///
    /// Where rows are nearer to one another than `per`, or their steps show no width.
    pub fn counts(&self, per: Option<Span>) -> Result<Counts, InputProblem> {
        let per = match per {
            Some(per) => given_interval(per, &self.points)?,
            None => smallest_step(&self.points)?,
        };
        Ok(fill_gaps(per, &self.points))
    }

    /// The width of the intervals as the steps show it; `None` where they do not.
    #[must_use]
    pub fn step(&self) -> Option<Span> {
        smallest_step(&self.points).ok()
    }
}

fn given_interval(per: Span, rows: &[Point]) -> Result<Span, InputProblem> {
    if per.is_zero() {
        return Err(InputProblem::of_file("an interval cannot be zero long"));
    }
    for pair in rows.windows(2) {
        let step = step_between(pair);
        if step < per.as_ns() {
            let (step, per) = (seconds(step), seconds(per.as_ns()));
            let message = format!("the row is {step} after the one before, but `per` is {per}");
            let help = format!("`per` is the time each count covers: perhaps {step}");
            return Err(InputProblem { line: pair[1].line, message, help: Some(help) });
        }
    }
    Ok(per)
}

/// The smallest step between rows, which must also be the commonest: else it is chance.
fn smallest_step(rows: &[Point]) -> Result<Span, InputProblem> {
    let mut steps: Vec<u64> = rows.windows(2).map(step_between).collect();
    steps.sort_unstable();
    let Some(&smallest) = steps.first() else {
        return Err(InputProblem::of_file("one row alone does not show how long its count covers")
            .with_help("add `per`, such as `per = \"1 min\"`"));
    };
    let mut commonest = (0, 0);
    for run in steps.chunk_by(|one, other| one == other) {
        if run.len() > commonest.0 {
            commonest = (run.len(), run[0]);
        }
    }
    if commonest.1 == smallest {
        return Ok(Span::from_ns(smallest));
    }
    let (small, common) = (seconds(smallest), seconds(commonest.1));
    let at_fault = rows.windows(2).find(|pair| step_between(pair) == smallest);
    Err(InputProblem {
        line: at_fault.and_then(|pair| pair[1].line),
        message: format!("most rows are {common} apart, but this one is {small} after the last"),
        help: Some("add `per`, the time that each count covers, or mend the times".to_owned()),
    })
}

fn step_between(pair: &[Point]) -> u64 {
    // Fits: all lie within 584 years.
    (pair[1].at - pair[0].at) as u64
}

/// A length of time as it may be written in a scenario.
fn seconds(ns: u64) -> String {
    format!("\"{} s\"", Span::from_ns(ns).as_s())
}

fn fill_gaps(per: Span, rows: &[Point]) -> Counts {
    let mut counts = Counts { per, starts: Vec::new(), values: Vec::new(), skipped_gaps: 0 };
    let mut covered = Span::ZERO;
    let begin = rows.first().map_or(0, |row| row.at);
    for row in rows {
        let at = Span::from_ns((row.at - begin) as u64);
        if at > covered {
            let gap = at.as_ns() - covered.as_ns();
            counts.skipped_gaps += gap.div_ceil(per.as_ns());
            counts.starts.push(Instant::ZERO + covered);
            counts.values.push(0.0);
        }
        counts.skipped_gaps += u64::from(row.value.is_none());
        counts.starts.push(Instant::ZERO + at);
        counts.values.push(row.value.unwrap_or(0.0));
        covered = at + per;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(rows: &[(i128, f64)]) -> Points {
        Points::sorted(rows.iter().map(|&(s, value)| (s * 1_000_000_000, value)).collect()).unwrap()
    }

    #[test]
    fn sums_go_moment_by_moment() {
        let mut sum = points(&[(0, 5.0), (120, 7.0)]);
        sum.add(&points(&[(60, 10.0), (120, 4.0)]), 0.5);
        assert_eq!(sum.counts(None).unwrap().values, [5.0, 5.0, 9.0]);
        sum.scale(2.0);
        assert!((sum.sum_within(60_000_000_000, 120_000_000_000) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn newest_first_is_as_good_and_twice_is_an_error() {
        assert_eq!(points(&[(60, 1.0), (0, 2.0)]), points(&[(0, 2.0), (60, 1.0)]));
        let twice = Points::sorted(vec![(0, 1.0), (0, 1.0)]).unwrap_err();
        assert_eq!(twice.message, "`1970-01-01T00:00:00Z` occurs twice");
    }

    #[test]
    fn small_numbers_are_no_dates() {
        assert!(!points(&[(0, 1.0), (60, 1.0)]).is_dated());
        assert!(points(&[(1_740_988_800, 1.0)]).is_dated());
    }
}
