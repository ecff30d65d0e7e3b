//! One record's journey, as the model states it.

#[path = "support/hand.rs"]
mod hand;

use std::fmt::Write as _;

use kinesim::engine::{self, Probe};
use kinesim::model::observation::Observation;
use kinesim::model::plan::{Backoff, Jitter, Plan, TraceRow};
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};

/// Writes down what is stated: the moment, and what.
#[derive(Default)]
struct Diary(String);

impl Probe<Observation> for Diary {
    fn observe(&mut self, at: Instant, what: Observation) {
        writeln!(self.0, "{:.3} ms: {what:?}", at.as_s() * 1e3).expect("a text takes anything");
    }
}

fn diary(plan: &Plan) -> String {
    let mut diary = Diary::default();
    let (mut world, mut agenda) = World::new(plan, 0, Span::from_s(1));
    let end = Instant::ZERO + plan.duration;
    engine::run(&mut world, &mut agenda, end, &mut diary);
    world.close(end, &mut diary);
    diary.0
}

fn rows(ms: &[u64]) -> Vec<TraceRow> {
    ms.iter()
        .map(|&ms| TraceRow { at: Instant::ZERO + Span::from_ms(ms), key: 0, bytes: 100 })
        .collect()
}

#[test]
fn a_record_is_offered_stored_read_and_delivered() {
    let producer = hand::replayed(rows(&[250]), vec!["key".to_owned()]);
    let mut reader = hand::reader(Span::from_s(1));
    (reader.per_call, reader.per_record) = (Span::from_ms(40), Span::from_ms(2));
    let plan = hand::plan(Span::from_s(2), hand::stream(1, 1_000), vec![producer], vec![reader]);
    expect_test::expect![""].assert_eq(&diary(&plan));
}

/// The shard takes one record a second. The second record finds it empty at 100 ms and 400 ms, and
/// full again at 1,000 ms, to the nanosecond.
#[test]
fn a_record_is_refused_twice_and_stored_at_its_third_attempt() {
    let mut producer = hand::replayed(rows(&[0, 100]), vec!["key".to_owned()]);
    producer.client.backoff = Some(Backoff {
        max_attempts: 3,
        base: Span::from_ms(300),
        max: Span::from_s(20),
        jitter: Jitter::None,
    });
    let reader = hand::reader(Span::from_s(1));
    let plan = hand::plan(Span::from_s(2), hand::stream(1, 1), vec![producer], vec![reader]);
    expect_test::expect![""].assert_eq(&diary(&plan));
}
