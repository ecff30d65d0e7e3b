//! The probe that counts: totals, series and histograms of one run.

mod block;
mod change;
mod consumer;
mod firehose;
mod lambda;
mod producer;
mod reads;
mod spell;
mod stored;

pub use consumer::ConsumerCounts;
pub use firehose::{FirehoseMetrics, OBJECTS_MAX};
pub use lambda::LambdaMetrics;
pub use producer::ProducerCounts;
pub use stored::Stored;

use block::Blocks;

use crate::engine::Probe;
use crate::experiment::ages::count_waiting;
use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{Change, Flow, ReadFlow, StreamFlow, Writes};
use crate::experiment::read_load::ReadLoad;
use crate::experiment::series::Series;
use crate::experiment::watch::Watch;
use crate::model::aggregate;
use crate::model::observation::{
    Ages, Backlog, Delivered, Failed, LossCause, Observation, Positioning, Put,
};
use crate::model::plan::{Plan, StreamPlan};
use crate::scenario::alarm::Alarm;
use crate::time::{Instant, NS_PER_S, Span};

/// Counts everything the outcome of a run tells.
///
/// Flows are counted as they are stated; every whole second the shards' counts are folded into
/// intervals, so that a put touches one short row.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Per producer, whole run.
    pub producers: Vec<ProducerCounts>,
    /// The same when the warm-up ended.
    judged_from: Vec<ProducerCounts>,
    /// Per consumer.
    pub consumers: Vec<ConsumerCounts>,
    /// Per consumer, what its function did, if it is one.
    pub lambdas: Vec<Option<LambdaMetrics>>,
    /// Per consumer, what it delivered, if it is a delivery stream.
    pub firehoses: Vec<Option<FirehoseMetrics>>,
    /// Shards that were blocked.
    blocks: Blocks,
    /// What changed streams, in order of time.
    pub changes: Vec<Change>,
    /// Per stream, its open shards at present.
    open: Vec<u32>,
    /// Index of the stream each producer writes to.
    stream_of: Vec<usize>,
    /// Per producer that a consumer feeds, how old its records were when they were stored.
    pub stored: Stored,
    /// Per stream, whether its shards are channels of Firehose, which are counted with it only.
    direct: Vec<bool>,
    /// Per stream, its shards over time.
    pub streams: Vec<Series>,
    /// Per stream, who reads from its shards.
    read_loads: Vec<ReadLoad>,
    /// All streams together, interval by interval.
    pub timeline: Vec<Flow>,
    /// Per stream, the same of it alone.
    pub stream_timelines: Vec<Vec<StreamFlow>>,
    /// The interval being filled.
    now: Flow,
    /// Per stream, the interval being filled.
    now_of: Vec<StreamFlow>,
    /// What the intervals to come need, made beforehand: the loop allocates nothing.
    spare: Vec<Vec<ReadFlow>>,
    interval: Span,
    /// Per consumer, whether its stream is played record by record.
    each: Vec<bool>,
    /// Per stream, records lost in the second being filled, and their bytes.
    lost: Vec<(u64, u64)>,
    /// Per stream, entries that failed within the service in it, and their bytes: no shard saw
    /// them.
    failed: Vec<(u64, u64)>,
    /// Per stream, what came to shards in spells in the second being filled.
    in_spells: Vec<Writes>,
    /// End of the second being filled, or of the quantum where those are longer.
    second_end: Instant,
    /// How long that is.
    second: Span,
    /// The alarms, where there are any.
    pub watch: Watch,
}

impl Metrics {
    /// Nothing counted yet, for a run of `plan` that may last until `end`.
    #[must_use]
    pub fn new(plan: &Plan, interval: Span, end: Instant) -> Self {
        let intervals = end.as_ns().div_ceil(interval.as_ns()) as usize;
        let reads = vec![ReadFlow::default(); plan.readers.len()];
        let shards = plan.streams.iter().map(|stream| u64::from(stream.shard_count)).sum();
        let streams = plan.streams.len();
        let second = aggregate::second(plan);
        Self {
            producers: vec![ProducerCounts::default(); plan.producers.len()],
            judged_from: vec![ProducerCounts::default(); plan.producers.len()],
            consumers: vec![ConsumerCounts::new(); plan.readers.len()],
            lambdas: plan
                .readers
                .iter()
                .map(|reader| reader.lambda().map(|_| LambdaMetrics::new(intervals)))
                .collect(),
            firehoses: firehose::all(plan, (intervals, interval)),
            blocks: Blocks::new(plan),
            changes: Vec::new(),
            open: plan.streams.iter().map(StreamPlan::kinesis_shards).collect(),
            direct: plan.streams.iter().map(|stream| stream.direct.is_some()).collect(),
            stream_of: plan.producers.iter().map(|producer| producer.stream).collect(),
            stored: Stored::new(plan),
            streams: plan
                .streams
                .iter()
                .map(|stream| Series::new(stream, shards, (interval, second), end))
                .collect(),
            read_loads: (0..plan.streams.len()).map(|number| ReadLoad::new(plan, number)).collect(),
            timeline: Vec::with_capacity(intervals + 1),
            stream_timelines: (0..streams).map(|_| Vec::with_capacity(intervals + 1)).collect(),
            now_of: vec![StreamFlow::default(); streams],
            spare: vec![reads.clone(); intervals + 1],
            now: Flow { reads, ..Flow::default() },
            interval,
            each: plan.readers.iter().map(|reader| is_each(plan, reader.stream)).collect(),
            lost: vec![(0, 0); streams],
            failed: vec![(0, 0); streams],
            in_spells: vec![Writes::default(); streams],
            second_end: Instant::ZERO + second,
            second,
            watch: Watch::new(&[], plan, end),
        }
    }

