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

/// The least that anything costs in each draw: all that regret has to know of the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Best {
    draws: Vec<Draw>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Draw {
    /// Whether something was played with it.
    is_played: bool,
    /// The cost of the cheapest that holds.
    least: Option<f64>,
}

impl Best {
    /// Counts an alternative in, which has an entry a draw. In a draw that it was not played with,
    /// an alternative counts for nothing. The order does not matter.
    pub fn note(&mut self, own: &[Option<Shown>]) {
        self.draws.resize(self.draws.len().max(own.len()), Draw::default());
        for (draw, shown) in self.draws.iter_mut().zip(own) {
            let Some(shown) = shown else { continue };
            draw.is_played = true;
            let is_less = draw.least.is_none_or(|it| shown.cost.total_cmp(&it).is_lt());
            if shown.holds && is_less {
                draw.least = Some(shown.cost);
            }
        }
    }

    /// The draws in which nothing holds.
    #[must_use]
    pub fn hopeless(&self) -> usize {
        self.draws.iter().filter(|it| it.is_played && it.least.is_none()).count()
    }

    /// The regret of an alternative that was counted in.
    #[must_use]
    pub fn regret(&self, own: &[Option<Shown>]) -> Regret {
        let (mut extras, mut missed) = (Vec::new(), 0);
        for (shown, draw) in own.iter().zip(&self.draws) {
            match (shown, draw.least) {
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
            hopeless: self.hopeless(),
        }
    }
}

/// The regret of each alternative: an entry an alternative, with an entry a draw each.
#[must_use]
pub fn regret(all: &[Vec<Option<Shown>>]) -> Vec<Regret> {
    let mut best = Best::default();
    for own in all {
        best.note(own);
    }
    all.iter().map(|own| best.regret(own)).collect()
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
