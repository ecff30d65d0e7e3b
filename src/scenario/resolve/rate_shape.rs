//! Shapes of `producer.rate` that have a closed form: daily curves, and on and off in turn.

use super::Context;
use super::budget::Good;
use crate::calendar::Moment;
use crate::model::plan::{Between, ProfilePlan};
use crate::scenario::file::RateTable;
use crate::scenario::leaf::Leaf;
use crate::scenario::problem::{Code, Path, Problem, with_commas};
use crate::scenario::resolved::{float, list, quoted, span};
use crate::time::{Instant, NS_PER_S, Span};

/// A daily curve is played in steps of this length, each with exactly its part of the curve.
const STEP: u64 = 60 * NS_PER_S;
const DAY: u64 = 86_400 * NS_PER_S;
/// Most changes of a rate that are kept.
const CHANGES_MAX: u64 = 1_000_000;
const SATURDAY: usize = 5;

/// A rate that rises and falls once a day as a cosine, with a factor for each day of the week.
struct Daily {
    /// Of a day with factor 1 [records/ns].
    mean: f64,
    /// Height of the wave above the mean, as a part of it: 0 to 1.
    amplitude: f64,
    /// Since midnight (ns).
    peak_at: u64,
    /// From Monday to Sunday.
    weekdays: [f64; 7],
    start: Moment,
}

/// Resolves `shape = "daily"`.
pub(super) fn daily(table: RateTable, path: &Path, cx: &mut Context<'_>) -> Option<ProfilePlan> {
    let mean = table.mean?.0;
    let ratio = table.peak_to_mean?.0;
    let peak_at = table.peak_at?;
    cx.resolved.line("rate.mean", &quoted(&mean.to_string()), None);
    cx.resolved.line("rate.peak_to_mean", &float(ratio), None);
    cx.resolved.line("rate.peak_at", &quoted(&peak_at.to_string()), None);
    if ratio > 2.0 {
        let message = "`peak_to_mean` of a daily curve must be at most 2";
        let problem = Problem::new(Code::OutOfRange, &path.key("peak_to_mean"), message);
        cx.problem(problem.help(
            "at 2 the night falls to zero; for a sharper day write `shape = \"ramp\"` with points",
        ));
    }
    let mut weekdays = [1.0; 7];
    match (table.weekdays, table.weekend) {
        (Some(_), Some(_)) => {
            let message = "`weekdays` and `weekend` exclude each other";
            let problem = Problem::new(Code::Contradiction, &path.key("weekend"), message).at_key();
            cx.problem(problem.help("keep one of the two"));
        }
        (Some(given), None) if given.len() != weekdays.len() => {
            let message = format!("`weekdays` has {} elements, a week 7 days", given.len());
            let problem = Problem::new(Code::BadList, &path.key("weekdays"), message);
            cx.problem(problem.help("write a factor for each day from Monday to Sunday"));
        }
        (Some(given), None) => {
            for (day, factor) in weekdays.iter_mut().zip(&given) {
                *day = factor.0;
            }
            cx.resolved.line("rate.weekdays", &list(&weekdays, |v| float(*v)), None);
        }
        (None, Some(factor)) => {
            weekdays[SATURDAY..].fill(factor.0);
            cx.resolved.line("rate.weekend", &float(factor.0), None);
        }
        (None, None) => {}
    }
    let Some(start) = cx.start else {
        if cx.sound(&Path::of("scenario")) && !cx.unknown_table {
            let message = "a daily curve needs to know when the run begins";
            let problem = Problem::new(Code::MissingField, &path.key("shape"), message);
            cx.problem(problem.help("write `start = \"2026-11-02T00:00:00Z\"` in `[scenario]`"));
        }
        return None;
    };
    if !cx.sound(path) {
        return None;
    }
    cx.spend(Good::Changes, cx.duration.as_ns().div_ceil(STEP), path)?;
    let daily = Daily {
        mean: mean.0 / NS_PER_S as f64,
        amplitude: ratio - 1.0,
        peak_at: peak_at.0.as_ns(),
        weekdays,
        start,
    };
    Some(daily.profile(cx.duration))
}

