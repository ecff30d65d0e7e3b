//! The list of facts stays complete: each is cited where it holds, or listed as not modelled.
//!
//! An id counts as cited where it stands in full, such as `KDS-W01`, in a file of `src/` or
//! `tests/`. The table of facts and this file do not count. docs/facts-not-modelled.md has a row
//! for each of the others.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kinesim::model::facts::{FACTS, fact};

/// The sections that must be complete: what ids begin with, and how many there are.
const SECTIONS: [(&str, u32); 15] = [
    ("CWA-", 8),
    ("KDS-W", 34),
    ("KDS-R", 35),
    ("KDS-H", 15),
    ("KDS-T", 7),
    ("KDS-K", 8),
    ("KDS-M", 16),
    ("KDS-L", 14),
    ("KDS-X", 11),
    ("KDS-F", 16),
    ("SDK-", 29),
    ("KDS-P", 16),
    ("KDS-S", 32),
    ("KDS-O", 22),
    ("SCL-", 23),
];

/// Where ids stand without being cited.
const TABLES: [&str; 3] =
    ["src/model/facts/table.rs", "src/model/facts/change.rs", "tests/facts.rs"];

const LIST: &str = "docs/facts-not-modelled.md";

/// Digits of an id.
const DIGITS: usize = 2;

#[test]
fn every_fact_is_either_cited_or_listed() {
    let cited = cited();
    let listed = listed();
    let mut wrong = Vec::new();
    for id in ids() {
        match (cited.get(&id), listed.get(&id).map(Vec::as_slice)) {
            (None, None) => {
                wrong.push(format!("{id}: cite it in src/ or tests/, or list it in {LIST}"));
            }
            (Some(place), Some(rows)) => {
                wrong.push(format!("{id}: cited at {place}: delete line {rows:?} of {LIST}"));
            }
            (None, Some(rows)) if rows.len() > 1 => {
                wrong.push(format!("{id}: listed more than once, in lines {rows:?} of {LIST}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} ids to settle:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_fact_has_a_row_in_the_table() {
    let missing: Vec<_> = ids().into_iter().filter(|id| fact(id).is_none()).collect();
    assert!(missing.is_empty(), "no row in {}: {missing:?}", TABLES[0]);
}

#[test]
fn no_id_is_invented() {
    let known = ids();
    let (cited, listed) = (cited(), listed());
    let of_section = |id: &&String| SECTIONS.iter().any(|(prefix, _)| id.starts_with(prefix));
    let rows: Vec<String> = FACTS.iter().map(|fact| fact.id.to_owned()).collect();
    let used = cited.keys().chain(listed.keys()).chain(&rows).filter(of_section);
    let strange: Vec<_> = used.filter(|id| !known.contains(id)).collect();
    assert!(strange.is_empty(), "no such facts: {strange:?}");
}

/// All ids of the sections.
fn ids() -> Vec<String> {
    let numbered = |(prefix, count)| (1..=count).map(move |n: u32| format!("{prefix}{n:02}"));
    SECTIONS.into_iter().flat_map(numbered).collect()
}

/// Ids cited in code, each with the first place.
fn cited() -> BTreeMap<String, String> {
    let mut cited = BTreeMap::new();
    for folder in ["src", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let name = file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            if TABLES.contains(&name.as_str()) {
                continue;
            }
            for (number, line) in (1..).zip(fs::read_to_string(&file).unwrap().lines()) {
                for id in ids_in(line) {
                    cited.entry(id).or_insert_with(|| format!("{name}:{number}"));
                }
            }
        }
    }
    cited
}

/// Ids that begin a row of the list, each with its lines.
fn listed() -> BTreeMap<String, Vec<usize>> {
    let mut listed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, line) in (1..).zip(fs::read_to_string(root().join(LIST)).unwrap().lines()) {
        if let Some(id) = line.strip_prefix("| ").and_then(|row| ids_in(row).into_iter().next())
            && line.starts_with(&format!("| {id} |"))
        {
            listed.entry(id).or_default().push(number);
        }
    }
    listed
}

/// Every id of a line: `KDS-`, a letter and two digits, or `SDK-`, `CWA-` or `SCL-` and two digits.
fn ids_in(line: &str) -> Vec<String> {
    let of = |prefix: &'static str, letters: usize| {
        line.match_indices(prefix).filter_map(move |(at, _)| {
            let rest = &line[at + prefix.len()..];
            let digits = rest.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
            let is_id = rest.bytes().take(letters).all(|c| c.is_ascii_uppercase());
            let length = prefix.len() + letters + DIGITS;
            (is_id && digits == DIGITS).then(|| line[at..at + length].to_owned())
        })
    };
    let others = ["SDK-", "CWA-", "SCL-"].into_iter().flat_map(|prefix| of(prefix, 0));
    of("KDS-", 1).chain(others).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
