//! All who write to a stream, played in quanta: what comes to a shard in one is judged at once.
//!
//! New records of a producer come to each shard in Poisson numbers. Together with what was refused
//! before and comes again they press on the shard's limits for the length of a quantum; how much
//! is refused follows in closed form, for new records and repeats alike. What is stored
//! stands in the log as cohorts, spread over the quantum, the oldest first.

mod ahead;
mod answers;
mod calls;
mod cells;
mod crowd;
mod delay;
mod failures;
mod golden;
mod heirs;
mod judge;
mod losses;
mod overload;
mod pressure;
mod returns;
mod spell;
mod strain;
mod supply;
mod tokens;
mod unfit;
mod writer;

pub use self::spell::IN_A_ROW;
pub use self::unfit::{
    BACKOFF_MAX, LINGER_MAX, RECORDS_MAX, Reason, Unfit, has_quanta, keys_go_on, quantum,
    quantum_of, second,
};
use crate::engine::Probe;
use crate::model::aggregate::ahead::NEAR;
use crate::model::aggregate::judge::{Judge, Offer};
use crate::model::aggregate::overload::Overload;
use crate::model::aggregate::returns::Returns;
use crate::model::aggregate::spell::Block;
use crate::model::aggregate::writer::Writer;
use crate::model::cohort::Window;
use crate::model::consumer::reader::Reader;
use crate::model::consumer::{Consumer, Quanta};
use crate::model::events::{FaultPlan, PutCondition};
use crate::model::hashing::HashRange;
use crate::model::observation::{LossCause, Observation, Offered};
use crate::model::plan::Plan;
use crate::model::stream::Stream;
use crate::random;
use crate::time::{Instant, NS_PER_S, Span};

/// The writers of one stream in quanta: one actor.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// Quanta begin at its multiples, and end there unless something cuts them short.
    cell: Span,
    /// The run ends here.
    end: Instant,
    /// When the next quantum begins.
    next: Instant,
    writers: Vec<Writer>,
    returns: Returns,
    judge: Judge,
    offers: Vec<Offer>,
    /// Readers may look at the stream as it was so long ago.
    looks_back: Span,
    /// Whether no quantum reaches across a second.
    seconds: bool,
    /// When rates or the weights of keys change next.
    weights_change: Instant,
    /// The stream's routing, and its open shards, as they were in the last quantum.
    epoch: u64,
    open: Vec<u32>,
    /// No quanta are played in a row across its multiples.
    row: Span,
    /// Shards that are played several quanta at a time; none where seconds are longer or shorter
    /// than a quantum.
    block: Option<Box<Block>>,
    /// Of these, shards that refuse.
    overload: Box<Overload>,
    /// Which of its children the records go to that were on their way to a shard that closed.
    heirs: random::Stream,
}

impl Bulk {
    /// Those of `plan` who write to `stream`, in quanta of `cell`.
    #[must_use]
    pub fn new(plan: &Plan, stream: &mut Stream, cell: Span, replicate: u64) -> Self {
        let writers: Vec<Writer> = (0_u32..)
            .zip(&plan.producers)
            .filter(|(_, producer)| producer.stream == stream.number() as usize)
            .map(|(number, _)| Writer::new(plan, number, stream, cell, replicate))
            .collect();
        let reach = writers.iter().map(|writer| writer.delays.reach()).max().unwrap_or(0);
        let number = stream.number() as usize;
        let readers = plan.readers.iter().filter(|reader| reader.stream == number);
        let name = plan.streams.get(stream.number() as usize).map_or("", |it| &it.name);
        let chance = |what: &str| {
            random::Stream::named(plan.seed, replicate, &format!("stream/{name}/{what}"))
        };
        let mut bulk = Self {
            cell,
            end: Instant::ZERO + plan.duration,
            next: Instant::ZERO,
            returns: Returns::new(reach, stream.shards.len(), chance("returns")),
            judge: Judge::new(stream.number(), chance("pressure")),
            offers: Vec::new(),
            looks_back: readers.map(Consumer::looks_back).max().unwrap_or(Span::ZERO),
            seconds: cell <= Span::from_s(1) || stream.counts_seconds(),
            weights_change: Instant::NEVER,
            epoch: stream.epoch(),
            open: stream.open().to_vec(),
            row: IN_A_ROW,
            block: (cell == second(plan)).then(|| Box::new(Block::new())),
            overload: Box::new(Overload::new(chance("overload"))),
            heirs: chance("heirs"),
            writers,
        };
        bulk.slice(stream);
        bulk
    }

    /// The calls of its producers suffer from `faults` as they are at `now`, from then on.
    pub fn meet(&mut self, now: Instant, stream: usize, faults: &[FaultPlan]) {
        for writer in &mut self.writers {
            writer.meet(PutCondition::of(writer.number as usize, stream, now, faults));
        }
    }

    /// Somebody looks at what each shard has taken in, as often as this: no quanta are played in a
    /// row across such a moment.
    pub fn be_looked_at(&mut self, every: Span) {
        let (mut row, mut rest) = (every.as_ns(), self.row.as_ns());
        while rest > 0 {
            (row, rest) = (rest, row % rest);
        }
        self.row = Span::from_ns(row);
    }

