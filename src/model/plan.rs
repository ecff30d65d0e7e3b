//! Everything a world is built from: plain data that has been checked.
//!
//! The scenario layer turns a user's file into a [`Plan`]; the model turns a plan and a seed into
//! a world. A plan that exists can be simulated.

mod client;
mod consumer;
mod encryption;
mod firehose;
mod lambda;
mod stream;

use std::sync::Arc;

pub use self::client::{Api, BufferPlan, ClientPlan, Jitter, LatencyPlan};
pub use self::consumer::{
    ConsumerKind, FanOutPlan, IntakePlan, PollOrder, PollPlan, ReaderPlan, StartingPosition,
    WorkPlan,
};
pub use self::encryption::EncryptionPlan;
pub use self::firehose::{
    Compression, DeliveryPlan, Destination, DirectPlan, FirehosePlan, FormatPlan, HintsPlan,
    PartitionBy, PartitionsPlan, TransformPlan,
};
pub use self::lambda::{
    DurationPlan, FunctionPlan, LambdaPlan, MappingChange, MappingPlan, PayloadPlan, TumblingPlan,
};
pub use self::stream::{
    Enforcer, InitialPlan, OnDemandPlan, ReadPlan, ReshardPlan, Rounding, ShardPlan, StreamMode,
    StreamPlan, WritePlan,
};
use crate::model::events::{ActionKind, ActionPlan, FaultPlan};
use crate::model::facts;
use crate::model::scaler::ScalerPlan;
use crate::time::{Instant, Span};
use crate::units::Bytes;

/// What a run plays, from the first producer to the last reader.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Virtual time simulated: [0, duration).
    pub duration: Span,
    /// Time at the start that percentiles, shares and objectives leave out.
    pub warm_up: Span,
    /// Names the experiment; every random stream is derived from it.
    pub seed: u64,
    /// How finely writing is played.
    pub resolution: Resolution,
    /// What all streams of the account share.
    pub account: AccountPlan,
    /// The streams, at least one.
    pub streams: Vec<StreamPlan>,
    /// Who writes, at least one.
    pub producers: Vec<ProducerPlan>,
    /// Who reads: all `[[reader]]`, then all `[[lambda]]`, then all `[[firehose]]`.
    pub readers: Vec<ReaderPlan>,
    /// What goes wrong, in order of declaration.
    pub faults: Vec<FaultPlan>,
    /// What its operators do, in order of declaration.
    pub actions: Vec<ActionPlan>,
    /// Who scales streams by themselves.
    pub scalers: Vec<ScalerPlan>,
    /// Memory the records waiting in logs and clients may take before the run ends early.
    pub memory_limit: Bytes,
}

impl Plan {
    /// How long stream number `stream` keeps its records at `at`; `None` where there is no such
    /// stream.
    #[must_use]
    pub fn retention_at(&self, stream: usize, at: Instant) -> Option<Span> {
        let mut retention = self.streams.get(stream)?.retention;
        for action in &self.actions {
            match action.kind {
                ActionKind::RetentionPeriod { stream: of, to, holds_from, .. }
                    if of == stream && holds_from <= at =>
                {
                    retention = to;
                }
                _ => {}
            }
        }
        Some(retention)
    }

    /// Whether the shards of any stream may change in the run.
    #[must_use]
    pub fn may_reshard(&self) -> bool {
        let asked = |action: &ActionPlan| matches!(action.kind, ActionKind::Reshard { .. });
        let on_demand = |stream: &StreamPlan| stream.mode == StreamMode::OnDemand;
        self.actions.iter().any(asked)
            || !self.scalers.is_empty()
            || self.streams.iter().any(on_demand)
    }

    /// Of which kind consumer number `number` is, and its place among those of its kind.
    #[must_use]
    pub fn place_of_consumer(&self, number: usize) -> (ConsumerKind, usize) {
        let kind = self.readers.get(number).map_or(ConsumerKind::Reader, ReaderPlan::kind);
        let before = self.readers.iter().take(number);
        (kind, before.filter(|it| it.kind() == kind).count())
    }
}

