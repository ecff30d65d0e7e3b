//! What delivery streams of Firehose are billed for: what they take in by the GB, each record
//! rounded up (FH-110, FH-111), its conversion (FH-113), what they deliver by dynamic partitioning
//! (FH-114), and the requests to S3 that write their objects (FH-118). What they read costs
//! nothing, or stands in the lines of its stream (KDS-P07, KDS-P08).
//!
//! Tiers are the account's: delivery streams fill them in order of declaration, as functions do
//! theirs, and a run counts as a month of its own. A record counts once it is delivered, or is in
//! the error output. What S3 keeps is not billed here, nor what other destinations cost.

use super::account::{Scale, tiered};
use super::pricing::{Charge, Item, charge};
use super::{Line, Outcome, Scenario};
use crate::experiment::outcome::FirehoseCounts;
use crate::model::plan::FirehosePlan;
use crate::model::prices::{Price, Prices, Tiers};

/// What a delivery stream used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivered {
    /// Bytes it took in, each record rounded up.
    bytes: u128,
    /// Of these, what was converted.
    converted: u128,
    /// By dynamic partitioning: bytes of objects before compression, objects, time of JQ (ns).
    parted: [u128; 3],
    /// Requests to S3.
    requests: u128,
}

impl Delivered {
    /// What a delivery stream used that did what `counts` say.
    pub(super) fn new(plan: &FirehosePlan, counts: &FirehoseCounts) -> Self {
        let bytes = counts.billed_bytes.into();
        let converted = if plan.format.converts { bytes } else { 0 };
        let parted = plan.partitions.map_or([0; 3], |partitions| {
            let objects = counts.all_objects() - counts.error_objects;
            let jq = u128::from(partitions.jq.as_ns()) * u128::from(counts.parted);
            [counts.delivered_bytes.into(), objects.into(), jq]
        });
        Self { bytes, converted, parted, requests: counts.requests.into() }
    }

    /// As much for a month as this is for the part of a run.
    fn scaled(self, scale: Scale) -> Self {
        Self {
            bytes: scale.month(self.bytes),
            converted: scale.month(self.converted),
            parted: self.parted.map(|amount| scale.month(amount)),
            requests: scale.month(self.requests),
        }
    }
}

/// The lines of all delivery streams, one after the other.
pub(super) fn lines(scenario: &Scenario, outcome: &Outcome) -> Vec<Line> {
    let scale = Scale::of(scenario, outcome);
    let (mut of_run, mut of_month) = (0, 0);
    let mut lines = Vec::new();
    for (number, (reader, consumer)) in
        scenario.plan.readers.iter().zip(&outcome.consumers).enumerate()
    {
        let Some((plan, did)) = reader.firehose().zip(consumer.firehose.as_ref()) else { continue };
        let used = |counts: &FirehoseCounts| Delivered::new(plan, counts);
        let run = charges(used(&did.counts), &mut of_run, &scenario.prices);
        let month = charges(used(&did.judged).scaled(scale), &mut of_month, &scenario.prices);
        lines.extend(scale.lines(number, run, month));
    }
    lines
}

