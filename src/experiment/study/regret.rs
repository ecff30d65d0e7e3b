//! What not knowing costs: one alternative must be chosen for all that may come.

/// How an alternative does over all draws, beside who knew each draw beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regret {
    /// Mean of its cost.
    pub cost: f64,
    /// Mean of what it costs more than the cheapest that holds in the same draw, over the draws in
    /// which it holds; none where it holds in none.
    pub extra: Option<f64>,
    /// The most of that.
    pub extra_most: Option<f64>,
    /// Draws in which it does not hold although another does.
    pub missed: usize,
    /// Draws in which none holds.
    pub hopeless: usize,
}

/// The regret of each alternative, from its cost and whether it holds in each draw: an entry an
/// alternative, with an entry a draw each. An alternative with fewer draws than the first is judged
/// by those it has.
#[must_use]
pub fn regret(costs: &[Vec<f64>], met: &[Vec<bool>]) -> Vec<Regret> {
    let draws = costs.first().map_or(0, Vec::len);
    let holds = |alternative: usize, draw: usize| {
        met.get(alternative).and_then(|met| met.get(draw)) == Some(&true)
    };
    let best: Vec<Option<f64>> = (0..draws)
        .map(|draw| {
            let able = (0..costs.len()).filter(|&it| holds(it, draw));
            able.filter_map(|it| costs[it].get(draw).copied()).min_by(f64::total_cmp)
        })
        .collect();
    let of = |(alternative, costs): (usize, &Vec<f64>)| {
        let (mut extras, mut missed) = (Vec::new(), 0);
        for (draw, (cost, best)) in costs.iter().zip(&best).enumerate() {
            match best {
                Some(best) if holds(alternative, draw) => extras.push(cost - best),
                Some(_) => missed += 1,
                None => {}
            }
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        Regret {
            cost: mean(costs),
            extra: (!extras.is_empty()).then(|| mean(&extras)),
            extra_most: extras.iter().copied().max_by(f64::total_cmp),
            missed,
            hopeless: best.iter().filter(|best| best.is_none()).count(),
        }
    };
    costs.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_knew_the_draw_would_have_taken_the_cheapest_that_holds() {
        // Draw:       calm   usual  wild   hopeless
        let costs = [vec![10.0, 10.0, 10.0, 10.0], vec![20.0, 20.0, 24.0, 20.0]];
        let met = [vec![true, true, false, false], vec![true, true, true, false]];
        let told = regret(&costs, &met);
        // The small one is the right choice wherever it holds, and misses once.
        let small =
            Regret { cost: 10.0, extra: Some(0.0), extra_most: Some(0.0), missed: 1, hopeless: 1 };
        assert_eq!(told[0], small);
        // The large one holds wherever one can, and is 10 too dear in two draws of three.
        assert_eq!((told[1].cost, told[1].missed), (21.0, 0));
        assert!((told[1].extra.expect("it holds") - 20.0 / 3.0).abs() < 1e-12);
        assert_eq!((told[1].extra_most, told[1].hopeless), (Some(10.0), 1));
        assert_eq!(regret(&[], &[]), []);
    }
}