/// How finely writing is played (D21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Record by record.
    Exact,
    /// In quanta of so long, 1 ms to 1 min: what comes to a shard in one is a cohort.
    Quantum(Span),
}

/// Resources that belong to the account and Region, not to one stream.
#[derive(Clone, Debug)]
pub struct AccountPlan {
    /// AWS Region, such as `us-east-1`.
    pub region: String,
    /// Shards the account may hold in this Region (KDS-S24).
    pub shard_quota: u32,
    /// Whether it has committed itself to a minimum of throughput: on-demand Advantage (KDS-O16).
    pub commitment: bool,
    /// `ConcurrentExecutions`: invocations of all functions at a time (ESM-58).
    pub concurrent_executions: u32,
}

impl AccountPlan {
    /// One in this Region, with the quotas that accounts begin with.
    #[must_use]
    pub fn of(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            shard_quota: facts::shard_quota(region),
            commitment: false,
            concurrent_executions: facts::CONCURRENT_EXECUTIONS,
        }
    }
}

/// One kind of writer: where its records come from and the client that sends them.
#[derive(Clone, Debug)]
pub struct ProducerPlan {
    /// Unique among producers and consumers.
    pub name: String,
    /// Index of the stream written to.
    pub stream: usize,
    /// Processes that share the load.
    pub instances: u32,
    /// Where the records come from; where it is fed, what is expected to come.
    pub source: SourcePlan,
    /// Whose work its records are made of, where they have no source of their own.
    pub fed: Option<FedPlan>,
    /// How they are sent.
    pub client: ClientPlan,
}

impl ProducerPlan {
    /// The same where the stream ignores keys and hash keys (KDS-H14).
    #[must_use]
    pub fn spread_evenly(mut self) -> Self {
        let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) =
            &mut self.source;
        keys.explicit = Some(ExplicitPlan::Random);
        self
    }
}

/// What a consumer has processed becomes records of a producer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FedPlan {
    /// Number of the consumer.
    pub consumer: usize,
    /// Records made of each that it has processed, 0 or more: the whole part always, one more by
    /// chance for the rest.
    pub records_per_record: f64,
    /// Whether each is as large as the record it is made of, key included; else its data blob is
    /// drawn from the sizes of the source.
    pub same_size: bool,
    /// Where it has the key of the record it is made of: how long keys are taken to be (bytes).
    /// Else its key is drawn from those of the source.
    pub same_key: Option<u32>,
}

/// Where a producer's records come from.
#[derive(Clone, Debug)]
pub enum SourcePlan {
    /// Drawn from distributions.
    Synthetic {
        /// Records a second over time, all instances together.
        rate: ProfilePlan,
        /// How arrivals are spaced.
        arrivals: ArrivalsPlan,
        /// Size of a record's data blob.
        sizes: SizePlan,
        /// Its partition key.
        keys: KeyPlan,
    },
    /// Replayed row by row.
    Trace {
        /// The rows, in order of time; `key` indexes `keys`.
        rows: Arc<Vec<TraceRow>>,
        /// The names the rows refer to; weights are the rows' own counts.
        keys: KeyPlan,
    },
}

/// A rate over time.
#[derive(Clone, Debug)]
pub struct ProfilePlan {
    /// Moments and rates [records/s] in ascending order of time; the first stands at zero.
    pub points: Vec<(Instant, f64)>,
    /// What holds between two points.
    pub between: Between,
}

/// What a rate does between two points of a profile. After the last point it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// It keeps the earlier point's value.
    Steps,
    /// It moves in a straight line.
    Ramps,
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivalsPlan {
    /// Each instance at equal distances, at a phase of its own.
    Even,
    /// Independent of one another.
    Poisson,
    /// In bursts: many at one moment, and none in between.
    Bursty {
        /// Records of one burst, 1 or more.
        size: u32,
        /// Time between two moments at which an instance may release bursts; more than zero.
        every: Span,
    },
}

