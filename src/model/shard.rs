//! One shard: its limits, its log, and how far each consumer has come.

use crate::model::cohort::Cohort;
use crate::model::hashing::HashRange;
use crate::model::initial::Initial;
use crate::model::limit::{ReadLimit, WriteLevel};
use crate::model::log::{Chunks, Log, Position};
use crate::time::Instant;

/// One shard of a stream.
///
/// Laid out so that what every put touches - levels, count and the log's tail - shares a cache
/// line: with thousands of shards, lines are what a put costs.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Shard {
    /// What is left of its write limits.
    pub write: WriteLevel,
    /// Records stored since the beginning.
    pub stored: u64,
    /// Whether anyone reads it.
    read_by_some: bool,
    log: Log,
    /// The put call that last touched it, and the bytes that call has stored here so far.
    pub call: (u64, u64),
    /// What is left of its read limits.
    pub read: ReadLimit,
    /// Records from before the run.
    pub initial: Initial,
    /// Hash keys that belong to it.
    pub range: HashRange,
    /// Where it came from and whether it still takes records.
    pub lineage: Lineage,
    /// For each consumer of the stream, the first cohort it has not settled.
    settled: Vec<u64>,
}

/// Where a shard came from, and what became of it (KDS-S04, KDS-S05).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// `ParentShardId`, and `AdjacentParentShardId` after a merge: numbers of shards.
    pub parents: [Option<u32>; 2],
    /// When it was closed to writes; `None` while it is open.
    pub closed: Option<Instant>,
}

impl Shard {
    /// An open shard without records, read by `consumers`.
    #[must_use]
    pub fn new(range: HashRange, write: WriteLevel, read: ReadLimit, consumers: usize) -> Self {
        Self {
            write,
            call: (0, 0),
            stored: 0,
            read_by_some: consumers > 0,
            log: Log::default(),
            read,
            initial: Initial::default(),
            range,
            lineage: Lineage::default(),
            settled: vec![0; consumers],
        }
    }

    /// Stores `cohort`; without consumers nobody will ask for it, and it is only counted (D11).
    #[inline(always)]
    pub fn append(&mut self, cohort: &Cohort, chunks: &mut Chunks) {
        self.stored += u64::from(cohort.records);
        if self.read_by_some {
            self.log.append(cohort, chunks);
        }
    }

    /// Whether the shard is closed and `position` is behind its last record (KDS-R16): the signal
    /// to go on to its children.
    #[must_use]
    pub fn ended_at(&self, position: Position) -> bool {
        self.lineage.closed.is_some() && position >= self.end()
    }

    /// Records ever in it: those from before the run, and those stored since.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.initial.records + self.stored
    }

    /// The records this shard keeps.
    #[inline]
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The position behind the newest record.
    #[must_use]
    pub fn end(&self) -> Position {
        Position { cohort: self.log.end(), past: 0 }
    }

    /// `consumer` will not ask for anything before `position` again; what nobody will ask for is
    /// dropped.
    pub fn settle(&mut self, consumer: usize, position: Position, chunks: &mut Chunks) {
        self.settled[consumer] = position.cohort;
        let least = self.settled.iter().copied().min().unwrap_or(0);
        self.log.trim(least, chunks);
    }

    /// Bytes of memory its log takes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.log.memory()
    }
}
