//! `producer.rate`.

use super::{Context, rate_shape, rate_trace};
use crate::model::plan::{ArrivalsPlan, Between, ProfilePlan};
use crate::model::profile::Profile;
use crate::scenario::file::{ArrivalsWord, BurstTable, RateTable, Shape};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::{OrTable, Table};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::{Instant, Span};
use crate::units::Rate;

/// What a rate says.
pub(super) struct Load {
    pub(super) profile: ProfilePlan,
    pub(super) arrivals: ArrivalsPlan,
    /// Mean size of a record with its key (bytes), where the rate's file says it.
    pub(super) record_bytes: Option<f64>,
}

/// Resolves a rate. `mean_bytes` is the mean size of a record with its key.
pub(super) fn rate(
    given: OrTable<Leaf<Rate>, RateTable>,
    mean_bytes: impl FnOnce() -> f64,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Load> {
    let mut table = match given {
        OrTable::Plain(rate) => RateTable { constant: Some(rate), ..RateTable::default() },
        OrTable::Table(table) => table,
    };
    let help = "write `constant`, `shape`, or `trace` with `column` or `metric`";
    let form = cx.one_form(path, &present(&table), &FORMS, help)?;
    let arrivals = table.arrivals.take();
    let burst = table.burst.take();
    let (profile, record_bytes) = match form {
        0 => {
            let rate = table.constant.take()?.0;
            cx.resolved.line("rate.constant", &quoted(&rate.to_string()), None);
            let points = vec![(Instant::ZERO, rate.0)];
            (Some(ProfilePlan { points, between: Between::Steps }), None)
        }
        1 => (shaped(table, path, cx), None),
        _ => match rate_trace::trace(table, mean_bytes, path, cx) {
            Some((profile, record_bytes)) => (Some(profile), record_bytes),
            None => (None, None),
        },
    };
    // Both are tried before the first failure counts: each may have problems to report.
    let arrivals = self::arrivals(arrivals, burst, path, cx);
    Some(Load { profile: profile?, arrivals: arrivals?, record_bytes })
}

/// Fields of the forms that exclude each other; `peak_to_mean` belongs to two of them.
const FORMS: [&[&str]; 3] = [
    &["constant"],
    &[
        "shape",
        "points",
        "mean",
        "peak",
        "peak_at",
        "weekdays",
        "weekend",
        "on",
        "off",
        "peak_to_mean",
    ],
    &[
        "trace",
        "column",
        "metric",
        "per",
        "unit",
        "from",
        "speed",
        "scale",
        "bytes",
        "throttled",
        "peak_width",
        "peak_to_mean",
    ],
];

fn present(table: &RateTable) -> [(&'static str, bool); 21] {
    [
        ("constant", table.constant.is_some()),
        ("points", table.points.is_some()),
        ("trace", table.trace.is_some()),
        ("shape", table.shape.is_some()),
        ("column", table.column.is_some()),
        ("metric", table.metric.is_some()),
        ("per", table.per.is_some()),
        ("unit", table.unit.is_some()),
        ("from", table.from.is_some()),
        ("speed", table.speed.is_some()),
        ("scale", table.scale.is_some()),
        ("bytes", table.bytes.is_some()),
        ("throttled", table.throttled.is_some()),
        ("peak_width", table.peak_width.is_some()),
        ("mean", table.mean.is_some()),
        ("peak", table.peak.is_some()),
        ("peak_at", table.peak_at.is_some()),
        ("weekdays", table.weekdays.is_some() || table.weekend.is_some()),
        ("on", table.on.is_some()),
        ("off", table.off.is_some()),
        ("peak_to_mean", table.peak_to_mean.is_some()),
    ]
}

/// Longest and shortest time between two bursts.
const BURSTS_EVERY: std::ops::RangeInclusive<Span> = Span::from_ms(1)..=Span::from_s(3_600);

fn arrivals(
    given: Option<Word<ArrivalsWord>>,
    burst: Option<Table<BurstTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<ArrivalsPlan> {
    let default = (Word(ArrivalsWord::Poisson), Origin::Default);
    let word = cx.resolved.pick("rate.arrivals", given, default, |v| quoted(v.name()));
    let plan = match word.0 {
        ArrivalsWord::Poisson => ArrivalsPlan::Poisson,
        ArrivalsWord::Even => ArrivalsPlan::Even,
        ArrivalsWord::Bursty => {
            let Some(Table(burst)) = burst else {
                cx.missing(path, "burst", "`burst = { size = 40, every = \"1 s\" }`");
                return None;
            };
            return bursty(&burst, &path.key("burst"), cx);
        }
    };
    if burst.is_some() {
        let message = format!("`burst` means nothing with `arrivals = \"{}\"`", word.name());
        let problem = Problem::new(Code::Pointless, &path.key("burst"), message).at_key();
        cx.problem(problem.help("leave it out, or write `arrivals = \"bursty\"`"));
        return None;
    }
    Some(plan)
}

fn bursty(table: &BurstTable, path: &Path, cx: &mut Context<'_>) -> Option<ArrivalsPlan> {
    if table.size.is_none() {
        cx.missing(path, "size", "`size = 40`, the records of one burst");
    }
    if table.every.is_none() {
        cx.missing(path, "every", "`every = \"1 s\"`");
    }
    let (size, Leaf(every)) = (table.size.as_ref()?.0, table.every?);
    cx.resolved.line("rate.burst.size", &size.to_string(), None);
    cx.resolved.line("rate.burst.every", &span(every), None);
    if !BURSTS_EVERY.contains(&every) {
        let message = "`every` must be between 1 ms and 1 h";
        let problem = Problem::new(Code::OutOfRange, &path.key("every"), message);
        cx.problem(problem.help("for pauses of hours write `shape = \"on-off\"`"));
        return None;
    }
    Some(ArrivalsPlan::Bursty { size: size as u32, every })
}

/// Fields of each shape, those that must be given first.
fn fields_of(shape: Shape) -> (&'static [&'static str], &'static [&'static str]) {
    match shape {
        Shape::Steps | Shape::Ramp => (&["points"], &[]),
        Shape::Daily => (&["mean", "peak_to_mean", "peak_at"], &["weekdays", "weekend"]),
        Shape::OnOff => (&["on", "off"], &["mean", "peak"]),
    }
}

fn shaped(table: RateTable, path: &Path, cx: &mut Context<'_>) -> Option<ProfilePlan> {
    let Some(Word(shape)) = table.shape else {
        cx.missing(path, "shape", "`shape = \"steps\"`, or \"ramp\", \"daily\" or \"on-off\"");
        return None;
    };
    let word = Word(shape).name();
    let (needed, more) = fields_of(shape);
    let mut sound = true;
    for (field, given, example) in [
        ("points", table.points.is_some(), "points = [[\"0 s\", \"3k/s\"], [\"1 h\", \"9k/s\"]]"),
        ("mean", table.mean.is_some(), "mean = \"2k/s\""),
        ("peak", table.peak.is_some(), ""),
        ("peak_to_mean", table.peak_to_mean.is_some(), "peak_to_mean = 1.6"),
        ("peak_at", table.peak_at.is_some(), "peak_at = \"14:00\""),
        ("weekdays", table.weekdays.is_some(), ""),
        ("weekend", table.weekend.is_some(), ""),
        ("on", table.on.is_some(), "on = \"10 s\""),
        ("off", table.off.is_some(), "off = \"50 s\""),
    ] {
        if given && !needed.contains(&field) && !more.contains(&field) {
            let message = format!("`{field}` means nothing with `shape = \"{word}\"`");
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            cx.problem(problem.help("leave it out"));
            sound = false;
        } else if !given && needed.contains(&field) {
            cx.missing(path, field, &format!("`{example}`"));
            sound = false;
        }
    }
    if !sound {
        return None;
    }
    cx.resolved.line("rate.shape", &quoted(word), None);
    match shape {
        Shape::Steps => points(&table.points?, Between::Steps, path, cx),
        Shape::Ramp => points(&table.points?, Between::Ramps, path, cx),
        Shape::Daily => rate_shape::daily(table, path, cx),
        Shape::OnOff => rate_shape::on_off(&table, path, cx),
    }
}

fn points(
    points: &[(Leaf<Span>, Leaf<Rate>)],
    between: Between,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<ProfilePlan> {
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
    let pairs: Vec<String> = points
        .iter()
        .map(|(at, rate)| format!("[{}, {}]", span(at.0), quoted(&rate.0.to_string())))
        .collect();
    cx.resolved.line("rate.points", &format!("[{}]", pairs.join(", ")), None);
    let points = points.iter().map(|(at, rate)| (Instant::ZERO + at.0, rate.0.0)).collect();
    Some(ProfilePlan { points, between })
}

/// Records a profile offers within `duration`.
pub(super) fn expected_records(profile: &ProfilePlan, duration: Span) -> f64 {
    Profile::new(profile).offered_by(Instant::ZERO + duration)
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
}
