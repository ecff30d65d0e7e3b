//! Alarms against closed forms: the minute in which each is raised can be counted out.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::finding::{Evidence, Harm, find};
use kinesim::experiment::objective::judge;
use kinesim::experiment::outcome::{AlarmOutcome, Outcome};
use kinesim::model::alarm::{Ratio, State};
use kinesim::report::chart::charts;
use kinesim::report::explanation::explain;
use kinesim::report::summary::{Style, Summary};
use kinesim::report::table;
use kinesim::time::{Instant, Span};

use crate::play::play;
use crate::text::scenario;

/// 600 records a second until minute 5, 1,500 until minute 12, then 300; even, of 500 B, on two
/// shards, so that nothing is refused.
const STEPS: &str = r#"
    [scenario]
    duration = "20 min"
    [stream]
    shard_count = 2
    [[producer]]
    record_size = "464 B"
    rate.shape = "steps"
    rate.arrivals = "even"
    rate.points = [["0 s", "600/s"], ["5 min", "1500/s"], ["12 min", "300/s"]]
"#;

fn outcome(text: &str) -> Outcome {
    play(&scenario(text), None, false)
}

fn alarm(metric: &str, threshold: &str, more: &str) -> String {
    format!(
        "[[alarm]]\nmetric = \"{metric}\"\nthreshold = {threshold}\n{more}\n\
         comparison_operator = \"GreaterThanOrEqualToThreshold\"\n"
    )
}

/// Changes of state as seconds and the state since.
fn changes(of: &AlarmOutcome) -> Vec<(f64, State)> {
    of.changes().map(|it| (it.at.as_s(), it.to)).collect()
}

fn values(of: &AlarmOutcome) -> Vec<Option<f64>> {
    of.points.iter().map(|point| point.value.map(Ratio::as_f64)).collect()
}

/// 90,000 records a minute from minute 5 to 12. Two of three datapoints: those of minutes 5 and 6,
/// the second known at 7 min and 1 min later; it ends when two of three are low, minutes 12 and 13.
#[test]
fn it_is_raised_in_the_minute_that_can_be_counted_out() {
    let rule = "evaluation_periods = 3\ndatapoints_to_alarm = 2";
    let text = format!(
        "{STEPS}{}{}{}",
        alarm("IncomingRecords", "\"90k\"", rule),
        alarm("IncomingRecords", "\"90k\"", &format!("{rule}\ndelay = \"3 min\"")),
        alarm("IncomingRecords", "90_001", rule),
    );
    let outcome = outcome(&text);
    let [first, late, never] = &outcome.alarms[..] else { panic!("three alarms") };
    let expected = [(120.0, State::Ok), (480.0, State::Alarm), (900.0, State::Ok)];
    assert_eq!(changes(first), expected);
    let later = expected.map(|(at, state)| (at + 120.0, state));
    assert_eq!(changes(late), later);
    assert_eq!(changes(never), [(120.0, State::Ok)]);
    let minutes = [36_000.0, 90_000.0, 18_000.0];
    let expected = (0..20).map(|minute| match minute {
        0..5 => Some(minutes[0]),
        5..12 => Some(minutes[1]),
        _ => Some(minutes[2]),
    });
    assert_eq!(values(first), expected.collect::<Vec<_>>());
    assert_eq!(first.time_in_alarm(Instant::ZERO), Span::from_s(420));
    assert_eq!(first.time_in_alarm(Instant::from_s(600)), Span::from_s(300));
    assert_eq!((first.raised(Instant::ZERO).count(), never.raised(Instant::ZERO).count()), (1, 0));
}

/// What a period comes to, where that is known: 36,000 records of 500 B in the first minute.
#[test]
fn each_metric_has_the_value_that_follows_from_the_rate() {
    let readers = "[[reader]]\nname = \"poller\"\n[[reader]]\nname = \"pushed\"\n\
                   enhanced_fan_out = true\n";
    let metrics = [
        ("IncomingBytes", "\"1 B\"", "", 36_000.0 * 500.0),
        ("WriteProvisionedThroughputExceeded", "1", "", 0.0),
        ("ReadProvisionedThroughputExceeded", "1", "", 0.0),
        ("write.offered", "\"1/s\"", "", 600.0),
        ("write.accepted", "\"1/s\"", "", 600.0),
        ("write.throttled", "\"1 %\"", "", 0.0),
        // 36,000 of 2 shards x 1,000/s x 60 s.
        ("write.utilization", "\"1 %\"", "", 0.3),
        ("records.lost", "1", "", 0.0),
        // A poll a second on each of two shards.
        ("GetRecords.Records", "1", "statistic = \"SampleCount\"", 120.0),
        (
            "OutgoingRecords",
            "1",
            "shard = 0\nstatistic = \"SampleCount\"\nreader = \"poller\"",
            60.0,
        ),
    ];
    let alarms: String =
        metrics.iter().map(|(metric, threshold, more, _)| alarm(metric, threshold, more)).collect();
    let text = STEPS.replace("20 min", "2 min") + "explicit_hash_key = \"0\"\n" + readers + &alarms;
    let outcome = outcome(&text);
    for ((metric, .., expected), of) in metrics.iter().zip(&outcome.alarms) {
        let value = of.points[0].value.map(Ratio::as_f64);
        assert_eq!(value, Some(*expected), "{metric}");
    }
}

