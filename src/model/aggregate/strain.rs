//! How what a shard is sent in a quantum strains its limits.

use crate::model::aggregate::crowd::Crowd;
use crate::model::limit::Room;

/// One of the two limits in a quantum, in records of the mean charge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pressure {
    /// What is there at the beginning.
    pub(super) there: f64,
    /// What is sent beyond what comes in.
    pub(super) beyond: f64,
    /// Variance of what is sent.
    pub(super) variance: f64,
    /// Whether something comes in at all, in the course of a quantum.
    pub(super) refills: bool,
    pub(super) by_bytes: bool,
}

/// e^-30 is the chance that a shard is called calm and is not.
const CALM: f64 = 30.0;

impl Pressure {
    /// Whether nothing can be refused, however the records come.
    pub(super) fn is_calm(&self) -> bool {
        let left = self.there - self.beyond;
        self.there > 0.0 && left > 0.0 && 2.0 * self.there * left > CALM * self.variance
    }

    /// How many records find nothing left when they come, at first: the deepest point of a random
    /// path from nothing to `beyond`, a Brownian bridge, less what is there.
    pub(super) fn over(&self, luck: f64) -> f64 {
        let Self { there, beyond, variance, refills, .. } = *self;
        if !refills {
            return beyond - there;
        }
        let reach = (beyond * beyond + 2.0 * variance * luck).sqrt();
        f64::midpoint(beyond, reach) - there
    }
}

/// What becomes of that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Strain {
    /// All gets in.
    None,
    /// At some moments there was no room: this part of all records finds none, 0 to 1.
    Moments(f64),
    /// More is sent than gets in.
    Beyond {
        /// Records of the mean charge that do.
        room: f64,
        /// Whether it is bytes that are scarce.
        by_bytes: bool,
    },
}

/// How `records` that are charged so many bytes strain a shard's limits, with `luck` as exponential
/// numbers are; see [`pressures`].
#[inline]
pub(super) fn strain(
    room: (Room, Room),
    (records, charged): (f64, f64),
    luck: impl FnOnce() -> f64,
) -> Strain {
    let [count, bytes] = pressures(room, records, charged);
    if count.is_calm() && bytes.is_calm() {
        return Strain::None;
    }
    let beyond = |it: &Pressure| it.beyond > it.there;
    let refuses = |it: &Pressure| {
        let room = (it.there + records - it.beyond).max(0.0);
        Strain::Beyond { room, by_bytes: it.by_bytes }
    };
    // Where one of them is scarce and the other is not, no luck is needed.
    for (one, other) in [(&count, &bytes), (&bytes, &count)] {
        if beyond(one) && other.is_calm() {
            return refuses(one);
        }
    }
    let luck = luck();
    let (count_over, bytes_over) = (count.over(luck), bytes.over(luck));
    let (tighter, over) =
        if bytes_over > count_over { (bytes, bytes_over) } else { (count, count_over) };
    if over <= 0.0 {
        return Strain::None;
    }
    if beyond(&tighter) { refuses(&tighter) } else { Strain::Moments((over / records).min(1.0)) }
}

/// Whether all of a crowd is sure to get in.
#[inline]
pub(super) fn gets_in(crowd: &Crowd, room: (Room, Room)) -> bool {
    let (records, charged) = (f64::from(crowd.records), crowd.charged as f64);
    pressures(room, records, charged).iter().all(Pressure::is_calm)
}

/// How `records` that are charged so many bytes press on the limits of records and of bytes, where
/// there is room for so much at the beginning, and for so much more in the course of a quantum.
#[inline]
pub(super) fn pressures(
    (there, coming): (Room, Room),
    records: f64,
    charged: f64,
) -> [Pressure; 2] {
    let a_byte = records / charged;
    let count = Pressure {
        there: there.records,
        beyond: records - coming.records,
        variance: records,
        refills: coming.records > 0.0,
        by_bytes: false,
    };
    let bytes = Pressure {
        there: there.bytes * a_byte,
        beyond: (charged - coming.bytes) * a_byte,
        variance: records,
        refills: coming.bytes > 0.0,
        by_bytes: true,
    };
    [count, bytes]
}
