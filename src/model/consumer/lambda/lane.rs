//! One lane of a shard: what it holds, and the batch it works on.

use std::collections::VecDeque;

use super::function::Course;
use super::held::{Held, encoded};
use super::window::Open;
use crate::model::initial::Initial;
use crate::model::limit::most;
use crate::model::observation::BatchCause;
use crate::model::plan::PayloadPlan;
use crate::time::{Instant, Span};

/// A lane: batches of it are worked on one after the other, in order of arrival (ESM-52); the lanes
/// of other shards go on where one stands (ESM-75).
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Its shard, and its number among that shard's.
    pub(super) place: (u32, u32),
    /// What it holds, the oldest first: the batch in hand, then what waits.
    held: VecDeque<Held>,
    /// How many records that is.
    pub(super) records: u64,
    /// Their bytes.
    bytes: u64,
    /// Number of the first record held, of all that came to this lane.
    pub(super) first: u64,
    /// Records before this number have been handed over at least once.
    pub(super) handed: u64,
    /// The batch in hand, as parts that are invoked one by one; the last is next.
    pub(super) parts: Parts,
    /// Why it was complete.
    pub(super) cause: BatchCause,
    /// Invocations with the next part that failed.
    pub(super) tries: u32,
    /// Tries to invoke the function in a row that were throttled.
    pub(super) throttled: u32,
    pub(super) state: State,
    /// When the batching window opened: when the invocation before returned (ESM-34).
    pub(super) opened: Instant,
    /// When it looks again whether a window is over.
    pub(super) looks: Instant,
    /// Counts invocations and pauses, so that what falls due knows its own.
    pub(super) serial: u32,
    /// The tumbling window that is open.
    pub(super) window: Option<Open>,
}

/// Parts of a batch: mostly there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Records of the next one; zero where there is none.
    next: u32,
    /// Those after it, the last first.
    rest: Vec<u32>,
}

impl Parts {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// Records of the next one.
    #[inline]
    pub(super) fn next(&self) -> Option<u32> {
        (self.next > 0).then_some(self.next)
    }

    /// The batch has so many records, all in one part.
    #[inline]
    pub(super) fn begin(&mut self, records: u32) {
        self.next = records;
    }

    /// The next part is halved: its first half is next, and is the smaller one.
    pub(super) fn halve(&mut self) {
        let second = self.next - self.next / 2;
        self.next -= second;
        self.rest.push(second);
    }

    /// The next part has lost its first `k` records; without any it is over.
    #[inline]
    fn shorten(&mut self, k: u32) {
        self.next -= k.min(self.next);
        if self.next == 0 {
            self.next = self.rest.pop().unwrap_or(0);
        }
    }

    fn records(&self) -> u64 {
        self.rest.iter().chain([&self.next]).map(|&part| u64::from(part)).sum()
    }
}

/// What a lane does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for records, or for a window's end.
    Idle,
    /// It waits before the next try.
    Paused,
    /// The function is invoked.
    Running(Run),
}

/// An invocation under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) began: Instant,
    pub(super) course: Course,
    pub(super) records: u32,
    /// Whether it is the final one of a tumbling window.
    pub(super) is_final: bool,
    /// Number of the fault by which it fails.
    pub(super) fault: Option<u32>,
}

/// The records of a batch to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Formed {
    pub(super) records: u32,
    /// Why no more go with them; `None` where more could.
    pub(super) cause: Option<BatchCause>,
}

impl Lane {
    /// An empty lane of this shard, with this number among that shard's, whose first window opens
    /// at `opened`.
    pub(super) fn new(place: (u32, u32), opened: Instant) -> Self {
        Self {
            place,
            held: VecDeque::new(),
            records: 0,
            bytes: 0,
            first: 0,
            handed: 0,
            parts: Parts::default(),
            cause: BatchCause::Size,
            tries: 0,
            throttled: 0,
            state: State::Idle,
            opened,
            looks: Instant::NEVER,
            serial: 0,
            window: None,
        }
    }

    /// Gives all that it holds to others: what it had in hand is to be taken anew, and nothing is
    /// waited for. Returns what it held, the number of the first, and how many of them had been
    /// handed over.
    pub(super) fn clear(&mut self, now: Instant) -> (VecDeque<Held>, u64, u32) {
        let (first, seen) = (self.first, self.handed.saturating_sub(self.first));
        let held = std::mem::take(&mut self.held);
        self.first += self.records;
        self.handed = self.first;
        (self.records, self.bytes) = (0, 0);
        (self.parts, self.tries, self.throttled) = (Parts::default(), 0, 0);
        (self.state, self.opened, self.looks) = (State::Idle, now, Instant::NEVER);
        // What falls due of it is no more.
        self.serial = self.serial.wrapping_add(1);
        (held, first, seen as u32)
    }

    /// Records in the batch in hand.
    pub(super) fn in_hand(&self) -> u64 {
        self.parts.records()
    }

    /// Whether nothing is held, nothing runs and no window is open.
    pub(super) fn is_done(&self) -> bool {
        self.records == 0 && self.state == State::Idle && self.window.is_none()
    }

    /// Records come to it.
    #[inline]
    pub(super) fn push(&mut self, held: Held, initial: &Initial) {
        let records = held.records();
        self.records += u64::from(records);
        self.bytes += held.bytes_of_first(records, initial);
        self.held.push_back(held);
    }

