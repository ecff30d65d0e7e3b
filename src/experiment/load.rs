//! What each shard of a stream was offered, minute by minute.

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

/// How full a stream is after the warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct Fullness {
    /// Stored over what all its shards may take, records or bytes, whichever is larger.
    pub accepted_share: f64,
    /// Largest part of its limit that any shard was offered on average.
    pub busiest_shard_offered_share: f64,
    /// That shard.
    pub busiest_shard: String,
    /// Largest part of a limit that any shard was sent in a whole second.
    pub busiest_second_share: f64,
}

/// How full the stream with this index is; `None` where the run has nothing after its warm-up.
#[must_use]
pub fn fullness(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Fullness> {
    let load = StreamLoad::new(scenario, outcome, index)?;
    let cells: Vec<Cell> = (0..load.shards()).map(|shard| load.total(shard)).collect();
    let busiest = (0..cells.len())
        .rev()
        .max_by(|&a, &b| load.load(&cells[a]).total_cmp(&load.load(&cells[b])))?;
    let seconds: f64 = cells.iter().map(|cell| cell.seconds).sum();
    let capacity = |limit: u64| limit as f64 * seconds;
    let records: u64 = cells.iter().map(|cell| cell.accepted_records).sum();
    let bytes: u64 = cells.iter().map(|cell| cell.accepted_bytes).sum();
    let by_records = records as f64 / capacity(load.stream.limit_records_per_s);
    let by_bytes = bytes as f64 / capacity(load.stream.limit_bytes_per_s);
    let second = cells.iter().map(|cell| cell.busiest_second_ppm).max().unwrap_or(0);
    Some(Fullness {
        busiest_second_share: f64::from(second) / 1e6,
        accepted_share: by_records.max(by_bytes),
        busiest_shard_offered_share: load.load(&cells[busiest]),
        busiest_shard: load.stream.shards[busiest].id.clone(),
    })
}

/// A stream's load after the warm-up.
pub(crate) struct StreamLoad<'r> {
    pub(crate) stream: &'r StreamOutcome,
    pub(crate) windows: Vec<Window>,
    /// Window by window, a cell for each shard that was there.
    cells: Vec<(u32, Cell)>,
    totals: Vec<Cell>,
    rounding: Rounding,
}

/// Some intervals of the series that follow one another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    cells: (usize, usize),
    pub(crate) seconds: f64,
    /// When it begins and ends.
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

/// What one shard saw in one or several windows; in no time where it was not open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) seconds: f64,
    pub(crate) offered_records: u64,
    pub(crate) offered_bytes: u64,
    pub(crate) attempts: u64,
    pub(crate) accepted_records: u64,
    pub(crate) accepted_bytes: u64,
    pub(crate) busiest_second_ppm: u32,
}

impl<'r> StreamLoad<'r> {
    /// The load of the stream with this index; `None` where the run has nothing after its warm-up.
    pub(crate) fn new(scenario: &Scenario, outcome: &'r Outcome, index: usize) -> Option<Self> {
        let stream = outcome.streams.get(index)?;
        let rounding = scenario.plan.streams.get(index)?.write.rounding;
        let (width, rows) = (stream.series.interval, stream.series.len());
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
        let totals = vec![Cell::default(); stream.shards.len()];
        let mut load = Self { stream, windows: Vec::new(), cells: Vec::new(), totals, rounding };
        for ends in starts.windows(2) {
            let until = start_of(ends[1]).min(outcome.until);
            load.add_window(ends[0]..ends[1], (start_of(ends[0]), until));
        }
        (!load.windows.is_empty()).then_some(load)
    }