    /// The same, with alarms to watch. `plan` and `end` are those it was made with.
    #[must_use]
    pub fn watching(self, alarms: &[Alarm], plan: &Plan, end: Instant) -> Self {
        Self { watch: Watch::new(alarms, plan, end), ..self }
    }

    /// All producers together, whole run.
    #[must_use]
    pub fn written(&self) -> Writes {
        self.producers.iter().fold(Writes::default(), |sum, counts| sum.plus(&counts.writes()))
    }

    /// All producers together, after the warm-up.
    #[must_use]
    pub fn written_judged(&self) -> Writes {
        let streams = (0..self.streams.len()).map(|stream| self.written_to(stream).1);
        streams.fold(Writes::default(), |sum, writes| sum.plus(&writes))
    }

    /// One producer: the whole run, and after the warm-up.
    #[must_use]
    pub fn written_by(&self, producer: usize) -> (Writes, Writes) {
        let whole = self.producers[producer].writes();
        (whole, whole.minus(&self.judged_from[producer].writes()))
    }

    /// The producers of one stream together: the whole run, and after the warm-up.
    #[must_use]
    pub fn written_to(&self, stream: usize) -> (Writes, Writes) {
        let of = (0..self.producers.len()).filter(|&producer| self.stream_of[producer] == stream);
        let plus = |a: (Writes, Writes), b: (Writes, Writes)| (a.0.plus(&b.0), a.1.plus(&b.1));
        of.map(|producer| self.written_by(producer)).fold(Default::default(), plus)
    }

    /// Birth to the answer that tells of storage, all streams together, after the warm-up (ns).
    #[must_use]
    pub fn write_latency(&self) -> Histogram {
        let mut all = Histogram::new();
        self.streams.iter().for_each(|series| all.merge(&series.write_latency));
        all
    }

    /// Folds what has been counted up to `end`, where the run stops.
    pub fn finish(&mut self, end: Instant) {
        self.roll(end);
        if end > self.now.start {
            self.fold_second();
            self.end_interval(end);
        }
        self.streams.iter_mut().for_each(Series::finish);
    }

    /// Folds every second that is over at `at`.
    #[cold]
    fn roll(&mut self, at: Instant) {
        while at >= self.second_end {
            self.fold_second();
            self.watch.end_second(self.second_end, &self.streams);
            let interval_end = self.now.start + self.interval;
            if self.second_end >= interval_end {
                self.end_interval(interval_end);
            }
            self.second_end = self.second_end + self.second;
        }
    }

    fn fold_second(&mut self) {
        let mut second = Writes::default();
        let unseen = self.lost.iter_mut().zip(&mut self.failed).zip(&mut self.in_spells);
        let streams = self.streams.iter_mut().zip(unseen).zip(&mut self.now_of);
        for (number, ((stream, ((lost, failed), spells)), flow)) in (0_u32..).zip(streams) {
            let (mut writes, shard, ppm) = stream.fold_second();
            writes = writes.plus(&std::mem::take(spells));
            (writes.lost_records, writes.lost_bytes) = std::mem::take(lost);
            (writes.failed, writes.failed_bytes) = std::mem::take(failed);
            writes.attempts += writes.failed;
            flow.add_second(&writes, (shard, ppm), self.second);
            self.watch.second(number as usize, &writes);
            second = second.plus(&writes);
            if ppm > self.now.busiest_second_ppm {
                self.now.busiest_second_ppm = ppm;
                self.now.busiest = (shard, number);
            }
        }
        let now = &mut self.now;
        now.write = now.write.plus(&second);
        let seconds = self.second.as_ns() / NS_PER_S;
        now.peak_offered_records = now.peak_offered_records.max(second.offered_records / seconds);
        now.peak_accepted_records =
            now.peak_accepted_records.max(second.accepted_records / seconds);
        now.peak_attempts = now.peak_attempts.max(second.attempts / seconds);
    }

