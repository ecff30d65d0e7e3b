//! Counts of values in buckets of constant relative width.

use std::ops::RangeInclusive;

/// A histogram of whole numbers: exact below 256, at most 0.8 % wide above.
///
/// Values are counted with a weight, or evenly spread over an interval, both in constant time;
/// quantiles are read from the counts. Merging is exact and in any order.
#[derive(Clone, Debug, Default, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    sum: u128,
    max: u64,
    min: u64,
    spread: Spread,
}

/// Values known by their interval only, beside those whose buckets are known.
#[derive(Clone, Debug, Default, Eq)]
struct Spread {
    /// Bucket by bucket; empty until the first interval, as most runs have none.
    shares: Vec<Share>,
    /// How many values.
    total: u64,
}

/// What the intervals say of one bucket. Fixed point and not floats, so that no order of adding
/// shows. What all intervals together give to a bucket is below 2^64 values, and fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    /// Values of the intervals that end within this bucket (2^-64 values).
    values: u128,
    /// Of the intervals that cover whole buckets: how many values more a whole number has here than
    /// in the bucket below (2^-64 values). A fall wraps around.
    rise: u128,
}

const MANTISSA_BITS: u32 = 7;
const BUCKETS: usize = (64 - MANTISSA_BITS as usize + 1) << MANTISSA_BITS;

/// So many values of an interval are counted one by one: it is exact, and hardly slower.
const SINGLES: u64 = 3;

impl Histogram {
    /// An empty histogram, with all its buckets: adding never allocates, but for the first
    /// interval that is more than a few values.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS], sum: 0, max: 0, min: u64::MAX, spread: Spread::default() }
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

    /// Counts `n` values spread evenly from `first` to `last`, both included and in either order,
    /// in constant time.
    ///
    /// Both ends are counted as they are, and what lies between is spread over the whole numbers
    /// between: of the n values first + (last - first) k / (n - 1), k from 0, every bucket gets as
    /// many as lie in it, give or take one or two. Up to three values are counted one by one; a
    /// single one is the first. The sum is that of an even spread, n (first + last) / 2, give or
    /// take a half.
    // A call of its own, so that what counts single values stays small where it is inlined.
    #[inline(never)]
    pub fn add_interval(&mut self, first: u64, last: u64, n: u64) {
        let (low, high) = (first.min(last), first.max(last));
        if low == high || n < 2 {
            return self.add(first, n);
        }
        let (from, to) = (bucket_of(low), bucket_of(high));
        // Where values are more than whole numbers, each number has its even share of them.
        if n <= SINGLES && n - 1 <= high - low && from < to {
            return self.add_each(first, last, n);
        }
        self.sum += sum_of(low, high, n);
        (self.max, self.min) = (self.max.max(high), self.min.min(low));
        if from == to {
            self.counts[from] += n;
            return;
        }
        self.counts[from] += 1;
        self.counts[to] += 1;
        self.spread.add(low..=high, n - 2);
    }

    /// Counts the same values one by one: value k is first + (last - first) k / (n - 1), rounded
    /// towards the first. This takes as long as there are values.
    pub fn add_each(&mut self, first: u64, last: u64, n: u64) {
        let gaps = n.saturating_sub(1).max(1);
        let width = first.abs_diff(last);
        let (step, rest) = (width / gaps, width % gaps);
        for k in 0..n {
            let way = step * k + rest * k / gaps;
            self.add(if first <= last { first + way } else { first - way }, 1);
        }
    }

    /// Adds all that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
        (self.max, self.min) = (self.max.max(other.max), self.min.min(other.min));
        self.spread.merge(&other.spread);
    }

    /// Forgets every value; keeps the memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.sum, self.max, self.min) = (0, 0, u64::MAX);
        self.spread.shares.fill(Share::default());
        self.spread.total = 0;
    }

    /// How many values were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.spread.total
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
        for (low, high, count) in self.buckets() {
            seen += count;
            if seen >= rank {
                return Some((low + (high - low) / 2).clamp(self.min, self.max));
            }
        }
        Some(self.max)
    }

    /// The buckets that hold something: `(lowest, highest, count)`, both ends included. The counts
    /// add up to the total.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        let spread = self.spread.counts().chain(std::iter::repeat(0));
        let counts = self.counts.iter().zip(spread).map(|(count, more)| count + more);
        counts.enumerate().filter(|(_, count)| *count > 0).map(|(bucket, count)| {
            let (low, high) = bounds_of(bucket);
            (low, high, count)
        })
    }
}

