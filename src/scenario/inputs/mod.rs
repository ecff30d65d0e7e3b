//! The data files a scenario may name: counts over time, traces, key lists, size histograms.
//!
//! Every reader takes the bytes of one file, plain or gzip, and gives plain data or one
//! [`InputProblem`]; that of key samples gives all of them. None opens a file (D25), none panics
//! whatever the bytes hold.

mod cloudwatch;
mod counts;
mod json_lines;
mod keys;
mod points;
mod problems;
mod records;
mod sample;
mod shards;
mod sizes;
mod table;
mod text;
mod timestamp;
mod weighted;

pub use keys::read_keys;
pub use points::{Counts, Points};
pub use problems::InputProblems;
pub use records::{MAX_RECORDS, RecordColumns, Records, Replay, read_first_date, read_records};
pub use sample::{HashForm, KeySample, SampleForm, SampleKey, read_sample};
pub use shards::{ShardList, read_shards};
pub use sizes::read_sizes;

use crate::units::Bytes;

/// Blob and partition key of one record together, whatever a stream is set to (KDS-W09).
const MAX_RECORD: Bytes = Bytes::mib(10);

/// Longest partition key [Unicode characters] (KDS-H01).
const MAX_KEY_CHARS: usize = 256;

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputProblem {
    /// The line at fault, counted from 1; `None` where the whole file is.
    pub line: Option<u64>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The edit that would mend it, where one is known.
    pub help: Option<String>,
}

impl InputProblem {
    /// A problem of the whole file.
    pub fn of_file(message: impl Into<String>) -> Self {
        Self { line: None, message: message.into(), help: None }
    }

    fn at(line: u64, message: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into(), help: None }
    }

    /// The same, with the edit that would mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Which of a file's series of numbers is meant.
#[derive(Clone, Copy, Debug)]
pub enum SeriesName<'a> {
    /// The column of a CSV file.
    Column(&'a str),
    /// Series of an answer of CloudWatch, to be added up.
    Metric(&'a [String]),
}

/// Reads numbers over time.
///
/// # Errors
///
/// Where the file is not what `name` says it is, lacks the series, or its times or numbers cannot
/// be used.
pub fn read_points(bytes: &[u8], name: SeriesName<'_>) -> Result<Points, InputProblem> {
    let text = text::unpack(bytes)?;
    match name {
        SeriesName::Column(column) => counts::read_column(&text, column),
        SeriesName::Metric(names) => cloudwatch::read_metric(&text, names),
    }
}

/// The key as it will be hashed, where Kinesis would take it.
fn check_key(key: &str, line: u64) -> Result<(), InputProblem> {
    if key.is_empty() {
        return Err(InputProblem::at(line, "the partition key is empty")
            .with_help("a partition key has 1 to 256 characters"));
    }
    // A text has at least as many bytes as characters, so short keys need no counting.
    if key.len() > MAX_KEY_CHARS && key.chars().count() > MAX_KEY_CHARS {
        let n = key.chars().count();
        return Err(InputProblem::at(line, format!("the partition key has {n} characters"))
            .with_help("a partition key has 1 to 256 characters"));
    }
    Ok(())
}

/// A cell as it is shown in a message: short, on one line.
fn shown(cell: &str) -> String {
    const LONGEST: usize = 40;
    let mut text = String::new();
    for c in cell.chars().take(LONGEST) {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    if cell.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::time::Span;

    const COLUMNS: RecordColumns<'static> =
        RecordColumns { time: "t_s", key: Some("k"), size: Some("n"), constant_size: Bytes(1) };
    const AS_IT_WAS: Replay = Replay { speed: 1.0, scale: 1.0, window: None };

    fn read_with_all(bytes: &[u8]) {
        if let Ok(points) = read_points(bytes, SeriesName::Column("value")) {
            let _ = points.counts(None);
            let _ = points.counts(Some(Span::from_s(60)));
        }
        if let Ok(points) = read_points(bytes, SeriesName::Metric(&["m*".to_owned()])) {
            let _ = points.counts(None);
        }
        let _ = read_records(bytes, &COLUMNS, AS_IT_WAS, 1);
        let window = Some((1_000_000_000, 1 << 80));
        let _ = read_records(bytes, &COLUMNS, Replay { speed: 0.01, scale: 2.5, window }, 1);
        let _ = read_first_date(bytes, "t_s");
        let _ = read_keys(bytes);
        let _ = read_sizes(bytes);
        for form in [SampleForm::Json("t_s.k".to_owned()), SampleForm::Hashes(None)] {
            let _ = read_sample(bytes, &form);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read_with_all(&bytes);
        }

        #[test]
        fn arbitrary_tables_never_panic(
            rows in prop::collection::vec(
                ("[0-9.eE+:TZ/ -]{0,24}", "\\PC{0,6}", "[0-9.,\"KiB-]{0,9}"), 0..12)
        ) {
            let mut text = String::from("t_s,k,n,value\n");
            for (time, key, number) in &rows {
                write!(text, "{time},{key},{number},{number}\r\n").unwrap();
            }
            read_with_all(text.as_bytes());
        }

        #[test]
        fn a_damaged_gzip_never_panics(at in 0_usize..200, byte in any::<u8>()) {
            let mut packed = gzip(b"t_s,k,n,value\n1,a,2,3\n2,b,3,4\n");
            let at = at % packed.len();
            packed[at] = byte;
            read_with_all(&packed);
            read_with_all(&packed[..at]);
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn files_that_are_no_table_say_so() {
        for (bytes, message) in [
            (&b""[..], "the file is empty"),
            (b"\n\r\n\n", "the file is empty"),
            (b"PK\x03\x04rest", "the file is a zip archive"),
            (b"\x89PNG\r\n\x1a\n\0\0", "the file is not text"),
            (b"\xff\xfet\0i\0", "the file is UTF-16"),
            (b"t_s,k,n\n1,\xff,3\n", "the text is not UTF-8"),
            (&[b','; 12_000], "the row has 12001 fields"),
            (b"{\"MetricDataResults\": []}", "the file looks like JSON"),
        ] {
            let problem = read_points(bytes, SeriesName::Column("value")).unwrap_err();
            assert!(problem.message.starts_with(message), "{problem:?}");
            let problem = read_records(bytes, &COLUMNS, AS_IT_WAS, 1).unwrap_err();
            assert!(problem.message.starts_with(message), "{problem:?}");
        }
        let problem = read_keys(b"a\nb\xff\n").unwrap_err();
        assert_eq!(problem.line, Some(2));
    }

    #[test]
    fn gzip_that_unpacks_without_bound_is_stopped() {
        let bomb = gzip(&vec![b'7'; 100 << 20]);
        let problem = read_keys(&bomb).unwrap_err();
        assert!(problem.message.contains("unpacks to more than"), "{problem:?}");
        let whole = gzip(b"a\nb\n");
        let problem = read_keys(&whole[..whole.len() - 6]).unwrap_err();
        assert!(problem.message.starts_with("the gzip data is damaged"), "{problem:?}");
    }

    #[test]
    fn gzip_members_one_after_another_are_one_file() {
        let mut packed = gzip(b"a\n");
        packed.extend(gzip(b"b\n"));
        assert_eq!(read_keys(&packed).unwrap(), [("a".into(), 1.0), ("b".into(), 1.0)]);
    }
}
