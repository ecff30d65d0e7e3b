//! Counts of values in buckets of constant relative width.

/// A histogram of whole numbers: exact below 256, at most 0.8 % wide above.
///
/// Values are counted with a weight in constant time; quantiles are read from the counts. Merging
/// is exact and in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    sum: u128,
    max: u64,
    min: u64,
}

const MANTISSA_BITS: u32 = 7;
const BUCKETS: usize = (64 - MANTISSA_BITS as usize + 1) << MANTISSA_BITS;

impl Histogram {
    /// An empty histogram, with all its buckets: adding never allocates.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS], sum: 0, max: 0, min: u64::MAX }
    }

    /// Counts `value` `weight` times.
    #[inline]
    pub fn add(&mut self, value: u64, weight: u64) {
        if weight == 0 {
            return;
        }
        // Only what reading cannot recover is kept beside the counts: this is a hot path. Most
        // waits are none at all.
        if value == 0 {
            self.counts[0] += weight;
            self.min = 0;
            return;
        }
        self.counts[bucket_of(value)] += weight;
        self.sum += u128::from(value) * u128::from(weight);
        self.max = self.max.max(value);
        self.min = self.min.min(value);
    }

    /// Adds all that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
        (self.max, self.min) = (self.max.max(other.max), self.min.min(other.min));
    }

    /// Forgets every value; keeps the memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.sum, self.max, self.min) = (0, 0, u64::MAX);
    }

    /// How many values were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The largest value, exact; zero when empty.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The mean, exact; `None` when empty.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| self.sum as f64 / total as f64)
    }

    /// The value at or below which `percent` (0 to 100) of all lie: the middle of its bucket, cut
    /// to the smallest and largest value counted. `None` when empty.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let rank = ((percent / 100.0 * total as f64).ceil() as u64).clamp(1, total);
        let mut seen = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                let (low, high) = bounds_of(bucket);
                return Some((low + (high - low) / 2).clamp(self.min, self.max));
            }
        }
        Some(self.max)
    }

    /// The buckets that hold something: `(lowest, highest, count)`, both ends included.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bucket, &count)| {
            let (low, high) = bounds_of(bucket);
            (low, high, count)
        })
    }
}

/// A value below 2^8 is its own bucket; above, each octave has 2^7 buckets of equal width.
#[inline]
fn bucket_of(value: u64) -> usize {
    let shift = (value | (1 << MANTISSA_BITS)).ilog2() - MANTISSA_BITS;
    ((shift as usize) << MANTISSA_BITS) + (value >> shift) as usize
}

fn bounds_of(bucket: usize) -> (u64, u64) {
    let octave = bucket >> MANTISSA_BITS;
    if octave < 2 {
        return (bucket as u64, bucket as u64);
    }
    let shift = octave - 1;
    let low = ((bucket - (shift << MANTISSA_BITS)) as u64) << shift;
    (low, low + ((1 << shift) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_tile_the_whole_range_without_gap_or_overlap() {
        let mut next = 0_u64;
        for bucket in 0..BUCKETS {
            let (low, high) = bounds_of(bucket);
            assert_eq!(low, next, "bucket {bucket}");
            assert_eq!((bucket_of(low), bucket_of(high)), (bucket, bucket));
            next = high.wrapping_add(1);
        }
        assert_eq!(next, 0, "the last bucket ends at u64::MAX");
    }

    #[test]
    fn percentiles_of_one_to_a_million_are_within_half_a_percent() {
        let mut histogram = Histogram::new();
        (1..=1_000_000).for_each(|value| histogram.add(value, 1));
        for percent in [0.1, 1.0, 50.0, 90.0, 99.0, 99.9] {
            let exact = percent * 10_000.0;
            let got = histogram.percentile(percent).expect("not empty") as f64;
            assert!((got / exact - 1.0).abs() < 0.005, "p{percent}: {got} against {exact}");
        }
        assert_eq!(histogram.mean(), Some(500_000.5));
        assert_eq!(histogram.percentile(100.0), Some(1_000_000));
    }
}
