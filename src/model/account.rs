//! What all streams of an account share in its Region.

use std::collections::VecDeque;

use crate::model::facts;
use crate::model::plan::AccountPlan;
use crate::time::{Instant, Span};

/// The account's resources.
#[derive(Clone, Debug)]
pub struct Account {
    shards_left: u32,
    commitment: bool,
    /// When its last calls of each kind were made: splits and merges, and updates.
    calls: [VecDeque<Instant>; 2],
}

impl Account {
    /// An account with nothing taken.
    #[must_use]
    pub fn new(plan: &AccountPlan) -> Self {
        Self {
            shards_left: plan.shard_quota,
            commitment: plan.commitment,
            calls: Default::default(),
        }
    }

    /// Takes `count` shards off the quota while a stream is on its way to have them (KDS-S17).
    ///
    /// # Errors
    /// When there are not so many left; nothing is taken then.
    #[expect(clippy::result_unit_err, reason = "there is one way to fail")]
    pub fn reserve_shards(&mut self, count: u32) -> Result<(), ()> {
        self.shards_left = self.shards_left.checked_sub(count).ok_or(())?;
        Ok(())
    }

    /// Whether one more call that changes shards may be made at `now`, and notes it: so many
    /// SplitShard and MergeShards calls together in a second, and so many UpdateShardCount calls
    /// (KDS-S15, KDS-S27).
    pub fn may_call(&mut self, now: Instant, update: bool) -> bool {
        let most = if update { facts::UPDATES_PER_S } else { facts::SPLITS_PER_S };
        let calls = &mut self.calls[usize::from(update)];
        while calls.front().is_some_and(|&at| now.since(at) >= Span::from_s(1)) {
            calls.pop_front();
        }
        let may = calls.len() < most;
        if may {
            calls.push_back(now);
        }
        may
    }

    /// Whether it has committed itself to a minimum of throughput (KDS-O16).
    #[must_use]
    pub fn has_commitment(&self) -> bool {
        self.commitment
    }

    /// Gives `count` shards back.
    pub fn give_back(&mut self, count: u32) {
        self.shards_left += count;
    }

    /// Takes `count` shards off the quota (KDS-S24).
    ///
    /// # Panics
    /// When the quota is exceeded: a plan is checked against it before it is built.
    pub fn take_shards(&mut self, count: u32) {
        self.shards_left = self
            .shards_left
            .checked_sub(count)
            .expect("a plan asks for no more shards than its quota");
    }
}
