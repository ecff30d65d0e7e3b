//! Records that Firehose has taken out of the log to transform or to part them.

use crate::model::cohort::Window;
use crate::model::consumer::lane::Handed;
use crate::model::initial::Initial;
use crate::model::limit::most;
use crate::model::observation::{Ages, Delivered, Observation};
use crate::time::{Instant, Span};

/// Records that travel together.
///
/// What a call brings is joined: births and arrivals are those of the first and the last, and the
/// others lie evenly between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Of this shard, or the first of them is.
    pub(super) shard: u32,
    pub(super) records: u32,
    /// Their bytes as they are metered, with keys.
    pub(super) bytes: u64,
    /// Their bytes as they will be delivered.
    pub(super) out: u64,
    when: When,
}

/// When records came, the first and the last of them.
#[derive(Clone, Copy, Debug)]
enum When {
    /// In the run: born and visible.
    Run { born: (Instant, Instant), visible: (Instant, Instant) },
    /// Before it: how old they were when it began.
    Before(Span, Span),
}

impl Piece {
    /// What came of `shard`; of each record, `key` bytes are its key, which is not delivered.
    pub(super) fn new(shard: usize, handed: &Handed<'_>, initial: &Initial, key: u64) -> Self {
        let (records, bytes, when) = match *handed {
            Handed::New(cohort) => {
                let ends = |window: Window| (window.start, window.last_of(cohort.records));
                let when = When::Run { born: ends(cohort.born), visible: ends(cohort.visible) };
                (cohort.records, cohort.bytes, when)
            }
            Handed::Old { first, records } => {
                let age = |k: u32| initial.age_of(first + u64::from(k), Instant::ZERO);
                let when = When::Before(age(0), age(records.saturating_sub(1)));
                (records, u64::from(records) * initial.bytes_each, when)
            }
        };
        let out = bytes.saturating_sub(u64::from(records) * key);
        Self { shard: shard as u32, records, bytes, out, when }
    }

    /// Whether `other` may be joined to it.
    pub(super) fn takes(&self, other: &Self) -> bool {
        let alike = matches!(
            (self.when, other.when),
            (When::Run { .. }, When::Run { .. }) | (When::Before(..), When::Before(..))
        );
        alike && self.records.checked_add(other.records).is_some()
    }

    /// `other` is a part of it from now on.
    pub(super) fn join(&mut self, other: &Self) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.out += other.out;
        match (&mut self.when, other.when) {
            (When::Run { born, visible }, When::Run { born: b, visible: v }) => {
                *born = (born.0.min(b.0), born.1.max(b.1));
                *visible = (visible.0.min(v.0), visible.1.max(v.1));
            }
            (When::Before(first, last), When::Before(f, l)) => {
                (*first, *last) = ((*first).max(f), (*last).min(l));
            }
            _ => {}
        }
    }

    /// How many of the first have room in so many bytes to deliver.
    pub(super) fn fitting(&self, room: u64) -> u32 {
        if self.out <= room {
            return self.records;
        }
        most(self.records, |k| self.part(self.out, k) <= room)
    }

    fn part(&self, total: u64, k: u32) -> u64 {
        (u128::from(total) * u128::from(k) / u128::from(self.records.max(1))) as u64
    }

    /// The first `k` of it, which are fewer than all; it keeps the rest.
    pub(super) fn split_off(&mut self, k: u32) -> Self {
        let (bytes, out, n) = (self.part(self.bytes, k), self.part(self.out, k), self.records);
        let mut first = Self { records: k, bytes, out, ..*self };
        let before = |of: (Instant, Instant)| {
            let window = spread(of, n);
            (window.time_of(k.saturating_sub(1), n), window.time_of(k, n))
        };
        match (&mut first.when, &mut self.when) {
            (When::Run { born, visible }, When::Run { born: b, visible: v }) => {
                ((born.1, b.0), (visible.1, v.0)) = (before(*born), before(*visible));
            }
            (When::Before(from, last), When::Before(first, to)) => {
                let (oldest, all) = (from.as_ns(), from.as_ns().saturating_sub(to.as_ns()));
                let step = all / u64::from(n.max(2) - 1);
                *last = Span::from_ns(oldest.saturating_sub(step * u64::from(k.max(1) - 1)));
                *first = Span::from_ns(oldest.saturating_sub(step * u64::from(k)));
            }
            _ => {}
        }
        self.records -= k;
        self.bytes -= bytes;
        self.out -= out;
        first
    }

    /// `k` of its records, which came over the same time; it keeps the others, if there are any.
    pub(super) fn draw_off(&mut self, k: u32) -> Self {
        let (bytes, out) = (self.part(self.bytes, k), self.part(self.out, k));
        self.records -= k;
        self.bytes -= bytes;
        self.out -= out;
        Self { records: k, bytes, out, ..*self }
    }

    /// Age of its oldest record at `now`.
    pub(super) fn age_at(&self, now: Instant) -> Span {
        match self.when {
            When::Run { visible, .. } => now.since(visible.0),
            When::Before(first, _) => first + now.since(Instant::ZERO),
        }
    }

    /// What is to be stated of them when they are delivered.
    pub(super) fn delivered(&self, reader: u32, now: Instant) -> Observation {
        let Self { records, bytes, .. } = *self;
        match self.when {
            When::Run { born, .. } => Observation::Delivered(Delivered {
                reader,
                records,
                bytes,
                born: spread(born, records),
                first_done: now,
                step: Span::ZERO,
            }),
            When::Before(first, last) => {
                let past = now.since(Instant::ZERO);
                let records = u64::from(records);
                let ages = Ages { records, first: first + past, last: last + past };
                Observation::Caught { reader, bytes, ages }
            }
        }
    }
}

/// The window over which `n` records are spread, the first and the last at these moments.
fn spread((first, last): (Instant, Instant), n: u32) -> Window {
    let (length, n) = (last.since(first).as_ns(), u64::from(n));
    if n < 2 || length == 0 {
        return Window::at(first);
    }
    // A record's distance more than lies between them, so that none is behind the last.
    let more = (u128::from(length) * u128::from(n) / u128::from(n - 1)) as u64;
    Window { start: first, length: Span::from_ns(more) }
}
