//! Long backlogs in quanta: what waits long is joined, and nothing else changes.

#[path = "support/hand.rs"]
mod hand;
#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use std::collections::VecDeque;

use kinesim::engine;
use kinesim::experiment::finding::{Evidence, Severity, find};
use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::outcome::{ConsumerOutcome, Outcome};
use kinesim::model::account::Account;
use kinesim::model::cohort::{Cohort, KeyGroup, Window};
use kinesim::model::log::Kept;
use kinesim::model::log::Position;
use kinesim::model::stream::Stream;
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};
use proptest::prelude::*;

use crate::play::play;
use crate::text::scenario;

/// One record as it was stored: when it was born, and when it became visible.
type Moments = (Instant, Instant);

/// Somebody who reads a log as consumers do.
#[derive(Default)]
struct Reader {
    slot: usize,
    taken: Position,
    hand: VecDeque<(Position, Position)>,
    /// Records taken, and their bytes.
    read: (usize, u64),
    /// Records, user records and bytes delivered.
    delivered: (usize, u64, u64),
}

impl Reader {
    fn new(slot: usize) -> Self {
        Self { slot, ..Self::default() }
    }

    /// Takes what it may at `now`; returns how much that was.
    fn take(&mut self, now: Instant, limit: u32, room: u64, stream: &mut Stream) -> u32 {
        let shard = &mut stream.shards[0];
        let taken = shard.log().take(self.taken, now, limit, room);
        if taken.records > 0 {
            self.hand.push_back((self.taken, taken.to));
            self.taken = taken.to;
            shard.note_taken(self.slot, taken.to);
            self.read = (self.read.0 + taken.records as usize, self.read.1 + taken.bytes);
        }
        taken.records
    }

    /// Is handed the oldest of what it took, and holds every record's moments against `all`.
    fn deliver(&mut self, now: Instant, all: &[Moments], stream: &mut Stream) {
        let Some((from, to)) = self.hand.pop_front() else { return };
        let delivered = &mut self.delivered;
        stream.shards[0].log().between(from, to, |cohort| {
            for k in 0..cohort.records {
                let (born, visible) = all[delivered.0];
                let found = (cohort.time_of(k), cohort.visible.time_of(k, cohort.records));
                assert_close(found.0, born, now);
                assert_close(found.1, visible, now);
                delivered.0 += 1;
            }
            delivered.1 += cohort.user_records;
            delivered.2 += cohort.bytes;
        });
        let settled = self.hand.front().map_or(self.taken, |next| next.0);
        stream.shards[0].settle(self.slot, settled, &mut stream.chunks);
    }
}

/// Off by no more than a hundredth of the age at `now`; a few nanoseconds are rounding.
#[track_caller]
fn assert_close(found: Instant, right: Instant, now: Instant) {
    let off = found.as_ns().abs_diff(right.as_ns());
    let age = now.since(right).as_ns();
    assert!(off <= age / 100 + 4, "off by {off} ns at an age of {age} ns");
}

/// A log of whole cohorts that two consumers read.
fn stream() -> Stream {
    let readers = vec![hand::reader(Span::from_s(1)); 2];
    let plan = hand::plan(Span::from_s(1), hand::stream(1, 1_000), Vec::new(), readers);
    let mut stream =
        Stream::new(&plan.streams[0], 0, (2, Kept::Records), &mut Account::new(&plan.account));
    stream.keep_whole();
    stream
}

