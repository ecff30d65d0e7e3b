//! Splits, merges and UpdateShardCount: as other tools do them, as AWS was seen to do one, and
//! whatever else goes on.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/hand.rs"]
mod hand;
#[path = "support/watch.rs"]
mod watch;

use kinesim::engine;
use kinesim::experiment::ledger;
use kinesim::experiment::metrics::Metrics;
use kinesim::model::account::Account;
use kinesim::model::events::{ActionKind, ActionPlan};
use kinesim::model::hashing::{HashKey, uniform_ranges};
use kinesim::model::log::Kept;
use kinesim::model::plan::{AccountPlan, Plan, ReshardPlan, Resolution};
use kinesim::model::reshard::{Refusal, Reshard, ReshardCall};
use kinesim::model::stream::Stream;
use kinesim::model::world::World;
use kinesim::scenario::{Files, load};
use kinesim::time::{Instant, Span};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::watch::Watch;

const RESHARD: &str = include_str!("data/oracles/reshard.json");
const PUBLISHED: &str = include_str!("data/oracles/aws_published.json");

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::other(name.to_owned()))
    }
}

/// A plan with a stream of so many shards.
fn plan(shards: u64) -> Plan {
    let text = format!(
        "[stream]\nshard_count = {shards}\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 B\"\n"
    );
    load("test", "test.toml", &text, &[], &NoFiles)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
        .plan
}

/// A stream whose changes are made one after the other, each to its end.
struct Changing {
    stream: Stream,
    reshard: Reshard,
    account: Account,
    now: Instant,
}

impl Changing {
    fn new(shards: u64, parallel: Option<u32>, quota: u32) -> Self {
        let plan = plan(shards);
        let mut account = Account::new(&AccountPlan { shard_quota: quota, ..plan.account.clone() });
        let stream = Stream::new(&plan.streams[0], 0, (0, Kept::Nothing), &mut account);
        let times = ReshardPlan { parallel, ..plan.streams[0].reshard };
        Self { stream, reshard: Reshard::new(times), account, now: Instant::ZERO }
    }

    fn ask(&mut self, call: ReshardCall) -> Result<(), Refusal> {
        let answer = self.reshard.call(self.now, call, &self.stream, &mut self.account);
        if answer.is_err() {
            // An account makes a few calls a second.
            self.now = self.now + Span::from_s(1);
        }
        answer?;
        while self.reshard.is_at_work() {
            self.now = self.reshard.next_at();
            self.reshard.act(self.now, &mut self.stream, &mut self.account, |_, _| {});
        }
        self.now = self.now + Span::from_s(1);
        Ok(())
    }

    fn update(&mut self, target: u32) -> Result<(), Refusal> {
        self.ask(ReshardCall::UpdateShardCount { target })
    }

    /// Index, range, parents, and whether it is open, of each shard: as the recorded files have it.
    fn listed(&self) -> Value {
        let shard = |shard: &kinesim::model::shard::Shard| {
            let (rest, lineage) = (&shard.rest, &shard.rest.lineage);
            let (start, end) = (rest.range.start.to_string(), rest.range.end.to_string());
            let open = u8::from(lineage.closed.is_none());
            json!([rest.number, start, end, lineage.parents[0], lineage.parents[1], open])
        };
        self.stream.shards.iter().map(shard).collect()
    }

    fn open_numbers(&self) -> Vec<u32> {
        let number = |&index: &u32| self.stream.shards[index as usize].rest.number;
        self.stream.open().iter().map(number).collect()
    }
}

fn call(op: &Value) -> ReshardCall {
    let number = |field: &str| op[field].as_u64().unwrap() as u32;
    match op["op"].as_str().unwrap() {
        "split" => {
            let at = HashKey::from_decimal(op["at"].as_str().unwrap()).unwrap().0;
            ReshardCall::Split { shard: number("shard"), at: Some(at) }
        }
        "merge" => ReshardCall::Merge { shard: number("a"), adjacent: number("b") },
        _ => ReshardCall::UpdateShardCount { target: number("target") },
    }
}

