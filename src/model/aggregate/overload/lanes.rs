//! Numbers of several shards, side by side: a processor works on all of them at a time.

use wide::{CmpGt, f64x4};

use crate::model::aggregate::crowd::Waited;
use crate::model::aggregate::pressure::Number;
use crate::rounding::nearest;

/// A number for each shard, or whether something is so of each.
pub(super) type Lanes = f64x4;

impl Number for Lanes {}

/// How many shards.
pub(super) const LANES: usize = 4;

/// `of` each.
#[inline]
pub(super) fn each(of: impl FnMut(usize) -> f64) -> Lanes {
    Lanes::new(std::array::from_fn(of))
}

/// The sum of all, which is the same on every machine.
#[inline]
pub(super) fn sum(numbers: Lanes) -> f64 {
    let [a, b, c, d] = numbers.to_array();
    (a + c) + (b + d)
}

/// `a` / `b`; zero where `b` is not above zero.
#[inline]
pub(super) fn ratio(a: Lanes, b: Lanes) -> Lanes {
    is_some(b) & (a / b)
}

/// Where something is above zero.
#[inline]
pub(super) fn is_some(a: Lanes) -> Lanes {
    a.cmp_gt(Lanes::ZERO)
}

/// The smaller of each two, none of which is NaN.
#[inline]
pub(super) fn smaller(a: Lanes, b: Lanes) -> Lanes {
    a.fast_min(b)
}

/// The larger of each two, none of which is NaN.
#[inline]
pub(super) fn larger(a: Lanes, b: Lanes) -> Lanes {
    a.fast_max(b)
}

/// The numbers of the shards of which something is so.
pub(super) fn those(mask: Lanes) -> impl Iterator<Item = usize> {
    let bits = mask.move_mask();
    (0..LANES).filter(move |lane| bits >> lane & 1 == 1)
}

/// Records, and how long they have waited.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) records: Lanes,
    /// Sums of what they have waited (ns) and of its square (ns^2).
    waited: Lanes,
    squares: Lanes,
}

/// As [`Waited`] has it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    pub(super) mean: Lanes,
    pub(super) variance: Lanes,
}

impl Moments {
    /// So many more, which have waited so long.
    #[inline]
    pub(super) fn add(&mut self, records: Lanes, Waits { mean, variance }: Waits) {
        self.records += records;
        self.waited += records * mean;
        self.squares += records * (variance + mean * mean);
    }

    /// So many more of one shard.
    #[inline]
    pub(super) fn add_one(&mut self, lane: usize, records: f64, Waited { mean, variance }: Waited) {
        self.records.as_array_mut()[lane] += records;
        self.waited.as_array_mut()[lane] += records * mean;
        self.squares.as_array_mut()[lane] += records * (variance + mean * mean);
    }

    /// Both together.
    #[inline]
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            records: self.records + other.records,
            waited: self.waited + other.waited,
            squares: self.squares + other.squares,
        }
    }

    /// How long they have waited.
    #[inline]
    pub(super) fn law(&self) -> Waits {
        let part = ratio(Lanes::ONE, self.records);
        let mean = self.waited * part;
        Waits { mean, variance: larger(self.squares * part - mean * mean, Lanes::ZERO) }
    }
}

impl Waits {
    /// The same, and some more.
    #[inline]
    pub(super) fn and(self, mean: f64, variance: f64) -> Self {
        Self { mean: self.mean + mean, variance: self.variance + variance }
    }

    /// The shortest and the longest, as [`Waited::spread`] has them.
    #[inline]
    pub(super) fn spread(self) -> (Lanes, Lanes) {
        let half = smaller((self.variance * 3.0).sqrt(), self.mean);
        (self.mean - half, self.mean + half)
    }
}

/// Bytes of records that part: each part has its share of them, and all together have them all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    pub(super) each: Lanes,
    /// Records and bytes that have been dealt.
    records: Lanes,
    dealt: Lanes,
}