// Not derived: memory that holds nothing is no difference.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let ends = |it: &Self| (it.sum, it.max, it.min);
        ends(self) == ends(other) && self.counts == other.counts && self.spread == other.spread
    }
}

impl PartialEq for Spread {
    fn eq(&self, other: &Self) -> bool {
        self.total == other.total && (self.total == 0 || self.shares == other.shares)
    }
}

impl Spread {
    /// Spreads `n` values over the whole numbers of `interval`, which ends in a later bucket than
    /// it begins in.
    #[inline]
    fn add(&mut self, interval: RangeInclusive<u64>, n: u64) {
        let (low, high) = interval.into_inner();
        let (from, to) = (Bucket::of(low), Bucket::of(high));
        self.make_room();
        let (all, share) = (u128::from(n) << 64, share_of(n, high - low));
        // Each bucket that is covered whole has its width times `share`; the last one has what is
        // left, so that no part of a value is lost.
        self.shares[from.index].values += times(share, from.above(low) - low);
        let rise = &mut self.shares[from.index + 1].rise;
        *rise = rise.wrapping_add(share);
        let last = &mut self.shares[to.index];
        last.rise = last.rise.wrapping_sub(share);
        last.values += all - times(share, to.start(high) - low);
        self.total += n;
    }

    #[inline]
    fn make_room(&mut self) {
        if self.shares.is_empty() {
            self.shares.resize(BUCKETS, Share::default());
        }
    }

    fn merge(&mut self, other: &Self) {
        if other.total == 0 {
            return;
        }
        self.make_room();
        for (share, more) in self.shares.iter_mut().zip(&other.shares) {
            share.values += more.values;
            share.rise = share.rise.wrapping_add(more.rise);
        }
        self.total += other.total;
    }

    /// How many whole values each bucket has. Rounded is what lies up to a bucket's end, not what
    /// lies in it: errors do not add up.
    fn counts(&self) -> impl Iterator<Item = u64> + '_ {
        let (mut each, mut upto, mut seen) = (0_u128, 0_u128, 0);
        self.shares.iter().enumerate().map(move |(bucket, share)| {
            let (low, high) = bounds_of(bucket);
            each = each.wrapping_add(share.rise);
            upto += share.values + each * (u128::from(high - low) + 1);
            let rounded = (upto >> 64) as u64 + (upto >> 63 & 1) as u64;
            let count = rounded - seen;
            seen = rounded;
            count
        })
    }
}

/// The part of a value that each of the whole numbers across `width` has of `n` values (2^-64
/// values): never too much, and too little by less than 2^-49 of it.
#[inline]
fn share_of(n: u64, width: u64) -> u128 {
    if n > width || width > i64::MAX as u64 {
        return (u128::from(n) << 64) / (u128::from(width) + 1);
    }
    // Below one: a division of floats will do, which takes a fraction of the time, as do signed
    // words and half of the range.
    let half = n as i64 as f64 / (width as i64 as f64 + 1.0) * BELOW_HALF;
    u128::from(half as i64 as u64) << 1
}

/// 2^63, less as much as divisions round up.
const BELOW_HALF: f64 = 9_223_372_036_854_775_808.0 * (1.0 - 4.0 * f64::EPSILON);

/// A share of so many whole numbers; most are below one value, and take one product of words.
#[inline]
fn times(share: u128, numbers: u64) -> u128 {
    match u64::try_from(share) {
        Ok(share) => u128::from(share) * u128::from(numbers),
        Err(_) => share * u128::from(numbers),
    }
}

/// What `n` values spread evenly from `low` to `high` add up to, rounded down.
#[inline]
fn sum_of(low: u64, high: u64, n: u64) -> u128 {
    // Ages and sizes are far below 2^63, and one product of words will do.
    if let Some(ends) = low.checked_add(high) {
        return (u128::from(n) * u128::from(ends)) >> 1;
    }
    let (n, ends) = (u128::from(n), u128::from(low) + u128::from(high));
    n * (ends / 2) + n * (ends % 2) / 2
}

/// A value's bucket: one below 2^8 is its own; above, each octave has 2^7 buckets of equal width.
#[derive(Clone, Copy)]
struct Bucket {
    index: usize,
    /// Its width is two to the power of this.
    shift: u32,
}

impl Bucket {
    #[inline]
    fn of(value: u64) -> Self {
        let shift = (value | (1 << MANTISSA_BITS)).ilog2() - MANTISSA_BITS;
        Self { index: ((shift as usize) << MANTISSA_BITS) + (value >> shift) as usize, shift }
    }

