//! What a call takes out of a log.

use std::ops::Range;

use crate::model::chunk::Chunk;
use crate::model::cohort::{Cohort, Window};
use crate::model::limit::most;
use crate::model::log::Position;
use crate::time::Instant;

/// What may be taken at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) records: u32,
    pub(super) bytes: u64,
}

/// Records taken from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The position behind them.
    pub to: Position,
    /// How many.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// When the last of them became visible.
    pub last_visible: Instant,
    /// Whether more is visible and had to stay.
    pub left: bool,
    /// [`Cohort::moments`] of the cohort of the last.
    pub moments: u32,
    /// When that cohort became visible.
    pub window: Window,
}

impl Taken {
    /// Takes the plain records in `places` of `chunk` up to the first that is none or has to stay,
    /// whose place it returns.
    #[inline]
    pub(super) fn take_singles(
        &mut self,
        chunk: &Chunk,
        places: Range<usize>,
        now: Instant,
        most: Most,
    ) -> usize {
        let Self { mut records, mut bytes, mut last_visible, .. } = *self;
        let mut stop = places.end;
        for place in places.clone() {
            match chunk.glance(place) {
                Ok((visible, size, _))
                    if visible <= now && records < most.records && bytes + size <= most.bytes =>
                {
                    records += 1;
                    bytes += size;
                    last_visible = visible;
                }
                _ => {
                    stop = place;
                    break;
                }
            }
        }
        let to = Position { cohort: self.to.cohort + (stop - places.start) as u64, ..self.to };
        *self = Self { to, records, bytes, last_visible, ..*self };
        stop
    }

    /// Takes what it can of a cohort; false when some of it has to stay.
    pub(super) fn take_part(&mut self, cohort: &Cohort, now: Instant, limits: Most) -> bool {
        let past = self.to.past;
        let before = cohort.bytes_of_first(past);
        let visible = cohort.visible_at(now).saturating_sub(past);
        let wanted = visible.min(limits.records - self.records);
        let room = limits.bytes - self.bytes;
        let bytes = |k| cohort.bytes_of_first(past + k) - before;
        let (mut k, mut taken) = (wanted, bytes(wanted));
        if taken > room {
            k = most(wanted, |k| bytes(k) <= room);
            taken = bytes(k);
        }
        self.left = k < visible;
        if k == 0 {
            return false;
        }
        self.records += k;
        self.bytes += taken;
        self.last_visible = cohort.visible.time_of(past + k - 1, cohort.records);
        (self.moments, self.window) = (cohort.moments, cohort.visible);
        self.to = self.to.past(k, cohort.records);
        self.to.past == 0
    }
}
