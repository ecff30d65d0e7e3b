//! How records come from a shard into its buffer.

use super::piece::Piece;
use super::{Due, Firehose};
use crate::engine::Probe;
use crate::model::concurrency::Concurrency;
use crate::model::consumer::lane::{Handed, Lanes};
use crate::model::consumer::place::Batch;
use crate::model::facts;
use crate::model::observation::{ObjectCause, Observation, Read};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// What is left of what one answer may hold, and what it has brought.
#[derive(Clone, Copy, Debug)]
struct Answer {
    asked: Instant,
    records_left: u32,
    room: u64,
    records: u32,
    bytes: u64,
    /// Age of the last record.
    age: Span,
    /// Whether more was readable and had to stay.
    left: bool,
}

impl Firehose {
    /// Calls GetRecords on a shard, unless so much of it waits that there is no room (FH-26).
    pub(super) fn poll<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        if self.is_full(i) {
            self.shards[i].call.held_back = true;
            self.holds_back = true;
            return;
        }
        // The call spends what all pollers of the shard share (FH-22).
        let shard = &mut self.shards[i];
        shard.asked = now;
        let who = (self.lanes.number, &self.condition);
        let asked = shard.call.ask(now, who, &mut stream.shards[i], &mut self.chances, probe);
        if asked.is_err() {
            // It asks again when the next call is due.
            let pause = facts::FIREHOSE_POLL_EVERY.max(facts::READ_PAUSE);
            self.timers.set(now + pause, Due::Poll(i as u32));
        } else if self.latency.is_zero() {
            self.answered(now, i, stream, account, probe);
        } else {
            self.timers.set(now + self.latency, Due::Answered(i as u32));
        }
    }

    /// The answer to the call on a shard is there: its records go into the buffer, and each time
    /// that is full an object is made of it.
    pub(super) fn answered<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let asked = self.shards[i].asked;
        self.shards[i].call.iterator = Some(now);
        self.lanes.begin(now, i, stream, probe);
        self.lanes.expire(now, asked, i, stream, probe);
        let mut answer = Answer {
            asked,
            records_left: facts::GET_RECORDS_LIMIT_MAX,
            room: facts::GET_RECORDS_BYTES_MAX.0,
            records: 0,
            bytes: 0,
            age: Span::ZERO,
            left: false,
        };
        if self.takes_over() {
            self.take_over(i, &mut answer, stream);
        } else {
            while self.take(now, i, &mut answer, stream) {}
        }
        stream.shards[i].rest.read.pay(answer.bytes);
        stream.note_read(answer.records, answer.bytes, answer.age);
        let late = now.since(asked);
        let read = Read {
            reader: self.lanes.number,
            stream: stream.number(),
            shard: i as u32,
            records: answer.records,
            bytes: answer.bytes,
            age: if answer.records > 0 { answer.age + late } else { Span::ZERO },
            behind: if answer.left { answer.age } else { Span::ZERO },
        };
        self.lanes.note_again(now, i, answer.records, probe);
        probe.observe(now, Observation::Read(read));
        let ended = self.lanes.ended(i, stream);
        if self.takes_over() {
            self.sort(now, i, ended, account, probe);
            self.end(now, i, stream);
        } else if ended && self.slots[i].buffer.open.records > 0 {
            self.slots[i].buffer.close(now, ObjectCause::End);
        }
        if ended {
            self.go_on_from(now, i, stream);
        } else {
            self.timers.set(asked + facts::FIREHOSE_POLL_EVERY, Due::Poll(i as u32));
        }
        if !self.takes_over() {
            self.send(now, i);
        }
    }

    /// Whether so much of a shard waits that there is no room for more (FH-26). Shards share the
    /// buffers of partitions.
    pub(super) fn is_full(&self, i: usize) -> bool {
        let stage = self.shards[i].stage.bytes;
        if self.partitions.is_some() {
            let all = self.shards.len() as u64;
            return stage + self.pending / all.max(1) >= self.plan.pending;
        }
        stage + self.slots[i].buffer.pending >= self.plan.pending
    }

    /// Takes all of an answer out of the log.
    fn take_over(&mut self, i: usize, answer: &mut Answer, stream: &mut Stream) {
        let most = (answer.records_left, answer.room);
        let batch = self.lanes.take(i, answer.asked, most, stream);
        (answer.records, answer.bytes) = (batch.records, batch.bytes);
        (answer.age, answer.left) = (batch.age, batch.left);
        self.held += u64::from(batch.records);
        let (initial, key) = (stream.shards[i].rest.initial, self.plan.key);
        let Self { lanes, fresh, .. } = self;
        fresh.clear();
        lanes.hand_on(i, &batch, stream, |handed| {
            let hash = match handed {
                Handed::New(cohort) => cohort.key.hash_head(),
                // Whose keys they have is not known.
                Handed::Old { first, .. } => first << 32,
            };
            fresh.push((Piece::new(i, &handed, &initial, key), hash));
        });
    }

    /// What was taken out of the log goes to be transformed, or to its buffers.
    fn sort<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        ended: bool,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let fresh = std::mem::take(&mut self.fresh);
        if self.transform.is_some() {
            self.collect(now, i, &fresh);
            if ended {
                self.collect_no_more(i);
            }
            self.hand_over(now, i, account, probe);
        } else {
            self.deal(now, i, &fresh, probe);
        }
        self.fresh = fresh;
    }

    /// Takes all that has come by Direct PUT: to be transformed or parted, or into the buffers of
    /// its channels, each of which is made an object when it is full. Channels that are new are
    /// taken notice of (FH-42).
    pub(super) fn take_all<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        if self.lanes.len() < stream.shards.len() {
            self.extend(stream);
        }
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        for i in touched.iter().map(|&channel| channel as usize) {
            self.lanes.begin(now, i, stream, probe);
            let mut answer = Answer {
                asked: now,
                records_left: u32::MAX,
                room: u64::MAX,
                records: 0,
                bytes: 0,
                age: Span::ZERO,
                left: false,
            };
            if self.takes_over() {
                self.take_over(i, &mut answer, stream);
            } else {
                while self.take(now, i, &mut answer, stream) {}
            }
            let Answer { records, bytes, age, .. } = answer;
            let (reader, stream) = (self.lanes.number, stream.number());
            let shard = i as u32;
            let read = Read { reader, stream, shard, records, bytes, age, behind: Span::ZERO };
            probe.observe(now, Observation::Event(read));
            if self.takes_over() {
                self.sort(now, i, false, account, probe);
            } else {
                self.send(now, i);
            }
        }
        touched.clear();
        self.touched = touched;
    }

    /// Takes as much of an answer as the buffer has room for; whether there may be more. Room is of
    /// data, and what is taken has its keys with it: where that leaves room, more is taken.
    fn take(&mut self, now: Instant, i: usize, answer: &mut Answer, stream: &mut Stream) -> bool {
        let hints = self.plan.hints;
        let room = self.slots[i].buffer.room(&hints);
        let most = (answer.records_left, answer.room.min(room + self.plan.key));
        let mut batch = self.lanes.take(i, answer.asked, most, stream);
        let empty = self.slots[i].buffer.open.records == 0;
        let none = batch.records == 0 && batch.left && answer.records_left > 0;
        if none && empty {
            // A record that is larger than the hint is an object of its own.
            batch = self.lanes.take(i, answer.asked, (1, answer.room), stream);
        }
        answer.left = batch.left;
        let no_room = none && !empty && room + self.plan.key <= answer.room;
        if batch.records > 0 {
            answer.records_left -= batch.records;
            answer.room -= batch.bytes;
            answer.records += batch.records;
            answer.bytes += batch.bytes;
            answer.age = batch.age;
            self.put(now, i, &batch, stream);
        }
        let buffer = &mut self.slots[i].buffer;
        let full = no_room || buffer.room(&hints) == 0;
        if full && buffer.open.records > 0 {
            buffer.fill_up(now, &hints);
        }
        batch.left && answer.records_left > 0 && (full || batch.records > 0)
    }

    /// Puts a batch into the buffer.
    fn put(&mut self, now: Instant, i: usize, batch: &Batch, stream: &mut Stream) {
        let shard = &mut self.slots[i];
        let first = shard.buffer.open.records == 0;
        let age = if first { Lanes::oldest_of(now, i, batch, stream) } else { Span::ZERO };
        let keys = u64::from(batch.records) * self.plan.key;
        shard.buffer.add(now, (batch.records, batch.bytes.saturating_sub(keys)), age);
        if first || !self.lanes.join(i, batch) {
            self.lanes.hold(i, *batch);
            shard.buffer.open.batches += 1;
        }
        if first {
            let due = Due::Interval(i as u32, now);
            self.timers.set(now + self.plan.hints.interval, due);
        }
    }

    /// If all of a closed shard is delivered, what became of it is asked as soon as it is known,
    /// unless that came of another one too which is not (KDS-S06).
    pub(super) fn go_on_from(&mut self, now: Instant, i: usize, stream: &Stream) {
        if self.takes_over() && !self.is_done(i) || !self.lanes.finishes(i, stream) {
            return;
        }
        for &child in &stream.shards[i].rest.lineage.children {
            if self.lanes.is_ready(child as usize, stream) {
                let known = self.known_at(child as usize, stream);
                self.timers.set(now.max(known), Due::Poll(child));
            }
        }
    }
}
