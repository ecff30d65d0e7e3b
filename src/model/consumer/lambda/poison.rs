//! Records that a function cannot digest for a time.

use std::ops::Range;

use crate::model::events::{FaultKind, FaultPlan};
use crate::random;
use crate::time::Instant;

/// A record that cannot be digested in [from, until).
///
/// It is one of the first batch that is handed over in that time, drawn. From then on it is that
/// record, so that halves and tails of the batch have it or not, and it is met again until it is
/// given up or has expired.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bad {
    /// The fault's number in its plan.
    fault: u32,
    from: Instant,
    until: Instant,
    /// The shard it is in; `None` is the first that is worked on.
    shard: Option<u32>,
    /// Its lane and number there, once it was met.
    pub(super) place: Option<(usize, u64)>,
}

impl Bad {
    /// Those that `faults` put before consumer number `reader`.
    pub(super) fn of(reader: usize, faults: &[FaultPlan]) -> Vec<Self> {
        let of = |(fault, plan): (u32, &FaultPlan)| match plan.kind {
            FaultKind::PoisonRecord { reader: of, shard } if of == reader => {
                Some(Self { fault, from: plan.from, until: plan.until, shard, place: None })
            }
            _ => None,
        };
        (0..).zip(faults).filter_map(of).collect()
    }
}

impl Bad {
    /// Its fault, if it is one of these records of this lane.
    pub(super) fn within(&self, lane: usize, records: Range<u64>) -> Option<u32> {
        let here = |place: &(usize, u64)| place.0 == lane && records.contains(&place.1);
        self.place.filter(here).map(|_| self.fault)
    }
}

/// Which of the `count` records from number `first` of a lane is the first that an invocation at
/// `at` cannot digest, and by which fault. Those that have no place yet get one.
pub(super) fn first_bad(
    all: &mut [Bad],
    at: Instant,
    (shard, lane): (u32, usize),
    (first, count): (u64, u32),
    places: &mut random::Stream,
) -> Option<(u32, u32)> {
    let mut found: Option<(u32, u32)> = None;
    for bad in all.iter_mut().filter(|it| it.from <= at && at < it.until) {
        if count == 0 || bad.shard.is_some_and(|it| it != shard) {
            continue;
        }
        let place =
            *bad.place.get_or_insert_with(|| (lane, first + places.below(u64::from(count))));
        let within = first..first + u64::from(count);
        if place.0 == lane && within.contains(&place.1) {
            let bad = ((place.1 - first) as u32, bad.fault);
            found = Some(found.map_or(bad, |other| other.min(bad)));
        }
    }
    found
}
