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
    /// The bucket being emptied, latest first, so that the next is at the end: items stay where
    /// they are.
    due: Vec<Due>,
    /// Number of the bucket that `due` was filled from.
    current: u64,
    heads: Vec<u32>,
    /// One bit a bucket: whether anything is in it.
    filled: Vec<u64>,
    nodes: Vec<Node<T>>,
    /// A link for each node, in an array of its own: a bucket is walked from link to link, and
    /// these are so small that they stay in the cache.
    links: Vec<Link>,
    free: u32,
    in_buckets: usize,
    far: Vec<Entry<T>>,
    far_first: u64,
    set: u64,
}

/// A moment of the bucket being emptied, and the node of its item, in one word, so that sorting is
/// cheap: the upper half counts from [`LOOK_AHEAD`] buckets before the current one, where the
/// earliest moment can lie that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due(u64);

impl Due {
    #[inline]
    fn new(at: Instant, current: u64, node: u32) -> Self {
        let ahead = (at.as_ns() + AHEAD_NS).saturating_sub(current << WIDTH_BITS);
        Self(ahead << 32 | u64::from(node))
    }

    #[inline]
    fn at(self, current: u64) -> Instant {
        Instant::from_ns((self.0 >> 32) + (current << WIDTH_BITS) - AHEAD_NS)
    }

    #[inline]
    fn node(self) -> usize {
        self.0 as u32 as usize
    }

    #[inline]
    fn is_with(self, other: Self) -> bool {
        self.0 >> 32 == other.0 >> 32
    }
}

/// How far before the current bucket a moment may lie that is set (ns).
const AHEAD_NS: u64 = LOOK_AHEAD << WIDTH_BITS;

/// What waits in a bucket.
#[derive(Clone, Copy, Debug)]
struct Node<T> {
    item: T,
    order: u64,
}

/// Where the next of a bucket, or the next free node, is.
#[derive(Clone, Copy, Debug)]
struct Link {
    next: u32,
    /// The moment of this one beyond its bucket's beginning (ns).
    beyond: u32,
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
            links: Vec::new(),
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
        self.due.last().map_or(Instant::NEVER, |due| due.at(self.current))
    }

    /// Takes the earliest off.
    #[inline]
    pub fn pop(&mut self) -> Option<(Instant, T)> {
        if self.due.is_empty() {
            self.enter(self.next_bucket()?);
        }
        let due = self.due.pop()?;
        self.links[due.node()].next = std::mem::replace(&mut self.free, due.node() as u32);
        Some((due.at(self.current), self.nodes[due.node()].item))
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
        let nodes = self.nodes.capacity() * (size_of::<Node<T>>() + size_of::<Link>());
        let far = self.far.capacity() * size_of::<Entry<T>>();
        (nodes + far + self.due.capacity() * size_of::<Due>()) as u64
    }

    /// Every item that waits, in no useful order.
    pub fn items(&self) -> impl Iterator<Item = T> + '_ {
        let in_buckets = self.heads.iter().flat_map(|&head| self.bucket_from(head));
        let in_buckets = in_buckets.map(|(place, _)| self.nodes[place].item);
        let due = self.due.iter().map(|due| self.nodes[due.node()].item);
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
        let due = Due::new(entry.at, self.current, node);
        // Whatever is due at the same moment was set before.
        let place = self.due.partition_point(|other| *other > due && !other.is_with(due));
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
        let Entry { at, order, item } = entry;
        let (node, beyond) = (Node { item, order }, u32::from(at.as_ns() as u16));
        let (link, place) = (Link { next, beyond }, self.free);
        if place == NONE {
            self.nodes.push(node);
            self.links.push(link);
            return (self.nodes.len() - 1) as u32;
        }
        self.free = std::mem::replace(&mut self.links[place as usize], link).next;
        self.nodes[place as usize] = node;
        place
    }

    /// What waits in a bucket, the latest set first.
    fn bucket_from(&self, head: u32) -> impl Iterator<Item = (usize, Link)> {
        let link = |place: u32| Some((place as usize, *self.links.get(place as usize)?));
        std::iter::successors(link(head), move |(_, last)| link(last.next))
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
            for (_, link) in self.bucket_from(self.heads[(bucket % BUCKETS) as usize]) {
                first = first.min(link.at(bucket));
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
        let mut place = std::mem::replace(&mut self.heads[slot], NONE);
        self.filled[slot / 64] &= !(1 << (slot % 64));
        while let Some(link) = self.links.get(place as usize) {
            self.due.push(Due::new(link.at(bucket), bucket, place));
            place = link.next;
            self.in_buckets -= 1;
        }
        // All of them will be asked for soon: their memory can come side by side.
        let near = self.due.iter().fold(0, |sum, due| sum ^ self.nodes[due.node()].order);
        std::hint::black_box(near);
        self.due.sort_unstable_by(|a, b| b.cmp(a));
        if self.due.windows(2).any(|pair| pair[0].is_with(pair[1])) {
            self.settle_ties();
        }
    }

    /// Puts what is due at the same moment in the order it was set in, the latest first.
    #[cold]
    fn settle_ties(&mut self) {
        let nodes = &self.nodes;
        for tied in self.due.chunk_by_mut(|a, b| a.is_with(*b)) {
            tied.sort_unstable_by_key(|due| std::cmp::Reverse(nodes[due.node()].order));
        }
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

impl Link {
    /// Its moment, in this bucket.
    #[inline]
    fn at(self, bucket: u64) -> Instant {
        Instant::from_ns((bucket << WIDTH_BITS) + u64::from(self.beyond))
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
