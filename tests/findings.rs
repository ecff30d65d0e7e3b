//! Findings of scenarios whose answer can be counted out, before a run and after one.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use std::sync::Arc;

use kinesim::experiment::finding::{Evidence, find, foresee};
use kinesim::experiment::forecast::Forecast;
use kinesim::model::hashing::HashRange;
use kinesim::model::plan::ShardPlan;
use kinesim::report::chart::charts;
use kinesim::time::Span;

use crate::play::play;
use crate::text::scenario;

fn before(text: &str) -> Vec<Evidence> {
    let plan = scenario(text).plan;
    foresee(&plan, &Forecast::new(&plan)).into_iter().map(|finding| finding.evidence).collect()
}

fn after(text: &str) -> Vec<Evidence> {
    let scenario = scenario(text);
    let outcome = play(&scenario, None, false);
    find(&scenario, &outcome).into_iter().map(|finding| finding.evidence).collect()
}

fn codes(found: &[Evidence]) -> Vec<&'static str> {
    found.iter().map(Evidence::code).filter(|code| *code != "K901").collect()
}

macro_rules! only {
    ($found:expr, $kind:ident) => {{
        let found = $found;
        let it = found.iter().find_map(|evidence| match evidence {
            Evidence::$kind(it) => Some(it.clone()),
            _ => None,
        });
        it.unwrap_or_else(|| panic!("{found:?}"))
    }};
}

/// Two shards; `values` and `weights` are explicit hash keys. Records of 1,000 B, not rounded.
fn placed(rate: &str, values: &str, weights: &str) -> String {
    format!(
        "scenario.duration = \"2 min\"\nmodel.write.rounding = \"none\"\n[stream]\n\
         shard_count = 2\n[[producer]]\nrate = {{ constant = \"{rate}\", arrivals = \"even\" }}\n\
         record_size = \"992 B\"\npartition_key = \"one-key!\"\nretry = false\n\
         explicit_hash_key = {{ values = [{values}], weights = [{weights}] }}\n"
    )
}

/// 1,400/s: 700, 350 and 210 on shard 0, 140 on shard 1. Shard 0 is offered 1,260/s, and its first
/// key is 55.6 % of that. A cut between the first and the second leaves 700 and 560.
#[test]
fn a_hot_key_is_told_from_a_hot_shard_and_its_split_is_known() {
    let upper = u128::MAX.to_string();
    let values = format!("\"10\", \"20\", \"30\", \"{upper}\"");
    let text = placed("1400/s", &values, "10, 5, 3, 2");
    let (planned, measured) = (before(&text), after(&text));
    for (found, tolerance) in [(&planned, 1e-9), (&measured, 0.02)] {
        let hot = only!(found, HotShards);
        let shard = &hot.shards[0];
        assert!((shard.load / 1.26 - 1.0).abs() < tolerance, "{shard:?}");
        let key = shard.main_key.as_ref().expect("explicit keys are known");
        assert_eq!(key.key, "10");
        assert!((key.share - 700.0 / 1_260.0).abs() < 1e-9);
        let split = shard.split.expect("keys part");
        assert!(split.at > 10 && split.at <= 20, "{split:?}");
        assert!((split.lower / 0.7 - 1.0).abs() < tolerance, "{split:?}");
        assert!((split.upper / 0.56 - 1.0).abs() < tolerance, "{split:?}");
        // The three keys lie within 20 of each other: no number of equal ranges parts them.
        assert_eq!((hot.placed, hot.enough), (true, None));
        assert!(hot.key_alone.is_none());
    }
    assert_eq!(codes(&planned), ["K101", "K106"]);
    let flat = only!(&planned, Flat);
    assert_eq!((flat.shards, flat.flat_to), (2, 8));
    assert!((flat.share - 0.9).abs() < 1e-9 && (flat.least_share - 0.9).abs() < 1e-9);
    assert_eq!(codes(&measured), ["K803", "K101", "K106"]);
}

