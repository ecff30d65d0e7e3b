//! [`Router`]: from a hash to the open shard that owns it (KDS-H04).

use std::fmt;

use crate::model::hashing::HashRange;

/// Slots of the guide for each shard, before rounding up to a power of two. With one, no slot sees
/// more than one edge between shards of equal width; more would only fill the cache.
const SLOTS_PER_SHARD: usize = 1;

/// Finds the open shard of a hash.
///
/// The top bits of a hash choose a slot of the guide. A slot names the first and the last range
/// that reach into it: mostly one or two, which one comparison settles, else a binary search.
/// Hashes that are spread evenly take O(1) on average; any hash takes O(log shards) at worst,
/// however uneven the ranges.
#[derive(Clone, Debug)]
pub struct Router {
    /// How far to shift a hash right to get its slot.
    shift: u32,
    /// The range that holds the slot's first hash; a last entry closes the last slot.
    guide: Vec<u32>,
    /// Last hash of each range, ascending.
    ends: Vec<u128>,
    /// Their upper halves, which mostly decide.
    heads: Vec<u64>,
    /// Owner of each range.
    shards: Vec<u32>,
}

/// Why ranges do not tile the hash space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouterError {
    /// There are no ranges.
    Empty,
    /// A range ends before it starts.
    Inverted(HashRange),
    /// Nobody owns this hash.
    Gap(u128),
    /// More than one range owns this hash.
    Overlap(u128),
}

impl Router {
    /// A router over the open shards: their ranges, in any order, and their indices.
    ///
    /// # Errors
    /// Ranges that leave a gap or overlap.
    pub fn new(open: &[(HashRange, u32)]) -> Result<Self, RouterError> {
        let mut sorted = open.to_vec();
        sorted.sort_unstable_by_key(|(range, _)| range.start);
        check_tiling(&sorted)?;
        let bits = (sorted.len() * SLOTS_PER_SHARD).next_power_of_two().ilog2().max(1);
        let ends: Vec<u128> = sorted.iter().map(|(range, _)| range.end).collect();
        Ok(Self {
            shift: u128::BITS - bits,
            guide: guide(&ends, bits),
            heads: ends.iter().map(|end| (end >> 64) as u64).collect(),
            ends,
            shards: sorted.iter().map(|&(_, shard)| shard).collect(),
        })
    }

    /// The index of the shard that owns `hash`.
    #[inline]
    #[must_use]
    pub fn route(&self, hash: u128) -> u32 {
        let slot = (hash >> self.shift) as usize;
        let (first, last) = (self.guide[slot] as usize, self.guide[slot + 1] as usize);
        let range = if last - first <= 1 {
            // Heads differ but where an edge is hit to 2^-64. Counting the comparison instead of
            // branching on it spares a misprediction.
            let (end, head) = (self.heads[first], (hash >> 64) as u64);
            first + usize::from(if end == head { self.ends[first] < hash } else { end < head })
        } else {
            first + self.ends[first..last].partition_point(|&end| end < hash)
        };
        self.shards[range]
    }
}

/// For each slot the range of its first hash, then the last range once more.
fn guide(ends: &[u128], bits: u32) -> Vec<u32> {
    let shift = u128::BITS - bits;
    let mut range = 0;
    let mut guide: Vec<u32> = (0..1_u128 << bits)
        .map(|slot| {
            while ends[range] < slot << shift {
                range += 1;
            }
            range as u32
        })
        .collect();
    guide.push(ends.len() as u32 - 1);
    guide
}

/// Whether ranges in order of their start cover every hash once.
fn check_tiling(sorted: &[(HashRange, u32)]) -> Result<(), RouterError> {
    if sorted.is_empty() {
        return Err(RouterError::Empty);
    }
    // The first hash not covered yet; `None` once the space is full.
    let mut next = Some(0_u128);
    for &(range, _) in sorted {
        if range.end < range.start {
            return Err(RouterError::Inverted(range));
        }
        match next {
            Some(hash) if range.start == hash => next = range.end.checked_add(1),
            Some(hash) if range.start > hash => return Err(RouterError::Gap(hash)),
            _ => return Err(RouterError::Overlap(range.start)),
        }
    }
    next.map_or(Ok(()), |hash| Err(RouterError::Gap(hash)))
}

