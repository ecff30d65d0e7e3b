//! What a summary says, against runs whose numbers are known.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::{expect, expect_file};
use proptest::prelude::*;

use super::*;
use crate::experiment::outcome::{Ended, Joined, Outcome, Reason, ShardSeries, Unfit};
use crate::experiment::{finding, objective, sample};
use crate::model::plan::Resolution;
use crate::scenario::Scenario;
use crate::scenario::metric::Unit;
use crate::time::{Instant, Span};
use crate::units::Bytes;

const PLAIN: Style = Style { colour: false, unicode: true };

fn summary(scenario: &Scenario, outcome: &Outcome) -> Summary {
    let verdicts = objective::judge(scenario, outcome);
    Summary::new(scenario, outcome, &verdicts, &finding::find(scenario, outcome))
}

fn screen(scenario: &Scenario, outcome: &Outcome) -> String {
    summary(scenario, outcome).screen(PLAIN, "hot-shard.toml")
}

#[test]
fn the_screen_says_what_is_missed_and_why() {
    let (scenario, outcome) = sample::hot_shard();
    expect![[r#"
        hot-shard     1 min, seed 7, 4 shards, us-east-1
                      108,000 records offered, 1.80k/s, mean 500 B, 200 keys

        VERDICT  2 of 2 objectives missed
          ✗ write.throttled                 <= 0.1 %   11.1 %
          ✗ reader.fraud.iterator_age.p99   <= 2 s     4 s

        WHY
          K803 given up     12,000 records of checkout were given up, refused once and not sent
                            again: 11.1 % of what it offered.
          K101 hot shards   shardId-000000000000 is offered 66.7 % of all records (even share
                            25.0 %): 1,200 records/s against 1,000 records/s, 16.7 % of attempts
                            refused. The other 3 run at 20 %. By weight, keys acme and b,"c"
                            carry 62.5 % of all records.
          K102 record rate  the fullest shard of orders is offered 1,200 records/s, 120 % of its
                            limit, but only 57 % of its bytes: a record has 500 B. Aggregated
                            into records of 50 KiB the same bytes are 11.7/s.

        NOTE
          K901 assumed      the result rests on 2 constants no source settles: KDS-W07, KDS-W30.
                            `kinesim uncertain` tries others.

        WRITES   offered 1.80k/s   accepted 1.60k/s   throttled 11.1 %   lost 12,000
                 stream 40 % full, busiest shard 120 %, busiest second 120 %
        fraud    reader 1.50k/s   age p50 1.00 s, p99 4 s, end 4 s   6,000 waiting
                 2.44 % of calls refused
        COST     $102.67 a month   shard_hours $43.80   payload_units $58.87
                 as on-demand standard $423.43   as on-demand Advantage $3,079.69
                 this run $0.0023   prices us-east-1, 2026-05

        NEXT     kinesim run hot-shard.toml --set stream.shard_count=6
                   fewest on which these keys fit: the busiest shard at 80 %
                 kinesim run hot-shard.toml --csv shards
                   every shard over time, as CSV
    "#]]
    .assert_eq(&screen(&scenario, &outcome));
}

#[test]
fn a_function_is_told_with_its_lanes_its_batches_and_what_went_wrong() {
    let (mut scenario, outcome) = sample::function();
    let of_fraud = |style: Style, scenario: &Scenario| {
        let text = summary(scenario, &outcome).screen(style, "function.toml");
        let lines = text.lines().skip_while(|line| !line.starts_with("fraud "));
        lines.take_while(|line| !line.starts_with("COST")).collect::<Vec<_>>().join("\n") + "\n"
    };
    expect![[r#"
        fraud λ  1.44k/s   age p50 1.00 s, p99 4 s, end 4 s   lanes 0.80 of 8   batch 200 of 200
                 errors 10.0 %   6 throttled   1,200 discarded   6,000 waiting
                 2.44 % of calls refused   9,600 handed over again
    "#]]
    .assert_eq(&of_fraud(PLAIN, &scenario));
    let ascii = of_fraud(Style { colour: false, unicode: false }, &scenario);
    assert!(ascii.starts_with("fraud lambda 1.44k/s   age p50"), "{ascii}");
    let summary = summary(&scenario, &outcome);
    assert!(summary.markdown("a.toml").contains("- fraud λ: 1.44k/s, age p50"));
    let json: serde_json::Value = serde_json::from_str(&summary.json()).expect("JSON");
    let consumer = &json["consumers"][0];
    expect![[r#"
        {
          "batch_mean_records": 200.0,
          "batch_size_records": 200,
          "batches_by": {
            "payload": 0,
            "size": 432,
            "tumbling_window": 0,
            "window": 0
          },
          "billed_s": 48.0,
          "cold_starts": 0,
          "discarded": {
            "retries_exhausted_records": 1000,
            "too_large_records": 0,
            "too_old_records": 200
          },
          "duration_max_s": 0.1,
          "duration_p50_s": 0.1,
          "duration_p99_s": 0.1,
          "error_share": 0.1,
          "errors": 48,
          "failed_records": 9600,
          "handed_over_records_per_s": 1440.0,
          "invocations": 480,
          "invoked_records": 96000,
          "lanes": 8,
          "max_concurrency": 3,
          "mean_concurrency": 0.8,
          "on_failure": true,
          "partial_failures": 0,
          "polled_records": 90000,
          "throttles": 6,
          "timeouts": 0
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&consumer["lambda"]).expect("JSON"));
    let records = |name: &str| consumer[format!("{name}_records")].as_u64().expect(name);
    let went = ["delivered", "waiting", "in_hand", "expired", "before_start", "filtered"];
    let went: u64 = went.iter().map(|name| records(name)).sum::<u64>() + records("discarded");
    assert_eq!(records("stored") + records("initial"), went);
    scenario.plan.warm_up = Span::from_s(60);
    assert!(of_fraud(PLAIN, &scenario).contains("lanes - of 8"));
}

#[test]
fn markdown_says_the_same() {
    let (scenario, outcome) = sample::hot_shard();
    expect_file!["sample.md"].assert_eq(&summary(&scenario, &outcome).markdown("hot-shard.toml"));
}

#[test]
fn json_has_stable_names() {
    let (scenario, outcome) = sample::hot_shard();
    expect_file!["sample.json"].assert_eq(&summary(&scenario, &outcome).json());
}

#[test]
fn the_ledgers_of_the_json_add_up() {
    let (scenario, outcome) = sample::hot_shard();
    let json: serde_json::Value =
        serde_json::from_str(&summary(&scenario, &outcome).json()).expect("JSON");
    let sum = |part: &serde_json::Value, names: &[&str]| -> u64 {
        names.iter().map(|name| part[format!("{name}_records")].as_u64().expect("count")).sum()
    };
    let write = &json["write_ledger"];
    assert_eq!(sum(write, &["offered"]), sum(write, &["stored", "lost", "held"]));
    let read = &json["consumers"][0];
    let went = ["delivered", "waiting", "in_hand", "expired", "before_start"];
    assert_eq!(sum(read, &["initial", "stored"]), sum(read, &went));
    assert_eq!(sum(write, &["stored"]), sum(read, &["stored"]), "one stream, one consumer");
}

#[test]
fn a_run_that_ended_early_says_so_first() {
    let (scenario, mut outcome) = sample::hot_shard();
    outcome.ended = Ended::MemoryLimit { limit: Bytes::mib(8 << 10) };
    outcome.until = Instant::from_s(30);
    let text = screen(&scenario, &outcome);
    let first: String = text.split_inclusive('\n').take(2).collect::<String>();
    expect![[r#"
        STOPPED  at 30 s of 1 min: records waiting would have taken more than the 8.00 GiB
                 allowed. What follows covers that part only.
    "#]]
    .assert_eq(&first);
    assert!(text.contains("2 of 2 objectives missed so far"));
}

#[test]
fn a_run_that_reached_its_events_says_so_too() {
    let (scenario, mut outcome) = sample::hot_shard();
    outcome.ended = Ended::EventLimit { limit: 20_000 };
    outcome.until = Instant::from_s(30);
    let text = screen(&scenario, &outcome);
    assert!(text.starts_with("STOPPED  at 30 s of 1 min: it reached the 20,000 events allowed."));
    let json = summary(&scenario, &outcome).json();
    assert!(json.contains("\"how\": \"event_limit\"") && json.contains("\"limit_events\": 20000"));
}

#[test]
fn quanta_are_named_and_why_where_auto_chose_them() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.plan.resolution = Resolution::Quantum(Span::from_ms(20));
    outcome.streams[0].quantum = Some(Span::from_ms(20));
    assert_eq!(third_line(&scenario, &outcome), "in quanta of 20 ms");
    scenario.chosen_for = Some(864_000_000);
    let why = "in quanta of 20 ms, chosen by auto for about 864 million records";
    assert_eq!(third_line(&scenario, &outcome), why);
    let markdown = summary(&scenario, &outcome).markdown("a.toml");
    assert!(
        markdown.contains("  \nin quanta of 20 ms, chosen by auto for about 864 million"),
        "{markdown}"
    );
}

/// What stands below the records that were offered, in one line.
fn third_line(scenario: &Scenario, outcome: &Outcome) -> String {
    let text = screen(scenario, outcome);
    let lines = text.lines().skip(2).take_while(|line| !line.is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_stream_that_is_not_played_in_quanta_is_named_with_its_reason() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.plan.resolution = Resolution::Quantum(Span::from_s(1));
    outcome.streams[0].unfit = Some(Unfit { producer: 0, reason: Reason::Bursts });
    let alone = "record by record, because producer checkout sends in bursts";
    assert_eq!(third_line(&scenario, &outcome), alone);
    let json = summary(&scenario, &outcome).json();
    assert!(!json.contains("quantum_s") && json.contains("\"reason\": \"bursts\""), "{json}");
    assert!(json.contains("\"because\": \"producer checkout sends in bursts\""), "{json}");
    // A second stream is in quanta, which the first says first.
    let mut other = outcome.streams[0].clone();
    (other.name, other.quantum, other.unfit) = ("my_clicks".into(), Some(Span::from_s(1)), None);
    scenario.plan.streams.push(scenario.plan.streams[0].clone());
    outcome.streams.push(other);
    let mixed = format!("in quanta of 1 s; orders {alone}");
    assert_eq!(third_line(&scenario, &outcome), mixed);
    let summary_of = summary(&scenario, &outcome);
    assert!(summary_of.json().contains("\"quantum_s\": 1.0"));
    assert!(summary_of.markdown("a.toml").contains(&format!("  \n{mixed}\n")));
    // Neither is.
    (outcome.streams[1].quantum, outcome.streams[1].unfit) = (None, outcome.streams[0].unfit);
    let neither = format!("orders {alone}; my_clicks {alone}");
    assert_eq!(third_line(&scenario, &outcome), neither);
    for _ in 0..4 {
        outcome.streams.push(outcome.streams[1].clone());
        scenario.plan.streams.push(scenario.plan.streams[0].clone());
    }
    let many = third_line(&scenario, &outcome);
    assert!(many.ends_with("; 3 more streams record by record"), "{many}");
}

#[test]
fn without_objectives_the_verdict_says_what_became_of_the_writes() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.objectives.clear();
    scenario.assumptions.clear();
    let text = screen(&scenario, &outcome);
    assert!(text.contains(
        "VERDICT  no objectives set; 11.1 % of attempts were refused, 12,000 records lost\n"
    ));
    outcome.write_judged.throttled = 0;
    outcome.write_judged.lost_records = 0;
    let text = screen(&scenario, &outcome);
    assert!(text.contains("no objectives set; no write was refused and none lost\n"));
}

#[test]
fn a_quiet_run_is_asked_whether_half_would_do() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.objectives.clear();
    let quiet = outcome.streams[0].series.flows[1];
    outcome.streams[0].series.flows.fill(quiet);
    outcome.losses.clear();
    let text = screen(&scenario, &outcome);
    let next = "kinesim run hot-shard.toml --set stream.shard_count=2\n           would half the";
    assert!(text.contains(next), "{text}");
}

#[test]
fn every_other_finding_reads_well() {
    let (mut scenario, mut outcome) = sample::hot_shard();
    scenario.objectives.clear();
    outcome.consumers[0].ledger.expired = 96;
    outcome.consumers[0].first_expired = Some(Instant::from_s(48));
    let reader = &mut scenario.plan.readers[0];
    sample::poll(reader).limit = 200;
    sample::poll(reader).every = Span::from_ms(200);
    reader.per_record = Span::from_ns(1_200_000);
    for (cell, flow) in outcome.streams[0].series.flows.iter_mut().enumerate() {
        if cell % 4 == 1 {
            flow.accepted_records = 1_500;
            flow.busiest_second_ppm = 1_800_000;
        }
    }
    let why = |text: &str| {
        let part = text.split("WHY\n").nth(1).and_then(|text| text.split("\n\n").next());
        format!("WHY\n{}\n", part.expect("has reasons"))
    };
    expect![[r#"
        WHY
          K801 data loss    96 records passed the retention of 1 d before fraud was handed them,
                            the first at 48 s: 0.100 % of all stored.
          K803 given up     12,000 records of checkout were given up, refused once and not sent
                            again: 11.1 % of what it offered.
          K101 hot shards   shardId-000000000000 is offered 66.7 % of all records (even share
                            25.0 %): 1,200 records/s against 1,000 records/s, 16.7 % of attempts
                            refused. The other 3 run at 20 %. By weight, keys acme and b,"c"
                            carry 62.5 % of all records.
          K102 record rate  the fullest shard of orders is offered 1,200 records/s, 120 % of its
                            limit, but only 57 % of its bytes: a record has 500 B. Aggregated
                            into records of 50 KiB the same bytes are 11.7/s.
          K103 burst-bound  the busiest second of shardId-000000000001 is sent 180 % of a limit,
                            the 1 min around it 20 % on average. On 1 shard such bursts have
                            25.0 % of attempts refused.
          K204 slow reader  fraud takes at most 714/s from a shard (200 records in 280 ms); 1
                            shard stores more, up to 1.00k/s. Its age grows 17.1 s a minute.
    "#]]
    .assert_eq(&why(&screen(&scenario, &outcome)));

    let full = outcome.streams[0].series.flows[0];
    outcome.streams[0].series.flows.fill(full);
    outcome.producers[0].top_keys.clear();
    expect![[r#"
        WHY
          K801 data loss    96 records passed the retention of 1 d before fraud was handed them,
                            the first at 48 s: 0.100 % of all stored.
          K803 given up     12,000 records of checkout were given up, refused once and not sent
                            again: 11.1 % of what it offered.
          K102 record rate  the fullest shard of orders is offered 1,200 records/s, 120 % of its
                            limit, but only 57 % of its bytes: a record has 500 B. Aggregated
                            into records of 50 KiB the same bytes are 11.7/s.
          K108 stream full  orders is offered 4,800 records/s against 4,000 records/s on 4
                            shards, 16.7 % of attempts refused.
          K204 slow reader  fraud takes at most 714/s from a shard (200 records in 280 ms); 4
                            shards store more, up to 1.00k/s. Its age grows 17.1 s a minute.
    "#]]
    .assert_eq(&why(&screen(&scenario, &outcome)));
}

#[test]
fn what_was_joined_is_told_as_a_note_with_how_far_off_it_may_be() {
    let (scenario, mut outcome) = sample::hot_shard();
    let stream = &mut outcome.streams[0];
    stream.joined_shards = 3;
    stream.joined = Joined { cohorts: 40_000, longest: Span::from_s(419) };
    let text = screen(&scenario, &outcome);
    let part = text.split("NOTE\n").nth(1).and_then(|text| text.split("\n\n").next());
    expect![[r#"
        NOTE
          K901 assumed      the result rests on 2 constants no source settles: KDS-W07, KDS-W30.
                            `kinesim uncertain` tries others.
          K902 old backlog  on 3 of 4 shards of orders records that waited long were joined to
                            save memory, over at most 1.0 % of their age, here up to 6 min 59 s:
                            no moment of one is off by more. Counts and bytes are exact.
    "#]]
    .assert_eq(&format!("NOTE\n{}\n", part.expect("has notes")));
    let json = summary(&scenario, &outcome).findings_json();
    assert!(json.contains("\"longest_joined_s\": 419.0") && json.contains("\"joined_age_share\""));
}

#[test]
fn a_run_stopped_before_it_began_has_a_summary() {
    let (scenario, mut outcome) = sample::hot_shard();
    outcome.ended = Ended::Interrupted;
    outcome.until = Instant::ZERO;
    outcome.timeline.clear();
    outcome.streams[0].series = ShardSeries::default();
    let text = screen(&scenario, &outcome);
    assert!(text.starts_with("STOPPED  at 0 s of 1 min: the run was interrupted."), "{text}");
    assert!(text.contains("nothing measured") && text.contains("2 of 2 objectives missed so far"));
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[test]
fn a_value_never_reads_as_if_its_objective_were_met() {
    let verdict = |value: f64, met: bool| Verdict {
        path: "write.throttled".to_owned(),
        condition: "<= 0.1 %".to_owned(),
        unit: Unit::Share,
        measured: Some(value),
        bound: 0.001,
        comparison: crate::scenario::Comparison::AtMost,
        met,
        unreached: false,
        growing: false,
    };
    assert_eq!(screen::measured(&verdict(0.001_000_4, false)), "0.10004 %");
    assert_eq!(screen::measured(&verdict(0.001, true)), "0.100 %");
}

#[test]
fn ascii_screens_have_words_for_marks_and_nothing_else_than_ascii() {
    let (scenario, outcome) = sample::hot_shard();
    let text = summary(&scenario, &outcome)
        .screen(Style { colour: false, unicode: false }, "hot-shard.toml");
    assert!(text.is_ascii() && text.contains("  FAIL write.throttled"));
}

proptest! {
    /// Whatever names, numbers and colours: no line is wider than 88 columns.
    #[test]
    fn every_line_fits(
        name in "\\PC{0,60}",
        key in "\\PC{0,300}",
        path in "[A-Za-z0-9_.-]{0,120}",
        reader in "[A-Za-z0-9_-]{1,90}",
        file in "\\PC{0,150}",
        factor in 0_u64..1 << 40,
        bound in 0.0_f64..1e12,
        warm_up in 0_u64..70,
        (colour, unicode) in (any::<bool>(), any::<bool>()),
    ) {
        let (mut scenario, mut outcome) = sample::hot_shard();
        scenario.name = name;
        scenario.plan.warm_up = Span::from_s(warm_up);
        for objective in &mut scenario.objectives {
            objective.path.clone_from(&path);
            objective.bound = bound;
        }
        outcome.producers[0].top_keys[0].key = key;
        outcome.consumers[0].name.clone_from(&reader);
        scenario.plan.readers[0].name = reader;
        sample::poll(&mut scenario.plan.readers[0]).limit = 10;
        outcome.write.offered_records = factor;
        outcome.write_judged.offered_records = factor;
        outcome.consumers[0].ledger.waiting = factor;
        outcome.consumers[0].ledger.expired = factor;
        let text = summary(&scenario, &outcome).screen(Style { colour, unicode }, &file);
        for line in text.lines() {
            let plain = anstream::adapter::strip_str(line).to_string();
            prop_assert!(plain.chars().count() <= 88, "{} columns: {plain}", plain.chars().count());
            prop_assert!(unicode || plain.is_ascii());
        }
    }
}