    fn add_window(&mut self, rows: std::ops::Range<usize>, (from, until): (Instant, Instant)) {
        if until <= from {
            return;
        }
        let series = &self.stream.series;
        let mut shards: Vec<u32> =
            rows.clone().flat_map(|row| series.row(row).shards).copied().collect();
        shards.sort_unstable();
        shards.dedup();
        let first = self.cells.len();
        self.cells.extend(shards.iter().map(|&shard| {
            let seconds = self.stream.shards[shard as usize].open_seconds(from, until);
            (shard, Cell { seconds, ..Cell::default() })
        }));
        for row in rows.map(|row| series.row(row)) {
            let mut cells = self.cells[first..].iter_mut();
            for (shard, flow) in row.shards.iter().zip(row.flows) {
                let Some((_, cell)) = cells.find(|it| it.0 == *shard) else { break };
                cell.offered_records += flow.offered_records;
                cell.offered_bytes += flow.offered_bytes;
                cell.attempts += flow.attempts;
                cell.accepted_records += flow.accepted_records;
                cell.accepted_bytes += flow.accepted_bytes;
                cell.busiest_second_ppm = cell.busiest_second_ppm.max(flow.busiest_second_ppm);
            }
        }
        for (shard, cell) in &self.cells[first..] {
            let total = &mut self.totals[*shard as usize];
            *total = total.then(cell);
        }
        let cells = (first, self.cells.len());
        let seconds = until.since(from).as_s();
        self.windows.push(Window { cells, seconds, from, until });
    }

    pub(crate) fn shards(&self) -> usize {
        self.stream.shards.len()
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.windows.iter().map(|window| window.seconds).sum()
    }

    /// What `shard` saw in `window`.
    pub(crate) fn cell(&self, window: &Window, shard: usize) -> Cell {
        let cells = &self.cells[window.cells.0..window.cells.1];
        // Where shards never change, each has its own place.
        let place = match cells.get(shard) {
            Some(cell) if cell.0 as usize == shard => Ok(shard),
            _ => cells.binary_search_by_key(&(shard as u32), |cell| cell.0),
        };
        place.map_or(Cell::default(), |place| cells[place].1)
    }

    /// What each shard saw that was open in some of `window`, in order of index.
    pub(crate) fn open_in(&self, window: &Window) -> impl Iterator<Item = (usize, &Cell)> + Clone {
        let cells = &self.cells[window.cells.0..window.cells.1];
        cells.iter().filter(|it| it.1.seconds > 0.0).map(|it| (it.0 as usize, &it.1))
    }

    /// Whether shards opened or closed in the run.
    pub(crate) fn changes(&self) -> bool {
        self.stream.changes()
    }

    /// Shards open on average over the windows; all of them where they never change.
    pub(crate) fn mean_open(&self) -> f64 {
        if !self.changes() {
            return self.shards() as f64;
        }
        let seconds: f64 = self.totals.iter().map(|total| total.seconds).sum();
        seconds / self.seconds().max(f64::MIN_POSITIVE)
    }

    /// The windows, parted where shards open or close: in each part the same shards were open in
    /// some of every window. A single part where they never change.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = &[Window]> {
        let same = |a: &Window, b: &Window| {
            let ids = |window| self.open_in(window).map(|it| it.0);
            !self.changes() || ids(a).eq(ids(b))
        };
        self.windows.chunk_by(same)
    }

    /// What `shard` saw in all windows.
    pub(crate) fn total(&self, shard: usize) -> Cell {
        self.totals[shard]
    }

    /// Whether sizes are rounded up to whole KiB before they are charged.
    pub(crate) fn rounds_sizes(&self) -> bool {
        self.rounding == Rounding::Kib
    }

    /// Part of a shard's records limit that was offered.
    pub(crate) fn by_records(&self, cell: &Cell) -> f64 {
        part(cell.offered_records, self.stream.limit_records_per_s as f64 * cell.seconds)
    }

    /// Part of a shard's bytes limit that was offered, before metering rounds sizes up.
    pub(crate) fn by_bytes(&self, cell: &Cell) -> f64 {
        part(cell.offered_bytes, self.stream.limit_bytes_per_s as f64 * cell.seconds)
    }

    /// Part of a shard's limits that was offered: the larger of the two.
    pub(crate) fn load(&self, cell: &Cell) -> f64 {
        self.by_records(cell).max(self.by_bytes(cell))
    }

    /// Whether more was offered than the limits allow, or may have been once sizes are rounded up
    /// to whole KiB (KDS-W06: less than 1 KiB a record) and refusals show it.
    pub(crate) fn is_over(&self, cell: &Cell) -> bool {
        let limit = self.stream.limit_bytes_per_s as f64 * cell.seconds;
        let rounded_up = (cell.offered_bytes + 1_023 * cell.offered_records) as f64;
        self.load(cell) > 1.0
            || (self.rounds_sizes()
                && cell.refused_share() >= METERED_REFUSALS
                && rounded_up > limit)
    }
}

