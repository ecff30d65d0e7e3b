//! `[autoscaler]`: what asks for other shards by itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::Shards;
use crate::quantity::shown;
use crate::scenario::leaf::{Complaint, Count, Leaf, Word, Words};
use crate::scenario::or_table::Table;
use crate::scenario::problem::Code;
use crate::time::Span;
use crate::units::Share;

/// `[autoscaler]`, or `[[autoscaler]]` where several streams have one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct AutoscalerTable {
    /// The stream it scales. Must be given where there are several.
    pub(in crate::scenario) stream: Option<String>,
    /// "threshold" (default), "target-tracking", "schedule"; "scaling-utils" is
    /// amazon-kinesis-scaling-utils (KDS-F10), "cloudwatch-lambda" AWS's sample (KDS-F09).
    pub(in crate::scenario) policy: Option<Word<PolicyWord>>,
    /// What is compared: "write.utilization" (default), of all shards together, or
    /// "write.utilization.busiest", of the busiest shard.
    pub(in crate::scenario) metric: Option<Word<MeasureWord>>,
    /// How often it looks, 1 s to 1 d. Default "1 min"; of "scaling-utils" "45 s" (SCL-01), of
    /// "cloudwatch-lambda" "5 min" (SCL-13).
    pub(in crate::scenario) check_every: Option<Leaf<Span>>,
    /// How long after its end CloudWatch shows a minute, at most 1 h (SCL-20). Default "1 min".
    pub(in crate::scenario) metric_delay: Option<Leaf<Span>>,
    /// When there are to be more shards. Of "threshold" and "scaling-utils" this or `scale_down`
    /// must be given.
    pub(in crate::scenario) scale_up: Option<Table<ScaleTable>>,
    /// When there are to be less.
    pub(in crate::scenario) scale_down: Option<Table<ScaleTable>>,
    /// Of "target-tracking": the utilization to come to. Must be given there.
    pub(in crate::scenario) target: Option<Leaf<Share>>,
    /// Of "schedule": times and how many shards from then on, such as `[["6 h", 24], ["20 h", 8]]`.
    /// Must be given there.
    pub(in crate::scenario) schedule: Option<Vec<(Leaf<Span>, Count<Shards>)>>,
    /// Of "schedule": after so long it begins anew, such as "1 d". Default: never.
    pub(in crate::scenario) repeat: Option<Leaf<Span>>,
    /// Of "scaling-utils": which operations count, "PUT" and "GET" (SCL-03). Default `["PUT"]`.
    pub(in crate::scenario) operations: Option<Vec<Word<OperationWord>>>,
    /// Of "cloudwatch-lambda": from this iterator age on nothing is made smaller (SCL-16). Default:
    /// no matter how old.
    pub(in crate::scenario) iterator_age_guard: Option<Leaf<Span>>,
    /// Shards at least, 1 to 20,000. Default 1.
    pub(in crate::scenario) min_shards: Option<Count<Shards>>,
    /// Shards at most, 1 to 20,000. Default 10,000 (KDS-S14).
    pub(in crate::scenario) max_shards: Option<Count<Shards>>,
}

/// `autoscaler.scale_up` and `autoscaler.scale_down`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ScaleTable {
    /// Utilization: up at or above it, down below it. Must be given; of "cloudwatch-lambda" 75 %
    /// and 25 % if not (SCL-14, SCL-15), likewise of "scaling-utils" (SCL-05).
    pub(in crate::scenario) threshold: Option<Leaf<Share>>,
    /// For how long, in whole minutes up to 1 d. Must be given; of "scaling-utils" 5 min up and
    /// 15 min down if not (SCL-05).
    pub(in crate::scenario) after: Option<Leaf<Span>>,
    /// How many more or less: a number of shards, or a part of those open such as "100 %". Must be
    /// given. "scaling-utils" has rules of its own for parts (SCL-07, SCL-08).
    pub(in crate::scenario) by: Option<By>,
    /// Least time between two calls in this direction. Default "0 s"; of "scaling-utils" 15 min up
    /// and 60 min down (SCL-05).
    pub(in crate::scenario) cool_off: Option<Leaf<Span>>,
}

/// `autoscaler.policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum PolicyWord {
    /// Two thresholds.
    Threshold,
    /// A measure is brought to a target.
    TargetTracking,
    /// At stated times.
    Schedule,
    /// amazon-kinesis-scaling-utils.
    ScalingUtils,
    /// AWS's sample.
    CloudwatchLambda,
}

impl Words for PolicyWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("threshold", Self::Threshold),
        ("target-tracking", Self::TargetTracking),
        ("schedule", Self::Schedule),
        ("scaling-utils", Self::ScalingUtils),
        ("cloudwatch-lambda", Self::CloudwatchLambda),
    ];
}

/// `autoscaler.metric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum MeasureWord {
    /// Of all shards together.
    Mean,
    /// Of the busiest.
    Busiest,
}

impl Words for MeasureWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("write.utilization", Self::Mean), ("write.utilization.busiest", Self::Busiest)];
}

/// An element of `autoscaler.operations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum OperationWord {
    /// What is written.
    Put,
    /// What is read.
    Get,
}

impl Words for OperationWord {
    const TAKEN: &'static [(&'static str, Self)] = &[("PUT", Self::Put), ("GET", Self::Get)];
}

/// How many more shards, or less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum By {
    /// So many.
    Count(u32),
    /// So many percent of those that are open.
    Percent(f64),
}

impl By {
    const HELP: &str = "write a number of shards such as 2, or a part such as \"50 %\"";

    fn refuse<E: Error>(problem: impl Into<String>) -> E {
        E::custom(Complaint::new(Code::BadQuantity, problem, Self::HELP))
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ByVisitor)
    }
}

struct ByVisitor;

impl Visitor<'_> for ByVisitor {
    type Value = By;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of shards, or a part such as \"50 %\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<By, E> {
        let number = text.strip_suffix('%').map(str::trim_end);
        match number.and_then(|number| number.parse::<f64>().ok()) {
            Some(percent) if percent > 0.0 && percent <= 10_000.0 => Ok(By::Percent(percent)),
            Some(_) => Err(By::refuse("must be more than 0 % and at most 10,000 %")),
            None if text.parse::<f64>().is_ok() => {
                let help = format!("write \"{text} %\" for a part, or {text} without quotes");
                Err(E::custom(Complaint::new(Code::NeedsUnit, "needs a unit", help)))
            }
            None => Err(By::refuse(format!("is no part: {}", shown(text)))),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<By, E> {
        match u32::try_from(number) {
            Ok(count @ 1..=20_000) => Ok(By::Count(count)),
            _ => Err(By::refuse("must be 1 to 20,000 shards")),
        }
    }
}
