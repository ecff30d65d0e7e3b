//! Rules of thumb for the number of shards (KDS-F01 to KDS-F16), computed from a workload.

use crate::experiment::size::workload::{Load, Workload};
use crate::model::facts::{self, METERING_STEP};

/// What a rule is fed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Traffic of an average second.
    Mean,
    /// Traffic of the busiest second.
    Peak,
}

impl Statistic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mean, Self::Peak];

    /// As files name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Peak => "peak",
        }
    }
}

/// A rule that yields a number of shards.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// The fact it is, or that it follows from.
    pub fact: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it computes.
    pub rule: &'static str,
    /// What it was fed with.
    pub statistic: Statistic,
    /// Its value before it is made whole.
    pub value: f64,
    /// The shards one asks for who follows it; none where it has no answer.
    pub shards: Option<u32>,
    /// The term that decided.
    pub binding: &'static str,
}

/// A rule that yields no number of shards, and what it says of the workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The fact it is.
    pub fact: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it says.
    pub says: Says,
}

/// What a rule without a count says.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// Pollers ask a shard so often of five a second (KDS-F07).
    Polls {
        /// Calls a second.
        per_s: f64,
        /// Calls a shard answers.
        limit: f64,
    },
    /// Part of the shards there are that is used: at 75 % the sample doubles them (KDS-F09).
    Usage {
        /// Used over what they take.
        share: f64,
        /// Shards there are.
        shards: u32,
    },
    /// An on-demand stream takes so much at once if this is its peak of 30 days (KDS-F12).
    Burst {
        /// Twice the peak [records/s].
        records: f64,
        /// Twice the peak [bytes/s].
        bytes: f64,
    },
    /// The largest key needs so many keys to fit on shards (KDS-F13).
    Salt {
        /// The key.
        key: String,
        /// Its part of a shard's limit.
        load: f64,
        /// Keys in its place.
        parts: u32,
    },
    /// Every record has a key of its own: there is no hot one (KDS-F13).
    NoKeys,
    /// How long one poller takes for an outage of an hour; never where nothing is left (KDS-F15).
    CatchUp {
        /// Bytes a second on the busiest shard.
        per_shard: f64,
        /// Seconds; none where it never catches up.
        seconds: Option<f64>,
    },
    /// Not published (KDS-F16).
    Unknown,
}

