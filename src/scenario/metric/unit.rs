//! What metrics are measured in, and which statistic of a distribution one is.

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Records a second.
    RecordsPerSecond,
    /// A part of a whole.
    Share,
    /// A number of records; an objective may also be a share of those offered.
    Count,
    /// A number of calls, or of other things that are done.
    Calls,
    /// How often something happened.
    Times,
    /// A number of invocations of a function.
    Invocations,
    /// A number of records that a function was to get; an objective may also be a share of those
    /// its mapping read.
    Given,
    /// Virtual time.
    Time,
    /// US dollars.
    Money,
    /// A size.
    Bytes,
}

impl Unit {
    /// The kind of quantity a bound in it is, as in the units of a scenario.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RecordsPerSecond => "rate",
            Self::Share => "share",
            Self::Count => "count, or a share of the records offered",
            Self::Calls | Self::Times | Self::Invocations => "count",
            Self::Given => "count, or a share of the records read",
            Self::Time => "duration",
            Self::Money => "money",
            Self::Bytes => "size",
        }
    }
}

/// Which statistic of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The value below which this percentage (0 to 100) lies.
    Percentile(f64),
    /// The largest.
    Max,
    /// The value at the end of the run.
    End,
    /// The mean.
    Mean,
}
