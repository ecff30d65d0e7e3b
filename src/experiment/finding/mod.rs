//! Findings: what a user should know about a run, as data. The report layer puts them in words.
//!
//! A finding is stated only where the numbers of the run show it. Codes are stable and never used
//! for anything else.

mod burst;
mod hot;
mod key;
mod late;
mod slow;

pub use burst::Burst;
pub use hot::{HotShard, HotShards, StreamFull};
pub use key::HotKey;
pub use late::{HeldBy, LateReader};
pub use slow::SlowReader;

use crate::experiment::load::StreamLoad;
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The stream or consumer it is about; empty where it is about the whole run.
    pub subject: String,
    /// What was found.
    pub evidence: Evidence,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Records are lost.
    Error,
    /// A limit is exceeded.
    Warning,
    /// Something to bear in mind.
    Note,
}

/// What was found, with the numbers that show it.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// K801: records passed the retention period before a consumer was handed them.
    Expired {
        /// How many.
        records: u64,
        /// Records stored in its stream, before the run and in it.
        stored: u64,
        /// When the first did (s).
        first_s: Option<f64>,
        /// `RetentionPeriodHours` (s).
        retention_s: f64,
    },
    /// K101: some shards are offered more than their limit while others have room.
    HotShards(HotShards),
    /// K108: the stream is offered more than its shards can take, however it is spread.
    StreamFull(StreamFull),
    /// K103: single seconds exceed a limit that the minute around them does not.
    Burst(Burst),
    /// K204: a reader cannot process as fast as records arrive.
    SlowReader(SlowReader),
    /// K804: a reader was not current again in time after a fault.
    LateReader(LateReader),
    /// K901: the result rests on constants no source settles.
    Assumed {
        /// Ids of the facts.
        ids: Vec<&'static str>,
    },
}

impl Evidence {
    /// The finding's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HotShards(_) => "K101",
            Self::Burst(_) => "K103",
            Self::StreamFull(_) => "K108",
            Self::SlowReader(_) => "K204",
            Self::Expired { .. } => "K801",
            Self::LateReader(_) => "K804",
            Self::Assumed { .. } => "K901",
        }
    }
}

/// All findings of a run: worst first, then by code, then in order of declaration.
#[must_use]
pub fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let mut findings = expired(scenario, outcome);
    for (index, stream) in outcome.streams.iter().enumerate() {
        let Some(load) = StreamLoad::new(scenario, outcome, index) else { continue };
        let hot = hot::find(scenario, outcome, index, &load);
        let hot_shards = hot.as_ref().map_or(&[][..], |(_, shards)| shards);
        let burst = burst::find(&load, hot_shards).map(|(mut burst, worst)| {
            let keys = key::keys_on(scenario, outcome, index, &[worst]);
            burst.key_alone = burst::key_alone(&load, worst, burst.busiest_second, keys);
            Evidence::Burst(burst)
        });
        for evidence in hot.iter().map(|(evidence, _)| evidence.clone()).chain(burst) {
            let subject = stream.name.clone();
            findings.push(Finding { severity: Severity::Warning, subject, evidence });
        }
        findings.extend(slow::find(scenario, outcome, index, &load));
    }
    for (subject, late) in late::find(scenario, outcome) {
        let evidence = Evidence::LateReader(late);
        findings.push(Finding { severity: Severity::Warning, subject, evidence });
    }
    if !scenario.assumptions.is_empty() {
        let evidence = Evidence::Assumed { ids: scenario.assumptions.clone() };
        findings.push(Finding { severity: Severity::Note, subject: String::new(), evidence });
    }
    findings.sort_by_key(|finding| (finding.severity, finding.evidence.code()));
    findings
}

