//! What each lane of a run's functions did, for a trace viewer.

use std::collections::BTreeMap;

use crate::engine::Probe;
use crate::model::observation::{Answer, Invoked, Observation, Returned};
use crate::time::{Instant, Span};

/// Invocations in order of their ends.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// At most [`SLICES_MAX`].
    pub slices: Vec<Slice>,
    /// Whether there were more.
    pub cut: bool,
    /// Those that had not returned when the run ended.
    pub running: Vec<Slice>,
}

/// An invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Which consumer's.
    pub reader: usize,
    /// Of this shard, as an index.
    pub shard: u32,
    /// Of this lane of it.
    pub lane: u32,
    /// When the function was invoked.
    pub began: Instant,
    /// What a new environment took to start.
    pub start: Span,
    /// When it returned; as far as it got where it did not.
    pub until: Instant,
    /// Records it was handed.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Age of the last of them then.
    pub age: Span,
    /// How it ended; `None` where it did not.
    pub answer: Option<Answer>,
}

/// Invocations a trace holds: more take a viewer minutes to open.
pub const SLICES_MAX: usize = 1_000_000;

/// Hears what lanes do.
#[derive(Clone, Debug, Default)]
pub struct Tracer {
    trace: Trace,
    running: BTreeMap<(u32, u32, u32), (Instant, Invoked)>,
}

impl Tracer {
    /// What was heard until `end`.
    #[must_use]
    pub fn finish(mut self, end: Instant) -> Trace {
        for (began, invoked) in self.running.into_values() {
            let slice = slice(&invoked, began, end);
            self.trace.running.push(slice);
        }
        self.trace
    }

    fn returned(&mut self, at: Instant, returned: &Returned) {
        let lane = (returned.reader, returned.shard, returned.lane);
        let Some((began, invoked)) = self.running.remove(&lane) else { return };
        if self.trace.slices.len() >= SLICES_MAX {
            self.trace.cut = true;
            return;
        }
        let (start, answer) = (returned.start, Some(returned.answer));
        self.trace.slices.push(Slice { start, answer, ..slice(&invoked, began, at) });
    }
}

fn slice(invoked: &Invoked, began: Instant, until: Instant) -> Slice {
    Slice {
        reader: invoked.reader as usize,
        shard: invoked.shard,
        lane: invoked.lane,
        began,
        start: Span::ZERO,
        until,
        records: invoked.records,
        bytes: invoked.bytes,
        age: invoked.age,
        answer: None,
    }
}

impl Probe<Observation> for Tracer {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Invoked(it) => {
                self.running.insert((it.reader, it.shard, it.lane), (at, it));
            }
            Observation::Returned(returned) => self.returned(at, &returned),
            _ => {}
        }
    }
}
