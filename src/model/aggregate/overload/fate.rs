//! What becomes of attempts on shards side by side.

use wide::{CmpGe, CmpGt, CmpLt};

use super::lanes::{LANES, Lanes, each, is_some, larger, ratio, those};
use crate::model::aggregate::pressure::{NEAR, STEPS_MAX, full_of_singles, stored_of_singles};
use crate::model::aggregate::strain::{CALM, Strain, strain};
use crate::model::limit::Room;
use crate::random;

/// What becomes of attempts in a quantum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    /// Chance of being refused, of those that came in the quantum, and of those that come again
    /// within it.
    pub(super) due: Lanes,
    pub(super) again: Lanes,
    /// Where more is sent than gets in: what does is as regular as the limit.
    pub(super) full: Lanes,
}

/// What there is room for at the beginning, in shards side by side, and what comes in everywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rooms {
    pub(super) records: Lanes,
    pub(super) bytes: Lanes,
    pub(super) coming: Room,
}

impl Rooms {
    /// What each of so many shards has room for; nothing where there is none.
    pub(super) fn of(shards: usize, mut of: impl FnMut(usize) -> (Room, Room)) -> Self {
        let (mut there, mut coming) = ([(0.0, 0.0); LANES], Room { records: 0.0, bytes: 0.0 });
        for (lane, there) in there[..shards].iter_mut().enumerate() {
            let (room, more) = of(lane);
            (*there, coming) = ((room.records, room.bytes), more);
        }
        Self { records: each(|lane| there[lane].0), bytes: each(|lane| there[lane].1), coming }
    }

    /// Where nothing of so many records, charged so many bytes, is refused, however they come;
    /// where more is sent than gets in, whatever the luck; and how many get in there. As [`strain`]
    /// has it.
    #[inline]
    fn decide(&self, all: Lanes, charged: Lanes) -> (Lanes, Lanes, Lanes) {
        let a_byte = ratio(all, charged);
        let of = |there: Lanes, beyond: Lanes| {
            let left = there - beyond;
            let calm = (there * left * 2.0).cmp_gt(all * CALM);
            (is_some(there) & is_some(left) & calm, beyond.cmp_gt(there), there + all - beyond)
        };
        let (calm, over, room) = of(self.records, all - self.coming.records);
        let beyond = (charged - self.coming.bytes) * a_byte;
        let (calm_bytes, over_bytes, room_bytes) = of(self.bytes * a_byte, beyond);
        let full = (over & calm_bytes) | (over_bytes & calm);
        (calm & calm_bytes, full, larger(over.blend(room, room_bytes), Lanes::ZERO))
    }

    /// What becomes of attempts where so many are due, at each of which this part of those refused
    /// comes again at once. `guess` is the chance of being refused that was found before.
    #[inline]
    pub(super) fn fate(
        &self,
        (all, charged): (Lanes, Lanes),
        sent: &(impl Iterator<Item = (Lanes, f64)> + Clone),
        guess: &mut Lanes,
        chance: &mut random::Stream,
    ) -> Fate {
        let (calm, mut full, mut room) = self.decide(all, charged);
        let (mut due, mut more) = (Lanes::ZERO, Lanes::ZERO);
        let open = is_some(all) & !(calm | full);
        for lane in those(open) {
            let of = |lanes: Lanes| lanes.to_array()[lane];
            let there = Room { records: of(self.records), bytes: of(self.bytes) };
            let luck = || chance.exponential();
            match strain((there, self.coming), (of(all), of(charged)), luck) {
                Strain::None => {}
                Strain::Moments(part) => due.as_array_mut()[lane] = part,
                Strain::Beyond { room: some, .. } => {
                    more.as_array_mut()[lane] = 1.0;
                    room.as_array_mut()[lane] = some;
                }
            }
        }
        full |= is_some(more);
        if full.none() {
            return Fate { due, again: Lanes::ZERO, full };
        }
        *guess = chances((room, full), sent, *guess);
        Fate { due: full.blend(*guess, due), again: full & *guess, full }
    }
}

