//! The client objects of a producer: what each instance's does after an attempt.

use crate::model::retry::{Failure, Quota, Retry, RetryPlan};
use crate::random;

/// One client object an instance, each with retry tokens of its own (SDK-17).
#[derive(Clone, Debug)]
pub struct Clients {
    plan: RetryPlan,
    chance: random::Stream,
    /// One an instance; none where retries cost nothing.
    quotas: Vec<Quota>,
    /// Tokens that all of them together have handed out: as long as none is missing, none can come
    /// back, and first tries need not be looked at.
    missing: u64,
}

impl Clients {
    /// Of `instances` instances that retry as `plan` says.
    #[must_use]
    pub fn new(plan: &RetryPlan, instances: u32, chance: random::Stream) -> Self {
        let quotas = plan.quota.map_or(0, |_| instances as usize);
        Self { plan: *plan, chance, quotas: vec![plan.full_quota(); quotas], missing: 0 }
    }

    /// What `instance` does after attempt number `attempts`, counted from 1, failed; `None` to give
    /// up.
    #[inline]
    pub fn failed(&mut self, instance: u32, attempts: u32, failure: Failure) -> Option<Retry> {
        let Some(quota) = self.quotas.get_mut(instance as usize) else {
            return self.plan.next_free(attempts, failure, &mut self.chance);
        };
        let retry = self.plan.next(attempts, failure, quota, &mut self.chance);
        self.missing += retry.map_or(0, |retry| u64::from(retry.cost));
        retry
    }

    /// A retry of `instance` that took `cost` tokens succeeded: they come back (KDS-L09).
    #[inline]
    pub fn retry_succeeded(&mut self, instance: u32, cost: u32) {
        if let Some(quota) = self.quotas.get_mut(instance as usize) {
            self.missing -= u64::from(quota.gain(u64::from(cost)));
        }
    }

    /// `count` first attempts succeeded, of `instances` in this order: a token each (KDS-L09).
    ///
    /// A run of successes takes no token, so that of one instance they can be added at once.
    #[inline(always)]
    pub fn first_tries_succeeded(&mut self, count: usize, instances: impl Iterator<Item = u32>) {
        if self.missing == 0 {
            return;
        }
        if let [only] = self.quotas.as_mut_slice() {
            self.missing -= u64::from(only.gain(count as u64));
            return;
        }
        for instance in instances.take(count) {
            self.missing -= u64::from(self.quotas[instance as usize].gain(1));
        }
    }

    /// How many numbers its delays have taken.
    #[must_use]
    pub fn position(&self) -> u128 {
        self.chance.position()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::retry::RetryProfile;

    fn clients(instances: u32) -> Clients {
        let chance = random::Stream::named(1, 0, "clients");
        Clients::new(&RetryProfile::Sdk2026.plan(), instances, chance)
    }

    fn left(clients: &Clients) -> Vec<u32> {
        clients.quotas.iter().map(Quota::left).collect()
    }

    #[test]
    fn each_instance_has_tokens_of_its_own() {
        let mut clients = clients(2);
        for _ in 0..100 {
            assert!(clients.failed(1, 1, Failure::Throttled).is_some());
        }
        assert_eq!(clients.failed(1, 1, Failure::Throttled), None);
        assert!(clients.failed(0, 1, Failure::Failed).is_some());
        assert_eq!(left(&clients), [486, 0]);
    }

    /// A run of successes counts as the same successes one by one, up to the full bucket and past
    /// it, whoever had them.
    #[test]
    fn a_run_of_first_tries_counts_as_one_by_one() {
        for instances in [1, 3] {
            let (mut at_once, mut single) = (clients(instances), clients(instances));
            for (retries, successes) in [(3_u32, 7_usize), (60, 40), (0, 1_000), (1, 2), (90, 0)] {
                for n in 0..retries {
                    let instance = n * n % instances;
                    let a = at_once.failed(instance, 1, Failure::Throttled);
                    assert_eq!(a, single.failed(instance, 1, Failure::Throttled));
                }
                let of = |n: usize| n as u32 % instances;
                at_once.first_tries_succeeded(successes, (0..successes).map(of));
                for n in 0..successes {
                    single.first_tries_succeeded(1, std::iter::once(of(n)));
                }
                assert_eq!(left(&at_once), left(&single));
                let gone: u64 = left(&at_once).iter().map(|left| u64::from(500 - left)).sum();
                assert_eq!((at_once.missing, single.missing), (gone, gone));
            }
        }
    }

    #[test]
    fn without_a_quota_only_attempts_end_a_call() {
        let chance = random::Stream::named(1, 0, "free");
        let mut clients = Clients::new(&RetryProfile::BotocoreLegacy.plan(), 1, chance);
        for _ in 0..10_000 {
            assert!(clients.failed(0, 4, Failure::Throttled).is_some());
        }
        assert_eq!(clients.failed(0, 5, Failure::Throttled), None);
        clients.retry_succeeded(0, 5);
        clients.first_tries_succeeded(9, std::iter::empty());
    }
}
