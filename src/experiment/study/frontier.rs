//! Which alternatives no other one beats.

/// For each of `points` whether no other is at least as good in everything and better in
/// something. Small is good. What has a value missing is no candidate, and beats nobody.
#[must_use]
pub fn unbeaten<P: AsRef<[Option<f64>]>>(points: &[P]) -> Vec<bool> {
    let is_whole = |point: &&P| point.as_ref().iter().all(Option::is_some);
    let stands = |own: &P| {
        let mut others = points.iter().filter(is_whole);
        is_whole(&own) && !others.any(|other| beats(other.as_ref(), own.as_ref()))
    };
    points.iter().map(stands).collect()
}

fn beats(other: &[Option<f64>], own: &[Option<f64>]) -> bool {
    let mut pairs = other.iter().zip(own);
    pairs.clone().all(|(a, b)| a <= b) && pairs.any(|(a, b)| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_stands_unless_another_beats_it_everywhere() {
        let points: Vec<Vec<Option<f64>>> = [
            [504.0, 5.0, 0.0],
            [372.0, 900.0, 0.077],
            [475.0, 63.0, 0.0],
            [477.0, 117.0, 0.0],
            [475.0, 63.0, 0.0],
        ]
        .iter()
        .map(|point| point.iter().copied().map(Some).collect())
        .chain([vec![Some(1.0), None, Some(0.0)]])
        .collect();
        // The fourth is beaten by the third; the fifth equals it; the last one has no value.
        assert_eq!(unbeaten(&points), [true, true, true, false, true, false]);
        assert_eq!(unbeaten::<[Option<f64>; 3]>(&[]), [false; 0]);
    }
}