#[test]
fn splits_and_merges_give_the_shards_that_other_tools_list() {
    let recorded: Value = serde_json::from_str(RESHARD).unwrap();
    let (mut exact, mut equal) = (0, 0);
    for sequence in recorded["sequences"].as_array().unwrap() {
        let ops = sequence["ops"].as_array().unwrap();
        let mut ours = Changing::new(sequence["create"].as_u64().unwrap(), None, 20_000);
        let answers: Vec<_> = ops.iter().map(|op| ours.ask(call(op))).collect();
        if ops.iter().all(|op| op["op"] != "update") {
            assert!(answers.iter().all(Result::is_ok), "{}", sequence["id"]);
            // Kinesalite is the one tool whose test suite can be pointed at real AWS.
            let by_kinesalite = |structure: &&Value| {
                structure["tools"].as_array().unwrap().contains(&json!("kinesalite"))
            };
            let structures = sequence["structures"].as_array().unwrap();
            let theirs = structures.iter().find(by_kinesalite).unwrap();
            assert_eq!(ours.listed(), theirs["shards"], "{}", sequence["id"]);
            exact += 1;
            continue;
        }
        // How tools go about UpdateShardCount, they do not agree on: what comes of it has to be
        // as many equal shards as asked for.
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!(refused, 0, "{} {answers:?}", sequence["id"]);
        let target = ops.last().unwrap()["target"].as_u64().unwrap() as u32;
        let open = ours.stream.open_ranges();
        assert_eq!(open.len(), target as usize, "{}", sequence["id"]);
        for ((range, _), wanted) in open.iter().zip(uniform_ranges(target)) {
            assert!(range.start.abs_diff(wanted.start) < 1 << 64, "{}", sequence["id"]);
        }
        equal += 1;
    }
    assert_eq!((exact, equal), (15, 11));
}

/// The one change of a real stream that is known by the ids it left open.
#[test]
fn four_shards_become_three_as_on_a_real_stream() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    let text = published["update_shard_count_4_to_3"]["text"].as_str().unwrap();
    assert!(text.contains("only shards 6, 9 and 10 are open"));
    let mut ours = Changing::new(4, Some(1), 20_000);
    ours.update(3).unwrap();
    assert_eq!(ours.open_numbers(), [6, 9, 10]);
    let parents = |number: usize| ours.stream.shards[number].rest.lineage.parents;
    assert_eq!((parents(6), parents(9)), ([Some(0), Some(4)], [Some(5), Some(7)]));
    // Two splits and three merges, one at a time: the start and 30 s each (KDS-S21, KDS-S23).
    assert_eq!(ours.now, Instant::from_s(10 + 5 * 30 + 1));
}

#[test]
fn calls_are_refused_as_aws_refuses_them() {
    let mut ours = Changing::new(4, None, 10);
    let refused = |answer: Result<(), Refusal>| answer.unwrap_err();
    // KDS-S12: neither more than double nor less than half; KDS-S13 for odd numbers.
    assert_eq!(refused(ours.update(9)), Refusal::AboveDouble);
    assert_eq!(refused(ours.update(1)), Refusal::BelowHalf);
    assert_eq!(refused(Changing::new(7, None, 10).update(3)), Refusal::BelowHalf);
    assert!(Changing::new(7, None, 20).update(4).is_ok());
    // KDS-S03: at least two keys above the first, and below the last.
    let range = ours.stream.shards[1].rest.range;
    for at in [range.start, range.start + 1, range.end, range.end + 1, 0] {
        let call = ReshardCall::Split { shard: 1, at: Some(at) };
        assert_eq!(refused(ours.ask(call)), Refusal::KeyOutside, "{at}");
    }
    // KDS-S01: neighbours, the lower first.
    for (shard, adjacent) in [(0, 2), (1, 0), (2, 2)] {
        assert_eq!(refused(ours.ask(ReshardCall::Merge { shard, adjacent })), Refusal::NotAdjacent);
    }
    assert_eq!(refused(ours.ask(ReshardCall::Split { shard: 9, at: None })), Refusal::NoSuchShard);
    ours.ask(ReshardCall::Split { shard: 1, at: None }).unwrap();
    let again = refused(ours.ask(ReshardCall::Split { shard: 1, at: None }));
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    assert_eq!(published["split_closed_shard"]["code"], again.error());
    // KDS-S09: one thing at a time.
    let stream = &ours.stream;
    let split = ReshardCall::Split { shard: 2, at: None };
    ours.reshard.call(ours.now, split, stream, &mut ours.account).unwrap();
    let other = ours.reshard.call(ours.now, split, stream, &mut ours.account);
    assert_eq!(other.unwrap_err().error(), "ResourceInUseException");
}

/// KDS-S17, KDS-S24: short-lived shards count. From 4 to 3 there are 5 at a time.
#[test]
fn shards_on_the_way_count_against_the_quota() {
    assert_eq!(Changing::new(4, Some(1), 4).update(3), Err(Refusal::ShardQuota));
    let mut ours = Changing::new(4, Some(1), 5);
    ours.update(3).unwrap();
    // What was reserved is free again.
    ours.update(2).unwrap();
    ours.update(4).unwrap();
    assert_eq!(ours.update(6), Err(Refusal::ShardQuota));
    assert!(ours.update(2).is_ok());
}

