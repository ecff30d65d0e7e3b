//! Records that a producer gives up as soon as it has the answer that refuses them.

use crate::model::aggregate::crowd::Crowd;
use crate::model::aggregate::delay::Return;
use crate::model::observation::LossCause;

/// What one producer is yet to give up, by the cell of the grid in which its answers come.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    /// A ring of cells: records and bytes by cause. Of no length where answers come at once.
    cells: Vec<[(u64, u64); CAUSES]>,
    /// All of them together.
    held: (u64, u64),
    /// Fractions of records in turn, those at once and those later: independent of one another.
    carry: (f64, f64),
}

const CAUSES: usize = LossCause::ALL.len();

/// One over the plastic number, and its square: pairs of their multiples fill a square evenly.
const STEPS: (f64, f64) = (0.754_877_666_246_692_8, 0.569_840_290_998_053_3);

impl Losses {
    /// Where answers reach so many cells ahead.
    pub(super) fn new(reach: usize) -> Self {
        let cells = vec![[(0, 0); CAUSES]; if reach > 0 { reach + 2 } else { 0 }];
        Self { cells, held: (0, 0), carry: (0.0, 0.0) }
    }

    /// `lost` was refused for the last time in cell number `cell`, and is answered as `back` says:
    /// returns whose answers come within the quantum.
    pub(super) fn give_up(
        &mut self,
        cell: u64,
        lost: Crowd,
        cause: LossCause,
        back: &Return,
    ) -> Crowd {
        self.carry = ((self.carry.0 + STEPS.0) % 1.0, (self.carry.1 + STEPS.1) % 1.0);
        let all = f64::from(lost.records);
        let at_once = (all * back.same.part + self.carry.0) as u32;
        let (at_once, mut rest) = lost.split(at_once);
        let (later, mut sent) = (f64::from(rest.records), 0);
        for (place, &(ahead, up_to, _)) in back.later.iter().enumerate() {
            let last = place + 1 == back.later.len();
            let wanted = (later * up_to + self.carry.1) as u32;
            let (part, others) =
                rest.split(if last { rest.records } else { wanted.saturating_sub(sent) });
            let slot = ((cell + u64::from(ahead)) % self.cells.len() as u64) as usize;
            let there = &mut self.cells[slot][cause as usize];
            *there = (there.0 + u64::from(part.records), there.1 + part.bytes);
            (sent, rest) = (sent + part.records, others);
            self.held = (self.held.0 + u64::from(part.records), self.held.1 + part.bytes);
        }
        at_once
    }

    /// Tells `state` what is known to be lost in cell number `cell`: why, records and bytes.
    pub(super) fn due(&mut self, cell: u64, mut state: impl FnMut(LossCause, u32, u64)) {
        if self.held.0 == 0 {
            return;
        }
        let slot = (cell % self.cells.len() as u64) as usize;
        let due = std::mem::replace(&mut self.cells[slot], [(0, 0); CAUSES]);
        for (cause, (records, bytes)) in LossCause::ALL.into_iter().zip(due) {
            self.held = (self.held.0 - records, self.held.1 - bytes);
            let (mut left, mut bytes_left) = (records, bytes);
            while left > 0 {
                let part = u32::try_from(left).unwrap_or(u32::MAX);
                let whole = u64::from(part) == left;
                let bytes = if whole { bytes_left } else { bytes_left / 2 };
                state(cause, part, bytes);
                (left, bytes_left) = (left - u64::from(part), bytes_left - bytes);
            }
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> u64 {
        (self.cells.len() * size_of::<[(u64, u64); CAUSES]>()) as u64
    }

    /// Records and bytes that it is yet to give up.
    pub(super) fn held(&self) -> (u64, u64) {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aggregate::delay::Landing;

    /// A quarter is known at once, a quarter two cells later, half three cells later, however few
    /// go together.
    #[test]
    fn everybody_is_given_up_in_time() {
        for each in [1, 1_000] {
            let landing = |part| Landing { part, mean: 0.0, variance: 0.0 };
            let later = vec![(2, 1.0 / 3.0, landing(0.25)), (3, 1.0, landing(0.5))];
            let back = Return { same: landing(0.25), later };
            let mut losses = Losses::new(3);
            let (mut known, mut bytes_known) = ([0_u64; 8], 0);
            for _ in 0..2_000 / each {
                let lost = Crowd { records: each, bytes: 7, ..Crowd::NONE };
                let at_once = losses.give_up(11, lost, LossCause::Failed, &back);
                known[0] += u64::from(at_once.records);
                bytes_known += at_once.bytes;
            }
            for cell in 11..16 {
                losses.due(cell, |cause, records, bytes| {
                    assert_eq!(cause, LossCause::Failed);
                    known[cell as usize - 11] += u64::from(records);
                    bytes_known += bytes;
                });
            }
            assert_eq!(known.iter().sum::<u64>(), 2_000);
            assert_eq!((bytes_known, losses.held()), (u64::from(2_000 / each) * 7, (0, 0)));
            for (cell, wanted) in [(0, 500_u64), (2, 500), (3, 1_000)] {
                assert!(known[cell].abs_diff(wanted) <= 25, "{known:?}");
            }
        }
    }
}
