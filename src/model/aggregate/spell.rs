//! Shards to which nothing happens, played several quanta at a time.
//!
//! Of most shards every quantum is like the one before: all that comes gets in, and a reader takes
//! it at its next call. Such a shard is followed from quantum to quantum by itself, which takes a
//! fraction of the time that going over all shards in every quantum does. One that gets into
//! trouble is played like any other from that quantum on.

use crate::engine::Probe;
use crate::model::aggregate::ahead::{Ahead, Shares};
use crate::model::aggregate::judge::{Judge, PIECES_MAX};
use crate::model::aggregate::overload::Sums;
use crate::model::aggregate::strain::gets_in;
use crate::model::aggregate::writer::Writer;
use crate::model::cohort::Window;
use crate::model::consumer::column::{Column, NONE, QUANTA_MAX, add, least, most, sum};
use crate::model::consumer::reader::Reader;
use crate::model::consumer::{Came, Quanta, Rows};
use crate::model::limit::{Plenty, WriteLevel, WriteLimit};
use crate::model::observation::{Amount, InSpells, Observation, Polled, Spell, StoredSince};
use crate::model::stream::Stream;
use crate::rounding::whole;
use crate::time::{Instant, Span};

/// Some quanta in a row.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// What is offered in them.
    pub(super) ahead: Ahead,
    /// What shards whose limits are full take in as a matter of course.
    plenty: Plenty,
    /// What has come to the shard that was followed last.
    rows: Rows,
    moments: Column,
    /// Records and bytes of the shards that are in a spell in each.
    calm: (Column, Column),
    /// Places of shards that are not, and from which quantum on, in order of place.
    busy: Vec<(u32, u32)>,
}

/// What a shard took in, in whole numbers.
#[derive(Clone, Copy, Debug)]
struct Taken {
    /// In so many quanta.
    quanta: usize,
    /// Quanta in which that was more than its limits bring in their time.
    over: u32,
    /// Records and bytes.
    sum: (f64, f64),
    /// Records of the quantum with the fewest, and records and bytes of those with the most.
    least: f64,
    most: (f64, f64),
}

/// No quanta are played in a row across a multiple of this.
pub const IN_A_ROW: Span = Span::from_s(QUANTA_MAX as u64);

/// A spell in which nothing has come.
const NOTHING: Spell = Spell {
    stream: 0,
    shard: 0,
    offered: Amount::NONE,
    attempted: Amount::NONE,
    stored: Amount::NONE,
    most: Amount::NONE,
    over: 0,
    polled: Polled::NONE,
};

impl Block {
    /// No quantum yet.
    pub(super) fn new() -> Self {
        Self {
            ahead: Ahead::new(),
            plenty: Plenty::default(),
            rows: Rows::NONE,
            moments: NONE,
            calm: (NONE, NONE),
            busy: Vec::new(),
        }
    }

    /// The quanta of `cell` from `from` on that may be played in a row: before `end`, and not
    /// across a multiple of `row`.
    pub(super) fn quanta((cell, row): (Span, Span), from: Instant, end: Instant) -> Quanta {
        if !from.as_ns().is_multiple_of(cell.as_ns()) {
            return Quanta { from, cell, count: 1 };
        }
        let row_end = (from.as_ns() / row.as_ns() + 1) * row.as_ns();
        let until = end.as_ns().min(row_end);
        let count = (until.saturating_sub(from.as_ns()) / cell.as_ns()) as usize;
        Quanta { from, cell, count: count.clamp(1, QUANTA_MAX) }
    }

    /// Draws what `writer` offers in `quanta`.
    pub(super) fn draw(&mut self, quanta: Quanta, writer: &mut Writer, stream: &Stream) {
        self.ahead.draw(quanta, writer, stream);
        self.plenty = stream.plenty(quanta.cell);
        (self.rows.longest, self.rows.spread) = (self.ahead.longest, self.ahead.spread);
        self.calm = (NONE, NONE);
        self.busy.clear();
    }

    /// When quantum number `quantum` is.
    pub(super) fn window(&self, quantum: usize) -> Window {
        let quanta = &self.ahead.quanta;
        Window { start: quanta.start(quantum), length: quanta.cell }
    }

