//! What Firehose takes in by Direct PUT: limits that all channels share, and that grow.

use super::{Offer, Stream};
use crate::engine::Probe;
use crate::model::cohort::{Cohort, Window};
use crate::model::facts::{self, DirectPutLimit};
use crate::model::hashing::{HashRange, uniform_ranges};
use crate::model::limit::{WriteLevel, WriteLimit};
use crate::model::observation::Observation;
use crate::model::plan::{DirectPlan, ShardPlan, WritePlan};
use crate::model::shard::Shard;
use crate::time::Instant;

/// The limits of a delivery stream: bytes, records and requests a second, each a bucket as deep as
/// a second (FH-01, FH-03; below one second AWS publishes nothing).
#[derive(Clone, Debug)]
pub struct Direct {
    plan: DirectPlan,
    /// Records and their bytes.
    data: (WriteLimit, WriteLevel),
    requests: (WriteLimit, WriteLevel),
    throttled: Throttled,
    /// Channels that have taken records in since they were last asked about.
    touched: Vec<u32>,
}

/// How long records have been refused without a pause.
#[derive(Clone, Copy, Debug)]
struct Throttled {
    since: Instant,
    last: Option<Instant>,
}

/// Requests and records are counted, not weighed.
const WEIGHTLESS: u64 = 1;

impl Direct {
    /// With so many channels, and full buckets.
    #[must_use]
    pub fn new(plan: DirectPlan, channels: u32) -> Self {
        let (data, requests) = limits(plan.base, channels);
        let (full, all) = (data.full(Instant::ZERO), requests.full(Instant::ZERO));
        Self {
            plan,
            data: (data, full),
            requests: (requests, all),
            throttled: Throttled { since: Instant::ZERO, last: None },
            touched: Vec::new(),
        }
    }

    /// How many of the records of `cohort` get in at `now`, as a part of a call that has `paid` its
    /// request or not: it pays with the first record that gets in, and what is refused pays
    /// nothing (FH-05).
    fn admit(&mut self, now: Instant, cohort: &Cohort, paid: &mut bool) -> u32 {
        let mut requests = self.requests.1;
        if !*paid && self.requests.0.admit(&mut requests, now, 1, |_| WEIGHTLESS) == 0 {
            return 0;
        }
        let (limit, level) = &mut self.data;
        let admitted = limit.admit(level, now, cohort.records, |k| cohort.bytes_of_first(k));
        if admitted > 0 && !*paid {
            (self.requests.1, *paid) = (requests, true);
        }
        admitted
    }

    /// Records are refused at `now`: whether that has gone on for so long that the limits are
    /// doubled (FH-04).
    fn refuses(&mut self, now: Instant) -> bool {
        let state = &mut self.throttled;
        if state.last.is_none_or(|last| now.since(last) > facts::DIRECT_PUT_PAUSE) {
            state.since = now;
        }
        state.last = Some(now);
        let grows = now.since(state.since) >= self.plan.growth;
        if grows {
            state.since = now;
        }
        grows
    }
}

/// The limits of so many channels: data, and requests.
fn limits(base: DirectPutLimit, channels: u32) -> (WriteLimit, WriteLimit) {
    let n = u64::from(channels);
    let of = |records: u64, bytes: u64| WriteLimit::new(&WritePlan::bucket(records, bytes));
    (of(base.records * n, base.bytes * n), of(base.requests * n, base.requests * n))
}

