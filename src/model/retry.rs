//! When a client tries again: the retry rules of the AWS SDKs, and the numbers each comes with.
//!
//! The rules are the same for whoever calls, producer or reader. A client object owns one
//! [`Quota`] (SDK-17). After a failed attempt it asks [`RetryPlan::next`]; after a success that
//! took retries it gives back what the last one cost, and otherwise one token.

use crate::model::facts;
use crate::model::plan::Jitter;
use crate::random;
use crate::time::Span;

/// How often a client tries, how long it waits in between, and what holds it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPlan {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// The wait after an attempt that was throttled.
    pub throttled: Wait,
    /// The wait after one that failed otherwise.
    pub failed: Wait,
    /// Tokens that retries cost; `None` where they are free.
    pub quota: Option<QuotaPlan>,
}

/// A doubling delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Before the first retry, before jitter.
    pub base: Span,
    /// It doubles no further.
    pub max: Span,
    /// What chance does to it.
    pub jitter: Jitter,
}

/// A bucket of tokens that a client's retries share (KDS-L09, SDK-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaPlan {
    /// How many it holds, and holds at first.
    pub tokens: u32,
    /// What a retry costs after an attempt that was throttled.
    pub throttled: u32,
    /// After one that failed with an error of the service or the connection.
    pub failed: u32,
    /// After one that got no answer in time.
    pub timed_out: u32,
}

/// How an attempt ended that a client may repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `ProvisionedThroughputExceededException`, `LimitExceededException` and others of that kind
    /// (KDS-L08, SDK-23).
    Throttled,
    /// An error of the service, such as `InternalFailure`, or of the connection.
    Failed,
    /// No answer in time.
    TimedOut,
}

/// One more attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How long to wait before it.
    pub wait: Span,
    /// Tokens it took, to be given back if it succeeds.
    pub cost: u32,
}

/// What is left of a client's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    left: u32,
    most: u32,
}

impl RetryPlan {
    /// One attempt and no more.
    pub const NONE: Self = {
        let wait = Wait { base: Span::ZERO, max: Span::ZERO, jitter: Jitter::None };
        Self { max_attempts: 1, throttled: wait, failed: wait, quota: None }
    };

    /// What follows the failure of attempt number `attempts`, counted from 1; `None` to give up.
    ///
    /// Only an attempt that is still allowed asks the quota, and only one that the quota allows
    /// draws a number.
    #[inline]
    pub fn next(
        &self,
        attempts: u32,
        failure: Failure,
        quota: &mut Quota,
        chance: &mut random::Stream,
    ) -> Option<Retry> {
        if attempts >= self.max_attempts {
            return None;
        }
        let cost = self.quota.map_or(0, |quota| quota.cost(failure));
        if !quota.take(cost) {
            return None;
        }
        let retry = self.next_free(attempts, failure, chance)?;
        Some(Retry { cost, ..retry })
    }

    /// The same where retries cost nothing.
    #[inline]
    pub fn next_free(
        &self,
        attempts: u32,
        failure: Failure,
        chance: &mut random::Stream,
    ) -> Option<Retry> {
        if attempts >= self.max_attempts {
            return None;
        }
        let wait = match failure {
            Failure::Throttled => self.throttled,
            Failure::Failed | Failure::TimedOut => self.failed,
        };
        Some(Retry { wait: wait.draw(attempts, chance), cost: 0 })
    }

    /// The quota of a new client.
    #[must_use]
    pub fn full_quota(&self) -> Quota {
        let tokens = self.quota.map_or(0, |quota| quota.tokens);
        Quota { left: tokens, most: tokens }
    }
}

impl QuotaPlan {
    const fn cost(&self, failure: Failure) -> u32 {
        match failure {
            Failure::Throttled => self.throttled,
            Failure::Failed => self.failed,
            Failure::TimedOut => self.timed_out,
        }
    }
}

impl Quota {
    /// An attempt succeeded: the first of its call gives a token, a retry gives back its `cost`
    /// (KDS-L09).
    #[inline]
    pub fn succeeded(&mut self, retry: Option<Retry>) {
        self.gain(retry.map_or(1, |retry| u64::from(retry.cost)));
    }

    /// Tokens come back, up to what it holds; returns how many found room.
    #[inline]
    pub fn gain(&mut self, tokens: u64) -> u32 {
        let room = self.most - self.left;
        let gained = tokens.min(u64::from(room)) as u32;
        self.left += gained;
        gained
    }

    /// Tokens left.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.left
    }

    #[inline]
    fn take(&mut self, cost: u32) -> bool {
        let enough = cost <= self.left;
        self.left -= if enough { cost } else { 0 };
        enough
    }
}

