//! Where rules of thumb err: each against the fewest shards that hold, over a grid of workloads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::experiment::parallel;
use crate::experiment::run::Continue;
use crate::experiment::size::formula::{self, Formula};
use crate::experiment::size::scan::bisect;
use crate::experiment::size::workload::Workload;
use crate::experiment::study::played::Board;
use crate::experiment::study::{Job, Measure, Pace, Stopped, measures};
use crate::scenario::{self, NoFiles, Scenario};

/// How a workload's keys are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// In words.
    pub name: &'static str,
    /// As TOML; empty where every record has a key of its own.
    keys: &'static str,
}

/// The skews of the grid.
pub const SKEWS: [Skew; 3] = [
    Skew { name: "own keys", keys: "" },
    Skew { name: "1,000 alike", keys: "partition_key = { dist = \"uniform\", count = 1000 }\n" },
    Skew {
        name: "200, Zipf 0.8",
        keys: "partition_key = { dist = \"zipf\", count = 200, exponent = 0.8 }\n",
    },
];
/// Rates of the grid [records/s].
pub const RATES: [u32; 7] = [100, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
/// Data of a record in the grid (bytes).
pub const SIZES: [u32; 6] = [100, 500, 1_000, 2_000, 5_000, 20_000];
/// What must hold.
pub const OBJECTIVE: &str = "write.throttled <= 0.1 %";
/// More shards than this are not looked at.
const MOST: u32 = 1_024;
/// Numbers of shards looked at one by one at most.
const WALK: u32 = 200;

/// One workload, and what the rules say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Records a second.
    pub rate: u32,
    /// Data of a record (bytes).
    pub size: u32,
    /// How its keys are used.
    pub skew: Skew,
    /// The fewest shards that hold; none where none does.
    pub fewest: Option<u32>,
    /// Runs it took.
    pub runs: u64,
    /// What each rule says.
    pub formulas: Vec<Formula>,
}

impl Case {
    /// Shards more than needed over those needed; negative: too few. None where there is nothing
    /// to compare.
    #[must_use]
    pub fn error(&self, formula: &Formula) -> Option<f64> {
        let (said, needed) = (formula.shards?, self.fewest?);
        Some((f64::from(said) - f64::from(needed)) / f64::from(needed))
    }
}

/// What is played: a grid of rates, sizes and skews.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'g> {
    /// Records a second.
    pub rates: &'g [u32],
    /// Data of a record (bytes).
    pub sizes: &'g [u32],
    /// How keys are used.
    pub skews: &'g [Skew],
    /// Names the random numbers.
    pub seed: u64,
}

impl Grid<'_> {
    /// That of the scorecard.
    #[must_use]
    pub fn usual(seed: u64) -> Self {
        Self { rates: &RATES, sizes: &SIZES, skews: &SKEWS, seed }
    }
}