impl Bytes {
    #[inline]
    pub(super) fn of(records: Lanes, bytes: Lanes) -> Self {
        Self { each: ratio(bytes, records), records: Lanes::ZERO, dealt: Lanes::ZERO }
    }

    /// Those of the next so many.
    #[inline]
    pub(super) fn next(&mut self, records: Lanes) -> Lanes {
        self.records += records;
        let up_to = nearest(self.records * self.each);
        let bytes = up_to - self.dealt;
        self.dealt = up_to;
        bytes
    }
}

/// `x` in whole numbers, at most `all`: what is left over is carried on.
#[inline]
pub(super) fn carried(carry: &mut Lanes, x: Lanes, all: Lanes) -> Lanes {
    let wanted = x + *carry;
    let whole = smaller(nearest(wanted), all);
    *carry = smaller(wanted - whole, Lanes::ONE);
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Four numbers that are whole.
    fn whole() -> impl Strategy<Value = [f64; LANES]> {
        prop::array::uniform4(0_u32..5_000).prop_map(|numbers| numbers.map(f64::from))
    }

    proptest! {
        /// Bytes are dealt whole, to each about its share, and all of them.
        #[test]
        fn all_bytes_are_dealt(first in whole(), rest in whole(), bytes in whole()) {
            let all = Lanes::new(first) + Lanes::new(rest);
            let mut deal = Bytes::of(all, Lanes::new(bytes));
            let [one, other] = [first, rest].map(|part| deal.next(Lanes::new(part)).to_array());
            for lane in 0..LANES {
                let records = first[lane] + rest[lane];
                let share = if records > 0.0 { bytes[lane] * first[lane] / records } else { 0.0 };
                prop_assert!((one[lane] - share).abs() <= 0.5 && one[lane].fract() == 0.0);
                let dealt = if records > 0.0 { bytes[lane] } else { 0.0 };
                prop_assert!((one[lane] + other[lane] - dealt).abs() < 1e-9);
            }
        }

        /// In the long run as much is taken as is asked for, whole, and never more than there is.
        #[test]
        fn what_is_left_over_is_carried_on(part in 0.0..1.0, all in whole()) {
            let (mut carry, mut sum) = (Lanes::ZERO, Lanes::ZERO);
            for _ in 0..20 {
                let taken = carried(&mut carry, Lanes::new(all) * part, Lanes::new(all));
                sum += taken;
                for (taken, all) in taken.to_array().into_iter().zip(all) {
                    prop_assert!((0.0..=all).contains(&taken) && taken.fract() == 0.0);
                }
            }
            for (sum, all) in sum.to_array().into_iter().zip(all) {
                let wanted: f64 = 20.0 * part * all;
                prop_assert!((sum - wanted).abs() <= 1.0);
            }
        }
    }

    /// One in four waited 8, the others 0: mean 2, variance 12; the spread would be wider than the
    /// mean. Where there is nothing, nothing has waited.
    #[test]
    fn moments_are_those_of_all() {
        let mut moments = Moments::default();
        moments.add(Lanes::new([3.0, 0.0, 1.0, 0.0]), Waits::default());
        let eight = Waited { mean: 8.0, variance: 0.0 };
        moments.add_one(0, 1.0, eight);
        let mut late = Moments::default();
        late.add(Lanes::new([0.0, 0.0, 0.0, 5.0]), Waits::default().and(8.0, 3.0));
        let law = moments.and(&late).law();
        assert_eq!(law.mean, Lanes::new([2.0, 0.0, 0.0, 8.0]));
        assert_eq!(law.variance, Lanes::new([12.0, 0.0, 0.0, 3.0]));
        let (shortest, longest) = law.spread();
        assert_eq!(shortest, Lanes::new([0.0, 0.0, 0.0, 5.0]));
        assert_eq!(longest, Lanes::new([4.0, 0.0, 0.0, 11.0]));
        assert_eq!(sum(law.mean).to_bits(), 10.0_f64.to_bits());
        assert_eq!(those(is_some(law.mean)).collect::<Vec<_>>(), [0, 3]);
    }
}