fn expired(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let consumers = outcome.consumers.iter().filter(|consumer| consumer.ledger.expired > 0);
    consumers
        .filter_map(|consumer| {
            let at = consumer.first_expired.unwrap_or(outcome.until);
            let retention = scenario.plan.retention_at(consumer.stream, at)?;
            let evidence = Evidence::Expired {
                records: consumer.ledger.expired,
                stored: consumer.ledger.initial + consumer.ledger.stored,
                first_s: consumer.first_expired.map(crate::time::Instant::as_s),
                retention_s: retention.as_s(),
            };
            let subject = consumer.name.clone();
            Some(Finding { severity: Severity::Error, subject, evidence })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    fn codes(scenario: &Scenario, outcome: &Outcome) -> Vec<&'static str> {
        find(scenario, outcome).iter().map(|finding| finding.evidence.code()).collect()
    }

    #[test]
    fn a_hot_shard_is_found_with_its_share_its_keys_and_the_room_elsewhere() {
        let (scenario, outcome) = sample::hot_shard();
        assert_eq!(codes(&scenario, &outcome), ["K101", "K901"]);
        let Evidence::HotShards(hot) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K101 is about hot shards")
        };
        assert_eq!((hot.over_s, hot.judged_s), (60.0, 60.0));
        assert_eq!(hot.shards.len(), 1);
        assert!((hot.shards[0].share - 2.0 / 3.0).abs() < 1e-12, "1,200 of 1,800");
        assert!((hot.shards[0].load - 1.2).abs() < 1e-12, "1,200 of 1,000/s");
        assert_eq!(hot.others, Some((0.2, 0.2)));
        assert!((hot.refused_share - 1.0 / 6.0).abs() < 1e-12, "200 of 1,200");
        let keys: Vec<_> = hot.keys.iter().map(|key| key.key.as_str()).collect();
        assert_eq!(keys, ["acme", "b,\"c\""], "delta lies elsewhere");
        assert!(hot.key_alone.is_none(), "acme is offered 900/s of 1,000");
    }

    #[test]
    fn the_same_load_on_every_shard_is_a_full_stream_and_not_a_hot_shard() {
        let (scenario, mut outcome) = sample::hot_shard();
        let hot = outcome.streams[0].series[0];
        outcome.streams[0].series.fill(hot);
        assert_eq!(codes(&scenario, &outcome), ["K108", "K901"]);
        let Evidence::StreamFull(full) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K108 is about the stream")
        };
        // 4,800/s over four shards of 1,000/s; with a quarter of headroom six shards.
        assert!((full.load - 1.2).abs() < 1e-12);
        assert_eq!(full.shards_needed, 6);
    }

    /// 750/s of 1,060 B on each shard: 0.76 MiB/s, but 2 KiB each as metered, so 512/s fit.
    #[test]
    fn rounding_of_sizes_fills_a_stream_that_bytes_alone_would_not() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        scenario.plan.streams[0].write.rounding = crate::model::plan::Rounding::Kib;
        for flow in &mut outcome.streams[0].series {
            (flow.offered_records, flow.attempts, flow.accepted_records) = (7_500, 7_500, 5_120);
            flow.offered_bytes = 7_500 * 1_060;
            flow.accepted_bytes = 5_120 * 1_060;
        }
        let Evidence::StreamFull(full) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K108 is about the stream")
        };
        assert!(full.metered && full.by_bytes && full.load < 0.8);
        // 4 * 750 * 2 KiB = 5.86 MiB/s: six shards at least, eight with a quarter to spare.
        assert_eq!(full.shards_needed, 8);
        // Without rounding the same figures are no overload.
        scenario.plan.streams[0].write.rounding = crate::model::plan::Rounding::None;
        assert!(!codes(&scenario, &outcome).contains(&"K108"));
    }

    #[test]
    fn seconds_over_the_limit_in_a_quiet_minute_are_a_burst() {
        let (scenario, mut outcome) = sample::hot_shard();
        for flow in &mut outcome.streams[0].series {
            flow.offered_records = 3_000;
            flow.offered_bytes = 1_500_000;
            flow.attempts = 3_000;
            flow.accepted_records = 2_400;
            flow.busiest_second_ppm = 2_500_000;
        }
        assert_eq!(codes(&scenario, &outcome), ["K103", "K901"]);
        let Evidence::Burst(burst) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K103 is about bursts")
        };
        assert_eq!((burst.shards, burst.busiest_second), (4, 2.5));
        assert!((burst.mean - 0.3).abs() < 1e-12, "300 of 1,000/s");
        assert!((burst.refused_share - 0.2).abs() < 1e-12);
    }

    /// A minute in which the key is over follows five without a record: its mean over the run,
    /// 180/s, would fit.
    #[test]
    fn a_key_too_large_for_a_shard_is_found_in_the_time_it_is_so() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        let quiet = crate::experiment::outcome::ShardFlow::default();
        let mut series = vec![quiet; 5 * 6 * 4];
        series.append(&mut outcome.streams[0].series);
        outcome.streams[0].series = series;
        outcome.until = crate::time::Instant::from_s(360);
        scenario.plan.duration = crate::time::Span::from_s(360);
        // 1,080 of 1,800 records/s.
        outcome.producers[0].top_keys[0].share = 0.6;
        let Evidence::HotShards(hot) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K101 is about hot shards")
        };
        let alone = hot.key_alone.as_ref().expect("acme");
        assert_eq!((alone.key.as_str(), hot.over_s), ("acme", 60.0));
        assert!((alone.load - 1.08).abs() < 1e-12, "{}", alone.load);
    }

    /// 750/s of 1,060 B are 0.76 MiB/s, but 2 KiB each as metered: 512/s fit. The key has all of
    /// its shard.
    #[test]
    fn rounding_of_sizes_can_make_a_key_too_large() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        scenario.plan.streams[0].write.rounding = crate::model::plan::Rounding::Kib;
        let hot = outcome.streams[0].series.iter_mut().step_by(4);
        for flow in hot {
            (flow.offered_records, flow.attempts, flow.accepted_records) = (7_500, 7_500, 5_120);
            flow.offered_bytes = 7_500 * 1_060;
            flow.accepted_bytes = 5_120 * 1_060;
        }
        // Of 1,350 records/s in all.
        outcome.producers[0].top_keys[0].share = 750.0 / 1_350.0;
        let Evidence::HotShards(hot) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K101 is about hot shards")
        };
        assert!(hot.metered);
        let alone = hot.key_alone.as_ref().expect("acme");
        assert!((alone.load - 750.0 / 512.0).abs() < 1e-9, "{}", alone.load);
    }

    #[test]
    fn a_key_too_large_for_a_shard_is_told_of_a_full_stream_and_of_a_burst_too() {
        let (scenario, mut outcome) = sample::hot_shard();
        let hot = outcome.streams[0].series[0];
        outcome.streams[0].series.fill(hot);
        // 1,200 of 4,800 records/s.
        outcome.producers[0].top_keys.truncate(1);
        outcome.producers[0].top_keys[0].share = 0.25;
        let Evidence::StreamFull(full) = &find(&scenario, &outcome)[0].evidence else {
            panic!("K108 is about the stream")
        };
        let alone = full.key_alone.as_ref().expect("acme");
        assert!((alone.load - 1.2).abs() < 1e-12);

        for flow in &mut outcome.streams[0].series {
            (flow.offered_records, flow.attempts, flow.accepted_records) = (3_000, 3_000, 2_400);
            flow.busiest_second_ppm = 2_500_000;
        }
        let burst = |outcome: &Outcome| match find(&scenario, outcome).remove(0).evidence {
            Evidence::Burst(burst) => burst.key_alone,
            _ => panic!("K103 is about bursts"),
        };
        let alone = burst(&outcome).expect("all of its shard");
        assert!((alone.load - 2.5).abs() < 1e-12);
        // A third of its shard is less than a limit even then.
        outcome.producers[0].top_keys[0].share = 1.0 / 12.0;
        assert_eq!(burst(&outcome), None);
    }

    #[test]
    fn a_quiet_run_has_no_finding_and_expired_records_come_first() {
        let (mut scenario, mut outcome) = sample::hot_shard();
        scenario.assumptions.clear();
        let quiet = outcome.streams[0].series[1];
        outcome.streams[0].series.fill(quiet);
        assert_eq!(codes(&scenario, &outcome), [""; 0]);
        outcome.consumers[0].ledger.expired = 10;
        let found = find(&scenario, &outcome);
        assert_eq!(found[0].severity, Severity::Error);
        assert_eq!(found[0].evidence.code(), "K801");
    }

    #[test]
    fn a_reader_slower_than_its_shard_is_found_with_the_rate_its_age_grows_at() {
        let (mut scenario, outcome) = sample::hot_shard();
        // 200 records in 40 ms + 200 * 1.2 ms = 280 ms: 714/s, against 1,000/s on shard 0.
        let reader = &mut scenario.plan.readers[0];
        sample::poll(reader).limit = 200;
        sample::poll(reader).every = crate::time::Span::from_ms(200);
        reader.per_record = crate::time::Span::from_ns(1_200_000);
        let found = find(&scenario, &outcome);
        let slow = found.iter().find_map(|finding| match &finding.evidence {
            Evidence::SlowReader(slow) => Some(slow),
            _ => None,
        });
        let slow = slow.expect("K204");
        assert!((slow.capacity_per_s - 200.0 / 0.28).abs() < 1e-9);
        assert_eq!((slow.arrival_per_s, slow.shards_over), (1_000.0, 1));
        // The age grows by 1 - 714/1,000 of every second: 17.1 s a minute.
        assert!((slow.age_growth * 60.0 - 17.142_857).abs() < 1e-5);
    }
}
