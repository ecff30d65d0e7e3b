//! Who scales streams: autoscalers at the minute that follows from their rules, and the service in
//! on-demand mode as its documents say.

use kinesim::experiment::outcome::{Asker, ChangeKind, Outcome, Refusal, ReshardCall, StreamMode};
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::scenario::{Files, load};

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::other(name.to_owned()))
    }
}

fn play(text: &str) -> Outcome {
    let scenario = load("test", "test.toml", text, &[], &NoFiles)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    run(&scenario, Options::new(&mut |_| Continue::Yes))
}

/// A stream of four shards that is written to at this part of its limit, in percent, from the given
/// minute on, and at 30 % before.
fn loaded(percent: u64, from_min: u64, minutes: u64, scaler: &str) -> Outcome {
    let rate = |percent: u64| 4_000 * percent / 100;
    let before = format!("[\"0 s\", \"{}/s\"], ", rate(30));
    let before = if from_min > 0 { before } else { String::new() };
    play(&format!(
        r#"
        scenario.duration = "{minutes} min"
        scenario.resolution = "1 s"
        stream.shard_count = 4
        [[producer]]
        record_size = "900 B"
        [producer.rate]
        arrivals = "even"
        shape = "steps"
        points = [{before}["{from_min} min", "{}/s"]]
        [autoscaler]
        {scaler}
        "#,
        rate(percent),
    ))
}

/// What was asked for, when [s], and whether it was refused.
fn calls(outcome: &Outcome) -> Vec<(f64, ReshardCall, Option<Refusal>)> {
    let asked = outcome.changes.iter().filter_map(|change| match change.kind {
        ChangeKind::Asked { call, refused, .. } => Some((change.at.as_s(), call, refused)),
        _ => None,
    });
    asked.collect()
}

/// Accepted UpdateShardCount calls: when [s], and to how many.
fn targets(outcome: &Outcome) -> Vec<(f64, u32)> {
    let target = |it: &(f64, ReshardCall, Option<Refusal>)| match it.1 {
        ReshardCall::UpdateShardCount { target } if it.2.is_none() => Some((it.0, target)),
        _ => None,
    };
    calls(outcome).iter().filter_map(target).collect()
}

/// Refused attempts in the intervals that begin in these minutes.
fn refused(outcome: &Outcome, minutes: std::ops::Range<u64>) -> u64 {
    let within = |s: f64| (minutes.start as f64..minutes.end as f64).contains(&(s / 60.0));
    let flows = outcome.timeline.iter().filter(|flow| within(flow.start.as_s()));
    flows.map(|flow| flow.write.throttled).sum()
}

#[test]
fn a_threshold_acts_when_its_last_minute_shows() {
    // Full minutes from the tenth on: five of them, and one until CloudWatch shows the last.
    let rule = |way: &str, threshold: u32, minutes: u32, by: &str| {
        format!(
            "scale_{way} = {{ threshold = \"{threshold} %\", after = \"{minutes} min\", by = {by}, \
             cool_off = \"1 h\" }}"
        )
    };
    let up = &rule("up", 80, 5, "\"100 %\"");
    assert_eq!(targets(&loaded(85, 10, 30, up)), [(960.0, 8)]);
    assert_eq!(targets(&loaded(75, 10, 30, up)), []);
    let slow = format!("metric_delay = \"5 min\"\n{up}");
    assert_eq!(targets(&loaded(85, 10, 30, &slow)), [(1_200.0, 8)]);
    // From a quarter of four shards on: ten minutes below 40 %, and one until that shows.
    let down = &rule("down", 40, 10, "1");
    assert_eq!(targets(&loaded(85, 30, 30, down)), [(660.0, 3)]);
    assert_eq!(targets(&loaded(85, 30, 30, &format!("min_shards = 4\n{down}"))), []);
}

#[test]
fn a_target_is_come_to_at_once() {
    // Three minutes above it and one until they show; 4 x 0.9 / 0.6 shards.
    let scaler = "policy = \"target-tracking\"\ntarget = \"60 %\"";
    let outcome = loaded(90, 10, 14, scaler);
    assert_eq!(targets(&outcome), []);
    let asked = targets(&loaded(90, 10, 20, scaler));
    assert_eq!(asked.first(), Some(&(840.0, 6)));
}