impl Wait {
    /// The delay before retry number `retry`, counted from 1, before jitter.
    #[must_use]
    pub fn longest(&self, retry: u32) -> Span {
        let doubled = 1_u64.checked_shl(retry.saturating_sub(1)).unwrap_or(u64::MAX);
        self.base.times(doubled).min(self.max)
    }

    /// The delay before retry number `retry`, counted from 1.
    #[inline]
    pub fn draw(&self, retry: u32, chance: &mut random::Stream) -> Span {
        self.jitter.draw(self.longest(retry), chance)
    }
}

impl Jitter {
    /// A delay of at most `longest`; both ends of a range it is drawn from are included.
    #[inline]
    pub fn draw(self, longest: Span, chance: &mut random::Stream) -> Span {
        let ns = longest.as_ns();
        let mut up_to = |ns: u64| chance.below(ns.saturating_add(1));
        Span::from_ns(match self {
            Self::None => ns,
            Self::Full => up_to(ns),
            Self::Equal => ns / 2 + up_to(ns - ns / 2),
        })
    }
}

/// A set of defaults that an SDK ships, or shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryProfile {
    /// Standard mode of most SDKs since 2026-11-10 (KDS-L06, SDK-01).
    Sdk2026,
    /// boto3 and AWS CLI before (KDS-L10, SDK-09).
    BotocoreLegacy,
    /// Standard mode of boto3 before (KDS-L11, SDK-10).
    BotocoreStandardOld,
    /// SDK for Java 2.x, today's default, and 1.x (KDS-L12, SDK-11, SDK-12).
    Java2Legacy,
    /// Standard mode of the SDK for Java 2.x (SDK-13).
    Java2Standard,
    /// SDK for JavaScript v3 before 2026-11-10 (SDK-14).
    JavascriptOld,
    /// SDK for Go v2 before 2026-11-10 (SDK-15).
    GoOld,
    /// SDK for C++ before 2026-11-10 (KDS-L13, SDK-16).
    CppOld,
    /// No retry.
    None,
}

/// Longest delay of every SDK that has one (KDS-L07, KDS-L12).
const CAP: Span = facts::SDK_BACKOFF_MAX;
/// Stands for no longest delay: more than any profile's attempts come to.
const NO_CAP: Span = Span::from_s(86_400);

impl RetryProfile {
    /// Every profile and the name a scenario calls it by (KDS-L14).
    pub const ALL: [(&'static str, Self); 9] = [
        ("sdk-2026", Self::Sdk2026),
        ("botocore-legacy", Self::BotocoreLegacy),
        ("botocore-standard-old", Self::BotocoreStandardOld),
        ("java2-legacy", Self::Java2Legacy),
        ("java2-standard", Self::Java2Standard),
        ("javascript-old", Self::JavascriptOld),
        ("go-old", Self::GoOld),
        ("cpp-old", Self::CppOld),
        ("none", Self::None),
    ];

    /// Its numbers.
    #[must_use]
    pub const fn plan(self) -> RetryPlan {
        use Jitter::{Equal, Full};
        const fn wait(ms: u64, max: Span, jitter: Jitter) -> Wait {
            Wait { base: Span::from_ms(ms), max, jitter }
        }
        const fn costs(throttled: u32, failed: u32, timed_out: u32) -> QuotaPlan {
            QuotaPlan { tokens: 500, throttled, failed, timed_out }
        }
        let (max_attempts, throttled, failed, quota) = match self {
            // SDK-02 to SDK-06, KDS-L06, KDS-L07, KDS-L09.
            Self::Sdk2026 => {
                (3, wait(1_000, CAP, Full), wait(50, CAP, Full), Some(costs(5, 14, 14)))
            }
            Self::BotocoreLegacy => (5, wait(1_000, NO_CAP, Full), wait(1_000, NO_CAP, Full), None),
            Self::BotocoreStandardOld | Self::GoOld => {
                (3, wait(1_000, CAP, Full), wait(1_000, CAP, Full), Some(costs(5, 5, 10)))
            }
            Self::Java2Legacy => {
                (4, wait(500, CAP, Equal), wait(100, CAP, Full), Some(costs(0, 5, 5)))
            }
            Self::Java2Standard => {
                (3, wait(1_000, CAP, Full), wait(100, CAP, Full), Some(costs(5, 5, 5)))
            }
            Self::JavascriptOld => {
                (3, wait(500, CAP, Full), wait(100, CAP, Full), Some(costs(5, 10, 10)))
            }
            Self::CppOld => {
                (11, wait(25, NO_CAP, Jitter::None), wait(25, NO_CAP, Jitter::None), None)
            }
            Self::None => return RetryPlan::NONE,
        };
        RetryPlan { max_attempts, throttled, failed, quota }
    }

    /// The name a scenario calls it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, profile)| *profile == self).map_or("", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Span {
        Span::from_ms(n)
    }

