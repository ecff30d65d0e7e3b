//! What alternatives cost, item by item.

use super::Comparison;
use crate::experiment::bill::{Charge, Item};
use crate::experiment::study::compared::Alternative;
use crate::report::number;
use crate::report::summary::layout::Screen;
use crate::report::table::cost::{grouped, quantity, unit};
use crate::units::Money;

/// One item of two bills: dollars a month in the mean.
pub(super) struct Step {
    pub(super) item: Item,
    pub(super) from: f64,
    pub(super) to: f64,
    /// How much of it: of the base and of the alternative, with the unit.
    quantities: Option<(String, String, &'static str)>,
}

impl Step {
    /// `~` changed, `+` added, `-` removed, nothing otherwise.
    fn mark(&self) -> &'static str {
        match (self.from > 0.0, self.to > 0.0) {
            (false, true) => "+",
            (true, false) => "-",
            (true, true) if self.from.total_cmp(&self.to).is_ne() => "~",
            _ => " ",
        }
    }
}

impl Comparison<'_> {
    /// The items of the base and of `other`.
    pub(super) fn steps(&self, other: &Alternative<'_>) -> Vec<Step> {
        let mut items = self.base().items();
        items.extend(other.items().into_iter().filter(|it| !self.base().items().contains(it)));
        let step = |item: Item| Step {
            item,
            from: self.base().cost(Some(item)).unwrap_or(0.0),
            to: other.cost(Some(item)).unwrap_or(0.0),
            quantities: used(self.base(), item)
                .zip(used(other, item))
                .map(|((from, unit), (to, _))| (from, to, unit)),
        };
        items.into_iter().map(step).collect()
    }

    pub(super) fn cost_screen(&self, screen: &mut Screen) {
        for other in self.others() {
            let (Some(from), Some(to)) = (self.base().cost(None), other.cost(None)) else {
                continue;
            };
            let names = (&self.base().scenario.name, &other.scenario.name);
            screen.line(&format!("Cost per month   {} to {}", names.0, names.1));
            for step in self.steps(other) {
                let used = step.quantities.as_ref().map_or_else(String::new, |(from, to, unit)| {
                    if from == to {
                        format!("{from} {unit}")
                    } else {
                        format!("{from} to {to} {unit}")
                    }
                });
                let name = step.item.name();
                let amounts = format!("{} to {}", number::usd(step.from), number::usd(step.to));
                let change = signed(step.to - step.from);
                let line = format!("{} {name:<22} {used:<34} {amounts:>24}", step.mark());
                screen.table_line("  ", 4, line.trim_end());
                if change != signed(0.0) {
                    screen.line(&format!("{change:>86}"));
                }
            }
            let share = if from > 0.0 { (to - from) / from } else { 0.0 };
            // Adding zero takes the sign off a zero.
            let percent = format!("{:+.1} %", share * 100.0 + 0.0);
            let (from, to, change) = (number::usd(from), number::usd(to), signed(to - from));
            screen.line(&format!("    total  {from} to {to}   {change}   {percent}"));
        }
        screen.line("  ~ changed   + added   - removed");
    }
}

/// How much of an item a month uses in the mean, and of what.
fn used(alternative: &Alternative<'_>, item: Item) -> Option<(String, &'static str)> {
    let lines = alternative.lines(item);
    let first = lines.iter().flatten().next()?;
    let mut sum: u128 = 0;
    for line in &lines {
        sum += line.map_or(Some(0), |line| line.quantity)?;
    }
    let mean = sum / lines.len().max(1) as u128;
    let charge = Charge { item, price: first.price, quantity: mean, amount: Money::ZERO };
    Some((grouped(&quantity(&charge)), unit(first.price)))
}

pub(super) fn signed(amount: f64) -> String {
    let sign = if amount < 0.0 { "-" } else { "+" };
    format!("{sign}{}", number::usd(amount.abs()))
}