    /// The least number in it, of which `value` is one.
    #[inline]
    fn start(self, value: u64) -> u64 {
        value >> self.shift << self.shift
    }

    /// The least number above it, of which `value` is one; it is not the last bucket.
    #[inline]
    fn above(self, value: u64) -> u64 {
        self.start(value) + (1 << self.shift)
    }
}

#[inline]
fn bucket_of(value: u64) -> usize {
    Bucket::of(value).index
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
    use proptest::prelude::*;

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

    /// An interval: its first value, its last, and how many.
    type Interval = (u64, u64, u64);

    /// The values an interval stands for, in order of size, by the words of
    /// [`Histogram::add_interval`].
    fn values((first, last, n): Interval) -> Vec<u64> {
        let (low, high) = (i128::from(first.min(last)), i128::from(first.max(last)));
        let n = i128::from(n);
        let value = |k| match high - low {
            _ if n == 1 => i128::from(first),
            // Each whole number has its even share of more values than there are numbers.
            width if n > width => low + (width + 1) * k / n,
            width if first <= last => low + width * k / (n - 1),
            width => high - width * (n - 1 - k) / (n - 1),
        };
        (0..n).map(|k| value(k) as u64).collect()
    }

    fn of(intervals: &[Interval]) -> Histogram {
        let mut histogram = Histogram::new();
        for &(first, last, n) in intervals {
            histogram.add_interval(first, last, n);
        }
        histogram
    }

    fn one_by_one(intervals: &[Interval]) -> Histogram {
        let mut histogram = Histogram::new();
        let all = intervals.iter().flat_map(|&interval| values(interval));
        all.for_each(|value| histogram.add(value, 1));
        histogram
    }

    /// How many values lie in each bucket or below it.
    fn cumulative(histogram: &Histogram) -> Vec<u64> {
        let mut each = vec![0; BUCKETS];
        histogram.buckets().for_each(|(low, _, count)| each[bucket_of(low)] = count);
        let sum = |seen: &mut u64, count| {
            *seen += count;
            Some(*seen)
        };
        each.into_iter().scan(0, sum).collect()
    }

    /// Values of every magnitude.
    fn value() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0_u32..64).prop_map(|(bits, shift)| bits >> shift)
    }

    /// Wide intervals and narrow ones, with few values and many, in either order.
    fn interval(n_max: u64) -> impl Strategy<Value = Interval> {
        let n = prop_oneof![0..8_u64, 0..n_max];
        let near = (value(), 0..2_000_u64).prop_map(|(end, way)| (end, end.saturating_add(way)));
        let ends = prop_oneof![(value(), value()), near];
        (ends, any::<bool>(), n).prop_map(
            |((one, other), turn, n)| {
                if turn { (other, one, n) } else { (one, other, n) }
            },
        )
    }

    fn intervals() -> impl Strategy<Value = Vec<Interval>> {
        prop::collection::vec(interval(1 << 40), 0..12)
    }

    proptest! {
        #[test]
        fn an_interval_is_its_values_but_for_one_or_two(interval in interval(5_000)) {
            let (found, exact) = (of(&[interval]), one_by_one(&[interval]));
            let (first, last, n) = interval;
            prop_assert_eq!(found.total(), n);
            prop_assert_eq!((found.max, found.min), (exact.max, exact.min));
            // Where a whole number has less than a hundredth of a value, rounding values to whole
            // numbers is of no account.
            let width = first.abs_diff(last);
            let most = if n <= width / 100 { 1 } else { 2 };
            // Over centuries what a density loses by rounding adds up to a value.
            let most = most + u64::from(width > 1 << 60);
            for (found, exact) in cumulative(&found).into_iter().zip(cumulative(&exact)) {
                prop_assert!(found.abs_diff(exact) <= most, "{} for {}", found, exact);
            }
            let even = f64::midpoint(first as f64, last as f64);
            if n > 1 {
                prop_assert!((found.mean().expect("two") - even).abs() <= 0.5 + even * 1e-15);
            }
        }

        /// The value of any rank lies in a bucket that holds a value of that rank or of one of its
        /// two neighbours.
        #[test]
        fn a_quantile_is_one_of_the_values_or_a_neighbour(
            interval in interval(5_000), percent in 0.0_f64..100.0,
        ) {
            prop_assume!(interval.2 > 0);
            let (found, values) = (of(&[interval]), values(interval));
            let n = values.len();
            let rank = ((percent / 100.0 * n as f64).ceil() as usize).clamp(1, n);
            let bucket = bucket_of(found.percentile(percent).expect("not empty"));
            let least = bucket_of(values[rank.saturating_sub(3)]);
            prop_assert!((least..=bucket_of(values[(rank + 1).min(n - 1)])).contains(&bucket));
        }

        #[test]
        fn many_intervals_are_the_values_of_all(
            intervals in prop::collection::vec(interval(800), 0..40),
        ) {
            let (found, exact) = (of(&intervals), one_by_one(&intervals));
            prop_assert_eq!(found.total(), exact.total());
            prop_assert_eq!((found.max, found.min), (exact.max, exact.min));
            let most = 3 * intervals.len() as u64;
            for (found, exact) in cumulative(&found).into_iter().zip(cumulative(&exact)) {
                prop_assert!(found.abs_diff(exact) <= most);
            }
        }

        #[test]
        fn merging_is_adding_in_any_order(
            (a, b, c) in (intervals(), intervals(), intervals()), single in value(),
        ) {
            let merged = |parts: &[&Histogram]| {
                let mut all = Histogram::new();
                for part in parts {
                    all.merge(part);
                }
                all
            };
            let mut backwards: Vec<_> = [&a[..], &b, &c].concat();
            backwards.reverse();
            let mut together = of(&backwards);
            together.add(single, 7);
            let (a, mut b, c) = (of(&a), of(&b), of(&c));
            b.add(single, 7);
            prop_assert_eq!(&merged(&[&a, &b, &c]), &together);
            prop_assert_eq!(&merged(&[&c, &merged(&[&b, &a])]), &together);
            prop_assert_eq!(&merged(&[&merged(&[&a, &c]), &b]), &together);
            let counted: u64 = together.buckets().map(|bucket| bucket.2).sum();
            prop_assert_eq!(counted, together.total());
        }

        #[test]
        fn what_is_cleared_is_as_new(intervals in intervals(), interval in interval(1 << 40)) {
            let mut histogram = of(&intervals);
            histogram.clear();
            prop_assert_eq!(&histogram, &Histogram::new());
            prop_assert_eq!(histogram.buckets().count(), 0);
            histogram.add_interval(interval.0, interval.1, interval.2);
            prop_assert_eq!(histogram, of(&[interval]));
        }

        #[test]
        fn no_width_is_a_point_and_many_values_are_the_same_in_either_order(
            (first, last, n) in interval(1 << 40),
        ) {
            let mut point = Histogram::new();
            point.add(first, n);
            prop_assert_eq!(of(&[(first, first, n)]), point);
            prop_assume!(n > SINGLES);
            prop_assert_eq!(of(&[(first, last, n)]), of(&[(last, first, n)]));
        }
    }

    /// Ten thousand cohorts of a thousand records, a tenth of a second wide each.
    #[test]
    fn many_narrow_intervals_are_one_wide_one() {
        let mut histogram = Histogram::new();
        let starts = (0..10_000_u64).map(|k| k * 1_000_000);
        starts.for_each(|start| histogram.add_interval(start, start + 99_999_999, 1_000));
        assert_eq!((histogram.total(), histogram.max()), (10_000_000, 10_098_999_999));
        // The sum of two even spreads: of starts and of what follows them.
        for percent in [1.0, 10.0, 50.0, 90.0, 99.0] {
            let exact = percent / 100.0 * 1e10 + 5e7;
            let got = histogram.percentile(percent).expect("not empty") as f64;
            assert!((got / exact - 1.0).abs() < 0.005, "p{percent}: {got} against {exact}");
        }
        assert_eq!(histogram.mean(), Some(4_999_500_000.0 + 49_999_999.5));
    }

    #[test]
    fn huge_numbers_of_huge_values_are_counted() {
        let (n, value) = (1_000_000_000_000, 1_000_000_000_000_000_000);
        let mut histogram = of(&[(0, value, n), (value, 2 * value, n), (0, u64::MAX, n)]);
        histogram.add_interval(u64::MAX - 1, u64::MAX, n);
        histogram.add_interval(0, 1, n);
        assert_eq!((histogram.total(), histogram.max()), (5 * n, u64::MAX));
        let counted: u64 = histogram.buckets().map(|bucket| bucket.2).sum();
        assert_eq!(counted, 5 * n);
        assert_eq!(of(&[(0, u64::MAX, u64::MAX)]).buckets().map(|it| it.2).sum::<u64>(), u64::MAX);
        let half = of(&[(0, value, n)]).percentile(50.0).expect("not empty") as f64;
        assert!((half / 5e17 - 1.0).abs() < 0.005, "{half}");
        assert_eq!(of(&[(0, value, n)]).mean(), Some(5e17));
    }
}
