//! K803 of functions: records that an event source mapping gave up.

use super::{Evidence, Finding, severity};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;
use crate::time::Span;

/// K803: a mapping gave records up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discarded {
    /// How many, in the whole run.
    pub records: u64,
    /// Records it read.
    pub polled: u64,
    /// Why.
    pub cause: DiscardCause,
    /// Whether a destination is told of them (ESM-94).
    pub on_failure: bool,
    /// Whether a batch of several is given up as a whole for one record in it: it is not split
    /// (ESM-81), and the function does not say which records failed (ESM-88).
    pub whole: bool,
}

/// Why a mapping gave records up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DiscardCause {
    /// Its last try failed; it made so many again (ESM-72).
    Retries(u32),
    /// They were as old as it may hand over (s) (ESM-76).
    TooOld(f64),
    /// No event has room for them: for so many bytes (ESM-40).
    TooLarge(u64),
}

/// What each function gave up, by cause.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let pairs = scenario.plan.readers.iter().zip(&outcome.consumers);
    let mut findings = Vec::new();
    for (number, (reader, consumer)) in pairs.enumerate() {
        let Some((first, did)) = reader.lambda().zip(consumer.lambda.as_ref()) else { continue };
        // What was set last, unless that gives up nothing.
        let last = scenario.plan.lambda_at(number, outcome.until);
        let lambda = last.as_ref().unwrap_or(first);
        let age = lambda.record_age.or(first.record_age).map_or(0.0, Span::as_s);
        let retries = lambda.retries.or(first.retries).unwrap_or_default();
        let counts = &did.counts;
        let causes = [
            (counts.retries_exhausted, DiscardCause::Retries(retries)),
            (counts.too_old, DiscardCause::TooOld(age)),
            (counts.too_large, DiscardCause::TooLarge(lambda.payload.max.0)),
        ];
        for (records, cause) in causes.into_iter().filter(|it| it.0 > 0) {
            let evidence = Evidence::Discarded(Discarded {
                records,
                polled: counts.polled,
                cause,
                on_failure: lambda.on_failure,
                whole: lambda.batch_size > 1 && !lambda.bisect && !lambda.partial,
            });
            let subject = reader.name.clone();
            findings.push(Finding { severity: severity(&evidence), subject, evidence });
        }
    }
    findings
}
