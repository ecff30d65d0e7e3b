//! What one GetRecords call returns, against calls recorded from four emulators.
//!
//! The tools enforce no read limits; here a refused call is simply followed by the next one, so
//! that the answered calls can be compared. docs/oracles.md explains where tools differ.

use kinesim::engine::Probe;
use kinesim::model::account::Account;
use kinesim::model::cohort::{Cohort, KeyGroup};
use kinesim::model::consumer::reader::Reader;
use kinesim::model::facts;
use kinesim::model::log::Kept;
use kinesim::model::observation::Observation;
use kinesim::model::plan::{
    AccountPlan, Enforcer, IntakePlan, PollOrder, PollPlan, ReaderPlan, StartingPosition,
    StreamPlan, WorkPlan, WritePlan,
};
use kinesim::model::retry::RetryPlan;
use kinesim::model::stream::{Call, Offer, Stream};
use kinesim::time::{Instant, Span};
use serde_json::Value;

const RECORDED: &str = include_str!("data/oracles/get_records.json");

/// Records of each answered call, up to the first that finds none.
#[derive(Default)]
struct Answers(Vec<u64>);

impl Probe<Observation> for Answers {
    fn observe(&mut self, _: Instant, what: Observation) {
        if let Observation::Read(read) = what
            && self.0.last() != Some(&0)
        {
            self.0.push(u64::from(read.records));
        }
    }
}

/// A stream of one shard that takes in anything, and the reader of it.
fn world(limit: u32) -> (Stream, Reader) {
    let plan = StreamPlan {
        write: WritePlan { enforcer: Enforcer::FixedWindow, ..WritePlan::bucket(1 << 30, 1 << 30) },
        ..StreamPlan::provisioned("recorded", 1)
    };
    let account = AccountPlan::of("us-east-1");
    let stream = Stream::new(&plan, 0, (1, Kept::Records), &mut Account::new(&account));
    let poll = PollPlan {
        every: facts::POLL_EVERY,
        jitter: Span::ZERO,
        limit,
        order: PollOrder::SideBySide,
        retry: RetryPlan::NONE,
    };
    let reader = ReaderPlan {
        name: "reader".to_owned(),
        stream: 0,
        starts: Instant::ZERO,
        start: StartingPosition::TrimHorizon,
        intake: IntakePlan::Poll(poll.clone()),
        read_ahead: 0,
        per_call: Span::ZERO,
        per_record: Span::ZERO,
        threads: None,
        work: WorkPlan::Loop,
    };
    let reader = Reader::new(&reader, &poll, 0, 0, &stream, 1, 0);
    (stream, reader)
}

/// How many records each call returns when `records` of `bytes` wait in a shard.
fn calls(limit: u32, records: usize, bytes: u64) -> Vec<u64> {
    let (mut stream, mut reader) = world(limit);
    let cohort = Cohort::single(KeyGroup::fresh(0), bytes, Instant::ZERO);
    let mut offers = vec![Offer { cohort, shard: 0, admitted: 0 }; records];
    stream.settle(Instant::ZERO, Call::PutRecord, 0, &mut offers, &mut ());
    let mut answers = Answers::default();
    reader.act(Instant::from_s(60), &mut stream, &mut answers);
    answers.0
}

fn recorded(case: &str, tool: &str) -> Value {
    let recorded: Value = serde_json::from_str(RECORDED).expect("the file is JSON");
    let mut cases = recorded["cases"].as_array().expect("cases").iter();
    let case = cases.find(|recorded| recorded["id"] == case).expect("the case is recorded");
    case["tools"][tool].clone()
}

#[test]
fn a_call_returns_at_most_ten_thousand_records() {
    // KDS-R03. moto has no such limit. At the tip a call answers at once, with nothing (KDS-R10).
    let ours = calls(facts::GET_RECORDS_LIMIT_MAX, 12_000, 2);
    for tool in ["kinesalite", "kinesis_mock", "ferrokinesis"] {
        assert_eq!(recorded("count_12000", tool)["records_per_call"], Value::from(ours.clone()));
    }
    assert_eq!(recorded("count_12000", "moto")["records_per_call"], Value::from(vec![12_000, 0]));
}

#[test]
fn a_call_returns_at_most_its_limit() {
    let ours = calls(10, 20, 2);
    assert_eq!(ours, [10, 10, 0]);
    for tool in ["moto", "kinesalite", "kinesis_mock", "ferrokinesis"] {
        assert_eq!(recorded("limit_10", tool)["records"], ours[0]);
    }
}

#[test]
fn a_call_returns_at_most_ten_mebibytes() {
    // KDS-R03. Only kinesis-mock has this limit.
    let ours = calls(facts::GET_RECORDS_LIMIT_MAX, 25, 500_000);
    let mock = recorded("bytes_25x500000", "kinesis_mock");
    assert_eq!(mock["records_per_call"], Value::from(ours));
    for tool in ["moto", "kinesalite", "ferrokinesis"] {
        let uncapped = recorded("bytes_25x500000", tool);
        assert_eq!(uncapped["records_per_call"], Value::from(vec![25, 0]), "{tool}");
    }
}

#[test]
fn ten_records_of_one_mebibyte_just_fit() {
    // 1 MiB - 1 of data, and a key of one byte where the tools' key is not recorded: ten make
    // exactly 10 MiB. kinesis-mock stops at nine.
    let ours = calls(facts::GET_RECORDS_LIMIT_MAX, 12, 1 << 20);
    assert_eq!(ours, [10, 2, 0]);
    let mock = recorded("bytes_12x1MiB", "kinesis_mock");
    assert_eq!(mock["records_per_call"], Value::from(vec![9, 3, 0]));
}

/// When the records handed over were born, in the order they came.
#[derive(Default)]
struct Births(Vec<Instant>);

impl Probe<Observation> for Births {
    fn observe(&mut self, _: Instant, what: Observation) {
        if let Observation::Delivered(delivered) = what {
            self.0.push(delivered.born.start);
        }
    }
}

#[test]
fn a_shard_is_read_in_the_order_of_arrival() {
    // KDS-H12: what counts is when a record is stored, not when it was born; a position in the log
    // stands for the sequence number, which only ever grows (KDS-H09).
    let (mut stream, mut reader) = world(facts::GET_RECORDS_LIMIT_MAX);
    let born = [5, 3, 900, 1, 700].map(|ms| Instant::ZERO + Span::from_ms(ms));
    for (second, born) in (1..).zip(born) {
        let cohort = Cohort::single(KeyGroup::fresh(0), 10, born);
        let mut offers = [Offer { cohort, shard: 0, admitted: 0 }];
        stream.settle(Instant::from_s(second), Call::PutRecord, 0, &mut offers, &mut ());
    }
    let mut births = Births::default();
    reader.act(Instant::from_s(10), &mut stream, &mut births);
    assert_eq!(births.0, born);
}
