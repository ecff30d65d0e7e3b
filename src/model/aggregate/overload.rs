//! Shards that refuse, played several quanta at a time.
//!
//! What happens to one hangs on others only by the clients' retry tokens, which are counted for all
//! shards together. Where these have settled, the chance of a retry to find some is the same from
//! quantum to quantum, and each shard is followed by itself: offers, refusals, and what comes back.
//! Everything is counted in whole records, kept in floats, and for several shards side by side.

mod fate;
mod lanes;
mod round;
mod sums;

use self::lanes::{LANES, Lanes, Moments, is_some};
pub(super) use self::sums::Sums;
use self::sums::Tally;
use crate::engine::Probe;
use crate::model::aggregate::ahead::{Ahead, Shares};
use crate::model::aggregate::crowd::{Crowd, Waited};
use crate::model::aggregate::delay::Return;
use crate::model::aggregate::golden::turns;
use crate::model::aggregate::judge::{Offer, PIECES_MAX};
use crate::model::aggregate::returns::Returns;
use crate::model::aggregate::writer::Writer;
use crate::model::consumer::column::{Column, NONE, QUANTA_MAX, add, least, most};
use crate::model::consumer::reader::Reader;
use crate::model::consumer::{Came, Quanta, ROWS_MAX, Rows};
use crate::model::limit::Plenty;
use crate::model::observation::{Amount, Observation, Spell};
use crate::model::retry::Failure;
use crate::model::stream::Stream;
use crate::random;
use crate::rounding::whole;

/// Follows shards, several side by side.
#[derive(Clone, Debug)]
pub(super) struct Overload {
    /// Attempts that a record has, and for each what part of those refused comes again at once.
    attempts: usize,
    again: [f64; ROWS_MAX],
    back: Back,
    /// What the limits bring in a quantum.
    plenty: Plenty,
    /// Shards that are to be followed.
    held: Vec<Held>,
    /// What is offered to them.
    shares: Vec<Shares>,
    due: Due,
    /// What each shard takes in, by attempt, the last first.
    rows: Vec<[Rows; ROWS_MAX]>,
    moments: [Column; LANES],
    /// What all shards that are followed come to, quantum by quantum.
    sums: [Sums; QUANTA_MAX],
    /// Fractions of records that are left over of those refused.
    carry: Lanes,
    /// Where the next row's records stand: moved on by the golden ratio.
    phase: f64,
    /// The chances of being refused in the quantum before: a place to begin at.
    full: Lanes,
    chance: random::Stream,
}

/// A shard that is to be followed.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Its place among the open ones, and its number.
    place: usize,
    shard: usize,
    /// From this quantum on.
    first: usize,
    /// Which of the shares held are its own.
    shares: usize,
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
    carries: [Lanes; 2],
    /// Where the next that come later land: moved on by the golden ratio.
    landing: Lanes,
}

/// What comes again to shards, quantum by quantum. What has come is taken out, so that nothing is
/// left for the next shards.
#[derive(Clone, Debug, Default)]
struct Due {
    /// By attempt.
    each: Vec<[Moments; ROWS_MAX]>,
    /// Bytes of all.
    bytes: Vec<Lanes>,
}

/// What comes again after some quantum.
#[derive(Debug)]
struct Later<'a> {
    each: &'a mut [[Moments; ROWS_MAX]],
    bytes: &'a mut [Lanes],
}

/// Shards that are followed side by side.
#[derive(Debug)]
struct Group<'a> {
    members: &'a [Held],
    /// What is offered to each; nothing to those that there are not.
    shares: [&'a Shares; LANES],
    /// What a byte of each is charged (bytes), as it was last.
    charge: Lanes,
    tally: Tally,
    /// Quanta in which more was sent than the limits bring.
    over: [u32; LANES],
}

impl Overload {
    /// Of no shard yet.
    pub(super) fn new(chance: random::Stream) -> Self {
        let landing = Lanes::new([0.0, 0.25, 0.5, 0.75]);
        let after = Vec::new();
        Self {
            attempts: 1,
            again: [0.0; ROWS_MAX],
            back: Back { granted: 1.0, after, carries: [Lanes::ZERO; 2], landing },
            plenty: Plenty::default(),
            held: Vec::new(),
            shares: Vec::new(),
            due: Due::default(),
            rows: vec![[Rows::NONE; ROWS_MAX]; LANES],
            moments: [NONE; LANES],
            sums: [Sums::NONE; QUANTA_MAX],
            carry: Lanes::ZERO,
            phase: 0.0,
            full: Lanes::HALF,
            chance,
        }
    }

