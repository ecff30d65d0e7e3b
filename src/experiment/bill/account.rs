//! What lists of the account share: consumers that fill the tiers of its month one after the other.

use super::pricing::{Charge, Item, charge};
use super::{Line, Outcome, Scenario};
use crate::model::prices::{MONTH_HOURS, Prices, Tiers};
use crate::time::{Instant, Span};

/// From the part of a run after its warm-up to a month.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// How long that part is.
    pub(super) from: Span,
    /// A month.
    pub(super) to: Span,
}

impl Scale {
    /// That of a run.
    pub(super) fn of(scenario: &Scenario, outcome: &Outcome) -> Self {
        let warm = (Instant::ZERO + scenario.plan.warm_up).min(outcome.until);
        Self { from: outcome.until.since(warm), to: Span::from_s(MONTH_HOURS * 3_600) }
    }

    /// As much for a month as `amount` is for the part, rounded to whole units.
    pub(super) fn month(self, amount: u128) -> u128 {
        let (from, to) = (u128::from(self.from.as_ns()).max(1), u128::from(self.to.as_ns()));
        let (whole, rest) = (amount / from, amount % from);
        whole.saturating_mul(to).saturating_add((rest * to + from / 2) / from)
    }

    /// The lines of consumer number `number`; without a month where the run ended within its
    /// warm-up.
    pub(super) fn lines<const N: usize>(
        self,
        number: usize,
        run: [Charge; N],
        month: [Charge; N],
    ) -> impl Iterator<Item = Line> {
        let has_month = !self.from.is_zero();
        run.into_iter().zip(month).map(move |(run, month)| Line {
            stream: None,
            consumer: Some(number),
            mode: None,
            run,
            month: has_month.then_some(month),
        })
    }
}

/// What `quantity` costs on top of what the account has `used` of the tiers: a charge for each.
pub(super) fn tiered(
    (item, tiers): (Item, Tiers),
    quantity: u128,
    used: &mut u128,
    prices: &Prices,
) -> [Charge; 3] {
    let (from, until) = (*used, used.saturating_add(quantity));
    *used = until;
    let per = Prices::per(tiers.prices[0]).units();
    let [first, second] = tiers.sizes.map(|size| u128::from(size) * per);
    let edges = [0, first, first + second, u128::MAX];
    [0, 1, 2].map(|tier| {
        let (least, most) = (from.max(edges[tier]), until.min(edges[tier + 1]));
        charge(item, tiers.prices[tier], most.saturating_sub(least), prices)
    })
}
