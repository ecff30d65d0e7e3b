//! What AWS charges for a stream and its consumers: prices as dated data by Region, and what each
//! is for.
//!
//! A GB in them is a GiB (KDS-P14), a month 730 hours. Those of Firehose are no other: its 5 KB are
//! 5,120 bytes (FH-110), and the first 500 TB of its price list end at 512,000 GB.

use crate::model::facts::{METERING_STEP, PAYLOAD_UNIT};
use crate::time::NS_PER_S;
use crate::units::{Bytes, Discount, Money};

/// Hours of a month, as AWS's own examples have it.
pub const MONTH_HOURS: u64 = 730;

/// One thing that has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// An open shard of a provisioned stream (KDS-P01).
    ShardHour,
    /// A record's data and key in steps of a payload unit (KDS-P02).
    PayloadUnit,
    /// Retention above 24 h of a provisioned stream, for each open shard (KDS-P04, KDS-T05).
    ExtendedRetention,
    /// What is kept longer than 7 d (KDS-P05); of on-demand standard too (KDS-P16).
    LongTermStorage,
    /// What is read when it is older than 7 d (KDS-P05); of on-demand standard too (KDS-P16).
    LongTermRetrieval,
    /// A consumer with enhanced fan-out on an open shard of a provisioned stream (KDS-P06).
    FanOutShardHour,
    /// What such a consumer is pushed (KDS-P06).
    FanOutData,
    /// A stream in on-demand standard mode (KDS-P08).
    StreamHour,
    /// What is written to it (KDS-P08, KDS-P13).
    DataIn,
    /// What pollers get out of it (KDS-P08).
    DataOut,
    /// What it pushes to consumers with enhanced fan-out (KDS-P09).
    OnDemandFanOut,
    /// What it keeps longer than 24 h, up to 7 d (KDS-P10, KDS-T05).
    OnDemandRetention,
    /// What is written to a stream in on-demand Advantage (KDS-P11, KDS-P13).
    AdvantageIn,
    /// What pollers get out of it (KDS-P11).
    AdvantageOut,
    /// What it pushes to consumers with enhanced fan-out (KDS-P11).
    AdvantageFanOut,
    /// What it keeps longer than 24 h (KDS-P11).
    AdvantageRetention,
    /// An invocation of a function (ESM-140).
    LambdaRequest,
    /// Time and memory of functions on x86, the first of an account's month (ESM-141).
    LambdaTime,
    /// The next.
    LambdaTimeTier2,
    /// What is above.
    LambdaTimeTier3,
    /// Time and memory of functions on arm64, the first of an account's month (ESM-142).
    LambdaArmTime,
    /// The next.
    LambdaArmTimeTier2,
    /// What is above.
    LambdaArmTimeTier3,
    /// What Firehose takes in, the first of an account's month (FH-110).
    FirehoseIn,
    /// The next.
    FirehoseInTier2,
    /// What is above.
    FirehoseInTier3,
    /// What of it becomes Parquet or ORC (FH-113).
    FirehoseConversion,
    /// What Firehose delivers by dynamic partitioning (FH-114).
    FirehosePartitioned,
    /// An object of it.
    FirehosePartitionObject,
    /// The time JQ takes to find partition keys in records.
    FirehoseJqHour,
    /// A request that writes an object to S3, or a part of one (FH-118, S3-02).
    S3Put,
}

/// What a price is for: so much of a quantity that is counted in small whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// An hour of a shard, a stream, or a consumer on a shard; counted in ns.
    Hour,
    /// A million payload units; counted one by one.
    MillionUnits,
    /// A GB that passes; counted in bytes.
    Gb,
    /// A GB kept for a month; counted in byte-seconds.
    GbMonth,
    /// A million requests; counted one by one.
    MillionRequests,
    /// A GB of memory for a second; counted in MiB and ms.
    GbSecond,
    /// A thousand requests; counted one by one.
    ThousandRequests,
    /// A thousand objects; counted one by one.
    ThousandObjects,
}

