//! What objectives ask of a function.

use super::{share, statistic_of};
use crate::experiment::outcome::LambdaOutcome;
use crate::scenario::metric::{FunctionMetric, Statistic};
use crate::time::NS_PER_S;

/// What was measured of a function in the `seconds` after the warm-up.
///
/// An invocation that began before the warm-up's end may fail after it, and a record may be read
/// before and given up after.
pub(super) fn measure(
    lambda: &LambdaOutcome,
    metric: FunctionMetric,
    as_share: bool,
    seconds: f64,
) -> Option<f64> {
    let judged = &lambda.judged;
    match metric {
        FunctionMetric::Concurrency(Statistic::Mean) => {
            Some(judged.busy_ns as f64 / NS_PER_S as f64 / seconds)
        }
        FunctionMetric::Concurrency(_) => Some(f64::from(judged.concurrency_max)),
        FunctionMetric::Invocations => Some(judged.invocations as f64),
        FunctionMetric::Errors => share(judged.errors, judged.invocations.max(judged.errors)),
        FunctionMetric::Throttles => Some(judged.throttles as f64),
        FunctionMetric::Discarded if as_share => {
            let discarded = judged.discarded();
            Some(share(discarded, judged.polled.max(discarded)).unwrap_or(0.0))
        }
        FunctionMetric::Discarded => Some(judged.discarded() as f64),
        FunctionMetric::Duration(statistic) => statistic_of(&lambda.duration, statistic, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    /// The sample: 60 s, 480 invocations of 100 ms, one in ten of which fails.
    #[test]
    fn measures_are_those_worked_out_by_hand() {
        let (_, outcome) = sample::function();
        let lambda = outcome.consumers[0].lambda.as_deref().expect("a function");
        let cases = [
            (FunctionMetric::Concurrency(Statistic::Mean), false, 0.8),
            (FunctionMetric::Concurrency(Statistic::Max), false, 3.0),
            (FunctionMetric::Invocations, false, 480.0),
            (FunctionMetric::Errors, false, 0.1),
            (FunctionMetric::Throttles, false, 6.0),
            (FunctionMetric::Discarded, false, 1_200.0),
            (FunctionMetric::Discarded, true, 1_200.0 / 90_000.0),
            (FunctionMetric::Duration(Statistic::Mean), false, 0.1),
        ];
        for (metric, as_share, expected) in cases {
            let measured = measure(lambda, metric, as_share, 60.0).expect("measured");
            assert!((measured - expected).abs() < 1e-9, "{metric:?}: {measured}");
        }
    }

    #[test]
    fn a_function_that_was_never_invoked_has_no_share_of_errors() {
        let nothing = LambdaOutcome::default();
        let of = |metric, as_share| measure(&nothing, metric, as_share, 60.0);
        assert_eq!(of(FunctionMetric::Errors, false), None);
        assert_eq!(of(FunctionMetric::Duration(Statistic::Max), false), None);
        assert_eq!(of(FunctionMetric::Discarded, true), Some(0.0));
        assert_eq!(of(FunctionMetric::Invocations, false), Some(0.0));
    }
}
