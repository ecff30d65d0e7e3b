//! Ages of many records at once, counted by those of the first and the last.

use crate::experiment::histogram::Histogram;
use crate::model::cohort::Window;
use crate::model::facts;
use crate::model::observation::{Ages, Delivered};
use crate::time::Instant;

impl Ages {
    /// From birth to the end of processing. Births and ends are both evenly spread, and so is what
    /// lies between: the last record may be younger than the first, or older.
    pub(super) fn of_delivered(delivered: &Delivered) -> Self {
        let (born, records) = (delivered.born, delivered.records);
        let last_done = delivered.first_done + delivered.step.times(u64::from(records) - 1);
        Self {
            records: u64::from(records),
            first: delivered.first_done.since(born.start),
            last: last_done.since(born.last_of(records)),
        }
    }

    /// Counts them in `histogram` (ns). A stream that is played record by record (`each`) has no
    /// other records that come many at a time than those from before the run: what a call hands
    /// over of them is counted one by one.
    pub(super) fn count_in(&self, each: bool, histogram: &mut Histogram) {
        let few = self.records <= u64::from(facts::GET_RECORDS_LIMIT_MAX);
        if few && each {
            histogram.add_each(self.first.as_ns(), self.last.as_ns(), self.records);
        } else {
            self.count(histogram);
        }
    }

    /// Counts them in `histogram`, as an interval (ns).
    pub(super) fn count(&self, histogram: &mut Histogram) {
        histogram.add_interval(self.first.as_ns(), self.last.as_ns(), self.records);
    }
}

/// Counts in `histogram` how old `records` records are at `at` (ns). Those that are not visible by
/// then have no age yet.
pub(super) fn count_waiting(at: Instant, records: u32, visible: Window, histogram: &mut Histogram) {
    let seen = visible.part_before(at, records);
    histogram.add(0, u64::from(records - seen));
    if seen > 0 {
        let last = visible.time_of(seen - 1, records);
        let (first, last) = (at.since(visible.start), at.since(last));
        histogram.add_interval(first.as_ns(), last.as_ns(), u64::from(seen));
    }
}