impl Stream {
    /// Whether it is what Firehose takes in by Direct PUT.
    #[inline]
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.direct.is_some()
    }

    /// Channels that have taken records in since [`Stream::touched_is_known`]; some of them twice.
    #[must_use]
    pub fn touched(&self) -> &[u32] {
        self.direct.as_ref().map_or(&[], |direct| &direct.touched)
    }

    /// Whoever is put to knows of the channels touched.
    pub fn touched_is_known(&mut self) {
        if let Some(direct) = &mut self.direct {
            direct.touched.clear();
        }
    }

    /// Judges `offers` of one call under the limits of all channels, stores what gets in, and
    /// states it. Every record is tried in its order (FH-05).
    #[inline(never)]
    pub(super) fn settle_directly<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        producer: u32,
        offers: &mut [Offer],
        probe: &mut P,
    ) {
        let Some(direct) = &mut self.direct else { return };
        let (mut paid, mut refused) = (false, false);
        for offer in &mut *offers {
            offer.cohort.visible = Window::at(now);
            offer.admitted = direct.admit(now, &offer.cohort, &mut paid);
            refused |= offer.admitted < offer.cohort.records;
            if offer.admitted > 0 {
                direct.touched.push(offer.shard);
            }
        }
        let grows = refused && direct.refuses(now);
        for offer in &*offers {
            self.store(offer);
        }
        for offer in &*offers {
            probe.observe(now, Observation::Put(self.put_of(producer, offer)));
        }
        if grows {
            self.grow(now, probe);
        }
    }

    /// Its limits are doubled, and with them its channels (FH-04, FH-42), unless there are as many
    /// as there may be.
    fn grow<P: Probe<Observation>>(&mut self, now: Instant, probe: &mut P) {
        let before = self.shards.len() as u32;
        let Some(direct) = &mut self.direct else { return };
        if before * 2 > facts::DIRECT_PUT_CHANNELS_MAX {
            return;
        }
        // What is left of the old limits is there still.
        (direct.data.0, direct.requests.0) = limits(direct.plan.base, before * 2);
        for index in before..before * 2 {
            let (number, range) = (self.fresh.number, HashRange::ALL);
            let plan = ShardPlan { number, range, parents: [None; 2] };
            self.fresh.number = self.fresh.number.saturating_add(1);
            let (write, read) = (self.limit.full(now), self.fresh.read.clone());
            let mut shard = Shard::new(plan, write, read, self.fresh.consumers);
            shard.rest.lineage.opened = now;
            // One that was not there from the beginning.
            shard.rest.lineage.came_of = vec![index - before];
            self.shards.push(shard);
            self.open.push(index);
            probe.observe(now, Observation::Opened { stream: self.number, shard: index });
        }
        for (shard, range) in self.shards.iter_mut().zip(uniform_ranges(before * 2)) {
            shard.rest.range = range;
        }
        self.reroute();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cohort::KeyGroup;
    use crate::time::Span;

    const BASE: DirectPutLimit = DirectPutLimit { bytes: 1_000, requests: 2, records: 10 };

    fn cohort(bytes: u64) -> Cohort {
        Cohort::single(KeyGroup::fresh(0), bytes, Instant::ZERO)
    }

    #[test]
    fn each_of_three_limits_binds_and_what_is_refused_pays_nothing() {
        let plan = DirectPlan { base: BASE, growth: Span::from_s(60) };
        let call = |direct: &mut Direct, at_ms: u64, sizes: &[u64]| -> u32 {
            let (mut paid, now) = (false, Instant::ZERO + Span::from_ms(at_ms));
            sizes.iter().map(|&size| direct.admit(now, &cohort(size), &mut paid)).sum()
        };
        // FH-01: bytes. The third does not fit, the fourth does (FH-05).
        let mut direct = Direct::new(plan, 1);
        assert_eq!(call(&mut direct, 0, &[400, 400, 400, 200]), 3);
        // A refused call pays no request: the next goes through when bytes are back.
        assert_eq!(call(&mut direct, 0, &[400]), 0);
        assert_eq!(call(&mut direct, 400, &[400]), 1);
        // Records.
        let mut direct = Direct::new(plan, 1);
        assert_eq!(call(&mut direct, 0, &[1; 12]), 10);
        // Requests: two at once, then one every half second, and twice as many of two channels.
        for (channels, at_once) in [(1, 2), (2, 4)] {
            let mut direct = Direct::new(plan, channels);
            let answered: u32 = (0..9).map(|_| call(&mut direct, 0, &[1])).sum();
            assert_eq!(answered, at_once);
            let later: u32 = (0..9).map(|_| call(&mut direct, 500, &[1])).sum();
            assert_eq!(later, at_once / 2);
        }
    }

    #[test]
    fn a_minute_without_a_pause_doubles_the_limits() {
        let plan = DirectPlan { base: BASE, growth: Span::from_s(60) };
        let mut direct = Direct::new(plan, 1);
        let mut grows = |s: u64| direct.refuses(Instant::from_s(s));
        assert!((0..60).all(|s| !grows(s)));
        assert!(grows(60));
        // It takes another minute to be doubled again.
        assert!((61..120).all(|s| !grows(s)));
        assert!(grows(120));
        // More than a second without a refusal is a pause.
        assert!((150..179).all(|s| !grows(s)));
        assert!((181..241).all(|s| !grows(s)));
        assert!(grows(241));
    }
}
