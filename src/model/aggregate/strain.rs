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
pub(super) const CALM: f64 = 30.0;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn room(records: f64, bytes: f64) -> Room {
        Room { records, bytes }
    }

    /// 1,000 records and 1 MiB a second. What is beyond is refused whatever the luck, and without
    /// asking for it; at the limit luck decides; far below nothing is refused.
    #[test]
    fn luck_counts_where_it_is_close() {
        let ample = (room(1_000.0, 1e6), room(1_000.0, 1e6));
        let empty = (room(0.0, 1e6), room(1_000.0, 1e6));
        let unasked = || -> f64 { unreachable!("no luck is needed") };
        assert_eq!(strain(ample, (500.0, 50_000.0), unasked), Strain::None);
        let beyond = Strain::Beyond { room: 1_000.0, by_bytes: false };
        assert_eq!(strain(empty, (1_500.0, 150_000.0), unasked), beyond);
        let no_bytes = (room(1_000.0, 0.0), room(1_000.0, 1e6));
        let heavy = strain(no_bytes, (400.0, 2e6), unasked);
        assert_eq!(heavy, Strain::Beyond { room: 200.0, by_bytes: true });
        let close = |luck| strain(empty, (1_000.0, 100_000.0), || luck);
        assert_eq!(close(0.0), Strain::None);
        // The deepest point of a bridge of 1,000 steps with e^-2: (2 x 1000 x 2)^0.5 / 2.
        let Strain::Moments(part) = close(2.0) else { panic!("some found no room") };
        assert!((part * 1_000.0 - 4_000_f64.sqrt() / 2.0).abs() < 1e-9, "{part}");
    }
}
