//! The plain way to write the same simulation: one heap, one event for every arrival, attempt and
//! poll. It draws from the same random streams through the same tables, so that its counts must
//! equal the simulator's; it measures nothing else.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use kinesim::model::hashing::{HashKey, uniform_ranges};
use kinesim::random::{Choice, Stream, zipf_weights};

use crate::records::{ATTEMPTS_MAX, BACKOFF, Load};

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

/// Of each key, as it is made below.
const KEY_BYTES: u64 = 10;
const SECOND: u64 = 1_000_000_000;
const RECORDS: i64 = 1_000;
const BYTES: i64 = 1 << 20;
/// Full buckets of records and bytes.
const FULL: (i64, i64) = (RECORDS * SECOND as i64, BYTES * SECOND as i64);

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

/// A load ready to be played.
pub(crate) struct Baseline<'a> {
    load: &'a Load,
    arrivals: Stream,
    keys: Stream,
    backoff: Stream,
    phases: Stream,
    choice: Choice,
    /// By key.
    shard_of: Vec<u32>,
    shards: Vec<Shard>,
    queue: Queue,
}

impl<'a> Baseline<'a> {
    /// Builds the tables of `load` and names its random streams by `seed`.
    pub(crate) fn new(load: &'a Load, seed: u64) -> Self {
        let stream = |what: &str| Stream::named(seed, 0, what);
        let ranges = uniform_ranges(load.shards);
        let shard_of = (1..=load.keys).map(|key| {
            let hash = HashKey::of(&format!("key-{key:06}")).0;
            ranges.partition_point(|range| range.end < hash) as u32
        });
        let shard = || Shard { records: FULL.0, bytes: FULL.1, at: 0, log: VecDeque::new() };
        Self {
            load,
            arrivals: stream("producer/load/arrivals"),
            keys: stream("producer/load/keys"),
            backoff: stream("producer/load/backoff"),
            phases: stream("reader/reader/phases"),
            choice: Choice::new(&zipf_weights(load.keys, load.exponent)),
            shard_of: shard_of.collect(),
            shards: (0..load.shards).map(|_| shard()).collect(),
            queue: Queue { heap: BinaryHeap::new(), order: 0 },
        }
    }

    /// Plays the load to its end.
    pub(crate) fn play(mut self) -> Counts {
        let load = self.load;
        let mut counts = Counts { offered: 0, attempts: 0, stored: 0, lost: 0, delivered: 0 };
        let gap = SECOND as f64 / load.per_s;
        let mut exposure = self.arrivals.exponential();
        self.queue.push((exposure * gap + 0.5) as u64, Event::Arrival);
        for shard in 0..load.shards {
            self.queue.push(self.phases.below(SECOND), Event::Poll { shard });
        }
        let cost = KEY_BYTES + load.blob_bytes;
        let until = load.seconds * SECOND;
        while let Some(Reverse((now, _, event))) = self.queue.heap.pop() {
            if now >= until {
                break;
            }
            match event {
                Event::Arrival => {
                    counts.offered += 1;
                    let key = self.choice.draw(&mut self.keys);
                    self.queue.push(now, Event::Attempt { key, number: 1, born: now });
                    exposure += self.arrivals.exponential();
                    self.queue.push((exposure * gap + 0.5) as u64, Event::Arrival);
                }
                Event::Attempt { key, number, born } => {
                    counts.attempts += 1;
                    let shard = self.shard_of[key as usize];
                    if self.shards[shard as usize].put(now, born, cost) {
                        counts.stored += 1;
                    } else if number < ATTEMPTS_MAX {
                        let longest = BACKOFF.as_ns() << (number - 1);
                        let at = now + self.backoff.below(longest + 1);
                        self.queue.push(at, Event::Attempt { key, number: number + 1, born });
                    } else {
                        counts.lost += 1;
                    }
                }
                Event::Poll { shard } => {
                    counts.delivered += self.shards[shard as usize].poll();
                    self.queue.push(now + SECOND, Event::Poll { shard });
                }
            }
        }
        counts
    }
}

impl Shard {
    /// Whether a record that is charged `cost` bytes gets in.
    fn put(&mut self, now: u64, born: u64, cost: u64) -> bool {
        let elapsed = (now - self.at).min(2 * SECOND) as i64;
        self.at = now;
        self.records = (self.records + elapsed * RECORDS).min(FULL.0);
        self.bytes = (self.bytes + elapsed * BYTES).min(FULL.1);
        let need = (cost * SECOND) as i64;
        let fits = self.records >= SECOND as i64 && self.bytes >= need;
        if fits {
            self.records -= SECOND as i64;
            self.bytes -= need;
            self.log.push_back((now, born, cost));
        }
        fits
    }

    /// Takes what one GetRecords call hands over; returns how many records that is.
    fn poll(&mut self) -> u64 {
        let (mut records, mut bytes) = (0, 0);
        while let Some(&(_, _, size)) = self.log.front()
            && records < 10_000
            && bytes + size <= 10 << 20
        {
            self.log.pop_front();
            records += 1;
            bytes += size;
        }
        records
    }
}