    fn end_interval(&mut self, end: Instant) {
        for load in &mut self.read_loads {
            load.end_interval(&mut self.now.reads);
        }
        self.now.open_shards = self.timeline.last().map_or(0, |last| last.open_shards);
        let reads = self.spare.pop().expect("as many are made as there can be intervals");
        let next = Flow { start: end, reads, ..Flow::default() };
        self.timeline.push(std::mem::replace(&mut self.now, next));
        for (timeline, flow) in self.stream_timelines.iter_mut().zip(&mut self.now_of) {
            timeline.push(std::mem::take(flow));
        }
        self.streams.iter_mut().for_each(Series::end_interval);
        self.lambdas.iter_mut().flatten().for_each(|it| it.end_interval(end));
    }

    /// Records of a consumer's stream that its filters did not match, and that it gave up.
    #[must_use]
    pub fn apart(&self, consumer: usize) -> (u64, u64) {
        let firehose = self.firehoses[consumer].as_ref().map(FirehoseMetrics::apart);
        let lambda = self.lambdas[consumer].as_ref().map(LambdaMetrics::apart);
        firehose.or(lambda).unwrap_or((0, 0))
    }

    #[inline(always)]
    fn put(&mut self, put: &Put) {
        let counts = &mut self.producers[put.producer as usize];
        counts.write.attempts += u64::from(put.records);
        counts.attempted_bytes += put.bytes;
        if put.admitted < put.records {
            counts.write.throttled += u64::from(put.records - put.admitted);
            counts.write.throttled_bytes += put.bytes - put.admitted_bytes;
        }
        let series = &mut self.streams[put.stream as usize];
        series.put(put);
        self.stored.put(put, &mut series.write_latency);
    }

    #[inline]
    fn lost(&mut self, producer: u32, records: u64, bytes: u64, cause: LossCause) {
        let counts = &mut self.producers[producer as usize];
        counts.write.lost_records += records;
        counts.write.lost_bytes += bytes;
        let of_stream = &mut self.lost[self.stream_of[producer as usize]];
        for lost in [&mut counts.lost[cause as usize], of_stream] {
            lost.0 += records;
            lost.1 += bytes;
        }
    }

    fn failed(&mut self, failed: &Failed) {
        let counts = &mut self.producers[failed.producer as usize];
        let records = u64::from(failed.records);
        counts.write.attempts += records;
        counts.attempted_bytes += failed.bytes;
        counts.write.failed += records;
        counts.write.failed_bytes += failed.bytes;
        let of_stream = &mut self.failed[failed.stream as usize];
        of_stream.0 += records;
        of_stream.1 += failed.bytes;
    }

    fn positioned(&mut self, reader: u32, by: Positioning) {
        let (all, now) = (
            &mut self.consumers[reader as usize].positioning,
            &mut self.now.reads[reader as usize],
        );
        match by {
            Positioning::Iterator => all.iterators += 1,
            Positioning::IteratorRefused => all.iterators_refused += 1,
            Positioning::IteratorExpired => all.iterators_expired += 1,
            Positioning::Subscription => {
                all.subscriptions += 1;
                now.subscriptions += 1;
            }
        }
    }

    #[inline(always)]
    fn delivered(&mut self, delivered: &Delivered) {
        let counts = &mut self.consumers[delivered.reader as usize];
        counts.delivered += u64::from(delivered.records);
        counts.delivered_bytes += delivered.bytes;
        if let Some(firehose) = &mut self.firehoses[delivered.reader as usize] {
            firehose.delivered(delivered.records.into(), delivered.bytes);
        }
        if delivered.records == 1 {
            let age = delivered.first_done.since(delivered.born.start);
            return counts.latency.add(age.as_ns(), 1);
        }
        Ages::of_delivered(delivered).count(&mut counts.latency);
    }

    fn caught(&mut self, reader: u32, bytes: u64, ages: &Ages) {
        let counts = &mut self.consumers[reader as usize];
        counts.delivered += ages.records;
        counts.delivered_bytes += bytes;
        if let Some(firehose) = &mut self.firehoses[reader as usize] {
            firehose.delivered(ages.records, bytes);
        }
        ages.count_in(self.each[reader as usize], &mut counts.latency);
    }

    fn backlog(&mut self, at: Instant, backlog: &Backlog) {
        // Levels belong to the interval that ends now; at a run's end that one is still open.
        let flow = match self.timeline.last_mut() {
            Some(last) if at == self.now.start => last,
            _ => &mut self.now,
        };
        let reads = &mut flow.reads[backlog.reader as usize];
        reads.backlog_records += backlog.records;
        reads.backlog_age = reads.backlog_age.max(backlog.age);
        self.streams[backlog.stream as usize].backlog(backlog);
    }