/// A shard alone: all records go to the first.
#[test]
fn one_shard_is_watched_alone() {
    let text = STEPS.replace("20 min", "3 min")
        + "explicit_hash_key = \"0\"\n"
        + &alarm("IncomingRecords", "1", "shard = 0")
        + &alarm("IncomingRecords", "1", "shard = 1")
        + &alarm("write.utilization", "\"50 %\"", "shard = 0");
    let outcome = outcome(&text);
    assert_eq!(values(&outcome.alarms[0]), [Some(36_000.0); 3]);
    assert_eq!(values(&outcome.alarms[1]), [None; 3]);
    assert_eq!(values(&outcome.alarms[2]), [Some(0.6); 3]);
}

/// Nothing is offered from minute 5 to minute 12: seven datapoints are missing. One is looked at,
/// and looked for in three periods, so that the last one before serves for two minutes more.
#[test]
fn missing_data_are_treated_as_asked() {
    let outage = "[[fault]]\nat = \"5 min\"\nfor = \"7 min\"\nkind = \"producer-outage\"\n\
                  target = \"producer.producer\"\n";
    let treated = |how: &str, operator: &str| {
        let text = format!(
            "{STEPS}{outage}[[alarm]]\nmetric = \"IncomingRecords\"\nthreshold = 20_000\n\
             comparison_operator = \"{operator}\"\ntreat_missing_data = \"{how}\"\n"
        );
        changes(&outcome(&text).alarms[0])
    };
    let (alarm, unknown, ok) = (State::Alarm, State::InsufficientData, State::Ok);
    // Datapoints of 36,000 until minute 5, of 18,000 from minute 12 on, known at 14 min.
    let (gone, back) = (540.0, 840.0);
    let below = "LessThanThreshold";
    let first = (120.0, ok);
    assert_eq!(treated("missing", below), [first, (gone, unknown), (back, alarm)]);
    assert_eq!(treated("notBreaching", below), [first, (back, alarm)]);
    assert_eq!(treated("breaching", below), [first, (gone, alarm)]);
    assert_eq!(treated("ignore", below), [first, (back, alarm)]);
    let above = "GreaterThanThreshold";
    let first = (120.0, alarm);
    assert_eq!(treated("missing", above), [first, (gone, unknown), (back, ok)]);
    assert_eq!(treated("notBreaching", above), [first, (gone, ok)]);
    assert_eq!(treated("breaching", above), [first, (back, ok)]);
    assert_eq!(treated("ignore", above), [first, (back, ok)]);
}

/// A reader that is down makes no calls: with "missing" its age says nothing, with "breaching" it
/// is told three minutes and the delay after.
#[test]
fn a_reader_that_is_down_has_no_age() {
    let text = |how: &str| {
        format!(
            "{STEPS}[[reader]]\n[[fault]]\nat = \"5 min\"\nfor = \"9 min\"\nkind = \"outage\"\n\
             target = \"reader.reader\"\n{}",
            alarm(
                "GetRecords.IteratorAgeMilliseconds",
                "\"30 s\"",
                &format!("treat_missing_data = \"{how}\""),
            )
        )
    };
    let changed = |how: &str| changes(&outcome(&text(how)).alarms[0]);
    assert_eq!(changed("missing")[1], (540.0, State::InsufficientData));
    assert_eq!(changed("missing")[2], (960.0, State::Alarm));
    assert_eq!(changed("breaching")[1], (540.0, State::Alarm));
}