#[test]
fn a_schedule_asks_at_its_times_as_often_as_it_takes() {
    let scaler = "policy = \"schedule\"\nschedule = [[\"5 min\", 16], [\"40 min\", 6]]";
    let asked = targets(&loaded(30, 1, 70, scaler));
    // Four become eight, which takes 2 min 10 s: asked for again when the next minute comes.
    assert_eq!(asked.first(), Some(&(300.0, 8)));
    assert_eq!(asked.get(1), Some(&(480.0, 16)));
    assert_eq!(asked.get(2), Some(&(2_400.0, 8)));
    assert_eq!(asked.last().map(|it| it.1), Some(6));
    let daily =
        "policy = \"schedule\"\nschedule = [[\"5 min\", 8], [\"20 min\", 4]]\nrepeat = \"30 min\"";
    let asked = targets(&loaded(30, 1, 60, daily));
    assert_eq!(asked, [(300.0, 8), (1_200.0, 4), (2_100.0, 8), (3_000.0, 4)]);
}

/// SCL-01, SCL-05, SCL-07: every 45 s, five minutes above 75 %, half as many more.
#[test]
fn scaling_utils_looks_every_45_seconds() {
    let scaler = "policy = \"scaling-utils\"\nscale_up = { by = \"50 %\" }";
    // The minute that ends at 900 s shows at 960 s; 22 x 45 s is the first look after that.
    let asked = targets(&loaded(90, 10, 60, scaler));
    assert_eq!(asked, [(990.0, 6)]);
    // Three quarters of four shards are half of six: nothing more to do.
    assert_eq!(targets(&loaded(74, 10, 60, scaler)), []);
}

/// SCL-13 to SCL-15: five datapoints of five minutes, and 57 of 60.
#[test]
fn the_cloudwatch_sample_needs_25_minutes_up_and_almost_five_hours_down() {
    let scaler = "policy = \"cloudwatch-lambda\"";
    // The 25th minute shows a minute later, and it looks every five.
    assert_eq!(targets(&loaded(80, 0, 60, scaler)), [(1_800.0, 8)]);
    let down = targets(&loaded(20, 0, 340, scaler));
    assert_eq!(down.first(), Some(&(18_300.0, 2)));
}

/// A scaler that may act each minute runs into the quota of ten calls a day (KDS-S11); then
/// amazon-kinesis-scaling-utils splits and merges by itself (SCL-11).
#[test]
fn ten_calls_a_day_are_the_brake() {
    let points: Vec<String> = (0..60)
        .map(|k| format!("[\"{} min\", \"{}/s\"]", 10 * k, if k % 2 == 0 { 700 } else { 3_900 }))
        .collect();
    let text = |scaler: &str| {
        format!(
            r#"
            scenario.duration = "10 h"
            scenario.resolution = "10 s"
            stream.shard_count = 4
            [[producer]]
            record_size = "900 B"
            [producer.rate]
            shape = "steps"
            points = [{}]
            [autoscaler]
            max_shards = 6
            min_shards = 4
            {scaler}
            "#,
            points.join(", ")
        )
    };
    let rules = "scale_up = { threshold = \"70 %\", after = \"1 min\", by = 2 }\n\
                 scale_down = { threshold = \"40 %\", after = \"1 min\", by = 2 }";
    let outcome = play(&text(rules));
    assert_eq!(targets(&outcome).len(), 10);
    let refusals = calls(&outcome).iter().filter_map(|it| it.2).collect::<Vec<_>>();
    assert!(refusals.contains(&Refusal::TooManyToday));

    let rules = "policy = \"scaling-utils\"\n\
        scale_up = { threshold = \"70 %\", after = \"1 min\", by = 2, cool_off = \"0 s\" }\n\
        scale_down = { threshold = \"40 %\", after = \"1 min\", by = 2, cool_off = \"0 s\" }";
    let outcome = play(&text(rules));
    assert_eq!(targets(&outcome).len(), 10);
    let split = |it: &&(f64, ReshardCall, Option<Refusal>)| {
        matches!(it.1, ReshardCall::Split { .. }) && it.2.is_none()
    };
    assert!(calls(&outcome).iter().filter(split).count() >= 2);
    // One step at a time, each of which takes 40 s: the next call comes when it is over.
    let walked: Vec<f64> = calls(&outcome)
        .iter()
        .filter(|it| !matches!(it.1, ReshardCall::UpdateShardCount { .. }))
        .map(|it| it.0)
        .collect();
    assert!(walked.windows(2).all(|pair| pair[1] - pair[0] >= 40.0), "{walked:?}");
}

