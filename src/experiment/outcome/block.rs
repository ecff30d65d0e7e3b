//! Shards that a record blocked.

use crate::model::observation::Answer;
use crate::time::Instant;

/// A record that a consumer could not digest for a time, and the shard that it blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Number of the fault.
    pub fault: usize,
    /// Which consumer.
    pub reader: usize,
    /// Which shard of its stream, as an index.
    pub shard: usize,
    /// Of a function, which lane of it; other lanes go on.
    pub lane: Option<u32>,
    /// When the first attempt began that failed.
    pub from: Instant,
    /// When the last one was over.
    pub until: Instant,
    /// When it was out of the way, and whether it was given up, of a function that says so.
    pub freed: Option<(Instant, bool)>,
    /// How many failed.
    pub attempts: u64,
    /// Records in the batch, the one that is not digested among them.
    pub records: u32,
    /// Of a function, what was tried on its lane from then on until it had gone on for a while, in
    /// order of time; of very many attempts, some.
    pub tried: Vec<Attempt>,
}

/// One attempt to process a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub began: Instant,
    /// When it was over.
    pub ended: Instant,
    /// Records handed over in it.
    pub records: u32,
    /// How it ended.
    pub answer: Answer,
}
