//! What holds whatever is simulated: random small plans, watched from outside.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/hand.rs"]
mod hand;
#[path = "support/watch.rs"]
mod watch;

use kinesim::engine;
use kinesim::engine::timers::Timers;
use kinesim::experiment::ledger;
use kinesim::experiment::metrics::Metrics;
use kinesim::experiment::outcome::Writes;
use kinesim::model::plan::{
    Enforcer, KeyDrift, KeyNames, Plan, Resolution, Rounding, SizePlan, SourcePlan,
};
use kinesim::model::retry::RetryPlan;
use kinesim::model::world::World;
use kinesim::time::{Instant, Span};
use kinesim::units::Bytes;
use proptest::prelude::*;

use crate::watch::Watch;

/// Plays a plan under watch; the counts, and what producers hold at the end.
fn play(plan: &Plan, watch: &mut Watch) -> (Writes, (u64, u64)) {
    let end = Instant::ZERO + plan.duration;
    let (mut world, mut agenda) = World::new(plan, 0, Span::from_s(1));
    let mut probes = (Metrics::new(plan, Span::from_s(1), end), watch);
    engine::run(&mut world, &mut agenda, end, &mut probes);
    probes.0.finish(end);
    world.close(end, &mut probes);
    ledger::check(&world, &probes.0).unwrap();
    let held = (0..plan.producers.len() as u32).map(|number| world.held(number));
    (probes.0.written(), held.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1)))
}

fn config(cases: u32) -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties.txt");
    let persistence = proptest::test_runner::FileFailurePersistence::Direct(file);
    ProptestConfig { cases, failure_persistence: Some(Box::new(persistence)), ..Default::default() }
}

proptest! {
    #![proptest_config(config(400))]

    /// No record is lost unseen, read twice or skipped, and each reader gets them in the order in
    /// which they were stored; no shard takes more than its limits in any window.
    #[test]
    fn every_record_is_accounted_for(plan in cases::plans()) {
        let mut watch = Watch::new(&plan);
        let (write, held) = play(&plan, &mut watch);
        let offered = (write.offered_records, write.offered_bytes);
        let records = write.accepted_records + write.lost_records + held.0;
        let bytes = write.accepted_bytes + write.lost_bytes + held.1;
        prop_assert_eq!(offered, (records, bytes));
        prop_assert_eq!(
            write.attempts,
            write.accepted_records + write.throttled + write.failed
        );
        watch.check_reads();
        watch.check_limits();
        watch.check_lineage(&[]);
    }

    /// In quanta no record is lost unseen either, and what cannot be played so is played record by
    /// record; a shard takes what its limits bring, and what it had.
    #[test]
    fn every_record_of_a_quantum_is_accounted_for(
        plan in cases::plans(),
        ms in prop_oneof![Just(1_u64), Just(20), Just(100), Just(250), Just(1_000)],
        seconds in prop_oneof![Just(1_u64), Just(7), Just(60)],
    ) {
        let (mut plan, interval) = (plan, Span::from_s(seconds));
        plan.resolution = Resolution::Quantum(Span::from_ms(ms));
        plan.streams[0].encryption = None;
        let end = Instant::ZERO + plan.duration;
        let (mut world, mut agenda) = World::new(&plan, 0, interval);
        let mut metrics = Metrics::new(&plan, interval, end);
        engine::run(&mut world, &mut agenda, end, &mut metrics);
        metrics.finish(end);
        world.close(end, &mut metrics);
        ledger::check(&world, &metrics).unwrap();
        let write = &plan.streams[0].write;
        if let Enforcer::TokenBucket { records, .. } = write.enforcer {
            let most = records as f64 + write.records_per_s as f64 * plan.duration.as_s();
            for shard in &world.streams()[0].shards {
                // Crowds are rounded to whole records: what is too much is owed, and paid later.
                prop_assert!(shard.stored() as f64 <= most + 16.0, "{} {most}", shard.stored());
            }
        }
    }

    /// Twice the limits never refuse more, where all records weigh the same and nothing is sent
    /// twice. (With mixed weights they may: a heavy record that is let in can crowd out many.)
    #[test]
    fn wider_limits_refuse_no_more(plan in cases::plans(), bytes in 0_u64..6_000) {
        let mut plan = plan;
        plan.streams[0].write.rounding = Rounding::None;
        for producer in &mut plan.producers {
            producer.client.retry = RetryPlan::NONE;
            if let SourcePlan::Synthetic { sizes, keys, .. } = &mut producer.source {
                *sizes = SizePlan::Constant(Bytes(bytes));
                keys.names = KeyNames::Random { bytes: 36 };
                keys.drift = KeyDrift::None;
            }
        }
        let mut wide = plan.clone();
        let write = &mut wide.streams[0].write;
        write.records_per_s *= 2;
        write.bytes_per_s *= 2;
        if let Enforcer::TokenBucket { records, bytes } = &mut write.enforcer {
            *records *= 2;
            *bytes *= 2;
        }
        let narrow = play(&plan, &mut Watch::new(&plan)).0;
        let wide = play(&wide, &mut Watch::new(&wide)).0;
        prop_assert_eq!(narrow.offered_records, wide.offered_records);
        prop_assert!(wide.throttled <= narrow.throttled, "{:?} {:?}", wide, narrow);
    }

    /// Moments come out in order, equal ones as they were set.
    #[test]
    fn timers_are_a_sorted_list(steps in proptest::collection::vec((0_u64..3, 0_u64..50), 1..200)) {
        let mut timers = Timers::with_capacity(0);
        let mut list: Vec<(u64, usize)> = Vec::new();
        for (number, (kind, at)) in steps.into_iter().enumerate() {
            if kind < 2 {
                timers.set(Instant::from_ns(at), number);
                list.push((at, number));
                list.sort_unstable();
            } else {
                let first = (!list.is_empty()).then(|| list.remove(0));
                prop_assert_eq!(timers.pop().map(|(at, item)| (at.as_ns(), item)), first);
            }
            let next = list.first().map_or(u64::MAX, |entry| entry.0);
            prop_assert_eq!(timers.next_at().as_ns(), next);
        }
    }
}
