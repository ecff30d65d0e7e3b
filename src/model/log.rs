//! The records of one shard that some consumer may still ask for (D11).

use std::collections::VecDeque;

use crate::model::chunk::{CHUNK, Chunk, Longs, Packed};
use crate::model::cohort::{Cohort, Window};
use crate::model::taken::{Most, Taken};
use crate::model::whole::Whole;
use crate::time::Instant;

/// Cohorts in order of arrival, numbered from 0 for the life of the shard.
///
/// Single records are packed; whatever does not fit stands aside in full. Kept in
/// chunks of equal size, so that memory is what is kept and not twice that, and freed chunks serve
/// again. Here is only what most appends touch, the rest is behind a pointer.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Log {
    /// What the times of the newest chunk count from; [`UNSET`] until the next append says.
    base: Instant,
    /// The chunk being filled.
    tail: Option<Box<Chunk>>,
    /// Bytes of the newest chunk's short records.
    size: u32,
    /// Where in the newest chunk the next cohort goes: none may be there at zero, and it is full at
    /// [`CHUNK`].
    place: u32,
    rest: Box<Rest>,
    /// The newest words, which go to their chunk together: its memory is far away from that of the
    /// next shard, and these lie close by.
    stage: [u32; STAGE],
}

/// Words that go to a chunk together: a line of the cache.
const STAGE: usize = 16;

/// No base yet. So far from every moment of a run, before and after, that no time from it fits a
/// word.
const UNSET: Instant = Instant::from_ns(1 << 63);

/// What a log holds beside what most appends touch.
#[derive(Clone, Debug, Default)]
struct Rest {
    /// Number of the first cohort of the chunk being filled.
    tail_start: u64,
    /// Full chunks, oldest first.
    sealed: VecDeque<Box<Chunk>>,
    /// Cohorts that do not fit a word, in order of arrival.
    wide: VecDeque<Cohort>,
    /// Number of the first of them.
    wide_base: u64,
    /// Records that have arrived beyond one for each cohort.
    more_records: u64,
    /// Where cohorts are kept in full: all of them.
    whole: Option<Whole>,
}

/// What the logs of a stream keep, and their freed chunks, to be used again.
#[derive(Clone, Debug, Default)]
#[expect(clippy::vec_box, reason = "chunks go from log to log by their pointers")]
pub struct Chunks {
    free: Vec<Box<Chunk>>,
    free_longs: Vec<Box<Longs>>,
    kept: Kept,
}

/// What somebody may ask a log for (D11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: records are counted.
    Nothing,
    /// Records without their keys, for consumers that do not care.
    #[default]
    Records,
    /// Records and their keys.
    Keys,
}

impl Chunks {
    /// No chunks yet, for logs that keep `kept`.
    #[must_use]
    pub fn new(kept: Kept) -> Self {
        Self { kept, ..Self::default() }
    }

    /// What its logs keep.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.kept
    }

    fn take(&mut self) -> Box<Chunk> {
        self.free.pop().unwrap_or_else(|| Chunk::new(self.kept == Kept::Keys))
    }

    fn take_longs(&mut self) -> Box<Longs> {
        self.free_longs.pop().unwrap_or_else(|| Box::new([0; CHUNK]))
    }

    fn give_back(&mut self, mut chunk: Box<Chunk>) {
        chunk.wide = 0;
        self.free_longs.extend(chunk.longs.take());
        self.free.push(chunk);
    }
}

/// How far something has come in a log: a cohort's number, and how many of its records are past.
/// Where cohorts are kept in full and may be joined, a record's number, with none past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the cohort, or of the record.
    pub cohort: u64,
    /// Records of it that are past.
    pub past: u32,
}

impl Position {
    /// This position moved on by `k` records of a cohort of `n`.
    #[inline]
    #[must_use]
    pub fn past(self, k: u32, n: u32) -> Self {
        if self.past + k >= n {
            Self { cohort: self.cohort + 1, past: 0 }
        } else {
            Self { past: self.past + k, ..self }
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { base: UNSET, tail: None, size: 0, place: 0, rest: Box::default(), stage: [0; STAGE] }
    }
}

impl Log {
    /// A log for cohorts of many records, which no word could hold: it keeps them, or counts them.
    #[must_use]
    pub fn of_cohorts(kept: Kept) -> Self {
        let whole = Whole::new(kept != Kept::Nothing);
        let rest = Rest { whole: Some(whole), ..Rest::default() };
        Self { rest: Box::new(rest), ..Self::default() }
    }