#[test]
fn quanta_and_single_records_agree_on_the_minute() {
    let alarms = [
        alarm("IncomingRecords", "70_000", "evaluation_periods = 3"),
        alarm("write.utilization", "\"60 %\"", "evaluation_periods = 2"),
        alarm("GetRecords.IteratorAgeMilliseconds", "\"30 s\"", "treat_missing_data = \"ignore\""),
        alarm("WriteProvisionedThroughputExceeded", "1", "treat_missing_data = \"notBreaching\""),
    ]
    .concat();
    let fault = "[[reader]]\n[[fault]]\nat = \"3 min\"\nfor = \"2 min\"\nkind = \"outage\"\n\
                 target = \"reader.reader\"\n";
    let text = STEPS.replace("rate.arrivals = \"even\"", "").replace("1500/s", "2500/s");
    let text = format!("{text}{fault}{alarms}");
    let of = |resolution: &str| {
        let sized = format!("duration = \"20 min\"\nresolution = \"{resolution}\"");
        let outcome = outcome(&text.replace("duration = \"20 min\"", &sized));
        outcome.alarms.iter().map(changes).collect::<Vec<_>>()
    };
    let exact = of("exact");
    assert!(exact.iter().all(|it| it.iter().any(|(_, state)| *state == State::Alarm)), "{exact:?}");
    for resolution in ["1 s", "100 ms"] {
        assert_eq!(of(resolution), exact, "{resolution}");
    }
}

#[test]
fn only_whole_periods_have_a_datapoint_whatever_the_interval() {
    let of = |interval: &str, more: &str| {
        let sized = format!("duration = \"20 min\"\ninterval = \"{interval}\"");
        let text = STEPS.replace("duration = \"20 min\"", &sized);
        outcome(&(text + &alarm("IncomingRecords", "1", more))).alarms.remove(0)
    };
    assert_eq!(of("7 min", "period = \"3 min\"").points.len(), 6);
    assert_eq!(of("7 min", "period = \"3 min\""), of("1 s", "period = \"3 min\""));
    let long = of("1 min", "period = \"1 h\"");
    assert_eq!((long.points.len(), long.state_at_end()), (0, State::InsufficientData));
    // The last period ends with the run: its datapoint would come a minute later.
    let last = of("1 min", "period = \"10 min\"");
    assert_eq!((last.evaluated(0), last.evaluated(1)), (Some(Instant::from_s(660)), None));
    let at_once = of("1 min", "period = \"10 min\"\ndelay = \"0 s\"");
    assert_eq!(at_once.evaluated(1), Some(Instant::from_s(1_200)));
    let text = STEPS.to_owned() + &alarm("IncomingRecords", "1", "period = \"3 min\"");
    let stopped = play(&scenario(&text), Some(Instant::from_s(400)), false);
    assert_eq!(stopped.alarms[0].points.len(), 2);
}

#[test]
fn objectives_on_alarms_are_judged_after_the_warm_up() {
    let text = STEPS
        .replace("duration = \"20 min\"", "duration = \"20 min\"\nwarm_up = \"10 min\"")
        + &alarm("IncomingRecords", "80_000", "name = \"busy\"")
        + &alarm("IncomingRecords", "80_000", "name = \"slow\"\nperiod = \"5 min\"")
        + &alarm("IncomingRecords", "800_000", "name = \"never\"")
        + "[slo]\nalarm.busy.fired = \"== 0\"\nalarm.busy.time_in_alarm = \"<= 4 min\"\n\
           alarm.busy.first = \"<= 20 min\"\nalarm.slow.first = \"<= 11 min\"\n\
           alarm.never.first = \">= 0 s\"\nalarm.never.fired = \"== 0\"\n";
    let scenario = scenario(&text);
    let outcome = play(&scenario, None, false);
    let verdicts = judge(&scenario, &outcome);
    let judged: Vec<_> = verdicts.iter().map(|it| (it.measured, it.met, it.unreached)).collect();
    // Raised at 7 min, before the warm-up ended, until 14 min. Every sum of five minutes is high.
    let expected = [
        (Some(0.0), true, false),
        (Some(240.0), true, false),
        (None, false, true),
        (None, false, true),
        (None, false, true),
        (Some(0.0), true, false),
    ];
    assert_eq!(judged, expected);
    assert_eq!(outcome.alarms[1].raised(Instant::ZERO).next(), Some(Instant::from_s(360)));
}

