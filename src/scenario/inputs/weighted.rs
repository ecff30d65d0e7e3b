//! Lists of values with weights, one a line: what key lists and size histograms share.

use super::table::{Header, Table};
use super::{InputProblem, shown};

/// One line of a list.
pub(super) struct Entry<'a> {
    pub(super) line: u64,
    pub(super) value: &'a str,
    /// 1 where the list has no second column.
    pub(super) weight: f64,
}

/// Hands every line of `value` or `value,weight` to `take`.
///
/// A first line that has no number where a weight belongs, or one of `headings` where there are
/// no weights, names the columns.
pub(super) fn read_entries(
    text: &str,
    headings: &[&str],
    mut take: impl FnMut(Entry<'_>) -> Result<(), InputProblem>,
) -> Result<(), InputProblem> {
    let mut table = Table::new(text);
    let Some((line, row)) = table.next()? else {
        return Err(InputProblem::of_file("the file is empty"));
    };
    let first = Header::new(line, row);
    if row.len() > 2 {
        let message = format!("the row has {} fields, a list at most two", row.len());
        return Err(InputProblem::at(line, message)
            .with_help("keep the value and its weight, and quote values that hold a comma"));
    }
    if row.len() == 1 && has_other_separator(&row[0]) {
        let message = format!("the row has one field, {}", shown(&row[0]));
        return Err(InputProblem::at(line, message).with_help(
            "separate the value and its weight by a comma, not by a semicolon or tab; write a \
             weight after each value where that is all one value",
        ));
    }
    let has_header = match row.get(1) {
        Some(weight) => names_a_column(weight),
        None => headings.contains(&first.names[0].to_lowercase().as_str()),
    };
    let mut sum = 0.0;
    let mut n_entries = 0_u64;
    if !has_header {
        let weight = read_weight(line, row.get(1))?;
        take(Entry { line, value: &row[0], weight })?;
        (sum, n_entries) = (weight, 1);
    }
    while let Some((line, row)) = table.next_of(&first)? {
        let weight = read_weight(line, row.get(1))?;
        take(Entry { line, value: &row[0], weight })?;
        sum += weight;
        n_entries += 1;
    }
    if n_entries == 0 {
        return Err(InputProblem::at(line, "the file has a header but no rows"));
    }
    if sum == 0.0 {
        return Err(InputProblem::of_file("all weights are zero"));
    }
    if !f64::is_finite(sum) {
        return Err(InputProblem::of_file("the weights add up to more than a number can hold"));
    }
    Ok(())
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
