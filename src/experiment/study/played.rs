//! Playing the runs of a study, several at a time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::experiment::outcome::Ended;
use crate::experiment::parallel;
use crate::experiment::run::{self, Continue, Options, Progress};
use crate::experiment::study::measure::Measure;
use crate::experiment::study::row::Row;
use crate::scenario::Scenario;
use crate::time::Instant;

/// One run that a study needs.
#[derive(Clone, Copy, Debug)]
pub struct Job<'s> {
    /// What is played.
    pub scenario: &'s Scenario,
    /// What is kept of it.
    pub measures: &'s [Measure],
    /// With which random numbers.
    pub replicate: u64,
    /// Whether keys have other names in each replicate (D24).
    pub with_other_keys: bool,
    /// Stops earlier than the scenario's duration.
    pub until: Option<Instant>,
    /// Stops at so many events.
    pub max_events: Option<u64>,
}

/// How far a study is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Runs that are over.
    pub done: u64,
    /// Runs there will be.
    pub runs: u64,
    /// The part of all runs that is played, 0 to 1; those under way count in part.
    pub share: f64,
}

/// A study was stopped before all its runs were over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Plays every job on at most `threads` threads; rows in the order of the jobs. `on_progress` is
/// told from time to time how far the study is, by whichever thread is at it, and may stop it.
///
/// # Errors
/// [`Stopped`], where it was.
pub fn play(
    threads: Option<usize>,
    jobs: &[Job<'_>],
    on_progress: &(dyn Fn(Pace) -> Continue + Sync),
) -> Result<Vec<Row>, Stopped> {
    each(threads, jobs, |job, board| job.play(board, on_progress))
}

/// What `play` makes of each item on at most `threads` threads, in the order of the items. It
/// yields nothing where the study was stopped.
///
/// # Errors
/// [`Stopped`], where it was.
pub fn each<T: Sync, R: Send>(
    threads: Option<usize>,
    items: &[T],
    play: impl Fn(&T, &Board) -> Option<R> + Sync,
) -> Result<Vec<R>, Stopped> {
    let board = Board::new(items.len() as u64);
    let all = parallel::map(threads, items, |item| play(item, &board));
    all.into_iter().collect::<Option<Vec<R>>>().ok_or(Stopped)
}

impl Job<'_> {
    /// Plays it; `None` where the study was stopped before its end.
    pub fn play(
        &self,
        board: &Board,
        on_progress: &(dyn Fn(Pace) -> Continue + Sync),
    ) -> Option<Row> {
        self.play_told(board, on_progress).map(|(row, _)| row)
    }

    /// The same, and how it ended.
    pub fn play_told(
        &self,
        board: &Board,
        on_progress: &(dyn Fn(Pace) -> Continue + Sync),
    ) -> Option<(Row, Ended)> {
        let mut told = 0;
        let mut progress = |progress: Progress| {
            if board.is_stopped() {
                return Continue::Stop;
            }
            let so_far = share_ppm(progress);
            let pace = board.advance(so_far - told.min(so_far));
            told = told.max(so_far);
            let answer = on_progress(pace);
            if answer == Continue::Stop {
                board.stop();
            }
            answer
        };
        let scenario = self.scenario;
        let options = Options {
            until: self.until,
            max_events: self.max_events,
            replicate: self.replicate,
            with_other_keys: self.with_other_keys,
            ..Options::new(&mut progress)
        };
        if board.is_stopped() {
            return None;
        }
        let outcome = run::run(scenario, options);
        if board.is_stopped() {
            return None;
        }
        board.advance(PPM - told);
        board.done.fetch_add(1, Ordering::Relaxed);
        let row = Row::new(scenario, &outcome, self.measures, self.replicate);
        Some((row, outcome.ended))
    }
}

/// A whole run.
const PPM: u64 = 1_000_000;

fn share_ppm(progress: Progress) -> u64 {
    let until = progress.until.as_ns().max(1);
    (u128::from(progress.now.as_ns()) * u128::from(PPM) / u128::from(until)) as u64
}

/// What all threads of a study know.
#[derive(Debug)]
pub struct Board {
    runs: u64,
    done: AtomicU64,
    ppm: AtomicU64,
    stopped: AtomicBool,
}

impl Board {
    /// For so many runs.
    #[must_use]
    pub fn new(runs: u64) -> Self {
        Self {
            runs,
            done: AtomicU64::new(0),
            ppm: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Whether somebody stopped the study.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// A run ended that was never played to its end.
    pub(super) fn end_early(&self, on_progress: &(dyn Fn(Pace) -> Continue + Sync)) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if on_progress(self.advance(PPM)) == Continue::Stop {
            self.stop();
        }
    }

    fn advance(&self, ppm: u64) -> Pace {
        let ppm = self.ppm.fetch_add(ppm, Ordering::Relaxed) + ppm;
        Pace {
            done: self.done.load(Ordering::Relaxed),
            runs: self.runs,
            share: ppm as f64 / (self.runs.max(1) * PPM) as f64,
        }
    }
}
