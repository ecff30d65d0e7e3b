//! Who acts next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Instant;

/// An actor: its phase in the high bits, then its place in the order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(u32);

const PHASE_SHIFT: u32 = 28;

impl ActorId {
    /// The actor declared as number `index` of its `phase` (0 to 15).
    #[must_use]
    pub const fn new(phase: u8, index: u32) -> Self {
        Self(((phase as u32) << PHASE_SHIFT) | index)
    }

    /// Which phase it acts in.
    #[must_use]
    pub const fn phase(self) -> u8 {
        (self.0 >> PHASE_SHIFT) as u8
    }

    /// Its place within the phase.
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 & ((1 << PHASE_SHIFT) - 1)) as usize
    }
}

/// One next moment for each actor; the least (time, actor) comes first.
///
/// A heap beside a table of what is due. An entry that differs from the table is out of date and
/// skipped, so moving an actor needs no deletion.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    heap: BinaryHeap<Reverse<(Instant, ActorId)>>,
    due: Vec<Vec<Instant>>,
}

impl Agenda {
    /// An agenda with nothing on it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `who` acts at `at`, and not before; whatever was planned is dropped.
    pub fn set(&mut self, who: ActorId, at: Instant) {
        *self.slot(who) = at;
        if at != Instant::NEVER {
            self.heap.push(Reverse((at, who)));
        }
    }

    /// `who` acts at `at`, unless it already acts earlier.
    pub fn sooner(&mut self, who: ActorId, at: Instant) {
        if at < *self.slot(who) {
            self.set(who, at);
        }
    }

    /// The next (time, actor), if any.
    #[inline]
    pub fn peek(&mut self) -> Option<(Instant, ActorId)> {
        while let Some(&Reverse((at, who))) = self.heap.peek() {
            if *self.slot(who) == at {
                return Some((at, who));
            }
            self.heap.pop();
        }
        None
    }

    /// Takes the next (time, actor) off, if it comes before `until`.
    pub fn pop_before(&mut self, until: Instant) -> Option<(Instant, ActorId)> {
        let (at, who) = self.peek().filter(|&(at, _)| at < until)?;
        self.heap.pop();
        *self.slot(who) = Instant::NEVER;
        Some((at, who))
    }

    fn slot(&mut self, who: ActorId) -> &mut Instant {
        let (phase, index) = (usize::from(who.phase()), who.index());
        if self.due.len() <= phase {
            self.due.resize(phase + 1, Vec::new());
        }
        let row = &mut self.due[phase];
        if row.len() <= index {
            row.resize(index + 1, Instant::NEVER);
        }
        &mut row[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(phase: u8, index: u32) -> ActorId {
        ActorId::new(phase, index)
    }

    #[test]
    fn ties_go_by_phase_then_declaration_whoever_came_first() {
        let mut agenda = Agenda::new();
        let at = Instant::from_s(1);
        for who in [id(3, 0), id(1, 1), id(1, 0), id(4, 0)] {
            agenda.set(who, at);
        }
        let order: Vec<ActorId> =
            std::iter::from_fn(|| agenda.pop_before(Instant::NEVER)).map(|(_, who)| who).collect();
        assert_eq!(order, [id(1, 0), id(1, 1), id(3, 0), id(4, 0)]);
    }

    #[test]
    fn sooner_only_moves_earlier_and_set_replaces() {
        let mut agenda = Agenda::new();
        agenda.set(id(0, 0), Instant::from_s(5));
        agenda.sooner(id(0, 0), Instant::from_s(7));
        assert_eq!(agenda.peek(), Some((Instant::from_s(5), id(0, 0))));
        agenda.sooner(id(0, 0), Instant::from_s(3));
        agenda.set(id(0, 0), Instant::from_s(9));
        assert_eq!(agenda.pop_before(Instant::from_s(9)), None);
        assert_eq!(agenda.pop_before(Instant::NEVER), Some((Instant::from_s(9), id(0, 0))));
        assert_eq!(agenda.pop_before(Instant::NEVER), None);
    }
}
