//! What delivery streams of Firehose are billed for: what they take in by the GB, each record
//! rounded up (FH-110, FH-111), its conversion (FH-113), and the requests to S3 that write their
//! objects (FH-118). What they read costs nothing, or stands in the lines of its stream (KDS-P07,
//! KDS-P08).
//!
//! Tiers are the account's: delivery streams fill them in order of declaration, as functions do
//! theirs, and a run counts as a month of its own. A record counts once it is delivered, or is in
//! the error output. What S3 keeps is not billed here, nor what other destinations cost.

use super::account::{Scale, tiered};
use super::pricing::{Charge, Item, charge};
use super::{Line, Outcome, Scenario};
use crate::experiment::outcome::FirehoseCounts;
use crate::model::prices::{Price, Prices, Tiers};

/// What a delivery stream used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivered {
    /// Bytes it took in, each record rounded up.
    bytes: u128,
    /// Of these, what was converted.
    converted: u128,
    /// Requests to S3.
    requests: u128,
}

impl Delivered {
    /// What a delivery stream used that did what `counts` say.
    pub(super) fn new(converts: bool, counts: &FirehoseCounts) -> Self {
        let bytes = counts.billed_bytes.into();
        let converted = if converts { bytes } else { 0 };
        Self { bytes, converted, requests: counts.requests.into() }
    }

    /// As much for a month as this is for the part of a run.
    fn scaled(self, scale: Scale) -> Self {
        Self {
            bytes: scale.month(self.bytes),
            converted: scale.month(self.converted),
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
        let used = |counts: &FirehoseCounts| Delivered::new(plan.format.converts, counts);
        let run = charges(used(&did.counts), &mut of_run, &scenario.prices);
        let month = charges(used(&did.judged).scaled(scale), &mut of_month, &scenario.prices);
        lines.extend(scale.lines(number, run, month));
    }
    lines
}

/// What a delivery stream is billed for that `used` so much, after others of its account took in
/// the bytes `before`: a charge for each tier, conversion, and requests.
pub(super) fn charges(used: Delivered, before: &mut u128, prices: &Prices) -> [Charge; 5] {
    let tiers = (Item::FirehoseIngest, Tiers::of_firehose());
    let [first, second, third] = tiered(tiers, used.bytes, before, prices);
    let converted =
        charge(Item::FirehoseConversion, Price::FirehoseConversion, used.converted, prices);
    let requests = charge(Item::S3Requests, Price::S3Put, used.requests, prices);
    [first, second, third, converted, requests]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    const GB: u64 = 1 << 30;
    const ZERO: &str = "0.000000";

    fn delivered(converts: bool, billed_bytes: u64, requests: u64) -> Delivered {
        let counts = FirehoseCounts { billed_bytes, requests, ..FirehoseCounts::default() };
        Delivered::new(converts, &counts)
    }

    fn told(used: Delivered, before: &mut u128) -> [String; 5] {
        let prices = Prices::of_region("us-east-1");
        charges(used, before, &prices).map(|it| it.amount.decimal(6))
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
        assert_eq!(given, ["27.000000", ZERO, ZERO, "16.200000", "1.166400"]);
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
