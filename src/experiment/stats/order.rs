//! Intervals of quantiles from the order of values alone.

use crate::experiment::stats::Confidence;

/// The `part` quantile of what `values` are drawn from: lower end, the value itself, upper end.
/// None where they are too few for such an interval: six for a median, 299 for p99 (D36).
///
/// Of the intervals between two of the values that hold it often enough, the one with the fewest
/// values in it.
#[must_use]
pub fn quantile(values: &[f64], part: f64, confidence: Confidence) -> Option<(f64, f64, f64)> {
    if !(part > 0.0 && part < 1.0) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = ranks(sorted.len(), part, confidence.share())?;
    let rank = (libm::ceil(part * sorted.len() as f64) as usize).clamp(1, sorted.len());
    Some((sorted[low - 1], sorted[rank - 1], sorted[high - 1]))
}

/// The closest ranks, from 1, between which the quantile lies with at least this probability.
fn ranks(count: usize, part: f64, share: f64) -> Option<(usize, usize)> {
    // below[k]: probability that at most k values lie below the quantile.
    let mut sum = 0.0;
    let below: Vec<f64> = (0..count)
        .map(|k| {
            sum += probability(count, k, part);
            sum
        })
        .collect();
    // The quantile lies between ranks l and u where l to u - 1 values are below it.
    let held = |low: usize, high: usize| below[high - 1] - below[low - 1];
    let mut best: Option<(usize, usize, f64)> = None;
    for low in 1..count {
        let Some(high) = (low + 1..=count).find(|&high| held(low, high) >= share) else { break };
        let lop_sided = (below[low - 1] - (1.0 - below[high - 1])).abs();
        let is_better = |best: &(usize, usize, f64)| {
            let (width, of_best) = (high - low, best.1 - best.0);
            width < of_best || (width == of_best && lop_sided < best.2)
        };
        if best.as_ref().is_none_or(is_better) {
            best = Some((low, high, lop_sided));
        }
    }
    best.map(|(low, high, _)| (low, high))
}

/// Binomial.
fn probability(count: usize, k: usize, part: f64) -> f64 {
    let (n, k) = (count as f64, k as f64);
    let choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(choose + k * libm::log(part) + (n - k) * libm::log(1.0 - part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least(part: f64) -> usize {
        let enough = |count: &usize| ranks(*count, part, 0.95).is_some();
        (1..1_000).find(enough).expect("a thousand are enough")
    }

    /// D36: 1 - 2 x 0.5^6 = 0.969; 0.99^299 = 0.0495 and 0.99^298 = 0.0500.
    #[test]
    fn fewest_values() {
        assert_eq!((least(0.5), least(0.99)), (6, 299));
    }

    /// As tables of the sign test have it for a median: ranks 2 and 9 of 10, 6 and 15 of 20.
    #[test]
    fn ranks_of_a_median() {
        assert_eq!(ranks(10, 0.5, 0.95), Some((2, 9)));
        assert_eq!(ranks(20, 0.5, 0.95), Some((6, 15)));
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5, Confidence::USUAL), Some((2.0, 5.0, 9.0)));
        assert_eq!(quantile(&values[..5], 0.5, Confidence::USUAL), None);
        assert_eq!(quantile(&values, 0.0, Confidence::USUAL), None);
    }
}
