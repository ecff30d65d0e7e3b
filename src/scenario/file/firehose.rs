//! `[[firehose]]`: a delivery stream of Amazon Data Firehose.

use serde::Deserialize;

use super::lambda::{ArchitectureWord, DurationTable, ErrorsTable, InvocationTable};
use super::producer::Exponent;
use super::{count_range, factor_range};
use crate::model::plan::{Compression, Destination};
use crate::scenario::leaf::{Count, CountRange, Factor, FactorRange, Leaf, Word, Words};
use crate::scenario::or_table::{OrTable, Table};
use crate::time::Span;
use crate::units::{ByteRate, Bytes, Share};

factor_range!(
    /// How many bytes become one.
    Ratio, 0.01, 1_000.0
);
factor_range!(
    /// How many bytes a function makes of one.
    OutputRatio, 0.0, 100.0
);
count_range!(
    /// `NumberOfRetries` (FH-83).
    Retries, 0, 300, "Firehose takes at most 300 retries"
);
count_range!(
    /// Partitions in the data.
    PartitionCount, 1, 100_000, "each takes memory for its buffer"
);
count_range!(
    /// Partitions with data in buffers (FH-66).
    ActivePartitions, 1, 5_000, "the quota is 500, and was 5,000 at most (FH-66)"
);

/// `[[firehose]]`: Amazon Data Firehose that reads a stream, or is put to, and delivers
/// objects.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct FirehoseTable {
    /// Unique among producers and consumers. Default "firehose", "firehose-2", …
    pub(in crate::scenario) name: Option<String>,
    /// `KinesisStreamARN`: the `StreamName` of the stream it reads. Must be given where there are
    /// several.
    pub(in crate::scenario) stream: Option<String>,
    /// When it is created: it reads what is stored from then on (FH-23). Default "0 s": it is there
    /// when the run begins, and reads all.
    pub(in crate::scenario) starts: Option<Leaf<Span>>,
    /// `DeliveryStreamType`: "KinesisStreamAsSource", the default, or "DirectPut": it takes what
    /// producers put whose `target` it is.
    pub(in crate::scenario) delivery_stream_type: Option<Word<SourceWord>>,
    /// Of "DirectPut": bytes a second that it takes when the run begins, a whole multiple of the
    /// Region's limit; requests and records a second grow with it (FH-03), and so does the number
    /// of its buffers (FH-42). Default: that limit, "5 MiB/s" in us-east-1, us-west-2 and
    /// eu-west-1 (FH-01), else "1 MiB/s" (FH-02).
    pub(in crate::scenario) throughput_limit: Option<Leaf<ByteRate>>,
    /// Where objects go: "S3" (default), "Redshift", "OpenSearch", "Splunk" or "HttpEndpoint".
    pub(in crate::scenario) destination: Option<Word<Destination>>,
    /// `BufferingHints` (FH-40). Default: those of the destination.
    pub(in crate::scenario) buffering_hints: Option<Table<HintsTable>>,
    /// `CompressionFormat`: "UNCOMPRESSED" (default), "GZIP", "ZIP", "Snappy" or "HADOOP_SNAPPY"
    /// (FH-59).
    pub(in crate::scenario) compression_format: Option<Word<Compression>>,
    /// `DataFormatConversionConfiguration`: JSON becomes "PARQUET" or "ORC", of "S3" only (FH-60).
    /// Default: it stays as it is.
    pub(in crate::scenario) data_format_conversion: Option<Word<FormatWord>>,
    /// How many bytes become one by compression or conversion, 0.01 to 1,000. Default 4 of "GZIP",
    /// "ZIP", "PARQUET" and "ORC", 2 of the others.
    pub(in crate::scenario) compression_ratio: Option<Factor<Ratio>>,
    /// `RetryOptions` of destinations other than "S3", which is retried until it takes an object
    /// (FH-90), but with dynamic partitioning (FH-94).
    pub(in crate::scenario) retry_options: Option<Table<RetryOptionsTable>>,
    /// `ProcessingConfiguration`: a Lambda function transforms records before they are collected
    /// (FH-80, FH-88). Default: none.
    pub(in crate::scenario) processing_configuration: Option<Table<TransformTable>>,
    /// `DynamicPartitioningConfiguration`: objects are made for each partition, of "S3" only
    /// (FH-71). Default: none.
    pub(in crate::scenario) dynamic_partitioning: Option<Table<PartitioningTable>>,
    /// `S3BackupMode`: "Enabled" of "S3" and "Redshift", "AllDocuments" of "OpenSearch",
    /// "AllEvents" of "Splunk" and "AllData" of "HttpEndpoint" back up all that is read, by a
    /// reader of its own, the delivery stream NAME-backup (FH-21, FH-87, FH-96). Default:
    /// "Disabled", "FailedDocumentsOnly", "FailedEventsOnly", "FailedDataOnly".
    pub(in crate::scenario) s3_backup_mode: Option<Word<BackupWord>>,
    /// How long the destination takes for an object, beside its transfer, at most 1 h. Default:
    /// `model.firehose.delivery_time`.
    pub(in crate::scenario) delivery_time: Option<Leaf<Span>>,
}

