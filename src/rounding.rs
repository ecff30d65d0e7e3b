//! Whole numbers in floats, without asking a processor to convert them.

use std::ops::{Add, Sub};

/// Floats have no fractions from 2^52 to 2^53: here is the middle.
const MIDDLE: f64 = (3_u64 << 51) as f64;

/// Beyond it there is nothing to round to.
pub const LARGEST: f64 = ((1_u64 << 51) - 1) as f64;

/// The nearest whole number, from -[`LARGEST`] to [`LARGEST`]: halves go to the even one. Of
/// several numbers side by side each.
#[inline]
#[must_use]
pub fn nearest<T: From<f64> + Add<Output = T> + Sub<Output = T>>(x: T) -> T {
    (x + T::from(MIDDLE)) - T::from(MIDDLE)
}

/// The nearest whole number as one, for one that is not below zero; [`LARGEST`] for all that are
/// larger.
#[inline]
#[must_use]
pub fn whole(x: f64) -> u64 {
    let x = if x < LARGEST { x } else { LARGEST };
    // What is below the middle's highest two bits.
    (x + MIDDLE).to_bits() & ((1 << 51) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_no_further_than_a_half() {
        for n in [0.0, 1.0, 2.0, 999.0, 1e6, 1e12, LARGEST - 1.0] {
            for part in [-0.5, -0.499, 0.0, 0.25, 0.5] {
                let x = n + part;
                assert!((nearest(x) - x).abs() <= 0.5 && nearest(x).fract() == 0.0, "{x}");
                assert!((nearest(-x) + x).abs() <= 0.5, "{x}");
                assert!((whole(x) as f64 - x).abs() <= 0.5, "{x}");
            }
        }
        assert_eq!([0.5, 1.5, 2.5].map(whole), [0, 2, 2]);
        for x in [LARGEST, LARGEST * 2.0, f64::INFINITY, f64::NAN] {
            assert_eq!(whole(x), (1 << 51) - 1, "{x}");
        }
    }
}