impl Daily {
    /// Steps of a minute, each with the records the curve brings in it. Within a minute the curve
    /// moves by less than 0.44 % of the day's mean: a step is off by half of that at most.
    fn profile(&self, duration: Span) -> ProfilePlan {
        let steps = duration.as_ns().div_ceil(STEP);
        let point = |step: u64| {
            let from = step * STEP;
            let rate = self.records(from, from + STEP) / STEP as f64 * NS_PER_S as f64;
            (Instant::from_ns(from), rate)
        };
        ProfilePlan { points: (0..steps).map(point).collect(), between: Between::Steps }
    }

    /// Records in [from, to) [ns since the start], less than a day apart.
    fn records(&self, from: u64, to: u64) -> f64 {
        let begin = self.start.after(from);
        let clock = begin.since_midnight();
        let length = to - from;
        if clock + length <= DAY {
            return self.within_day(begin.weekday(), clock, clock + length);
        }
        let today = self.within_day(begin.weekday(), clock, DAY);
        today + self.within_day((begin.weekday() + 1) % 7, 0, clock + length - DAY)
    }

    /// Records between two times of one day: the integral of
    /// mean (1 + amplitude cos(2 pi (t - peak) / day)).
    fn within_day(&self, weekday: usize, from: u64, to: u64) -> f64 {
        let wave = 2.0 * std::f64::consts::PI / DAY as f64;
        let length = (to - from) as f64;
        let middle = f64::midpoint(from as f64, to as f64) - self.peak_at as f64;
        // sin b - sin a as a product, which does not cancel.
        let swing = 2.0 / wave * libm::cos(wave * middle) * libm::sin(wave * length / 2.0);
        let records = self.mean * self.weekdays[weekday] * (length + self.amplitude * swing);
        records.max(0.0)
    }
}

