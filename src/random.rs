//! Chance: named random streams and the distributions drawn from them.
//!
//! A stream is ChaCha8, keyed by the experiment's seed and the replicate, with the stream number
//! taken from the MD5 of its name. The same name gives the same draws whatever else exists, so
//! adding a consumer changes nobody else's numbers, and alternatives of one experiment are paired.
//!
//! Only raw words come from the generator; every distribution is made from them here, with
//! `libm` for transcendental functions, so that neither a platform nor a dependency's features
//! can change a value. Golden bits at the end of the file pin them.

mod counts;

use std::sync::LazyLock;

use md5::{Digest, Md5};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use self::counts::Poisson;

/// One named sequence of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    words: ChaCha8Rng,
}

impl Stream {
    /// The stream called `name` of an experiment's `seed` and `replicate`.
    #[must_use]
    pub fn named(seed: u64, replicate: u64, name: &str) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&replicate.to_le_bytes());
        let digest = Md5::digest(name.as_bytes());
        let mut number = [0_u8; 8];
        number.copy_from_slice(&digest[..8]);
        let mut words = ChaCha8Rng::from_seed(key);
        words.set_stream(u64::from_le_bytes(number));
        Self { words }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.words.next_u64()
    }

    /// A whole number from 0 to `n` - 1; zero where `n` is zero.
    ///
    /// The high half of a product: uneven by less than `n` / 2^64.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A number from 0 (included) to 1 (excluded), in steps of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as i64 as f64 * UNIT
    }

    /// An exponential number with mean 1, by inversion: minus the logarithm of a uniform one.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        minus_log_of_share(self.next_u64())
    }

    /// A normal number with mean 0 and variance 1, by inversion: one word each, and a larger word
    /// gives a larger number.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal_quantile(((self.next_u64() >> 12) as f64 + 0.5) * (2.0 * UNIT))
    }

    /// How many 32-bit words have been used.
    #[must_use]
    pub fn position(&self) -> u128 {
        self.words.get_word_pos()
    }
}

/// Exponential numbers with mean 1 for what is counted by the million: one of 1,024 equally likely
/// steps each, at the mean of the law on it; the last, which has no end, is drawn in full.
///
/// So the mean is exact, the variance to 1e-5, and no quantile is off by more than half a step.
#[derive(Clone, Debug)]
pub struct Exponentials {
    stream: Stream,
    /// What is left of a word, and for how many numbers.
    bits: u64,
    left: u32,
    means: &'static [f64; STEPS],
}

const STEP_BITS: u32 = 10;
const STEPS: usize = 1 << STEP_BITS;

/// The mean of minus the logarithm on each step from 1 down.
static STEP_MEANS: LazyLock<Box<[f64; STEPS]>> = LazyLock::new(|| {
    let integral = |x: f64| if x > 0.0 { x - x * libm::log(x) } else { 0.0 };
    let at = |step: usize| (STEPS - step) as f64 / STEPS as f64;
    Box::new(std::array::from_fn(|i| (integral(at(i)) - integral(at(i + 1))) * STEPS as f64))
});

impl Exponentials {
    /// Those of `stream`, in order.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self { stream, bits: 0, left: 0, means: &STEP_MEANS }
    }

    /// The next: an exponential number with mean 1.
    #[inline(always)]
    pub fn draw(&mut self) -> f64 {
        if self.left == 0 {
            (self.bits, self.left) = (self.stream.next_u64(), u64::BITS / STEP_BITS);
        }
        let step = self.bits as usize % STEPS;
        (self.bits, self.left) = (self.bits >> STEP_BITS, self.left - 1);
        if step == STEPS - 1 { self.last() } else { self.means[step] }
    }

    /// One that is on the last step: it goes on as it began.
    #[cold]
    fn last(&mut self) -> f64 {
        f64::from(STEP_BITS) * std::f64::consts::LN_2 + self.stream.exponential()
    }

    /// How many 32-bit words have been used.
    #[must_use]
    pub fn position(&self) -> u128 {
        self.stream.position()
    }
}

/// 2^-53.
const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;

/// -ln((`word` + 1/2) / 2^64), to about 1e-12.
///
/// Every arrival needs a logarithm. The word's leading zeros are its power of two; of what follows
/// eight bits look up a logarithm, and a short series adds the rest. Only sums, products and a
/// table made by `libm`, so that the bits are the same everywhere.
#[inline]
fn minus_log_of_share(word: u64) -> f64 {
    // An odd number stands for the middle between two even ones; the lowest bit is lost.
    let odd = word | 1;
    let zeros = odd.leading_zeros();
    let mantissa = odd << zeros;
    let (log, inverse) = LOGARITHMS[(mantissa >> 55) as usize & 255];
    // By way of a signed word, which processors convert from.
    let rest = (mantissa & ((1 << 55) - 1)) as i64 as f64 * (UNIT / 1024.0);
    let r = rest * inverse;
    let series = r * (1.0 - r * (0.5 - r * (THIRD - r * 0.25)));
    f64::from(zeros + 1) * std::f64::consts::LN_2 - (log + series)
}

