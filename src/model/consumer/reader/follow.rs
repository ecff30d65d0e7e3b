//! A shard followed through several quanta in which nothing goes wrong.

use super::{Due, Reader};
use crate::engine::Probe;
use crate::model::consumer::passing::{Brought, Handed, Passing, Steady};
use crate::model::consumer::row::Came;
use crate::model::facts;
use crate::model::observation::{Observation, Polled, Read};
use crate::model::plan::PollOrder;
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// How far a reader has come in a shard that it follows.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    passing: Passing,
    /// When it calls next, and when it called last.
    next: Instant,
    last: Instant,
    polled: Polled,
}

impl Reader {
    /// Whether it can follow shards from `from` on: all have been asked, calls are answered at
    /// once, do not fail and do not wait for one another, and what they bring is processed at once.
    pub(in crate::model) fn can_follow(&self, from: Instant) -> bool {
        let plain = self.latency.is_zero() && self.read_ahead == 0 && self.lanes.takes_no_time();
        let apart = self.plan.order == PollOrder::SideBySide && self.thread_each;
        let sound = self.condition.errors == 0 && self.condition.kms == 0 && !self.condition.down;
        let begun = self.all_asked <= from;
        begun && plain && apart && sound && self.plan.jitter.is_zero()
    }

    /// Begins to follow shard `i` from `from` to `end`, if all that waits there is known to it:
    /// returns whether.
    #[inline]
    pub(in crate::model) fn begin_to_follow(
        &mut self,
        i: usize,
        (from, end): (Instant, Instant),
        stream: &Stream,
    ) -> bool {
        let (call, shard, followed) = (&self.calls[i], &stream.shards[i], &mut self.followed);
        let (Some(next), Some(last)) = (self.timers.next_call(i), call.iterator) else {
            return false;
        };
        let fresh = next.since(last) <= facts::ITERATOR_LIFETIME;
        // Nor does anything that comes meanwhile get too old.
        let horizon = stream.horizon(end);
        let idle = call.attempts == 0 && call.retry.is_none();
        if !fresh || !idle || !shard.rest.lineage.is_open() || horizon > from {
            return false;
        }
        let Some(at) = self.lanes.plainly_at(i, shard) else { return false };
        followed.passing.begin(from);
        (followed.next, followed.last) = (next, last);
        followed.polled = Polled { reader: self.lanes.number, ..Polled::NONE };
        shard.each_of_few(at, |cohort| {
            cohort.visible.start >= horizon && followed.passing.take_in_cohort(cohort)
        })
    }

    /// Makes the calls on shard `i`, which is followed, that fall due while this comes to it, as
    /// far as they are simple.
    #[inline]
    pub(in crate::model) fn follow_rows<P: Probe<Observation>>(
        &mut self,
        i: usize,
        came: &Came<'_>,
        stream: &mut Stream,
        probe: &mut P,
    ) {
        if let Some(steady) = self.steady(i, came, stream) {
            return self.call_steadily(i, (&steady, came), stream, probe);
        }
        let (mut simple, quanta) = (true, &came.quanta);
        for quantum in 0..quanta.count {
            came.each_piece(quantum, |piece| self.followed.passing.take_in(piece));
            let until = quanta.start(quantum + 1);
            simple = simple && self.follow(came.at, (i, until), stream, probe);
        }
    }

    /// Whether calls on shard `i` are one like the other and meet no limit.
    #[inline]
    fn steady(&self, i: usize, came: &Came<'_>, stream: &Stream) -> Option<Steady> {
        let Followed { passing, next, .. } = &self.followed;
        if self.plan.every != came.quanta.cell || came.quanta.count == 0 {
            return None;
        }
        let steady = Steady::of(passing, came, *next)?;
        let (records, bytes) = passing.at_most(came.most);
        let most = (f64::from(self.plan.limit), facts::GET_RECORDS_BYTES_MAX.0 as f64);
        let limit = &stream.shards[i].rest.read;
        let fits = records <= most.0 && bytes <= most.1;
        let ample = limit.is_ample(*next, self.plan.every, bytes as i64 as u64);
        (fits && ample).then_some(steady)
    }

