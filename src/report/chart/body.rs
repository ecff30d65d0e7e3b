//! What charts of special forms show.

use crate::experiment::bill::Item;
use crate::model::observation::ObjectCause;
use crate::report::chart::Step;
use crate::report::chart::colour::Role;

/// Sizes of objects, and their number and age over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// Classes of size, ascending.
    pub bins: Vec<ObjectBin>,
    /// Objects by what closed them.
    pub counts: Vec<u64>,
    /// The size hint (bytes).
    pub hint: f64,
    /// Objects an hour.
    pub per_hour: Vec<Step>,
    /// Age of an object's oldest record at delivery, the largest of each interval (s).
    pub freshness: Vec<Step>,
}

/// One class of size.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectBin {
    /// The smallest size in it (bytes).
    pub from: u64,
    /// Objects by what closed them.
    pub counts: [u64; ObjectCause::ALL.len()],
}

/// Where records fall: a bar a shard, and how the busiest shard's part depends on their number.
#[derive(Clone, Debug, PartialEq)]
pub struct Skew {
    /// What the bars mean.
    pub title: String,
    /// Top to bottom.
    pub bars: Vec<SkewBar>,
    /// One over the number of shards, in percent.
    pub even: f64,
    /// What the line means.
    pub counts_title: String,
    /// The busiest shard's part in percent with 1, 2, 3, … equal shards.
    pub busiest: Vec<f64>,
    /// Its part with the shards there are, which need not be equal.
    pub now: f64,
    /// How many shards there are.
    pub shards: u32,
}

/// One shard, or several together.
#[derive(Clone, Debug, PartialEq)]
pub struct SkewBar {
    /// At its left.
    pub label: String,
    /// Its part of all records in percent; of several shards, the largest one's.
    pub share: f64,
    /// Its largest keys with their parts in percent, largest first.
    pub keys: Vec<(String, f64)>,
}

/// Shards over time in order of hash key, and what became of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineage {
    /// What bars and height mean.
    pub title: String,
    /// A shard each, or the shards that own a slice of the hash keys.
    pub bars: Vec<LineageBar>,
    /// From parents to children: when (s), and the middle of each as a part of all hash keys.
    pub links: Vec<(f64, f64, f64)>,
    /// Moments of calls (s), and whether each was refused.
    pub calls: Vec<(f64, bool)>,
    /// Where bars stand for several shards, the most of any.
    pub most: Option<usize>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct LineageBar {
    /// Begin and end (s).
    pub span_s: (f64, f64),
    /// First and last hash key, as parts of all.
    pub keys: (f64, f64),
    /// Inside it, where there is room.
    pub label: String,
    /// What it shows.
    pub fill: LineageFill,
}

/// What a bar shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LineageFill {
    /// A shard, and whether it was offered more than its limit on average while it was open.
    Shard {
        /// Whether it was.
        over: bool,
    },
    /// So many shards.
    Group(usize),
}

/// What is paid for.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The parts of the bar from left to right.
    pub items: Vec<CostItem>,
    /// Their sum.
    pub total: String,
    /// What is said below them.
    pub notes: Vec<String>,
}

/// One part of the bar.
#[derive(Clone, Debug, PartialEq)]
pub struct CostItem {
    /// What it is: decides its colour.
    pub item: Item,
    /// The same in words.
    pub label: String,
    /// How much of it.
    pub quantity: String,
    /// At which price.
    pub price: String,
    /// What that costs.
    pub amount: String,
    /// Its part of the sum, 0 to 1.
    pub share: f64,
}

/// Stages that records pass one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// Top to bottom.
    pub stages: Vec<WaterfallStage>,
    /// Side by side, each on a scale of its own.
    pub columns: Vec<WaterfallColumn>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq)]
pub struct WaterfallStage {
    /// At its left.
    pub label: String,
    /// Whether records are stored there; else they are processed.
    pub stores: bool,
}

/// Some of the records at every stage.
#[derive(Clone, Debug, PartialEq)]
pub struct WaterfallColumn {
    /// Which of them.
    pub title: String,
    /// How old they are at the end of each stage (s).
    pub ends_s: Vec<f64>,
}

/// Rows over time, coloured by value.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// What is measured.
    pub unit: HeatUnit,
    /// What rows and colour mean.
    pub title: String,
    /// Above the bars at the right.
    pub bar_title: String,
    /// Width of a column (s).
    pub column_s: f64,
    /// Top to bottom, all with equally many cells.
    pub rows: Vec<HeatRow>,
}

/// One row of a heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatRow {
    /// At its left.
    pub label: String,
    /// In order of time.
    pub cells: Vec<Cell>,
    /// The bar at its right, in the map's unit.
    pub total: f64,
}

/// What the colours of a heat map measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeatUnit {
    /// Percent of a limit: 0 to 100, hatched above.
    OfLimit,
    /// Records a second, 0 to `most`.
    PerSecond {
        /// The largest value of any cell.
        most: f64,
    },
}

/// One cell of a heat map, in its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Mean over its time: the colour; crossed out above a limit.
    pub mean: f64,
    /// Largest value of any second in it: hatched above a limit.
    pub peak: f64,
    /// Whether no shard of the row was open then: it stays white.
    pub closed: bool,
}

/// Attempts on a batch, since the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempts {
    /// In order of time.
    pub bars: Vec<AttemptBar>,
    /// The colour of those that did not fail.
    pub done: Role,
}

/// One attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttemptBar {
    /// Begin and end (s).
    pub span_s: (f64, f64),
    /// Records handed over in it.
    pub records: u32,
    /// Whether it failed.
    pub failed: bool,
}

/// How far the values of some measures lie apart from run to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// In order, from above.
    pub rows: Vec<SpreadRow>,
}

/// One measure.
#[derive(Clone, Debug, PartialEq)]
pub struct SpreadRow {
    /// Its path.
    pub label: String,
    /// Its mean with the interval, in words.
    pub value: String,
    /// What became of its objective; empty where it has none.
    pub note: String,
    /// A value a run.
    pub dots: Vec<f64>,
    /// Their mean.
    pub mean: Option<f64>,
    /// The interval of the mean.
    pub interval: Option<(f64, f64)>,
    /// What an objective asks for.
    pub bound: Option<f64>,
    /// Ends of the axis.
    pub range: (f64, f64),
    /// The same in words.
    pub ends: (String, String),
}

/// A sum, what is added and taken away, and the sum that comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bridge {
    /// In order, from above.
    pub bars: Vec<BridgeBar>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct BridgeBar {
    /// What it is.
    pub label: String,
    /// How much, in words.
    pub amount: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends; before its beginning where it is taken away.
    pub to: f64,
    /// Whether it is a sum, which begins at zero.
    pub is_sum: bool,
}

/// What one number is when one thing is other than thought.
#[derive(Clone, Debug, PartialEq)]
pub struct Tornado {
    /// The widest first.
    pub bars: Vec<TornadoBar>,
    /// The number with everything in the middle.
    pub centre: f64,
    /// The same as text.
    pub centre_label: String,
    /// What an objective asks for, and its text.
    pub bound: Option<(f64, String)>,
    /// Values of the axis with their text, ascending.
    pub ticks: Vec<(f64, String)>,
}

/// One unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct TornadoBar {
    /// Its path, and the id of its fact where it is assumed.
    pub label: String,
    /// What it is thought to be.
    pub known: String,
    /// Whether a constant that AWS does not publish, not an input of the scenario.
    pub is_assumed: bool,
    /// Whether it alone turns the verdict.
    pub decides: bool,
    /// The number at each of its values, and the value.
    pub points: Vec<(f64, String)>,
}