/// What happens in a step: how long it takes [ms], records, bytes, time over which they come
/// [per mille of the step], how long they waited before [ms], and a number that decides who reads.
type Step = (u64, u32, u64, u64, u64, u32);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (100_u64..2_000, 1_u32..12, 0_u64..9_000, 0_u64..=1_000, 0_u64..400, any::<u32>());
    prop::collection::vec(step, 1_300..2_000)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// One reads all the time, a little at a time, and is now and then slow to process; the other
    /// begins when many have waited for long. Each is handed every record once, in order, of the
    /// age it has; records, user records and bytes add up to the unit.
    #[test]
    fn joining_moves_no_record_far_and_loses_none(steps in steps()) {
        let mut stream = stream();
        let mut readers = [Reader::new(0), Reader::new(1)];
        let (mut all, mut sum) = (Vec::<Moments>::new(), (0, 0, 0));
        let mut now = Instant::ZERO;
        let later = steps.len() - 250;
        for (number, &(ms, records, bytes, part, waited, chance)) in steps.iter().enumerate() {
            let length = Span::from_ns(ms * part * 1_000);
            let visible = Window { start: now, length };
            let born = now.as_ns().saturating_sub(waited * 1_000_000);
            let born = Window { start: Instant::from_ns(born), length };
            let user_records = u64::from(records) * 3 + 1;
            let single = Cohort::single(KeyGroup::UNKNOWN, bytes, now);
            let cohort = Cohort { records, user_records, born, visible, ..single };
            stream.shards[0].join_cold(now);
            stream.shards[0].append(&cohort, &mut stream.chunks);
            all.extend((0..records).map(|k| (cohort.time_of(k), visible.time_of(k, records))));
            sum = (sum.0 + records as usize, sum.1 + user_records, sum.2 + bytes);
            now = now + Span::from_ms(ms);
            for (place, reader) in readers.iter_mut().enumerate() {
                let dice = chance >> (place * 8);
                if (place == 0 || number > later) && dice % 4 > 0 {
                    reader.take(now, 1 + dice % 23, 1 + u64::from(dice) % 60_000, &mut stream);
                }
                if dice % 5 > 1 {
                    reader.deliver(now, &all, &mut stream);
                }
            }
        }
        prop_assert!(stream.shards[0].joined().cohorts > 0, "nothing was joined");
        prop_assert_eq!(stream.shards[0].stored(), sum.0 as u64);
        for reader in &mut readers {
            while reader.take(now, 1_000, u64::MAX, &mut stream) > 0 {}
            while !reader.hand.is_empty() {
                reader.deliver(now, &all, &mut stream);
            }
            prop_assert_eq!(reader.read, (sum.0, sum.2));
            prop_assert_eq!(reader.delivered, sum);
        }
        prop_assert_eq!(stream.shards[0].log().from(0).count(), 0);
    }
}

/// `hours` of 60 records a second on `shards`, with an outage from the first to the last but one.
fn outage(hours: u32, shards: u32, resolution: &str, more: &str) -> String {
    format!(
        r#"
        [scenario]
        duration = "{hours} h"
        resolution = "{resolution}"
        [stream]
        shard_count = {shards}
        [[producer]]
        rate = {{ constant = "60/s", arrivals = "even" }}
        instances = 7
        record_size = "800 B"
        [[reader]]
        name = "slow"
        [[fault]]
        kind = "outage"
        target = "reader.slow"
        at = "1 h"
        for = "{} h"
        {more}
        "#,
        hours - 2
    )
}

/// Within `percent` of what is right, and `more` beside.
#[track_caller]
fn assert_within(what: &str, found: f64, right: f64, percent: f64, more: f64) {
    let off = (found - right).abs();
    assert!(off <= right.abs() * percent / 100.0 + more, "{what}: {found} instead of {right}");
}

/// What a reader saw agrees with what it saw when every record was played by itself. A percentile
/// is known to a bucket of 0.8 % in both runs; a quantum is a second.
#[track_caller]
fn assert_alike(found: &ConsumerOutcome, right: &ConsumerOutcome) {
    let (delivered, all) = (found.ledger.delivered as f64, right.ledger.delivered as f64);
    assert_within("delivered", delivered, all, 0.01, 0.0);
    assert_within("stored", found.ledger.stored as f64, right.ledger.stored as f64, 0.01, 0.0);
    let second = 1e9;
    for (what, found, right) in [
        ("latency", &found.latency, &right.latency),
        ("age", &found.iterator_age, &right.iterator_age),
    ] {
        let means = (found.mean().unwrap_or(0.0), right.mean().unwrap_or(0.0));
        assert_within(what, means.0, means.1, 1.0, second);
        for percent in [10.0, 50.0, 90.0, 99.0, 99.9] {
            let at = |it: &Histogram| it.percentile(percent).unwrap_or(0) as f64;
            assert_within(what, at(found), at(right), 1.8, second);
        }
        assert_within(what, found.max() as f64, right.max() as f64, 1.0, second);
    }
}

