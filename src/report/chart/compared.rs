//! Alternatives: how far each is from the base, and what its bill is made of beside the base's.

use crate::experiment::study::Better;
use crate::experiment::study::compared::{Alternative, Change, paths};
use crate::report::chart::body::{Bridge, BridgeBar, Spread, SpreadRow};
use crate::report::chart::{Body, Chart, NamedChart, text};
use crate::report::number;
use crate::report::study::compare::Comparison;
use crate::report::study::value;

/// Measures shown.
const ROWS: usize = 9;

/// A chart of differences and one of money for each alternative but the base.
pub(super) fn charts(comparison: &Comparison<'_>) -> Vec<NamedChart> {
    let Some((base, others)) = comparison.alternatives.split_first() else { return Vec::new() };
    let named = |stem: &str, place: usize, chart: Chart| {
        let stem =
            if others.len() == 1 { stem.to_owned() } else { format!("{stem}-{}", place + 1) };
        NamedChart { file_stem: stem, chart }
    };
    let mut charts = Vec::new();
    for (place, other) in others.iter().enumerate() {
        if !comparison.only_cost {
            let chart = differences(comparison, base, other);
            charts.extend(chart.map(|chart| named("differences", place, chart)));
        }
        charts.extend(bridge(comparison, base, other).map(|chart| named("cost", place, chart)));
    }
    charts
}

fn footer(comparison: &Comparison<'_>, base: &Alternative<'_>, other: &Alternative<'_>) -> String {
    let hash = |it: &Alternative<'_>| it.scenario.hash.chars().take(8).collect::<String>();
    format!(
        "{} {} · {} {} · seed {} · {} · {} intervals · kinesim {}",
        base.scenario.name,
        hash(base),
        other.scenario.name,
        hash(other),
        base.scenario.plan.seed,
        number::counted(base.rows.len() as u64, "run"),
        text::percent(comparison.asked.share() * 100.0),
        env!("CARGO_PKG_VERSION")
    )
}

fn differences(
    comparison: &Comparison<'_>,
    base: &Alternative<'_>,
    other: &Alternative<'_>,
) -> Option<Chart> {
    let (mut better, mut worse) = (0_u64, 0_u64);
    let mut rows = Vec::new();
    for path in paths(&[*base, *other]) {
        let Some(difference) = other.difference(base, &path, comparison.confidence) else {
            continue;
        };
        better += u64::from(difference.change == Change::Better);
        worse += u64::from(difference.change == Change::Worse);
        let estimate = difference.estimate;
        let interval = estimate.low().zip(estimate.high());
        let dots = other.differences(base, &path);
        let ends = dots.iter().copied().chain(interval.into_iter().flat_map(|it| [it.0, it.1]));
        let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
        if low >= high {
            continue;
        }
        let (_, measure) = other.find(&path)?;
        let unit = measure.unit;
        let way = match measure.better {
            Better::Less => "less is better",
            Better::More => "more is better",
            Better::Neither => "neither way is better",
        };
        rows.push(SpreadRow {
            label: path.clone(),
            value: value::estimate(unit, &estimate),
            note: format!("{}; {way}", difference.change.name()),
            dots,
            mean: Some(estimate.mean),
            interval,
            bound: Some(0.0),
            range: (low, high),
            ends: (value::value(unit, low), value::value(unit, high)),
        });
    }
    rows.truncate(ROWS);
    if rows.is_empty() {
        return None;
    }
    let (from, to) = (&base.scenario.name, &other.scenario.name);
    let title = match (better, worse) {
        (0, 0) => format!("{to} differs from {from} in no measure that counts"),
        (better, 0) => format!("{to} is better than {from} in {}", counted(better)),
        (0, worse) => format!("{to} is worse than {from} in {}", counted(worse)),
        (better, worse) => {
            format!("{to} is better than {from} in {}, worse in {worse}", counted(better))
        }
    };
    let words: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row.label, row.value, row.note)).collect();
    Some(Chart {
        alt: format!("{title}. {}", words.join(", ")),
        title,
        subtitle: format!(
            "How far is {to} from {from}, run by run? Dashed: no difference; a bar for the \
             interval of the mean"
        ),
        footer: footer(comparison, base, other),
        span_s: 0.0,
        marks: Vec::new(),
        body: Body::Spread(Spread { rows }),
    })
}

fn counted(count: u64) -> String {
    number::counted(count, "measure")
}

fn bridge(
    comparison: &Comparison<'_>,
    base: &Alternative<'_>,
    other: &Alternative<'_>,
) -> Option<Chart> {
    let (from, to) = (base.cost(None)?, other.cost(None)?);
    if from <= 0.0 && to <= 0.0 {
        return None;
    }
    let mut items = base.items();
    items.extend(other.items().into_iter().filter(|item| !base.items().contains(item)));
    let mut bars = vec![BridgeBar {
        label: base.scenario.name.clone(),
        amount: number::usd(from),
        from: 0.0,
        to: from,
        is_sum: true,
    }];
    let mut at = from;
    for item in items {
        let (a, b) = (base.cost(Some(item)), other.cost(Some(item)));
        let change = b.unwrap_or(0.0) - a.unwrap_or(0.0);
        if change == 0.0 {
            continue;
        }
        let sign = if change < 0.0 { "-" } else { "+" };
        bars.push(BridgeBar {
            label: item.name().to_owned(),
            amount: format!("{sign}{}", number::usd(change.abs())),
            from: at,
            to: at + change,
            is_sum: false,
        });
        at += change;
    }
    bars.push(BridgeBar {
        label: other.scenario.name.clone(),
        amount: number::usd(to),
        from: 0.0,
        to,
        is_sum: true,
    });
    let share = if from > 0.0 { (to - from) / from * 100.0 } else { 0.0 };
    let (a, b) = (&base.scenario.name, &other.scenario.name);
    let title = if to.total_cmp(&from).is_eq() {
        format!("A month costs {} either way", number::usd(from))
    } else {
        let word = if to < from { "less" } else { "more" };
        let part = text::percent(share.abs());
        format!("{b} costs {} a month, {part} {word} than {a}", number::usd(to))
    };
    let words: Vec<String> =
        bars.iter().map(|bar| format!("{} {}", bar.label, bar.amount)).collect();
    Some(Chart {
        alt: format!("{title}. {}", words.join(", ")),
        title,
        subtitle: format!("What makes a month of {b} cost other than one of {a}?"),
        footer: footer(comparison, base, other),
        span_s: 0.0,
        marks: Vec::new(),
        body: Body::Bridge(Bridge { bars }),
    })
}
