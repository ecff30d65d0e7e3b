//! Charts: a plain description ([`Chart`]), drawn as SVG or as PNG.
//!
//! A run's charts come from [`charts`]; [`render`] draws one. The layout (`panels`, `heatmap`,
//! `curves`) turns a description into marks at pixel positions; only `canvas` knows the drawing
//! library.

mod ages;
mod alarms;
mod attempts;
mod backlog;
mod blocked;
mod body;
mod bridge_layout;
mod budget;
mod canvas;
mod capacity;
mod colour;
mod compared;
mod concurrency;
mod cost;
mod cost_layout;
mod curves;
mod end_to_end;
mod frame;
mod frontier;
mod frontier_layout;
mod heatmap;
mod label;
mod latency;
mod lineage;
mod lineage_layout;
mod objects;
mod objects_layout;
mod overview;
mod panels;
pub mod png;
mod scale;
mod shards;
mod size_formulas;
mod size_frontier;
mod size_grid;
mod skew;
mod skew_layout;
mod spread;
mod spread_layout;
mod sweep_grid;
mod sweep_grid_layout;
mod text;
mod throttled;
mod timeline;
mod tornado;
mod tornado_layout;
mod waterfall_layout;
mod writes;

pub use colour::Role;
pub use tornado::chart as tornado;

pub use self::body::{
    AttemptBar, Attempts, Bridge, BridgeBar, Cell, Cost, CostItem, HeatMap, HeatRow, HeatUnit,
    Lineage, LineageBar, LineageFill, ObjectBin, Objects, Skew, SkewBar, Spread, SpreadRow,
    Tornado, TornadoBar, Waterfall, WaterfallColumn, WaterfallStage,
};
pub use self::frontier::{Frontier, FrontierPoint};
pub use self::size_formulas::{SizeFormulas, SizeRule};
pub use self::size_frontier::{SizeFrontier, SizePoint};
pub use self::size_grid::{SizeGrid, SizePanel};
pub use self::sweep_grid::{GridCell, SweepGrid};
use crate::experiment::outcome::Outcome;
use crate::report::study::compare::Comparison;
use crate::report::study::replicates::Replicates;
use crate::report::study::sweep::{JournalError, Sweep};
use crate::scenario::Scenario;

/// One picture of 1200 x 675 px.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The finding, as a sentence.
    pub title: String,
    /// The question the chart answers.
    pub subtitle: String,
    /// Where the numbers come from: scenario, seed, version.
    pub footer: String,
    /// The chart in words, for those who cannot see it.
    pub alt: String,
    /// Simulated time shown, from zero (s).
    pub span_s: f64,
    /// Moments marked through all panels, or all rows.
    pub marks: Vec<VerticalMark>,
    /// What is drawn.
    pub body: Body,
}

/// What a chart draws below its title.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Strips above one another on one time axis.
    Panels(Vec<Panel>),
    /// Rows over time, coloured by value.
    HeatMap(HeatMap),
    /// Distributions over a logarithmic axis of time.
    Curves(Vec<Curve>),
    /// Shards by their part of all records, and the busiest part by the number of shards.
    Skew(Skew),
    /// Shards over time, and what became of them.
    Lineage(Lineage),
    /// What is paid for, in one bar.
    Cost(Cost),
    /// Stages of a chain, each from where the one before it ended.
    Waterfall(Waterfall),
    /// What Firehose delivered.
    Objects(Objects),
    /// Attempts on a batch over time, by how many records they had.
    Attempts(Attempts),
    /// Values from run to run.
    Spread(Spread),
    /// What changes a sum.
    Bridge(Bridge),
    /// Points of a sweep by cost and another measure.
    Frontier(Frontier),
    /// Points of a sweep by two of its paths.
    SweepGrid(SweepGrid),
    /// What hangs on each unknown.
    Tornado(Tornado),
    /// Settings by cost and worst objective.
    SizeFrontier(SizeFrontier),
    /// Rules of thumb by the shards they ask for.
    SizeFormulas(SizeFormulas),
    /// Where rules err, over a grid of workloads.
    SizeGrid(SizeGrid),
}