/// What a delivery stream is billed for that `used` so much, after others of its account took in
/// the bytes `before`: a charge for each tier, conversion, partitions, and requests.
pub(super) fn charges(used: Delivered, before: &mut u128, prices: &Prices) -> [Charge; 8] {
    let tiers = (Item::FirehoseIngest, Tiers::of_firehose());
    let [first, second, third] = tiered(tiers, used.bytes, before, prices);
    let converted =
        charge(Item::FirehoseConversion, Price::FirehoseConversion, used.converted, prices);
    let requests = charge(Item::S3Requests, Price::S3Put, used.requests, prices);
    let [data, objects, jq] = [
        (Price::FirehosePartitioned, used.parted[0]),
        (Price::FirehosePartitionObject, used.parted[1]),
        (Price::FirehoseJqHour, used.parted[2]),
    ]
    .map(|(price, quantity)| charge(Item::FirehosePartitioning, price, quantity, prices));
    [first, second, third, converted, data, objects, jq, requests]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    const GB: u64 = 1 << 30;
    const ZERO: &str = "0.000000";

    fn delivered(converts: bool, bytes: u64, requests: u64) -> Delivered {
        let (bytes, requests) = (u128::from(bytes), u128::from(requests));
        let converted = if converts { bytes } else { 0 };
        Delivered { bytes, converted, requests, parted: [0; 3] }
    }

    /// Without partitions, which cost nothing here.
    fn told(used: Delivered, before: &mut u128) -> [String; 5] {
        let prices = Prices::of_region("us-east-1");
        let all = charges(used, before, &prices).map(|it| it.amount.decimal(6));
        let [first, second, third, converted, data, objects, jq, requests] = all;
        assert_eq!([data, objects, jq], [ZERO; 3]);
        [first, second, third, converted, requests]
    }

    /// FH-114: 1,000 GB delivered x 0.020 = 20; 43,200 objects x 0.005 / 1,000 = 0.216; 70 hours of
    /// JQ x 0.07 = 4.90, as of 252 million records of a millisecond each.
    #[test]
    fn a_month_of_partitions_by_hand() {
        let jq = 252_000_000 * u128::from(Span::from_ms(1).as_ns());
        let parted = [1_000 * u128::from(GB), 43_200, jq];
        let used = Delivered { parted, ..delivered(false, 0, 0) };
        let all = charges(used, &mut 0, &Prices::of_region("us-east-1"));
        let told = all.map(|it| it.amount.decimal(6));
        assert_eq!(told[4..7], ["20.000000", "0.216000", "4.900000"]);
    }

    /// 1,000 GB x 0.029 = 29; converted x 0.018 = 18 on top; 43,200 objects in three requests each
    /// are 129,600 x 0.005 / 1,000 = 0.648.
    #[test]
    fn a_month_of_a_delivery_stream_by_hand() {
        let plain = delivered(false, 1_000 * GB, 129_600);
        assert_eq!(told(plain, &mut 0), ["29.000000", ZERO, ZERO, ZERO, "0.648000"]);
        let columns = delivered(true, 1_000 * GB, 129_600);
        assert_eq!(told(columns, &mut 0), ["29.000000", ZERO, ZERO, "18.000000", "0.648000"]);
        let mut prices = Prices::of_region("us-east-1");
        prices.set(Price::FirehoseIn, "$0.03".parse().expect("money"));
        prices.set(Price::S3Put, "$0.01".parse().expect("money"));
        prices.discount = "10 %".parse().expect("a share");
        let given = charges(columns, &mut 0, &prices).map(|it| it.amount.decimal(6));
        // 30 x 0.9, 18 x 0.9, and 1.296 x 0.9.
        assert_eq!(given[..4], ["27.000000", ZERO, ZERO, "16.200000"]);
        assert_eq!(given[7], "1.166400");
    }

    /// FH-110: 3,000,000 GB: 512,000 x 0.029 = 14,848; 1,536,000 x 0.025 = 38,400; what is left,
    /// 952,000 x 0.02 = 19,040. Conversion knows no tiers: 3,000,000 x 0.018 = 54,000.
    #[test]
    fn tiers_of_a_month_by_hand() {
        let used = delivered(true, 3_000_000 * GB, 0);
        let amounts = ["14848.000000", "38400.000000", "19040.000000", "54000.000000", ZERO];
        assert_eq!(told(used, &mut 0), amounts);
    }

    /// Two delivery streams of 400,000 GB each: the second has 112,000 at the first price, 3,248,
    /// and 288,000 at the second, 7,200. Together they pay what one of 800,000 does.
    #[test]
    fn delivery_streams_share_the_tiers_of_their_account() {
        let mut before = 0;
        let used = delivered(false, 400_000 * GB, 0);
        assert_eq!(told(used, &mut before), ["11600.000000", ZERO, ZERO, ZERO, ZERO]);
        assert_eq!(told(used, &mut before), ["3248.000000", "7200.000000", ZERO, ZERO, ZERO]);
        let both = delivered(false, 800_000 * GB, 0);
        assert_eq!(told(both, &mut 0), ["14848.000000", "7200.000000", ZERO, ZERO, ZERO]);
    }

    /// 90 s with 5,120,000 bytes and 3 requests: 29,200 times as much in 730 h.
    #[test]
    fn a_part_is_scaled_to_a_month() {
        let scale = Scale { from: Span::from_s(90), to: Span::from_s(2_628_000) };
        let month = delivered(true, 5_120_000, 3).scaled(scale);
        assert_eq!(month, delivered(true, 149_504_000_000, 87_600));
    }
}
