//! Durations that vary.

use super::Context;
use crate::model::plan::DurationPlan;
use crate::scenario::file::DurationTable;
use crate::scenario::leaf::Leaf;
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, span};
use crate::time::Span;

/// Longest that may be named: nothing that is invoked takes longer.
const LENGTH_MAX: Span = Span::from_s(3_600);

/// A duration, plain or as a distribution. `key` is its path below the table in the resolved text,
/// and the last step of it its field at `path`.
pub(super) fn duration(
    given: Option<OrTable<Leaf<Span>, DurationTable>>,
    (key, default): (&str, (Span, Origin)),
    path: &Path,
    cx: &mut Context<'_>,
) -> DurationPlan {
    let field = key.rsplit('.').next().unwrap_or(key);
    let path = path.key(field);
    let table = match given {
        None => None,
        Some(OrTable::Plain(leaf)) => Some(Err(leaf.0)),
        Some(OrTable::Table(table)) => Some(Ok(table)),
    };
    let table = match table {
        Some(Ok(table)) => table,
        plain => {
            let plain = plain.and_then(Result::err);
            let value = cx.resolved.pick(key, plain, default, |v| span(*v));
            check_length(value, &path, cx);
            return DurationPlan::Constant(value);
        }
    };
    from_table(&table, key, &path, cx).unwrap_or(DurationPlan::Constant(Span::ZERO))
}

fn from_table(
    table: &DurationTable,
    key: &str,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<DurationPlan> {
    let present = [
        ("median", table.median.is_some()),
        ("p99", table.p99.is_some()),
        ("min", table.min.is_some()),
        ("max", table.max.is_some()),
        ("mean", table.mean.is_some()),
    ];
    let forms: [&[&str]; 3] = [&["median", "p99"], &["min", "max"], &["mean"]];
    let help = "write `median` with `p99`, `min` with `max`, or `mean`";
    let form = cx.one_form(path, &present, &forms, help)?;
    let mut value = |name: &str, given: Option<Leaf<Span>>| {
        let Some(Leaf(value)) = given else {
            if cx.sound(path) {
                cx.missing(path, name, &format!("`{name} = \"40 ms\"`"));
            }
            return None;
        };
        cx.resolved.line(&format!("{key}.{name}"), &span(value), None);
        check_length(value, &path.key(name), cx);
        Some(value)
    };
    let (low, high) = match form {
        0 => (value("median", table.median), value("p99", table.p99)),
        1 => (value("min", table.min), value("max", table.max)),
        _ => return Some(DurationPlan::Exponential { mean: value("mean", table.mean)? }),
    };
    let (low, high) = (low?, high?);
    let (first, last) = if form == 0 { ("median", "p99") } else { ("min", "max") };
    if high < low {
        let message = format!("`{last}` is {high}, less than `{first}`, which is {low}");
        cx.problem(Problem::new(Code::BadList, &path.key(last), message));
        return None;
    }
    if form == 0 && low.is_zero() {
        let message = "`median` must be more than zero";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("median"), message));
        return None;
    }
    Some(if form == 0 {
        DurationPlan::LogNormal { median: low, p99: high }
    } else {
        DurationPlan::Uniform { min: low, max: high }
    })
}

fn check_length(value: Span, path: &Path, cx: &mut Context<'_>) {
    if value > LENGTH_MAX {
        let message = format!("`{}` must be at most {LENGTH_MAX}", path.field());
        cx.problem(Problem::new(Code::OutOfRange, path, message));
    }
}
