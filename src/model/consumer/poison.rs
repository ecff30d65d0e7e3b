//! Records that a consumer's processing cannot digest for a time: faults that block a shard.

use super::lane::Lanes;
use super::place::Place;
use crate::engine::Probe;
use crate::model::events::{FaultKind, FaultPlan};
use crate::model::observation::{FailedAttempt, Observation};
use crate::time::{Instant, Span};

/// Least time from one attempt at such a batch to the next: a loop that fails at once pauses.
/// Assumed; what an application does is its own affair.
const ATTEMPT_LEAST: Span = Span::from_s(1);

/// A record that cannot be digested in [from, until).
///
/// Its processing meets it in the first batch that it begins in that time: it is that batch's first
/// record. From then on it has a place of its own, so that it is met again after an outage, and
/// never again once it has expired.
#[derive(Clone, Copy, Debug)]
pub(super) struct Poison {
    /// The fault's number in its plan.
    fault: u32,
    from: Instant,
    until: Instant,
    /// The shard it is in; until it is met, the first that is worked on.
    shard: Option<u32>,
    /// Where it is, once it was met.
    place: Option<Place>,
}

impl Poison {
    /// Those that `faults` put before consumer number `reader`.
    pub(super) fn of(reader: usize, faults: &[FaultPlan]) -> Vec<Self> {
        let of = |(fault, plan): (u32, &FaultPlan)| match plan.kind {
            FaultKind::PoisonRecord { reader: of, shard } if of == reader => {
                let (from, until) = (plan.from, plan.until);
                Some(Self { fault, from, until, shard, place: None })
            }
            _ => None,
        };
        (0..).zip(faults).filter_map(of).collect()
    }

    /// Whether it is in any shard, the one that is worked on first.
    pub(super) fn is_anywhere(&self) -> bool {
        self.shard.is_none()
    }

    /// Whether work on shard `shard` that begins at `at` meets it in a batch of these places.
    fn meets(&self, shard: u32, at: Instant, (from, to): (Place, Place)) -> bool {
        let time = self.from <= at && at < self.until;
        let here = self.shard.is_none_or(|it| it == shard);
        time && here && self.place.is_none_or(|place| from <= place && place < to)
    }
}

impl Lanes {
    /// Which fault makes the work on the oldest batch in hand of lane `i` fail, if it is begun at
    /// `at`: the answer is the same whenever it is asked.
    #[inline]
    pub(super) fn fails(&mut self, i: usize, at: Instant) -> Option<u32> {
        if self.poisons.is_empty() {
            return None;
        }
        let batch = self.front(i).copied().filter(|batch| batch.records > 0)?;
        let shard = i as u32;
        let met = |poison: &&mut Poison| poison.meets(shard, at, (batch.from, batch.to));
        let poison = self.poisons.iter_mut().find(met)?;
        (poison.shard, poison.place) = (Some(shard), poison.place.or(Some(batch.from)));
        Some(poison.fault)
    }

    /// Time that the oldest batch in hand of lane `i`, of `records`, takes if it is begun at `at`:
    /// work that fails at least a second.
    #[inline]
    pub(super) fn work_at(&mut self, i: usize, records: u32, at: Instant) -> Span {
        let work = self.work(records);
        if self.fails(i, at).is_some() { work.max(ATTEMPT_LEAST) } else { work }
    }

    /// Whether the work on the oldest batch in hand of lane `i`, begun at `began` and over now, has
    /// failed; states it.
    pub(super) fn has_failed<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        began: Instant,
        i: usize,
        probe: &mut P,
    ) -> bool {
        let Some(fault) = self.fails(i, began) else { return false };
        let records = self.front(i).map_or(0, |batch| batch.records);
        let (reader, shard) = (self.number, i as u32);
        let attempt = FailedAttempt { reader, shard, fault, records, began };
        probe.observe(now, Observation::ProcessingFailed(attempt));
        true
    }
}
