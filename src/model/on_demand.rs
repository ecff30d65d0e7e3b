//! What the service does by itself to a stream in on-demand mode: shards that take in much are
//! halved some time later (KDS-O04, KDS-O05, KDS-O07). It does not look at keys (KDS-O08), and
//! makes no fewer shards (KDS-O15).

use crate::model::meter::Taken;
use crate::model::plan::OnDemandPlan;
use crate::random;
use crate::time::{Instant, Span};

/// The service's watch over one stream.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Shards that will be halved, and when, in order of time.
    due: Vec<(Instant, u32)>,
    delays: random::Stream,
}

impl Watch {
    /// Over stream `name`, with nothing to do yet.
    #[must_use]
    pub fn new(name: &str, seed: u64, replicate: u64) -> Self {
        let delays = format!("stream/{name}/on-demand");
        Self { due: Vec::new(), delays: random::Stream::named(seed, replicate, &delays) }
    }

    /// A shard took in so much in the minute that ends at `now`.
    pub fn note(&mut self, now: Instant, plan: &OnDemandPlan, shard: u32, taken: Taken) {
        let busy = taken.bytes >= plan.split_bytes_per_s * 60
            || taken.records >= plan.split_records_per_s * 60;
        if !busy || self.due.iter().any(|it| it.1 == shard) {
            return;
        }
        let spread = plan.delay_max.as_ns().saturating_sub(plan.delay_min.as_ns());
        let later = Span::from_ns(self.delays.below(spread.saturating_add(1)));
        let at = now + plan.delay_min + later;
        let place = self.due.partition_point(|it| it.0 <= at);
        self.due.insert(place, (at, shard));
    }

    /// When the next shard is halved.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.due.first().map_or(Instant::NEVER, |it| it.0)
    }

    /// Takes off the shards that are due at `now`.
    pub fn take_due(&mut self, now: Instant) -> impl Iterator<Item = u32> + '_ {
        let count = self.due.partition_point(|it| it.0 <= now);
        self.due.drain(..count).map(|it| it.1)
    }

    /// Nothing is to be done any more: the stream is in provisioned mode.
    pub fn clear(&mut self) {
        self.due.clear();
    }

    /// How far its random stream has been used, if it has been.
    pub fn draws(&self) -> impl Iterator<Item = u128> + use<> {
        Some(self.delays.position()).filter(|&position| position > 0).into_iter()
    }
}
