//! Traces worked out by hand from the ledger's algorithms (A, B and D), one lane.

use super::Lambda;
use super::poison::Bad;
use crate::engine::Probe;
use crate::model::account::Account;
use crate::model::cohort::{Cohort, KeyGroup};
use crate::model::concurrency::Concurrency;
use crate::model::events::{BILLION, FaultKind, FaultPlan};
use crate::model::log::Kept;
use crate::model::observation::{Answer, Observation, SkipCause};
use crate::model::plan::{
    AccountPlan, DurationPlan, FunctionPlan, IntakePlan, Jitter, LambdaPlan, MappingChange,
    MappingPlan, PayloadPlan, Plan, PollPlan, ReadPlan, ReaderPlan, Resolution, StreamPlan,
    TumblingPlan, WorkPlan, WritePlan,
};
use crate::model::retry::Wait;
use crate::model::stream::{Call, Offer, Stream};
use crate::time::{Instant, Span};
use crate::units::Bytes;

const PAUSE: Wait = Wait { base: Span::from_s(1), max: Span::from_s(60), jitter: Jitter::None };

/// 100 ms an invocation, batches of 8, no retries.
pub(super) fn lambda() -> LambdaPlan {
    LambdaPlan {
        batch_size: 8,
        batching_window: Span::ZERO,
        factor: 1,
        factor_max: 1,
        retries: Some(0),
        record_age: None,
        bisect: false,
        partial: false,
        on_failure: false,
        tumbling: None,
        passes: BILLION,
        function: FunctionPlan {
            memory: Bytes::mib(128),
            arm: false,
            timeout: Span::from_s(3),
            cold_start: DurationPlan::Constant(Span::ZERO),
            fixed: DurationPlan::Constant(Span::from_ms(100)),
            per_record: DurationPlan::Constant(Span::ZERO),
            errors: 0,
            record_errors: 0,
            reserved: None,
            idle_reclaim: Span::from_s(600),
        },
        payload: PayloadPlan { max: Bytes::mib(6), envelope: 13, overhead: 554, key: 0 },
        mapping: MappingPlan {
            catch_up_every: Span::from_s(1),
            buffer: 10_000,
            discovery: Span::from_s(10),
            retry: PAUSE,
            throttle: PAUSE,
            update_pause: Span::ZERO,
        },
    }
}

pub(super) fn plan(lambda: LambdaPlan) -> Plan {
    let intake = IntakePlan::Poll(PollPlan::every(Span::from_s(1)));
    let reader = ReaderPlan::plain("f", intake, WorkPlan::Lambda(Box::new(lambda)));
    let stream = StreamPlan {
        record_max: Bytes::mib(10),
        write: WritePlan::bucket(1 << 20, 1 << 30),
        read: ReadPlan { calls_per_s: 5, bytes_per_s: 1 << 30 },
        ..StreamPlan::provisioned("s", 1)
    };
    let account = AccountPlan::of("us-east-1");
    Plan {
        duration: Span::from_s(1_000),
        warm_up: Span::ZERO,
        seed: 1,
        resolution: Resolution::Exact,
        account,
        streams: vec![stream],
        producers: vec![],
        readers: vec![reader],
        faults: vec![],
        actions: vec![],
        scalers: vec![],
        memory_limit: Bytes::mib(64),
    }
}

/// What happens, in words: `100 invoke 8` at 100 ms.
#[derive(Default)]
struct Said(Vec<String>);

