//! A run of a log's cohorts, packed: single records in one word each.

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::time::{Instant, Span};

/// Cohorts a chunk holds.
pub(super) const CHUNK: usize = 128;

/// The cohorts of a log, in order of arrival, as far as they fit a word; places for the rest.
///
/// What waits in logs does not fit a processor's caches where shards are many, and each byte of it
/// is carried to memory and back. So a record that arrived as it was born, as large as the first of
/// the chunk, takes 4 bytes, and any other plain one 12.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    words: [u32; CHUNK],
    /// What the times of its words count from.
    pub(super) base: Instant,
    /// Bytes of its short records.
    pub(super) size: u32,
    /// How many of its places are of wide cohorts.
    pub(super) wide: u32,
    /// Where a word is not all.
    pub(super) longs: Option<Box<Longs>>,
    /// Where consumers want them; else empty.
    keys: Vec<KeyGroup>,
}

/// What stands beside the words of records that are not short.
///
/// From the top: one bit for a wide cohort, whose number among them follows; or 7 bits of time, 24
/// of bytes, and 32 of the time from birth to arrival (ns).
pub(super) type Longs = [u64; CHUNK];

/// A plain single record, packed. A word is one bit that says whether there is a long beside it,
/// and the low 31 bits of the time since the chunk's base (ns).
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    word: u32,
    long: u64,
}

const LONG: u32 = 1 << 31;
const WIDE: u64 = 1 << 63;
const LOW_BITS: u32 = 31;
const TIME_BITS: u32 = 38;
const BYTES_BITS: u32 = 24;

impl Packed {
    /// `cohort` packed, if it is a plain single record that arrived up to 275 s after `base`, and
    /// not before it. One of `size` bytes that arrived soon, and as it was born, is short.
    #[inline(always)]
    pub(super) fn of(cohort: &Cohort, base: Instant, size: u32) -> Option<Self> {
        let visible = cohort.visible.start;
        // A moment before the base wraps around to a time that does not fit.
        let time = visible.as_ns().wrapping_sub(base.as_ns());
        let waited = visible.as_ns().wrapping_sub(cohort.born.start.as_ns());
        let plain = cohort.records == 1
            && cohort.user_records == 1
            && cohort.visible.length == Span::ZERO
            && cohort.born.length == Span::ZERO
            && time >> TIME_BITS == 0
            && cohort.bytes >> BYTES_BITS == 0
            && waited <= u64::from(u32::MAX);
        let short = waited == 0 && cohort.bytes == u64::from(size) && time >> LOW_BITS == 0;
        plain.then(|| Self {
            word: time as u32 & !LONG | if short { 0 } else { LONG },
            long: time >> LOW_BITS << 56 | cohort.bytes << 32 | waited,
        })
    }

    /// The word of its chunk.
    #[inline(always)]
    pub(super) fn word(self) -> u32 {
        self.word
    }

    /// What stands beside the word, if anything.
    #[inline(always)]
    pub(super) fn long(self) -> Option<u64> {
        (self.word & LONG != 0).then_some(self.long)
    }

    /// The place of wide cohort number `number`.
    pub(super) fn wide(number: u64) -> Self {
        Self { word: LONG, long: WIDE | number }
    }
}

impl Chunk {
    /// An empty chunk, with room for keys where they are kept.
    pub(super) fn new(keeps_keys: bool) -> Box<Self> {
        let keys = if keeps_keys { vec![KeyGroup::UNKNOWN; CHUNK] } else { Vec::new() };
        let words = [0; CHUNK];
        Box::new(Self { words, base: Instant::ZERO, size: 0, wide: 0, longs: None, keys })
    }

    /// Keeps words from `place` on.
    #[inline(always)]
    pub(super) fn put_words(&mut self, place: usize, words: &[u32]) {
        self.words[place..place + words.len()].copy_from_slice(words);
    }

    /// Keeps the key of what is in `place`, where keys are kept.
    #[inline]
    pub(super) fn put_key(&mut self, place: usize, key: KeyGroup) {
        if let Some(kept) = self.keys.get_mut(place) {
            *kept = key;
        }
    }

    /// When the plain record in `place` arrived, its bytes, and how long it had waited (ns);
    /// otherwise the number of a wide cohort.
    #[inline]
    pub(super) fn glance(&self, place: usize) -> Result<(Instant, u64, u64), u64> {
        let word = self.words[place];
        let (time, bytes, waited) = match &self.longs {
            Some(longs) if word & LONG != 0 => {
                let long = longs[place];
                if long & WIDE != 0 {
                    return Err(long & !WIDE);
                }
                let bytes = long >> 32 & ((1 << BYTES_BITS) - 1);
                (long >> 56 << LOW_BITS, bytes, long & u64::from(u32::MAX))
            }
            _ => (0, u64::from(self.size), 0),
        };
        Ok((self.base + Span::from_ns(time | u64::from(word & !LONG)), bytes, waited))
    }

    /// The plain record in `place`; otherwise the number of a wide cohort.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Result<Cohort, u64> {
        let (visible, bytes, waited) = self.glance(place)?;
        let born = Instant::from_ns(visible.as_ns() - waited);
        let key = self.keys.get(place).copied().unwrap_or(KeyGroup::UNKNOWN);
        Ok(Cohort { visible: Window::at(visible), ..Cohort::single(key, bytes, born) })
    }

    /// Bytes of memory a chunk takes.
    pub(super) fn memory(&self) -> usize {
        let longs = self.longs.as_deref().map_or(0, size_of_val);
        size_of::<Self>() + longs + size_of_val(&*self.keys)
    }
}
