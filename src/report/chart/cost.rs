//! What is paid for in a month.

use crate::experiment::bill::{Bill, Charge, Item};
use crate::experiment::outcome::Outcome;
use crate::model::prices::MONTH_HOURS;
use crate::report::chart::timeline::{footer, span_s};
use crate::report::chart::{Body, Chart, Cost, CostItem, text};
use crate::report::number;
use crate::report::table::cost::{grouped, quantity, unit};
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::units::Money;

/// A bar of a month's items; none where the run ended within its warm-up or costs nothing.
pub(super) fn chart(scenario: &Scenario, outcome: &Outcome) -> Option<Chart> {
    let bill = Bill::new(scenario, outcome);
    let month = bill.month.filter(|month| *month > Money::ZERO)?;
    let mut sums: Vec<Charge> = Vec::new();
    for charge in bill.lines.iter().filter_map(|line| line.month) {
        let same = |sum: &&mut Charge| sum.item == charge.item && sum.price == charge.price;
        match sums.iter_mut().find(same) {
            Some(sum) => {
                sum.quantity += charge.quantity;
                sum.amount = sum.amount + charge.amount;
            }
            None => sums.push(charge),
        }
    }
    let items: Vec<CostItem> = sums.iter().map(|sum| item(scenario, sum, month)).collect();
    // Of equals the first: `max_by_key` alone would keep the last.
    let most = sums.iter().rev().max_by_key(|sum| sum.amount)?;
    let share = text::percent(part(most.amount, month) * 100.0);
    let total = number::money(month);
    let title = match sums.len() {
        1 => format!("A month like this costs {total}, all of it for {}", words(most.item)),
        _ => format!("A month like this costs {total}, {share} of it for {}", words(most.item)),
    };
    let listed: Vec<String> =
        items.iter().map(|item| format!("{} {}", item.label, item.amount)).collect();
    let judged = outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s();
    Some(Chart {
        alt: format!("{title}. {}", listed.join(", ")),
        title,
        subtitle: format!(
            "What do I pay for? {MONTH_HOURS} h like the {} of the run that are judged",
            text::duration(judged)
        ),
        footer: footer(scenario, outcome),
        span_s: span_s(outcome),
        marks: Vec::new(),
        body: Body::Cost(Cost { items, total, notes: notes(scenario, &bill) }),
    })
}

fn item(scenario: &Scenario, sum: &Charge, month: Money) -> CostItem {
    let price = scenario.prices.get(sum.price);
    CostItem {
        item: sum.item,
        label: words(sum.item).to_owned(),
        quantity: format!("{} {}", grouped(&quantity(sum)), plural(unit(sum.price))),
        price: format!("{price} each"),
        amount: number::money(sum.amount),
        share: part(sum.amount, month),
    }
}

/// What the same traffic costs otherwise, and at whose prices.
fn notes(scenario: &Scenario, bill: &Bill) -> Vec<String> {
    let others = bill.modes.iter().filter(|(mode, _)| !bill.is_in(*mode));
    let others: Vec<String> = others
        .filter_map(|(mode, month)| Some(format!("{} {}", mode.name(), number::money((*month)?))))
        .collect();
    let prices = &scenario.prices;
    let given = if prices.given { "Prices of the scenario, others of" } else { "Prices of" };
    let less = match prices.discount {
        none if none.is_nothing() => String::new(),
        discount => format!(", less {discount}"),
    };
    let otherwise = match bill.streams_apart() {
        Some(streams) => {
            let streams = number::money(streams);
            format!("The streams alone {streams}; otherwise: {}", others.join(", "))
        }
        None => format!("The same traffic in a month otherwise: {}", others.join(", ")),
    };
    // Without a stream there is no other mode.
    let otherwise = Some(otherwise).filter(|_| !others.is_empty());
    let origin = format!("{given} {}, {}{less}", prices.region, prices.as_of);
    otherwise.into_iter().chain([origin]).collect()
}

/// An item in words.
fn words(item: Item) -> &'static str {
    match item {
        Item::ShardHours => "shards",
        Item::StreamHours => "the stream itself",
        Item::PayloadUnits => "PUT payload units",
        Item::DataIn => "data written",
        Item::DataOut => "data polled",
        Item::FanOutShardHours => "fan-out consumers",
        Item::FanOutData => "fan-out data",
        Item::ExtendedRetention => "retention up to 7 d",
        Item::LongTermRetention => "retention above 7 d",
        Item::LongTermRetrieval => "reading what is older than 7 d",
        Item::UnusedIn => "commitment not written",
        Item::UnusedOut => "commitment not read",
        Item::LambdaRequests => "invocations of functions",
        Item::LambdaDuration => "time of functions",
        Item::FirehoseIngest => "data into Firehose",
        Item::FirehoseConversion => "conversion to columns",
        Item::FirehosePartitioning => "dynamic partitioning",
        Item::S3Requests => "requests to S3",
    }
}

fn plural(unit: &str) -> String {
    match unit {
        "GB" | "GB-s" | "million units" | "million requests" | "thousand requests"
        | "thousand objects" => unit.to_owned(),
        _ => format!("{unit}s"),
    }
}

/// A part of the whole, for a length in a picture.
fn part(amount: Money, whole: Money) -> f64 {
    amount.0 as f64 / (whole.0 as f64).max(1.0)
}
