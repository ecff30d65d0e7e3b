//! `[prices]`.

use super::Context;
use crate::model::plan::{KeyNames, KeyPlan, Plan, SourcePlan};
use crate::model::prices::{BOOKS, Price, Prices, book};
use crate::model::{facts, keys, record_size};
use crate::scenario::file::PricesTable;
use crate::scenario::leaf::Leaf;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, quoted};
use crate::units::{Bytes, Discount, Money};

/// No price is higher.
const PRICE_MAX: Money = Money::micro(1_000_000_000_000);
/// Sizes a payload unit may have.
const UNIT_MIN: Bytes = Bytes(1);
const UNIT_MAX: Bytes = Bytes::mib(1);
/// What a "25 KB" unit has where a KB is 1,000 bytes (KDS-P03).
const DECIMAL_UNIT: Bytes = Bytes(25_000);

/// The prices in force in the Region of `plan`, written down one by one.
pub(super) fn prices(table: &PricesTable, plan: &Plan, cx: &mut Context<'_>) -> Prices {
    let path = Path::of("prices");
    let mut prices = Prices::of_region(&plan.account.region);
    cx.resolved.table("[prices]");
    let quotes = &book(&plan.account.region).quotes;
    let region = prices.region;
    cx.resolved.comment(&if region == plan.account.region {
        format!("us-east-1, last seen {}; a GB is 2^30 bytes (fact KDS-P14)", prices.as_of)
    } else {
        let own = &plan.account.region;
        format!("those of {region}, last seen {}: none are known for {own}", prices.as_of)
    });
    let nothing = (Discount::default(), Origin::Default);
    let given = table.discount.as_ref().map(|leaf| leaf.0);
    prices.discount = cx.resolved.pick("discount", given, nothing, |v| quoted(&v.to_string()));
    prices.payload_unit = payload_unit(table.payload_unit.as_ref(), &path, plan, cx);
    let has_functions = plan.readers.iter().any(|reader| reader.lambda().is_some());
    let has_firehose = plan.readers.iter().any(|reader| reader.firehose().is_some());
    for (quote, given) in quotes.iter().zip(given_prices(table)) {
        let price = quote.price;
        let unused =
            (price.is_of_lambda() && !has_functions) || (price.is_of_firehose() && !has_firehose);
        if unused && given.is_none() {
            continue;
        }
        let origin = match facts::fact(quote.fact) {
            Some(fact) if fact.grade == facts::Grade::Assumed => Origin::Aside(quote.fact),
            _ => Origin::Fact(quote.fact),
        };
        let default = (prices.get(quote.price), origin);
        let amount = cx.resolved.pick(quote.field, given, default, |v| quoted(&v.to_string()));
        if amount > PRICE_MAX {
            let path = quote.field.split('.').fold(path.clone(), |path, key| path.key(key));
            let message = format!("`{}` must be at most $1000000", path.field());
            let problem = Problem::new(Code::OutOfRange, &path, message);
            cx.problem(
                problem.help("a price is for one unit, such as \"$0.015\" for a shard-hour"),
            );
        }
        prices.given |= amount != prices.get(quote.price);
        prices.set(quote.price, amount);
    }
    prices
}

