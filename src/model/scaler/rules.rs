//! What thresholds, targets and AWS's sample make of the minutes they see.

use super::Wish;
use super::plan::{Amount, Measure, Rule, SAMPLE_DOWN, SAMPLE_MINUTES, SAMPLE_UP, SampleRule};
use crate::model::facts;
use crate::model::meter::{Minute, Taken};

/// A factor of 1.
const MILLION: u128 = 1_000_000;
/// Minutes above the target until there are to be more, and clearly below it until less: what
/// Application Auto Scaling does with other services.
const TRACK_HIGH: usize = 3;
pub(super) const TRACK_LOW: usize = 15;
/// Clearly below: this part of the target (millionths).
const TRACK_SLACK: u128 = 900_000;

/// The larger of the parts of their limits that bytes and records reach, over so many seconds and
/// shards (millionths).
pub(super) fn utilization(taken: Taken, seconds: u64, shards: u32) -> u128 {
    let share = |amount: u64, limit: u64| {
        let limit = u128::from(limit) * u128::from(seconds) * u128::from(shards.max(1));
        u128::from(amount) * MILLION / limit
    };
    let bytes = share(taken.bytes, facts::WRITE_BYTES_PER_S);
    bytes.max(share(taken.records, facts::WRITE_RECORDS_PER_S))
}

fn measured(minute: &Minute, measure: Measure) -> u128 {
    match measure {
        Measure::Mean => utilization(minute.all, 60, minute.open),
        Measure::Busiest => utilization(minute.busiest, 60, 1),
    }
}

/// More if all the last minutes of one rule are at its threshold or above, less if all those of the
/// other are below.
pub(super) fn threshold(
    seen: &[&Minute],
    measure: Measure,
    (up, down): (Option<&Rule>, Option<&Rule>),
    open: u32,
) -> Option<Wish> {
    let holds = |rule: &Rule, test: &dyn Fn(u128) -> bool| {
        let last = last(seen, rule.minutes as usize);
        last.is_some_and(|last| last.iter().all(|minute| test(measured(minute, measure))))
    };
    if let Some(rule) = up
        && holds(rule, &|value| value >= u128::from(rule.threshold))
    {
        return Some(Wish::More(open.saturating_add(rule.by.of(open))));
    }
    let rule = down?;
    let low = holds(rule, &|value| value < u128::from(rule.threshold));
    low.then(|| Wish::Less(open.saturating_sub(rule.by.of(open)).max(1)))
}

/// The last so many; none where there are fewer.
fn last<'s, 'a>(seen: &'s [&'a Minute], minutes: usize) -> Option<&'s [&'a Minute]> {
    seen.len().checked_sub(minutes).map(|first| &seen[first..])
}

/// As many shards as bring the measure to `target`: more after three minutes above it, less after
/// fifteen clearly below.
pub(super) fn track(seen: &[&Minute], measure: Measure, target: u64, open: u32) -> Option<Wish> {
    let target = u128::from(target.max(1));
    // The lowest and the highest of the last minutes, where there are so many.
    let range = |minutes: usize| {
        let values = || last(seen, minutes).into_iter().flatten().map(|it| measured(it, measure));
        Some((values().min()?, values().max()?))
    };
    let wanted = |value: u128| (u128::from(open) * value).div_ceil(target) as u32;
    if let Some((lowest, highest)) = range(TRACK_HIGH)
        && lowest > target
    {
        return Some(Wish::More(wanted(highest).max(open)));
    }
    let (_, highest) = range(TRACK_LOW)?;
    let low = target * TRACK_SLACK / MILLION;
    (highest < low).then(|| Wish::Less(wanted(highest).clamp(1, open)))
}

/// AWS's sample: five-minute sums over what so many shards could take as its alarms were made for
/// (SCL-13), gaps filled with nothing. What it asks for counts from those that are open.
pub(super) fn sample(
    seen: &[&Minute],
    rule: &SampleRule,
    (known, open): (u32, u32),
) -> Option<Wish> {
    let points = points(seen, known);
    let last = |n: usize| points.iter().rev().take(n);
    if points.len() >= SAMPLE_UP && last(SAMPLE_UP).all(|&it| it >= u128::from(rule.up)) {
        return Some(Wish::More(open.saturating_mul(2)));
    }
    let (enough, of) = SAMPLE_DOWN;
    let low = last(of).filter(|&&it| it < u128::from(rule.down)).count();
    let old = rule.age_guard.is_some_and(|guard| {
        seen.iter().rev().take(SAMPLE_MINUTES).any(|minute| minute.read.age >= guard)
    });
    // Of one shard there is no half.
    (points.len() >= of && low >= enough && !old && open > 1).then(|| Wish::Less(open.div_ceil(2)))
}

/// Usage in each whole five minutes, oldest first (millionths).
fn points(seen: &[&Minute], open: u32) -> Vec<u128> {
    let (mut points, mut sum, mut minutes) = (Vec::new(), Taken::default(), 0);
    for minute in seen.iter().rev() {
        sum.records += minute.all.records;
        sum.bytes += minute.all.bytes;
        minutes += 1;
        if minutes == SAMPLE_MINUTES {
            points.push(utilization(sum, 300, open));
            (sum, minutes) = (Taken::default(), 0);
        }
    }
    points.reverse();
    points
}

impl Amount {
    /// How many that is of `open` shards, at least one.
    fn of(self, open: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Share(share) => {
                (u128::from(open) * u128::from(share)).div_ceil(MILLION).max(1) as u32
            }
        }
    }
}
