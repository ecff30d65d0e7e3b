//! Amazon Data Firehose: a delivery stream.

use super::FunctionPlan;
use crate::model::facts::DirectPutLimit;
use crate::time::Span;

/// One delivery stream.
#[derive(Clone, Debug, PartialEq)]
pub struct FirehosePlan {
    /// Where its objects go.
    pub destination: Destination,
    /// `BufferingHints` (FH-40).
    pub hints: HintsPlan,
    /// What becomes of an object's bytes.
    pub format: FormatPlan,
    /// How objects are delivered.
    pub delivery: DeliveryPlan,
    /// From the opening of a shard until it is known (FH-30).
    pub discovery: Span,
    /// Bytes of a shard that are read and not delivered before it is asked no more.
    pub pending: u64,
    /// Of the bytes of a record as they are metered, those of its key, which is not delivered.
    pub key: u64,
    /// `ProcessingConfiguration`: the transformation of its records, if there is one.
    pub transform: Option<TransformPlan>,
    /// `DynamicPartitioningConfiguration`, where it is enabled.
    pub partitions: Option<PartitionsPlan>,
    /// Whether it only backs up the source of another one (FH-87): what it reads is billed there.
    pub is_backup: bool,
}

impl FirehosePlan {
    /// Whether it has to know the keys of records.
    #[must_use]
    pub fn parts_by_key(&self) -> bool {
        self.partitions.is_some_and(|it| it.by == PartitionBy::Key)
    }
}

/// A transformation by a Lambda function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransformPlan {
    /// `BufferSizeInMBs`: bytes of data that are handed over together at most (FH-80).
    pub size: u64,
    /// `BufferIntervalInSeconds`: for how long they are collected (FH-80).
    pub interval: Span,
    /// Batches of a shard that are with the function at a time (FH-84).
    pub outstanding: u32,
    /// How often a batch is tried in all (FH-83).
    pub tries: u32,
    /// Pause between two tries.
    pub retry_every: Span,
    /// Part of the records that the function drops (FH-85; thousand-millionths).
    pub drops: u64,
    /// Part of the others that it says have failed (FH-85; thousand-millionths).
    pub failed: u64,
    /// Bytes that a million become: a ratio in millionths.
    pub ratio: u64,
    /// What is invoked; its records do not fail by themselves.
    pub function: FunctionPlan,
}

impl TransformPlan {
    /// What the function makes of `bytes`, rounded down.
    #[must_use]
    pub fn made(&self, bytes: u64) -> u64 {
        let made = u128::from(bytes) * u128::from(self.ratio) / 1_000_000;
        u64::try_from(made).unwrap_or(u64::MAX)
    }
}

/// Dynamic partitioning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartitionsPlan {
    /// How many there are in the data.
    pub count: u32,
    /// Which of them a record belongs to.
    pub by: PartitionBy,
    /// How many have data in buffers at most (FH-66).
    pub active: u32,
    /// How long an object may wait in the second stage (FH-69).
    pub second_stage: Span,
    /// For how long JQ is billed for each record (FH-114).
    pub jq: Span,
}

/// Which partition a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PartitionBy {
    /// Any, all alike.
    Uniform,
    /// The k-th in proportion to 1/k^exponent.
    Zipf {
        /// The exponent.
        exponent: f64,
    },
    /// The one that the hash of its partition key says.
    Key,
}

/// What a delivery stream takes in by Direct PUT. Its channels share the limits of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectPlan {
    /// What each channel adds to the limits: those of its stream (FH-42).
    pub base: DirectPutLimit,
    /// How long it is throttled without a pause before its limits are doubled (FH-04).
    pub growth: Span,
}

/// When a buffer is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HintsPlan {
    /// `SizeInMBs`: bytes, before compression (FH-44).
    pub size: u64,
    /// `IntervalInSeconds`, from the first record on (FH-46); as long as it takes where it is zero
    /// (FH-48).
    pub interval: Span,
    /// `IntervalInSeconds` as it was set.
    pub hinted: Span,
    /// How far the size is raised while delivery lags (FH-45).
    pub size_max: u64,
}

/// Where a delivery stream's objects go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Amazon S3.
    S3,
    /// Amazon Redshift, by way of S3.
    Redshift,
    /// Amazon OpenSearch Service.
    OpenSearch,
    /// Splunk.
    Splunk,
    /// Any HTTP endpoint.
    HttpEndpoint,
}

/// What becomes of an object's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatPlan {
    /// `CompressionFormat` (FH-59).
    pub compression: Compression,
    /// Bytes that become a million when they are written: a ratio in millionths.
    pub ratio: u64,
    /// Whether JSON becomes Parquet or ORC (FH-60).
    pub converts: bool,
}

impl FormatPlan {
    /// What is written of `bytes`, rounded up.
    #[must_use]
    pub fn stored(&self, bytes: u64) -> u64 {
        let stored = (u128::from(bytes) * 1_000_000).div_ceil(u128::from(self.ratio.max(1)));
        u64::try_from(stored).unwrap_or(u64::MAX)
    }
}

/// `CompressionFormat` (FH-59).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `UNCOMPRESSED`.
    None,
    /// `GZIP`.
    Gzip,
    /// `ZIP`.
    Zip,
    /// `Snappy`.
    Snappy,
    /// `HADOOP_SNAPPY`.
    HadoopSnappy,
}

/// How objects are delivered: those of a shard one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPlan {
    /// How long an object takes, whatever its size.
    pub fixed: Span,
    /// Bytes of it, as they are written, that go a second on top.
    pub bytes_per_s: u64,
    /// Pause after a delivery that failed.
    pub retry_every: Span,
    /// For how long it is tried again, from the first failure on (FH-91, FH-92, FH-93); `None` is
    /// until it succeeds (FH-90).
    pub retry_for: Option<Span>,
    /// How old an object's oldest record may become before it is lost; `None` where its source
    /// keeps it (FH-12, FH-26).
    pub kept: Option<Span>,
}
