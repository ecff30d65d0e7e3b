//! How much of what a shard is sent in a quantum it refuses.

/// What one producer sends a shard in a quantum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'a> {
    /// What comes at its first attempt, its second, … for the first time in this quantum.
    pub(super) due: &'a [f64],
    /// What part of that which an attempt leaves refused comes again within the quantum.
    pub(super) again: &'a [f64],
}

impl Sent<'_> {
    /// All that is sent, repeats included, where each attempt is refused with this chance.
    pub(super) fn total(&self, refused: f64) -> f64 {
        let (mut sum, mut sent) = (0.0, 0.0);
        let repeats = std::iter::once(0.0).chain(self.again.iter().copied());
        let due = self.due.iter().copied().chain(std::iter::repeat(0.0));
        for ((due, again), place) in due.zip(repeats).zip(0..) {
            sent = due + again * refused * sent;
            sum += sent;
            if place >= self.due.len() && sent < 1e-6 {
                break;
            }
        }
        sum
    }
}

/// The chance with which each attempt is refused where just `room` gets in: the same for new
/// records and repeats, because a shard that is full most of the time knows no difference.
///
/// Zero where there is room for all. What gets in falls as the chance rises, so that halving finds
/// it.
pub(super) fn refused(room: f64, sent: &[Sent<'_>]) -> f64 {
    let stored =
        |refused: f64| sent.iter().map(|sent| sent.total(refused)).sum::<f64>() * (1.0 - refused);
    if stored(0.0) <= room {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if stored(middle) > room {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Each halves the error: 2^-26 is less than a record in 60 million.
const HALVINGS: u32 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    /// Where every repeat comes within the quantum, n (1 - f^a) get in: half of them after four
    /// attempts of which each is refused with the fourth root of a half.
    #[test]
    fn repeats_within_the_quantum_have_a_closed_form() {
        let sent = [Sent { due: &[1_000.0], again: &[1.0, 1.0, 1.0] }];
        let chance = refused(500.0, &sent);
        assert!((chance - 0.5_f64.sqrt().sqrt()).abs() < 1e-7, "{chance}");
        let attempts = 1_000.0 * (1.0 - 0.5) / (1.0 - chance);
        assert!((sent[0].total(chance) - attempts).abs() < 1e-3);
    }

    #[test]
    fn without_repeats_the_room_is_shared() {
        let first = Sent { due: &[600.0], again: &[] };
        let second = Sent { due: &[200.0, 200.0], again: &[0.0] };
        assert!((refused(250.0, &[first, second]) - 0.75).abs() < 1e-7);
        assert!(refused(1_000.0, &[first, second]).abs() < 1e-12);
        assert!((refused(0.0, &[first]) - 1.0).abs() < 1e-7);
    }
}