    /// Adds `cohort` at the end.
    #[inline(always)]
    pub fn append(&mut self, cohort: &Cohort, chunks: &mut Chunks) {
        let place = self.place as usize % CHUNK;
        match Packed::of(cohort, self.base, self.size) {
            Some(packed) if place != 0 => {
                self.push(place, packed, chunks);
                if chunks.kept == Kept::Keys
                    && let Some(tail) = &mut self.tail
                {
                    tail.put_key(place, cohort.key);
                }
            }
            _ => self.append_slowly(*cohort, chunks),
        }
    }

    /// Adds `cohort` at the end of a log of cohorts.
    #[inline]
    pub(super) fn append_whole(&mut self, cohort: &Cohort) {
        let rest = &mut *self.rest;
        if let Some(whole) = &mut rest.whole {
            whole.push(rest.tail_start, cohort);
        }
        rest.tail_start += u64::from(cohort.records);
    }

    /// So many records have come to a log of cohorts, and of all just these are left; returns the
    /// number of the first of them.
    #[inline]
    pub(super) fn replace(
        &mut self,
        stored: u64,
        left: impl Iterator<Item = Cohort> + Clone,
    ) -> u64 {
        let rest = &mut *self.rest;
        rest.tail_start += stored;
        let first = rest.tail_start - left.clone().map(|it| u64::from(it.records)).sum::<u64>();
        if let Some(whole) = &mut rest.whole {
            whole.replace(first, left);
        }
        first
    }

    #[inline(always)]
    fn push(&mut self, place: usize, packed: Packed, chunks: &mut Chunks) {
        self.place = place as u32 + 1;
        self.stage[place % STAGE] = packed.word();
        if let Some(long) = packed.long()
            && let Some(tail) = &mut self.tail
        {
            tail.longs.get_or_insert_with(|| chunks.take_longs())[place] = long;
        }
        if place % STAGE == STAGE - 1
            && let Some(tail) = &mut self.tail
        {
            tail.put_words(place + 1 - STAGE, &self.stage);
        }
    }

    /// The log ready to be read: its newest words stand in their chunk.
    #[inline]
    pub fn up_to_date(&mut self) -> &Self {
        let (place, staged) = (self.place as usize, self.place as usize % STAGE);
        if let Some(tail) = &mut self.tail {
            tail.put_words(place - staged, &self.stage[..staged]);
        }
        self
    }

    /// Something of its newest words, whatever they mean.
    #[inline(always)]
    #[must_use]
    pub fn glance(&self) -> u64 {
        u64::from(self.stage[0])
    }

    /// Records that have arrived since the beginning.
    #[inline]
    #[must_use]
    pub fn records(&self) -> u64 {
        self.end() + self.rest.more_records
    }

    /// The cohorts from number `from` on.
    #[inline]
    pub fn from(&self, from: u64) -> impl Iterator<Item = Cohort> + '_ {
        let whole = self.rest.whole.iter().flat_map(move |whole| whole.from(from));
        let (first, place) = self.place_of(from);
        let chunks = (first..).map_while(|chunk| self.chunk(chunk));
        let places = std::iter::once(place).chain(std::iter::repeat(0));
        whole.chain(chunks.zip(places).flat_map(move |((chunk, filled), place)| {
            (place..filled)
                .map(move |place| chunk.get(place).unwrap_or_else(|number| self.wide(number)))
        }))
    }

    /// Gives `each` the records from `from` to `to`, which is not included: cohorts, and parts of
    /// those that are cut.
    #[inline]
    pub fn between(&self, from: Position, to: Position, mut each: impl FnMut(&Cohort)) {
        if let Some(whole) = &self.rest.whole {
            return whole.between(from.cohort, to.cohort, each);
        }
        let (mut number, mut start) = self.place_of(from.cohort);
        let (mut left, mut past) = (to.cohort.saturating_sub(from.cohort), from.past);
        while let Some((chunk, filled)) = self.chunk(number)
            && (left > 0 || to.past > past)
        {
            let whole = filled.min(start + usize::try_from(left).unwrap_or(CHUNK));
            for place in start..whole {
                match chunk.get(place) {
                    Ok(single) => each(&single),
                    Err(number) => {
                        self.wide(number).range(past..u32::MAX).iter().for_each(&mut each);
                    }
                }
                past = 0;
            }
            left -= whole.saturating_sub(start) as u64;
            if left == 0 && whole < filled && to.past > past {
                let cut = chunk.get(whole).unwrap_or_else(|number| self.wide(number));
                cut.range(past..to.past).iter().for_each(&mut each);
                return;
            }
            (number, start) = (number + 1, 0);
        }
    }

