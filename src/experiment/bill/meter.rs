//! The probe that meters what a run will be billed for.

use crate::engine::Probe;
use crate::experiment::bill::sizes::Steps;
use crate::experiment::bill::storage::{Stored, kept};
use crate::experiment::bill::usage::{Usage, Used};
use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::Writes;
use crate::model::aggregate;
use crate::model::events::ActionKind;
use crate::model::facts::{METERING_STEP, RETENTION_EXTENDED, RETENTION_INCLUDED, RETENTION_MAX};
use crate::model::observation::{Observation, Put, Read};
use crate::model::plan::{IntakePlan, Plan};
use crate::model::prices::{MONTH_HOURS, Prices, metered_kib};
use crate::model::registration::registrations;
use crate::time::{Instant, Span};
use crate::units::Bytes;

/// Meters a run: of each record its steps, of shards and consumers their time, of readers their
/// bytes. What follows from a plan or from totals is added at the end.
#[derive(Clone, Debug)]
pub struct Meter {
    /// Per producer: steps of what was stored.
    producers: Vec<Counted>,
    /// Per reader: bytes it was handed.
    readers: Vec<Handed>,
    /// Per stream: shards over time.
    shards: Vec<Shards>,
    /// All three when the warm-up ended.
    judged_from: (Vec<Counted>, Vec<Handed>, Vec<Shards>),
    /// Size of a payload unit.
    unit: u64,
}

/// Steps in which records that were played one by one are metered.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// Whole KiB (KDS-P13).
    kib: u64,
    /// Payload units beyond a record's first (KDS-P02).
    more_units: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Handed {
    bytes: u64,
    /// Of these, older than 7 d.
    old_bytes: u64,
}

/// Open shards of a stream, added up over time.
#[derive(Clone, Debug)]
struct Shards {
    /// How many there are since the last change.
    open: u32,
    since: Instant,
    shard_ns: u128,
    extended_ns: u128,
    fan_out_ns: u128,
    /// Retention, and from when on.
    retentions: Vec<(Instant, Span)>,
    /// When each consumer with enhanced fan-out came to be.
    consumers: Vec<Instant>,
}

impl Meter {
    /// Nothing metered yet, for a run of `plan` billed at `prices`.
    #[must_use]
    pub fn new(plan: &Plan, prices: &Prices) -> Self {
        let registered = registrations(plan);
        let since = |number: usize| {
            let made = registered.iter().find(|it| it.reader == number);
            made.map_or(Instant::ZERO, |it| it.active)
        };
        let shards = |stream: usize| {
            let consumers = plan.readers.iter().enumerate().filter(|(_, reader)| {
                reader.stream == stream && matches!(reader.intake, IntakePlan::FanOut(_))
            });
            Shards {
                open: plan.streams[stream].shard_count,
                since: Instant::ZERO,
                shard_ns: 0,
                extended_ns: 0,
                fan_out_ns: 0,
                retentions: retentions(plan, stream),
                consumers: consumers.map(|(number, _)| since(number)).collect(),
            }
        };
        let shards: Vec<Shards> = (0..plan.streams.len()).map(shards).collect();
        let producers = vec![Counted::default(); plan.producers.len()];
        let readers = vec![Handed::default(); plan.readers.len()];
        let judged_from = (producers.clone(), readers.clone(), shards.clone());
        Self { producers, readers, shards, judged_from, unit: prices.payload_unit.0.max(1) }
    }

    #[inline(always)]
    fn put(&mut self, put: &Put) {
        let counted = &mut self.producers[put.producer as usize];
        counted.kib += metered_kib(put.admitted_bytes);
        if put.admitted_bytes > self.unit {
            counted.more_units += more_units(put.admitted_bytes, self.unit);
        }
    }

    fn read(&mut self, read: &Read) {
        let handed = &mut self.readers[read.reader as usize];
        handed.bytes += read.bytes;
        // Of a call or event only the age of the last record is known: the youngest.
        if read.age > RETENTION_EXTENDED {
            handed.old_bytes += read.bytes;
        }
    }

