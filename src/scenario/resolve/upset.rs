//! What faults and actions do to a producer's records: all of it is known before the run, so that
//! its rate or its trace says it already.

use std::sync::Arc;

use crate::model::events::NewRate;
use crate::model::plan::{Between, ProfilePlan, TraceRow};
use crate::model::profile::Profile;
use crate::time::{Instant, Span};

/// An outage of a producer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    pub(super) from: Instant,
    pub(super) until: Instant,
    /// Time over which what piled up is offered.
    pub(super) catch_up: Option<Span>,
}

/// From `at` on the rate is another.
pub(super) fn change_rate(profile: &mut ProfilePlan, at: Instant, to: NewRate) {
    map(profile, at, Instant::NEVER, |rate| match to {
        NewRate::Times(factor) => rate * factor,
        NewRate::Constant(constant) => constant,
    });
}

/// Nothing is offered in an outage; what piled up comes afterwards.
pub(super) fn interrupt(profile: &mut ProfilePlan, outage: &Outage) {
    let offered = Profile::new(profile);
    let piled = offered.offered_by(outage.until) - offered.offered_by(outage.from);
    map(profile, outage.from, outage.until, |_| 0.0);
    if let Some(over) = outage.catch_up {
        let more = piled / over.as_s();
        map(profile, outage.until, outage.until + over, |rate| rate + more);
    }
}

/// The same for records that have their moments already: those that piled up keep their order and
/// their distances, drawn out or pressed together.
pub(super) fn interrupt_rows(rows: &mut Arc<Vec<TraceRow>>, outage: &Outage) {
    let hit = |row: &TraceRow| outage.from <= row.at && row.at < outage.until;
    let mut kept: Vec<TraceRow> = rows.iter().copied().collect();
    match outage.catch_up {
        None => kept.retain(|row| !hit(row)),
        Some(over) => {
            let length = u128::from(outage.until.since(outage.from).as_ns()).max(1);
            for row in kept.iter_mut().filter(|row| hit(row)) {
                let into = u128::from(row.at.since(outage.from).as_ns());
                let later = into * u128::from(over.as_ns()) / length;
                row.at = outage.until + Span::from_ns(later as u64);
            }
            kept.sort_by_key(|row| row.at);
        }
    }
    *rows = Arc::new(kept);
}

/// Changes the rate within [from, until), and nowhere else.
fn map(profile: &mut ProfilePlan, from: Instant, until: Instant, change: impl Fn(f64) -> f64) {
    cut(profile, from);
    cut(profile, until);
    for (at, rate) in &mut profile.points {
        if from <= *at && *at < until {
            *rate = change(*rate);
        }
    }
}

/// Gives the profile a point at `at`, and of ramps one just before, so that the rate can jump.
fn cut(profile: &mut ProfilePlan, at: Instant) {
    if at == Instant::NEVER {
        return;
    }
    if profile.between == Between::Ramps && at > Instant::ZERO {
        insert(profile, Instant::from_ns(at.as_ns() - 1));
    }
    insert(profile, at);
}

fn insert(profile: &mut ProfilePlan, at: Instant) {
    let place = profile.points.partition_point(|point| point.0 < at);
    if profile.points.get(place).is_some_and(|point| point.0 == at) {
        return;
    }
    let Some(&(start, rate)) = place.checked_sub(1).and_then(|last| profile.points.get(last))
    else {
        return;
    };
    let rate = match (profile.between, profile.points.get(place)) {
        (Between::Ramps, Some(&(end, next))) => {
            rate + (next - rate) * (at.since(start).as_s() / end.since(start).as_s())
        }
        _ => rate,
    };
    profile.points.insert(place, (at, rate));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(between: Between, points: &[(u64, f64)]) -> ProfilePlan {
        let points = points.iter().map(|&(s, rate)| (Instant::from_s(s), rate)).collect();
        ProfilePlan { points, between }
    }

    fn offered(profile: &ProfilePlan, from: u64, until: u64) -> f64 {
        let profile = Profile::new(profile);
        profile.offered_by(Instant::from_s(until)) - profile.offered_by(Instant::from_s(from))
    }

    fn outage(from: u64, until: u64, catch_up: Option<u64>) -> Outage {
        let (from, until) = (Instant::from_s(from), Instant::from_s(until));
        Outage { from, until, catch_up: catch_up.map(Span::from_s) }
    }

    /// 10/s for 100 s, and a ramp from 0 to 20/s in 100 s: 1,000 records each.
    #[test]
    fn what_piles_up_comes_once_and_nothing_else_moves() {
        for (between, points, missed) in [
            (Between::Steps, &[(0, 10.0)][..], 200.0),
            // From 20 s to 40 s: 4/s to 8/s.
            (Between::Ramps, &[(0, 0.0), (100, 20.0), (200, 20.0)][..], 120.0),
        ] {
            let whole = profile(between, points);
            let mut skipped = whole.clone();
            interrupt(&mut skipped, &outage(20, 40, None));
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-3, "{between:?}: {a} {b}");
            close(offered(&skipped, 20, 40), 0.0);
            close(offered(&skipped, 0, 100), 1_000.0 - missed);
            let mut late = whole.clone();
            interrupt(&mut late, &outage(20, 40, Some(10)));
            close(offered(&late, 20, 40), 0.0);
            close(offered(&late, 40, 50), missed + offered(&whole, 40, 50));
            close(offered(&late, 50, 100), offered(&whole, 50, 100));
        }
    }

    #[test]
    fn rates_change_from_their_moment_on() {
        let mut ramp = profile(Between::Ramps, &[(0, 0.0), (100, 20.0)]);
        change_rate(&mut ramp, Instant::from_s(50), NewRate::Times(2.0));
        // 0 to 10/s in 50 s; then 20 to 40/s in 50 s; then 40/s.
        for (from, until, wanted) in [(0, 50, 250.0), (50, 100, 1_500.0), (100, 101, 40.0)] {
            assert!((offered(&ramp, from, until) - wanted).abs() < 1e-3);
        }
        let mut steps = profile(Between::Steps, &[(0, 5.0), (60, 7.0)]);
        change_rate(&mut steps, Instant::from_s(50), NewRate::Constant(1.0));
        assert!((offered(&steps, 0, 100) - 300.0).abs() < 1e-9);
    }

    #[test]
    fn rows_of_an_outage_go_or_move() {
        let row = |s| TraceRow { at: Instant::from_s(s), key: s as u32, bytes: 1 };
        let all = Arc::new([5, 10, 14, 19, 20, 22].map(row).to_vec());
        let (mut skipped, mut late) = (all.clone(), all);
        interrupt_rows(&mut skipped, &outage(10, 20, None));
        let at = |rows: &[TraceRow]| -> Vec<(u64, u32)> {
            rows.iter().map(|row| (row.at.as_ns() / 100_000_000, row.key)).collect()
        };
        assert_eq!(at(&skipped), [(50, 5), (200, 20), (220, 22)]);
        interrupt_rows(&mut late, &outage(10, 20, Some(5)));
        let wanted = [(50, 5), (200, 10), (200, 20), (220, 14), (220, 22), (245, 19)];
        assert_eq!(at(&late), wanted);
    }
}
