//! What one run produced: plain data, nothing formatted.

mod alarm;
mod block;
mod consumer;
mod fed;
mod firehose;
mod lambda;

pub use alarm::{AlarmChange, AlarmOutcome, AlarmPoint};
pub use block::{Attempt, Block};
pub use consumer::{ConsumerOutcome, Positionings, ReadLedger};
pub use fed::FedOutcome;
pub use firehose::{FirehoseCounts, FirehoseFlow, FirehoseOutcome};
pub use lambda::{LambdaCounts, LambdaFlow, LambdaOutcome};

pub use crate::experiment::bill::Used;
use crate::experiment::histogram::Histogram;
pub use crate::experiment::shard_series::ShardSeries;
pub use crate::experiment::trace::Trace;
pub use crate::model::aggregate::{Reason, Unfit};
pub use crate::model::cold::Joined;
use crate::model::observation::Amount;
pub use crate::model::observation::{Answer, Asker, LossCause, SkipCause};
pub use crate::model::plan::StreamMode;
pub use crate::model::reshard::{Refusal, ReshardCall};
use crate::time::{Instant, NS_PER_S, Span};
use crate::units::Bytes;

/// The results of one run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How the run came to its end.
    pub ended: Ended,
    /// Where virtual time stood then.
    pub until: Instant,
    /// Wakes of actors the engine served.
    pub wakes: u64,
    /// Writes over the whole run and all streams.
    pub write: Writes,
    /// Writes after the warm-up: what objectives judge.
    pub write_judged: Writes,
    /// Time from a record's birth to its client's knowledge that it is stored, retries included,
    /// after the warm-up (ns). Without a put latency that is the moment of storage. Of producers
    /// that no consumer feeds.
    pub write_latency: Histogram,
    /// One entry a producer, in order of declaration.
    pub producers: Vec<ProducerOutcome>,
    /// One entry a stream, in order of declaration.
    pub streams: Vec<StreamOutcome>,
    /// One entry a consumer, in order of declaration.
    pub consumers: Vec<ConsumerOutcome>,
    /// Records given up for good.
    pub losses: Vec<Loss>,
    /// Shards that were blocked by a record that a consumer could not digest, in order of faults.
    pub blocks: Vec<Block>,
    /// Calls that change streams, and what came of them, in order of time.
    pub changes: Vec<Change>,
    /// One entry an alarm, in order of declaration.
    pub alarms: Vec<AlarmOutcome>,
    /// Width of an interval of `timeline`.
    pub interval: Span,
    /// All streams together, an entry an interval; the last may be cut short.
    pub timeline: Vec<Flow>,
    /// Fingerprint of the run, where one was asked for.
    pub fingerprint: Option<Fingerprint>,
    /// What each lane did, where that was asked for.
    pub trace: Option<Trace>,
}

/// Something that changed a stream, or was to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// Index of the stream.
    pub stream: usize,
    /// What.
    pub kind: ChangeKind,
}

/// What changes a stream. Shards are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A call was made.
    Asked {
        /// Who made it.
        by: Asker,
        /// For what.
        call: ReshardCall,
        /// Why it was refused, if it was.
        refused: Option<Refusal>,
    },
    /// A shard takes no more records.
    Closed(u32),
    /// A shard takes records from now on.
    Opened(u32),
    /// The stream is in this mode from now on.
    Mode(StreamMode),
    /// The stream is ACTIVE again.
    Active,
}

/// Why a run stopped (D26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The scenario's duration, or `--until`, was reached.
    Completed,
    /// The user asked it to stop.
    Interrupted,
    /// Waiting records would have taken more memory than allowed.
    MemoryLimit {
        /// The limit that was reached.
        limit: Bytes,
    },
    /// As many events as allowed were played: put attempts and wakes.
    EventLimit {
        /// The limit that was reached.
        limit: u64,
    },
}

/// Counts of records on the write side. `bytes` are data blob plus partition key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// Records an application offered once.
    pub offered_records: u64,
    /// Their bytes.
    pub offered_bytes: u64,
    /// Entries sent, retries included.
    pub attempts: u64,
    /// Entries stored.
    pub accepted_records: u64,
    /// Their bytes.
    pub accepted_bytes: u64,
    /// Entries refused by a limit.
    pub throttled: u64,
    /// Bytes of refused entries.
    pub throttled_bytes: u64,
    /// Entries that failed within the service, or that KMS throttled, before a limit judged them.
    pub failed: u64,
    /// Their bytes.
    pub failed_bytes: u64,
    /// Records given up.
    pub lost_records: u64,
    /// Bytes given up.
    pub lost_bytes: u64,
}