    /// The range the wait before each retry of a throttled call is drawn from, as 10,000 draws
    /// show it (ms).
    fn ranges(profile: RetryProfile, failure: Failure) -> Vec<(u64, u64)> {
        let plan = profile.plan();
        let mut chance = random::Stream::named(1, 0, profile.name());
        (1..)
            .map_while(|attempts| {
                let mut waits: Vec<u64> = Vec::new();
                for _ in 0..10_000 {
                    let retry =
                        plan.next(attempts, failure, &mut plan.full_quota(), &mut chance)?;
                    waits.push(retry.wait.as_ns() / 1_000_000);
                }
                waits.sort_unstable();
                // Whatever is drawn evenly comes within 1 % of both ends.
                let (low, high) = (waits[0], waits[9_999]);
                let step = (high - low).div_ceil(100).max(1);
                Some((low / step * step, high.div_ceil(step) * step))
            })
            .collect()
    }

    /// Each range against the published one, both ends within 2 % of its upper end.
    fn assert_ranges(profile: RetryProfile, failure: Failure, published: &[(u64, u64)]) {
        let found = ranges(profile, failure);
        assert_eq!(found.len(), published.len(), "{}: {found:?}", profile.name());
        for (found, wanted) in found.iter().zip(published) {
            let near = |a: u64, b: u64| a.abs_diff(b) <= wanted.1 / 50 + 1;
            let both = near(found.0, wanted.0) && near(found.1, wanted.1);
            assert!(both, "{}: {found:?}, published {wanted:?}", profile.name());
        }
    }

    #[test]
    fn waits_are_what_each_sdk_publishes() {
        use Failure::{Failed, Throttled};
        use RetryProfile as P;
        // SDK-04 and SDK-05: U(0,1) x 1 s, then 2 s; SDK-03: 50 ms, then 100 ms.
        assert_ranges(P::Sdk2026, Throttled, &[(0, 1_000), (0, 2_000)]);
        assert_ranges(P::Sdk2026, Failed, &[(0, 50), (0, 100)]);
        // SDK-09: five attempts, U(0,1) x 2^(n-1) s.
        assert_ranges(P::BotocoreLegacy, Failed, &[(0, 1_000), (0, 2_000), (0, 4_000), (0, 8_000)]);
        // SDK-26 as worked out there: 0.25 to 0.5 s, 0.5 to 1 s, 1 to 2 s.
        assert_ranges(P::Java2Legacy, Throttled, &[(250, 500), (500, 1_000), (1_000, 2_000)]);
        assert_ranges(P::Java2Legacy, Failed, &[(0, 100), (0, 200), (0, 400)]);
        assert_ranges(P::Java2Standard, Throttled, &[(0, 1_000), (0, 2_000)]);
        assert_ranges(P::None, Throttled, &[]);
    }

