//! How much of what a shard is sent in a quantum it refuses.
//!
//! A shard under pressure is empty most of the time, and what has come in since the last call is
//! what the next one finds: about an exponential amount, the same in law for every call. So small
//! calls fare better than large ones, and new records no better than repeats. How large that
//! amount is in the mean follows from what gets in altogether.

use std::ops::{Add, Div, Mul, Sub};

/// What a call or several have for a shard: records, or bytes where these are scarce.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// All of it.
    pub(super) amount: f64,
    /// Calls that bring it.
    pub(super) calls: f64,
}

/// What one producer sends a shard in a quantum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'a> {
    /// What comes at its first attempt, its second, … for the first time in this quantum.
    pub(super) due: &'a [Load],
    /// What part of that which an attempt leaves refused comes again within the quantum.
    pub(super) again: &'a [f64],
    /// What a record is: a call that has some refused has at least that.
    pub(super) record: f64,
    /// What fails before the shard sees it, of what comes again within the quantum.
    pub(super) failing: Failing<'a>,
}

/// Attempts that fail before a shard sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failing<'a> {
    /// The part that may be tried again, and the part that comes to the shard.
    pub(super) parts: (f64, f64),
    /// What part of the first, after each attempt, comes again within the quantum.
    pub(super) again: &'a [f64],
}

/// What calls find when they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found {
    /// As much as anybody may want.
    Plenty,
    /// So much in the mean; nothing at zero.
    Mean(f64),
    /// Where calls are of a record each: one of them finds nothing with this chance.
    Full(f64),
}

impl Found {
    /// The part that is refused of `load`, and the part of its calls that have some refused.
    #[inline]
    pub(super) fn refuses(self, load: Load) -> (f64, f64) {
        let found = match self {
            _ if load.amount <= 0.0 => return (0.0, 0.0),
            Self::Plenty => return (0.0, 0.0),
            Self::Full(chance) => return (chance, chance),
            Self::Mean(found) if found <= 0.0 => return (1.0, 1.0),
            Self::Mean(found) => found,
        };
        let each = load.amount / load.calls / found;
        // 1 - (1 - e^-x) / x, without cancelling where x is small.
        let touched = -libm::expm1(-each);
        let refused = if each < 1e-4 { each / 2.0 } else { 1.0 - touched / each };
        (refused, touched)
    }
}

impl Load {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { amount: self.amount + other.amount, calls: self.calls + other.calls }
    }

    /// A part of it.
    #[inline]
    fn times(self, part: f64) -> Self {
        Self { amount: self.amount * part, calls: self.calls * part }
    }
}

impl Sent<'_> {
    /// All that gets in where calls find so much.
    fn stored(&self, found: Found) -> f64 {
        let (mut stored, mut back) = (0.0, Load::default());
        for place in 0.. {
            let due = self.due.get(place).copied().unwrap_or_default();
            let failed = back.times(self.failing.parts.0);
            let load = due.and(back.times(self.failing.parts.1));
            if place >= self.due.len() && (load.amount < NOTHING || place > self.again.len()) {
                break;
            }
            let (refused, touched) = found.refuses(load);
            stored += load.amount * (1.0 - refused);
            let again = self.again.get(place).copied().unwrap_or(0.0);
            let amount = load.amount * refused * again;
            let calls = (load.calls * touched * again).min(amount / self.record);
            back = Load { amount, calls };
            if let Some(&again) = self.failing.again.get(place) {
                back = back.and(failed.times(again));
            }
        }
        stored
    }

    /// What gets in where calls are of a record each and find nothing with chance `full`.
    #[inline]
    fn stored_of_singles(&self, full: f64) -> Stored {
        let places = 0..self.due.len().max(self.again.len() + 1);
        let sent = places.map(|place| {
            let due = self.due.get(place).map_or(0.0, |due| due.amount);
            (due, self.again.get(place).copied().unwrap_or(0.0))
        });
        stored_of_singles(sent, full)
    }

    /// All that is sent if nothing is refused.
    fn due(&self) -> Load {
        self.due.iter().copied().fold(Load::default(), Load::and)
    }
}

/// What gets in, and how that rises with the chance of a call to find nothing: once and twice
/// derived. In one shard, or in several side by side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stored<T = f64> {
    amount: T,
    rise: T,
    curve: T,
}

/// A number, or several side by side.
pub(super) trait Number:
    Copy
    + Default
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
}

impl Number for f64 {}