    /// Begins with `quanta`, if `writer`'s shards can be followed in them: returns whether.
    pub(super) fn begin(&mut self, quanta: Quanta, writer: &Writer, stream: &Stream) -> bool {
        self.attempts = writer.delays.attempts() as usize;
        self.sums = [Sums::NONE; QUANTA_MAX];
        let granted = writer.tokens.usually_granted(quanta.cell.times(quanta.count as u64));
        let single = writer.is_single() && self.attempts <= ROWS_MAX;
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
        let cells = (quanta.count + writer.delays.reach() + 1).max(self.due.each.len());
        self.due.each.resize(cells, [Moments::default(); ROWS_MAX]);
        self.due.bytes.resize(cells, Lanes::ZERO);
        true
    }

    /// What all shards that were followed came to in quantum number `quantum`.
    pub(super) fn sums(&self, quantum: usize) -> &Sums {
        &self.sums[quantum]
    }

    /// Bytes of memory that what is held takes.
    pub(super) fn memory(&self) -> u64 {
        (self.shares.capacity() * size_of::<Shares>()) as u64
    }

    /// How far its random stream has been used.
    pub(super) fn position(&self) -> u128 {
        self.chance.position()
    }

    /// Holds the open shard at `place`, to be followed from quantum number `first` of those `ahead`
    /// on. False where it has to be looked at more closely.
    pub(super) fn hold(
        &mut self,
        (place, first): (usize, usize),
        ahead: &Ahead,
        reader: &mut Reader,
        stream: &Stream,
    ) -> bool {
        let (shard, shares) = (stream.open()[place] as usize, ahead.of(place));
        let rest = ahead.quanta.after(first);
        let few = least(&shares.records[first..ahead.quanta.count]) < PIECES_MAX;
        if few || !reader.begin_to_follow(shard, (rest.from, rest.end()), stream) {
            return false;
        }
        self.held.push(Held { place, shard, first, shares: self.shares.len() });
        self.shares.push(*shares);
        true
    }

    /// Follows all shards that are held.
    pub(super) fn follow<P: Probe<Observation>>(
        &mut self,
        ahead: &Ahead,
        returns: &mut Returns,
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (mut held, shares) = (std::mem::take(&mut self.held), std::mem::take(&mut self.shares));
        held.sort_by_key(|it| (it.first, it.place));
        for members in held.chunk_by(|a, b| a.first == b.first).flat_map(|it| it.chunks(LANES)) {
            let mut group = Group::of(members, &shares);
            self.gather(members, returns);
            self.play_all(&mut group, ahead, stream);
            self.send(&group, ahead.quanta, returns);
            for lane in 0..members.len() {
                self.read((&group, lane), ahead.quanta, reader, stream, probe);
            }
        }
        (self.held, self.shares) = (held, shares);
        self.held.clear();
        self.shares.clear();
    }

    /// Plays all quanta of `group`.
    fn play_all(&mut self, group: &mut Group<'_>, ahead: &Ahead, stream: &mut Stream) {
        let (first, count) = (group.members[0].first, ahead.quanta.count);
        let rest = ahead.quanta.after(first);
        for number in first..count {
            let way = (number, number - first);
            self.play(way, (group, ahead.lot(number).waited), rest, stream);
        }
        for rows in self.rows.iter_mut().flat_map(|rows| &mut rows[..self.attempts]) {
            rows.phase = turns(self.phase);
            self.phase = rows.phase[QUANTA_MAX - 1];
            rows.end(rest.count);
        }
    }