/// Three quarters of the hash keys are one shard's, which is number 4, and a quarter another's.
/// 1,200/s: 500 and 600 on the first, 100 on the second; of equal shards no one would be full.
#[test]
fn keys_are_placed_on_the_shards_that_were_listed() {
    let values = format!("\"0\", \"{}\", \"{}\"", 1_u128 << 127, u128::MAX);
    let text = placed("1200/s", &values, "5, 6, 1");
    assert!(!codes(&before(&text)).contains(&"K101"));
    let mut scenario = scenario(&text);
    let shard = |number, start, end| {
        let range = HashRange { start, end };
        ShardPlan { number, range, parents: [None; 2] }
    };
    let cut = 3_u128 << 126;
    let listed = vec![shard(4, 0, cut - 1), shard(7, cut, u128::MAX)];
    scenario.plan.streams[0].shards = Some(Arc::new(listed));
    let plan = &scenario.plan;
    let foreseen = foresee(plan, &Forecast::new(plan)).into_iter();
    let foreseen: Vec<Evidence> = foreseen.map(|finding| finding.evidence).collect();
    let outcome = play(&scenario, None, false);
    let measured = find(&scenario, &outcome).into_iter();
    let measured: Vec<Evidence> = measured.map(|finding| finding.evidence).collect();
    for (found, tolerance) in [(&foreseen, 1e-9), (&measured, 0.02)] {
        let hot = only!(found, HotShards);
        let [shard] = &hot.shards[..] else { panic!("{hot:?}") };
        assert_eq!(shard.id, "shardId-000000000004");
        assert!((shard.load / 1.1 - 1.0).abs() < tolerance, "{shard:?}");
        let split = shard.split.expect("keys part");
        assert!((split.lower / 0.5 - 1.0).abs() < tolerance, "{split:?}");
        assert!((split.upper / 0.6 - 1.0).abs() < tolerance, "{split:?}");
        assert!((shard.main_key.as_ref().expect("listed").share - 6.0 / 11.0).abs() < 1e-9);
    }
    let charts = charts(&scenario, &outcome);
    let skew = charts.iter().find(|named| named.file_stem == "key-skew").expect("there are keys");
    let title = "Shard 4 has 91.7 % of all records, 1.83 times an even share";
    assert!(skew.chart.title.starts_with(title), "{}", skew.chart.title);
}

/// MD5 of "a" begins with 0x0c (RFC 1321, A.5): two thirds of 1,600/s fall on the first shard, but
/// for the last second they are another key's.
#[test]
fn nothing_is_said_of_splits_where_keys_change() {
    let text = |more: &str| {
        format!(
            "scenario.duration = \"2 min\"\n[stream]\nshard_count = 2\n[[producer]]\n\
             rate = \"1600/s\"\nrecord_size = \"100 B\"\nretry = false\n\
             partition_key = {{ values = [\"a\", \"abc\"], weights = [2, 1]{more} }}\n"
        )
    };
    let change = ", changes = [{ at = \"119 s\", key = \"abc\", share = \"40 %\" }]";
    for (more, is_placed) in [("", true), (change, false)] {
        for found in [before(&text(more)), after(&text(more))] {
            let hot = only!(found, HotShards);
            assert_eq!((hot.placed, hot.shards[0].split.is_some()), (is_placed, is_placed));
            assert!(hot.keys.iter().any(|key| key.key == "a"), "{hot:?}");
        }
    }
}

/// 1,600/s, of which one key has 1,200: more than a shard takes, so two keys at least (KDS-F13).
#[test]
fn one_key_above_a_shard_is_known_before_the_run() {
    let text = placed("1600/s", &format!("\"10\", \"{}\"", u128::MAX), "3, 1");
    let hot = only!(before(&text), HotShards);
    let alone = hot.key_alone.expect("1,200/s of 1,000");
    assert_eq!(alone.key, "10");
    assert!((alone.load - 1.2).abs() < 1e-9 && (alone.share - 0.75).abs() < 1e-9);
    assert_eq!(hot.refused_share, None);
}

/// Quarters of the hash space: 600, 600, 100 and 100 of 1,400/s. With two shards one is offered
/// 1,200, and with three too: a quarter is less than a third. Four shards part the keys.
#[test]
fn the_fewest_shards_that_fit_the_keys_are_found() {
    let at = |n: u128| format!("\"{}\"", (n << 126) + 5);
    let values = [at(0), at(1), at(2), at(3)].join(", ");
    let text = placed("1400/s", &values, "6, 6, 1, 1");
    for (found, tolerance) in [(before(&text), 1e-9), (after(&text), 0.02)] {
        let enough = only!(found, HotShards).enough.expect("four");
        assert_eq!(enough.shards, 4);
        assert!((enough.load / 0.6 - 1.0).abs() < tolerance, "{enough:?}");
    }
}

/// A ramp from 0 to 2,000/s in 4 min on one shard is above 1,000/s for the last 2 min.
#[test]
fn a_full_stream_is_known_with_the_time_it_is_full_for() {
    let ramp = |top: &str| {
        format!(
            "scenario.duration = \"4 min\"\nmodel.write.rounding = \"none\"\n[stream]\n\
             shard_count = 1\n[[producer]]\nrate = {{ shape = \"ramp\", points = \
             [[\"0 s\", \"0/s\"], [\"4 min\", \"{top}/s\"]] }}\nrecord_size = \"900 B\"\n"
        )
    };
    let full = only!(before(&ramp("2k")), StreamFull);
    assert!((full.over_s - 120.0).abs() < 1e-6, "{}", full.over_s);
    assert!((full.judged_s - 240.0).abs() < 1e-6 && (full.load - 2.0).abs() < 1e-9);
    // To 1,100/s it is above for 22 s: a bucket may take it, and nothing is said.
    assert!(!codes(&before(&ramp("1.1k"))).contains(&"K108"));
}