fn joined(text: &str, outcome: &Outcome) -> Option<(Severity, Evidence)> {
    let found = find(&scenario(text), outcome).into_iter();
    let mut joined = found.filter(|it| matches!(it.evidence, Evidence::Joined { .. }));
    joined.next().map(|it| (it.severity, it.evidence))
}

/// 6 h of 8 in which nobody reads: 21,600 quanta. Unjoined they take 32,768 places of 64 B a shard.
#[test]
fn an_outage_of_hours_takes_little_memory_and_ends_as_if_every_record_had_been_kept() {
    let text = outage(8, 2, "1 s", "");
    let plan = scenario(&text).plan;
    let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(60));
    let mut most = 0;
    for minute in 1..=8 * 60 {
        engine::run(&mut world, &mut agenda, Instant::from_s(60 * minute), &mut ());
        most = most.max(world.memory());
    }
    assert!((2 * 500 * 64..2 * 1_600 * 64).contains(&most), "{most} B");

    let (exact, quanta) = (outage(8, 2, "exact", ""), text);
    let (right, found) =
        (play(&scenario(&exact), None, false), play(&scenario(&quanta), None, true));
    assert_alike(&found.consumers[0], &right.consumers[0]);
    assert!(right.consumers[0].latency.max() > 6 * 3_600 * 1_000_000_000);
    assert_eq!(joined(&exact, &right), None);
    let Some((Severity::Note, Evidence::Joined { shards, of, longest_s, age_share })) =
        joined(&quanta, &found)
    else {
        panic!("nothing was joined")
    };
    assert_eq!((shards, of, age_share), (2, 2, 0.01));
    assert!(longest_s > 60.0 && longest_s <= 216.0, "{longest_s}: a hundredth of 6 h at most");
    // And once more to the bit.
    assert_eq!(play(&scenario(&quanta), None, true).fingerprint, found.fingerprint);
}

/// Two more read beside the one that is down: by polling, and by enhanced fan-out, slowly.
#[test]
fn those_who_read_beside_one_that_is_down_are_as_they_were() {
    let more = r#"
        [[reader]]
        name = "current"
        get_records.every = "2 s"
        [[reader]]
        name = "pushed"
        enhanced_fan_out = true
        processing.per_record = "17 ms"
    "#;
    let (exact, quanta) = (outage(4, 1, "exact", more), outage(4, 1, "1 s", more));
    let (right, found) =
        (play(&scenario(&exact), None, false), play(&scenario(&quanta), None, false));
    assert!(joined(&quanta, &found).is_some());
    for (found, right) in found.consumers.iter().zip(&right.consumers) {
        assert_alike(found, right);
    }
    // 60 records come in a second and 58.8 are processed.
    assert!(right.consumers[2].latency.max() > 200 * 1_000_000_000);
    // But for the time in which the other one catches up, it waits for its next call only.
    assert!(right.consumers[1].latency.percentile(50.0) < Some(2_000_000_000));
}

/// After a day records expire; and who begins at a moment long past finds it.
#[test]
fn retention_and_timestamps_hold_in_what_was_joined() {
    let text = |resolution: &str| {
        format!(
            r#"
            [scenario]
            duration = "32 h"
            resolution = "{resolution}"
            [stream]
            shard_count = 1
            retention_period = "24 h"
            [[producer]]
            rate = {{ constant = "20/s", arrivals = "even" }}
            record_size = "800 B"
            [[reader]]
            name = "late"
            starts = "31 h"
            [[reader]]
            name = "timed"
            starts = "31 h"
            starting_position = "AT_TIMESTAMP"
            timestamp = "20 h"
            "#
        )
    };
    let (exact, quanta) = (text("exact"), text("1 s"));
    let (right, found) =
        (play(&scenario(&exact), None, false), play(&scenario(&quanta), None, false));
    assert!(joined(&quanta, &found).is_some());
    for (found, right) in found.consumers.iter().zip(&right.consumers) {
        let passed = |it: &ConsumerOutcome| (it.ledger.expired + it.ledger.before_start) as f64;
        // 7 h and 20 h of records. They come evenly, so that a window is cut at the right one.
        assert!(passed(right) > 500_000.0, "{}", passed(right));
        assert_within("passed over", passed(found), passed(right), 0.0, 60.0);
        assert_alike(found, right);
    }
}
