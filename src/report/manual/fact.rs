//! Facts, and what older notes say of them, from `docs/old-notes.md`.

use super::page::sections;
use super::{Entry, Kind};
use crate::model::facts::{FACTS, Fact, Grade};

const PAGE: &str = include_str!("../../../docs/old-notes.md");

/// Facts, then old notes.
pub(super) fn entries() -> Vec<Entry> {
    FACTS.iter().map(of_fact).chain(notes()).collect()
}

/// The ids of facts a text names, in order.
pub(super) fn cited(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(move |c| !is_part(c)).filter(|word| crate::model::facts::fact(word).is_some())
}

/// What older notes say about a fact.
pub(super) fn old(id: &str) -> Vec<String> {
    let of_fact = notes().into_iter().filter(|note| note.details[0].1 == id);
    of_fact.map(|note| format!("{}; {}", in_full(&note), note.details[1].1)).collect()
}

/// All that a note says.
fn in_full(note: &Entry) -> String {
    match note.meaning.as_str() {
        "" => note.name.clone(),
        more => format!("{}: {more}", note.name),
    }
}

/// What held before a fact did, where the page of old notes does not tell it in its own words.
fn before(id: &str) -> Option<&'static str> {
    let before = crate::model::facts::fact(id)?.before;
    (!before.is_empty() && old(id).is_empty()).then_some(before)
}

/// Whether an entry is a fact with a number that AWS gives.
pub(super) fn is_limit(entry: &Entry) -> bool {
    entry.kind == Kind::Fact
        && entry.details[0].1.contains(|c: char| c.is_ascii_digit())
        && entry.details[1].1 == grade(Grade::Documented)
}

/// Facts and old notes in which every word of `topic` occurs.
pub(super) fn mentioning(entries: &[Entry], topic: &str) -> Option<Vec<Entry>> {
    let asked = words(topic);
    let mentions = |entry: &&Entry| {
        let told = match entry.kind {
            Kind::Fact => {
                let before = before(&entry.name).unwrap_or_default();
                words(&format!("{} {} {before}", entry.meaning, entry.details[0].1))
            }
            Kind::Note => words(&in_full(entry)),
            _ => return false,
        };
        asked.iter().all(|word| told.contains(word))
    };
    let found: Vec<Entry> = entries.iter().filter(mentions).cloned().collect();
    (!asked.is_empty() && !found.is_empty()).then_some(found)
}

/// A fact in a line: what holds, its number, how well it is known.
pub(super) fn line(fact: &Fact) -> String {
    let value = match with_unit(fact.value, fact.unit) {
        value if fact.value.is_empty() || value.is_empty() => String::new(),
        value => format!("{value}; "),
    };
    format!("{} ({value}{})", fact.statement, grade(fact.grade))
}

/// A number with its unit: `10 MiB; 10000 records` of `10; 10000` and `MiB; records`.
fn with_unit(value: &str, unit: &str) -> String {
    let parts = |text: &str| text.split("; ").map(str::to_owned).collect::<Vec<_>>();
    let (values, units) = (parts(value), parts(unit));
    if values.len() != units.len() {
        return format!("{value} {unit}").trim().to_owned();
    }
    let pairs = values.iter().zip(&units).map(|(value, unit)| format!("{value} {unit}"));
    pairs.map(|pair| pair.trim().to_owned()).collect::<Vec<_>>().join("; ")
}

fn of_fact(fact: &Fact) -> Entry {
    let label = |label: &str, text: String| (label.to_owned(), text);
    let value = with_unit(fact.value, fact.unit);
    let value = if value.is_empty() { "-".to_owned() } else { value };
    let mut details = vec![
        label("value", value),
        label("grade", grade(fact.grade).to_owned()),
        label("source", format!("{}, checked {}", fact.source, fact.checked)),
    ];
    if let Some(before) = before(fact.id) {
        details.push(label("before", before.to_owned()));
    }
    Entry {
        kind: Kind::Fact,
        name: fact.id.to_owned(),
        meaning: fact.statement.to_owned(),
        details,
        text: Vec::new(),
        members: Vec::new(),
        keys: vec![fact.id.to_owned()],
    }
}

const fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Documented => "documented by AWS",
        Grade::Code => "read from AWS's own client code",
        Grade::Measured => "measured and published",
        Grade::Reverse => "found from outside by third parties",
        Grade::Derived => "follows from documented facts",
        Grade::Folklore => "widely told",
        Grade::Assumed => "assumed: nobody says, a value was chosen",
    }
}

fn notes() -> Vec<Entry> {
    let mut found = Vec::new();
    for section in sections(PAGE) {
        for table in section.tables("fact") {
            for row in &table.rows {
                let detail = |label: &str| (label.to_owned(), table.cell(row, label).to_owned());
                let says = table.cell(row, "notes say");
                let (name, more) = says.split_once(": ").unwrap_or((says, ""));
                found.push(Entry {
                    kind: Kind::Note,
                    name: name.to_owned(),
                    meaning: more.to_owned(),
                    details: vec![detail("fact"), detail("it was so"), detail("today")],
                    text: Vec::new(),
                    members: Vec::new(),
                    keys: vec![name.to_owned()],
                });
            }
        }
    }
    found
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_meet_their_units() {
        assert_eq!(with_unit("10; 10000", "MiB; records"), "10 MiB; 10000 records");
        assert_eq!(with_unit("1 to 256", "characters"), "1 to 256 characters");
        assert_eq!(with_unit("1; 0.05; 20", "s"), "1; 0.05; 20 s");
        assert_eq!(with_unit("", "records"), "records");
        assert_eq!(with_unit("", ""), "");
    }

    #[test]
    fn ids_are_found_in_running_text() {
        let text = "rounded up (KDS-W06, KDS-W07); SDK-27. Not KDS-Z99 nor KDS-W0.";
        assert_eq!(cited(text).collect::<Vec<_>>(), ["KDS-W06", "KDS-W07", "SDK-27"]);
    }

    #[test]
    fn old_notes_belong_to_their_facts() {
        assert!(old("KDS-T02")[0].contains("7 days"));
        assert!(old("KDS-T02")[0].contains("2020"));
        assert!(old("KDS-W02").is_empty());
    }
}
