//! A probe that keeps its own books of every record, and knows nothing of the model's.

use std::collections::VecDeque;

use kinesim::engine::Probe;
use kinesim::model::observation::{Delivered, Observation, Put, Read, SkipCause};
use kinesim::model::plan::{
    Api, Enforcer, IntakePlan, Plan, Rounding, StartingPosition, WritePlan,
};
use kinesim::time::{Instant, NS_PER_S, Span};

/// A record as it can be told from others: when it was born, and how large it is.
type Record = (Instant, u64);

/// What was stored and what was read, record by record.
pub(crate) struct Watch {
    write: WritePlan,
    /// By producer: whether each of its records is charged on its own.
    alone: Vec<bool>,
    retention: Span,
    /// By shard: when each record was stored, and its bytes as far as they surely count.
    stored: Vec<Vec<(Instant, u64)>>,
    /// By reader and shard: records stored and not yet delivered.
    due: Vec<Vec<VecDeque<Record>>>,
    /// By reader and shard: records handed over.
    read: Vec<Vec<u64>>,
    /// By reader: records passed over, or waiting at the end.
    passed: Vec<u64>,
    /// Records from before the run, and how many of them each reader had processed.
    initial: u64,
    caught: Vec<u64>,
    /// By reader: how long an event, or the answer of an encrypted stream, is under way.
    under_way: Vec<Span>,
    /// By reader: whether it may begin after some records, or miss old ones.
    may_skip: Vec<bool>,
    /// By reader and shard: when a record was first handed over, and when one was last processed.
    first_read: Vec<Vec<Option<Instant>>>,
    last_done: Vec<Vec<Option<Instant>>>,
    last: Instant,
}

impl Watch {
    pub(crate) fn new(plan: &Plan) -> Self {
        let stream = &plan.streams[0];
        let (shards, readers) = (stream.shard_count as usize, plan.readers.len());
        let initial = stream.initial.as_ref();
        let before = initial.map_or(Span::ZERO, |initial| initial.age);
        let brief = stream.retention < plan.duration + before;
        let rounded = stream.write.rounding == Rounding::Kib;
        let alone = |api| rounded && api == Api::PutRecord;
        Self {
            write: stream.write.clone(),
            alone: plan.producers.iter().map(|it| alone(it.client.api)).collect(),
            retention: stream.retention,
            stored: vec![Vec::new(); shards],
            due: vec![vec![VecDeque::new(); shards]; readers],
            read: vec![vec![0; shards]; readers],
            passed: vec![0; readers],
            initial: initial.map_or(0, |initial| initial.records),
            caught: vec![0; readers],
            under_way: plan
                .readers
                .iter()
                .map(|reader| match &reader.intake {
                    IntakePlan::Poll(_) => stream.encryption.map_or(Span::ZERO, |it| it.latency),
                    IntakePlan::FanOut(fan_out) => fan_out.delay,
                })
                .collect(),
            may_skip: plan
                .readers
                .iter()
                .map(|reader| brief || reader.start != StartingPosition::TrimHorizon)
                .collect(),
            first_read: vec![vec![None; shards]; readers],
            last_done: vec![vec![None; shards]; readers],
            last: Instant::ZERO,
        }
    }

    /// A shard opened: it is the next one.
    fn opened(&mut self, shard: u32) {
        assert_eq!(self.stored.len(), shard as usize, "indices ascend");
        self.stored.push(Vec::new());
        self.due.iter_mut().for_each(|due| due.push(VecDeque::new()));
        self.read.iter_mut().for_each(|read| read.push(0));
        self.first_read.iter_mut().for_each(|first| first.push(None));
        self.last_done.iter_mut().for_each(|last| last.push(None));
    }

    /// Every reader has processed all it ever did of a parent before it is handed the first record
    /// of a child: `parents` are pairs of child and parent (KDS-S06).
    pub(crate) fn check_lineage(&self, parents: &[(u32, u32)]) {
        for (first, last) in self.first_read.iter().zip(&self.last_done) {
            for &(child, parent) in parents {
                if let (Some(first), Some(last)) = (first[child as usize], last[parent as usize]) {
                    assert!(first >= last, "shard {child} was read before {parent} was done");
                }
            }
        }
    }

    fn put(&mut self, at: Instant, put: &Put) {
        if put.admitted == 0 {
            return;
        }
        assert_eq!((put.records, put.admitted_bytes), (1, put.bytes));
        let alone = self.alone[put.producer as usize];
        let charged = if alone { put.bytes.next_multiple_of(1_024) } else { put.bytes };
        self.stored[put.shard as usize].push((at, charged));
        let born = Instant::from_ns(at.as_ns() - put.waited.as_ns());
        for reader in &mut self.due {
            reader[put.shard as usize].push_back((born, put.bytes));
        }
    }