/// Sizes of data blobs (bytes).
#[derive(Clone, Debug, PartialEq)]
pub enum SizePlan {
    /// All the same.
    Constant(Bytes),
    /// Every whole size from `min` to `max`, both included, alike.
    Uniform {
        /// Smallest.
        min: Bytes,
        /// Largest.
        max: Bytes,
    },
    /// Log-normal, cut at `max`.
    LogNormal {
        /// Half of all are smaller.
        median: Bytes,
        /// All but one in a hundred are smaller.
        p99: Bytes,
        /// The stream's maximum record size less the key: larger draws become this.
        max: Bytes,
    },
    /// Exponential, cut at `max`.
    Exponential {
        /// Mean.
        mean: Bytes,
        /// Larger draws become this.
        max: Bytes,
    },
    /// Values with weights (a histogram file, or `values` and `weights`).
    Weighted(Vec<(Bytes, f64)>),
}

/// Partition keys: what they are, how often each is used, and what is hashed.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPlan {
    /// The keys there are.
    pub names: KeyNames,
    /// How often each is used.
    pub weights: KeyWeights,
    /// How the weights change in the course of a run.
    pub drift: KeyDrift,
    /// `ExplicitHashKey`, where the producer sets it: it replaces the key's MD5 (KDS-H03).
    pub explicit: Option<ExplicitPlan>,
    /// Zero where keys fall where their names put them; any other number is another placement of
    /// keys just as long.
    pub placement: u64,
}

impl Plan {
    /// The same with every named key in another place; number 0 is where their names put them.
    #[must_use]
    pub fn placed(mut self, placement: u64) -> Self {
        for producer in &mut self.producers {
            let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) =
                &mut producer.source;
            keys.placement = placement;
        }
        self
    }
}

/// How the weights of partition keys change over time. A record's moment of birth decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum KeyDrift {
    /// Not at all.
    #[default]
    None,
    /// At stated moments some keys take a share of all records, and the others the rest.
    Hot {
        /// Keys that stand not among the names; they are numbered after them.
        others: Arc<Vec<String>>,
        /// When what holds, in order of time; before the first, the weights as they are.
        spells: Arc<Vec<HotSpell>>,
    },
    /// Each period the weights move on: what key k had, key k + `by` has next, the last keys'
    /// goes to the first.
    Rotate {
        /// Length of a period; more than zero.
        every: Span,
        /// How far they move.
        by: u32,
    },
}

/// What holds from a moment on: which keys have a share of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct HotSpell {
    /// From when on.
    pub from: Instant,
    /// Keys by number and the part of all records each has (0 to 1); together at most 1.
    pub shares: Vec<(u32, f64)>,
}

/// The keys there are.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyNames {
    /// A new key for every record, metered as `bytes` long (36, a UUID: D4).
    Random {
        /// Length charged.
        bytes: u64,
    },
    /// `prefix`, a number from 1 to `count` padded with zeros to `width`, `suffix`.
    Numbered {
        /// How many keys.
        count: u32,
        /// Text before the number.
        prefix: String,
        /// Least number of digits.
        width: usize,
        /// Text after the number.
        suffix: String,
    },
    /// As written.
    Listed(Arc<Vec<String>>),
}

/// How often each key is used.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyWeights {
    /// All alike.
    Uniform,
    /// The k-th key in proportion to 1/k^exponent.
    Zipf {
        /// 0 or more.
        exponent: f64,
    },
    /// In proportion to these, one for each key.
    Listed(Arc<Vec<f64>>),
}

/// Explicit hash keys, chosen independently of the partition key.
#[derive(Clone, Debug, PartialEq)]
pub enum ExplicitPlan {
    /// A new one for every record.
    Random,
    /// Values with weights.
    Weighted(Vec<(u128, f64)>),
}

/// One record of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// When it is offered.
    pub at: Instant,
    /// Which key, by its place in the key list.
    pub key: u32,
    /// Size of the data blob (bytes).
    pub bytes: u32,
}
