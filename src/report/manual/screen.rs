//! The manual's answers as text of at most 88 columns, and as data.

use serde_json::{Value, json};

use super::{Answer, Entry, Kind, fact};
use crate::model::facts;
use crate::report::summary::SCHEMA_VERSION;
use crate::report::summary::layout::{Screen, Style};

/// Columns a name may take beside its meaning.
const NAME_MAX: usize = 34;
/// Where the text of a detail begins.
const DETAIL: usize = 13;

/// An answer for a terminal.
#[must_use]
pub fn screen(answer: &Answer, style: Style) -> String {
    let mut screen = Screen::new(style);
    if answer.is_list {
        list(&mut screen, answer);
    } else {
        for (place, entry) in answer.entries.iter().enumerate() {
            if place > 0 {
                screen.blank();
            }
            full(&mut screen, entry);
        }
    }
    screen.into_text()
}

/// What can be asked, with an example of each kind.
#[must_use]
pub fn overview(style: Style) -> String {
    let mut screen = Screen::new(style);
    screen.wrapped("", 0, "`kinesim explain TOPIC` says what TOPIC is. TOPIC may be");
    screen.blank();
    for (kind, example) in Kind::LISTED {
        let plural = format!("{}s", kind.name());
        screen.line(&format!("  {:<31}{example:<19}all: {plural}", kind.about()));
    }
    screen.blank();
    let rest = "Names may be written as in a scenario, as AWS writes them, or as a path: \
                `ShardCount`, `shard_count`, `stream.shard_count`.";
    screen.wrapped("", 0, rest);
    screen.into_text()
}

/// An answer as data.
#[must_use]
pub fn json(answer: &Answer) -> Value {
    let entry = |entry: &Entry| {
        let mut data = serde_json::to_value(entry).expect("strings are always JSON");
        let details: serde_json::Map<String, Value> =
            entry.details.iter().map(|(label, text)| (label.clone(), json!(text))).collect();
        let members = entry.members.iter();
        let members: Vec<Value> =
            members.map(|(name, meaning)| json!({ "name": name, "meaning": meaning })).collect();
        data["details"] = details.into();
        data["members"] = members.into();
        data["facts"] = json!(ids(entry));
        data["older_notes"] = json!(old_notes(entry));
        data
    };
    json!({
        "schema_version": SCHEMA_VERSION,
        "topic": answer.topic,
        "entries": answer.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn full(screen: &mut Screen, entry: &Entry) {
    screen.wrapped(&format!("{}   ", entry.name), 2, &format!("({})", entry.kind.name()));
    if !entry.meaning.is_empty() {
        screen.wrapped("  ", 2, &entry.meaning);
    }
    for (label, text) in &entry.details {
        detail(screen, label, text);
    }
    for text in &entry.text {
        screen.blank();
        screen.wrapped("  ", 2, text);
    }
    if !entry.members.is_empty() {
        screen.blank();
        let members = entry.members.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        lines(screen, &members.collect::<Vec<_>>());
    }
    let ids = ids(entry);
    if !ids.is_empty() {
        screen.blank();
    }
    for fact in ids.iter().filter_map(|id| facts::fact(id)) {
        detail(screen, fact.id, &fact::line(fact));
    }
    for note in old_notes(entry) {
        screen.blank();
        screen.wrapped("  ", 2, &format!("Older notes say: {note}."));
    }
}

fn detail(screen: &mut Screen, label: &str, text: &str) {
    let width = DETAIL - 2;
    screen.wrapped(&format!("  {label:<width$}"), DETAIL, text);
}

fn list(screen: &mut Screen, answer: &Answer) {
    let kinds: Vec<Kind> = answer.entries.iter().map(|entry| entry.kind).collect();
    let mixed = kinds.windows(2).any(|pair| pair[0] != pair[1]);
    let told: Vec<(&str, String)> = answer
        .entries
        .iter()
        .map(|entry| {
            let (name, text) = in_a_line(entry);
            let kind = if mixed { format!("({}) ", entry.kind.name()) } else { String::new() };
            (name, format!("{kind}{text}"))
        })
        .collect();
    lines(screen, &told.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
}

/// A name and what is said beside it in a list.
fn in_a_line(entry: &Entry) -> (&str, String) {
    let first = entry.details.first().map_or("", |(_, text)| text.as_str());
    match entry.kind {
        Kind::Finding | Kind::Error => {
            let (code, title) = entry.name.split_once(' ').unwrap_or((&entry.name, ""));
            (code, title.to_owned())
        }
        Kind::Fact if first != "-" => (&entry.name, format!("{} ({first})", entry.meaning)),
        Kind::Note => (&entry.name, format!("today: {}", entry.details[2].1)),
        _ if entry.meaning.is_empty() => (&entry.name, first.to_owned()),
        _ => (&entry.name, entry.meaning.clone()),
    }
}

/// Names with their meanings beside them; a long name has a line of its own.
fn lines(screen: &mut Screen, told: &[(&str, &str)]) {
    let width = |name: &str| name.chars().count();
    let widest = told.iter().map(|(name, _)| width(name)).filter(|width| *width <= NAME_MAX).max();
    let column = widest.unwrap_or(NAME_MAX);
    for (name, text) in told {
        let mut label = format!("  {name:<column$}  ");
        if width(name) > column {
            screen.line(&format!("  {name}"));
            label = " ".repeat(column + 4);
        }
        screen.wrapped(&label, column + 4, text);
    }
}

/// The facts an entry names, each once; a fact does not name itself.
fn ids(entry: &Entry) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let details = entry.details.iter().map(|(_, text)| text.as_str());
    let texts = std::iter::once(entry.meaning.as_str()).chain(details);
    let texts = texts.chain(entry.text.iter().map(String::as_str));
    for id in texts.flat_map(fact::cited) {
        if id != entry.name && !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// What older notes say about the facts an entry is or names.
fn old_notes(entry: &Entry) -> Vec<String> {
    if entry.kind == Kind::Note {
        return Vec::new();
    }
    std::iter::once(entry.name.as_str()).chain(ids(entry)).flat_map(fact::old).collect()
}
