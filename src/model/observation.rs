//! The facts the model states while it runs.

mod object;
mod spell;

pub use self::object::{Object, ObjectCause, RejectCause, Rejected, Transformed};
pub use self::spell::{Amount, InSpells, Polled, Spell, StoredSince};

use std::hash::{Hash, Hasher};

use crate::model::cohort::Window;
use crate::model::plan::StreamMode;
use crate::model::reshard::{Refusal, ReshardCall};
use crate::time::{Instant, Span};

/// What happened: what, where, how many, how old. Places are indices in order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observation {
    /// The warm-up is over: percentiles and shares count from here.
    WarmedUp,
    /// An application offered records, for the first time.
    Offered(Offered),
    /// A put call was made.
    Called {
        /// By this producer.
        producer: u32,
    },
    /// One entry of a put call was judged.
    Put(Put),
    /// A producer gave records up.
    Lost {
        /// Whose records.
        producer: u32,
        /// How many.
        records: u32,
        /// Their bytes.
        bytes: u64,
        /// Why.
        cause: LossCause,
    },
    /// A GetRecords call was answered.
    Read(Read),
    /// A GetRecords call was refused by a limit.
    ReadRefused {
        /// Who called.
        reader: u32,
    },
    /// Records were processed.
    Delivered(Delivered),
    /// Records a consumer was never handed.
    Skipped {
        /// Which consumer.
        reader: u32,
        /// How many.
        records: u64,
        /// Why.
        cause: SkipCause,
    },
    /// What waits for one consumer in one shard; sampled at the end of each interval.
    Backlog(Backlog),
    /// Records that wait for a consumer when the run ends.
    Waiting {
        /// Which consumer.
        reader: u32,
        /// How many.
        records: u32,
        /// When they became visible.
        visible: Window,
    },
    /// Open shards of a stream; sampled at the end of each interval.
    OpenShards {
        /// Which stream.
        stream: u32,
        /// How many.
        count: u32,
    },
    /// An event was handed over by enhanced fan-out.
    Event(Read),
    /// Many records were processed that share no window of births: they were in the stream before
    /// the run, or came to a shard in several quanta.
    Caught {
        /// By this consumer.
        reader: u32,
        /// Their bytes.
        bytes: u64,
        /// How many, and how old when they were done.
        ages: Ages,
    },
    /// Records from before the run that wait for a consumer when it ends.
    WaitingSince {
        /// Which consumer.
        reader: u32,
        /// How many, and how old.
        ages: Ages,
    },
    /// A consumer asked for its place in a shard.
    Positioned {
        /// Which consumer.
        reader: u32,
        /// How.
        by: Positioning,
    },
    /// A GetRecords call failed with `InternalFailure`, or `KMSThrottlingException` (KDS-K05).
    ReadFailed {
        /// Who called.
        reader: u32,
    },
    /// Of the records of a call or event, some had been handed over before.
    Redelivered {
        /// To which consumer.
        reader: u32,
        /// How many.
        records: u32,
    },
    /// Entries of a put call failed within the service, before any shard judged them (KDS-L04), or
    /// with their whole call, which KMS throttled (KDS-K05).
    Failed(Failed),
    /// Put calls were made in the course of a quantum.
    CalledTimes {
        /// By this producer.
        producer: u32,
        /// How many.
        calls: u64,
    },
    /// A consumer's work on a batch is over and has failed: the batch stays in hand.
    ProcessingFailed(FailedAttempt),
    /// A function was invoked with a batch.
    Invoked(Invoked),
    /// An invocation of a function is over.
    Returned(Returned),
    /// A function could not be invoked: its concurrency, or a rate, did not allow it (ESM-73).
    InvocationThrottled {
        /// Which consumer's.
        reader: u32,
    },
    /// Firehose delivered an object, or gave it up.
    Object(Object),
    /// An object of Firehose that is not delivered when the run ends.
    Undelivered {
        /// Which consumer's.
        reader: u32,
        /// Age of its oldest record.
        age: Span,
    },
    /// A record that could not be digested is out of the way of what follows it.
    Freed {
        /// Number of the fault.
        fault: u32,
        /// Whether it was given up, or had expired; else it could be digested in the end.
        given_up: bool,
    },
    /// A GetRecords call on a shard that is in a spell was answered, before or after this is
    /// stated: what of [`Observation::Read`] is of the call itself. Totals come with the spell.
    Passed(Read),
    /// A shard was followed through several quanta by itself: what [`Observation::Offered`] and
    /// [`Observation::Put`] say of it otherwise.
    Spell(Spell),
    /// What came in one quantum to all shards that were followed so.
    InSpells(InSpells),
    /// How long before they were stored the records of that quantum were born.
    StoredSince(StoredSince),
    /// A call that changes a stream was made.
    Asked {
        /// Which stream.
        stream: u32,
        /// Who made it.
        by: Asker,
        /// For what.
        call: ReshardCall,
        /// Why it was refused, if it was.
        refused: Option<Refusal>,
    },
    /// A shard closed: it takes no more records.
    Closed {
        /// Of this stream.
        stream: u32,
        /// Which.
        shard: u32,
    },
    /// A shard opened in the course of the run.
    Opened {
        /// In this stream.
        stream: u32,
        /// Which.
        shard: u32,
    },
    /// A stream is in another mode.
    ModeChanged {
        /// Which.
        stream: u32,
        /// The mode.
        mode: StreamMode,
    },
    /// A stream that was UPDATING is ACTIVE again.
    Active {
        /// Which.
        stream: u32,
    },
    /// A function of Firehose was handed a batch to transform, or could not be.
    Transformed(Transformed),
    /// Firehose wrote records to the error output before they came into a buffer.
    Rejected(Rejected),
}

