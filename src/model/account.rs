//! What all streams of an account share in its Region.

use crate::model::plan::AccountPlan;

/// The account's resources.
#[derive(Clone, Debug)]
pub struct Account {
    shards_left: u32,
    commitment: bool,
}

impl Account {
    /// An account with nothing taken.
    #[must_use]
    pub fn new(plan: &AccountPlan) -> Self {
        Self { shards_left: plan.shard_quota, commitment: plan.commitment }
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
