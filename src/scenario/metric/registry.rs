//! The list of all metrics.

use super::{CostItem, Family, Kind, Unit};

const fn plain(pattern: &'static str, unit: Unit, kind: Kind, meaning: &'static str) -> Family {
    Family { pattern, unit, meaning, kind, statistics: &[], percentiles: false }
}

/// Every metric there is.
pub const REGISTRY: [Family; 38] = [
    plain(
        "write.offered",
        Unit::RecordsPerSecond,
        Kind::WriteOffered,
        "records that applications offered once, a second",
    ),
    plain(
        "write.attempts",
        Unit::RecordsPerSecond,
        Kind::WriteAttempts,
        "entries sent, retries included, a second",
    ),
    plain("write.accepted", Unit::RecordsPerSecond, Kind::WriteAccepted, "records stored a second"),
    plain(
        "write.throttled",
        Unit::Share,
        Kind::WriteThrottled,
        "refused attempts, as a share of all attempts",
    ),
    plain(
        "write.failed",
        Unit::Share,
        Kind::WriteFailed,
        "attempts that failed within the service, as a share of all attempts",
    ),
    plain(
        "write.utilization",
        Unit::Share,
        Kind::WriteUtilization,
        "stored, as a share of what all shards could take: records or bytes, the larger",
    ),
    Family {
        pattern: "write.latency.STAT",
        unit: Unit::Time,
        meaning: "time from a record's birth to the answer that it is stored, retries included, \
                  but for what consumers feed",
        kind: Kind::WriteLatency,
        statistics: &["max", "mean"],
        percentiles: true,
    },
    plain("records.lost", Unit::Count, Kind::RecordsLost, "records given up for good"),
    Family {
        pattern: "reader.NAME.iterator_age.STAT",
        unit: Unit::Time,
        meaning: "age of a call's last record at hand-over, over records",
        kind: Kind::IteratorAge,
        statistics: &["max", "mean", "end"],
        percentiles: true,
    },
    Family {
        pattern: "reader.NAME.latency.STAT",
        unit: Unit::Time,
        meaning: "time from a record's birth to the end of its processing, through chains from \
                  the first put",
        kind: Kind::ReadLatency,
        statistics: &["max", "mean"],
        percentiles: true,
    },
    Family {
        pattern: "reader.NAME.millis_behind_latest.STAT",
        unit: Unit::Time,
        meaning: "how far answers or events are behind the newest record, over calls or events",
        kind: Kind::MillisBehindLatest,
        statistics: &["max", "mean"],
        percentiles: true,
    },
    Family {
        pattern: "reader.NAME.backlog.STAT",
        unit: Unit::Count,
        meaning: "records stored and not yet handed over",
        kind: Kind::Backlog,
        statistics: &["max", "end"],
        percentiles: false,
    },
    plain(
        "reader.NAME.read.throttled",
        Unit::Share,
        Kind::ReadThrottled,
        "refused GetRecords calls, as a share of all calls",
    ),
    plain(
        "stream.NAME.write.offered",
        Unit::RecordsPerSecond,
        Kind::WriteOffered,
        "`write.offered` of one stream",
    ),
    plain(
        "stream.NAME.write.attempts",
        Unit::RecordsPerSecond,
        Kind::WriteAttempts,
        "`write.attempts` of one stream",
    ),
    plain(
        "stream.NAME.write.accepted",
        Unit::RecordsPerSecond,
        Kind::WriteAccepted,
        "`write.accepted` of one stream",
    ),
    plain(
        "stream.NAME.write.throttled",
        Unit::Share,
        Kind::WriteThrottled,
        "`write.throttled` of one stream",
    ),
    plain(
        "stream.NAME.write.failed",
        Unit::Share,
        Kind::WriteFailed,
        "`write.failed` of one stream",
    ),
    plain(
        "stream.NAME.write.utilization",
        Unit::Share,
        Kind::WriteUtilization,
        "`write.utilization` of one stream",
    ),
    Family {
        pattern: "stream.NAME.write.latency.STAT",
        unit: Unit::Time,
        meaning: "`write.latency.STAT` of one stream",
        kind: Kind::WriteLatency,
        statistics: &["max", "mean"],
        percentiles: true,
    },
    plain(
        "stream.NAME.records.lost",
        Unit::Count,
        Kind::RecordsLost,
        "`records.lost` of one stream",
    ),
    plain(
        "reader.NAME.catch_up",
        Unit::Time,
        Kind::CatchUp,
        "longest time from a fault's end until the reader is where it was before",
    ),
    plain(
        "reader.NAME.failed_attempts",
        Unit::Calls,
        Kind::FailedAttempts,
        "attempts to process a batch that failed, for a record that could not be digested",
    ),
    plain(
        "kms.calls",
        Unit::Calls,
        Kind::KmsCalls,
        "calls to KMS for encrypted streams, about, with readers at the tip",
    ),
    plain("stream.NAME.kms.calls", Unit::Calls, Kind::KmsCalls, "`kms.calls` of one stream"),
    plain("alarm.NAME.fired", Unit::Times, Kind::AlarmFired, "how often an alarm was raised"),
    plain(
        "alarm.NAME.first",
        Unit::Time,
        Kind::AlarmFirst,
        "when an alarm was first raised, since the run began",
    ),
    plain(
        "alarm.NAME.time_in_alarm",
        Unit::Time,
        Kind::AlarmTime,
        "how long an alarm was raised, all together",
    ),
    plain("cost.run", Unit::Money, Kind::CostRun, "what the run costs, its warm-up included"),
    plain(
        "cost.month",
        Unit::Money,
        Kind::CostMonth(None),
        "what 730 h like the run after its warm-up cost",
    ),
    plain(
        "cost.shard_hours",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::ShardHours)),
        "of `cost.month`: open shards",
    ),
    plain(
        "cost.payload_units",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::PayloadUnits)),
        "of `cost.month`: PUT payload units",
    ),
    plain(
        "cost.fan_out_shard_hours",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::FanOutShardHours)),
        "of `cost.month`: consumers with enhanced fan-out on open shards",
    ),
    plain(
        "cost.fan_out_data",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::FanOutData)),
        "of `cost.month`: what these consumers are pushed",
    ),
    plain(
        "cost.extended_retention",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::ExtendedRetention)),
        "of `cost.month`: retention above 24 h, up to 7 d",
    ),
    plain(
        "cost.long_term_retention",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::LongTermRetention)),
        "of `cost.month`: what is kept longer than 7 d",
    ),
    plain(
        "cost.long_term_retrieval",
        Unit::Money,
        Kind::CostMonth(Some(CostItem::LongTermRetrieval)),
        "of `cost.month`: what is read when it is older than 7 d",
    ),
    plain(
        "stream.NAME.cost.month",
        Unit::Money,
        Kind::CostMonth(None),
        "`cost.month` of one stream",
    ),
];