/// A batch that a function was handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Invoked {
    /// Which consumer's.
    pub reader: u32,
    /// Of this shard.
    pub shard: u32,
    /// Of this lane of it.
    pub lane: u32,
    /// How many records; none in the final invocation of a tumbling window.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Age of the last of them (ESM-130).
    pub age: Span,
    /// Why it was handed over then, with these records.
    pub cause: BatchCause,
}

/// What made a batch complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchCause {
    /// `BatchSize` was reached (ESM-32).
    Size,
    /// One more record would have been too many bytes (ESM-32, ESM-36).
    Payload,
    /// The batching window was over, or there is none (ESM-31, ESM-33).
    Window,
    /// A tumbling window ends (ESM-119).
    Edge,
    /// It is a batch that was handed over before, or a part of one.
    Again,
}

impl BatchCause {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Size, Self::Payload, Self::Window, Self::Edge, Self::Again];
}

/// An invocation that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Returned {
    /// Which consumer's.
    pub reader: u32,
    /// Of this shard.
    pub shard: u32,
    /// Of this lane of it.
    pub lane: u32,
    /// How many records it was handed.
    pub records: u32,
    /// When it was invoked.
    pub began: Instant,
    /// Of the time since, what a new environment took to start (ESM-64).
    pub start: Span,
    /// How it ended.
    pub answer: Answer,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// All records are done (ESM-89).
    Done,
    /// So many are done, and the next one failed (ESM-88).
    Partly(u32),
    /// It failed (ESM-90).
    Failed,
    /// It took longer than it may (ESM-62).
    TimedOut,
    /// What it runs on was lost.
    Lost,
}

/// Who makes calls that change streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Its operators, by an action of the scenario.
    Operator,
    /// An autoscaler.
    Autoscaler,
    /// The service itself, in on-demand mode.
    Service,
}

/// Why a producer gave records up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossCause {
    /// Refused by a shard's limits at the last attempt allowed.
    Throttled,
    /// Failed within the service at the last attempt allowed.
    Failed,
    /// Its memory had no room for them: they were never sent.
    BufferFull,
    /// KMS throttled the call they were in, which no SDK makes again (KDS-K05, KDS-L08).
    KmsThrottled,
}

impl LossCause {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] =
        [Self::Throttled, Self::Failed, Self::BufferFull, Self::KmsThrottled];
}

/// Entries that failed within the service, or that KMS throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Failed {
    /// Who sent them.
    pub producer: u32,
    /// To this stream.
    pub stream: u32,
    /// Their keys belong to this shard.
    pub shard: u32,
    /// How many.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// Work on a batch that failed at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FailedAttempt {
    /// Which consumer's.
    pub reader: u32,
    /// On this shard.
    pub shard: u32,
    /// Number of the fault it failed by.
    pub fault: u32,
    /// How many records are in the batch.
    pub records: u32,
    /// When the work on it began.
    pub began: Instant,
}

