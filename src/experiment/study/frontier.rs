//! Which alternatives no other one beats.

/// For each of `points` whether no other is at least as good in everything and better in
/// something. Small is good. What has a value missing is no candidate, and beats nobody.
#[must_use]
pub fn unbeaten(points: &[Vec<Option<f64>>]) -> Vec<bool> {
    let whole: Vec<Option<Vec<f64>>> =
        points.iter().map(|point| point.iter().copied().collect()).collect();
    whole
        .iter()
        .map(|own| {
            own.as_ref().is_some_and(|own| !whole.iter().flatten().any(|other| beats(other, own)))
        })
        .collect()
}

fn beats(other: &[f64], own: &[f64]) -> bool {
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
        assert_eq!(unbeaten(&[]), [false; 0]);
    }
}
