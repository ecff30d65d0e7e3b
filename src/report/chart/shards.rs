//! Every shard over time: which were hot, and since when.

use crate::experiment::outcome::{Outcome, ShardFlow, ShardOutcome, StreamOutcome, Writes};
use crate::report::chart::ages::capitalised;
use crate::report::chart::timeline::{brought, event_marks, footer, percent_of, span_s};
use crate::report::chart::{Body, Cell, Chart, HeatMap, HeatRow, HeatUnit, STREAMS, text};
use crate::scenario::Scenario;

/// Rows that can be told apart; with more shards they are sorted by load and grouped.
const ROWS: usize = 64;
/// Of those, the busiest shards that keep a row of their own.
const SINGLE_ROWS: usize = 16;
/// Cells a picture may hold, so that the SVG stays below a megabyte.
const CELLS: usize = 12_000;

/// A map of the shards, or of several streams one each, and the names of their files.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let streams: Vec<&StreamOutcome> = outcome.streams.iter().filter(|it| !it.direct).collect();
    let stem = "shard-heatmap".to_owned();
    if !(2..=STREAMS).contains(&streams.len()) {
        return chart(scenario, outcome, &streams).map(|chart| (stem, chart)).into_iter().collect();
    }
    let of_stream = |stream: &StreamOutcome| {
        let chart = chart(scenario, outcome, &[stream])?;
        let subtitle = format!("Which shards of {} were hot, and since when?", stream.name);
        let alt = format!("{}: {}", stream.name, chart.alt);
        Some((format!("{stem}-{}", stream.name), Chart { subtitle, alt, ..chart }))
    };
    streams.into_iter().filter_map(of_stream).collect()
}

/// Shard by time, coloured by attempts against the limit.
fn chart(scenario: &Scenario, outcome: &Outcome, streams: &[&StreamOutcome]) -> Option<Chart> {
    if streams.iter().all(|stream| stream.write.attempts == 0) {
        return None;
    }
    let (shards, time) = grid(outcome, streams)?;
    let (rows, grouped) = rows(streams.len() > 1, &shards, &time, &LOAD);
    let column_s = time.width_s;
    let title = finding(&shards, span_s(outcome));
    let title_of_map = if grouped {
        format!(
            "Attempts over simulated time: the {SINGLE_ROWS} busiest of {} shards, then groups",
            text::whole(shards.len())
        )
    } else {
        "Attempts over simulated time, records or bytes, whichever is nearer to the limit"
            .to_owned()
    };
    Some(Chart {
        alt: format!("{title}. {}", loads(&shards, span_s(outcome))),
        title,
        subtitle: "Which shards were hot, and since when?".to_owned(),
        footer: footer(scenario, outcome),
        span_s: span_s(outcome),
        marks: event_marks(scenario, outcome),
        body: Body::HeatMap(HeatMap {
            unit: HeatUnit::OfLimit,
            title: title_of_map,
            bar_title: if streams.iter().any(|stream| stream.changes()) {
                "While open".to_owned()
            } else {
                "Whole run".to_owned()
            },
            column_s,
            rows,
        }),
    })
}

/// The shards of some streams, and the columns of a map of them; none without an interval.
pub(super) fn grid<'o>(
    outcome: &Outcome,
    streams: &[&'o StreamOutcome],
) -> Option<(Vec<ShardView<'o>>, Columns)> {
    let shards: Vec<_> = streams
        .iter()
        .flat_map(|stream| (0..stream.shards.len()).map(move |place| ShardView { stream, place }))
        .collect();
    let width_s = column_width(outcome, shards.len().min(ROWS))?;
    let count = ((span_s(outcome) / width_s).ceil() as usize).max(1);
    Some((shards, Columns { width_s, count, span_s: span_s(outcome) }))
}