const THIRD: f64 = 1.0 / 3.0;

/// For each eighth bit of a mantissa from 1 to 2, its start's logarithm and inverse.
static LOGARITHMS: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    (0..256)
        .map(|i| {
            let start = 1.0 + f64::from(i) / 256.0;
            (libm::log(start), 1.0 / start)
        })
        .collect()
});

/// 1 - e^-`x` for `x` from 0 on: the part of a Poisson process's gaps that are shorter than `x` of
/// their mean.
#[inline]
#[must_use]
pub fn part_within(x: f64) -> f64 {
    if x < SMALL_PART { small_part_within(x) } else { -libm::expm1(-x) }
}

/// The same for `x` below [`SMALL_PART`]: what the series leaves out is below x^4 / 120 of it,
/// 4e-11.
#[inline]
#[must_use]
pub fn small_part_within(x: f64) -> f64 {
    // In pairs, which a processor works on side by side.
    x * ((1.0 - x * 0.5) + x * x * (1.0 / 6.0 - x * (1.0 / 24.0)))
}

/// Below it a short series is as good as a function.
pub const SMALL_PART: f64 = 1.0 / 128.0;

/// A finite choice by weights, in constant time and one word a draw (Walker's alias method).
#[derive(Clone, Debug)]
pub struct Choice {
    slots: Vec<Slot>,
}

/// Eight bytes, so that large tables stay near the processor.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Below this, the slot's own item is chosen; otherwise the other. In steps of 2^-32.
    threshold: u32,
    other: u32,
}

impl Choice {
    /// A choice among `weights.len()` items in proportion to `weights`, which are finite, not
    /// negative, not all zero, and at most 2^32 - 1 in number.
    #[must_use]
    pub fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let scale = weights.len() as f64 / total;
        let mut part: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let mut slots: Vec<Slot> =
            (0..weights.len()).map(|i| Slot { threshold: u32::MAX, other: i as u32 }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..part.len()).partition(|&i| part[i] < 1.0);
        while let (Some(&poor), Some(&rich)) = (small.last(), large.last()) {
            small.pop();
            // 2^32 as a float; the product is below it because `part[poor]` is below 1.
            let threshold = (part[poor] * 4_294_967_296.0) as u32;
            slots[poor] = Slot { threshold, other: rich as u32 };
            part[rich] -= 1.0 - part[poor];
            if part[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { slots }
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is nothing to choose from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Draws the index of an item.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> u32 {
        // The high half of the product picks the slot, the low half is what is left of the word.
        let product = u128::from(stream.next_u64()) * self.slots.len() as u128;
        let index = (product >> 64) as usize;
        let slot = self.slots[index];
        if ((product as u64) >> 32) < u64::from(slot.threshold) { index as u32 } else { slot.other }
    }
}

/// Weights 1/k^`exponent` for k from 1 to `count` (Zipf's law; uniform at zero).
#[must_use]
pub fn zipf_weights(count: u32, exponent: f64) -> Vec<f64> {
    (1..=count).map(|k| libm::pow(f64::from(k), -exponent)).collect()
}

/// A log-normal distribution named by its median and 99th percentile.
#[derive(Clone, Copy, Debug)]
pub struct LogNormal {
    median: f64,
    sigma: f64,
}

impl LogNormal {
    /// The distribution with this `median` and `p99`, both above zero, `p99` not below `median`.
    #[must_use]
    pub fn new(median: f64, p99: f64) -> Self {
        Self { median, sigma: libm::log(p99 / median) / normal_quantile(0.99) }
    }

    /// Draws a value.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        self.median * libm::exp(self.sigma * stream.normal())
    }

    /// The value below which a part `p` of all lies, 0 < `p` < 1.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        self.median * libm::exp(self.sigma * normal_quantile(p))
    }

    /// Half of all lies below it.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.median
    }

    /// Standard deviation of the logarithm.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// The mean, exp(sigma^2 / 2) times the median.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.median * libm::exp(self.sigma * self.sigma / 2.0)
    }
}

