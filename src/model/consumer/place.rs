//! How far a consumer has come in a shard, and what it finds from there on.

use crate::model::cohort::Window;
use crate::model::log::Position;
use crate::model::shard::Shard;
use crate::model::whole::Drained;
use crate::random;
use crate::time::{Instant, Span};

/// How far something has come in a shard: records from before the run, then the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) initial: u64,
    pub(super) log: Position,
}

/// Records taken together: an answer, or an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) from: Place,
    pub(super) to: Place,
    /// How many.
    pub(super) records: u32,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Age of the last when they were taken; zero where there is none.
    pub(super) age: Span,
    /// Whether more was readable then and had to stay.
    pub(super) left: bool,
}

/// What lies from `from` on in `shard` and is readable at `moment`: at most `limit` records and
/// `room` bytes.
pub(super) fn read(
    shard: &mut Shard,
    from: Place,
    moment: Instant,
    (limit, room): (u32, u64),
    gaps: &mut random::Exponentials,
) -> Batch {
    let initial = &shard.rest.initial;
    let mut batch = Batch { from, to: from, records: 0, bytes: 0, age: Span::ZERO, left: false };
    if from.initial < initial.records {
        let fit = room.checked_div(initial.bytes_each).unwrap_or(u64::MAX);
        let old = (initial.records - from.initial).min(u64::from(limit)).min(fit);
        batch.records = old as u32;
        batch.bytes = old * initial.bytes_each;
        batch.to.initial += old;
        if old > 0 {
            batch.age = initial.age_of(batch.to.initial - 1, moment);
        }
        if batch.to.initial < initial.records {
            batch.left = true;
            return batch;
        }
    }
    let (limit, room) = (limit - batch.records, room - batch.bytes);
    let taken = shard.log().take(from.log, moment, limit, room);
    (batch.to.log, batch.left) = (taken.to, taken.left);
    batch.records += taken.records;
    batch.bytes += taken.bytes;
    if taken.records > 0 {
        batch.age = if taken.moments > 0 && !taken.left {
            age_of_newest(moment, taken.window, taken.moments, gaps)
        } else {
            moment.since(taken.last_visible)
        };
    }
    batch
}

/// Age at `moment` of the last of what was taken off a log; zero where nothing was.
#[inline]
pub(super) fn age_of_last(
    moment: Instant,
    taken: &Drained,
    gaps: &mut random::Exponentials,
) -> Span {
    if taken.records == 0 {
        return Span::ZERO;
    }
    if taken.moments > 0 && !taken.left {
        return age_of_newest(moment, taken.window, taken.moments, gaps);
    }
    moment.since(taken.last_visible())
}

/// Age at `moment` of the newest record of a cohort that came in `window`, at so many moments.
#[inline(always)]
fn age_of_newest(
    moment: Instant,
    window: Window,
    moments: u32,
    gaps: &mut random::Exponentials,
) -> Span {
    // Of n random moments none is in the last part x with the chance (1 - x)^n.
    let part = random::part_within(gaps.draw() / f64::from(moments));
    let gap = window.length.as_ns() as f64 * part;
    let age = moment.since(window.end()) + Span::from_ns(gap as u64);
    age.min(moment.since(window.start))
}

/// The place behind everything past retention, and how many records that is.
pub(super) fn past(
    shard: &mut Shard,
    now: Instant,
    horizon: Instant,
    retention: Span,
) -> (Place, u64) {
    let initial = shard.rest.initial.expired(now, retention);
    let (log, records) = before(shard, Position::default(), horizon);
    (Place { initial, log }, initial + records)
}

/// The position behind all records of the log from `from` on that were stored before `moment`, and
/// how many those are.
pub(super) fn before(shard: &mut Shard, from: Position, moment: Instant) -> (Position, u64) {
    let oldest = Position { past: 0, ..from };
    if moment == Instant::ZERO || shard.log().visible_at(oldest).is_none_or(|at| at >= moment) {
        return (from, 0);
    }
    let (mut to, mut records) = (from, 0);
    let log = shard.log();
    for cohort in log.from(from.cohort) {
        let old = cohort.part_before(moment).saturating_sub(to.past);
        if old == 0 {
            break;
        }
        records += u64::from(old);
        to = log.moved(to, old, cohort.records);
    }
    (to, records)
}