/// 980 B and a key of 36 B are 1,016 B: 1 KiB as charged. 8 B more and they are charged 2 KiB.
#[test]
fn rounding_alone_can_fill_a_stream_before_it_is_played() {
    let text = |bytes: u32| {
        format!(
            "[stream]\nshard_count = 1\n[[producer]]\nrate = \"700/s\"\n\
             record_size = \"{bytes} B\"\n"
        )
    };
    assert_eq!(codes(&before(&text(988))), [""; 0]);
    let full = only!(before(&text(989)), StreamFull);
    assert!(full.metered && full.by_bytes);
    // Full with 512 records of 1,025 B: 50.05 % of 1 MiB.
    assert!((full.accepted_load - 1_025.0 / 2_048.0).abs() < 1e-9, "{}", full.accepted_load);
    assert_eq!(full.shards_needed, 2, "700 * 2 KiB * 1.25 are 1.71 MiB/s");
}

/// 900/s of 200 B on one shard: 90 % by number, 17 % by bytes.
#[test]
fn records_that_bind_by_number_are_found_before_and_after() {
    let text = "scenario.duration = \"2 min\"\n[stream]\nshard_count = 1\n[[producer]]\n\
                rate = { constant = \"900/s\", arrivals = \"even\" }\nrecord_size = \"164 B\"\n";
    for found in [before(text), after(text)] {
        assert_eq!(codes(&found), ["K102"]);
        let bound = only!(found, RecordsBound);
        assert!((bound.records_load - 0.9).abs() < 1e-3, "{bound:?}");
        assert!((bound.mean_bytes - 200.0).abs() < 1e-9, "{bound:?}");
        // KDS-F14: 180,000 bytes/s are 3.5 records of 50 KiB.
        assert!((bound.aggregated_per_s - 180_000.0 / 51_200.0).abs() < 0.01, "{bound:?}");
    }
}

/// Keys at 0 and at the end of the hash space: of 8 shards, 6 never receive a record, and two
/// shards do as well.
#[test]
fn shards_without_a_key_are_counted() {
    let text = placed("100/s", &format!("\"0\", \"{}\"", u128::MAX), "1, 1");
    let text = text.replace("shard_count = 2", "shard_count = 8");
    for found in [before(&text), after(&text)] {
        let few = only!(&found, FewKeys);
        assert_eq!((few.keys, few.shards, few.empty, few.as_good), (2, 8, 6, Some(2)));
        assert!((few.busiest_share - 0.5).abs() < 1e-12);
    }
    // The run also says that eight shards have nothing to do; two keys need no more than one: 100/s
    // are a tenth of a shard.
    let spare = only!(after(&text), Spare);
    assert_eq!((spare.shards, spare.enough), (8, Some(1)));
    assert!((spare.busiest_load - 0.05).abs() < 0.005, "{spare:?}");
}

/// A shard may take 1,000/s and is offered 1,500/s: with a second attempt for each refused record
/// it is sent more than 1,500/s, and no more than twice as much.
#[test]
fn retries_are_counted_on_top_of_what_is_offered() {
    let text = "scenario.duration = \"2 min\"\nmodel.write.rounding = \"none\"\n[stream]\n\
                shard_count = 1\n[[producer]]\nrate = { constant = \"1500/s\", arrivals = \
                \"even\" }\nrecord_size = \"100 B\"\nretry = { max_attempts = 2, quota = false }\n";
    let retries = only!(after(text), Retries);
    assert!((retries.offered_per_s - 1_500.0).abs() < 1.0, "{retries:?}");
    assert!((0.3..1.0).contains(&retries.extra_share), "{retries:?}");
    assert!((retries.worst_factor - 1.0 - retries.extra_share).abs() < 1e-9, "one shard");
    let once = text.replace("retry = { max_attempts = 2, quota = false }", "retry = false");
    assert_eq!(codes(&after(&once)), ["K803", "K102", "K108"]);
}

fn readers(count: u32, every: &str, rate: &str, bytes: u32) -> String {
    let one = |n| format!("[[reader]]\nname = \"r{n}\"\nget_records.every = \"{every}\"\n");
    let all: String = (0..count).map(one).collect();
    format!(
        "scenario.duration = \"2 min\"\nmodel.write.rounding = \"none\"\n[stream]\n\
         shard_count = 1\n[[producer]]\nrate = \"{rate}\"\nrecord_size = \"{bytes} B\"\n{all}"
    )
}