/// `firehose.buffering_hints`: a buffer is delivered when the first of them is reached.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct HintsTable {
    /// `SizeInMBs`, whole MiB, before compression: 1 MiB to 128 MiB of "S3" and "Redshift", 100 MiB
    /// of "OpenSearch", 64 MiB of "HttpEndpoint", 5 MiB of "Splunk". At least 64 MiB with
    /// conversion (FH-61). Must be given.
    pub(in crate::scenario) size: Option<Leaf<Bytes>>,
    /// `IntervalInSeconds`, whole seconds up to 900 s, of "Splunk" 60 s, from the first record on.
    /// Must be given.
    pub(in crate::scenario) interval: Option<Leaf<Span>>,
}

/// `firehose.retry_options`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct RetryOptionsTable {
    /// `DurationInSeconds`, whole seconds up to 7,200 s: what is not delivered then goes to the
    /// error output (FH-91, FH-92, FH-93). Default "3600 s" of "Redshift", else "300 s".
    pub(in crate::scenario) duration: Option<Leaf<Span>>,
}

/// `firehose.processing_configuration`: a function that transforms records, batch by batch. Its
/// concurrency is the account's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct TransformTable {
    /// `BufferSizeInMBs`: data that are handed over together, 0.2 MiB to 3 MiB (FH-80). Default
    /// "1 MiB", of "Splunk" "256 KiB".
    pub(in crate::scenario) buffer_size: Option<Leaf<Bytes>>,
    /// `BufferIntervalInSeconds`: for how long they are collected, whole seconds up to 900 s
    /// (FH-80). Default "60 s".
    pub(in crate::scenario) buffer_interval: Option<Leaf<Span>>,
    /// `NumberOfRetries`: how often a batch is tried again, 0 to 300 (FH-83). Default 3.
    pub(in crate::scenario) number_of_retries: Option<Count<Retries>>,
    /// How long an invocation takes. Must be given.
    pub(in crate::scenario) invocation_duration: Option<Table<InvocationTable>>,
    /// How often invocations fail as a whole, and which part of the records the function says have
    /// failed (FH-85). Default: never.
    pub(in crate::scenario) errors: Option<Table<ErrorsTable>>,
    /// How long a new environment takes to start (ESM-64). Default "200 ms".
    pub(in crate::scenario) cold_start: Option<OrTable<Leaf<Span>, DurationTable>>,
    /// `Timeout` of the function, 1 s to 300 s in whole seconds (FH-82). Default "3 s".
    pub(in crate::scenario) timeout: Option<Leaf<Span>>,
    /// `MemorySize` of the function, whole MiB from 128 MiB to 10,240 MiB: what it is billed for
    /// (ESM-63). Default "128 MiB".
    pub(in crate::scenario) memory_size: Option<Leaf<Bytes>>,
    /// `Architectures` of the function: "x86_64" or "arm64", which costs less (ESM-142). Default
    /// "x86_64".
    pub(in crate::scenario) architecture: Option<Word<ArchitectureWord>>,
    /// Part of the records that the function drops (FH-85). Default 0.
    pub(in crate::scenario) drops: Option<Leaf<Share>>,
    /// How many bytes the function makes of one, 0 to 100. Default 1.
    pub(in crate::scenario) output_ratio: Option<Factor<OutputRatio>>,
}

/// `firehose.dynamic_partitioning`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct PartitioningTable {
    /// Which partitions there are in the data. Must be given.
    pub(in crate::scenario) partitions: Option<Table<PartitionsTable>>,
    /// Partitions with data in buffers at most, 1 to 5,000: records of others go to the error
    /// output (FH-66). Default 500.
    pub(in crate::scenario) active_partitions: Option<Count<ActivePartitions>>,
    /// For how long JQ is billed for each record, where it looks for the keys (FH-114): AWS
    /// publishes no such time. Default "0 s", at most 1 s.
    pub(in crate::scenario) jq_per_record: Option<Leaf<Span>>,
}

/// `firehose.dynamic_partitioning.partitions`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct PartitionsTable {
    /// How many there are, 1 to 100,000. Must be given.
    pub(in crate::scenario) count: Option<Count<PartitionCount>>,
    /// Which one a record belongs to: "uniform" (default) and "zipf" draw it for each, and
    /// "partition_key" takes the hash of its key modulo `count`.
    pub(in crate::scenario) dist: Option<Word<PartitionWord>>,
    /// The k-th partition of "zipf" is drawn in proportion to 1/k^exponent.
    pub(in crate::scenario) exponent: Option<Factor<Exponent>>,
}

