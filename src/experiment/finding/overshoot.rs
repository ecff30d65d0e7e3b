//! K602: an autoscaler that does not wait for what it asked for.

use crate::experiment::outcome::{Asker, Change, ChangeKind, Outcome, ReshardCall, StreamOutcome};
use crate::model::plan::Plan;
use crate::model::scaler::Policy;
use crate::time::{Instant, Span};

/// An autoscaler that turns round within this time had no reason to set out.
const BACK_WITHIN: Span = Span::from_s(3_600);
/// A datapoint of CloudWatch, and of AWS's sample (SCL-13).
const MINUTE: Span = Span::from_s(60);
const SAMPLE: Span = Span::from_s(300);

/// K602: an autoscaler asked again before it could see what its last call did, or turned round
/// within an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Overshoot {
    /// Calls it made for a number of shards.
    pub calls: usize,
    /// Of them those made before the reshard before ended, or a whole datapoint after it.
    pub early: usize,
    /// The first of those.
    pub first_early: Option<Pair>,
    /// When the reshard before it ended, if it did (s).
    pub ended_s: Option<f64>,
    /// How long after a reshard a whole datapoint can be seen, at most (s).
    pub datapoint_s: f64,
    /// Calls in the other direction within an hour of one.
    pub reversals: usize,
    /// The first of those.
    pub first_reversal: Option<Pair>,
}

/// Two calls, one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// When (s).
    pub at_s: f64,
    /// For how many shards.
    pub target: u32,
    /// When the second was made (s).
    pub again_s: f64,
    /// For how many.
    pub again_target: u32,
}

/// A call for a number of shards.
#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    target: u32,
    up: bool,
    accepted: bool,
}

/// K602 of the stream with this index.
pub(super) fn find(plan: &Plan, outcome: &Outcome, index: usize) -> Option<Overshoot> {
    let scaler = plan.scalers.iter().find(|scaler| scaler.stream == index)?;
    let window = match scaler.policy {
        // It goes by the clock, not by what it sees.
        Policy::Schedule(_) => return None,
        Policy::Sample(_) => SAMPLE,
        _ => MINUTE,
    };
    let calls = calls(outcome, index);
    let ends: Vec<Instant> = of(outcome, index)
        .filter(|change| change.kind == ChangeKind::Active)
        .map(|change| change.at)
        .collect();
    let mut found = Overshoot {
        calls: calls.len(),
        early: 0,
        first_early: None,
        ended_s: None,
        datapoint_s: (window.times(2) + scaler.delay).as_s(),
        reversals: 0,
        first_reversal: None,
    };
    let mut last: Option<Asked> = None;
    for call in calls {
        if let Some(before) = last {
            let pair = Pair {
                at_s: before.at.as_s(),
                target: before.target,
                again_s: call.at.as_s(),
                again_target: call.target,
            };
            let ended = ends.iter().copied().find(|&end| end >= before.at);
            let seen = ended.map(|end| seen_from(end, window, scaler.delay));
            if seen.is_none_or(|seen| call.at < seen) {
                found.early += 1;
                if found.first_early.is_none() {
                    (found.first_early, found.ended_s) = (Some(pair), ended.map(Instant::as_s));
                }
            }
            let turns = call.accepted && call.up != before.up;
            if turns && call.at.since(before.at) < BACK_WITHIN {
                found.reversals += 1;
                found.first_reversal.get_or_insert(pair);
            }
        }
        if call.accepted {
            last = Some(call);
        }
    }
    (found.early + found.reversals > 0).then_some(found)
}

fn of(outcome: &Outcome, index: usize) -> impl Iterator<Item = &Change> {
    outcome.changes.iter().filter(move |change| change.stream == index)
}

/// What its autoscaler asked for.
fn calls(outcome: &Outcome, index: usize) -> Vec<Asked> {
    let counts = outcome.streams.get(index).map(StreamOutcome::open_counts).unwrap_or_default();
    let asked = of(outcome, index).filter_map(|change| {
        let ChangeKind::Asked { by: Asker::Autoscaler, call, refused } = change.kind else {
            return None;
        };
        let ReshardCall::UpdateShardCount { target } = call else { return None };
        // Those that open at the same moment are open already.
        let open = counts.iter().rev().find(|it| it.0 <= change.at).map_or(0, |it| it.1);
        let (at, up) = (change.at, target as usize > open);
        Some(Asked { at, target, up, accepted: refused.is_none() })
    });
    asked.collect()
}

/// When the first datapoint is shown that lies wholly after `end`.
fn seen_from(end: Instant, window: Span, delay: Span) -> Instant {
    let begins = end.as_ns().div_ceil(window.as_ns().max(1));
    Instant::ZERO + window.times(begins + 1) + delay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datapoint_is_whole_after_the_end_and_shown_later_still() {
        let seen = |end: u64| seen_from(Instant::from_s(end), MINUTE, Span::from_s(60));
        assert_eq!(seen(120), Instant::from_s(240));
        assert_eq!(seen(121), Instant::from_s(300));
    }
}
