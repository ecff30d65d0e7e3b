//! Records that travel together fare as they would one by one.
//!
//! Scenarios send single records; every step accepts more, and these tests hand it more.

#[path = "support/hand.rs"]
mod hand;
#[path = "support/replay.rs"]
mod replay;

use kinesim::engine::Probe;
use kinesim::experiment::histogram::Histogram;
use kinesim::experiment::metrics::Metrics;
use kinesim::model::account::Account;
use kinesim::model::cohort::{Cohort, KeyGroup, Window};
use kinesim::model::concurrency::Concurrency;
use kinesim::model::consumer::Consumer;
use kinesim::model::limit::WriteLimit;
use kinesim::model::log::Kept;
use kinesim::model::log::{Chunks, Log, Position};
use kinesim::model::observation::{Delivered, Observation, Put, Read};
use kinesim::model::plan::{Enforcer, IntakePlan, Plan, PollPlan, ReaderPlan, Rounding, WritePlan};
use kinesim::model::stream::{Call, Offer, Stream};
use kinesim::time::{Instant, Span};
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/cohorts.txt");
    let persistence = proptest::test_runner::FileFailurePersistence::Direct(file);
    ProptestConfig { cases, failure_persistence: Some(Box::new(persistence)), ..Default::default() }
}

fn limits() -> impl Strategy<Value = WritePlan> {
    let buckets = (1_u64..50, 1_u64..20_000)
        .prop_map(|(records, bytes)| Enforcer::TokenBucket { records, bytes });
    let enforcer = prop_oneof![3 => buckets, 1 => Just(Enforcer::FixedWindow)];
    (1_u64..100, 1_000_u64..50_000, enforcer).prop_map(|(records_per_s, bytes_per_s, enforcer)| {
        WritePlan { records_per_s, bytes_per_s, enforcer, rounding: Rounding::None }
    })
}

/// `records` records of one key, born at `born`.
fn cohort(records: u32, bytes: u64, born: Instant) -> Cohort {
    let user_records = u64::from(records) * 3 + 1;
    Cohort { records, user_records, ..Cohort::single(KeyGroup::listed(0, 0), bytes, born) }
}

fn stream(plan: &Plan) -> Stream {
    Stream::new(
        &plan.streams[0],
        0,
        (plan.readers.len(), Kept::Records),
        &mut Account::new(&plan.account),
    )
}

/// A stream whose shards take 40 records and 30,000 bytes a second.
fn narrow_stream(kib: bool, enforcer: Enforcer) -> Stream {
    let mut narrow = hand::stream(3, 40);
    narrow.write.bytes_per_s = 30_000;
    narrow.write.enforcer = enforcer;
    narrow.write.rounding = if kib { Rounding::Kib } else { Rounding::None };
    let reader = hand::reader(Span::from_s(1));
    stream(&hand::plan(Span::from_s(1), narrow, vec![], vec![reader]))
}

/// Offers at a moment: the time since the one before [ms], the shard, how many, and of what size.
#[derive(Clone, Copy, Debug)]
struct Load {
    gap_ms: u64,
    shard: u32,
    records: u32,
    bytes: u64,
}

fn loads(records: u32, bytes: u64) -> impl Strategy<Value = Vec<Load>> {
    let one = (0_u64..3_000, 0_u32..3, 1..records, 0..bytes)
        .prop_map(|(gap_ms, shard, records, bytes)| Load { gap_ms, shard, records, bytes });
    proptest::collection::vec(one, 1..10)
}

/// What a reader does, record by record.
#[derive(Default)]
struct Deeds {
    reads: Vec<(Instant, Read)>,
    /// When each record was born and processed.
    delivered: Vec<(Instant, Instant)>,
    bytes: u64,
}

