//! `[[producer]]`: one kind of writer.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{F64Deserializer, I64Deserializer, StrDeserializer};
use serde::de::{Deserializer, Error, Visitor};

use super::rate::RateTable;
use super::retry::{ResendTable, RetryTable, RetryWord};
use super::{count_range, factor_range};
use crate::scenario::leaf::{Count, CountRange, Factor, FactorRange, HashKey, Leaf, Word, Words};
use crate::scenario::moment::Begin;
use crate::scenario::or_table::{OrTable, Table};
use crate::time::Span;
use crate::units::{Bytes, Rate, Share};

count_range!(
    /// Processes of one producer.
    Instances, 1, 100_000, "each instance is simulated"
);
count_range!(
    /// Different keys of one producer.
    Keys, 1, 10_000_000, "each key is hashed before the run"
);

count_range!(
    /// Calls of one instance without an answer.
    InFlight, 1, 1_000_000, "left out, there is no limit"
);
count_range!(
    /// Records in the memory of one instance.
    BufferRecords, 1, 1_000_000_000_000, "left out, there is no limit"
);

factor_range!(
    /// A Zipf exponent.
    Exponent, 0.0, 100.0
);
factor_range!(
    /// A weight.
    Weight, 0.0, 1e15
);
factor_range!(
    /// How many times faster a trace is replayed.
    Speed, 1e-6, 1e6
);
factor_range!(
    /// How many times larger a trace's load is made.
    Scale, 1e-6, 1e6
);
factor_range!(
    /// Records made of one that was processed.
    FanOutRatio, 0.0, 1_000.0
);

/// `[[producer]]`: where records come from and the client that sends them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ProducerTable {
    /// Unique among producers and consumers. Default "producer", "producer-2", …
    pub(in crate::scenario) name: Option<String>,
    /// `StreamName` of the stream it writes to. Must be given where there are several.
    pub(in crate::scenario) stream: Option<String>,
    /// What it writes to in place of a stream: "firehose.NAME", a `[[firehose]]` of type
    /// "DirectPut". Its records have no keys, and "PutRecords" stands for PutRecordBatch (FH-07).
    pub(in crate::scenario) target: Option<String>,
    /// Processes that share the load, 1 to 100,000. Default 1.
    pub(in crate::scenario) instances: Option<Count<Instances>>,
    /// Records a second, all instances together: "12k/s", or a table. Must be given, unless
    /// `trace` or `source` is.
    pub(in crate::scenario) rate: Option<OrTable<Leaf<Rate>, RateTable>>,
    /// Size of a record's data blob: "900 B", or a table. Must be given, unless `trace` is, or
    /// `rate.bytes` from which it follows. With `source`, "same" (default): as large as the record
    /// it is made of, key included.
    pub(in crate::scenario) record_size: Option<OrTable<SizeWord, SizeTable>>,
    /// `PartitionKey`: the key of all records, or a table. Default: a new key for every record.
    /// With `source`, "same" (default): the key of the record it is made of.
    pub(in crate::scenario) partition_key: Option<OrTable<String, KeyTable>>,
    /// `ExplicitHashKey`: replaces the partition key's hash (KDS-H03). Default: not set.
    pub(in crate::scenario) explicit_hash_key: Option<OrTable<HashKey, HashKeyTable>>,
    /// Records one by one from a file, instead of `rate`, `record_size` and `partition_key`.
    pub(in crate::scenario) trace: Option<Table<TraceTable>>,
    /// Whose work its records are made of, instead of `rate`: "reader.NAME". Each is offered when
    /// the record it is made of has been processed.
    pub(in crate::scenario) source: Option<String>,
    /// Records made of each that the `source` has processed, 0 to 1,000: the whole part always, one
    /// more by chance for the rest. Default 1.
    pub(in crate::scenario) records_per_record: Option<Factor<FanOutRatio>>,
    /// The call made: "PutRecord" (default) or "PutRecords".
    pub(in crate::scenario) api: Option<Word<ApiWord>>,
    /// How long the first record of a PutRecords call waits for company. Default "100 ms".
    pub(in crate::scenario) linger: Option<Leaf<Span>>,
    /// What the SDK does about a refused PutRecord: a profile's name, a table, or `false`, which
    /// gives up at once. Default "sdk-2026" (KDS-L06).
    pub(in crate::scenario) retry: Option<OrTable<RetryWord, RetryTable>>,
    /// What the application does about refused entries of PutRecords (SDK-27); `false` gives up
    /// at once. Default: 3 attempts, backing off from 100 ms to at most 20 s with full jitter.
    pub(in crate::scenario) resend: Option<OrTable<bool, ResendTable>>,
    /// Time from a call to its answer (KDS-L03): "20 ms", or `median` and `p99`. Default "0 s".
    pub(in crate::scenario) latency: Option<OrTable<Leaf<Span>, LatencyTable>>,
    /// Calls an instance may have without an answer, 1 to 1,000,000. Default: no limit.
    pub(in crate::scenario) max_in_flight: Option<Count<InFlight>>,
    /// What an instance's memory holds: "32 MiB", or a number of records. Default: no limit.
    pub(in crate::scenario) buffer: Option<BufferWord>,
    /// Part of all calls, or entries of PutRecords, that fail within the service (KDS-L04).
    /// Default 0.
    pub(in crate::scenario) internal_failure: Option<Leaf<Share>>,
}

