//! The corpus of the fuzzer is replayed, and each of its files with some changes by chance.
//!
//! See docs/fuzzing.md. What fails is named: a file of the corpus, or the bytes that were made.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use kinesim::random::Stream;

/// A reader of bytes and the folder of its corpus. It says whether the bytes were sound.
type Target = (&'static str, fn(&[u8]) -> bool);

const TARGETS: [Target; 4] = [
    ("scenario", targets::scenario),
    ("trace", targets::trace),
    ("keys", targets::keys),
    ("shards", targets::shards),
];

/// Changed inputs a target gets.
const CHANGED: u32 = 400;
/// A larger input is cut (bytes).
const LENGTH_MAX: usize = 8 << 10;
/// All corpora together (bytes).
const CORPUS_MAX: usize = 300 << 10;

#[test]
fn every_file_of_the_corpus_is_read_to_its_end() {
    let mut failed = Vec::new();
    for (name, read) in TARGETS {
        for (file, bytes) in corpus(name) {
            if catch_unwind(|| read(&bytes)).is_err() {
                failed.push(format!("tests/fuzz/corpus/{name}/{file}"));
            }
        }
    }
    assert!(failed.is_empty(), "these panic, as told above:\n{}", failed.join("\n"));
}

/// A corpus of refusals alone would not go beyond the first check.
#[test]
fn every_form_has_a_sound_file() {
    for (name, read) in TARGETS {
        let sound: Vec<_> = corpus(name).into_iter().filter(|(_, bytes)| read(bytes)).collect();
        let mut forms: Vec<u8> = sound.iter().map(|(_, bytes)| bytes[0] % 8).collect();
        forms.sort_unstable();
        forms.dedup();
        match name {
            "trace" | "keys" => assert_eq!(forms, [0, 1, 2, 3, 4, 5, 6, 7], "{name}"),
            _ => assert!(sound.len() >= 10, "{name}: only {} sound files", sound.len()),
        }
    }
}

#[test]
fn changed_files_are_read_to_their_end() {
    for (name, read) in TARGETS {
        let (corpus, words) = (corpus(name), words(name));
        let mut chance = Stream::named(1, 0, &format!("fuzz/{name}"));
        for number in 0..CHANGED {
            let (file, bytes) = &corpus[pick(&mut chance, corpus.len())];
            let bytes = changed(bytes, &corpus, &words, &mut chance);
            let text = bytes.escape_ascii();
            assert!(
                catch_unwind(|| read(&bytes)).is_ok(),
                "{name}: change {number}, made of {file}, panics as told above:\n{text}"
            );
        }
    }
}

#[test]
fn the_corpus_is_small() {
    let size = |name| corpus(name).iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    let sum: usize = TARGETS.iter().map(|(name, _)| size(*name)).sum();
    assert!(sum <= CORPUS_MAX, "{sum} bytes; see docs/fuzzing.md for how to make it smaller");
}

/// A file with one to four changes: bytes dropped, repeated, replaced, words put in, and the head
/// of one file before the tail of another.
fn changed(
    bytes: &[u8],
    corpus: &[(String, Vec<u8>)],
    words: &[Vec<u8>],
    chance: &mut Stream,
) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(4) {
        let from = pick(chance, bytes.len() + 1);
        let to = bytes.len().min(from + pick(chance, 40));
        match chance.below(5) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let part = bytes[from..to].to_vec();
                bytes.splice(from..from, part);
            }
            2 => {
                if let Some(byte) = bytes[from..to].first_mut() {
                    *byte = chance.below(256) as u8;
                }
            }
            3 => {
                let word = words[pick(chance, words.len())].iter().copied();
                let to =
                    if chance.below(2) == 0 { from } else { bytes.len().min(from + word.len()) };
                bytes.splice(from..to, word);
            }
            _ => {
                let (_, other) = &corpus[pick(chance, corpus.len())];
                let tail = pick(chance, other.len() + 1);
                bytes.truncate(from);
                bytes.extend_from_slice(&other[tail..]);
            }
        }
        bytes.truncate(LENGTH_MAX);
    }
    bytes
}

fn pick(chance: &mut Stream, count: usize) -> usize {
    chance.below(count.max(1) as u64) as usize
}

/// The files of a target's corpus in order of name.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder().join("corpus").join(name);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let file = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(&path).unwrap())
    };
    paths.into_iter().map(file).collect()
}

/// The words of a target's dictionary: what stands between quotation marks, a line each.
fn words(name: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(folder().join(format!("dictionary/{name}.dict"))).unwrap();
    let word = |line: &str| {
        let word = line.strip_prefix('"')?.strip_suffix('"')?;
        Some(word.replace("\\x0a", "\n").replace("\\\"", "\"").replace("\\\\", "\\").into_bytes())
    };
    let words: Vec<_> = text.lines().filter_map(word).collect();
    assert!(!words.is_empty(), "{name}.dict has no words");
    words
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}
