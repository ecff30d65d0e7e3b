//! Playing scenarios.

use kinesim::experiment::outcome::Outcome;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::scenario::Scenario;
use kinesim::time::Instant;

/// What comes of `scenario` when it is played to its end, or `until` then.
pub(crate) fn play(scenario: &Scenario, until: Option<Instant>, fingerprint: bool) -> Outcome {
    let on_progress = &mut |_| Continue::Yes;
    run(scenario, Options { until, fingerprint, ..Options::new(on_progress) })
}
