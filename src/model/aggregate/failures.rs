//! Calls that fail before a shard sees them, and what becomes of all that is not stored.

use crate::engine::Probe;
use crate::model::aggregate::crowd::Crowd;
use crate::model::aggregate::judge::Offer;
use crate::model::aggregate::returns::Returns;
use crate::model::aggregate::writer::Writer;
use crate::model::observation::{Failed, LossCause, Observation};
use crate::model::retry::Failure;
use crate::random;
use crate::time::Instant;

/// Where and when something is not stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) now: Instant,
    /// The cell of the grid that the quantum lies in.
    pub(super) cell: u64,
    pub(super) stream: u32,
    pub(super) shard: usize,
    /// The place of the producer among the writers.
    pub(super) writer: u32,
}

/// What an attempt left, counted from 0, and how it ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub(super) attempt: u32,
    pub(super) crowd: Crowd,
    pub(super) failure: Failure,
}

/// What part of a producer's calls, or of their entries, fails at present.
#[derive(Clone, Debug)]
pub(super) struct Failures {
    /// Whole calls that KMS throttles (KDS-K05), 0 to 1.
    kms: f64,
    /// Entries that fail within the service (KDS-L04), of the others, 0 to 1.
    failing: f64,
    kms_chance: random::Stream,
    failure_chance: random::Stream,
}

/// Of a crowd: what KMS throttles, what fails, and what comes to the shard.
type Sorted = (Crowd, Crowd, Crowd);

impl Failures {
    /// None so far, with these chances of KMS and of the service.
    pub(super) fn new(kms_chance: random::Stream, failure_chance: random::Stream) -> Self {
        Self { kms: 0.0, failing: 0.0, kms_chance, failure_chance }
    }

    /// From now on such parts fail.
    pub(super) fn meet(&mut self, kms: f64, failing: f64) {
        (self.kms, self.failing) = (kms, failing);
    }

    /// Whether any fail.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.kms > 0.0 || self.failing > 0.0
    }

    /// The part of all entries that fail and may be tried again, and the part that comes to the
    /// shard.
    pub(super) fn parts(&self) -> (f64, f64) {
        let asked = 1.0 - self.kms;
        (asked * self.failing, asked * (1.0 - self.failing))
    }

    /// How many random numbers were drawn, where any were.
    pub(super) fn draws(&self) -> impl Iterator<Item = u128> {
        let positions = [self.failure_chance.position(), self.kms_chance.position()];
        positions.into_iter().filter(|&position| position > 0)
    }

    fn sort(&mut self, crowd: Crowd) -> Sorted {
        let (mut throttled, mut rest) = (Crowd::NONE, crowd);
        if self.kms > 0.0 {
            // As many whole calls as there are, each with the same part of the records.
            let whole = crowd.calls.max(1.0) + self.kms_chance.unit();
            let calls = (whole as u64).min(u64::from(crowd.records));
            let hit = self.kms_chance.binomial(calls, self.kms);
            let records = u64::from(crowd.records) * hit + calls / 2;
            (throttled, rest) = crowd.split((records / calls.max(1)) as u32);
        }
        if self.failing <= 0.0 || rest.records == 0 {
            return (throttled, Crowd::NONE, rest);
        }
        let failed = self.failure_chance.binomial(u64::from(rest.records), self.failing) as u32;
        let (calls, each) = (rest.calls, f64::from(rest.records) / rest.calls);
        let (failed, through) = rest.split(failed);
        // A call is spared only if all of its entries are.
        let touched = |part: f64| calls * (1.0 - libm::pow(1.0 - part, each));
        let (failing, sound) = (touched(self.failing), touched(1.0 - self.failing));
        (throttled, failed.in_calls(failing), through.in_calls(sound))
    }
}

/// Takes out of `offers` what fails before shard `place` sees it, whoever sent it. What of that
/// comes again within the quantum is put to the others of its attempt.
pub(super) fn sift<P: Probe<Observation>>(
    place: Place,
    offers: &mut Vec<Offer>,
    writers: &mut [Writer],
    (carry, returns): (&mut f64, &mut Returns),
    probe: &mut P,
) {
    for (writer, of) in (0_u32..).zip(writers).filter(|(_, of)| of.failures.any()) {
        let place = Place { writer, ..place };
        let mine = |offer: &&Offer| offer.writer == writer;
        let Some(last) = offers.iter().filter(mine).map(|offer| offer.attempt).max() else {
            continue;
        };
        let (mut again, mut attempt) = (Crowd::NONE, 0);
        while attempt <= last || again.records > 0 {
            let due = offers.iter_mut().find(|it| (it.writer, it.attempt) == (writer, attempt));
            let crowd = due.as_ref().map_or(again, |offer| offer.crowd.and(again));
            let (through, back) =
                fail(place, of, (attempt, crowd), (&mut *carry, &mut *returns), probe);
            match due {
                Some(offer) => offer.crowd = through,
                None if through.records > 0 => {
                    offers.push(Offer { writer, attempt, crowd: through });
                }
                None => {}
            }
            (again, attempt) = (back, attempt + 1);
        }
    }
    offers.retain(|offer| offer.crowd.records > 0);
}

