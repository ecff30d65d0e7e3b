//! Alarms during a run: what they measure is gathered a period at a time, then evaluated.
//!
//! What is written is taken from whole seconds that are folded anyway, so that no put touches an
//! alarm; reads are taken call by call. All memory is taken beforehand.

use crate::experiment::outcome::{AlarmOutcome, AlarmPoint, Writes};
use crate::experiment::series::Series;
use crate::model::alarm::{Alarm as Evaluator, Ratio};
use crate::model::observation::Read;
use crate::model::plan::{IntakePlan, Plan};
use crate::scenario::alarm::{Alarm, Measured, Source, Statistic};
use crate::time::{Instant, NS_PER_S, Span};

/// All alarms of a run.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    alarms: Vec<Watched>,
    /// Per reader, the alarms that its calls or events concern, as indices.
    by_reader: Vec<Vec<usize>>,
    /// Per stream, its open shards.
    open_shards: Vec<u32>,
}

/// One alarm, and the period that is being filled.
#[derive(Clone, Debug)]
struct Watched {
    alarm: Alarm,
    evaluator: Evaluator,
    /// When the period ends (CWA-08).
    end: Instant,
    /// What was written in it, to the stream.
    writes: Writes,
    /// What had been written to its shard when the period began.
    before: Writes,
    samples: Samples,
    /// Limits of a shard: records and bytes a second.
    limits: (u64, u64),
    points: Vec<AlarmPoint>,
}

/// Samples of one period.
#[derive(Clone, Copy, Debug, Default)]
struct Samples {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
    /// Calls refused by a limit.
    refused: u64,
    /// Calls made, whatever became of them.
    calls: u64,
}

impl Samples {
    fn add(&mut self, value: u64) {
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
    }

    /// One number of them; `None` where there is none.
    fn statistic(&self, statistic: Statistic) -> Option<Ratio> {
        (self.count > 0).then_some(match statistic {
            Statistic::Sum => Ratio::of(self.sum),
            Statistic::Average => Ratio { part: self.sum, whole: self.count },
            Statistic::Minimum => Ratio::of(self.min),
            Statistic::Maximum => Ratio::of(self.max),
            Statistic::SampleCount => Ratio::of(self.count),
        })
    }
}

impl Watch {
    /// The alarms of a run of `plan` that may last until `end`.
    #[must_use]
    pub fn new(alarms: &[Alarm], plan: &Plan, end: Instant) -> Self {
        let watched = |alarm: &Alarm| {
            let write = plan.streams.get(alarm.stream).map(|stream| &stream.write);
            let periods = end.as_ns() / alarm.period.as_ns().max(1);
            Watched {
                alarm: alarm.clone(),
                evaluator: Evaluator::new(alarm.rule),
                end: Instant::ZERO + alarm.period,
                writes: Writes::default(),
                before: Writes::default(),
                samples: Samples::default(),
                limits: write.map_or((1, 1), |it| (it.records_per_s, it.bytes_per_s)),
                points: Vec::with_capacity(periods as usize),
            }
        };
        let of_reader = |number: usize| {
            let concerned = alarms.iter().enumerate();
            let concerned = concerned.filter(|(_, alarm)| concerns(alarm, number, plan));
            concerned.map(|(index, _)| index).collect()
        };
        Self {
            by_reader: (0..plan.readers.len()).map(of_reader).collect(),
            open_shards: plan.streams.iter().map(|stream| stream.shard_count).collect(),
            alarms: alarms.iter().map(watched).collect(),
        }
    }

    /// A second of a stream is over in which it saw `writes`.
    pub(super) fn second(&mut self, stream: usize, writes: &Writes) {
        let of = |it: &&mut Watched| it.alarm.stream == stream && it.alarm.shard.is_none();
        for it in self.alarms.iter_mut().filter(of) {
            it.writes = it.writes.plus(writes);
        }
    }

    /// All that happened before `at`, a whole second, is known: ends the periods that end there.
    pub(super) fn end_second(&mut self, at: Instant, streams: &[Series]) {
        for it in self.alarms.iter_mut().filter(|it| it.end == at) {
            let series = streams.get(it.alarm.stream);
            let totals = it.alarm.shard.and_then(|shard| series?.totals.get(shard));
            if let Some(totals) = totals {
                it.writes = totals.write.minus(&it.before);
                it.before = totals.write;
            }
            it.end_period(self.open_shards.get(it.alarm.stream).copied().unwrap_or(1));
        }
    }

    /// A GetRecords call was answered, or an event handed over.
    #[inline]
    pub(super) fn read(&mut self, read: &Read) {
        if !self.alarms.is_empty() {
            // A copy, which is not made before it is known to be needed.
            self.note_read(&Read { ..*read });
        }
    }

