//! How long records had been under way when a put stored them.

use crate::experiment::histogram::Histogram;
use crate::model::observation::{Put, StoredSince};
use crate::model::plan::Plan;

/// Of each producer that a consumer feeds, the time from the first birth of its records to the
/// answer that tells of storage, after the warm-up (ns). They were born long before it offered
/// them, so that it says little of its client.
#[derive(Clone, Debug)]
pub struct Stored(Vec<Option<Box<Histogram>>>);

impl Stored {
    /// Nothing counted yet, for a run of `plan`.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let fed = plan.producers.iter().map(|producer| producer.fed.is_some());
        Self(fed.map(|fed| fed.then(|| Box::new(Histogram::new()))).collect())
    }

    /// Counts a put: here, or in the `own` histogram of those that nobody feeds.
    #[inline(always)]
    pub(super) fn put(&mut self, put: &Put, own: &mut Histogram) {
        let histogram = self.0[put.producer as usize].as_deref_mut().unwrap_or(own);
        let (first, stored) = ((put.waited + put.answer).as_ns(), u64::from(put.admitted));
        let last = (put.waited_last + put.answer).as_ns();
        if put.records == 1 || first == last {
            histogram.add(first, stored);
        } else {
            histogram.add_interval(first, last, stored);
        }
    }

    /// Counts what was stored in spells, likewise.
    pub(super) fn since(&mut self, since: &StoredSince, own: &mut Histogram) {
        let histogram = self.0[since.producer as usize].as_deref_mut().unwrap_or(own);
        histogram.add_interval(since.first.as_ns(), since.last.as_ns(), since.records);
    }

    /// Forgets what was counted.
    pub(super) fn clear(&mut self) {
        self.0.iter_mut().flatten().for_each(|histogram| histogram.clear());
    }

    /// Of producer number `number`, if a consumer feeds it.
    #[must_use]
    pub fn of(&self, number: usize) -> Option<&Histogram> {
        self.0.get(number)?.as_deref()
    }
}
