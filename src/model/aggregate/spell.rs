//! Shards to which nothing happens, played several quanta at a time.
//!
//! Of most shards every quantum is like the one before: all that comes gets in, and a reader takes
//! it at its next call. Such a shard is followed from quantum to quantum by itself, which takes a
//! fraction of the time that going over all shards in every quantum does. One that gets into
//! trouble is played like any other from that quantum on.

use crate::engine::Probe;
use crate::model::aggregate::judge::Judge;
use crate::model::aggregate::strain::gets_in;
use crate::model::aggregate::supply::Lot;
use crate::model::aggregate::writer::Writer;
use crate::model::cohort::Window;
use crate::model::consumer::reader::Reader;
use crate::model::consumer::{QUANTA_MAX, Quanta, Rows};
use crate::model::limit::Plenty;
use crate::model::observation::{Calm, Observation, Polled, Spell};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// Some quanta in a row.
#[derive(Clone, Debug)]
pub(super) struct Block {
    quanta: Quanta,
    /// What shards whose limits are full take in as a matter of course.
    plenty: Plenty,
    /// What is offered in each, and memory for more.
    lots: Vec<Lot>,
    /// What has come to the shard that was followed last.
    rows: Rows,
    /// Records and bytes of the shards that are in a spell in each.
    calm: Vec<(u64, u64)>,
    /// Places of shards that are not, and from which quantum on, in order of place.
    busy: Vec<(u32, u32)>,
}

/// No quanta are played in a row across a multiple of this: the shortest alarms look so often, and
/// see the counts of shards then.
pub const IN_A_ROW: Span = Span::from_s(10);

/// A spell in which nothing has come.
const NOTHING: Spell = Spell {
    stream: 0,
    shard: 0,
    records: 0,
    bytes: 0,
    most_records: 0,
    most_bytes: 0,
    over: 0,
    polled: Polled::NONE,
};

impl Block {
    /// No quantum yet.
    pub(super) fn new() -> Self {
        Self {
            quanta: Quanta::default(),
            plenty: Plenty::default(),
            lots: Vec::new(),
            rows: Rows::NONE,
            calm: Vec::new(),
            busy: Vec::new(),
        }
    }

    /// How many quanta of `cell` from `from` on may be played in a row before `end`.
    pub(super) fn quanta(cell: Span, from: Instant, end: Instant) -> Quanta {
        if !from.as_ns().is_multiple_of(cell.as_ns()) {
            return Quanta { from, cell, count: 1 };
        }
        let alarms = (from.as_ns() / IN_A_ROW.as_ns() + 1) * IN_A_ROW.as_ns();
        let until = end.as_ns().min(alarms);
        let count = (until.saturating_sub(from.as_ns()) / cell.as_ns()) as usize;
        Quanta { from, cell, count: count.clamp(1, QUANTA_MAX) }
    }

    /// Draws what `writer` offers in `quanta`.
    pub(super) fn draw(&mut self, quanta: Quanta, writer: &mut Writer, stream: &Stream) {
        self.quanta = quanta;
        self.plenty = stream.plenty(quanta.cell);
        self.calm.clear();
        self.calm.resize(quanta.count, (0, 0));
        self.busy.clear();
        let shards = stream.open().len();
        if self.lots.len() < quanta.count {
            self.lots.resize_with(quanta.count, || Lot::new(shards));
        }
        for quantum in 0..quanta.count {
            if self.lots[quantum].each.len() != shards {
                self.lots[quantum] = Lot::new(shards);
            }
            let window = self.window(quantum);
            writer.draw((window.start, window.end()), stream, &mut self.lots[quantum]);
        }
    }

    /// Bytes of memory that what is drawn ahead takes.
    pub(super) fn memory(&self) -> u64 {
        self.lots.iter().map(Lot::memory).sum()
    }

    /// When quantum number `quantum` is.
    pub(super) fn window(&self, quantum: usize) -> Window {
        Window { start: self.quanta.start(quantum), length: self.quanta.cell }
    }