    fn warmed_up(&mut self, at: Instant) {
        self.lambdas.iter_mut().flatten().for_each(|it| it.warmed_up(at));
        self.firehoses.iter_mut().flatten().for_each(FirehoseMetrics::warmed_up);
        self.judged_from.clone_from(&self.producers);
        self.streams.iter_mut().for_each(|series| series.write_latency.clear());
        self.stored.clear();
        for consumer in &mut self.consumers {
            consumer.iterator_age.clear();
            consumer.behind.clear();
            consumer.latency.clear();
        }
    }
}

impl Probe<Observation> for Metrics {
    // Inlined wherever something is stated: what is stated is known there, and only the arm for it
    // remains. Half the cost of a record hangs on this.
    #[inline(always)]
    fn observe(&mut self, at: Instant, what: Observation) {
        if at >= self.second_end {
            self.roll(at);
        }
        match what {
            Observation::Offered(offered) => {
                let counts = &mut self.producers[offered.producer as usize].write;
                counts.offered_records += u64::from(offered.records);
                counts.offered_bytes += offered.bytes;
                self.streams[offered.stream as usize].offered(&offered);
            }
            Observation::Called { producer } => self.producers[producer as usize].calls += 1,
            Observation::CalledTimes { producer, calls } => {
                self.producers[producer as usize].calls += calls;
            }
            Observation::Put(put) => self.put(&put),
            Observation::Lost { producer, records, bytes, cause } => {
                self.lost(producer, u64::from(records), bytes, cause);
            }
            Observation::Failed(failed) => self.failed(&failed),
            Observation::Read(read) => self.read(&read),
            Observation::ReadRefused { reader } => self.read_refused(reader),
            Observation::ReadFailed { reader } => self.read_failed(reader),
            Observation::Redelivered { reader, records } => {
                self.consumers[reader as usize].redelivered += u64::from(records);
            }
            Observation::Delivered(delivered) => self.delivered(&delivered),
            Observation::Skipped { reader, records, cause } => {
                self.skipped(at, reader, records, cause);
            }
            Observation::Backlog(backlog) => self.backlog(at, &backlog),
            Observation::Waiting { reader, records, visible } => {
                let counts = &mut self.consumers[reader as usize];
                counts.waiting += u64::from(records);
                count_waiting(at, records, visible, &mut counts.iterator_age);
            }
            Observation::OpenShards { .. }
            | Observation::Asked { .. }
            | Observation::Closed { .. }
            | Observation::Opened { .. }
            | Observation::ModeChanged { .. }
            | Observation::Active { .. } => self.changed(at, &what),
            Observation::WarmedUp => self.warmed_up(at),
            Observation::Event(event) => self.event(&event),
            Observation::Passed(read) => self.passed(&read),
            Observation::Spell(spell) => self.spell(&spell),
            Observation::InSpells(_) | Observation::StoredSince(_) => self.spells(&what),
            Observation::Caught { reader, bytes, ages } => self.caught(reader, bytes, &ages),
            Observation::WaitingSince { reader, ages } => {
                let counts = &mut self.consumers[reader as usize];
                counts.waiting += ages.records;
                ages.count_in(self.each[reader as usize], &mut counts.iterator_age);
            }
            Observation::Positioned { reader, by } => self.positioned(reader, by),
            Observation::ProcessingFailed(failed) => self.failed_attempt(at, &failed),
            Observation::Invoked(invoked) => self.invoked(at, &invoked),
            Observation::Returned(returned) => {
                self.blocks.returned(at, &returned);
                if let Some(lambda) = &mut self.lambdas[returned.reader as usize] {
                    lambda.returned(at, &returned);
                }
            }
            Observation::Object(_)
            | Observation::Undelivered { .. }
            | Observation::Transformed(_)
            | Observation::Rejected(_) => {
                firehose::observe(&mut self.firehoses, at, &what);
            }
            Observation::Freed { fault, given_up } => self.blocks.freed(at, fault, given_up),
            Observation::InvocationThrottled { reader } => self.throttled(reader),
        }
    }
}

/// Whether stream number `stream` of `plan` is played record by record.
fn is_each(plan: &Plan, stream: usize) -> bool {
    !matches!(aggregate::quantum(plan, stream), Ok(Some(_)))
}

/// Nanoseconds as whole milliseconds, rounded up.
pub(crate) fn ms_up(span: Span) -> u32 {
    u32::try_from(span.as_ns().div_ceil(NS_PER_S / 1_000)).unwrap_or(u32::MAX)
}