impl Per {
    /// How many of the units it is counted in.
    #[must_use]
    pub const fn units(self) -> u128 {
        match self {
            Self::Hour => 3_600 * NS_PER_S as u128,
            Self::MillionUnits | Self::MillionRequests => 1_000_000,
            Self::ThousandRequests | Self::ThousandObjects => 1_000,
            Self::Gb => 1 << 30,
            Self::GbSecond => 1_024 * 1_000,
            Self::GbMonth => (1 << 30) * 3_600 * MONTH_HOURS as u128,
        }
    }
}

/// A price as AWS publishes it.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// What it is for.
    pub price: Price,
    /// Its name below `prices` in a scenario.
    pub field: &'static str,
    /// What it is for, in words.
    pub per: Per,
    /// The price.
    pub amount: Money,
    /// Id of its fact.
    pub fact: &'static str,
    /// Month it was last seen.
    pub as_of: &'static str,
}

/// Kinds of prices.
pub const PRICES: usize = 31;
/// Of them those of streams, which come first.
const OF_STREAMS: usize = 16;

/// The prices of one Region.
#[derive(Clone, Copy, Debug)]
pub struct Book {
    /// The Region.
    pub region: &'static str,
    /// A quote for each price, in the order of [`Price`].
    pub quotes: [Quote; PRICES],
}

const fn quote(
    price: Price,
    field: &'static str,
    per: Per,
    micro: u64,
    (fact, as_of): (&'static str, &'static str),
) -> Quote {
    Quote { price, field, per, amount: Money::micro(micro), fact, as_of }
}

/// A GB-second for so many pico-dollars.
const fn gb_s(price: Price, field: &'static str, pico: i128, fact: &'static str) -> Quote {
    Quote { price, field, per: Per::GbSecond, amount: Money(pico), fact, as_of: NOVEMBER }
}

/// A GB of Firehose for so many millionths of a dollar.
const fn gb(price: Price, field: &'static str, micro: u64, fact: &'static str) -> Quote {
    quote(price, field, Per::Gb, micro, (fact, NOVEMBER))
}

/// When prices were last seen.
const MARCH: &str = "2026-03";
const MAY: &str = "2026-05";
const NOVEMBER: &str = "2026-11";