    /// Those that are busy in quantum number `quantum`, by their places.
    pub(super) fn busy(&self, quantum: usize) -> impl Iterator<Item = usize> + '_ {
        let is_busy = move |&&(_, from): &&(u32, u32)| from as usize <= quantum;
        self.busy.iter().filter(is_busy).map(|&(place, _)| place as usize)
    }

    /// The shard at `place` is busy from the beginning.
    pub(super) fn note_busy(&mut self, place: usize) {
        self.busy.push((place as u32, 0));
    }

    /// What is offered in quantum number `quantum`, in exchange for `lot`.
    pub(super) fn swap(&mut self, quantum: usize, lot: &mut Lot) {
        std::mem::swap(lot, &mut self.lots[quantum]);
    }

    /// Plays the shard at `place` for as long as nothing happens to it.
    #[inline(never)]
    pub(super) fn follow<P: Probe<Observation>>(
        &mut self,
        place: usize,
        (judge, writer): (&mut Judge, &Writer),
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let shard = stream.open()[place] as usize;
        if !reader.begin_to_follow(shard, (self.quanta.from, self.quanta.end()), stream) {
            return self.note_busy(place);
        }
        let over = self.store(place, shard, (judge, writer), stream);
        let Rows { quanta, .. } = self.rows;
        reader.follow_rows(shard, &self.rows, stream, probe);
        let polled = reader.end_to_follow(quanta.from, (shard, self.rows.sum), stream, probe);
        let spell = Spell {
            stream: stream.number(),
            shard: shard as u32,
            records: self.rows.sum,
            bytes: self.rows.sum_bytes,
            most_records: self.rows.most,
            most_bytes: self.rows.most_bytes,
            over,
            polled,
        };
        probe.observe(quanta.from, Observation::Spell(spell));
        if quanta.count < self.quanta.count {
            self.busy.push((place as u32, quanta.count as u32));
        }
    }

    /// Lets the shard at `place` take in what comes for as long as it does take all in. Returns in
    /// how many quanta that was more than its limits bring in their time.
    #[inline]
    fn store(
        &mut self,
        place: usize,
        shard: usize,
        (judge, writer): (&mut Judge, &Writer),
        stream: &mut Stream,
    ) -> u32 {
        let (limit, shards) = stream.for_quantum();
        let level = &mut shards[shard].write;
        let (mut over, mut is_full) = (0, limit.is_full(level, self.quanta.from));
        self.rows.begin(self.quanta.from, self.quanta.cell);
        for (quantum, lot) in self.lots[..self.quanta.count].iter().enumerate() {
            let crowd = writer.crowd(lot, place);
            if crowd.records == 0 {
                self.rows.push_none();
                continue;
            }
            // Most find the limits full, and leave them so.
            let plenty = is_full && self.plenty.covers(crowd.records, crowd.charged);
            let start = self.quanta.start(quantum);
            let window = Window { start, length: self.quanta.cell };
            if !plenty {
                if is_full {
                    (*level, is_full) = (limit.full(start), false);
                }
                if !gets_in(&crowd, limit.room(level, start, window.length)) {
                    break;
                }
            }
            let Some(row) = judge.spread_out(&crowd) else { break };
            if !plenty {
                let records = u64::from(crowd.records);
                limit.pay(level, window.length, records, crowd.charged);
                is_full = limit.is_full(level, window.end());
                over += u32::from(limit.is_over(window.length, records, crowd.bytes));
            }
            self.rows.push(&row);
            let calm = &mut self.calm[quantum];
            *calm = (calm.0 + u64::from(crowd.records), calm.1 + crowd.bytes);
        }
        if is_full {
            *level = limit.full(self.rows.quanta.end());
        }
        stream.note_stored(shard as u32, self.rows.sum_bytes);
        over
    }

    /// Lets `reader` read what has come to the shards that were busy, as far as that is simple.
    pub(super) fn read<P: Probe<Observation>>(
        &self,
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (from, end) = (self.quanta.from, self.quanta.end());
        let at = self.quanta.start(self.quanta.count - 1);
        for &(place, _) in &self.busy {
            let shard = stream.open()[place as usize] as usize;
            if reader.begin_to_follow(shard, (from, end), stream) {
                reader.follow(at, (shard, end), stream, probe);
                let polled = reader.end_to_follow(at, (shard, 0), stream, probe);
                let (stream, shard) = (stream.number(), shard as u32);
                probe.observe(at, Observation::Spell(Spell { stream, shard, polled, ..NOTHING }));
            }
        }
    }

    /// States what came to shards in spells in quantum number `quantum`.
    pub(super) fn state<P: Probe<Observation>>(
        &self,
        quantum: usize,
        (writer, answer): (&mut Writer, Span),
        stream: u32,
        probe: &mut P,
    ) {
        let (records, bytes) = self.calm[quantum];
        if records == 0 {
            return;
        }
        writer.attempted(0, records);
        writer.tokens.give_back(0, records);
        let (shortest, longest) = writer.waits();
        let (producer, waited) = (writer.number, (longest, shortest));
        let calm = Calm { producer, stream, records, bytes, waited, answer };
        probe.observe(self.window(quantum).start, Observation::Calm(calm));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::aggregate::crowd::Crowd;
    use crate::model::limit::WriteLimit;
    use crate::model::plan::{Enforcer, Rounding, WritePlan};

    /// Quanta of a second: up to the next ten seconds, or the end.
    #[test]
    fn blocks_end_where_alarms_look() {
        let (second, at) = (Span::from_s(1), Instant::from_s);
        let quanta = |cell, from, end| Block::quanta(cell, from, end).count;
        assert_eq!(quanta(second, at(20), at(1_000)), 10);
        assert_eq!(quanta(second, at(23), at(1_000)), 7);
        assert_eq!(quanta(second, at(23), at(25)), 2);
        assert_eq!(quanta(second, at(23), Instant::from_ns(24_999_999_999)), 1);
        assert_eq!(quanta(second, Instant::from_ns(20_500_000_000), at(1_000)), 1);
        assert_eq!(quanta(Span::from_s(4), at(20), at(1_000)), 2);
        assert_eq!(quanta(Span::from_s(60), at(60), at(1_000)), 1);
    }

    proptest! {
        /// Where there is plenty everything gets in by the longer rule too, and the level is as
        /// full as if it had been paid.
        #[test]
        fn plenty_is_enough(
            (records_per_s, bytes_per_s) in (1_u64..5_000, 1_u64..9_000_000),
            (deep, wide) in (1_u64..3, 1_u64..3),
            (records, each, seconds) in (1_u32..8_000, 1_u64..5_000, 1_u64..20),
            used in 0_u64..400,
        ) {
            let enforcer = Enforcer::TokenBucket {
                records: records_per_s * deep,
                bytes: bytes_per_s * wide,
            };
            let rounding = Rounding::None;
            let limit =
                WriteLimit::new(&WritePlan { records_per_s, bytes_per_s, enforcer, rounding });
            let mut level = limit.full(Instant::ZERO);
            limit.pay(&mut level, Span::from_s(1), used, used * 100);
            let window = Window { start: Instant::from_s(2), length: Span::from_s(seconds) };
            let charged = u64::from(records) * each;
            let covers = limit.plenty(window.length).covers(records, charged);
            if covers && limit.is_full(&level, window.start) {
                let crowd = Crowd { records, bytes: charged, charged, ..Crowd::NONE };
                prop_assert!(gets_in(&crowd, limit.room(&mut level, window.start, window.length)));
                limit.pay(&mut level, window.length, u64::from(records), charged);
                prop_assert!(limit.is_full(&level, window.end()));
                prop_assert!(!limit.is_over(window.length, u64::from(records), charged));
            }
        }
    }
}
