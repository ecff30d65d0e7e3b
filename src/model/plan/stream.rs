//! A stream: its shards, their limits, and who decides how many there are.

use std::sync::Arc;

use crate::model::facts;
use crate::model::hashing::{HashRange, uniform_ranges};
use crate::model::plan::{DirectPlan, EncryptionPlan};
use crate::time::Span;
use crate::units::Bytes;

/// One Kinesis data stream.
#[derive(Clone, Debug)]
pub struct StreamPlan {
    /// `StreamName`.
    pub name: String,
    /// Open shards when the run begins, 1 to 20,000.
    pub shard_count: u32,
    /// Those shards, in order of id, where they are other than at a stream's creation: equal
    /// ranges, numbered from 0 (KDS-H05). They own every hash key once.
    pub shards: Option<Arc<Vec<ShardPlan>>>,
    /// `RetentionPeriodHours`.
    pub retention: Span,
    /// `MaxRecordSizeInKiB`: the largest data and key of a record (KDS-W08). Producers offer none
    /// that is larger.
    pub record_max: Bytes,
    /// What a shard takes in.
    pub write: WritePlan,
    /// What a shard gives out to pollers.
    pub read: ReadPlan,
    /// Records in it when the run begins.
    pub initial: Option<InitialPlan>,
    /// How it is encrypted at rest; `None` where it is not.
    pub encryption: Option<EncryptionPlan>,
    /// Who decides how many shards there are.
    pub mode: StreamMode,
    /// Whether records are spread evenly, whatever their keys (KDS-H14).
    pub spreads: bool,
    /// What the service does to it in on-demand mode.
    pub on_demand: OnDemandPlan,
    /// How long it takes to change its shards.
    pub reshard: ReshardPlan,
    /// Where it is no Kinesis stream but what Firehose takes in by Direct PUT: its shards are
    /// channels, and its write limits those of one of them.
    pub direct: Option<DirectPlan>,
}

/// `StreamMode`: who decides how many shards a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamMode {
    /// Its operators.
    Provisioned,
    /// The service, by the traffic.
    OnDemand,
}

/// How the service splits the shards of a stream in on-demand mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnDemandPlan {
    /// Bytes a second that a shard takes in over a minute to be split (KDS-O04).
    pub split_bytes_per_s: u64,
    /// Records a second, likewise (KDS-O05).
    pub split_records_per_s: u64,
    /// Time from then until its children are open: at least (KDS-O07),
    pub delay_min: Span,
    /// and at most (KDS-O04).
    pub delay_max: Span,
    /// Shards at most (KDS-O10).
    pub shards_max: u32,
}

impl Default for OnDemandPlan {
    /// As is known, or assumed, in the large Regions.
    fn default() -> Self {
        Self {
            split_bytes_per_s: facts::ON_DEMAND_SPLIT_BYTES_PER_S,
            split_records_per_s: facts::ON_DEMAND_SPLIT_RECORDS_PER_S,
            delay_min: facts::ON_DEMAND_DELAY_MIN,
            delay_max: facts::ON_DEMAND_DELAY_MAX,
            shards_max: facts::on_demand_shards_max("us-east-1"),
        }
    }
}

impl Default for ReshardPlan {
    /// As is assumed.
    fn default() -> Self {
        let (start_delay, per_operation) = (facts::RESHARD_START_DELAY, facts::RESHARD_OPERATION);
        Self { start_delay, per_operation, parallel: None }
    }
}

/// How long changes of a stream's shards take (KDS-S20 to KDS-S23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReshardPlan {
    /// From a call to the beginning of its first split or merge.
    pub start_delay: Span,
    /// Of a split or merge.
    pub per_operation: Span,
    /// Splits and merges of a stream done at the same time; `None` is a quarter of its open shards.
    pub parallel: Option<u32>,
}

impl StreamPlan {
    /// One in provisioned mode, with everything as AWS has it unless told otherwise.
    #[must_use]
    pub fn provisioned(name: impl Into<String>, shard_count: u32) -> Self {
        Self {
            name: name.into(),
            shard_count,
            shards: None,
            retention: facts::RETENTION_DEFAULT,
            record_max: facts::RECORD_BYTES_DEFAULT,
            write: WritePlan::bucket(facts::WRITE_RECORDS_PER_S, facts::WRITE_BYTES_PER_S),
            read: ReadPlan {
                calls_per_s: facts::READ_CALLS_PER_S,
                bytes_per_s: facts::READ_BYTES_PER_S,
            },
            initial: None,
            encryption: None,
            mode: StreamMode::Provisioned,
            spreads: false,
            on_demand: OnDemandPlan::default(),
            reshard: ReshardPlan::default(),
            direct: None,
        }
    }

    /// Shards of Kinesis that it begins with: channels of Firehose are none.
    #[must_use]
    pub fn kinesis_shards(&self) -> u32 {
        if self.direct.is_some() { 0 } else { self.shard_count }
    }

    /// The open shards it begins with, in order of id: those listed, or as at a stream's creation.
    #[must_use]
    pub fn open_shards(&self) -> Vec<ShardPlan> {
        let numbered = |(number, range)| ShardPlan { number, range, parents: [None; 2] };
        match &self.shards {
            Some(listed) => listed.to_vec(),
            None => (0..).zip(uniform_ranges(self.shard_count)).map(numbered).collect(),
        }
    }
}

/// An open shard of a stream that has a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardPlan {
    /// The number in its id (KDS-H07).
    pub number: u32,
    /// Hash keys that belong to it.
    pub range: HashRange,
    /// `ParentShardId` and `AdjacentParentShardId`, as numbers (KDS-S05).
    pub parents: [Option<u32>; 2],
}

/// Records a stream holds when a run begins: the same on every shard, as evenly as whole records
/// go, and evenly over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialPlan {
    /// How many, on all shards.
    pub records: u64,
    /// Size of each, with its key.
    pub bytes_each: Bytes,
    /// Age of the oldest at the beginning.
    pub age: Span,
}

/// The write limits of one shard.
#[derive(Clone, Debug)]
pub struct WritePlan {
    /// Sustained records a second (KDS-W02).
    pub records_per_s: u64,
    /// Sustained bytes a second (KDS-W01).
    pub bytes_per_s: u64,
    /// How the limits are enforced below one second (KDS-W29, KDS-W30).
    pub enforcer: Enforcer,
    /// How sizes are rounded up for metering (KDS-W06, KDS-W07).
    pub rounding: Rounding,
}

impl WritePlan {
    /// Buckets as deep as a second; nothing is rounded.
    #[must_use]
    pub fn bucket(records_per_s: u64, bytes_per_s: u64) -> Self {
        let enforcer = Enforcer::TokenBucket { records: records_per_s, bytes: bytes_per_s };
        Self { records_per_s, bytes_per_s, enforcer, rounding: Rounding::None }
    }
}

/// How a shard enforces its write limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcer {
    /// Two buckets that refill steadily; capacities in records and bytes.
    TokenBucket {
        /// Records the full bucket holds.
        records: u64,
        /// Bytes the full bucket holds.
        bytes: u64,
    },
    /// Counters that restart on every whole second.
    FixedWindow,
}

/// How a record's size is rounded up before it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To whole KiB: per record for PutRecord, per call and shard for PutRecords.
    Kib,
    /// Not at all.
    None,
}

/// The limits all polling consumers of one shard share.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// GetRecords calls a second (KDS-R01).
    pub calls_per_s: u64,
    /// Bytes a second (KDS-R02).
    pub bytes_per_s: u64,
}