/// `producer.latency`: log-normal.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct LatencyTable {
    /// Half of all calls are answered sooner.
    pub(in crate::scenario) median: Option<Leaf<Span>>,
    /// All but one call in a hundred are answered sooner.
    pub(in crate::scenario) p99: Option<Leaf<Span>>,
}

/// `producer.record_size`: one of `min` and `max` (uniform), `median` and `p99` (log-normal),
/// `mean` (exponential), `values` and `weights`, or `file`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct SizeTable {
    /// Smallest size; all sizes up to `max` are alike.
    pub(in crate::scenario) min: Option<Leaf<Bytes>>,
    /// Largest size.
    pub(in crate::scenario) max: Option<Leaf<Bytes>>,
    /// Half of all records are smaller.
    pub(in crate::scenario) median: Option<Leaf<Bytes>>,
    /// All but one record in a hundred are smaller.
    pub(in crate::scenario) p99: Option<Leaf<Bytes>>,
    /// Mean of exponential sizes.
    pub(in crate::scenario) mean: Option<Leaf<Bytes>>,
    /// The sizes there are.
    pub(in crate::scenario) values: Option<Vec<Leaf<Bytes>>>,
    /// How often each is used, relative to the others.
    pub(in crate::scenario) weights: Option<Vec<Factor<Weight>>>,
    /// A CSV file with the columns size and count.
    pub(in crate::scenario) file: Option<String>,
}

/// `producer.partition_key`: `dist`, or `values` and `weights`, or `file`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct KeyTable {
    /// "random" (a new key for every record), "constant", "uniform" or "zipf".
    pub(in crate::scenario) dist: Option<Word<Dist>>,
    /// The key of `dist = "constant"`.
    pub(in crate::scenario) value: Option<String>,
    /// How many keys, 1 to 10,000,000; numbered from 1.
    pub(in crate::scenario) count: Option<Count<Keys>>,
    /// The k-th key of `dist = "zipf"` is used in proportion to 1/k^exponent. 0 or more.
    pub(in crate::scenario) exponent: Option<Factor<Exponent>>,
    /// How a number becomes a key: "tenant-{:04}". Default "key-{}".
    pub(in crate::scenario) format: Option<String>,
    /// The keys there are.
    pub(in crate::scenario) values: Option<Vec<String>>,
    /// How often each is used, relative to the others. Default: all alike.
    pub(in crate::scenario) weights: Option<Vec<Factor<Weight>>>,
    /// A CSV file with the columns key and weight.
    pub(in crate::scenario) file: Option<String>,
    /// Keys that have a share of their own from a moment on, at most 100.
    pub(in crate::scenario) changes: Option<Vec<Table<ChangeTable>>>,
    /// How the weights move from key to key.
    pub(in crate::scenario) rotate: Option<Table<RotateTable>>,
}

/// An element of `producer.partition_key.changes`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ChangeTable {
    /// When it begins.
    pub(in crate::scenario) at: Option<Leaf<Span>>,
    /// How long it lasts. Default: to the end.
    #[serde(rename = "for")]
    pub(in crate::scenario) lasts: Option<Leaf<Span>>,
    /// The key, one of the others or a new one.
    pub(in crate::scenario) key: Option<String>,
    /// Its part of all records meanwhile.
    pub(in crate::scenario) share: Option<Leaf<Share>>,
}

/// `producer.partition_key.rotate`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct RotateTable {
    /// How often the weights move.
    pub(in crate::scenario) every: Option<Leaf<Span>>,
    /// By how many keys, 1 to 10,000,000. Default 1.
    pub(in crate::scenario) by: Option<Count<Keys>>,
}

