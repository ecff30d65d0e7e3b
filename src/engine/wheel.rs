//! Moments an actor keeps to itself, set in any order: a wheel of time buckets.

use crate::time::Instant;

/// log2 of a bucket's width (ns): 66 us.
const WIDTH_BITS: u32 = 16;
/// log2 of the number of buckets: together they span 2.1 s.
const BUCKET_BITS: u32 = 15;
const BUCKETS: u64 = 1 << BUCKET_BITS;
/// Buckets from the current one to the next that may be entered before anything in it is due:
/// what is set for a moment before it has to be sorted in.
const LOOK_AHEAD: u64 = 16;
const NONE: u32 = u32::MAX;

/// A queue of (moment, item) that costs the same however many items wait.
///
/// Items are thrown unsorted into buckets of 66 us; a bucket is sorted when its turn comes.
/// What lies more than 2.1 s ahead waits aside and is moved in when it is near. Equal moments come
/// out in the order they were set. Moments must not lie before the last one taken off.
#[derive(Clone, Debug)]
pub struct Wheel<T> {
    /// The bucket being emptied, latest first, so that the next is at the end. Places in `nodes`
    /// beside what they are sorted by: items stay where they are.
    due: Vec<Due>,
    /// Number of the bucket that `due` was filled from.
    current: u64,
    heads: Vec<u32>,
    /// One bit a bucket: whether anything is in it.
    filled: Vec<u64>,
    nodes: Vec<(Entry<T>, u32)>,
    free: u32,
    in_buckets: usize,
    far: Vec<Entry<T>>,
    far_first: u64,
    set: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    order: u64,
    node: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    at: Instant,
    order: u64,
    item: T,
}

impl<T: Copy> Wheel<T> {
    /// An empty wheel.
    #[must_use]
    pub fn new() -> Self {
        Self {
            due: Vec::new(),
            current: 0,
            heads: vec![NONE; BUCKETS as usize],
            filled: vec![0; BUCKETS as usize / 64],
            nodes: Vec::new(),
            free: NONE,
            in_buckets: 0,
            far: Vec::new(),
            far_first: u64::MAX,
            set: 0,
        }
    }

    /// `item` falls due at `at`.
    #[inline]
    pub fn set(&mut self, at: Instant, item: T) {
        self.set += 1;
        self.insert(Entry { at, order: self.set, item });
    }

    /// The earliest moment set; [`Instant::NEVER`] when empty.
    #[inline]
    #[must_use]
    pub fn next_at(&mut self) -> Instant {
        if self.due.is_empty() {
            match self.next_bucket() {
                Some(bucket) if bucket <= self.current + LOOK_AHEAD => self.enter(bucket),
                Some(bucket) => return self.first_of(bucket),
                None => return Instant::NEVER,
            }
        }
        self.due.last().map_or(Instant::NEVER, |entry| entry.at)
    }

