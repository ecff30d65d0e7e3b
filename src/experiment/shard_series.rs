//! What each shard of a stream saw, interval by interval.

use crate::experiment::outcome::ShardFlow;
use crate::time::{Instant, Span};

/// A cell for each interval and each shard that there was something to say of in it: all that were
/// open, and closed ones that were read, or waited to be.
#[derive(Clone, Debug, Default)]
pub struct ShardSeries {
    /// Width of an interval; a multiple of the timeline's.
    pub interval: Span,
    /// Of each cell the shard, as an index; ascending within an interval.
    pub shards: Vec<u32>,
    /// The cells, interval by interval.
    pub flows: Vec<ShardFlow>,
    /// The first cell of each interval.
    starts: Vec<usize>,
}

/// The cells of one interval.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Number of the interval.
    pub number: usize,
    /// When it begins.
    pub start: Instant,
    /// The shards, as indices.
    pub shards: &'a [u32],
    /// A cell for each of them.
    pub flows: &'a [ShardFlow],
}

impl ShardSeries {
    /// No interval yet, and room for so many cells in so many intervals.
    #[must_use]
    pub fn with_capacity(interval: Span, cells: usize, intervals: usize) -> Self {
        Self {
            interval,
            shards: Vec::with_capacity(cells),
            flows: Vec::with_capacity(cells),
            starts: Vec::with_capacity(intervals),
        }
    }

    /// The series of `shards` shards that are open all the time: `flows` are theirs, interval by
    /// interval.
    #[must_use]
    pub fn dense(interval: Span, shards: usize, flows: Vec<ShardFlow>) -> Self {
        let cells = flows.len();
        Self {
            interval,
            shards: (0..cells).map(|cell| (cell % shards.max(1)) as u32).collect(),
            flows,
            starts: (0..cells).step_by(shards.max(1)).collect(),
        }
    }

    /// How many intervals there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The cells of interval number `number`, which is there.
    #[must_use]
    pub fn row(&self, number: usize) -> Row<'_> {
        let end = self.starts.get(number + 1).copied().unwrap_or(self.flows.len());
        let cells = self.starts[number]..end;
        Row {
            number,
            start: Instant::ZERO + self.interval.times(number as u64),
            shards: &self.shards[cells.clone()],
            flows: &self.flows[cells],
        }
    }

    /// All intervals, in order of time.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> + DoubleEndedIterator {
        (0..self.len()).map(|number| self.row(number))
    }

    /// Adds an interval: the cells of `shards`, which ascend, out of `flows`, which has one for
    /// every shard there is.
    pub fn push(&mut self, shards: &[u32], flows: &[ShardFlow]) {
        self.starts.push(self.flows.len());
        self.shards.extend_from_slice(shards);
        self.flows.extend(shards.iter().map(|&shard| flows[shard as usize]));
    }

    /// The cell of a shard in the last interval.
    pub fn last_of(&mut self, shard: u32) -> Option<&mut ShardFlow> {
        let start = *self.starts.last()?;
        let place = self.shards[start..].binary_search(&shard).ok()?;
        self.flows.get_mut(start + place)
    }

    /// Joins every two intervals into one of twice the width; of an odd number the last stays by
    /// itself.
    pub fn coarsen(&mut self) {
        let mut wide = Self::with_capacity(self.interval.times(2), self.flows.len(), self.len());
        for pair in (0..self.len()).step_by(2) {
            wide.starts.push(wide.flows.len());
            let first = self.row(pair);
            let (mut i, mut j) = (0, 0);
            let none = Row { shards: &[], flows: &[], ..first };
            let second = if pair + 1 < self.len() { self.row(pair + 1) } else { none };
            while i < first.shards.len() || j < second.shards.len() {
                let next = |row: &Row<'_>, place: usize| row.shards.get(place).copied();
                let (a, b) = (next(&first, i), next(&second, j));
                let shard = a.into_iter().chain(b).min().unwrap_or_default();
                let mut flow = ShardFlow::default();
                if a == Some(shard) {
                    flow = first.flows[i];
                    i += 1;
                }
                if b == Some(shard) {
                    flow = flow.then(&second.flows[j]);
                    j += 1;
                }
                wide.shards.push(shard);
                wide.flows.push(flow);
            }
        }
        *self = wide;
    }
}

impl ShardFlow {
    /// This interval and the next one together.
    #[must_use]
    fn then(mut self, next: &Self) -> Self {
        self.offered_records += next.offered_records;
        self.attempts += next.attempts;
        self.accepted_records += next.accepted_records;
        self.busiest_second_ppm = self.busiest_second_ppm.max(next.busiest_second_ppm);
        self.offered_bytes += next.offered_bytes;
        self.attempted_bytes += next.attempted_bytes;
        self.accepted_bytes += next.accepted_bytes;
        self.read_records += next.read_records;
        self.backlog_records = next.backlog_records;
        self.age_ms = self.age_ms.max(next.age_ms);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(records: u64) -> ShardFlow {
        ShardFlow { offered_records: records, ..ShardFlow::default() }
    }

    #[test]
    fn rows_hold_the_shards_there_were_and_join_by_shard() {
        let mut series = ShardSeries::with_capacity(Span::from_s(1), 8, 3);
        let flows = [flow(1), flow(10), flow(100)];
        series.push(&[0, 1], &flows);
        series.push(&[1, 2], &flows);
        series.push(&[2], &flows);
        assert_eq!(series.row(1).shards, [1, 2]);
        assert_eq!(series.row(2).start, Instant::from_s(2));
        series.last_of(2).unwrap().age_ms = 7;
        assert!(series.last_of(0).is_none());
        series.coarsen();
        let of = |number: usize| -> Vec<(u32, u64)> {
            let row = series.row(number);
            row.shards.iter().zip(row.flows).map(|(s, f)| (*s, f.offered_records)).collect()
        };
        assert_eq!(of(0), [(0, 1), (1, 20), (2, 100)]);
        assert_eq!(of(1), [(2, 100)]);
        assert_eq!((series.row(1).start, series.flows[3].age_ms), (Instant::from_s(2), 7));
    }
}
