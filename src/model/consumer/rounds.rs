//! What a reader has to do, and when.

use std::collections::VecDeque;

use crate::engine::timers::Timers;
use crate::model::consumer::caller::Due;
use crate::time::{Instant, Span};

/// Moments at which something falls due, in order of time; or shard by shard.
///
/// Shards that have nothing to do with one another can be served in any order. With thousands of
/// them, going from one to the next through memory takes a fraction of the time that jumping about
/// in order of time takes.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    timers: Timers<Due>,
    apart: Option<Box<Apart>>,
}

/// Shard by shard, a cell of time at a time.
#[derive(Clone, Debug)]
struct Apart {
    /// Width of a cell (ns); a whole number of them make a second.
    cell: u64,
    /// What falls due in the cells from number `first` on.
    cells: VecDeque<Cell>,
    first: u64,
    /// What is being served, in falling order of shards.
    round: Vec<Entry>,
    /// It goes up to here, which is included.
    until: Instant,
    /// The shard that is being served, and what of it falls due within the round since it began.
    shard: u32,
    own: Vec<Entry>,
}

/// By shard, then time.
type Entry = (u32, Instant, Due);

#[derive(Clone, Debug)]
struct Cell {
    /// The first moment of all.
    first: Instant,
    entries: Vec<Entry>,
}

/// Cells that are kept side by side; what lies further ahead waits in order of time.
const CELLS_MAX: u64 = 4_096;

impl Rounds {
    /// Nothing to do yet, and room for so many things.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { timers: Timers::with_capacity(capacity), apart: None }
    }

    /// From now on shard by shard, in cells of this width.
    pub(super) fn go_apart(&mut self, cell: Span) {
        self.apart = Some(Box::new(Apart {
            cell: cell.as_ns(),
            cells: VecDeque::new(),
            first: 0,
            round: Vec::new(),
            until: Instant::ZERO,
            shard: u32::MAX,
            own: Vec::new(),
        }));
        let mut set = Vec::new();
        while let Some(due) = self.timers.pop() {
            set.push(due);
        }
        for (at, due) in set {
            self.set(at, due);
        }
    }

    /// `due` falls due at `at`.
    #[inline]
    pub(super) fn set(&mut self, at: Instant, due: Due) {
        match &mut self.apart {
            None => self.timers.set(at, due),
            Some(apart) => {
                if !apart.set(at, due) {
                    self.timers.set(at, due);
                }
            }
        }
    }

    /// When the next falls due; [`Instant::NEVER`] if nothing does.
    #[inline]
    pub(super) fn next_at(&self) -> Instant {
        let far = self.timers.next_at();
        self.apart.as_ref().map_or(far, |apart| apart.next_at().min(far))
    }

    /// Takes the next off that falls due up to `until`, which is included. In a round, what
    /// belongs to another shard may lie before the one taken last.
    #[inline]
    pub(super) fn pop(&mut self, until: Instant) -> Option<(Instant, Due)> {
        let Some(apart) = &mut self.apart else {
            return if self.timers.next_at() <= until { self.timers.pop() } else { None };
        };
        loop {
            if let Some((shard, at, due)) = apart.pop() {
                apart.shard = shard;
                return Some((at, due));
            }
            let far = self.timers.next_at();
            let next = apart.next_at().min(far);
            if next > until || next == Instant::NEVER {
                return None;
            }
            apart.begin(next, until);
            while self.timers.next_at() <= apart.until
                && let Some((at, due)) = self.timers.pop()
            {
                apart.round.push((due.shard(), at, due));
            }
            apart.round.sort_unstable_by(|a, b| b.cmp(a));
        }
    }

    /// Nothing is to be done any more.
    pub(super) fn clear(&mut self) {
        self.timers.clear();
        if let Some(apart) = &mut self.apart {
            apart.cells.clear();
            apart.round.clear();
            apart.own.clear();
        }
    }
}

