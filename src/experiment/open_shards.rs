//! How many shards of a stream were open, and when.

use crate::experiment::outcome::{ShardOutcome, StreamOutcome};
use crate::time::Instant;

impl StreamOutcome {
    /// Whether shards opened or closed in the run.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.shards.iter().any(|shard| shard.closed.is_some() || !shard.came_of.is_empty())
    }

    /// How many shards were open on average between two moments.
    #[must_use]
    pub fn mean_open(&self, from: Instant, until: Instant) -> f64 {
        if !self.changes() || until <= from {
            return self.shards.len() as f64;
        }
        let seconds: f64 = self.shards.iter().map(|shard| shard.open_seconds(from, until)).sum();
        seconds / until.since(from).as_s()
    }

    /// How many shards were open when the run began.
    #[must_use]
    pub fn open_at_first(&self) -> usize {
        self.shards.iter().filter(|shard| shard.came_of.is_empty()).count()
    }

    /// The number of open shards from each moment on at which it changes; the first is the run's
    /// beginning.
    #[must_use]
    pub fn open_counts(&self) -> Vec<(Instant, usize)> {
        let mut moves: Vec<(Instant, bool)> = Vec::new();
        for shard in &self.shards {
            if !shard.came_of.is_empty() {
                moves.push((shard.opened, true));
            }
            moves.extend(shard.closed.map(|at| (at, false)));
        }
        moves.sort_by_key(|it| it.0);
        let mut counts = vec![(Instant::ZERO, self.open_at_first())];
        for group in moves.chunk_by(|a, b| a.0 == b.0) {
            let opened = group.iter().filter(|it| it.1).count();
            let before = counts.last().map_or(0, |it| it.1);
            let open = (before + opened).saturating_sub(group.len() - opened);
            counts.push((group[0].0, open));
        }
        counts
    }
}

impl ShardOutcome {
    /// For how long it was open between two moments (s).
    #[must_use]
    pub fn open_seconds(&self, from: Instant, until: Instant) -> f64 {
        let (opened, closed) = (self.opened.max(from), self.closed.unwrap_or(until).min(until));
        if closed > opened { closed.since(opened).as_s() } else { 0.0 }
    }
}
