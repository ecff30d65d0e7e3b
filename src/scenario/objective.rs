//! `[slo]`: metric paths and the conditions they must meet.

use toml::de::DeValue;

use crate::quantity::{QuantityError, read_count, shown};
use crate::scenario::decode::PROBLEMS_MAX;
use crate::scenario::document::{Document, Node};
use crate::scenario::metric::{Metric, Names, PathError, Unit, known_steps};
use crate::scenario::problem::{Code, Path, Problem, listed, nearest};
use crate::scenario::unbuilt;
use crate::scenario::{Comparison, Objective};
use crate::time::Span;
use crate::units::{Bytes, Money, Rate, Share};

/// The streams and readers a path may name.
pub(super) struct Known<'a> {
    pub(super) names: Names<'a>,
    /// Whether no others may be meant by tables with faults.
    pub(super) complete: bool,
}

/// Reads all lines of `[slo]` in the order they are written.
pub(super) fn read(
    document: &Document<'_>,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Objective> {
    let root = Path::of("slo");
    let Some(node) = document.get(&root) else { return Vec::new() };
    if !node.get_ref().is_table() {
        let problem = Problem::new(Code::WrongType, &root, "`slo` must be one table");
        problems
            .push(problem.at_key().help("write `[slo]`, then `write.throttled = \"<= 0.1 %\"`"));
        return Vec::new();
    }
    let mut lines = Vec::new();
    flatten(node, &root, "", &mut lines);
    lines.sort_by_cached_key(|(path, ..)| document.locate(&Problem::new(Code::Syntax, path, "")));
    let mut objectives = Vec::new();
    for (path, metric, condition) in lines {
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
        match objective(&path, &metric, condition, known) {
            Ok(Some(objective)) => objectives.push(objective),
            Ok(None) => {}
            // Lines below one faulty key are one problem.
            Err(problem) if problems.iter().any(|p| p.path == problem.path) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    objectives
}

type Line<'n, 't> = (Path, String, &'n Node<'t>);

fn flatten<'n, 't>(node: &'n Node<'t>, path: &Path, name: &str, lines: &mut Vec<Line<'n, 't>>) {
    let table = match node.get_ref() {
        // An empty table under a metric's path says nothing: it is refused as a condition.
        DeValue::Table(table) if name.is_empty() || !table.is_empty() => table,
        _ => return lines.push((path.clone(), name.to_owned(), node)),
    };
    for (key, child) in table {
        let key = key.get_ref();
        let name = if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
        flatten(child, &path.key(key), &name, lines);
    }
}

/// One line; `None` where its reader's table has faults that come first.
fn objective(
    path: &Path,
    name: &str,
    condition: &Node<'_>,
    known: &Known<'_>,
) -> Result<Option<Objective>, Box<Problem>> {
    let metric = match Metric::parse(name, known.names) {
        Ok(metric) => metric,
        Err(PathError::Unknown(_)) if !known.complete && name.starts_with("stream.") => {
            return Ok(None);
        }
        Err(
            PathError::UnknownConsumer(..)
            | PathError::UnknownStream(_)
            | PathError::UnknownAlarm(_),
        ) if !known.complete => return Ok(None),
        Err(error) => return Err(Box::new(no_metric(path, name, error, known))),
    };
    let help = condition_help(metric.unit());
    let Some(text) = condition.get_ref().as_str() else {
        let message = format!("the condition on `{name}` must be text");
        return Err(Box::new(Problem::new(Code::BadCondition, path, message).help(help)));
    };
    let Some((comparison, bound)) = split_condition(text) else {
        let message = format!("the condition on `{name}` does not begin with a comparison");
        let problem = Problem::new(Code::BadCondition, path, message);
        let label = "`<=`, `<`, `>=`, `>` or `==`?";
        return Err(Box::new(problem.label(label).help(help)));
    };
    let (bound, bound_is_share) = read_bound(bound, metric.unit()).map_err(|error| {
        let message = format!("the bound of `{name}` {}", error.problem);
        let problem = Problem::new(Code::WrongUnit, path, message);
        Box::new(problem.label(unit_label(metric.unit())).help(help))
    })?;
    Ok(Some(Objective {
        path: name.to_owned(),
        metric,
        comparison,
        bound,
        bound_is_share,
        text: text.trim().to_owned(),
    }))
}

fn no_metric(path: &Path, name: &str, error: PathError, known: &Known<'_>) -> Problem {
    let at = |steps: usize| Path(path.0.iter().take(1 + steps).cloned().collect());
    let problem = |message: String, steps: usize| {
        Problem::new(Code::UnknownMetric, &at(steps), message).at_key()
    };
    if let Some(what) = unbuilt::metric(name) {
        let message = format!("{} is not built yet: this version has no {what}", shown(name));
        return Problem::new(Code::NotBuilt, path, message).at_key().help("leave it out for now");
    }
    match error {
        PathError::Unknown(near) => {
            let near: Vec<&str> = near.iter().map(String::as_str).collect();
            let first = near.first().copied().unwrap_or_default();
            problem(format!("no metric is called {}", shown(name)), known_steps(name) + 1)
                .label(format!("did you mean `{first}`?"))
                .help(format!("the nearest are {}", listed(&near)))
        }
        PathError::UnknownConsumer(kind, consumer) => {
            let all = known.names.readers.iter().zip(known.names.kinds);
            let of_kind = all.filter(|it| *it.1 == kind).map(|it| it.0.as_str());
            let names: Vec<&str> = of_kind.collect();
            let kind = kind.name();
            let help = if names.is_empty() {
                format!("the scenario has no `[[{kind}]]`")
            } else {
                format!("write {}", listed(&names))
            };
            problem(format!("no {kind} is called {}", shown(&consumer)), 2).help(help)
        }
        PathError::UnknownAlarm(alarm) => {
            let names: Vec<&str> = known.names.alarms.iter().map(String::as_str).collect();
            let help = if names.is_empty() {
                "the scenario has no `[[alarm]]`".to_owned()
            } else {
                let near = nearest(&alarm, names.iter().copied());
                let few = if near.is_empty() { &names[..names.len().min(6)] } else { &near };
                format!("write {}", listed(few))
            };
            problem(format!("no alarm is called {}", shown(&alarm)), 2).help(help)
        }
        PathError::UnknownStream(stream) => {
            let names: Vec<&str> = known.names.streams.iter().map(String::as_str).collect();
            let near = nearest(&stream, names.iter().copied());
            let choices =
                listed(if near.is_empty() { &names[..names.len().min(6)] } else { &near });
            problem(format!("no stream is called {}", shown(&stream)), 2)
                .help(format!("write {choices}"))
        }
        PathError::UnknownStatistic(there_are) => {
            problem(format!("{} is no statistic of its metric", shown(name)), path.0.len())
                .help(format!("it has {there_are}"))
        }
    }
}

/// `<= 5 s` as the comparison and the text of its bound.
fn split_condition(text: &str) -> Option<(Comparison, &str)> {
    let text = text.trim();
    [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("==", Comparison::Equal),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ]
    .into_iter()
    .find_map(|(sign, comparison)| text.strip_prefix(sign).map(|bound| (comparison, bound.trim())))
}

/// The bound of a condition as it is written, `<= 5 s`, in the unit of what it is about: seconds, a
/// share (0 to 1), a count, or records a second.
#[must_use]
pub fn bound(condition: &str, unit: Unit) -> Option<f64> {
    let (_, bound) = split_condition(condition)?;
    read_bound(bound, unit).ok().map(|it| it.0)
}

/// The bound in the metric's own unit, and whether it is a share where the unit is a count.
fn read_bound(text: &str, unit: Unit) -> Result<(f64, bool), QuantityError> {
    match unit {
        Unit::Time => text.parse::<Span>().map(|span| (span.as_s(), false)),
        Unit::RecordsPerSecond => text.parse::<Rate>().map(|rate| (rate.0, false)),
        Unit::Share => text.parse::<Share>().map(|share| (share.0, false)),
        Unit::Bytes => text.parse::<Bytes>().map(|bytes| (bytes.0 as f64, false)),
        Unit::Money => text.parse::<Money>().map(|money| (money.dollars(), false)),
        Unit::Count | Unit::Given if text.ends_with('%') => {
            text.parse::<Share>().map(|share| (share.0, true))
        }
        Unit::Count | Unit::Given | Unit::Calls | Unit::Times | Unit::Invocations => {
            read_count(text, condition_help(unit)).map(|count| (count, false))
        }
    }
}

fn unit_label(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => "this metric is a time",
        Unit::Share => "this metric is a share",
        Unit::Count | Unit::Given => "this metric is a number of records",
        Unit::Calls => "this metric is a number of calls",
        Unit::Invocations => "this metric is a number of invocations",
        Unit::Times => "this metric counts how often something happened",
        Unit::RecordsPerSecond => "this metric is a rate",
        Unit::Money => "this metric is an amount of dollars",
        Unit::Bytes => "this metric is a size",
    }
}

fn condition_help(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => "write a condition such as \"<= 5 s\"",
        Unit::Share => "write a condition such as \"<= 0.1 %\"",
        Unit::Count | Unit::Given => {
            "write a condition such as \"== 0\", \"<= 10k\" or \"<= 0.1 %\""
        }
        Unit::Calls | Unit::Invocations => "write a condition such as \"<= 10k\"",
        Unit::Times => "write a condition such as \"== 0\" or \">= 1\"",
        Unit::RecordsPerSecond => "write a condition such as \">= 4k/s\"",
        Unit::Money => "write a condition such as \"<= $2500\"",
        Unit::Bytes => "write a condition such as \">= 64 MiB\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_read_in_its_unit() {
        assert_eq!(bound("<= 1 min", Unit::Time), Some(60.0));
        assert_eq!(bound("<= 0.5 %", Unit::Share), Some(0.005));
        assert_eq!(bound("<= 1 min", Unit::Share), None);
        assert_eq!(bound("60", Unit::Count), None);
    }

    #[test]
    fn conditions_split_into_comparison_and_bound() {
        for (text, comparison, bound) in [
            ("<= 5 s", Comparison::AtMost, "5 s"),
            ("<5 s", Comparison::Below, "5 s"),
            (">=4k/s", Comparison::AtLeast, "4k/s"),
            ("> 1", Comparison::Above, "1"),
            ("== 0", Comparison::Equal, "0"),
        ] {
            assert_eq!(split_condition(text), Some((comparison, bound)));
        }
        assert_eq!(split_condition("= 0"), None);
    }

    #[test]
    fn bounds_are_in_the_metrics_unit() {
        for (text, unit, bound) in [
            ("5 min", Unit::Time, (300.0, false)),
            ("0.1 %", Unit::Share, (0.001, false)),
            ("0", Unit::Share, (0.0, false)),
            ("0", Unit::Count, (0.0, false)),
            ("1.5M", Unit::Count, (1_500_000.0, false)),
            ("1 %", Unit::Count, (0.01, true)),
            ("1 %", Unit::Given, (0.01, true)),
            ("10k", Unit::Calls, (10_000.0, false)),
            ("60", Unit::Invocations, (60.0, false)),
            ("4k/s", Unit::RecordsPerSecond, (4_000.0, false)),
            ("64 MiB", Unit::Bytes, (67_108_864.0, false)),
            ("$2500", Unit::Money, (2_500.0, false)),
            ("$0.10", Unit::Money, (0.1, false)),
        ] {
            assert_eq!(read_bound(text, unit), Ok(bound), "{text}");
        }
        assert!(read_bound("5", Unit::Time).is_err());
        assert!(read_bound("5 s", Unit::Share).is_err());
        assert!(read_bound("0.001", Unit::Share).is_err(), "a share in text has its sign");
        assert!(read_bound("5 s", Unit::Count).is_err());
        assert!(read_bound("5 %", Unit::Calls).is_err());
        assert!(read_bound("2500", Unit::Money).is_err());
    }
}
