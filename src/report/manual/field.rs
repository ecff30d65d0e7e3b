//! Tables, fields, units and rules from `docs/scenarios.md`; metrics from their registry.

use super::page::{Section, Table, codes, sections};
use super::{Entry, Kind, ends};
use crate::scenario::metric::{Family, REGISTRY};
use crate::scenario::problem::listed;

const PAGE: &str = include_str!("../../../docs/scenarios.md");

/// Tables and fields, units, rules, metrics.
pub(super) fn entries() -> Vec<Entry> {
    let sections = sections(PAGE);
    let mut tables = Vec::new();
    let mut fields = Vec::new();
    let mut units = Vec::new();
    let mut rules = Vec::new();
    let (mut table, mut step) = (String::new(), None);
    for section in &sections {
        match (section.level, codes(&section.title).next()) {
            (2, Some(header)) => {
                header.trim_matches(['[', ']']).clone_into(&mut table);
                step = name_step(header, section);
                tables.push(of_table(&table, header, section));
                fields.extend(of_section(&table, step, &table, section));
            }
            (2, None) if section.title == "Units" => units.extend(of_units(section)),
            (2, None) => rules.push(of_rule(section)),
            (3 | 4, Some(_)) => {
                for name in codes(&section.title) {
                    let path = format!("{table}.{name}");
                    fields.extend(of_section(&table, step, &path, section));
                    let path = path.trim_end_matches("[]");
                    let own = fields.iter_mut().find(|field| field.name == path);
                    if let Some(own) = own {
                        own.text.extend(section.paragraphs().map(str::to_owned));
                        own.text.extend(section.other_tables("field").flat_map(Table::lines));
                    }
                }
            }
            _ => {}
        }
    }
    add_containers(&mut fields);
    add_formats(&mut fields, &sections);
    add_members(&mut tables, &mut fields);
    let metrics = REGISTRY.iter().map(of_metric);
    tables.into_iter().chain(fields).chain(units).chain(rules).chain(metrics).collect()
}

/// The metric that `path` is one of.
pub(super) fn metric(path: &str) -> Option<Entry> {
    let mut entry = REGISTRY.iter().find(|family| family.has(path)).map(of_metric)?;
    for (_, text) in &mut entry.details {
        *text = text.replace(&entry.name, path);
    }
    Some(entry)
}

/// The fields and tables that say something of the word `topic`, written as they take it: those
/// that take it, where there are any.
pub(super) fn taking(entries: &[Entry], topic: &str) -> Option<Vec<Entry>> {
    let quoted = format!("\"{topic}\"");
    let says = |entry: &Entry, word: &str| {
        let texts = entry.text.iter().chain([&entry.meaning]);
        texts.flat_map(|text| codes(text)).any(|code| code == word)
    };
    let of_file = entries.iter().filter(|it| matches!(it.kind, Kind::Field | Kind::Table));
    let telling = |word: &str| -> Vec<Entry> {
        of_file.clone().filter(|entry| says(entry, word)).cloned().collect()
    };
    let is_word = topic.contains(char::is_alphanumeric);
    let words = [quoted.as_str(), topic].into_iter().filter(|_| is_word);
    words.map(telling).find(|found| !found.is_empty())
}

fn of_table(name: &str, header: &str, section: &Section) -> Entry {
    let mut paragraphs = section.paragraphs().map(str::to_owned);
    Entry {
        kind: Kind::Table,
        name: header.to_owned(),
        meaning: paragraphs.next().unwrap_or_default(),
        details: Vec::new(),
        text: paragraphs.chain(section.items().map(str::to_owned)).collect(),
        members: Vec::new(),
        keys: vec![name.to_owned()],
    }
}

/// What stands between a table's name and its field in an option: the name of one of several.
/// `None` where there are several without names, of which no option sets a field.
fn name_step(header: &str, section: &Section) -> Option<&'static str> {
    let mut rows = section.tables("field").flat_map(|table| &table.rows);
    if !header.starts_with("[[") {
        return Some("");
    }
    rows.any(|row| codes(&row[0]).next() == Some("name")).then_some(".NAME")
}

/// The fields in the rows of a section about `path`, which lies in `table`; `step` is its
/// [`name_step`]. A path that ends in `[]` is a list: no option sets one field of an element.
fn of_section(table: &str, step: Option<&str>, path: &str, section: &Section) -> Vec<Entry> {
    let mut found = Vec::new();
    for rows in section.tables("field") {
        for row in &rows.rows {
            let Some(field) = codes(&row[0]).next() else { continue };
            let name = format!("{}.{field}", path.trim_end_matches("[]"));
            let mut keys = ends(&name);
            let mut details = Vec::new();
            let aws = rows.cell(row, "AWS");
            keys.extend(codes(aws).flat_map(ends));
            for (label, column) in [("AWS", "AWS"), ("form", "form"), ("default", "default")] {
                let text = rows.cell(row, column);
                if !text.is_empty() {
                    details.push((label.to_owned(), text.to_owned()));
                }
            }
            let below = &name[table.len() + 1..];
            if let Some(step) = step.filter(|_| !path.ends_with("[]")) {
                let option = format!("`--set {table}{step}.{below}=VALUE`");
                details.push(("option".to_owned(), option));
            }
            let meaning = rows.cell(row, "meaning").to_owned();
            let (text, members) = (Vec::new(), Vec::new());
            found.push(Entry { kind: Kind::Field, name, meaning, details, text, members, keys });
        }
    }
    found
}

