//! The words of the summary, from `docs/summary.md`.

use super::page::{codes, sections};
use super::{Entry, Kind};

const PAGE: &str = include_str!("../../../docs/summary.md");

/// One entry a row.
pub(super) fn entries() -> Vec<Entry> {
    let mut found = Vec::new();
    for section in sections(PAGE) {
        for table in section.tables("words") {
            for row in &table.rows {
                let words = table.cell(row, "words");
                let place = table.cell(row, "where").to_owned();
                found.push(Entry {
                    kind: Kind::Word,
                    name: words.replace('`', ""),
                    meaning: table.cell(row, "meaning").to_owned(),
                    details: vec![("where".to_owned(), place)],
                    text: Vec::new(),
                    members: Vec::new(),
                    keys: codes(words).map(str::to_owned).collect(),
                });
            }
        }
    }
    found
}
