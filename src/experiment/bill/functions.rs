//! What Lambda functions are billed for: requests, and memory over time (ESM-140 to ESM-146). What
//! they read comes on top, in the lines of its stream (ESM-147). A function that transforms records
//! of Firehose is one too.
//!
//! An account's functions pay less for what they use above so much in a month. Who of them has used
//! what comes first is nobody's to say: here it is the order of declaration, and the sum is right
//! whatever it is. A run counts as a month of its own. The free tier is not taken off.

use super::account::{Scale, tiered};
use super::pricing::{Charge, Item, charge};
use super::{Line, Outcome, Scenario};
use crate::experiment::outcome::{ConsumerOutcome, FirehoseCounts, LambdaCounts};
use crate::model::plan::{FunctionPlan, ReaderPlan};
use crate::model::prices::{Price, Prices, Tiers};
use crate::units::Bytes;

/// What a function used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ran {
    /// Invocations, those of retries and halves among them; throttled tries are none (ESM-146).
    requests: u128,
    /// Its memory over the time it was billed (MiB-ms).
    mib_ms: u128,
}

/// What functions of both architectures have used so far: on x86, on arm64 (MiB-ms).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before([u128; 2]);

impl Ran {
    /// What a function used that ran so often, and was billed for so many milliseconds.
    pub(super) fn new(function: &FunctionPlan, (invocations, billed_ms): (u64, u64)) -> Self {
        let mib = u128::from(function.memory.0 / Bytes::mib(1).0);
        Self { requests: invocations.into(), mib_ms: mib * u128::from(billed_ms) }
    }

    /// As much for a month as this is for the part of a run.
    fn scaled(self, scale: Scale) -> Self {
        Self { requests: scale.month(self.requests), mib_ms: scale.month(self.mib_ms) }
    }
}

/// The lines of all functions, one after the other.
pub(super) fn lines(scenario: &Scenario, outcome: &Outcome) -> Vec<Line> {
    let scale = Scale::of(scenario, outcome);
    let mut before = [Before::default(); 2];
    let mut lines = Vec::new();
    for (number, (reader, consumer)) in
        scenario.plan.readers.iter().zip(&outcome.consumers).enumerate()
    {
        let Some((function, did, judged)) = did(reader, consumer) else { continue };
        let ran = Ran::new(function, did);
        let like = Ran::new(function, judged).scaled(scale);
        let run = charges(function.arm, ran, &mut before[0], &scenario.prices);
        let month = charges(function.arm, like, &mut before[1], &scenario.prices);
        lines.extend(scale.lines(number, run, month));
    }
    lines
}

/// Invocations, and the milliseconds that are billed for them.
type Invoked = (u64, u64);

/// A consumer's function, and what it did in the run, and after the warm-up.
fn did<'p>(
    reader: &'p ReaderPlan,
    consumer: &ConsumerOutcome,
) -> Option<(&'p FunctionPlan, Invoked, Invoked)> {
    if let Some((plan, did)) = reader.lambda().zip(consumer.lambda.as_ref()) {
        let of = |counts: &LambdaCounts| (counts.invocations, counts.billed_ms);
        return Some((&plan.function, of(&did.counts), of(&did.judged)));
    }
    let transform = reader.firehose()?.transform.as_ref()?;
    let did = consumer.firehose.as_ref()?;
    let of = |counts: &FirehoseCounts| (counts.invocations, counts.billed_ms);
    Some((&transform.function, of(&did.counts), of(&did.judged)))
}

