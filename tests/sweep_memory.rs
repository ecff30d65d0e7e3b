//! What stays in memory of a sweep's points: runs are noted on disk and read again, point by point.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::fs;
use std::path::{Path, PathBuf};

use kinesim::experiment::stats::Confidence;
use kinesim::experiment::study::points::Points;
use kinesim::experiment::study::sweep::{Done, Kept, Run};
use kinesim::experiment::study::uncertain::Point;
use kinesim::experiment::study::{Draws, Row, measures};
use kinesim::report::directory::Directory;
use kinesim::report::study::sweep::{Asked, Frame, Journal, Sort, Sweep, write};
use kinesim::scenario::{self, NoFiles};

const SCENARIO: &str = "\
[stream]
shard_count = 1
[[producer]]
name = \"web\"
rate = \"1/s\"
record_size = \"1 KiB\"
[[reader]]
name = \"fraud\"
[slo]
write.throttled = \"<= 0.1 %\"
";

/// A folder of its own for each test, removed at the end.
struct Desk(PathBuf);

impl Desk {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sweep-memory-{test}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The most bytes in use at a time while so many points, made up, are noted, read and told.
fn peak(desk: &Desk, points: usize, replicates: u64, draws: Option<&Draws>) -> u64 {
    let scenario = scenario::load("t", "t.toml", SCENARIO, &[], &NoFiles).unwrap();
    let measures = measures(&scenario);
    let objectives = [("write.throttled".to_owned(), "<= 0.1 %".to_owned())];
    let list = Points {
        paths: vec!["stream.shard_count".to_owned()],
        values: (0..points).map(|point| vec![point.to_string()]).collect(),
        left_out: 0,
    };
    let frame = Frame {
        name: "t-sweep",
        file: "t.toml",
        points: &list,
        measures: &measures,
        objectives: &objectives,
        replicates,
        draws,
        asked: Confidence::USUAL,
        confidence: Confidence::USUAL,
        with_other_keys: false,
    };
    let directory = Directory::new(&desk.0, &format!("t-{points}"), true).unwrap();
    let (sort, path) = (Sort::read("-throttled"), desk.0.join("journal"));
    let counted = allocation_counter::measure(|| {
        let mut journal = Journal::open(&path, "plan").unwrap();
        for point in (0..points).rev() {
            for replicate in 0..replicates {
                journal.append(&done(Run { point, replicate }, measures.len())).unwrap();
            }
        }
        drop(journal);
        let mut journal = Journal::open(&path, "plan").unwrap();
        let sweep = Sweep::new(frame, journal.over(), Some(&sort)).unwrap();
        write(&sweep, Asked { seed: 7 }, &[], &directory).unwrap();
    });
    fs::remove_file(&path).unwrap();
    let table = fs::read_to_string(directory.path().join("sweep.csv")).unwrap();
    assert_eq!(table.lines().count(), points + 1);
    counted.bytes_max
}

/// A run whose numbers are those of no other.
fn done(run: Run, measures: usize) -> Done {
    let number = (run.point * 7 % 101) as f64 + run.replicate as f64 / 8.0;
    let row = Row {
        replicate: run.replicate,
        is_partial: false,
        values: (0..measures).map(|place| Some(number / (place + 1) as f64)).collect(),
        met: vec![!run.point.is_multiple_of(3)],
        lost: (0, 1),
        bill: Vec::new(),
    };
    Done { run, hash: format!("{:064x}", run.point), result: Ok(Kept { row, limit: None }) }
}

/// What 1,800 points more take at most (bytes a point).
fn grown(desk: &Desk, replicates: u64, draws: Option<&Draws>) -> u64 {
    let [few, many] = [200, 2_000].map(|points| peak(desk, points, replicates, draws));
    many.saturating_sub(few) / 1_800
}

#[test]
fn a_point_stays_as_a_few_numbers() {
    let desk = Desk::new("points");
    let once = grown(&desk, 1, None);
    assert!(once <= 150, "{once} bytes a point");
}

#[test]
fn a_run_stays_as_its_place_in_the_journal() {
    let desk = Desk::new("runs");
    let [two, four] = [2, 4].map(|replicates| grown(&desk, replicates, None));
    // The list of places doubles when it is full.
    assert!(four.saturating_sub(two) <= 2 * 80, "{two} and {four} bytes a point");
}

#[test]
fn a_draw_stays_once_and_not_with_each_point() {
    let desk = Desk::new("draws");
    let draws = Draws { inputs: Vec::new(), points: vec![Point::default(); 4], values: Vec::new() };
    let [drawn, played] = [Some(&draws), None].map(|draws| grown(&desk, 4, draws));
    assert!(drawn <= played + 16, "{drawn} and {played} bytes a point");
}
