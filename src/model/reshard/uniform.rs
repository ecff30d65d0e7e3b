//! From the shards there are to equal ones: which are cut, and which are joined.
//!
//! How AWS goes about it is not published (KDS-S19). Only shards that reach across an edge of the
//! new ranges are cut, there, and neighbours within one range are joined. One step at a time from
//! the lowest range on, that is what a real stream was seen to do.

use super::Operation;
use crate::model::hashing::{HashRange, uniform_ranges};

/// Where shards are to begin and end.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    /// First hash of each range but the lowest, ascending.
    starts: Vec<u128>,
}

/// Edges as near as this to one there is are that one: ranges of 2^128 / n, rounded down, are not
/// all halves of those of 2^128 / 2n, and nobody would cut a shard of a few hash keys off for that.
const NEAR: u128 = 1 << 64;

impl Edges {
    /// Of `target` equal ranges (KDS-H05), where `open` are there, in order of their hashes.
    pub(super) fn new(target: u32, open: &[(HashRange, u32)]) -> Self {
        let starts = uniform_ranges(target).into_iter().skip(1).map(|range| {
            let place = open.partition_point(|(there, _)| there.start < range.start);
            let around = [place.checked_sub(1), Some(place)].into_iter().flatten();
            let starts = around.filter_map(|i| Some(open.get(i)?.0.start));
            let near = starts.filter(|&start| start > 0 && start.abs_diff(range.start) < NEAR);
            near.min_by_key(|start| start.abs_diff(range.start)).unwrap_or(range.start)
        });
        Self { starts: starts.collect() }
    }

    /// The steps to be done next, at most `limit`; none where all is as it should be. `open` are
    /// in order of their hashes. No shard is in two of them.
    pub(super) fn next_wave(&self, open: &[(HashRange, u32)], limit: u32) -> Vec<Operation> {
        let mut wave = Vec::new();
        let mut i = 0;
        while i < open.len() && wave.len() < limit as usize {
            let (range, shard) = open[i];
            let within = self.within(range);
            if let Some(last) = within.len().checked_sub(1) {
                wave.push(Operation::Split(shard, within[last / 2]));
            } else if let Some(&(next, neighbour)) = open.get(i + 1)
                && self.within(HashRange { start: range.start, end: next.end }).is_empty()
            {
                wave.push(Operation::Merge(shard, neighbour));
                i += 1;
            }
            i += 1;
        }
        wave
    }

    /// The most shards that are open at once on the way, where `parallel` says how many steps are
    /// done together.
    pub(super) fn most_open(
        &self,
        mut open: Vec<(HashRange, u32)>,
        parallel: impl Fn(u32) -> u32,
    ) -> u32 {
        let mut most = open.len();
        // Indices need only tell shards apart.
        let mut next = open.iter().map(|it| it.1).max().unwrap_or(0) + 1;
        loop {
            let wave = self.next_wave(&open, parallel(open.len() as u32));
            if wave.is_empty() {
                return most as u32;
            }
            let mut after = Vec::with_capacity(open.len() + wave.len());
            let mut steps = wave.iter().peekable();
            let mut i = 0;
            while let Some(&(range, shard)) = open.get(i) {
                match steps.peek() {
                    Some(&&Operation::Split(of, at)) if of == shard => {
                        steps.next();
                        let (lower, upper) = range.cut(at);
                        after.extend([(lower, next), (upper, next + 1)]);
                        next += 2;
                    }
                    Some(&&Operation::Merge(of, _)) if of == shard => {
                        steps.next();
                        i += 1;
                        after.push((HashRange { start: range.start, end: open[i].0.end }, next));
                        next += 1;
                    }
                    _ => after.push((range, shard)),
                }
                i += 1;
            }
            open = after;
            most = most.max(open.len());
        }
    }

    /// The edges that lie within `range`, where it would be cut.
    fn within(&self, range: HashRange) -> &[u128] {
        let first = self.starts.partition_point(|&start| start <= range.start);
        let last = self.starts.partition_point(|&start| start <= range.end);
        &self.starts[first..last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(count: u32) -> Vec<(HashRange, u32)> {
        uniform_ranges(count).into_iter().zip(0..).collect()
    }

    /// Steps one wave at a time until nothing is left to do; the ranges then, and how many steps.
    fn played(from: u32, to: u32, limit: u32) -> (Vec<HashRange>, usize, u32) {
        let edges = Edges::new(to, &of(from));
        let (mut open, mut steps, mut most) = (of(from), 0, from);
        let mut next = from;
        loop {
            let wave = edges.next_wave(&open, limit);
            if wave.is_empty() {
                return (open.into_iter().map(|it| it.0).collect(), steps, most);
            }
            steps += wave.len();
            for operation in wave {
                let place = |shard| open.iter().position(|it| it.1 == shard).unwrap();
                match operation {
                    Operation::Split(shard, at) => {
                        let i = place(shard);
                        let (lower, upper) = open[i].0.cut(at);
                        open.splice(i..=i, [(lower, next), (upper, next + 1)]);
                        next += 2;
                    }
                    Operation::Merge(lower, upper) => {
                        let (i, j) = (place(lower), place(upper));
                        assert_eq!(i + 1, j);
                        let merged = HashRange { start: open[i].0.start, end: open[j].0.end };
                        open.splice(i..=j, [(merged, next)]);
                        next += 1;
                    }
                }
            }
            most = most.max(open.len() as u32);
        }
    }

    #[test]
    fn doubling_cuts_each_shard_once_and_halving_joins_pairs() {
        for n in [1, 2, 3, 7, 50, 99] {
            assert_eq!(played(n, 2 * n, 1).1, n as usize);
            assert_eq!(played(2 * n, n, 1).1, n as usize);
            assert_eq!(played(n, n, 1).1, 0);
        }
    }

    proptest! {
        /// As many shards as asked for, all of the same width but for what rounding leaves, and as
        /// many at once on the way as foretold.
        #[test]
        fn shards_become_equal(from in 1_u32..60, part in 0_u32..100, limit in 1_u32..20) {
            let to = (from.div_ceil(2) + part * (2 * from - from.div_ceil(2)) / 99).max(1);
            let (ranges, steps, most) = played(from, to, limit);
            prop_assert_eq!(ranges.len(), to as usize);
            let mut next = Some(0);
            for range in &ranges {
                prop_assert_eq!(Some(range.start), next);
                next = range.end.checked_add(1);
                let off = (range.end - range.start).abs_diff(u128::MAX / u128::from(to));
                prop_assert!(off <= 2 * NEAR, "{off}");
            }
            prop_assert_eq!(next, None);
            prop_assert!(steps <= (2 * from + to) as usize);
            prop_assert_eq!(Edges::new(to, &of(from)).most_open(of(from), |_| limit), most);
        }
    }
}