    /// Lets `reader` read what has come to a shard of `group`, and states both.
    fn read<P: Probe<Observation>>(
        &self,
        (group, lane): (&Group<'_>, usize),
        quanta: Quanta,
        reader: &mut Reader,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (Held { shard, first, .. }, tally) = (group.members[lane], &group.tally);
        let rest = quanta.after(first);
        let can_follow = reader.begin_to_follow(shard, (rest.from, rest.end()), stream);
        debug_assert!(can_follow, "it could when it was held");
        let shown = self.attempts - self.oldest(lane, rest.count);
        let rows = &self.rows[lane][shown..self.attempts];
        let mut all = (NONE, NONE);
        for rows in rows {
            add(&mut all.0, &rows.records);
            add(&mut all.1, &rows.bytes);
        }
        let came = Came {
            quanta: rest,
            at: quanta.from,
            rows,
            moments: &self.moments[lane],
            least: least(&all.0[..rest.count]),
            most: (most(&all.0), most(&all.1)),
        };
        reader.follow_rows(shard, &came, stream, probe);
        let amount = |of: (Lanes, Lanes)| {
            let [records, bytes] = [of.0, of.1].map(|it| whole(it.to_array()[lane]));
            Amount { records, bytes }
        };
        let stored = amount(tally.stored);
        stream.note_stored(shard as u32, stored.bytes);
        let spell = Spell {
            stream: stream.number(),
            shard: shard as u32,
            offered: amount(tally.offered),
            attempted: amount(tally.attempted),
            stored,
            most: amount(tally.most),
            over: group.over[lane],
            polled: reader.end_to_follow(quanta.from, (shard, stored.records), stream, probe),
        };
        probe.observe(quanta.from, Observation::Spell(spell));
    }

    /// Attempts of which something was stored: all up to the last of them.
    fn oldest(&self, lane: usize, columns: usize) -> usize {
        let rows = &self.rows[lane][..self.attempts];
        let is_empty = |rows: &Rows| rows.records[..columns].iter().all(|records| *records <= 0.0);
        self.attempts - rows[..self.attempts - 1].iter().take_while(|it| is_empty(it)).count()
    }

    /// Collects what comes again to `members`.
    fn gather(&mut self, members: &[Held], returns: &mut Returns) {
        let Due { each, bytes: all_bytes } = &mut self.due;
        for (lane, &Held { shard, first, .. }) in members.iter().enumerate() {
            returns.lift(shard, |ahead, offer| {
                let (ahead, Crowd { records, bytes, waited, .. }) = (ahead as usize, offer.crowd);
                debug_assert!(ahead >= first, "what is calm has nothing on its way");
                each[ahead][offer.attempt as usize].add_one(lane, records.into(), waited);
                all_bytes[ahead].as_array_mut()[lane] += bytes as i64 as f64;
            });
        }
    }

    /// Sends on its way what comes again after the last of `quanta`.
    fn send(&mut self, group: &Group<'_>, quanta: Quanta, returns: &mut Returns) {
        let Due { each, bytes } = &mut self.due;
        for (ahead, (due, bytes)) in each.iter_mut().zip(bytes).enumerate().skip(quanta.count) {
            let due = &mut due[..self.attempts];
            let all = due.iter().fold(Lanes::ZERO, |sum, it| sum + it.records);
            if is_some(all).none() {
                continue;
            }
            let mut deal = lanes::Bytes::of(all, std::mem::take(bytes));
            for (attempt, due) in (0..).zip(due.iter_mut().map(std::mem::take)) {
                let (records, waited) = (due.records.to_array(), due.law());
                let bytes = deal.next(due.records);
                let charged = (bytes * group.charge).to_array();
                let (bytes, mean) = (bytes.to_array(), waited.mean.to_array());
                let variance = waited.variance.to_array();
                for lane in lanes::those(is_some(due.records)) {
                    let crowd = Crowd {
                        records: whole(records[lane]) as u32,
                        bytes: whole(bytes[lane]),
                        charged: whole(charged[lane]),
                        calls: records[lane],
                        waited: Waited { mean: mean[lane], variance: variance[lane] },
                    };
                    let offer = Offer { writer: 0, attempt, crowd };
                    returns.bring_back(ahead as u32, group.members[lane].shard, offer);
                }
            }
        }
    }
}

impl Due {
    /// What comes to quantum number `quantum`, and what comes later.
    #[inline]
    fn after(&mut self, quantum: usize) -> (&mut [Moments], Later<'_>) {
        let (now, later) = self.each.split_at_mut(quantum + 1);
        let later = Later { each: later, bytes: &mut self.bytes[quantum + 1..] };
        (&mut now[quantum], later)
    }
}

impl<'a> Group<'a> {
    fn of(members: &'a [Held], shares: &'a [Shares]) -> Self {
        const NOTHING: Shares = Shares { records: NONE, bytes: NONE, charged: NONE };
        let shares =
            std::array::from_fn(|lane| members.get(lane).map_or(&NOTHING, |it| &shares[it.shares]));
        let (charge, tally) = (Lanes::ONE, Tally::default());
        Self { members, shares, charge, tally, over: [0; LANES] }
    }
}
