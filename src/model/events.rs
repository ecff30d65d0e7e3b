//! What happens to a run at stated moments: faults, and what its operators do.

use crate::model::plan::{IntakePlan, MappingChange, Plan, ReaderPlan};
use crate::model::reshard::ReshardCall;
use crate::time::{Instant, Span};

/// One part, in millionths: a factor of 1.
pub const MILLION: u64 = 1_000_000;
/// One part, in thousand-millionths: a chance of 1.
pub const BILLION: u64 = 1_000_000_000;

/// Something that goes wrong for a time: [from, until).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// When it begins.
    pub from: Instant,
    /// When it is over.
    pub until: Instant,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong. Readers, producers and streams are numbers in order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A reader makes no calls, and loses what it has in hand.
    ReaderOutage {
        /// Which.
        reader: usize,
    },
    /// Its processing takes longer.
    Slowdown {
        /// Which.
        reader: usize,
        /// How many times as long (millionths).
        factor: u64,
    },
    /// Its calls fail with `InternalFailure` (KDS-L04).
    ReadErrors {
        /// Which.
        reader: usize,
        /// Chance of each call (thousand-millionths).
        chance: u64,
    },
    /// Invocations of its function fail.
    FunctionErrors {
        /// Which.
        reader: usize,
        /// Chance of each (thousand-millionths).
        chance: u64,
    },
    /// No more invocations of its function are let run at a time.
    Squeeze {
        /// Which.
        reader: usize,
        /// How many.
        most: u32,
    },
    /// Its delivery stream's destination takes nothing.
    DestinationOutage {
        /// Which.
        reader: usize,
    },
    /// A record that its processing cannot digest: a shard is blocked by it.
    PoisonRecord {
        /// Whose processing.
        reader: usize,
        /// In which shard, as an index; `None` is the first it works on.
        shard: Option<u32>,
    },
    /// Its put calls, or entries of them, fail with `InternalFailure` (KDS-L04).
    PutErrors {
        /// Which producer's.
        producer: usize,
        /// Chance of each call or entry (thousand-millionths).
        chance: u64,
    },
    /// The answers to its put calls take longer (KDS-L03): so many times as long, and more.
    PutLatency {
        /// Which producer's.
        producer: usize,
        /// How many times as long (millionths).
        factor: u64,
        /// What comes on top.
        more: Span,
    },
    /// The calls of all its clients, or entries of them, fail with `InternalFailure` (KDS-L04).
    StreamErrors {
        /// Which.
        stream: usize,
        /// Chance of each call or entry (thousand-millionths).
        chance: u64,
    },
    /// The calls of all its clients fail with `KMSThrottlingException`, each as a whole (KDS-K05,
    /// KDS-K08).
    KmsThrottle {
        /// Which; it is encrypted.
        stream: usize,
        /// Chance of each call (thousand-millionths).
        chance: u64,
    },
    /// A producer offers nothing. Its plan's source says so already.
    ProducerOutage {
        /// Which.
        producer: usize,
        /// Time over which what piled up is offered afterwards; `None` where nothing piles up.
        catch_up: Option<Span>,
    },
}

/// Something its operators do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActionPlan {
    /// When they do it.
    pub at: Instant,
    /// What they do.
    pub kind: ActionKind,
}

/// What operators do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActionKind {
    /// `IncreaseStreamRetentionPeriod` or `DecreaseStreamRetentionPeriod`.
    RetentionPeriod {
        /// Of which stream.
        stream: usize,
        /// What it was.
        from: Span,
        /// What it becomes.
        to: Span,
        /// When that holds (KDS-T03, KDS-T04).
        holds_from: Instant,
    },
    /// A call that changes shards.
    Reshard {
        /// Of which stream.
        stream: usize,
        /// What it asks for.
        call: ReshardCall,
    },
    /// `UpdateEventSourceMapping`.
    UpdateMapping {
        /// Whose mapping.
        reader: usize,
        /// What it sets.
        change: MappingChange,
    },
    /// `PutFunctionConcurrency`, or `DeleteFunctionConcurrency` (ESM-59).
    Reserve {
        /// Whose function.
        reader: usize,
        /// What it has to itself from then on; `None` is nothing, and it shares with others.
        to: Option<u32>,
    },
    /// A producer's rate is another from now on. Its plan's source says so already.
    RateChange {
        /// Whose.
        producer: usize,
        /// To what.
        to: NewRate,
    },
}

/// What a rate becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NewRate {
    /// So many times what it would be.
    Times(f64),
    /// This, whatever it was [records/s].
    Constant(f64),
}

