//! What a polling consumer knows of the calls on one shard, and what falls due in it.

use crate::engine::Probe;
use crate::model::events::{BILLION, Condition};
use crate::model::facts;
use crate::model::observation::{Observation, Positioning, Read};
use crate::model::retry::{Failure, Retry};
use crate::model::shard::Shard;
use crate::random;
use crate::time::Instant;

/// The calls on one shard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller {
    /// When its iterator was returned; none before the first.
    pub(super) iterator: Option<Instant>,
    /// Attempts at the present call that failed.
    pub(super) attempts: u32,
    /// What the last of them was told.
    pub(super) retry: Option<Retry>,
    /// When the batch that is being processed was begun.
    pub(super) working: Option<Instant>,
    /// Its next call waits until something in hand is processed.
    pub(super) held_back: bool,
    /// Whether it waits for a thread to process what is in hand.
    pub(super) queued: bool,
}

/// What GetRecords was asked, and what it brings: on its way until its stream has decrypted it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// When the call was made: it was judged then.
    pub(super) asked: Instant,
    /// What is handed over.
    pub(super) read: Read,
    /// How many of its records had been handed over before.
    pub(super) again: u32,
    /// Whether what it brings is in hand already, so that the log keeps it.
    pub(super) in_hand: bool,
}

/// What falls due in a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The oldest batch in hand of this shard is processed.
    Done(u32),
    /// This shard is to be asked.
    Poll(u32),
    /// It is to be asked again, by a thread that waited.
    Again(u32),
    /// The answer to the call on it is there.
    Answered(u32),
}

impl Due {
    /// The shard it belongs to.
    #[inline]
    pub(super) fn shard(self) -> u32 {
        let (Self::Done(shard) | Self::Poll(shard) | Self::Again(shard) | Self::Answered(shard)) =
            self;
        shard
    }
}

/// Why a call brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It failed so that its client may make it again.
    Failed(Failure),
    /// It failed, and no client makes it again (KDS-L08).
    ForGood,
}

/// Which calls fail by chance.
#[derive(Clone, Debug)]
pub(super) struct Chances {
    /// Of those within the service.
    pub(super) errors: random::Stream,
    /// Of those that KMS throttles.
    pub(super) kms: random::Stream,
}

impl Chances {
    /// Those of the consumer whose streams are called `kind/NAME/…`.
    pub(super) fn new(chance: impl Fn(&str) -> random::Stream) -> Self {
        Self { errors: chance("errors"), kms: chance("kms") }
    }
}

impl Caller {
    /// Calls GetRecords on `shard`: whether it is answered.
    #[inline(always)]
    pub(super) fn ask<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (reader, condition): (u32, &Condition),
        shard: &mut Shard,
        chances: &mut Chances,
        probe: &mut P,
    ) -> Result<(), Refused> {
        let read = &mut shard.rest.read;
        let fresh = |at: Instant| now.since(at) <= facts::ITERATOR_LIFETIME;
        if !self.iterator.is_some_and(fresh)
            && !self.has_iterator(now, reader, |now| read.iterator(now), probe)
        {
            return Err(Refused::Failed(Failure::Throttled));
        }
        if !read.call(now) {
            probe.observe(now, Observation::ReadRefused { reader });
            return Err(Refused::Failed(Failure::Throttled));
        }
        if condition.errors > 0 && chances.errors.below(BILLION) < condition.errors {
            probe.observe(now, Observation::ReadFailed { reader });
            return Err(Refused::Failed(Failure::Failed));
        }
        if condition.kms > 0 && chances.kms.below(BILLION) < condition.kms {
            probe.observe(now, Observation::ReadFailed { reader });
            return Err(Refused::ForGood);
        }
        Ok(())
    }

    /// Whether there is an iterator to call with: one that has expired (KDS-R12) is replaced, which
    /// a limit of its own may refuse (KDS-R11).
    #[cold]
    fn has_iterator<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        reader: u32,
        answers: impl FnOnce(Instant) -> bool,
        probe: &mut P,
    ) -> bool {
        let mut state = |by| probe.observe(now, Observation::Positioned { reader, by });
        if self.iterator.is_some_and(|at| now.since(at) > facts::ITERATOR_LIFETIME) {
            state(Positioning::IteratorExpired);
            self.iterator = None;
        }
        if self.iterator.is_none() {
            if !answers(now) {
                state(Positioning::IteratorRefused);
                return false;
            }
            state(Positioning::Iterator);
            self.iterator = Some(now);
        }
        true
    }
}