/// One distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Whose it is.
    pub label: String,
    /// Its key numbers.
    pub note: String,
    /// Times (s) and the share of the whole up to each, ascending.
    pub points: Vec<(f64, f64)>,
    /// Points with a mark.
    pub marked: Vec<(f64, f64)>,
    /// Its colour.
    pub role: Role,
    /// Its dash pattern.
    pub dash: Dash,
}

/// A moment worth a vertical line.
#[derive(Clone, Debug, PartialEq)]
pub struct VerticalMark {
    /// When (s).
    pub at_s: f64,
    /// What happens then.
    pub label: String,
    /// Whether something only ends: where there is no room for all names, others come first.
    pub ends: bool,
}

/// One strip of lines over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is measured, with its unit.
    pub title: String,
    /// Height relative to the other panels.
    pub weight: f64,
    /// What the vertical axis measures.
    pub quantity: Quantity,
    /// The lines.
    pub series: Vec<Series>,
    /// What must not be crossed.
    pub limits: Vec<Limit>,
    /// Two series (lower, upper) with the area between them filled.
    pub band: Option<(usize, usize)>,
    /// Whether each series stands upon the one before, the space between them filled.
    pub stacked: bool,
    /// Stretches of time with a ground of their own: from, to (s).
    pub shades: Vec<(f64, f64)>,
}

/// What an axis measures: its unit, its ticks, and whether it is logarithmic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Records a second.
    RecordsPerSecond,
    /// Bytes a second, in binary units.
    BytesPerSecond,
    /// Bytes, in binary units.
    Bytes,
    /// Percent of a limit.
    Percent,
    /// Time in seconds, on a logarithmic axis.
    Age,
    /// Whole things.
    Count,
}

/// One line: a value that holds from one moment to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Written at the line's end.
    pub label: String,
    /// In order of time; unit as the panel's quantity.
    pub steps: Vec<Step>,
    /// Its colour.
    pub role: Role,
    /// Its dash pattern, so that hue is never needed.
    pub dash: Dash,
}

/// A limit, dashed thin and labelled at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Written at the line's end.
    pub label: String,
    /// In order of time; unit as the panel's quantity.
    pub steps: Vec<Step>,
}

/// A value over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Its beginning (s).
    pub from_s: f64,
    /// Its end (s).
    pub to_s: f64,
    /// The value; none leaves a gap.
    pub value: Option<f64>,
}

/// A dash pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Long strokes.
    Long,
    /// Short strokes.
    Short,
    /// Dots.
    Dotted,
    /// A stroke and a dot.
    DashDot,
    /// A long stroke and two dots.
    DashDotDot,
}

impl Dash {
    /// The pattern of the `n`-th line among equals; six patterns, then again.
    #[must_use]
    pub const fn of_place(n: usize) -> Self {
        match n % 6 {
            0 => Self::Solid,
            1 => Self::Long,
            2 => Self::Dotted,
            3 => Self::DashDot,
            4 => Self::Short,
            _ => Self::DashDotDot,
        }
    }
}

/// A chart and the name of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedChart {
    /// File name without its extension.
    pub file_stem: String,
    /// What is drawn.
    pub chart: Chart,
}

/// How a chart is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable Vector Graphics, with the alternative text.
    Svg,
    /// 1200 x 675 pixels, RGB.
    Png,
}