impl<T: Number> Stored<T> {
    /// Both together.
    #[inline]
    fn and(self, other: Self) -> Self {
        Self {
            amount: self.amount + other.amount,
            rise: self.rise + other.rise,
            curve: self.curve + other.curve,
        }
    }

    /// By how much the chance has to fall for just `room` to get in (Halley's method), and how much
    /// more does.
    #[inline]
    pub(super) fn step(&self, room: T) -> (T, T) {
        let (two, error) = (T::from(2.0), self.amount - room);
        let step = two * error * self.rise / (two * self.rise * self.rise - error * self.curve);
        (step, error)
    }
}

/// What gets in of so many as are due at each place, of which, refused, this part comes again at
/// once; see [`Sent`]. Calls are of a record each and find nothing with chance `full`.
#[inline]
pub(super) fn stored_of_singles<T: Number>(
    sent: impl Iterator<Item = (T, T)>,
    full: T,
) -> Stored<T> {
    let (mut sum, mut back) = (Stored::default(), Stored::default());
    for (due, again) in sent {
        let load = Stored { amount: due + back.amount, ..back };
        sum = sum.and(load);
        back = Stored {
            amount: load.amount * full * again,
            rise: (load.amount + load.rise * full) * again,
            curve: (load.rise + load.rise + load.curve * full) * again,
        };
    }
    let gets_in = T::from(1.0) - full;
    Stored {
        amount: sum.amount * gets_in,
        rise: sum.rise * gets_in - sum.amount,
        curve: sum.curve * gets_in - (sum.rise + sum.rise),
    }
}

/// The chance with which calls of a record each find nothing where just `room` gets in of what one
/// producer has `sent`, as above: from `guess` on.
#[inline]
pub(super) fn full_of_singles(
    room: f64,
    sent: &(impl Iterator<Item = (f64, f64)> + Clone),
    guess: f64,
) -> f64 {
    let mut full = guess;
    for _ in 0..STEPS_MAX {
        let (step, error) = stored_of_singles(sent.clone(), full).step(room);
        full -= step;
        if !(0.0..1.0).contains(&full) {
            break;
        }
        if error.abs() < NEAR * room.max(1.0) {
            return full;
        }
    }
    // What gets in falls with the chance.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVES_MAX {
        full = f64::midpoint(low, high);
        let more = stored_of_singles(sent.clone(), full).amount > room;
        (low, high) = if more { (full, high) } else { (low, full) };
    }
    full
}

/// From so close, as a part of what gets in, one step more leads to within the cube of it.
pub(super) const NEAR: f64 = 0.02;

/// What gets in is found to this part of it.
const CLOSE: f64 = 1e-4;

/// Amounts that are not followed any further.
const NOTHING: f64 = 1e-6;

