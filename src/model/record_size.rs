//! How large a producer's records are on average, as they are and as they are charged.

use crate::model::facts;
use crate::model::plan::SizePlan;
use crate::random::normal_quantile;

/// Mean size of a data blob (bytes); draws above the largest count as the largest.
#[must_use]
pub fn mean(plan: &SizePlan) -> f64 {
    match plan {
        SizePlan::Constant(size) => size.0 as f64,
        SizePlan::Uniform { min, max } => f64::midpoint(min.0 as f64, max.0 as f64),
        SizePlan::LogNormal { median, p99, max } => {
            let (median, max) = (median.0 as f64, max.0 as f64);
            let sigma = sigma(median, p99.0 as f64);
            // E[min(X, max)] of a log-normal X.
            let place = if sigma > 0.0 { libm::log(max / median) / sigma } else { f64::INFINITY };
            let whole = median * libm::exp(sigma * sigma / 2.0);
            whole * below(place - sigma) + max * (1.0 - below(place))
        }
        SizePlan::Exponential { mean, max } => {
            let mean = mean.0 as f64;
            mean * (1.0 - libm::exp(-(max.0 as f64) / mean))
        }
        SizePlan::Weighted(values) => {
            let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
            values.iter().map(|(size, weight)| size.0 as f64 * weight / sum).sum()
        }
    }
}

/// The largest data blob (bytes).
#[must_use]
pub fn largest(sizes: &SizePlan) -> u64 {
    match sizes {
        SizePlan::Constant(size) => size.0,
        SizePlan::Uniform { max, .. }
        | SizePlan::LogNormal { max, .. }
        | SizePlan::Exponential { max, .. } => max.0,
        SizePlan::Weighted(values) => values.iter().map(|(size, _)| size.0).max().unwrap_or(0),
    }
}

