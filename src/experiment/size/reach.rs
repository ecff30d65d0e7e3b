//! Which numbers of shards are worth a look.

use crate::experiment::size::formula::{self, Formula};
use crate::experiment::size::score::allowed;
use crate::experiment::size::search::SHARDS_MAX;
use crate::experiment::size::workload::Workload;
use crate::model::plan::Plan;

/// How far beyond the largest rule is looked.
const BEYOND: f64 = 1.25;

/// The numbers of shards that rules ask for, and that of the file, ascending.
pub(super) fn told(work: &Workload, formulas: &[Formula]) -> Vec<u32> {
    let counts = formulas.iter().filter_map(|it| it.shards);
    let mut told: Vec<u32> = counts.filter(|it| *it <= SHARDS_MAX).collect();
    told.push(work.shards);
    told.sort_unstable();
    told.dedup();
    told
}

/// From what the mean fills beyond all measure to a quarter more than the rules say.
pub(super) fn range(work: &Workload, formulas: &[Formula]) -> (u32, u32) {
    let from = (work.filled() * 0.8).floor().clamp(1.0, f64::from(SHARDS_MAX)) as u32;
    let most = told(work, formulas).last().copied().unwrap_or(1).max(2);
    let to = (f64::from(most) * BEYOND).ceil().min(f64::from(SHARDS_MAX)) as u32;
    (from, to.max(from))
}

/// The same for one stream of a plan.
#[must_use]
pub fn range_of(plan: &Plan, stream: usize) -> (u32, u32) {
    let work = Workload::new(plan, stream);
    range(&work, &formula::formulas(&work))
}

/// The range where each of these is that of one draw: from where no more draws are filled beyond
/// all measure than may miss, to the largest of all. None without draws.
#[must_use]
pub fn range_of_draws(ranges: &[(u32, u32)], probability: f64) -> Option<(u32, u32)> {
    let mut from: Vec<u32> = ranges.iter().map(|it| it.0).collect();
    from.sort_unstable_by(|a, b| b.cmp(a));
    let spare = allowed(ranges.len() as u64, probability) as usize;
    let from = from.get(spare).or(from.last()).copied()?;
    let to = ranges.iter().map(|it| it.1).max()?;
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_looked_at_from_where_enough_may_hold_to_where_the_largest_fits() {
        let ranges: Vec<(u32, u32)> = (1..=20).map(|n| (n, 2 * n)).collect();
        // All must hold: below 20 the largest does not.
        assert_eq!(range_of_draws(&ranges, 1.0), Some((20, 40)));
        // One of twenty may miss, then five.
        assert_eq!(range_of_draws(&ranges, 0.95), Some((19, 40)));
        assert_eq!(range_of_draws(&ranges, 0.75), Some((15, 40)));
        assert_eq!(range_of_draws(&ranges[..1], 0.5), Some((1, 2)));
        assert_eq!(range_of_draws(&[], 0.95), None);
    }
}