    /// The records from `from` on that are visible at `now`: at most `limit` of them, and at most
    /// `room` bytes.
    #[must_use]
    pub fn take(&self, from: Position, now: Instant, limit: u32, room: u64) -> Taken {
        let mut taken = Taken {
            to: from,
            records: 0,
            bytes: 0,
            last_visible: now,
            left: false,
            moments: 0,
            window: Window::at(now),
        };
        let most = Most { records: limit, bytes: room };
        if let Some(whole) = &self.rest.whole {
            let (cohorts, past) = whole.at(from.cohort);
            taken.to.past = past;
            for cohort in cohorts {
                if !taken.take_part(&cohort, now, most) {
                    break;
                }
            }
            return Taken { to: self.moved(from, taken.records, 0), ..taken };
        }
        let (mut number, mut start) = self.place_of(from.cohort);
        while let Some((chunk, filled)) = self.chunk(number) {
            while start < filled {
                start = taken.take_singles(chunk, start..filled, now, most);
                if start < filled {
                    match chunk.glance(start) {
                        Err(number) if taken.take_part(&self.wide(number), now, most) => start += 1,
                        Err(_) => return taken,
                        Ok((visible, ..)) => return Taken { left: visible <= now, ..taken },
                    }
                }
            }
            (number, start) = (number + 1, 0);
        }
        taken
    }

    /// Cohort number `number` of a packed log, if it has arrived.
    fn get(&self, number: u64) -> Option<Cohort> {
        let (chunk, place) = self.place_of(number);
        let (chunk, filled) = self.chunk(chunk)?;
        (place < filled).then(|| chunk.get(place).unwrap_or_else(|number| self.wide(number)))
    }

    /// When the record at `position` became visible, if it has arrived.
    #[inline]
    #[must_use]
    pub fn visible_at(&self, position: Position) -> Option<Instant> {
        let of = |cohort: &Cohort| cohort.visible.time_of(position.past, cohort.records);
        match &self.rest.whole {
            Some(whole) => whole.visible_at(position.cohort),
            None => self.get(position.cohort).as_ref().map(of),
        }
    }

    /// Its cohorts, where they are kept in full.
    #[inline]
    pub(super) fn whole(&self) -> Option<&Whole> {
        self.rest.whole.as_ref()
    }

    #[inline]
    pub(super) fn whole_mut(&mut self) -> Option<&mut Whole> {
        self.rest.whole.as_mut()
    }

    /// The number the next cohort will have, or its first record where cohorts are kept in full.
    #[inline]
    #[must_use]
    pub fn end(&self) -> u64 {
        self.rest.tail_start + u64::from(self.place)
    }

    /// Drops the chunks that lie wholly before cohort number `before`.
    pub fn trim(&mut self, before: u64, chunks: &mut Chunks) {
        if let Some(whole) = &mut self.rest.whole {
            return whole.trim(before);
        }
        let end = self.end();
        let mut first = self.rest.tail_start - (self.rest.sealed.len() * CHUNK) as u64;
        let rest = &mut *self.rest;
        while first + CHUNK as u64 <= before
            && let Some(chunk) = rest.sealed.pop_front()
        {
            rest.wide.drain(..chunk.wide as usize);
            rest.wide_base += u64::from(chunk.wide);
            chunks.give_back(chunk);
            first += CHUNK as u64;
        }
        if before >= end
            && let Some(tail) = self.tail.take()
        {
            rest.wide_base += rest.wide.len() as u64;
            rest.wide.clear();
            chunks.give_back(tail);
            rest.tail_start = end;
            (self.base, self.place) = (UNSET, 0);
        }
    }

