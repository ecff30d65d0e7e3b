//! What each shard of a stream was offered, minute by minute.

use std::ops::Range;

use crate::experiment::outcome::{Outcome, StreamOutcome};
use crate::model::plan::Rounding;
use crate::scenario::Scenario;
use crate::time::{Instant, NS_PER_S};

/// Findings look at windows as wide as a CloudWatch datapoint, or one interval where that is wider.
/// A mean over a minute is steady: at 1,000 records/s chance moves it by half a percent.
const WINDOW_S: u64 = 60;
/// From this share of refused attempts on, a shard counts as over its limit although the bytes
/// offered are below it, where metering rounds sizes up and may account for the rest.
const METERED_REFUSALS: f64 = 0.05;

/// A stream's load after the warm-up.
pub(super) struct StreamLoad<'r> {
    pub(super) stream: &'r StreamOutcome,
    pub(super) windows: Vec<Window>,
    rounding: Rounding,
}

/// Some intervals of the series that follow one another.
pub(super) struct Window {
    intervals: Range<usize>,
    pub(super) seconds: f64,
}

/// What one shard saw in one or several windows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) seconds: f64,
    pub(super) offered_records: u64,
    pub(super) offered_bytes: u64,
    pub(super) attempts: u64,
    pub(super) accepted_records: u64,
    pub(super) accepted_bytes: u64,
    pub(super) busiest_second_ppm: u32,
}

impl<'r> StreamLoad<'r> {
    /// The load of the stream with this index; `None` where the run has nothing after its warm-up.
    pub(super) fn new(scenario: &Scenario, outcome: &'r Outcome, index: usize) -> Option<Self> {
        let stream = outcome.streams.get(index)?;
        let rounding = scenario.plan.streams.get(index)?.write.rounding;
        let width = stream.series_interval;
        let rows = stream.series.len().checked_div(stream.shards.len())?;
        let start_of = |row: usize| Instant::ZERO + width.times(row as u64);
        let warm = Instant::ZERO + scenario.plan.warm_up;
        let first = (0..rows).find(|&row| start_of(row) >= warm)?;
        let group = (WINDOW_S * NS_PER_S).checked_div(width.as_ns())?.max(1) as usize;
        let mut starts: Vec<usize> = (first..rows).step_by(group).collect();
        // A last window of less than half its width would be noise: it joins the one before.
        if starts.len() > 1 && 2 * (rows - starts[starts.len() - 1]) < group {
            starts.pop();
        }
        starts.push(rows);
        let window = |ends: &[usize]| {
            let until = start_of(ends[1]).min(outcome.until);
            Window { intervals: ends[0]..ends[1], seconds: until.since(start_of(ends[0])).as_s() }
        };
        let windows = starts.windows(2).map(window).filter(|window| window.seconds > 0.0).collect();
        Some(Self { stream, windows, rounding })
    }

    pub(super) fn shards(&self) -> usize {
        self.stream.shards.len()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.windows.iter().map(|window| window.seconds).sum()
    }

    /// What `shard` saw in `window`.
    pub(super) fn cell(&self, window: &Window, shard: usize) -> Cell {
        let mut cell = Cell { seconds: window.seconds, ..Cell::default() };
        for row in window.intervals.clone() {
            let flow = &self.stream.series[row * self.shards() + shard];
            cell.offered_records += u64::from(flow.offered_records);
            cell.offered_bytes += flow.offered_bytes;
            cell.attempts += u64::from(flow.attempts);
            cell.accepted_records += u64::from(flow.accepted_records);
            cell.accepted_bytes += flow.accepted_bytes;
            cell.busiest_second_ppm = cell.busiest_second_ppm.max(flow.busiest_second_ppm);
        }
        cell
    }

    /// Part of a shard's records limit that was offered.
    pub(super) fn by_records(&self, cell: &Cell) -> f64 {
        cell.offered_records as f64 / (self.stream.limit_records_per_s as f64 * cell.seconds)
    }

    /// Part of a shard's bytes limit that was offered, before metering rounds sizes up.
    pub(super) fn by_bytes(&self, cell: &Cell) -> f64 {
        cell.offered_bytes as f64 / (self.stream.limit_bytes_per_s as f64 * cell.seconds)
    }

    /// Part of a shard's limits that was offered: the larger of the two.
    pub(super) fn load(&self, cell: &Cell) -> f64 {
        self.by_records(cell).max(self.by_bytes(cell))
    }

    /// Whether more was offered than the limits allow, or may have been once sizes are rounded up
    /// to whole KiB (KDS-W06: less than 1 KiB a record) and refusals show it.
    pub(super) fn is_over(&self, cell: &Cell) -> bool {
        let limit = self.stream.limit_bytes_per_s as f64 * cell.seconds;
        let rounded_up = (cell.offered_bytes + 1_023 * cell.offered_records) as f64;
        self.load(cell) > 1.0
            || (self.rounding == Rounding::Kib
                && cell.refused_share() >= METERED_REFUSALS
                && rounded_up > limit)
    }
}

impl Cell {
    /// This cell and another of the same shard, or of another shard in the same time.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.offered_records += other.offered_records;
        self.offered_bytes += other.offered_bytes;
        self.attempts += other.attempts;
        self.accepted_records += other.accepted_records;
        self.accepted_bytes += other.accepted_bytes;
        self.busiest_second_ppm = self.busiest_second_ppm.max(other.busiest_second_ppm);
        self
    }

    /// Like [`Cell::and`], where the other lies in another time.
    pub(super) fn then(self, other: &Self) -> Self {
        let seconds = self.seconds + other.seconds;
        Self { seconds, ..self.and(other) }
    }

    /// Refused attempts over all attempts; zero where there were none.
    pub(super) fn refused_share(&self) -> f64 {
        let refused = self.attempts.saturating_sub(self.accepted_records);
        if self.attempts == 0 { 0.0 } else { refused as f64 / self.attempts as f64 }
    }
}
