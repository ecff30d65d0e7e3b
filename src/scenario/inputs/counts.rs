//! Counts over time: one row an interval, as CloudWatch exports them.

use csv::StringRecord;

use super::points::{Point, Points};
use super::table::{Header, Table};
use super::timestamp::{ACCEPTED, Clock};
use super::{InputProblem, shown};

/// Lines a console may write above its data.
const MAX_PREFACE: usize = 20;
/// Words of a name that make its column the one of times.
const TIME_WORDS: [&str; 8] =
    ["timestamp", "time", "date", "datetime", "epoch", "ts", "utc", "start"];

/// Reads the counts in `column`, each with its time.
///
/// # Errors
///
/// Where the file is no table with a time and this column, rows are not in order of time, or a
/// count is no number from 0 upwards.
pub(super) fn read_column(text: &str, column: &str) -> Result<Points, InputProblem> {
    if text.trim_ascii_start().starts_with('{') {
        return Err(InputProblem::of_file("the file looks like JSON, not like CSV")
            .with_help("if CloudWatch answered it, name its series with `metric`"));
    }
    read_rows(text, column)
}

fn read_rows(text: &str, column: &str) -> Result<Points, InputProblem> {
    let mut table = Table::new(text);
    let (header, first) = find_header(&mut table, column)?;
    let place = header.column(column)?;
    let time = time_column(&header, column).unwrap_or(0);
    if time == place {
        return Err(InputProblem::at(
            header.line,
            format!("column {} holds the times, not counts", shown(column)),
        ));
    }
    let mut clock = Clock::of_column(&header.names[time]);
    let mut points = Points::default();
    let Some((line, row)) = first else {
        return Err(InputProblem::at(header.line, "the file has a header but no rows"));
    };
    push(&mut points, line, &mut clock, &row[time], &row[place])?;
    while let Some((line, row)) = table.next_of(&header)? {
        push(&mut points, line, &mut clock, &row[time], &row[place])?;
    }
    Ok(points)
}

/// The row that names the columns, and the first row of data.
///
/// A console writes several rows above its data, such as `Period,300,300`; they are passed over
/// if the file does not begin with a row that names a column of times. Of them, the last that
/// holds `column` names the columns.
fn find_header(
    table: &mut Table<'_>,
    column: &str,
) -> Result<(Header, Option<(u64, StringRecord)>), InputProblem> {
    let mut header = table.header()?;
    if Clock::of_column("").read(&header.names[0]).is_some() {
        return Err(InputProblem::at(header.line, "the file has no header row")
            .with_help("name the columns in the first line, such as `timestamp,value`"));
    }
    let has_preface = time_column(&header, column).is_none();
    for _ in 0..MAX_PREFACE {
        let Some((line, row)) = table.next()? else { return Ok((header, None)) };
        let cell = row.get(0).unwrap_or_default();
        if !has_preface || cell.is_empty() || cell.contains(|c: char| c.is_ascii_digit()) {
            header.check_width(line, row)?;
            return Ok((header, Some((line, row.clone()))));
        }
        if row.iter().any(|name| name.trim() == column) {
            header = Header::new(line, row);
        }
    }
    Err(InputProblem::at(header.line, "no row begins with a time").with_help(ACCEPTED))
}

/// The first column whose name speaks of time.
fn time_column(header: &Header, column: &str) -> Option<usize> {
    let speaks_of_time = |name: &String| {
        let name = name.to_lowercase();
        name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| TIME_WORDS.contains(&word))
    };
    let others = |place: &usize| header.names[*place] != column;
    (0..header.names.len()).filter(others).find(|&place| speaks_of_time(&header.names[place]))
}

fn push(
    points: &mut Points,
    line: u64,
    clock: &mut Clock,
    time: &str,
    cell: &str,
) -> Result<(), InputProblem> {
    let Some(at) = clock.read(time) else {
        return Err(
            InputProblem::at(line, format!("{} is not a time", shown(time))).with_help(ACCEPTED)
        );
    };
    let value = read_count(line, cell)?;
    points.push(Point { line: Some(line), at, value }, time)
}

