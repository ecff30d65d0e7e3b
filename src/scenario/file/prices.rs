//! `[prices]`: what AWS charges, where it is other than published.

use serde::Deserialize;

use crate::scenario::leaf::Leaf;
use crate::scenario::or_table::Table;
use crate::units::{Bytes, Discount, Money};

/// `[prices]`: each one by default what AWS publishes for the Region, or for us-east-1.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct PricesTable {
    /// What is taken off all prices: "8 %". Default: nothing.
    pub(in crate::scenario) discount: Option<Leaf<Discount>>,
    /// Size of a PUT payload unit, 1 B to 1 MiB (KDS-P03). Default "25 KiB".
    pub(in crate::scenario) payload_unit: Option<Leaf<Bytes>>,
    /// An open shard, an hour (KDS-P01). Default "$0.015".
    pub(in crate::scenario) shard_hour: Option<Leaf<Money>>,
    /// A million PUT payload units (KDS-P02). Default "$0.014".
    pub(in crate::scenario) million_payload_units: Option<Leaf<Money>>,
    /// Retention above 24 h, an hour of an open shard (KDS-P04). Default "$0.02".
    pub(in crate::scenario) extended_retention_shard_hour: Option<Leaf<Money>>,
    /// A GB kept longer than 7 d, a month (KDS-P05). Default "$0.023".
    pub(in crate::scenario) long_term_gb_month: Option<Leaf<Money>>,
    /// A GB read that is older than 7 d (KDS-P05). Default "$0.021".
    pub(in crate::scenario) long_term_retrieval_gb: Option<Leaf<Money>>,
    /// Enhanced fan-out: a consumer on an open shard, an hour (KDS-P06). Default "$0.015".
    pub(in crate::scenario) fan_out_shard_hour: Option<Leaf<Money>>,
    /// Enhanced fan-out: a GB pushed (KDS-P06). Default "$0.013".
    pub(in crate::scenario) fan_out_gb: Option<Leaf<Money>>,
    /// On-demand standard.
    pub(in crate::scenario) on_demand: Option<Table<OnDemandPricesTable>>,
    /// On-demand Advantage.
    pub(in crate::scenario) advantage: Option<Table<AdvantagePricesTable>>,
    /// Lambda functions.
    pub(in crate::scenario) lambda: Option<Table<LambdaPricesTable>>,
    /// Firehose.
    pub(in crate::scenario) firehose: Option<Table<FirehosePricesTable>>,
}

/// `prices.on_demand`: a stream in on-demand standard mode.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct OnDemandPricesTable {
    /// The stream, an hour (KDS-P08). Default "$0.04".
    pub(in crate::scenario) stream_hour: Option<Leaf<Money>>,
    /// A GB written (KDS-P08). Default "$0.08".
    pub(in crate::scenario) in_gb: Option<Leaf<Money>>,
    /// A GB that pollers read (KDS-P08). Default "$0.04".
    pub(in crate::scenario) out_gb: Option<Leaf<Money>>,
    /// A GB pushed to a consumer with enhanced fan-out (KDS-P09). Default "$0.05".
    pub(in crate::scenario) fan_out_gb: Option<Leaf<Money>>,
    /// A GB kept longer than 24 h, up to 7 d, a month (KDS-P10). Default "$0.10".
    pub(in crate::scenario) retention_gb_month: Option<Leaf<Money>>,
}

/// `prices.advantage`: streams under On-demand Advantage.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct AdvantagePricesTable {
    /// A GB written (KDS-P11). Default "$0.032".
    pub(in crate::scenario) in_gb: Option<Leaf<Money>>,
    /// A GB that pollers read (KDS-P11). Default "$0.016".
    pub(in crate::scenario) out_gb: Option<Leaf<Money>>,
    /// A GB pushed to a consumer with enhanced fan-out (KDS-P11). Default "$0.016".
    pub(in crate::scenario) fan_out_gb: Option<Leaf<Money>>,
    /// A GB kept longer than 24 h, a month (KDS-P11). Default "$0.023".
    pub(in crate::scenario) retention_gb_month: Option<Leaf<Money>>,
}

/// `prices.lambda`: functions, all of the account together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct LambdaPricesTable {
    /// A million invocations (ESM-140). Default "$0.20".
    pub(in crate::scenario) million_requests: Option<Leaf<Money>>,
    /// A GB of memory for a second on x86, the first 6 billion a month (ESM-141). Default
    /// "$0.0000166667".
    pub(in crate::scenario) gb_s: Option<Leaf<Money>>,
    /// The next 9 billion. Default "$0.000015".
    pub(in crate::scenario) gb_s_tier_2: Option<Leaf<Money>>,
    /// Above. Default "$0.0000133334".
    pub(in crate::scenario) gb_s_tier_3: Option<Leaf<Money>>,
    /// A GB of memory for a second on arm64, the first 7.5 billion a month (ESM-142). Default
    /// "$0.0000133334".
    pub(in crate::scenario) arm_gb_s: Option<Leaf<Money>>,
    /// The next 11.25 billion. Default "$0.0000120001".
    pub(in crate::scenario) arm_gb_s_tier_2: Option<Leaf<Money>>,
    /// Above. Default "$0.0000106667".
    pub(in crate::scenario) arm_gb_s_tier_3: Option<Leaf<Money>>,
}

/// `prices.firehose`: delivery streams, all of the account together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct FirehosePricesTable {
    /// A GB taken in, each record rounded up to 5 KiB, the first 500 TB a month (FH-110). Default
    /// "$0.029".
    pub(in crate::scenario) in_gb: Option<Leaf<Money>>,
    /// The next 1.5 PB. Default "$0.025".
    pub(in crate::scenario) in_gb_tier_2: Option<Leaf<Money>>,
    /// Above. Default "$0.02".
    pub(in crate::scenario) in_gb_tier_3: Option<Leaf<Money>>,
    /// A GB of it that becomes Parquet or ORC, rounded up likewise (FH-113). Default "$0.018".
    pub(in crate::scenario) conversion_gb: Option<Leaf<Money>>,
    /// A GB delivered by dynamic partitioning (FH-114). Default "$0.02".
    pub(in crate::scenario) partitioned_gb: Option<Leaf<Money>>,
    /// A thousand objects of it (FH-114). Default "$0.005".
    pub(in crate::scenario) thousand_partition_objects: Option<Leaf<Money>>,
    /// An hour of JQ, which finds partition keys in records (FH-114). Default "$0.07".
    pub(in crate::scenario) jq_hour: Option<Leaf<Money>>,
    /// A thousand requests that write to S3 (FH-118). Default "$0.005".
    pub(in crate::scenario) thousand_s3_requests: Option<Leaf<Money>>,
}
