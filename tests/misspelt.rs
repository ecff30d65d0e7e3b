//! Every key of every shipped scenario misspelt, and every unit dropped: each is one error, and it
//! names the right thing.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use kinesim::scenario::problem::{Code, Problem};
use kinesim::scenario::template::TEMPLATES;
use kinesim::scenario::{Files, Problems, load};
use toml::de::{DeTable, DeValue};

/// Rows read of a data file, its header included.
const ROWS: usize = 100;

/// Files beside a scenario, read once: those of a template, or those of a folder.
struct Beside {
    folder: PathBuf,
    known: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Files for Beside {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        let mut known = self.known.borrow_mut();
        if let Some(content) = known.get(path) {
            return Ok(content.clone());
        }
        let content = fs::read(self.folder.join(path))?;
        let mut text = String::new();
        if content.starts_with(&[0x1f, 0x8b]) {
            GzDecoder::new(content.as_slice()).read_to_string(&mut text)?;
        } else {
            text = String::from_utf8(content).unwrap();
        }
        // What is wrong with a scenario does not depend on how long its data are; JSON has to end.
        let is_json = Path::new(path).extension().is_some_and(|e| e == "json");
        let rows = if is_json { usize::MAX } else { ROWS };
        let content: Vec<u8> =
            text.split_inclusive('\n').take(rows).collect::<String>().into_bytes();
        known.insert(path.to_owned(), content.clone());
        Ok(content)
    }
}

/// A scenario with all it needs.
struct Case {
    name: String,
    text: String,
    files: Beside,
}

impl Case {
    /// The only problem of the text with `range` replaced by `with`.
    fn only_problem(&self, range: &Range<usize>, with: &str) -> Result<Problem, String> {
        let changed = [&self.text[..range.start], with, &self.text[range.end..]].concat();
        let what = format!("{}: `{}` as `{with}`", self.name, &self.text[range.clone()]);
        let problems: Problems = match load("test", "test.toml", &changed, &[], &self.files) {
            Ok(_) => return Err(format!("{what} passes")),
            Err(problems) => problems,
        };
        match problems.iter().collect::<Vec<_>>().as_slice() {
            [problem] => Ok((*problem).clone()),
            _ => Err(format!("{what}:\n{}", problems.render(false))),
        }
    }
}

/// Shipped scenarios and templates.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let beside = |known: BTreeMap<String, Vec<u8>>| Beside {
        folder: folder.clone(),
        known: RefCell::new(known),
    };
    let mut cases: Vec<Case> = TEMPLATES
        .iter()
        .map(|template| Case {
            name: format!("template {}", template.name),
            text: template.text.to_owned(),
            files: beside(
                template
                    .beside
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), (*text).into()))
                    .collect(),
            ),
        })
        .collect();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            cases.push(Case { name, text, files: beside(BTreeMap::new()) });
        }
    }
    // Alarms with all their fields, which no scenario needs together.
    let name = "tests/configs/valid/alarms.toml".to_owned();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name)).unwrap();
    cases.push(Case { name, text, files: beside(BTreeMap::new()) });
    assert!(cases.len() > TEMPLATES.len() + 4);
    cases
}

/// A key and where it stands, or a text value, where it stands, and the key it belongs to.
#[derive(Default)]
struct Found {
    keys: Vec<(String, Range<usize>)>,
    texts: Vec<(String, String, Range<usize>)>,
}

impl Found {
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        found.table(DeTable::parse(text).unwrap().get_ref());
        found.keys.sort_by_key(|(_, range)| range.start);
        // A table that is written in parts has its key once for each.
        found.keys.dedup();
        found
    }

    fn table(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            if !key.span().is_empty() {
                self.keys.push((key.get_ref().to_string(), key.span()));
            }
            self.value(key.get_ref(), value.get_ref(), &value.span());
        }
    }

    fn value(&mut self, key: &str, value: &DeValue<'_>, span: &Range<usize>) {
        match value {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(array) => {
                for element in array {
                    self.value(key, element.get_ref(), &element.span());
                }
            }
            DeValue::String(text) => {
                self.texts.push((key.to_owned(), text.to_string(), span.clone()));
            }
            _ => {}
        }
    }
}

