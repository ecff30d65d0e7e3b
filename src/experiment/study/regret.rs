//! What not knowing costs: one alternative must be chosen for all that may come.

/// What an alternative showed in one draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// What it costs.
    pub cost: f64,
    /// Whether it holds.
    pub holds: bool,
}

/// How an alternative does over all draws, beside who knew each draw beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regret {
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

/// The regret of each alternative: an entry an alternative, with an entry a draw each. In a draw
/// that it was not played with, an alternative counts for nothing.
#[must_use]
pub fn regret(all: &[Vec<Option<Shown>>]) -> Vec<Regret> {
    let draws = all.iter().map(Vec::len).max().unwrap_or(0);
    let shown = |draw: usize| all.iter().filter_map(move |it| it.get(draw).copied().flatten());
    let least =
        |draw: usize| shown(draw).filter(|it| it.holds).map(|it| it.cost).min_by(f64::total_cmp);
    let best: Vec<Option<f64>> = (0..draws).map(least).collect();
    let is_hopeless = |draw: &usize| best[*draw].is_none() && shown(*draw).next().is_some();
    let hopeless = (0..draws).filter(is_hopeless).count();
    let of = |own: &Vec<Option<Shown>>| {
        let (mut extras, mut missed) = (Vec::new(), 0);
        for (shown, best) in own.iter().zip(&best) {
            match (shown, best) {
                (Some(shown), Some(best)) if shown.holds => extras.push(shown.cost - best),
                (Some(_), Some(_)) => missed += 1,
                _ => {}
            }
        }
        let mean = extras.iter().sum::<f64>() / extras.len().max(1) as f64;
        Regret {
            extra: (!extras.is_empty()).then_some(mean),
            extra_most: extras.iter().copied().max_by(f64::total_cmp),
            missed,
            hopeless,
        }
    };
    all.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(all: &[(f64, bool)]) -> Vec<Option<Shown>> {
        all.iter().map(|&(cost, holds)| Some(Shown { cost, holds })).collect()
    }

    #[test]
    fn who_knew_the_draw_would_have_taken_the_cheapest_that_holds() {
        // Draw:                calm          usual         wild           hopeless
        let small = shown(&[(10.0, true), (10.0, true), (10.0, false), (10.0, false)]);
        let large = shown(&[(20.0, true), (20.0, true), (24.0, true), (20.0, false)]);
        let told = regret(&[small.clone(), large]);
        // The small one is the right choice wherever it holds, and misses once.
        let right = Regret { extra: Some(0.0), extra_most: Some(0.0), missed: 1, hopeless: 1 };
        assert_eq!(told[0], right);
        // The large one holds wherever one can, and is 10 too dear in two draws of three.
        assert_eq!((told[1].missed, told[1].hopeless), (0, 1));
        assert!((told[1].extra.expect("it holds") - 20.0 / 3.0).abs() < 1e-12);
        assert_eq!(told[1].extra_most, Some(10.0));
        assert_eq!(regret(&[]), []);
        // What was not played is neither missed nor hopeless; who was played with less is judged
        // by that.
        let part = vec![None, Some(Shown { cost: 4.0, holds: true }), None];
        let told = regret(&[small, part, vec![None; 5]]);
        assert_eq!((told[0].extra_most, told[0].missed, told[0].hopeless), (Some(6.0), 0, 2));
        assert_eq!((told[1].extra, told[1].missed), (Some(0.0), 0));
        assert_eq!((told[2].extra, told[2].missed, told[2].hopeless), (None, 0, 2));
    }
}
