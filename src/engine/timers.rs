//! Moments an actor keeps to itself, mostly set in the order in which they fall due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::time::Instant;

/// A queue of (moment, item): constant time for what is set in order, a heap for the rest.
///
/// Equal moments come out in the order they were set.
#[derive(Clone, Debug)]
pub struct Timers<T> {
    in_order: VecDeque<(Instant, u64, T)>,
    rest: BinaryHeap<Reverse<(Instant, u64, T)>>,
    set: u64,
}

impl<T: Copy + Ord> Timers<T> {
    /// An empty queue with room for `capacity` items.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            in_order: VecDeque::with_capacity(capacity),
            rest: BinaryHeap::with_capacity(capacity),
            set: 0,
        }
    }

    /// Nothing is set any more.
    pub fn clear(&mut self) {
        self.in_order.clear();
        self.rest.clear();
    }

    /// `item` falls due at `at`.
    #[inline]
    pub fn set(&mut self, at: Instant, item: T) {
        self.set += 1;
        if self.in_order.back().is_none_or(|last| last.0 <= at) {
            self.in_order.push_back((at, self.set, item));
        } else {
            self.rest.push(Reverse((at, self.set, item)));
        }
    }

    /// The earliest moment set; [`Instant::NEVER`] when empty.
    #[inline]
    #[must_use]
    pub fn next_at(&self) -> Instant {
        let front = self.in_order.front().map_or(Instant::NEVER, |entry| entry.0);
        self.rest.peek().map_or(front, |entry| entry.0.0.min(front))
    }

    /// Takes the earliest off.
    #[inline]
    pub fn pop(&mut self) -> Option<(Instant, T)> {
        let heap_first = match (self.in_order.front(), self.rest.peek()) {
            (Some(front), Some(Reverse(top))) => (top.0, top.1) < (front.0, front.1),
            (front, _) => front.is_none(),
        };
        let entry =
            if heap_first { self.rest.pop().map(|top| top.0) } else { self.in_order.pop_front() };
        entry.map(|(at, _, item)| (at, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_out_by_moment_then_by_order_of_setting() {
        let mut timers = Timers::with_capacity(4);
        for (item, at) in [(0, 5), (1, 3), (2, 5), (3, 9), (4, 3), (5, 1)] {
            timers.set(Instant::from_s(at), item);
        }
        assert_eq!(timers.next_at(), Instant::from_s(1));
        let order: Vec<i32> = std::iter::from_fn(|| timers.pop()).map(|entry| entry.1).collect();
        assert_eq!(order, [5, 1, 4, 0, 2, 3]);
        assert_eq!(timers.next_at(), Instant::NEVER);
    }
}
