//! The runs of a sweep that are over, kept as they end, so that a sweep that is killed goes on
//! where it was.
//!
//! A line a run: sixteen digits of its SHA-256, then JSON. A line that was torn, or changed, does
//! not agree with its digits and is dropped. Numbers are kept as their bits.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::experiment::study::Row;
use crate::experiment::study::sweep::{Done, Kept, Limit, Run};
use crate::report::manifest::sha256;

/// A journal that is written to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// It belongs to another plan.
    OtherPlan(PathBuf),
    /// It is no journal.
    NotOurs(PathBuf),
    /// The file system refused.
    Io(PathBuf, io::Error),
}

/// Digits of a line's SHA-256.
const DIGITS: usize = 16;

#[derive(Serialize, Deserialize)]
struct Head {
    kinesim_sweep: u32,
    plan: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    point: usize,
    replicate: u64,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    /// The limit that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    #[serde(default)]
    partial: bool,
    /// The bits of each value.
    values: Vec<Option<u64>>,
    met: Vec<bool>,
    lost: (u64, u64),
}

impl Journal {
    /// Opens the journal at `path` of the plan with this hash; the runs that are in it.
    ///
    /// # Errors
    /// Where it is another plan's, or cannot be read or written.
    pub fn open(path: &Path, plan: &str) -> Result<(Self, Vec<Done>), JournalError> {
        let failed = |error| JournalError::Io(path.to_owned(), error);
        let done = match fs::read(path) {
            Ok(bytes) => {
                let (done, is_sound) = read(&bytes, plan, path)?;
                if !is_sound {
                    // What is torn goes, so that the next line begins where a line should.
                    let aside = path.with_extension("kinesim-mend");
                    fs::write(&aside, text(plan, &done)).map_err(failed)?;
                    fs::rename(&aside, path).map_err(failed)?;
                }
                done
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(failed)?;
                }
                fs::write(path, text(plan, &[])).map_err(failed)?;
                Vec::new()
            }
            Err(error) => return Err(failed(error)),
        };
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok((Self { path: path.to_owned(), file }, done))
    }

    /// The runs in a journal that somebody else writes.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn peek(path: &Path, plan: &str) -> Result<Vec<Done>, JournalError> {
        let bytes = fs::read(path).map_err(|error| JournalError::Io(path.to_owned(), error))?;
        Ok(read(&bytes, plan, path)?.0)
    }

    /// Keeps a run. A whole line is written at once.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn append(&mut self, done: &Done) -> Result<(), JournalError> {
        let written = self.file.write_all(line(done).as_bytes());
        written.map_err(|error| JournalError::Io(self.path.clone(), error))
    }

    /// Removes the journal: its sweep is written.
    pub fn remove(self) {
        drop(self.file);
        // What cannot be removed is found by the next sweep of this name, which says so.
        let _ = fs::remove_file(&self.path);
    }
}

fn text(plan: &str, done: &[Done]) -> String {
    let head = Head { kinesim_sweep: 1, plan: plan.to_owned() };
    let head = serde_json::to_string(&head).expect("keys are text");
    done.iter().fold(sealed(&head), |text, done| text + &line(done))
}

/// A line and the digits that vouch for it.
fn sealed(json: &str) -> String {
    format!("{} {json}\n", &sha256(json.as_bytes())[..DIGITS])
}

/// What a sealed line holds; `None` where its digits do not vouch for it.
fn unsealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let (digits, json) = line.split_once(' ')?;
    (sha256(json.as_bytes())[..DIGITS] == *digits).then_some(json)
}