/// Ways to get a place in a shard, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Positioning {
    /// GetShardIterator answered.
    Iterator,
    /// GetShardIterator was refused by its limit (KDS-R11).
    IteratorRefused,
    /// GetRecords raised `ExpiredIteratorException` (KDS-R12).
    IteratorExpired,
    /// SubscribeToShard was answered (KDS-M13).
    Subscription,
}

/// Ages of records, evenly spread from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ages {
    /// How many records.
    pub records: u64,
    /// Age of the first.
    pub first: Span,
    /// Age of the last.
    pub last: Span,
}

/// Records offered for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offered {
    /// By this producer.
    pub producer: u32,
    /// To this stream.
    pub stream: u32,
    /// Their keys belong to this shard.
    pub shard: u32,
    /// How many.
    pub records: u32,
    /// Their bytes, keys included.
    pub bytes: u64,
}

/// One entry of a put call, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// Who sent it.
    pub producer: u32,
    /// To this stream.
    pub stream: u32,
    /// To this shard.
    pub shard: u32,
    /// Records in the entry.
    pub records: u32,
    /// Records stored; the rest was throttled.
    pub admitted: u32,
    /// Bytes in the entry.
    pub bytes: u64,
    /// Bytes stored.
    pub admitted_bytes: u64,
    /// Since the first record was born.
    pub waited: Span,
    /// Since the last of the records stored was born; as `waited` where that is the first, or none
    /// is. Those between are evenly spread.
    pub waited_last: Span,
    /// From now to the answer.
    pub answer: Span,
}

// Field by field, but what says nothing new of a single record is left out, so that the hash of a
// run of single records is what it was without it.
impl Hash for Put {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for number in [self.producer, self.stream, self.shard, self.records, self.admitted] {
            number.hash(state);
        }
        (self.bytes, self.admitted_bytes, self.waited, self.answer).hash(state);
        if self.waited_last != self.waited {
            self.waited_last.hash(state);
        }
    }
}

/// An answered GetRecords call, or an event of enhanced fan-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// Who called.
    pub reader: u32,
    /// Of this stream.
    pub stream: u32,
    /// On this shard.
    pub shard: u32,
    /// Records handed over.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Age of the last record at hand-over (KDS-M10); zero where there is none.
    pub age: Span,
    /// `MillisBehindLatest`. Of an answer: zero where nothing was left behind it, else how far its
    /// end is from the present (KDS-R15). Of an event: age of its last record when it was pushed
    /// (KDS-M14).
    pub behind: Span,
}

/// Records processed one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delivered {
    /// By this consumer.
    pub reader: u32,
    /// How many.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// When they were born.
    pub born: Window,
    /// When the first was done.
    pub first_done: Instant,
    /// Time from one to the next.
    pub step: Span,
}

/// Why a consumer was never handed a record that was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkipCause {
    /// Older than the retention period.
    Expired,
    /// Stored before the starting position.
    BeforeStart,
    /// Its event source mapping's filters do not match it (ESM-112).
    Filtered,
    /// Its batch failed as often as it may (ESM-72): `RetryAttemptsExhausted` (ESM-97).
    RetriesExhausted,
    /// It was older than its event source mapping takes (ESM-76): `RecordAgeExceeded` (ESM-97).
    TooOld,
    /// No event has room for it (ESM-40).
    TooLarge,
    /// Its delivery stream's destination did not take it in time: it is in the error output
    /// (FH-91, FH-92, FH-93).
    Undelivered,
}

impl SkipCause {
    /// Those for which an event source mapping gives records up.
    pub const DISCARDS: [Self; 3] = [Self::RetriesExhausted, Self::TooOld, Self::TooLarge];
}

/// What waits for one consumer in one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backlog {
    /// Which consumer.
    pub reader: u32,
    /// Of this stream.
    pub stream: u32,
    /// In this shard.
    pub shard: u32,
    /// Records not handed over.
    pub records: u64,
    /// Age of the oldest.
    pub age: Span,
}
