//! The records of one shard that some consumer may still ask for (D11).

use std::collections::VecDeque;

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::model::limit::most;
use crate::time::{Instant, Span};

/// Cohorts in order of arrival, numbered from 0 for the life of the shard.
///
/// Single records are packed into 24 bytes; whatever does not fit stands aside in full. Kept in
/// chunks of equal size, so that memory is what is kept and not twice that, and freed chunks serve
/// again.
#[derive(Clone, Debug, Default)]
#[repr(C)] // the tail first: all that most appends touch
pub struct Log {
    /// The chunk being filled.
    tail: Vec<Packed>,
    /// Full chunks, oldest first.
    sealed: VecDeque<Vec<Packed>>,
    /// Number of the first cohort of the oldest chunk.
    base: u64,
    /// Cohorts that do not fit a packed one, in order of arrival.
    wide: VecDeque<Cohort>,
    /// Number of the first of them.
    wide_base: u64,
}

/// A single record born at most 4.29 s before its arrival; or the place of a wide cohort.
#[derive(Clone, Copy, Debug)]
struct Packed {
    visible: Instant,
    /// For a wide cohort, its number among them.
    key: u64,
    /// Time from birth to arrival (ns); [`WIDE`] for a wide cohort.
    waited: u32,
    bytes: u32,
}

const WIDE: u32 = u32::MAX;

/// Freed chunks of all the logs of a stream.
#[derive(Clone, Debug, Default)]
pub struct Chunks(Vec<Vec<Packed>>);

/// Cohorts a chunk holds: 3 KB.
const CHUNK: usize = 128;

/// How far something has come in a log: a cohort's number, and how many of its records are past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the cohort.
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

/// Records taken from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The position behind them.
    pub to: Position,
    /// How many.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// When the last of them became visible.
    pub last_visible: Instant,
}

impl Taken {
    /// Takes a plain record; false when it has to stay.
    #[inline]
    fn take_single(&mut self, packed: &Packed, now: Instant, limit: u32, room: u64) -> bool {
        let bytes = self.bytes + u64::from(packed.bytes);
        let fits = packed.visible <= now && self.records < limit && bytes <= room;
        if fits {
            self.records += 1;
            self.bytes = bytes;
            self.last_visible = packed.visible;
            self.to.cohort += 1;
        }
        fits
    }

    /// Takes what it can of a cohort; false when some of it has to stay.
    fn take_part(&mut self, cohort: &Cohort, now: Instant, limit: u32, room: u64) -> bool {
        let past = self.to.past;
        let before = cohort.bytes_of_first(past);
        let present = Instant::from_ns(now.as_ns().saturating_add(1));
        let visible = cohort.part_before(present).saturating_sub(past).min(limit - self.records);
        let room = room - self.bytes;
        let k = most(visible, |k| cohort.bytes_of_first(past + k) - before <= room);
        if k == 0 {
            return false;
        }
        self.records += k;
        self.bytes += cohort.bytes_of_first(past + k) - before;
        self.last_visible = cohort.visible.time_of(past + k - 1, cohort.records);
        self.to = self.to.past(k, cohort.records);
        self.to.past == 0
    }
}

impl Log {
    /// Adds `cohort` at the end.
    #[inline]
    pub fn append(&mut self, cohort: &Cohort, chunks: &mut Chunks) {
        if self.tail.len() == self.tail.capacity() {
            self.begin_chunk(chunks);
        }
        // One push for each way: an entry that came from either would be put together in memory
        // first, and reading it back from there waits for every store before it.
        match Packed::of(cohort) {
            Some(packed) => self.tail.push(packed),
            None => self.set_aside(cohort),
        }
    }