impl Format {
    /// What its files end in.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// The charts of a run; one with nothing to show is left out.
#[must_use]
pub fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<NamedChart> {
    let one = |stem: &str, chart: Option<Chart>| -> Vec<(String, Chart)> {
        chart.map(|chart| (stem.to_owned(), chart)).into_iter().collect()
    };
    let named = [
        one("overview", overview::chart(scenario, outcome)),
        shards::charts(scenario, outcome),
        one("throttled-heatmap", throttled::chart(scenario, outcome)),
        skew::charts(scenario, outcome),
        one("writes", writes::chart(scenario, outcome)),
        capacity::charts(scenario, outcome),
        lineage::charts(scenario, outcome),
        one("iterator-age", ages::chart(scenario, outcome)),
        one("backlog", backlog::chart(scenario, outcome)),
        one("latency-cdf", latency::chart(scenario, outcome)),
        end_to_end::charts(scenario, outcome),
        budget::charts(scenario, outcome),
        objects::charts(scenario, outcome),
        concurrency::charts(scenario, outcome),
        blocked::charts(scenario, outcome),
        alarms::charts(scenario, outcome),
        one("cost", cost::chart(scenario, outcome)),
    ];
    named.into_iter().flatten().map(|(file_stem, chart)| NamedChart { file_stem, chart }).collect()
}

/// How far replicates lie apart; none of a single one.
#[must_use]
pub fn of_replicates(replicates: &Replicates<'_>) -> Option<NamedChart> {
    let chart = spread::chart(replicates)?;
    Some(NamedChart { file_stem: "replicates".to_owned(), chart })
}

/// How far alternatives are from the first, and what makes up the difference in cost.
#[must_use]
pub fn of_comparison(comparison: &Comparison<'_>) -> Vec<NamedChart> {
    compared::charts(comparison)
}

/// The charts of a sweep; one with nothing to show is left out.
///
/// # Errors
/// Where a run cannot be read.
pub fn of_sweep(sweep: &Sweep<'_>, seed: u64) -> Result<Vec<NamedChart>, JournalError> {
    let Some(measure) = frontier::told_measure(sweep)? else { return Ok(Vec::new()) };
    let drawn = [
        ("frontier", frontier::chart(sweep, measure, seed)?),
        ("sweep-grid", sweep_grid::chart(sweep, measure, seed)?),
    ];
    let named = drawn.into_iter().filter_map(|(stem, chart)| Some((stem.to_owned(), chart?)));
    Ok(named.map(|(file_stem, chart)| NamedChart { file_stem, chart }).collect())
}

/// Streams that have a chart each.
const STREAMS: usize = 12;

/// A chart of the only stream, or of each of several by its name; of more than [`STREAMS`] that of
/// the `busiest`.
fn of_each(
    outcome: &Outcome,
    stem: &str,
    busiest: Option<usize>,
    draw: impl Fn(usize) -> Option<Chart>,
) -> Vec<(String, Chart)> {
    let count = outcome.streams.len();
    let of = |index: usize| {
        let chart = draw(index)?;
        if count == 1 {
            return Some((stem.to_owned(), chart));
        }
        let name = &outcome.streams[index].name;
        let stem = if count > STREAMS { stem.to_owned() } else { format!("{stem}-{name}") };
        let subtitle = format!("Stream {name}. {}", chart.subtitle);
        Some((stem, Chart { subtitle, alt: format!("{name}: {}", chart.alt), ..chart }))
    };
    if count > STREAMS {
        return busiest.and_then(of).into_iter().collect();
    }
    (0..count).filter_map(of).collect()
}

/// Draws a chart: the bytes of a file. Equal charts give equal bytes.
#[must_use]
pub fn render(chart: &Chart, format: Format) -> Vec<u8> {
    let mut marks = frame::marks(chart);
    match &chart.body {
        Body::Panels(list) => panels::draw(chart, list, &mut marks),
        Body::HeatMap(map) => heatmap::draw(chart, map, &mut marks),
        Body::Curves(curves) => curves::draw(curves, &mut marks),
        Body::Skew(skew) => skew_layout::draw(skew, &mut marks),
        Body::Lineage(lineage) => lineage_layout::draw(chart, lineage, &mut marks),
        Body::Cost(cost) => cost_layout::draw(cost, &mut marks),
        Body::Waterfall(waterfall) => waterfall_layout::draw(waterfall, &mut marks),
        Body::Objects(objects) => objects_layout::draw(chart, objects, &mut marks),
        Body::Tornado(tornado) => tornado_layout::draw(tornado, &mut marks),
        Body::Attempts(attempts) => attempts::draw(chart, attempts, &mut marks),
        Body::Spread(spread) => spread_layout::draw(spread, &mut marks),
        Body::Bridge(bridge) => bridge_layout::draw(bridge, &mut marks),
        Body::Frontier(frontier) => frontier_layout::draw(frontier, &mut marks),
        Body::SweepGrid(grid) => sweep_grid_layout::draw(grid, &mut marks),
        Body::SizeFrontier(frontier) => size_frontier::draw(frontier, &mut marks),
        Body::SizeFormulas(formulas) => size_formulas::draw(formulas, &mut marks),
        Body::SizeGrid(grid) => size_grid::draw(grid, &mut marks),
    }
    match format {
        Format::Svg => canvas::svg(&marks, &chart.title, &chart.alt),
        Format::Png => canvas::png(&marks),
    }
}
