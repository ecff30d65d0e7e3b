//! How amazon-kinesis-scaling-utils decides (SCL-01 to SCL-09).

use super::Wish;
use super::plan::{UtilsAmount, UtilsPlan, UtilsRule};
use crate::model::meter::Minute;

/// What a shard can do a second by its reckoning (SCL-04): bytes and records, put and got. The
/// service knows no limit of 2,000 records read.
const PUT: (u64, u64) = (1_048_576, 1_000);
const GET: (u64, u64) = (2_097_152, 2_000);

/// What one kind of operation votes for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vote {
    Up,
    Down,
    None,
}

/// More, less, or nothing: any vote for more brings more, and less needs all of them. The capacity
/// is that of `known` shards, what is asked for counts from those that are `open`.
pub(super) fn decide(seen: &[&Minute], plan: &UtilsPlan, known: u32, open: u32) -> Option<Wish> {
    let vote = |operation: usize| {
        let amounts = |minute: &Minute| match operation {
            0 => (minute.all.bytes, minute.all.records),
            _ => (minute.read.bytes, minute.read.records),
        };
        let capacity = if operation == 0 { PUT } else { GET };
        vote(seen.iter().map(|minute| amounts(minute)), plan, capacity, known)
    };
    let votes: Vec<Vote> = (0..2).filter(|&it| plan.operations[it]).map(vote).collect();
    if votes.contains(&Vote::Up) {
        return Some(Wish::More(more(open, plan.up.as_ref()?.by)));
    }
    let down = !votes.is_empty() && votes.iter().all(|vote| *vote == Vote::Down);
    down.then(|| plan.down.as_ref().map(|rule| Wish::Less(less(open, rule.by))))?
}

/// Judges by bytes or by records, whichever has the larger mean.
fn vote(
    seen: impl DoubleEndedIterator<Item = (u64, u64)> + Clone,
    plan: &UtilsPlan,
    (bytes, records): (u64, u64),
    known: u32,
) -> Vote {
    let minutes = |rule: &Option<UtilsRule>| rule.as_ref().map_or(0, |it| it.minutes as usize);
    let window = minutes(&plan.up).max(minutes(&plan.down));
    // Tenths of a percent would be lost in whole ones: millionths of the capacity.
    let share = |amount: u64, limit: u64| {
        let capacity = u128::from(limit) * 60 * u128::from(known.max(1));
        u128::from(amount) * 100_000_000 / capacity
    };
    let last = seen.rev().take(window);
    let of_bytes: Vec<u128> = last.clone().map(|it| share(it.0, bytes)).collect();
    let of_records: Vec<u128> = last.map(|it| share(it.1, records)).collect();
    let sum = |values: &[u128]| values.iter().sum::<u128>();
    let judged = if sum(&of_bytes) >= sum(&of_records) { of_bytes } else { of_records };
    let percent = |rule: &UtilsRule| u128::from(rule.threshold) * 1_000_000;
    let high = plan.up.as_ref().is_some_and(|rule| {
        let high = judged.iter().filter(|&&value| value > percent(rule)).count();
        high >= rule.minutes as usize
    });
    if high {
        return Vote::Up;
    }
    let low = plan.down.as_ref().is_some_and(|rule| {
        // Minutes without a datapoint count as low.
        let missing = window - judged.len().min(window);
        let low = judged.iter().filter(|&&value| value < percent(rule)).count();
        low + missing >= rule.minutes as usize
    });
    if low { Vote::Down } else { Vote::None }
}

/// SCL-07, SCL-09.
fn more(open: u32, by: UtilsAmount) -> u32 {
    let n = u64::from(open);
    let to = match by {
        UtilsAmount::Count(count) => n + u64::from(count),
        UtilsAmount::Percent(p) if p < 100 => (n * (100 + u64::from(p))).div_ceil(100),
        UtilsAmount::Percent(p) => (n * u64::from(p)).div_ceil(100),
    };
    u32::try_from(to).unwrap_or(u32::MAX)
}

/// SCL-08, SCL-09.
fn less(open: u32, by: UtilsAmount) -> u32 {
    let n = u64::from(open);
    let to = match by {
        UtilsAmount::Count(count) => n.saturating_sub(u64::from(count)),
        UtilsAmount::Percent(p) if p <= 100 => n - n * u64::from(p) / 100,
        UtilsAmount::Percent(p) => n * 100 / u64::from(p),
    };
    to.max(1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked examples of SCL-07 and SCL-08: what the code does, not what its README says.
    #[test]
    fn percentages_are_those_of_the_code() {
        assert_eq!(more(75, UtilsAmount::Percent(150)), 113);
        assert_eq!(more(75, UtilsAmount::Percent(50)), 113);
        assert_eq!(less(75, UtilsAmount::Percent(25)), 57);
        assert_eq!(less(75, UtilsAmount::Percent(200)), 37);
        assert_eq!((more(4, UtilsAmount::Count(3)), less(4, UtilsAmount::Count(9))), (7, 1));
    }
}