/// The standard normal quantile of `p` in (0, 1), to about 1e-16 relative: Wichura's rational
/// approximations (Applied Statistics algorithm AS 241).
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTRE_TOP, r) / polynomial(&CENTRE_BOTTOM, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let size = if r <= 5.0 {
        polynomial(&MIDDLE_TOP, r - 1.6) / polynomial(&MIDDLE_BOTTOM, r - 1.6)
    } else {
        polynomial(&FAR_TOP, r - 5.0) / polynomial(&FAR_BOTTOM, r - 5.0)
    };
    if q < 0.0 { -size } else { size }
}

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const CENTRE_TOP: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_BOTTOM: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE_TOP: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const MIDDLE_BOTTOM: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.050_750_071_644_416_9e-9,
];
const FAR_TOP: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_2e-7,
];
const FAR_BOTTOM: [f64; 8] = [
    1.0,
    0.599_832_206_555_887_9,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    0.000_786_869_131_145_613_3,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_match_published_values() {
        for (p, z) in [
            (0.5, 0.0),
            (0.841_344_746_068_542_9, 1.0),
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
            (0.999, 3.090_232_306_167_813_5),
            (1e-10, -6.361_340_902_404_056),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!((normal_quantile(p) - z).abs() < 4e-15 * (1.0 + z.abs()), "{p}");
        }
    }

    #[test]
    fn exponentials_are_minus_the_logarithm() {
        let mut stream = Stream::named(3, 0, "test");
        let words = (0..100_000).map(|_| stream.next_u64());
        // Short words are the rare long waits.
        let edges =
            (0..64).flat_map(|bit| [1_u64 << bit, (1_u64 << bit) - 1, u64::MAX - (1 << bit)]);
        for word in words.chain(edges) {
            let exact = -libm::log((word | 1) as f64 / 18_446_744_073_709_551_616.0);
            let got = minus_log_of_share(word);
            assert!((got - exact).abs() < 1e-12 + 1e-12 * exact, "{word}: {got} {exact}");
            assert!(got >= 0.0);
        }
    }

    #[test]
    fn a_part_is_one_less_a_power() {
        for x in [0.0, 1e-12, 1e-6, 0.001, 0.0078, 0.0079, 0.5, 3.0, 700.0] {
            let right = -libm::expm1(-x);
            assert!((part_within(x) - right).abs() <= 1e-10 * right, "{x}");
        }
    }

    /// Mean and variance are 1, and as much is above each number as is by the law: a part of e^-x.
    #[test]
    fn exponentials_in_steps_have_their_law() {
        let mut numbers = Exponentials::new(Stream::named(4, 0, "test"));
        assert_eq!(numbers.position(), 0);
        let n = 2_000_000;
        let drawn: Vec<f64> = (0..n).map(|_| numbers.draw()).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(n);
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
        // Five standard deviations of both.
        assert!((mean - 1.0).abs() < 0.0036 && (variance - 1.0).abs() < 0.01, "{mean} {variance}");
        for x in [0.01, 0.5, 1.0, 3.0, 6.9, 8.0, 10.0] {
            let above = drawn.iter().filter(|it| **it > x).count() as f64 / f64::from(n);
            let right = libm::exp(-x);
            let noise = 5.0 * (right / f64::from(n)).sqrt();
            assert!((above - right).abs() < noise + 1.0 / STEPS as f64, "{x}: {above} {right}");
        }
        assert!(drawn.iter().copied().fold(0.0, f64::max) > 12.0);
        assert!((STEP_MEANS.iter().sum::<f64>() / STEPS as f64 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_choice_follows_its_weights() {
        let weights = [5.0, 0.0, 1.0, 3.0, 1.0];
        let choice = Choice::new(&weights);
        let mut stream = Stream::named(1, 0, "test");
        let mut counts = [0_u32; 5];
        for _ in 0..1_000_000 {
            counts[choice.draw(&mut stream) as usize] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            // Five standard deviations of a binomial count are below 2,500.
            assert!((f64::from(*count) - weight * 100_000.0).abs() < 2_500.0, "{counts:?}");
        }
        assert_eq!(counts[1], 0);
    }

    #[test]
    fn means_and_percentiles_are_those_asked_for() {
        let mut stream = Stream::named(2, 0, "test");
        let n = 400_000;
        let mean = (0..n).map(|_| stream.exponential()).sum::<f64>() / f64::from(n);
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        let sizes = LogNormal::new(900.0, 4096.0);
        let mut draws: Vec<f64> = (0..n).map(|_| sizes.draw(&mut stream)).collect();
        draws.sort_by(f64::total_cmp);
        assert!((draws[n as usize / 2] / 900.0 - 1.0).abs() < 0.01);
        assert!((draws[n as usize * 99 / 100] / 4096.0 - 1.0).abs() < 0.02);
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        assert!((mean / sizes.mean() - 1.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn a_stream_depends_on_seed_replicate_and_name_alone() {
        let word = |seed, replicate, name| Stream::named(seed, replicate, name).next_u64();
        assert_eq!(word(1, 0, "a"), word(1, 0, "a"));
        let others = [word(2, 0, "a"), word(1, 1, "a"), word(1, 0, "b")];
        assert!(others.iter().all(|&other| other != word(1, 0, "a")));
    }
}