impl Probe<Observation> for Said {
    fn observe(&mut self, at: Instant, what: Observation) {
        let text = match what {
            Observation::Invoked(it) => format!("invoke {}", it.records),
            Observation::Returned(it) => match it.answer {
                Answer::Done => "done".to_owned(),
                Answer::Partly(k) => format!("first {k} done"),
                Answer::Failed => "failed".to_owned(),
                Answer::TimedOut => "timed out".to_owned(),
                Answer::Lost => "lost".to_owned(),
            },
            Observation::InvocationThrottled { .. } => "throttled".to_owned(),
            Observation::Skipped { records, cause, .. } => {
                let why = match cause {
                    SkipCause::RetriesExhausted => "given up",
                    SkipCause::TooOld => "too old",
                    SkipCause::TooLarge => "too large",
                    SkipCause::Expired => "expired",
                    _ => "skipped",
                };
                format!("{records} {why}")
            }
            _ => return,
        };
        self.0.push(format!("{} {text}", at.as_ns() / 1_000_000));
    }
}

/// Plays a mapping that first asks at 1 s. `arrivals` are at so many ms so many records of so many
/// bytes; `bad` are the numbers of records that cannot be digested before a time (s).
fn played(
    lambda: &LambdaPlan,
    arrivals: &[(u64, u32, u64)],
    bad: &[(u64, u64)],
    until: u64,
) -> Vec<String> {
    changed(lambda, arrivals, (bad, &[]), until)
}

/// Changes, each at so many ms.
pub(super) type Changes = [(u64, MappingChange)];

/// The same with changes; all records that arrive at a moment have one key, by turns
/// one that the lower and one that the upper of two lanes has.
pub(super) fn changed(
    lambda: &LambdaPlan,
    arrivals: &[(u64, u32, u64)],
    (bad, changes): (&[(u64, u64)], &Changes),
    until: u64,
) -> Vec<String> {
    let plan = plan(lambda.clone());
    let mut stream =
        Stream::new(&plan.streams[0], 0, (1, Kept::Keys), &mut Account::new(&plan.account));
    let mut account = Concurrency::new(&plan);
    let mut mapping = Lambda::new((&plan.readers[0], lambda), (0, 0), &stream, (1, 0));
    mapping.polls.clear();
    mapping.polls.set(Instant::from_s(1), 0);
    let fault = |&(number, until): &(u64, u64)| {
        let kind = FaultKind::PoisonRecord { reader: 0, shard: None };
        let until = Instant::from_s(until);
        let mut bad = Bad::of(0, &[FaultPlan { from: Instant::ZERO, until, kind }]).remove(0);
        bad.place = Some((0, number));
        bad
    };
    mapping.bad = bad.iter().map(fault).collect();
    let mut said = Said::default();
    let mut changes = changes.iter().peekable();
    let arrivals = (0..).zip(arrivals.iter().copied());
    for (turn, (ms, records, bytes)) in arrivals.chain([(0, (1_000 * until, 0, 0))]) {
        let now = Instant::ZERO + Span::from_ms(ms);
        while let Some((at, change)) = changes.next_if(|it| it.0 <= ms) {
            let at = Instant::ZERO + Span::from_ms(*at);
            mapping.act(Instant::from_ns(at.as_ns() - 1), &mut stream, &mut account, &mut said);
            mapping.update(change, at);
        }
        mapping.act(Instant::from_ns(now.as_ns() - 1), &mut stream, &mut account, &mut said);
        let key = KeyGroup::fresh(if turn % 2 == 0 { LOWER } else { UPPER });
        for _ in 0..records {
            let cohort = Cohort::single(key, bytes, now);
            let mut offers = [Offer { cohort, shard: 0, admitted: 0 }];
            stream.settle(now, Call::PutRecord, 0, &mut offers, &mut said);
        }
    }
    mapping.act(Instant::from_s(until), &mut stream, &mut account, &mut said);
    said.0
}

/// Keys whose hashes lie in the lower and in the upper half of all.
const LOWER: u64 = 7;
const UPPER: u64 = 1 << 62;

/// Eight records before the first call.
const EIGHT: [(u64, u32, u64); 1] = [(500, 8, 100)];

