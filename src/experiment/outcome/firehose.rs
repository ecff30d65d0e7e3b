//! What a delivery stream of Firehose did.

use crate::experiment::histogram::Histogram;
use crate::model::observation::{Object, ObjectCause};
use crate::time::{Instant, Span};

/// One delivery stream's totals, and what happened interval by interval.
#[derive(Clone, Debug, Default)]
pub struct FirehoseOutcome {
    /// Whole run.
    pub counts: FirehoseCounts,
    /// After the warm-up.
    pub judged: FirehoseCounts,
    /// Bytes of objects before compression, a value each, after the warm-up, in the order of
    /// [`ObjectCause::ALL`].
    pub sizes: [Histogram; ObjectCause::ALL.len()],
    /// Age of an object's oldest record at delivery (FH-97), a value each, after the warm-up;
    /// objects that are not delivered at the end count with their age then (ns).
    pub freshness: Histogram,
    /// An entry an interval of the outcome's timeline.
    pub timeline: Vec<FirehoseFlow>,
    /// Its objects in order of delivery, the first so many of them, and when each was delivered.
    pub objects: Vec<(Instant, Object)>,
    /// The hint of its buffers, before compression (bytes).
    pub hint: u64,
}

impl FirehoseOutcome {
    /// Bytes of objects before compression, whatever closed them.
    #[must_use]
    pub fn object_sizes(&self) -> Histogram {
        let mut all = Histogram::new();
        self.sizes.iter().for_each(|sizes| all.merge(sizes));
        all
    }
}

/// How much was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirehoseCounts {
    /// Objects, in the order of [`ObjectCause::ALL`]; those of the error output are among them.
    pub objects: [u64; ObjectCause::ALL.len()],
    /// Records in them.
    pub records: u64,
    /// Their bytes, before compression.
    pub bytes: u64,
    /// The same, each record rounded up to whole steps of 5 KiB (FH-110).
    pub billed_bytes: u64,
    /// The same of objects that are not in the error output.
    pub delivered_bytes: u64,
    /// Bytes as they were written.
    pub stored_bytes: u64,
    /// Requests to S3 that write them (FH-48, FH-118).
    pub requests: u64,
    /// Attempts to deliver an object that failed.
    pub failed: u64,
    /// Of the objects, those in the error output.
    pub error_objects: u64,
    /// Records in the error output: in these, and those that came into no buffer (FH-66, FH-86).
    pub error_records: u64,
    /// Bytes of all records as they were read, without keys.
    pub source_bytes: u64,
    /// How many of those records there were.
    pub source_records: u64,
    /// Tries to have a batch transformed (FH-83).
    pub tries: u64,
    /// Of them, those that failed.
    pub failed_tries: u64,
    /// Of the tries, those that ran the function: a throttled one does not (ESM-146).
    pub invocations: u64,
    /// Time of the function that is billed, each rounded up to a millisecond (ESM-144) (ms).
    pub billed_ms: u64,
    /// Records that the function dropped (FH-85).
    pub dropped: u64,
    /// Of the records in the error output, those that could not be transformed (FH-86).
    pub untransformed: u64,
    /// Of the records in the error output, those that had no partition (FH-66).
    pub unparted: u64,
    /// Records that partition keys were looked for in.
    pub parted: u64,
}

impl FirehoseCounts {
    /// Objects, whatever closed them.
    #[must_use]
    pub fn all_objects(&self) -> u64 {
        self.objects.iter().sum()
    }

    /// What `self` has beyond `other`, an earlier state of the same counts.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut objects = self.objects;
        objects.iter_mut().zip(other.objects).for_each(|(now, before)| *now -= before);
        Self {
            objects,
            records: self.records - other.records,
            bytes: self.bytes - other.bytes,
            billed_bytes: self.billed_bytes - other.billed_bytes,
            stored_bytes: self.stored_bytes - other.stored_bytes,
            requests: self.requests - other.requests,
            failed: self.failed - other.failed,
            error_objects: self.error_objects - other.error_objects,
            error_records: self.error_records - other.error_records,
            source_bytes: self.source_bytes - other.source_bytes,
            source_records: self.source_records - other.source_records,
            tries: self.tries - other.tries,
            failed_tries: self.failed_tries - other.failed_tries,
            invocations: self.invocations - other.invocations,
            billed_ms: self.billed_ms - other.billed_ms,
            delivered_bytes: self.delivered_bytes - other.delivered_bytes,
            parted: self.parted - other.parted,
            dropped: self.dropped - other.dropped,
            untransformed: self.untransformed - other.untransformed,
            unparted: self.unparted - other.unparted,
        }
    }
}

/// What one delivery stream delivered in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirehoseFlow {
    /// Objects, in the order of [`ObjectCause::ALL`].
    pub objects: [u64; ObjectCause::ALL.len()],
    /// Records in them.
    pub records: u64,
    /// Their bytes, before compression.
    pub bytes: u64,
    /// Attempts that failed, of the objects whose delivery ended.
    pub failed: u64,
    /// Largest age of an object's oldest record at delivery; none where none was delivered.
    pub freshness_max: Option<Span>,
}
