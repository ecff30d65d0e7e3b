//! Shards that refuse, played several quanta at a time.
//!
//! What happens to one hangs on others only by the clients' retry tokens, which are counted for all
//! shards together. Where these have settled, the chance of a retry to find some is the same from
//! quantum to quantum, and each shard is followed by itself: offers, refusals, and what comes back.
//! Everything is counted in whole records, kept in floats.

mod round;

use crate::engine::Probe;
use crate::model::aggregate::crowd::{Crowd, Waited};
use crate::model::aggregate::delay::Return;
use crate::model::aggregate::judge::{Offer, PIECES_MAX};
use crate::model::aggregate::returns::Returns;
use crate::model::aggregate::supply::Lot;
use crate::model::aggregate::writer::Writer;
use crate::model::consumer::reader::Reader;
use crate::model::consumer::{Came, Column, QUANTA_MAX, Quanta, ROWS_MAX, Rows};
use crate::model::limit::Plenty;
use crate::model::observation::{Amount, Observation, Spell};
use crate::model::plan::Api;
use crate::model::retry::Failure;
use crate::model::stream::Stream;
use crate::random;
use crate::rounding::{nearest, whole};

/// Follows one shard after the other.
#[derive(Clone, Debug)]
pub(super) struct Overload {
    /// Attempts that a record has, and for each what part of those refused comes again at once.
    attempts: usize,
    again: [f64; ROWS_MAX],
    back: Back,
    /// What the limits bring in a quantum.
    plenty: Plenty,
    due: Due,
    /// What the shard takes in, by attempt, the last first.
    rows: [Rows; ROWS_MAX],
    moments: Column,
    /// What a byte is charged (bytes).
    charge: f64,
    /// What all shards that are followed come to, quantum by quantum.
    sums: [Sums; QUANTA_MAX],
    /// Fractions of records that are left over of those refused.
    carry: f64,
    /// Where the next row's records stand: moved on by the golden ratio.
    phase: f64,
    /// The chance of being refused in the quantum before: a place to begin at.
    full: f64,
    chance: random::Stream,
}

/// The way back of what is refused.
#[derive(Clone, Debug)]
struct Back {
    /// The chance of a retry to find tokens.
    granted: f64,
    /// When those come again that were refused: after the first attempt, the second, …
    after: Vec<Return>,
    /// Fractions of records that are left over of those granted tokens, and of those that come
    /// again at once.
    carries: [f64; 2],
    /// Where the next that come later land: moved on by the golden ratio.
    landing: f64,
}

/// What comes again to a shard, quantum by quantum. What has come is taken out, so that nothing is
/// left for the next shard.
#[derive(Clone, Debug, Default)]
struct Due {
    /// By attempt.
    each: Vec<[Moments; ROWS_MAX]>,
    /// Bytes of all.
    bytes: Vec<f64>,
}

/// Records, and how long they have waited.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    records: f64,
    /// Sums of what they have waited (ns) and of its square (ns^2).
    waited: f64,
    squares: f64,
}

/// What came to shards in a quantum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    /// Records and bytes.
    pub(super) offered: (f64, f64),
    pub(super) lost: (f64, f64),
    /// By attempt.
    pub(super) attempts: [f64; ROWS_MAX],
    pub(super) attempted_bytes: f64,
    pub(super) stored: [Kept; ROWS_MAX],
    pub(super) stored_bytes: f64,
    /// Retries that need tokens, and those that find some.
    pub(super) asked: f64,
    pub(super) granted: f64,
}

/// Records that were stored at some attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    pub(super) records: f64,
    /// Sums over all of them of how long those had waited that had waited shortest and longest
    /// (ns).
    pub(super) shortest: f64,
    pub(super) longest: f64,
}

/// What a shard came to in all its quanta.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    offered: (f64, f64),
    attempted: (f64, f64),
    stored: (f64, f64),
    /// Attempts in the quantum with the most of them, and their bytes.
    most: (f64, f64),
    /// Quanta in which more was sent than the limits bring.
    over: u32,
    /// Records stored in the quantum with the fewest, and records and bytes in those with the most.
    least: f64,
    most_stored: (f64, f64),
}

impl Overload {
    /// Of no shard yet.
    pub(super) fn new(chance: random::Stream) -> Self {
        Self {
            attempts: 1,
            again: [0.0; ROWS_MAX],
            back: Back { granted: 1.0, after: Vec::new(), carries: [0.0; 2], landing: 0.0 },
            plenty: Plenty::default(),
            due: Due::default(),
            rows: [Rows::NONE; ROWS_MAX],
            moments: [0.0; QUANTA_MAX],
            charge: 1.0,
            sums: [Sums::NONE; QUANTA_MAX],
            carry: 0.0,
            phase: 0.0,
            full: 0.5,
            chance,
        }
    }

