//! A trace: one row a record, replayed as it was, sped up, or scaled.

use std::collections::BTreeMap;

use super::points::FIRST_DATE;
use super::table::Table;
use super::timestamp::{ACCEPTED, Clock};
use super::{InputProblem, MAX_RECORD, check_key, shown, text};
use crate::model::plan::TraceRow;
use crate::random::Stream;
use crate::time::Instant;
use crate::units::Bytes;

/// Which columns hold what.
#[derive(Clone, Copy, Debug)]
pub struct RecordColumns<'a> {
    /// When the record was written.
    pub time: &'a str,
    /// Its partition key; without one, all rows refer to key 0 of an empty list.
    pub key: Option<&'a str>,
    /// Size of its data blob (bytes).
    pub size: Option<&'a str>,
    /// The size of every record where no column holds it.
    pub constant_size: Bytes,
}

/// How a trace is changed before it is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replay {
    /// Times are divided by this.
    pub speed: f64,
    /// How many records become of each row. A fraction is drawn: 2.5 makes two or three.
    ///
    /// Above 1, a row's records are spread at random over the trace's own resolution: the
    /// smallest step between two of its times.
    pub scale: f64,
    /// The part of the file that is played: from which moment to before which [ns since 1970].
    /// The first is at zero; `None` plays all from the first row on.
    pub window: Option<(i128, i128)>,
}

/// The records of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// In order of time; the trace's first row is at zero.
    pub rows: Vec<TraceRow>,
    /// The keys the rows refer to, in order of appearance; empty without a key column.
    pub keys: Vec<String>,
    /// How many records have each key.
    pub counts: Vec<u64>,
}

/// Most records that may become of one trace.
pub const MAX_RECORDS: u64 = 20_000_000;

/// Largest speed and scale, and the inverse of the smallest.
const MAX_FACTOR: f64 = 1e9;
/// Latest moment a record may have: half of what a run's clock can hold.
const LAST: Instant = Instant::from_ns(u64::MAX / 2);

/// Reads a trace; `seed` names what is drawn.
///
/// # Errors
///
/// Where the file is no table with these columns, rows are not in order of time, a cell is not
/// what its column holds, or too many records would result.
pub fn read_records(
    bytes: &[u8],
    columns: &RecordColumns<'_>,
    replay: Replay,
    seed: u64,
) -> Result<Records, InputProblem> {
    check_factor("speed", replay.speed)?;
    check_factor("scale", replay.scale)?;
    let text = text::unpack(bytes)?;
    let mut trace = Trace::new(replay, seed);
    trace.read(&text, columns)?;
    trace.into_records()
}

/// The moment of a trace's first row, if it is a date [ns since 1970].
///
/// # Errors
///
/// Where the file is no table with this column or has no rows.
pub fn read_first_date(bytes: &[u8], time: &str) -> Result<Option<i128>, InputProblem> {
    let text = text::unpack(bytes)?;
    let mut table = Table::new(&text);
    let header = table.header()?;
    let place = header.column(time)?;
    let mut clock = Clock::of_column(time);
    let Some((line, row)) = table.next_of(&header)? else {
        return Err(InputProblem::at(header.line, "the file has a header but no rows"));
    };
    if let Some(at) = clock.read(&row[place]) {
        return Ok((at >= FIRST_DATE).then_some(at));
    }
    let message = format!("{} is not a time", shown(&row[place]));
    Err(InputProblem::at(line, message).with_help(ACCEPTED))
}

fn check_factor(name: &str, factor: f64) -> Result<(), InputProblem> {
    if (1.0 / MAX_FACTOR..=MAX_FACTOR).contains(&factor) {
        return Ok(());
    }
    Err(InputProblem::of_file(format!("`{name}` is {factor}"))
        .with_help(format!("`{name}` lies between 0.000000001 and 1000000000; 1 changes nothing")))
}

