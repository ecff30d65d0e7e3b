//! `[[alarm]]`: what is watched as CloudWatch watches it.

use std::fmt;

use serde::de::value::Error as ValueError;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, Visitor};

use super::count_range;
use super::event::ShardNumber;
use crate::model::alarm::{MissingData, Operator};
use crate::quantity::{QuantityError, read_count};
use crate::scenario::alarm::{Measured, Statistic};
use crate::scenario::leaf::{Count, CountRange, Leaf, Quantity, Word, Words};
use crate::time::Span;

count_range!(
    /// `EvaluationPeriods` (CWA-02): a day of minutes.
    EvaluationPeriods, 1, 1_440, "an alarm looks at one day of minutes at most (CWA-02)"
);
count_range!(
    /// Periods in which datapoints are looked for.
    EvaluationRange, 1, 2_880, "twice the most an alarm can look at (CWA-02)"
);

/// `[[alarm]]`: a metric alarm of CloudWatch.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct AlarmTable {
    /// Unique among alarms. Default "alarm", "alarm-2", …
    pub(in crate::scenario) name: Option<String>,
    /// `MetricName`: what it measures. Must be given.
    pub(in crate::scenario) metric: Option<Word<Measured>>,
    /// `Statistic`. Default "Sum", of ages "Maximum".
    pub(in crate::scenario) statistic: Option<Word<Statistic>>,
    /// `StreamName`. Must be given where there are several streams and no reader is named.
    pub(in crate::scenario) stream: Option<String>,
    /// The only reader whose calls or events count. Default: all readers of the stream.
    pub(in crate::scenario) reader: Option<String>,
    /// The number in the `ShardId` of the only shard that counts. Default: all shards.
    pub(in crate::scenario) shard: Option<Count<ShardNumber>>,
    /// `Period`: whole minutes. Default "1 min".
    pub(in crate::scenario) period: Option<Leaf<Span>>,
    /// `EvaluationPeriods`: datapoints looked at. Default 1.
    pub(in crate::scenario) evaluation_periods: Option<Count<EvaluationPeriods>>,
    /// `DatapointsToAlarm`: how many of them must breach. Default: all of them.
    pub(in crate::scenario) datapoints_to_alarm: Option<Count<EvaluationPeriods>>,
    /// `Threshold` in the unit of the metric. Must be given.
    pub(in crate::scenario) threshold: Option<Amount>,
    /// `ComparisonOperator`. Must be given.
    pub(in crate::scenario) comparison_operator: Option<Word<Operator>>,
    /// `TreatMissingData`. Default "missing".
    pub(in crate::scenario) treat_missing_data: Option<Word<MissingData>>,
    /// From a period's end until its datapoint is evaluated, at most 1 h. Default "1 min".
    pub(in crate::scenario) delay: Option<Leaf<Span>>,
    /// Periods in which datapoints are looked for. Default: two more than `evaluation_periods`.
    pub(in crate::scenario) evaluation_range: Option<Count<EvaluationRange>>,
}

impl Words for Measured {
    const TAKEN: &'static [(&'static str, Self)] = Self::NAMES;
    const LATER: &'static [&'static str] = &[
        "GetRecords.Latency",
        "GetRecords.Success",
        "PutRecord.Bytes",
        "PutRecord.Latency",
        "PutRecord.Success",
        "PutRecords.Bytes",
        "PutRecords.FailedRecords",
        "PutRecords.Latency",
        "PutRecords.Success",
        "PutRecords.SuccessfulRecords",
        "PutRecords.ThrottledRecords",
        "PutRecords.TotalRecords",
        "SubscribeToShard.RateExceeded",
        "SubscribeToShard.Success",
        "SubscribeToShardEvent.Success",
    ];
    const MEANINGLESS: &'static [(&'static str, &'static str)] = &[
        (
            "GetRecords.IteratorAge",
            "AWS deprecated it: write \"GetRecords.IteratorAgeMilliseconds\"",
        ),
        ("PutRecords.Records", "AWS deprecated it (KDS-M08): write \"IncomingRecords\""),
    ];
}

impl Words for Statistic {
    const TAKEN: &'static [(&'static str, Self)] = Self::NAMES;
    const LATER: &'static [&'static str] = &["p50", "p90", "p95", "p99", "p99.9"];
    const MEANINGLESS: &'static [(&'static str, &'static str)] = &[
        ("max", "write \"Maximum\""),
        ("min", "write \"Minimum\""),
        ("mean", "write \"Average\""),
    ];
}

impl Words for Operator {
    const TAKEN: &'static [(&'static str, Self)] = Self::NAMES;
    const LATER: &'static [&'static str] = &[
        "LessThanLowerOrGreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "GreaterThanUpperThreshold",
    ];
    const MEANINGLESS: &'static [(&'static str, &'static str)] = &[
        (">=", "write \"GreaterThanOrEqualToThreshold\""),
        (">", "write \"GreaterThanThreshold\""),
        ("<", "write \"LessThanThreshold\""),
        ("<=", "write \"LessThanOrEqualToThreshold\""),
    ];
}

impl Words for MissingData {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("missing", Self::Missing),
        ("notBreaching", Self::NotBreaching),
        ("breaching", Self::Breaching),
        ("ignore", Self::Ignore),
    ];
}

/// A threshold as it is written: its metric says what it must be.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) enum Amount {
    /// With a unit, or in text.
    Text(String),
    /// Whole.
    Whole(i64),
    /// With a point.
    Float(f64),
}

impl Amount {
    /// It as the quantity a field of that kind takes.
    ///
    /// # Errors
    /// What such a field says of it, fit for the words of a problem.
    pub(in crate::scenario) fn read<T: Quantity>(&self) -> Result<T, String> {
        let read: Result<Leaf<T>, ValueError> = match self {
            Self::Text(text) => Leaf::deserialize(text.as_str().into_deserializer()),
            Self::Whole(number) => Leaf::deserialize((*number).into_deserializer()),
            Self::Float(number) => Leaf::deserialize((*number).into_deserializer()),
        };
        read.map(|leaf| leaf.0).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity such as \"48 MiB\", or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        Ok(Amount::Text(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount::Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Ok(i64::try_from(number).map_or(Amount::Float(number as f64), Amount::Whole))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        Ok(Amount::Float(number))
    }
}

/// A number of records or calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) struct Tally(pub(in crate::scenario) f64);

const TALLY_HELP: &str = "write a number such as 500, or \"10k\"";

impl std::str::FromStr for Tally {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        read_count(text, TALLY_HELP).map(Self)
    }
}

impl Quantity for Tally {
    const NAME: &'static str = "a number such as 500, or \"10k\"";
    const QUESTION: &'static str = "";
    fn spellings(_: &str) -> String {
        TALLY_HELP.to_owned()
    }
    fn bare(number: f64) -> Option<Result<Self, QuantityError>> {
        (number.is_finite() && number >= 0.0).then_some(Ok(Self(number)))
    }
}