    /// Begins with `quanta`, if `writer`'s shards can be followed in them: returns whether.
    pub(super) fn begin(&mut self, quanta: Quanta, writer: &Writer, stream: &Stream) -> bool {
        self.attempts = writer.delays.attempts() as usize;
        self.sums = [Sums::NONE; QUANTA_MAX];
        let granted = writer.tokens.usually_granted(quanta.cell.times(quanta.count as u64));
        let single = writer.api == Api::PutRecord && self.attempts <= ROWS_MAX;
        let Some(granted) = granted.filter(|_| single) else { return false };
        self.back.granted = granted;
        self.plenty = stream.plenty(quanta.cell);
        let after = (0..).map_while(|attempt| writer.delays.after(attempt, Failure::Throttled));
        self.back.after.clear();
        self.back.after.extend(after.take(ROWS_MAX).cloned());
        self.again = [0.0; ROWS_MAX];
        for (again, after) in self.again.iter_mut().zip(&self.back.after) {
            *again = after.same.part * granted;
        }
        true
    }

    /// What all shards that were followed came to in quantum number `quantum`.
    pub(super) fn sums(&self, quantum: usize) -> &Sums {
        &self.sums[quantum]
    }

    /// How far its random stream has been used.
    pub(super) fn position(&self) -> u128 {
        self.chance.position()
    }

    /// Follows the open shard at `place` from quantum number `first` of `quanta` on, in which
    /// `lots` are offered. False, and nothing done, where it has to be looked at more closely.
    pub(super) fn follow<P: Probe<Observation>>(
        &mut self,
        (place, first, quanta): (usize, usize, Quanta),
        (lots, writer, returns): (&[Lot], &Writer, &mut Returns),
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) -> bool {
        let (shard, rest) = (stream.open()[place] as usize, quanta.after(first));
        let lots = &lots[first..quanta.count];
        let few = lots.iter().any(|lot| f64::from(lot.each[place].records) < PIECES_MAX);
        if few || !reader.begin_to_follow(shard, (rest.from, rest.end()), stream) {
            return false;
        }
        self.gather(shard, (first, quanta.count), returns, writer);
        let mut tally = Tally { least: f64::INFINITY, ..Tally::default() };
        for (column, lot) in lots.iter().enumerate() {
            self.play((first, column), (shard, place), lot, rest, stream, &mut tally);
        }
        self.rows[..self.attempts].iter_mut().for_each(|rows| rows.end(rest.count));
        self.send(shard, quanta, returns);
        let shown = self.attempts - self.oldest(rest.count);
        let came = Came {
            quanta: rest,
            at: quanta.from,
            rows: &self.rows[shown..self.attempts],
            moments: &self.moments,
            least: tally.least,
            most: tally.most_stored,
        };
        reader.follow_rows(shard, &came, stream, probe);
        let amount =
            |(records, bytes): (f64, f64)| Amount { records: whole(records), bytes: whole(bytes) };
        let stored = amount(tally.stored);
        stream.note_stored(shard as u32, stored.bytes);
        let spell = Spell {
            stream: stream.number(),
            shard: shard as u32,
            offered: amount(tally.offered),
            attempted: amount(tally.attempted),
            stored,
            most: amount(tally.most),
            over: tally.over,
            polled: reader.end_to_follow(quanta.from, (shard, stored.records), stream, probe),
        };
        probe.observe(quanta.from, Observation::Spell(spell));
        true
    }

    /// Attempts of which something was stored: all up to the last of them.
    fn oldest(&self, columns: usize) -> usize {
        let is_empty = |rows: &Rows| rows.records[..columns].iter().all(|records| *records <= 0.0);
        self.attempts - self.rows[..self.attempts - 1].iter().take_while(|it| is_empty(it)).count()
    }

    /// Collects what comes again to a shard from quantum number `first` on.
    fn gather(
        &mut self,
        shard: usize,
        (first, quanta): (usize, usize),
        returns: &mut Returns,
        writer: &Writer,
    ) {
        let Due { each, bytes: all_bytes } = &mut self.due;
        let cells = (quanta + writer.delays.reach() + 1).max(each.len());
        each.resize(cells, [Moments::default(); ROWS_MAX]);
        all_bytes.resize(cells, 0.0);
        returns.lift(shard, |ahead, offer| {
            let (ahead, Crowd { records, bytes, waited, .. }) = (ahead as usize, offer.crowd);
            debug_assert!(ahead >= first, "what is calm has nothing on its way");
            each[ahead][offer.attempt as usize].add(records.into(), waited);
            all_bytes[ahead] += bytes as i64 as f64;
        });
    }

