//! What can be wrong with a scenario: codes, places, and the words for them.

use std::fmt;

/// What kind of problem: the code a user can look up. Codes are never reused.
///
/// E1xx is syntax, names and units; E2xx out of range; E3xx contradictions; E4xx files; E5xx
/// budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The text is not TOML.
    Syntax,
    /// A table no scenario has.
    UnknownTable,
    /// A field its table does not have.
    UnknownField,
    /// A field that must be given.
    MissingField,
    /// A number where text belongs, and the like.
    WrongType,
    /// A word that is not one of those a field takes.
    UnknownWord,
    /// A name that cannot be one, or that is taken.
    BadName,
    /// A metric nobody measures.
    UnknownMetric,
    /// An objective's condition that cannot be read.
    BadCondition,
    /// An override that leads nowhere.
    BadOverride,
    /// A quantity without its unit.
    NeedsUnit,
    /// A quantity that cannot be read.
    BadQuantity,
    /// A feature this version does not have.
    NotBuilt,
    /// A value outside its range.
    OutOfRange,
    /// A record larger than the stream takes.
    RecordTooLarge,
    /// Points or values that are not in order, or do not fit together.
    BadList,
    /// Two fields that exclude each other.
    Contradiction,
    /// A field that means nothing beside the others.
    Pointless,
    /// More shards than the account may hold.
    OverQuota,
    /// A condition whose unit is not its metric's.
    WrongUnit,
    /// A file that cannot be read.
    Unreadable,
    /// A file whose content cannot be used.
    BadContent,
    /// A scenario text too large to be one.
    TextTooLarge,
    /// More records than a run may have.
    TooManyRecords,
    /// More keys, instances or intervals than a run may have.
    TooMany,
}

/// Every code with its number and a line for the manual.
pub const CODES: [(Code, &str, &str); 25] = [
    (Code::Syntax, "E100", "the text is not TOML"),
    (Code::UnknownTable, "E101", "a table no scenario has"),
    (Code::UnknownField, "E102", "a field its table does not have"),
    (Code::MissingField, "E103", "a field that must be given"),
    (Code::WrongType, "E104", "a value of the wrong type"),
    (Code::UnknownWord, "E105", "a word the field does not take"),
    (Code::BadName, "E106", "a name that cannot be one, or is taken"),
    (Code::UnknownMetric, "E107", "an objective on a metric nobody measures"),
    (Code::BadCondition, "E108", "an objective's condition that cannot be read"),
    (Code::BadOverride, "E109", "an override that leads nowhere"),
    (Code::NeedsUnit, "E110", "a quantity without its unit"),
    (Code::BadQuantity, "E111", "a quantity that cannot be read"),
    (Code::NotBuilt, "E120", "a feature this version does not have yet"),
    (Code::OutOfRange, "E201", "a value outside its range"),
    (Code::RecordTooLarge, "E202", "a record larger than the stream takes"),
    (Code::BadList, "E203", "values that are not in order or do not fit together"),
    (Code::Contradiction, "E301", "two fields that exclude each other"),
    (Code::Pointless, "E302", "a field that means nothing beside the others"),
    (Code::OverQuota, "E303", "more shards than the account may hold"),
    (Code::WrongUnit, "E304", "a condition whose unit is not its metric's"),
    (Code::Unreadable, "E401", "a file that cannot be read"),
    (Code::BadContent, "E402", "a file whose content cannot be used"),
    (Code::TextTooLarge, "E501", "a scenario text too large to be one"),
    (Code::TooManyRecords, "E502", "more records than a run may have"),
    (Code::TooMany, "E503", "more keys or intervals than a run may have"),
];

impl Code {
    /// The code as printed: `E110`.
    #[must_use]
    pub fn id(self) -> &'static str {
        CODES[self as usize].1
    }
}

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A key of a table.
    Key(String),
    /// A place in an array, from 0.
    Index(usize),
}

/// Where in a document: `producer[0].rate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path of a top-level table.
    #[must_use]
    pub fn of(table: &str) -> Self {
        Self(vec![Step::Key(table.to_owned())])
    }

    /// This path and a key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    /// This path and a place in an array.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// Its keys, without places in arrays.
    #[must_use]
    pub fn key_names(&self) -> Vec<&str> {
        let names = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        names.collect()
    }

    /// The last key with what follows it: `points[1]`; what a message calls the field.
    #[must_use]
    pub fn field(&self) -> String {
        let from = self.0.iter().rposition(|step| matches!(step, Step::Key(_))).unwrap_or(0);
        Self(self.0[from..].to_vec()).to_string()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if i == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Which part of what a path leads to is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key: it should not be there.
    Key,
    /// The value.
    Value,
}

/// One thing wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// Where.
    pub path: Path,
    /// Which part of it.
    pub part: Part,
    /// Bytes of the text, where no path leads there (syntax).
    pub span: Option<std::ops::Range<usize>>,
    /// The first line, complete in itself.
    pub message: String,
    /// Beside the place.
    pub label: String,
    /// The fact behind it.
    pub note: Option<String>,
    /// The edit.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with the value at `path`.
    #[must_use]
    pub fn new(code: Code, path: &Path, message: impl Into<String>) -> Self {
        Self {
            code,
            path: path.clone(),
            part: Part::Value,
            span: None,
            message: message.into(),
            label: String::new(),
            note: None,
            help: None,
        }
    }

    /// The same, about the key instead of its value.
    #[must_use]
    pub fn at_key(self) -> Self {
        Self { part: Part::Key, ..self }
    }

    /// The same, with words beside the place.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// The same, with the fact behind it.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// The same, with the edit that mends it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Those of `candidates` a user may have meant by `wrong`, nearest first, at most three.
#[must_use]
pub fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let mut ranked: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1))
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// "`a`, `b` or `c`".
#[must_use]
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", most.join(", "))
        }
    }
}

/// A whole number with commas: `20,000`.
#[must_use]
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_codes_is_in_the_order_of_the_codes() {
        for (i, (code, id, _)) in CODES.iter().enumerate() {
            assert_eq!(*code as usize, i, "{id}");
            assert!(i == 0 || CODES[i - 1].1 < *id, "{id}");
        }
    }

    #[test]
    fn paths_print_as_they_are_written() {
        let path = Path::of("producer").index(0).key("rate").key("points").index(1);
        assert_eq!(path.to_string(), "producer[0].rate.points[1]");
        assert_eq!(path.field(), "points[1]");
    }

    #[test]
    fn the_nearest_name_comes_first() {
        assert_eq!(nearest("shard_cont", ["name", "shard_count"]), ["shard_count"]);
        assert_eq!(nearest("xyz", ["name", "shard_count"]), [""; 0]);
        assert_eq!(with_commas(20_000), "20,000");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
