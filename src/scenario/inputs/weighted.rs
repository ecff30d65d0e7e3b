//! Lists of values with weights, one a line: what key lists and size histograms share.

use csv::StringRecord;

use super::table::{Header, Table};
use super::{InputProblem, InputProblems, shown};

/// One line of a list.
pub(super) struct Entry<'a> {
    pub(super) line: u64,
    pub(super) value: &'a str,
    /// 1 where the list has no second column.
    pub(super) weight: f64,
}

/// Hands every line of `value` or `value,weight` to `take`, and notes what is wrong with each.
///
/// A first line that has no number where a weight belongs, or one of `headings` where there are
/// no weights, names the columns.
pub(super) fn read_entries(
    text: &str,
    headings: &[&str],
    problems: &mut InputProblems,
    mut take: impl FnMut(Entry<'_>) -> Result<(), InputProblem>,
) {
    let mut table = Table::new(text);
    let first = match table.next() {
        Ok(Some((line, row))) => FirstRow::new(line, row, headings),
        Ok(None) => Err(InputProblem::of_file("the file is empty")),
        Err(problem) => Err(problem),
    };
    let first = match first {
        Ok(first) => first,
        // Every line would be wrong for the same reason.
        Err(problem) => return problems.push(problem),
    };
    let mut sum = Sum::default();
    let mut one = |line, value: &str, weight: Option<&str>| {
        sum.entries += 1;
        let weight = read_weight(line, weight)?;
        sum.weights += weight;
        take(Entry { line, value, weight })
    };
    if let Some((value, weight)) = &first.entry
        && let Err(problem) = one(first.header.line, value, weight.as_deref())
    {
        problems.push(problem);
    }
    loop {
        let read = match table.next() {
            Ok(Some((line, row))) => {
                first.header.check_width(line, row).and_then(|()| one(line, &row[0], row.get(1)))
            }
            Ok(None) => break,
            // What follows a row that cannot be split cannot be either.
            Err(problem) => return problems.push(problem),
        };
        if let Err(problem) = read {
            problems.push(problem);
        }
    }
    if problems.is_empty()
        && let Err(problem) = sum.check(first.header.line)
    {
        problems.push(problem);
    }
}

/// What the first row is: names of columns, or an entry.
struct FirstRow {
    header: Header,
    /// Value and weight, where it is one.
    entry: Option<(String, Option<String>)>,
}

impl FirstRow {
    fn new(line: u64, row: &StringRecord, headings: &[&str]) -> Result<Self, InputProblem> {
        let header = Header::new(line, row);
        if row.len() > 2 {
            let message = format!("the row has {} fields, a list at most two", row.len());
            return Err(InputProblem::at(line, message)
                .with_help("keep the value and its weight, and quote values that hold a comma"));
        }
        if row.len() == 1 && has_other_separator(&row[0]) {
            let message = format!("the row has one field, {}", shown(&row[0]));
            return Err(InputProblem::at(line, message).with_help(
                "separate the value and its weight by a comma, not by a semicolon or tab; write \
                 a weight after each value where that is all one value",
            ));
        }
        let is_header = match row.get(1) {
            Some(weight) => names_a_column(weight),
            None => headings.contains(&header.names[0].to_lowercase().as_str()),
        };
        let entry = || (row[0].to_owned(), row.get(1).map(str::to_owned));
        Ok(Self { header, entry: (!is_header).then(entry) })
    }
}

/// What the entries come to.
#[derive(Default)]
struct Sum {
    entries: u64,
    weights: f64,
}

impl Sum {
    fn check(&self, line: u64) -> Result<(), InputProblem> {
        if self.entries == 0 {
            return Err(InputProblem::at(line, "the file has a header but no rows"));
        }
        if self.weights == 0.0 {
            return Err(InputProblem::of_file("all weights are zero"));
        }
        if !f64::is_finite(self.weights) {
            let message = "the weights add up to more than a number can hold";
            return Err(InputProblem::of_file(message));
        }
        Ok(())
    }
}

/// Whether a lone field reads as a value and its weight with a wrong separator between them.
fn has_other_separator(field: &str) -> bool {
    field.rsplit_once([';', '\t']).is_some_and(|(_, weight)| {
        let weight = weight.trim().to_lowercase();
        weight.parse::<f64>().is_ok() || ["weight", "count"].contains(&weight.as_str())
    })
}

/// Whether a first line's second cell is a heading: text without a digit that is no number.
fn names_a_column(weight: &str) -> bool {
    let weight = weight.trim();
    let has_digit = weight.contains(|c: char| c.is_ascii_digit());
    !weight.is_empty() && !has_digit && weight.parse::<f64>().is_err()
}

fn read_weight(line: u64, cell: Option<&str>) -> Result<f64, InputProblem> {
    let Some(cell) = cell else { return Ok(1.0) };
    match cell.trim().parse::<f64>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok(weight),
        Ok(weight) if weight < 0.0 => {
            Err(InputProblem::at(line, format!("the weight {} is negative", shown(cell))))
        }
        _ => Err(InputProblem::at(line, format!("the weight {} is not a number", shown(cell)))),
    }
}
