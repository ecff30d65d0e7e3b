//! Where what a consumer has processed leaves it, for producers that make records of it.

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::time::Instant;

/// What a consumer has processed since it was last asked.
///
/// Every consumer passes on here what it delivers, at the moment at which it states that. The
/// world asks each time it has acted, and brings it to the producers it feeds.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlet {
    /// Whether a producer is fed from it; else nothing is kept.
    open: bool,
    done: Vec<Cohort>,
}

impl Outlet {
    /// A producer is fed from it.
    pub(super) fn open(&mut self) {
        self.open = true;
    }

    /// Whether a producer is fed from it.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Records have been processed: the consumer states now that they are delivered.
    #[inline]
    pub(super) fn pass(&mut self, cohort: &Cohort) {
        if self.open {
            self.keep(*cohort);
        }
    }

    #[cold]
    fn keep(&mut self, cohort: Cohort) {
        self.done.push(cohort);
    }

    /// As many records from before the run likewise, `bytes` together. They have no birth in the
    /// run, so its beginning stands for it, and no keys.
    pub(super) fn pass_old(&mut self, records: u32, bytes: u64) {
        let begun = Window::at(Instant::ZERO);
        self.pass(&Cohort {
            records,
            user_records: u64::from(records),
            visible: begun,
            ..Cohort::single(KeyGroup::UNKNOWN, bytes, begun.start)
        });
    }

    /// What has been processed, in order, for whoever brings it on and clears it.
    #[inline]
    pub(super) fn done(&mut self) -> &mut Vec<Cohort> {
        &mut self.done
    }
}