impl Apart {
    /// Whether there was a cell to put it in.
    #[inline]
    fn set(&mut self, at: Instant, due: Due) -> bool {
        let shard = due.shard();
        if at <= self.until && shard == self.shard {
            self.own.push((shard, at, due));
            return true;
        }
        let number = at.as_ns() / self.cell;
        if self.cells.is_empty() {
            self.first = number;
        }
        let Some(place) = number.checked_sub(self.first).filter(|place| *place < CELLS_MAX) else {
            return false;
        };
        while self.cells.len() as u64 <= place {
            self.cells.push_back(Cell { first: Instant::NEVER, entries: Vec::new() });
        }
        let cell = &mut self.cells[place as usize];
        cell.first = cell.first.min(at);
        cell.entries.push((shard, at, due));
        true
    }

    fn next_at(&self) -> Instant {
        let mut firsts = self.cells.iter().map(|cell| cell.first);
        firsts.find(|first| *first != Instant::NEVER).unwrap_or(Instant::NEVER)
    }

    /// The next of the round that is being served.
    #[inline]
    fn pop(&mut self) -> Option<Entry> {
        if self.own.is_empty() {
            return self.round.pop();
        }
        let place = (0..self.own.len()).min_by_key(|place| self.own[*place])?;
        match self.round.last() {
            Some(next) if *next < self.own[place] => self.round.pop(),
            _ => Some(self.own.swap_remove(place)),
        }
    }

    /// Begins a round with what falls due from `next` on, in its cell and up to `until`.
    fn begin(&mut self, next: Instant, until: Instant) {
        let number = next.as_ns() / self.cell;
        let last = Instant::from_ns((number + 1) * self.cell - 1);
        (self.until, self.shard) = (until.min(last), u32::MAX);
        while self.first < number
            && let Some(empty) = self.cells.pop_front()
        {
            // Its memory serves for a cell to come.
            self.first += 1;
            self.cells.push_back(empty);
        }
        let Some(cell) = self.cells.front_mut().filter(|_| self.first == number) else { return };
        if self.until == last {
            self.round.append(&mut cell.entries);
            cell.first = Instant::NEVER;
            return;
        }
        let until = self.until;
        self.round.extend(cell.entries.extract_if(.., |entry| entry.1 <= until));
        let first = cell.entries.iter().map(|entry| entry.1).min();
        cell.first = first.unwrap_or(Instant::NEVER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Each shard's own things come in order of time, and all that is due comes, as from a
        /// sorted list; however the time is cut into steps, and whatever is set on the way.
        #[test]
        fn every_shard_is_served_in_order(
            first in prop::collection::vec((0_u32..6, 0_u64..5_000), 1..60),
            steps in prop::collection::vec(1_u64..900, 1..40),
            again in prop::collection::vec(0_u64..700, 1..50),
        ) {
            let mut rounds = Rounds::with_capacity(8);
            rounds.go_apart(Span::from_ns(250));
            let mut set: Vec<(u64, u32)> = Vec::new();
            for &(shard, at) in &first {
                rounds.set(Instant::from_ns(at), Due::Poll(shard));
                set.push((at, shard));
            }
            let (mut until, mut served, mut more) = (0, Vec::new(), again.iter());
            let mut last = [0; 6];
            for step in steps {
                until += step;
                while let Some((at, due)) = rounds.pop(Instant::from_ns(until)) {
                    let (at, shard) = (at.as_ns(), due.shard());
                    prop_assert!(at <= until && at >= last[shard as usize]);
                    last[shard as usize] = at;
                    served.push((at, shard));
                    if let Some(later) = more.next() {
                        rounds.set(Instant::from_ns(at + later), Due::Poll(shard));
                        set.push((at + later, shard));
                    }
                }
                prop_assert!(rounds.next_at() > Instant::from_ns(until));
            }
            set.retain(|entry| entry.0 <= until);
            set.sort_unstable();
            served.sort_unstable();
            prop_assert_eq!(served, set);
        }
    }
}
