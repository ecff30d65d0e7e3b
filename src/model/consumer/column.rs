//! A number for each of several quanta in a row: processors work on several of them at a time.

/// As many quanta as are ever played in a row.
pub(in crate::model) const QUANTA_MAX: usize = 30;

/// A number for each quantum.
pub(in crate::model) type Column = [f64; QUANTA_MAX];

/// No numbers.
pub(in crate::model) const NONE: Column = [0.0; QUANTA_MAX];

/// The sum of all.
#[inline]
pub(in crate::model) fn sum(numbers: &[f64]) -> f64 {
    folded(numbers, 0.0, |a, b| a + b)
}

/// The least of them; infinity where there are none.
#[inline]
pub(in crate::model) fn least(numbers: &[f64]) -> f64 {
    folded(numbers, f64::INFINITY, |a, b| if a < b { a } else { b })
}

/// The largest of them, and of zero.
#[inline]
pub(in crate::model) fn most(numbers: &[f64]) -> f64 {
    folded(numbers, 0.0, |a, b| if a > b { a } else { b })
}

/// Adds `more` to `column`.
#[inline]
pub(in crate::model) fn add(column: &mut Column, more: &Column) {
    column.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// In pairs, side by side.
#[inline]
fn folded(numbers: &[f64], none: f64, fold: impl Fn(f64, f64) -> f64) -> f64 {
    let (pairs, rest) = numbers.as_chunks::<2>();
    let both =
        pairs.iter().fold([none; 2], |all, pair| [fold(all[0], pair[0]), fold(all[1], pair[1])]);
    rest.iter().fold(fold(both[0], both[1]), |all, last| fold(all, *last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_count() {
        for count in 0..7 {
            let numbers: Vec<f64> = (1..=count).rev().map(f64::from).collect();
            let count = f64::from(count);
            assert_eq!(sum(&numbers).to_bits(), (count * (count + 1.0) / 2.0).to_bits());
            assert_eq!(most(&numbers).to_bits(), count.to_bits());
            assert_eq!(
                least(&numbers).to_bits(),
                if count > 0.0 { 1.0_f64 } else { f64::INFINITY }.to_bits()
            );
        }
    }
}
