//! Where a series has settled: MSER-5 (White, Cobb and Spratt 2000).

/// Values in a batch.
const BATCH: usize = 5;
/// Fewest batches that tell anything, and batches at the end that are too few to be judged.
const BATCHES_MIN: usize = 10;
const LAST: usize = 5;

/// How many first values of a series are not of its steady state: the cut, in batches of five,
/// after which the standard error of what remains is least. None where the series is too
/// short, or where the best cut lies in its second half: it has not settled then.
#[must_use]
pub fn mser_5(values: &[f64]) -> Option<usize> {
    let batches: Vec<f64> =
        values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < BATCHES_MIN {
        return None;
    }
    let mut best = (f64::INFINITY, 0);
    for cut in 0..=batches.len() - LAST {
        let error = squared_error(&batches[cut..]);
        if error < best.0 {
            best = (error, cut);
        }
    }
    (best.1 <= batches.len() / 2).then_some(best.1 * BATCH)
}

/// Sum of squares around the mean, over the count squared.
fn squared_error(batches: &[f64]) -> f64 {
    let n = batches.len() as f64;
    let first = batches.first().copied().unwrap_or(0.0);
    // Around the first value, so that what does not vary has no error at all.
    let (sum, squares) = batches.iter().fold((0.0, 0.0), |(sum, squares), value| {
        let away = value - first;
        (sum + away, squares + away * away)
    });
    (squares - sum * sum / n).max(0.0) / (n * n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn a_ramp_before_a_level_is_cut_off() {
        let mut chance = Stream::named(1, 0, "series");
        let values: Vec<f64> = (0..200)
            .map(|at| 10.0 * (1.0 - f64::from(at.min(40)) / 40.0) + 0.2 * chance.normal())
            .collect();
        let cut = mser_5(&values).expect("it settles");
        assert!((35..=55).contains(&cut), "{cut}");
    }

    #[test]
    fn what_is_level_from_the_beginning_is_kept_whole() {
        assert_eq!(mser_5(&[0.3; 60]), Some(0));
        let steps: Vec<f64> = (0..100).map(|at| f64::from(at % 5)).collect();
        assert_eq!(mser_5(&steps), Some(0));
    }

    #[test]
    fn what_rises_to_the_end_has_not_settled_and_a_short_series_tells_nothing() {
        let rising: Vec<f64> = (0..200).map(f64::from).collect();
        assert_eq!(mser_5(&rising), None);
        assert_eq!(mser_5(&[1.0; 49]), None);
    }
}
