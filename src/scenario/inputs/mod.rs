//! Data files a scenario names: counts an interval, records, keys and sizes.

use crate::model::plan::TraceRow;
use crate::time::{Instant, Span};
use crate::units::Bytes;

/// What is wrong with a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputProblem {
    /// The line, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Counts an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// Width of an interval.
    pub per: Span,
    /// Where each begins; the first at zero.
    pub starts: Vec<Instant>,
    /// What was counted in each.
    pub values: Vec<f64>,
    /// Intervals without a row.
    pub skipped_gaps: u64,
}

/// Which columns hold what.
#[derive(Clone, Copy, Debug)]
pub struct RecordColumns<'a> {
    /// The time.
    pub time: &'a str,
    /// The key.
    pub key: Option<&'a str>,
    /// The size.
    pub size: Option<&'a str>,
    /// The size where no column has it.
    pub constant_size: Bytes,
}

/// How a trace is replayed.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// Times faster.
    pub speed: f64,
    /// Times as many.
    pub scale: f64,
}

/// Records of a trace.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// In order of time.
    pub rows: Vec<TraceRow>,
    /// The keys rows refer to.
    pub keys: Vec<String>,
    /// Rows of each key.
    pub counts: Vec<u64>,
}

fn rows(bytes: &[u8]) -> Result<Vec<Vec<&str>>, InputProblem> {
    let problem = |message: &str| InputProblem { line: None, message: message.into(), help: None };
    let text = std::str::from_utf8(bytes).map_err(|_| problem("the file is not text"))?;
    Ok(text.lines().skip(1).map(|line| line.split(',').collect()).collect())
}

/// Reads counts.
pub fn read_counts(bytes: &[u8], column: &str, per: Option<Span>) -> Result<Counts, InputProblem> {
    let per = per.unwrap_or(Span::from_s(60));
    let header = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    let Some(at) = header.split(',').position(|name| name == column) else {
        let message = format!("no column is called `{column}`");
        return Err(InputProblem { line: Some(1), message, help: None });
    };
    let rows = rows(bytes)?;
    let starts = (0..rows.len()).map(|i| Instant::ZERO + per.times(i as u64)).collect();
    let values = rows.iter().map(|row| row[at].parse().unwrap_or(0.0)).collect();
    Ok(Counts { per, starts, values, skipped_gaps: 0 })
}

/// Reads records.
pub fn read_records(
    bytes: &[u8],
    columns: &RecordColumns<'_>,
    _replay: Replay,
    _seed: u64,
) -> Result<Records, InputProblem> {
    let mut records = Records::default();
    for row in rows(bytes)? {
        let at = Instant::from_s(row[0].parse().unwrap_or(0));
        let bytes = columns.constant_size.0 as u32;
        records.rows.push(TraceRow { at, key: 0, bytes });
        if records.keys.is_empty() && columns.key.is_some() {
            records.keys.push(row[1].to_owned());
            records.counts.push(1);
        }
    }
    Ok(records)
}

/// Reads keys.
pub fn read_keys(bytes: &[u8]) -> Result<Vec<(String, f64)>, InputProblem> {
    let rows = rows(bytes)?;
    Ok(rows.iter().map(|row| (row[0].to_owned(), row[1].parse().unwrap_or(0.0))).collect())
}

/// Reads sizes.
pub fn read_sizes(bytes: &[u8]) -> Result<Vec<(Bytes, f64)>, InputProblem> {
    let rows = rows(bytes)?;
    let size = |text: &str| Bytes(text.parse().unwrap_or(0));
    Ok(rows.iter().map(|row| (size(row[0]), row[1].parse().unwrap_or(0.0))).collect())
}
