//! One shard: its limits, its log, and how far each consumer has come.

use crate::model::cohort::Cohort;
use crate::model::cold::Joined;
use crate::model::hashing::HashRange;
use crate::model::initial::Initial;
use crate::model::limit::{ReadLimit, WriteLevel};
use crate::model::log::{Chunks, Kept, Log, Position};
use crate::model::plan::ShardPlan;
use crate::model::taken::Most;
use crate::model::whole::{Drained, Whole};
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
    /// Where each consumer of the stream stands: the first one by itself, as most streams have no
    /// other.
    stands: (Stand, Vec<Stand>),
}

/// Where a consumer stands in a log.
#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    /// The first cohort it has not settled.
    settled: u64,
    /// The first it has not taken.
    taken: u64,
}

/// Where a shard came from, and what became of it (KDS-S04, KDS-S05).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// `ParentShardId`, and `AdjacentParentShardId` after a merge: the numbers in their ids.
    pub parents: [Option<u32>; 2],
    /// When it was closed to writes; `None` while it is open.
    pub closed: Option<Instant>,
    /// When it was opened; at the beginning, where that was before the run.
    pub opened: Instant,
    /// Its parents as indices, where they were open in the run.
    pub came_of: Vec<u32>,
    /// What became of it, as indices.
    pub children: Vec<u32>,
}

impl Lineage {
    /// Whether it takes records.
    #[inline]
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }
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
            lineage: Lineage { parents, ..Lineage::default() },
            stands: (Stand::default(), vec![Stand::default(); consumers.saturating_sub(1)]),
        };
        Self { rest: Box::new(rest), write, log: Log::default() }
    }

    /// From the beginning its log keeps cohorts in full, or counts them if nobody asks for them.
    pub fn keep_whole(&mut self, kept: Kept) {
        self.log = Log::of_cohorts(kept);
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

    /// Something of what a spell of it begins with.
    #[inline]
    #[must_use]
    pub(super) fn glance_whole(&self) -> u64 {
        self.write.glance()
            ^ u64::from(self.rest.number)
            ^ self.log.whole().map_or(0, Whole::glance)
    }

    /// Stores `cohort`.
    #[inline(always)]
    pub fn append(&mut self, cohort: &Cohort, chunks: &mut Chunks) {
        self.log.append(cohort, chunks);
    }

    /// Stores `cohort` in a log that keeps cohorts in full.
    #[inline]
    pub fn append_whole(&mut self, cohort: &Cohort) {
        self.log.append_whole(cohort);
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
        self.stand(consumer).settled = position.cohort;
        let (first, others) = &self.rest.stands;
        let least = others.iter().fold(first.settled, |least, it| least.min(it.settled));
        self.log.trim(least, chunks);
    }

    /// Takes the records from `from` on that are visible at `now`, at most so many, for its only
    /// consumer, who settles them at once; see [`Whole::drain`]. `None` where it has another one,
    /// or its log is of single records.
    #[inline]
    pub(super) fn drain(
        &mut self,
        from: Position,
        now: Instant,
        most: Most,
        each: impl FnMut(&Cohort),
    ) -> Option<Drained> {
        let (first, others) = &mut self.rest.stands;
        if !others.is_empty() {
            return None;
        }
        let drained = self.log.whole_mut()?.drain(from.cohort, now, most, each);
        *first = Stand { settled: drained.to, taken: drained.to };
        Some(drained)
    }

    /// Shows `each` all of its cohorts for as long as it says so; whether it did to the end, and
    /// they begin at `from`, where its only consumer stands.
    #[inline]
    pub(super) fn each_of_few(&self, from: Position, each: impl FnMut(&Cohort) -> bool) -> bool {
        let whole = self.log.whole().filter(|_| self.rest.stands.1.is_empty());
        whole.is_some_and(|whole| whole.each_of_few(from.cohort, each))
    }

    /// So many records have come, and of all these are left; its only consumer has settled the
    /// others.
    #[inline]
    pub(super) fn replace(&mut self, stored: u64, left: impl Iterator<Item = Cohort> + Clone) {
        let at = self.log.replace(stored, left);
        self.rest.stands.0 = Stand { settled: at, taken: at };
    }

    /// `consumer` has taken everything before `position`, or passed over it.
    #[inline]
    pub fn note_taken(&mut self, consumer: usize, position: Position) {
        self.stand(consumer).taken = position.cohort;
    }

    /// Joins cohorts that have waited long at `present` where there are many, so that a long
    /// backlog takes little memory. It is never done across where a consumer stands, so that
    /// what it is handed adds up to the unit. Nobody may look at an earlier moment than `present`
    /// any more.
    #[inline]
    pub fn join_cold(&mut self, present: Instant) {
        let (first, others) = &self.rest.stands;
        let Some(log) = self.log.whole_mut() else { return };
        log.join_cold(present, |records| {
            let is_within = |place| records.start < place && place < records.end;
            let mut stands = others.iter().chain([first]);
            stands.any(|it| is_within(it.settled) || is_within(it.taken))
        });
    }

    /// What was joined so far.
    #[must_use]
    pub fn joined(&self) -> Joined {
        self.log.whole().map_or(Joined::default(), Whole::joined)
    }

    #[inline]
    fn stand(&mut self, consumer: usize) -> &mut Stand {
        let (first, others) = &mut self.rest.stands;
        match consumer.checked_sub(1) {
            None => first,
            Some(other) => &mut others[other],
        }
    }

    /// Bytes of memory its log takes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.log.memory()
    }
}
