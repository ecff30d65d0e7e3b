//! What changes the shards of a stream: splits, merges, UpdateShardCount, and how long they take.

mod refusal;
mod uniform;

use std::collections::VecDeque;

pub use self::refusal::Refusal;
use self::uniform::Edges;
use crate::model::account::Account;
use crate::model::facts;
use crate::model::plan::ReshardPlan;
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// A call that changes shards. Shards are numbers in their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReshardCall {
    /// `SplitShard` (KDS-S02).
    Split {
        /// `ShardToSplit`.
        shard: u32,
        /// `NewStartingHashKey`; `None` halves the shard.
        at: Option<u128>,
    },
    /// `MergeShards`: of two neighbours, the one with the lower range first (KDS-S01).
    Merge {
        /// `ShardToMerge`.
        shard: u32,
        /// `AdjacentShardToMerge`.
        adjacent: u32,
    },
    /// `UpdateShardCount` with uniform scaling (KDS-S16).
    UpdateShardCount {
        /// `TargetShardCount`.
        target: u32,
    },
}

/// One step: what becomes of one shard, or of two. Shards are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The shard becomes two, the upper of which begins at this hash.
    Split(u32, u128),
    /// Two neighbours become one; the lower comes first.
    Merge(u32, u32),
}

/// The resharding of one stream. A stream that is at work is UPDATING, else ACTIVE (KDS-S07).
#[derive(Clone, Debug)]
pub struct Reshard {
    plan: ReshardPlan,
    work: Option<Work>,
    /// When UpdateShardCount was accepted within the last day (KDS-S11).
    updates: VecDeque<Instant>,
}

/// What is being done.
#[derive(Clone, Debug)]
struct Work {
    /// Steps of the present wave: all of them end together.
    wave: Vec<Operation>,
    /// When they do.
    ends: Instant,
    /// Where shards are to end, if more waves may follow.
    edges: Option<Edges>,
    /// Shards taken off the account's quota that are not open yet.
    reserved: u32,
}

impl Reshard {
    /// Of a stream that is ACTIVE.
    #[must_use]
    pub fn new(plan: ReshardPlan) -> Self {
        Self { plan, work: None, updates: VecDeque::new() }
    }

