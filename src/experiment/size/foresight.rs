//! What who knew each draw beforehand would have chosen: the fewest shards that hold in it.

use crate::experiment::size::knob::Setting;
use crate::experiment::size::score::Score;
use crate::experiment::size::search::{Ask, Bench};
use crate::experiment::study::{Row, Shown, regret};
use crate::units::Money;

/// The search for the fewest shards in one draw, by halving: more shards are taken to be no worse.
#[derive(Clone, Debug)]
struct Foresight {
    /// Which draw, by its place.
    draw: usize,
    /// So many do not hold, or are too few to be looked at.
    low: u32,
    /// So many hold, if anything is known to; else the most that are looked at.
    high: u32,
    /// What the fewest that are known to hold show.
    found: Option<Shown>,
}

impl Foresight {
    /// Between these ends, of which neither is known.
    fn new(draw: usize, (from, to): (u32, u32)) -> Self {
        Self { draw, low: from.saturating_sub(1), high: to, found: None }
    }

    /// The number of shards to play next; none where the answer is known.
    fn next(&self) -> Option<u32> {
        match self.high.saturating_sub(self.low) {
            0 => None,
            1 => self.found.is_none().then_some(self.high),
            gap => Some(self.low + gap / 2),
        }
    }

    /// What was played before for other reasons.
    fn recall<'r>(&mut self, known: impl Iterator<Item = (u32, &'r Row)>) {
        let mut known: Vec<(u32, &Row)> = known.collect();
        // What holds comes first: nothing beyond it matters.
        known.sort_by_key(|(shards, row)| (!row.is_met(), *shards));
        for (shards, row) in known {
            self.learn(shards, row);
        }
    }

    /// What a run with so many shards showed.
    fn learn(&mut self, shards: u32, row: &Row) {
        match shown(row) {
            Some(it) if it.holds && (self.found.is_none() || shards < self.high) => {
                (self.high, self.found) = (shards, Some(it));
            }
            // Beyond what holds nothing is looked for.
            _ if shards > self.high => {}
            Some(it) if it.holds => {}
            _ => self.low = self.low.max(shards),
        }
    }
}

/// Tells of each setting that was played with every draw what not knowing the draw costs, beside
/// the fewest shards that hold in it with all else as in `base`; in how many runs those were found.
/// Without a base nobody knows better than what was played.
pub(super) fn weigh<B: Bench>(
    bench: &mut B,
    scores: &mut [Score],
    base: Option<&Setting>,
    (path, to): (&str, u32),
) -> Result<u64, B::Error> {
    let draws = scores.iter().map(|it| it.rows.len()).max().unwrap_or(0);
    let mut searches: Vec<Foresight> = Vec::new();
    let mut runs = 0;
    if let Some(base) = base {
        let with = |shards: u32| base.clone().with(path, shards.to_string());
        let begun = (0..draws).map(|draw| {
            let mut search = Foresight::new(draw, (1, to));
            let known = scores.iter().filter(|it| it.setting == with(it.shards));
            search.recall(known.filter_map(|it| Some((it.shards, it.rows.get(draw)?))));
            search
        });
        searches.extend(begun);
        runs = play(bench, &mut searches, with)?;
    }
    let of = |score: &Score| -> Vec<Option<Shown>> {
        let is_whole = score.rows.len() == draws;
        score.rows.iter().map(|row| shown(row).filter(|_| is_whole)).collect()
    };
    let mut all = vec![searches.iter().map(|it| it.found).collect()];
    all.extend(scores.iter().map(of));
    for (score, told) in scores.iter_mut().zip(regret(&all).into_iter().skip(1)) {
        score.regret = Some(told).filter(|_| score.rows.len() == draws);
    }
    Ok(runs)
}

/// Plays these to their ends, all draws at once; the runs it took.
fn play<B: Bench>(
    bench: &mut B,
    searches: &mut [Foresight],
    with: impl Fn(u32) -> Setting,
) -> Result<u64, B::Error> {
    let mut runs = 0;
    loop {
        let open = searches.iter_mut().filter_map(|it| Some((it.next()?, it)));
        let open: Vec<(u32, &mut Foresight)> = open.collect();
        if open.is_empty() {
            return Ok(runs);
        }
        let ask = |(shards, search): &(u32, &mut Foresight)| {
            let draw = search.draw as u64;
            Ask { setting: with(*shards), replicates: draw..draw + 1 }
        };
        let asks: Vec<Ask> = open.iter().map(ask).collect();
        let rows = bench.play(&asks)?;
        runs += asks.len() as u64;
        for ((shards, search), row) in open.into_iter().zip(rows.iter().flatten()) {
            search.learn(shards, row);
        }
    }
}

/// What a run shows; nothing where it has no month.
fn shown(row: &Row) -> Option<Shown> {
    row.month().map(|it| Shown { cost: Money::dollars(it), holds: row.is_met() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(holds: bool) -> Row {
        use crate::experiment::bill::Item;
        use crate::experiment::study::BillLine;
        use crate::model::prices::Price;
        let bill = vec![BillLine {
            item: Item::ShardHours,
            price: Price::ShardHour,
            quantity: None,
            amount: Money::ZERO,
        }];
        let (values, met) = (Vec::new(), vec![holds]);
        Row { replicate: 0, is_partial: false, values, met, lost: (0, 1), bill }
    }

    proptest! {
        #[test]
        fn halving_finds_what_a_walk_finds(
            from in 1_u32..50, width in 0_u32..300, edge in 0_u32..400, first in 0_u32..400,
        ) {
            let to = from + width;
            let mut search = Foresight::new(0, (from, to));
            // What was played before for another reason.
            if (from..=to).contains(&first) {
                search.learn(first, &row(first >= edge));
            }
            let mut asked = 0;
            while let Some(shards) = search.next() {
                prop_assert!((from..=to).contains(&shards));
                search.learn(shards, &row(shards >= edge));
                asked += 1;
            }
            let wanted = (from..=to).find(|it| *it >= edge);
            prop_assert_eq!(search.found.map(|_| search.high), wanted);
            prop_assert!(asked <= 10);
        }
    }
}
