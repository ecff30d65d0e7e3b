//! How records that were taken out of the log come into buffers: those of their shard, or of their
//! partition.

use super::piece::Piece;
use super::{Due, Firehose, Outgoing};
use crate::engine::Probe;
use crate::model::consumer::lambda::draw_part;
use crate::model::observation::{ObjectCause, Observation, RejectCause};
use crate::model::plan::{PartitionBy, PartitionsPlan};
use crate::model::stream::Stream;
use crate::random::{self, Choice, zipf_weights};
use crate::time::{Instant, Span};

/// Records for each partition from which on they are dealt together, and not one by one.
const TOGETHER_FROM: u32 = 8;

/// Which partitions there are, and which of them are active.
#[derive(Clone, Debug)]
pub(super) struct Partitions {
    law: Law,
    active: Active,
    /// How long an object waits in the second stage at most (FH-69), and how long each does.
    second_stage: Span,
    stages: random::Stream,
}

/// Which partition a record belongs to.
#[derive(Clone, Debug)]
struct Law {
    count: u32,
    /// None where keys say it.
    choice: Option<Choice>,
    /// The part of the records that each has.
    parts: Vec<f64>,
    chosen: random::Stream,
}

/// Partitions with data in buffers.
#[derive(Clone, Debug)]
struct Active {
    /// How many there are.
    count: u32,
    /// How many there may be (FH-66).
    most: u32,
    /// Those that records have just been dealt to.
    touched: Vec<u32>,
    /// Records and bytes that had no partition.
    rejected: (u64, u64),
}

impl Partitions {
    pub(super) fn new(plan: &PartitionsPlan, chance: impl Fn(&str) -> random::Stream) -> Self {
        let exponent = match plan.by {
            PartitionBy::Zipf { exponent } => exponent,
            PartitionBy::Uniform | PartitionBy::Key => 0.0,
        };
        let mut parts = zipf_weights(plan.count, exponent);
        let choice = (plan.by != PartitionBy::Key).then(|| Choice::new(&parts));
        let total: f64 = parts.iter().sum();
        for part in &mut parts {
            *part /= total;
        }
        let law = Law { count: plan.count.max(1), choice, parts, chosen: chance("partitions") };
        let (touched, rejected) = (Vec::new(), (0, 0));
        let active = Active { count: 0, most: plan.active, touched, rejected };
        Self { law, active, second_stage: plan.second_stage, stages: chance("second-stage") }
    }

    pub(super) fn draws(&self) -> impl Iterator<Item = u128> + use<> {
        let all = [self.law.chosen.position(), self.stages.position()];
        all.into_iter().filter(|&position| position > 0)
    }

    /// How long an object waits in the second stage.
    pub(super) fn wait(&mut self) -> Span {
        let most = self.second_stage.as_ns();
        Span::from_ns(if most == 0 { 0 } else { self.stages.below(most) })
    }

    /// An object of a partition is away: where it has no other data, it is active no more (FH-70).
    pub(super) fn rest(&mut self, slot: &mut Outgoing) {
        if slot.active && slot.buffer.open.records == 0 && slot.buffer.closed.is_empty() {
            slot.active = false;
            self.active.count -= 1;
        }
    }
}

impl Law {
    /// Brings the records of a piece to their partitions.
    fn part(
        &mut self,
        mut piece: Piece,
        hash: u64,
        (active, slots): (&mut Active, &mut [Outgoing]),
    ) {
        let count = self.count;
        let Some(choice) = &self.choice else {
            // The head of a listed key's hash is known to 32 bits.
            return active.gather(slots, ((hash >> 32) % u64::from(count)) as u32, piece);
        };
        if piece.records < count.saturating_mul(TOGETHER_FROM) {
            while piece.records > 1 {
                let one = piece.split_off(1);
                active.gather(slots, choice.draw(&mut self.chosen), one);
            }
            return active.gather(slots, choice.draw(&mut self.chosen), piece);
        }
        let mut left = 1.0;
        for (partition, &part) in (0..count).zip(&self.parts) {
            let last = partition + 1 == count;
            let chance = if last || part >= left { 1.0 } else { part / left };
            left -= part;
            let k = draw_part(piece.records, chance, &mut self.chosen);
            let of = piece.draw_off(k);
            if k > 0 {
                active.gather(slots, partition, of);
            }
        }
    }
}