/// The books there are, the one that stands for others first.
pub const BOOKS: &[Book] = &[Book {
    region: "us-east-1",
    quotes: [
        quote(Price::ShardHour, "shard_hour", Per::Hour, 15_000, ("KDS-P01", MAY)),
        quote(
            Price::PayloadUnit,
            "million_payload_units",
            Per::MillionUnits,
            14_000,
            ("KDS-P02", MAY),
        ),
        quote(
            Price::ExtendedRetention,
            "extended_retention_shard_hour",
            Per::Hour,
            20_000,
            ("KDS-P04", MAY),
        ),
        quote(Price::LongTermStorage, "long_term_gb_month", Per::GbMonth, 23_000, ("KDS-P05", MAY)),
        quote(
            Price::LongTermRetrieval,
            "long_term_retrieval_gb",
            Per::Gb,
            21_000,
            ("KDS-P05", MAY),
        ),
        quote(Price::FanOutShardHour, "fan_out_shard_hour", Per::Hour, 15_000, ("KDS-P06", MAY)),
        quote(Price::FanOutData, "fan_out_gb", Per::Gb, 13_000, ("KDS-P06", MAY)),
        quote(Price::StreamHour, "on_demand.stream_hour", Per::Hour, 40_000, ("KDS-P08", MAY)),
        quote(Price::DataIn, "on_demand.in_gb", Per::Gb, 80_000, ("KDS-P08", MAY)),
        quote(Price::DataOut, "on_demand.out_gb", Per::Gb, 40_000, ("KDS-P08", MAY)),
        quote(Price::OnDemandFanOut, "on_demand.fan_out_gb", Per::Gb, 50_000, ("KDS-P09", MARCH)),
        quote(
            Price::OnDemandRetention,
            "on_demand.retention_gb_month",
            Per::GbMonth,
            100_000,
            ("KDS-P10", MARCH),
        ),
        quote(Price::AdvantageIn, "advantage.in_gb", Per::Gb, 32_000, ("KDS-P11", MAY)),
        quote(Price::AdvantageOut, "advantage.out_gb", Per::Gb, 16_000, ("KDS-P11", MAY)),
        quote(Price::AdvantageFanOut, "advantage.fan_out_gb", Per::Gb, 16_000, ("KDS-P11", MAY)),
        quote(
            Price::AdvantageRetention,
            "advantage.retention_gb_month",
            Per::GbMonth,
            23_000,
            ("KDS-P11", MAY),
        ),
        quote(
            Price::LambdaRequest,
            "lambda.million_requests",
            Per::MillionRequests,
            200_000,
            ("ESM-140", NOVEMBER),
        ),
        gb_s(Price::LambdaTime, "lambda.gb_s", 16_666_700, "ESM-141"),
        gb_s(Price::LambdaTimeTier2, "lambda.gb_s_tier_2", 15_000_000, "ESM-141"),
        gb_s(Price::LambdaTimeTier3, "lambda.gb_s_tier_3", 13_333_400, "ESM-141"),
        gb_s(Price::LambdaArmTime, "lambda.arm_gb_s", 13_333_400, "ESM-142"),
        gb_s(Price::LambdaArmTimeTier2, "lambda.arm_gb_s_tier_2", 12_000_100, "ESM-142"),
        gb_s(Price::LambdaArmTimeTier3, "lambda.arm_gb_s_tier_3", 10_666_700, "ESM-142"),
        gb(Price::FirehoseIn, "firehose.in_gb", 29_000, "FH-110"),
        gb(Price::FirehoseInTier2, "firehose.in_gb_tier_2", 25_000, "FH-110"),
        gb(Price::FirehoseInTier3, "firehose.in_gb_tier_3", 20_000, "FH-110"),
        gb(Price::FirehoseConversion, "firehose.conversion_gb", 18_000, "FH-113"),
        gb(Price::FirehosePartitioned, "firehose.partitioned_gb", 20_000, "FH-114"),
        quote(
            Price::FirehosePartitionObject,
            "firehose.thousand_partition_objects",
            Per::ThousandObjects,
            5_000,
            ("FH-114", NOVEMBER),
        ),
        quote(Price::FirehoseJqHour, "firehose.jq_hour", Per::Hour, 70_000, ("FH-114", NOVEMBER)),
        quote(
            Price::S3Put,
            "firehose.thousand_s3_requests",
            Per::ThousandRequests,
            5_000,
            ("FH-118", NOVEMBER),
        ),
    ],
}];

/// What an account is billed in a month for less and less: how much there is of a price but the
/// last.
#[derive(Clone, Copy, Debug)]
pub struct Tiers {
    /// The prices, the first first; all for the same.
    pub prices: [Price; 3],
    /// How much of that there is at the first and at the second.
    pub sizes: [u64; 2],
}

impl Tiers {
    /// Those of functions on arm64, or on x86 (ESM-141, ESM-142).
    #[must_use]
    pub const fn of_functions(arm: bool) -> Self {
        if arm {
            let prices =
                [Price::LambdaArmTime, Price::LambdaArmTimeTier2, Price::LambdaArmTimeTier3];
            return Self { prices, sizes: [7_500_000_000, 11_250_000_000] };
        }
        let prices = [Price::LambdaTime, Price::LambdaTimeTier2, Price::LambdaTimeTier3];
        Self { prices, sizes: [6_000_000_000, 9_000_000_000] }
    }