    /// Takes the first `k` records off and gives them to `each`; of the batch in hand, they belong
    /// to its next part.
    pub(super) fn take(&mut self, k: u64, initial: &Initial, mut each: impl FnMut(&Held)) {
        let mut left = k.min(self.records);
        self.first += left;
        self.records -= left;
        while left > 0
            && let Some(front) = self.held.front()
        {
            let records = u64::from(front.records());
            if records > left {
                self.part(left as u32);
                continue;
            }
            self.bytes -= front.bytes_of_first(front.records(), initial);
            each(front);
            left -= records;
            self.held.pop_front();
        }
    }

    /// Parts what it holds behind the first `k` records, so that these can be taken as they are.
    fn part(&mut self, k: u32) {
        let mut left = k;
        for (i, held) in self.held.iter_mut().enumerate() {
            let records = held.records();
            if left < records {
                if left > 0 {
                    let first = held.cut(left);
                    match i {
                        0 => self.held.push_front(first),
                        _ => self.held.insert(i, first),
                    }
                }
                return;
            }
            left -= records;
        }
    }

    /// The next part of the batch in hand lost its first `k` records.
    pub(super) fn shorten(&mut self, k: u32) {
        self.parts.shorten(k);
    }

    /// The batch that what it holds makes, where none is in hand: at most `records`, none that
    /// arrived at `edge` or later.
    pub(super) fn form(
        &self,
        records: u32,
        edge: Instant,
        (plan, initial): (&PayloadPlan, &Initial),
    ) -> Formed {
        let room = plan.max.0 - plan.envelope;
        // Most of the time all of it has room, even if each record took its last three bytes whole.
        let is_small = self.bytes / 3 * 4 + self.records * (plan.overhead + 8) <= room;
        if is_small && edge == Instant::NEVER {
            let all = self.records.min(u64::from(records)) as u32;
            let cause = (self.records >= u64::from(records)).then_some(BatchCause::Size);
            return Formed { records: all, cause };
        }
        let (mut count, mut bytes) = (0, 0);
        for held in &self.held {
            let there = held.records().min(records - count);
            let before = there.min(held.before(edge));
            let of = |k| encoded(plan, k, held.bytes_of_first(k, initial));
            let fits = most(before, |k| k == 0 || bytes + of(k) <= room);
            count += fits;
            bytes += if fits > 0 { of(fits) } else { 0 };
            if count == records {
                return Formed { records: count, cause: Some(BatchCause::Size) };
            } else if fits < before {
                return Formed { records: count, cause: Some(BatchCause::Payload) };
            } else if before < there {
                return Formed { records: count, cause: Some(BatchCause::Edge) };
            }
        }
        Formed { records: count, cause: None }
    }

    /// How many of the first `most` records are as old as `age` at `now`, or older.
    pub(super) fn aged(&self, most: u64, age: Span, now: Instant, initial: &Initial) -> u64 {
        let mut count = 0;
        for held in &self.held {
            let old = held.older(age, now, initial);
            count += u64::from(old);
            if old < held.records() || count >= most {
                break;
            }
        }
        count.min(most)
    }

    /// Whether all that it holds came after `horizon`.
    #[inline]
    pub(super) fn is_kept(&self, horizon: Instant) -> bool {
        match self.held.front() {
            Some(Held::New(cohort)) => cohort.visible.start >= horizon,
            Some(Held::Old { .. }) => false,
            None => true,
        }
    }

    /// How many of the first records a stream has let go that keeps none from before `horizon`, and
    /// of those from before the run none of the first `expired`.
    pub(super) fn gone(&self, horizon: Instant, expired: u64) -> u64 {
        let mut count = 0;
        for held in &self.held {
            let gone = match held {
                Held::New(cohort) => cohort.part_before(horizon),
                Held::Old { first, records } => {
                    expired.saturating_sub(*first).min(u64::from(*records)) as u32
                }
            };
            count += u64::from(gone);
            if gone < held.records() {
                break;
            }
        }
        count
    }

    /// Hands the first `records` over at `now`: their bytes, and the age of the last of them.
    ///
    /// They stand by themselves from then on, as they are mostly taken off together later.
    pub(super) fn hand_over(
        &mut self,
        records: u32,
        now: Instant,
        initial: &Initial,
    ) -> (u64, Span) {
        self.part(records);
        let (mut left, mut bytes, mut age) = (records, 0, Span::ZERO);
        for held in &self.held {
            let k = held.records();
            if left < k || left == 0 {
                break;
            }
            bytes += held.bytes_of_first(k, initial);
            left -= k;
            if left == 0 {
                age = held.age_of_last(now, initial);
            }
        }
        (bytes, age)
    }

    /// When the first record arrived that is in no batch.
    pub(super) fn next_arrived(&self) -> Option<Instant> {
        self.held.front().map(Held::arrived)
    }

    /// What waits and is in no batch, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Held> + '_ {
        let mut past = self.in_hand();
        self.held.iter().filter_map(move |held| {
            let k = u64::from(held.records()).min(past);
            past -= k;
            held.split(k as u32).1
        })
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> u64 {
        (self.held.capacity() * size_of::<Held>()) as u64
    }
}
