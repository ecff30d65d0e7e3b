//! A run of a log's cohorts, packed: single records in one word each.

use crate::model::cohort::{Cohort, KeyGroup, Window};
use crate::time::{Instant, Span};

/// Cohorts a chunk holds.
pub(super) const CHUNK: usize = 128;

/// The cohorts of a log, in order of arrival, as far as they fit a word; places for the rest.
///
/// What waits in logs does not fit a processor's caches where shards are many, and each byte of it
/// is carried to memory and back: a plain record takes 8 bytes, and 4 more where it waited before
/// it arrived.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    words: [u64; CHUNK],
    /// Time from birth to arrival (ns), where the word says that there is one.
    waited: [u32; CHUNK],
    /// Where consumers want them; else empty.
    keys: Vec<KeyGroup>,
    /// What the times of its words count from.
    pub(super) base: Instant,
    /// How many of its words are the places of wide cohorts.
    pub(super) wide: u32,
}

/// What a word says. From the top: one bit for a wide cohort, whose number among them follows; one
/// bit for a time waited; 38 bits of time since the base (ns), up to 275 s; 24 bits of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    word: u64,
    waited: u32,
}

const WIDE: u64 = 1 << 63;
const WAITED: u64 = 1 << 62;
const BYTES_BITS: u32 = 24;
const TIME_BITS: u32 = 38;

impl Packed {
    /// `cohort` in a word, if it is a plain single record that arrived soon after `base`, and not
    /// before it.
    #[inline(always)]
    pub(super) fn of(cohort: &Cohort, base: Instant) -> Option<Self> {
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
        plain.then(|| Self {
            word: time << BYTES_BITS | cohort.bytes | if waited == 0 { 0 } else { WAITED },
            waited: waited as u32,
        })
    }
}

impl Chunk {
    /// An empty chunk, with room for keys where they are kept.
    pub(super) fn new(keeps_keys: bool) -> Box<Self> {
        let keys = if keeps_keys { vec![KeyGroup::UNKNOWN; CHUNK] } else { Vec::new() };
        let (words, waited) = ([0; CHUNK], [0; CHUNK]);
        Box::new(Self { words, waited, keys, base: Instant::ZERO, wide: 0 })
    }

    /// Keeps a plain record in `place`.
    #[inline(always)]
    pub(super) fn put(&mut self, place: usize, packed: Packed) {
        self.words[place % CHUNK] = packed.word;
        if packed.waited != 0 {
            self.waited[place % CHUNK] = packed.waited;
        }
    }

    /// Keeps the key of what is in `place`, where keys are kept.
    #[inline]
    pub(super) fn put_key(&mut self, place: usize, key: KeyGroup) {
        if let Some(kept) = self.keys.get_mut(place) {
            *kept = key;
        }
    }

    /// Keeps in `place` the number of a wide cohort.
    pub(super) fn put_wide(&mut self, place: usize, number: u64) {
        self.words[place] = WIDE | number;
        self.wide += 1;
    }

    /// When the plain record in `place` arrived, and its bytes; otherwise the number of a wide
    /// cohort.
    #[inline]
    pub(super) fn glance(&self, place: usize) -> Result<(Instant, u64), u64> {
        let word = self.words[place];
        if word & WIDE != 0 {
            return Err(word & !WIDE);
        }
        let time = word >> BYTES_BITS & ((1 << TIME_BITS) - 1);
        Ok((self.base + Span::from_ns(time), word & ((1 << BYTES_BITS) - 1)))
    }

    /// The plain record in `place`; otherwise the number of a wide cohort.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Result<Cohort, u64> {
        let (visible, bytes) = self.glance(place)?;
        let waited = if self.words[place] & WAITED == 0 { 0 } else { self.waited[place] };
        let born = Instant::from_ns(visible.as_ns() - u64::from(waited));
        let key = self.keys.get(place).copied().unwrap_or(KeyGroup::UNKNOWN);
        Ok(Cohort { visible: Window::at(visible), ..Cohort::single(key, bytes, born) })
    }

    /// Bytes of memory a chunk takes.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.keys)
    }
}
