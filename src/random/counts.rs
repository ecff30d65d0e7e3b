//! How many: Poisson and binomial numbers.
//!
//! Small means are drawn exactly, by searching up the distribution. Larger ones come from a normal
//! number, corrected for skewness and kurtosis (Cornish and Fisher) and for standing for whole
//! numbers (Sheppard): the mean is exact, the variance to 1e-4 and better, and the whole
//! distribution to 6e-4 of its mass at a mean of 10, less in proportion to larger means.

use std::sync::LazyLock;

use crate::random::{Stream, normal_quantile};
use crate::rounding::{nearest, whole};

/// From this variance on, counts come from a normal number.
const SMOOTH: f64 = 12.0;

/// A Poisson distribution, ready to be drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    mean: f64,
    /// For large means, what [`Shape::quantile`] adds to the mean for z and for z^3; for small ones
    /// the chance of none, and nothing.
    slope: f64,
    bend: f64,
}

impl Poisson {
    /// With this mean, zero or more.
    #[must_use]
    pub fn new(mean: f64) -> Self {
        if mean < SMOOTH {
            return Self { mean, slope: libm::exp(-mean), bend: 0.0 };
        }
        // Skewness and kurtosis are one here.
        let root = mean.sqrt();
        Self { mean, slope: root - 1.0 / (36.0 * root), bend: -1.0 / (72.0 * root) }
    }

    /// Draws a whole number.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        let Self { mean, slope, bend } = *self;
        if mean >= SMOOTH {
            let z = near_normal(stream.next_u64());
            let square = z * z;
            let x = mean + z * (slope + bend * square) + (square - 1.0) * (1.0 / 6.0);
            return nearest(if x > 0.0 { x } else { 0.0 });
        }
        if mean <= 0.0 {
            return 0.0;
        }
        let (mut left, mut chance, mut number) = (stream.unit(), slope, 0.0);
        while left >= chance && number < SEARCH_MAX {
            left -= chance;
            number += 1.0;
            chance *= mean / number;
        }
        number
    }
}

/// A normal number, that of [`Stream::normal`] from this word to within 1e-5: for a count, which is
/// rounded. A larger word gives a larger number.
#[inline]
fn near_normal(word: u64) -> f64 {
    const OUTERMOST: u64 = 1 << (64 - TAILS.ilog2());
    // The distribution is symmetric.
    let side = word.min(!word);
    if side >= OUTERMOST {
        return QUANTILES.at(word);
    }
    if side < OUTERMOST / TAILS as u64 {
        return far_normal(word);
    }
    let quantile = TAIL_QUANTILES.at(side * TAILS as u64);
    if word == side { quantile } else { -quantile }
}

