//! Runs against closed forms: each test states the form, and how far a run may be from it and why.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/hand.rs"]
mod hand;
#[path = "support/play.rs"]
mod play;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::outcome::Outcome;
use kinesim::model::plan::{IntakePlan, Plan, PollPlan, ReaderPlan, SourcePlan, TraceRow};
use kinesim::scenario::Scenario;
use kinesim::time::{Instant, Span};

use crate::play::play;
use crate::text::scenario;

const MIB: f64 = 1_048_576.0;

fn outcome(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn by_hand(plan: Plan) -> Scenario {
    let any = "[stream]\nshard_count = 1\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 B\"\n";
    Scenario { plan, interval: Span::from_s(1), ..scenario(any) }
}

/// One shard, records of `bytes` with a key of 8, nothing retried.
fn overload(rate: &str, arrivals: &str, bytes: u64, duration: &str, more: &str) -> String {
    format!(
        "[scenario]\nduration = \"{duration}\"\n[stream]\nshard_count = 1\n[[producer]]\n\
         rate = {{ constant = \"{rate}\", arrivals = \"{arrivals}\" }}\n\
         record_size = \"{} B\"\npartition_key = \"one-key!\"\n{more}",
        bytes - 8
    )
}

const GIVE_UP: &str = "retry = false\n[model]\nwrite.rounding = \"none\"\n";

/// Under a constant overload the bucket is never full again after the first record, and each token
/// is used: stored = floor(capacity + rate x time from the first to the last record). Exact: the
/// sums below are not near a whole number, and a record's moment is rounded by a nanosecond.
#[test]
fn a_token_bucket_under_constant_overload() {
    // Records bind: 1,500/s against 1,000/s and a bucket of 1,000.
    let write = outcome(&overload("1500/s", "even", 100, "100 s", GIVE_UP)).write;
    assert_eq!(write.offered_records, 150_000);
    assert_eq!(write.accepted_records, 1_000 + 149_999 * 1_000 / 1_500);
    // Bytes bind: 800/s of 2 KiB against 512/s and a bucket of 512.
    let write = outcome(&overload("800/s", "even", 2_048, "100 s", GIVE_UP)).write;
    assert_eq!(write.offered_records, 80_000);
    assert_eq!(write.accepted_records, 512 + 79_999 * 512 / 800);
    // Bytes bind by metering alone (KDS-W06): 1.5 KiB are charged as 2.
    let kib = "retry = false\n";
    let write = outcome(&overload("800/s", "even", 1_536, "100 s", kib)).write;
    assert_eq!(write.accepted_records, 512 + 79_999 * 512 / 800);
}

/// In a fixed window each whole second stores its limit, not one record more or less: at 1,500/s a
/// second with fewer than 1,000 Poisson arrivals is 13 standard deviations away.
#[test]
fn a_fixed_window_under_overload() {
    let more = format!("{GIVE_UP}write.enforcer = \"fixed-window\"\n");
    for arrivals in ["even", "poisson"] {
        let outcome = outcome(&overload("1500/s", arrivals, 100, "300 s", &more));
        assert!(outcome.timeline.iter().all(|flow| flow.peak_accepted_records == 1_000));
        assert_eq!(outcome.write.accepted_records, 300_000);
    }
}

/// Tokens left over at the end are the queue of a D/M/1 system of load 2/3: more than k are there
/// with probability 0.417^k, below 1e-11 for 30. The first record comes within 10 ms but for
/// exp(-15). So stored lies within 40 below capacity + rate x time, with retries and without; the
/// bucket is full again within the run with a probability below exp(-300).
#[test]
fn a_token_bucket_under_poisson_overload() {
    let retries = "retry = { max_attempts = 4, backoff = \"100 ms\", quota = false }\n[model]\n\
                   write.rounding = \"none\"\n";
    for more in [GIVE_UP, retries] {
        let outcome = outcome(&overload("1500/s", "poisson", 100, "1000 s", more));
        let write = outcome.write;
        let most = 1_000 + 1_000 * 1_000;
        assert!(write.accepted_records <= most, "{write:?}");
        assert!(write.accepted_records + 40 >= most, "{write:?}");
        let held = outcome.producers[0].held_records;
        assert_eq!(write.offered_records, write.accepted_records + write.lost_records + held);
        if more == GIVE_UP {
            assert_eq!(write.throttled, write.lost_records);
        } else {
            // A record given up was refused four times.
            assert!(write.throttled >= 4 * write.lost_records, "{write:?}");
        }
    }
}

/// After the first burst, refused share = 1 - limit / offered = 1/3. The offered count of 1.5
/// million has a standard deviation of 0.08 %, five of which move the share by 0.0027.
#[test]
fn the_refused_share_in_the_long_run() {
    let text = overload("1500/s", "poisson", 100, "1000 s", GIVE_UP);
    let text = text.replace("[scenario]\n", "[scenario]\nwarm_up = \"20 s\"\n");
    let write = outcome(&text).write_judged;
    let share = write.throttled as f64 / write.attempts as f64;
    assert!((share - 1.0 / 3.0).abs() < 0.0027, "{share}");
    let per_s = write.accepted_records as f64 / 980.0;
    assert!((per_s - 1_000.0).abs() < 0.1, "{per_s}");
}

/// A reader that takes 10 s a record is the server of an M/D/1 queue; idle, it looks every 200 ms.
/// Such a delay before a busy period makes it M/G/1 with setup: with U uniform on [0, e),
/// E[W] = rate S^2 / (2 (1 - load)) + (2 E[U] + rate E[U^2]) / (2 (1 + rate E[U])).
///
/// Over 0.9 and 1.4 million records the mean wait has a standard error of about 1 % at load 0.8
/// (waits in a busy queue resemble their neighbours'), and less at 0.5: 3 % and 1 % are allowed.
#[test]
fn a_processing_reader_waits_as_m_d_1() {
    let (service, every) = (10.0, 0.2);
    for (per_h, tolerance) in [(180.0, 0.01), (288.0, 0.03)] {
        let outcome = outcome(&format!(
            "[scenario]\nduration = \"200 d\"\n[stream]\nshard_count = 1\n[[producer]]\n\
             rate = \"{per_h}/h\"\nrecord_size = \"64 B\"\n[[reader]]\n\
             get_records.every = \"200 ms\"\nprocessing.per_record = \"10 s\"\n",
        ));
        let rate = per_h / 3_600.0;
        let queue = rate * service * service / (2.0 * (1.0 - rate * service));
        let (mean, square) = (every / 2.0, every * every / 3.0);
        let setup = (2.0 * mean + rate * square) / (2.0 * (1.0 + rate * mean));
        let reader = &outcome.consumers[0];
        assert_eq!((reader.throttled_calls, outcome.write.throttled), (0, 0));
        let wait = reader.latency.mean().unwrap() / 1e9 - service;
        let wanted = queue + setup;
        assert!((wait / wanted - 1.0).abs() < tolerance, "load {}: {wait} {wanted}", rate * 10.0);
    }
}

/// Read at once and processed in no time, a record waits for the next poll: uniform on (0, every].
/// 200,000 waits: the mean's standard error is every x 0.29 / 447, a decile's at most
/// every x 0.5 / 447; five of each are allowed, and 0.4 % more for the width of a bucket.
#[test]
fn a_poll_is_awaited_uniformly() {
    for (every, name) in [(0.25, "250 ms"), (1.0, "1 s")] {
        let outcome = outcome(&format!(
            "[scenario]\nduration = \"1000 s\"\n[stream]\nshard_count = 2\n[[producer]]\n\
             rate = \"200/s\"\nrecord_size = \"64 B\"\n[[reader]]\n\
             get_records.every = \"{name}\"\n"
        ));
        let waits = &outcome.consumers[0].latency;
        let mean = waits.mean().unwrap() / 1e9;
        assert!((mean / every - 0.5).abs() < 0.0033, "{mean}");
        for tenth in 1..10 {
            let share = f64::from(tenth) / 10.0;
            let decile = waits.percentile(share * 100.0).unwrap() as f64 / 1e9 / every;
            assert!((decile - share).abs() < 0.0056 + 0.004 * share, "{decile} {share}");
        }
        assert!(waits.max() as f64 / 1e9 <= every);
    }
}

/// Two threads that spend 500 ms on a call make four calls a second between them, however many
/// shards there are: exact but for the first poll's phase and the calls under way at the end.
#[test]
fn threads_share_the_work() {
    for (shards, threads) in [(6, 2), (3, 1), (5, 4)] {
        let outcome = outcome(&format!(
            "[scenario]\nduration = \"300 s\"\n[stream]\nshard_count = {shards}\n\
             [[producer]]\nrate = \"50/s\"\nrecord_size = \"64 B\"\n[[reader]]\n\
             threads = {threads}\nget_records.every = \"200 ms\"\n\
             processing.per_call = \"500 ms\"\n",
        ));
        let wanted = threads * 600;
        let calls = outcome.consumers[0].calls;
        assert!((wanted - threads..=wanted + threads).contains(&calls), "{calls} {wanted}");
    }
}

/// A thread that finds a shard empty goes on to the next that waits. One thread, 10 s a record, two
/// records in two of eight shards: the second is done 20 s after the first was fetched, wherever
/// the empty shards stand in between.
#[test]
fn a_free_thread_turns_to_the_next_shard() {
    for name in 0..20 {
        let keys = vec![format!("{name}/a"), format!("{name}/b")];
        let row = |key| TraceRow { at: Instant::ZERO, key, bytes: 1 };
        let producer = replay::replayed(vec![row(0), row(1)], keys);
        let mut reader = hand::reader(Span::from_s(1));
        (reader.per_record, reader.threads) = (Span::from_s(10), Some(1));
        let stream = hand::stream(8, 1_000);
        let mut plan = hand::plan(Span::from_s(40), stream, vec![producer], vec![reader]);
        plan.seed = name;
        let outcome = play(&by_hand(plan), None, false);
        let reader = &outcome.consumers[0];
        assert_eq!(reader.ledger.delivered, 2);
        assert!(reader.latency.max() <= 21_000_000_000, "{}", reader.latency.max());
    }
}

/// A list begins with a record and takes what comes within `linger`: 1 + rate x linger records on
/// average, of which the first waits for all of it and the others for half of it. 200,000 records
/// in 33,000 lists: the mean size has a standard error of 0.2 %, the mean wait of less than 0.1 %.
#[test]
fn a_list_fills_for_as_long_as_it_lingers() {
    let client = "api = \"PutRecords\"\nlinger = \"500 ms\"\nresend = false\n";
    let outcome = outcome(&overload("10/s", "poisson", 100, "20000 s", client));
    let (rate, linger) = (10.0, 0.5);
    let size = outcome.write.offered_records as f64 / outcome.producers[0].calls as f64;
    assert!((size / (1.0 + rate * linger) - 1.0).abs() < 0.01, "{size}");
    let wait = outcome.write_latency.mean().unwrap() / 1e9;
    let wanted = (linger + rate * linger * linger / 2.0) / (1.0 + rate * linger);
    assert!((wait / wanted - 1.0).abs() < 0.005, "{wait} {wanted}");
}

/// KDS-W11, KDS-W12: a list leaves with 500 records, or before it holds more than 10 MiB.
#[test]
fn a_list_leaves_when_it_is_full() {
    let client = "api = \"PutRecords\"\nlinger = \"10 min\"\nresend = false\n";
    let calls = |bytes| {
        let outcome = outcome(&overload("100/s", "even", bytes, "600 s", client));
        assert_eq!(outcome.write.offered_records, 60_000);
        (outcome.producers[0].calls, outcome.producers[0].held_records)
    };
    // 60,000 records are 120 lists; or, 10 of 1 MiB in each, all but the last of 6,000.
    assert_eq!(calls(1_000), (120, 0));
    assert_eq!(calls(1 << 20), (5_999, 10));
}

/// The mean of the busiest shard's count when `n` keys fall on `s` shards at random, exactly.
///
/// Counts are independent Poisson numbers of mean n / s, on condition that they add up to n: the
/// sums of counts up to m are added shard by shard.
fn mean_of_largest(n: usize, s: usize) -> f64 {
    let each: Vec<f64> = (0..=n).map(|k| poisson(n as f64 / s as f64, k)).collect();
    let at_most = |m: usize| {
        let mut sums: Vec<f64> = (0..=n).map(|k| if k <= m { each[k] } else { 0.0 }).collect();
        for _ in 1..s {
            sums = (0..=n)
                .map(|sum| (0..=sum.min(m)).map(|k| each[k] * sums[sum - k]).sum())
                .collect();
        }
        sums[n] / poisson(n as f64, n)
    };
    (0..n).map(|m| 1.0 - at_most(m)).sum()
}

fn poisson(mean: f64, k: usize) -> f64 {
    (1..=k).fold(libm::exp(-mean), |product, i| product * mean / i as f64)
}

/// The busiest shard's count in runs in which each of `n` keys is used once.
fn busiest(n: usize, s: u32, runs: usize) -> f64 {
    let one = |run: usize| {
        let keys = (0..n).map(|key| format!("{run}/{key}")).collect();
        let row = |key| TraceRow { at: Instant::from_ns(u64::from(key)), key, bytes: 1 };
        let producer = replay::replayed((0..n as u32).map(row).collect(), keys);
        let plan = hand::plan(Span::from_s(1), hand::stream(s, 1_000), vec![producer], vec![]);
        let outcome = play(&by_hand(plan), None, false);
        let shards = outcome.streams[0].shards.iter();
        shards.map(|shard| shard.write.offered_records).max().unwrap() as f64
    };
    (0..runs).map(one).sum::<f64>() / runs as f64
}

/// Keys fall on shards like balls into bins. The largest count of 200 keys on 10 shards has a
/// standard deviation below 3, of 40 on 20 below 1, of 3 on 3 below 0.6: five standard errors.
#[test]
fn the_busiest_of_shards_by_random_keys() {
    // By hand: of 27 ways to place 3 keys on 3 shards 6 have a largest of 1, 18 of 2 and 3 of 3.
    assert!((mean_of_largest(3, 3) - 17.0 / 9.0).abs() < 1e-12);
    assert!((mean_of_largest(2, 2) - 1.5).abs() < 1e-12);
    for (n, s, runs, deviation) in [(3, 3, 2_000, 0.6), (40, 20, 1_000, 1.0), (200, 10, 600, 3.0)] {
        let (got, wanted) = (busiest(n, s, runs), mean_of_largest(n, s as usize));
        let error = 5.0 * deviation / (runs as f64).sqrt();
        assert!((got - wanted).abs() < error, "{n} keys, {s} shards: {got} {wanted}");
    }
}

/// KDS-F15: after an outage D at write rate w, one poller needs D w / (2 - w) to catch up.
///
/// Here without an outage: for D the shard, with a limit raised by hand, takes w more than the 2
/// MiB/s that are read. The bucket of read bytes
/// holds 2 MiB at first, which shortens the backlog by as much. A refused call waits for a second,
/// and the end is seen by the second: 4 s are allowed, of 150, 450 and 900.
#[test]
fn catching_up_after_a_backlog() {
    for (w, d) in [(0.5, 450_u64), (1.0, 450), (1.5, 300)] {
        let text = overload("1/s", "even", 4_096, "2000 s", GIVE_UP);
        let mut plan = scenario(&text).plan;
        plan.streams[0].write.records_per_s = 100_000;
        plan.streams[0].write.bytes_per_s = 100 << 20;
        let SourcePlan::Synthetic { rate, .. } = &mut plan.producers[0].source else {
            panic!("a rate is synthetic")
        };
        let per_s = |mib: f64| mib * MIB / 4_096.0;
        let points = [(0, 2.0 + w), (d, w)];
        rate.points = points.iter().map(|&(s, mib)| (Instant::from_s(s), per_s(mib))).collect();
        let poll = PollPlan { limit: 110, ..PollPlan::every(Span::from_ms(200)) };
        let reader = hand::reader(Span::from_ms(200));
        plan.readers = vec![ReaderPlan { intake: IntakePlan::Poll(poll), ..reader }];
        let outcome = play(&by_hand(plan), None, false);
        let rows = outcome.timeline.iter();
        let mut late = rows.filter(|row| row.reads[0].backlog_age > Span::from_ms(1_200));
        let caught_up = late.next_back().unwrap().start.as_s() + 1.0 - d as f64;
        let wanted = (w * d as f64 - 2.0) / (2.0 - w);
        assert!((caught_up - wanted).abs() < 4.0, "{w} MiB/s: {caught_up} s, {wanted} s");
    }
}

/// A reader that takes an hour a record falls behind for good. What waits is within retention:
/// 24 h x 0.1/s = 8,640 records, one more or less at each end, and none of them is older than 24 h.
#[test]
fn what_is_past_retention_waits_no_longer() {
    let slow = "[[reader]]\nget_records = { limit = 1 }\nprocessing = { per_record = \"1 h\" }\n";
    let outcome = outcome(&overload("0.1/s", "even", 100, "30 h", slow));
    let reader = &outcome.consumers[0];
    let last = &outcome.timeline.last().unwrap().reads[0];
    assert!(reader.ledger.waiting.abs_diff(8_640) <= 2, "{:?}", reader.ledger);
    assert_eq!(last.backlog_records, reader.ledger.waiting);
    assert!(reader.backlog_max.abs_diff(8_640) <= 2, "{}", reader.backlog_max);
    assert!(reader.age_end <= Span::from_s(86_400), "{}", reader.age_end);
}

/// Calls answered and refused, and bytes handed over, by `pollers` of one shard.
fn pollers(count: usize, every_ms: u64, bytes_per_s: f64, limit: u32) -> (u64, u64, f64) {
    let text = overload("1/s", "even", 4_096, "600 s", GIVE_UP);
    let mut plan = scenario(&text).plan;
    if let SourcePlan::Synthetic { rate, .. } = &mut plan.producers[0].source {
        rate.points[0].1 = bytes_per_s / 4_096.0;
    }
    let reader = |i| {
        let every = Span::from_ms(every_ms);
        let intake = IntakePlan::Poll(PollPlan { limit, ..PollPlan::every(every) });
        ReaderPlan { name: format!("reader-{i}"), intake, ..hand::reader(every) }
    };
    plan.readers = (0..count).map(reader).collect();
    let outcome = play(&by_hand(plan), None, false);
    let consumers = &outcome.consumers;
    let flows = outcome.timeline.iter().flat_map(|flow| &flow.reads);
    (
        consumers.iter().map(|reader| reader.calls).sum(),
        consumers.iter().map(|reader| reader.throttled_calls).sum(),
        flows.map(|flow| flow.bytes).sum::<u64>() as f64,
    )
}

/// KDS-R01: a bucket of 5 calls refilled with 5 a second answers at most 5 (T + 1) in T seconds;
/// polled steadily by more than that, it answers all but the last.
#[test]
fn pollers_share_five_calls_a_second() {
    for count in 1..=5 {
        let (answered, refused, _) = pollers(count, 1_000, 1e5, 10_000);
        assert_eq!((answered, refused), (600 * count as u64, 0));
    }
    // Refused pollers come again a second later, as if they had been answered.
    let (answered, refused, _) = pollers(6, 1_000, 1e5, 10_000);
    assert_eq!(answered + refused, 6 * 600);
    assert!((3_000..=3_005).contains(&answered), "{answered}");
    // Pollers of 200 ms ask five times a second each; the refused pause for a second.
    for count in 2..=4 {
        let (answered, refused, _) = pollers(count, 200, 1e5, 10_000);
        assert!(answered <= 3_005 && refused > 0, "{answered} {refused}");
    }
}

/// KDS-R02: two readers of 0.9 MiB/s are within 2 MiB/s; three are not, and get what the bucket
/// held at first, 2 MiB/s, and the debt of the last answer, here of at most 2,000 KiB.
#[test]
fn pollers_share_two_mebibytes_a_second() {
    let (_, refused, bytes) = pollers(2, 1_000, 0.9 * MIB, 10_000);
    assert_eq!(refused, 0);
    assert!((bytes / (2.0 * 0.9 * MIB * 600.0) - 1.0).abs() < 0.005, "{bytes}");
    let (_, refused, bytes) = pollers(3, 1_000, 0.9 * MIB, 500);
    let most = 2.0 * MIB * 601.0 + 2_000.0 * 1_024.0;
    assert!(refused > 0 && bytes <= most, "{refused} {bytes}");
    assert!(bytes > 0.97 * most, "{bytes}");
}
