//! What changes streams.

use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::{Change, ChangeKind};
use crate::model::observation::Observation;
use crate::time::Instant;

impl Metrics {
    /// Notes what changed a stream, or was to.
    #[cold]
    pub(super) fn changed(&mut self, at: Instant, what: &Observation) {
        let (stream, kind) = match *what {
            Observation::OpenShards { stream, count } => {
                return self.open_shards(at, stream as usize, count);
            }
            Observation::Asked { stream, by, call, refused } => {
                (stream, ChangeKind::Asked { by, call, refused })
            }
            Observation::Closed { stream, shard } => {
                self.streams[stream as usize].close(shard);
                (stream, ChangeKind::Closed(shard))
            }
            Observation::Opened { stream, shard } => {
                self.streams[stream as usize].open();
                self.read_loads[stream as usize].open();
                (stream, ChangeKind::Opened(shard))
            }
            Observation::ModeChanged { stream, mode } => (stream, ChangeKind::Mode(mode)),
            Observation::Active { stream } => (stream, ChangeKind::Active),
            _ => return,
        };
        self.changes.push(Change { at, stream: stream as usize, kind });
    }

    /// A level: it belongs to the interval that ends now, if one does.
    fn open_shards(&mut self, at: Instant, stream: usize, count: u32) {
        let all = &mut self.stream_timelines[stream];
        let (flow, alone) = match (self.timeline.last_mut(), all.last_mut()) {
            (Some(last), Some(alone)) if at == self.now.start => (last, alone),
            _ => (&mut self.now, &mut self.now_of[stream]),
        };
        if !self.direct[stream] {
            self.open[stream] = count;
        }
        flow.open_shards = self.open.iter().sum();
        alone.open_shards = count;
        self.watch.open_shards(stream as u32, count);
    }
}