impl Probe<Observation> for Deeds {
    fn observe(&mut self, at: Instant, what: Observation) {
        match what {
            Observation::Read(read) => self.reads.push((at, read)),
            Observation::Delivered(it) => {
                self.bytes += it.bytes;
                for k in 0..it.records {
                    let done = it.first_done + it.step.times(u64::from(k));
                    self.delivered.push((it.born.time_of(k, it.records), done));
                }
            }
            _ => {}
        }
    }
}

/// Stores what `offers` makes of each load, and lets a reader take all of it.
fn read(
    reader: &ReaderPlan,
    loads: &[Load],
    offers: impl Fn(&Load, Instant) -> Vec<Offer>,
) -> Deeds {
    let mut wide = hand::stream(3, 1 << 30);
    wide.write.bytes_per_s = 1 << 33;
    wide.write.enforcer = Enforcer::FixedWindow;
    let plan = hand::plan(Span::from_s(1), wide, vec![], vec![reader.clone()]);
    let mut stream = stream(&plan);
    let mut reader = Consumer::new(reader, 0, 0, &stream, 1, 0);
    let mut account = Concurrency::new(&plan);
    let (mut deeds, mut now) = (Deeds::default(), Instant::ZERO);
    for load in loads {
        now = now + Span::from_ms(load.gap_ms);
        reader.act(now, &mut stream, &mut account, &mut deeds);
        stream.settle(now, Call::PutRecords, 0, &mut offers(load, now), &mut deeds);
    }
    reader.act(Instant::from_s(3_000), &mut stream, &mut account, &mut deeds);
    assert_eq!(reader.in_hand(), 0);
    deeds
}

fn offer(load: &Load, records: u32, bytes: u64, now: Instant) -> Offer {
    Offer { cohort: cohort(records, bytes, now), shard: load.shard, admitted: 0 }
}

fn readers() -> impl Strategy<Value = ReaderPlan> {
    let span = |ms: std::ops::Range<u64>| ms.prop_map(Span::from_ms);
    let threads = proptest::option::of(1_u32..3);
    (span(200..2_000), 20_u32..400, span(0..100), span(0..4), threads).prop_map(
        |(every, limit, per_call, per_record, threads)| ReaderPlan {
            intake: IntakePlan::Poll(PollPlan { limit, ..PollPlan::every(every) }),
            per_call,
            per_record,
            threads,
            ..hand::reader(every)
        },
    )
}

/// Whether `found` is the distribution of `values`: any quantile lies in the bucket of a value of
/// its rank, or next to one.
fn is_of(found: &Histogram, mut values: Vec<u64>) {
    values.sort_unstable();
    let n = values.len();
    assert_eq!(found.total(), n as u64);
    let Some(most) = values.last() else { return };
    assert!(found.max().abs_diff(*most) <= 1, "{} for {most}", found.max());
    let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
    let (mean, exact) = (found.mean().expect("not empty"), sum as f64 / n as f64);
    assert!((mean - exact).abs() <= 2.0, "{mean} for {exact}");
    for percent in [1.0, 10.0, 50.0, 90.0, 99.0] {
        let rank = (percent / 100.0 * n as f64).ceil() as usize;
        let least = values[rank.saturating_sub(3)] as f64 * 0.99 - 2.0;
        let most = values[(rank + 1).min(n - 1)] as f64 * 1.01 + 2.0;
        let got = found.percentile(percent).expect("not empty") as f64;
        assert!(least <= got && got <= most, "p{percent}: {got}, not {least} to {most}");
    }
}

/// Some time, of a few nanoseconds or many.
fn span(most: u64) -> impl Strategy<Value = Span> {
    prop_oneof![Just(0), 0..200_u64, 0..most].prop_map(Span::from_ns)
}