/// Resolves `shape = "on-off"`.
pub(super) fn on_off(table: &RateTable, path: &Path, cx: &mut Context<'_>) -> Option<ProfilePlan> {
    let (Leaf(on), Leaf(off)) = (table.on?, table.off?);
    cx.resolved.line("rate.on", &span(on), None);
    cx.resolved.line("rate.off", &span(off), None);
    for (field, length) in [("on", on), ("off", off)] {
        if length < Span::from_ms(1) || length > Span::from_s(400 * 86_400) {
            let message = format!("`{field}` must be between 1 ms and 400 d");
            let problem = Problem::new(Code::OutOfRange, &path.key(field), message);
            cx.problem(problem.help(format!("write `{field} = \"8 s\"`")));
        }
    }
    let period = on + off;
    let peak = match (table.peak, table.mean) {
        (Some(Leaf(peak)), None) => {
            cx.resolved.line("rate.peak", &quoted(&peak.to_string()), None);
            peak.0
        }
        (None, Some(Leaf(mean))) => {
            cx.resolved.line("rate.mean", &quoted(&mean.to_string()), None);
            mean.0 * (period.as_ns() as f64 / on.as_ns() as f64)
        }
        (Some(_), Some(_)) => {
            let message = "`peak` and `mean` exclude each other";
            let problem = Problem::new(Code::Contradiction, &path.key("mean"), message).at_key();
            cx.problem(problem.help("keep one of the two: on and off say what the other is"));
            return None;
        }
        (None, None) => {
            cx.missing(path, "peak", "`peak = \"3k/s\"`, the rate while it is on; or `mean`");
            return None;
        }
    };
    if !cx.sound(path) {
        return None;
    }
    let periods = cx.duration.as_ns().div_ceil(period.as_ns());
    if periods.saturating_mul(2) > CHANGES_MAX {
        let most = with_commas(CHANGES_MAX);
        let message = format!("the rate would change more than {most} times in the run");
        let problem = Problem::new(Code::TooMany, &path.key("on"), message);
        cx.problem(problem.help("lengthen `on` and `off`, or write `arrivals = \"bursty\"`"));
        return None;
    }
    cx.spend(Good::Changes, 2 * periods, &path.key("on"))?;
    let begin = |period_number: u64| Instant::ZERO + period.times(period_number);
    let points = (0..periods).flat_map(|i| [(begin(i), peak), (begin(i) + on, 0.0)]).collect();
    Some(ProfilePlan { points, between: Between::Steps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::Profile;

    fn curve(start: &str, amplitude: f64, weekdays: [f64; 7]) -> Daily {
        let start = Moment::read(start).expect("a date");
        // 10 records/s, at the most at 14:00.
        Daily { mean: 1e-8, amplitude, peak_at: 14 * 3_600 * NS_PER_S, weekdays, start }
    }

    /// At the peak the rate is mean (1 + a), twelve hours later mean (1 - a), six hours to either
    /// side the mean; a whole day brings the mean, a quarter around the peak
    /// mean (6 h + a 24 h / pi sin(pi / 4)).
    #[test]
    fn a_day_has_its_closed_form() {
        let daily = curve("2026-11-02T00:00:00Z", 0.6, [1.0; 7]);
        let plan = daily.profile(Span::from_s(86_400));
        assert_eq!(plan.points.len(), 1_440);
        let rate = |minute: usize| plan.points[minute].1;
        for (hour, want) in [(14, 16.0), (2, 4.0), (8, 10.0), (20, 10.0)] {
            assert!((rate(hour * 60) - want).abs() < 0.03, "{hour}: {}", rate(hour * 60));
        }
        let profile = Profile::new(&plan);
        let by = |hour: u64| profile.offered_by(Instant::from_s(hour * 3_600));
        assert!((by(24) - 864_000.0).abs() < 1e-6);
        let quarter = 10.0 * (21_600.0 + 0.6 * 86_400.0 / std::f64::consts::PI * 0.5_f64.sqrt());
        assert!((by(17) - by(11) - quarter).abs() < 1e-6);
    }

    /// Every whole minute has offered what the integral says, to a part in 10^12; and no step is
    /// off the curve by more than half of what it moves in a minute.
    #[test]
    fn steps_follow_the_curve_and_conserve_every_minute() {
        let daily = curve("2026-11-02T09:17:33.5+01:00", 1.0, [1.0; 7]);
        let plan = daily.profile(Span::from_s(3 * 86_400));
        let profile = Profile::new(&plan);
        let (mean, wave) = (10.0, 2.0 * std::f64::consts::PI / 86_400.0);
        let clock = 9.0 * 3_600.0 + 17.0 * 60.0 + 33.5;
        let peak = 14.0 * 3_600.0;
        let integral = |t: f64| {
            mean * (t
                + (libm::sin(wave * (clock + t - peak)) - libm::sin(wave * (clock - peak))) / wave)
        };
        for (i, &(at, rate)) in plan.points.iter().enumerate() {
            let t = at.as_s();
            assert!((profile.offered_by(at) - integral(t)).abs() < 1e-5, "minute {i}");
            for part in [0.0, 30.0, 60.0] {
                let curve = mean * (1.0 + libm::cos(wave * (clock + t + part - peak)));
                assert!((rate - curve).abs() <= 0.0022 * mean, "minute {i}");
            }
        }
        assert!(plan.points.iter().all(|point| point.1 >= 0.0));
    }

    /// 2 November 2026 is a Monday; a week from then, each day its factor, in whatever zone.
    #[test]
    fn a_week_has_a_factor_for_each_day() {
        let weekdays = [1.0, 1.1, 1.2, 1.3, 1.4, 0.4, 0.3];
        for start in ["2026-11-02T00:00:00Z", "2026-11-02T00:00:00-08:00"] {
            let plan = curve(start, 0.5, weekdays).profile(Span::from_s(7 * 86_400));
            let profile = Profile::new(&plan);
            let by = |day: u64| profile.offered_by(Instant::from_s(day * 86_400));
            for (day, factor) in (0..).zip(weekdays) {
                assert!((by(day + 1) - by(day) - 864_000.0 * factor).abs() < 1e-5);
            }
        }
        // A run that begins half a minute before midnight changes days within its first step.
        let plan = curve("2026-11-06T23:59:30Z", 0.0, weekdays).profile(Span::from_s(60));
        assert!((plan.points[0].1 - 10.0 * (1.4 + 0.4) / 2.0).abs() < 1e-9);
    }
}
