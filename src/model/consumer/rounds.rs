//! What a reader has to do, and when.

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
    /// Width of a cell (ns).
    cell: u64,
    /// By shard.
    slots: Vec<Slot>,
    /// No shard has anything to do before.
    next: Instant,
    /// The same of those shards that have been served in this round.
    next_of_served: Instant,
    /// The round that is being served goes up to here, which is included.
    until: Instant,
    /// The shard that is being served.
    shard: usize,
}

/// What falls due in one shard: of its calls one thing at a time, and of its processing.
#[derive(Clone, Copy, Debug)]
struct Slot {
    call: Instant,
    done: Instant,
    /// What `call` is the moment of.
    what: Due,
}

impl Rounds {
    /// Nothing to do yet, and room for so many things.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { timers: Timers::with_capacity(capacity), apart: None }
    }

    /// From now on each of so many shards by itself, in cells of this width.
    pub(super) fn go_apart(&mut self, cell: Span, shards: usize) {
        self.apart = Some(Box::new(Apart {
            cell: cell.as_ns(),
            slots: vec![Slot::EMPTY; shards],
            next: Instant::NEVER,
            next_of_served: Instant::NEVER,
            until: Instant::ZERO,
            shard: shards,
        }));
        let mut set = std::mem::replace(&mut self.timers, Timers::with_capacity(0));
        while let Some((at, due)) = set.pop() {
            self.set(at, due);
        }
    }

    /// From now on there are so many shards.
    pub(super) fn extend(&mut self, shards: usize) {
        if let Some(apart) = &mut self.apart {
            apart.slots.resize(shards, Slot::EMPTY);
        }
    }

    /// `due` falls due at `at`. Of a shard's calls no other is set.
    #[inline(always)]
    pub(super) fn set(&mut self, at: Instant, due: Due) {
        match &mut self.apart {
            None => self.timers.set(at, due),
            Some(apart) => {
                apart.next = apart.next.min(at);
                apart.next_of_served = apart.next_of_served.min(at);
                apart.slots[due.shard() as usize].set(at, due);
            }
        }
    }

    /// When the next falls due, or before that; [`Instant::NEVER`] if nothing does.
    #[inline]
    pub(super) fn next_at(&self) -> Instant {
        self.apart.as_ref().map_or_else(|| self.timers.next_at(), |apart| apart.next)
    }

    /// Takes the next off that falls due up to `until`, which is included. In a round, what
    /// belongs to another shard may lie before the one taken last.
    #[inline]
    pub(super) fn pop(&mut self, until: Instant) -> Option<(Instant, Due)> {
        match &mut self.apart {
            Some(apart) => apart.pop(until),
            None if self.timers.next_at() <= until => self.timers.pop(),
            None => None,
        }
    }

    /// When shard `i` is to be called, if it is served apart and nothing else is to be done there.
    #[inline]
    pub(super) fn next_call(&self, i: usize) -> Option<Instant> {
        let slot = self.apart.as_ref()?.slots.get(i)?;
        let plain = matches!(slot.what, Due::Poll(_)) && slot.done == Instant::NEVER;
        (plain && slot.call != Instant::NEVER).then_some(slot.call)
    }

    /// Nothing is to be done any more.
    pub(super) fn clear(&mut self) {
        self.timers.clear();
        if let Some(apart) = &mut self.apart {
            apart.slots.fill(Slot::EMPTY);
            (apart.next, apart.next_of_served) = (Instant::NEVER, Instant::NEVER);
        }
    }
}

impl Apart {
    #[inline]
    fn pop(&mut self, until: Instant) -> Option<(Instant, Due)> {
        loop {
            while let Some(slot) = self.slots.get_mut(self.shard) {
                if let Some(due) = slot.pop(self.until, self.shard as u32) {
                    return Some(due);
                }
                self.next_of_served = self.next_of_served.min(slot.call).min(slot.done);
                self.shard += 1;
            }
            self.next = self.next_of_served;
            if self.next > until || self.next == Instant::NEVER {
                return None;
            }
            let cell = self.next.as_ns() / self.cell;
            self.until = until.min(Instant::from_ns((cell + 1) * self.cell - 1));
            (self.shard, self.next_of_served) = (0, Instant::NEVER);
        }
    }
}

impl Slot {
    const EMPTY: Self = Self { call: Instant::NEVER, done: Instant::NEVER, what: Due::Poll(0) };

    #[inline]
    fn set(&mut self, at: Instant, due: Due) {
        match due {
            Due::Done(_) => self.done = at,
            call => (self.call, self.what) = (at, call),
        }
    }

    /// Takes its next off that falls due up to `until`.
    #[inline]
    fn pop(&mut self, until: Instant, shard: u32) -> Option<(Instant, Due)> {
        let (at, due) = if self.done <= self.call {
            (&mut self.done, Due::Done(shard))
        } else {
            (&mut self.call, self.what)
        };
        if *at > until || *at == Instant::NEVER {
            return None;
        }
        Some((std::mem::replace(at, Instant::NEVER), due))
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
            first in prop::collection::vec((0_u64..5_000, 0_u64..5_000), 1..30),
            steps in prop::collection::vec(1_u64..900, 1..40),
            again in prop::collection::vec(0_u64..700, 1..50),
        ) {
            let mut rounds = Rounds::with_capacity(8);
            rounds.go_apart(Span::from_ns(250), first.len());
            let mut set = Vec::new();
            for (shard, &(call, done)) in (0..).zip(&first) {
                for (at, due) in [(call, Due::Poll(shard)), (done, Due::Done(shard))] {
                    rounds.set(Instant::from_ns(at), due);
                    set.push((at, due));
                }
            }
            let (mut until, mut served, mut more) = (0, Vec::new(), again.iter());
            let mut last = vec![0; first.len()];
            for step in steps {
                until += step;
                while let Some((at, due)) = rounds.pop(Instant::from_ns(until)) {
                    let (at, shard) = (at.as_ns(), due.shard());
                    prop_assert!(at <= until && at >= last[shard as usize]);
                    last[shard as usize] = at;
                    served.push((at, due));
                    if let Some(later) = more.next() {
                        rounds.set(Instant::from_ns(at + later), due);
                        set.push((at + later, due));
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
