//! One shard in one quantum: what of all that is sent gets in.

use std::cmp::Reverse;

use crate::engine::Probe;
use crate::model::aggregate::crowd::Crowd;
use crate::model::aggregate::failures::{self, Left, Place, whole};
use crate::model::aggregate::golden::{turned, turns};
use crate::model::aggregate::pressure::{Failing, Found, Load, Sent, found};
use crate::model::aggregate::returns::Returns;
use crate::model::aggregate::strain::{Strain, gets_in, strain};
use crate::model::aggregate::writer::Writer;
use crate::model::cohort::{Cohort, Window};
use crate::model::consumer::Column;
use crate::model::limit::Room;
use crate::model::observation::{Observation, Put};
use crate::model::plan::Api;
use crate::model::retry::Failure;
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, Span};

/// Records sent to a shard in a quantum at the same attempt, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// The place of their producer among the writers.
    pub(super) writer: u32,
    pub(super) attempt: u32,
    pub(super) crowd: Crowd,
}

/// Judges shards, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    stream: u32,
    chance: random::Stream,
    /// Fractions of records, carried on so that shares hold in the long run.
    carry: f64,
    stored: Vec<Stored>,
    /// Where the next crowd's records stand, see [`Crowd::stored`]: moved on by the golden ratio,
    /// so that single records are spread as evenly as many together.
    phase: f64,
    /// By writer and attempt: what is due, and what part of the refused comes again at once.
    due: Vec<Vec<Load>>,
    again: Vec<Vec<f64>>,
    /// The same of those that failed before.
    failed_again: Vec<Vec<f64>>,
}

/// What gets in of a crowd.
#[derive(Clone, Copy, Debug)]
struct Stored {
    attempt: u32,
    writer: u32,
    crowd: Crowd,
    phase: f64,
    spacing: Spacing,
}

/// How calls that get in follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spacing {
    /// At random: each record is sent by itself, or clients at phases of their own send many.
    Random,
    /// At the pace of few clients that wait for company: about evenly.
    Paced,
    /// As a full shard's limits let records in: that is evenly, whatever calls brought them.
    Full,
}

/// All that matters beside the shard itself: what it is offered, by whom, and the way back.
type Others<'a> = (&'a [Offer], &'a mut [Writer], &'a mut Returns);

/// What is refused.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    /// Whatever goes beyond what calls find.
    Beyond { found: Found, by_bytes: bool },
    /// This part of what comes into the quantum, and nothing of what comes again within it: there
    /// is room for all in the end, but not at every moment.
    Moments(f64),
}

/// Attempts told apart.
const ATTEMPTS_MAX: u32 = 64;

impl Judge {
    pub(super) fn new(stream: u32, chance: random::Stream) -> Self {
        Self {
            stream,
            chance,
            carry: 0.0,
            stored: Vec::new(),
            phase: 0.5,
            due: Vec::new(),
            again: Vec::new(),
            failed_again: Vec::new(),
        }
    }

    /// How many random numbers were drawn.
    pub(super) fn position(&self) -> u128 {
        self.chance.position()
    }

    /// A quantum begins: in its course, the same part of what is refused comes again at once.
    pub(super) fn begin(&mut self, writers: &[Writer]) {
        for all in [&mut self.again, &mut self.failed_again] {
            all.resize(writers.len(), Vec::new());
            all.iter_mut().for_each(Vec::clear);
        }
        self.due.resize(writers.len(), Vec::new());
        for (place, writer) in writers.iter().enumerate() {
            writer.again_at_once(Failure::Throttled, &mut self.again[place]);
            if writer.failures.any() {
                writer.again_at_once(Failure::Failed, &mut self.failed_again[place]);
            }
        }
    }

    /// Takes out of `offers` to a shard what fails before it comes there.
    pub(super) fn sift<P: Probe<Observation>>(
        &mut self,
        (now, cell, shard): (Instant, u64, usize),
        offers: &mut Vec<Offer>,
        (writers, returns): (&mut [Writer], &mut Returns),
        probe: &mut P,
    ) {
        let place = Place { now, cell, stream: self.stream, shard, writer: 0 };
        failures::sift(place, offers, writers, (&mut self.carry, returns), probe);
    }