proptest! {
    #![proptest_config(config(300))]

    /// Latencies and ages of records that come at once are those of each record.
    #[test]
    fn a_cohort_is_counted_as_its_records(
        (records, stored) in (1_u32..3_000, 0_u32..3_000),
        (born, visible) in (span(3_000_000_000), span(3_000_000_000)),
        (wait, step, end) in (span(9_000_000_000), span(90_000_000), span(3_000_000_000)),
    ) {
        let reader = hand::reader(Span::from_s(1));
        let producer = replay::replayed(vec![], vec![]);
        let plan = hand::plan(Span::from_s(1), hand::stream(3, 40), vec![producer], vec![reader]);
        let s = Span::from_s(1);
        let mut metrics = Metrics::new(&plan, s, Instant::from_s(60));
        let born = Window { start: Instant::from_s(1), length: born };
        let visible = Window { start: Instant::from_s(5) + wait, length: visible };

        let first_done = visible.start + wait;
        let bytes = 0;
        let delivered = Delivered { reader: 0, records, bytes, born, first_done, step };
        metrics.observe(Instant::ZERO, Observation::Delivered(delivered));
        let latency = |k: u32| {
            let done = first_done + step.times(u64::from(k));
            done.since(born.time_of(k, records)).as_ns()
        };
        is_of(&metrics.consumers[0].latency, (0..records).map(latency).collect());

        // Some of them may not be visible yet.
        let at = visible.start + end;
        metrics.observe(at, Observation::Waiting { reader: 0, records, visible });
        let age = |k| at.since(visible.time_of(k, records)).as_ns();
        is_of(&metrics.consumers[0].iterator_age, (0..records).map(age).collect());

        // Some of them may be throttled: the last ones.
        let cohort = Cohort { born, visible, ..cohort(records, 0, born.start) };
        let offer = Offer { cohort, shard: 0, admitted: stored.min(records) };
        let put = Put { answer: step, ..stream(&plan).put_of(0, &offer) };
        metrics.observe(at, Observation::Put(put));
        let waited = |k| {
            let stored = visible.time_of(k, records) + step;
            stored.since(born.time_of(k, records)).as_ns()
        };
        is_of(&metrics.write_latency(), (0..offer.admitted).map(waited).collect());
    }
}