/// Plays all workloads; in order of skew, size, rate.
///
/// # Errors
/// [`Stopped`], where somebody stopped it.
pub fn play(
    threads: Option<usize>,
    grid: Grid<'_>,
    on_progress: &(dyn Fn(Pace) -> Continue + Sync),
) -> Result<Vec<Case>, Stopped> {
    let mut all: Vec<(u32, u32, Skew)> = Vec::new();
    for skew in grid.skews {
        for size in grid.sizes {
            all.extend(grid.rates.iter().map(|rate| (*rate, *size, *skew)));
        }
    }
    let (done, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
    let count = all.len() as u64;
    let look = |_: Pace| {
        let done = done.load(Ordering::Relaxed);
        let pace = Pace { done, runs: count, share: done as f64 / count.max(1) as f64 };
        if on_progress(pace) == Continue::Stop {
            stopped.store(true, Ordering::Relaxed);
        }
        if stopped.load(Ordering::Relaxed) { Continue::Stop } else { Continue::Yes }
    };
    let cases = parallel::map(threads, &all, |&(rate, size, skew)| {
        if stopped.load(Ordering::Relaxed) {
            return Err(Stopped);
        }
        let case = solve((rate, size, skew), grid.seed, &look);
        done.fetch_add(1, Ordering::Relaxed);
        case
    });
    cases.into_iter().collect()
}

/// The scenario of a workload, as a text that runs.
#[must_use]
pub fn text((rate, size, skew): (u32, u32, Skew), seed: u64) -> String {
    format!(
        "[scenario]\nduration = \"2 min\"\nseed = {seed}\nresolution = \"100 ms\"\n\n[stream]\n\
         shard_count = 1\n\n[[producer]]\nrate = \"{rate}/s\"\nrecord_size = \"{size} B\"\n{}\
         api = \"PutRecords\"\nlinger = \"100 ms\"\n\n[slo]\nwrite.throttled = \"<= 0.1 %\"\n",
        skew.keys
    )
}

fn loaded(text: &str, shards: u32) -> Scenario {
    let set = [("stream.shard_count".to_owned(), shards.to_string())];
    scenario::load("scorecard", "scorecard.toml", text, &set, &NoFiles)
        .expect("every number of shards up to the most is sound")
}

fn solve(
    of: (u32, u32, Skew),
    seed: u64,
    look: &(dyn Fn(Pace) -> Continue + Sync),
) -> Result<Case, Stopped> {
    let text = text(of, seed);
    let first = loaded(&text, 1);
    let measures: Vec<Measure> = measures(&first);
    let work = Workload::new(&first.plan, 0);
    let mut runs = 0;
    let mut holds = |shards: u32| {
        runs += 1;
        let scenario = loaded(&text, shards);
        let job = Job {
            scenario: &scenario,
            measures: &measures,
            replicate: 0,
            with_other_keys: false,
            until: None,
            max_events: None,
        };
        let row = job.play(&Board::new(1), look).ok_or(Stopped)?;
        Ok(row.is_met())
    };
    // Fewer than the mean fills refuse at least as much as does not fit.
    let from = (work.filled() * 0.9).ceil().clamp(1.0, f64::from(MOST)) as u32;
    let is_hopeless = work.largest_key.as_ref().is_some_and(|it| it.1 > 1.05);
    let fewest = if is_hopeless {
        None
    } else if work.map.is_some() {
        let mut found = None;
        for shards in from..=MOST.min(from + WALK) {
            // A shard that is offered a fifth too much refuses a part of that.
            if work.busiest_load(shards).is_some_and(|load| load > 1.2) {
                continue;
            }
            if holds(shards)? {
                found = Some(shards);
                break;
            }
        }
        found
    } else {
        bisect((from, MOST), (work.filled() * 1.1).ceil() as u32, &mut holds)?
    };
    let (rate, size, skew) = of;
    Ok(Case { rate, size, skew, fewest, runs, formulas: formula::formulas(&work) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 500 records/s of 20,000 B with keys of their own: 10 MB/s fill 9.55 shards.
    #[test]
    fn the_fewest_that_hold_are_found_and_rules_are_judged_by_them() {
        let grid = Grid { rates: &[100], sizes: &[20_000], skews: &SKEWS[..1], seed: 1 };
        let cases = play(Some(1), grid, &|_| Continue::Yes).expect("nobody stops it");
        let [case] = cases.as_slice() else { panic!("one workload") };
        // 2,003,600 B/s are 1.91 shards; with a key of 36 B a record.
        let fewest = case.fewest.expect("some number holds");
        assert!((2..=4).contains(&fewest), "{fewest}");
        let course = case.formulas.iter().find(|it| it.fact == "KDS-F05").expect("a rule");
        assert_eq!(course.shards, Some(2));
        let error = case.error(course).expect("both are known");
        assert!((error - (2.0 / f64::from(fewest) - 1.0)).abs() < 1e-12);
        let none = Case { fewest: None, ..case.clone() };
        assert_eq!(none.error(course), None);
    }
}
