//! AWS's limits and defaults as named constants, and [`FACTS`]: what each rests on.
//!
//! A constant's doc comment names the id of its fact. Sizes and rates AWS prints as "MB" are MiB
//! (KDS-X01).

/// Rows of `id grade "value" "unit" "source" "statement"`, all last checked on one day; `before`
/// says what older notes have.
macro_rules! facts {
    (checked $day:literal; $($id:literal $grade:ident $value:literal $unit:literal
        $source:literal $statement:literal $(before $before:literal)?;)*) => {
        &[$(Fact {
            id: $id,
            statement: $statement,
            value: $value,
            unit: $unit,
            grade: $grade,
            source: $source,
            checked: $day,
            before: concat!($($before)?),
        }),*]
    };
}

mod change;
mod firehose;
mod lambda;
mod table;

use crate::time::Span;
use crate::units::Bytes;

/// Everything known about Kinesis and its clients that a constant or a rule of the model rests on,
/// and what is left out.
pub const FACTS: &[Fact] = &joined::<{ count(TABLES) }>(TABLES);

/// Where facts stand: streams as they are, streams that change, Lambda, Firehose.
const TABLES: &[&[Fact]] = &[table::ROWS, change::ROWS, lambda::ROWS, firehose::ROWS];

/// Rows of all `tables`.
const fn count(tables: &[&[Fact]]) -> usize {
    let (mut rows, mut table) = (0, 0);
    while table < tables.len() {
        rows += tables[table].len();
        table += 1;
    }
    rows
}

/// The rows of all `tables` behind each other: `N` of them, their [`count`].
const fn joined<const N: usize>(tables: &[&[Fact]]) -> [Fact; N] {
    let mut all = [tables[0][0]; N];
    let (mut place, mut table) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[place] = tables[table][row];
            place += 1;
            row += 1;
        }
        table += 1;
    }
    all
}

/// One thing known, or assumed, about Kinesis or a client of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Stable name, such as `KDS-W01`.
    pub id: &'static str,
    /// What holds.
    pub statement: &'static str,
    /// The number in it, where there is one.
    pub value: &'static str,
    /// Unit of the number, or of what is counted.
    pub unit: &'static str,
    /// How well it is known.
    pub grade: Grade,
    /// Where it is written.
    pub source: &'static str,
    /// Day it was last compared with its source.
    pub checked: &'static str,
    /// What older notes say, and until when it held; empty where it has always been so.
    pub before: &'static str,
}

/// How well a fact is known, from best to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// AWS says so: documentation, API model, blog.
    Documented,
    /// AWS's own client code does so.
    Code,
    /// Somebody measured and published it.
    Measured,
    /// Third parties found it from outside.
    Reverse,
    /// It follows from documented facts.
    Derived,
    /// It is widely told.
    Folklore,
    /// Nobody says; a value was chosen, and can be changed.
    Assumed,
}

/// The fact called `id`.
#[must_use]
pub fn fact(id: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.id == id)
}

/// Bytes a shard takes in, sustained [bytes/s] (KDS-W01); the 10 MiB one page prints are its
/// burst (KDS-X02).
pub const WRITE_BYTES_PER_S: u64 = 1 << 20;
/// Records a shard takes in, sustained [records/s] (KDS-W02).
pub const WRITE_RECORDS_PER_S: u64 = 1_000;
/// Step that metered sizes are rounded up to (KDS-W06, KDS-W07, KDS-X08).
pub const METERING_STEP: Bytes = Bytes::kib(1);
/// Records a shard's full bucket holds (KDS-W28, KDS-W30).
pub const WRITE_BURST_RECORDS: u64 = 1_000;
/// Bytes a shard's full bucket holds while records are at most [`RECORD_BYTES_DEFAULT`] large
/// (KDS-W30, assumed).
pub const WRITE_BURST_BYTES: Bytes = Bytes::mib(1);
/// Bytes a shard's full bucket holds where the stream permits larger records (KDS-W25, KDS-W28);
/// each shard has its own (KDS-X11).
pub const WRITE_BURST_BYTES_LARGE: Bytes = Bytes::mib(10);