/// What a function is billed for that `ran` so much: requests, and a charge for each tier.
pub(super) fn charges(arm: bool, ran: Ran, before: &mut Before, prices: &Prices) -> [Charge; 4] {
    let tiers = (Item::LambdaDuration, Tiers::of_functions(arm));
    let used = &mut before.0[usize::from(arm)];
    let [first, second, third] = tiered(tiers, ran.mib_ms, used, prices);
    let requests = charge(Item::LambdaRequests, Price::LambdaRequest, ran.requests, prices);
    [requests, first, second, third]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::DurationPlan;
    use crate::time::Span;

    fn function(mib: u64, arm: bool) -> FunctionPlan {
        let none = DurationPlan::Constant(Span::ZERO);
        FunctionPlan {
            memory: Bytes::mib(mib),
            arm,
            timeout: Span::from_s(3),
            cold_start: none,
            fixed: none,
            per_record: none,
            errors: 0,
            record_errors: 0,
            reserved: None,
            idle_reclaim: Span::from_s(600),
        }
    }

    fn ran(function: &FunctionPlan, invocations: u64, billed_ms: u64) -> Ran {
        Ran::new(function, (invocations, billed_ms))
    }

    fn told(function: &FunctionPlan, ran: Ran, before: &mut Before) -> [String; 4] {
        let prices = Prices::of_region("us-east-1");
        charges(function.arm, ran, before, &prices).map(|it| it.amount.decimal(6))
    }

    /// 10 million invocations of 100 ms with 512 MiB: 10 x 0.20 = 2.00 for requests;
    /// 1,000,000 s x 0.5 GB = 500,000 GB-s x 0.0000166667 = 8.33335. On arm64 x 0.0000133334 =
    /// 6.6667.
    #[test]
    fn a_month_of_a_function_by_hand() {
        let (x86, arm) = (function(512, false), function(512, true));
        let used = ran(&x86, 10_000_000, 1_000_000_000);
        let zero = "0.000000";
        let mut before = Before::default();
        assert_eq!(told(&x86, used, &mut before), ["2.000000", "8.333350", zero, zero]);
        assert_eq!(told(&arm, used, &mut before), ["2.000000", "6.666700", zero, zero]);
        let given = {
            let mut prices = Prices::of_region("us-east-1");
            prices.set(Price::LambdaTime, "$0.00001".parse().expect("money"));
            prices.discount = "10 %".parse().expect("a share");
            charges(false, used, &mut Before::default(), &prices).map(|it| it.amount.decimal(6))
        };
        // 2.00 x 0.9, and 500,000 x 0.00001 x 0.9.
        assert_eq!(given, ["1.800000", "4.500000", zero, zero]);
    }

    /// ESM-141: 16 billion GB-s on x86: 6 billion x 0.0000166667 = 100,000.20; 9 billion x 0.000015
    /// = 135,000.00; 1 billion x 0.0000133334 = 13,333.40. ESM-142: 20 billion on arm64: 7.5
    /// billion x 0.0000133334 = 100,000.50; 11.25 billion x 0.0000120001 = 135,001.125; 1.25
    /// billion x 0.0000106667 = 13,333.375.
    #[test]
    fn tiers_of_a_month_by_hand() {
        // 1,024 MiB for a second are a GB-s.
        let (x86, arm) = (function(1_024, false), function(1_024, true));
        let mut before = Before::default();
        let used = ran(&x86, 0, 16_000_000_000_000);
        let amounts = ["0.000000", "100000.200000", "135000.000000", "13333.400000"];
        assert_eq!(told(&x86, used, &mut before), amounts);
        let used = ran(&arm, 0, 20_000_000_000_000);
        let amounts = ["0.000000", "100000.500000", "135001.125000", "13333.375000"];
        assert_eq!(told(&arm, used, &mut before), amounts, "of its own, beside x86");
    }

    /// Two functions of 5 billion GB-s each: the second has 1 billion at the first price and 4
    /// billion at the second: 16,666.70 and 60,000.00. Together they pay what one of 10 billion
    /// does.
    #[test]
    fn functions_share_the_tiers_of_their_account() {
        let x86 = function(1_024, false);
        let mut before = Before::default();
        let used = ran(&x86, 0, 5_000_000_000_000);
        let zero = "0.000000";
        assert_eq!(told(&x86, used, &mut before), [zero, "83333.500000", zero, zero]);
        assert_eq!(told(&x86, used, &mut before), [zero, "16666.700000", "60000.000000", zero]);
        let both = ran(&x86, 0, 10_000_000_000_000);
        let alone = told(&x86, both, &mut Before::default());
        assert_eq!(alone, [zero, "100000.200000", "60000.000000", zero]);
    }

    /// 90 s with 600 invocations are 17,520,000 in 730 h.
    #[test]
    fn a_part_is_scaled_to_a_month() {
        let used = ran(&function(128, false), 600, 60_000);
        let month = used.scaled(Scale { from: Span::from_s(90), to: Span::from_s(2_628_000) });
        assert_eq!(month, ran(&function(128, false), 17_520_000, 1_752_000_000));
    }
}