#[cold]
fn far_normal(word: u64) -> f64 {
    normal_quantile(((word >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64))
}

/// Equal parts of the distribution, each with a parabola of its own; the outermost, one in so many
/// at either end, are too steep for one. These are parted again, and then the outermost of those.
const SLOTS: usize = 512;
const SLOT_SHIFT: u32 = 64 - SLOTS.ilog2();
const TAILS: usize = 32;

/// Through the ends and the middle of each part.
#[derive(Debug)]
struct Parabolas(Box<[(f64, f64, f64); SLOTS]>);

static QUANTILES: LazyLock<Parabolas> = LazyLock::new(|| Parabolas::of(1));
static TAIL_QUANTILES: LazyLock<Parabolas> = LazyLock::new(|| Parabolas::of(TAILS));

impl Parabolas {
    /// Of the lowest of so many equal parts of the distribution.
    fn of(parts: usize) -> Self {
        let quantile =
            |slot: f64| normal_quantile((slot / (SLOTS * parts) as f64).clamp(1e-9, 1.0 - 1e-9));
        let parabola = |slot: usize| {
            let [start, middle, end] = [0.0, 0.5, 1.0].map(|part| quantile(slot as f64 + part));
            let bend = 2.0 * (start + end - 2.0 * middle);
            (start, end - start - bend, bend)
        };
        Self(Box::new(std::array::from_fn(parabola)))
    }

    /// At `word` of 2^64.
    #[inline]
    fn at(&self, word: u64) -> f64 {
        let within = word & ((1 << SLOT_SHIFT) - 1);
        let part = within as i64 as f64 * (1.0 / (1_u64 << SLOT_SHIFT) as f64);
        let (start, slope, bend) = self.0[(word >> SLOT_SHIFT) as usize];
        start + part * (slope + part * bend)
    }
}

/// Numbers a search goes up to: with means of at most 12 the rest has no mass left.
const SEARCH_MAX: f64 = 200.0;

impl Stream {
    /// How many of `n` happen, each with this chance (0 to 1).
    pub fn binomial(&mut self, n: u64, chance: f64) -> u64 {
        if n == 0 || chance <= 0.0 {
            return 0;
        }
        if chance >= 1.0 {
            return n;
        }
        if chance > 0.5 {
            return n - self.binomial(n, 1.0 - chance);
        }
        let (count, rest) = (n as f64, 1.0 - chance);
        let variance = count * chance * rest;
        if variance >= SMOOTH {
            let asymmetry = rest - chance;
            let shape = Shape { skewness: asymmetry, kurtosis: 1.0 - 6.0 * chance * rest };
            return rounded(count * chance + shape.quantile(self.normal(), variance.sqrt())).min(n);
        }
        let (mut left, mut number) = (self.unit(), 0.0);
        let mut mass = libm::exp(count * libm::log1p(-chance));
        while left >= mass && number < count.min(SEARCH_MAX) {
            left -= mass;
            number += 1.0;
            mass *= (count - number + 1.0) / number * (chance / rest);
        }
        number as u64
    }
}

/// What a distribution has beside its mean and its deviation: skewness times the deviation, and
/// excess kurtosis times the variance.
struct Shape {
    skewness: f64,
    kurtosis: f64,
}

impl Shape {
    /// How far beyond the mean lies what stands where a normal number stands at `z`, for a
    /// distribution of whole numbers with this `deviation`.
    #[inline]
    fn quantile(&self, z: f64, deviation: f64) -> f64 {
        let Self { skewness, kurtosis } = *self;
        let square = z * z;
        let bent = kurtosis * (square - 3.0) * (1.0 / 24.0)
            - skewness * skewness * (2.0 * square - 5.0) * (1.0 / 36.0)
            - 1.0 / 24.0;
        z * (deviation + bent / deviation) + skewness * (square - 1.0) * (1.0 / 6.0)
    }
}

#[inline]
fn rounded(x: f64) -> u64 {
    whole(if x > 0.0 { x } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: usize = 400_000;

    fn stream() -> Stream {
        Stream::named(7, 0, "counts")
    }

    /// Half the sum of |drawn share - probability|; with so many draws, chance alone gives about
    /// 0.4 sqrt(values / draws).
    fn distance(drawn: &[u64], masses: &[f64]) -> f64 {
        let part = |(count, mass): (&u64, &f64)| (*count as f64 / DRAWS as f64 - mass).abs();
        drawn.iter().zip(masses).map(part).sum::<f64>() / 2.0
    }

    #[test]
    fn near_normal_numbers_are_near() {
        let mut stream = stream();
        for _ in 0..DRAWS {
            let word = stream.next_u64();
            let (near, right) = (near_normal(word), far_normal(word));
            assert!((near - right).abs() < 1e-5, "{word}: {near} {right}");
            let word = word / TAILS as u64;
            let (near, right) = (near_normal(word), far_normal(word));
            assert!((near - right).abs() < 1e-5, "{word}: {near} {right}");
            assert_eq!(near_normal(!word).to_bits(), (-near).to_bits(), "{word}");
        }
        // No step back from one part to the next.
        for slot in 1..SLOTS as u64 {
            for word in [slot << SLOT_SHIFT, (slot << SLOT_SHIFT) / TAILS as u64] {
                for word in [word, !word] {
                    assert!(near_normal(word - 1) <= near_normal(word), "{slot}");
                }
            }
        }
    }

    /// Against the distribution itself, made by recursion from its largest mass.
    #[test]
    fn poisson_numbers_have_their_distribution() {
        for mean in [0.05, 1.0, 5.0, 11.9, 12.0, 40.0, 900.0] {
            let size = (mean + 12.0 * f64::sqrt(mean) + 20.0) as usize;
            let log = |k: f64| k * libm::log(mean) - mean - libm::lgamma(k + 1.0);
            let masses: Vec<f64> = (0..size).map(|k| libm::exp(log(k as f64))).collect();
            let (law, mut stream) = (Poisson::new(mean), stream());
            let mut drawn = vec![0; size];
            for _ in 0..DRAWS {
                drawn[law.draw(&mut stream) as usize] += 1;
            }
            let noise = 0.4 * (8.0 * f64::sqrt(mean) / DRAWS as f64).sqrt();
            let distance = distance(&drawn, &masses);
            assert!(distance < noise + 7e-4, "{mean}: {distance}");
            let sum: f64 = (0..).zip(&drawn).map(|(k, n)| f64::from(k) * *n as f64).sum();
            let error = (sum / DRAWS as f64 - mean).abs() / (mean / DRAWS as f64).sqrt();
            assert!(error < 4.0, "{mean}: {error} deviations");
        }
        assert!(Poisson::new(0.0).draw(&mut stream()) <= 0.0);
    }

    #[test]
    fn binomial_numbers_have_their_distribution() {
        for (n, chance) in [(1, 0.3), (10, 0.9), (40, 0.02), (100, 0.4), (5_000, 0.7), (900, 0.01)]
        {
            let count = f64::from(n);
            let log = |k: f64| {
                libm::lgamma(count + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(count - k + 1.0)
                    + k * libm::log(chance)
                    + (count - k) * libm::log(1.0 - chance)
            };
            let masses: Vec<f64> = (0..=n).map(|k| libm::exp(log(f64::from(k)))).collect();
            let mut stream = stream();
            let mut drawn = vec![0; masses.len()];
            for _ in 0..DRAWS {
                drawn[stream.binomial(u64::from(n as u32), chance) as usize] += 1;
            }
            let deviation = (count * chance * (1.0 - chance)).sqrt();
            let noise = 0.4 * ((8.0 * deviation + 4.0) / DRAWS as f64).sqrt();
            let distance = distance(&drawn, &masses);
            assert!(distance < noise + 7e-4, "{n}, {chance}: {distance}");
        }
        let mut stream = stream();
        assert_eq!([0.0, 1.0].map(|chance| stream.binomial(9, chance)), [0, 9]);
    }
}
