//! Consumers: where records come to them from, and what they do with them.

use crate::model::facts;
use crate::model::plan::{FirehosePlan, LambdaPlan};
use crate::model::retry::RetryPlan;
use crate::time::{Instant, Span};

/// A consumer of one stream.
#[derive(Clone, Debug)]
pub struct ReaderPlan {
    /// Unique among producers and consumers.
    pub name: String,
    /// Index of the stream read from.
    pub stream: usize,
    /// When it begins.
    pub starts: Instant,
    /// Where it begins.
    pub start: StartingPosition,
    /// How records come to it.
    pub intake: IntakePlan,
    /// Answers, or events, it takes on a shard while an earlier one is being processed.
    pub read_ahead: u32,
    /// Time an answer or event takes to process, whatever it holds.
    pub per_call: Span,
    /// Time each record takes on top.
    pub per_record: Span,
    /// Shards worked on at the same time; `None` is one thread a shard.
    pub threads: Option<u32>,
    /// What it does with them.
    pub work: WorkPlan,
}

/// What a consumer does with what it reads.
#[derive(Clone, Debug)]
pub enum WorkPlan {
    /// A program of the application works on each answer or event.
    Loop,
    /// A Lambda function is invoked with batches.
    Lambda(Box<LambdaPlan>),
    /// Amazon Data Firehose collects them for a destination.
    Firehose(Box<FirehosePlan>),
}

/// Kinds of consumers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsumerKind {
    /// A program that reads.
    #[default]
    Reader,
    /// Lambda with an event source mapping.
    Lambda,
    /// Amazon Data Firehose.
    Firehose,
}

impl ConsumerKind {
    /// All of them, in the order in which their tables are resolved.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Lambda, Self::Firehose];

    /// The name of its table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Lambda => "lambda",
            Self::Firehose => "firehose",
        }
    }

    /// The kind whose table is called so.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl ReaderPlan {
    /// One that is there from the beginning and reads all of the first stream, in no time.
    #[must_use]
    pub fn plain(name: impl Into<String>, intake: IntakePlan, work: WorkPlan) -> Self {
        Self {
            name: name.into(),
            stream: 0,
            starts: Instant::ZERO,
            start: StartingPosition::TrimHorizon,
            intake,
            read_ahead: 0,
            per_call: Span::ZERO,
            per_record: Span::ZERO,
            threads: None,
            work,
        }
    }

    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> ConsumerKind {
        match self.work {
            WorkPlan::Loop => ConsumerKind::Reader,
            WorkPlan::Lambda(_) => ConsumerKind::Lambda,
            WorkPlan::Firehose(_) => ConsumerKind::Firehose,
        }
    }

    /// Its Lambda function and event source mapping, if it is one.
    #[must_use]
    pub fn lambda(&self) -> Option<&LambdaPlan> {
        match &self.work {
            WorkPlan::Lambda(lambda) => Some(lambda),
            _ => None,
        }
    }

    /// Whether it backs up the source of a delivery stream.
    #[must_use]
    pub fn is_backup(&self) -> bool {
        self.firehose().is_some_and(|it| it.is_backup)
    }

    /// Its delivery stream, if it is one.
    #[must_use]
    pub fn firehose(&self) -> Option<&FirehosePlan> {
        match &self.work {
            WorkPlan::Firehose(firehose) => Some(firehose),
            _ => None,
        }
    }
}

/// How records come to a consumer.
#[derive(Clone, Debug)]
pub enum IntakePlan {
    /// It calls GetRecords.
    Poll(PollPlan),
    /// The shards push: enhanced fan-out.
    FanOut(FanOutPlan),
}

/// How a consumer calls GetRecords.
#[derive(Clone, Debug)]
pub struct PollPlan {
    /// Least time between two calls on a shard.
    pub every: Span,
    /// A call comes up to this much later, drawn anew each time.
    pub jitter: Span,
    /// `Limit`, 1 to 10,000 records a call (KDS-R03).
    pub limit: u32,
    /// Which shard is asked when.
    pub order: PollOrder,
    /// What its client does about a refused call.
    pub retry: RetryPlan,
}

impl PollPlan {
    /// Calls for as much as there is, so often on each shard, without retries of their own.
    #[must_use]
    pub fn every(every: Span) -> Self {
        Self {
            every,
            jitter: Span::ZERO,
            limit: facts::GET_RECORDS_LIMIT_MAX,
            order: PollOrder::SideBySide,
            retry: RetryPlan::NONE,
        }
    }
}

/// Which shard is asked when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollOrder {
    /// Each shard at its own times.
    SideBySide,
    /// One loop: a shard after the other, each answer processed before the next call.
    InTurn,
}

/// How shards push to a consumer of its own (KDS-R26, KDS-R33).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanOutPlan {
    /// Bytes a second and shard.
    pub bytes_per_s: u64,
    /// Least time between two events of a subscription.
    pub pace: Span,
    /// Time from the push of an event to its hand-over.
    pub delay: Span,
    /// How long a subscription lives (KDS-R29).
    pub lifetime: Span,
    /// Time from its end to the first push of the next.
    pub renewal: Span,
    /// How long the consumer is CREATING when it is registered, at the reader's beginning; zero
    /// where it was registered before the run (KDS-R32).
    pub registration: Span,
}

/// `ShardIteratorType` a reader begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// The oldest record kept.
    TrimHorizon,
    /// What arrives after the first call.
    Latest,
    /// The first record stored at this moment or later (KDS-R14).
    AtTimestamp(Instant),
}