/// A trace that is being read.
struct Trace {
    replay: Replay,
    stream: Stream,
    rows: Vec<KeptRow>,
    keys: Keys,
    /// Rows of the file, and records they give; the latter beyond those that are kept.
    n_rows: u64,
    n_records: u64,
    /// Smallest positive step between two rows before `speed` (ns).
    resolution: Option<i128>,
}

/// A row and how many records become of it.
struct KeptRow {
    row: TraceRow,
    copies: u64,
}

/// Each key with its place.
#[derive(Default)]
struct Keys {
    places: BTreeMap<String, u32>,
    counts: Vec<u64>,
}

impl Trace {
    fn new(replay: Replay, seed: u64) -> Self {
        Self {
            replay,
            stream: Stream::named(seed, 0, "trace/spread"),
            rows: Vec::new(),
            keys: Keys::default(),
            n_rows: 0,
            n_records: 0,
            resolution: None,
        }
    }

    fn read(&mut self, text: &str, columns: &RecordColumns<'_>) -> Result<(), InputProblem> {
        let mut table = Table::new(text);
        let header = table.header()?;
        let time = header.column(columns.time)?;
        let key = columns.key.map(|name| header.column(name)).transpose()?;
        let size = columns.size.map(|name| header.column(name)).transpose()?;
        let mut clock = Clock::of_column(columns.time);
        let mut begin = self.replay.window.map(|window| window.0);
        let mut last: Option<i128> = None;
        while let Some((line, row)) = table.next_of(&header)? {
            let Some(moment) = clock.read(&row[time]) else {
                let message = format!("{} is not a time", shown(&row[time]));
                return Err(InputProblem::at(line, message).with_help(ACCEPTED));
            };
            let since = moment - *begin.get_or_insert(moment);
            let step = moment - last.unwrap_or(moment);
            if step < 0 {
                let message = format!("{} is earlier than the row before", shown(&row[time]));
                return Err(InputProblem::at(line, message).with_help("sort the rows by time"));
            }
            self.note_step(step);
            last = Some(moment);
            if let Some((from, until)) = self.replay.window {
                if moment < from {
                    continue;
                }
                if moment >= until {
                    break;
                }
            }
            let Some(at) = self.sped_up(since) else { return Err(too_late(line)) };
            let key = key.map(|place| &row[place]);
            let bytes = match size {
                Some(place) => read_size(line, &row[place])?,
                None => columns.constant_size.0,
            };
            check_record(line, bytes, key)?;
            self.push(at, key, bytes as u32);
        }
        if self.n_rows == 0 && self.replay.window.is_some() && last.is_some() {
            return Err(InputProblem::of_file("no row lies in the time played")
                .with_help("move `scenario.start`, or write `from = \"first-row\"` in `trace`"));
        }
        if self.n_rows == 0 {
            return Err(InputProblem::at(header.line, "the file has a header but no rows"));
        }
        Ok(())
    }

    /// Keeps a row with as many copies as are drawn, as long as there is room.
    fn push(&mut self, at: Instant, key: Option<&str>, bytes: u32) {
        self.n_rows += 1;
        let copies = self.draw_copies();
        self.n_records = self.n_records.saturating_add(copies);
        if copies == 0 || self.n_records > MAX_RECORDS {
            return;
        }
        let key = key.map_or(0, |key| self.keys.place_of(key, copies));
        self.rows.push(KeptRow { row: TraceRow { at, key, bytes }, copies });
    }

    fn draw_copies(&mut self) -> u64 {
        let whole = self.replay.scale.floor();
        let part = self.replay.scale - whole;
        let one_more = part > 0.0 && self.stream.unit() < part;
        whole as u64 + u64::from(one_more)
    }

    /// The moment played for one `since` ns after the first row; `None` where it is too late.
    fn sped_up(&self, since: i128) -> Option<Instant> {
        let since = u64::try_from(since).ok()?;
        if self.replay.speed.to_bits() == 1.0_f64.to_bits() {
            return (since <= LAST.as_ns()).then_some(Instant::from_ns(since));
        }
        let ns = (since as f64 / self.replay.speed).round();
        (ns <= LAST.as_ns() as f64).then_some(Instant::from_ns(ns as u64))
    }

