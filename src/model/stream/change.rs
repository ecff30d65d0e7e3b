//! A stream whose shards change.

use super::Stream;
use crate::model::hashing::HashRange;
use crate::model::plan::{ShardPlan, StreamMode};
use crate::model::reshard::{Operation, Refusal};
use crate::model::router::Router;
use crate::model::shard::Shard;
use crate::time::Instant;

impl Stream {
    /// From now on it is in this mode; its shards stay as they are (KDS-O13).
    pub fn set_mode(&mut self, mode: StreamMode) {
        self.mode = mode;
    }

    /// The open shards' ranges and indices, in order of their hashes.
    #[must_use]
    pub fn open_ranges(&self) -> Vec<(HashRange, u32)> {
        let of = |&index: &u32| (self.shards[index as usize].rest.range, index);
        let mut ranges: Vec<_> = self.open.iter().map(of).collect();
        ranges.sort_unstable_by_key(|it| it.0.start);
        ranges
    }

    /// The index of the open shard with this number in its id.
    ///
    /// # Errors
    /// Where there is none, or it is closed.
    pub fn open_shard(&self, number: u32) -> Result<u32, Refusal> {
        let place = self.shards.binary_search_by_key(&number, |shard| shard.rest.number);
        let index = place.map_err(|_| Refusal::NoSuchShard)?;
        let closed = self.shards[index].rest.lineage.closed;
        if closed.is_some() { Err(Refusal::NotOpen) } else { Ok(index as u32) }
    }

    /// Closes shards and opens what becomes of them (KDS-S04, KDS-S05), which take the next
    /// numbers, the lower half first (KDS-H08). Returns both, as indices. Keys do not find the new
    /// ones before [`Stream::reroute`].
    pub fn reshard(&mut self, now: Instant, operation: Operation) -> (Vec<u32>, Vec<u32>) {
        let range = |index: u32| self.shards[index as usize].rest.range;
        let (parents, ranges) = match operation {
            Operation::Split(shard, at) => {
                let (lower, upper) = range(shard).cut(at);
                (vec![shard], vec![lower, upper])
            }
            Operation::Merge(lower, upper) => {
                let (start, end) = (range(lower).start, range(upper).end);
                (vec![lower, upper], vec![HashRange { start, end }])
            }
        };
        let mut numbers = parents.iter().map(|&it| self.shards[it as usize].rest.number);
        let numbers = [numbers.next(), numbers.next()];
        let first = self.shards.len() as u32;
        for range in ranges {
            let plan = ShardPlan { number: self.fresh.number, range, parents: numbers };
            self.fresh.number = self.fresh.number.saturating_add(1);
            let (write, read) = (self.limit.full(now), self.fresh.read.clone());
            let mut shard = Shard::new(plan, write, read, self.fresh.consumers);
            shard.rest.lineage.opened = now;
            shard.rest.lineage.came_of.clone_from(&parents);
            if self.fresh.whole {
                shard.keep_whole(self.chunks.kept());
            }
            self.shards.push(shard);
        }
        let children: Vec<u32> = (first..self.shards.len() as u32).collect();
        for &parent in &parents {
            let lineage = &mut self.shards[parent as usize].rest.lineage;
            lineage.closed = Some(now);
            lineage.children.clone_from(&children);
        }
        self.holding.extend(&parents);
        self.open.retain(|index| !parents.contains(index));
        self.open.extend(&children);
        (parents, children)
    }

    /// From now on keys find the shards that are open.
    pub fn reroute(&mut self) {
        self.router = Router::new(&self.open_ranges()).expect("open shards own each hash key once");
        self.epoch += 1;
        let Self { holding, shards, .. } = self;
        holding.retain(|&shard| shards[shard as usize].memory() > 0);
    }
}
