//! What alternatives cost, item by item.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Comparison;
use crate::experiment::bill::{Charge, Item};
use crate::experiment::study::compared::Alternative;
use crate::model::prices::Price;
use crate::report::number;
use crate::report::summary::layout::Screen;
use crate::report::summary::prices;
use crate::report::table::cost::{grouped, quantity, unit};
use crate::units::Money;

/// One item of two bills: a month in the mean.
pub(super) struct Step {
    pub(super) item: Item,
    /// Dollars of the base, and of the alternative.
    pub(super) from: f64,
    pub(super) to: f64,
    /// How much of it the base uses, and the alternative; none where parts have several units.
    pub(super) used: [Option<String>; 2],
    /// Of what.
    pub(super) unit: &'static str,
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

    /// `5,840 to 9,490 shard-hour`; nothing where a quantity is not known.
    fn quantities(&self) -> String {
        let [Some(from), Some(to)] = &self.used else { return String::new() };
        let (from, to) = (short(from), short(to));
        if from == to {
            format!("{from} {}", self.unit)
        } else {
            format!("{from} to {to} {}", self.unit)
        }
    }
}

impl Comparison<'_> {
    /// The items of the base and of `other`.
    pub(super) fn steps(&self, other: &Alternative<'_>) -> Vec<Step> {
        let mut items = self.base().items();
        items.extend(other.items().into_iter().filter(|it| !self.base().items().contains(it)));
        let step = |item: Item| {
            let price = price(self.base(), item).or_else(|| price(other, item))?;
            Some(Step {
                item,
                from: self.base().cost(Some(item)).unwrap_or(0.0),
                to: other.cost(Some(item)).unwrap_or(0.0),
                used: [self.base(), other].map(|it| used(it, item, price)),
                unit: unit(price),
            })
        };
        items.into_iter().filter_map(step).collect()
    }

    pub(super) fn cost_screen(&self, screen: &mut Screen) {
        for other in self.others() {
            let Some((from, to)) = self.months(other) else { continue };
            let names = (&self.base().scenario.name, &other.scenario.name);
            screen.line(&format!("Cost per month   {} to {}", names.0, names.1));
            let line = |mark: &str, name: &str, used: String, from: f64, to: f64| {
                let amounts = format!("{} to {}", number::usd(from), number::usd(to));
                [format!("{mark} {name}"), used, amounts, signed(to - from)]
            };
            let steps = self.steps(other);
            let mut lines: Vec<[String; 4]> = steps
                .iter()
                .map(|it| line(it.mark(), it.item.name(), it.quantities(), it.from, it.to))
                .collect();
            lines.push(line(" ", "total", percent(from, to), from, to));
            let widest = |column: usize| {
                let widths = lines.iter().map(|it| it[column].chars().count());
                widths.max().unwrap_or(0)
            };
            let [name, used, amounts, change] = [0, 1, 2, 3].map(widest);
            for [a, b, c, d] in &lines {
                let text = format!("{a:<name$}  {b:<used$}  {c:>amounts$}  {d:>change$}");
                screen.table_line("  ", 4, &text);
            }
        }
        screen.line("  ~ changed   + added   - removed");
        for told in self.prices() {
            screen.wrapped("  ", 4, &told);
        }
    }

    /// At whose prices: once where they are the same for all, else by name.
    fn prices(&self) -> Vec<String> {
        let of = |alternative: &Alternative<'_>| prices(alternative.scenario).join(", ");
        let all: Vec<String> = self.alternatives.iter().map(of).collect();
        if all.iter().all(|it| *it == all[0]) {
            return vec![all[0].clone()];
        }
        let named = self.alternatives.iter().zip(&all);
        named.map(|(it, prices)| format!("{}: {prices}", it.scenario.name)).collect()
    }

    /// A month of the base and of `other` (USD).
    fn months(&self, other: &Alternative<'_>) -> Option<(f64, f64)> {
        self.base().cost(None).zip(other.cost(None))
    }

    /// The bills as Markdown, a table an alternative.
    pub(super) fn cost_markdown(&self) -> String {
        let mut text = String::new();
        for other in self.others() {
            let Some((from, to)) = self.months(other) else { continue };
            let names = (&self.base().scenario.name, &other.scenario.name);
            let _ = write!(
                text,
                "\n| cost per month | used | {} | {} | difference |\n|---|---|---|---|---|\n",
                names.0, names.1
            );
            let mut row = |name: &str, used: &str, from: f64, to: f64| {
                let (before, after) = (number::usd(from), number::usd(to));
                let change = signed(to - from);
                let _ = writeln!(text, "| {name} | {used} | {before} | {after} | {change} |");
            };
            for step in self.steps(other) {
                row(step.item.name(), &step.quantities(), step.from, step.to);
            }
            row("total", &percent(from, to), from, to);
        }
        for told in self.prices() {
            let _ = write!(text, "\n{told}\n");
        }
        text
    }

    /// The bill of an alternative as data.
    pub(super) fn cost_json(&self, alternative: &Alternative<'_>) -> Vec<Value> {
        let number = |text: &Option<String>| text.as_ref()?.parse::<f64>().ok();
        let item = |step: &Step| {
            json!({
                "item": step.item.name(),
                "quantity": number(&step.used[1]),
                "unit": step.unit,
                "month_usd": step.to,
            })
        };
        self.steps(alternative).iter().map(item).collect()
    }
}

/// `+20.2 %`.
fn percent(from: f64, to: f64) -> String {
    let share = if from > 0.0 { (to - from) / from } else { 0.0 };
    // Adding zero takes the sign off a zero.
    format!("{:+.1} %", share * 100.0 + 0.0)
}

/// The price of an item, or of its first tier, where it is billed.
fn price(alternative: &Alternative<'_>, item: Item) -> Option<Price> {
    alternative.lines(item).into_iter().flatten().next().map(|line| line.price)
}

/// How much of an item a month uses in the mean.
fn used(alternative: &Alternative<'_>, item: Item, price: Price) -> Option<String> {
    let lines = alternative.lines(item);
    let mut sum: u128 = 0;
    for line in &lines {
        sum += line.map_or(Some(0), |line| line.quantity)?;
    }
    let mean = sum / lines.len().max(1) as u128;
    Some(quantity(&Charge { item, price, quantity: mean, amount: Money::ZERO }))
}

/// A quantity for the eye: from a thousand on it is whole.
fn short(quantity: &str) -> String {
    match quantity.parse::<f64>() {
        Ok(value) if value >= 1000.0 => number::count(value.round() as u64),
        _ => grouped(quantity),
    }
}

fn signed(amount: f64) -> String {
    let text = number::usd(amount.abs());
    match text.as_str() {
        "$0.00" => text,
        _ if amount < 0.0 => format!("-{text}"),
        _ => format!("+{text}"),
    }
}
