//! What may stand behind `uncertain`, and what is wrong where something else does.

use toml::de::{DeTable, DeValue};

use crate::quantity::shown;
use crate::scenario::document::Node;
use crate::scenario::problem::{Code, Path, Problem, Step, listed, nearest};
use crate::scenario::uncertain::FIELD;
use crate::scenario::uncertain::spread::{Bound, Shape, Spread, normal_least};

/// The distributions, and the fields of each.
const DISTS: [(&str, &[&str]); 4] = [
    ("uniform", &["low", "high"]),
    ("triangular", &["low", "mode", "high"]),
    ("normal", &["mean", "sd"]),
    ("lognormal", &["p10", "p90"]),
];
const HELP: &str = "write { uncertain = [\"4k/s\", \"6k/s\"] }, or a table with `dist`";

type Read<T> = Result<T, Vec<Problem>>;

/// What is known of a number, in words and as a distribution; or all that is wrong with it.
pub(super) fn read(node: &Node<'_>, path: &Path) -> Read<(String, Spread)> {
    let DeValue::Table(table) = node.get_ref() else { return Err(Vec::new()) };
    if let Some(problem) = misspelt(table, path) {
        return Err(vec![problem]);
    }
    let others = table.iter().map(|(key, _)| key.get_ref().as_ref()).filter(|key| *key != FIELD);
    let others: Vec<Problem> = others
        .map(|key| {
            let message =
                format!("`{}` is uncertain, and {} stands beside that", path.field(), shown(key));
            let problem = Problem::new(Code::Contradiction, &path.key(key), message).at_key();
            problem.help("leave one of the two out: an uncertain value has no other fields")
        })
        .collect();
    if !others.is_empty() {
        return Err(others);
    }
    let inner = path.key(FIELD);
    let known = table.get(FIELD).map(toml::Spanned::get_ref);
    match known {
        Some(DeValue::Array(pair)) => {
            let (Some(low), Some(high), 2) = (pair.first(), pair.get(1), pair.len()) else {
                let count = pair.len();
                let message = format!("`{FIELD}` must have two values, and has {count}");
                let problem = Problem::new(Code::BadList, &inner, message);
                return Err(vec![problem.help("write the low end and the high end in brackets")]);
            };
            let bounds = [(low, inner.index(0)), (high, inner.index(1))];
            let bounds = all(bounds.into_iter().map(|(node, path)| bound(node, &path)).collect())?;
            spread("uniform", &bounds, path, &inner)
        }
        Some(DeValue::Table(table)) => of_table(table, path, &inner),
        _ => {
            let message = format!("`{FIELD}` must be a pair of values or a table");
            Err(vec![Problem::new(Code::WrongType, &inner, message).help(HELP)])
        }
    }
}

fn of_table(table: &DeTable<'_>, path: &Path, inner: &Path) -> Read<(String, Spread)> {
    let names = DISTS.map(|(name, _)| name);
    let Some(dist) = table.get("dist") else {
        let message = format!("`{FIELD}` needs `dist`");
        let help = format!("write `dist` with {} in quotes", listed(&names));
        return Err(vec![Problem::new(Code::MissingField, inner, message).help(help)]);
    };
    let known = |name: &str| DISTS.into_iter().find(|(known, _)| *known == name);
    let Some((name, fields)) = dist.get_ref().as_str().and_then(known) else {
        let given = dist.get_ref().as_str().map_or_else(|| "this".to_owned(), shown);
        let message = format!("`dist` of an uncertain value cannot be {given}");
        let near = dist.get_ref().as_str().and_then(|it| nearest(it, names).first().copied());
        let problem = Problem::new(Code::UnknownWord, &inner.key("dist"), message)
            .label(near.map(|near| format!("did you mean \"{near}\"?")).unwrap_or_default())
            .help(format!("write {} in quotes", listed(&names)));
        return Err(vec![problem]);
    };
    let takes = format!("{name:?} takes {}", listed(fields).replace(" or ", " and "));
    let mut problems = Vec::new();
    for (key, _) in table {
        let key = key.get_ref().as_ref();
        if key != "dist" && !fields.contains(&key) {
            let message = format!("unknown field {} of an uncertain value", shown(key));
            let near = nearest(key, fields.iter().copied());
            let problem = Problem::new(Code::UnknownField, &inner.key(key), message).at_key();
            let label = near.first().map(|near| format!("did you mean `{near}`?"));
            problems.push(problem.label(label.unwrap_or_default()).help(takes.clone()));
        }
    }
    let mut bounds = Vec::new();
    for field in fields {
        match table.get(*field) {
            Some(node) => bounds.push(bound(node, &inner.key(field))),
            // A field under another name may be the one that seems missing.
            None if !problems.is_empty() => {}
            None => {
                let message = format!("`{FIELD}` needs `{field}`");
                let problem = Problem::new(Code::MissingField, inner, message);
                problems.push(problem.help(takes.clone()));
            }
        }
    }
    let bounds = all(bounds).unwrap_or_else(|faults| {
        problems.extend(faults);
        Vec::new()
    });
    if problems.is_empty() { spread(name, &bounds, path, inner) } else { Err(problems) }
}

