//! A CSV text row by row, each with its line.

use csv::StringRecord;

use super::text::line_ends;
use super::{InputProblem, shown};

/// Reads rows in order and knows on which line each begins.
pub(super) struct Table<'a> {
    text: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    row: StringRecord,
    /// Line of the last row, and the byte up to which lines have been counted.
    line: u64,
    counted: usize,
}

/// The names of the columns.
pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) line: u64,
}

/// Most columns of a table.
const MAX_COLUMNS: usize = 10_000;
/// Columns named in a message; more are counted only.
const MAX_SHOWN: usize = 20;
/// Longest name that is compared with a misspelt one (bytes).
const MAX_COMPARED: usize = 100;

impl<'a> Table<'a> {
    /// Rows of `text`; they may differ in length.
    pub(super) fn new(text: &'a str) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        let reader = builder.has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { text: text.as_bytes(), reader, row: StringRecord::new(), line: 1, counted: 0 }
    }

    /// The next row with its line; `None` after the last. Blank lines are passed over.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &StringRecord)>, InputProblem> {
        let begin = self.reader.position().byte() as usize;
        match self.reader.read_record(&mut self.row) {
            Ok(true) => {
                self.count_lines(begin);
                Ok(Some((self.line, &self.row)))
            }
            Ok(false) => Ok(None),
            Err(error) => {
                self.count_lines(begin);
                Err(InputProblem::at(self.line, format!("the row cannot be read: {error}")))
            }
        }
    }

    /// The next row, which must have as many fields as the header.
    pub(super) fn next_of(
        &mut self,
        header: &Header,
    ) -> Result<Option<(u64, &StringRecord)>, InputProblem> {
        match self.next()? {
            Some((line, row)) => {
                header.check_width(line, row)?;
                Ok(Some((line, row)))
            }
            None => Ok(None),
        }
    }

    /// The first row, which names the columns.
    pub(super) fn header(&mut self) -> Result<Header, InputProblem> {
        if self.text.trim_ascii_start().first().is_some_and(|byte| b"{[".contains(byte)) {
            return Err(InputProblem::of_file("the file looks like JSON")
                .with_help("a CSV file is wanted, with a header row such as `timestamp,value`"));
        }
        match self.next()? {
            Some((line, row)) if row.len() > MAX_COLUMNS => {
                Err(InputProblem::at(line, format!("the row has {} fields", row.len()))
                    .with_help(format!("a table may have {MAX_COLUMNS} columns")))
            }
            Some((line, row)) => Ok(Header::new(line, row)),
            None => Err(InputProblem::of_file("the file is empty")),
        }
    }

    /// Moves `line` to the row that was read from byte `begin`: the reader leaves the second half
    /// of a CRLF, and blank lines, to the row that follows them.
    fn count_lines(&mut self, begin: usize) {
        let blank = self.text[begin..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let end = begin + blank;
        let passed = &self.text[self.counted..end];
        self.line += line_ends(passed);
        self.counted = end;
    }
}

impl Header {
    pub(super) fn new(line: u64, row: &StringRecord) -> Self {
        Self { names: row.iter().map(|name| name.trim().to_owned()).collect(), line }
    }

    /// Where the column called `name` stands.
    pub(super) fn column(&self, name: &str) -> Result<usize, InputProblem> {
        let mut places = (0..self.names.len()).filter(|&place| self.names[place] == name);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(InputProblem::at(
                self.line,
                format!("the header has column {} twice", shown(name)),
            )),
            (None, _) => Err(self.missing(name)),
        }
    }

    pub(super) fn check_width(&self, line: u64, row: &StringRecord) -> Result<(), InputProblem> {
        let (have, want) = (row.len(), self.names.len());
        if have == want {
            return Ok(());
        }
        let fields = if have == 1 { "field" } else { "fields" };
        Err(InputProblem::at(line, format!("the row has {have} {fields}, the header {want}"))
            .with_help("quote a value that holds a comma; close every quotation mark"))
    }

    fn missing(&self, name: &str) -> InputProblem {
        let mut found: Vec<_> = self.names.iter().take(MAX_SHOWN).map(|name| shown(name)).collect();
        if self.names.len() > MAX_SHOWN {
            found.push(format!("and {} more", self.names.len() - MAX_SHOWN));
        }
        let found = found.join(", ");
        let message = format!("there is no column {}; columns found: {found}", shown(name));
        let problem = InputProblem::at(self.line, message);
        if let [only] = &self.names[..]
            && only.contains([';', '\t'])
        {
            return problem.with_help("separate columns by commas, not by semicolons or tabs");
        }
        let likeness =
            |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
        let short = self.names.iter().filter(|other| other.len() <= MAX_COMPARED);
        let nearest = short
            .map(|other| (likeness(other), other))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match nearest {
            Some((likeness, nearest)) if likeness >= 0.8 => {
                problem.with_help(format!("did you mean {}?", shown(nearest)))
            }
            _ => problem,
        }
    }
}
