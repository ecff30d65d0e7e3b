//! From a stream's usage to amounts: pure functions of what was used and what it costs.

use crate::experiment::bill::usage::Usage;
use crate::model::facts::ADVANTAGE_BYTES_PER_S;
use crate::model::prices::{Price, Prices};
use crate::scenario::metric::CostItem;
use crate::time::NS_PER_S;
use crate::units::Money;

/// How a stream is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For its shards.
    Provisioned,
    /// For its traffic, and for being there.
    OnDemandStandard,
    /// For the traffic of all streams together, and for a least amount of it (KDS-O16).
    OnDemandAdvantage,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Provisioned, Self::OnDemandStandard, Self::OnDemandAdvantage];

    /// What a user calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::OnDemandStandard => "on-demand standard",
            Self::OnDemandAdvantage => "on-demand Advantage",
        }
    }
}

/// A line of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Open shards.
    ShardHours,
    /// The stream itself.
    StreamHours,
    /// PUT payload units.
    PayloadUnits,
    /// What is written.
    DataIn,
    /// What pollers read.
    DataOut,
    /// Consumers with enhanced fan-out on open shards.
    FanOutShardHours,
    /// What they are pushed.
    FanOutData,
    /// Retention above 24 h, up to 7 d.
    ExtendedRetention,
    /// Retention above 7 d.
    LongTermRetention,
    /// What is read when it is older than 7 d.
    LongTermRetrieval,
    /// What On-demand Advantage bills as written and was not.
    UnusedIn,
    /// What it bills as read and was not.
    UnusedOut,
    /// Invocations of functions.
    LambdaRequests,
    /// Memory of functions over the time they ran.
    LambdaDuration,
    /// What Firehose takes in.
    FirehoseIngest,
    /// What of it becomes Parquet or ORC.
    FirehoseConversion,
    /// What it delivers by dynamic partitioning: data, objects, and the time of JQ.
    FirehosePartitioning,
    /// Requests to S3 that write objects of Firehose.
    S3Requests,
}

impl Item {
    /// Its name in tables and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShardHours => "shard_hours",
            Self::StreamHours => "stream_hours",
            Self::PayloadUnits => "payload_units",
            Self::DataIn => "data_in",
            Self::DataOut => "data_out",
            Self::FanOutShardHours => "fan_out_shard_hours",
            Self::FanOutData => "fan_out_data",
            Self::ExtendedRetention => "extended_retention",
            Self::LongTermRetention => "long_term_retention",
            Self::LongTermRetrieval => "long_term_retrieval",
            Self::UnusedIn => "unused_commitment_in",
            Self::UnusedOut => "unused_commitment_out",
            Self::LambdaRequests => "lambda_requests",
            Self::LambdaDuration => "lambda_duration",
            Self::FirehoseIngest => "firehose_ingest",
            Self::FirehoseConversion => "firehose_conversion",
            Self::FirehosePartitioning => "firehose_partitioning",
            Self::S3Requests => "s3_requests",
        }
    }
}

impl From<CostItem> for Item {
    fn from(item: CostItem) -> Self {
        match item {
            CostItem::ShardHours => Self::ShardHours,
            CostItem::PayloadUnits => Self::PayloadUnits,
            CostItem::FanOutShardHours => Self::FanOutShardHours,
            CostItem::FanOutData => Self::FanOutData,
            CostItem::ExtendedRetention => Self::ExtendedRetention,
            CostItem::LongTermRetention => Self::LongTermRetention,
            CostItem::LongTermRetrieval => Self::LongTermRetrieval,
            CostItem::LambdaRequests => Self::LambdaRequests,
            CostItem::LambdaDuration => Self::LambdaDuration,
            CostItem::FirehoseIngest => Self::FirehoseIngest,
            CostItem::FirehoseConversion => Self::FirehoseConversion,
            CostItem::FirehosePartitioning => Self::FirehosePartitioning,
            CostItem::S3Requests => Self::S3Requests,
        }
    }
}