    /// Whether the stream is UPDATING.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.work.is_some()
    }

    /// When the present steps end.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.work.as_ref().map_or(Instant::NEVER, |work| work.ends)
    }

    /// Judges `call` at `now`, and begins to do what it asks for. Reads and writes go on as before
    /// until shards close (KDS-S08).
    ///
    /// # Errors
    /// What AWS answers.
    pub fn call(
        &mut self,
        now: Instant,
        call: ReshardCall,
        stream: &Stream,
        account: &mut Account,
    ) -> Result<(), Refusal> {
        if self.is_at_work() {
            return Err(Refusal::NotActive);
        }
        let work = match call {
            ReshardCall::Split { shard, at } => self.split(now, shard, at, stream)?,
            ReshardCall::Merge { shard, adjacent } => self.merge(now, shard, adjacent, stream)?,
            ReshardCall::UpdateShardCount { target } => self.update(now, target, stream)?,
        };
        if stream.is_provisioned() {
            account.reserve_shards(work.reserved).map_err(|()| Refusal::ShardQuota)?;
        }
        if matches!(call, ReshardCall::UpdateShardCount { .. }) {
            self.updates.push_back(now);
        }
        // One that asks for what there is already is over at once.
        self.work = (!work.wave.is_empty()).then_some(work);
        Ok(())
    }

    /// Ends the present steps, which are due at `now`: shards close and their children open.
    /// `changed` is told of each step: those that close, and those that open.
    pub fn act(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        account: &mut Account,
        mut changed: impl FnMut(&[u32], &[u32]),
    ) {
        let Some(mut work) = self.work.take_if(|work| work.ends <= now) else { return };
        let before = stream.open_shards();
        for operation in work.wave.drain(..) {
            let (closed, opened) = stream.reshard(now, operation);
            changed(&closed, &opened);
        }
        stream.reroute();
        if let Some(edges) = &work.edges {
            let limit = self.plan.parallel_of(stream.open_shards());
            work.wave = edges.next_wave(&stream.open_ranges(), limit);
        }
        if stream.is_provisioned() {
            let after = stream.open_shards();
            // What was reserved is used up by what is open now; at the end all of the rest is free.
            let left = work.reserved.saturating_add(before).saturating_sub(after);
            let keep = if work.wave.is_empty() { 0 } else { left };
            account.give_back(left - keep);
            work.reserved = keep;
        }
        if !work.wave.is_empty() {
            work.ends = now + self.plan.per_operation;
            self.work = Some(work);
        }
    }

    fn split(
        &self,
        now: Instant,
        shard: u32,
        at: Option<u128>,
        stream: &Stream,
    ) -> Result<Work, Refusal> {
        let index = stream.open_shard(shard)?;
        let range = stream.shards[index as usize].rest.range;
        let at = at.unwrap_or_else(|| range.middle());
        // KDS-S03.
        if at <= range.start.saturating_add(1) || at >= range.end {
            return Err(Refusal::KeyOutside);
        }
        Ok(self.begin(now, vec![Operation::Split(index, at)], 1, None))
    }

    fn merge(
        &self,
        now: Instant,
        shard: u32,
        adjacent: u32,
        stream: &Stream,
    ) -> Result<Work, Refusal> {
        let (lower, upper) = (stream.open_shard(shard)?, stream.open_shard(adjacent)?);
        let range = |index: u32| stream.shards[index as usize].rest.range;
        if range(lower).end.checked_add(1) != Some(range(upper).start) {
            return Err(Refusal::NotAdjacent);
        }
        Ok(self.begin(now, vec![Operation::Merge(lower, upper)], 0, None))
    }

    fn update(&mut self, now: Instant, target: u32, stream: &Stream) -> Result<Work, Refusal> {
        let open = stream.open_shards();
        while self.updates.front().is_some_and(|&at| now.since(at) >= facts::DAY) {
            self.updates.pop_front();
        }
        if !stream.is_provisioned() {
            return Err(Refusal::OnDemand);
        }
        if self.updates.len() >= facts::SHARD_COUNT_UPDATES_A_DAY {
            return Err(Refusal::TooManyToday);
        }
        if target > open.saturating_mul(2) {
            return Err(Refusal::AboveDouble);
        }
        // KDS-S13: half of an odd number is rounded up.
        if target.saturating_mul(2) < open || target == 0 {
            return Err(Refusal::BelowHalf);
        }
        // KDS-S14: above the ceiling only less is accepted.
        if target > facts::SHARD_COUNT_TARGET_MAX {
            return Err(Refusal::AboveCeiling);
        }
        let edges = Edges::new(target, &stream.open_ranges());
        let limit = self.plan.parallel_of(open);
        let wave = edges.next_wave(&stream.open_ranges(), limit);
        let most = edges.most_open(stream.open_ranges(), |open| self.plan.parallel_of(open));
        Ok(self.begin(now, wave, most.saturating_sub(open), Some(edges)))
    }

    fn begin(
        &self,
        now: Instant,
        wave: Vec<Operation>,
        reserved: u32,
        edges: Option<Edges>,
    ) -> Work {
        let ends = now + self.plan.start_delay + self.plan.per_operation;
        Work { wave, ends, edges, reserved }
    }
}

impl ReshardPlan {
    /// Steps done at the same time on a stream with so many open shards, at least one (KDS-S23).
    #[must_use]
    pub fn parallel_of(&self, open: u32) -> u32 {
        self.parallel.unwrap_or(open / 4).max(1)
    }

    /// Time that one step takes from the call that asks for it.
    #[must_use]
    pub fn one_step(&self) -> Span {
        self.start_delay + self.per_operation
    }
}