impl Writes {
    /// What was offered, what was attempted, and what of that got in. Nothing failed.
    #[must_use]
    pub fn of(offered: Amount, attempted: Amount, stored: Amount) -> Self {
        Self {
            offered_records: offered.records,
            offered_bytes: offered.bytes,
            attempts: attempted.records,
            accepted_records: stored.records,
            accepted_bytes: stored.bytes,
            throttled: attempted.records - stored.records,
            throttled_bytes: attempted.bytes - stored.bytes,
            ..Self::default()
        }
    }

    /// The sum of two counts.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    /// What `self` has beyond `other`, an earlier state of the same counts.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    fn with(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            offered_records: f(self.offered_records, other.offered_records),
            offered_bytes: f(self.offered_bytes, other.offered_bytes),
            attempts: f(self.attempts, other.attempts),
            accepted_records: f(self.accepted_records, other.accepted_records),
            accepted_bytes: f(self.accepted_bytes, other.accepted_bytes),
            throttled: f(self.throttled, other.throttled),
            throttled_bytes: f(self.throttled_bytes, other.throttled_bytes),
            failed: f(self.failed, other.failed),
            failed_bytes: f(self.failed_bytes, other.failed_bytes),
            lost_records: f(self.lost_records, other.lost_records),
            lost_bytes: f(self.lost_bytes, other.lost_bytes),
        }
    }
}

/// What flowed in one interval, all streams together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// When it began.
    pub start: Instant,
    /// Writes in it.
    pub write: Writes,
    /// Open shards at its end.
    pub open_shards: u32,
    /// Largest share of a write limit sent to any shard in any whole second of it, in
    /// millionths: attempts or their bytes over the limit, whichever is larger.
    pub busiest_second_ppm: u32,
    /// The shard (index into its stream's `shards`) and stream of that second.
    pub busiest: (u32, u32),
    /// Most records offered first in any whole second of it.
    pub peak_offered_records: u64,
    /// Most records accepted in any whole second of it.
    pub peak_accepted_records: u64,
    /// Most attempts in any whole second of it.
    pub peak_attempts: u64,
    /// One entry a consumer.
    pub reads: Vec<ReadFlow>,
}

/// What flowed into one stream in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFlow {
    /// Writes in it.
    pub write: Writes,
    /// Open shards at its end.
    pub open_shards: u32,
    /// Largest share of a write limit sent to any shard in any whole second of it, in millionths.
    pub busiest_second_ppm: u32,
    /// That shard, as an index.
    pub busiest: u32,
    /// Most records offered first in any whole second of it.
    pub peak_offered_records: u64,
    /// Most records accepted in any whole second of it.
    pub peak_accepted_records: u64,
    /// Most attempts in any whole second of it.
    pub peak_attempts: u64,
}

impl StreamFlow {
    /// Adds a second in which its stream saw `writes` and its shard `shard` was sent the largest
    /// part of a limit, `ppm`.
    /// What is called a second is `length` long.
    pub(crate) fn add_second(&mut self, writes: &Writes, (shard, ppm): (u32, u32), length: Span) {
        self.write = self.write.plus(writes);
        if ppm > self.busiest_second_ppm {
            (self.busiest_second_ppm, self.busiest) = (ppm, shard);
        }
        let seconds = length.as_ns() / NS_PER_S;
        let peak = |most: u64, sum: u64| most.max(sum / seconds);
        self.peak_offered_records = peak(self.peak_offered_records, writes.offered_records);
        self.peak_accepted_records = peak(self.peak_accepted_records, writes.accepted_records);
        self.peak_attempts = peak(self.peak_attempts, writes.attempts);
    }
}

impl StreamOutcome {
    /// Whether seconds are told apart: in longer quanta they are not (D21).
    #[must_use]
    pub fn has_seconds(&self) -> bool {
        self.quantum.is_none_or(|quantum| quantum <= Span::from_s(1))
    }
}

/// What one consumer read in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFlow {
    /// Records handed over.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// GetRecords calls answered.
    pub calls: u64,
    /// GetRecords calls refused.
    pub throttled_calls: u64,
    /// GetRecords calls that failed with an error of the service or of KMS.
    pub failed_calls: u64,
    /// Attempts to process a batch that failed.
    pub failed_attempts: u64,
    /// Events pushed and handed over (KDS-M14).
    pub events: u64,
    /// SubscribeToShard calls answered (KDS-M13).
    pub subscriptions: u64,
    /// Largest age of the last record of a call or event in it; none where none held a record.
    pub age_max: Option<Span>,
    /// The same of GetRecords calls, where what they bring is handed over later (ESM-133).
    pub polled_age_max: Option<Span>,
    /// Largest `MillisBehindLatest` of a call or event in it; none where there was none.
    pub behind_max: Option<Span>,
    /// Calls answered on the shard that gave out the largest part of what it may.
    pub busiest_calls: u64,
    /// Bytes it gave to this consumer.
    pub busiest_bytes: u64,
    /// Records in the log this consumer has not been handed, at the interval's end.
    pub backlog_records: u64,
    /// Age of the oldest of them at the interval's end.
    pub backlog_age: Span,
}