/// Largest record, data blob and partition key together, unless the stream permits more
/// (KDS-W08).
pub const RECORD_BYTES_DEFAULT: Bytes = Bytes::mib(1);
/// Highest `MaxRecordSizeInKiB` a stream can have, as bytes (KDS-W08); no blob is larger
/// (KDS-W09).
pub const RECORD_BYTES_MAX: Bytes = Bytes::kib(10_240);

/// The part of a stream's records that should at most be larger than 1 MiB, of "1 to 2 %" and
/// "below 2 %" the larger (KDS-W26, KDS-X07).
pub const LARGE_RECORDS_ADVISED: f64 = 0.02;
/// Records in a PutRecords call (KDS-W11).
pub const PUT_RECORDS_ENTRIES_MAX: usize = 500;
/// Blobs and partition keys of a PutRecords call together (KDS-W12).
pub const PUT_RECORDS_BYTES_MAX: Bytes = Bytes::mib(10);
/// Characters of a partition key (KDS-H01); the shortest has one.
pub const PARTITION_KEY_CHARS_MAX: usize = 256;
/// Length in bytes of a random partition key: a UUID as text (RFC 9562, section 4).
pub const RANDOM_KEY_BYTES: u64 = 36;

/// GetRecords calls on a shard [calls/s], all pollers together (KDS-R01).
pub const READ_CALLS_PER_S: u64 = 5;
/// Bytes pollers get out of a shard [bytes/s], all together (KDS-R02).
pub const READ_BYTES_PER_S: u64 = 2 << 20;
/// Most a GetRecords call returns (KDS-R03).
pub const GET_RECORDS_BYTES_MAX: Bytes = Bytes::mib(10);
/// Most records a GetRecords call returns, and the default of its `Limit` (KDS-R03).
pub const GET_RECORDS_LIMIT_MAX: u32 = 10_000;
/// How often AWS advises an application to poll a shard (KDS-R22).
pub const POLL_EVERY: Span = Span::from_s(1);
/// How long a refused caller should wait (KDS-R06).
pub const READ_PAUSE: Span = Span::from_s(1);
/// GetShardIterator calls on a shard [calls/s], whoever makes them (KDS-R11).
pub const SHARD_ITERATORS_PER_S: u64 = 5;
/// How long a shard iterator can be used (KDS-R12).
pub const ITERATOR_LIFETIME: Span = Span::from_s(300);

/// Bytes a shard pushes to one consumer of enhanced fan-out [bytes/s] (KDS-R26).
pub const FAN_OUT_BYTES_PER_S: u64 = 2 << 20;
/// Consumers of enhanced fan-out a provisioned stream can have (KDS-R27).
pub const FAN_OUT_CONSUMERS_MAX: usize = 20;
/// RegisterStreamConsumer calls of an account [calls/s] (KDS-R32).
pub const REGISTRATIONS_PER_S: usize = 5;
/// Consumers that an account may have in creation at once (KDS-R32).
pub const CONSUMERS_CREATING_MAX: usize = 5;
/// How long a subscription lives (KDS-R29).
pub const SUBSCRIPTION_LIFETIME: Span = Span::from_s(300);
/// Least time between two events of a subscription (KDS-R33, assumed).
pub const FAN_OUT_PACE: Span = Span::from_ms(20);
/// Time from the push of an event to its hand-over (KDS-R19, KDS-R33, assumed).
pub const FAN_OUT_DELAY: Span = Span::from_ms(70);
/// Time from a subscription's end to the first push of the next (KDS-R33, assumed).
pub const FAN_OUT_RENEWAL: Span = Span::from_ms(100);

/// Retention of a new stream, and the shortest there is (KDS-T01).
pub const RETENTION_DEFAULT: Span = Span::from_s(24 * 3_600);
/// Longest retention (KDS-T02, KDS-X06).
pub const RETENTION_MAX: Span = Span::from_s(8_760 * 3_600);
/// Time from IncreaseStreamRetentionPeriod to its effect: "several minutes" (KDS-T03).
pub const RETENTION_INCREASE: Span = Span::from_s(300);

/// Retention that is included in the price of a stream (KDS-T05).
pub const RETENTION_INCLUDED: Span = RETENTION_DEFAULT;
/// Where extended retention ends and long-term retention begins (KDS-T05).
pub const RETENTION_EXTENDED: Span = Span::from_s(7 * 24 * 3_600);