    /// Takes the earliest off.
    #[inline]
    pub fn pop(&mut self) -> Option<(Instant, T)> {
        if self.due.is_empty() {
            self.enter(self.next_bucket()?);
        }
        let due = self.due.pop()?;
        let item = self.nodes[due.node as usize].0.item;
        self.nodes[due.node as usize].1 = self.free;
        self.free = due.node;
        Some((due.at, item))
    }

    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.due.len() + self.in_buckets + self.far.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory taken by what waits, or has waited: room is kept.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let nodes = self.nodes.capacity() * size_of::<(Entry<T>, u32)>();
        let far = self.far.capacity() * size_of::<Entry<T>>();
        (nodes + far + self.due.capacity() * size_of::<Due>()) as u64
    }

    /// Every item that waits, in no useful order.
    pub fn items(&self) -> impl Iterator<Item = T> + '_ {
        let in_buckets = self.heads.iter().flat_map(move |&head| {
            std::iter::successors((head != NONE).then_some(head), move |&at| {
                let next = self.nodes[at as usize].1;
                (next != NONE).then_some(next)
            })
            .map(move |at| self.nodes[at as usize].0.item)
        });
        let due = self.due.iter().map(|due| self.nodes[due.node as usize].0.item);
        due.chain(self.far.iter().map(|entry| entry.item)).chain(in_buckets)
    }

    #[inline]
    fn insert(&mut self, entry: Entry<T>) {
        let bucket = entry.at.as_ns() >> WIDTH_BITS;
        if bucket.wrapping_sub(self.current + 1) < BUCKETS - 1 {
            self.push(bucket, entry);
        } else if bucket <= self.current {
            self.insert_due(entry);
        } else {
            self.far_first = self.far_first.min(bucket);
            self.far.push(entry);
        }
    }

    /// It belongs to the bucket being emptied: keep that one in order.
    fn insert_due(&mut self, entry: Entry<T>) {
        let node = self.place(entry, NONE);
        let due = Due { at: entry.at, order: entry.order, node };
        let place = self.due.partition_point(|other| *other > due);
        self.due.insert(place, due);
    }

    #[inline]
    fn push(&mut self, bucket: u64, entry: Entry<T>) {
        let slot = (bucket % BUCKETS) as usize;
        self.heads[slot] = self.place(entry, self.heads[slot]);
        self.filled[slot / 64] |= 1 << (slot % 64);
        self.in_buckets += 1;
    }

    /// Puts an entry in a free node, linked to `next`.
    #[inline]
    fn place(&mut self, entry: Entry<T>, next: u32) -> u32 {
        let node = self.free;
        if node == NONE {
            self.nodes.push((entry, next));
            return (self.nodes.len() - 1) as u32;
        }
        self.free = self.nodes[node as usize].1;
        self.nodes[node as usize] = (entry, next);
        node
    }

    /// The next bucket that holds anything.
    fn next_bucket(&self) -> Option<u64> {
        let near = if self.in_buckets > 0 { self.next_filled() } else { u64::MAX };
        (self.in_buckets > 0 || !self.far.is_empty()).then_some(near.min(self.far_first))
    }

    /// The earliest moment in `bucket`, the next that holds anything.
    #[cold]
    fn first_of(&self, bucket: u64) -> Instant {
        let mut first = Instant::NEVER;
        if self.far_first == bucket {
            first = self.far.iter().map(|entry| entry.at).min().unwrap_or(first);
        }
        if bucket - self.current < BUCKETS {
            let mut at = self.heads[(bucket % BUCKETS) as usize];
            while at != NONE {
                let (entry, next) = &self.nodes[at as usize];
                (first, at) = (first.min(entry.at), *next);
            }
        }
        first
    }

    /// Moves on to `bucket`, the next that holds anything.
    fn enter(&mut self, bucket: u64) {
        if self.far_first <= bucket {
            // `insert` measures nearness from `current`, which may not pass what is in buckets.
            self.current = bucket - 1;
            self.bring_near();
        }
        self.current = bucket;
        let slot = (bucket % BUCKETS) as usize;
        let mut at = std::mem::replace(&mut self.heads[slot], NONE);
        self.filled[slot / 64] &= !(1 << (slot % 64));
        while at != NONE {
            let (entry, next) = self.nodes[at as usize];
            self.due.push(Due { at: entry.at, order: entry.order, node: at });
            at = next;
            self.in_buckets -= 1;
        }
        self.due.sort_unstable_by(|a, b| b.cmp(a));
    }

    fn bring_near(&mut self) {
        self.far_first = u64::MAX;
        let mut i = 0;
        while i < self.far.len() {
            let bucket = self.far[i].at.as_ns() >> WIDTH_BITS;
            if bucket < self.current + BUCKETS {
                let entry = self.far.swap_remove(i);
                self.push(bucket, entry);
            } else {
                self.far_first = self.far_first.min(bucket);
                i += 1;
            }
        }
    }

    /// The number of the first bucket after `current` that holds anything; there is one.
    fn next_filled(&self) -> u64 {
        let start = ((self.current + 1) % BUCKETS) as usize;
        let words = self.filled.len();
        let mut word = start / 64;
        let mut bits = self.filled[word] & (u64::MAX << (start % 64));
        for _ in 0..=words {
            if bits != 0 {
                let slot = (word * 64) as u64 + u64::from(bits.trailing_zeros());
                let ahead = (slot + BUCKETS - start as u64) % BUCKETS;
                return self.current + 1 + ahead;
            }
            word = (word + 1) % words;
            bits = self.filled[word];
        }
        unreachable!("a bucket is filled")
    }
}

impl<T: Copy> Default for Wheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Were the late one's bucket entered, every earlier one would have to be sorted in by hand.
    #[test]
    fn looking_ahead_moves_nothing() {
        for late in [1, 20] {
            let late = Instant::from_s(late);
            let mut wheel = Wheel::new();
            wheel.set(late, 0);
            assert_eq!(wheel.next_at(), late);
            for i in 1..1_000 {
                wheel.set(Instant::from_ns(i * 900_000), i);
            }
            assert!(wheel.due.is_empty());
            let order: Vec<u64> = std::iter::from_fn(|| wheel.pop()).map(|due| due.1).collect();
            assert_eq!(order, (1..1_000).chain([0]).collect::<Vec<_>>());
        }
    }

    #[test]
    fn memory_is_at_least_what_waits() {
        let mut wheel = Wheel::new();
        for i in 0..1_000_u64 {
            wheel.set(Instant::from_s(i), [i; 4]);
        }
        // Moment, order and item: six words each.
        assert!(wheel.memory() >= 1_000 * 6 * 8);
    }

    proptest! {
        /// Against a sorted list: whatever is set, near, far or now, comes out by (moment, order).
        #[test]
        fn comes_out_as_a_sorted_list_would(
            steps in prop::collection::vec((0_u64..3, 0_u64..40, 0_u32..30), 1..300)
        ) {
            let mut wheel = Wheel::new();
            let mut list: Vec<(u64, usize)> = Vec::new();
            let mut now = 0_u64;
            for (number, (kind, mantissa, power)) in steps.into_iter().enumerate() {
                if kind < 2 {
                    let at = now + (mantissa << power);
                    wheel.set(Instant::from_ns(at), number);
                    list.push((at, number));
                } else {
                    list.sort_unstable();
                    let first = (!list.is_empty()).then(|| list.remove(0));
                    let next = wheel.next_at().as_ns();
                    prop_assert_eq!(next, first.map_or(u64::MAX, |entry| entry.0));
                    let got = wheel.pop().map(|(at, item)| (at.as_ns(), item));
                    prop_assert_eq!(got, first);
                    now = first.map_or(now, |entry| entry.0);
                }
                prop_assert_eq!(wheel.len(), list.len());
                let mut items: Vec<usize> = wheel.items().collect();
                items.sort_unstable();
                let mut wanted: Vec<usize> = list.iter().map(|entry| entry.1).collect();
                wanted.sort_unstable();
                prop_assert_eq!(items, wanted);
            }
        }
    }
}
