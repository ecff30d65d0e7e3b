//! The statistics of replicates: means and their intervals, shares, quantiles, when to stop.
//!
//! A replicate is one value. Within a run values hang together, so that their number says little;
//! from replicate to replicate they do not (D36). Sums, roots and `libm` only: the same bits
//! everywhere.

mod mser;
mod order;
mod sequential;
mod student;

pub use mser::mser_5;
pub use order::quantile;
pub use sequential::{HalfWidth, Sequential};

use crate::random::normal_quantile;

/// Two-sided confidence, as a share: 0.95.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence(f64);

impl Confidence {
    /// 95 %.
    pub const USUAL: Self = Self(0.95);

    /// From one half to one, neither included.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.5 && share < 1.0).then_some(Self(share))
    }

    /// As a share.
    #[must_use]
    pub const fn share(self) -> f64 {
        self.0
    }

    /// What lies outside, on both sides together.
    fn outside(self) -> f64 {
        1.0 - self.0
    }
}

/// A mean with the half-width of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of so many values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Half the width of its interval; none of a single value.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// Lower end of the interval.
    #[must_use]
    pub fn low(&self) -> Option<f64> {
        Some(self.mean - self.half_width?)
    }

    /// Upper end of the interval.
    #[must_use]
    pub fn high(&self) -> Option<f64> {
        Some(self.mean + self.half_width?)
    }

    /// Whether the interval lies on one side of zero.
    #[must_use]
    pub fn excludes_zero(&self) -> bool {
        self.low().is_some_and(|low| low > 0.0) || self.high().is_some_and(|high| high < 0.0)
    }
}

/// The mean of `values` with Student's interval; none of no values.
#[must_use]
pub fn mean(values: &[f64], confidence: Confidence) -> Option<Estimate> {
    let first = *values.first()?;
    let count = values.len();
    if values.iter().all(|value| value.total_cmp(&first).is_eq()) {
        // Nothing is lost to rounding where nothing varies.
        let half_width = (count > 1).then_some(0.0);
        return Some(Estimate { count, mean: first, half_width });
    }
    let n = count as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    let t = student::quantile(n - 1.0, confidence.outside());
    Some(Estimate { count, mean, half_width: Some(t * error) })
}

/// The mean of the differences `to` less `from`, value by value; none where there are not as many
/// of both.
#[must_use]
pub fn paired(from: &[f64], to: &[f64], confidence: Confidence) -> Option<Estimate> {
    if from.len() != to.len() {
        return None;
    }
    let differences: Vec<f64> = from.iter().zip(to).map(|(from, to)| to - from).collect();
    mean(&differences, confidence)
}

/// The difference of the means of two independent series, `to` less `from`, with Welch's interval;
/// none where either is empty.
#[must_use]
pub fn unpaired(from: &[f64], to: &[f64], confidence: Confidence) -> Option<Estimate> {
    let (a, b) = (mean(from, confidence)?, mean(to, confidence)?);
    let (count, difference) = (from.len() + to.len(), b.mean - a.mean);
    let estimate = |half_width| Estimate { count, mean: difference, half_width };
    if a.half_width.is_none() || b.half_width.is_none() {
        return Some(estimate(None));
    }
    let part = |values: &[f64], mean: f64| {
        let n = values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        (squares / (n - 1.0) / n, n - 1.0)
    };
    let ((of_a, a_freedom), (of_b, b_freedom)) = (part(from, a.mean), part(to, b.mean));
    let sum = of_a + of_b;
    if sum <= 0.0 {
        return Some(estimate(Some(0.0)));
    }
    let freedom = sum * sum / (of_a * of_a / a_freedom + of_b * of_b / b_freedom);
    let t = student::quantile(freedom, confidence.outside());
    Some(estimate(Some(t * sum.sqrt())))
}

/// The interval of a share, by the score of Wilson (1927): lower and upper end; none of nothing.
#[must_use]
pub fn share(hits: u64, count: u64, confidence: Confidence) -> Option<(f64, f64)> {
    if count == 0 || hits > count {
        return None;
    }
    let (n, p) = (count as f64, hits as f64 / count as f64);
    let z = normal_quantile(1.0 - confidence.outside() / 2.0);
    let z2 = z * z;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let low = if hits == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if hits == count { 1.0 } else { (middle + half).min(1.0) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Student's own data (1908): additional hours of sleep by one drug and another, ten patients;
    /// the paired difference is 1.58 with t = 4.0621.
    #[test]
    fn students_sleep_data() {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let told = paired(&first, &second, Confidence::USUAL).expect("ten pairs");
        assert!((told.mean - 1.58).abs() < 1e-12);
        let error = told.half_width.expect("ten pairs") / 2.262_157_162_8;
        assert!((told.mean / error - 4.062_127_7).abs() < 1e-6, "{}", told.mean / error);
        assert!(told.excludes_zero());
    }

    /// The same hours as if of twenty patients: t = 1.8608 with 17.776 degrees of freedom, and an
    /// interval from -0.2055 to 3.3655, as statistical packages have it.
    #[test]
    fn students_sleep_data_unpaired() {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let told = unpaired(&first, &second, Confidence::USUAL).expect("twenty");
        let (low, high) = (told.low().expect("some"), told.high().expect("some"));
        assert!((low + 0.205_483_2).abs() < 1e-6 && (high - 3.365_483_2).abs() < 1e-6, "{told:?}");
        assert!(!told.excludes_zero());
        let same = unpaired(&[1.0, 1.0], &[3.0, 3.0], Confidence::USUAL).expect("four");
        assert_eq!((same.mean, same.half_width), (2.0, Some(0.0)));
    }

    #[test]
    fn what_does_not_vary_has_no_width_and_one_value_no_interval() {
        let told = mean(&[0.1; 7], Confidence::USUAL).expect("seven");
        assert_eq!((told.mean, told.half_width), (0.1, Some(0.0)));
        assert!(told.excludes_zero());
        let told = mean(&[3.0], Confidence::USUAL).expect("one");
        assert_eq!((told.mean, told.half_width, told.low()), (3.0, None, None));
        assert!(!told.excludes_zero());
        assert_eq!(mean(&[], Confidence::USUAL), None);
        assert_eq!(paired(&[1.0], &[1.0, 2.0], Confidence::USUAL), None);
    }

    /// Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    #[test]
    fn newcombes_examples_of_wilsons_interval() {
        let cases = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (hits, count, low, high) in cases {
            let told = share(hits, count, Confidence::USUAL).expect("counted");
            assert!((told.0 - low).abs() < 5e-5 && (told.1 - high).abs() < 5e-5, "{told:?}");
        }
        assert_eq!(share(20, 20, Confidence::USUAL).map(|it| it.1), Some(1.0));
        assert_eq!(share(0, 0, Confidence::USUAL), None);
    }
}