/// A stream in on-demand mode whose peak was 2 MiB/s: four shards. It is written to at so many
/// MiB/s.
fn on_demand(rate_mib: &[(u64, f64)], minutes: u64, key: &str) -> Outcome {
    let points: Vec<String> = rate_mib
        .iter()
        .map(|(minute, mib)| format!("[\"{minute} min\", \"{}/s\"]", (mib * 1_024.0) as u64))
        .collect();
    play(&format!(
        r#"
        scenario.duration = "{minutes} min"
        scenario.interval = "1 min"
        scenario.resolution = "1 s"
        stream.stream_mode = "ON_DEMAND"
        stream.history = {{ peak = "2 MiB/s" }}
        [[producer]]
        record_size = "988 B"
        {key}
        [producer.rate]
        shape = "steps"
        points = [{}]
        "#,
        points.join(", ")
    ))
}

/// KDS-O02, KDS-O03.
#[test]
fn on_demand_takes_twice_its_peak_and_throttles_what_grows_faster() {
    let steady = on_demand(&[(0, 1.8), (10, 3.6)], 60, "");
    assert_eq!(steady.write.throttled, 0);
    // More than half of a shard: they are split within 15 min of the minute that shows it
    // (KDS-O04), and rest at less than half.
    assert!(steady.streams[0].shards.len() > 4);
    let faster = on_demand(&[(0, 1.8), (10, 7.2)], 90, "");
    assert!(refused(&faster, 10..12) > 100_000);
    // Twice as many within 16 min, and twice as many again within 32.
    assert_eq!(refused(&faster, 43..90), 0, "it ends by itself");
    let open = faster.timeline.last().map(|flow| flow.open_shards);
    assert!((15..=32).contains(&open.unwrap_or_default()), "{open:?}");
}

/// KDS-O08.
#[test]
fn on_demand_never_relieves_a_single_hot_key() {
    let key = "partition_key = { values = [\"hot\", \"cold\"], weights = [0.9, 0.1] }";
    let outcome = on_demand(&[(0, 2.0)], 240, key);
    // 1.8 MiB/s and more than 1,000 records/s on one key, at all times.
    for hour in 0..4 {
        assert!(refused(&outcome, 60 * hour..60 * hour + 60) > 1_000_000, "hour {hour}");
    }
    assert!(outcome.streams[0].shards.len() > 10, "it was split all the same");
}

/// KDS-O05, KDS-O07: split after the stated time, counted from the minute that shows the load.
#[test]
fn a_shard_is_halved_after_its_delay() {
    let times = "[model.on_demand]\ndelay_min = \"5 min\"\ndelay_max = \"5 min\"\n[[producer]]";
    let text = |records: u64| {
        format!(
            r#"
            scenario.duration = "12 min"
            scenario.resolution = "1 s"
            stream.stream_mode = "ON_DEMAND"
            {times}
            rate = {{ shape = "steps", points = [["0 s", "1k/s"], ["3 min", "{records}/s"]] }}
            record_size = "10 B"
            "#
        )
    };
    let outcome = play(&text(2_400));
    let opened: Vec<f64> = outcome
        .changes
        .iter()
        .filter(|change| matches!(change.kind, ChangeKind::Opened(_)))
        .map(|change| change.at.as_s())
        .collect();
    assert_eq!(opened, vec![4.0 * 60.0 + 300.0; 8]);
    assert!(play(&text(1_600)).changes.is_empty());
}