/// `model.firehose`: what AWS does not publish.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ModelFirehoseTable {
    /// How long a destination takes for an object, beside its transfer, at most 1 h (FH-90).
    /// Default "200 ms".
    pub(in crate::scenario) delivery_time: Option<Leaf<Span>>,
    /// Bytes of an object that are transferred a second (FH-90). Default "50 MiB/s".
    pub(in crate::scenario) delivery_throughput: Option<Leaf<ByteRate>>,
    /// Pause after a delivery that failed, 1 s to 1 h. Default "5 min" of "Redshift" and
    /// "OpenSearch" (FH-91, FH-92), else "10 s" (FH-93).
    pub(in crate::scenario) retry_every: Option<Leaf<Span>>,
    /// From the opening of a shard until it is read, up to 10 min (FH-30). Default "1 min".
    pub(in crate::scenario) discovery: Option<Leaf<Span>>,
    /// How long a buffer is filled whose interval is "0 s", 1 s to 1 min (FH-48). Default "4 s".
    pub(in crate::scenario) no_interval: Option<Leaf<Span>>,
    /// How far a buffer's size is raised while delivery lags, up to 1 GiB (FH-45). Default
    /// "128 MiB".
    pub(in crate::scenario) size_raised: Option<Leaf<Bytes>>,
    /// Pause before a batch that was not transformed is tried again, up to 1 h (FH-83). Default
    /// "1 s".
    pub(in crate::scenario) transform_retry_every: Option<Leaf<Span>>,
    /// How much of the interval an object of a partition waits in the second stage at most, up to
    /// 50 %; any wait up to that is as likely (FH-69). Default "50 %".
    pub(in crate::scenario) second_stage: Option<Leaf<Share>>,
    /// Bytes of a shard that are read and not delivered before no more is read, 1 MiB to 16 GiB
    /// (FH-26). Default "128 MiB".
    pub(in crate::scenario) pending: Option<Leaf<Bytes>>,
    /// How long Direct PUT is throttled without a pause before its limit is doubled, 1 s to 400 d
    /// (FH-04). Default "1 min".
    pub(in crate::scenario) limit_growth: Option<Leaf<Span>>,
}

/// `firehose.delivery_stream_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum SourceWord {
    /// It reads a stream.
    KinesisStreamAsSource,
    /// Producers put to it.
    DirectPut,
}

impl FirehoseTable {
    /// Whether producers put to it.
    pub(in crate::scenario) fn is_direct(&self) -> bool {
        self.delivery_stream_type.is_some_and(|word| word.0 == SourceWord::DirectPut)
    }
}

impl Words for SourceWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("KinesisStreamAsSource", Self::KinesisStreamAsSource), ("DirectPut", Self::DirectPut)];
    const MEANINGLESS: &'static [(&'static str, &'static str)] = &[
        ("MSKAsSource", "a scenario has Kinesis streams only"),
        ("DatabaseAsSource", "a scenario has Kinesis streams only"),
    ];
}

impl Words for Destination {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("S3", Self::S3),
        ("Redshift", Self::Redshift),
        ("OpenSearch", Self::OpenSearch),
        ("Splunk", Self::Splunk),
        ("HttpEndpoint", Self::HttpEndpoint),
    ];
    const LATER: &'static [&'static str] = &["Snowflake", "Iceberg", "OpenSearchServerless"];
}

impl Words for Compression {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("UNCOMPRESSED", Self::None),
        ("GZIP", Self::Gzip),
        ("ZIP", Self::Zip),
        ("Snappy", Self::Snappy),
        ("HADOOP_SNAPPY", Self::HadoopSnappy),
    ];
}

/// `firehose.data_format_conversion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum FormatWord {
    /// Apache Parquet.
    Parquet,
    /// Apache ORC.
    Orc,
}

impl Words for FormatWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("PARQUET", Self::Parquet), ("ORC", Self::Orc)];
}

/// `firehose.dynamic_partitioning.partitions.dist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum PartitionWord {
    /// All alike.
    Uniform,
    /// The k-th in proportion to 1/k^exponent.
    Zipf,
    /// By the hash of the record's key.
    Key,
}

impl Words for PartitionWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("uniform", Self::Uniform), ("zipf", Self::Zipf), ("partition_key", Self::Key)];
}

/// `firehose.s3_backup_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum BackupWord {
    /// Nothing is backed up, of "S3" and "Redshift".
    Disabled,
    /// All is, of these.
    Enabled,
    /// What failed is, of "OpenSearch".
    FailedDocuments,
    /// All is, of it.
    AllDocuments,
    /// What failed is, of "Splunk".
    FailedEvents,
    /// All is, of it.
    AllEvents,
    /// What failed is, of "HttpEndpoint".
    FailedData,
    /// All is, of it.
    AllData,
}

impl Words for BackupWord {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("Disabled", Self::Disabled),
        ("Enabled", Self::Enabled),
        ("FailedDocumentsOnly", Self::FailedDocuments),
        ("AllDocuments", Self::AllDocuments),
        ("FailedEventsOnly", Self::FailedEvents),
        ("AllEvents", Self::AllEvents),
        ("FailedDataOnly", Self::FailedData),
        ("AllData", Self::AllData),
    ];
}