    fn note_read(&mut self, read: &Read) {
        for index in &self.by_reader[read.reader as usize] {
            let Watched { alarm, samples, .. } = &mut self.alarms[*index];
            if alarm.shard.is_some_and(|shard| shard != read.shard as usize) {
                continue;
            }
            samples.calls += 1;
            match alarm.metric {
                Measured::GetRecordsBytes | Measured::OutgoingBytes | Measured::EventBytes => {
                    samples.add(read.bytes);
                }
                Measured::GetRecordsRecords
                | Measured::OutgoingRecords
                | Measured::EventRecords => samples.add(u64::from(read.records)),
                // An answer without a record has no last one.
                Measured::GetRecordsIteratorAge | Measured::IteratorAge if read.records > 0 => {
                    samples.add(ms(read.age));
                }
                Measured::EventMillisBehindLatest => samples.add(ms(read.behind)),
                _ => {}
            }
        }
    }

    /// A GetRecords call was refused by a limit.
    pub(super) fn refused(&mut self, reader: u32) {
        for index in &self.by_reader[reader as usize] {
            self.alarms[*index].samples.refused += 1;
            self.alarms[*index].samples.calls += 1;
        }
    }

    /// A GetRecords call failed.
    pub(super) fn failed(&mut self, reader: u32) {
        for index in &self.by_reader[reader as usize] {
            self.alarms[*index].samples.calls += 1;
        }
    }

    /// So many shards of a stream are open.
    pub(super) fn open_shards(&mut self, stream: u32, count: u32) {
        if let Some(open) = self.open_shards.get_mut(stream as usize) {
            *open = count;
        }
    }

    /// What became of the alarms in a run until `until`.
    #[must_use]
    pub fn outcomes(self, until: Instant) -> Vec<AlarmOutcome> {
        let outcome = |it: Watched| {
            let Alarm { name, period, delay, .. } = it.alarm;
            AlarmOutcome { name, period, delay, until, points: it.points }
        };
        self.alarms.into_iter().map(outcome).collect()
    }
}

impl Watched {
    fn end_period(&mut self, open_shards: u32) {
        let value = self.value(open_shards);
        self.evaluator.next(value);
        // As many as the run has periods: there is room.
        self.points.push(AlarmPoint { value, state: self.evaluator.state() });
        self.end = self.end + self.alarm.period;
        (self.writes, self.samples) = (Writes::default(), Samples::default());
    }

    /// The period's datapoint; `None` where there is none (CWA-07).
    fn value(&self, open_shards: u32) -> Option<Ratio> {
        let (writes, samples) = (&self.writes, &self.samples);
        let seconds = self.alarm.period.as_ns() / NS_PER_S;
        let share = |part: u64, whole: u64| (whole > 0).then_some(Ratio { part, whole });
        let per_s = |records: u64| Some(Ratio { part: records, whole: seconds });
        let some = |any: bool, sum: u64| any.then_some(Ratio::of(sum));
        match self.alarm.metric {
            Measured::IncomingBytes => some(writes.accepted_records > 0, writes.accepted_bytes),
            Measured::IncomingRecords => some(writes.accepted_records > 0, writes.accepted_records),
            Measured::WriteProvisionedThroughputExceeded => {
                some(writes.attempts > writes.failed, writes.throttled)
            }
            Measured::ReadProvisionedThroughputExceeded => some(samples.calls > 0, samples.refused),
            Measured::WriteOffered => per_s(writes.offered_records),
            Measured::WriteAttempts => per_s(writes.attempts),
            Measured::WriteAccepted => per_s(writes.accepted_records),
            Measured::WriteThrottled => share(writes.throttled, writes.attempts),
            Measured::WriteFailed => share(writes.failed, writes.attempts),
            Measured::WriteUtilization => Some(self.utilization(seconds, open_shards)),
            Measured::RecordsLost => Some(Ratio::of(writes.lost_records)),
            _ => samples.statistic(self.alarm.statistic),
        }
    }

    /// What was stored over what the shards could take, by records or bytes, the larger.
    fn utilization(&self, seconds: u64, open_shards: u32) -> Ratio {
        let shards = if self.alarm.shard.is_some() { 1 } else { u64::from(open_shards) };
        let of = |part: u64, limit: u64| {
            let whole = limit.saturating_mul(seconds).saturating_mul(shards).max(1);
            Ratio { part, whole }
        };
        let records = of(self.writes.accepted_records, self.limits.0);
        let bytes = of(self.writes.accepted_bytes, self.limits.1);
        if records.order(bytes).is_ge() { records } else { bytes }
    }
}

/// Whether the calls or events of reader `number` concern the alarm.
fn concerns(alarm: &Alarm, number: usize, plan: &Plan) -> bool {
    let Some(reader) = plan.readers.get(number) else { return false };
    let pushed = matches!(reader.intake, IntakePlan::FanOut(_));
    let counts = match alarm.metric.source() {
        Source::Writes => false,
        Source::Calls => !pushed,
        Source::Events => pushed,
        Source::Both => true,
    };
    counts && reader.stream == alarm.stream && alarm.reader.is_none_or(|only| only == number)
}

/// Whole milliseconds, rounded up.
fn ms(span: Span) -> u64 {
    span.as_ns().div_ceil(NS_PER_S / 1_000)
}