impl Active {
    /// Records have come to a partition, which is active from then on, if one more may be.
    fn gather(&mut self, slots: &mut [Outgoing], partition: u32, piece: Piece) {
        let Some(slot) = slots.get_mut(partition as usize) else { return };
        if !slot.active {
            if self.count >= self.most {
                self.rejected.0 += u64::from(piece.records);
                self.rejected.1 += piece.bytes;
                return;
            }
            slot.active = true;
            self.count += 1;
        }
        if slot.fresh.is_empty() {
            self.touched.push(partition);
        }
        match slot.fresh.last_mut() {
            Some(last) if last.takes(&piece) => last.join(&piece),
            _ => slot.fresh.push(piece),
        }
    }
}

impl Firehose {
    /// Brings records to the buffers of their shard or of their partitions.
    pub(super) fn deal<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        i: usize,
        pieces: &[(Piece, u64)],
        probe: &mut P,
    ) {
        let Some(Partitions { law, active, .. }) = &mut self.partitions else {
            for (piece, _) in pieces {
                self.put_piece(now, i, *piece);
            }
            return self.send(now, i);
        };
        active.touched.clear();
        active.rejected = (0, 0);
        for (piece, hash) in pieces {
            law.part(*piece, *hash, (&mut *active, &mut self.slots));
        }
        let rejected = active.rejected;
        let touched = std::mem::take(&mut active.touched);
        for &partition in &touched {
            let of = partition as usize;
            for n in 0..self.slots[of].fresh.len() {
                let piece = self.slots[of].fresh[n];
                self.put_piece(now, of, piece);
            }
            self.slots[of].fresh.clear();
            self.send(now, of);
        }
        if let Some(partitions) = &mut self.partitions {
            partitions.active.touched = touched;
        }
        self.reject(now, rejected, RejectCause::Partitions, probe);
    }

    /// Puts records into a buffer, and each time that is full an object is made of it.
    fn put_piece(&mut self, now: Instant, slot: usize, mut piece: Piece) {
        let hints = self.plan.hints;
        loop {
            let Outgoing { buffer, held, .. } = &mut self.slots[slot];
            let (empty, before) = (buffer.open.records == 0, buffer.pending);
            let mut k = piece.fitting(buffer.room(&hints));
            if k == 0 && !empty {
                buffer.fill_up(now, &hints);
                self.pending += buffer.pending - before;
                continue;
            }
            // A record that is larger than the hint is an object of its own.
            k = k.max(1);
            let whole = k >= piece.records;
            let part = if whole { piece } else { piece.split_off(k) };
            let age = part.age_at(now);
            buffer.add(now, (part.records, part.out), age);
            buffer.open.older(now, age);
            buffer.open.batches += 1;
            held.push_back(part);
            if empty {
                self.timers.set(now + hints.interval, Due::Interval(slot as u32, now));
            }
            if buffer.room(&hints) == 0 {
                buffer.fill_up(now, &hints);
                self.pending += buffer.pending - before;
            }
            if whole {
                return;
            }
        }
    }

    /// Whether all of a shard that it has read has come to its destination, or to partitions.
    pub(super) fn is_done(&self, i: usize) -> bool {
        let buffer =
            |slot: &Outgoing| slot.buffer.open.records == 0 && slot.buffer.closed.is_empty();
        let stage = &self.shards[i].stage;
        stage.is_empty() && (self.partitions.is_some() || self.slots.get(i).is_none_or(buffer))
    }

    /// If all of a closed shard is transformed, its last buffer is closed.
    pub(super) fn end(&mut self, now: Instant, i: usize, stream: &Stream) {
        if self.partitions.is_some() || !self.lanes.ended(i, stream) {
            return;
        }
        if self.shards[i].stage.is_empty() && self.slots[i].buffer.open.records > 0 {
            self.pending += self.slots[i].buffer.open.bytes;
            self.slots[i].buffer.close(now, ObjectCause::End);
            self.send(now, i);
        }
    }
}
