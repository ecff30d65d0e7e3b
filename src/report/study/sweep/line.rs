//! The lines of a journal: sixteen digits of a line's SHA-256, then JSON. A line that was torn, or
//! changed, does not agree with its digits. Numbers are kept as their bits.

use std::io::{self, BufRead};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::experiment::study::Row;
use crate::experiment::study::sweep::{Done, Kept, Limit, Run};
use crate::report::manifest::sha256;
use crate::report::study::sweep::journal::JournalError;

/// Digits of a line's SHA-256.
const DIGITS: usize = 16;
/// A first line without an end that is no longer than this may be a head that was torn [bytes].
const HEAD_MOST: usize = 200;

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

/// The first line of a journal.
pub(super) fn head(plan: &str) -> String {
    let head = Head { kinesim_sweep: 1, plan: plan.to_owned() };
    sealed(&serde_json::to_string(&head).expect("keys are text"))
}

/// The line of a run.
pub(super) fn write(done: &Done) -> String {
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

/// The run of a line; none of a line that nothing vouches for.
pub(super) fn read(line: &[u8]) -> Option<Done> {
    let line: Line = serde_json::from_str(unsealed(line)?).ok()?;
    Some(line.done())
}

/// Goes through a journal: hands each sound line with its place [bytes] to `each`, and says whether
/// all are sound.
pub(super) fn scan(
    mut from: impl BufRead,
    plan: &str,
    path: &Path,
    mut each: impl FnMut(Done, u64, &[u8]) -> io::Result<()>,
) -> Result<bool, JournalError> {
    let failed = |error| JournalError::Io(path.to_owned(), error);
    let mut line = Vec::new();
    let mut at = from.read_until(b'\n', &mut line).map_err(failed)? as u64;
    match unsealed(&line).and_then(|json| serde_json::from_str::<Head>(json).ok()) {
        Some(head) if head.plan != plan => return Err(JournalError::OtherPlan(path.to_owned())),
        Some(_) => {}
        // The head itself may be torn: then nothing follows.
        None if !line.ends_with(b"\n") && line.len() < HEAD_MOST => return Ok(false),
        None => return Err(JournalError::NotOurs(path.to_owned())),
    }
    let mut is_sound = true;
    loop {
        line.clear();
        let length = from.read_until(b'\n', &mut line).map_err(failed)? as u64;
        if length == 0 {
            return Ok(is_sound);
        }
        match read(&line) {
            Some(done) => each(done, at, &line).map_err(failed)?,
            None => is_sound = false,
        }
        at += length;
    }
}

/// A line and the digits that vouch for it.
fn sealed(json: &str) -> String {
    format!("{} {json}\n", &sha256(json.as_bytes())[..DIGITS])
}

/// What a sealed line holds; `None` where it has no end, or its digits do not vouch for it.
fn unsealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (digits, json) = line.split_once(' ')?;
    (sha256(json.as_bytes())[..DIGITS] == *digits).then_some(json)
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
pub(super) mod tests {
    use super::*;

    pub(in crate::report::study::sweep) fn done(point: usize, value: Option<f64>) -> Done {
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

    fn text(plan: &str, done: &[Done]) -> String {
        done.iter().fold(head(plan), |text, done| text + &write(done))
    }

    /// What is found, and whether all is sound; each line stands where it was found.
    fn found(bytes: &[u8], plan: &str) -> Result<(Vec<Done>, bool), JournalError> {
        let mut found = Vec::new();
        let is_sound = scan(bytes, plan, Path::new("j"), |done, at, line| {
            assert_eq!(&bytes[at as usize..][..line.len()], line);
            found.push(done);
            Ok(())
        })?;
        Ok((found, is_sound))
    }

    #[test]
    fn what_is_kept_comes_back_to_the_bit_wherever_it_is_torn() {
        let all = vec![done(0, Some(1.0 / 3.0)), failed(1), done(2, None)];
        let whole = text("plan", &all);
        let lines: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=whole.len() {
            let (found, is_sound) = found(&whole.as_bytes()[..cut], "plan").expect("ours");
            let ended = lines.iter().filter(|end| **end <= cut).count();
            assert_eq!(found, all[..ended.saturating_sub(1)], "{cut}");
            assert_eq!(is_sound, lines.contains(&cut), "{cut}");
        }
        // A changed digit costs its line alone.
        let changed = whole.replacen("\"point\":1", "\"point\":7", 1);
        let (found, is_sound) = found(changed.as_bytes(), "plan").expect("ours");
        assert_eq!((found, is_sound), (vec![all[0].clone(), all[2].clone()], false));
    }

    #[test]
    fn another_plan_and_another_file_are_refused() {
        let other = found(text("plan", &[]).as_bytes(), "other");
        assert!(matches!(other, Err(JournalError::OtherPlan(_))));
        let foreign = found(b"a diary\nof somebody\n", "plan");
        assert!(matches!(foreign, Err(JournalError::NotOurs(_))));
    }
}
