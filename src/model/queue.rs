//! A queue in one piece of memory.

/// Things in order, taken from the front and added at the end: a slice, unlike what goes around in
/// a ring, so that looking at the first or at all of them takes no more than that.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    /// Those before `front` are gone.
    all: Vec<T>,
    front: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { all: Vec::new(), front: 0 }
    }
}

impl<T: Copy> Queue<T> {
    /// All that are there.
    #[inline]
    pub(super) fn as_slice(&self) -> &[T] {
        &self.all[self.front..]
    }

    /// The first.
    #[inline]
    pub(super) fn front(&self) -> Option<&T> {
        self.all.get(self.front)
    }

    /// The first.
    #[inline]
    pub(super) fn front_mut(&mut self) -> Option<&mut T> {
        self.all.get_mut(self.front)
    }

    /// All that are there.
    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.all[self.front..]
    }

    /// Takes the first so many off.
    #[inline]
    pub(super) fn drop_front(&mut self, count: usize) {
        self.front += count;
        if self.front >= self.all.len() {
            self.all.clear();
            self.front = 0;
        }
    }

    /// Takes all off.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.front = 0;
    }

    /// Adds one at the end.
    #[inline]
    pub(super) fn push_back(&mut self, one: T) {
        if self.all.len() == self.all.capacity() {
            self.make_room();
        }
        self.all.push(one);
    }

    /// How many would find room in the memory it has.
    #[inline]
    pub(super) fn room(&self) -> usize {
        self.all.capacity() - self.all.len()
    }

    /// How many its memory could hold.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.all.capacity()
    }

    /// All of it, without those that are gone.
    pub(super) fn as_vec(&mut self) -> &mut Vec<T> {
        self.all.drain(..self.front);
        self.front = 0;
        &mut self.all
    }

    /// Moves everything to the beginning, if that makes room for half as many again.
    #[cold]
    fn make_room(&mut self) {
        if 2 * self.front >= self.all.len() {
            self.as_vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// As a ring does it, whatever is done.
        #[test]
        fn it_is_a_queue(steps in prop::collection::vec(any::<Option<u8>>(), 0..200)) {
            let (mut queue, mut ring) = (Queue::default(), VecDeque::new());
            for step in steps {
                match step {
                    Some(one) => {
                        queue.push_back(one);
                        ring.push_back(one);
                    }
                    None if !ring.is_empty() => {
                        queue.drop_front(1);
                        ring.pop_front();
                    }
                    None => {}
                }
                prop_assert_eq!(queue.front(), ring.front());
                prop_assert_eq!(queue.as_slice(), ring.make_contiguous());
                // Memory is what is kept, and not many times that.
                prop_assert!(queue.capacity() <= 8 + 4 * ring.len().max(50));
            }
            prop_assert_eq!(queue.as_vec(), &ring.into_iter().collect::<Vec<u8>>());
        }
    }
}
