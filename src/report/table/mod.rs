//! The tables of a run: RFC 4180 CSV, one file a table.
//!
//! Where CloudWatch has a metric of the same quantity and statistic, the column bears its name
//! (KDS-M01 … KDS-M12); every other name is snake_case and ends in its unit. `t_s` is the start of
//! an interval in seconds of virtual time. Empty fields mean that there was nothing to measure.

pub mod alarms;
pub mod consumers;
pub mod cost;
pub mod events;
pub mod keys;
pub mod lambda;
pub mod latency;
pub mod lineage;
pub mod losses;
pub mod objects;
pub mod shards;
pub mod timeline;

use std::io::{self, Write};

use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;

/// One table that a run can write.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name on the command line; the file is `NAME.csv`.
    pub name: &'static str,
    /// What a row is.
    pub row: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// Its CSV text.
    pub write: fn(&Scenario, &Outcome) -> Vec<u8>,
}

impl Table {
    /// Whether a run of the scenario writes it.
    #[must_use]
    pub fn is_written(&self, scenario: &Scenario) -> bool {
        match self.name {
            name if name == alarms::TABLE.name => !scenario.alarms.is_empty(),
            name if name == objects::TABLE.name => {
                scenario.plan.readers.iter().any(|reader| reader.firehose().is_some())
            }
            name if name == lambda::TABLE.name => {
                scenario.plan.readers.iter().any(|reader| reader.lambda().is_some())
            }
            _ => true,
        }
    }
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// What its values are, and their unit.
    pub meaning: &'static str,
}

/// Every table there is.
pub const TABLES: &[Table] = &[
    timeline::TABLE,
    shards::TABLE,
    consumers::TABLE,
    lambda::TABLE,
    latency::TABLE,
    keys::TABLE,
    losses::TABLE,
    events::TABLE,
    lineage::TABLE,
    objects::TABLE,
    alarms::TABLE,
    cost::TABLE,
];

/// The table of this name, as in `--csv shards`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// Writes rows under a header. Numbers are whole, or floats in their shortest exact form.
pub(in crate::report) struct Rows<W: Write = Vec<u8>> {
    csv: csv::Writer<W>,
    /// The first thing that went wrong; memory takes everything.
    fault: Option<io::Error>,
}

impl Rows {
    pub(in crate::report) fn new(columns: &[Column]) -> Self {
        Self::headed(columns.iter().map(|column| column.name))
    }

    /// Under these names.
    pub(in crate::report) fn headed<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self::onto(Vec::new(), names)
    }

    pub(in crate::report) fn into_bytes(self) -> Vec<u8> {
        self.csv.into_inner().expect("memory takes everything")
    }
}

impl<W: Write> Rows<W> {
    /// Written to `to` as they come, under these names.
    pub(in crate::report) fn onto<'n>(to: W, names: impl Iterator<Item = &'n str>) -> Self {
        let csv = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(to);
        let mut rows = Self { csv, fault: None };
        for name in names {
            rows.text(name);
        }
        rows.end();
        rows
    }

    pub(in crate::report) fn text(&mut self, value: &str) -> &mut Self {
        let written = self.csv.write_field(value);
        self.note(written);
        self
    }

    pub(in crate::report) fn whole(&mut self, value: impl Into<u64>) -> &mut Self {
        self.text(&value.into().to_string())
    }

    pub(in crate::report) fn float(&mut self, value: f64) -> &mut Self {
        self.text(&value.to_string())
    }

    pub(in crate::report) fn empty(&mut self) -> &mut Self {
        self.text("")
    }

    /// Ends a row, which is as long as the header.
    pub(in crate::report) fn end(&mut self) {
        let written = self.csv.write_record(None::<&[u8]>);
        self.note(written);
    }

    /// Writes what is left, and says whether all could be written.
    pub(in crate::report) fn finish(mut self) -> io::Result<()> {
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => self.csv.flush(),
        }
    }

    fn note(&mut self, written: csv::Result<()>) {
        let Err(error) = written else { return };
        let is_uneven = matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. });
        assert!(!is_uneven, "a row has a value for each column");
        self.fault.get_or_insert(error.into());
    }
}

/// Whole milliseconds of so many nanoseconds, rounded up: only a true zero reads as zero.
fn ms_rounded_up(ns: u64) -> u64 {
    ns.div_ceil(1_000_000)
}

