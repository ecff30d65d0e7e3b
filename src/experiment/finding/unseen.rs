//! K606: an autoscaler that does not see what is refused.

use super::too_late::refusals;
use crate::experiment::load::{StreamLoad, Window};
use crate::model::plan::Plan;
use crate::model::scaler::{Measure, Policy};

/// Below this share of refused attempts a minute is not counted.
const REFUSED_LEAST: f64 = 0.01;
/// Said from so much time on (s).
const BLIND_LEAST_S: f64 = 300.0;
const MILLION: f64 = 1e6;

/// K606: records were refused while the measure an autoscaler goes by stood below its threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Unseen {
    /// Time in which it was so, in whole minutes (s).
    pub blind_s: f64,
    /// Time looked at (s).
    pub judged_s: f64,
    /// Whether it goes by the busiest shard, not by all together.
    pub by_busiest: bool,
    /// The measure from which on it would have asked for more, as a part of the capacity.
    pub threshold: f64,
    /// The most the measure came to in such a minute.
    pub highest: f64,
    /// Records refused in that time, each refusal counted.
    pub refused: u64,
    /// The same over attempts.
    pub refused_share: f64,
    /// Why it does not see it.
    pub why: Hidden,
    /// Where the autoscaler stands among all.
    pub scaler: usize,
}

/// Why a measure is low although records are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Sizes are charged in whole KiB, and CloudWatch counts bytes as they are.
    Rounding,
    /// Some shards are over their limit, and the measure is of all together.
    HotShards,
    /// Single seconds are over the limit, and a minute is a mean.
    Bursts,
}

/// K606 of the stream with this index.
pub(super) fn find(plan: &Plan, index: usize, load: &StreamLoad) -> Option<Unseen> {
    let scaler = plan.scalers.iter().position(|scaler| scaler.stream == index)?;
    let (measure, threshold) = threshold(&plan.scalers[scaler].policy)?;
    let of = |window: &Window| match measure {
        Measure::Mean => mean(load, window),
        Measure::Busiest => busiest(load, window),
    };
    let is_blind = |window: &&Window| {
        let (refused, attempts) = refusals(load, window);
        refused as f64 >= REFUSED_LEAST * (attempts as f64).max(1.0) && of(window) < threshold
    };
    let windows: Vec<&Window> = load.windows.iter().filter(is_blind).collect();
    let blind_s: f64 = windows.iter().map(|window| window.seconds).sum();
    if blind_s < BLIND_LEAST_S {
        return None;
    }
    let (refused, attempts) = windows.iter().fold((0, 0), |sum, window| {
        let (refused, attempts) = refusals(load, window);
        (sum.0 + refused, sum.1 + attempts)
    });
    Some(Unseen {
        blind_s,
        judged_s: load.seconds(),
        by_busiest: measure == Measure::Busiest,
        threshold,
        highest: windows.iter().map(|window| of(window)).fold(0.0, f64::max),
        refused,
        refused_share: refused as f64 / (attempts as f64).max(1.0),
        why: why(load, &windows),
        scaler,
    })
}

/// What a policy goes by, and from where on it asks for more (a part of the capacity).
fn threshold(policy: &Policy) -> Option<(Measure, f64)> {
    match policy {
        Policy::Threshold { measure, up, .. } => {
            Some((*measure, up.as_ref()?.threshold as f64 / MILLION))
        }
        Policy::TargetTracking { measure, target, .. } => {
            Some((*measure, *target as f64 / MILLION))
        }
        Policy::ScalingUtils(utils) if utils.operations[0] => {
            Some((Measure::Mean, f64::from(utils.up.as_ref()?.threshold) / 100.0))
        }
        Policy::Sample(sample) => Some((Measure::Mean, sample.up as f64 / MILLION)),
        Policy::Schedule(_) | Policy::ScalingUtils(_) => None,
    }
}

/// Stored over what all open shards could take, records or bytes, whichever is larger.
fn mean(load: &StreamLoad, window: &Window) -> f64 {
    let sum = load.open_in(window).fold((0.0, 0.0, 0.0), |sum, (_, cell)| {
        let (records, bytes) = (cell.accepted_records as f64, cell.accepted_bytes as f64);
        (sum.0 + records, sum.1 + bytes, sum.2 + cell.seconds)
    });
    part(load, sum)
}

/// The same of the shard that stored most.
fn busiest(load: &StreamLoad, window: &Window) -> f64 {
    let of = load.open_in(window).map(|(_, cell)| {
        let (records, bytes) = (cell.accepted_records as f64, cell.accepted_bytes as f64);
        part(load, (records, bytes, cell.seconds))
    });
    of.fold(0.0, f64::max)
}

fn part(load: &StreamLoad, (records, bytes, seconds): (f64, f64, f64)) -> f64 {
    let seconds = seconds.max(f64::MIN_POSITIVE);
    let by_records = records / (load.stream.limit_records_per_s as f64 * seconds);
    by_records.max(bytes / (load.stream.limit_bytes_per_s as f64 * seconds))
}

/// What accounts for most of what was refused.
fn why(load: &StreamLoad, windows: &[&Window]) -> Hidden {
    let (mut rounded, mut hot, mut bursts) = (0, 0, 0);
    for window in windows {
        for (_, cell) in load.open_in(window) {
            let refused = cell.attempts.saturating_sub(cell.accepted_records);
            if load.load(cell) > 1.0 {
                hot += refused;
            } else if load.is_over(cell) {
                rounded += refused;
            } else {
                bursts += refused;
            }
        }
    }
    if rounded >= hot && rounded >= bursts {
        Hidden::Rounding
    } else if hot >= bursts {
        Hidden::HotShards
    } else {
        Hidden::Bursts
    }
}