    /// When the next quantum begins.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        if self.next < self.end { self.next } else { Instant::NEVER }
    }

    /// Records and bytes that producer number `number` holds and has not stored.
    #[must_use]
    pub fn held(&self, number: u32) -> (u64, u64) {
        let of = |index: usize| {
            let (records, bytes) = self.writers[index].held();
            let (more, more_bytes) = self.returns.held(index as u32);
            (records + more, bytes + more_bytes)
        };
        self.writers.iter().position(|writer| writer.number == number).map_or((0, 0), of)
    }

    /// Bytes of memory its waiting records take.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let ahead = self.block.as_ref().map_or(0, |block| block.ahead.memory());
        let ahead = ahead + self.overload.memory();
        ahead + self.returns.memory() + self.writers.iter().map(Writer::memory).sum::<u64>()
    }

    /// How far each of its random streams has been used.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let writers = self.writers.iter().flat_map(Writer::draws);
        let heirs = Some(self.heirs.position()).filter(|&position| position > 0);
        let overload = Some(self.overload.position()).filter(|&position| position > 0);
        let judged = [self.judge.position(), self.returns.position()];
        writers.chain(judged).chain(heirs).chain(overload)
    }

    /// Plays every quantum that begins up to `until`, which is included; none reaches across `cut`.
    /// `reader` is the only one who reads the stream, if he acts with its writers.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        until: Instant,
        cut: Instant,
        stream: &mut Stream,
        mut reader: Option<&mut Reader>,
        probe: &mut P,
    ) -> Instant {
        loop {
            let from = self.next_at();
            if let Some(reader) = &mut reader
                && reader.next_at() < from
            {
                let before = Instant::from_ns(from.as_ns() - 1);
                reader.act(until.min(before), stream, probe);
            }
            if from > until || from == Instant::NEVER {
                return reader.map_or(from, |reader| from.min(reader.next_at()));
            }
            if self.epoch != stream.epoch() {
                self.reroute(stream);
            }
            let before = self.weights_change;
            let changes = self.writers.iter_mut().map(|writer| writer.follow(from, stream));
            self.weights_change = changes.fold(Instant::NEVER, Instant::min);
            if before <= from {
                self.slice(stream);
                self.writers.iter_mut().for_each(|writer| writer.tokens.unsettle());
            }
            let most = self.weights_change.min(cut).min(self.end);
            if let Some(reader) = &mut reader
                && let Some(block) = self.quanta(from, most.min(after(until)), reader)
            {
                self.play_block(block, stream, reader, probe);
                continue;
            }
            let (ns, cell) = (from.as_ns(), self.cell.as_ns());
            let cell_end = Instant::from_ns((ns / cell + 1) * cell);
            // Limits that count anew in every second are judged second by second.
            let second_end =
                if self.seconds { Instant::from_s(ns / NS_PER_S + 1) } else { Instant::NEVER };
            let to = most.min(cell_end).min(second_end);
            let window = Window { start: from, length: to.since(from) };
            self.play(window, cell_end.since(from), stream, probe);
            self.next = to;
        }
    }

    /// The quanta from `from` on that may be played at a time and end by `end`, and how long an
    /// answer takes in them; `None` if it has to be one by one.
    fn quanta(&self, from: Instant, end: Instant, reader: &Reader) -> Option<(Quanta, Span)> {
        let ([writer], Some(_)) = (self.writers.as_slice(), &self.block) else { return None };
        let quanta = Block::quanta((self.cell, self.row), from, end);
        if quanta.count < 2 || !reader.can_follow(from) {
            return None;
        }
        Some((quanta, writer.is_plain(self.cell)?))
    }

    /// Shards have closed, and others are open.
    fn reroute(&mut self, stream: &mut Stream) {
        let Self { writers, returns, heirs, open, .. } = self;
        for writer in &mut *writers {
            writer.reroute(open, stream, heirs);
        }
        let share = |writer: u32, range| writers[writer as usize].share_of(range);
        returns.reroute(stream, share, heirs);
        self.epoch = stream.epoch();
        self.open.clear();
        self.open.extend_from_slice(stream.open());
        self.slice(stream);
    }

    /// Weighs what goes to each lane of the consumers that have several. Producers count by what
    /// they offer in the whole run.
    fn slice(&mut self, stream: &mut Stream) {
        if stream.slices.is_empty() {
            return;
        }
        let Stream { slices, shards, .. } = stream;
        slices.weigh(shards, |range| {
            let of = |writer: &Writer| {
                let all = writer.share_of(HashRange::ALL);
                if all > 0.0 { writer.offers * writer.share_of(range) / all } else { 0.0 }
            };
            self.writers.iter().map(of).sum()
        });
    }

    /// Plays `quanta`: first each shard that can be followed by itself, then all others quantum by
    /// quantum.
    fn play_block<P: Probe<Observation>>(
        &mut self,
        (quanta, answer): (Quanta, Span),
        stream: &mut Stream,
        reader: &mut Reader,
        probe: &mut P,
    ) {
        let Some(mut block) = self.block.take() else { return };
        let (number, cell) = (stream.number(), self.cell);
        let present = self.present(quanta.from);
        self.writers[0].delays.follow(cell, cell);
        block.draw(quanta, &mut self.writers[0], stream);
        let begun = quanta.from.as_ns() / cell.as_ns();
        let Self { judge, overload, writers, returns, .. } = self;
        let (follows, writer) = (overload.begin(quanta, &writers[0], stream), &writers[0]);
        returns.raise(begun);
        for place in 0..stream.open().len() {
            if place % NEAR == 0 {
                stream.bring_open_near(place..place + NEAR);
                block.ahead.bring_near(place);
            }
            let busy_from = if returns.is_calm(stream.open()[place] as usize) {
                block.follow(place, (judge, writer), reader, stream, probe)
            } else {
                Some(0)
            };
            let Some(first) = busy_from else { continue };
            if !follows || !overload.hold((place, first), &block.ahead, reader, stream) {
                block.note_busy(place, first);
            }
        }
        overload.follow(&block.ahead, returns, reader, stream, probe);
        returns.lower(begun);
        for quantum in 0..quanta.count {
            let (window, writer) = (block.window(quantum), &mut self.writers[0]);
            let sums = self.overload.sums(quantum);
            block.ahead.swap(quantum, &mut writer.lot);
            block.state((quantum, sums), (writer, answer), number, probe);
            let at = (window.start, begun + quantum as u64);
            failures::lose(at, writer, sums.given_up(), LossCause::Throttled, probe);
            for place in block.busy(quantum) {
                let (shard, producer) = (stream.open()[place], writer.number);
                let (records, bytes, _) = writer.lot.each[place].counts();
                if records > 0 {
                    let offered = Offered { producer, stream: number, shard, records, bytes };
                    probe.observe(window.start, Observation::Offered(offered));
                }
            }
            self.send(window, present, block.busy(quantum), stream, probe);
            block.ahead.swap(quantum, &mut self.writers[0].lot);
        }
        self.returns.land(begun);
        block.read(reader, stream, probe);
        self.next = quanta.end();
        self.block = Some(block);
    }

    /// At `now`, nobody looks at the stream as it was before.
    fn present(&self, now: Instant) -> Instant {
        Instant::from_ns(now.as_ns().saturating_sub(self.looks_back.as_ns()))
    }

    /// Plays one quantum, whose cell ends `rest` after its beginning.
    fn play<P: Probe<Observation>>(
        &mut self,
        quantum: Window,
        rest: Span,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (now, to) = (quantum.start, quantum.end());
        for writer in &mut self.writers {
            let (producer, number) = (writer.number, stream.number());
            writer.delays.follow(quantum.length, rest);
            writer.offer(now, to, self.cell, stream, |shard, records, bytes| {
                let offered = Offered { producer, stream: number, shard, records, bytes };
                probe.observe(now, Observation::Offered(offered));
            });
        }
        let places = 0..stream.open().len();
        self.send(quantum, self.present(now), places, stream, probe);
    }

    /// Sends in a quantum what is to be sent in it to the open shards at `places`, where nobody
    /// looks at anything before `present` any more.
    fn send<P: Probe<Observation>>(
        &mut self,
        quantum: Window,
        present: Instant,
        places: impl Iterator<Item = usize>,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let now = quantum.start;
        let cell = now.as_ns() / self.cell.as_ns();
        self.returns.gather(cell);
        for writer in &mut self.writers {
            let producer = writer.number;
            writer.losses.due(cell, |cause, records, bytes| {
                probe.observe(now, Observation::Lost { producer, records, bytes, cause });
            });
        }
        let fails = self.writers.iter().any(|writer| writer.failures.any());
        self.judge.begin(&self.writers);
        let Self { writers, returns, judge, offers, .. } = self;
        for place in places {
            let shard = stream.open()[place] as usize;
            if let [only] = writers.as_mut_slice()
                && !fails
                && returns.has_none(shard)
            {
                let crowd = only.fresh(place);
                if crowd.records == 0 {
                    continue;
                }
                stream.shards[shard].join_cold(present);
                if judge.calm(quantum, shard, (only, &crowd), stream, probe) {
                    continue;
                }
            }
            offers.clear();
            returns.take(shard, offers);
            for (number, writer) in (0_u32..).zip(&*writers) {
                let crowd = writer.fresh(place);
                if crowd.records > 0 {
                    offers.push(Offer { writer: number, attempt: 0, crowd });
                }
            }
            if fails {
                judge.sift((now, cell, shard), offers, (writers, returns), probe);
            }
            if !offers.is_empty() {
                stream.shards[shard].join_cold(present);
                judge.shard(quantum, shard, cell, (offers, writers, returns), stream, probe);
            }
        }
        for writer in &mut self.writers {
            let (producer, calls) = (writer.number, writer.close(quantum.length));
            if calls > 0 {
                probe.observe(now, Observation::CalledTimes { producer, calls });
            }
        }
    }
}

/// The moment behind `moment`.
fn after(moment: Instant) -> Instant {
    Instant::from_ns(moment.as_ns().saturating_add(1))
}
