//! The list of facts stays complete: each is cited where it holds, or listed as not modelled.
//!
//! An id counts as cited where it stands in full, such as `KDS-W01`, in a file of `src/` or
//! `tests/`. The table of facts and this file do not count. docs/facts-not-modelled.md has a row
//! for each of the others.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use kinesim::model::facts::{FACTS, fact};

/// The sections that must be complete: what ids begin with, and their numbers.
const SECTIONS: [(&str, &[RangeInclusive<u32>]); 22] = [
    ("CWA-", &[1..=8]),
    ("KDS-W", &[1..=34]),
    ("KDS-R", &[1..=35]),
    ("KDS-H", &[1..=15]),
    ("KDS-T", &[1..=7]),
    ("KDS-K", &[1..=8]),
    ("KDS-M", &[1..=16]),
    ("KDS-L", &[1..=14]),
    ("KDS-X", &[1..=11]),
    ("KDS-F", &[1..=16]),
    ("SDK-", &[1..=29]),
    ("KDS-P", &[1..=16]),
    ("KDS-S", &[1..=32]),
    ("KDS-O", &[1..=22]),
    ("SCL-", &[1..=23]),
    ("ESM-", &[1..=16, 20..=26, 30..=41, 50..=65, 70..=98, 110..=122, 130..=137, 140..=147]),
    ("LAM-", &[1..=1]),
    ("FH-", &[1..=14, 20..=30, 40..=71, 80..=88, 90..=99, 110..=118]),
    ("DDB-", &[1..=5]),
    ("S3-", &[1..=2]),
    ("SQS-", &[1..=1]),
    ("SNS-", &[1..=1]),
];

/// How ids look: what they begin with, letters behind it, and the most digits, at least two.
const KINDS: [(&str, usize, usize); 11] = [
    ("KDS-", 1, 2),
    ("SDK-", 0, 2),
    ("CWA-", 0, 2),
    ("SCL-", 0, 2),
    ("ESM-", 0, 3),
    ("LAM-", 0, 2),
    ("FH-", 0, 3),
    ("DDB-", 0, 2),
    ("S3-", 0, 2),
    ("SQS-", 0, 2),
    ("SNS-", 0, 2),
];

/// Where ids stand without being cited.
const TABLES: [&str; 5] = [
    "src/model/facts/table.rs",
    "src/model/facts/change.rs",
    "src/model/facts/lambda.rs",
    "src/model/facts/firehose.rs",
    "tests/facts.rs",
];

const LIST: &str = "docs/facts-not-modelled.md";

/// Digits of an id at least.
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
    assert!(missing.is_empty(), "no row in src/model/facts/: {missing:?}");
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

#[test]
fn ids_are_found_where_they_stand_in_full() {
    let line = "KDS-W01, (ESM-05) ESM-110; FH-9 FH-1180 S3-01 xS3-02 AS3-02 S3-001 KDS-w01 SDK-123";
    assert_eq!(ids_in(line), ["KDS-W01", "ESM-05", "ESM-110", "S3-01"]);
    assert_eq!(ids_in("| FH-24 | as KDS-W01 |"), ["FH-24", "KDS-W01"]);
}

/// All ids of the sections.
fn ids() -> Vec<String> {
    let numbered = |(prefix, ranges): (&'static str, &'static [RangeInclusive<u32>])| {
        let numbers = ranges.iter().cloned().flatten();
        numbers.map(move |n| format!("{prefix}{n:02}"))
    };
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

/// Every id of a line, in order: of one of the kinds, with no more digits and in no longer word.
fn ids_in(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (prefix, letters, most) in KINDS {
        for (at, _) in line.match_indices(prefix) {
            let rest = &line.as_bytes()[at + prefix.len()..];
            let digits = rest.iter().skip(letters).take_while(|c| c.is_ascii_digit()).count();
            let is_id = rest.iter().take(letters).all(u8::is_ascii_uppercase);
            let in_word = line[..at].ends_with(|c: char| c.is_alphanumeric());
            if is_id && !in_word && (DIGITS..=most).contains(&digits) {
                found.push((at, line[at..at + prefix.len() + letters + digits].to_owned()));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
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
