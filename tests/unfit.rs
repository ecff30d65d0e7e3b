//! What quanta do not play: a stream with any of it is played record by record, as exactly as ever.

#[path = "support/play.rs"]
mod play;

use kinesim::model::aggregate::{Reason, Unfit, has_quanta, quantum};
use kinesim::scenario::{Files, Scenario, because, load};
use kinesim::time::{Instant, Span};

use crate::play::play;

/// Every file is a trace of three records.
struct Trace;

impl Files for Trace {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(b"t,k,n\n0,a,1\n0,b,1\n3,c,1\n".to_vec())
    }
}

const RATE: &str = "rate = \"500/s\"\nrecord_size = \"1 KiB\"\n";
const PUT_RECORDS: &str = "rate = \"500/s\"\nrecord_size = \"1 KiB\"\napi = \"PutRecords\"\n";
const TRACE: &str = "trace = { file = \"t.csv\", time = \"t\", key = \"k\", size = \"n\" }\n";

fn scenario(stream: &str, producer: &str, more: &str, resolution: &str) -> Scenario {
    let text = format!(
        "[scenario]\nduration = \"20 s\"\nresolution = \"{resolution}\"\n[stream]\n\
         shard_count = 1\n{stream}\n[[producer]]\nname = \"calm\"\n{RATE}\
         [[producer]]\nname = \"web\"\n{producer}\n{more}"
    );
    load("test", "test.toml", &text, &[], &Trace)
        .unwrap_or_else(|it| panic!("{}", it.render(false)))
}

fn found(stream: &str, producer: &str, more: &str) -> Result<Option<Span>, Unfit> {
    quantum(&scenario(stream, producer, more, "100 ms").plan, 0)
}

fn fault(kind: &str) -> String {
    format!("[[fault]]\nat = \"1 s\"\nfor = \"1 s\"\n{kind}\n")
}

/// Each feature that stands in the way, alone.
#[test]
fn each_feature_that_quanta_do_not_play_is_found() {
    let bursty = "rate = { constant = \"500/s\", arrivals = \"bursty\", \
                  burst = { size = 10, every = \"1 s\" } }\nrecord_size = \"1 KiB\"\n";
    let with = |more: &str| format!("{RATE}{more}");
    let linger = |linger: &str| format!("{PUT_RECORDS}linger = \"{linger}\"\n");
    let retry =
        |wait: &str| with(&format!("retry = {{ backoff = \"{wait}\", max_backoff = \"{wait}\" }}"));
    let resend = format!("{PUT_RECORDS}resend = {{ backoff = \"1 h\", max_backoff = \"1 h\" }}");
    let cases = [
        ("", bursty.to_owned(), "", Reason::Bursts),
        ("", format!("{TRACE}explicit_hash_key = \"0\""), "", Reason::ExplicitHashKeys),
        // 500/s for 20 ms are ten in flight, and thirty with three attempts each.
        ("", with("latency = \"20 ms\"\nmax_in_flight = 40"), "", Reason::InFlight),
        ("encryption = true", with("max_in_flight = 1"), "", Reason::InFlight),
        ("", with("buffer = 1000"), "", Reason::Buffer),
        ("", with("buffer = \"1 MiB\""), "", Reason::Buffer),
        ("", linger("100001 ms"), "", Reason::Linger),
        ("", retry("3001 s"), "", Reason::Backoff),
        ("", resend, "", Reason::Backoff),
        ("", RATE.replace("500/s", "10001M/s"), "", Reason::Crowd),
        (
            "max_record_size = \"2 MiB\"",
            RATE.replace("1 KiB", "1.5 MiB"),
            "[model]\nwrite.enforcer = \"fixed-window\"\n",
            Reason::RecordSize,
        ),
    ];
    for (stream, producer, more, reason) in cases {
        assert_eq!(
            found(stream, &producer, more),
            Err(Unfit { producer: 1, reason }),
            "{producer}"
        );
    }
}

/// Ten calls of three attempts each may be in flight in the mean; with forty-eight allowed, one in
/// a thousand may find them all taken, and with sixty none does. A fault that slows answers down
/// counts as it is at its worst, and a trace by its densest moment.
#[test]
fn calls_in_flight_count_at_their_worst() {
    let with = |most: u32| format!("{RATE}latency = \"20 ms\"\nmax_in_flight = {most}");
    let slow = "kind = \"put-latency\"\ntarget = \"producer.web\"\nfactor = 2";
    let wanted = Unfit { producer: 1, reason: Reason::InFlight };
    assert_eq!(found("", &with(48), ""), Err(wanted));
    assert_eq!(found("", &with(60), ""), Ok(Some(Span::from_ms(100))));
    assert_eq!(found("", &with(60), &fault(slow)), Err(wanted));
    // Two rows at once, three times each.
    let trace = |most: u32| format!("{TRACE}latency = \"20 ms\"\nmax_in_flight = {most}");
    assert_eq!(found("", &trace(6), ""), Err(wanted));
    assert_eq!(found("", &trace(30), ""), Ok(Some(Span::from_ms(100))));
}

