//! Objectives: what was asked, what was measured, and whether it holds.

mod function;

use crate::experiment::bill::{Bill, Item};
use crate::experiment::catch_up;
use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{
    ConsumerOutcome, FirehoseCounts, Flow, Outcome, StreamOutcome, Writes,
};
use crate::scenario::metric::{FunctionMetric, Metric, Statistic, Unit};
use crate::scenario::{Comparison, Objective, Scenario};
use crate::time::{Instant, Span};
use crate::units::Money;

/// What became of one objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The path as written: `reader.fraud.iterator_age.p99`.
    pub path: String,
    /// The condition as written: `<= 5 s`.
    pub condition: String,
    /// What the values are measured in. A count that is judged as a share is a share.
    pub unit: Unit,
    /// What was measured after the warm-up: records/s, a share (0 to 1), records, seconds, or
    /// dollars to a millionth.
    /// `None` where there was nothing to measure.
    pub measured: Option<f64>,
    /// The bound, in the same unit.
    pub bound: f64,
    /// How the two must compare.
    pub comparison: Comparison,
    /// Whether the objective holds.
    pub met: bool,
    /// Whether there is no value because what is measured did not happen within the run: a reader
    /// that was not current again, an alarm that was not raised. No condition holds of it.
    pub unreached: bool,
    /// Whether the value was still rising when the run ended, so that a longer run has a worse one.
    pub growing: bool,
}

/// Judges every objective of `scenario` by what happened after the warm-up.
///
/// A metric without a single observation has no value, and its objective is missed: a run that
/// shows nothing proves nothing. This concerns shares of no attempts, ages and latencies of no
/// record, and everything in a run that ended within its warm-up. Counts are never without a
/// value: nothing lost of nothing offered is zero, in records and as a share.
#[must_use]
pub fn judge(scenario: &Scenario, outcome: &Outcome) -> Vec<Verdict> {
    let run = Judged::new(scenario, outcome);
    scenario.objectives.iter().map(|objective| run.verdict(objective)).collect()
}

/// Values of these metrics of a run after its warm-up, as [`Verdict::measured`] has them. Beside
/// each stands whether a count is to be a share.
#[must_use]
pub fn measure<'m>(
    scenario: &Scenario,
    outcome: &Outcome,
    metrics: impl IntoIterator<Item = (&'m Metric, bool)>,
) -> Vec<Option<f64>> {
    let run = Judged::new(scenario, outcome);
    metrics.into_iter().map(|(metric, as_share)| run.measured(metric, as_share)).collect()
}

/// The part of a run that is judged.
struct Judged<'r> {
    scenario: &'r Scenario,
    outcome: &'r Outcome,
    /// Seconds after the warm-up; zero where the run ended within it.
    seconds: f64,
    /// The intervals that end after the warm-up.
    flows: Vec<&'r Flow>,
}

impl<'r> Judged<'r> {
    fn new(scenario: &'r Scenario, outcome: &'r Outcome) -> Self {
        let from = Instant::ZERO + scenario.plan.warm_up;
        let ends_later = |flow: &&Flow| {
            let end = flow.start + outcome.interval;
            end > from && outcome.until > from
        };
        Self {
            scenario,
            outcome,
            seconds: outcome.until.since(from).as_s(),
            flows: outcome.timeline.iter().filter(ends_later).collect(),
        }
    }

    fn verdict(&self, objective: &Objective) -> Verdict {
        let measured = self.measured(&objective.metric, objective.bound_is_share);
        Verdict {
            path: objective.path.clone(),
            condition: objective.text.clone(),
            unit: unit_of(objective),
            measured,
            bound: objective.bound,
            comparison: objective.comparison,
            met: measured.is_some_and(|value| holds(objective.comparison, value, objective.bound)),
            unreached: self.is_unreached(&objective.metric),
            growing: self.is_growing(&objective.metric),
        }
    }