    /// Makes a call on shard `i` in each quantum.
    #[inline]
    fn call_steadily<P: Probe<Observation>>(
        &mut self,
        i: usize,
        (steady, came): (&Steady, &Came<'_>),
        stream: &mut Stream,
        probe: &mut P,
    ) {
        let (reader, number, shard) = (self.lanes.number, stream.number(), i as u32);
        let (at, followed) = (came.at, &mut self.followed);
        let (mut sum, mut last, mut oldest) = (0, 0, 0);
        let mut early = Vec::new();
        let called = |brought| {
            let Brought { records, bytes, age } = brought;
            (sum, last, oldest) = (sum + bytes, bytes, age.max(oldest));
            let (age, behind) = (Span::from_ns(age), Span::ZERO);
            stream.note_read(records, bytes, age);
            let read = Read { reader, stream: number, shard, records, bytes, age, behind };
            probe.observe(at, Observation::Passed(read));
        };
        let full = |handed: &Handed| early.push(handed.stated(reader));
        followed.passing.take_steadily(steady, came, self.lanes.gaps(), called, full);
        early.drain(..).for_each(|stated| probe.observe(at, stated));
        let calls = came.quanta.count as u64;
        followed.last = followed.next + self.plan.every.times(calls - 1);
        followed.next = followed.last + self.plan.every;
        // The limit was full at every call, so that it does not matter what the others took.
        let limit = &mut stream.shards[i].rest.read;
        limit.call(followed.last);
        limit.pay(last);
        let polled = &mut followed.polled;
        polled.calls += calls;
        polled.bytes += sum;
        polled.age_max = polled.age_max.max(Span::from_ns(oldest));
    }

    /// Makes the calls on shard `i`, which is followed, that fall due before `until`, and states
    /// them at `at`, before or after. False if there is one left that is not that simple.
    #[inline]
    pub(in crate::model) fn follow<P: Probe<Observation>>(
        &mut self,
        at: Instant,
        (i, until): (usize, Instant),
        stream: &mut Stream,
        probe: &mut P,
    ) -> bool {
        let most = (self.plan.limit, facts::GET_RECORDS_BYTES_MAX.0);
        let (reader, number, followed) = (self.lanes.number, stream.number(), &mut self.followed);
        while followed.next < until {
            let now = followed.next;
            let limit = &mut stream.shards[i].rest.read;
            let fits = followed.passing.fits(now, most);
            if !fits || !limit.call(now) {
                return false;
            }
            let gaps = self.lanes.gaps();
            let (records, bytes, age) = followed.passing.take(now, gaps, |handed| {
                probe.observe(at, handed.stated(reader));
            });
            limit.pay(bytes);
            stream.note_read(records, bytes, age);
            let (shard, behind) = (i as u32, Span::ZERO);
            let read = Read { reader, stream: number, shard, records, bytes, age, behind };
            probe.observe(at, Observation::Passed(read));
            (followed.last, followed.next) = (now, now + self.plan.every);
            let polled = &mut followed.polled;
            polled.calls += 1;
            polled.empty += u64::from(records == 0);
            polled.bytes += bytes;
            polled.age_max = polled.age_max.max(age);
        }
        true
    }

    /// Goes on with shard `i`, which was followed, as usual, `now`: `stored` records have come
    /// there meanwhile. Returns what was read.
    #[inline]
    pub(in crate::model) fn end_to_follow<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        (i, stored): (usize, u64),
        stream: &mut Stream,
        probe: &mut P,
    ) -> Polled {
        let followed = &self.followed;
        stream.shards[i].replace(stored, followed.passing.left());
        for handed in followed.passing.handed() {
            probe.observe(now, handed.stated(self.lanes.number));
        }
        let polled = Polled { records: followed.passing.taken(), ..followed.polled };
        if polled.calls > 0 {
            self.lanes.went_on(i, polled.records);
            self.calls[i].iterator = Some(followed.last);
            self.quota.gain(polled.calls);
            self.timers.set(followed.next, Due::Poll(i as u32));
        }
        polled
    }
}

impl Followed {
    /// Nothing is followed yet.
    pub(super) fn new() -> Self {
        let (next, last) = (Instant::ZERO, Instant::ZERO);
        Self { passing: Passing::new(), next, last, polled: Polled::NONE }
    }
}