    /// A profile; its attempts; for throttled and for failed calls the jitter and the longest delay
    /// before each retry [ms]; its tokens and what a retry costs after a throttle, a failure, and
    /// a time-out.
    type Row<'r> = (RetryProfile, u32, [(Jitter, &'r [u64]); 2], Option<[u32; 4]>);

    /// Worked out by hand from the facts' rows, retry by retry.
    #[test]
    fn every_profile_is_what_its_facts_say() {
        use Jitter::{Equal, Full};
        use RetryProfile as P;
        let doubled: Vec<u64> = vec![25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800];
        let (seconds, tokens) = ((Full, &[1_000, 2_000][..]), Some([500, 5, 5, 10]));
        let four = (Full, &[1_000, 2_000, 4_000, 8_000][..]);
        let (tenths, exact) = ((Full, &[100, 200][..]), (Jitter::None, &doubled[..]));
        let rows: [Row<'_>; 9] = [
            // SDK-02 to SDK-06.
            (P::Sdk2026, 3, [seconds, (Full, &[50, 100])], Some([500, 5, 14, 14])),
            // SDK-09.
            (P::BotocoreLegacy, 5, [four, four], None),
            // SDK-10.
            (P::BotocoreStandardOld, 3, [seconds, seconds], tokens),
            // SDK-11, SDK-12.
            (
                P::Java2Legacy,
                4,
                [(Equal, &[500, 1_000, 2_000]), (Full, &[100, 200, 400])],
                Some([500, 0, 5, 5]),
            ),
            // SDK-13.
            (P::Java2Standard, 3, [seconds, tenths], Some([500, 5, 5, 5])),
            // SDK-14: what is transient, as an error of the service is, costs what a time-out does.
            (P::JavascriptOld, 3, [(Full, &[500, 1_000]), tenths], Some([500, 5, 10, 10])),
            // SDK-15.
            (P::GoOld, 3, [seconds, seconds], tokens),
            // SDK-16.
            (P::CppOld, 11, [exact, exact], None),
            (P::None, 1, [(Jitter::None, &[]), (Jitter::None, &[])], None),
        ];
        assert_eq!(rows.each_ref().map(|row| row.0), RetryProfile::ALL.map(|(_, it)| it));
        for (profile, attempts, waits, quota) in rows {
            let (plan, name) = (profile.plan(), profile.name());
            assert_eq!(plan.max_attempts, attempts, "{name}");
            for (found, (jitter, delays)) in [plan.throttled, plan.failed].iter().zip(waits) {
                let longest = (1..attempts).map(|retry| found.longest(retry));
                assert!(longest.eq(delays.iter().copied().map(ms)), "{name}: {found:?}");
                assert_eq!(found.jitter, jitter, "{name}");
            }
            let costs = plan.quota.map(|it| [it.tokens, it.throttled, it.failed, it.timed_out]);
            assert_eq!(costs, quota, "{name}");
        }
    }

    #[test]
    fn no_delay_passes_the_cap() {
        let wait = Wait { base: ms(1_000), max: CAP, jitter: Jitter::None };
        let mut chance = random::Stream::named(1, 0, "unused");
        let drawn: Vec<Span> = (1..8).map(|retry| wait.draw(retry, &mut chance)).collect();
        let seconds = [1, 2, 4, 8, 16, 20, 20].map(Span::from_s);
        assert_eq!(drawn, seconds);
        assert_eq!(wait.draw(200, &mut chance), CAP);
        assert_eq!(chance.position(), 0);
    }

    #[test]
    fn a_long_throttle_leaves_a_hundred_retries_then_one_for_five_successes() {
        // SDK-18: 500 tokens at 5 each; a first-try success gives one.
        let plan = RetryProfile::Sdk2026.plan();
        let mut quota = plan.full_quota();
        let mut chance = random::Stream::named(1, 0, "quota");
        let mut next = |quota: &mut Quota| plan.next(1, Failure::Throttled, quota, &mut chance);
        assert_eq!((0..300).filter(|_| next(&mut quota).is_some()).count(), 100);
        let mut granted = 0;
        for _ in 0..100 {
            quota.succeeded(None);
            granted += u32::from(next(&mut quota).is_some());
        }
        assert_eq!(granted, 20);
    }

    #[test]
    fn a_retry_that_succeeds_gives_back_its_own_cost_and_no_more_than_was_there() {
        let plan = RetryProfile::Sdk2026.plan();
        let mut quota = plan.full_quota();
        let mut chance = random::Stream::named(1, 0, "refunds");
        // Two retries at 14 and 5; the second succeeds: 500 - 14 - 5 + 5.
        assert!(plan.next(1, Failure::TimedOut, &mut quota, &mut chance).is_some());
        let second = plan.next(2, Failure::Throttled, &mut quota, &mut chance);
        quota.succeeded(second);
        assert_eq!(quota.left(), 486);
        for _ in 0..50 {
            quota.succeeded(None);
        }
        assert_eq!(quota.left(), 500);
        // Attempts that are used up do not ask the quota.
        assert_eq!(plan.next(3, Failure::Failed, &mut quota, &mut chance), None);
        assert_eq!(quota.left(), 500);
    }

    #[test]
    fn java_charges_nothing_for_throttles_and_so_never_stops() {
        // SDK-18, its second half; other failures cost 5.
        let plan = RetryProfile::Java2Legacy.plan();
        let mut quota = plan.full_quota();
        let mut chance = random::Stream::named(1, 0, "java");
        for _ in 0..10_000 {
            assert!(plan.next(1, Failure::Throttled, &mut quota, &mut chance).is_some());
        }
        assert!(plan.next(1, Failure::Failed, &mut quota, &mut chance).is_some());
        assert_eq!(quota.left(), 495);
    }

    #[test]
    fn an_empty_quota_draws_no_number() {
        let quota = Some(QuotaPlan { tokens: 4, throttled: 5, failed: 5, timed_out: 5 });
        let plan = RetryPlan { quota, ..RetryProfile::Sdk2026.plan() };
        let mut chance = random::Stream::named(1, 0, "unused");
        assert_eq!(plan.next(1, Failure::Failed, &mut plan.full_quota(), &mut chance), None);
        assert_eq!(chance.position(), 0);
    }
}