impl Cell {
    /// This cell and another of the same shard, or of another shard in the same time.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.offered_records += other.offered_records;
        self.offered_bytes += other.offered_bytes;
        self.attempts += other.attempts;
        self.accepted_records += other.accepted_records;
        self.accepted_bytes += other.accepted_bytes;
        self.busiest_second_ppm = self.busiest_second_ppm.max(other.busiest_second_ppm);
        self
    }

    /// Like [`Cell::and`], where the other lies in another time.
    pub(crate) fn then(self, other: &Self) -> Self {
        let seconds = self.seconds + other.seconds;
        Self { seconds, ..self.and(other) }
    }

    /// Refused attempts over all attempts; zero where there were none.
    pub(crate) fn refused_share(&self) -> f64 {
        let refused = self.attempts.saturating_sub(self.accepted_records);
        if self.attempts == 0 { 0.0 } else { refused as f64 / self.attempts as f64 }
    }
}

/// `amount` over `limit`; nothing of nothing.
fn part(amount: u64, limit: f64) -> f64 {
    if limit > 0.0 { amount as f64 / limit } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::outcome::ShardSeries;
    use crate::experiment::sample;
    use crate::time::Span;

    #[test]
    fn a_stream_may_be_forty_percent_full_and_its_busiest_shard_over() {
        let (scenario, outcome) = sample::hot_shard();
        let fullness = fullness(&scenario, &outcome, 0).expect("judged");
        // 1,600 of 4,000 records/s stored; 1,200 of 1,000 offered to shard 0.
        assert!((fullness.accepted_share - 0.4).abs() < 1e-12);
        assert!((fullness.busiest_shard_offered_share - 1.2).abs() < 1e-12);
        assert_eq!(fullness.busiest_shard, "shardId-000000000000");
    }

    #[test]
    fn windows_leave_the_warm_up_out_and_never_end_in_a_sliver() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        scenario.plan.warm_up = Span::from_s(15);
        let load = StreamLoad::new(&scenario, &outcome, 0).expect("judged");
        assert!(
            (load.seconds() - 40.0).abs() < 1e-9,
            "from the first interval that begins after 15 s"
        );

        // 80 s of 10 s: one minute and 20 s, which join; 100 s: one minute and 40 s.
        scenario.plan.warm_up = Span::ZERO;
        let row = outcome.streams[0].series.flows[..4].to_vec();
        for (seconds, windows) in [(80, vec![80.0]), (100, vec![60.0, 40.0])] {
            outcome.until = Instant::from_s(seconds);
            let flows = row.repeat(seconds as usize / 10);
            outcome.streams[0].series = ShardSeries::dense(Span::from_s(10), 4, flows);
            let load = StreamLoad::new(&scenario, &outcome, 0).expect("judged");
            let got: Vec<f64> = load.windows.iter().map(|window| window.seconds).collect();
            assert_eq!(got, windows);
        }
        scenario.plan.warm_up = Span::from_s(1_000);
        assert!(StreamLoad::new(&scenario, &outcome, 0).is_none());
    }
}