    fn note_step(&mut self, step: i128) {
        if step > 0 && self.resolution.is_none_or(|smallest| step < smallest) {
            self.resolution = Some(step);
        }
    }

    fn into_records(mut self) -> Result<Records, InputProblem> {
        let (n_rows, n_records) = (self.n_rows, self.n_records);
        if n_records > MAX_RECORDS {
            let message = format!("the trace gives {n_records} records, more than {MAX_RECORDS}");
            return Err(InputProblem::of_file(message).with_help(format!(
                "the file has {n_rows} rows: lower `scale`, or keep a shorter part of it"
            )));
        }
        if n_records == 0 {
            let scale = self.replay.scale;
            return Err(InputProblem::of_file(format!(
                "no record is left of {n_rows} rows at a scale of {scale}"
            ))
            .with_help("raise `scale`"));
        }
        let resolution = self.resolution.and_then(|step| self.sped_up(step));
        let width = resolution.map_or(0, Instant::as_ns);
        let spread = self.replay.scale > 1.0 && width > 0;
        let mut rows = Vec::with_capacity(n_records as usize);
        for KeptRow { row, copies } in &self.rows {
            for _ in 0..*copies {
                let after = if spread { self.stream.below(width) } else { 0 };
                let at = Instant::from_ns(row.at.as_ns() + after);
                rows.push(TraceRow { at, ..*row });
            }
        }
        rows.sort_by_key(|row| row.at);
        let (keys, counts) = self.keys.into_lists();
        Ok(Records { rows, keys, counts })
    }
}

impl Keys {
    fn place_of(&mut self, key: &str, copies: u64) -> u32 {
        let place = if let Some(&place) = self.places.get(key) {
            place
        } else {
            // Fits: there are at most as many keys as records.
            let place = self.counts.len() as u32;
            self.places.insert(key.to_owned(), place);
            self.counts.push(0);
            place
        };
        self.counts[place as usize] += copies;
        place
    }

    fn into_lists(self) -> (Vec<String>, Vec<u64>) {
        let mut keys = vec![String::new(); self.counts.len()];
        for (key, place) in self.places {
            keys[place as usize] = key;
        }
        (keys, self.counts)
    }
}

fn read_size(line: u64, cell: &str) -> Result<u64, InputProblem> {
    let text = cell.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_whole = fraction.bytes().all(|byte| byte == b'0');
    match whole.parse::<u64>() {
        Ok(bytes) if is_whole => Ok(bytes),
        _ => Err(InputProblem::at(line, format!("the size {} is not a number", shown(cell)))
            .with_help("sizes are whole numbers of bytes")),
    }
}

fn check_record(line: u64, bytes: u64, key: Option<&str>) -> Result<(), InputProblem> {
    if let Some(key) = key {
        check_key(key, line)?;
    }
    let key_bytes = key.map_or(0, |key| key.len() as u64);
    if bytes.saturating_add(key_bytes) <= MAX_RECORD.0 {
        return Ok(());
    }
    let message = format!("a record of {bytes} bytes with a key of {key_bytes} exceeds 10 MiB");
    Err(InputProblem::at(line, message)
        .with_help("blob and partition key together may have 1048576 bytes"))
}