    /// Stores `crowd`, all that shard number `shard` is sent in a quantum, by `writer` at its first
    /// attempt, if nothing of it can be refused. [`Judge::shard`] for what happens most.
    #[inline]
    pub(super) fn calm<P: Probe<Observation>>(
        &mut self,
        quantum: Window,
        shard: usize,
        (writer, crowd): (&mut Writer, &Crowd),
        stream: &mut Stream,
        probe: &mut P,
    ) -> bool {
        let (limit, shards) = stream.for_quantum();
        let of = &mut shards[shard];
        let room = limit.room(&mut of.write, quantum.start, quantum.length);
        if !gets_in(crowd, room) {
            return false;
        }
        writer.attempted(0, u64::from(crowd.records));
        writer.tokens.give_back(0, u64::from(crowd.records));
        let (phase, spacing) = (self.next_phase(), Spacing::of(writer));
        self.state(quantum.start, shard, writer, (crowd, crowd, phase), probe);
        lay(&mut self.chance, crowd, quantum, (phase, spacing), |cohort| of.append_whole(&cohort));
        limit.pay(&mut of.write, quantum.length, u64::from(crowd.records), crowd.charged);
        stream.note_stored(shard as u32, crowd.bytes);
        true
    }

    /// Judges what shard number `shard` is sent in a quantum, stores what gets in, sends back what
    /// comes again, and states it all.
    pub(super) fn shard<P: Probe<Observation>>(
        &mut self,
        quantum: Window,
        shard: usize,
        cell: u64,
        (offers, writers, returns): Others<'_>,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let now = quantum.start;
        let (limit, shards) = stream.for_quantum();
        let room = limit.room(&mut shards[shard].write, now, quantum.length);
        self.stored.clear();
        match self.refusal(room, offers, writers) {
            None => {
                for offer in offers {
                    let writer = &mut writers[offer.writer as usize];
                    writer.attempted(offer.attempt, u64::from(offer.crowd.records));
                    writer.tokens.give_back(offer.attempt, u64::from(offer.crowd.records));
                    let spacing = Spacing::of(writer);
                    self.store(now, shard, (writer, spacing), *offer, offer.crowd, probe);
                }
            }
            Some(refusal) => {
                let mut others = (offers, &mut *writers, &mut *returns);
                for writer in 0..others.1.len() as u32 {
                    self.settle(now, (shard, cell), writer, refusal, &mut others, probe);
                }
            }
        }
        let charged = self.spread(quantum, |cohort| shards[shard].append_whole(&cohort));
        let records: u32 = self.stored.iter().map(|stored| stored.crowd.records).sum();
        limit.pay(&mut shards[shard].write, quantum.length, u64::from(records), charged);
        let bytes = self.stored.iter().map(|stored| stored.crowd.bytes).sum();
        stream.note_stored(shard as u32, bytes);
    }

    /// Gives `append` what gets in, spread over the quantum; returns what it is charged (bytes).
    fn spread(&mut self, quantum: Window, mut append: impl FnMut(Cohort)) -> u64 {
        // The oldest first: what has waited longest is likely to be at the front.
        self.stored.reverse();
        let in_order = |it: &Stored| (Reverse(it.attempt), it.writer);
        if !self.stored.is_sorted_by_key(in_order) {
            self.stored.sort_unstable_by_key(in_order);
        }
        let all: u32 = self.stored.iter().map(|stored| stored.crowd.records).sum();
        let length = quantum.length.as_ns() as f64 / f64::from(all.max(1));
        let (mut place, mut charged) = (0, 0);
        for &Stored { crowd, phase, spacing, .. } in &self.stored {
            let at = |place: u32| quantum.start + Span::from_ns((length * f64::from(place)) as u64);
            let (from, to) = (at(place), at(place + crowd.records));
            let window = Window { start: from, length: to.since(from) };
            place += crowd.records;
            charged += crowd.charged;
            if crowd.records > 0 {
                lay(&mut self.chance, &crowd, window, (phase, spacing), &mut append);
            }
        }
        charged
    }