proptest! {
    #![proptest_config(config(300))]

    /// n records at once get in as far as n one after the other.
    #[test]
    fn a_limit_admits_as_many_at_once_as_one_by_one(
        plan in limits(),
        each in 0_u64..30_000,
        steps in proptest::collection::vec((0_u64..2_000_000_000, 1_u32..120), 1..40),
    ) {
        let limit = WriteLimit::new(&plan);
        let (mut at_once, mut one_by_one) = (limit.full(Instant::ZERO), limit.full(Instant::ZERO));
        let mut now = Instant::ZERO;
        for (gap, n) in steps {
            now = now + Span::from_ns(gap);
            let cost = |k| u64::from(k) * each;
            let together = limit.admit(&mut at_once, now, n, cost);
            let single: u32 = (0..n).map(|_| limit.admit(&mut one_by_one, now, 1, cost)).sum();
            prop_assert_eq!(together, single);
        }
    }

    /// Calls hand over the same records at the same moments, by `Limit` and by 10 MiB, and they are
    /// processed at the same moments.
    #[test]
    fn a_reader_takes_as_many_of_a_cohort_as_of_single_records(
        reader in readers(), loads in loads(200, 400_000),
    ) {
        let wide = read(&reader, &loads, |load, now| {
            vec![offer(load, load.records, load.bytes * u64::from(load.records), now)]
        });
        let single = read(&reader, &loads, |load, now| {
            (0..load.records).map(|_| offer(load, 1, load.bytes, now)).collect()
        });
        prop_assert_eq!(wide.reads, single.reads);
        prop_assert_eq!(wide.delivered, single.delivered);
        prop_assert_eq!(wide.bytes, single.bytes);
    }

    /// Bytes that do not divide evenly are handed over to the last one.
    #[test]
    fn a_reader_takes_every_byte_of_a_cohort(reader in readers(), loads in loads(200, 40_000_000)) {
        let deeds = read(&reader, &loads, |load, now| {
            vec![offer(load, load.records, load.bytes.min(10 << 20), now)]
        });
        let records: u64 = loads.iter().map(|load| u64::from(load.records)).sum();
        let bytes: u64 = loads.iter().map(|load| load.bytes.min(10 << 20)).sum();
        let handed: (u64, u64) = deeds.reads.iter().fold((0, 0), |sum, (_, read)| {
            let IntakePlan::Poll(poll) = &reader.intake else { panic!("it polls") };
            assert!(read.records <= poll.limit && read.bytes <= 10 << 20);
            (sum.0 + u64::from(read.records), sum.1 + read.bytes)
        });
        prop_assert_eq!(handed, (records, bytes));
        prop_assert_eq!((deeds.delivered.len() as u64, deeds.bytes), (records, bytes));
    }

    /// A log whose cohorts become visible little by little hands over what a list of their records
    /// would.
    #[test]
    fn a_log_is_a_list_of_records(
        cohorts in proptest::collection::vec(
            (1_u32..60, 0_u64..90_000, 0_u64..2_000, 0_u64..2_000), 1..300,
        ),
        takes in proptest::collection::vec((0_u64..40_000, 1_u32..400, 1_u64..3_000_000), 1..60),
    ) {
        let (mut log, mut chunks) = (Log::default(), Chunks::default());
        let (mut list, mut at) = (std::collections::VecDeque::new(), Instant::ZERO);
        for (records, bytes, gap, length) in cohorts {
            at = at + Span::from_ns(gap);
            // Some are plain single records.
            let records = if gap % 3 == 0 { 1 } else { records };
            let length = Span::from_ns(if gap % 2 == 0 { 0 } else { length });
            let mut cohort = cohort(records, bytes, at);
            cohort.user_records = u64::from(records);
            cohort.visible = Window { start: at, length };
            at = at + length;
            log.append(&cohort, &mut chunks);
            for k in 0..records {
                let size = cohort.bytes_of_first(k + 1) - cohort.bytes_of_first(k);
                list.push_back((cohort.visible.time_of(k, records), size));
            }
        }
        let (mut position, mut now) = (Position::default(), Instant::ZERO);
        for (gap, limit, room) in takes {
            now = now + Span::from_ns(gap);
            let taken = log.up_to_date().take(position, now, limit, room);
            let (mut records, mut bytes) = (0, 0);
            while let Some(&(visible, size)) = list.front()
                && visible <= now && records < limit && bytes + size <= room
            {
                (records, bytes) = (records + 1, bytes + size);
                list.pop_front();
            }
            prop_assert_eq!((taken.records, taken.bytes), (records, bytes));
            position = taken.to;
            log.trim(position.cohort, &mut chunks);
        }
    }

    /// An entry of n records gets in as far as n entries of one: metered each alone or by the sum
    /// of the call, in buckets or in windows.
    #[test]
    fn an_entry_of_many_is_many_entries(
        loads in loads(80, 3_000),
        kib in any::<bool>(),
        in_one_call in any::<bool>(),
        buckets in proptest::option::of((1_u64..50, 1_024_u64..20_000)),
    ) {
        let enforcer = buckets.map_or(Enforcer::FixedWindow, |(records, bytes)| {
            Enforcer::TokenBucket { records, bytes }
        });
        let (mut wide, mut single) = (narrow_stream(kib, enforcer), narrow_stream(kib, enforcer));
        let call = if in_one_call { Call::PutRecords } else { Call::PutRecord };
        let mut now = Instant::ZERO;
        for pair in loads.chunks(2) {
            now = now + Span::from_ms(pair[0].gap_ms / 8);
            let mut cohorts: Vec<Offer> = pair
                .iter()
                .map(|it| offer(it, it.records, it.bytes * u64::from(it.records), now))
                .collect();
            let mut records: Vec<Offer> = pair
                .iter()
                .flat_map(|it| (0..it.records).map(|_| offer(it, 1, it.bytes, now)))
                .collect();
            wide.settle(now, call, 0, &mut cohorts, &mut ());
            single.settle(now, call, 0, &mut records, &mut ());
            for (wide, single) in wide.shards.iter().zip(&single.shards) {
                prop_assert_eq!(wide.stored(), single.stored());
            }
        }
    }

    /// A run of puts is the same puts one by one, each a call of its own: it ends with the first
    /// that does not get in whole, and shards and logs are left alike.
    #[test]
    fn a_run_of_puts_is_its_puts_one_by_one(
        loads in loads(20, 12_000),
        kib in any::<bool>(),
        buckets in proptest::option::of((1_u64..50, 1_024_u64..20_000)),
    ) {
        let enforcer = buckets.map_or(Enforcer::FixedWindow, |(records, bytes)| {
            Enforcer::TokenBucket { records, bytes }
        });
        let (mut run, mut single) = (narrow_stream(kib, enforcer), narrow_stream(kib, enforcer));
        let mut now = Instant::ZERO;
        let offers: Vec<Offer> = loads
            .iter()
            .map(|it| {
                now = now + Span::from_ms(it.gap_ms / 30);
                let mut offer = offer(it, it.records, it.bytes, now);
                offer.cohort.visible = Window::at(now);
                offer
            })
            .collect();
        let mut left = offers.as_slice();
        while !left.is_empty() {
            let (count, admitted) = run.put_each(left.iter().copied());
            let mut judged = left[..count].to_vec();
            for offer in &mut judged {
                let at = offer.cohort.visible.start;
                single.settle(at, Call::PutRecord, 0, std::slice::from_mut(offer), &mut ());
            }
            let (last, before) = judged.split_last().expect("a run has a put");
            prop_assert!(before.iter().all(|offer| offer.admitted == offer.cohort.records));
            prop_assert_eq!(last.admitted, admitted);
            prop_assert!(admitted < last.cohort.records || count == left.len());
            left = &left[count..];
        }
        for (run, single) in run.shards.iter_mut().zip(&mut single.shards) {
            prop_assert_eq!(run.stored(), single.stored());
            prop_assert!(run.log().from(0).eq(single.log().from(0)));
        }
    }

    /// Entries that get in partly are sent again until all is stored: nothing is lost or doubled,
    /// and no shard ever holds more than its bucket and its rate allow.
    #[test]
    fn a_put_records_call_stores_parts_of_its_entries(
        loads in loads(80, 60_000),
        kib in any::<bool>(),
        records in 1_u64..50,
        bytes in 1_024_u64..20_000,
    ) {
        let mut stream = narrow_stream(kib, Enforcer::TokenBucket { records, bytes });
        let mut offers: Vec<Offer> =
            loads.iter().map(|it| offer(it, it.records, it.bytes, Instant::ZERO)).collect();
        let sum = |cohorts: &mut dyn Iterator<Item = Cohort>| {
            cohorts.fold((0, 0, 0), |sum, it| {
                (sum.0 + u64::from(it.records), sum.1 + it.user_records, sum.2 + it.bytes)
            })
        };
        let offered = sum(&mut offers.iter().map(|offer| offer.cohort));
        for call in 0_u64.. {
            prop_assert!(call < 10_000, "what is left never gets in");
            let now = Instant::ZERO + Span::from_ms(250 * call);
            stream.settle(now, Call::PutRecords, 0, &mut offers, &mut ());
            for shard in &stream.shards {
                prop_assert!(shard.stored() * 4 <= records * 4 + 40 * call);
            }
            let rest = offers.iter().filter_map(|offer| {
                let cohort = offer.cohort.after(offer.admitted)?;
                Some(Offer { cohort, admitted: 0, ..*offer })
            });
            offers = rest.collect();
            if offers.is_empty() {
                break;
            }
        }
        let logs = stream.shards.iter_mut().flat_map(|shard| shard.log().from(0));
        prop_assert_eq!(sum(&mut logs.collect::<Vec<_>>().into_iter()), offered);
    }
}