/// The runs of a journal, each once, and whether every line is sound.
fn read(bytes: &[u8], plan: &str, path: &Path) -> Result<(Vec<Done>, bool), JournalError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let whole = |line: &&[u8]| line.ends_with(b"\n");
    let Some(head) = lines.next() else { return Ok((Vec::new(), false)) };
    let found = Some(head).filter(whole).and_then(|line| unsealed(&line[..line.len() - 1]));
    let Some(head) = found.and_then(|json| serde_json::from_str::<Head>(json).ok()) else {
        // The head itself may be torn: then nothing follows.
        let is_torn = !head.ends_with(b"\n") && bytes.len() < 200;
        return if is_torn {
            Ok((Vec::new(), false))
        } else {
            Err(JournalError::NotOurs(path.to_owned()))
        };
    };
    if head.plan != plan {
        return Err(JournalError::OtherPlan(path.to_owned()));
    }
    let (mut done, mut is_sound) = (Vec::new(), true);
    for line in lines {
        let found = Some(line).filter(whole).and_then(|line| unsealed(&line[..line.len() - 1]));
        match found.and_then(|json| serde_json::from_str::<Line>(json).ok()) {
            Some(line) => done.push(line.done()),
            None => is_sound = false,
        }
    }
    done.sort_by_key(|it: &Done| it.run);
    done.dedup_by_key(|it| it.run);
    Ok((done, is_sound))
}

fn line(done: &Done) -> String {
    let blank = Line {
        point: done.run.point,
        replicate: done.run.replicate,
        hash: done.hash.clone(),
        failed: None,
        limit: None,
        partial: false,
        values: Vec::new(),
        met: Vec::new(),
        lost: (0, 0),
    };
    let line = match &done.result {
        Err(reason) => Line { failed: Some(reason.clone()), ..blank },
        Ok(Kept { row, limit }) => Line {
            limit: limit.map(|it| u8::from(it == Limit::Events)),
            partial: row.is_partial,
            values: row.values.iter().map(|it| it.map(f64::to_bits)).collect(),
            met: row.met.clone(),
            lost: row.lost,
            ..blank
        },
    };
    sealed(&serde_json::to_string(&line).expect("keys are text"))
}

impl Line {
    fn done(self) -> Done {
        let run = Run { point: self.point, replicate: self.replicate };
        let result = match self.failed {
            Some(reason) => Err(reason),
            None => Ok(Kept {
                row: Row {
                    replicate: self.replicate,
                    is_partial: self.partial,
                    values: self.values.into_iter().map(|it| it.map(f64::from_bits)).collect(),
                    met: self.met,
                    lost: self.lost,
                    bill: Vec::new(),
                },
                limit: self.limit.map(|it| if it == 1 { Limit::Events } else { Limit::Memory }),
            }),
        };
        Done { run, hash: self.hash, result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(point: usize, value: Option<f64>) -> Done {
        let row = Row {
            replicate: 3,
            is_partial: value.is_none(),
            values: vec![value, Some(0.1 + 0.2), Some(f64::MIN_POSITIVE)],
            met: vec![true, false],
            lost: (1, u64::MAX),
            bill: Vec::new(),
        };
        let limit = value.is_none().then_some(Limit::Events);
        let run = Run { point, replicate: 3 };
        Done { run, hash: "5f".to_owned(), result: Ok(Kept { row, limit }) }
    }

    fn failed(point: usize) -> Done {
        let run = Run { point, replicate: 3 };
        Done { run, hash: String::new(), result: Err("no\n\"shards\"".to_owned()) }
    }

    #[test]
    fn what_is_kept_comes_back_to_the_bit_wherever_it_is_torn() {
        let all = vec![done(0, Some(1.0 / 3.0)), failed(1), done(2, None)];
        let whole = text("plan", &all);
        let path = Path::new("j");
        let lines: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=whole.len() {
            let (found, is_sound) = read(&whole.as_bytes()[..cut], "plan", path).expect("ours");
            let ended = lines.iter().filter(|end| **end <= cut).count();
            assert_eq!(found, all[..ended.saturating_sub(1)], "{cut}");
            assert_eq!(is_sound, lines.contains(&cut), "{cut}");
        }
        // A changed digit costs its line alone.
        let changed = whole.replacen("\"point\":1", "\"point\":7", 1);
        let (found, is_sound) = read(changed.as_bytes(), "plan", path).expect("ours");
        assert_eq!((found, is_sound), (vec![all[0].clone(), all[2].clone()], false));
    }

    #[test]
    fn another_plan_and_another_file_are_refused() {
        let whole = text("plan", &[]);
        let other = read(whole.as_bytes(), "other", Path::new("j"));
        assert!(matches!(other, Err(JournalError::OtherPlan(_))));
        let foreign = read(b"a diary\nof somebody\n", "plan", Path::new("j"));
        assert!(matches!(foreign, Err(JournalError::NotOurs(_))));
    }
}