    /// With what chance attempts are refused; `None` where all get in.
    fn refusal(
        &mut self,
        room: (Room, Room),
        offers: &[Offer],
        writers: &[Writer],
    ) -> Option<Refusal> {
        let (mut records, mut charged) = (0.0, 0.0);
        for offer in offers {
            records += f64::from(offer.crowd.records);
            charged += offer.crowd.charged as f64;
        }
        match strain(room, (records, charged), || self.chance.exponential()) {
            Strain::None => None,
            Strain::Moments(part) => Some(Refusal::Moments(part)),
            Strain::Beyond { room, by_bytes } => {
                let unit = if by_bytes { charged / records } else { 1.0 };
                let found = self.found(room * unit, by_bytes, offers, writers);
                Some(Refusal::Beyond { found, by_bytes })
            }
        }
    }

    /// What calls find where `room` gets in, in records or bytes.
    fn found(&mut self, room: f64, by_bytes: bool, offers: &[Offer], writers: &[Writer]) -> Found {
        self.due.iter_mut().for_each(Vec::clear);
        for offer in offers {
            let due = &mut self.due[offer.writer as usize];
            let place = offer.attempt.min(ATTEMPTS_MAX) as usize;
            if due.len() <= place {
                due.resize(place + 1, Load::default());
            }
            due[place] = due[place].and(offer.crowd.load(by_bytes));
        }
        let mut sent = (0..).zip(self.due.iter().zip(&self.again)).map(|(writer, (due, again))| {
            let amount: f64 = due.iter().map(|load| load.amount).sum();
            let mine = offers.iter().filter(|offer| offer.writer == writer);
            let records: f64 = mine.map(|offer| f64::from(offer.crowd.records)).sum();
            let record = if by_bytes { amount / records.max(1.0) } else { 1.0 };
            let parts = writers[writer as usize].failures.parts();
            let failing = Failing { parts, again: &self.failed_again[writer as usize] };
            Sent { due, again, record, failing }
        });
        let single = writers.iter().all(|writer| writer.api == Api::PutRecord);
        if let [_] = writers {
            let only = [sent.next().expect("there is one writer")];
            return found(room, single, &only);
        }
        let sent: Vec<Sent<'_>> = sent.collect();
        found(room, single, &sent)
    }

    /// Goes through the attempts of one writer: stores, refuses, sends back, gives up.
    fn settle<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (shard, cell): (usize, u64),
        writer: u32,
        refusal: Refusal,
        (offers, writers, returns): &mut Others<'_>,
        probe: &mut P,
    ) {
        let mine = || offers.iter().filter(|offer| offer.writer == writer);
        let last = mine().map(|offer| offer.attempt).max();
        let Some(last) = last else { return };
        let of = &mut writers[writer as usize];
        let place = Place { now, cell, stream: self.stream, shard, writer };
        let (mut again, mut attempt) = (Crowd::NONE, 0);
        while attempt <= last || again.records > 0 {
            let mut next = Crowd::NONE;
            // Of each attempt there is one at most.
            let due = mine().find(|offer| offer.attempt == attempt);
            let mut due = due.map_or(Crowd::NONE, |offer| offer.crowd);
            let mut within = again;
            if of.failures.any() {
                let way = (&mut self.carry, &mut **returns);
                (within, next) = failures::fail(place, of, (attempt, again), way, probe);
            }
            if within.records > 0
                && let Refusal::Beyond { .. } = refusal
            {
                due.join(&within);
                within = Crowd::NONE;
            }
            for (crowd, from_outside) in [(due, true), (within, false)] {
                if crowd.records == 0 {
                    continue;
                }
                let (part, touched) = refusal.of(&crowd, from_outside);
                let kept = crowd.records - whole(&mut self.carry, crowd.records, part);
                let (stored, left) = crowd.split(kept);
                of.attempted(attempt, u64::from(crowd.records));
                of.tokens.give_back(attempt, u64::from(stored.records));
                let full = matches!(refusal, Refusal::Beyond { .. });
                let spacing = if full { Spacing::Full } else { Spacing::of(of) };
                let offer = Offer { writer, attempt, crowd };
                self.store(now, shard, (of, spacing), offer, stored, probe);
                let left = left.in_calls(crowd.calls * touched);
                let left = Left { attempt, crowd: left, failure: Failure::Throttled };
                let way = (&mut self.carry, &mut **returns);
                next.join(&failures::turn_back(place, of, left, way, probe));
            }
            (again, attempt) = (next, attempt + 1);
        }
    }

    /// Takes in what gets in of an offer, and states it.
    #[inline]
    fn store<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        shard: usize,
        (of, spacing): (&mut Writer, Spacing),
        offer: Offer,
        stored: Crowd,
        probe: &mut P,
    ) {
        let phase = self.next_phase();
        self.state(now, shard, of, (&offer.crowd, &stored, phase), probe);
        let Offer { attempt, writer, .. } = offer;
        self.stored.push(Stored { attempt, writer, crowd: stored, phase, spacing });
    }

    /// Where the records of so many crowds stand, one after the other.
    #[inline]
    pub(super) fn next_phases(&mut self, count: usize) -> Column {
        let phases = turns(self.phase);
        self.phase = phases[count - 1];
        phases
    }

    #[inline]
    fn next_phase(&mut self) -> f64 {
        self.phase = turned(self.phase);
        self.phase
    }

    /// States what gets in of a crowd.
    #[inline]
    fn state<P: Probe<Observation>>(
        &self,
        now: Instant,
        shard: usize,
        of: &mut Writer,
        (crowd, stored, phase): (&Crowd, &Crowd, f64),
        probe: &mut P,
    ) {
        let (waited, waited_last) = stored.waits(phase);
        let put = Put {
            producer: of.number,
            stream: self.stream,
            shard: shard as u32,
            records: crowd.records,
            admitted: stored.records,
            bytes: crowd.bytes,
            admitted_bytes: stored.bytes,
            waited,
            waited_last,
            answer: Span::ZERO,
        };
        of.answers.state(now, put, (stored, phase), probe);
    }
}