/// The prices of a table in the order of [`Price`].
fn given_prices(table: &PricesTable) -> [Option<Money>; BOOKS[0].quotes.len()] {
    let on_demand = table.on_demand.as_ref().map(|table| &table.0);
    let advantage = table.advantage.as_ref().map(|table| &table.0);
    let lambda = table.lambda.as_ref().map(|table| &table.0);
    let firehose = table.firehose.as_ref().map(|table| &table.0);
    BOOKS[0].quotes.map(|quote| {
        let leaf = match quote.price {
            Price::ShardHour => &table.shard_hour,
            Price::PayloadUnit => &table.million_payload_units,
            Price::ExtendedRetention => &table.extended_retention_shard_hour,
            Price::LongTermStorage => &table.long_term_gb_month,
            Price::LongTermRetrieval => &table.long_term_retrieval_gb,
            Price::FanOutShardHour => &table.fan_out_shard_hour,
            Price::FanOutData => &table.fan_out_gb,
            Price::StreamHour => &on_demand?.stream_hour,
            Price::DataIn => &on_demand?.in_gb,
            Price::DataOut => &on_demand?.out_gb,
            Price::OnDemandFanOut => &on_demand?.fan_out_gb,
            Price::OnDemandRetention => &on_demand?.retention_gb_month,
            Price::AdvantageIn => &advantage?.in_gb,
            Price::AdvantageOut => &advantage?.out_gb,
            Price::AdvantageFanOut => &advantage?.fan_out_gb,
            Price::AdvantageRetention => &advantage?.retention_gb_month,
            Price::LambdaRequest => &lambda?.million_requests,
            Price::LambdaTime => &lambda?.gb_s,
            Price::LambdaTimeTier2 => &lambda?.gb_s_tier_2,
            Price::LambdaTimeTier3 => &lambda?.gb_s_tier_3,
            Price::LambdaArmTime => &lambda?.arm_gb_s,
            Price::LambdaArmTimeTier2 => &lambda?.arm_gb_s_tier_2,
            Price::LambdaArmTimeTier3 => &lambda?.arm_gb_s_tier_3,
            Price::FirehoseIn => &firehose?.in_gb,
            Price::FirehoseInTier2 => &firehose?.in_gb_tier_2,
            Price::FirehoseInTier3 => &firehose?.in_gb_tier_3,
            Price::FirehoseConversion => &firehose?.conversion_gb,
            Price::FirehosePartitioned => &firehose?.partitioned_gb,
            Price::FirehosePartitionObject => &firehose?.thousand_partition_objects,
            Price::FirehoseJqHour => &firehose?.jq_hour,
            Price::S3Put => &firehose?.thousand_s3_requests,
        };
        leaf.as_ref().map(|leaf| leaf.0)
    })
}

/// `payload_unit`; what AWS leaves open is assumed only where it changes what is billed.
fn payload_unit(
    given: Option<&Leaf<Bytes>>,
    path: &Path,
    plan: &Plan,
    cx: &mut Context<'_>,
) -> Bytes {
    let origin = if matters(plan) { Origin::Assumed("KDS-P03") } else { Origin::Aside("KDS-P03") };
    let default = (facts::PAYLOAD_UNIT, origin);
    let unit = cx.resolved.pick("payload_unit", given.map(|leaf| leaf.0), default, |v| bytes(*v));
    if !(UNIT_MIN..=UNIT_MAX).contains(&unit) {
        let message = "`payload_unit` must be from 1 B to 1 MiB";
        let problem = Problem::new(Code::OutOfRange, &path.key("payload_unit"), message);
        cx.problem(problem.note("AWS prints 25 KB (fact KDS-P03)"));
        return facts::PAYLOAD_UNIT;
    }
    unit
}

/// Whether it makes a difference of more than a thousandth if a unit is 25,000 or 25,600 bytes.
fn matters(plan: &Plan) -> bool {
    let units = |step: Bytes| {
        let of = plan.producers.iter().map(move |producer| match &producer.source {
            SourcePlan::Synthetic { sizes, keys, .. } => {
                record_size::rounded_to(sizes, first_key_bytes(keys), step.0) / step.0 as f64
            }
            SourcePlan::Trace { rows, keys } => {
                let bytes = rows.iter().map(|row| {
                    let bytes = u64::from(row.bytes) + keys::name_bytes(keys, row.key);
                    bytes.div_ceil(step.0)
                });
                bytes.sum::<u64>() as f64 / (rows.len() as f64).max(1.0)
            }
        });
        of.collect::<Vec<f64>>()
    };
    let (decimal, binary) = (units(DECIMAL_UNIT), units(facts::PAYLOAD_UNIT));
    decimal.iter().zip(binary).any(|(more, less)| (more - less).abs() > less / 1_000.0)
}

/// Length of a producer's first key, which stands for all of them (bytes).
fn first_key_bytes(plan: &KeyPlan) -> u64 {
    match plan.names {
        KeyNames::Random { bytes } => bytes,
        _ if keys::name_count(&plan.names) > 0 => keys::name_bytes(plan, 0),
        _ => 0,
    }
}
