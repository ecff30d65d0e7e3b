//! What the functions of a run did.

use crate::experiment::histogram::Histogram;
use crate::experiment::outcome::{LambdaCounts, LambdaFlow, LambdaOutcome};
use crate::model::observation::{Answer, BatchCause, Invoked, Returned, SkipCause};
use crate::time::{Instant, Span};

/// Counts of one function.
#[derive(Clone, Debug)]
pub struct LambdaMetrics {
    counts: LambdaCounts,
    judged_from: LambdaCounts,
    batch_records: Histogram,
    duration: Histogram,
    running: u32,
    /// Up to when the time that invocations ran is counted.
    counted: Instant,
    now: LambdaFlow,
    timeline: Vec<LambdaFlow>,
}

impl LambdaMetrics {
    /// Nothing yet, for a run of so many intervals.
    pub(super) fn new(intervals: usize) -> Self {
        Self {
            counts: LambdaCounts::default(),
            judged_from: LambdaCounts::default(),
            batch_records: Histogram::new(),
            duration: Histogram::new(),
            running: 0,
            counted: Instant::ZERO,
            now: LambdaFlow::default(),
            timeline: Vec::with_capacity(intervals + 1),
        }
    }

    /// The mapping was handed records by its stream.
    pub(super) fn polled(&mut self, records: u32) {
        self.counts.polled += u64::from(records);
    }

    /// A batch is handed over: its age is taken then (ESM-131), and never while nothing is
    /// (ESM-132).
    pub(super) fn invoked(&mut self, at: Instant, invoked: &Invoked) {
        self.count_time(at);
        let records = u64::from(invoked.records);
        self.running += 1;
        self.counts.invocations += 1;
        self.counts.invoked += records;
        self.counts.concurrency_max = self.counts.concurrency_max.max(self.running);
        self.now.invocations += 1;
        self.now.invoked += records;
        self.now.concurrency_max = self.now.concurrency_max.max(self.running);
        if records > 0 {
            self.now.age_max = self.now.age_max.max(Some(invoked.age));
        }
        if invoked.cause != BatchCause::Again {
            self.counts.batches[invoked.cause as usize] += 1;
        }
        if invoked.cause != BatchCause::Again && records > 0 {
            self.now.batches += 1;
            self.now.batch_records += records;
            self.batch_records.add(records, 1);
        }
    }

    pub(super) fn returned(&mut self, at: Instant, returned: &Returned) {
        self.count_time(at);
        self.running -= 1;
        let lasted = at.since(returned.began);
        let work = Span::from_ns(lasted.as_ns().saturating_sub(returned.start.as_ns()));
        self.duration.add(work.as_ns(), 1);
        self.counts.billed_ms += lasted.as_ns().div_ceil(Span::from_ms(1).as_ns());
        let cold = u64::from(!returned.start.is_zero());
        self.counts.cold_starts += cold;
        self.now.cold_starts += cold;
        match returned.answer {
            Answer::Done => {}
            Answer::Partly(_) => self.counts.partial += 1,
            Answer::Failed | Answer::TimedOut | Answer::Lost => {
                self.counts.errors += 1;
                self.now.errors += 1;
                self.counts.failed += u64::from(returned.records);
            }
        }
        self.counts.timeouts += u64::from(returned.answer == Answer::TimedOut);
    }

    pub(super) fn throttled(&mut self) {
        self.counts.throttles += 1;
        self.now.throttles += 1;
    }

    pub(super) fn skipped(&mut self, records: u64, cause: SkipCause) {
        let count = match cause {
            SkipCause::Filtered => return self.counts.filtered += records,
            SkipCause::RetriesExhausted => &mut self.counts.retries_exhausted,
            SkipCause::TooOld => &mut self.counts.too_old,
            SkipCause::TooLarge => &mut self.counts.too_large,
            SkipCause::Expired | SkipCause::BeforeStart | SkipCause::Undelivered => return,
        };
        *count += records;
        self.now.discarded += records;
    }

    /// Records that are in the ledger of none of the other places.
    pub(super) fn apart(&self) -> (u64, u64) {
        (self.counts.filtered, self.counts.discarded())
    }

    pub(super) fn end_interval(&mut self, end: Instant) {
        self.count_time(end);
        let next = LambdaFlow { concurrency_max: self.running, ..LambdaFlow::default() };
        self.timeline.push(std::mem::replace(&mut self.now, next));
    }

    pub(super) fn warmed_up(&mut self, at: Instant) {
        self.count_time(at);
        self.judged_from = self.counts;
        // What is judged may be less than what the warm-up saw.
        self.counts.concurrency_max = self.running;
        self.batch_records.clear();
        self.duration.clear();
    }

    fn count_time(&mut self, at: Instant) {
        let ns = at.since(self.counted).as_ns() * u64::from(self.running);
        self.counts.busy_ns += u128::from(ns);
        self.now.busy_ns += ns;
        self.counted = at;
    }

    /// What is told of it at the end.
    pub(crate) fn outcome(&self, lanes: u64) -> LambdaOutcome {
        let most = self.counts.concurrency_max.max(self.judged_from.concurrency_max);
        LambdaOutcome {
            counts: LambdaCounts { concurrency_max: most, ..self.counts },
            judged: self.counts.minus(&self.judged_from),
            batch_records: self.batch_records.clone(),
            duration: self.duration.clone(),
            timeline: self.timeline.clone(),
            lanes,
        }
    }
}
