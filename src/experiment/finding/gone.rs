//! K801 and K803: records that expired, and those that producers gave up.

use super::{Evidence, Finding, Severity, severity};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;
use crate::time::Instant;

/// K803 of producers.
pub(super) fn lost(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let of = |name: &str| {
        let pairs = outcome.producers.iter().zip(&scenario.plan.producers);
        pairs.into_iter().find(|(producer, _)| producer.name == name)
    };
    let losses = outcome.losses.iter().filter(|loss| loss.records > 0);
    let found = losses.filter_map(|loss| {
        let (producer, plan) = of(&loss.producer)?;
        let evidence = Evidence::Lost {
            records: loss.records,
            bytes: loss.bytes,
            offered: producer.write.offered_records,
            cause: loss.cause,
            attempts: plan.client.retry.max_attempts,
        };
        let subject = loss.producer.clone();
        Some(Finding { severity: severity(&evidence), subject, evidence })
    });
    found.collect()
}

/// K801.
pub(super) fn expired(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let consumers = outcome.consumers.iter().filter(|consumer| consumer.ledger.expired > 0);
    consumers
        .filter_map(|consumer| {
            let at = consumer.first_expired.unwrap_or(outcome.until);
            let retention = scenario.plan.retention_at(consumer.stream, at)?;
            let evidence = Evidence::Expired {
                records: consumer.ledger.expired,
                stored: consumer.ledger.initial + consumer.ledger.stored,
                first_s: consumer.first_expired.map(Instant::as_s),
                retention_s: retention.as_s(),
            };
            let subject = consumer.name.clone();
            Some(Finding { severity: Severity::Error, subject, evidence })
        })
        .collect()
}