impl fmt::Display for RouterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there are no shards"),
            Self::Inverted(HashRange { start, end }) => {
                write!(f, "a hash range from {start} ends before it starts, at {end}")
            }
            Self::Gap(hash) => write!(f, "no shard owns hash key {hash}"),
            Self::Overlap(hash) => write!(f, "several shards own hash key {hash}"),
        }
    }
}

impl std::error::Error for RouterError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::hashing::uniform_ranges;

    fn numbered(ranges: &[HashRange]) -> Vec<(HashRange, u32)> {
        ranges.iter().copied().zip(0..).collect()
    }

    fn scan(open: &[(HashRange, u32)], hash: u128) -> u32 {
        open.iter().find(|(range, _)| range.contains(hash)).expect("the ranges tile the space").1
    }

    /// Ranges that begin at zero and at each cut.
    fn cut_at(mut cuts: Vec<u128>) -> Vec<HashRange> {
        cuts.push(0);
        cuts.sort_unstable();
        cuts.dedup();
        let ends = cuts[1..].iter().map(|cut| cut - 1).chain([u128::MAX]);
        cuts.iter().zip(ends).map(|(&start, end)| HashRange { start, end }).collect()
    }

    #[test]
    fn edges_belong_to_the_shard_that_lists_them() {
        for count in [1, 2, 3, 7, 33, 1_000, 20_000] {
            let open = numbered(&uniform_ranges(count));
            let router = Router::new(&open).unwrap();
            for &(range, shard) in &open {
                assert_eq!(router.route(range.start), shard, "{count} shards");
                assert_eq!(router.route(range.end), shard, "{count} shards");
            }
        }
    }

    #[test]
    fn ranges_that_do_not_tile_are_refused() {
        let half = u128::MAX / 2;
        let range = |start, end| HashRange { start, end };
        let fault = |ranges: &[HashRange]| Router::new(&numbered(ranges)).unwrap_err();
        assert_eq!(fault(&[]), RouterError::Empty);
        assert_eq!(fault(&[range(1, u128::MAX)]), RouterError::Gap(0));
        assert_eq!(fault(&[range(0, half)]), RouterError::Gap(half + 1));
        let gap = [range(half + 2, u128::MAX), range(0, half)];
        assert_eq!(fault(&gap), RouterError::Gap(half + 1));
        let overlap = [range(0, half), range(half, u128::MAX)];
        assert_eq!(fault(&overlap), RouterError::Overlap(half));
        assert_eq!(fault(&[HashRange::ALL; 2]), RouterError::Overlap(0));
        assert_eq!(fault(&[range(5, 4)]), RouterError::Inverted(range(5, 4)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_scan_of_uneven_ranges(
            wide in proptest::collection::vec(any::<u128>(), 0..40),
            // Narrow shards crowd into one slot of the guide.
            base in any::<u128>(),
            narrow in proptest::collection::vec(0_u128..1_000, 0..40),
            probes in proptest::collection::vec(any::<u128>(), 20),
            rotation in 0_usize..80,
        ) {
            let near = narrow.iter().map(|step| base.saturating_add(*step));
            let mut open = numbered(&cut_at(wide.into_iter().chain(near).collect()));
            let middle = rotation % open.len();
            open.rotate_left(middle);
            let router = Router::new(&open).unwrap();
            let edges: Vec<u128> = open.iter().flat_map(|(r, _)| [r.start, r.end]).collect();
            for hash in edges.into_iter().chain(probes).chain([base]) {
                prop_assert_eq!(router.route(hash), scan(&open, hash));
            }
        }
    }
}