/// A rule: value and the term that decided.
struct Rule {
    fact: &'static str,
    name: &'static str,
    words: &'static str,
    value: fn(&Workload, Load) -> (f64, &'static str),
    whole: fn(f64) -> f64,
}

const KIB: f64 = 1_024.0;
const RECORDS: &str = "records";
const IN: &str = "bytes in";
const OUT: &str = "bytes out";

/// The rules that yield a count, in the order they are told.
const RULES: [Rule; 10] = [
    Rule {
        fact: "KDS-F05",
        name: "course: MB in, MB out/2",
        words: "max(MB in / 1, MB out / 2), up",
        value: |work, load| {
            let megabytes = load.data / 1e6;
            larger(&[(megabytes, IN), (megabytes * readers(work) / 2.0, OUT)])
        },
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F01",
        name: "AWS guide 2022: KiB/1024",
        words: "max(KiB in / 1024, KiB out / 2048), sizes up to 1 KiB, to the nearest",
        value: |work, load| by_bytes(work, load, readers(work), (KIB, 1_024.0)),
        whole: f64::round,
    },
    Rule {
        fact: "KDS-F03",
        name: "AWS guide 2026: the same, up",
        words: "max(KiB in / 1024, KiB out / 2048), sizes up to 1 KiB, up",
        value: |work, load| by_bytes(work, load, readers(work), (KIB, 1_024.0)),
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F02",
        name: "AWS FAQ: kB/1000",
        words: "max(kB in / 1000, kB out / 2000), sizes up to 1 kB, up",
        value: |work, load| by_bytes(work, load, readers(work), (1_000.0, 1_000.0)),
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F04",
        name: "+ records limit, 1,000/s",
        words: "max(KiB in / 1024, KiB out / 2048, records / 1000), up",
        value: |work, load| with_records(work, load, readers(work)),
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F06",
        name: "+ fan-out readers left out",
        words: "as KDS-F04, KiB out of pollers alone",
        value: |work, load| with_records(work, load, f64::from(work.pollers)),
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F08",
        name: "+ 80 % rule",
        words: "KDS-F04 / 0.8, up",
        value: |work, load| scaled(with_records(work, load, readers(work)), 1.0 / 0.8),
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F10",
        name: "scaling utils: below 75 %",
        words: "max(bytes / 1 MiB, records / 1000, read bytes / 2 MiB, reads / 2000) / 0.75, up",
        value: |work, load| {
            let (write, read) = (facts::WRITE_BYTES_PER_S as f64, facts::READ_BYTES_PER_S as f64);
            let pollers = f64::from(work.pollers);
            let terms = [
                (load.bytes / write, IN),
                (load.records / 1_000.0, RECORDS),
                (load.bytes * pollers / read, OUT),
                (load.records * pollers / 2_000.0, "records out"),
            ];
            scaled(larger(&terms), 1.0 / 0.75)
        },
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F11",
        name: "on demand: half of a shard",
        words: "max(MB in / 0.5, records / 500), up",
        value: |_, load| larger(&[(load.bytes / 1e6 / 0.5, IN), (load.records / 500.0, RECORDS)]),
        whole: f64::ceil,
    },
    Rule {
        fact: "KDS-F14",
        name: "aggregated to 50 KiB (KPL only)",
        words: "as KDS-F04, records as bytes / 51200, sizes as they are",
        value: |work, load| {
            let aggregates = load.bytes / 51_200.0;
            let out = load.bytes * readers(work) / (2.0 * KIB * KIB);
            larger(&[(load.bytes / (KIB * KIB), IN), (out, OUT), (aggregates / 1_000.0, RECORDS)])
        },
        whole: f64::ceil,
    },
];

/// What no rule of thumb knows: sizes as they are, and where the keys fall.
pub const EXACT: &str = "exact bytes and records";
/// The name of the rule that places keys.
pub const PLACED: &str = "where the keys land (exact MD5)";
/// More shards are not looked at for a place for keys.
const PLACED_MOST: u32 = 1_024;

/// Every rule that yields a count, with both statistics.
#[must_use]
pub fn formulas(work: &Workload) -> Vec<Formula> {
    let mut all = Vec::new();
    for statistic in Statistic::ALL {
        let load = if statistic == Statistic::Mean { work.mean } else { work.peak };
        for rule in &RULES {
            let (value, binding) = (rule.value)(work, load);
            all.push(Formula {
                fact: rule.fact,
                name: rule.name,
                rule: rule.words,
                statistic,
                value,
                shards: whole((rule.whole)(value)),
                binding,
            });
        }
        let terms = [(load.bytes / work.limits.1, IN), (load.records / work.limits.0, RECORDS)];
        let (value, binding) = larger(&terms);
        all.push(Formula {
            fact: "KDS-W01",
            name: EXACT,
            rule: "max(bytes / a shard's, records / a shard's), keys counted, up",
            statistic,
            value,
            shards: whole(value.ceil()),
            binding,
        });
        if work.map.is_some() {
            all.push(placed(work, statistic, load, value));
        }
    }
    all
}

/// The fewest shards of which none is over its limit, by the exact hashes of the keys (KDS-H05).
fn placed(work: &Workload, statistic: Statistic, load: Load, least: f64) -> Formula {
    let factor = (load.bytes / work.mean.bytes.max(f64::MIN_POSITIVE)).max(1.0);
    let from = (least.ceil() as u32).clamp(1, PLACED_MOST);
    let fits = |shards: &u32| work.busiest_load(*shards).is_some_and(|it| it * factor <= 1.0);
    // No number of shards holds a key that is more than one takes.
    let is_hopeless = work.largest_key.as_ref().is_some_and(|it| it.1 * factor > 1.0);
    let shards = if is_hopeless { None } else { (from..=PLACED_MOST).find(fits) };
    Formula {
        fact: "KDS-H05",
        name: PLACED,
        rule: "the fewest equal shards of which none is offered more than it takes",
        statistic,
        value: shards.map_or(f64::INFINITY, f64::from),
        shards,
        binding: "busiest shard",
    }
}

/// The rules that yield no count.
#[must_use]
pub fn notes(work: &Workload) -> Vec<Note> {
    let polls = Says::Polls { per_s: work.polls_per_s, limit: facts::READ_CALLS_PER_S as f64 };
    let shards = f64::from(work.shards.max(1));
    let usage = (work.mean.bytes / work.limits.1).max(work.mean.records / work.limits.0) / shards;
    let salt = match &work.largest_key {
        None => Says::NoKeys,
        Some((key, load)) => {
            Says::Salt { key: key.clone(), load: *load, parts: load.ceil().clamp(1.0, 1e6) as u32 }
        }
    };
    let busiest = work.map.as_ref().map(|map| {
        map.spread(work.shards.max(1)).iter().map(|offer| offer.bytes).fold(0.0, f64::max)
    });
    let per_shard = busiest.unwrap_or(work.mean.bytes / shards).min(work.limits.1);
    let read = facts::READ_BYTES_PER_S as f64;
    let left = read - per_shard;
    let seconds = (left > 0.0).then(|| 3_600.0 * per_shard / left);
    let burst = Says::Burst { records: 2.0 * work.peak.records, bytes: 2.0 * work.peak.bytes };
    [
        ("KDS-F07", "five GetRecords calls a second", polls),
        ("KDS-F09", "AWS's scaling sample", Says::Usage { share: usage, shards: work.shards }),
        ("KDS-F12", "on-demand burst", burst),
        ("KDS-F13", "hot-key bound", salt),
        ("KDS-F15", "catch-up of one poller", Says::CatchUp { per_shard, seconds }),
        ("KDS-F16", "console and price calculator", Says::Unknown),
    ]
    .into_iter()
    .map(|(fact, name, says)| Note { fact, name, says })
    .collect()
}

/// Bytes in and out, sizes rounded up to whole `unit.0`, over `unit.1` of them a shard.
fn by_bytes(work: &Workload, load: Load, readers: f64, unit: (f64, f64)) -> (f64, &'static str) {
    // An empty record still counts as one unit (KDS-W06).
    let size = (work.record_bytes / unit.0).ceil().max(1.0);
    let units = load.records * size;
    larger(&[(units / unit.1, IN), (units * readers / (2.0 * unit.1), OUT)])
}

fn with_records(work: &Workload, load: Load, readers: f64) -> (f64, &'static str) {
    let step = METERING_STEP.0 as f64;
    let bytes = by_bytes(work, load, readers, (step, 1_024.0));
    larger(&[bytes, (load.records / facts::WRITE_RECORDS_PER_S as f64, RECORDS)])
}

fn readers(work: &Workload) -> f64 {
    f64::from(work.pollers + work.fan_outs)
}

fn scaled((value, binding): (f64, &'static str), by: f64) -> (f64, &'static str) {
    (value * by, binding)
}

/// The largest term; of equals the first.
fn larger(terms: &[(f64, &'static str)]) -> (f64, &'static str) {
    let most = terms.iter().rev().max_by(|a, b| a.0.total_cmp(&b.0));
    most.copied().unwrap_or((0.0, IN))
}

/// A number of shards: one at least. What no stream can have is none.
fn whole(value: f64) -> Option<u32> {
    (value <= f64::from(u32::MAX)).then(|| value.max(1.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4,500 records/s of 1,100 B data and a key of 11 B, read by one poller.
    fn work() -> Workload {
        let load =
            |per_s: f64| Load { records: per_s, data: per_s * 1_100.0, bytes: per_s * 1_111.0 };
        Workload {
            stream: "stream".to_owned(),
            shards: 8,
            mean: load(4_500.0),
            peak: load(5_000.0),
            charged: 4_500.0 * 1_111.0,
            record_bytes: 1_100.0,
            pollers: 1,
            fan_outs: 0,
            polls_per_s: 1.0,
            records_per_call: 1.0,
            largest_key: None,
            map: None,
            limits: (1_000.0, 1_048_576.0),
        }
    }

    fn shards(work: &Workload, fact: &str, statistic: Statistic) -> (f64, u32, &'static str) {
        let all = formulas(work);
        let found = all.iter().find(|it| it.fact == fact && it.statistic == statistic);
        let found = found.expect("it is a rule");
        (found.value, found.shards.expect("a count"), found.binding)
    }

    #[test]
    fn every_rule_gives_what_a_pencil_gives() {
        let work = work();
        // 1,100 B are 2 KiB and 2 kB once rounded up: 9,000 KiB/s in and out.
        let mean = |fact| shards(&work, fact, Statistic::Mean);
        assert_eq!(mean("KDS-F01"), (9_000.0 / 1_024.0, 9, IN));
        assert_eq!(mean("KDS-F03"), (9_000.0 / 1_024.0, 9, IN));
        assert_eq!(mean("KDS-F02"), (9.0, 9, IN));
        assert_eq!(mean("KDS-F04").1, 9);
        assert_eq!(mean("KDS-F05").1, 5, "4.95 MB/s");
        assert_eq!(mean("KDS-F08").1, 11, "8.79 / 0.8 = 10.99");
        // Bytes 4.768 MiB/s, records 4.5: over 0.75.
        assert_eq!(mean("KDS-F10").1, 7, "6.36");
        assert_eq!(mean("KDS-F11").1, 10, "5.0 MB/s over 0.5 is 9.999");
        assert_eq!(mean("KDS-F14").1, 5);
        assert_eq!(mean("KDS-W01").1, 5);
        assert_eq!(shards(&work, "KDS-F05", Statistic::Peak).1, 6, "5.5 MB/s");
    }

    #[test]
    fn readers_count_as_the_rule_has_it() {
        let work = Workload { pollers: 1, fan_outs: 3, ..work() };
        // Four readers: 36,000 KiB/s out over 2,048; one poller: bytes in decide.
        assert_eq!(shards(&work, "KDS-F04", Statistic::Mean), (36_000.0 / 2_048.0, 18, OUT));
        assert_eq!(shards(&work, "KDS-F06", Statistic::Mean).1, 9);
    }

    #[test]
    fn small_records_are_found_by_the_rules_that_count_them() {
        let load = Load { records: 5_000.0, data: 500_000.0, bytes: 500_000.0 };
        let work = Workload { mean: load, record_bytes: 100.0, pollers: 0, ..work() };
        // 5,000 KiB once rounded up: 4.88; records: 5.
        assert_eq!(shards(&work, "KDS-F01", Statistic::Mean).1, 5);
        assert_eq!(shards(&work, "KDS-F04", Statistic::Mean), (5.0, 5, RECORDS));
        assert_eq!(shards(&work, "KDS-F05", Statistic::Mean).1, 1);
        assert_eq!(shards(&work, "KDS-F14", Statistic::Mean).1, 1, "0.48 MiB/s");
    }

    #[test]
    fn rules_without_a_count_say_what_they_can() {
        let work = Workload { polls_per_s: 6.0, ..work() };
        let notes = notes(&work);
        assert_eq!(notes[0].says, Says::Polls { per_s: 6.0, limit: 5.0 });
        let Says::Usage { share, .. } = notes[1].says else { panic!("usage") };
        assert!((share - 4_500.0 * 1_111.0 / 1_048_576.0 / 8.0).abs() < 1e-12);
        // w = 0.596 MiB/s: an hour takes 3,600 w / (2 - w).
        let Says::CatchUp { seconds: Some(seconds), .. } = notes[4].says else { panic!("it ends") };
        let w = 4_500.0 * 1_111.0 / 8.0 / 1_048_576.0;
        assert!((seconds - 3_600.0 * w / (2.0 - w)).abs() < 1e-6);
        assert_eq!(notes[3].says, Says::NoKeys);
    }
}