/// Size of a PUT payload unit (KDS-P03, assumed).
pub const PAYLOAD_UNIT: Bytes = Bytes::kib(25);
/// What On-demand Advantage bills at least as written, and as much as read, all streams of the
/// account in the Region together [bytes/s] (KDS-O17); in MiB, not MB (KDS-X09).
pub const ADVANTAGE_BYTES_PER_S: u64 = 25 << 20;

/// What encryption adds at most to an answer, usually (KDS-K04): "typically less than 100 us".
pub const ENCRYPTION_LATENCY: Span = Span::from_ns(100_000);
/// Calls to KMS in [`KMS_CALLS_PERIOD`] for an encrypted stream, with one set of credentials and
/// readers at the tip (KDS-K02).
pub const KMS_CALLS: u64 = 12;
/// The time in which these are made; a data key is used for about as long (KDS-K01).
pub const KMS_CALLS_PERIOD: Span = Span::from_s(300);

/// Length of the time in which some calls are counted (KDS-S11, KDS-O12).
pub const DAY: Span = Span::from_s(24 * 3_600);
/// UpdateShardCount calls on a stream in 24 h (KDS-S11).
pub const SHARD_COUNT_UPDATES_A_DAY: usize = 10;
/// UpdateShardCount calls of an account [calls/s] (KDS-S15).
pub const UPDATES_PER_S: usize = 10;
/// SplitShard and MergeShards calls of an account [calls/s], each kind counted with the other
/// (KDS-S27).
pub const SPLITS_PER_S: usize = 5;
/// Most shards that UpdateShardCount makes (KDS-S14).
pub const SHARD_COUNT_TARGET_MAX: u32 = 10_000;
/// From a call that changes shards to the beginning of its work (KDS-S22, KDS-S23, assumed).
pub const RESHARD_START_DELAY: Span = Span::from_s(10);
/// Of a split or merge (KDS-S21, KDS-S23, assumed).
pub const RESHARD_OPERATION: Span = Span::from_s(30);
/// Shards that a new stream in on-demand mode behaves like (KDS-O01).
pub const ON_DEMAND_SHARDS: u32 = 4;
/// Bytes a second that a shard takes in over a minute to be split in on-demand mode (KDS-O04).
pub const ON_DEMAND_SPLIT_BYTES_PER_S: u64 = 1 << 19;
/// Records a second, likewise (KDS-O05).
pub const ON_DEMAND_SPLIT_RECORDS_PER_S: u64 = 500;
/// From there until its children are open, at least (KDS-O07, assumed).
pub const ON_DEMAND_DELAY_MIN: Span = Span::from_s(120);
/// The same, at most (KDS-O04, KDS-O07).
pub const ON_DEMAND_DELAY_MAX: Span = Span::from_s(900);
/// Highest warm throughput [bytes/s] (KDS-O18).
pub const WARM_THROUGHPUT_MAX: u64 = 10 << 30;
/// For how long amazon-kinesis-scaling-utils believes what it read of the number of shards
/// (SCL-06).
pub const SCALING_UTILS_REFRESH: Span = Span::from_s(600);
/// Changes of a stream's mode in 24 h (KDS-O12).
pub const MODE_CHANGES_A_DAY: usize = 2;
/// How often Kinesis reports its metrics; a period of an alarm is a multiple (CWA-01).
pub const METRIC_PERIOD: Span = Span::from_s(60);
/// From a period's end until an alarm has its datapoint (CWA-06, assumed; 1 to 5 minutes, SCL-20).
pub const METRIC_DELAY: Span = Span::from_s(60);
/// Periods beyond those it looks at in which an alarm looks for datapoints (CWA-05, assumed).
pub const ALARM_RANGE_MORE: u64 = 2;

/// How far back an alarm with periods of this length may look (CWA-02).
#[must_use]
pub fn alarm_window_max(period: Span) -> Span {
    let days = if period < Span::from_s(3_600) { 1 } else { 7 };
    Span::from_s(days * 86_400)
}

/// Shards an account may hold in one of the three large Regions (KDS-S24).
pub const SHARD_QUOTA_LARGE: u32 = 20_000;
/// Shards an account may hold elsewhere: AWS names 1,000 or 6,000 without saying where, so the
/// lower one stands (KDS-S24).
pub const SHARD_QUOTA_ELSEWHERE: u32 = 1_000;