    /// What each stream of `plan` used in a run that ended at `end`; `metrics` counted it too.
    #[must_use]
    pub fn used(mut self, plan: &Plan, metrics: &Metrics, end: Instant) -> Vec<Used> {
        self.shards.iter_mut().for_each(|shards| shards.advance(end));
        let warm = Instant::ZERO + plan.warm_up;
        let mut streams: Vec<Used> = (0..plan.streams.len())
            .map(|stream| {
                let mut run = self.shards[stream].usage(end.since(Instant::ZERO));
                let judged = end.since(warm);
                let before = self.judged_from.1.iter().zip(&self.readers);
                let mut part = self.shards[stream]
                    .usage(judged)
                    .minus(&self.judged_from.2[stream].usage(Span::ZERO));
                for ((before, all), reader) in before.zip(&plan.readers) {
                    if reader.stream == stream {
                        let fan_out = matches!(reader.intake, IntakePlan::FanOut(_));
                        all.add_to(&Handed::default(), fan_out, &mut run);
                        all.add_to(before, fan_out, &mut part);
                    }
                }
                self.shards[stream].store(plan, metrics, stream, end, &mut run);
                let stored = metrics.written_to(stream).1.accepted_bytes;
                self.shards[stream].keep(stored, end, &mut part);
                Used { run, month: (end > warm).then_some(part) }
            })
            .collect();
        self.meter_writes(plan, metrics, end, &mut streams);
        let month = Span::from_s(MONTH_HOURS * 3_600);
        for used in &mut streams {
            used.month = used.month.map(|part| part.scaled(end.since(warm), month));
        }
        streams
    }

    /// Adds the steps of what was written.
    fn meter_writes(&self, plan: &Plan, metrics: &Metrics, end: Instant, streams: &mut [Used]) {
        for (number, producer) in plan.producers.iter().enumerate() {
            let (all, judged) = metrics.written_by(number);
            let (counted, before) = (self.producers[number], self.judged_from.0[number]);
            let used = &mut streams[producer.stream];
            let in_quanta = matches!(aggregate::quantum(plan, producer.stream), Ok(Some(_)));
            let steps = in_quanta.then(|| {
                let of = |step| Steps::of(producer, step, end);
                (of(Bytes(self.unit)), of(METERING_STEP))
            });
            let metered = |writes: &Writes, from: Counted| {
                let records = writes.accepted_records;
                if let Some((units, kib)) = steps {
                    return (units.times(records), kib.times(records));
                }
                let more = counted.more_units - from.more_units;
                (u128::from(records) + u128::from(more), u128::from(counted.kib - from.kib))
            };
            let whole = metered(&all, Counted::default());
            let part = metered(&judged, before);
            let month = used.month.as_mut().map(|month| (month, part));
            for (usage, (units, kib)) in [(&mut used.run, whole)].into_iter().chain(month) {
                usage.payload_units += units;
                usage.metered_bytes += kib * u128::from(METERING_STEP.0);
            }
        }
    }
}

/// Payload units beyond the first of a record this large.
#[cold]
fn more_units(bytes: u64, unit: u64) -> u64 {
    (bytes - 1) / unit
}

/// The retention of a stream at the beginning, and whenever it changes.
fn retentions(plan: &Plan, stream: usize) -> Vec<(Instant, Span)> {
    let changes = plan.actions.iter().filter_map(|action| match action.kind {
        ActionKind::RetentionPeriod { stream: of, holds_from, .. } if of == stream => {
            Some(holds_from)
        }
        _ => None,
    });
    let mut moments: Vec<Instant> = std::iter::once(Instant::ZERO).chain(changes).collect();
    moments.sort_unstable();
    moments.dedup();
    let at = |at: Instant| Some((at, plan.retention_at(stream, at)?));
    moments.into_iter().filter_map(at).collect()
}

impl Shards {
    /// Adds what has passed up to `to`.
    fn advance(&mut self, to: Instant) {
        let open = u128::from(self.open);
        let time = |from: Instant, until: Instant| {
            let (from, until) = (from.max(self.since), until.min(to));
            open * u128::from(until.since(from).as_ns())
        };
        self.shard_ns += time(self.since, to);
        self.fan_out_ns += self.consumers.iter().map(|from| time(*from, to)).sum::<u128>();
        let ends = self.retentions.iter().skip(1).map(|(at, _)| *at).chain([Instant::NEVER]);
        let spells = self.retentions.iter().zip(ends);
        let extended = spells.filter(|((_, retention), _)| *retention > RETENTION_INCLUDED);
        self.extended_ns += extended.map(|((from, _), until)| time(*from, until)).sum::<u128>();
        self.since = to;
    }

