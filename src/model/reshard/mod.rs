//! What changes the shards of a stream: splits, merges, UpdateShardCount, and how long they take.

mod refusal;
mod uniform;

use std::collections::VecDeque;

pub use self::refusal::Refusal;
use self::uniform::Edges;
use crate::model::account::Account;
use crate::model::facts;
use crate::model::plan::{ReshardPlan, StreamMode};
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
    /// `UpdateStreamMode` (KDS-O12, KDS-O13).
    UpdateStreamMode {
        /// The mode to be in.
        mode: StreamMode,
    },
    /// `UpdateStreamWarmThroughput`: as many shards as take it in, and no more (KDS-O18, KDS-O20).
    UpdateStreamWarmThroughput {
        /// `WarmThroughputMiBps`: MiB/s, and by choice as many shards (KDS-O21).
        mib_per_s: u32,
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
    /// When the mode was changed within the last day (KDS-O12).
    modes: VecDeque<Instant>,
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
    /// The mode that the stream is in at the end.
    mode: StreamMode,
}

impl Reshard {
    /// Of a stream that is ACTIVE.
    #[must_use]
    pub fn new(plan: ReshardPlan) -> Self {
        Self { plan, work: None, updates: VecDeque::new(), modes: VecDeque::new() }
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
        let is_update = matches!(call, ReshardCall::UpdateShardCount { .. });
        if !account.may_call(now, is_update) {
            return Err(Refusal::TooFast);
        }
        if self.is_at_work() {
            return Err(Refusal::NotActive);
        }
        let work = match call {
            ReshardCall::Split { shard, at } => self.split(now, shard, at, stream)?,
            ReshardCall::Merge { shard, adjacent } => self.merge(now, shard, adjacent, stream)?,
            ReshardCall::UpdateShardCount { target } => self.update(now, target, stream)?,
            ReshardCall::UpdateStreamMode { mode } => self.set_mode(now, mode, stream)?,
            ReshardCall::UpdateStreamWarmThroughput { mib_per_s } => {
                if stream.is_provisioned() || !account.has_commitment() {
                    return Err(Refusal::NotWarm);
                }
                self.to_equal(now, mib_per_s.max(1), stream)
            }
        };
        if work.mode == StreamMode::Provisioned {
            account.reserve_shards(work.reserved).map_err(|()| Refusal::ShardQuota)?;
        }
        match call {
            ReshardCall::UpdateShardCount { .. } => self.updates.push_back(now),
            ReshardCall::UpdateStreamMode { .. } => self.modes.push_back(now),
            _ => {}
        }
        // One that asks for what there is already is over at once.
        let idle = work.wave.is_empty() && work.mode == stream.mode();
        self.work = (!idle).then_some(work);
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
        let (before, changes) = (stream.open_shards(), !work.wave.is_empty());
        for operation in work.wave.drain(..) {
            let (closed, opened) = stream.reshard(now, operation);
            changed(&closed, &opened);
        }
        let after = stream.open_shards();
        if changes {
            stream.reroute();
        }
        if let Some(edges) = &work.edges {
            let limit = self.plan.parallel_of(after);
            work.wave = edges.next_wave(&stream.open_ranges(), limit);
        }
        let over = work.wave.is_empty();
        if stream.is_provisioned() {
            // What was reserved is used up by what is open now; at the end all of the rest is free.
            let left = (work.reserved + before).saturating_sub(after);
            work.reserved = if over { 0 } else { left };
            account.give_back(left - work.reserved);
        }
        if over {
            if stream.is_provisioned() && work.mode == StreamMode::OnDemand {
                account.give_back(after);
            }
            stream.set_mode(work.mode);
        } else {
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
        if !stream.is_provisioned() {
            return Err(Refusal::OnDemand);
        }
        let index = stream.open_shard(shard)?;
        let range = stream.shards[index as usize].rest.range;
        let at = at.unwrap_or_else(|| range.middle());
        // KDS-S03.
        if at <= range.start.saturating_add(1) || at >= range.end {
            return Err(Refusal::KeyOutside);
        }
        Ok(self.begin(now, vec![Operation::Split(index, at)], 1, stream.mode()))
    }

    fn merge(
        &self,
        now: Instant,
        shard: u32,
        adjacent: u32,
        stream: &Stream,
    ) -> Result<Work, Refusal> {
        if !stream.is_provisioned() {
            return Err(Refusal::OnDemand);
        }
        let (lower, upper) = (stream.open_shard(shard)?, stream.open_shard(adjacent)?);
        let range = |index: u32| stream.shards[index as usize].rest.range;
        if range(lower).end.checked_add(1) != Some(range(upper).start) {
            return Err(Refusal::NotAdjacent);
        }
        Ok(self.begin(now, vec![Operation::Merge(lower, upper)], 0, stream.mode()))
    }

    fn update(&mut self, now: Instant, target: u32, stream: &Stream) -> Result<Work, Refusal> {
        let open = stream.open_shards();
        forget(&mut self.updates, now);
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
        Ok(self.to_equal(now, target, stream))
    }

    fn set_mode(
        &mut self,
        now: Instant,
        mode: StreamMode,
        stream: &Stream,
    ) -> Result<Work, Refusal> {
        forget(&mut self.modes, now);
        if self.modes.len() >= facts::MODE_CHANGES_A_DAY {
            return Err(Refusal::ModeToday);
        }
        // What it has counts against the quota again.
        let back = mode == StreamMode::Provisioned && !stream.is_provisioned();
        let reserved = if back { stream.open_shards() } else { 0 };
        Ok(self.begin(now, Vec::new(), reserved, mode))
    }

    /// Begins to make `target` equal shards.
    fn to_equal(&self, now: Instant, target: u32, stream: &Stream) -> Work {
        let ranges = stream.open_ranges();
        let edges = Edges::new(target, &ranges);
        let open = ranges.len() as u32;
        let wave = edges.next_wave(&ranges, self.plan.parallel_of(open));
        let most = edges.most_open(ranges, |open| self.plan.parallel_of(open));
        let work = self.begin(now, wave, most.saturating_sub(open), stream.mode());
        Work { edges: Some(edges), ..work }
    }

    fn begin(&self, now: Instant, wave: Vec<Operation>, reserved: u32, mode: StreamMode) -> Work {
        let ends = now + self.plan.start_delay + self.plan.per_operation;
        Work { wave, ends, edges: None, reserved, mode }
    }
}

/// Forgets calls that were made a day ago or earlier.
fn forget(calls: &mut VecDeque<Instant>, now: Instant) {
    while calls.front().is_some_and(|&at| now.since(at) >= facts::DAY) {
        calls.pop_front();
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