/// One producer's totals over the whole run.
#[derive(Clone, Debug)]
pub struct ProducerOutcome {
    /// Its name.
    pub name: String,
    /// What it wrote.
    pub write: Writes,
    /// Put calls made.
    pub calls: u64,
    /// Records still held by the client at the end and not stored: buffered, waiting for a call
    /// that may leave, refused with the answer on its way, or awaiting a retry.
    pub held_records: u64,
    /// Number of different keys it may use; `None` where every record has a new one.
    pub key_count: Option<u64>,
    /// Its most used keys, most used first, at most 20.
    pub top_keys: Vec<KeyShare>,
    /// What came to it, where a consumer feeds it.
    pub fed: Option<FedOutcome>,
}

/// One partition key's part of a producer's load.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyShare {
    /// The key as written.
    pub key: String,
    /// Its expected share of the producer's records, 0 to 1.
    pub share: f64,
    /// Index of the shard it lands on.
    pub shard: u32,
}

/// One stream's totals.
#[derive(Clone, Debug)]
pub struct StreamOutcome {
    /// `StreamName`.
    pub name: String,
    /// Whether it is no stream but what is put to Firehose: its shards are channels then.
    pub direct: bool,
    /// Records a second a shard may take.
    pub limit_records_per_s: u64,
    /// Bytes a second a shard may take.
    pub limit_bytes_per_s: u64,
    /// Length of the quanta in which it was played; `None` where it was played record by record.
    pub quantum: Option<Span>,
    /// Why it was not played in quanta although they were asked for.
    pub unfit: Option<Unfit>,
    /// Shards on which what waited long was joined.
    pub joined_shards: u64,
    /// How much was joined on all of them.
    pub joined: Joined,
    /// Writes over the whole run.
    pub write: Writes,
    /// Writes after the warm-up.
    pub write_judged: Writes,
    /// What AWS meters of it.
    pub used: Used,
    /// Calls to KMS after the warm-up, about (KDS-K02); `None` where it is not encrypted.
    pub kms_calls: Option<u64>,
    /// Time from a record's birth to its storage, retries included, after the warm-up, of producers
    /// that no consumer feeds (ns).
    pub write_latency: Histogram,
    /// An entry an interval of the outcome's timeline.
    pub timeline: Vec<StreamFlow>,
    /// One entry a shard, in order of id.
    pub shards: Vec<ShardOutcome>,
    /// Its shards, interval by interval.
    pub series: ShardSeries,
}

/// One shard's totals over the whole run.
#[derive(Clone, Debug)]
pub struct ShardOutcome {
    /// `shardId-` and twelve digits.
    pub id: String,
    /// First and last hash key, both included.
    pub range: (u128, u128),
    /// When it was opened; at the beginning, where that was before the run.
    pub opened: Instant,
    /// When it was closed, if it was.
    pub closed: Option<Instant>,
    /// The shards it came of in the run, as indices.
    pub came_of: Vec<u32>,
    /// Writes routed to it.
    pub write: Writes,
    /// Largest share of a limit sent to it in any whole second, retries included, in millionths.
    pub busiest_second_ppm: u32,
    /// Whole seconds in which more was sent than a limit allows, retries included.
    pub seconds_over: u64,
}

/// What one shard saw in one interval of its series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardFlow {
    /// Records offered for the first time.
    pub offered_records: u64,
    /// Entries sent, retries included.
    pub attempts: u64,
    /// Entries stored.
    pub accepted_records: u64,
    /// Share of a limit that attempts reached in its busiest second, in millionths.
    pub busiest_second_ppm: u32,
    /// Bytes offered for the first time.
    pub offered_bytes: u64,
    /// Bytes of all attempts.
    pub attempted_bytes: u64,
    /// Bytes stored.
    pub accepted_bytes: u64,
    /// Records handed to consumers.
    pub read_records: u64,
    /// Records waiting for the slowest consumer at the interval's end.
    pub backlog_records: u64,
    /// Largest iterator age of a call in the interval [ms, rounded up].
    pub age_ms: u32,
}

/// Records given up for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Whose records they were.
    pub producer: String,
    /// Why.
    pub cause: LossCause,
    /// How many.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a run did, in five hashes; the letters say what kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `t`: the moments at which actors woke.
    pub times: u64,
    /// `w`: which actors woke.
    pub wakes: u64,
    /// `o`: everything the model stated.
    pub observations: u64,
    /// `r`: how far each random stream was used.
    pub draws: u64,
    /// `m`: the totals.
    pub metrics: u64,
}