/// The rows of a map, and whether shards had to be grouped; of `several` streams, each shard is
/// named with its own.
pub(super) fn rows(
    several: bool,
    shards: &[ShardView<'_>],
    time: &Columns,
    measure: &Measure,
) -> (Vec<HeatRow>, bool) {
    if shards.len() > ROWS {
        (grouped_rows(several, shards, time, measure), true)
    } else {
        (single_rows(several, shards, time, measure), false)
    }
}

/// What a map shows of a shard.
pub(super) struct Measure {
    /// Of a time: what flowed in it, and its length (s).
    cell: fn(&ShardView<'_>, (f64, f64, f64), f64) -> f64,
    /// Of the whole run, which is so long (s).
    total: fn(&ShardView<'_>, f64) -> f64,
}

/// Attempts in percent of the limit.
const LOAD: Measure = Measure {
    cell: |shard, (attempts, bytes, _), seconds| percent_of(attempts, bytes, shard.limits(seconds)),
    total: |shard, seconds| shard.attempted_percent(shard.open_s(0.0, seconds)),
};

/// Refused records a second.
pub(super) const REFUSED: Measure = Measure {
    cell: |_, (_, _, refused), seconds| if seconds > 0.0 { refused / seconds } else { 0.0 },
    total: |shard, seconds| shard.refused_per_s(seconds),
};

/// One shard with its stream.
#[derive(Clone, Copy)]
pub(super) struct ShardView<'a> {
    pub(super) stream: &'a StreamOutcome,
    pub(super) place: usize,
}

impl<'a> ShardView<'a> {
    pub(super) fn outcome(&self) -> &'a ShardOutcome {
        &self.stream.shards[self.place]
    }

    /// Records and bytes it may take in so many seconds.
    fn limits(&self, seconds: f64) -> (f64, f64) {
        let stream = self.stream;
        (stream.limit_records_per_s as f64 * seconds, stream.limit_bytes_per_s as f64 * seconds)
    }

    /// For how long it was open between two moments (s).
    fn open_s(&self, from_s: f64, until_s: f64) -> f64 {
        let shard = self.outcome();
        if shard.closed.is_none() && shard.came_of.is_empty() {
            return until_s - from_s;
        }
        let closed = shard.closed.map_or(until_s, |at| at.as_s().min(until_s));
        (closed - shard.opened.as_s().max(from_s)).max(0.0)
    }

    /// Attempts over the whole run, in percent of its limit.
    fn attempted_percent(&self, seconds: f64) -> f64 {
        let (attempts, bytes) = brought(&self.outcome().write);
        percent_of(attempts, bytes, self.limits(seconds))
    }

    fn refused_per_s(&self, seconds: f64) -> f64 {
        if seconds > 0.0 { self.outcome().write.throttled as f64 / seconds } else { 0.0 }
    }

    /// Records offered once while it was open in a run of so many seconds, in percent of its limit.
    pub(super) fn offered_percent(&self, seconds: f64) -> f64 {
        let seconds = self.open_s(0.0, seconds);
        let Writes { offered_records, offered_bytes, .. } = self.outcome().write;
        percent_of(offered_records as f64, offered_bytes as f64, self.limits(seconds))
    }

    /// What it is called: `shard 7`, or of several streams `orders 7`.
    pub(super) fn name(&self, several: bool) -> String {
        let stream = if several { self.stream.name.as_str() } else { "shard" };
        format!("{stream} {}", self.number())
    }

    /// Its number: `shardId-000000000007` is `7`.
    pub(super) fn number(&self) -> &'a str {
        let id = self.outcome().id.as_str();
        let digits = id.strip_prefix("shardId-").unwrap_or(id);
        match digits.trim_start_matches('0') {
            "" if digits.is_empty() => id,
            "" => "0",
            number => number,
        }
    }
}

/// The columns of the map.
pub(super) struct Columns {
    pub(super) width_s: f64,
    count: usize,
    span_s: f64,
}

impl Columns {
    /// Seconds of the run in a column; the last may be cut short.
    fn seconds(&self, column: usize) -> f64 {
        let start = self.width_s * column as f64;
        (self.span_s - start).min(self.width_s)
    }
}

/// The widest interval of any stream, times what keeps the cells few enough; none without one.
fn column_width(outcome: &Outcome, rows: usize) -> Option<f64> {
    let widest = outcome.streams.iter().map(|stream| stream.series.interval).max()?.as_s();
    let span_s = span_s(outcome);
    if widest <= 0.0 || span_s <= 0.0 || rows == 0 {
        return None;
    }
    let columns = (span_s / widest).ceil();
    let most = (CELLS / rows).clamp(1, 360) as f64;
    Some(widest * (columns / most).ceil().max(1.0))
}

fn single_rows(
    several: bool,
    shards: &[ShardView<'_>],
    time: &Columns,
    measure: &Measure,
) -> Vec<HeatRow> {
    let row = |shard: &ShardView<'_>| HeatRow {
        label: shard.name(several),
        cells: cells_of(&[*shard], time, measure),
        total: (measure.total)(shard, time.span_s),
    };
    shards.iter().map(row).collect()
}

