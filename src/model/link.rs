//! What lies between a producer's instances and their stream: answers that take time, calls in
//! flight, buffers that are full, and failures of the service.

use std::collections::VecDeque;

use crate::model::events::{BILLION, PutCondition};
use crate::model::plan::{BufferPlan, ClientPlan, LatencyPlan};
use crate::random::{self, LogNormal};
use crate::time::Span;

/// The link of a producer; one answered at once, without limits or faults, has none.
#[derive(Clone, Debug)]
pub(super) struct Link<C> {
    latency: Latency,
    /// What the stream's encryption adds to it (KDS-K04).
    added: Span,
    latency_chance: random::Stream,
    /// Part of all calls or entries that fail within the service as a rule: from 0 to 1.
    internal_failure: f64,
    /// What goes wrong beside at the moment.
    condition: PutCondition,
    /// Part of all that fail at the moment: from 0 to 1.
    failing: f64,
    failure_chance: random::Stream,
    kms_chance: random::Stream,
    in_flight_max: u32,
    buffer: BufferPlan,
    instances: Vec<Instance<C>>,
}

/// Time from a call to its answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Latency {
    Constant(Span),
    LogNormal(LogNormal),
}

/// One process.
#[derive(Clone, Debug)]
struct Instance<C> {
    /// Calls without an answer.
    in_flight: u32,
    /// Records in its memory: every one offered until it is stored and that is known, or lost.
    records: u64,
    bytes: u64,
    /// Calls that wait because as many as may be are in flight, in order.
    waiting: VecDeque<C>,
}

/// Longest latency that is drawn: the tail of the distribution is cut there.
pub(super) const LATENCY_MAX: Span = Span::from_s(3_600);

impl Latency {
    pub(super) fn new(plan: &LatencyPlan) -> Self {
        match *plan {
            LatencyPlan::Constant(span) => Self::Constant(span),
            LatencyPlan::LogNormal { median, p99 } => {
                Self::LogNormal(LogNormal::new(median.as_ns() as f64, p99.as_ns() as f64))
            }
        }
    }
}

impl<C: Copy> Link<C> {
    /// The link of a producer called `name`, to a stream that answers `added` later than others.
    pub(super) fn new(
        plan: &ClientPlan,
        added: Span,
        instances: u32,
        name: &str,
        seed: u64,
        replicate: u64,
    ) -> Self {
        let chance =
            |what| random::Stream::named(seed, replicate, &format!("producer/{name}/{what}"));
        let instance = Instance { in_flight: 0, records: 0, bytes: 0, waiting: VecDeque::new() };
        Self {
            latency: Latency::new(&plan.latency),
            added,
            latency_chance: chance("latency"),
            internal_failure: plan.internal_failure,
            condition: PutCondition::SOUND,
            failing: plan.internal_failure,
            failure_chance: chance("internal-failure"),
            kms_chance: chance("kms"),
            in_flight_max: plan.max_in_flight.unwrap_or(u32::MAX),
            buffer: plan.buffer,
            instances: vec![instance; instances as usize],
        }
    }

    /// From now on this goes wrong.
    pub(super) fn meet(&mut self, condition: PutCondition) {
        let through = 1.0 - condition.errors as f64 / BILLION as f64;
        self.failing = 1.0 - (1.0 - self.internal_failure) * through;
        self.condition = condition;
    }

    /// Takes records into an instance's memory, if there is room.
    pub(super) fn take_in(&mut self, instance: u32, records: u32, bytes: u64) -> bool {
        let instance = &mut self.instances[instance as usize];
        let (records, bytes) = (instance.records + u64::from(records), instance.bytes + bytes);
        let fits = match self.buffer {
            BufferPlan::Unlimited => true,
            BufferPlan::Records(most) => records <= most,
            BufferPlan::Bytes(most) => bytes <= most.0,
        };
        if fits {
            (instance.records, instance.bytes) = (records, bytes);
        }
        fits
    }

    /// Records leave an instance's memory: their fate is known.
    pub(super) fn let_go(&mut self, instance: u32, records: u64, bytes: u64) {
        let instance = &mut self.instances[instance as usize];
        instance.records -= records;
        instance.bytes -= bytes;
    }

    /// A call wants to leave: it may, or waits its turn.
    pub(super) fn may_leave(&mut self, instance: u32, call: C) -> bool {
        let instance = &mut self.instances[instance as usize];
        let free = instance.in_flight < self.in_flight_max;
        if !free {
            instance.waiting.push_back(call);
        }
        free
    }

    /// A call left: how long its answer takes. It is in flight until then.
    pub(super) fn leave(&mut self, instance: u32) -> Span {
        self.instances[instance as usize].in_flight += 1;
        let usual = match &self.latency {
            Latency::Constant(span) => *span,
            Latency::LogNormal(law) => {
                let ns = law.draw(&mut self.latency_chance) + 0.5;
                Span::from_ns(ns as u64).min(LATENCY_MAX)
            }
        };
        self.condition.slowed(usual + self.added)
    }

    /// A call was answered: the next one that waited may leave.
    pub(super) fn answered(&mut self, instance: u32) -> Option<C> {
        let instance = &mut self.instances[instance as usize];
        instance.in_flight -= 1;
        instance.waiting.pop_front()
    }

    /// Whether a call or entry fails within the service (KDS-L04).
    pub(super) fn fails(&mut self) -> bool {
        self.failing > 0.0 && self.failure_chance.unit() < self.failing
    }

    /// Whether KMS throttles a call, so that it fails as a whole (KDS-K05).
    pub(super) fn is_throttled_by_kms(&mut self) -> bool {
        self.condition.kms > 0 && self.kms_chance.below(BILLION) < self.condition.kms
    }

    /// Calls that wait their turn.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &C> {
        self.instances.iter().flat_map(|instance| &instance.waiting)
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> u64 {
        let queues: usize = self.instances.iter().map(|it| it.waiting.capacity()).sum();
        (queues * size_of::<C>() + self.instances.capacity() * size_of::<Instance<C>>()) as u64
    }

    /// How far its random streams have been used; those of nothing asked for stand at zero, or of
    /// KMS leave no trace.
    pub(super) fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let kms = Some(self.kms_chance.position()).filter(|&position| position > 0);
        [self.latency_chance.position(), self.failure_chance.position()].into_iter().chain(kms)
    }
}