/// What a consumer suffers from at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether it is down.
    pub down: bool,
    /// How many times as long its processing takes (millionths).
    pub slowness: u64,
    /// Chance that a call of its fails within the service (thousand-millionths).
    pub errors: u64,
    /// Chance that KMS throttles it (thousand-millionths).
    pub kms: u64,
    /// Chance that an invocation of its function fails (thousand-millionths).
    pub function_errors: u64,
    /// Invocations of its function that are let run at a time, where a fault says so.
    pub concurrency: Option<u32>,
    /// Whether its destination takes nothing.
    pub away: bool,
}

impl Condition {
    /// Nothing is wrong.
    pub const SOUND: Self = Self {
        down: false,
        slowness: MILLION,
        errors: 0,
        kms: 0,
        function_errors: 0,
        concurrency: None,
        away: false,
    };

    /// What `faults` together do at `now` to consumer number `reader`, which reads from stream
    /// number `stream`: factors multiply, and a call gets through if no fault fails it.
    #[must_use]
    pub fn of(reader: usize, stream: usize, now: Instant, faults: &[FaultPlan]) -> Self {
        let active = |fault: &&FaultPlan| fault.from <= now && now < fault.until;
        let hits = |fault: &&FaultPlan| {
            fault.kind.reader() == Some(reader) || fault.kind.stream() == Some(stream)
        };
        let mut condition = Self::SOUND;
        for fault in faults.iter().filter(active).filter(hits) {
            match fault.kind {
                FaultKind::ReaderOutage { .. } => condition.down = true,
                FaultKind::Slowdown { factor, .. } => {
                    condition.slowness = part(condition.slowness, factor, MILLION);
                }
                FaultKind::ReadErrors { chance, .. } | FaultKind::StreamErrors { chance, .. } => {
                    condition.errors = either(condition.errors, chance);
                }
                FaultKind::KmsThrottle { chance, .. } => {
                    condition.kms = either(condition.kms, chance);
                }
                FaultKind::FunctionErrors { chance, .. } => {
                    condition.function_errors = either(condition.function_errors, chance);
                }
                FaultKind::DestinationOutage { .. } => condition.away = true,
                FaultKind::Squeeze { most, .. } => {
                    let others = condition.concurrency.unwrap_or(most);
                    condition.concurrency = Some(others.min(most));
                }
                FaultKind::PoisonRecord { .. }
                | FaultKind::PutErrors { .. }
                | FaultKind::PutLatency { .. }
                | FaultKind::ProducerOutage { .. } => {}
            }
        }
        condition
    }

    /// Chance that an invocation fails which fails with this chance when all is well
    /// (thousand-millionths).
    #[must_use]
    pub fn either_error(&self, chance: u64) -> u64 {
        either(self.function_errors, chance)
    }

    /// Whether functions take as long and fail as often as when all is well.
    #[inline]
    #[must_use]
    pub fn leaves_functions_alone(&self) -> bool {
        self.slowness == MILLION && self.function_errors == 0
    }

    /// `work` at this pace.
    #[must_use]
    pub fn slowed(&self, work: Span) -> Span {
        Span::from_ns(part(work.as_ns(), self.slowness, MILLION))
    }
}

impl FaultPlan {
    /// Whether reader number `reader` of `plan` can fall behind by it: its own faults, those of the
    /// calls on its stream if it makes any, and outages of who writes to its stream.
    #[must_use]
    pub fn concerns(&self, reader: usize, plan: &Plan) -> bool {
        match self.kind {
            FaultKind::StreamErrors { stream, .. } | FaultKind::KmsThrottle { stream, .. } => {
                let polls = |it: &&ReaderPlan| matches!(it.intake, IntakePlan::Poll(_));
                plan.readers.get(reader).filter(polls).is_some_and(|it| it.stream == stream)
            }
            FaultKind::ProducerOutage { producer, .. } => {
                let stream = plan.producers.get(producer).map(|it| it.stream);
                stream == plan.readers.get(reader).map(|it| it.stream)
            }
            _ => self.kind.reader() == Some(reader),
        }
    }
}

/// What a producer's calls suffer from at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutCondition {
    /// Chance that a call or entry fails, beside what always fails (thousand-millionths).
    pub errors: u64,
    /// Chance that KMS throttles a call, so that it fails as a whole (thousand-millionths).
    pub kms: u64,
    /// How many times as long an answer takes (millionths).
    pub slowness: u64,
    /// How much longer than that.
    pub more: Span,
}

impl PutCondition {
    /// Nothing is wrong.
    pub const SOUND: Self = Self { errors: 0, kms: 0, slowness: MILLION, more: Span::ZERO };