/// `producer.partition_key.dist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Dist {
    /// A new key for every record.
    Random,
    /// One key.
    Constant,
    /// All keys alike.
    Uniform,
    /// The k-th in proportion to 1/k^exponent.
    Zipf,
}

impl Words for Dist {
    const TAKEN: &'static [(&'static str, Self)] = &[
        ("random", Self::Random),
        ("constant", Self::Constant),
        ("uniform", Self::Uniform),
        ("zipf", Self::Zipf),
    ];
}

/// `producer.explicit_hash_key`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct HashKeyTable {
    /// "random": a new one for every record.
    pub(in crate::scenario) dist: Option<Word<HashDist>>,
    /// The hash keys there are.
    pub(in crate::scenario) values: Option<Vec<HashKey>>,
    /// How often each is used, relative to the others. Default: all alike.
    pub(in crate::scenario) weights: Option<Vec<Factor<Weight>>>,
}

/// `producer.explicit_hash_key.dist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum HashDist {
    /// A new one for every record.
    Random,
}

impl Words for HashDist {
    const TAKEN: &'static [(&'static str, Self)] = &[("random", Self::Random)];
}

/// `producer.trace`: a CSV file with one record a row, plain or gzip.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct TraceTable {
    /// The file.
    pub(in crate::scenario) file: Option<String>,
    /// Its column with the time.
    pub(in crate::scenario) time: Option<String>,
    /// Its column with the partition key. Without it, `partition_key` must be one text.
    pub(in crate::scenario) key: Option<String>,
    /// Its column with the size (bytes). Without it, `record_size` must be one size.
    pub(in crate::scenario) size: Option<String>,
    /// Which moment of the file is played at the run's beginning: a moment, or "first-row".
    /// Default: `scenario.start` where it is given and the times are dates; else the first row.
    pub(in crate::scenario) from: Option<Begin>,
    /// How many times faster it is replayed. Default 1.
    pub(in crate::scenario) speed: Option<Factor<Speed>>,
    /// How many times as many records are replayed. Default 1.
    pub(in crate::scenario) scale: Option<Factor<Scale>>,
}

/// `producer.api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum ApiWord {
    /// One record a call.
    PutRecord,
    /// Up to 500 records a call.
    PutRecords,
}

impl Words for ApiWord {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("PutRecord", Self::PutRecord), ("PutRecords", Self::PutRecords)];
}

/// A size, or that of another record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum SizeWord {
    /// `"900 B"`.
    Own(Leaf<Bytes>),
    /// `"same"`: as large as the record it is made of.
    Same,
}

impl SizeWord {
    /// Sizes of its own, if it has any.
    pub(in crate::scenario) fn own(
        given: OrTable<Self, SizeTable>,
    ) -> Option<OrTable<Leaf<Bytes>, SizeTable>> {
        match given {
            OrTable::Plain(Self::Own(size)) => Some(OrTable::Plain(size)),
            OrTable::Plain(Self::Same) => None,
            OrTable::Table(table) => Some(OrTable::Table(table)),
        }
    }
}

impl<'de> Deserialize<'de> for SizeWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = SizeWord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"900 B\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SizeWord, E> {
        if text == "same" {
            return Ok(SizeWord::Same);
        }
        Leaf::<Bytes>::deserialize(StrDeserializer::new(text)).map(SizeWord::Own)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<SizeWord, E> {
        Leaf::<Bytes>::deserialize(I64Deserializer::new(number)).map(SizeWord::Own)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<SizeWord, E> {
        Leaf::<Bytes>::deserialize(F64Deserializer::new(number)).map(SizeWord::Own)
    }
}

/// A size, or a number of records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum BufferWord {
    /// `"32 MiB"`.
    Bytes(Bytes),
    /// `10_000`.
    Records(u64),
}

impl<'de> Deserialize<'de> for BufferWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BufferVisitor)
    }
}

struct BufferVisitor;

impl Visitor<'_> for BufferVisitor {
    type Value = BufferWord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"32 MiB\", or a whole number of records")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<BufferWord, E> {
        let size = Leaf::<Bytes>::deserialize(StrDeserializer::new(text));
        size.map(|leaf| BufferWord::Bytes(leaf.0))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<BufferWord, E> {
        let count = Count::<BufferRecords>::deserialize(I64Deserializer::new(number));
        count.map(|count| BufferWord::Records(count.0))
    }
}