    /// The cohorts from number `from` on.
    #[inline]
    pub fn from(&self, from: u64) -> impl Iterator<Item = Cohort> + '_ {
        let (chunk, place) = self.place_of(from);
        let in_tail = chunk >= self.sealed.len();
        let first = if in_tail { &self.tail } else { &self.sealed[chunk] };
        let sealed = self.sealed.iter().skip(chunk + 1).flatten();
        let tail = if in_tail { &[] } else { self.tail.as_slice() };
        let rest = sealed.chain(tail);
        first.get(place..).unwrap_or(&[]).iter().chain(rest).map(|packed| self.unpack(packed))
    }

    /// The records from `from` on that are visible at `now`: at most `limit` of them, and at most
    /// `room` bytes.
    #[must_use]
    pub fn take(&self, from: Position, now: Instant, limit: u32, room: u64) -> Taken {
        let mut taken = Taken { to: from, records: 0, bytes: 0, last_visible: now };
        let (mut chunk, mut place) = self.place_of(from.cohort);
        loop {
            let run = self.sealed.get(chunk).unwrap_or(&self.tail);
            for packed in run.get(place..).unwrap_or(&[]) {
                let plain = packed.waited != WIDE && taken.to.past == 0;
                let more = if plain {
                    taken.take_single(packed, now, limit, room)
                } else {
                    taken.take_part(&self.unpack(packed), now, limit, room)
                };
                if !more {
                    return taken;
                }
            }
            if chunk >= self.sealed.len() {
                return taken;
            }
            (chunk, place) = (chunk + 1, 0);
        }
    }

    /// Cohort number `number`, if it has arrived.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Cohort> {
        self.from(number).next()
    }

    /// The number the next cohort will have.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.base + (self.sealed.len() * CHUNK + self.tail.len()) as u64
    }

    /// Drops the chunks that lie wholly before cohort number `before`.
    pub fn trim(&mut self, before: u64, chunks: &mut Chunks) {
        while self.base + CHUNK as u64 <= before
            && let Some(mut chunk) = self.sealed.pop_front()
        {
            self.forget_wide(&chunk);
            chunk.clear();
            chunks.0.push(chunk);
            self.base += CHUNK as u64;
        }
        if self.sealed.is_empty() && before >= self.end() && !self.tail.is_empty() {
            self.base = self.end();
            self.wide_base += self.wide.len() as u64;
            self.wide.clear();
            self.tail.clear();
        }
    }

    /// Bytes of memory taken.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let chunks = self.sealed.len() + usize::from(self.tail.capacity() > 0);
        (chunks * CHUNK * size_of::<Packed>() + self.wide.capacity() * size_of::<Cohort>()) as u64
    }

    #[cold]
    fn begin_chunk(&mut self, chunks: &mut Chunks) {
        let fresh = chunks.0.pop().unwrap_or_else(|| {
            let mut chunk = Vec::new();
            chunk.reserve_exact(CHUNK);
            chunk
        });
        let full = std::mem::replace(&mut self.tail, fresh);
        if !full.is_empty() {
            self.sealed.push_back(full);
        }
    }

    /// The chunk of cohort number `number`, and its place in it; the tail comes after all sealed
    /// ones.
    fn place_of(&self, number: u64) -> (usize, usize) {
        let offset = number.saturating_sub(self.base) as usize;
        let chunk = (offset / CHUNK).min(self.sealed.len());
        (chunk, offset - chunk * CHUNK)
    }

    #[cold]
    fn set_aside(&mut self, cohort: &Cohort) {
        let number = self.wide_base + self.wide.len() as u64;
        self.wide.push_back(*cohort);
        let visible = cohort.visible.start;
        self.tail.push(Packed { visible, key: number, waited: WIDE, bytes: 0 });
    }

    fn forget_wide(&mut self, chunk: &[Packed]) {
        let count = chunk.iter().filter(|packed| packed.waited == WIDE).count();
        self.wide.drain(..count);
        self.wide_base += count as u64;
    }

    #[inline]
    fn unpack(&self, packed: &Packed) -> Cohort {
        if packed.waited == WIDE {
            return self.wide[(packed.key - self.wide_base) as usize];
        }
        let born = packed.visible.as_ns() - u64::from(packed.waited);
        let key = KeyGroup::from_bits(packed.key);
        let single = Cohort::single(key, u64::from(packed.bytes), Instant::from_ns(born));
        Cohort { visible: Window::at(packed.visible), ..single }
    }
}

impl Packed {
    /// `cohort` packed, if it is a plain single record.
    #[inline(always)]
    fn of(cohort: &Cohort) -> Option<Self> {
        let waited = cohort.visible.start.since(cohort.born.start).as_ns();
        let plain = cohort.records == 1
            && cohort.user_records == 1
            && cohort.visible.length == Span::ZERO
            && cohort.born.length == Span::ZERO
            && u32::try_from(cohort.bytes).is_ok()
            && waited < u64::from(WIDE);
        plain.then(|| Self {
            visible: cohort.visible.start,
            key: cohort.key.bits(),
            waited: waited as u32,
            bytes: cohort.bytes as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every third cohort is too wide to pack, in one way or another.
    fn cohort(n: u64) -> Cohort {
        let visible = Instant::from_s(n);
        let single = Cohort::single(KeyGroup::listed(n as u32, 7), n, visible);
        let single = Cohort { visible: Window::at(visible), ..single };
        match n % 9 {
            0 => Cohort { records: 5, ..single },
            3 => Cohort { user_records: 2, ..single },
            6 => Cohort { born: Window::at(Instant::ZERO), ..single },
            _ => single,
        }
    }

    #[test]
    fn everything_comes_back_as_it_was_while_the_front_is_trimmed() {
        let (mut log, mut chunks) = (Log::default(), Chunks::default());
        let mut read = 0;
        for n in 0..2_000 {
            log.append(&cohort(n), &mut chunks);
            if n % 37 == 0 || n == 1_999 {
                for found in log.from(read) {
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
        assert_eq!((log.get(read), log.end(), log.wide.len()), (None, 2_000, 0));
        log.append(&cohort(2_000), &mut chunks);
        log.append(&cohort(2_001), &mut chunks);
        assert_eq!(log.from(2_000).collect::<Vec<_>>(), [cohort(2_000), cohort(2_001)]);
    }

    #[test]
    fn a_record_takes_24_bytes() {
        assert_eq!(size_of::<Packed>(), 24);
    }
}
