//! The plain way to write the same simulation: one heap, one event for every arrival, attempt and
//! poll. It draws from the same random streams through the same tables, so that its counts must
//! equal the simulator's; it measures nothing else.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use kinesim::model::hashing::{HashKey, uniform_ranges};
use kinesim::random::{Choice, Stream, zipf_weights};

/// What is simulated.
pub(crate) struct Load {
    pub(crate) shards: u32,
    pub(crate) per_s: f64,
    pub(crate) keys: u32,
    pub(crate) exponent: f64,
    pub(crate) key_bytes: u64,
    pub(crate) blob_bytes: u64,
    pub(crate) seconds: u64,
    pub(crate) attempts_max: u32,
    pub(crate) backoff_ns: u64,
}

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) offered: u64,
    pub(crate) attempts: u64,
    pub(crate) stored: u64,
    pub(crate) lost: u64,
    pub(crate) delivered: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    Attempt { key: u32, number: u32, born: u64 },
    Poll { shard: u32 },
}

struct Shard {
    records: i64,
    bytes: i64,
    at: u64,
    log: VecDeque<(u64, u64, u64)>,
}

const SECOND: u64 = 1_000_000_000;
const RECORDS: i64 = 1_000;
const BYTES: i64 = 1 << 20;

struct Queue {
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
}

impl Queue {
    fn push(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.heap.push(Reverse((at, self.order, event)));
    }
}

/// Plays `load` from `seed`.
pub(crate) fn run(load: &Load, seed: u64) -> Counts {
    let stream = |what: &str| Stream::named(seed, 0, what);
    let mut arrivals = stream("producer/load/arrivals");
    let mut keys = stream("producer/load/keys");
    let mut backoff = stream("producer/load/backoff");
    let mut phases = stream("reader/reader/phases");
    let choice = Choice::new(&zipf_weights(load.keys, load.exponent));
    let ranges = uniform_ranges(load.shards);
    let shard_of: Vec<u32> = (1..=load.keys)
        .map(|key| {
            let hash = HashKey::of(&format!("key-{key:06}")).0;
            ranges.partition_point(|range| range.end < hash) as u32
        })
        .collect();
    let full = (RECORDS * SECOND as i64, BYTES * SECOND as i64);
    let mut shards: Vec<Shard> = (0..load.shards)
        .map(|_| Shard { records: full.0, bytes: full.1, at: 0, log: VecDeque::new() })
        .collect();
    let mut queue = Queue { heap: BinaryHeap::new(), order: 0 };
    let mut counts = Counts { offered: 0, attempts: 0, stored: 0, lost: 0, delivered: 0 };
    let gap = SECOND as f64 / load.per_s;
    let mut exposure = arrivals.exponential();
    queue.push((exposure * gap + 0.5) as u64, Event::Arrival);
    for shard in 0..load.shards {
        queue.push(phases.below(SECOND), Event::Poll { shard });
    }
    let cost = load.key_bytes + load.blob_bytes;
    let until = load.seconds * SECOND;
    while let Some(Reverse((now, _, event))) = queue.heap.pop() {
        if now >= until {
            break;
        }
        match event {
            Event::Arrival => {
                counts.offered += 1;
                let key = choice.draw(&mut keys);
                queue.push(now, Event::Attempt { key, number: 1, born: now });
                exposure += arrivals.exponential();
                queue.push((exposure * gap + 0.5) as u64, Event::Arrival);
            }
            Event::Attempt { key, number, born } => {
                counts.attempts += 1;
                let shard = &mut shards[shard_of[key as usize] as usize];
                let elapsed = (now - shard.at).min(2 * SECOND) as i64;
                shard.at = now;
                shard.records = (shard.records + elapsed * RECORDS).min(full.0);
                shard.bytes = (shard.bytes + elapsed * BYTES).min(full.1);
                let need = (cost * SECOND) as i64;
                if shard.records >= SECOND as i64 && shard.bytes >= need {
                    shard.records -= SECOND as i64;
                    shard.bytes -= need;
                    shard.log.push_back((now, born, cost));
                    counts.stored += 1;
                } else if number < load.attempts_max {
                    let delay = backoff.below((load.backoff_ns << (number - 1)) + 1);
                    queue.push(now + delay, Event::Attempt { key, number: number + 1, born });
                } else {
                    counts.lost += 1;
                }
            }
            Event::Poll { shard } => {
                let log = &mut shards[shard as usize].log;
                let (mut records, mut bytes) = (0, 0);
                while let Some(&(_, _, size)) = log.front()
                    && records < 10_000
                    && bytes + size <= 10 << 20
                {
                    log.pop_front();
                    records += 1;
                    bytes += size;
                }
                counts.delivered += records;
                queue.push(now + SECOND, Event::Poll { shard });
            }
        }
    }
    counts
}
