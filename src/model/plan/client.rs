//! How producers send: plain data.

use crate::model::retry::RetryPlan;
use crate::time::Span;
use crate::units::Bytes;

/// How a producer sends.
#[derive(Clone, Copy, Debug)]
pub struct ClientPlan {
    /// Which call it makes.
    pub api: Api,
    /// What happens to what is refused: the SDK's retries of a PutRecord (SDK-25), the
    /// application's resending of failed PutRecords entries (D6), which takes no tokens.
    pub retry: RetryPlan,
    /// Time from a call to its answer (KDS-L03).
    pub latency: LatencyPlan,
    /// Calls an instance may have in flight; `None` for as many as there are.
    pub max_in_flight: Option<u32>,
    /// What an instance's memory holds.
    pub buffer: BufferPlan,
    /// Part of all calls or entries that fail within the service, 0 to 1 (KDS-L04).
    pub internal_failure: f64,
}

impl ClientPlan {
    /// A client whose calls are answered at once, and that holds whatever it has to.
    #[must_use]
    pub const fn direct(api: Api, retry: RetryPlan) -> Self {
        Self {
            api,
            retry,
            latency: LatencyPlan::Constant(Span::ZERO),
            max_in_flight: None,
            buffer: BufferPlan::Unlimited,
            internal_failure: 0.0,
        }
    }

    /// Whether it is such a client: without latency, calls in flight are limited by nothing.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.latency == LatencyPlan::Constant(Span::ZERO)
            && self.buffer == BufferPlan::Unlimited
            && self.internal_failure <= 0.0
    }
}

/// Time from a call to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyPlan {
    /// Always the same.
    Constant(Span),
    /// Log-normal.
    LogNormal {
        /// Half of all are shorter; more than zero.
        median: Span,
        /// All but one in a hundred are shorter; not below the median.
        p99: Span,
    },
}

/// What an instance's memory holds: records that are not known to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferPlan {
    /// All of them.
    Unlimited,
    /// So many.
    Records(u64),
    /// So many bytes, keys included.
    Bytes(Bytes),
}

/// The call a producer makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// One record a call.
    PutRecord,
    /// Up to 500 records and 10 MiB a call (KDS-W11, KDS-W12), filled for at most `linger`.
    PutRecords {
        /// How long the first record may wait for company.
        linger: Span,
    },
}

/// What chance does to a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Uniform between zero and the delay.
    Full,
    /// Uniform between half the delay and all of it.
    Equal,
    /// Nothing.
    None,
}