#[test]
fn a_batch_is_split_until_the_bad_record_is_alone() {
    let plan = LambdaPlan { bisect: true, ..lambda() };
    let trace = played(&plan, &EIGHT, &[(2, 999)], 9);
    let expected = [
        "1000 invoke 8",
        "1100 failed",
        "1100 invoke 4",
        "1200 failed",
        "1200 invoke 2",
        "1300 done",
        "1300 invoke 2",
        "1400 failed",
        "1400 invoke 1",
        "1500 failed",
        "1500 1 given up",
        "1500 invoke 1",
        "1600 done",
        "1600 invoke 4",
        "1700 done",
    ];
    assert_eq!(trace, expected);
    // The first and the last.
    let trace = played(&plan, &EIGHT, &[(0, 999)], 9);
    let sizes: Vec<&str> = trace.iter().filter_map(|it| it.split("invoke ").nth(1)).collect();
    assert_eq!(sizes, ["8", "4", "2", "1", "1", "2", "4"]);
    let trace = played(&plan, &EIGHT, &[(7, 999)], 9);
    let sizes: Vec<&str> = trace.iter().filter_map(|it| it.split("invoke ").nth(1)).collect();
    assert_eq!(sizes, ["8", "4", "4", "2", "2", "1", "1"]);
}

/// Seven records: the first half is the smaller one (ESM-85). Two are bad, one a half; each alone
/// is tried once more, a second later.
#[test]
fn two_bad_records_are_each_tried_alone_as_often_as_allowed() {
    let plan = LambdaPlan { bisect: true, retries: Some(1), ..lambda() };
    let trace = played(&plan, &[(500, 7, 100)], &[(1, 999), (5, 999)], 9);
    let expected = [
        "1000 invoke 7",
        "1100 failed",
        "1100 invoke 3",
        "1200 failed",
        "1200 invoke 1",
        "1300 done",
        "1300 invoke 2",
        "1400 failed",
        "1400 invoke 1",
        "1500 failed",
        "2500 invoke 1",
        "2600 failed",
        "2600 1 given up",
        "2600 invoke 1",
        "2700 done",
        "2700 invoke 4",
        "2800 failed",
        "2800 invoke 2",
        "2900 done",
        "2900 invoke 2",
        "3000 failed",
        "3000 invoke 1",
        "3100 failed",
        "4100 invoke 1",
        "4200 failed",
        "4200 1 given up",
        "4200 invoke 1",
        "4300 done",
    ];
    assert_eq!(trace, expected);
}

/// With one bad record of 2^k, k splits fail, the record fails R + 1 times, and k halves are done.
#[test]
fn a_split_takes_as_many_invocations_as_it_must() {
    for (k, retries) in [(0_u32, 0_u32), (1, 0), (3, 2), (5, 1), (10, 0)] {
        let n = 1 << k;
        for bad in [0, n / 3, n - 1] {
            let plan =
                LambdaPlan { bisect: true, retries: Some(retries), batch_size: n, ..lambda() };
            let trace = played(&plan, &[(500, n, 100)], &[(u64::from(bad), 9_999)], 999);
            let count = trace.iter().filter(|it| it.contains("invoke")).count() as u32;
            assert_eq!(count, 2 * k + retries + 1, "2^{k}, {retries} retries, record {bad}");
        }
    }
}

/// ESM-88, ESM-91: what comes before the record is done, the rest begins anew and has all its
/// tries; the try that said so does not count.
#[test]
fn a_partial_answer_moves_on_to_the_record_that_failed() {
    let plan = LambdaPlan { partial: true, retries: Some(1), ..lambda() };
    let trace = played(&plan, &EIGHT, &[(2, 999)], 9);
    let expected = [
        "1000 invoke 8",
        "1100 first 2 done",
        "2100 invoke 6",
        "2200 first 0 done",
        "3200 invoke 6",
        "3300 first 0 done",
        "3300 6 given up",
    ];
    assert_eq!(trace, expected);
    // ESM-93: a partial answer is not split.
    let both = LambdaPlan { bisect: true, ..plan.clone() };
    assert_eq!(played(&both, &EIGHT, &[(2, 999)], 9), expected);
    // It can be digested from 3 s on.
    let trace = played(&plan, &EIGHT, &[(2, 3)], 9);
    assert_eq!(trace[4..], ["3200 invoke 6", "3300 done"]);
}