fn read_count(line: u64, cell: &str) -> Result<Option<f64>, InputProblem> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
        Ok(value) if value < 0.0 => {
            Err(InputProblem::at(line, format!("the count {} is negative", shown(cell))))
        }
        _ => Err(InputProblem::at(line, format!("the count {} is not a number", shown(cell)))
            .with_help("write counts such as `1250` or `0.5`, without units or separators")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::inputs::Counts;
    use crate::time::{Instant, Span};

    fn read_counts(bytes: &[u8], column: &str, per: Option<Span>) -> Result<Counts, InputProblem> {
        read_column(std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}'), column)?
            .counts(per)
    }

    fn problem(text: &str) -> InputProblem {
        read_counts(text.as_bytes(), "value", None).unwrap_err()
    }

    #[test]
    fn steps_and_gaps() {
        // Five-minute rows; 00:10 and 00:15 are missing, the cell of 00:25 is empty.
        let text = "\u{feff}timestamp,value\r\n2014-04-10 00:00:00,3\r\n2014-04-10 00:05:00,4.5\r\n\
            2014-04-10 00:20:00,\"0\"\r\n2014-04-10 00:25:00,\r\n2014-04-10 00:30:00,1e3\r\n";
        let counts = read_counts(text.as_bytes(), "value", None).unwrap();
        assert_eq!(counts.per, Span::from_s(300));
        assert_eq!(counts.skipped_gaps, 3);
        let starts: Vec<_> = counts.starts.iter().map(|at| at.as_s() as u64 / 60).collect();
        assert_eq!(starts, [0, 5, 10, 20, 25, 30]);
        assert_eq!(counts.values, [3.0, 4.5, 0.0, 0.0, 0.0, 1000.0]);
    }

    #[test]
    fn per_shorter_than_the_step_leaves_the_rest_empty() {
        let text = "t,value\n0,6\n60,6\n";
        let counts = read_counts(text.as_bytes(), "value", Some(Span::from_s(20))).unwrap();
        assert_eq!(counts.starts, [Instant::ZERO, Instant::from_s(20), Instant::from_s(60)]);
        assert_eq!(counts.values, [6.0, 0.0, 6.0]);
        assert_eq!(counts.skipped_gaps, 2);
        let problem = read_counts(text.as_bytes(), "value", Some(Span::from_s(300))).unwrap_err();
        assert_eq!(problem.line, Some(3));
        assert!(problem.help.unwrap().contains("\"60 s\""));
    }

    #[test]
    fn each_fault_has_its_line() {
        for (text, line, message) in [
            ("t,value\n", 1, "the file has a header but no rows"),
            ("t,val\n1,2\n", 1, "there is no column `value`; columns found: `t`, `val`"),
            ("t;value\n1;2\n", 1, "there is no column `value`; columns found: `t;value`"),
            ("t,value,value\n1,2,3\n", 1, "the header has column `value` twice"),
            ("value,n\n1,2\n", 1, "column `value` holds the times, not counts"),
            ("1,2\n3,4\n", 1, "the file has no header row"),
            ("t,value\n1,2\n1,3\n", 3, "`1` occurs twice"),
            ("t,value\r\n\r\n2,2\r\n\r\n1,3\r\n", 5, "`1` is earlier than the row before"),
            ("t,value\n1,-2\n", 2, "the count `-2` is negative"),
            ("t,value\n1,NaN\n", 2, "the count `NaN` is not a number"),
            ("t,value\n1,inf\n", 2, "the count `inf` is not a number"),
            ("t,value\n1,\"1,250\"\n", 2, "the count `1,250` is not a number"),
            ("t,value\n1,2\n5 o'clock,2\n", 3, "`5 o'clock` is not a time"),
            ("timestamp,value\nyesterday,2\n", 2, "`yesterday` is not a time"),
            ("t,value\n1,2\n2,3,4\n", 3, "the row has 3 fields, the header 2"),
            ("t,value\n1,2\n2\n", 3, "the row has 1 field, the header 2"),
            ("t,value\n1,2\n2,\"3\n4,5\n", 3, "the count `3\\n4,5` is not a number"),
            ("t,value\n0,2\n60,3\n120,3\n121,4\n181,3\n", 5, "most rows are"),
        ] {
            let problem = problem(text);
            assert!(problem.message.starts_with(message), "{text:?} gave {problem:?}");
            assert_eq!(problem.line, Some(line), "{text:?} gave {problem:?}");
        }
        assert!(problem("t,value\n1,2\n").help.unwrap().contains("add `per`"));
        assert!(problem("t;value\n1;2\n").help.unwrap().contains("commas"));
        let misspelt = problem("timestamp,Value\n1,2\n").help.unwrap();
        assert_eq!(misspelt, "did you mean `Value`?");
    }

    #[test]
    fn the_plain_export_of_cloudwatch() {
        // Totals as the sample's README gives them.
        let file = include_bytes!("../../../tests/data/cloudwatch/wide_iso.csv");
        for (column, total) in
            [("IncomingRecords", 7_805_217.0), ("IncomingBytes", 3_286_716_591.0)]
        {
            let counts = read_counts(file, column, None).unwrap();
            assert_eq!(counts.per, Span::from_s(60));
            assert_eq!(counts.skipped_gaps, 2);
            assert_eq!(counts.values.iter().sum::<f64>().to_bits(), f64::to_bits(total));
            // 178 points, and one entry for the two silent minutes from 08:57 on.
            assert_eq!(counts.values.len(), 179);
            assert_eq!(counts.starts[57], Instant::from_s(57 * 60));
            assert_eq!(counts.starts[58], Instant::from_s(59 * 60));
            assert_eq!(counts.starts[178], Instant::from_s(179 * 60));
        }
    }

    #[test]
    fn what_a_console_may_write() {
        let file = include_bytes!("../../../tests/data/cloudwatch/console_like_5min.csv");
        let counts = read_counts(file, "IncomingRecords", None).unwrap();
        assert_eq!((counts.per, counts.skipped_gaps), (Span::from_s(300), 0));
        assert_eq!(counts.values[..2], [216_195.0, 231_489.0]);
        // Three hours, and the same total as the minutes'.
        assert_eq!(counts.values.len(), 36);
        assert_eq!(counts.values.iter().sum::<f64>().to_bits(), f64::to_bits(7_805_217.0));

        let file = include_bytes!("../../../tests/data/cloudwatch/console_like_gaps.csv");
        let counts = read_counts(file, "orders IncomingRecords", None).unwrap();
        assert_eq!(counts.per, Span::from_s(300));
        assert_eq!(counts.values[6..10], [290_254.0, 0.0, 0.0, 299_782.0]);
        let problem = read_counts(file, "IncomingRecords", None).unwrap_err();
        assert!(problem.message.contains("`orders IncomingRecords`"), "{problem:?}");
    }

    #[test]
    fn a_fortnight_of_a_load_balancer() {
        // Rows, total and gaps as counted by the data set's own summary.
        let file = include_bytes!("../../../scenarios/data/nab_elb_request_count.csv");
        let counts = read_counts(file, "value", None).unwrap();
        assert_eq!((counts.per, counts.skipped_gaps), (Span::from_s(300), 8));
        assert_eq!(counts.values.len(), 4032 + 8);
        assert_eq!(counts.values.iter().sum::<f64>().to_bits(), f64::to_bits(249_327.0));
        assert_eq!(counts.starts.last(), Some(&Instant::from_s(4039 * 300)));
    }
}
