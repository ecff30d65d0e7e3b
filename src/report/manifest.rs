//! `manifest.json`: what a run's directory holds and what it was made from.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::experiment::outcome::{Ended, Outcome};
use crate::scenario::Scenario;

/// Name of the manifest in a run's directory.
pub const FILE: &str = "manifest.json";
/// Version of the manifest's names and meanings.
pub const SCHEMA_VERSION: u32 = 1;

const PROGRAM: &str = "kinesim";

/// What a manifest says about the run it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the scenario.
    pub name: String,
    /// SHA-256 of `scenario.resolved.toml`; of a study, of all that it played.
    pub sha256: String,
    /// Its seed.
    pub seed: u64,
    /// Shards of all its streams at the start; none of a study.
    pub shards: u64,
}

/// What a manifest of a study of many runs says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// `compare`, `sweep` or `size`.
    pub command: &'static str,
    /// Name of the study.
    pub name: String,
    /// SHA-256 of all that was played: see [`Joined`].
    pub sha256: String,
    /// The seed of the first.
    pub seed: u64,
    /// Replicates of each.
    pub replicates: u64,
    /// Whether it was ended before all runs were played.
    pub is_partial: bool,
}

/// A file as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its path in the directory.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: String,
}

#[derive(Serialize)]
struct StudyManifest<'r> {
    schema_version: u32,
    program: &'static str,
    kinesim_version: &'static str,
    study: &'static str,
    scenario: Run,
    replicates: u64,
    /// Draws of uncertain inputs; with them, a replicate each.
    #[serde(skip_serializing_if = "Option::is_none")]
    draws: Option<u64>,
    partial: bool,
    files: &'r [Listed],
}

#[derive(Serialize)]
struct Manifest<'r> {
    schema_version: u32,
    program: &'static str,
    kinesim_version: &'static str,
    scenario: Run,
    /// Whether the run ended before its time.
    partial: bool,
    at_s: f64,
    intervals: Intervals<'r>,
    files: &'r [Listed],
}

#[derive(Serialize)]
struct Intervals<'r> {
    timeline_s: f64,
    shards: Vec<ShardInterval<'r>>,
}

/// `shards.csv` holds at most a million rows; a wider interval makes it fit.
#[derive(Serialize)]
struct ShardInterval<'r> {
    #[serde(rename = "StreamName")]
    stream: &'r str,
    interval_s: f64,
    widened: bool,
}

/// The manifest of a run's other files, in the order they come in.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let shard_intervals = outcome.streams.iter().map(|stream| ShardInterval {
        stream: &stream.name,
        interval_s: stream.series.interval.as_s(),
        widened: stream.series.interval > outcome.interval,
    });
    let streams = scenario.plan.streams.iter();
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        program: PROGRAM,
        kinesim_version: env!("CARGO_PKG_VERSION"),
        scenario: Run {
            name: scenario.name.clone(),
            sha256: scenario.hash.clone(),
            seed: scenario.plan.seed,
            shards: streams.map(|stream| u64::from(stream.kinesis_shards())).sum(),
        },
        partial: outcome.ended != Ended::Completed,
        at_s: outcome.until.as_s(),
        intervals: Intervals {
            timeline_s: outcome.interval.as_s(),
            shards: shard_intervals.collect(),
        },
        files: &listed(files),
    };
    text(&manifest)
}

/// The manifest of a study's other files, in the order they come in.
#[must_use]
pub fn write_study(study: &Study, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    write_listed(study, None, &listed(files))
}

/// The same of a study whose alternatives were each played with so many draws of uncertain inputs.
#[must_use]
pub fn write_drawn(study: &Study, draws: u64, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    write_listed(study, Some(draws), &listed(files))
}

/// Either of these, of files that were written before: nobody has to hold them.
#[must_use]
pub fn write_listed(study: &Study, draws: Option<u64>, files: &[Listed]) -> Vec<u8> {
    text(&StudyManifest {
        schema_version: SCHEMA_VERSION,
        program: PROGRAM,
        kinesim_version: env!("CARGO_PKG_VERSION"),
        study: study.command,
        scenario: Run {
            name: study.name.clone(),
            sha256: study.sha256.clone(),
            seed: study.seed,
            shards: 0,
        },
        replicates: study.replicates,
        draws,
        partial: study.is_partial,
        files,
    })
}

