//! `[[firehose]]`: a delivery stream of Amazon Data Firehose.

use serde::Deserialize;

use super::factor_range;
use crate::model::plan::{Compression, Destination};
use crate::scenario::leaf::{Factor, FactorRange, Leaf, Word, Words};
use crate::scenario::or_table::Table;
use crate::time::Span;
use crate::units::{ByteRate, Bytes};

factor_range!(
    /// How many bytes become one.
    Ratio, 0.01, 1_000.0
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
    /// (FH-90).
    pub(in crate::scenario) retry_options: Option<Table<RetryOptionsTable>>,
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