    /// Those that are busy in quantum number `quantum`, by their places.
    pub(super) fn busy(&self, quantum: usize) -> impl Iterator<Item = usize> + '_ {
        let is_busy = move |&&(_, from): &&(u32, u32)| from as usize <= quantum;
        self.busy.iter().filter(is_busy).map(|&(place, _)| place as usize)
    }

    /// The shard at `place` is busy from quantum number `first` on.
    pub(super) fn note_busy(&mut self, place: usize, first: usize) {
        self.busy.push((place as u32, first as u32));
    }

    /// Plays the shard at `place` for as long as nothing happens to it. Returns from which quantum
    /// on something does.
    #[inline(never)]
    pub(super) fn follow<P: Probe<Observation>>(
        &mut self,
        place: usize,
        (judge, writer): (&mut Judge, &Writer),
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) -> Option<usize> {
        let (shard, all) = (stream.open()[place] as usize, self.ahead.quanta);
        if !reader.begin_to_follow(shard, (all.from, all.end()), stream) {
            return Some(0);
        }
        let taken = self.store(place, shard, (judge, writer), stream);
        let quanta = Quanta { count: taken.quanta, ..all };
        let came = Came {
            quanta,
            at: quanta.from,
            rows: std::slice::from_ref(&self.rows),
            moments: &self.moments,
            least: taken.least,
            most: taken.most,
        };
        reader.follow_rows(shard, &came, stream, probe);
        let amount =
            |(records, bytes): (f64, f64)| Amount { records: whole(records), bytes: whole(bytes) };
        let stored = amount(taken.sum);
        stream.note_stored(shard as u32, stored.bytes);
        let polled = reader.end_to_follow(quanta.from, (shard, stored.records), stream, probe);
        let spell = Spell {
            stream: stream.number(),
            shard: shard as u32,
            offered: stored,
            attempted: stored,
            stored,
            most: amount(taken.most),
            over: taken.over,
            polled,
        };
        probe.observe(quanta.from, Observation::Spell(spell));
        (quanta.count < all.count).then_some(quanta.count)
    }

    /// Lets the shard at `place` take in what comes for as long as it does take all in.
    #[inline]
    fn store(
        &mut self,
        place: usize,
        shard: usize,
        (judge, writer): (&mut Judge, &Writer),
        stream: &mut Stream,
    ) -> Taken {
        let (limit, shards) = stream.for_quantum();
        let (level, quanta) = (&mut shards[shard].write, self.ahead.quanta);
        self.count_moments(place, writer);
        let is_full = limit.is_full(level, quanta.from);
        let (count, over) = if is_full && self.is_plenty(place) {
            *level = limit.full(quanta.end());
            (quanta.count, 0)
        } else {
            self.store_one_by_one((place, is_full), (limit, level), writer)
        };
        let (shares, rows) = (self.ahead.of(place), &mut self.rows);
        (rows.records, rows.bytes) = (shares.records, shares.bytes);
        rows.phase = judge.next_phases(quanta.count);
        rows.end(count);
        add(&mut self.calm.0, &rows.records);
        add(&mut self.calm.1, &rows.bytes);
        let (records, bytes) = (&rows.records[..count], &rows.bytes[..count]);
        Taken {
            quanta: count,
            over,
            sum: (sum(records), sum(bytes)),
            least: least(records),
            most: (most(records), most(bytes)),
        }
    }

    /// At how many moments records come to the shard at `place`.
    #[inline]
    fn count_moments(&mut self, place: usize, writer: &Writer) {
        self.moments = self.ahead.of(place).records;
        if !writer.is_single() {
            for (quantum, moments) in self.moments.iter_mut().enumerate() {
                if *moments > 0.0 {
                    *moments = writer.crowd(self.ahead.lot(quantum), place).arrivals();
                }
            }
        }
    }

    /// Whether there is plenty for all that comes to the shard at `place`, if its limits are full,
    /// as those of most shards are. And whether it comes at so many moments in every quantum that
    /// they need not be told apart.
    #[inline]
    fn is_plenty(&self, place: usize) -> bool {
        // All quanta, side by side, though it could be known sooner.
        (0..self.ahead.quanta.count)
            .fold(true, |all, quantum| all & self.is_plenty_in(quantum, self.ahead.of(place)))
    }

    #[inline]
    fn is_plenty_in(&self, quantum: usize, shares: &Shares) -> bool {
        let amount = (shares.records[quantum], shares.charged[quantum]);
        let (none, many) = (amount.0 <= 0.0, self.moments[quantum] >= PIECES_MAX);
        let plenty = many & self.plenty.covers(amount);
        none | plenty
    }

    /// Lets the shard at `place` take in what comes, quantum by quantum, for as long as it does
    /// take all in; its limits are full, or not. Returns for how many, and in how many of them more
    /// came than its limits bring.
    #[inline(never)]
    fn store_one_by_one(
        &mut self,
        (place, mut is_full): (usize, bool),
        (limit, level): (&WriteLimit, &mut WriteLevel),
        writer: &Writer,
    ) -> (usize, u32) {
        let (quanta, shares) = (self.ahead.quanta, self.ahead.of(place));
        let (mut over, mut count) = (0, 0);
        while count < quanta.count {
            let records = shares.records[count];
            // Limits that are full stay so where there is plenty.
            if records <= 0.0 || is_full && self.is_plenty_in(count, shares) {
                count += 1;
                continue;
            }
            if self.moments[count] < PIECES_MAX {
                break;
            }
            let (start, end) = (quanta.start(count), quanta.start(count + 1));
            if is_full {
                *level = limit.full(start);
            }
            let crowd = writer.crowd(self.ahead.lot(count), place);
            if !gets_in(&crowd, limit.room(level, start, quanta.cell)) {
                is_full = false;
                break;
            }
            limit.pay(level, quanta.cell, crowd.records.into(), crowd.charged);
            is_full = limit.is_full(level, end);
            over += u32::from(self.plenty.is_passed((records, shares.bytes[count])));
            count += 1;
        }
        if is_full {
            *level = limit.full(quanta.start(count));
        }
        (count, over)
    }

    /// Lets `reader` read what has come to the shards that were busy, as far as that is simple.
    pub(super) fn read<P: Probe<Observation>>(
        &self,
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let quanta = &self.ahead.quanta;
        let (from, end, at) = (quanta.from, quanta.end(), quanta.start(quanta.count - 1));
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

    /// States what came to shards in spells in quantum number `quantum`, together with `sums` of
    /// those that were followed though they refused.
    pub(super) fn state<P: Probe<Observation>>(
        &self,
        (quantum, sums): (usize, &Sums),
        (writer, answer): (&mut Writer, Span),
        stream: u32,
        probe: &mut P,
    ) {
        let (records, bytes) = (whole(self.calm.0[quantum]), whole(self.calm.1[quantum]));
        let now = self.window(quantum).start;
        let with = |n: u64, more: f64| n + whole(more);
        let first = with(records, sums.attempts[0]);
        let again: f64 = sums.attempts[1..].iter().sum();
        let stored = [with(records, sums.stored[0].records), with(0, sums.again())];
        if first == 0 {
            return;
        }
        writer.attempted(0, first);
        for (attempt, records) in (0..).zip(sums.attempts).skip(1) {
            if records > 0.0 {
                writer.attempted(attempt, with(0, records));
            }
        }
        writer.tokens.give_back(0, stored[0]);
        writer.tokens.give_back(1, stored[1]);
        writer.tokens.took(sums.asked, sums.granted);
        let amount = |records, bytes| Amount { records, bytes };
        let all = InSpells {
            producer: writer.number,
            stream,
            offered: amount(with(records, sums.offered.0), with(bytes, sums.offered.1)),
            attempted: amount(first + with(0, again), with(bytes, sums.attempted_bytes)),
            stored: amount(stored[0] + stored[1], with(bytes, sums.stored_bytes)),
        };
        probe.observe(now, Observation::InSpells(all));
        let (producer, waits) = (writer.number, writer.waits());
        let mut state = |records, (shortest, longest): (Span, Span)| {
            let (first, last) = (longest + answer, shortest + answer);
            let since = StoredSince { producer, stream, records, first, last };
            probe.observe(now, Observation::StoredSince(since));
        };
        state(stored[0], waits);
        for kept in sums.stored[1..].iter().filter(|kept| kept.records > 0.0) {
            let (shortest, longest) = kept.law().bounds();
            state(with(0, kept.records), (Span::from_ns(shortest), Span::from_ns(longest)));
        }
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
    fn rows_of_quanta_end_where_they_must() {
        let (second, at) = (Span::from_s(1), Instant::from_s);
        let quanta = |cell, from, end| Block::quanta((cell, Span::from_s(10)), from, end).count;
        assert_eq!(quanta(second, at(20), at(1_000)), 10);
        assert_eq!(quanta(second, at(23), at(1_000)), 7);
        assert_eq!(quanta(second, at(23), at(25)), 2);
        assert_eq!(quanta(second, at(23), Instant::from_ns(24_999_999_999)), 1);
        assert_eq!(quanta(second, Instant::from_ns(20_500_000_000), at(1_000)), 1);
        assert_eq!(quanta(Span::from_s(4), at(20), at(1_000)), 2);
        assert_eq!(quanta(Span::from_s(60), at(60), at(1_000)), 1);
        assert_eq!(Block::quanta((second, IN_A_ROW), at(60), at(1_000)).count, QUANTA_MAX);
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
            let plenty = limit.plenty(window.length);
            let covered = plenty.covers((records.into(), charged as f64));
            if covered && limit.is_full(&level, window.start) {
                let crowd = Crowd { records, bytes: charged, charged, ..Crowd::NONE };
                prop_assert!(gets_in(&crowd, limit.room(&mut level, window.start, window.length)));
                limit.pay(&mut level, window.length, u64::from(records), charged);
                prop_assert!(limit.is_full(&level, window.end()));
                prop_assert!(!plenty.is_passed((records.into(), charged as f64)));
            }
        }
    }
}
