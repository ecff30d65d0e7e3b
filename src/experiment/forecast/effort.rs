//! How long a run will take, roughly: from what is expected, never from a clock.

use crate::model::plan::{Plan, Resolution};
use crate::model::profile;
use crate::time::{Instant, Span};

/// Assumed real time for a record that is played by itself, from its birth to its last reader (s).
const RECORD_S: f64 = 100e-9;
/// Assumed real time for a shard and a quantum (s).
const SHARD_QUANTUM_S: f64 = 100e-9;
/// Quanta that may be proposed, the finest first.
const QUANTA: [Span; 3] = [Span::from_ms(20), Span::from_ms(100), Span::from_s(1)];
/// A coarser quantum is worth a word where it takes at most this part of the time.
const WORTHWHILE: f64 = 0.25;

/// What is expected of a run, and what it may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Effort {
    /// Records its producers will offer.
    pub records: f64,
    /// Virtual time they are offered in.
    pub length: Span,
    /// How finely it is played.
    pub resolution: Resolution,
    /// Real time (s).
    pub seconds: f64,
    /// The finest quantum that takes far less, and the real time with it (s).
    pub coarser: Option<(Span, f64)>,
}

impl Effort {
    /// The effort of playing `plan` up to `until`, or up to `max_events`.
    #[must_use]
    pub fn new(plan: &Plan, until: Instant, max_events: Option<u64>) -> Self {
        let length = until.since(Instant::ZERO).min(plan.duration);
        let records = profile::offered(plan, Instant::ZERO + length);
        let shards: f64 = plan.streams.iter().map(|stream| f64::from(stream.shard_count)).sum();
        // An event is a record sent, or less work than that.
        let part = max_events.map_or(1.0, |most| (most as f64 / records.max(1.0)).min(1.0));
        let cost = |resolution| {
            let whole = match resolution {
                Resolution::Exact => records * RECORD_S,
                Resolution::Quantum(quantum) => {
                    shards * (length.as_s() / quantum.as_s().max(1e-9)) * SHARD_QUANTUM_S
                }
            };
            whole * part
        };
        let seconds = cost(plan.resolution);
        let is_coarser = |quantum: &Span| match plan.resolution {
            Resolution::Exact => true,
            Resolution::Quantum(now) => *quantum > now,
        };
        let coarser = QUANTA
            .into_iter()
            .filter(is_coarser)
            .map(|quantum| (quantum, cost(Resolution::Quantum(quantum))))
            .find(|(_, with)| *with <= seconds * WORTHWHILE);
        Self { records, length, resolution: plan.resolution, seconds, coarser }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    /// The sample's 1,800 records a second and 4 shards, for a day.
    fn a_day(resolution: Resolution, max_events: Option<u64>) -> Effort {
        let (scenario, _) = sample::hot_shard();
        let mut plan = scenario.plan;
        (plan.duration, plan.resolution) = (Span::from_s(86_400), resolution);
        Effort::new(&plan, Instant::ZERO + plan.duration, max_events)
    }

    fn near(value: f64, wanted: f64) -> bool {
        (value - wanted).abs() < wanted * 1e-9
    }

    #[test]
    fn records_cost_by_number_and_quanta_by_shards_and_time() {
        let exact = a_day(Resolution::Exact, None);
        assert!(near(exact.records, 155_520_000.0) && near(exact.seconds, 15.552), "{exact:?}");
        // 4 shards and 4,320,000 quanta; the finest is good enough.
        let (quantum, seconds) = exact.coarser.expect("one is worth it");
        assert!(quantum == Span::from_ms(20) && near(seconds, 1.728), "{exact:?}");
        let fine = a_day(Resolution::Quantum(Span::from_ms(20)), None);
        assert!(near(fine.seconds, 1.728), "{fine:?}");
        assert_eq!(fine.coarser.map(|it| it.0), Some(Span::from_ms(100)));
        let coarse = a_day(Resolution::Quantum(Span::from_s(1)), None);
        assert!(near(coarse.seconds, 0.034_56) && coarse.coarser.is_none(), "{coarse:?}");
    }

    #[test]
    fn a_run_that_ends_sooner_costs_less() {
        assert!(near(a_day(Resolution::Exact, Some(15_552_000)).seconds, 1.5552));
        assert!(near(a_day(Resolution::Exact, Some(u64::MAX)).seconds, 15.552));
        let (scenario, _) = sample::hot_shard();
        let effort = Effort::new(&scenario.plan, Instant::from_s(10), None);
        assert!(near(effort.records, 18_000.0) && effort.length == Span::from_s(10));
        let never = Effort::new(&scenario.plan, Instant::ZERO, None);
        assert!(never.seconds == 0.0 && never.records == 0.0, "{never:?}");
    }
}