/// The chances with which calls find nothing where `full`, and `guess` elsewhere; as
/// [`full_of_singles`] has it.
#[inline]
fn chances(
    (room, full): (Lanes, Lanes),
    sent: &(impl Iterator<Item = (Lanes, f64)> + Clone),
    guess: Lanes,
) -> Lanes {
    let (mut chances, mut open) = (guess, full);
    let near = larger(room, Lanes::ONE) * NEAR;
    for _ in 0..STEPS_MAX {
        let each = sent.clone().map(|(due, again)| (due, Lanes::from(again)));
        let (step, error) = stored_of_singles(each, chances).step(room);
        chances = open.blend(chances - step, chances);
        open &= error.abs().cmp_ge(near);
        if open.none() {
            break;
        }
    }
    let is_chance = chances.cmp_ge(Lanes::ZERO) & chances.cmp_lt(Lanes::ONE);
    for lane in those(full & (open | !is_chance)) {
        let of = |lanes: Lanes| lanes.to_array()[lane];
        let sent = sent.clone().map(|(due, again)| (of(due), again));
        chances.as_array_mut()[lane] = full_of_singles(of(room), &sent, 0.5);
    }
    chances
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMING: Room = Room { records: 1_000.0, bytes: 1e6 };

    fn chance() -> random::Stream {
        random::Stream::named(1, 0, "fate")
    }

    fn four(numbers: impl Fn(usize) -> f64) -> [f64; LANES] {
        std::array::from_fn(numbers)
    }

    /// Far below the limit nothing is refused; of 2,000 that come again at once three times, a
    /// thousand get in where half is refused after four attempts, each with the fourth root of it;
    /// what is too heavy is refused by its bytes; and where nothing is sent, nothing happens.
    #[test]
    fn each_shard_has_its_own_fate() {
        let all = Lanes::new([500.0, 2_000.0, 400.0, 0.0]);
        let charged = Lanes::new([5e4, 2e5, 2e6, 0.0]);
        let rooms = Rooms::of(3, |_| (Room { records: 0.5, bytes: 100.0 }, COMING));
        let full = Rooms { records: Lanes::new([1e3, 0.0, 1e3, 0.0]), ..rooms };
        let due = [all, Lanes::ZERO, Lanes::ZERO, Lanes::ZERO];
        let sent = due.iter().zip([1.0, 1.0, 1.0, 0.0]).map(|(due, again)| (*due, again));
        let bytes = Lanes::new([1e6, 1e6, 0.0, 0.0]);
        let full = Rooms { bytes, ..full };
        let mut guess = Lanes::HALF;
        let fate = full.fate((all, charged), &sent, &mut guess, &mut chance());
        let root = 0.5_f64.sqrt().sqrt();
        for (lane, refused) in [0.0, root, root, 0.0].into_iter().enumerate() {
            let [due, again] = [fate.due, fate.again].map(|it| it.to_array()[lane]);
            assert!(
                (due - refused).abs() < 1e-4 && (again - refused).abs() < 1e-4,
                "{lane}: {due}"
            );
        }
        assert_eq!(those(fate.full).collect::<Vec<_>>(), [1, 2]);
    }

    proptest! {
        /// Shards side by side fare as one by one.
        #[test]
        fn side_by_side_is_one_by_one(
            there in prop::array::uniform4((0.0..1_000.0, 0.0..1e6)),
            all in prop::array::uniform4(0_u32..5_000),
            each in prop::array::uniform4(10.0..3_000.0),
            (part, again) in (0.0..1.0, 0.0..1.0),
            guess in 0.0..1.0,
        ) {
            let all = all.map(f64::from);
            let charged = four(|lane| all[lane] * each[lane]);
            let room = |lane: usize| Room { records: there[lane].0, bytes: there[lane].1 };
            let rooms = Rooms::of(LANES, |lane| (room(lane), COMING));
            let (fresh, old) = (Lanes::new(all) * part, Lanes::new(all) * (1.0 - part));
            let sent = [(fresh, again), (old, 0.0)];
            let (mut one, mut other) = (chance(), chance());
            let amounts = (Lanes::new(all), Lanes::new(charged));
            let fate = rooms.fate(amounts, &sent.into_iter(), &mut Lanes::from(guess), &mut one);
            for lane in (0..LANES).filter(|&lane| all[lane] > 0.0) {
                let luck = || other.exponential();
                let strain = strain((room(lane), COMING), (all[lane], charged[lane]), luck);
                let (due, again) = (fate.due.to_array()[lane], fate.again.to_array()[lane]);
                let is_full = those(fate.full).any(|full| full == lane);
                match strain {
                    Strain::None => prop_assert!(due <= 0.0 && again <= 0.0 && !is_full),
                    Strain::Moments(part) => {
                        prop_assert!((due - part).abs() < 1e-12 && again <= 0.0 && !is_full);
                    }
                    Strain::Beyond { room, .. } => {
                        prop_assert!(is_full);
                        let sent = sent.map(|(due, again)| (due.to_array()[lane], again));
                        let all = sent[0].0 * (1.0 + due * sent[0].1) + sent[1].0;
                        let stored = all * (1.0 - due);
                        prop_assert!((stored - room).abs() < 2e-4 * room.max(1.0));
                        prop_assert!((due - again).abs() < 1e-12);
                    }
                }
            }
            prop_assert_eq!(one.position(), other.position());
        }
    }
}
