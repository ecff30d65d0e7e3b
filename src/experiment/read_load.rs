//! Who uses what a shard gives out to pollers, interval by interval.

use crate::experiment::outcome::ReadFlow;
use crate::model::observation::{Read, Spell};
use crate::model::plan::{IntakePlan, Plan};

/// Calls and bytes of each poller of one stream on each shard, in the interval being filled.
#[derive(Clone, Debug)]
pub(super) struct ReadLoad {
    /// Its pollers, as numbers of consumers.
    pollers: Vec<usize>,
    /// The place of each consumer among them.
    places: Vec<Option<u32>>,
    /// Calls answered and bytes given: `loads[shard * pollers + poller]`.
    loads: Vec<(u32, u64)>,
    limit_calls: u64,
    limit_bytes: u64,
}

impl ReadLoad {
    /// Nothing counted yet, for stream number `stream` of `plan`.
    pub(super) fn new(plan: &Plan, stream: usize) -> Self {
        let of = &plan.streams[stream];
        let shards = of.shard_count as usize;
        let pollers: Vec<usize> = (0..plan.readers.len())
            .filter(|&number| {
                let reader = &plan.readers[number];
                reader.stream == stream && matches!(reader.intake, IntakePlan::Poll(_))
            })
            .collect();
        let place = |number: usize| pollers.binary_search(&number).ok().map(|it| it as u32);
        Self {
            places: (0..plan.readers.len()).map(place).collect(),
            loads: vec![(0, 0); pollers.len() * shards],
            pollers,
            limit_calls: of.read.calls_per_s.max(1),
            limit_bytes: of.read.bytes_per_s.max(1),
        }
    }

    /// A shard opened: it is the next one.
    #[cold]
    pub(super) fn open(&mut self) {
        self.loads.resize(self.loads.len() + self.pollers.len(), (0, 0));
    }

    /// A call was answered.
    #[inline]
    pub(super) fn read(&mut self, read: &Read) {
        if let Some(place) = self.places[read.reader as usize] {
            let load = &mut self.loads[read.shard as usize * self.pollers.len() + place as usize];
            load.0 += 1;
            load.1 += read.bytes;
        }
    }

    /// Calls on a shard in a spell were answered.
    pub(super) fn polled(&mut self, spell: &Spell) {
        if let Some(place) = self.places[spell.polled.reader as usize] {
            let load = &mut self.loads[spell.shard as usize * self.pollers.len() + place as usize];
            load.0 += spell.polled.calls as u32;
            load.1 += spell.polled.bytes;
        }
    }

    /// Ends the interval: notes what each poller took from the shard that gave out the largest
    /// part of a limit, and begins anew.
    pub(super) fn end_interval(&mut self, reads: &mut [ReadFlow]) {
        let (mut busiest, mut most) = (0, 0);
        if self.pollers.is_empty() {
            return;
        }
        for (shard, loads) in self.loads.chunks(self.pollers.len()).enumerate() {
            let (calls, bytes) = loads
                .iter()
                .fold((0, 0), |sum: (u64, u64), load| (sum.0 + u64::from(load.0), sum.1 + load.1));
            // Both as parts of their limit, over a common denominator.
            let part = u128::from(calls) * u128::from(self.limit_bytes);
            let part = part.max(u128::from(bytes) * u128::from(self.limit_calls));
            if part > most {
                (busiest, most) = (shard, part);
            }
        }
        for (poller, &number) in self.pollers.iter().enumerate() {
            let (calls, bytes) = self.loads[busiest * self.pollers.len() + poller];
            reads[number].busiest_calls = u64::from(calls);
            reads[number].busiest_bytes = bytes;
        }
        self.loads.fill((0, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::time::Span;

    #[test]
    fn the_busiest_shard_is_the_nearest_to_either_limit() {
        let mut plan = sample::hot_shard().0.plan;
        plan.readers.push(plan.readers[0].clone());
        let mut load = ReadLoad::new(&plan, 0);
        let mut read = |reader: u32, shard: u32, bytes: u64| {
            let (stream, records, age, behind) = (0, 1, Span::ZERO, Span::ZERO);
            load.read(&Read { reader, stream, shard, records, bytes, age, behind });
        };
        // Shard 1: 2 of 5 calls. Shard 3: 1 MiB of 2 MiB, which is more of its limit.
        read(0, 1, 10);
        read(1, 1, 10);
        read(1, 3, 1 << 20);
        let mut flows = [ReadFlow::default(); 2];
        load.end_interval(&mut flows);
        let taken = flows.map(|flow| (flow.busiest_calls, flow.busiest_bytes));
        assert_eq!(taken, [(0, 0), (1, 1 << 20)]);
        load.end_interval(&mut flows);
        assert_eq!(flows.map(|flow| flow.busiest_bytes), [0, 0]);
    }
}