/// Shards an account may hold in `region` unless its quota was raised (KDS-S24).
#[must_use]
pub fn shard_quota(region: &str) -> u32 {
    match region {
        "us-east-1" | "us-west-2" | "eu-west-1" => SHARD_QUOTA_LARGE,
        _ => SHARD_QUOTA_ELSEWHERE,
    }
}

/// Bytes of a call that carries a list of records at most: of PutRecordBatch, which is put to
/// Firehose (FH-07), or of PutRecords (KDS-W12).
#[must_use]
pub fn call_bytes_max(direct: bool) -> Bytes {
    if direct { PUT_RECORD_BATCH_BYTES_MAX } else { PUT_RECORDS_BYTES_MAX }
}

/// Shards of a stream in on-demand mode in `region` at most, one for each MiB/s that it may take in
/// (KDS-O10, KDS-O19, KDS-X04).
#[must_use]
pub fn on_demand_shards_max(region: &str) -> u32 {
    match region {
        "us-east-1" | "us-west-2" | "eu-west-1" => 10_240,
        _ => 200,
    }
}

/// `ConcurrentExecutions` of an account unless its quota was raised (ESM-58).
pub const CONCURRENT_EXECUTIONS: u32 = 1_000;
/// Of them those that cannot be reserved (ESM-59).
pub const UNRESERVED_MIN: u32 = 100;
/// New environments of a function in [`SCALING_TIME`] (ESM-60).
pub const SCALING_ENVIRONMENTS: u64 = 1_000;
/// Time in which so many come (ESM-60).
pub const SCALING_TIME: Span = Span::from_s(10);
/// Synchronous invocations a second for each concurrent execution of the account (ESM-61).
pub const REQUESTS_PER_EXECUTION: u64 = 10;
/// Largest `BatchSize` (ESM-30).
pub const BATCH_SIZE_MAX: u32 = 10_000;
/// Longest `MaximumBatchingWindowInSeconds` (ESM-31).
pub const BATCHING_WINDOW_MAX: Span = Span::from_s(300);
/// Longest `Timeout` (ESM-62).
pub const FUNCTION_TIMEOUT_MAX: Span = Span::from_s(900);
/// `BatchSize` unless given (ESM-30).
pub const BATCH_SIZE: u32 = 100;
/// Time between two calls of a mapping on a shard (ESM-01, ESM-02).
pub const MAPPING_POLL_EVERY: Span = Span::from_s(1);
/// From a mapping's creation to its first call (ESM-24, assumed; ESM-21).
pub const MAPPING_START: Span = Span::from_s(30);
/// For how long a mapping reads nothing after it was changed (ESM-22: up to 90 s, assumed within).
pub const MAPPING_UPDATE_PAUSE: Span = Span::from_s(30);
/// The longest that it may be (ESM-22).
pub const MAPPING_UPDATE_PAUSE_MAX: Span = Span::from_s(90);
/// From the opening of a shard until its mappings know (ESM-14, assumed).
pub const MAPPING_DISCOVERY: Span = Span::from_s(10);
/// Records a lane of a mapping holds before its shard is asked no more (ESM-03, assumed).
pub const LANE_RECORDS: u64 = 10_000;
/// First pause after an invocation that failed or was throttled (ESM-79, ESM-80, assumed).
pub const MAPPING_PAUSE: Span = Span::from_s(1);
/// Longest such pause (ESM-79, ESM-80, assumed).
pub const MAPPING_PAUSE_MAX: Span = Span::from_s(60);
/// How long a new environment takes to start (ESM-64, assumed).
pub const COLD_START: Span = Span::from_ms(200);
/// How long an environment is idle before it is gone (ESM-65, assumed).
pub const ENVIRONMENT_IDLE: Span = Span::from_s(600);
/// `Timeout` unless given (ESM-62).
pub const FUNCTION_TIMEOUT: Span = Span::from_s(3);
/// Least `MemorySize`, and what holds unless given (ESM-63).
pub const FUNCTION_MEMORY: Bytes = Bytes::mib(128);
/// Largest `MemorySize` (ESM-63).
pub const FUNCTION_MEMORY_MAX: Bytes = Bytes::mib(10_240);
/// Largest event of a synchronous invocation (ESM-36).
pub const INVOCATION_BYTES_MAX: Bytes = Bytes::mib(6);
/// Bytes of an event without records (ESM-38).
pub const EVENT_BYTES: u64 = 13;
/// Bytes of a record in an event beside its data, its key and the names in it (ESM-38).
pub const EVENT_RECORD_BYTES: u64 = 490;
/// Bytes of the name of the role in it (ESM-38, assumed).
pub const ROLE_NAME_BYTES: u64 = 20;
/// From a tumbling window's end until it is closed where no record comes (ESM-120).
pub const TUMBLING_CLOSE: Span = Span::from_s(120);
/// Largest state of a tumbling window (ESM-117).
pub const WINDOW_STATE_MAX: Bytes = Bytes::mib(1);

