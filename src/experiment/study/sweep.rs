//! Playing the runs of a sweep: each point is loaded when its first run begins and forgotten after
//! its last; of a run, a few numbers are kept.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::experiment::outcome::Ended;
use crate::experiment::parallel;
use crate::experiment::run::Continue;
use crate::experiment::study::measure::{self, Measure};
use crate::experiment::study::played::{Board, Job, Pace, Stopped};
use crate::experiment::study::row::Row;
use crate::scenario::Scenario;
use crate::time::Instant;

/// One run of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// Place of the point, from 0.
    pub point: usize,
    /// Which random numbers.
    pub replicate: u64,
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// Which it was.
    pub run: Run,
    /// SHA-256 of the point's resolved scenario; empty where there is none.
    pub hash: String,
    /// Its numbers, or why there are none.
    pub result: Result<Kept, String>,
}

/// The numbers of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its row, without its bill.
    pub row: Row,
    /// The limit that ended it early, where one did.
    pub limit: Option<Limit>,
}

/// What ends a run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Waiting records took more memory than allowed.
    Memory,
    /// As many events as allowed were played.
    Events,
}

impl Limit {
    /// As tables have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory limit",
            Self::Events => "event limit",
        }
    }
}

/// What all runs of a sweep share.
#[derive(Clone, Copy)]
pub struct Sweep<'s> {
    /// Threads; as many as there are cores where `None`.
    pub threads: Option<usize>,
    /// Whether keys have other names in each replicate.
    pub with_other_keys: bool,
    /// Stops earlier than the scenario's duration.
    pub until: Option<Instant>,
    /// Stops at so many events.
    pub max_events: Option<u64>,
    /// What is measured, in order.
    pub measures: &'s [Measure],
    /// Whether each run of a point has a scenario of its own, as inputs are drawn.
    pub is_drawn: bool,
    /// Loads what a run plays, or says why it cannot be simulated.
    pub load: &'s (dyn Fn(Run) -> Result<Scenario, String> + Sync),
}

/// The scenarios of the points that are being played, by the place of a point's first run; where
/// inputs are drawn, each run has its own.
struct Slots<'s> {
    sweep: &'s Sweep<'s>,
    runs: &'s [Run],
    open: Mutex<BTreeMap<usize, Arc<Slot>>>,
}

/// The scenario of a point's runs while it is needed.
struct Slot {
    /// The first of its runs.
    run: Run,
    /// Runs that have not ended.
    left: AtomicUsize,
    loaded: Mutex<Option<Loaded>>,
}

type Loaded = Arc<Result<(Scenario, Vec<Measure>), String>>;

impl Sweep<'_> {
    /// Plays `runs`, which are in order, several at a time. Each that ends is given to `keep` by
    /// whichever thread played it; `on_progress` is told how far all are. Both may stop the sweep.
    ///
    /// # Errors
    /// [`Stopped`], where it was.
    pub fn play(
        &self,
        runs: &[Run],
        keep: &(dyn Fn(Done) -> Continue + Sync),
        on_progress: &(dyn Fn(Pace) -> Continue + Sync),
    ) -> Result<(), Stopped> {
        let board = Board::new(runs.len() as u64);
        let slots = Slots { sweep: self, runs, open: Mutex::default() };
        parallel::each(self.threads, runs.len(), |place| {
            if board.is_stopped() {
                return;
            }
            let slot = slots.take(place);
            let done = self.one(runs[place], &slot, &board, on_progress);
            slots.leave(place, &slot);
            if let Some(done) = done
                && keep(done) == Continue::Stop
            {
                board.stop();
            }
        });
        if board.is_stopped() { Err(Stopped) } else { Ok(()) }
    }

    /// Plays one run; `None` where the sweep was stopped before its end.
    fn one(
        &self,
        run: Run,
        slot: &Slot,
        board: &Board,
        on_progress: &(dyn Fn(Pace) -> Continue + Sync),
    ) -> Option<Done> {
        let loaded = slot.load(self);
        let (hash, result) = match &*loaded {
            Err(reason) => (String::new(), Err(reason.clone())),
            Ok((scenario, measures)) => {
                let job = Job {
                    scenario,
                    measures,
                    replicate: run.replicate,
                    with_other_keys: self.with_other_keys,
                    until: self.until,
                    max_events: self.max_events,
                };
                let told = catch(|| job.play_told(board, on_progress));
                let result = match told {
                    Ok(told) => told.map(|(row, ended)| Ok(kept(row, ended)))?,
                    Err(reason) => Err(reason),
                };
                (scenario.hash.clone(), result)
            }
        };
        if result.is_err() {
            board.end_early(on_progress);
        }
        drop(loaded);
        Some(Done { run, hash, result })
    }
}