    /// What has been added up, of a stream that was there for `time`.
    fn usage(&self, time: Span) -> Usage {
        Usage {
            stream_ns: time.as_ns().into(),
            shard_ns: self.shard_ns,
            extended_shard_ns: self.extended_ns,
            fan_out_shard_ns: self.fan_out_ns,
            ..Usage::default()
        }
    }

    /// Adds what the stream kept for longer than 24 h in the course of the run.
    fn store(
        &self,
        plan: &Plan,
        metrics: &Metrics,
        stream: usize,
        end: Instant,
        usage: &mut Usage,
    ) {
        if self.retentions.iter().all(|(_, retention)| *retention <= RETENTION_INCLUDED) {
            return;
        }
        let ns = |at: Instant| i128::from(at.as_ns());
        let starts = metrics.timeline.iter().map(|flow| ns(flow.start));
        let ends = starts.clone().skip(1).chain([ns(end)]);
        let flows = metrics.stream_timelines[stream].iter();
        let written = starts.zip(ends).zip(flows);
        let written = written.map(|((from, to), flow)| {
            let bytes = flow.write.accepted_bytes;
            Stored { from, to, bytes }
        });
        let before = plan.streams[stream].initial.map(|initial| Stored {
            from: -i128::from(initial.age.as_ns()),
            to: 0,
            bytes: initial.records.saturating_mul(initial.bytes_each.0),
        });
        let stored: Vec<Stored> = before.into_iter().chain(written).collect();
        let kept = |band| kept(&stored, &self.retentions, band, end);
        usage.extended_byte_s = kept((RETENTION_INCLUDED, RETENTION_EXTENDED));
        usage.long_term_byte_s = kept((RETENTION_EXTENDED, RETENTION_MAX));
    }

    /// Adds for how long so many bytes will be kept beyond 24 h, under the retention at `end`: what
    /// a stream keeps once it has been written to like this for as long as that.
    fn keep(&self, bytes: u64, end: Instant, usage: &mut Usage) {
        let in_force = self.retentions.iter().rev().find(|(from, _)| *from <= end);
        let retention = in_force.map_or(Span::ZERO, |(_, retention)| *retention);
        let byte_s = |from: Span, to: Span| {
            let seconds = Span::from_ns(to.as_ns().saturating_sub(from.as_ns()));
            u128::from(bytes) * u128::from(seconds.as_ns() / crate::time::NS_PER_S)
        };
        usage.extended_byte_s = byte_s(RETENTION_INCLUDED, retention.min(RETENTION_EXTENDED));
        usage.long_term_byte_s = byte_s(RETENTION_EXTENDED, retention);
    }
}

impl Handed {
    /// Adds to `usage` what was handed over since `before`.
    fn add_to(self, before: &Self, fan_out: bool, usage: &mut Usage) {
        let bytes = u128::from(self.bytes - before.bytes);
        let by_way = if fan_out { &mut usage.fan_out_bytes } else { &mut usage.polled_bytes };
        *by_way += bytes;
        usage.long_term_read_bytes += u128::from(self.old_bytes - before.old_bytes);
    }
}

impl Probe<Observation> for Meter {
    // Inlined for the reason that `Metrics` is: what is stated is known where it is stated.
    #[inline(always)]
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Put(put) => self.put(&put),
            Observation::Read(read) | Observation::Passed(read) | Observation::Event(read) => {
                self.read(&read);
            }
            Observation::OpenShards { stream, count } => {
                let shards = &mut self.shards[stream as usize];
                shards.advance(at);
                shards.open = count;
            }
            Observation::WarmedUp => {
                self.shards.iter_mut().for_each(|shards| shards.advance(at));
                self.judged_from =
                    (self.producers.clone(), self.readers.clone(), self.shards.clone());
            }
            _ => {}
        }
    }
}