    /// Those of what Firehose takes in (FH-110): 500 TB of 1,024 GB, then 1,500. What AWS lists for
    /// the next 3 PB stands for all above.
    #[must_use]
    pub const fn of_firehose() -> Self {
        let prices = [Price::FirehoseIn, Price::FirehoseInTier2, Price::FirehoseInTier3];
        Self { prices, sizes: [512_000, 1_536_000] }
    }
}

/// The book for `region`: its own, or that of us-east-1 where it has none.
#[must_use]
pub fn book(region: &str) -> &'static Book {
    BOOKS.iter().find(|book| book.region == region).unwrap_or(&BOOKS[0])
}

/// The prices a run is billed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Region of the book they come from.
    pub region: &'static str,
    /// Month in which the latest of those of streams was last seen.
    pub as_of: &'static str,
    /// One for each [`Price`], in its order, before the discount.
    values: [Money; PRICES],
    /// Whether a scenario gives any of them.
    pub given: bool,
    /// What is taken off all of them.
    pub discount: Discount,
    /// Size of a payload unit (KDS-P03); more than zero.
    pub payload_unit: Bytes,
}

impl Prices {
    /// Those of `region`, as AWS publishes them, or of us-east-1.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        let book = book(region);
        Self {
            region: book.region,
            as_of: book.quotes[..OF_STREAMS].iter().map(|it| it.as_of).max().unwrap_or_default(),
            values: book.quotes.map(|quote| quote.amount),
            given: false,
            discount: Discount::default(),
            payload_unit: PAYLOAD_UNIT,
        }
    }

    /// One of them, before the discount.
    #[must_use]
    pub fn get(&self, price: Price) -> Money {
        self.values[price as usize]
    }

    /// Sets one of them.
    pub fn set(&mut self, price: Price, to: Money) {
        self.values[price as usize] = to;
    }

    /// What each is for.
    #[must_use]
    pub const fn per(price: Price) -> Per {
        BOOKS[0].quotes[price as usize].per
    }
}

impl Price {
    /// Whether a function is billed at it.
    #[must_use]
    pub const fn is_of_lambda(self) -> bool {
        self as usize >= Self::LambdaRequest as usize
            && self as usize <= Self::LambdaArmTimeTier3 as usize
    }

    /// Whether a delivery stream of Firehose is.
    #[must_use]
    pub const fn is_of_firehose(self) -> bool {
        self as usize >= Self::FirehoseIn as usize && self as usize <= Self::S3Put as usize
    }
}

/// What on-demand streams meter a record in that holds so much (KDS-P13): whole KiB.
#[must_use]
#[inline]
pub const fn metered_kib(bytes: u64) -> u64 {
    bytes.div_ceil(METERING_STEP.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::fact;

    #[test]
    fn every_book_quotes_every_price_in_its_place() {
        for book in BOOKS {
            for (place, quote) in book.quotes.iter().enumerate() {
                assert_eq!(quote.price as usize, place, "{}", quote.field);
                assert_eq!(quote.per, Prices::per(quote.price), "{}", quote.field);
                assert_eq!(quote.field, BOOKS[0].quotes[place].field);
                let fact = fact(quote.fact).expect("a fact");
                // The fact's text has the same number: 15,000 millionths are 0.015.
                let dollars = quote.amount.to_string();
                let dollars = dollars.trim_start_matches('$').trim_end_matches('0');
                let values = fact.value.split("; ").map(|value| value.trim_end_matches('0'));
                let mut values = values;
                assert!(values.any(|value| value == dollars), "{}: {dollars}", quote.field);
            }
        }
    }

    #[test]
    fn a_region_without_a_book_has_that_of_us_east_1() {
        assert_eq!(Prices::of_region("eu-central-1"), Prices::of_region("us-east-1"));
        assert_eq!(Prices::of_region("us-east-1").as_of, "2026-05");
    }

    /// 730 h of 3,600 s, of 2^30 bytes.
    #[test]
    fn a_gb_month_is_a_gib_for_730_hours() {
        assert_eq!(Per::GbMonth.units(), 1_073_741_824 * 2_628_000);
    }
}