    /// What `faults` together do at `now` to producer number `producer`, which writes to stream
    /// number `stream`: factors multiply, what comes on top adds up, and a call gets through if no
    /// fault fails it.
    #[must_use]
    pub fn of(producer: usize, stream: usize, now: Instant, faults: &[FaultPlan]) -> Self {
        let active = |fault: &&FaultPlan| fault.from <= now && now < fault.until;
        let mut condition = Self::SOUND;
        for fault in faults.iter().filter(active).filter(|it| it.kind.upsets(producer, stream)) {
            match fault.kind {
                FaultKind::PutErrors { chance, .. } | FaultKind::StreamErrors { chance, .. } => {
                    condition.errors = either(condition.errors, chance);
                }
                FaultKind::KmsThrottle { chance, .. } => {
                    condition.kms = either(condition.kms, chance);
                }
                FaultKind::PutLatency { factor, more, .. } => {
                    condition.slowness = part(condition.slowness, factor, MILLION);
                    condition.more = condition.more + more;
                }
                _ => {}
            }
        }
        condition
    }

    /// How long an answer takes that usually takes `latency`.
    #[must_use]
    pub fn slowed(&self, latency: Span) -> Span {
        let times = Span::from_ns(part(latency.as_ns(), self.slowness, MILLION));
        times + self.more
    }
}

impl FaultKind {
    /// The reader that suffers from it.
    #[must_use]
    pub fn reader(&self) -> Option<usize> {
        match *self {
            Self::ReaderOutage { reader }
            | Self::Slowdown { reader, .. }
            | Self::PoisonRecord { reader, .. }
            | Self::FunctionErrors { reader, .. }
            | Self::Squeeze { reader, .. }
            | Self::DestinationOutage { reader }
            | Self::ReadErrors { reader, .. } => Some(reader),
            _ => None,
        }
    }

    /// The stream all of whose clients' calls suffer from it.
    #[must_use]
    pub fn stream(&self) -> Option<usize> {
        match *self {
            Self::StreamErrors { stream, .. } | Self::KmsThrottle { stream, .. } => Some(stream),
            _ => None,
        }
    }

    /// Whether the put calls of this producer, which writes to this stream, suffer from it; one
    /// that is down makes none.
    #[must_use]
    pub fn upsets(&self, producer: usize, stream: usize) -> bool {
        match *self {
            Self::PutErrors { producer: of, .. } | Self::PutLatency { producer: of, .. } => {
                of == producer
            }
            _ => self.stream() == Some(stream),
        }
    }

    /// Whether put calls suffer from it.
    #[must_use]
    pub fn is_of_puts(&self) -> bool {
        matches!(self, Self::PutErrors { .. } | Self::PutLatency { .. }) || self.stream().is_some()
    }
}

/// The chance that one of two independent chances comes true (thousand-millionths).
fn either(one: u64, other: u64) -> u64 {
    BILLION - part(BILLION - one, BILLION - other, BILLION)
}

/// `whole` times `times` over `of`; what does not fit becomes the largest number.
#[inline]
fn part(whole: u64, times: u64, of: u64) -> u64 {
    // Mostly the product fits a word, which divides in a fraction of the time.
    if let Some(product) = whole.checked_mul(times) {
        return product / of;
    }
    let part = u128::from(whole) * u128::from(times) / u128::from(of);
    u64::try_from(part).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(from: u64, until: u64, kind: FaultKind) -> FaultPlan {
        FaultPlan { from: Instant::from_s(from), until: Instant::from_s(until), kind }
    }

    #[test]
    fn faults_overlap_and_end_before_their_last_moment() {
        let slow = |factor| FaultKind::Slowdown { reader: 1, factor };
        let errors = |chance| FaultKind::ReadErrors { reader: 1, chance };
        let faults = [
            fault(10, 30, slow(3 * MILLION)),
            fault(20, 40, slow(MILLION / 2)),
            fault(20, 30, errors(BILLION / 2)),
            fault(20, 30, errors(BILLION / 2)),
            fault(25, 26, FaultKind::ReaderOutage { reader: 1 }),
            fault(0, 99, FaultKind::ReaderOutage { reader: 0 }),
        ];
        let at = |ms: u64| Condition::of(1, 0, Instant::from_ns(ms * 1_000_000), &faults);
        assert_eq!(at(9_999), Condition::SOUND);
        assert_eq!((at(10_000).slowness, at(19_999).errors), (3 * MILLION, 0));
        // Twice a half: three of four calls fail.
        assert_eq!((at(20_000).slowness, at(20_000).errors), (1_500_000, 750_000_000));
        assert_eq!(
            [24_999, 25_000, 25_999, 26_000].map(|ms| at(ms).down),
            [false, true, true, false]
        );
        assert_eq!(at(30_000), Condition { slowness: MILLION / 2, ..Condition::SOUND });
        assert_eq!(at(40_000), Condition::SOUND);
        assert_eq!(at(20_000).slowed(Span::from_ms(10)), Span::from_ms(15));
        let stuck = Condition { slowness: u64::MAX, ..Condition::SOUND };
        assert_eq!(stuck.slowed(Span::from_s(1 << 30)), Span::from_ns(u64::MAX));
    }
}