/// A wait counts with the answer that it begins with.
#[test]
fn a_long_answer_is_a_long_wait() {
    let retry = "retry = { backoff = \"2000 s\", max_backoff = \"2000 s\" }";
    let with = |latency: &str| format!("{RATE}latency = \"{latency}\"\n{retry}");
    assert_eq!(found("", &with("900 s"), ""), Ok(Some(Span::from_ms(100))));
    let wanted = Unfit { producer: 1, reason: Reason::Backoff };
    assert_eq!(found("", &with("1100 s"), ""), Err(wanted));
}

/// What looks like it and does not stand in the way.
#[test]
fn everything_else_is_played_in_quanta() {
    let with = |more: &str| format!("{RATE}{more}");
    let outage = fault("kind = \"producer-outage\"\ntarget = \"producer.web\"");
    let errors = fault("kind = \"api-errors\"\ntarget = \"stream.stream\"\nprobability = 0.5");
    let slow = fault("kind = \"put-latency\"\ntarget = \"producer.web\"\nlatency = \"5 ms\"");
    let kms = fault("kind = \"kms-throttle\"\ntarget = \"stream.stream\"\nprobability = 0.5");
    let cases = [
        ("", with("max_in_flight = 1"), ""),
        ("", with("explicit_hash_key = { dist = \"random\" }"), ""),
        ("", with("retry = false"), ""),
        ("", with("retry = { max_attempts = 1, backoff = \"1 d\", max_backoff = \"1 d\" }"), ""),
        ("", with("retry = { backoff = \"3000 s\", max_backoff = \"3000 s\" }"), ""),
        ("", format!("{PUT_RECORDS}linger = \"100 s\"\n"), ""),
        ("", TRACE.to_owned(), ""),
        ("", RATE.to_owned(), outage.as_str()),
        ("encryption = { latency = \"0 s\" }", with("max_in_flight = 1"), ""),
        ("encryption = true", with("latency = \"1 s\""), kms.as_str()),
        ("", with("latency = { median = \"1 ms\", p99 = \"2 ms\" }"), slow.as_str()),
        ("", with("internal_failure = \"0.1 %\""), errors.as_str()),
        ("max_record_size = \"2 MiB\"", RATE.replace("1 KiB", "1.5 MiB"), ""),
        ("", RATE.to_owned(), "[model]\nwrite.enforcer = \"fixed-window\"\n"),
    ];
    for (stream, producer, more) in cases {
        let played = found(stream, &producer, more);
        assert_eq!(played, Ok(Some(Span::from_ms(100))), "{stream} {producer} {more}");
    }
}

/// A day between attempts has a place for each quantum only where there are attempts.
#[test]
fn a_wait_that_never_comes_takes_no_memory() {
    let never = "retry = { max_attempts = 1, backoff = \"1 d\", max_backoff = \"1 d\" }";
    let outcome = play(&scenario("", &format!("{RATE}{never}"), "", "1 ms"), None, false);
    assert_eq!(outcome.streams[0].quantum, Some(Span::from_ms(1)));
}

/// The same run to the last number, but for what is said of it.
#[test]
fn what_is_unfit_is_played_as_if_nothing_was_asked_for() {
    let reader = "[[reader]]\nname = \"late\"\n";
    let backlog = "initial_backlog = { age = \"1 h\", rate = \"100/s\", record_size = \"1 KiB\" }";
    let web = format!("{RATE}internal_failure = \"1 %\"\nbuffer = 1000");
    let asked = scenario(backlog, &web, reader, "100 ms");
    let exact = scenario(backlog, &web, reader, "exact");
    assert!(!has_quanta(&asked.plan));
    let (asked_for, wanted) = (play(&asked, None, true), play(&exact, None, true));
    assert_eq!(asked_for.fingerprint, wanted.fingerprint);
    let unfit = asked_for.streams[0].unfit.unwrap();
    assert_eq!(because(&asked.plan, &unfit), "producer web has a buffer");
    assert_eq!((asked_for.streams[0].quantum, wanted.streams[0].unfit), (None, None));
    assert_eq!(asked_for.until, Instant::from_s(20));
}

/// Streams go by themselves, and one that nobody writes to is not played at all.
#[test]
fn one_stream_in_quanta_another_record_by_record() {
    let text = "[scenario]\nduration = \"5 s\"\nresolution = \"1 s\"\n\
        [[stream]]\nname = \"a\"\nshard_count = 1\n[[stream]]\nname = \"b\"\nshard_count = 1\n\
        [[stream]]\nname = \"c\"\nshard_count = 1\n\
        [[producer]]\nname = \"one\"\nstream = \"a\"\nrate = \"100/s\"\nrecord_size = \"1 KiB\"\n\
        [[producer]]\nname = \"two\"\nstream = \"b\"\nrate = \"100/s\"\nrecord_size = \"1 KiB\"\n\
        latency = \"5 ms\"\nbuffer = 1000\n";
    let scenario = load("test", "test.toml", text, &[], &Trace).unwrap();
    let outcome = play(&scenario, None, false);
    let told: Vec<_> = outcome.streams.iter().map(|it| (it.quantum, it.unfit)).collect();
    let unfit = Unfit { producer: 1, reason: Reason::Buffer };
    assert_eq!(told, [(Some(Span::from_s(1)), None), (None, Some(unfit)), (None, None)]);
    assert!(outcome.streams[..2].iter().all(|it| it.write.accepted_records > 300));
}
