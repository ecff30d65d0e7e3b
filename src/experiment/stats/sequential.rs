//! Replicates until intervals are narrow enough.

use crate::experiment::stats::{Confidence, Estimate, mean};

/// How narrow an interval has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HalfWidth {
    /// Half of it, in the measure's own unit.
    Absolute(f64),
    /// Half of it, as a share of the mean.
    Relative(f64),
}

/// When to look at the intervals, and whether they are narrow enough.
///
/// Whoever looks often and stops at a lucky moment is wrong more often than each look says. So each
/// look has a confidence of its own, `1 - a / ((k + 1) (k + 2))` for look k and `a` in all: what
/// lies outside adds up to less than `a` however many looks there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sequential {
    floor: usize,
    most: usize,
    half_width: HalfWidth,
    confidence: Confidence,
}

impl Sequential {
    /// From `floor` replicates, two at least, to `most`.
    #[must_use]
    pub fn new(floor: usize, most: usize, half_width: HalfWidth, confidence: Confidence) -> Self {
        let floor = floor.max(2);
        Self { floor, most: most.max(floor), half_width, confidence }
    }

    /// How many replicates there are at look number `look`, from 0: half as many more each time.
    #[must_use]
    pub fn size_at(&self, look: usize) -> usize {
        let mut size = self.floor;
        for _ in 0..look {
            size = (size + size.div_ceil(2)).min(self.most);
            if size == self.most {
                break;
            }
        }
        size.min(self.most)
    }

    /// The confidence of the intervals at look number `look`.
    #[must_use]
    pub fn confidence_at(&self, look: usize) -> Confidence {
        let k = look as f64;
        Confidence(1.0 - self.confidence.outside() / ((k + 1.0) * (k + 2.0)))
    }

    /// Whether the interval of each of `series` is narrow enough at this look.
    #[must_use]
    pub fn is_enough(&self, look: usize, series: &[&[f64]]) -> bool {
        let confidence = self.confidence_at(look);
        series.iter().all(|values| {
            mean(values, confidence).is_some_and(|estimate| self.is_narrow(&estimate))
        })
    }

    fn is_narrow(&self, estimate: &Estimate) -> bool {
        let most = match self.half_width {
            HalfWidth::Absolute(most) => most,
            HalfWidth::Relative(share) => share * estimate.mean.abs(),
        };
        estimate.half_width.is_some_and(|half| half <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(half_width: HalfWidth) -> Sequential {
        Sequential::new(10, 50, half_width, Confidence::USUAL)
    }

    #[test]
    fn looks_grow_by_half_and_spend_no_more_than_all() {
        let looks = until(HalfWidth::Relative(0.05));
        let sizes: Vec<usize> = (0..7).map(|look| looks.size_at(look)).collect();
        assert_eq!(sizes, [10, 15, 23, 35, 50, 50, 50]);
        // A thousand looks leave out 5 % x 1000 / 1001.
        let outside: f64 = (0..1_000).map(|look| looks.confidence_at(look).outside()).sum();
        assert!((outside - 0.05 * 1_000.0 / 1_001.0).abs() < 1e-12, "{outside}");
        assert!((looks.confidence_at(0).share() - 0.975).abs() < 1e-15);
    }

    #[test]
    fn every_series_has_to_be_narrow() {
        let looks = until(HalfWidth::Relative(0.05));
        let (narrow, wide) = ([100.0, 101.0, 99.0, 100.0], [50.0, 150.0, 80.0, 120.0]);
        assert!(looks.is_enough(0, &[&narrow]));
        assert!(!looks.is_enough(0, &[&narrow, &wide]));
        // What never happens is known exactly.
        assert!(looks.is_enough(0, &[&[0.0; 10]]));
        assert!(!until(HalfWidth::Absolute(0.5)).is_enough(0, &[&narrow]));
        assert!(until(HalfWidth::Absolute(5.0)).is_enough(0, &[&narrow]));
    }
}