/// What Direct PUT takes in, in all or by a channel (FH-01, FH-02, FH-42).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectPutLimit {
    /// Bytes a second.
    pub bytes: u64,
    /// Requests a second.
    pub requests: u64,
    /// Records a second.
    pub records: u64,
}

/// What Direct PUT takes in unless its limit was raised, in `region` (FH-01, FH-02).
#[must_use]
pub fn direct_put_limit(region: &str) -> DirectPutLimit {
    match region {
        "us-east-1" | "us-west-2" | "eu-west-1" => {
            DirectPutLimit { bytes: 5 << 20, requests: 2_000, records: 500_000 }
        }
        _ => DirectPutLimit { bytes: 1 << 20, requests: 1_000, records: 100_000 },
    }
}

/// How long Direct PUT is throttled without a pause before its limit is doubled (FH-04, assumed).
pub const DIRECT_PUT_GROWTH: Span = Span::from_s(60);
/// Without a refusal for longer than this, throttling has paused (FH-04, assumed).
pub const DIRECT_PUT_PAUSE: Span = Span::from_s(1);
/// Channels of a delivery stream at most: 2.5 GiB/s in the large Regions (FH-04, assumed).
pub const DIRECT_PUT_CHANNELS_MAX: u32 = 512;
/// Blobs of a PutRecordBatch call together, whose records are as many as of PutRecords (FH-07).
pub const PUT_RECORD_BATCH_BYTES_MAX: Bytes = Bytes::mib(4);
/// Largest record of Direct PUT, before base64 (FH-08).
pub const DIRECT_PUT_RECORD_MAX: Bytes = Bytes(1_000 << 10);
/// How long Direct PUT keeps what cannot be delivered (FH-12, FH-90).
pub const DIRECT_PUT_RETENTION: Span = Span::from_s(86_400);
/// Time between two calls of Firehose on a shard (FH-20).
pub const FIREHOSE_POLL_EVERY: Span = Span::from_s(1);
/// From the opening of a shard until Firehose reads it (FH-30, assumed).
pub const FIREHOSE_DISCOVERY: Span = Span::from_s(60);
/// How far Firehose raises a buffer's size while delivery lags (FH-45, assumed).
pub const FIREHOSE_SIZE_RAISED: Bytes = Bytes::mib(128);
/// How long a buffer without an interval is filled, so that all takes 5 s (FH-48, assumed).
pub const FIREHOSE_NO_INTERVAL: Span = Span::from_s(4);
/// Below this interval objects are uploaded in parts (FH-48).
pub const MULTIPART_BELOW: Span = Span::from_s(60);
/// Requests of such an upload (FH-48, assumed).
pub const MULTIPART_REQUESTS: u64 = 3;
/// How long a delivery takes, whatever its size (FH-90, assumed).
pub const DELIVERY_TIME: Span = Span::from_ms(200);
/// Bytes of an object that are delivered a second (FH-90, assumed).
pub const DELIVERY_BYTES_PER_S: u64 = 50 << 20;
/// Pause after a delivery that failed, where AWS names none (FH-90, FH-93, assumed).
pub const DELIVERY_RETRY_EVERY: Span = Span::from_s(10);
/// The same for Redshift and OpenSearch (FH-91, FH-92).
pub const DELIVERY_RETRY_SLOWLY: Span = Span::from_s(300);
/// For how long a delivery is tried again at most (FH-91, FH-92, FH-93).
pub const DELIVERY_RETRY_FOR_MAX: Span = Span::from_s(7_200);
/// For how long Redshift is tried again unless given (FH-91).
pub const REDSHIFT_RETRY_FOR: Span = Span::from_s(3_600);
/// For how long other destinations are (FH-92; FH-93, assumed).
pub const DELIVERY_RETRY_FOR: Span = Span::from_s(300);
/// Data that are transformed together, unless given (FH-80).
pub const TRANSFORM_SIZE: Bytes = Bytes::mib(1);
/// The same for Splunk (FH-80).
pub const TRANSFORM_SIZE_SPLUNK: Bytes = Bytes(256 << 10);
/// Least that can be set: 0.2 of what AWS calls MB (FH-80).
pub const TRANSFORM_SIZE_MIN: Bytes = Bytes((1 << 20) / 5);
/// Most that can be set (FH-80).
pub const TRANSFORM_SIZE_MAX: Bytes = Bytes::mib(3);
/// For how long records to be transformed are collected, unless given (FH-80).
pub const TRANSFORM_INTERVAL: Span = Span::from_s(60);
/// Largest answer of a function that transforms, with its data in base64 (FH-81).
pub const TRANSFORM_ANSWER_MAX: u64 = 6 << 20;
/// How long a function that transforms may take (FH-82).
pub const TRANSFORM_TIME_MAX: Span = Span::from_s(300);
/// How often a batch is handed to it again, unless given (FH-83).
pub const TRANSFORM_RETRIES: u32 = 3;
/// Pause before it is handed over again (FH-83, assumed).
pub const TRANSFORM_RETRY_EVERY: Span = Span::from_s(1);
/// Batches of a shard that are being transformed at a time (FH-84).
pub const TRANSFORMS_OUTSTANDING: u32 = 5;
/// The same for Splunk (FH-84).
pub const TRANSFORMS_OUTSTANDING_SPLUNK: u32 = 10;
/// Partitions with data in buffers at most (FH-66).
pub const PARTITIONS_ACTIVE: u32 = 500;
/// Least size hint with dynamic partitioning (FH-65).
pub const PARTITIONED_SIZE_MIN: Bytes = Bytes::mib(64);
/// Bytes of a shard that Firehose holds before it asks for no more (FH-26, assumed).
pub const FIREHOSE_PENDING: Bytes = Bytes::mib(128);
/// Least size hint with format conversion (FH-61).
pub const CONVERSION_SIZE_MIN: Bytes = Bytes::mib(64);
/// Size hint with format conversion unless given (FH-61).
pub const CONVERSION_SIZE: Bytes = Bytes::mib(128);
/// A record is billed in steps of this (FH-110).
pub const FIREHOSE_BILLING_STEP: u64 = 5_120;

