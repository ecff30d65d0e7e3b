//! What a stream keeps beyond what its price includes, over time: a closed form for each interval.
//!
//! Bytes stored in an interval count as stored evenly over it, so that the result is exact where
//! the rate is constant within an interval. A byte stored at `s` is kept until its age exceeds the
//! retention, and is in a band of ages (24 h to 7 d, 7 d and above) for a part of that time.

use crate::time::{Instant, NS_PER_S, Span};

/// Bytes that were stored evenly over [from, to) (ns since the run began; before it is negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) from: i128,
    pub(super) to: i128,
    pub(super) bytes: u64,
}

/// A retention and from when on it holds; the first holds from zero.
pub(super) type Retentions = [(Instant, Span)];

/// How much of `stored` is kept at an age from `band.0` to `band.1`, from zero to `end`, over time
/// (byte-s).
pub(super) fn kept(
    stored: &[Stored],
    retentions: &Retentions,
    band: (Span, Span),
    end: Instant,
) -> u128 {
    let ends = retentions.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let mut byte_ns: u128 = 0;
    // What was stored before has expired, for good (KDS-T03).
    let mut floor = i128::MIN;
    for (&(from, retention), to) in retentions.iter().zip(ends) {
        let (from, to) = (ns(from), ns(to.min(end)));
        if from >= to {
            continue;
        }
        let (young, old) = (age(band.0), age(band.1.min(retention)));
        if young < old {
            let within = |part: &Stored| spent(part, (young, old), (from, to), floor);
            byte_ns = stored.iter().map(within).fold(byte_ns, u128::saturating_add);
        }
        floor = floor.max(to - age(retention));
    }
    let second = u128::from(NS_PER_S);
    byte_ns.saturating_add(second / 2) / second
}

/// Time that the bytes of `part` stored at `floor` or later spend at an age of `young` to `old`
/// within [from, to) (byte-ns).
fn spent(part: &Stored, (young, old): (i128, i128), (from, to): (i128, i128), floor: i128) -> u128 {
    let begin = part.from.max(floor);
    let whole = part.to - part.from;
    if begin >= part.to || whole == 0 || part.bytes == 0 {
        return 0;
    }
    // Twice the time all of them together spend, were there one byte each ns.
    let twice = twice_clamped((begin + old, part.to + old), (from, to))
        - twice_clamped((begin + young, part.to + young), (from, to));
    // The mean first, and what it leaves, so that no product is too large.
    let (twice, per) = (twice.unsigned_abs(), 2 * whole.unsigned_abs());
    let bytes = u128::from(part.bytes);
    let rest = (twice % per).saturating_mul(bytes) / per;
    (twice / per).saturating_mul(bytes).saturating_add(rest)
}

/// Twice the integral of x, held within [low, high], from `a` to `b`.
fn twice_clamped((a, b): (i128, i128), (low, high): (i128, i128)) -> i128 {
    let below = (b.min(low) - a).max(0);
    let above = (b - a.max(high)).max(0);
    let (start, end) = (a.clamp(low, high), b.clamp(low, high));
    2 * low * below + (end - start) * (start + end) + 2 * high * above
}

fn ns(at: Instant) -> i128 {
    i128::from(at.as_ns())
}