/// KDS-S11: ten in any 24 h.
#[test]
fn ten_updates_a_day() {
    let mut ours = Changing::new(4, Some(100), 100);
    for number in 0..10 {
        ours.update(if number % 2 == 0 { 5 } else { 4 }).unwrap();
    }
    assert_eq!(ours.update(5), Err(Refusal::TooManyToday));
    ours.now = Instant::from_s(24 * 3_600 - 1);
    assert_eq!(ours.update(5), Err(Refusal::TooManyToday));
    ours.now = Instant::from_s(24 * 3_600);
    ours.update(5).unwrap();
    ours.now = Instant::from_s(24 * 3_600);
    assert_eq!(ours.update(4), Err(Refusal::TooManyToday));
}

/// Calls at moments of the run [ms]: which, and of what.
fn calls() -> impl Strategy<Value = Vec<(u64, u32, u32, u128)>> {
    proptest::collection::vec((0_u64..4_000, 0_u32..3, 0_u32..12, any::<u128>()), 1..12)
}

fn with_calls(
    plan: &mut Plan,
    calls: Vec<(u64, u32, u32, u128)>,
    (delay, step, parallel): (u64, u64, Option<u32>),
) {
    let (start_delay, per_operation) = (Span::from_ms(delay), Span::from_ms(step));
    plan.streams[0].reshard = ReshardPlan { start_delay, per_operation, parallel };
    for (ms, kind, shard, at) in calls {
        let call = match kind {
            0 => ReshardCall::Split { shard, at: (at % 2 == 0).then_some(at) },
            1 => ReshardCall::Merge { shard, adjacent: (at % 12) as u32 },
            _ => ReshardCall::UpdateShardCount { target: 1 + shard % 6 },
        };
        let at = Instant::ZERO + Span::from_ms(ms);
        plan.actions.push(ActionPlan { at, kind: ActionKind::Reshard { stream: 0, call } });
    }
    plan.actions.sort_by_key(|action| action.at);
}

fn config(cases: u32) -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/reshard.txt");
    let persistence = proptest::test_runner::FileFailurePersistence::Direct(file);
    ProptestConfig { cases, failure_persistence: Some(Box::new(persistence)), ..Default::default() }
}

/// The open shards own every hash key once.
fn check_tiling(stream: &Stream) {
    let mut next = Some(0);
    for (range, _) in stream.open_ranges() {
        assert_eq!(Some(range.start), next);
        next = range.end.checked_add(1);
    }
    assert_eq!(next, None);
}

proptest! {
    #![proptest_config(config(300))]

    /// Through any sequence of calls under load no record is lost unseen, read twice or skipped, in
    /// the order of its shard, and parents before children; limits hold.
    #[test]
    fn every_record_is_accounted_for_while_shards_change(
        plan in cases::plans(),
        calls in calls(),
        times in (0_u64..300, 1_u64..600, proptest::option::of(1_u32..6)),
    ) {
        let mut plan = plan;
        with_calls(&mut plan, calls, times);
        let end = Instant::ZERO + plan.duration;
        let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(1));
        let mut probes = (Metrics::new(&plan, Span::from_s(1), end), Watch::new(&plan));
        engine::run(&mut world, &mut agenda, end, &mut probes);
        probes.0.finish(end);
        world.close(end, &mut probes);
        ledger::check(&world, &probes.0).unwrap();
        probes.1.check_reads();
        probes.1.check_limits();
        let stream = &world.streams()[0];
        check_tiling(stream);
        let parents = (0..).zip(&stream.shards).flat_map(|(child, shard)| {
            let came_of = shard.rest.lineage.came_of.clone();
            came_of.into_iter().map(move |parent| (child, parent))
        });
        probes.1.check_lineage(&parents.collect::<Vec<(u32, u32)>>());
    }

    /// In quanta too, and each shard's records are those of its keys.
    #[test]
    fn every_record_of_a_quantum_is_accounted_for_while_shards_change(
        plan in cases::plans(),
        calls in calls(),
        times in (0_u64..300, 1_u64..600, proptest::option::of(1_u32..6)),
        ms in prop_oneof![Just(1_u64), Just(20), Just(250), Just(1_000)],
    ) {
        let mut plan = plan;
        with_calls(&mut plan, calls, times);
        plan.resolution = Resolution::Quantum(Span::from_ms(ms));
        let end = Instant::ZERO + plan.duration;
        let (mut world, mut agenda) = World::new(&plan, 0, Span::from_s(1));
        let mut metrics = Metrics::new(&plan, Span::from_s(1), end);
        engine::run(&mut world, &mut agenda, end, &mut metrics);
        metrics.finish(end);
        world.close(end, &mut metrics);
        ledger::check(&world, &metrics).unwrap();
        check_tiling(&world.streams()[0]);
    }
}
