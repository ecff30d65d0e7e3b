//! What is drawn ahead: the offers of several quanta, by shard.

use crate::model::aggregate::supply::{Lot, Share};
use crate::model::aggregate::writer::Writer;
use crate::model::consumer::Quanta;
use crate::model::consumer::column::{Column, NONE};
use crate::model::stream::Stream;

/// Offers of some quanta in a row.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    pub(super) quanta: Quanta,
    /// One a quantum, and memory for more.
    lots: Vec<Lot>,
    /// Those of the shards at hand.
    near: Vec<Shares>,
    /// The place of the first of these.
    first: usize,
    /// How long what is offered has waited when it is sent, quantum by quantum: the longest, and by
    /// how much less the shortest (ns).
    pub(super) longest: Column,
    pub(super) spread: Column,
}

/// What comes to one shard, quantum by quantum, in whole numbers; nothing behind the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    pub(super) records: Column,
    /// Data and keys (bytes).
    pub(super) bytes: Column,
    /// What they are charged (bytes).
    pub(super) charged: Column,
}

/// Shards that are looked at together: what they are offered stays near the processor.
pub(super) const NEAR: usize = 16;

impl Ahead {
    /// No quantum yet.
    pub(super) fn new() -> Self {
        Self {
            quanta: Quanta::default(),
            lots: Vec::new(),
            near: vec![Shares { records: NONE, bytes: NONE, charged: NONE }; NEAR],
            first: 0,
            longest: NONE,
            spread: NONE,
        }
    }

    /// Draws what `writer` offers in `quanta`.
    pub(super) fn draw(&mut self, quanta: Quanta, writer: &mut Writer, stream: &Stream) {
        self.quanta = quanta;
        let shards = stream.open().len();
        if self.lots.len() < quanta.count {
            self.lots.resize_with(quanta.count, || Lot::new(shards));
        }
        for (quantum, lot) in self.lots[..quanta.count].iter_mut().enumerate() {
            if lot.each.len() != shards {
                *lot = Lot::new(shards);
            }
            writer.draw((quanta.start(quantum), quanta.start(quantum + 1)), stream, lot);
            let (shortest, longest) = lot.waited.spread();
            (self.longest[quantum], self.spread[quantum]) = (longest, longest - shortest);
        }
        self.near.fill(Shares { records: NONE, bytes: NONE, charged: NONE });
    }

    /// Brings near what comes to the shard at `place` and to those after it, [`NEAR`] in all.
    pub(super) fn bring_near(&mut self, place: usize) {
        self.first = place;
        for (quantum, lot) in self.lots[..self.quanta.count].iter().enumerate() {
            let each = lot.each.get(place..).unwrap_or_default();
            for (shares, &Share { records, bytes, charged }) in self.near.iter_mut().zip(each) {
                shares.records[quantum] = records;
                shares.bytes[quantum] = bytes;
                shares.charged[quantum] = charged;
            }
        }
    }

    /// What comes to the shard at `place`, which has been brought near.
    #[inline]
    pub(super) fn of(&self, place: usize) -> &Shares {
        &self.near[place - self.first]
    }

    /// What comes to all shards in quantum number `quantum`.
    #[inline]
    pub(super) fn lot(&self, quantum: usize) -> &Lot {
        &self.lots[quantum]
    }

    /// The same in exchange for `lot`.
    pub(super) fn swap(&mut self, quantum: usize, lot: &mut Lot) {
        std::mem::swap(lot, &mut self.lots[quantum]);
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> u64 {
        self.lots.iter().map(Lot::memory).sum()
    }
}