fn too_late(line: u64) -> InputProblem {
    InputProblem::at(line, "the record is more than 292 years after the first")
        .with_help("check the unit of the times, or raise `speed`")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::time::Span;

    const COLUMNS: RecordColumns<'static> =
        RecordColumns { time: "t", key: Some("k"), size: Some("n"), constant_size: Bytes(0) };
    const AS_IT_WAS: Replay = Replay { speed: 1.0, scale: 1.0, window: None };

    fn read(text: &str, replay: Replay) -> Result<Records, InputProblem> {
        read_records(text.as_bytes(), &COLUMNS, replay, 1)
    }

    #[test]
    fn as_it_was() {
        let text = "n,t,k\r\n10,100.25,b\r\n20,100.25,a\r\n30.0,101,\"b\"\r\n";
        let records = read(text, AS_IT_WAS).unwrap();
        let row = |at, key, bytes| TraceRow { at: Instant::from_ns(at), key, bytes };
        assert_eq!(records.rows, [row(0, 0, 10), row(0, 1, 20), row(750_000_000, 0, 30)]);
        assert_eq!(records.keys, ["b", "a"]);
        assert_eq!(records.counts, [2, 1]);
    }

    #[test]
    fn without_key_and_size() {
        let columns =
            RecordColumns { time: "t", key: None, size: None, constant_size: Bytes::kib(2) };
        let records = read_records(b"t\n5\n6\n", &columns, AS_IT_WAS, 1).unwrap();
        assert!(records.keys.is_empty() && records.counts.is_empty());
        assert!(records.rows.iter().all(|row| row.key == 0 && row.bytes == 2048));
    }

    #[test]
    fn speed_divides_times() {
        let text = "t,k,n\n0,a,1\n60,a,1\n90,a,1\n";
        let at = |speed| {
            let records = read(text, Replay { speed, ..AS_IT_WAS }).unwrap();
            records.rows.iter().map(|row| row.at.as_ns()).collect::<Vec<_>>()
        };
        assert_eq!(at(30.0), [0, 2_000_000_000, 3_000_000_000]);
        assert_eq!(at(0.5), [0, 120_000_000_000, 180_000_000_000]);
        assert_eq!(at(1e9), [0, 60, 90]);
    }

    #[test]
    fn a_whole_scale_copies_each_row_within_the_resolution() {
        // The smallest step is 2 s, played at double speed: copies stay within a second.
        let text = "t,k,n\n0,a,1\n10,b,2\n12,a,3\n";
        let records = read(text, Replay { speed: 2.0, scale: 4000.0, window: None }).unwrap();
        assert_eq!(records.counts, [8000, 4000]);
        assert!(records.rows.is_sorted_by_key(|row| row.at));
        for (bytes, begin) in [(1, 0), (2, 5), (3, 6)] {
            let begin = Instant::from_s(begin);
            let copies: Vec<_> = records.rows.iter().filter(|row| row.bytes == bytes).collect();
            assert_eq!(copies.len(), 4000);
            assert!(copies.iter().all(|row| row.at >= begin && row.at < begin + Span::from_s(1)));
            // The mean of 4,000 uniform draws has a standard deviation of 0.0046 s.
            let mean = copies.iter().map(|row| row.at.since(begin).as_s()).sum::<f64>() / 4000.0;
            assert!((mean - 0.5).abs() < 0.025, "{mean}");
        }
    }

    #[test]
    fn a_fraction_of_the_scale_is_drawn() {
        let mut text = String::from("t,k,n\n");
        for at in 0..10_000 {
            writeln!(text, "{at},a,1").unwrap();
        }
        // The number of draws that succeed has a standard deviation of 50 at a half.
        let count = |scale| read(&text, Replay { scale, ..AS_IT_WAS }).unwrap().rows.len();
        assert!(count(0.5).abs_diff(5_000) < 250);
        assert!(count(2.5).abs_diff(25_000) < 250);
        assert_eq!(count(2.0), 20_000);
        let thinned = read(&text, Replay { scale: 0.5, ..AS_IT_WAS }).unwrap();
        assert!(thinned.rows.iter().all(|row| row.at.as_ns() % 1_000_000_000 == 0));
        assert_eq!(thinned.counts, [thinned.rows.len() as u64]);
        assert_eq!(thinned, read(&text, Replay { scale: 0.5, ..AS_IT_WAS }).unwrap());
    }

    #[test]
    fn each_fault_has_its_line() {
        let long_key = format!("t,k,n\n1,{},1\n", "k".repeat(257));
        for (text, line, message) in [
            ("t,k,n\n", 1, "the file has a header but no rows"),
            ("t,key,n\n1,a,1\n", 1, "there is no column `k`; columns found: `t`, `key`, `n`"),
            ("t,k,n\n2,a,1\n1,a,1\n", 3, "`1` is earlier than the row before"),
            ("t,k,n\n2,a,1\n2,b,1\n1.9,a,1\n", 4, "`1.9` is earlier than the row before"),
            ("t,k,n\nnow,a,1\n", 2, "`now` is not a time"),
            ("t,k,n\n1,,1\n", 2, "the partition key is empty"),
            (&long_key, 2, "the partition key has 257 characters"),
            ("t,k,n\n1,a,-1\n", 2, "the size `-1` is not a number"),
            ("t,k,n\n1,a,1.5\n", 2, "the size `1.5` is not a number"),
            ("t,k,n\n1,a,10485760\n", 2, "a record of 10485760 bytes with a key of 1 exceeds"),
            ("t,k,n\n1,a,18446744073709551615\n", 2, "a record of 18446744073709551615 bytes"),
            ("t,k,n\n1,a,1\n2,a\n", 3, "the row has 2 fields, the header 3"),
            ("t,k,n\n-20000000000,a,1\n1,a,1\n", 3, "the record is more than 292 years after"),
        ] {
            let problem = read(text, AS_IT_WAS).unwrap_err();
            assert!(problem.message.starts_with(message), "{text:?} gave {problem:?}");
            assert_eq!(problem.line, Some(line), "{text:?} gave {problem:?}");
        }
        assert!(read("t,k,n\n1,a,1048575\n", AS_IT_WAS).is_ok());
    }

    #[test]
    fn speed_and_scale_have_bounds() {
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e10] {
            let problem = read("t,k,n\n1,a,1\n", Replay { speed: factor, ..AS_IT_WAS });
            assert!(problem.unwrap_err().message.starts_with("`speed` is"));
            let problem = read("t,k,n\n1,a,1\n", Replay { scale: factor, ..AS_IT_WAS });
            assert!(problem.unwrap_err().message.starts_with("`scale` is"));
        }
    }

    #[test]
    fn too_many_records_are_counted_not_kept() {
        let text = "t,k,n\n1,a,1\n2,a,1\n3,a,1\n";
        let problem = read(text, Replay { scale: 7e6, ..AS_IT_WAS }).unwrap_err();
        assert_eq!(problem.message, "the trace gives 21000000 records, more than 20000000");
        let problem = read(text, Replay { scale: 1e-9, ..AS_IT_WAS }).unwrap_err();
        assert!(problem.message.starts_with("no record is left of 3 rows"), "{problem:?}");
    }

    #[test]
    fn real_traces() {
        // Rows, span, clients, the top client's requests and mean tokens were counted apart.
        let file = include_bytes!("../../../scenarios/data/nasa_http_1995-08-01.csv.gz");
        let columns = RecordColumns {
            time: "epoch_s",
            key: Some("client"),
            size: Some("log_line_bytes"),
            constant_size: Bytes(0),
        };
        let nasa = read_records(file, &columns, AS_IT_WAS, 1).unwrap();
        assert_eq!((nasa.rows.len(), nasa.keys.len()), (30_969, 2_365));
        assert_eq!(nasa.counts.iter().max(), Some(&364));
        assert_eq!(nasa.rows.last().map(|row| row.at), Some(Instant::from_s(46_321)));
        assert_eq!(nasa.keys[0], "h00000");

        let file = include_bytes!("../../../scenarios/data/azure_llm_conv_2023.csv.gz");
        let columns = RecordColumns {
            time: "epoch_us",
            key: Some("request"),
            size: Some("record_bytes"),
            constant_size: Bytes(0),
        };
        let azure = read_records(file, &columns, AS_IT_WAS, 1).unwrap();
        assert_eq!((azure.rows.len(), azure.keys.len()), (19_366, 19_366));
        let bytes: u64 = azure.rows.iter().map(|row| u64::from(row.bytes)).sum();
        let mean = bytes as f64 / 19_366.0;
        assert!((mean / 4.0 - (1154.7 + 211.13)).abs() < 0.01, "{mean}");
        assert!((azure.rows[19_365].at.as_s() - 3_501.722).abs() < 0.001);
    }
}