/// Gives `append` the records of a crowd, spread over `window`.
#[inline]
fn lay(
    chance: &mut random::Stream,
    crowd: &Crowd,
    window: Window,
    (phase, spacing): (f64, Spacing),
    mut append: impl FnMut(Cohort),
) {
    let arrivals = crowd.arrivals();
    if arrivals < PIECES_MAX && crowd.records > 1 {
        return pieces(chance, *crowd, window, (phase, spacing), &mut append);
    }
    let moments = if spacing == Spacing::Full { 0 } else { arrivals as u32 };
    append(Cohort { moments, ..crowd.stored(window, phase) });
}

/// Gives `append` the records of few calls, call by call.
#[cold]
fn pieces(
    chance: &mut random::Stream,
    crowd: Crowd,
    window: Window,
    (phase, spacing): (f64, Spacing),
    append: &mut impl FnMut(Cohort),
) {
    // By a chance of its own: with `phase` those who have waited long would be in few calls.
    let count = ((crowd.arrivals() + chance.unit()) as u32).clamp(1, crowd.records);
    let mut gaps = [0.0; PIECES_MAX as usize + 2];
    let gaps = &mut gaps[..=count as usize];
    if spacing == Spacing::Random {
        for gap in &mut *gaps {
            *gap = chance.exponential();
        }
    } else {
        gaps.fill(1.0);
        (gaps[0], gaps[count as usize]) = (phase, 1.0 - phase);
    }
    let (whole, mut sum) = (gaps.iter().sum::<f64>(), 0.0);
    let (mut left, length) = (crowd, window.length.as_ns() as f64);
    for (piece, gap) in (0..count).zip(&*gaps) {
        sum += gap;
        let at = window.start + Span::from_ns((length * sum / whole) as u64);
        let (part, rest) = left.split(left.records / (count - piece));
        append(part.stored(Window::at(at), phase));
        left = rest;
    }
}

/// Crowds of fewer calls are stored call by call: when the newest record came is seen by readers.
pub(super) const PIECES_MAX: f64 = 16.0;

/// Phases of so many clients are as good as random.
const PACED_BELOW: f64 = 5.0;

impl Spacing {
    fn of(writer: &Writer) -> Self {
        let paced = writer.api != Api::PutRecord && writer.instances < PACED_BELOW;
        if paced { Self::Paced } else { Self::Random }
    }
}

impl Refusal {
    /// The part of `crowd` that is refused, and the part of its calls that have some refused.
    fn of(self, crowd: &Crowd, from_outside: bool) -> (f64, f64) {
        match self {
            Self::Beyond { found, by_bytes } => found.refuses(crowd.load(by_bytes)),
            Self::Moments(part) if from_outside => (part, part),
            Self::Moments(_) => (0.0, 0.0),
        }
    }
}
