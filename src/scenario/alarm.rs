//! Alarms of a scenario: what each watches, and when it is raised.

use crate::model::alarm::{Ratio, Rule};
use crate::time::Span;

/// One `[[alarm]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its name, unique among alarms.
    pub name: String,
    /// What it measures.
    pub metric: Measured,
    /// What becomes of the samples of a period.
    pub statistic: Statistic,
    /// The stream it watches, in order of declaration.
    pub stream: usize,
    /// The only reader it watches; `None` for all of the stream.
    pub reader: Option<usize>,
    /// The only shard it watches, as an index; `None` for all of the stream.
    pub shard: Option<usize>,
    /// `Period`: whole minutes (CWA-01).
    pub period: Span,
    /// From a period's end until its datapoint is evaluated (CWA-06).
    pub delay: Span,
    /// When it is raised. The threshold is in the unit of the metric: bytes, a count, milliseconds,
    /// a part of one, or records a second.
    pub rule: Rule,
}

/// What an alarm measures. Those with a name of CloudWatch's have its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// `IncomingBytes` (KDS-M01).
    IncomingBytes,
    /// `IncomingRecords` (KDS-M02).
    IncomingRecords,
    /// `WriteProvisionedThroughputExceeded` (KDS-M03).
    WriteProvisionedThroughputExceeded,
    /// `ReadProvisionedThroughputExceeded` (KDS-M12).
    ReadProvisionedThroughputExceeded,
    /// `GetRecords.Bytes` (KDS-M09).
    GetRecordsBytes,
    /// `GetRecords.Records` (KDS-M09).
    GetRecordsRecords,
    /// `GetRecords.IteratorAgeMilliseconds` (KDS-M10).
    GetRecordsIteratorAge,
    /// `OutgoingBytes` of a shard (KDS-M09).
    OutgoingBytes,
    /// `OutgoingRecords` of a shard (KDS-M09).
    OutgoingRecords,
    /// `IteratorAgeMilliseconds` of a shard (KDS-M10).
    IteratorAge,
    /// `SubscribeToShardEvent.Bytes` (KDS-M14).
    EventBytes,
    /// `SubscribeToShardEvent.Records` (KDS-M14).
    EventRecords,
    /// `SubscribeToShardEvent.MillisBehindLatest` (KDS-M14).
    EventMillisBehindLatest,
    /// `write.offered`.
    WriteOffered,
    /// `write.attempts`.
    WriteAttempts,
    /// `write.accepted`.
    WriteAccepted,
    /// `write.throttled`.
    WriteThrottled,
    /// `write.failed`.
    WriteFailed,
    /// `write.utilization`.
    WriteUtilization,
    /// `records.lost`.
    RecordsLost,
}

/// `Statistic`: one number of the samples of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// All of them together.
    Sum,
    /// Their mean.
    Average,
    /// The least.
    Minimum,
    /// The largest.
    Maximum,
    /// How many there are.
    SampleCount,
}

/// What the datapoints of an alarm are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmUnit {
    /// Bytes in a period, or of a call.
    Bytes,
    /// A number of records or calls.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// A part of one.
    Share,
    /// Records a second.
    RecordsPerSecond,
}

/// Where the samples of a metric come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Records on their way into a stream.
    Writes,
    /// GetRecords calls.
    Calls,
    /// Events of enhanced fan-out.
    Events,
    /// What a shard gives out, both ways.
    Both,
}