/// ESM-93: an error that is thrown is halved, also where items may be reported.
#[test]
fn a_thrown_error_is_halved_where_items_are_reported() {
    let mut plan = LambdaPlan { bisect: true, partial: true, ..lambda() };
    plan.function.errors = BILLION;
    let trace = played(&plan, &[(500, 2, 100)], &[], 9);
    let expected = [
        "1000 invoke 2",
        "1100 failed",
        "1100 invoke 1",
        "1200 failed",
        "1200 1 given up",
        "1200 invoke 1",
        "1300 failed",
        "1300 1 given up",
    ];
    assert_eq!(trace, expected);
}

/// ESM-72, ESM-79: three retries are four invocations, after 1, 2 and 4 s.
#[test]
fn pauses_double() {
    let plan = LambdaPlan { retries: Some(3), ..lambda() };
    let trace = played(&plan, &EIGHT, &[(0, 999)], 99);
    let expected = [
        "1000 invoke 8",
        "1100 failed",
        "2100 invoke 8",
        "2200 failed",
        "4200 invoke 8",
        "4300 failed",
        "8300 invoke 8",
        "8400 failed",
        "8400 8 given up",
    ];
    assert_eq!(trace, expected);
}

/// ESM-76 to ESM-78: the age runs while a batch is tried again; what is too old is given up and the
/// rest is handed over.
#[test]
fn a_batch_loses_what_is_too_old() {
    let mut plan = LambdaPlan {
        retries: None,
        record_age: Some(Span::from_s(60)),
        batching_window: Span::from_s(45),
        ..lambda()
    };
    plan.function.errors = BILLION;
    let trace = played(&plan, &[(500, 2, 100), (40_500, 2, 100)], &[], 200);
    let expected = [
        "45000 invoke 4",
        "45100 failed",
        "46100 invoke 4",
        "46200 failed",
        "48200 invoke 4",
        "48300 failed",
        "52300 invoke 4",
        "52400 failed",
        "60400 invoke 4",
        "60500 failed",
        "76500 2 too old",
        "76500 invoke 2",
        "76600 failed",
        "108600 2 too old",
    ];
    assert_eq!(trace, expected);
}

/// ESM-32 to ESM-34: eight are there at 3 s, after two calls with four each and before 10 s are
/// over; then three wait until the window is over that opened at 3.1 s; then another three.
#[test]
fn a_batch_goes_when_it_is_full_or_its_window_is_over() {
    let plan = LambdaPlan { batching_window: Span::from_s(10), ..lambda() };
    let arrivals = [(500, 4, 100), (2_500, 4, 100), (3_500, 3, 100), (14_000, 3, 100)];
    let trace = played(&plan, &arrivals, &[], 60);
    let expected = [
        "3000 invoke 8",
        "3100 done",
        "13100 invoke 3",
        "13200 done",
        "23200 invoke 3",
        "23300 done",
    ];
    assert_eq!(trace, expected);
}

/// ESM-33: without a window whatever was read goes at once, and what came meanwhile after it.
#[test]
fn without_a_window_one_record_is_a_batch() {
    let mut plan = lambda();
    plan.function.fixed = DurationPlan::Constant(Span::from_ms(1_500));
    let trace = played(&plan, &[(500, 1, 100), (1_500, 9, 100), (2_600, 1, 100)], &[], 60);
    let expected =
        ["1000 invoke 1", "2500 done", "2500 invoke 8", "4000 done", "4000 invoke 2", "5500 done"];
    assert_eq!(trace, expected);
}

