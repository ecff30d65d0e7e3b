//! `cost.csv`: what the run costs, line by line, and a month like it.

use super::{Column, Rows, Table};
use crate::experiment::bill::{Bill, Charge, Line};
use crate::experiment::outcome::Outcome;
use crate::model::prices::{MONTH_HOURS, Per, Price, Prices, book};
use crate::report::number;
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::units::Money;

/// The table.
pub const TABLE: Table = Table {
    name: "cost",
    row: "one item of one stream or consumer, those of nothing left out; the last row is the sum",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "StreamName",
        meaning: "stream that is billed; empty where it is all of them, or a consumer",
    },
    Column { name: "consumer", meaning: "consumer that is billed; empty where it is a stream" },
    Column { name: "item", meaning: "what is paid for, as in the metrics `cost.ITEM`; `total`" },
    Column { name: "quantity", meaning: "how much of it the whole run used, in `unit`" },
    Column {
        name: "unit",
        meaning: "what the price is for: shard-hour, stream-hour, million units, GB (2^30 bytes), \
                  GB-month (730 h), million requests, GB-s (a GB of memory for a second), thousand \
                  requests",
    },
    Column { name: "unit_price_usd", meaning: "price of a unit before the discount [USD]" },
    Column {
        name: "amount_usd",
        meaning: "what the whole run costs, warm-up included, less the discount [USD]",
    },
    Column {
        name: "month_quantity",
        meaning: "how much 730 h like the run after its warm-up use, in `unit`",
    },
    Column { name: "month_amount_usd", meaning: "what these cost, less the discount [USD]" },
    Column { name: "note", meaning: "where the price is from; how the month was scaled" },
];

/// Decimals of quantities and amounts.
const DECIMALS: u32 = 6;

/// The table as CSV.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let bill = Bill::new(scenario, outcome);
    let mut rows = Rows::new(COLUMNS);
    for line in &bill.lines {
        row(scenario, outcome, line, &mut rows);
    }
    rows.empty()
        .empty()
        .text("total")
        .empty()
        .empty()
        .empty()
        .text(&bill.run.decimal(DECIMALS))
        .empty();
    let judged = outcome.until.since(Instant::ZERO + scenario.plan.warm_up).as_s();
    let judged = number::duration(judged);
    match bill.month {
        Some(month) => rows
            .text(&month.decimal(DECIMALS))
            .text(&format!("month: {MONTH_HOURS} h like the {judged} after the warm-up")),
        None => rows.empty().text("no month: the run ended within its warm-up"),
    }
    .end();
    rows.into_bytes()
}

fn row(scenario: &Scenario, outcome: &Outcome, line: &Line, rows: &mut Rows) {
    let stream = line.stream.and_then(|stream| outcome.streams.get(stream));
    let consumer = line.consumer.and_then(|it| outcome.consumers.get(it));
    let price = line.run.price;
    rows.text(stream.map_or("", |stream| &stream.name))
        .text(consumer.map_or("", |consumer| &consumer.name))
        .text(line.run.item.name())
        .text(&quantity(&line.run))
        .text(unit(price))
        .text(scenario.prices.get(price).to_string().trim_start_matches('$'))
        .text(&line.run.amount.decimal(DECIMALS));
    match &line.month {
        Some(month) => rows.text(&quantity(month)).text(&month.amount.decimal(DECIMALS)),
        None => rows.empty().empty(),
    }
    .text(&origin(&scenario.prices, price))
    .end();
}

/// How much was used, in the units of its price: whole hours, GB, millions.
#[must_use]
pub(in crate::report) fn quantity(charge: &Charge) -> String {
    // A dollar a unit costs as much as there are units.
    let text = Money::micro(1_000_000).of(charge.quantity, Prices::per(charge.price).units());
    let text = text.decimal(DECIMALS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A decimal number with commas and at most two decimals.
#[must_use]
pub(in crate::report) fn grouped(number: &str) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), number::count);
    match part.get(..2).unwrap_or(part) {
        "" => whole,
        part => format!("{whole}.{part}"),
    }
}

/// What a price is for, in words.
#[must_use]
pub(in crate::report) fn unit(price: Price) -> &'static str {
    match Prices::per(price) {
        Per::Hour if price == Price::StreamHour => "stream-hour",
        Per::Hour if price == Price::FirehoseJqHour => "JQ-hour",
        Per::Hour => "shard-hour",
        Per::MillionUnits => "million units",
        Per::Gb => "GB",
        Per::GbMonth => "GB-month",
        Per::MillionRequests => "million requests",
        Per::GbSecond => "GB-s",
        Per::ThousandRequests => "thousand requests",
        Per::ThousandObjects => "thousand objects",
    }
}

/// Where a price comes from, and what is taken off it.
fn origin(prices: &Prices, price: Price) -> String {
    let quote = &book(prices.region).quotes[price as usize];
    let from = if prices.get(price) == quote.amount {
        format!("{}, {}, {}", quote.fact, prices.region, quote.as_of)
    } else {
        format!("given as prices.{}", quote.field)
    };
    match prices.discount {
        none if none.is_nothing() => from,
        discount => format!("{from}, less {discount}"),
    }
}