/// So much of something, and what it costs less the discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What it is.
    pub item: Item,
    /// At which price.
    pub price: Price,
    /// How much of it, in the units of the price.
    pub quantity: u128,
    /// What that costs, to the nearest pico-dollar.
    pub amount: Money,
}

/// What a stream in `mode` is billed for `usage`: a charge for each item of the mode, those of
/// nothing included.
#[must_use]
pub fn charges(mode: Mode, usage: &Usage, prices: &Prices) -> Vec<Charge> {
    let charge = |(item, price, quantity)| charge(item, price, quantity, prices);
    match mode {
        Mode::Provisioned => provisioned(usage).map(charge).to_vec(),
        Mode::OnDemandStandard => standard(usage).map(charge).to_vec(),
        Mode::OnDemandAdvantage => advantage(usage).map(charge).to_vec(),
    }
}

/// What On-demand Advantage bills beyond what all its streams used together (KDS-O17): the floor
/// counts everything written, and everything read by pollers and pushed to consumers.
#[must_use]
pub fn commitment(all: &Usage, time_ns: u128, prices: &Prices) -> Vec<Charge> {
    let floor = time_ns.saturating_mul(u128::from(ADVANTAGE_BYTES_PER_S)) / u128::from(NS_PER_S);
    let read = all.polled_bytes.saturating_add(all.fan_out_bytes);
    let rest = [
        (Item::UnusedIn, Price::AdvantageIn, floor.saturating_sub(all.metered_bytes)),
        (Item::UnusedOut, Price::AdvantageOut, floor.saturating_sub(read)),
    ];
    rest.map(|(item, price, quantity)| charge(item, price, quantity, prices)).to_vec()
}

type Due = (Item, Price, u128);

/// Shards and payload units; pollers read for nothing (KDS-P07).
fn provisioned(usage: &Usage) -> [Due; 7] {
    [
        (Item::ShardHours, Price::ShardHour, usage.shard_ns),
        (Item::PayloadUnits, Price::PayloadUnit, usage.payload_units),
        (Item::FanOutShardHours, Price::FanOutShardHour, usage.fan_out_shard_ns),
        (Item::FanOutData, Price::FanOutData, usage.fan_out_bytes),
        (Item::ExtendedRetention, Price::ExtendedRetention, usage.extended_shard_ns),
        (Item::LongTermRetention, Price::LongTermStorage, usage.long_term_byte_s),
        (Item::LongTermRetrieval, Price::LongTermRetrieval, usage.long_term_read_bytes),
    ]
}

fn standard(usage: &Usage) -> [Due; 7] {
    [
        (Item::StreamHours, Price::StreamHour, usage.stream_ns),
        (Item::DataIn, Price::DataIn, usage.metered_bytes),
        (Item::DataOut, Price::DataOut, usage.polled_bytes),
        (Item::FanOutData, Price::OnDemandFanOut, usage.fan_out_bytes),
        (Item::ExtendedRetention, Price::OnDemandRetention, usage.extended_byte_s),
        (Item::LongTermRetention, Price::LongTermStorage, usage.long_term_byte_s),
        (Item::LongTermRetrieval, Price::LongTermRetrieval, usage.long_term_read_bytes),
    ]
}

/// One price for whatever is kept longer than 24 h.
fn advantage(usage: &Usage) -> [Due; 5] {
    [
        (Item::DataIn, Price::AdvantageIn, usage.metered_bytes),
        (Item::DataOut, Price::AdvantageOut, usage.polled_bytes),
        (Item::FanOutData, Price::AdvantageFanOut, usage.fan_out_bytes),
        (Item::ExtendedRetention, Price::AdvantageRetention, usage.extended_byte_s),
        (Item::LongTermRetention, Price::AdvantageRetention, usage.long_term_byte_s),
    ]
}

pub(super) fn charge(item: Item, price: Price, quantity: u128, prices: &Prices) -> Charge {
    let amount = prices.get(price).of(quantity, Prices::per(price).units());
    Charge { item, price, quantity, amount: amount.less(prices.discount) }
}

#[cfg(test)]
mod tests;
