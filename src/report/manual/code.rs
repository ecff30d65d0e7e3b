//! Findings and errors by their codes, from `docs/findings.md` and `docs/errors.md`.

use super::page::{Section, codes, sections};
use super::{Entry, Kind};

const FINDINGS: &str = include_str!("../../../docs/findings.md");
const ERRORS: &str = include_str!("../../../docs/errors.md");

/// What is said of a code, in this order.
const LABELS: [&str; 5] = ["what", "where", "when", "cause", "next"];

/// Findings, then errors.
pub(super) fn entries() -> Vec<Entry> {
    let mut found = of_page(FINDINGS, Kind::Finding);
    found.extend(of_page(ERRORS, Kind::Error));
    found
}

/// A section a code. What the page says above them holds for all.
fn of_page(markdown: &str, kind: Kind) -> Vec<Entry> {
    let sections = sections(markdown);
    let common = sections.first().map(labelled).unwrap_or_default();
    sections.iter().skip(1).map(|section| of_section(section, kind, &common)).collect()
}

fn of_section(section: &Section, kind: Kind, common: &[(String, String)]) -> Entry {
    let (code, title) = section.title.split_once(' ').unwrap_or((&section.title, ""));
    let own = labelled(section);
    let said = |label: &str| {
        let is_it = |(name, _): &&(String, String)| name == label;
        own.iter().find(is_it).or_else(|| common.iter().find(is_it)).cloned()
    };
    Entry {
        kind,
        name: section.title.clone(),
        meaning: String::new(),
        details: LABELS.iter().filter_map(|label| said(label)).collect(),
        text: section.paragraphs().map(str::to_owned).collect(),
        members: measured(section),
        keys: vec![code.to_owned(), title.to_owned()],
    }
}

/// The figures of a finding, each with its meaning.
fn measured(section: &Section) -> Vec<(String, String)> {
    let rows = section.tables("measured").flat_map(|table| {
        table.rows.iter().map(|row| (row[0].as_str(), table.cell(row, "meaning")))
    });
    rows.flat_map(|(names, meaning)| {
        codes(names).map(move |it| (it.to_owned(), meaning.to_owned()))
    })
    .collect()
}

/// "cause: the reason" as label and text.
fn labelled(section: &Section) -> Vec<(String, String)> {
    let items = section.items().filter_map(|item| item.split_once(": "));
    items.map(|(label, text)| (label.to_owned(), text.to_owned())).collect()
}