    /// The metric after the warm-up; nothing where the run ended within that.
    fn measured(&self, metric: &Metric, as_share: bool) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.measure(metric, as_share)).flatten()
    }

    fn measure(&self, metric: &Metric, as_share: bool) -> Option<f64> {
        let Outcome { write_judged, write_latency, streams, .. } = self.outcome;
        if let Metric::OfStream(stream, metric) = metric {
            let of = std::slice::from_ref(streams.get(*stream)?);
            let (write, latency) = (&of[0].write_judged, &of[0].write_latency);
            return self
                .measure_write(metric, as_share, (write, latency), of)
                .or_else(|| self.measure_cost(metric, Some(*stream)));
        }
        let all = (write_judged, write_latency);
        self.measure_write(metric, as_share, all, streams)
            .or_else(|| self.measure_read(metric))
            .or_else(|| self.measure_firehose(metric, as_share))
            .or_else(|| self.measure_function(metric, as_share))
            .or_else(|| self.measure_alarm(metric))
            .or_else(|| self.measure_cost(metric, None))
    }

    /// A metric of `streams`, and of writing to them; `None` for any other.
    fn measure_write(
        &self,
        metric: &Metric,
        as_share: bool,
        (write, latency): (&Writes, &Histogram),
        streams: &[StreamOutcome],
    ) -> Option<f64> {
        match *metric {
            Metric::WriteOffered => Some(write.offered_records as f64 / self.seconds),
            Metric::WriteAttempts => Some(write.attempts as f64 / self.seconds),
            Metric::WriteAccepted => Some(write.accepted_records as f64 / self.seconds),
            Metric::WriteThrottled => share(write.throttled, write.attempts),
            Metric::WriteFailed => share(write.failed, write.attempts),
            Metric::WriteUtilization => self.utilization(write, streams),
            Metric::WriteLatency(statistic) => statistic_of(latency, statistic, None),
            Metric::RecordsLost if as_share => {
                // Records offered within the warm-up can be given up after it.
                let whole = write.offered_records.max(write.lost_records);
                Some(share(write.lost_records, whole).unwrap_or(0.0))
            }
            Metric::RecordsLost => Some(write.lost_records as f64),
            Metric::KmsCalls => {
                Some(streams.iter().filter_map(|it| it.kms_calls).sum::<u64>() as f64)
            }
            _ => None,
        }
    }

    /// A metric of a consumer; `None` for any other.
    fn measure_read(&self, metric: &Metric) -> Option<f64> {
        match *metric {
            Metric::IteratorAge(consumer, statistic) => {
                let consumer = self.consumer(consumer)?;
                let end = consumer.age_end.as_ns();
                statistic_of(&consumer.iterator_age, statistic, Some(end))
            }
            Metric::ReadLatency(consumer, statistic) => {
                statistic_of(&self.consumer(consumer)?.latency, statistic, None)
            }
            Metric::MillisBehindLatest(consumer, statistic) => {
                statistic_of(&self.consumer(consumer)?.behind, statistic, None)
            }
            Metric::Backlog(consumer, statistic) => self.backlog(consumer, statistic),
            Metric::ReadThrottled(consumer) => {
                let reads = self.flows.iter().filter_map(|flow| flow.reads.get(consumer));
                let (refused, others) = reads.fold((0, 0), |(refused, others), read| {
                    (refused + read.throttled_calls, others + read.calls + read.failed_calls)
                });
                share(refused, refused + others)
            }
            Metric::FailedAttempts(consumer) => {
                let reads = self.flows.iter().filter_map(|flow| flow.reads.get(consumer));
                Some(reads.map(|read| read.failed_attempts).sum::<u64>() as f64)
            }
            Metric::CatchUp(consumer) => {
                let times = catch_up::judged(self.scenario, self.outcome, consumer);
                let times: Option<Vec<Span>> = times.iter().map(|it| it.time).collect();
                times?.into_iter().max().map(Span::as_s)
            }
            _ => None,
        }
    }

    /// A metric of a delivery stream; `None` for any other.
    fn measure_firehose(&self, metric: &Metric, as_share: bool) -> Option<f64> {
        let of = |consumer: usize| self.consumer(consumer)?.firehose.as_ref();
        let records = |consumer: usize, records: fn(&FirehoseCounts) -> u64| {
            let counts = &of(consumer)?.judged;
            let count = records(counts);
            if as_share {
                return Some(share(count, counts.source_records).unwrap_or(0.0));
            }
            Some(count as f64)
        };
        match *metric {
            Metric::ObjectSize(consumer, statistic) => {
                value_of(&of(consumer)?.object_sizes(), statistic, None)
            }
            Metric::Objects(consumer) => {
                Some(of(consumer)?.judged.all_objects() as f64 * 3_600.0 / self.seconds)
            }
            Metric::Freshness(consumer, statistic) => {
                statistic_of(&of(consumer)?.freshness, statistic, None)
            }
            Metric::TransformErrors(consumer) => {
                let counts = &of(consumer)?.judged;
                share(counts.failed_tries, counts.tries)
            }
            Metric::Dropped(consumer) => records(consumer, |counts| counts.dropped),
            Metric::ErrorOutput(consumer) => records(consumer, |counts| counts.error_records),
            _ => None,
        }
    }

    /// A metric of a function; `None` for any other.
    fn measure_function(&self, metric: &Metric, as_share: bool) -> Option<f64> {
        let Metric::Function(consumer, metric) = *metric else { return None };
        let lambda = self.consumer(consumer)?.lambda.as_deref()?;
        function::measure(lambda, metric, as_share, self.seconds)
    }

    /// A metric of an alarm, from the warm-up's end on; `None` for any other.
    fn measure_alarm(&self, metric: &Metric) -> Option<f64> {
        let from = Instant::ZERO + self.scenario.plan.warm_up;
        let alarm = |index: usize| self.outcome.alarms.get(index);
        match *metric {
            Metric::AlarmFired(index) => Some(alarm(index)?.raised(from).count() as f64),
            Metric::AlarmFirst(index) => alarm(index)?.raised(from).next().map(Instant::as_s),
            Metric::AlarmTime(index) => Some(alarm(index)?.time_in_alarm(from).as_s()),
            _ => None,
        }
    }

    /// What the run or a month like it costs, in dollars; `None` for any other metric.
    fn measure_cost(&self, metric: &Metric, stream: Option<usize>) -> Option<f64> {
        let bill = || Bill::new(self.scenario, self.outcome);
        match *metric {
            Metric::CostRun => Some(bill().run.dollars()),
            Metric::CostMonth(item) => {
                bill().month_of(item.map(Item::from), stream).map(Money::dollars)
            }
            _ => None,
        }
    }

    /// Whether a reader was not current again within the run, or an alarm not raised.
    fn is_unreached(&self, metric: &Metric) -> bool {
        if let Metric::AlarmFirst(_) = metric {
            return self.seconds > 0.0 && self.measure_alarm(metric).is_none();
        }
        let Metric::CatchUp(consumer) = *metric else { return false };
        let times = catch_up::judged(self.scenario, self.outcome, consumer);
        times.iter().any(|it| it.time.is_none())
    }

    fn consumer(&self, index: usize) -> Option<&'r ConsumerOutcome> {
        self.outcome.consumers.get(index)
    }

    /// Accepted over what all shards could have taken, by records or bytes, whichever is larger.
    fn utilization(&self, write: &Writes, streams: &[StreamOutcome]) -> Option<f64> {
        let (mut records, mut bytes) = (0.0, 0.0);
        for stream in streams {
            let from = Instant::ZERO + self.scenario.plan.warm_up;
            let shards = stream.mean_open(from, self.outcome.until);
            records += shards * stream.limit_records_per_s as f64;
            bytes += shards * stream.limit_bytes_per_s as f64;
        }
        let capacity =
            |limit: f64, taken: u64| (limit > 0.0).then(|| taken as f64 / (limit * self.seconds));
        let by_records = capacity(records, write.accepted_records)?;
        Some(by_records.max(capacity(bytes, write.accepted_bytes)?))
    }

    fn backlog(&self, consumer: usize, statistic: Statistic) -> Option<f64> {
        let ledger = &self.consumer(consumer)?.ledger;
        let mut values: Vec<u64> = self
            .flows
            .iter()
            .filter_map(|flow| flow.reads.get(consumer).map(|read| read.backlog_records))
            .collect();
        match statistic {
            Statistic::End => Some(ledger.waiting as f64),
            Statistic::Max => values.iter().max().map(|&most| most as f64),
            Statistic::Mean => {
                let sum: u64 = values.iter().sum();
                share(sum, values.len() as u64)
            }
            Statistic::Percentile(percent) => {
                values.sort_unstable();
                let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
                values.get(rank.max(1) - 1).map(|&value| value as f64)
            }
        }
    }

    /// Whether what the metric measures rose to the end of the run.
    fn is_growing(&self, metric: &Metric) -> bool {
        let reads =
            |consumer: usize| self.flows.iter().filter_map(move |flow| flow.reads.get(consumer));
        let values: Vec<f64> = match *metric {
            Metric::IteratorAge(consumer, _)
            | Metric::ReadLatency(consumer, _)
            | Metric::MillisBehindLatest(consumer, _) => reads(consumer)
                .map(|read| read.age_max.map_or(read.backlog_age, |age| age.max(read.backlog_age)))
                .map(Span::as_s)
                .collect(),
            Metric::Backlog(consumer, _) => {
                reads(consumer).map(|read| read.backlog_records as f64).collect()
            }
            _ => return false,
        };
        rises_to_the_end(&values)
    }
}