/// Three readers that poll twice a second ask a shard for more than five calls (KDS-R01). One may
/// ask for five alone.
#[test]
fn too_many_polls_are_found_before_and_after() {
    let text = readers(3, "500 ms", "10/s", 100);
    for (found, refused) in [(before(&text), false), (after(&text), true)] {
        let calls = only!(found, ReadCalls);
        assert_eq!((calls.readers, calls.refused_share.is_some()), (3, refused));
        // They crowd, so that each waits for 525 ms on average; 600 ms are a third of five each.
        assert!((calls.asked_per_s - 3.0 / 0.525).abs() < 1e-9);
        let slower = ["r0", "r1", "r2"].map(|it| (it.to_owned(), Span::from_ms(600)));
        assert_eq!(calls.slower, slower);
    }
    let mended = text.replace("500 ms", "600 ms");
    for found in [before(&mended), after(&mended), before(&readers(1, "200 ms", "10/s", 100))] {
        assert!(!codes(&found).contains(&"K201"), "{found:?}");
    }
}

/// Who asks for less than an even part leaves the rest to the others, who are all changed. They
/// crowd: one that polls every second waits for 1.05 s on average.
#[test]
fn all_who_poll_too_often_are_changed_together() {
    let poller = |every: &str| format!("[[reader]]\nget_records.every = \"{every}\"\n");
    let all = ["1 s", "250 ms", "200 ms", "150 ms", "200 ms"].map(poller).concat();
    let text = readers(0, "1 s", "10/s", 100) + &all;
    let calls = only!(before(&text), ReadCalls);
    // A quarter of what is left of five: 4 / (5 - 1 / 1.05) s.
    let slower: Vec<(String, Span)> =
        (2..=5).map(|k| (format!("reader-{k}"), Span::from_ms(989))).collect();
    assert_eq!(calls.slower, slower);
    let mended = text.replace("250 ms", "1 s").replace("200 ms", "1 s").replace("150 ms", "1 s");
    for found in [before(&mended), after(&mended)] {
        assert!(!codes(&found).contains(&"K201"), "{found:?}");
    }
    // What three leave is for one that asks for more: 1 / (5 - 3 / 1.05) s.
    let text = readers(3, "1 s", "10/s", 100) + &poller("200 ms");
    let calls = only!(before(&text), ReadCalls);
    assert_eq!(calls.slower, [("reader-4".to_owned(), Span::from_ms(467))]);
}

/// Shards push to the third: two that poll twice a second ask for four calls, and two of 0.8 MiB/s
/// for 1.6 MiB/s.
#[test]
fn who_is_pushed_to_asks_for_no_calls_and_shares_no_bytes() {
    let calls = readers(3, "500 ms", "10/s", 100);
    let bytes = readers(3, "1 s", "838.8608/s", 964);
    for text in [calls, bytes] {
        let (head, _) = text.rsplit_once("get_records.every").expect("three readers");
        let pushed = format!("{head}enhanced_fan_out = true\n");
        for found in [before(&pushed), after(&pushed)] {
            let codes = codes(&found);
            assert!(!codes.contains(&"K201") && !codes.contains(&"K202"), "{found:?}");
        }
    }
}

/// Three readers of 0.8 MiB/s ask for 2.4 of 2 MiB/s (KDS-R02); two ask for 1.6.
#[test]
fn too_many_bytes_are_found_before_and_after() {
    let text = readers(3, "1 s", "838.8608/s", 964);
    for found in [before(&text), after(&text)] {
        let bytes = only!(found, ReadBytes);
        assert!((bytes.demand_per_s / (3.0 * 838_860.8) - 1.0).abs() < 0.02, "{bytes:?}");
        assert_eq!(bytes.shards_needed, 2);
    }
    let two = readers(2, "1 s", "838.8608/s", 964);
    for found in [before(&two), after(&two)] {
        assert!(!codes(&found).contains(&"K202"), "{found:?}");
    }
}

/// A call of 100 records takes 1 s: 100/s against 150/s that arrive.
#[test]
fn a_slow_reader_is_known_before_the_run() {
    let text = readers(1, "1 s", "150/s", 100)
        + "get_records.limit = 100\nprocessing.per_record = \"10 ms\"\n";
    let slow = only!(before(&text), SlowReader);
    assert!((slow.capacity_per_s - 100.0).abs() < 1e-9);
    assert!((slow.age_growth - 1.0 / 3.0).abs() < 1e-9);
}

#[test]
fn a_plan_with_room_is_left_alone() {
    let text = "[stream]\nshard_count = 2\n[[producer]]\nrate = \"600/s\"\n\
                record_size = \"900 B\"\n[[reader]]\n";
    assert_eq!(codes(&before(text)), [""; 0]);
}