impl Slots<'_> {
    /// The places of the runs that share a scenario with that at `place`.
    fn alike(&self, place: usize) -> Range<usize> {
        if self.sweep.is_drawn {
            return place..place + 1;
        }
        let point = self.runs[place].point;
        let end = self.runs.partition_point(|it| it.point <= point);
        self.runs.partition_point(|it| it.point < point)..end
    }

    /// The slot of the run at `place`, opened by whoever comes first.
    fn take(&self, place: usize) -> Arc<Slot> {
        let alike = self.alike(place);
        let fresh = || {
            let left = AtomicUsize::new(alike.len());
            Arc::new(Slot { run: self.runs[alike.start], left, loaded: Mutex::new(None) })
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(open.entry(alike.start).or_insert_with(fresh))
    }

    /// Forgets the scenario after its last run.
    fn leave(&self, place: usize, slot: &Slot) {
        if slot.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.remove(&self.alike(place).start);
        }
    }
}

impl Slot {
    /// The scenario, loaded by whoever comes first.
    fn load(&self, sweep: &Sweep<'_>) -> Loaded {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let load = || (sweep.load)(self.run);
            Arc::new(catch(load).and_then(|it| it).map(|scenario| {
                let measures = align(sweep.measures, &scenario);
                (scenario, measures)
            }))
        };
        Arc::clone(loaded.get_or_insert_with(fresh))
    }
}

/// The measures of the sweep as this scenario has them: the metric is its own.
fn align(measures: &[Measure], scenario: &Scenario) -> Vec<Measure> {
    let own = measure::measures(scenario);
    let of = |wanted: &Measure| {
        let found = own.iter().find(|it| it.path == wanted.path).cloned();
        let found = found.or_else(|| measure::measure_at(scenario, &wanted.path));
        let metric = found.map_or_else(|| wanted.metric.clone(), |it| it.metric);
        Measure { metric, ..wanted.clone() }
    };
    measures.iter().map(of).collect()
}

fn kept(row: Row, ended: Ended) -> Kept {
    let limit = match ended {
        Ended::Completed | Ended::Interrupted => None,
        Ended::MemoryLimit { .. } => Some(Limit::Memory),
        Ended::EventLimit { .. } => Some(Limit::Events),
    };
    Kept { row: Row { bill: Vec::new(), ..row }, limit }
}

/// A panic ends one run, not the sweep.
fn catch<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f))
        .map_err(|payload| format!("a bug in kinesim: {}", words(payload.as_ref())))
}

fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Files};

    struct NoFiles;

    impl Files for NoFiles {
        fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }

    fn load(point: usize) -> Result<Scenario, String> {
        assert_ne!(point, 2, "point 2 is broken");
        let text = format!(
            "scenario.duration = \"5 s\"\nstream.shard_count = {point}\n[[producer]]\n\
             rate = \"10/s\"\nrecord_size = \"1 KiB\"\n"
        );
        scenario::load("t", "t.toml", &text, &[], &NoFiles)
            .map_err(|problems| problems.iter().map(|it| it.message.clone()).collect())
    }

    fn played(threads: usize, stop_after: usize) -> (Vec<Done>, Result<(), Stopped>) {
        let measures = measure::measures(&load(1).expect("sound"));
        let loads = AtomicUsize::new(0);
        let load = |run: Run| {
            loads.fetch_add(1, Ordering::Relaxed);
            load(run.point)
        };
        let sweep = Sweep {
            threads: Some(threads),
            with_other_keys: false,
            until: None,
            max_events: None,
            measures: &measures,
            is_drawn: false,
            load: &load,
        };
        let runs: Vec<Run> = (0..4)
            .flat_map(|point| (0..3).map(move |replicate| Run { point, replicate }))
            .collect();
        let done = Mutex::new(Vec::new());
        let keep = |it: Done| {
            let mut done = done.lock().expect("nobody panics here");
            done.push(it);
            if done.len() == stop_after { Continue::Stop } else { Continue::Yes }
        };
        let end = sweep.play(&runs, &keep, &|_| Continue::Yes);
        let mut done = done.into_inner().expect("nobody panics here");
        done.sort_by_key(|it| it.run);
        assert!(loads.load(Ordering::Relaxed) <= 4, "each point is loaded once");
        (done, end)
    }

    #[test]
    fn a_point_that_fails_or_panics_leaves_the_others() {
        let (done, end) = played(2, usize::MAX);
        assert_eq!((done.len(), end), (12, Ok(())));
        // Without shards, a panic, and two that hold.
        let reason = |place: usize| done[place].result.as_ref().expect_err("fails").clone();
        assert!(reason(0).contains("shard_count"), "{}", reason(0));
        assert!(reason(6).contains("point 2 is broken"), "{}", reason(6));
        assert!(done[3].result.is_ok() && done[9].result.is_ok());
        assert_eq!(done, played(1, usize::MAX).0);
    }

    #[test]
    fn who_keeps_may_stop() {
        let (done, end) = played(1, 5);
        assert_eq!((done.len(), end), (5, Err(Stopped)));
    }
}