    /// Sends on its way what comes again after the last of `quanta`.
    fn send(&mut self, shard: usize, quanta: Quanta, returns: &mut Returns) {
        let Due { each, bytes } = &mut self.due;
        for (ahead, (due, bytes)) in each.iter_mut().zip(bytes).enumerate().skip(quanta.count) {
            let due = &mut due[..self.attempts];
            let all = due.iter().map(|it| it.records).sum();
            let mut bytes = Bytes::of(all, std::mem::take(bytes));
            let due = due.iter_mut().map(std::mem::take);
            for (attempt, due) in (0..).zip(due).filter(|(_, due)| due.records > 0.0) {
                let bytes = bytes.next(due.records);
                let crowd = Crowd {
                    records: whole(due.records) as u32,
                    bytes: whole(bytes),
                    charged: whole(bytes * self.charge),
                    calls: due.records,
                    waited: due.law(),
                };
                returns.bring_back(ahead as u32, shard, Offer { writer: 0, attempt, crowd });
            }
        }
    }
}

impl Moments {
    /// So many more, which have waited so long.
    #[inline]
    fn add(&mut self, records: f64, Waited { mean, variance }: Waited) {
        self.records += records;
        self.waited += records * mean;
        self.squares += records * (variance + mean * mean);
    }

    /// Both together.
    #[inline]
    fn and(&self, other: &Self) -> Self {
        Self {
            records: self.records + other.records,
            waited: self.waited + other.waited,
            squares: self.squares + other.squares,
        }
    }

    /// What they have waited.
    #[inline]
    fn law(&self) -> Waited {
        let part = 1.0 / self.records;
        let mean = self.waited * part;
        Waited { mean, variance: (self.squares * part - mean * mean).max(0.0) }
    }
}

/// Bytes of records that part: each part has its share of them, and all together have them all.
#[derive(Clone, Copy, Debug)]
struct Bytes {
    each: f64,
    /// Records and bytes that have been dealt.
    records: f64,
    dealt: f64,
}

impl Bytes {
    #[inline]
    fn of(records: f64, bytes: f64) -> Self {
        Self { each: bytes / records, records: 0.0, dealt: 0.0 }
    }

    /// Those of the next so many.
    #[inline]
    fn next(&mut self, records: f64) -> f64 {
        self.records += records;
        let up_to = nearest(self.records * self.each);
        let bytes = up_to - self.dealt;
        self.dealt = up_to;
        bytes
    }
}

impl Tally {
    /// Records and bytes of one quantum more.
    #[inline]
    fn add(
        &mut self,
        offered: (f64, f64),
        attempted: (f64, f64),
        stored: (f64, f64),
        is_over: bool,
    ) {
        let sum = |a: (f64, f64), b: (f64, f64)| (a.0 + b.0, a.1 + b.1);
        let larger = |a: f64, b: f64| if a > b { a } else { b };
        let max = |a: (f64, f64), b: (f64, f64)| (larger(a.0, b.0), larger(a.1, b.1));
        self.over += u32::from(is_over);
        self.offered = sum(self.offered, offered);
        self.attempted = sum(self.attempted, attempted);
        self.stored = sum(self.stored, stored);
        self.most = max(self.most, attempted);
        self.least = if stored.0 < self.least { stored.0 } else { self.least };
        self.most_stored = max(self.most_stored, stored);
    }
}

impl Kept {
    #[inline]
    fn add(&mut self, records: f64, (shortest, longest): (f64, f64)) {
        self.records += records;
        self.shortest += records * shortest;
        self.longest += records * longest;
    }
}

impl Sums {
    const NONE: Self = Self {
        offered: (0.0, 0.0),
        lost: (0.0, 0.0),
        attempts: [0.0; ROWS_MAX],
        attempted_bytes: 0.0,
        stored: [Kept { records: 0.0, shortest: 0.0, longest: 0.0 }; ROWS_MAX],
        stored_bytes: 0.0,
        asked: 0.0,
        granted: 0.0,
    };

    /// Records that were stored, but not at the first attempt.
    pub(super) fn again(&self) -> f64 {
        self.stored[1..].iter().map(|kept| kept.records).sum()
    }

    /// Records and bytes that were given up.
    pub(super) fn given_up(&self) -> Crowd {
        let (records, bytes) = self.lost;
        let (records, bytes) = (whole(records) as u32, whole(bytes));
        Crowd { records, bytes, ..Crowd::NONE }
    }
}
