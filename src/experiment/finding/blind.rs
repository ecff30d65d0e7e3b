//! K605: an alarm that saw nothing of what went wrong.

use crate::experiment::load;
use crate::experiment::outcome::{AlarmOutcome, Outcome};
use crate::model::alarm::Ratio;
use crate::scenario::Scenario;
use crate::scenario::alarm::{Alarm, Measured, Source};
use crate::time::Instant;

/// K605: an alarm was never raised although what it watches over went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Blind {
    /// Number of the alarm.
    pub alarm: usize,
    /// The stream's name.
    pub stream: String,
    /// Its highest datapoint, in the unit of the metric; `None` where it had none.
    pub highest: Option<Ratio>,
    /// What went wrong.
    pub harm: Harm,
}

/// What an alarm should have seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Harm {
    /// Writes were refused or lost.
    Writes {
        /// Refused attempts over attempts.
        throttled_share: f64,
        /// Records given up.
        lost: u64,
        /// Shards of the stream.
        shards: u64,
        /// The busiest one.
        shard: String,
        /// Its busiest second, over its limit.
        busiest_second_share: f64,
    },
    /// Records expired before a reader was handed them.
    Reads {
        /// How many.
        expired: u64,
    },
}

/// Below this share of refused attempts an alarm may stay silent.
const REFUSED_LEAST: f64 = 0.001;

/// The alarms that were silent, each with its name.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Blind)> {
    let from = Instant::ZERO + scenario.plan.warm_up;
    let alarms = || scenario.alarms.iter().zip(&outcome.alarms);
    let was_raised = |of: &AlarmOutcome| !of.time_in_alarm(from).is_zero();
    // Where one alarm told of it, another need not.
    let told = |alarm: &Alarm| {
        let same = |other: &Alarm| {
            other.stream == alarm.stream && watches_writes(other) == watches_writes(alarm)
        };
        alarms().any(|(other, of)| same(other) && was_raised(of))
    };
    let mut found = Vec::new();
    for (number, (alarm, of)) in alarms().enumerate() {
        if of.points.is_empty() || !alarm.rule.operator.is_upper() || told(alarm) {
            continue;
        }
        let harm = match alarm.metric {
            Measured::WriteFailed => None,
            _ if watches_writes(alarm) => harmed_writes(scenario, outcome, alarm.stream),
            _ => harmed_reads(outcome, alarm),
        };
        let Some(harm) = harm else { continue };
        let values = of.points.iter().filter_map(|point| point.value);
        let blind = Blind {
            alarm: number,
            stream: outcome
                .streams
                .get(alarm.stream)
                .map_or_else(String::new, |it| it.name.clone()),
            highest: values.max_by(|a, b| a.order(*b)),
            harm,
        };
        found.push((alarm.name.clone(), blind));
    }
    found
}

fn watches_writes(alarm: &Alarm) -> bool {
    alarm.metric.source() == Source::Writes
}

fn harmed_writes(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Harm> {
    let stream = outcome.streams.get(index)?;
    let write = &stream.write_judged;
    let throttled_share = write.throttled as f64 / (write.attempts as f64).max(1.0);
    if throttled_share < REFUSED_LEAST && write.lost_records == 0 {
        return None;
    }
    let fullness = load::fullness(scenario, outcome, index)?;
    Some(Harm::Writes {
        throttled_share,
        lost: write.lost_records,
        shards: stream.shards.len() as u64,
        shard: fullness.busiest_shard,
        busiest_second_share: fullness.busiest_second_share,
    })
}

fn harmed_reads(outcome: &Outcome, alarm: &Alarm) -> Option<Harm> {
    let consumers = outcome.consumers.iter().enumerate();
    let concerned = consumers.filter(|(index, consumer)| {
        consumer.stream == alarm.stream && alarm.reader.is_none_or(|only| only == *index)
    });
    let expired: u64 = concerned.map(|(_, consumer)| consumer.ledger.expired).sum();
    (expired > 0).then_some(Harm::Reads { expired })
}
