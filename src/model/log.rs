//! The records of one shard that some consumer may still ask for (D11).

use std::collections::VecDeque;

use crate::model::cohort::Cohort;

/// Cohorts in order of arrival, numbered from 0 for the life of the shard.
///
/// Kept in chunks of equal size, so that memory is what is kept and not twice that, and freed
/// chunks serve again.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Full chunks, oldest first.
    sealed: VecDeque<Vec<Cohort>>,
    /// The chunk being filled.
    tail: Vec<Cohort>,
    /// Number of the first cohort of the oldest chunk.
    base: u64,
}

/// Freed chunks of all the logs of a stream.
#[derive(Clone, Debug, Default)]
pub struct Chunks(Vec<Vec<Cohort>>);

/// Cohorts a chunk holds: 4.6 KB.
const CHUNK: usize = 64;

/// How far something has come in a log: a cohort's number, and how many of its records are past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the cohort.
    pub cohort: u64,
    /// Records of it that are past.
    pub past: u32,
}

impl Log {
    /// Adds `cohort` at the end.
    #[inline]
    pub fn append(&mut self, cohort: Cohort, chunks: &mut Chunks) {
        if self.tail.len() == CHUNK || self.tail.capacity() == 0 {
            let fresh = chunks.0.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK));
            let full = std::mem::replace(&mut self.tail, fresh);
            if !full.is_empty() {
                self.sealed.push_back(full);
            }
        }
        self.tail.push(cohort);
    }

    /// The cohorts from number `from` on that lie together in memory; empty at the end.
    #[must_use]
    pub fn run_from(&self, from: u64) -> &[Cohort] {
        let offset = from.saturating_sub(self.base) as usize;
        let (chunk, place) = (offset / CHUNK, offset % CHUNK);
        if let Some(sealed) = self.sealed.get(chunk) {
            return &sealed[place..];
        }
        self.tail.get(offset - self.sealed.len() * CHUNK..).unwrap_or(&[])
    }

    /// The number the next cohort will have.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.base + (self.sealed.len() * CHUNK + self.tail.len()) as u64
    }

    /// Drops the chunks that lie wholly before cohort number `before`.
    pub fn trim(&mut self, before: u64, chunks: &mut Chunks) {
        while !self.sealed.is_empty() && self.base + CHUNK as u64 <= before {
            if let Some(mut chunk) = self.sealed.pop_front() {
                chunk.clear();
                chunks.0.push(chunk);
                self.base += CHUNK as u64;
            }
        }
        if self.sealed.is_empty() && before >= self.end() {
            self.base = self.end();
            self.tail.clear();
        }
    }

    /// Cohorts held in memory.
    #[must_use]
    pub fn held(&self) -> usize {
        self.sealed.len() * CHUNK + self.tail.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cohort::KeyGroup;
    use crate::time::Instant;

    #[test]
    fn numbers_stay_true_while_the_front_is_trimmed() {
        let (mut log, mut chunks) = (Log::default(), Chunks::default());
        let mut read = 0;
        for n in 0..1_000_u64 {
            let key = KeyGroup { index: 0, hash_high: 0 };
            log.append(Cohort::single(key, n, Instant::ZERO), &mut chunks);
            if n % 37 == 0 {
                while let Some(first) = log.run_from(read).first() {
                    assert_eq!(first.bytes, read);
                    read += log.run_from(read).len() as u64;
                }
                assert_eq!(read, log.end());
                log.trim(read.saturating_sub(10), &mut chunks);
                assert!(log.held() <= 2 * CHUNK + 10);
                assert_eq!(log.run_from(read.saturating_sub(10))[0].bytes, read.saturating_sub(10));
            }
        }
    }
}
