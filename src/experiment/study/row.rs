//! What is kept of one run of a study.

use crate::experiment::bill::{Bill, Item};
use crate::experiment::objective;
use crate::experiment::outcome::{Ended, Outcome};
use crate::experiment::study::measure::Measure;
use crate::model::prices::{Price, Prices};
use crate::scenario::Scenario;
use crate::units::Money;

/// The numbers of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which replicate it was.
    pub replicate: u64,
    /// Whether a limit or the user ended it early.
    pub is_partial: bool,
    /// A value for each measure of the study, in the measure's unit; none where there was nothing
    /// to measure.
    pub values: Vec<Option<f64>>,
    /// For each objective, whether it held.
    pub met: Vec<bool>,
    /// Records refused for good, and records offered.
    pub lost: (u64, u64),
    /// The bill of a month, items alike together; empty where the run ended within its warm-up.
    pub bill: Vec<BillLine>,
}

/// One item of a month's bill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BillLine {
    /// What is billed.
    pub item: Item,
    /// The price of it, or of its first tier.
    pub price: Price,
    /// How much of it, in the smallest unit of its price; none where its parts have several.
    pub quantity: Option<u128>,
    /// What it costs.
    pub amount: Money,
}

impl Row {
    /// What is kept of an outcome.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        outcome: &Outcome,
        measures: &[Measure],
        replicate: u64,
    ) -> Self {
        let metrics = measures.iter().map(|it| (&it.metric, it.as_share));
        Self {
            replicate,
            is_partial: outcome.ended != Ended::Completed,
            values: objective::measure(scenario, outcome, metrics),
            met: objective::judge(scenario, outcome).iter().map(|it| it.met).collect(),
            lost: (outcome.write.lost_records, outcome.write.offered_records),
            bill: month(&Bill::new(scenario, outcome)),
        }
    }

    /// Whether every objective held.
    #[must_use]
    pub fn is_met(&self) -> bool {
        !self.is_partial && self.met.iter().all(|&met| met)
    }

    /// What a month costs; `None` where the run ended within its warm-up.
    #[must_use]
    pub fn month(&self) -> Option<Money> {
        (!self.bill.is_empty()).then(|| self.bill.iter().map(|line| line.amount).sum())
    }
}

/// The month of a bill, an entry an item.
fn month(bill: &Bill) -> Vec<BillLine> {
    let mut lines: Vec<BillLine> = Vec::new();
    for charge in bill.lines.iter().filter_map(|line| line.month) {
        match lines.iter_mut().find(|line| line.item == charge.item) {
            Some(line) => {
                let is_alike = Prices::per(line.price) == Prices::per(charge.price);
                let sum = line.quantity.map(|quantity| quantity + charge.quantity);
                line.quantity = sum.filter(|_| is_alike);
                line.amount = line.amount + charge.amount;
            }
            None => lines.push(BillLine {
                item: charge.item,
                price: charge.price,
                quantity: Some(charge.quantity),
                amount: charge.amount,
            }),
        }
    }
    lines
}