impl Measured {
    /// Every metric with the name it is written by.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("IncomingBytes", Self::IncomingBytes),
        ("IncomingRecords", Self::IncomingRecords),
        ("WriteProvisionedThroughputExceeded", Self::WriteProvisionedThroughputExceeded),
        ("ReadProvisionedThroughputExceeded", Self::ReadProvisionedThroughputExceeded),
        ("GetRecords.Bytes", Self::GetRecordsBytes),
        ("GetRecords.Records", Self::GetRecordsRecords),
        ("GetRecords.IteratorAgeMilliseconds", Self::GetRecordsIteratorAge),
        ("OutgoingBytes", Self::OutgoingBytes),
        ("OutgoingRecords", Self::OutgoingRecords),
        ("IteratorAgeMilliseconds", Self::IteratorAge),
        ("SubscribeToShardEvent.Bytes", Self::EventBytes),
        ("SubscribeToShardEvent.Records", Self::EventRecords),
        ("SubscribeToShardEvent.MillisBehindLatest", Self::EventMillisBehindLatest),
        ("write.offered", Self::WriteOffered),
        ("write.attempts", Self::WriteAttempts),
        ("write.accepted", Self::WriteAccepted),
        ("write.throttled", Self::WriteThrottled),
        ("write.failed", Self::WriteFailed),
        ("write.utilization", Self::WriteUtilization),
        ("records.lost", Self::RecordsLost),
    ];

    /// The name it is written by.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, metric)| *metric == self);
        named.map_or("", |(name, _)| name)
    }

    /// Where its samples come from.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Self::ReadProvisionedThroughputExceeded
            | Self::GetRecordsBytes
            | Self::GetRecordsRecords
            | Self::GetRecordsIteratorAge
            | Self::IteratorAge => Source::Calls,
            Self::OutgoingBytes | Self::OutgoingRecords => Source::Both,
            Self::EventBytes | Self::EventRecords | Self::EventMillisBehindLatest => Source::Events,
            _ => Source::Writes,
        }
    }

    /// Whether one shard can be watched alone; those of CloudWatch then need its enhanced
    /// metrics.
    #[must_use]
    pub fn can_be_of_shard(self) -> bool {
        matches!(
            self,
            Self::IncomingBytes
                | Self::IncomingRecords
                | Self::WriteProvisionedThroughputExceeded
                | Self::WriteOffered
                | Self::WriteAttempts
                | Self::WriteAccepted
                | Self::WriteThrottled
                | Self::WriteUtilization
        ) || self.is_of_shard()
    }

    /// Whether there is none but of one shard.
    #[must_use]
    pub fn is_of_shard(self) -> bool {
        matches!(self, Self::OutgoingBytes | Self::OutgoingRecords | Self::IteratorAge)
    }

    /// The statistics there are, the default first; none where a period has one value anyway.
    #[must_use]
    pub fn statistics(self) -> &'static [Statistic] {
        use Statistic::{Average, Maximum, Minimum, SampleCount, Sum};
        match self {
            // Of put calls, whose sizes are not kept, AWS says the same of others (KDS-M01); how
            // many samples refusals make is not published (KDS-M16).
            Self::IncomingBytes
            | Self::IncomingRecords
            | Self::WriteProvisionedThroughputExceeded
            | Self::ReadProvisionedThroughputExceeded => &[Sum],
            Self::GetRecordsBytes
            | Self::GetRecordsRecords
            | Self::OutgoingBytes
            | Self::OutgoingRecords
            | Self::EventBytes
            | Self::EventRecords => &[Sum, Average, Minimum, Maximum, SampleCount],
            Self::GetRecordsIteratorAge | Self::IteratorAge | Self::EventMillisBehindLatest => {
                &[Maximum, Average, Minimum, SampleCount]
            }
            _ => &[],
        }
    }

    /// What its datapoints are measured in.
    #[must_use]
    pub fn unit(self, statistic: Statistic) -> AlarmUnit {
        if statistic == Statistic::SampleCount {
            return AlarmUnit::Count;
        }
        match self {
            Self::IncomingBytes
            | Self::GetRecordsBytes
            | Self::OutgoingBytes
            | Self::EventBytes => AlarmUnit::Bytes,
            Self::GetRecordsIteratorAge | Self::IteratorAge | Self::EventMillisBehindLatest => {
                AlarmUnit::Milliseconds
            }
            Self::WriteThrottled | Self::WriteFailed | Self::WriteUtilization => AlarmUnit::Share,
            Self::WriteOffered | Self::WriteAttempts | Self::WriteAccepted => {
                AlarmUnit::RecordsPerSecond
            }
            _ => AlarmUnit::Count,
        }
    }
}

impl Statistic {
    /// Every statistic in AWS's spelling.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("Sum", Self::Sum),
        ("Average", Self::Average),
        ("Minimum", Self::Minimum),
        ("Maximum", Self::Maximum),
        ("SampleCount", Self::SampleCount),
    ];

    /// AWS's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, statistic)| *statistic == self);
        named.map_or("", |(name, _)| name)
    }
}

impl Alarm {
    /// What its datapoints are measured in.
    #[must_use]
    pub fn unit(&self) -> AlarmUnit {
        self.metric.unit(self.statistic)
    }

    /// The statistic's name; empty where the metric has one value a period anyway.
    #[must_use]
    pub fn statistic_name(&self) -> &'static str {
        if self.metric.statistics().is_empty() { "" } else { self.statistic.name() }
    }

    /// A datapoint or threshold as people read it: seconds instead of milliseconds.
    #[must_use]
    pub fn shown_value(&self, value: Ratio) -> f64 {
        match self.unit() {
            AlarmUnit::Milliseconds => value.as_f64() / 1_000.0,
            _ => value.as_f64(),
        }
    }
}