/// What is wrong with a table whose only field has nearly the name of the one that makes a value
/// uncertain.
pub(super) fn misspelt(table: &DeTable<'_>, path: &Path) -> Option<Problem> {
    let (key, _) = table.iter().next().filter(|_| table.len() == 1)?;
    let key = key.get_ref().as_ref();
    if key == FIELD || nearest(key, [FIELD]).is_empty() {
        return None;
    }
    let message = format!("unknown field {} in `{}`", shown(key), path.field());
    let problem = Problem::new(Code::UnknownField, &path.key(key), message).at_key();
    Some(problem.label(format!("did you mean `{FIELD}`?")).help(HELP))
}

/// All of them, or all that is wrong.
fn all(bounds: Vec<Result<Bound, Box<Problem>>>) -> Read<Vec<Bound>> {
    let (sound, faulty): (Vec<_>, Vec<_>) = bounds.into_iter().partition(Result::is_ok);
    if faulty.is_empty() {
        return Ok(sound.into_iter().filter_map(Result::ok).collect());
    }
    Err(faulty.into_iter().filter_map(Result::err).map(|fault| *fault).collect())
}

fn bound(node: &Node<'_>, path: &Path) -> Result<Bound, Box<Problem>> {
    let fault = |code: Code, problem: String| {
        let what = match path.0.last() {
            Some(Step::Key(field)) => format!("`{field}`"),
            Some(Step::Index(0)) => "the low end".to_owned(),
            _ => "the high end".to_owned(),
        };
        let problem = format!("{what} of an uncertain value {problem}");
        let problem = Problem::new(code, path, problem);
        Box::new(problem.help("write a number, or one with its unit in quotes"))
    };
    let unread = |problem: String| fault(Code::BadQuantity, problem);
    match node.get_ref() {
        DeValue::String(text) => Bound::quantity(text).map_err(unread),
        DeValue::Float(number) => {
            let value: f64 = number.as_str().parse().unwrap_or(f64::NAN);
            Bound::number(value, false, &value.to_string()).map_err(unread)
        }
        DeValue::Integer(number) => {
            let value = i64::from_str_radix(number.as_str(), number.radix());
            let value = value.map_err(|_| unread("is too large".to_owned()))?;
            Bound::number(value as f64, true, &value.to_string()).map_err(unread)
        }
        DeValue::Table(table) if table.contains_key(FIELD) => {
            Err(fault(Code::Contradiction, "cannot be uncertain in turn".to_owned()))
        }
        _ => Err(fault(Code::WrongType, "must be a number or a quantity".to_owned())),
    }
}

/// The distribution with these bounds, which are in the order of its fields.
fn spread(name: &str, bounds: &[Bound], path: &Path, inner: &Path) -> Read<(String, Spread)> {
    let fault = |message: String, help: String| {
        Err(vec![Problem::new(Code::BadList, inner, message).help(help)])
    };
    let Some(first) = bounds.first() else { return Err(Vec::new()) };
    let mut values = Vec::new();
    for bound in bounds {
        let Some(value) = bound.in_unit_of(first) else {
            let (a, b) = (shown(&first.text), shown(&bound.text));
            let message = format!("{a} and {b} are not of one kind");
            return fault(message, "write all values of an uncertain one in one unit".to_owned());
        };
        values.push(value);
    }
    let texts: Vec<&str> = bounds.iter().map(|it| it.text.as_str()).collect();
    let field = path.field();
    let out_of_order = || {
        let message = format!("the values of `{field}` do not rise: {}", texts.join(", "));
        fault(message, "write the smallest first; the ends must differ".to_owned())
    };
    let not_above = |what: &str, help: &str| {
        fault(format!("{what} of `{field}` must be above zero"), help.to_owned())
    };
    let (shape, said, placed) = match (name, values.as_slice(), texts.as_slice()) {
        ("uniform", &[low, high], [a, b]) => {
            if low >= high {
                return out_of_order();
            }
            (Shape::Uniform { low, high }, format!("{a} to {b}"), bounds)
        }
        ("triangular", &[low, mode, high], [a, b, c]) => {
            if low >= high || mode < low || mode > high {
                return out_of_order();
            }
            let said = format!("{a} to {c}, most likely {b}");
            (Shape::Triangular { low, mode, high }, said, bounds)
        }
        ("normal", &[mean, sd], [a, b]) => {
            if sd <= 0.0 {
                return not_above("`sd`", "leave `uncertain` out where a value is known");
            }
            if mean > 0.0 && normal_least(mean, sd) <= 0.0 {
                let message = format!("`{field}`, {a} ± {b}, would reach below zero");
                let help = "write a smaller `sd`, or `dist = \"lognormal\"` with p10 and p90";
                return fault(message, help.to_owned());
            }
            // A whole mean is enough: whole values may stray by one and a half.
            (Shape::Normal { mean, sd }, format!("{a} ± {b}"), &bounds[..1])
        }
        ("lognormal", &[p10, p90], [a, b]) => {
            if p10 <= 0.0 {
                return not_above("`p10`", "a lognormal value is never zero");
            }
            if p10 >= p90 {
                return out_of_order();
            }
            (Shape::LogNormal { p10, p90 }, format!("{a} to {b} in 8 of 10 cases"), bounds)
        }
        _ => return Err(Vec::new()),
    };
    let placed: Vec<&Bound> = placed.iter().collect();
    Ok((said, Spread::new(shape, &placed)))
}
