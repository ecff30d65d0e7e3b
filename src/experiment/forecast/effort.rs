//! How long a run will take, roughly: from what is expected, never from a clock.

use crate::model::aggregate;
use crate::model::plan::{Plan, Resolution};
use crate::model::profile;
use crate::time::{Instant, Span};

/// Assumed real time for a record that is played by itself, from its birth to its last reader (s):
/// measured on a quiet core, it is about 40 to 110 ns.
const RECORD_S: f64 = 100e-9;
/// Assumed real time for a shard and a quantum (s): measured on a quiet core, with one reader that
/// polls once in a quantum, it is 230 to 340 ns; more readers and fuller calls cost more.
const SHARD_QUANTUM_S: f64 = 500e-9;
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
    /// How finely it is played: exact where none of its streams can be played in quanta.
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
        let end = Instant::ZERO + length;
        let records = profile::offered(plan, end);
        // An event is a record sent, or less work than that.
        let part = max_events.map_or(1.0, |most| (most as f64 / records.max(1.0)).min(1.0));
        let cost = |resolution| {
            let streams = 0..plan.streams.len();
            streams.map(|stream| whole_cost(plan, stream, resolution, end)).sum::<f64>() * part
        };
        let resolution =
            if aggregate::has_quanta(plan) { plan.resolution } else { Resolution::Exact };
        let seconds = cost(resolution);
        let is_coarser = |quantum: &Span| match resolution {
            Resolution::Exact => true,
            Resolution::Quantum(now) => *quantum > now,
        };
        let coarser = QUANTA
            .into_iter()
            .filter(is_coarser)
            .map(|quantum| (quantum, cost(Resolution::Quantum(quantum))))
            .find(|(_, with)| *with <= seconds * WORTHWHILE);
        Self { records, length, resolution, seconds, coarser }
    }
}

/// Real time to play stream number `stream` of `plan` up to `end` with this resolution (s): record
/// by record where it cannot be played otherwise.
fn whole_cost(plan: &Plan, stream: usize, resolution: Resolution, end: Instant) -> f64 {
    let quantum = match resolution {
        Resolution::Exact => Ok(None),
        Resolution::Quantum(cell) => aggregate::quantum_of(plan, stream, cell),
    };
    if let Ok(Some(cell)) = quantum {
        let quanta = end.as_s() / cell.as_s().max(1e-9);
        return f64::from(plan.streams[stream].shard_count) * quanta * SHARD_QUANTUM_S;
    }
    let writers = plan.producers.iter().filter(|producer| producer.stream == stream);
    writers.map(|producer| profile::offered_of(producer, end)).sum::<f64>() * RECORD_S
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::model::plan::BufferPlan;

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
        // 4 shards and 864,000 quanta: of 20 ms they would be five times as many, too many.
        let (quantum, seconds) = exact.coarser.expect("one is worth it");
        assert!(quantum == Span::from_ms(100) && near(seconds, 1.728), "{exact:?}");
        let fine = a_day(Resolution::Quantum(Span::from_ms(20)), None);
        assert!(near(fine.seconds, 8.64), "{fine:?}");
        assert_eq!(fine.coarser.map(|it| it.0), Some(Span::from_ms(100)));
        let coarse = a_day(Resolution::Quantum(Span::from_s(1)), None);
        assert!(near(coarse.seconds, 0.1728) && coarse.coarser.is_none(), "{coarse:?}");
    }

    #[test]
    fn a_stream_that_is_not_played_in_quanta_costs_its_records() {
        let (scenario, _) = sample::hot_shard();
        let mut plan = scenario.plan;
        (plan.duration, plan.resolution) =
            (Span::from_s(86_400), Resolution::Quantum(Span::from_ms(20)));
        plan.producers[0].client.buffer = BufferPlan::Records(1_000);
        let effort = Effort::new(&plan, Instant::ZERO + plan.duration, None);
        assert!(near(effort.seconds, 15.552) && effort.coarser.is_none(), "{effort:?}");
        assert_eq!(effort.resolution, Resolution::Exact);
        // A stream beside it is.
        let mut other = plan.producers[0].clone();
        (other.stream, other.client.buffer) = (1, BufferPlan::Unlimited);
        plan.streams.push(plan.streams[0].clone());
        plan.producers.push(other);
        let effort = Effort::new(&plan, Instant::ZERO + plan.duration, None);
        assert!(near(effort.seconds, 15.552 + 8.64), "{effort:?}");
        assert_eq!(effort.resolution, plan.resolution);
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
