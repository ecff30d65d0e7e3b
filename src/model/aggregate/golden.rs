//! Places from 0 to 1 that are spread evenly, however many there are: multiples of the golden
//! ratio.

use crate::model::consumer::{Column, QUANTA_MAX};

/// The golden ratio's fraction.
const RATIO: f64 = 0.618_033_988_749_895;

/// The place after this one.
#[inline]
pub(super) const fn turned(place: f64) -> f64 {
    within(place + RATIO)
}

/// The places after this one: a processor works on several at a time.
#[inline]
pub(super) fn turns(place: f64) -> Column {
    TURNS.map(|further| within(place + further))
}

/// How far the first, the second, … is.
const TURNS: Column = {
    let (mut turns, mut turn, mut place) = ([0.0; QUANTA_MAX], 0, 0.0);
    while turn < QUANTA_MAX {
        place = turned(place);
        turns[turn] = place;
        turn += 1;
    }
    turns
};

#[inline]
const fn within(place: f64) -> f64 {
    if place >= 1.0 { place - 1.0 } else { place }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of any number of places in a row, no gap is wider than the golden ratio allows: less than
    /// 1.9 times their mean.
    #[test]
    fn places_are_spread_evenly() {
        for begin in [0.0, 0.3, 0.999] {
            for count in 1..=QUANTA_MAX {
                let mut places = turns(begin)[..count].to_vec();
                places.sort_by(f64::total_cmp);
                let around = places[0] + 1.0 - places[count - 1];
                let widest = places.windows(2).map(|it| it[1] - it[0]).fold(around, f64::max);
                assert!(widest * (count as f64) < 1.9, "{count}: {widest}");
                assert!(places.iter().all(|place| (0.0..1.0).contains(place)));
            }
        }
    }

    #[test]
    fn turns_are_one_after_the_other() {
        let mut place = 0.25;
        for further in turns(place) {
            place = turned(place);
            assert!((further - place).abs() < 1e-13, "{further} {place}");
        }
    }
}
