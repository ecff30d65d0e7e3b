//! Which values are tried together: Latin hypercubes.

use crate::random::Stream;

/// `draws` points in as many dimensions as there are `names`: in each dimension, every one of
/// `draws` equal strata of 0 to 1 has one point, at a random place in it. Each dimension has a
/// random stream of its own, so that another input changes nobody else's values.
#[must_use]
pub fn latin_hypercube(seed: u64, names: &[&str], draws: usize) -> Vec<Vec<f64>> {
    let column = |name: &&str| strata(seed, &format!("study/uncertain/{name}"), draws);
    let columns: Vec<Vec<f64>> = names.iter().map(column).collect();
    (0..draws).map(|draw| columns.iter().map(|column| column[draw]).collect()).collect()
}

/// `count` numbers from 0 to 1 in a random order, one at a random place in each of `count` equal
/// parts. `stream` names their random stream.
#[must_use]
pub fn strata(seed: u64, stream: &str, count: usize) -> Vec<f64> {
    let mut chance = Stream::named(seed, 0, stream);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, chance.below(last as u64 + 1) as usize);
    }
    order.into_iter().map(|part| (part as f64 + chance.unit()) / count as f64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_stratum_of_each_dimension_has_one_point(
            seed: u64, draws in 1..200_usize, dimensions in 0..6_usize,
        ) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let points = latin_hypercube(seed, &names[..dimensions], draws);
            prop_assert_eq!(points.len(), draws);
            for dimension in 0..dimensions {
                let stratum = |point: &Vec<f64>| (point[dimension] * draws as f64) as usize;
                let mut strata: Vec<usize> = points.iter().map(stratum).collect();
                strata.sort_unstable();
                prop_assert!(strata.iter().copied().eq(0..draws), "{:?}", strata);
            }
        }
    }

    #[test]
    fn an_input_more_changes_nothing_of_the_others() {
        let few = latin_hypercube(7, &["a", "b"], 20);
        let more = latin_hypercube(7, &["a", "c", "b"], 20);
        assert!(few.iter().zip(&more).all(|(few, more)| {
            few[0].to_bits() == more[0].to_bits() && few[1].to_bits() == more[2].to_bits()
        }));
        // Two dimensions are no copies of each other.
        assert!(few.iter().any(|point| (point[0] - point[1]).abs() > 0.2));
    }

    #[test]
    fn a_mean_over_the_points_is_closer_than_chance_would_bring_it() {
        // Of 100 independent points the mean would be off by 0.029 on average; of one in each
        // stratum it is off by 0.5 / 100 at most.
        let points = latin_hypercube(1, &["a"], 100);
        let mean = points.iter().map(|point| point[0]).sum::<f64>() / 100.0;
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
    }
}