/// Fewest intervals from which a trend is read.
const TREND_INTERVALS: usize = 8;
/// The last value must reach this part of the largest.
const TREND_NEAR_MAX: f64 = 0.9;
/// The last quarter's mean must exceed the quarter's before by this part.
const TREND_RISE: f64 = 0.1;

/// Whether a series ends near its maximum, and its last quarter is clearly above the one before.
///
/// A value that grows steadily from nothing has a last quarter 40 % above the one before; one that
/// swings around a level has none.
#[must_use]
pub fn rises_to_the_end(values: &[f64]) -> bool {
    let quarter = values.len() / 4;
    if values.len() < TREND_INTERVALS {
        return false;
    }
    let (before, last) = values[values.len() - 2 * quarter..].split_at(quarter);
    let max = values.iter().copied().fold(0.0, f64::max);
    let sum = |part: &[f64]| part.iter().sum::<f64>();
    let end = values.last().copied().unwrap_or(0.0);
    end > 0.0 && end >= TREND_NEAR_MAX * max && sum(last) > (1.0 + TREND_RISE) * sum(before)
}

/// Whether `value` compares with `bound` as asked.
#[must_use]
pub fn holds(comparison: Comparison, value: f64, bound: f64) -> bool {
    match comparison {
        Comparison::AtMost => value <= bound,
        Comparison::Below => value < bound,
        Comparison::AtLeast => value >= bound,
        Comparison::Above => value > bound,
        Comparison::Equal => value.total_cmp(&bound).is_eq(),
    }
}

