//! What consumers are given by their streams, and functions by their mappings.

use crate::experiment::metrics::Metrics;
use crate::model::observation::{Invoked, Read};
use crate::time::{Instant, Span};

impl Metrics {
    #[inline(always)]
    pub(super) fn read(&mut self, read: &Read) {
        let (reader, records) = (read.reader as usize, u64::from(read.records));
        let (counts, flow) = (&mut self.consumers[reader], &mut self.now.reads[reader]);
        counts.calls += 1;
        counts.behind.add(read.behind.as_ns(), 1);
        flow.calls += 1;
        flow.behind_max = Some(flow.behind_max.unwrap_or(Span::ZERO).max(read.behind));
        let age = match &mut self.lambdas[reader] {
            None => {
                counts.iterator_age.add(read.age.as_ns(), records);
                &mut flow.age_max
            }
            Some(lambda) => {
                lambda.polled(read.records);
                &mut flow.polled_age_max
            }
        };
        if records > 0 {
            *age = Some(age.unwrap_or(Span::ZERO).max(read.age));
            flow.records += records;
            flow.bytes += read.bytes;
        } else {
            counts.empty_calls += 1;
        }
        self.streams[read.stream as usize].read(read);
        self.read_loads[read.stream as usize].read(read);
        self.watch.read(read);
    }

    pub(super) fn read_refused(&mut self, reader: u32) {
        self.consumers[reader as usize].throttled_calls += 1;
        self.now.reads[reader as usize].throttled_calls += 1;
        self.watch.refused(reader);
    }

    pub(super) fn read_failed(&mut self, reader: u32) {
        self.consumers[reader as usize].failed_calls += 1;
        self.now.reads[reader as usize].failed_calls += 1;
        self.watch.failed(reader);
    }

    pub(super) fn event(&mut self, event: &Read) {
        let counts = &mut self.consumers[event.reader as usize];
        counts.events += 1;
        let lambda = &mut self.lambdas[event.reader as usize];
        if let Some(lambda) = lambda {
            lambda.polled(event.records);
        } else {
            counts.iterator_age.add(event.age.as_ns(), u64::from(event.records));
        }
        let handed_over = lambda.is_none();
        counts.behind.add(event.behind.as_ns(), 1);
        let flow = &mut self.now.reads[event.reader as usize];
        flow.records += u64::from(event.records);
        flow.bytes += event.bytes;
        flow.events += 1;
        let age = if handed_over { &mut flow.age_max } else { &mut flow.polled_age_max };
        *age = (*age).max(Some(event.age));
        flow.behind_max = flow.behind_max.max(Some(event.behind));
        self.streams[event.stream as usize].event(event);
        self.watch.read(event);
    }

    pub(super) fn invoked(&mut self, at: Instant, invoked: &Invoked) {
        let reader = invoked.reader as usize;
        let records = u64::from(invoked.records);
        self.consumers[reader].iterator_age.add(invoked.age.as_ns(), records);
        if records > 0 {
            let age = &mut self.now.reads[reader].age_max;
            *age = (*age).max(Some(invoked.age));
        }
        if let Some(lambda) = &mut self.lambdas[reader] {
            lambda.invoked(at, invoked);
        }
    }
}