/// ESM-36, ESM-37, ESM-40: records of 2 MiB take 2.8 MB in an event, two fit one; one of 5 MiB
/// fits none and is dropped. It comes by the second call: one brings at most 10 MiB (KDS-R03).
#[test]
fn an_event_has_room_for_six_mebibytes() {
    let mib = 1 << 20;
    let trace = played(&lambda(), &[(500, 3, 2 * mib), (600, 1, 5 * mib)], &[], 60);
    let expected = ["1000 invoke 2", "1100 done", "1100 invoke 1", "1200 done", "2000 1 too large"];
    assert_eq!(trace, expected);
}

/// ESM-60, ESM-73: with reserved concurrency 0 nothing runs, and no try is spent.
#[test]
fn throttles_spend_no_retries() {
    let mut plan = lambda();
    plan.function.reserved = Some(0);
    let trace = played(&plan, &EIGHT, &[], 20);
    let expected =
        ["1000 throttled", "2000 throttled", "4000 throttled", "8000 throttled", "16000 throttled"];
    assert_eq!(trace, expected);
}

/// ESM-62: what takes longer than it may has failed.
#[test]
fn an_invocation_ends_at_its_timeout() {
    let mut plan = lambda();
    plan.function.per_record = DurationPlan::Constant(Span::from_ms(400));
    let trace = played(&plan, &EIGHT, &[], 9);
    assert_eq!(trace, ["1000 invoke 8", "4000 timed out", "4000 8 given up"]);
}

pub(super) fn tumbling(length: u64) -> TumblingPlan {
    TumblingPlan {
        length: Span::from_s(length),
        close_after: Span::from_s(120),
        state: 0,
        state_per_record: 0,
    }
}

/// ESM-116, ESM-119, ESM-120: records of [0, 10) and of [10, 20) never share a batch; the first
/// window is closed when a record of the second is there, the second two minutes after its end.
#[test]
fn tumbling_windows_are_closed_by_what_follows_or_by_time() {
    let plan = LambdaPlan { tumbling: Some(tumbling(10)), ..lambda() };
    let trace = played(&plan, &[(500, 2, 100), (9_500, 1, 100), (10_500, 3, 100)], &[], 200);
    let expected = [
        "1000 invoke 2",
        "1100 done",
        "10000 invoke 1",
        "10100 done",
        "11000 invoke 0",
        "11100 done",
        "11100 invoke 3",
        "11200 done",
        "140000 invoke 0",
        "140100 done",
    ];
    assert_eq!(trace, expected);
}

/// A batch that could hold both is cut where the window ends, and does not wait for company.
#[test]
fn a_batch_is_cut_where_a_tumbling_window_ends() {
    let plan =
        LambdaPlan { tumbling: Some(tumbling(10)), batching_window: Span::from_s(30), ..lambda() };
    let trace = played(&plan, &[(9_200, 2, 100), (10_500, 3, 100)], &[], 60);
    let expected = [
        "11000 invoke 2",
        "11100 done",
        "11100 invoke 0",
        "11200 done",
        "41200 invoke 3",
        "41300 done",
    ];
    assert_eq!(trace, expected);
}

/// ESM-117: at 400 KB a record, the state is too large after three of them.
#[test]
fn a_window_whose_state_is_too_large_is_closed_early() {
    let tumbling = TumblingPlan { state_per_record: 400_000, ..tumbling(60) };
    let plan = LambdaPlan { tumbling: Some(tumbling), batch_size: 1, ..lambda() };
    let trace = played(&plan, &[(500, 4, 100)], &[], 9);
    let expected = [
        "1000 invoke 1",
        "1100 done",
        "1100 invoke 1",
        "1200 done",
        "1200 invoke 1",
        "1300 done",
        "1300 invoke 0",
        "1400 done",
        "1400 invoke 1",
        "1500 done",
    ];
    assert_eq!(trace, expected);
}