/// What an objective is measured in: a count of lost records may be judged as a share of those
/// offered.
pub(crate) fn unit_of(objective: &Objective) -> Unit {
    let metric = match &objective.metric {
        Metric::OfStream(_, metric) => metric,
        metric => metric,
    };
    match metric {
        Metric::RecordsLost
        | Metric::Dropped(_)
        | Metric::ErrorOutput(_)
        | Metric::Function(_, FunctionMetric::Discarded)
            if objective.bound_is_share =>
        {
            Unit::Share
        }
        metric => metric.unit(),
    }
}

/// A statistic of a histogram of nanoseconds, in seconds; `None` where it is empty.
fn statistic_of(histogram: &Histogram, statistic: Statistic, end_ns: Option<u64>) -> Option<f64> {
    value_of(histogram, statistic, end_ns).map(|ns| ns / 1e9)
}

/// A statistic of a histogram in its own unit; `None` where it is empty.
fn value_of(histogram: &Histogram, statistic: Statistic, end: Option<u64>) -> Option<f64> {
    let mean = histogram.mean()?;
    Some(match statistic {
        Statistic::Percentile(percent) => histogram.percentile(percent)? as f64,
        Statistic::Max => histogram.max() as f64,
        Statistic::End => end? as f64,
        Statistic::Mean => mean,
    })
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;
    use crate::scenario::metric::CostItem;

    fn measure(path: &str, metric: Metric, comparison: Comparison, bound: f64) -> Verdict {
        let (mut scenario, outcome) = sample::hot_shard();
        scenario.objectives = vec![Objective {
            path: path.to_owned(),
            metric,
            comparison,
            bound,
            bound_is_share: path.ends_with("share"),
            text: String::new(),
        }];
        judge(&scenario, &outcome).remove(0)
    }

    /// The sample: 60 s, 1,800/s offered of 500 B, 1,600/s stored, four shards of 1,000/s.
    #[test]
    fn measures_are_those_worked_out_by_hand() {
        use Comparison::AtMost;
        let cases = [
            (Metric::WriteOffered, 1_800.0),
            (Metric::WriteAttempts, 1_800.0),
            (Metric::WriteAccepted, 1_600.0),
            (Metric::WriteThrottled, 12_000.0 / 108_000.0),
            // 1,600 of 4,000 records/s; bytes are 0.8 of 4 MiB/s.
            (Metric::WriteUtilization, 0.4),
            (Metric::RecordsLost, 12_000.0),
            (Metric::IteratorAge(0, Statistic::End), 4.0),
            (Metric::IteratorAge(0, Statistic::Max), 4.0),
            (Metric::Backlog(0, Statistic::Max), 6_000.0),
            (Metric::Backlog(0, Statistic::End), 6_000.0),
            (Metric::ReadThrottled(0), 6.0 / 246.0),
            // 180 answers at the tip, 60 a second behind.
            (Metric::MillisBehindLatest(0, Statistic::Mean), 0.25),
            (Metric::MillisBehindLatest(0, Statistic::Percentile(75.0)), 0.0),
            (Metric::MillisBehindLatest(0, Statistic::Max), 1.0),
            // 4 shards for a minute at 0.015 an hour, 96,000 units at 0.014 a million.
            (Metric::CostRun, 0.001 + 0.001_344),
            // The month has 43,800 minutes.
            (Metric::CostMonth(None), 43.8 + 58.867_2),
            (Metric::CostMonth(Some(CostItem::PayloadUnits)), 58.867_2),
            (Metric::CostMonth(Some(CostItem::FanOutData)), 0.0),
            (Metric::OfStream(0, Box::new(Metric::CostMonth(None))), 102.667_2),
        ];
        for (metric, expected) in cases {
            let verdict = measure("m", metric.clone(), AtMost, expected);
            let measured = verdict.measured.expect("measured");
            assert!((measured - expected).abs() < 1e-12, "{metric:?}: {measured}");
        }
        let lost = measure("share", Metric::RecordsLost, AtMost, 0.2);
        assert_eq!((lost.unit, lost.met), (Unit::Share, true));
        assert!((lost.measured.expect("measured") - 1.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_measured_is_missed_and_nothing_lost_is_met() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        outcome.write_judged = crate::experiment::outcome::Writes::default();
        outcome.consumers[0].iterator_age = crate::experiment::histogram::Histogram::new();
        let objective = |metric| Objective {
            path: "m".to_owned(),
            metric,
            comparison: Comparison::AtMost,
            bound: 5.0,
            bound_is_share: true,
            text: "<= 5".to_owned(),
        };
        scenario.objectives = vec![
            objective(Metric::WriteThrottled),
            objective(Metric::IteratorAge(0, Statistic::End)),
            objective(Metric::RecordsLost),
        ];
        let verdicts = judge(&scenario, &outcome);
        assert_eq!((verdicts[0].measured, verdicts[0].met), (None, false));
        assert_eq!((verdicts[1].measured, verdicts[1].met), (None, false));
        assert_eq!((verdicts[2].measured, verdicts[2].met), (Some(0.0), true));

        scenario.plan.warm_up = crate::time::Span::from_s(60);
        assert!(judge(&scenario, &outcome).iter().all(|v| v.measured.is_none() && !v.met));
    }

    /// What was offered within the warm-up can be given up after it.
    #[test]
    fn losses_without_offers_are_no_share_of_zero() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        outcome.write_judged = crate::experiment::outcome::Writes::default();
        outcome.write_judged.lost_records = 7;
        scenario.objectives = vec![Objective {
            path: "records.lost".to_owned(),
            metric: Metric::RecordsLost,
            comparison: Comparison::AtMost,
            bound: 0.001,
            bound_is_share: true,
            text: "<= 0.1 %".to_owned(),
        }];
        let verdict = judge(&scenario, &outcome).remove(0);
        assert_eq!((verdict.measured, verdict.met), (Some(1.0), false));
    }

    #[test]
    fn a_climb_is_growing_and_a_swing_or_a_recovery_is_not() {
        let climb: Vec<f64> = (1..=40).map(f64::from).collect();
        assert!(rises_to_the_end(&climb));
        let swing: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { 5.0 } else { 6.0 }).collect();
        assert!(!rises_to_the_end(&swing));
        let recovery: Vec<f64> = (1..=40).map(|i| f64::from(41 - i)).collect();
        assert!(!rises_to_the_end(&recovery));
        assert!(!rises_to_the_end(&[0.0; 40]));
        assert!(!rises_to_the_end(&climb[..7]));
    }

    #[test]
    fn bounds_include_or_exclude_their_own_value() {
        use Comparison::{Above, AtLeast, AtMost, Below, Equal};
        for (comparison, below, same, above) in [
            (AtMost, true, true, false),
            (Below, true, false, false),
            (AtLeast, false, true, true),
            (Above, false, false, true),
            (Equal, false, true, false),
        ] {
            let got = [1.0, 2.0, 3.0].map(|value| holds(comparison, value, 2.0));
            assert_eq!(got, [below, same, above], "{comparison:?}");
        }
    }
}