/// A letter twice, one missing, two exchanged.
fn misspellings(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    let mut wrong = vec![format!("{}{key}", letters[0]), key[..key.len() - 1].to_owned()];
    if let Some(at) = letters.windows(2).position(|pair| pair[0] != pair[1]) {
        let mut exchanged = letters.clone();
        exchanged.swap(at, at + 1);
        wrong.push(exchanged.into_iter().collect());
    }
    wrong.retain(|wrong| !wrong.is_empty());
    wrong
}

#[test]
fn a_misspelt_key_is_one_error_that_names_the_right_one() {
    let mut wrong_answers = Vec::new();
    for case in cases() {
        for (key, range) in Found::of(&case.text).keys {
            let is_objective = case.text.find("[slo]").is_some_and(|at| range.start > at);
            for wrong in misspellings(&key) {
                if is_objective && ["p5", "p9"].contains(&wrong.as_str()) {
                    // A percentile, which may be what is meant.
                    continue;
                }
                let named = case.only_problem(&range, &wrong).and_then(|problem| {
                    let said = format!("{} {}", problem.label, problem.help.unwrap_or_default());
                    // Percentiles are named as a range.
                    let named = said.contains(&key) || (key == "p50" && said.contains("p1 to"));
                    let is_named = named && problem.message.contains(&wrong);
                    // A misspelling may be another field, which then has the wrong type.
                    let codes = [
                        Code::UnknownTable,
                        Code::UnknownField,
                        Code::UnknownMetric,
                        Code::WrongType,
                    ];
                    if is_named && codes.contains(&problem.code) {
                        return Ok(());
                    }
                    Err(format!("{}: {wrong}: {}: {said}", case.name, problem.message))
                });
                wrong_answers.extend(named.err());
            }
        }
    }
    let count = wrong_answers.len();
    assert!(wrong_answers.is_empty(), "{count}:\n{}", wrong_answers.join("\n"));
}

const UNITS: [&str; 17] = [
    "B", "KiB", "MiB", "GiB", "kB", "ns", "us", "ms", "s", "min", "h", "d", "/s", "k/s", "k/min",
    "M/s", "%",
];

/// What is left of a quantity without its last unit: `2 h 30` of `2 h 30 min`.
fn without_unit(text: &str) -> Option<String> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (number, unit) = text.split_at(end);
    let plain = |c: char| c.is_ascii_digit() || " ._<=>hdmins".contains(c);
    (UNITS.contains(&unit.trim()) && number.chars().all(plain)).then(|| number.to_owned())
}

#[test]
fn a_dropped_unit_is_one_error_that_names_the_field() {
    let mut dropped = 0;
    for case in cases() {
        for (key, text, range) in Found::of(&case.text).texts {
            let Some(number) = without_unit(&text) else { continue };
            let is_condition = text.starts_with(['<', '=', '>']);
            let mut spellings = vec![format!("\"{number}\"")];
            // A share needs its sign in text; a bare number is a part of one.
            let is_bare = number.chars().all(|c| c.is_ascii_digit() || c == '.');
            if !is_condition && is_bare && !text.ends_with('%') {
                spellings.push(number.clone());
            }
            for spelling in spellings {
                let problem = case.only_problem(&range, &spelling).unwrap();
                let what = format!("{}: {key} = {spelling}: {}", case.name, problem.message);
                let wanted = if is_condition { Code::WrongUnit } else { Code::NeedsUnit };
                assert_eq!(problem.code, wanted, "{what}");
                assert!(problem.path.to_string().contains(&key), "{what}: {}", problem.path);
                assert!(problem.message.contains("needs a unit"), "{what}");
                assert!(problem.help.is_some_and(|help| help.contains('"')), "{what}");
                dropped += 1;
            }
        }
    }
    assert!(dropped > 100, "{dropped}");
}

#[test]
fn quantities_lose_their_last_unit() {
    assert_eq!(without_unit("2 h 30 min").as_deref(), Some("2 h 30"));
    assert_eq!(without_unit("1.5k/s").as_deref(), Some("1.5"));
    assert_eq!(without_unit("<= 5 s").as_deref(), Some("<= 5"));
    assert_eq!(without_unit("<= 0.1 %").as_deref(), Some("<= 0.1"));
    assert_eq!(without_unit("200 tenants"), None);
    assert_eq!(without_unit("tenant-{:04}"), None);
}
