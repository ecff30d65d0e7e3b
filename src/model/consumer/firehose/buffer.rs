//! What Firehose holds of one shard: a buffer that fills, and objects on their way.

use std::collections::VecDeque;

use crate::model::observation::ObjectCause;
use crate::model::plan::HintsPlan;
use crate::time::{Instant, Span};

/// The buffer of one shard, and the objects that came of it and are not delivered.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    /// What fills now.
    pub(super) open: Filling,
    /// Closed and not delivered, in order: the first is on its way.
    pub(super) closed: VecDeque<Closed>,
    /// Bytes of them all.
    pub(super) pending: u64,
    /// Bytes at which what fills is closed; zero is the hint.
    raised: u64,
}

/// Records that will be an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filling {
    /// Batches in hand that they are.
    pub(super) batches: u32,
    pub(super) records: u64,
    pub(super) bytes: u64,
    /// When the first of them came.
    pub(super) opened: Instant,
    /// How old the oldest was then.
    pub(super) age: Span,
}

/// An object on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) what: Filling,
    pub(super) at: Instant,
    pub(super) cause: ObjectCause,
    /// Attempts to deliver it that failed.
    pub(super) failed: u32,
    /// It is not sent before, in the second stage of partitions (FH-69).
    pub(super) ready: Instant,
    /// When the first of them failed.
    pub(super) failing_since: Option<Instant>,
}

impl Filling {
    /// Age of its oldest record at `now`.
    pub(super) fn age_at(&self, now: Instant) -> Span {
        self.age + now.since(self.opened)
    }

    /// One of its records is so old at `now`.
    pub(super) fn older(&mut self, now: Instant, age: Span) {
        let then = age.as_ns().saturating_sub(now.since(self.opened).as_ns());
        self.age = self.age.max(Span::from_ns(then));
    }
}

impl Buffer {
    /// Bytes that there is room for before the buffer is closed.
    pub(super) fn room(&self, hints: &HintsPlan) -> u64 {
        self.size(hints).saturating_sub(self.open.bytes)
    }

    fn size(&self, hints: &HintsPlan) -> u64 {
        self.raised.max(hints.size)
    }

    /// Records come into the buffer: a new batch in hand, or more of the last one.
    pub(super) fn add(&mut self, now: Instant, (records, bytes): (u32, u64), age: Span) {
        if self.open.records == 0 {
            self.open = Filling { opened: now, age, ..Filling::default() };
        }
        self.open.records += u64::from(records);
        self.open.bytes += bytes;
    }

    /// The buffer is as large as it may be: it is raised where delivery lags (FH-45), else closed.
    pub(super) fn fill_up(&mut self, now: Instant, hints: &HintsPlan) {
        let size = self.size(hints);
        let lags = self.closed.front().is_some_and(|object| {
            object.what.age_at(now) > hints.interval.times(2) && object.at < now
        });
        if lags && size < hints.size_max {
            self.raised = size.saturating_mul(2).min(hints.size_max);
            return;
        }
        let raised = size > hints.size;
        self.close(now, if raised { ObjectCause::Raised } else { ObjectCause::Size });
    }

    /// What fills is an object from now on.
    pub(super) fn close(&mut self, at: Instant, cause: ObjectCause) {
        let what = std::mem::take(&mut self.open);
        self.pending += what.bytes;
        let ready = at;
        self.closed.push_back(Closed { what, at, cause, failed: 0, ready, failing_since: None });
    }

    /// The first object is on its way no more. Where none is left, the size is that of the hint
    /// again.
    pub(super) fn shift(&mut self) -> Option<Closed> {
        let object = self.closed.pop_front()?;
        self.pending -= object.what.bytes;
        if self.closed.is_empty() {
            self.raised = 0;
        }
        Some(object)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.open = Filling::default();
        self.closed.clear();
        (self.pending, self.raised) = (0, 0);
    }
}
