//! Who reads: one variant a kind.

pub mod reader;

use crate::engine::Probe;
use crate::model::consumer::reader::Reader;
use crate::model::observation::Observation;
use crate::model::stream::Stream;
use crate::time::Instant;

/// A consumer with all its shards: one actor.
#[derive(Clone, Debug)]
pub enum Consumer {
    /// A loop over GetRecords.
    Reader(Reader),
}

impl Consumer {
    /// Which stream it reads.
    #[must_use]
    pub fn stream(&self) -> usize {
        match self {
            Self::Reader(reader) => reader.stream(),
        }
    }

    /// When it next has something to do.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        match self {
            Self::Reader(reader) => reader.next_at(),
        }
    }

    /// Does everything that falls due up to `until`, which is included.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Instant {
        match self {
            Self::Reader(reader) => reader.act(until, stream, probe),
        }
    }

    /// States what waits for it in every shard.
    pub fn sample<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        match self {
            Self::Reader(reader) => reader.sample(now, stream, probe),
        }
    }

    /// The run is over: states every record that still waits.
    pub fn close<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        match self {
            Self::Reader(reader) => reader.close(now, stream, probe),
        }
    }

    /// Records handed over and not yet processed.
    #[must_use]
    pub fn in_hand(&self) -> u64 {
        match self {
            Self::Reader(reader) => reader.in_hand(),
        }
    }
}