/// Fields that are tables and have no row of their own: `reader.get_records`.
fn add_containers(fields: &mut Vec<Entry>) {
    let mut missing: Vec<String> = Vec::new();
    for field in fields.iter() {
        let Some((container, _)) = field.name.rsplit_once('.') else { continue };
        let is_known = fields.iter().any(|field| field.name == container)
            || missing.iter().any(|name| name == container);
        if container.contains('.') && !is_known {
            missing.push(container.to_owned());
        }
    }
    for name in missing {
        let inner = format!("{name}.");
        let below: Vec<&str> =
            fields.iter().filter_map(|field| field.name.strip_prefix(&inner)).collect();
        let meaning = format!("a table with {}", listed(&below).replace(" or ", " and "));
        let keys = ends(&name);
        let (details, text, members) = (Vec::new(), Vec::new(), Vec::new());
        fields.push(Entry { kind: Kind::Field, name, meaning, details, text, members, keys });
    }
}

/// What the files must hold that some fields name: "Counts (`rate.trace`): …".
fn add_formats(fields: &mut [Entry], sections: &[Section]) {
    for item in sections.iter().flat_map(Section::items) {
        let Some((head, _)) = item.split_once("):") else { continue };
        for path in codes(head) {
            let ending = format!(".{path}");
            let own = fields.iter_mut().filter(|field| field.name.ends_with(&ending));
            own.for_each(|field| field.text.push(item.to_owned()));
        }
    }
}

/// What tables, and fields that are tables, are made of.
fn add_members(tables: &mut [Entry], fields: &mut [Entry]) {
    let known: Vec<(String, String)> =
        fields.iter().map(|field| (field.name.clone(), field.meaning.clone())).collect();
    let below = |path: &str| -> Vec<(String, String)> {
        let direct = |name: &str| {
            name.strip_prefix(path)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| !rest.contains('.'))
        };
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let members = known.iter().filter(|(name, _)| direct(name));
        members.map(|(name, meaning)| (last(name), meaning.clone())).collect()
    };
    for table in tables {
        table.members = if table.keys[0] == "slo" {
            let line = |family: &Family| (family.pattern.to_owned(), family.meaning.to_owned());
            REGISTRY.iter().map(line).collect()
        } else {
            below(&table.keys[0])
        };
    }
    for field in fields {
        field.members = below(&field.name);
    }
}

fn of_units(section: &Section) -> Vec<Entry> {
    let mut found = Vec::new();
    for table in section.tables("kind") {
        for row in &table.rows {
            let kind = table.cell(row, "kind");
            let units = table.cell(row, "units");
            let keys = kind.split(", ").chain(codes(units)).map(str::to_owned).collect();
            let mut details = Vec::new();
            for (label, column) in [("units", "units"), ("write", "write"), ("note", "notes")] {
                let text = table.cell(row, column);
                if !text.is_empty() {
                    details.push((label.to_owned(), text.to_owned()));
                }
            }
            found.push(Entry {
                kind: Kind::Unit,
                name: kind.to_owned(),
                meaning: String::new(),
                details,
                text: Vec::new(),
                members: Vec::new(),
                keys,
            });
        }
    }
    found
}

fn of_rule(section: &Section) -> Entry {
    let text = section.paragraphs().chain(section.items()).map(str::to_owned).collect();
    Entry {
        kind: Kind::Rule,
        name: section.title.clone(),
        meaning: String::new(),
        details: Vec::new(),
        text,
        members: Vec::new(),
        keys: vec![section.title.clone()],
    }
}

fn of_metric(family: &Family) -> Entry {
    // The steps that are words, not places for a name or a statistic.
    let steps: Vec<&str> =
        family.pattern.split('.').filter(|step| !matches!(*step, "NAME" | "STAT")).collect();
    let mut details = vec![("unit".to_owned(), family.unit.name().to_owned())];
    if let Some(statistics) = family.statistics() {
        details.push(("STAT".to_owned(), statistics));
    }
    let example = match family.unit.name() {
        "rate" => ">= 4k/s",
        "share" => "<= 0.1 %",
        "duration" => "<= 5 s",
        "money" => "<= $2500",
        _ => "<= 10k",
    };
    details.push(("objective".to_owned(), format!("`{} = \"{example}\"`", family.pattern)));
    let mut keys = ends(family.pattern);
    keys.extend(ends(&steps.join(".")));
    Entry {
        kind: Kind::Metric,
        name: family.pattern.to_owned(),
        meaning: family.meaning.to_owned(),
        details,
        text: Vec::new(),
        members: Vec::new(),
        keys,
    }
}