fn age(span: Span) -> i128 {
    i128::from(span.as_ns())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const H: u64 = 3_600;

    fn hours(n: u64) -> Instant {
        Instant::from_s(n * H)
    }

    fn span(n: u64) -> Span {
        Span::from_s(n * H)
    }

    /// `bytes` in each hour of the first `count`.
    fn each_hour(count: u64, bytes: u64) -> Vec<Stored> {
        let hour = i128::from(H * NS_PER_S);
        let part = |n: u64| {
            let from = i128::from(n) * hour;
            Stored { from, to: from + hour, bytes }
        };
        (0..count).map(part).collect()
    }

    /// 3,600 bytes an hour for 48 h, kept for 48 h. At hour t > 24 what is older than 24 h is
    /// t - 24 hours' worth: 3,600 (t - 24) bytes, from 0 to 24 hours' worth at the end. Its mean
    /// over 24 h is 12 hours' worth: 43,200 bytes for 86,400 s.
    #[test]
    fn what_waits_beyond_a_day_grows_steadily() {
        let stored = each_hour(48, 3_600);
        let all = [(Instant::ZERO, span(48))];
        let day = (span(24), span(168));
        assert_eq!(kept(&stored, &all, day, hours(48)), 43_200 * 86_400);
        // Halfway there is a quarter of it.
        assert_eq!(kept(&stored, &all, day, hours(36)), 43_200 * 86_400 / 4);
        assert_eq!(kept(&stored, &all, day, hours(24)), 0);
        assert_eq!(kept(&stored, &[(Instant::ZERO, span(24))], day, hours(48)), 0);
    }

    /// In the steady state, from the end of retention on, there are always retention less 24 h of
    /// bytes: here 24 h, 86,400 bytes, for 10 h.
    #[test]
    fn in_the_steady_state_the_level_is_rate_times_time() {
        let stored = each_hour(100, 3_600);
        let all = [(Instant::ZERO, span(48))];
        let day = (span(24), span(168));
        let ten = kept(&stored, &all, day, hours(80)) - kept(&stored, &all, day, hours(70));
        assert_eq!(ten, 86_400 * 10 * 3_600);
    }

    /// What was there before: 1,000 bytes written from 8 to 9 days ago. For the first day of the
    /// run all are older than 7 d, with a retention of 10 d; then they expire over a day.
    #[test]
    fn old_backlogs_are_kept_from_the_first_moment() {
        let day = i128::from(24 * H * NS_PER_S);
        let stored = [Stored { from: -9 * day, to: -8 * day, bytes: 1_000 }];
        let all = [(Instant::ZERO, span(240))];
        let old = (span(168), span(8_760));
        assert_eq!(kept(&stored, &all, old, hours(24)), 1_000 * 86_400);
        assert_eq!(kept(&stored, &all, old, hours(48)), 1_000 * 86_400 + 500 * 86_400);
        assert_eq!(kept(&stored, &all, old, hours(500)), 1_500 * 86_400);
        assert_eq!(kept(&stored, &all, (span(24), span(168)), hours(500)), 0);
    }

    /// 3,600 bytes an hour; the retention is 48 h, and 24 h from hour 36 on: what waited beyond
    /// 24 h is gone, and does not return when it is 48 h again at hour 40. From then on 24 h to
    /// 28 h of age come back hour by hour.
    #[test]
    fn what_has_expired_stays_away() {
        let stored = each_hour(44, 3_600);
        let day = (span(24), span(168));
        let all = [(Instant::ZERO, span(48)), (hours(36), span(24)), (hours(40), span(48))];
        let until_36 = 43_200 * 86_400 / 4;
        assert_eq!(kept(&stored, &all, day, hours(36)), until_36);
        assert_eq!(kept(&stored, &all, day, hours(40)), until_36);
        // Four hours later there are four hours' worth, on average two: 7,200 bytes for 14,400 s.
        assert_eq!(kept(&stored, &all, day, hours(44)), until_36 + 7_200 * 14_400);
    }

    proptest! {
        /// Bands that meet add up to the band they make, and intervals cut in two to the whole.
        #[test]
        fn bands_and_times_add_up(
            bytes in 0_u64..1 << 40,
            retention in 24_u64..800,
            (a, b) in (0_u64..400, 0_u64..400),
            end in 1_u64..900,
        ) {
            let all = [(Instant::ZERO, span(retention))];
            let (from, to) = (a.min(b), a.max(b) + 2);
            let ns = |h: u64| i128::from(h * H * NS_PER_S);
            let whole = [Stored { from: ns(from), to: ns(to), bytes: bytes * 2 }];
            let (until, longest) = (hours(end), span(9_000));
            let both = kept(&whole, &all, (span(24), span(168)), until)
                + kept(&whole, &all, (span(168), longest), until);
            let once = kept(&whole, &all, (span(24), longest), until);
            prop_assert!(both.abs_diff(once) <= 1, "{both} {once}");
            let middle = i128::midpoint(ns(from), ns(to));
            let halves = [
                Stored { from: ns(from), to: middle, bytes },
                Stored { from: middle, to: ns(to), bytes },
            ];
            let cut = kept(&halves, &all, (span(24), longest), until);
            prop_assert!(cut.abs_diff(once) <= 1, "{cut} {once}");
        }

        /// No byte is kept longer than the run, nor longer than retention less 24 h.
        #[test]
        fn nothing_is_kept_for_longer_than_it_may(
            bytes in 0_u64..u64::MAX,
            retention in 24_u64..8_760,
            from in -800_i64..9_600,
            end in 1_u64..9_600,
        ) {
            let from = i128::from(from) * i128::from(H * NS_PER_S);
            let part = Stored { from, to: from + i128::from(H * NS_PER_S), bytes };
            let all = [(Instant::ZERO, span(retention))];
            let most = u128::from(end.min(retention - 24) * H) * u128::from(bytes);
            prop_assert!(kept(&[part], &all, (span(24), span(9_000)), hours(end)) <= most + 1);
        }
    }
}