/// Mean of the squares of sizes (bytes^2), likewise.
#[must_use]
pub fn mean_square(plan: &SizePlan) -> f64 {
    match plan {
        SizePlan::Constant(size) => square(size.0 as f64),
        SizePlan::Uniform { min, max } => {
            let count = (max.0 - min.0 + 1) as f64;
            square(mean(plan)) + (square(count) - 1.0) / 12.0
        }
        SizePlan::LogNormal { median, p99, max } => {
            let (median, max) = (median.0 as f64, max.0 as f64);
            let sigma = sigma(median, p99.0 as f64);
            let place = if sigma > 0.0 { libm::log(max / median) / sigma } else { f64::INFINITY };
            let whole = square(median) * libm::exp(2.0 * sigma * sigma);
            whole * below(place - 2.0 * sigma) + square(max) * (1.0 - below(place))
        }
        SizePlan::Exponential { mean, max } => {
            let (mean, cut) = (mean.0 as f64, max.0 as f64 / mean.0 as f64);
            2.0 * square(mean) * (1.0 - libm::exp(-cut) * (1.0 + cut))
        }
        SizePlan::Weighted(values) => {
            let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
            values.iter().map(|(size, weight)| square(size.0 as f64) * weight / sum).sum()
        }
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Mean of what a record with a key this long is charged where each is rounded up to whole KiB
/// for itself (KDS-W06) (bytes).
#[must_use]
pub fn rounded(plan: &SizePlan, key_bytes: u64) -> f64 {
    rounded_to(plan, key_bytes, facts::METERING_STEP.0)
}

/// The same where each is rounded up to whole steps of `step` (bytes, more than zero).
#[must_use]
pub fn rounded_to(plan: &SizePlan, key_bytes: u64, step: u64) -> f64 {
    let charge = |blob: u64| ((blob + key_bytes).div_ceil(step) * step) as f64;
    let largest = match plan {
        SizePlan::Constant(size) => return charge(size.0),
        SizePlan::Weighted(values) => {
            let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
            return values.iter().map(|(size, weight)| charge(size.0) * weight / sum).sum();
        }
        SizePlan::Uniform { max, .. }
        | SizePlan::LogNormal { max, .. }
        | SizePlan::Exponential { max, .. } => max.0,
    };
    // One step for each multiple of the step that the record exceeds, zero included.
    let exceeded = (0..(largest + key_bytes).div_ceil(step))
        .map(|steps| at_least(plan, (steps * step + 1).saturating_sub(key_bytes)));
    exceeded.sum::<f64>() * step as f64
}

/// The part of blobs that have at least so many bytes, where sizes are drawn from a law.
fn at_least(plan: &SizePlan, bytes: u64) -> f64 {
    // Draws are rounded to whole bytes.
    let edge = bytes as f64 - 0.5;
    match plan {
        _ if bytes == 0 => 1.0,
        SizePlan::Uniform { min, max } => {
            let count = (max.0 - min.0 + 1) as f64;
            ((max.0 + 1).saturating_sub(bytes) as f64 / count).min(1.0)
        }
        SizePlan::LogNormal { median, p99, max } if bytes <= max.0 => {
            let (median, sigma) = (median.0 as f64, sigma(median.0 as f64, p99.0 as f64));
            if sigma == 0.0 {
                return f64::from(u8::from(median >= edge));
            }
            1.0 - below(libm::log(edge / median) / sigma)
        }
        SizePlan::Exponential { mean, max } if bytes <= max.0 => libm::exp(-edge / mean.0 as f64),
        _ => 0.0,
    }
}

fn sigma(median: f64, p99: f64) -> f64 {
    libm::log(p99 / median) / normal_quantile(0.99)
}

/// The standard normal distribution below `place`.
#[must_use]
pub fn below(place: f64) -> f64 {
    0.5 * libm::erfc(-place * std::f64::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    /// A uniform on 1, 2, 3 has squares of mean 14/3; an exponential twice its mean's; a log-normal
    /// the mean's times exp(sigma^2).
    #[test]
    fn squares_agree_with_their_closed_forms() {
        let plan = SizePlan::Uniform { min: Bytes(1), max: Bytes(3) };
        assert!((mean_square(&plan) - 14.0 / 3.0).abs() < 1e-9);
        let plan = SizePlan::Exponential { mean: Bytes(500), max: Bytes::mib(1) };
        assert!((mean_square(&plan) / 500_000.0 - 1.0).abs() < 1e-9);
        let (median, p99) = (Bytes(1_000_000), Bytes(10_240_474));
        let plan = SizePlan::LogNormal { median, p99, max: Bytes(1 << 60) };
        let wanted = mean(&plan) * mean(&plan) * std::f64::consts::E;
        assert!((mean_square(&plan) / wanted - 1.0).abs() < 1e-6);
        let plan = SizePlan::Weighted(vec![(Bytes(100), 3.0), (Bytes(500), 1.0)]);
        assert!((mean_square(&plan) - 70_000.0).abs() < 1e-9);
    }

    /// Uniform on 1 to 4 KiB with a key of 0: the mean of 1,024 ceil(n / 1,024) for n from 1,024
    /// to 4,096 is (1,024 + 1,024 * (2 + 3 + 4) * 1,024) / 3,073.
    #[test]
    fn rounding_of_uniform_sizes_is_counted_out() {
        let plan = SizePlan::Uniform { min: Bytes::kib(1), max: Bytes::kib(4) };
        let wanted = (1_024.0 + 9.0 * 1_024.0 * 1_024.0) / 3_073.0;
        assert!((rounded(&plan, 0) - wanted).abs() < 1e-9, "{}", rounded(&plan, 0));
        assert!((mean(&plan) - 2_560.0).abs() < 1e-9);
    }

    #[test]
    fn one_byte_of_a_key_can_double_the_charge() {
        let plan = SizePlan::Constant(Bytes(1_000));
        assert_eq!([24, 25].map(|key| rounded(&plan, key) as u64), [1_024, 2_048]);
        let plan = SizePlan::Weighted(vec![(Bytes(1_000), 3.0), (Bytes(2_000), 1.0)]);
        assert!((rounded(&plan, 10) - (3.0 * 1_024.0 + 2_048.0) / 4.0).abs() < 1e-9);
    }

    /// An exponential of mean m exceeds a with probability exp(-a/m): the steps are a geometric
    /// series of sum 1 / (1 - exp(-1,024/m)).
    #[test]
    fn rounding_of_exponential_sizes_is_a_geometric_series() {
        let plan = SizePlan::Exponential { mean: Bytes(2_000), max: Bytes::mib(1) };
        let ratio = (-1_024.0_f64 / 2_000.0).exp_m1() + 1.0;
        let first = (-0.5_f64 / 2_000.0).exp_m1() + 1.0;
        let wanted = 1_024.0 * first / (1.0 - ratio);
        assert!((rounded(&plan, 0) / wanted - 1.0).abs() < 1e-9, "{}", rounded(&plan, 0));
        assert!((mean(&plan) - 2_000.0).abs() < 1e-6);
    }

    #[test]
    fn a_cut_log_normal_is_smaller_than_a_whole_one() {
        let plan = |max| SizePlan::LogNormal { median: Bytes(900), p99: Bytes::kib(4), max };
        let whole = crate::random::LogNormal::new(900.0, 4_096.0).mean();
        assert!((mean(&plan(Bytes::mib(1))) - whole).abs() < 0.01);
        // Half of all are cut at the median: 0.5 * 900 and what the smaller half holds.
        let cut = mean(&plan(Bytes(900)));
        assert!(cut > 450.0 && cut < 900.0, "{cut}");
        // Rounding up adds between nothing and a step, half of one about.
        let added = rounded(&plan(Bytes::mib(1)), 11) - whole - 11.0;
        assert!((400.0..650.0).contains(&added), "{added}");
    }
}
