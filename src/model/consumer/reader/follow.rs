//! A shard followed through several quanta in which nothing goes wrong.

use super::{Due, Reader};
use crate::engine::Probe;
use crate::model::consumer::passing::{Passing, Piece};
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
    /// Whether it can follow shards at present: calls are answered at once, do not fail and do not
    /// wait for one another, and what they bring is processed at once.
    pub(in crate::model) fn can_follow(&self) -> bool {
        let plain = self.latency.is_zero() && self.read_ahead == 0 && self.lanes.takes_no_time();
        let apart = self.plan.order == PollOrder::SideBySide && self.thread_each;
        let sound = self.condition.errors == 0 && self.condition.kms == 0 && !self.condition.down;
        plain && apart && sound && self.plan.jitter.is_zero()
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

    /// Records have come to the shard that is followed.
    #[inline]
    pub(in crate::model) fn has_come(&mut self, piece: Piece) {
        self.followed.passing.take_in(piece);
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
