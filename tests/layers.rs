//! The rules of the house that no compiler knows: layers, who may use what, sizes, words.
//!
//! Each test lists every breach at once, with its place and the rule.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::fs;
use std::path::{Path, PathBuf};

/// Modules of the crate and their layer: a module uses its own layer and those below.
const LAYERS: [(&str, u32); 12] = [
    ("calendar", 0),
    ("quantity", 0),
    ("rounding", 0),
    ("time", 0),
    ("units", 0),
    ("random", 0),
    ("engine", 1),
    ("model", 2),
    ("scenario", 3),
    ("experiment", 4),
    ("report", 5),
    ("cli", 6),
];

/// Paths and macros that belong to some modules only. The longest matching path decides.
const RESERVED: [(&str, &[&str]); 32] = [
    ("std::collections::HashMap", &[]),
    ("std::collections::HashSet", &[]),
    ("std::env", &["cli", "main"]),
    ("std::fs", &["report", "cli"]),
    ("std::io", &["scenario", "report", "cli"]),
    ("std::net", &[]),
    ("std::process", &["cli", "main"]),
    ("std::thread", &["experiment"]),
    ("std::time", &["cli"]),
    ("anstream", &["cli"]),
    ("annotate_snippets", &["scenario", "cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("csv", &["scenario", "report"]),
    ("ctrlc", &["cli"]),
    ("flate2", &["scenario", "report"]),
    ("libm", &["time", "units", "random", "model", "scenario", "experiment", "report"]),
    ("md5", &["random", "model::hashing"]),
    ("plotters", &["report"]),
    ("pulldown_cmark", &["report"]),
    ("rand", &["random"]),
    ("rand_chacha", &["random"]),
    ("rayon", &["experiment"]),
    ("serde_json", &["scenario", "report", "cli"]),
    ("sha2", &["scenario", "report"]),
    ("toml", &["scenario"]),
    ("wide", &["model::aggregate::overload"]),
    ("print!", &["cli"]),
    ("println!", &["cli"]),
    ("eprint!", &["cli"]),
    ("eprintln!", &["cli"]),
];

const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;

// Split, so that this file does not hold what it forbids.
const WORDS: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const IGNORE: &str = concat!("#[ig", "nore");
const MACHINE_PATHS: [&str; 6] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("sha", "red/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];
/// How many of them no file at all may hold; the others are places a document may explain.
const FORBIDDEN_ANYWHERE: usize = 3;

#[test]
fn modules_use_only_what_their_layer_may() {
    let mut breaches = Vec::new();
    for file in files(&["src"], "rs") {
        breaches.extend(layer_breaches(&module_of(&file), &name(&file), &read(&file)));
    }
    report(&breaches);
}

#[test]
fn source_files_are_short_and_say_what_they_are() {
    let mut breaches = Vec::new();
    for file in files(&["src"], "rs") {
        let text = read(&file);
        let lines = before_tests(&text).lines().count();
        if lines > LINES_MAX {
            breaches.push(format!("{}: {lines} lines, at most {LINES_MAX}", name(&file)));
        }
        if !text.starts_with("//! ") {
            breaches.push(format!("{}: begins without a `//!` sentence", name(&file)));
        }
    }
    report(&breaches);
}

#[test]
fn lines_fit_and_hold_no_loose_ends() {
    let mut breaches = Vec::new();
    for file in files(&["src", "tests", "benches"], "rs") {
        for (number, line) in (1..).zip(read(&file).lines()) {
            let place = format!("{}:{number}", name(&file));
            let columns = line.chars().count();
            if columns > COLUMNS_MAX {
                breaches.push(format!("{place}: {columns} columns, at most {COLUMNS_MAX}"));
            }
            let words = WORDS.iter().filter(|word| holds_word(line, word));
            let paths = MACHINE_PATHS.iter().filter(|path| line.contains(**path));
            let ignored = Some(&IGNORE).filter(|_| line.contains(IGNORE));
            for found in words.chain(paths).chain(ignored) {
                breaches.push(format!("{place}: {found} does not belong here"));
            }
        }
    }
    report(&breaches);
}

#[test]
fn no_file_names_a_place_outside_the_repository() {
    let mut breaches = Vec::new();
    for file in files(&["."], "") {
        // What is not text holds no sentence that a reader could follow.
        let Ok(text) = String::from_utf8(fs::read(&file).unwrap()) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let paths = MACHINE_PATHS[..FORBIDDEN_ANYWHERE].iter();
            for found in paths.filter(|path| line.contains(**path)) {
                breaches.push(format!("{}:{number}: {found}", name(&file)));
            }
        }
    }
    report(&breaches);
}

#[test]
fn breaches_are_found_in_every_spelling() {
    let found = |module, code| layer_breaches(module, "x.rs", code).len();
    assert_eq!(found("model::shard", "use crate::scenario::Scenario;"), 1);
    assert_eq!(found("model::shard", "use crate::{scenario::metric, time::Span, report};"), 2);
    assert_eq!(found("model::shard", "fn f() -> crate::cli::Args { crate::time::f() }"), 1);
    assert_eq!(found("model", "use super::report::Table;"), 1);
    assert_eq!(found("model::shard", "use super::log::Log;"), 0);
    assert_eq!(found("model::shard", "use super::super::report::Table;"), 1);
    assert_eq!(found("model::shard", "mod tests { use super::super::log::Log; }"), 1);
    assert_eq!(found("model::shard", "\n#[cfg(test)]\nmod tests { use super::super::L; }"), 0);
    assert_eq!(found("model::shard", "use std::{collections::BTreeMap, fs, io::{self, Read}};"), 3);
    assert_eq!(found("model::shard", "let x = std::time::Instant::now();"), 1);
    assert_eq!(found("model::shard", "use md5::Md5;"), 1);
    assert_eq!(found("model::hashing", "use md5::{Digest, Md5};"), 0);
    assert_eq!(found("model", "use std::collections::{BTreeMap, HashMap};"), 1);
    assert_eq!(found("report", "println!(\"{x}\");"), 1);
    assert_eq!(found("cli", "println!(\"{x}\");"), 0);
    assert_eq!(found("gadgets", "use crate::time::Span;"), 1);
    let harmless = "// std::fs\n/* rand::x */ \"std::fs\"; '\"'; b'\\''; 'a: f(csv)";
    assert_eq!(found("model", harmless), 0);
    let harmless = "r#\"\"toml::x\"#; let c: &'a str = \"\\\" md5::x\"; crate::time::f()";
    assert_eq!(found("model", harmless), 0);
}

/// What a module's code does against its layer.
fn layer_breaches(module: &str, place: &str, text: &str) -> Vec<String> {
    let code = code_only(text);
    let mut breaches = Vec::new();
    let top = module.split("::").next().unwrap_or_default();
    let is_root = top == "lib" || top == "main";
    let own = layer(top);
    if own.is_none() && !is_root {
        breaches.push(format!("{place}: module `{top}` has no layer: add it to LAYERS"));
    }
    let depth = module.split("::").count();
    // A file of tests may bring what only tests need.
    let only_tests = module.ends_with("::tests");
    let tests_from = if only_tests { 0 } else { before_tests(&code).lines().count() + 1 };
    for (line, path) in paths(&code) {
        let place = format!("{place}:{line}");
        let parts: Vec<&str> = path.split("::").collect();
        let ups = parts.iter().take_while(|part| **part == "super").count();
        if ups >= depth && line < tests_from && !is_root {
            breaches.push(format!("{place}: `{path}` leaves the module: write `crate::…`"));
        }
        if let (["crate" | "kinesim", used, ..], Some(own)) = (parts.as_slice(), own)
            && layer(used).is_none_or(|used| used > own)
        {
            breaches.push(format!("{place}: `{top}` must not use `{path}`"));
        }
        if line < tests_from
            && let Some((reserved, allowed)) = reserved_by(&path)
            && !allowed.iter().any(|allowed| is_within(module, allowed))
        {
            let who = if allowed.is_empty() { "nobody".into() } else { allowed.join(", ") };
            breaches.push(format!("{place}: `{reserved}` is for {who}"));
        }
    }
    breaches
}

fn layer(module: &str) -> Option<u32> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

fn reserved_by(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    // A crate's bare name may be a variable; only a path or a macro is a use of it.
    let is_use = path.contains("::") || path.ends_with('!');
    RESERVED.into_iter().find(|(reserved, _)| is_use && is_within(path, reserved))
}

/// Whether `path` is `outer` or something in it.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every path of the code with its line: `a::b`, groups written out, macros with their `!`.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let bytes = code.as_bytes();
    let (mut at, mut line) = (0, 1);
    // Paths whose group is open, and the depth of braces at which each closes.
    let mut groups: Vec<(String, usize)> = Vec::new();
    let mut braces = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line += 1,
            b'{' => braces += 1,
            b'}' => {
                groups.pop_if(|(_, depth)| *depth == braces);
                braces = usize::saturating_sub(braces, 1);
            }
            byte if is_name(byte) => {
                let start = at;
                while at < bytes.len() && (is_name(bytes[at]) || code[at..].starts_with("::")) {
                    at += if is_name(bytes[at]) { 1 } else { 2 };
                }
                let text = code[start..at].trim_end_matches("::");
                let prefix = groups.last().map_or("", |(prefix, _)| prefix);
                let mut path = format!("{prefix}{text}");
                let next = bytes.get(at).copied().unwrap_or_default();
                if code[..at].ends_with("::") && next == b'{' {
                    groups.push((path + "::", braces + 1));
                    continue;
                }
                if next == b'!' {
                    path.push('!');
                }
                found.push((line, path));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

const fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// The code without comments and without what literals hold; lines stay where they were.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_name = code.ends_with(|c: char| c == '_' || c.is_alphanumeric());
        let hashes = rest.bytes().skip(1).take_while(|byte| *byte == b'#').count();
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == 'r' && !after_name && rest[1 + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let from = hashes + 2;
            rest[from..].find(&close).map_or(rest.len(), |end| from + end + close.len())
        } else if first == '"' || first == '\'' && is_char_literal(rest) {
            closing_quote(rest, first)
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// Whether a quote opens a character, not a lifetime.
fn is_char_literal(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// Where the literal at the head of `rest` is over.
fn closing_quote(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn before_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]").map_or(text, |end| &text[..=end])
}

fn holds_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|found| found == word)
}

/// `model::shard` for src/model/shard.rs, `model` for src/model/mod.rs.
fn module_of(file: &Path) -> String {
    let inner = name(file);
    let inner = inner.trim_start_matches("src/").trim_end_matches(".rs");
    inner.trim_end_matches("/mod").replace('/', "::")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file's path from the root of the repository, with forward slashes.
fn name(file: &Path) -> String {
    let inner = file.strip_prefix(root()).expect("every file found lies in the repository");
    inner.to_string_lossy().replace('\\', "/").trim_start_matches("./").to_owned()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What is built, and git's own.
const LEFT_OUT: [&str; 3] = ["target", ".git", "output"];

/// Files below some folders of the repository in order of name.
fn files(folders: &[&str], extension: &str) -> Vec<PathBuf> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let is_wanted =
                extension.is_empty() || path.extension().is_some_and(|e| e == extension);
            if LEFT_OUT.iter().any(|out| path.ends_with(out)) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if is_wanted {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn report(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}