fn text(manifest: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(manifest).expect("keys are text");
    text.push(b'\n');
    text
}

fn listed(files: &[(String, Vec<u8>)]) -> Vec<Listed> {
    let each = files.iter().map(|(path, bytes)| Listed {
        path: path.clone(),
        bytes: bytes.len() as u64,
        sha256: sha256(bytes),
    });
    each.collect()
}

/// The run a manifest belongs to; `None` where the bytes are no manifest of this program.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Run> {
    #[derive(Deserialize)]
    struct Known {
        program: String,
        scenario: Run,
    }
    let known: Known = serde_json::from_slice(bytes).ok()?;
    (known.program == PROGRAM).then_some(known.scenario)
}

/// SHA-256, hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

fn hex(hash: Sha256) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    hash.finalize().iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// SHA-256 of texts, one after the other, with a line break between each two.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    hash: Sha256,
    is_begun: bool,
}

impl Joined {
    /// Of all of these.
    #[must_use]
    pub fn of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
        let mut joined = Self::default();
        texts.into_iter().for_each(|text| joined.add(text.as_ref()));
        joined.hex()
    }

    /// The next text.
    pub fn add(&mut self, text: &str) {
        if std::mem::replace(&mut self.is_begun, true) {
            self.hash.update(b"\n");
        }
        self.hash.update(text.as_bytes());
    }

    /// Hexadecimal.
    #[must_use]
    pub fn hex(self) -> String {
        hex(self.hash)
    }
}

/// Passes bytes on, and knows their number and their SHA-256.
pub(in crate::report) struct Tally<W> {
    to: W,
    bytes: u64,
    hash: Sha256,
}

impl<W: Write> Tally<W> {
    pub(in crate::report) fn new(to: W) -> Self {
        Self { to, bytes: 0, hash: Sha256::new() }
    }

    /// What a manifest lists of a file with these bytes.
    pub(in crate::report) fn listed(self, path: &str) -> Listed {
        Listed { path: path.to_owned(), bytes: self.bytes, sha256: self.hex() }
    }

    /// Their SHA-256, hexadecimal.
    pub(in crate::report) fn hex(self) -> String {
        hex(self.hash)
    }
}

impl<W: Write> Write for Tally<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.bytes += count as u64;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::experiment::sample;
    use crate::time::Span;

    #[test]
    fn a_study_is_ours_and_has_no_shards() {
        let study = Study {
            command: "compare",
            name: "a-b".to_owned(),
            sha256: Joined::of(["a", "b"]),
            seed: 7,
            replicates: 3,
            is_partial: false,
        };
        assert_eq!(study.sha256, sha256(b"a\nb"));
        let run = read(&write_study(&study, &[])).expect("ours");
        assert_eq!((run.name.as_str(), run.seed, run.shards), ("a-b", 7, 0));
    }

    #[test]
    fn the_manifest_lists_what_it_was_given_and_is_read_back() {
        let (scenario, mut outcome) = sample::hot_shard();
        outcome.ended = Ended::Interrupted;
        outcome.streams[0].series.interval = Span::from_s(20);
        // FIPS 180-2, example B.1.
        let files = vec![("a.txt".to_owned(), b"abc".to_vec())];
        let bytes = write(&scenario, &outcome, &files);
        expect![[r#"
            {
              "schema_version": 1,
              "program": "kinesim",
              "kinesim_version": "0.1.0",
              "scenario": {
                "name": "hot-shard",
                "sha256": "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f",
                "seed": 7,
                "shards": 4
              },
              "partial": true,
              "at_s": 60.0,
              "intervals": {
                "timeline_s": 10.0,
                "shards": [
                  {
                    "StreamName": "orders",
                    "interval_s": 20.0,
                    "widened": true
                  }
                ]
              },
              "files": [
                {
                  "path": "a.txt",
                  "bytes": 3,
                  "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                }
              ]
            }
        "#]]
        .assert_eq(&String::from_utf8_lossy(&bytes));
        let run = read(&bytes).expect("ours");
        assert_eq!((run.seed, run.shards), (7, 4));
        assert_eq!(read(b"{\"program\": \"other\"}"), None);
        assert_eq!(read(b"not json"), None);
    }
}
