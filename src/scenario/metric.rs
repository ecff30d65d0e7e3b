//! The registry of metrics: every name a user may write in `[slo]` or meet in a table.

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Records a second.
    RecordsPerSecond,
    /// A part of a whole.
    Share,
    /// A number of records; an objective may also be a share of those offered.
    Count,
    /// Virtual time.
    Time,
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

/// One measurable quantity of a run, with what it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// Records offered a second.
    WriteOffered,
    /// Entries sent a second, retries included.
    WriteAttempts,
    /// Records stored a second.
    WriteAccepted,
    /// Refused attempts over attempts (D2).
    WriteThrottled,
    /// Stored over what all shards could have taken, by records or bytes, whichever is larger.
    WriteUtilization,
    /// Birth to storage, retries included.
    WriteLatency(Statistic),
    /// Records given up.
    RecordsLost,
    /// Age of a call's last record at hand-over (D12). The consumer's place in declaration order.
    IteratorAge(usize, Statistic),
    /// Birth to the end of processing.
    ReadLatency(usize, Statistic),
    /// Records waiting: `Max` over interval ends, or `End`.
    Backlog(usize, Statistic),
    /// Refused GetRecords calls over all calls.
    ReadThrottled(usize),
}
