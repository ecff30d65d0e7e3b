//! What the run costs, in the summary.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Summary;
use super::layout::Screen;
use crate::experiment::bill::{Bill, Item, Mode};
use crate::experiment::outcome::Outcome;
use crate::model::prices::MONTH_HOURS;
use crate::report::number;
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::units::Money;

/// What the run costs. Amounts are US dollars less the discount, rounded to a millionth; `null`
/// where the run ended within its warm-up.
#[derive(Clone, Debug, Serialize)]
pub struct CostPart {
    /// The whole run.
    pub run_usd: f64,
    /// A month like the part after the warm-up.
    pub month_usd: Option<f64>,
    /// Hours of a month.
    pub month_hours: u64,
    /// Length of the part the month is scaled from.
    pub month_from_s: f64,
    /// Region whose prices these are.
    pub prices_region: &'static str,
    /// Month in which they were last seen.
    pub prices_as_of: &'static str,
    /// Whether the scenario gives prices of its own.
    pub prices_given: bool,
    /// What is taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<String>,
    /// Of the month, the streams alone, where consumers are billed as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month_usd_of_streams: Option<f64>,
    /// The lines of the bill.
    pub lines: Vec<CostLinePart>,
    /// A month of the same traffic with all streams in each mode, these alone.
    pub month_usd_by_mode: BTreeMap<&'static str, Option<f64>>,
    #[serde(skip)]
    bill: Bill,
    #[serde(skip)]
    prices: Vec<String>,
}

/// A line of the bill.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it; they are the JSON's")]
pub struct CostLinePart {
    /// Absent where all streams share it.
    #[serde(rename = "StreamName", skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Absent where a stream is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    pub item: &'static str,
    pub run_usd: f64,
    pub month_usd: Option<f64>,
}

impl CostPart {
    pub(super) fn new(scenario: &Scenario, outcome: &Outcome) -> Self {
        let bill = Bill::new(scenario, outcome);
        let prices = &scenario.prices;
        let lines = bill.lines.iter().map(|line| CostLinePart {
            stream: line.stream.and_then(|it| outcome.streams.get(it)).map(|it| it.name.clone()),
            consumer: line
                .consumer
                .and_then(|it| outcome.consumers.get(it))
                .map(|it| it.name.clone()),
            item: line.run.item.name(),
            run_usd: line.run.amount.dollars(),
            month_usd: line.month.map(|month| month.amount.dollars()),
        });
        let by_mode = bill.modes.iter().map(|(mode, month)| {
            let name = match mode {
                Mode::Provisioned => "provisioned",
                Mode::OnDemandStandard => "on_demand_standard",
                Mode::OnDemandAdvantage => "on_demand_advantage",
            };
            (name, month.map(Money::dollars))
        });
        let discount = prices.discount;
        Self {
            run_usd: bill.run.dollars(),
            month_usd: bill.month.map(Money::dollars),
            month_hours: MONTH_HOURS,
            month_from_s: outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s(),
            prices_region: prices.region,
            prices_as_of: prices.as_of,
            prices_given: prices.given,
            discount: (!discount.is_nothing()).then(|| discount.to_string()),
            month_usd_of_streams: bill.streams_apart().map(Money::dollars),
            lines: lines.collect(),
            month_usd_by_mode: by_mode.collect(),
            bill,
            prices: self::prices(scenario),
        }
    }
}

impl Summary {
    pub(super) fn costs(&self, screen: &mut Screen) {
        screen.segments("COST", &self.cost_of_month());
        screen.segments("", &self.cost_beside());
    }

    /// A month, and its items in the order of the bill.
    pub(super) fn cost_of_month(&self) -> Vec<String> {
        let bill = &self.cost.bill;
        let Some(month) = bill.month else {
            return vec![format!("this run {}", number::money(bill.run))];
        };
        let mut items: Vec<(Item, Money)> = Vec::new();
        for line in &bill.lines {
            let amount = line.month.map_or(Money::ZERO, |month| month.amount);
            match items.iter_mut().find(|(item, _)| *item == line.run.item) {
                Some((_, sum)) => *sum = *sum + amount,
                None => items.push((line.run.item, amount)),
            }
        }
        let items =
            items.iter().map(|(item, sum)| format!("{} {}", item.name(), number::money(*sum)));
        let month = format!("{} a month", number::money(month));
        std::iter::once(month).chain(items).collect()
    }

    /// What the streams alone cost a month where consumers are billed too, what they would in the
    /// modes they are not billed in, the run itself, and at whose prices.
    pub(super) fn cost_beside(&self) -> Vec<String> {
        let (cost, bill) = (&self.cost, &self.cost.bill);
        let mut parts = Vec::new();
        parts.extend(bill.streams_apart().map(|it| format!("streams {}", number::money(it))));
        for (mode, month) in &bill.modes {
            if let Some(month) = month.filter(|_| !bill.is_in(*mode)) {
                parts.push(format!("as {} {}", mode.name(), number::money(month)));
            }
        }
        if bill.month.is_some() {
            parts.push(format!("this run {}", number::money(bill.run)));
        }
        parts.extend(cost.prices.iter().cloned());
        parts
    }
}

/// At whose prices, and what is taken off them.
pub(in crate::report) fn prices(scenario: &Scenario) -> Vec<String> {
    let prices = &scenario.prices;
    let own = if prices.given { "own prices, others" } else { "prices" };
    let (region, as_of) = (prices.region, prices.as_of);
    let unknown =
        if region == scenario.plan.account.region { "" } else { ", as none are known here" };
    let mut parts = vec![format!("{own} {region}, {as_of}{unknown}")];
    if !prices.discount.is_nothing() {
        parts.push(format!("less {}", prices.discount));
    }
    parts
}