/// KDS-O12, KDS-O13, KDS-S10.
#[test]
fn modes_are_switched_twice_a_day_and_keep_the_shards() {
    let action = |minute: u64, rest: &str| format!("[[action]]\nat = \"{minute} min\"\n{rest}\n");
    let mode = |minute: u64, mode: &str| {
        action(minute, &format!("call = \"UpdateStreamMode\"\nstream_mode = \"{mode}\""))
    };
    let text = "scenario.duration = \"30 min\"\nscenario.resolution = \"1 s\"\n\
                stream.shard_count = 5\n[[producer]]\nrate = \"100/s\"\nrecord_size = \"10 B\"\n"
        .to_owned()
        + &mode(5, "ON_DEMAND")
        + &action(10, "call = \"UpdateShardCount\"\ntarget_shard_count = 6")
        + &mode(15, "PROVISIONED")
        + &mode(20, "ON_DEMAND");
    let outcome = play(&text);
    let answers: Vec<Option<Refusal>> = calls(&outcome).iter().map(|it| it.2).collect();
    assert_eq!(answers, [None, Some(Refusal::OnDemand), None, Some(Refusal::ModeToday)]);
    let modes: Vec<StreamMode> = outcome
        .changes
        .iter()
        .filter_map(|change| match change.kind {
            ChangeKind::Mode(mode) => Some(mode),
            _ => None,
        })
        .collect();
    assert_eq!(modes, [StreamMode::OnDemand, StreamMode::Provisioned]);
    assert!(outcome.timeline.iter().all(|flow| flow.open_shards == 5));
    let by_others = |kind| matches!(kind, ChangeKind::Asked { by, .. } if by != Asker::Operator);
    assert!(!outcome.changes.iter().any(|change| by_others(change.kind)));
}

/// KDS-O18, KDS-O20, KDS-O21: a warm stream takes a burst at once; a lower value gives shards back.
#[test]
fn warm_throughput_is_there_at_once() {
    let text = |warm: &str| {
        format!(
            r#"
            scenario.duration = "20 min"
            scenario.resolution = "1 s"
            account.minimum_throughput_billing_commitment = true
            stream.stream_mode = "ON_DEMAND"
            {warm}
            [[producer]]
            record_size = "900 B"
            [producer.rate]
            shape = "steps"
            points = [["0 s", "1k/s"], ["2 min", "15k/s"], ["4 min", "1k/s"]]
            [[action]]
            at = "12 min"
            call = "UpdateStreamWarmThroughput"
            warm_throughput = "8 MiB/s"
            "#
        )
    };
    let warm = play(&text("stream.warm_throughput = \"20 MiB/s\""));
    assert_eq!(warm.write.throttled, 0);
    assert_eq!(warm.timeline.first().map(|flow| flow.open_shards), Some(20));
    assert_eq!(warm.timeline.last().map(|flow| flow.open_shards), Some(8));
    assert!(play(&text("")).write.throttled > 500_000);
}

/// Warm throughput is asked for while busy shards wait to be halved: each shard is changed by one
/// of the two, and the hash keys stay owned once (or else no router could be made).
#[test]
fn what_a_call_changes_the_service_leaves_alone() {
    let outcome = play(
        r#"
        scenario.duration = "20 min"
        scenario.resolution = "1 s"
        account.minimum_throughput_billing_commitment = true
        stream.stream_mode = "ON_DEMAND"
        model.on_demand.delay_min = "10 s"
        model.on_demand.delay_max = "90 s"
        [[producer]]
        rate = "12k/s"
        record_size = "900 B"
        [[action]]
        at = "1 min"
        call = "UpdateStreamWarmThroughput"
        warm_throughput = "12 MiB/s"
        [[action]]
        at = "5 min"
        call = "UpdateStreamWarmThroughput"
        warm_throughput = "30 MiB/s"
        "#,
    );
    let opened = |from: f64, to: f64| {
        let within = |at: f64| (from..to).contains(&at);
        let opened = |kind| matches!(kind, ChangeKind::Opened(_));
        outcome.changes.iter().filter(|it| opened(it.kind) && within(it.at.as_s())).count()
    };
    // Both were at work, and the second call was accepted once the first was done.
    assert!(opened(60.0, 300.0) > 12 && opened(300.0, 1_200.0) > 18, "{:?}", calls(&outcome));
    assert!(outcome.timeline.last().is_some_and(|flow| flow.open_shards >= 24));
}