    fn read(&mut self, read: &Read) {
        let (reader, shard) = (read.reader as usize, read.shard as usize);
        self.read[reader][shard] += u64::from(read.records);
        assert!(self.read[reader][shard] <= self.stored[shard].len() as u64 + self.initial);
        if read.records > 0 {
            let pushed = Instant::from_ns(self.last.as_ns());
            self.first_read[reader][shard].get_or_insert(pushed);
        }
        let kept = self.retention + self.under_way[reader];
        assert!(read.age <= kept, "{:?} is older than what is kept", read.age);
        assert!(read.behind <= read.age);
    }

    /// It is the oldest record due of some shard, or, where records may be skipped, one after it.
    fn delivered(&mut self, at: Instant, it: &Delivered) {
        assert!(it.records == 1 && it.first_done <= at);
        let record = (it.born.start, it.bytes);
        let reader = it.reader as usize;
        let skips = self.may_skip[reader];
        let shards = self.due[reader].iter_mut().enumerate();
        let found = shards.filter_map(|(shard, due)| {
            let depth = if skips { due.len() } else { due.len().min(1) };
            let place = due.iter().take(depth).position(|other| *other == record);
            place.map(|place| (shard, due, place))
        });
        let (shard, due, place) =
            found.min_by_key(|(.., place)| *place).expect("a record delivered is the next one due");
        self.last_done[reader][shard] = Some(at);
        // What lies before it was skipped, and must not come any more.
        due.drain(..=place);
    }

    /// Counts agree with what each reader says it passed over.
    pub(crate) fn check_reads(&self) {
        for (reader, read) in self.read.iter().enumerate() {
            let stored: usize = self.stored.iter().map(Vec::len).sum();
            let handed: u64 = read.iter().sum();
            // What is under way has left the shard and is not handed over yet.
            let under_way = self.initial + stored as u64 - handed.min(self.initial + stored as u64);
            let under_way = under_way.checked_sub(self.passed[reader]);
            let pushed = self.under_way[reader] > Span::ZERO;
            assert!(under_way.is_some_and(|it| it == 0 || pushed), "reader {reader}");
            assert!(self.caught[reader] <= self.initial);
        }
    }

    /// No window of time stores more than the limits allow.
    pub(crate) fn check_limits(&self) {
        for stored in &self.stored {
            match self.write.enforcer {
                Enforcer::TokenBucket { records, bytes } => {
                    let rate = self.write.records_per_s;
                    assert!(largest_excess(stored, rate, |_| 1) <= tokens(records));
                    // A record needs 1 MiB or a full bucket at most; what it weighs beyond is debt.
                    let largest = stored.iter().map(|record| record.1).max().unwrap_or(0);
                    let most = bytes + largest.saturating_sub(bytes);
                    let excess = largest_excess(stored, self.write.bytes_per_s, |bytes| bytes);
                    assert!(excess <= tokens(most));
                }
                Enforcer::FixedWindow => {
                    let second = |at: Instant| at.as_ns() / NS_PER_S;
                    for window in stored.chunk_by(|a, b| second(a.0) == second(b.0)) {
                        assert!(window.len() as u64 <= self.write.records_per_s);
                        let bytes: u64 = window.iter().map(|record| record.1).sum();
                        assert!(bytes <= self.write.bytes_per_s);
                    }
                }
            }
        }
    }
}

fn tokens(units: u64) -> i128 {
    i128::from(units) * i128::from(NS_PER_S)
}

/// The largest of (stored in a window - rate x its length), over all windows [unit x ns].
fn largest_excess(stored: &[(Instant, u64)], rate: u64, unit: impl Fn(u64) -> u64) -> i128 {
    let (mut sum, mut least, mut most) = (0, i128::MAX, 0);
    for &(at, bytes) in stored {
        let refilled = i128::from(at.as_ns()) * i128::from(rate);
        least = least.min(sum - refilled);
        sum += tokens(unit(bytes));
        most = most.max(sum - refilled - least);
    }
    most
}

impl Probe<Observation> for Watch {
    fn observe(&mut self, at: Instant, what: Observation) {
        assert!(at >= self.last, "time went back");
        self.last = at;
        match what {
            Observation::Put(put) => self.put(at, &put),
            Observation::Read(read) | Observation::Event(read) => self.read(&read),
            Observation::Caught { reader, ages, .. } => {
                self.caught[reader as usize] += ages.records;
            }
            Observation::WaitingSince { reader, ages } => {
                self.passed[reader as usize] += ages.records;
            }
            Observation::Delivered(delivered) => self.delivered(at, &delivered),
            Observation::Opened { shard, .. } => self.opened(shard),
            Observation::Skipped { reader, records, cause } => {
                assert!(records == 0 || self.may_skip[reader as usize], "{cause:?}");
                assert!(cause == SkipCause::BeforeStart || records > 0);
                self.passed[reader as usize] += records;
            }
            Observation::Waiting { reader, records, .. } => {
                self.passed[reader as usize] += u64::from(records);
            }
            _ => {}
        }
    }
}