#[cfg(test)]
#[expect(clippy::format_push_string, reason = "a test")]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect_file;

    use super::*;
    use crate::experiment::sample;
    use crate::report::study;

    #[test]
    fn every_column_has_a_name_of_its_own_and_a_meaning() {
        for table in TABLES {
            let names: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            for column in table.columns {
                assert!(column.meaning.len() > 10, "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn every_table_is_read_back_with_its_columns() {
        let (scenario, outcome) = sample::hot_shard();
        for table in TABLES {
            let text = (table.write)(&scenario, &outcome);
            assert!(text.ends_with(b"\n") && !text.contains(&b'\r'), "{}", table.name);
            let mut reader = csv::Reader::from_reader(text.as_slice());
            let header: Vec<_> =
                reader.headers().expect("header").iter().map(str::to_owned).collect();
            let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(header, names);
            assert!(reader.records().all(|row| row.is_ok()), "{}", table.name);
        }
        assert!(find("shards").is_some() && find("shard").is_none());
    }

    #[test]
    fn the_calendar_is_a_last_column_where_the_run_has_a_start() {
        let (mut scenario, outcome) = sample::hot_shard();
        let plain = String::from_utf8(timeline::write(&scenario, &outcome)).expect("UTF-8");
        scenario.start = crate::calendar::Moment::read("2026-11-02T23:59:40+01:00");
        let dated = String::from_utf8(timeline::write(&scenario, &outcome)).expect("UTF-8");
        let times = ["time", "2026-11-02T23:59:40+01:00", "2026-11-02T23:59:50+01:00"];
        for (time, (plain, dated)) in times.iter().zip(plain.lines().zip(dated.lines())) {
            assert_eq!(format!("{plain},{time}"), dated);
        }
        assert!(dated.lines().nth(3).expect("a row").ends_with(",2026-11-03T00:00:00+01:00"));
    }

    /// What shards and consumers say adds up to what the timeline says.
    #[test]
    fn tables_agree_on_the_totals() {
        let (scenario, outcome) = sample::hot_shard();
        let sum = |table: &str, column: &str| -> u64 {
            let table = find(table).expect("known");
            let text = (table.write)(&scenario, &outcome);
            let place = table.columns.iter().position(|c| c.name == column).expect("column");
            csv::Reader::from_reader(text.as_slice())
                .records()
                .map(|row| row.expect("row")[place].parse::<u64>().expect("whole"))
                .sum()
        };
        for column in ["offered_records", "IncomingRecords", "WriteProvisionedThroughputExceeded"] {
            assert_eq!(sum("timeline", column), sum("shards", column), "{column}");
        }
        assert_eq!(sum("timeline", "offered_records"), 108_000);
        assert_eq!(sum("timeline", "IncomingRecords"), 96_000);
        assert_eq!(sum("losses", "records"), 12_000);
        assert_eq!(sum("consumers", "GetRecords.Records"), sum("shards", "OutgoingRecords"));
    }

    /// `docs/tables.md` is written from the columns' own meanings.
    #[test]
    fn the_reference_describes_every_column() {
        let mut text = "# Tables\n\nCSV as in RFC 4180: UTF-8, a line feed after each row, a \
                        header. Columns are in this order.\nA column named as a CloudWatch metric \
                        has that metric's quantity and statistic.\n"
            .to_owned();
        for table in TABLES {
            text += &format!("\n## {}.csv\n\nA row is {}.\n\n", table.name, table.row);
            text += "| column | meaning |\n|---|---|\n";
            let last = [timeline::STREAM, timeline::TIME];
            let last = last.iter().filter(|_| table.name == "timeline");
            for column in table.columns.iter().chain(last) {
                text += &format!("| `{}` | {} |\n", column.name, column.meaning);
            }
        }
        text += "\nThe tables that follow are of studies of many runs: \
                 [statistics](statistics.md) says what intervals mean.\n";
        for table in study::TABLES {
            let (name, command) = (table.name, table.command);
            text += &format!("\n## {name}.csv\n\nBy `{command}`. A row is {}.\n\n", table.row);
            text += "| column | meaning |\n|---|---|\n";
            for column in table.columns {
                text += &format!("| `{}` | {} |\n", column.name, column.meaning);
            }
        }
        expect_file!["../../../docs/tables.md"].assert_eq(&text);
    }

    /// The whole text of the short tables, and the first rows of the long ones.
    #[test]
    fn tables_are_as_they_were() {
        let (scenario, outcome) = sample::hot_shard();
        let text = |table: &Table| {
            let text = String::from_utf8((table.write)(&scenario, &outcome)).expect("UTF-8");
            text.split_inclusive('\n').take(5).collect::<String>()
        };
        expect_file!["sample/timeline.csv"].assert_eq(&text(&timeline::TABLE));
        expect_file!["sample/shards.csv"].assert_eq(&text(&shards::TABLE));
        expect_file!["sample/consumers.csv"].assert_eq(&text(&consumers::TABLE));
        expect_file!["sample/latency.csv"].assert_eq(&text(&latency::TABLE));
        expect_file!["sample/keys.csv"].assert_eq(&text(&keys::TABLE));
        expect_file!["sample/events.csv"].assert_eq(&text(&events::TABLE));
        expect_file!["sample/losses.csv"].assert_eq(&text(&losses::TABLE));
        expect_file!["sample/cost.csv"].assert_eq(&text(&cost::TABLE));
    }
}