/// Four shards, and all 1,500/s on one: a quarter of the limit is stored, and 500/s are lost.
#[test]
fn an_alarm_on_the_stream_is_blind_to_its_hot_shard() {
    let text = |more: &str| {
        "scenario.duration = \"5 min\"\n[stream]\nshard_count = 4\n[[producer]]\n\
         rate = { constant = \"1500/s\", arrivals = \"even\" }\nrecord_size = \"400 B\"\n\
         partition_key = \"one\"\nretry = false\n"
            .to_owned()
            + &alarm("IncomingRecords", "192_000", "name = \"busy\"")
            + more
    };
    let blind = |text: &str| {
        let scenario = scenario(text);
        let outcome = play(&scenario, None, false);
        let found = find(&scenario, &outcome).into_iter();
        found.filter(|it| matches!(it.evidence, Evidence::BlindAlarm(_))).collect::<Vec<_>>()
    };
    let [found] = &blind(&text(""))[..] else { panic!("one alarm is blind") };
    let Evidence::BlindAlarm(it) = &found.evidence else { panic!("{found:?}") };
    assert_eq!((found.subject.as_str(), it.alarm, found.evidence.code()), ("busy", 0, "K605"));
    // The bucket of 1,000 records is full at first; its last one may be a moment too late.
    let highest = it.highest.map_or(0.0, Ratio::as_f64);
    assert!((60_999.0..=61_000.0).contains(&highest), "{highest}");
    let Harm::Writes { lost, shards, shard, .. } = &it.harm else { panic!("{it:?}") };
    let expected = 5 * 60 * 500 - 1_000;
    assert!((expected..=expected + 1).contains(lost), "{lost}");
    assert_eq!(*shards, 4);
    let told = explain(&scenario(&text("")), found).text;
    assert!(
        told.starts_with("busy was not raised although 33.1 % of attempts were refused"),
        "{told}"
    );
    assert!(told.contains(shard) && told.contains("ALARM is 192,000 or more"), "{told}");
    // Another one tells of it.
    let other = alarm("WriteProvisionedThroughputExceeded", "1", "name = \"refused\"");
    assert_eq!(blind(&text(&other)), []);
    let shard = (0..4).map(|shard| alarm("IncomingRecords", "60_000", &format!("shard = {shard}")));
    assert_eq!(blind(&text(&shard.collect::<String>())), []);
}

/// An alarm looks on: the run is the same to the last bit with it.
#[test]
fn a_run_is_the_same_with_an_alarm() {
    let plain = play(&scenario(STEPS), None, true);
    let text = STEPS.to_owned() + &alarm("IncomingRecords", "80_000", "");
    let watched = play(&scenario(&text), None, true);
    assert_eq!(plain.fingerprint, watched.fingerprint);
    assert_eq!(plain.timeline, watched.timeline);
}

#[test]
fn alarms_stand_in_a_table_in_events_and_in_a_chart() {
    let text = STEPS.to_owned()
        + &alarm("IncomingRecords", "80_000", "name = \"busy\"")
        + &alarm("IncomingRecords", "1", "name = \"slow\"\nperiod = \"10 min\"");
    let scenario = scenario(&text);
    let outcome = play(&scenario, None, false);
    let csv = |name: &str| {
        let table = table::find(name).expect("there is one");
        assert!(table.is_written(&scenario));
        String::from_utf8((table.write)(&scenario, &outcome)).expect("UTF-8")
    };
    let alarms = csv("alarms");
    let rows: Vec<&str> = alarms.lines().collect();
    assert_eq!(rows.len(), 1 + 20 + 2);
    assert_eq!(rows[1], "busy,0,36000,80000,count,120,OK");
    assert_eq!(rows[6], "busy,300,90000,80000,count,420,ALARM");
    assert_eq!(rows[20], "busy,1140,18000,80000,count,,");
    let events = csv("events");
    let fires = "420,alarm_fires,alarm.busy,\"OK to ALARM: IncomingRecords 90,000, ALARM is 80,000 \
                 or more\"";
    assert!(events.lines().any(|line| line == fires), "{events}");
    assert!(events.contains("840,alarm_ends,alarm.busy,\"ALARM to OK: IncomingRecords 18,000"));
    let summary = Summary::new(&scenario, &outcome, &[], &[]).screen(Style::FILE, "a.toml");
    let told = [
        "busy     alarm on IncomingRecords   first raised at 7 min   1 time   in ALARM 7 min\n",
        "         OK at the end\n",
    ];
    let told = &told.concat();
    assert!(summary.contains(told), "{summary}");
    let charts = charts(&scenario, &outcome);
    let chart = charts.iter().find(|it| it.file_stem == "alarms").expect("there are alarms");
    assert_eq!(chart.chart.title, "2 of 2 alarms were raised");
    let none = text::scenario(STEPS);
    assert!(!table::find("alarms").expect("there is one").is_written(&none));
}