/// An attempt of `crowd` begins: returns what comes to the shard, and what fails and comes again
/// within the quantum, for its next attempt.
pub(super) fn fail<P: Probe<Observation>>(
    place: Place,
    of: &mut Writer,
    (attempt, crowd): (u32, Crowd),
    (carry, returns): (&mut f64, &mut Returns),
    probe: &mut P,
) -> (Crowd, Crowd) {
    if crowd.records == 0 {
        return (Crowd::NONE, Crowd::NONE);
    }
    let (throttled, failed, through) = of.failures.sort(crowd);
    for gone in [throttled, failed] {
        let Crowd { records, bytes, .. } = gone;
        if records > 0 {
            let (producer, shard) = (of.number, place.shard as u32);
            let failed = Failed { producer, stream: place.stream, shard, records, bytes };
            probe.observe(place.now, Observation::Failed(failed));
            of.attempted(attempt, u64::from(records));
        }
    }
    // No client makes such a call again (KDS-L08).
    lose((place.now, place.cell), of, throttled, LossCause::KmsThrottled, probe);
    let left = Left { attempt, crowd: failed, failure: Failure::Failed };
    (through, turn_back(place, of, left, (carry, returns), probe))
}

/// What was not stored is sent to a later quantum, or lost; returns what comes again within this
/// one.
pub(super) fn turn_back<P: Probe<Observation>>(
    place: Place,
    of: &mut Writer,
    Left { attempt, crowd, failure }: Left,
    (carry, returns): (&mut f64, &mut Returns),
    probe: &mut P,
) -> Crowd {
    if crowd.records == 0 {
        return Crowd::NONE;
    }
    let back = of.delays.after(attempt, failure);
    let granted = if back.is_some() { of.tokens.take(crowd.records, failure) } else { 0 };
    let (granted, lost) = crowd.split(granted);
    let cause = match failure {
        Failure::Throttled => LossCause::Throttled,
        Failure::Failed | Failure::TimedOut => LossCause::Failed,
    };
    if lost.records > 0 {
        lose((place.now, place.cell), of, lost, cause, probe);
    }
    let Some(back) = of.delays.after(attempt, failure) else { return Crowd::NONE };
    let same = whole(carry, granted.records, back.same.part);
    let (same, later) = granted.split(same);
    if later.records > 0 {
        let offer = Offer { writer: place.writer, attempt: attempt + 1, crowd: later };
        returns.send(place.cell, place.shard, offer, back);
    }
    same.after(back.same.waited())
}

/// Gives records up that got nowhere at a moment of this cell, as soon as the answer is there.
pub(super) fn lose<P: Probe<Observation>>(
    (now, cell): (Instant, u64),
    of: &mut Writer,
    lost: Crowd,
    cause: LossCause,
    probe: &mut P,
) {
    let Crowd { records, bytes, .. } = match of.delays.answer() {
        Some(back) if lost.records > 0 => of.losses.give_up(cell, lost, cause, back),
        _ => lost,
    };
    if records > 0 {
        let producer = of.number;
        probe.observe(now, Observation::Lost { producer, records, bytes, cause });
    }
}

/// This part of so many records, in whole ones: `carry` is what all of them leave over, so that
/// the fractions of all crowds add up.
#[inline]
pub(super) fn whole(carry: &mut f64, records: u32, part: f64) -> u32 {
    let wanted = f64::from(records) * part + *carry;
    let all = wanted as i64;
    *carry = wanted - all as f64;
    // Fractions that are all but one round up.
    (all as u32).min(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(kms: f64, failing: f64) -> Failures {
        let chance = |name| random::Stream::named(3, 0, name);
        let mut failures = Failures::new(chance("kms"), chance("failures"));
        failures.meet(kms, failing);
        failures
    }

    /// A quarter by KMS, in whole calls of 50; of the rest a tenth by the service. A call in which
    /// nothing fails is one in 200; one without anything sound is rarer by far.
    #[test]
    fn each_has_its_part() {
        let mut failures = failures(0.25, 0.1);
        let crowd = Crowd { records: 1_000, bytes: 77_777, calls: 20.0, ..Crowd::NONE };
        let (mut sums, mut calls) = ([0_u64; 3], 0.0);
        for _ in 0..2_000 {
            let (throttled, failed, through) = failures.sort(crowd);
            assert_eq!(throttled.records % 50, 0);
            assert_eq!(throttled.bytes + failed.bytes + through.bytes, 77_777);
            let parts = [throttled, failed, through].map(|it| u64::from(it.records));
            assert_eq!(parts.iter().sum::<u64>(), 1_000);
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            calls += failed.calls / (20.0 - throttled.calls) / 2_000.0;
            assert!((through.calls / (20.0 - throttled.calls) - 1.0).abs() < 1e-9);
        }
        let wanted = [500_000, 150_000, 1_350_000_u64];
        assert!(sums.iter().zip(wanted).all(|(sum, it)| sum.abs_diff(it) < 10_000), "{sums:?}");
        assert!((calls - (1.0 - libm::pow(0.9, 50.0))).abs() < 1e-6, "{calls}");
        assert!((failures.parts().0 - 0.075).abs() < 1e-12);
    }

    /// Everything fails at a chance of one, nothing without any.
    #[test]
    fn all_or_nothing() {
        let crowd = Crowd { records: 9, calls: 9.0, ..Crowd::NONE };
        assert_eq!(failures(1.0, 0.5).sort(crowd).0.records, 9);
        assert_eq!(failures(0.0, 1.0).sort(crowd).1.records, 9);
        let sound = failures(0.0, 0.0);
        assert!(!sound.any() && sound.draws().count() == 0);
    }
}
