//! One shard: its limits, its log, and how far each consumer has come.

use crate::model::cohort::Cohort;
use crate::model::hashing::HashRange;
use crate::model::initial::Initial;
use crate::model::limit::{ReadLimit, WriteLevel};
use crate::model::log::{Chunks, Log, Position};
use crate::model::plan::ShardPlan;
use crate::time::Instant;

/// One shard of a stream.
///
/// Two cache lines hold all that most puts touch, and those of all shards lie side by side: with
/// thousands of shards, lines are what a put costs.
#[derive(Clone, Debug)]
#[repr(C, align(128))]
pub struct Shard {
    /// What only some puts touch.
    pub rest: Box<Rest>,
    /// What is left of its write limits.
    pub write: WriteLevel,
    log: Log,
}

/// What a shard has beside its write limits and its log.
#[derive(Clone, Debug)]
pub struct Rest {
    /// The put call that last touched it, and the bytes that call has stored here so far.
    pub call: (u64, u64),
    /// What is left of its read limits.
    pub read: ReadLimit,
    /// Records from before the run.
    pub initial: Initial,
    /// The number in its id (KDS-H07).
    pub number: u32,
    /// Hash keys that belong to it.
    pub range: HashRange,
    /// Where it came from and whether it still takes records.
    pub lineage: Lineage,
    /// For each consumer of the stream, the first cohort it has not settled: the first consumer's
    /// stands by itself, as most streams have no other.
    settled: (u64, Vec<u64>),
}

/// Where a shard came from, and what became of it (KDS-S04, KDS-S05).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// `ParentShardId`, and `AdjacentParentShardId` after a merge: the numbers in their ids.
    pub parents: [Option<u32>; 2],
    /// When it was closed to writes; `None` while it is open.
    pub closed: Option<Instant>,
}

impl Shard {
    /// An open shard without records, read by `consumers`.
    #[must_use]
    pub fn new(plan: ShardPlan, write: WriteLevel, read: ReadLimit, consumers: usize) -> Self {
        let ShardPlan { number, range, parents } = plan;
        let rest = Rest {
            call: (0, 0),
            read,
            initial: Initial::default(),
            number,
            range,
            lineage: Lineage { parents, closed: None },
            settled: (0, vec![0; consumers.saturating_sub(1)]),
        };
        Self { rest: Box::new(rest), write, log: Log::default() }
    }

    /// From the beginning its log keeps cohorts in full.
    pub fn keep_whole(&mut self) {
        self.log = Log::of_cohorts();
    }

    /// Records stored since the beginning.
    #[inline]
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.log.records()
    }

    /// Something of each of its two cache lines.
    #[inline(always)]
    #[must_use]
    pub fn glance(&self) -> u64 {
        self.write.glance() ^ self.log.glance()
    }

    /// Stores `cohort`.
    #[inline(always)]
    pub fn append(&mut self, cohort: &Cohort, chunks: &mut Chunks) {
        self.log.append(cohort, chunks);
    }

    /// Whether the shard is closed and `position` is behind its last record (KDS-R16): the signal
    /// to go on to its children.
    #[must_use]
    pub fn ended_at(&self, position: Position) -> bool {
        self.rest.lineage.closed.is_some() && position >= self.end()
    }

    /// Records ever in it: those from before the run, and those stored since.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.rest.initial.records + self.stored()
    }

    /// The records that some consumer may still ask for.
    #[inline]
    #[must_use]
    pub fn log(&mut self) -> &Log {
        self.log.up_to_date()
    }

    /// The position behind the newest record.
    #[must_use]
    pub fn end(&self) -> Position {
        Position { cohort: self.log.end(), past: 0 }
    }

    /// `consumer` will not ask for anything before `position` again; what nobody will ask for is
    /// dropped.
    pub fn settle(&mut self, consumer: usize, position: Position, chunks: &mut Chunks) {
        let (first, others) = &mut self.rest.settled;
        match consumer.checked_sub(1) {
            None => *first = position.cohort,
            Some(other) => others[other] = position.cohort,
        }
        let least = others.iter().copied().fold(*first, u64::min);
        self.log.trim(least, chunks);
    }

    /// Bytes of memory its log takes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.log.memory()
    }
}
