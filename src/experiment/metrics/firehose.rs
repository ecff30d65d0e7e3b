//! What the delivery streams of a run did.

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{FirehoseCounts, FirehoseFlow, FirehoseOutcome};
use crate::model::facts;
use crate::model::observation::{
    Answer, Object, ObjectCause, Observation, RejectCause, Rejected, Transformed,
};
use crate::model::plan::{Destination, FirehosePlan, Plan};
use crate::time::{Instant, Span};

/// Objects that are kept by themselves, of all delivery streams together.
pub const OBJECTS_MAX: usize = 1_000_000;

/// Counts of one delivery stream.
#[derive(Clone, Debug)]
pub struct FirehoseMetrics {
    counts: FirehoseCounts,
    judged_from: FirehoseCounts,
    sizes: [Histogram; ObjectCause::ALL.len()],
    freshness: Histogram,
    timeline: Vec<FirehoseFlow>,
    interval: Span,
    objects: Vec<(Instant, Object)>,
    /// How many of them there may be.
    most: usize,
    hint: u64,
    /// Requests an object takes that goes to S3.
    requests: u64,
    /// Whether all do; of other destinations only those of the error output.
    to_s3: bool,
    /// Bytes of a record that are its key.
    key: u64,
    /// Whether what it reads is billed to another one.
    is_backup: bool,
}

/// Nothing yet, of those consumers of `plan` that are delivery streams.
pub(super) fn all(plan: &Plan, intervals: (usize, Span)) -> Vec<Option<FirehoseMetrics>> {
    let all = plan.readers.iter().filter(|reader| reader.firehose().is_some()).count();
    let of = |it: &FirehosePlan| FirehoseMetrics::new(it, intervals, all);
    plan.readers.iter().map(|reader| reader.firehose().map(of)).collect()
}

/// What is stated of the objects of one of `all`.
pub(super) fn observe(all: &mut [Option<FirehoseMetrics>], at: Instant, what: &Observation) {
    match what {
        Observation::Object(object) => {
            if let Some(firehose) = &mut all[object.reader as usize] {
                firehose.object(at, object);
            }
        }
        Observation::Undelivered { reader, age } => {
            if let Some(firehose) = &mut all[*reader as usize] {
                firehose.undelivered(*age);
            }
        }
        Observation::Transformed(over) => {
            if let Some(firehose) = &mut all[over.reader as usize] {
                firehose.transformed(over);
            }
        }
        Observation::Rejected(rejected) => {
            if let Some(firehose) = &mut all[rejected.reader as usize] {
                firehose.rejected(rejected);
            }
        }
        _ => {}
    }
}

impl FirehoseMetrics {
    /// Nothing yet, of a run of so many intervals, one of `all` delivery streams.
    pub(super) fn new(
        plan: &FirehosePlan,
        (intervals, interval): (usize, Span),
        all: usize,
    ) -> Self {
        let in_parts = plan.hints.hinted < facts::MULTIPART_BELOW;
        Self {
            counts: FirehoseCounts::default(),
            judged_from: FirehoseCounts::default(),
            sizes: std::array::from_fn(|_| Histogram::new()),
            freshness: Histogram::new(),
            timeline: vec![FirehoseFlow::default(); intervals + 1],
            interval,
            objects: Vec::new(),
            most: OBJECTS_MAX / all.max(1),
            hint: plan.hints.size,
            requests: if in_parts { facts::MULTIPART_REQUESTS } else { 1 },
            to_s3: matches!(plan.destination, Destination::S3 | Destination::Redshift),
            key: plan.key,
            is_backup: plan.is_backup,
        }
    }

    /// Records of the same size left for their destination, these bytes with their keys.
    #[inline]
    pub(super) fn delivered(&mut self, records: u64, bytes: u64) {
        let data = bytes.saturating_sub(records * self.key);
        self.counts.source_bytes += data;
        self.counts.source_records += records;
        if self.is_backup {
            return;
        }
        let each = data.div_ceil(records.max(1)).div_ceil(facts::FIREHOSE_BILLING_STEP);
        self.counts.billed_bytes += records * each.max(1) * facts::FIREHOSE_BILLING_STEP;
    }

    fn object(&mut self, at: Instant, object: &Object) {
        let cause = object.cause as usize;
        let counts = &mut self.counts;
        counts.objects[cause] += 1;
        counts.records += object.records;
        counts.bytes += object.bytes;
        counts.stored_bytes += object.stored;
        if object.delivered {
            counts.delivered_bytes += object.bytes;
        }
        if object.partition.is_some() {
            counts.parted += object.records;
        }
        counts.requests += if self.to_s3 || !object.delivered { self.requests } else { 0 };
        counts.failed += u64::from(object.failed);
        self.sizes[cause].add(object.bytes, 1);
        self.freshness.add(object.age.as_ns(), 1);
        let place = (at.as_ns() / self.interval.as_ns().max(1)) as usize;
        if let Some(flow) = self.timeline.get_mut(place) {
            flow.objects[cause] += 1;
            flow.records += object.records;
            flow.bytes += object.bytes;
            flow.failed += u64::from(object.failed);
            flow.freshness_max = flow.freshness_max.max(Some(object.age));
        }
        if !object.delivered {
            counts.error_objects += 1;
            counts.error_records += object.records;
            self.delivered(object.records, object.bytes + object.records * self.key);
        }
        if self.objects.len() < self.most {
            self.objects.push((at, *object));
        }
    }

    /// A try to transform a batch is over; what was dropped is billed all the same.
    fn transformed(&mut self, over: &Transformed) {
        self.counts.tries += 1;
        self.counts.failed_tries += u64::from(over.answer != Some(Answer::Done));
        if over.answer.is_some() {
            self.counts.invocations += 1;
            self.counts.billed_ms += over.took.as_ns().div_ceil(Span::from_ms(1).as_ns());
        }
        if over.dropped > 0 {
            self.counts.dropped += u64::from(over.dropped);
            self.delivered(u64::from(over.dropped), over.dropped_bytes);
        }
    }

    /// Records are in the error output that came into no buffer.
    fn rejected(&mut self, rejected: &Rejected) {
        let counts = &mut self.counts;
        counts.error_records += rejected.records;
        match rejected.cause {
            RejectCause::Transform => counts.untransformed += rejected.records,
            RejectCause::Partitions => {
                counts.unparted += rejected.records;
                counts.parted += rejected.records;
            }
        }
        self.delivered(rejected.records, rejected.bytes);
    }

    /// An object is not delivered when the run ends.
    fn undelivered(&mut self, age: Span) {
        self.freshness.add(age.as_ns(), 1);
    }

    /// Records that are in the ledger of none of the other places: dropped, and given up.
    pub(super) fn apart(&self) -> (u64, u64) {
        (self.counts.dropped, self.counts.error_records)
    }

    pub(super) fn warmed_up(&mut self) {
        self.judged_from = self.counts;
        self.sizes.iter_mut().for_each(Histogram::clear);
        self.freshness.clear();
    }

    /// All of it, of a run of so many intervals.
    #[must_use]
    pub fn outcome(&self, intervals: usize) -> FirehoseOutcome {
        FirehoseOutcome {
            counts: self.counts,
            judged: self.counts.minus(&self.judged_from),
            sizes: self.sizes.clone(),
            freshness: self.freshness.clone(),
            timeline: self.timeline[..intervals.min(self.timeline.len())].to_vec(),
            objects: self.objects.clone(),
            hint: self.hint,
        }
    }
}
