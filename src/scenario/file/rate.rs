//! `producer.rate`: a rate over time.

use serde::Deserialize;

use super::producer::{Scale, Speed};
use super::{count_range, factor_range};
use crate::scenario::leaf::{Count, CountRange, Factor, FactorRange, Leaf, Word, Words};
use crate::scenario::moment::{Begin, TimeOfDay};
use crate::scenario::or_table::{OrTable, Table};
use crate::scenario::series::{Names, ThrottledPart};
use crate::time::Span;
use crate::units::Rate;

count_range!(
    /// Records of one burst.
    BurstSize, 1, 1_000_000, "an instance releases a burst at one moment"
);
factor_range!(
    /// A peak over a mean.
    PeakToMean, 1.0, 1e6
);
factor_range!(
    /// How much of its usual load a day has.
    DayFactor, 0.0, 1e6
);

/// `producer.rate`: a rate over time.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct RateTable {
    /// One rate for the whole run.
    pub(in crate::scenario) constant: Option<Leaf<Rate>>,
    /// "steps" or "ramp" between `points`, "daily", or "on-off".
    pub(in crate::scenario) shape: Option<Word<Shape>>,
    /// Moments and rates in order: `[["0 s", "3k/s"], ["1 h", "9k/s"]]`. The last one stays.
    pub(in crate::scenario) points: Option<Vec<(Leaf<Span>, Leaf<Rate>)>>,
    /// "daily": the mean of a day with factor 1. "on-off": the mean over on and off.
    pub(in crate::scenario) mean: Option<Leaf<Rate>>,
    /// "on-off": the rate while it is on.
    pub(in crate::scenario) peak: Option<Leaf<Rate>>,
    /// "daily": the time of day at which the rate is highest, on the clock of `scenario.start`.
    pub(in crate::scenario) peak_at: Option<TimeOfDay>,
    /// "daily": a factor for each day from Monday to Sunday. Default: all 1.
    pub(in crate::scenario) weekdays: Option<Vec<Factor<DayFactor>>>,
    /// "daily": a factor for Saturday and Sunday. Default 1.
    pub(in crate::scenario) weekend: Option<Factor<DayFactor>>,
    /// "on-off": how long it is on; the run begins with it.
    pub(in crate::scenario) on: Option<Leaf<Span>>,
    /// "on-off": how long it is off.
    pub(in crate::scenario) off: Option<Leaf<Span>>,
    /// A file of counts an interval: CSV, or what CloudWatch answers.
    pub(in crate::scenario) trace: Option<String>,
    /// A CSV file's column with the counts, such as "IncomingRecords".
    pub(in crate::scenario) column: Option<String>,
    /// The id or label of a series that CloudWatch answered, or a list of them to add up; with a
    /// star at its end, all that begin so.
    pub(in crate::scenario) metric: Option<Names>,
    /// Width of its intervals. By default the step between its rows.
    pub(in crate::scenario) per: Option<Leaf<Span>>,
    /// What it counts: "records" or "bytes". Default: "bytes" where the name ends so.
    pub(in crate::scenario) unit: Option<Word<CountUnit>>,
    /// Which moment of the file is played at the run's beginning: a moment, or "first-row".
    /// Default: `scenario.start` where it is given and the times are dates; else the first row.
    pub(in crate::scenario) from: Option<Begin>,
    /// How many times faster it is replayed. Default 1.
    pub(in crate::scenario) speed: Option<Factor<Speed>>,
    /// How many times larger its counts are made. Default 1.
    pub(in crate::scenario) scale: Option<Factor<Scale>>,
    /// The bytes of the same records: the mean record size follows from them.
    pub(in crate::scenario) bytes: Option<OrTable<String, SeriesTable>>,
    /// The part of refused records that is added to the counts: a share, or "upper-bound" for all.
    pub(in crate::scenario) throttled: Option<OrTable<ThrottledPart, ThrottledTable>>,
    /// The highest rate over the mean: of the day ("daily"), or of each interval of `trace`.
    pub(in crate::scenario) peak_to_mean: Option<Factor<PeakToMean>>,
    /// How long the peak within an interval lasts, in the file's time. Default "1 s".
    pub(in crate::scenario) peak_width: Option<Leaf<Span>>,
    /// How arrivals are spaced: "poisson" (default), "even", or "bursty".
    pub(in crate::scenario) arrivals: Option<Word<ArrivalsWord>>,
    /// The bursts of "bursty" arrivals.
    pub(in crate::scenario) burst: Option<Table<BurstTable>>,
}

/// `producer.rate.burst`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct BurstTable {
    /// Records an instance releases at one moment, 1 to 1,000,000.
    pub(in crate::scenario) size: Option<Count<BurstSize>>,
    /// Time between two moments at which an instance may release bursts, 1 ms to 1 h.
    pub(in crate::scenario) every: Option<Leaf<Span>>,
}

/// A series of numbers in a file: `producer.rate.bytes`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct SeriesTable {
    /// The file. Default: that of the counts.
    pub(in crate::scenario) trace: Option<String>,
    /// A CSV file's column.
    pub(in crate::scenario) column: Option<String>,
    /// The id or label of a series that CloudWatch answered, or several.
    pub(in crate::scenario) metric: Option<Names>,
}

/// `producer.rate.throttled`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ThrottledTable {
    /// The part that is added: a share, or "upper-bound".
    pub(in crate::scenario) share: Option<ThrottledPart>,
    /// The file. Default: that of the counts.
    pub(in crate::scenario) trace: Option<String>,
    /// A CSV file's column. Default "WriteProvisionedThroughputExceeded".
    pub(in crate::scenario) column: Option<String>,
    /// The id or label of a series, or several. Default "WriteProvisionedThroughputExceeded".
    pub(in crate::scenario) metric: Option<Names>,
}

/// `producer.rate.shape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Shape {
    /// Each rate holds until the next.
    Steps,
    /// The rate moves in a straight line.
    Ramp,
    /// It rises and falls once a day.
    Daily,
    /// It is on and off in turn.
    OnOff,
}

impl Words for Shape {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("steps", Self::Steps),
        ("ramp", Self::Ramp),
        ("daily", Self::Daily),
        ("on-off", Self::OnOff),
    ];
}

/// `producer.rate.unit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum CountUnit {
    /// Records.
    Records,
    /// Bytes: divided by the mean size of a record with its key.
    Bytes,
}

impl Words for CountUnit {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("records", Self::Records), ("bytes", Self::Bytes)];
}

/// `producer.rate.arrivals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum ArrivalsWord {
    /// Independent of one another.
    Poisson,
    /// Each instance at equal distances.
    Even,
    /// Many at one moment, none in between.
    Bursty,
}

impl Words for ArrivalsWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("poisson", Self::Poisson), ("even", Self::Even), ("bursty", Self::Bursty)];
}