/// What calls find where just `room` gets in; plenty where there is room for all. `single` if they
/// are of a record each.
pub(super) fn found(room: f64, single: bool, sent: &[Sent<'_>]) -> Found {
    let due = sent.iter().fold(Load::default(), |sum, sent| sum.and(sent.due()));
    if due.amount <= room {
        return Found::Plenty;
    }
    if room <= NOTHING {
        return Found::Mean(0.0);
    }
    if single && let Some(full) = full(room, due.amount, sent) {
        return Found::Full(full);
    }
    // From nothing found at 0 to all there is at 1.
    let each = due.amount / due.calls;
    let at = |part: f64| {
        if single { Found::Full(1.0 - part) } else { Found::Mean(each * part / (1.0 - part)) }
    };
    let missing = |part: f64| sent.iter().map(|sent| sent.stored(at(part))).sum::<f64>() - room;
    // What gets in rises with what is found: a straight line between both ends, or half of the way
    // where that makes no headway (the Illinois rule).
    let (mut low, mut high) = ((0.0, -room), (1.0, due.amount - room));
    let (mut part, mut side) = (0.5, 0);
    for _ in 0..HALVES_MAX {
        part = ((low.0 * high.1 - high.0 * low.1) / (high.1 - low.1)).clamp(1e-9, 1.0 - 1e-9);
        let error = missing(part);
        if error.abs() < CLOSE * room.max(1.0) {
            break;
        }
        if error > 0.0 {
            high = (part, error);
            low.1 *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        } else {
            low = (part, error);
            high.1 *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        }
    }
    at(part)
}

const HALVES_MAX: u32 = 40;

/// The chance with which calls of a record each find nothing where just `room` gets in of `due`;
/// `None` where that is not found in some steps, or some fail on their way.
fn full(room: f64, due: f64, sent: &[Sent<'_>]) -> Option<f64> {
    if sent.iter().any(|sent| sent.failing.parts.0 > 0.0 || sent.failing.parts.1 < 1.0) {
        return None;
    }
    let mut full = 1.0 - room / due;
    for _ in 0..STEPS_MAX {
        let sums = sent.iter().map(|sent| sent.stored_of_singles(full));
        let (step, error) = sums.fold(Stored::default(), Stored::and).step(room);
        full -= step;
        if !(0.0..1.0).contains(&full) {
            return None;
        }
        if error.abs() < NEAR * room.max(1.0) {
            return Some(full);
        }
    }
    None
}

pub(super) const STEPS_MAX: u32 = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn singles(amount: f64) -> Load {
        Load { amount, calls: amount }
    }

    /// Calls of a record each, all of which come to the shard.
    fn sent<'a>(due: &'a [Load], again: &'a [f64]) -> Sent<'a> {
        Sent { due, again, record: 1.0, failing: Failing { parts: (0.0, 1.0), again: &[] } }
    }

    /// Where every repeat comes within the quantum, n (1 - f^a) get in: half of them after four
    /// attempts of which each is refused with the fourth root of a half. Calls of a record each,
    /// looked at as any other, come to the same.
    #[test]
    fn repeats_within_the_quantum_have_a_closed_form() {
        let due = [singles(1_000.0)];
        let sent = [sent(&due, &[1.0, 1.0, 1.0])];
        for single in [true, false] {
            let found = found(500.0, single, &sent);
            let (refused, _) = found.refuses(singles(1.0));
            assert!((refused - 0.5_f64.sqrt().sqrt()).abs() < 1e-3, "{refused}");
            assert!((sent[0].stored(found) - 500.0).abs() < 0.1);
        }
    }

    proptest! {
        /// From any guess on, what gets in is what there is room for.
        #[test]
        fn just_the_room_is_filled(
            due in prop::collection::vec(0.0..1_000.0, 1..8),
            again in prop::collection::vec(0.0..1.0, 8),
            (part, guess) in (0.001..0.999, 0.0..1.0),
        ) {
            let room = due.iter().sum::<f64>() * part;
            let sent = due.iter().copied().zip(again.iter().copied());
            let full = full_of_singles(room, &sent, guess);
            let (mut stored, mut back) = (0.0, 0.0);
            for (due, again) in sent {
                stored += (due + back) * (1.0 - full);
                back = (due + back) * full * again;
            }
            prop_assert!((stored - room).abs() < 2e-4 * room.max(1.0), "{stored} {room}");
        }
    }

    #[test]
    fn without_repeats_the_room_is_shared() {
        let first = [singles(600.0)];
        let first = sent(&first, &[]);
        let second = [singles(200.0), singles(200.0)];
        let second = sent(&second, &[0.0]);
        let (refused, _) = found(250.0, true, &[first, second]).refuses(singles(1.0));
        assert!((refused - 0.75).abs() < 1e-3, "{refused}");
        assert_eq!(found(1_000.0, true, &[first, second]), Found::Plenty);
        assert_eq!(found(0.0, true, &[first]), Found::Mean(0.0));
    }

    /// Calls of 10 and of 1 that find 2 in the mean: of the large ones 2 (1 - e^-5) get in, of the
    /// small ones 2 (1 - e^-1/2), which is most of them.
    #[test]
    fn small_calls_fare_better() {
        let large = Load { amount: 1_000.0, calls: 100.0 };
        let stored = 100.0 * 2.0 * 0.993_262_053 + 50.0 * 2.0 * 0.393_469_340;
        let (large, small) = ([large], [singles(50.0)]);
        let sent = [sent(&large, &[]), sent(&small, &[])];
        let found = found(stored, false, &sent);
        assert!(matches!(found, Found::Mean(mean) if (mean - 2.0).abs() < 2e-3), "{found:?}");
    }

    /// A quarter of all repeats fail on their way, and come again at once as well. One try more
    /// after the first: of 1,000, a chance f of being refused leaves 1000 (1 - f) + 750 f (1 - f).
    #[test]
    fn repeats_may_fail_on_their_way() {
        let failing = Failing { parts: (0.25, 0.75), again: &[1.0] };
        let due = [singles(1_000.0)];
        let sent = [Sent { failing, ..sent(&due, &[1.0]) }];
        let f = 0.4;
        let found = found(1_000.0 * (1.0 - f) * (1.0 + 0.75 * f), true, &sent);
        let (refused, _) = found.refuses(singles(1.0));
        assert!((refused - f).abs() < 1e-3, "{refused}");
    }
}
