//! Shards that a record blocked, and what was tried on them.

use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::{Attempt, Block};
use crate::model::events::FaultKind;
use crate::model::observation::{Answer, FailedAttempt, Returned, SkipCause};
use crate::model::plan::Plan;
use crate::time::Instant;

/// Attempts kept of a block.
const KEPT: usize = 4_096;
/// Of them, those from the beginning that are never thinned: a batch that is split is soon through.
const FIRST: usize = 1_024;
/// Attempts in a row that did not fail after which a lane is watched no more.
const QUIET: u32 = 20;

/// What is known of each fault's block, if it blocked a shard.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    of_fault: Vec<Option<Watched>>,
    /// Whether any fault may block a shard: else nothing is looked at.
    any: bool,
    /// The invocation that returned last, and when.
    last: Option<(Instant, Returned)>,
}

/// A block, and the lane it is watched on.
#[derive(Clone, Debug)]
struct Watched {
    block: Block,
    /// Attempts since the last one that failed.
    quiet: u32,
    /// One in so many attempts is kept.
    stride: u64,
    /// How many came since it was set.
    came: u64,
}

impl Blocks {
    /// Nothing yet, for the faults of `plan`.
    pub(super) fn new(plan: &Plan) -> Self {
        let blocks = |kind: &FaultKind| matches!(kind, FaultKind::PoisonRecord { .. });
        Self {
            of_fault: vec![None; plan.faults.len()],
            any: plan.faults.iter().any(|fault| blocks(&fault.kind)),
            last: None,
        }
    }

    /// Work on a batch failed by a record.
    #[cold]
    pub(super) fn failed(&mut self, at: Instant, failed: &FailedAttempt) {
        let (reader, fault) = (failed.reader as usize, failed.fault as usize);
        // Of a function, the invocation that failed has just returned.
        let returned = self.last.filter(|(when, last)| {
            let is_it = (last.reader, last.shard, last.began)
                == (failed.reader, failed.shard, failed.began);
            *when == at && is_it
        });
        let answer = returned.map_or(Answer::Failed, |(_, last)| last.answer);
        let attempt = Attempt { began: failed.began, ended: at, records: failed.records, answer };
        let lane = returned.map(|(_, last)| last.lane);
        let Some(of) = self.of_fault.get_mut(fault) else { return };
        let is_new = of.is_none();
        let watched = of.get_or_insert_with(|| Watched {
            block: Block {
                fault,
                reader,
                shard: failed.shard as usize,
                lane,
                from: failed.began,
                until: at,
                attempts: 0,
                records: failed.records,
                freed: None,
                tried: Vec::new(),
            },
            quiet: 0,
            stride: 1,
            came: 0,
        });
        // What returns on a lane that is watched has been added already.
        if watched.block.lane.is_some() && (is_new || watched.quiet >= QUIET) {
            watched.add(attempt);
        }
        watched.quiet = 0;
        watched.block.until = at;
        watched.block.attempts += 1;
    }

    /// An invocation of a function is over.
    #[inline]
    pub(super) fn returned(&mut self, at: Instant, returned: &Returned) {
        if self.any {
            self.note(at, returned);
        }
    }

    #[cold]
    fn note(&mut self, at: Instant, returned: &Returned) {
        self.last = Some((at, *returned));
        let (reader, shard) = (returned.reader as usize, returned.shard as usize);
        for watched in self.of_fault.iter_mut().flatten() {
            let block = &watched.block;
            let is_its =
                (block.reader, block.shard, block.lane) == (reader, shard, Some(returned.lane));
            if is_its && watched.quiet < QUIET {
                watched.quiet += 1;
                let (began, records, answer) = (returned.began, returned.records, returned.answer);
                watched.add(Attempt { began, ended: at, records, answer });
            }
        }
    }

    /// The record is out of the way.
    #[cold]
    pub(super) fn freed(&mut self, at: Instant, fault: u32, given_up: bool) {
        if let Some(Some(watched)) = self.of_fault.get_mut(fault as usize) {
            watched.block.freed = Some((at, given_up));
        }
    }

    /// The blocks there were, in order of faults.
    pub(super) fn outcome(&self) -> Vec<Block> {
        self.of_fault.iter().flatten().map(|watched| watched.block.clone()).collect()
    }
}

impl Watched {
    /// Adds an attempt; where there is no room, every other of the later ones goes.
    fn add(&mut self, attempt: Attempt) {
        self.came += 1;
        let tried = &mut self.block.tried;
        if !self.came.is_multiple_of(self.stride) {
            return;
        }
        if tried.len() == KEPT {
            let mut place = 0;
            tried.retain(|_| {
                place += 1;
                place <= FIRST || place % 2 == 0
            });
            self.stride *= 2;
            self.came = 0;
        }
        tried.push(attempt);
    }
}

impl Metrics {
    /// The shards that were blocked by a record, in order of faults.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        self.blocks.outcome()
    }

    pub(super) fn skipped(&mut self, at: Instant, reader: u32, records: u64, cause: SkipCause) {
        let counts = &mut self.consumers[reader as usize];
        match cause {
            SkipCause::Expired => {
                counts.expired += records;
                counts.first_expired = counts.first_expired.or(Some(at));
            }
            SkipCause::BeforeStart => counts.before_start += records,
            cause => {
                if let Some(lambda) = &mut self.lambdas[reader as usize] {
                    lambda.skipped(records, cause);
                }
            }
        }
    }

    pub(super) fn throttled(&mut self, reader: u32) {
        if let Some(lambda) = &mut self.lambdas[reader as usize] {
            lambda.throttled();
        }
    }

    #[cold]
    pub(super) fn failed_attempt(&mut self, at: Instant, failed: &FailedAttempt) {
        let reader = failed.reader as usize;
        self.consumers[reader].failed_attempts += 1;
        self.now.reads[reader].failed_attempts += 1;
        self.blocks.failed(at, failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Watched {
        let block = Block {
            fault: 0,
            reader: 0,
            shard: 0,
            lane: None,
            from: Instant::ZERO,
            until: Instant::ZERO,
            attempts: 0,
            records: 9,
            freed: None,
            tried: Vec::new(),
        };
        Watched { block, quiet: 0, stride: 1, came: 0 }
    }

    #[test]
    fn the_first_attempts_stay_and_the_later_ones_are_thinned_evenly() {
        let mut watched = watched();
        for second in 0..50_000 {
            let (began, ended) = (Instant::from_s(second), Instant::from_s(second + 1));
            watched.add(Attempt { began, ended, records: 9, answer: Answer::Failed });
        }
        let began: Vec<u64> =
            watched.block.tried.iter().map(|it| it.began.as_ns() / 1_000_000_000).collect();
        assert!(began.len() <= KEPT && began.len() > KEPT / 2, "{}", began.len());
        assert!(began[..FIRST].iter().copied().eq(0..FIRST as u64));
        assert!(began.windows(2).all(|pair| pair[0] < pair[1]));
        let widest = began.windows(2).map(|pair| pair[1] - pair[0]).max().expect("several");
        assert!(widest <= 2 * watched.stride, "{widest}");
        assert!(50_000 - began.last().expect("some") <= 2 * watched.stride);
    }
}