    /// Bytes of memory taken.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let chunks = self.rest.sealed.iter().chain(&self.tail).map(|chunk| chunk.memory());
        let whole = self.rest.whole.as_ref().map_or(0, Whole::memory);
        (chunks.sum::<usize>() + self.rest.wide.capacity() * size_of::<Cohort>() + whole) as u64
    }

    /// Appends where the plain way does not do: to a new chunk, after a pause, a wide cohort.
    // Takes the cohort itself: for a reference it would have to be put together in memory on the
    // plain way too, and those stores would queue behind one that waits for its line.
    #[cold]
    #[inline(never)]
    fn append_slowly(&mut self, cohort: Cohort, chunks: &mut Chunks) {
        if self.rest.whole.is_some() {
            return self.append_whole(&cohort);
        }
        self.rest.more_records += u64::from(cohort.records) - 1;
        if chunks.kept == Kept::Nothing {
            self.rest.tail_start += 1;
            return;
        }
        let place = self.place as usize % CHUNK;
        let rest = &mut *self.rest;
        if place == 0 {
            rest.sealed.extend(self.tail.take());
            rest.tail_start += u64::from(self.place);
            self.base = UNSET;
        }
        let tail = self.tail.get_or_insert_with(|| chunks.take());
        if self.base == UNSET {
            (self.base, self.size) = (cohort.visible.start, cohort.bytes as u32);
            (tail.base, tail.size) = (self.base, self.size);
        }
        tail.put_key(place, cohort.key);
        let packed = Packed::of(&cohort, self.base, self.size).unwrap_or_else(|| {
            tail.wide += 1;
            rest.wide.push_back(cohort);
            Packed::wide(rest.wide_base + rest.wide.len() as u64 - 1)
        });
        self.push(place, packed, chunks);
    }

    /// Chunk number `number` of those that are kept, and how many of its places are filled.
    #[inline]
    fn chunk(&self, number: usize) -> Option<(&Chunk, usize)> {
        match self.rest.sealed.get(number) {
            Some(sealed) => Some((sealed, CHUNK)),
            None if number == self.rest.sealed.len() => {
                self.tail.as_deref().map(|tail| (tail, self.place as usize))
            }
            None => None,
        }
    }

    /// The chunk of cohort number `number`, and its place in it; the tail comes after all sealed
    /// ones.
    fn place_of(&self, number: u64) -> (usize, usize) {
        let sealed = self.rest.sealed.len();
        let offset = number.saturating_sub(self.rest.tail_start - (sealed * CHUNK) as u64) as usize;
        let chunk = (offset / CHUNK).min(sealed);
        (chunk, offset - chunk * CHUNK)
    }

    #[cold]
    fn wide(&self, number: u64) -> Cohort {
        self.rest.wide[(number - self.rest.wide_base) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cohort::KeyGroup;

    /// First close together, then so far apart that the last of a chunk do not fit with its first.
    fn moment(n: u64) -> Instant {
        if n < 1_000 { Instant::from_ns(n * 1_000) } else { Instant::from_s(3 * (n - 999)) }
    }

    /// Some are too wide for a word, in one way or another.
    fn cohort(n: u64) -> Cohort {
        let visible = moment(n);
        let single = Cohort::single(KeyGroup::listed(n as u32, 7), n, visible);
        let single = Cohort { visible: Window::at(visible), ..single };
        match n % 12 {
            0 => Cohort { records: 5, ..single },
            3 => Cohort { user_records: 2, ..single },
            6 => Cohort { born: Window::at(Instant::ZERO), ..single },
            9 => Cohort { bytes: 1 << 24, ..single },
            10 => Cohort { born: Window::at(Instant::from_ns(visible.as_ns() - 7)), ..single },
            _ => single,
        }
    }

    #[test]
    fn everything_comes_back_as_it_was_while_the_front_is_trimmed() {
        let (mut log, mut chunks) = (Log::default(), Chunks::new(Kept::Keys));
        let mut read = 0;
        for n in 0..2_000 {
            log.append(&cohort(n), &mut chunks);
            if n % 37 == 0 || n == 1_999 {
                for found in log.up_to_date().from(read) {
                    assert_eq!(found, cohort(read));
                    read += 1;
                }
                assert_eq!(read, log.end());
                let before = read.saturating_sub(10);
                log.trim(before, &mut chunks);
                assert!(log.memory() < 3 * (CHUNK * 24 + CHUNK * 64) as u64);
                assert_eq!(log.get(before), Some(cohort(before)));
            }
        }
        log.trim(read, &mut chunks);
        assert_eq!((log.get(read), log.end(), log.rest.wide.len()), (None, 2_000, 0));
        for n in 2_000..2_300 {
            log.append(&cohort(n), &mut chunks);
        }
        let expected: Vec<Cohort> = (2_000..2_300).map(cohort).collect();
        assert_eq!(log.up_to_date().from(2_000).collect::<Vec<_>>(), expected);
        let fives = (0..2_300).filter(|n| n % 12 == 0).count() as u64;
        assert_eq!(log.records(), 2_300 + 4 * fives);
    }

    #[test]
    fn what_nobody_asks_for_is_counted_and_takes_no_memory() {
        let (mut log, mut chunks) = (Log::default(), Chunks::new(Kept::Nothing));
        (0..300).for_each(|n| log.append(&cohort(n), &mut chunks));
        assert_eq!((log.records(), log.memory(), log.get(0)), (300 + 4 * 25, 0, None));
    }

    #[test]
    fn keys_are_kept_where_they_are_asked_for() {
        let (mut log, mut chunks) = (Log::default(), Chunks::new(Kept::Records));
        log.append(&cohort(1), &mut chunks);
        assert_eq!(log.up_to_date().get(0), Some(Cohort { key: KeyGroup::UNKNOWN, ..cohort(1) }));
    }

    /// A line of the cache: what an append touches of a log, beside a shard's levels.
    #[test]
    fn a_log_is_small_where_it_is_touched() {
        assert!(size_of::<Log>() <= 32 + 4 * STAGE);
    }
}