/// The busiest shards one by one, the others in groups of about equal size.
fn grouped_rows(
    several: bool,
    shards: &[ShardView<'_>],
    time: &Columns,
    measure: &Measure,
) -> Vec<HeatRow> {
    let mut sorted: Vec<_> =
        shards.iter().map(|shard| ((measure.total)(shard, time.span_s), *shard)).collect();
    // A stable sort: equal shards stay in order of declaration.
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (busiest, others) = sorted.split_at(SINGLE_ROWS.min(sorted.len()));
    let groups = (ROWS - SINGLE_ROWS).min(others.len());
    let bound = |group: usize| group * others.len() / groups.max(1);
    let groups = (0..groups).map(|group| &others[bound(group)..bound(group + 1)]);
    busiest
        .chunks(1)
        .chain(groups)
        .map(|group| {
            let views: Vec<_> = group.iter().map(|(_, shard)| *shard).collect();
            let label = match views.as_slice() {
                [shard] => shard.name(several),
                views => text::counted(views.len(), "shard"),
            };
            let total = group.iter().map(|(load, _)| load).sum::<f64>() / views.len() as f64;
            HeatRow { label, cells: cells_of(&views, time, measure), total }
        })
        .collect()
}

/// A group's cells: the mean of its shards' means, the largest of their busiest seconds.
fn cells_of(group: &[ShardView<'_>], time: &Columns, measure: &Measure) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); time.count];
    // How many of them are open in each column.
    let mut open = vec![0_usize; time.count];
    for shard in group {
        let mut sums = vec![(0.0, 0.0, 0.0); time.count];
        for (at_s, flow) in flows_of(*shard) {
            let column = ((at_s / time.width_s) as usize).min(time.count - 1);
            sums[column].0 += flow.attempts as f64;
            sums[column].1 += flow.attempted_bytes as f64;
            sums[column].2 += flow.attempts.saturating_sub(flow.accepted_records) as f64;
            let peak = f64::from(flow.busiest_second_ppm) / 10_000.0;
            cells[column].peak = cells[column].peak.max(peak);
        }
        for (column, sum) in sums.into_iter().enumerate() {
            let from_s = time.width_s * column as f64;
            let open_s = shard.open_s(from_s, from_s + time.seconds(column));
            if open_s > 0.0 {
                open[column] += 1;
                cells[column].mean += (measure.cell)(shard, sum, open_s);
            }
        }
    }
    for (cell, open) in cells.iter_mut().zip(open) {
        cell.mean /= open.max(1) as f64;
        cell.closed = open == 0;
    }
    cells
}

/// A shard's intervals: the middle of each (s), and what flowed.
fn flows_of(shard: ShardView<'_>) -> impl Iterator<Item = (f64, &ShardFlow)> {
    let width = shard.stream.series.interval.as_s();
    shard.stream.series.rows().filter_map(move |row| {
        let place = match row.shards.get(shard.place) {
            Some(&there) if there as usize == shard.place => shard.place,
            _ => row.shards.binary_search(&(shard.place as u32)).ok()?,
        };
        Some(((row.number as f64 + 0.5) * width, &row.flows[place]))
    })
}

/// How many shards were offered too much, on average or in some second.
fn finding(shards: &[ShardView<'_>], seconds: f64) -> String {
    let loads = shards.iter().map(|shard| shard.offered_percent(seconds));
    let busiest = loads.clone().fold(0.0, f64::max);
    let over = loads.filter(|load| *load > 100.0).count();
    let count = shards.len();
    let of_all = |over: usize| {
        let verb = if over == 1 { "was" } else { "were" };
        match (over, count) {
            (1, 1) => "the only shard was".to_owned(),
            (over, count) if over == count => format!("all {} shards {verb}", text::whole(count)),
            _ => format!("{} of {} shards {verb}", text::whole(over), text::whole(count)),
        }
    };
    if over > 0 {
        let busiest = text::percent(busiest);
        let end = if over == 1 {
            format!("it can take: {busiest}")
        } else {
            format!("they can take; the busiest {busiest}")
        };
        return capitalised(&format!("{} offered more than {end}", of_all(over)));
    }
    let peaks = shards.iter().map(|shard| shard.outcome().busiest_second_ppm);
    let peak = text::percent(f64::from(peaks.clone().max().unwrap_or(0)) / 10_000.0);
    let bursts = peaks.filter(|ppm| *ppm > 1_000_000).count();
    if bursts > 0 {
        let who = of_all(bursts);
        return capitalised(&format!("{who} above the limit in some second, up to {peak}"));
    }
    format!("No shard went above its limit; the busiest second of any reached {peak}")
}

/// The busiest shard and the least busy one, in words.
fn loads(shards: &[ShardView<'_>], seconds: f64) -> String {
    let loads: Vec<_> = shards.iter().map(|shard| shard.offered_percent(seconds)).collect();
    let highest = loads.iter().copied().fold(0.0, f64::max);
    let lowest = loads.iter().copied().fold(highest, f64::min);
    let (lowest, highest) = (text::percent(lowest), text::percent(highest));
    if lowest == highest {
        return format!("Over the whole run every shard was offered {highest} of its limit");
    }
    format!("Over the whole run shards were offered {lowest} to {highest} of their limit")
}