/// An SDK's longest delay (KDS-L07).
pub const SDK_BACKOFF_MAX: Span = Span::from_s(20);
/// Attempts of an application that resends failed PutRecords entries (SDK-27, assumed).
pub const RESEND_MAX_ATTEMPTS: u32 = 3;
/// Its delay before the first resend (SDK-27, assumed).
pub const RESEND_BACKOFF: Span = Span::from_ms(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_row_is_complete() {
        let mut ids: Vec<_> = FACTS.iter().map(|fact| fact.id).collect();
        ids.sort_unstable();
        assert_eq!(ids.windows(2).find(|pair| pair[0] == pair[1]), None);
        for fact in FACTS {
            assert!(fact.statement.ends_with('.'), "{}", fact.id);
            assert!(!fact.source.is_empty(), "{}", fact.id);
            let day: Vec<&str> = fact.checked.split('-').collect();
            assert!(matches!(day[..], [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2));
            // As many units as numbers, unless all have the same.
            let (values, units) = (fact.value.split("; ").count(), fact.unit.split("; ").count());
            assert!(units == 1 || units == values, "{}", fact.id);
            // An old value without its time says nothing.
            let has_year = fact.before.contains("201") || fact.before.contains("202");
            assert!(fact.before.is_empty() || has_year, "{}", fact.id);
            let chosen = fact.grade == Grade::Assumed;
            assert_eq!(chosen, fact.source == "chosen here", "{}", fact.id);
        }
    }

    #[test]
    fn quotas_depend_on_the_region() {
        assert_eq!(shard_quota("eu-west-1"), 20_000);
        assert_eq!(shard_quota("eu-central-1"), 1_000);
        assert_eq!(fact("KDS-S24").map(|fact| fact.grade), Some(Grade::Documented));
        assert_eq!(fact("KDS-Z99"), None);
    }
}
